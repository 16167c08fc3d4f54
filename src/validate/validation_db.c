/* Rows of control over names. */
#include "pki/names.h"
#include "validate/validation.h"

#define ROW(type, member, flags, en, zh)   FIELD(type, validation, member, flags, en, zh)
#define CHECK(type, member, flags, en, zh) FIELD(type, validation_check, member, flags, en, zh)

const struct field validation_fields[] = {
    ROW(TEXT, id, 0, "Id", "ID"),
    ROW(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    ROW(TEXT, name, FIELD_COLUMN, "Name", "域名"),
    ROW(TEXT, method, FIELD_COLUMN, "Method", "验证方式"),
    ROW(BOOL, wildcard, 0, "For wildcards below it, too", "同时用于其下的通配符域名"),
    ROW(TEXT, token, FIELD_HIDDEN, "Token", "令牌"),
    ROW(TIME, created_at, 0, "Asked for", "创建时间"),
    ROW(TIME, token_end_at, 0, "The value is good until", "验证值有效期至"),
    ROW(TIME, validated_at, FIELD_COLUMN, "Proven", "验证通过时间"),
    ROW(TIME, ended_at, 0, "Ended", "结束时间"),
    ROW(TEXT, end_reason, 0, "Why it ended", "结束原因"),
    ROW(TIME, removed_at, FIELD_HIDDEN, "Removed", "删除时间"),
    ROW(INT, tries, 0, "Checks that did not find it", "未通过的检查次数"),
    ROW(TIME, last_check_at, FIELD_COLUMN, "Last check", "上次检查时间"),
    ROW(TEXT, last_reason, FIELD_COLUMN, "What it found", "检查结果"),
    ROW(BOOL, advance, 0, "Asked for in advance", "预先发起"),
    ROW(TIME, asked_at, FIELD_HIDDEN, "A check was asked for", "上次请求检查时间"),
    ROW(TEXT, challenge, 0, "Published by Tenure itself, by this type of challenge",
        "由 Tenure 自动发布,质询类型"),
    FIELD_END,
};

const struct field validation_check_fields[] = {
    CHECK(TEXT, id, 0, "Id", "ID"),
    CHECK(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    CHECK(TEXT, validation_id, 0, "Domain", "域名验证"),
    CHECK(TIME, at, FIELD_COLUMN, "Checked", "检查时间"),
    CHECK(TEXT, reason, FIELD_COLUMN, "Found", "结果"),
    CHECK(TEXT, detail_en, 0, "Detail, English", "详细信息(英文)"),
    CHECK(TEXT, detail_zh, 0, "Detail, Chinese", "详细信息(中文)"),
    CHECK(LIST, answers, 0, "What each server answered", "各服务器的应答"),
    FIELD_END,
};

#define COLUMNS                                                                                              \
    "id, account_id, name, method, wildcard, token, created_at, token_end_at, validated_at, ended_at, "      \
    "end_reason, removed_at, tries, last_check_at, last_reason, advance, asked_at, challenge"
#define CHECK_COLUMNS "id, account_id, validation_id, at, reason, detail_en, detail_zh, answers"

bool validation_insert(struct db *db, const struct validation *v, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO validation (id, account_id, name, method, wildcard, token, created_at, "
                   "token_end_at, advance) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                   DB_TEXT(v->id), DB_TEXT(v->account_id), DB_TEXT(v->name), DB_TEXT(v->method),
                   DB_INT(v->wildcard), DB_TEXT(v->token), DB_INT(v->created_at), DB_INT(v->token_end_at),
                   DB_INT(v->advance));
}

/* Names what was looked for. */
static bool named(bool found, const char *id, struct error *e) {
    if (found || e->id != ERR_NOT_FOUND)
        return found;
    return fail(e, ERR_NOT_FOUND, "no domain '%s'", "没有域名验证“%s”", id);
}

bool validation_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                    struct validation *v, struct error *e) {
    return named(db_get(db, a, validation_fields, v, e,
                        "SELECT " COLUMNS
                        " FROM validation WHERE id = $1 AND account_id = $2 AND removed_at IS NULL",
                        DB_TEXT(id), DB_TEXT(account_id)),
                 id, e);
}

bool validation_get_any(struct db *db, struct arena *a, const char *id, struct validation *v,
                        struct error *e) {
    return named(db_get(db, a, validation_fields, v, e, "SELECT " COLUMNS " FROM validation WHERE id = $1",
                        DB_TEXT(id)),
                 id, e);
}

bool validation_find_open(struct db *db, struct arena *a, const char *account_id, const char *name,
                          const char *method, const char **id, struct error *e) {
    return db_text(
        db, a, id, e,
        "SELECT id FROM validation WHERE account_id = $1 AND name = $2 AND method = $3 AND ended_at "
        "IS NULL ORDER BY id",
        DB_TEXT(account_id), DB_TEXT(name), DB_TEXT(method));
}

/* budget: what is looked for, and where it is put */
bool validation_find_good(struct db *db, struct arena *a, const struct validation *like, int64_t after,
                          bool file, struct validation *v, struct error *e) {
    *v = (struct validation){.id = NULL};
    if (db_get(
            db, a, validation_fields, v, e,
            "SELECT " COLUMNS " FROM validation WHERE account_id = $1 AND name = $2 AND validated_at > $3 "
            "AND removed_at IS NULL AND (method = 'dns' OR $4) ORDER BY validated_at DESC, id DESC LIMIT 1",
            DB_TEXT(like->account_id), DB_TEXT(like->name), DB_INT(after), DB_INT(file)))
        return true;
    v->id = NULL;
    return error_absent(e);
}

/* Of one name. */
static bool last_prover(struct db *db, struct arena *a, const char *name, bool file, int64_t after,
                        struct validation *v, struct error *e) {
    v->id = NULL;
    return db_get(
               db, a, validation_fields, v, e,
               "SELECT " COLUMNS " FROM validation WHERE name = $1 AND validated_at > $2 "
               "AND removed_at IS NULL AND challenge IS NULL AND (method = 'dns' OR $3) ORDER BY validated_at DESC, id DESC "
               "LIMIT 1",
               DB_TEXT(name), DB_INT(after), DB_INT(file)) ||
           error_absent(e);
}

bool validation_prover(struct db *db, struct arena *a, const char *name, bool record, const char **account_id,
                       struct error *e) {
    bool address = name_is_ip(name);
    int64_t after = 0;
    *account_id = NULL;
    for (const char *at = name; at; at = address ? NULL : dns_parent(at)) {
        struct validation v;
        if (!last_prover(db, a, at, at == name && !record, after, &v, e))
            return false;
        if (v.id) {
            after = v.validated_at;
            *account_id = v.account_id;
        }
    }
    return true;
}

bool validation_set_challenge(struct db *db, const char *id, const char *type, struct error *e) {
    return db_exec(db, e, "UPDATE validation SET challenge = $2 WHERE id = $1 AND ended_at IS NULL",
                   DB_TEXT(id), DB_TEXT(type));
}

bool validation_set_wildcard(struct db *db, const char *id, struct error *e) {
    return db_exec(db, e, "UPDATE validation SET wildcard = 1 WHERE id = $1 AND ended_at IS NULL",
                   DB_TEXT(id));
}

bool validation_set_asked(struct db *db, const char *id, int64_t now, int64_t before, bool *noted,
                          struct error *e) {
    if (!db_exec(db, e,
                 "UPDATE validation SET asked_at = $2 WHERE id = $1 AND ended_at IS NULL "
                 "AND (asked_at IS NULL OR asked_at <= $3)",
                 DB_TEXT(id), DB_INT(now), DB_INT(before)))
        return false;
    *noted = db_changes(db) == 1;
    return true;
}

bool validation_asked_since(struct db *db, const char *account_id, int64_t since, int64_t *count,
                            struct error *e) {
    return db_int(db, count, 0, e, "SELECT count(*) FROM validation WHERE account_id = $1 AND asked_at > $2",
                  DB_TEXT(account_id), DB_INT(since));
}

/* budget: a page of a list, and where it is put */
bool validation_list(struct db *db, struct arena *a, const char *account_id, const char *cursor, size_t limit,
                     struct validation **list, size_t *count, struct error *e) {
    static const char above_all_ids[] = "val~";
    return db_list(db, a, validation_fields, sizeof **list, list, count, e,
                   "SELECT " COLUMNS
                   " FROM validation WHERE account_id = $1 AND id < $2 AND removed_at IS NULL "
                   "ORDER BY id DESC LIMIT $3",
                   DB_TEXT(account_id), DB_TEXT(cursor ? cursor : above_all_ids), DB_INT((int64_t)limit));
}

bool validation_note(struct db *db, const char *id, const struct check *check, int64_t now, bool *open,
                     struct error *e) {
    bool found = check->reason == REASON_FOUND;
    if (!db_exec(db, e,
                 "UPDATE validation SET last_check_at = $2, last_reason = $3, tries = tries + $4, "
                 "validated_at = $5, ended_at = $5, end_reason = $6 WHERE id = $1 AND ended_at IS NULL",
                 DB_TEXT(id), DB_INT(now), DB_TEXT(reason_row(check->reason)->name), DB_INT(!found),
                 DB_TIME(found ? now : 0), DB_TEXT(found ? "validated" : NULL)))
        return false;
    *open = db_changes(db) == 1;
    return true;
}

bool validation_end(struct db *db, const char *id, const char *reason, int64_t now, struct error *e) {
    return db_exec(db, e,
                   "UPDATE validation SET ended_at = $2, end_reason = $3 WHERE id = $1 AND ended_at IS NULL",
                   DB_TEXT(id), DB_INT(now), DB_TEXT(reason));
}

bool validation_remove(struct db *db, const char *id, int64_t now, struct error *e) {
    return validation_end(db, id, "removed", now, e) &&
           db_exec(db, e, "UPDATE validation SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL",
                   DB_TEXT(id), DB_INT(now));
}

bool validation_check_insert(struct db *db, const struct validation_check *c, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO validation_check (" CHECK_COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                   DB_TEXT(c->id), DB_TEXT(c->account_id), DB_TEXT(c->validation_id), DB_INT(c->at),
                   DB_TEXT(c->reason), DB_TEXT(c->detail_en), DB_TEXT(c->detail_zh), DB_TEXT(c->answers));
}

/* budget: a page of a list, and where it is put */
bool validation_check_list(struct db *db, struct arena *a, const char *validation_id, const char *cursor,
                           size_t limit, struct validation_check **list, size_t *count, struct error *e) {
    static const char above_all_ids[] = "vck~";
    return db_list(db, a, validation_check_fields, sizeof **list, list, count, e,
                   "SELECT " CHECK_COLUMNS
                   " FROM validation_check WHERE validation_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
                   DB_TEXT(validation_id), DB_TEXT(cursor ? cursor : above_all_ids), DB_INT((int64_t)limit));
}

bool validation_check_purge(struct db *db, int64_t before, int64_t limit, struct error *e) {
    return db_exec(
        db, e,
        "DELETE FROM validation_check WHERE id IN (SELECT id FROM validation_check c WHERE at < $1 AND "
        "EXISTS (SELECT 1 FROM validation_check newer WHERE newer.validation_id = c.validation_id AND "
        "newer.id > c.id) ORDER BY at, id LIMIT $2)",
        DB_INT(before), DB_INT(limit));
}
