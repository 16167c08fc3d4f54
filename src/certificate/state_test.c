/* Every row of the state table, the order in which they are tested, and the window to the second. */
#include "certificate/certificate.h"
#include "unit.h"

enum { NOW = 1795219200 }; /* 2026-11-21 */

static struct policies policies;

static const struct profile *modern(void) {
    return policy_find(&policies, POLICY_DEFAULT, 0);
}

static int load(void **state) {
    struct error e = {0};
    struct arena *a = arena_new();
    *state = a;
    return policy_load(a, NULL, &policies, &e) ? 0 : -1;
}

static int unload(void **state) {
    arena_free(*state);
    return 0;
}

/* Submitted and not issued yet. */
static struct certificate ordered(void) {
    return (struct certificate){.id = "cert_1",
                                .kind = "official",
                                .names = "www.example.com",
                                .auto_versions = true,
                                .paid_at = NOW,
                                .active_at = NOW,
                                .submitted_at = NOW};
}

/* A year of coverage that ends `left` seconds from now, in versions of 90 days of which the last fits its
 * end. */
static struct certificate issued(int64_t left) {
    struct certificate c = ordered();
    c.version_count = 1;
    c.covered_from = NOW + left - 365 * DAY;
    c.coverage_end = NOW + left;
    c.not_before = NOW + left - 90 * DAY;
    c.version_end = NOW + left;
    certificate_derive(&c, modern());
    return c;
}

static struct certificate with_version_end(struct certificate c, int64_t version_end) {
    c.version_end = version_end;
    c.not_before = version_end - 90 * DAY;
    certificate_derive(&c, modern());
    return c;
}

static void assert_state(const struct certificate *c, enum certificate_state expected) {
    assert_string_equal(state_row(certificate_state(c, NOW))->name, state_row(expected)->name);
}

static void before_issue_the_facts_decide(void **state) {
    (void)state;
    struct certificate c = ordered();
    assert_state(&c, STATE_VALIDATING);
    c.letter_needed = true;
    assert_state(&c, STATE_PENDING_LETTER);
    c.letter_at = NOW;
    assert_state(&c, STATE_VALIDATING);
    c.rejected_at = NOW;
    assert_state(&c, STATE_REJECTED);
    c.rejected_at = c.submitted_at = 0;
    assert_state(&c, STATE_PENDING_APPLICATION);
    c.active_at = 0;
    assert_state(&c, STATE_NOT_ACTIVATED);
    c.paid_at = 0;
    assert_state(&c, STATE_PENDING_PAYMENT);
}

static void a_withdrawn_letter_application_is_to_be_submitted_again(void **state) {
    (void)state;
    struct certificate c = ordered();
    c.letter_needed = true;
    c.submitted_at = 0;
    assert_state(&c, STATE_PENDING_APPLICATION);
}

static void the_window_opens_and_closes_to_the_second(void **state) {
    (void)state;
    int64_t window = 30 * DAY; /* a third of a year is more */
    static const enum certificate_state states[] = {STATE_ISSUED, STATE_PENDING_EXPIRATION,
                                                    STATE_PENDING_EXPIRATION, STATE_EXPIRED};
    const int64_t left[] = {window + 1, window, 1, 0};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        struct certificate c = issued(left[i]);
        assert_state(&c, states[i]);
    }
}

static void the_window_of_a_short_lifetime_is_shorter(void **state) {
    (void)state;
    struct certificate c = ordered();
    c.kind = "uploaded";
    c.version_count = 1;
    c.not_before = NOW - 27 * DAY;
    c.version_end = NOW + 20 * DAY;
    certificate_derive(&c, modern());
    assert_int_equal(c.window_at, c.version_end - 47 * DAY / 3);
    assert_state(&c, STATE_ISSUED);
    c.not_before = NOW - 3 * DAY;
    c.version_end = NOW + 3 * DAY; /* six days: a half, and not a second earlier */
    certificate_derive(&c, modern());
    assert_int_equal(c.window_at, NOW);
    assert_state(&c, STATE_PENDING_EXPIRATION);
}

static void the_end_is_the_coverage_only_where_versions_follow_by_themselves(void **state) {
    (void)state;
    struct certificate c = with_version_end(issued(200 * DAY), NOW + 5 * DAY);
    assert_int_equal(c.end_at, NOW + 200 * DAY);
    assert_int_equal(c.expires_at, NOW + 5 * DAY);
    assert_state(&c, STATE_ISSUED);
    c.auto_versions = false;
    certificate_derive(&c, modern());
    assert_int_equal(c.end_at, NOW + 5 * DAY);
    assert_state(&c, STATE_PENDING_EXPIRATION);
    c.auto_versions = true;
    c.kind = "uploaded";
    certificate_derive(&c, modern());
    assert_int_equal(c.end_at, NOW + 5 * DAY);
}

static void a_version_that_outlives_the_coverage_does_not_prolong_it(void **state) {
    (void)state;
    struct certificate c = with_version_end(issued(0), NOW + 5 * DAY);
    assert_state(&c, STATE_EXPIRED);
    assert_true(certificate_live(&c, NOW));
}

