/* Several issuers: who takes over, who comes back, and nobody flaps; revocation at the CA that issued. */
#include "flow/acme_world.h"

/* ---- fail-over ---- */

static const char *issuer_of_last(const struct certificate *c) {
    return last_application(c).issuer;
}

static void the_second_issuer_takes_over_and_the_first_comes_back(void **state) {
    (void)state;
    fakes[0].down = true;
    struct certificate c = buy("www.example.com");
    live(30);
    assert_int_equal(fakes[1].requests, 0);
    live(300); /* the second attempt */
    assert_int_equal(fakes[1].requests, 0);
    live(1200); /* the third */
    assert_int_equal(fakes[1].requests, 0);
    live(2 * 3600);
    assert_int_equal(state_of(&c), STATE_ISSUED);
    assert_string_equal(issuer_of_last(&c), "two");
    expect_nothing_left();
}

static const char *metrics_now(void) {
    struct buf b = buf_new(w.arena, 4096);
    assert_ok(failover_metrics(w.services.db, w.arena, w.now, &b, &e), e);
    return arena_strndup(w.arena, (const char *)b.p, b.len);
}

static struct issuer_standing standing_of(const char *id) {
    struct issuer issuer;
    struct issuer_standing standing = {0};
    assert_ok(issuer_get(w.services.db, w.arena, id, &issuer, &e) &&
                  issuer_standing(w.services.db, w.arena, ACCOUNT, &issuer, &standing, &e),
              e);
    return standing;
}

static void who_comes_after_three_failures_goes_to_the_second_at_once(void **state) {
    (void)state;
    fakes[0].down = true;
    struct certificate all[5];
    for (size_t i = 0; i < 3; i++)
        all[i] = buy(arena_printf(w.arena, "w%zu.example.com", i));
    live(1);
    int asked = fakes[0].requests;
    for (size_t i = 3; i < 5; i++)
        all[i] = buy(arena_printf(w.arena, "w%zu.example.com", i));
    live(600);
    assert_int_equal(fakes[0].requests, asked);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(state_of(&all[i]), STATE_ISSUED);
        assert_string_equal(issuer_of_last(&all[i]), "two");
    }
    assert_int_equal(notices_told(&w, "issuer_failing"), 1);
    assert_non_null(strstr(metrics_now(), "tenure_issuer_passed_over{issuer=\"one\"} 1\n"));
    assert_int_equal(standing_of("one").failures, 3);
    assert_true(standing_of("one").avoid_until > w.now);
    assert_int_equal(standing_of("two").failures, 0);
    /* a day later one tries the first again: still down, and it alone has lost a minute */
    live(DAY);
    struct certificate one = buy("x1.example.com"), other = buy("x2.example.com");
    live(30);
    assert_int_equal((state_of(&one) == STATE_ISSUED) + (state_of(&other) == STATE_ISSUED), 1);
    live(120);
    assert_string_equal(issuer_of_last(&one), "two");
    assert_string_equal(issuer_of_last(&other), "two");
    /* the day after it is back: the first to come finds out, then all go there again */
    fakes[0].down = false;
    live(DAY);
    one = buy("y1.example.com");
    live(30);
    assert_string_equal(issuer_of_last(&one), "one");
    other = buy("y2.example.com");
    live(30);
    assert_string_equal(issuer_of_last(&other), "one");
    assert_int_equal(failures_of("one"), 0);
    assert_string_equal(metrics_now(), "");
    assert_int_equal(notices_told(&w, "issuer_failing"), 1);
    expect_nothing_left();
}

static void a_name_that_fails_is_no_trouble_of_the_issuer(void **state) {
    (void)state;
    fakes[0].invalid = "dns";
    struct certificate c = buy("www.example.com");
    live(DAY);
    assert_int_equal(fakes[1].requests, 0);
    assert_int_equal(state_of(&c), STATE_REJECTED);
    assert_int_equal(failures_of("one"), 0);
}

static void an_order_under_way_stays_until_its_issuer_is_passed_over(void **state) {
    (void)state;
    fakes[0].processing = 1000;
    struct certificate c = buy("www.example.com");
    live(30);
    fakes[0].down = true;
    live(300);
    assert_string_equal(issuer_of_last(&c), "one");
    assert_int_equal(fakes[0].new_orders, 1);
    live(2 * DAY);
    assert_int_equal(state_of(&c), STATE_ISSUED);
    assert_string_equal(issuer_of_last(&c), "two");
    expect_nothing_left();
}

/* ---- revocation ---- */

static void a_certificate_is_revoked_at_its_ca(void **state) {
    (void)state;
    struct certificate c = buy("www.example.com");
    live(60);
    c = look_at(&c);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, revoke_ask(&w.services, w.arena, &c, 4, w.now, &e), &e), e);
    assert_int_equal(state_of(&c), STATE_REVOKING);
    live(60);
    assert_int_equal(state_of(&c), STATE_REVOKED);
    assert_int_equal(fakes[0].revoked, 1);
    assert_int_equal(notices_told(&w, "revoked"), 1);
}

TEST_MAIN(acme_failover, in_world(the_second_issuer_takes_over_and_the_first_comes_back),
          in_world(who_comes_after_three_failures_goes_to_the_second_at_once),
          in_world(a_name_that_fails_is_no_trouble_of_the_issuer),
          in_world(an_order_under_way_stays_until_its_issuer_is_passed_over),
          in_world(a_certificate_is_revoked_at_its_ca))
