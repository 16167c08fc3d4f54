/* The form of a certificate over HTTP. */
#include "applicant/form.h"
#include "audit/audit.h"

static const struct field change_body[] = {
    FIELD(TEXT, application_form, contact_id, FIELD_REFERENCE, "Contact", "联系人"),
    FIELD(TEXT, application_form, organization_id, FIELD_REFERENCE, "Organisation, for OV and EV",
          "组织,用于 OV、EV"),
    FIELD(TEXT, application_form, validation_method, 0, "Method of validation: dns or file",
          "验证方式:dns 或 file"),
    FIELD(TEXT, application_form, remark, 0, "Remark for the reviewer", "给审核人员的备注"),
    FIELD(INT, application_form, revision, 0, "The revision that was read: refused if there is a newer one",
          "所读取的版本;已有更新版本时拒绝"),
    FIELD_END,
};

static const char *const demand_names[DEMANDS_COUNT] = {
    [DEMANDS_NONE] = "none", [DEMANDS_DV] = "dv", [DEMANDS_REVIEW] = "review"};

static bool reply_form(struct request *rq, const struct certificate *c, struct application_form *f,
                       struct error *e) {
    const struct form_lack *lack;
    if (!form_check(rq->services, rq->arena, c, f, &lack, e))
        return false;
    f->demands = demand_names[form_demands(rq->services, c)];
    f->lacks = lack ? error_row(lack->id)->code : NULL;
    rq->reply = json_from_row(rq->arena, form_fields, f);
    return true;
}

static bool show(struct request *rq, struct error *e) {
    struct certificate c;
    struct application_form f;
    return certificate_of_path(rq, &c, e) && form_of(rq->db, rq->arena, &c, &f, e) &&
           reply_form(rq, &c, &f, e);
}

static bool change(struct request *rq, struct error *e) {
    struct certificate c;
    struct application_form f;
    if (!certificate_of_path(rq, &c, e) || !form_of(rq->db, rq->arena, &c, &f, e))
        return false;
    const json_t *before =
        f.revision ? json_keep(rq->arena, json_from_row(rq->arena, form_fields, &f)) : NULL;
    return json_to_row(rq->arena, rq->json, change_body, &f, e) &&
           form_change(rq->services, rq->arena, &c, &f, rq->now, e) && reply_form(rq, &c, &f, e) &&
           audit_change(rq, "certificate.form", c.id, before, rq->reply, e);
}

const struct route form_routes[] = {
    {.method = "GET",
     .path = "/v1/certificates/{id}/form",
     .access = ACCESS_READ,
     .handle = show,
     .answer = form_fields,
     .summary = TEXT("What a certificate is applied for with, and what is still missing",
                     "证书申请所用的联系人、组织与验证方式,以及缺少的内容")},
    {.method = "PATCH",
     .path = "/v1/certificates/{id}/form",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES,
     .handle = change,
     .body = change_body,
     .answer = form_fields,
     .summary =
         TEXT("Changes contact, organisation and method of validation before it is submitted, also in part",
              "提交前更改联系人、组织与验证方式,可只更改部分内容")},
    {.method = NULL},
};
