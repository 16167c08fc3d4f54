/* runner: hooks of other tools get the arguments of their convention, and nothing of their secrets comes
 * back. */
#include "base/clock.h"
#include "base/file.h"
#include "runner/hook.h"
#include "unit.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[32], environment[64];

#define COMMAND(name_, hook_, ...)                                                                           \
    { .name = name_, .argv = (const char *const[]){__VA_ARGS__, NULL}, .timeout_ms = 5000, .hook = hook_ }

static const struct runner_command commands[] = {
    COMMAND("plain", NULL, "echo", "plain"),
    COMMAND("certbot", "certbot", "sh", "-c", "echo $CERTBOT_DOMAIN; echo problem >&2"),
    COMMAND("dehydrated", "dehydrated", "printf", "%s,"),
    COMMAND("lego", "lego", "printf", "<%s>"),
    COMMAND("children", "lego", "sh", "-c", "sleep 30 & echo $!"),
    COMMAND("loud", "lego", "sh", "-c", "yes 0123456789 | head -c 10000000"),
    {.name = "hang",
     .argv = (const char *const[]){"sh", "-c", "sleep 30", NULL},
     .timeout_ms = 100,
     .hook = "lego"},
    {.name = "secret",
     .argv = (const char *const[]){"sh", "-c", "echo $A_TOKEN of $A_USER; echo $CERTBOT_DOMAIN", NULL},
     .timeout_ms = 5000,
     .hook = "certbot",
     .environment_file = environment},
};
static const struct runner_policy policy = {.commands = commands,
                                            .command_count = sizeof commands / sizeof *commands,
                                            .folders = (const char *const[]){NULL}};

static int begin(void **state) {
    (void)state;
    snprintf(root, sizeof root, "/tmp/tenure-hook-XXXXXX");
    assert_non_null(mkdtemp(root));
    snprintf(environment, sizeof environment, "%s/env", root);
    return 0;
}

static int end(void **state) {
    (void)state;
    unlink(environment);
    return rmdir(root);
}

static bool run(struct arena *a, const struct runner_call *call, struct child_result *result,
                struct error *e) {
    return runner_call(runner_local(a, &policy), a, call, result, e);
}

#define CALL(command_, hook_, ...)                                                                           \
    &(const struct runner_call) {                                                                            \
        .command = command_, .hook = hook_, .args = (const char *const[]) {                                  \
            __VA_ARGS__, NULL                                                                                \
        }                                                                                                    \
    }

static void arguments_go_behind_those_of_the_policy(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct child_result r;
    assert_ok(run(a, CALL("dehydrated", "dehydrated", "deploy_challenge", "a.test", "-tok", "$(id)"), &r, &e),
              e);
    assert_string_equal(r.output, "deploy_challenge,a.test,-tok,$(id),");
    assert_ok(run(a, CALL("lego", "lego", "present", "--", "a.test", "t", "t.k"), &r, &e), e);
    assert_string_equal(r.output, "<present><--><a.test><t><t.k>");
    struct runner_call certbot = {
        .command = "certbot", .hook = "certbot", .env = (const char *const[]){"CERTBOT_DOMAIN=a.test", NULL}};
    assert_ok(run(a, &certbot, &r, &e), e);
    assert_string_equal(r.printed, "a.test\n");
    assert_non_null(strstr(r.output, "problem"));
}

static void what_the_policy_does_not_name_gets_no_arguments(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    char too_long[RUNNER_ARG_MAX + 2];
    memset(too_long, 'a', sizeof too_long - 1);
    too_long[sizeof too_long - 1] = '\0';
    const struct runner_call *const refused[] = {
        CALL("plain", NULL, "more"),
        CALL("plain", "lego", "present", "a", "b"),
        CALL("lego", NULL, "present", "a", "b"),
        CALL("lego", "dehydrated", "deploy_challenge", "a", "b", "c"),
        CALL("lego", "lego", "present", "a"),
        CALL("lego", "lego", "present", "a", "b", "c", "d", "e"),
        CALL("lego", "lego", "timeout", "a", "b"),
        CALL("lego", "lego", "present", "", "c"),
        CALL("lego", "lego", "present", "a\n", "c"),
        CALL("lego", "lego", "present", "\xc3\xa4", "c"),
        CALL("lego", "lego", "present", too_long, "c"),
        CALL("dehydrated", "dehydrated", "deploy_cert", "a", "b", "c"),
        CALL("certbot", "certbot", "a"),
        CALL("certbot", "none", "a"),
        CALL("nginx-reload", "lego", "present", "a", "b"),
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct error e = {0};
        struct child_result r;
        assert_fails(run(a, refused[i], &r, &e), e, ERR_COMMAND_NOT_ALLOWED);
    }
    struct error e = {0};
    struct child_result r;
    assert_fails(runner_run(runner_local(a, &policy), a, "certbot", NULL, &r, &e), e,
                 ERR_COMMAND_NOT_ALLOWED);
}

