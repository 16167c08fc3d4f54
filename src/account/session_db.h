/* The SQL of passwords, sessions, invitations and login failures. */
#pragma once
#include "account/account_db.h"
#include "account/session.h"

/* A session whose secret is right: it is neither too old nor too long unused. Notes the use. */
bool session_holds(struct db *db, const struct credential *c, int64_t now, struct error *e);

/* Who logs in with that address: user, account and hash, NULL if nobody does. */
bool password_db_find(struct db *db, struct arena *a, struct login_attempt *attempt, struct error *e);
/* NULL: none. */
bool password_db_hash(struct db *db, struct arena *a, const char *user_id, const char **hash,
                      struct error *e);
/* ERR_CONFLICT if the old hash is another one. */
bool password_db_put(struct db *db, const char *account_id, const struct password_change *change, int64_t now,
                     struct error *e);

/* One more for the subject; they are forgotten together at `until`. */
bool failure_db_note(struct db *db, const char *subject, int64_t now, int64_t until, struct error *e);
/* Until when the subject has `limit` failures; 0: it has not. */
bool failure_db_until(struct db *db, const char *subject, int64_t limit, int64_t now, int64_t *until,
                      struct error *e);
bool failure_db_forget(struct db *db, const char *subject, struct error *e);

bool session_db_insert(struct db *db, const struct session *session, struct error *e);
bool session_db_find(struct db *db, struct arena *a, const char *id, struct credential *c, struct error *e);
bool session_db_get(struct db *db, struct arena *a, const struct key_scope *scope, const char *id,
                    struct session *session, struct error *e);
/* In the order of their ids. */
bool session_db_list(struct db *db, struct arena *a, const struct key_scope *scope, struct session **sessions,
                     size_t *count, struct error *e);
bool session_db_touch(struct db *db, const char *id, int64_t now, struct error *e);
bool session_db_end(struct db *db, const char *id, int64_t now, struct error *e);
bool session_db_end_all(struct db *db, const char *user_id, int64_t now, struct error *e);

/* The one reset of its user. */
bool reset_db_put(struct db *db, const struct password_reset *reset, struct error *e);
bool reset_db_find(struct db *db, struct arena *a, const char *id, struct credential *c, struct error *e);
bool reset_db_end(struct db *db, const char *user_id, struct error *e);
/* The account of any user; NULL if there is no such user. */
bool reset_db_account(struct db *db, struct arena *a, const char *user_id, const char **account_id,
                      struct error *e);

bool invitation_db_insert(struct db *db, const struct invitation *invitation, struct error *e);
bool invitation_db_find(struct db *db, struct arena *a, const char *id, struct credential *c,
                        struct error *e);
bool invitation_db_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                       struct invitation *invitation, struct error *e);
bool invitation_db_list(struct db *db, struct arena *a, const struct key_scope *scope,
                        struct invitation **invitations, size_t *count, struct error *e);
/* ERR_CONFLICT if it was used or revoked meanwhile. */
bool invitation_db_use(struct db *db, const char *id, int64_t now, struct error *e);
bool invitation_db_revoke(struct db *db, const char *id, int64_t now, struct error *e);
bool invitation_db_revoke_open(struct db *db, const struct invitation *like, int64_t now, struct error *e);
