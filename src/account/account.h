/*
 * Who may use Tenure: accounts (tenants), their users, and the access keys that programs show. There is no
 * default password: the first start makes a secret that is traded once for the first access key.
 */
#pragma once
#include "base/secret.h"
#include "http/route.h"

/* ROLE_NONE if there is no such role. */
enum role role_by_name(const char *name);

/* The account as its caller sees it. */
struct account_view {
    const char *id, *name, *user_id, *user_name, *role, *key_id;
    int64_t created_at;
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

/* For the caller's own user; `key` brings its name and a role up to the caller's (NULL: that one). */
bool access_key_create(struct db *db, struct arena *a, const struct caller *caller, int64_t now,
                       struct access_key *key, struct error *e);
/*
 * An owner may revoke all keys of the account, everybody else the own ones, none with a role above the
 * caller's. Revoking twice changes nothing.
 */
bool access_key_revoke(struct db *db, struct arena *a, const struct caller *caller, const char *id,
                       int64_t now, struct error *e);

extern const struct field account_view_fields[], access_key_fields[];
extern const struct route account_routes[];
