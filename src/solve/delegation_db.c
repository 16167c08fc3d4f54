/* Rows of delegated names. */
#include "solve/delegation.h"

#define ROW(type, member, flags, en, zh) FIELD(type, delegation, member, flags, en, zh)

const struct field delegation_fields[] = {
    ROW(TEXT, id, FIELD_COLUMN, "Id", "ID"),
    ROW(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    ROW(TEXT, name, FIELD_COLUMN, "Name", "域名"),
    ROW(TEXT, host, FIELD_COLUMN, "Name of the CNAME record", "CNAME 记录名"),
    ROW(TEXT, target, FIELD_COLUMN, "Where it must lead", "CNAME 记录值"),
    ROW(TIME, created_at, 0, "Asked for", "创建时间"),
    ROW(INT, looks, FIELD_HIDDEN, "", ""),
    ROW(TIME, looked_at, 0, "Last look", "上次检查时间"),
    ROW(TIME, seen_at, FIELD_COLUMN, "It leads there since", "生效时间"),
    ROW(TEXT, reason, FIELD_COLUMN, "What the last look found", "检查结果"),
    ROW(TEXT, detail_en, 0, "Detail, English", "详细信息(英文)"),
    ROW(TEXT, detail_zh, 0, "Detail, Chinese", "详细信息(中文)"),
    ROW(TIME, removed_at, FIELD_HIDDEN, "", ""),
    FIELD_END,
};

#define COLUMNS                                                                                              \
    "id, account_id, name, created_at, looks, looked_at, seen_at, reason, detail_en, detail_zh, removed_at "

static bool found(bool ok, const char *id, struct error *e) {
    return ok || (e->id == ERR_NOT_FOUND && fail(e, ERR_NOT_FOUND, "no delegation '%s'", "没有委托“%s”", id));
}

bool delegation_put(struct db *db, struct arena *a, struct delegation *d, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO delegation (id, account_id, name, created_at) VALUES ($1, $2, $3, $4) "
                   "ON CONFLICT (account_id, name) DO UPDATE SET removed_at = NULL",
                   DB_TEXT(d->id), DB_TEXT(d->account_id), DB_TEXT(d->name), DB_INT(d->created_at)) &&
           db_get(db, a, delegation_fields, d, e,
                  "SELECT " COLUMNS "FROM delegation WHERE account_id = $1 AND name = $2",
                  DB_TEXT(d->account_id), DB_TEXT(d->name));
}

bool delegation_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                    struct delegation *d, struct error *e) {
    return found(db_get(db, a, delegation_fields, d, e,
                        "SELECT " COLUMNS
                        "FROM delegation WHERE id = $1 AND account_id = $2 AND removed_at IS NULL",
                        DB_TEXT(id), DB_TEXT(account_id)),
                 id, e);
}

bool delegation_get_any(struct db *db, struct arena *a, const char *id, struct delegation *d,
                        struct error *e) {
    return found(db_get(db, a, delegation_fields, d, e, "SELECT " COLUMNS "FROM delegation WHERE id = $1",
                        DB_TEXT(id)),
                 id, e);
}

/* budget: a page of a list, and where it is put */
bool delegation_list(struct db *db, struct arena *a, const char *account_id, const char *cursor, size_t limit,
                     struct delegation **list, size_t *count, struct error *e) {
    return db_list(db, a, delegation_fields, sizeof **list, list, count, e,
                   "SELECT " COLUMNS "FROM delegation WHERE account_id = $1 AND id > $2 "
                   "AND removed_at IS NULL ORDER BY id LIMIT $3",
                   DB_TEXT(account_id), DB_TEXT(cursor ? cursor : ""), DB_INT((int64_t)limit));
}

bool delegation_stands(struct db *db, const char *account_id, const char *name, bool *stands,
                       struct error *e) {
    int64_t one;
    bool ok = db_int(db, &one, 0, e,
                     "SELECT 1 FROM delegation WHERE account_id = $1 AND name = $2 AND seen_at IS NOT NULL "
                     "AND removed_at IS NULL",
                     DB_TEXT(account_id), DB_TEXT(name));
    *stands = ok && one;
    return ok;
}

bool delegation_note(struct db *db, const struct delegation *d, struct error *e) {
    return db_exec(db, e,
                   "UPDATE delegation SET looks = $2, looked_at = $3, seen_at = $4, reason = $5, "
                   "detail_en = $6, detail_zh = $7 WHERE id = $1",
                   DB_TEXT(d->id), DB_INT(d->looks), DB_INT(d->looked_at), DB_TIME(d->seen_at),
                   DB_TEXT(d->reason), DB_TEXT(d->detail_en), DB_TEXT(d->detail_zh));
}

bool delegation_remove(struct db *db, const char *id, int64_t now, struct error *e) {
    return db_exec(db, e, "UPDATE delegation SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL",
                   DB_TEXT(id), DB_INT(now));
}
