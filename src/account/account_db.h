/* The SQL of accounts, users, access keys and login secrets. */
#pragma once
#include "account/account.h"

/* What is needed to believe somebody, from a login secret, an access key, a session or an invitation. */
struct credential {
    const char *id, *account_id, *user_id, *digest;
    const char *role, *user_role; /* what both have holds */
    int64_t ended_at;             /* used up or revoked, or the user disabled */
    int64_t last_used_at;
    int64_t end_at;   /* of a session or an invitation */
    bool administers; /* the account does */
};

/*
 * A secret has 256 random bits, so its SHA-256 is all that is kept of it: there is nothing to guess that a
 * slow hash would have to protect.
 */
struct secret *credential_make(struct arena *a, const char **digest);
/* "ID.SECRET" */
struct secret *credential_join(struct arena *a, const char *id, const struct secret *secret);

/* A kind of secrets: how their ids begin, and where they are. */
struct credential_kind {
    const char *prefix;
    bool (*find)(struct db *db, struct arena *a, const char *id, struct credential *c, struct error *e);
};

/* The one answer for all that is wrong, ERR_UNAUTHENTICATED: it does not tell which ids exist. */
bool credential_refuse(struct error *e);
/* Who shows "ID.SECRET" (NULL is allowed), if it has not ended. */
bool credential_believe(struct db *db, struct arena *a, const struct credential_kind *kind, const char *text,
                        struct credential *c, struct error *e);

/* All that the role may, the caller may too. */
bool caller_reaches(const struct caller *caller, enum role role);

extern const struct field credential_fields[];

bool account_db_exists(struct db *db, bool *exists, struct error *e);
bool account_db_insert(struct db *db, const struct account *account, struct error *e);
bool account_db_update(struct db *db, const struct account *account, struct error *e);
/* Up to `limit` behind the id `after`, in the order of their ids. */
bool account_db_list(struct db *db, struct arena *a, const char *after, size_t limit,
                     struct account **accounts, size_t *count, struct error *e);
/* The owner who was there first: of the account that administers. */
bool account_db_first_owner(struct db *db, struct arena *a, struct user *owner, struct error *e);
bool account_db_view(struct db *db, struct arena *a, const struct caller *caller, struct account_view *view,
                     struct error *e);

/* Up to `limit` of the account's users behind the id `after`. */
struct user_scope {
    const char *account_id, *after;
    size_t limit;
};

bool user_db_insert(struct db *db, const struct user *user, struct error *e);
/* Everything but id, account and creation, if the revision is still the one in `user`: else ERR_CONFLICT. */
bool user_db_update(struct db *db, const struct user *user, struct error *e);
bool user_db_list(struct db *db, struct arena *a, const struct user_scope *scope, struct user **users,
                  size_t *count, struct error *e);
/* What a user must look like, nobody else having the name or address; makes the address lower case. */
bool user_check(struct db *db, struct arena *a, struct user *user, struct error *e);
/* The address as it is stored. ERR_BAD_FIELD "email". */
bool user_email_read(struct arena *a, const char **email, struct error *e);
/* Who else has the name in the account, or the address in any; NULL: nobody. */
bool user_db_named(struct db *db, struct arena *a, const struct user *user, const char **id, struct error *e);
bool user_db_addressed(struct db *db, struct arena *a, const struct user *user, const char **id,
                       struct error *e);
/* Owners besides `user` who can get in: with a key of that role, a password, or a login secret that is
 * not used. */
bool user_db_count_owners(struct db *db, const struct user *user, int64_t *count, struct error *e);

bool login_db_insert(struct db *db, const struct credential *login, int64_t now, struct error *e);
bool login_db_find(struct db *db, struct arena *a, const char *id, struct credential *login, struct error *e);
/* ERR_CONFLICT if it was used meanwhile. */
bool login_db_use(struct db *db, const char *id, int64_t now, struct error *e);

/* Which keys are meant: all of the account or those of one user; in lists, up to `limit` behind an id. */
struct key_scope {
    const char *account_id, *user_id; /* user_id NULL: all */
    const char *after;
    size_t limit;
};
/* An owner: all; everybody else: the own ones. */
struct key_scope access_key_scope(const struct caller *caller);

bool access_key_db_insert(struct db *db, const struct access_key *key, struct error *e);
bool access_key_db_find(struct db *db, struct arena *a, const char *id, struct credential *key,
                        struct error *e);
bool access_key_db_get(struct db *db, struct arena *a, const struct key_scope *scope, const char *id,
                       struct access_key *key, struct error *e);
/* In the order of their ids. */
bool access_key_db_list(struct db *db, struct arena *a, const struct key_scope *scope,
                        struct access_key **keys, size_t *count, struct error *e);
/* How many keys with all rights besides this one, and passwords of owners, the account has that somebody can
 * use. */
bool access_key_db_count_owners(struct db *db, const struct access_key *but, int64_t *count, struct error *e);
bool access_key_db_revoke(struct db *db, const char *id, int64_t now, struct error *e);
bool access_key_db_touch(struct db *db, const char *id, int64_t now, struct error *e);
