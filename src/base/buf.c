/* Growing buffer, and the reader of what it wrote. */
#include "base/buf.h"
#include <endian.h>
#include <stdio.h>

struct buf buf_new(struct arena *a, size_t max) {
    return (struct buf){.arena = a, .p = arena_alloc(a, 1), .cap = 1, .max = max};
}

static void grow(struct buf *b, size_t cap) {
    char *p = arena_alloc(b->arena, cap);
    memcpy(p, b->p, b->len);
    b->p = p;
    b->cap = cap;
}

static bool buf_room(struct buf *b, size_t len) {
    if (b->overflow || len > b->max - b->len) {
        b->overflow = true;
        return false;
    }
    if (b->cap - b->len > len)
        return true;
    size_t cap = b->cap < 128 ? 256 : b->cap * 2;
    while (cap - b->len <= len)
        cap *= 2;
    grow(b, cap);
    return true;
}

void buf_reserve(struct buf *b) {
    if (b->cap <= b->max)
        grow(b, b->max + 1);
}

void buf_add(struct buf *b, const void *p, size_t len) {
    if (len == 0 || !buf_room(b, len))
        return;
    memcpy(b->p + b->len, p, len);
    b->len += len;
    b->p[b->len] = 0;
}

void buf_str(struct buf *b, const char *s) {
    buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c) {
    buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    buf_str(b, arena_vprintf(b->arena, fmt, args));
    va_end(args);
}

void buf_u8(struct buf *b, uint8_t v) {
    buf_add(b, &v, 1);
}

void buf_u32(struct buf *b, uint32_t v) {
    v = htobe32(v);
    buf_add(b, &v, sizeof v);
}

void buf_u64(struct buf *b, uint64_t v) {
    v = htobe64(v);
    buf_add(b, &v, sizeof v);
}

void buf_bytes(struct buf *b, struct slice s) {
    buf_u32(b, (uint32_t)s.len);
    buf_add(b, s.p, s.len);
}

static const uint8_t *take(struct reader *r, size_t len) {
    if (r->bad || len > r->rest.len) {
        r->bad = true;
        return NULL;
    }
    const uint8_t *p = r->rest.p;
    r->rest = slice_of(p + len, r->rest.len - len);
    return p;
}

uint8_t read_u8(struct reader *r) {
    const uint8_t *p = take(r, 1);
    return p ? *p : 0;
}

uint32_t read_u32(struct reader *r) {
    uint32_t v = 0;
    const uint8_t *p = take(r, sizeof v);
    if (p)
        memcpy(&v, p, sizeof v);
    return be32toh(v);
}

uint64_t read_u64(struct reader *r) {
    uint64_t v = 0;
    const uint8_t *p = take(r, sizeof v);
    if (p)
        memcpy(&v, p, sizeof v);
    return be64toh(v);
}

struct slice read_bytes(struct reader *r) {
    uint32_t len = read_u32(r);
    const uint8_t *p = take(r, len);
    return slice_of(p, p ? len : 0);
}

const char *read_str(struct reader *r, struct arena *a) {
    struct slice s = read_bytes(r);
    if (s.len && memchr(s.p, 0, s.len))
        r->bad = true;
    return r->bad ? "" : arena_copy(a, s.p, s.len);
}
