/*
 * The database: about a dozen functions that SQLite (sqlite.c) implements now and PostgreSQL will later.
 * One dialect (docs/architecture.md): `$1` parameters, text ids, BIGINT seconds, ON CONFLICT, RETURNING,
 * keyset paging; every SELECT of more than one row has a total order. SQL is a literal, never put together by
 * printf.
 *
 *     return db_exec(db, e, "UPDATE certificate SET paid_at = $1 WHERE id = $2", DB_INT(now), DB_TEXT(id));
 *
 * Errors: ERR_DATABASE_UNAVAILABLE (full, read-only, gone), ERR_DATABASE_BUSY, ERR_CONFLICT (a unique or
 * check constraint), ERR_INTERNAL (a mistake in our SQL), ERR_NOT_FOUND from db_get alone. A connection
 * belongs to one process and is opened after the fork.
 */
#pragma once
#include "base/error.h"
#include "base/field.h"

struct db;

enum db_type { DB_VAL_NULL, DB_VAL_INT, DB_VAL_TEXT, DB_VAL_BLOB };

struct db_val {
    enum db_type type;
    int64_t number;
    struct slice bytes;
};

/* clang-format takes these names for macros. */
/* clang-format off */
static inline struct db_val DB_INT(int64_t v) {
    return (struct db_val){.type = DB_VAL_INT, .number = v};
}
/* NULL binds NULL. */
static inline struct db_val DB_TEXT(const char *s) {
    return (struct db_val){.type = s ? DB_VAL_TEXT : DB_VAL_NULL, .bytes = slice_str(s)};
}
/* A time of 0 binds NULL: "never", "not yet". */
static inline struct db_val DB_TIME(int64_t t) {
    return (struct db_val){.type = t ? DB_VAL_INT : DB_VAL_NULL, .number = t};
}
static inline struct db_val DB_BLOB(struct slice s) {
    return (struct db_val){.type = s.p ? DB_VAL_BLOB : DB_VAL_NULL, .bytes = s};
}
/* clang-format on */

struct db_args {
    size_t count;
    const struct db_val *vals;
};
#define DB_ARGS(...)                                                                                         \
    ((struct db_args){sizeof((struct db_val[]){{0}, ##__VA_ARGS__}) / sizeof(struct db_val) - 1,             \
                      (struct db_val[]){{0}, ##__VA_ARGS__} + 1})

/* Who writes: a worker waits at a gate of its own first, so that a web write waits for one worker at most. */
enum db_role { DB_WEB, DB_WORKER };

/* `path` is a file, made with mode 0600 if absent, or ":memory:". */
bool db_open(struct db **db, const char *path, enum db_role role, struct error *e);
void db_close(struct db *db);
/* Applies the migrations that are missing, each in a transaction. ERR_DATABASE_NEWER if there are more. */
bool db_migrate(struct db *db, int64_t now, struct error *e);

/* Gate, then BEGIN IMMEDIATE. Nothing in between may wait for the signer, the network or a program. */
bool db_begin(struct db *db, struct error *e);
bool db_commit(struct db *db, struct error *e);
/* Harmless without a transaction. */
void db_rollback(struct db *db);
/* Commits if all went well; else rolls back and returns false: `db_begin(db, e) && db_end(db, …, e)`. */
static inline bool db_end(struct db *db, bool ok, struct error *e) {
    if (ok)
        return db_commit(db, e);
    db_rollback(db);
    return false;
}
bool db_in_transaction(const struct db *db);
/* A named point inside a transaction: one item of a batch may fail without its neighbours. */
bool db_savepoint(struct db *db, struct error *e);
bool db_savepoint_release(struct db *db, struct error *e);
void db_savepoint_rollback(struct db *db);

/*
 * Many reads as one: they see the same state and cost less. Waiting inside is allowed, but not for long: what
 * others write meanwhile stays in the log. A write, or db_begin, ends it.
 */
bool db_read_begin(struct db *db, struct error *e);
/* Harmless without one. */
void db_read_end(struct db *db);

/* The statements of a migration file, in the open transaction. */
bool db_script(struct db *db, const char *sql, struct error *e);
bool db_exec_args(struct db *db, struct error *e, const char *sql, struct db_args args);
/* Rows that the last db_exec changed. */
int64_t db_changes(const struct db *db);
/*
 * One row into a struct, by the names of its columns; a column without a field is an ERR_INTERNAL.
 * ERR_NOT_FOUND if there is none.
 */
bool db_get_args(struct db *db, struct arena *a, const struct field *fields, void *row, struct error *e,
                 const char *sql, struct db_args args);
/* All rows into an array of structs of `size` bytes. */
bool db_list_args(struct db *db, struct arena *a, const struct field *fields, size_t size, void *rows,
                  size_t *count, struct error *e, const char *sql, struct db_args args);
/* The first column of the first row; `missing` where there is none or it is NULL. */
bool db_int_args(struct db *db, int64_t *value, int64_t missing, struct error *e, const char *sql,
                 struct db_args args);
bool db_text_args(struct db *db, struct arena *a, const char **value, struct error *e, const char *sql,
                  struct db_args args);
/* The number of this table's next object (certificates, orders …): below 2^53, never given twice. */
bool db_sequence(struct db *db, const char *name, int64_t *value, struct error *e);
/* Moves the log into the database file when idle; cheap if there is nothing to do. */
bool db_checkpoint(struct db *db, struct error *e);

#define db_exec(db, e, sql, ...)                db_exec_args(db, e, sql, DB_ARGS(__VA_ARGS__))
#define db_get(db, a, fields, row, e, sql, ...) db_get_args(db, a, fields, row, e, sql, DB_ARGS(__VA_ARGS__))
/* `rows` is the address of a typed pointer: struct thing *rows; db_list(…, sizeof *rows, &rows, &n, …) */
#define db_list(db, a, fields, size, rows, count, e, sql, ...)                                               \
    db_list_args(db, a, fields, size, rows, count, e, sql, DB_ARGS(__VA_ARGS__))
#define db_int(db, value, missing, e, sql, ...) db_int_args(db, value, missing, e, sql, DB_ARGS(__VA_ARGS__))
#define db_text(db, a, value, e, sql, ...)      db_text_args(db, a, value, e, sql, DB_ARGS(__VA_ARGS__))
