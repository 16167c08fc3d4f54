/* Which solver proves a name, and the life of what is published, over a runner of the simulation. */
#include "http/fixture.h"
#include "solve/fixture.h"

/* ---- choosing ---- */

static void the_longest_zone_counts_then_the_first_made(void **state) {
    (void)state;
    const char *all = added(".", "http-01", "responder"),
               *zone = added("example.com", "http-01", "responder");
    added("example.com", "http-01", "webroot");
    const char *below = added("b.example.com", "http-01", "webroot");
    assert_string_equal(chosen("other.test"), all);
    assert_string_equal(chosen("example.com"), zone);
    assert_string_equal(chosen("a.example.com"), zone);
    assert_string_equal(chosen("a.b.example.com"), below);
    assert_string_equal(chosen("notexample.com"), all);
}

static void a_solver_is_chosen_for_what_its_type_can_prove(void **state) {
    (void)state;
    struct solver s;
    const char *http = added("example.com", "http-01", "responder");
    const char *dns = added(".", "dns-01", "manual");
    const char *tls = added("192.0.2.1", "tls-alpn-01", "responder");
    assert_string_equal(chosen("www.example.com"), http);
    assert_string_equal(chosen("*.example.com"), dns);
    assert_string_equal(chosen("192.0.2.1"), tls);
    assert_ok(choose("www.example.com", 1u << CHALLENGE_DNS_01, &s), e);
    assert_string_equal(s.id, dns);
    assert_fails(choose("192.0.2.1", 1u << CHALLENGE_DNS_01, &s), e, ERR_NO_SOLVER);
    settings.tls = false; /* nothing listens */
    assert_fails(choose("192.0.2.1", ~0u, &s), e, ERR_NO_SOLVER);
}

static void without_a_row_a_delegated_name_is_ours_and_others_wait_for_a_person(void **state) {
    (void)state;
    assert_string_equal(chosen("www.example.com"), "manual");
    leads_to = delegated_name(w.arena, &settings, ACCOUNT, "www.example.com");
    assert_string_equal(chosen("www.example.com"), "delegated");
    assert_string_equal(chosen("*.www.example.com"), "delegated");
    assert_string_equal(chosen("example.com"), "manual"); /* it leads to another name's place */
    circle = true;
    assert_string_equal(chosen("www.example.com"), "manual");
    circle = false;
    leads_to = delegated_name(w.arena, &settings, "acct_other", "www.example.com");
    assert_string_equal(chosen("www.example.com"), "manual");
    added(".", "dns-01", "delegated"); /* holds for what is delegated, and for nothing else */
    assert_string_equal(chosen("www.example.com"), "manual");
}

static void a_delegated_name_is_a_label_of_its_own_for_each_account_and_name(void **state) {
    (void)state;
    const char *one = delegated_name(w.arena, &settings, ACCOUNT, "www.example.com");
    assert_int_equal(strcspn(one, "."), 32);
    assert_string_equal(one + 32, ".acme.test");
    assert_int_equal(strspn(one, "abcdefghijklmnopqrstuvwxyz234567"), 32);
    assert_string_not_equal(one, delegated_name(w.arena, &settings, "acct_other", "www.example.com"));
    assert_string_not_equal(one, delegated_name(w.arena, &settings, ACCOUNT, "example.com"));
    settings.zone = NULL;
    assert_null(delegated_name(w.arena, &settings, ACCOUNT, "www.example.com"));
}

/* ---- what a person configures ---- */

static bool refuses(struct solver s, const char *field) {
    return !add(&s) && e.id != ERR_INTERNAL && strcmp(e.field, field) == 0;
}

static void only_what_the_kind_knows_is_taken(void **state) {
    (void)state;
    const struct solver good = {.zone = "Example.COM", .type = "http-01", .kind = "webroot"};
    struct solver s = good;
    s.settings = "{\"root\":\"/srv\"}";
    assert_ok(add(&s), e);
    assert_string_equal(s.zone, "example.com");
    s = good;
    assert_true(refuses(s, "root"));
    s.settings = "{\"root\":\"srv\"}";
    assert_true(refuses(s, "root"));
    s.settings = "{\"root\":\"/srv\",\"port\":\"1\"}";
    assert_true(refuses(s, "port"));
    s.settings = "{\"root\":\"/srv\"}";
    s.type = "dns-01";
    assert_true(refuses(s, "type"));
    s.type = "http-99";
    assert_true(refuses(s, "type"));
    s = good;
    s.kind = "magic";
    assert_true(refuses(s, "kind"));
    s = good;
    s.settings = "{\"root\":\"/srv\"}";
    s.secret = "x";
    assert_true(refuses(s, "secret"));
    s.secret = NULL;
    s.zone = "*.example.com";
    assert_true(refuses(s, "zone"));
}

