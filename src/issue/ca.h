/* The local CA's own certificates: their rows, what is signed with them, and which of them lead to a root. */
#pragma once
#include "issue/issue.h"

#define CA_ROOT         "root"
#define CA_INTERMEDIATE "intermediate"

struct ca {
    const char *id, *account_id, *role, *parent_id, *algorithm;
    struct slice der, sealed;
    int64_t not_before, end_at, created_at;
};

/* ---- ca_db.c ---- */

bool ca_get(struct db *db, struct arena *a, const char *id, struct ca *ca, struct error *e);
/* The one that signs now; `ca->id` is NULL if there is none yet. */
bool ca_newest(struct db *db, struct arena *a, const char *account_id, const char *role, struct ca *ca,
               struct error *e);
/* Oldest first; of all accounts if `account_id` is NULL. */
bool ca_list_roots(struct db *db, struct arena *a, const char *account_id, struct ca **roots, size_t *count,
                   struct error *e);
bool ca_count(struct db *db, const char *account_id, const char *role, int64_t *count, struct error *e);
bool ca_insert(struct db *db, const struct ca *ca, struct error *e);

/* ---- ca.c ---- */

/* Signs a to-be-signed certificate or CRL with the CA's key. */
bool ca_sign(const struct services *services, struct arena *a, const struct ca *ca, struct slice tbs,
             struct slice *der, struct error *e);
/* Fills in what a certificate that the CA is to sign says of it. */
bool ca_template(const struct services *services, struct arena *a, const struct ca *ca,
                 struct cert_template *t, struct error *e);
/* Not cert_issued_by: the signer is asked, so that in the simulation its own signatures count. */
bool ca_signed(const struct services *services, const struct cert *cert, const struct cert *issuer);
/* Not so near its end that it would cut a version short. */
bool ca_can_sign(const struct ca *intermediate, int64_t now);
/* Where the certificate and the CRL of a CA are published. */
const char *ca_certificate_url(const struct issue_settings *settings, struct arena *a, const char *ca_id);
const char *ca_crl_url(const struct issue_settings *settings, struct arena *a, const char *ca_id);
/*
 * A CA's certificate, parsed, if a root of the account has signed it; else ERR_ISSUER_ANSWER.
 * `*cert` lives in the arena or for the whole process.
 */
bool ca_certificate(const struct services *services, struct arena *a, const char *account_id,
                    struct slice der, const struct cert **cert, struct error *e);
