/* propagation: against real name servers, a real web server and real TLS servers; grammars in tables. */
#include "base/buf.h"
#include "validate/caa.h"
#include "validate/fixture.h"
#include "validate/persist.h"
#include "validate/propagation.h"
#include <dirent.h>

#define VALUE             "the-value"
#define TOKEN             "a-token_1"
#define KEY_AUTHORIZATION TOKEN ".thumbprint"
/* SHA-256 of that: in base64url, and in hex for openssl; and of something else */
#define DIGEST     "0j030Lb620T5ygTXtY8a4Y3JTQfQsNE_BFJov5ATC0w"
#define DIGEST_HEX "d23d37d0b6fadb44f9ca04d7b58f1ae18dc94d07d0b0d13f045268bf90130b4c"
#define OTHER_HEX  "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"

enum { NOW = 1794000000 };

static uint16_t https_port;

static struct {
    pid_t right, other, plain;
    uint16_t right_port, other_port, plain_port;
} tls;

/* ---- servers ---- */

#define PATH "/.well-known/acme-challenge/" TOKEN
static const char web_servers[] =
    "server { listen 127.0.0.1:%u; server_name acme.example.test twofaced.example.test\n"
    "  split.example.test beside.example.test 127.0.0.1;\n"
    "  location = " PATH " { return 200 \"" KEY_AUTHORIZATION " \\n\\n\"; } }\n"
    "server { listen 127.0.0.2:%u; return 200 \"another server\"; }\n"
    "server { listen 127.0.0.1:%u; server_name hop.example.test;\n"
    "  return 308 http://acme.example.test:%u$request_uri; }\n"
    "server { listen 127.0.0.1:%u; server_name far.example.test; return 301 https://hop.example.test:%u/x; }\n"
    "server { listen 127.0.0.1:%u ssl; ssl_certificate " TEST_DATA "/leaf-p256.pem;\n"
    "  ssl_certificate_key " TEST_DATA "/key-p256.pem; return 200 " KEY_AUTHORIZATION "; }\n"
    "server { listen 127.0.0.1:%u; server_name badport.example.test;\n"
    "  return 302 http://acme.example.test:9$request_uri; }\n"
    "server { listen 127.0.0.1:%u; server_name circle.example.test; return 307 $request_uri; }\n"
    "server { listen 127.0.0.1:%u; server_name content.example.test; return 200 \"<html>\"; }\n";

static void start_nginx(void) {
    unsigned p = web.port = free_port(), s = https_port = free_port();
    start_web(arena_printf(net.arena, web_servers, p, p, p, p, p, s, s, p, p, p));
}

/* A certificate of tls-alpn-01, and `openssl s_server` with it. */
static pid_t start_tls(const char *name, const char *digest, const char *protocol, uint16_t *port) {
    struct child_result made;
    struct error e;
    const char *key = arena_printf(net.arena, "%s/%s.key", net.folder, name);
    const char *cert = arena_printf(net.arena, "%s/%s.pem", net.folder, name);
    const char *const make[] = {"/usr/bin/openssl",
                                "req",
                                "-x509",
                                "-newkey",
                                "ec",
                                "-pkeyopt",
                                "ec_paramgen_curve:P-256",
                                "-nodes",
                                "-keyout",
                                key,
                                "-out",
                                cert,
                                "-subj",
                                "/CN=acme",
                                "-addext",
                                "subjectAltName=DNS:acme.example.test",
                                "-addext",
                                arena_printf(net.arena, "1.3.6.1.5.5.7.1.31=critical,DER:0420%s", digest),
                                NULL};
    assert_ok(child_run(net.arena, make, NULL, START_MS, &made, &e), e);
    assert_int_equal(made.exit_status, 0);
    *port = free_port();
    pid_t pid = start_program((const char *const[]){"openssl", "s_server", "-quiet", "-accept",
                                                    arena_printf(net.arena, "127.0.0.1:%u", *port), "-cert",
                                                    cert, "-key", key, "-alpn", protocol, NULL},
                              "/dev/null");
    await_port(*port);
    return pid;
}

static int open_world(void **state) {
    open_net(state);
    start_nginx();
    tls.right = start_tls("right", DIGEST_HEX, "acme-tls/1", &tls.right_port);
    tls.other = start_tls("other", OTHER_HEX, "acme-tls/1", &tls.other_port);
    tls.plain = start_tls("plain", DIGEST_HEX, "http/1.1", &tls.plain_port);
    open_validator();
    validator.tls_port = tls.right_port;
    validator.caa_domain = "ca.example"; /* is not asked here: it is our own CA's */
    return 0;
}

