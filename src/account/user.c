/* The users of an account: what they are called and may do, and where messages to them go. */
#include "account/session_db.h"
#include "audit/audit.h"
#include "base/rand.h"

enum { EMAIL_MAX_LEN = 254 };

const struct field user_fields[] = {
    FIELD(TEXT, user, id, FIELD_COLUMN, "ID", "编号"),
    FIELD(TEXT, user, account_id, FIELD_HIDDEN, "Account", "账号"),
    FIELD(TEXT, user, name, FIELD_COLUMN, "Name", "名称"),
    FIELD(TEXT, user, role, FIELD_COLUMN, "Role", "角色"),
    FIELD(TEXT, user, email, FIELD_COLUMN, "E-mail", "电子邮箱"),
    FIELD(TEXT, user, lang, 0, "Language of messages: en or zh", "消息语言:en 或 zh"),
    FIELD(BOOL, user, notify, 0, "Gets messages", "接收通知"),
    FIELD(TIME, user, created_at, FIELD_COLUMN, "Created", "创建时间"),
    FIELD(BOOL, user, disabled, FIELD_COLUMN, "Disabled", "已停用"),
    FIELD(TIME, user, disabled_at, 0, "Disabled since", "停用时间"),
    FIELD(INT, user, revision, FIELD_HIDDEN, "Revision", "修订号"),
    FIELD_END,
};

static const char *user_json(struct arena *a, const struct user *user) {
    return json_text(a, json_keep(a, json_from_row(a, user_fields, user)), false);
}

/* ---- what a user may look like ---- */

/* Of an address only what no mail program reads in another way; in lower case, since one logs in with it. */
bool user_email_read(struct arena *a, const char **text, struct error *e) {
    char *email = arena_strdup(a, *text);
    size_t len = strlen(email), plain = 0;
    for (; plain < len && email[plain] > ' ' && email[plain] < 0x7f; plain++)
        if (email[plain] >= 'A' && email[plain] <= 'Z')
            email[plain] = (char)(email[plain] + 'a' - 'A');
    const char *at = strchr(email, '@');
    bool one_at = at && at > email && at[1] && !strchr(at + 1, '@');
    if (!one_at || plain < len || len > EMAIL_MAX_LEN || strpbrk(email, "<>()[],;:\\\""))
        return fail_field(e, "email", ERR_BAD_FIELD, "'%s' is not an e-mail address", "“%s”不是电子邮箱地址",
                          *text);
    *text = email;
    return true;
}

static bool lang_check(const char *lang, struct error *e) {
    return (lang && (strcmp(lang, "en") == 0 || strcmp(lang, "zh") == 0)) ||
           fail_field(e, "lang", ERR_BAD_FIELD, "the language is en or zh", "语言必须是 en 或 zh");
}

static bool role_check(const char *role, struct error *e) {
    return role_by_name(role) != ROLE_NONE ||
           fail_field(e, "role", ERR_BAD_FIELD, "there is no role '%s'", "没有角色“%s”", role ? role : "");
}

static bool name_free(struct db *db, struct arena *a, const struct user *user, struct error *e) {
    const char *id;
    if (!user_db_named(db, a, user, &id, e))
        return false;
    if (!id)
        return true;
    fail_field(e, "name", ERR_ALREADY_EXISTS, "the account has a user '%s' already: %s",
               "账号中已有用户“%s”:%s", user->name, id);
    snprintf(e->object, sizeof e->object, "%s", id);
    return false;
}

/* Whose address it is stays unsaid: that may be another account. */
static bool email_free(struct db *db, struct arena *a, const struct user *user, struct error *e) {
    const char *id = NULL;
    if (user->email && !user_db_addressed(db, a, user, &id, e))
        return false;
    return !id || fail_field(e, "email", ERR_ALREADY_EXISTS, "a user with the address '%s' exists already",
                             "已有用户使用地址“%s”", user->email);
}

bool user_check(struct db *db, struct arena *a, struct user *user, struct error *e) {
    if (!db_in_transaction(db))
        return fail(e, ERR_INTERNAL, "this needs an open transaction", "此操作需要在事务中");
    return account_name_check(user->name, e) && role_check(user->role, e) && lang_check(user->lang, e) &&
           (!user->email || user_email_read(a, &user->email, e)) && name_free(db, a, user, e) &&
           email_free(db, a, user, e);
}

/* ---- changes ---- */

bool user_create(struct db *db, struct arena *a, const struct caller *by, int64_t now, struct user *user,
                 struct error *e) {
    user->id = id_new(a, "user", now);
    user->account_id = by->account_id;
    user->created_at = now;
    if (!user_check(db, a, user, e))
        return false;
    struct audit_entry entry = audit_by(by, now, "user.create", user->id);
    entry.after = user_json(a, user);
    return user_db_insert(db, user, e) && audit_write(db, a, &entry, e);
}

static bool is_owner(const struct user *user) {
    return !user->disabled && role_by_name(user->role) == ROLE_OWNER;
}

/* Nobody could undo it: a new owner is made by an owner. */
static bool leaves_an_owner(struct db *db, const struct user *before, const struct user *after,
                            struct error *e) {
    int64_t others;
    if (!is_owner(before) || is_owner(after))
        return true;
    return user_db_count_owners(db, after, &others, e) &&
           (others > 0 || fail(e, ERR_LAST_OWNER, "'%s' is the last owner of the account who can get in",
                               "“%s”是账号中最后一个可以登录的所有者", before->id));
}

bool user_change(struct db *db, struct arena *a, const struct caller *by, struct user *user, int64_t now,
                 struct error *e) {
    struct user before;
    if (!user_find(db, a, by->account_id, user->id, &before, e) || !user_check(db, a, user, e) ||
        !leaves_an_owner(db, &before, user, e))
        return false;
    bool stays_disabled = user->disabled && before.disabled_at;
    user->disabled_at = stays_disabled ? before.disabled_at : user->disabled ? now : 0;
    if (user->disabled && !session_db_end_all(db, user->id, now, e))
        return false;
    struct audit_entry entry = audit_by(by, now, "user.change", user->id);
    entry.before = user_json(a, &before);
    entry.after = user_json(a, user);
    return user_db_update(db, user, e) && audit_write(db, a, &entry, e);
}
