/* What explain says of terms to come: when this one begins, and when automatic renewal orders the next. */
#include "issue/issue.h"
#include "renew/renew_step.h"
#include "tenure/explain.h"

/* A use that is still there for it. */
static bool use_reserved(struct explanation *x, bool *reserved, struct error *e) {
    struct reservation *units;
    size_t count;
    *reserved = false;
    if (!reservation_of_certificate(x->rq->db, x->rq->arena, x->c->id, &units, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        bool use = strcmp(units[i].unit, UNIT_MANAGED_USE) == 0;
        *reserved |= use && units[i].reserved_at && !units[i].consumed_at && !units[i].released_at;
    }
    return true;
}

static void say_wait(struct explanation *x, const struct renew_facts *facts) {
    const struct issue_settings *settings = x->rq->services->issue;
    const struct issuer_rules issuer = {.backdate = settings ? settings->backdate_seconds : 0};
    int64_t start = renew_activation(facts, x->profile, &issuer);
    long long term = (long long)x->c->term;
    if (start)
        explain_say(x, "term", "Term %lld of its order waits until %s, before its predecessor ends.",
                    "订单第 %lld 期将等待至 %s(原证书到期前)。", term, explain_when(x, start));
    else if (facts->predecessor.exists)
        explain_say(x, "term", "Term %lld of its order waits for its predecessor to be issued.",
                    "订单第 %lld 期正在等待原证书签发。", term);
}

static bool say_start(struct explanation *x, const struct renew_facts *facts, struct error *e) {
    bool reserved;
    say_wait(x, facts);
    if (!use_reserved(x, &reserved, e))
        return false;
    if (reserved)
        explain_say(x, "term", "Its use of the managed service is reserved: it goes on by itself then.",
                    "已为其预留一次托管服务:届时将自动继续。");
    return true;
}

static void say_auto_renewal(struct explanation *x, const struct renew_facts *facts) {
    int64_t order_at = renew_order_at(facts, x->profile);
    if (!x->c->auto_renew || x->c->revoke_asked_at || x->c->cancelled_at)
        return;
    if (order_at && x->rq->now < facts->end_at)
        explain_say(x, "term",
                    "Automatic renewal will order one more year at %s, and charge it to the balance.",
                    "自动续费将于 %s 下单一年,并从余额扣费。", explain_when(x, order_at));
    else
        explain_say(x, "term", "Automatic renewal is on, and has nothing to order now.",
                    "自动续费已开启,目前无需下单。");
}

bool explain_term(struct explanation *x, struct error *e) {
    struct renew_facts facts;
    if (!renew_facts_read(x->rq->db, x->rq->arena, x->c, &facts, e))
        return false;
    say_auto_renewal(x, &facts);
    return certificate_state(x->c, x->rq->now) != STATE_NOT_ACTIVATED || say_start(x, &facts, e);
}
