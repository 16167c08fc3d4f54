/* RSA keys that can be factored, and keys that everybody has. */
#include "pki/weak.h"
#include "pki/digest.h"
#include "pki/openssl.h"
#include <stdlib.h>

enum { RSA_BITS_MIN = 2048, EXPONENT_MIN = 65537, SMALL_FACTOR_LIMIT = 752, FERMAT_ROUNDS = 100 };

static bool has_small_factor(const BIGNUM *n) {
    for (BN_ULONG divisor = 3; divisor < SMALL_FACTOR_LIMIT; divisor += 2)
        if (BN_mod_word(n, divisor) == 0)
            return true;
    return false;
}

/*
 * ROCA (CVE-2017-15361): the chips' primes, and so their products, are powers of 65537 modulo every small
 * prime. Primes for which the powers are all residues say nothing and are left out; chance passes all the
 * others once in 2^28.
 */
static bool is_power_of_65537(BN_ULONG residue, BN_ULONG prime) {
    BN_ULONG power = 1;
    do {
        if (power == residue)
            return true;
        power = power * 65537 % prime;
    } while (power != 1);
    return false;
}

static bool has_roca_fingerprint(const BIGNUM *n) {
    static const BN_ULONG primes[] = {11, 13, 17,  19,  37,  53,  61,  71, 73,
                                      79, 97, 103, 107, 109, 127, 151, 157};
    for (size_t i = 0; i < sizeof primes / sizeof *primes; i++)
        if (!is_power_of_65537(BN_mod_word(n, primes[i]), primes[i]))
            return false;
    return true;
}

/* root = floor(sqrt(n)), by Newton's method from above. */
static bool square_root(BIGNUM *root, const BIGNUM *n, BN_CTX *context) {
    AUTO(BIGNUM) next = BN_new();
    BN_zero(root);
    if (!next || !BN_set_bit(root, (BN_num_bits(n) + 1) / 2))
        return false;
    for (;;) {
        if (!BN_div(next, NULL, n, root, context) || !BN_add(next, next, root) || !BN_rshift1(next, next))
            return false;
        if (BN_cmp(next, root) >= 0)
            return true;
        if (!BN_copy(root, next))
            return false;
    }
}

/* Squares have few residues: most other numbers are told apart without a root. */
static bool may_be_square(const BIGNUM *n) {
    static const BN_ULONG moduli[] = {64, 63, 65, 11};
    for (size_t i = 0; i < sizeof moduli / sizeof *moduli; i++) {
        BN_ULONG residue = BN_mod_word(n, moduli[i]), x = 0;
        while (x < moduli[i] && x * x % moduli[i] != residue)
            x++;
        if (x == moduli[i])
            return false;
    }
    return true;
}

static bool is_square(const BIGNUM *n, BIGNUM *root, BN_CTX *context, bool *square) {
    *square = false;
    if (!may_be_square(n))
        return true;
    if (!square_root(root, n, context) || !BN_sqr(root, root, context))
        return false;
    *square = BN_cmp(root, n) == 0;
    return true;
}

/* Fermat: n = a^2 - b^2 with a near sqrt(n) if the primes are too close. False only if memory ran out. */
static bool factor_by_fermat(const BIGNUM *n, BN_CTX *context, bool *found) {
    AUTO(BIGNUM) a = BN_new();
    AUTO(BIGNUM) rest = BN_new();
    AUTO(BIGNUM) root = BN_new();
    *found = false;
    if (!a || !rest || !root || !square_root(a, n, context))
        return false;
    for (int round = 0; round <= FERMAT_ROUNDS && !*found; round++) {
        bool good = BN_sqr(rest, a, context) && BN_sub(rest, rest, n);
        if (good && !BN_is_negative(rest))
            good = is_square(rest, root, context, found);
        if (!good || !BN_add_word(a, 1))
            return false;
    }
    return true;
}

