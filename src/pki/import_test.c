/* import: what people bring, in every wrapping and order, and PKCS#12 both ways. */
#include "base/buf.h"
#include "base/child.h"
#include "base/clock.h"
#include "pki/fixture.h"
#include "pki/import.h"
#include "unit.h"
#include <unistd.h>

static struct slice joined(struct arena *a, const char *const *files) {
    struct buf b = buf_new(a, 1 << 20);
    for (; *files; files++) {
        struct slice content = fixture(a, *files);
        buf_add(&b, content.p, content.len);
    }
    return buf_slice(&b);
}

#define JOINED(a, ...) joined(a, (const char *const[]){__VA_ARGS__, NULL})

static const struct slice nothing = {NULL, 0};

static struct secret *phrase(struct arena *a, const char *text) {
    return secret_new(a, text, strlen(text));
}

static void a_leaf_its_chain_and_its_key_are_found_in_any_order(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const struct slice orders[] = {
        JOINED(a, "leaf-p256.pem", "intermediate.pem", "root.pem", "key-p256.pem"),
        JOINED(a, "root.pem", "key-p256-sec1.pem", "other.pem", "leaf-p256.pem", "intermediate.pem"),
        JOINED(a, "key-p256.pem", "intermediate.pem", "root.pem", "leaf-p256.pem", "leaf-p256.pem"),
    };
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        struct error e = {0};
        struct import import;
        assert_ok(import_read(a, orders[i], nothing, NULL, &import, &e), e);
        assert_string_equal(import.leaf.subject, "CN=www.example.com");
        assert_int_equal(import.chain_count, 2);
        assert_string_equal(import.chain[0].subject, "CN=Test Intermediate");
        assert_string_equal(import.chain[1].subject, "CN=Test Root");
        assert_non_null(import.pkcs8);
    }
}

static void a_certificate_alone_is_enough(void **state) {
    (void)state;
    static const char *const files[] = {"leaf-expired.pem", "leaf-wildcard.pem", "leaf-ip.pem",
                                        "leaf-cn.pem",      "root.pem",          "self-signed.pem"};
    AUTO_ARENA a = arena_new();
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct error e = {0};
        struct import import;
        assert_ok(import_read(a, fixture(a, files[i]), nothing, NULL, &import, &e), e);
        assert_ok(import_read(a, fixture_der(a, files[i]), nothing, NULL, &import, &e), e);
        assert_null(import.pkcs8);
        assert_int_equal(import.chain_count, 0);
    }
}

static void a_key_beside_the_certificate_counts_before_one_inside(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct import import;
    struct slice with_wrong_key = JOINED(a, "leaf-p256.pem", "key-p384.pem");
    assert_ok(import_read(a, with_wrong_key, fixture(a, "key-p256.pem"), NULL, &import, &e), e);
    assert_fails(import_read(a, with_wrong_key, nothing, NULL, &import, &e), e, ERR_KEY_MISMATCH);
}

static void every_supported_key_is_matched_to_its_certificate(void **state) {
    (void)state;
    static const char *const kinds[] = {"p256", "p384", "rsa2048", "ed25519"};
    AUTO_ARENA a = arena_new();
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 4; j++) {
            struct error e = {0};
            struct import import;
            struct slice leaf = fixture(a, arena_printf(a, "leaf-%s.pem", kinds[i]));
            struct slice key = fixture(a, arena_printf(a, "key-%s.pem", kinds[j]));
            if (i == j)
                assert_ok(import_read(a, leaf, key, NULL, &import, &e), e);
            else
                assert_fails(import_read(a, leaf, key, NULL, &import, &e), e, ERR_KEY_MISMATCH);
        }
}

