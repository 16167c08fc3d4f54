/* Targets over HTTP: what may be configured, what is refused, and what a change of the binding does. */
#include "audit/audit.h"
#include "deploy/fixture.h"

static json_t *reply;

static bool post_target(const char *body) {
    return ask(deploy_tables, "POST", "/v1/targets", body, &reply);
}

static bool change(const char *id, const char *body) {
    return ask(deploy_tables, "PATCH", arena_printf(w.arena, "/v1/targets/%s", id), body, &reply);
}

static bool delete (const char *id) {
    return ask(deploy_tables, "DELETE", arena_printf(w.arena, "/v1/targets/%s", id), "{}", &reply);
}

static const char *step_of(const char *subject) {
    struct work_item item;
    return work_get(w.services.db, w.arena, subject, &item, &e) ? item.step : "";
}

/* ---- configuration ---- */

static void a_target_is_stored_counted_and_watched_but_not_deployed_to(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    const char *id = target_new("web", c.id, "www.example.com:443");
    assert_int_equal(certificate_now(&w, c.id).target_count, 1);
    assert_string_equal(step_of(id), "watch");
    assert_null(newest_of(id).id);
    assert_ok(ask(deploy_tables, "GET", arena_printf(w.arena, "/v1/targets/%s", id), "{}", &reply), e);
    json_t *files = json_object_get(reply, "files");
    assert_int_equal(json_array_size(files), 2);
    assert_string_equal(text_of(json_array_get(files, 1), "content"), "key");
}

static void a_target_is_deployed_to_at_once_if_that_is_asked_for(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    const char *body =
        arena_printf(w.arena,
                     "{\"name\": \"web\", \"certificate_id\": \"%s\", \"deploy\": true, \"files\": "
                     "[{\"path\": \"" FOLDER "/a.pem\", \"content\": \"cert\"}]}",
                     c.id);
    assert_ok(post_target(body), e);
    struct deployment d = newest_of(text_of(reply, "id"));
    assert_string_equal(d.cause, "requested");
    assert_string_equal(d.version_id, c.version_id);
    assert_string_equal(step_of(d.id), "put");
}

#define FILES(path) "\"files\": [{\"path\": \"" FOLDER "/" path "\", \"content\": \"cert\"}]"

/* Each would bring back what the other has replaced. */
static void two_targets_have_no_file_in_common(void **state) {
    (void)state;
    assert_ok(post_target("{\"name\": \"one\", " FILES("same.pem") "}"), e);
    const char *one = text_of(reply, "id");
    assert_fails(post_target("{\"name\": \"two\", " FILES("same.pem") "}"), e, ERR_ALREADY_EXISTS);
    assert_string_equal(e.field, "files");
    assert_non_null(strstr(e.detail[LANG_EN], one));
    assert_ok(post_target("{\"name\": \"two\", " FILES("other.pem") "}"), e);
    const char *two = text_of(reply, "id");
    assert_fails(change(two, "{" FILES("same.pem") "}"), e, ERR_ALREADY_EXISTS);
    assert_ok(change(one, "{" FILES("third.pem") "}"), e);
    assert_ok(change(two, "{" FILES("same.pem") "}"), e);
    assert_ok(delete (one), e);
    assert_ok(change(two, "{" FILES("third.pem") "}"), e);
}

static void a_file_of_another_account_is_refused_without_telling_whose(void **state) {
    (void)state;
    struct request rq;
    assert_ok(post_target("{\"name\": \"one\", " FILES("same.pem") "}"), e);
    const char *one = text_of(reply, "id");
    assert_fails(ask_as(&(struct asked_route){deploy_tables, "POST", "/v1/targets", "acct_2"},
                        "{\"name\": \"two\", " FILES("same.pem") "}", &rq),
                 e, ERR_ALREADY_EXISTS);
    assert_null(strstr(e.detail[LANG_EN], one));
}

static void a_preset_fills_in_contents_and_commands(void **state) {
    (void)state;
    assert_ok(
        post_target("{\"name\": \"web\", \"preset\": \"nginx\", \"reload_command\": \"reload\", \"files\": "
                    "[{\"path\": \"" FOLDER "/a.pem\"}, {\"path\": \"" FOLDER "/a.key\"}]}"),
        e);
    assert_string_equal(text_of(reply, "test_command"), "nginx-test");
    assert_string_equal(text_of(reply, "reload_command"), "reload");
    const json_t *files = json_object_get(reply, "files");
    assert_string_equal(text_of(json_array_get(files, 0), "content"), "fullchain");
    assert_string_equal(text_of(json_array_get(files, 1), "content"), "key");
    assert_fails(post_target("{\"name\": \"x\", \"preset\": \"iis\", \"files\": []}"), e, ERR_BAD_FIELD);
}

