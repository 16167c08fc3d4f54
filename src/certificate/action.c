/*
 * What may be done when: the table of SPEC section 3, at the end of this file. A condition is one small
 * function that is met or says why not; an action is the row of its conditions, in the order of the table's
 * column.
 */
#include "certificate/certificate.h"
#include <stdio.h>
#include <time.h>

/* Everything a condition may look at, and what its sentence names. */
struct asked {
    const struct certificate *c;
    const struct profile *profile;
    int64_t now;
    enum certificate_state state;
    const char *id, *state_name;
};

typedef bool condition(const struct asked *q, struct error *e);

static bool is_kind(const struct asked *q, const char *kind) {
    return strcmp(q->c->kind, kind) == 0;
}

/* There is something left to renew: a live version, or a lapsed one that Tenure still tries to follow up. */
static bool is_running(const struct asked *q) {
    bool has_version = certificate_live(q->c, q->now) || certificate_lapsed(q->c, q->now);
    return has_version && q->now < q->c->end_at;
}

struct day {
    char text[16];
};

static struct day day_of(int64_t t) {
    struct day day;
    struct tm tm;
    time_t seconds = (time_t)t;
    gmtime_r(&seconds, &tm);
    strftime(day.text, sizeof day.text, "%Y-%m-%d", &tm);
    return day;
}

/* ---- orders and applications ---- */

static bool not_paid_before(const struct asked *q, struct error *e) {
    return !q->c->paid_at ||
           fail(e, ERR_ALREADY_PAID, "%s is paid already; nothing is due", "%s 已支付,无需再付", q->id);
}

/* A cancelled certificate that was never paid: its order is closed. */
static bool order_open(const struct asked *q, struct error *e) {
    return q->c->paid_at || q->state != STATE_CANCELLED ||
           fail(e, ERR_QUOTE_STALE, "the order of %s is cancelled; ask for a new quote",
                "%s 的订单已取消;请重新获取报价", q->id);
}

static bool paid(const struct asked *q, struct error *e) {
    return q->state != STATE_PENDING_PAYMENT ||
           fail(e, ERR_NOT_PAID, "%s is not paid; pay its order first", "%s 未支付;请先支付订单", q->id);
}

static bool active(const struct asked *q, struct error *e) {
    return q->state != STATE_NOT_ACTIVATED ||
           fail(e, ERR_NOT_ACTIVE_YET,
                "%s waits for its predecessor to be about to expire, and goes on by itself",
                "%s 正在等待原证书进入续费窗口,届时自动继续", q->id);
}

/* Whatever came after a submission counts as submitted. */
static bool not_submitted_before(const struct asked *q, struct error *e) {
    return q->state <= STATE_PENDING_APPLICATION || q->state == STATE_REJECTED ||
           q->state == STATE_CANCELLED ||
           fail(e, ERR_ALREADY_SUBMITTED,
                "%s is submitted already (state %s); withdraw it first if it must change",
                "%s 已提交申请(状态 %s);如需修改,请先撤回", q->id, q->state_name);
}

static bool submitted(const struct asked *q, struct error *e) {
    return q->c->version_count || q->state == STATE_VALIDATING || q->state == STATE_PENDING_LETTER ||
           fail(e, ERR_NOT_SUBMITTED, "%s has no open application (state %s); there is nothing to withdraw",
                "%s 没有进行中的申请(状态 %s),无需撤回", q->id, q->state_name);
}

static bool not_in_progress(const struct asked *q, struct error *e) {
    return (q->state != STATE_VALIDATING && q->state != STATE_PENDING_LETTER) ||
           fail(e, ERR_ALREADY_SUBMITTED, "%s is submitted; withdraw the application, then cancel",
                "%s 已提交申请;请先撤回申请再取消", q->id);
}

static bool never_issued(const struct asked *q, struct error *e) {
    return !q->c->version_count ||
           fail(e, ERR_ALREADY_ISSUED, "%s is issued already; revoke it if it must not be used",
                "%s 已签发;如不再使用,请吊销", q->id);
}

/* Beside a live version its next one may wait at a gate. */
static bool waits_at(const struct asked *q, const char *gate) {
    bool open = certificate_live(q->c, q->now) || certificate_lapsed(q->c, q->now);
    return open && q->c->waits_for && strcmp(q->c->waits_for, gate) == 0;
}

