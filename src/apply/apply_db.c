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
    FIELD(TEXT, application, demands, 0, "What the brand demands: none, dv, review",
          "品牌要求:none、dv、review"),
    FIELD(TEXT, application, grade, 0, "Grade", "证书等级"),
    FIELD(TEXT, application, contact_id, 0, "Contact", "联系人"),
    FIELD(TEXT, application, organization_id, 0, "Organisation", "组织"),
    FIELD(INT, application, organization_revision, FIELD_HIDDEN, "Revision of the organisation",
          "组织信息版本"),
    FIELD(TEXT, application, contact, FIELD_HIDDEN, "Contact as submitted", "提交时的联系人"),
    FIELD(TEXT, application, organization, FIELD_HIDDEN, "Organisation as submitted", "提交时的组织"),
    FIELD(TEXT, application, validation_method, 0, "Method of validation: dns, file", "验证方式:dns、file"),
    FIELD(TIME, application, submitted_at, 0, "Submitted", "提交时间"),
    FIELD(TEXT, application, submitted_by, 0, "Who submitted it; empty: a payment or the managed service",
          "提交人;空表示由支付或托管服务提交"),
    FIELD(TIME, application, expires_at, 0, "The time for validation ends", "验证截止时间"),
    FIELD(TIME, application, review_at, 0, "Waits for a reviewer since", "等待审核起始时间"),
    FIELD(TIME, application, reviewed_at, 0, "Reviewed", "审核时间"),
    FIELD(TEXT, application, reviewed_by, 0, "Reviewer", "审核员"),
    FIELD(TEXT, application, reject_text, 0, "What the reviewer says", "审核意见"),
    FIELD(LIST, application, problems, 0, "What the CA says against it", "CA 反馈的问题"),
    FIELD(INT, application, revision, 0, "Revision", "版本号"),
    FIELD_END,
};

#define COLUMNS                                                                                              \
    "id, account_id, number, certificate_id, issuer, names, csr_choice, key_algorithm, key_id, spki, csr, "  \
    "created_at, closed_at, version_id, reject_reason, demands, grade, contact_id, organization_id, "        \
    "organization_revision, contact, organization, validation_method, submitted_at, submitted_by, "          \
    "expires_at, review_at, reviewed_at, reviewed_by, reject_text, problems, revision"

/* Names what was looked for. */
static bool named(bool found, const char *id, struct error *e) {
    if (found || e->id != ERR_NOT_FOUND)
        return found;
    return fail(e, ERR_NOT_FOUND, "no application '%s'", "没有申请“%s”", id);
}

bool application_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                     struct application *application, struct error *e) {
    return named(db_get(db, a, application_fields, application, e,
                        "SELECT " COLUMNS " FROM application WHERE id = $1 AND account_id = $2", DB_TEXT(id),
                        DB_TEXT(account_id)),
                 id, e);
}

bool application_get_any(struct db *db, struct arena *a, const char *id, struct application *application,
                         struct error *e) {
    return named(db_get(db, a, application_fields, application, e,
                        "SELECT " COLUMNS " FROM application WHERE id = $1", DB_TEXT(id)),
                 id, e);
}

bool application_open(struct db *db, struct arena *a, const char *certificate_id,
                      struct application *application, struct error *e) {
    return db_get(db, a, application_fields, application, e,
                  "SELECT " COLUMNS " FROM application WHERE certificate_id = $1 AND closed_at IS NULL",
                  DB_TEXT(certificate_id));
}

bool application_insert(struct db *db, struct application *application, struct error *e) {
    const struct application *p = application;
    return db_sequence(db, "application", &application->number, e) &&
           db_exec(
               db, e,
               "INSERT INTO application (id, account_id, number, certificate_id, issuer, names, csr_choice, "
               "key_algorithm, key_id, spki, csr, created_at, demands, grade, contact_id, organization_id, "
               "organization_revision, contact, organization, validation_method, submitted_at, "
               "submitted_by, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, "
               "$14, $15, $16, $17, $18, $19, $20, $21, $22, $23)",
               DB_TEXT(p->id), DB_TEXT(p->account_id), DB_INT(p->number), DB_TEXT(p->certificate_id),
               DB_TEXT(p->issuer), DB_TEXT(p->names), DB_TEXT(p->csr_choice), DB_TEXT(p->key_algorithm),
               DB_TEXT(p->key_id), DB_BLOB(p->spki), DB_TEXT(p->csr), DB_INT(p->created_at),
               DB_TEXT(p->demands), DB_TEXT(p->grade), DB_TEXT(p->contact_id), DB_TEXT(p->organization_id),
               DB_INT(p->organization_revision), DB_TEXT(p->contact), DB_TEXT(p->organization),
               DB_TEXT(p->validation_method), DB_TIME(p->submitted_at), DB_TEXT(p->submitted_by),
               DB_TIME(p->expires_at));
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

bool application_set_issuer(struct db *db, const char *id, const char *issuer, struct error *e) {
    return db_exec(db, e, "UPDATE application SET issuer = $2 WHERE id = $1", DB_TEXT(id), DB_TEXT(issuer));
}

bool application_set_problems(struct db *db, const char *id, const char *problems, struct error *e) {
    return db_exec(db, e, "UPDATE application SET problems = $2 WHERE id = $1", DB_TEXT(id),
                   DB_TEXT(problems));
}

bool application_list(struct db *db, struct arena *a, const char *certificate_id,
                      struct application **applications, size_t *count, struct error *e) {
    return db_list(db, a, application_fields, sizeof **applications, applications, count, e,
                   "SELECT " COLUMNS " FROM application WHERE certificate_id = $1 ORDER BY number",
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