/* One file of this JSON, and more members. */
static bool post_file(const char *file, const char *more) {
    return post_target(arena_printf(w.arena, "{\"name\": \"t\", \"files\": [%s]%s}", file, more));
}

#define PATH(path)     "{\"path\": \"" path "\", \"content\": \"cert\"}"
#define FILE_(members) "{\"path\": \"" FOLDER "/a\", " members "}"

static void what_cannot_be_is_refused_naming_the_field(void **state) {
    (void)state;
    static const struct {
        const char *file, *more, *field;
        enum error_id error;
    } cases[] = {
        {PATH("/etc/passwd"), "", "files", ERR_PATH_NOT_ALLOWED},
        {PATH("/etc/tls2/a"), "", "files", ERR_PATH_NOT_ALLOWED},
        {PATH("/etc/tls"), "", "files", ERR_PATH_NOT_ALLOWED},
        {PATH("/etc/tls/"), "", "files", ERR_PATH_NOT_ALLOWED},
        {PATH("/etc/tls/../passwd"), "", "files", ERR_PATH_NOT_ALLOWED},
        {PATH("/etc/tls/a/.."), "", "files", ERR_PATH_NOT_ALLOWED},
        {PATH("/etc/tls/./a"), "", "files", ERR_PATH_NOT_ALLOWED},
        {PATH("/etc/tls//a"), "", "files", ERR_PATH_NOT_ALLOWED},
        {PATH("/etc/tls/.a.new"), "", "files", ERR_PATH_NOT_ALLOWED},
        {PATH("etc/tls/a"), "", "files", ERR_PATH_NOT_ALLOWED},
        {"", "", "files", ERR_BAD_FIELD},
        {"7", "", "", ERR_BAD_REQUEST},
        {FILE_("\"content\": \"p12\""), "", "files", ERR_BAD_FIELD},
        {FILE_("\"content\": \"cert\", \"mode\": \"0644x\""), "", "files", ERR_BAD_FIELD},
        {FILE_("\"content\": \"cert\", \"mode\": \"\""), "", "files", ERR_BAD_FIELD},
        {FILE_("\"content\": \"cert\", \"mode\": \"0777\""), "", "files", ERR_BAD_FIELD},
        {FILE_("\"content\": \"cert\", \"mode\": \"0044\""), "", "files", ERR_BAD_FIELD},
        {FILE_("\"content\": \"key\", \"mode\": \"0640\""), "", "files", ERR_BAD_FIELD},
        {FILE_("\"content\": \"combined\", \"mode\": \"0644\""), "", "files", ERR_BAD_FIELD},
        {FILE_("\"content\": \"cert\", \"shell\": \"x\""), "", "shell", ERR_UNKNOWN_FIELD},
        {PATH("/etc/tls/a") ", " PATH("/etc/tls/a"), "", "files", ERR_BAD_FIELD},
        {PATH("/etc/tls/a"), ", \"test_command\": \"/bin/sh\"", "test_command", ERR_COMMAND_NOT_ALLOWED},
        {PATH("/etc/tls/a"), ", \"reload_command\": \"sh\"", "reload_command", ERR_COMMAND_NOT_ALLOWED},
        {PATH("/etc/tls/a"), ", \"kind\": \"ssh\"", "kind", ERR_BAD_FIELD},
        {PATH("/etc/tls/a"), ", \"kind\": null", "kind", ERR_BAD_FIELD},
        {PATH("/etc/tls/a"), ", \"probe_address\": \"a:99999\"", "probe_address", ERR_BAD_FIELD},
        {PATH("/etc/tls/a"), ", \"server_name\": \"a..b\"", "server_name", ERR_BAD_NAME},
        {PATH("/etc/tls/a"), ", \"certificate_id\": \"cert_none\"", "", ERR_NOT_FOUND},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_fails(post_file(cases[i].file, cases[i].more), e, cases[i].error);
        assert_string_equal(e.field, cases[i].field);
    }
    assert_ok(post_file(PATH("/etc/tls/deep/a"), ", \"test_command\": \"test\""), e);
}

static void two_targets_cannot_have_one_name(void **state) {
    (void)state;
    assert_ok(post_file(PATH("/etc/tls/a"), ""), e);
    const char *id = text_of(reply, "id");
    assert_fails(post_file(PATH("/etc/tls/a"), ""), e, ERR_ALREADY_EXISTS);
    assert_ok(delete (id), e);
    assert_ok(post_file(PATH("/etc/tls/a"), ""), e);
}

