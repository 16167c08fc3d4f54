/* Forecasts, by the arithmetic that also decides (policy/). */
#include "issue/forecast.h"

struct forecast forecast_of(const struct certificate *c, const struct profile *profile,
                            const struct issuer *issuer, int64_t backdate) {
    bool own = strcmp(issuer->id, ISSUER_LOCAL) == 0;
    struct issuer_rules rules = issuer_rules_of(issuer);
    rules.backdate = own ? backdate : 0;
    return (struct forecast){
        .profile = profile,
        .rules = rules,
        .lifetime = own || issuer->takes_not_after ? 0 : c->version_end - c->not_before,
        .term = {.order_kind = order_kind_parse(c->order_kind ? c->order_kind : "purchase"),
                 .next_term = c->successor_id != NULL,
                 .not_before = c->not_before,
                 .end = c->version_end,
                 .coverage_end = c->coverage_end},
        .next_at = c->next_issue_at,
        .renews = strcmp(c->kind, "official") == 0};
}

int64_t forecast_lifetime(const struct forecast *f, int64_t t) {
    int64_t cap = policy_cap_days(f->profile, t) * DAY;
    if (f->rules.lifetime_max && f->rules.lifetime_max < cap)
        cap = f->rules.lifetime_max;
    return f->lifetime && f->lifetime < cap ? f->lifetime : cap;
}

int64_t forecast_interval(const struct forecast *f, int64_t t) {
    int64_t lifetime = forecast_lifetime(f, t);
    return lifetime - policy_lead(f->profile, lifetime);
}

/* The paid next term, or one that is ordered then, as the present one was. */
static int64_t begin_term(struct forecast *f, const struct next_issue *next) {
    struct term_state *term = &f->term;
    int64_t lead = policy_lead(f->profile, term->end - term->not_before);
    int64_t at = next->kind == NEXT_TERM ? next->at : term->end - lead;
    f->assumed |= next->kind == NEXT_NONE;
    term->next_term = false;
    term->coverage_end = policy_next_coverage_end(f->profile, term->coverage_end, at);
    return at;
}

bool forecast_next(struct forecast *f, int64_t now, struct validity *v) {
    struct term_state *term = &f->term;
    const struct next_issue next = policy_next_issue(f->profile, term);
    int64_t at = f->next_at ? f->next_at : next.at;
    bool stays = next.kind == NEXT_VERSION || (f->next_at && next.kind == NEXT_NONE);
    if (!stays && next.kind == NEXT_NONE && !f->renews)
        return false;
    if (!stays)
        at = begin_term(f, &next);
    if (at < now)
        at = now;
    f->next_at = 0;
    f->rules.fixed_lifetime = f->lifetime ? forecast_lifetime(f, at) : 0;
    *v = policy_validity(f->profile, &f->rules, term->coverage_end, at);
    if (v->end <= term->end) /* they would come closer and closer */
        return false;
    term->not_before = v->not_before;
    term->end = v->end;
    return true;
}
