/* The signer's work itself, in whichever process it is done. */
#include "base/buf.h"
#include "signer/evp_key.h"
#include "signer/seal.h"
#include "signer/signer_ops.h"
#include <sodium.h>

enum { CACHE_SIZE = 8, CACHE_DIGEST = 32 };
enum { ARGON2_PASSES = 2, ARGON2_MEMORY = 19 << 20 };

struct cached_key {
    uint8_t digest[CACHE_DIGEST]; /* of the sealed key and of what it is bound to */
    EVP_PKEY *key;
};

struct cache {
    struct cached_key keys[CACHE_SIZE];
    size_t next;
};

/* Keys that sign again and again stay open: unsealing and decoding one would cost as much as signing. Those
 * of CAs and those of accounts at CAs, of which there may be many, do not push each other out. */
struct local {
    struct signer signer;
    const struct secret *master_keys;
    struct cache ca, acme;
};

static bool stays_open(enum key_purpose purpose) {
    return purpose == PURPOSE_CA || purpose == PURPOSE_ACME;
}

static bool make_digest(const struct key_ref *key, uint8_t digest[CACHE_DIGEST]) {
    AUTO_ARENA a = arena_new();
    struct slice binding = seal_binding(a, key);
    struct buf b = buf_new(a, binding.len + key->sealed.len);
    buf_add(&b, binding.p, binding.len);
    buf_add(&b, key->sealed.p, key->sealed.len);
    return EVP_Digest(b.p, b.len, digest, NULL, EVP_sha256(), NULL) == 1;
}

static EVP_PKEY *cache_get(const struct cache *cache, const uint8_t digest[CACHE_DIGEST]) {
    for (size_t i = 0; i < CACHE_SIZE; i++) {
        EVP_PKEY *key = cache->keys[i].key;
        if (key && memcmp(cache->keys[i].digest, digest, CACHE_DIGEST) == 0)
            return EVP_PKEY_up_ref(key) == 1 ? key : NULL;
    }
    return NULL;
}

static void cache_put(struct cache *cache, const uint8_t digest[CACHE_DIGEST], EVP_PKEY *key) {
    struct cached_key *place = &cache->keys[cache->next++ % CACHE_SIZE];
    EVP_PKEY_free(place->key);
    place->key = EVP_PKEY_up_ref(key) == 1 ? key : NULL;
    memcpy(place->digest, digest, CACHE_DIGEST);
}

static void cache_free(void *object) {
    struct local *l = object;
    for (size_t i = 0; i < CACHE_SIZE; i++) {
        EVP_PKEY_free(l->ca.keys[i].key);
        EVP_PKEY_free(l->acme.keys[i].key);
    }
}

static bool unseal(struct local *l, const struct key_ref *ref, EVP_PKEY **key, struct error *e) {
    AUTO_ARENA a = arena_new();
    struct secret *pkcs8;
    return seal_open(a, l->master_keys, ref, &pkcs8, e) && evp_key_decode(pkcs8, key, e);
}

static bool open_key(struct local *l, const struct key_ref *ref, EVP_PKEY **key, struct error *e) {
    uint8_t digest[CACHE_DIGEST];
    struct cache *cache = ref->purpose == PURPOSE_CA ? &l->ca : &l->acme;
    if (!stays_open(ref->purpose) || !make_digest(ref, digest))
        return unseal(l, ref, key, e);
    *key = cache_get(cache, digest);
    if (*key)
        return true;
    if (!unseal(l, ref, key, e))
        return false;
    cache_put(cache, digest, *key);
    return true;
}

static bool close_key(struct local *l, struct arena *a, const EVP_PKEY *key, const struct key_ref *owner,
                      struct key_made *made, struct error *e) {
    AUTO_ARENA scratch = arena_new();
    struct secret *pkcs8;
    struct slice spki;
    if (!evp_key_encode(scratch, key, &pkcs8, &spki, e) ||
        !seal_close(a, l->master_keys, owner, pkcs8, &made->sealed, e))
        return false;
    made->spki = arena_slice(a, spki);
    return true;
}

