/* Records of dns-persist-01 over HTTP. */
#include "audit/audit.h"
#include "base/rand.h"
#include "http/list.h"
#include "solve/persist_record.h"
#include "solve/solve_db.h"

#define RECORD(type, member, flags, en, zh) FIELD(type, persist_record, member, flags, en, zh)

static const struct field create_body[] = {
    RECORD(TEXT, name, FIELD_REQUIRED | FIELD_NOT_NULL, "Name, or \"*.\" and a name", "域名,或“*.”加域名"),
    RECORD(TEXT, issuer, FIELD_REQUIRED | FIELD_NOT_NULL,
           "The CA: an issuer, or the domain name that it calls itself by", "CA:签发机构,或 CA 的域名标识"),
    RECORD(TEXT, account_uri, FIELD_NOT_NULL,
           "The URL of the account of that CA; none: the one that is known here",
           "该 CA 账户的 URL;无则使用此处已知的账户"),
    RECORD(BOOL, wildcard, 0, "For wildcards and names below, too", "同时适用于通配符及下级域名"),
    RECORD(TIME, until_at, 0, "It holds before that; none: for ever", "失效时间;无则长期有效"),
    RECORD(TEXT, solver_id, FIELD_REFERENCE, "The solver that places it; none: a person",
           "由该质询应答配置放置;无则由人工放置"),
    FIELD_END,
};

/* With the name of the record, which is no column. */
static json_t *record_json(struct request *rq, const struct persist_record *r) {
    json_t *answer = json_from_row(rq->arena, persist_record_fields, r);
    json_object_set_new(answer, "host", json_string(persist_record_host(rq->arena, r)));
    return answer;
}

static bool check_solver(struct request *rq, const char *id, struct error *e) {
    struct solver solver;
    if (!id)
        return true;
    if (!solver_get(rq->db, rq->arena, rq->caller.account_id, id, &solver, e))
        return false;
    const struct solver_ops *ops = solver_kind(solver.kind);
    return (ops && ops->any_record) || fail_field(e, "solver_id", ERR_BAD_FIELD, "%s cannot place any record",
                                                  "%s 不能放置任意记录", solver.kind);
}

/* Nobody copies a URL that stands here. */
static bool fill_account(struct request *rq, struct persist_record *r, struct error *e) {
    struct ca_account known = {.issuer = r->issuer};
    const struct solve_settings *settings = rq->services->solve;
    if (settings->ca_account && !settings->ca_account(rq->services, rq->arena, r->account_id, &known, e))
        return false;
    r->issuer = known.issuer;
    if (!r->account_uri)
        r->account_uri = known.uri;
    return r->account_uri ||
           fail_field(
               e, "account_uri", ERR_BAD_FIELD,
               "no account at %s is known: register one (tenure issuer account register), or give its URL",
               "没有在 %s 的已知账户:请先注册(tenure issuer account register),或填写账户的 URL", r->issuer);
}

static bool create_record(struct request *rq, struct error *e) {
    struct persist_record r = {.account_id = rq->caller.account_id, .created_at = rq->now};
    if (!json_to_row(rq->arena, rq->json, create_body, &r, e) || !fill_account(rq, &r, e) ||
        !persist_record_make(rq->arena, &r, rq->now, e) || !check_solver(rq, r.solver_id, e) ||
        !persist_record_permitted(rq->db, rq->arena, &r, rq->now, e))
        return false;
    r.id = id_new(rq->arena, "prs", rq->now);
    rq->status = 201;
    if (!persist_record_insert(rq->db, &r, e) ||
        !work_enqueue(rq->db, r.account_id, r.id, "persist", rq->now, e))
        return false;
    rq->reply = record_json(rq, &r);
    return audit_change(rq, "persist_record.create", r.id, NULL, rq->reply, e);
}

static bool list_records(struct request *rq, struct error *e) {
    struct list_page page;
    struct persist_record *list;
    size_t found;
    if (!list_page_by_id(rq, "prs", &page, e) ||
        !persist_record_list(rq->db, rq->arena, rq->caller.account_id, page.cursor, page.limit + 1, &list,
                             &found, e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, persist_record_fields, sizeof *list, list, count,
               found > count ? list[count - 1].id : NULL);
    return true;
}

static bool path_record(struct request *rq, struct persist_record *r, struct error *e) {
    return persist_record_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], r, e);
}

static bool get_record(struct request *rq, struct error *e) {
    struct persist_record r;
    if (!path_record(rq, &r, e))
        return false;
    rq->reply = record_json(rq, &r);
    return true;
}

static bool check_record(struct request *rq, struct error *e) {
    struct persist_record r;
    if (!path_record(rq, &r, e) || !work_enqueue(rq->db, r.account_id, r.id, "persist", rq->now, e))
        return false;
    rq->status = 202;
    rq->reply = record_json(rq, &r);
    return true;
}

/* What a person has placed, he takes away. */
static bool delete_record(struct request *rq, struct error *e) {
    struct persist_record r;
    rq->status = 204;
    return path_record(rq, &r, e) && persist_record_set_unwanted(rq->db, r.id, rq->now, e) &&
           work_enqueue(rq->db, r.account_id, r.id, "persist", rq->now, e) &&
           audit_change(rq, "persist_record.delete", r.id, json_keep(rq->arena, record_json(rq, &r)), NULL,
                        e);
}

const struct route persist_routes[] = {
    {.method = "POST",
     .path = "/v1/persist-records",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = create_record,
     .body = create_body,
     .answer = persist_record_fields,
     .summary =
         TEXT("Makes up a record of dns-persist-01, and watches it", "生成 dns-persist-01 记录并持续检查")},
    {.method = "GET",
     .path = "/v1/persist-records",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_records,
     .answer = persist_record_fields,
     .summary = TEXT("The records of dns-persist-01 of the account", "账号的 dns-persist-01 记录")},
    {.method = "GET",
     .path = "/v1/persist-records/{id}",
     .access = ACCESS_READ,
     .handle = get_record,
     .answer = persist_record_fields,
     .summary = TEXT("One record of dns-persist-01", "查看 dns-persist-01 记录")},
    {.method = "POST",
     .path = "/v1/persist-records/{id}/check",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = check_record,
     .answer = persist_record_fields,
     .summary = TEXT("Looks for the record now", "立即检查该记录")},
    {.method = "DELETE",
     .path = "/v1/persist-records/{id}",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = delete_record,
     .summary = TEXT("Watches the record no more; what a solver has placed is taken away",
                     "不再检查该记录;由质询应答配置放置的记录将被清除")},
    {.method = NULL},
};
