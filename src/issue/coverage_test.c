/* The coverage of first and later terms, and of what has lost its predecessor. */
#include "issue/fixture.h"

static struct coverage coverage_of(const struct certificate *c) {
    const struct profile *profile;
    struct coverage coverage;
    struct work work = step_begin(&w, c->id ? c->id : "");
    assert_ok(certificate_profile(&w.policies, c, &profile, &e), e);
    assert_ok(issue_coverage(&work, c, profile, &coverage, &e), e);
    return coverage;
}

/* What an order for several years will make of its second term. */
static struct certificate second_term(const struct certificate *first) {
    struct certificate c = *first;
    c.term = 2;
    c.predecessor_id = first->id;
    c.version_count = c.coverage_end = c.carried_seconds = 0;
    return c;
}

static void a_later_term_goes_on_where_the_one_before_ends(void **state) {
    (void)state;
    struct certificate first = bought_and_issued("CFCA"), c = second_term(&first);
    w.now = first.coverage_end - 20 * DAY;
    assert_int_equal(coverage_of(&c).end, first.coverage_end + 365 * DAY);
    assert_int_equal(coverage_of(&c).carried, 0);
}

static void a_later_term_that_is_issued_late_begins_then(void **state) {
    (void)state;
    struct certificate first = bought_and_issued("CFCA"), c = second_term(&first);
    w.now = first.coverage_end + 3 * DAY;
    assert_int_equal(coverage_of(&c).end, w.now + 365 * DAY);
}

static void a_later_term_whose_predecessor_was_never_issued_or_is_gone_begins_now(void **state) {
    (void)state;
    struct certificate first = bought((struct order_request){.brand = "CFCA"}), c = second_term(&first);
    assert_int_equal(coverage_of(&c).end, w.now + 365 * DAY);
    c.predecessor_id = "cert_gone";
    assert_int_equal(coverage_of(&c).end, w.now + 365 * DAY);
}

static void a_first_term_carries_what_its_predecessor_has_left(void **state) {
    (void)state;
    struct certificate old = bought_and_issued("CFCA");
    w.now = old.coverage_end - 20 * DAY;
    struct certificate c = renewed(old.id, (struct order_request){0});
    assert_int_equal(coverage_of(&c).end, old.coverage_end + 365 * DAY);
    assert_int_equal(coverage_of(&c).carried, 20 * DAY);
    c.predecessor_id = "cert_gone";
    assert_int_equal(coverage_of(&c).end, w.now + 365 * DAY);
    assert_int_equal(coverage_of(&c).carried, 0);
}

static void further_versions_stay_within_the_stored_coverage(void **state) {
    (void)state;
    struct certificate old = bought_and_issued("CFCA");
    w.now = old.coverage_end - 20 * DAY;
    struct certificate c = issue_now(renewed(old.id, (struct order_request){0}).id);
    w.now += 100 * DAY;
    assert_int_equal(coverage_of(&c).end, c.coverage_end);
    assert_int_equal(coverage_of(&c).carried, 20 * DAY);
}

TEST_MAIN(coverage, in_world(a_later_term_goes_on_where_the_one_before_ends),
          in_world(a_later_term_that_is_issued_late_begins_then),
          in_world(a_later_term_whose_predecessor_was_never_issued_or_is_gone_begins_now),
          in_world(a_first_term_carries_what_its_predecessor_has_left),
          in_world(further_versions_stay_within_the_stored_coverage))
