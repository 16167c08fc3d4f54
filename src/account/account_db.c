/* The tables account, account_user, access_key and login_secret. */
#include "account/account_db.h"

const struct field credential_fields[] = {
    FIELD(TEXT, credential, id, 0, "ID", "编号"),
    FIELD(TEXT, credential, account_id, 0, "Account", "账号"),
    FIELD(TEXT, credential, user_id, 0, "User", "用户"),
    FIELD(TEXT, credential, digest, FIELD_SECRET, "Digest", "摘要"),
    FIELD(TEXT, credential, role, 0, "Role", "角色"),
    FIELD(TEXT, credential, user_role, 0, "Role of the user", "用户角色"),
    FIELD(TIME, credential, ended_at, 0, "Ended", "失效时间"),
    FIELD(TIME, credential, last_used_at, 0, "Last used", "最近使用"),
    FIELD(TIME, credential, end_at, 0, "Ends", "到期时间"),
    FIELD(BOOL, credential, administers, 0, "Administers", "管理账号"),
    FIELD_END,
};

bool account_db_exists(struct db *db, bool *exists, struct error *e) {
    int64_t found;
    if (!db_int(db, &found, 0, e, "SELECT 1 FROM account LIMIT 1"))
        return false;
    *exists = found == 1;
    return true;
}

bool account_db_insert(struct db *db, const struct account *account, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO account (id, name, administers, default_profile, created_at) "
                   "VALUES ($1, $2, $3, $4, $5)",
                   DB_TEXT(account->id), DB_TEXT(account->name), DB_INT(account->administers),
                   DB_TEXT(account->default_profile), DB_INT(account->created_at));
}

bool account_db_update(struct db *db, const struct account *account, struct error *e) {
    return db_exec(db, e, "UPDATE account SET name = $2, default_profile = $3 WHERE id = $1",
                   DB_TEXT(account->id), DB_TEXT(account->name), DB_TEXT(account->default_profile));
}

bool account_find(struct db *db, struct arena *a, const char *id, struct account *account, struct error *e) {
    return db_get(db, a, account_fields, account, e,
                  "SELECT id, name, administers, default_profile, created_at FROM account WHERE id = $1",
                  DB_TEXT(id));
}

bool account_db_list(struct db *db, struct arena *a, const char *after, size_t limit,
                     struct account **accounts, size_t *count, struct error *e) {
    return db_list(db, a, account_fields, sizeof **accounts, accounts, count, e,
                   "SELECT id, name, administers, default_profile, created_at FROM account "
                   "WHERE id > $1 ORDER BY id LIMIT $2",
                   DB_TEXT(after), DB_INT((int64_t)limit));
}

bool account_settings(struct db *db, struct arena *a, const char *account_id,
                      struct account_settings *settings, struct error *e) {
    return db_text(db, a, &settings->default_profile, e, "SELECT default_profile FROM account WHERE id = $1",
                   DB_TEXT(account_id));
}

bool account_is_alone(struct db *db, const char *account_id, bool *alone, struct error *e) {
    int64_t others;
    if (!db_int(db, &others, 0, e, "SELECT 1 FROM account WHERE id <> $1 LIMIT 1", DB_TEXT(account_id)))
        return false;
    *alone = !others;
    return true;
}

bool account_db_first_owner(struct db *db, struct arena *a, struct user *owner, struct error *e) {
    return db_get(db, a, user_fields, owner, e,
                  "SELECT u.account_id, u.id FROM account_user u JOIN account a ON a.id = u.account_id "
                  "WHERE a.administers = 1 AND u.role = 'owner' AND u.disabled_at IS NULL "
                  "ORDER BY u.created_at, u.id LIMIT 1");
}

bool account_db_view(struct db *db, struct arena *a, const struct caller *caller, struct account_view *view,
                     struct error *e) {
    return db_get(db, a, account_view_fields, view, e,
                  "SELECT a.id, a.name, a.default_profile, a.administers, a.created_at, u.id AS user_id, "
                  "u.name AS user_name, u.role AS user_role "
                  "FROM account a JOIN account_user u ON u.account_id = a.id WHERE a.id = $1 AND u.id = $2",
                  DB_TEXT(caller->account_id), DB_TEXT(caller->user_id));
}

bool user_db_insert(struct db *db, const struct user *u, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO account_user (id, account_id, name, role, email, lang, notify, created_at) "
                   "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                   DB_TEXT(u->id), DB_TEXT(u->account_id), DB_TEXT(u->name), DB_TEXT(u->role),
                   DB_TEXT(u->email), DB_TEXT(u->lang), DB_INT(u->notify), DB_INT(u->created_at));
}