static void a_token_that_is_none_is_never_published(void **state) {
    (void)state;
    static const char *const tokens[] = {"../x", "", "a b", "a.b", "a/b", "ä"};
    const struct application p = applied();
    struct solver s;
    struct solution made;
    added(".", "http-01", "webroot");
    assert_ok(choose("www.example.com", ~0u, &s), e);
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        assert_fails(begin_with(&p, &s, tokens[i], &made), e, ERR_BAD_FIELD);
}

/* ---- the life of a solution ---- */

static void it_is_published_seen_and_taken_away(void **state) {
    (void)state;
    const struct application p = applied();
    added(".", "http-01", "webroot");
    const struct solution s = begun(&p);
    assert_string_equal(due_step(s.id), "solve");
    assert_int_equal(run(&solve, s.id), OUTCOME_NEXT);
    assert_true(has_file());
    assert_null(due_step(p.certificate_id));
    assert_int_equal(run(&seen, s.id), OUTCOME_WAIT);
    assert_int_equal(now_of(s.id).ready_at, w.now);
    assert_string_equal(due_step(p.certificate_id), SOLVE_WAKES);
    let_go(&p);
    assert_int_equal(run(&seen, s.id), OUTCOME_OTHERWISE);
    assert_int_equal(run(&clear, s.id), OUTCOME_DONE);
    assert_false(has_file());
    assert_int_equal(now_of(s.id).removed_at, w.now);
    assert_int_equal(run(&clear, s.id), OUTCOME_DONE);
}

static void what_is_asked_for_twice_is_there_once(void **state) {
    (void)state;
    const struct application p = applied();
    added(".", "http-01", "webroot");
    const struct solution first = begun(&p), again = begun(&p);
    assert_string_equal(first.id, again.id);
}

static void what_is_let_go_before_it_was_published_never_is(void **state) {
    (void)state;
    const struct application p = applied();
    added(".", "http-01", "webroot");
    const struct solution s = begun(&p);
    let_go(&p);
    assert_int_equal(run(&solve, s.id), OUTCOME_OTHERWISE);
    assert_false(has_file());
    assert_int_equal(run(&clear, s.id), OUTCOME_DONE);
}

/* Released between act and save: the step sees it in its own transaction. */
static void what_is_let_go_while_it_is_published_goes_to_be_cleared(void **state) {
    (void)state;
    const struct application p = applied();
    added(".", "http-01", "webroot");
    const struct solution s = begun(&p);
    struct work work = step_begin(&w, s.id);
    assert_ok(solve_place(&work, &e), e);
    let_go(&p);
    assert_ok(step_save(&w, &solve, &work, &e), e);
    assert_int_equal(work.outcome, OUTCOME_OTHERWISE);
    assert_true(has_file());
    assert_int_equal(run(&clear, s.id), OUTCOME_DONE);
    assert_false(has_file());
}

static void what_is_asked_for_again_stays(void **state) {
    (void)state;
    const struct application p = applied();
    added(".", "http-01", "webroot");
    const struct solution s = begun(&p);
    run(&solve, s.id);
    run(&seen, s.id);
    let_go(&p);
    const struct solution again = begun(&p);
    assert_string_equal(again.id, s.id);
    assert_int_equal(again.unwanted_at, 0);
    assert_int_equal(again.ready_at, 0);
    assert_int_equal(run(&clear, s.id), OUTCOME_DONE);
    assert_true(has_file());
    let_go(&p); /* and asked for while somebody takes it away */
    struct work work = step_begin(&w, s.id);
    assert_ok(solve_remove(&work, &e), e);
    assert_false(has_file());
    begun(&p);
    assert_ok(step_save(&w, &clear, &work, &e), e);
    assert_int_equal(work.outcome, OUTCOME_DONE);
    assert_int_equal(now_of(s.id).removed_at, 0);
    assert_int_equal(run(&solve, s.id), OUTCOME_NEXT);
    assert_true(has_file());
}

