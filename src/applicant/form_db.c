/* The rows of forms. */
#include "applicant/form.h"

#define FORM(type, member, flags, en, zh) FIELD(type, application_form, member, flags, en, zh)

const struct field form_fields[] = {
    FORM(TEXT, certificate_id, 0, "Certificate", "证书"),
    FORM(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    FORM(TEXT, contact_id, 0, "Contact", "联系人"),
    FORM(TEXT, organization_id, 0, "Organisation", "组织"),
    FORM(TEXT, validation_method, 0, "Method of validation: dns, file; empty: dns",
         "验证方式:dns、file;空表示 dns"),
    FORM(TEXT, remark, 0, "Remark", "备注"),
    FORM(TEXT, submitted_by, 0, "Who submitted it last", "最近提交人"),
    FORM(BOOL, inherited, 0, "Taken from the certificate that it renews", "沿用原证书的内容"),
    FORM(TEXT, demands, 0, "What the brand demands: none, dv, review", "品牌要求:none、dv、review"),
    FORM(TEXT, lacks, 0, "What it lacks, as an error code; empty: nothing",
         "缺少的内容(错误代码);空表示完整"),
    FORM(TIME, changed_at, 0, "Changed", "更改时间"),
    FORM(INT, revision, 0, "Revision; 0: nothing is stored", "版本;0 表示尚未保存"),
    FIELD_END,
};

bool form_get(struct db *db, struct arena *a, const char *certificate_id, struct application_form *f,
              struct error *e) {
    return db_get(
        db, a, form_fields, f, e,
        "SELECT certificate_id, account_id, contact_id, organization_id, validation_method, remark, "
        "submitted_by, changed_at, revision FROM application_form WHERE certificate_id = $1",
        DB_TEXT(certificate_id));
}

static bool conflict(const struct application_form *f, struct error *e) {
    return fail(e, ERR_CONFLICT, "the form of %s was changed meanwhile: read it again",
                "%s 的申请表已被他人更改,请重新读取", f->certificate_id);
}

/* Two who fill in the first one at once: the row is there for the second. */
static bool form_insert(struct db *db, const struct application_form *f, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO application_form (certificate_id, account_id, contact_id, organization_id, "
                   "validation_method, remark, changed_at, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, 1) "
                   "ON CONFLICT DO NOTHING",
                   DB_TEXT(f->certificate_id), DB_TEXT(f->account_id), DB_TEXT(f->contact_id),
                   DB_TEXT(f->organization_id), DB_TEXT(f->validation_method), DB_TEXT(f->remark),
                   DB_INT(f->changed_at));
}

static bool form_update(struct db *db, const struct application_form *f, struct error *e) {
    return db_exec(
        db, e,
        "UPDATE application_form SET contact_id = $3, organization_id = $4, validation_method = $5, "
        "remark = $6, changed_at = $7, revision = revision + 1 "
        "WHERE certificate_id = $1 AND revision = $2",
        DB_TEXT(f->certificate_id), DB_INT(f->revision), DB_TEXT(f->contact_id), DB_TEXT(f->organization_id),
        DB_TEXT(f->validation_method), DB_TEXT(f->remark), DB_INT(f->changed_at));
}

bool form_store(struct db *db, struct application_form *f, struct error *e) {
    if (!(f->revision ? form_update : form_insert)(db, f, e))
        return false;
    if (db_changes(db) != 1)
        return conflict(f, e);
    f->revision++;
    return true;
}

bool form_submitted(struct db *db, const char *certificate_id, const char *user, struct error *e) {
    return db_exec(db, e, "UPDATE application_form SET submitted_by = $2 WHERE certificate_id = $1",
                   DB_TEXT(certificate_id), DB_TEXT(user));
}

bool form_next_with(struct db *db, struct arena *a, enum form_member member, const char *object,
                    const char *after, const char **id, struct error *e) {
    if (member == FORM_CONTACT)
        return db_text(db, a, id, e,
                       "SELECT certificate_id FROM application_form WHERE contact_id = $1 "
                       "AND certificate_id > $2 ORDER BY certificate_id LIMIT 1",
                       DB_TEXT(object), DB_TEXT(after));
    return db_text(db, a, id, e,
                   "SELECT certificate_id FROM application_form WHERE organization_id = $1 "
                   "AND certificate_id > $2 ORDER BY certificate_id LIMIT 1",
                   DB_TEXT(object), DB_TEXT(after));
}
