/* Arena: a list of blocks, a list of cleanups. */
#include "base/arena.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK_SIZE = 8192 };

struct block {
    struct block *next;
    size_t used, size;
    max_align_t data[];
};

struct cleanup {
    struct cleanup *next;
    void (*free_fn)(void *object);
    void *object;
};

struct arena {
    struct block *blocks; /* newest first; the last one is kept by arena_reset */
    struct cleanup *cleanups;
};

static void out_of_memory(void) {
    fputs("tenure: out of memory\n", stderr);
    abort();
}

static struct block *block_new(struct block *next, size_t size) {
    struct block *b = malloc(sizeof *b + size);
    if (!b)
        out_of_memory();
    *b = (struct block){.next = next, .size = size};
    return b;
}

/* A body with a key in it, and the copies that parsers make of it, pass through arenas. */
static void block_wipe(struct block *b) {
    explicit_bzero(b->data, b->used);
    b->used = 0;
}

struct arena *arena_new(void) {
    struct arena *a = calloc(1, sizeof *a);
    if (!a)
        out_of_memory();
    a->blocks = block_new(NULL, BLOCK_SIZE);
    return a;
}

void arena_reset(struct arena *a) {
    for (struct cleanup *c = a->cleanups; c; c = c->next)
        c->free_fn(c->object);
    a->cleanups = NULL;
    while (a->blocks->next) {
        struct block *next = a->blocks->next;
        block_wipe(a->blocks);
        free(a->blocks);
        a->blocks = next;
    }
    block_wipe(a->blocks);
}

void arena_free(struct arena *a) {
    if (!a)
        return;
    arena_reset(a);
    free(a->blocks);
    free(a);
}

void *arena_alloc(struct arena *a, size_t size) {
    const size_t align = sizeof(max_align_t);
    if (size > SIZE_MAX / 2)
        out_of_memory();
    size = (size + align - 1) / align * align;
    struct block *b = a->blocks;
    if (b->size - b->used < size)
        b = a->blocks = block_new(a->blocks, size > BLOCK_SIZE ? size : BLOCK_SIZE);
    void *p = (char *)b->data + b->used;
    b->used += size;
    return memset(p, 0, size);
}

void *arena_array(struct arena *a, size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        out_of_memory();
    return arena_alloc(a, total);
}

void *arena_copy(struct arena *a, const void *p, size_t len) {
    void *copy = arena_alloc(a, len + 1);
    return len ? memcpy(copy, p, len) : copy;
}

char *arena_strndup(struct arena *a, const char *s, size_t len) {
    return s ? arena_copy(a, s, strnlen(s, len)) : NULL;
}

char *arena_lower(struct arena *a, const char *s, size_t len) {
    char *copy = arena_strndup(a, s, len);
    for (char *p = copy; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return copy;
}

char *arena_strdup(struct arena *a, const char *s) {
    return s ? arena_copy(a, s, strlen(s)) : NULL;
}

struct slice arena_slice(struct arena *a, struct slice s) {
    return slice_of(arena_copy(a, s.p, s.len), s.len);
}

char *arena_vprintf(struct arena *a, const char *fmt, va_list args) {
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (len < 0)
        out_of_memory();
    char *s = arena_alloc(a, (size_t)len + 1);
    vsnprintf(s, (size_t)len + 1, fmt, args);
    return s;
}

char *arena_printf(struct arena *a, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    char *s = arena_vprintf(a, fmt, args);
    va_end(args);
    return s;
}

void arena_defer(struct arena *a, void (*free_fn)(void *object), void *object) {
    struct cleanup *c = ARENA_NEW(a, struct cleanup);
    *c = (struct cleanup){.next = a->cleanups, .free_fn = free_fn, .object = object};
    a->cleanups = c;
}
