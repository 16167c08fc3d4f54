/*
 * PKCS#12. Bags are taken out one by one, not by PKCS12_parse: so the work of each key derivation is known
 * before it is done, and the certificates keep their order.
 */
#include "pki/pkcs12.h"
#include "pki/import.h"
#include "pki/names.h"
#include "pki/private_key.h"
#include <limits.h>
#include <openssl/provider.h>

enum { ITERATIONS = 20000, LEGACY_ITERATIONS = 2048 };

typedef STACK_OF(PKCS7) SAFES;
typedef STACK_OF(PKCS12_SAFEBAG) BAGS;
typedef STACK_OF(X509) X509S;

static void safes_free(SAFES *safes) {
    sk_PKCS7_pop_free(safes, PKCS7_free);
}

static void bags_free(BAGS *bags) {
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
}

static void x509s_free(X509S *certs) {
    sk_X509_pop_free(certs, X509_free);
}

OPENSSL_AUTO(SAFES, safes_free)
OPENSSL_AUTO(BAGS, bags_free)
OPENSSL_AUTO(X509S, x509s_free)
OPENSSL_AUTO(OSSL_LIB_CTX, OSSL_LIB_CTX_free)

/* ---- reading ---- */

struct reading {
    struct arena *arena;
    struct pkcs12 *content;
    const char *pass;
    int pass_len;
    bool has_mac;     /* the pass phrase is known to be right */
    bool undecrypted; /* a safe or key could not be opened */
};

static bool malformed(struct error *e) {
    return fail(e, ERR_MALFORMED_CERTIFICATE, "these bytes are not one PKCS#12 file and nothing else",
                "内容不是单个 PKCS#12 文件,或其后有多余数据");
}

/* SEQUENCE { version INTEGER 3, … }; some writers use the indefinite lengths of BER. */
bool pkcs12_is(struct slice bytes) {
    static const uint8_t version_3[] = {0x02, 0x01, 0x03};
    if (bytes.len < 2 || bytes.p[0] != 0x30)
        return false;
    size_t head = 2 + (bytes.p[1] & 0x80 ? bytes.p[1] & 0x7f : 0);
    return bytes.len >= head + sizeof version_3 && memcmp(bytes.p + head, version_3, sizeof version_3) == 0;
}

static bool affordable(const X509_ALGOR *algorithm) {
    unsigned char *der = NULL;
    int len = algorithm ? i2d_X509_ALGOR(algorithm, &der) : 0;
    bool good = len > 0 && private_key_affordable(slice_of(der, (size_t)len));
    OPENSSL_free(der);
    return good;
}

static bool too_slow(struct error *e) {
    return fail(e, ERR_MALFORMED_CERTIFICATE, "the encryption of the PKCS#12 file takes too long to undo",
                "PKCS#12 的加密迭代次数过大");
}

static bool cannot_decrypt(struct reading *r, struct error *e) {
    r->undecrypted = true;
    if (!r->has_mac)
        return fail(e, ERR_KEY_PASS_PHRASE, "the pass phrase does not open the PKCS#12 file",
                    "密码无法打开 PKCS#12 文件");
    return fail(e, ERR_MALFORMED_CERTIFICATE, "the PKCS#12 file is encrypted in a way that is not supported",
                "不支持该 PKCS#12 文件的加密方式");
}

static bool add_cert(struct reading *r, const PKCS12_SAFEBAG *bag, struct error *e) {
    if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate)
        return true;
    if (r->content->count == IMPORT_CERTS_MAX)
        return fail(e, ERR_MALFORMED_CERTIFICATE, "there are more than %d certificates", "证书超过 %d 张",
                    IMPORT_CERTS_MAX);
    AUTO(X509) x = PKCS12_SAFEBAG_get1_cert(bag);
    unsigned char *der = NULL;
    int len = x ? i2d_X509(x, &der) : 0;
    struct slice copy = arena_slice(r->arena, slice_of(der, len > 0 ? (size_t)len : 0));
    OPENSSL_free(der);
    return cert_parse(r->arena, copy, &r->content->certs[r->content->count++], e);
}

static bool add_key(struct reading *r, const PKCS8_PRIV_KEY_INFO *info, struct error *e) {
    AUTO(EVP_PKEY) key = EVP_PKCS82PKEY(info);
    if (r->content->pkcs8)
        return fail(e, ERR_MALFORMED_KEY, "there are several private keys", "存在多个私钥");
    if (!key)
        return fail(e, ERR_MALFORMED_KEY, "the private key cannot be decoded", "私钥无法解码");
    return private_key_to_pkcs8(r->arena, key, &r->content->pkcs8, e);
}

