/* When a coming end is told, for long and for short certificates. */
#include "base/clock.h"
#include "notify/notify.h"
#include "unit.h"

enum { HOUR = 3600 };
enum { END = 1800000000 };

/* Days before the end as seconds, of every crossing from the first to the last. */
static size_t crossings(const struct thresholds *t, int64_t before_end[20]) {
    size_t count = 0;
    for (int64_t at = threshold_next(t, 1); at; at = threshold_next(t, at))
        before_end[count++] = t->end - at;
    return count;
}

static void a_year_has_the_literal_days_and_the_end(void **state) {
    (void)state;
    const struct thresholds t = {.days = THRESHOLDS_DEFAULT, .lead = 30 * DAY, .end = END};
    static const int64_t expected[] = {30, 15, 7, 3, 1, 0};
    int64_t seen[20];
    assert_int_equal(crossings(&t, seen), 6);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(seen[i], expected[i] * DAY);
}

static void a_lead_beyond_thirty_days_moves_nothing(void **state) {
    (void)state;
    const struct thresholds t = {.days = "[30]", .lead = 90 * DAY, .end = END};
    assert_int_equal(threshold_next(&t, 1), END - 30 * DAY);
}

static void forty_seven_days_have_all_of_them_within_a_third(void **state) {
    (void)state;
    const struct thresholds t = {.days = THRESHOLDS_DEFAULT, .lead = 47 * DAY / 3, .end = END};
    int64_t seen[20];
    assert_int_equal(crossings(&t, seen), 6);
    assert_int_equal(seen[0], 47 * DAY / 3);
    assert_int_equal(seen[2], 7 * (47 * DAY / 3) / 30);
    assert_int_equal(seen[5], 0);
}

static void a_day_has_them_within_eight_hours(void **state) {
    (void)state;
    const struct thresholds t = {.days = THRESHOLDS_DEFAULT, .lead = 8 * HOUR, .end = END};
    int64_t seen[20];
    assert_int_equal(crossings(&t, seen), 6);
    assert_int_equal(seen[0], 8 * HOUR);
    assert_int_equal(seen[4], 8 * HOUR / 30);
}

static void what_is_chosen_for_a_certificate_is_literal(void **state) {
    (void)state;
    const struct thresholds t = {.days = "[10, 60]", .literal = true, .lead = 2 * DAY, .end = END};
    assert_int_equal(threshold_next(&t, 1), END - 60 * DAY);
    assert_int_equal(threshold_next(&t, END - 60 * DAY), END - 10 * DAY);
    assert_int_equal(threshold_next(&t, END - 10 * DAY), END);
    assert_int_equal(threshold_next(&t, END), 0);
}

static void without_any_there_is_the_end(void **state) {
    (void)state;
    const struct thresholds t = {.days = "[]", .lead = 30 * DAY, .end = END};
    int64_t days;
    assert_int_equal(threshold_next(&t, 1), END);
    assert_int_equal(threshold_last(&t, END - 1, &days), 0);
    assert_int_equal(days, -1);
}

static void of_several_crossed_the_latest_counts(void **state) {
    (void)state;
    const struct thresholds t = {.days = "[3, 30, 1, 15, 7]", .lead = 30 * DAY, .end = END};
    int64_t days;
    assert_int_equal(threshold_last(&t, END - 31 * DAY, &days), 0);
    assert_int_equal(threshold_last(&t, END - 30 * DAY, &days), END - 30 * DAY);
    assert_int_equal(days, 30);
    assert_int_equal(threshold_last(&t, END - 2 * DAY, &days), END - 3 * DAY);
    assert_int_equal(days, 3);
    assert_int_equal(threshold_last(&t, END + DAY, &days), END);
    assert_int_equal(days, 0);
}

TEST_MAIN(threshold, test(a_year_has_the_literal_days_and_the_end),
          test(a_lead_beyond_thirty_days_moves_nothing),
          test(forty_seven_days_have_all_of_them_within_a_third), test(a_day_has_them_within_eight_hours),
          test(what_is_chosen_for_a_certificate_is_literal), test(without_any_there_is_the_end),
          test(of_several_crossed_the_latest_counts))
