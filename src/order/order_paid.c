/* The order is paid: only the mark, until orders come with certificates that wait for it. */
#include "order/payment.h"

bool order_paid(const struct services *s, struct arena *a, struct order *o, const struct ledger_cause *by,
                struct error *e) {
    (void)a;
    if (!db_exec(s->db, e, "UPDATE orders SET paid_at = $2 WHERE id = $1 AND paid_at IS NULL", DB_TEXT(o->id),
                 DB_INT(by->now)))
        return false;
    if (db_changes(s->db) != 1)
        return fail_state(e, "paid", ERR_ALREADY_PAID, "order %s is paid already", "订单 %s 已支付", o->id);
    o->paid_at = by->now;
    return true;
}
