/*
 * A secret: a private key, a pass phrase, a master key. It is wiped when its arena is, and it has no
 * formatter: the bytes are reached only through secret_bytes, which is easy to search for.
 */
#pragma once
#include "base/arena.h"

struct secret;

struct secret *secret_new(struct arena *a, const void *p, size_t len);
/* For filling in place: zeroes at first. A NUL follows the end. */
uint8_t *secret_bytes(const struct secret *s);
size_t secret_len(const struct secret *s);
struct slice secret_slice(const struct secret *s);
/* In constant time. */
bool secret_equal(const struct secret *a, const struct secret *b);
