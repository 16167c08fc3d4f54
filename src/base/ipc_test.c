/* ipc: answers in order, garbage, lost peers, time-outs, foreign users; the servers are processes. */
#include "base/clock.h"
#include "base/file.h"
#include "base/ipc.h"
#include "base/log.h"
#include "unit.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[32], path[64];
static int listen_fd;

/* "die": ends itself once, which a file remembers; "late": answers too late; anything else comes back. */
static bool answer(void *context, struct arena *a, struct reader *request, struct buf *reply) {
    (void)context;
    const char *marker = arena_printf(a, "%s/died", folder), *text = read_str(request, a);
    if (request->bad)
        return false;
    if (strcmp(text, "die") == 0 && close(open(marker, O_CREAT | O_EXCL | O_WRONLY, 0600)) == 0)
        raise(SIGKILL);
    if (strcmp(text, "late") == 0)
        usleep(300 * 1000);
    ipc_write_done(reply);
    buf_bytes(reply, slice_str(text));
    return true;
}

static pid_t start_server(void) {
    pid_t pid = fork();
    if (pid == 0)
        _exit(ipc_serve(&(struct ipc_server){.listen_fd = listen_fd, .answer = answer}));
    return pid;
}

static int stop_server(pid_t pid) {
    int status;
    kill(pid, SIGTERM);
    waitpid(pid, &status, 0);
    return status;
}

static bool echo(struct ipc_client *client, const char *text, int timeout_ms, struct error *e) {
    AUTO_ARENA a = arena_new();
    struct buf message = ipc_message(a, strlen(text) + 4);
    struct reader r;
    buf_bytes(&message, slice_str(text));
    if (!ipc_call(client, a, &message, timeout_ms, &r, e) || !ipc_read_outcome(&r, e))
        return false;
    assert_string_equal(read_str(&r, a), text);
    return ipc_read_end(&r, e);
}

static int connect_raw(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static bool is_dropped(int fd) {
    char c;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 2000) == 1 && read(fd, &c, 1) <= 0;
}

