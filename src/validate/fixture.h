/*
 * For the tests of this slice and of doctor/: a real web server (nginx) on a free loopback port beside the
 * name servers of dns/fixture.h, and a validator that looks there.
 */
#pragma once
#include "dns/fixture.h"
#include "validate/validate.h"

static struct {
    pid_t nginx;
    uint16_t port;
} web;

static struct dns_zone zones[4];
static struct dns_settings dns_settings;
static struct validator validator;
static struct cidr ranges[2];
static struct outbound_policy loopback_allowed = {ranges, 2};

static inline bool port_answers(uint16_t port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    AUTO_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return connect(fd, (struct sockaddr *)&to, sizeof to) == 0;
}

static inline void await_port(uint16_t port) {
    for (int64_t deadline = clock_monotonic_ms() + START_MS; !port_answers(port);) {
        assert_true(clock_monotonic_ms() < deadline);
        usleep(20000);
    }
}

/* Politely: nginx ends its workers, too. */
static inline void stop_program(pid_t pid) {
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
}

/* At web.port; what none of the servers has is not found. */
static inline void start_web(const char *servers) {
    struct error e;
    const char *f = net.folder, *path = arena_printf(net.arena, "%s/nginx.conf", f);
    const char *text =
        arena_printf(net.arena,
                     "daemon off; worker_processes 1; pid %s/nginx.pid; error_log %s/nginx.log;\n"
                     "events { worker_connections 64; }\n"
                     "http { access_log off; default_type text/plain;\n"
                     "server { listen 127.0.0.1:%u default_server; return 404; }\n%s}\n",
                     f, f, web.port, servers);
    assert_ok(file_write_new(path, 0644, slice_str(text), &e), e);
    web.nginx = start_program((const char *const[]){"/usr/sbin/nginx", "-c", path, NULL},
                              arena_printf(net.arena, "%s/nginx.out", f));
    await_port(web.port);
}

/* Of example.test, secure.test and forged.test, and of this machine alone. */
static inline void open_validator(void) {
    struct error e;
    assert_ok(cidr_parse("127.0.0.0/8", &ranges[0], &e), e);
    assert_ok(cidr_parse("::1", &ranges[1], &e), e);
    zones[0] = zone_at("example.test", &net.named[GOOD].server);
    zones[1] = zone_at("secure.test", &net.named[GOOD].server);
    zones[1].trust_anchor = anchor_of("secure.test");
    zones[2] = zone_at("forged.test", &net.named[GOOD].server);
    zones[2].trust_anchor = anchor_of("forged.test");
    dns_settings = (struct dns_settings){.zones = zones,
                                         .zone_count = 3,
                                         .outside_refused = true,
                                         .policy = &loopback_allowed,
                                         .timeout_ms = ANSWER_MS};
    validator = validator_network;
    validator.dns = &dns_settings;
    validator.policy = &loopback_allowed;
    validator.http_port = web.port;
}

/* ---- what was found ---- */

static inline bool was_answered(const struct check *check, const char *server, const char *answer) {
    for (size_t i = 0; i < check->count; i++)
        if (strstr(check->answers[i].server, server) && strstr(check->answers[i].answer, answer))
            return true;
    return false;
}

static inline void show_answers(const struct check *check) {
    for (size_t i = 0; i < check->count; i++)
        print_error("  %s | %s | %s | %lld ms\n", check->answers[i].server, check->answers[i].question,
                    check->answers[i].answer, (long long)check->answers[i].ms);
}

static inline void assert_reason(const struct check *check, const char *expected) {
    if (strcmp(reason_row(check->reason)->name, expected) != 0) {
        print_error("%s: %s\n", reason_row(check->reason)->name, check->detail.in[LANG_EN]);
        show_answers(check);
    }
    assert_string_equal(reason_row(check->reason)->name, expected);
    assert_true(*check->detail.in[LANG_EN] && *check->detail.in[LANG_ZH]);
}