static int close_world(void **state) {
    stop_program(web.nginx);
    stop_program(tls.right);
    stop_program(tls.other);
    stop_program(tls.plain);
    return close_net(state);
}

/* ---- helpers ---- */

/* budget: what is looked for, and what must be found */
static struct check look(const char *type, const char *name, const char *value, const char *reason) {
    const struct propagation what = {.type = type,
                                     .name = name,
                                     .token = TOKEN,
                                     .key_authorization = KEY_AUTHORIZATION,
                                     .value = value,
                                     .now = NOW};
    struct check check;
    struct error e;
    print_message("# %s %s\n", type, name);
    assert_ok(propagation_look(&validator, net.arena, &what, &check, &e), e);
    assert_reason(&check, reason);
    return check;
}

/* ---- records ---- */

static void a_record_among_others_is_found_at_the_end_of_its_chain(void **state) {
    (void)state;
    look("dns-01", "acme.example.test", VALUE, "found");
    look("dns-01", "acme.example.test", "an-older-value", "found");
    look("dns-01", "acme.example.test", "a-newer-value", "wrong_value");
    struct check chain = look("dns-01", "three.example.test", VALUE, "found");
    assert_true(was_answered(&chain, "ns1", "CNAME two.three.chain.example.test"));
    look("dns-01", "acmeloop.example.test", VALUE, "cname_loop");
    look("dns-01", "acmewild.example.test", VALUE, "wildcard_cname");
    look("dns-01", "missing.example.test", VALUE, "record_missing");
    look("dns-01", "nothing.example.test", VALUE, "nxdomain");
}

static void a_server_that_lags_is_named(void **state) {
    (void)state;
    zones[0].servers.list[zones[0].servers.count++] = net.named[LAGGING].server;
    struct check check = look("dns-01", "acme.example.test", VALUE, "record_missing");
    zones[0].servers.count--;
    assert_true(was_answered(&check, "ns1", VALUE) && was_answered(&check, "ns2", "NXDOMAIN"));
    assert_non_null(strstr(check.detail.in[LANG_ZH], "ns2"));
}

static void a_persistent_record_says_the_same_in_other_words(void **state) {
    (void)state;
    static const char ours[] = "authority.example;accounturi=https://ca.example/acct/1";
    look("dns-persist-01", "persist.example.test", ours, "found");
    look("dns-persist-01", "persist.example.test",
         "authority.example; accounturi=https://ca.example/acct/1; policy=wildcard", "found");
    look("dns-persist-01", "persist.example.test", "authority.example;accounturi=https://ca.example/acct/2",
         "wrong_value");
    look("dns-persist-01", "over.example.test", ours, "wrong_value");
    struct check check;
    struct error e;
    const struct propagation odd = {.type = "dns-persist-01", .name = "x.example.test", .value = "nothing"};
    assert_fails(propagation_look(&validator, net.arena, &odd, &check, &e), e, ERR_BAD_FIELD);
}

/* ---- the web ---- */

static void a_file_is_fetched_as_a_ca_fetches_it(void **state) {
    (void)state;
    look("http-01", "acme.example.test", NULL, "found");
    look("http-01", "127.0.0.1", NULL, "found");
    struct check hop = look("http-01", "hop.example.test", NULL, "found");
    assert_true(was_answered(&hop, "127.0.0.1", "HTTP 308 \"http://acme.example.test"));
    look("http-01", "badport.example.test", NULL, "redirect_refused");
    look("http-01", "circle.example.test", NULL, "redirect_refused");
    look("http-01", "teapot.example.test", NULL, "http_status");
    look("http-01", "content.example.test", NULL, "wrong_content");
    look("http-01", "nothing.example.test", NULL, "nxdomain");
    look("http-01", "private.example.test", NULL, "connection_refused");
}

static void a_redirect_may_lead_to_https_whatever_its_certificate(void **state) {
    (void)state;
    look("http-01", "far.example.test", NULL, "redirect_refused"); /* that port is none of ours */
    validator.tls_port = https_port;
    struct check check = look("http-01", "far.example.test", NULL, "found");
    validator.tls_port = tls.right_port;
    assert_true(was_answered(&check, "127.0.0.1", "HTTP 200"));
}

