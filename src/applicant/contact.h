/*
 * Contacts (SPEC section 9): whom a CA or a reviewer writes to and calls about an application. A confirmed
 * address stays confirmed only as long as it is the same.
 */
#pragma once
#include "http/route.h"

struct contact {
    const char *id, *account_id, *organization_id;
    const char *name, *title, *email, *mobile;
    int64_t created_at, changed_at, email_confirmed_at, deleted_at, revision;
};

extern const struct field contact_fields[];
extern const struct route contact_routes[];

/* ---- contact.c ---- */

/*
 * Both check that the organisation is there (ERR_NOT_FOUND) and the form of all data (ERR_BAD_FIELD), which
 * they bring into the one that is stored.
 */
bool contact_create(struct db *db, struct arena *a, int64_t now, struct contact *c, struct error *e);
/* ERR_CONFLICT unless `c` is the newest revision. */
bool contact_change(struct db *db, struct arena *a, int64_t now, struct contact *c, struct error *e);
/* ERR_IN_USE while a certificate is or will be applied for with it. */
bool contact_delete(struct db *db, struct arena *a, const struct contact *c, int64_t now, struct error *e);

/* ---- contact_db.c ---- */

/* ERR_NOT_FOUND for unknown, foreign and deleted ones alike. */
bool contact_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct contact *c,
                 struct error *e);
struct contact_range {
    const char *account_id;
    const char *cursor; /* the one after which it begins; NULL: the newest */
    size_t limit;
};
/* Newest first. */
bool contact_list(struct db *db, struct arena *a, const struct contact_range *range, struct contact **items,
                  size_t *count, struct error *e);
bool contact_insert(struct db *db, const struct contact *c, struct error *e);
/* Raises the revision. ERR_CONFLICT if somebody else did since `c` was read. */
bool contact_store(struct db *db, struct contact *c, struct error *e);
/* A contact that speaks for the organisation; *id NULL if there is none. */
bool contact_of_organization(struct db *db, struct arena *a, const char *organization_id, const char **id,
                             struct error *e);
