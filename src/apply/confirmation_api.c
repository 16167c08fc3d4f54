/* One-time links over HTTP: sent by users, opened by people who are none. */
#include "apply/confirmation.h"
#include "audit/audit.h"

enum { FORM_MAX = 1024 };

static bool ask(struct request *rq, struct error *e) {
    struct application application;
    struct confirmation c;
    if (!application_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], &application, e))
        return false;
    if (application.closed_at || !application.contact_id)
        return fail(e, ERR_NOT_SUBMITTED, "application %s waits for no contact", "申请 %s 无需联系人确认",
                    application.id);
    if (!confirmation_send(rq->services, rq->arena, &application, rq->now, &c, e))
        return false;
    rq->status = 202;
    rq->reply = json_from_row(rq->arena, confirmation_fields, &c);
    return audit_change(rq, "confirmation.send", application.id, NULL, rq->reply, e);
}

static bool answer_page(struct request *rq, struct error *e) {
    struct confirmation c;
    struct application application;
    if (!confirmation_of(rq->db, rq->arena, rq->path_args[0], &c, &application, e))
        return false;
    rq->raw = slice_str(confirmation_page(rq->arena, &c, &application, rq->now));
    rq->content_type = "text/html; charset=utf-8";
    return true;
}

/* Mail scanners follow links: looking changes nothing. */
static bool show(struct request *rq, struct error *e) {
    return answer_page(rq, e);
}

static bool confirm(struct request *rq, struct error *e) {
    return confirmation_use(rq->db, rq->arena, rq->path_args[0], rq->caller.address, rq->now, e) &&
           answer_page(rq, e);
}

const struct route confirmation_routes[] = {
    {.method = "POST",
     .path = "/v1/applications/{id}/confirmation",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = ask,
     .answer = confirmation_fields,
     .summary = TEXT("Sends the contact of an application a new link to confirm it; once an hour",
                     "向申请的联系人重新发送确认链接,每小时一次")},
    {.method = "GET",
     .path = "/confirm/{token}",
     .access = ACCESS_PUBLIC,
     .flags = ROUTE_RAW,
     .handle = show,
     .summary = TEXT("The page behind such a link; looking at it changes nothing",
                     "确认链接的页面,仅查看不会产生任何更改")},
    {.method = "POST",
     .path = "/confirm/{token}",
     .access = ACCESS_PUBLIC,
     .flags = ROUTE_WRITES | ROUTE_RAW | ROUTE_TEXT_BODY,
     .handle = confirm,
     .body_max = FORM_MAX,
     .summary = TEXT("Confirms; the link is used up with it", "确认申请,链接随即失效")},
    {.method = NULL},
};
