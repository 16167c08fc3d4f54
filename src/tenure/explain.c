/*
 * Explain: for one certificate, in sentences: why it is in this state, why this date, what happens next and
 * when, what a person may do. Everything comes from the functions that also decide, so it cannot say
 * something else than they do.
 */
#include "tenure/explain.h"
#include "base/clock.h"
#include "deploy/deploy.h"
#include "flow/flow.h"
#include "renew/renew_step.h"
#include "tenure/system_api.h"

void explain_say(struct explanation *x, const char *topic, const char *en, const char *zh, ...) {
    va_list args;
    va_start(args, zh);
    const char *text = arena_vprintf(x->rq->arena, x->rq->lang == LANG_ZH ? zh : en, args);
    va_end(args);
    json_array_append_new(x->sentences, json_pack("{s:s,s:s}", "topic", topic, "text", text));
}

const char *explain_when(const struct explanation *x, int64_t t) {
    return time_format(x->rq->arena, t);
}

/* ---- the state ---- */

static bool say_state(struct explanation *x, struct error *e) {
    (void)e;
    const struct certificate *c = x->c;
    enum certificate_state state = certificate_state(c, x->rq->now);
    const struct state_row *row = state_row(state);
    explain_say(x, "state", "Certificate %s for %s is %s (%s).", "证书 %s(%s)的状态是%s(%s)。", c->id,
                c->names, row->title.in[x->rq->lang], row->name);
    if (state == STATE_PENDING_EXPIRATION)
        explain_say(x, "state", "Its end, %s, is inside its window, which began at %s.",
                    "其结束时间 %s 已进入续费窗口,窗口开始于 %s。", explain_when(x, c->end_at),
                    explain_when(x, c->window_at));
    if (state == STATE_ISSUED)
        explain_say(x, "state", "It counts as about to expire from %s.", "从 %s 起将被视为即将过期。",
                    explain_when(x, c->window_at));
    if (state == STATE_EXPIRED)
        explain_say(x, "state", "Its last second was %s.", "其最后一秒是 %s。",
                    explain_when(x, c->expires_at - 1));
    const struct text *risk = certificate_at_risk(c, x->rq->now);
    if (risk)
        explain_say(x, "risk", "It is at risk: %s.", "存在风险:%s。", risk->in[x->rq->lang]);
    return true;
}

/* ---- the dates ---- */

static bool say_coverage(struct explanation *x, struct error *e) {
    (void)e;
    const struct certificate *c = x->c;
    if (!c->coverage_end)
        return true;
    explain_say(x, "coverage", "It is paid for until %s; %lld days were carried over from its predecessor.",
                "有效覆盖期至 %s;从原证书延续了 %lld 天。", explain_when(x, c->coverage_end),
                (long long)(c->carried_seconds / DAY));
    return true;
}

static bool say_version(struct explanation *x, struct error *e) {
    (void)e;
    const struct certificate *c = x->c;
    if (!c->version_id)
        return true;
    explain_say(x, "version", "Its version %lld is valid from %s to %s, fingerprint %s.",
                "第 %lld 个版本的有效期为 %s 至 %s,指纹 %s。", (long long)c->version_count,
                explain_when(x, c->not_before), explain_when(x, c->version_end - 1), c->fingerprint);
    if (!c->coverage_end)
        return true;
    int64_t cap = policy_cap_days(x->profile, c->not_before);
    if (c->revoked_at)
        return true;
    if (c->version_end < c->coverage_end && c->version_end - c->not_before < cap * DAY)
        explain_say(
            x, "version",
            "The version ends before the coverage, because its issuer signs for %lld days; more versions "
            "follow by themselves.",
            "该版本早于覆盖期结束,因为签发机构的有效期为 %lld 天;后续版本会自动签发。",
            (long long)((c->version_end - c->not_before) / DAY));
    else if (c->version_end < c->coverage_end)
        explain_say(
            x, "version",
            "The version ends before the coverage, because policy %s allows %lld days for a certificate issued then; more versions follow by themselves.",
            "该版本早于覆盖期结束,因为策略 %s 规定当时签发的证书最长 %lld 天;后续版本会自动签发。",
            x->profile->name, (long long)cap);
    else
        explain_say(x, "version", "The version lasts to the end of the coverage.",
                    "该版本可用至覆盖期结束。");
    return true;
}

/* ---- what happens next ---- */

static void say_planned(struct explanation *x, const struct work_item *item) {
    const struct step *step = step_find(steps, item->step);
    explain_say(x, "next", "Next, at %s: Tenure %s.", "下一步(%s):Tenure %s。", explain_when(x, item->due_at),
                step ? step->does.in[x->rq->lang] : item->step);
}