static void an_expired_version_with_coverage_left_has_lapsed(void **state) {
    (void)state;
    struct certificate c = with_version_end(issued(100 * DAY), NOW);
    assert_state(&c, STATE_EXPIRED);
    assert_true(certificate_lapsed(&c, NOW));
    assert_false(certificate_live(&c, NOW));
    assert_false(certificate_lapsed(&c, NOW - 1));
    assert_true(certificate_live(&c, NOW - 1));
    assert_false(certificate_lapsed(&c, NOW + 100 * DAY));
}

/* Each later fact hides the states of the earlier ones. */
static void closed_states_come_first_in_their_order(void **state) {
    (void)state;
    struct certificate c = issued(0);
    assert_state(&c, STATE_EXPIRED);
    c.revoke_asked_at = NOW;
    assert_state(&c, STATE_REVOKING);
    c.revoked_at = NOW;
    assert_state(&c, STATE_REVOKED);
    c.cancelled_at = NOW;
    assert_state(&c, STATE_CANCELLED);
}

static void an_application_beside_a_version_does_not_change_the_state(void **state) {
    (void)state;
    struct certificate c = issued(200 * DAY);
    c.submitted_at = 0;
    c.rejected_at = NOW;
    c.active_at = 0;
    assert_state(&c, STATE_ISSUED);
}

static void the_phase_is_the_state_without_the_time(void **state) {
    (void)state;
    struct certificate c = issued(0);
    assert_int_equal(c.phase, PHASE_VERSIONED);
    c = issued(200 * DAY);
    assert_int_equal(c.phase, PHASE_VERSIONED);
    c = ordered();
    certificate_derive(&c, modern());
    assert_int_equal(c.phase, PHASE_VALIDATING);
    assert_int_equal(c.end_at, 0);
    assert_int_equal(c.window_at, 0);
    assert_int_equal(c.expires_at, 0);
}

static bool in_range(const struct certificate *c, struct state_range r) {
    return c->phase == r.phase && (!r.window_above || c->window_at > r.window_above) &&
           (!r.window_upto || c->window_at <= r.window_upto) &&
           (!r.expires_above || c->expires_at > r.expires_above) &&
           (!r.expires_upto || c->expires_at <= r.expires_upto);
}

/* The lists ask the index, everything else asks the function: they must not disagree. */
static void the_range_of_a_state_holds_exactly_its_certificates(void **state) {
    (void)state;
    const int64_t left[] = {200 * DAY, 30 * DAY + 1, 30 * DAY, 1, 0, -1, -DAY};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        for (int64_t version_end = NOW - 1; version_end <= NOW + 1; version_end++) {
            struct certificate c = with_version_end(issued(left[i]), i % 2 ? version_end : NOW + left[i]);
            for (enum certificate_state s = 0; s < STATE_COUNT; s++)
                assert_int_equal(in_range(&c, state_range(s, NOW)), certificate_state(&c, NOW) == s);
        }
    }
    for (enum certificate_state s = 0; s < STATE_COUNT; s++)
        assert_true(state_range(s, NOW).phase >= PHASE_PENDING_PAYMENT);
}

static void a_certificate_is_at_risk_when_its_next_version_is_late(void **state) {
    (void)state;
    struct certificate c = with_version_end(issued(200 * DAY), NOW + 5 * DAY);
    c.next_issue_at = NOW;
    assert_null(certificate_at_risk(&c, NOW + 3600));
    assert_non_null(certificate_at_risk(&c, NOW + 3601));
    c.version_end = c.coverage_end;
    assert_null(certificate_at_risk(&c, NOW + 3601));
}

static void a_certificate_is_at_risk_without_a_version_in_sight(void **state) {
    (void)state;
    struct certificate c = with_version_end(issued(200 * DAY), NOW + 5 * DAY);
    assert_non_null(certificate_at_risk(&c, NOW));
    c.successor_id = "cert_2";
    assert_null(certificate_at_risk(&c, NOW));
    assert_non_null(certificate_at_risk(&c, NOW + 5 * DAY));
    c.revoked_at = NOW;
    assert_null(certificate_at_risk(&c, NOW + 5 * DAY));
}

static void states_are_found_by_name(void **state) {
    (void)state;
    for (enum certificate_state s = 0; s < STATE_COUNT; s++)
        assert_int_equal(state_parse(state_row(s)->name), s);
    assert_int_equal(state_parse("Issued"), STATE_COUNT);
    assert_int_equal(state_parse(""), STATE_COUNT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(before_issue_the_facts_decide),
        test(a_withdrawn_letter_application_is_to_be_submitted_again),
        test(the_window_opens_and_closes_to_the_second),
        test(the_window_of_a_short_lifetime_is_shorter),
        test(the_end_is_the_coverage_only_where_versions_follow_by_themselves),
        test(a_version_that_outlives_the_coverage_does_not_prolong_it),
        test(an_expired_version_with_coverage_left_has_lapsed),
        test(closed_states_come_first_in_their_order),
        test(an_application_beside_a_version_does_not_change_the_state),
        test(the_phase_is_the_state_without_the_time),
        test(the_range_of_a_state_holds_exactly_its_certificates),
        test(a_certificate_is_at_risk_when_its_next_version_is_late),
        test(a_certificate_is_at_risk_without_a_version_in_sight),
        test(states_are_found_by_name),
    };
    return cmocka_run_group_tests_name("state", tests, load, unload);
}
