/* Looks at many certificates: how many are in a state, for metrics, by a range of an index; walks for
 * forecasts. */
#include "certificate/certificate.h"

bool certificate_count(struct db *db, const char *account_id, enum certificate_state state, int64_t now,
                       int64_t *count, struct error *e) {
    const struct state_range r = state_range(state, now);
    return db_int(db, count, 0, e,
                  "SELECT count(*) FROM certificate WHERE account_id = $1 AND phase = $2"
                  " AND ($3 = 0 OR window_at > $3) AND ($4 = 0 OR window_at <= $4)"
                  " AND ($5 = 0 OR expires_at > $5) AND ($6 = 0 OR expires_at <= $6)",
                  DB_TEXT(account_id), DB_INT(r.phase), DB_INT(r.window_above), DB_INT(r.window_upto),
                  DB_INT(r.expires_above), DB_INT(r.expires_upto));
}

bool certificate_count_versioned(struct db *db, const char *account_id, int64_t *count, struct error *e) {
    return db_int(db, count, 0, e, "SELECT count(*) FROM certificate WHERE account_id = $1 AND phase = $2",
                  DB_TEXT(account_id), DB_INT(PHASE_VERSIONED));
}

#define FORECAST                                                                                             \
    "SELECT id, account_id, kind, brand, profile, profile_version, names, order_kind, auto_versions, "       \
    "successor_id, version_id, version_count, not_before, version_end, coverage_end, next_issue_at "         \
    "FROM certificate "

/* What the index has is looked at first: the rows that are left out are not read. */
bool certificate_walk(struct db *db, struct arena *a, const struct certificate_walk *walk,
                      struct certificate **rows, size_t *count, struct error *e) {
    return db_list(db, a, certificate_fields, sizeof **rows, rows, count, e,
                   FORECAST "WHERE account_id = $1 AND id > $2 AND substr(id, length(id) - 1) < $3 "
                            "AND phase = $4 ORDER BY id LIMIT $5",
                   DB_TEXT(walk->account_id), DB_TEXT(walk->after), DB_TEXT(walk->below),
                   DB_INT(PHASE_VERSIONED), DB_INT((int64_t)walk->limit));
}

/* budget: as the header has it */
bool certificate_ending(struct db *db, struct arena *a, const char *account_id, int64_t now, size_t limit,
                        struct certificate **rows, size_t *count, struct error *e) {
    return db_list(db, a, certificate_fields, sizeof **rows, rows, count, e,
                   FORECAST "WHERE account_id = $1 AND phase = $2 AND expiry_order > $3 "
                            "ORDER BY expiry_order, id LIMIT $4",
                   DB_TEXT(account_id), DB_INT(PHASE_VERSIONED), DB_INT(now), DB_INT((int64_t)limit));
}
