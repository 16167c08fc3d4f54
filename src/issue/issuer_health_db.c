/* Rows of how it goes with issuers. */
#include "http/metrics.h"
#include "issue/acme_gate.h"
#include "issue/failover.h"

static const struct field issuer_health_fields[] = {
    FIELD(TEXT, issuer_health, account_id, FIELD_HIDDEN, "Account", "账号"),
    FIELD(TEXT, issuer_health, issuer_id, 0, "Issuer", "签发机构"),
    FIELD(INT, issuer_health, failures, 0, "Failures in a row", "连续失败次数"),
    FIELD(TIME, issuer_health, since, 0, "Since", "起始时间"),
    FIELD(TIME, issuer_health, avoid_until, 0, "Passed over until", "暂停使用至"),
    FIELD(TEXT, issuer_health, last_error, 0, "Last error", "最近的错误"),
    FIELD_END,
};

bool issuer_health_get(struct db *db, struct arena *a, const char *account_id, const char *issuer_id,
                       struct issuer_health *health, struct error *e) {
    *health = (struct issuer_health){.account_id = account_id, .issuer_id = issuer_id};
    bool found =
        db_get(db, a, issuer_health_fields, health, e,
               "SELECT account_id, issuer_id, failures, since, avoid_until, last_error FROM issuer_health "
               "WHERE account_id = $1 AND issuer_id = $2",
               DB_TEXT(account_id), DB_TEXT(issuer_id));
    return found || error_absent(e);
}

bool issuer_health_avoided(struct db *db, struct arena *a, const char *account_id, int64_t now,
                           struct issuer_health **list, size_t *count, struct error *e) {
    return db_list(
        db, a, issuer_health_fields, sizeof **list, list, count, e,
        "SELECT account_id, issuer_id, failures, since, avoid_until, last_error FROM issuer_health "
        "WHERE account_id = $1 AND avoid_until > $2 ORDER BY issuer_id",
        DB_TEXT(account_id), DB_INT(now));
}

bool issuer_health_put(struct db *db, const struct issuer_health *health, struct error *e) {
    return db_exec(
        db, e,
        "INSERT INTO issuer_health (account_id, issuer_id, failures, since, avoid_until, last_error) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account_id, issuer_id) DO UPDATE SET "
        "failures = excluded.failures, since = excluded.since, avoid_until = excluded.avoid_until, "
        "last_error = excluded.last_error",
        DB_TEXT(health->account_id), DB_TEXT(health->issuer_id), DB_INT(health->failures),
        DB_INT(health->since), DB_TIME(health->avoid_until), DB_TEXT(health->last_error));
}

bool issuer_health_delete(struct db *db, const char *account_id, const char *issuer_id, struct error *e) {
    return db_exec(db, e, "DELETE FROM issuer_health WHERE account_id = $1 AND issuer_id = $2",
                   DB_TEXT(account_id), DB_TEXT(issuer_id));
}

bool issuer_standing(struct db *db, struct arena *a, const char *account_id, const struct issuer *issuer,
                     struct issuer_standing *standing, struct error *e) {
    struct issuer_health health;
    *standing = (struct issuer_standing){.failures = 0};
    if (!issuer_health_get(db, a, account_id, issuer->id, &health, e))
        return false;
    *standing = (struct issuer_standing){.failures = health.failures,
                                         .since = health.since,
                                         .avoid_until = health.avoid_until,
                                         .last_error = health.last_error};
    const char *gate = acme_gate_name(a, issuer);
    return db_int(db, &standing->closed_until, 0, e,
                  "SELECT max(closed_until) FROM acme_gate WHERE name = $1", DB_TEXT(gate));
}

/* ---- metrics ---- */

struct failing_row {
    const char *name;
    int64_t count;
};

static const struct field failing_fields[] = {
    FIELD(TEXT, failing_row, name, 0, "Issuer", "签发机构"),
    FIELD(INT, failing_row, count, 0, "How many", "数量"),
    FIELD_END,
};

bool failover_metrics(struct db *db, struct arena *a, int64_t now, struct buf *b, struct error *e) {
    struct failing_row *passed, *closed;
    size_t passed_count, closed_count;
    if (!db_list(db, a, failing_fields, sizeof *passed, &passed, &passed_count, e,
                 "SELECT issuer_id AS name, count(*) AS count FROM issuer_health WHERE avoid_until > $1 "
                 "GROUP BY issuer_id ORDER BY issuer_id",
                 DB_INT(now)) ||
        !db_list(db, a, failing_fields, sizeof *closed, &closed, &closed_count, e,
                 "SELECT name, failures AS count FROM acme_gate WHERE closed_until > $1 ORDER BY name",
                 DB_INT(now)))
        return false;
    if (passed_count)
        metrics_family(b, "tenure_issuer_passed_over", "gauge", "Accounts that pass the issuer over");
    for (size_t i = 0; i < passed_count; i++)
        metrics_value(b, "tenure_issuer_passed_over", METRIC_LABELS({"issuer", passed[i].name}),
                      passed[i].count);
    if (closed_count)
        metrics_family(b, "tenure_acme_gate_closed", "gauge",
                       "Failures in a row of a CA that is not asked for now");
    for (size_t i = 0; i < closed_count; i++)
        metrics_value(b, "tenure_acme_gate_closed", METRIC_LABELS({"issuer", closed[i].name}),
                      closed[i].count);
    return true;
}
