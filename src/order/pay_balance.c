/* Paying from the money of the account: at once, or not at all. */
#include "base/clock.h"
#include "order/payment_ops.h"

static bool balance_begin(const struct services *s, struct arena *a, struct payment *p,
                          const struct payment_receipt *receipt, struct error *e) {
    bool done;
    const struct ledger_move move = {.account_id = p->account_id,
                                     .item = p->due.currency,
                                     .reason = "paid",
                                     .reference = arena_printf(a, "paid:%s", p->order_id),
                                     .order_id = p->order_id,
                                     .actor = receipt->actor,
                                     .amount = -p->due.amount,
                                     .now = receipt->now};
    return ledger_move_money(s->db, &move, &done, e) && payment_confirm(s, a, p, receipt, e);
}

const struct payment_ops pay_balance = {.name = "balance", .due_seconds = DAY, .begin = balance_begin};
