/*
 * Managed service (SPEC section 10): what it activated goes on without a person as long as its conditions
 * hold. The slices that know them (the form, validations, identity checks) ask here whether that is the case,
 * and say here which one fails.
 */
#pragma once
#include "applicant/form.h"
#include "db/step.h"

/* Pure: the managed service has submitted it, and its first version is still to come. Once a person has
 * submitted it, it is an application like any other. */
bool managed_goes_alone(const struct certificate *c);
/*
 * A condition fails: the submission is taken back, the certificate waits in pending_application for `lack`
 * (ERR_VALIDATION_AGED_OUT, ERR_IDENTITY_CHECK_AGED_OUT, …), and step `decide`, which is next, tells a
 * person. The use stays consumed. Belongs to a `save`, which returns it.
 */
bool managed_hold(struct work *w, struct certificate *c, const struct form_lack *lack, struct error *e);
/*
 * Something that a held certificate may have waited for is there: it is submitted again, and the conditions
 * are asked anew. Nothing happens to any other certificate. In the caller's transaction.
 */
bool managed_resume(const struct services *services, struct arena *a, struct certificate *c, int64_t now,
                    struct error *e);
