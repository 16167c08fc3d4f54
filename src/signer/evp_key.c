/* Private keys in OpenSSL's hands. */
#include "signer/evp_key.h"
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/rsa.h>

OPENSSL_AUTO(EVP_MD_CTX, EVP_MD_CTX_free)

enum { SIGNATURE_MAX = 1024 };

/* How keys are made: the type and the group as OpenSSL calls them, or the size of an RSA key. */
static const struct kind {
    enum key_algorithm algorithm;
    const char *type, *group;
    int bits;
} kinds[] = {
    {KEY_P256, "EC", "P-256", 0},      {KEY_P384, "EC", "P-384", 0},      {KEY_RSA_2048, "RSA", NULL, 2048},
    {KEY_RSA_3072, "RSA", NULL, 3072}, {KEY_RSA_4096, "RSA", NULL, 4096}, {KEY_ED25519, "ED25519", NULL, 0},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

#define BYTES(literal)                                                                                       \
    { (const uint8_t *)(literal), sizeof(literal) - 1 }

#define P256_ALGORITHM "\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
#define P384_ALGORITHM "\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22"

/*
 * The fixed DER forms of EC keys (RFC 5208 with RFC 5915, RFC 5480): the bytes before the private scalar and
 * those between it and the public point; and those before the point in a SubjectPublicKeyInfo.
 */
static const struct layout {
    const char *group, *long_group;
    size_t private_len, public_len;
    struct slice head, middle, spki_head;
} layouts[] = {
    {
        .group = "P-256",
        .long_group = "prime256v1",
        .private_len = 32,
        .public_len = 65,
        .head = BYTES("\x30\x81\x87\x02\x01\x00" P256_ALGORITHM "\x04\x6d\x30\x6b\x02\x01\x01\x04\x20"),
        .middle = BYTES("\xa1\x44\x03\x42\x00"),
        .spki_head = BYTES("\x30\x59" P256_ALGORITHM "\x03\x42\x00"),
    },
    {
        .group = "P-384",
        .long_group = "secp384r1",
        .private_len = 48,
        .public_len = 97,
        .head =
            BYTES("\x30\x81\xb6\x02\x01\x00" P384_ALGORITHM "\x04\x81\x9e\x30\x81\x9b\x02\x01\x01\x04\x30"),
        .middle = BYTES("\xa1\x64\x03\x62\x00"),
        .spki_head = BYTES("\x30\x76" P384_ALGORITHM "\x03\x62\x00"),
    },
};

enum { LAYOUTS = sizeof layouts / sizeof *layouts };
enum { PUBLIC_MAX = 97 };

static bool fail_openssl(struct error *e, const char *what) {
    char reason[160];
    ERR_error_string_n(ERR_peek_last_error(), reason, sizeof reason);
    ERR_clear_error();
    return fail(e, ERR_INTERNAL, "OpenSSL, %s: %s", "OpenSSL,%s:%s", what, reason);
}

static bool fail_key(struct error *e) {
    ERR_clear_error();
    return fail(e, ERR_MALFORMED_KEY, "the private key cannot be read as PKCS#8", "无法按 PKCS#8 解析私钥");
}

static EVP_PKEY_CTX *maker_new(const struct kind *kind) {
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, kind->type, NULL);
    if (ctx && EVP_PKEY_keygen_init(ctx) == 1 &&
        (!kind->group || EVP_PKEY_CTX_set_group_name(ctx, kind->group) == 1) &&
        (!kind->bits || EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, kind->bits) == 1))
        return ctx;
    EVP_PKEY_CTX_free(ctx);
    return NULL;
}

/* Kept for the life of the process: a new one works out its curve again, which takes longer than a key. */
static EVP_PKEY_CTX *maker_of(size_t kind) {
    static EVP_PKEY_CTX *makers[KINDS];
    if (!makers[kind])
        makers[kind] = maker_new(&kinds[kind]);
    return makers[kind];
}

bool evp_key_make(enum key_algorithm algorithm, EVP_PKEY **key, struct error *e) {
    for (size_t i = 0; i < KINDS; i++) {
        if (kinds[i].algorithm != algorithm)
            continue;
        EVP_PKEY_CTX *maker = maker_of(i);
        *key = NULL;
        return (maker && EVP_PKEY_generate(maker, key) == 1) || fail_openssl(e, "key generation");
    }
    return fail_field(e, "key_algorithm", ERR_BAD_FIELD, "keys of the algorithm '%s' are not made here",
                      "不能生成 %s 算法的密钥", key_algorithm_name(algorithm));
}

/* ---- EC keys: the fixed form ---- */

