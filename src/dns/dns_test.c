/* dns/: against real servers. */
#include "dns/fixture.h"
#include <dlfcn.h>
#include <sys/syscall.h>
#include <unbound.h>

/* ---- nothing leaves this machine ---- */

static int sent_elsewhere;

static bool is_here(const struct sockaddr *to) {
    const struct sockaddr_in *in = (const struct sockaddr_in *)to;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)to;
    if (!to || (to->sa_family != AF_INET && to->sa_family != AF_INET6))
        return true;
    return to->sa_family == AF_INET ? ntohl(in->sin_addr.s_addr) >> 24 == 127
                                    : IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}

/* In place of the C library's, also for libunbound: what goes elsewhere is counted and not sent. */
ssize_t sendto(int fd, const void *bytes, size_t size, int flags, const struct sockaddr *to,
               socklen_t length) {
    if (!is_here(to)) {
        __atomic_add_fetch(&sent_elsewhere, 1, __ATOMIC_SEQ_CST);
        errno = ENETUNREACH;
        return -1;
    }
    return syscall(SYS_sendto, fd, bytes, size, flags, to, length);
}

int connect(int fd, const struct sockaddr *to, socklen_t length) {
    if (!is_here(to)) {
        __atomic_add_fetch(&sent_elsewhere, 1, __ATOMIC_SEQ_CST);
        errno = ENETUNREACH;
        return -1;
    }
    return (int)syscall(SYS_connect, fd, to, length);
}

/* ---- resolvers are counted ---- */

static int resolvers_made;

struct ub_ctx *ub_ctx_create(void) {
    struct ub_ctx *(*original)(void);
    void *symbol = dlsym(RTLD_NEXT, "ub_ctx_create");
    memcpy(&original, &symbol, sizeof original);
    resolvers_made++;
    return original();
}

/* ---- helpers ---- */

static const struct outbound_policy nothing_private = {NULL, 0};

/* The zones of `good`, each with its servers; names outside of them are refused. */
static struct dns_settings zones_only(void) {
    static struct dns_zone zones[4];
    zones[0] = zone_at("example.test", &net.named[GOOD].server);
    zones[1] = zone_at("secure.test", &net.named[GOOD].server);
    zones[1].trust_anchor = anchor_of("secure.test");
    zones[2] = zone_at("forged.test", &net.named[GOOD].server);
    zones[2].trust_anchor = anchor_of("forged.test");
    zones[3] = zone_at("broken.test", &net.named[GOOD].server);
    return (struct dns_settings){.zones = zones,
                                 .zone_count = 4,
                                 .outside_refused = true,
                                 .policy = &nothing_private,
                                 .timeout_ms = ANSWER_MS};
}

/* Everything through the resolver, whose root is ours. */
static struct dns_settings through_resolver(void) {
    struct dns_settings settings = {.policy = &nothing_private,
                                    .timeout_ms = ANSWER_MS,
                                    .trust_anchor = arena_printf(net.arena, "%s/root.anchor", net.folder)};
    settings.resolvers.count = 1;
    settings.resolvers.list[0] = net.named[RESOLVER].server;
    return settings;
}

static struct dns_answer ask(const struct dns_server *server, const char *name, enum dns_type type) {
    struct dns_settings settings = zones_only();
    struct dns_answer answer;
    struct dns *dns;
    struct error e;
    settings.timeout_ms = server == &net.silent ? IMPATIENT_MS : ANSWER_MS;
    assert_ok(dns_open(net.arena, &settings, &dns, &e), e);
    assert_ok(dns_ask(dns, server, name, type, &answer, &e), e);
    return answer;
}

static struct dns_result look_up(const struct dns_settings *settings, const char *name, enum dns_type type) {
    struct dns_result result;
    struct dns *dns;
    struct error e;
    assert_ok(dns_open(net.arena, settings, &dns, &e), e);
    assert_ok(dns_validated(dns, name, type, &result, &e), e);
    return result;
}

static bool has_text(const struct slice *data, size_t count, const char *expected) {
    struct slice text;
    for (size_t i = 0; i < count; i++)
        if (dns_txt(net.arena, data[i], &text) && slice_equal(text, slice_str(expected)))
            return true;
    return false;
}

/* ---- each server by itself ---- */

