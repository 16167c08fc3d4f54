/* The tables user_password, session, invitation and login_failure. */
#include "account/session_db.h"
#include "base/clock.h"

/* ---- passwords ---- */

static const struct field attempt_fields[] = {
    FIELD(TEXT, login_attempt, user_id, 0, "", ""),
    FIELD(TEXT, login_attempt, account_id, 0, "", ""),
    FIELD(TEXT, login_attempt, hash, FIELD_SECRET, "", ""),
    FIELD_END,
};

bool password_db_find(struct db *db, struct arena *a, struct login_attempt *attempt, struct error *e) {
    attempt->user_id = attempt->account_id = attempt->hash = NULL;
    return db_get(db, a, attempt_fields, attempt, e,
                  "SELECT u.id AS user_id, u.account_id, p.hash FROM account_user u "
                  "JOIN user_password p ON p.user_id = u.id WHERE u.email = $1 AND u.disabled_at IS NULL",
                  DB_TEXT(attempt->email)) ||
           e->id == ERR_NOT_FOUND;
}

bool password_db_hash(struct db *db, struct arena *a, const char *user_id, const char **hash,
                      struct error *e) {
    return db_text(db, a, hash, e, "SELECT hash FROM user_password WHERE user_id = $1", DB_TEXT(user_id));
}

bool password_db_put(struct db *db, const char *account_id, const struct password_change *change, int64_t now,
                     struct error *e) {
    bool done =
        change->old_hash
            ? db_exec(db, e,
                      "UPDATE user_password SET hash = $2, changed_at = $3 WHERE user_id = $1 AND hash = $4",
                      DB_TEXT(change->user_id), DB_TEXT(change->hash), DB_INT(now), DB_TEXT(change->old_hash))
            : db_exec(db, e,
                      "INSERT INTO user_password (user_id, account_id, hash, changed_at) "
                      "VALUES ($1, $2, $3, $4) ON CONFLICT (user_id) DO NOTHING",
                      DB_TEXT(change->user_id), DB_TEXT(account_id), DB_TEXT(change->hash), DB_INT(now));
    return done && (db_changes(db) == 1 || fail(e, ERR_CONFLICT, "the password of '%s' was changed meanwhile",
                                                "“%s”的密码已被更改", change->user_id));
}

/* ---- failures ---- */

bool failure_db_note(struct db *db, const char *subject, int64_t now, int64_t until, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO login_failure (subject, count, until_at) VALUES ($1, 1, $3) "
                   "ON CONFLICT (subject) DO UPDATE SET "
                   "count = CASE WHEN login_failure.until_at <= $2 THEN 1 ELSE login_failure.count + 1 END, "
                   "until_at = CASE WHEN login_failure.until_at <= $2 THEN excluded.until_at "
                   "ELSE login_failure.until_at END",
                   DB_TEXT(subject), DB_INT(now), DB_INT(until));
}

bool failure_db_until(struct db *db, const char *subject, int64_t limit, int64_t now, int64_t *until,
                      struct error *e) {
    return db_int(db, until, 0, e,
                  "SELECT until_at FROM login_failure WHERE subject = $1 AND count >= $2 AND until_at > $3",
                  DB_TEXT(subject), DB_INT(limit), DB_INT(now));
}

bool failure_db_forget(struct db *db, const char *subject, struct error *e) {
    return db_exec(db, e, "DELETE FROM login_failure WHERE subject = $1", DB_TEXT(subject));
}

/* ---- sessions ---- */

bool session_db_insert(struct db *db, const struct session *s, struct error *e) {
    return db_exec(
        db, e,
        "INSERT INTO session (id, account_id, user_id, digest, address, created_at, used_at, end_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        DB_TEXT(s->id), DB_TEXT(s->account_id), DB_TEXT(s->user_id), DB_TEXT(s->digest), DB_TEXT(s->address),
        DB_INT(s->created_at), DB_INT(s->used_at), DB_INT(s->end_at));
}

