#include "issue/limit.h"
#include "unit.h"

static const struct rate_limit orders = {.name = "orders", .count = 300, .seconds = 10800};

static void a_full_bucket_gives_a_burst_and_then_one_slot_an_interval(void **state) {
    (void)state;
    const int64_t now = 1000000;
    int64_t full_at = 0, taken = 0;
    while (rate_free(&orders, full_at, now)) {
        full_at = rate_taken(&orders, full_at, now);
        taken++;
    }
    /* one is kept back for requests that overtake each other on their way */
    assert_int_equal(taken, 299);
    int64_t slot = rate_slot(&orders, full_at, 0, now);
    assert_true(slot > now && slot <= now + 36);
    assert_int_equal(rate_slot(&orders, full_at, 10, now), slot + 360);
    assert_int_equal(rate_free(&orders, full_at, slot - 1), 0);
    assert_int_equal(rate_free(&orders, full_at, slot), 1);
    assert_int_equal(rate_free(&orders, full_at, slot + 36), 2);
}

static void intervals_that_are_no_whole_seconds_lose_nothing(void **state) {
    (void)state;
    const struct rate_limit odd = {.name = "odd", .count = 7, .seconds = 60};
    int64_t now = 0, full_at = 0;
    for (int i = 0; i < 7000; i++) {
        if (!rate_free(&odd, full_at, now))
            now = rate_slot(&odd, full_at, 0, now);
        assert_true(rate_free(&odd, full_at, now) > 0);
        full_at = rate_taken(&odd, full_at, now);
    }
    assert_true(now >= 60000 - 70 && now <= 60000);
}

static void one_at_a_time_waits_its_whole_time(void **state) {
    (void)state;
    const struct rate_limit one = {.name = "one", .count = 1, .seconds = 100};
    int64_t full_at = rate_taken(&one, 0, 500);
    assert_int_equal(rate_free(&one, full_at, 599), 0);
    assert_int_equal(rate_slot(&one, full_at, 0, 500), 600);
    assert_int_equal(rate_free(&one, full_at, 600), 1);
}

TEST_MAIN(rate, test(a_full_bucket_gives_a_burst_and_then_one_slot_an_interval),
          test(intervals_that_are_no_whole_seconds_lose_nothing), test(one_at_a_time_waits_its_whole_time))
