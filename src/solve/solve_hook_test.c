/* solve: hooks of other clients, called as their documentation says. */
#include "base/clock.h"
#include "base/file.h"
#include "db/migrate.h"
#include "runner/runner.h"
#include "solve/solver.h"
#include "unit.h"
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOW = 1800000000 };

#define SHOW "printf '%s|' \"$0\" \"$@\""
#define COMMAND(name_, hook_, ...)                                                                           \
    { .name = name_, .argv = (const char *const[]){__VA_ARGS__, NULL}, .timeout_ms = 5000, .hook = hook_ }

static char script[] = "/tmp/tenure-hook-XXXXXX"; /* of an interpreter that there is not */

static const struct runner_command commands[] = {
    COMMAND("odd", "lego", script),
    COMMAND("closed", "lego", "/etc/passwd"),
    COMMAND("absent", "lego", "/nowhere/hook"),
    COMMAND("killed", "lego", "sh", "-c", "kill -9 $$"),
    COMMAND("reads", "lego", "sh", "-c", "cat; echo end"),
    COMMAND("escapes", "lego", "sh", "-c", "printf 'a\\033[31m\\000\\177\\302\\233\\303\\244b'"),
    COMMAND("followed", "lego", "sh", "-c", "setsid yes & setsid yes & setsid yes & sleep 0.2"),
    COMMAND("lego", "lego", "sh", "-c", "printf '%s|' \"$@\"", "-"),
    COMMAND("dehydrated", "dehydrated", "sh", "-c", "printf '%s|' \"$@\"", "-"),
    COMMAND("dehydrated-example", "dehydrated", "/usr/share/doc/dehydrated/examples/hook.sh"),
    COMMAND("acmesh", "acmesh", "sh", "-c", "printf '%s|' \"$@\"", "-"),
    COMMAND("auth", "certbot", "sh", "-c",
            "env | grep CERTBOT_ | sort >&2; echo; echo \" record-17 $CERTBOT_VALIDATION\""),
    COMMAND("cleanup", "certbot", "sh", "-c", "echo \"[$CERTBOT_AUTH_OUTPUT]\""),
    COMMAND("fails", "lego", "sh", "-c", "echo \"no zone for $3\"; exit 7", "-"),
    COMMAND("plain", NULL, "true"),
    {.name = "hangs",
     .argv = (const char *const[]){"sh", "-c", "sleep 30", NULL},
     .timeout_ms = 100,
     .hook = "lego"},
};
static const struct runner_policy policy = {.commands = commands,
                                            .command_count = sizeof commands / sizeof *commands};

struct calling {
    struct services services;
    struct solve_settings settings;
    struct solution solution;
    struct solver solver;
    struct solving solving;
};

static struct calling *prepare(struct arena *a, const char *kind, enum challenge_type type,
                               const char *settings) {
    struct calling *c = ARENA_NEW(a, struct calling);
    c->settings.policy = &policy;
    c->services = (struct services){.runner = runner_local(a, &policy), .solve = &c->settings};
    c->solution = (struct solution){.id = "sol_1",
                                    .name = "a.example.test",
                                    .type = challenge_type_name(type),
                                    .kind = kind,
                                    .solver_id = "slv_1",
                                    .token = "-token-of-the-CA",
                                    .key_authorization = "-token-of-the-CA.thumbprint",
                                    .value = "digest-of-the-authorization",
                                    .place = "_acme-challenge.a.example.test"};
    c->solver = (struct solver){.kind = kind, .type = c->solution.type, .zone = ".", .settings = settings};
    c->solving = (struct solving){.arena = a, .services = &c->services, .now = NOW, .solution = &c->solution};
    struct error e = {0};
    assert_ok(solver_settings(a, solver_kind(kind), settings, &c->solving.settings, &e), e);
    return c;
}

/* What the call prints, without the secrets in it. */
static const char *placed(struct calling *c) {
    struct error e = {0};
    assert_ok(solver_kind(c->solver.kind)->place(&c->solving, &e), e);
    return c->solution.detail_en;
}

static const char *removed(struct calling *c) {
    struct error e = {0};
    assert_ok(solver_kind(c->solver.kind)->remove(&c->solving, &e), e);
    return c->solution.detail_en;
}

