/* Logging in, the account, and its access keys over HTTP. */
#include "account/account_db.h"
#include "http/list.h"

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

/* ---- access keys ---- */

static const struct field create_body[] = {
    FIELD(TEXT, access_key, name, FIELD_REQUIRED, "What it is for", "用途"),
    FIELD(TEXT, access_key, role, 0, "Role, at most your own", "角色,不得超过您自己的角色"),
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
     .summary = TEXT("Makes an access key for yourself; its secret is shown once",
                     "为自己创建访问密钥,密钥内容仅显示一次")},
    {.method = "DELETE",
     .path = "/v1/access-keys/{id}",
     .access = ACCESS_READ,
     .flags = ROUTE_WRITES,
     .handle = revoke_key,
     .summary = TEXT("Revokes an access key at once", "立即吊销访问密钥")},
    {.method = NULL},
};
