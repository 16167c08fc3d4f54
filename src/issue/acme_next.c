/*
 * What is to be done next about an order at a CA (RFC 8555, section 7.1.6): decided from what is known of
 * it. States that we do not know are waited out.
 */
#include "base/clock.h"
#include "issue/acme_order.h"

enum {
    DEFAULT_PATIENCE = 7 * DAY, /* of a CA that names no end */
    PATIENCE_MAX = 30 * DAY,    /* one may name the year 9999 */
    LAST_CALL = 3600,
};

int64_t acme_poll_delay(int64_t polls) {
    static const int64_t delays[] = {0, 1, 2, 5, 10, 20, 30, 60};
    const int64_t last = sizeof delays / sizeof *delays - 1;
    if (polls < 0)
        return delays[0];
    return delays[polls < last ? polls : last];
}

int64_t acme_order_end(const struct acme_order_row *order) {
    int64_t end = order->expires_at ? order->expires_at : order->created_at + DEFAULT_PATIENCE;
    return end < order->created_at + PATIENCE_MAX ? end : order->created_at + PATIENCE_MAX;
}

int64_t acme_order_last_call(const struct acme_order_row *order) {
    int64_t end = acme_order_end(order), tenth = (end - order->created_at) / 10;
    return end - (tenth < LAST_CALL ? tenth : LAST_CALL);
}

static struct acme_next act(enum acme_action action, size_t index) {
    return (struct acme_next){.action = action, .index = index};
}

static struct acme_next wait_until(int64_t until) {
    return (struct acme_next){.action = ACME_DO_WAIT, .until = until};
}

/* At its time; not later than the order's end, where something else is done. */
static struct acme_next paced(const struct acme_case *known, enum acme_action action, int64_t now) {
    const struct acme_order_row *order = known->order;
    int64_t end = acme_order_end(order);
    if (order->poll_at > now)
        return wait_until(order->poll_at < end || end <= now ? order->poll_at : end);
    return act(action, 0);
}

static enum acme_status status_of(const struct acme_authorization_row *z) {
    return acme_status_parse(z->status);
}

/* ---- an order that waits for its authorizations ---- */

static bool needs_look(const struct acme_case *known, size_t i) {
    const struct acme_authorization_row *z = &known->authorizations[i];
    bool unproven = status_of(z) == ACME_PENDING && !z->answered_at && known->proofs[i] == PROOF_NONE;
    return !z->name || unproven;
}

static bool needs_answer(const struct acme_case *known, size_t i) {
    const struct acme_authorization_row *z = &known->authorizations[i];
    return status_of(z) == ACME_PENDING && !z->answered_at && known->proofs[i] == PROOF_READY;
}

static bool needs_proof(const struct acme_case *known, size_t i) {
    const struct acme_authorization_row *z = &known->authorizations[i];
    return status_of(z) == ACME_PENDING && !z->answered_at;
}

static bool is_placed(const struct acme_case *known, size_t i) {
    return needs_proof(known, i) && known->proofs[i] == PROOF_PLACED;
}

static bool is_invalid(const struct acme_case *known, size_t i) {
    return status_of(&known->authorizations[i]) == ACME_INVALID;
}

/* It was valid once, or its time was over before it was. */
static bool is_over(const struct acme_case *known, size_t i) {
    enum acme_status status = status_of(&known->authorizations[i]);
    return status == ACME_EXPIRED || status == ACME_DEACTIVATED || status == ACME_REVOKED;
}

/* The first authorization that it holds of; `known->count` if of none. */
static size_t find(const struct acme_case *known, bool (*holds)(const struct acme_case *, size_t)) {
    size_t i = 0;
    while (i < known->count && !holds(known, i))
        i++;
    return i;
}

/* What somebody was to add may be there though we do not see it: only the CA's word counts. */
static struct acme_next wait_for_proofs(const struct acme_case *known, int64_t now) {
    size_t placed = find(known, is_placed);
    int64_t last_call = acme_order_last_call(known->order);
    if (now < last_call)
        return wait_until(last_call);
    return placed < known->count ? act(ACME_DO_ANSWER, placed) : wait_until(acme_order_end(known->order));
}

static struct acme_next next_of_pending(const struct acme_case *known, int64_t now) {
    static const struct {
        bool (*holds)(const struct acme_case *, size_t);
        enum acme_action action;
    } rules[] = {{is_invalid, ACME_DO_GIVE_UP},
                 {is_over, ACME_DO_BEGIN_ANEW},
                 {needs_look, ACME_DO_LOOK},
                 {needs_answer, ACME_DO_ANSWER}};
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        size_t index = find(known, rules[i].holds);
        if (index < known->count)
            return act(rules[i].action, index);
    }
    if (find(known, needs_proof) < known->count)
        return wait_for_proofs(known, now);
    return paced(known, ACME_DO_POLL, now);
}

/* ---- an invalid one: which name was it, and why? ---- */

static bool untold(const struct acme_case *known, size_t i) {
    const struct acme_authorization_row *z = &known->authorizations[i];
    return !known->seen[i] && (!z->name || status_of(z) == ACME_PENDING || status_of(z) == ACME_UNKNOWN);
}

static struct acme_next next_of_invalid(const struct acme_case *known) {
    size_t index = find(known, untold);
    return index < known->count ? act(ACME_DO_LOOK, index) : act(ACME_DO_GIVE_UP, 0);
}

struct acme_next acme_next(const struct acme_case *known, int64_t now) {
    const struct acme_order_row *order = known->order;
    if (!order->url)
        return act(ACME_DO_ORDER, 0);
    enum acme_status status = acme_status_parse(order->status);
    if (status == ACME_INVALID)
        return next_of_invalid(known);
    if (status == ACME_VALID && order->certificate_url)
        return paced(known, ACME_DO_DOWNLOAD, now);
    if (acme_order_end(order) <= now)
        return act(ACME_DO_BEGIN_ANEW, 0);
    if (status == ACME_PENDING)
        return next_of_pending(known, now);
    return paced(known, status == ACME_READY ? ACME_DO_FINALIZE : ACME_DO_POLL, now);
}
