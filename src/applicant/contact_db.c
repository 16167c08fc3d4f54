/* The rows of contacts. */
#include "applicant/contact.h"

#define CONTACT(type, member, flags, en, zh) FIELD(type, contact, member, flags, en, zh)

const struct field contact_fields[] = {
    CONTACT(TEXT, id, FIELD_COLUMN, "Id", "ID"),
    CONTACT(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    CONTACT(TEXT, organization_id, 0, "Organisation", "组织"),
    CONTACT(TEXT, name, FIELD_COLUMN, "Name", "姓名"),
    CONTACT(TEXT, title, 0, "Position", "职务"),
    CONTACT(TEXT, email, FIELD_COLUMN, "E-mail", "电子邮箱"),
    CONTACT(TEXT, mobile, FIELD_COLUMN, "Mobile telephone", "手机号码"),
    CONTACT(TIME, created_at, FIELD_COLUMN, "Created", "创建时间"),
    CONTACT(TIME, changed_at, 0, "Changed", "更改时间"),
    CONTACT(TIME, email_confirmed_at, 0, "The address was confirmed", "邮箱确认时间"),
    CONTACT(TIME, deleted_at, FIELD_HIDDEN, "Deleted", "删除时间"),
    CONTACT(INT, revision, 0, "Revision", "版本"),
    FIELD_END,
};

#define COLUMNS                                                                                              \
    "id, account_id, organization_id, name, title, email, mobile, created_at, changed_at, "                  \
    "email_confirmed_at, deleted_at, revision"

bool contact_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct contact *c,
                 struct error *e) {
    bool ok =
        db_get(db, a, contact_fields, c, e,
               "SELECT " COLUMNS " FROM contact WHERE id = $1 AND account_id = $2 AND deleted_at IS NULL",
               DB_TEXT(id), DB_TEXT(account_id));
    if (ok || e->id != ERR_NOT_FOUND)
        return ok;
    return fail(e, ERR_NOT_FOUND, "no contact '%s'", "没有联系人“%s”", id);
}

bool contact_list(struct db *db, struct arena *a, const struct contact_range *range, struct contact **items,
                  size_t *count, struct error *e) {
    static const char above_all_ids[] = "ctc~";
    return db_list(db, a, contact_fields, sizeof **items, items, count, e,
                   "SELECT " COLUMNS " FROM contact WHERE account_id = $1 AND id < $2 "
                   "AND deleted_at IS NULL ORDER BY id DESC LIMIT $3",
                   DB_TEXT(range->account_id), DB_TEXT(range->cursor ? range->cursor : above_all_ids),
                   DB_INT((int64_t)range->limit));
}

bool contact_insert(struct db *db, const struct contact *c, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO contact (id, account_id, organization_id, name, title, email, mobile, "
                   "created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                   DB_TEXT(c->id), DB_TEXT(c->account_id), DB_TEXT(c->organization_id), DB_TEXT(c->name),
                   DB_TEXT(c->title), DB_TEXT(c->email), DB_TEXT(c->mobile), DB_INT(c->created_at),
                   DB_INT(c->changed_at));
}

bool contact_store(struct db *db, struct contact *c, struct error *e) {
    if (!db_exec(db, e,
                 "UPDATE contact SET organization_id = $3, name = $4, title = $5, email = $6, mobile = $7, "
                 "changed_at = $8, email_confirmed_at = $9, deleted_at = $10, revision = revision + 1 "
                 "WHERE id = $1 AND revision = $2 AND deleted_at IS NULL",
                 DB_TEXT(c->id), DB_INT(c->revision), DB_TEXT(c->organization_id), DB_TEXT(c->name),
                 DB_TEXT(c->title), DB_TEXT(c->email), DB_TEXT(c->mobile), DB_INT(c->changed_at),
                 DB_TIME(c->email_confirmed_at), DB_TIME(c->deleted_at)))
        return false;
    bool stored = db_changes(db) == 1;
    c->revision += stored; /* else it is whatever the caller says */
    return stored || fail(e, ERR_CONFLICT, "contact %s was changed meanwhile: read it again",
                          "联系人 %s 已被他人更改,请重新读取", c->id);
}

bool contact_of_organization(struct db *db, struct arena *a, const char *organization_id, const char **id,
                             struct error *e) {
    return db_text(db, a, id, e,
                   "SELECT id FROM contact WHERE organization_id = $1 AND deleted_at IS NULL "
                   "ORDER BY id LIMIT 1",
                   DB_TEXT(organization_id));
}
