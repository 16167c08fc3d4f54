/* runner: the same work in this process, in another one and in the simulation; commands by name only. */
#include "base/clock.h"
#include "base/file.h"
#include "base/ipc.h"
#include "runner/runner_message.h"
#include "unit.h"
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HANG_MS = 1000 };

static char root[32], path[64], socket_path[64];
static const char *folders[] = {root, NULL};

#define COMMAND(name_, timeout, ...)                                                                         \
    { .name = name_, .argv = (const char *const[]){__VA_ARGS__, NULL}, .timeout_ms = timeout }

static const struct runner_command commands[] = {
    COMMAND("say", 5000, "sh", "-c", "echo $RENEWED_LINEAGE; exit 3"),
    COMMAND("sleep", 50, "sleep", "30"),
    COMMAND("hang", HANG_MS, "sleep", "30"),
    COMMAND("missing", 50, "/nonexistent/program"),
    COMMAND("nginx-test", 5000, "sh", "-c", "echo mine"),
};
static const struct runner_policy policy = {.commands = commands, .command_count = 5, .folders = folders};

static int begin(void **state) {
    (void)state;
    snprintf(root, sizeof root, "/tmp/tenure-runner-XXXXXX");
    assert_non_null(mkdtemp(root));
    snprintf(path, sizeof path, "%s/cert.pem", root);
    snprintf(socket_path, sizeof socket_path, "%s/socket", root);
    return 0;
}

static int end(void **state) {
    (void)state;
    unlink(path);
    unlink(socket_path);
    return rmdir(root); /* no temporary is left */
}

static struct fileset set_of(struct fileset_file *file, const char *text) {
    *file = (struct fileset_file){.path = path, .mode = 0600, .content = slice_str(text)};
    return (struct fileset){.target = "tgt_1", .files = file, .count = 1};
}

static void assert_live(const char *text) {
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct slice content;
    assert_ok(file_read(a, path, 100, &content, &e), e);
    assert_string_equal(content.p, text);
}

static void assert_sets_and_commands_work(struct runner *r) {
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct fileset_file file;
    struct child_result result;
    struct fileset set = set_of(&file, "one");
    assert_ok(runner_put(r, &set, &e) && runner_keep(r, &set, &e), e);
    set = set_of(&file, "two");
    assert_ok(runner_put(r, &set, &e), e);
    assert_live("two");
    assert_ok(runner_back(r, &set, &e), e);
    assert_live("one");
    file.path = "/etc/passwd";
    assert_fails(runner_put(r, &set, &e), e, ERR_PATH_NOT_ALLOWED);
    assert_non_null(strstr(e.detail[LANG_ZH], "/etc/passwd"));
    assert_ok(runner_run(r, a, "say", (const char *const[]){"RENEWED_LINEAGE=/x y", NULL}, &result, &e), e);
    assert_int_equal(result.exit_status, 3);
    assert_string_equal(result.output, "/x y\n");
    assert_ok(runner_run(r, a, "sleep", NULL, &result, &e), e);
    assert_true(result.timed_out);
    assert_fails(runner_run(r, a, "missing", NULL, &result, &e), e, ERR_SYSTEM);
    assert_fails(runner_run(r, a, "sh", NULL, &result, &e), e, ERR_COMMAND_NOT_ALLOWED);
    assert_fails(runner_run(r, a, "/bin/sh", NULL, &result, &e), e, ERR_COMMAND_NOT_ALLOWED);
}

static void a_local_runner_works(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    assert_sets_and_commands_work(runner_local(a, &policy));
}

static int listen_here(void) {
    struct error e = {0};
    int fd;
    assert_ok(ipc_listen(socket_path, &fd, &e), e);
    return fd;
}

static pid_t start(int listen_fd) {
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* whatever a failed test leaves behind */
        _exit(runner_serve(listen_fd, &policy));
    }
    return pid;
}

static int stop(pid_t pid) {
    int status;
    kill(pid, SIGTERM);
    waitpid(pid, &status, 0);
    return status;
}

static void a_runner_in_its_own_process_works(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    AUTO_FD listen_fd = listen_here();
    pid_t pid = start(listen_fd);
    assert_sets_and_commands_work(runner_connect(a, socket_path));
    assert_int_equal(stop(pid), 0);
}

/* What another worker runs: its exit status says whether it ended by itself. */
static pid_t begin_to_run(const char *command) {
    pid_t pid = fork();
    if (pid)
        return pid;
    AUTO_ARENA a = arena_new();
    struct error ignored = {0};
    struct child_result result = {.exit_status = 1};
    bool ok = runner_run(runner_connect(a, socket_path), a, command, NULL, &result, &ignored);
    _exit(ok && result.timed_out ? 0 : 1);
}

static void a_hanging_command_holds_up_nobody_else(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct child_result result;
    struct fileset_file file;
    struct fileset set = set_of(&file, "meanwhile");
    AUTO_FD listen_fd = listen_here();
    pid_t pid = start(listen_fd), other = begin_to_run("hang");
    struct runner *r = runner_connect(a, socket_path);
    usleep(50000);
    int64_t began = clock_monotonic_ms();
    assert_ok(runner_put(r, &set, &e) && runner_keep(r, &set, &e), e);
    assert_ok(runner_run(r, a, "say", NULL, &result, &e), e);
    assert_int_equal(waitpid(other, NULL, WNOHANG), 0); /* it still hangs */
    /* but the same command is not run beside itself */
    assert_ok(runner_run(r, a, "hang", NULL, &result, &e), e);
    assert_true(clock_monotonic_ms() - began >= HANG_MS + HANG_MS / 2);
    int status;
    waitpid(other, &status, 0);
    assert_int_equal(status, 0);
    assert_int_equal(stop(pid), 0);
}

