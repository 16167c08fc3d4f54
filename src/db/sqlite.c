/*
 * The database on SQLite: connection, statement cache, transactions, row scan.
 * Three rules come from measurements: a gate and BEGIN IMMEDIATE before every write, WAL with
 * synchronous=FULL, and a long log, which is moved when there is nothing else to do, or else beside the
 * others' writes.
 */
#include "db/gate.h"
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

enum { STATEMENTS_AT_FIRST = 64, ROWS_AT_FIRST = 16, BUSY_TIMEOUT_MS = 10000, LOG_PAGES = 40000 };

/* SQL is a literal, so its address names it: no text is hashed or compared to find a prepared statement. */
struct statement {
    const char *sql;
    sqlite3_stmt *handle;
    int parameter_count;
    const int *numbers; /* of its parameters: for the i-th one that appears, the N of its $N */
    /* The field of each column, for the table of fields that the rows were last read by. */
    const struct field *fields, **map;
};

struct db {
    struct arena *arena;
    const char *path;
    enum db_role role;
    sqlite3 *handle;
    struct gate gate;
    struct statement *statements; /* open addressing; `statement_room` is a power of two */
    size_t statement_count, statement_room;
    bool in_transaction; /* between db_begin and its end, even if SQLite has rolled back by itself */
    bool reading;        /* between db_read_begin and its end */
    int log_pages;       /* in the log, as the last commit here left it */
    int64_t changes;
};

/* ---- errors ---- */

/* What is not in here is a mistake in our SQL. */
static const struct {
    int code;
    enum error_id id;
} known_failures[] = {
    {SQLITE_CONSTRAINT, ERR_CONFLICT},           {SQLITE_BUSY, ERR_DATABASE_BUSY},
    {SQLITE_LOCKED, ERR_DATABASE_BUSY},          {SQLITE_FULL, ERR_DATABASE_UNAVAILABLE},
    {SQLITE_IOERR, ERR_DATABASE_UNAVAILABLE},    {SQLITE_READONLY, ERR_DATABASE_UNAVAILABLE},
    {SQLITE_CANTOPEN, ERR_DATABASE_UNAVAILABLE}, {SQLITE_CORRUPT, ERR_DATABASE_UNAVAILABLE},
    {SQLITE_NOTADB, ERR_DATABASE_UNAVAILABLE},   {SQLITE_PERM, ERR_DATABASE_UNAVAILABLE},
    {SQLITE_AUTH, ERR_DATABASE_UNAVAILABLE},     {SQLITE_NOMEM, ERR_DATABASE_UNAVAILABLE},
    {SQLITE_PROTOCOL, ERR_DATABASE_UNAVAILABLE},
};

/* The message of a broken constraint ends in the names of its columns, or its own. */
static bool fail_sqlite(const struct db *db, int code, struct error *e) {
    enum error_id id = ERR_INTERNAL;
    for (size_t i = 0; i < sizeof known_failures / sizeof *known_failures; i++)
        if (known_failures[i].code == (code & 0xff))
            id = known_failures[i].id;
    return fail(e, id, "database: %s", "数据库:%s", sqlite3_errmsg(db->handle));
}

/* ---- prepared statements ---- */

static struct statement *statement_slot(struct statement *table, size_t room, const char *sql) {
    size_t i = (size_t)((uint64_t)(uintptr_t)sql * 0x9E3779B97F4A7C15 >> 32) & (room - 1);
    while (table[i].sql && table[i].sql != sql)
        i = (i + 1) & (room - 1);
    return &table[i];
}

/* At most half full, so that a search always meets an empty slot soon. */
static void statements_make_room(struct db *db) {
    if (db->statement_count * 2 < db->statement_room)
        return;
    size_t room = db->statement_room ? db->statement_room * 2 : STATEMENTS_AT_FIRST;
    struct statement *table = ARENA_ARRAY(db->arena, room, struct statement);
    for (size_t i = 0; i < db->statement_room; i++)
        if (db->statements[i].sql)
            *statement_slot(table, room, db->statements[i].sql) = db->statements[i];
    db->statements = table;
    db->statement_room = room;
}

/* To SQLite `$1` is a name, and its index is the order of appearance: the number in the name counts. */
static bool read_parameters(struct db *db, struct statement *s, struct error *e) {
    int count = sqlite3_bind_parameter_count(s->handle);
    int *numbers = ARENA_ARRAY(db->arena, (size_t)count, int);
    for (int i = 0; i < count; i++) {
        const char *name = sqlite3_bind_parameter_name(s->handle, i + 1);
        unsigned long number = name ? strtoul(name + 1, NULL, 10) : 0;
        if (number < 1 || number > (unsigned long)count)
            return fail(e, ERR_INTERNAL, "parameters are not $1 to $%d: %s", "参数不是 $1 到 $%d:%s", count,
                        s->sql);
        numbers[i] = (int)number;
    }
    s->parameter_count = count;
    s->numbers = numbers;
    return true;
}