static bool letter_needed_now(const struct asked *q, struct error *e) {
    return q->state == STATE_PENDING_LETTER || waits_at(q, "letter") ||
           fail(e, ERR_NO_LETTER_NEEDED, "%s waits for no confirmation letter (state %s)",
                "%s 无需上传确认函(状态 %s)", q->id, q->state_name);
}

static bool validating(const struct asked *q, struct error *e) {
    return q->state == STATE_VALIDATING || fail(e, ERR_NOT_VALIDATING, "%s is not being validated (state %s)",
                                                "%s 不在申请审核中(状态 %s)", q->id, q->state_name);
}

/* Also beside a live version, whose next one waits for it. */
static bool validation_runs(const struct asked *q, struct error *e) {
    return waits_at(q, "validation") || validating(q, e);
}

static bool in_review_now(const struct asked *q, struct error *e) {
    return ((q->state == STATE_VALIDATING || waits_at(q, "review")) && q->c->in_review) ||
           fail(e, ERR_NOT_IN_REVIEW, "%s waits for no reviewer (state %s)", "%s 无需审核员审核(状态 %s)",
                q->id, q->state_name);
}

/* Once a day: not more often than every 24 hours, whatever the calendar says. */
static bool not_reminded_today(const struct asked *q, struct error *e) {
    return !q->c->reminded_at || q->now - q->c->reminded_at >= DAY ||
           fail(e, ERR_REMINDED_TODAY, "the reviewer of %s was reminded less than a day ago",
                "24 小时内已就 %s 催办审核员", q->id);
}

static bool refund_offered(const struct asked *q, struct error *e) {
    return q->profile->refund_days > 0 ||
           fail(e, ERR_PROFILE_HAS_NO_REFUND,
                "the policy '%2$s' of %1$s has no refund; cancel it to get its quota back",
                "%1$s 的策略“%2$s”不支持退款;可取消以退回额度", q->id, q->profile->name);
}

/* The end of the days is still in time. */
static bool never_issued_or_revoked_in_time(const struct asked *q, struct error *e) {
    int64_t days = q->profile->refund_days, asked_at = q->c->revoke_asked_at;
    bool in_time = asked_at && asked_at - q->c->covered_from <= days * DAY;
    return !q->c->version_count || in_time ||
           fail(e, ERR_ALREADY_ISSUED,
                "%s is issued; it is refunded only if it is revoked within %lld days of its issue",
                "%s 已签发;仅在签发后 %lld 天内吊销才可退款", q->id, (long long)days);
}

static bool not_refunded(const struct asked *q, struct error *e) {
    return !q->c->refunded_at || fail(e, ERR_CONFLICT, "%s is refunded already; nothing is left to give back",
                                      "%s 已退款,无可再退", q->id);
}

/* The column has no code for what somebody else closed meanwhile: SPEC section 18. */
static bool not_cancelled(const struct asked *q, struct error *e) {
    return q->state != STATE_CANCELLED ||
           fail(e, ERR_CONFLICT, "%s is cancelled; buy a new certificate for its names",
                "%s 已取消;请为其域名购买新证书", q->id);
}

/* ---- renewal and replacement ---- */

/* Before its first version a certificate has neither an end nor a window. */
static bool issued_once(const struct asked *q, struct error *e) {
    return q->c->version_count ||
           fail(e, ERR_NOT_LIVE, "%s is not issued yet (state %s); go on with its application",
                "%s 尚未签发(状态 %s);请继续处理其申请", q->id, q->state_name);
}

static bool not_ended(const struct asked *q, struct error *e) {
    return !q->c->version_count || is_running(q) ||
           fail(e, ERR_EXPIRED_BUY_NEW,
                "%s is over (state %s) and cannot be renewed; buy a new certificate for its names",
                "%s 已失效(状态 %s),不能续费;请为其域名购买新证书", q->id, q->state_name);
}

static bool in_window(const struct asked *q, struct error *e) {
    if (!is_running(q) || q->now >= q->c->window_at)
        return true;
    return fail(e, ERR_OUTSIDE_WINDOW,
                "%s ends on %s; it can be renewed from %s on, earlier only by early renewal",
                "%s 将于 %s 到期;自 %s 起可以续费,更早只能提前续费", q->id, day_of(q->c->end_at - 1).text,
                day_of(q->c->window_at).text);
}

