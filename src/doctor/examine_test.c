/* doctor: looks at names, against real name servers and a real web server. */
#include "doctor/examine.h"
#include "pki/names.h"
#include "validate/fixture.h"

#define ACCOUNT "https://ca.example/acct/1"
static const struct doctor_issuer ours = {"authority", "authority.example second.example", ACCOUNT, true};
static const struct doctor_issuer stranger = {"stranger", "authority.example", NULL, true};
static const struct doctor_issuer local = {"local", NULL, NULL, false};

/* ---- servers ---- */

static const char web_servers[] =
    "server { listen 127.0.0.1:%u; server_name hop.example.test; return 301 https://hop.example.test/; }\n"
    "server { listen 127.0.0.1:%u; server_name badport.example.test; return 302 http://x.example.test:8080/; "
    "}\n";

static void start_nginx(void) {
    unsigned p = web.port = free_port();
    start_web(arena_printf(net.arena, web_servers, p, p));
}

/* secure.test with the key of another zone: every signature is wrong. */
static const char *wrong_anchor(void) {
    const char *other = anchor_of("forged.test");
    return arena_printf(net.arena, "secure%s", other + strlen("forged"));
}

static int open_world(void **state) {
    open_net(state);
    start_nginx();
    open_validator();
    zones[dns_settings.zone_count++] = zone_at("broken.test", &net.named[GOOD].server);
    validator.tls_port = free_port();
    return 0;
}

static int close_world(void **state) {
    stop_program(web.nginx);
    return close_net(state);
}

/* ---- helpers ---- */

static void show(const struct examination *x) {
    for (size_t i = 0; i < x->count; i++)
        print_error("  %s [%s]: %s\n", symptom_row(x->found[i].symptom)->code,
                    x->found[i].issuer ? x->found[i].issuer : "", x->found[i].detail.in[LANG_EN]);
    show_answers(&x->check);
}

static struct examination *look_for(const char *name, const struct doctor_issuer *issuer) {
    struct examination *x = ARENA_NEW(net.arena, struct examination);
    struct address ignored;
    struct error e;
    const char *bare = name_bare(name);
    *x = (struct examination){.validator = &validator,
                              .arena = net.arena,
                              .name = bare,
                              .wildcard = bare != name,
                              .address = address_parse(name, &ignored),
                              .issuers = {*issuer},
                              .issuer_count = 1};
    print_message("# %s\n", name);
    assert_ok(examine(x, &e), e);
    for (size_t i = 0; i < x->count; i++)
        assert_true(*x->found[i].detail.in[LANG_EN] && *x->found[i].detail.in[LANG_ZH]);
    return x;
}

static const struct found *finding(const struct examination *x, enum symptom symptom) {
    for (size_t i = 0; i < x->count; i++)
        if (x->found[i].symptom == symptom)
            return &x->found[i];
    return NULL;
}

/* The finding is there, and its detail names what it should. */
static const struct found *must_find(const struct examination *x, enum symptom symptom, const char *part) {
    const struct found *found = finding(x, symptom);
    if (!found || !strstr(found->detail.in[LANG_EN], part) || !strstr(found->detail.in[LANG_ZH], part)) {
        print_error("not found: %s with %s\n", symptom_row(symptom)->code, part);
        show(x);
    }
    assert_non_null(found);
    assert_non_null(strstr(found->detail.in[LANG_EN], part));
    assert_non_null(strstr(found->detail.in[LANG_ZH], part));
    return found;
}

static void must_not_find(const struct examination *x, enum symptom symptom) {
    if (finding(x, symptom)) {
        print_error("found: %s\n", symptom_row(symptom)->code);
        show(x);
    }
    assert_null(finding(x, symptom));
}

/* budget: one row of a table */
static void look(const char *name, const struct doctor_issuer *issuer, enum symptom symptom,
                 const char *part) {
    must_find(look_for(name, issuer), symptom, part);
}

/* ---- delegation ---- */

static void a_zone_in_order_gives_no_finding_to_worry_about(void **state) {
    (void)state;
    struct examination *x = look_for("acme.example.test", &local);
    for (size_t i = 0; i < x->count; i++)
        if (symptom_row(x->found[i].symptom)->severity == SEVERITY_FATAL)
            show(x);
    must_not_find(x, SYMPTOM_SERVER_FAILS);
    must_not_find(x, SYMPTOM_SERVER_LAGS);
    must_not_find(x, SYMPTOM_ALIAS);
    must_find(x, SYMPTOM_DNSSEC_ABSENT, "acme.example.test");
    must_find(x, SYMPTOM_LEFT_OVER, "2");
    must_find(x, SYMPTOM_METHODS, "dns-01, http-01");
}

