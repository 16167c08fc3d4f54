/* Applications over HTTP: what has to be published for each name, and what was found. */
#include "applicant/form.h"
#include "audit/audit.h"
#include "http/list.h"
#include "pki/names.h"
#include "validate/gate.h"

/* ---- one application, with its names ---- */

struct challenge_answer {
    struct application_name row;
    struct validation validation;
    struct challenge challenge;
    struct validation_check check; /* the last one */
    const char *detail, *title, *remedy;
    int64_t next_check_at;
};

#define PART(part, name_, type_, flags_, en, zh)                                                             \
    {                                                                                                        \
        .name = #name_, .type = FIELD_##type_, .offset = offsetof(struct challenge_answer, part.name_),      \
        .flags = (flags_), .label = TEXT(en, zh)                                                             \
    }

const struct field challenge_fields[] = {
    PART(row, name, TEXT, FIELD_COLUMN, "Name", "域名"),
    PART(row, wildcard, BOOL, 0, "For wildcards below it, too", "同时用于其下的通配符域名"),
    PART(row, validation_id, TEXT, 0, "Domain", "域名验证"),
    PART(validation, method, TEXT, FIELD_COLUMN, "Method", "验证方式"),
    PART(challenge, host, TEXT, FIELD_COLUMN, "Record: name", "记录:主机记录"),
    PART(challenge, type, TEXT, FIELD_COLUMN, "Record: type", "记录:类型"),
    PART(challenge, value, TEXT, FIELD_COLUMN, "Record: value", "记录:记录值"),
    PART(challenge, url, TEXT, FIELD_COLUMN, "File: where it is fetched", "文件:访问地址"),
    PART(challenge, content, TEXT, FIELD_COLUMN, "File: what it holds", "文件:内容"),
    PART(validation, challenge, TEXT, FIELD_COLUMN, "Published by Tenure itself, by this type of challenge",
         "由 Tenure 自动发布,质询类型"),
    PART(validation, token_end_at, TIME, 0, "The value is good until", "验证值有效期至"),
    PART(validation, validated_at, TIME, FIELD_COLUMN, "Proven", "验证通过时间"),
    PART(validation, tries, INT, 0, "Checks that did not find it", "未通过的检查次数"),
    PART(validation, last_check_at, TIME, 0, "Last check", "上次检查时间"),
    PART(validation, last_reason, TEXT, FIELD_COLUMN, "What it found", "检查结果"),
    FIELD(TEXT, challenge_answer, title, 0, "What that means", "结果说明"),
    FIELD(TEXT, challenge_answer, detail, 0, "Where it was seen", "详细信息"),
    FIELD(TEXT, challenge_answer, remedy, 0, "What to do", "处理建议"),
    PART(check, answers, LIST, 0, "What each server answered", "各服务器的应答"),
    FIELD(TIME, challenge_answer, next_check_at, 0, "Next check", "下次检查时间"),
    FIELD_END,
};

static bool last_check(struct request *rq, struct challenge_answer *one, struct error *e) {
    struct validation_check *checks;
    size_t count;
    if (!validation_check_list(rq->db, rq->arena, one->validation.id, NULL, 1, &checks, &count, e))
        return false;
    if (!count)
        return true;
    one->check = checks[0];
    one->detail = rq->lang == LANG_ZH ? checks[0].detail_zh : checks[0].detail_en;
    return true;
}

static bool next_check(struct request *rq, struct challenge_answer *one, struct error *e) {
    struct work_item item;
    if (one->validation.ended_at)
        return true;
    if (work_get(rq->db, rq->arena, one->validation.id, &item, e)) {
        one->next_check_at = item.due_at;
        return true;
    }
    return error_absent(e);
}

static bool fill_in(struct request *rq, struct challenge_answer *one, struct error *e) {
    if (!validation_get_any(rq->db, rq->arena, one->row.validation_id, &one->validation, e))
        return false;
    const struct reason_row *reason = reason_find(one->validation.last_reason);
    one->title = reason ? reason->title.in[rq->lang] : NULL;
    one->remedy = reason ? reason->remedy.in[rq->lang] : NULL;
    return validation_challenge(rq->arena, &one->validation, &one->challenge, e) && last_check(rq, one, e) &&
           next_check(rq, one, e);
}