static void each_convention_gets_its_arguments(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct calling *c = prepare(a, "hook-lego", CHALLENGE_DNS_01, "{\"command\":\"lego\"}");
    c->solution.place = "a.elsewhere.test"; /* behind a CNAME */
    assert_string_equal(placed(c), "present|a.elsewhere.test.|***|");
    assert_string_equal(removed(c), "cleanup|a.elsewhere.test.|***|");
    c = prepare(a, "hook-lego", CHALLENGE_DNS_01, "{\"command\":\"lego\",\"raw\":true}");
    assert_string_equal(placed(c), "present|--|a.example.test|***|***|");
    c = prepare(a, "hook-dehydrated", CHALLENGE_DNS_01, "{\"command\":\"dehydrated\"}");
    assert_string_equal(placed(c), "deploy_challenge|a.example.test|***|***|");
    assert_string_equal(removed(c), "clean_challenge|a.example.test|***|***|");
    c = prepare(a, "hook-acmesh", CHALLENGE_DNS_01, "{\"command\":\"acmesh\"}");
    assert_string_equal(placed(c), "add|_acme-challenge.a.example.test|***|");
    assert_string_equal(removed(c), "rm|_acme-challenge.a.example.test|***|");
}

/* Short ones are not taken out of what is printed, so they can be looked at. */
static void what_is_published_depends_on_the_challenge(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const enum challenge_type types[] = {CHALLENGE_DNS_01, CHALLENGE_HTTP_01};
    const char *const expected[] = {"deploy_challenge|a.example.test|tok|value|",
                                    "deploy_challenge|a.example.test|tok|tok.k|"};
    for (size_t i = 0; i < 2; i++) {
        struct calling *c = prepare(a, "hook-dehydrated", types[i], "{\"command\":\"dehydrated\"}");
        c->solution.token = "tok";
        c->solution.key_authorization = "tok.k";
        c->solution.value = "value";
        assert_string_equal(placed(c), expected[i]);
    }
}

static void the_example_of_dehydrated_runs_unchanged(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct calling *c =
        prepare(a, "hook-dehydrated", CHALLENGE_DNS_01, "{\"command\":\"dehydrated-example\"}");
    assert_string_equal(placed(c), "");
    assert_string_equal(removed(c), "");
}

static void certbots_hooks_get_variables_and_what_the_first_one_printed(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct calling *c =
        prepare(a, "hook-certbot", CHALLENGE_HTTP_01, "{\"command\":\"auth\",\"cleanup\":\"cleanup\"}");
    c->solution.key_authorization = "k.a";
    const char *output = placed(c);
    assert_non_null(strstr(output, "CERTBOT_ALL_DOMAINS=a.example.test\n"));
    assert_non_null(strstr(output, "CERTBOT_DOMAIN=a.example.test\n"));
    assert_non_null(strstr(output, "CERTBOT_REMAINING_CHALLENGES=0\n"));
    assert_non_null(strstr(output, "CERTBOT_TOKEN=***\n"));
    assert_non_null(strstr(output, "CERTBOT_VALIDATION=k.a\n"));
    assert_string_equal(c->solution.handle, "record-17 k.a");
    assert_string_equal(removed(c), "[record-17 k.a]");
    c = prepare(a, "hook-certbot", CHALLENGE_DNS_01, "{\"command\":\"auth\"}");
    assert_null(strstr(placed(c), "CERTBOT_TOKEN"));
    assert_string_equal(c->solution.handle, "record-17 digest-of-the-authorization");
    struct error e = {0};
    assert_ok(solver_kind("hook-certbot")->remove(&c->solving, &e), e); /* there is nothing to call */
}

static void add(struct db *db, struct arena *a, struct solution s) {
    struct error e = {0};
    bool inserted;
    s.token = arena_printf(a, "token%s", s.id);
    s.account_id = "acc_1";
    s.application_id = "app_1";
    s.kind = "hook-certbot";
    s.type = "dns-01";
    s.created_at = NOW;
    assert_ok(solution_insert(db, &s, &inserted, &e), e);
    assert_true(inserted);
}

static void certbots_hooks_are_told_of_the_others(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct db *db;
    assert_ok(db_open(&db, ":memory:", DB_WORKER, &e) && db_migrate(db, NOW, &e), e);
    struct calling *c =
        prepare(a, "hook-certbot", CHALLENGE_DNS_01, "{\"command\":\"auth\",\"cleanup\":\"auth\"}");
    c->services.db = db;
    c->solution.application_id = "app_1";
    add(db, a, (struct solution){.id = "sol_1", .name = "a.example.test", .solver_id = "slv_1"});
    add(db, a, (struct solution){.id = "sol_2", .name = "b.example.test", .solver_id = "slv_1"});
    add(db, a,
        (struct solution){.id = "sol_3", .name = "c.example.test", .solver_id = "slv_1", .placed_at = NOW});
    add(db, a, (struct solution){.id = "sol_4", .name = "d.example.test", .solver_id = "slv_2"});
    const char *output = placed(c);
    assert_non_null(strstr(output, "CERTBOT_ALL_DOMAINS=a.example.test,b.example.test,c.example.test\n"));
    assert_non_null(strstr(output, "CERTBOT_REMAINING_CHALLENGES=1\n"));
    c->solution.unwanted_at = NOW;
    assert_non_null(strstr(removed(c), "CERTBOT_REMAINING_CHALLENGES=2\n"));
    db_close(db);
}

