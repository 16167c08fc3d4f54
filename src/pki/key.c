/* Keys: the table of algorithms, public keys read from their DER, private keys through OpenSSL. */
#include "pki/key.h"
#include "pki/der.h"
#include "pki/pem.h"
#include "pki/private_key.h"
#include "pki/weak.h"

#define ECDSA_WITH_SHA256 "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"
#define ECDSA_WITH_SHA384 "\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x03"
#define SHA256_WITH_RSA   "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00"
#define EC_PUBLIC_KEY     "\x06\x07\x2a\x86\x48\xce\x3d\x02\x01"
#define PRIME256V1        "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
#define SECP384R1         "\x06\x05\x2b\x81\x04\x00\x22"
#define ED25519           "\x30\x05\x06\x03\x2b\x65\x70"

enum { RSA_BITS_MAX = 8192 };

static const struct algorithm_row {
    const char *name, *family;
    int rsa_bits;
    struct slice signature;
} algorithms[KEY_ALGORITHM_COUNT] = {
    [KEY_UNKNOWN] = {"unknown", "", 0, {NULL, 0}},
    [KEY_RSA_2048] = {"rsa2048", "RSA", 2048, DER_INIT(SHA256_WITH_RSA)},
    [KEY_RSA_3072] = {"rsa3072", "RSA", 3072, DER_INIT(SHA256_WITH_RSA)},
    [KEY_RSA_4096] = {"rsa4096", "RSA", 4096, DER_INIT(SHA256_WITH_RSA)},
    [KEY_RSA_OTHER] = {"rsa", "RSA", 0, DER_INIT(SHA256_WITH_RSA)},
    [KEY_P256] = {"p256", "ECC", 0, DER_INIT(ECDSA_WITH_SHA256)},
    [KEY_P384] = {"p384", "ECC", 0, DER_INIT(ECDSA_WITH_SHA384)},
    [KEY_ED25519] = {"ed25519", "ECC", 0, DER_INIT(ED25519)},
};

enum key_algorithm key_algorithm_parse(const char *name) {
    for (int id = KEY_UNKNOWN + 1; id < KEY_ALGORITHM_COUNT; id++)
        if (strcmp(algorithms[id].name, name) == 0)
            return (enum key_algorithm)id;
    return KEY_UNKNOWN;
}

const char *key_algorithm_name(enum key_algorithm algorithm) {
    return algorithms[algorithm].name;
}

const char *key_family(enum key_algorithm algorithm) {
    return algorithms[algorithm].family;
}

struct slice key_signature_algorithm(enum key_algorithm algorithm) {
    return algorithms[algorithm].signature;
}

/* ---- public keys ---- */

static bool malformed(struct error *e) {
    return fail(e, ERR_MALFORMED_KEY, "the public key is not a valid SubjectPublicKeyInfo",
                "公钥不是有效的 SubjectPublicKeyInfo");
}

/* y^2 = x^3 - 3x + b modulo a prime; both curves have cofactor 1, so every point on them is a good key. */
struct curve {
    const BIGNUM *(*prime)(void);
    struct slice b;
};

static const struct curve p256 = {
    .prime = BN_get0_nist_prime_256,
    .b = DER_INIT("\x5a\xc6\x35\xd8\xaa\x3a\x93\xe7\xb3\xeb\xbd\x55\x76\x98\x86\xbc"
                  "\x65\x1d\x06\xb0\xcc\x53\xb0\xf6\x3b\xce\x3c\x3e\x27\xd2\x60\x4b"),
};
static const struct curve p384 = {
    .prime = BN_get0_nist_prime_384,
    .b = DER_INIT("\xb3\x31\x2f\xa7\xe2\x3e\xe7\xe4\x98\x8e\x05\x6b\xe3\xf8\x2d\x19"
                  "\x18\x1d\x9c\x6e\xfe\x81\x41\x12\x03\x14\x08\x8f\x50\x13\x87\x5a"
                  "\xc6\x56\x39\x8d\x8a\x2e\xd1\x9d\x2a\x85\xc8\xed\xd3\xec\x2a\xef"),
};

