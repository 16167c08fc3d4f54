/* Logging in with a password, sessions, and changing the password, over HTTP. */
#include "account/session_db.h"
#include "http/list.h"
#include "http/server.h"
#include "signer/signer.h"

/* ---- a session with its secret: the one time it is shown ---- */

struct new_session {
    const char *id, *user_id, *secret;
    int64_t end_at;
};

static const struct field new_session_fields[] = {
    FIELD(TEXT, new_session, id, FIELD_COLUMN, "ID", "编号"),
    FIELD(TEXT, new_session, user_id, FIELD_COLUMN, "User", "用户"),
    FIELD(TEXT, new_session, secret, 0, "Its secret, shown this once", "密钥内容,仅显示这一次"),
    FIELD(TIME, new_session, end_at, 0, "Ends, at the latest", "最迟结束时间"),
    FIELD_END,
};

struct login_body {
    const char *email, *password;
};

static const struct field login_body[] = {
    FIELD(TEXT, login_body, email, FIELD_REQUIRED, "E-mail", "电子邮箱"),
    FIELD(TEXT, login_body, password, FIELD_REQUIRED | FIELD_SECRET, "Password", "密码"),
    FIELD_END,
};

/* When it may be tried again, to the second. */
static bool too_many(struct request *rq, const struct login_attempt *attempt, const struct error *e) {
    if (e->id == ERR_TOO_MANY_ATTEMPTS)
        exchange_answer_header(rq->connection, "Retry-After",
                               arena_printf(rq->arena, "%lld", (long long)(attempt->until - rq->now)));
    return false;
}

/* Argon2 is slow on purpose: the signer is asked before the transaction. */
static bool ask(struct request *rq, struct login_attempt *attempt, const char *password, struct error *e) {
    const struct secret *shown = secret_new(rq->arena, password, strlen(password));
    return login_try(rq->services, rq->arena, attempt, shown, rq->now, e) || too_many(rq, attempt, e);
}

/* A wrong password is noted with the refusal. */
static bool decide(struct request *rq, struct login_attempt *attempt, struct error *e) {
    if (login_decide(rq->db, rq->arena, attempt, rq->now, e))
        return true;
    rq->keep_on_refusal = e->id == ERR_PASSWORD_WRONG;
    return too_many(rq, attempt, e);
}

static bool prepare_login(struct request *rq, struct error *e) {
    struct login_body body = {0};
    if (!json_to_row(rq->arena, rq->json, login_body, &body, e))
        return false;
    struct login_attempt *attempt = ARENA_NEW(rq->arena, struct login_attempt);
    *attempt = (struct login_attempt){.email = body.email, .address = rq->caller.address};
    rq->prepared = attempt;
    return ask(rq, attempt, body.password, e);
}

static bool login(struct request *rq, struct error *e) {
    struct session session;
    if (!decide(rq, rq->prepared, e) || !session_begin(rq->db, rq->arena, rq->prepared, rq->now, &session, e))
        return false;
    const struct new_session shown = {
        .id = session.id,
        .user_id = session.user_id,
        .secret =
            arena_strndup(rq->arena, (const char *)secret_bytes(session.secret), secret_len(session.secret)),
        .end_at = session.end_at,
    };
    rq->reply = json_from_row(rq->arena, new_session_fields, &shown);
    rq->status = 201;
    return true;
}

