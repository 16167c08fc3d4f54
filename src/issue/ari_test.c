/* Suggested windows: what they change, and that nothing about them can fail a renewal. */
#include "issue/ari.h"
#include "unit.h"

enum { T0 = 1795219200, MINUTE = 60, HOUR = 3600 };

static struct arena *a;
static const struct profile *modern;

static int load(void **state) {
    static struct policies policies;
    struct error e = {0};
    (void)state;
    a = arena_new();
    return !(policy_load(a, NULL, &policies, &e) && (modern = policy_find(&policies, "modern", 0)));
}

static int unload(void **state) {
    (void)state;
    arena_free(a);
    return 0;
}

/* Ninety days, of which 60 are over in April. */
static struct certificate certificate(void) {
    return (struct certificate){.not_before = T0,
                                .version_end = T0 + 90 * DAY,
                                .coverage_end = T0 + 365 * DAY,
                                .next_issue_at = T0 + 59 * DAY,
                                .auto_versions = true};
}

static struct ari_answer window(int64_t start, int64_t end) {
    return (struct ari_answer){.outcome = ARI_SAID, .info = {.start = start, .end = end}};
}

static void the_moment_is_drawn_once_for_each_window(void **state) {
    (void)state;
    struct suggestion s = {.set_at = T0 + 59 * DAY};
    const int64_t latest = T0 + 75 * DAY;
    struct ari_answer answer = window(T0 + 50 * DAY, T0 + 52 * DAY);
    ari_take(&s, &answer, latest, 12345);
    assert_int_equal(s.moment, T0 + 50 * DAY + 12345);
    ari_take(&s, &answer, latest, 99);
    assert_int_equal(s.moment, T0 + 50 * DAY + 12345);
    answer = window(T0 + 50 * DAY, T0 + 53 * DAY);
    ari_take(&s, &answer, latest, 99);
    assert_int_equal(s.moment, T0 + 50 * DAY + 99);
}

static void all_of_the_window_is_drawn_from(void **state) {
    (void)state;
    int64_t least = INT64_MAX, most = 0;
    for (uint64_t random = 0; random < 10000; random++) {
        struct suggestion s = {0};
        const struct ari_answer answer = window(T0, T0 + 100);
        ari_take(&s, &answer, T0 + DAY, random * 7919);
        least = s.moment < least ? s.moment : least;
        most = s.moment > most ? s.moment : most;
    }
    assert_int_equal(least, T0);
    assert_int_equal(most, T0 + 99);
}

static void a_window_behind_the_end_is_too_late(void **state) {
    (void)state;
    struct certificate c = certificate();
    struct suggestion s = {.set_at = c.next_issue_at};
    const int64_t latest = ari_latest(&c, modern);
    assert_int_equal(latest, T0 + 75 * DAY);
    struct ari_answer answer = window(T0 + 91 * DAY, T0 + 95 * DAY);
    ari_take(&s, &answer, latest, 7);
    assert_int_equal(s.moment, latest);
    answer = window(T0 + 74 * DAY, T0 + 95 * DAY);
    ari_take(&s, &answer, latest, UINT64_MAX);
    assert_in_range(s.moment, T0 + 74 * DAY, latest - 1);
}

static void failures_leave_the_moment_alone(void **state) {
    (void)state;
    static const enum ari_outcome outcomes[] = {ARI_NONE, ARI_TROUBLE, ARI_ERROR};
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        struct suggestion s = {.window_start = 1, .window_end = 2, .moment = 1, .set_at = 1};
        const struct ari_answer answer = {.outcome = outcomes[i]};
        ari_take(&s, &answer, T0, 5);
        assert_int_equal(s.moment, 1);
        assert_int_equal(s.window_end, 2);
    }
}

