/* Cancelling what was never issued (SPEC section 3): quota comes back, money never. */
#include "order/order.h"

/* False without an error: it was deleted since. */
static bool found_predecessor(struct db *db, struct arena *a, const struct certificate *c,
                              struct certificate *old, struct error *e) {
    if (certificate_get_any(db, a, c->predecessor_id, old, e))
        return true;
    if (e->id == ERR_NOT_FOUND)
        error_clear(e);
    return false;
}

/* A predecessor without a successor that is reserved a use is hosted no more. */
static bool free_predecessor(const struct services *services, struct arena *a, const struct certificate *c,
                             struct error *e) {
    struct certificate old;
    const struct profile *profile;
    error_clear(e);
    if (!found_predecessor(services->db, a, c, &old, e))
        return e->id == ERR_NONE;
    if (!old.hosted || old.successor_id || old.auto_renew)
        return true;
    old.hosted = false;
    return certificate_profile(services->policies, &old, &profile, e) &&
           certificate_store(services->db, a, profile, &old, e);
}

static bool wake(struct db *db, const struct certificate *c, const char *id, int64_t now, struct error *e) {
    return !id || work_enqueue(db, c->account_id, id, "decide", now, e);
}

/* What comes behind it waits for what came before it; both have another neighbour now. */
static bool tie_neighbours(const struct services *services, struct arena *a, const struct certificate *c,
                           const char *successor_id, int64_t now, struct error *e) {
    struct db *db = services->db;
    if (successor_id && !certificate_tie(db, c->predecessor_id, successor_id, e))
        return false;
    return (!c->predecessor_id || free_predecessor(services, a, c, e)) &&
           wake(db, c, c->predecessor_id, now, e) && wake(db, c, successor_id, now, e);
}

static bool give_back(struct db *db, struct arena *a, const struct certificate *c, const char *reason,
                      const struct ledger_cause *by, struct error *e) {
    struct reservation *units;
    size_t count;
    bool first, ok = reservation_of_certificate(db, a, c->id, &units, &count, e);
    for (size_t i = 0; ok && i < count; i++)
        ok = reservation_release(db, &units[i], reason, by, &first, e);
    return ok;
}

/* What was submitted may have an application, which the step `apply` drops. */
bool order_withdraw_certificate(const struct services *services, struct arena *a, struct certificate *c,
                                const char *reason, const struct ledger_cause *by, struct error *e) {
    const struct profile *profile;
    const char *successor_id = c->successor_id;
    c->cancelled_at = by->now;
    c->successor_id = NULL;
    return certificate_profile(services->policies, c, &profile, e) &&
           certificate_store(services->db, a, profile, c, e) &&
           give_back(services->db, a, c, reason, by, e) &&
           tie_neighbours(services, a, c, successor_id, by->now, e) &&
           work_enqueue(services->db, c->account_id, c->id, c->submitted_at ? "apply" : "decide", by->now, e);
}

/* The certificates of an order are paid together, or not at all. */
static bool close_order_of(const struct services *services, struct arena *a, struct certificate *c,
                           const struct ledger_cause *by, struct error *e) {
    struct order o;
    return order_get(services->db, a, c->account_id, c->order_id, &o, e) &&
           order_close(services, a, &o, "cancelled", by, e) &&
           certificate_get_any(services->db, a, c->id, c, e);
}

bool order_cancel(const struct services *services, struct arena *a, struct certificate *c,
                  const struct ledger_cause *by, struct error *e) {
    const struct profile *profile;
    if (!certificate_profile(services->policies, c, &profile, e) ||
        !action_allowed(ACTION_CANCEL, c, profile, by->now, e))
        return false;
    return c->paid_at || !c->order_id ? order_withdraw_certificate(services, a, c, "returned", by, e)
                                      : close_order_of(services, a, c, by, e);
}
