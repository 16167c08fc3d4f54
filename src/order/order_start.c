/*
 * What begins an application: each beginning takes what was reserved for it, once, in the transaction in
 * which it happens. What was made without a reservation takes none.
 */
#include "order/order.h"

bool order_submit(const struct services *services, struct certificate *c, enum submitter by, int64_t now,
                  struct error *e) {
    bool first;
    if (!applicant_submit(services, c, by, now, e))
        return false;
    return !c->submitted_at || c->version_count ||
           reservation_consume(services->db, c->id, UNIT_CERTIFICATE, now, &first, e);
}

bool order_activate(const struct services *services, struct certificate *c, int64_t now, struct error *e) {
    bool first;
    c->active_at = now;
    c->came_managed = c->hosted = true;
    return reservation_consume(services->db, c->id, UNIT_MANAGED_USE, now, &first, e) &&
           order_submit(services, c, SUBMIT_BY_MANAGED_SERVICE, now, e);
}
