/* db: statements, rows, transactions, failures of the disk, migrations. */
#include "base/file.h"
#include "db/db.h"
#include "db/migrate.h"
#include "unit.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct thing {
    const char *id, *words;
    int64_t number, at;
    bool flag;
    struct slice bytes;
};

static const struct field thing_fields[] = {
    FIELD(TEXT, thing, id, 0, "", ""),
    FIELD(WORDS, thing, words, 0, "", ""),
    FIELD(INT, thing, number, 0, "", ""),
    FIELD(TIME, thing, at, 0, "", ""),
    FIELD(BOOL, thing, flag, 0, "", ""),
    FIELD(BLOB, thing, bytes, 0, "", ""),
    FIELD_END,
};

static const struct embedded thing_schema[] = {
    {"001_thing.sql", 0,
     "CREATE TABLE sequence (name TEXT PRIMARY KEY, value BIGINT NOT NULL);"
     "CREATE TABLE thing (id TEXT PRIMARY KEY, words TEXT, number BIGINT CHECK (number < 1000), at BIGINT,"
     "flag BIGINT, bytes BLOB);"
     "CREATE TABLE part (id TEXT PRIMARY KEY, thing_id TEXT REFERENCES thing (id))"},
    {0},
};

static struct db *open_things(const char *path) {
    struct db *db;
    struct error e;
    assert_ok(db_open(&db, path, DB_WEB, &e), e);
    assert_ok(migrate(db, thing_schema, 1, &e), e);
    return db;
}

static bool add_thing(struct db *db, const char *id, int64_t number, struct error *e) {
    return db_exec(db, e, "INSERT INTO thing (id, number) VALUES ($1, $2)", DB_TEXT(id), DB_INT(number));
}

static int64_t count_things(struct db *db) {
    int64_t count;
    struct error e;
    assert_ok(db_int(db, &count, 0, &e, "SELECT count(*) FROM thing"), e);
    return count;
}

