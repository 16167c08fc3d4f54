/* Who publishes where a record leads, and who goes on where a solver was removed or has come. */
#include "solve/fixture.h"

#define THERE "_acme-challenge.www.dyn.net"

static const char *called, *broken; /* the last command; the one that fails */

static bool note_call(void *context, const char *call, const char *object, int *exit_status,
                      struct error *error) {
    (void)context, (void)call, (void)error;
    called = arena_strdup(w.arena, object);
    *exit_status = broken && strcmp(object, broken) == 0;
    return true;
}

static int open_hooks(void **state) {
    open_world(state);
    w.services.runner = runner_fake(w.arena, note_call, NULL);
    called = broken = NULL;
    return 0;
}

#define with_hooks(f) cmocka_unit_test_setup_teardown(f, open_hooks, close_world)

/* The id of a solver that runs the command `zone`. */
static const char *hook_for(const char *zone, const char *kind) {
    struct solver s = {.zone = zone,
                       .type = "dns-01",
                       .kind = kind,
                       .doubt_seconds = 60,
                       .settings = arena_printf(w.arena, "{\"command\":\"%s\"}", zone)};
    assert_ok(add(&s), e);
    return s.id;
}

static void remove_solver(const char *id) {
    assert_ok(solver_remove(w.services.db, id, w.now, &e), e);
}

static void assert_by(const char *id, const char *solver_id, const char *place) {
    const struct solution s = now_of(id);
    assert_string_equal(s.solver_id ? s.solver_id : "-", solver_id ? solver_id : "-");
    assert_string_equal(s.place ? s.place : "-", place);
}

/* ---- where the record leads ---- */

static void the_solver_of_the_zone_that_a_record_leads_into_writes_there(void **state) {
    (void)state;
    const struct application p = applied();
    hook_for("example.com", "hook-lego");
    const char *there = hook_for("dyn.net", "hook-lego");
    leads_to = THERE;
    const struct solution s = begun(&p);
    assert_int_equal(run(&solve, s.id), OUTCOME_AGAIN); /* by whom, and where, is on disk first */
    assert_null(called);
    assert_by(s.id, there, THERE);
    assert_int_equal(run(&solve, s.id), OUTCOME_NEXT);
    assert_string_equal(called, "dyn.net");
    let_go(&p);
    called = NULL;
    assert_int_equal(run(&clear, s.id), OUTCOME_DONE);
    assert_string_equal(called, "dyn.net");
}

static void a_name_without_a_solver_is_proven_where_its_record_leads(void **state) {
    (void)state;
    const struct application p = applied();
    const char *there = hook_for("www.dyn.net", "hook-acmesh");
    leads_to = THERE;
    const struct solution s = begun(&p);
    assert_string_equal(s.kind, "manual");
    run(&solve, s.id);
    assert_by(s.id, there, THERE);
    assert_string_equal(now_of(s.id).kind, "hook-acmesh");
}

static void who_cannot_write_there_is_not_asked_to(void **state) {
    (void)state;
    const struct application p = applied();
    const char *here = hook_for("example.com", "hook-lego");
    hook_for(".", "hook-lego");                 /* of no zone in particular */
    hook_for("dyn.net", "hook-dehydrated");     /* knows the name, and no place */
    added("www.dyn.net", "http-01", "webroot"); /* makes no records */
    leads_to = THERE;
    const struct solution s = begun(&p);
    run(&solve, s.id);
    assert_by(s.id, here, THERE);
}

static void into_the_zone_of_our_responder_nobody_else_can_write(void **state) {
    (void)state;
    const struct application p = applied();
    hook_for("example.com", "hook-lego");
    leads_to = delegated_name(w.arena, &settings, ACCOUNT, "www.example.com");
    const struct solution s = begun(&p);
    run(&solve, s.id);
    assert_int_equal(run(&solve, s.id), OUTCOME_NEXT);
    assert_null(called);
    assert_string_equal(now_of(s.id).kind, "delegated");
    assert_by(s.id, NULL, leads_to);
}

static void a_test_of_a_name_that_leads_to_nobody_ends_with_the_reason(void **state) {
    (void)state;
    const struct offer offer = {.name = "www.example.com", .types = 1u << CHALLENGE_DNS_01};
    struct solver chosen;
    assert_fails(solver_configured(&w.services, w.arena, ACCOUNT, &offer, &chosen, &e), e, ERR_NO_SOLVER);
    hook_for("dyn.net", "hook-lego");
    assert_ok(solver_configured(&w.services, w.arena, ACCOUNT, &offer, &chosen, &e), e);
    const struct application nobody = {.id = NULL};
    struct solution s;
    assert_ok(begin_with(&nobody, &chosen, TOKEN, &s), e);
    assert_int_equal(run(&solve, s.id), OUTCOME_OTHERWISE);
    assert_string_equal(now_of(s.id).reason, "no_solver");
    assert_int_equal(run(&clear, s.id), OUTCOME_DONE);
    leads_to = THERE;
    assert_ok(begin_with(&nobody, &chosen, TOKEN, &s), e);
    assert_int_equal(run(&solve, s.id), OUTCOME_AGAIN);
    assert_int_equal(run(&solve, s.id), OUTCOME_NEXT);
    assert_string_equal(called, "dyn.net");
}

