/*
 * Callbacks of the payment system: signed, looked at before they are parsed, and decided once. What Tenure
 * itself sends is signed with the same secret, but is none of these: sent back, it lacks what they have.
 */
#include "audit/audit.h"
#include "base/clock.h"
#include "http/server.h"
#include "http/signature.h"
#include "order/payment_ops.h"
#include <sodium.h>
#include <stdio.h>

enum { EVENT_BODY_MAX = 16 << 10, ID_MAX = 200 };

struct event_body {
    const char *event_id, *payment_id, *type;
    struct money money; /* its members stand flat */
    const char *reference;
};

static const struct field event_body[] = {
    FIELD(TEXT, event_body, event_id, FIELD_REQUIRED, "The same in every repetition", "事件 ID,重发时不变"),
    FIELD(TEXT, event_body, payment_id, FIELD_REQUIRED, "The payment that it is about", "支付 ID"),
    FIELD(TEXT, event_body, type, FIELD_REQUIRED, "paid, failed", "paid、failed"),
    {"amount", FIELD_INT, offsetof(struct event_body, money.amount), FIELD_REQUIRED,
     TEXT("Minor units", "金额(最小货币单位)")},
    {"currency", FIELD_TEXT, offsetof(struct event_body, money.currency), FIELD_REQUIRED,
     TEXT("Currency", "货币")},
    FIELD(TEXT, event_body, reference, 0, "What it is called there", "外部凭据"),
    FIELD_END,
};

/* ---- before the transaction: the signature, then the body ---- */

static bool check_text(const char *field, const char *text, struct error *e) {
    return !text || (*text && strlen(text) <= ID_MAX) ||
           fail_field(e, field, ERR_BAD_FIELD, "'%s' has 1 to %d bytes", "“%s”长度为 1 至 %d 字节", field,
                      ID_MAX);
}

static bool check_type(const char *type, struct error *e) {
    return strcmp(type, "paid") == 0 || strcmp(type, "failed") == 0 ||
           fail_field(e, "type", ERR_BAD_FIELD, "'%s' is neither paid nor failed", "“%s”不是 paid 或 failed",
                      type);
}

static bool parse(struct request *rq, struct error *e) {
    struct event_body *body = rq->prepared = ARENA_NEW(rq->arena, struct event_body);
    json_t *json;
    if (!json_read(rq->arena, rq->body, &json, e))
        return false;
    if (!json_is_object(json))
        return fail(e, ERR_BAD_REQUEST, "the body is not a JSON object", "请求体不是 JSON 对象");
    return json_to_row(rq->arena, json, event_body, body, e) && check_text("event_id", body->event_id, e) &&
           check_text("reference", body->reference, e) && check_type(body->type, e);
}

bool payment_event_prepare(struct request *rq, const char *signature, struct error *e) {
    const struct secret *secret = payment_system_secret(rq->services);
    if (!secret)
        return fail(e, ERR_PAYMENT_NOT_CONFIGURED, "there is no payment system in tenure.yaml",
                    "tenure.yaml 未配置支付系统");
    return signature_check(secret_slice(secret), signature, rq->body, rq->now, e) && parse(rq, e) &&
           catalog_fresh(rq->services, e);
}

static bool prepare(struct request *rq, struct error *e) {
    return payment_event_prepare(rq, exchange_header(rq->connection, SIGNATURE_HEADER), e);
}

/* ---- in it ---- */

static const char *digest_of(struct arena *a, struct slice body) {
    unsigned char digest[crypto_hash_sha256_BYTES];
    char hex[2 * sizeof digest + 1];
    crypto_hash_sha256(digest, body.p, body.len);
    return arena_strdup(a, sodium_bin2hex(hex, sizeof hex, digest, sizeof digest));
}

static bool reply(struct request *rq, const struct event_body *body) {
    rq->reply = json_pack("{s:s,s:s,s:s}", "event_id", body->event_id, "payment_id", body->payment_id, "type",
                          body->type);
    return true;
}

/* The answer that it got the first time. */
static bool replay(struct request *rq, const struct payment_event *before, struct error *e) {
    const struct event_body *body = rq->prepared;
    if (strcmp(before->digest, digest_of(rq->arena, rq->body)) != 0)
        return fail_field(e, "event_id", ERR_CONFLICT, "event '%s' came with another content before",
                          "事件“%s”此前的内容与本次不同", body->event_id);
    if (!before->code)
        return reply(rq, body);
    fail(e, error_by_code(before->code), "%s", "%s", "");
    snprintf(e->detail[LANG_EN], sizeof e->detail[LANG_EN], "%s", before->detail_en);
    snprintf(e->detail[LANG_ZH], sizeof e->detail[LANG_ZH], "%s", before->detail_zh);
    return false;
}

