/* Accounts, the first login, and access keys. */
#include "account/session_db.h"
#include "audit/audit.h"
#include "base/rand.h"
#include "policy/policy.h"
#include <strings.h>

enum { TOUCH_SECONDS = 3600, NAME_MAX_LEN = 100 };

const struct field account_view_fields[] = {
    FIELD(TEXT, account_view, id, FIELD_COLUMN, "Account", "账号"),
    FIELD(TEXT, account_view, name, FIELD_COLUMN, "Name", "名称"),
    FIELD(BOOL, account_view, administers, 0, "Administers this Tenure", "管理账号"),
    FIELD(TEXT, account_view, default_profile, 0, "Policy of certificates that are brought in",
          "导入证书适用的策略"),
    FIELD(TIME, account_view, created_at, 0, "Created", "创建时间"),
    FIELD(TEXT, account_view, user_id, 0, "You", "当前用户"),
    FIELD(TEXT, account_view, user_name, FIELD_COLUMN, "Your name", "用户名"),
    FIELD(TEXT, account_view, user_role, 0, "Your role", "用户的角色"),
    FIELD(TEXT, account_view, role, FIELD_COLUMN, "The role of this key", "当前密钥的角色"),
    FIELD(TEXT, account_view, key_id, FIELD_COLUMN, "This key", "当前密钥"),
    FIELD_END,
};

const struct field account_fields[] = {
    FIELD(TEXT, account, id, FIELD_COLUMN, "ID", "编号"),
    FIELD(TEXT, account, name, FIELD_COLUMN, "Name", "名称"),
    FIELD(BOOL, account, administers, FIELD_COLUMN, "Administers", "管理账号"),
    FIELD(TEXT, account, default_profile, FIELD_COLUMN, "Policy of certificates that are brought in",
          "导入证书适用的策略"),
    FIELD(TIME, account, created_at, FIELD_COLUMN, "Created", "创建时间"),
    FIELD_END,
};

const struct field access_key_fields[] = {
    FIELD(TEXT, access_key, id, FIELD_COLUMN, "ID", "编号"),
    FIELD(TEXT, access_key, account_id, FIELD_HIDDEN, "Account", "账号"),
    FIELD(TEXT, access_key, user_id, 0, "User", "用户"),
    FIELD(TEXT, access_key, name, FIELD_COLUMN, "What it is for", "用途"),
    FIELD(TEXT, access_key, role, FIELD_COLUMN, "Role", "角色"),
    FIELD(TIME, access_key, created_at, FIELD_COLUMN, "Created", "创建时间"),
    FIELD(TIME, access_key, last_used_at, FIELD_COLUMN, "Last used, to the hour", "最近使用(精确到小时)"),
    FIELD(TIME, access_key, revoked_at, FIELD_COLUMN, "Revoked", "吊销时间"),
    FIELD_END,
};

enum role role_by_name(const char *name) {
    for (enum role role = ROLE_NONE + 1; role < ROLE_COUNT; role++)
        if (name && strcmp(role_name(role), name) == 0)
            return role;
    return ROLE_NONE;
}

/* ---- believing somebody ---- */

static const struct credential_kind login_secret = {"login", login_db_find};

/* Seldom, so that reading costs no writing. A database that takes no writes must still be readable. */
static void note_key_use(struct db *db, const struct credential *c, int64_t now) {
    struct error ignored;
    if (now - c->last_used_at >= TOUCH_SECONDS)
        access_key_db_touch(db, c->id, now, &ignored);
}

static bool key_holds(struct db *db, const struct credential *c, int64_t now, struct error *e) {
    (void)e;
    note_key_use(db, c, now);
    return true;
}

/* What may stand behind "Bearer", and what a secret that is right needs besides. */
static const struct {
    struct credential_kind kind;
    bool (*holds)(struct db *db, const struct credential *c, int64_t now, struct error *e);
} bearers[] = {{{"key", access_key_db_find}, key_holds}, {{"ses", session_db_find}, session_holds}};

