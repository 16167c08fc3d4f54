/* validate/: against real name servers and a real web server; what they cannot show, in tables. */
#include "validate/caa.h"
#include "validate/evidence.h"
#include "validate/fixture.h"

#define VALUE "the-value"

static int slow_fd;

/* ---- the web server ---- */

static const char web_servers[] =
    "server { listen 127.0.0.1:%u; server_name www.example.test both.example.test 127.0.0.1;\n"
    "  location = /.well-known/pki-validation/tenure.txt { return 200 \"" VALUE "\\n\"; } }\n"
    "server { listen 127.0.0.1:%u; server_name wrong.example.test; return 200 \"" VALUE " \\n\"; }\n"
    "server { listen 127.0.0.1:%u; server_name moved.example.test;\n"
    "  return 302 http://www.example.test:%u$request_uri; }\n"
    "server { listen 127.0.0.1:%u; server_name forbidden-file.example.test; return 403; }\n"
    "server { listen 127.0.0.1:%u; server_name huge.example.test; root %s; }\n";

/* A file that begins right and does not end. */
static void write_huge_file(void) {
    struct child_result result;
    struct error e;
    static const char command[] =
        "mkdir -p \"$0/.well-known/pki-validation\" && { printf " VALUE
        "; head -c 70000 /dev/zero | tr '\\0' '\\n'; } >\"$0/.well-known/pki-validation/tenure.txt\" && "
        "chmod -R a+rX \"$0\"";
    const char *const script[] = {"/bin/sh", "-c", command, net.folder, NULL};
    assert_ok(child_run(net.arena, script, NULL, START_MS, &result, &e), e);
    assert_int_equal(result.exit_status, 0);
}

static void start_nginx(void) {
    unsigned p = web.port = free_port();
    write_huge_file();
    start_web(arena_printf(net.arena, web_servers, p, p, p, p, p, p, net.folder));
}

/* Takes connections and says nothing. */
static void start_slow(void) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(web.port)};
    assert_int_equal(inet_pton(AF_INET, "127.0.0.3", &here.sin_addr), 1);
    slow_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(slow_fd, (struct sockaddr *)&here, sizeof here), 0);
    assert_int_equal(listen(slow_fd, 8), 0);
}

/* example.test has two servers: the good one, and `second`. */
static void use_servers(const struct dns_server *first, const struct dns_server *second) {
    zones[0] = zone_at("example.test", first);
    if (second)
        zones[0].servers.list[zones[0].servers.count++] = *second;
}

static int open_world(void **state) {
    open_net(state);
    start_nginx();
    start_slow();
    open_validator();
    validator.caa_domain = "ca.example";
    return 0;
}

static int close_world(void **state) {
    stop_program(web.nginx);
    close(slow_fd);
    return close_net(state);
}

/* ---- helpers ---- */

static struct check run_check(const char *method, const char *name, bool wildcard) {
    const struct control control = {.name = name, .value = VALUE, .wildcard = wildcard};
    struct check check;
    struct error e;
    assert_ok(validator.look(&validator, net.arena, method, &control, &check, &e), e);
    return check;
}

struct row {
    const char *name, *reason;
};

static void run_rows(const char *method, const struct row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct check check = run_check(method, rows[i].name, false);
        print_message("# %s\n", rows[i].name);
        assert_reason(&check, rows[i].reason);
        assert_true(check.count > 0);
    }
}
#define RUN_ROWS(method, rows) run_rows(method, rows, sizeof(rows) / sizeof *(rows))

/* ---- the record ---- */

static void a_record_is_found_or_the_reason_named(void **state) {
    (void)state;
    static const struct row rows[] = {{"example.test", "found"},
                                      {"alias.example.test", "found"},
                                      {"big.example.test", "found"},
                                      {"secure.test", "found"},
                                      {"missing.example.test", "record_missing"},
                                      {"dangling.example.test", "record_missing"},
                                      {"wrong.example.test", "wrong_value"},
                                      {"doubled.example.test", "wrong_name"},
                                      {"loop.example.test", "cname_loop"},
                                      {"wild.example.test", "wildcard_cname"},
                                      {"nothing.example.test", "nxdomain"}};
    use_servers(&net.named[GOOD].server, NULL);
    RUN_ROWS("dns", rows);
}

static void every_server_must_have_the_value(void **state) {
    (void)state;
    use_servers(&net.named[GOOD].server, &net.named[LAGGING].server);
    struct check good = run_check("dns", "example.test", false);
    assert_reason(&good, "found");
    assert_true(was_answered(&good, "ns1", "\"the-value\"") && was_answered(&good, "ns2", "\"the-value\""));
    struct check old = run_check("dns", "lag.example.test", false);
    assert_reason(&old, "wrong_value");
    assert_true(was_answered(&old, "ns2", "\"an-old-value\""));
    assert_non_null(strstr(old.detail.in[LANG_EN], "ns2"));
    struct check half = run_check("dns", "half.example.test", false);
    assert_reason(&half, "record_missing");
    assert_non_null(strstr(half.detail.in[LANG_ZH], "ns2"));
}

