/*
 * Review of OV and EV applications by a person (SPEC section 9). The gate of the step `apply` lets through
 * what was approved, or whose organisation was checked not long ago; everything else waits, for its letter
 * first where there must be one, then for a reviewer. Exactly one of approve, reject and withdraw wins.
 */
#pragma once
#include "apply/apply.h"

struct review_note {
    const char *id, *account_id, *application_id;
    const char *step;   /* telephone, email, organization, letter, domain */
    const char *result; /* passed, failed, not_reached */
    const char *note, *actor;
    int64_t at;
};

extern const struct field review_note_fields[];
extern const struct route review_routes[];

/* An application with its certificate. */
struct review {
    struct application application;
    struct certificate certificate;
    const struct profile *profile;
};

/* ---- review.c ---- */

/* Part of the save of `apply`. OUTCOME_OTHERWISE: it waits, and was told to whom it waits for. */
bool review_gate(struct work *w, struct error *e);

/* ERR_NOT_FOUND. */
bool review_get(const struct services *services, struct arena *a, const char *account_id,
                const char *application_id, struct review *r, struct error *e);
/* `r` waits for a reviewer from now on; the caller stores the certificate. */
bool review_begin(const struct services *services, struct arena *a, struct review *r, int64_t now,
                  struct error *e);

struct review_verdict {
    const char *by;     /* the user */
    const char *reason; /* of a rejection: a code of the closed list */
    const char *text;   /* in the reviewer's words; or NULL */
};
/* ERR_NOT_IN_REVIEW, ERR_CHECKS_MISSING. The engine goes on. */
bool review_approve(const struct services *services, struct arena *a, struct review *r,
                    const struct review_verdict *verdict, int64_t now, struct error *e);
/* It can be corrected and submitted again. */
bool review_reject(const struct services *services, struct arena *a, struct review *r,
                   const struct review_verdict *verdict, int64_t now, struct error *e);
bool review_remind(const struct services *services, struct arena *a, struct review *r, int64_t now,
                   struct error *e);

/* ---- review_db.c ---- */

/* Gives the id. */
bool review_note_insert(struct db *db, struct arena *a, struct review_note *note, struct error *e);
/* Oldest first. */
bool review_note_list(struct db *db, struct arena *a, const char *application_id, struct review_note **notes,
                      size_t *count, struct error *e);
/* The last note of this step says that it passed. */
bool review_step_passed(struct db *db, struct arena *a, const char *application_id, const char *step,
                        bool *passed, struct error *e);
bool review_set_waiting(struct db *db, const char *application_id, int64_t now, struct error *e);
/* Notes the verdict; ERR_CONFLICT if somebody else was first. */
bool review_set_verdict(struct db *db, const struct application *application,
                        const struct review_verdict *verdict, int64_t now, struct error *e);
struct review_range {
    const char *account_id;
    const char *cursor; /* the one after which it begins; NULL: the oldest */
    size_t limit;
};
/* What waits for a reviewer, the oldest first. */
bool review_list(struct db *db, struct arena *a, const struct review_range *range, struct application **items,
                 size_t *count, struct error *e);
