/* The step `apply`, whole and interrupted, and the pool of keys. */
#include "apply/apply.h"
#include "order/fixture.h"
#include "unit.h"

static const struct half_steps apply = {apply_prepare, {apply_record}};
static const struct half_steps pool = {apply_pool_make, {apply_pool_store}};

static struct world w;
static struct error e;

static int open_world(void **state) {
    (void)state;
    world_open(&w, "2026-11-21T00:00:00Z");
    return 0;
}

static int close_world(void **state) {
    (void)state;
    world_close(&w);
    return 0;
}

static struct certificate bought(struct order_request request) {
    struct certificate c;
    request.created_by = "user";
    if (!request.names)
        request.names = "www.example.com";
    assert_ok(purchase(&w, &request, &c, &e), e);
    return c;
}

static struct application open_application(const char *certificate_id) {
    struct application application;
    assert_ok(application_open(w.services.db, w.arena, certificate_id, &application, &e), e);
    return application;
}

static enum outcome run(const char *id) {
    enum outcome outcome;
    assert_ok(step_run(&w, &apply, id, &outcome, &e), e);
    return outcome;
}

static struct held_key key_of(const struct application *application) {
    struct held_key key;
    assert_ok(held_key_get(w.services.db, w.arena, ACCOUNT, application->key_id, &key, &e), e);
    return key;
}

static bool key_exists(const char *id) {
    struct held_key key;
    return held_key_get(w.services.db, w.arena, ACCOUNT, id, &key, &e);
}

static bool submitted(const char *id) {
    struct certificate c = certificate_now(&w, id);
    return db_begin(w.services.db, &e) &&
           world_end(&w, apply_submit(&w.services, w.arena, &c, w.now, &e), &e);
}

static bool withdrawn(const char *id) {
    struct certificate c = certificate_now(&w, id);
    return db_begin(w.services.db, &e) &&
           world_end(&w, apply_withdraw(&w.services, w.arena, &c, w.now, &e), &e);
}

static enum certificate_state state_of(const char *id) {
    struct certificate c = certificate_now(&w, id);
    return certificate_state(&c, w.now);
}

static void change(struct certificate *c) {
    const struct profile *profile;
    assert_ok(certificate_profile(&w.policies, c, &profile, &e), e);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, certificate_store(w.services.db, w.arena, profile, c, &e), &e), e);
}

static void an_application_has_a_key_of_its_own(void **state) {
    (void)state;
    struct certificate c = bought((struct order_request){0});
    w.now += 60;
    assert_int_equal(run(c.id), OUTCOME_NEXT);
    struct application application = open_application(c.id);
    struct held_key key = key_of(&application);
    assert_true(slice_equal(key.spki, application.spki));
    assert_string_equal(key.algorithm, "p256");
    assert_int_equal(key.taken_at, w.now);
    assert_string_equal(application.issuer, "local");
    assert_string_equal(application.names, "www.example.com");
    assert_int_equal(certificate_now(&w, c.id).submitted_at, c.submitted_at);
}

/* R036, R082, R088 */
static void nothing_is_applied_for_before_a_person_has_submitted_it(void **state) {
    (void)state;
    static const char *const brands[] = {"GlobalSign", "DigiCert"};
    for (size_t i = 0; i < 2; i++) {
        struct certificate c = bought((struct order_request){.brand = brands[i]});
        struct application none;
        assert_int_equal(run(c.id), OUTCOME_OTHERWISE);
        assert_fails(application_open(w.services.db, w.arena, c.id, &none, &e), e, ERR_NOT_FOUND);
        assert_int_equal(state_of(c.id), STATE_PENDING_APPLICATION);
        w.now += 60;
        assert_ok(submitted(c.id), e);
        assert_int_equal(certificate_now(&w, c.id).submitted_at, w.now);
        assert_int_equal(run(c.id), OUTCOME_NEXT);
        open_application(c.id);
    }
}

