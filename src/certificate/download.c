/*
 * What can be downloaded: one row for each format (SPEC section 8), at the end of this file. Whatever holds a
 * key in the clear is put together in memory that is wiped.
 */
#include "certificate/certificate.h"
#include "signer/signer.h"
#include <ctype.h>

struct material {
    const struct services *services;
    const char *account_id;
    struct slice leaf_der;
    const char *leaf_pem, *chain_pem;
    struct cert *chain;
    size_t chain_count;
    const struct secret *pkcs8; /* NULL unless the format needs the key */
    const struct secret *pass_phrase;
};

enum part { PART_LEAF = 1 << 0, PART_CHAIN = 1 << 1, PART_KEY = 1 << 2 };

struct format {
    const char *name, *suffix, *content_type;
    bool needs_key;
    bool (*make)(struct arena *a, const struct format *f, const struct material *m, struct slice *content,
                 struct error *e);
    unsigned parts; /* make_pem: which */
    bool legacy;    /* make_pkcs12: algorithms for what cannot read AES */
};

/* One piece of memory, wiped with the arena: growing would leave copies of the key behind. */
static struct slice join(struct arena *a, const struct slice *parts, size_t count) {
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += parts[i].len;
    struct secret *whole = secret_new(a, NULL, len);
    uint8_t *p = secret_bytes(whole);
    for (size_t i = 0; i < count; p += parts[i++].len)
        memcpy(p, parts[i].p, parts[i].len);
    return secret_slice(whole);
}

/* Certificate, chain, key: the order that HAProxy wants. */
static bool make_pem(struct arena *a, const struct format *f, const struct material *m, struct slice *content,
                     struct error *e) {
    struct slice parts[3];
    struct secret *key_pem;
    size_t count = 0;
    if (f->parts & PART_LEAF)
        parts[count++] = slice_str(m->leaf_pem);
    if (f->parts & PART_CHAIN)
        parts[count++] = slice_str(m->chain_pem);
    if (f->parts & PART_KEY) {
        if (!key_to_pem(a, m->pkcs8, &key_pem, e))
            return false;
        parts[count++] = secret_slice(key_pem);
    }
    *content = join(a, parts, count);
    return true;
}

static bool make_der(struct arena *a, const struct format *f, const struct material *m, struct slice *content,
                     struct error *e) {
    (void)a, (void)f, (void)e;
    *content = m->leaf_der;
    return true;
}

/* What is above the chain, which usually ends below its root: known of the local CA alone. */
static bool root_above(struct arena *a, const struct material *m, const char **pem, struct error *e) {
    struct cert leaf;
    const struct cert *top = m->chain_count ? &m->chain[m->chain_count - 1] : &leaf;
    *pem = NULL;
    if (!m->chain_count && !cert_parse(a, m->leaf_der, &leaf, e))
        return false;
    if (m->chain_count && top->self_issued)
        return *pem = cert_to_pem(a, top->der), true;
    if (m->services->root_above && !m->services->root_above(m->services, a, m->account_id, top, pem, e))
        return false;
    return *pem || fail_field(e, "format", ERR_NOT_FOUND, "the chain is stored without its root '%s'",
                              "证书链中不含根证书“%s”", top->issuer);
}

static bool make_root(struct arena *a, const struct format *f, const struct material *m,
                      struct slice *content, struct error *e) {
    const char *pem;
    (void)f;
    if (!root_above(a, m, &pem, e))
        return false;
    *content = slice_str(pem);
    return true;
}

static bool make_pkcs12(struct arena *a, const struct format *f, const struct material *m,
                        struct slice *content, struct error *e) {
    if (!m->pass_phrase || !secret_len(m->pass_phrase))
        return fail_field(e, "pass_phrase", ERR_BAD_FIELD, "PKCS#12 needs a pass phrase",
                          "PKCS#12 需要设置密码");
    struct slice *chain = ARENA_ARRAY(a, m->chain_count + 1, struct slice);
    for (size_t i = 0; i < m->chain_count; i++)
        chain[i] = m->chain[i].der;
    return pkcs12_make(a, m->leaf_der, chain, m->chain_count, m->pkcs8, m->pass_phrase, f->legacy, content,
                       e);
}

/* Only Java writes it, and this process runs no other programs. */
static bool make_jks(struct arena *a, const struct format *f, const struct material *m, struct slice *content,
                     struct error *e) {
    (void)a, (void)f, (void)m, (void)content;
    return fail_field(
        e, "format", ERR_BAD_FIELD,
        "a JKS is made by Java: download pkcs12, then run keytool -importkeystore -srckeystore FILE.p12 "
        "-srcstoretype PKCS12 -destkeystore FILE.jks",
        "JKS 需由 Java 生成:请下载 pkcs12,再运行 keytool -importkeystore -srckeystore FILE.p12 "
        "-srcstoretype PKCS12 -destkeystore FILE.jks");
}

