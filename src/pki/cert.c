/*
 * Certificates from outside. d2i_X509 would spend 250 microseconds on building a decoder for the key, ten
 * times all the rest, and every renewal parses one: so the strict DER reader takes them
 * apart, and OpenSSL only puts names into words.
 */
#include "pki/cert.h"
#include "pki/digest.h"
#include "pki/pem.h"
#include "pki/tbs.h"
#include "pki/x509_text.h"
#include <stdio.h>

enum { KEY_CERT_SIGN = 0x04, VERSION_1 = 0 };

static bool malformed(struct error *e, const char *where) {
    return fail(e, ERR_MALFORMED_CERTIFICATE, "the certificate's %s cannot be read", "无法读取证书的 %s",
                where);
}

/* Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signature BIT STRING } */
static bool split(struct cert *cert, struct slice *algorithm) {
    struct slice rest;
    struct der tbs, outer;
    if (!der_only(cert->der, DER_SEQUENCE, &rest) || !der_next(&rest, &tbs) || !der_next(&rest, &outer) ||
        !der_take_bits(&rest, &cert->signature) || rest.len != 0)
        return false;
    cert->tbs = tbs.whole;
    *algorithm = outer.whole;
    return true;
}

static const char *serial_text(struct arena *a, struct slice serial) {
    while (serial.len > 1 && serial.p[0] == 0)
        serial = slice_of(serial.p + 1, serial.len - 1);
    return hex_text(a, serial);
}

static bool read_names(struct arena *a, const struct tbs *tbs, struct cert *cert) {
    struct extension san;
    size_t others;
    if (extension_find(tbs->extensions, OID_SUBJECT_ALT_NAME, &san))
        return extension_read_names(a, san.value, &cert->names, &others);
    cert->names = x509_text_common_name(a, tbs->subject);
    return true;
}

static bool may_sign_certificates(struct slice extensions) {
    struct extension x;
    struct slice bits;
    if (!extension_find(extensions, OID_KEY_USAGE, &x))
        return true;
    return der_only(x.value, DER_BIT_STRING, &bits) && bits.len >= 2 && bits.p[1] & KEY_CERT_SIGN;
}

/* Version 1 had no extensions: its self-issued certificates are the old roots. False if it cannot be read. */
static bool read_ca(const struct tbs *tbs, struct cert *cert) {
    struct extension x;
    struct slice fields, ca;
    cert->is_ca = tbs->version == VERSION_1 && cert->self_issued;
    if (!extension_find(tbs->extensions, OID_BASIC_CONSTRAINTS, &x))
        return true;
    if (!der_only(x.value, DER_SEQUENCE, &fields))
        return false;
    bool says_so = der_take(&fields, DER_BOOLEAN, &ca) && slice_equal(ca, DER_BYTES("\xff"));
    cert->is_ca = says_so && may_sign_certificates(tbs->extensions);
    return true;
}

static void read_key_ids(struct slice extensions, struct cert *cert) {
    struct extension x;
    struct slice content;
    if (extension_find(extensions, OID_SUBJECT_KEY_ID, &x))
        der_only(x.value, DER_OCTET_STRING, &cert->subject_key_id);
    if (extension_find(extensions, OID_AUTHORITY_KEY_ID, &x) && der_only(x.value, DER_SEQUENCE, &content))
        der_take(&content, DER_CONTEXT(0), &cert->authority_key_id);
}

static void read_urls(struct arena *a, struct slice extensions, struct cert *cert) {
    struct extension x;
    if (extension_find(extensions, OID_CRL_DISTRIBUTION, &x))
        cert->crl_url = extension_crl_url(a, x.value);
    if (!extension_find(extensions, OID_AUTHORITY_INFO, &x))
        return;
    cert->ocsp_url = extension_access_url(a, x.value, OID_ACCESS_OCSP);
    cert->issuer_url = extension_access_url(a, x.value, OID_ACCESS_ISSUER);
}

/* A key that is weak, foreign or broken does not make the certificate unreadable: a probe wants to tell of
 * it. */
static void judge_key(struct cert *cert) {
    struct error e = {0};
    cert->weak = !key_check(cert->spki, &cert->algorithm, &e) && e.id == ERR_WEAK_KEY;
}

static void digest(struct arena *a, struct cert *cert) {
    char hex[SHA256_HEX_SIZE];
    digest_sha256_hex(cert->der, hex);
    cert->fingerprint = arena_strdup(a, hex);
    digest_sha256_hex(cert->spki, hex);
    cert->spki_sha256 = arena_strdup(a, hex);
}