static bool check_money(const struct payment *p, const struct event_body *body, struct error *e) {
    AUTO_ARENA a = arena_new();
    if (strcmp(p->provider, "webhook") != 0)
        return fail_state(e, payment_state(p), ERR_PAYMENT_REFUSED,
                          "%s is paid by '%s', not by the payment system", "%s 通过“%s”支付,而非支付系统",
                          p->id, p->provider);
    return (p->due.amount == body->money.amount && strcmp(p->due.currency, body->money.currency) == 0) ||
           fail_state(e, payment_state(p), ERR_PAYMENT_REFUSED, "%s is over %s; the event says %lld %s",
                      "%s 金额为 %s;事件中为 %lld %s", p->id, money_text(a, &p->due),
                      (long long)body->money.amount, body->money.currency);
}

static bool note(struct request *rq, const struct payment *p, const struct error *refusal, struct error *e) {
    const struct event_body *body = rq->prepared;
    const struct payment_event event = {
        .event_id = body->event_id,
        .account_id = p->account_id,
        .payment_id = p->id,
        .digest = digest_of(rq->arena, rq->body),
        .at = rq->now,
        .code = refusal ? error_row(refusal->id)->code : NULL,
        .detail_en = refusal ? refusal->detail[LANG_EN] : NULL,
        .detail_zh = refusal ? refusal->detail[LANG_ZH] : NULL,
    };
    return payment_event_insert(rq->db, &event, e);
}

static bool audit(struct request *rq, const struct payment *p, const char *action, const json_t *before,
                  const json_t *after, struct error *e) {
    struct audit_entry entry = audit_by_system(p->account_id, rq->now, action, p->id);
    entry.address = rq->caller.address;
    entry.before = json_text(rq->arena, before, false);
    entry.after = json_text(rq->arena, after, false);
    return audit_write(rq->db, rq->arena, &entry, e);
}

/* What does not fit is noted with its refusal: it is the answer to every repetition, and somebody will ask.
 */
static bool refuse(struct request *rq, const struct payment *p, struct error *refusal) {
    const struct event_body *body = rq->prepared;
    struct error failed = {0};
    json_t *said = json_keep(rq->arena, json_pack("{s:s,s:s,s:I,s:s}", "event_id", body->event_id, "type",
                                                  body->type, "amount", (json_int_t)body->money.amount,
                                                  "currency", body->money.currency));
    json_t *before = json_keep(rq->arena, json_from_row(rq->arena, payment_fields, p));
    rq->keep_on_refusal =
        note(rq, p, refusal, &failed) && audit(rq, p, "payment.refuse", before, said, &failed);
    if (!rq->keep_on_refusal)
        *refusal = failed;
    return false;
}

static bool decide(struct request *rq, struct payment *p, struct error *e) {
    const struct event_body *body = rq->prepared;
    const struct payment_receipt receipt = {
        .actor = p->provider, .reference = body->reference, .now = rq->now};
    return strcmp(body->type, "paid") == 0 ? payment_confirm(rq->services, rq->arena, p, &receipt, e)
                                           : payment_close(rq->db, p, "failed", rq->now, e);
}

bool payment_event_handle(struct request *rq, struct error *e) {
    const struct event_body *body = rq->prepared;
    struct payment_event seen;
    struct payment p;
    if (!payment_event_find(rq->db, rq->arena, body->event_id, &seen, e))
        return false;
    if (seen.event_id)
        return replay(rq, &seen, e);
    if (!payment_get_any(rq->db, rq->arena, body->payment_id, &p, e))
        return false;
    if (!check_money(&p, body, e))
        return refuse(rq, &p, e);
    json_t *before = json_keep(rq->arena, json_from_row(rq->arena, payment_fields, &p));
    if (!decide(rq, &p, e) || !note(rq, &p, NULL, e))
        return false;
    json_t *after = json_keep(rq->arena, json_from_row(rq->arena, payment_fields, &p));
    return audit(rq, &p, "payment.event", before, after, e) && reply(rq, body);
}

const struct route payment_event_routes[] = {
    {.method = "POST",
     .path = "/v1/payments/events",
     .access = ACCESS_PUBLIC,
     .flags = ROUTE_WRITES | ROUTE_WAKES | ROUTE_TEXT_BODY,
     .prepare = prepare,
     .handle = payment_event_handle,
     .body = event_body,
     .body_max = EVENT_BODY_MAX,
     .summary = TEXT("Takes the signed callback of the payment system", "接收支付系统的签名回调")},
    {.method = NULL},
};
