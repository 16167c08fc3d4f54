/*
 * Revocation at the CA that issued a version (RFC 8555, section 7.6): journaled as a row, done by the step
 * `revoke` of the version. It is signed by the account that ordered it; by the certificate's own key where
 * that is compromised, which proves it, or where the CA does not take the account's word.
 */
#pragma once
#include "issue/issue.h"

struct acme_revocation {
    const char *version_id, *account_id, *certificate_id, *issuer_id;
    int64_t reason, asked_at;
    bool by_key;
    const char *problem, *problem_zh; /* the latter NULL: the words of the CA */
    int64_t done_at;
};

/* Inside a transaction. `*asked` is false for a version that did not come from a CA by an order of ours. */
bool acme_revoke_ask(struct db *db, struct arena *a, const struct version *version, int64_t reason,
                     int64_t now, bool *asked, struct error *e);

/* Step `revoke`. */
const char *acme_revoke_party(struct work *w);
bool acme_revoke_send(struct work *w, struct error *e);
bool acme_revoke_sent(struct work *w, struct error *e);
bool acme_revoke_failed(struct work *w, const struct error *cause, struct error *e);

/* ---- acme_revoke_db.c ---- */

/* `r->version_id` is NULL if there is none. */
bool acme_revocation_get(struct db *db, struct arena *a, const char *version_id, struct acme_revocation *r,
                         struct error *e);
/* A repeat keeps the first date and reason. */
bool acme_revocation_insert(struct db *db, const struct acme_revocation *r, struct error *e);
bool acme_revocation_store(struct db *db, const struct acme_revocation *r, struct error *e);
bool acme_revocation_count_open(struct db *db, const char *certificate_id, int64_t *count, struct error *e);
