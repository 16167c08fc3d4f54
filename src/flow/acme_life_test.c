/*
 * Certificates from CAs over ACME by the real engine, through time: each state of an order, its failures, and
 * what is left behind. The CA is fake_ca.h; real ones are asked in tests/e2e/.
 */
#include "flow/acme_world.h"

/* ---- it goes well ---- */

static void a_certificate_comes_by_http(void **state) {
    (void)state;
    struct certificate c = buy("www.example.com");
    live(60);
    c = look_at(&c);
    assert_int_equal(certificate_state(&c, w.now), STATE_ISSUED);
    assert_int_equal(c.version_end - c.not_before, 90 * DAY);
    assert_int_equal(c.coverage_end - c.covered_from, 365 * DAY);
    assert_int_equal(fakes[0].new_orders, 1);
    assert_int_equal(fakes[0].answered, 1);
    assert_int_equal(fakes[0].finalized, 1);
    assert_string_equal(last_application(&c).issuer, "one");
    expect_nothing_left();
}

static void an_order_that_is_ready_needs_no_proof(void **state) {
    (void)state;
    fakes[0].reuses = true;
    struct certificate c = buy("a.example.com b.example.com");
    live(5);
    assert_int_equal(state_of(&c), STATE_ISSUED);
    assert_int_equal(fakes[0].answered, 0);
    expect_nothing_left();
}

static void processing_is_waited_for_without_asking_too_often(void **state) {
    (void)state;
    fakes[0].processing = 12;
    struct certificate c = buy("www.example.com");
    live(60);
    assert_int_equal(state_of(&c), STATE_VALIDATING);
    assert_in_range(fakes[0].requests, 8, 16);
    live(10 * 60);
    assert_int_equal(state_of(&c), STATE_ISSUED);
}

static void never_ending_processing_is_given_up(void **state) {
    (void)state;
    fakes[0].processing = 100000;
    struct certificate c = buy("www.example.com");
    live(1700);
    assert_int_equal(fakes[0].new_orders, 1);
    fakes[0].processing = 0;
    fakes[0].orders[0].polls = -100000;
    live(400);
    assert_int_equal(fakes[0].new_orders, 2);
    assert_int_equal(state_of(&c), STATE_ISSUED);
    expect_nothing_left();
}

static void a_wake_does_not_shorten_a_pause(void **state) {
    (void)state;
    fakes[0].processing = 100000;
    buy("www.example.com");
    live(30);
    fakes[0].down = true;
    live(300);
    int asked = fakes[0].requests;
    for (int i = 0; i < 20; i++) {
        wake(bought[0]);
        live(1);
    }
    assert_int_equal(fakes[0].requests, asked);
    live(600);
    assert_true(fakes[0].requests > asked);
}

/* Nor where the order has ended, and another one would be made. */
static void a_wake_brings_no_order_sooner(void **state) {
    (void)state;
    brand.fallback_issuers = "";
    fakes[0].refuses = "serverInternal";
    buy("www.example.com");
    live(300);
    int asked = fakes[0].new_orders;
    for (int i = 0; i < 20; i++) {
        wake(bought[0]);
        live(10);
    }
    assert_int_equal(fakes[0].new_orders, asked);
    fakes[0].refuses = NULL;
    live(600);
    assert_int_equal(fakes[0].new_orders, asked + 1);
    expect_nothing_left();
}

static void retry_after_is_kept_to(void **state) {
    (void)state;
    fakes[0].processing = 2;
    fakes[0].retry_after = "600";
    struct certificate c = buy("www.example.com");
    live(590);
    int asked = fakes[0].requests;
    assert_int_equal(state_of(&c), STATE_VALIDATING);
    live(1300);
    assert_int_equal(state_of(&c), STATE_ISSUED);
    assert_in_range(fakes[0].requests, asked + 1, asked + 6);
}

static void versions_follow_until_the_coverage_is_used_up(void **state) {
    (void)state;
    struct certificate c = buy("www.example.com");
    live(366 * DAY);
    c = look_at(&c);
    assert_in_range(c.version_count, 5, 7); /* 90 days, a third of them early */
    assert_true(c.version_end >= c.coverage_end);
    assert_int_equal(fakes[0].new_orders, c.version_count);
    expect_nothing_left();
}

