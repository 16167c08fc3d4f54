/* refund: what comes back, by which way, and once. */
#include "order/market.h"
#include "order/payment_ops.h"
#include "order/refund.h"
#include "unit.h"

static struct world w;
static struct error e;

enum { PRICE = 12900, USE = 300, MUCH = 1000000 };

#define TENURE_DV "Tenure/dv/single/ecc"

static int open_world(void **state) {
    static const struct outbound_policy nowhere;
    static struct payment_settings settings;
    (void)state;
    e = (struct error){0};
    world_open(&w, "2026-11-21T00:00:00Z");
    set_price(&w, "Tenure", PRICE, USE);
    settings = (struct payment_settings){.webhook_url = "https://pay.example.com/in",
                                         .webhook_secret = secret_new(w.arena, "0123456789abcdef", 16),
                                         .timeout_ms = 1000};
    w.services.payment_system = payment_system_new(w.arena, &settings, &nowhere);
    bool done;
    const struct ledger_move move = {.account_id = ACCOUNT,
                                     .item = "CNY",
                                     .reason = "deposited",
                                     .reference = "deposited:test",
                                     .actor = "user_1",
                                     .amount = MUCH,
                                     .now = w.now};
    assert_ok(ledger_move_money(w.services.db, &move, &done, &e), e);
    return 0;
}

static int close_world(void **state) {
    (void)state;
    assert_true(ledgers_intact(&w));
    world_close(&w);
    return 0;
}

/* An order of `years`, paid by `provider`, with its certificates. */
struct bought {
    struct order o;
    struct certificate *c;
    size_t count;
    struct payment payment;
};

static bool order_and_begin(const char *quote_id, const char *provider, struct bought *b) {
    const struct order_wish wish = {.account_id = ACCOUNT, .quote_id = quote_id, .actor = "user_1"};
    return order_make(&w.services, w.arena, &wish, w.now, &b->o, &b->c, &b->count, &e) &&
           (!b->o.due.amount ||
            payment_begin(&w.services, w.arena, &b->o, provider, "user_1", w.now, &b->payment, &e));
}

static struct bought bought_for(int64_t years, const char *provider) {
    const struct quote_request r = {.order = {.brand = "Tenure", .names = "a.example.com", .years = years}};
    struct quote q = {.id = NULL};
    struct bought b = {.count = 0};
    assert_ok(make_quote(&w, &r, &q, &e), e);
    assert_ok(db_begin(w.services.db, &e), e);
    bool ok = order_and_begin(q.id, provider, &b);
    const struct payment_receipt receipt = {.actor = "user_9", .reference = "bank 1", .now = w.now};
    if (ok && b.payment.id && !b.payment.confirmed_at)
        ok = payment_confirm(&w.services, w.arena, &b.payment, &receipt, &e);
    assert_ok(world_end(&w, ok, &e), e);
    return b;
}

static bool refund(const char *certificate_id, struct refund *r) {
    struct certificate c = certificate_now(&w, certificate_id);
    const struct ledger_cause by = {"user_1", w.now};
    return db_begin(w.services.db, &e) &&
           world_end(&w, order_refund(&w.services, w.arena, &c, &by, r, &e), &e);
}

static struct refund refunded(const struct certificate *c) {
    struct refund r = {.id = NULL};
    assert_ok(refund(c->id, &r), e);
    assert_ok(refund_get(w.services.db, w.arena, ACCOUNT, r.id, &r, &e), e);
    assert_true(ledgers_intact(&w));
    return r;
}

static int64_t balance(void) {
    int64_t left;
    assert_ok(ledger_money_left(w.services.db, ACCOUNT, "CNY", &left, &e), e);
    return left;
}

static const char *state_of(const struct certificate *c) {
    struct certificate now = certificate_now(&w, c->id);
    return state_row(certificate_state(&now, w.now))->name;
}

/* ---- never issued ---- */

static void what_was_never_issued_is_cancelled_and_its_money_comes_back(void **state) {
    (void)state;
    struct bought b = bought_for(1, "balance");
    struct refund r;
    assert_int_equal(balance(), MUCH - PRICE);
    r = refunded(&b.c[0]);
    assert_int_equal(r.due.amount, PRICE);
    assert_string_equal(r.due.currency, "CNY");
    assert_string_equal(r.provider, "balance");
    assert_string_equal(r.state, "done");
    assert_int_equal(balance(), MUCH);
    assert_int_equal(quota_left(&w, TENURE_DV), 0); /* its unit went with its money */
    assert_string_equal(state_of(&b.c[0]), "cancelled");
    assert_int_equal(certificate_now(&w, b.c[0].id).refunded_at, w.now);
    assert_fails(refund(b.c[0].id, &r), e, ERR_CONFLICT);
    assert_string_equal(e.state, "cancelled");
    assert_int_equal(balance(), MUCH);
}