static void bad_input_is_answered_by_its_kind(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct slice leaf = fixture(a, "leaf-p256.pem"), der = fixture_der(a, "leaf-p256.pem");
    struct slice encrypted = fixture(a, "key-p256-encrypted.pem");
    const struct {
        struct slice certificate, key;
        const char *pass;
        enum error_id id;
    } table[] = {
        {nothing, nothing, NULL, ERR_MALFORMED_CERTIFICATE},
        {slice_str("garbage"), nothing, NULL, ERR_MALFORMED_CERTIFICATE},
        {fixture(a, "key-p256.pem"), nothing, NULL, ERR_MALFORMED_CERTIFICATE},
        {JOINED(a, "leaf-p256.pem", "leaf-rsa2048.pem"), nothing, NULL, ERR_MALFORMED_CERTIFICATE},
        {JOINED(a, "root.pem", "other.pem"), nothing, NULL, ERR_MALFORMED_CERTIFICATE},
        {slice_of(leaf.p, leaf.len - 5), nothing, NULL, ERR_MALFORMED_CERTIFICATE},
        {slice_str(arena_printf(a, "%.*sx", (int)leaf.len, leaf.p)), nothing, NULL,
         ERR_MALFORMED_CERTIFICATE},
        {slice_of(der.p, der.len - 1), nothing, NULL, ERR_MALFORMED_CERTIFICATE},
        {slice_str(arena_printf(a, "%.*s%0262144d", (int)leaf.len, leaf.p, 0)), nothing, NULL,
         ERR_MALFORMED_CERTIFICATE},
        {leaf, slice_str("garbage"), NULL, ERR_MALFORMED_KEY},
        {leaf, leaf, NULL, ERR_MALFORMED_KEY},
        {leaf, JOINED(a, "key-p256.pem", "key-p384.pem"), NULL, ERR_MALFORMED_KEY},
        {leaf, fixture(a, "key-p384.pem"), NULL, ERR_KEY_MISMATCH},
        {leaf, fixture(a, "key-other.pem"), NULL, ERR_KEY_MISMATCH},
        {leaf, encrypted, NULL, ERR_KEY_PASS_PHRASE},
        {leaf, encrypted, "wrong", ERR_KEY_PASS_PHRASE},
        {leaf, encrypted, "secret", ERR_NONE},
        {JOINED(a, "leaf-p256.pem", "key-p256-encrypted.pem"), nothing, "secret", ERR_NONE},
        {JOINED(a, "leaf-p256.pem", "key-p256-encrypted.pem"), nothing, NULL, ERR_KEY_PASS_PHRASE},
        {fixture(a, "leaf-weak.pem"), fixture(a, "key-rsa1024.pem"), NULL, ERR_WEAK_KEY},
        {fixture(a, "leaf-weak.pem"), nothing, NULL, ERR_WEAK_KEY},
        {fixture(a, "leaf-p521.pem"), nothing, NULL, ERR_KEY_UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct error e = {0};
        struct import import;
        const struct secret *pass = table[i].pass ? phrase(a, table[i].pass) : NULL;
        bool good = import_read(a, table[i].certificate, table[i].key, pass, &import, &e);
        if (e.id != table[i].id)
            print_error("row %zu: %s\n", i, e.detail[LANG_EN]);
        assert_int_equal(e.id, table[i].id);
        assert_int_equal(good, table[i].id == ERR_NONE);
    }
}

static void pkcs12_of_every_age_is_read(void **state) {
    (void)state;
    static const struct {
        const char *file, *pass;
        enum error_id id;
        bool key;
    } table[] = {
        {"aes.p12", "secret", ERR_NONE, true},
        {"aes.p12", "wrong", ERR_KEY_PASS_PHRASE, false},
        {"aes.p12", NULL, ERR_KEY_PASS_PHRASE, false},
        {"3des.p12", "secret", ERR_NONE, true},
        {"rc2.p12", "secret", ERR_NONE, true},
        {"rc2.p12", "wrong", ERR_KEY_PASS_PHRASE, false},
        {"plain.p12", NULL, ERR_NONE, true},
        {"plain.p12", "wrong", ERR_KEY_PASS_PHRASE, false},
        {"empty-pass.p12", NULL, ERR_NONE, true},
        {"empty-pass.p12", "", ERR_NONE, true},
        {"no-mac.p12", "secret", ERR_NONE, true},
        {"no-mac.p12", "wrong", ERR_KEY_PASS_PHRASE, false},
        {"no-key.p12", "secret", ERR_NONE, false},
        {"slow.p12", "secret", ERR_MALFORMED_CERTIFICATE, false},
    };
    AUTO_ARENA a = arena_new();
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct error e = {0};
        struct import import = {0};
        const struct secret *pass = table[i].pass ? phrase(a, table[i].pass) : NULL;
        import_read(a, fixture(a, table[i].file), nothing, pass, &import, &e);
        if (e.id != table[i].id)
            print_error("%s with %s: %s\n", table[i].file, table[i].pass, e.detail[LANG_EN]);
        assert_int_equal(e.id, table[i].id);
        assert_int_equal(import.pkcs8 != NULL, table[i].key);
        if (table[i].id == ERR_NONE)
            assert_int_equal(import.chain_count, 2);
    }
}

