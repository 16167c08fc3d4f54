/* Signatures over bodies: HMAC-SHA256 by libsodium. */
#include "http/signature.h"
#include <sodium.h>

enum { SECONDS_DIGITS_MAX = 12, HEX_LEN = 2 * HMAC_BYTES };

void hmac_sha256(struct slice key, struct slice text, uint8_t mac[HMAC_BYTES]) {
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key.p, key.len);
    crypto_auth_hmacsha256_update(&state, text.p, text.len);
    crypto_auth_hmacsha256_final(&state, mac);
}

/* Of "SECONDS.BODY"; the seconds as they stand in the header. */
static void sign(struct slice secret, struct slice seconds, struct slice body, uint8_t mac[HMAC_BYTES]) {
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, secret.p, secret.len);
    crypto_auth_hmacsha256_update(&state, seconds.p, seconds.len);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)".", 1);
    crypto_auth_hmacsha256_update(&state, body.p, body.len);
    crypto_auth_hmacsha256_final(&state, mac);
}

const char *signature_make(struct arena *a, struct slice secret, int64_t now, struct slice body) {
    uint8_t mac[HMAC_BYTES];
    char hex[HEX_LEN + 1];
    const char *seconds = arena_printf(a, "%lld", (long long)now);
    sign(secret, slice_str(seconds), body, mac);
    sodium_bin2hex(hex, sizeof hex, mac, sizeof mac);
    return arena_printf(a, "t=%s,v1=%s", seconds, hex);
}

struct parts {
    struct slice seconds;
    int64_t at;
    uint8_t mac[HMAC_BYTES];
};

static bool parse(const char *header, struct parts *parts) {
    static const char by[] = ",v1=";
    size_t mac_len;
    if (!header || strncmp(header, "t=", 2) != 0)
        return false;
    const char *seconds = header + 2;
    size_t digits = strspn(seconds, "0123456789");
    if (digits == 0 || digits > SECONDS_DIGITS_MAX || strncmp(seconds + digits, by, sizeof by - 1) != 0)
        return false;
    const char *hex = seconds + digits + sizeof by - 1;
    parts->seconds = slice_of(seconds, digits);
    parts->at = 0;
    for (size_t i = 0; i < digits; i++)
        parts->at = parts->at * 10 + (seconds[i] - '0');
    return strlen(hex) == HEX_LEN &&
           sodium_hex2bin(parts->mac, sizeof parts->mac, hex, HEX_LEN, NULL, &mac_len, NULL) == 0 &&
           mac_len == HMAC_BYTES;
}

bool signature_check(struct slice secret, const char *header, struct slice body, int64_t now,
                     struct error *e) {
    struct parts parts;
    uint8_t mac[HMAC_BYTES];
    if (!parse(header, &parts))
        return fail(e, ERR_SIGNATURE_REFUSED, "%s is not t=SECONDS,v1=HEX", "%s 不是 t=秒数,v1=十六进制",
                    SIGNATURE_HEADER);
    sign(secret, parts.seconds, body, mac);
    if (sodium_memcmp(mac, parts.mac, sizeof mac) != 0)
        return fail(e, ERR_SIGNATURE_REFUSED, "the signature is not by the shared secret over this body",
                    "签名与共享密钥或请求体不符");
    return (parts.at <= now + SIGNATURE_TOLERANCE && parts.at >= now - SIGNATURE_TOLERANCE) ||
           fail(e, ERR_SIGNATURE_REFUSED, "it was signed at %lld; here it is %lld, more than %d s away",
                "签名时间为 %lld,当前时间为 %lld,相差超过 %d 秒", (long long)parts.at, (long long)now,
                SIGNATURE_TOLERANCE);
}
