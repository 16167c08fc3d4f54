/* Names whose control is proven in advance, over HTTP. */
#include "audit/audit.h"
#include "base/clock.h"
#include "base/rand.h"
#include "http/list.h"
#include "pki/digest.h"
#include "pki/names.h"
#include "validate/automatic.h"
#include "validate/gate.h"

/* ---- bodies and answers ---- */

struct domain_body {
    const char *name, *method;
};

static const struct field domain_body[] = {
    FIELD(TEXT, domain_body, name, FIELD_REQUIRED, "Name, *.NAME or IP address", "域名、*.域名或 IP 地址"),
    FIELD(TEXT, domain_body, method, 0, "Method: dns (default) or file", "验证方式:dns(默认)或 file"),
    FIELD_END,
};

/* A validation with what a person has to do. */
struct domain {
    struct validation row;
    const char *host, *type, *value, *url, *content;
    const char *title, *remedy;
};

#define ROW(name_, type_, flags_, en, zh)                                                                    \
    {                                                                                                        \
        .name = #name_, .type = FIELD_##type_, .offset = offsetof(struct domain, row.name_),                 \
        .flags = (flags_), .label = TEXT(en, zh)                                                             \
    }

const struct field domain_fields[] = {
    ROW(id, TEXT, FIELD_COLUMN, "Id", "ID"),
    ROW(name, TEXT, FIELD_COLUMN, "Name", "域名"),
    ROW(method, TEXT, FIELD_COLUMN, "Method", "验证方式"),
    ROW(wildcard, BOOL, 0, "For wildcards below it, too", "同时用于其下的通配符域名"),
    FIELD(TEXT, domain, host, 0, "Record: name", "记录:主机记录"),
    FIELD(TEXT, domain, type, 0, "Record: type", "记录:类型"),
    FIELD(TEXT, domain, value, 0, "Record: value", "记录:记录值"),
    FIELD(TEXT, domain, url, 0, "File: where it is fetched", "文件:访问地址"),
    FIELD(TEXT, domain, content, 0, "File: what it holds", "文件:内容"),
    ROW(created_at, TIME, 0, "Asked for", "创建时间"),
    ROW(token_end_at, TIME, 0, "The value is good until", "验证值有效期至"),
    ROW(validated_at, TIME, FIELD_COLUMN, "Proven", "验证通过时间"),
    ROW(ended_at, TIME, 0, "Nothing is looked for since", "结束时间"),
    ROW(end_reason, TEXT, 0, "Why: validated, expired", "结束原因:validated、expired"),
    ROW(challenge, TEXT, 0, "Published by Tenure itself, by this type of challenge",
        "由 Tenure 自动发布,质询类型"),
    ROW(tries, INT, 0, "Checks that did not find it", "未通过的检查次数"),
    ROW(last_check_at, TIME, FIELD_COLUMN, "Last check", "上次检查时间"),
    ROW(last_reason, TEXT, FIELD_COLUMN, "What it found", "检查结果"),
    FIELD(TEXT, domain, title, 0, "What that means", "结果说明"),
    FIELD(TEXT, domain, remedy, 0, "What to do", "处理建议"),
    FIELD_END,
};

static bool complete(struct request *rq, struct domain *domain, struct error *e) {
    const struct validation *v = &domain->row;
    const struct reason_row *reason = reason_find(v->last_reason);
    struct challenge challenge = {0};
    if (!validation_challenge(rq->arena, v, &challenge, e))
        return false;
    domain->host = challenge.host;
    domain->type = challenge.type;
    domain->value = challenge.value;
    domain->url = challenge.url;
    domain->content = challenge.content;
    domain->title = reason ? reason->title.in[rq->lang] : NULL;
    domain->remedy = reason ? reason->remedy.in[rq->lang] : NULL;
    return true;
}

static bool reply_domain(struct request *rq, struct domain *domain, struct error *e) {
    if (!complete(rq, domain, e))
        return false;
    rq->reply = json_from_row(rq->arena, domain_fields, domain);
    return true;
}

static bool path_domain(struct request *rq, struct domain *domain, struct error *e) {
    *domain = (struct domain){.host = NULL};
    return validation_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], &domain->row, e);
}

static const json_t *row_json(struct request *rq, const struct validation *v) {
    return json_keep(rq->arena, json_from_row(rq->arena, validation_fields, v));
}

/* ---- the routes ---- */

static bool read_body(struct request *rq, struct validation *v, struct error *e) {
    struct domain_body body = {.method = NULL};
    const struct check_ops *ops;
    const char *name;
    if (!json_to_row(rq->arena, rq->json, domain_body, &body, e) ||
        !check_find(body.method ? body.method : "dns", &ops, e) ||
        !name_normalise(rq->arena, body.name, false, &name, e) || !check_possible(ops, name, e))
        return false;
    v->name = name_bare(name);
    v->wildcard = v->name != name;
    v->method = ops->method;
    return true;
}

