/* What explain says of terms to come: when this one begins, and when automatic renewal orders the next. */
#include "issue/issue.h"
#include "renew/renew_step.h"
#include "tenure/explain.h"

static void say_start(struct explanation *x, const struct renew_facts *facts) {
    const struct issue_settings *settings = x->rq->services->issue;
    const struct issuer_rules issuer = {.backdate = settings ? settings->backdate_seconds : 0};
    int64_t start = renew_activation(facts, x->profile, &issuer);
    if (start)
        explain_say(x, "term", "It is planned to begin at %s.", "计划于 %s 开始。", explain_when(x, start));
    else if (facts->predecessor.exists)
        explain_say(x, "term", "That one is not issued yet; the date is known once it is.",
                    "前一证书尚未签发;签发后即可确定日期。");
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
    if (certificate_state(x->c, x->rq->now) == STATE_NOT_ACTIVATED)
        say_start(x, &facts);
    return true;
}