static const char *temporary_folder(struct arena *a) {
    char *folder = arena_strdup(a, "/tmp/tenure-db-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return folder;
}

static void remove_folder(struct arena *a, const char *folder) {
    static const char *const suffixes[] = {"", "-wal", "-shm", ".gate", ".worker-gate", ".away"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        unlink(arena_printf(a, "%s/db%s", folder, suffixes[i]));
    assert_int_equal(rmdir(folder), 0);
}

/* ---- statements and rows ---- */

static void a_row_comes_back_as_it_went_in(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct db *db = open_things(":memory:");
    struct error e;
    struct thing t = {.number = 7};
    assert_ok(
        db_exec(
            db, &e, "INSERT INTO thing (at, id, words, number, flag, bytes) VALUES ($6, $1, $2, $3, $4, $5)",
            DB_TEXT("t'1"), DB_TEXT("a b"), DB_INT(-5), DB_INT(1), DB_BLOB(slice_of("\0x", 2)), DB_TIME(99)),
        e);
    assert_int_equal(db_changes(db), 1);
    assert_ok(db_get(db, a, thing_fields, &t, &e,
                     "SELECT bytes, id, words, number, at, flag FROM thing WHERE id = $1", DB_TEXT("t'1")),
              e);
    assert_string_equal(t.id, "t'1");
    assert_string_equal(t.words, "a b");
    assert_true(t.number == -5 && t.at == 99 && t.flag);
    assert_true(slice_equal(t.bytes, slice_of("\0x", 2)));
    db_close(db);
}

static void null_becomes_the_zero_of_its_type(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct db *db = open_things(":memory:");
    struct error e;
    struct thing t = {.words = "old", .number = 7, .at = 7, .flag = true, .bytes = slice_str("old")};
    assert_ok(db_exec(db, &e, "INSERT INTO thing (id, words, number, at) VALUES ('n', $1, NULL, $2)",
                      DB_TEXT(NULL), DB_TIME(0)),
              e);
    assert_ok(db_get(db, a, thing_fields, &t, &e, "SELECT * FROM thing WHERE id = 'n' AND words IS NULL"), e);
    assert_null(t.words);
    assert_null(t.bytes.p);
    assert_true(t.number == 0 && t.at == 0 && !t.flag);
    db_close(db);
}

static void lists_are_complete_and_keep_their_order(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct db *db = open_things(":memory:");
    struct error e;
    struct thing *things;
    size_t count;
    for (int64_t i = 0; i < 100; i++)
        assert_ok(add_thing(db, arena_printf(a, "t%02d", (int)i), 99 - i, &e), e);
    assert_ok(db_list(db, a, thing_fields, sizeof *things, &things, &count, &e,
                      "SELECT id, number FROM thing ORDER BY number"),
              e);
    assert_int_equal(count, 100);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(things[i].number, i);
    assert_string_equal(things[0].id, "t99");
    assert_ok(db_list(db, a, thing_fields, sizeof *things, &things, &count, &e,
                      "SELECT id FROM thing WHERE number > 5000 ORDER BY id"),
              e);
    assert_int_equal(count, 0);
    db_close(db);
}

static void single_values_have_a_default(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct db *db = open_things(":memory:");
    struct error e;
    int64_t number;
    const char *text = "old";
    assert_ok(db_int(db, &number, -1, &e, "SELECT max(number) FROM thing"), e);
    assert_int_equal(number, -1);
    assert_ok(db_text(db, a, &text, &e, "SELECT id FROM thing LIMIT 1"), e);
    assert_null(text);
    assert_ok(add_thing(db, "x", 3, &e), e);
    assert_ok(db_int(db, &number, -1, &e, "SELECT max(number) FROM thing"), e);
    assert_int_equal(number, 3);
    assert_ok(db_text(db, a, &text, &e, "SELECT id FROM thing LIMIT 1"), e);
    assert_string_equal(text, "x");
    db_close(db);
}

static void mistakes_in_our_sql_are_internal_errors(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct db *db = open_things(":memory:");
    struct error e;
    struct thing t, *things;
    size_t count;
    assert_ok(add_thing(db, "x", 1, &e), e);
    assert_fails(db_exec(db, &e, "UPDATE thing SET nothing = 1"), e, ERR_INTERNAL);
    assert_fails(db_exec(db, &e, "UPDATE thing SET number = $1"), e, ERR_INTERNAL);
    assert_fails(db_exec(db, &e, "UPDATE thing SET number = $2", DB_INT(1)), e, ERR_INTERNAL);
    assert_fails(db_exec(db, &e, "UPDATE thing SET number = ?", DB_INT(1)), e, ERR_INTERNAL);
    assert_fails(db_exec(db, &e, "UPDATE thing SET words = \"text\""), e, ERR_INTERNAL);
    assert_fails(db_get(db, a, thing_fields, &t, &e, "SELECT id, 1 AS other FROM thing"), e, ERR_INTERNAL);
    assert_fails(db_list(db, a, thing_fields, sizeof t, &things, &count, &e, "SELECT 1 AS other ORDER BY 1"),
                 e, ERR_INTERNAL);
    assert_fails(db_get(db, a, thing_fields, &t, &e, "SELECT id FROM thing WHERE id = 'y'"), e,
                 ERR_NOT_FOUND);
    db_close(db);
}

static void a_broken_constraint_is_a_conflict_that_names_it(void **state) {
    (void)state;
    struct db *db = open_things(":memory:");
    struct error e;
    assert_ok(add_thing(db, "x", 1, &e), e);
    assert_fails(add_thing(db, "x", 2, &e), e, ERR_CONFLICT);
    assert_non_null(strstr(e.detail[LANG_EN], "thing.id"));
    assert_non_null(strstr(e.detail[LANG_ZH], "thing.id"));
    assert_fails(add_thing(db, "y", 1000, &e), e, ERR_CONFLICT);
    assert_fails(db_exec(db, &e, "INSERT INTO part (id, thing_id) VALUES ('p', 'absent')"), e, ERR_CONFLICT);
    assert_int_equal(count_things(db), 1);
    db_close(db);
}

static void sequences_count_from_one_each(void **state) {
    (void)state;
    struct db *db = open_things(":memory:");
    struct error e;
    for (int64_t i = 1; i < 4; i++) {
        int64_t value;
        assert_ok(db_sequence(db, "certificate", &value, &e), e);
        assert_int_equal(value, i);
    }
    int64_t other;
    assert_ok(db_sequence(db, "order", &other, &e), e);
    assert_int_equal(other, 1);
    db_close(db);
}

/* The cache finds a statement by its address; more of them than its first room holds. */
static void many_statements_are_told_apart(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct db *db = open_things(":memory:");
    struct error e;
    const char *sql[500];
    for (int i = 0; i < 500; i++)
        sql[i] = arena_printf(a, "SELECT %d", i);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 500; i++) {
            int64_t value;
            assert_ok(db_int(db, &value, -1, &e, sql[i]), e);
            assert_int_equal(value, i);
        }
    db_close(db);
}

/* ---- transactions ---- */

static void what_is_not_committed_did_not_happen(void **state) {
    (void)state;
    struct db *db = open_things(":memory:");
    struct error e;
    assert_ok(db_begin(db, &e) && add_thing(db, "x", 1, &e), e);
    assert_true(db_in_transaction(db));
    assert_fails(db_begin(db, &e), e, ERR_INTERNAL);
    db_rollback(db);
    db_rollback(db);
    assert_false(db_in_transaction(db));
    assert_int_equal(count_things(db), 0);
    assert_fails(db_commit(db, &e), e, ERR_INTERNAL);
    assert_ok(db_begin(db, &e) && add_thing(db, "y", 1, &e) && db_commit(db, &e), e);
    assert_int_equal(count_things(db), 1);
    db_close(db);
}

static void one_item_of_a_batch_fails_alone(void **state) {
    (void)state;
    struct db *db = open_things(":memory:");
    struct error e;
    assert_fails(db_savepoint(db, &e), e, ERR_INTERNAL);
    assert_ok(db_begin(db, &e), e);
    assert_ok(db_savepoint(db, &e) && add_thing(db, "a", 1, &e) && db_savepoint_release(db, &e), e);
    assert_ok(db_savepoint(db, &e) && add_thing(db, "b", 1, &e), e);
    assert_fails(add_thing(db, "a", 1, &e), e, ERR_CONFLICT);
    db_savepoint_rollback(db);
    assert_ok(db_savepoint(db, &e) && add_thing(db, "c", 1, &e) && db_savepoint_release(db, &e), e);
    assert_ok(db_commit(db, &e), e);
    int64_t b;
    assert_int_equal(count_things(db), 2);
    assert_ok(db_int(db, &b, 0, &e, "SELECT count(*) FROM thing WHERE id = 'b'"), e);
    assert_int_equal(b, 0);
    db_close(db);
}

static void reads_together_see_one_state_until_something_is_written(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const char *folder = temporary_folder(a), *path = arena_printf(a, "%s/db", folder);
    struct error e;
    struct db *reader = open_things(path), *writer = open_things(path);
    assert_ok(db_read_begin(reader, &e), e);
    assert_int_equal(count_things(reader), 0);
    assert_ok(add_thing(writer, "x", 1, &e), e);
    assert_int_equal(count_things(reader), 0);
    assert_fails(db_read_begin(reader, &e), e, ERR_INTERNAL);
    db_read_end(reader);
    assert_int_equal(count_things(reader), 1);
    assert_ok(db_read_begin(reader, &e), e);
    assert_int_equal(count_things(reader), 1);
    assert_ok(add_thing(writer, "y", 1, &e) && add_thing(reader, "z", 1, &e), e);
    assert_int_equal(count_things(reader), 3);
    assert_ok(db_read_begin(reader, &e), e);
    assert_int_equal(count_things(reader), 3);
    assert_ok(add_thing(writer, "u", 1, &e) && db_begin(reader, &e), e);
    assert_int_equal(count_things(reader), 4);
    db_rollback(reader);
    db_read_end(reader);
    db_close(reader);
    db_close(writer);
    remove_folder(a, folder);
}

/* ---- the file ---- */

static void a_long_log_is_moved_and_begun_anew(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const char *folder = temporary_folder(a), *path = arena_printf(a, "%s/db", folder);
    struct error e;
    struct stat st;
    struct db *db = open_things(path), *worker;
    assert_ok(db_open(&worker, path, DB_WORKER, &e), e);
    assert_ok(db_exec(worker, &e, "INSERT INTO thing (id, bytes) VALUES ('long', zeroblob(170000000))"), e);
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size > 170000000);
    assert_ok(add_thing(worker, "x", 1, &e), e);
    assert_int_equal(stat(arena_printf(a, "%s-wal", path), &st), 0);
    assert_true(st.st_size < 80000000);
    assert_int_equal(count_things(db), 2);
    db_close(worker);
    db_close(db);
    remove_folder(a, folder);
}