static void killed_steps_leave_nothing_behind(void **state) {
    (void)state;
    struct certificate all[12];
    for (size_t i = 0; i < 12; i++)
        all[i] = buy(arena_printf(w.arena, "w%zu.example.com", i));
    fakes[0].processing = 1;
    live_until(w.now + DAY, true);
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(state_of(&all[i]), STATE_ISSUED);
    live(DAY);
    expect_nothing_left();
}

/* ---- it waits for a person ---- */

static void a_record_by_hand_is_waited_for(void **state) {
    (void)state;
    there = false;
    struct certificate c = buy("*.example.com");
    live(2 * DAY);
    assert_int_equal(state_of(&c), STATE_VALIDATING);
    assert_int_equal(open_solutions("manual"), 1);
    assert_int_equal(fakes[0].answered, 1); /* for the bare name, which needs nobody */
    there = true;
    live(DAY);
    assert_int_equal(state_of(&c), STATE_ISSUED);
    expect_nothing_left();
}

static const char *looked_at;

static bool note_wanted(struct db *db, const char *account_id, const char *name, const char *application_id,
                        int64_t now, struct error *error) {
    (void)db, (void)account_id, (void)application_id, (void)now, (void)error;
    looked_at = arena_printf(w.arena, "%s %s", looked_at, name);
    return true;
}

static void a_wildcard_is_looked_at_and_its_bare_domain(void **state) {
    (void)state;
    looked_at = "";
    w.services.preflight_wanted = note_wanted;
    buy("*.example.com");
    live(60);
    assert_string_equal(looked_at, " *.example.com example.com");
}

static void what_is_never_published_is_rejected_when_the_ca_has_waited_long_enough(void **state) {
    (void)state;
    there = false;
    struct certificate c = buy("*.example.com");
    live(7 * DAY - 2 * 3600);
    assert_int_equal(fakes[0].answered, 1); /* for the bare name */
    fakes[0].invalid = "dns";
    live(3660);
    assert_int_equal(fakes[0].answered, 2); /* we may be wrong: the CA was asked, and is right */
    assert_int_equal(state_of(&c), STATE_REJECTED);
    assert_string_equal(look_at(&c).reject_reason, "validation_failed");
    expect_nothing_left();
}

static void a_ca_that_fails_until_its_time_is_over_is_asked_anew(void **state) {
    (void)state;
    brand.fallback_issuers = "";
    there = false;
    struct certificate c = buy("*.example.com");
    live(3);
    there = true; /* what the CA is to look for is there, and it never comes */
    fakes[0].down = true;
    live(8 * DAY);
    assert_int_equal(open_orders(), 0);
    assert_int_equal(state_of(&c), STATE_VALIDATING);
    fakes[0].down = false;
    live(2 * DAY);
    assert_int_equal(state_of(&c), STATE_ISSUED);
    expect_nothing_left();
}

static void what_only_the_ca_can_see_is_enough(void **state) {
    (void)state;
    there = false;
    struct certificate c = buy("*.example.com");
    live(7 * DAY - 2 * 3600);
    assert_int_equal(state_of(&c), STATE_VALIDATING);
    live(3660);
    assert_int_equal(state_of(&c), STATE_ISSUED);
    expect_nothing_left();
}

static void what_is_withdrawn_is_taken_away(void **state) {
    (void)state;
    there = false;
    struct certificate c = buy("*.example.com");
    live(60);
    c = look_at(&c);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, apply_withdraw(&w.services, w.arena, &c, w.now, &e), &e), e);
    live(60);
    expect_nothing_left();
    struct application application = last_application(&c);
    assert_string_equal(outcome_of(&application), ACME_DROPPED);
}

static void changed_names_are_ordered_anew(void **state) {
    (void)state;
    struct certificate c = buy("a.example.com b.example.com");
    live(60);
    const struct order_request first = {.names = "a.example.com d.example.com", .created_by = "user"};
    const struct order_request second = {.names = "a.example.com c.example.com", .created_by = "user"};
    fakes[0].processing = 1000;
    assert_ok(reissue(&w, c.id, &first, &e), e);
    live(60);
    assert_int_equal(open_orders(), 1);
    fakes[0].processing = 0;
    assert_ok(reissue(&w, c.id, &second, &e), e);
    live(60);
    assert_string_equal(look_at(&c).names, "a.example.com c.example.com");
    assert_int_equal(look_at(&c).version_count, 2);
    expect_nothing_left();
}

