/* cert_build, cert_lint, csr, crl: building what others must accept, and refusing what they would not. */
#include "base/child.h"
#include "base/clock.h"
#include "pki/crl.h"
#include "pki/csr.h"
#include "pki/fixture.h"
#include "pki/openssl.h"
#include "unit.h"

enum { NOW = 1794000000 }; /* 2026-11-06T16:00:00Z */

struct ca {
    EVP_PKEY *key;
    struct slice spki, der;
    struct cert cert;
};

static void free_key(void *key) {
    EVP_PKEY_free(key);
}

static EVP_PKEY *test_key(struct arena *a, const char *file) {
    AUTO(BIO) bio = bio_of(fixture(a, file));
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    assert_non_null(key);
    arena_defer(a, free_key, key);
    return key;
}

static struct slice spki_of(struct arena *a, EVP_PKEY *key) {
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    assert_true(len > 0);
    struct slice spki = arena_slice(a, slice_of(der, (size_t)len));
    OPENSSL_free(der);
    return spki;
}

static struct slice sign(struct arena *a, EVP_PKEY *key, struct slice tbs) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const EVP_MD *md = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL
                       : EVP_PKEY_get_bits(key) == 384               ? EVP_sha384()
                                                                     : EVP_sha256();
    size_t len = 1024;
    uint8_t *signature = arena_alloc(a, len);
    assert_int_equal(EVP_DigestSignInit(context, NULL, md, NULL, key), 1);
    assert_int_equal(EVP_DigestSign(context, signature, &len, tbs.p, tbs.len), 1);
    EVP_MD_CTX_free(context);
    return slice_of(signature, len);
}

static struct slice signed_der(struct arena *a, EVP_PKEY *key, struct slice tbs) {
    enum key_algorithm algorithm;
    struct error e = {0};
    struct slice der;
    assert_ok(key_check(spki_of(a, key), &algorithm, &e), e);
    assert_ok(cert_assemble(a, tbs, algorithm, sign(a, key, tbs), &der, &e), e);
    return der;
}

static struct slice build(struct arena *a, EVP_PKEY *signer, const struct cert_template *t) {
    struct error e = {0};
    struct slice tbs;
    assert_ok(cert_build_tbs(a, t, &tbs, &e), e);
    assert_ok(cert_lint_tbs(a, tbs, NOW, &e), e);
    return signed_der(a, signer, tbs);
}

static struct ca make_ca(struct arena *a, const char *key_file, const char *name, const struct ca *issuer) {
    struct error e = {0};
    struct ca ca = {.key = test_key(a, key_file)};
    enum key_algorithm own;
    ca.spki = spki_of(a, ca.key);
    assert_ok(key_check(ca.spki, &own, &e), e);
    struct cert_template t = {.ca = true,
                              .path_len = issuer ? 0 : -1,
                              .common_name = name,
                              .serial = cert_new_serial(a),
                              .not_before = NOW - 60,
                              .end = NOW + 3650LL * DAY,
                              .spki = ca.spki,
                              .issuer_algorithm = issuer ? issuer->cert.algorithm : own};
    if (issuer) {
        t.issuer_der = issuer->cert.subject_der;
        t.issuer_key_id = issuer->cert.subject_key_id;
        t.crl_url = "http://ca.example.net/root.crl";
    }
    ca.der = build(a, issuer ? issuer->key : ca.key, &t);
    assert_ok(cert_parse(a, ca.der, &ca.cert, &e), e);
    return ca;
}

static struct cert_template leaf_template(struct arena *a, const struct ca *ca, EVP_PKEY *key,
                                          const char *names) {
    return (struct cert_template){.names = names,
                                  .serial = cert_new_serial(a),
                                  .not_before = NOW - 3600,
                                  .end = NOW + 47 * DAY,
                                  .spki = spki_of(a, key),
                                  .issuer_der = ca->cert.subject_der,
                                  .issuer_key_id = ca->cert.subject_key_id,
                                  .issuer_algorithm = ca->cert.algorithm,
                                  .crl_url = "http://ca.example.net/i.crl",
                                  .issuer_url = "http://ca.example.net/i.cer"};
}

static const char *save(struct arena *a, const char *folder, const char *name, const char *content) {
    struct error e = {0};
    const char *path = arena_printf(a, "%s/%s", folder, name);
    assert_ok(file_replace(path, 0600, slice_str(content), &e), e);
    return path;
}

