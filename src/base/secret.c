/* Secrets: memory of their own, wiped at the end. */
#include "base/secret.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct secret {
    size_t len;
    uint8_t bytes[];
};

static void wipe(void *object) {
    struct secret *s = object;
    explicit_bzero(s->bytes, s->len);
    free(s);
}

struct secret *secret_new(struct arena *a, const void *p, size_t len) {
    struct secret *s = calloc(1, sizeof *s + len + 1); /* NUL-terminated for libraries that want a string */
    if (!s) {
        fputs("tenure: out of memory\n", stderr);
        abort();
    }
    s->len = len;
    if (p && len)
        memcpy(s->bytes, p, len);
    arena_defer(a, wipe, s);
    return s;
}

uint8_t *secret_bytes(const struct secret *s) {
    return (uint8_t *)s->bytes;
}

size_t secret_len(const struct secret *s) {
    return s->len;
}

struct slice secret_slice(const struct secret *s) {
    return slice_of(s->bytes, s->len);
}

bool secret_equal(const struct secret *a, const struct secret *b) {
    if (a->len != b->len)
        return false;
    unsigned difference = 0;
    for (size_t i = 0; i < a->len; i++)
        difference |= a->bytes[i] ^ b->bytes[i];
    return difference == 0;
}
