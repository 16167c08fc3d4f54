/* The switch of automatic renewal, over HTTP. */
#include "audit/audit.h"
#include "renew/auto_renew.h"

static bool change(struct request *rq, bool on, struct error *e) {
    struct certificate c;
    if (!certificate_of_path(rq, &c, e) || !auto_renew_set(rq->services, rq->arena, &c, on, rq->now, e))
        return false;
    rq->reply = certificate_json(rq->arena, &c, rq->now, rq->lang);
    return audit_change(rq, on ? "certificate.auto_renew_on" : "certificate.auto_renew_off", c.id, NULL,
                        rq->reply, e);
}

static bool switch_on(struct request *rq, struct error *e) {
    return change(rq, true, e);
}

static bool switch_off(struct request *rq, struct error *e) {
    return change(rq, false, e);
}

const struct route auto_renew_routes[] = {
    {.method = "POST",
     .path = "/v1/certificates/{id}/auto-renew",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = switch_on,
     .answer = certificate_fields,
     .summary =
         TEXT("Switches automatic renewal on: a year more is ordered and charged in time before the end",
              "开启自动续费:到期前自动下单一年并扣费")},
    {.method = "DELETE",
     .path = "/v1/certificates/{id}/auto-renew",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = switch_off,
     .answer = certificate_fields,
     .summary = TEXT("Switches automatic renewal off", "关闭自动续费")},
    {.method = NULL},
};
