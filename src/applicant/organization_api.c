/* Organisations over HTTP. */
#include "applicant/identity.h"
#include "applicant/organization.h"
#include "audit/audit.h"
#include "http/list.h"

#define BODY(required_)                                                                                      \
    FIELD(TEXT, organization, name, required_, "Name as registered", "登记的名称"),                          \
        FIELD(TEXT, organization, registration_number, 0, "Number in the register of its country",           \
              "登记号码,如统一社会信用代码"),                                                                \
        FIELD(TEXT, organization, country, required_, "Country, two letters", "国家代码,两位字母"),          \
        FIELD(TEXT, organization, province, 0, "State or province", "省份"),                                 \
        FIELD(TEXT, organization, city, required_, "City", "城市"),                                          \
        FIELD(TEXT, organization, address, 0, "Street and number", "详细地址"),                              \
        FIELD(TEXT, organization, postal_code, 0, "Postal code", "邮政编码"),                                \
        FIELD(TEXT, organization, phone, 0, "Telephone with the code of the country: the reviewer calls it", \
              "电话,含国家代码;审核人员将致电该号码")

static const struct field create_body[] = {BODY(FIELD_REQUIRED), FIELD_END};
static const struct field change_body[] = {
    BODY(FIELD_NOT_NULL),
    FIELD(INT, organization, revision, 0, "The revision that was read: refused if there is a newer one",
          "所读取的版本;已有更新版本时拒绝"),
    FIELD_END,
};

static json_t *shown(struct request *rq, const struct organization *o) {
    return json_from_row(rq->arena, organization_fields, o);
}

static bool of_path(struct request *rq, struct organization *o, struct error *e) {
    return organization_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], o, e);
}

static bool list(struct request *rq, struct error *e) {
    struct list_page page;
    struct organization *items;
    size_t found;
    if (!list_page_by_id(rq, "org", &page, e))
        return false;
    const struct organization_range range = {rq->caller.account_id, page.cursor, page.limit + 1};
    if (!organization_list(rq->db, rq->arena, &range, &items, &found, e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, organization_fields, sizeof *items, items, count,
               found > count ? items[count - 1].id : NULL);
    return true;
}

/* With what was checked of it, and until when that holds. */
static bool show(struct request *rq, struct error *e) {
    struct organization o;
    struct identity_check *checks;
    size_t count;
    if (!of_path(rq, &o, e))
        return false;
    const struct identity_check like = {
        .account_id = o.account_id, .organization_id = o.id, .organization_revision = o.revision};
    if (!identity_check_list(rq->db, rq->arena, &like, rq->now, &checks, &count, e))
        return false;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_from_row(rq->arena, identity_check_shown, &checks[i]));
    rq->reply = shown(rq, &o);
    json_object_set_new(rq->reply, "identity_checks", list);
    return true;
}

static bool create(struct request *rq, struct error *e) {
    struct organization o = {.account_id = rq->caller.account_id};
    if (!json_to_row(rq->arena, rq->json, create_body, &o, e) ||
        !organization_create(rq->db, rq->arena, rq->now, &o, e))
        return false;
    rq->status = 201;
    rq->reply = shown(rq, &o);
    return audit_change(rq, "organization.create", o.id, NULL, rq->reply, e);
}

static bool change(struct request *rq, struct error *e) {
    struct organization o;
    if (!of_path(rq, &o, e))
        return false;
    const json_t *before = json_keep(rq->arena, shown(rq, &o));
    if (!json_to_row(rq->arena, rq->json, change_body, &o, e) ||
        !organization_change(rq->db, rq->arena, rq->now, &o, e))
        return false;
    rq->reply = shown(rq, &o);
    return audit_change(rq, "organization.update", o.id, before, rq->reply, e);
}

static bool delete (struct request *rq, struct error *e) {
    struct organization o;
    if (!of_path(rq, &o, e))
        return false;
    const json_t *before = json_keep(rq->arena, shown(rq, &o));
    rq->status = 204;
    return organization_delete(rq->db, rq->arena, &o, rq->now, e) &&
           audit_change(rq, "organization.delete", o.id, before, NULL, e);
}

const struct route organization_routes[] = {
    {.method = "GET",
     .path = "/v1/organizations",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list,
     .answer = organization_fields,
     .summary = TEXT("Organisations, newest first", "组织列表,按时间倒序")},
    {.method = "POST",
     .path = "/v1/organizations",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES,
     .handle = create,
     .body = create_body,
     .answer = organization_fields,
     .summary = TEXT("Enters an organisation, for OV and EV certificates", "新建组织信息,用于 OV、EV 证书")},
    {.method = "GET",
     .path = "/v1/organizations/{id}",
     .access = ACCESS_READ,
     .handle = show,
     .answer = organization_fields,
     .summary = TEXT("One organisation, with the identity checks of it and until when they hold",
                     "查看组织信息及其身份审核记录与有效期")},
    {.method = "PATCH",
     .path = "/v1/organizations/{id}",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES,
     .handle = change,
     .body = change_body,
     .answer = organization_fields,
     .summary = TEXT("Changes an organisation", "更改组织信息")},
    {.method = "DELETE",
     .path = "/v1/organizations/{id}",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES,
     .handle = delete,
     .summary = TEXT("Deletes an organisation that nothing uses", "删除未被使用的组织信息")},
    {.method = NULL},
};