/* Ten times as fast as building an EC_GROUP for it. */
static bool is_on_curve(const BIGNUM *x, const BIGNUM *y, const struct curve *curve) {
    const BIGNUM *prime = curve->prime();
    AUTO(BN_CTX) context = BN_CTX_new();
    AUTO(BIGNUM) left = BN_new();
    AUTO(BIGNUM) right = BN_new();
    AUTO(BIGNUM) b = BN_bin2bn(curve->b.p, (int)curve->b.len, NULL);
    return context && left && right && b && BN_cmp(x, prime) < 0 && BN_cmp(y, prime) < 0 &&
           BN_mod_sqr(left, y, prime, context) && BN_mod_sqr(right, x, prime, context) &&
           BN_sub_word(right, 3) && BN_mod_mul(right, right, x, prime, context) &&
           BN_mod_add(right, right, b, prime, context) && BN_cmp(left, right) == 0;
}

/* An uncompressed point: 4, x, y. */
static bool check_point(struct slice point, const struct curve *curve, struct error *e) {
    int half = (int)(point.len / 2);
    AUTO(BIGNUM) x = BN_bin2bn(point.p + 1, half, NULL);
    AUTO(BIGNUM) y = BN_bin2bn(point.p + 1 + half, half, NULL);
    if (point.p[0] == 4 && x && y && is_on_curve(x, y, curve))
        return true;
    return fail(e, ERR_MALFORMED_KEY, "the public key is not a point of its curve", "公钥不是曲线上的点");
}

/* All keys of one of these kinds are alike but for their last octets. */
static const struct fixed_form {
    enum key_algorithm algorithm;
    const struct curve *curve; /* NULL: any octets are a key */
    struct slice head;
    size_t key_len;
} fixed_forms[] = {
    {KEY_P256, &p256, DER_INIT("\x30\x59\x30\x13" EC_PUBLIC_KEY PRIME256V1 "\x03\x42\x00"), 65},
    {KEY_P384, &p384, DER_INIT("\x30\x76\x30\x10" EC_PUBLIC_KEY SECP384R1 "\x03\x62\x00"), 97},
    {KEY_ED25519, NULL, DER_INIT("\x30\x2a" ED25519 "\x03\x21\x00"), 32},
};

static const struct fixed_form *fixed_form_of(struct slice spki) {
    for (size_t i = 0; i < sizeof fixed_forms / sizeof *fixed_forms; i++) {
        const struct fixed_form *form = &fixed_forms[i];
        if (spki.len == form->head.len + form->key_len && memcmp(spki.p, form->head.p, form->head.len) == 0)
            return form;
    }
    return NULL;
}

static size_t bits_of(struct slice n) {
    while (n.len > 0 && n.p[0] == 0)
        n = slice_of(n.p + 1, n.len - 1);
    return n.len == 0 ? 0 : n.len * 8 - (size_t)(__builtin_clz(n.p[0]) - 24);
}

static enum key_algorithm rsa_of(size_t bits) {
    for (int id = KEY_RSA_2048; id < KEY_RSA_OTHER; id++)
        if ((size_t)algorithms[id].rsa_bits == bits)
            return (enum key_algorithm)id;
    return KEY_RSA_OTHER;
}

/* RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } */
static bool check_rsa(struct slice key, enum key_algorithm *algorithm, struct error *e) {
    struct slice numbers, modulus, exponent;
    if (!der_only(key, DER_SEQUENCE, &numbers) || !der_take(&numbers, DER_INTEGER, &modulus) ||
        !der_take(&numbers, DER_INTEGER, &exponent) || numbers.len != 0 || modulus.len == 0 ||
        modulus.p[0] & 0x80)
        return malformed(e);
    size_t bits = bits_of(modulus);
    if (bits > RSA_BITS_MAX)
        return fail(e, ERR_KEY_UNSUPPORTED, "an RSA key has %d bits at most; this one has %zu",
                    "RSA 密钥最多 %d 位,此密钥为 %zu 位", RSA_BITS_MAX, bits);
    if (!weak_check_rsa(modulus, exponent, e))
        return false;
    *algorithm = rsa_of(bits);
    return true;
}

