/* Updates against BIND and Knot, and against a server that does not have our key. */
#include "dns/fixture.h"
#include "dns/update.h"
#include <sys/stat.h>

enum { SERVER_BIND, SERVER_KNOT, SERVER_COUNT };

#define GOOD_KEY    "c2VjcmV0IG9mIHRoZSBnb29kIGtleSwgMzIgYnl0ZXM="
#define WEAK_KEY    "c2VjcmV0IG9mIHRoZSB3ZWFrIGtleSwgMzIgYnl0ZXM="
#define WRONG_KEY   "c2VjcmV0IG9mIG5vYm9keSBhdCBhbGwsIDMyIGJ5dGU="
#define PLACE       "_acme-challenge.www.update.test"
#define VALUE       "gfj9Xq-Rg85nM0123456789abcdefghijklmnopqrst"
#define OTHER_VALUE "LPsIwTo7o8BoG0-vjCyGQGBWSVIPxI-i_X336eUOQZo"

static struct {
    struct arena *arena;
    char folder[32];
    pid_t pid[SERVER_COUNT];
    struct dns_server server[SERVER_COUNT];
} world;

static void put_file(const char *name, const char *text) {
    struct error e;
    assert_ok(
        file_write_new(arena_printf(world.arena, "%s/%s", world.folder, name), 0644, slice_str(text), &e), e);
}

static void put_zone(const char *name) {
    put_file(arena_printf(world.arena, "%s.zone", name),
             arena_printf(world.arena,
                          "$ORIGIN %s.\n$TTL 60\n@ SOA ns1 host 1 3600 600 86400 60\n@ NS ns1\n"
                          "ns1 A 127.0.0.1\nalias CNAME ns1\nsub NS ns.sub\nns.sub A 127.0.0.1\n"
                          "_acme-challenge.www TXT \"foreign\"\n",
                          name));
}

static void start(int which, const char *const *argv) {
    world.pid[which] = start_program(argv, arena_printf(world.arena, "%s/log-%d", world.folder, which));
}

static void start_bind(void) {
    world.server[SERVER_BIND] = loopback("bind", free_port());
    put_file(
        "named.conf",
        arena_printf(world.arena,
                     "options { directory \"%s\"; listen-on port %u { 127.0.0.1; }; listen-on-v6 { none; };\n"
                     "recursion no; pid-file none; session-keyfile none; notify no; };\ncontrols { };\n"
                     "key good { algorithm hmac-sha256; secret \"" GOOD_KEY "\"; };\n"
                     "key strong { algorithm hmac-sha512; secret \"" GOOD_KEY "\"; };\n"
                     "key weak { algorithm hmac-sha256; secret \"" WEAK_KEY "\"; };\n"
                     "zone \"update.test\" { type primary; file \"update.test.zone\";\n"
                     "    allow-update { key good; key strong; }; };\n"
                     "zone \"fixed.test\" { type primary; file \"fixed.test.zone\"; };\n"
                     "zone \"copy.test\" { type secondary; primaries { 127.0.0.1 port 9; };\n"
                     "    file \"copy.test.zone\"; masterfile-format text; };\n",
                     world.folder, world.server[SERVER_BIND].port));
    start(SERVER_BIND, (const char *const[]){"/usr/sbin/named", "-g", "-n", "1", "-U", "1", "-c",
                                             arena_printf(world.arena, "%s/named.conf", world.folder), NULL});
}

