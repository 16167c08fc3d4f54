/* Rows of accounts. */
#include "acmeserver/served.h"

static const struct field account_fields[] = {
    FIELD(TEXT, served_account, id, 0, "Id", "ID"),
    FIELD(BLOB, served_account, spki, 0, "Public key", "公钥"),
    FIELD(TEXT, served_account, thumbprint, 0, "Thumbprint", "指纹"),
    FIELD(TEXT, served_account, contact, 0, "Contact", "联系方式"),
    FIELD(BOOL, served_account, terms_agreed, 0, "Terms agreed", "已同意条款"),
    FIELD(TEXT, served_account, external_kid, 0, "External account", "外部账号"),
    FIELD(TEXT, served_account, status, 0, "Status", "状态"),
    FIELD(TIME, served_account, created_at, 0, "Created", "创建时间"),
    FIELD_END,
};

const struct field served_count_fields[] = {
    FIELD(INT, served_count, count, 0, "Count", "数量"),
    FIELD(INT, served_count, oldest, 0, "Oldest", "最早"),
    FIELD_END,
};

#define ACCOUNT                                                                                              \
    "id, spki, thumbprint, contact, terms_agreed, external_kid, status, created_at FROM served_account "

bool served_account_get(struct db *db, struct arena *a, const char *id, struct served_account *account,
                        struct error *e) {
    return db_get(db, a, account_fields, account, e, "SELECT " ACCOUNT "WHERE id = $1", DB_TEXT(id));
}

bool served_account_by_key(struct db *db, struct arena *a, const char *thumbprint,
                           struct served_account *account, struct error *e) {
    *account = (struct served_account){.id = NULL};
    return db_get(db, a, account_fields, account, e, "SELECT " ACCOUNT "WHERE thumbprint = $1",
                  DB_TEXT(thumbprint)) ||
           error_absent(e);
}

bool served_account_insert(struct db *db, const struct served_account *account, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO served_account (id, spki, thumbprint, contact, terms_agreed, external_kid, "
                   "status, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                   DB_TEXT(account->id), DB_BLOB(account->spki), DB_TEXT(account->thumbprint),
                   DB_TEXT(account->contact), DB_INT(account->terms_agreed), DB_TEXT(account->external_kid),
                   DB_TEXT(account->status), DB_INT(account->created_at));
}

bool served_account_set(struct db *db, const struct served_account *account, struct error *e) {
    return db_exec(db, e,
                   "UPDATE served_account SET spki = $2, thumbprint = $3, contact = $4, terms_agreed = $5, "
                   "status = $6 WHERE id = $1",
                   DB_TEXT(account->id), DB_BLOB(account->spki), DB_TEXT(account->thumbprint),
                   DB_TEXT(account->contact), DB_INT(account->terms_agreed), DB_TEXT(account->status));
}

bool served_account_count(struct db *db, int64_t since, struct served_count *count, struct error *e) {
    AUTO_ARENA a = arena_new();
    return db_get(db, a, served_count_fields, count, e,
                  "SELECT count(*) AS count, coalesce(min(created_at), 0) AS oldest FROM served_account "
                  "WHERE created_at > $1",
                  DB_INT(since));
}