static const char *new_folder(struct arena *a) {
    char *folder = arena_strdup(a, "/tmp/pki-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return folder;
}

static void remove_folder(struct arena *a, const char *folder) {
    struct error e = {0};
    struct child_result result;
    const char *const argv[] = {"rm", "-r", folder, NULL}, *const none[] = {NULL};
    assert_ok(child_run(a, argv, none, 5000, &result, &e), e);
}

/* Runs the openssl command; its output is shown if it fails. */
static void openssl_accepts(struct arena *a, const char *const argv[]) {
    struct error e = {0};
    struct child_result result;
    const char *const none[] = {NULL};
    assert_ok(child_run(a, argv, none, 10000, &result, &e), e);
    if (result.exit_status != 0)
        print_error("%s %s: %s\n", argv[0], argv[1], result.output);
    assert_int_equal(result.exit_status, 0);
}

static void built_chains_pass_openssls_strict_verification(void **state) {
    (void)state;
    static const char *const ca_keys[] = {"key-root.pem", "key-p384.pem", "key-rsa2048.pem",
                                          "key-ed25519.pem"};
    static const char *const leaf_keys[] = {"key-rsa2048.pem", "key-p256.pem", "key-ed25519.pem",
                                            "key-p384.pem"};
    AUTO_ARENA a = arena_new();
    const char *folder = new_folder(a), *now = arena_printf(a, "%d", NOW);
    for (size_t i = 0; i < 4; i++) {
        struct ca root = make_ca(a, ca_keys[i], "Tenure Root", NULL);
        struct ca intermediate = make_ca(a, "key-intermediate.pem", "Tenure 中级", &root);
        struct cert_template t = leaf_template(a, &intermediate, test_key(a, leaf_keys[i]),
                                               "example.com *.example.com 192.0.2.1 2001:db8::1");
        struct slice der = build(a, intermediate.key, &t);
        const char *leaf = save(a, folder, "leaf", cert_to_pem(a, der));
        const char *const verify[] = {"openssl",
                                      "verify",
                                      "-x509_strict",
                                      "-purpose",
                                      "sslserver",
                                      "-attime",
                                      now,
                                      "-verify_hostname",
                                      "x.example.com",
                                      "-CAfile",
                                      save(a, folder, "root", cert_to_pem(a, root.der)),
                                      "-untrusted",
                                      save(a, folder, "i", cert_to_pem(a, intermediate.der)),
                                      leaf,
                                      NULL};
        openssl_accepts(a, verify);
    }
    remove_folder(a, folder);
}

static void a_built_leaf_reads_back_as_its_template(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct cert cert;
    struct ca root = make_ca(a, "key-root.pem", "Tenure Root", NULL);
    struct cert_template t =
        leaf_template(a, &root, test_key(a, "key-p256.pem"), "b.example.com a.example.com 192.0.2.1");
    assert_ok(cert_parse(a, build(a, root.key, &t), &cert, &e), e);
    assert_string_equal(cert.names, t.names);
    assert_string_equal(cert.subject, "");
    assert_int_equal(cert.not_before, t.not_before);
    assert_int_equal(cert.end, t.end);
    assert_true(slice_equal(cert.spki, t.spki));
    assert_string_equal(cert.crl_url, t.crl_url);
    assert_string_equal(cert.issuer_url, t.issuer_url);
    assert_null(cert.ocsp_url);
    assert_true(cert_issued_by(&cert, &root.cert));
    assert_true(root.cert.self_issued && root.cert.is_ca);
}

static void serial_numbers_are_positive_and_differ(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    for (int i = 0; i < 1000; i++) {
        struct slice one = cert_new_serial(a), other = cert_new_serial(a);
        assert_int_equal(one.len, 16);
        assert_false(one.p[0] & 0x80);
        assert_false(slice_equal(one, other));
    }
}

static void templates_that_cannot_be_certificates_are_refused(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct ca root = make_ca(a, "key-root.pem", "Tenure Root", NULL);
    const struct cert_template good = leaf_template(a, &root, test_key(a, "key-p256.pem"), "example.com");
    struct cert_template bad[7];
    for (size_t i = 0; i < 7; i++)
        bad[i] = good;
    bad[0].serial = slice_of(NULL, 0);
    bad[1].serial = slice_of(arena_alloc(a, 21), 21);
    bad[2].end = good.not_before;
    bad[3].names = "";
    bad[4].common_name = arena_printf(a, "%065d", 0);
    bad[5].issuer_der = slice_of(NULL, 0);
    bad[6].issuer_algorithm = KEY_UNKNOWN;
    for (size_t i = 0; i < 7; i++) {
        struct error e = {0};
        struct slice tbs;
        assert_fails(cert_build_tbs(a, &bad[i], &tbs, &e), e, ERR_ISSUE_REFUSED);
    }
}

/* ---- the rules for what is signed ---- */

/* Replaces the first `from` of the TBS by `to`, which is as long. */
static struct slice changed(struct arena *a, struct slice tbs, struct slice from, struct slice to) {
    uint8_t *copy = arena_copy(a, tbs.p, tbs.len);
    uint8_t *at = memmem(copy, tbs.len, from.p, from.len);
    assert_non_null(at);
    assert_int_equal(from.len, to.len);
    memcpy(at, to.p, to.len);
    return slice_of(copy, tbs.len);
}

static void each_broken_rule_is_named(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct ca root = make_ca(a, "key-root.pem", "Tenure Root", NULL);
    struct cert_template t =
        leaf_template(a, &root, test_key(a, "key-p256.pem"), "www.example.com *.example.com");
    struct error e = {0};
    struct slice tbs;
    t.serial = slice_str("\x7f"
                         "serial.0123456");
    assert_ok(cert_build_tbs(a, &t, &tbs, &e), e);
#define B(literal)                                                                                           \
    { (const uint8_t *)(literal), sizeof(literal) - 1 }
    static const struct {
        struct slice from, to;
        const char *word;
    } table[] = {
        {B("\xa0\x03\x02\x01\x02"), B("\xa0\x03\x02\x01\x01"), "version"},
        {B("\x7f"
           "serial"),
         B("\xff"
           "serial"),
         "positive"},
        {B("\x7f"
           "serial"),
         B("\0"
           "serial"),
         "serialNumber"},
        {B("\x04\x03\x02\x30"), B("\x04\x03\x01\x30"), "SHA-256"},
        {B("\x55\x1d\x25\x04"), B("\x55\x1d\x0f\x04"), "twice"},
        {B("\x55\x1d\x1f\x04"), B("\x55\x1d\x1e\x04"), "unknown"},
        {B("\x55\x1d\x13\x01\x01\xff"), B("\x55\x1d\x13\x01\x01\x00"), "basicConstraints"},
        {B("\x55\x1d\x11\x01"), B("\x55\x1d\x0e\x01"), "subjectAltName holds"},
        {B("\x82\x0fwww"), B("\x81\x0fwww"), "DNS names"},
        {B("www.example"), B("www_example"), "each name"},
        {B("www.example"), B("w*w.example"), "each name"},
        {B("\x55\x1d\x11\x01\x01\xff"), B("\x55\x1d\x11\x01\x01\x00"), "critical if"},
        {B("\x55\x1d\x0f\x01\x01\xff"), B("\x55\x1d\x0f\x01\x01\x00"), "keyUsage"},
        {B("\x03\x02\x07\x80"), B("\x03\x02\x01\x86"), "keyUsage"},
        {B("\x05\x07\x03\x01"), B("\x05\x07\x03\x02"), "serverAuth"},
        {B("\x67\x81\x0c\x01\x02\x01"), B("\x67\x81\x0c\x01\x02\x09"), "policy"},
        {B("\x55\x1d\x23\x04"), B("\x55\x1d\x0e\x04"), "authorityKeyIdentifier"},
        {B("\xce\x3d\x03\x01\x07\x03\x42\x00\x04"), B("\xce\x3d\x03\x01\x07\x03\x42\x00\x05"), "point"},
    };
#undef B
    assert_ok(cert_lint_tbs(a, tbs, NOW, &e), e);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct slice bad = changed(a, tbs, table[i].from, table[i].to);
        error_clear(&e);
        bool clean = cert_lint_tbs(a, bad, NOW, &e);
        if (clean || !strstr(e.detail[LANG_EN], table[i].word))
            print_error("row %zu, expected '%s': %s\n", i, table[i].word, e.detail[LANG_EN]);
        assert_int_equal(e.id, ERR_ISSUE_REFUSED);
        assert_non_null(strstr(e.detail[LANG_EN], table[i].word));
        assert_true(strlen(e.detail[LANG_ZH]) > 0);
    }
}

