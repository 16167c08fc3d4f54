/*
 * What the local CA signs, written straight into DER: the SubjectPublicKeyInfo is copied and constant
 * extensions are literals, because OpenSSL's objects would spend most of the time on decoding the key.
 */
#include "base/rand.h"
#include "pki/cert.h"
#include "pki/extension.h"
#include <openssl/evp.h>

enum { TBS_MAX = 256 * 1024, SERIAL_LEN = 16, SERIAL_MAX = 20, COMMON_NAME_MAX = 64, SHA1_LEN = 20 };

#define VERSION_3            DER_BYTES("\xa0\x03\x02\x01\x02")
#define NOT_A_CA             DER_BYTES("\x30\x00")
#define SIGNS_AND_ENCIPHERS  DER_BYTES("\x03\x02\x05\xa0")
#define SIGNS                DER_BYTES("\x03\x02\x07\x80")
#define SIGNS_CERTS_AND_CRLS DER_BYTES("\x03\x02\x01\x06")
#define FOR_TLS_SERVERS      DER_BYTES("\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01")
#define DOMAIN_VALIDATED     DER_BYTES("\x30\x0a\x30\x08\x06\x06\x67\x81\x0c\x01\x02\x01")
#define ANY_POLICY           DER_BYTES("\x30\x08\x30\x06\x06\x04\x55\x1d\x20\x00")

/* Name ::= SEQUENCE { SET { SEQUENCE { commonName, UTF8String } } }; empty without a common name. */
static void put_subject(struct buf *b, const char *common_name) {
    size_t name = der_open(b, DER_SEQUENCE);
    if (common_name) {
        size_t set = der_open(b, DER_SET), attribute = der_open(b, DER_SEQUENCE);
        der_put(b, DER_OID, OID_COMMON_NAME);
        der_put(b, DER_UTF8_STRING, slice_str(common_name));
        der_close(b, attribute);
        der_close(b, set);
    }
    der_close(b, name);
}

static void put_validity(struct buf *b, int64_t not_before, int64_t end) {
    size_t mark = der_open(b, DER_SEQUENCE);
    der_put_time(b, not_before);
    der_put_time(b, end - 1); /* RFC 5280 includes the last second, our ends do not */
    der_close(b, mark);
}

/* BasicConstraints ::= SEQUENCE { cA BOOLEAN, pathLenConstraint INTEGER OPTIONAL } */
static void put_ca_constraints(struct buf *b, int path_len) {
    struct buf value = buf_new(b->arena, EXTENSION_MAX);
    uint8_t len = (uint8_t)path_len;
    size_t mark = der_open(&value, DER_SEQUENCE);
    der_put(&value, DER_BOOLEAN, DER_BYTES("\xff"));
    if (path_len >= 0)
        der_put_unsigned(&value, slice_of(&len, 1));
    der_close(&value, mark);
    extension_put(b, OID_BASIC_CONSTRAINTS, true, buf_slice(&value));
}

static void put_subject_key_id(struct buf *b, struct slice key_id) {
    struct buf value = buf_new(b->arena, EXTENSION_MAX);
    der_put(&value, DER_OCTET_STRING, key_id);
    extension_put(b, OID_SUBJECT_KEY_ID, false, buf_slice(&value));
}

/* AuthorityInfoAccess with one caIssuers. */
static void put_issuer_url(struct buf *b, const char *url) {
    struct buf value = buf_new(b->arena, EXTENSION_MAX);
    size_t list = der_open(&value, DER_SEQUENCE), access = der_open(&value, DER_SEQUENCE);
    der_put(&value, DER_OID, OID_ACCESS_ISSUER);
    der_put(&value, DER_CONTEXT(6), slice_str(url));
    der_close(&value, access);
    der_close(&value, list);
    extension_put(b, OID_AUTHORITY_INFO, false, buf_slice(&value));
}

/* CRLDistributionPoints with one full name. */
static void put_crl_url(struct buf *b, const char *url) {
    struct buf value = buf_new(b->arena, EXTENSION_MAX);
    size_t points = der_open(&value, DER_SEQUENCE), point = der_open(&value, DER_SEQUENCE);
    size_t name = der_open(&value, DER_EXPLICIT(0)), full = der_open(&value, DER_EXPLICIT(0));
    der_put(&value, DER_CONTEXT(6), slice_str(url));
    der_close(&value, full);
    der_close(&value, name);
    der_close(&value, point);
    der_close(&value, points);
    extension_put(b, OID_CRL_DISTRIBUTION, false, buf_slice(&value));
}

static void put_urls(struct buf *b, const struct cert_template *t) {
    if (t->issuer_url)
        put_issuer_url(b, t->issuer_url);
    if (t->crl_url)
        put_crl_url(b, t->crl_url);
}

static void put_leaf_extensions(struct buf *b, const struct cert_template *t, bool rsa) {
    extension_put(b, OID_KEY_USAGE, true, rsa ? SIGNS_AND_ENCIPHERS : SIGNS);
    extension_put(b, OID_EXTENDED_KEY_USAGE, false, FOR_TLS_SERVERS);
    extension_put(b, OID_BASIC_CONSTRAINTS, true, NOT_A_CA);
    extension_put_authority_key_id(b, t->issuer_key_id);
    put_urls(b, t);
    extension_put_names(b, t->names, t->common_name == NULL);
    extension_put(b, OID_POLICIES, false, DOMAIN_VALIDATED);
}