static void each_address_is_asked_by_itself(void **state) {
    (void)state;
    struct check both = look("http-01", "twofaced.example.test", NULL, "found");
    assert_true(was_answered(&both, "127.0.0.1", "HTTP 200") &&
                was_answered(&both, "::1", "does not answer"));
    look("http-01", "beside.example.test", NULL, "found");
    look("http-01", "split.example.test", NULL, "wrong_content");
    look("http-01", "sixth.example.test", NULL, "connection_refused");
}

static size_t open_files(void) {
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* Hundreds of them are one batch, whose arenas end together. */
static void a_look_leaves_no_socket_behind(void **state) {
    (void)state;
    look("http-01", "acme.example.test", NULL, "found");
    size_t before = open_files();
    look("http-01", "acme.example.test", NULL, "found");
    look("dns-01", "acme.example.test", VALUE, "found");
    assert_int_equal(open_files(), before);
}

static void a_token_that_is_none_goes_nowhere(void **state) {
    (void)state;
    static const char *const tokens[] = {"", "a/../b", "a b", "a%2f"};
    struct check check;
    struct error e;
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        const struct propagation what = {.type = "http-01", .name = "acme.example.test", .token = tokens[i]};
        assert_fails(propagation_look(&validator, net.arena, &what, &check, &e), e, ERR_BAD_FIELD);
    }
    const struct propagation unknown = {.type = "dns-02", .name = "acme.example.test"};
    assert_fails(propagation_look(&validator, net.arena, &unknown, &check, &e), e, ERR_BAD_FIELD);
}

static void a_handshake_proves_by_its_certificate(void **state) {
    (void)state;
    look("tls-alpn-01", "acme.example.test", DIGEST, "found");
    look("tls-alpn-01", "hop.example.test", DIGEST, "wrong_content"); /* for another name */
    validator.tls_port = tls.other_port;
    look("tls-alpn-01", "acme.example.test", DIGEST, "wrong_content");
    validator.tls_port = tls.plain_port;
    look("tls-alpn-01", "acme.example.test", DIGEST, "wrong_content");
    validator.tls_port = free_port();
    look("tls-alpn-01", "acme.example.test", DIGEST, "connection_refused");
    validator.tls_port = tls.right_port;
}

/* ---- grammars ---- */

