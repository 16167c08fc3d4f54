/* What an explanation says of the CA that was asked: how its order stands, what it said, and whom else there
 * is. */
#include "apply/apply.h"
#include "issue/acme_account.h"
#include "issue/acme_clock.h"
#include "issue/acme_order.h"
#include "issue/acme_revoke.h"
#include "issue/failover.h"
#include "issue/limit.h"
#include "tenure/explain.h"

/* ---- the order ---- */

/* Our account there may have to wait until the CA takes new ones. */
static bool say_account(struct explanation *x, const char *issuer, struct error *e) {
    struct acme_account account;
    struct limit_wait wait;
    if (!acme_account_of(x->rq->db, x->rq->arena, x->c->account_id, issuer, &account, e))
        return false;
    if (!account.id)
        return true;
    if (!limit_waiting(x->rq->db, x->rq->arena, account.id, &wait, e))
        return false;
    if (wait.subject)
        explain_say(x, "limit", "%s takes our new account at %s, by its limit '%s'.",
                    "%s 将于 %s 接受我方新账户(限额“%s”)。", issuer, explain_when(x, wait.due_at),
                    wait.limit_name);
    return true;
}

static bool say_order(struct explanation *x, const struct application *p, struct error *e) {
    struct acme_order_row order;
    if (!acme_order_open(x->rq->db, x->rq->arena, p->id, &order, e))
        return false;
    if (!order.id)
        return true;
    if (!order.url) {
        explain_say(x, "issuer", "It will be ordered at issuer %s, which has no order for it yet.",
                    "将向签发机构 %s 下单,目前尚无订单。", order.issuer_id);
        return say_account(x, order.issuer_id, e);
    }
    explain_say(x, "issuer", "It is ordered at issuer %s; the order there is %s.",
                "已向签发机构 %s 下单,订单状态:%s。", order.issuer_id, order.status ? order.status : "-");
    explain_say(x, "issuer", "It is over at %s, if nothing comes of it.", "若无结果,该订单于 %s 结束。",
                explain_when(x, acme_order_end(&order)));
    if (order.certificate_url && order.polls > 0)
        explain_say(x, "issuer", "The chain that came with the certificate is not good: it is fetched again.",
                    "随证书返回的证书链不正确,将重新获取。");
    return true;
}

/* ---- what the CA said ---- */

enum { PROBLEMS_MAX = 10 };

static const char *member(const json_t *one, const char *name) {
    const char *text = json_string_value(json_object_get(one, name));
    return text ? text : "";
}

static void say_problem(struct explanation *x, const struct application *p, const json_t *one) {
    const char *name = member(one, "name"), *chinese = member(one, "detail_zh");
    if (*chinese)
        explain_say(x, "issuer", "Asking %s failed: %.0s%s (%s)", "向 %s 申请时出错:%s%.0s(%s)", p->issuer,
                    chinese, member(one, "detail"), member(one, "type"));
    else if (!*name)
        explain_say(x, "issuer", "%s says: %s (%s)", "%s 的说明:%s(%s)", p->issuer, member(one, "detail"),
                    member(one, "type"));
    else
        explain_say(x, "issuer", "%s says of %s: %s (%s)", "%s 关于 %s 的说明:%s(%s)", p->issuer, name,
                    member(one, "detail"), member(one, "type"));
}

static bool say_problems(struct explanation *x, const struct application *p, struct error *e) {
    json_t *list;
    if (!p->problems)
        return true;
    if (!json_read(x->rq->arena, slice_str(p->problems), &list, e))
        return false;
    size_t count = json_array_size(list), told = count < PROBLEMS_MAX ? count : PROBLEMS_MAX;
    for (size_t i = 0; i < told; i++)
        say_problem(x, p, json_array_get(list, i));
    if (told < count)
        explain_say(x, "issuer", "And %zu more: tenure application show %s",
                    "另有 %zu 条:tenure application show %s", count - told, p->id);
    return true;
}

