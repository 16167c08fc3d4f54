/* Applications over HTTP. */
#include "apply/apply.h"
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

const struct route apply_routes[] = {
    {.method = "GET",
     .path = "/v1/certificates/{id}/applications",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_applications,
     .answer = application_fields,
     .summary = TEXT("The applications of a certificate, oldest first", "证书的申请记录,按时间顺序")},
    {.method = NULL},
};
