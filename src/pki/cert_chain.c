/* Who issued whom: one signature, and chains built out of a heap of certificates. */
#include "pki/cert.h"
#include "pki/openssl.h"
#include <limits.h>

static X509 *decode(const struct cert *cert) {
    const uint8_t *p = cert->der.p;
    return cert->der.len <= LONG_MAX ? d2i_X509(NULL, &p, (long)cert->der.len) : NULL;
}

/* Names must be the same octet for octet, as the Baseline Requirements (7.1.4.1) have it: cheap to tell at
 * first. */
bool cert_issued_by(const struct cert *cert, const struct cert *issuer) {
    if (!slice_equal(cert->issuer_der, issuer->subject_der))
        return false;
    AUTO(X509) child = decode(cert);
    AUTO(X509) parent = decode(issuer);
    EVP_PKEY *key = parent ? X509_get0_pubkey(parent) : NULL;
    bool issued =
        child && key && X509_check_issued(parent, child) == X509_V_OK && X509_verify(child, key) == 1;
    ERR_clear_error();
    return issued;
}

static const struct cert *find_issuer(const struct cert *cert, const struct cert *pool, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (pool[i].is_ca && cert_issued_by(cert, &pool[i]))
            return &pool[i];
    return NULL;
}

bool cert_chain_build(struct arena *a, const struct cert *leaf, const struct cert *pool, size_t pool_count,
                      const struct cert **chain, size_t *count) {
    struct cert *found = ARENA_ARRAY(a, pool_count, struct cert);
    const struct cert *top = leaf;
    *chain = found;
    /* A chain cannot be longer than the pool: cross-signed circles end there. */
    for (*count = 0; *count < pool_count && !top->self_issued; ++*count) {
        const struct cert *issuer = find_issuer(top, pool, pool_count);
        if (!issuer)
            return false;
        found[*count] = *issuer;
        top = &found[*count];
    }
    return top->self_issued;
}
