/* Laying out all terms and versions of an order before it is made, or refusing it. */
#include "policy/policy.h"
#include <inttypes.h>

/* ---- refusals ---- */

/* All reasons that apply, in the order of SPEC section 3. */
struct reasons {
    enum error_id ids[ERROR_CODES_MAX];
    int count;
};

static void add_reason(struct reasons *r, bool applies, enum error_id id) {
    if (applies && r->count < ERROR_CODES_MAX)
        r->ids[r->count++] = id;
}

static struct reasons reasons_against(const struct plan_input *in, int64_t window) {
    const struct profile *p = in->profile;
    const struct coverage_input *order = &in->order;
    bool purchase = order->kind == ORDER_PURCHASE, early = order->kind == ORDER_EARLY_RENEWAL;
    bool renews = early || order->kind == ORDER_RENEWAL;
    bool changes = order->specification_changed && p->specification_change == SPECIFICATION_REFUSED;
    int64_t left = order->old_end - order->at;
    struct reasons r = {.count = 0};
    add_reason(&r, early && !p->early_renewal, ERR_PROFILE_HAS_NO_EARLY_RENEWAL);
    add_reason(&r, early && left > 0 && left <= window, ERR_INSIDE_WINDOW);
    add_reason(&r, !purchase && left <= 0, ERR_EXPIRED_BUY_NEW);
    add_reason(&r, !purchase && !early && left > window, ERR_OUTSIDE_WINDOW);
    add_reason(&r, renews && changes, ERR_SPECIFICATION_CHANGE_BUY_NEW);
    add_reason(&r, in->years < p->years.min || in->years > p->years.max, ERR_YEARS_NOT_OFFERED);
    return r;
}

static bool explain(struct arena *a, const struct plan_input *in, int64_t window, enum error_id reason,
                    struct error *e) {
    const struct profile *p = in->profile;
    const char *opens = time_format(a, in->order.old_end - window);
    switch (reason) {
    case ERR_PROFILE_HAS_NO_EARLY_RENEWAL:
        return fail(e, reason, "the policy %s has no early renewal", "策略 %s 不支持提前续费", p->name);
    case ERR_INSIDE_WINDOW:
        return fail(e, reason, "early renewal was possible before %s", "提前续费仅适用于 %s 之前", opens);
    case ERR_EXPIRED_BUY_NEW:
        return fail(e, reason, "the certificate ended at %s", "证书已于 %s 到期",
                    time_format(a, in->order.old_end));
    case ERR_OUTSIDE_WINDOW:
        return fail(e, reason, "the certificate can be renewed from %s on", "证书自 %s 起可以续费", opens);
    case ERR_SPECIFICATION_CHANGE_BUY_NEW:
        return fail(e, reason, "under the policy %s a renewal keeps the specification",
                    "策略 %s 规定续费时不能更改规格", p->name);
    default:
        return fail_field(e, "years", reason,
                          "the policy %s offers %" PRId64 " to %" PRId64 " years, not %" PRId64,
                          "策略 %s 提供 %" PRId64 " 至 %" PRId64 " 年,不能为 %" PRId64 " 年", p->name,
                          p->years.min, p->years.max, in->years);
    }
}

static bool check_bonus(const struct plan_input *in, struct error *e) {
    const struct day_range *bonus = &in->profile->bonus_days;
    int64_t days = in->order.bonus_days;
    if (days == 0 || (days >= bonus->min && days <= bonus->max))
        return true;
    return fail_field(e, "bonus_days", ERR_BAD_FIELD,
                      "the policy %s has bonus days from %" PRId64 " to %" PRId64 ", not %" PRId64,
                      "策略 %s 的赠送天数为 %" PRId64 " 至 %" PRId64 ",不能为 %" PRId64, in->profile->name,
                      bonus->min, bonus->max, days);
}

static bool allowed(struct arena *a, const struct plan_input *in, int64_t window, struct error *e) {
    struct reasons r = reasons_against(in, window);
    if (r.count == 0)
        return check_bonus(in, e);
    explain(a, in, window, r.ids[0], e);
    if (r.count > 1) {
        memcpy(e->ids, r.ids, sizeof r.ids);
        e->id_count = r.count;
    }
    return false;
}

/* ---- layout ---- */

static void add_version(struct arena *a, struct plan_term *term, struct validity v) {
    bool full =
        (term->version_count & (term->version_count - 1)) == 0; /* room doubles at each power of two */
    if (full) {
        struct validity *more = ARENA_ARRAY(a, 2 * term->version_count + 1, struct validity);
        if (term->version_count)
            memcpy(more, term->versions, term->version_count * sizeof *more);
        term->versions = more;
    }
    term->versions[term->version_count++] = v;
}

/* All versions of one term, the first one issued at next->at; `next` becomes what follows the term. */
static bool plan_term(struct arena *a, const struct plan_input *in, bool next_term, struct plan_term *term,
                      struct next_issue *next, struct error *e) {
    do {
        struct validity v = policy_validity(in->profile, &in->issuer, term->coverage_end, next->at);
        /* Versions that all end with their CA would come closer and closer, without end. */
        if (v.limited_by == LIMIT_ISSUER && v.end == in->issuer.ca_end)
            return fail(e, ERR_ISSUE_REFUSED, "the CA's certificate ends at %s, before the coverage",
                        "CA 证书将于 %s 到期,早于覆盖期结束", time_format(a, in->issuer.ca_end));
        add_version(a, term, v);
        const struct term_state state = {in->order.kind, next_term, v.not_before, v.end, term->coverage_end};
        *next = policy_next_issue(in->profile, &state);
    } while (next->kind == NEXT_VERSION);
    return true;
}

bool policy_plan(struct arena *a, const struct plan_input *in, struct plan *plan, struct error *e) {
    int64_t window = in->window ? in->window : in->profile->window_days * DAY;
    if (!allowed(a, in, window, e))
        return false;
    struct coverage_input order = in->order;
    if (order.kind == ORDER_EARLY_RENEWAL)
        order.at = order.old_end - window;
    *plan = (struct plan){.coverage = policy_coverage(in->profile, &order), .term_count = (size_t)in->years};
    plan->terms = ARENA_ARRAY(a, plan->term_count, struct plan_term);
    plan->coverage_end = plan->coverage.end;
    struct next_issue next = {NEXT_TERM, order.at};
    for (size_t i = 0; i < plan->term_count; i++) {
        if (i > 0)
            plan->coverage_end = policy_next_coverage_end(in->profile, plan->coverage_end, next.at);
        plan->terms[i].coverage_end = plan->coverage_end;
        if (!plan_term(a, in, i + 1 < plan->term_count, &plan->terms[i], &next, e))
            return false;
    }
    return true;
}
