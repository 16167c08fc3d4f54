/*
 * The gate of the step `apply` where a brand demands control over each name (SPEC section 9): an application
 * goes through when every name of it has a proof that is young enough; until then it waits for the records or
 * files that are looked for.
 */
#pragma once
#include "apply/apply.h"
#include "validate/validation.h"

/* A name of an application and what proves it, or is to prove it. */
struct application_name {
    const char *application_id, *name, *account_id;
    const char *place; /* name_place of it */
    bool wildcard;     /* a wildcard below the name is applied for */
    const char *validation_id;
    int64_t settled_at; /* nothing is waited for any more: proven, or the application has ended */
};

extern const struct field application_name_fields[];
extern const struct field challenge_fields[], methods_fields[]; /* of answers */

/* ---- reuse.c ---- */

/* For so many days a proof counts for what is issued at `at`. */
int64_t validation_reuse_days(int64_t at);
/* The first moment at which a proof of then counts no more, whatever is shortened until then. */
int64_t validation_reusable_until(int64_t validated_at);

/* ---- gate.c ---- */

/* Part of the save of `apply`, behind apply_record. OUTCOME_OTHERWISE: the certificate waits. */
bool validate_gate(struct work *w, struct error *e);
/* Step `lapse` of an application: when its time for validation is over, it is rejected. Of what comes by
 * itself a person is told, if a proof that needs nobody was not found. */
bool validate_lapse(struct work *w, struct error *e);

/* ---- waiting.c: who waits for a validation ---- */

/*
 * It has ended: what waits for it goes on, or has a new one made if it proved nothing. A part of them at a
 * time; `*more`: call it again in the next transaction.
 */
bool validation_pass_on(struct work *w, const struct validation *v, bool *more, struct error *e);
/* An open application waits for it. Those that have ended do so no more. */
bool validation_wanted(struct db *db, struct arena *a, const struct validation *v, int64_t now, bool *wanted,
                       struct error *e);

/* ---- application_name.c: rows ---- */

/* "com.example.www.": what lies below a name is a range. */
const char *name_place(struct arena *a, const char *name);
bool application_name_put(struct db *db, const struct application_name *name, struct error *e);
bool application_name_list(struct db *db, struct arena *a, const char *application_id,
                           struct application_name **list, size_t *count, struct error *e);
bool application_name_settle(struct db *db, const struct application_name *name, const char *validation_id,
                             int64_t now, struct error *e);
/* Some name of it is still waited for. */
bool application_name_waits(struct db *db, const char *application_id, bool *waits, struct error *e);

enum { WAITING_MAX = 100 };
/* Up to WAITING_MAX names that wait: for this validation, or (`any`) for any that it can take the place of.
 */
bool application_name_waiting(struct db *db, struct arena *a, const struct validation *v, bool any,
                              struct application_name **list, size_t *count, struct error *e);

extern const struct route application_routes[];
