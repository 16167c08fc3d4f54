/*
 * What goes along with orders at CAs, by the real engine through time: slots under the limits, proofs that
 * are noted, and the window that the CA is asked for.
 */
#include "flow/acme_world.h"
#include "issue/ari.h"
#include "issue/limit.h"
#include "validate/known.h"

static void set_limits(const char *limits) {
    struct issuer one;
    assert_ok(issuer_get(w.services.db, w.arena, "one", &one, &e), e);
    one.limits = limits;
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, issuer_db_put(w.services.db, &one, &e), &e), e);
}

#define ORDERS_3_AN_HOUR "[{\"name\":\"orders\",\"per\":\"account\",\"count\":3,\"seconds\":3600}]"

static void orders_wait_for_their_slots(void **state) {
    (void)state;
    struct certificate all[7];
    struct limit_wait wait;
    brand.fallback_issuers = "";
    set_limits(ORDERS_3_AN_HOUR);
    for (size_t i = 0; i < 7; i++)
        all[i] = buy(arena_printf(w.arena, "w%zu.example.com", i));
    live(60);
    assert_int_equal(fakes[0].new_orders, 3);
    size_t waiting = 0;
    for (size_t i = 0; i < 7; i++) {
        assert_ok(limit_waiting(w.services.db, w.arena, all[i].id, &wait, &e), e);
        waiting += wait.subject != NULL;
    }
    assert_int_equal(waiting, 4);
    for (int hour = 1; hour <= 4; hour++) {
        live(1200);
        assert_int_equal(fakes[0].new_orders, 3 + hour);
    }
    live(60);
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(state_of(&all[i]), STATE_ISSUED);
    expect_nothing_left();
}

/* Killed at random, every newOrder that may have been sent takes a slot: never more than there are. */
static void killed_orders_take_no_more_than_there_is(void **state) {
    (void)state;
    struct certificate all[7];
    const int64_t begin = w.now;
    brand.fallback_issuers = "";
    set_limits(ORDERS_3_AN_HOUR);
    for (size_t i = 0; i < 7; i++)
        all[i] = buy(arena_printf(w.arena, "w%zu.example.com", i));
    for (int i = 0; i < 20; i++) {
        live_until(w.now + 1200, true);
        assert_in_range(fakes[0].new_orders, 1, 3 + (w.now - begin) / 1200);
    }
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(state_of(&all[i]), STATE_ISSUED);
}

static void the_same_names_once_more_are_no_new_order(void **state) {
    (void)state;
    brand.fallback_issuers = "";
    set_limits("[{\"name\":\"orders\",\"per\":\"account\",\"count\":1,\"seconds\":31536000,"
               "\"exempt\":[\"renewal\"]}]");
    struct certificate c = buy("www.example.com");
    live(100 * DAY);
    assert_int_equal(look_at(&c).version_count, 2);
    struct certificate other = buy("other.example.com");
    live(DAY);
    assert_int_equal(look_at(&other).version_count, 0);
}

static void what_waits_and_is_cancelled_leaves_its_place(void **state) {
    (void)state;
    struct limit_wait wait;
    brand.fallback_issuers = "";
    set_limits("[{\"name\":\"orders\",\"per\":\"account\",\"count\":1,\"seconds\":864000}]");
    buy("www.example.com");
    live(60);
    struct certificate c = buy("other.example.com");
    live(60);
    assert_ok(limit_waiting(w.services.db, w.arena, c.id, &wait, &e), e);
    assert_string_equal(wait.limit_name, "orders");
    c = look_at(&c);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, apply_withdraw(&w.services, w.arena, &c, w.now, &e), &e), e);
    live(60);
    assert_ok(limit_waiting(w.services.db, w.arena, c.id, &wait, &e), e);
    assert_null(wait.subject);
}

static void what_the_ca_has_proven_is_known(void **state) {
    (void)state;
    struct known_validation *list;
    const struct known_validation like = {.account_id = ACCOUNT, .issuer = "one"};
    size_t count;
    buy("a.example.com b.example.com");
    live(60);
    assert_ok(known_list(w.services.db, w.arena, &like, NULL, 10, &list, &count, &e), e);
    assert_int_equal(count, 2);
    assert_string_equal(list[0].method, "http-01");
    assert_in_range(list[0].validated_at, w.now - 60, w.now);
    assert_int_equal(list[0].reusable_until, 0); /* nobody asked for the authorization again */
}