static void a_server_that_lags_or_does_not_answer_is_named(void **state) {
    (void)state;
    zones[0].servers.list[zones[0].servers.count++] = net.named[LAGGING].server;
    look("acme.example.test", &local, SYMPTOM_SERVER_LAGS, "ns2");
    zones[0].servers.list[1] = net.closed;
    look("acme.example.test", &local, SYMPTOM_SERVER_FAILS, "closed");
    zones[0].servers.list[1] = net.named[RESOLVER].server;
    must_not_find(look_for("acme.example.test", &local), SYMPTOM_SERVER_FAILS);
    zones[0].servers.count = 1;
    look("host.broken.test", &local, SYMPTOM_SERVERS_FAIL, "broken.test");
}

static void names_that_we_may_not_ask_about_are_told_as_such(void **state) {
    (void)state;
    struct examination *x = look_for("www.example.com", &ours);
    must_find(x, SYMPTOM_NOT_EXAMINED, "www.example.com");
    must_not_find(x, SYMPTOM_NO_METHOD);
}

/* ---- signatures ---- */

static void signatures_are_good_or_broken(void **state) {
    (void)state;
    look("secure.test", &local, SYMPTOM_DNSSEC_GOOD, "secure.test");
    zones[1].trust_anchor = wrong_anchor();
    struct examination *x = look_for("secure.test", &local);
    zones[1].trust_anchor = anchor_of("secure.test");
    must_find(x, SYMPTOM_DNSSEC_BROKEN, "secure.test");
    must_not_find(x, SYMPTOM_DNSSEC_GOOD);
}

static void signatures_count_where_an_alias_leads(void **state) {
    (void)state;
    must_not_find(look_for("signed.example.test", &local), SYMPTOM_ALIAS_FORGED);
    zones[1].trust_anchor = wrong_anchor();
    struct examination *x = look_for("signed.example.test", &local);
    zones[1].trust_anchor = anchor_of("secure.test");
    must_find(x, SYMPTOM_ALIAS_FORGED, "_acme-challenge.signed.example.test → _tenure-challenge.secure.test");
    must_not_find(x, SYMPTOM_DNSSEC_BROKEN);
    assert_false(x->methods[METHOD_DNS]);
}

/* ---- _acme-challenge ---- */

static void aliases_are_followed(void **state) {
    (void)state;
    struct examination *x = look_for("three.example.test", &local);
    must_find(x, SYMPTOM_ALIAS,
              "_acme-challenge.three.example.test → one.three.chain.example.test → "
              "two.three.chain.example.test → three.three.chain.example.test");
    look("acmeloop.example.test", &local, SYMPTOM_ALIAS_LOOP, "a.loop.example.test");
    look("gone.example.test", &local, SYMPTOM_ALIAS_DANGLES, "nowhere.broken.test");
    struct examination *outside = look_for("outside.example.test", &local);
    must_not_find(outside, SYMPTOM_ALIAS_DANGLES);
}

static void wildcards_that_answer_for_the_challenge_are_traps(void **state) {
    (void)state;
    struct examination *x = look_for("acmewild.example.test", &local);
    must_find(x, SYMPTOM_WILDCARD_ALIAS, "www.example.test");
    must_not_find(x, SYMPTOM_ALIAS);
    look("wildtxt.example.test", &local, SYMPTOM_WILDCARD_TEXT, "1");
}

/* ---- CAA ---- */