static void the_file_belongs_to_its_owner_alone(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const char *folder = temporary_folder(a), *path = arena_printf(a, "%s/db", folder), *mode;
    struct error e;
    struct stat st;
    struct db *db = open_things(path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(arena_printf(a, "%s-wal", path), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_ok(db_text(db, a, &mode, &e, "PRAGMA journal_mode"), e);
    assert_string_equal(mode, "wal");
    assert_ok(db_checkpoint(db, &e) && db_checkpoint(db, &e), e);
    db_close(db);
    remove_folder(a, folder);
}

/* True if somebody holds the lock of the file for himself alone. */
static bool gate_is_held(const char *path) {
    AUTO_FD fd = open(path, O_RDWR | O_CLOEXEC);
    return flock(fd, LOCK_SH | LOCK_NB) < 0;
}

static void writers_hold_their_gates_until_the_end(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const char *folder = temporary_folder(a), *path = arena_printf(a, "%s/db", folder);
    const char *common = arena_printf(a, "%s.gate", path), *workers = arena_printf(a, "%s.worker-gate", path);
    struct error e;
    struct db *web = open_things(path), *worker;
    assert_ok(db_open(&worker, path, DB_WORKER, &e), e);
    assert_ok(db_begin(worker, &e), e);
    assert_true(gate_is_held(common) && gate_is_held(workers));
    assert_ok(db_commit(worker, &e), e);
    assert_ok(db_begin(web, &e), e);
    assert_true(gate_is_held(common) && !gate_is_held(workers));
    db_rollback(web);
    assert_ok(add_thing(web, "lone write", 1, &e), e);
    assert_fails(add_thing(worker, "lone write", 1, &e), e, ERR_CONFLICT);
    assert_false(gate_is_held(common) || gate_is_held(workers));
    db_close(worker);
    db_close(web);
    remove_folder(a, folder);
}

/* The child opens the database, waits for a byte, writes a row, and answers with a byte. */
static void write_when_told(const char *path, int channel) {
    struct db *db;
    struct error e;
    char byte;
    bool ok = db_open(&db, path, DB_WEB, &e) && write(channel, "o", 1) == 1 && read(channel, &byte, 1) == 1 &&
              add_thing(db, "x", 1, &e) && write(channel, "w", 1) == 1;
    _exit(ok ? 0 : 1);
}

static void a_lone_write_waits_at_the_gate(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const char *folder = temporary_folder(a), *path = arena_printf(a, "%s/db", folder);
    int channel[2], status;
    char byte;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, channel), 0);
    db_close(open_things(path));
    pid_t pid = fork();
    if (pid == 0)
        write_when_told(path, channel[1]);
    assert_int_equal(read(channel[0], &byte, 1), 1);
    AUTO_FD gate = open(arena_printf(a, "%s.gate", path), O_RDWR | O_CLOEXEC);
    assert_int_equal(flock(gate, LOCK_EX), 0);
    assert_int_equal(write(channel[0], "g", 1), 1);
    struct pollfd written = {.fd = channel[0], .events = POLLIN};
    assert_int_equal(poll(&written, 1, 100), 0);
    assert_int_equal(flock(gate, LOCK_UN), 0);
    assert_int_equal(read(channel[0], &byte, 1), 1);
    assert_true(waitpid(pid, &status, 0) == pid && status == 0);
    close(channel[0]);
    close(channel[1]);
    remove_folder(a, folder);
}

