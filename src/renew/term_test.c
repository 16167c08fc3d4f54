/* What the step `decide` does beyond deciding: activation, what it consumes, and automatic renewal. */
#include "notify/notify_db.h"
#include "order/fixture.h"
#include "order/ledger.h"
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

static void store(struct certificate *c) {
    const struct profile *profile;
    assert_ok(certificate_profile(&w.policies, c, &profile, &e), e);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, certificate_store(w.services.db, w.arena, profile, c, &e), &e), e);
}

/* Gives a certificate a version for as long as its coverage, as issuing will. */
static void give_version(struct certificate *c) {
    c->covered_from = c->not_before = w.now;
    c->coverage_end = c->version_end = w.now + 365 * DAY;
    c->version_id = "ver_1";
    c->version_count = 1;
    c->key_held = true;
    store(c);
}

static struct certificate issued(const char *brand) {
    struct order_request request = {.brand = brand, .names = "www.example.com", .created_by = "user"};
    struct certificate c;
    assert_ok(purchase(&w, &request, &c, &e), e);
    give_version(&c);
    return c;
}

/* A second term of its order, with what an order reserves for one. */
static struct certificate next_term(struct certificate *first) {
    const struct profile *profile;
    struct certificate c = *first;
    c.id = c.version_id = c.serial = c.fingerprint = NULL;
    c.term = 2;
    c.predecessor_id = first->id;
    c.active_at = c.submitted_at = c.version_count = c.not_before = c.version_end = 0;
    c.covered_from = c.coverage_end = 0;
    c.successor_id = NULL;
    assert_ok(certificate_profile(&w.policies, &c, &profile, &e), e);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(certificate_insert(w.services.db, w.arena, profile, w.now, &c, &e), e);
    const struct reservation units[] = {
        {.certificate_id = c.id, .unit = UNIT_CERTIFICATE, .item = "Tenure/dv/single/ecc"},
        {.certificate_id = c.id, .unit = UNIT_MANAGED_USE, .item = MANAGED_USE}};
    const struct ledger_cause cause = {"user", w.now};
    for (size_t i = 0; i < 2; i++) {
        struct reservation unit = units[i];
        unit.account_id = ACCOUNT;
        unit.order_id = c.order_id;
        unit.source = SOURCE_PAID;
        assert_ok(reservation_make(w.services.db, &unit, 1, &cause, &e), e);
    }
    assert_ok(reservation_paid(w.services.db, w.arena, c.order_id, &cause, &e), e);
    first->successor_id = c.id;
    assert_ok(certificate_store(w.services.db, w.arena, profile, first, &e), e);
    assert_ok(db_commit(w.services.db, &e), e);
    return c;
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

static void assert_intact(void) {
    struct ledger_check check;
    assert_ok(ledger_check(w.services.db, ACCOUNT, &check, &e), e);
    assert_true(check.intact);
}

static int64_t told(const char *event) {
    const struct notice_range all = {
        .account_id = ACCOUNT, .role = ~INT64_C(0), .user_role = ~INT64_C(0), .limit = 100};
    struct notice *notices;
    size_t count, found = 0;
    assert_ok(notice_list(w.services.db, w.arena, &all, &notices, &count, &e), e);
    for (size_t i = 0; i < count; i++)
        found += strcmp(notices[i].event, event) == 0;
    return (int64_t)found;
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
    struct certificate first = issued("Tenure"), c = next_term(&first);
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
    assert_int_equal(told("renewal_activated"), 1);
    assert_intact();
}

static void a_predecessor_that_is_revoked_activates_at_once(void **state) {
    (void)state;
    struct certificate first = issued("Tenure"), c = next_term(&first);
    first.revoke_asked_at = w.now;
    store(&first);
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
    struct certificate first = issued("Tenure"), c = next_term(&first);
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
    assert_int_equal(told("action_needed"), 1);
    assert_int_equal(unit_of(c.id, UNIT_MANAGED_USE).consumed_at, w.now);
    assert_int_equal(unit_of(c.id, UNIT_CERTIFICATE).consumed_at, w.now);
}

static void what_was_waited_for_resumes_it_and_a_person_takes_it_over(void **state) {
    (void)state;
    struct certificate first = issued("Tenure"), c = next_term(&first);
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
    assert_int_equal(told("charge_failed"), 0);
    assert_intact();
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
        in_world(switched_on_until_fourteen_days_before_the_end_it_orders_at_once),
        in_world(a_policy_without_the_switch_refuses_it),
    };
    return cmocka_run_group_tests_name("term", tests, NULL, NULL);
}
