/* inspect, match, convert: verbs that need no daemon, so that keys stay on the machine. */
#include "base/file.h"
#include "pki/digest.h"
#include "pki/import.h"
#include "tenure/jks.h"
#include "tenure/material.h"
#include "tenure/verb.h"
#include <stdio.h>

enum { KEY_KEY = 'k', KEY_PASS_PHRASE_FILE = 'p', KEY_TO = 't', KEY_NEW_PASS_PHRASE_FILE = 700, KEY_LEGACY };

#define OPTION_PASS_PHRASE                                                                                   \
    {                                                                                                        \
        "pass-phrase-file", KEY_PASS_PHRASE_FILE, "FILE",                                                    \
            TEXT("pass phrase of the key, PKCS#12 or JKS", "私钥、PKCS#12 或 JKS 的密码文件")                \
    }

static bool read_pass_phrase(struct cli *cli, struct secret **pass_phrase) {
    *pass_phrase = NULL;
    return !cli->options[KEY_PASS_PHRASE_FILE] ||
           cli_secret(cli, KEY_PASS_PHRASE_FILE, (struct text)TEXT("", ""), pass_phrase);
}

static bool read_file(struct cli *cli, const char *path, struct material *m) {
    struct secret *pass_phrase;
    return read_pass_phrase(cli, &pass_phrase) &&
           material_read(cli->arena, path, pass_phrase, m, &cli->error);
}

/* ---- inspect ---- */

struct inspected {
    const char *kind, *subject, *issuer, *names, *serial;
    int64_t not_before, not_after;
    const char *key_algorithm, *signature, *warning;
    bool ca, encrypted;
    const char *fingerprint, *spki_sha256;
};

#define INSPECTED(type, member, en, zh) FIELD(type, inspected, member, 0, en, zh)

static const struct field inspected_fields[] = {
    INSPECTED(TEXT, kind, "what it is", "类型"),
    INSPECTED(TEXT, subject, "subject", "主题"),
    INSPECTED(TEXT, issuer, "issuer", "颁发者"),
    INSPECTED(WORDS, names, "names", "域名"),
    INSPECTED(TEXT, serial, "serial number", "序列号"),
    INSPECTED(TIME, not_before, "valid from", "有效期自"),
    INSPECTED(TIME, not_after, "valid until", "有效期至"),
    INSPECTED(BOOL, ca, "a CA", "CA 证书"),
    INSPECTED(TEXT, key_algorithm, "key algorithm", "密钥算法"),
    INSPECTED(TEXT, signature, "signature", "签名"),
    INSPECTED(BOOL, encrypted, "encrypted", "已加密"),
    INSPECTED(TEXT, warning, "warning", "警告"),
    INSPECTED(TEXT, fingerprint, "SHA-256", "SHA-256 指纹"),
    INSPECTED(TEXT, spki_sha256, "SHA-256 of the public key", "公钥 SHA-256"),
    FIELD_END,
};

static const char *digest_of(struct cli *cli, struct slice spki) {
    char *digest = arena_alloc(cli->arena, SHA256_HEX_SIZE);
    digest_sha256_hex(spki, digest);
    return digest;
}

/* The algorithm, and what is wrong with the key. */
static void look_at_key(struct cli *cli, struct slice spki, struct inspected *i) {
    enum key_algorithm algorithm;
    struct error e;
    i->spki_sha256 = digest_of(cli, spki);
    if (!key_check(spki, &algorithm, &e))
        i->warning = arena_strdup(cli->arena, e.detail[cli->lang]);
    i->key_algorithm = algorithm == KEY_UNKNOWN ? NULL : key_algorithm_name(algorithm);
}

static void look_at_certificate(struct cli *cli, const struct material_item *item, struct inspected *i) {
    const struct cert *cert = &item->cert;
    *i = (struct inspected){.kind = "certificate",
                            .subject = cert->subject,
                            .issuer = cert->issuer,
                            .names = cert->names,
                            .serial = cert->serial,
                            .not_before = cert->not_before,
                            .not_after = cert->end - 1,
                            .signature = cert->signature_algorithm,
                            .ca = cert->is_ca,
                            .fingerprint = cert->fingerprint};
    look_at_key(cli, cert->spki, i);
}

