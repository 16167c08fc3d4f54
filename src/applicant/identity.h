/*
 * Identity checks (SPEC section 9): that an organisation is what it says was checked by a reviewer, and is
 * taken for granted for 398 days: for the organisation as it was then, for the same contact and grade.
 */
#pragma once
#include "certificate/certificate.h"

enum { IDENTITY_CHECK_DAYS = 398 };

struct identity_check {
    const char *id, *account_id, *organization_id;
    int64_t organization_revision;
    const char *contact_id, *grade, *application_id, *checked_by;
    int64_t checked_at, end_at;
    /* for answers only */
    const char *state; /* "valid", "changed" (the organisation has been, since), "aged_out" */
    int64_t days_left;
};

extern const struct field identity_check_fields[];

/* Gives id and end; the rest is there. */
bool identity_check_add(struct db *db, struct arena *a, struct identity_check *check, struct error *e);
/* Those of an organisation, the newest first, at most so many; as they stand at `now` for its present
 * `revision`. */
bool identity_check_list(struct db *db, struct arena *a, const struct identity_check *like, int64_t now,
                         struct identity_check **list, size_t *count, struct error *e);
extern const struct field identity_check_shown[];
/* One of the same organisation, its revision, contact and grade holds at `now`. */
bool identity_check_valid(struct db *db, const struct identity_check *like, int64_t now, bool *valid,
                          struct error *e);
/* When the last one of that kind was made, also one that holds no more; 0: never. */
bool identity_check_last(struct db *db, const struct identity_check *like, int64_t *checked_at,
                         struct error *e);
/* Newest first, those below `cursor` (an id, or NULL), whatever became of their organisations. */
bool identity_check_page(struct db *db, struct arena *a, const char *account_id, const char *cursor,
                         size_t limit, struct identity_check **list, size_t *count, struct error *e);
/* Account, organisation, its revision, contact and grade that a check of this certificate is for;
 * `like->organization_id` NULL: its form names none. */
bool identity_check_of(const struct services *services, struct arena *a, const struct certificate *c,
                       struct identity_check *like, struct error *e);
/* Whether one holds for what the form of a certificate names, as it is now: without it the managed service
 * does not go on by itself where the brand demands a review. */
bool identity_check_holds(const struct services *services, struct arena *a, const struct certificate *c,
                          int64_t now, bool *valid, struct error *e);