static bool lint_names(struct arena *a, struct cert_template *t, const char *word) {
    struct error e = {0};
    struct slice tbs;
    assert_ok(cert_build_tbs(a, t, &tbs, &e), e);
    return cert_lint_tbs(a, tbs, NOW, &e) ? word == NULL : word && strstr(e.detail[LANG_EN], word);
}

static void dates_and_common_names_are_held_to_the_rules(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct ca root = make_ca(a, "key-root.pem", "Tenure Root", NULL);
    const struct cert_template good =
        leaf_template(a, &root, test_key(a, "key-p256.pem"), "www.example.com *.example.com");
    struct cert_template t = good;
    t.common_name = "www.example.com";
    assert_true(lint_names(a, &t, NULL));
    t.common_name = "a.example.com";
    assert_true(lint_names(a, &t, "common name"));
    t = good;
    t.not_before = NOW - 2 * DAY;
    assert_true(lint_names(a, &t, NULL));
    t.not_before = NOW - 2 * DAY - 1;
    assert_true(lint_names(a, &t, "48 hours"));
    t.not_before = NOW + 2 * DAY + 1;
    assert_true(lint_names(a, &t, "48 hours"));
    t = good;
    t.end = NOW;
    assert_true(lint_names(a, &t, "has not ended"));
    t.end = NOW + 1;
    assert_true(lint_names(a, &t, NULL));
    t = good;
    t.serial = slice_str("1234567");
    assert_true(lint_names(a, &t, "64 bits"));
}

