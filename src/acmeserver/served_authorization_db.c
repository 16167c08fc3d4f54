/* Rows of authorizations and their challenges. */
#include "acmeserver/served.h"

static const struct field authorization_fields[] = {
    FIELD(TEXT, served_authorization, id, 0, "Id", "ID"),
    FIELD(TEXT, served_authorization, account_id, 0, "Account", "账号"),
    FIELD(TEXT, served_authorization, name, 0, "Name", "域名"),
    FIELD(BOOL, served_authorization, wildcard, 0, "Wildcard", "通配符"),
    FIELD(TEXT, served_authorization, status, 0, "Status", "状态"),
    FIELD(TIME, served_authorization, expires_at, 0, "Expires", "过期时间"),
    FIELD_END,
};

static const struct field challenge_fields[] = {
    FIELD(TEXT, served_challenge, id, 0, "Id", "ID"),
    FIELD(TEXT, served_challenge, account_id, 0, "Account", "账号"),
    FIELD(TEXT, served_challenge, authorization_id, 0, "Authorization", "授权"),
    FIELD(INT, served_challenge, position, 0, "Position", "位置"),
    FIELD(TEXT, served_challenge, type, 0, "Type", "类型"),
    FIELD(TEXT, served_challenge, token, 0, "Token", "令牌"),
    FIELD(TEXT, served_challenge, status, 0, "Status", "状态"),
    FIELD(TIME, served_challenge, validated_at, 0, "Validated", "验证时间"),
    FIELD(TEXT, served_challenge, problem, 0, "Problem", "问题"),
    FIELD_END,
};

#define AUTHORIZATION "id, account_id, name, wildcard, status, expires_at FROM served_authorization "
#define CHALLENGE                                                                                            \
    "id, account_id, authorization_id, position, type, token, status, validated_at, problem "                \
    "FROM served_challenge "

/* ---- authorizations ---- */

const char *served_authorization_status(const struct served_authorization *authorization, int64_t now) {
    if (now < authorization->expires_at)
        return authorization->status;
    if (strcmp(authorization->status, "valid") == 0)
        return "expired";
    return strcmp(authorization->status, "pending") == 0 ? "invalid" : authorization->status;
}

bool served_authorization_get(struct db *db, struct arena *a, const char *id,
                              struct served_authorization *authorization, struct error *e) {
    return db_get(db, a, authorization_fields, authorization, e, "SELECT " AUTHORIZATION "WHERE id = $1",
                  DB_TEXT(id));
}

bool served_authorization_find(struct db *db, struct arena *a, const char *account_id,
                               const struct served_authorization *wanted, int64_t now,
                               struct served_authorization *found, struct error *e) {
    *found = (struct served_authorization){.id = NULL};
    return db_get(db, a, authorization_fields, found, e,
                  "SELECT " AUTHORIZATION "WHERE account_id = $1 AND name = $2 AND wildcard = $3 "
                  "AND status = 'valid' AND expires_at > $4 ORDER BY id DESC LIMIT 1",
                  DB_TEXT(account_id), DB_TEXT(wanted->name), DB_INT(wanted->wildcard), DB_INT(now)) ||
           error_absent(e);
}

bool served_authorization_insert(struct db *db, const struct served_authorization *authorization,
                                 struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO served_authorization (id, account_id, name, wildcard, status, expires_at) "
                   "VALUES ($1, $2, $3, $4, $5, $6)",
                   DB_TEXT(authorization->id), DB_TEXT(authorization->account_id),
                   DB_TEXT(authorization->name), DB_INT(authorization->wildcard),
                   DB_TEXT(authorization->status), DB_INT(authorization->expires_at));
}

bool served_authorization_link(struct db *db, const char *order_id, int64_t position, const char *id,
                               struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO served_order_authorization (order_id, position, authorization_id) "
                   "VALUES ($1, $2, $3)",
                   DB_TEXT(order_id), DB_INT(position), DB_TEXT(id));
}

bool served_authorization_list(struct db *db, struct arena *a, const char *order_id,
                               struct served_authorization **list, size_t *count, struct error *e) {
    return db_list(
        db, a, authorization_fields, sizeof **list, list, count, e,
        "SELECT z.id, z.account_id, z.name, z.wildcard, z.status, z.expires_at "
        "FROM served_order_authorization l JOIN served_authorization z ON z.id = l.authorization_id "
        "WHERE l.order_id = $1 ORDER BY l.position",
        DB_TEXT(order_id));
}

static bool orders_become_ready(struct db *db, const char *id, struct error *e) {
    return db_exec(db, e,
                   "UPDATE served_order SET status = 'ready' WHERE status = 'pending' AND id IN "
                   "(SELECT order_id FROM served_order_authorization WHERE authorization_id = $1) "
                   "AND NOT EXISTS (SELECT 1 FROM served_order_authorization l "
                   "JOIN served_authorization z ON z.id = l.authorization_id "
                   "WHERE l.order_id = served_order.id AND z.status <> 'valid')",
                   DB_TEXT(id));
}

static bool orders_become_invalid(struct db *db, const char *id, const char *problem, struct error *e) {
    return db_exec(db, e,
                   "UPDATE served_order SET status = 'invalid', problem = $2 "
                   "WHERE status IN ('pending', 'ready') AND id IN "
                   "(SELECT order_id FROM served_order_authorization WHERE authorization_id = $1)",
                   DB_TEXT(id), DB_TEXT(problem));
}

bool served_authorization_become(struct db *db, const char *id, const char *to, int64_t expires_at,
                                 const char *problem, struct error *e) {
    if (!db_exec(db, e, "UPDATE served_authorization SET status = $2, expires_at = $3 WHERE id = $1",
                 DB_TEXT(id), DB_TEXT(to), DB_INT(expires_at)))
        return false;
    return strcmp(to, "valid") == 0 ? orders_become_ready(db, id, e)
                                    : orders_become_invalid(db, id, problem, e);
}

/* ---- challenges ---- */

bool served_challenge_get(struct db *db, struct arena *a, const char *id, struct served_challenge *challenge,
                          struct error *e) {
    return db_get(db, a, challenge_fields, challenge, e, "SELECT " CHALLENGE "WHERE id = $1", DB_TEXT(id));
}

bool served_challenge_insert(struct db *db, const struct served_challenge *challenge, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO served_challenge (id, account_id, authorization_id, position, type, token, "
                   "status) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                   DB_TEXT(challenge->id), DB_TEXT(challenge->account_id),
                   DB_TEXT(challenge->authorization_id), DB_INT(challenge->position),
                   DB_TEXT(challenge->type), DB_TEXT(challenge->token), DB_TEXT(challenge->status));
}

bool served_challenge_list(struct db *db, struct arena *a, const char *authorization_id,
                           struct served_challenge **list, size_t *count, struct error *e) {
    return db_list(db, a, challenge_fields, sizeof **list, list, count, e,
                   "SELECT " CHALLENGE "WHERE authorization_id = $1 ORDER BY position",
                   DB_TEXT(authorization_id));
}

bool served_challenge_set(struct db *db, const struct served_challenge *challenge, struct error *e) {
    return db_exec(db, e,
                   "UPDATE served_challenge SET status = $2, validated_at = $3, problem = $4 WHERE id = $1",
                   DB_TEXT(challenge->id), DB_TEXT(challenge->status), DB_TIME(challenge->validated_at),
                   DB_TEXT(challenge->problem));
}
