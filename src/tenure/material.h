/* What a file of certificates, requests and keys holds, in whatever format: for the tools that need no
 * daemon. */
#pragma once
#include "base/field.h"
#include "pki/csr.h"

enum { MATERIAL_ITEMS_MAX = 64, MATERIAL_BYTES_MAX = 1024 * 1024 };

enum material_kind { MATERIAL_CERTIFICATE, MATERIAL_REQUEST, MATERIAL_KEY };

struct material_item {
    enum material_kind kind;
    struct cert cert; /* by kind: one of these three */
    struct csr csr;
    struct secret *pkcs8; /* NULL: the key is encrypted, and no pass phrase was given */
    struct slice spki;    /* empty where pkcs8 is NULL */
};

struct material {
    struct slice bytes;          /* of the file; of the PKCS#12 that was made of a Java key store */
    struct material_item *items; /* in the order of the file */
    size_t count;
};

/*
 * PEM with any number of blocks, DER of a certificate or request, PKCS#12, JKS. pass_phrase may be NULL.
 * ERR_CSR_… for a request that is not in order; ERR_KEY_PASS_PHRASE, ERR_MALFORMED_….
 */
bool material_read(struct arena *a, const char *path, const struct secret *pass_phrase, struct material *m,
                   struct error *e);
/* The first of a kind; NULL if there is none. */
const struct material_item *material_first(const struct material *m, enum material_kind kind);