static void each_version_asks_for_its_window(void **state) {
    (void)state;
    struct suggestion s;
    struct work_item item;
    struct certificate c = buy("www.example.com");
    live(60);
    c = look_at(&c);
    assert_ok(suggestion_get(w.services.db, w.arena, c.version_id, &s, &e), e);
    assert_string_equal(s.issuer, "one");
    assert_true(s.asked_at > 0);
    assert_ok(work_get(w.services.db, w.arena, c.version_id, &item, &e), e);
    assert_string_equal(item.step, "suggest");
}

/* Immediately; but what has come of that is not replaced sooner and sooner. */
static void a_ca_whose_windows_lie_in_the_past_makes_no_versions_without_end(void **state) {
    (void)state;
    static const struct {
        int64_t seconds, versions;
    } rows[] = {{60, 2},      {6 * 3600, 3}, {12 * 3600, 4}, {DAY, 5},      {2 * DAY, 6},
                {4 * DAY, 7}, {8 * DAY, 8},  {16 * DAY, 9},  {31 * DAY, 9}, {2 * DAY, 10}};
    struct certificate c = buy("www.example.com");
    fakes[0].in_haste = true;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        live(rows[i].seconds);
        assert_int_equal(look_at(&c).version_count, rows[i].versions);
    }
    live(30 * DAY); /* it lived for more than half of its time: once less */
    assert_in_range(look_at(&c).version_count, 11, 12);
    assert_int_equal(notices_told(&w, "ca_in_haste"), 1);
    fakes[0].in_haste = false;
    int64_t before = look_at(&c).version_count;
    live(45 * DAY);
    assert_in_range(look_at(&c).version_count, before, before + 1);
}

/* Another account of this installation has registered there before. */
static void others_take_a_slot(void) {
    struct issuer one;
    struct limit_answer answer;
    struct rate_limits limits;
    assert_ok(issuer_get(w.services.db, w.arena, "one", &one, &e), e);
    assert_ok(rate_limits_parse(w.arena, one.limits, &limits, &e), e);
    const struct limit_ask ask = {.limits = &limits,
                                  .issuer = "one",
                                  .directory = one.directory,
                                  .account_id = "acct_other",
                                  .acme_account = "aca_other",
                                  .subject = "aca_other"};
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, limit_take_account(w.services.db, w.arena, &ask, w.now, &answer, &e), &e), e);
    assert_true(answer.taken);
}

static void a_new_account_waits_for_its_slot(void **state) {
    (void)state;
    set_limits("[{\"name\":\"accounts\",\"per\":\"address\",\"count\":1,\"seconds\":10800}]");
    others_take_a_slot();
    struct certificate c = buy("www.example.com"), other = buy("other.example.com");
    live(10000);
    assert_int_equal(fakes[0].accounts, 0);
    assert_int_equal(failures_of("one"), 0);
    live(1000);
    assert_int_equal(fakes[0].accounts, 1);
    assert_int_equal(state_of(&c), STATE_ISSUED);
    assert_int_equal(state_of(&other), STATE_ISSUED);
    assert_string_equal(last_application(&c).issuer, "one");
}

/* ---- lifetimes ---- */

static void takes_lifetimes(int64_t days_max) {
    struct issuer one;
    assert_ok(issuer_get(w.services.db, w.arena, "one", &one, &e), e);
    one.takes_not_after = true;
    one.days_max = days_max;
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, issuer_db_put(w.services.db, &one, &e), &e), e);
}

static void no_more_is_asked_for_than_the_ca_has(void **state) {
    (void)state;
    takes_lifetimes(90);
    fakes[0].longest = 90 * DAY;
    struct certificate c = buy("www.example.com");
    live(60);
    assert_int_equal(fakes[0].new_orders, 1);
    assert_in_range(look_at(&c).version_end - look_at(&c).not_before, 90 * DAY - 2 * 3600, 90 * DAY);
    live(330 * DAY);
    c = look_at(&c);
    assert_int_equal(c.version_end, c.coverage_end);
}