static void look_at_request(struct cli *cli, const struct material_item *item, struct inspected *i) {
    *i = (struct inspected){
        .kind = "request", .subject = item->csr.subject, .names = item->csr.names, .signature = "valid"};
    look_at_key(cli, item->csr.spki, i);
}

static void look_at_private_key(struct cli *cli, const struct material_item *item, struct inspected *i) {
    *i = (struct inspected){.kind = "key", .names = "", .encrypted = !item->pkcs8};
    if (item->pkcs8)
        look_at_key(cli, item->spki, i);
}

static void (*const looks[])(struct cli *cli, const struct material_item *item, struct inspected *i) = {
    [MATERIAL_CERTIFICATE] = look_at_certificate,
    [MATERIAL_REQUEST] = look_at_request,
    [MATERIAL_KEY] = look_at_private_key,
};

static void print_inspected(struct cli *cli, const json_t *answer) {
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(answer, "items"), i, item) {
        if (i)
            putchar('\n');
        cli_record(cli, item, inspected_fields);
    }
}

static int verb_inspect(struct cli *cli) {
    struct material m;
    if (!read_file(cli, cli->args[0], &m))
        return cli_failed(cli);
    json_t *items = json_array(), *answer = json_keep(cli->arena, json_pack("{so}", "items", items));
    for (size_t n = 0; n < m.count; n++) {
        struct inspected inspected;
        looks[m.items[n].kind](cli, &m.items[n], &inspected);
        json_array_append_new(items, json_from_row(cli->arena, inspected_fields, &inspected));
    }
    return cli_show(cli, answer, print_inspected);
}

/* ---- match ---- */

static const char *kind_of_other(const struct material_item *item) {
    return item->kind == MATERIAL_KEY ? "key" : item->kind == MATERIAL_REQUEST ? "request" : "certificate";
}

/* What the second file is about: its key, else its request, else its first certificate. */
static bool find_other(struct cli *cli, const struct material *m, const struct material_item **other) {
    static const enum material_kind order[] = {MATERIAL_KEY, MATERIAL_REQUEST, MATERIAL_CERTIFICATE};
    *other = NULL;
    for (size_t i = 0; !*other && i < sizeof order / sizeof *order; i++)
        *other = material_first(m, order[i]);
    return (*other && (*other)->spki.len) ||
           fail(&cli->error, ERR_KEY_PASS_PHRASE,
                "the private key is encrypted, and no pass phrase was given", "私钥已加密,但未提供密码");
}

static void print_match(struct cli *cli, const json_t *answer) {
    printf(cli->lang == LANG_ZH ? "匹配:公钥 SHA-256 %s\n" : "they match: SHA-256 of the public key %s\n",
           cli_text(answer, "spki_sha256"));
}

static int verb_match(struct cli *cli) {
    struct material first, second;
    const struct material_item *other;
    if (!read_file(cli, cli->args[0], &first) || !read_file(cli, cli->args[1], &second) ||
        !find_other(cli, &second, &other))
        return cli_failed(cli);
    for (size_t i = 0; i < first.count; i++)
        if (slice_equal(first.items[i].spki, other->spki)) {
            json_t *answer = json_pack("{sbss}", "match", true, "spki_sha256", digest_of(cli, other->spki));
            return cli_show(cli, json_keep(cli->arena, answer), print_match);
        }
    fail(&cli->error, ERR_KEY_MISMATCH, "nothing in %s has the public key of the %s in %s",
         "%s 中没有与该 %s(%s)公钥相同的内容", cli->args[0], kind_of_other(other), cli->args[1]);
    return cli_failed(cli);
}

/* ---- convert ---- */

