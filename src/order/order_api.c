/* Orders over HTTP, and the orders that begin at a certificate: renew, reissue, cancel. */
#include "audit/audit.h"
#include "http/list.h"
#include "order/payment_ops.h"
#include "order/quote.h"
#include <stdio.h>

#define REISSUE_BODY(name_, type_, member, en, zh)                                                           \
    {                                                                                                        \
        .name = (name_), .type = FIELD_##type_, .offset = offsetof(struct order_request, member),            \
        .label = TEXT(en, zh)                                                                                \
    }

static const struct field reissue_body[] = {
    REISSUE_BODY("names", WORDS, names, "Names, the main name first", "域名,主域名在前"),
    REISSUE_BODY("key_algorithm", TEXT, key_algorithm, "Key algorithm: rsa2048, p256 …",
                 "密钥算法:rsa2048、p256 等"),
    REISSUE_BODY("csr_choice", TEXT, csr_choice, "Key: automatic, own, keep",
                 "CSR 方式:automatic、own、keep"),
    REISSUE_BODY("csr", TEXT, own_csr, "Own certificate request, PEM", "自有 CSR,PEM 格式"),
    {.name = "csr_id",
     .type = FIELD_TEXT,
     .offset = offsetof(struct order_request, csr_id),
     .flags = FIELD_REFERENCE,
     .label = TEXT("Or one of the CSR manager", "或 CSR 管理中的 CSR")},
    FIELD_END,
};

/* ---- answers ---- */

/* An order with the certificates that it made, by their terms, and what pays it. */
struct ordered {
    struct order order;
    struct certificate *certificates;
    size_t count;
    struct payment payment; /* id NULL: none */
};

static json_t *order_json(struct request *rq, struct order *o) {
    o->state = order_state_name(order_state(o));
    return json_from_row(rq->arena, order_fields, o);
}

static json_t *certificates_json(struct request *rq, const struct ordered *made) {
    json_t *list = json_array();
    for (size_t i = 0; i < made->count; i++)
        json_array_append_new(list, certificate_json(rq->arena, &made->certificates[i], rq->now, rq->lang));
    return list;
}

/* The first certificate stands by itself as well: most orders have one. */
static void add_parts(struct request *rq, const struct ordered *made) {
    json_object_set_new(rq->reply, "certificates", certificates_json(rq, made));
    if (made->payment.id)
        json_object_set_new(rq->reply, "payment", json_from_row(rq->arena, payment_fields, &made->payment));
    if (made->count)
        json_object_set_new(rq->reply, "certificate",
                            certificate_json(rq->arena, &made->certificates[0], rq->now, rq->lang));
}

/* Sentences that were shown with the quote: allowed, but worth knowing. */
static json_t *warnings_json(const struct request *rq, const struct quote *q) {
    json_t *list = json_array();
    for (size_t i = 0; i < q->warnings.count; i++) {
        const struct quote_note *note = &q->warnings.items[i];
        json_array_append_new(list, json_string(rq->lang == LANG_ZH ? note->text_zh : note->text_en));
    }
    return list;
}

/* With everything that an answer shows of it. */
static bool read_order(struct request *rq, const char *id, struct ordered *o, struct error *e) {
    return order_get(rq->db, rq->arena, rq->caller.account_id, id, &o->order, e) &&
           order_lines(rq->db, rq->arena, &o->order, e) &&
           order_certificates(rq->db, rq->arena, o->order.id, &o->certificates, &o->count, e);
}

/* What is waited for, else what has paid it. */
static bool read_payment(struct request *rq, struct ordered *o, struct error *e) {
    return payment_open_of_order(rq->db, rq->arena, o->order.id, &o->payment, e) &&
           (o->payment.id || payment_of_order(rq->db, rq->arena, o->order.id, &o->payment, e));
}

/* ---- ordering ---- */

/* What was said is wrong by now: what would hold is quoted anew, and that stays although the order is
 * refused. */
static bool refuse_stale(struct request *rq, const char *quote_id, struct error *e) {
    const struct quote_use use = {.account_id = rq->caller.account_id, .id = quote_id};
    const struct error stale = *e;
    struct quote fresh;
    if (stale.id != ERR_QUOTE_STALE || *stale.object)
        return false;
    if (!quote_again(rq->services, rq->arena, &use, rq->now, &fresh, e))
        return false;
    *e = stale;
    snprintf(e->object, sizeof e->object, "%s", fresh.id);
    rq->keep_on_refusal = true;
    return false;
}

/* Balance pays at once; for the others the order waits. */
static bool begin_payment(struct request *rq, struct ordered *made, struct error *e) {
    struct order *o = &made->order;
    return payment_begin(rq->services, rq->arena, o, o->provider, rq->caller.user_id, rq->now, &made->payment,
                         e) &&
           read_order(rq, o->id, made, e);
}

