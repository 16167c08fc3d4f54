/* Contacts over HTTP. */
#include "applicant/contact.h"
#include "audit/audit.h"
#include "http/list.h"

#define BODY(required_)                                                                                      \
    FIELD(TEXT, contact, organization_id, FIELD_REFERENCE, "The organisation for which the person speaks",   \
          "所代表的组织"),                                                                                   \
        FIELD(TEXT, contact, name, required_, "Name", "姓名"),                                               \
        FIELD(TEXT, contact, title, 0, "Position", "职务"),                                                  \
        FIELD(TEXT, contact, email, required_, "E-mail: what is asked about the application goes there",     \
              "电子邮箱:申请相关的确认邮件将发送到该地址"),                                                  \
        FIELD(TEXT, contact, mobile, required_,                                                              \
              "Mobile telephone with the code of the country: the reviewer calls it",                        \
              "手机号码,含国家代码:审核人员将致电该号码")

static const struct field create_body[] = {BODY(FIELD_REQUIRED), FIELD_END};
static const struct field change_body[] = {
    BODY(FIELD_NOT_NULL),
    FIELD(INT, contact, revision, 0, "The revision that was read: refused if there is a newer one",
          "所读取的版本;已有更新版本时拒绝"),
    FIELD_END,
};

static json_t *shown(struct request *rq, const struct contact *c) {
    return json_from_row(rq->arena, contact_fields, c);
}

static bool of_path(struct request *rq, struct contact *c, struct error *e) {
    return contact_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], c, e);
}

static bool list(struct request *rq, struct error *e) {
    struct list_page page;
    struct contact *items;
    size_t found;
    if (!list_page_by_id(rq, "ctc", &page, e))
        return false;
    const struct contact_range range = {rq->caller.account_id, page.cursor, page.limit + 1};
    if (!contact_list(rq->db, rq->arena, &range, &items, &found, e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, contact_fields, sizeof *items, items, count, found > count ? items[count - 1].id : NULL);
    return true;
}

static bool show(struct request *rq, struct error *e) {
    struct contact c;
    if (!of_path(rq, &c, e))
        return false;
    rq->reply = shown(rq, &c);
    return true;
}

static bool create(struct request *rq, struct error *e) {
    struct contact c = {.account_id = rq->caller.account_id};
    if (!json_to_row(rq->arena, rq->json, create_body, &c, e) ||
        !contact_create(rq->db, rq->arena, rq->now, &c, e))
        return false;
    rq->status = 201;
    rq->reply = shown(rq, &c);
    return audit_change(rq, "contact.create", c.id, NULL, rq->reply, e);
}

static bool change(struct request *rq, struct error *e) {
    struct contact c;
    if (!of_path(rq, &c, e))
        return false;
    const json_t *before = json_keep(rq->arena, shown(rq, &c));
    if (!json_to_row(rq->arena, rq->json, change_body, &c, e) ||
        !contact_change(rq->db, rq->arena, rq->now, &c, e))
        return false;
    rq->reply = shown(rq, &c);
    return audit_change(rq, "contact.update", c.id, before, rq->reply, e);
}

static bool delete (struct request *rq, struct error *e) {
    struct contact c;
    if (!of_path(rq, &c, e))
        return false;
    const json_t *before = json_keep(rq->arena, shown(rq, &c));
    rq->status = 204;
    return contact_delete(rq->db, rq->arena, &c, rq->now, e) &&
           audit_change(rq, "contact.delete", c.id, before, NULL, e);
}

const struct route contact_routes[] = {
    {.method = "GET",
     .path = "/v1/contacts",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list,
     .answer = contact_fields,
     .summary = TEXT("Contacts, newest first", "联系人列表,按时间倒序")},
    {.method = "POST",
     .path = "/v1/contacts",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES,
     .handle = create,
     .body = create_body,
     .answer = contact_fields,
     .summary = TEXT("Enters a contact for applications", "新建申请联系人")},
    {.method = "GET",
     .path = "/v1/contacts/{id}",
     .access = ACCESS_READ,
     .handle = show,
     .answer = contact_fields,
     .summary = TEXT("One contact", "查看联系人")},
    {.method = "PATCH",
     .path = "/v1/contacts/{id}",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES,
     .handle = change,
     .body = change_body,
     .answer = contact_fields,
     .summary = TEXT("Changes a contact; another address is not confirmed any more",
                     "更改联系人;更换邮箱后需重新确认")},
    {.method = "DELETE",
     .path = "/v1/contacts/{id}",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES,
     .handle = delete,
     .summary = TEXT("Deletes a contact that nothing uses", "删除未被使用的联系人")},
    {.method = NULL},
};
