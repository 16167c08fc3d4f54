/*
 * The whole life of orders of several years, by the real engine under every policy: the number of terms and
 * versions that the plan says, coverage without gap or loss, each use taken once, ledgers that add up. Half
 * of the lives have their steps killed between act and save.
 */
#include "flow/fixture.h"

enum { PRICE = 10000, USE = 2000, YEARS_MAX = 3 };

static void ledgers_are_intact(void) {
    assert_true(ledgers_intact(&w));
}

static void live_until(int64_t end, bool kills) {
    live_by(steps_to_live_by(), end, kills, ledgers_are_intact);
}

/* ---- orders ---- */

struct life {
    const char *brand, *begin;
    enum order_kind kind;
    int64_t years;
    int64_t before_end; /* days before the end of the old one at which it is ordered; 0: a purchase */
};

static struct certificate *ordered(const struct life *life, struct certificate *old) {
    const struct quote_request request = {.order = {.brand = life->brand,
                                                    .names = old ? NULL : "www.example.com",
                                                    .key_algorithm = "p256", /* making RSA keys takes long */
                                                    .years = life->years},
                                          .old = old};
    const struct ledger_cause by = {"user_1", w.now};
    struct certificate *c;
    struct quote q;
    struct order o;
    size_t count;
    assert_ok(make_quote(&w, &request, &q, &e), e);
    assert_string_equal(q.kind, order_kind_name(life->kind));
    const struct order_wish wish = {.account_id = ACCOUNT, .quote_id = q.id, .actor = "user_1"};
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(order_make(&w.services, w.arena, &wish, w.now, &o, &c, &count, &e), e);
    assert_ok(!o.due.amount || order_paid(&w.services, w.arena, &o, &by, &e), e);
    assert_ok(db_commit(w.services.db, &e), e);
    assert_int_equal(count, life->years);
    return c;
}

static void submit_if_pending(const char *id) {
    struct certificate c = certificate_now(&w, id);
    if (certificate_state(&c, w.now) != STATE_PENDING_APPLICATION)
        return;
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, apply_submit(&w.services, w.arena, &c, w.now, &e), &e), e);
}

/* What is renewed or replaced: one year, bought or brought in. */
static struct certificate old_of(const struct life *life) {
    struct life one_year = *life;
    one_year.kind = ORDER_PURCHASE;
    one_year.years = 1;
    if (life->kind == ORDER_REPLACEMENT)
        return brought_in(&w, "uploaded", "www.example.com", "2026-01-01T00:00:00Z");
    const char *id = ordered(&one_year, NULL)->id;
    submit_if_pending(id);
    live_until(w.now, false);
    return certificate_now(&w, id);
}

/* ---- what must hold ---- */

static struct certificate certs[YEARS_MAX];

/* The jitter of a version may add one to those of its term, where the last one of the plan is short. */
static void expect_versions(const struct life *life, const struct plan *plan) {
    for (int64_t i = 0; i < life->years; i++) {
        int64_t planned = (int64_t)plan->terms[i].version_count, made = certs[i].version_count;
        if (planned == 1)
            assert_int_equal(made, 1);
        assert_in_range(made, planned > 1 ? planned - 1 : 1, planned + 1);
    }
}

static struct plan plan_of(const struct life *life, const struct certificate *old, int64_t ordered_at) {
    struct plan_input in = {.profile = policy_find(&w.policies, certs[0].profile, 0),
                            .order = {.kind = life->kind,
                                      .at = ordered_at,
                                      .old_end = old ? old->end_at : 0,
                                      .bonus_days = catalog_find(&w.catalog, life->brand)->bonus_days},
                            .years = life->years};
    struct plan plan;
    assert_ok(policy_plan(w.arena, &in, &plan, &e), e);
    return plan;
}

/* Nobody was ever without a certificate, and nothing that was paid for was lost. */
static void expect_coverage(const struct life *life, const struct plan *plan) {
    assert_int_equal(certs[0].covered_from, plan->terms[0].versions[0].issued_at);
    assert_int_equal(certs[0].coverage_end, plan->terms[0].coverage_end);
    for (int64_t i = 1; i < life->years; i++) {
        const struct certificate *before = &certs[i - 1], *c = &certs[i];
        assert_int_equal(c->covered_from, c->active_at);
        assert_in_range(c->covered_from, before->not_before, before->version_end - 1);
        assert_int_equal(c->coverage_end, before->coverage_end + 365 * DAY);
        if (plan->terms[i - 1].version_count == 1)
            assert_int_equal(c->active_at, plan->terms[i].versions[0].issued_at);
    }
}

