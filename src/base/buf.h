/*
 * A growing byte buffer with a maximum, living in an arena. Past the maximum nothing is added and
 * `overflow` stays set, so a writer checks once, at the end.
 */
#pragma once
#include "base/arena.h"

struct buf {
    struct arena *arena;
    char *p; /* always NUL-terminated; valid until the next addition */
    size_t len, cap, max;
    bool overflow;
};

struct buf buf_new(struct arena *a, size_t max);
/* Room for the maximum at once: what grows by doubling would take twice as much. */
void buf_reserve(struct buf *b);
void buf_add(struct buf *b, const void *p, size_t len);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Big-endian integers and length-prefixed (u32) bytes, for messages between our own processes. */
void buf_u8(struct buf *b, uint8_t v);
void buf_u32(struct buf *b, uint32_t v);
void buf_u64(struct buf *b, uint64_t v);
void buf_bytes(struct buf *b, struct slice s);

static inline struct slice buf_slice(const struct buf *b) {
    return slice_of(b->p, b->len);
}

/* The reading side of the same messages: past the end everything is zero or empty and `bad` stays set. */
struct reader {
    struct slice rest;
    bool bad;
};

uint8_t read_u8(struct reader *r);
uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);
struct slice read_bytes(struct reader *r);
/* A string of the message, copied and NUL-terminated; a NUL inside makes the message bad. */
const char *read_str(struct reader *r, struct arena *a);