static void a_submission_wakes_the_engine(void **state) {
    (void)state;
    struct certificate c = bought((struct order_request){.brand = "DigiCert"});
    struct work_item item, *items;
    size_t count;
    assert_ok(work_claim(w.services.db, w.arena, "worker", w.now, 60, 10, &items, &count, &e), e);
    assert_ok(work_done(w.services.db, &items[0], &e), e);
    assert_fails(work_get(w.services.db, w.arena, c.id, &item, &e), e, ERR_NOT_FOUND);
    w.now += 60;
    assert_ok(submitted(c.id), e);
    assert_ok(work_get(w.services.db, w.arena, c.id, &item, &e), e);
    assert_string_equal(item.step, "decide");
    assert_int_equal(item.due_at, w.now);
}

static void what_was_submitted_is_not_submitted_again(void **state) {
    (void)state;
    struct certificate c = bought((struct order_request){.brand = "DigiCert"});
    assert_ok(submitted(c.id), e);
    assert_false(submitted(c.id));
    assert_int_equal(e.id, ERR_ALREADY_SUBMITTED);
}

static void of_two_submissions_at_once_one_succeeds(void **state) {
    (void)state;
    struct certificate first = bought((struct order_request){.brand = "DigiCert"}), second;
    first = second = certificate_now(&w, first.id);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(apply_submit(&w.services, w.arena, &first, w.now, &e), e);
    assert_fails(apply_submit(&w.services, w.arena, &second, w.now, &e), e, ERR_CONFLICT);
    db_rollback(w.services.db);
}

static void a_withdrawal_closes_the_application_and_its_key_goes(void **state) {
    (void)state;
    struct certificate c = bought((struct order_request){0});
    run(c.id);
    struct application open = open_application(c.id), none;
    assert_ok(withdrawn(c.id), e);
    assert_int_equal(state_of(c.id), STATE_PENDING_APPLICATION);
    assert_fails(application_open(w.services.db, w.arena, c.id, &none, &e), e, ERR_NOT_FOUND);
    assert_false(key_exists(open.key_id));
    assert_int_equal(run(c.id), OUTCOME_OTHERWISE);
    assert_false(withdrawn(c.id));
    assert_int_equal(e.id, ERR_NOT_SUBMITTED);
    assert_ok(submitted(c.id), e);
    assert_int_equal(run(c.id), OUTCOME_NEXT);
    assert_string_not_equal(open_application(c.id).id, open.id);
}

static void an_application_withdrawn_between_the_halves_is_not_made(void **state) {
    (void)state;
    struct certificate c = bought((struct order_request){0});
    struct work work = step_begin(&w, c.id);
    struct application none;
    assert_ok(apply_prepare(&work, &e), e);
    assert_ok(withdrawn(c.id), e);
    assert_ok(step_save(&w, &apply, &work, &e), e);
    assert_int_equal(work.outcome, OUTCOME_OTHERWISE);
    assert_fails(application_open(w.services.db, w.arena, c.id, &none, &e), e, ERR_NOT_FOUND);
}

/* ---- what fails ---- */

static enum outcome failed_with(const char *id, enum error_id cause) {
    struct work work = step_begin(&w, id);
    const struct error why = {.id = cause};
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, apply_failed(&work, &why, &e), &e), e);
    return work.outcome;
}

static void what_only_the_applicant_can_correct_is_rejected(void **state) {
    (void)state;
    struct certificate c = bought((struct order_request){0});
    run(c.id);
    struct application open = open_application(c.id), *applications;
    size_t count;
    w.now += 60;
    assert_int_equal(failed_with(c.id, ERR_WEAK_KEY), OUTCOME_DONE);
    assert_int_equal(state_of(c.id), STATE_REJECTED);
    assert_string_equal(certificate_now(&w, c.id).reject_reason, "rejected_csr");
    assert_false(key_exists(open.key_id));
    assert_ok(application_list(w.services.db, w.arena, c.id, &applications, &count, &e), e);
    assert_int_equal(count, 1);
    assert_string_equal(applications[0].reject_reason, "rejected_csr");
    assert_int_equal(run(c.id), OUTCOME_OTHERWISE);
    assert_ok(submitted(c.id), e);
    assert_int_equal(state_of(c.id), STATE_VALIDATING);
    assert_int_equal(run(c.id), OUTCOME_NEXT);
}

