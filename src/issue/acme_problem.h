/* Problems of ACME servers as errors of ours. */
#pragma once
#include "issue/acme_net.h"

/* What a problem's type means; `status` decides about those that we do not know. */
enum error_id acme_problem_error(const struct acme_problem *problem, int status);
/* Always false: the CA's words, where a person goes on, and when to come again. */
bool acme_problem_fail(struct arena *a, const struct issuer *issuer, const struct acme_reply *reply,
                       struct error *e);