static bool local_make(struct signer *s, struct arena *a, enum key_algorithm algorithm,
                       const struct key_ref *owner, struct key_made *made, struct error *e) {
    AUTO(EVP_PKEY) key = NULL;
    made->algorithm = algorithm;
    return evp_key_make(algorithm, &key, e) && close_key((struct local *)s, a, key, owner, made, e);
}

/* The public part of an imported key is a claim: a signature shows that it belongs to the private one. */
static bool check_pair(struct arena *a, EVP_PKEY *key, struct slice spki, struct error *e) {
    struct slice text = slice_str("tenure"), signature;
    if (evp_key_sign(a, key, text, &signature, e) && evp_key_verify(spki, text, signature, e))
        return true;
    return fail(e, ERR_MALFORMED_KEY, "the public part of the private key is not its own",
                "私钥中的公钥部分与私钥不符");
}

static bool local_seal(struct signer *s, struct arena *a, const struct secret *pkcs8,
                       const struct key_ref *owner, struct key_made *made, struct error *e) {
    AUTO(EVP_PKEY) key = NULL;
    *made = (struct key_made){.algorithm = KEY_UNKNOWN};
    if (owner->purpose == PURPOSE_SECRET)
        return seal_close(a, ((struct local *)s)->master_keys, owner, pkcs8, &made->sealed, e);
    return evp_key_decode(pkcs8, &key, e) && close_key((struct local *)s, a, key, owner, made, e) &&
           key_check(made->spki, &made->algorithm, e) && check_pair(a, key, made->spki, e);
}

static bool local_open(struct signer *s, struct arena *a, const struct key_ref *key, struct secret **pkcs8,
                       struct error *e) {
    struct local *l = (struct local *)s;
    return seal_open(a, l->master_keys, key, pkcs8, e);
}

static bool local_sign(struct signer *s, struct arena *a, const struct key_ref *ref, struct slice tbs,
                       struct slice *signature, struct error *e) {
    AUTO(EVP_PKEY) key = NULL;
    return open_key((struct local *)s, ref, &key, e) && evp_key_sign(a, key, tbs, signature, e);
}

static bool local_rewrap(struct signer *s, struct arena *a, const struct key_ref *key, struct slice *sealed,
                         struct error *e) {
    struct local *l = (struct local *)s;
    return seal_rewrap(a, l->master_keys, key, sealed, e);
}

static bool local_password_hash(struct signer *s, struct arena *a, const struct secret *password,
                                const char **hash, struct error *e) {
    (void)s;
    struct slice text = secret_slice(password);
    char *made = arena_alloc(a, crypto_pwhash_STRBYTES);
    *hash = made;
    return (sodium_init() >= 0 && crypto_pwhash_str_alg(made, (const char *)text.p, text.len, ARGON2_PASSES,
                                                        ARGON2_MEMORY, crypto_pwhash_ALG_ARGON2ID13) == 0) ||
           fail(e, ERR_SYSTEM, "there is no memory for hashing a password", "内存不足,无法计算密码摘要");
}

static bool local_password_verify(struct signer *s, const struct secret *password, const char *hash,
                                  bool *fits, struct error *e) {
    (void)s;
    struct slice text = secret_slice(password);
    if (sodium_init() < 0)
        return fail(e, ERR_SYSTEM, "libsodium cannot be used", "无法使用 libsodium");
    *fits = crypto_pwhash_str_verify(hash, (const char *)text.p, text.len) == 0;
    return true;
}

static const struct signer_ops local_ops = {
    .make = local_make,
    .seal = local_seal,
    .open = local_open,
    .sign = local_sign,
    .rewrap = local_rewrap,
    .password_hash = local_password_hash,
    .password_verify = local_password_verify,
    .verify = evp_key_verify,
};

struct signer *signer_local(struct arena *a, const struct secret *master_key) {
    struct local *l = ARENA_NEW(a, struct local);
    *l = (struct local){.signer.ops = &local_ops, .master_keys = master_key};
    arena_defer(a, cache_free, l);
    return &l->signer;
}