static void a_cut_tbs_is_refused_wherever_it_is_cut(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct ca root = make_ca(a, "key-root.pem", "Tenure Root", NULL);
    struct cert_template t = leaf_template(a, &root, test_key(a, "key-p256.pem"), "www.example.com");
    struct error e = {0};
    struct slice tbs;
    assert_ok(cert_build_tbs(a, &t, &tbs, &e), e);
    for (size_t len = 0; len < tbs.len; len++)
        assert_fails(cert_lint_tbs(a, slice_of(tbs.p, len), NOW, &e), e, ERR_ISSUE_REFUSED);
}

/* ---- requests and CRLs ---- */

static void built_requests_are_accepted_by_openssl_and_read_back(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct slice tbs;
    struct csr csr;
    EVP_PKEY *key = test_key(a, "key-p256.pem");
    assert_ok(csr_build_tbs(a, "b.example.com *.example.com 2001:db8::1", spki_of(a, key), &tbs, &e), e);
    const char *pem = csr_to_pem(a, signed_der(a, key, tbs)), *folder = new_folder(a);
    assert_ok(csr_parse(a, slice_str(pem), &csr, &e), e);
    assert_string_equal(csr.names, "b.example.com *.example.com 2001:db8::1");
    assert_string_equal(csr.subject, "");
    const char *const verify[] = {"openssl", "req", "-verify", "-noout", "-in", save(a, folder, "csr", pem),
                                  NULL};
    openssl_accepts(a, verify);
    remove_folder(a, folder);
    assert_fails(csr_build_tbs(a, "", spki_of(a, key), &tbs, &e), e, ERR_BAD_NAME);
}

static void a_built_crl_is_verified_and_shows_its_entries(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct slice tbs;
    struct ca root = make_ca(a, "key-root.pem", "Tenure Root", NULL);
    const struct crl_entry entries[] = {
        {"f1e2d3c4b5a69788", NOW - 100, 1}, {"0a", NOW - 50, 0}, {"b", NOW, 4}};
    struct crl_template t = {
        root.cert.subject_der, root.cert.subject_key_id, KEY_P256, 300, NOW, NOW + 7 * DAY, entries, 3};
    assert_ok(crl_build_tbs(a, &t, &tbs, &e), e);
    struct slice der = signed_der(a, root.key, tbs);
    const uint8_t *p = der.p;
    X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)der.len);
    assert_non_null(crl);
    assert_int_equal(X509_CRL_verify(crl, root.key), 1);
    assert_int_equal(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)), 3);
    X509_REVOKED *first = sk_X509_REVOKED_value(X509_CRL_get_REVOKED(crl), 0);
    ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(first, NID_crl_reason, NULL, NULL);
    assert_int_equal(ASN1_ENUMERATED_get(reason), 1);
    ASN1_ENUMERATED_free(reason);
    ASN1_INTEGER *number = X509_CRL_get_ext_d2i(crl, NID_crl_number, NULL, NULL);
    assert_int_equal(ASN1_INTEGER_get(number), 300);
    ASN1_INTEGER_free(number);
    X509_CRL_free(crl);
}

