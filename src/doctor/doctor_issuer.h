/* Which issuers a look at a name is about, and what would make them refuse whatever the name is. */
#pragma once
#include "db/step.h"
#include "doctor/examine.h"

/* One that is configured, or a public CA that is known by this name; ERR_NOT_FOUND. NULL is all that are
 * configured. Asks nobody. */
bool doctor_issuer_known(struct db *db, struct arena *a, const char *id, struct error *e);

/* Fills in the issuers. May ask their directories: outside of transactions. */
struct doctor_question {
    const struct services *services;
    const char *account_id, *issuer_id; /* the latter NULL: all */
    int64_t now;
};
bool doctor_issuers(const struct doctor_question *question, struct examination *x, struct error *e);
/* How Tenure would prove the name to a CA, if one is in question. Asks DNS. */
bool doctor_solver(const struct doctor_question *question, struct examination *x, struct error *e);
