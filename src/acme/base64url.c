/* base64url by libsodium, which is as strict as RFC 7515 wants it. */
#include "acme/base64url.h"
#include <sodium.h>

const char *base64url_text(struct arena *a, struct slice bytes) {
    size_t size = sodium_base64_encoded_len(bytes.len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *text = arena_alloc(a, size);
    return sodium_bin2base64(text, size, bytes.p, bytes.len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static bool decode(struct arena *a, const char *text, int variant, struct slice *bytes) {
    size_t len = strlen(text), size = len / 4 * 3 + 3, filled = 0;
    uint8_t *out = arena_alloc(a, size);
    if (sodium_base642bin(out, size, text, len, NULL, &filled, NULL, variant) != 0)
        return false;
    *bytes = slice_of(out, filled);
    return true;
}

bool base64url_bytes(struct arena *a, const char *text, struct slice *bytes) {
    return decode(a, text, sodium_base64_VARIANT_URLSAFE_NO_PADDING, bytes);
}

bool base64_any_bytes(struct arena *a, const char *text, struct slice *bytes) {
    static const int variants[] = {
        sodium_base64_VARIANT_URLSAFE_NO_PADDING,
        sodium_base64_VARIANT_URLSAFE,
        sodium_base64_VARIANT_ORIGINAL_NO_PADDING,
        sodium_base64_VARIANT_ORIGINAL,
    };
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
        if (decode(a, text, variants[i], bytes))
            return true;
    return false;
}

bool base64url_is(const char *text) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t len = strspn(text, alphabet);
    return len > 0 && text[len] == 0;
}
