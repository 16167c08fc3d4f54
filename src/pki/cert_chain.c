/* Who issued whom: one signature, and chains built out of a heap of certificates. */
#include "pki/cert.h"
#include "pki/digest.h"
#include "pki/openssl.h"
#include <limits.h>

static X509 *decode(const struct cert *cert) {
    const uint8_t *p = cert->der.p;
    return cert->der.len <= LONG_MAX ? d2i_X509(NULL, &p, (long)cert->der.len) : NULL;
}

/* Those of CAs that were needed last: decoding one takes ten times as long as verifying with it. */
enum { KNOWN_ISSUERS = 8 };

static struct issuer {
    char digest[SHA256_HEX_SIZE];
    X509 *decoded;
} known_issuers[KNOWN_ISSUERS];

/* NULL if it cannot be decoded. */
static X509 *decode_issuer(const struct cert *cert, const char *digest) {
    static size_t next;
    for (size_t i = 0; i < KNOWN_ISSUERS; i++)
        if (known_issuers[i].decoded && strcmp(known_issuers[i].digest, digest) == 0)
            return known_issuers[i].decoded;
    struct issuer *place = &known_issuers[next++ % KNOWN_ISSUERS];
    X509_free(place->decoded);
    place->decoded = decode(cert);
    memcpy(place->digest, digest, SHA256_HEX_SIZE);
    return place->decoded;
}

static bool verify(const struct cert *cert, const struct cert *issuer, const char *issuer_digest) {
    AUTO(X509) child = decode(cert);
    X509 *parent = decode_issuer(issuer, issuer_digest);
    EVP_PKEY *key = parent ? X509_get0_pubkey(parent) : NULL;
    bool issued =
        child && key && X509_check_issued(parent, child) == X509_V_OK && X509_verify(child, key) == 1;
    ERR_clear_error();
    return issued;
}

/* Who was found to have issued whom, of late: that never changes, and the same few certificates of CAs stand
 * above every leaf. */
enum { KNOWN_PAIRS = 64 };

static struct pair {
    char cert[SHA256_HEX_SIZE], issuer[SHA256_HEX_SIZE]; /* of all of their octets */
} known_pairs[KNOWN_PAIRS];

static bool is_known(const struct pair *pair) {
    for (size_t i = 0; i < KNOWN_PAIRS; i++)
        if (memcmp(&known_pairs[i], pair, sizeof *pair) == 0)
            return true;
    return false;
}

static void remember(const struct pair *pair) {
    static size_t next;
    known_pairs[next++ % KNOWN_PAIRS] = *pair;
}

/* Names must be the same octet for octet, as the Baseline Requirements (7.1.4.1) have it: cheap to tell at
 * first. */
bool cert_issued_by(const struct cert *cert, const struct cert *issuer) {
    struct pair pair;
    if (!slice_equal(cert->issuer_der, issuer->subject_der))
        return false;
    digest_sha256_hex(cert->der, pair.cert);
    digest_sha256_hex(issuer->der, pair.issuer);
    if (is_known(&pair))
        return true;
    bool issued = verify(cert, issuer, pair.issuer);
    if (issued)
        remember(&pair);
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