/* ---- solvers that go and come ---- */

static void what_a_removed_solver_was_to_publish_another_one_does(void **state) {
    (void)state;
    const struct application p = applied();
    const char *old = hook_for("example.com", "hook-lego");
    const struct solution s = begun(&p);
    run(&solve, s.id);
    assert_by(s.id, old, "_acme-challenge.www.example.com");
    remove_solver(old);
    const char *young = hook_for("www.example.com", "hook-acmesh");
    broken = "example.com"; /* it cannot take away what it may have published: that is told */
    assert_int_equal(run(&solve, s.id), OUTCOME_AGAIN);
    assert_string_equal(called, "example.com");
    assert_by(s.id, young, "_acme-challenge.www.example.com");
    assert_int_equal(run(&solve, s.id), OUTCOME_NEXT);
    assert_string_equal(called, "www.example.com");
    struct solution_look *looks;
    size_t count;
    assert_ok(solution_look_list(w.services.db, w.arena, s.id, NULL, 10, &looks, &count, &e), e);
    assert_int_equal(count, 1);
    assert_string_equal(looks[0].reason, "hook_failed");
    remove_solver(young); /* what was published stays, and goes with who did it */
    assert_int_equal(run(&seen, s.id), OUTCOME_WAIT);
    let_go(&p);
    assert_int_equal(run(&clear, s.id), OUTCOME_DONE);
    assert_string_equal(called, "www.example.com");
}

static void without_another_one_it_is_told_and_waits_for_one(void **state) {
    (void)state;
    const struct application p = applied();
    struct solver chosen;
    struct solution s;
    const char *root = added(".", "http-01", "webroot");
    assert_ok(choose("www.example.com", ~0u, &chosen) && begin_with(&p, &chosen, TOKEN, &s), e);
    remove_solver(root);
    last = step_begin(&w, s.id);
    assert_fails(solve_place(&last, &e), e, ERR_NO_SOLVER);
    error_clear(&e);
    assert_ok(work_forget(w.services.db, s.id, &e), e);
    const char *next = added("example.com", "http-01", "webroot");
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, solution_wake(w.services.db, w.arena, ACCOUNT, w.now, &e), &e), e);
    assert_string_equal(due_step(s.id), "solve");
    assert_int_equal(run(&solve, s.id), OUTCOME_AGAIN);
    assert_string_equal(now_of(s.id).solver_id, next);
    assert_int_equal(run(&solve, s.id), OUTCOME_NEXT);
}

static void what_a_person_was_to_do_a_solver_does_that_has_come(void **state) {
    (void)state;
    const struct application p = applied();
    found = REASON_RECORD_MISSING;
    const struct solution s = begun(&p);
    run(&solve, s.id);
    assert_int_equal(run(&solve, s.id), OUTCOME_NEXT);
    assert_int_equal(run(&seen, s.id), OUTCOME_WAIT);
    assert_ok(work_forget(w.services.db, s.id, &e), e);
    const char *young = hook_for("example.com", "hook-lego");
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, solution_wake(w.services.db, w.arena, ACCOUNT, w.now, &e), &e), e);
    assert_string_equal(due_step(s.id), "seen");
    assert_int_equal(run(&seen, s.id), OUTCOME_NEXT); /* to solve */
    assert_by(s.id, young, "_acme-challenge.www.example.com");
    assert_int_equal(run(&solve, s.id), OUTCOME_NEXT);
    assert_string_equal(called, "example.com");
    assert_int_equal(now_of(s.id).looks, 0);
}

static void a_record_whose_key_is_gone_is_taken_away_by_the_new_one(void **state) {
    (void)state;
    const struct application p = applied();
    const char *old = hook_for("example.com", "hook-lego");
    const struct solution s = begun(&p);
    run(&solve, s.id);
    run(&solve, s.id);
    let_go(&p);
    broken = "example.com";
    last = step_begin(&w, s.id);
    assert_fails(solve_remove(&last, &e), e, ERR_HOOK_FAILED); /* it is still there: nobody steps in */
    hook_for("www.example.com", "hook-acmesh");
    remove_solver(old);
    last = step_begin(&w, s.id);
    assert_fails(solve_remove(&last, &e), e, ERR_HOOK_FAILED); /* another kind knows nothing of it */
    error_clear(&e);
    remove_solver(chosen("www.example.com"));
    hook_for(".", "hook-lego");
    assert_int_equal(run(&clear, s.id), OUTCOME_DONE);
    assert_string_equal(called, ".");
}

TEST_MAIN(choice, with_hooks(the_solver_of_the_zone_that_a_record_leads_into_writes_there),
          with_hooks(a_name_without_a_solver_is_proven_where_its_record_leads),
          with_hooks(who_cannot_write_there_is_not_asked_to),
          with_hooks(into_the_zone_of_our_responder_nobody_else_can_write),
          with_hooks(a_test_of_a_name_that_leads_to_nobody_ends_with_the_reason),
          with_hooks(what_a_removed_solver_was_to_publish_another_one_does),
          with_hooks(without_another_one_it_is_told_and_waits_for_one),
          with_hooks(what_a_person_was_to_do_a_solver_does_that_has_come),
          with_hooks(a_record_whose_key_is_gone_is_taken_away_by_the_new_one))
