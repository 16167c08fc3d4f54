/* The gate before a CA. */
#include "issue/acme_gate.h"
#include "base/clock.h"

enum {
    FAILURES_MAX = 5,
    CLOSED_SECONDS = 30,
    CLOSED_MAX = 900,
    DOUBLINGS_MAX = 5,
    PROBE_SECONDS = 60,
    SERVER_ERRORS = 500
};

struct gate_row {
    int64_t failures, closed_until;
};

static const struct field gate_fields[] = {
    FIELD(INT, gate_row, failures, 0, "Times closed", "关闭次数"),
    FIELD(INT, gate_row, closed_until, 0, "Closed until", "关闭至"),
    FIELD_END,
};

/* Asked for outside of transactions only; without a database every process is by itself. */
static bool read_row(const struct acme_session *s, const char *name, struct gate_row *row) {
    struct error ignored;
    *row = (struct gate_row){0};
    return s->services->db && !db_in_transaction(s->services->db) &&
           db_get(s->services->db, s->arena, gate_fields, row, &ignored,
                  "SELECT failures, closed_until FROM acme_gate WHERE name = $1", DB_TEXT(name));
}

static bool closed(const struct acme_session *s, int64_t until, struct error *e) {
    const char *when = time_format(s->arena, until);
    fail(e, ERR_ACME_UNAVAILABLE, "%s does not answer; it is asked again at %s", "%s 无应答,将于 %s 再次尝试",
         s->issuer->id, when);
    e->retry_after = until - s->now;
    return false;
}

/* Of several whose time has come, one. */
static bool begin_probe(const struct acme_session *s, const struct acme_gate *gate,
                        const struct gate_row *row) {
    struct db *db = s->services->db;
    struct error ignored;
    return db_begin(db, &ignored) &&
           db_end(db,
                  db_exec(db, &ignored,
                          "UPDATE acme_gate SET closed_until = $3 WHERE name = $1 AND closed_until = $2",
                          DB_TEXT(gate->name), DB_INT(row->closed_until), DB_INT(s->now + PROBE_SECONDS)) &&
                      db_changes(db) == 1,
                  &ignored);
}

const char *acme_gate_name(struct arena *a, const struct issuer *issuer) {
    return arena_printf(a, "%s %lld", issuer->id, (long long)issuer->revision);
}

bool acme_gate_enter(const struct acme_session *s, struct acme_gate *gate, struct error *e) {
    struct gate_row row;
    gate->probing = false;
    if (!read_row(s, gate->name, &row))
        return true;
    if (row.closed_until > s->now)
        return closed(s, row.closed_until, e);
    gate->probing = begin_probe(s, gate, &row);
    return gate->probing || closed(s, s->now + PROBE_SECONDS, e);
}

static void open_gate(const struct acme_session *s, const struct acme_gate *gate) {
    struct db *db = s->services->db;
    struct error ignored;
    if (db_begin(db, &ignored))
        db_end(db, db_exec(db, &ignored, "DELETE FROM acme_gate WHERE name = $1", DB_TEXT(gate->name)),
               &ignored);
}

static void close_gate(const struct acme_session *s, const struct acme_gate *gate) {
    struct db *db = s->services->db;
    struct error ignored;
    struct gate_row row;
    read_row(s, gate->name, &row);
    int64_t doublings = row.failures < DOUBLINGS_MAX ? row.failures : DOUBLINGS_MAX;
    int64_t seconds = CLOSED_SECONDS << doublings;
    seconds = seconds < CLOSED_MAX ? seconds : CLOSED_MAX;
    if (db && !db_in_transaction(db) && db_begin(db, &ignored))
        db_end(
            db,
            db_exec(db, &ignored,
                    "INSERT INTO acme_gate (name, account_id, failures, closed_until) VALUES ($1, $2, 1, $3) "
                    "ON CONFLICT (name) DO UPDATE SET failures = acme_gate.failures + 1, closed_until = $3",
                    DB_TEXT(gate->name), DB_TEXT(ISSUER_ACCOUNT), DB_INT(s->now + seconds)),
            &ignored);
}

/* Waiting in vain is as bad as five refused connections. What never left this machine is no fault of the CA.
 */
static int weight(const struct error *cause, int status) {
    if (!cause)
        return status >= SERVER_ERRORS;
    return cause->id == ERR_TIMED_OUT ? FAILURES_MAX : cause->id == ERR_UNREACHABLE;
}

void acme_gate_leave(const struct acme_session *s, struct acme_gate *gate, const struct error *cause,
                     int status) {
    int weighs = weight(cause, status);
    bool probing = gate->probing;
    gate->probing = false;
    gate->failures = weighs ? gate->failures + weighs : 0;
    if (!weighs && probing)
        open_gate(s, gate);
    if (weighs && (probing || gate->failures >= FAILURES_MAX)) {
        gate->failures = 0;
        close_gate(s, gate);
    }
}
