/* From a site that is down to one that serves a stopgap, and to the original certificate in place again. */
#include "deploy/fixture.h"
#include "emergency/emergency.h"
#include "notify/notify_db.h"

static const struct half_steps probe_step = {verify_look, {verify_decide}};
static const struct half_steps step = {emergency_look, {emergency_next}};
static const struct route *const tables[] = {emergency_routes, NULL};

/* ---- a prober that shows what it is told to ---- */

static struct {
    bool reachable;
    struct slice leaf;
    const char *chain;
} shown;

/* budget: the contract of a prober */
static bool show(const struct prober *self, struct arena *a, const char *address, const char *server_name,
                 struct tls_seen **seen, size_t *count, struct error *error) {
    struct cert *rest = NULL;
    size_t more = 0;
    (void)self, (void)server_name;
    *count = 1;
    *seen = ARENA_NEW(a, struct tls_seen);
    **seen = (struct tls_seen){.result = shown.reachable ? HANDSHAKE_DONE : HANDSHAKE_UNREACHABLE,
                               .reason = TEXT("nobody is there", "无人应答"),
                               .protocol = "TLSv1.3",
                               .cipher = "",
                               .address = address};
    if (!shown.reachable)
        return true;
    if (*shown.chain && !cert_list_from_pem(a, slice_str(shown.chain), 4, &rest, &more, error))
        return false;
    (*seen)->chain = ARENA_ARRAY(a, more + 1, struct cert);
    (*seen)->count = more + 1;
    for (size_t k = 0; k < more; k++)
        (*seen)->chain[k + 1] = rest[k];
    return cert_parse(a, shown.leaf, &(*seen)->chain[0], error);
}

static const struct prober fake = {.look = show};

static int open_emergency_world(void **state) {
    open_deploy_world(state);
    w.services.prober = &fake;
    memset(&shown, 0, sizeof shown);
    return 0;
}
#define in_emergency(f) cmocka_unit_test_setup_teardown(f, open_emergency_world, close_world)

static void serve(const char *certificate_id) {
    const struct version version = version_now(certificate_id);
    assert_ok(version_material(w.services.db, w.arena, &version, &shown.leaf, &shown.chain, &e), e);
    shown.reachable = true;
}

static struct certificate issued(const char *grade) {
    return issue_now(bought((struct order_request){.grade = grade}).id);
}

/* ---- the emergency ---- */

static bool declare(const char *body, const char **id) {
    json_t *reply;
    if (!ask(tables, "POST", "/v1/emergencies", body, &reply))
        return false;
    *id = text_of(reply, "id");
    return true;
}

static const char *declared(const char *body) {
    const char *id;
    assert_ok(declare(body, &id), e);
    return id;
}

static struct emergency emergency_now(const char *id) {
    struct emergency em;
    assert_ok(emergency_get_any(w.services.db, w.arena, id, &em, &e), e);
    return em;
}

static const json_t *answer_of(const char *id) {
    json_t *reply;
    assert_ok(ask(tables, "GET", arena_printf(w.arena, "/v1/emergencies/%s", id), "{}", &reply), e);
    return reply;
}

static void assert_stage(const char *id, const char *stage) {
    assert_string_equal(emergency_now(id).stage, stage);
}

static void deploy_to(const char *target_id, const char *certificate_id) {
    const char *id = newest_of(target_id).id;
    run(&put, id);
    run(&put, id);
    serve(certificate_id);
    assert_int_equal(run(&probe_step, id), OUTCOME_NEXT);
    run(&keep, id);
}

/* Told of the emergency, of one kind. */
static size_t told(const char *id, const char *event) {
    const struct notice_range all = {
        .account_id = ACCOUNT, .role = ACCESS_READ, .user_role = ACCESS_READ, .limit = 100};
    struct notice *notices;
    size_t count, found = 0;
    assert_ok(notice_list(w.services.db, w.arena, &all, &notices, &count, &e), e);
    for (size_t i = 0; i < count; i++)
        found += strcmp(notices[i].event, event) == 0 && strcmp(notices[i].subject, id) == 0;
    return found;
}

/* An expired certificate that is served by a target. */
static struct certificate expired(const char *grade, const char **target_id) {
    struct certificate c = issued(grade);
    *target_id = target_new("web", c.id, "192.0.2.1:443");
    serve(c.id);
    w.now = c.coverage_end + DAY;
    return certificate_now(&w, c.id);
}

/* From the find to the site that is back; the stopgap. */
static struct certificate brought_back(const char *id, const char *target_id) {
    assert_int_equal(run(&step, id), OUTCOME_WAIT);
    assert_stage(id, STAGE_ISSUE);
    run(&step, id);
    struct certificate c = issue_now(emergency_now(id).certificate_id);
    w.now += 2;
    run(&step, id);
    assert_stage(id, STAGE_DEPLOY);
    run(&step, id);
    w.now += 3;
    deploy_to(target_id, c.id);
    run(&step, id);
    assert_stage(id, STAGE_VERIFY);
    run(&step, id);
    return certificate_now(&w, c.id);
}

