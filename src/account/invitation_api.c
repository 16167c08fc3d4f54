/* Invitations over HTTP. */
#include "account/session_db.h"
#include "http/list.h"
#include "signer/signer.h"

struct new_invitation {
    const char *id, *email, *secret;
    int64_t end_at;
};

static const struct field new_invitation_fields[] = {
    FIELD(TEXT, new_invitation, id, FIELD_COLUMN, "ID", "编号"),
    FIELD(TEXT, new_invitation, email, FIELD_COLUMN, "E-mail", "电子邮箱"),
    FIELD(TEXT, new_invitation, secret, 0, "What the invited person shows, shown this once",
          "受邀人出示的密钥,仅显示这一次"),
    FIELD(TIME, new_invitation, end_at, FIELD_COLUMN, "Holds until", "有效期至"),
    FIELD_END,
};

static const struct field create_body[] = {
    FIELD(TEXT, invitation, email, FIELD_REQUIRED, "E-mail", "电子邮箱"),
    FIELD(TEXT, invitation, name, FIELD_REQUIRED, "Name", "名称"),
    FIELD(TEXT, invitation, role, FIELD_REQUIRED, "auditor, reviewer, requester, operator or owner",
          "auditor、reviewer、requester、operator 或 owner"),
    FIELD(TEXT, invitation, lang, FIELD_NOT_NULL, "Language of messages: en or zh", "消息语言:en 或 zh"),
    FIELD_END,
};

static bool invite(struct request *rq, struct error *e) {
    struct invitation made = {.lang = "en"};
    if (!json_to_row(rq->arena, rq->json, create_body, &made, e) ||
        !invitation_create(rq->db, rq->arena, &rq->caller, rq->now, &made, e))
        return false;
    const struct secret *secret = credential_join(rq->arena, made.id, made.secret);
    const struct new_invitation shown = {
        .id = made.id,
        .email = made.email,
        .secret = arena_strndup(rq->arena, (const char *)secret_bytes(secret), secret_len(secret)),
        .end_at = made.end_at,
    };
    rq->reply = json_from_row(rq->arena, new_invitation_fields, &shown);
    rq->status = 201;
    return true;
}

static bool list_invitations(struct request *rq, struct error *e) {
    struct list_page page;
    struct invitation *invitations;
    size_t found;
    if (!list_page_by_id(rq, "inv", &page, e))
        return false;
    const struct key_scope scope = {.account_id = rq->caller.account_id,
                                    .after = page.cursor ? page.cursor : "",
                                    .limit = page.limit + 1};
    if (!invitation_db_list(rq->db, rq->arena, &scope, &invitations, &found, e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, invitation_fields, sizeof *invitations, invitations, count,
               found > count ? invitations[count - 1].id : NULL);
    return true;
}

static bool revoke(struct request *rq, struct error *e) {
    rq->status = 204;
    return invitation_revoke(rq->db, rq->arena, &rq->caller, rq->path_args[0], rq->now, e);
}

/* ---- accepting one ---- */

struct accept_body {
    const char *secret, *password;
};

static const struct field accept_body[] = {
    FIELD(TEXT, accept_body, secret, FIELD_REQUIRED | FIELD_SECRET, "The secret of the invitation",
          "邀请密钥"),
    FIELD(TEXT, accept_body, password, FIELD_REQUIRED | FIELD_SECRET, "The password to log in with",
          "用于登录的密码"),
    FIELD_END,
};

/* Only for an invitation that holds is a password hashed: that costs. */
static bool prepare_accept(struct request *rq, struct error *e) {
    struct accept_body body = {0};
    struct invitation invitation;
    struct acceptance *acceptance = ARENA_NEW(rq->arena, struct acceptance);
    if (!json_to_row(rq->arena, rq->json, accept_body, &body, e) ||
        !invitation_find(rq->db, rq->arena, body.secret, rq->now, &invitation, e) ||
        !password_check(body.password, invitation.email, e))
        return false;
    acceptance->secret = body.secret;
    acceptance->address = rq->caller.address;
    rq->prepared = acceptance;
    const struct secret *password = secret_new(rq->arena, body.password, strlen(body.password));
    return signer_password_hash(rq->services->signer, rq->arena, password, &acceptance->hash, e);
}

static bool accept_invitation(struct request *rq, struct error *e) {
    struct user user;
    if (!invitation_accept(rq->db, rq->arena, rq->prepared, rq->now, &user, e))
        return false;
    rq->reply = json_from_row(rq->arena, user_fields, &user);
    rq->status = 201;
    return true;
}

const struct route invitation_routes[] = {
    {.method = "GET",
     .path = "/v1/invitations",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_invitations,
     .answer = invitation_fields,
     .summary = TEXT("Invitations, the used and revoked ones too", "邀请,包括已使用和已撤销的")},
    {.method = "POST",
     .path = "/v1/invitations",
     .access = ACCESS_OWN,
     .flags = ROUTE_WRITES | ROUTE_SHOWN_ONCE,
     .handle = invite,
     .body = create_body,
     .answer = new_invitation_fields,
     .summary = TEXT("Invites somebody to become a user; replaces an open invitation of the same address",
                     "邀请他人成为用户;替代同一邮箱的未使用邀请")},
    {.method = "POST",
     .path = "/v1/invitations/accept",
     .access = ACCESS_PUBLIC,
     .flags = ROUTE_WRITES | ROUTE_SHOWN_ONCE,
     .prepare = prepare_accept,
     .handle = accept_invitation,
     .body = accept_body,
     .answer = user_fields,
     .summary = TEXT("Accepts an invitation with its secret, and sets the password",
                     "使用邀请密钥接受邀请并设置密码")},
    {.method = "DELETE",
     .path = "/v1/invitations/{id}",
     .access = ACCESS_OWN,
     .flags = ROUTE_WRITES,
     .handle = revoke,
     .summary = TEXT("Revokes an invitation that was not used", "撤销未使用的邀请")},
    {.method = NULL},
};
