/* Rows of the records of dns-persist-01. */
#include "solve/persist_record.h"

#define RECORD(type, member, flags, en, zh) FIELD(type, persist_record, member, flags, en, zh)
#define TOP                                 "~" /* above every id */

const struct field persist_record_fields[] = {
    RECORD(TEXT, id, FIELD_COLUMN, "Id", "ID"),
    RECORD(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    RECORD(TEXT, name, FIELD_COLUMN, "Name", "域名"),
    RECORD(BOOL, wildcard, 0, "For wildcards and names below, too", "同时适用于通配符及下级域名"),
    RECORD(TEXT, issuer, FIELD_COLUMN, "The CA, by its domain name", "CA 的域名标识"),
    RECORD(TEXT, account_uri, 0, "The account of the CA that it lets in", "获授权的 CA 账户"),
    RECORD(TIME, until_at, FIELD_COLUMN, "It holds before that; none: for ever", "失效时间;无则长期有效"),
    RECORD(TEXT, value, 0, "Value of the TXT record", "TXT 记录值"),
    RECORD(TEXT, solver_id, 0, "The solver that places it; none: a person",
           "由该质询应答配置放置;无则由人工放置"),
    RECORD(TEXT, place, 0, "Where it was placed: its name behind all CNAMEs", "放置位置(CNAME 之后的记录名)"),
    RECORD(TEXT, handle, FIELD_HIDDEN, "", ""),
    RECORD(TIME, created_at, 0, "Made", "创建时间"),
    RECORD(TIME, placed_at, 0, "Placed", "放置时间"),
    RECORD(TIME, seen_at, FIELD_COLUMN, "Last seen", "最近一次确认存在"),
    RECORD(TIME, looked_at, 0, "Last look", "上次检查时间"),
    RECORD(INT, misses, 0, "Looks since then that did not find it", "此后未找到的次数"),
    RECORD(TEXT, reason, FIELD_COLUMN, "What the last look found, or why placing it failed",
           "检查结果或放置失败原因"),
    RECORD(TEXT, detail_en, 0, "Detail, English", "详细信息(英文)"),
    RECORD(TEXT, detail_zh, 0, "Detail, Chinese", "详细信息(中文)"),
    RECORD(TIME, unwanted_at, 0, "Not needed any more since", "不再需要时间"),
    RECORD(TIME, removed_at, FIELD_HIDDEN, "Removed", "删除时间"),
    FIELD_END,
};

#define COLUMNS                                                                                              \
    "id, account_id, name, wildcard, issuer, account_uri, until_at, value, solver_id, place, handle, "       \
    "created_at, placed_at, seen_at, looked_at, misses, reason, detail_en, detail_zh, unwanted_at, removed_at "

bool persist_record_insert(struct db *db, const struct persist_record *r, struct error *e) {
    if (!db_exec(db, e,
                 "INSERT INTO persist_record (id, account_id, name, issuer, account_uri, wildcard, until_at, "
                 "value, solver_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
                 "ON CONFLICT DO NOTHING",
                 DB_TEXT(r->id), DB_TEXT(r->account_id), DB_TEXT(r->name), DB_TEXT(r->issuer),
                 DB_TEXT(r->account_uri), DB_INT(r->wildcard), DB_INT(r->until_at), DB_TEXT(r->value),
                 DB_TEXT(r->solver_id), DB_INT(r->created_at)))
        return false;
    return db_changes(db) == 1 ||
           fail(e, ERR_ALREADY_EXISTS, "the record for %s and this account of %s is there already",
                "%s 对 %s 该账户的记录已存在", r->name, r->issuer);
}

static bool found(bool ok, const char *id, struct error *e) {
    return ok || (e->id == ERR_NOT_FOUND &&
                  fail(e, ERR_NOT_FOUND, "no persistent record '%s'", "没有长期记录“%s”", id));
}

bool persist_record_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                        struct persist_record *r, struct error *e) {
    return found(db_get(db, a, persist_record_fields, r, e,
                        "SELECT " COLUMNS "FROM persist_record WHERE id = $1 AND account_id = $2 "
                        "AND removed_at IS NULL",
                        DB_TEXT(id), DB_TEXT(account_id)),
                 id, e);
}

bool persist_record_get_any(struct db *db, struct arena *a, const char *id, struct persist_record *r,
                            struct error *e) {
    return found(db_get(db, a, persist_record_fields, r, e,
                        "SELECT " COLUMNS "FROM persist_record WHERE id = $1", DB_TEXT(id)),
                 id, e);
}

bool persist_record_list(struct db *db, struct arena *a, const char *account_id, const char *cursor,
                         size_t limit, struct persist_record **list, size_t *count, struct error *e) {
    return db_list(db, a, persist_record_fields, sizeof **list, list, count, e,
                   "SELECT " COLUMNS "FROM persist_record WHERE account_id = $1 AND id < $2 "
                   "AND removed_at IS NULL ORDER BY id DESC LIMIT $3",
                   DB_TEXT(account_id), DB_TEXT(cursor ? cursor : TOP), DB_INT((int64_t)limit));
}

bool persist_record_set_place(struct db *db, const struct persist_record *r, struct error *e) {
    return db_exec(db, e, "UPDATE persist_record SET place = $2 WHERE id = $1 AND removed_at IS NULL",
                   DB_TEXT(r->id), DB_TEXT(r->place));
}

bool persist_record_set_placed(struct db *db, const struct persist_record *r, int64_t now, struct error *e) {
    return db_exec(db, e,
                   "UPDATE persist_record SET handle = $2, placed_at = $3 WHERE id = $1 "
                   "AND removed_at IS NULL",
                   DB_TEXT(r->id), DB_TEXT(r->handle), DB_INT(now));
}

bool persist_record_set_unwanted(struct db *db, const char *id, int64_t now, struct error *e) {
    return db_exec(db, e, "UPDATE persist_record SET unwanted_at = $2 WHERE id = $1 AND unwanted_at IS NULL",
                   DB_TEXT(id), DB_INT(now));
}

bool persist_record_set_removed(struct db *db, const char *id, int64_t now, struct error *e) {
    return db_exec(db, e, "UPDATE persist_record SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL",
                   DB_TEXT(id), DB_INT(now));
}

bool persist_record_note(struct db *db, const struct persist_record *r, int64_t now, struct error *e) {
    return db_exec(db, e,
                   "UPDATE persist_record SET reason = $2, detail_en = $3, detail_zh = $4, looked_at = $5, "
                   "seen_at = $6, misses = $7 WHERE id = $1 AND removed_at IS NULL",
                   DB_TEXT(r->id), DB_TEXT(r->reason), DB_TEXT(r->detail_en), DB_TEXT(r->detail_zh),
                   DB_INT(now), DB_TIME(r->seen_at), DB_INT(r->misses));
}

bool persist_record_purge(struct db *db, int64_t before, int64_t limit, struct error *e) {
    return db_exec(db, e,
                   "DELETE FROM persist_record WHERE id IN (SELECT id FROM persist_record "
                   "WHERE removed_at < $1 ORDER BY removed_at, id LIMIT $2)",
                   DB_INT(before), DB_INT(limit));
}