static bool prepare(struct db *db, const char *sql, struct statement *s, struct error *e) {
    *s = (struct statement){.sql = sql};
    int code = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->handle, NULL);
    if (code != SQLITE_OK)
        return fail_sqlite(db, code, e);
    if (read_parameters(db, s, e))
        return true;
    sqlite3_finalize(s->handle);
    return false;
}

static bool statement_find(struct db *db, const char *sql, struct statement **found, struct error *e) {
    statements_make_room(db);
    *found = statement_slot(db->statements, db->statement_room, sql);
    if ((*found)->sql)
        return true;
    struct statement fresh;
    if (!prepare(db, sql, &fresh, e))
        return false;
    **found = fresh;
    db->statement_count++;
    return true;
}

/* The bytes belong to the caller, who waits for the statement to end: nothing is copied. */
static int bind_value(sqlite3_stmt *st, int index, const struct db_val *v) {
    const char *bytes = (const char *)v->bytes.p;
    switch (v->type) {
    case DB_VAL_INT:
        return sqlite3_bind_int64(st, index, v->number);
    case DB_VAL_TEXT:
        return sqlite3_bind_text64(st, index, bytes, v->bytes.len, SQLITE_STATIC, SQLITE_UTF8);
    case DB_VAL_BLOB:
        return sqlite3_bind_blob64(st, index, bytes, v->bytes.len, SQLITE_STATIC);
    case DB_VAL_NULL:
        break;
    }
    return sqlite3_bind_null(st, index);
}

static bool bind_all(struct db *db, const struct statement *s, struct db_args args, struct error *e) {
    if ((size_t)s->parameter_count != args.count)
        return fail(e, ERR_INTERNAL, "%d parameters, but %zu values: %s", "%d 个参数,却有 %zu 个值:%s",
                    s->parameter_count, args.count, s->sql);
    for (int i = 0; i < s->parameter_count; i++) {
        int code = bind_value(s->handle, i + 1, &args.vals[s->numbers[i] - 1]);
        if (code != SQLITE_OK)
            return fail_sqlite(db, code, e);
    }
    return true;
}

/* ---- opening and closing ---- */

static bool in_memory(const char *path) {
    return strcmp(path, ":memory:") == 0;
}

/*
 * Makes the file with its mode; SQLite gives the same to its companions. An existing file is never opened
 * here: closing a descriptor of it would drop the locks of every other connection in this process.
 */
static bool create_file(const char *path, struct error *e) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST || fail_errno(e, ERR_DATABASE_UNAVAILABLE, path);
    close(fd);
    return true;
}

/*
 * Most writes change a row here and there, and each page that is touched goes to the disk as a whole: with
 * pages of 8 KiB a renewal wrote half as much again. The page size counts only before the first table.
 */
static const char *const settings[] = {
    "PRAGMA page_size = 4096",     "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",   "PRAGMA journal_size_limit = 67108864",
    "PRAGMA temp_store = MEMORY",  "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
};

/* KiB: many web processes read little each, a worker touches many rows a second. */
static const char *const cache_settings[] = {
    [DB_WEB] = "PRAGMA cache_size = -8192",
    [DB_WORKER] = "PRAGMA cache_size = -16384",
};

static int note_log(void *log_pages, sqlite3 *handle, const char *name, int pages) {
    (void)handle, (void)name;
    *(int *)log_pages = pages;
    return SQLITE_OK;
}

static bool apply_setting(struct db *db, const char *sql, struct error *e) {
    int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK || fail_sqlite(db, code, e);
}

static bool configure(struct db *db, struct error *e) {
    sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (!apply_setting(db, settings[i], e))
            return false;
    sqlite3_wal_hook(db->handle, note_log, &db->log_pages);
    return apply_setting(db, cache_settings[db->role], e);
}

/* The gate is held while the file becomes a WAL database: two processes that start together would collide. */
static bool connect_database(struct db *db, struct error *e) {
    bool memory = in_memory(db->path);
    if (!memory && !gate_open(&db->gate, db->path, db->role, e))
        return false;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    int code = sqlite3_open_v2(db->path, &db->handle, memory ? flags | SQLITE_OPEN_CREATE : flags, NULL);
    if (code != SQLITE_OK)
        return fail(e, ERR_DATABASE_UNAVAILABLE, "%s: %s", "%s:%s", db->path, sqlite3_errstr(code));
    if (!gate_enter(&db->gate, e))
        return false;
    bool ok = configure(db, e);
    gate_leave(&db->gate);
    return ok;
}