/* ---- it fails ---- */

static void a_blocked_name_is_rejected_with_the_words_of_the_ca(void **state) {
    (void)state;
    fakes[0].refuses = "rejectedIdentifier";
    struct certificate c = buy("www.example.com");
    live(60);
    assert_int_equal(state_of(&c), STATE_REJECTED);
    assert_string_equal(look_at(&c).reject_reason, "domain_security_review");
    const char *problems = last_application(&c).problems;
    assert_non_null(problems);
    assert_non_null(strstr(problems, "as I said"));
    assert_int_equal(notices_told(&w, "rejected"), 1);
    assert_int_equal(fakes[0].new_orders, 1);
    expect_nothing_left();
}

static void three_failed_validations_are_enough(void **state) {
    (void)state;
    fakes[0].invalid = "connection";
    struct certificate c = buy("www.example.com");
    live(30);
    assert_int_equal(state_of(&c), STATE_VALIDATING);
    assert_int_equal(fakes[0].new_orders, 1);
    assert_non_null(strstr(last_application(&c).problems, "nothing there"));
    live(5 * 60);
    assert_int_equal(fakes[0].new_orders, 2);
    live(2 * 3600);
    assert_int_equal(fakes[0].new_orders, 3);
    assert_int_equal(state_of(&c), STATE_REJECTED);
    assert_string_equal(look_at(&c).reject_reason, "validation_failed");
    expect_nothing_left();
}

static void beside_a_live_version_it_is_tried_for_ever(void **state) {
    (void)state;
    struct certificate c = buy("www.example.com");
    live(56 * DAY);
    fakes[0].invalid = "caa";
    live(20 * DAY);
    c = look_at(&c);
    assert_int_equal(c.version_count, 1);
    assert_false(c.rejected_at);
    assert_in_range(fakes[0].new_orders, 16, 26); /* daily */
    fakes[0].invalid = NULL;
    live(2 * DAY);
    assert_int_equal(look_at(&c).version_count, 2);
    expect_nothing_left();
}

static void a_limit_is_no_reason_to_give_up(void **state) {
    (void)state;
    brand.fallback_issuers = "";
    fakes[0].refuses = "rateLimited";
    fakes[0].retry_after = "7200";
    struct certificate c = buy("www.example.com");
    live(7100);
    assert_int_equal(fakes[0].new_orders, 1);
    fakes[0].refuses = fakes[0].retry_after = NULL;
    live(300);
    assert_int_equal(state_of(&c), STATE_ISSUED);
}

static void what_was_not_asked_for_is_not_taken(void **state) {
    (void)state;
    brand.fallback_issuers = "";
    fakes[0].other_key = true;
    struct certificate c = buy("www.example.com");
    live(30);
    assert_int_equal(look_at(&c).version_count, 0);
    fakes[0].other_key = false;
    fakes[0].other_names = true;
    live(300);
    assert_int_equal(look_at(&c).version_count, 0);
    fakes[0].other_names = false;
    live(7200);
    assert_int_equal(state_of(&c), STATE_ISSUED);
    expect_nothing_left();
}

static const char *root_of(const char *account_id) {
    struct cert *roots;
    size_t n;
    assert_ok(ca_ensure(&w.services, w.arena, account_id, w.now, &e), e);
    assert_ok(ca_roots(w.services.db, w.arena, account_id, &roots, &n, &e), e);
    assert_int_equal(n, 1);
    return cert_to_pem(w.arena, roots[0].der);
}

static void pin(const char *chain_roots) {
    struct issuer one;
    assert_ok(issuer_get(w.services.db, w.arena, "one", &one, &e), e);
    one.chain_roots = chain_roots;
    assert_ok(issuer_db_put(w.services.db, &one, &e), e);
}

/* The certificate is there, and has cost an order. */
static void a_wrong_chain_is_fetched_again_a_few_times(void **state) {
    (void)state;
    brand.fallback_issuers = "";
    fakes[0].wrong_chains = 3;
    struct certificate c = buy("www.example.com");
    live(30);
    assert_int_equal(state_of(&c), STATE_ISSUED);
    assert_int_equal(fakes[0].new_orders, 1);
    fakes[0].wrong_chains = 6; /* once more than it is looked for: the order is given up */
    struct certificate other = buy("other.example.com");
    live(30);
    assert_int_equal(look_at(&other).version_count, 0);
    assert_int_equal(fakes[0].wrong_chains, 0);
    live(300);
    assert_int_equal(state_of(&other), STATE_ISSUED);
    assert_int_equal(fakes[0].new_orders, 3);
    expect_nothing_left();
}

