/* Every state of an order and its authorizations (RFC 8555, 7.1.6), and what is done about it. */
#include "base/clock.h"
#include "issue/acme_order.h"
#include "unit.h"

enum { NOW = 1795219200, END = NOW + 7 * DAY };

struct authorization_case {
    const char *status; /* NULL: not asked for yet */
    enum acme_proof proof;
    bool answered, seen;
};

struct order_case {
    const char *what;
    const char *url, *status, *certificate;
    int64_t expires, polls, poll_at;
    size_t count;
    struct authorization_case of[3];
    enum acme_action action;
    size_t index;
    int64_t until;
};

#define PLACED .url = "https://ca/order/1", .expires = END

static const struct order_case cases[] = {
    {"one that the CA has not heard of", .action = ACME_DO_ORDER},
    {"one whose time was over before the CA answered", .expires = NOW - 1, .action = ACME_DO_ORDER},
    {"authorizations are looked at one after another", PLACED, .status = "pending", .count = 2,
     .of = {{NULL}, {NULL}}, .action = ACME_DO_LOOK, .index = 0},
    {"the next one", PLACED, .status = "pending", .count = 2, .of = {{"pending", PROOF_COMING}, {NULL}},
     .action = ACME_DO_LOOK, .index = 1},
    {"a proof that has gone is made again", PLACED, .status = "pending", .count = 1,
     .of = {{"pending", PROOF_NONE}}, .action = ACME_DO_LOOK},
    {"a proof on its way is waited for, almost as long as the CA waits", PLACED, .status = "pending",
     .count = 1, .of = {{"pending", PROOF_COMING}}, .action = ACME_DO_WAIT, .until = END - 3600},
    {"and is not asked for shortly before the end, if it is not there", .url = "https://ca/order/1",
     .expires = NOW + 6, .status = "pending", .count = 1, .of = {{"pending", PROOF_COMING}},
     .action = ACME_DO_WAIT, .until = NOW + 6},
    {"one that we do not see is waited for as long", PLACED, .status = "pending", .count = 2,
     .of = {{"pending", PROOF_COMING}, {"pending", PROOF_PLACED}}, .action = ACME_DO_WAIT,
     .until = END - 3600},
    {"then the CA is asked all the same", .url = "https://ca/order/1", .expires = NOW + 6,
     .status = "pending", .count = 2, .of = {{"pending", PROOF_COMING}, {"pending", PROOF_PLACED}},
     .action = ACME_DO_ANSWER, .index = 1},
    {"once", .url = "https://ca/order/1", .expires = NOW + 6, .status = "pending", .count = 1,
     .of = {{"pending", PROOF_PLACED, .answered = true}}, .action = ACME_DO_POLL},
    {"a proof that is there is told to the CA", PLACED, .status = "pending", .count = 2,
     .of = {{"pending", PROOF_COMING}, {"pending", PROOF_READY}}, .action = ACME_DO_ANSWER, .index = 1},
    {"what was told is not told again", PLACED, .status = "pending", .count = 2,
     .of = {{"pending", PROOF_READY, .answered = true}, {"pending", PROOF_COMING}}, .action = ACME_DO_WAIT,
     .until = END - 3600},
    {"all were told: the order is asked for", PLACED, .status = "pending", .count = 2,
     .of = {{"pending", PROOF_READY, .answered = true}, {"valid", PROOF_NONE}}, .action = ACME_DO_POLL},
    {"but not before its time", PLACED, .status = "pending", .poll_at = NOW + 5, .count = 1,
     .of = {{"pending", PROOF_READY, .answered = true}}, .action = ACME_DO_WAIT, .until = NOW + 5},
    {"nor later than its end", PLACED, .status = "pending", .poll_at = END + 5, .count = 1,
     .of = {{"pending", PROOF_READY, .answered = true}}, .action = ACME_DO_WAIT, .until = END},
    {"a proof that was taken away after the answer is not made again", PLACED, .status = "pending",
     .count = 1, .of = {{"pending", PROOF_NONE, .answered = true}}, .action = ACME_DO_POLL},
    {"all valid at once, in an order that does not say so yet", PLACED, .status = "pending", .count = 2,
     .of = {{"valid"}, {"valid"}}, .action = ACME_DO_POLL},
    {"an authorization in a state that we do not know is waited out", PLACED, .status = "pending", .count = 1,
     .of = {{"unknown"}}, .action = ACME_DO_POLL},
    {"an invalid authorization ends it, whatever the others are", PLACED, .status = "pending", .count = 3,
     .of = {{NULL}, {"pending", PROOF_READY}, {"invalid"}}, .action = ACME_DO_GIVE_UP, .index = 2},
    {"an authorization that has expired", PLACED, .status = "pending", .count = 2,
     .of = {{"valid"}, {"expired"}}, .action = ACME_DO_BEGIN_ANEW, .index = 1},
    {"one that was deactivated", PLACED, .status = "pending", .count = 1, .of = {{"deactivated"}},
     .action = ACME_DO_BEGIN_ANEW},
    {"one that was revoked", PLACED, .status = "pending", .count = 1, .of = {{"revoked"}},
     .action = ACME_DO_BEGIN_ANEW},
    {"ready at once: authorizations are not even looked at", PLACED, .status = "ready", .count = 2,
     .of = {{NULL}, {NULL}}, .action = ACME_DO_FINALIZE},
    {"ready again after a refusal that said it was not", PLACED, .status = "ready", .polls = 2,
     .poll_at = NOW + 2, .action = ACME_DO_WAIT, .until = NOW + 2},
    {"processing", PLACED, .status = "processing", .action = ACME_DO_POLL},
    {"processing for minutes", PLACED, .status = "processing", .polls = 9, .poll_at = NOW + 60,
     .action = ACME_DO_WAIT, .until = NOW + 60},
    {"a state that we do not know is waited out", PLACED, .status = "unknown", .poll_at = NOW + 1,
     .action = ACME_DO_WAIT, .until = NOW + 1},
    {"then asked for", PLACED, .status = "unknown", .poll_at = NOW, .action = ACME_DO_POLL},
    {"valid", PLACED, .status = "valid", .certificate = "https://ca/cert/1", .action = ACME_DO_DOWNLOAD},
    {"valid, and its time is over", .url = "https://ca/order/1", .expires = NOW, .status = "valid",
     .certificate = "https://ca/cert/1", .action = ACME_DO_DOWNLOAD},
    {"valid, but the certificate is missing", PLACED, .status = "valid", .poll_at = NOW + 1,
     .action = ACME_DO_WAIT, .until = NOW + 1},
    {"invalid: each name is asked what was wrong", PLACED, .status = "invalid", .count = 3,
     .of = {{"valid"}, {"pending", PROOF_READY, .answered = true}, {NULL}}, .action = ACME_DO_LOOK,
     .index = 1},
    {"once", PLACED, .status = "invalid", .count = 3,
     .of = {{"valid"}, {"pending", PROOF_READY, .answered = true, .seen = true}, {"invalid", .seen = true}},
     .action = ACME_DO_GIVE_UP},
    {"invalid for another reason than its names", PLACED, .status = "invalid", .count = 1, .of = {{"valid"}},
     .action = ACME_DO_GIVE_UP},
    {"pending, and its time is over", .url = "https://ca/order/1", .expires = NOW, .status = "pending",
     .count = 1, .of = {{"pending", PROOF_READY}}, .action = ACME_DO_BEGIN_ANEW},
    {"processing, and its time is over", .url = "https://ca/order/1", .expires = NOW, .status = "processing",
     .poll_at = NOW + 60, .action = ACME_DO_BEGIN_ANEW},
    {"a CA that waits for thousands of years is given a month", .url = "https://ca/order/1",
     .status = "pending", .expires = NOW + INT64_C(1000000) * DAY, .count = 1,
     .of = {{"pending", PROOF_COMING}}, .action = ACME_DO_WAIT, .until = NOW - 60 + 30 * DAY - 3600},
    {"a CA that names no end is given a week", .url = "https://ca/order/1", .status = "pending", .count = 1,
     .of = {{"pending", PROOF_COMING}}, .action = ACME_DO_WAIT, .until = NOW - 60 + 7 * DAY - 3600},
};

