/* verify: how long a deployment is looked at, what brings the old set back, and how drift is repaired. */
#include "deploy/fixture.h"
#include "verify/verify_db.h"

static const struct half_steps probe_step = {verify_look, {verify_decide}};
static const struct half_steps watch = {verify_watch, {verify_watch_record}};
static const struct half_steps retention = {NULL, {verify_purge, work_daily}};

/* ---- a prober that shows what it is told to ---- */

enum { ADDRESSES = 2 };

static struct {
    enum handshake result;
    size_t count; /* of addresses */
    struct slice leaf[ADDRESSES];
    const char *chain[ADDRESSES];
    size_t looks;
    const char *server_name;
} shown;

static bool show_chain(struct arena *a, size_t i, struct tls_seen *seen, struct error *error) {
    struct cert *rest = NULL;
    size_t more = 0;
    if (*shown.chain[i] && !cert_list_from_pem(a, slice_str(shown.chain[i]), 4, &rest, &more, error))
        return false;
    seen->chain = ARENA_ARRAY(a, more + 1, struct cert);
    seen->count = more + 1;
    for (size_t k = 0; k < more; k++)
        seen->chain[k + 1] = rest[k];
    return cert_parse(a, shown.leaf[i], &seen->chain[0], error);
}

/* budget: the contract of a prober */
static bool show(const struct prober *self, struct arena *a, const char *address, const char *server_name,
                 struct tls_seen **seen, size_t *count, struct error *error) {
    (void)self;
    *count = shown.count;
    *seen = ARENA_ARRAY(a, shown.count, struct tls_seen);
    shown.looks++;
    shown.server_name = arena_strdup(w.arena, server_name);
    for (size_t i = 0; i < shown.count; i++) {
        (*seen)[i] = (struct tls_seen){.result = shown.result,
                                       .reason = TEXT("refused", "被拒绝"),
                                       .protocol = "TLSv1.3",
                                       .cipher = "",
                                       .address = address};
        if (shown.result == HANDSHAKE_DONE && !show_chain(a, i, &(*seen)[i], error))
            return false;
    }
    return true;
}

static const struct prober fake = {.look = show};

static int open_verify_world(void **state) {
    open_deploy_world(state);
    w.services.prober = &fake;
    memset(&shown, 0, sizeof shown);
    shown.count = 1;
    return 0;
}
#define in_verify_world(f) cmocka_unit_test_setup_teardown(f, open_verify_world, close_world)

static void serve_at(size_t address, const struct version *version) {
    assert_ok(
        version_material(w.services.db, w.arena, version, &shown.leaf[address], &shown.chain[address], &e),
        e);
    shown.result = HANDSHAKE_DONE;
}

static void serve(const struct version *version) {
    serve_at(0, version);
}

/* A certificate with one target that was put there and waits to be seen. */
static const char *put_somewhere(struct certificate *c, const char **target_id) {
    *c = bought_and_issued(NULL);
    *target_id = target_new("web", c->id, "192.0.2.1:443");
    const char *id = deployment_new(c->id);
    run(&put, id);
    assert_int_equal(run(&put, id), OUTCOME_NEXT);
    return id;
}

/* The same, done; the watching begins. */
static struct certificate deployed(const char **target_id) {
    struct certificate c;
    const char *id = put_somewhere(&c, target_id);
    const struct version version = version_now(c.id);
    serve(&version);
    assert_int_equal(run(&probe_step, id), OUTCOME_NEXT);
    assert_int_equal(run(&keep, id), OUTCOME_DONE);
    w.now += 3600;
    return c;
}

static struct version of_another_certificate(void) {
    return version_now(bought_and_issued(NULL).id);
}

static const struct route *const verify_tables[] = {verify_routes, NULL};

static const json_t *probes_of(const char *target_id) {
    json_t *reply;
    const char *path = arena_printf(w.arena, "/v1/targets/%s/probes", target_id);
    assert_ok(ask(verify_tables, "GET", path, "{}", &reply), e);
    return json_object_get(reply, "items");
}