static void a_writer_that_is_killed_leaves_neither_gate_nor_rows(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const char *folder = temporary_folder(a), *path = arena_printf(a, "%s/db", folder);
    struct error e;
    db_close(open_things(path));
    pid_t pid = fork();
    if (pid == 0) {
        struct db *child = open_things(path);
        if (db_begin(child, &e) && add_thing(child, "x", 1, &e))
            raise(SIGKILL);
        _exit(1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    struct db *db = open_things(path);
    assert_int_equal(count_things(db), 0);
    assert_ok(add_thing(db, "x", 1, &e), e);
    db_close(db);
    remove_folder(a, folder);
}

/* ---- a disk that fails ---- */

/* Inserts until the database refuses; false if it never does. */
static bool fill_up(struct db *db, struct error *e) {
    static const uint8_t page[8192];
    for (int i = 0; i < 2000; i++)
        if (!db_exec(db, e, "INSERT INTO thing (id, bytes) VALUES ('fill' || $1, $2)", DB_INT(i),
                     DB_BLOB(slice_of(page, sizeof page))))
            return true;
    return false;
}

static void a_full_database_undoes_the_transaction_and_works_again(void **state) {
    (void)state;
    struct db *db = open_things(":memory:");
    struct error e;
    assert_ok(db_exec(db, &e, "PRAGMA max_page_count = 50"), e);
    assert_ok(db_begin(db, &e) && add_thing(db, "first", 1, &e), e);
    assert_true(fill_up(db, &e));
    assert_int_equal(e.id, ERR_DATABASE_UNAVAILABLE);
    assert_true(db_in_transaction(db));
    assert_fails(add_thing(db, "half", 1, &e), e, ERR_DATABASE_UNAVAILABLE);
    assert_fails(db_savepoint(db, &e), e, ERR_DATABASE_UNAVAILABLE);
    assert_fails(db_commit(db, &e), e, ERR_DATABASE_UNAVAILABLE);
    assert_int_equal(count_things(db), 0);
    assert_ok(db_exec(db, &e, "PRAGMA max_page_count = 5000"), e);
    assert_ok(db_begin(db, &e) && add_thing(db, "again", 1, &e) && db_commit(db, &e), e);
    assert_int_equal(count_things(db), 1);
    db_close(db);
}

static void limit_file_size(rlim_t bytes) {
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_write_that_the_system_refuses_does_not_last(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const char *folder = temporary_folder(a), *path = arena_printf(a, "%s/db", folder);
    struct error e, late;
    struct db *db = open_things(path);
    signal(SIGXFSZ, SIG_IGN);
    limit_file_size(1 << 20);
    assert_ok(db_begin(db, &e) && add_thing(db, "first", 1, &e), e);
    bool refused = fill_up(db, &e) || !db_commit(db, &e);
    db_rollback(db);
    bool alone_refused = fill_up(db, &late);
    limit_file_size(RLIM_INFINITY);
    assert_true(refused && alone_refused);
    assert_int_equal(e.id, ERR_DATABASE_UNAVAILABLE);
    assert_int_equal(late.id, ERR_DATABASE_UNAVAILABLE);
    int64_t first;
    assert_ok(db_int(db, &first, 0, &e, "SELECT count(*) FROM thing WHERE id = 'first'"), e);
    assert_int_equal(first, 0);
    assert_ok(add_thing(db, "again", 1, &e), e);
    db_close(db);
    remove_folder(a, folder);
}

static void a_file_that_is_gone_is_missed_and_found_again(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const char *folder = temporary_folder(a), *path = arena_printf(a, "%s/db", folder);
    const char *away = arena_printf(a, "%s.away", path);
    struct error e;
    struct db *db = open_things(path);
    assert_ok(add_thing(db, "x", 1, &e) && db_checkpoint(db, &e), e);
    assert_int_equal(rename(path, away), 0);
    assert_fails(add_thing(db, "lost", 1, &e), e, ERR_DATABASE_UNAVAILABLE);
    assert_fails(db_begin(db, &e), e, ERR_DATABASE_UNAVAILABLE);
    assert_int_equal(access(path, F_OK), -1);
    struct slice copy; /* a restored copy is another file with the same name */
    assert_ok(file_read(a, away, 1 << 20, &copy, &e) && file_write_new(path, 0600, copy, &e), e);
    assert_ok(db_begin(db, &e) && add_thing(db, "y", 1, &e) && db_commit(db, &e), e);
    assert_int_equal(count_things(db), 2);
    db_close(db);
    remove_folder(a, folder);
}

static void what_is_not_a_database_cannot_be_opened(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const char *folder = temporary_folder(a), *path = arena_printf(a, "%s/db", folder);
    struct error e;
    struct db *db;
    assert_fails(db_open(&db, arena_printf(a, "%s/absent/db", folder), DB_WEB, &e), e,
                 ERR_DATABASE_UNAVAILABLE);
    assert_ok(file_write_new(path, 0600,
                             slice_str("this is not a database, but long enough to be read as one"), &e),
              e);
    assert_fails(db_open(&db, path, DB_WEB, &e), e, ERR_DATABASE_UNAVAILABLE);
    assert_null(db);
    remove_folder(a, folder);
}

/* ---- migrations ---- */

static void migrations_are_applied_once(void **state) {
    (void)state;
    struct db *db;
    struct error e;
    int64_t version, count = 0;
    while (db_migrations[count].name)
        count++;
    assert_ok(db_open(&db, ":memory:", DB_WEB, &e), e);
    assert_ok(db_migrate(db, 42, &e) && db_migrate(db, 43, &e), e);
    assert_ok(db_int(db, &version, 0, &e, "SELECT count(*) FROM schema_version WHERE applied_at = 42"), e);
    assert_int_equal(version, count);
    db_close(db);
}

static void a_migration_that_fails_leaves_the_version_before_it(void **state) {
    (void)state;
    static const struct embedded broken[] = {
        {"001_good.sql", 0, "CREATE TABLE good (id TEXT)"},
        {"002_bad.sql", 0, "CREATE TABLE half (id TEXT); CREATE TABLE good (id TEXT)"},
        {0},
    };
    static const struct embedded mended[] = {
        {"001_good.sql", 0, "CREATE TABLE good (id TEXT)"},
        {"002_bad.sql", 0, "CREATE TABLE half (id TEXT)"},
        {0},
    };
    struct db *db;
    struct error e;
    int64_t version;
    assert_ok(db_open(&db, ":memory:", DB_WEB, &e), e);
    assert_fails(migrate(db, broken, 1, &e), e, ERR_INTERNAL);
    assert_false(db_in_transaction(db));
    assert_ok(db_int(db, &version, 0, &e, "SELECT max(version) FROM schema_version"), e);
    assert_int_equal(version, 1);
    assert_ok(migrate(db, mended, 1, &e), e);
    db_close(db);
}

static void a_newer_database_is_refused(void **state) {
    (void)state;
    struct db *db = open_things(":memory:");
    struct error e;
    assert_ok(
        db_exec(db, &e, "INSERT INTO schema_version (version, name, applied_at) VALUES (999, 'later', 1)"),
        e);
    assert_fails(db_migrate(db, 1, &e), e, ERR_DATABASE_NEWER);
    assert_non_null(strstr(e.detail[LANG_EN], "999"));
    db_close(db);
}

TEST_MAIN(db, test(a_row_comes_back_as_it_went_in), test(null_becomes_the_zero_of_its_type),
          test(lists_are_complete_and_keep_their_order), test(single_values_have_a_default),
          test(mistakes_in_our_sql_are_internal_errors),
          test(a_broken_constraint_is_a_conflict_that_names_it), test(sequences_count_from_one_each),
          test(many_statements_are_told_apart), test(what_is_not_committed_did_not_happen),
          test(one_item_of_a_batch_fails_alone),
          test(reads_together_see_one_state_until_something_is_written),
          test(a_long_log_is_moved_and_begun_anew), test(the_file_belongs_to_its_owner_alone),
          test(writers_hold_their_gates_until_the_end), test(a_lone_write_waits_at_the_gate),
          test(a_writer_that_is_killed_leaves_neither_gate_nor_rows),
          test(a_full_database_undoes_the_transaction_and_works_again),
          test(a_write_that_the_system_refuses_does_not_last),
          test(a_file_that_is_gone_is_missed_and_found_again), test(what_is_not_a_database_cannot_be_opened),
          test(migrations_are_applied_once), test(a_migration_that_fails_leaves_the_version_before_it),
          test(a_newer_database_is_refused))