static void a_site_that_is_down_is_brought_back_with_times(void **state) {
    (void)state;
    const char *target_id;
    const struct certificate old = expired("dv", &target_id);
    const int64_t began = w.now;
    const char *id = declared("{\"host\": \"WWW.example.com\"}");
    const struct certificate stopgap = brought_back(id, target_id);
    const struct emergency em = emergency_now(id);
    const json_t *answer = answer_of(id), *stages = json_object_get(answer, "stages");
    assert_string_equal(em.stage, STAGE_CLOSED);
    assert_string_equal(em.verdict, "expired");
    assert_string_equal(em.old_certificate_id, old.id);
    assert_string_equal(em.served_fingerprint, old.fingerprint);
    assert_string_equal(stopgap.grade, "dv");
    assert_string_equal(stopgap.names, old.names);
    assert_null(stopgap.predecessor_id);
    assert_string_equal(target_now(target_id).certificate_id, stopgap.id);
    assert_int_equal(certificate_now(&w, old.id).target_count, 0);
    assert_int_equal(em.live_at, began + 5);
    assert_int_equal(json_integer_value(json_object_get(answer, "seconds_to_live")), 5);
    assert_int_equal(json_array_size(stages), 4);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(stages, 1), "seconds")), 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(stages, 2), "seconds")), 3);
    assert_int_equal(json_array_size(json_object_get(answer, "prevention")), 3);
    assert_non_null(strstr(em.targets, FOLDER "/web.pem"));
    assert_int_equal(told(id, "emergency_live"), 1);
    assert_int_equal(told(id, "emergency_follow_up"), 0);
}

static void the_original_specification_is_told_of_daily_until_it_is_in_place(void **state) {
    (void)state;
    const char *target_id;
    json_t *reply;
    expired("ov", &target_id);
    const char *id = declared("{\"host\": \"www.example.com\"}");
    brought_back(id, target_id);
    assert_stage(id, STAGE_FOLLOW_UP);
    for (int day = 1; day <= 3; day++) {
        run(&step, id);
        assert_int_equal(run(&step, id), OUTCOME_WAIT);
        assert_int_equal(told(id, "emergency_follow_up"), day);
        w.now += DAY;
    }
    const struct certificate original = issued("ov");
    run(&step, id);
    assert_stage(id, STAGE_FOLLOW_UP);
    const char *body = arena_printf(w.arena, "{\"certificate_id\": \"%s\"}", original.id);
    const char *path = arena_printf(w.arena, "/v1/targets/%s", target_id);
    assert_ok(ask(deploy_tables, "PATCH", path, body, &reply), e);
    deployment_new(original.id);
    deploy_to(target_id, original.id);
    assert_int_equal(run(&step, id), OUTCOME_DONE);
    assert_stage(id, STAGE_CLOSED);
    w.now += 2 * DAY;
    assert_int_equal(run(&step, id), OUTCOME_DONE);
    assert_int_equal(told(id, "emergency_follow_up"), 4);
}

static void the_local_ca_is_used_only_where_it_was_or_by_force(void **state) {
    (void)state;
    assert_ok(ca_ensure(&w.services, w.arena, ACCOUNT, w.now, &e), e);
    const char *id = declared("{\"host\": \"shop.example.com\"}"), *other;
    for (int i = 0; i < 3; i++)
        run(&step, id);
    assert_string_equal(emergency_now(id).waits_for, "issuer_not_trusted");
    assert_stage(id, STAGE_FIND);
    assert_null(emergency_now(id).certificate_id);
    assert_int_equal(told(id, "emergency_waits"), 1);
    assert_fails(declare("{\"host\": \"shop.example.com\"}", &other), e, ERR_ALREADY_EXISTS);
    assert_string_equal(e.object, id);
    assert_string_equal(declared("{\"host\": \"shop.example.com\", \"force\": true}"), id);
    run(&step, id);
    assert_stage(id, STAGE_ISSUE);
    assert_null(emergency_now(id).waits_for);
}

static void without_a_target_a_person_installs_it(void **state) {
    (void)state;
    const char *id = declared("{\"host\": \"shop.example.com\", \"force\": true}");
    run(&step, id);
    run(&step, id);
    const struct certificate c = issue_now(emergency_now(id).certificate_id);
    assert_string_equal(c.names, "shop.example.com");
    for (int i = 0; i < 4; i++)
        run(&step, id);
    assert_stage(id, STAGE_VERIFY);
    assert_string_equal(emergency_now(id).waits_for, "installation");
    serve(c.id);
    assert_int_equal(run(&step, id), OUTCOME_DONE);
    assert_stage(id, STAGE_CLOSED);
    assert_int_equal(emergency_now(id).live_at, w.now);
}

