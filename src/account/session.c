/* Sessions: begun with a password, ended by their user, an owner, a new password, or time. */
#include "account/session_db.h"
#include "audit/audit.h"
#include "base/clock.h"
#include "base/rand.h"

enum { TOUCH_SECONDS = 300, IDLE_SECONDS = 12 * 3600, LIFE_SECONDS = 7 * DAY };

const struct field session_fields[] = {
    FIELD(TEXT, session, id, FIELD_COLUMN, "ID", "编号"),
    FIELD(TEXT, session, account_id, FIELD_HIDDEN, "Account", "账号"),
    FIELD(TEXT, session, user_id, FIELD_COLUMN, "User", "用户"),
    FIELD(TEXT, session, role, FIELD_COLUMN, "Role of the user", "用户的角色"),
    FIELD(TEXT, session, address, FIELD_COLUMN, "Begun from", "登录地址"),
    FIELD(TIME, session, created_at, FIELD_COLUMN, "Begun", "登录时间"),
    FIELD(TIME, session, used_at, 0, "Last used, to five minutes", "最近使用(精确到五分钟)"),
    FIELD(TIME, session, end_at, FIELD_COLUMN, "Ends, unless it ended before", "最迟结束时间"),
    FIELD(TIME, session, ended_at, FIELD_COLUMN, "Ended", "已结束"),
    FIELD_END,
};

/* Noted seldom, so that reading costs no writing; where nothing can be written, one can still read. */
bool session_holds(struct db *db, const struct credential *c, int64_t now, struct error *e) {
    struct error ignored;
    if (now >= c->end_at || now - c->last_used_at >= IDLE_SECONDS)
        return credential_refuse(e);
    if (now - c->last_used_at >= TOUCH_SECONDS)
        session_db_touch(db, c->id, now, &ignored);
    return true;
}

bool session_begin(struct db *db, struct arena *a, const struct login_attempt *attempt, int64_t now,
                   struct session *session, struct error *e) {
    const struct caller user = {
        .account_id = attempt->account_id, .user_id = attempt->user_id, .address = attempt->address};
    *session = (struct session){.id = id_new(a, "ses", now),
                                .account_id = attempt->account_id,
                                .user_id = attempt->user_id,
                                .address = attempt->address,
                                .created_at = now,
                                .used_at = now,
                                .end_at = now + LIFE_SECONDS};
    session->secret = credential_make(a, &session->digest);
    struct audit_entry entry = audit_by(&user, now, "session.begin", session->id);
    return session_db_insert(db, session, e) && audit_write(db, a, &entry, e);
}

bool session_end(struct db *db, struct arena *a, const struct caller *caller, const char *id, int64_t now,
                 struct error *e) {
    struct key_scope scope = access_key_scope(caller);
    struct session session = {0};
    if (!session_db_get(db, a, &scope, id, &session, e))
        return e->id == ERR_NOT_FOUND ? fail(e, ERR_NOT_FOUND, "no session '%s'", "没有会话“%s”", id) : false;
    if (!caller_reaches(caller, role_by_name(session.role)))
        return fail(e, ERR_FORBIDDEN, "session '%s' may do what you may not", "会话“%s”超出您的权限", id);
    if (session.ended_at)
        return true;
    struct audit_entry entry = audit_by(caller, now, "session.end", id);
    return session_db_end(db, id, now, e) && audit_write(db, a, &entry, e);
}
