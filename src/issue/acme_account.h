/*
 * Accounts at ACME CAs (RFC 8555, 7.3): one for each issuer and account of Tenure. Its key is stored before
 * the CA hears of it, and so is the next key before it is rolled over: whatever was interrupted can be
 * repeated. What a person asks for is a fact of the row; the step `account` tells the CA.
 */
#pragma once
#include "catalog/issuer.h"
#include "issue/acme_net.h"

struct acme_account {
    const char *id, *account_id, *issuer_id;
    const char *url; /* kid; NULL: not registered yet */
    const char *key_id, *key_algorithm, *thumbprint;
    struct slice spki, key_sealed; /* PURPOSE_ACME, under key_id */
    const char *next_key_id;       /* a roll-over has begun; NULL: none */
    struct slice next_spki, next_sealed;
    const char *contact;      /* e-mail addresses, one space between; NULL: those of the issuer */
    const char *told_contact; /* what the CA was told */
    const char *eab_kid;      /* external account that it is, or is to be, bound to; NULL: none */
    struct slice eab_sealed;  /* the MAC key of one of its own; gone when it is bound */
    int64_t created_at, registered_at, rolled_at, roll_asked_at;
    int64_t deactivate_at, deactivated_at;     /* asked for; done */
    int64_t gone_at;                           /* the CA does not know it any more */
    const char *error, *detail_en, *detail_zh; /* of the last failure; NULL */
    int64_t revision;
    /* for answers: registering, valid, changing, deactivated, gone; and `detail_…` in the asker's language */
    const char *state, *detail;
    const char *eab_key; /* of bodies alone */
};

extern const struct field acme_account_fields[];

/* ---- acme_account_db.c ---- */

/* Fills what is derived. ERR_NOT_FOUND. */
bool acme_account_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                      struct acme_account *account, struct error *e);
bool acme_account_get_any(struct db *db, struct arena *a, const char *id, struct acme_account *account,
                          struct error *e);
/* The newest at that issuer; `id` NULL if there is none. */
bool acme_account_of(struct db *db, struct arena *a, const char *account_id, const char *issuer_id,
                     struct acme_account *account, struct error *e);
/* Has another account than this one ended since then? */
bool acme_account_followed(struct db *db, const struct acme_account *account, int64_t since, bool *followed,
                           struct error *e);
struct acme_account_range {
    const char *account_id, *below; /* id, or NULL */
    size_t limit;
};
bool acme_account_list(struct db *db, struct arena *a, const struct acme_account_range *range,
                       struct acme_account **accounts, size_t *count, struct error *e);
/* The open ones that the CA knows with the issuer's contact, of whatever account. */
bool acme_account_sharing(struct db *db, struct arena *a, const char *issuer_id,
                          struct acme_account **accounts, size_t *count, struct error *e);
/* Not if there is an open one already: db_changes tells. */
bool acme_account_insert(struct db *db, const struct acme_account *account, struct error *e);
/* All that can change; ERR_CONFLICT if somebody else changed it first. Raises the revision. */
bool acme_account_store(struct db *db, struct acme_account *account, struct error *e);
/* Is `spki` a key of an ACME account here? A CSR must not have it (RFC 8555, 11.1). */
bool acme_account_has_key(struct db *db, struct arena *a, struct slice spki, bool *has, struct error *e);

/* ---- acme_account.c ---- */

static inline bool acme_account_over(const struct acme_account *account) {
    return account->deactivated_at || account->gone_at;
}
/* The key that it has now. */
static inline struct key_ref acme_account_key(const struct acme_account *account) {
    return (struct key_ref){.id = account->key_id,
                            .account_id = account->account_id,
                            .purpose = PURPOSE_ACME,
                            .sealed = account->key_sealed};
}
/* A row with a key of its own, not stored yet. Asks the signer. */
bool acme_account_make(const struct services *services, struct arena *a, struct acme_account *account,
                       struct error *e);
/* Seals the MAC key of an external account of its own (base64url); NULL: nothing to do. */
bool acme_account_seal_binding(const struct services *services, struct arena *a, struct acme_account *account,
                               struct error *e);
/* Has it an external account to be bound to? One of its own, or the issuer's: that is for the account that
 * administers, and for all if it is marked. `id` may be NULL. */
bool acme_account_binds(struct db *db, struct arena *a, const struct issuer *issuer,
                        const struct acme_account *account, bool *binds, struct error *e);
/* The next key, made now; asks the signer. */
bool acme_account_make_next(const struct services *services, struct arena *a, int64_t now,
                            struct acme_account *account, struct error *e);

/*
 * The account with which `account_id` speaks to the issuer, registered if it is not yet. Outside
 * transactions: it writes in transactions of its own, and asks the CA. Sets s->account. ERR_ACME_USER_ACTION
 * if nobody has agreed to the terms of service, ERR_ACME_ACCOUNT_GONE for one that is deactivated or gone.
 */
bool acme_account_ensure(struct acme_session *s, const char *account_id, struct error *e);
/* What acme_net_… answered with an account: notes one that the CA does not know any more. Own transaction. */
bool acme_account_note(const struct acme_session *s, const struct error *cause, struct error *e);

/* services->contact_changed. Inside a transaction: all accounts at the issuer that have no contact of their
 * own. */
bool acme_account_tell_all(struct db *db, struct arena *a, const char *issuer_id, int64_t now,
                           struct error *e);

/* Step `account`: registers, tells the contact, rolls the key over, deactivates; whatever the row asks for.
 */
const char *acme_account_party(struct work *w);
bool acme_account_act(struct work *w, struct error *e);
bool acme_account_save(struct work *w, struct error *e);
bool acme_account_failed(struct work *w, const struct error *cause, struct error *e);

extern const struct route acme_account_routes[];
