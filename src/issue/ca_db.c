/* Rows of the local CA. */
#include "issue/ca.h"

static const struct field ca_fields[] = {
    FIELD(TEXT, ca, id, 0, "Id", "ID"),
    FIELD(TEXT, ca, account_id, FIELD_HIDDEN, "Account", "账号"),
    FIELD(TEXT, ca, role, 0, "Role", "角色"),
    FIELD(TEXT, ca, parent_id, 0, "Signed by", "签发者"),
    FIELD(TEXT, ca, algorithm, 0, "Key algorithm", "密钥算法"),
    FIELD(BLOB, ca, der, FIELD_HIDDEN, "Certificate", "证书"),
    FIELD(BLOB, ca, sealed, FIELD_SECRET, "Sealed key", "封装的密钥"),
    FIELD(TIME, ca, not_before, 0, "Valid from", "生效时间"),
    FIELD(TIME, ca, end_at, 0, "Valid until", "到期时间"),
    FIELD(TIME, ca, created_at, 0, "Created", "创建时间"),
    FIELD_END,
};

bool ca_get(struct db *db, struct arena *a, const char *id, struct ca *ca, struct error *e) {
    return db_get(
               db, a, ca_fields, ca, e,
               "SELECT id, account_id, role, parent_id, algorithm, der, sealed, not_before, end_at, created_at "
               "FROM ca WHERE id = $1",
               DB_TEXT(id)) ||
           (e->id == ERR_NOT_FOUND && fail(e, ERR_NOT_FOUND, "no CA '%s'", "没有 CA“%s”", id));
}

bool ca_newest(struct db *db, struct arena *a, const char *account_id, const char *role, struct ca *ca,
               struct error *e) {
    *ca = (struct ca){.id = NULL};
    if (db_get(
            db, a, ca_fields, ca, e,
            "SELECT id, account_id, role, parent_id, algorithm, der, sealed, not_before, end_at, created_at "
            "FROM ca WHERE account_id = $1 AND role = $2 ORDER BY created_at DESC, id DESC LIMIT 1",
            DB_TEXT(account_id), DB_TEXT(role)))
        return true;
    return error_absent(e);
}

bool ca_list_roots(struct db *db, struct arena *a, const char *account_id, struct ca **roots, size_t *count,
                   struct error *e) {
    if (!account_id)
        return db_list(
            db, a, ca_fields, sizeof **roots, roots, count, e,
            "SELECT id, account_id, role, parent_id, algorithm, der, sealed, not_before, end_at, created_at "
            "FROM ca WHERE role = 'root' ORDER BY created_at, id");
    return db_list(
        db, a, ca_fields, sizeof **roots, roots, count, e,
        "SELECT id, account_id, role, parent_id, algorithm, der, sealed, not_before, end_at, created_at "
        "FROM ca WHERE account_id = $1 AND role = 'root' ORDER BY created_at, id",
        DB_TEXT(account_id));
}

bool ca_count(struct db *db, const char *account_id, const char *role, int64_t *count, struct error *e) {
    return db_int(db, count, 0, e, "SELECT count(*) FROM ca WHERE account_id = $1 AND role = $2",
                  DB_TEXT(account_id), DB_TEXT(role));
}

bool ca_insert(struct db *db, const struct ca *ca, struct error *e) {
    return db_exec(
        db, e,
        "INSERT INTO ca (id, account_id, role, parent_id, algorithm, der, sealed, not_before, end_at, "
        "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        DB_TEXT(ca->id), DB_TEXT(ca->account_id), DB_TEXT(ca->role), DB_TEXT(ca->parent_id),
        DB_TEXT(ca->algorithm), DB_BLOB(ca->der), DB_BLOB(ca->sealed), DB_INT(ca->not_before),
        DB_INT(ca->end_at), DB_INT(ca->created_at));
}