static const struct layout *layout_of_key(const EVP_PKEY *key) {
    char group[32];
    if (!EVP_PKEY_is_a(key, "EC") || EVP_PKEY_get_group_name(key, group, sizeof group, NULL) != 1)
        return NULL;
    for (const struct layout *l = layouts; l < layouts + LAYOUTS; l++)
        if (strcmp(group, l->group) == 0 || strcmp(group, l->long_group) == 0)
            return l;
    return NULL;
}

static bool begins_with(struct slice s, struct slice head) {
    return s.len >= head.len && memcmp(s.p, head.p, head.len) == 0;
}

static const struct layout *layout_of_pkcs8(struct slice der) {
    for (const struct layout *l = layouts; l < layouts + LAYOUTS; l++) {
        size_t middle_at = l->head.len + l->private_len;
        if (der.len == middle_at + l->middle.len + l->public_len && begins_with(der, l->head) &&
            memcmp(der.p + middle_at, l->middle.p, l->middle.len) == 0)
            return l;
    }
    return NULL;
}

static const struct layout *layout_of_spki(struct slice der) {
    for (const struct layout *l = layouts; l < layouts + LAYOUTS; l++)
        if (der.len == l->spki_head.len + l->public_len && begins_with(der, l->spki_head))
            return l;
    return NULL;
}

/* The private form, with room left for the scalar, and the public one. */
static uint8_t *lay_out(struct arena *a, const struct layout *l, const uint8_t *point, struct secret **pkcs8,
                        struct slice *spki) {
    size_t middle_at = l->head.len + l->private_len;
    *pkcs8 = secret_new(a, NULL, middle_at + l->middle.len + l->public_len);
    uint8_t *p = secret_bytes(*pkcs8), *q = arena_alloc(a, l->spki_head.len + l->public_len);
    memcpy(p, l->head.p, l->head.len);
    memcpy(p + middle_at, l->middle.p, l->middle.len);
    memcpy(p + middle_at + l->middle.len, point, l->public_len);
    memcpy(q, l->spki_head.p, l->spki_head.len);
    memcpy(q + l->spki_head.len, point, l->public_len);
    *spki = slice_of(q, l->spki_head.len + l->public_len);
    return p + l->head.len;
}

static bool encode_fixed(struct arena *a, const EVP_PKEY *key, const struct layout *l, struct secret **pkcs8,
                         struct slice *spki) {
    uint8_t point[PUBLIC_MAX];
    size_t len = 0;
    BIGNUM *scalar = NULL;
    if (EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &len) != 1 ||
        len != l->public_len)
        return false;
    uint8_t *p = lay_out(a, l, point, pkcs8, spki);
    bool done = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1 &&
                BN_bn2binpad(scalar, p, (int)l->private_len) == (int)l->private_len;
    BN_clear_free(scalar);
    return done;
}

bool evp_key_of_scalar(struct arena *a, const uint8_t scalar[P256_SCALAR], struct secret **pkcs8,
                       struct slice *spki, struct error *e) {
    uint8_t point[PUBLIC_MAX];
    const struct layout *l = &layouts[0];
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *product = group ? EC_POINT_new(group) : NULL;
    BIGNUM *k = BN_bin2bn(scalar, P256_SCALAR, NULL);
    bool done = product && k && EC_POINT_mul(group, product, k, NULL, NULL, NULL) == 1 &&
                EC_POINT_point2oct(group, product, POINT_CONVERSION_UNCOMPRESSED, point, sizeof point,
                                   NULL) == l->public_len;
    BN_clear_free(k);
    EC_POINT_free(product);
    EC_GROUP_free(group);
    if (!done)
        return fail_openssl(e, "a point of P-256");
    memcpy(lay_out(a, l, point, pkcs8, spki), scalar, P256_SCALAR);
    return true;
}

/* `scalar` empty: a public key. */
static EVP_PKEY *ec_key(const struct layout *l, struct slice scalar, const uint8_t *point) {
    EVP_PKEY *key = NULL;
    BIGNUM *number = scalar.len ? BN_bin2bn(scalar.p, (int)scalar.len, NULL) : NULL;
    uint8_t native[PUBLIC_MAX];
    OSSL_PARAM params[4], *next = params;
    *next++ = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)l->group, 0);
    *next++ = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point, l->public_len);
    if (number && BN_bn2nativepad(number, native, (int)scalar.len) > 0)
        *next++ = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native, scalar.len);
    *next = OSSL_PARAM_construct_end();
    AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (ctx && EVP_PKEY_fromdata_init(ctx) == 1)
        EVP_PKEY_fromdata(ctx, &key, number ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params);
    BN_clear_free(number);
    explicit_bzero(native, sizeof native);
    return key;
}

/* ---- all keys ---- */

