/*
 * Nonces (RFC 8555, 6.5) that need no storage: a running number and its MAC under a key that the process has
 * made up. A bit for each number of a window says whether it was used; older ones are refused.
 */
#pragma once
#include "base/arena.h"

enum { NONCE_WINDOW = 1 << 20, NONCE_KEY = 32 };

struct nonces {
    uint8_t key[NONCE_KEY];
    uint64_t next;
    uint8_t *used; /* a bit for each of the last NONCE_WINDOW numbers */
};

void nonces_begin(struct nonces *nonces, struct arena *a);
const char *nonce_new(struct nonces *nonces, struct arena *a);
/* True once for each that was given out. */
bool nonce_use(struct nonces *nonces, struct arena *a, const char *text);