static void what_works_is_left_alone(void **state) {
    (void)state;
    const struct certificate c = issued("dv");
    serve(c.id);
    const char *id = declared("{\"host\": \"www.example.com\"}");
    assert_int_equal(run(&step, id), OUTCOME_DONE);
    assert_stage(id, STAGE_CLOSED);
    assert_null(emergency_now(id).certificate_id);
    assert_string_equal(text_of(json_array_get(json_object_get(answer_of(id), "stages"), 0), "result"),
                        "nothing_wrong");
}

/* It was renewed in time, and never got there. */
static void a_good_certificate_that_is_not_in_place_needs_no_stopgap(void **state) {
    (void)state;
    const char *target_id;
    const struct certificate old = issued("ov");
    serve(old.id);
    w.now = old.window_at;
    const struct certificate next = issue_now(renewed(old.id, (struct order_request){0}).id);
    target_id = target_new("web", next.id, "192.0.2.1:443");
    w.now = old.coverage_end + 1;
    shown.reachable = false;
    const char *id = declared("{\"host\": \"www.example.com\"}");
    run(&step, id);
    run(&step, id);
    assert_string_equal(emergency_now(id).certificate_id, next.id);
    run(&step, id);
    deploy_to(target_id, next.id);
    run(&step, id);
    run(&step, id);
    assert_stage(id, STAGE_CLOSED);
    assert_true(emergency_now(id).live_at > 0);
}

static void an_emergency_can_be_given_up_and_declared_again(void **state) {
    (void)state;
    json_t *reply;
    const char *id = declared("{\"host\": \"shop.example.com\"}");
    run(&step, id);
    const char *path = arena_printf(w.arena, "/v1/emergencies/%s/close", id);
    assert_ok(ask(tables, "POST", path, "{}", &reply), e);
    assert_int_equal(run(&step, id), OUTCOME_DONE);
    assert_fails(ask(tables, "POST", path, "{}", &reply), e, ERR_CONFLICT);
    assert_string_not_equal(declared("{\"host\": \"shop.example.com\"}"), id);
}

static void a_turn_that_a_person_came_between_changes_nothing(void **state) {
    (void)state;
    json_t *reply;
    const char *id = declared("{\"host\": \"shop.example.com\", \"force\": true}");
    struct work work = step_begin(&w, id);
    assert_ok(emergency_look(&work, &e), e);
    const char *path = arena_printf(w.arena, "/v1/emergencies/%s/close", id);
    assert_ok(ask(tables, "POST", path, "{}", &reply), e);
    assert_ok(step_save(&w, &step, &work, &e), e);
    assert_int_equal(work.outcome, OUTCOME_DONE);
    assert_stage(id, STAGE_CLOSED);
}

/* Where a neighbour in the batch fails, what was looked at is saved a second time. */
static void a_turn_can_be_saved_again(void **state) {
    (void)state;
    const char *id = declared("{\"host\": \"shop.example.com\", \"force\": true}");
    struct work work = step_begin(&w, id);
    assert_ok(emergency_look(&work, &e), e);
    struct work again = work;
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(emergency_next(&work, &e), e);
    db_rollback(w.services.db);
    assert_stage(id, STAGE_FIND);
    assert_ok(step_save(&w, &step, &again, &e), e);
    assert_stage(id, STAGE_ISSUE);
}

static void a_place_that_cannot_be_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *body, *field;
    } rows[] = {
        {"{\"host\": \"*.example.com\"}", "host"},
        {"{\"host\": \"a b\"}", "host"},
        {"{\"host\": \"a.example.com\", \"port\": 65536}", "port"},
        {"{\"host\": \"a.example.com\", \"port\": 0}", "port"},
        {"{\"host\": \"a.example.com\", \"address\": \"a/b\"}", "address"},
    };
    const char *id;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_false(declare(rows[i].body, &id));
        assert_string_equal(e.field, rows[i].field);
    }
}

TEST_MAIN(emergency, in_emergency(a_site_that_is_down_is_brought_back_with_times),
          in_emergency(the_original_specification_is_told_of_daily_until_it_is_in_place),
          in_emergency(the_local_ca_is_used_only_where_it_was_or_by_force),
          in_emergency(without_a_target_a_person_installs_it), in_emergency(what_works_is_left_alone),
          in_emergency(a_good_certificate_that_is_not_in_place_needs_no_stopgap),
          in_emergency(an_emergency_can_be_given_up_and_declared_again),
          in_emergency(a_turn_that_a_person_came_between_changes_nothing),
          in_emergency(a_turn_can_be_saved_again), in_emergency(a_place_that_cannot_be_is_refused))