static void each_server_gives_its_own_answer(void **state) {
    (void)state;
    struct dns_answer good = ask(&net.named[GOOD].server, "_tenure-challenge.lag.example.test", DNS_TXT);
    struct dns_answer lagging =
        ask(&net.named[LAGGING].server, "_Tenure-Challenge.lag.EXAMPLE.test", DNS_TXT);
    assert_int_equal(good.status, DNS_ANSWERED);
    assert_true(good.authoritative);
    assert_true(has_text(good.data, good.count, "the-value"));
    assert_true(has_text(lagging.data, lagging.count, "an-old-value"));
    assert_false(has_text(lagging.data, lagging.count, "the-value"));
}

static void strings_of_a_record_are_joined(void **state) {
    (void)state;
    struct dns_answer answer = ask(&net.named[GOOD].server, "_tenure-challenge.example.test", DNS_TXT);
    assert_int_equal(answer.count, 2);
    assert_true(has_text(answer.data, answer.count, "the-value"));
    assert_true(has_text(answer.data, answer.count, "another-value"));
}

static void a_long_answer_comes_by_tcp(void **state) {
    (void)state;
    struct dns_answer answer = ask(&net.named[GOOD].server, "_tenure-challenge.big.example.test", DNS_TXT);
    assert_int_equal(answer.status, DNS_ANSWERED);
    assert_int_equal(answer.count, 31);
    assert_false(answer.truncated);
}

static void a_server_that_does_not_answer_costs_its_time_and_no_more(void **state) {
    (void)state;
    struct dns_answer silent = ask(&net.silent, "example.test", DNS_TXT);
    assert_int_equal(silent.status, DNS_TIMED_OUT);
    assert_in_range(silent.ms, IMPATIENT_MS - 5, IMPATIENT_MS + 2000);
    struct dns_answer closed = ask(&net.closed, "example.test", DNS_TXT);
    assert_int_equal(closed.status, DNS_UNREACHABLE);
    assert_in_range(closed.ms, 0, ANSWER_MS - 1);
}

/* Somebody who makes us ask again and again is asked until the time of the check is over. */
static void a_check_ends_in_time_however_much_there_is_to_ask(void **state) {
    (void)state;
    struct dns_zone zone = zone_at("example.test", &net.silent);
    const struct dns_settings settings = {.zones = &zone,
                                          .zone_count = 1,
                                          .outside_refused = true,
                                          .policy = &nothing_private,
                                          .timeout_ms = IMPATIENT_MS / 2,
                                          .check_ms = IMPATIENT_MS};
    struct dns_result result = {0};
    struct dns_answer answer = {0};
    struct dns *dns;
    struct error e;
    int64_t begun = clock_monotonic_ms();
    assert_ok(dns_open(net.arena, &settings, &dns, &e), e);
    for (int i = 0; i < 8; i++) {
        assert_ok(dns_validated(dns, "example.test", DNS_A, &result, &e), e);
        assert_true(result.timed_out);
        assert_ok(dns_ask(dns, &net.silent, "example.test", DNS_A, &answer, &e), e);
        assert_int_equal(answer.status, DNS_TIMED_OUT);
    }
    assert_in_range(clock_monotonic_ms() - begun, IMPATIENT_MS - 5, 3 * IMPATIENT_MS);
}

static void refusals_of_a_server_are_answers(void **state) {
    (void)state;
    const struct dns_server *good = &net.named[GOOD].server;
    assert_int_equal(ask(good, "nothing.example.test", DNS_TXT).rcode, DNS_NXDOMAIN);
    assert_int_equal(ask(good, "www.broken.test", DNS_TXT).rcode, DNS_SERVFAIL);
    assert_int_equal(ask(good, "example.com", DNS_TXT).rcode, DNS_REFUSED);
    struct dns_answer empty = ask(good, "missing.example.test", DNS_TXT);
    assert_int_equal(empty.rcode, DNS_NOERROR);
    assert_int_equal(empty.count, 0);
}

static void a_cname_stands_for_the_data(void **state) {
    (void)state;
    struct dns_answer answer = ask(&net.named[GOOD].server, "_tenure-challenge.alias.example.test", DNS_TXT);
    assert_string_equal(answer.cname, "first.chain.example.test");
    assert_int_equal(answer.count, 0);
}

