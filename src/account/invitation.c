/* Invitations: an owner promises a place in the account, who shows the secret takes it with a password. */
#include "account/session_db.h"
#include "audit/audit.h"
#include "base/clock.h"
#include "base/rand.h"

enum { LIFE_SECONDS = 7 * DAY };

const struct field invitation_fields[] = {
    FIELD(TEXT, invitation, id, FIELD_COLUMN, "ID", "编号"),
    FIELD(TEXT, invitation, account_id, FIELD_HIDDEN, "Account", "账号"),
    FIELD(TEXT, invitation, email, FIELD_COLUMN, "E-mail", "电子邮箱"),
    FIELD(TEXT, invitation, name, FIELD_COLUMN, "Name", "名称"),
    FIELD(TEXT, invitation, role, FIELD_COLUMN, "Role", "角色"),
    FIELD(TEXT, invitation, lang, 0, "Language of messages: en or zh", "消息语言:en 或 zh"),
    FIELD(TEXT, invitation, created_by, 0, "Who invited", "邀请人"),
    FIELD(TIME, invitation, created_at, 0, "Created", "创建时间"),
    FIELD(TIME, invitation, end_at, FIELD_COLUMN, "Holds until", "有效期至"),
    FIELD(TIME, invitation, used_at, FIELD_COLUMN, "Accepted", "接受时间"),
    FIELD(TIME, invitation, revoked_at, FIELD_COLUMN, "Revoked", "撤销时间"),
    FIELD_END,
};

static const struct credential_kind invitation_secret = {"inv", invitation_db_find};

static const char *invitation_json(struct arena *a, const struct invitation *invitation) {
    return json_text(a, json_keep(a, json_from_row(a, invitation_fields, invitation)), false);
}

static struct user user_of(const struct invitation *i) {
    return (struct user){.id = "",
                         .account_id = i->account_id,
                         .name = i->name,
                         .role = i->role,
                         .email = i->email,
                         .lang = i->lang,
                         .notify = true};
}

bool invitation_create(struct db *db, struct arena *a, const struct caller *by, int64_t now,
                       struct invitation *invitation, struct error *e) {
    invitation->id = id_new(a, "inv", now);
    invitation->account_id = by->account_id;
    invitation->created_by = by->user_id;
    invitation->created_at = now;
    invitation->end_at = now + LIFE_SECONDS;
    struct user user = user_of(invitation);
    if (!user_check(db, a, &user, e))
        return false;
    invitation->email = user.email;
    invitation->secret = credential_make(a, &invitation->digest);
    struct audit_entry entry = audit_by(by, now, "invitation.create", invitation->id);
    entry.after = invitation_json(a, invitation);
    return invitation_db_revoke_open(db, invitation, now, e) && invitation_db_insert(db, invitation, e) &&
           audit_write(db, a, &entry, e);
}

bool invitation_find(struct db *db, struct arena *a, const char *secret, int64_t now,
                     struct invitation *invitation, struct error *e) {
    struct credential c;
    if (!credential_believe(db, a, &invitation_secret, secret, &c, e))
        return false;
    if (now >= c.end_at)
        return credential_refuse(e);
    return invitation_db_get(db, a, c.account_id, c.id, invitation, e);
}

bool invitation_accept(struct db *db, struct arena *a, const struct acceptance *acceptance, int64_t now,
                       struct user *user, struct error *e) {
    struct invitation invitation = {.id = NULL};
    if (!invitation_find(db, a, acceptance->secret, now, &invitation, e))
        return false;
    const struct caller by = {
        .account_id = invitation.account_id, .key_id = invitation.id, .address = acceptance->address};
    struct audit_entry entry = audit_by(&by, now, "invitation.accept", invitation.id);
    *user = user_of(&invitation);
    if (!invitation_db_use(db, invitation.id, now, e) || !user_create(db, a, &by, now, user, e))
        return false;
    const struct password_change change = {.user_id = user->id, .hash = acceptance->hash};
    return password_set(db, a, &by, &change, now, e) && audit_write(db, a, &entry, e);
}

bool invitation_revoke(struct db *db, struct arena *a, const struct caller *by, const char *id, int64_t now,
                       struct error *e) {
    struct invitation invitation;
    if (!invitation_db_get(db, a, by->account_id, id, &invitation, e))
        return e->id == ERR_NOT_FOUND ? fail(e, ERR_NOT_FOUND, "no invitation '%s'", "没有邀请“%s”", id)
                                      : false;
    if (invitation.used_at || invitation.revoked_at)
        return true;
    struct audit_entry entry = audit_by(by, now, "invitation.revoke", id);
    return invitation_db_revoke(db, id, now, e) && audit_write(db, a, &entry, e);
}
