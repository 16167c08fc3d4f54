/* What an explanation says of the order: what is to be paid, and until when. */
#include "order/order.h"
#include "tenure/explain.h"

/* NULL: deleted, or of a time before there were orders. */
static bool find_order(struct explanation *x, struct order *o, struct error *e) {
    error_clear(e);
    if (x->c->order_id && order_get(x->rq->db, x->rq->arena, x->c->account_id, x->c->order_id, o, e))
        return true;
    if (e->id == ERR_NOT_FOUND)
        error_clear(e);
    return false;
}

static void say_unpaid(struct explanation *x, const struct order *o) {
    explain_say(
        x, "order",
        "Its order %s over %s is not paid: tenure order pay %s. Unpaid at %s it is cancelled, and what "
        "it reserved is released.",
        "其订单 %s(应付 %s)尚未支付:tenure order pay %s。若在 %s 前未支付,订单将取消并释放所占用的额度。",
        o->id, money_text(x->rq->arena, &o->due), o->id, explain_when(x, o->payment_due_at));
}

bool explain_order(struct explanation *x, struct error *e) {
    struct order o;
    if (certificate_state(x->c, x->rq->now) != STATE_PENDING_PAYMENT)
        return true;
    if (find_order(x, &o, e))
        say_unpaid(x, &o);
    return e->id == ERR_NONE;
}
