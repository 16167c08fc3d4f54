/* Which issuers a look at a name is about. */
#pragma once
#include "db/step.h"
#include "doctor/examine.h"

/* `id` alone, or all that are configured. ERR_NOT_FOUND for one that there is not. */
bool doctor_issuers(const struct services *services, struct arena *a, const char *account_id, const char *id,
                    struct doctor_issuer **issuers, size_t *count, struct error *e);
