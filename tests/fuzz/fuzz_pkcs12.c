/* PKCS#12 with the right pass phrase, so that the decrypted inside is reached. */
#include "fuzz.h"
#include "pki/pkcs12.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct pkcs12 content;
    struct slice input = slice_of(data, size);
    if (!pkcs12_is(input))
        return 0;
    pkcs12_read(a, input, secret_new(a, "secret", 6), &content, &e);
    pkcs12_read(a, input, NULL, &content, &e);
    return 0;
}