static bool make(struct request *rq, const struct quote_body *body, struct ordered *made, struct error *e) {
    struct order_wish wish = {.account_id = rq->caller.account_id,
                              .quote_id = body->quote_id,
                              .actor = rq->caller.user_id,
                              .provider = body->provider ? body->provider : PROVIDER_DEFAULT};
    if (!payment_provider(rq->services, wish.provider, &wish.due_seconds, e) ||
        !order_make(rq->services, rq->arena, &wish, rq->now, &made->order, &made->certificates, &made->count,
                    e))
        return false;
    return made->order.paid_at || !body->pay || begin_payment(rq, made, e);
}

/* All of an order, or nothing but the new quote of a refusal. */
static bool make_whole(struct request *rq, const struct quote_body *body, struct ordered *made,
                       struct error *e) {
    if (!db_savepoint(rq->db, e))
        return false;
    if (make(rq, body, made, e))
        return db_savepoint_release(rq->db, e);
    db_savepoint_rollback(rq->db);
    return refuse_stale(rq, body->quote_id, e);
}

/* What costs nothing needs no quote beforehand. */
static bool quote_first(struct request *rq, struct quote_body *body, struct error *e) {
    struct quote q;
    if (body->quote_id)
        return true;
    if (!quote_make(rq->services, rq->arena, &body->request, rq->now, &q, e))
        return false;
    body->quote_id = q.id;
    rq->keep_on_refusal = q.due.amount > 0;
    return !q.due.amount || quote_refuse_price(rq->arena, &q, e);
}

static bool check_renewed(const struct quote *q, const char *certificate_id, struct error *e) {
    return !certificate_id || (q->old_certificate_id && strcmp(q->old_certificate_id, certificate_id) == 0) ||
           fail_field(e, "quote_id", ERR_BAD_FIELD, "the quote %s is not for a renewal of %s",
                      "报价 %s 并非用于续费 %s", q->id, certificate_id);
}

static bool place(struct request *rq, const char *certificate_id, struct error *e) {
    struct quote_body body;
    struct certificate old;
    struct ordered made = {.count = 0};
    struct quote q;
    if (!quote_body_read(rq, certificate_id, &body, &old, e) || !quote_first(rq, &body, e) ||
        !quote_get(rq->db, rq->arena, rq->caller.account_id, body.quote_id, &q, e) ||
        !check_renewed(&q, certificate_id, e) || !make_whole(rq, &body, &made, e))
        return false;
    rq->status = 201;
    rq->reply = order_json(rq, &made.order);
    if (!audit_change(rq, "order.create", made.order.id, NULL, rq->reply, e))
        return false;
    add_parts(rq, &made);
    json_object_set_new(rq->reply, "warnings", warnings_json(rq, &q));
    return true;
}

static bool create(struct request *rq, struct error *e) {
    return place(rq, NULL, e);
}

static bool renew(struct request *rq, struct error *e) {
    struct certificate old;
    return certificate_of_path(rq, &old, e) && place(rq, old.id, e);
}

/* ---- an order ---- */

static bool cancel_order(struct request *rq, struct error *e) {
    const struct ledger_cause by = {rq->caller.user_id, rq->now};
    struct ordered found = {.count = 0};
    if (!read_order(rq, rq->path_args[0], &found, e))
        return false;
    const json_t *before = json_keep(rq->arena, order_json(rq, &found.order));
    if (!order_close(rq->services, rq->arena, &found.order, "cancelled", &by, e) ||
        !read_order(rq, rq->path_args[0], &found, e))
        return false;
    rq->reply = order_json(rq, &found.order);
    if (!audit_change(rq, "order.cancel", found.order.id, before, rq->reply, e))
        return false;
    add_parts(rq, &found);
    return true;
}

static bool show(struct request *rq, struct error *e) {
    struct ordered found = {.count = 0};
    if (!read_order(rq, rq->path_args[0], &found, e) || !read_payment(rq, &found, e))
        return false;
    rq->reply = order_json(rq, &found.order);
    add_parts(rq, &found);
    return true;
}

struct pay_body {
    const char *provider;
};

static const struct field pay_body[] = {
    FIELD(TEXT, pay_body, provider, 0, "Another way to pay than the order has: balance, invoice, webhook",
          "改用其他支付方式:balance、invoice、webhook"),
    FIELD_END,
};

/* Another way to pay may take longer; never is there less time than was said before. */
static bool choose_provider(struct request *rq, struct order *o, const char *provider, struct error *e) {
    int64_t due_seconds;
    if (!provider || strcmp(provider, o->provider) == 0 || order_state(o) != ORDER_PENDING_PAYMENT)
        return true;
    if (!payment_provider(rq->services, provider, &due_seconds, e))
        return false;
    int64_t due_at = o->created_at + due_seconds;
    return order_set_provider(rq->db, o, provider, due_at > o->payment_due_at ? due_at : o->payment_due_at,
                              e);
}

