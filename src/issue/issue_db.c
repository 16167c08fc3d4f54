/* Rows of issuing. */
#include "issue/issue_db.h"

static const struct field journal_fields[] = {
    FIELD(TEXT, journal, application_id, 0, "Application", "申请"),
    FIELD(TEXT, journal, account_id, FIELD_HIDDEN, "Account", "账号"),
    FIELD(TEXT, journal, ca_id, 0, "CA", "CA"),
    FIELD(BLOB, journal, serial, 0, "Serial number", "序列号"),
    FIELD(TIME, journal, issued_at, 0, "Issued", "签发时间"),
    FIELD(TIME, journal, not_before, 0, "Valid from", "生效时间"),
    FIELD(TIME, journal, end_at, 0, "Valid until", "到期时间"),
    FIELD(TIME, journal, coverage_end, 0, "Covered until", "服务到期时间"),
    FIELD(INT, journal, carried_seconds, 0, "Carried over (s)", "结转(秒)"),
    FIELD_END,
};

bool journal_find(struct db *db, struct arena *a, const char *application_id, struct journal *j,
                  struct error *e) {
    *j = (struct journal){.application_id = NULL};
    bool found = db_get(db, a, journal_fields, j, e,
                        "SELECT application_id, account_id, ca_id, serial, issued_at, not_before, end_at, "
                        "coverage_end, carried_seconds FROM issuance WHERE application_id = $1",
                        DB_TEXT(application_id));
    return found || error_absent(e);
}

bool journal_put(struct db *db, const struct journal *j, struct error *e) {
    return db_exec(
        db, e,
        "INSERT INTO issuance (application_id, account_id, ca_id, serial, issued_at, not_before, end_at, "
        "coverage_end, carried_seconds) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
        "ON CONFLICT (application_id) DO UPDATE SET ca_id = excluded.ca_id, serial = excluded.serial, "
        "issued_at = excluded.issued_at, not_before = excluded.not_before, end_at = excluded.end_at, "
        "coverage_end = excluded.coverage_end, carried_seconds = excluded.carried_seconds",
        DB_TEXT(j->application_id), DB_TEXT(j->account_id), DB_TEXT(j->ca_id), DB_BLOB(j->serial),
        DB_INT(j->issued_at), DB_INT(j->not_before), DB_INT(j->end_at), DB_INT(j->coverage_end),
        DB_INT(j->carried_seconds));
}

static const struct field revocation_fields[] = {
    FIELD(TEXT, revocation, ca_id, 0, "CA", "CA"),
    FIELD(TEXT, revocation, serial, 0, "Serial number", "序列号"),
    FIELD(TEXT, revocation, account_id, FIELD_HIDDEN, "Account", "账号"),
    FIELD(TEXT, revocation, version_id, 0, "Version", "版本"),
    FIELD(TEXT, revocation, certificate_id, 0, "Certificate", "证书"),
    FIELD(TEXT, revocation, spki_sha256, 0, "SHA-256 of the public key", "公钥 SHA-256"),
    FIELD(TIME, revocation, revoked_at, 0, "Revoked", "吊销时间"),
    FIELD(INT, revocation, reason, 0, "Reason", "原因"),
    FIELD(TIME, revocation, end_at, 0, "Valid until", "到期时间"),
    FIELD(TIME, revocation, published_at, 0, "Published", "发布时间"),
    FIELD_END,
};

bool revocation_insert(struct db *db, const struct revocation *r, struct error *e) {
    return db_exec(
        db, e,
        "INSERT INTO revocation (ca_id, serial, account_id, version_id, certificate_id, spki_sha256, "
        "revoked_at, reason, end_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
        "ON CONFLICT (ca_id, serial) DO NOTHING",
        DB_TEXT(r->ca_id), DB_TEXT(r->serial), DB_TEXT(r->account_id), DB_TEXT(r->version_id),
        DB_TEXT(r->certificate_id), DB_TEXT(r->spki_sha256), DB_INT(r->revoked_at), DB_INT(r->reason),
        DB_INT(r->end_at));
}

bool revocation_set_reason(struct db *db, const struct version *v, int64_t reason, struct error *e) {
    return db_exec(db, e, "UPDATE revocation SET reason = $3 WHERE ca_id = $1 AND serial = $2",
                   DB_TEXT(v->ca_id), DB_TEXT(v->serial), DB_INT(reason));
}

bool revocation_list(struct db *db, struct arena *a, const char *ca_id, int64_t last_update,
                     struct revocations *list, struct error *e) {
    return db_list(
        db, a, revocation_fields, sizeof *list->items, &list->items, &list->count, e,
        "SELECT ca_id, serial, account_id, version_id, certificate_id, spki_sha256, revoked_at, reason, end_at, "
        "published_at FROM revocation WHERE ca_id = $1 AND end_at > $2 ORDER BY end_at, serial",
        DB_TEXT(ca_id), DB_INT(last_update));
}

bool revocation_set_published(struct db *db, const struct revocation *r, int64_t published_at,
                              struct error *e) {
    return db_exec(db, e, "UPDATE revocation SET published_at = $3 WHERE ca_id = $1 AND serial = $2",
                   DB_TEXT(r->ca_id), DB_TEXT(r->serial), DB_INT(published_at));
}

bool revocation_count_unpublished(struct db *db, const char *certificate_id, int64_t *count,
                                  struct error *e) {
    return db_int(db, count, 0, e,
                  "SELECT count(*) FROM revocation WHERE certificate_id = $1 AND published_at IS NULL",
                  DB_TEXT(certificate_id));
}

static const struct field crl_fields[] = {
    FIELD(TEXT, crl, ca_id, 0, "CA", "CA"),
    FIELD(TEXT, crl, account_id, FIELD_HIDDEN, "Account", "账号"),
    FIELD(INT, crl, number, 0, "Number", "编号"),
    FIELD(TIME, crl, this_update, 0, "Published", "发布时间"),
    FIELD(TIME, crl, next_update, 0, "Next update", "下次更新"),
    FIELD(BLOB, crl, der, FIELD_HIDDEN, "CRL", "吊销列表"),
    FIELD_END,
};

bool crl_find(struct db *db, struct arena *a, const char *ca_id, struct crl *crl, struct error *e) {
    *crl = (struct crl){.ca_id = NULL};
    bool found =
        db_get(db, a, crl_fields, crl, e,
               "SELECT ca_id, account_id, number, this_update, next_update, der FROM crl WHERE ca_id = $1",
               DB_TEXT(ca_id));
    return found || error_absent(e);
}

bool crl_put(struct db *db, const struct crl *crl, struct error *e) {
    if (!db_exec(
            db, e,
            "INSERT INTO crl (ca_id, account_id, number, this_update, next_update, der) "
            "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (ca_id) DO UPDATE SET number = excluded.number, "
            "this_update = excluded.this_update, next_update = excluded.next_update, der = excluded.der "
            "WHERE crl.number < excluded.number",
            DB_TEXT(crl->ca_id), DB_TEXT(crl->account_id), DB_INT(crl->number), DB_INT(crl->this_update),
            DB_INT(crl->next_update), DB_BLOB(crl->der)))
        return false;
    return db_changes(db) == 1 || fail(e, ERR_CONFLICT, "CRL %lld of %s is there already",
                                       "第 %lld 号吊销列表已存在(%s)", (long long)crl->number, crl->ca_id);
}