static int set_up(void **state) {
    (void)state;
    struct error e = {0};
    log_setup("ipc_test", LOG_ERROR);
    snprintf(folder, sizeof folder, "/tmp/tenure-ipc-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    assert_ok(ipc_listen(path, &listen_fd, &e), e);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    unlink(arena_printf(a, "%s/died", folder));
    unlink(path);
    close(listen_fd);
    return rmdir(folder);
}

static void messages_of_all_sizes_come_back(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    pid_t server = start_server();
    struct ipc_client *client = ipc_client_new(a, path, ERR_SIGNER_UNAVAILABLE);
    for (size_t len = 0; len < IPC_MESSAGE_MAX - 100; len = len * 5 + 1) {
        char *text = arena_alloc(a, len + 1);
        memset(text, 'x', len);
        assert_ok(echo(client, text, 5000, &e), e);
    }
    int status = stop_server(server);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void garbage_ends_only_its_own_connection(void **state) {
    (void)state;
    static const char *const garbage[] = {"\xff\xff\xff\xff", "\x00\x00\x00\x00",
                                          "\x00\x00\x00\x04\x00\x00\x00\x09", "\x00\x04\x00\x01"};
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    pid_t server = start_server();
    struct ipc_client *client = ipc_client_new(a, path, ERR_SIGNER_UNAVAILABLE);
    assert_ok(echo(client, "before", 5000, &e), e);
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        AUTO_FD fd = connect_raw();
        assert_true(write_all(fd, garbage[i], i == 2 ? 8 : 4));
        assert_true(is_dropped(fd));
    }
    assert_ok(echo(client, "after", 5000, &e), e);
    stop_server(server);
}

static void half_a_message_keeps_nobody_waiting(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    pid_t server = start_server();
    AUTO_FD fd = connect_raw();
    assert_true(write_all(fd, "\x00\x00\x00\x05\x00", 5));
    assert_ok(echo(ipc_client_new(a, path, ERR_SIGNER_UNAVAILABLE), "others", 1000, &e), e);
    assert_true(write_all(fd, "\x00\x00\x01x", 4));
    char all[10] = {0};
    assert_int_equal(recv(fd, all, sizeof all, MSG_WAITALL), 10); /* length, outcome, length, "x" */
    assert_int_equal(all[9], 'x');
    stop_server(server);
}

static void a_client_that_does_not_read_keeps_nobody_waiting(void **state) {
    (void)state;
    enum { LEN = 200000 };
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    pid_t server = start_server();
    AUTO_FD fd = connect_raw();
    struct buf message = buf_new(a, LEN + 8);
    buf_u32(&message, LEN + 4);
    buf_u32(&message, LEN);
    buf_add(&message, memset(arena_alloc(a, LEN), 'x', LEN), LEN);
    assert_true(write_all(fd, message.p, message.len));
    for (int i = 0; i < 5; i++) /* until nothing more fits in either direction */
        (void)!send(fd, message.p, message.len, MSG_DONTWAIT);
    assert_ok(echo(ipc_client_new(a, path, ERR_SIGNER_UNAVAILABLE), "others", 1000, &e), e);
    stop_server(server);
}

/* What the supervisor does: a new process on the same listening socket, once the first one has died. */
static pid_t start_successor(void) {
    AUTO_ARENA a = arena_new();
    const char *marker = arena_printf(a, "%s/died", folder);
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    while (access(marker, F_OK) != 0)
        usleep(1000);
    _exit(ipc_serve(&(struct ipc_server){.listen_fd = listen_fd, .answer = answer}));
}

static void a_call_survives_the_death_of_the_server(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    pid_t first = start_server(), second = start_successor();
    struct ipc_client *client = ipc_client_new(a, path, ERR_SIGNER_UNAVAILABLE);
    assert_ok(echo(client, "connected to the first", 5000, &e), e);
    assert_ok(echo(client, "die", 5000, &e), e);
    int status;
    waitpid(first, &status, 0);
    assert_true(WIFSIGNALED(status));
    stop_server(second);
}

static void a_server_may_come_later_than_its_client(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    close(listen_fd);
    unlink(path);
    pid_t server = fork();
    if (server == 0) {
        usleep(100 * 1000);
        _exit(ipc_listen(path, &listen_fd, &e) &&
              ipc_serve(&(struct ipc_server){.listen_fd = listen_fd, .answer = answer}));
    }
    assert_ok(echo(ipc_client_new(a, path, ERR_SIGNER_UNAVAILABLE), "early", 5000, &e), e);
    stop_server(server);
    listen_fd = -1;
}

static void a_late_answer_is_not_taken_for_the_next_one(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    pid_t server = start_server();
    struct ipc_client *client = ipc_client_new(a, path, ERR_SIGNER_UNAVAILABLE);
    int64_t start = clock_monotonic_ms();
    assert_fails(echo(client, "late", 50, &e), e, ERR_SIGNER_UNAVAILABLE);
    assert_true(clock_monotonic_ms() - start < 250);
    assert_ok(echo(client, "next", 5000, &e), e);
    stop_server(server);
}

static void errors_arrive_as_they_were_made(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error sent = {0}, received = {0};
    fail_field(&sent, "path", ERR_PATH_NOT_ALLOWED, "no %s", "没有 %s", "way");
    struct buf b = buf_new(a, 2000);
    buf_str(&b, "begun");
    ipc_write_failed(&b, 0, &sent);
    struct reader r = {.rest = buf_slice(&b)};
    assert_fails(ipc_read_outcome(&r, &received), received, ERR_PATH_NOT_ALLOWED);
    assert_memory_equal(&sent, &received, sizeof sent);
    struct reader cut = {.rest = slice_of(b.p, b.len - 1)};
    assert_fails(ipc_read_outcome(&cut, &received), received, ERR_INTERNAL);
}

static void other_users_are_refused(void **state) {
    (void)state;
    if (geteuid() != 0)
        skip();
    pid_t server = start_server();
    chmod(folder, 0755);
    chmod(path, 0666);
    assert_int_equal(seteuid(65534), 0);
    AUTO_FD fd = connect_raw();
    assert_int_equal(seteuid(0), 0);
    assert_true(is_dropped(fd));
    stop_server(server);
}

#define test_with_socket(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

TEST_MAIN(ipc, test_with_socket(messages_of_all_sizes_come_back),
          test_with_socket(garbage_ends_only_its_own_connection),
          test_with_socket(half_a_message_keeps_nobody_waiting),
          test_with_socket(a_client_that_does_not_read_keeps_nobody_waiting),
          test_with_socket(a_call_survives_the_death_of_the_server),
          test_with_socket(a_server_may_come_later_than_its_client),
          test_with_socket(a_late_answer_is_not_taken_for_the_next_one),
          test(errors_arrive_as_they_were_made), test_with_socket(other_users_are_refused))