#define PEM_TYPE "application/x-pem-file"
#define P12_TYPE "application/x-pkcs12"

static const struct format formats[] = {
    {"pem", ".pem", PEM_TYPE, true, make_pem, PART_LEAF | PART_CHAIN | PART_KEY, false},
    {"haproxy", ".pem", PEM_TYPE, true, make_pem, PART_LEAF | PART_CHAIN | PART_KEY, false},
    {"nginx", ".fullchain.pem", PEM_TYPE, false, make_pem, PART_LEAF | PART_CHAIN, false},
    {"apache", ".cert.pem", PEM_TYPE, false, make_pem, PART_LEAF, false},
    {"cert", ".cert.pem", PEM_TYPE, false, make_pem, PART_LEAF, false},
    {"chain", ".chain.pem", PEM_TYPE, false, make_pem, PART_CHAIN, false},
    {"key", ".key.pem", PEM_TYPE, true, make_pem, PART_KEY, false},
    {"root", ".root.pem", PEM_TYPE, false, make_root, 0, false},
    {"der", ".cer", "application/pkix-cert", false, make_der, 0, false},
    {"pkcs12", ".p12", P12_TYPE, true, make_pkcs12, 0, false},
    {"pkcs12_legacy", ".p12", P12_TYPE, true, make_pkcs12, 0, true},
    {"jks", ".jks", "", false, make_jks, 0, false},
    {0},
};

static const struct format *format_find(const char *name) {
    const struct format *f = formats;
    while (f->name && strcmp(f->name, name) != 0)
        f++;
    return f->name ? f : NULL;
}

/* The main name, with nothing in it that a file system or a header minds. */
static const char *file_name(struct arena *a, const struct certificate *c, const char *suffix) {
    char *name = arena_printf(a, "%s%s", names_at(a, c->names, 0), suffix);
    for (char *p = name; *p; p++)
        if (!isalnum((unsigned char)*p) && *p != '.' && *p != '-')
            *p = '_';
    return name;
}

static bool open_key(const struct services *services, struct arena *a, const struct version *v,
                     struct material *m, struct error *e) {
    struct held_key key;
    struct secret *pkcs8;
    if (!v->key_id)
        return fail(e, ERR_NO_KEY_HELD,
                    "Tenure does not hold the key of %s; choose nginx, apache, chain or der",
                    "Tenure 未保管 %s 的私钥;可选择 nginx、apache、chain 或 der 格式", v->certificate_id);
    if (!held_key_get(services->db, a, v->account_id, v->key_id, &key, e))
        return false;
    struct key_ref ref = {key.id, key.account_id, PURPOSE_LEAF, key.sealed};
    if (!signer_open(services->signer, a, &ref, &pkcs8, e))
        return false;
    m->pkcs8 = pkcs8;
    return true;
}

static bool read_material(const struct services *services, struct arena *a, const struct version *v,
                          struct material *m, struct error *e) {
    if (!version_material(services->db, a, v, &m->leaf_der, &m->chain_pem, e))
        return false;
    m->leaf_pem = cert_to_pem(a, m->leaf_der);
    return !*m->chain_pem ||
           cert_list_from_pem(a, slice_str(m->chain_pem), IMPORT_CERTS_MAX, &m->chain, &m->chain_count, e);
}

/* budget: as the header has it */
bool download_make(const struct services *services, struct arena *a, const struct certificate *c,
                   const char *format, const struct secret *pass_phrase, struct download *d,
                   struct error *e) {
    const struct format *f = format_find(format);
    struct material m = {.services = services, .account_id = c->account_id, .pass_phrase = pass_phrase};
    struct version v;
    if (!f)
        return fail_field(e, "format", ERR_BAD_FIELD, "there is no format '%s'", "没有格式“%s”", format);
    if (!c->version_id)
        return fail(e, ERR_NOT_LIVE, "%s is not issued yet", "%s 尚未签发", c->id);
    if (!version_get(services->db, a, c->account_id, c->version_id, &v, e) ||
        !read_material(services, a, &v, &m, e) || (f->needs_key && !open_key(services, a, &v, &m, e)) ||
        !f->make(a, f, &m, &d->content, e))
        return false;
    d->file_name = file_name(a, c, f->suffix);
    d->content_type = f->content_type;
    d->holds_key = f->needs_key;
    return true;
}
