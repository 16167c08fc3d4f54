/* Whose names are: for administrators. */
#include "account/account.h"
#include "audit/audit.h"
#include "base/rand.h"
#include "http/list.h"
#include "solve/name_grant.h"

static const struct field create_body[] = {
    FIELD(TEXT, name_grant, zone, FIELD_REQUIRED | FIELD_NOT_NULL,
          "Names at and below this one, or an IP address; \".\" for all",
          "该域名及其下级,或 IP 地址;“.”表示全部"),
    FIELD(TEXT, name_grant, account_id, FIELD_REQUIRED | FIELD_NOT_NULL, "Account that may prove them",
          "可验证这些域名的账号"),
    FIELD_END,
};

static json_t *grant_json(struct request *rq, const struct name_grant *g) {
    return json_from_row(rq->arena, name_grant_fields, g);
}

static bool create_grant(struct request *rq, struct error *e) {
    struct name_grant g = {.id = id_new(rq->arena, "ngr", rq->now), .created_at = rq->now};
    struct account account;
    if (!json_to_row(rq->arena, rq->json, create_body, &g, e) || !zone_read(rq->arena, &g.zone, e))
        return false;
    if (!account_find(rq->db, rq->arena, g.account_id, &account, e))
        return e->id == ERR_NOT_FOUND &&
               fail_field(e, "account_id", ERR_BAD_FIELD, "no account '%s'", "没有账号“%s”", g.account_id);
    if (!name_grant_put(rq->db, rq->arena, &g, e))
        return false;
    rq->status = 201;
    rq->reply = grant_json(rq, &g);
    return audit_change(rq, "name_grant.create", g.id, NULL, rq->reply, e);
}

static bool list_grants(struct request *rq, struct error *e) {
    struct list_page page;
    struct name_grant *list;
    size_t found;
    if (!list_page_by_id(rq, "ngr", &page, e) ||
        !name_grant_list(rq->db, rq->arena, page.cursor, page.limit + 1, &list, &found, e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, name_grant_fields, sizeof *list, list, count, found > count ? list[count - 1].id : NULL);
    return true;
}

static bool delete_grant(struct request *rq, struct error *e) {
    struct name_grant g;
    rq->status = 204;
    return name_grant_get(rq->db, rq->arena, rq->path_args[0], &g, e) && name_grant_delete(rq->db, g.id, e) &&
           audit_change(rq, "name_grant.delete", g.id, json_keep(rq->arena, grant_json(rq, &g)), NULL, e);
}

const struct route name_grant_routes[] = {
    {.method = "POST",
     .path = "/v1/name-grants",
     .access = ACCESS_OWN,
     .flags = ROUTE_WRITES | ROUTE_ADMINISTERS,
     .handle = create_grant,
     .body = create_body,
     .answer = name_grant_fields,
     .summary = TEXT(
         "Lets an account, and only those that were let, prove names by the responder, web roots and hooks",
         "允许账号(且仅限获授权的账号)通过应答服务、网站根目录和钩子验证域名")},
    {.method = "GET",
     .path = "/v1/name-grants",
     .access = ACCESS_OWN,
     .flags = ROUTE_LIST | ROUTE_ADMINISTERS,
     .handle = list_grants,
     .answer = name_grant_fields,
     .summary = TEXT("Which account may prove which names by what this installation serves",
                     "各账号可通过本系统的应答方式验证的域名")},
    {.method = "DELETE",
     .path = "/v1/name-grants/{id}",
     .access = ACCESS_OWN,
     .flags = ROUTE_WRITES | ROUTE_ADMINISTERS,
     .handle = delete_grant,
     .summary = TEXT("Takes names from an account", "收回授予账号的域名")},
    {.method = NULL},
};
