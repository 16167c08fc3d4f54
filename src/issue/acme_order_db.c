/* Rows of orders at CAs and their authorizations. */
#include "base/clock.h"
#include "issue/acme_order.h"

#define ORDER(type, member, en, zh)         FIELD(type, acme_order_row, member, 0, en, zh)
#define AUTHORIZATION(type, member, en, zh) FIELD(type, acme_authorization_row, member, 0, en, zh)

static const struct field acme_order_fields[] = {
    ORDER(TEXT, id, "Id", "ID"),
    ORDER(TEXT, account_id, "Account", "账号"),
    ORDER(TEXT, application_id, "Application", "申请"),
    ORDER(TEXT, certificate_id, "Certificate", "证书"),
    ORDER(TEXT, issuer_id, "Issuer", "签发机构"),
    ORDER(TIME, created_at, "Created", "创建时间"),
    ORDER(TEXT, replaces, "Replaces", "所替换的证书"),
    ORDER(TIME, not_after, "Asks to end", "请求的到期时间"),
    ORDER(TIME, not_before, "Asks to begin", "请求的生效时间"),
    ORDER(TIME, slot_at, "Slot taken", "获得限额空位的时间"),
    ORDER(TEXT, url, "Order", "订单地址"),
    ORDER(TEXT, finalize_url, "Finalize", "提交地址"),
    ORDER(TEXT, certificate_url, "Certificate", "证书地址"),
    ORDER(TEXT, status, "State at the CA", "CA 端状态"),
    ORDER(TIME, expires_at, "The CA waits until", "CA 等待至"),
    ORDER(INT, polls, "Answers without news", "无进展的应答次数"),
    ORDER(TIME, poll_at, "Next question", "下次查询时间"),
    ORDER(TIME, processing_until, "Being processed until", "处理期限"),
    ORDER(TIME, pause_until, "Nothing is asked until", "暂停请求至"),
    ORDER(TEXT, problem, "What the CA says", "CA 的说明"),
    ORDER(TIME, ended_at, "Ended", "结束时间"),
    ORDER(TEXT, outcome, "Outcome", "结果"),
    ORDER(TEXT, fingerprint, "Fingerprint of the certificate", "证书指纹"),
    ORDER(TIME, certificate_end_at, "End of the certificate", "证书到期时间"),
    FIELD_END,
};

static const struct field acme_authorization_fields[] = {
    AUTHORIZATION(TEXT, order_id, "Order", "订单"),
    AUTHORIZATION(INT, number, "Number", "序号"),
    AUTHORIZATION(TEXT, account_id, "Account", "账号"),
    AUTHORIZATION(TEXT, issuer_id, "Issuer", "签发机构"),
    AUTHORIZATION(TEXT, url, "Authorization", "授权地址"),
    AUTHORIZATION(TEXT, name, "Name", "域名"),
    AUTHORIZATION(BOOL, wildcard, "For a wildcard", "用于通配符域名"),
    AUTHORIZATION(TEXT, status, "State at the CA", "CA 端状态"),
    AUTHORIZATION(TEXT, challenge_type, "Method", "验证方式"),
    AUTHORIZATION(TEXT, challenge_url, "Challenge", "验证地址"),
    AUTHORIZATION(TEXT, token, "Token", "令牌"),
    AUTHORIZATION(TIME, answered_at, "The CA may look since", "通知 CA 验证的时间"),
    AUTHORIZATION(TIME, validated_at, "Proven", "验证通过时间"),
    AUTHORIZATION(TIME, expires_at, "Good until", "有效期至"),
    AUTHORIZATION(TEXT, problem, "What the CA says", "CA 的说明"),
    AUTHORIZATION(TEXT, problem_type, "Kind of failure", "失败类型"),
    FIELD_END,
};

#define ORDER_COLUMNS                                                                                               \
    "id, account_id, application_id, certificate_id, issuer_id, created_at, replaces, slot_at, url, finalize_url, " \
    "certificate_url, status, expires_at, polls, poll_at, processing_until, pause_until, problem, ended_at, "       \
    "outcome, fingerprint, certificate_end_at, not_after, not_before"

/* ---- orders ---- */

/* No id if nothing was found. */
static bool optional(bool found, struct acme_order_row *order, struct error *e) {
    if (found)
        return true;
    *order = (struct acme_order_row){.id = NULL};
    return error_absent(e);
}

bool acme_order_open(struct db *db, struct arena *a, const char *application_id, struct acme_order_row *order,
                     struct error *e) {
    return optional(db_get(db, a, acme_order_fields, order, e,
                           "SELECT " ORDER_COLUMNS
                           " FROM acme_order WHERE application_id = $1 AND ended_at IS NULL",
                           DB_TEXT(application_id)),
                    order, e);
}