static void what_a_check_refuses_is_rejected_with_its_own_reason(void **state) {
    (void)state;
    struct certificate c = bought((struct order_request){0});
    assert_int_equal(failed_with(c.id, ERR_ISSUE_REFUSED), OUTCOME_DONE);
    assert_string_equal(certificate_now(&w, c.id).reject_reason, "issue_refused");
}

static void what_may_pass_is_tried_again(void **state) {
    (void)state;
    static const enum error_id causes[] = {ERR_SIGNER_UNAVAILABLE, ERR_ISSUER_ANSWER, ERR_UNREACHABLE,
                                           ERR_CORRUPT, ERR_CONFLICT};
    struct certificate c = bought((struct order_request){0});
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++) {
        assert_int_equal(failed_with(c.id, causes[i]), OUTCOME_NEXT);
        assert_int_equal(state_of(c.id), STATE_VALIDATING);
    }
}

static void a_failure_beside_a_live_version_rejects_nothing(void **state) {
    (void)state;
    struct certificate c = bought((struct order_request){0});
    c.version_count = 1;
    c.not_before = c.covered_from = w.now;
    c.version_end = c.coverage_end = w.now + 90 * DAY;
    change(&c);
    assert_int_equal(failed_with(c.id, ERR_WEAK_KEY), OUTCOME_NEXT);
    assert_int_equal(certificate_now(&w, c.id).rejected_at, 0);
}

static void a_repeated_step_goes_on_with_the_open_application(void **state) {
    (void)state;
    struct certificate c = bought((struct order_request){0});
    run(c.id);
    struct application first = open_application(c.id);
    assert_int_equal(run(c.id), OUTCOME_NEXT);
    assert_string_equal(open_application(c.id).id, first.id);
}

static void a_step_that_ended_between_its_halves_leaves_nothing_behind(void **state) {
    (void)state;
    struct certificate c = bought((struct order_request){0});
    struct work lost = step_begin(&w, c.id);
    struct application none;
    assert_ok(apply_prepare(&lost, &e), e);
    assert_fails(application_open(w.services.db, w.arena, c.id, &none, &e), e, ERR_NOT_FOUND);
    assert_int_equal(run(c.id), OUTCOME_NEXT);
}

static void two_steps_at_once_make_one_application(void **state) {
    (void)state;
    struct certificate c = bought((struct order_request){0});
    struct work first = step_begin(&w, c.id), second = step_begin(&w, c.id);
    struct application *applications;
    size_t count;
    assert_ok(apply_prepare(&first, &e), e);
    assert_ok(apply_prepare(&second, &e), e);
    assert_ok(step_save(&w, &apply, &first, &e), e);
    assert_ok(step_save(&w, &apply, &second, &e), e);
    assert_int_equal(second.outcome, OUTCOME_NEXT);
    assert_ok(application_list(w.services.db, w.arena, c.id, &applications, &count, &e), e);
    assert_int_equal(count, 1);
}

static void a_certificate_cancelled_meanwhile_gets_no_application(void **state) {
    (void)state;
    struct certificate c = bought((struct order_request){0});
    struct work work = step_begin(&w, c.id);
    struct application none;
    assert_ok(apply_prepare(&work, &e), e);
    c.cancelled_at = w.now;
    change(&c);
    assert_ok(step_save(&w, &apply, &work, &e), e);
    assert_int_equal(work.outcome, OUTCOME_OTHERWISE);
    assert_fails(application_open(w.services.db, w.arena, c.id, &none, &e), e, ERR_NOT_FOUND);
    assert_int_equal(run(c.id), OUTCOME_OTHERWISE);
}