static void parameters_of_caa_are_read_strictly(void **state) {
    (void)state;
    static const struct {
        const char *value, *issuer, *account;
        bool good;
    } rows[] = {{"ca.example", "ca.example", NULL, true},
                {" CA.Example ; accounturi = https://a/1 ; ", "ca.example", "https://a/1", true},
                {";", "", NULL, true},
                {"", "", NULL, true},
                {"ca.example; accounturi=https://a/1; other=x", "ca.example", "https://a/1", true},
                {"ca.example; accounturi=a; accounturi=b", "ca.example", NULL, true},
                {"ca.example accounturi=a", NULL, NULL, false},
                {"ca.example; accounturi", NULL, NULL, false},
                {"ca.example; =a", NULL, NULL, false},
                {"ca.example; a=b c", NULL, NULL, false},
                {"ca_example", NULL, NULL, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct caa_issue issue;
        bool twice;
        print_message("# %s\n", rows[i].value);
        assert_int_equal(caa_issue_read(net.arena, rows[i].value, &issue), rows[i].good);
        if (!rows[i].good)
            continue;
        assert_string_equal(issue.issuer, rows[i].issuer);
        const char *account = caa_parameter(&issue, "accounturi", &twice);
        assert_string_equal(account ? account : "-", rows[i].account ? rows[i].account : "-");
    }
}

static struct slice caa_record(uint8_t flags, const char *tag, const char *value) {
    struct buf b = buf_new(net.arena, 1000);
    buf_char(&b, (char)flags);
    buf_char(&b, (char)strlen(tag));
    buf_str(&b, tag);
    buf_str(&b, value);
    return buf_slice(&b);
}

static void caa_says_who_may_issue_and_how_close_it_comes(void **state) {
    (void)state;
    const struct caa_applicant host = {"authority.example second.example", "https://a/1", "dns-01", false};
    const struct caa_applicant wildcard = {"authority.example", "https://a/1", "dns-01", true};
    const struct {
        const struct caa_applicant *applicant;
        struct slice first, second;
        enum caa_verdict verdict;
    } rows[] = {
        {&host, caa_record(0, "issue", "second.example"), {0}, CAA_PERMITS},
        {&host, caa_record(0, "issue", "other.example"), {0}, CAA_OTHER_ISSUER},
        {&host, caa_record(0, "issue", ";"), {0}, CAA_OTHER_ISSUER},
        {&host, caa_record(0, "iodef", "mailto:a@b"), {0}, CAA_PERMITS},
        {&host, caa_record(0, "issuewild", ";"), {0}, CAA_PERMITS},
        {&wildcard, caa_record(0, "issuewild", ";"), {0}, CAA_OTHER_ISSUER},
        {&wildcard, caa_record(0, "issue", "authority.example"), {0}, CAA_PERMITS},
        {&wildcard, caa_record(0, "issue", "authority.example"), caa_record(0, "issuewild", "other.example"),
         CAA_OTHER_ISSUER},
        {&host, caa_record(0, "issue", "authority.example; accounturi=https://a/2"), {0}, CAA_OTHER_ACCOUNT},
        {&host, caa_record(0, "issue", "authority.example; accounturi=https://a/1"), {0}, CAA_PERMITS},
        {&host,
         caa_record(0, "issue", "authority.example; validationmethods=http-01,tls-alpn-01"),
         {0},
         CAA_OTHER_METHOD},
        {&host,
         caa_record(0, "issue", "authority.example; validationmethods=http-01,dns-01"),
         {0},
         CAA_PERMITS},
        {&host, caa_record(0, "issue", "authority.example; accounturi=https://a/2"),
         caa_record(0, "issue", "authority.example; accounturi=https://a/1"), CAA_PERMITS},
        {&host, caa_record(0, "issue", "authority.example"), caa_record(128, "unheardof", "x"),
         CAA_CRITICAL_UNKNOWN},
        {&host, caa_record(0, "issue", "authority.example"), caa_record(0, "unheardof", "x"), CAA_PERMITS},
        {&host, slice_of("\0\0", 2), {0}, CAA_UNREADABLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct slice records[] = {rows[i].first, rows[i].second};
        print_message("# %zu\n", i);
        assert_int_equal(caa_judge(net.arena, records, rows[i].second.p ? 2 : 1, rows[i].applicant),
                         rows[i].verdict);
    }
}

static void persistent_records_are_read_strictly(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool good;
        int64_t until;
    } rows[] = {{"ca.example; accounturi=a", true, 0},
                {"ca.example; accounturi=a; persistUntil=1794000001", true, 1794000001},
                {"ca.example; accounturi=a; policy=WILDCARD; new=1", true, 0},
                {"ca.example", false, 0},
                {"; accounturi=a", false, 0},
                {"ca.example; accounturi=a; persistUntil=", false, 0},
                {"ca.example; accounturi=a; persistUntil=-1", false, 0},
                {"ca.example; accounturi=a; persistUntil=9999999999999", false, 0},
                {"ca.example; accounturi=a; policy=x; policy=wildcard", false, 0}};
    struct persist persist;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("# %s\n", rows[i].text);
        assert_int_equal(persist_read(net.arena, slice_str(rows[i].text), &persist), rows[i].good);
        if (rows[i].good)
            assert_int_equal(persist.until, rows[i].until);
    }
    const struct persist wanted = {.issuer = "ca.example", .account_uri = "a", .wildcard = true};
    struct persist found = wanted;
    assert_true(persist_serves(&found, &wanted, NOW));
    found.until = NOW;
    assert_false(persist_serves(&found, &wanted, NOW));
    found.until = NOW + 1;
    assert_true(persist_serves(&found, &wanted, NOW));
    found.wildcard = false;
    assert_false(persist_serves(&found, &wanted, NOW));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(a_record_among_others_is_found_at_the_end_of_its_chain),
        test(a_server_that_lags_is_named),
        test(a_persistent_record_says_the_same_in_other_words),
        test(a_file_is_fetched_as_a_ca_fetches_it),
        test(a_redirect_may_lead_to_https_whatever_its_certificate),
        test(each_address_is_asked_by_itself),
        test(a_look_leaves_no_socket_behind),
        test(a_token_that_is_none_goes_nowhere),
        test(a_handshake_proves_by_its_certificate),
        test(parameters_of_caa_are_read_strictly),
        test(caa_says_who_may_issue_and_how_close_it_comes),
        test(persistent_records_are_read_strictly),
    };
    return cmocka_run_group_tests_name("propagation", tests, open_world, close_world);
}
