/* Payments over HTTP: what was begun, and an administrator's word that the money has come. */
#include "audit/audit.h"
#include "http/list.h"
#include "order/payment_ops.h"

static bool get(struct request *rq, struct error *e) {
    struct payment p;
    if (!payment_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], &p, e))
        return false;
    rq->reply = json_from_row(rq->arena, payment_fields, &p);
    return true;
}

static bool list(struct request *rq, struct error *e) {
    struct list_page page;
    struct payment *payments;
    size_t found;
    if (!list_page_by_id(rq, "pay", &page, e))
        return false;
    const struct payment_range range = {
        .account_id = rq->caller.account_id, .cursor = page.cursor, .limit = page.limit + 1};
    if (!payment_list(rq->db, rq->arena, &range, &payments, &found, e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, payment_fields, sizeof *payments, payments, count,
               found > count ? payments[count - 1].id : NULL);
    return true;
}

/* ---- by hand ---- */

struct confirm_body {
    const char *reference;
};

static const struct field confirm_body[] = {
    FIELD(TEXT, confirm_body, reference, FIELD_REQUIRED,
          "What the money is called outside: a bank's reference", "外部凭据,例如银行流水号"),
    FIELD_END,
};

enum { REFERENCE_MAX = 200 };

static bool check_reference(const char *reference, struct error *e) {
    return (*reference && strlen(reference) <= REFERENCE_MAX) ||
           fail_field(e, "reference", ERR_BAD_FIELD, "a reference has 1 to %d bytes",
                      "凭据长度为 1 至 %d 字节", REFERENCE_MAX);
}

static bool check_by_hand(const struct payment *p, struct error *e) {
    const struct payment_ops *ops = payment_ops_find(p->provider);
    return (ops && ops->by_hand) || fail_state(e, payment_state(p), ERR_PAYMENT_REFUSED,
                                               "%s is paid by '%s', which nobody confirms by hand",
                                               "%s 通过“%s”支付,不能人工确认", p->id, p->provider);
}

/* Of any account: the gate has let only administrators come here. */
static bool confirm(struct request *rq, struct error *e) {
    struct confirm_body body = {0};
    struct payment p;
    if (!json_to_row(rq->arena, rq->json, confirm_body, &body, e) || !check_reference(body.reference, e) ||
        !payment_get_any(rq->db, rq->arena, rq->path_args[0], &p, e) || !check_by_hand(&p, e))
        return false;
    struct payment_receipt receipt = {
        .actor = rq->caller.user_id, .reference = body.reference, .now = rq->now};
    json_t *before = json_keep(rq->arena, json_from_row(rq->arena, payment_fields, &p));
    if (!payment_confirm(rq->services, rq->arena, &p, &receipt, e))
        return false;
    rq->reply = json_from_row(rq->arena, payment_fields, &p);
    return audit_change(rq, "payment.confirm", p.id, before, rq->reply, e);
}

const struct route payment_routes[] = {
    {.method = "GET",
     .path = "/v1/payments",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list,
     .answer = payment_fields,
     .summary = TEXT("The payments of the account, newest first", "账号的支付记录,按时间倒序")},
    {.method = "GET",
     .path = "/v1/payments/{id}",
     .access = ACCESS_READ,
     .handle = get,
     .answer = payment_fields,
     .summary = TEXT("One payment", "查看支付记录")},
    {.method = "POST",
     .path = "/v1/payments/{id}/confirm",
     .access = ACCESS_OWN,
     .flags = ROUTE_WRITES | ROUTE_WAKES | ROUTE_ADMINISTERS,
     .handle = confirm,
     .body = confirm_body,
     .answer = payment_fields,
     .summary = TEXT("Notes that the money of an invoice has come", "确认发票款项已到账")},
    {.method = NULL},
};