static void put_ca_extensions(struct buf *b, const struct cert_template *t) {
    bool self_issued = t->issuer_der.len == 0;
    extension_put(b, OID_KEY_USAGE, true, SIGNS_CERTS_AND_CRLS);
    put_ca_constraints(b, t->path_len);
    put_subject_key_id(b, cert_key_id(b->arena, t->spki));
    if (self_issued)
        return;
    extension_put_authority_key_id(b, t->issuer_key_id);
    put_urls(b, t);
    extension_put(b, OID_POLICIES, false, ANY_POLICY);
}

static void put_extensions(struct buf *b, const struct cert_template *t, bool rsa) {
    size_t outer = der_open(b, DER_EXPLICIT(3)), list = der_open(b, DER_SEQUENCE);
    if (t->ca)
        put_ca_extensions(b, t);
    else
        put_leaf_extensions(b, t, rsa);
    der_close(b, list);
    der_close(b, outer);
}

static bool check_template(const struct cert_template *t, enum key_algorithm *algorithm, struct error *e) {
    size_t name_len = t->common_name ? strlen(t->common_name) : 0;
    if (t->serial.len == 0 || t->serial.len > SERIAL_MAX)
        return fail(e, ERR_ISSUE_REFUSED, "a serial number has 1 to %d octets", "序列号应为 1 至 %d 字节",
                    SERIAL_MAX);
    if (t->end <= t->not_before)
        return fail(e, ERR_ISSUE_REFUSED, "the certificate would end before it begins",
                    "证书的结束时间早于开始时间");
    if (t->common_name && (name_len == 0 || name_len > COMMON_NAME_MAX))
        return fail(e, ERR_ISSUE_REFUSED, "a common name has 1 to %d octets", "通用名应为 1 至 %d 字节",
                    COMMON_NAME_MAX);
    if (t->ca ? !t->common_name : !t->names || !*t->names)
        return fail(e, ERR_ISSUE_REFUSED, "the certificate has no name", "证书没有名称");
    if (key_signature_algorithm(t->issuer_algorithm).len == 0)
        return fail(e, ERR_ISSUE_REFUSED, "the issuer's key is of an unknown kind", "签发者的密钥类型未知");
    if (!t->ca && (t->issuer_der.len == 0 || t->issuer_key_id.len == 0))
        return fail(e, ERR_ISSUE_REFUSED, "a server certificate has an issuer", "服务器证书必须有签发者");
    return key_check(t->spki, algorithm, e);
}

bool cert_build_tbs(struct arena *a, const struct cert_template *t, struct slice *tbs, struct error *e) {
    enum key_algorithm algorithm;
    struct buf b = buf_new(a, TBS_MAX);
    if (!check_template(t, &algorithm, e))
        return false;
    size_t mark = der_open(&b, DER_SEQUENCE);
    der_add(&b, VERSION_3);
    der_put_unsigned(&b, t->serial);
    der_add(&b, key_signature_algorithm(t->issuer_algorithm));
    if (t->issuer_der.len > 0)
        der_add(&b, t->issuer_der);
    else
        put_subject(&b, t->common_name);
    put_validity(&b, t->not_before, t->end);
    put_subject(&b, t->common_name);
    der_add(&b, t->spki);
    put_extensions(&b, t, key_is_rsa(algorithm));
    der_close(&b, mark);
    if (b.overflow)
        return fail(e, ERR_ISSUE_REFUSED, "the certificate would have more than %d bytes",
                    "证书将超过 %d 字节", TBS_MAX);
    *tbs = buf_slice(&b);
    return true;
}

bool cert_assemble(struct arena *a, struct slice tbs, enum key_algorithm signer, struct slice signature,
                   struct slice *der, struct error *e) {
    struct slice algorithm = key_signature_algorithm(signer);
    struct buf b = buf_new(a, tbs.len + signature.len + TBS_MAX);
    if (algorithm.len == 0 || signature.len == 0)
        return fail(e, ERR_INTERNAL, "there is no signature", "缺少签名");
    size_t mark = der_open(&b, DER_SEQUENCE);
    der_add(&b, tbs);
    der_add(&b, algorithm);
    der_put_bits(&b, signature);
    der_close(&b, mark);
    *der = buf_slice(&b);
    return true;
}

struct slice cert_key_id(struct arena *a, struct slice spki) {
    struct slice fields, identifier, bits = {0};
    uint8_t *id = arena_alloc(a, SHA1_LEN);
    bool good = der_only(spki, DER_SEQUENCE, &fields) && der_take(&fields, DER_SEQUENCE, &identifier) &&
                der_take_bits(&fields, &bits) && EVP_Digest(bits.p, bits.len, id, NULL, EVP_sha1(), NULL);
    return slice_of(id, good ? SHA1_LEN : 0);
}

struct slice cert_new_serial(struct arena *a) {
    uint8_t *serial = arena_alloc(a, SERIAL_LEN);
    rand_bytes(serial, SERIAL_LEN);
    serial[0] &= 0x7f;
    return slice_of(serial, SERIAL_LEN);
}