static void say_queue(struct explanation *x) {
    struct work_item item;
    struct error e = {0};
    if (!work_get(x->rq->db, x->rq->arena, x->c->id, &item, &e)) {
        explain_say(x, "next", "Nothing is planned for it.", "目前没有计划任务。");
        return;
    }
    say_planned(x, &item);
    if (item.attempts)
        explain_say(x, "trouble", "%lld attempts failed so far, the last one with %s: %s",
                    "此前失败 %lld 次,最近一次原因是 %s:%s", (long long)item.attempts, item.last_error,
                    error_row(error_by_code(item.last_error))->remedy.in[x->rq->lang]);
}

static bool say_next(struct explanation *x, struct error *e) {
    struct renew_facts facts;
    if (!renew_facts_read(x->rq->db, x->rq->arena, x->c, &facts, e))
        return false;
    struct renew_decision decision = renew_next(&facts, x->profile, x->rq->now);
    explain_say(x, "next", "%s.", "%s。", decision.reason->text.in[x->rq->lang]);
    if (x->c->next_issue_at && x->c->version_end < x->c->coverage_end && !x->c->revoked_at)
        explain_say(x, "next", "The next version is issued at %s.", "下一版本将于 %s 签发。",
                    explain_when(x, x->c->next_issue_at));
    if (x->c->successor_id)
        explain_say(x, "next", "Its successor is %s.", "其续费证书为 %s。", x->c->successor_id);
    say_queue(x);
    return true;
}

static void say_deployment(struct explanation *x, const struct deployment *d) {
    const char *detail = x->rq->lang == LANG_ZH ? d->detail_zh : d->detail_en;
    struct work_item item;
    struct error e = {0};
    explain_say(x, "deployment", "Deployment %s to '%s' is %s.", "部署 %s(目标“%s”)的状态是 %s。", d->id,
                d->target_name, d->state);
    if (d->reason)
        explain_say(x, "trouble", "%lld attempts were made, the last one ended with %s: %s",
                    "已尝试 %lld 次,最近一次的结果是 %s:%s", (long long)d->attempts, d->reason,
                    detail ? detail : "-");
    if (work_get(x->rq->db, x->rq->arena, d->id, &item, &e))
        say_planned(x, &item);
}

static bool say_deployments(struct explanation *x, struct error *e) {
    struct deployment *list;
    size_t count;
    if (!deployment_list_of(x->rq->db, x->rq->arena, x->c->id, &list, &count, e))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!list[i].finished_at)
            say_deployment(x, &list[i]);
    return true;
}

/* ---- what a person may do ---- */

static bool say_actions(struct explanation *x, struct error *e) {
    (void)e;
    static const enum action before_issue[] = {ACTION_SUBMIT, ACTION_WITHDRAW, ACTION_CANCEL, ACTION_COUNT};
    static const enum action official[] = {ACTION_RENEW, ACTION_RENEW_EARLY, ACTION_REISSUE, ACTION_REVOKE,
                                           ACTION_COUNT};
    static const enum action brought_in[] = {ACTION_REPLACE, ACTION_UPDATE, ACTION_SYNC, ACTION_DELETE,
                                             ACTION_COUNT};
    const enum action *ordered = x->c->version_count ? official : before_issue;
    const enum action *asked = x->c->brand ? ordered : brought_in;
    for (size_t i = 0; asked[i] != ACTION_COUNT; i++) {
        struct error refusal = {0};
        const char *title = action_title(asked[i])->in[x->rq->lang];
        if (action_allowed(asked[i], x->c, x->profile, x->rq->now, &refusal))
            explain_say(x, "action", "%s: possible now.", "%s:现在可以。", title);
        else
            explain_say(x, "action", "%s: no, %s (%s).", "%s:不可以,%s(%s)。", title,
                        refusal.detail[x->rq->lang], error_row(refusal.id)->code);
    }
    return true;
}

/* clang-format off */
static bool (*const parts[])(struct explanation *x, struct error *e) = {
    say_state,
    explain_order,
    explain_application,
    explain_validation,
    explain_preflight,
    explain_issuer,
    explain_solution,
    explain_key,
    explain_source,
    explain_suggestion,
    say_coverage,
    say_version,
    explain_term,
    say_next,
    say_deployments,
    say_actions,
};
/* clang-format on */

static bool explain(struct request *rq, struct error *e) {
    struct certificate c;
    const struct profile *profile;
    if (!certificate_of_path(rq, &c, e) || !certificate_profile(rq->services->policies, &c, &profile, e))
        return false;
    struct explanation x = {.rq = rq, .c = &c, .profile = profile, .sentences = json_array()};
    rq->reply = json_pack("{s:s,s:s,s:o}", "certificate", c.id, "state",
                          state_row(certificate_state(&c, rq->now))->name, "sentences", x.sentences);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!parts[i](&x, e))
            return false;
    return true;
}

const struct route explain_routes[] = {
    {.method = "GET",
     .path = "/v1/certificates/{id}/explain",
     .access = ACCESS_READ,
     .handle = explain,
     .summary =
         TEXT("Why it is in this state, why this date, what happens next: {sentences: [{topic, text}]}",
              "解释证书的状态、日期以及后续安排:{sentences: [{topic, text}]}")},
    {0},
};
