/*
 * Arena: memory of one request, one step or one command, wiped and released at once.
 * Whatever a function returns by pointer lives in the arena it was given. Out of memory ends the process
 * (the supervisor starts the role again), so nothing here returns NULL.
 */
#pragma once
#include "base/slice.h"
#include <stdarg.h>

struct arena;

struct arena *arena_new(void);
/* Runs the cleanups (newest first), wipes and frees everything; NULL is allowed. */
void arena_free(struct arena *a);
/* Like arena_free, but keeps the arena and its first block for the next round. */
void arena_reset(struct arena *a);

/* Zeroed memory, aligned for any type. */
void *arena_alloc(struct arena *a, size_t size) __attribute__((malloc, returns_nonnull));
void *arena_array(struct arena *a, size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *arena_copy(struct arena *a, const void *p, size_t len);
/* NULL stays NULL. */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t len);
/* The same in lower case. */
char *arena_lower(struct arena *a, const char *s, size_t len);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));
struct slice arena_slice(struct arena *a, struct slice s);

/* Calls free_fn(object) when the arena is reset or freed: for objects of foreign libraries. */
void arena_defer(struct arena *a, void (*free_fn)(void *object), void *object);

#define ARENA_NEW(a, type)          ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, count, type) ((type *)arena_array((a), (count), sizeof(type)))

static inline void arena_free_auto(struct arena **a) {
    arena_free(*a);
}
/* An arena that ends with the block: `AUTO_ARENA a = arena_new();` */
#define AUTO_ARENA __attribute__((cleanup(arena_free_auto))) struct arena *