static bool before_window(const struct asked *q, struct error *e) {
    return !is_running(q) || q->now < q->c->window_at ||
           fail(e, ERR_INSIDE_WINDOW, "%s ends on %s: renew it instead", "%s 将于 %s 到期:请直接续费", q->id,
                day_of(q->c->end_at - 1).text);
}

static bool early_renewal_offered(const struct asked *q, struct error *e) {
    return q->profile->early_renewal ||
           fail(e, ERR_PROFILE_HAS_NO_EARLY_RENEWAL,
                "the policy '%2$s' of %1$s has no early renewal; renew in its window",
                "%1$s 的策略“%2$s”不支持提前续费;请在即将过期时续费", q->id, q->profile->name);
}

static bool domain_type_renewable(const struct asked *q, struct error *e) {
    enum domain_type type = domain_type_of(q->c->names);
    return policy_domain_type_renewable(q->profile, type) ||
           fail(
               e, ERR_MULTI_DOMAIN_NOT_RENEWABLE,
               "the policy '%2$s' renews no certificates of domain type '%3$s'; buy a new one for the names of %1$s",
               "策略“%2$s”不支持续费域名类型为“%3$s”的证书;请为 %1$s 的域名购买新证书", q->id,
               q->profile->name, domain_type_name(type));
}

static bool test_renewable(const struct asked *q, struct error *e) {
    return !is_kind(q, "test") || q->profile->test_renewable ||
           fail(e, ERR_TEST_NOT_RENEWABLE, "%s is a test certificate; apply for a new free one",
                "%s 是测试证书;请重新申请免费证书", q->id);
}

/* Profiles name vendors. What was brought in may be of none that is known here. */
static bool brand_renewable(const struct asked *q, struct error *e) {
    const char *vendor = q->c->vendor;
    return !vendor || policy_brand_renewable(q->profile, vendor) ||
           fail(e, ERR_BRAND_NOT_RENEWABLE,
                "the policy '%2$s' does not renew brand '%3$s'; buy a new one for the names of %1$s",
                "策略“%2$s”不支持续费品牌“%3$s”;请为 %1$s 的域名购买新证书", q->id, q->profile->name, vendor);
}

static bool no_successor(const struct asked *q, struct error *e) {
    const char *successor = q->c->successor_id;
    if (!successor)
        return true;
    fail(e, ERR_HAS_SUCCESSOR, "%s is followed by %s already; go on with that one",
         "%s 已有续费证书 %s;请继续处理该证书", q->id, successor);
    snprintf(e->object, sizeof e->object, "%s", successor);
    return false;
}

static bool only_official(const struct asked *q, struct error *e) {
    return is_kind(q, "official") ||
           fail(e, ERR_NOT_OFFICIAL, "%s (%s) cannot renew itself: it was not bought through Tenure",
                "%s(%s)不是通过 Tenure 购买的,不能自动续费", q->id, q->c->kind);
}

static bool auto_renewal_offered(const struct asked *q, struct error *e) {
    return q->profile->auto_renew ||
           fail(e, ERR_PROFILE_HAS_NO_AUTO_RENEW,
                "the policy '%2$s' of %1$s has no automatic renewal; renew it by hand in its window",
                "%1$s 的策略“%2$s”不支持自动续费;请在续费窗口内手动续费", q->id, q->profile->name);
}

/* Before its first version a certificate has no end yet. */
static bool not_too_late(const struct asked *q, struct error *e) {
    int64_t days = q->profile->auto_renew ? q->profile->auto_renew->last_day : 0;
    bool closed = q->state == STATE_CANCELLED || q->state == STATE_REVOKING || q->state == STATE_REVOKED;
    bool in_time = !q->c->version_count || q->now <= q->c->end_at - days * DAY;
    return (in_time && !closed) ||
           fail(e, ERR_TOO_LATE_FOR_AUTO_RENEW,
                "automatic renewal of %s can be switched on until %lld days before its end (state %s)",
                "%s 的自动续费最迟须在到期前 %lld 天开启(状态 %s)", q->id, (long long)days, q->state_name);
}

/* Test certificates are refused by their own condition, with a better way out. */
static bool official(const struct asked *q, struct error *e) {
    return is_kind(q, "official") || is_kind(q, "test") ||
           fail(e, ERR_NOT_OFFICIAL,
                "%s (%s) was not ordered through Tenure; replace it with a new certificate",
                "%s(%s)不是通过 Tenure 订购的;请使用替换", q->id, q->c->kind);
}

