/* PEM (RFC 7468): finding the blocks of a text, and writing one. */
#pragma once
#include "base/arena.h"

/* Steps through the blocks; text before and between them is skipped. */
struct pem_reader {
    struct slice rest;
    size_t line; /* of what comes next, from 1 */
    bool bad;    /* a block without its end, or text after the last block; `line` says where */
};

struct pem_block {
    struct slice label; /* "CERTIFICATE" */
    struct slice text;  /* from -----BEGIN to the end of -----END */
    struct slice body;  /* what is between the two lines */
    size_t line;        /* of its -----BEGIN */
};

static inline struct pem_reader pem_reader(struct slice text) {
    return (struct pem_reader){.rest = text, .line = 1};
}

/* False after the last block, and if the text is bad. */
bool pem_next(struct pem_reader *r, struct pem_block *block);
bool pem_has_label(const struct pem_block *block, const char *label);
/* Its bytes; not for secrets: they go into the arena. */
bool pem_decode(struct arena *a, const struct pem_block *block, struct slice *der);
/* True if the text holds a block at all (else it may be DER). */
bool pem_is(struct slice text);

/* The size of a block with its final NUL, and writing it: `out` may be in memory that is wiped. */
size_t pem_size(const char *label, size_t der_len);
void pem_write(const char *label, struct slice der, char *out);
