/* The tables account, account_user, access_key and login_secret. */
#include "account/account_db.h"

static const struct field credential_fields[] = {
    FIELD(TEXT, credential, id, 0, "ID", "编号"),
    FIELD(TEXT, credential, account_id, 0, "Account", "账号"),
    FIELD(TEXT, credential, user_id, 0, "User", "用户"),
    FIELD(TEXT, credential, digest, FIELD_SECRET, "Digest", "摘要"),
    FIELD(TEXT, credential, role, 0, "Role", "角色"),
    FIELD(TEXT, credential, user_role, 0, "Role of the user", "用户角色"),
    FIELD(TIME, credential, ended_at, 0, "Ended", "失效时间"),
    FIELD(TIME, credential, last_used_at, 0, "Last used", "最近使用"),
    FIELD_END,
};

static const struct field founding_fields[] = {
    FIELD(TEXT, founding, account_id, 0, "Account", "账号"),
    FIELD(TEXT, founding, user_id, 0, "User", "用户"),
    FIELD_END,
};

bool account_db_exists(struct db *db, bool *exists, struct error *e) {
    int64_t found;
    if (!db_int(db, &found, 0, e, "SELECT 1 FROM account LIMIT 1"))
        return false;
    *exists = found == 1;
    return true;
}

bool account_db_found(struct db *db, const struct founding *f, struct error *e) {
    return db_exec(db, e, "INSERT INTO account (id, name, created_at) VALUES ($1, $2, $3)",
                   DB_TEXT(f->account_id), DB_TEXT(f->account_name), DB_INT(f->created_at)) &&
           db_exec(db, e,
                   "INSERT INTO account_user (id, account_id, name, role, created_at) "
                   "VALUES ($1, $2, $3, 'owner', $4)",
                   DB_TEXT(f->user_id), DB_TEXT(f->account_id), DB_TEXT(f->user_name), DB_INT(f->created_at));
}

bool account_db_first_owner(struct db *db, struct arena *a, struct founding *founding, struct error *e) {
    return db_get(db, a, founding_fields, founding, e,
                  "SELECT account_id, id AS user_id FROM account_user WHERE role = 'owner' "
                  "ORDER BY created_at, id LIMIT 1");
}

bool account_db_view(struct db *db, struct arena *a, const struct caller *caller, struct account_view *view,
                     struct error *e) {
    return db_get(db, a, account_view_fields, view, e,
                  "SELECT a.id, a.name, a.created_at, u.id AS user_id, u.name AS user_name "
                  "FROM account a JOIN account_user u ON u.account_id = a.id WHERE a.id = $1 AND u.id = $2",
                  DB_TEXT(caller->account_id), DB_TEXT(caller->user_id));
}

bool login_db_insert(struct db *db, const struct credential *login, int64_t now, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO login_secret (id, account_id, user_id, digest, created_at) "
                   "VALUES ($1, $2, $3, $4, $5)",
                   DB_TEXT(login->id), DB_TEXT(login->account_id), DB_TEXT(login->user_id),
                   DB_TEXT(login->digest), DB_INT(now));
}

bool login_db_find(struct db *db, struct arena *a, const char *id, struct credential *login,
                   struct error *e) {
    return db_get(
        db, a, credential_fields, login, e,
        "SELECT l.id, l.account_id, l.user_id, l.digest, u.role, u.role AS user_role, "
        "l.used_at AS ended_at FROM login_secret l JOIN account_user u ON u.id = l.user_id WHERE l.id = $1",
        DB_TEXT(id));
}

bool login_db_use(struct db *db, const char *id, int64_t now, struct error *e) {
    return db_exec(db, e, "UPDATE login_secret SET used_at = $2 WHERE id = $1 AND used_at IS NULL",
                   DB_TEXT(id), DB_INT(now)) &&
           (db_changes(db) == 1 || fail(e, ERR_CONFLICT, "%s was used before", "%s 已被使用", id));
}

bool access_key_db_insert(struct db *db, const struct access_key *key, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO access_key (id, account_id, user_id, name, role, digest, created_at) "
                   "VALUES ($1, $2, $3, $4, $5, $6, $7)",
                   DB_TEXT(key->id), DB_TEXT(key->account_id), DB_TEXT(key->user_id), DB_TEXT(key->name),
                   DB_TEXT(key->role), DB_TEXT(key->digest), DB_INT(key->created_at));
}

bool access_key_db_find(struct db *db, struct arena *a, const char *id, struct credential *key,
                        struct error *e) {
    return db_get(db, a, credential_fields, key, e,
                  "SELECT k.id, k.account_id, k.user_id, k.digest, k.role, u.role AS user_role, "
                  "k.revoked_at AS ended_at, k.last_used_at "
                  "FROM access_key k JOIN account_user u ON u.id = k.user_id WHERE k.id = $1",
                  DB_TEXT(id));
}

bool access_key_db_get(struct db *db, struct arena *a, const struct key_scope *scope, const char *id,
                       struct access_key *key, struct error *e) {
    return db_get(
        db, a, access_key_fields, key, e,
        "SELECT id, account_id, user_id, name, role, created_at, last_used_at, revoked_at FROM access_key "
        "WHERE id = $1 AND account_id = $2 AND ($3 IS NULL OR user_id = $3)",
        DB_TEXT(id), DB_TEXT(scope->account_id), DB_TEXT(scope->user_id));
}

bool access_key_db_list(struct db *db, struct arena *a, const struct key_scope *scope,
                        struct access_key **keys, size_t *count, struct error *e) {
    return db_list(
        db, a, access_key_fields, sizeof **keys, keys, count, e,
        "SELECT id, account_id, user_id, name, role, created_at, last_used_at, revoked_at FROM access_key "
        "WHERE account_id = $1 AND ($2 IS NULL OR user_id = $2) AND id > $3 ORDER BY id LIMIT $4",
        DB_TEXT(scope->account_id), DB_TEXT(scope->user_id), DB_TEXT(scope->after),
        DB_INT((int64_t)scope->limit));
}

bool access_key_db_count_owners(struct db *db, const char *account_id, int64_t *count, struct error *e) {
    return db_int(
        db, count, 0, e,
        "SELECT count(*) FROM access_key k JOIN account_user u ON u.id = k.user_id "
        "WHERE k.account_id = $1 AND k.role = 'owner' AND u.role = 'owner' AND k.revoked_at IS NULL",
        DB_TEXT(account_id));
}

bool access_key_db_revoke(struct db *db, const char *id, int64_t now, struct error *e) {
    return db_exec(db, e, "UPDATE access_key SET revoked_at = $2 WHERE id = $1", DB_TEXT(id), DB_INT(now));
}

bool access_key_db_touch(struct db *db, const char *id, int64_t now, struct error *e) {
    return db_exec(db, e, "UPDATE access_key SET last_used_at = $2 WHERE id = $1", DB_TEXT(id), DB_INT(now));
}
