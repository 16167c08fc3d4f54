/* The rows of versions: what lists show, the DER beside it, and the chains, each stored once. */
#include "base/buf.h"
#include "base/rand.h"
#include "certificate/compromised_key.h"
#include "certificate/term.h"
#include "certificate/version.h"
#include "pki/digest.h"

#define VERSION(type, member, flags, en, zh) FIELD(type, version, member, flags, en, zh)

const struct field version_fields[] = {
    VERSION(TEXT, id, FIELD_COLUMN, "Id", "ID"),
    VERSION(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    VERSION(TEXT, certificate_id, 0, "Certificate", "证书"),
    VERSION(INT, number, FIELD_COLUMN, "Number within the certificate", "版本号"),
    VERSION(TEXT, serial, FIELD_COLUMN, "Serial number", "序列号"),
    VERSION(TEXT, issuer, 0, "Issuer", "颁发者"),
    VERSION(TEXT, subject, 0, "Subject", "主题"),
    VERSION(TEXT, key_algorithm, 0, "Key algorithm", "密钥算法"),
    VERSION(TIME, not_before, FIELD_COLUMN, "Begins", "开始时间"),
    VERSION(TIME, end_at, FIELD_COLUMN, "Ends (first second not covered)", "结束时间"),
    VERSION(TEXT, fingerprint, 0, "SHA-256 fingerprint", "SHA-256 指纹"),
    VERSION(TEXT, spki_sha256, 0, "SHA-256 of the public key", "公钥 SHA-256"),
    VERSION(TEXT, key_id, 0, "Held private key", "已保管的私钥"),
    VERSION(TEXT, ca_id, 0, "Local CA", "本地 CA"),
    VERSION(TIME, stored_at, 0, "Stored", "入库时间"),
    VERSION(TIME, revoked_at, 0, "Revoked", "吊销时间"),
    VERSION(TEXT, chain_id, FIELD_HIDDEN, "Chain", "证书链"),
    FIELD_END,
};

#define COLUMNS                                                                                              \
    "id, account_id, certificate_id, number, serial, issuer, subject, key_algorithm, not_before, "           \
    "end_at, fingerprint, spki_sha256, key_id, ca_id, stored_at, revoked_at, chain_id"

/* ---- storing ---- */

static bool chain_store(struct db *db, struct arena *a, const char *account_id, const struct new_version *v,
                        const char **id, struct error *e) {
    struct buf pem = buf_new(a, (size_t)IMPORT_CERTS_MAX * IMPORT_BYTES_MAX);
    char hash[SHA256_HEX_SIZE];
    *id = NULL;
    if (!v->chain_count)
        return true;
    for (size_t i = 0; i < v->chain_count; i++)
        buf_str(&pem, cert_to_pem(a, v->chain[i].der));
    digest_sha256_hex(buf_slice(&pem), hash);
    *id = arena_strdup(a, hash);
    return db_exec(db, e,
                   "INSERT INTO chain (id, account_id, pem) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                   DB_TEXT(*id), DB_TEXT(account_id), DB_TEXT(pem.p));
}

static bool insert_row(struct db *db, const struct version *v, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO version (" COLUMNS
                   ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, NULL, $16)",
                   DB_TEXT(v->id), DB_TEXT(v->account_id), DB_TEXT(v->certificate_id), DB_INT(v->number),
                   DB_TEXT(v->serial), DB_TEXT(v->issuer), DB_TEXT(v->subject), DB_TEXT(v->key_algorithm),
                   DB_INT(v->not_before), DB_INT(v->end_at), DB_TEXT(v->fingerprint), DB_TEXT(v->spki_sha256),
                   DB_TEXT(v->key_id), DB_TEXT(v->ca_id), DB_TIME(v->stored_at), DB_TEXT(v->chain_id));
}

static bool insert_der(struct db *db, const struct version *v, struct slice der, struct error *e) {
    return db_exec(db, e, "INSERT INTO version_der (version_id, account_id, der) VALUES ($1, $2, $3)",
                   DB_TEXT(v->id), DB_TEXT(v->account_id), DB_BLOB(der));
}

static struct version version_of(struct arena *a, const struct certificate *c, const struct new_version *v,
                                 int64_t now) {
    const struct cert *leaf = v->leaf;
    return (struct version){
        .id = id_new(a, "ver", now),
        .account_id = c->account_id,
        .certificate_id = c->id,
        .number = c->version_count + 1,
        .serial = leaf->serial,
        .issuer = leaf->issuer,
        .subject = leaf->subject,
        .key_algorithm = key_algorithm_name(leaf->algorithm),
        .not_before = leaf->not_before,
        .end_at = leaf->end,
        .fingerprint = leaf->fingerprint,
        .spki_sha256 = leaf->spki_sha256,
        .key_id = v->key_id,
        .ca_id = v->ca_id,
        .stored_at = now,
    };
}

static void make_current(struct certificate *c, const struct version *v, int64_t next_issue_at) {
    c->version_id = v->id;
    c->version_count = v->number;
    c->not_before = v->not_before;
    c->version_end = v->end_at;
    c->serial = v->serial;
    c->fingerprint = v->fingerprint;
    c->key_algorithm = v->key_algorithm;
    c->key_held = v->key_id != NULL;
    c->next_issue_at = next_issue_at;
}

/* In any order: a CA may sort them, and the first one is the main name here. */
static bool same_names(const char *names, const char *others) {
    struct slice name;
    for (const char *rest = names; names_next(&rest, &name);)
        if (!words_have(others, name))
            return false;
    return names_count(names) == names_count(others);
}

/* budget: as the header has it */
bool version_add(struct db *db, struct arena *a, const struct profile *profile, struct certificate *c,
                 const struct new_version *v, int64_t now, struct version *stored, struct error *e) {
    const struct certificate before = *c;
    *stored = version_of(a, c, v, now);
    if (!chain_store(db, a, c->account_id, v, &stored->chain_id, e) || !insert_row(db, stored, e) ||
        !insert_der(db, stored, v->leaf->der, e))
        return false;
    make_current(c, stored, v->next_issue_at);
    if (!certificate_store(db, a, profile, c, e) || !term_update(db, a, &before, c, e) ||
        (c->key_compromised_at && !compromised_key_flag(db, c, 0, e)))
        return false;
    return same_names(c->names, v->leaf->names) || certificate_set_names(db, a, c, v->leaf->names, e);
}

/* ---- reading ---- */

bool version_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct version *v,
                 struct error *e) {
    bool ok = db_get(db, a, version_fields, v, e,
                     "SELECT " COLUMNS " FROM version WHERE id = $1 AND account_id = $2", DB_TEXT(id),
                     DB_TEXT(account_id));
    if (ok || e->id != ERR_NOT_FOUND)
        return ok;
    return fail(e, ERR_NOT_FOUND, "no version '%s'", "没有版本“%s”", id);
}