static void what_nobody_lets_go_finds_out_by_itself(void **state) {
    (void)state;
    const struct application p = applied();
    added(".", "http-01", "webroot");
    const struct solution s = begun(&p);
    run(&solve, s.id);
    run(&seen, s.id);
    assert_int_equal(last.until, w.now + 900);
    assert_int_equal(run(&seen, s.id), OUTCOME_WAIT);
    assert_ok(application_close(w.services.db, p.id, w.now, NULL, "test", &e), e);
    assert_int_equal(run(&seen, s.id), OUTCOME_OTHERWISE);
    assert_int_equal(run(&clear, s.id), OUTCOME_DONE);
    assert_false(has_file());
}

static void doubt_delays_the_ca_for_its_time_only(void **state) {
    (void)state;
    static const int64_t pauses[] = {2, 5, 10, 30, 13};
    const struct application p = applied();
    added(".", "http-01", "webroot");
    found = REASON_RECORD_MISSING;
    const struct solution s = begun(&p);
    run(&solve, s.id);
    for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
        assert_int_equal(run(&seen, s.id), OUTCOME_WAIT);
        assert_int_equal(last.until, w.now + pauses[i]);
        assert_int_equal(now_of(s.id).ready_at, 0);
        w.now = last.until;
    }
    run(&seen, s.id);
    const struct solution ready = now_of(s.id);
    assert_int_equal(ready.ready_at, w.now);
    assert_int_equal(ready.looks, 6);
    assert_string_equal(ready.reason, "record_missing");
    assert_non_null(strstr(ready.detail_en, "the CA is asked anyway"));
    assert_string_equal(due_step(p.certificate_id), SOLVE_WAKES);
}

static void a_person_is_told_once_and_waited_for(void **state) {
    (void)state;
    const struct application p = applied();
    leads_to = "behind.example.net";
    found = REASON_RECORD_MISSING;
    const struct solution s = begun(&p);
    assert_string_equal(s.kind, "manual");
    assert_int_equal(run(&solve, s.id), OUTCOME_AGAIN); /* its place is on disk first */
    assert_string_equal(now_of(s.id).place, "behind.example.net");
    assert_int_equal(told("action_needed"), 0);
    assert_int_equal(run(&solve, s.id), OUTCOME_NEXT);
    assert_int_equal(run(&solve, s.id), OUTCOME_NEXT);
    assert_int_equal(told("action_needed"), 1);
    for (int i = 0; i < 10; i++) {
        run(&seen, s.id);
        w.now = last.until;
    }
    assert_true(w.now > s.created_at + DAY);
    assert_int_equal(now_of(s.id).ready_at, 0);
    found = REASON_FOUND;
    run(&seen, s.id);
    assert_int_equal(now_of(s.id).ready_at, w.now);
}

static bool asked(const char *solution, const char *body) {
    static const struct route *const tables[] = {solution_routes, NULL};
    struct request rq = {.arena = w.arena,
                         .db = w.services.db,
                         .services = &w.services,
                         .now = w.now,
                         .caller = {.account_id = ACCOUNT, .user_id = "user", .key_id = "key"}};
    return request_run(&rq, tables, "POST", arena_printf(w.arena, "/v1/solutions/%s/check", solution), body,
                       &e);
}

static void who_has_added_it_may_have_the_ca_asked_whatever_we_see(void **state) {
    (void)state;
    const struct application p = applied();
    found = REASON_RECORD_MISSING;
    const struct solution s = begun(&p);
    assert_false(asked(s.id, "{\"ask_anyway\": true}")); /* where it belongs is not known yet */
    assert_int_equal(e.id, ERR_NOT_VALIDATING);
    for (int i = 0; i < 2; i++)
        run(&solve, s.id);
    run(&seen, s.id);
    w.now += 20;
    assert_ok(asked(s.id, "{}"), e);
    assert_int_equal(now_of(s.id).ready_at, 0);
    assert_ok(asked(s.id, "{\"ask_anyway\": true}"), e);
    const struct solution ready = now_of(s.id);
    assert_int_equal(ready.ready_at, w.now);
    assert_string_equal(ready.reason, "record_missing");
    assert_non_null(strstr(ready.detail_en, "the CA is asked because"));
    assert_string_equal(due_step(p.certificate_id), SOLVE_WAKES);
    run(&seen, s.id); /* it stays, until the CA has decided */
    assert_int_equal(now_of(s.id).unwanted_at, 0);
}

