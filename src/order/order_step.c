/* Orders that nobody pays. */
#include "audit/audit.h"
#include "base/clock.h"
#include "order/order.h"

static bool tell(struct work *w, const struct order *o, struct error *e) {
    const struct notify_event event = {
        .event = "order_cancelled",
        .account_id = o->account_id,
        .subject = o->id,
        .certificate_id = o->certificate_id,
        .once = "order_cancelled",
        .params = json_keep(w->arena,
                            json_pack("{s:s,s:s,s:s}", "order", o->id, "due", money_text(w->arena, &o->due),
                                      "until", time_format(w->arena, o->payment_due_at))),
        .now = w->now,
    };
    struct audit_entry entry = audit_by_system(o->account_id, w->now, "order.cancel", o->id);
    entry.after = "{\"reason\":\"unpaid\"}";
    return audit_write(w->db, w->arena, &entry, e) && notify_tell(w->db, w->arena, &event, e);
}

/* Another way to pay may have given it more time. */
bool order_unpaid(struct work *w, struct error *e) {
    struct order o;
    const struct ledger_cause by = {"system", w->now};
    if (!order_get_any(w->db, w->arena, w->item->subject, &o, e))
        return false;
    if (order_state(&o) != ORDER_PENDING_PAYMENT)
        return work_goes(w, OUTCOME_DONE);
    if (w->now < o.payment_due_at)
        return work_until(w, o.payment_due_at);
    return order_close(w->services, w->arena, &o, "unpaid", &by, e) && tell(w, &o, e) &&
           work_goes(w, OUTCOME_DONE);
}
