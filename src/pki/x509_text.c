/* Texts of names and algorithms. */
#include "pki/x509_text.h"
#include "pki/der.h"
#include "pki/openssl.h"

enum { ALGORITHM_TEXT_MAX = 80 };

OPENSSL_AUTO(ASN1_OBJECT, ASN1_OBJECT_free)
OPENSSL_AUTO(X509_NAME, X509_NAME_free)

static X509_NAME *decode_name(struct slice der) {
    const uint8_t *p = der.p;
    X509_NAME *name = d2i_X509_NAME(NULL, &p, (long)der.len);
    ERR_clear_error();
    if (p == der.p + der.len)
        return name;
    X509_NAME_free(name);
    return NULL;
}

bool x509_text_name(struct arena *a, struct slice der, const char **text) {
    AUTO(X509_NAME) name = decode_name(der);
    AUTO(BIO) bio = BIO_new(BIO_s_mem());
    char *p;
    if (!name || !bio ||
        X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) < 0)
        return false;
    long len = BIO_get_mem_data(bio, &p);
    *text = len > 0 ? arena_strndup(a, p, (size_t)len) : "";
    return true;
}

static bool is_host_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c && strchr("-._*:", c));
}

static const char *host_text(struct arena *a, struct slice value) {
    char *text = arena_strndup(a, (const char *)value.p, value.len);
    for (size_t i = 0; i < value.len; i++) {
        text[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] | 0x20) : text[i];
        if (!is_host_character(text[i]))
            return "";
    }
    return text;
}

const char *x509_text_common_name(struct arena *a, struct slice der) {
    AUTO(X509_NAME) name = decode_name(der);
    int last = -1;
    for (int i = -1; name && (i = X509_NAME_get_index_by_NID(name, NID_commonName, i)) >= 0;)
        last = i;
    const ASN1_STRING *value = last < 0 ? NULL : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last));
    if (!value)
        return "";
    return host_text(a, slice_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)));
}

bool x509_text_algorithm(struct arena *a, struct slice algorithm, const char **text) {
    char buffer[ALGORITHM_TEXT_MAX];
    struct slice fields;
    struct der oid;
    if (!der_only(algorithm, DER_SEQUENCE, &fields) || !der_next(&fields, &oid) || oid.tag != DER_OID)
        return false;
    const uint8_t *p = oid.whole.p;
    AUTO(ASN1_OBJECT) object = d2i_ASN1_OBJECT(NULL, &p, (long)oid.whole.len);
    ERR_clear_error();
    if (!object || OBJ_obj2txt(buffer, sizeof buffer, object, 0) <= 0)
        return false;
    *text = arena_strdup(a, buffer);
    return true;
}
