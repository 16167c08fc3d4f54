/*
 * What people bring: PEM with certificates and perhaps a key, in any order; DER; PKCS#12.
 * Sorted out here: one leaf, its chain, its key. SPEC section 18 says what each kind of bad input is
 * answered.
 */
#pragma once
#include "pki/cert.h"

enum { IMPORT_CERTS_MAX = 16, IMPORT_BYTES_MAX = 256 * 1024 };

struct import {
    struct cert leaf;
    const struct cert *chain; /* without the leaf, from its issuer upwards */
    size_t chain_count;
    struct secret *pkcs8; /* NULL if no key came with it */
};

/*
 * `certificate`: PEM, DER or PKCS#12; `key`: PEM or empty (then one inside `certificate` counts).
 * ERR_MALFORMED_CERTIFICATE (also several leaves, trailing garbage), ERR_MALFORMED_KEY, ERR_KEY_MISMATCH,
 * ERR_KEY_PASS_PHRASE, ERR_WEAK_KEY.
 */
bool import_read(struct arena *a, struct slice certificate, struct slice key,
                 const struct secret *pass_phrase, struct import *import, struct error *e);

/* PKCS#12 for IIS, Tomcat and Java; `legacy` for what cannot read AES. pass_phrase must not be empty. */
bool pkcs12_make(struct arena *a, struct slice leaf_der, const struct slice *chain, size_t chain_count,
                 const struct secret *pkcs8, const struct secret *pass_phrase, bool legacy, struct slice *der,
                 struct error *e);
