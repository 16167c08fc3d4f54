/* The two signatures. They differ in what is signed and in where the key comes from, not in the form. */
#include "solve/vendor_sign.h"
#include "base/buf.h"
#include "base/clock.h"
#include "http/signature.h"
#include "pki/digest.h"
#include <sodium.h>

enum { DATE_LEN = 10, CANONICAL_MAX = 65536 };

static const char *hmac_hex(struct arena *a, struct slice key, const char *text) {
    uint8_t mac[HMAC_BYTES];
    hmac_sha256(key, slice_str(text), mac);
    return hex_text(a, slice_of(mac, sizeof mac));
}

/* The digest of what is signed: method, path, query, headers, their names, digest of the body. */
static const char *canonical_digest(struct arena *a, const char *query, const char *headers,
                                    const char *names, const char *body_digest) {
    char digest[SHA256_HEX_SIZE];
    struct buf b = buf_new(a, CANONICAL_MAX);
    buf_printf(&b, "POST\n/\n%s\n%s\n%s\n%s", query, headers, names, body_digest);
    digest_sha256_hex(buf_slice(&b), digest);
    return arena_strdup(a, digest);
}

static const char **list_new(struct arena *a, size_t count) {
    return ARENA_ARRAY(a, count + 1, const char *);
}

const char *const *sign_acs3(struct arena *a, const struct signing *s, const char *query, const char *nonce) {
    static const char names[] =
        "host;x-acs-action;x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;"
        "x-acs-signature-nonce;x-acs-version";
    char nothing[SHA256_HEX_SIZE];
    const char *at = time_format(a, s->now);
    digest_sha256_hex(slice_str(""), nothing);
    const char **headers = list_new(a, 9);
    headers[0] = arena_printf(a, "host:%s", s->host);
    headers[1] = arena_printf(a, "x-acs-action:%s", s->action);
    headers[2] = arena_printf(a, "x-acs-content-sha256:%s", nothing);
    headers[3] = "x-acs-credentials-provider:static_ak";
    headers[4] = arena_printf(a, "x-acs-date:%s", at);
    headers[5] = arena_printf(a, "x-acs-signature-nonce:%s", nonce);
    headers[6] = arena_printf(a, "x-acs-version:%s", s->version);
    struct buf lines = buf_new(a, CANONICAL_MAX);
    for (size_t i = 0; i < 7; i++)
        buf_printf(&lines, "%s\n", headers[i]);
    const char *text =
        arena_printf(a, "ACS3-HMAC-SHA256\n%s", canonical_digest(a, query, lines.p, names, nothing));
    headers[7] =
        arena_printf(a, "Authorization: ACS3-HMAC-SHA256 Credential=%s,SignedHeaders=%s,Signature=%s",
                     s->key_id, names, hmac_hex(a, secret_slice(s->secret), text));
    headers[8] = "Accept: application/json";
    return headers;
}

/* The key of a day and a service, so that the secret itself signs nothing but dates. */
static void tc3_key(struct arena *a, const struct signing *s, const char *date, const char *service,
                    uint8_t key[HMAC_BYTES]) {
    size_t len = secret_len(s->secret);
    struct secret *first = secret_new(a, NULL, len + 3);
    memcpy(secret_bytes(first), "TC3", 3);
    memcpy(secret_bytes(first) + 3, secret_bytes(s->secret), len);
    hmac_sha256(secret_slice(first), slice_str(date), key);
    hmac_sha256(slice_of(key, HMAC_BYTES), slice_str(service), key);
    hmac_sha256(slice_of(key, HMAC_BYTES), slice_str("tc3_request"), key);
}

const char *const *sign_tc3(struct arena *a, const struct signing *s, const char *service,
                            struct slice body) {
    static const char names[] = "content-type;host";
    char digest[SHA256_HEX_SIZE];
    uint8_t key[HMAC_BYTES];
    const char *date = arena_strndup(a, time_format(a, s->now), DATE_LEN);
    const char *scope = arena_printf(a, "%s/%s/tc3_request", date, service);
    const char *signed_headers = arena_printf(a, "content-type:application/json\nhost:%s\n", s->host);
    digest_sha256_hex(body, digest);
    const char *text = arena_printf(a, "TC3-HMAC-SHA256\n%lld\n%s\n%s", (long long)s->now, scope,
                                    canonical_digest(a, "", signed_headers, names, digest));
    tc3_key(a, s, date, service, key);
    const char *signature = hmac_hex(a, slice_of(key, sizeof key), text);
    sodium_memzero(key, sizeof key);
    const char **headers = list_new(a, 6);
    headers[0] = arena_printf(a, "Host: %s", s->host);
    headers[1] = "Content-Type: application/json";
    headers[2] = arena_printf(a, "X-TC-Action: %s", s->action);
    headers[3] = arena_printf(a, "X-TC-Version: %s", s->version);
    headers[4] = arena_printf(a, "X-TC-Timestamp: %lld", (long long)s->now);
    headers[5] =
        arena_printf(a, "Authorization: TC3-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s",
                     s->key_id, scope, names, signature);
    return headers;
}
