/*
 * For the tests of this slice, of validate/ and of doctor/: real servers (BIND) on free loopback ports, over
 * the zones of tests/data/dns. `good` and `lagging` are authoritative only; `resolver` looks up for others,
 * and its root is one of our own. A socket that nobody reads is the server that does not answer.
 */
#pragma once
#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "dns/dns.h"
#include "unit.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_MS = 20000, ANSWER_MS = 3000, IMPATIENT_MS = 500 };
enum { GOOD, LAGGING, RESOLVER, NAMED_COUNT };

struct named {
    pid_t pid;
    struct dns_server server;
};

static struct {
    struct arena *arena;
    char folder[32];
    struct named named[NAMED_COUNT];
    struct dns_server silent, closed;
    int silent_fd, closed_fd;
} net;

/* %s: the folder. */
static const char *const zones_of[NAMED_COUNT] = {
    [GOOD] = "zone \"example.test\" { type primary; file \"example.test.zone\"; };\n"
             "zone \"secure.test\" { type primary; file \"secure.test.zone\"; };\n"
             "zone \"forged.test\" { type primary; file \"forged.test.zone\"; };\n"
             "zone \"broken.test\" { type primary; file \"absent.zone\"; };\n",
    [LAGGING] = "zone \"example.test\" { type primary; file \"lagging.test.zone\"; };\n",
    [RESOLVER] = "zone \".\" { type primary; file \"root.zone\"; };\n"
                 "zone \"example.test\" { type primary; file \"example.test.zone\"; };\n"
                 "zone \"secure.test\" { type primary; file \"secure.test.zone\"; };\n"
                 "zone \"forged.test\" { type primary; file \"forged.test.zone\"; };\n",
};

static inline int bound(int type, uint16_t *port) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(*port)};
    socklen_t size = sizeof here;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (bind(fd, (struct sockaddr *)&here, size) < 0) {
        close(fd);
        return -1;
    }
    getsockname(fd, (struct sockaddr *)&here, &size);
    *port = ntohs(here.sin_port);
    return fd;
}

/* Free for UDP and for TCP. */
static inline uint16_t free_port(void) {
    for (;;) {
        uint16_t port = 0;
        AUTO_FD udp = bound(SOCK_DGRAM, &port);
        AUTO_FD tcp = bound(SOCK_STREAM, &port);
        if (udp >= 0 && tcp >= 0)
            return port;
    }
}

static inline struct dns_server loopback(const char *name, uint16_t port) {
    struct dns_server server = {.name = name, .port = port, .configured = true};
    assert_true(address_parse("127.0.0.1", &server.address));
    return server;
}

static inline const char *write_configuration(int which, uint16_t port) {
    const char *path = arena_printf(net.arena, "%s/named-%d.conf", net.folder, which);
    const char *text =
        arena_printf(net.arena,
                     "options { directory \"%s\"; listen-on port %u { 127.0.0.1; }; listen-on-v6 { none; };\n"
                     "recursion %s; allow-query { any; }; pid-file none; session-keyfile none; notify no;\n"
                     "dnssec-validation no; empty-zones-enable no; minimal-responses yes; };\n"
                     "controls { };\n%s",
                     net.folder, port, which == RESOLVER ? "yes" : "no", zones_of[which]);
    struct error e;
    assert_ok(file_write_new(path, 0644, slice_str(text), &e), e);
    return path;
}

/* It ends with us; what it prints goes into a file. */
static inline pid_t start_program(const char *const *argv, const char *log) {
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    int in = open("/dev/null", O_RDONLY), out = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

static inline void start_named(int which, const char *name) {
    struct named *named = &net.named[which];
    named->server = loopback(name, free_port());
    const char *configuration = write_configuration(which, named->server.port);
    named->pid = start_program(
        (const char *const[]){"/usr/sbin/named", "-g", "-n", "1", "-U", "1", "-c", configuration, NULL},
        arena_printf(net.arena, "%s/named-%d.log", net.folder, which));
}

static inline void await_named(const struct named *named) {
    const struct dns_settings settings = {.outside_refused = true, .timeout_ms = IMPATIENT_MS};
    int64_t deadline = clock_monotonic_ms() + START_MS;
    struct dns_answer answer = {.status = DNS_UNREACHABLE};
    struct dns *dns;
    struct error e;
    AUTO_ARENA a = arena_new();
    assert_ok(dns_open(a, &settings, &dns, &e), e);
    while (answer.status != DNS_ANSWERED && clock_monotonic_ms() < deadline) {
        assert_ok(dns_ask(dns, &named->server, "example.test", DNS_NS, &answer, &e), e);
        if (answer.status == DNS_UNREACHABLE)
            usleep(20000);
    }
    assert_int_equal(answer.status, DNS_ANSWERED);
}

static inline int open_net(void **state) {
    (void)state;
    struct child_result signing;
    struct error e;
    net.arena = arena_new();
    snprintf(net.folder, sizeof net.folder, "/tmp/tenure-dns-XXXXXX");
    assert_non_null(mkdtemp(net.folder));
    const char *const sign[] = {"/bin/sh", TEST_DATA "/dns/sign", net.folder, NULL};
    assert_ok(child_run(net.arena, sign, NULL, START_MS, &signing, &e), e);
    assert_string_equal(signing.output, "");
    start_named(GOOD, "ns1");
    start_named(LAGGING, "ns2");
    start_named(RESOLVER, "resolver");
    uint16_t silent = 0;
    uint16_t closed = free_port();
    net.silent_fd = bound(SOCK_DGRAM, &silent);
    net.silent = loopback("silent", silent);
    net.closed = loopback("closed", closed);
    for (int i = 0; i < NAMED_COUNT; i++)
        await_named(&net.named[i]);
    return 0;
}

static inline int close_net(void **state) {
    (void)state;
    struct child_result removed;
    struct error e;
    for (int i = 0; i < NAMED_COUNT; i++) {
        kill(net.named[i].pid, SIGKILL);
        waitpid(net.named[i].pid, NULL, 0);
    }
    close(net.silent_fd);
    const char *const remove[] = {"rm", "-rf", net.folder, NULL};
    assert_ok(child_run(net.arena, remove, NULL, START_MS, &removed, &e), e);
    arena_free(net.arena);
    return 0;
}

/* The key of a zone, as `sign` wrote it. */
static inline const char *anchor_of(const char *zone) {
    struct slice text;
    struct error e;
    const char *path = arena_printf(net.arena, "%s/%s.anchor", net.folder, zone);
    assert_ok(file_read(net.arena, path, 4096, &text, &e), e);
    return arena_strndup(net.arena, (const char *)text.p, strcspn((const char *)text.p, "\n"));
}

static inline struct dns_zone zone_at(const char *name, const struct dns_server *server) {
    struct dns_zone zone = {.name = name, .servers = {.count = 1}};
    zone.servers.list[0] = *server;
    return zone;
}