static void each_state_has_its_next_action(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct order_case *c = &cases[i];
        const struct acme_order_row order = {.id = "aord_1",
                                             .created_at = NOW - 60,
                                             .url = c->url,
                                             .status = c->status,
                                             .certificate_url = c->certificate,
                                             .expires_at = c->expires,
                                             .polls = c->polls,
                                             .poll_at = c->poll_at};
        struct acme_authorization_row rows[3] = {0};
        enum acme_proof proofs[3];
        bool seen[3];
        for (size_t k = 0; k < c->count; k++) {
            rows[k].name = c->of[k].status ? "www.example.com" : NULL;
            rows[k].status = c->of[k].status;
            rows[k].answered_at = c->of[k].answered ? NOW - 1 : 0;
            proofs[k] = c->of[k].proof;
            seen[k] = c->of[k].seen;
        }
        const struct acme_case known = {&order, rows, c->count, proofs, seen};
        struct acme_next next = acme_next(&known, NOW);
        if (next.action != c->action || next.index != c->index || next.until != c->until)
            print_error("%s: %d %zu %lld\n", c->what, (int)next.action, next.index, (long long)next.until);
        assert_int_equal(next.action, c->action);
        assert_int_equal(next.index, c->index);
        assert_int_equal(next.until, c->until);
    }
}

static void polls_become_rarer_and_never_stop(void **state) {
    (void)state;
    assert_int_equal(acme_poll_delay(0), 0);
    assert_int_equal(acme_poll_delay(1), 1);
    assert_int_equal(acme_poll_delay(2), 2);
    assert_int_equal(acme_poll_delay(3), 5);
    assert_int_equal(acme_poll_delay(4), 10);
    for (int64_t polls = 1; polls < 100; polls++)
        assert_true(acme_poll_delay(polls) >= acme_poll_delay(polls - 1));
    assert_int_equal(acme_poll_delay(INT64_MAX), 60);
}

TEST_MAIN(acme_next, test(each_state_has_its_next_action), test(polls_become_rarer_and_never_stop))
