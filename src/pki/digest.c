/* Digests and hex. */
#include "pki/digest.h"
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

enum { SHA256_LEN = 32 };

static void write_hex(struct slice bytes, char *out) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.len; i++) {
        *out++ = digits[bytes.p[i] >> 4];
        *out++ = digits[bytes.p[i] & 15];
    }
    *out = 0;
}

/* Fetched once: what EVP_sha256() gives is fetched anew for each digest. */
static const EVP_MD *sha256(void) {
    static EVP_MD *md;
    if (!md)
        md = EVP_MD_fetch(NULL, "SHA256", NULL);
    return md;
}

void digest_sha256_hex(struct slice bytes, char hex[SHA256_HEX_SIZE]) {
    uint8_t digest[SHA256_LEN];
    if (!sha256() || !EVP_Digest(bytes.p, bytes.len, digest, NULL, sha256(), NULL)) {
        fputs("tenure: SHA-256 is not available\n", stderr);
        abort();
    }
    write_hex(slice_of(digest, sizeof digest), hex);
}

const char *hex_text(struct arena *a, struct slice bytes) {
    char *out = arena_alloc(a, bytes.len * 2 + 1);
    write_hex(bytes, out);
    return out;
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_bytes(struct arena *a, const char *hex, struct slice *bytes) {
    size_t len = strlen(hex) / 2;
    uint8_t *out = arena_alloc(a, len + 1);
    for (size_t i = 0; i < len; i++) {
        int high = hex_value(hex[2 * i]), low = hex_value(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    *bytes = slice_of(out, len);
    return hex[2 * len] == 0;
}