static struct work run_work(const struct half_steps *steps, const char *subject) {
    struct work work = step_begin(&w, subject);
    assert_ok((!steps->act || steps->act(&work, &e)) && step_save(&w, steps, &work, &e), e);
    return work;
}

/* ---- after a deployment ---- */

static void a_version_that_is_served_is_kept(void **state) {
    (void)state;
    struct certificate c;
    const char *target_id, *id = put_somewhere(&c, &target_id);
    const struct version version = version_now(c.id);
    serve(&version);
    assert_int_equal(run(&probe_step, id), OUTCOME_NEXT);
    const json_t *probe = json_array_get(probes_of(target_id), 0);
    assert_string_equal(text_of(probe, "verdict"), "ok");
    assert_string_equal(text_of(probe, "served_fingerprint"), c.fingerprint);
    assert_string_equal(text_of(probe, "expected_fingerprint"), c.fingerprint);
    assert_string_equal(shown.server_name, "www.example.com");
}

static void a_load_balancer_gets_its_time_and_then_the_old_set_comes_back(void **state) {
    (void)state;
    struct certificate c;
    const char *target_id, *id = put_somewhere(&c, &target_id);
    const struct version other = of_another_certificate();
    serve(&other);
    for (int64_t delay = 1; delay <= 8; delay *= 2) {
        struct work work = run_work(&probe_step, id);
        assert_int_equal(work.outcome, OUTCOME_AGAIN);
        assert_int_equal(work.until, w.now + delay);
        w.now = work.until;
    }
    assert_int_equal(run(&probe_step, id), OUTCOME_OTHERWISE);
    struct deployment d = deployment_now(id);
    assert_string_equal(d.reason, "service_not_reloaded");
    assert_non_null(strstr(d.detail_en, other.serial));
    assert_non_null(strstr(d.detail_zh, other.serial));
    assert_int_equal(json_array_size(probes_of(target_id)), 5);
}

static void what_comes_late_is_kept_as_well(void **state) {
    (void)state;
    struct certificate c;
    const char *target_id, *id = put_somewhere(&c, &target_id);
    const struct version version = version_now(c.id);
    shown.result = HANDSHAKE_UNREACHABLE;
    assert_int_equal(run(&probe_step, id), OUTCOME_AGAIN);
    assert_string_equal(deployment_now(id).reason, "unreachable");
    serve(&version);
    assert_int_equal(run(&probe_step, id), OUTCOME_NEXT);
}

static void every_attempt_has_all_its_looks(void **state) {
    (void)state;
    struct certificate c;
    const char *target_id, *id = put_somewhere(&c, &target_id);
    shown.result = HANDSHAKE_REFUSED;
    for (int attempt = 0; attempt < 2; attempt++) {
        for (int i = 0; i < 4; i++)
            assert_int_equal(run(&probe_step, id), OUTCOME_AGAIN);
        assert_int_equal(run(&probe_step, id), OUTCOME_OTHERWISE);
        assert_int_equal(run(&back, id), OUTCOME_RETRY);
        run(&put, id);
        run(&put, id);
    }
}

static void a_chain_that_was_put_there_must_be_served(void **state) {
    (void)state;
    struct certificate c;
    const char *target_id, *id = put_somewhere(&c, &target_id);
    const struct version version = version_now(c.id);
    serve(&version);
    shown.chain[0] = "";
    assert_int_equal(run(&probe_step, id), OUTCOME_AGAIN);
    assert_string_equal(deployment_now(id).reason, "incomplete_chain");
}

static void an_expired_certificate_is_reported_but_stays(void **state) {
    (void)state;
    struct certificate c;
    const char *target_id, *id = put_somewhere(&c, &target_id);
    const struct version version = version_now(c.id);
    serve(&version);
    w.now = version.end_at;
    assert_int_equal(run(&probe_step, id), OUTCOME_NEXT);
    assert_string_equal(text_of(json_array_get(probes_of(target_id), 0), "verdict"), "expired");
}

static void where_nobody_can_look_nobody_looks(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    target_new("web", c.id, NULL);
    const char *id = deployment_new(c.id);
    run(&put, id);
    run(&put, id);
    assert_int_equal(run(&probe_step, id), OUTCOME_NEXT);
    assert_int_equal(shown.looks, 0);
}

