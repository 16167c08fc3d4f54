/* Logging in, the account, and its access keys over HTTP. */
#include "account/account_db.h"
#include "http/list.h"
#include "policy/policy.h"

/* ---- a key with its secret: the one time it is shown ---- */

struct new_key {
    const char *id, *name, *role, *secret;
    int64_t created_at;
};

static const struct field new_key_fields[] = {
    FIELD(TEXT, new_key, id, FIELD_COLUMN, "ID", "编号"),
    FIELD(TEXT, new_key, name, FIELD_COLUMN, "What it is for", "用途"),
    FIELD(TEXT, new_key, role, FIELD_COLUMN, "Role", "角色"),
    FIELD(TEXT, new_key, secret, 0, "Its secret, shown this once", "密钥内容,仅显示这一次"),
    FIELD(TIME, new_key, created_at, 0, "Created", "创建时间"),
    FIELD_END,
};

static bool reply_new_key(struct request *rq, const struct access_key *key) {
    struct new_key shown = {key->id, key->name, key->role, NULL, key->created_at};
    shown.secret = arena_strndup(rq->arena, (const char *)secret_bytes(key->secret), secret_len(key->secret));
    rq->reply = json_from_row(rq->arena, new_key_fields, &shown);
    rq->status = 201;
    return true;
}

/* ---- login ---- */

struct login_body {
    const char *secret;
};

static const struct field login_body[] = {
    FIELD(TEXT, login_body, secret, FIELD_REQUIRED | FIELD_SECRET, "The login secret, which works once",
          "一次性登录密钥"),
    FIELD_END,
};

static bool login(struct request *rq, struct error *e) {
    struct login_body body = {0};
    struct access_key key;
    return json_to_row(rq->arena, rq->json, login_body, &body, e) &&
           account_login(rq->db, rq->arena, body.secret, rq->caller.address, rq->now, &key, e) &&
           reply_new_key(rq, &key);
}

/* ---- account ---- */

static bool show_account(struct request *rq, struct error *e) {
    struct account_view view = {.role = role_name(rq->caller.role), .key_id = rq->caller.key_id};
    if (!account_db_view(rq->db, rq->arena, &rq->caller, &view, e))
        return false;
    rq->reply = json_from_row(rq->arena, account_view_fields, &view);
    return true;
}

/* Null stands for the policy that Tenure has without being told. */
static bool take_profile(const struct request *rq, const char **profile, struct error *e) {
    if (!*profile)
        *profile = POLICY_DEFAULT;
    return policy_find(rq->services->policies, *profile, 0) ||
           fail_field(e, "default_profile", ERR_BAD_FIELD, "there is no policy '%s'", "没有策略“%s”",
                      *profile);
}

static const struct field change_body[] = {
    FIELD(TEXT, account, name, FIELD_NOT_NULL, "Name", "名称"),
    FIELD(TEXT, account, default_profile, 0, "Policy of certificates that are brought in from now on",
          "此后导入的证书适用的策略"),
    FIELD_END,
};

static bool change_account(struct request *rq, struct error *e) {
    struct account account;
    return account_find(rq->db, rq->arena, rq->caller.account_id, &account, e) &&
           json_to_row(rq->arena, rq->json, change_body, &account, e) &&
           take_profile(rq, &account.default_profile, e) &&
           account_change(rq->db, rq->arena, &rq->caller, &account, rq->now, e) && show_account(rq, e);
}

/* ---- accounts: for who administers ---- */

static const struct field owner_body[] = {
    FIELD(TEXT, user, name, FIELD_REQUIRED, "Name", "名称"),
    FIELD(TEXT, user, email, 0, "E-mail", "电子邮箱"),
    FIELD(TEXT, user, lang, FIELD_NOT_NULL, "Language of messages: en or zh", "消息语言:en 或 zh"),
    FIELD_END,
};

struct account_body {
    const char *name, *default_profile;
    struct user owner;
};

static const struct field account_body[] = {
    FIELD(TEXT, account_body, name, FIELD_REQUIRED, "Name", "名称"),
    FIELD(TEXT, account_body, default_profile, 0, "Policy of certificates that are brought in",
          "导入证书适用的策略"),
    FIELD_OBJECT_OF(owner_body, account_body, owner, FIELD_REQUIRED, "The first owner", "首位所有者"),
    FIELD_END,
};

struct new_account_view {
    const char *id, *name, *default_profile, *owner_id, *login_secret;
    int64_t created_at;
};

static const struct field new_account_fields[] = {
    FIELD(TEXT, new_account_view, id, FIELD_COLUMN, "ID", "编号"),
    FIELD(TEXT, new_account_view, name, FIELD_COLUMN, "Name", "名称"),
    FIELD(TEXT, new_account_view, default_profile, 0, "Policy of certificates that are brought in",
          "导入证书适用的策略"),
    FIELD(TEXT, new_account_view, owner_id, 0, "The first owner", "首位所有者"),
    FIELD(TEXT, new_account_view, login_secret, 0, "The owner's login secret, shown this once",
          "所有者的一次性登录密钥,仅显示这一次"),
    FIELD(TIME, new_account_view, created_at, 0, "Created", "创建时间"),
    FIELD_END,
};

static bool reply_new_account(struct request *rq, const struct new_account *made) {
    const struct secret *secret = made->login.secret;
    const struct new_account_view shown = {
        .id = made->account.id,
        .name = made->account.name,
        .default_profile = made->account.default_profile,
        .owner_id = made->owner.id,
        .login_secret = arena_strndup(rq->arena, (const char *)secret_bytes(secret), secret_len(secret)),
        .created_at = made->account.created_at,
    };
    rq->reply = json_from_row(rq->arena, new_account_fields, &shown);
    rq->status = 201;
    return true;
}

