/* CRLs of the local CA (RFC 5280, section 5). */
#pragma once
#include "pki/cert.h"

struct crl_entry {
    const char *serial; /* hex, as in struct cert */
    int64_t revoked_at;
    int reason; /* RFC 5280 CRLReason; 0 is left out, 6 is refused */
};

struct crl_template {
    struct slice issuer_der, issuer_key_id;
    enum key_algorithm issuer_algorithm;
    int64_t number, this_update, next_update;
    const struct crl_entry *entries;
    size_t count;
};

bool crl_build_tbs(struct arena *a, const struct crl_template *t, struct slice *tbs, struct error *e);

enum { CRL_KEY_COMPROMISE = 1 };

/* "keyCompromise" … to its number, -1 if unknown or not allowed for a subscriber; and back. */
int crl_reason_parse(const char *name);
const char *crl_reason_name(int reason);