static void a_deployment_that_was_given_up_is_not_looked_at(void **state) {
    (void)state;
    struct certificate c;
    const char *target_id, *id = put_somewhere(&c, &target_id);
    deployment_new(c.id);
    assert_int_equal(run(&probe_step, id), OUTCOME_DONE);
    assert_int_equal(shown.looks, 0);
}

static void what_is_not_there_any_more_comes_back_and_is_given_up(void **state) {
    (void)state;
    struct certificate c;
    const char *target_id, *id = put_somewhere(&c, &target_id);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, certificate_delete(w.services.db, w.arena, &c, &e), &e), e);
    assert_int_equal(run(&probe_step, id), OUTCOME_OTHERWISE);
    assert_int_equal(shown.looks, 0);
    assert_int_equal(run(&back, id), OUTCOME_RETRY);
    run(&put, id);
    assert_int_equal(run(&put, id), OUTCOME_DONE);
    assert_true(deployment_now(id).finished_at);
}

/* ---- watching ---- */

static void drift_is_repaired_by_a_deployment_to_that_target_alone(void **state) {
    (void)state;
    const char *target_id;
    struct certificate c = deployed(&target_id);
    const char *untouched = target_new("mail", c.id, NULL);
    const struct version other = of_another_certificate();
    serve(&other);
    run(&watch, target_id);
    struct deployment d = newest_of(target_id);
    assert_string_equal(d.cause, "drift");
    assert_string_equal(d.version_id, c.version_id);
    assert_string_equal(d.state, DEPLOYMENT_WAITING);
    assert_null(newest_of(untouched).id);
    assert_string_equal(text_of(json_array_get(probes_of(target_id), 0), "verdict"),
                        "old_certificate_served");
}

static void drift_is_not_repaired_beside_or_right_after_a_deployment(void **state) {
    (void)state;
    const char *target_id;
    struct certificate c = deployed(&target_id);
    const char *unfinished = deployment_new(c.id);
    const struct version other = of_another_certificate();
    serve(&other);
    run(&watch, target_id);
    assert_string_equal(newest_of(target_id).id, unfinished);
    run(&put, unfinished);
    run(&put, unfinished);
    assert_int_equal(run(&keep, unfinished), OUTCOME_DONE);
    w.now += 599;
    run(&watch, target_id);
    assert_string_equal(newest_of(target_id).id, unfinished);
    w.now++;
    run(&watch, target_id);
    assert_string_equal(newest_of(target_id).cause, "drift");
}

static void what_never_was_there_is_reported_but_not_put_there(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    const char *target_id = target_new("web", c.id, "192.0.2.1:443");
    const struct version other = of_another_certificate();
    serve(&other);
    run(&watch, target_id);
    assert_null(newest_of(target_id).id);
    assert_string_equal(text_of(json_array_get(probes_of(target_id), 0), "verdict"), "file_not_replaced");
}

static void what_is_seen_there_in_order_counts_as_being_there(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    const char *target_id = target_new("web", c.id, "192.0.2.1:443");
    const struct version version = version_now(c.id);
    serve(&version);
    shown.chain[0] = "";
    run(&watch, target_id);
    assert_null(target_now(target_id).version_id);
    serve(&version);
    const char *unfinished = deployment_new(c.id);
    run(&watch, target_id);
    assert_null(target_now(target_id).version_id);
    run(&put, unfinished);
    run(&put, unfinished);
    run(&keep, unfinished);
    assert_ok(target_set_version(w.services.db, target_id, NULL, &e), e);
    run(&watch, target_id);
    assert_string_equal(target_now(target_id).version_id, version.id);
}

static void a_target_that_was_bound_anew_meanwhile_is_judged_next_time(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    const char *target_id = target_new("web", c.id, "192.0.2.1:443");
    const struct version version = version_now(c.id), other = of_another_certificate();
    serve(&version);
    struct work work = step_begin(&w, target_id);
    assert_ok(verify_watch(&work, &e), e);
    json_t *reply;
    assert_ok(ask(deploy_tables, "PATCH", arena_printf(w.arena, "/v1/targets/%s", target_id),
                  arena_printf(w.arena, "{\"certificate_id\": \"%s\"}", other.certificate_id), &reply),
              e);
    assert_ok(step_save(&w, &watch, &work, &e), e);
    assert_null(target_now(target_id).version_id);
}

