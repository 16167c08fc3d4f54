/* What an authoritative server of ours says, to polite questions and to garbage. */
#include "base/rand.h"
#include "dns/serve.h"
#include "dns/wire.h"
#include "unit.h"
#include <arpa/inet.h>

enum {
    PACKET_MAX = 2048,
    VALUE_COUNT_MAX = 40,
    AT_FLAGS = 2,
    AT_COUNT = 4,
    AT_QUESTION = 12,
    MUTATIONS = 20000
};

#define LABEL "abcdefghijklmnopqrstuvwxyz234567"

static struct arena *a;
static size_t value_count;
static bool broken;

static bool values_of(void *context, struct arena *arena, const char *name, bool *exists,
                      const char ***values, size_t *count) {
    (void)context;
    *exists = strcmp(name, LABEL ".acme.test") == 0;
    *count = *exists ? value_count : 0;
    *values = ARENA_ARRAY(arena, VALUE_COUNT_MAX, const char *);
    for (size_t i = 0; i < *count; i++)
        (*values)[i] = arena_printf(arena, "value-%02zu-0123456789012345678901234567890123", i);
    return !broken;
}

static const char *const name_servers[] = {"a.ns.acme.test", "ns.elsewhere.example"};
static struct address addresses[2];
static const struct dns_served served = {.zone = "acme.test",
                                         .name_servers = name_servers,
                                         .name_server_count = 2,
                                         .addresses = addresses,
                                         .address_count = 2,
                                         .values = values_of};

static int open_arena(void **state) {
    (void)state;
    a = arena_new();
    value_count = 2;
    broken = false;
    assert_true(address_parse("192.0.2.53", &addresses[0]) && address_parse("2001:db8::53", &addresses[1]));
    return 0;
}

static int close_arena(void **state) {
    (void)state;
    arena_free(a);
    return 0;
}

#define in_arena(f) cmocka_unit_test_setup_teardown(f, open_arena, close_arena)

static bool serve_bytes(struct slice message, bool tcp, bool curt, struct slice *answer) {
    const struct dns_asked asked = {.message = message, .tcp = tcp, .curt = curt, .now = 1795219200};
    return dns_serve(&served, a, &asked, answer);
}

/* The question as bytes that may be changed. */
static struct slice question(const char *name, int type) {
    const struct wire_question q = {.id = 4711, .name = name, .type = (enum dns_type)type};
    struct slice packet;
    assert_true(wire_write(a, &q, &packet));
    return packet;
}

static struct dns_answer ask(const char *name, int type) {
    const struct wire_question q = {.id = 4711, .name = name, .type = (enum dns_type)type};
    struct dns_answer read = {.rcode = -1};
    struct slice answer;
    assert_true(serve_bytes(question(name, type), true, false, &answer));
    assert_true(wire_read(a, &q, answer, &read));
    return read;
}

static int rcode_of(struct slice answer) {
    return answer.p[3] & 15;
}

static size_t authority_count(struct slice answer) {
    return (size_t)(answer.p[8] << 8 | answer.p[9]);
}

static int rcode_after(struct slice message, size_t at, uint8_t value) {
    uint8_t *bytes = arena_copy(a, message.p, message.len);
    struct slice answer;
    bytes[at] = value;
    return serve_bytes(slice_of(bytes, message.len), false, false, &answer) ? rcode_of(answer) : -1;
}

/* ---- what there is ---- */

static void all_values_of_a_name_stand_together(void **state) {
    (void)state;
    struct dns_answer answer = ask(LABEL ".acme.test", DNS_TXT);
    struct slice text;
    assert_int_equal(answer.rcode, DNS_NOERROR);
    assert_true(answer.authoritative);
    assert_int_equal(answer.count, 2);
    assert_true(dns_txt(a, answer.data[1], &text));
    assert_true(slice_equal(text, slice_str("value-01-0123456789012345678901234567890123")));
}

