/* key: algorithms, weak keys, private keys in all their wrappings. */
#include "pki/der.h"
#include "pki/fixture.h"
#include "pki/key.h"
#include "pki/openssl.h"
#include "pki/pem.h"
#include "unit.h"

static void every_algorithm_has_a_name_that_reads_back(void **state) {
    (void)state;
    for (int id = KEY_UNKNOWN + 1; id < KEY_ALGORITHM_COUNT; id++)
        assert_int_equal(key_algorithm_parse(key_algorithm_name((enum key_algorithm)id)), id);
    assert_int_equal(key_algorithm_parse("rsa1024"), KEY_UNKNOWN);
    assert_int_equal(key_algorithm_parse("unknown"), KEY_UNKNOWN);
    assert_string_equal(key_family(KEY_RSA_OTHER), "RSA");
    assert_string_equal(key_family(KEY_P384), "ECC");
}

static void every_supported_key_survives_pem_and_is_recognised(void **state) {
    (void)state;
    static const struct {
        const char *file;
        enum key_algorithm algorithm;
    } keys[] = {
        {"key-rsa2048.pem", KEY_RSA_2048}, {"key-rsa2056.pem", KEY_RSA_OTHER},
        {"key-p256.pem", KEY_P256},        {"key-p384.pem", KEY_P384},
        {"key-ed25519.pem", KEY_ED25519},  {"key-rsa2048-pkcs1.pem", KEY_RSA_2048},
        {"key-p256-sec1.pem", KEY_P256},
    };
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct secret *pkcs8, *pem, *again;
        struct slice spki;
        enum key_algorithm algorithm;
        assert_ok(key_from_pem(a, fixture(a, keys[i].file), NULL, &pkcs8, &e), e);
        assert_ok(key_public(a, pkcs8, &spki, &e), e);
        assert_ok(key_check(spki, &algorithm, &e), e);
        assert_int_equal(algorithm, keys[i].algorithm);
        assert_ok(key_to_pem(a, pkcs8, &pem, &e), e);
        assert_ok(key_from_pem(a, secret_slice(pem), NULL, &again, &e), e);
        assert_true(secret_equal(pkcs8, again));
    }
}

static void pem_is_written_as_openssl_writes_it(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct secret *pkcs8, *pem;
    struct slice text = fixture(a, "key-p256.pem");
    assert_ok(key_from_pem(a, text, NULL, &pkcs8, &e), e);
    assert_ok(key_to_pem(a, pkcs8, &pem, &e), e);
    assert_true(slice_equal(secret_slice(pem), text));
}

static void encrypted_keys_open_with_their_pass_phrase_only(void **state) {
    (void)state;
    static const char *const files[] = {"key-p256-encrypted.pem", "key-rsa2048-dek.pem"};
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct secret *right = secret_new(a, "secret", 6), *wrong = secret_new(a, "Secret", 6), *pkcs8;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct slice pem = fixture(a, files[i]);
        assert_ok(key_from_pem(a, pem, right, &pkcs8, &e), e);
        assert_fails(key_from_pem(a, pem, wrong, &pkcs8, &e), e, ERR_KEY_PASS_PHRASE);
        assert_fails(key_from_pem(a, pem, secret_new(a, "", 0), &pkcs8, &e), e, ERR_KEY_PASS_PHRASE);
        assert_fails(key_from_pem(a, pem, NULL, &pkcs8, &e), e, ERR_KEY_PASS_PHRASE);
    }
}

static void an_encryption_that_takes_too_long_is_refused_at_once(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct secret *pkcs8;
    struct slice pem = fixture(a, "key-slow.pem"); /* 6,000,000 iterations */
    assert_fails(key_from_pem(a, pem, secret_new(a, "secret", 6), &pkcs8, &e), e, ERR_MALFORMED_KEY);
}