enum { BEARERS = sizeof bearers / sizeof *bearers };

static bool believe_bearer(struct db *db, struct arena *a, const char *text, int64_t now,
                           struct credential *c, struct error *e) {
    for (size_t i = 0; i < BEARERS; i++) {
        size_t len = strlen(bearers[i].kind.prefix);
        if (strncmp(text, bearers[i].kind.prefix, len) == 0 && text[len] == '_')
            return credential_believe(db, a, &bearers[i].kind, text, c, e) && bearers[i].holds(db, c, now, e);
    }
    return credential_refuse(e);
}

bool account_authenticate(struct db *db, struct arena *a, const char *authorization, int64_t now,
                          struct caller *caller, struct error *e) {
    static const char scheme[] = "Bearer ";
    struct credential c = {.id = NULL};
    if (!authorization || strncasecmp(authorization, scheme, sizeof scheme - 1) != 0)
        return fail(e, ERR_UNAUTHENTICATED, "the request carries no access key", "请求中没有访问密钥");
    if (!believe_bearer(db, a, authorization + sizeof scheme - 1, now, &c, e))
        return false;
    caller->account_id = c.account_id;
    caller->user_id = c.user_id;
    caller->key_id = c.id;
    caller->role = role_by_name(c.role);
    caller->user_role = role_by_name(c.user_role);
    caller->administrator = c.administers && caller_permitted(caller, ACCESS_OWN);
    return true;
}

/* ---- the first start, and the first login ---- */

static bool needs_transaction(struct db *db, struct error *e) {
    return db_in_transaction(db) ||
           fail(e, ERR_INTERNAL, "this needs an open transaction", "此操作需要在事务中");
}

/* A secret for a user who cannot log in otherwise. */
static bool make_login(struct db *db, struct arena *a, const struct user *user, int64_t now,
                       struct first_login *login, struct error *e) {
    struct credential c = {
        .id = id_new(a, "login", now), .account_id = user->account_id, .user_id = user->id};
    struct secret *secret = credential_make(a, &c.digest);
    struct audit_entry entry = audit_by_system(user->account_id, now, "login_secret.create", c.id);
    login->secret = credential_join(a, c.id, secret);
    return login_db_insert(db, &c, now, e) && audit_write(db, a, &entry, e);
}

bool account_new_login(struct db *db, struct arena *a, int64_t now, struct first_login *login,
                       struct error *e) {
    struct user owner;
    return needs_transaction(db, e) && account_db_first_owner(db, a, &owner, e) &&
           make_login(db, a, &owner, now, login, e);
}

bool account_bootstrap(struct db *db, struct arena *a, int64_t now, struct first_login *login,
                       struct error *e) {
    bool exists;
    *login = (struct first_login){0};
    if (!needs_transaction(db, e) || !account_db_exists(db, &exists, e))
        return false;
    if (exists)
        return true;
    struct account first = {.id = id_new(a, "acct", now),
                            .name = "main",
                            .default_profile = POLICY_DEFAULT,
                            .administers = true,
                            .created_at = now};
    struct user owner = {.id = id_new(a, "user", now),
                         .account_id = first.id,
                         .name = "owner",
                         .role = role_name(ROLE_OWNER),
                         .lang = "en",
                         .notify = true,
                         .created_at = now};
    struct audit_entry entry = audit_by_system(first.id, now, "account.create", first.id);
    return account_db_insert(db, &first, e) && user_db_insert(db, &owner, e) &&
           audit_write(db, a, &entry, e) && make_login(db, a, &owner, now, login, e);
}

/* ---- accounts ---- */

static const char *account_json(struct arena *a, const struct account *account) {
    return json_text(a, json_keep(a, json_from_row(a, account_fields, account)), false);
}