static void a_probe_address_is_taken_apart(void **state) {
    (void)state;
    static const struct {
        const char *address, *host;
        int port;
    } cases[] = {
        {"www.example.com:8443", "www.example.com", 8443},
        {"www.example.com", "www.example.com", 443},
        {"192.0.2.1:25", "192.0.2.1", 25},
        {"[2001:db8::1]:443", "2001:db8::1", 443},
        {"[2001:db8::1]", "2001:db8::1", 443},
    };
    static const char *const bad[] = {"",        ":443",    "a:",          "a:0",    "a:65536",
                                      "a:1x",    "a:+1",    "[::1",        "[]:1",   "[::1]x",
                                      "a b:443", "a/b:443", "2001:db8::1", "u@a:443"};
    const char *host;
    uint16_t port;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_ok(probe_address_parse(w.arena, cases[i].address, &host, &port, &e), e);
        assert_string_equal(host, cases[i].host);
        assert_int_equal(port, cases[i].port);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_fails(probe_address_parse(w.arena, bad[i], &host, &port, &e), e, ERR_BAD_FIELD);
}

/* ---- changes ---- */

static void binding_anew_moves_the_count_and_gives_up_what_was_on_its_way(void **state) {
    (void)state;
    struct certificate one = bought_and_issued(NULL), other = bought_and_issued(NULL);
    const char *id = target_new("web", one.id, NULL);
    const char *deployment = deployment_new(one.id);
    assert_ok(target_set_version(w.services.db, id, one.version_id, &e), e);
    assert_ok(change(id, arena_printf(w.arena, "{\"certificate_id\": \"%s\"}", other.id)), e);
    assert_int_equal(certificate_now(&w, one.id).target_count, 0);
    assert_int_equal(certificate_now(&w, other.id).target_count, 1);
    assert_int_equal(deployment_now(deployment).finished_at, w.now);
    assert_null(target_now(id).version_id);
    assert_ok(change(id, "{\"certificate_id\": null}"), e);
    assert_int_equal(certificate_now(&w, other.id).target_count, 0);
}

static void a_change_wakes_the_deployment_that_waits_for_it(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    const char *id = target_new("web", c.id, NULL), *deployment = deployment_new(c.id);
    struct work_item item;
    struct work_item *items;
    size_t count;
    assert_ok(work_claim(w.services.db, w.arena, "me", w.now, 60, 10, &items, &count, &e), e);
    for (size_t i = 0; i < count; i++)
        assert_ok(work_fail(w.services.db, &items[i], items[i].step, w.now + DAY, "reload_failed", &e), e);
    assert_ok(change(id, "{\"test_command\": null}"), e);
    assert_ok(work_get(w.services.db, w.arena, deployment, &item, &e), e);
    assert_int_equal(item.due_at, w.now);
    assert_null(target_now(id).test_command);
    assert_string_equal(target_now(id).reload_command, "reload");
}

/* The engine goes on to another step of the deployment. */
static void move_on(const char *deployment, const char *step) {
    struct work_item *items;
    size_t count;
    assert_ok(work_claim(w.services.db, w.arena, "me", w.now, 60, 10, &items, &count, &e), e);
    for (size_t i = 0; i < count; i++)
        if (strcmp(items[i].subject, deployment) == 0)
            assert_ok(work_next(w.services.db, &items[i], step, w.now, false, &e), e);
    assert_ok(work_give_back(w.services.db, "me", &e), e);
}

static void while_files_are_in_between_a_target_stays_as_it_is(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    const char *id = target_new("web", c.id, NULL), *deployment = deployment_new(c.id);
    assert_int_equal(run(&put, deployment), OUTCOME_AGAIN);
    assert_fails(change(id, "{\"name\": \"other\"}"), e, ERR_CONFLICT);
    assert_int_equal(run(&put, deployment), OUTCOME_NEXT);
    move_on(deployment, "probe");
    assert_fails(delete (id), e, ERR_CONFLICT);
}

static void a_deleted_target_is_gone_for_everybody(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    const char *id = target_new("web", c.id, NULL), *deployment = deployment_new(c.id);
    assert_ok(delete (id), e);
    assert_int_equal(certificate_now(&w, c.id).target_count, 0);
    assert_int_equal(deployment_now(deployment).finished_at, w.now);
    assert_fails(delete (id), e, ERR_NOT_FOUND);
    assert_ok(ask(deploy_tables, "GET", "/v1/targets", "{}", &reply), e);
    assert_int_equal(json_array_size(json_object_get(reply, "items")), 0);
    assert_int_equal(run(&put, deployment), OUTCOME_DONE);
}

