/* What an explanation says of the order: what is to be paid until when, and what a later term waits for. */
#include "order/quote.h"
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

static bool use_is_reserved(struct explanation *x, bool *reserved, struct error *e) {
    struct reservation *units;
    size_t count;
    *reserved = false;
    if (!reservation_of_certificate(x->rq->db, x->rq->arena, x->c->id, &units, &count, e))
        return false;
    for (size_t i = 0; i < count; i++)
        *reserved |= strcmp(units[i].unit, UNIT_MANAGED_USE) == 0 && units[i].reserved_at &&
                     !units[i].consumed_at && !units[i].released_at;
    return true;
}

static bool say_waiting(struct explanation *x, struct error *e) {
    bool reserved;
    if (!use_is_reserved(x, &reserved, e))
        return false;
    if (x->c->predecessor_id)
        explain_say(x, "order",
                    "Term %lld of order %s waits until %s comes to its activation window, expires or "
                    "is revoked; then it goes on by itself.",
                    "订单 %2$s 的第 %1$lld 期等待 %3$s 进入激活窗口、过期或被吊销,之后自动继续。",
                    (long long)x->c->term, x->c->order_id, x->c->predecessor_id);
    if (reserved)
        explain_say(x, "order", "Its use of the managed service is reserved.", "已为其预留一次托管服务。");
    return true;
}

bool explain_order(struct explanation *x, struct error *e) {
    struct order o;
    enum certificate_state state = certificate_state(x->c, x->rq->now);
    if (state == STATE_NOT_ACTIVATED)
        return say_waiting(x, e);
    if (state != STATE_PENDING_PAYMENT)
        return true;
    if (find_order(x, &o, e))
        say_unpaid(x, &o);
    return e->id == ERR_NONE;
}
