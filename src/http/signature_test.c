/* signature: what is signed is what is checked, and nothing else. */
#include "http/signature.h"
#include "unit.h"

#define NOW INT64_C(1800000000)

static const struct slice secret = {(const uint8_t *)"a shared secret", 15};
static const char body[] = "{\"event_id\": \"evt_1\"}";

static void a_signature_is_what_anybody_can_compute(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    /* printf '%s' '1800000000.{"event_id": "evt_1"}' | openssl dgst -sha256 -hmac 'a shared secret' */
    assert_string_equal(signature_make(a, secret, NOW, slice_str(body)),
                        "t=1800000000,v1=791713a8810ce0ab3081fe371d791f8c01111c89601ab7c1925fdb3bd4f991d2");
}

static void it_holds_for_five_minutes_both_ways(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    const char *header = signature_make(a, secret, NOW, slice_str(body));
    static const int64_t good[] = {-300, 0, 300}, late[] = {-301, 301};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_ok(signature_check(secret, header, slice_str(body), NOW + good[i], &e), e);
    for (size_t i = 0; i < sizeof late / sizeof *late; i++)
        assert_fails(signature_check(secret, header, slice_str(body), NOW + late[i], &e), e,
                     ERR_SIGNATURE_REFUSED);
}

static void another_body_secret_or_time_is_refused(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    const char *header = signature_make(a, secret, NOW, slice_str(body));
    char *changed = arena_strdup(a, header);
    changed[strlen("t=180000000")] = '1';
    assert_fails(signature_check(secret, header, slice_str("{}"), NOW, &e), e, ERR_SIGNATURE_REFUSED);
    assert_fails(signature_check(slice_str("another"), header, slice_str(body), NOW, &e), e,
                 ERR_SIGNATURE_REFUSED);
    assert_fails(signature_check(secret, changed, slice_str(body), NOW, &e), e, ERR_SIGNATURE_REFUSED);
    assert_non_null(strstr(e.detail[LANG_EN], "not by the shared secret"));
}

static void a_header_of_another_shape_is_refused(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    const char *good = signature_make(a, secret, NOW, slice_str(body));
    const char *const bad[] = {NULL,
                               "",
                               "t=,v1=00",
                               "t=1800000000",
                               "t=1800000000,v1=",
                               "t=-1800000000,v1=00",
                               "t=99999999999999999999999999,v1=00",
                               arena_printf(a, " %s", good),
                               arena_printf(a, "%s0", good),
                               arena_printf(a, "%s,v1=00", good),
                               arena_printf(a, "%.*s", (int)strlen(good) - 1, good),
                               arena_printf(a, "%.*sg", (int)strlen(good) - 1, good)};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_fails(signature_check(secret, bad[i], slice_str(body), NOW, &e), e, ERR_SIGNATURE_REFUSED);
        assert_non_null(strstr(e.detail[LANG_EN], "is not t=SECONDS"));
    }
}

TEST_MAIN(signature, test(a_signature_is_what_anybody_can_compute), test(it_holds_for_five_minutes_both_ways),
          test(another_body_secret_or_time_is_refused), test(a_header_of_another_shape_is_refused))