static bool encode_any(struct arena *a, const EVP_PKEY *key, struct secret **pkcs8, struct slice *spki) {
    AUTO(PKCS8_PRIV_KEY_INFO) info = EVP_PKEY2PKCS8(key);
    uint8_t *private = NULL, *public = NULL;
    int private_len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &private) : -1,
        public_len = i2d_PUBKEY(key, &public);
    bool done = private_len > 0 && public_len > 0;
    if (done) {
        *pkcs8 = secret_new(a, private, (size_t)private_len);
        *spki = arena_slice(a, slice_of(public, (size_t)public_len));
    }
    OPENSSL_clear_free(private, private_len > 0 ? (size_t)private_len : 0);
    OPENSSL_free(public);
    return done;
}

bool evp_key_encode(struct arena *a, const EVP_PKEY *key, struct secret **pkcs8, struct slice *spki,
                    struct error *e) {
    const struct layout *l = layout_of_key(key);
    bool done = l ? encode_fixed(a, key, l, pkcs8, spki) : encode_any(a, key, pkcs8, spki);
    return done || fail_openssl(e, "encoding a key");
}

static EVP_PKEY *decode_any(struct slice der) {
    const uint8_t *p = der.p;
    AUTO(PKCS8_PRIV_KEY_INFO) info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)der.len);
    return info && p == der.p + der.len ? EVP_PKCS82PKEY(info) : NULL;
}

bool evp_key_decode(const struct secret *pkcs8, EVP_PKEY **key, struct error *e) {
    struct slice der = secret_slice(pkcs8);
    const struct layout *l = layout_of_pkcs8(der);
    *key = l ? ec_key(l, slice_of(der.p + l->head.len, l->private_len), der.p + der.len - l->public_len)
             : decode_any(der);
    return *key || fail_key(e);
}

/* What goes with each kind of key: SHA-384 with P-384, none with Ed25519, else SHA-256. */
static const char *digest_for(const EVP_PKEY *key) {
    if (EVP_PKEY_is_a(key, "ED25519"))
        return NULL;
    return EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) > 256 ? "SHA384" : "SHA256";
}

bool evp_key_sign(struct arena *a, EVP_PKEY *key, struct slice tbs, struct slice *signature,
                  struct error *e) {
    uint8_t bytes[SIGNATURE_MAX];
    size_t len = sizeof bytes;
    AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
    if (!ctx || EVP_DigestSignInit_ex(ctx, NULL, digest_for(key), NULL, NULL, key, NULL) != 1 ||
        EVP_DigestSign(ctx, bytes, &len, tbs.p, tbs.len) != 1)
        return fail_openssl(e, "signing");
    *signature = arena_slice(a, slice_of(bytes, len));
    return true;
}

static EVP_PKEY *decode_public(struct slice spki) {
    const struct layout *l = layout_of_spki(spki);
    const uint8_t *p = spki.p;
    return l ? ec_key(l, slice_of(NULL, 0), spki.p + l->spki_head.len) : d2i_PUBKEY(NULL, &p, (long)spki.len);
}

/*
 * The public keys that were used last: those of a CA verify one certificate after another, and take half as
 * long to decode as to verify with.
 */
enum { KNOWN_KEYS = 4, KNOWN_SPKI_MAX = 640 };

static struct known_key {
    EVP_PKEY *key;
    size_t spki_len;
    uint8_t spki[KNOWN_SPKI_MAX];
} known_keys[KNOWN_KEYS];

static EVP_PKEY *known_key(struct slice spki) {
    for (const struct known_key *k = known_keys; k < known_keys + KNOWN_KEYS; k++)
        if (k->key && slice_equal(slice_of(k->spki, k->spki_len), spki))
            return EVP_PKEY_up_ref(k->key) == 1 ? k->key : NULL;
    return NULL;
}

static void remember_key(struct slice spki, EVP_PKEY *key) {
    static size_t next;
    if (!key || spki.len > KNOWN_SPKI_MAX || EVP_PKEY_up_ref(key) != 1)
        return;
    struct known_key *place = &known_keys[next++ % KNOWN_KEYS];
    EVP_PKEY_free(place->key);
    *place = (struct known_key){.key = key, .spki_len = spki.len};
    memcpy(place->spki, spki.p, spki.len);
}

static EVP_PKEY *public_key(struct slice spki) {
    EVP_PKEY *key = known_key(spki);
    if (key)
        return key;
    key = decode_public(spki);
    remember_key(spki, key);
    return key;
}

bool evp_key_verify(struct slice spki, struct slice tbs, struct slice signature, struct error *e) {
    AUTO(EVP_PKEY) key = public_key(spki);
    AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
    bool good = key && ctx &&
                EVP_DigestVerifyInit_ex(ctx, NULL, digest_for(key), NULL, NULL, key, NULL) == 1 &&
                EVP_DigestVerify(ctx, signature.p, signature.len, tbs.p, tbs.len) == 1;
    ERR_clear_error();
    return good ||
           fail(e, ERR_BAD_SIGNATURE, "the signature does not verify with the public key", "签名与公钥不符");
}
