/* Applications over HTTP, and submitting and withdrawing them. */
#include "applicant/form.h"
#include "apply/apply.h"
#include "audit/audit.h"
#include "http/list.h"

/* A certificate has as many applications as versions, and a few: one answer holds them. */
static bool list_applications(struct request *rq, struct error *e) {
    struct certificate c;
    struct application *applications;
    size_t count;
    if (!certificate_of_path(rq, &c, e) ||
        !application_list(rq->db, rq->arena, c.id, &applications, &count, e))
        return false;
    list_reply(rq, application_fields, sizeof *applications, applications, count, NULL);
    return true;
}

/* ---- submit and withdraw ---- */

static bool reply_certificate(struct request *rq, const char *action, const struct certificate *c,
                              struct error *e) {
    rq->status = 202;
    rq->reply = certificate_json(rq->arena, c, rq->now, rq->lang);
    return audit_change(rq, action, c->id, NULL, rq->reply, e);
}

static bool submit(struct request *rq, struct error *e) {
    struct certificate c;
    return certificate_of_path(rq, &c, e) && apply_submit(rq->services, rq->arena, &c, rq->now, e) &&
           form_submitted(rq->db, c.id, rq->caller.user_id, e) &&
           reply_certificate(rq, "certificate.submit", &c, e);
}

static bool withdraw(struct request *rq, struct error *e) {
    struct certificate c;
    return certificate_of_path(rq, &c, e) && apply_withdraw(rq->services, rq->arena, &c, rq->now, e) &&
           reply_certificate(rq, "certificate.withdraw", &c, e);
}

const struct route apply_routes[] = {
    {.method = "POST",
     .path = "/v1/certificates/{id}/submit",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = submit,
     .answer = certificate_fields,
     .summary = TEXT("Submits the application of a certificate, also again after a rejection",
                     "提交证书申请,审核失败后可重新提交")},
    {.method = "POST",
     .path = "/v1/certificates/{id}/withdraw",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = withdraw,
     .answer = certificate_fields,
     .summary =
         TEXT("Withdraws an application that was submitted and not issued", "撤回已提交但尚未签发的申请")},
    {.method = "GET",
     .path = "/v1/certificates/{id}/applications",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_applications,
     .answer = application_fields,
     .summary = TEXT("The applications of a certificate, oldest first", "证书的申请记录,按时间顺序")},
    {.method = NULL},
};