static void disconnect(struct db *db) {
    for (size_t i = 0; i < db->statement_room; i++)
        sqlite3_finalize(db->statements[i].handle);
    sqlite3_close(db->handle);
    gate_close(&db->gate);
}

bool db_open(struct db **db, const char *path, enum db_role role, struct error *e) {
    *db = NULL;
    if (!in_memory(path) && !create_file(path, e))
        return false;
    struct arena *a = arena_new();
    struct db *fresh = ARENA_NEW(a, struct db);
    *fresh = (struct db){.arena = a, .path = arena_strdup(a, path), .role = role, .gate = GATE_NONE};
    if (!connect_database(fresh, e)) {
        db_close(fresh);
        return false;
    }
    *db = fresh;
    return true;
}

void db_close(struct db *db) {
    if (!db)
        return;
    disconnect(db);
    arena_free(db->arena);
}

/*
 * A file that was moved away, deleted or replaced would still take our writes, which nobody would ever see.
 * The connection follows the path instead, and the database is unavailable until there is a file again.
 */
static bool follow_file(struct db *db, struct error *e) {
    int moved = 0;
    sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    if (!moved)
        return true;
    struct db fresh = {.arena = db->arena, .path = db->path, .role = db->role, .gate = GATE_NONE};
    if (!connect_database(&fresh, e)) {
        disconnect(&fresh);
        return false;
    }
    disconnect(db);
    *db = fresh;
    sqlite3_wal_hook(db->handle, note_log, &db->log_pages);
    return true;
}

/* A statement without parameters or rows that is not a matter of gates: BEGIN, COMMIT, SAVEPOINT … */
static bool command(struct db *db, const char *sql, struct error *e) {
    struct statement *s;
    if (!statement_find(db, sql, &s, e))
        return false;
    int code = sqlite3_step(s->handle);
    bool ok = code == SQLITE_DONE || fail_sqlite(db, code, e);
    sqlite3_reset(s->handle);
    return ok;
}

void db_read_end(struct db *db) {
    struct error ignored;
    if (db->reading)
        command(db, "COMMIT", &ignored);
    db->reading = false;
}

/* ---- the log ---- */