bool account_name_check(const char *name, struct error *e) {
    size_t len = name ? strlen(name) : 0;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] < ' ' || name[i] == 0x7f)
            return fail_field(e, "name", ERR_BAD_FIELD, "the name has a control character",
                              "名称中有控制字符");
    if (len == 0 || len > NAME_MAX_LEN)
        return fail_field(e, "name", ERR_BAD_FIELD, "the name has %zu bytes, allowed are 1 to %d",
                          "名称长度为 %zu 字节,允许 1 到 %d 字节", len, NAME_MAX_LEN);
    return true;
}

/* The maker's own log tells of it; that of the new account begins with its owner. */
static bool store_account(struct db *db, struct arena *a, const struct caller *by,
                          const struct account *account, struct error *e) {
    struct audit_entry entry = audit_by(by, account->created_at, "account.create", account->id);
    entry.after = account_json(a, account);
    return account_db_insert(db, account, e) && audit_write(db, a, &entry, e);
}

bool account_create(struct db *db, struct arena *a, const struct caller *by, int64_t now,
                    struct new_account *made, struct error *e) {
    struct account *account = &made->account;
    account->id = id_new(a, "acct", now);
    account->created_at = now;
    account->administers = false;
    struct caller inside = *by;
    inside.account_id = account->id;
    made->owner.role = role_name(ROLE_OWNER);
    return needs_transaction(db, e) && account_name_check(account->name, e) &&
           store_account(db, a, by, account, e) && user_create(db, a, &inside, now, &made->owner, e) &&
           make_login(db, a, &made->owner, now, &made->login, e);
}

bool account_change(struct db *db, struct arena *a, const struct caller *by, const struct account *account,
                    int64_t now, struct error *e) {
    struct account before;
    if (!needs_transaction(db, e) || !account_name_check(account->name, e) ||
        !account_find(db, a, account->id, &before, e))
        return false;
    struct audit_entry entry = audit_by(by, now, "account.change", account->id);
    entry.before = account_json(a, &before);
    entry.after = account_json(a, account);
    return account_db_update(db, account, e) && audit_write(db, a, &entry, e);
}

/* ---- access keys ---- */

static const char *key_json(struct arena *a, const struct access_key *key) {
    return json_text(a, json_keep(a, json_from_row(a, access_key_fields, key)), false);
}

/* Fills in what the key does not bring, stores it and writes the audit entry. */
static bool store_key(struct db *db, struct arena *a, const struct caller *caller, const char *action,
                      struct access_key *key, struct error *e) {
    key->id = id_new(a, "key", key->created_at);
    key->account_id = caller->account_id;
    key->secret = credential_make(a, &key->digest);
    struct audit_entry entry = audit_by(caller, key->created_at, action, key->id);
    entry.after = key_json(a, key);
    return access_key_db_insert(db, key, e) && audit_write(db, a, &entry, e);
}

bool account_login(struct db *db, struct arena *a, const char *secret, const char *address, int64_t now,
                   struct access_key *key, struct error *e) {
    struct credential c;
    if (!needs_transaction(db, e) || !credential_believe(db, a, &login_secret, secret, &c, e) ||
        !login_db_use(db, c.id, now, e))
        return false;
    struct caller user = {.account_id = c.account_id, .user_id = c.user_id, .address = address};
    *key = (struct access_key){.user_id = c.user_id, .name = "login", .role = c.user_role, .created_at = now};
    return store_key(db, a, &user, "account.login", key, e);
}

bool caller_reaches(const struct caller *caller, enum role role) {
    return role_within(role, caller->role) && role_within(role, caller->user_role);
}

