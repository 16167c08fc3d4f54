/* What the step `decide` does beyond deciding: activation, what it consumes, and automatic renewal. */
#include "order/market.h"
#include "renew/auto_renew.h"
#include "renew/managed.h"
#include "renew/renew_step.h"
#include "unit.h"

static struct world w;
static struct error e;
static const struct half_steps decide = {NULL, {renew_decide}};

static int open_world(void **state) {
    (void)state;
    world_open(&w, "2026-11-21T00:00:00Z");
    return 0;
}

static int close_world(void **state) {
    (void)state;
    world_close(&w);
    return 0;
}

static enum outcome run(const char *id) {
    enum outcome outcome;
    assert_ok(step_run(&w, &decide, id, &outcome, &e), e);
    return outcome;
}

/* Issued for 365 days, ordered for so many years; everything is paid from a full purse. */
static struct certificate bought(const char *brand, int64_t years) {
    const struct quote_request request = {
        .order = {.brand = brand, .names = "www.example.com", .years = years}};
    const struct ledger_cause by = {"user_1", w.now};
    struct certificate *c;
    struct quote q;
    struct order o;
    size_t count;
    assert_ok(make_quote(&w, &request, &q, &e), e);
    const struct order_wish wish = {.account_id = ACCOUNT, .quote_id = q.id, .actor = "user_1"};
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(order_make(&w.services, w.arena, &wish, w.now, &o, &c, &count, &e), e);
    assert_ok(!o.due.amount || order_paid(&w.services, w.arena, &o, &by, &e), e);
    assert_ok(db_commit(w.services.db, &e), e);
    struct certificate first = certificate_now(&w, c[0].id);
    world_issue(&w, &first, w.now + 365 * DAY);
    return first;
}

static struct certificate issued(const char *brand) {
    return bought(brand, 1);
}

/* Two years of it: the first is issued. */
static struct certificate next_term(const struct certificate *first) {
    return certificate_now(&w, first->successor_id);
}

static struct reservation unit_of(const char *id, const char *unit) {
    struct reservation *units;
    size_t count, i = 0;
    assert_ok(reservation_of_certificate(w.services.db, w.arena, id, &units, &count, &e), e);
    while (i < count && strcmp(units[i].unit, unit) != 0)
        i++;
    assert_true(i < count);
    return units[i];
}

static size_t orders(void) {
    const struct order_range all = {.account_id = ACCOUNT, .limit = 100};
    struct order *list;
    size_t count;
    assert_ok(order_list(w.services.db, w.arena, &all, &list, &count, &e), e);
    return count;
}

/* ---- activation ---- */

static void activation_consumes_the_use_and_the_submission_the_certificate_each_once(void **state) {
    (void)state;
    struct certificate first = bought("Tenure", 2), c = next_term(&first);
    int64_t opens = first.coverage_end - 30 * DAY;
    w.now = opens - 1;
    assert_int_equal(run(c.id), OUTCOME_WAIT);
    assert_int_equal(unit_of(c.id, UNIT_MANAGED_USE).consumed_at, 0);
    w.now = opens;
    assert_int_equal(run(c.id), OUTCOME_NEXT);
    c = certificate_now(&w, c.id);
    assert_int_equal(c.active_at, opens);
    assert_int_equal(c.submitted_at, opens);
    assert_true(c.came_managed);
    assert_int_equal(unit_of(c.id, UNIT_MANAGED_USE).consumed_at, opens);
    assert_int_equal(unit_of(c.id, UNIT_CERTIFICATE).consumed_at, opens);
    w.now += DAY;
    run(c.id);
    assert_int_equal(unit_of(c.id, UNIT_MANAGED_USE).consumed_at, opens);
    assert_int_equal(notices_told(&w, "renewal_activated"), 1);
    assert_true(ledgers_intact(&w));
}

static void a_predecessor_that_is_revoked_activates_at_once(void **state) {
    (void)state;
    struct certificate first = bought("Tenure", 2), c = next_term(&first);
    const struct profile *profile = policy_find(&w.policies, first.profile, 0);
    first.revoke_asked_at = w.now;
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, certificate_store(w.services.db, w.arena, profile, &first, &e), &e), e);
    assert_int_equal(run(c.id), OUTCOME_NEXT);
    assert_int_equal(unit_of(c.id, UNIT_MANAGED_USE).consumed_at, w.now);
}

