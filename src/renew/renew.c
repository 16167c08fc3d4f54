/* The decision, from the end of a certificate's life to its beginning: the first rule that applies counts. */
#include "renew/renew.h"

enum { JITTER_PART = 10, LOOK_AGAIN = 3600 };

int64_t renew_jitter(int64_t lead, uint64_t random) {
    if (lead <= 0)
        return 0;
    return (int64_t)(random % (uint64_t)(lead / JITTER_PART + 1));
}

static const struct renew_reason cancelled = {"cancelled", TEXT("It was cancelled", "已取消")};
static const struct renew_reason revoked = {"revoked", TEXT("It was revoked", "已吊销")};
static const struct renew_reason not_paid = {"not_paid", TEXT("Its order is not paid", "订单未支付")};
static const struct renew_reason brought_in = {
    "brought_in", TEXT("It was brought in and is only watched", "外部证书,仅监控")};
static const struct renew_reason ended = {"ended", TEXT("Its coverage is used up", "覆盖期已结束")};
static const struct renew_reason covered = {
    "covered", TEXT("Its version lasts to the end of its coverage", "当前版本可用至覆盖期结束")};
static const struct renew_reason succeeded = {
    "succeeded", TEXT("The paid next term begins instead of a short last version",
                      "由已支付的下一期接替,不再签发短期版本")};
static const struct renew_reason version_planned = {"version_planned",
                                                    TEXT("The next version has its time", "下一版本已计划")};
static const struct renew_reason version_due = {"version_due",
                                                TEXT("The next version is due", "下一版本应当签发")};
static const struct renew_reason asked_for = {"asked_for",
                                              TEXT("A new version was asked for", "已要求签发新版本")};
static const struct renew_reason lapsed = {
    "lapsed", TEXT("No version is live, and coverage is left", "没有有效版本,但覆盖期未结束")};
static const struct renew_reason manual_version = {
    "manual_version",
    TEXT("The next version is due, and a person must get it", "下一版本应当签发,需人工办理")};
static const struct renew_reason first_version = {
    "first_version", TEXT("It is paid and active, and has no version", "已支付并激活,尚无版本")};
static const struct renew_reason person = {"person",
                                           TEXT("A person must complete the application", "需人工补全申请")};
static const struct renew_reason gate = {
    "gate", TEXT("Its application is being validated or reviewed", "申请正在验证或审核中")};
static const struct renew_reason version_waits = {
    "version_waits",
    TEXT("The next version waits for a person or for its validation", "下一版本正在等待人工处理或验证")};
static const struct renew_reason predecessor_unissued = {
    "predecessor_unissued", TEXT("Its predecessor was not issued yet", "原证书尚未签发")};
static const struct renew_reason predecessor_lives = {
    "predecessor_lives",
    TEXT("Its predecessor has not come to the activation window", "原证书尚未进入激活窗口")};
static const struct renew_reason predecessor_over = {
    "predecessor_over", TEXT("Its predecessor expired or was revoked", "原证书已过期或已吊销")};
static const struct renew_reason activation_due = {
    "activation_due", TEXT("Its predecessor came to the activation window", "原证书已进入激活窗口")};
static const struct renew_reason follows_nothing = {
    "follows_nothing", TEXT("It follows no other certificate", "没有原证书,无需等待")};

static struct renew_decision decide(enum renew_action action, const struct renew_reason *reason) {
    return (struct renew_decision){.action = action, .reason = reason};
}

/* The earliest of the moments that are still to come; 0: none. */
static int64_t earliest(int64_t now, const int64_t *moments, size_t count) {
    int64_t found = 0;
    for (size_t i = 0; i < count; i++)
        if (moments[i] > now && (!found || moments[i] < found))
            found = moments[i];
    return found;
}

/* Until `due` or until its state changes, whatever comes first. */
static struct renew_decision wait_until(const struct renew_facts *f, int64_t due, int64_t now,
                                        const struct renew_reason *reason) {
    const int64_t moments[] = {due, f->window_at, f->end_at, f->version_end, f->threshold_at};
    int64_t at = earliest(now, moments, sizeof moments / sizeof *moments);
    return (struct renew_decision){.action = at ? RENEW_WAIT : RENEW_NONE, .at = at, .reason = reason};
}

/* ---- not activated ---- */

/*
 * An early renewal starts with the window of what it renews (SPEC section 10), whatever versions that still
 * gets until then: earlier, days that are paid for would be lost, for no more than a window can be carried.
 */