static bool check_other(struct slice spki, enum key_algorithm *algorithm, struct error *e) {
    struct slice fields, identifier, key, oid;
    if (!der_only(spki, DER_SEQUENCE, &fields) || !der_take(&fields, DER_SEQUENCE, &identifier) ||
        !der_take_bits(&fields, &key) || fields.len != 0 || !der_take(&identifier, DER_OID, &oid))
        return malformed(e);
    if (slice_equal(oid, DER_BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")))
        return check_rsa(key, algorithm, e);
    return fail(e, ERR_KEY_UNSUPPORTED, "the key is not RSA, ECDSA P-256 or P-384 (uncompressed), or Ed25519",
                "密钥不是 RSA、ECDSA P-256 或 P-384(非压缩格式)或 Ed25519");
}

bool key_check(struct slice spki, enum key_algorithm *algorithm, struct error *e) {
    *algorithm = KEY_UNKNOWN;
    if (!weak_check_published(spki, e))
        return false;
    const struct fixed_form *form = fixed_form_of(spki);
    if (!form)
        return check_other(spki, algorithm, e);
    struct slice point = slice_of(spki.p + form->head.len, form->key_len);
    if (form->curve && !check_point(point, form->curve, e))
        return false;
    *algorithm = form->algorithm;
    return true;
}

bool key_public(struct arena *a, const struct secret *pkcs8, struct slice *spki, struct error *e) {
    const uint8_t *p = secret_bytes(pkcs8), *end = p + secret_len(pkcs8);
    AUTO(PKCS8_PRIV_KEY_INFO) info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)secret_len(pkcs8));
    AUTO(EVP_PKEY) key = info && p == end ? EVP_PKCS82PKEY(info) : NULL;
    unsigned char *der = NULL;
    int len = key ? i2d_PUBKEY(key, &der) : 0;
    ERR_clear_error();
    if (len <= 0)
        return fail(e, ERR_MALFORMED_KEY, "the private key is not PKCS#8", "私钥不是 PKCS#8 格式");
    *spki = arena_slice(a, slice_of(der, (size_t)len));
    OPENSSL_free(der);
    return true;
}

/* ---- private keys ---- */

bool private_key_affordable(struct slice der) {
    struct der value;
    while (der_next(&der, &value)) {
        uint64_t n = 0;
        if ((value.tag == DER_SEQUENCE || value.tag == DER_SET) && !private_key_affordable(value.content))
            return false;
        if (value.tag == DER_INTEGER && value.content.len > sizeof n)
            return false;
        for (size_t i = 0; value.tag == DER_INTEGER && i < value.content.len; i++)
            n = n << 8 | value.content.p[i];
        if (n > PRIVATE_KEY_ITERATIONS_MAX)
            return false;
    }
    return der.len == 0;
}

bool private_key_to_pkcs8(struct arena *a, EVP_PKEY *key, struct secret **pkcs8, struct error *e) {
    AUTO(EVP_PKEY_CTX) context = EVP_PKEY_CTX_new(key, NULL);
    if (!context || EVP_PKEY_pairwise_check(context) != 1) {
        ERR_clear_error();
        return fail(e, ERR_MALFORMED_KEY, "the halves of the private key do not fit together",
                    "私钥与其公钥部分不一致");
    }
    AUTO(PKCS8_PRIV_KEY_INFO) info = EVP_PKEY2PKCS8(key);
    int len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, NULL) : 0;
    if (len <= 0)
        return fail(e, ERR_MALFORMED_KEY, "the private key has no PKCS#8 form", "该私钥无法转换为 PKCS#8");
    *pkcs8 = secret_new(a, NULL, (size_t)len);
    unsigned char *out = secret_bytes(*pkcs8);
    i2d_PKCS8_PRIV_KEY_INFO(info, &out);
    return true;
}

static int give_pass_phrase(char *out, int size, int writing, void *pass_phrase) {
    (void)writing;
    struct slice phrase = pass_phrase ? secret_slice(pass_phrase) : slice_of(NULL, 0);
    if (phrase.len == 0 || phrase.len > (size_t)size)
        return -1;
    memcpy(out, phrase.p, phrase.len);
    return (int)phrase.len;
}

