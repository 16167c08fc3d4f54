/* The parts of a TBSCertificate (RFC 5280, 4.1), as they lie in its DER. */
#pragma once
#include "pki/extension.h"

struct tbs {
    uint8_t version;                               /* as encoded: 2 is v3 */
    struct slice serial;                           /* the content of the INTEGER */
    struct slice algorithm, issuer, subject, spki; /* whole values, with tag and length */
    int64_t not_before, not_after;
    struct slice extensions; /* one after the other; empty if there are none */
};

/* False unless it has exactly these parts; `where` then names the one that cannot be read. */
bool tbs_read(struct slice der, struct tbs *tbs, const char **where);
