/* renew: every decision, at the second where it changes. */
#include "renew/renew.h"
#include "unit.h"

static struct arena *arena;
static const struct profile *modern, *intl;

static int load_profiles(void **state) {
    (void)state;
    static struct policies policies;
    struct error e = {0};
    arena = arena_new();
    if (!policy_load(arena, NULL, &policies, &e))
        return -1;
    modern = policy_find(&policies, "modern", 0);
    intl = policy_find(&policies, "alibaba-2025-intl", 0);
    return 0;
}

static int drop_profiles(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

/* A version of days 0 to 99, coverage to day 365, window of 30 days. */
static struct renew_facts issued(void) {
    return (struct renew_facts){.ordered = true,
                                .auto_versions = true,
                                .paid_at = 1,
                                .active_at = 1,
                                .coverage_end = 365 * DAY,
                                .version_end = 99 * DAY,
                                .next_issue_at = 68 * DAY,
                                .window_at = 335 * DAY,
                                .end_at = 365 * DAY};
}

/* Its successor, not activated; the last version ends with the coverage. */
static struct renew_facts successor(void) {
    return (struct renew_facts){
        .ordered = true,
        .auto_versions = true,
        .paid_at = 1,
        .predecessor = {
            .exists = true, .not_before = 300 * DAY, .version_end = 365 * DAY, .end_at = 365 * DAY}};
}

static void expect(const struct renew_facts *f, int64_t now, enum renew_action action, int64_t at,
                   const char *code) {
    const struct renew_decision d = renew_next(f, modern, now);
    assert_string_equal(d.reason->code, code);
    assert_int_equal(d.action, action);
    assert_int_equal(d.at, at);
}

static void what_was_cancelled_or_revoked_rests(void **state) {
    (void)state;
    struct renew_facts f = issued();
    f.revoked_at = DAY;
    expect(&f, 200 * DAY, RENEW_NONE, 0, "revoked");
    f.cancelled_at = DAY;
    expect(&f, 200 * DAY, RENEW_NONE, 0, "cancelled");
}

static void what_was_brought_in_waits_for_its_changes_of_state_only(void **state) {
    (void)state;
    struct renew_facts f = {.version_end = 99 * DAY, .window_at = 69 * DAY, .end_at = 99 * DAY};
    expect(&f, 69 * DAY - 1, RENEW_WAIT, 69 * DAY, "brought_in");
    expect(&f, 69 * DAY, RENEW_WAIT, 99 * DAY, "brought_in");
    expect(&f, 99 * DAY, RENEW_NONE, 0, "brought_in");
}

static void what_is_not_paid_rests(void **state) {
    (void)state;
    struct renew_facts f = {.ordered = true};
    expect(&f, 1, RENEW_NONE, 0, "not_paid");
}

static void a_paid_and_active_certificate_is_issued_at_once_unless_a_person_is_needed(void **state) {
    (void)state;
    struct renew_facts f = {.ordered = true, .paid_at = 1, .active_at = 1};
    expect(&f, 1, RENEW_ISSUE_VERSION, 0, "first_version");
    f.waits_for_person = true;
    expect(&f, 1, RENEW_NONE, 0, "person");
    f.at_gate = true;
    expect(&f, 1, RENEW_NONE, 0, "gate");
}

static void the_next_version_is_issued_at_its_stored_moment(void **state) {
    (void)state;
    struct renew_facts f = issued();
    expect(&f, 0, RENEW_WAIT, 68 * DAY, "version_planned");
    expect(&f, 68 * DAY - 1, RENEW_WAIT, 68 * DAY, "version_planned");
    expect(&f, 68 * DAY, RENEW_ISSUE_VERSION, 0, "version_due");
    expect(&f, 98 * DAY, RENEW_ISSUE_VERSION, 0, "version_due");
}

static void without_a_stored_moment_the_regular_one_counts(void **state) {
    (void)state;
    struct renew_facts f = issued();
    f.next_issue_at = 0;
    expect(&f, 69 * DAY - 1, RENEW_WAIT, 69 * DAY, "version_planned");
    expect(&f, 69 * DAY, RENEW_ISSUE_VERSION, 0, "version_due");
}

static void a_lapsed_certificate_with_coverage_left_is_issued_at_once(void **state) {
    (void)state;
    struct renew_facts f = issued();
    expect(&f, 99 * DAY, RENEW_ISSUE_VERSION, 0, "lapsed");
    f.next_term = true;
    f.coverage_end = f.end_at = 110 * DAY;
    f.window_at = 80 * DAY;
    expect(&f, 99 * DAY, RENEW_ISSUE_VERSION, 0, "lapsed");
    expect(&f, 110 * DAY, RENEW_NONE, 0, "ended");
}

static void a_version_that_a_person_must_get_is_flagged_when_due(void **state) {
    (void)state;
    struct renew_facts f = issued();
    f.auto_versions = false;
    f.end_at = 99 * DAY;
    f.window_at = 69 * DAY;
    expect(&f, 68 * DAY - 1, RENEW_WAIT, 68 * DAY, "version_planned");
    expect(&f, 68 * DAY, RENEW_FLAG, 69 * DAY, "manual_version");
    expect(&f, 69 * DAY, RENEW_FLAG, 99 * DAY, "manual_version");
    expect(&f, 99 * DAY, RENEW_FLAG, 0, "manual_version");
}

static void the_last_version_waits_for_window_and_end(void **state) {
    (void)state;
    struct renew_facts f = issued();
    f.not_before = 300 * DAY;
    f.version_end = f.coverage_end;
    f.next_issue_at = 0;
    expect(&f, 335 * DAY - 1, RENEW_WAIT, 335 * DAY, "covered");
    expect(&f, 335 * DAY, RENEW_WAIT, 365 * DAY, "covered");
    expect(&f, 365 * DAY, RENEW_NONE, 0, "ended");
}

static void a_version_that_outlives_the_coverage_is_watched_to_its_end(void **state) {
    (void)state;
    struct renew_facts f = issued();
    f.version_end = 390 * DAY;
    f.next_issue_at = 0;
    expect(&f, 365 * DAY, RENEW_WAIT, 390 * DAY, "ended");
    expect(&f, 390 * DAY, RENEW_NONE, 0, "ended");
}

static void a_paid_next_term_takes_the_place_of_a_stub(void **state) {
    (void)state;
    struct renew_facts f = issued();
    f.next_term = true;
    f.coverage_end = f.end_at = 128 * DAY;
    f.window_at = 98 * DAY;
    expect(&f, 70 * DAY, RENEW_WAIT, 98 * DAY, "succeeded");
    f.next_issue_at = 69 * DAY;
    expect(&f, 70 * DAY, RENEW_WAIT, 98 * DAY, "succeeded");
    f.coverage_end = 129 * DAY;
    expect(&f, 70 * DAY, RENEW_ISSUE_VERSION, 0, "version_due");
}

static void a_reissue_comes_at_the_moment_it_was_asked_for(void **state) {
    (void)state;
    struct renew_facts f = issued();
    f.next_issue_at = 10 * DAY;
    expect(&f, 10 * DAY - 1, RENEW_WAIT, 10 * DAY, "version_planned");
    expect(&f, 10 * DAY, RENEW_ISSUE_VERSION, 0, "asked_for");
    f.auto_versions = false;
    expect(&f, 10 * DAY, RENEW_ISSUE_VERSION, 0, "asked_for");
    f.next_issue_at = 80 * DAY;
    f.next_term = true;
    f.coverage_end = 128 * DAY;
    expect(&f, 80 * DAY, RENEW_ISSUE_VERSION, 0, "asked_for");
    f.version_end = f.coverage_end;
    f.next_issue_at = 97 * DAY; /* within the jitter of 98, but the last version has no regular moment */
    expect(&f, 97 * DAY, RENEW_ISSUE_VERSION, 0, "asked_for");
}

static void a_successor_is_activated_in_the_window_of_its_predecessor(void **state) {
    (void)state;
    struct renew_facts f = successor();
    int64_t opens = 365 * DAY - 65 * DAY / 3;
    expect(&f, opens - 1, RENEW_WAIT, opens, "predecessor_lives");
    expect(&f, opens, RENEW_ACTIVATE, 0, "activation_due");
    const struct renew_decision fixed = renew_next(&f, intl, 335 * DAY);
    assert_int_equal(fixed.action, RENEW_WAIT);
    assert_int_equal(fixed.at, opens);
    f.predecessor.not_before = 0;
    assert_int_equal(renew_next(&f, intl, 335 * DAY - 1).action, RENEW_WAIT);
    assert_int_equal(renew_next(&f, intl, 335 * DAY).action, RENEW_ACTIVATE);
}

static void the_successor_of_a_replacement_is_activated_15_days_before_the_end(void **state) {
    (void)state;
    struct renew_facts f = successor();
    f.order_kind = ORDER_REPLACEMENT;
    f.predecessor.not_before = 0;
    assert_int_equal(renew_next(&f, intl, 350 * DAY - 1).action, RENEW_WAIT);
    assert_int_equal(renew_next(&f, intl, 350 * DAY).action, RENEW_ACTIVATE);
}

static void a_successor_is_activated_at_once_when_its_predecessor_is_over(void **state) {
    (void)state;
    struct renew_facts f = successor();
    expect(&f, 365 * DAY, RENEW_ACTIVATE, 0, "predecessor_over");
    f.predecessor.revoked_at = DAY;
    expect(&f, 100 * DAY, RENEW_ACTIVATE, 0, "predecessor_over");
    f.predecessor.exists = false;
    expect(&f, 100 * DAY, RENEW_ACTIVATE, 0, "follows_nothing");
}

static void a_successor_waits_while_its_predecessor_has_versions_to_come(void **state) {
    (void)state;
    struct renew_facts f = successor();
    f.predecessor.not_before = 0;
    f.predecessor.version_end = 99 * DAY;
    expect(&f, 69 * DAY - 1, RENEW_WAIT, 69 * DAY, "predecessor_lives");
    expect(&f, 69 * DAY, RENEW_WAIT, 69 * DAY + 3600, "predecessor_lives");
    f.predecessor.end_at = 128 * DAY;
    expect(&f, 69 * DAY, RENEW_ACTIVATE, 0, "activation_due");
    f.predecessor.version_end = 0;
    expect(&f, 69 * DAY, RENEW_NONE, 0, "predecessor_unissued");
}

static void an_early_renewal_starts_with_the_window_of_its_predecessor(void **state) {
    (void)state;
    struct renew_facts f = successor();
    f.order_kind = ORDER_EARLY_RENEWAL;
    f.term = 1;
    f.predecessor.window_at = 335 * DAY;
    expect(&f, 335 * DAY - 1, RENEW_WAIT, 335 * DAY, "predecessor_lives");
    expect(&f, 335 * DAY, RENEW_ACTIVATE, 0, "activation_due");
    /* Not in the place of a last short version, which would be due at day 330. */
    f.predecessor.not_before = 266 * DAY;
    f.predecessor.version_end = 360 * DAY;
    expect(&f, 330 * DAY, RENEW_WAIT, 335 * DAY, "predecessor_lives");
    f.predecessor.not_before = 300 * DAY;
    f.predecessor.version_end = 325 * DAY;
    expect(&f, 335 * DAY - 1, RENEW_WAIT, 335 * DAY, "predecessor_lives");
}

static void a_later_term_of_an_early_renewal_starts_as_any_later_term(void **state) {
    (void)state;
    struct renew_facts f = successor();
    int64_t opens = 365 * DAY - 65 * DAY / 3;
    f.order_kind = ORDER_EARLY_RENEWAL;
    f.term = 2;
    f.predecessor.window_at = 335 * DAY;
    expect(&f, 335 * DAY, RENEW_WAIT, opens, "predecessor_lives");
    expect(&f, opens, RENEW_ACTIVATE, 0, "activation_due");
}

static void a_next_version_that_waits_for_a_person_keeps_the_certificates_clock(void **state) {
    (void)state;
    struct renew_facts f = issued();
    f.waits_for_person = true;
    expect(&f, 0, RENEW_WAIT, 68 * DAY, "version_planned");
    expect(&f, 68 * DAY, RENEW_WAIT, 99 * DAY, "version_waits");
    expect(&f, 99 * DAY, RENEW_WAIT, 335 * DAY, "version_waits");
    f.next_issue_at = 10 * DAY;
    expect(&f, 10 * DAY, RENEW_WAIT, 99 * DAY, "version_waits");
}

static void a_wait_is_always_for_a_moment_to_come(void **state) {
    (void)state;
    struct renew_facts f = issued(), s = successor();
    for (int64_t now = 0; now < 400 * DAY; now += DAY / 3) {
        const struct renew_decision d = renew_next(&f, modern, now), t = renew_next(&s, modern, now);
        assert_int_equal(d.action == RENEW_WAIT, d.at > now);
        assert_int_equal(t.action == RENEW_WAIT, t.at > now);
    }
}

static void jitter_is_at_most_a_tenth_of_the_lead(void **state) {
    (void)state;
    assert_int_equal(renew_jitter(0, 12345), 0);
    assert_int_equal(renew_jitter(9, 12345), 0);
    assert_int_equal(renew_jitter(100, 10), 10);
    assert_int_equal(renew_jitter(100, 11), 0);
    assert_true(renew_jitter(30 * DAY, UINT64_MAX) <= 3 * DAY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(what_was_cancelled_or_revoked_rests),
        test(what_was_brought_in_waits_for_its_changes_of_state_only),
        test(what_is_not_paid_rests),
        test(a_paid_and_active_certificate_is_issued_at_once_unless_a_person_is_needed),
        test(the_next_version_is_issued_at_its_stored_moment),
        test(without_a_stored_moment_the_regular_one_counts),
        test(a_lapsed_certificate_with_coverage_left_is_issued_at_once),
        test(a_version_that_a_person_must_get_is_flagged_when_due),
        test(the_last_version_waits_for_window_and_end),
        test(a_version_that_outlives_the_coverage_is_watched_to_its_end),
        test(a_paid_next_term_takes_the_place_of_a_stub),
        test(a_reissue_comes_at_the_moment_it_was_asked_for),
        test(a_successor_is_activated_in_the_window_of_its_predecessor),
        test(the_successor_of_a_replacement_is_activated_15_days_before_the_end),
        test(a_successor_is_activated_at_once_when_its_predecessor_is_over),
        test(a_successor_waits_while_its_predecessor_has_versions_to_come),
        test(an_early_renewal_starts_with_the_window_of_its_predecessor),
        test(a_later_term_of_an_early_renewal_starts_as_any_later_term),
        test(a_next_version_that_waits_for_a_person_keeps_the_certificates_clock),
        test(a_wait_is_always_for_a_moment_to_come),
        test(jitter_is_at_most_a_tenth_of_the_lead),
    };
    return cmocka_run_group_tests_name("renew", tests, load_profiles, drop_profiles);
}
