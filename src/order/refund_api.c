/* Refunds over HTTP. */
#include "audit/audit.h"
#include "http/list.h"
#include "order/payment_ops.h"
#include "order/refund.h"

static bool refund(struct request *rq, struct error *e) {
    struct certificate c;
    struct refund r;
    const struct ledger_cause by = {rq->caller.user_id, rq->now};
    if (!certificate_of_path(rq, &c, e))
        return false;
    json_t *before = json_keep(rq->arena, certificate_json(rq->arena, &c, rq->now, rq->lang));
    if (!order_refund(rq->services, rq->arena, &c, &by, &r, e))
        return false;
    json_t *after = json_keep(rq->arena, certificate_json(rq->arena, &c, rq->now, rq->lang));
    rq->status = 201;
    rq->reply = json_from_row(rq->arena, refund_fields, &r);
    return audit_change(rq, "certificate.refund", c.id, before, after, e) &&
           audit_change(rq, "refund.create", r.id, NULL, rq->reply, e);
}

static bool get(struct request *rq, struct error *e) {
    struct refund r;
    if (!refund_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], &r, e))
        return false;
    rq->reply = json_from_row(rq->arena, refund_fields, &r);
    return true;
}

static bool list(struct request *rq, struct error *e) {
    struct list_page page;
    struct refund *refunds;
    size_t found;
    if (!list_page_by_id(rq, "rfd", &page, e))
        return false;
    const struct refund_range range = {
        .account_id = rq->caller.account_id, .cursor = page.cursor, .limit = page.limit + 1};
    if (!refund_list(rq->db, rq->arena, &range, &refunds, &found, e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, refund_fields, sizeof *refunds, refunds, count,
               found > count ? refunds[count - 1].id : NULL);
    return true;
}

/* ---- by hand ---- */

/* One whose money is back is refused as that, whatever way it went. */
static bool check_by_hand(const struct refund *r, struct error *e) {
    const struct payment_ops *ops = payment_ops_find(r->provider);
    return r->done_at || (ops && ops->by_hand) ||
           fail_state(e, r->state, ERR_PAYMENT_REFUSED, "%s goes back by '%s', not by hand",
                      "%s 通过“%s”退回,不能人工确认", r->id, r->provider);
}

/* Of any account: the gate has let only administrators come here. */
static bool done(struct request *rq, struct error *e) {
    struct payment_receipt receipt = {.actor = rq->caller.user_id, .now = rq->now};
    struct refund r;
    if (!payment_reference(rq, &receipt.reference, e) ||
        !refund_get_any(rq->db, rq->arena, rq->path_args[0], &r, e) || !check_by_hand(&r, e))
        return false;
    json_t *before = json_keep(rq->arena, json_from_row(rq->arena, refund_fields, &r));
    if (!refund_finish(rq->db, &r, &receipt, e))
        return false;
    rq->reply = json_from_row(rq->arena, refund_fields, &r);
    return audit_change(rq, "refund.done", r.id, before, rq->reply, e);
}

const struct route refund_routes[] = {
    {.method = "POST",
     .path = "/v1/certificates/{id}/refund",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = refund,
     .answer = refund_fields,
     .summary = TEXT("Gives back what was paid for a certificate: money and quota go where they came from",
                     "退还为证书支付的款项与额度,原路退回")},
    {.method = "GET",
     .path = "/v1/refunds",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list,
     .answer = refund_fields,
     .summary = TEXT("The refunds of the account, newest first", "账号的退款记录,按时间倒序")},
    {.method = "GET",
     .path = "/v1/refunds/{id}",
     .access = ACCESS_READ,
     .handle = get,
     .answer = refund_fields,
     .summary = TEXT("One refund", "查看退款记录")},
    {.method = "POST",
     .path = "/v1/refunds/{id}/done",
     .access = ACCESS_OWN,
     .flags = ROUTE_WRITES | ROUTE_ADMINISTERS,
     .handle = done,
     .body = payment_reference_body,
     .answer = refund_fields,
     .summary = TEXT("Notes that the money of an invoice has gone back", "确认发票款项已退回")},
    {.method = NULL},
};
