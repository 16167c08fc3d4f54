/*
 * One-time links to the contact of an application (SPEC section 9): the contact opens the link of an e-mail
 * and confirms that he knows of the application, which counts as the reviewer's check by e-mail. What stands
 * in the link is made by the step `confirm`, sealed until it is sent, and kept as a digest alone.
 */
#pragma once
#include "apply/apply.h"

struct confirmation {
    const char *id, *account_id, *application_id, *contact_id, *email;
    const char *digest;
    int64_t created_at, end_at, used_at;
    const char *address;
};

extern const struct field confirmation_fields[];
extern const struct route confirmation_routes[];

/* ---- confirmation.c ---- */

/* Has a link sent to the contact; one address gets 20 of an account in an hour, the others later.
 * ERR_MAIL_NOT_CONFIGURED; ERR_CONFLICT within an hour of the one before. */
bool confirmation_send(const struct services *services, struct arena *a,
                       const struct application *application, int64_t now, struct confirmation *c,
                       struct error *e);
/* The same for an application that has just begun to wait: nothing where there is no mail server, or where a
 * link was sent for it before. */
bool confirmation_begin(const struct services *services, struct arena *a,
                        const struct application *application, int64_t now, struct error *e);
/* The one whose link ends with the token, if its application is open; ERR_NOT_FOUND. Tells nothing else of
 * whether there is one. */
bool confirmation_of(struct db *db, struct arena *a, const char *token, struct confirmation *c,
                     struct application *application, struct error *e);
/* ERR_LINK_USED: used before, or over. */
bool confirmation_use(struct db *db, struct arena *a, const char *token, const char *address, int64_t now,
                      struct error *e);

/* Step `confirm`. */
bool confirmation_make(struct work *w, struct error *e);
bool confirmation_record(struct work *w, struct error *e);

/* ---- confirmation_page.c: pure ---- */

/* A page for people who are no users: both languages, no script, nothing loaded. */
const char *confirmation_page(struct arena *a, const struct confirmation *c,
                              const struct application *application, int64_t now);

/* ---- confirmation_db.c ---- */

bool confirmation_insert(struct db *db, const struct confirmation *c, struct error *e);
/* ERR_NOT_FOUND. */
bool confirmation_get(struct db *db, struct arena *a, const char *id, struct confirmation *c,
                      struct error *e);
bool confirmation_find(struct db *db, struct arena *a, const char *digest, struct confirmation *c,
                       struct error *e);
/* Of an application, oldest first. */
bool confirmation_list(struct db *db, struct arena *a, const char *application_id,
                       struct confirmation **items, size_t *count, struct error *e);
/* When the n-th last link of the account to that address is, or was, sent; 0: there are fewer. */
bool confirmation_latest(struct db *db, const struct confirmation *c, int64_t n, int64_t *at,
                         struct error *e);
/* `set` is false if somebody was first. */
bool confirmation_set_digest(struct db *db, const struct confirmation *c, bool *set, struct error *e);
bool confirmation_set_used(struct db *db, const struct confirmation *c, int64_t now, bool *set,
                           struct error *e);