bool session_db_find(struct db *db, struct arena *a, const char *id, struct credential *c, struct error *e) {
    return db_get(db, a, credential_fields, c, e,
                  "SELECT s.id, s.account_id, s.user_id, s.digest, u.role, u.role AS user_role, "
                  "COALESCE(s.ended_at, u.disabled_at) AS ended_at, s.used_at AS last_used_at, s.end_at, "
                  "a.administers FROM session s JOIN account_user u ON u.id = s.user_id "
                  "JOIN account a ON a.id = s.account_id WHERE s.id = $1",
                  DB_TEXT(id));
}

bool session_db_get(struct db *db, struct arena *a, const struct key_scope *scope, const char *id,
                    struct session *session, struct error *e) {
    return db_get(
        db, a, session_fields, session, e,
        "SELECT s.id, s.account_id, s.user_id, u.role, s.address, s.created_at, s.used_at, s.end_at, "
        "s.ended_at FROM session s JOIN account_user u ON u.id = s.user_id "
        "WHERE s.id = $1 AND s.account_id = $2 AND ($3 IS NULL OR s.user_id = $3)",
        DB_TEXT(id), DB_TEXT(scope->account_id), DB_TEXT(scope->user_id));
}

bool session_db_list(struct db *db, struct arena *a, const struct key_scope *scope, struct session **sessions,
                     size_t *count, struct error *e) {
    return db_list(
        db, a, session_fields, sizeof **sessions, sessions, count, e,
        "SELECT s.id, s.account_id, s.user_id, u.role, s.address, s.created_at, s.used_at, s.end_at, "
        "s.ended_at FROM session s JOIN account_user u ON u.id = s.user_id "
        "WHERE s.account_id = $1 AND ($2 IS NULL OR s.user_id = $2) AND s.id > $3 "
        "ORDER BY s.id LIMIT $4",
        DB_TEXT(scope->account_id), DB_TEXT(scope->user_id), DB_TEXT(scope->after),
        DB_INT((int64_t)scope->limit));
}

bool session_db_touch(struct db *db, const char *id, int64_t now, struct error *e) {
    return db_exec(db, e, "UPDATE session SET used_at = $2 WHERE id = $1", DB_TEXT(id), DB_INT(now));
}

bool session_db_end(struct db *db, const char *id, int64_t now, struct error *e) {
    return db_exec(db, e, "UPDATE session SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL", DB_TEXT(id),
                   DB_INT(now));
}

bool session_db_end_all(struct db *db, const char *user_id, int64_t now, struct error *e) {
    return db_exec(db, e, "UPDATE session SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL",
                   DB_TEXT(user_id), DB_INT(now));
}

/* ---- resets ---- */

bool reset_db_put(struct db *db, const struct password_reset *r, struct error *e) {
    return reset_db_end(db, r->user_id, e) &&
           db_exec(
               db, e,
               "INSERT INTO password_reset (id, account_id, user_id, digest, created_by, created_at, end_at) "
               "VALUES ($1, $2, $3, $4, $5, $6, $7)",
               DB_TEXT(r->id), DB_TEXT(r->account_id), DB_TEXT(r->user_id), DB_TEXT(r->digest),
               DB_TEXT(r->created_by), DB_INT(r->created_at), DB_INT(r->end_at));
}

bool reset_db_find(struct db *db, struct arena *a, const char *id, struct credential *c, struct error *e) {
    return db_get(db, a, credential_fields, c, e,
                  "SELECT r.id, r.account_id, r.user_id, r.digest, r.end_at, COALESCE(u.disabled_at, "
                  "b.disabled_at, CASE WHEN b.role <> 'owner' THEN r.created_at END) AS ended_at "
                  "FROM password_reset r JOIN account_user u ON u.id = r.user_id "
                  "JOIN account_user b ON b.id = r.created_by WHERE r.id = $1",
                  DB_TEXT(id));
}

bool reset_db_end(struct db *db, const char *user_id, struct error *e) {
    return db_exec(db, e, "DELETE FROM password_reset WHERE user_id = $1", DB_TEXT(user_id));
}