static void an_order_that_may_be_there_is_asked_for_with_its_lifetime(void **state) {
    (void)state;
    takes_lifetimes(90);
    brand.fallback_issuers = "";
    replaces = REPLACED;
    fakes[0].longest = 90 * DAY;
    fakes[0].loses = 1;
    struct certificate c = buy("www.example.com");
    live(1);
    fakes[0].down = true;
    live(DAY);
    fakes[0].down = false;
    live(2 * DAY);
    assert_int_equal(state_of(&c), STATE_ISSUED);
    assert_int_equal(fakes[0].new_orders, 2);
    assert_int_equal(fakes[0].orders[1].end, fakes[0].orders[0].end);
}

static void a_lifetime_that_is_refused_keeps_nobody_waiting(void **state) {
    (void)state;
    takes_lifetimes(0);
    replaces = REPLACED;
    fakes[0].longest = 90 * DAY;
    struct certificate c = buy("www.example.com");
    live(60);
    assert_int_equal(state_of(&c), STATE_ISSUED);
    assert_int_equal(look_at(&c).version_end - look_at(&c).not_before, 90 * DAY);
    assert_int_equal(failures_of("one"), 0);
}

static void what_a_ca_refuses_otherwise_is_not_said_again(void **state) {
    (void)state;
    takes_lifetimes(90);
    brand.fallback_issuers = "";
    fakes[0].refuses = "rejectedIdentifier";
    buy("www.example.com");
    live(60);
    assert_int_equal(fakes[0].new_orders, 1);
}

static void the_lifetime_is_of_the_day_that_it_is_asked_for(void **state) {
    (void)state;
    takes_lifetimes(90);
    brand.fallback_issuers = "";
    fakes[0].longest = 90 * DAY;
    set_limits("[{\"name\":\"orders\",\"per\":\"account\",\"count\":1,\"seconds\":432000}]");
    buy("one.example.com");
    live(60);
    struct certificate c = buy("two.example.com");
    live(6 * DAY);
    assert_int_equal(state_of(&c), STATE_ISSUED);
    assert_in_range(look_at(&c).version_end - look_at(&c).not_before, 90 * DAY - 2 * 3600, 90 * DAY);
}

/* Also when it is said again, because the answer was lost. */
static void a_ca_that_takes_a_beginning_gives_the_lifetime_to_the_second(void **state) {
    (void)state;
    struct issuer one;
    int64_t began = w.now;
    takes_lifetimes(30);
    brand.fallback_issuers = "";
    assert_ok(issuer_get(w.services.db, w.arena, "one", &one, &e), e);
    one.takes_not_before = true;
    assert_ok(issuer_db_put(w.services.db, &one, &e), e);
    fakes[0].longest = 90 * DAY;
    fakes[0].forgets_location = true;
    struct certificate c = buy("www.example.com");
    live(30);
    fakes[0].forgets_location = false;
    live(120);
    assert_int_equal(fakes[0].new_orders, 2);
    for (size_t i = 0; i < 2; i++)
        assert_string_equal(fakes[0].orders[i].not_before, time_format(w.arena, began));
    assert_int_equal(look_at(&c).version_end, began + 30 * DAY);
}

TEST_MAIN(acme_limit, in_world(orders_wait_for_their_slots),
          in_world(killed_orders_take_no_more_than_there_is),
          in_world(the_same_names_once_more_are_no_new_order),
          in_world(what_waits_and_is_cancelled_leaves_its_place), in_world(what_the_ca_has_proven_is_known),
          in_world(each_version_asks_for_its_window),
          in_world(a_ca_whose_windows_lie_in_the_past_makes_no_versions_without_end),
          in_world(a_new_account_waits_for_its_slot), in_world(no_more_is_asked_for_than_the_ca_has),
          in_world(an_order_that_may_be_there_is_asked_for_with_its_lifetime),
          in_world(a_lifetime_that_is_refused_keeps_nobody_waiting),
          in_world(what_a_ca_refuses_otherwise_is_not_said_again),
          in_world(the_lifetime_is_of_the_day_that_it_is_asked_for),
          in_world(a_ca_that_takes_a_beginning_gives_the_lifetime_to_the_second))
