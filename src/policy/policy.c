/* The arithmetic of SPEC section 7, one function a rule. S, C, B, D and t are the letters used there. */
#include "policy/policy.h"

static int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t greatest(int64_t a, int64_t b) {
    return a > b ? a : b;
}

int64_t policy_cap_days(const struct profile *profile, int64_t t) {
    int64_t days = profile->caps[0].days;
    for (unsigned i = 1; i < profile->caps_count && profile->caps[i].from_at <= t + DAY; i++)
        days = profile->caps[i].days;
    return days;
}

int64_t policy_lead(const struct profile *profile, int64_t lifetime) {
    if (lifetime < 10 * DAY)
        return lifetime / 2;
    return least(profile->window_days * DAY, lifetime / 3);
}

static bool carries(const struct coverage_input *in) {
    bool renews = in->kind == ORDER_RENEWAL || in->kind == ORDER_EARLY_RENEWAL;
    return renews && !in->specification_changed && in->old_end > in->at;
}

struct coverage policy_coverage(const struct profile *profile, const struct coverage_input *in) {
    struct coverage c = {.end = in->at + profile->standard_days * DAY};
    if (!carries(in))
        return c;
    c.carried = least(in->old_end - in->at, profile->carry_max_days * DAY);
    c.bonus_days = in->bonus_days;
    c.end += c.carried + c.bonus_days * DAY;
    return c;
}

int64_t policy_next_coverage_end(const struct profile *profile, int64_t coverage_end, int64_t at) {
    return greatest(coverage_end, at) + profile->standard_days * DAY;
}

static void end_by_issuer(struct validity *v, int64_t end) {
    if (v->end <= end)
        return;
    v->limited_by = LIMIT_ISSUER;
    v->end = end;
}

struct validity policy_validity(const struct profile *profile, const struct issuer_rules *issuer,
                                int64_t coverage_end, int64_t t) {
    struct validity v = {.issued_at = t, .not_before = t - issuer->backdate, .limited_by = LIMIT_ISSUER};
    if (issuer->fixed_lifetime) {
        v.end = v.not_before + issuer->fixed_lifetime;
        return v;
    }
    int64_t capped = v.not_before + policy_cap_days(profile, t) * DAY;
    v.limited_by = coverage_end <= capped ? LIMIT_COVERAGE : LIMIT_CAP;
    v.end = least(coverage_end, capped);
    if (issuer->lifetime_max)
        end_by_issuer(&v, v.not_before + issuer->lifetime_max);
    if (issuer->ca_end)
        end_by_issuer(&v, issuer->ca_end);
    return v;
}

/* Before the end of a coverage: when the next term may start at the earliest. */
static int64_t activation_window(const struct profile *profile, enum order_kind kind, int64_t lead) {
    if (profile->activation.rule == ACTIVATION_LEAD)
        return lead;
    return DAY *
           (kind == ORDER_REPLACEMENT ? profile->activation.replacement_days : profile->activation.days);
}

struct next_issue policy_next_issue(const struct profile *profile, const struct term_state *term) {
    int64_t lead = policy_lead(profile, term->end - term->not_before);
    int64_t due = term->end - lead;
    int64_t left = term->coverage_end - term->end;
    bool stub = term->next_term && left < lead;
    if (left > 0 && !stub)
        return (struct next_issue){NEXT_VERSION, due};
    if (!term->next_term)
        return (struct next_issue){NEXT_NONE, 0};
    if (left > 0)
        return (struct next_issue){NEXT_TERM, due};
    int64_t opens = term->coverage_end - activation_window(profile, term->order_kind, lead);
    return (struct next_issue){NEXT_TERM, greatest(due, opens)};
}

int64_t policy_term_start(const struct profile *profile, const struct issuer_rules *issuer,
                          const struct term_state *term) {
    struct term_state state = *term;
    struct next_issue next = policy_next_issue(profile, &state);
    while (next.kind == NEXT_VERSION) {
        struct validity v = policy_validity(profile, issuer, state.coverage_end, next.at);
        if (v.end <= state.end) /* they end with their CA: no more versions are planned */
            break;
        state.not_before = v.not_before;
        state.end = v.end;
        next = policy_next_issue(profile, &state);
    }
    return next.at;
}

const char *limit_name(enum limit limit) {
    static const char *const names[] = {"coverage", "cap", "issuer"};
    return names[limit];
}

static const char *const grades[GRADE_COUNT] = {"dv", "ov", "ev"};
static const char *const order_kinds[ORDER_KIND_COUNT] = {"purchase", "renewal", "early_renewal",
                                                          "replacement"};

/* The index of a word, or `count`. */
static int word_index(const char *const words[], int count, const char *word) {
    int i = 0;
    while (i < count && strcmp(words[i], word) != 0)
        i++;
    return i;
}

const char *grade_name(enum grade grade) {
    return grades[grade];
}

enum grade grade_parse(const char *name) {
    return (enum grade)word_index(grades, GRADE_COUNT, name);
}

const char *order_kind_name(enum order_kind kind) {
    return order_kinds[kind];
}

enum order_kind order_kind_parse(const char *name) {
    return (enum order_kind)word_index(order_kinds, ORDER_KIND_COUNT, name);
}