static void a_deleted_certificate_ends_the_step(void **state) {
    (void)state;
    struct certificate c = bought((struct order_request){0});
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, certificate_delete(w.services.db, w.arena, &c, &e), &e), e);
    assert_int_equal(run(c.id), OUTCOME_DONE);
}

static void a_certificate_that_waits_for_a_letter_gets_no_application(void **state) {
    (void)state;
    struct certificate c = bought((struct order_request){0});
    c.letter_needed = true;
    change(&c);
    assert_int_equal(run(c.id), OUTCOME_OTHERWISE);
    c.letter_at = w.now;
    change(&c);
    assert_int_equal(run(c.id), OUTCOME_NEXT);
}

static void a_change_of_the_key_between_the_halves_is_not_overlooked(void **state) {
    (void)state;
    struct certificate c = bought((struct order_request){0});
    struct work work = step_begin(&w, c.id);
    assert_ok(apply_prepare(&work, &e), e);
    c.key_algorithm = "p384";
    change(&c);
    assert_ok(step_save(&w, &apply, &work, &e), e);
    assert_int_equal(work.outcome, OUTCOME_AGAIN);
    assert_int_equal(run(c.id), OUTCOME_NEXT);
    assert_string_equal(open_application(c.id).key_algorithm, "p384");
}

static void an_application_that_does_not_fit_any_more_is_replaced_with_its_key(void **state) {
    (void)state;
    struct certificate c = bought((struct order_request){0});
    run(c.id);
    struct application old = open_application(c.id);
    c = certificate_now(&w, c.id);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, certificate_set_names(w.services.db, w.arena, &c, "shop.example.com", &e), &e),
              e);
    assert_int_equal(run(c.id), OUTCOME_NEXT);
    struct application fresh = open_application(c.id);
    assert_string_not_equal(fresh.id, old.id);
    assert_string_equal(fresh.names, "shop.example.com");
    assert_false(key_exists(old.key_id));
    assert_true(key_exists(fresh.key_id));
}

static void an_own_csr_brings_its_key_and_none_is_held(void **state) {
    (void)state;
    struct slice spki;
    const char *csr = csr_for(&w, "www.example.com", KEY_P256, &spki);
    struct certificate c = bought((struct order_request){.own_csr = csr});
    assert_int_equal(run(c.id), OUTCOME_NEXT);
    struct application application = open_application(c.id);
    assert_true(slice_equal(application.spki, spki));
    assert_null(application.key_id);
    assert_string_equal(application.csr, csr);
    assert_int_equal(run(c.id), OUTCOME_NEXT);
    assert_string_equal(open_application(c.id).id, application.id);
}

static void a_key_that_is_not_held_cannot_be_kept(void **state) {
    (void)state;
    struct certificate c = bought((struct order_request){0});
    enum outcome outcome;
    c.csr_choice = "keep";
    change(&c);
    assert_fails(step_run(&w, &apply, c.id, &outcome, &e), e, ERR_NO_KEY_HELD);
}

/* ---- the pool ---- */

static int64_t ready(void) {
    int64_t count;
    assert_ok(held_key_pool_count(w.services.db, ACCOUNT, "rsa2048", &count, &e), e);
    return count;
}

static struct work fill_once(void) {
    struct work work = step_begin(&w, "pool");
    assert_ok(pool.act(&work, &e) && step_save(&w, &pool, &work, &e), e);
    return work;
}

static void the_pool_stays_empty_for_an_account_without_rsa(void **state) {
    (void)state;
    struct certificate c = bought((struct order_request){0});
    run(c.id);
    struct work work = fill_once();
    assert_int_equal(ready(), 0);
    assert_int_equal(work.outcome, OUTCOME_WAIT);
    assert_int_equal(work.until, w.now + DAY);
}

