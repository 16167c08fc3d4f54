/* Signed messages: read strictly, and verified. */
#include "acme/base64url.h"
#include "acme/jwk.h"
#include "acme/jws.h"
#include "acme/jws_form.h"
#include "http/signature.h"
#include "pki/der.h"
#include "pki/openssl.h"
#include <sodium.h>

OPENSSL_AUTO(EVP_MD_CTX, EVP_MD_CTX_free)

enum { SIGNATURE_MAX = 1100 };

static bool malformed(struct error *e, const char *en, const char *zh) {
    /* "%.0s" passes over the text in the other language */
    return fail(e, ERR_BAD_REQUEST, "the signed message (JWS): %s%.0s", "签名消息(JWS):%.0s%s", en, zh);
}

/* The members of the flattened form, and nothing else: `header` and `signatures` have no place here. */
static bool take_parts(json_t *object, const char *parts[3], struct error *e) {
    static const char *const names[] = {"protected", "payload", "signature"};
    if (!json_is_object(object) || json_object_size(object) != 3)
        return malformed(e, "its members are protected, payload and signature",
                         "成员只能是 protected、payload 和 signature");
    for (size_t i = 0; i < 3; i++) {
        parts[i] = json_string_value(json_object_get(object, names[i]));
        if (!parts[i])
            return malformed(e, "its members are protected, payload and signature",
                             "成员只能是 protected、payload 和 signature");
    }
    return true;
}

static bool algorithm_allowed(enum jws_use use, const char *name) {
    if (use == JWS_EXTERNAL_ACCOUNT)
        return strcmp(name, "HS256") == 0;
    for (const char *const *one = jws_algorithms; *one; one++)
        if (strcmp(*one, name) == 0)
            return true;
    return false;
}

/* An absent member stays NULL; one of another type is malformed. */
static bool take_text(const json_t *header, const char *name, const char **text) {
    const json_t *value = json_object_get(header, name);
    *text = json_string_value(value);
    return !value || *text;
}

static bool check_header(enum jws_use use, const json_t *header, const struct jws *jws, struct error *e) {
    bool by_key = json_object_get(header, "jwk") != NULL;
    if (json_object_get(header, "crit") || json_object_get(header, "b64"))
        return malformed(e, "extensions are not understood", "不支持扩展");
    if (by_key == (jws->kid != NULL))
        return malformed(e, "exactly one of jwk and kid is needed", "jwk 与 kid 必须且只能有一个");
    if ((use == JWS_KEY_CHANGE && !by_key) || (use == JWS_EXTERNAL_ACCOUNT && by_key))
        return malformed(e, by_key ? "kid is needed, not jwk" : "jwk is needed, not kid",
                         by_key ? "应使用 kid 而不是 jwk" : "应使用 jwk 而不是 kid");
    if (use != JWS_REQUEST && jws->nonce)
        return malformed(e, "an inner message has no nonce", "内层消息不能含有 nonce");
    if (!jws->url)
        return malformed(e, "url is missing", "缺少 url");
    return algorithm_allowed(use, jws->algorithm) ||
           fail(e, ERR_JWS_ALGORITHM, "'%.40s' is not a signature algorithm that is taken here",
                "不支持签名算法“%.40s”", jws->algorithm);
}

static bool read_header(struct arena *a, enum jws_use use, struct slice text, struct jws *jws,
                        struct error *e) {
    json_t *header;
    if (!json_read(a, text, &header, e))
        return false;
    if (!json_is_object(header) || !take_text(header, "alg", &jws->algorithm) || !jws->algorithm ||
        !take_text(header, "kid", &jws->kid) || !take_text(header, "nonce", &jws->nonce) ||
        !take_text(header, "url", &jws->url))
        return malformed(e, "alg, kid, nonce and url of the protected header are texts",
                         "受保护头部的 alg、kid、nonce 和 url 必须是字符串");
    if (!check_header(use, header, jws, e))
        return false;
    return jws->kid || jwk_read(a, json_object_get(header, "jwk"), &jws->spki, e);
}

bool jws_read(struct arena *a, enum jws_use use, struct slice text, struct jws *jws, struct error *e) {
    json_t *object;
    const char *parts[3];
    struct slice header;
    *jws = (struct jws){0};
    if (text.len > JWS_TEXT_MAX)
        return malformed(e, "it is too large", "消息过大");
    if (!json_read(a, text, &object, e) || !take_parts(object, parts, e))
        return false;
    if (!base64url_bytes(a, parts[0], &header) || !base64url_bytes(a, parts[1], &jws->payload) ||
        !base64url_bytes(a, parts[2], &jws->signature) || jws->signature.len > SIGNATURE_MAX)
        return malformed(e, "its members are base64url without padding", "成员必须是不带填充的 base64url");
    jws->input = slice_str(arena_printf(a, "%s.%s", parts[0], parts[1]));
    return read_header(a, use, header, jws, e);
}

/* ---- verifying ---- */

static bool wrong(struct error *e) {
    ERR_clear_error();
    return fail(e, ERR_BAD_SIGNATURE, "the signature of the message does not verify", "消息的签名验证失败");
}

/* r and s to the DER that OpenSSL takes; others stay as they are. */
static bool native_signature(struct buf *b, const struct jws_form *form, struct slice signature) {
    if (form->number == 0) {
        buf_add(b, signature.p, signature.len);
        return !b->overflow;
    }
    if (signature.len != 2 * form->number)
        return false;
    size_t pair = der_open(b, DER_SEQUENCE);
    der_put_unsigned(b, slice_of(signature.p, form->number));
    der_put_unsigned(b, slice_of(signature.p + form->number, form->number));
    der_close(b, pair);
    return true;
}

static const char *digest_of(enum key_algorithm algorithm) {
    if (algorithm == KEY_ED25519)
        return NULL;
    return algorithm == KEY_P384 ? "SHA384" : "SHA256";
}

bool jws_verify(const struct jws *jws, struct slice spki, struct error *e) {
    enum key_algorithm algorithm;
    if (!key_check(spki, &algorithm, e))
        return false;
    const struct jws_form *form = jws_form_of(algorithm);
    if (strcmp(form->name, jws->algorithm) != 0)
        return fail(e, ERR_JWS_ALGORITHM, "the algorithm '%.40s' does not belong to the key",
                    "签名算法“%.40s”与密钥不符", jws->algorithm);
    AUTO_ARENA a = arena_new();
    struct buf signature = buf_new(a, SIGNATURE_MAX);
    if (!native_signature(&signature, form, jws->signature))
        return wrong(e);
    const uint8_t *p = spki.p;
    AUTO(EVP_PKEY) key = d2i_PUBKEY(NULL, &p, (long)spki.len);
    AUTO(EVP_MD_CTX) context = EVP_MD_CTX_new();
    return (key && context &&
            EVP_DigestVerifyInit_ex(context, NULL, digest_of(algorithm), NULL, NULL, key, NULL) == 1 &&
            EVP_DigestVerify(context, (const uint8_t *)signature.p, signature.len, jws->input.p,
                             jws->input.len) == 1) ||
           wrong(e);
}

bool jws_verify_mac(const struct jws *jws, struct slice mac_key, struct error *e) {
    uint8_t mac[HMAC_BYTES];
    hmac_sha256(mac_key, jws->input, mac);
    return (jws->signature.len == sizeof mac && sodium_memcmp(mac, jws->signature.p, sizeof mac) == 0) ||
           wrong(e);
}