static bool create_account(struct request *rq, struct error *e) {
    struct account_body body = {.owner = {.lang = "en", .notify = true}};
    if (!json_to_row(rq->arena, rq->json, account_body, &body, e) ||
        !take_profile(rq, &body.default_profile, e))
        return false;
    struct new_account made = {.account = {.name = body.name, .default_profile = body.default_profile},
                               .owner = body.owner};
    return account_create(rq->db, rq->arena, &rq->caller, rq->now, &made, e) && reply_new_account(rq, &made);
}

static bool list_accounts(struct request *rq, struct error *e) {
    struct list_page page;
    struct account *accounts;
    size_t found;
    if (!list_page_by_id(rq, "acct", &page, e) ||
        !account_db_list(rq->db, rq->arena, page.cursor ? page.cursor : "", page.limit + 1, &accounts, &found,
                         e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, account_fields, sizeof *accounts, accounts, count,
               found > count ? accounts[count - 1].id : NULL);
    return true;
}

/* ---- access keys ---- */

static const struct field create_body[] = {
    FIELD(TEXT, access_key, name, FIELD_REQUIRED, "What it is for", "用途"),
    FIELD(TEXT, access_key, role, 0, "Role: nothing that you may not do", "角色,不得超出您的权限"),
    FIELD(TEXT, access_key, user_id, FIELD_REFERENCE, "For which user; others than yourself: owners only",
          "所属用户;为他人创建仅限所有者"),
    FIELD_END,
};

static bool create_key(struct request *rq, struct error *e) {
    struct access_key key = {0};
    return json_to_row(rq->arena, rq->json, create_body, &key, e) &&
           access_key_create(rq->db, rq->arena, &rq->caller, rq->now, &key, e) && reply_new_key(rq, &key);
}

static bool list_keys(struct request *rq, struct error *e) {
    struct list_page page;
    struct key_scope scope = access_key_scope(&rq->caller);
    struct access_key *keys;
    size_t found;
    if (!list_page_by_id(rq, "key", &page, e))
        return false;
    scope.after = page.cursor ? page.cursor : "";
    scope.limit = page.limit + 1;
    if (!access_key_db_list(rq->db, rq->arena, &scope, &keys, &found, e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, access_key_fields, sizeof *keys, keys, count, found > count ? keys[count - 1].id : NULL);
    return true;
}

static bool revoke_key(struct request *rq, struct error *e) {
    rq->status = 204;
    return access_key_revoke(rq->db, rq->arena, &rq->caller, rq->path_args[0], rq->now, e);
}

const struct route account_routes[] = {
    {.method = "POST",
     .path = "/v1/login",
     .access = ACCESS_PUBLIC,
     .flags = ROUTE_WRITES | ROUTE_SHOWN_ONCE | ROUTE_LOGS_IN,
     .handle = login,
     .body = login_body,
     .answer = new_key_fields,
     .summary = TEXT("Trades the one-time login secret for an access key", "用一次性登录密钥换取访问密钥")},
    {.method = "GET",
     .path = "/v1/account",
     .access = ACCESS_READ,
     .handle = show_account,
     .answer = account_view_fields,
     .summary = TEXT("The account, and who asks", "当前账号与调用者")},
    {.method = "PATCH",
     .path = "/v1/account",
     .access = ACCESS_OWN,
     .flags = ROUTE_WRITES,
     .handle = change_account,
     .body = change_body,
     .answer = account_view_fields,
     .summary = TEXT("Changes the name and the settings of the account", "更改账号的名称与设置")},
    {.method = "GET",
     .path = "/v1/accounts",
     .access = ACCESS_OWN,
     .flags = ROUTE_LIST | ROUTE_ADMINISTERS,
     .handle = list_accounts,
     .answer = account_fields,
     .summary =
         TEXT("All accounts, for owners of the one that administers", "所有账号,仅限管理账号的所有者")},
    {.method = "POST",
     .path = "/v1/accounts",
     .access = ACCESS_OWN,
     .flags = ROUTE_WRITES | ROUTE_SHOWN_ONCE | ROUTE_ADMINISTERS,
     .handle = create_account,
     .body = account_body,
     .answer = new_account_fields,
     .summary = TEXT("Makes an account with its first owner, whose login secret is shown once",
                     "创建账号及其首位所有者,其登录密钥仅显示一次")},
    {.method = "GET",
     .path = "/v1/access-keys",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_keys,
     .answer = access_key_fields,
     .summary = TEXT("Access keys: an owner sees all, others their own",
                     "访问密钥:所有者可见全部,其他角色仅可见自己的")},
    {.method = "POST",
     .path = "/v1/access-keys",
     .access = ACCESS_READ,
     .flags = ROUTE_WRITES | ROUTE_SHOWN_ONCE,
     .handle = create_key,
     .body = create_body,
     .answer = new_key_fields,
     .summary = TEXT("Makes an access key; its secret is shown once", "创建访问密钥,密钥内容仅显示一次")},
    {.method = "DELETE",
     .path = "/v1/access-keys/{id}",
     .access = ACCESS_READ,
     .flags = ROUTE_WRITES,
     .handle = revoke_key,
     .summary = TEXT("Revokes an access key at once", "立即吊销访问密钥")},
    {.method = NULL},
};
