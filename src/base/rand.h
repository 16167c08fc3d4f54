/*
 * The one source of randomness besides the keys that OpenSSL makes in the signer. The simulation seeds it;
 * everything else gets the kernel's.
 */
#pragma once
#include "base/arena.h"

void rand_bytes(void *p, size_t len);
/* Uniform in [0, limit); 0 for limit 0. */
uint64_t rand_below(uint64_t limit);
/* From now on everything is derived from `seed` (SplitMix64). Tests and the simulation only. */
void rand_seed(uint64_t seed);

/*
 * A sortable text id: prefix, '_', 26 characters of lower-case base32 (Crockford): 7 for the seconds of
 * `now`, 6 that count up within it from a random number, 13 of randomness (65 bits). So the ids of one
 * process sort in the order in which they were made; those of several are in any order within a second.
 */
const char *id_new(struct arena *a, const char *prefix, int64_t now);
/* The id before all that are made at `t` or later, and behind all made before. */
const char *id_floor(struct arena *a, const char *prefix, int64_t t);
/* True if `s` has exactly that shape. */
bool id_valid(const char *s, const char *prefix);