static const struct form_lack aged_out = {ERR_VALIDATION_AGED_OUT, "names",
                                          TEXT("www.example.com was validated 335 days ago", "335 天前验证")};

static bool hold(struct work *work, struct error *error) {
    struct certificate c = certificate_now(&w, work->item->subject);
    return managed_hold(work, &c, &aged_out, error);
}

/* SPEC section 4: the use stays consumed; section 10: the service never waits silently. */
static void a_condition_that_fails_leaves_it_to_a_person_who_is_told_once(void **state) {
    (void)state;
    struct certificate first = bought("Tenure", 2), c = next_term(&first);
    const struct half_steps gate = {NULL, {hold}};
    enum outcome outcome;
    w.now = first.coverage_end - 30 * DAY;
    run(c.id);
    c = certificate_now(&w, c.id);
    assert_true(managed_goes_alone(&c));
    assert_ok(step_run(&w, &gate, c.id, &outcome, &e), e);
    assert_int_equal(outcome, OUTCOME_OTHERWISE);
    for (int i = 0; i < 3; i++)
        assert_int_equal(run(c.id), OUTCOME_DONE);
    c = certificate_now(&w, c.id);
    assert_int_equal(certificate_state(&c, w.now), STATE_PENDING_APPLICATION);
    assert_string_equal(c.waits_for, "validation_aged_out");
    assert_false(managed_goes_alone(&c));
    assert_int_equal(notices_told(&w, "action_needed"), 1);
    assert_int_equal(unit_of(c.id, UNIT_MANAGED_USE).consumed_at, w.now);
    assert_int_equal(unit_of(c.id, UNIT_CERTIFICATE).consumed_at, w.now);
}

static void what_was_waited_for_resumes_it_and_a_person_takes_it_over(void **state) {
    (void)state;
    struct certificate first = bought("Tenure", 2), c = next_term(&first);
    const struct half_steps gate = {NULL, {hold}};
    enum outcome outcome;
    w.now = first.coverage_end - 30 * DAY;
    run(c.id);
    assert_ok(step_run(&w, &gate, c.id, &outcome, &e), e);
    c = certificate_now(&w, c.id);
    w.now += DAY;
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, managed_resume(&w.services, w.arena, &c, w.now, &e), &e), e);
    c = certificate_now(&w, c.id);
    assert_int_equal(c.submitted_at, w.now);
    assert_null(c.waits_for);
    assert_true(managed_goes_alone(&c));
    assert_int_equal(unit_of(c.id, UNIT_CERTIFICATE).consumed_at, w.now - DAY);
    assert_ok(step_run(&w, &gate, c.id, &outcome, &e), e);
    c = certificate_now(&w, c.id);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, order_submit(&w.services, &c, SUBMIT_BY_PERSON, w.now, &e), &e), e);
    assert_int_equal(c.submitted_at, w.now);
    assert_false(managed_goes_alone(&c));
}

/* ---- automatic renewal ---- */

static void switch_on(const char *id) {
    struct certificate c = certificate_now(&w, id);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, auto_renew_set(&w.services, w.arena, &c, true, w.now, &e), &e), e);
}

static bool try_switch(const char *id, bool on) {
    struct certificate c = certificate_now(&w, id);
    assert_ok(db_begin(w.services.db, &e), e);
    return world_end(&w, auto_renew_set(&w.services, w.arena, &c, on, w.now, &e), &e);
}

static void a_year_is_ordered_once_and_the_switch_goes_over_to_it(void **state) {
    (void)state;
    struct certificate c = issued("Tenure");
    int64_t charged_at = c.coverage_end - 30 * DAY;
    size_t before = orders();
    switch_on(c.id);
    w.now = charged_at - 1;
    assert_int_equal(run(c.id), OUTCOME_WAIT);
    assert_int_equal(orders(), before);
    w.now = charged_at;
    assert_int_equal(run(c.id), OUTCOME_WAIT);
    assert_int_equal(run(c.id), OUTCOME_WAIT);
    assert_int_equal(orders(), before + 1);
    c = certificate_now(&w, c.id);
    assert_false(c.auto_renew);
    assert_non_null(c.successor_id);
    struct certificate next = certificate_now(&w, c.successor_id);
    assert_true(next.auto_renew);
    assert_int_equal(next.paid_at, charged_at);
    assert_string_equal(next.order_kind, "renewal");
    assert_string_equal(next.names, c.names);
    assert_int_equal(notices_told(&w, "charge_failed"), 0);
    assert_true(ledgers_intact(&w));
}