static void the_ca_is_asked_at_its_own_pace_within_bounds(void **state) {
    (void)state;
    static const struct {
        enum ari_outcome outcome;
        int64_t failures, retry_after, pause;
    } rows[] = {
        {ARI_SAID, 0, 6 * HOUR, 6 * HOUR},
        {ARI_SAID, 0, 1, MINUTE},
        {ARI_SAID, 0, 40 * DAY, DAY},
        {ARI_SAID, 0, 0, 6 * HOUR},
        {ARI_NONE, 0, 0, DAY},
        {ARI_ERROR, 1, 0, 6 * HOUR},
        {ARI_TROUBLE, 1, 0, MINUTE},
        {ARI_TROUBLE, 1, 2 * HOUR, 2 * HOUR},
        {ARI_TROUBLE, 2, 0, 10 * MINUTE},
        {ARI_TROUBLE, 3, 0, 100 * MINUTE},
        {ARI_TROUBLE, 4, 0, 6 * HOUR},
        {ARI_TROUBLE, 1000, 0, 6 * HOUR},
        {ARI_TROUBLE, 2, 40 * DAY, DAY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct suggestion s = {.failures = rows[i].failures};
        const struct ari_answer answer = {.outcome = rows[i].outcome, .retry_after = rows[i].retry_after};
        assert_int_equal(ari_poll_at(&s, &answer, T0) - T0, rows[i].pause);
    }
}

static int64_t applied(const struct suggestion *s, const struct certificate *c, int64_t now) {
    int64_t at;
    ari_apply(s, c, modern, now, &at);
    return at;
}

static void the_next_issue_follows_unless_a_person_asked(void **state) {
    (void)state;
    struct certificate c = certificate();
    struct suggestion s = {.moment = T0 + 50 * DAY, .set_at = c.next_issue_at};
    assert_int_equal(applied(&s, &c, T0), T0 + 50 * DAY);
    c.next_issue_at = T0 + 3 * DAY;
    assert_int_equal(applied(&s, &c, T0), 0);
    c.next_issue_at = s.set_at = s.moment;
    assert_int_equal(applied(&s, &c, T0), 0);
}

static void a_last_version_is_replaced_only_before_it_is_revoked(void **state) {
    (void)state;
    struct certificate c = certificate();
    c.coverage_end = c.version_end;
    c.next_issue_at = 0;
    struct suggestion s = {.moment = T0 + 50 * DAY};
    assert_int_equal(applied(&s, &c, T0), 0);
    s.moment = T0 - 60;
    assert_int_equal(applied(&s, &c, T0), T0 - 60);
    assert_int_equal(applied(&s, &c, c.coverage_end), 0);
    c.coverage_end = c.version_end + 10 * DAY;
    s.moment = T0 + 50 * DAY;
    assert_int_equal(applied(&s, &c, T0), T0 + 50 * DAY);
    c.successor_id = "cert_2";
    assert_int_equal(applied(&s, &c, T0), 0);
}

static void nothing_follows_before_the_ca_has_spoken(void **state) {
    (void)state;
    struct certificate c = certificate();
    const struct suggestion s = {.set_at = c.next_issue_at};
    assert_int_equal(applied(&s, &c, T0), 0);
    c.auto_versions = false;
    const struct suggestion passed = {.set_at = c.next_issue_at, .moment = T0 - 1};
    assert_int_equal(applied(&passed, &c, T0), 0);
}

static void haste_makes_a_least_age(void **state) {
    (void)state;
    static const struct {
        int64_t haste, pause;
    } rows[] = {{0, 0},        {1, 6 * HOUR}, {2, 12 * HOUR}, {3, DAY},
                {7, 16 * DAY}, {8, 32 * DAY}, {9, 60 * DAY},  {16, 60 * DAY}};
    const struct certificate c = certificate();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t earliest = ari_earliest(rows[i].haste, &c, modern, T0 + 60);
        assert_int_equal(earliest, rows[i].pause ? T0 + 60 + rows[i].pause : 0);
    }
}

static void only_what_the_ca_wanted_early_is_haste(void **state) {
    (void)state;
    struct certificate c = certificate();
    struct suggestion s = {.moment = T0 - 60, .set_at = T0 - 60, .haste = 2};
    c.next_issue_at = s.moment;
    assert_int_equal(ari_haste(&s, &c, modern, T0 + DAY), 3);
    assert_int_equal(ari_haste(&s, &c, modern, T0 + 30 * DAY - 1), 3);
    assert_int_equal(ari_haste(&s, &c, modern, T0 + 30 * DAY), 1);
    s.haste = 0;
    assert_int_equal(ari_haste(&s, &c, modern, T0 + 30 * DAY), 0);
    c.next_issue_at = T0 + 100; /* a person wanted it */
    assert_int_equal(ari_haste(&s, &c, modern, T0 + DAY), 0);
    const struct suggestion unsaid = {.set_at = c.next_issue_at};
    assert_int_equal(ari_haste(&unsaid, &c, modern, T0 + DAY), 0);
}

static void no_moment_is_before_the_least_age(void **state) {
    (void)state;
    struct suggestion s = {.earliest = T0 + 6 * HOUR};
    struct ari_answer answer = window(T0 - HOUR, T0 - HOUR / 2);
    ari_take(&s, &answer, T0 + 75 * DAY, 5);
    assert_int_equal(s.moment, T0 + 6 * HOUR);
    assert_true(ari_held(&s));
    answer = window(T0 + DAY, T0 + 2 * DAY);
    ari_take(&s, &answer, T0 + 75 * DAY, 5);
    assert_int_equal(s.moment, T0 + DAY + 5);
    assert_false(ari_held(&s));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(the_moment_is_drawn_once_for_each_window),
        test(all_of_the_window_is_drawn_from),
        test(a_window_behind_the_end_is_too_late),
        test(failures_leave_the_moment_alone),
        test(the_ca_is_asked_at_its_own_pace_within_bounds),
        test(the_next_issue_follows_unless_a_person_asked),
        test(a_last_version_is_replaced_only_before_it_is_revoked),
        test(nothing_follows_before_the_ca_has_spoken),
        test(haste_makes_a_least_age),
        test(only_what_the_ca_wanted_early_is_haste),
        test(no_moment_is_before_the_least_age),
    };
    return cmocka_run_group_tests_name("ari", tests, load, unload);
}
