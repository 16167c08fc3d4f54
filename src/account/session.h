/*
 * People who log in: passwords, the sessions that follow, and invitations to become a user. A session is
 * shown as an access key is, and may what its user may at that moment. The signer hashes passwords, before
 * the transaction that stores or uses the hash.
 */
#pragma once
#include "account/account.h"

/* 12 characters or more, 1024 bytes at most, not the e-mail address. ERR_WEAK_PASSWORD. */
bool password_check(const char *password, const char *email, struct error *e);

/*
 * Somebody says who he is and shows a password. Filled by login_try without a transaction, since it asks the
 * signer; login_decide then tells, in one.
 */
struct login_attempt {
    const char *email;                       /* what was typed; in lower case after login_try */
    const char *address;                     /* where it came from */
    const char *user_id, *account_id, *hash; /* NULL: nobody can log in with that address */
    bool fits;
    int64_t until; /* with ERR_TOO_MANY_ATTEMPTS: when it may be tried again */
};

/* Takes as long for an address that nobody has. False with ERR_TOO_MANY_ATTEMPTS, or when the signer fails.
 */
bool login_try(const struct services *services, struct arena *a, struct login_attempt *attempt,
               const struct secret *password, int64_t now, struct error *e);
/*
 * ERR_PASSWORD_WRONG, also if the password was changed or the user disabled since login_try; that is noted,
 * so the transaction must be committed. After 10 wrong ones for an address, or 50 from a machine (not from
 * this one: that may be a proxy), within 15 minutes: ERR_TOO_MANY_ATTEMPTS.
 */
bool login_decide(struct db *db, struct arena *a, struct login_attempt *attempt, int64_t now,
                  struct error *e);

/* The user's password from now on; all sessions end. ERR_CONFLICT if the old one is not `old_hash` (NULL:
 * none) any more. Needs an open transaction. */
struct password_change {
    const char *user_id, *old_hash, *hash;
};
bool password_set(struct db *db, struct arena *a, const struct caller *by,
                  const struct password_change *change, int64_t now, struct error *e);

/* What was wrong so far counts no more. */
bool login_forget_failures(struct db *db, struct arena *a, const char *email, struct error *e);

struct session {
    const char *id, *account_id, *user_id, *role, *address, *digest;
    int64_t created_at, used_at, end_at, ended_at;
    struct secret *secret; /* only of one that was just begun */
};

/* After login_decide, in its transaction. */
bool session_begin(struct db *db, struct arena *a, const struct login_attempt *attempt, int64_t now,
                   struct session *session, struct error *e);
/* An owner may end all sessions of the account, everybody else the own ones. Twice changes nothing. */
bool session_end(struct db *db, struct arena *a, const struct caller *caller, const char *id, int64_t now,
                 struct error *e);
/* Part of the step `retention`: sessions and invitations that ended 30 days ago, and what is left of
 * failures. */
bool session_purge(struct work *w, struct error *e);

struct invitation {
    const char *id, *account_id, *email, *name, *role, *lang, *digest, *created_by;
    int64_t created_at, end_at, used_at, revoked_at;
    struct secret *secret; /* only of a new one */
};

/*
 * `invitation` brings email, name, role and lang; it takes the place of an open one for the same address,
 * holds 7 days, and only as long as who made it is an owner. Needs an open transaction.
 */
bool invitation_create(struct db *db, struct arena *a, const struct caller *by, int64_t now,
                       struct invitation *invitation, struct error *e);
/* Who shows "ID.SECRET"; ERR_UNAUTHENTICATED. */
bool invitation_find(struct db *db, struct arena *a, const char *secret, int64_t now,
                     struct invitation *invitation, struct error *e);
/* Makes the user with that password hash. Needs an open transaction; one success, however often it is tried.
 */
struct acceptance {
    const char *secret, *hash, *address;
};
bool invitation_accept(struct db *db, struct arena *a, const struct acceptance *acceptance, int64_t now,
                       struct user *user, struct error *e);
/* Twice changes nothing. ERR_NOT_FOUND. Needs an open transaction. */
bool invitation_revoke(struct db *db, struct arena *a, const struct caller *by, const char *id, int64_t now,
                       struct error *e);

struct password_reset {
    const char *id, *account_id, *user_id, *digest, *created_by;
    int64_t created_at, end_at;
    struct secret *secret; /* only of a new one */
};

/*
 * For an owner of the user's account, or whoever administers; takes the place of an earlier one, holds for an
 * hour and as long as who made it is an owner. ERR_BAD_FIELD for a user who has no address. Needs an open
 * transaction.
 */
bool reset_create(struct db *db, struct arena *a, const struct caller *by, const char *user_id, int64_t now,
                  struct password_reset *reset, struct error *e);
/* Whose password "ID.SECRET" resets; ERR_UNAUTHENTICATED. */
bool reset_find(struct db *db, struct arena *a, const char *secret, int64_t now, struct user *user,
                struct error *e);
/* One success, however often it is tried. Needs an open transaction. */
bool reset_use(struct db *db, struct arena *a, const struct acceptance *acceptance, int64_t now,
               struct error *e);

extern const struct field session_fields[], invitation_fields[];
extern const struct route session_routes[], invitation_routes[], reset_routes[];