/* The role of the user that the key is for; for somebody else's an owner must ask. */
static bool find_user_role(struct db *db, struct arena *a, const struct caller *caller,
                           const struct access_key *key, enum role *role, struct error *e) {
    struct user user;
    *role = caller->user_role;
    if (strcmp(key->user_id, caller->user_id) == 0)
        return true;
    if (!caller_permitted(caller, ACCESS_OWN))
        return fail_field(e, "user_id", ERR_FORBIDDEN, "only an owner makes access keys for others",
                          "只有所有者可以为他人创建访问密钥");
    if (!user_find(db, a, caller->account_id, key->user_id, &user, e))
        return false;
    *role = role_by_name(user.role);
    return !user.disabled ||
           fail_field(e, "user_id", ERR_BAD_FIELD, "user '%s' is disabled", "用户“%s”已停用", key->user_id);
}

static bool key_role_check(const struct access_key *key, const struct caller *caller, enum role of_user,
                           struct error *e) {
    enum role role = role_by_name(key->role);
    if (role == ROLE_NONE)
        return fail_field(e, "role", ERR_BAD_FIELD, "there is no role '%s'", "没有角色“%s”", key->role);
    if (!caller_reaches(caller, role))
        return fail_field(e, "role", ERR_FORBIDDEN, "a key of role %s may do what you may not",
                          "角色为 %s 的密钥超出您的权限", key->role);
    return role_within(role, of_user) ||
           fail_field(e, "role", ERR_BAD_FIELD, "a key of role %s may do what its user, a %s, may not",
                      "角色为 %s 的密钥超出其用户(%s)的权限", key->role, role_name(of_user));
}

bool access_key_create(struct db *db, struct arena *a, const struct caller *caller, int64_t now,
                       struct access_key *key, struct error *e) {
    enum role of_user;
    key->created_at = now;
    if (!key->user_id)
        key->user_id = caller->user_id;
    if (!needs_transaction(db, e) || !account_name_check(key->name, e) ||
        !find_user_role(db, a, caller, key, &of_user, e))
        return false;
    if (!key->role)
        key->role = role_name(role_within(caller->role, of_user) ? caller->role : of_user);
    return key_role_check(key, caller, of_user, e) && store_key(db, a, caller, "access_key.create", key, e);
}

struct key_scope access_key_scope(const struct caller *caller) {
    const char *user_id = caller_permitted(caller, ACCESS_OWN) ? NULL : caller->user_id;
    return (struct key_scope){.account_id = caller->account_id, .user_id = user_id};
}

/* Without it nobody could make another one: the one-time secret of the first start works only once. */
static bool leaves_an_owner(struct db *db, const struct access_key *key, struct error *e) {
    int64_t others = 0;
    if (role_by_name(key->role) != ROLE_OWNER)
        return true;
    if (!access_key_db_count_owners(db, key, &others, e))
        return false;
    return others > 0 ||
           fail(e, ERR_CONFLICT,
                "'%s' is the last access key of an owner; make another one before you revoke it",
                "“%s”是最后一个所有者访问密钥;请先创建另一个再吊销", key->id);
}

bool access_key_revoke(struct db *db, struct arena *a, const struct caller *caller, const char *id,
                       int64_t now, struct error *e) {
    struct key_scope scope = access_key_scope(caller);
    struct access_key key = {0};
    if (!needs_transaction(db, e))
        return false;
    if (!access_key_db_get(db, a, &scope, id, &key, e))
        return e->id == ERR_NOT_FOUND ? fail(e, ERR_NOT_FOUND, "no access key '%s'", "没有访问密钥“%s”", id)
                                      : false;
    if (!caller_reaches(caller, role_by_name(key.role)))
        return fail(e, ERR_FORBIDDEN, "access key '%s' may do what you may not", "访问密钥“%s”超出您的权限",
                    id);
    if (key.revoked_at)
        return true;
    if (!leaves_an_owner(db, &key, e))
        return false;
    struct audit_entry entry = audit_by(caller, now, "access_key.revoke", id);
    entry.before = key_json(a, &key);
    key.revoked_at = now;
    entry.after = key_json(a, &key);
    return access_key_db_revoke(db, id, now, e) && audit_write(db, a, &entry, e);
}