static void a_hook_that_fails_says_why(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct calling *c = prepare(a, "hook-lego", CHALLENGE_DNS_01, "{\"command\":\"fails\"}");
    const struct solver_ops *ops = solver_kind("hook-lego");
    assert_fails(ops->place(&c->solving, &e), e, ERR_HOOK_FAILED);
    assert_string_equal(e.detail[LANG_EN], "the hook 'fails' ended with status 7: no zone for ***");
    c = prepare(a, "hook-lego", CHALLENGE_DNS_01, "{\"command\":\"hangs\"}");
    assert_fails(ops->place(&c->solving, &e), e, ERR_HOOK_FAILED);
    assert_non_null(strstr(e.detail[LANG_EN], "took too long"));
}

static const char *failure_of(struct arena *a, const char *command) {
    struct error e = {0};
    struct calling *c =
        prepare(a, "hook-lego", CHALLENGE_DNS_01, arena_printf(a, "{\"command\":\"%s\"}", command));
    assert_fails(solver_kind("hook-lego")->place(&c->solving, &e), e, ERR_HOOK_FAILED);
    return arena_strdup(a, e.detail[LANG_EN]);
}

static void a_hook_that_cannot_be_run_says_why(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    AUTO_FD fd = mkstemp(script);
    assert_true(fd >= 0 && dprintf(fd, "#!/nowhere/python\n") > 0 && fchmod(fd, 0755) == 0);
    close(fd);
    fd = -1; /* nobody runs what is open for writing */
    assert_non_null(strstr(failure_of(a, "odd"), "'odd' cannot be run: /tmp/tenure-hook-"));
    assert_non_null(strstr(failure_of(a, "odd"), "the interpreter that its first line names is missing"));
    unlink(script);
    assert_non_null(strstr(failure_of(a, "closed"), "/etc/passwd: Permission denied"));
    assert_non_null(strstr(failure_of(a, "absent"), "/nowhere/hook: No such file"));
    assert_non_null(strstr(failure_of(a, "killed"), "ended with status 137 (signal 9)"));
}

static void a_hook_that_misbehaves_is_neither_waited_for_nor_believed(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    int64_t begin = clock_monotonic_ms();
    assert_string_equal(placed(prepare(a, "hook-lego", CHALLENGE_DNS_01, "{\"command\":\"reads\"}")), "end");
    assert_string_equal(placed(prepare(a, "hook-lego", CHALLENGE_DNS_01, "{\"command\":\"escapes\"}")),
                        "a?[31m????äb");
    placed(prepare(a, "hook-lego", CHALLENGE_DNS_01, "{\"command\":\"followed\"}"));
    assert_true(clock_monotonic_ms() - begin < 4000);
}

static void nothing_that_a_shell_knows_is_given_to_a_hook(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const char *const names[] = {"a;id", "$(id)", "a b", "a\nb", "`id`", "", "a*"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct error e = {0};
        struct calling *c = prepare(a, "hook-lego", CHALLENGE_DNS_01, "{\"command\":\"lego\"}");
        c->solution.place = names[i];
        assert_fails(solver_kind("hook-lego")->place(&c->solving, &e), e, ERR_HOOK_FAILED);
    }
}

static void a_command_must_be_configured_for_its_convention(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    static const struct {
        const char *kind, *settings, *field;
    } bad[] = {
        {"hook-lego", "{\"command\":\"dehydrated\"}", "command"},
        {"hook-lego", "{\"command\":\"plain\"}", "command"},
        {"hook-dehydrated", "{\"command\":\"nginx-reload\"}", "command"},
        {"hook-acmesh", "{\"command\":\"nothing\"}", "command"},
        {"hook-certbot", "{\"command\":\"auth\",\"cleanup\":\"lego\"}", "cleanup"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error e = {0};
        struct calling *c = prepare(a, bad[i].kind, CHALLENGE_DNS_01, bad[i].settings);
        assert_fails(solver_kind(bad[i].kind)->check(&c->services, c->solving.settings, &e), e,
                     ERR_COMMAND_NOT_ALLOWED);
        assert_string_equal(e.field, bad[i].field);
    }
}

TEST_MAIN(solve_hook, test(each_convention_gets_its_arguments),
          test(what_is_published_depends_on_the_challenge), test(the_example_of_dehydrated_runs_unchanged),
          test(certbots_hooks_get_variables_and_what_the_first_one_printed),
          test(certbots_hooks_are_told_of_the_others), test(a_hook_that_fails_says_why),
          test(a_hook_that_cannot_be_run_says_why),
          test(a_hook_that_misbehaves_is_neither_waited_for_nor_believed),
          test(nothing_that_a_shell_knows_is_given_to_a_hook),
          test(a_command_must_be_configured_for_its_convention))