static void start_knot(void) {
    world.server[SERVER_KNOT] = loopback("knot", free_port());
    put_file("knot.conf",
             arena_printf(world.arena,
                          "server:\n  rundir: %1$s\n  listen: 127.0.0.1@%2$u\n  udp-workers: 1\n"
                          "  tcp-workers: 1\n  background-workers: 1\ndatabase:\n  storage: %1$s/knot\n"
                          "  journal-db-max-size: 8M\n  kasp-db-max-size: 8M\n  timer-db-max-size: 8M\n"
                          "key:\n- id: good\n  algorithm: hmac-sha256\n  secret: " GOOD_KEY "\n"
                          "- id: strong\n  algorithm: hmac-sha512\n  secret: " GOOD_KEY "\n"
                          "- id: weak\n  algorithm: hmac-sha256\n  secret: " WEAK_KEY "\n"
                          "acl:\n- id: change\n  key: [good, strong]\n  action: update\n"
                          "template:\n- id: default\n  storage: %1$s\n  zonefile-sync: -1\n"
                          "zone:\n- domain: update.test\n  file: update.test.zone\n  acl: change\n"
                          "- domain: fixed.test\n  file: fixed.test.zone\n",
                          world.folder, world.server[SERVER_KNOT].port));
    start(SERVER_KNOT, (const char *const[]){"/usr/sbin/knotd", "-c",
                                             arena_printf(world.arena, "%s/knot.conf", world.folder), NULL});
}

/* ---- what stands in DNS ---- */

/* The values at PLACE, sorted by nobody: in the order of the server. */
static size_t values_at(int which, const char *name, const char *wanted, bool *found) {
    const struct dns_settings settings = {.outside_refused = true, .timeout_ms = ANSWER_MS};
    struct dns_answer answer;
    struct dns *dns;
    struct error e;
    AUTO_ARENA a = arena_new();
    assert_ok(dns_open(a, &settings, &dns, &e), e);
    assert_ok(dns_ask(dns, &world.server[which], name, DNS_TXT, &answer, &e), e);
    assert_int_equal(answer.status, DNS_ANSWERED);
    *found = false;
    for (size_t i = 0; i < answer.count; i++) {
        struct slice text;
        *found |= dns_txt(a, answer.data[i], &text) && slice_equal(text, slice_str(wanted));
    }
    return answer.rcode == DNS_NOERROR ? answer.count : 0;
}

static void assert_values(int which, size_t count, const char *wanted) {
    bool found;
    assert_int_equal(values_at(which, PLACE, wanted, &found), count);
    assert_true(found);
}

static bool serves(int which) {
    const struct dns_settings settings = {.outside_refused = true, .timeout_ms = IMPATIENT_MS};
    struct dns_answer answer;
    struct dns *dns;
    struct error e;
    AUTO_ARENA a = arena_new();
    assert_ok(dns_open(a, &settings, &dns, &e), e);
    assert_ok(dns_ask(dns, &world.server[which], "update.test", DNS_NS, &answer, &e), e);
    return answer.status == DNS_ANSWERED && answer.rcode == DNS_NOERROR && answer.count > 0;
}

static void await(int which) {
    int64_t deadline = clock_monotonic_ms() + START_MS;
    while (!serves(which)) {
        assert_true(clock_monotonic_ms() < deadline);
        usleep(20000);
    }
}