static void the_zone_tells_of_itself(void **state) {
    (void)state;
    const char *name;
    assert_int_equal(ask("acme.test", 6).count, 1);
    struct dns_answer answer = ask("acme.test", DNS_NS);
    assert_int_equal(answer.count, 2);
    assert_true(dns_name_text(a, answer.data[0], &name));
    assert_string_equal(name, "a.ns.acme.test");
    assert_int_equal(ask("acme.test", DNS_A).count, 1);
    assert_int_equal(ask("a.ns.acme.test", DNS_AAAA).count, 1);
    assert_int_equal(ask("acme.test", DNS_TXT).count, 0);
}

static void what_is_not_there_is_denied_with_the_soa(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int type, rcode;
    } cases[] = {
        {LABEL ".acme.test", DNS_A, DNS_NOERROR}, {"nothing.acme.test", DNS_TXT, DNS_NXDOMAIN},
        {"ns.acme.test", DNS_TXT, DNS_NOERROR},   {"a.b.nothing.acme.test", DNS_TXT, DNS_NXDOMAIN},
        {"acme.test", DNS_TXT, DNS_NOERROR},      {"x\\000y.acme.test", DNS_TXT, DNS_NXDOMAIN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice answer;
        assert_true(serve_bytes(question(cases[i].name, cases[i].type), false, false, &answer));
        assert_int_equal(rcode_of(answer), cases[i].rcode);
        assert_int_equal(authority_count(answer), 1);
    }
    value_count = 0; /* delegated, and nothing published now */
    assert_int_equal(ask(LABEL ".acme.test", DNS_TXT).rcode, DNS_NOERROR);
}

static void others_names_and_copies_of_the_zone_are_refused(void **state) {
    (void)state;
    assert_int_equal(ask("example.com", DNS_TXT).rcode, DNS_REFUSED);
    assert_int_equal(ask("notacme.test", DNS_TXT).rcode, DNS_REFUSED);
    assert_int_equal(ask("test", DNS_NS).rcode, DNS_REFUSED);
    assert_int_equal(ask("acme.test", 252).rcode, DNS_REFUSED);
    assert_int_equal(ask("acme.test", 251).rcode, DNS_REFUSED);
    struct slice chaos = question("acme.test", DNS_TXT);
    assert_int_equal(rcode_after(chaos, AT_QUESTION + 11 + 3, 3), DNS_REFUSED);
}

static void the_case_of_the_question_comes_back(void **state) {
    (void)state;
    struct slice packet = question("aBcDeFgHiJkLmNoPqRsTuVwXyZ234567.AcMe.tEsT", DNS_TXT), answer;
    assert_true(serve_bytes(packet, false, false, &answer));
    assert_int_equal(rcode_of(answer), DNS_NOERROR);
    assert_int_equal(answer.p[7], 2);
    assert_memory_equal(answer.p + AT_QUESTION, packet.p + AT_QUESTION, 33 + 5 + 6 + 4);
    assert_null(memmem(answer.p + 64, answer.len - 64, "acme", 4)); /* nor any record in another case */
}

static void a_database_that_cannot_be_read_denies_nothing(void **state) {
    (void)state;
    broken = true;
    struct dns_answer answer = ask(LABEL ".acme.test", DNS_TXT);
    assert_int_equal(answer.rcode, DNS_SERVFAIL);
    assert_false(answer.authoritative);
}

/* ---- how much ---- */

static void what_does_not_fit_is_asked_for_again_by_tcp(void **state) {
    (void)state;
    struct slice packet = question(LABEL ".acme.test", DNS_TXT), answer;
    value_count = 15; /* 15 * 57 bytes: over 512, within 1232 */
    assert_true(serve_bytes(packet, false, false, &answer));
    assert_int_equal(answer.p[AT_FLAGS] & 2, 0);
    assert_int_equal(answer.p[7], 15);
    uint8_t *plain = arena_copy(a, packet.p, packet.len); /* without EDNS */
    plain[11] = 0;
    assert_true(serve_bytes(slice_of(plain, packet.len - 11), false, false, &answer));
    assert_int_equal(answer.p[AT_FLAGS] & 2, 2);
    assert_int_equal(answer.p[7], 0);
    value_count = VALUE_COUNT_MAX;
    assert_true(serve_bytes(packet, false, false, &answer));
    assert_int_equal(answer.p[AT_FLAGS] & 2, 2);
    assert_true(serve_bytes(packet, true, false, &answer));
    assert_int_equal(answer.p[7], VALUE_COUNT_MAX);
}

