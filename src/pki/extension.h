/* X.509 v3 extensions (RFC 5280, 4.2): writing those that certificates, requests and CRLs share, and reading
 * them. */
#pragma once
#include "pki/der.h"

#define OID_SUBJECT_KEY_ID     DER_BYTES("\x55\x1d\x0e")
#define OID_KEY_USAGE          DER_BYTES("\x55\x1d\x0f")
#define OID_SUBJECT_ALT_NAME   DER_BYTES("\x55\x1d\x11")
#define OID_BASIC_CONSTRAINTS  DER_BYTES("\x55\x1d\x13")
#define OID_CRL_NUMBER         DER_BYTES("\x55\x1d\x14")
#define OID_REASON_CODE        DER_BYTES("\x55\x1d\x15")
#define OID_CRL_DISTRIBUTION   DER_BYTES("\x55\x1d\x1f")
#define OID_POLICIES           DER_BYTES("\x55\x1d\x20")
#define OID_AUTHORITY_KEY_ID   DER_BYTES("\x55\x1d\x23")
#define OID_EXTENDED_KEY_USAGE DER_BYTES("\x55\x1d\x25")
#define OID_AUTHORITY_INFO     DER_BYTES("\x2b\x06\x01\x05\x05\x07\x01\x01")
#define OID_ACME_IDENTIFIER    DER_BYTES("\x2b\x06\x01\x05\x05\x07\x01\x1f")
#define OID_ACCESS_OCSP        DER_BYTES("\x2b\x06\x01\x05\x05\x07\x30\x01")
#define OID_ACCESS_ISSUER      DER_BYTES("\x2b\x06\x01\x05\x05\x07\x30\x02")
#define OID_COMMON_NAME        DER_BYTES("\x55\x04\x03")

enum { EXTENSION_MAX = 64 * 1024 };

struct extension {
    struct slice oid, value; /* the value without its OCTET STRING */
    bool critical;
};

/* ---- writing ---- */

void extension_put(struct buf *b, struct slice oid, bool critical, struct slice value);
void extension_put_names(struct buf *b, const char *names, bool critical);
void extension_put_authority_key_id(struct buf *b, struct slice key_id);

/* ---- reading ---- */

/* Takes the first extension of a list. */
bool extension_next(struct slice *list, struct extension *extension);
/* False if there is none with this id. */
bool extension_find(struct slice list, struct slice oid, struct extension *extension);
/*
 * What a subjectAltName holds of dNSName and iPAddress, as in struct cert; other kinds are counted. False if
 * it cannot be read, or if a name has characters that no host name has.
 */
bool extension_read_names(struct arena *a, struct slice value, const char **names, size_t *others);
/* The first http URL of a CRLDistributionPoints; of an AuthorityInfoAccess that of one access method. */
const char *extension_crl_url(struct arena *a, struct slice value);
const char *extension_access_url(struct arena *a, struct slice value, struct slice method);