/* One file into another; what was brought is sorted out where it has a certificate. */
struct conversion {
    struct cli *cli;
    struct material in;
    struct import import;                      /* with a certificate */
    const struct material_item *request, *key; /* what there is without one */
};

static struct slice slice_join(struct arena *a, const struct slice *parts, size_t count) {
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += parts[i].len;
    struct secret *whole = secret_new(a, NULL, len);
    uint8_t *p = secret_bytes(whole);
    for (size_t i = 0; i < count; p += parts[i++].len)
        memcpy(p, parts[i].p, parts[i].len);
    return secret_slice(whole);
}

static bool key_pem(struct conversion *c, const struct secret *pkcs8, struct slice *pem) {
    struct secret *text;
    if (!key_to_pem(c->cli->arena, pkcs8, &text, &c->cli->error))
        return false;
    *pem = secret_slice(text);
    return true;
}

/* Certificate, chain, key; or the request; or the key. */
static bool to_pem(struct conversion *c, struct slice *content) {
    struct arena *a = c->cli->arena;
    struct slice parts[IMPORT_CERTS_MAX + 2];
    size_t count = 0;
    if (c->request)
        return *content = slice_str(csr_to_pem(a, c->request->csr.der)), true;
    if (c->key)
        return key_pem(c, c->key->pkcs8, content);
    parts[count++] = slice_str(cert_to_pem(a, c->import.leaf.der));
    for (size_t i = 0; i < c->import.chain_count; i++)
        parts[count++] = slice_str(cert_to_pem(a, c->import.chain[i].der));
    if (c->import.pkcs8 && !key_pem(c, c->import.pkcs8, &parts[count++]))
        return false;
    *content = slice_join(a, parts, count);
    return true;
}

static bool to_der(struct conversion *c, struct slice *content) {
    *content = c->request ? c->request->csr.der : c->key ? secret_slice(c->key->pkcs8) : c->import.leaf.der;
    return true;
}

static bool to_store(struct conversion *c, struct secret **pass_phrase, struct slice *content) {
    struct cli *cli = c->cli;
    const struct import *import = &c->import;
    struct slice chain[IMPORT_CERTS_MAX];
    if (c->request || c->key)
        return fail(&cli->error, ERR_MALFORMED_CERTIFICATE, "a key store needs a certificate",
                    "密钥库中必须有证书");
    if (!import->pkcs8)
        return fail_field(&cli->error, "key", ERR_BAD_FIELD, "a key store needs the private key: give --key",
                          "密钥库需要私钥:请使用 --key 提供");
    for (size_t i = 0; i < import->chain_count; i++)
        chain[i] = import->chain[i].der;
    return cli_secret(cli, KEY_NEW_PASS_PHRASE_FILE, (struct text)TEXT("New pass phrase", "新密码"),
                      pass_phrase) &&
           pkcs12_make(cli->arena, import->leaf.der, chain, import->chain_count, import->pkcs8, *pass_phrase,
                       cli->options[KEY_LEGACY] != NULL, content, &cli->error);
}

static bool to_pkcs12(struct conversion *c, struct slice *content) {
    struct secret *pass_phrase;
    return to_store(c, &pass_phrase, content);
}

static bool to_jks(struct conversion *c, struct slice *content) {
    struct secret *pass_phrase = NULL;
    struct slice pkcs12 = {0};
    return to_store(c, &pass_phrase, &pkcs12) &&
           jks_from_pkcs12(c->cli->arena, pkcs12, pass_phrase, content, &c->cli->error);
}

static const struct {
    const char *name;
    bool (*make)(struct conversion *c, struct slice *content);
} formats[] = {{"pem", to_pem}, {"der", to_der}, {"pkcs12", to_pkcs12}, {"jks", to_jks}};

static bool sort_certificate(struct conversion *c, const struct secret *pass_phrase) {
    struct cli *cli = c->cli;
    struct slice key = slice_of(NULL, 0);
    if (cli->options[KEY_KEY] &&
        !file_read(cli->arena, cli->options[KEY_KEY], IMPORT_BYTES_MAX, &key, &cli->error))
        return false;
    return import_read(cli->arena, c->in.bytes, key, pass_phrase, &c->import, &cli->error);
}

