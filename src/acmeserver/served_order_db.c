/* Rows of orders. */
#include "acmeserver/served.h"
#include "base/rand.h"

static const struct field served_fields[] = {
    FIELD(TEXT, served_order, id, 0, "Id", "ID"),
    FIELD(TEXT, served_order, account_id, 0, "Account", "账号"),
    FIELD(TEXT, served_order, names, 0, "Names", "域名"),
    FIELD(TEXT, served_order, profile, 0, "Profile", "配置"),
    FIELD(TIME, served_order, not_before, 0, "Not before", "生效时间"),
    FIELD(TIME, served_order, not_after, 0, "Not after", "到期时间"),
    FIELD(TEXT, served_order, replaces, 0, "Replaces", "替换"),
    FIELD(TEXT, served_order, status, 0, "Status", "状态"),
    FIELD(TIME, served_order, expires_at, 0, "Expires", "过期时间"),
    FIELD(TEXT, served_order, problem, 0, "Problem", "问题"),
    FIELD(TEXT, served_order, certificate_id, 0, "Certificate", "证书"),
    FIELD(TIME, served_order, created_at, 0, "Created", "创建时间"),
    FIELD_END,
};

#define ORDER                                                                                                \
    "id, account_id, names, profile, not_before, not_after, replaces, status, expires_at, problem, "         \
    "certificate_id, created_at FROM served_order "

const char *served_order_status(const struct served_order *order, int64_t now) {
    bool open = strcmp(order->status, "pending") == 0 || strcmp(order->status, "ready") == 0;
    return open && now >= order->expires_at ? "invalid" : order->status;
}

bool served_order_get(struct db *db, struct arena *a, const char *id, struct served_order *order,
                      struct error *e) {
    return db_get(db, a, served_fields, order, e, "SELECT " ORDER "WHERE id = $1", DB_TEXT(id));
}

bool served_order_same(struct db *db, struct arena *a, const struct served_order *wanted, int64_t now,
                       struct served_order *order, struct error *e) {
    *order = (struct served_order){.id = NULL};
    return db_get(db, a, served_fields, order, e,
                  "SELECT " ORDER "WHERE account_id = $1 AND names = $2 AND profile = $3 "
                  "AND coalesce(not_before, 0) = $4 AND coalesce(not_after, 0) = $5 "
                  "AND coalesce(replaces, '') = $6 AND status IN ('pending', 'ready') AND expires_at > $7 "
                  "AND NOT EXISTS (SELECT 1 FROM served_order_authorization l JOIN served_authorization z "
                  "ON z.id = l.authorization_id WHERE l.order_id = served_order.id AND z.expires_at <= $7) "
                  "ORDER BY id DESC LIMIT 1",
                  DB_TEXT(wanted->account_id), DB_TEXT(wanted->names), DB_TEXT(wanted->profile),
                  DB_INT(wanted->not_before), DB_INT(wanted->not_after),
                  DB_TEXT(wanted->replaces ? wanted->replaces : ""), DB_INT(now)) ||
           error_absent(e);
}

bool served_order_insert(struct db *db, const struct served_order *order, struct error *e) {
    return db_exec(
        db, e,
        "INSERT INTO served_order (id, account_id, names, profile, not_before, not_after, replaces, "
        "status, expires_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        DB_TEXT(order->id), DB_TEXT(order->account_id), DB_TEXT(order->names), DB_TEXT(order->profile),
        DB_TIME(order->not_before), DB_TIME(order->not_after), DB_TEXT(order->replaces),
        DB_TEXT(order->status), DB_INT(order->expires_at), DB_INT(order->created_at));
}

/* Ids begin with their time: those before are not looked at. */
bool served_order_count(struct db *db, const char *account_id, int64_t since, struct served_count *count,
                        struct error *e) {
    AUTO_ARENA a = arena_new();
    return db_get(db, a, served_count_fields, count, e,
                  "SELECT count(*) AS count, coalesce(min(created_at), 0) AS oldest FROM served_order "
                  "WHERE account_id = $1 AND id > $2 AND created_at > $3",
                  DB_TEXT(account_id), DB_TEXT(id_floor(a, "acmeord", since)), DB_INT(since));
}

bool served_order_list(struct db *db, struct arena *a, const char *account_id, const char *after,
                       int64_t limit, struct served_order **orders, size_t *count, struct error *e) {
    return db_list(db, a, served_fields, sizeof **orders, orders, count, e,
                   "SELECT " ORDER "WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3",
                   DB_TEXT(account_id), DB_TEXT(after), DB_INT(limit));
}

bool served_order_become(struct db *db, const char *id, const char *from, const char *to, const char *problem,
                         struct error *e) {
    return db_exec(db, e,
                   "UPDATE served_order SET status = $3, problem = $4 "
                   "WHERE id = $1 AND ($2 IS NULL OR status = $2)",
                   DB_TEXT(id), DB_TEXT(from), DB_TEXT(to), DB_TEXT(problem));
}

bool served_order_begin(struct db *db, const char *id, const char *certificate_id, bool *changed,
                        struct error *e) {
    bool done = db_exec(db, e,
                        "UPDATE served_order SET status = 'processing', certificate_id = $2 "
                        "WHERE id = $1 AND status = 'ready'",
                        DB_TEXT(id), DB_TEXT(certificate_id));
    *changed = done && db_changes(db) == 1;
    return done;
}

bool served_order_states(struct db *db, const char *status, int64_t *count, struct error *e) {
    return db_int(db, count, 0, e, "SELECT count(*) FROM served_order WHERE status = $1", DB_TEXT(status));
}

bool served_order_abandoned(struct db *db, int64_t before, int64_t *count, struct error *e) {
    return db_int(
        db, count, 0, e,
        "SELECT count(*) FROM served_order WHERE status IN ('pending', 'ready') AND created_at < $1",
        DB_INT(before));
}
