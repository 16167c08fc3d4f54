#include "catalog/issuer.h"
#include "catalog/rate_limit.h"
#include "unit.h"

static void the_published_limits_are_read(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct rate_limits limits;
    struct issuer issuer;
    struct error e = {0};
    assert_ok(issuer_preset(a, "letsencrypt", &issuer, &e), e);
    assert_ok(rate_limits_parse(a, issuer.limits, &limits, &e), e);
    assert_int_equal(limits.count, 5);
    assert_int_equal(limits.items[0].kind, RATE_PER_ACCOUNT);
    assert_int_equal(limits.items[0].count, 300);
    assert_true(limits.items[0].ari_exempt && limits.items[0].renewal_exempt);
    assert_int_equal(limits.items[2].kind, RATE_PER_NAMES);
    assert_true(limits.items[2].ari_exempt);
    assert_false(limits.items[2].renewal_exempt);
    assert_int_equal(limits.items[4].kind, RATE_PER_ADDRESS);
    assert_false(limits.items[4].ari_exempt);
}

static void no_limits_are_none(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct rate_limits limits;
    struct error e = {0};
    assert_ok(rate_limits_parse(a, NULL, &limits, &e), e);
    assert_int_equal(limits.count, 0);
    assert_ok(rate_limits_parse(a, "[]", &limits, &e), e);
    assert_int_equal(limits.count, 0);
}

static void what_is_wrong_is_named(void **state) {
    (void)state;
    static const struct {
        const char *json, *field;
    } rows[] = {
        {"{}", "limits"},
        {"[{\"name\":\"a b\",\"per\":\"account\",\"count\":1,\"seconds\":1}]", "limits[0].name"},
        {"[{\"name\":\"\",\"per\":\"account\",\"count\":1,\"seconds\":1}]", "limits[0].name"},
        {"[{\"name\":\"a\",\"per\":\"planet\",\"count\":1,\"seconds\":1}]", "limits[0].per"},
        {"[{\"name\":\"a\",\"per\":\"account\",\"count\":0,\"seconds\":1}]", "limits[0].count"},
        {"[{\"name\":\"a\",\"per\":\"account\",\"count\":1,\"seconds\":-5}]", "limits[0].seconds"},
        {"[{\"name\":\"a\",\"per\":\"account\",\"count\":1,\"seconds\":5,\"exempt\":[\"ari\",\"ari\"]}]",
         "limits[0].exempt"},
        {"[{\"name\":\"a\",\"per\":\"account\",\"count\":1,\"seconds\":5},"
         "{\"name\":\"a\",\"per\":\"address\",\"count\":1,\"seconds\":5}]",
         "limits[1].name"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        AUTO_ARENA a = arena_new();
        struct rate_limits limits;
        struct error e = {0};
        assert_fails(rate_limits_parse(a, rows[i].json, &limits, &e), e, ERR_BAD_FIELD);
        assert_string_equal(e.field, rows[i].field);
    }
}

TEST_MAIN(rate_limit, test(the_published_limits_are_read), test(no_limits_are_none),
          test(what_is_wrong_is_named))
