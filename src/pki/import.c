/* Sorting out what people bring. */
#include "pki/import.h"
#include "pki/pem.h"
#include "pki/pkcs12.h"
#include "pki/private_key.h"

/* All that was in the input, before it is sorted out. */
struct heap {
    struct cert *certs;
    size_t count;
    struct secret *pkcs8;
};

static bool read_der(struct arena *a, struct slice der, struct heap *heap, struct error *e) {
    heap->certs = ARENA_NEW(a, struct cert);
    heap->count = 1;
    return cert_parse(a, der, heap->certs, e);
}

static bool read_pkcs12(struct arena *a, struct slice der, const struct secret *pass_phrase,
                        struct heap *heap, struct error *e) {
    struct pkcs12 content;
    if (!pkcs12_read(a, der, pass_phrase, &content, e))
        return false;
    *heap = (struct heap){content.certs, content.count, content.pkcs8};
    return true;
}

static bool read_certificates(struct arena *a, struct slice text, const struct secret *pass_phrase,
                              struct heap *heap, struct error *e) {
    if (text.len > IMPORT_BYTES_MAX)
        return fail(e, ERR_MALFORMED_CERTIFICATE, "a certificate with its chain has %d bytes at most",
                    "证书及证书链最多 %d 字节", IMPORT_BYTES_MAX);
    if (pem_is(text))
        return cert_list_from_pem(a, text, IMPORT_CERTS_MAX, &heap->certs, &heap->count, e);
    if (pkcs12_is(text))
        return read_pkcs12(a, text, pass_phrase, heap, e);
    return read_der(a, text, heap, e);
}

static bool read_key(struct arena *a, struct slice certificate, struct slice key,
                     const struct secret *pass_phrase, struct heap *heap, struct error *e) {
    if (key.len > IMPORT_BYTES_MAX)
        return fail(e, ERR_MALFORMED_KEY, "a private key has %d bytes at most", "私钥最多 %d 字节",
                    IMPORT_BYTES_MAX);
    if (key.len > 0)
        return key_from_pem(a, key, pass_phrase, &heap->pkcs8, e);
    if (!heap->pkcs8 && pem_is(certificate) && private_key_in_pem(certificate))
        return key_from_pem(a, certificate, pass_phrase, &heap->pkcs8, e);
    return true;
}

/* The same certificate twice is one. */
static void drop_duplicates(struct heap *heap) {
    size_t kept = 0;
    for (size_t i = 0; i < heap->count; i++) {
        size_t same = 0;
        while (same < kept && !slice_equal(heap->certs[same].der, heap->certs[i].der))
            same++;
        if (same == kept)
            heap->certs[kept++] = heap->certs[i];
    }
    heap->count = kept;
}

static bool issued_another(const struct heap *heap, const struct cert *cert) {
    for (size_t i = 0; i < heap->count; i++)
        if (&heap->certs[i] != cert && slice_equal(heap->certs[i].issuer_der, cert->subject_der))
            return true;
    return false;
}

/*
 * The one that is no CA. Certificates made by hand are often CAs and servers at once: if there are only CAs,
 * it is the one that issued none of the others.
 */
static bool find_leaf(const struct heap *heap, const struct cert **leaf, struct error *e) {
    size_t ends = 0, lowest = 0;
    for (size_t i = 0; i < heap->count; i++)
        ends += !heap->certs[i].is_ca;
    for (size_t i = 0; i < heap->count; i++) {
        const struct cert *cert = &heap->certs[i];
        if (ends > 0 ? cert->is_ca : issued_another(heap, cert))
            continue;
        *leaf = cert;
        lowest++;
    }
    if (lowest == 0)
        return fail(e, ERR_MALFORMED_CERTIFICATE, "there is no server certificate", "没有服务器证书");
    if (lowest > 1)
        return fail(e, ERR_MALFORMED_CERTIFICATE,
                    "there are %zu server certificates; give one with its chain",
                    "存在 %zu 张服务器证书,请只提供一张及其证书链", lowest);
    return true;
}

static bool check_key(struct arena *a, const struct heap *heap, const struct cert *leaf, struct error *e) {
    enum key_algorithm algorithm;
    struct slice spki;
    if (!key_check(leaf->spki, &algorithm, e))
        return false;
    if (!heap->pkcs8)
        return true;
    if (!key_public(a, heap->pkcs8, &spki, e))
        return false;
    if (!slice_equal(spki, leaf->spki))
        return fail(e, ERR_KEY_MISMATCH, "the key is not that of the certificate for %s",
                    "该私钥与 %s 的证书不匹配", *leaf->names ? leaf->names : leaf->subject);
    return true;
}

bool import_read(struct arena *a, struct slice certificate, struct slice key,
                 const struct secret *pass_phrase, struct import *import, struct error *e) {
    struct heap heap = {0};
    const struct cert *leaf = NULL;
    if (!read_certificates(a, certificate, pass_phrase, &heap, e) ||
        !read_key(a, certificate, key, pass_phrase, &heap, e))
        return false;
    drop_duplicates(&heap);
    if (!find_leaf(&heap, &leaf, e) || !check_key(a, &heap, leaf, e))
        return false;
    *import = (struct import){.leaf = *leaf, .pkcs8 = heap.pkcs8};
    cert_chain_build(a, leaf, heap.certs, heap.count, &import->chain, &import->chain_count);
    return true;
}
