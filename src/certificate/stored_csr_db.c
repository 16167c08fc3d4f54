/* The rows of the CSR manager. */
#include "certificate/stored_csr.h"

#define CSR(type, member, flags, en, zh) FIELD(type, stored_csr, member, flags, en, zh)

const struct field stored_csr_fields[] = {
    CSR(TEXT, id, FIELD_COLUMN, "Id", "ID"),
    CSR(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    CSR(INT, number, 0, "Number", "编号"),
    CSR(TEXT, name, FIELD_COLUMN, "Name", "名称"),
    CSR(TEXT, state, FIELD_COLUMN, "State: making (its key), ready", "状态:making(正在生成密钥)、ready"),
    CSR(WORDS, names, FIELD_COLUMN, "Names", "域名"),
    CSR(TEXT, subject, 0, "Subject", "主题"),
    CSR(BLOB, subject_der, FIELD_HIDDEN, "Subject, DER", "主题(DER)"),
    CSR(TEXT, key_algorithm, FIELD_COLUMN, "Key algorithm", "密钥算法"),
    CSR(BOOL, key_held, FIELD_COLUMN, "Tenure holds the key", "已保管私钥"),
    CSR(TEXT, key_id, 0, "Held private key", "已保管的私钥"),
    CSR(TEXT, spki_sha256, 0, "SHA-256 of the public key", "公钥 SHA-256"),
    CSR(TEXT, pem, 0, "The request, PEM; null while its key is being made",
        "CSR 内容(PEM),正在生成密钥时为空"),
    CSR(TIME, created_at, FIELD_COLUMN, "Created", "创建时间"),
    FIELD_END,
};

#define COLUMNS                                                                                              \
    "id, account_id, number, name, names, subject, subject_der, key_algorithm, spki_sha256, key_id, pem, "   \
    "created_at, CASE WHEN pem IS NULL THEN 'making' ELSE 'ready' END AS state, "                            \
    "CASE WHEN key_id IS NULL THEN 0 ELSE 1 END AS key_held"

bool stored_csr_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                    struct stored_csr *csr, struct error *e) {
    bool ok = db_get(db, a, stored_csr_fields, csr, e,
                     "SELECT " COLUMNS " FROM csr WHERE id = $1 AND account_id = $2", DB_TEXT(id),
                     DB_TEXT(account_id));
    if (ok || e->id != ERR_NOT_FOUND)
        return ok;
    return fail(e, ERR_NOT_FOUND, "no CSR '%s'", "没有 CSR“%s”", id);
}

bool stored_csr_list(struct db *db, struct arena *a, const struct csr_range *range, struct stored_csr **items,
                     size_t *count, struct error *e) {
    static const char above_all_ids[] = "csr~";
    return db_list(db, a, stored_csr_fields, sizeof **items, items, count, e,
                   "SELECT " COLUMNS " FROM csr WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
                   DB_TEXT(range->account_id), DB_TEXT(range->cursor ? range->cursor : above_all_ids),
                   DB_INT((int64_t)range->limit));
}

bool stored_csr_insert(struct db *db, struct stored_csr *csr, struct error *e) {
    const struct stored_csr *c = csr;
    return db_sequence(db, "csr", &csr->number, e) &&
           db_exec(db, e,
                   "INSERT INTO csr (id, account_id, number, name, names, subject, subject_der, "
                   "key_algorithm, spki_sha256, key_id, pem, created_at) "
                   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                   DB_TEXT(c->id), DB_TEXT(c->account_id), DB_INT(c->number), DB_TEXT(c->name),
                   DB_TEXT(c->names), DB_TEXT(c->subject), DB_BLOB(c->subject_der), DB_TEXT(c->key_algorithm),
                   DB_TEXT(c->spki_sha256), DB_TEXT(c->key_id), DB_TEXT(c->pem), DB_INT(c->created_at));
}

bool stored_csr_fill(struct db *db, const struct stored_csr *csr, bool *stored, struct error *e) {
    bool ok = db_exec(db, e,
                      "UPDATE csr SET spki_sha256 = $2, key_id = $3, pem = $4, subject_der = NULL "
                      "WHERE id = $1 AND pem IS NULL",
                      DB_TEXT(csr->id), DB_TEXT(csr->spki_sha256), DB_TEXT(csr->key_id), DB_TEXT(csr->pem));
    *stored = ok && db_changes(db) == 1;
    return ok;
}

bool stored_csr_rename(struct db *db, const char *id, const char *name, struct error *e) {
    return db_exec(db, e, "UPDATE csr SET name = $2 WHERE id = $1", DB_TEXT(id), DB_TEXT(name));
}

bool stored_csr_find(struct db *db, struct arena *a, const struct stored_csr *csr, const char **id,
                     struct error *e) {
    return db_text(db, a, id, e,
                   "SELECT id FROM csr WHERE account_id = $1 AND spki_sha256 = $2 AND pem = $3 "
                   "ORDER BY id LIMIT 1",
                   DB_TEXT(csr->account_id), DB_TEXT(csr->spki_sha256), DB_TEXT(csr->pem));
}

bool stored_csr_remove(struct db *db, const char *id, struct error *e) {
    return db_exec(db, e, "DELETE FROM csr_use WHERE csr_id = $1", DB_TEXT(id)) &&
           db_exec(db, e, "DELETE FROM csr WHERE id = $1", DB_TEXT(id));
}

bool stored_csr_use(struct db *db, const char *account_id, const char *spki_sha256,
                    const char *certificate_id, struct error *e) {
    return db_exec(db, e, "DELETE FROM csr_use WHERE certificate_id = $1", DB_TEXT(certificate_id)) &&
           db_exec(db, e,
                   "INSERT INTO csr_use (csr_id, certificate_id, account_id) SELECT id, $3, account_id "
                   "FROM csr WHERE account_id = $1 AND spki_sha256 = $2 ON CONFLICT DO NOTHING",
                   DB_TEXT(account_id), DB_TEXT(spki_sha256), DB_TEXT(certificate_id));
}

bool stored_csr_waited_for(struct db *db, struct arena *a, const struct stored_csr *csr, int64_t now,
                           const char **id, struct error *e) {
    return db_text(db, a, id, e,
                   "SELECT c.id FROM csr_use u JOIN certificate c ON c.id = u.certificate_id "
                   "WHERE u.csr_id = $1 AND c.csr_choice = 'own' AND c.cancelled_at IS NULL "
                   "AND c.revoke_asked_at IS NULL AND c.revoked_at IS NULL "
                   "AND (c.end_at IS NULL OR c.end_at > $2) "
                   "AND NOT EXISTS (SELECT 1 FROM version v WHERE v.certificate_id = c.id "
                   "AND v.spki_sha256 = $3) ORDER BY c.id LIMIT 1",
                   DB_TEXT(csr->id), DB_INT(now), DB_TEXT(csr->spki_sha256));
}