static void a_circle_of_cnames_is_the_reason(void **state) {
    (void)state;
    const struct application p = applied();
    circle = true;
    const struct solution s = begun(&p);
    last = step_begin(&w, s.id);
    assert_fails(solve_place(&last, &e), e, ERR_CNAME_LOOP);
    const struct error cause = e;
    assert_ok(solve_failed(&last, &cause, &e), e);
    assert_string_equal(now_of(s.id).reason, "cname_loop");
    assert_int_equal(told("action_needed"), 0);
    struct work_item *item = arena_copy(w.arena, last.item, sizeof *item);
    item->attempts = 2;
    last.item = item;
    assert_ok(solve_failed(&last, &cause, &e) && solve_failed(&last, &cause, &e), e);
    assert_int_equal(told("action_needed"), 1);
}

static void a_failure_leaves_its_reason_until_it_is_published(void **state) {
    (void)state;
    const struct application p = applied();
    added(".", "http-01", "webroot");
    const struct solution s = begun(&p);
    refused = true;
    last = step_begin(&w, s.id);
    assert_fails(solve_place(&last, &e), e, ERR_PATH_NOT_ALLOWED);
    const struct error cause = e;
    assert_ok(solve_failed(&last, &cause, &e), e);
    assert_string_equal(now_of(s.id).reason, "path_not_allowed");
    assert_int_equal(told("action_needed"), 1); /* it will not go away by itself */
    refused = false;
    assert_int_equal(run(&solve, s.id), OUTCOME_NEXT);
    assert_null(now_of(s.id).reason);
}

static void a_removed_solver_still_clears_what_it_published(void **state) {
    (void)state;
    const struct application p = applied();
    const char *id = added(".", "http-01", "webroot");
    const struct solution s = begun(&p);
    run(&solve, s.id);
    assert_ok(solver_remove(w.services.db, id, w.now, &e), e);
    last = step_begin(&w, "retention");
    assert_ok(solve_purge(&last, &e), e);
    let_go(&p);
    assert_int_equal(run(&clear, s.id), OUTCOME_DONE);
    assert_false(has_file());
    assert_ok(solve_purge(&last, &e), e);
    struct solver gone;
    assert_fails(solver_get_any(w.services.db, w.arena, id, &gone, &e), e, ERR_NOT_FOUND);
}

/* ---- delegated names ---- */

static const struct half_steps delegated = {delegation_look, {delegation_seen}};

static struct delegation delegation_of(const char *id) {
    struct delegation d;
    assert_ok(delegation_get_any(w.services.db, w.arena, id, &d, &e), e);
    return d;
}

static void a_delegated_name_is_watched_and_its_loss_is_told_once(void **state) {
    (void)state;
    struct delegation d = {
        .id = "dlg_1", .account_id = ACCOUNT, .name = "www.example.com", .created_at = w.now};
    assert_ok(delegation_put(w.services.db, w.arena, &d, &e), e);
    assert_int_equal(run(&delegated, d.id), OUTCOME_WAIT);
    assert_int_equal(last.until, w.now + work_backoff(1));
    assert_string_equal(delegation_of(d.id).reason, "record_missing");
    leads_to = "elsewhere.example.net";
    run(&delegated, d.id);
    assert_int_equal(last.until, w.now + work_backoff(2));
    assert_string_equal(delegation_of(d.id).reason, "wrong_value");
    leads_to = delegated_name(w.arena, &settings, ACCOUNT, "www.example.com");
    run(&delegated, d.id);
    assert_int_equal(last.until, w.now + DAY);
    assert_int_equal(delegation_of(d.id).seen_at, w.now);
    assert_int_equal(told("delegation_lost"), 0);
    leads_to = NULL;
    run(&delegated, d.id);
    run(&delegated, d.id);
    assert_int_equal(delegation_of(d.id).seen_at, 0);
    assert_int_equal(told("delegation_lost"), 1);
    assert_ok(delegation_remove(w.services.db, d.id, w.now, &e), e);
    assert_int_equal(run(&delegated, d.id), OUTCOME_DONE);
    d.id = "dlg_2"; /* asked for again: it is the same one */
    assert_ok(delegation_put(w.services.db, w.arena, &d, &e), e);
    assert_string_equal(d.id, "dlg_1");
}

