/* The handshake of tls-alpn-01: a client in a process of its own, our server here. */
#include "base/clock.h"
#include "pki/challenge_tls.h"
#include "pki/digest.h"
#include "pki/names.h"
#include "pki/probe_tls.h"
#include "unit.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOW = 1795219200, PATIENCE_MS = 5000 };

#define AUTHORIZATION "token.thumbprint"

static struct error e;

static bool answer_of(void *context, struct arena *a, const char *name, const char **key_authorization) {
    (void)context, (void)a;
    *key_authorization = AUTHORIZATION;
    return strcmp(name, "www.example.com") == 0 || strcmp(name, "192.0.2.1") == 0 ||
           strcmp(name, "2001:db8::1") == 0;
}

typedef bool client(struct arena *a, int fd, const char *server_name, int64_t deadline_ms,
                    struct tls_seen *seen, struct error *e);

/* In the child: 0 for the certificate of the challenge for `name`, 1 for no handshake, else what is wrong. */
static int see(client *probe, int fd, const char *server_name, const char *name) {
    AUTO_ARENA a = arena_new();
    struct tls_seen seen;
    struct slice digest;
    char expected[SHA256_HEX_SIZE];
    if (!probe(a, fd, server_name, clock_monotonic_ms() + PATIENCE_MS, &seen, &e))
        return 2;
    if (seen.result != HANDSHAKE_DONE)
        return 1;
    digest_sha256_hex(slice_str(AUTHORIZATION), expected);
    if (seen.count != 1 || strcmp(seen.chain[0].names, name) != 0 || !seen.chain[0].self_issued)
        return 3;
    if (seen.chain[0].not_before > NOW || seen.chain[0].end <= NOW)
        return 4;
    return cert_acme_identifier(&seen.chain[0], &digest) && strcmp(hex_text(a, digest), expected) == 0 ? 0
                                                                                                       : 5;
}

static void serve(int fd) {
    AUTO_ARENA a = arena_new();
    struct challenge_tls *server;
    assert_ok(challenge_tls_new(a, answer_of, NULL, &server, &e), e);
    struct challenge_session *session = challenge_session_new(server, fd, NOW);
    assert_non_null(session);
    int64_t deadline = clock_monotonic_ms() + PATIENCE_MS;
    enum challenge_state state;
    while ((state = challenge_session_go(session)) != CHALLENGE_OVER && clock_monotonic_ms() < deadline) {
        struct pollfd p = {.fd = fd, .events = state == CHALLENGE_READS ? POLLIN : POLLOUT};
        poll(&p, 1, 100);
    }
    challenge_session_free(session);
}

static int handshake(client *probe, const char *server_name, const char *name) {
    int ends[2], status;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        _exit(see(probe, ends[1], server_name, name));
    }
    close(ends[1]);
    serve(ends[0]);
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_challenge_is_shown_to_who_asks_for_it(void **state) {
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(handshake(tls_probe_challenge, "www.example.com", "www.example.com"), 0);
    assert_int_equal(handshake(tls_probe_challenge, "WWW.Example.com", "www.example.com"), 0);
}

static void an_address_is_asked_for_by_its_reverse_name(void **state) {
    (void)state;
    assert_int_equal(handshake(tls_probe_challenge, "1.2.0.192.in-addr.arpa", "192.0.2.1"), 0);
    assert_int_equal(handshake(tls_probe_challenge,
                               "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
                               "2001:db8::1"),
                     0);
}

static void nobody_else_gets_a_handshake(void **state) {
    (void)state;
    assert_int_equal(handshake(tls_probe_challenge, "other.example.com", ""), 1);
    assert_int_equal(handshake(tls_probe, "www.example.com", "www.example.com"), 1); /* a browser */
}

static void only_reverse_names_become_addresses(void **state) {
    (void)state;
    static const char *const names[][2] = {{"1.2.0.192.in-addr.arpa", "192.0.2.1"},
                                           {"1.2.0.256.in-addr.arpa", NULL},
                                           {"2.0.192.in-addr.arpa", NULL},
                                           {"1.2.3.0.192.in-addr.arpa", NULL},
                                           {"-1.2.0.192.in-addr.arpa", NULL},
                                           {"in-addr.arpa", NULL},
                                           {"www.example.com", NULL}};
    AUTO_ARENA a = arena_new();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_string_equal(challenge_name_of(a, names[i][0]), names[i][1] ? names[i][1] : names[i][0]);
}

TEST_MAIN(challenge_tls, test(a_challenge_is_shown_to_who_asks_for_it),
          test(an_address_is_asked_for_by_its_reverse_name), test(nobody_else_gets_a_handshake),
          test(only_reverse_names_become_addresses))
