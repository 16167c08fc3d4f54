/* JSON Web Keys: the parts of a SubjectPublicKeyInfo in base64url, and back. */
#include "acme/jwk.h"
#include "acme/base64url.h"
#include "pki/der.h"
#include "pki/key.h"
#include <sodium.h>

#define EC_P256       "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07"
#define EC_P384       "\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22"
#define RSA_ALGORITHM "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00"

enum { NUMBER_TEXT_MAX = 1400, /* of an RSA modulus of 8192 bits */ SPKI_MAX = 1200 };

/* Keys whose octets have a fixed length: the head of the SubjectPublicKeyInfo, then x (and y). */
static const struct fixed_key {
    enum key_algorithm algorithm;
    const char *type, *curve;
    struct slice head;
    size_t coordinate, count;
} fixed_keys[] = {
    {KEY_P256, "EC", "P-256", DER_INIT(EC_P256 "\x03\x42\x00\x04"), 32, 2},
    {KEY_P384, "EC", "P-384", DER_INIT(EC_P384 "\x03\x62\x00\x04"), 48, 2},
    {KEY_ED25519, "OKP", "Ed25519", DER_INIT("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"), 32, 1},
};
enum { FIXED_KEYS = sizeof fixed_keys / sizeof *fixed_keys, COORDINATES_MAX = 2 };

/* ---- to JSON ---- */

static const char *fixed_text(struct arena *a, const struct fixed_key *f, struct slice spki) {
    const uint8_t *octets = spki.p + f->head.len;
    const char *x = base64url_text(a, slice_of(octets, f->coordinate));
    if (f->count == 1)
        return arena_printf(a, "{\"crv\":\"%s\",\"kty\":\"%s\",\"x\":\"%s\"}", f->curve, f->type, x);
    const char *y = base64url_text(a, slice_of(octets + f->coordinate, f->coordinate));
    return arena_printf(a, "{\"crv\":\"%s\",\"kty\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"}", f->curve, f->type, x,
                        y);
}

/* Base64urlUInt (RFC 7518, 2): no leading zero octets. */
static const char *number_text(struct arena *a, struct slice n) {
    while (n.len > 1 && n.p[0] == 0)
        n = slice_of(n.p + 1, n.len - 1);
    return base64url_text(a, n);
}

static bool rsa_text(struct arena *a, struct slice spki, const char **jwk) {
    struct slice fields, algorithm, key, numbers, modulus, exponent;
    if (!der_only(spki, DER_SEQUENCE, &fields) || !der_take(&fields, DER_SEQUENCE, &algorithm) ||
        !der_take_bits(&fields, &key) || !der_only(key, DER_SEQUENCE, &numbers) ||
        !der_take(&numbers, DER_INTEGER, &modulus) || !der_take(&numbers, DER_INTEGER, &exponent))
        return false;
    *jwk = arena_printf(a, "{\"e\":\"%s\",\"kty\":\"RSA\",\"n\":\"%s\"}", number_text(a, exponent),
                        number_text(a, modulus));
    return true;
}

bool jwk_text(struct arena *a, struct slice spki, const char **jwk, struct error *e) {
    enum key_algorithm algorithm;
    if (!key_check(spki, &algorithm, e))
        return false;
    for (size_t i = 0; i < FIXED_KEYS; i++)
        if (fixed_keys[i].algorithm == algorithm) {
            *jwk = fixed_text(a, &fixed_keys[i], spki);
            return true;
        }
    return rsa_text(a, spki, jwk) ||
           fail(e, ERR_MALFORMED_KEY, "the public key is not a valid SubjectPublicKeyInfo",
                "公钥不是有效的 SubjectPublicKeyInfo");
}

/* ---- from JSON ---- */

static bool bad_member(struct error *e, const char *name) {
    return fail(e, ERR_MALFORMED_KEY, "the member '%s' of the key (JWK) is missing or malformed",
                "密钥(JWK)的成员“%s”缺失或格式错误", name);
}

