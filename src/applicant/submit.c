/* The facts of a submission. */
#include "applicant/submit.h"

static bool person_may(const struct services *services, const struct certificate *c, int64_t now,
                       struct error *e) {
    const struct profile *profile;
    return certificate_profile(services->policies, c, &profile, e) &&
           action_allowed(ACTION_SUBMIT, c, profile, now, e);
}

bool applicant_submit(const struct services *services, struct certificate *c, enum submitter by, int64_t now,
                      struct error *e) {
    if (by == SUBMIT_BY_PERSON && !person_may(services, c, now, e))
        return false;
    c->submitted_at = now;
    c->rejected_at = 0;
    c->reject_reason = NULL;
    c->waits_for = c->waits_detail_en = c->waits_detail_zh = NULL;
    return true;
}
