/* Certificate requests. */
#include "pki/csr.h"
#include "pki/extension.h"
#include "pki/openssl.h"
#include "pki/pem.h"
#include "pki/x509_text.h"
#include <limits.h>

enum { INFO_MAX = 256 * 1024 };

#define OID_EXTENSION_REQUEST DER_BYTES("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e")

/* ---- reading ---- */

static bool is_request(const struct pem_block *block) {
    return pem_has_label(block, "CERTIFICATE REQUEST") || pem_has_label(block, "NEW CERTIFICATE REQUEST");
}

/* The one request of a PEM text, or the bytes themselves. */
static bool find_request(struct arena *a, struct slice text, struct slice *der, struct error *e) {
    struct pem_reader reader = pem_reader(text);
    struct pem_block block, found = {0};
    size_t count = 0;
    *der = text;
    if (!pem_is(text))
        return true;
    while (pem_next(&reader, &block)) {
        found = is_request(&block) ? block : found;
        count += is_request(&block);
    }
    if (reader.bad)
        return fail(e, ERR_CSR_MALFORMED, "line %zu: a PEM block without its end, or text after the last one",
                    "第 %zu 行:PEM 块不完整,或最后一块之后有多余内容", reader.line);
    if (count != 1)
        return fail(e, ERR_CSR_MALFORMED, "one certificate request is expected, there are %zu",
                    "应有一个 CSR,实际有 %zu 个", count);
    if (!pem_decode(a, &found, der))
        return fail(e, ERR_CSR_MALFORMED, "line %zu: not base64", "第 %zu 行:不是 base64", found.line);
    return true;
}

static X509_REQ *decode(struct slice der) {
    const uint8_t *p = der.p;
    unsigned char *again = NULL;
    X509_REQ *request = der.len <= LONG_MAX ? d2i_X509_REQ(NULL, &p, (long)der.len) : NULL;
    int len = request ? i2d_X509_REQ(request, &again) : 0;
    bool same = len > 0 && slice_equal(slice_of(again, (size_t)len), der);
    OPENSSL_free(again);
    ERR_clear_error();
    if (same)
        return request;
    X509_REQ_free(request);
    return NULL;
}

/* CertificationRequestInfo ::= SEQUENCE { version, subject, subjectPKInfo, attributes [0] } */
static bool split(struct csr *csr, struct slice *subject, struct slice *attributes) {
    struct slice rest, algorithm, info, version;
    struct der tbs, name, spki;
    if (!der_only(csr->der, DER_SEQUENCE, &rest) || !der_next(&rest, &tbs) ||
        !der_take(&rest, DER_SEQUENCE, &algorithm) || !der_take_bits(&rest, &csr->signature) || rest.len != 0)
        return false;
    if (!der_only(tbs.whole, DER_SEQUENCE, &info) || !der_take(&info, DER_INTEGER, &version) ||
        !der_next(&info, &name) || !der_next(&info, &spki))
        return false;
    csr->tbs = tbs.whole;
    *subject = name.whole;
    csr->spki = spki.whole;
    *attributes = slice_of(NULL, 0);
    der_take(&info, DER_EXPLICIT(0), attributes);
    return info.len == 0;
}

/* The subjectAltName among the requested extensions, if there is one. */
static bool find_names(struct slice attributes, struct extension *san) {
    struct slice attribute, oid, values, extensions;
    while (der_take(&attributes, DER_SEQUENCE, &attribute)) {
        if (!der_take(&attribute, DER_OID, &oid) || !slice_equal(oid, OID_EXTENSION_REQUEST))
            continue;
        if (der_take(&attribute, DER_SET, &values) && der_take(&values, DER_SEQUENCE, &extensions))
            return extension_find(extensions, OID_SUBJECT_ALT_NAME, san);
    }
    return false;
}

static bool verify(X509_REQ *request) {
    EVP_PKEY *key = X509_REQ_get0_pubkey(request);
    bool good = key && X509_REQ_verify(request, key) == 1;
    ERR_clear_error();
    return good;
}

bool csr_parse(struct arena *a, struct slice text, struct csr *csr, struct error *e) {
    struct slice der, subject, attributes;
    struct extension san;
    size_t others;
    if (!find_request(a, text, &der, e))
        return false;
    AUTO(X509_REQ) request = decode(der);
    *csr = (struct csr){.der = arena_slice(a, der)};
    if (!request || !split(csr, &subject, &attributes) || !x509_text_name(a, subject, &csr->subject))
        return fail(e, ERR_CSR_MALFORMED, "these bytes are not one PKCS#10 request and nothing else",
                    "内容不是单个 PKCS#10 请求,或其后有多余数据");
    if (!key_check(csr->spki, &csr->algorithm, e)) {
        if (e->id == ERR_WEAK_KEY)
            e->id = ERR_CSR_WEAK_KEY; /* the rule that is broken is told; whose key it is, the code says */
        return false;
    }
    if (!verify(request))
        return fail(e, ERR_CSR_SIGNATURE, "the request is not signed by its own key",
                    "CSR 不是由其自身密钥签名的");
    csr->names = x509_text_common_name(a, subject);
    if (find_names(attributes, &san) && !extension_read_names(a, san.value, &csr->names, &others))
        return fail(e, ERR_CSR_MALFORMED, "the subjectAltName of the request cannot be read",
                    "无法读取 CSR 的 subjectAltName");
    return true;
}

/* ---- writing ---- */

/* Attribute ::= SEQUENCE { extensionRequest, SET { Extensions } } */
static void put_extension_request(struct buf *b, const char *names) {
    size_t attribute = der_open(b, DER_SEQUENCE);
    der_put(b, DER_OID, OID_EXTENSION_REQUEST);
    size_t values = der_open(b, DER_SET), extensions = der_open(b, DER_SEQUENCE);
    extension_put_names(b, names, true);
    der_close(b, extensions);
    der_close(b, values);
    der_close(b, attribute);
}

bool csr_build_tbs(struct arena *a, const char *names, struct slice spki, struct slice *tbs,
                   struct error *e) {
    return csr_build_tbs_for(a, DER_BYTES("\x30\x00"), names, spki, tbs, e);
}

bool csr_build_tbs_for(struct arena *a, struct slice subject, const char *names, struct slice spki,
                       struct slice *tbs, struct error *e) {
    struct buf b = buf_new(a, INFO_MAX);
    size_t info = der_open(&b, DER_SEQUENCE);
    der_put_unsigned(&b, slice_of(NULL, 0)); /* version 1 */
    der_add(&b, subject);
    der_add(&b, spki);
    size_t attributes = der_open(&b, DER_EXPLICIT(0));
    put_extension_request(&b, names);
    der_close(&b, attributes);
    der_close(&b, info);
    if (b.overflow || !*names)
        return fail(e, ERR_BAD_NAME, "a request has 1 name or more, and at most %d bytes",
                    "CSR 至少包含 1 个域名,且不超过 %d 字节", INFO_MAX);
    *tbs = buf_slice(&b);
    return true;
}

const char *csr_to_pem(struct arena *a, struct slice der) {
    char *pem = arena_alloc(a, pem_size("CERTIFICATE REQUEST", der.len));
    pem_write("CERTIFICATE REQUEST", der, pem);
    return pem;
}