static void deposit(int64_t amount) {
    const struct ledger_move move = {.account_id = ACCOUNT,
                                     .item = catalog_find(&w.catalog, "Tenure")->currency,
                                     .reason = "deposited",
                                     .reference = id_new(w.arena, "ref", w.now),
                                     .actor = "user_1",
                                     .amount = amount,
                                     .now = w.now};
    bool done;
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, ledger_move_money(w.services.db, &move, &done, &e), &e), e);
}

static int64_t money_left(void) {
    int64_t left;
    const char *currency = catalog_find(&w.catalog, "Tenure")->currency;
    assert_ok(ledger_money_left(w.services.db, ACCOUNT, currency, &left, &e), e);
    return left;
}

static void it_is_charged_once_and_quota_is_used_first(void **state) {
    (void)state;
    struct certificate c = issued("Tenure"), d = issued("Tenure");
    set_price(&w, "Tenure", 10000, 2000);
    deposit(15000);
    grant(&w, "Tenure/dv/single/ecc", 1);
    switch_on(c.id);
    switch_on(d.id);
    w.now = c.coverage_end - 30 * DAY;
    run(c.id);
    assert_int_equal(money_left(), 15000);
    assert_int_equal(quota_left(&w, "Tenure/dv/single/ecc"), 0);
    run(d.id);
    run(d.id);
    assert_int_equal(money_left(), 5000);
    assert_non_null(certificate_now(&w, d.id).successor_id);
    assert_true(ledgers_intact(&w));
}

static void a_refused_charge_leaves_nothing_switches_off_and_tells_once(void **state) {
    (void)state;
    struct certificate c = issued("Tenure");
    size_t before = orders();
    set_price(&w, "Tenure", 10000, 2000);
    deposit(9999);
    switch_on(c.id);
    assert_true(certificate_now(&w, c.id).hosted);
    w.now = c.coverage_end - 30 * DAY;
    for (int i = 0; i < 3; i++)
        assert_int_equal(run(c.id), OUTCOME_WAIT);
    c = certificate_now(&w, c.id);
    assert_false(c.auto_renew);
    assert_false(c.hosted);
    assert_null(c.successor_id);
    assert_int_equal(orders(), before);
    assert_int_equal(money_left(), 9999);
    assert_int_equal(notices_told(&w, "charge_failed"), 1);
    assert_true(ledgers_intact(&w));
}

static void switched_on_until_fourteen_days_before_the_end_it_orders_at_once(void **state) {
    (void)state;
    struct certificate c = issued("Tenure");
    w.now = c.coverage_end - 14 * DAY;
    switch_on(c.id);
    run(c.id);
    assert_non_null(certificate_now(&w, c.id).successor_id);
    c = issued("Tenure");
    w.now = c.coverage_end - 14 * DAY + 1;
    assert_fails(try_switch(c.id, true), e, ERR_TOO_LATE_FOR_AUTO_RENEW);
    assert_ok(try_switch(c.id, false), e);
}

static void a_policy_without_the_switch_refuses_it(void **state) {
    (void)state;
    struct certificate c = issued("DigiCert");
    assert_fails(try_switch(c.id, true), e, ERR_PROFILE_HAS_NO_AUTO_RENEW);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

int main(void) {
    const struct CMUnitTest tests[] = {
        in_world(activation_consumes_the_use_and_the_submission_the_certificate_each_once),
        in_world(a_predecessor_that_is_revoked_activates_at_once),
        in_world(a_condition_that_fails_leaves_it_to_a_person_who_is_told_once),
        in_world(what_was_waited_for_resumes_it_and_a_person_takes_it_over),
        in_world(a_year_is_ordered_once_and_the_switch_goes_over_to_it),
        in_world(it_is_charged_once_and_quota_is_used_first),
        in_world(a_refused_charge_leaves_nothing_switches_off_and_tells_once),
        in_world(switched_on_until_fourteen_days_before_the_end_it_orders_at_once),
        in_world(a_policy_without_the_switch_refuses_it),
    };
    return cmocka_run_group_tests_name("managed", tests, NULL, NULL);
}
