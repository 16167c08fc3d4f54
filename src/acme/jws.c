/* Signed messages: made here. What is read is in jws_read.c. */
#include "acme/jws.h"
#include "acme/base64url.h"
#include "acme/jwk.h"
#include "acme/jws_form.h"
#include "http/signature.h"
#include "pki/der.h"

static const struct jws_form forms[] = {
    {KEY_P256, "ES256", 32},
    {KEY_P384, "ES384", 48},
    {KEY_ED25519, "EdDSA", 0},
    {KEY_RSA_2048, "RS256", 0},
};
enum { FORMS = sizeof forms / sizeof *forms };

const char *const jws_algorithms[] = {"ES256", "ES384", "EdDSA", "RS256", NULL};

const struct jws_form *jws_form_of(enum key_algorithm algorithm) {
    enum key_algorithm sought = key_is_rsa(algorithm) ? KEY_RSA_2048 : algorithm;
    for (size_t i = 0; i < FORMS; i++)
        if (forms[i].algorithm == sought)
            return &forms[i];
    return NULL;
}

static void add_member(struct buf *b, const char *name, const char *value) {
    if (!value)
        return;
    buf_printf(b, ",\"%s\":", name);
    json_write_string(b, value);
}

/* The protected header, and what is signed: "HEADER.PAYLOAD". */
static bool lay_out(struct arena *a, const struct jws_request *r, const char *algorithm,
                    struct jws_draft *draft, struct error *e) {
    struct buf header = buf_new(a, JWS_TEXT_MAX);
    const char *jwk = NULL;
    if (!r->kid && !jwk_text(a, r->spki, &jwk, e))
        return false;
    buf_printf(&header, "{\"alg\":\"%s\"", algorithm);
    add_member(&header, "kid", r->kid);
    if (jwk) {
        buf_str(&header, ",\"jwk\":");
        buf_str(&header, jwk);
    }
    add_member(&header, "nonce", r->nonce);
    add_member(&header, "url", r->url);
    buf_char(&header, '}');
    draft->protected_header = base64url_text(a, buf_slice(&header));
    draft->payload = base64url_text(a, r->payload);
    draft->input = slice_str(arena_printf(a, "%s.%s", draft->protected_header, draft->payload));
    return !header.overflow || fail(e, ERR_BAD_REQUEST, "the message is too large", "消息过大");
}

bool jws_begin(struct arena *a, const struct jws_request *request, struct jws_draft *draft, struct error *e) {
    *draft = (struct jws_draft){0};
    if (!key_check(request->spki, &draft->algorithm, e))
        return false;
    return lay_out(a, request, jws_form_of(draft->algorithm)->name, draft, e);
}

static const char *assemble(struct arena *a, const struct jws_draft *draft, struct slice signature) {
    return arena_printf(a, "{\"protected\":\"%s\",\"payload\":\"%s\",\"signature\":\"%s\"}",
                        draft->protected_header, draft->payload, base64url_text(a, signature));
}

/* One number of an ECDSA signature, right-aligned in its field. */
static bool put_number(struct slice *rest, uint8_t *field, size_t size) {
    struct slice n;
    if (!der_take(rest, DER_INTEGER, &n))
        return false;
    while (n.len > 0 && n.p[0] == 0)
        n = slice_of(n.p + 1, n.len - 1);
    if (n.len > size)
        return false;
    memcpy(field + size - n.len, n.p, n.len);
    return true;
}

bool jws_finish(struct arena *a, const struct jws_draft *draft, struct slice signature, const char **text,
                struct error *e) {
    size_t size = jws_form_of(draft->algorithm)->number;
    if (size > 0) {
        uint8_t *numbers = arena_alloc(a, 2 * size);
        struct slice pair;
        if (!der_only(signature, DER_SEQUENCE, &pair) || !put_number(&pair, numbers, size) ||
            !put_number(&pair, numbers + size, size) || pair.len != 0)
            return fail(e, ERR_BAD_SIGNATURE, "the signature is not a pair of numbers", "签名不是一对整数");
        signature = slice_of(numbers, 2 * size);
    }
    *text = assemble(a, draft, signature);
    return true;
}

bool jws_external_account(struct arena *a, const struct jws_request *request, const struct secret *mac_key,
                          const char **text, struct error *e) {
    const char *jwk;
    uint8_t mac[HMAC_BYTES];
    struct jws_draft draft = {0};
    if (!jwk_text(a, request->spki, &jwk, e))
        return false;
    struct jws_request binding = {.kid = request->kid, .url = request->url, .payload = slice_str(jwk)};
    if (!lay_out(a, &binding, "HS256", &draft, e))
        return false;
    hmac_sha256(secret_slice(mac_key), draft.input, mac);
    *text = assemble(a, &draft, slice_of(mac, sizeof mac));
    return true;
}

bool jws_key_change_payload(struct arena *a, const char *account_url, struct slice old_spki,
                            const char **payload, struct error *e) {
    struct buf b = buf_new(a, JWS_TEXT_MAX);
    const char *jwk;
    if (!jwk_text(a, old_spki, &jwk, e))
        return false;
    buf_str(&b, "{\"account\":");
    json_write_string(&b, account_url);
    buf_str(&b, ",\"oldKey\":");
    buf_str(&b, jwk);
    buf_char(&b, '}');
    *payload = b.p;
    return true;
}