bool acme_order_last(struct db *db, struct arena *a, const char *application_id, struct acme_order_row *order,
                     struct error *e) {
    return optional(db_get(db, a, acme_order_fields, order, e,
                           "SELECT " ORDER_COLUMNS
                           " FROM acme_order WHERE application_id = $1 ORDER BY id DESC LIMIT 1",
                           DB_TEXT(application_id)),
                    order, e);
}

bool acme_order_of_certificate(struct db *db, struct arena *a, const char *account_id,
                               const char *fingerprint, struct acme_order_row *order, struct error *e) {
    return optional(db_get(db, a, acme_order_fields, order, e,
                           "SELECT " ORDER_COLUMNS
                           " FROM acme_order WHERE fingerprint = $1 AND account_id = $2 "
                           "ORDER BY id LIMIT 1",
                           DB_TEXT(fingerprint), DB_TEXT(account_id)),
                    order, e);
}

bool acme_order_insert(struct db *db, const struct acme_order_row *o, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO acme_order (id, account_id, application_id, certificate_id, issuer_id, "
                   "created_at, replaces, slot_at, not_after, not_before) "
                   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                   DB_TEXT(o->id), DB_TEXT(o->account_id), DB_TEXT(o->application_id),
                   DB_TEXT(o->certificate_id), DB_TEXT(o->issuer_id), DB_INT(o->created_at),
                   DB_TEXT(o->replaces), DB_TIME(o->slot_at), DB_TIME(o->not_after), DB_TIME(o->not_before));
}

static bool use_slot(struct db *db, const struct acme_order_row *o, bool *used, struct error *e) {
    if (!db_exec(db, e,
                 "UPDATE acme_order SET slot_at = NULL, polls = polls + 1, not_after = $2, not_before = $3 "
                 "WHERE id = $1 AND slot_at IS NOT NULL AND ended_at IS NULL",
                 DB_TEXT(o->id), DB_TIME(o->not_after), DB_TIME(o->not_before)))
        return false;
    *used = db_changes(db) == 1;
    return true;
}

bool acme_order_use_slot(struct db *db, struct acme_order_row *o, bool *used, struct error *e) {
    o->slot_at = 0;
    if (!db_begin(db, e) || !db_end(db, use_slot(db, o, used, e), e))
        return false;
    o->polls += *used;
    return true;
}

static bool still_open(struct db *db, const struct acme_order_row *o, struct error *e) {
    return db_changes(db) == 1 ||
           fail(e, ERR_CONFLICT, "order %s has ended meanwhile", "订单 %s 已结束", o->id);
}

bool acme_order_store(struct db *db, const struct acme_order_row *o, struct error *e) {
    return db_exec(
               db, e,
               "UPDATE acme_order SET replaces = $2, url = $3, finalize_url = $4, certificate_url = $5, "
               "status = $6, expires_at = $7, polls = $8, poll_at = $9, problem = $10, fingerprint = $11, "
               "certificate_end_at = $12, slot_at = $13, processing_until = $14, pause_until = $15, "
               "not_after = $16, not_before = $17 "
               "WHERE id = $1 AND ended_at IS NULL",
               DB_TEXT(o->id), DB_TEXT(o->replaces), DB_TEXT(o->url), DB_TEXT(o->finalize_url),
               DB_TEXT(o->certificate_url), DB_TEXT(o->status), DB_TIME(o->expires_at), DB_INT(o->polls),
               DB_TIME(o->poll_at), DB_TEXT(o->problem), DB_TEXT(o->fingerprint),
               DB_TIME(o->certificate_end_at), DB_TIME(o->slot_at), DB_TIME(o->processing_until),
               DB_TIME(o->pause_until), DB_TIME(o->not_after), DB_TIME(o->not_before)) &&
           still_open(db, o, e);
}

bool acme_order_close(struct db *db, const struct acme_order_row *o, const char *outcome, int64_t now,
                      struct error *e) {
    return db_exec(db, e,
                   "UPDATE acme_order SET ended_at = $2, outcome = $3 WHERE id = $1 AND ended_at IS NULL",
                   DB_TEXT(o->id), DB_INT(now), DB_TEXT(outcome)) &&
           still_open(db, o, e) &&
           db_exec(db, e,
                   "DELETE FROM acme_authorization WHERE order_id = $1 AND (status IS NULL OR status <> $2)",
                   DB_TEXT(o->id), DB_TEXT(acme_status_name(ACME_VALID)));
}

bool acme_order_list_open(struct db *db, struct arena *a, const char *certificate_id,
                          struct acme_order_row **list, size_t *count, struct error *e) {
    return db_list(db, a, acme_order_fields, sizeof **list, list, count, e,
                   "SELECT " ORDER_COLUMNS
                   " FROM acme_order WHERE certificate_id = $1 AND ended_at IS NULL ORDER BY id",
                   DB_TEXT(certificate_id));
}

