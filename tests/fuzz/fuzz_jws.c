/* Signed messages and keys as JSON, as a server reads them; a key that is read is written the same. */
#include "acme/jwk.h"
#include "acme/jws.h"
#include "fuzz.h"

static void look_at_key(struct arena *a, struct slice spki) {
    const char *text, *thumbprint;
    struct error e = {0};
    struct slice again;
    json_t *value;
    CHECK(jwk_text(a, spki, &text, &e) && jwk_thumbprint(a, spki, &thumbprint, &e));
    CHECK(json_read(a, slice_str(text), &value, &e) && jwk_read(a, value, &again, &e));
    CHECK(slice_equal(spki, again) && strlen(thumbprint) == 43);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct jws jws;
    if (size == 0)
        return 0;
    enum jws_use use = (enum jws_use)(data[0] % (JWS_EXTERNAL_ACCOUNT + 1));
    if (!jws_read(a, use, slice_of(data + 1, size - 1), &jws, &e))
        return 0;
    CHECK(jws.url && jws.algorithm && (jws.kid == NULL) == (jws.spki.len > 0));
    CHECK(use == JWS_REQUEST || !jws.nonce);
    if (jws.spki.len) {
        look_at_key(a, jws.spki);
        (void)jws_verify(&jws, jws.spki, &e);
    }
    if (use == JWS_EXTERNAL_ACCOUNT)
        (void)jws_verify_mac(&jws, slice_str("a key of sixteen or more"), &e);
    return 0;
}
