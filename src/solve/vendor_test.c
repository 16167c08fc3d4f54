/*
 * DNS providers' APIs against tests/e2e/vendor_dns.py, which checks signatures by itself; and our requests
 * against those that the vendors' own clients sent it (tests/data/vendor).
 */
#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/secret.h"
#include "http/client.h"
#include "solve/solver.h"
#include "unit.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_MS = 20000, FILE_MAX = 1 << 20 };

#define PLACE "_acme-challenge.www.example.com"
#define VALUE "gfj9Xq-Rg85nM0123456789abcdefghijklmnopqrst"

static struct {
    struct arena *arena;
    char folder[32];
    pid_t pid;
    const char *url, *log;
    struct services services;
} world;

static const struct provider {
    const char *kind, *settings, *secret, *path;
} providers[] = {
    {"alidns", "\"key_id\":\"testAK\",", "testSecret", ""},
    {"dnspod", "\"key_id\":\"testSecretId\",", "testSecretKey", ""},
    {"cloudflare", "", "testToken", "/client/v4"},
};
enum { PROVIDERS = sizeof providers / sizeof *providers };

static const char *text_of(const char *path) {
    struct slice text;
    struct error e;
    assert_ok(file_read(world.arena, path, FILE_MAX, &text, &e), e);
    return arena_strndup(world.arena, (const char *)text.p, text.len);
}

static void run_fake(const char *port_file) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execl("/usr/bin/python3", "python3", TEST_DATA "/../e2e/vendor_dns.py", "--port-file", port_file, "--log",
          world.log, (char *)NULL);
    _exit(127);
}

