/* names: what is refused, what becomes of typed names, what covers what. */
#include "pki/names.h"
#include "unit.h"

static void typed_names_become_their_stored_form(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"example.com", "example.com"},
        {"WWW.Example.COM", "www.example.com"},
        {"*.Example.com", "*.example.com"},
        {"例子.测试", "xn--fsqu00a.xn--0zwm56d"},
        {"例子。测试", "xn--fsqu00a.xn--0zwm56d"},
        {"Bücher.example.net", "xn--bcher-kva.example.net"},
        {"bu\xcc\x88"
         "cher.example.net",
         "xn--bcher-kva.example.net"},
        {"faß.de", "xn--fa-hia.de"},
        {"*.bücher.de", "*.xn--bcher-kva.de"},
        {"XN--bcher-kva.de", "xn--bcher-kva.de"},
        {"8.8.8.8", "8.8.8.8"},
        {"2606:4700:0000:0000:0000:0000:0000:1111", "2606:4700::1111"},
        {"2606:4700::ABCD", "2606:4700::abcd"},
        {"a-b.1a.c0m", "a-b.1a.c0m"},
    };
    AUTO_ARENA a = arena_new();
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct error e = {0};
        const char *name, *again;
        assert_ok(name_normalise(a, pairs[i][0], true, &name, &e), e);
        assert_string_equal(name, pairs[i][1]);
        assert_ok(name_normalise(a, name, true, &again, &e), e);
        assert_string_equal(again, name);
    }
}

static void bad_names_are_refused_with_the_rule(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const char *label63 = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz01234567890";
    const struct {
        const char *typed, *word;
    } bad[] = {
        {"", "empty"},
        {"localhost", "dot"},
        {"*.com", "dot"},
        {".example.com", "label is empty"},
        {"example.com.", "label is empty"},
        {"a..example.com", "label is empty"},
        {"*.", "empty"},
        {"a_b.example.com", "underscore"},
        {"www.*.example.com", "wildcard"},
        {"w*.example.com", "wildcard"},
        {"*.*.example.com", "wildcard"},
        {"*", "wildcard"},
        {"-a.example.com", "hyphen"},
        {"a-.example.com", "hyphen"},
        {"a b.example.com", "letters"},
        {"a.example.com ", "letters"},
        {"a.example.com\n", "letters"},
        {"https://a.example.com", "letters"},
        {"a.example.com/", "letters"},
        {"256.1.1.1", "digits"},
        {"1.2.3", "digits"},
        {"*.1.2.3.4", "digits"},
        {"[2606:4700::1]", "letters"},
        {"😀.example.com", "internationalised"},
        {"xn--a.example.com", "internationalised"},
        {"xn--bcher-kva\xff.de", "internationalised"},
        {"a\xc3.example.com", "internationalised"},
        {arena_printf(a, "%s0.com", label63), "63"},
        {arena_printf(a, "%s.%s.%s.%s.com", label63, label63, label63, label63), "253"},
        {arena_printf(a, "%01200d.com", 0), "253"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error e = {0};
        const char *name;
        assert_fails(name_normalise(a, bad[i].typed, false, &name, &e), e, ERR_BAD_NAME);
        if (!strstr(e.detail[LANG_EN], bad[i].word))
            print_error("%s: %s\n", bad[i].typed, e.detail[LANG_EN]);
        assert_non_null(strstr(e.detail[LANG_EN], bad[i].word));
    }
}

static void the_longest_names_are_accepted(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    const char *name, *label63 = arena_printf(a, "%063d", 0);
    const char *longest = arena_printf(a, "%s.%s.%s.%058d.ab", label63, label63, label63, 0);
    assert_int_equal(strlen(longest), 253);
    assert_ok(name_normalise(a, longest, true, &name, &e), e);
    assert_fails(name_normalise(a, arena_printf(a, "*.%s", longest), true, &name, &e), e, ERR_BAD_NAME);
}

static void public_certificates_have_no_internal_names_or_addresses(void **state) {
    (void)state;
    static const char *const names[] = {"10.0.0.1",
                                        "127.0.0.1",
                                        "172.16.0.1",
                                        "172.31.255.255",
                                        "192.168.1.1",
                                        "169.254.1.1",
                                        "100.64.0.1",
                                        "224.0.0.1",
                                        "255.255.255.255",
                                        "0.0.0.0",
                                        "198.19.0.1",
                                        "192.0.2.1",
                                        "::1",
                                        "::",
                                        "fe80::1",
                                        "fd00::1",
                                        "ff02::1",
                                        "2001:db8::1",
                                        "::ffff:8.8.8.8",
                                        "64:ff9b::1",
                                        "printer.local",
                                        "db.internal",
                                        "*.corp.home.arpa",
                                        "x.localhost",
                                        "2001:10::1"};
    AUTO_ARENA a = arena_new();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct error e = {0};
        const char *name;
        assert_ok(name_normalise(a, names[i], false, &name, &e), e);
        assert_fails(name_normalise(a, names[i], true, &name, &e), e, ERR_BAD_NAME);
    }
    static const char *const good[] = {"172.15.255.255",  "172.32.0.0",      "100.63.255.255",
                                       "100.128.0.0",     "9.255.255.255",   "11.0.0.0",
                                       "192.167.255.255", "223.255.255.255", "2a00::1",
                                       "2001:4860::8888", "local.com",       "thelocal.net"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct error e = {0};
        const char *name;
        assert_ok(name_normalise(a, good[i], true, &name, &e), e);
    }
}

