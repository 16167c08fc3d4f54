/* Records of dns-persist-01: what they say, who places them, and when somebody is told. */
#include "base/file.h"
#include "base/rand.h"
#include "solve/fixture.h"
#include "solve/persist_record.h"
#include <unistd.h>

#define URI "https://ca.example/acct/17"

static const struct half_steps persist = {persist_act, {persist_save}};

static bool look_for_record(const struct validator *v, struct arena *a, const struct propagation *what,
                            struct check *check, struct error *error) {
    assert_string_equal(what->type, "dns-persist-01");
    assert_true(what->now == w.now);
    return look(v, a, what, check, error);
}

static bool follow_record(const struct services *services, struct arena *a, const char *record,
                          struct place *place, struct error *error) {
    assert_string_equal(record, "_validation-persist.example.com");
    return follow(services, a, record, place, error);
}

static int open_records(void **state) {
    open_world(state);
    settings.follow = follow_record;
    settings.look = look_for_record;
    leads_to = "persist.elsewhere.test";
    return 0;
}

#define with_records(f) cmocka_unit_test_setup_teardown(f, open_records, close_world)

/* ---- helpers ---- */

static struct persist_record made(struct persist_record r) {
    r.id = id_new(w.arena, "prs", w.now);
    r.account_id = ACCOUNT;
    r.name = r.name ? r.name : "example.com";
    r.issuer = "CA.Example";
    r.account_uri = URI;
    r.created_at = w.now;
    assert_ok(persist_record_make(w.arena, &r, w.now, &e), e);
    assert_ok(persist_record_insert(w.services.db, &r, &e), e);
    return r;
}

static int64_t step(const char *id) {
    run(&persist, id);
    return last.until;
}

static struct persist_record record_of(const char *id) {
    struct persist_record r;
    assert_ok(persist_record_get_any(w.services.db, w.arena, id, &r, &e), e);
    return r;
}

static const char *solver_added(const char *kind, const char *text) {
    struct solver s = {.id = id_new(w.arena, "slv", w.now),
                       .account_id = ACCOUNT,
                       .zone = ".",
                       .type = "dns-01",
                       .kind = kind,
                       .settings = text,
                       .created_at = w.now};
    assert_ok(solver_insert(w.services.db, &s, &e), e);
    return s.id;
}

/* ---- tests ---- */

static void a_record_says_who_may_issue_and_can_be_read_again(void **state) {
    (void)state;
    struct persist back;
    struct persist_record plain = made((struct persist_record){.wildcard = false});
    assert_string_equal(plain.value, "ca.example; accounturi=" URI);
    assert_string_equal(plain.host, "_validation-persist.example.com");
    struct persist_record all =
        made((struct persist_record){.name = "*.Example.com", .until_at = w.now + DAY});
    assert_string_equal(all.name, "example.com");
    assert_true(persist_read(w.arena, slice_str(all.value), &back));
    assert_string_equal(back.issuer, "ca.example");
    assert_string_equal(back.account_uri, URI);
    assert_true(back.wildcard && back.until == w.now + DAY);
    const struct persist wanted = {.issuer = "ca.example", .account_uri = URI, .wildcard = true};
    assert_true(persist_serves(&back, &wanted, w.now));
    assert_false(persist_serves(&back, &wanted, w.now + DAY));
}

static void what_cannot_be_such_a_record_is_refused(void **state) {
    (void)state;
    const struct persist_record bad[] = {
        {.name = "192.0.2.1", .issuer = "ca.example", .account_uri = URI},
        {.name = "a..b", .issuer = "ca.example", .account_uri = URI},
        {.name = "a.test", .issuer = "*.ca.example", .account_uri = URI},
        {.name = "a.test", .issuer = "ca.example; x=y", .account_uri = URI},
        {.name = "a.test", .issuer = "ca.example", .account_uri = "http://ca.example/1"},
        {.name = "a.test", .issuer = "ca.example", .account_uri = "https://"},
        {.name = "a.test", .issuer = "ca.example", .account_uri = "https://ca.example/1;policy=wildcard"},
        {.name = "a.test", .issuer = "ca.example", .account_uri = "https://ca.example/1\" \""},
        {.name = "a.test", .issuer = "ca.example", .account_uri = URI, .until_at = w.now},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct persist_record r = bad[i];
        assert_false(persist_record_make(w.arena, &r, w.now, &e));
        assert_true(*e.field);
    }
    char uri[300] = "https://ca.example/";
    memset(uri + 19, 'a', 250);
    struct persist_record r = {.name = "a.test", .issuer = "ca.example", .account_uri = uri};
    assert_fails(persist_record_make(w.arena, &r, w.now, &e), e, ERR_BAD_FIELD);
}

static void the_same_record_is_made_once(void **state) {
    (void)state;
    struct persist_record r = made((struct persist_record){.wildcard = false});
    r.id = "prs_2";
    assert_fails(persist_record_insert(w.services.db, &r, &e), e, ERR_ALREADY_EXISTS);
}

