/* Rows of what was seen at targets. */
#pragma once
#include "verify/verify.h"

struct probe {
    const char *id, *account_id, *target_id;
    int64_t at;
    const char *verdict, *detail_en, *detail_zh;
    const char *served_fingerprint, *expected_fingerprint;
    int64_t served_end_at;
    const char *protocol, *cipher;
    const char *title, *remedy; /* of the verdict; for answers */
};

extern const struct field probe_fields[];

bool probe_insert(struct db *db, const struct probe *probe, struct error *e);
/* Newest first, those older than `cursor` (a probe's id, or NULL). */
bool probe_list(struct db *db, struct arena *a, const char *target_id, const char *cursor, size_t limit,
                struct probe **probes, size_t *count, struct error *e);
/* Up to `limit` from before then go, except the newest of each target. */
bool probe_purge(struct db *db, int64_t before, int64_t limit, int64_t *purged, struct error *e);
