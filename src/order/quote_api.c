/* Quotes over HTTP. */
#include "order/quote.h"

/* Nothing changes by a quote: no audit entry. */
static bool make(struct request *rq, struct error *e) {
    struct quote_body body;
    struct certificate old;
    struct quote q;
    if (!quote_body_read(rq, NULL, &body, &old, e) ||
        !quote_make(rq->services, rq->arena, &body.request, rq->now, &q, e))
        return false;
    rq->status = 201;
    rq->reply = quote_json(rq->arena, &q, rq->lang);
    return true;
}

static bool show(struct request *rq, struct error *e) {
    struct quote q;
    if (!quote_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], &q, e))
        return false;
    rq->reply = quote_json(rq->arena, &q, rq->lang);
    return true;
}

const struct route quote_routes[] = {
    {.method = "POST",
     .path = "/v1/quotes",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES,
     .handle = make,
     .body = quote_body_fields,
     .answer = quote_fields,
     .summary = TEXT("What an order would cost and give, and why; holds for 30 minutes and reserves nothing",
                     "订单的费用、内容及说明;30 分钟内有效,不占用额度")},
    {.method = "GET",
     .path = "/v1/quotes/{id}",
     .access = ACCESS_READ,
     .handle = show,
     .answer = quote_fields,
     .summary = TEXT("One quote; kept for seven days", "查看报价;保留七天")},
    {.method = NULL},
};
