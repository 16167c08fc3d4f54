/* Keys that were reported compromised here (SPEC section 8): refused everywhere they can enter. */
#pragma once
#include "certificate/certificate.h"

/* From now on; harmless to repeat. */
bool compromised_key_report(struct db *db, const char *account_id, const char *spki_sha256, int64_t now,
                            struct error *e);
/*
 * The same, with `reported`: other certificates whose current version has that key are at risk from now on,
 * and their owners are told, once.
 */
bool compromised_key_spread(struct db *db, struct arena *a, const struct certificate *reported,
                            const char *spki_sha256, int64_t now, struct error *e);
/* Fails with `id` (ERR_WEAK_KEY, ERR_CSR_WEAK_KEY) if the key was reported. */
bool compromised_key_refuse(struct db *db, const char *account_id, const char *spki_sha256, enum error_id id,
                            struct error *e);
/* ERR_WEAK_KEY if the key of a version was; a version that is gone has none. */
bool compromised_key_refuse_kept(struct db *db, const char *version_id, struct error *e);
/* Of the others; the flag goes with the version that has the key. */
bool compromised_key_exposed(struct db *db, struct arena *a, const struct certificate *reported,
                             const char *spki_sha256, int64_t now, const char ***ids, size_t *count,
                             struct error *e);
bool compromised_key_flag(struct db *db, struct certificate *c, int64_t at, struct error *e);
/* The ids of other certificates with a key of this one, in any of their versions: the first `limit` behind
 * `after`, which may be empty. */
bool certificate_same_key(struct db *db, struct arena *a, const char *certificate_id, const char *after,
                          size_t limit, const char ***ids, size_t *count, struct error *e);