static int open_world(void **state) {
    (void)state;
    world.arena = arena_new();
    snprintf(world.folder, sizeof world.folder, "/tmp/tenure-update-XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    put_zone("update.test");
    put_zone("fixed.test");
    assert_int_equal(mkdir(arena_printf(world.arena, "%s/knot", world.folder), 0700), 0);
    start_bind();
    start_knot();
    await(SERVER_BIND);
    await(SERVER_KNOT);
    return 0;
}

static int close_world(void **state) {
    (void)state;
    struct child_result removed;
    struct error e;
    for (int i = 0; i < SERVER_COUNT; i++) {
        kill(world.pid[i], SIGKILL);
        waitpid(world.pid[i], NULL, 0);
    }
    const char *const remove[] = {"rm", "-rf", world.folder, NULL};
    assert_ok(child_run(world.arena, remove, NULL, START_MS, &removed, &e), e);
    arena_free(world.arena);
    return 0;
}

/* ---- the tests ---- */

static struct dns_update update_by(int which, const char *key_name, const char *key) {
    return (struct dns_update){.policy = &outbound_anywhere,
                               .server = world.server[which],
                               .key_name = key_name,
                               .algorithm = "hmac-sha256",
                               .key = secret_new(world.arena, key, strlen(key)),
                               .timeout_ms = ANSWER_MS};
}

static void add(const struct dns_update *update, const char *value) {
    struct error e;
    AUTO_ARENA a = arena_new();
    assert_ok(dns_update_add(a, update, PLACE, value, 60, &e), e);
}

static void take_away(const struct dns_update *update, const char *value) {
    struct error e;
    AUTO_ARENA a = arena_new();
    assert_ok(dns_update_remove(a, update, PLACE, value, &e), e);
}

static void assert_refused(const struct dns_update *update, const char *name, enum error_id expected,
                           const char *words) {
    struct error e;
    AUTO_ARENA a = arena_new();
    assert_fails(dns_update_add(a, update, name, VALUE, 60, &e), e, expected);
    assert_non_null(strstr(e.detail[LANG_EN], words));
}

static void changes(const struct dns_update *update, int which) {
    add(update, VALUE);
    add(update, VALUE); /* a repetition after a crash */
    add(update, OTHER_VALUE);
    assert_values(which, 3, VALUE);
    assert_values(which, 3, OTHER_VALUE);
    take_away(update, VALUE);
    assert_values(which, 2, OTHER_VALUE);
    take_away(update, VALUE);
    take_away(update, OTHER_VALUE);
    assert_values(which, 1, "foreign");
}

static void a_value_comes_and_goes_and_others_stay(void **state) {
    (void)state;
    for (int which = 0; which < SERVER_COUNT; which++) {
        struct dns_update update = update_by(which, "good", GOOD_KEY);
        changes(&update, which);
        update.tcp = true;
        changes(&update, which);
        update.tcp = false;
        update.zone = "update.test";
        changes(&update, which);
        update.key_name = "strong";
        update.algorithm = "hmac-sha512";
        changes(&update, which);
    }
}

static void a_long_value_is_one_value(void **state) {
    (void)state;
    char value[600];
    bool found;
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = 0;
    struct dns_update update = update_by(SERVER_BIND, "good", GOOD_KEY);
    add(&update, value);
    assert_int_equal(values_at(SERVER_BIND, PLACE, value, &found), 2);
    assert_true(found);
    take_away(&update, value);
    assert_values(SERVER_BIND, 1, "foreign");
}

static void a_wrong_key_is_told_from_a_wrong_zone(void **state) {
    (void)state;
    for (int which = 0; which < SERVER_COUNT; which++) {
        struct dns_update update = update_by(which, "good", WRONG_KEY);
        assert_refused(&update, PLACE, ERR_DNS_KEY_REFUSED, "BADSIG");
        update = update_by(which, "unknown", GOOD_KEY);
        assert_refused(&update, PLACE, ERR_DNS_KEY_REFUSED, "BADKEY");
        update = update_by(which, "good", GOOD_KEY);
        assert_refused(&update, "_acme-challenge.elsewhere.test", ERR_DNS_ZONE_NOT_FOUND, "elsewhere.test");
        assert_refused(&update, "_acme-challenge.sub.update.test", ERR_DNS_ZONE_NOT_FOUND, "sub.update.test");
        update.zone = "elsewhere.test";
        assert_refused(&update, "_acme-challenge.elsewhere.test", ERR_DNS_ZONE_NOT_FOUND, "elsewhere.test");
        update.zone = "update.test";
        assert_refused(&update, "_acme-challenge.elsewhere.test", ERR_DNS_ZONE_NOT_FOUND, "elsewhere.test");
    }
}

static void a_zone_that_must_not_change_is_told(void **state) {
    (void)state;
    struct dns_update update = update_by(SERVER_BIND, "good", GOOD_KEY);
    assert_refused(&update, "_acme-challenge.www.fixed.test", ERR_DNS_CHANGE_REFUSED, "REFUSED");
    update = update_by(SERVER_BIND, "weak", WEAK_KEY);
    assert_refused(&update, PLACE, ERR_DNS_CHANGE_REFUSED, "by the key weak");
    update = update_by(SERVER_KNOT, "good", GOOD_KEY);
    assert_refused(&update, "_acme-challenge.www.fixed.test", ERR_DNS_KEY_REFUSED, "no rights");
    update = update_by(SERVER_KNOT, "weak", WEAK_KEY);
    assert_refused(&update, PLACE, ERR_DNS_KEY_REFUSED, "the key weak");
    assert_values(SERVER_BIND, 1, "foreign");
    assert_values(SERVER_KNOT, 1, "foreign");
}

/* What could not be made need not be taken away; what stands there must be. */
static void a_refusal_is_no_hindrance_where_nothing_is(void **state) {
    (void)state;
    for (int which = 0; which < SERVER_COUNT; which++) {
        struct dns_update good = update_by(which, "good", GOOD_KEY);
        struct dns_update wrong = update_by(which, "good", WRONG_KEY);
        struct dns_update weak = update_by(which, "weak", WEAK_KEY);
        struct error e;
        AUTO_ARENA a = arena_new();
        take_away(&wrong, VALUE);
        take_away(&weak, VALUE);
        add(&good, VALUE);
        assert_fails(dns_update_remove(a, &wrong, PLACE, VALUE, &e), e, ERR_DNS_KEY_REFUSED);
        assert_false(dns_update_remove(a, &weak, PLACE, VALUE, &e));
        assert_values(which, 2, VALUE);
        take_away(&good, VALUE);
    }
}

static void who_does_not_answer_is_told(void **state) {
    (void)state;
    struct dns_update update = update_by(SERVER_BIND, "good", GOOD_KEY);
    update.server = loopback("closed", free_port());
    assert_refused(&update, PLACE, ERR_UNREACHABLE, "closed");
    uint16_t port = 0;
    AUTO_FD silent = bound(SOCK_DGRAM, &port);
    assert_true(silent >= 0);
    update.server = loopback("silent", port);
    update.timeout_ms = IMPATIENT_MS;
    assert_refused(&update, PLACE, ERR_TIMED_OUT, "silent");
    const struct outbound_policy nowhere = {.count = 0};
    update.policy = &nowhere;
    update.server.configured = false;
    assert_refused(&update, PLACE, ERR_ADDRESS_NOT_ALLOWED, "silent");
    update.tcp = true;
    assert_refused(&update, PLACE, ERR_ADDRESS_NOT_ALLOWED, "silent");
}

/* Sends each message back as its own answer: a success that is not signed by our key. */
static void echo(int fd) {
    uint8_t bytes[4096];
    struct sockaddr_storage from;
    socklen_t size = sizeof from;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        ssize_t length = recvfrom(fd, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &size);
        if (length < 12)
            _exit(1);
        bytes[2] |= 0x80; /* QR */
        if (sendto(fd, bytes, (size_t)length, 0, (struct sockaddr *)&from, size) < 0)
            _exit(1);
    }
}

