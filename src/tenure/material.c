/* Files of certificates, requests and keys. */
#include "tenure/material.h"
#include "base/file.h"
#include "pki/import.h"
#include "pki/pem.h"
#include "pki/pkcs12.h"
#include "tenure/jks.h"

/* What reads one item of the file: a block of PEM as text, or DER. */
struct source {
    struct arena *arena;
    const struct secret *pass_phrase;
    struct material *material;
};

static struct material_item *add(struct source *s, enum material_kind kind) {
    struct material_item *item = &s->material->items[s->material->count++];
    item->kind = kind;
    return item;
}

static bool add_certificate(struct source *s, const struct pem_block *block, struct error *e) {
    struct material_item *item = add(s, MATERIAL_CERTIFICATE);
    struct slice der;
    if (!pem_decode(s->arena, block, &der))
        return fail(e, ERR_MALFORMED_CERTIFICATE, "line %zu: not base64", "第 %zu 行:不是 base64",
                    block->line);
    if (!cert_parse(s->arena, der, &item->cert, e))
        return false;
    item->spki = item->cert.spki;
    return true;
}

static bool add_request(struct source *s, const struct pem_block *block, struct error *e) {
    struct material_item *item = add(s, MATERIAL_REQUEST);
    if (!csr_parse(s->arena, block->text, &item->csr, e))
        return false;
    item->spki = item->csr.spki;
    return true;
}

/* Without a pass phrase it is still to be told that there is a key. */
static bool add_key(struct source *s, const struct pem_block *block, struct error *e) {
    struct material_item *item = add(s, MATERIAL_KEY);
    if (key_from_pem(s->arena, block->text, s->pass_phrase, &item->pkcs8, e))
        return key_public(s->arena, item->pkcs8, &item->spki, e);
    if (e->id != ERR_KEY_PASS_PHRASE || s->pass_phrase)
        return false;
    error_clear(e);
    return true;
}

static const struct {
    const char *label;
    bool (*add)(struct source *s, const struct pem_block *block, struct error *e);
} readers[] = {
    {"CERTIFICATE", add_certificate},
    {"X509 CERTIFICATE", add_certificate},
    {"CERTIFICATE REQUEST", add_request},
    {"NEW CERTIFICATE REQUEST", add_request},
    {"PRIVATE KEY", add_key},
    {"ENCRYPTED PRIVATE KEY", add_key},
    {"RSA PRIVATE KEY", add_key},
    {"EC PRIVATE KEY", add_key},
};

static bool add_block(struct source *s, const struct pem_block *block, struct error *e) {
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (pem_has_label(block, readers[i].label))
            return readers[i].add(s, block, e);
    return true;
}

static bool read_pem(struct source *s, struct error *e) {
    struct pem_reader reader = pem_reader(s->material->bytes);
    struct pem_block block;
    while (s->material->count < MATERIAL_ITEMS_MAX && pem_next(&reader, &block))
        if (!add_block(s, &block, e))
            return false;
    return !reader.bad || fail(e, ERR_MALFORMED_CERTIFICATE,
                               "line %zu: a PEM block without its end, or text after the last one",
                               "第 %zu 行:PEM 块不完整,或最后一块之后有多余内容", reader.line);
}

static bool read_pkcs12(struct source *s, struct error *e) {
    struct pkcs12 content;
    if (!pkcs12_read(s->arena, s->material->bytes, s->pass_phrase, &content, e))
        return false;
    for (size_t i = 0; i < content.count && s->material->count < MATERIAL_ITEMS_MAX - 1; i++) {
        struct material_item *item = add(s, MATERIAL_CERTIFICATE);
        item->cert = content.certs[i];
        item->spki = item->cert.spki;
    }
    if (!content.pkcs8)
        return true;
    struct material_item *key = add(s, MATERIAL_KEY);
    key->pkcs8 = content.pkcs8;
    return key_public(s->arena, key->pkcs8, &key->spki, e);
}

static bool read_jks(struct source *s, struct error *e) {
    if (!s->pass_phrase)
        return fail(e, ERR_KEY_PASS_PHRASE, "a Java key store needs its pass phrase", "Java 密钥库需要密码");
    return jks_to_pkcs12(s->arena, s->material->bytes, s->pass_phrase, &s->material->bytes, e) &&
           read_pkcs12(s, e);
}

/* A certificate, else a request; what is neither is told as a certificate. */
static bool read_der(struct source *s, struct error *e) {
    struct slice der = s->material->bytes;
    struct material_item *item = add(s, MATERIAL_CERTIFICATE);
    struct error of_request;
    if (cert_parse(s->arena, der, &item->cert, e)) {
        item->spki = item->cert.spki;
        return true;
    }
    item->kind = MATERIAL_REQUEST;
    if (csr_parse(s->arena, der, &item->csr, &of_request)) {
        item->spki = item->csr.spki;
        return true;
    }
    if (of_request.id != ERR_CSR_MALFORMED)
        *e = of_request;
    return false;
}

static bool read_any(struct source *s, struct error *e) {
    struct slice bytes = s->material->bytes;
    if (pem_is(bytes))
        return read_pem(s, e);
    if (pkcs12_is(bytes))
        return read_pkcs12(s, e);
    return jks_is(bytes) ? read_jks(s, e) : read_der(s, e);
}

bool material_read(struct arena *a, const char *path, const struct secret *pass_phrase, struct material *m,
                   struct error *e) {
    struct source s = {a, pass_phrase, m};
    *m = (struct material){.items = ARENA_ARRAY(a, MATERIAL_ITEMS_MAX, struct material_item)};
    if (!file_read(a, path, MATERIAL_BYTES_MAX, &m->bytes, e) || !read_any(&s, e))
        return false;
    return m->count || fail(e, ERR_MALFORMED_CERTIFICATE, "%s holds no certificate, no request and no key",
                            "%s 中没有证书、CSR 或私钥", path);
}

const struct material_item *material_first(const struct material *m, enum material_kind kind) {
    for (size_t i = 0; i < m->count; i++)
        if (m->items[i].kind == kind)
            return &m->items[i];
    return NULL;
}