struct application_answer {
    struct application application;
    struct challenge_answer *challenges;
    size_t challenge_count;
};

#define ROW(name_, type_, flags_, en, zh)                                                                    \
    {                                                                                                        \
        .name = #name_, .type = FIELD_##type_,                                                               \
        .offset = offsetof(struct application_answer, application.name_), .flags = (flags_),                 \
        .label = TEXT(en, zh)                                                                                \
    }

static const struct field application_answer[] = {
    ROW(id, TEXT, FIELD_COLUMN, "Id", "ID"),
    ROW(number, INT, 0, "Number", "编号"),
    ROW(certificate_id, TEXT, FIELD_COLUMN, "Certificate", "证书"),
    ROW(names, WORDS, FIELD_COLUMN, "Names", "域名"),
    ROW(grade, TEXT, 0, "Grade", "证书等级"),
    ROW(issuer, TEXT, 0, "Issuer", "签发机构"),
    ROW(demands, TEXT, 0, "What the brand demands: none, dv, review", "品牌要求:none、dv、review"),
    ROW(csr_choice, TEXT, 0, "Key choice", "CSR 方式"),
    ROW(key_algorithm, TEXT, 0, "Key algorithm", "密钥算法"),
    ROW(contact_id, TEXT, 0, "Contact", "联系人"),
    ROW(organization_id, TEXT, 0, "Organisation", "组织"),
    ROW(validation_method, TEXT, 0,
        "Method of validation: dns, file; empty: whichever needs nobody, else dns",
        "验证方式:dns、file;空表示优先自动验证,否则为 dns"),
    ROW(submitted_at, TIME, 0, "Submitted", "提交时间"),
    ROW(submitted_by, TEXT, 0, "Who submitted it; empty: a payment or the managed service",
        "提交人;空表示由支付或托管服务提交"),
    ROW(expires_at, TIME, 0, "The time for validation ends", "验证截止时间"),
    ROW(created_at, TIME, 0, "Created", "创建时间"),
    ROW(closed_at, TIME, FIELD_COLUMN, "Closed", "结束时间"),
    ROW(version_id, TEXT, 0, "Version", "版本"),
    ROW(reject_reason, TEXT, 0, "Why it ended without a version", "未签发的原因"),
    ROW(reviewed_at, TIME, 0, "Reviewed", "审核时间"),
    ROW(reviewed_by, TEXT, 0, "Reviewer", "审核员"),
    ROW(reject_text, TEXT, 0, "What the reviewer says", "审核意见"),
    ROW(problems, LIST, 0, "What the CA says against it, for each name", "CA 对各域名反馈的问题"),
    FIELD_ROWS_OF(challenge_fields, application_answer, challenges, challenge_count, 0,
                  "What has to be published for each name", "各域名需发布的验证内容"),
    FIELD_END,
};

static bool reply_application(struct request *rq, const struct application *p, struct error *e) {
    struct application_answer answer = {.application = *p};
    struct application_name *names;
    size_t count;
    if (!application_name_list(rq->db, rq->arena, p->id, &names, &count, e))
        return false;
    answer.challenges = ARENA_ARRAY(rq->arena, count ? count : 1, struct challenge_answer);
    for (; answer.challenge_count < count; answer.challenge_count++) {
        struct challenge_answer *one = &answer.challenges[answer.challenge_count];
        *one = (struct challenge_answer){.row = names[answer.challenge_count]};
        if (!fill_in(rq, one, e))
            return false;
    }
    rq->reply = json_from_row(rq->arena, application_answer, &answer);
    return true;
}

static bool get_application(struct request *rq, struct error *e) {
    struct application p;
    return application_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], &p, e) &&
           reply_application(rq, &p, e);
}

/* ---- checking now ---- */

struct asking {
    size_t waiting, asked;
    struct error refusal; /* of the last one that was not asked for */
};

static bool ask_one(struct request *rq, const struct application_name *name, struct asking *asking,
                    struct error *e) {
    struct validation v;
    if (name->settled_at)
        return true;
    if (!validation_get_any(rq->db, rq->arena, name->validation_id, &v, e))
        return false;
    asking->waiting++;
    if (validation_ask(rq->db, &v, rq->now, &asking->refusal)) {
        asking->asked++;
        return true;
    }
    if (asking->refusal.id == ERR_TOO_MANY_CHECKS)
        return true;
    *e = asking->refusal;
    return false;
}