static void each_certificate_of_an_order_has_its_share(void **state) {
    (void)state;
    struct bought b = bought_for(3, "balance");
    assert_int_equal(b.o.due.amount, 3 * PRICE + 2 * USE);
    assert_int_equal(refunded(&b.c[1]).due.amount, PRICE + USE);
    assert_string_equal(certificate_now(&w, b.c[2].id).predecessor_id, b.c[0].id);
    assert_string_equal(certificate_now(&w, b.c[0].id).successor_id, b.c[2].id);
    assert_int_equal(refunded(&b.c[0]).due.amount, PRICE);
    assert_int_equal(refunded(&b.c[2]).due.amount, PRICE + USE);
    assert_int_equal(balance(), MUCH);
    assert_int_equal(quota_left(&w, TENURE_DV), 0);
    assert_int_equal(quota_left(&w, MANAGED_USE), 0);
}

static void quota_comes_back_as_quota(void **state) {
    (void)state;
    grant(&w, TENURE_DV, 1);
    grant(&w, MANAGED_USE, 1);
    struct bought b = bought_for(2, "balance");
    assert_int_equal(b.o.due.amount, PRICE);
    struct refund first = refunded(&b.c[0]), second = refunded(&b.c[1]);
    assert_int_equal(first.due.amount + second.due.amount, PRICE);
    assert_int_equal(balance(), MUCH);
    assert_int_equal(quota_left(&w, TENURE_DV), 1);
    assert_int_equal(quota_left(&w, MANAGED_USE), 1);
}

static void quota_alone_is_given_back_without_a_payment(void **state) {
    (void)state;
    grant(&w, TENURE_DV, 1);
    struct bought b = bought_for(1, "balance");
    assert_int_equal(b.o.due.amount, 0);
    struct refund r = refunded(&b.c[0]);
    assert_int_equal(r.due.amount, 0);
    assert_null(r.payment_id);
    assert_string_equal(r.state, "done");
    assert_int_equal(balance(), MUCH);
    assert_int_equal(quota_left(&w, TENURE_DV), 1);
}

static void what_came_back_before_is_not_refunded_again(void **state) {
    (void)state;
    struct bought b = bought_for(2, "balance");
    struct reservation *units;
    size_t count;
    bool first;
    const struct ledger_cause by = {"user_1", w.now};
    assert_ok(reservation_of_certificate(w.services.db, w.arena, b.c[1].id, &units, &count, &e), e);
    assert_int_equal(count, 2);
    assert_string_equal(units[1].unit, UNIT_MANAGED_USE);
    assert_ok(reservation_release(w.services.db, &units[1], "returned", &by, &first, &e), e);
    assert_int_equal(refunded(&b.c[1]).due.amount, PRICE);
    assert_int_equal(quota_left(&w, MANAGED_USE), 1);
}

/* ---- issued ---- */

static void mark_revoked(const struct certificate *given, int64_t at) {
    struct certificate c = certificate_now(&w, given->id);
    const struct profile *profile;
    c.revoke_asked_at = c.revoked_at = at;
    assert_ok(certificate_profile(&w.policies, &c, &profile, &e), e);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, certificate_store(w.services.db, w.arena, profile, &c, &e), &e), e);
}

static struct certificate issued(struct bought *b) {
    struct certificate c = certificate_now(&w, b->c[0].id);
    world_issue(&w, &c, w.now + 365 * DAY);
    return c;
}