static void write_environment(const char *text, int mode) {
    struct error e = {0};
    unlink(environment);
    assert_ok(file_write_new(environment, mode, slice_str(text), &e), e);
}

static void secrets_of_the_environment_file_do_not_come_back(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct child_result r;
    struct runner_call call = {
        .command = "secret", .hook = "certbot", .env = (const char *const[]){"CERTBOT_DOMAIN=a.test", NULL}};
    write_environment(
        "# for the hook\n\nA_TOKEN='s3cr3t-token'\r\n  A_USER=\"administrator\"\nCERTBOT_DOMAIN=forged\n",
        0600);
    assert_ok(run(a, &call, &r, &e), e);
    assert_string_equal(r.output, "*** of ***\na.test\n");
    assert_string_equal(r.printed, "*** of administrator\na.test\n"); /* a clean-up may need that one */
}

static void an_environment_file_that_is_open_to_others_is_refused(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct child_result r;
    const struct runner_call call = {.command = "secret", .hook = "certbot"};
    struct error e = {0};
    assert_fails(run(a, &call, &r, &e), e, ERR_SYSTEM); /* it is not there */
    write_environment("A_TOKEN=x\n", 0640);
    assert_ok(run(a, &call, &r, &e), e);
    const int modes[] = {0644, 0602, 0660};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(chmod(environment, (mode_t)modes[i]), 0);
        assert_fails(run(a, &call, &r, &e), e, ERR_BAD_CONFIG);
    }
    const char *const bad[] = {"A_TOKEN", "=x", "A B=x", "1A=x", "BASH_FUNC_x%%=() { :; }", "export A=x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_environment(bad[i], 0600);
        assert_fails(run(a, &call, &r, &e), e, ERR_BAD_CONFIG);
    }
}

static void a_hook_that_misbehaves_is_bounded(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct child_result r;
    int64_t began = clock_monotonic_ms();
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* what a hook leaves is ours to reap */
    assert_ok(run(a, CALL("hang", "lego", "present", "a", "b"), &r, &e), e);
    assert_true(r.timed_out && clock_monotonic_ms() - began < 5000);
    assert_ok(run(a, CALL("loud", "lego", "present", "a", "b"), &r, &e), e);
    assert_true(r.cut && strlen(r.output) == CHILD_OUTPUT_MAX);
    assert_ok(run(a, CALL("children", "lego", "present", "a", "b"), &r, &e), e);
    pid_t child = (pid_t)strtol(r.output, NULL, 10);
    assert_true(child > 1 && !r.timed_out);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

/* As those of acme.sh are: what one function keeps in a variable, another one finds. */
static void functions_of_acme_sh_are_called_with_its_own(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct child_result r;
    const struct runner_command command = {.name = "acme",
                                           .argv =
                                               runner_acmesh_argv(a, TEST_DATA "/hooks/acme.sh", "dns_file"),
                                           .timeout_ms = 5000,
                                           .hook = "acmesh",
                                           .environment_file = environment};
    const struct runner_policy with_it = {.commands = &command, .command_count = 1};
    struct runner *runner = runner_local(a, &with_it);
    const char *file = arena_printf(a, "%s/zone", root), *text = arena_printf(a, "FILE_Zone=%s\n", file);
    struct slice zone;
    write_environment(text, 0600);
    assert_ok(runner_call(runner, a,
                          CALL("acme", "acmesh", "add", "_acme-challenge.a.test", "$(touch${IFS}x)"), &r, &e),
              e);
    assert_int_equal(r.exit_status, 0);
    assert_non_null(strstr(r.output, "Adding _acme-challenge.a.test"));
    assert_ok(file_read(a, file, 1000, &zone, &e), e);
    assert_string_equal((const char *)zone.p, "_acme-challenge.a.test TXT \"$(touch${IFS}x)\"\n");
    assert_ok(runner_call(runner, a,
                          CALL("acme", "acmesh", "rm", "_acme-challenge.a.test", "$(touch${IFS}x)"), &r, &e),
              e);
    assert_int_equal(r.exit_status, 0);
    assert_ok(file_read(a, file, 1000, &zone, &e), e);
    assert_int_equal(zone.len, 0);
    unlink(file);
}

#define test_here(f) cmocka_unit_test_setup_teardown(f, begin, end)

TEST_MAIN(hook, test(arguments_go_behind_those_of_the_policy),
          test(what_the_policy_does_not_name_gets_no_arguments),
          test_here(secrets_of_the_environment_file_do_not_come_back),
          test_here(an_environment_file_that_is_open_to_others_is_refused),
          test(a_hook_that_misbehaves_is_bounded), test_here(functions_of_acme_sh_are_called_with_its_own))
