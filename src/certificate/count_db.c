/* How many certificates are in a state, for metrics: a range of an index, never a scan of all. */
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