static int open_world(void **state) {
    (void)state;
    world.arena = arena_new();
    world.services = (struct services){.outbound = &outbound_anywhere};
    snprintf(world.folder, sizeof world.folder, "/tmp/tenure-vendor-XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    const char *port_file = arena_printf(world.arena, "%s/port", world.folder);
    world.log = arena_printf(world.arena, "%s/log", world.folder);
    world.pid = fork();
    assert_true(world.pid >= 0);
    if (world.pid == 0)
        run_fake(port_file);
    const char *port = "";
    for (int64_t end = clock_monotonic_ms() + START_MS; !strchr(port, '\n'); usleep(20000)) {
        assert_true(clock_monotonic_ms() < end);
        port = access(port_file, R_OK) == 0 ? text_of(port_file) : "";
    }
    world.url = arena_printf(world.arena, "http://127.0.0.1:%.*s", (int)strcspn(port, "\n"), port);
    return 0;
}

static int close_world(void **state) {
    (void)state;
    struct child_result removed;
    struct error e;
    kill(world.pid, SIGKILL);
    waitpid(world.pid, NULL, 0);
    const char *const remove[] = {"rm", "-rf", world.folder, NULL};
    assert_ok(child_run(world.arena, remove, NULL, START_MS, &removed, &e), e);
    arena_free(world.arena);
    return 0;
}

/* ---- one solution with one provider ---- */

struct doing {
    struct solving solving;
    struct solution solution;
    const struct solver_ops *ops;
};

static struct doing doing_with(const struct provider *p, const char *secret) {
    struct error e;
    struct doing d = {.ops = solver_kind(p->kind),
                      .solution = {.place = PLACE, .value = VALUE},
                      .solving = {.arena = world.arena,
                                  .services = &world.services,
                                  .now = clock_now(),
                                  .secret = secret_new(world.arena, secret, strlen(secret))}};
    const char *settings =
        arena_printf(world.arena, "{%s\"endpoint\":\"%s%s\"}", p->settings, world.url, p->path);
    assert_ok(solver_settings(world.arena, d.ops, settings, &d.solving.settings, &e), e);
    assert_ok(d.ops->check(&world.services, d.solving.settings, &e), e);
    return d;
}

static void place(struct doing *d) {
    struct error e = {.id = ERR_NONE};
    d->solving.solution = &d->solution;
    assert_ok(d->ops->place(&d->solving, &e), e);
    assert_int_equal(e.id, ERR_NONE);
}

static void take_away(struct doing *d) {
    struct error e = {.id = ERR_NONE};
    d->solving.solution = &d->solution;
    assert_ok(d->ops->remove(&d->solving, &e), e);
    assert_int_equal(e.id, ERR_NONE);
}

static void assert_place_fails(struct doing *d, enum error_id expected, const char *words) {
    struct error e;
    d->solving.solution = &d->solution;
    assert_fails(d->ops->place(&d->solving, &e), e, expected);
    assert_non_null(strstr(e.detail[LANG_EN], words));
    assert_null(strstr(e.detail[LANG_EN], "wrong-secret"));
    assert_null(d->solution.handle);
}

/* What the fake is asked beside the providers' ways. */
static struct slice fake(const char *method, const char *path) {
    struct http_reply reply;
    struct error e;
    struct client *client = client_new(world.arena, &outbound_anywhere);
    const struct http_request request = {.method = method,
                                         .url = arena_printf(world.arena, "%s/fake/%s", world.url, path),
                                         .timeout_ms = START_MS};
    assert_ok(http_call(client, world.arena, &request, &reply, &e), e);
    return reply.body;
}

/* Records with the value, in the whole of the zones; whoever made the other one sees it stay. */
static size_t copies(const char *value) {
    struct slice body = fake("GET", "records");
    size_t count = 0;
    assert_non_null(strstr((const char *)body.p, "[\"example.com\", \"_acme-challenge.www\", \"foreign\"]"));
    for (const char *at = (const char *)body.p; (at = strstr(at, value)); at++)
        count++;
    return count;
}

/* ---- the tests ---- */

static void requests_are_those_of_the_vendors_own_clients(void **state) {
    (void)state;
    for (int i = 0; i < PROVIDERS; i++) {
        fake("POST", "new"); /* the clients had fresh zones: their record has the same id */
        struct doing d = doing_with(&providers[i], providers[i].secret);
        place(&d);
        d.solution.handle = NULL;
        take_away(&d);
        take_away(&d);
        const char *captured = arena_printf(world.arena, TEST_DATA "/vendor/%s.jsonl", providers[i].kind);
        assert_string_equal(text_of(world.log), text_of(captured));
    }
}

static void a_record_comes_and_goes_and_others_stay(void **state) {
    (void)state;
    for (int i = 0; i < PROVIDERS; i++) {
        struct doing d = doing_with(&providers[i], providers[i].secret);
        struct doing other = doing_with(&providers[i], providers[i].secret);
        other.solution.value = "LPsIwTo7o8BoG0-vjCyGQGBWSVIPxI-i_X336eUOQZo";
        place(&d);
        place(&other);
        assert_non_null(d.solution.handle);
        assert_int_equal(copies(VALUE), 1);
        take_away(&d);
        assert_int_equal(copies(VALUE), 0);
        assert_int_equal(copies(other.solution.value), 1);
        take_away(&d); /* by its id, which is gone */
        take_away(&other);
        assert_int_equal(copies(other.solution.value), 0);
    }
}

static void after_a_crash_a_record_is_found_and_never_made_twice(void **state) {
    (void)state;
    for (int i = 0; i < PROVIDERS; i++) {
        struct doing d = doing_with(&providers[i], providers[i].secret);
        fake("POST", "die");
        assert_place_fails(&d, ERR_UNREACHABLE, "does not answer");
        fake("POST", "live");
        assert_int_equal(copies(VALUE), 1);
        place(&d);
        assert_int_equal(copies(VALUE), 1);
        assert_non_null(d.solution.handle);
        d.solution.handle = NULL; /* and again, before it was saved */
        take_away(&d);
        assert_int_equal(copies(VALUE), 0);
    }
}

/* Then libcurl sends the same bytes again, over a fresh connection. */
static void a_lost_answer_makes_no_second_record(void **state) {
    (void)state;
    for (int i = 0; i < PROVIDERS; i++) {
        struct doing d = doing_with(&providers[i], providers[i].secret);
        struct error e = {.id = ERR_NONE};
        d.solving.solution = &d.solution;
        fake("POST", "drop");
        bool placed = d.ops->place(&d.solving, &e);
        assert_int_equal(copies(VALUE), 1);
        assert_int_equal(e.id, placed ? ERR_NONE : ERR_UNREACHABLE);
        place(&d);
        assert_int_equal(copies(VALUE), 1);
        fake("POST", "drop");
        if (!d.ops->remove(&d.solving, &e))
            take_away(&d);
        assert_int_equal(copies(VALUE), 0);
    }
}

static void the_longest_zone_counts(void **state) {
    (void)state;
    for (int i = 0; i < PROVIDERS; i++) {
        struct doing d = doing_with(&providers[i], providers[i].secret);
        d.solution.place = "_acme-challenge.www.deep.example.com";
        place(&d);
        assert_non_null(strstr((const char *)fake("GET", "records").p,
                               "[\"deep.example.com\", \"_acme-challenge.www\", \"" VALUE));
        take_away(&d);
        d.solution.handle = NULL;
        d.solution.place = "_acme-challenge.www.elsewhere.test";
        assert_place_fails(&d, ERR_DNS_ZONE_NOT_FOUND, "elsewhere.test");
        take_away(&d); /* where nothing can have been made */
        assert_int_equal(copies(VALUE), 0);
    }
}

static void a_wrong_key_is_told(void **state) {
    (void)state;
    static const char *const words[] = {"SignatureDoesNotMatch", "AuthFailure.SignatureFailure", "403"};
    for (int i = 0; i < PROVIDERS; i++) {
        struct doing d = doing_with(&providers[i], "wrong-secret");
        struct error e;
        assert_place_fails(&d, ERR_DNS_KEY_REFUSED, words[i]);
        assert_fails(d.ops->remove(&d.solving, &e), e,
                     ERR_DNS_KEY_REFUSED); /* nobody knows whether it is there */
    }
    struct doing injected = doing_with(&providers[2], "testToken\r\nX-Other: 1");
    assert_place_fails(&injected, ERR_BAD_FIELD, "one word");
}

static void who_wants_to_be_left_alone_is(void **state) {
    (void)state;
    struct doing d = doing_with(&providers[2], providers[2].secret);
    struct error e;
    d.solving.solution = &d.solution;
    fake("POST", "busy");
    assert_fails(d.ops->place(&d.solving, &e), e, ERR_DNS_CHANGE_REFUSED);
    assert_non_null(strstr(e.detail[LANG_EN], "971"));
    assert_int_equal(e.retry_after, 120);
    fake("POST", "live");
}

static void settings_are_checked(void **state) {
    (void)state;
    static const struct {
        const char *kind, *settings, *field;
    } cases[] = {
        {"alidns", "{\"key_id\":\"a b\"}", "key_id"},
        {"dnspod", "{\"key_id\":\"a\\r\\nb: c\"}", "key_id"},
        {"dnspod", "{\"key_id\":\"\"}", "key_id"},
        {"alidns", "{\"key_id\":\"a\",\"ttl\":-1}", "ttl"},
        {"alidns", "{\"key_id\":\"a\",\"endpoint\":\"http://alidns.aliyuncs.com\"}", "endpoint"},
        {"cloudflare", "{\"endpoint\":\"https://api.cloudflare.com/client/v4?a=b\"}", "endpoint"},
        {"cloudflare", "{\"endpoint\":\"https://me@api.cloudflare.com/\"}", "endpoint"},
        {"rfc2136", "{\"server\":\"ns1.example.com\",\"key_name\":\"k\"}", "server"},
        {"rfc2136", "{\"server\":\"192.0.2.1\",\"key_name\":\"k k\"}", "key_name"},
        {"rfc2136", "{\"server\":\"192.0.2.1\",\"key_name\":\"k\",\"algorithm\":\"hmac-md5\"}", "algorithm"},
        {"rfc2136", "{\"server\":\"192.0.2.1\",\"key_name\":\"k\",\"zone\":\"a b\"}", "zone"},
        {"rfc2136", "{\"server\":\"192.0.2.1\",\"key_name\":\"k\",\"ttl\":100000}", "ttl"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct solver_ops *ops = solver_kind(cases[i].kind);
        void *settings;
        struct error e;
        assert_ok(solver_settings(world.arena, ops, cases[i].settings, &settings, &e), e);
        assert_fails(ops->check(&world.services, settings, &e), e, ERR_BAD_FIELD);
        assert_string_equal(e.field, cases[i].field);
    }
}

static void the_outbound_policy_is_asked(void **state) {
    (void)state;
    const struct outbound_policy nowhere = {.count = 0};
    const struct services closed = {.outbound = &nowhere};
    struct doing d = doing_with(&providers[0], providers[0].secret);
    d.solving.services = &closed;
    assert_place_fails(&d, ERR_ADDRESS_NOT_ALLOWED, "closed to outgoing connections");
}

/* Its server is an operator's choice, not the administrator's. */
static void the_outbound_policy_is_asked_about_updates(void **state) {
    (void)state;
    const struct outbound_policy nowhere = {.count = 0};
    const struct services closed = {.outbound = &nowhere};
    struct error e;
    struct doing d = doing_with(&providers[0], "c2VjcmV0");
    d.ops = solver_kind("rfc2136");
    d.solving.services = &closed;
    assert_ok(solver_settings(world.arena, d.ops, "{\"server\":\"127.0.0.1:9\",\"key_name\":\"k\"}",
                              &d.solving.settings, &e),
              e);
    assert_place_fails(&d, ERR_ADDRESS_NOT_ALLOWED, "closed to outgoing connections");
}

int main(void) {
    const struct CMUnitTest tests[] = {test(requests_are_those_of_the_vendors_own_clients),
                                       test(a_record_comes_and_goes_and_others_stay),
                                       test(after_a_crash_a_record_is_found_and_never_made_twice),
                                       test(a_lost_answer_makes_no_second_record),
                                       test(the_longest_zone_counts),
                                       test(a_wrong_key_is_told),
                                       test(who_wants_to_be_left_alone_is),
                                       test(settings_are_checked),
                                       test(the_outbound_policy_is_asked),
                                       test(the_outbound_policy_is_asked_about_updates)};
    return cmocka_run_group_tests_name("vendor", tests, open_world, close_world);
}
