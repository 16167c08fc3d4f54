/* Test certificates: free, short, from their own quota; and lines of the catalogue with their own days. */
#include "issue/fixture.h"
#include "order/quote.h"

#define ITEM "Tenure-Test/dv/single/ecc"

static const struct order_request free_one = {
    .brand = "Tenure-Test", .names = "www.example.com", .created_by = "user_1"};

static void grant(int64_t units) {
    const struct ledger_move move = {.account_id = ACCOUNT,
                                     .item = ITEM,
                                     .reason = "granted",
                                     .reference = id_new(w.arena, "ref", w.now),
                                     .actor = "user_1",
                                     .amount = units,
                                     .now = w.now};
    bool done;
    assert_ok(ledger_move_quota(w.services.db, &move, &done, &e), e);
}

static int64_t left(void) {
    int64_t units;
    assert_ok(ledger_quota_left(w.services.db, ACCOUNT, ITEM, &units, &e), e);
    return units;
}

static bool quote(struct quote *q) {
    const struct quote_request r = {.account_id = ACCOUNT, .order = free_one};
    return db_begin(w.services.db, &e) &&
           world_end(&w, quote_make(&w.services, w.arena, &r, w.now, q, &e), &e);
}

static void a_free_certificate_takes_its_quota_and_lasts_its_days(void **state) {
    (void)state;
    struct quote q;
    struct certificate c;
    grant(2);
    assert_true(quote(&q));
    assert_int_equal(q.due.amount, 0);
    assert_int_equal(q.certificates[0].coverage_end, w.now + 90 * DAY);
    assert_int_equal(left(), 2);
    assert_ok(purchase(&w, &free_one, &c, &e), e);
    assert_int_equal(left(), 1);
    c = issue_now(c.id);
    assert_string_equal(c.kind, "test");
    assert_int_equal(c.version_end, w.now + 90 * DAY);
    assert_int_equal(c.end_at, c.version_end);
    assert_int_equal(c.coverage_end, c.version_end);
    assert_int_equal(run(&decide, c.id), OUTCOME_WAIT);
}

static void without_quota_there_is_no_free_certificate_and_nothing_is_made(void **state) {
    (void)state;
    struct quote q;
    struct certificate c;
    int64_t made;
    assert_fails(quote(&q), e, ERR_QUOTA_SHORT);
    grant(1);
    assert_ok(purchase(&w, &free_one, &c, &e), e);
    assert_fails(purchase(&w, &free_one, &c, &e), e, ERR_QUOTA_SHORT);
    assert_fails(quote(&q), e, ERR_QUOTA_SHORT);
    assert_ok(certificate_count(w.services.db, ACCOUNT, STATE_VALIDATING, w.now, &made, &e), e);
    assert_int_equal(made, 1);
    assert_int_equal(left(), 0);
}

static void a_free_certificate_is_not_renewed_but_applied_for_anew(void **state) {
    (void)state;
    struct certificate c, next;
    grant(2);
    assert_ok(purchase(&w, &free_one, &c, &e), e);
    c = issue_now(c.id);
    w.now = c.window_at;
    assert_fails(renew(&w, c.id, &(struct order_request){0}, &next, &e), e, ERR_TEST_NOT_RENEWABLE);
    assert_ok(purchase(&w, &free_one, &next, &e), e);
    assert_null(next.predecessor_id);
    next = issue_now(next.id);
    assert_int_equal(next.carried_seconds, 0);
    assert_int_equal(next.version_end, w.now + 90 * DAY);
}

/* A year of the line is 30 days; what is carried over in a renewal is not. */
static void the_days_of_a_line_count_in_renewals_too(void **state) {
    (void)state;
    struct brand own = *catalog_find(&w.catalog, "Tenure");
    own.coverage_days = 30;
    for (size_t i = 0; i < w.catalog.count; i++)
        if (strcmp(w.catalog.brands[i]->id, "Tenure") == 0)
            w.catalog.brands[i] = &own;
    struct certificate c = bought_and_issued("Tenure");
    assert_int_equal(c.coverage_end, w.now + 30 * DAY);
    w.now = c.window_at;
    struct certificate next = issue_now(renewed(c.id, (struct order_request){0}).id);
    assert_int_equal(next.coverage_end, c.coverage_end + 30 * DAY);
}

TEST_MAIN(free, in_world(a_free_certificate_takes_its_quota_and_lasts_its_days),
          in_world(without_quota_there_is_no_free_certificate_and_nothing_is_made),
          in_world(a_free_certificate_is_not_renewed_but_applied_for_anew),
          in_world(the_days_of_a_line_count_in_renewals_too))
