/* The coverage that a version is issued within: planned with the first one, then as it was stored. */
#include "issue/issue.h"

/* What a certificate follows; without id if that was nothing, or is gone: then it is as if it were new. */
static bool predecessor_read(struct work *w, const struct certificate *c, struct certificate *predecessor,
                             struct error *e) {
    *predecessor = (struct certificate){.id = NULL};
    if (!c->predecessor_id ||
        certificate_get(w->db, w->arena, c->account_id, c->predecessor_id, predecessor, e))
        return true;
    if (!error_absent(e))
        return false;
    predecessor->id = NULL;
    return true;
}

static bool first_term(struct work *w, const struct certificate *c, const struct profile *profile,
                       const struct certificate *predecessor, struct coverage *coverage, struct error *e) {
    const struct brand *brand;
    if (!order_brand(w->services, c, &brand, e))
        return false;
    const struct profile own = brand_profile(brand, profile);
    const struct coverage_input in = {.kind = order_kind_parse(c->order_kind),
                                      .at = w->now,
                                      .old_end = predecessor->id ? predecessor->end_at : 0,
                                      .bonus_days = brand->bonus_days,
                                      .specification_changed = c->specification_changed};
    *coverage = policy_coverage(&own, &in);
    return true;
}

/* The terms of one order chain without loss; one that was never issued has nothing to go on from. */
static bool later_term(struct work *w, const struct certificate *c, const struct profile *profile,
                       const struct certificate *predecessor, struct coverage *coverage, struct error *e) {
    const struct brand *brand;
    int64_t before = predecessor->id ? predecessor->coverage_end : 0;
    if (!order_brand(w->services, c, &brand, e))
        return false;
    const struct profile own = brand_profile(brand, profile);
    *coverage = (struct coverage){.end = policy_next_coverage_end(&own, before, w->now)};
    return true;
}

bool issue_coverage(struct work *w, const struct certificate *c, const struct profile *profile,
                    struct coverage *coverage, struct error *e) {
    struct certificate predecessor;
    *coverage = (struct coverage){.end = c->coverage_end, .carried = c->carried_seconds};
    if (c->version_count)
        return true;
    if (!predecessor_read(w, c, &predecessor, e))
        return false;
    return c->term <= 1 ? first_term(w, c, profile, &predecessor, coverage, e)
                        : later_term(w, c, profile, &predecessor, coverage, e);
}
