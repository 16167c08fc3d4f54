/* Emergencies over HTTP. */
#include "audit/audit.h"
#include "emergency/emergency.h"
#include "http/list.h"

enum { HTTPS_PORT = 443 };

/* ---- what answers tell ---- */

static void derive_shown(struct emergency *em, enum lang lang) {
    em->stage_title = emergency_stage_title(em->stage)->in[lang];
    em->waits_detail = lang == LANG_ZH ? em->waits_detail_zh : em->waits_detail_en;
    em->seconds_to_live = em->live_at ? em->live_at - em->created_at : -1;
}

static json_t *shown(struct request *rq, const struct emergency *em) {
    struct emergency copy = *em;
    derive_shown(&copy, rq->lang);
    return json_from_row(rq->arena, emergency_fields, &copy);
}

static bool add_stages(struct request *rq, const struct emergency *em, struct error *e) {
    struct emergency_stage *stages;
    size_t count;
    json_t *list = json_array();
    json_object_set_new(rq->reply, "stages", list);
    if (!emergency_stage_list(rq->db, rq->arena, em->id, &stages, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct emergency_stage *s = &stages[i];
        s->title = emergency_stage_title(s->stage)->in[rq->lang];
        s->detail = rq->lang == LANG_ZH ? s->detail_zh : s->detail_en;
        s->seconds = s->ended_at ? s->ended_at - s->began_at : -1;
        json_array_append_new(list, json_from_row(rq->arena, emergency_stage_fields, s));
    }
    return true;
}

static bool reply(struct request *rq, const struct emergency *em, struct error *e) {
    json_t *prevention;
    rq->reply = shown(rq, em);
    if (!add_stages(rq, em, e) || !tell_prevention(rq, em, &prevention, e))
        return false;
    json_object_set_new(rq->reply, "prevention", prevention);
    return true;
}

/* ---- declare ---- */

struct declare_body {
    const char *host, *address;
    int64_t port;
    bool force;
};

static const struct field declare_body[] = {
    FIELD(TEXT, declare_body, host, FIELD_REQUIRED, "Host that is down", "中断的主机"),
    FIELD(INT, declare_body, port, 0, "Port, 443 unless given", "端口,默认为 443"),
    FIELD(TEXT, declare_body, address, 0, "Where to look at it, if not where the name leads",
          "检查地址(默认按域名解析)"),
    FIELD(BOOL, declare_body, force, 0, "Also from a CA that its clients may not trust",
          "允许使用客户端可能不信任的 CA"),
    FIELD_END,
};

static bool failed_in(struct error *e, const char *field) {
    snprintf(e->field, sizeof e->field, "%s", field);
    return false;
}

static bool read_declaration(struct request *rq, struct emergency *em, struct error *e) {
    struct declare_body body = {.port = HTTPS_PORT};
    const char *host = NULL, *address = NULL;
    if (!json_to_row(rq->arena, rq->json, declare_body, &body, e))
        return false;
    if (body.port < 1 || body.port > UINT16_MAX)
        return fail_field(e, "port", ERR_BAD_FIELD, "a port is 1 to %d", "端口应为 1 到 %d", UINT16_MAX);
    if (strncmp(body.host, "*.", 2) == 0)
        return fail_field(e, "host", ERR_BAD_NAME, "'%s' is no host that can be looked at",
                          "“%s”不是可检查的主机", body.host);
    if (!name_normalise(rq->arena, body.host, false, &host, e))
        return failed_in(e, "host");
    if (body.address && !name_normalise(rq->arena, body.address, false, &address, e))
        return failed_in(e, "address");
    *em = (struct emergency){.account_id = rq->caller.account_id,
                             .host = host,
                             .port = body.port,
                             .address = address,
                             .force = body.force,
                             .created_by = rq->caller.user_id};
    return true;
}

/* One that waits for somebody to say so goes on. */
static bool force_open(struct request *rq, struct emergency *open, struct error *e) {
    open->force = true;
    open->waits_for = open->waits_detail_en = open->waits_detail_zh = NULL;
    return emergency_store(rq->db, open, e) &&
           work_enqueue(rq->db, open->account_id, open->id, "emergency", rq->now, e);
}

static bool declare(struct request *rq, struct error *e) {
    struct emergency em = {.id = NULL}, open;
    if (!read_declaration(rq, &em, e) ||
        !emergency_find_open(rq->db, rq->arena, em.account_id, em.host, em.port, &open, e))
        return false;
    bool forced = open.id && em.force && !open.force;
    bool done =
        forced ? force_open(rq, &open, e) : emergency_declare(rq->services, rq->arena, &em, rq->now, e);
    rq->status = 202;
    return done && reply(rq, forced ? &open : &em, e) &&
           audit_change(rq, forced ? "emergency.force" : "emergency.declare", forced ? open.id : em.id, NULL,
                        rq->reply, e);
}

/* ---- show, list, close ---- */

static bool of_path(struct request *rq, struct emergency *em, struct error *e) {
    return emergency_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], em, e);
}

static bool show(struct request *rq, struct error *e) {
    struct emergency em;
    return of_path(rq, &em, e) && reply(rq, &em, e);
}

static bool list(struct request *rq, struct error *e) {
    struct list_page page;
    struct emergency *items;
    size_t found;
    if (!list_page_by_id(rq, "emg", &page, e))
        return false;
    const struct emergency_range range = {
        .account_id = rq->caller.account_id, .cursor = page.cursor, .limit = page.limit + 1};
    if (!emergency_list(rq->db, rq->arena, &range, &items, &found, e))
        return false;
    size_t count = list_count(&page, found);
    for (size_t i = 0; i < count; i++)
        derive_shown(&items[i], rq->lang);
    list_reply(rq, emergency_fields, sizeof *items, items, count, found > count ? items[count - 1].id : NULL);
    return true;
}

static bool close_open(struct request *rq, struct error *e) {
    struct emergency em;
    return of_path(rq, &em, e) && emergency_close(rq->db, &em, rq->now, e) && reply(rq, &em, e) &&
           audit_change(rq, "emergency.close", em.id, NULL, rq->reply, e);
}

const struct route emergency_routes[] = {
    {.method = "POST",
     .path = "/v1/emergencies",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = declare,
     .body = declare_body,
     .answer = emergency_fields,
     .summary =
         TEXT("A certificate has expired and the site is down: a stopgap is issued, deployed and verified",
              "证书过期导致站点中断:签发、部署并验证应急证书")},
    {.method = "GET",
     .path = "/v1/emergencies",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list,
     .answer = emergency_fields,
     .summary = TEXT("Emergencies, newest first", "应急处理,按时间倒序")},
    {.method = "GET",
     .path = "/v1/emergencies/{id}",
     .access = ACCESS_READ,
     .handle = show,
     .answer = emergency_fields,
     .summary = TEXT("One emergency, with its stages and their times", "查看应急处理及各阶段用时")},
    {.method = "POST",
     .path = "/v1/emergencies/{id}/close",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = close_open,
     .answer = emergency_fields,
     .summary = TEXT("Gives an emergency up, or ends its follow-up", "放弃应急处理或结束跟进")},
    {.method = NULL},
};
