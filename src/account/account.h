/*
 * Who may use Tenure: accounts (tenants), their users, and the access keys that programs show. There is no
 * default password: the first start makes a secret that is traded once for the first access key. The account
 * of the first start administers this Tenure: its owners make the other accounts.
 */
#pragma once
#include "base/secret.h"
#include "http/route.h"

/* ROLE_NONE if there is no such role. */
enum role role_by_name(const char *name);

/* The account as its caller sees it. */
struct account_view {
    const char *id, *name, *default_profile, *user_id, *user_name, *user_role, *role, *key_id;
    int64_t created_at;
    bool administers;
};

struct account {
    const char *id, *name, *default_profile;
    int64_t created_at;
    bool administers;
};

struct user {
    const char *id, *account_id, *name, *role, *email, *lang; /* email may be NULL */
    int64_t created_at, disabled_at, revision;
    bool notify, disabled;
};

struct first_login {
    struct secret *secret; /* to be shown once: only its digest is kept. NULL: there is an account already */
};

/*
 * Makes the account, its owner and a login secret, unless there is an account. Needs an open transaction, so
 * that the caller can write the secret to its file before it counts: a crash between the two would lock
 * everybody out.
 */
bool account_bootstrap(struct db *db, struct arena *a, int64_t now, struct first_login *login,
                       struct error *e);
/* Another login secret for the first owner, after the keys were lost. Needs an open transaction. */
bool account_new_login(struct db *db, struct arena *a, int64_t now, struct first_login *login,
                       struct error *e);

/* 1 to 100 bytes without control characters: names stand in lists and terminals. ERR_BAD_FIELD "name". */
bool account_name_check(const char *name, struct error *e);

struct new_account {
    struct account account; /* brings name and default_profile */
    struct user owner;      /* brings name, email and lang */
    struct first_login login;
};

/* An account with its first owner and a login secret for that person. Needs an open transaction. */
bool account_create(struct db *db, struct arena *a, const struct caller *by, int64_t now,
                    struct new_account *made, struct error *e);
bool account_find(struct db *db, struct arena *a, const char *id, struct account *account, struct error *e);
/* The account as it shall be: name and default_profile. Needs an open transaction. */
bool account_change(struct db *db, struct arena *a, const struct caller *by, const struct account *account,
                    int64_t now, struct error *e);

struct account_settings {
    const char *default_profile; /* NULL: there is no such account */
};
/* What the other slices need to know. */
bool account_settings(struct db *db, struct arena *a, const char *account_id,
                      struct account_settings *settings, struct error *e);

/* Is there no other account? */
bool account_is_alone(struct db *db, const char *account_id, bool *alone, struct error *e);

/* ---- users: user.c ---- */

/*
 * In the caller's account; `user` brings name, role, email, lang and notify. There is no password yet: an
 * owner makes the user's access key. Needs an open transaction. ERR_ALREADY_EXISTS for a name of the account,
 * or an address of any account.
 */
bool user_create(struct db *db, struct arena *a, const struct caller *by, int64_t now, struct user *user,
                 struct error *e);
/* ERR_NOT_FOUND, also for the users of other accounts. */
bool user_find(struct db *db, struct arena *a, const char *account_id, const char *id, struct user *user,
               struct error *e);
/*
 * The user as it shall be: user_find's, changed. A user who is disabled keeps nothing that works. Needs an
 * open transaction. ERR_LAST_OWNER if nobody who can get in would be left to make another; ERR_CONFLICT if
 * the user changed since user_find.
 */
bool user_change(struct db *db, struct arena *a, const struct caller *by, struct user *user, int64_t now,
                 struct error *e);

/* ---- access keys ---- */

struct access_key {
    const char *id, *account_id, *user_id, *name, *role, *digest;
    int64_t created_at, last_used_at, revoked_at;
    struct secret *secret; /* only in a key that was just made */
};

/*
 * Trades a login secret for an access key with the user's role; `address` is where it came from. Needs an
 * open transaction. ERR_UNAUTHENTICATED.
 */
bool account_login(struct db *db, struct arena *a, const char *secret, const char *address, int64_t now,
                   struct access_key *key, struct error *e);
/* Who sends "Bearer ID.SECRET" (NULL is allowed); leaves caller->address alone. ERR_UNAUTHENTICATED. */
bool account_authenticate(struct db *db, struct arena *a, const char *authorization, int64_t now,
                          struct caller *caller, struct error *e);

/*
 * `key` brings its name, the user it is for (NULL: the caller's own; others: for owners) and a role (NULL:
 * all that the user and the maker have). ERR_FORBIDDEN for a role that may what its maker may not.
 */
bool access_key_create(struct db *db, struct arena *a, const struct caller *caller, int64_t now,
                       struct access_key *key, struct error *e);
/*
 * An owner may revoke all keys of the account, everybody else the own ones, none that may what the caller may
 * not. Revoking twice changes nothing.
 */
bool access_key_revoke(struct db *db, struct arena *a, const struct caller *caller, const char *id,
                       int64_t now, struct error *e);

extern const struct field account_view_fields[], account_fields[], user_fields[], access_key_fields[];
extern const struct route account_routes[], user_routes[];