bool user_db_update(struct db *db, const struct user *u, struct error *e) {
    return db_exec(db, e,
                   "UPDATE account_user SET name = $3, role = $4, email = $5, lang = $6, notify = $7, "
                   "disabled_at = $8, revision = revision + 1 WHERE id = $1 AND revision = $2",
                   DB_TEXT(u->id), DB_INT(u->revision), DB_TEXT(u->name), DB_TEXT(u->role), DB_TEXT(u->email),
                   DB_TEXT(u->lang), DB_INT(u->notify), DB_TIME(u->disabled_at)) &&
           (db_changes(db) == 1 ||
            fail(e, ERR_CONFLICT, "user '%s' was changed meanwhile", "用户“%s”已被他人更改", u->id));
}

bool user_find(struct db *db, struct arena *a, const char *account_id, const char *id, struct user *user,
               struct error *e) {
    if (db_get(db, a, user_fields, user, e,
               "SELECT id, account_id, name, role, email, lang, notify, created_at, disabled_at, "
               "disabled_at IS NOT NULL AS disabled, revision "
               "FROM account_user WHERE id = $1 AND account_id = $2",
               DB_TEXT(id), DB_TEXT(account_id)))
        return true;
    return e->id == ERR_NOT_FOUND ? fail(e, ERR_NOT_FOUND, "no user '%s'", "没有用户“%s”", id) : false;
}

bool user_db_list(struct db *db, struct arena *a, const struct user_scope *scope, struct user **users,
                  size_t *count, struct error *e) {
    return db_list(db, a, user_fields, sizeof **users, users, count, e,
                   "SELECT id, account_id, name, role, email, lang, notify, created_at, disabled_at, "
                   "disabled_at IS NOT NULL AS disabled, revision "
                   "FROM account_user WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3",
                   DB_TEXT(scope->account_id), DB_TEXT(scope->after), DB_INT((int64_t)scope->limit));
}

bool user_db_named(struct db *db, struct arena *a, const struct user *user, const char **id,
                   struct error *e) {
    return db_text(db, a, id, e,
                   "SELECT id FROM account_user WHERE account_id = $1 AND name = $2 AND id <> $3",
                   DB_TEXT(user->account_id), DB_TEXT(user->name), DB_TEXT(user->id));
}

bool user_db_addressed(struct db *db, struct arena *a, const struct user *user, const char **id,
                       struct error *e) {
    return db_text(db, a, id, e, "SELECT id FROM account_user WHERE email = $1 AND id <> $2",
                   DB_TEXT(user->email), DB_TEXT(user->id));
}

bool user_db_count_owners(struct db *db, const struct user *user, int64_t *count, struct error *e) {
    return db_int(
        db, count, 0, e,
        "SELECT count(*) FROM account_user u WHERE u.account_id = $1 AND u.id <> $2 AND u.role = 'owner' "
        "AND u.disabled_at IS NULL AND (EXISTS (SELECT 1 FROM access_key k WHERE k.account_id = $1 "
        "AND k.user_id = u.id AND k.role = 'owner' AND k.revoked_at IS NULL) OR EXISTS "
        "(SELECT 1 FROM login_secret l WHERE l.user_id = u.id AND l.used_at IS NULL) OR EXISTS "
        "(SELECT 1 FROM user_password p WHERE p.user_id = u.id AND u.email IS NOT NULL))",
        DB_TEXT(user->account_id), DB_TEXT(user->id));
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
        "COALESCE(l.used_at, u.disabled_at) AS ended_at FROM login_secret l JOIN account_user u ON u.id = l.user_id WHERE l.id = $1",
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
                  "COALESCE(k.revoked_at, u.disabled_at) AS ended_at, k.last_used_at, a.administers "
                  "FROM access_key k JOIN account_user u ON u.id = k.user_id "
                  "JOIN account a ON a.id = k.account_id WHERE k.id = $1",
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

bool access_key_db_count_owners(struct db *db, const struct access_key *but, int64_t *count,
                                struct error *e) {
    return db_int(
        db, count, 0, e,
        "SELECT (SELECT count(*) FROM access_key k JOIN account_user u ON u.id = k.user_id "
        "WHERE k.account_id = $1 AND k.role = 'owner' AND k.revoked_at IS NULL AND u.role = 'owner' "
        "AND u.disabled_at IS NULL AND k.id <> $2) + (SELECT count(*) FROM user_password p JOIN account_user u "
        "ON u.id = p.user_id WHERE p.account_id = $1 AND u.role = 'owner' AND u.disabled_at IS NULL "
        "AND u.email IS NOT NULL)",
        DB_TEXT(but->account_id), DB_TEXT(but->id));
}

bool access_key_db_revoke(struct db *db, const char *id, int64_t now, struct error *e) {
    return db_exec(db, e, "UPDATE access_key SET revoked_at = $2 WHERE id = $1", DB_TEXT(id), DB_INT(now));
}

bool access_key_db_touch(struct db *db, const char *id, int64_t now, struct error *e) {
    return db_exec(db, e, "UPDATE access_key SET last_used_at = $2 WHERE id = $1", DB_TEXT(id), DB_INT(now));
}
