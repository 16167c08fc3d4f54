/*
 * Keys: the algorithms Tenure knows, public keys as SubjectPublicKeyInfo, and the weak-key checks of SPEC
 * section 8. Private keys are handled by signer/ alone, except that an import brings one (import.h) on its
 * way there.
 */
#pragma once
#include "base/error.h"
#include "base/secret.h"

enum key_algorithm {
    KEY_UNKNOWN,
    KEY_RSA_2048,
    KEY_RSA_3072,
    KEY_RSA_4096,
    KEY_RSA_OTHER, /* 2048 bits or more, but none of the above: may be imported, is never made */
    KEY_P256,
    KEY_P384,
    KEY_ED25519,
    KEY_ALGORITHM_COUNT
};

/* "rsa2048", "p256" …; KEY_UNKNOWN for any other text. */
enum key_algorithm key_algorithm_parse(const char *name);
const char *key_algorithm_name(enum key_algorithm algorithm);
/* "RSA", "ECC": the key family of a specification. */
const char *key_family(enum key_algorithm algorithm);
static inline bool key_is_rsa(enum key_algorithm algorithm) {
    return algorithm >= KEY_RSA_2048 && algorithm <= KEY_RSA_OTHER;
}

/*
 * The AlgorithmIdentifier (DER) of the signatures such a key makes here: SHA-256 with RSA (PKCS #1 1.5) and
 * P-256, SHA-384 with P-384, Ed25519; empty for KEY_UNKNOWN.
 */
struct slice key_signature_algorithm(enum key_algorithm algorithm);

/*
 * The algorithm of a DER SubjectPublicKeyInfo; ERR_WEAK_KEY with the rule that is broken,
 * ERR_KEY_UNSUPPORTED, ERR_MALFORMED_KEY (then *algorithm is KEY_UNKNOWN). Microseconds for elliptic curves,
 * a millisecond for RSA.
 */
bool key_check(struct slice spki, enum key_algorithm *algorithm, struct error *e);
/* The public part of a PKCS#8 DER private key. */
bool key_public(struct arena *a, const struct secret *pkcs8, struct slice *spki, struct error *e);
/*
 * A PEM private key (PKCS#8 plain or encrypted, PKCS#1, SEC 1) to PKCS#8 DER; its two halves fit. pass_phrase
 * may be NULL. Exactly one key; other blocks are skipped. ERR_MALFORMED_KEY, ERR_KEY_PASS_PHRASE.
 */
bool key_from_pem(struct arena *a, struct slice pem, const struct secret *pass_phrase, struct secret **pkcs8,
                  struct error *e);
/* PKCS#8 PEM, for download and deployment. */
bool key_to_pem(struct arena *a, const struct secret *pkcs8, struct secret **pem, struct error *e);