static void a_record_that_a_person_places_is_waited_for_and_then_watched(void **state) {
    (void)state;
    struct persist_record r = made((struct persist_record){.wildcard = false});
    found = REASON_RECORD_MISSING;
    int64_t next = step(r.id) - w.now;
    w.now += next;
    assert_true(next == 60 && step(r.id) - w.now == 600);
    assert_string_equal(record_of(r.id).reason, "record_missing");
    assert_int_equal(told("record_at_risk"), 0); /* nobody has promised it yet */
    found = REASON_FOUND;
    assert_true(step(r.id) == w.now + DAY);
    assert_true(record_of(r.id).seen_at == w.now && record_of(r.id).misses == 0);
    w.now += DAY;
    found = REASON_NXDOMAIN;
    step(r.id);
    assert_int_equal(told("record_at_risk"), 0); /* once is no proof */
    step(r.id);
    assert_int_equal(told("record_at_risk"), 1);
    step(r.id);
    assert_int_equal(told("record_at_risk"), 1);
}

static void somebody_is_told_ahead_of_its_end(void **state) {
    (void)state;
    int64_t end = w.now + 90 * DAY;
    struct persist_record r = made((struct persist_record){.until_at = end});
    w.now = end - 30 * DAY - DAY / 2;
    assert_true(step(r.id) == end - 30 * DAY); /* it wakes for it */
    assert_int_equal(told("record_at_risk"), 0);
    w.now = end - 30 * DAY;
    step(r.id);
    step(r.id);
    assert_int_equal(told("record_at_risk"), 1);
    w.now = end;
    step(r.id);
    step(r.id);
    assert_int_equal(told("record_at_risk"), 2);
}

static void a_solver_places_it_and_takes_it_away(void **state) {
    (void)state;
    char path[] = "/tmp/tenure-persist-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    const char *const argv[] = {"sh", "-c", "printf '%s %s %s;' \"$@\" >>$0", path, NULL};
    const struct runner_command command = {.name = "dns", .argv = argv, .timeout_ms = 5000, .hook = "lego"};
    const struct runner_policy policy = {.commands = &command, .command_count = 1};
    w.services.runner = runner_local(w.arena, &policy);
    struct persist_record r = made((struct persist_record){
        .solver_id = solver_added("hook-lego", "{\"command\":\"dns\",\"raw\":true}")});
    assert_true(step(r.id) == w.now && !record_of(r.id).placed_at);
    assert_string_equal(record_of(r.id).place, "persist.elsewhere.test"); /* on disk before it is placed */
    assert_true(step(r.id) == w.now && record_of(r.id).placed_at == w.now);
    assert_true(step(r.id) == w.now + DAY && record_of(r.id).seen_at == w.now);
    assert_ok(persist_record_set_unwanted(w.services.db, r.id, w.now, &e), e);
    step(r.id);
    assert_int_equal(last.outcome, OUTCOME_DONE);
    assert_true(record_of(r.id).removed_at == w.now);
    struct slice written;
    assert_ok(file_read(w.arena, path, 1000, &written, &e), e);
    close(fd);
    unlink(path);
    assert_string_equal((const char *)written.p,
                        "present persist.elsewhere.test. ca.example; accounturi=" URI
                        ";cleanup persist.elsewhere.test. ca.example; accounturi=" URI ";");
}

static void what_nobody_has_placed_needs_no_clearing(void **state) {
    (void)state;
    struct persist_record r = made((struct persist_record){.solver_id = solver_added("manual", "{}")});
    assert_ok(persist_record_set_unwanted(w.services.db, r.id, w.now, &e), e);
    step(r.id);
    assert_true(record_of(r.id).removed_at == w.now);
    step("prs_none");
    assert_int_equal(last.outcome, OUTCOME_DONE);
}

static void a_failure_is_noted(void **state) {
    (void)state;
    struct persist_record r = made((struct persist_record){.solver_id = solver_added("manual", "{}")});
    step(r.id); /* its place */
    last = step_begin(&w, r.id);
    assert_fails(persist_act(&last, &e), e, ERR_NO_SOLVER);
    const struct error cause = e;
    assert_ok(persist_failed(&last, &cause, &e), e);
    assert_string_equal(record_of(r.id).reason, "no_solver");
}

TEST_MAIN(persist_record, with_records(a_record_says_who_may_issue_and_can_be_read_again),
          with_records(what_cannot_be_such_a_record_is_refused), with_records(the_same_record_is_made_once),
          with_records(a_record_that_a_person_places_is_waited_for_and_then_watched),
          with_records(somebody_is_told_ahead_of_its_end), with_records(a_solver_places_it_and_takes_it_away),
          with_records(what_nobody_has_placed_needs_no_clearing), with_records(a_failure_is_noted))
