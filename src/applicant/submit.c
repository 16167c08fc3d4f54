/* The facts of a submission. */
#include "applicant/submit.h"
#include "applicant/form.h"

static bool person_may(const struct services *services, const struct certificate *c, int64_t now,
                       struct error *e) {
    const struct profile *profile;
    return certificate_profile(services->policies, c, &profile, e) &&
           action_allowed(ACTION_SUBMIT, c, profile, now, e);
}

/* What its form lacks, or NULL: then the form is its own from now on. */
static bool find_lack(const struct services *services, const struct certificate *c, int64_t now,
                      const struct form_lack **lack, struct error *e) {
    AUTO_ARENA a = arena_new();
    struct application_form form;
    *lack = NULL;
    if (form_demands(services, c) == DEMANDS_NONE)
        return true;
    return form_of(services->db, a, c, &form, e) && form_check(services, a, c, &form, lack, e) &&
           (*lack || form_keep(services->db, &form, now, e));
}

static bool refuse(const struct form_lack *lack, struct error *e) {
    form_refuse(lack, e);
    return false;
}

bool applicant_submit(const struct services *services, struct certificate *c, enum submitter by, int64_t now,
                      struct error *e) {
    const struct form_lack *lack;
    if ((by == SUBMIT_BY_PERSON && !person_may(services, c, now, e)) ||
        !find_lack(services, c, now, &lack, e))
        return false;
    if (lack && by == SUBMIT_BY_PERSON)
        return refuse(lack, e);
    c->waits_for = lack ? error_row(lack->id)->code : NULL;
    c->waits_detail_en = lack ? lack->detail.in[LANG_EN] : NULL;
    c->waits_detail_zh = lack ? lack->detail.in[LANG_ZH] : NULL;
    if (lack)
        return true;
    c->in_review = c->letter_needed = false; /* what the new application waits for, its gates say */
    c->letter_at = 0;
    c->submitted_at = now;
    c->rejected_at = 0;
    c->reject_reason = NULL;
    c->came_managed = c->came_managed && by != SUBMIT_BY_PERSON;
    return true;
}
