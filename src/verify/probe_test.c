/* probe: a real server, a silent one, nobody, and addresses that may not be asked. */
#include "base/clock.h"
#include "base/file.h"
#include "pki/fixture.h"
#include "unit.h"
#include "verify/verify.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOW = 1794000000, TIMEOUT_MS = 3000, SHORT_MS = 200 };

static struct error e;

static struct sockaddr_in loopback(uint16_t port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* A bound socket, and the port that it has. */
static int bind_anywhere(uint16_t *port) {
    struct sockaddr_in address = loopback(0);
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static bool answers(uint16_t port) {
    const struct sockaddr_in address = loopback(port);
    AUTO_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return connect(fd, (const struct sockaddr *)&address, sizeof address) == 0;
}

/* `openssl s_server` on a port that was free a moment ago. */
static pid_t serve(struct arena *a, uint16_t *port) {
    close(bind_anywhere(port));
    const char *accept = arena_printf(a, "127.0.0.1:%u", *port);
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        for (int fd = 0; fd < 3; fd++)
            dup2(null, fd);
        execlp("openssl", "openssl", "s_server", "-quiet", "-accept", accept, "-cert",
               TEST_DATA "/leaf-p256.pem", "-key", TEST_DATA "/key-p256.pem", "-cert_chain",
               TEST_DATA "/intermediate.pem", NULL);
        _exit(127);
    }
    for (int i = 0; i < 200 && !answers(*port); i++)
        poll(NULL, 0, 20);
    return pid;
}

static struct prober prober_with(const struct outbound_policy *policy, int64_t timeout_ms) {
    struct prober prober = prober_tls;
    prober.policy = policy;
    prober.timeout_ms = timeout_ms;
    return prober;
}

static struct finding look_with(struct arena *a, const struct prober *prober, const char *address,
                                const char *name) {
    struct finding finding;
    assert_ok(verify_host(a, prober, address, name, NOW, &finding, &e), e);
    return finding;
}

static void a_real_server_is_seen_as_it_is(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    uint16_t port;
    pid_t server = serve(a, &port);
    const char *address = arena_printf(a, "127.0.0.1:%u", port);
    struct prober prober = prober_with(&outbound_anywhere, TIMEOUT_MS);
    struct cert root, leaf;
    assert_ok(cert_parse(a, fixture_der(a, "root.pem"), &root, &e), e);
    assert_ok(cert_parse(a, fixture_der(a, "leaf-p256.pem"), &leaf, &e), e);
    struct expectation trusted = {.server_name = "www.example.com", .roots = &root, .root_count = 1};
    struct finding finding, stranger, misnamed;
    assert_ok(verify_expected(a, &prober, address, &trusted, NOW, &finding, &e), e);
    stranger = look_with(a, &prober, address, "www.example.com");
    misnamed = look_with(a, &prober, address, "www.example.org");
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    assert_int_equal(finding.verdict, VERDICT_OK);
    assert_string_equal(finding.served_fingerprint, leaf.fingerprint);
    assert_string_equal(finding.address, address);
    assert_string_equal(finding.protocol, "TLSv1.3");
    assert_int_equal(stranger.verdict, VERDICT_UNTRUSTED_ROOT);
    assert_int_equal(misnamed.verdict, VERDICT_NAME_MISMATCH);
}

static void nobody_there_is_a_finding(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct prober prober = prober_with(&outbound_anywhere, TIMEOUT_MS);
    uint16_t port;
    int taken = bind_anywhere(&port); /* by a socket that does not listen */
    const char *address = arena_printf(a, "127.0.0.1:%u", port);
    struct finding finding = look_with(a, &prober, address, "x.example");
    close(taken);
    assert_int_equal(finding.verdict, VERDICT_UNREACHABLE);
    assert_non_null(strstr(finding.detail.in[LANG_ZH], "127.0.0.1"));
    assert_int_equal(look_with(a, &prober, "name.invalid:443", "name.invalid").verdict, VERDICT_UNREACHABLE);
}

static void a_silent_server_fails_the_handshake_in_time(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct prober prober = prober_with(&outbound_anywhere, SHORT_MS);
    uint16_t port;
    AUTO_FD silent = bind_anywhere(&port);
    assert_int_equal(listen(silent, 1), 0);
    int64_t begun = clock_monotonic_ms();
    const char *address = arena_printf(a, "127.0.0.1:%u", port);
    assert_int_equal(look_with(a, &prober, address, "x.example").verdict, VERDICT_HANDSHAKE_FAILED);
    assert_in_range(clock_monotonic_ms() - begun, SHORT_MS - 50, TIMEOUT_MS);
}

static void an_address_that_may_not_be_asked_is_not_asked(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    static const struct outbound_policy public_only = {NULL, 0};
    struct prober prober = prober_with(&public_only, TIMEOUT_MS);
    uint16_t port;
    AUTO_FD silent = bind_anywhere(&port);
    assert_int_equal(listen(silent, 1), 0);
    struct finding finding = look_with(a, &prober, arena_printf(a, "127.0.0.1:%u", port), "x.example");
    assert_int_equal(finding.verdict, VERDICT_UNREACHABLE);
    assert_non_null(strstr(finding.detail.in[LANG_EN], "closed to outgoing connections"));
    assert_int_equal(poll(&(struct pollfd){.fd = silent, .events = POLLIN}, 1, 0), 0);
}

static void what_is_no_address_is_an_error(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct prober prober = prober_with(&outbound_anywhere, TIMEOUT_MS);
    struct finding finding;
    assert_fails(verify_host(a, &prober, "a:b", "a", NOW, &finding, &e), e, ERR_BAD_FIELD);
}

TEST_MAIN(probe, test(a_real_server_is_seen_as_it_is), test(nobody_there_is_a_finding),
          test(a_silent_server_fails_the_handshake_in_time),
          test(an_address_that_may_not_be_asked_is_not_asked), test(what_is_no_address_is_an_error))