static void a_chain_must_end_in_the_roots_that_are_set(void **state) {
    (void)state;
    brand.fallback_issuers = "";
    pin(root_of("acct_other"));
    struct certificate c = buy("www.example.com");
    live(30);
    assert_int_equal(look_at(&c).version_count, 0);
    assert_int_equal(fakes[0].finalized, 1);
    pin(root_of("acct_fake"));
    live(300);
    assert_int_equal(state_of(&c), STATE_ISSUED);
    expect_nothing_left();
}

static void a_leaf_of_a_root_needs_no_chain_if_that_is_known(void **state) {
    (void)state;
    brand.fallback_issuers = "";
    fakes[0].by_root = true;
    struct certificate whole = buy("www.example.com");
    live(300);
    assert_int_equal(state_of(&whole), STATE_ISSUED);
    fakes[0].alone = true;
    struct certificate c = buy("alone.example.com");
    live(30);
    assert_int_equal(look_at(&c).version_count, 0);
    pin(root_of("acct_fake"));
    live(7200);
    assert_int_equal(state_of(&c), STATE_ISSUED);
    expect_nothing_left();
}

/* The order stands, whatever happens to the answers. */
static void an_order_goes_on_when_the_ca_comes_back(void **state) {
    (void)state;
    brand.fallback_issuers = "";
    fakes[0].processing = 3;
    struct certificate c = buy("www.example.com");
    live(1);
    fakes[0].down = true;
    live(3600);
    assert_int_equal(state_of(&c), STATE_VALIDATING);
    fakes[0].down = false;
    live(2 * 3600);
    assert_int_equal(state_of(&c), STATE_ISSUED);
    assert_int_equal(fakes[0].new_orders, 1);
}

/* The CA may have made it: it is asked for in the same words, and made once by a CA that knows its orders. */
static void an_order_whose_answer_was_lost_is_repeated_as_it_was(void **state) {
    (void)state;
    brand.fallback_issuers = "";
    replaces = REPLACED;
    fakes[0].refuses_replaces = fakes[0].forgets_location = true;
    struct certificate c = buy("www.example.com");
    live(30);
    assert_int_equal(fakes[0].new_orders, 2);
    assert_int_equal(open_orders(), 1);
    fakes[0].forgets_location = false;
    live(120);
    assert_int_equal(fakes[0].new_orders, 3);
    assert_null(fakes[0].orders[1].replaces);
    assert_int_equal(state_of(&c), STATE_ISSUED);
}

static void a_hint_belongs_to_the_words_that_find_an_order(void **state) {
    (void)state;
    brand.fallback_issuers = "";
    replaces = REPLACED;
    fakes[0].loses = 1;
    struct certificate c = buy("www.example.com");
    live(30);
    assert_int_equal(fakes[0].new_orders, 1);
    fakes[0].down = true; /* not sent at all: nothing is known yet */
    live(120);
    fakes[0].down = false;
    live(600);
    assert_int_equal(fakes[0].new_orders, 2);
    assert_string_equal(fakes[0].orders[1].replaces, REPLACED);
    assert_int_equal(state_of(&c), STATE_ISSUED);
}

/* A process that has just begun knows no directory; and who refuses in no words refuses no hint. */
static void what_may_be_there_is_not_given_up_for_other_trouble(void **state) {
    (void)state;
    brand.fallback_issuers = "";
    replaces = REPLACED;
    fakes[0].loses = 1;
    struct certificate c = buy("www.example.com");
    live(30);
    w.services.acme = acme_net_over(w.arena, &(struct acme_transport){.call = fake_call});
    fakes[0].down = true;
    live(60);
    assert_int_equal(open_orders(), 1);
    fakes[0].down = false;
    fakes[0].garbles = true;
    live(600);
    assert_int_equal(fakes[0].new_orders, 2);
    fakes[0].garbles = false;
    live(2 * 3600);
    assert_int_equal(fakes[0].new_orders, 3);
    assert_string_equal(fakes[0].orders[1].replaces, REPLACED);
    assert_int_equal(state_of(&c), STATE_ISSUED);
}