/* `len` 0: any length. */
static bool octets_of(struct arena *a, const json_t *jwk, const char *name, size_t len,
                      struct slice *octets) {
    const char *text = json_string_value(json_object_get(jwk, name));
    return text && strlen(text) <= NUMBER_TEXT_MAX && base64url_bytes(a, text, octets) && octets->len > 0 &&
           (len == 0 || octets->len == len);
}

static bool read_fixed(struct arena *a, const json_t *jwk, const struct fixed_key *f, struct slice *spki,
                       struct error *e) {
    static const char *const names[COORDINATES_MAX] = {"x", "y"};
    struct buf b = buf_new(a, SPKI_MAX);
    buf_add(&b, f->head.p, f->head.len);
    for (size_t i = 0; i < f->count && i < COORDINATES_MAX; i++) {
        struct slice octets = {.len = 0};
        if (!octets_of(a, jwk, names[i], f->coordinate, &octets))
            return bad_member(e, names[i]);
        buf_add(&b, octets.p, octets.len);
    }
    *spki = buf_slice(&b);
    return true;
}

static bool read_rsa(struct arena *a, const json_t *jwk, struct slice *spki, struct error *e) {
    struct slice modulus, exponent;
    if (!octets_of(a, jwk, "n", 0, &modulus) || modulus.p[0] == 0)
        return bad_member(e, "n");
    if (!octets_of(a, jwk, "e", 0, &exponent) || exponent.p[0] == 0)
        return bad_member(e, "e");
    struct buf numbers = buf_new(a, SPKI_MAX), b = buf_new(a, 2 * SPKI_MAX);
    size_t pair = der_open(&numbers, DER_SEQUENCE);
    der_put_unsigned(&numbers, modulus);
    der_put_unsigned(&numbers, exponent);
    der_close(&numbers, pair);
    size_t whole = der_open(&b, DER_SEQUENCE);
    der_put(&b, DER_SEQUENCE, DER_BYTES(RSA_ALGORITHM));
    der_put_bits(&b, buf_slice(&numbers));
    der_close(&b, whole);
    *spki = buf_slice(&b);
    return (!numbers.overflow && !b.overflow) || bad_member(e, "n");
}

static bool read_key(struct arena *a, const json_t *jwk, struct slice *spki, struct error *e) {
    const char *type = json_string_value(json_object_get(jwk, "kty"));
    const char *curve = json_string_value(json_object_get(jwk, "crv"));
    if (!type)
        return bad_member(e, "kty");
    if (strcmp(type, "RSA") == 0)
        return read_rsa(a, jwk, spki, e);
    for (size_t i = 0; i < FIXED_KEYS; i++)
        if (curve && strcmp(fixed_keys[i].type, type) == 0 && strcmp(fixed_keys[i].curve, curve) == 0)
            return read_fixed(a, jwk, &fixed_keys[i], spki, e);
    return fail(e, ERR_KEY_UNSUPPORTED, "keys (JWK) are RSA, P-256, P-384 or Ed25519",
                "密钥(JWK)只能是 RSA、P-256、P-384 或 Ed25519");
}

bool jwk_read(struct arena *a, const json_t *jwk, struct slice *spki, struct error *e) {
    enum key_algorithm algorithm;
    return read_key(a, jwk, spki, e) && key_check(*spki, &algorithm, e);
}

/* ---- digests ---- */

static const char *digest_text(struct arena *a, const char *text) {
    uint8_t digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, (const unsigned char *)text, strlen(text));
    return base64url_text(a, slice_of(digest, sizeof digest));
}

bool jwk_thumbprint(struct arena *a, struct slice spki, const char **thumbprint, struct error *e) {
    const char *jwk;
    if (!jwk_text(a, spki, &jwk, e))
        return false;
    *thumbprint = digest_text(a, jwk);
    return true;
}

const char *key_authorization(struct arena *a, const char *token, const char *thumbprint) {
    return arena_printf(a, "%s.%s", token, thumbprint);
}

const char *key_authorization_dns_value(struct arena *a, const char *authorization) {
    return digest_text(a, authorization);
}