static void lists_keep_their_order_and_refuse_duplicates_and_too_many(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    const char *names;
    const char *const three[] = {"b.example.com", "A.example.com", "::1"};
    assert_ok(names_normalise(a, three, 3, 3, false, &names, &e), e);
    assert_string_equal(names, "b.example.com a.example.com ::1");
    assert_fails(names_normalise(a, three, 3, 2, false, &names, &e), e, ERR_BAD_NAME);
    assert_fails(names_normalise(a, three, 0, 2, false, &names, &e), e, ERR_BAD_NAME);
    const char *const twice[] = {"b.example.com", "B.EXAMPLE.com"};
    assert_fails(names_normalise(a, twice, 2, 5, false, &names, &e), e, ERR_BAD_NAME);
    assert_non_null(strstr(e.detail[LANG_EN], "b.example.com: the name is given twice"));
    const char *const also[] = {"b.example.com", "a.b.example.com"};
    assert_ok(names_normalise(a, also, 2, 5, false, &names, &e), e);
}

static void lists_are_counted_and_indexed(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    assert_int_equal(names_count(""), 0);
    assert_int_equal(names_count("a.b"), 1);
    assert_int_equal(names_count("a.b c.d *.e"), 3);
    assert_string_equal(names_at(a, "a.b c.d *.e", 0), "a.b");
    assert_string_equal(names_at(a, "a.b c.d *.e", 2), "*.e");
    assert_string_equal(names_at(a, "a.b c.d *.e", 3), "");
}

static void a_wildcard_covers_exactly_one_label(void **state) {
    (void)state;
    static const struct {
        const char *names, *host;
        bool covered;
    } table[] = {
        {"example.com", "example.com", true},
        {"example.com", "EXAMPLE.com", true},
        {"example.com", "www.example.com", false},
        {"example.com", "xexample.com", false},
        {"*.example.com", "a.example.com", true},
        {"*.example.com", "A.Example.Com", true},
        {"*.example.com", "example.com", false},
        {"*.example.com", ".example.com", false},
        {"*.example.com", "b.a.example.com", false},
        {"*.example.com", "axexample.com", false},
        {"*.example.com", "*.example.com", true},
        {"*.example.com", "*.a.example.com", false},
        {"a.example.com", "*.example.com", false},
        {"x.org *.example.com", "b.example.com", true},
        {"x.org *.example.com", "x.org *.example.com", false},
        {"192.0.2.1", "192.0.2.1", true},
        {"*.0.2.1", "192.0.2.1", false},
        {"2001:db8::1", "2001:DB8::1", true},
        {"", "example.com", false},
        {"example.com", "", false},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (names_cover(table[i].names, table[i].host) != table[i].covered)
            print_error("'%s' and '%s'\n", table[i].names, table[i].host);
        assert_int_equal(names_cover(table[i].names, table[i].host), table[i].covered);
    }
}

static void a_list_is_covered_if_every_name_is(void **state) {
    (void)state;
    assert_true(names_cover_all("*.example.com example.com", "example.com a.example.com *.example.com"));
    assert_false(names_cover_all("*.example.com example.com", "example.com b.a.example.com"));
    assert_true(names_cover_all("example.com", ""));
}

static void domain_types_follow_from_the_names(void **state) {
    (void)state;
    assert_int_equal(domain_type_of("example.com"), DOMAIN_SINGLE);
    assert_int_equal(domain_type_of("192.0.2.1"), DOMAIN_SINGLE);
    assert_int_equal(domain_type_of("*.example.com"), DOMAIN_WILDCARD);
    assert_int_equal(domain_type_of("*.example.com example.com"), DOMAIN_WILDCARD);
    assert_int_equal(domain_type_of("example.com *.example.com"), DOMAIN_WILDCARD);
    assert_int_equal(domain_type_of("*.example.com example.org"), DOMAIN_MIXED);
    assert_int_equal(domain_type_of("*.example.com *.example.org"), DOMAIN_MIXED);
    assert_int_equal(domain_type_of("a.com b.com"), DOMAIN_MULTI);
    assert_string_equal(domain_type_name(DOMAIN_MIXED), "mixed");
}

TEST_MAIN(names, test(typed_names_become_their_stored_form), test(bad_names_are_refused_with_the_rule),
          test(the_longest_names_are_accepted), test(public_certificates_have_no_internal_names_or_addresses),
          test(lists_keep_their_order_and_refuse_duplicates_and_too_many),
          test(lists_are_counted_and_indexed), test(a_wildcard_covers_exactly_one_label),
          test(a_list_is_covered_if_every_name_is), test(domain_types_follow_from_the_names))
