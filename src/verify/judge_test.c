/* judge: every verdict, from real certificates. */
#include "pki/fixture.h"
#include "unit.h"
#include "verify/verify.h"

enum { NOW = 1794000000, /* 2026-11-06 */ CHAIN_MAX = 4, ADDRESSES = 3 };

#define NAME "www.example.com"
#define OURS "leaf-p256"
#define OLD  "leaf-p384"
#define REST "intermediate"

/* What one address shows: names of fixtures, or how the handshake ended. */
struct shown {
    const char *chain[CHAIN_MAX];
    enum handshake result;
};

struct judged {
    struct shown at[ADDRESSES];
    enum verdict verdict;
    const char *expected; /* fixture; NULL: nothing is expected */
    enum served_file file;
    const char *server_name; /* NAME unless set */
    int64_t now;             /* NOW unless set */
    bool root_known;
    const char *word; /* stands in both details */
};

static struct cert cert_of(struct arena *a, const char *name) {
    struct cert cert;
    struct error e = {0};
    assert_ok(cert_parse(a, fixture_der(a, arena_printf(a, "%s.pem", name)), &cert, &e), e);
    return cert;
}

static struct tls_seen seen_of(struct arena *a, const struct shown *shown, size_t number) {
    struct tls_seen seen = {.result = shown->result,
                            .reason = TEXT("no luck", "no luck"),
                            .protocol = "TLSv1.3",
                            .cipher = "",
                            .address = arena_printf(a, "192.0.2.%zu:443", number),
                            .chain = ARENA_ARRAY(a, CHAIN_MAX, struct cert)};
    while (seen.count < CHAIN_MAX && shown->chain[seen.count]) {
        seen.chain[seen.count] = cert_of(a, shown->chain[seen.count]);
        seen.count++;
    }
    return seen;
}

static struct finding judge(struct arena *a, const struct judged *j) {
    struct tls_seen seen[ADDRESSES];
    size_t count = 0;
    while (count < ADDRESSES && (j->at[count].chain[0] || j->at[count].result != HANDSHAKE_DONE)) {
        seen[count] = seen_of(a, &j->at[count], count + 1);
        count++;
    }
    struct cert *root = ARENA_NEW(a, struct cert), *rest = ARENA_ARRAY(a, 2, struct cert);
    *root = cert_of(a, "root");
    rest[0] = cert_of(a, REST);
    rest[1] = *root;
    struct expectation x = {.server_name = j->server_name ? j->server_name : NAME,
                            .file = j->file,
                            .roots = root,
                            .root_count = j->root_known};
    if (j->expected) {
        x.fingerprint = cert_of(a, j->expected).fingerprint;
        x.chain = rest;
        x.chain_count = 2;
    }
    struct finding finding;
    verify_judge(a, seen, count, &x, j->now ? j->now : NOW, &finding);
    return finding;
}

static void assert_judged(const struct judged *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        AUTO_ARENA a = arena_new();
        struct finding f = judge(a, &cases[i]);
        assert_string_equal(verdict_row(f.verdict)->name, verdict_row(cases[i].verdict)->name);
        for (int lang = 0; lang < LANG_COUNT; lang++)
            assert_non_null(strstr(f.detail.in[lang], cases[i].word ? cases[i].word : ""));
    }
}
#define ASSERT_JUDGED(...)                                                                                   \
    assert_judged((const struct judged[]){__VA_ARGS__},                                                      \
                  sizeof((const struct judged[]){__VA_ARGS__}) / sizeof(struct judged))

static void what_was_put_there_is_recognised_whoever_trusts_its_root(void **state) {
    (void)state;
    ASSERT_JUDGED({{{{OURS, REST}}}, VERDICT_OK, .expected = OURS, .word = "192.0.2.1:443"},
                  {{{{OURS, REST, "root"}}}, VERDICT_OK, .expected = OURS},
                  {{{{OURS, "root", REST}}}, VERDICT_OK, .expected = OURS},
                  {{{{OURS, REST}}, {{OURS, REST}}}, VERDICT_OK, .expected = OURS});
}

