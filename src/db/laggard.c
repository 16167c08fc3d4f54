/* Rows of those who were slow. */
#include "db/laggard.h"
#include "base/clock.h"

enum { FIRST_SECONDS = 60, DOUBLINGS_MAX = 4, FORGIVEN_SECONDS = 600 };

struct laggard {
    int64_t strikes, until;
};

static const struct field laggard_fields[] = {
    FIELD(INT, laggard, strikes, 0, "Times", "次数"),
    FIELD(TIME, laggard, until, 0, "Until", "截止时间"),
    FIELD_END,
};

bool laggard_any(struct db *db, int64_t now, bool *any, struct error *e) {
    int64_t last;
    bool ok = db_int(db, &last, 0, e, "SELECT max(until) FROM laggard");
    *any = ok && last > now;
    return ok;
}

bool laggard_is(struct db *db, const char *party, int64_t now, bool *is, struct error *e) {
    int64_t until;
    bool ok = db_int(db, &until, 0, e, "SELECT until FROM laggard WHERE party = $1", DB_TEXT(party));
    *is = ok && until > now;
    return ok;
}

/* Several that were at it together are one time. */
static bool strike(struct db *db, const char *party, int64_t now, struct laggard *l, struct error *e) {
    AUTO_ARENA a = arena_new();
    bool known = db_get(db, a, laggard_fields, l, e, "SELECT strikes, until FROM laggard WHERE party = $1",
                        DB_TEXT(party));
    if (!known && !error_absent(e))
        return false;
    bool again = known && now < l->until + FORGIVEN_SECONDS;
    l->strikes = !again ? 0 : l->strikes < DOUBLINGS_MAX ? l->strikes + 1 : DOUBLINGS_MAX;
    l->until = now + ((int64_t)FIRST_SECONDS << l->strikes);
    return db_exec(db, e, "DELETE FROM laggard WHERE until < $1", DB_INT(now - FORGIVEN_SECONDS)) &&
           db_exec(db, e,
                   "INSERT INTO laggard (party, strikes, until) VALUES ($1, $2, $3) "
                   "ON CONFLICT (party) DO UPDATE SET strikes = $2, until = $3",
                   DB_TEXT(party), DB_INT(l->strikes), DB_INT(l->until));
}

bool laggard_note(struct db *db, const char *party, int64_t now, int64_t *until, struct error *e) {
    struct laggard l = {0};
    bool ok = db_begin(db, e) && db_end(db, strike(db, party, now, &l, e), e);
    *until = l.until;
    return ok;
}

bool laggard_enter(struct db *db, const struct work_item *item, const char *party, int64_t workers_max,
                   bool *entered, struct error *e) {
    if (!db_begin(db, e))
        return false;
    bool ok =
        db_exec(db, e,
                "UPDATE lease SET party = $3 WHERE subject = $1 AND owner = $2 "
                "AND NOT EXISTS (SELECT 1 FROM lease WHERE party = $3 AND owner <> $2) "
                "AND (SELECT count(DISTINCT owner) FROM lease "
                "WHERE party IS NOT NULL AND owner <> $2) < $4",
                DB_TEXT(item->subject), DB_TEXT(item->lease_owner), DB_TEXT(party), DB_INT(workers_max));
    *entered = ok && db_changes(db) == 1;
    return db_end(db, ok, e);
}
