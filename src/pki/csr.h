/* Certificate requests (PKCS#10, RFC 2986). Extensions in a request are never copied into a certificate. */
#pragma once
#include "pki/cert.h"

struct csr {
    struct slice der, tbs, signature, spki;
    enum key_algorithm algorithm;
    const char *names; /* SAN, else the CN; as in struct cert */
    const char *subject;
};

/* PEM or DER; its signature is verified; weak keys are refused. ERR_CSR_MALFORMED, ERR_CSR_SIGNATURE,
 * ERR_CSR_WEAK_KEY. */
bool csr_parse(struct arena *a, struct slice text, struct csr *csr, struct error *e);
/* DER of the CertificationRequestInfo with an empty subject and the names as SAN. */
bool csr_build_tbs(struct arena *a, const char *names, struct slice spki, struct slice *tbs, struct error *e);
/* The same with a subject: DER of a Name. */
bool csr_build_tbs_for(struct arena *a, struct slice subject, const char *names, struct slice spki,
                       struct slice *tbs, struct error *e);
const char *csr_to_pem(struct arena *a, struct slice der);