static void nobody_sees_or_binds_what_belongs_to_others(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    const char *path = arena_printf(w.arena, "/v1/targets/%s", target_new("web", c.id, NULL));
    const char *deployment = arena_printf(w.arena, "/v1/deployments/%s", deployment_new(c.id));
    const char *deploy = arena_printf(w.arena, "/v1/certificates/%s/deploy", c.id);
    struct request rq;
    assert_fails(ask_as(&(struct asked_route){deploy_tables, "GET", path, "acct_2"}, "{}", &rq), e,
                 ERR_NOT_FOUND);
    assert_fails(ask_as(&(struct asked_route){deploy_tables, "DELETE", path, "acct_2"}, "{}", &rq), e,
                 ERR_NOT_FOUND);
    assert_fails(ask_as(&(struct asked_route){deploy_tables, "GET", deployment, "acct_2"}, "{}", &rq), e,
                 ERR_NOT_FOUND);
    assert_fails(ask_as(&(struct asked_route){deploy_tables, "POST", deploy, "acct_2"}, "{}", &rq), e,
                 ERR_NOT_FOUND);
    assert_fails(ask_as(&(struct asked_route){deploy_tables, "POST", "/v1/targets", "acct_2"},
                        target_body("x", c.id, NULL), &rq),
                 e, ERR_NOT_FOUND);
}

/* ---- deployments ---- */

static void deployments_are_asked_for_by_target_and_listed_newest_first(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    const char *web = target_new("web", c.id, NULL);
    target_new("mail", c.id, NULL);
    const char *path = arena_printf(w.arena, "/v1/certificates/%s/deploy", c.id);
    assert_ok(ask(deploy_tables, "POST", path, "{}", &reply), e);
    assert_int_equal(json_array_size(json_object_get(reply, "items")), 2);
    w.now++;
    assert_ok(ask(deploy_tables, "POST", path, arena_printf(w.arena, "{\"target_id\": \"%s\"}", web), &reply),
              e);
    assert_int_equal(json_array_size(json_object_get(reply, "items")), 1);
    query_name = "target", query_value = web;
    assert_ok(ask(deploy_tables, "GET", "/v1/deployments", "{}", &reply), e);
    query_name = NULL;
    const json_t *items = json_object_get(reply, "items");
    assert_int_equal(json_array_size(items), 2);
    assert_string_equal(text_of(json_array_get(items, 0), "state"), DEPLOYMENT_WAITING);
    assert_string_equal(text_of(json_array_get(items, 0), "target_name"), "web");
    assert_string_equal(text_of(json_array_get(items, 1), "reason"), DEPLOYMENT_SUPERSEDED);
    assert_fails(ask(deploy_tables, "POST", path, "{\"target_id\": \"tgt_none\"}", &reply), e, ERR_NOT_FOUND);
}

static void what_is_not_issued_is_not_deployed(void **state) {
    (void)state;
    struct certificate c = bought((struct order_request){0});
    target_new("web", c.id, NULL);
    const char *path = arena_printf(w.arena, "/v1/certificates/%s/deploy", c.id);
    assert_fails(ask(deploy_tables, "POST", path, "{}", &reply), e, ERR_NOT_LIVE);
}

static int64_t audit_entries(void) {
    struct audit_check check;
    assert_ok(audit_verify(w.services.db, 0, 1, &check, &e), e);
    return check.end;
}

static void every_change_has_its_audit_entry(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    int64_t before = audit_entries();
    const char *id = target_new("web", c.id, NULL);
    deployment_new(c.id);
    assert_ok(change(id, "{\"name\": \"other\"}") && delete (id), e);
    assert_int_equal(audit_entries(), before + 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        in_deploy_world(a_target_is_stored_counted_and_watched_but_not_deployed_to),
        in_deploy_world(a_target_is_deployed_to_at_once_if_that_is_asked_for),
        in_deploy_world(two_targets_have_no_file_in_common),
        in_deploy_world(a_file_of_another_account_is_refused_without_telling_whose),
        in_deploy_world(a_preset_fills_in_contents_and_commands),
        in_deploy_world(what_cannot_be_is_refused_naming_the_field),
        in_deploy_world(two_targets_cannot_have_one_name),
        in_deploy_world(a_probe_address_is_taken_apart),
        in_deploy_world(binding_anew_moves_the_count_and_gives_up_what_was_on_its_way),
        in_deploy_world(a_change_wakes_the_deployment_that_waits_for_it),
        in_deploy_world(while_files_are_in_between_a_target_stays_as_it_is),
        in_deploy_world(a_deleted_target_is_gone_for_everybody),
        in_deploy_world(nobody_sees_or_binds_what_belongs_to_others),
        in_deploy_world(deployments_are_asked_for_by_target_and_listed_newest_first),
        in_deploy_world(what_is_not_issued_is_not_deployed),
        in_deploy_world(every_change_has_its_audit_entry),
    };
    return cmocka_run_group_tests_name("targets", tests, NULL, NULL);
}