static void calls_survive_the_death_of_the_runner(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct fileset_file file;
    AUTO_FD listen_fd = listen_here();
    struct runner *r = runner_connect(a, socket_path);
    for (int i = 0; i < 3; i++) {
        struct fileset set = set_of(&file, "again");
        pid_t pid = start(listen_fd);
        assert_ok(runner_put(r, &set, &e) && runner_keep(r, &set, &e), e);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
}

static void a_variable_cannot_change_the_program(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct child_result result;
    struct runner *r = runner_local(a, &policy);
    static const char *const bad[] = {
        "LD_PRELOAD=/tmp/x.so", "PATH=/tmp", "TENURE_X", "RENEWED_A()=x", "=", "", "BASH_FUNC_x%%=() { :; }"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_fails(runner_run(r, a, "say", (const char *const[]){bad[i], NULL}, &result, &e), e,
                     ERR_COMMAND_NOT_ALLOWED);
    const char *many[RUNNER_ENV_MAX + 2] = {NULL};
    for (size_t i = 0; i <= RUNNER_ENV_MAX; i++)
        many[i] = "TENURE_A=b";
    assert_fails(runner_run(r, a, "say", many, &result, &e), e, ERR_COMMAND_NOT_ALLOWED);
}

static void the_configuration_takes_the_place_of_a_preset(void **state) {
    (void)state;
    struct error e = {0};
    const struct runner_command *found;
    assert_ok(runner_command_find(&policy, "nginx-test", &found, &e), e);
    assert_string_equal(found->argv[0], "sh");
    assert_ok(runner_command_find(&policy, "nginx-reload", &found, &e), e);
    assert_string_equal(found->argv[0], "nginx");
    assert_true(found->timeout_ms > 0 && !found->argv[3]);
}

static bool refuse_reload(void *context, const char *call, const char *object, int *exit_status,
                          struct error *e) {
    ++*(int *)context;
    if (strcmp(object, "nginx-test") == 0)
        *exit_status = 1;
    return strcmp(call, "keep") != 0 || fail(e, ERR_FILES_NOT_WRITTEN, "no room", "空间不足");
}

static void the_fake_keeps_sets_in_memory_and_fails_on_demand(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    int calls = 0;
    struct fileset_file file;
    struct child_result result;
    struct slice live;
    struct runner *r = runner_fake(a, refuse_reload, &calls), *easy = runner_fake(a, NULL, NULL);
    struct fileset set = set_of(&file, "one");
    assert_ok(runner_put(r, &set, &e), e);
    assert_true(runner_fake_file(r, path, &live) && slice_equal(live, slice_str("one")));
    assert_false(runner_fake_file(easy, path, &live));
    assert_fails(runner_keep(r, &set, &e), e, ERR_FILES_NOT_WRITTEN);
    assert_ok(runner_back(r, &set, &e), e);
    assert_false(runner_fake_file(r, path, &live));
    assert_ok(runner_run(r, a, "nginx-test", NULL, &result, &e), e);
    assert_int_equal(result.exit_status, 1);
    assert_int_equal(calls, 4);
    assert_ok(runner_put(easy, &set, &e) && runner_keep(easy, &set, &e), e);
    set = set_of(&file, "two");
    assert_ok(runner_put(easy, &set, &e) && runner_put(easy, &set, &e) && runner_back(easy, &set, &e), e);
    assert_true(runner_fake_file(easy, path, &live) && slice_equal(live, slice_str("one")));
}

static void what_is_no_message_is_refused(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct fileset_file file;
    struct fileset set = set_of(&file, "one");
    struct runner *r = runner_fake(a, NULL, NULL);
    struct buf messages[2] = {buf_new(a, 1000), buf_new(a, 1000)}, answer = buf_new(a, 100000);
    runner_write_fileset(&messages[0], RUNNER_PUT, &set);
    runner_write_call(&messages[1], &(struct runner_call){.command = "say",
                                                          .args = (const char *const[]){"one", "two", NULL},
                                                          .env = (const char *const[]){"A=b", NULL}});
    for (size_t i = 0; i < 2; i++) {
        for (size_t len = 0; len <= messages[i].len; len++) {
            struct reader cut = {.rest = slice_of(messages[i].p, len)};
            assert_int_equal(runner_answer(r, a, &cut, &answer), len == messages[i].len);
        }
        buf_char(&messages[i], 0);
        struct reader longer = {.rest = buf_slice(&messages[i])};
        assert_false(runner_answer(r, a, &longer, &answer));
        messages[i].p[0] = RUNNER_CALL + 1;
        struct reader unknown = {.rest = slice_of(messages[i].p, messages[i].len - 1)};
        assert_false(runner_answer(r, a, &unknown, &answer));
    }
}

#define test_here(f) cmocka_unit_test_setup_teardown(f, begin, end)

TEST_MAIN(runner, test_here(a_local_runner_works), test_here(a_runner_in_its_own_process_works),
          test_here(a_hanging_command_holds_up_nobody_else), test_here(calls_survive_the_death_of_the_runner),
          test(a_variable_cannot_change_the_program), test(the_configuration_takes_the_place_of_a_preset),
          test(the_fake_keeps_sets_in_memory_and_fails_on_demand), test(what_is_no_message_is_refused))
