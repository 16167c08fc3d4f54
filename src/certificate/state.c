/*
 * The state of a certificate: facts and `now` in, one of the rows below out (SPEC section 2). Nothing here
 * reads a clock or a database.
 */
#include "certificate/certificate.h"

/* A next version that is this late is not merely being made: the engine's first tries have failed. */
enum { OVERDUE_AFTER = 3600 };

static const struct state_row rows[STATE_COUNT] = {
    [STATE_PENDING_PAYMENT] = {"pending_payment", TEXT("Pending payment", "待支付")},
    [STATE_NOT_ACTIVATED] = {"not_activated", TEXT("Not activated", "未激活")},
    [STATE_PENDING_APPLICATION] = {"pending_application", TEXT("Pending application", "待申请")},
    [STATE_PENDING_LETTER] = {"pending_letter", TEXT("Pending confirmation letter", "待上传确认函")},
    [STATE_VALIDATING] = {"validating", TEXT("Validating", "申请审核中")},
    [STATE_REJECTED] = {"rejected", TEXT("Rejected", "审核失败")},
    [STATE_ISSUED] = {"issued", TEXT("Issued", "已签发")},
    [STATE_PENDING_EXPIRATION] = {"pending_expiration", TEXT("Pending expiration", "即将过期")},
    [STATE_EXPIRED] = {"expired", TEXT("Expired", "已过期")},
    [STATE_REVOKING] = {"revoking", TEXT("Revoking", "吊销中")},
    [STATE_REVOKED] = {"revoked", TEXT("Revoked", "已吊销")},
    [STATE_CANCELLED] = {"cancelled", TEXT("Cancelled", "已取消")},
};

const struct state_row *state_row(enum certificate_state state) {
    return &rows[state];
}

enum certificate_state state_parse(const char *name) {
    enum certificate_state state = 0;
    while (state < STATE_COUNT && strcmp(rows[state].name, name) != 0)
        state++;
    return state;
}

/* The states that no time changes, and where they are in the index; STATE_COUNT for PHASE_VERSIONED. */
static const enum certificate_state state_of_phase[] = {
    [PHASE_PENDING_PAYMENT] = STATE_PENDING_PAYMENT,
    [PHASE_NOT_ACTIVATED] = STATE_NOT_ACTIVATED,
    [PHASE_PENDING_APPLICATION] = STATE_PENDING_APPLICATION,
    [PHASE_PENDING_LETTER] = STATE_PENDING_LETTER,
    [PHASE_VALIDATING] = STATE_VALIDATING,
    [PHASE_REJECTED] = STATE_REJECTED,
    [PHASE_VERSIONED] = STATE_COUNT,
    [PHASE_REVOKING] = STATE_REVOKING,
    [PHASE_REVOKED] = STATE_REVOKED,
    [PHASE_CANCELLED] = STATE_CANCELLED,
};

static enum certificate_phase phase_before_issue(const struct certificate *c) {
    if (!c->paid_at)
        return PHASE_PENDING_PAYMENT;
    if (!c->active_at)
        return PHASE_NOT_ACTIVATED;
    if (c->rejected_at)
        return PHASE_REJECTED;
    if (!c->submitted_at)
        return PHASE_PENDING_APPLICATION;
    return c->letter_needed && !c->letter_at ? PHASE_PENDING_LETTER : PHASE_VALIDATING;
}

/* In the order of SPEC section 2. */
static enum certificate_phase phase_of(const struct certificate *c) {
    if (c->cancelled_at)
        return PHASE_CANCELLED;
    if (c->revoked_at)
        return PHASE_REVOKED;
    if (c->revoke_asked_at)
        return PHASE_REVOKING;
    return c->version_count ? PHASE_VERSIONED : phase_before_issue(c);
}

/* Where the lifetime ends that the user counts on, and where it began. */
static void derive_end(struct certificate *c, const struct profile *profile) {
    bool by_coverage = strcmp(c->kind, "official") == 0 && c->auto_versions && c->coverage_end;
    int64_t start = by_coverage ? c->covered_from : c->not_before;
    c->end_at = by_coverage ? c->coverage_end : c->version_end;
    c->window_at = c->end_at - policy_lead(profile, c->end_at - start);
    c->expires_at = c->version_end < c->end_at ? c->version_end : c->end_at;
}

void certificate_derive(struct certificate *c, const struct profile *profile) {
    c->phase = phase_of(c);
    c->end_at = c->window_at = c->expires_at = 0;
    if (c->version_count)
        derive_end(c, profile);
}

enum certificate_state certificate_state(const struct certificate *c, int64_t now) {
    enum certificate_phase phase = phase_of(c);
    if (phase != PHASE_VERSIONED)
        return state_of_phase[phase];
    if (now >= c->expires_at)
        return STATE_EXPIRED;
    return now >= c->window_at ? STATE_PENDING_EXPIRATION : STATE_ISSUED;
}

bool certificate_live(const struct certificate *c, int64_t now) {
    return phase_of(c) == PHASE_VERSIONED && now < c->version_end;
}

bool certificate_lapsed(const struct certificate *c, int64_t now) {
    return phase_of(c) == PHASE_VERSIONED && now >= c->version_end && now < c->coverage_end;
}

bool certificate_waits_for_person(const struct certificate *c) {
    bool letter_missing = c->letter_needed && !c->letter_at;
    return !c->submitted_at || c->rejected_at || c->waits_for || letter_missing;
}

bool certificate_at_gate(const struct certificate *c) {
    static const char *const gates[] = {"validation", "review", "letter"};
    for (size_t i = 0; c->waits_for && i < sizeof gates / sizeof *gates; i++)
        if (strcmp(c->waits_for, gates[i]) == 0)
            return c->submitted_at && !c->rejected_at;
    return false;
}

const struct text *certificate_at_risk(const struct certificate *c, int64_t now) {
    static const struct text lapsed = TEXT("its last version has expired, and the next one is not issued yet",
                                           "上一版本已过期,新版本尚未签发");
    static const struct text by_hand =
        TEXT("its version ends before its coverage, and none is planned: reissue it",
             "当前版本早于有效期结束,且没有计划中的新版本:请重新签发");
    static const struct text overdue = TEXT("its next version is overdue", "下一版本已逾期未签发");
    if (certificate_lapsed(c, now))
        return &lapsed;
    if (!certificate_live(c, now) || c->version_end >= c->coverage_end)
        return NULL;
    if (!c->auto_versions || !c->next_issue_at)
        return c->successor_id ? NULL : &by_hand;
    return now > c->next_issue_at + OVERDUE_AFTER ? &overdue : NULL;
}

struct state_range state_range(enum certificate_state state, int64_t now) {
    switch (state) {
    case STATE_ISSUED:
        return (struct state_range){.phase = PHASE_VERSIONED, .window_above = now, .expires_above = now};
    case STATE_PENDING_EXPIRATION:
        return (struct state_range){.phase = PHASE_VERSIONED, .window_upto = now, .expires_above = now};
    case STATE_EXPIRED:
        return (struct state_range){.phase = PHASE_VERSIONED, .expires_upto = now};
    default:
        break;
    }
    int64_t phase = PHASE_PENDING_PAYMENT;
    while (state_of_phase[phase] != state)
        phase++;
    return (struct state_range){.phase = phase};
}