static void a_server_that_is_down_is_passed_over_if_another_answers(void **state) {
    (void)state;
    dns_settings.timeout_ms = IMPATIENT_MS;
    use_servers(&net.silent, &net.named[GOOD].server);
    struct check check = run_check("dns", "example.test", false);
    dns_settings.timeout_ms = ANSWER_MS;
    assert_true(was_answered(&check, "silent", "time-out"));
    assert_true(was_answered(&check, "ns1", "\"the-value\""));
    use_servers(&net.closed, &net.named[GOOD].server);
    struct check beside_closed = run_check("dns", "example.test", false);
    assert_reason(&beside_closed, "found");
    assert_true(was_answered(&beside_closed, "closed", "connection refused"));
}

static void servers_that_do_not_answer_are_the_reason(void **state) {
    (void)state;
    use_servers(&net.closed, NULL);
    struct check closed = run_check("dns", "example.test", false);
    assert_reason(&closed, "connection_refused");
    dns_settings.timeout_ms = IMPATIENT_MS;
    use_servers(&net.silent, &net.closed);
    struct check silent = run_check("dns", "example.test", false);
    dns_settings.timeout_ms = ANSWER_MS;
    assert_reason(&silent, "time_out");
    zones[0] = zone_at("broken.test", &net.named[GOOD].server);
    struct check broken = run_check("dns", "broken.test", false);
    assert_reason(&broken, "servfail");
    assert_true(was_answered(&broken, "ns1", "SERVFAIL"));
}

static void a_forged_record_proves_nothing(void **state) {
    (void)state;
    const struct control control = {.name = "forged.test", .value = "a-forgery"};
    struct check check;
    struct error e;
    assert_ok(validator.look(&validator, net.arena, "dns", &control, &check, &e), e);
    assert_true(was_answered(&check, "ns1", "\"a-forgery\""));
    assert_reason(&check, "dnssec_broken");
    assert_non_null(
        strstr(check.detail.in[LANG_EN], "(DNSSEC) of _tenure-challenge.forged.test do not hold: "));
    assert_non_null(strstr(check.detail.in[LANG_ZH], "签名(DNSSEC)无效"));
    assert_true(was_answered(&check, "resolver", "DNSSEC"));
}

static void caa_records_may_forbid(void **state) {
    (void)state;
    static const struct row rows[] = {{"caa.example.test", "found"},
                                      {"www.caa.example.test", "found"},
                                      {"forbidden.example.test", "caa_forbids"},
                                      {"critical.example.test", "caa_forbids"},
                                      {"nobody.example.test", "caa_forbids"}};
    use_servers(&net.named[GOOD].server, NULL);
    RUN_ROWS("dns", rows);
    struct check wildcard = run_check("dns", "www.caa.example.test", true);
    assert_reason(&wildcard, "caa_forbids");
    assert_non_null(strstr(wildcard.detail.in[LANG_EN], "records of caa.example.test"));
    validator.caa_domain = NULL;
    struct check not_asked = run_check("dns", "forbidden.example.test", false);
    validator.caa_domain = "ca.example";
    assert_reason(&not_asked, "found");
}

static void a_record_outside_of_the_zones_cannot_be_asked_for(void **state) {
    (void)state;
    const struct control outside = {.name = "example.com", .value = VALUE};
    const struct control leads_out = {.name = "outside.example.test", .value = VALUE};
    struct check check;
    struct error e;
    use_servers(&net.named[GOOD].server, NULL);
    assert_fails(validator.look(&validator, net.arena, "dns", &outside, &check, &e), e, ERR_NO_RESOLVER);
    assert_fails(validator.look(&validator, net.arena, "dns", &leads_out, &check, &e), e, ERR_NO_RESOLVER);
}

/* ---- the file ---- */

static void a_file_is_found_or_the_reason_named(void **state) {
    (void)state;
    static const struct row rows[] = {{"www.example.test", "found"},
                                      {"127.0.0.1", "found"},
                                      {"both.example.test", "found"},
                                      {"wrong.example.test", "wrong_content"},
                                      {"huge.example.test", "wrong_content"},
                                      {"moved.example.test", "redirect_refused"},
                                      {"forbidden-file.example.test", "http_status"},
                                      {"refused.example.test", "connection_refused"}};
    use_servers(&net.named[GOOD].server, NULL);
    RUN_ROWS("file", rows);
    struct check both = run_check("file", "both.example.test", false);
    assert_true(was_answered(&both, "127.0.0.1", "HTTP 200 \"the-value\\010\""));
    assert_int_equal(both.count, 4); /* two look-ups, two addresses */
    struct check empty = run_check("file", "wild.nothing.example.test", false);
    assert_reason(&empty, "nxdomain");
    struct check no_address = run_check("file", "_tenure-challenge.example.test", false);
    assert_reason(&no_address, "record_missing");
}

