/*
 * Refunds: units go back to the quota; those that were bought with the order are taken from it again, for
 * their money goes back instead.
 */
#include "order/refund.h"
#include "base/rand.h"
#include "order/payment_ops.h"

#define REFUNDED "refunded"

/* ---- units ---- */

static bool take_bought_unit(struct db *db, const struct reservation *unit, const struct ledger_cause *by,
                             struct error *e) {
    AUTO_ARENA a = arena_new();
    bool done;
    const struct ledger_move move = {.account_id = unit->account_id,
                                     .item = unit->item,
                                     .reason = "withdrawn",
                                     .reference = arena_printf(a, "withdrawn:%s", unit->certificate_id),
                                     .order_id = unit->order_id,
                                     .certificate_id = unit->certificate_id,
                                     .actor = by->actor,
                                     .amount = -1,
                                     .now = by->now};
    return ledger_move_quota(db, &move, &done, e);
}

/* What is open before the refund: `*amount` is the money in it. */
static bool count_money(struct db *db, struct arena *a, const char *certificate_id,
                        struct reservation **units, size_t *count, int64_t *amount, struct error *e) {
    *amount = 0;
    if (!reservation_of_certificate(db, a, certificate_id, units, count, e))
        return false;
    for (size_t i = 0; i < *count; i++)
        if (!(*units)[i].released_at)
            *amount += (*units)[i].amount;
    return true;
}

static bool is_bought(const struct reservation *unit) {
    return !unit->released_at && unit->reserved_at && strcmp(unit->source, SOURCE_PAID) == 0;
}

static bool take_bought_units(struct db *db, const struct reservation *units, size_t count,
                              const struct ledger_cause *by, struct error *e) {
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = !is_bought(&units[i]) || take_bought_unit(db, &units[i], by, e);
    return ok;
}

/* ---- the certificate ---- */

static bool release_units(struct db *db, const struct reservation *units, size_t count,
                          const struct ledger_cause *by, struct error *e) {
    bool first, ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = reservation_release(db, &units[i], REFUNDED, by, &first, e);
    return ok;
}

struct open_units {
    struct reservation *items;
    size_t count;
};

/* A revoked one stays what it is; what was never issued is over now. */
static bool close_certificate(const struct services *s, struct arena *a, struct certificate *c,
                              const struct open_units *units, const struct ledger_cause *by,
                              struct error *e) {
    const struct profile *profile;
    c->refunded_at = by->now;
    if (!c->version_count)
        return order_withdraw_certificate(s, a, c, REFUNDED, by, e);
    return certificate_profile(s->policies, c, &profile, e) && certificate_store(s->db, a, profile, c, e) &&
           release_units(s->db, units->items, units->count, by, e);
}

/* ---- the money ---- */

static bool credit(struct db *db, struct arena *a, const struct refund *r, const struct ledger_cause *by,
                   struct error *e) {
    bool done;
    const struct ledger_move move = {.account_id = r->account_id,
                                     .item = r->due.currency,
                                     .reason = REFUNDED,
                                     .reference = arena_printf(a, "refunded:%s", r->certificate_id),
                                     .order_id = r->order_id,
                                     .certificate_id = r->certificate_id,
                                     .actor = by->actor,
                                     .amount = r->due.amount,
                                     .now = by->now};
    return ledger_move_money(db, &move, &done, e);
}

bool refund_finish(struct db *db, struct refund *r, const struct payment_receipt *receipt, struct error *e) {
    bool first;
    if (!refund_mark_done(db, r, receipt, &first, e))
        return false;
    return first || fail_state(e, "done", ERR_CONFLICT, "refund %s is done already", "退款 %s 已完成", r->id);
}

/* By the way it came; where there is none any more it becomes balance. */
static bool give_money_back(struct db *db, struct arena *a, struct refund *r, const struct ledger_cause *by,
                            struct error *e) {
    const struct payment_ops *ops = payment_ops_find(r->provider);
    const struct payment_receipt receipt = {.actor = by->actor, .now = by->now};
    if (r->due.amount && ops && ops->refund)
        return work_enqueue(db, r->account_id, r->id, "refund", by->now, e);
    if (r->due.amount && ops && ops->by_hand)
        return true;
    return (!r->due.amount || credit(db, a, r, by, e)) && refund_finish(db, r, &receipt, e);
}

static bool make_refund(struct db *db, struct arena *a, const struct certificate *c, int64_t amount,
                        const struct ledger_cause *by, struct refund *r, struct error *e) {
    struct payment p;
    struct order o;
    if (!order_get(db, a, c->account_id, c->order_id, &o, e) || !payment_of_order(db, a, o.id, &p, e))
        return false;
    *r = (struct refund){.id = id_new(a, "rfd", by->now),
                         .account_id = c->account_id,
                         .certificate_id = c->id,
                         .order_id = o.id,
                         .payment_id = amount ? p.id : NULL,
                         .provider = amount ? p.provider : NULL,
                         .due = {amount, o.due.currency},
                         .asked_by = by->actor,
                         .asked_at = by->now,
                         .state = "pending"};
    return refund_insert(db, r, e) && give_money_back(db, a, r, by, e);
}

bool order_refund(const struct services *s, struct arena *a, struct certificate *c,
                  const struct ledger_cause *by, struct refund *r, struct error *e) {
    const struct profile *profile;
    struct open_units units;
    int64_t amount;
    return certificate_profile(s->policies, c, &profile, e) &&
           action_allowed(ACTION_REFUND, c, profile, by->now, e) &&
           count_money(s->db, a, c->id, &units.items, &units.count, &amount, e) &&
           close_certificate(s, a, c, &units, by, e) &&
           take_bought_units(s->db, units.items, units.count, by, e) &&
           make_refund(s->db, a, c, amount, by, r, e);
}

/* ---- step refund ---- */

/* From act to save. */
struct asking {
    struct refund refund;
    struct payment_answer answer;
    bool asked;
};

bool refund_ask(struct work *w, struct error *e) {
    struct asking *asking = w->prepared = ARENA_NEW(w->arena, struct asking);
    if (!refund_get_any(w->db, w->arena, w->item->subject, &asking->refund, e))
        return false;
    const struct payment_ops *ops = payment_ops_find(asking->refund.provider);
    if (asking->refund.done_at || !ops || !ops->refund)
        return true;
    asking->asked = true;
    return ops->refund(w, &asking->refund, &asking->answer, e);
}

bool refund_asked(struct work *w, struct error *e) {
    struct asking *asking = w->prepared;
    const struct payment_receipt receipt = {
        .actor = asking->refund.provider, .reference = asking->answer.reference, .now = w->now};
    bool first;
    return (!asking->asked || refund_mark_done(w->db, &asking->refund, &receipt, &first, e)) &&
           work_goes(w, OUTCOME_DONE);
}
