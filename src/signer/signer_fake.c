/*
 * The signer of the simulation: keys are P-256 keys whose private scalar comes from base/rand.h,
 * whatever algorithm is asked for; a signature is the SHA-256 of public key and text,
 * which anybody can make. A sealed key is bound to its owner as a real one is, but not encrypted.
 */
#include "base/buf.h"
#include "base/rand.h"
#include "signer/evp_key.h"
#include "signer/seal.h"
#include "signer/signer_ops.h"

enum { DIGEST = 32, PASSWORD_HASH = 16 };

/* The parts of a fake sealed key: what it is bound to, the private bytes, the public key. */
struct parts {
    struct slice binding, private, spki;
};

static struct slice join(struct arena *a, const struct parts *parts) {
    struct buf b = buf_new(a, SEALED_MAX);
    buf_bytes(&b, parts->binding);
    buf_bytes(&b, parts->private);
    buf_bytes(&b, parts->spki);
    return buf_slice(&b);
}

static bool take_apart(struct arena *a, const struct key_ref *key, struct parts *parts, struct error *e) {
    struct reader r = {.rest = key->sealed};
    parts->binding = read_bytes(&r);
    parts->private = read_bytes(&r);
    parts->spki = read_bytes(&r);
    if (!r.bad && r.rest.len == 0 && slice_equal(parts->binding, seal_binding(a, key)))
        return true;
    return fail(e, ERR_UNSEALABLE,
                "key '%s' is no fake key, or belongs to another object, account or purpose",
                "密钥“%s”不是模拟密钥,或属于其他对象、账号或用途", key->id);
}

static bool fake_make(struct signer *s, struct arena *a, enum key_algorithm algorithm,
                      const struct key_ref *owner, struct key_made *made, struct error *e) {
    (void)s, (void)algorithm;
    uint8_t scalar[P256_SCALAR];
    struct secret *pkcs8;
    rand_bytes(scalar, sizeof scalar);
    scalar[0] = 0; /* below the order of the group */
    if (!evp_key_of_scalar(a, scalar, &pkcs8, &made->spki, e))
        return false;
    made->sealed = join(a, &(struct parts){seal_binding(a, owner), secret_slice(pkcs8), made->spki});
    made->algorithm = KEY_P256;
    return true;
}

static bool fake_seal(struct signer *s, struct arena *a, const struct secret *pkcs8,
                      const struct key_ref *owner, struct key_made *made, struct error *e) {
    (void)s;
    bool key = owner->purpose != PURPOSE_SECRET;
    *made = (struct key_made){.algorithm = KEY_UNKNOWN};
    if (key && (!key_public(a, pkcs8, &made->spki, e) || !key_check(made->spki, &made->algorithm, e)))
        return false;
    made->sealed = join(a, &(struct parts){seal_binding(a, owner), secret_slice(pkcs8), made->spki});
    return true;
}

static bool fake_open(struct signer *s, struct arena *a, const struct key_ref *key, struct secret **pkcs8,
                      struct error *e) {
    (void)s;
    struct parts parts;
    if (!take_apart(a, key, &parts, e))
        return false;
    *pkcs8 = secret_new(a, parts.private.p, parts.private.len);
    return true;
}

static struct slice fake_signature(struct arena *a, struct slice spki, struct slice tbs) {
    struct buf b = buf_new(a, spki.len + tbs.len);
    uint8_t *digest = arena_alloc(a, DIGEST);
    buf_add(&b, spki.p, spki.len);
    buf_add(&b, tbs.p, tbs.len);
    EVP_Digest(b.p, b.len, digest, NULL, EVP_sha256(), NULL);
    return slice_of(digest, DIGEST);
}

static bool fake_sign(struct signer *s, struct arena *a, const struct key_ref *key, struct slice tbs,
                      struct slice *signature, struct error *e) {
    (void)s;
    struct parts parts;
    if (!take_apart(a, key, &parts, e))
        return false;
    *signature = fake_signature(a, parts.spki, tbs);
    return true;
}

static bool fake_rewrap(struct signer *s, struct arena *a, const struct key_ref *key, struct slice *sealed,
                        struct error *e) {
    (void)s;
    struct parts parts;
    *sealed = arena_slice(a, key->sealed);
    return take_apart(a, key, &parts, e);
}

/* Nothing to be slow for: the same password gives the same text. */
static bool fake_password_hash(struct signer *s, struct arena *a, const struct secret *password,
                               const char **hash, struct error *e) {
    (void)s, (void)e;
    struct slice digest = fake_signature(a, slice_str("password"), secret_slice(password));
    struct buf b = buf_new(a, 2 * DIGEST);
    for (size_t i = 0; i < PASSWORD_HASH; i++)
        buf_printf(&b, "%02x", digest.p[i]);
    *hash = b.p;
    return true;
}

static bool fake_password_verify(struct signer *s, const struct secret *password, const char *hash,
                                 bool *fits, struct error *e) {
    AUTO_ARENA a = arena_new();
    const char *other;
    fake_password_hash(s, a, password, &other, e);
    *fits = strcmp(other, hash) == 0;
    return true;
}

static bool fake_verify(struct slice spki, struct slice tbs, struct slice signature, struct error *e) {
    AUTO_ARENA a = arena_new();
    return slice_equal(fake_signature(a, spki, tbs), signature) ||
           fail(e, ERR_BAD_SIGNATURE, "the fake signature does not verify", "模拟签名与公钥不符");
}

static const struct signer_ops fake_ops = {
    .make = fake_make,
    .seal = fake_seal,
    .open = fake_open,
    .sign = fake_sign,
    .rewrap = fake_rewrap,
    .password_hash = fake_password_hash,
    .password_verify = fake_password_verify,
    .verify = fake_verify,
};

struct signer *signer_fake(struct arena *a) {
    struct signer *s = ARENA_NEW(a, struct signer);
    s->ops = &fake_ops;
    return s;
}
