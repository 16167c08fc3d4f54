/* Looks at names, over HTTP. */
#include "audit/audit.h"
#include "doctor/doctor.h"
#include "doctor/doctor_issuer.h"
#include "http/list.h"
#include "pki/names.h"

enum { MINUTE = 60 };

/* ---- what answers tell ---- */

struct finding_shown {
    const char *code, *severity, *issuer, *title, *detail, *remedy, *value;
};

#define FINDING(member, flags, en, zh) FIELD(TEXT, finding_shown, member, flags, en, zh)

const struct field finding_shown_fields[] = {
    FINDING(code, FIELD_COLUMN, "What it is", "代码"),
    FINDING(severity, FIELD_COLUMN, "fatal: a CA would refuse; warning; note",
            "fatal 表示 CA 会拒绝;warning 警告;note 提示"),
    FINDING(issuer, FIELD_COLUMN, "The issuer that it concerns, if not all", "相关的签发机构(默认为全部)"),
    FINDING(title, FIELD_COLUMN, "What that means", "说明"),
    FINDING(detail, 0, "Where", "详情"),
    FINDING(remedy, 0, "What to do", "处理建议"),
    FINDING(value, 0, "A record to add, as it stands", "可直接添加的记录"),
    FIELD_END,
};

struct preflight_shown {
    struct preflight row;
    struct finding_shown *findings;
    size_t finding_count;
};

#define SHOWN(name_, type_, en, zh)                                                                          \
    {                                                                                                        \
        .name = #name_, .type = FIELD_##type_, .offset = offsetof(struct preflight_shown, row.name_),        \
        .label = TEXT(en, zh)                                                                                \
    }

const struct field preflight_shown_fields[] = {
    SHOWN(id, TEXT, "Id", "ID"),
    SHOWN(name, TEXT, "Name", "域名"),
    SHOWN(issuer_id, TEXT, "For this issuer alone", "仅针对该签发机构"),
    SHOWN(application_id, TEXT, "The application that needs it", "所属申请"),
    SHOWN(created_at, TIME, "Asked for", "发起时间"),
    SHOWN(ended_at, TIME, "Looked at", "完成时间"),
    SHOWN(worst, TEXT, "Worst that was found: note, warning, fatal", "最严重的结果:note、warning、fatal"),
    FIELD_ROWS_OF(finding_shown_fields, preflight_shown, findings, finding_count, 0,
                  "What was found, the worst first", "检查结果,最严重的在前"),
    SHOWN(answers, LIST, "What each server answered: [{server, question, answer, ms}]",
          "各服务器的应答:[{server, question, answer, ms}]"),
    FIELD_END,
};

static const char *member(const json_t *object, const char *name) {
    return json_string_value(json_object_get(object, name));
}

static void show_finding(const json_t *stored, enum lang lang, struct finding_shown *shown) {
    const struct symptom_row *row = symptom_find(member(stored, "code"));
    if (!row)
        return; /* of a newer version */
    *shown = (struct finding_shown){.code = row->code,
                                    .severity = severity_name(row->severity),
                                    .issuer = member(stored, "issuer"),
                                    .title = row->title.in[lang],
                                    .detail = member(stored, lang == LANG_ZH ? "detail_zh" : "detail_en"),
                                    .remedy = row->remedy.in[lang],
                                    .value = member(stored, "value")};
}

static bool reply(struct request *rq, const struct preflight *p, struct error *e) {
    struct preflight_shown shown = {.row = *p};
    json_t *list = NULL;
    if (p->findings && !json_read(rq->arena, slice_str(p->findings), &list, e))
        return false;
    shown.finding_count = json_array_size(list);
    shown.findings = ARENA_ARRAY(rq->arena, shown.finding_count, struct finding_shown);
    for (size_t i = 0; i < shown.finding_count; i++)
        show_finding(json_array_get(list, i), rq->lang, &shown.findings[i]);
    rq->reply = json_from_row(rq->arena, preflight_shown_fields, &shown);
    return true;
}

/* ---- the routes ---- */

struct preflight_body {
    const char *name, *issuer;
};

static const struct field preflight_body[] = {
    FIELD(TEXT, preflight_body, name, FIELD_REQUIRED, "Name, *.NAME or IP address", "域名、*.域名或 IP 地址"),
    FIELD(TEXT, preflight_body, issuer, 0, "For this issuer alone", "仅针对该签发机构"),
    FIELD_END,
};

static bool read_body(struct request *rq, struct preflight *p, struct error *e) {
    struct preflight_body body = {.issuer = NULL};
    if (!json_to_row(rq->arena, rq->json, preflight_body, &body, e) ||
        !name_normalise(rq->arena, body.name, false, &p->name, e) ||
        !doctor_issuer_known(rq->db, rq->arena, body.issuer, e))
        return false;
    p->issuer_id = body.issuer;
    return true;
}

static bool refuse_often(struct request *rq, struct error *e) {
    int64_t asked;
    if (!preflight_asked_since(rq->db, rq->caller.account_id, rq->now - MINUTE, &asked, e))
        return false;
    return asked < PREFLIGHTS_PER_MINUTE ||
           fail(e, ERR_TOO_MANY_CHECKS, "more than %d names were looked at within a minute",
                "一分钟内检查的域名超过 %d 个", PREFLIGHTS_PER_MINUTE);
}

static bool create_preflight(struct request *rq, struct error *e) {
    struct preflight p = {.account_id = rq->caller.account_id};
    rq->status = 202;
    return read_body(rq, &p, e) && refuse_often(rq, e) &&
           preflight_begin(rq->db, rq->arena, rq->now, &p, e) &&
           audit_change(rq, "preflight.create", p.id, NULL,
                        json_keep(rq->arena, json_from_row(rq->arena, preflight_fields, &p)), e) &&
           reply(rq, &p, e);
}

static bool get_preflight(struct request *rq, struct error *e) {
    struct preflight p;
    return preflight_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], &p, e) &&
           reply(rq, &p, e);
}

struct preflight_filter {
    const char *name;
};

static const struct field preflight_filter[] = {
    FIELD(TEXT, preflight_filter, name, 0, "Of this name alone", "仅该域名"),
    FIELD_END,
};

static bool list_preflights(struct request *rq, struct error *e) {
    struct list_page page;
    struct preflight *rows;
    size_t found;
    if (!list_page_by_id(rq, "pfl", &page, e))
        return false;
    const struct preflight_query query = {.account_id = rq->caller.account_id,
                                          .name = rq->query(rq, "name"),
                                          .cursor = page.cursor,
                                          .limit = page.limit + 1};
    if (!preflight_list(rq->db, rq->arena, &query, &rows, &found, e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, preflight_fields, sizeof *rows, rows, count, found > count ? rows[count - 1].id : NULL);
    return true;
}

const struct route doctor_routes[] = {
    {.method = "GET",
     .path = "/v1/preflights",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_preflights,
     .answer = preflight_fields,
     .query = preflight_filter,
     .summary = TEXT("Looks at names before and after a CA was asked, newest first", "域名预检,按时间倒序")},
    {.method = "POST",
     .path = "/v1/preflights",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = create_preflight,
     .body = preflight_body,
     .answer = preflight_shown_fields,
     .summary = TEXT("Looks at what DNS, CAA and ports say about a name", "检查域名的 DNS、CAA 与端口")},
    {.method = "GET",
     .path = "/v1/preflights/{id}",
     .access = ACCESS_READ,
     .handle = get_preflight,
     .answer = preflight_shown_fields,
     .summary = TEXT("What was found, with the way out", "检查结果与处理建议")},
    {.method = NULL},
};