static void what_is_issued_must_be_revoked_in_time(void **state) {
    (void)state;
    struct bought b = bought_for(1, "balance"), late = bought_for(1, "balance");
    struct certificate c = issued(&b), other = issued(&late);
    struct refund r;
    int64_t days = policy_find(&w.policies, c.profile, c.profile_version)->refund_days;
    assert_int_equal(days, 7);
    assert_fails(refund(c.id, &r), e, ERR_ALREADY_ISSUED);
    mark_revoked(&c, w.now + days * DAY);
    mark_revoked(&other, w.now + days * DAY + 1);
    w.now += 8 * DAY;
    assert_fails(refund(other.id, &r), e, ERR_ALREADY_ISSUED);
    assert_int_equal(refunded(&c).due.amount, PRICE);
    assert_string_equal(state_of(&c), "revoked");
    assert_int_equal(balance(), MUCH - PRICE);
    assert_int_equal(quota_left(&w, TENURE_DV), 0);
    assert_fails(refund(c.id, &r), e, ERR_CONFLICT);
}

/* ---- what is refused ---- */

static void what_is_not_paid_is_not_refunded(void **state) {
    (void)state;
    const struct quote_request r = {.order = {.brand = "Tenure", .names = "a.example.com"}};
    struct quote q = {.id = NULL};
    struct bought b = {.count = 0};
    struct refund none;
    assert_ok(make_quote(&w, &r, &q, &e), e);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, order_and_begin(q.id, "invoice", &b), &e), e);
    assert_fails(refund(b.c[0].id, &none), e, ERR_NOT_PAID);
}

static void a_policy_without_refunds_has_none(void **state) {
    (void)state;
    const struct quote_request r = {.order = {.brand = "DigiCert", .names = "a.example.com"}};
    struct quote q = {.id = NULL};
    struct bought b = {.count = 0};
    struct refund none;
    assert_ok(make_quote(&w, &r, &q, &e), e);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, order_and_begin(q.id, "balance", &b), &e), e);
    assert_fails(refund(b.c[0].id, &none), e, ERR_PROFILE_HAS_NO_REFUND);
    assert_int_equal(quota_left(&w, "DigiCert/dv/single/ecc"), 0);
}

/* ---- money that came from outside ---- */

static bool done(struct refund *r, const char *reference) {
    const struct payment_receipt receipt = {.actor = "user_9", .reference = reference, .now = w.now};
    return db_begin(w.services.db, &e) && world_end(&w, refund_finish(w.services.db, r, &receipt, &e), &e);
}

static void an_administrator_gives_the_money_of_an_invoice_back(void **state) {
    (void)state;
    struct bought b = bought_for(1, "invoice");
    struct refund r = refunded(&b.c[0]);
    assert_string_equal(r.state, "pending");
    assert_string_equal(r.payment_id, b.payment.id);
    assert_int_equal(balance(), MUCH);
    assert_ok(done(&r, "bank 2"), e);
    assert_ok(refund_get(w.services.db, w.arena, ACCOUNT, r.id, &r, &e), e);
    assert_string_equal(r.state, "done");
    assert_string_equal(r.outside_reference, "bank 2");
    assert_fails(done(&r, "bank 3"), e, ERR_CONFLICT);
    assert_string_equal(e.state, "done");
    assert_int_equal(balance(), MUCH);
}

static void the_payment_system_is_asked_by_a_step(void **state) {
    (void)state;
    static const struct half_steps step = {refund_ask, {refund_asked}};
    struct bought b = bought_for(1, "webhook");
    struct refund r = refunded(&b.c[0]);
    struct work_item item;
    enum outcome outcome;
    assert_string_equal(r.state, "pending");
    assert_ok(work_get(w.services.db, w.arena, r.id, &item, &e), e);
    assert_string_equal(item.step, "refund");
    assert_false(step_run(&w, &step, r.id, &outcome, &e)); /* nobody answers there: it is tried again */
    assert_ok(done(&r, "tx 1"), e);
    assert_ok(step_run(&w, &step, r.id, &outcome, &e), e); /* and nobody is asked again */
    assert_int_equal(outcome, OUTCOME_DONE);
    assert_int_equal(balance(), MUCH);
}

#define world_test(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

TEST_MAIN(refund, world_test(what_was_never_issued_is_cancelled_and_its_money_comes_back),
          world_test(each_certificate_of_an_order_has_its_share), world_test(quota_comes_back_as_quota),
          world_test(quota_alone_is_given_back_without_a_payment),
          world_test(what_came_back_before_is_not_refunded_again),
          world_test(what_is_issued_must_be_revoked_in_time), world_test(what_is_not_paid_is_not_refunded),
          world_test(a_policy_without_refunds_has_none),
          world_test(an_administrator_gives_the_money_of_an_invoice_back),
          world_test(the_payment_system_is_asked_by_a_step))