bool db_checkpoint(struct db *db, struct error *e) {
    int code = sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    bool somebody_else_does_it = (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED;
    return code == SQLITE_OK || somebody_else_does_it || fail_sqlite(db, code, e);
}

/*
 * Most of a long log beside the writes of others, the rest while they wait at the gate: what is moved to its
 * end is begun anew. What fails here fails where it matters, at the next write.
 */
static void shorten_log(struct db *db) {
    struct error ignored;
    if (db->log_pages < LOG_PAGES || !db_checkpoint(db, &ignored))
        return;
    db->log_pages = 0;
    if (gate_enter(&db->gate, &ignored))
        db_checkpoint(db, &ignored);
    gate_leave(&db->gate);
}

/* ---- running a statement ---- */

struct run {
    struct db *db;
    struct statement *statement;
    sqlite3_stmt *st; /* the statement's handle */
    int code;         /* of the last step; SQLITE_OK before the first */
};

/*
 * After some errors (full disk, I/O) SQLite rolls back by itself and would commit each later statement alone:
 * half of a transaction. From then on everything is refused until db_rollback.
 */
static bool transaction_intact(const struct db *db, struct error *e) {
    if (db->in_transaction && sqlite3_get_autocommit(db->handle))
        return fail(e, ERR_DATABASE_UNAVAILABLE, "the transaction was undone by an earlier error",
                    "事务已因先前的错误回滚");
    return true;
}

static bool run_start(struct run *r, struct db *db, const char *sql, struct db_args args, struct error *e) {
    *r = (struct run){.db = db};
    if (!db->in_transaction && !db->reading && !follow_file(db, e))
        return false;
    if (!transaction_intact(db, e) || !statement_find(db, sql, &r->statement, e) ||
        !bind_all(db, r->statement, args, e))
        return false;
    r->st = r->statement->handle;
    bool lone_write = !db->in_transaction && !sqlite3_stmt_readonly(r->st);
    if (lone_write)
        db_read_end(db);
    return !lone_write || gate_enter(&db->gate, e);
}

static bool run_row(struct run *r) {
    r->code = sqlite3_step(r->st);
    return r->code == SQLITE_ROW;
}

/* A write is always run to its end, even if only its first row was wanted: the end is where it is committed.
 */
static bool run_end(struct run *r, struct error *e) {
    while (r->code == SQLITE_ROW && !sqlite3_stmt_readonly(r->st))
        r->code = sqlite3_step(r->st);
    bool ok = r->code == SQLITE_OK || r->code == SQLITE_ROW || r->code == SQLITE_DONE;
    if (!ok)
        fail_sqlite(r->db, r->code, e);
    r->db->changes = ok ? sqlite3_changes64(r->db->handle) : 0;
    sqlite3_reset(r->st);
    sqlite3_clear_bindings(r->st);
    if (!r->db->in_transaction && r->db->gate.held) {
        gate_leave(&r->db->gate);
        shorten_log(r->db);
    }
    return ok;
}

/* ---- transactions ---- */

bool db_begin(struct db *db, struct error *e) {
    if (db->in_transaction)
        return fail(e, ERR_INTERNAL, "a transaction is open already", "事务已经打开");
    db_read_end(db);
    if (!follow_file(db, e) || !gate_enter(&db->gate, e))
        return false;
    db->in_transaction = command(db, "BEGIN IMMEDIATE", e);
    if (!db->in_transaction)
        gate_leave(&db->gate);
    return db->in_transaction;
}

bool db_commit(struct db *db, struct error *e) {
    if (!db->in_transaction)
        return fail(e, ERR_INTERNAL, "no transaction is open", "没有打开的事务");
    bool ok = transaction_intact(db, e) && command(db, "COMMIT", e);
    db_rollback(db); /* leaves the gate; what could not be committed is undone */
    if (ok)
        shorten_log(db);
    return ok;
}

void db_rollback(struct db *db) {
    struct error ignored;
    if (!sqlite3_get_autocommit(db->handle))
        command(db, "ROLLBACK", &ignored);
    db->in_transaction = db->reading = false;
    gate_leave(&db->gate);
}

bool db_in_transaction(const struct db *db) {
    return db->in_transaction;
}

bool db_savepoint(struct db *db, struct error *e) {
    if (!db->in_transaction)
        return fail(e, ERR_INTERNAL, "a savepoint needs a transaction", "保存点需要在事务中");
    return transaction_intact(db, e) && command(db, "SAVEPOINT item", e);
}

bool db_savepoint_release(struct db *db, struct error *e) {
    return transaction_intact(db, e) && command(db, "RELEASE item", e);
}

void db_savepoint_rollback(struct db *db) {
    struct error ignored;
    if (transaction_intact(db, &ignored) && command(db, "ROLLBACK TO item", &ignored))
        command(db, "RELEASE item", &ignored);
}

bool db_read_begin(struct db *db, struct error *e) {
    if (db->in_transaction || db->reading)
        return fail(e, ERR_INTERNAL, "a transaction is open already", "事务已经打开");
    db->reading = follow_file(db, e) && command(db, "BEGIN", e);
    return db->reading;
}

/* ---- rows into structs ---- */

/* Columns mostly come in the order of the fields: the search goes on behind the last one found. */
static const struct field *find_field(const struct field *fields, const struct field *from,
                                      const char *name) {
    for (const struct field *f = from; f->name; f++)
        if (field_is_column(f) && strcmp(f->name, name) == 0)
            return f;
    for (const struct field *f = fields; f < from; f++)
        if (field_is_column(f) && strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

/* The field of each column, in the order of the columns; the same fields nearly always ask for it again. */
static bool map_columns(struct run *r, const struct field *fields, struct error *e) {
    struct statement *s = r->statement;
    if (s->fields == fields)
        return true;
    int count = sqlite3_column_count(r->st);
    const struct field *from = fields;
    s->fields = NULL;
    if (!s->map)
        s->map = ARENA_ARRAY(r->db->arena, (size_t)count, const struct field *);
    for (int i = 0; i < count; i++) {
        const char *name = sqlite3_column_name(r->st, i);
        const struct field *f = find_field(fields, from, name);
        if (!f)
            return fail(e, ERR_INTERNAL, "column '%s' has no field: %s", "列“%s”没有对应的字段:%s", name,
                        s->sql);
        s->map[i] = f;
        from = f + 1;
    }
    s->fields = fields;
    return true;
}

static const char *column_text(struct arena *a, sqlite3_stmt *st, int i) {
    const char *text = (const char *)sqlite3_column_text(st, i);
    return text ? arena_strndup(a, text, (size_t)sqlite3_column_bytes(st, i)) : NULL;
}

static struct slice column_blob(struct arena *a, sqlite3_stmt *st, int i) {
    const void *bytes = sqlite3_column_blob(st, i);
    return bytes ? arena_slice(a, slice_of(bytes, (size_t)sqlite3_column_bytes(st, i))) : slice_of(NULL, 0);
}

static void scan_column(struct arena *a, sqlite3_stmt *st, int i, const struct field *f, void *row) {
    void *member = (char *)row + f->offset;
    switch (f->type) {
    case FIELD_TEXT:
    case FIELD_WORDS:
    case FIELD_LIST:
    case FIELD_MAP:
        *(const char **)member = column_text(a, st, i);
        break;
    case FIELD_INT:
    case FIELD_TIME:
        *(int64_t *)member = sqlite3_column_int64(st, i);
        break;
    case FIELD_BOOL:
        *(bool *)member = sqlite3_column_int64(st, i) != 0;
        break;
    default: /* FIELD_BLOB: what is no column was not found */
        *(struct slice *)member = column_blob(a, st, i);
        break;
    }
}

static void scan_row(struct arena *a, const struct run *r, void *row) {
    int count = sqlite3_column_count(r->st);
    for (int i = 0; i < count; i++)
        scan_column(a, r->st, i, r->statement->map[i], row);
}

/* ---- statements ---- */

bool db_script(struct db *db, const char *sql, struct error *e) {
    if (!db->in_transaction)
        return fail(e, ERR_INTERNAL, "a script needs a transaction", "脚本需要在事务中");
    return transaction_intact(db, e) && apply_setting(db, sql, e);
}

bool db_exec_args(struct db *db, struct error *e, const char *sql, struct db_args args) {
    struct run r;
    if (!run_start(&r, db, sql, args, e))
        return false;
    while (run_row(&r))
        ;
    return run_end(&r, e);
}

int64_t db_changes(const struct db *db) {
    return db->changes;
}

bool db_get_args(struct db *db, struct arena *a, const struct field *fields, void *row, struct error *e,
                 const char *sql, struct db_args args) {
    struct run r;
    if (!run_start(&r, db, sql, args, e))
        return false;
    bool found = run_row(&r);
    bool mapped = found && map_columns(&r, fields, e);
    if (mapped)
        scan_row(a, &r, row);
    if (!run_end(&r, e))
        return false;
    return found ? mapped : fail(e, ERR_NOT_FOUND, "there is no such row", "没有匹配的记录");
}

/* Room for one more row; the array doubles. */
static char *next_row(struct arena *a, char **rows, size_t count, size_t *room, size_t size) {
    if (count == *room) {
        char *more = arena_array(a, *room * 2, size);
        memcpy(more, *rows, count * size);
        *rows = more;
        *room *= 2;
    }
    return *rows + count * size;
}

bool db_list_args(struct db *db, struct arena *a, const struct field *fields, size_t size, void *rows,
                  size_t *count, struct error *e, const char *sql, struct db_args args) {
    struct run r;
    size_t room = ROWS_AT_FIRST;
    char *array = arena_array(a, room, size);
    *count = 0;
    if (!run_start(&r, db, sql, args, e))
        return false;
    bool mapped = map_columns(&r, fields, e);
    while (mapped && run_row(&r)) {
        scan_row(a, &r, next_row(a, &array, *count, &room, size));
        ++*count;
    }
    *(char **)rows = array;
    return run_end(&r, e) && mapped;
}

bool db_int_args(struct db *db, int64_t *value, int64_t missing, struct error *e, const char *sql,
                 struct db_args args) {
    struct run r;
    *value = missing;
    if (!run_start(&r, db, sql, args, e))
        return false;
    if (run_row(&r) && sqlite3_column_type(r.st, 0) != SQLITE_NULL)
        *value = sqlite3_column_int64(r.st, 0);
    return run_end(&r, e);
}

bool db_text_args(struct db *db, struct arena *a, const char **value, struct error *e, const char *sql,
                  struct db_args args) {
    struct run r;
    *value = NULL;
    if (!run_start(&r, db, sql, args, e))
        return false;
    if (run_row(&r))
        *value = column_text(a, r.st, 0);
    return run_end(&r, e);
}

bool db_sequence(struct db *db, const char *name, int64_t *value, struct error *e) {
    return db_int(db, value, 0, e,
                  "INSERT INTO sequence (name, value) VALUES ($1, 1) "
                  "ON CONFLICT (name) DO UPDATE SET value = sequence.value + 1 RETURNING value",
                  DB_TEXT(name));
}