static bool list_sessions(struct request *rq, struct error *e) {
    struct list_page page;
    struct key_scope scope = access_key_scope(&rq->caller);
    struct session *sessions;
    size_t found;
    if (!list_page_by_id(rq, "ses", &page, e))
        return false;
    scope.after = page.cursor ? page.cursor : "";
    scope.limit = page.limit + 1;
    if (!session_db_list(rq->db, rq->arena, &scope, &sessions, &found, e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, session_fields, sizeof *sessions, sessions, count,
               found > count ? sessions[count - 1].id : NULL);
    return true;
}

static bool end_session(struct request *rq, struct error *e) {
    rq->status = 204;
    return session_end(rq->db, rq->arena, &rq->caller, rq->path_args[0], rq->now, e);
}

/* ---- the password ---- */

struct password_body {
    const char *current, *password;
};

static const struct field password_body[] = {
    FIELD(TEXT, password_body, current, FIELD_SECRET, "The present password, if there is one",
          "当前密码(如已设置)"),
    FIELD(TEXT, password_body, password, FIELD_REQUIRED | FIELD_SECRET, "The new password", "新密码"),
    FIELD_END,
};

struct password_request {
    struct login_attempt attempt;
    struct password_change change;
};

/* The first password opens all that the user may: a key that may less must not set it. */
static bool may_set_first(const struct caller *caller, struct error *e) {
    return role_within(caller->user_role, caller->role) ||
           fail(e, ERR_FORBIDDEN, "the first password is set with a key of your whole role",
                "首次设置密码需要使用具有您全部权限的密钥");
}

static bool show_present(struct request *rq, struct password_request *p, const struct password_body *body,
                         struct error *e) {
    if (!p->change.old_hash)
        return (p->attempt.fits = may_set_first(&rq->caller, e));
    if (!body->current)
        return fail_field(e, "current", ERR_BAD_FIELD, "the present password is missing", "缺少当前密码");
    return ask(rq, &p->attempt, body->current, e);
}

static bool new_password_check(const struct request *rq, const struct password_body *body,
                               struct password_request *p, struct error *e) {
    struct user user;
    if (!user_find(rq->db, rq->arena, rq->caller.account_id, rq->caller.user_id, &user, e))
        return false;
    if (!user.email)
        return fail_field(e, "email", ERR_BAD_FIELD, "you have no e-mail address to log in with",
                          "您尚未设置用于登录的邮箱");
    p->attempt = (struct login_attempt){.email = user.email, .address = rq->caller.address};
    p->change.user_id = user.id;
    return password_check(body->password, user.email, e) &&
           password_db_hash(rq->db, rq->arena, user.id, &p->change.old_hash, e);
}

static bool prepare_password(struct request *rq, struct error *e) {
    struct password_body body = {0};
    struct password_request *p = ARENA_NEW(rq->arena, struct password_request);
    rq->prepared = p;
    if (!json_to_row(rq->arena, rq->json, password_body, &body, e) || !new_password_check(rq, &body, p, e) ||
        !show_present(rq, p, &body, e))
        return false;
    const struct secret *password = secret_new(rq->arena, body.password, strlen(body.password));
    return !p->attempt.fits ||
           signer_password_hash(rq->services->signer, rq->arena, password, &p->change.hash, e);
}

static bool change_password(struct request *rq, struct error *e) {
    struct password_request *p = rq->prepared;
    rq->status = 204;
    return (!p->change.old_hash || decide(rq, &p->attempt, e)) &&
           password_set(rq->db, rq->arena, &rq->caller, &p->change, rq->now, e);
}

const struct route session_routes[] = {
    {.method = "POST",
     .path = "/v1/sessions",
     .access = ACCESS_PUBLIC,
     .flags = ROUTE_WRITES | ROUTE_SHOWN_ONCE,
     .prepare = prepare_login,
     .handle = login,
     .body = login_body,
     .answer = new_session_fields,
     .summary =
         TEXT("Logs in with a password; the secret of the session is shown once and works like an access key",
              "使用密码登录;会话密钥仅显示一次,用法与访问密钥相同")},
    {.method = "GET",
     .path = "/v1/sessions",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_sessions,
     .answer = session_fields,
     .summary =
         TEXT("Sessions: an owner sees all, others their own", "会话:所有者可见全部,其他角色仅可见自己的")},
    {.method = "DELETE",
     .path = "/v1/sessions/{id}",
     .access = ACCESS_READ,
     .flags = ROUTE_WRITES,
     .handle = end_session,
     .summary = TEXT("Ends a session at once", "立即结束会话")},
    {.method = "PUT",
     .path = "/v1/password",
     .access = ACCESS_READ,
     .flags = ROUTE_WRITES,
     .prepare = prepare_password,
     .handle = change_password,
     .body = password_body,
     .summary = TEXT("Sets your password; all your sessions end", "设置您的密码;您的所有会话随即结束")},
    {.method = NULL},
};