static void a_device_in_front_is_not_repaired_by_a_deployment_behind_it(void **state) {
    (void)state;
    const char *target_id;
    struct certificate c = deployed(&target_id);
    const struct version version = version_now(c.id), other = of_another_certificate();
    shown.count = 2;
    serve_at(0, &other);
    serve_at(1, &version);
    run(&watch, target_id);
    assert_string_equal(newest_of(target_id).cause, "requested");
    assert_string_equal(text_of(json_array_get(probes_of(target_id), 0), "verdict"),
                        "intermediate_device_not_updated");
}

static void a_server_that_is_down_is_no_drift(void **state) {
    (void)state;
    const char *target_id;
    deployed(&target_id);
    shown.result = HANDSHAKE_UNREACHABLE;
    run(&watch, target_id);
    assert_string_equal(newest_of(target_id).cause, "requested");
}

static void an_expired_version_is_not_put_back(void **state) {
    (void)state;
    const char *target_id;
    struct certificate c = deployed(&target_id);
    const struct version other = of_another_certificate();
    serve(&other);
    w.now = certificate_now(&w, c.id).version_end;
    run(&watch, target_id);
    assert_string_equal(newest_of(target_id).cause, "requested");
}

static void a_target_is_watched_every_hour_and_every_quarter_after_a_finding(void **state) {
    (void)state;
    const char *target_id;
    deployed(&target_id);
    struct work first = run_work(&watch, target_id);
    assert_int_equal(first.outcome, OUTCOME_WAIT);
    assert_in_range(first.until, w.now + 1, w.now + 3600);
    w.now = first.until;
    assert_int_equal(run_work(&watch, target_id).until, w.now + 3600);
    shown.result = HANDSHAKE_REFUSED;
    assert_in_range(run_work(&watch, target_id).until, w.now + 1, w.now + 900);
}

static void nothing_is_watched_where_nothing_is_bound(void **state) {
    (void)state;
    const char *target_id;
    struct certificate c = deployed(&target_id);
    json_t *reply;
    size_t looks = shown.looks;
    assert_ok(ask(deploy_tables, "PATCH", arena_printf(w.arena, "/v1/targets/%s", target_id),
                  "{\"certificate_id\": null}", &reply),
              e);
    assert_int_equal(run(&watch, target_id), OUTCOME_DONE);
    struct target target = target_now(target_id);
    target.certificate_id = "cert_deleted";
    assert_ok(target_store(w.services.db, &target, &e), e);
    assert_int_equal(run(&watch, target_id), OUTCOME_DONE);
    assert_int_equal(shown.looks, looks);
    assert_int_equal(certificate_now(&w, c.id).target_count, 0);
}

static void a_wildcard_is_asked_for_under_a_name_that_a_host_can_have(void **state) {
    (void)state;
    struct certificate c = issue_now(bought((struct order_request){.names = "*.example.com example.com"}).id);
    const char *target_id = target_new("web", c.id, "192.0.2.1:443");
    const struct version version = version_now(c.id);
    serve(&version);
    run(&watch, target_id);
    assert_string_equal(shown.server_name, "example.com");
    json_t *reply;
    assert_ok(ask(deploy_tables, "PATCH", arena_printf(w.arena, "/v1/targets/%s", target_id),
                  "{\"server_name\": \"www.example.com\"}", &reply),
              e);
    run(&watch, target_id);
    assert_string_equal(shown.server_name, "www.example.com");
}

/* ---- retention ---- */

