/* Resetting a forgotten password, over HTTP. */
#include "account/session_db.h"
#include "signer/signer.h"

struct new_reset {
    const char *user_id, *secret;
    int64_t end_at;
};

static const struct field new_reset_fields[] = {
    FIELD(TEXT, new_reset, user_id, FIELD_COLUMN, "User", "用户"),
    FIELD(TEXT, new_reset, secret, 0, "What the user shows, once; shown this once",
          "用户出示的密钥,只能使用一次;仅显示这一次"),
    FIELD(TIME, new_reset, end_at, FIELD_COLUMN, "Holds until", "有效期至"),
    FIELD_END,
};

static bool create(struct request *rq, struct error *e) {
    struct password_reset reset;
    if (!reset_create(rq->db, rq->arena, &rq->caller, rq->path_args[0], rq->now, &reset, e))
        return false;
    const struct secret *secret = credential_join(rq->arena, reset.id, reset.secret);
    const struct new_reset shown = {
        .user_id = reset.user_id,
        .secret = arena_strndup(rq->arena, (const char *)secret_bytes(secret), secret_len(secret)),
        .end_at = reset.end_at,
    };
    rq->reply = json_from_row(rq->arena, new_reset_fields, &shown);
    rq->status = 201;
    return true;
}

struct use_body {
    const char *secret, *password;
};

static const struct field use_body[] = {
    FIELD(TEXT, use_body, secret, FIELD_REQUIRED | FIELD_SECRET, "The secret of the reset", "重置密钥"),
    FIELD(TEXT, use_body, password, FIELD_REQUIRED | FIELD_SECRET, "The new password", "新密码"),
    FIELD_END,
};

/* Only for a reset that holds is a password hashed: that costs. */
static bool prepare_use(struct request *rq, struct error *e) {
    struct use_body body = {0};
    struct user user;
    struct acceptance *acceptance = ARENA_NEW(rq->arena, struct acceptance);
    if (!json_to_row(rq->arena, rq->json, use_body, &body, e) ||
        !reset_find(rq->db, rq->arena, body.secret, rq->now, &user, e) ||
        !password_check(body.password, user.email ? user.email : "", e))
        return false;
    *acceptance = (struct acceptance){.secret = body.secret, .address = rq->caller.address};
    rq->prepared = acceptance;
    const struct secret *password = secret_new(rq->arena, body.password, strlen(body.password));
    return signer_password_hash(rq->services->signer, rq->arena, password, &acceptance->hash, e);
}

static bool use(struct request *rq, struct error *e) {
    rq->status = 204;
    return reset_use(rq->db, rq->arena, rq->prepared, rq->now, e);
}

const struct route reset_routes[] = {
    {.method = "POST",
     .path = "/v1/users/{id}/reset",
     .access = ACCESS_OWN,
     .flags = ROUTE_WRITES | ROUTE_SHOWN_ONCE,
     .handle = create,
     .answer = new_reset_fields,
     .summary = TEXT("Makes a secret with which a user sets a new password, once and within an hour",
                     "生成重置密钥,用户可在一小时内凭其设置一次新密码")},
    {.method = "POST",
     .path = "/v1/password/reset",
     .access = ACCESS_PUBLIC,
     .flags = ROUTE_WRITES | ROUTE_SHOWN_ONCE,
     .prepare = prepare_use,
     .handle = use,
     .body = use_body,
     .summary = TEXT("Sets a new password with the secret of a reset; all sessions of the user end",
                     "使用重置密钥设置新密码;该用户的所有会话随之结束")},
    {.method = NULL},
};