static bool not_bound_to_its_ca(const struct asked *q, struct error *e) {
    return !is_kind(q, "pca") || q->profile->uploaded.pca == PCA_AS_UPLOADED ||
           fail(e, ERR_PCA_REISSUE_AT_CA,
                "%s comes from a private CA; issue a new one there, then synchronise",
                "%s 由私有 CA 签发;请在该 CA 重新签发后同步", q->id);
}

static bool replaceable(const struct asked *q, struct error *e) {
    bool was_brought_in = is_kind(q, "uploaded") || is_kind(q, "pca");
    return !was_brought_in || q->profile->uploaded.replaceable ||
           fail(e, ERR_UPLOADED_NOT_RENEWABLE,
                "the policy '%2$s' replaces no uploaded certificates; buy a new one for the names of %1$s",
                "策略“%2$s”不支持替换上传的证书;请为 %1$s 的域名购买新证书", q->id, q->profile->name);
}

static bool uploaded(const struct asked *q, struct error *e) {
    return is_kind(q, "uploaded") ||
           fail(e, ERR_NOT_UPLOADED, "%s (%s) was not uploaded; renew or reissue it instead",
                "%s(%s)不是上传的证书;请改用续费或重新签发", q->id, q->c->kind);
}

static bool uploaded_or_from_private_ca(const struct asked *q, struct error *e) {
    return is_kind(q, "pca") || uploaded(q, e);
}

/* ---- what is there ---- */

static bool live(const struct asked *q, struct error *e) {
    return certificate_live(q->c, q->now) ||
           fail(e, ERR_NOT_LIVE, "%s has no live version (state %s); buy a new certificate for its names",
                "%s 没有有效版本(状态 %s);请为其域名购买新证书", q->id, q->state_name);
}

static bool live_or_lapsed(const struct asked *q, struct error *e) {
    return certificate_lapsed(q->c, q->now) || live(q, e);
}

/* Nothing but what was issued through Tenure can be signed again or revoked here. */
static bool issued_here(const struct asked *q, struct error *e) {
    return is_kind(q, "official") || is_kind(q, "test") ||
           fail(e, ERR_NOT_OFFICIAL, "%s (%s) was not issued through Tenure; ask the CA that issued it",
                "%s(%s)不是通过 Tenure 签发的;请联系其签发 CA", q->id, q->c->kind);
}

static bool key_held(const struct asked *q, struct error *e) {
    return q->c->key_held ||
           fail(e, ERR_NO_KEY_HELD, "Tenure does not hold the key of %s; install it where the key is",
                "Tenure 未保管 %s 的私钥;请在私钥所在处安装", q->id);
}

static bool from_private_ca(const struct asked *q, struct error *e) {
    return is_kind(q, "pca") || fail(e, ERR_NOT_PCA, "%s (%s) does not come from a private CA",
                                     "%s(%s)不是私有 CA 证书", q->id, q->c->kind);
}

static bool deletable(const struct asked *q, struct error *e) {
    bool kind_deletable = is_kind(q, "uploaded") || is_kind(q, "test") || is_kind(q, "discovered");
    bool closed = q->state == STATE_CANCELLED || q->state == STATE_EXPIRED || q->state == STATE_REVOKED;
    return kind_deletable || closed ||
           fail(e, ERR_NOT_DELETABLE, "%s is in use (state %s); revoke or cancel it first",
                "%s 仍有效(状态 %s);请先吊销或取消", q->id, q->state_name);
}

static bool not_deployed(const struct asked *q, struct error *e) {
    return !q->c->target_count ||
           fail(e, ERR_STILL_DEPLOYED,
                "%s is bound to %d targets; move them to another certificate, or use force",
                "%s 仍绑定 %d 个部署目标;请将其切换到其他证书,或强制删除", q->id, (int)q->c->target_count);
}

/* ---- the table ---- */

enum { CONDITIONS_MAX = 10 }; /* NULL at the end included */