/* ---- what the responders answer ---- */

static void the_row_itself_is_what_is_served(void **state) {
    (void)state;
    const struct application p = applied();
    const char *answer, **values;
    struct solver s;
    struct solution one, other;
    size_t count;
    const char *ours = leads_to = delegated_name(w.arena, &settings, ACCOUNT, "www.example.com");
    assert_ok(choose("www.example.com", ~0u, &s), e);
    assert_ok(begin_with(&p, &s, TOKEN, &one) && begin_with(&p, &s, TOKEN "b", &other), e);
    assert_string_equal(due_step(one.id), "seen");
    assert_ok(solution_answer_dns(w.services.db, w.arena, ours, &values, &count, &e), e);
    assert_int_equal(count, 2); /* two values at one name stand together */
    leads_to = NULL;
    added(".", "http-01", "responder");
    assert_ok(choose("www.example.com", ~0u, &s) && begin_with(&p, &s, TOKEN "c", &one), e);
    assert_ok(solution_answer_http(w.services.db, w.arena, TOKEN "c", &answer, &e), e);
    assert_string_equal(answer, TOKEN "c.thumb");
    assert_fails(solution_answer_http(w.services.db, w.arena, "../c", &answer, &e), e, ERR_NOT_FOUND);
    assert_fails(solution_answer_http(w.services.db, w.arena, TOKEN, &answer, &e), e, ERR_NOT_FOUND);
    let_go(&p);
    assert_fails(solution_answer_http(w.services.db, w.arena, TOKEN "c", &answer, &e), e, ERR_NOT_FOUND);
    assert_ok(solution_answer_dns(w.services.db, w.arena, ours, &values, &count, &e), e);
    assert_int_equal(count, 0);
}

static void who_added_a_record_for_good_is_not_asked_for_it_again(void **state) {
    (void)state;
    const struct application p = applied();
    const struct solver s = {.type = "dns-persist-01", .kind = "persist", .settings = "{}"};
    for (int there = 1; there >= 0; there--) {
        const char *name = there ? "www.example.com" : "example.com";
        struct solution made = {.account_id = ACCOUNT,
                                .application_id = p.id,
                                .certificate_id = p.certificate_id,
                                .name = name,
                                .value = "ca.example; accounturi=https://ca.example/1"};
        assert_ok(db_begin(w.services.db, &e), e);
        assert_ok(world_end(&w, solution_begin(&w.services, w.arena, &s, &made, w.now, &e), &e), e);
        found = there ? REASON_FOUND : REASON_RECORD_MISSING;
        assert_int_equal(run(&solve, made.id), OUTCOME_NEXT);
        assert_int_equal(told("action_needed"), 0);
        run(&seen, made.id);
        assert_int_equal(told("action_needed"), !there);
        assert_int_equal(now_of(made.id).ready_at, there ? w.now : 0);
        run(&seen, made.id);
        assert_int_equal(told("action_needed"), !there);
    }
}

TEST_MAIN(solve, in_world(who_added_a_record_for_good_is_not_asked_for_it_again),
          in_world(the_longest_zone_counts_then_the_first_made),
          in_world(a_solver_is_chosen_for_what_its_type_can_prove),
          in_world(without_a_row_a_delegated_name_is_ours_and_others_wait_for_a_person),
          in_world(a_delegated_name_is_a_label_of_its_own_for_each_account_and_name),
          in_world(only_what_the_kind_knows_is_taken), in_world(a_token_that_is_none_is_never_published),
          in_world(it_is_published_seen_and_taken_away), in_world(what_is_asked_for_twice_is_there_once),
          in_world(what_is_let_go_before_it_was_published_never_is),
          in_world(what_is_let_go_while_it_is_published_goes_to_be_cleared),
          in_world(what_is_asked_for_again_stays), in_world(what_nobody_lets_go_finds_out_by_itself),
          in_world(doubt_delays_the_ca_for_its_time_only), in_world(a_person_is_told_once_and_waited_for),
          in_world(who_has_added_it_may_have_the_ca_asked_whatever_we_see),
          in_world(a_circle_of_cnames_is_the_reason),
          in_world(a_failure_leaves_its_reason_until_it_is_published),
          in_world(a_removed_solver_still_clears_what_it_published),
          in_world(a_delegated_name_is_watched_and_its_loss_is_told_once),
          in_world(the_row_itself_is_what_is_served))
