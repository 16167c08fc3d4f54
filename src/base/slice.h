/* A run of bytes that somebody else owns: DER, digests, bodies. Never NUL-terminated by promise. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const uint8_t *p;
    size_t len;
};

static inline struct slice slice_of(const void *p, size_t len) {
    return (struct slice){p, len};
}

/* The bytes of a C string, without its NUL; empty for NULL. */
static inline struct slice slice_str(const char *s) {
    return (struct slice){(const uint8_t *)s, s ? strlen(s) : 0};
}

/* FNV-1a: for tables and rhythms, not against anybody who would make two fall together. */
static inline uint64_t slice_hash(struct slice s) {
    uint64_t hash = UINT64_C(1469598103934665603);
    for (size_t i = 0; i < s.len; i++)
        hash = (hash ^ s.p[i]) * UINT64_C(1099511628211);
    return hash;
}

static inline bool slice_equal(struct slice a, struct slice b) {
    return a.len == b.len && (a.len == 0 || (a.p && b.p && memcmp(a.p, b.p, a.len) == 0));
}