static void cut_or_grown_pkcs12_is_refused(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct slice good = fixture(a, "plain.p12");
    uint8_t *grown = arena_alloc(a, good.len + 1);
    memcpy(grown, good.p, good.len);
    for (size_t len = 0; len <= good.len + 1; len++) {
        AUTO_ARENA inner = arena_new();
        struct error e = {0};
        struct import import;
        if (len != good.len)
            assert_false(import_read(inner, slice_of(grown, len), nothing, NULL, &import, &e));
    }
}

static struct import read_full(struct arena *a) {
    struct error e = {0};
    struct import import;
    struct slice all = JOINED(a, "leaf-p256.pem", "intermediate.pem", "root.pem", "key-p256.pem");
    assert_ok(import_read(a, all, nothing, NULL, &import, &e), e);
    return import;
}

static struct slice make(struct arena *a, const struct import *import, const char *pass, bool legacy) {
    struct error e = {0};
    const struct slice chain[] = {import->chain[0].der, import->chain[1].der};
    struct slice der;
    assert_ok(pkcs12_make(a, import->leaf.der, chain, 2, import->pkcs8, phrase(a, pass), legacy, &der, &e),
              e);
    return der;
}

static void made_pkcs12_reads_back_the_same(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct import import = read_full(a), again;
    for (int legacy = 0; legacy < 2; legacy++) {
        struct error e = {0};
        struct slice der = make(a, &import, "密码 secret", legacy != 0);
        assert_ok(import_read(a, der, nothing, phrase(a, "密码 secret"), &again, &e), e);
        assert_true(slice_equal(again.leaf.der, import.leaf.der));
        assert_int_equal(again.chain_count, 2);
        assert_true(secret_equal(again.pkcs8, import.pkcs8));
        assert_fails(import_read(a, der, nothing, phrase(a, "other"), &again, &e), e, ERR_KEY_PASS_PHRASE);
    }
}

static void made_pkcs12_is_read_by_openssl_in_both_forms(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct import import = read_full(a);
    char *path = arena_strdup(a, "/tmp/pki-test-XXXXXX");
    close(mkstemp(path));
    for (int legacy = 0; legacy < 2; legacy++) {
        struct error e = {0};
        struct child_result result;
        assert_ok(file_replace(path, 0600, make(a, &import, "secret", legacy != 0), &e), e);
        const char *const argv[] = {"openssl",     "pkcs12", "-in",   path, "-passin",
                                    "pass:secret", "-noout", "-info", NULL};
        const char *const none[] = {NULL};
        assert_ok(child_run(a, argv, none, 10000, &result, &e), e);
        assert_int_equal(result.exit_status, 0);
        assert_non_null(strstr(result.output, legacy ? "MAC: sha1" : "MAC: sha256"));
        assert_non_null(strstr(result.output, legacy ? "3-KeyTripleDES" : "AES-256-CBC"));
    }
    unlink(path);
}

static void pkcs12_without_a_usable_pass_phrase_is_not_made(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct import import = read_full(a);
    struct slice der;
    assert_fails(pkcs12_make(a, import.leaf.der, NULL, 0, import.pkcs8, phrase(a, ""), false, &der, &e), e,
                 ERR_KEY_PASS_PHRASE);
    assert_fails(
        pkcs12_make(a, import.leaf.der, NULL, 0, import.pkcs8, secret_new(a, "a\0b", 3), false, &der, &e), e,
        ERR_KEY_PASS_PHRASE);
}

TEST_MAIN(import, test(a_leaf_its_chain_and_its_key_are_found_in_any_order),
          test(a_certificate_alone_is_enough), test(a_key_beside_the_certificate_counts_before_one_inside),
          test(every_supported_key_is_matched_to_its_certificate), test(bad_input_is_answered_by_its_kind),
          test(pkcs12_of_every_age_is_read), test(cut_or_grown_pkcs12_is_refused),
          test(made_pkcs12_reads_back_the_same), test(made_pkcs12_is_read_by_openssl_in_both_forms),
          test(pkcs12_without_a_usable_pass_phrase_is_not_made))
