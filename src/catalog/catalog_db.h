/* Rows of the catalogue. Whoever changes a brand or its prices raises the revision in the same transaction.
 */
#pragma once
#include "catalog/catalog.h"

bool catalog_db_revision(struct db *db, int64_t *revision, struct error *e);
bool catalog_db_raise(struct db *db, struct error *e);
/* All brands with their prices, completed, in their order. */
bool catalog_db_read(struct db *db, struct arena *a, struct brand **brands, size_t *count, struct error *e);
/* One, completed; ERR_NOT_FOUND. */
bool brand_db_get(struct db *db, struct arena *a, const char *id, struct brand *brand, struct error *e);
/* Made or replaced, with its prices. Position below 0: behind all others. */
bool brand_db_put(struct db *db, const struct brand *brand, struct error *e);

struct package_range {
    const char *after; /* id, or empty */
    size_t limit;
};
bool package_db_list(struct db *db, struct arena *a, const struct package_range *range,
                     struct package **packages, size_t *count, struct error *e);
bool package_db_put(struct db *db, const struct package *package, struct error *e);
