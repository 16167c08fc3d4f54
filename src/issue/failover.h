/*
 * Several issuers in order of preference (SPEC section 15): who fails three times in a row is passed over for
 * a day; then one application tries it, and the others follow when that has gone well. An application stays
 * with its issuer until its order there has ended, so that nothing flaps.
 */
#pragma once
#include "base/buf.h"
#include "issue/issue.h"

enum { FAILOVER_FAILURES = 3, FAILOVER_SECONDS = 86400 };

struct issuer;

struct issuer_health {
    const char *account_id, *issuer_id;
    int64_t failures, since;
    int64_t avoid_until; /* 0: it is not passed over */
    const char *last_error;
};

/* ---- failover.c: inside transactions ---- */

/* The issuer that the application goes to now: stored, and set in `application`. ERR_BRAND_NOT_ON_SALE if all
 * that its brand names are withdrawn. */
bool failover_choose(struct work *w, const struct certificate *c, struct application *application,
                     struct error *e);
/* It had trouble of its own; `*passed_over`: the application is to try the next one, and there is one. */
bool failover_failed(struct work *w, const struct certificate *c, const struct application *application,
                     const struct error *cause, bool *passed_over, struct error *e);
bool failover_worked(struct work *w, const char *issuer_id, struct error *e);

/* ---- issuer_health_db.c ---- */

/* Of one that never failed: zeros. */
bool issuer_health_get(struct db *db, struct arena *a, const char *account_id, const char *issuer_id,
                       struct issuer_health *health, struct error *e);
/* Those that are passed over now, by name. */
bool issuer_health_avoided(struct db *db, struct arena *a, const char *account_id, int64_t now,
                           struct issuer_health **list, size_t *count, struct error *e);
bool issuer_health_put(struct db *db, const struct issuer_health *health, struct error *e);
/* As one account sees it; `closed_until`: its gate (acme_gate.h) is closed for everybody. */
struct issuer_standing {
    int64_t failures, since, avoid_until, closed_until;
    const char *last_error;
};
bool issuer_standing(struct db *db, struct arena *a, const char *account_id, const struct issuer *issuer,
                     struct issuer_standing *standing, struct error *e);
/* Who is passed over, and whose gate (acme_gate.h) is closed. */
bool failover_metrics(struct db *db, struct arena *a, int64_t now, struct buf *b, struct error *e);
bool issuer_health_delete(struct db *db, const char *account_id, const char *issuer_id, struct error *e);
