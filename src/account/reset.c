/* A forgotten password: an owner makes a secret that sets another one, once and for an hour. */
#include "account/session_db.h"
#include "audit/audit.h"
#include "base/rand.h"

enum { LIFE_SECONDS = 3600 };

static const struct credential_kind reset_secret = {"rst", reset_db_find};

static bool check_user(const struct user *user, struct error *e) {
    if (user->disabled_at)
        return fail(e, ERR_CONFLICT, "the user '%s' is disabled", "用户“%s”已停用", user->id);
    return user->email || fail_field(e, "email", ERR_BAD_FIELD, "'%s' has no e-mail address to log in with",
                                     "“%s”尚未设置用于登录的邮箱", user->name);
}

/* An administrator helps where no owner can. */
static bool find_user(struct db *db, struct arena *a, const struct caller *by, const char *id,
                      struct user *user, struct error *e) {
    const char *account_id = by->account_id;
    if (by->administrator && !reset_db_account(db, a, id, &account_id, e))
        return false;
    return user_find(db, a, account_id ? account_id : by->account_id, id, user, e);
}

bool reset_create(struct db *db, struct arena *a, const struct caller *by, const char *user_id, int64_t now,
                  struct password_reset *reset, struct error *e) {
    struct user user;
    if (!find_user(db, a, by, user_id, &user, e) || !check_user(&user, e))
        return false;
    *reset = (struct password_reset){.id = id_new(a, "rst", now),
                                     .account_id = user.account_id,
                                     .user_id = user.id,
                                     .created_by = by->user_id,
                                     .created_at = now,
                                     .end_at = now + LIFE_SECONDS};
    reset->secret = credential_make(a, &reset->digest);
    struct audit_entry entry = audit_by(by, now, "password.reset_create", user.id);
    entry.account_id = user.account_id;
    return reset_db_put(db, reset, e) && audit_write(db, a, &entry, e);
}

bool reset_find(struct db *db, struct arena *a, const char *secret, int64_t now, struct user *user,
                struct error *e) {
    struct credential c;
    if (!credential_believe(db, a, &reset_secret, secret, &c, e))
        return false;
    return now < c.end_at ? user_find(db, a, c.account_id, c.user_id, user, e) : credential_refuse(e);
}

/* What was wrong before is forgotten with the old password. Setting one ends the reset with the sessions. */
bool reset_use(struct db *db, struct arena *a, const struct acceptance *acceptance, int64_t now,
               struct error *e) {
    struct user user = {.id = NULL};
    struct password_change change = {.hash = acceptance->hash};
    if (!reset_find(db, a, acceptance->secret, now, &user, e) ||
        !password_db_hash(db, a, user.id, &change.old_hash, e))
        return false;
    change.user_id = user.id;
    const struct caller by = {
        .account_id = user.account_id, .user_id = user.id, .address = acceptance->address};
    return login_forget_failures(db, a, user.email, e) && password_set(db, a, &by, &change, now, e);
}