bool acme_order_count(struct db *db, const char *application_id, const char *outcome, int64_t *count,
                      struct error *e) {
    return db_int(db, count, 0, e,
                  "SELECT count(*) FROM acme_order WHERE application_id = $1 AND outcome = $2",
                  DB_TEXT(application_id), DB_TEXT(outcome));
}

bool acme_order_proving(struct db *db, const char *account_id, const char *issuer_id, bool *proving,
                        struct error *e) {
    int64_t one;
    bool found = db_int(
        db, &one, 0, e,
        "SELECT 1 FROM acme_order o JOIN acme_authorization z ON z.order_id = o.id WHERE o.account_id = $1 "
        "AND o.issuer_id = $2 AND o.ended_at IS NULL AND o.status = $3 AND z.token IS NOT NULL LIMIT 1",
        DB_TEXT(account_id), DB_TEXT(issuer_id), DB_TEXT(acme_status_name(ACME_PENDING)));
    *proving = found && one;
    return found;
}

/* ---- authorizations ---- */

#define AUTHORIZATION_COLUMNS                                                                                \
    "order_id, number, account_id, issuer_id, url, name, wildcard, status, challenge_type, challenge_url, "  \
    "token, answered_at, validated_at, expires_at, problem, problem_type"

bool acme_authorization_put(struct db *db, const struct acme_authorization_row *z, struct error *e) {
    return db_exec(
        db, e,
        "INSERT INTO acme_authorization (" AUTHORIZATION_COLUMNS
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) "
        "ON CONFLICT (order_id, number) DO UPDATE SET url = excluded.url, name = excluded.name, "
        "wildcard = excluded.wildcard, status = excluded.status, challenge_type = excluded.challenge_type, "
        "challenge_url = excluded.challenge_url, token = excluded.token, answered_at = excluded.answered_at, "
        "validated_at = excluded.validated_at, expires_at = excluded.expires_at, problem = excluded.problem, "
        "problem_type = excluded.problem_type",
        DB_TEXT(z->order_id), DB_INT(z->number), DB_TEXT(z->account_id), DB_TEXT(z->issuer_id),
        DB_TEXT(z->url), DB_TEXT(z->name), DB_INT(z->wildcard), DB_TEXT(z->status),
        DB_TEXT(z->challenge_type), DB_TEXT(z->challenge_url), DB_TEXT(z->token), DB_TIME(z->answered_at),
        DB_TIME(z->validated_at), DB_TIME(z->expires_at), DB_TEXT(z->problem), DB_TEXT(z->problem_type));
}

bool acme_authorization_list(struct db *db, struct arena *a, const char *order_id,
                             struct acme_authorization_row **list, size_t *count, struct error *e) {
    return db_list(db, a, acme_authorization_fields, sizeof **list, list, count, e,
                   "SELECT " AUTHORIZATION_COLUMNS
                   " FROM acme_authorization WHERE order_id = $1 ORDER BY number",
                   DB_TEXT(order_id));
}

/* ---- retention ---- */

enum { KEPT_SECONDS = 90 * DAY, PURGE_LIMIT = 1000 };

/* Of an order that a live certificate came of it is known by which account it is revoked. */
#define PURGED                                                                                               \
    "(SELECT id FROM acme_order WHERE ended_at < $1 AND coalesce(certificate_end_at, 0) < $2 "               \
    "ORDER BY ended_at, id LIMIT $3)"

/* Its certificate was deleted, or its work was lost: the CA's time for it is long over. */
static bool drop_forgotten(struct work *w, struct error *e) {
    struct acme_order_row *orders;
    size_t count;
    if (!db_list(w->db, w->arena, acme_order_fields, sizeof *orders, &orders, &count, e,
                 "SELECT " ORDER_COLUMNS " FROM acme_order WHERE ended_at IS NULL AND created_at < $1 "
                 "AND coalesce(expires_at, 0) < $1 ORDER BY id LIMIT $2",
                 DB_INT(w->now - KEPT_SECONDS), DB_INT(PURGE_LIMIT)))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!acme_order_close(w->db, &orders[i], ACME_DROPPED, w->now, e))
            return false;
    return true;
}

bool acme_order_purge(struct work *w, struct error *e) {
    int64_t before = w->now - KEPT_SECONDS;
    return db_exec(w->db, e, "DELETE FROM acme_authorization WHERE order_id IN " PURGED, DB_INT(before),
                   DB_INT(w->now), DB_INT(PURGE_LIMIT)) &&
           db_exec(w->db, e, "DELETE FROM acme_order WHERE id IN " PURGED, DB_INT(before), DB_INT(w->now),
                   DB_INT(PURGE_LIMIT)) &&
           drop_forgotten(w, e);
}
