/* cert: reading what others made, and who issued whom. */
#include "pki/cert.h"
#include "pki/fixture.h"
#include "unit.h"

static struct cert read_cert(struct arena *a, const char *file) {
    struct error e = {0};
    struct cert cert;
    assert_ok(cert_parse(a, fixture_der(a, file), &cert, &e), e);
    return cert;
}

static void a_certificate_is_read_as_openssl_shows_it(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct cert cert = read_cert(a, "leaf-p256.pem"), issuer = read_cert(a, "intermediate.pem");
    assert_string_equal(cert.serial, "f1e2d3c4b5a69788");
    assert_string_equal(cert.subject, "CN=www.example.com");
    assert_string_equal(cert.issuer, "CN=Test Intermediate");
    assert_string_equal(cert.names, "www.example.com example.com");
    assert_int_equal(cert.not_before, 1767225600);
    assert_int_equal(cert.end, 2082758401);
    assert_int_equal(cert.algorithm, KEY_P256);
    assert_string_equal(cert.signature_algorithm, "ecdsa-with-SHA256");
    assert_string_equal(cert.crl_url, "http://ca.example.net/i.crl");
    assert_string_equal(cert.ocsp_url, "http://ocsp.example.net");
    assert_string_equal(cert.issuer_url, "http://ca.example.net/i.cer");
    assert_false(cert.is_ca || cert.self_issued || cert.weak);
    assert_true(slice_equal(cert.authority_key_id, issuer.subject_key_id));
    assert_true(slice_equal(cert.issuer_der, issuer.subject_der));
    assert_true(slice_equal(issuer.subject_key_id, cert_key_id(a, issuer.spki)));
    assert_int_equal(cert.subject_key_id.len, 0);
    assert_int_equal(strlen(cert.fingerprint), 64);
    assert_true(issuer.is_ca && !issuer.self_issued && !issuer.crl_url);
    assert_true(slice_equal(fixture(a, "leaf-p256.pem"), slice_str(cert_to_pem(a, cert.der))));
}

static void every_kind_of_key_name_and_date_is_read(void **state) {
    (void)state;
    static const struct {
        const char *file, *names;
        enum key_algorithm algorithm;
        bool weak;
    } table[] = {
        {"leaf-rsa2048.pem", "www.example.com example.com", KEY_RSA_2048, false},
        {"leaf-p384.pem", "www.example.com example.com", KEY_P384, false},
        {"leaf-ed25519.pem", "www.example.com example.com", KEY_ED25519, false},
        {"leaf-p521.pem", "www.example.com example.com", KEY_UNKNOWN, false},
        {"leaf-weak.pem", "www.example.com example.com", KEY_UNKNOWN, true},
        {"leaf-wildcard.pem", "*.example.com example.com", KEY_P256, false},
        {"leaf-ip.pem", "192.0.2.1 2001:db8::1", KEY_P256, false},
        {"leaf-idn.pem", "xn--fsqu00a.xn--0zwm56d", KEY_P256, false},
        {"leaf-cn.pem", "old.example.com", KEY_P256, false},
        {"root.pem", "", KEY_P256, false},
    };
    AUTO_ARENA a = arena_new();
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct cert cert = read_cert(a, table[i].file);
        assert_string_equal(cert.names, table[i].names);
        assert_int_equal(cert.algorithm, table[i].algorithm);
        assert_int_equal(cert.weak, table[i].weak);
    }
    assert_string_equal(read_cert(a, "leaf-idn.pem").subject, "CN=例子");
    assert_int_equal(read_cert(a, "leaf-far.pem").end, 2695939201);
    assert_int_equal(read_cert(a, "leaf-expired.pem").end, 1585612801);
    assert_string_equal(read_cert(a, "leaf-expired.pem").serial, "0a");
}

static void a_certificate_with_anything_behind_it_or_missing_is_refused(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct slice good = fixture_der(a, "leaf-p256.pem");
    uint8_t *grown = arena_alloc(a, good.len + 1);
    memcpy(grown, good.p, good.len);
    for (size_t len = 0; len <= good.len + 1; len++) {
        struct error e = {0};
        struct cert cert;
        if (len == good.len)
            continue;
        assert_fails(cert_parse(a, slice_of(grown, len), &cert, &e), e, ERR_MALFORMED_CERTIFICATE);
    }
}

