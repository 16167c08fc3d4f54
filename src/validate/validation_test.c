/* validate: a name on its way from the request to the proof, with a validator that finds what it is told to.
 */
#include "http/fixture.h"
#include "http/list.h"
#include "unit.h"
#include "validate/validation.h"

static struct {
    struct arena *arena;
    struct db *db;
    struct services services;
    struct validator validator;
    int64_t now;
    enum reason found;
    int looks;
    const char *value; /* that was looked for */
} t;
static struct error e;

static bool look(const struct validator *self, struct arena *a, const char *method,
                 const struct control *control, struct check *check, struct error *error) {
    (void)self, (void)error;
    t.looks++;
    t.value = arena_strdup(t.arena, control->value);
    *check = (struct check){.reason = t.found};
    check_add(check, &(struct check_answer){.server = "ns1", .question = method, .answer = "\"x\"", .ms = 7});
    return check_ends(a, check, t.found, "seen at %s", "查询 %s", "ns1");
}

static int open_world(void **state) {
    (void)state;
    t.arena = arena_new();
    t.now = 1795262400;
    t.validator = (struct validator){.look = look};
    t.found = REASON_RECORD_MISSING;
    t.looks = 0;
    assert_ok(db_open(&t.db, ":memory:", DB_WORKER, &e) && db_migrate(t.db, t.now, &e), e);
    t.services = (struct services){.db = t.db, .validator = &t.validator};
    return 0;
}

static int close_world(void **state) {
    (void)state;
    db_close(t.db);
    arena_free(t.arena);
    return 0;
}

static const char *no_query(struct request *rq, const char *name) {
    (void)rq, (void)name;
    return NULL;
}

static bool ask_as(const char *account, const char *method, const char *path, const char *body,
                   struct request *rq) {
    static const struct route *const tables[] = {validate_routes, NULL};
    *rq = (struct request){.arena = t.arena,
                           .services = &t.services,
                           .db = t.db,
                           .caller = {.account_id = account, .user_id = "user", .key_id = "key"},
                           .now = t.now,
                           .query = no_query,
                           .status = 200};
    return request_run(rq, tables, method, path, body, &e);
}

static const char *text(const struct request *rq, const char *member) {
    return json_string_value(json_object_get(rq->reply, member));
}

static const char *create(const char *body) {
    struct request rq;
    assert_ok(ask_as("acct_1", "POST", "/v1/domains", body, &rq), e);
    assert_int_equal(rq.status, 201);
    return text(&rq, "id");
}

static struct request get(const char *id, const char *more) {
    struct request rq;
    assert_ok(ask_as("acct_1", "GET", arena_printf(t.arena, "/v1/domains/%s%s", id, more), "{}", &rq), e);
    return rq;
}

static struct work begin(const char *id) {
    struct work_item *item = ARENA_NEW(t.arena, struct work_item);
    *item = (struct work_item){.subject = id, .account_id = "acct_1", .step = "check"};
    struct work w = {.arena = t.arena, .services = &t.services, .db = t.db, .now = t.now, .item = item};
    assert_ok(validate_look(&w, &e), e);
    return w;
}

static void save(struct work *w) {
    assert_ok(db_begin(t.db, &e) && validate_record(w, &e) && db_commit(t.db, &e), e);
}

static struct work run(const char *id) {
    struct work w = begin(id);
    save(&w);
    return w;
}

static void a_name_is_looked_for_until_it_is_found(void **state) {
    (void)state;
    static const int64_t minutes[] = {1, 10, 100, 1440, 1440};
    const char *id = create("{\"name\": \"*.Example.COM\"}");
    struct request before = get(id, "");
    assert_string_equal(text(&before, "name"), "example.com");
    assert_true(json_is_true(json_object_get(before.reply, "wildcard")));
    assert_string_equal(text(&before, "host"), "_tenure-challenge.example.com");
    assert_null(text(&before, "last_reason"));
    assert_null(json_object_get(before.reply, "token"));
    for (size_t i = 0; i < sizeof minutes / sizeof *minutes; i++) {
        struct work w = run(id);
        assert_int_equal(w.outcome, OUTCOME_AGAIN);
        assert_int_equal(w.until, t.now + minutes[i] * 60);
        t.now = w.until;
    }
    assert_string_equal(t.value, text(&before, "value"));
    struct request missing = get(id, "");
    assert_string_equal(text(&missing, "last_reason"), "record_missing");
    assert_non_null(text(&missing, "remedy"));
    t.found = REASON_FOUND;
    assert_int_equal(run(id).outcome, OUTCOME_DONE);
    struct request after = get(id, "");
    assert_string_equal(text(&after, "end_reason"), "validated");
    assert_non_null(text(&after, "validated_at"));
    assert_int_equal(json_integer_value(json_object_get(after.reply, "tries")), 5);
    /* the queue row may come once more; nobody is asked then */
    int looks = t.looks;
    assert_int_equal(run(id).outcome, OUTCOME_DONE);
    assert_int_equal(t.looks, looks);
    struct request again = get(id, "");
    assert_string_equal(text(&again, "end_reason"), "validated");
}