static bool ask_all(struct request *rq, const struct application *p, struct asking *asking, struct error *e) {
    struct application_name *names;
    size_t count;
    if (!application_name_list(rq->db, rq->arena, p->id, &names, &count, e))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!ask_one(rq, &names[i], asking, e))
            return false;
    return true;
}

/* It is submitted, but the engine may not have come to it. */
static bool open_of(struct request *rq, const struct certificate *c, struct application *p, struct error *e) {
    return application_open(rq->db, rq->arena, c->id, p, e) ||
           (e->id == ERR_NOT_FOUND &&
            fail(e, ERR_NOT_VALIDATING, "the application of %s is only being made; check it in a moment",
                 "%s 的申请正在生成,请稍后再检查", c->id));
}

/* One that was asked for just now is passed over; only if that is so of all, it is refused. */
static bool check_all(struct request *rq, const struct certificate *c, struct application *p,
                      struct error *e) {
    struct asking asking = {.waiting = 0};
    if (!open_of(rq, c, p, e) || !ask_all(rq, p, &asking, e))
        return false;
    if (!asking.waiting)
        return fail(e, ERR_NOT_VALIDATING, "no name of %s waits for a check", "%s 没有待检查的域名", c->id);
    if (!asking.asked)
        *e = asking.refusal;
    return asking.asked > 0;
}

static bool check_certificate(struct request *rq, struct error *e) {
    struct certificate c;
    struct application p;
    const struct profile *profile;
    rq->status = 202;
    return certificate_of_path(rq, &c, e) && certificate_profile(rq->services->policies, &c, &profile, e) &&
           action_allowed(ACTION_CHECK_NOW, &c, profile, rq->now, e) && check_all(rq, &c, &p, e) &&
           reply_application(rq, &p, e);
}

/* ---- which methods can work ---- */

struct methods {
    const char *name, *methods, *recommended;
};

const struct field methods_fields[] = {
    FIELD(TEXT, methods, name, FIELD_COLUMN, "Name", "域名"),
    FIELD(WORDS, methods, methods, FIELD_COLUMN, "Methods that can work", "可用的验证方式"),
    FIELD(TEXT, methods, recommended, FIELD_COLUMN, "Recommended", "推荐方式"),
    FIELD_END,
};

static struct methods methods_of(struct arena *a, const char *name) {
    struct methods m = {.name = name, .methods = ""};
    for (const struct check_ops *const *ops = check_methods; *ops; ops++) {
        struct error ignored = {0};
        if (!check_possible(*ops, name, &ignored))
            continue;
        m.methods = arena_printf(a, "%s%s%s", m.methods, *m.methods ? " " : "", (*ops)->method);
        m.recommended = m.recommended ? m.recommended : (*ops)->method;
    }
    return m;
}

static bool list_methods(struct request *rq, struct error *e) {
    struct certificate c;
    if (!certificate_of_path(rq, &c, e))
        return false;
    size_t count = names_count(c.names);
    struct methods *rows = ARENA_ARRAY(rq->arena, count, struct methods);
    for (size_t i = 0; i < count; i++)
        rows[i] = methods_of(rq->arena, names_at(rq->arena, c.names, i));
    list_reply(rq, methods_fields, sizeof *rows, rows, count, NULL);
    return true;
}

const struct route application_routes[] = {
    {.method = "GET",
     .path = "/v1/applications/{id}",
     .access = ACCESS_READ,
     .handle = get_application,
     .answer = application_answer,
     .summary = TEXT("An application: what has to be published for each name, and what the last check found",
                     "申请详情:各域名需发布的内容以及上次检查结果")},
    {.method = "POST",
     .path = "/v1/certificates/{id}/check",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = check_certificate,
     .answer = application_answer,
     .summary = TEXT("Checks all names that are waited for now", "立即检查所有待验证的域名")},
    {.method = "GET",
     .path = "/v1/certificates/{id}/methods",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_methods,
     .answer = methods_fields,
     .summary = TEXT("For each name the methods of validation that can work, and the recommended one",
                     "各域名可用的验证方式及推荐方式")},
    {.method = NULL},
};