bool version_list(struct db *db, struct arena *a, const char *certificate_id, struct version **versions,
                  size_t *count, struct error *e) {
    return db_list(db, a, version_fields, sizeof **versions, versions, count, e,
                   "SELECT " COLUMNS " FROM version WHERE certificate_id = $1 ORDER BY number DESC",
                   DB_TEXT(certificate_id));
}

struct material {
    struct slice der;
    const char *pem;
};

static const struct field material_fields[] = {
    FIELD(BLOB, material, der, 0, "DER", "DER"),
    FIELD(TEXT, material, pem, 0, "Chain", "证书链"),
    FIELD_END,
};

bool version_material(struct db *db, struct arena *a, const struct version *v, struct slice *der,
                      const char **chain_pem, struct error *e) {
    struct material m = {0};
    if (!db_get(
            db, a, material_fields, &m, e,
            "SELECT d.der, c.pem FROM version_der d LEFT JOIN chain c ON c.account_id = d.account_id AND c.id = $2 "
            "WHERE d.version_id = $1",
            DB_TEXT(v->id), DB_TEXT(v->chain_id)))
        return false;
    *der = m.der;
    *chain_pem = m.pem ? m.pem : "";
    return true;
}

/* An upload must not pass for the certificate of somebody else: its issuer and serial number name it for
 * good. */
bool version_refuse_known(struct db *db, struct arena *a, const char *account_id, const struct cert *leaf,
                          struct error *e) {
    const char *owner = NULL;
    if (!db_text(db, a, &owner, e,
                 "SELECT certificate_id FROM version WHERE account_id = $1 AND issuer = $2 AND serial = $3",
                 DB_TEXT(account_id), DB_TEXT(leaf->issuer), DB_TEXT(leaf->serial)))
        return false;
    if (!owner)
        return true;
    fail(e, ERR_ALREADY_EXISTS, "the certificate with serial number %s is there already: %s",
         "序列号为 %s 的证书已存在:%s", leaf->serial, owner);
    snprintf(e->object, sizeof e->object, "%s", owner);
    return false;
}

/* ---- changing ---- */

bool version_set_revoked(struct db *db, const char *version_id, int64_t revoked_at, struct error *e) {
    return db_exec(db, e, "UPDATE version SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL",
                   DB_TEXT(version_id), DB_TIME(revoked_at));
}

/*
 * A key goes with the last version that has it, unless a request of the CSR manager has it too, or a
 * successor was ordered with the same key and is not issued yet. Chains stay: they are public, few, and
 * others share them.
 */
bool versions_delete(struct db *db, const struct certificate *c, struct error *e) {
    return db_exec(
               db, e,
               "DELETE FROM private_key WHERE id IN (SELECT key_id FROM version WHERE certificate_id = $1) "
               "AND NOT EXISTS (SELECT 1 FROM version v WHERE v.key_id = private_key.id AND v.certificate_id <> $1) "
               "AND NOT EXISTS (SELECT 1 FROM csr WHERE csr.key_id = private_key.id) "
               "AND NOT EXISTS (SELECT 1 FROM certificate s WHERE s.predecessor_id = $1 AND s.version_count = 0 "
               "AND s.csr_choice = 'keep' AND s.cancelled_at IS NULL)",
               DB_TEXT(c->id)) &&
           db_exec(
               db, e,
               "DELETE FROM version_der WHERE version_id IN (SELECT id FROM version WHERE certificate_id = $1)",
               DB_TEXT(c->id)) &&
           db_exec(db, e, "DELETE FROM csr_use WHERE certificate_id = $1", DB_TEXT(c->id)) &&
           db_exec(db, e, "DELETE FROM version WHERE certificate_id = $1", DB_TEXT(c->id));
}