static void probes_go_after_thirty_days_except_the_last_of_each_target(void **state) {
    (void)state;
    const char *target_id;
    deployed(&target_id);
    run(&watch, target_id);
    assert_int_equal(json_array_size(probes_of(target_id)), 2);
    w.now += 30 * DAY;
    struct work work = run_work(&retention, ACCOUNT);
    assert_int_equal(work.until, w.now + DAY);
    assert_int_equal(json_array_size(probes_of(target_id)), 1);
    w.now += 365 * DAY;
    run_work(&retention, ACCOUNT);
    assert_int_equal(json_array_size(probes_of(target_id)), 1);
}

/* ---- over HTTP ---- */

static void any_host_can_be_looked_at(void **state) {
    (void)state;
    const struct version version = of_another_certificate();
    serve(&version);
    json_t *reply;
    assert_ok(ask(verify_tables, "POST", "/v1/verify",
                  "{\"host\": \"2001:db8::1\", \"server_name\": \"www.example.com\"}", &reply),
              e);
    assert_string_equal(text_of(reply, "verdict"), "ok");
    assert_string_equal(text_of(reply, "address"), "[2001:db8::1]:443");
    assert_string_equal(text_of(reply, "fingerprint"), version.fingerprint);
    assert_string_equal(text_of(reply, "from_at"), time_format(w.arena, version.not_before));
    assert_string_equal(text_of(reply, "end_at"), time_format(w.arena, version.end_at));
}

static void what_was_seen_at_a_target_comes_with_what_to_do(void **state) {
    (void)state;
    struct certificate c;
    const char *target_id, *id = put_somewhere(&c, &target_id);
    const struct version other = of_another_certificate();
    serve(&other);
    run_work(&probe_step, id);
    const json_t *probe = json_array_get(probes_of(target_id), 0);
    assert_string_equal(text_of(probe, "verdict"), "service_not_reloaded");
    assert_non_null(strstr(text_of(probe, "remedy"), "Reload the server"));
    assert_non_null(text_of(probe, "title"));
}

static void nobody_sees_what_was_seen_at_targets_of_others(void **state) {
    (void)state;
    const char *target_id;
    deployed(&target_id);
    struct request rq;
    const char *path = arena_printf(w.arena, "/v1/targets/%s/probes", target_id);
    assert_fails(ask_as(&(struct asked_route){verify_tables, "GET", path, "acct_2"}, "{}", &rq), e,
                 ERR_NOT_FOUND);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        in_verify_world(a_version_that_is_served_is_kept),
        in_verify_world(a_load_balancer_gets_its_time_and_then_the_old_set_comes_back),
        in_verify_world(what_comes_late_is_kept_as_well),
        in_verify_world(every_attempt_has_all_its_looks),
        in_verify_world(a_chain_that_was_put_there_must_be_served),
        in_verify_world(an_expired_certificate_is_reported_but_stays),
        in_verify_world(where_nobody_can_look_nobody_looks),
        in_verify_world(a_deployment_that_was_given_up_is_not_looked_at),
        in_verify_world(what_is_not_there_any_more_comes_back_and_is_given_up),
        in_verify_world(drift_is_repaired_by_a_deployment_to_that_target_alone),
        in_verify_world(drift_is_not_repaired_beside_or_right_after_a_deployment),
        in_verify_world(what_never_was_there_is_reported_but_not_put_there),
        in_verify_world(what_is_seen_there_in_order_counts_as_being_there),
        in_verify_world(a_target_that_was_bound_anew_meanwhile_is_judged_next_time),
        in_verify_world(a_device_in_front_is_not_repaired_by_a_deployment_behind_it),
        in_verify_world(a_server_that_is_down_is_no_drift),
        in_verify_world(an_expired_version_is_not_put_back),
        in_verify_world(a_target_is_watched_every_hour_and_every_quarter_after_a_finding),
        in_verify_world(nothing_is_watched_where_nothing_is_bound),
        in_verify_world(a_wildcard_is_asked_for_under_a_name_that_a_host_can_have),
        in_verify_world(probes_go_after_thirty_days_except_the_last_of_each_target),
        in_verify_world(any_host_can_be_looked_at),
        in_verify_world(what_was_seen_at_a_target_comes_with_what_to_do),
        in_verify_world(nobody_sees_what_was_seen_at_targets_of_others),
    };
    return cmocka_run_group_tests_name("verify", tests, NULL, NULL);
}