static bool add_shrouded_key(struct reading *r, const PKCS12_SAFEBAG *bag, struct error *e) {
    const X509_ALGOR *algorithm = NULL;
    const X509_SIG *shrouded = PKCS12_SAFEBAG_get0_pkcs8(bag);
    if (shrouded)
        X509_SIG_get0(shrouded, &algorithm, NULL);
    if (!affordable(algorithm))
        return too_slow(e);
    AUTO(PKCS8_PRIV_KEY_INFO) info = PKCS12_decrypt_skey(bag, r->pass, r->pass_len);
    return info ? add_key(r, info, e) : cannot_decrypt(r, e);
}

static bool add_bag(struct reading *r, const PKCS12_SAFEBAG *bag, struct error *e) {
    switch (PKCS12_SAFEBAG_get_nid(bag)) {
    case NID_certBag:
        return add_cert(r, bag, e);
    case NID_keyBag:
        return add_key(r, PKCS12_SAFEBAG_get0_p8inf(bag), e);
    case NID_pkcs8ShroudedKeyBag:
        return add_shrouded_key(r, bag, e);
    default:
        return true;
    }
}

static BAGS *open_safe(struct reading *r, PKCS7 *safe, struct error *e) {
    if (PKCS7_type_is_data(safe)) {
        BAGS *bags = PKCS12_unpack_p7data(safe);
        if (!bags)
            malformed(e);
        return bags;
    }
    if (!affordable(safe->d.encrypted->enc_data->algorithm)) {
        too_slow(e);
        return NULL;
    }
    BAGS *bags = PKCS12_unpack_p7encdata(safe, r->pass, r->pass_len);
    if (!bags)
        cannot_decrypt(r, e);
    return bags;
}

static bool read_safe(struct reading *r, PKCS7 *safe, struct error *e) {
    if (!PKCS7_type_is_data(safe) && !PKCS7_type_is_encrypted(safe))
        return true;
    AUTO(BAGS) bags = open_safe(r, safe, e);
    if (!bags)
        return false;
    for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); i++)
        if (!add_bag(r, sk_PKCS12_SAFEBAG_value(bags, i), e))
            return false;
    return true;
}

/* Without a pass phrase there are two ways to say so, and writers use both. */
static bool check_pass_phrase(struct reading *r, PKCS12 *p12, const struct secret *pass_phrase,
                              struct error *e) {
    const X509_ALGOR *algorithm;
    const ASN1_INTEGER *iterations;
    r->pass = pass_phrase ? (const char *)secret_bytes(pass_phrase) : NULL;
    r->pass_len = pass_phrase ? (int)secret_len(pass_phrase) : 0;
    r->has_mac = PKCS12_mac_present(p12);
    if (!r->has_mac)
        return true;
    PKCS12_get0_mac(NULL, &algorithm, NULL, &iterations, p12);
    long count = iterations ? ASN1_INTEGER_get(iterations) : 1;
    if (!affordable(algorithm) || count < 1 || count > PRIVATE_KEY_ITERATIONS_MAX)
        return too_slow(e);
    if (PKCS12_verify_mac(p12, r->pass, r->pass_len))
        return true;
    r->pass = r->pass_len == 0 ? "" : r->pass;
    if (r->pass_len == 0 && PKCS12_verify_mac(p12, r->pass, 0))
        return true;
    return fail(e, ERR_KEY_PASS_PHRASE, "the pass phrase does not open the PKCS#12 file",
                "密码无法打开 PKCS#12 文件");
}

static bool read_in(OSSL_LIB_CTX *library, struct reading *r, struct slice der,
                    const struct secret *pass_phrase, struct error *e) {
    const uint8_t *p = der.p;
    AUTO(PKCS12) p12 = PKCS12_init_ex(NID_pkcs7_data, library, NULL);
    if (der.len > IMPORT_BYTES_MAX || !d2i_PKCS12(&p12, &p, (long)der.len) || p != der.p + der.len)
        return malformed(e);
    if (!check_pass_phrase(r, p12, pass_phrase, e))
        return false;
    AUTO(SAFES) safes = PKCS12_unpack_authsafes(p12);
    if (!safes)
        return malformed(e);
    for (int i = 0; i < sk_PKCS7_num(safes); i++)
        if (!read_safe(r, sk_PKCS7_value(safes, i), e))
            return false;
    return true;
}

static void start(struct reading *r, struct arena *a, struct pkcs12 *content) {
    *content = (struct pkcs12){.certs = ARENA_ARRAY(a, IMPORT_CERTS_MAX, struct cert)};
    *r = (struct reading){.arena = a, .content = content};
}