static struct next_issue next_start(const struct renew_facts *f, const struct profile *profile) {
    if (f->order_kind == ORDER_EARLY_RENEWAL && f->term == 1)
        return (struct next_issue){NEXT_TERM, f->predecessor.window_at};
    const struct term_state term = {.order_kind = f->order_kind,
                                    .next_term = true,
                                    .not_before = f->predecessor.not_before,
                                    .end = f->predecessor.version_end,
                                    .coverage_end = f->predecessor.end_at};
    return policy_next_issue(profile, &term);
}

static struct renew_decision next_activation(const struct renew_facts *f, const struct profile *profile,
                                             int64_t now) {
    if (!f->predecessor.exists)
        return decide(RENEW_ACTIVATE, &follows_nothing);
    if (f->predecessor.revoked_at)
        return decide(RENEW_ACTIVATE, &predecessor_over);
    if (!f->predecessor.version_end)
        return decide(RENEW_NONE, &predecessor_unissued);
    if (f->predecessor.end_at <= now)
        return decide(RENEW_ACTIVATE, &predecessor_over);
    const struct next_issue next = next_start(f, profile);
    if (next.kind == NEXT_TERM && next.at <= now)
        return decide(RENEW_ACTIVATE, &activation_due);
    /* A next version of the predecessor that is overdue moves that moment when it comes. */
    int64_t at = next.at > now ? next.at : now + LOOK_AGAIN;
    return (struct renew_decision){.action = RENEW_WAIT, .at = at, .reason = &predecessor_lives};
}

/* ---- with a version ---- */

/* The stored moment is not the regular one: a reissue. Jitter moves the regular one only earlier, by lead
 * / 10. */
static bool was_asked_for(const struct renew_facts *f, int64_t regular, int64_t lead) {
    if (!f->next_issue_at)
        return false;
    bool fits = f->next_issue_at >= regular - lead / JITTER_PART && f->next_issue_at <= regular;
    return !fits || f->version_end >= f->coverage_end;
}

/* What is due: nothing is asked for while the certificate waits. */
static struct renew_decision issue_version(const struct renew_facts *f, int64_t now,
                                           const struct renew_reason *reason) {
    return f->waits_for_person ? wait_until(f, 0, now, &version_waits) : decide(RENEW_ISSUE_VERSION, reason);
}

static struct renew_decision overdue(const struct renew_facts *f, int64_t now,
                                     const struct renew_reason *reason) {
    if (f->auto_versions)
        return issue_version(f, now, reason);
    struct renew_decision flag = wait_until(f, 0, now, &manual_version);
    flag.action = RENEW_FLAG;
    return flag;
}

static struct renew_decision next_version(const struct renew_facts *f, const struct profile *profile,
                                          int64_t now) {
    int64_t lead = policy_lead(profile, f->version_end - f->not_before);
    int64_t regular = f->version_end - lead;
    if (f->coverage_end <= now)
        return wait_until(f, 0, now, &ended);
    if (was_asked_for(f, regular, lead))
        return f->next_issue_at <= now ? issue_version(f, now, &asked_for)
                                       : wait_until(f, f->next_issue_at, now, &version_planned);
    if (f->version_end <= now)
        return overdue(f, now, &lapsed);
    const struct term_state term = {.order_kind = f->order_kind,
                                    .next_term = f->next_term,
                                    .not_before = f->not_before,
                                    .end = f->version_end,
                                    .coverage_end = f->coverage_end};
    const struct next_issue next = policy_next_issue(profile, &term);
    if (next.kind != NEXT_VERSION)
        return wait_until(f, 0, now, f->version_end < f->coverage_end ? &succeeded : &covered);
    int64_t due = f->next_issue_at ? f->next_issue_at : next.at;
    return due <= now ? overdue(f, now, &version_due) : wait_until(f, due, now, &version_planned);
}

struct renew_decision renew_next(const struct renew_facts *f, const struct profile *profile, int64_t now) {
    if (f->cancelled_at)
        return decide(RENEW_NONE, &cancelled);
    if (f->revoked_at)
        return decide(RENEW_NONE, &revoked);
    if (!f->ordered)
        return wait_until(f, 0, now, &brought_in);
    if (!f->paid_at)
        return decide(RENEW_NONE, &not_paid);
    if (!f->active_at)
        return next_activation(f, profile, now);
    if (f->version_end)
        return next_version(f, profile, now);
    if (f->waits_for_person)
        return decide(RENEW_NONE, f->at_gate ? &gate : &person);
    return decide(RENEW_ISSUE_VERSION, &first_version);
}
