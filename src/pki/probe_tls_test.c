/* probe_tls: against a real server, one that is silent, one that talks something else, and nobody. */
#include "base/clock.h"
#include "pki/fixture.h"
#include "pki/probe_tls.h"
#include "unit.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOW = 1794000000, WITHIN_MS = 5000 };

static int listen_anywhere(uint16_t *port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(fd, 5), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

/* Non-blocking, connected or still connecting. */
static int connect_to(uint16_t port) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int rc = connect(fd, (struct sockaddr *)&address, sizeof address);
    assert_true(rc == 0 || errno == EINPROGRESS);
    return fd;
}

static bool answers(uint16_t port) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    AUTO_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
}

/* `openssl s_server` on a port that was free a moment ago; waits until it listens. */
static pid_t start_server(struct arena *a, uint16_t *port, const char *option, const char *value) {
    close(listen_anywhere(port));
    const char *accept = arena_printf(a, "127.0.0.1:%u", *port);
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(null, 1);
        dup2(null, 2);
        execlp("openssl", "openssl", "s_server", "-quiet", "-naccept", "20", "-accept", accept, "-cert",
               TEST_DATA "/leaf-p256.pem", "-key", TEST_DATA "/key-p256.pem", "-cert_chain",
               TEST_DATA "/intermediate.pem", option, value, NULL);
        _exit(127);
    }
    for (int i = 0; i < 200 && !answers(*port); i++)
        poll(NULL, 0, 20);
    return pid;
}

static void stop_server(pid_t pid) {
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static struct tls_seen probe(struct arena *a, uint16_t port, int within_ms) {
    struct error e = {0};
    struct tls_seen seen;
    AUTO_FD fd = connect_to(port);
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    poll(&p, 1, 1000);
    assert_ok(tls_probe(a, fd, "www.example.com", clock_monotonic_ms() + within_ms, &seen, &e), e);
    return seen;
}

static void a_served_chain_is_seen_as_it_is_and_judged_afterwards(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    uint16_t port;
    pid_t server = start_server(a, &port, "-tls1_3", NULL);
    struct tls_seen seen = probe(a, port, WITHIN_MS);
    stop_server(server);
    assert_int_equal(seen.result, HANDSHAKE_DONE);
    assert_null(seen.reason.in[LANG_EN]);
    assert_string_equal(seen.protocol, "TLSv1.3");
    assert_non_null(strstr(seen.cipher, "TLS_"));
    assert_string_equal(seen.address, arena_printf(a, "127.0.0.1:%u", port));
    assert_int_equal(seen.count, 2);
    assert_true(slice_equal(seen.chain[0].der, fixture_der(a, "leaf-p256.pem")));
    assert_string_equal(seen.chain[1].subject, "CN=Test Intermediate");

    struct cert roots[2];
    assert_ok(cert_parse(a, fixture_der(a, "other.pem"), &roots[0], &e), e);
    assert_ok(cert_parse(a, fixture_der(a, "root.pem"), &roots[1], &e), e);
    assert_true(tls_chain_trusted(a, &seen, roots, 2, NOW));
    assert_false(tls_chain_trusted(a, &seen, roots, 1, NOW));
    assert_false(tls_chain_trusted(a, &seen, roots, 2, seen.chain[0].not_before - 1));
    assert_false(tls_chain_trusted(a, &seen, roots, 2, seen.chain[0].end + 1));
    seen.count = 1;
    assert_false(tls_chain_trusted(a, &seen, roots, 2, NOW));
    seen.count = 0;
    assert_false(tls_chain_trusted(a, &seen, roots, 2, NOW));
}

static void the_server_name_is_sent(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    uint16_t port;
    AUTO_FD listener = listen_anywhere(&port);
    AUTO_FD fd = connect_to(port);
    struct error e = {0};
    struct tls_seen seen;
    char hello[2048];
    assert_ok(tls_probe(a, fd, "www.example.com", clock_monotonic_ms() + 50, &seen, &e), e);
    AUTO_FD peer = accept(listener, NULL, NULL);
    ssize_t len = recv(peer, hello, sizeof hello, 0);
    assert_true(len > 0);
    assert_non_null(memmem(hello, (size_t)len, "www.example.com", 15));
}

static void an_old_protocol_is_reported_not_refused(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    uint16_t port;
    pid_t server = start_server(a, &port, "-tls1_2", NULL);
    struct tls_seen seen = probe(a, port, WITHIN_MS);
    stop_server(server);
    assert_int_equal(seen.result, HANDSHAKE_DONE);
    assert_string_equal(seen.protocol, "TLSv1.2");
}

static void a_silent_server_ends_at_the_deadline(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    uint16_t port;
    AUTO_FD listener = listen_anywhere(&port);
    int64_t before = clock_monotonic_ms();
    struct tls_seen seen = probe(a, port, 100);
    int64_t took = clock_monotonic_ms() - before;
    assert_int_equal(seen.result, HANDSHAKE_TIMED_OUT);
    assert_true(took >= 100 && took < 1500);
    assert_true(listener >= 0);
}

static void a_server_without_tls_has_refused(void **state) {
    (void)state;
    static const char *const talks[] = {"HTTP/1.1 400 Bad Request\r\n\r\n", ""};
    AUTO_ARENA a = arena_new();
    for (size_t i = 0; i < 2; i++) {
        uint16_t port;
        AUTO_FD listener = listen_anywhere(&port);
        AUTO_FD fd = connect_to(port);
        int peer = accept(listener, NULL, NULL);
        assert_int_equal(write(peer, talks[i], strlen(talks[i])), strlen(talks[i]));
        shutdown(peer, SHUT_WR);
        struct error e = {0};
        struct tls_seen seen;
        assert_ok(tls_probe(a, fd, "192.0.2.1", clock_monotonic_ms() + WITHIN_MS, &seen, &e), e);
        close(peer);
        assert_int_equal(seen.result, HANDSHAKE_REFUSED);
        assert_non_null(strstr(seen.reason.in[LANG_EN], i == 0 ? "wrong version" : "closed"));
        assert_int_equal(seen.count, 0);
    }
}

static void nobody_there_is_unreachable(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    uint16_t port;
    close(listen_anywhere(&port));
    struct tls_seen seen = probe(a, port, WITHIN_MS);
    assert_int_equal(seen.result, HANDSHAKE_UNREACHABLE);
    assert_string_equal(seen.reason.in[LANG_EN], "Connection refused");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(a_served_chain_is_seen_as_it_is_and_judged_afterwards),
        test(the_server_name_is_sent),
        test(an_old_protocol_is_reported_not_refused),
        test(a_silent_server_ends_at_the_deadline),
        test(a_server_without_tls_has_refused),
        test(nobody_there_is_unreachable),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("probe_tls", tests, NULL, NULL);
}