static void a_slow_web_server_costs_its_time_and_no_more(void **state) {
    (void)state;
    use_servers(&net.named[GOOD].server, NULL);
    validator.http_timeout_ms = IMPATIENT_MS;
    struct check check = run_check("file", "slow.example.test", false);
    validator.http_timeout_ms = validator_network.http_timeout_ms;
    assert_reason(&check, "time_out");
    assert_in_range(check.answers[2].ms, IMPATIENT_MS - 5, IMPATIENT_MS + 2000);
}

static void the_policy_closes_addresses_that_others_name(void **state) {
    (void)state;
    const struct outbound_policy nothing_allowed = {NULL, 0};
    use_servers(&net.named[GOOD].server, NULL);
    struct check private = run_check("file", "private.example.test", false);
    assert_reason(&private, "connection_refused");
    assert_true(was_answered(&private, "10.0.0.1", "closed to outgoing connections"));
    validator.policy = &nothing_allowed;
    struct check here = run_check("file", "www.example.test", false);
    validator.policy = &loopback_allowed;
    assert_reason(&here, "connection_refused");
}

/* ---- methods, reasons, values ---- */

static void a_method_proves_what_it_may(void **state) {
    (void)state;
    static const struct {
        const char *method, *name;
        enum error_id refused;
    } rows[] = {{"dns", "example.test", ERR_NONE},
                {"dns", "*.example.test", ERR_NONE},
                {"dns", "192.0.2.1", ERR_BAD_FIELD},
                {"dns", "2001:db8::1", ERR_BAD_FIELD},
                {"file", "example.test", ERR_NONE},
                {"file", "192.0.2.1", ERR_NONE},
                {"file", "*.example.test", ERR_FILE_VALIDATION_NOT_FOR_WILDCARD}};
    const struct check_ops *ops;
    struct error e;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_ok(check_find(rows[i].method, &ops, &e), e);
        assert_int_equal(check_possible(ops, rows[i].name, &e), rows[i].refused == ERR_NONE);
        if (rows[i].refused)
            assert_int_equal(e.id, rows[i].refused);
    }
    assert_fails(check_find("smoke", &ops, &e), e, ERR_BAD_FIELD);
    assert_ptr_equal(check_methods[0], &check_dns);
}

static void a_challenge_says_what_to_do(void **state) {
    (void)state;
    const struct control control = {.name = "example.test", .value = VALUE};
    const struct control address = {.name = "2001:db8::1", .value = VALUE};
    struct challenge challenge;
    check_dns.challenge(net.arena, &control, &challenge);
    assert_string_equal(challenge.host, "_tenure-challenge.example.test");
    assert_string_equal(challenge.type, "TXT");
    assert_string_equal(challenge.value, VALUE);
    assert_null(challenge.url);
    check_file.challenge(net.arena, &control, &challenge);
    assert_string_equal(challenge.url, "http://example.test/.well-known/pki-validation/tenure.txt");
    assert_string_equal(challenge.content, VALUE);
    check_file.challenge(net.arena, &address, &challenge);
    assert_string_equal(challenge.url, "http://[2001:db8::1]/.well-known/pki-validation/tenure.txt");
}

static void a_value_belongs_to_token_and_account(void **state) {
    (void)state;
    char one[VALUE_SIZE], other[VALUE_SIZE];
    control_value("token", "acct_1", one);
    /* printf %s token.acct_1 | openssl dgst -sha256 -binary | basenc --base64url */
    assert_string_equal(one, "LSJpXqnKSHn45qXND0ZYqBV5fWB2E5yo0bIBKkep7F8");
    control_value("token", "acct_2", other);
    assert_string_not_equal(one, other);
}

static void every_reason_has_a_remedy_in_both_languages(void **state) {
    (void)state;
    for (int i = 0; i < REASON_COUNT; i++)
        for (int lang = 0; lang < LANG_COUNT; lang++) {
            const struct reason_row *row = reason_row((enum reason)i);
            assert_non_null(row->name);
            assert_non_null(row->title.in[lang]);
            assert_non_null(row->remedy.in[lang]);
        }
}

