/*
 * Submitting: the moment from which Tenure asks for a certificate. Nothing is ever asked for before, and
 * nothing but the function below submits: for a person, for a payment where the profile goes on by itself,
 * and for the managed service.
 */
#pragma once
#include "certificate/certificate.h"

enum submitter { SUBMIT_BY_PERSON, SUBMIT_BY_PAYMENT, SUBMIT_BY_MANAGED_SERVICE };

/*
 * Sets the facts of a submission in `c`, an earlier rejection being over; the caller stores it, and has the
 * engine go on. A person is refused as the action table says; the others come when it is paid and active.
 */
bool applicant_submit(const struct services *services, struct certificate *c, enum submitter by, int64_t now,
                      struct error *e);