static bool refuse_second(struct request *rq, const struct validation *v, struct error *e) {
    const char *id = NULL;
    if (!validation_find_open(rq->db, rq->arena, v->account_id, v->name, v->method, &id, e))
        return false;
    if (!id)
        return true;
    fail(e, ERR_ALREADY_EXISTS, "control over %s is asked for already", "%s 的验证已在进行中", v->name);
    snprintf(e->object, sizeof e->object, "%s", id);
    return false;
}

static bool create_domain(struct request *rq, struct error *e) {
    struct domain domain = {.row = {.account_id = rq->caller.account_id, .advance = true}};
    struct validation *v = &domain.row;
    rq->status = 201;
    return read_body(rq, v, e) && refuse_second(rq, v, e) &&
           validation_begin(rq->db, rq->arena, rq->now, v, e) &&
           automatic_hurry(rq->services, rq->arena, v, rq->now, e) &&
           audit_change(rq, "domain.create", v->id, NULL, row_json(rq, v), e) && reply_domain(rq, &domain, e);
}

static bool get_domain(struct request *rq, struct error *e) {
    struct domain domain;
    return path_domain(rq, &domain, e) && reply_domain(rq, &domain, e);
}

static bool check_domain(struct request *rq, struct error *e) {
    struct domain domain;
    if (!path_domain(rq, &domain, e))
        return false;
    if (domain.row.ended_at)
        return fail(e, ERR_NOT_VALIDATING, "nothing is looked for at %s any more: %s", "%s 的验证已结束:%s",
                    domain.row.name, domain.row.end_reason);
    rq->status = 202;
    return validation_ask(rq->db, &domain.row, rq->now, e) && reply_domain(rq, &domain, e);
}

/* A proof that is removed is asked for again by the next application; one that is waited for is not removed.
 */
static bool not_waited_for(struct request *rq, const struct validation *v, struct error *e) {
    bool wanted;
    if (v->ended_at)
        return true;
    return validation_wanted(rq->db, rq->arena, v, rq->now, &wanted, e) &&
           (!wanted ||
            fail(e, ERR_IN_USE, "an application waits for %s", "有申请正在等待 %s 的验证", v->name));
}

static bool delete_domain(struct request *rq, struct error *e) {
    struct domain domain;
    rq->status = 204;
    return path_domain(rq, &domain, e) && not_waited_for(rq, &domain.row, e) &&
           validation_remove(rq->db, domain.row.id, rq->now, e) &&
           audit_change(rq, "domain.delete", domain.row.id, row_json(rq, &domain.row), NULL, e);
}

static bool list_domains(struct request *rq, struct error *e) {
    struct list_page page;
    struct validation *rows;
    size_t found;
    if (!list_page_by_id(rq, "val", &page, e) ||
        !validation_list(rq->db, rq->arena, rq->caller.account_id, page.cursor, page.limit + 1, &rows, &found,
                         e))
        return false;
    size_t count = list_count(&page, found);
    struct domain *domains = ARENA_ARRAY(rq->arena, count, struct domain);
    for (size_t i = 0; i < count; i++) {
        domains[i].row = rows[i];
        if (!complete(rq, &domains[i], e))
            return false;
    }
    list_reply(rq, domain_fields, sizeof *domains, domains, count, found > count ? rows[count - 1].id : NULL);
    return true;
}

static bool list_checks(struct request *rq, struct error *e) {
    struct list_page page;
    struct domain domain;
    struct validation_check *checks;
    size_t found;
    if (!list_page_by_id(rq, "vck", &page, e) || !path_domain(rq, &domain, e) ||
        !validation_check_list(rq->db, rq->arena, domain.row.id, page.cursor, page.limit + 1, &checks, &found,
                               e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, validation_check_fields, sizeof *checks, checks, count,
               found > count ? checks[count - 1].id : NULL);
    return true;
}

const struct route validate_routes[] = {
    {.method = "GET",
     .path = "/v1/domains",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_domains,
     .answer = domain_fields,
     .summary = TEXT("Names whose control was proven or is asked for, newest first",
                     "已验证或待验证的域名,按时间倒序")},
    {.method = "POST",
     .path = "/v1/domains",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = create_domain,
     .body = domain_body,
     .answer = domain_fields,
     .summary = TEXT("Asks for control over a name to be proven, in advance", "预先发起域名验证")},
    {.method = "GET",
     .path = "/v1/domains/{id}",
     .access = ACCESS_READ,
     .handle = get_domain,
     .answer = domain_fields,
     .summary = TEXT("What must be done, and what the last check found", "需要完成的操作以及上次检查结果")},
    {.method = "GET",
     .path = "/v1/domains/{id}/checks",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_checks,
     .answer = validation_check_fields,
     .summary = TEXT("What each server answered, newest first", "各服务器的应答,按时间倒序")},
    {.method = "POST",
     .path = "/v1/domains/{id}/check",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = check_domain,
     .answer = domain_fields,
     .summary = TEXT("Checks now", "立即检查")},
    {.method = "DELETE",
     .path = "/v1/domains/{id}",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES,
     .handle = delete_domain,
     .summary = TEXT("Removes a name: nothing relies on its proof any more", "删除域名验证,不再使用其结果")},
    {.method = NULL},
};