static void the_policy_closes_servers_that_others_name(void **state) {
    (void)state;
    struct dns_server named_by_others = net.named[GOOD].server;
    named_by_others.configured = false;
    assert_int_equal(ask(&named_by_others, "example.test", DNS_NS).status, DNS_NOT_ALLOWED);
}

/* ---- the validated look-up ---- */

static void signatures_are_checked(void **state) {
    (void)state;
    struct dns_settings settings = zones_only();
    struct dns_result secure = look_up(&settings, "_tenure-challenge.secure.test", DNS_TXT);
    assert_true(secure.secure);
    assert_true(has_text(secure.data, secure.count, "the-value"));
    struct dns_result forged = look_up(&settings, "_tenure-challenge.forged.test", DNS_TXT);
    assert_true(forged.bogus);
    assert_int_equal(forged.rcode, DNS_SERVFAIL);
    assert_int_equal(forged.count, 0);
    assert_non_null(strstr(forged.why, "forged.test"));
    struct dns_result unsigned_zone = look_up(&settings, "_tenure-challenge.example.test", DNS_TXT);
    assert_false(unsigned_zone.secure || unsigned_zone.bogus);
    assert_true(has_text(unsigned_zone.data, unsigned_zone.count, "the-value"));
}

static void the_chain_of_trust_begins_at_the_root(void **state) {
    (void)state;
    struct dns_settings settings = through_resolver();
    assert_true(look_up(&settings, "_tenure-challenge.secure.test", DNS_TXT).secure);
    assert_true(look_up(&settings, "_tenure-challenge.forged.test", DNS_TXT).bogus);
    struct dns_result insecure = look_up(&settings, "_tenure-challenge.alias.example.test", DNS_TXT);
    assert_false(insecure.secure || insecure.bogus);
    assert_string_equal(insecure.canonical, "second.chain.example.test");
    assert_int_equal(look_up(&settings, "nothing.example.test", DNS_TXT).rcode, DNS_NXDOMAIN);
    /* With the real root's keys the same root is none, and no zone below is to blame. */
    settings.trust_anchor = NULL;
    struct dns_result rootless = look_up(&settings, "_tenure-challenge.secure.test", DNS_TXT);
    assert_true(dns_failed(&rootless) && !rootless.secure && !rootless.bogus);
    assert_non_null(strstr(rootless.why, "leave signatures out"));
}

static void a_look_up_ends_in_time(void **state) {
    (void)state;
    struct dns_zone zone = zone_at("example.test", &net.silent);
    struct dns_settings settings = zones_only();
    settings.zones = &zone;
    settings.zone_count = 1;
    settings.timeout_ms = IMPATIENT_MS;
    int64_t start = clock_monotonic_ms();
    assert_true(look_up(&settings, "example.test", DNS_TXT).timed_out);
    assert_in_range(clock_monotonic_ms() - start, IMPATIENT_MS - 5, IMPATIENT_MS + 2000);
}

static void what_changed_meanwhile_is_seen_at_once(void **state) {
    (void)state;
    struct dns_zone zone = zone_at("example.test", &net.named[LAGGING].server);
    struct dns_settings before = zones_only(), after = zones_only();
    before.zones = &zone;
    before.zone_count = 1;
    struct dns_result old = look_up(&before, "_tenure-challenge.lag.example.test", DNS_TXT);
    struct dns_result fresh = look_up(&after, "_tenure-challenge.lag.example.test", DNS_TXT);
    assert_true(has_text(old.data, old.count, "an-old-value"));
    assert_true(has_text(fresh.data, fresh.count, "the-value"));
}

/* ---- a resolver that is kept ---- */

/* A check of its own. */
static struct dns_result check(const struct dns_settings *settings, const char *name, enum dns_type type) {
    struct dns_result result;
    struct dns *dns;
    struct error e;
    assert_ok(dns_open(net.arena, settings, &dns, &e), e);
    assert_ok(dns_validated(dns, name, type, &result, &e), e);
    dns_close(dns);
    return result;
}