/* The first key is made on the spot, the second is taken from the pool; real ones would take seconds. */
static void the_pool_serves_the_algorithm_that_was_applied_with(void **state) {
    (void)state;
    w.services.signer = signer_fake(w.arena);
    struct certificate first = bought((struct order_request){.key_algorithm = "rsa2048"}),
                       second = bought((struct order_request){.key_algorithm = "rsa2048"});
    struct work_item item;
    run(first.id);
    assert_ok(work_get(w.services.db, w.arena, "pool_" ACCOUNT, &item, &e), e);
    assert_string_equal(item.step, "key_pool");
    struct work work = fill_once();
    int64_t made = ready();
    assert_in_range(made, 1, 15);
    assert_int_equal(work.until, w.now); /* not full yet */
    run(second.id);
    struct application application = open_application(second.id);
    assert_int_equal(ready(), made - 1);
    assert_int_equal(key_of(&application).taken_at, w.now);
    assert_string_equal(application.key_algorithm, "rsa2048");
}

static void a_pool_emptied_between_the_halves_is_asked_again(void **state) {
    (void)state;
    struct certificate c = bought((struct order_request){.key_algorithm = "rsa2048"});
    struct held_key key = {.id = "key_1",
                           .account_id = ACCOUNT,
                           .algorithm = "rsa2048",
                           .spki = slice_str("spki"),
                           .sealed = slice_str("sealed"),
                           .spki_sha256 = "digest",
                           .created_at = w.now};
    struct work work = step_begin(&w, c.id);
    struct application none;
    assert_ok(held_key_insert(w.services.db, w.arena, &key, &e), e);
    assert_ok(apply_prepare(&work, &e), e);
    assert_ok(held_key_take(w.services.db, w.arena, ACCOUNT, "rsa2048", w.now, &key, &e), e);
    assert_ok(step_save(&w, &apply, &work, &e), e);
    assert_int_equal(work.outcome, OUTCOME_AGAIN);
    assert_fails(application_open(w.services.db, w.arena, c.id, &none, &e), e, ERR_NOT_FOUND);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

TEST_MAIN(apply, in_world(an_application_has_a_key_of_its_own),
          in_world(nothing_is_applied_for_before_a_person_has_submitted_it),
          in_world(a_submission_wakes_the_engine), in_world(what_was_submitted_is_not_submitted_again),
          in_world(of_two_submissions_at_once_one_succeeds),
          in_world(a_withdrawal_closes_the_application_and_its_key_goes),
          in_world(an_application_withdrawn_between_the_halves_is_not_made),
          in_world(what_only_the_applicant_can_correct_is_rejected),
          in_world(what_a_check_refuses_is_rejected_with_its_own_reason),
          in_world(what_may_pass_is_tried_again), in_world(a_failure_beside_a_live_version_rejects_nothing),
          in_world(a_repeated_step_goes_on_with_the_open_application),
          in_world(a_step_that_ended_between_its_halves_leaves_nothing_behind),
          in_world(two_steps_at_once_make_one_application),
          in_world(a_certificate_cancelled_meanwhile_gets_no_application),
          in_world(a_deleted_certificate_ends_the_step),
          in_world(a_certificate_that_waits_for_a_letter_gets_no_application),
          in_world(a_change_of_the_key_between_the_halves_is_not_overlooked),
          in_world(an_application_that_does_not_fit_any_more_is_replaced_with_its_key),
          in_world(an_own_csr_brings_its_key_and_none_is_held),
          in_world(a_key_that_is_not_held_cannot_be_kept),
          in_world(the_pool_stays_empty_for_an_account_without_rsa),
          in_world(the_pool_serves_the_algorithm_that_was_applied_with),
          in_world(a_pool_emptied_between_the_halves_is_asked_again))