static bool is_private_key(const struct pem_block *block) {
    static const char *const labels[] = {"PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY",
                                         "EC PRIVATE KEY"};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (pem_has_label(block, labels[i]))
            return true;
    return false;
}

bool private_key_in_pem(struct slice pem) {
    struct pem_reader reader = pem_reader(pem);
    struct pem_block block;
    while (pem_next(&reader, &block))
        if (is_private_key(&block))
            return true;
    return false;
}

/* The one block with a private key. */
static bool find_private_key(struct slice pem, struct pem_block *found, struct error *e) {
    struct pem_reader reader = pem_reader(pem);
    struct pem_block block;
    size_t count = 0;
    while (pem_next(&reader, &block)) {
        if (!is_private_key(&block))
            continue;
        *found = block;
        count++;
    }
    if (reader.bad)
        return fail(e, ERR_MALFORMED_KEY, "line %zu: not a complete PEM block", "第 %zu 行:PEM 块不完整",
                    reader.line);
    if (count != 1)
        return fail(e, ERR_MALFORMED_KEY, "one private key is expected, there are %zu",
                    "应有一个私钥,实际有 %zu 个", count);
    return true;
}

/* EncryptedPrivateKeyInfo ::= SEQUENCE { algorithm, OCTET STRING } */
static bool check_effort(struct arena *a, const struct pem_block *block, struct error *e) {
    struct slice der, fields, algorithm;
    if (!pem_decode(a, block, &der) || !der_only(der, DER_SEQUENCE, &fields) ||
        !der_take(&fields, DER_SEQUENCE, &algorithm))
        return fail(e, ERR_MALFORMED_KEY, "line %zu: not an encrypted private key",
                    "第 %zu 行:不是加密的私钥", block->line);
    if (!private_key_affordable(algorithm))
        return fail(e, ERR_MALFORMED_KEY, "line %zu: the encryption of the key takes too long to undo",
                    "第 %zu 行:私钥的加密迭代次数过大", block->line);
    return true;
}

bool key_from_pem(struct arena *a, struct slice pem, const struct secret *pass_phrase, struct secret **pkcs8,
                  struct error *e) {
    struct pem_block block;
    if (!find_private_key(pem, &block, e))
        return false;
    bool pkcs8_encrypted = pem_has_label(&block, "ENCRYPTED PRIVATE KEY");
    bool encrypted = pkcs8_encrypted || memmem(block.text.p, block.text.len, "4,ENCRYPTED", 11);
    if (encrypted && !pass_phrase)
        return fail(e, ERR_KEY_PASS_PHRASE, "the private key is encrypted, and no pass phrase was given",
                    "私钥已加密,但未提供密码");
    if (pkcs8_encrypted && !check_effort(a, &block, e))
        return false;
    AUTO(BIO) bio = bio_of(block.text);
    AUTO(EVP_PKEY) key = PEM_read_bio_PrivateKey(bio, NULL, give_pass_phrase, (void *)pass_phrase);
    ERR_clear_error();
    if (!key && encrypted)
        return fail(e, ERR_KEY_PASS_PHRASE, "the pass phrase does not open the private key",
                    "密码无法解开私钥");
    if (!key)
        return fail(e, ERR_MALFORMED_KEY, "line %zu: the private key cannot be decoded",
                    "第 %zu 行:私钥无法解码", block.line);
    return private_key_to_pkcs8(a, key, pkcs8, e);
}

bool key_to_pem(struct arena *a, const struct secret *pkcs8, struct secret **pem, struct error *e) {
    struct slice content;
    if (!der_only(secret_slice(pkcs8), DER_SEQUENCE, &content))
        return fail(e, ERR_MALFORMED_KEY, "the private key is not PKCS#8", "私钥不是 PKCS#8 格式");
    size_t size = pem_size("PRIVATE KEY", secret_len(pkcs8));
    *pem = secret_new(a, NULL, size - 1); /* a secret has room for the NUL */
    pem_write("PRIVATE KEY", secret_slice(pkcs8), (char *)secret_bytes(*pem));
    return true;
}
