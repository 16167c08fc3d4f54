/*
 * An order from its quote to its payment or its end. The old certificate is untouched but for the link to its
 * successor, which is set in the same transaction: of two renewals one is refused.
 */
#include "order/order.h"
#include "base/rand.h"
#include "order/payment.h"
#include "order/quote.h"

/* ---- paid ---- */

static bool is_quota(const struct order *o) {
    return strcmp(o->kind, ORDER_QUOTA) == 0;
}

bool order_payable(const struct order *o, struct error *e) {
    const char *state = order_state_name(order_state(o));
    if (o->cancelled_at)
        return fail_state(e, state, ERR_ORDER_CLOSED, "the order %s is cancelled", "订单 %s 已取消", o->id);
    return !o->paid_at ||
           fail_state(e, state, ERR_ALREADY_PAID, "the order %s is paid already", "订单 %s 已支付", o->id);
}

static bool credit_quota(struct db *db, const struct order *o, const struct ledger_cause *by, struct arena *a,
                         struct error *e) {
    bool done, ok = true;
    for (size_t i = 0; ok && i < o->line_count; i++) {
        const struct ledger_move move = {.account_id = o->account_id,
                                         .item = o->lines[i].item,
                                         .reason = "bought",
                                         .reference = arena_printf(a, "bought:%s", o->id),
                                         .order_id = o->id,
                                         .actor = by->actor,
                                         .amount = o->lines[i].count,
                                         .now = by->now};
        ok = ledger_move_quota(db, &move, &done, e);
    }
    return ok;
}

/* budget: an order with its certificates, and who pays it when */
static bool settle(const struct services *services, struct arena *a, struct order *o,
                   struct certificate *certificates, size_t count, const struct ledger_cause *by,
                   struct error *e) {
    bool first;
    if (!order_mark_paid(services->db, o, by->now, &first, e))
        return false;
    if (!first)
        return order_payable(o, e);
    if (is_quota(o))
        return credit_quota(services->db, o, by, a, e);
    return reservation_paid(services->db, a, o->id, by, e) &&
           order_terms_paid(services, a, o, certificates, count, e);
}

bool order_paid(const struct services *services, struct arena *a, struct order *o,
                const struct ledger_cause *by, struct error *e) {
    struct certificate *certificates;
    size_t count;
    return order_lines(services->db, a, o, e) &&
           order_certificates(services->db, a, o->id, &certificates, &count, e) &&
           settle(services, a, o, certificates, count, by, e) && work_forget(services->db, o->id, e);
}

/* ---- never paid ---- */

static bool close_certificate(const struct services *services, struct arena *a, struct certificate *c,
                              const struct ledger_cause *by, struct error *e) {
    const struct profile *profile;
    c->cancelled_at = by->now;
    return certificate_profile(services->policies, c, &profile, e) &&
           certificate_store(services->db, a, profile, c, e);
}

static bool release_units(struct db *db, struct arena *a, const struct order *o,
                          const struct ledger_cause *by, struct error *e) {
    struct reservation *units;
    size_t count;
    bool first, ok = reservation_of_order(db, a, o->id, &units, &count, e);
    for (size_t i = 0; ok && i < count; i++)
        ok = reservation_release(db, &units[i], "released", by, &first, e);
    return ok;
}

bool order_close(const struct services *services, struct arena *a, struct order *o, const char *reason,
                 const struct ledger_cause *by, struct error *e) {
    struct certificate *certificates;
    size_t count;
    bool first;
    if (!order_mark_closed(services->db, o, reason, by->now, &first, e))
        return false;
    if (!first)
        return order_payable(o, e);
    bool ok = payment_close_of_order(services->db, o->id, by->now, e) &&
              release_units(services->db, a, o, by, e) &&
              order_certificates(services->db, a, o->id, &certificates, &count, e);
    /* the last one first: a certificate that is closed frees the one before */
    for (size_t i = ok ? count : 0; ok && i > 0; i--)
        ok = certificate_get_any(services->db, a, certificates[i - 1].id, &certificates[i - 1], e) &&
             close_certificate(services, a, &certificates[i - 1], by, e);
    return ok && work_forget(services->db, o->id, e);
}

/* ---- making one ---- */

static struct order order_of(const struct quote *q, const struct order_wish *wish, const char *id,
                             int64_t now) {
    int64_t due_seconds = wish->due_seconds ? wish->due_seconds : DAY;
    return (struct order){.id = id,
                          .account_id = wish->account_id,
                          .kind = q->kind,
                          .years = q->years,
                          .brand = q->brand,
                          .profile = q->profile,
                          .profile_version = q->profile_version,
                          .old_certificate_id = q->old_certificate_id,
                          .quote_id = q->id,
                          .due = q->due,
                          .provider = wish->provider ? wish->provider : PROVIDER_DEFAULT,
                          .created_by = wish->actor,
                          .created_at = now,
                          .payment_due_at = q->due.amount ? now + due_seconds : 0,
                          .lines = q->lines,
                          .line_count = q->line_count};
}

static bool wait_for_payment(struct db *db, const struct order *o, struct error *e) {
    return work_enqueue(db, o->account_id, o->id, "unpaid", o->payment_due_at, e);
}

bool order_make(const struct services *services, struct arena *a, const struct order_wish *wish, int64_t now,
                struct order *o, struct certificate **certificates, size_t *count, struct error *e) {
    const struct quote_use use = {wish->account_id, wish->quote_id, id_new(a, "ord", now)};
    const struct ledger_cause by = {wish->actor, now};
    struct quote_taken *taken = ARENA_NEW(a, struct quote_taken);
    *certificates = NULL;
    *count = 0;
    if (!quote_take(services, a, &use, now, taken, e))
        return false;
    *o = order_of(&taken->quote, wish, use.order_id, now);
    if (!is_quota(o) && !order_terms_create(services, a, o, taken, certificates, count, e))
        return false;
    return order_insert(services->db, o, e) &&
           (o->due.amount ? wait_for_payment(services->db, o, e)
                          : settle(services, a, o, *certificates, *count, &by, e));
}

/* ---- quote and order in one ---- */

/* budget: both contracts in one */
static bool order_at_once(const struct services *services, struct arena *a,
                          const struct quote_request *request, int64_t now, struct order *order,
                          struct certificate *first, struct error *e) {
    struct quote q;
    struct certificate *certificates;
    size_t count;
    if (!quote_make(services, a, request, now, &q, e))
        return false;
    if (q.due.amount)
        return quote_refuse_price(a, &q, e);
    const struct order_wish wish = {
        .account_id = q.account_id, .quote_id = q.id, .actor = request->order.created_by};
    if (!order_make(services, a, &wish, now, order, &certificates, &count, e))
        return false;
    if (count)
        *first = certificates[0];
    return true;
}

/* budget: the contract */
bool order_purchase(const struct services *services, struct arena *a, const char *account_id,
                    const struct order_request *request, int64_t now, struct order *order,
                    struct certificate *first, struct error *e) {
    const struct quote_request r = {.account_id = account_id, .order = *request};
    return order_at_once(services, a, &r, now, order, first, e);
}

/* budget: the contract */
bool order_renew(const struct services *services, struct arena *a, struct certificate *old,
                 const struct order_request *request, int64_t now, struct order *order,
                 struct certificate *first, struct error *e) {
    const struct quote_request r = {.account_id = old->account_id, .order = *request, .old = old};
    return order_at_once(services, a, &r, now, order, first, e) &&
           certificate_get_any(services->db, a, old->id, old, e);
}
