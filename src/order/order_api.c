/* Orders over HTTP, and the orders that begin at a certificate: renew, reissue, cancel. */
#include "audit/audit.h"
#include "http/list.h"
#include "order/quote.h"

#define ORDER_BODY(name_, type_, member, en, zh)                                                             \
    {                                                                                                        \
        .name = (name_), .type = FIELD_##type_, .offset = offsetof(struct order_request, member),            \
        .label = TEXT(en, zh)                                                                                \
    }

#define REISSUE_BODY                                                                                         \
    ORDER_BODY("names", WORDS, names, "Names, the main name first", "域名,主域名在前"),                      \
        ORDER_BODY("key_algorithm", TEXT, key_algorithm, "Key algorithm: rsa2048, p256 …",                   \
                   "密钥算法:rsa2048、p256 等"),                                                             \
        ORDER_BODY("csr_choice", TEXT, csr_choice, "Key: automatic, own, keep",                              \
                   "CSR 方式:automatic、own、keep"),                                                         \
        ORDER_BODY("csr", TEXT, own_csr, "Own certificate request, PEM", "自有 CSR,PEM 格式"), {             \
        .name = "csr_id", .type = FIELD_TEXT, .offset = offsetof(struct order_request, csr_id),              \
        .flags = FIELD_REFERENCE, .label = TEXT("Or one of the CSR manager", "或 CSR 管理中的 CSR")          \
    }

static const struct field reissue_body[] = {REISSUE_BODY, FIELD_END};

static const struct field order_body[] = {
    REISSUE_BODY,
    ORDER_BODY("brand", TEXT, brand, "Brand of the catalogue", "目录中的品牌"),
    ORDER_BODY("grade", TEXT, grade, "Grade: dv, ov, ev", "等级:dv、ov、ev"),
    ORDER_BODY("years", INT, years, "Years", "年限"),
    FIELD_END,
};

/* A body is optional where everything can be taken from the old certificate. No years are not 0 years. */
static bool read_request(struct request *rq, struct order_request *request, struct error *e) {
    *request = (struct order_request){.created_by = rq->caller.user_id};
    if (!json_to_row(rq->arena, rq->json, rq->route->body, request, e))
        return false;
    return request->years || !json_object_get(rq->json, "years") ||
           fail_field(e, "years", ERR_YEARS_NOT_OFFERED, "an order is for one year at least",
                      "订单至少为一年");
}

/* ---- warnings: allowed, but worth a sentence ---- */

static json_t *warnings(const struct request *rq, const struct certificate *old, const struct certificate *c,
                        bool warn_uncovered) {
    const struct text *choice = quote_choice_warning(c->csr_choice);
    json_t *list = json_array();
    if (choice)
        json_array_append_new(list, json_string(choice->in[rq->lang]));
    if (warn_uncovered && !names_cover_all(c->names, old->names))
        json_array_append_new(list, json_string(quote_uncovered_warning.in[rq->lang]));
    return list;
}

/* ---- orders ---- */

static bool reply_order(struct request *rq, const struct order *order, const struct certificate *c,
                        json_t *warnings_of_order, struct error *e) {
    rq->status = 201;
    rq->reply = json_from_row(rq->arena, order_fields, order);
    bool written = audit_change(rq, "order.create", order->id, NULL, rq->reply, e);
    json_object_set_new(rq->reply, "certificate", certificate_json(rq->arena, c, rq->now, rq->lang));
    json_object_set_new(rq->reply, "warnings", warnings_of_order);
    return written;
}

static bool purchase(struct request *rq, struct error *e) {
    struct order_request request;
    struct order order;
    struct certificate first;
    return read_request(rq, &request, e) &&
           order_purchase(rq->services, rq->arena, rq->caller.account_id, &request, rq->now, &order, &first,
                          e) &&
           reply_order(rq, &order, &first, warnings(rq, NULL, &first, false), e);
}

static bool renew(struct request *rq, struct error *e) {
    struct order_request request;
    struct order order;
    struct certificate old, first;
    const struct profile *profile;
    if (!read_request(rq, &request, e) || !certificate_of_path(rq, &old, e) ||
        !order_renew(rq->services, rq->arena, &old, &request, rq->now, &order, &first, e) ||
        !certificate_profile(rq->services->policies, &first, &profile, e))
        return false;
    bool warn_uncovered =
        strcmp(order.kind, order_kind_name(ORDER_REPLACEMENT)) == 0 && profile->uploaded.warn_uncovered_names;
    return reply_order(rq, &order, &first, warnings(rq, &old, &first, warn_uncovered), e);
}

static bool reply_certificate(struct request *rq, const char *action, const struct certificate *c,
                              struct error *e) {
    rq->reply = certificate_json(rq->arena, c, rq->now, rq->lang);
    return audit_change(rq, action, c->id, NULL, rq->reply, e);
}

static bool reissue(struct request *rq, struct error *e) {
    struct order_request request;
    struct certificate c;
    rq->status = 202;
    return read_request(rq, &request, e) && certificate_of_path(rq, &c, e) &&
           order_reissue(rq->services, rq->arena, &c, &request, rq->now, e) &&
           reply_certificate(rq, "certificate.reissue", &c, e);
}

static bool cancel(struct request *rq, struct error *e) {
    struct certificate c;
    return certificate_of_path(rq, &c, e) && order_cancel(rq->services, rq->arena, &c, rq->now, e) &&
           reply_certificate(rq, "certificate.cancel", &c, e);
}

static bool get(struct request *rq, struct error *e) {
    struct order order;
    if (!order_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], &order, e))
        return false;
    rq->reply = json_from_row(rq->arena, order_fields, &order);
    return true;
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
    list_reply(rq, order_fields, sizeof *orders, orders, count, found > count ? orders[count - 1].id : NULL);
    return true;
}

const struct route order_routes[] = {
    {.method = "POST",
     .path = "/v1/orders",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = purchase,
     .body = order_body,
     .answer = order_fields,
     .summary = TEXT("Buys a certificate", "购买证书")},
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
     .handle = get,
     .answer = order_fields,
     .summary = TEXT("One order", "查看订单")},
    {.method = "POST",
     .path = "/v1/certificates/{id}/renew",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = renew,
     .body = order_body,
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