/* Should we die then, there may be an order. */
static void what_is_sent_is_counted_before(void **state) {
    (void)state;
    brand.fallback_issuers = "";
    replaces = REPLACED;
    fakes[0].loses = 1;
    struct certificate c = buy("www.example.com");
    live(5);
    struct application p = last_application(&c);
    struct acme_order_row order, after;
    bool used;
    assert_ok(acme_order_open(w.services.db, w.arena, p.id, &order, &e), e);
    order.slot_at = w.now;
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, acme_order_store(w.services.db, &order, &e), &e), e);
    int64_t before = order.polls;
    assert_ok(acme_order_use_slot(w.services.db, &order, &used, &e), e);
    assert_true(used);
    assert_int_equal(order.polls, before + 1);
    assert_ok(acme_order_open(w.services.db, w.arena, p.id, &after, &e), e);
    assert_int_equal(after.polls, before + 1);
}

static void a_hint_that_is_never_answered_is_dropped(void **state) {
    (void)state;
    brand.fallback_issuers = "";
    replaces = REPLACED;
    fakes[0].loses = 100;
    struct certificate c = buy("www.example.com");
    live(2 * 3600);
    assert_int_equal(fakes[0].new_orders, 5);
    assert_null(fakes[0].orders[4].replaces);
    assert_int_equal(state_of(&c), STATE_ISSUED);
}

static void what_it_replaces_is_said(void **state) {
    (void)state;
    replaces = REPLACED;
    struct certificate c = buy("www.example.com");
    live(5);
    assert_int_equal(state_of(&c), STATE_ISSUED);
    assert_string_equal(fakes[0].orders[0].replaces, REPLACED);
}

static void a_hint_that_is_refused_keeps_nobody_waiting(void **state) {
    (void)state;
    replaces = REPLACED;
    fakes[0].refuses_replaces = true;
    struct certificate c = buy("www.example.com");
    live(5);
    assert_int_equal(state_of(&c), STATE_ISSUED);
    assert_int_equal(fakes[0].new_orders, 2);
    assert_null(fakes[0].orders[0].replaces);
    assert_int_equal(failures_of("one"), 0);
}

TEST_MAIN(acme_life, in_world(a_certificate_comes_by_http), in_world(an_order_that_is_ready_needs_no_proof),
          in_world(processing_is_waited_for_without_asking_too_often), in_world(retry_after_is_kept_to),
          in_world(never_ending_processing_is_given_up), in_world(a_wake_does_not_shorten_a_pause),
          in_world(a_wake_brings_no_order_sooner), in_world(versions_follow_until_the_coverage_is_used_up),
          in_world(killed_steps_leave_nothing_behind), in_world(a_record_by_hand_is_waited_for),
          in_world(what_is_never_published_is_rejected_when_the_ca_has_waited_long_enough),
          in_world(a_ca_that_fails_until_its_time_is_over_is_asked_anew),
          in_world(what_only_the_ca_can_see_is_enough), in_world(a_wildcard_is_looked_at_and_its_bare_domain),
          in_world(what_is_withdrawn_is_taken_away), in_world(changed_names_are_ordered_anew),
          in_world(a_blocked_name_is_rejected_with_the_words_of_the_ca),
          in_world(three_failed_validations_are_enough), in_world(beside_a_live_version_it_is_tried_for_ever),
          in_world(a_limit_is_no_reason_to_give_up), in_world(what_was_not_asked_for_is_not_taken),
          in_world(a_wrong_chain_is_fetched_again_a_few_times),
          in_world(a_chain_must_end_in_the_roots_that_are_set),
          in_world(a_leaf_of_a_root_needs_no_chain_if_that_is_known),
          in_world(an_order_goes_on_when_the_ca_comes_back),
          in_world(an_order_whose_answer_was_lost_is_repeated_as_it_was),
          in_world(a_hint_belongs_to_the_words_that_find_an_order),
          in_world(what_may_be_there_is_not_given_up_for_other_trouble),
          in_world(what_is_sent_is_counted_before), in_world(a_hint_that_is_never_answered_is_dropped),
          in_world(what_it_replaces_is_said), in_world(a_hint_that_is_refused_keeps_nobody_waiting))