static void caa_says_what_would_make_an_issuer_refuse(void **state) {
    (void)state;
    static const struct {
        const char *name;
        const struct doctor_issuer *issuer;
        enum symptom symptom;
        const char *part;
    } rows[] = {
        {"forbidden.example.test", &ours, SYMPTOM_CAA_OTHER_ISSUER, "other.example"},
        {"below.nobody.example.test", &ours, SYMPTOM_CAA_OTHER_ISSUER, "nobody.example.test"},
        {"critical.example.test", &ours, SYMPTOM_CAA_CRITICAL, "unheardof"},
        {"account.example.test", &ours, SYMPTOM_CAA_OTHER_ACCOUNT, "acct/2"},
        {"account.example.test", &stranger, SYMPTOM_CAA_ACCOUNT_UNKNOWN, "account.example.test"},
        {"method.example.test", &ours, SYMPTOM_CAA_OTHER_METHOD, "http-01"}, /* it has no address */
        {"some.example.test", &ours, SYMPTOM_CAA_METHOD_CLOSED, "dns-01"},
        {"wildcards.example.test", &ours, SYMPTOM_CAA_PERMITS, "wildcards.example.test"},
        {"*.wildcards.example.test", &ours, SYMPTOM_CAA_OTHER_ISSUER, "wildcards.example.test"},
        {"acme.example.test", &ours, SYMPTOM_CAA_ABSENT, "acme.example.test"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        look(rows[i].name, rows[i].issuer, rows[i].symptom, rows[i].part);
    must_not_find(look_for("forbidden.example.test", &local), SYMPTOM_CAA_OTHER_ISSUER);
}

static void the_record_to_add_can_be_added_as_it_stands(void **state) {
    (void)state;
    const struct found *found =
        must_find(look_for("below.nobody.example.test", &ours), SYMPTOM_CAA_OTHER_ISSUER, "nobody");
    assert_string_equal(found->value,
                        "nobody.example.test. CAA 0 issue \"authority.example; accounturi=" ACCOUNT "\"");
    const struct found *wildcard =
        must_find(look_for("*.acme.example.test", &stranger), SYMPTOM_CAA_ABSENT, "acme");
    assert_string_equal(wildcard->value, "acme.example.test. CAA 0 issuewild \"authority.example\"");
}

/* ---- addresses and ports ---- */

static void ports_are_looked_at_by_both_families(void **state) {
    (void)state;
    struct examination *x = look_for("twofaced.example.test", &local);
    must_find(x, SYMPTOM_IPV6_REFUSES, "::1");
    must_find(x, SYMPTOM_PORT_443_CLOSED, "twofaced");
    must_find(x, SYMPTOM_PRIVATE_ADDRESS, "127.0.0.1");
    must_find(x, SYMPTOM_METHODS, "dns-01, http-01");
    look("sixth.example.test", &local, SYMPTOM_PORT_80_CLOSED, "sixth");
    look("persist.caa.example.test", &local, SYMPTOM_NAME_ABSENT, "persist.caa");
    look("account.example.test", &local, SYMPTOM_NO_ADDRESS, "account");
}

static void redirects_are_told(void **state) {
    (void)state;
    look("hop.example.test", &local, SYMPTOM_REDIRECT, "https://hop.example.test/");
    look("badport.example.test", &local, SYMPTOM_REDIRECT_REFUSED, "8080");
}

static void an_address_has_no_dns_of_its_own(void **state) {
    (void)state;
    struct examination *x = look_for("127.0.0.1", &ours);
    must_find(x, SYMPTOM_NAME_NOT_PUBLIC, "127.0.0.1");
    must_find(x, SYMPTOM_METHODS, "http-01");
    must_not_find(x, SYMPTOM_CAA_ABSENT);
    must_not_find(x, SYMPTOM_DNSSEC_ABSENT);
}

/* ---- what follows ---- */

static void a_wildcard_is_proven_by_dns_alone(void **state) {
    (void)state;
    struct examination *x = look_for("*.acme.example.test", &local);
    assert_string_equal(must_find(x, SYMPTOM_METHODS, "dns-01")->detail.in[LANG_EN], "dns-01");
    look("*.acmeloop.example.test", &local, SYMPTOM_NO_METHOD, "acmeloop");
}

static void names_that_no_public_ca_issues_for_are_told_to_those_issuers(void **state) {
    (void)state;
    look("acme.example.test", &ours, SYMPTOM_NAME_NOT_PUBLIC, "acme.example.test");
    must_not_find(look_for("acme.example.test", &local), SYMPTOM_NAME_NOT_PUBLIC);
    look("1.2.0.192.in-addr.arpa", &ours, SYMPTOM_NAME_NOT_PUBLIC, "2026-03-15");
}

static void every_symptom_has_its_texts_and_a_code_of_its_own(void **state) {
    (void)state;
    for (int i = 0; i < SYMPTOM_COUNT; i++) {
        const struct symptom_row *row = symptom_row((enum symptom)i);
        assert_non_null(row->code);
        assert_ptr_equal(symptom_find(row->code), row);
        for (int lang = 0; lang < LANG_COUNT; lang++)
            assert_true(*row->title.in[lang] && *row->remedy.in[lang]);
    }
    assert_null(symptom_find("unheardof"));
    assert_null(symptom_find(NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(a_zone_in_order_gives_no_finding_to_worry_about),
        test(a_server_that_lags_or_does_not_answer_is_named),
        test(names_that_we_may_not_ask_about_are_told_as_such),
        test(signatures_are_good_or_broken),
        test(signatures_count_where_an_alias_leads),
        test(aliases_are_followed),
        test(wildcards_that_answer_for_the_challenge_are_traps),
        test(caa_says_what_would_make_an_issuer_refuse),
        test(the_record_to_add_can_be_added_as_it_stands),
        test(ports_are_looked_at_by_both_families),
        test(redirects_are_told),
        test(an_address_has_no_dns_of_its_own),
        test(a_wildcard_is_proven_by_dns_alone),
        test(names_that_no_public_ca_issues_for_are_told_to_those_issuers),
        test(every_symptom_has_its_texts_and_a_code_of_its_own),
    };
    return cmocka_run_group_tests_name("examine", tests, open_world, close_world);
}
