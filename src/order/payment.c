/* Payments: beginning one, and what happens when its money is there, or will not come. */
#include "base/clock.h"
#include "base/rand.h"
#include "order/payment_ops.h"

/* ---- providers: one file pay_NAME.c, its line here, and in meson.build ---- */

extern const struct payment_ops pay_balance, pay_invoice, pay_webhook;
static const struct payment_ops *const providers[] = {&pay_balance, &pay_invoice, &pay_webhook};

const struct payment_ops *payment_ops_find(const char *provider) {
    for (size_t i = 0; provider && i < sizeof providers / sizeof *providers; i++)
        if (strcmp(providers[i]->name, provider) == 0)
            return providers[i];
    return NULL;
}

static bool find_ready(const struct services *s, const char *provider, const struct payment_ops **ops,
                       struct error *e) {
    *ops = payment_ops_find(provider);
    if (!*ops)
        return fail_field(e, "provider", ERR_BAD_FIELD, "'%s' is none of balance, invoice, webhook",
                          "“%s”不是 balance、invoice、webhook 之一", provider);
    return !(*ops)->ready || (*ops)->ready(s, e);
}

bool payment_provider(const struct services *s, const char *provider, int64_t *due_seconds, struct error *e) {
    const struct payment_ops *ops;
    if (!find_ready(s, provider, &ops, e))
        return false;
    *due_seconds = ops->due_seconds;
    return true;
}

/* ---- beginning ---- */

/* One of the same provider and amount goes on; any other is not waited for any more. */
static bool take_up(struct db *db, struct arena *a, const struct payment *wanted, struct payment *p,
                    bool *goes_on, struct error *e) {
    bool first;
    if (!payment_open_of_order(db, a, wanted->order_id, p, e))
        return false;
    *goes_on = p->id && strcmp(p->provider, wanted->provider) == 0;
    return !p->id || *goes_on || payment_mark_closed(db, p, "replaced", wanted->created_at, &first, e);
}

bool payment_begin(const struct services *s, struct arena *a, struct order *o, const char *provider,
                   const char *actor, int64_t now, struct payment *p, struct error *e) {
    const struct payment_ops *ops;
    bool goes_on;
    if (!order_payable(o, e) || !find_ready(s, provider, &ops, e))
        return false;
    const struct payment wanted = {.id = id_new(a, "pay", now),
                                   .account_id = o->account_id,
                                   .order_id = o->id,
                                   .provider = ops->name,
                                   .due = o->due,
                                   .created_by = actor,
                                   .created_at = now,
                                   .state = "pending"};
    if (!take_up(s->db, a, &wanted, p, &goes_on, e))
        return false;
    if (goes_on)
        return true;
    *p = wanted;
    const struct payment_receipt receipt = {.actor = actor, .now = now};
    return payment_insert(s->db, p, e) && (!ops->begin || ops->begin(s, a, p, &receipt, e));
}

/* ---- the money is there ---- */

static bool tell_credited(const struct services *s, struct arena *a, const struct payment *p,
                          const struct error *why, int64_t now, struct error *e) {
    const struct error_row *row = error_row(why->id);
    json_t *params = json_pack("{s:s,s:s,s:s,s:s,s:s}", "payment", p->id, "order", p->order_id, "amount",
                               money_text(a, &p->due), "reason_en", row->title.in[LANG_EN], "reason_zh",
                               row->title.in[LANG_ZH]);
    const struct notify_event event = {.event = "payment_credited",
                                       .account_id = p->account_id,
                                       .subject = p->id,
                                       .params = json_keep(a, params),
                                       .now = now};
    return notify_tell(s->db, a, &event, e);
}

/* What nobody waits for any more is still the owner's money. */
static bool credit(const struct services *s, struct arena *a, const struct payment *p,
                   const struct payment_receipt *receipt, struct error *e) {
    bool done;
    const struct ledger_move move = {.account_id = p->account_id,
                                     .item = p->due.currency,
                                     .reason = "deposited",
                                     .reference = arena_printf(a, "deposited:%s", p->id),
                                     .order_id = p->order_id,
                                     .actor = receipt->actor,
                                     .amount = p->due.amount,
                                     .now = receipt->now};
    return ledger_move_money(s->db, &move, &done, e);
}

static bool settled(const struct payment *p, struct error *e) {
    return fail_state(e, payment_state(p), ERR_ALREADY_PAID, "the money of %s has come already",
                      "支付 %s 的款项已到账", p->id);
}

/* The mark is what makes it happen once; whoever loses it has changed nothing that stays. */
static bool mark(const struct services *s, struct payment *p, const struct payment_receipt *receipt,
                 struct error *e) {
    bool first;
    if (!payment_mark_confirmed(s->db, p, receipt, &first, e))
        return false;
    p->state = payment_state(p);
    return first || settled(p, e);
}

bool payment_confirm(const struct services *s, struct arena *a, struct payment *p,
                     const struct payment_receipt *receipt, struct error *e) {
    struct order o;
    struct error why = {0};
    const struct ledger_cause by = {receipt->actor, receipt->now};
    if (!order_get(s->db, a, p->account_id, p->order_id, &o, e))
        return false;
    if (order_paid(s, a, &o, &by, &why))
        return mark(s, p, receipt, e);
    if (why.id != ERR_ALREADY_PAID && why.id != ERR_ORDER_CLOSED)
        return *e = why, false;
    struct payment_receipt late = *receipt;
    late.credited = true;
    return mark(s, p, &late, e) && credit(s, a, p, receipt, e) &&
           tell_credited(s, a, p, &why, receipt->now, e);
}

bool payment_close(struct db *db, struct payment *p, const char *reason, int64_t now, struct error *e) {
    bool first;
    if (p->confirmed_at)
        return settled(p, e);
    if (!payment_mark_closed(db, p, reason, now, &first, e))
        return false;
    p->state = payment_state(p);
    return true;
}

/* ---- step pay ---- */

/* From act to save. */
struct asking {
    struct payment payment;
    bool asked;
};

/* Nobody is asked for what is not due any more. */
/* One for the whole installation. */
const char *payment_party(struct work *w) {
    (void)w;
    return "payment system";
}

bool payment_ask(struct work *w, struct error *e) {
    struct asking *asking = w->prepared = ARENA_NEW(w->arena, struct asking);
    struct payment *p = &asking->payment;
    struct payment_answer answer = {.pay_url = NULL};
    if (!payment_get_any(w->db, w->arena, w->item->subject, p, e))
        return false;
    const struct payment_ops *ops = payment_ops_find(p->provider);
    if (p->confirmed_at || p->closed_at || !ops || !ops->ask)
        return true;
    if (!ops->ask(w, p, &answer, e))
        return false;
    asking->asked = true;
    p->asked_at = w->now;
    p->pay_url = answer.pay_url;
    p->outside_reference = answer.reference;
    return true;
}

bool payment_asked(struct work *w, struct error *e) {
    const struct asking *asking = w->prepared;
    return (!asking->asked || payment_mark_asked(w->db, &asking->payment, e)) && work_goes(w, OUTCOME_DONE);
}