static void another_certificate_is_told_by_what_is_known_of_the_file(void **state) {
    (void)state;
    ASSERT_JUDGED({{{{OLD, REST}}}, VERDICT_OLD_CERTIFICATE_SERVED, .expected = OURS, .word = "2036-01-01"},
                  {{{{OLD, REST}}}, VERDICT_FILE_NOT_REPLACED, .expected = OURS, .file = FILE_OLD},
                  {{{{OLD, REST}}}, VERDICT_SERVICE_NOT_RELOADED, .expected = OURS, .file = FILE_NEW});
}

static void the_new_one_here_and_another_there_points_to_a_device_in_front(void **state) {
    (void)state;
    ASSERT_JUDGED(
        {{{{OURS, REST}}, {{OLD, REST}}},
         VERDICT_INTERMEDIATE_DEVICE_NOT_UPDATED,
         .expected = OURS,
         .file = FILE_NEW,
         .word = "192.0.2.2:443"},
        {{{{OLD, REST}}, {{OURS, REST}}}, VERDICT_INTERMEDIATE_DEVICE_NOT_UPDATED, .expected = OURS},
        {{{{"leaf-idn", REST}}, {{OURS, REST}}}, VERDICT_INTERMEDIATE_DEVICE_NOT_UPDATED, .expected = OURS},
        {{{{OURS, REST}}, {{OURS}}}, VERDICT_INCOMPLETE_CHAIN, .expected = OURS});
}

static void a_missing_intermediate_is_named(void **state) {
    (void)state;
    ASSERT_JUDGED({{{{OURS}}}, VERDICT_INCOMPLETE_CHAIN, .expected = OURS, .word = "Test Intermediate"},
                  {{{{OURS, "root"}}}, VERDICT_INCOMPLETE_CHAIN, .expected = OURS},
                  {{{{OURS}}}, VERDICT_INCOMPLETE_CHAIN, .root_known = true, .word = "Test Intermediate"});
}

static void a_certificate_for_another_name_is_no_old_one(void **state) {
    (void)state;
    ASSERT_JUDGED(
        {{{{"leaf-idn", REST}}}, VERDICT_NAME_MISMATCH, .expected = OURS, .word = NAME},
        {{{{OURS, REST}}}, VERDICT_NAME_MISMATCH, .expected = OURS, .server_name = "mail.example.com"},
        {{{{"leaf-wildcard", REST}}}, VERDICT_OK, .server_name = "mail.example.com", .root_known = true},
        {{{{"leaf-wildcard", REST}}}, VERDICT_NAME_MISMATCH, .server_name = "a.b.example.com"},
        {{{{"leaf-ip", REST}}}, VERDICT_OK, .server_name = "192.0.2.1", .root_known = true});
}

static void dates_are_those_of_the_first_second_inside_and_outside(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const struct cert leaf = cert_of(a, OURS);
    ASSERT_JUDGED(
        {{{{"leaf-expired", REST}}}, VERDICT_EXPIRED, .word = "2020-03-31"},
        {{{{OURS, REST}}}, VERDICT_EXPIRED, .expected = OURS, .now = leaf.end},
        {{{{OURS, REST}}}, VERDICT_OK, .expected = OURS, .now = leaf.end - 1},
        {{{{OURS, REST}}}, VERDICT_OK, .expected = OURS, .now = leaf.not_before},
        {{{{OURS, REST}}}, VERDICT_NOT_YET_VALID, .now = leaf.not_before - 90, .word = " 90 "},
        {{{{"leaf-far", REST}}}, VERDICT_EXPIRED, .now = cert_of(a, REST).end, .word = "Test Intermediate"});
}

static void a_foreign_host_is_judged_by_its_chain(void **state) {
    (void)state;
    ASSERT_JUDGED(
        {{{{OURS, REST}}}, VERDICT_OK, .root_known = true},
        {{{{OURS, REST}}}, VERDICT_UNTRUSTED_ROOT, .word = "Test Root"},
        {{{{OURS, REST, "root"}}}, VERDICT_UNTRUSTED_ROOT},
        {{{{"self-signed"}}}, VERDICT_UNTRUSTED_ROOT, .server_name = "self.example.com", .now = 1900000000});
}