static void the_evidence_decides_in_a_fixed_order(void **state) {
    (void)state;
    static const struct {
        struct evidence evidence;
        enum reason reason;
    } rows[] = {
        {{.have = 2}, REASON_FOUND},
        {{.have = 1, .timed_out = 1, .failed = 1, .unreachable = 1}, REASON_FOUND},
        {{.have = 1, .missing = 1}, REASON_RECORD_MISSING},
        {{.have = 1, .wrong = 1, .missing = 1}, REASON_WRONG_VALUE},
        {{.missing = 1, .absent = true}, REASON_NXDOMAIN},
        {{.have = 1, .missing = 1, .absent = true}, REASON_RECORD_MISSING},
        {{.missing = 1, .absent = true, .doubled = true}, REASON_WRONG_NAME},
        {{.missing = 1, .wildcard = true}, REASON_WILDCARD_CNAME},
        {{.wrong = 1, .wildcard = true}, REASON_WILDCARD_CNAME},
        {{.have = 1, .looped = true}, REASON_CNAME_LOOP},
        {{.failed = 1, .timed_out = 1, .unreachable = 1}, REASON_SERVFAIL},
        {{.timed_out = 1, .unreachable = 1}, REASON_TIME_OUT},
        {{.unreachable = 1}, REASON_CONNECTION_REFUSED},
        {{.absent = true}, REASON_NXDOMAIN},
        {{.have = 0}, REASON_RECORD_MISSING},
        {{.have = 1, .validated = LOOK_UP_OTHER}, REASON_RECORD_MISSING},
        {{.have = 1, .validated = LOOK_UP_FAILED}, REASON_SERVFAIL},
        {{.have = 1, .validated = LOOK_UP_BOGUS}, REASON_DNSSEC_BROKEN},
        {{.have = 1, .missing = 1, .validated = LOOK_UP_BOGUS}, REASON_RECORD_MISSING},
        {{.have = 1, .validated = LOOK_UP_TIMED_OUT}, REASON_TIME_OUT},
        {{.have = 1, .caa = LOOK_UP_OTHER}, REASON_CAA_FORBIDS},
        {{.have = 1, .caa = LOOK_UP_FAILED}, REASON_SERVFAIL},
        {{.have = 1, .caa = LOOK_UP_BOGUS}, REASON_DNSSEC_BROKEN},
        {{.have = 1, .caa = LOOK_UP_TIMED_OUT}, REASON_TIME_OUT},
        {{.failed = 1, .bogus = true}, REASON_DNSSEC_BROKEN},
        {{.have = 1, .bogus = true}, REASON_FOUND},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(reason_row(evidence_judge(&rows[i].evidence))->name,
                            reason_row(rows[i].reason)->name);
}

static void what_comes_from_outside_is_printable(void **state) {
    (void)state;
    assert_string_equal(quoted(net.arena, slice_of("a\0b\177\"\\\033[31m", 11)),
                        "\"a\\000b\\127\\\"\\\\\\027[31m\"");
    const char *cut = quoted(net.arena, slice_of(arena_alloc(net.arena, 5000), 5000));
    assert_true(strlen(cut) < 600);
    assert_non_null(strstr(cut, "\"…"));
}

static void caa_records_are_read_strictly(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        bool good;
    } rows[] = {{"\0\5issueca.example", 17, true},
                {"\0\5ISSUE", 7, true},
                {"\0\5issu", 6, false},
                {"\0\0", 2, false},
                {"\0", 1, false},
                {"\0\3a-bx", 6, false},
                {"\0\1ax\0y", 6, false}};
    struct caa caa;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(caa_read(net.arena, slice_of(rows[i].bytes, rows[i].size), &caa), rows[i].good);
    const struct slice odd[] = {slice_of("\0\0", 2)};
    const struct slice spaced[] = {slice_of("\0\5issue  CA.example ; a=b", 25)};
    const struct slice longer[] = {slice_of("\0\5issueca.example.org", 21)};
    assert_false(caa_permits(net.arena, odd, 1, "ca.example", false));
    assert_true(caa_permits(net.arena, spaced, 1, "ca.example", false));
    assert_false(caa_permits(net.arena, longer, 1, "ca.example", false));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(a_record_is_found_or_the_reason_named),
        test(every_server_must_have_the_value),
        test(a_server_that_is_down_is_passed_over_if_another_answers),
        test(servers_that_do_not_answer_are_the_reason),
        test(a_forged_record_proves_nothing),
        test(caa_records_may_forbid),
        test(a_record_outside_of_the_zones_cannot_be_asked_for),
        test(a_file_is_found_or_the_reason_named),
        test(a_slow_web_server_costs_its_time_and_no_more),
        test(the_policy_closes_addresses_that_others_name),
        test(a_method_proves_what_it_may),
        test(a_challenge_says_what_to_do),
        test(a_value_belongs_to_token_and_account),
        test(every_reason_has_a_remedy_in_both_languages),
        test(the_evidence_decides_in_a_fixed_order),
        test(what_comes_from_outside_is_printable),
        test(caa_records_are_read_strictly),
    };
    return cmocka_run_group_tests_name("validate", tests, open_world, close_world);
}