static bool sort_out(struct conversion *c, const struct secret *pass_phrase) {
    if (material_first(&c->in, MATERIAL_CERTIFICATE))
        return sort_certificate(c, pass_phrase);
    c->request = material_first(&c->in, MATERIAL_REQUEST);
    c->key = c->request ? NULL : material_first(&c->in, MATERIAL_KEY);
    return !c->key || c->key->pkcs8 ||
           fail(&c->cli->error, ERR_KEY_PASS_PHRASE,
                "the private key is encrypted, and no pass phrase was given", "私钥已加密,但未提供密码");
}

static bool make(struct conversion *c, const char *format, struct slice *content) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, format) == 0)
            return formats[i].make(c, content);
    return fail_field(&c->cli->error, "to", ERR_BAD_FIELD, "--to is pem, der, pkcs12 or jks, not '%s'",
                      "--to 可为 pem、der、pkcs12 或 jks,不能为“%s”", format);
}

static int verb_convert(struct cli *cli) {
    struct conversion c = {.cli = cli};
    struct secret *pass_phrase;
    struct slice content;
    const char *format = cli->options[KEY_TO] ? cli->options[KEY_TO] : "";
    bool done = read_pass_phrase(cli, &pass_phrase) &&
                material_read(cli->arena, cli->args[0], pass_phrase, &c.in, &cli->error) &&
                sort_out(&c, pass_phrase) && make(&c, format, &content) &&
                file_write_new(cli->args[1], 0600, content, &cli->error);
    return done ? EXIT_OK : cli_failed(cli);
}

static const struct option_row pass_phrase_options[] = {OPTION_PASS_PHRASE, {0}};

static const struct option_row convert_options[] = {
    {"to", KEY_TO, "FORMAT",
     TEXT("pem (certificate, chain, key), der, pkcs12 or jks (by keytool)",
          "pem(证书、证书链、私钥)、der、pkcs12 或 jks(由 keytool 生成)")},
    {"key", KEY_KEY, "FILE",
     TEXT("private key (PEM), if it is not in the same file", "私钥文件(PEM),若不在同一文件中")},
    OPTION_PASS_PHRASE,
    {"new-pass-phrase-file", KEY_NEW_PASS_PHRASE_FILE, "FILE",
     TEXT("pass phrase for the new PKCS#12 or JKS (else it is asked for)",
          "新 PKCS#12 或 JKS 的密码文件(默认在终端询问)")},
    {"legacy", KEY_LEGACY, NULL,
     TEXT("a PKCS#12 with old algorithms, for what cannot read AES",
          "使用旧算法的 PKCS#12,适用于不支持 AES 的软件")},
    {0},
};

#define ARGUMENT_FILE TEXT("FILE", "文件")

const struct verb tool_verbs[] = {
    {"inspect", TEXT("what a file of certificates, requests or keys holds", "查看证书、CSR 或私钥文件的内容"),
     ARGUMENT_FILE, 1, 1, pass_phrase_options, verb_inspect, true},
    {"csr inspect", TEXT("the same for a certificate request", "查看 CSR 文件的内容"), ARGUMENT_FILE, 1, 1,
     pass_phrase_options, verb_inspect, true},
    {"match", TEXT("do certificate (or request) and key belong together", "检查证书(或 CSR)与私钥是否匹配"),
     TEXT("CERTIFICATE KEY", "证书文件 私钥文件"), 2, 2, pass_phrase_options, verb_match, true},
    {"convert", TEXT("between PEM, DER, PKCS#12 and JKS", "在 PEM、DER、PKCS#12 和 JKS 之间转换"),
     TEXT("FILE NEW-FILE", "文件 新文件"), 2, 2, convert_options, verb_convert, true},
    {0},
};
