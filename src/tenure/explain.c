/*
 * Explain: for one certificate, in sentences: why it is in this state, why this date, what happens next and
 * when, what a person may do. Everything comes from the functions that also decide, so it cannot say
 * something else than they do.
 */
#include "base/clock.h"
#include "deploy/deploy.h"
#include "flow/flow.h"
#include "renew/renew_step.h"
#include "tenure/system_api.h"

struct explanation {
    struct request *rq;
    const struct certificate *c;
    const struct profile *profile;
    json_t *sentences;
};

/* One sentence with a topic that programs can match. Both formats take the same arguments. */
static void __attribute__((format(printf, 3, 5), format(printf, 4, 5)))
say(struct explanation *x, const char *topic, const char *en, const char *zh, ...) {
    va_list args;
    va_start(args, zh);
    const char *text = arena_vprintf(x->rq->arena, x->rq->lang == LANG_ZH ? zh : en, args);
    va_end(args);
    json_array_append_new(x->sentences, json_pack("{s:s,s:s}", "topic", topic, "text", text));
}

static const char *when(struct explanation *x, int64_t t) {
    return time_format(x->rq->arena, t);
}

/* ---- the state ---- */

static void say_state(struct explanation *x) {
    const struct certificate *c = x->c;
    enum certificate_state state = certificate_state(c, x->rq->now);
    const struct state_row *row = state_row(state);
    say(x, "state", "Certificate %s for %s is %s (%s).", "证书 %s(%s)的状态是%s(%s)。", c->id, c->names,
        row->title.in[x->rq->lang], row->name);
    if (state == STATE_PENDING_EXPIRATION)
        say(x, "state", "Its end, %s, is inside its window, which began at %s.",
            "其结束时间 %s 已进入续费窗口,窗口开始于 %s。", when(x, c->end_at), when(x, c->window_at));
    if (state == STATE_ISSUED)
        say(x, "state", "It counts as about to expire from %s.", "从 %s 起将被视为即将过期。",
            when(x, c->window_at));
    if (state == STATE_EXPIRED)
        say(x, "state", "Its last second was %s.", "其最后一秒是 %s。", when(x, c->expires_at - 1));
    const struct text *risk = certificate_at_risk(c, x->rq->now);
    if (risk)
        say(x, "risk", "It is at risk: %s.", "存在风险:%s。", risk->in[x->rq->lang]);
}

/* ---- the dates ---- */

static void say_coverage(struct explanation *x) {
    const struct certificate *c = x->c;
    if (!c->coverage_end)
        return;
    say(x, "coverage", "It is paid for until %s; %lld days were carried over from its predecessor.",
        "有效覆盖期至 %s;从原证书延续了 %lld 天。", when(x, c->coverage_end),
        (long long)(c->carried_seconds / DAY));
}

static void say_version(struct explanation *x) {
    const struct certificate *c = x->c;
    if (!c->version_id)
        return;
    say(x, "version", "Its version %lld is valid from %s to %s, fingerprint %s.",
        "第 %lld 个版本的有效期为 %s 至 %s,指纹 %s。", (long long)c->version_count, when(x, c->not_before),
        when(x, c->version_end - 1), c->fingerprint);
    if (!c->coverage_end)
        return;
    int64_t cap = policy_cap_days(x->profile, c->not_before);
    if (c->revoked_at)
        return;
    if (c->version_end < c->coverage_end)
        say(x, "version",
            "The version ends before the coverage, because policy %s allows %lld days for a certificate issued then; more versions follow by themselves.",
            "该版本早于覆盖期结束,因为策略 %s 规定当时签发的证书最长 %lld 天;后续版本会自动签发。",
            x->profile->name, (long long)cap);
    else
        say(x, "version", "The version lasts to the end of the coverage.", "该版本可用至覆盖期结束。");
}

/* ---- what happens next ---- */