static bool pay(struct request *rq, struct error *e) {
    struct pay_body body = {.provider = NULL};
    struct ordered found = {.count = 0};
    if (!json_to_row(rq->arena, rq->json, pay_body, &body, e) || !read_order(rq, rq->path_args[0], &found, e))
        return false;
    const json_t *before = json_keep(rq->arena, order_json(rq, &found.order));
    if (!choose_provider(rq, &found.order, body.provider, e) || !begin_payment(rq, &found, e))
        return false;
    rq->reply = order_json(rq, &found.order);
    if (!audit_change(rq, "order.pay", found.order.id, before, rq->reply, e))
        return false;
    add_parts(rq, &found);
    return true;
}

/* ---- certificates ---- */

static bool reply_certificate(struct request *rq, const char *action, const struct certificate *c,
                              struct error *e) {
    rq->reply = certificate_json(rq->arena, c, rq->now, rq->lang);
    return audit_change(rq, action, c->id, NULL, rq->reply, e);
}

static bool reissue(struct request *rq, struct error *e) {
    struct order_request request = {.created_by = rq->caller.user_id};
    struct certificate c;
    rq->status = 202;
    return json_to_row(rq->arena, rq->json, reissue_body, &request, e) && certificate_of_path(rq, &c, e) &&
           order_reissue(rq->services, rq->arena, &c, &request, rq->now, e) &&
           reply_certificate(rq, "certificate.reissue", &c, e);
}

static bool cancel(struct request *rq, struct error *e) {
    const struct ledger_cause by = {rq->caller.user_id, rq->now};
    struct certificate c;
    return certificate_of_path(rq, &c, e) && order_cancel(rq->services, rq->arena, &c, &by, e) &&
           reply_certificate(rq, "certificate.cancel", &c, e);
}

static bool list(struct request *rq, struct error *e) {
    struct list_page page;
    struct order *orders;
    size_t found;
    if (!list_page_by_id(rq, "ord", &page, e))
        return false;
    struct order_range range = {
        .account_id = rq->caller.account_id, .cursor = page.cursor, .limit = page.limit + 1};
    if (!order_list(rq->db, rq->arena, &range, &orders, &found, e))
        return false;
    size_t count = list_count(&page, found);
    for (size_t i = 0; i < count; i++)
        orders[i].state = order_state_name(order_state(&orders[i]));
    list_reply(rq, order_fields, sizeof *orders, orders, count, found > count ? orders[count - 1].id : NULL);
    return true;
}

const struct route order_routes[] = {
    {.method = "POST",
     .path = "/v1/orders",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = create,
     .body = order_body_fields,
     .answer = order_fields,
     .summary = TEXT("Orders what was quoted, or, where nothing is due, what the body says",
                     "按报价下单;无需付费时也可直接下单")},
    {.method = "GET",
     .path = "/v1/orders",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list,
     .answer = order_fields,
     .summary = TEXT("The orders of the account, newest first", "账号的订单,按时间倒序")},
    {.method = "GET",
     .path = "/v1/orders/{id}",
     .access = ACCESS_READ,
     .handle = show,
     .answer = order_fields,
     .summary = TEXT("One order, with its lines and certificates", "查看订单及其明细、证书")},
    {.method = "POST",
     .path = "/v1/orders/{id}/pay",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = pay,
     .body = pay_body,
     .answer = order_fields,
     .summary = TEXT("Pays an order that waits for it, or begins to", "支付或开始支付待支付的订单")},
    {.method = "POST",
     .path = "/v1/orders/{id}/cancel",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = cancel_order,
     .answer = order_fields,
     .summary = TEXT("Cancels an order that is not paid, and releases what it reserved",
                     "取消未支付的订单并释放所占用的额度")},
    {.method = "POST",
     .path = "/v1/certificates/{id}/renew",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = renew,
     .body = renewal_body_fields,
     .answer = order_fields,
     .summary = TEXT("Renews, renews early or replaces a certificate, whichever its kind and state allow",
                     "按证书的类型和状态续费、提前续费或替换")},
    {.method = "POST",
     .path = "/v1/certificates/{id}/reissue",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = reissue,
     .body = reissue_body,
     .answer = certificate_fields,
     .summary = TEXT("Issues another version within the coverage", "在服务时长内重新签发")},
    {.method = "POST",
     .path = "/v1/certificates/{id}/cancel",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = cancel,
     .answer = certificate_fields,
     .summary = TEXT("Cancels a certificate that was never issued", "取消从未签发的证书")},
    {.method = NULL},
};
