/* Rows of names that were given to accounts. */
#include "base/clock.h"
#include "solve/name_grant.h"

#define ROW(type, member, flags, en, zh) FIELD(type, name_grant, member, flags, en, zh)

const struct field name_grant_fields[] = {
    ROW(TEXT, id, FIELD_COLUMN, "Id", "ID"),
    ROW(TEXT, zone, FIELD_COLUMN, "Names at and below this one; \".\" for all", "该域名及其下级;“.”表示全部"),
    ROW(TEXT, account_id, FIELD_COLUMN, "Account that may prove them", "可验证这些域名的账号"),
    ROW(BOOL, automatic, FIELD_COLUMN, "Kept from when the account was the only one here: this name alone",
        "账号为唯一账号时自动保留,仅限该域名"),
    ROW(TIME, created_at, FIELD_COLUMN, "Given", "授予时间"),
    ROW(TIME, used_at, 0, "Last used, to the day", "最近使用(精确到天)"),
    FIELD_END,
};

#define COLUMNS "id, account_id, zone, automatic, created_at, used_at "

/* budget: what is asked for, and where the answer is put */
bool name_grant_whose(struct db *db, const char *account_id, const char *zone, bool automatic,
                      enum whose *whose, struct error *e) {
    int64_t found;
    if (!db_int(db, &found, WHOSE_NOBODY, e,
                "SELECT CASE WHEN account_id = $1 THEN 2 ELSE 1 END AS whose FROM name_grant WHERE zone = $2 "
                "AND automatic = $3 ORDER BY whose DESC, id LIMIT 1",
                DB_TEXT(account_id), DB_TEXT(zone), DB_INT(automatic)))
        return false;
    *whose = (enum whose)found;
    return true;
}

bool name_grant_keep(struct db *db, const struct name_grant *g, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO name_grant (id, account_id, zone, automatic, created_at, used_at) "
                   "VALUES ($1, $2, $3, 1, $4, $4) ON CONFLICT (zone, account_id) DO UPDATE SET used_at = $4 "
                   "WHERE name_grant.used_at < $5",
                   DB_TEXT(g->id), DB_TEXT(g->account_id), DB_TEXT(g->zone), DB_INT(g->used_at),
                   DB_INT(g->used_at - DAY));
}

bool name_grant_put(struct db *db, struct arena *a, struct name_grant *g, struct error *e) {
    if (!db_exec(db, e,
                 "INSERT INTO name_grant (id, account_id, zone, automatic, created_at, used_at) "
                 "VALUES ($1, $2, $3, 0, $4, $4) ON CONFLICT (zone, account_id) DO UPDATE SET automatic = 0 "
                 "WHERE name_grant.automatic = 1",
                 DB_TEXT(g->id), DB_TEXT(g->account_id), DB_TEXT(g->zone), DB_INT(g->created_at)))
        return false;
    if (!db_changes(db))
        return fail(e, ERR_ALREADY_EXISTS, "the account has %s already", "该账号已获授予 %s", g->zone);
    return db_get(db, a, name_grant_fields, g, e,
                  "SELECT " COLUMNS "FROM name_grant WHERE zone = $1 AND account_id = $2", DB_TEXT(g->zone),
                  DB_TEXT(g->account_id));
}

bool name_grant_get(struct db *db, struct arena *a, const char *id, struct name_grant *g, struct error *e) {
    return db_get(db, a, name_grant_fields, g, e, "SELECT " COLUMNS "FROM name_grant WHERE id = $1",
                  DB_TEXT(id)) ||
           (e->id == ERR_NOT_FOUND && fail(e, ERR_NOT_FOUND, "no name grant '%s'", "没有域名授权“%s”", id));
}

/* budget: a page of a list, and where it is put */
bool name_grant_list(struct db *db, struct arena *a, const char *cursor, size_t limit,
                     struct name_grant **list, size_t *count, struct error *e) {
    return db_list(db, a, name_grant_fields, sizeof **list, list, count, e,
                   "SELECT " COLUMNS "FROM name_grant WHERE id > $1 ORDER BY id LIMIT $2",
                   DB_TEXT(cursor ? cursor : ""), DB_INT((int64_t)limit));
}

bool name_grant_delete(struct db *db, const char *id, struct error *e) {
    return db_exec(db, e, "DELETE FROM name_grant WHERE id = $1", DB_TEXT(id));
}

bool name_grant_purge(struct db *db, int64_t before, int64_t limit, struct error *e) {
    return db_exec(db, e,
                   "DELETE FROM name_grant WHERE id IN (SELECT id FROM name_grant WHERE automatic = 1 "
                   "AND used_at < $1 ORDER BY used_at, id LIMIT $2)",
                   DB_INT(before), DB_INT(limit));
}
