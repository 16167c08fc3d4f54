/* Rows of issuing: the journal of what is signed, revocations, and the present CRL of each CA. */
#pragma once
#include "issue/issue.h"

struct journal {
    const char *application_id, *account_id, *ca_id;
    struct slice serial;
    int64_t issued_at, not_before, end_at, coverage_end, carried_seconds;
};

/* `j->application_id` is NULL if nothing was journaled. */
bool journal_find(struct db *db, struct arena *a, const char *application_id, struct journal *j,
                  struct error *e);
/* In place of an older one that was never signed. */
bool journal_put(struct db *db, const struct journal *j, struct error *e);

struct revocation {
    const char *ca_id, *serial, *account_id, *version_id, *certificate_id, *spki_sha256;
    int64_t revoked_at, reason, end_at, published_at;
};

/* A repeat keeps the first date and reason. */
bool revocation_insert(struct db *db, const struct revocation *r, struct error *e);
/* Of a version; nothing happens to one that is not revoked. */
bool revocation_set_reason(struct db *db, const struct version *v, int64_t reason, struct error *e);
/* What a CRL lists that follows one of `last_update`: expired certificates stay until one CRL after their
 * end. */

struct revocations {
    struct revocation *items;
    size_t count;
};
bool revocation_list(struct db *db, struct arena *a, const char *ca_id, int64_t last_update,
                     struct revocations *list, struct error *e);
bool revocation_set_published(struct db *db, const struct revocation *r, int64_t published_at,
                              struct error *e);
bool revocation_count_unpublished(struct db *db, const char *certificate_id, int64_t *count, struct error *e);

/* revoke.c: the certificate itself is revoked when the last of its versions is. */
bool revoke_settle(struct work *w, const char *certificate_id, struct error *e);

struct crl {
    const char *ca_id, *account_id;
    int64_t number, this_update, next_update;
    struct slice der;
};

/* `crl->ca_id` is NULL if there is none yet. */
bool crl_find(struct db *db, struct arena *a, const char *ca_id, struct crl *crl, struct error *e);
/* Takes the place of the CRL before it; ERR_CONFLICT if its number does not follow. */
bool crl_put(struct db *db, const struct crl *crl, struct error *e);

struct ca;
struct crl_entry;

/* crl.c: the last CRL of a CA (as crl_find has it) becomes the next one, signed. */
bool crl_follow(struct work *w, const struct ca *ca, const struct crl_entry *entries, size_t count,
                struct crl *crl, struct error *e);
/* When the one after it is due. */
int64_t crl_due_at(const struct crl *crl);