static bool check_modulus(const BIGNUM *n, BN_CTX *context, struct error *e) {
    int bits = BN_num_bits(n);
    bool close_primes;
    if (bits < RSA_BITS_MIN)
        return fail(e, ERR_WEAK_KEY, "an RSA key has %d bits or more; this one has %d",
                    "RSA 密钥至少 %d 位,此密钥为 %d 位", RSA_BITS_MIN, bits);
    if (bits % 8 != 0)
        return fail(e, ERR_WEAK_KEY, "the size of the RSA key, %d bits, is not a multiple of 8",
                    "RSA 密钥长度 %d 位不是 8 的倍数", bits);
    if (!BN_is_odd(n) || has_small_factor(n))
        return fail(e, ERR_WEAK_KEY, "the RSA modulus has a small factor", "RSA 模数含有小因子");
    if (has_roca_fingerprint(n))
        return fail(e, ERR_WEAK_KEY, "the RSA key was made by a defective chip (ROCA, CVE-2017-15361)",
                    "该 RSA 密钥由存在缺陷的芯片生成(ROCA,CVE-2017-15361)");
    if (!factor_by_fermat(n, context, &close_primes))
        return fail(e, ERR_INTERNAL, "the RSA key could not be examined", "无法检查该 RSA 密钥");
    if (close_primes)
        return fail(e, ERR_WEAK_KEY, "the primes of the RSA key are too close to each other",
                    "RSA 密钥的两个素数过于接近");
    return true;
}

static bool check_numbers(struct slice modulus, struct slice exponent, struct error *e) {
    AUTO(BN_CTX) context = BN_CTX_new();
    AUTO(BIGNUM) n = BN_bin2bn(modulus.p, (int)modulus.len, NULL);
    AUTO(BIGNUM) exp = BN_bin2bn(exponent.p, (int)exponent.len, NULL);
    AUTO(BIGNUM) least = BN_new();
    if (!context || !n || !exp || !least || !BN_set_word(least, EXPONENT_MIN))
        return fail(e, ERR_INTERNAL, "the RSA key could not be examined", "无法检查该 RSA 密钥");
    if (!BN_is_odd(exp) || BN_cmp(exp, least) < 0)
        return fail(e, ERR_WEAK_KEY, "the RSA exponent is even or less than %d", "RSA 指数为偶数或小于 %d",
                    EXPONENT_MIN);
    return check_modulus(n, context, e);
}

/* Those that were found good of late: the keys of a few CAs stand above every certificate that comes back. */
enum { KNOWN_KEYS = 16 };

static struct rsa_key {
    char modulus[SHA256_HEX_SIZE], exponent[SHA256_HEX_SIZE]; /* their digests */
} known_keys[KNOWN_KEYS];

static bool is_known(const struct rsa_key *key) {
    for (size_t i = 0; i < KNOWN_KEYS; i++)
        if (memcmp(&known_keys[i], key, sizeof *key) == 0)
            return true;
    return false;
}

static void remember(const struct rsa_key *key) {
    static size_t next;
    known_keys[next++ % KNOWN_KEYS] = *key;
}

bool weak_check_rsa(struct slice modulus, struct slice exponent, struct error *e) {
    struct rsa_key key;
    digest_sha256_hex(modulus, key.modulus);
    digest_sha256_hex(exponent, key.exponent);
    if (is_known(&key))
        return true;
    if (!check_numbers(modulus, exponent, e))
        return false;
    remember(&key);
    return true;
}

/* SHA-256 of the SubjectPublicKeyInfo, sorted. */
static const struct published_key {
    char spki_sha256[SHA256_HEX_SIZE];
    const char *where;
} published_keys[] = {
    {"64eebde4d94a861ca1b062a103ef51d4d8a2c1b0a2133838198230e9c85407ed", "Go, net/http/internal/testcert"},
    {"8fb6bad671cfe698393c453357da61b56d757ab8c0f3fb9c87f2849e63131878", "RFC 9500, testRSA2048"},
    {"a1e9156054e04fac899ae9f275132cdc07a5dbc4ea2c2ad3a1ffc6e0d253681f", "RFC 8410, section 10"},
    {"b2b04340cfaee616ec9c2c62d261b208e54bb197498df52e8cadede23ac0ba5e", "RFC 9500, testECCP256"},
    {"c4c10105a0be0ed4dd3354428dc38a9bfee64da141ce16e75c94eda272f9dd3a", "RFC 9500, testECCP384"},
};

static int by_digest(const void *digest, const void *row) {
    return strcmp(digest, ((const struct published_key *)row)->spki_sha256);
}

bool weak_check_published(struct slice spki, struct error *e) {
    char hex[SHA256_HEX_SIZE];
    digest_sha256_hex(spki, hex);
    const struct published_key *key =
        bsearch(hex, published_keys, sizeof published_keys / sizeof *published_keys, sizeof *published_keys,
                by_digest);
    if (key)
        return fail(e, ERR_WEAK_KEY, "the private key is published in %s", "该私钥已公开(%s)", key->where);
    return true;
}
