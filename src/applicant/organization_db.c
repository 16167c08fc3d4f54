/* The rows of organisations. */
#include "applicant/organization.h"

#define ORGANIZATION(type, member, flags, en, zh) FIELD(type, organization, member, flags, en, zh)

const struct field organization_fields[] = {
    ORGANIZATION(TEXT, id, FIELD_COLUMN, "Id", "ID"),
    ORGANIZATION(TEXT, account_id, FIELD_HIDDEN, "Account", "账号"),
    ORGANIZATION(TEXT, name, FIELD_COLUMN, "Name", "名称"),
    ORGANIZATION(TEXT, registration_number, FIELD_COLUMN, "Registration number", "登记号码"),
    ORGANIZATION(TEXT, country, FIELD_COLUMN, "Country", "国家代码"),
    ORGANIZATION(TEXT, province, 0, "State or province", "省份"),
    ORGANIZATION(TEXT, city, FIELD_COLUMN, "City", "城市"),
    ORGANIZATION(TEXT, address, 0, "Address", "详细地址"),
    ORGANIZATION(TEXT, postal_code, 0, "Postal code", "邮政编码"),
    ORGANIZATION(TEXT, phone, 0, "Telephone", "电话"),
    ORGANIZATION(TIME, created_at, FIELD_COLUMN, "Created", "创建时间"),
    ORGANIZATION(TIME, changed_at, 0, "Changed", "更改时间"),
    ORGANIZATION(TIME, deleted_at, FIELD_HIDDEN, "Deleted", "删除时间"),
    ORGANIZATION(INT, revision, 0, "Revision", "版本"),
    FIELD_END,
};

#define COLUMNS                                                                                              \
    "id, account_id, name, registration_number, country, province, city, address, postal_code, phone, "      \
    "created_at, changed_at, deleted_at, revision"

bool organization_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                      struct organization *o, struct error *e) {
    bool ok = db_get(db, a, organization_fields, o, e,
                     "SELECT " COLUMNS
                     " FROM organization WHERE id = $1 AND account_id = $2 AND deleted_at IS NULL",
                     DB_TEXT(id), DB_TEXT(account_id));
    if (ok || e->id != ERR_NOT_FOUND)
        return ok;
    return fail(e, ERR_NOT_FOUND, "no organisation '%s'", "没有组织“%s”", id);
}

bool organization_list(struct db *db, struct arena *a, const struct organization_range *range,
                       struct organization **items, size_t *count, struct error *e) {
    static const char above_all_ids[] = "org~";
    return db_list(db, a, organization_fields, sizeof **items, items, count, e,
                   "SELECT " COLUMNS " FROM organization WHERE account_id = $1 AND id < $2 "
                   "AND deleted_at IS NULL ORDER BY id DESC LIMIT $3",
                   DB_TEXT(range->account_id), DB_TEXT(range->cursor ? range->cursor : above_all_ids),
                   DB_INT((int64_t)range->limit));
}

bool organization_insert(struct db *db, const struct organization *o, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO organization (id, account_id, name, registration_number, country, province, "
                   "city, address, postal_code, phone, created_at, changed_at) "
                   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                   DB_TEXT(o->id), DB_TEXT(o->account_id), DB_TEXT(o->name), DB_TEXT(o->registration_number),
                   DB_TEXT(o->country), DB_TEXT(o->province), DB_TEXT(o->city), DB_TEXT(o->address),
                   DB_TEXT(o->postal_code), DB_TEXT(o->phone), DB_INT(o->created_at), DB_INT(o->changed_at));
}

bool organization_store(struct db *db, struct organization *o, struct error *e) {
    if (!db_exec(
            db, e,
            "UPDATE organization SET name = $3, registration_number = $4, country = $5, province = $6, "
            "city = $7, address = $8, postal_code = $9, phone = $10, changed_at = $11, deleted_at = $12, "
            "revision = revision + 1 WHERE id = $1 AND revision = $2 AND deleted_at IS NULL",
            DB_TEXT(o->id), DB_INT(o->revision), DB_TEXT(o->name), DB_TEXT(o->registration_number),
            DB_TEXT(o->country), DB_TEXT(o->province), DB_TEXT(o->city), DB_TEXT(o->address),
            DB_TEXT(o->postal_code), DB_TEXT(o->phone), DB_INT(o->changed_at), DB_TIME(o->deleted_at)))
        return false;
    bool stored = db_changes(db) == 1;
    o->revision += stored; /* else it is whatever the caller says */
    return stored || fail(e, ERR_CONFLICT, "organisation %s was changed meanwhile: read it again",
                          "组织 %s 已被他人更改,请重新读取", o->id);
}