static void checks_that_follow_each_other_share_a_resolver(void **state) {
    (void)state;
    struct dns_settings settings = zones_only();
    struct dns *outer, *inner;
    struct error e;
    settings.keeper = dns_keeper_new(net.arena);
    int before = resolvers_made;
    for (int i = 0; i < 5; i++)
        assert_int_equal(check(&settings, "_tenure-challenge.example.test", DNS_TXT).count, 2);
    assert_in_range(resolvers_made - before, 1, 4); /* on a slow machine a second passes */
    before = resolvers_made;
    usleep(1100000);
    check(&settings, "_tenure-challenge.example.test", DNS_TXT);
    assert_int_equal(resolvers_made - before, 1);
    assert_ok(dns_open(net.arena, &settings, &outer, &e), e);
    usleep(1100000); /* it is lent for as long as it is needed; the next one has its own */
    before = resolvers_made;
    assert_ok(dns_open(net.arena, &settings, &inner, &e), e);
    assert_int_equal(resolvers_made - before, 1);
    dns_close(inner);
    struct dns_result result;
    assert_ok(dns_validated(outer, "_tenure-challenge.example.test", DNS_TXT, &result, &e), e);
    assert_int_equal(result.count, 2);
    dns_close(outer);
}

static void after_a_failure_the_next_check_has_a_new_resolver(void **state) {
    (void)state;
    struct dns_settings settings = zones_only();
    settings.keeper = dns_keeper_new(net.arena);
    static const char *const failing[] = {"www.broken.test", "_tenure-challenge.forged.test"};
    for (size_t i = 0; i < sizeof failing / sizeof *failing; i++) {
        check(&settings, "_tenure-challenge.example.test", DNS_TXT);
        assert_int_equal(check(&settings, failing[i], DNS_TXT).rcode, DNS_SERVFAIL);
        int before = resolvers_made;
        check(&settings, "_tenure-challenge.example.test", DNS_TXT);
        assert_int_equal(resolvers_made - before, 1);
    }
}

/* What a server says one time after another, each for an hour: header behind the id, and what follows the
 * question. */
#define NAME "\300\014"
#define HOUR "\0\0\016\020"
#define SOA  NAME "\0\006\0\001" HOUR "\0\026\0\0\0\0\0\001" HOUR HOUR HOUR HOUR
#define TXT  NAME "\0\020\0\001" HOUR "\0\002\001"
static const struct {
    struct slice header, rest;
} sayings[] = {
#define SAYING(header, rest)                                                                                 \
    {                                                                                                        \
        {(const uint8_t *)(header), 10}, {                                                                   \
            (const uint8_t *)(rest), sizeof(rest) - 1                                                        \
        }                                                                                                    \
    }
    SAYING("\204\003\0\001\0\0\0\0\0\0", ""),      /* NXDOMAIN, and no SOA */
    SAYING("\204\003\0\001\0\0\0\001\0\0", SOA),   /* NXDOMAIN */
    SAYING("\204\0\0\001\0\0\0\001\0\0", SOA),     /* nothing of that type */
    SAYING("\204\0\0\001\0\001\0\0\0\0", TXT "1"), /* records */
    SAYING("\204\0\0\001\0\001\0\0\0\0", TXT "2"),
};
enum { SAYINGS = sizeof sayings / sizeof *sayings, HEADER = 12 };

static void say_it(int fd) {
    uint8_t bytes[512];
    struct sockaddr_storage from;
    for (size_t i = 0;;) {
        socklen_t size = sizeof from;
        if (recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &size) < HEADER)
            continue;
        uint8_t *end = bytes + HEADER + strlen((char *)bytes + HEADER) + 5; /* behind the question */
        memcpy(bytes + 2, sayings[i].header.p, sayings[i].header.len);
        memcpy(end, sayings[i].rest.p, sayings[i].rest.len);
        sendto(fd, bytes, (size_t)(end - bytes) + sayings[i].rest.len, 0, (struct sockaddr *)&from, size);
        i += i + 1 < SAYINGS;
    }
}

static pid_t start_sayings(struct dns_server *server) {
    uint16_t port = 0;
    AUTO_FD fd = bound(SOCK_DGRAM, &port);
    *server = loopback("sayings", port);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    say_it(fd);
    _exit(1);
}

