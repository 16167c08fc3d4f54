/* The secrets that programs and people show, and how one of them is believed. */
#include "account/account_db.h"
#include "base/rand.h"
#include <sodium.h>

enum { SECRET_BYTES = 32 };

enum {
    SECRET_TEXT = sodium_base64_ENCODED_LEN(SECRET_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING),
    DIGEST_TEXT = crypto_hash_sha256_BYTES * 2 + 1,
};

static void digest_text(struct slice secret, char digest[DIGEST_TEXT]) {
    uint8_t hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(hash, secret.p, secret.len);
    sodium_bin2hex(digest, DIGEST_TEXT, hash, sizeof hash);
}

static bool digest_fits(const char *digest, const char *secret) {
    char other[DIGEST_TEXT];
    digest_text(slice_str(secret), other);
    return strlen(digest) == sizeof other - 1 && sodium_memcmp(digest, other, sizeof other - 1) == 0;
}

struct secret *credential_make(struct arena *a, const char **digest) {
    uint8_t random[SECRET_BYTES];
    struct secret *secret = secret_new(a, NULL, SECRET_TEXT - 1);
    char *kept = arena_alloc(a, DIGEST_TEXT), text[SECRET_TEXT];
    rand_bytes(random, sizeof random);
    sodium_bin2base64(text, sizeof text, random, sizeof random, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    memcpy(secret_bytes(secret), text, SECRET_TEXT - 1);
    digest_text(secret_slice(secret), kept);
    sodium_memzero(random, sizeof random);
    sodium_memzero(text, sizeof text);
    *digest = kept;
    return secret;
}

struct secret *credential_join(struct arena *a, const char *id, const struct secret *secret) {
    size_t len = strlen(id);
    struct secret *text = secret_new(a, NULL, len + 1 + secret_len(secret));
    uint8_t *p = secret_bytes(text);
    memcpy(p, arena_printf(a, "%s.", id), len + 1);
    memcpy(p + len + 1, secret_bytes(secret), secret_len(secret));
    return text;
}

bool credential_refuse(struct error *e) {
    return fail(e, ERR_UNAUTHENTICATED, "the secret is unknown, used up or revoked",
                "密钥不存在、已使用或已吊销");
}

bool credential_believe(struct db *db, struct arena *a, const struct credential_kind *kind, const char *text,
                        struct credential *c, struct error *e) {
    const char *dot = text ? strchr(text, '.') : NULL;
    const char *id = dot ? arena_strndup(a, text, (size_t)(dot - text)) : "";
    *c = (struct credential){0};
    if (!id_valid(id, kind->prefix))
        return credential_refuse(e);
    if (!kind->find(db, a, id, c, e))
        return e->id == ERR_NOT_FOUND ? credential_refuse(e) : false;
    return (digest_fits(c->digest, dot + 1) && !c->ended_at) || credential_refuse(e);
}
