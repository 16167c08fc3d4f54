/* Delegated names over HTTP. */
#include "audit/audit.h"
#include "base/rand.h"
#include "http/list.h"
#include "pki/names.h"
#include "solve/delegation.h"

static const struct field create_body[] = {
    FIELD(TEXT, delegation, name, FIELD_REQUIRED, "Name; with it goes its wildcard",
          "域名,同时适用于其通配符"),
    FIELD_END,
};

static json_t *delegation_json(struct request *rq, struct delegation *d) {
    delegation_complete(rq->arena, rq->services->solve, d);
    return json_from_row(rq->arena, delegation_fields, d);
}

static bool read_name(struct request *rq, struct delegation *d, struct error *e) {
    if (!json_to_row(rq->arena, rq->json, create_body, d, e) ||
        !name_normalise(rq->arena, d->name, false, &d->name, e))
        return false;
    d->name += strncmp(d->name, "*.", 2) == 0 ? 2 : 0;
    if (name_is_ip(d->name))
        return fail_field(e, "name", ERR_BAD_FIELD, "'%s' is an address: it has no record",
                          "“%s”是 IP 地址,无法委托", d->name);
    return (rq->services->solve && rq->services->solve->zone) ||
           fail(e, ERR_NO_SOLVER, "tenure.yaml has no responder.zone", "tenure.yaml 未设置 responder.zone");
}

static bool create_delegation(struct request *rq, struct error *e) {
    struct delegation d = {
        .id = id_new(rq->arena, "dlg", rq->now), .account_id = rq->caller.account_id, .created_at = rq->now};
    if (!read_name(rq, &d, e) || !delegation_put(rq->db, rq->arena, &d, e))
        return false;
    rq->status = 201;
    rq->reply = delegation_json(rq, &d);
    return work_enqueue(rq->db, d.account_id, d.id, "delegated", rq->now, e) &&
           audit_change(rq, "delegation.create", d.id, NULL, rq->reply, e);
}

static bool list_delegations(struct request *rq, struct error *e) {
    struct list_page page;
    struct delegation *list;
    size_t found;
    if (!list_page_by_id(rq, "dlg", &page, e) ||
        !delegation_list(rq->db, rq->arena, rq->caller.account_id, page.cursor, page.limit + 1, &list, &found,
                         e))
        return false;
    size_t count = list_count(&page, found);
    for (size_t i = 0; i < count; i++)
        delegation_complete(rq->arena, rq->services->solve, &list[i]);
    list_reply(rq, delegation_fields, sizeof *list, list, count, found > count ? list[count - 1].id : NULL);
    return true;
}

static bool path_delegation(struct request *rq, struct delegation *d, struct error *e) {
    return delegation_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], d, e);
}

static bool get_delegation(struct request *rq, struct error *e) {
    struct delegation d;
    if (!path_delegation(rq, &d, e))
        return false;
    rq->reply = delegation_json(rq, &d);
    return true;
}

static bool look_now(struct request *rq, struct error *e) {
    struct delegation d;
    if (!path_delegation(rq, &d, e))
        return false;
    rq->status = 202;
    rq->reply = delegation_json(rq, &d);
    return work_enqueue(rq->db, d.account_id, d.id, "delegated", rq->now, e);
}

static bool delete_delegation(struct request *rq, struct error *e) {
    struct delegation d;
    rq->status = 204;
    return path_delegation(rq, &d, e) && delegation_remove(rq->db, d.id, rq->now, e) &&
           audit_change(rq, "delegation.delete", d.id, json_keep(rq->arena, delegation_json(rq, &d)), NULL,
                        e);
}

const struct route delegation_routes[] = {
    {.method = "POST",
     .path = "/v1/delegations",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = create_delegation,
     .body = create_body,
     .answer = delegation_fields,
     .summary = TEXT("Tells the CNAME that delegates a name to the responder, and watches it",
                     "查询将域名委托给应答服务的 CNAME 并持续检查")},
    {.method = "GET",
     .path = "/v1/delegations",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_delegations,
     .answer = delegation_fields,
     .summary = TEXT("Delegated names, and whether their CNAMEs are there", "已委托的域名及其 CNAME 状态")},
    {.method = "GET",
     .path = "/v1/delegations/{id}",
     .access = ACCESS_READ,
     .handle = get_delegation,
     .answer = delegation_fields,
     .summary = TEXT("One delegated name", "查看委托的域名")},
    {.method = "POST",
     .path = "/v1/delegations/{id}/check",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = look_now,
     .answer = delegation_fields,
     .summary = TEXT("Looks now", "立即检查")},
    {.method = "DELETE",
     .path = "/v1/delegations/{id}",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES,
     .handle = delete_delegation,
     .summary = TEXT("Watches the name no more", "不再检查该域名的委托")},
    {.method = NULL},
};
