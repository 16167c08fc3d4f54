/* Rows of applications. */
#include "apply/apply.h"

const struct field application_fields[] = {
    FIELD(TEXT, application, id, FIELD_COLUMN, "Id", "ID"),
    FIELD(TEXT, application, account_id, FIELD_HIDDEN, "Account", "账号"),
    FIELD(INT, application, number, 0, "Number", "编号"),
    FIELD(TEXT, application, certificate_id, 0, "Certificate", "证书"),
    FIELD(TEXT, application, issuer, FIELD_COLUMN, "Issuer", "签发机构"),
    FIELD(WORDS, application, names, FIELD_COLUMN, "Names", "域名"),
    FIELD(TEXT, application, csr_choice, 0, "Key choice", "CSR 方式"),
    FIELD(TEXT, application, key_algorithm, FIELD_COLUMN, "Key algorithm", "密钥算法"),
    FIELD(TEXT, application, key_id, 0, "Key", "密钥"),
    FIELD(BLOB, application, spki, FIELD_HIDDEN, "Public key", "公钥"),
    FIELD(TEXT, application, csr, 0, "CSR", "CSR"),
    FIELD(TIME, application, created_at, FIELD_COLUMN, "Created", "创建时间"),
    FIELD(TIME, application, closed_at, FIELD_COLUMN, "Closed", "结束时间"),
    FIELD(TEXT, application, version_id, 0, "Version", "版本"),
    FIELD(TEXT, application, reject_reason, 0, "Why it ended without a version", "未签发的原因"),
    FIELD_END,
};

bool application_open(struct db *db, struct arena *a, const char *certificate_id,
                      struct application *application, struct error *e) {
    return db_get(
        db, a, application_fields, application, e,
        "SELECT id, account_id, number, certificate_id, issuer, names, csr_choice, key_algorithm, key_id, "
        "spki, csr, created_at, closed_at, version_id, reject_reason FROM application "
        "WHERE certificate_id = $1 AND closed_at IS NULL",
        DB_TEXT(certificate_id));
}

bool application_insert(struct db *db, struct application *application, struct error *e) {
    const struct application *p = application;
    return db_sequence(db, "application", &application->number, e) &&
           db_exec(
               db, e,
               "INSERT INTO application (id, account_id, number, certificate_id, issuer, names, csr_choice, "
               "key_algorithm, key_id, spki, csr, created_at) "
               "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
               DB_TEXT(p->id), DB_TEXT(p->account_id), DB_INT(p->number), DB_TEXT(p->certificate_id),
               DB_TEXT(p->issuer), DB_TEXT(p->names), DB_TEXT(p->csr_choice), DB_TEXT(p->key_algorithm),
               DB_TEXT(p->key_id), DB_BLOB(p->spki), DB_TEXT(p->csr), DB_INT(p->created_at));
}

bool application_close(struct db *db, const char *id, int64_t now, const char *version_id, const char *reason,
                       struct error *e) {
    return db_exec(db, e,
                   "UPDATE application SET closed_at = $2, version_id = $3, reject_reason = $4 "
                   "WHERE id = $1 AND closed_at IS NULL",
                   DB_TEXT(id), DB_INT(now), DB_TEXT(version_id), DB_TEXT(reason)) &&
           (db_changes(db) == 1 ||
            fail(e, ERR_CONFLICT, "application %s is closed already", "申请 %s 已结束", id));
}

bool application_list(struct db *db, struct arena *a, const char *certificate_id,
                      struct application **applications, size_t *count, struct error *e) {
    return db_list(db, a, application_fields, sizeof **applications, applications, count, e,
                   "SELECT id, account_id, number, certificate_id, issuer, names, csr_choice, key_algorithm, "
                   "key_id, spki, csr, created_at, closed_at, version_id, reject_reason FROM application "
                   "WHERE certificate_id = $1 ORDER BY number",
                   DB_TEXT(certificate_id));
}

bool application_algorithm_used(struct db *db, const char *account_id, const char *algorithm, int64_t since,
                                bool *used, struct error *e) {
    int64_t one;
    bool ok =
        db_int(db, &one, 0, e,
               "SELECT 1 FROM application WHERE account_id = $1 AND key_algorithm = $2 AND created_at >= $3 "
               "AND csr_choice = 'automatic' LIMIT 1",
               DB_TEXT(account_id), DB_TEXT(algorithm), DB_INT(since));
    *used = ok && one;
    return ok;
}
