/* The users of an account over HTTP. */
#include "account/account_db.h"
#include "http/list.h"

static const struct field create_body[] = {
    FIELD(TEXT, user, name, FIELD_REQUIRED, "Name", "名称"),
    FIELD(TEXT, user, role, FIELD_REQUIRED, "auditor, reviewer, requester, operator or owner",
          "auditor、reviewer、requester、operator 或 owner"),
    FIELD(TEXT, user, email, 0, "E-mail", "电子邮箱"),
    FIELD(TEXT, user, lang, FIELD_NOT_NULL, "Language of messages: en or zh", "消息语言:en 或 zh"),
    FIELD(BOOL, user, notify, 0, "Gets messages", "接收通知"),
    FIELD_END,
};

static const struct field change_body[] = {
    FIELD(TEXT, user, name, FIELD_NOT_NULL, "Name", "名称"),
    FIELD(TEXT, user, role, FIELD_NOT_NULL, "auditor, reviewer, requester, operator or owner",
          "auditor、reviewer、requester、operator 或 owner"),
    FIELD(TEXT, user, email, 0, "E-mail", "电子邮箱"),
    FIELD(TEXT, user, lang, FIELD_NOT_NULL, "Language of messages: en or zh", "消息语言:en 或 zh"),
    FIELD(BOOL, user, notify, 0, "Gets messages", "接收通知"),
    FIELD(BOOL, user, disabled, 0, "No key of the user works", "用户的所有密钥失效"),
    FIELD_END,
};

static bool reply_user(struct request *rq, const struct user *user, int status) {
    rq->reply = json_from_row(rq->arena, user_fields, user);
    rq->status = status;
    return true;
}

static bool list_users(struct request *rq, struct error *e) {
    struct list_page page;
    struct user *users;
    size_t found;
    if (!list_page_by_id(rq, "user", &page, e))
        return false;
    const struct user_scope scope = {rq->caller.account_id, page.cursor ? page.cursor : "", page.limit + 1};
    if (!user_db_list(rq->db, rq->arena, &scope, &users, &found, e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, user_fields, sizeof *users, users, count, found > count ? users[count - 1].id : NULL);
    return true;
}

static bool create_user(struct request *rq, struct error *e) {
    struct user user = {.lang = "en", .notify = true};
    return json_to_row(rq->arena, rq->json, create_body, &user, e) &&
           user_create(rq->db, rq->arena, &rq->caller, rq->now, &user, e) && reply_user(rq, &user, 201);
}

static bool change_user(struct request *rq, struct error *e) {
    struct user user;
    return user_find(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], &user, e) &&
           json_to_row(rq->arena, rq->json, change_body, &user, e) &&
           user_change(rq->db, rq->arena, &rq->caller, &user, rq->now, e) && reply_user(rq, &user, 200);
}

static bool disable_user(struct request *rq, struct error *e) {
    struct user user;
    if (!user_find(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], &user, e))
        return false;
    rq->status = 204;
    if (user.disabled)
        return true;
    user.disabled = true;
    return user_change(rq->db, rq->arena, &rq->caller, &user, rq->now, e);
}

const struct route user_routes[] = {
    {.method = "GET",
     .path = "/v1/users",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_users,
     .answer = user_fields,
     .summary = TEXT("The users of the account, the disabled ones too", "账号的用户,包括已停用的")},
    {.method = "POST",
     .path = "/v1/users",
     .access = ACCESS_OWN,
     .flags = ROUTE_WRITES,
     .handle = create_user,
     .body = create_body,
     .answer = user_fields,
     .summary = TEXT("Adds a user, who gets in with an access key that an owner makes",
                     "添加用户;所有者为其创建访问密钥后即可使用")},
    {.method = "PATCH",
     .path = "/v1/users/{id}",
     .access = ACCESS_OWN,
     .flags = ROUTE_WRITES,
     .handle = change_user,
     .body = change_body,
     .answer = user_fields,
     .summary = TEXT("Changes a user; a lesser role holds for all keys at once",
                     "更改用户;角色降低后其所有密钥立即受限")},
    {.method = "DELETE",
     .path = "/v1/users/{id}",
     .access = ACCESS_OWN,
     .flags = ROUTE_WRITES,
     .handle = disable_user,
     .summary = TEXT("Disables a user: the keys stop working at once, what was done stays on record",
                     "停用用户:其密钥立即失效,历史记录保留")},
    {.method = NULL},
};