bool reset_db_account(struct db *db, struct arena *a, const char *user_id, const char **account_id,
                      struct error *e) {
    return db_text(db, a, account_id, e, "SELECT account_id FROM account_user WHERE id = $1",
                   DB_TEXT(user_id));
}

/* ---- invitations ---- */

bool invitation_db_insert(struct db *db, const struct invitation *i, struct error *e) {
    return db_exec(db, e,
                   "INSERT INTO invitation (id, account_id, email, name, role, lang, digest, created_by, "
                   "created_at, end_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                   DB_TEXT(i->id), DB_TEXT(i->account_id), DB_TEXT(i->email), DB_TEXT(i->name),
                   DB_TEXT(i->role), DB_TEXT(i->lang), DB_TEXT(i->digest), DB_TEXT(i->created_by),
                   DB_INT(i->created_at), DB_INT(i->end_at));
}

bool invitation_db_find(struct db *db, struct arena *a, const char *id, struct credential *c,
                        struct error *e) {
    return db_get(db, a, credential_fields, c, e,
                  "SELECT i.id, i.account_id, i.digest, i.end_at, COALESCE(i.used_at, i.revoked_at, "
                  "u.disabled_at, CASE WHEN u.role <> 'owner' THEN i.created_at END) AS ended_at "
                  "FROM invitation i JOIN account_user u ON u.id = i.created_by WHERE i.id = $1",
                  DB_TEXT(id));
}

bool invitation_db_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                       struct invitation *invitation, struct error *e) {
    return db_get(db, a, invitation_fields, invitation, e,
                  "SELECT id, account_id, email, name, role, lang, created_by, created_at, end_at, used_at, "
                  "revoked_at FROM invitation WHERE id = $1 AND account_id = $2",
                  DB_TEXT(id), DB_TEXT(account_id));
}

bool invitation_db_list(struct db *db, struct arena *a, const struct key_scope *scope,
                        struct invitation **invitations, size_t *count, struct error *e) {
    return db_list(db, a, invitation_fields, sizeof **invitations, invitations, count, e,
                   "SELECT id, account_id, email, name, role, lang, created_by, created_at, end_at, used_at, "
                   "revoked_at FROM invitation WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3",
                   DB_TEXT(scope->account_id), DB_TEXT(scope->after), DB_INT((int64_t)scope->limit));
}

bool invitation_db_use(struct db *db, const char *id, int64_t now, struct error *e) {
    return db_exec(db, e,
                   "UPDATE invitation SET used_at = $2 WHERE id = $1 AND used_at IS NULL "
                   "AND revoked_at IS NULL",
                   DB_TEXT(id), DB_INT(now)) &&
           (db_changes(db) == 1 || fail(e, ERR_CONFLICT, "%s was used before", "%s 已被使用", id));
}

bool invitation_db_revoke(struct db *db, const char *id, int64_t now, struct error *e) {
    return db_exec(
        db, e,
        "UPDATE invitation SET revoked_at = $2 WHERE id = $1 AND used_at IS NULL AND revoked_at IS NULL",
        DB_TEXT(id), DB_INT(now));
}

bool invitation_db_revoke_open(struct db *db, const struct invitation *like, int64_t now, struct error *e) {
    return db_exec(db, e,
                   "UPDATE invitation SET revoked_at = $3 WHERE account_id = $1 AND email = $2 "
                   "AND used_at IS NULL AND revoked_at IS NULL",
                   DB_TEXT(like->account_id), DB_TEXT(like->email), DB_INT(now));
}

/* ---- retention ---- */

bool session_purge(struct work *w, struct error *e) {
    const int64_t old = w->now - 30 * DAY;
    return db_exec(w->db, e, "DELETE FROM session WHERE end_at <= $1", DB_INT(old)) &&
           db_exec(w->db, e, "DELETE FROM invitation WHERE end_at <= $1", DB_INT(old)) &&
           db_exec(w->db, e, "DELETE FROM password_reset WHERE end_at <= $1", DB_INT(w->now)) &&
           db_exec(w->db, e, "DELETE FROM login_failure WHERE until_at <= $1", DB_INT(w->now));
}