static bool say_clock(struct explanation *x, const struct application *p, struct error *e) {
    int64_t apart;
    if (!p->issuer || !acme_clock_apart(x->rq->db, x->rq->arena, p->issuer, &apart, e))
        return !p->issuer;
    if (apart > 0)
        explain_say(
            x, "clock",
            "The clock of issuer %s is %lld seconds ahead of this machine's: set the one that is wrong.",
            "签发机构 %s 的时钟比本机快 %lld 秒:请校正有误的一方。", p->issuer, (long long)apart);
    if (apart < 0)
        explain_say(
            x, "clock",
            "The clock of issuer %s is %lld seconds behind this machine's: set the one that is wrong.",
            "签发机构 %s 的时钟比本机慢 %lld 秒:请校正有误的一方。", p->issuer, -(long long)apart);
    return true;
}

static bool say_application(struct explanation *x, struct error *e) {
    struct application *all;
    size_t count;
    if (!application_list(x->rq->db, x->rq->arena, x->c->id, &all, &count, e))
        return false;
    if (!count || all[count - 1].version_id)
        return true;
    return say_clock(x, &all[count - 1], e) && say_order(x, &all[count - 1], e) &&
           say_problems(x, &all[count - 1], e);
}

/* ---- the issuers ---- */

static bool say_health(struct explanation *x, struct error *e) {
    struct issuer_health *list;
    size_t count;
    if (!issuer_health_avoided(x->rq->db, x->rq->arena, x->c->account_id, x->rq->now, &list, &count, e))
        return false;
    for (size_t i = 0; i < count; i++)
        explain_say(x, "issuer", "Issuer %s has failed %lld times in a row (%s); others are asked until %s.",
                    "签发机构 %s 已连续失败 %lld 次(%s);在 %s 之前改用其他签发机构。", list[i].issuer_id,
                    (long long)list[i].failures, list[i].last_error, explain_when(x, list[i].avoid_until));
    return true;
}

/* ---- what came of it ---- */

enum { CHAIN_MAX = 16 };

static bool say_chain(struct explanation *x, struct error *e) {
    struct arena *a = x->rq->arena;
    struct version version;
    struct slice der;
    struct cert leaf, *chain;
    const char *pem;
    size_t count;
    if (!x->c->version_id)
        return true;
    if (!version_get(x->rq->db, a, x->c->account_id, x->c->version_id, &version, e) ||
        !version_material(x->rq->db, a, &version, &der, &pem, e))
        return false;
    if (!pem || version.ca_id)
        return true;
    if (!cert_parse(a, der, &leaf, e) || !cert_list_from_pem(a, slice_str(pem), CHAIN_MAX, &chain, &count, e))
        return false;
    const struct cert *early = issue_chain_ends_early(&leaf, chain, count);
    if (early)
        explain_say(x, "issuer", "Its chain ends before it does: '%s' is valid until %s only.",
                    "其证书链先于证书到期:“%s”仅有效至 %s。", early->subject,
                    explain_when(x, early->end - 1));
    return true;
}

static bool say_revocation(struct explanation *x, struct error *e) {
    struct acme_revocation r;
    if (!x->c->revoke_asked_at || x->c->revoked_at || !x->c->version_id)
        return true;
    if (!acme_revocation_get(x->rq->db, x->rq->arena, x->c->version_id, &r, e))
        return false;
    if (r.version_id && r.problem)
        explain_say(x, "issuer", "%s does not revoke it: %s. It is asked again.",
                    "%s 未予吊销:%s。将再次请求。", r.issuer_id,
                    x->rq->lang == LANG_ZH && r.problem_zh ? r.problem_zh : r.problem);
    return true;
}

bool explain_issuer(struct explanation *x, struct error *e) {
    return say_application(x, e) && say_health(x, e) && say_chain(x, e) && say_revocation(x, e);
}
