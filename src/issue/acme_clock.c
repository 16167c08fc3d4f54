/*
 * The clocks of CAs, as their answers tell them (RFC 9110, Date): certificates, orders and windows are dates,
 * and a clock that is wrong makes all of them wrong.
 */
#include "issue/acme_clock.h"
#include "base/log.h"
#include "http/metrics.h"

enum { TOLERANCE = 300, SAME = 60, PAUSE = 600 };

struct clock_row {
    const char *issuer_id;
    int64_t offset_seconds, seen_at;
};

static const struct field clock_fields[] = {
    FIELD(TEXT, clock_row, issuer_id, 0, "Issuer", "签发机构"),
    FIELD(INT, clock_row, offset_seconds, 0, "Seconds ahead", "快的秒数"),
    FIELD(TIME, clock_row, seen_at, 0, "Seen", "观察时间"),
    FIELD_END,
};

static int64_t distance(int64_t one, int64_t other) {
    return one > other ? one - other : other - one;
}

bool acme_clock_same(int64_t one, int64_t other) {
    return distance(one, other) <= SAME;
}

static bool store(struct db *db, const char *issuer_id, int64_t offset, int64_t now, struct error *e) {
    return db_exec(
        db, e,
        "INSERT INTO acme_clock (issuer_id, account_id, offset_seconds, seen_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (issuer_id) DO UPDATE SET offset_seconds = $3, seen_at = $4",
        DB_TEXT(issuer_id), DB_TEXT(ISSUER_ACCOUNT), DB_INT(offset), DB_INT(now));
}

static bool read_row(const struct acme_session *s, struct clock_row *row, bool *known) {
    struct error e;
    *row = (struct clock_row){.issuer_id = NULL};
    *known = db_get(s->services->db, s->arena, clock_fields, row, &e,
                    "SELECT issuer_id, offset_seconds, seen_at FROM acme_clock WHERE issuer_id = $1",
                    DB_TEXT(s->issuer->id));
    return *known || error_absent(&e);
}

bool acme_clock_note(const struct acme_session *s, int64_t offset) {
    struct db *db = s->services->db;
    struct error ignored;
    struct clock_row before;
    bool known;
    if (!db || db_in_transaction(db) || !read_row(s, &before, &known))
        return false;
    if (known && acme_clock_same(before.offset_seconds, offset))
        return true;
    if (known && distance(s->now, before.seen_at) < PAUSE)
        return false;
    bool was_far = known && distance(before.offset_seconds, 0) > TOLERANCE;
    if (distance(offset, 0) > TOLERANCE && !was_far)
        log_event(LOG_WARNING, "the clock of the CA and ours are far apart", LOG_S("issuer", s->issuer->id),
                  LOG_I("seconds", offset));
    return db_begin(db, &ignored) && db_end(db, store(db, s->issuer->id, offset, s->now, &ignored), &ignored);
}

bool acme_clock_apart(struct db *db, struct arena *a, const char *issuer_id, int64_t *seconds,
                      struct error *e) {
    struct clock_row row = {.issuer_id = NULL};
    *seconds = 0;
    if (!db_get(db, a, clock_fields, &row, e,
                "SELECT issuer_id, offset_seconds, seen_at FROM acme_clock WHERE issuer_id = $1",
                DB_TEXT(issuer_id)))
        return error_absent(e);
    *seconds = distance(row.offset_seconds, 0) > TOLERANCE ? row.offset_seconds : 0;
    return true;
}

/* ---- metrics ---- */

bool acme_clock_metrics(struct db *db, struct arena *a, struct buf *b, struct error *e) {
    struct clock_row *rows;
    size_t count;
    if (!db_list(db, a, clock_fields, sizeof *rows, &rows, &count, e,
                 "SELECT issuer_id, offset_seconds, seen_at FROM acme_clock ORDER BY issuer_id"))
        return false;
    if (count > 0)
        metrics_family(b, "tenure_acme_clock_offset_seconds", "gauge",
                       "How far the clock of a CA is ahead of the daemon's");
    for (size_t i = 0; i < count; i++)
        metrics_value(b, "tenure_acme_clock_offset_seconds", METRIC_LABELS({"issuer", rows[i].issuer_id}),
                      rows[i].offset_seconds);
    return true;
}