/* RC2, which old Windows versions write, is in a provider that nothing else of this process may use. */
static bool read_legacy(struct reading *r, struct slice der, const struct secret *pass_phrase,
                        struct error *e) {
    AUTO(OSSL_LIB_CTX) library = OSSL_LIB_CTX_new();
    OSSL_PROVIDER *base = library ? OSSL_PROVIDER_load(library, "default") : NULL;
    OSSL_PROVIDER *legacy = base ? OSSL_PROVIDER_load(library, "legacy") : NULL;
    bool good = legacy ? read_in(library, r, der, pass_phrase, e) : cannot_decrypt(r, e);
    OSSL_PROVIDER_unload(legacy);
    OSSL_PROVIDER_unload(base);
    return good;
}

bool pkcs12_read(struct arena *a, struct slice der, const struct secret *pass_phrase, struct pkcs12 *content,
                 struct error *e) {
    struct reading r;
    start(&r, a, content);
    bool good = read_in(NULL, &r, der, pass_phrase, e);
    if (!good && r.undecrypted && r.has_mac) {
        start(&r, a, content);
        r.has_mac = true;
        error_clear(e);
        good = read_legacy(&r, der, pass_phrase, e);
    }
    ERR_clear_error();
    return good;
}

/* ---- writing ---- */

static X509 *decode(struct slice der) {
    const uint8_t *p = der.p;
    return d2i_X509(NULL, &p, (long)der.len);
}

static X509S *decode_chain(const struct slice *chain, size_t count) {
    X509S *certs = sk_X509_new_null();
    for (size_t i = 0; certs && i < count; i++) {
        X509 *x = decode(chain[i]);
        if (x && sk_X509_push(certs, x) > 0)
            continue;
        X509_free(x);
        x509s_free(certs);
        return NULL;
    }
    return certs;
}

static EVP_PKEY *decode_key(const struct secret *pkcs8) {
    const uint8_t *p = secret_bytes(pkcs8);
    AUTO(PKCS8_PRIV_KEY_INFO) info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)secret_len(pkcs8));
    return info ? EVP_PKCS82PKEY(info) : NULL;
}

struct parts {
    EVP_PKEY *key;
    X509 *leaf;
    X509S *chain;
    const char *name, *pass;
};

/* 3DES and a SHA-1 MAC: the strongest that Windows before 10 and Java 8 read. */
static PKCS12 *create(const struct parts *parts, bool legacy) {
    int cipher = legacy ? NID_pbe_WithSHA1And3_Key_TripleDES_CBC : NID_aes_256_cbc;
    int iterations = legacy ? LEGACY_ITERATIONS : ITERATIONS;
    PKCS12 *p12 = PKCS12_create(parts->pass, parts->name, parts->key, parts->leaf, parts->chain, cipher,
                                cipher, iterations, -1, 0);
    if (p12 && PKCS12_set_mac(p12, parts->pass, -1, NULL, 0, iterations, legacy ? EVP_sha1() : EVP_sha256()))
        return p12;
    PKCS12_free(p12);
    return NULL;
}

static bool encode(struct arena *a, const PKCS12 *p12, struct slice *der) {
    unsigned char *bytes = NULL;
    int len = p12 ? i2d_PKCS12(p12, &bytes) : 0;
    if (len <= 0)
        return false;
    *der = arena_slice(a, slice_of(bytes, (size_t)len));
    OPENSSL_free(bytes);
    return true;
}

/* budget: the parameters of its contract */
bool pkcs12_make(struct arena *a, struct slice leaf_der, const struct slice *chain, size_t chain_count,
                 const struct secret *pkcs8, const struct secret *pass_phrase, bool legacy, struct slice *der,
                 struct error *e) {
    struct cert leaf;
    struct slice pass = secret_slice(pass_phrase);
    if (pass.len == 0 || memchr(pass.p, 0, pass.len))
        return fail(e, ERR_KEY_PASS_PHRASE, "the pass phrase is empty or has a NUL in it",
                    "密码为空或包含 NUL 字符");
    if (!cert_parse(a, leaf_der, &leaf, e))
        return false;
    AUTO(X509) x = decode(leaf_der);
    AUTO(X509S) certs = decode_chain(chain, chain_count);
    AUTO(EVP_PKEY) key = decode_key(pkcs8);
    struct parts parts = {key, x, certs, names_at(a, leaf.names, 0), (const char *)pass.p};
    AUTO(PKCS12) p12 = x && certs && key ? create(&parts, legacy) : NULL;
    bool good = encode(a, p12, der);
    ERR_clear_error();
    if (!good)
        return fail(e, ERR_MALFORMED_KEY, "certificate, chain and key cannot be made into a PKCS#12 file",
                    "证书、证书链和私钥无法生成 PKCS#12 文件");
    return true;
}
