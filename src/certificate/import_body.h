/* The members of a body that bring a certificate; shared by the routes that take one. */
#pragma once
#include "certificate/certificate.h"

struct import_body {
    const char *certificate, *certificate_base64, *key, *pass_phrase, *tags, *kind, *source_url;
};

#define IMPORT_FIELDS                                                                                        \
    FIELD(TEXT, import_body, certificate, 0, "Certificate and chain, PEM", "证书与证书链(PEM)"),             \
        FIELD(TEXT, import_body, certificate_base64, 0, "The same as DER or PKCS#12, in base64",             \
              "DER 或 PKCS#12 格式的证书(base64)"),                                                          \
        FIELD(TEXT, import_body, key, FIELD_SECRET, "Private key, PEM", "私钥(PEM)"),                        \
        FIELD(TEXT, import_body, pass_phrase, FIELD_SECRET, "Pass phrase of the key or of the PKCS#12",      \
              "私钥或 PKCS#12 的密码")

/* Reads it and has its key sealed; before the transaction. */
bool import_body_read(struct request *rq, const struct import_body *body, struct intake **intake,
                      struct error *e);