static void openssl_refuses_a_leaf_that_the_crl_names(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct cert cert;
    struct slice tbs;
    struct ca root = make_ca(a, "key-root.pem", "Tenure Root", NULL);
    struct cert_template leaf = leaf_template(a, &root, test_key(a, "key-p256.pem"), "example.com");
    assert_ok(cert_parse(a, build(a, root.key, &leaf), &cert, &e), e);
    const struct crl_entry entry = {cert.serial, NOW - 100, 1};
    AUTO(X509_STORE) store = X509_STORE_new();
    const uint8_t *p = root.der.p, *q = cert.der.p;
    AUTO(X509) ca = d2i_X509(NULL, &p, (long)root.der.len);
    AUTO(X509) x = d2i_X509(NULL, &q, (long)cert.der.len);
    X509_STORE_add_cert(store, ca);
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_X509_STRICT);
    for (size_t count = 0; count < 2; count++) {
        struct crl_template t = {
            root.cert.subject_der, root.cert.subject_key_id, KEY_P256, 1, NOW, NOW + DAY, &entry, count};
        assert_ok(crl_build_tbs(a, &t, &tbs, &e), e);
        struct slice der = signed_der(a, root.key, tbs);
        const uint8_t *r = der.p;
        STACK_OF(X509_CRL) *crls = sk_X509_CRL_new_null();
        sk_X509_CRL_push(crls, d2i_X509_CRL(NULL, &r, (long)der.len));
        AUTO(X509_STORE_CTX) context = X509_STORE_CTX_new();
        X509_STORE_CTX_init(context, store, x, NULL);
        X509_STORE_CTX_set0_crls(context, crls);
        X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context), NOW + 10);
        X509_verify_cert(context);
        assert_int_equal(X509_STORE_CTX_get_error(context), count ? X509_V_ERR_CERT_REVOKED : X509_V_OK);
        sk_X509_CRL_pop_free(crls, X509_CRL_free);
    }
}

static void crl_entries_that_no_client_may_see_are_refused(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct slice tbs;
    struct ca root = make_ca(a, "key-root.pem", "Tenure Root", NULL);
    static const struct {
        struct crl_entry entry;
        enum error_id id;
    } bad[] = {
        {{"01", NOW, 6}, ERR_BAD_FIELD},  {{"01", NOW, 7}, ERR_BAD_FIELD}, {{"01", NOW, 11}, ERR_BAD_FIELD},
        {{"01", NOW, -1}, ERR_BAD_FIELD}, {{"xy", NOW, 0}, ERR_INTERNAL},  {{"", NOW, 0}, ERR_INTERNAL},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error e = {0};
        struct crl_template t = {
            root.cert.subject_der, root.cert.subject_key_id, KEY_P256, 1, NOW, NOW + DAY, &bad[i].entry, 1};
        assert_fails(crl_build_tbs(a, &t, &tbs, &e), e, bad[i].id);
    }
}

static void revocation_reasons_read_back_and_only_a_subscribers_are_taken(void **state) {
    (void)state;
    static const int allowed[] = {0, 1, 3, 4, 5, 9};
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        assert_int_equal(crl_reason_parse(crl_reason_name(allowed[i])), allowed[i]);
    assert_int_equal(crl_reason_parse("certificateHold"), -1);
    assert_int_equal(crl_reason_parse("cACompromise"), -1);
    assert_int_equal(crl_reason_parse(""), -1);
    assert_string_equal(crl_reason_name(7), "unspecified");
    assert_string_equal(crl_reason_name(8), "removeFromCRL");
}

TEST_MAIN(cert_build, test(built_chains_pass_openssls_strict_verification),
          test(a_built_leaf_reads_back_as_its_template), test(serial_numbers_are_positive_and_differ),
          test(templates_that_cannot_be_certificates_are_refused), test(each_broken_rule_is_named),
          test(dates_and_common_names_are_held_to_the_rules), test(a_cut_tbs_is_refused_wherever_it_is_cut),
          test(built_requests_are_accepted_by_openssl_and_read_back),
          test(a_built_crl_is_verified_and_shows_its_entries),
          test(openssl_refuses_a_leaf_that_the_crl_names),
          test(crl_entries_that_no_client_may_see_are_refused),
          test(revocation_reasons_read_back_and_only_a_subscribers_are_taken))