static void who_asks_too_often_gets_no_more_bytes_than_he_sent(void **state) {
    (void)state;
    struct slice packet = question(LABEL ".acme.test", DNS_TXT), answer;
    assert_true(serve_bytes(packet, false, true, &answer));
    assert_int_equal(answer.p[AT_FLAGS] & 2, 2);
    assert_true(answer.len <= packet.len);
}

/* ---- garbage ---- */

static void answers_are_never_answered(void **state) {
    (void)state;
    struct slice packet = question(LABEL ".acme.test", DNS_TXT), ignored;
    assert_int_equal(rcode_after(packet, AT_FLAGS, 0x80), -1);
    for (size_t len = 0; len < AT_QUESTION; len++)
        assert_false(serve_bytes(slice_of(packet.p, len), false, false, &ignored));
}

static void what_is_no_query_is_told_so(void **state) {
    (void)state;
    struct slice packet = question(LABEL ".acme.test", DNS_TXT), answer;
    assert_int_equal(rcode_after(packet, AT_FLAGS, 5 << 3), DNS_NOTIMP); /* an update */
    assert_int_equal(rcode_after(packet, AT_COUNT + 1, 0), DNS_FORMERR);
    assert_int_equal(rcode_after(packet, AT_COUNT + 1, 2), DNS_FORMERR);
    assert_int_equal(rcode_after(packet, AT_QUESTION, 63), DNS_FORMERR);
    uint8_t *loop = arena_copy(a, packet.p, packet.len); /* a name that points at itself */
    loop[AT_QUESTION] = 0xc0;
    loop[AT_QUESTION + 1] = AT_QUESTION;
    assert_true(serve_bytes(slice_of(loop, packet.len), false, false, &answer));
    assert_int_equal(rcode_of(answer), DNS_FORMERR);
    uint8_t *version = arena_copy(a, packet.p, packet.len); /* of EDNS, behind root, type, class, rcode */
    version[packet.len - 11 + 6] = 1;
    assert_true(serve_bytes(slice_of(version, packet.len), false, false, &answer));
    assert_int_equal(answer.p[answer.len - 11 + 5], 1); /* BADVERS is 16 */
}

static void mutated_packets_do_no_harm(void **state) {
    (void)state;
    struct slice packet = question(LABEL ".acme.test", DNS_TXT);
    rand_seed(4711);
    for (int i = 0; i < MUTATIONS; i++) {
        AUTO_ARENA round = arena_new();
        uint8_t *bytes = arena_copy(round, packet.p, packet.len);
        for (uint64_t n = 1 + rand_below(4); n > 0; n--)
            bytes[rand_below(packet.len)] = (uint8_t)rand_below(256);
        struct slice answer;
        const struct dns_asked asked = {.message = slice_of(bytes, 1 + rand_below(packet.len)),
                                        .now = 1795219200};
        if (dns_serve(&served, round, &asked, &answer))
            assert_true(answer.len <= DNS_UDP_MAX && answer.p[AT_FLAGS] & 0x80);
    }
}

TEST_MAIN(serve, in_arena(all_values_of_a_name_stand_together), in_arena(the_zone_tells_of_itself),
          in_arena(what_is_not_there_is_denied_with_the_soa),
          in_arena(others_names_and_copies_of_the_zone_are_refused),
          in_arena(the_case_of_the_question_comes_back),
          in_arena(a_database_that_cannot_be_read_denies_nothing),
          in_arena(what_does_not_fit_is_asked_for_again_by_tcp),
          in_arena(who_asks_too_often_gets_no_more_bytes_than_he_sent), in_arena(answers_are_never_answered),
          in_arena(what_is_no_query_is_told_so), in_arena(mutated_packets_do_no_harm))