static void an_octet_of_a_certificate_may_be_wrong_without_harm(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct slice good = fixture_der(a, "leaf-p256.pem");
    struct cert issuer = read_cert(a, "intermediate.pem"), leaf = read_cert(a, "leaf-p256.pem");
    size_t readable = 0;
    assert_true(cert_issued_by(&leaf, &issuer));
    assert_true(cert_issued_by(&leaf, &issuer)); /* from memory: which is of these very octets */
    for (size_t i = 0; i < good.len; i += 3) {
        AUTO_ARENA inner = arena_new();
        struct error e = {0};
        struct cert cert;
        uint8_t *bad = arena_copy(inner, good.p, good.len);
        bad[i] ^= 0x40;
        if (!cert_parse(inner, slice_of(bad, good.len), &cert, &e))
            continue;
        readable++;
        assert_false(cert_issued_by(&cert, &issuer));
    }
    assert_true(readable > 0);
}

static void a_list_of_certificates_says_where_it_is_broken(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct cert *certs;
    size_t count;
    struct slice leaf = fixture(a, "leaf-p256.pem"), root = fixture(a, "root.pem"),
                 key = fixture(a, "key-p256.pem");
    const char *text = arena_printf(a, "a comment\n%.*s\nbetween\n%.*s%.*s\n \n", (int)leaf.len, leaf.p,
                                    (int)key.len, key.p, (int)root.len, root.p);
    assert_ok(cert_list_from_pem(a, slice_str(text), 2, &certs, &count, &e), e);
    assert_int_equal(count, 2);
    assert_string_equal(certs[1].subject, "CN=Test Root");
    assert_fails(cert_list_from_pem(a, slice_str(text), 1, &certs, &count, &e), e, ERR_MALFORMED_CERTIFICATE);
    const char *garbage = arena_printf(a, "%sgarbage", text);
    assert_fails(cert_list_from_pem(a, slice_str(garbage), 9, &certs, &count, &e), e,
                 ERR_MALFORMED_CERTIFICATE);
    const char *open = arena_printf(a, "x\n%.*s", (int)leaf.len - 10, leaf.p);
    assert_fails(cert_list_from_pem(a, slice_str(open), 9, &certs, &count, &e), e, ERR_MALFORMED_CERTIFICATE);
    assert_non_null(strstr(e.detail[LANG_EN], "line 2"));
    assert_non_null(strstr(e.detail[LANG_ZH], "第 2 行"));
    const char *empty = "\n\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert_fails(cert_list_from_pem(a, slice_str(empty), 9, &certs, &count, &e), e,
                 ERR_MALFORMED_CERTIFICATE);
    assert_non_null(strstr(e.detail[LANG_EN], "line 3"));
    const char *overlap = "-----BEGIN CERTIFICATE-------END CERTIFICATE-----\n";
    assert_fails(cert_list_from_pem(a, slice_str(overlap), 9, &certs, &count, &e), e,
                 ERR_MALFORMED_CERTIFICATE);
}

static void chains_are_built_from_any_order_without_strangers(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct cert leaf = read_cert(a, "leaf-p256.pem");
    struct cert pool[] = {read_cert(a, "other.pem"), read_cert(a, "root.pem"),
                          read_cert(a, "leaf-rsa2048.pem"), read_cert(a, "intermediate.pem")};
    const struct cert *chain;
    size_t count;
    assert_true(cert_chain_build(a, &leaf, pool, 4, &chain, &count));
    assert_int_equal(count, 2);
    assert_string_equal(chain[0].subject, "CN=Test Intermediate");
    assert_string_equal(chain[1].subject, "CN=Test Root");
    assert_false(cert_chain_build(a, &leaf, pool, 3, &chain, &count));
    assert_int_equal(count, 0);
    assert_true(cert_chain_build(a, &pool[1], NULL, 0, &chain, &count));
    assert_int_equal(count, 0);
    assert_true(cert_issued_by(&leaf, &pool[3]));
    assert_false(cert_issued_by(&leaf, &pool[1]));
    assert_false(cert_issued_by(&pool[3], &leaf));
}

TEST_MAIN(cert, test(a_certificate_is_read_as_openssl_shows_it),
          test(every_kind_of_key_name_and_date_is_read),
          test(a_certificate_with_anything_behind_it_or_missing_is_refused),
          test(an_octet_of_a_certificate_may_be_wrong_without_harm),
          test(a_list_of_certificates_says_where_it_is_broken),
          test(chains_are_built_from_any_order_without_strangers))