static void copy_parts(struct arena *a, const struct tbs *tbs, struct cert *cert) {
    cert->serial = serial_text(a, tbs->serial);
    cert->spki = tbs->spki;
    cert->subject_der = tbs->subject;
    cert->issuer_der = tbs->issuer;
    cert->self_issued = slice_equal(tbs->subject, tbs->issuer);
    cert->not_before = tbs->not_before;
    cert->end = tbs->not_after + 1;
}

static bool read_texts(struct arena *a, const struct tbs *tbs, struct cert *cert, const char **where) {
    *where = "subject";
    if (!x509_text_name(a, tbs->subject, &cert->subject))
        return false;
    *where = "issuer";
    if (!x509_text_name(a, tbs->issuer, &cert->issuer))
        return false;
    *where = "signature algorithm";
    if (!x509_text_algorithm(a, tbs->algorithm, &cert->signature_algorithm))
        return false;
    *where = "subjectAltName";
    return read_names(a, tbs, cert);
}

bool cert_parse(struct arena *a, struct slice der, struct cert *cert, struct error *e) {
    struct tbs tbs;
    struct slice algorithm;
    const char *where;
    *cert = (struct cert){.der = arena_slice(a, der)};
    if (!split(cert, &algorithm))
        return fail(e, ERR_MALFORMED_CERTIFICATE,
                    "these bytes are not one X.509 certificate in DER and nothing else",
                    "内容不是单个 DER 编码的 X.509 证书,或其后有多余数据");
    if (!tbs_read(cert->tbs, &tbs, &where))
        return malformed(e, where);
    if (!slice_equal(algorithm, tbs.algorithm)) /* RFC 5280, 4.1.1.2 */
        return malformed(e, "signature algorithm");
    copy_parts(a, &tbs, cert);
    if (!read_texts(a, &tbs, cert, &where))
        return malformed(e, where);
    if (!read_ca(&tbs, cert))
        return malformed(e, "basicConstraints");
    read_key_ids(tbs.extensions, cert);
    read_urls(a, tbs.extensions, cert);
    judge_key(cert);
    digest(a, cert);
    return true;
}

const char *cert_to_pem(struct arena *a, struct slice der) {
    char *pem = arena_alloc(a, pem_size("CERTIFICATE", der.len));
    pem_write("CERTIFICATE", der, pem);
    return pem;
}

static bool is_certificate(const struct pem_block *block) {
    return pem_has_label(block, "CERTIFICATE") || pem_has_label(block, "X509 CERTIFICATE");
}

/* Puts the line before what is already said. */
static bool at_line(struct error *e, size_t line) {
    const struct error inner = *e;
    snprintf(e->detail[LANG_EN], sizeof e->detail[LANG_EN], "line %zu: %.480s", line, inner.detail[LANG_EN]);
    snprintf(e->detail[LANG_ZH], sizeof e->detail[LANG_ZH], "第 %zu 行:%.470s", line, inner.detail[LANG_ZH]);
    return false;
}

bool cert_list_from_pem(struct arena *a, struct slice pem, size_t max, struct cert **certs, size_t *count,
                        struct error *e) {
    struct pem_reader reader = pem_reader(pem);
    struct pem_block block;
    struct slice der;
    *count = 0;
    *certs = ARENA_ARRAY(a, max, struct cert);
    while (pem_next(&reader, &block)) {
        if (!is_certificate(&block))
            continue;
        if (*count == max)
            return fail(e, ERR_MALFORMED_CERTIFICATE, "there are more than %zu certificates",
                        "证书超过 %zu 张", max);
        if (!pem_decode(a, &block, &der))
            return fail(e, ERR_MALFORMED_CERTIFICATE, "line %zu: not base64", "第 %zu 行:不是 base64",
                        block.line);
        if (!cert_parse(a, der, &(*certs)[*count], e))
            return at_line(e, block.line);
        ++*count;
    }
    if (reader.bad)
        return fail(e, ERR_MALFORMED_CERTIFICATE,
                    "line %zu: a PEM block without its end, or text after the last one",
                    "第 %zu 行:PEM 块不完整,或最后一块之后有多余内容", reader.line);
    return true;
}

bool cert_acme_identifier(const struct cert *cert, struct slice *digest) {
    struct tbs tbs;
    struct extension x;
    const char *where;
    return tbs_read(cert->tbs, &tbs, &where) && extension_find(tbs.extensions, OID_ACME_IDENTIFIER, &x) &&
           x.critical && der_only(x.value, DER_OCTET_STRING, digest) && digest->len == ACME_IDENTIFIER_SIZE;
}