static void every_check_keeps_what_was_answered(void **state) {
    (void)state;
    const char *id = create("{\"name\": \"example.com\", \"method\": \"file\"}");
    run(id);
    t.now += 86400;
    t.found = REASON_HTTP_STATUS;
    run(id);
    struct request rq = get(id, "/checks");
    const json_t *items = json_object_get(rq.reply, "items");
    assert_int_equal(json_array_size(items), 2);
    const json_t *newest = json_array_get(items, 0);
    assert_string_equal(json_string_value(json_object_get(newest, "reason")), "http_status");
    assert_string_equal(json_string_value(json_object_get(newest, "detail_zh")), "查询 ns1");
    const json_t *answer = json_array_get(json_object_get(newest, "answers"), 0);
    assert_string_equal(json_string_value(json_object_get(answer, "server")), "ns1");
    assert_int_equal(json_integer_value(json_object_get(answer, "ms")), 7);
}

static size_t checks_after(const char *id, int64_t now) {
    struct work w = {.db = t.db, .now = now};
    assert_ok(validate_purge(&w, &e), e);
    assert_int_equal(w.outcome, OUTCOME_NEXT);
    struct request rq = get(id, "/checks");
    return json_array_size(json_object_get(rq.reply, "items"));
}

static void checks_are_kept_for_a_month_and_the_last_for_good(void **state) {
    (void)state;
    const char *id = create("{\"name\": \"example.com\"}");
    run(id);
    t.now += 86400;
    run(id);
    assert_int_equal(checks_after(id, t.now + 29 * 86400), 2);
    assert_int_equal(checks_after(id, t.now + 29 * 86400 + 1), 1);
    assert_int_equal(checks_after(id, t.now + 1000 * (int64_t)86400), 1);
}

static void a_value_runs_out(void **state) {
    (void)state;
    const char *id = create("{\"name\": \"example.com\"}");
    t.now += TOKEN_DAYS * 86400 - 1;
    assert_int_equal(run(id).outcome, OUTCOME_AGAIN);
    t.now++;
    t.found = REASON_FOUND;
    assert_int_equal(run(id).outcome, OUTCOME_DONE);
    struct request rq = get(id, "");
    assert_string_equal(text(&rq, "end_reason"), "expired");
    assert_null(text(&rq, "validated_at"));
    assert_fails(ask_as("acct_1", "POST", arena_printf(t.arena, "/v1/domains/%s/check", id), "{}", &rq), e,
                 ERR_NOT_VALIDATING);
}

static void a_name_that_was_removed_meanwhile_stays_unproven(void **state) {
    (void)state;
    struct request rq;
    const char *id = create("{\"name\": \"example.com\"}");
    t.found = REASON_FOUND;
    struct work w = begin(id);
    assert_ok(ask_as("acct_1", "DELETE", arena_printf(t.arena, "/v1/domains/%s", id), "{}", &rq), e);
    assert_int_equal(rq.status, 204);
    save(&w);
    assert_int_equal(w.outcome, OUTCOME_DONE);
    int64_t proven;
    assert_ok(db_int(t.db, &proven, 0, &e, "SELECT count(validated_at) FROM validation"), e);
    assert_int_equal(proven, 0);
    assert_fails(ask_as("acct_1", "GET", arena_printf(t.arena, "/v1/domains/%s", id), "{}", &rq), e,
                 ERR_NOT_FOUND);
}

static void one_name_is_asked_for_once_by_each_method_and_account(void **state) {
    (void)state;
    struct request rq;
    const char *id = create("{\"name\": \"example.com\"}");
    assert_fails(ask_as("acct_1", "POST", "/v1/domains", "{\"name\": \"EXAMPLE.com\"}", &rq), e,
                 ERR_ALREADY_EXISTS);
    assert_string_equal(e.object, id);
    create("{\"name\": \"example.com\", \"method\": \"file\"}");
    assert_ok(ask_as("acct_2", "POST", "/v1/domains", "{\"name\": \"example.com\"}", &rq), e);
    struct request mine = get(id, "");
    assert_string_not_equal(text(&rq, "value"), text(&mine, "value"));
    assert_fails(ask_as("acct_2", "GET", arena_printf(t.arena, "/v1/domains/%s", id), "{}", &rq), e,
                 ERR_NOT_FOUND);
    assert_ok(ask_as("acct_1", "GET", "/v1/domains", "{}", &rq), e);
    assert_int_equal(json_array_size(json_object_get(rq.reply, "items")), 2);
}

static void what_cannot_be_proven_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *body;
        enum error_id id;
    } rows[] = {{"{\"name\": \"*.example.com\", \"method\": \"file\"}", ERR_FILE_VALIDATION_NOT_FOR_WILDCARD},
                {"{\"name\": \"192.0.2.1\"}", ERR_BAD_FIELD},
                {"{\"name\": \"a..b\"}", ERR_BAD_NAME},
                {"{\"name\": \"example.com\", \"method\": \"mail\"}", ERR_BAD_FIELD},
                {"{}", ERR_BAD_FIELD}};
    struct request rq;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_fails(ask_as("acct_1", "POST", "/v1/domains", rows[i].body, &rq), e, rows[i].id);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

TEST_MAIN(validation, in_world(a_name_is_looked_for_until_it_is_found),
          in_world(every_check_keeps_what_was_answered),
          in_world(checks_are_kept_for_a_month_and_the_last_for_good), in_world(a_value_runs_out),
          in_world(a_name_that_was_removed_meanwhile_stays_unproven),
          in_world(one_name_is_asked_for_once_by_each_method_and_account),
          in_world(what_cannot_be_proven_is_refused))
