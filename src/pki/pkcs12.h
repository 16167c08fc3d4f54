/* Reading PKCS#12 (RFC 7292); what import.c makes of it is another matter. */
#pragma once
#include "pki/cert.h"

struct pkcs12 {
    struct cert *certs; /* in the order of the file */
    size_t count;
    struct secret *pkcs8; /* NULL if there is none */
};

/* It begins like one (a certificate does not). */
bool pkcs12_is(struct slice bytes);
/* ERR_MALFORMED_CERTIFICATE, ERR_MALFORMED_KEY, ERR_KEY_PASS_PHRASE. pass_phrase may be NULL. */
bool pkcs12_read(struct arena *a, struct slice der, const struct secret *pass_phrase, struct pkcs12 *content,
                 struct error *e);