static void a_resolver_that_is_kept_asks_anew_each_time(void **state) {
    (void)state;
    static const struct {
        int rcode;
        const char *text; /* NULL: nothing is there */
    } seen[SAYINGS] = {{DNS_NXDOMAIN, NULL},
                       {DNS_NXDOMAIN, NULL},
                       {DNS_NOERROR, NULL},
                       {DNS_NOERROR, "1"},
                       {DNS_NOERROR, "2"}};
    struct dns_server server;
    pid_t pid = start_sayings(&server);
    struct dns_zone zone = zone_at("sayings.test", &server);
    struct dns_settings settings = zones_only();
    settings.zones = &zone;
    settings.zone_count = 1;
    settings.keeper = dns_keeper_new(net.arena);
    for (size_t i = 0; i < SAYINGS; i++) {
        struct dns_result result = check(&settings, "sayings.test", DNS_TXT);
        assert_int_equal(result.rcode, seen[i].rcode);
        assert_int_equal(result.count, seen[i].text != NULL);
        assert_true(!seen[i].text || has_text(result.data, result.count, seen[i].text));
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void names_outside_of_the_zones_are_refused(void **state) {
    (void)state;
    struct dns_settings settings = zones_only();
    struct dns_zone_found found;
    struct dns_result result;
    struct dns *dns;
    struct error e;
    assert_ok(dns_open(net.arena, &settings, &dns, &e), e);
    assert_fails(dns_validated(dns, "www.example.com", DNS_TXT, &result, &e), e, ERR_NO_RESOLVER);
    assert_fails(dns_authorities(dns, "www.example.com", &found, &e), e, ERR_NO_RESOLVER);
    assert_fails(dns_validated(dns, "notexample.test", DNS_TXT, &result, &e), e, ERR_NO_RESOLVER);
}

static void what_leads_out_of_the_zones_ends_there(void **state) {
    (void)state;
    struct dns_settings settings = zones_only();
    struct dns_result outside = look_up(&settings, "_tenure-challenge.outside.example.test", DNS_TXT);
    assert_int_equal(outside.rcode, DNS_SERVFAIL);
    assert_false(outside.timed_out);
    assert_int_equal(outside.count, 0);
}

static void one_server_may_stand_for_the_whole_world(void **state) {
    (void)state;
    struct dns_zone world = zone_at("", &net.named[GOOD].server);
    struct dns_settings settings = zones_only();
    settings.zones = &world;
    settings.zone_count = 1;
    struct dns_result text = look_up(&settings, "_tenure-challenge.example.test", DNS_TXT);
    assert_true(has_text(text.data, text.count, "the-value"));
    struct dns_result alias = look_up(&settings, "_tenure-challenge.alias.example.test", DNS_TXT);
    assert_string_equal(alias.canonical, "second.chain.example.test");
    assert_false(look_up(&settings, "_tenure-challenge.forged.test", DNS_TXT).bogus);
    assert_int_equal(look_up(&settings, "nothing.example.test", DNS_TXT).rcode, DNS_NXDOMAIN);
}

static void nothing_was_sent_to_other_machines(void **state) {
    (void)state;
    assert_int_equal(sent_elsewhere, 0);
}

/* ---- who the servers are ---- */

static void a_configured_zone_has_its_own_servers(void **state) {
    (void)state;
    struct dns_settings settings = zones_only();
    struct dns_zone_found found;
    struct dns *dns;
    struct error e;
    assert_ok(dns_open(net.arena, &settings, &dns, &e), e);
    assert_ok(dns_authorities(dns, "a.b.Example.TEST", &found, &e), e);
    assert_string_equal(found.zone, "example.test");
    assert_int_equal(found.servers.count, 1);
    assert_string_equal(found.servers.list[0].name, "ns1");
}

static void other_zones_are_found_by_their_name_servers(void **state) {
    (void)state;
    struct dns_settings settings = through_resolver();
    struct dns_zone_found found;
    struct dns_answer answer;
    struct dns *dns;
    struct error e;
    assert_ok(dns_open(net.arena, &settings, &dns, &e), e);
    assert_ok(dns_authorities(dns, "_tenure-challenge.alias.example.test", &found, &e), e);
    assert_string_equal(found.zone, "example.test");
    assert_int_equal(found.servers.count, 2);
    assert_string_equal(found.servers.list[0].name, "ns1.example.test");
    assert_int_equal(found.servers.list[0].port, DNS_PORT);
    assert_ok(dns_ask(dns, &found.servers.list[0], "example.test", DNS_TXT, &answer, &e), e);
    assert_int_equal(answer.status, DNS_NOT_ALLOWED);
    settings.resolvers.list[0] = net.silent;
    settings.timeout_ms = IMPATIENT_MS;
    assert_ok(dns_open(net.arena, &settings, &dns, &e), e);
    assert_ok(dns_authorities(dns, "www.example.test", &found, &e), e);
    assert_int_equal(found.servers.count, 0);
    assert_true(found.failure.timed_out);
}

/* ---- names and data ---- */

static void names_and_data_are_read_strictly(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *name; /* NULL: none */
    } rows[] = {{"\3www\7Example\4test", 18, "www.example.test"},
                {"", 1, ""},
                {"\3www", 4, NULL},
                {"\4www", 5, NULL},
                {"\3www\0x", 6, NULL},
                {"\3w.w", 5, NULL},
                {"\3w\0w", 5, NULL},
                {"\300\014", 3, NULL},
                {"", 0, NULL}};
    const char *name;
    struct slice text;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool good = dns_name_text(net.arena, slice_of(rows[i].bytes, rows[i].size), &name);
        assert_int_equal(good, rows[i].name != NULL);
        if (good)
            assert_string_equal(name, rows[i].name);
    }
    assert_true(dns_txt(net.arena, slice_of("\2ab\0\1c", 6), &text) && slice_equal(text, slice_str("abc")));
    assert_false(dns_txt(net.arena, slice_of("\2ab\3c", 5), &text));
    assert_false(dns_txt(net.arena, slice_of("", 0), &text));
    assert_true(dns_below("a.b.C", "B.c") && dns_below("b.c", "b.c") && dns_below("b.c", ""));
    assert_false(dns_below("ab.c", "b.c") || dns_below("c", "b.c"));
}