static void who_does_not_answer_is_unreachable_or_fails_the_handshake(void **state) {
    (void)state;
    ASSERT_JUDGED({{{{NULL}, HANDSHAKE_UNREACHABLE}}, VERDICT_UNREACHABLE, .word = "no luck"},
                  {{{{NULL}, HANDSHAKE_REFUSED}}, VERDICT_HANDSHAKE_FAILED, .word = "no luck"},
                  {{{{NULL}, HANDSHAKE_TIMED_OUT}}, VERDICT_HANDSHAKE_FAILED, .expected = OURS},
                  {{{{NULL}}}, VERDICT_UNREACHABLE, .word = ""});
}

static void an_address_without_a_route_does_not_spoil_the_others(void **state) {
    (void)state;
    ASSERT_JUDGED(
        {{{{NULL}, HANDSHAKE_UNREACHABLE}, {{OURS, REST}}}, VERDICT_OK, .expected = OURS},
        {{{{OURS, REST}}, {{NULL}, HANDSHAKE_UNREACHABLE}}, VERDICT_OK, .expected = OURS},
        {{{{NULL}, HANDSHAKE_UNREACHABLE}, {{OURS}}}, VERDICT_INCOMPLETE_CHAIN, .expected = OURS},
        {{{{OURS}}, {{NULL}, HANDSHAKE_UNREACHABLE}}, VERDICT_INCOMPLETE_CHAIN, .expected = OURS},
        {{{{OURS, REST}}, {{NULL}, HANDSHAKE_REFUSED}}, VERDICT_HANDSHAKE_FAILED, .expected = OURS});
}

static void another_key_is_told_where_only_the_key_is_known(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct tls_seen seen = seen_of(a, &(struct shown){{OURS, REST}, HANDSHAKE_DONE}, 1);
    struct expectation x = {.server_name = NAME, .spki_sha256 = cert_of(a, OLD).spki_sha256};
    struct finding finding;
    verify_judge(a, &seen, 1, &x, NOW, &finding);
    assert_int_equal(finding.verdict, VERDICT_KEY_MISMATCH);
}

static void what_was_seen_is_in_the_finding(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const struct cert leaf = cert_of(a, OURS);
    struct finding f = judge(a, &(struct judged){{{{OURS, REST}}}, VERDICT_OK, .expected = OURS});
    assert_string_equal(f.served_fingerprint, leaf.fingerprint);
    assert_string_equal(f.protocol, "TLSv1.3");
    assert_string_equal(f.address, "192.0.2.1:443");
    assert_int_equal(f.served_end, leaf.end);
}

static void every_verdict_has_a_name_a_title_and_a_remedy_in_both_languages(void **state) {
    (void)state;
    for (int i = 0; i < VERDICT_COUNT; i++) {
        const struct verdict_row *row = verdict_row((enum verdict)i);
        assert_non_null(row->name);
        for (int lang = 0; lang < LANG_COUNT; lang++)
            assert_true(*row->title.in[lang] && *row->remedy.in[lang]);
        for (int other = 0; other < i; other++)
            assert_string_not_equal(row->name, verdict_row((enum verdict)other)->name);
    }
    assert_non_null(strstr(verdict_row(VERDICT_OK)->remedy.in[LANG_EN], "clear the browser cache"));
}

TEST_MAIN(judge, test(what_was_put_there_is_recognised_whoever_trusts_its_root),
          test(another_certificate_is_told_by_what_is_known_of_the_file),
          test(the_new_one_here_and_another_there_points_to_a_device_in_front),
          test(a_missing_intermediate_is_named), test(a_certificate_for_another_name_is_no_old_one),
          test(dates_are_those_of_the_first_second_inside_and_outside),
          test(a_foreign_host_is_judged_by_its_chain),
          test(who_does_not_answer_is_unreachable_or_fails_the_handshake),
          test(an_address_without_a_route_does_not_spoil_the_others),
          test(another_key_is_told_where_only_the_key_is_known), test(what_was_seen_is_in_the_finding),
          test(every_verdict_has_a_name_a_title_and_a_remedy_in_both_languages))
