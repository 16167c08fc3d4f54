/* Keys that were reported compromised here (SPEC section 8): refused everywhere they can enter. */
#pragma once
#include "db/db.h"

/* From now on; harmless to repeat. */
bool compromised_key_report(struct db *db, const char *account_id, const char *spki_sha256, int64_t now,
                            struct error *e);
/* Fails with `id` (ERR_WEAK_KEY, ERR_CSR_WEAK_KEY) if the key was reported. */
bool compromised_key_refuse(struct db *db, const char *account_id, const char *spki_sha256, enum error_id id,
                            struct error *e);
/* ERR_WEAK_KEY if the key of a version was; a version that is gone has none. */
bool compromised_key_refuse_kept(struct db *db, const char *version_id, struct error *e);
/* The ids of other certificates with a key of this one, in any of their versions: the first `limit` behind
 * `after`, which may be empty. */
bool certificate_same_key(struct db *db, struct arena *a, const char *certificate_id, const char *after,
                          size_t limit, const char ***ids, size_t *count, struct error *e);
