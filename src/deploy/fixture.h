/* For the tests of this slice and of verify/: the world of issue/fixture.h with a runner that tells what it
 * was asked. */
#pragma once
#include "deploy/deploy_db.h"
#include "http/list.h"
#include "issue/fixture.h"

#define FOLDER "/etc/tls"

static const struct half_steps put = {deploy_put, {deploy_put_record}};
static const struct half_steps keep = {deploy_keep, {deploy_keep_record}};
static const struct half_steps back = {deploy_back, {deploy_back_record}};
static const struct half_steps issue_and_inherit = {issue_ask, {issue_record, deploy_inherit}};

static const char *const folders[] = {FOLDER, NULL};
static const struct runner_command commands[] = {{.name = "test"}, {.name = "reload"}};
static const struct deploy_settings deploy_settings = {
    .policy = {.commands = commands, .command_count = 2, .folders = folders}};

/* What the runner was asked, in order: "back test put test reload"; and which of these calls fail. */
static struct {
    char calls[200];
    size_t count;
    const size_t *failing; /* numbers of calls, ending with 0; a command then ends with status 1 */
} tape;

static inline bool is_failing(size_t number) {
    for (const size_t *n = tape.failing; n && *n; n++)
        if (*n == number)
            return true;
    return false;
}

static inline bool record_call(void *context, const char *call, const char *object, int *exit_status,
                               struct error *error) {
    (void)context;
    bool command = strcmp(call, "command") == 0;
    size_t len = strlen(tape.calls);
    snprintf(tape.calls + len, sizeof tape.calls - len, "%s%s", len ? " " : "", command ? object : call);
    if (!is_failing(++tape.count))
        return true;
    *exit_status = 1;
    return command || fail(error, ERR_FILES_NOT_WRITTEN, "the disk is full", "磁盘已满");
}

static inline void tape_start(const size_t *failing) {
    tape.calls[0] = 0;
    tape.count = 0;
    tape.failing = failing;
}
#define FAILING(...) ((const size_t[]){__VA_ARGS__, 0})

static inline int open_deploy_world(void **state) {
    open_world(state);
    tape_start(NULL);
    w.services.deploy = &deploy_settings;
    w.services.runner = runner_fake(w.arena, record_call, NULL);
    return 0;
}

#define in_deploy_world(f) cmocka_unit_test_setup_teardown(f, open_deploy_world, close_world)

/* ---- over HTTP ---- */

static const char *query_name, *query_value;

static inline const char *query_of_test(struct request *rq, const char *name) {
    (void)rq;
    return query_name && strcmp(query_name, name) == 0 ? query_value : NULL;
}

struct asked_route {
    const struct route *const *tables;
    const char *method, *path, *account_id;
};

/* What the dispatcher does; the answer is in rq->reply. */
static inline bool ask_as(const struct asked_route *asked, const char *body, struct request *rq) {
    *rq = (struct request){.arena = w.arena,
                           .services = &w.services,
                           .db = w.services.db,
                           .caller = {.account_id = asked->account_id,
                                      .key_id = "key_1",
                                      .user_id = "user_1",
                                      .role = ROLE_OWNER,
                                      .user_role = ROLE_OWNER},
                           .now = w.now,
                           .query = query_of_test};
    rq->route = route_match(asked->tables, asked->method, asked->path, w.arena, rq->path_args, &e);
    assert_non_null(rq->route);
    assert_ok(json_read(w.arena, slice_str(body), &rq->json, &e), e);
    bool writes = rq->route->flags & ROUTE_WRITES;
    if (writes)
        assert_ok(db_begin(w.services.db, &e), e);
    bool ok = rq->route->handle(rq, &e);
    if (rq->reply)
        json_keep(w.arena, rq->reply);
    return writes ? world_end(&w, ok, &e) : ok;
}

static inline bool ask(const struct route *const *tables, const char *method, const char *path,
                       const char *body, json_t **reply) {
    struct request rq;
    bool ok = ask_as(&(struct asked_route){tables, method, path, ACCOUNT}, body, &rq);
    *reply = rq.reply;
    return ok;
}

static inline const char *text_of(const json_t *object, const char *member) {
    const char *text = json_string_value(json_object_get(object, member));
    return text ? text : "";
}

/* ---- targets and deployments ---- */

static inline struct target target_now(const char *id) {
    struct target target;
    assert_ok(target_get_any(w.services.db, w.arena, id, &target, &e), e);
    return target;
}

static inline struct deployment deployment_now(const char *id) {
    struct deployment d;
    assert_ok(deployment_get_any(w.services.db, w.arena, id, &d, &e), e);
    return d;
}

static inline struct deployment newest_of(const char *target_id) {
    struct deployment d;
    assert_ok(deployment_newest(w.services.db, w.arena, target_id, &d, &e), e);
    return d;
}

static inline struct version version_now(const char *certificate_id) {
    struct version version;
    const struct certificate c = certificate_now(&w, certificate_id);
    assert_ok(version_get(w.services.db, w.arena, ACCOUNT, c.version_id, &version, &e), e);
    return version;
}

static const struct route *const deploy_tables[] = {deploy_routes, NULL};

/* Two files below FOLDER, test and reload, and a probe address if there is one. */
static inline const char *target_body(const char *name, const char *certificate_id,
                                      const char *probe_address) {
    const char *probe =
        probe_address ? arena_printf(w.arena, ", \"probe_address\": \"%s\"", probe_address) : "";
    return arena_printf(w.arena,
                        "{\"name\": \"%s\", \"certificate_id\": \"%s\", \"test_command\": \"test\", "
                        "\"reload_command\": \"reload\", \"files\": ["
                        "{\"path\": \"" FOLDER "/%s.pem\", \"content\": \"fullchain\"}, "
                        "{\"path\": \"" FOLDER "/%s.key\", \"content\": \"key\"}]%s}",
                        name, certificate_id, name, name, probe);
}

static inline const char *target_new(const char *name, const char *certificate_id,
                                     const char *probe_address) {
    json_t *reply;
    assert_ok(
        ask(deploy_tables, "POST", "/v1/targets", target_body(name, certificate_id, probe_address), &reply),
        e);
    return text_of(reply, "id");
}

static inline const char *deployment_new(const char *certificate_id) {
    json_t *reply;
    const char *path = arena_printf(w.arena, "/v1/certificates/%s/deploy", certificate_id);
    assert_ok(ask(deploy_tables, "POST", path, "{}", &reply), e);
    return text_of(json_array_get(json_object_get(reply, "items"), 0), "id");
}

/* The step's outside half fails, and that is noted as the engine does it. */
static inline void run_failing(const struct half_steps *steps, const char *subject, enum error_id expected) {
    struct work work = step_begin(&w, subject);
    struct error cause = {.id = ERR_NONE};
    assert_fails(steps->act(&work, &cause), cause, expected);
    e = cause;
    assert_ok(db_begin(w.services.db, &cause), cause);
    assert_ok(world_end(&w, deploy_failed(&work, &e, &cause), &cause), cause);
}