static void say_planned(struct explanation *x, const struct work_item *item) {
    const struct step *step = step_find(steps, item->step);
    say(x, "next", "Next, at %s: Tenure %s.", "下一步(%s):Tenure %s。", when(x, item->due_at),
        step ? step->does.in[x->rq->lang] : item->step);
}

static void say_queue(struct explanation *x) {
    struct work_item item;
    struct error e = {0};
    if (!work_get(x->rq->db, x->rq->arena, x->c->id, &item, &e)) {
        say(x, "next", "Nothing is planned for it.", "目前没有计划任务。");
        return;
    }
    say_planned(x, &item);
    if (item.attempts)
        say(x, "trouble", "%lld attempts failed so far, the last one with %s: %s",
            "此前失败 %lld 次,最近一次原因是 %s:%s", (long long)item.attempts, item.last_error,
            error_row(error_by_code(item.last_error))->remedy.in[x->rq->lang]);
}

static bool say_next(struct explanation *x, struct error *e) {
    struct renew_facts facts;
    if (!renew_facts_read(x->rq->db, x->rq->arena, x->c, &facts, e))
        return false;
    struct renew_decision decision = renew_next(&facts, x->profile, x->rq->now);
    say(x, "next", "%s.", "%s。", decision.reason->text.in[x->rq->lang]);
    if (x->c->next_issue_at && x->c->version_end < x->c->coverage_end && !x->c->revoked_at)
        say(x, "next", "The next version is issued at %s.", "下一版本将于 %s 签发。",
            when(x, x->c->next_issue_at));
    if (x->c->successor_id)
        say(x, "next", "Its successor is %s.", "其续费证书为 %s。", x->c->successor_id);
    say_queue(x);
    return true;
}

static void say_deployment(struct explanation *x, const struct deployment *d) {
    const char *detail = x->rq->lang == LANG_ZH ? d->detail_zh : d->detail_en;
    struct work_item item;
    struct error e = {0};
    say(x, "deployment", "Deployment %s to '%s' is %s.", "部署 %s(目标“%s”)的状态是 %s。", d->id,
        d->target_name, d->state);
    if (d->reason)
        say(x, "trouble", "%lld attempts were made, the last one ended with %s: %s",
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

static void say_actions(struct explanation *x) {
    static const enum action official[] = {ACTION_RENEW, ACTION_RENEW_EARLY, ACTION_REISSUE, ACTION_REVOKE,
                                           ACTION_COUNT};
    static const enum action brought_in[] = {ACTION_REPLACE, ACTION_UPDATE, ACTION_DELETE, ACTION_COUNT};
    const enum action *asked = strcmp(x->c->kind, "official") == 0 ? official : brought_in;
    for (size_t i = 0; asked[i] != ACTION_COUNT; i++) {
        struct error e = {0};
        const char *title = action_title(asked[i])->in[x->rq->lang];
        if (action_allowed(asked[i], x->c, x->profile, x->rq->now, &e))
            say(x, "action", "%s: possible now.", "%s:现在可以。", title);
        else
            say(x, "action", "%s: no, %s (%s).", "%s:不可以,%s(%s)。", title, e.detail[x->rq->lang],
                error_row(e.id)->code);
    }
}

static bool explain(struct request *rq, struct error *e) {
    struct certificate c;
    const struct profile *profile;
    if (!certificate_of_path(rq, &c, e) || !certificate_profile(rq->services->policies, &c, &profile, e))
        return false;
    struct explanation x = {.rq = rq, .c = &c, .profile = profile, .sentences = json_array()};
    rq->reply = json_pack("{s:s,s:s,s:o}", "certificate", c.id, "state",
                          state_row(certificate_state(&c, rq->now))->name, "sentences", x.sentences);
    say_state(&x);
    say_coverage(&x);
    say_version(&x);
    if (!say_next(&x, e) || !say_deployments(&x, e))
        return false;
    say_actions(&x);
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
