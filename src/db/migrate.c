/* Numbered migrations, forward only. */
#include "db/migrate.h"

/* The one table that no migration makes. Each call that follows looks again: another process may migrate too.
 */
static bool schema_version(struct db *db, int64_t *version, struct error *e) {
    return db_exec(db, e,
                   "CREATE TABLE IF NOT EXISTS schema_version "
                   "(version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)") &&
           db_int(db, version, 0, e, "SELECT max(version) FROM schema_version");
}

static bool apply_one(struct db *db, const struct embedded *file, int64_t version, int64_t now,
                      struct error *e) {
    return db_script(db, file->content, e) &&
           db_exec(db, e, "INSERT INTO schema_version (version, name, applied_at) VALUES ($1, $2, $3)",
                   DB_INT(version), DB_TEXT(file->name), DB_INT(now));
}

/* Takes one step if one is missing; `version` is what has been reached then. */
static bool next_version(struct db *db, const struct embedded *list, int64_t count, int64_t now,
                         int64_t *version, struct error *e) {
    if (!schema_version(db, version, e))
        return false;
    if (*version > count)
        return fail(e, ERR_DATABASE_NEWER,
                    "the database has version %lld, this program knows versions up to %lld",
                    "数据库版本为 %lld,本程序支持的最高版本为 %lld", (long long)*version, (long long)count);
    if (*version == count)
        return true;
    ++*version;
    return apply_one(db, &list[*version - 1], *version, now, e);
}

bool migrate(struct db *db, const struct embedded *list, int64_t now, struct error *e) {
    int64_t count = 0, version = -1;
    while (list[count].name)
        count++;
    while (version < count) {
        bool ok = db_begin(db, e) && next_version(db, list, count, now, &version, e) && db_commit(db, e);
        db_rollback(db);
        if (!ok)
            return false;
    }
    return true;
}

bool db_migrate(struct db *db, int64_t now, struct error *e) {
    return migrate(db, db_migrations, now, e);
}
