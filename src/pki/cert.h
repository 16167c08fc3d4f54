/*
 * Certificates: parsing what came from outside into a struct, and building what the local CA signs (RFC
 * 5280). The only users of OpenSSL are pki/, signer/ and acme/: nothing of it shows in these headers.
 */
#pragma once
#include "pki/key.h"

enum { ACME_IDENTIFIER_SIZE = 32 };

struct cert {
    struct slice der;
    struct slice tbs, signature, spki;
    const char *serial; /* lower-case hex, two digits an octet, without leading zero octets, as `openssl x509
                           -serial` has it */
    const char *subject, *issuer; /* RFC 2253 text */
    struct slice subject_der, issuer_der;
    const char *names; /* dNSName and iPAddress of the SAN (else the CN), lower case, as it stands, one space
                          between */
    int64_t not_before;
    int64_t end;             /* notAfter + 1: the first second that is no longer covered */
    const char *fingerprint; /* SHA-256 of the DER, lower-case hex */
    const char *spki_sha256; /* of the SPKI, lower-case hex */
    struct slice subject_key_id, authority_key_id; /* empty if absent */
    enum key_algorithm algorithm;                  /* KEY_UNKNOWN if it is none of ours */
    const char *signature_algorithm;
    bool is_ca, self_issued, weak;
    const char *crl_url, *ocsp_url, *issuer_url; /* or NULL */
};

/* One DER certificate and nothing after it; ERR_MALFORMED_CERTIFICATE says where it went wrong. */
bool cert_parse(struct arena *a, struct slice der, struct cert *cert, struct error *e);
const char *cert_to_pem(struct arena *a, struct slice der);
/* All certificates of a PEM text, in its order; at most `max`. Text between the blocks is skipped, other
 * blocks too. */
bool cert_list_from_pem(struct arena *a, struct slice pem, size_t max, struct cert **certs, size_t *count,
                        struct error *e);

/* The critical acmeIdentifier of a certificate of tls-alpn-01 (RFC 8737): 32 bytes; false if it has none. */
bool cert_acme_identifier(const struct cert *cert, struct slice *digest);

/* The signature of `cert` verifies with the key of `issuer`, and the names match. */
bool cert_issued_by(const struct cert *cert, const struct cert *issuer);
/*
 * `chain`: without the leaf, from its issuer upwards, each verified by the next, unneeded ones dropped; as
 * long as it can be built. True if it ends in a self-issued certificate (which a leaf may be itself).
 */
bool cert_chain_build(struct arena *a, const struct cert *leaf, const struct cert *pool, size_t pool_count,
                      const struct cert **chain, size_t *count);

/* What the local CA signs. */
struct cert_template {
    bool ca;
    int path_len;            /* CA only; -1 for none */
    const char *common_name; /* CA: its name; leaf: usually NULL, the names are in the SAN */
    const char *names;       /* leaf: DNS names (A-labels, wildcards) and IP addresses, one space between */
    struct slice serial;     /* big-endian, positive */
    int64_t not_before, end;
    struct slice spki;
    struct slice issuer_der; /* the issuer's subject; empty: self-issued */
    struct slice issuer_key_id;
    enum key_algorithm issuer_algorithm;
    const char *crl_url, *issuer_url; /* or NULL */
};

/* DER of the TBSCertificate, by the fast path of facts: SPKI bytes copied, extensions prebuilt. */
bool cert_build_tbs(struct arena *a, const struct cert_template *t, struct slice *tbs, struct error *e);
/* The Baseline Requirements' subset for the to-be-signed certificate; ERR_ISSUE_REFUSED names the rule. */
bool cert_lint_tbs(struct arena *a, struct slice tbs, int64_t now, struct error *e);
/* TBS and signature to a certificate, CSR or CRL: SEQUENCE { tbs, algorithm, BIT STRING }. */
bool cert_assemble(struct arena *a, struct slice tbs, enum key_algorithm signer, struct slice signature,
                   struct slice *der, struct error *e);
/* The subject key identifier: SHA-1 of the key bits (RFC 5280, 4.2.1.2 method 1). */
struct slice cert_key_id(struct arena *a, struct slice spki);
/* 16 random bytes, positive: 127 bits. */
struct slice cert_new_serial(struct arena *a);