static void success_without_our_signature_is_none(void **state) {
    (void)state;
    uint16_t port = 0;
    AUTO_FD fd = bound(SOCK_DGRAM, &port);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        echo(fd);
    struct dns_update update = update_by(SERVER_BIND, "good", GOOD_KEY);
    update.server = loopback("forger", port);
    update.zone = "update.test";
    update.timeout_ms = IMPATIENT_MS;
    assert_refused(&update, PLACE, ERR_DNS_KEY_REFUSED, "not signed");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void a_secret_that_is_not_base64_is_refused(void **state) {
    (void)state;
    struct dns_update update = update_by(SERVER_BIND, "good", "not base64!");
    assert_refused(&update, PLACE, ERR_BAD_FIELD, "base64");
    update = update_by(SERVER_BIND, "good", "");
    assert_refused(&update, PLACE, ERR_BAD_FIELD, "base64");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(a_value_comes_and_goes_and_others_stay),     test(a_long_value_is_one_value),
        test(a_wrong_key_is_told_from_a_wrong_zone),      test(a_zone_that_must_not_change_is_told),
        test(a_refusal_is_no_hindrance_where_nothing_is), test(who_does_not_answer_is_told),
        test(success_without_our_signature_is_none),      test(a_secret_that_is_not_base64_is_refused)};
    return cmocka_run_group_tests_name("update", tests, open_world, close_world);
}
