/* What each certificate of an order will get: states, coverage, versions. */
#include "order/quote.h"

enum { DAYS_OF_WEEK = 7, WEEKDAY_OF_1970 = 4 /* a Thursday; 0 is Sunday */, SATURDAY = 6 };

static bool is_working_day(int64_t t) {
    int64_t weekday = (t / DAY + WEEKDAY_OF_1970) % DAYS_OF_WEEK;
    return weekday != 0 && weekday != SATURDAY;
}

int64_t quote_issue_latest(const struct issuance *expected, int64_t from) {
    int64_t units = expected->max ? *expected->max : expected->min;
    if (expected->unit == ISSUANCE_SECOND)
        return from + units;
    while (units > 0) {
        from += DAY;
        units -= is_working_day(from);
    }
    return from;
}

/* Nobody sees a letter where the issuer demands nothing; what lacks something waits for a person. */
static enum certificate_state first_state(const struct draft *d, const struct form_lack *lack) {
    static const enum certificate_state states[] = {[FIRST_PENDING_APPLICATION] = STATE_PENDING_APPLICATION,
                                                    [FIRST_VALIDATING] = STATE_VALIDATING,
                                                    [FIRST_PENDING_LETTER] = STATE_PENDING_LETTER};
    enum grade grade = grade_parse(d->c.grade);
    enum first_state first = d->profile->after_payment.of[grade];
    bool letter = d->profile->letter == LETTER_PER_PRODUCT && d->brand->letter && grade != GRADE_DV;
    if (d->kind == ORDER_EARLY_RENEWAL)
        return STATE_NOT_ACTIVATED;
    if (lack)
        return STATE_PENDING_APPLICATION;
    if (d->brand->demands == DEMANDS_NONE && first == FIRST_PENDING_LETTER)
        return STATE_VALIDATING;
    if (d->brand->demands != DEMANDS_NONE && first == FIRST_VALIDATING && letter)
        return STATE_PENDING_LETTER;
    return states[first];
}

/* When the first one is issued. The local CA signs at once what needs no validation and no review. */
static int64_t first_issue(const struct draft *d, int64_t now) {
    int64_t start = d->kind == ORDER_EARLY_RENEWAL ? d->old->window_at : now;
    if (d->brand->demands == DEMANDS_NONE)
        return start;
    return quote_issue_latest(&d->profile->expected_issuance.of[grade_parse(d->c.grade)], start);
}

/*
 * The action table has allowed it: what is left is arithmetic, in which an early renewal is a renewal at the
 * opening of the window, and what carries nothing is a purchase; but the terms behind a replacement have an
 * activation window of their own.
 */
static enum order_kind planned_kind(const struct draft *d, int64_t issue_at) {
    if (!d->old || issue_at >= d->old->end_at)
        return ORDER_PURCHASE;
    if (d->kind == ORDER_REPLACEMENT)
        return ORDER_REPLACEMENT;
    return d->c.specification_changed ? ORDER_PURCHASE : ORDER_RENEWAL;
}

static void put_versions(struct arena *a, const struct plan_term *term, struct quote_certificate *c) {
    c->version_count = term->version_count;
    c->versions = ARENA_ARRAY(a, term->version_count, struct quote_version);
    for (size_t i = 0; i < term->version_count; i++) {
        const struct validity *v = &term->versions[i];
        c->versions[i] = (struct quote_version){.issue_at = v->issued_at,
                                                .end_at = v->end,
                                                .days = (v->end - v->not_before) / DAY,
                                                .limited_by = limit_name(v->limited_by)};
    }
}

static struct quote_certificate first_certificate(const struct draft *d, const struct form_lack *lack,
                                                  const struct plan *plan) {
    return (struct quote_certificate){.state = state_row(first_state(d, lack))->name,
                                      .predecessor_id = d->old ? d->old->id : NULL,
                                      .carried_seconds = plan->coverage.carried,
                                      .carried_days = plan->coverage.carried / DAY,
                                      .bonus_days = plan->coverage.bonus_days};
}

bool quote_plan(const struct draft *d, int64_t now, struct quote *q, struct error *e) {
    int64_t at = first_issue(d, now);
    const struct profile own = brand_profile(d->brand, d->profile);
    struct plan plan;
    const struct form_lack *lack;
    struct plan_input in = {.profile = &own,
                            .years = d->c.years,
                            .order = {.kind = planned_kind(d, at),
                                      .at = at,
                                      .old_end = d->old ? d->old->end_at : 0,
                                      .bonus_days = d->brand->bonus_days},
                            .issuer = d->offer.rules,
                            .window = d->old ? d->old->end_at - d->old->window_at : 0};
    if (!policy_plan(d->arena, &in, &plan, e) || !draft_lack(d, &lack, e))
        return false;
    q->certificate_count = plan.term_count;
    q->certificates = ARENA_ARRAY(d->arena, plan.term_count, struct quote_certificate);
    for (size_t i = 0; i < plan.term_count; i++) {
        struct quote_certificate *c = &q->certificates[i];
        *c = i ? (struct quote_certificate){.state = state_row(STATE_NOT_ACTIVATED)->name}
               : first_certificate(d, lack, &plan);
        c->term = (int64_t)i + 1;
        c->issue_at = plan.terms[i].versions[0].issued_at;
        c->coverage_end = plan.terms[i].coverage_end;
        put_versions(d->arena, &plan.terms[i], c);
    }
    return true;
}