static const struct action_row {
    const char *name;
    struct text title;
    condition *conditions[CONDITIONS_MAX];
} actions[ACTION_COUNT] = {
    [ACTION_PAY] = {"pay", TEXT("Pay", "支付"), {not_paid_before, order_open}},
    [ACTION_SUBMIT] = {"submit",
                       TEXT("Submit", "提交申请"),
                       {paid, active, not_submitted_before, not_cancelled}},
    [ACTION_WITHDRAW] = {"withdraw", TEXT("Withdraw", "撤回申请"), {never_issued, submitted}},
    [ACTION_UPLOAD_LETTER] = {"upload_letter", TEXT("Upload the letter", "上传确认函"), {letter_needed_now}},
    [ACTION_CHECK_NOW] = {"check_now", TEXT("Check now", "立即检查"), {validation_runs}},
    [ACTION_REMIND] = {"remind",
                       TEXT("Remind the reviewer", "催办"),
                       {validating, in_review_now, not_reminded_today}},
    [ACTION_APPROVE] = {"approve", TEXT("Approve", "审核通过"), {in_review_now}},
    [ACTION_REJECT] = {"reject", TEXT("Reject", "审核驳回"), {in_review_now}},
    [ACTION_CANCEL] = {"cancel", TEXT("Cancel", "取消"), {not_in_progress, never_issued, not_cancelled}},
    [ACTION_REFUND] = {"refund",
                       TEXT("Refund", "退款"),
                       {paid, refund_offered, never_issued_or_revoked_in_time, not_refunded, not_cancelled}},
    [ACTION_RENEW] = {"renew",
                      TEXT("Renew", "续费"),
                      {issued_once, not_ended, in_window, domain_type_renewable, test_renewable,
                       brand_renewable, no_successor, official}},
    [ACTION_RENEW_EARLY] = {"renew_early",
                            TEXT("Renew early", "提前续费"),
                            {early_renewal_offered, before_window, issued_once, not_ended,
                             domain_type_renewable, test_renewable, brand_renewable, no_successor, official}},
    [ACTION_REPLACE] = {"replace",
                        TEXT("Replace", "替换"),
                        {not_bound_to_its_ca, replaceable, issued_once, not_ended, in_window, brand_renewable,
                         no_successor, uploaded_or_from_private_ca}},
    [ACTION_UPDATE] = {"update", TEXT("Update", "更新"), {uploaded}},
    [ACTION_BUY_NEW] = {"buy_new", TEXT("Buy new", "重新购买"), {NULL}},
    [ACTION_REISSUE] = {"reissue", TEXT("Reissue", "重新签发"), {live_or_lapsed, issued_here}},
    [ACTION_REVOKE] = {"revoke", TEXT("Revoke", "吊销"), {live, issued_here}},
    [ACTION_DOWNLOAD] = {"download", TEXT("Download", "下载"), {issued_once}},
    [ACTION_DEPLOY] = {"deploy", TEXT("Deploy", "部署"), {issued_once, key_held}},
    [ACTION_SYNC] = {"sync", TEXT("Synchronise", "同步"), {from_private_ca}},
    [ACTION_DELETE] = {"delete", TEXT("Delete", "删除"), {deletable, not_deployed}},
    [ACTION_AUTO_RENEW_ON] = {"auto_renew_on",
                              TEXT("Switch automatic renewal on", "开启自动续费"),
                              {only_official, auto_renewal_offered, not_too_late}},
    [ACTION_AUTO_RENEW_OFF] = {"auto_renew_off",
                               TEXT("Switch automatic renewal off", "关闭自动续费"),
                               {NULL}},
    [ACTION_MUTE] = {"mute", TEXT("Mute", "静音"), {NULL}},
};

const char *action_name(enum action action) {
    return actions[action].name;
}

const struct text *action_title(enum action action) {
    return &actions[action].title;
}

enum action action_parse(const char *name) {
    enum action action = 0;
    while (action < ACTION_COUNT && strcmp(actions[action].name, name) != 0)
        action++;
    return action;
}

bool action_allowed(enum action action, const struct certificate *c, const struct profile *profile,
                    int64_t now, struct error *e) {
    enum certificate_state state = certificate_state(c, now);
    const struct asked q = {c, profile, now, state, c->id, state_row(state)->name};
    enum error_id ids[ERROR_CODES_MAX] = {ERR_NONE};
    int count = 0;
    struct error other; /* `e` keeps the sentence of the first reason */
    for (condition *const *met = actions[action].conditions; *met && count < ERROR_CODES_MAX; met++) {
        struct error *reason = count ? &other : e;
        if (!(*met)(&q, reason))
            ids[count++] = reason->id;
    }
    if (!count)
        return true;
    memcpy(e->ids, ids, sizeof ids);
    e->id_count = count;
    snprintf(e->state, sizeof e->state, "%s", q.state_name);
    return false;
}