static void a_server_is_an_address_with_or_without_a_port(void **state) {
    (void)state;
    static const struct {
        const char *text, *address;
        unsigned port;
    } good[] = {{"192.0.2.1", "192.0.2.1", 53},
                {"192.0.2.1:5353", "192.0.2.1", 5353},
                {"2001:db8::1", "2001:db8::1", 53},
                {"[2001:db8::1]", "2001:db8::1", 53},
                {"[2001:db8::1]:5353", "2001:db8::1", 5353}};
    static const char *const bad[] = {
        "",       "ns1.example.com", "192.0.2.1:",   "192.0.2.1:0", "192.0.2.1:65536",
        "[::1]x", "[::1]:",          "192.0.2.1:+1", "[::1",        "192.0.2.1:53x"};
    struct dns_server server;
    struct error e;
    char text[INET6_ADDRSTRLEN];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_ok(dns_server_parse(net.arena, good[i].text, &server, &e), e);
        address_text(&server.address, text);
        assert_string_equal(text, good[i].address);
        assert_int_equal(server.port, good[i].port);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_fails(dns_server_parse(net.arena, bad[i], &server, &e), e, ERR_BAD_FIELD);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(each_server_gives_its_own_answer),
        test(strings_of_a_record_are_joined),
        test(a_long_answer_comes_by_tcp),
        test(a_server_that_does_not_answer_costs_its_time_and_no_more),
        test(a_check_ends_in_time_however_much_there_is_to_ask),
        test(refusals_of_a_server_are_answers),
        test(a_cname_stands_for_the_data),
        test(the_policy_closes_servers_that_others_name),
        test(signatures_are_checked),
        test(the_chain_of_trust_begins_at_the_root),
        test(a_look_up_ends_in_time),
        test(what_changed_meanwhile_is_seen_at_once),
        test(checks_that_follow_each_other_share_a_resolver),
        test(after_a_failure_the_next_check_has_a_new_resolver),
        test(a_resolver_that_is_kept_asks_anew_each_time),
        test(names_outside_of_the_zones_are_refused),
        test(what_leads_out_of_the_zones_ends_there),
        test(one_server_may_stand_for_the_whole_world),
        test(a_configured_zone_has_its_own_servers),
        test(other_zones_are_found_by_their_name_servers),
        test(names_and_data_are_read_strictly),
        test(a_server_is_an_address_with_or_without_a_port),
        test(nothing_was_sent_to_other_machines),
    };
    return cmocka_run_group_tests_name("dns", tests, open_net, close_net);
}