static void malformed_private_keys_are_refused(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct secret *pkcs8;
    struct slice good = fixture(a, "key-p256.pem");
    const char *const bad[] = {
        "",
        "garbage",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n",
        arena_printf(a, "%.*s%.*s", (int)good.len, good.p, (int)good.len, good.p),
        arena_printf(a, "%.*sgarbage", (int)good.len, good.p),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_fails(key_from_pem(a, slice_str(bad[i]), NULL, &pkcs8, &e), e, ERR_MALFORMED_KEY);
    assert_fails(key_from_pem(a, fixture(a, "key-halves.pem"), NULL, &pkcs8, &e), e, ERR_MALFORMED_KEY);
    assert_fails(key_from_pem(a, fixture(a, "leaf-p256.pem"), NULL, &pkcs8, &e), e, ERR_MALFORMED_KEY);
}

static void weak_and_foreign_keys_are_refused_by_name(void **state) {
    (void)state;
    static const struct {
        const char *file;
        enum error_id id;
        const char *word;
    } bad[] = {
        {"pub-rsa1024.pem", ERR_WEAK_KEY, "1024"},
        {"pub-rsa2047.pem", ERR_WEAK_KEY, "2047"},
        {"pub-rsa2049.pem", ERR_WEAK_KEY, "multiple of 8"},
        {"pub-exponent3.pem", ERR_WEAK_KEY, "exponent"},
        {"pub-exponent-even.pem", ERR_WEAK_KEY, "exponent"},
        {"pub-small-factor.pem", ERR_WEAK_KEY, "small factor"},
        {"pub-even.pem", ERR_WEAK_KEY, "small factor"},
        {"pub-fermat.pem", ERR_WEAK_KEY, "too close"},
        {"pub-fermat-99.pem", ERR_WEAK_KEY, "too close"},
        {"pub-roca.pem", ERR_WEAK_KEY, "ROCA"},
        {"pub-rfc9500.pem", ERR_WEAK_KEY, "RFC 9500"},
        {"pub-rsa8200.pem", ERR_KEY_UNSUPPORTED, "8200"},
        {"pub-p521.pem", ERR_KEY_UNSUPPORTED, "P-384"},
        {"pub-p256-compressed.pem", ERR_KEY_UNSUPPORTED, "uncompressed"},
        {"pub-off-curve.pem", ERR_MALFORMED_KEY, "point"},
    };
    AUTO_ARENA a = arena_new();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error e = {0};
        enum key_algorithm algorithm = KEY_P256;
        assert_fails(key_check(fixture_der(a, bad[i].file), &algorithm, &e), e, bad[i].id);
        assert_non_null(strstr(e.detail[LANG_EN], bad[i].word));
        assert_int_equal(algorithm, KEY_UNKNOWN);
    }
}

static void primes_far_enough_apart_are_no_weakness(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    enum key_algorithm algorithm;
    assert_ok(key_check(fixture_der(a, "pub-fermat-far.pem"), &algorithm, &e), e);
    assert_int_equal(algorithm, KEY_RSA_2048);
}

static void a_public_key_that_is_cut_or_grown_is_refused(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct slice good = fixture_der(a, "pub-rsa2048.pem");
    uint8_t *grown = arena_alloc(a, good.len + 1);
    memcpy(grown, good.p, good.len);
    for (size_t len = 0; len <= good.len + 1; len++) {
        struct error e = {0};
        enum key_algorithm algorithm;
        assert_int_equal(key_check(slice_of(grown, len), &algorithm, &e), len == good.len);
    }
}

static void der_lengths_are_the_shortest_and_nothing_else_is_read(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    static const size_t lengths[] = {0, 1, 127, 128, 255, 256, 65535, 65536, 100000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct buf b = buf_new(a, 200000);
        struct slice bytes = slice_of(arena_alloc(a, lengths[i] + 1), lengths[i]), content;
        der_put(&b, DER_OCTET_STRING, bytes);
        assert_true(der_only(buf_slice(&b), DER_OCTET_STRING, &content));
        assert_true(slice_equal(content, bytes));
        assert_false(der_only(slice_of(b.p, b.len - 1), DER_OCTET_STRING, &content));
    }
    static const char *const bad[] = {"\x04\x81\x01\x41", "\x04\x80\x41\x00", "\x1f\x01\x01\x41", "\x04"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct slice content;
        assert_false(der_only(slice_of(bad[i], i == 3 ? 1 : 4), (uint8_t)bad[i][0], &content));
    }
}

static void times_read_back_on_both_sides_of_2050(void **state) {
    (void)state;
    static const int64_t times[] = {0,          1790000000, 2524607999,  2524608000,
                                    4102444799, -631152000, 253402300799};
    AUTO_ARENA a = arena_new();
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct buf b = buf_new(a, 100);
        int64_t t = 1;
        der_put_time(&b, times[i]);
        assert_int_equal(b.p[0], times[i] < 2524608000 ? DER_UTC_TIME : DER_GENERALIZED_TIME);
        struct slice rest = buf_slice(&b);
        assert_true(der_take_time(&rest, &t));
        assert_int_equal(t, times[i]);
    }
    static const char *const bad[] = {"260230000000Z", "261301000000Z", "2601010000Z", "260101000000+",
                                      "260101240000Z"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf b = buf_new(a, 100);
        int64_t t;
        der_put(&b, DER_UTC_TIME, slice_str(bad[i]));
        struct slice rest = buf_slice(&b);
        assert_false(der_take_time(&rest, &t));
    }
}

TEST_MAIN(key, test(every_algorithm_has_a_name_that_reads_back),
          test(every_supported_key_survives_pem_and_is_recognised), test(pem_is_written_as_openssl_writes_it),
          test(encrypted_keys_open_with_their_pass_phrase_only),
          test(an_encryption_that_takes_too_long_is_refused_at_once),
          test(malformed_private_keys_are_refused), test(weak_and_foreign_keys_are_refused_by_name),
          test(primes_far_enough_apart_are_no_weakness), test(a_public_key_that_is_cut_or_grown_is_refused),
          test(der_lengths_are_the_shortest_and_nothing_else_is_read),
          test(times_read_back_on_both_sides_of_2050))
