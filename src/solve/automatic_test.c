/* Names that are proven to Tenure itself by the solvers of an account, over a runner of the simulation. */
#include "solve/automatic.h"
#include "solve/fixture.h"

static const struct half_steps check = {validate_look, {validate_record}};

static struct control asked; /* what was looked for last, and how */
static const char *asked_by;

static bool look_once(const struct validator *self, struct arena *a, const char *method,
                      const struct control *control, struct check *result, struct error *error) {
    (void)self, (void)error;
    if (control->token) {
        asked = *control;
        asked_by = method;
    }
    *result = (struct check){.reason = control->token ? found : REASON_RECORD_MISSING};
    return check_ends(a, result, result->reason, "asked at %s", "查询 %s", "ns1");
}

static const struct validator validator = {.look = look_once};

static struct validation wanted(const char *name, const char *method) {
    struct validation v = {.account_id = ACCOUNT, .name = name, .method = method, .advance = true};
    w.services.validator = &validator;
    w.services.automatic = &solve_automatic;
    assert_ok(validation_begin(w.services.db, w.arena, w.now, &v, &e), e);
    return v;
}

static struct validation validation_now(const char *id) {
    struct validation v;
    assert_ok(validation_get_any(w.services.db, w.arena, id, &v, &e), e);
    return v;
}

static struct solution published_for(const char *validation_id) {
    struct solution *list;
    size_t count;
    assert_ok(solution_list_validation(w.services.db, w.arena, validation_id, &list, &count, &e), e);
    assert_int_equal(count, 1);
    return list[0];
}

static size_t solutions(void) {
    const struct solution_filter all = {.account_id = ACCOUNT, .limit = 10};
    struct solution *list;
    size_t count;
    assert_ok(solution_page(w.services.db, w.arena, &all, &list, &count, &e), e);
    return count;
}

static bool expects(const char *name, const char *method) {
    const struct validation v = {.account_id = ACCOUNT, .name = name, .method = method};
    bool expected;
    assert_ok(solve_automatic.expected(&w.services, w.arena, &v, &expected, &e), e);
    return expected;
}

static const char *file_of(const struct solution *s) {
    struct slice content;
    const char *path = arena_printf(w.arena, ROOT "/.well-known/acme-challenge/%s", s->token);
    if (!runner_fake_file(w.services.runner, path, &content))
        return NULL;
    return arena_strndup(w.arena, (const char *)content.p, content.len);
}

/* R187, R191 */
static void a_file_is_published_looked_for_and_taken_away(void **state) {
    (void)state;
    added(".", "http-01", "webroot");
    const struct validation v = wanted("www.example.com", "file");
    assert_int_equal(run(&check, v.id), OUTCOME_AGAIN);
    assert_string_equal(validation_now(v.id).challenge, "http-01");
    const struct solution s = published_for(v.id);
    assert_int_equal(run(&solve, s.id), OUTCOME_NEXT);
    assert_string_equal(file_of(&s), s.key_authorization);
    w.now += 5;
    assert_int_equal(run(&seen, s.id), OUTCOME_WAIT);
    assert_int_equal(now_of(s.id).ready_at, w.now);
    struct work_item item;
    assert_ok(work_get(w.services.db, w.arena, v.id, &item, &e), e);
    assert_int_equal(item.due_at, w.now);
    assert_int_equal(run(&check, v.id), OUTCOME_DONE);
    assert_string_equal(asked_by, "http-01");
    assert_string_equal(asked.token, s.token);
    assert_string_equal(asked.key_authorization, s.key_authorization);
    assert_string_equal(asked.value, s.value);
    assert_string_equal(validation_now(v.id).end_reason, "validated");
    assert_int_equal(run(&clear, s.id), OUTCOME_DONE);
    assert_null(file_of(&s));
}

/* R190 */
static void a_delegated_name_is_proven_by_our_own_servers(void **state) {
    (void)state;
    const char **values;
    size_t count;
    const struct validation v = wanted("www.example.com", "dns");
    leads_to = delegated_name(w.arena, &settings, ACCOUNT, "www.example.com");
    run(&check, v.id);
    assert_string_equal(validation_now(v.id).challenge, "dns-01");
    const struct solution s = published_for(v.id);
    assert_string_equal(s.kind, "delegated");
    run(&solve, s.id); /* where it belongs */
    run(&solve, s.id);
    assert_ok(solution_answer_dns(w.services.db, w.arena, leads_to, &values, &count, &e), e);
    assert_int_equal(count, 1);
    assert_string_equal(values[0], s.value);
    assert_string_equal(s.value, challenge_digest(w.arena, s.key_authorization));
}

static void only_what_proves_as_much_is_taken_and_never_a_person(void **state) {
    (void)state;
    added("file.test", "http-01", "webroot");
    added("hand.test", "dns-01", "manual");
    const struct validation record = wanted("www.file.test", "dns"), hand = wanted("www.hand.test", "dns"),
                            none = wanted("www.example.com", "dns");
    assert_int_equal(run(&check, record.id), OUTCOME_AGAIN);
    assert_int_equal(run(&check, hand.id), OUTCOME_AGAIN);
    assert_int_equal(run(&check, none.id), OUTCOME_AGAIN);
    assert_int_equal(solutions(), 0);
    assert_int_equal(validation_now(none.id).tries, 1);
}

static void what_is_set_up_is_expected_without_asking_anybody(void **state) {
    (void)state;
    struct delegation d = {.id = "dlg_1", .account_id = ACCOUNT, .name = "to-us.test", .created_at = w.now};
    added("file.test", "http-01", "webroot");
    added("hand.test", "dns-01", "manual");
    assert_ok(delegation_put(w.services.db, w.arena, &d, &e), e);
    assert_true(expects("www.file.test", "file"));
    assert_true(expects("www.file.test", NULL));
    assert_false(expects("www.file.test", "dns"));
    assert_false(expects("www.hand.test", "dns"));
    assert_false(expects("to-us.test", "dns")); /* not seen yet */
    d.seen_at = w.now;
    assert_ok(delegation_note(w.services.db, &d, &e), e);
    assert_true(expects("to-us.test", "dns"));
    assert_false(expects("to-us.test", "file"));
    assert_false(expects("below.to-us.test", "dns"));
    added(".", "dns-01", "delegated"); /* holds for what is delegated */
    assert_false(expects("example.com", "dns"));
    settings.zone = NULL; /* and nothing is any more */
    assert_false(expects("to-us.test", "dns"));
}

static void what_is_forgotten_ends_with_its_validation(void **state) {
    (void)state;
    added(".", "http-01", "webroot");
    const struct validation v = wanted("www.example.com", "file");
    run(&check, v.id);
    const struct solution s = published_for(v.id);
    run(&solve, s.id);
    w.now += 2 * DAY; /* no test of a solver lives so long */
    assert_int_equal(run(&seen, s.id), OUTCOME_WAIT);
    assert_ok(validation_remove(w.services.db, v.id, w.now, &e), e);
    assert_int_equal(run(&seen, s.id), OUTCOME_OTHERWISE);
    assert_int_equal(run(&clear, s.id), OUTCOME_DONE);
    assert_null(file_of(&s));
}

TEST_MAIN(automatic, in_world(a_file_is_published_looked_for_and_taken_away),
          in_world(a_delegated_name_is_proven_by_our_own_servers),
          in_world(only_what_proves_as_much_is_taken_and_never_a_person),
          in_world(what_is_set_up_is_expected_without_asking_anybody),
          in_world(what_is_forgotten_ends_with_its_validation))
