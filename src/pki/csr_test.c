/* csr: reading what others made. What we make is in cert_build_test.c. */
#include "pki/csr.h"
#include "pki/fixture.h"
#include "unit.h"

static void requests_are_read_and_their_signature_checked(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct csr csr;
    assert_ok(csr_parse(a, fixture(a, "csr-p256.pem"), &csr, &e), e);
    assert_string_equal(csr.names, "a.example.com *.b.example.com 192.0.2.7");
    assert_string_equal(csr.subject, "CN=a.example.com,O=Example");
    assert_int_equal(csr.algorithm, KEY_P256);
    assert_true(slice_equal(csr.spki, fixture_der(a, "pub-p256.pem")));
    assert_ok(csr_parse(a, fixture_der(a, "csr-p256.pem"), &csr, &e), e);
    assert_ok(csr_parse(a, fixture(a, "csr-rsa2048.pem"), &csr, &e), e);
    assert_ok(csr_parse(a, fixture(a, "csr-ed25519.pem"), &csr, &e), e);
    assert_ok(csr_parse(a, fixture(a, "csr-cn.pem"), &csr, &e), e);
    assert_string_equal(csr.names, "only.example.com");
    assert_fails(csr_parse(a, fixture(a, "csr-signature.pem"), &csr, &e), e, ERR_CSR_SIGNATURE);
    assert_fails(csr_parse(a, fixture(a, "csr-rsa1024.pem"), &csr, &e), e, ERR_CSR_WEAK_KEY);
    assert_fails(csr_parse(a, fixture(a, "leaf-p256.pem"), &csr, &e), e, ERR_CSR_MALFORMED);
    assert_fails(csr_parse(a, slice_str(""), &csr, &e), e, ERR_CSR_MALFORMED);
}

static void requests_with_anything_behind_them_or_missing_are_refused(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct slice good = fixture_der(a, "csr-p256.pem");
    uint8_t *grown = arena_alloc(a, good.len + 1);
    memcpy(grown, good.p, good.len);
    for (size_t len = 0; len <= good.len + 1; len++) {
        struct error e = {0};
        struct csr csr;
        if (len != good.len)
            assert_fails(csr_parse(a, slice_of(grown, len), &csr, &e), e, ERR_CSR_MALFORMED);
    }
    struct error e = {0};
    struct csr csr;
    struct slice pem = fixture(a, "csr-p256.pem");
    const char *twice = arena_printf(a, "%.*s%.*s", (int)pem.len, pem.p, (int)pem.len, pem.p);
    assert_fails(csr_parse(a, slice_str(twice), &csr, &e), e, ERR_CSR_MALFORMED);
}

TEST_MAIN(csr, test(requests_are_read_and_their_signature_checked),
          test(requests_with_anything_behind_them_or_missing_are_refused))
