/*
 * Paying by an outside payment system. It is told of each payment and each refund, signed (http/signature.h)
 * and with the row's id as Idempotency-Key: it may hear the same twice, after a crash or a lost answer. It
 * calls back when the money is there (payment_event.c).
 */
#include "base/clock.h"
#include "http/client.h"
#include "http/signature.h"
#include "order/payment_ops.h"
#include "order/refund.h"

enum {
    SHOWN_BYTES = 200,
    READ_MAX = 64 << 10,
    REFERENCE_MAX = 200,
    URL_MAX = 2000,
    STATUS_GROUP = 100,
    STATUS_GOOD = 2
};

struct payment_system {
    struct arena *arena;
    const struct payment_settings *settings;
    const struct outbound_policy *outbound;
    struct client *client; /* NULL before the first call */
};

struct payment_system *payment_system_new(struct arena *a, const struct payment_settings *settings,
                                          const struct outbound_policy *outbound) {
    struct payment_system *system = ARENA_NEW(a, struct payment_system);
    *system = (struct payment_system){.arena = a, .settings = settings, .outbound = outbound};
    return system;
}

const struct secret *payment_system_secret(const struct services *s) {
    bool there = s->payment_system && s->payment_system->settings->webhook_url;
    return there ? s->payment_system->settings->webhook_secret : NULL;
}

static bool webhook_ready(const struct services *s, struct error *e) {
    return payment_system_secret(s) ||
           fail_field(e, "provider", ERR_PAYMENT_NOT_CONFIGURED, "there is no payment system in tenure.yaml",
                      "tenure.yaml 未配置支付系统");
}

static bool webhook_begin(const struct services *s, struct arena *a, struct payment *p,
                          const struct payment_receipt *receipt, struct error *e) {
    (void)a;
    return work_enqueue(s->db, p->account_id, p->id, "pay", receipt->now, e);
}

/* ---- a call ---- */

static bool refused(const struct http_reply *reply, struct error *e) {
    AUTO_ARENA a = arena_new();
    size_t len = reply->body.len < SHOWN_BYTES ? reply->body.len : SHOWN_BYTES;
    struct buf b = buf_new(a, SHOWN_BYTES * 6);
    json_write_string(&b, arena_strndup(a, (const char *)reply->body.p, len));
    return fail(e, ERR_PAYMENT_SYSTEM_REFUSED, "the payment system answers with status %d: %s",
                "支付系统的应答状态为 %d:%s", reply->status, b.p);
}

/* What it says is taken where it can be used; nothing of it is demanded. */
static void read_answer(struct arena *a, const struct http_reply *reply, struct payment_answer *answer) {
    json_t *body;
    struct error ignored;
    *answer = (struct payment_answer){.pay_url = NULL};
    if (reply->body.len == 0 || !json_read(a, reply->body, &body, &ignored))
        return;
    const char *url = json_string_value(json_object_get(body, "pay_url"));
    const char *reference = json_string_value(json_object_get(body, "reference"));
    if (url && strlen(url) <= URL_MAX && http_url_check("pay_url", url, &ignored))
        answer->pay_url = arena_strdup(a, url);
    if (reference && *reference && strlen(reference) <= REFERENCE_MAX)
        answer->reference = arena_strdup(a, reference);
}

static bool call(struct work *w, const char *id, const json_t *json, struct payment_answer *answer,
                 struct error *e) {
    struct payment_system *system = w->services->payment_system;
    if (!webhook_ready(w->services, e))
        return false;
    if (!system->client)
        system->client = client_new(system->arena, system->outbound);
    const struct payment_settings *settings = system->settings;
    const char *body = json_text(w->arena, json, false);
    const char *signature =
        signature_make(w->arena, secret_slice(settings->webhook_secret), w->now, slice_str(body));
    const char *const headers[] = {"Content-Type: application/json; charset=utf-8",
                                   arena_printf(w->arena, "Idempotency-Key: %s", id),
                                   arena_printf(w->arena, SIGNATURE_HEADER ": %s", signature), NULL};
    const struct http_request request = {.method = "POST",
                                         .url = settings->webhook_url,
                                         .headers = headers,
                                         .body = slice_str(body),
                                         .timeout_ms = (int)settings->timeout_ms,
                                         .reply_max = READ_MAX,
                                         .cut_allowed = true};
    struct http_reply reply;
    if (!http_call(system->client, w->arena, &request, &reply, e))
        return false;
    if (reply.status / STATUS_GROUP != STATUS_GOOD)
        return refused(&reply, e);
    read_answer(w->arena, &reply, answer);
    return true;
}

static bool webhook_ask(struct work *w, const struct payment *p, struct payment_answer *answer,
                        struct error *e) {
    json_t *body = json_pack("{s:s,s:s,s:s,s:I,s:s}", "type", "payment", "payment_id", p->id, "order_id",
                             p->order_id, "amount", (json_int_t)p->due.amount, "currency", p->due.currency);
    return call(w, p->id, json_keep(w->arena, body), answer, e);
}

static bool webhook_refund(struct work *w, const struct refund *r, struct payment_answer *answer,
                           struct error *e) {
    json_t *body = json_pack("{s:s,s:s,s:s,s:s,s:I,s:s}", "type", "refund", "refund_id", r->id, "payment_id",
                             r->payment_id, "order_id", r->order_id, "amount", (json_int_t)r->due.amount,
                             "currency", r->due.currency);
    return call(w, r->id, json_keep(w->arena, body), answer, e);
}

const struct payment_ops pay_webhook = {.name = "webhook",
                                        .due_seconds = DAY,
                                        .ready = webhook_ready,
                                        .begin = webhook_begin,
                                        .ask = webhook_ask,
                                        .refund = webhook_refund};