static void expect_chain_of_versions(const struct certificate *c) {
    struct version *versions;
    size_t count;
    assert_ok(version_list(w.services.db, w.arena, c->id, &versions, &count, &e), e);
    assert_int_equal(count, c->version_count);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            if (versions[j].number == versions[i].number + 1)
                assert_in_range(versions[j].stored_at, versions[i].not_before, versions[i].end_at - 1);
}

/* Its moments are those at which it began: consumed once, in the transaction of the beginning. */
static void expect_units(const struct certificate *c, bool managed) {
    struct reservation *units;
    size_t count;
    assert_ok(reservation_of_certificate(w.services.db, w.arena, c->id, &units, &count, &e), e);
    assert_int_equal(count, managed ? 2 : 1);
    for (size_t i = 0; i < count; i++) {
        bool use = strcmp(units[i].unit, UNIT_MANAGED_USE) == 0;
        assert_int_equal(units[i].consumed_at, use ? c->active_at : c->submitted_at);
        assert_int_equal(units[i].released_at, 0);
    }
    assert_int_equal(c->came_managed, managed);
}

static void live(const struct life *life, bool kills) {
    begin_at(life->begin);
    set_price(&w, life->brand, PRICE, USE);
    struct certificate old = {.id = NULL};
    if (life->before_end) {
        old = old_of(life);
        live_until(old.end_at - life->before_end * DAY, kills);
        old = certificate_now(&w, old.id);
    }
    int64_t ordered_at = w.now;
    const struct certificate *made = ordered(life, old.id ? &old : NULL);
    submit_if_pending(made[0].id);
    live_until(w.now + (life->years + 1) * 397 * DAY, kills);
    for (int64_t i = 0; i < life->years; i++)
        certs[i] = certificate_now(&w, made[i].id);
    const struct plan plan = plan_of(life, old.id ? &old : NULL, ordered_at);
    expect_versions(life, &plan);
    expect_coverage(life, &plan);
    for (int64_t i = 0; i < life->years; i++) {
        expect_chain_of_versions(&certs[i]);
        expect_units(&certs[i], i > 0 || life->kind == ORDER_EARLY_RENEWAL);
    }
    size_t activations = (size_t)life->years - (life->kind != ORDER_EARLY_RENEWAL);
    assert_int_equal(notices_told(&w, "renewal_activated"), activations);
    assert_int_equal(notices_told(&w, "renewal_failed"), 0);
    world_close(&w);
}

/* Brands of each policy, on days around which its caps change. */
static const struct life lives[] = {
    {"GlobalSign", "2025-01-01T00:00:00Z", ORDER_PURCHASE, 1, 0},
    {"GlobalSign", "2025-01-01T00:00:00Z", ORDER_RENEWAL, 1, 20},
    {"DigiCert", "2025-01-01T00:00:00Z", ORDER_PURCHASE, 3, 0},
    {"DigiCert", "2025-01-01T00:00:00Z", ORDER_RENEWAL, 3, 20},
    {"DigiCert", "2025-01-01T00:00:00Z", ORDER_EARLY_RENEWAL, 3, 100},
    {"DigiCert", "2025-01-01T00:00:00Z", ORDER_REPLACEMENT, 3, 20},
    {"CFCA", "2025-01-01T00:00:00Z", ORDER_PURCHASE, 3, 0},
    {"CFCA", "2025-01-01T00:00:00Z", ORDER_RENEWAL, 2, 30},
    {"CFCA", "2025-01-01T00:00:00Z", ORDER_EARLY_RENEWAL, 2, 31},
    {"TrustAsia", "2025-01-01T00:00:00Z", ORDER_PURCHASE, 3, 0},
    {"TrustAsia", "2025-01-01T00:00:00Z", ORDER_RENEWAL, 3, 20},
    {"Tenure", "2025-01-01T00:00:00Z", ORDER_PURCHASE, 3, 0},
    {"Tenure", "2026-11-21T00:00:00Z", ORDER_PURCHASE, 3, 0},
    {"Tenure", "2025-01-01T00:00:00Z", ORDER_RENEWAL, 3, 10},
    {"Tenure", "2026-06-01T00:00:00Z", ORDER_EARLY_RENEWAL, 3, 200},
    {"Tenure", "2025-01-01T00:00:00Z", ORDER_REPLACEMENT, 2, 5},
};

static void every_order_lives_as_it_was_planned(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof lives / sizeof *lives; i++)
        live(&lives[i], false);
}

static void killed_steps_change_nothing_of_it(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof lives / sizeof *lives; i += 3)
        live(&lives[i], true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(every_order_lives_as_it_was_planned),
        test(killed_steps_change_nothing_of_it),
    };
    return cmocka_run_group_tests_name("life", tests, NULL, NULL);
}
