/*
 * Organisations (SPEC section 9): entered once, used in applications of OV and EV certificates. The revision
 * counts the changes, so that a check of one as it was is not taken for a check of what it has become.
 */
#pragma once
#include "http/route.h"

struct organization {
    const char *id, *account_id;
    const char *name, *registration_number, *country, *province, *city, *address, *postal_code, *phone;
    int64_t created_at, changed_at, deleted_at, revision;
};

extern const struct field organization_fields[];
extern const struct route organization_routes[];

/* ---- organization.c ---- */

/* Both check the form of all data (ERR_BAD_FIELD) and bring them into the one that is stored. */
bool organization_create(struct db *db, struct arena *a, int64_t now, struct organization *o,
                         struct error *e);
/* ERR_CONFLICT unless `o` is the newest revision. */
bool organization_change(struct db *db, struct arena *a, int64_t now, struct organization *o,
                         struct error *e);
/* ERR_IN_USE while a contact speaks for it, or a certificate is or will be applied for with it. */
bool organization_delete(struct db *db, struct arena *a, const struct organization *o, int64_t now,
                         struct error *e);

/* ---- organization_db.c ---- */

/* ERR_NOT_FOUND for unknown, foreign and deleted ones alike. */
bool organization_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                      struct organization *o, struct error *e);
struct organization_range {
    const char *account_id;
    const char *cursor; /* the one after which it begins; NULL: the newest */
    size_t limit;
};
/* Newest first. */
bool organization_list(struct db *db, struct arena *a, const struct organization_range *range,
                       struct organization **items, size_t *count, struct error *e);
bool organization_insert(struct db *db, const struct organization *o, struct error *e);
/* Raises the revision. ERR_CONFLICT if somebody else did since `o` was read. */
bool organization_store(struct db *db, struct organization *o, struct error *e);
