/*
 * The CSR manager (SPEC section 8): certificate requests made here, with a key that Tenure holds, or uploaded
 * with their key or without. An order or a reissue takes one by its id.
 */
#pragma once
#include "certificate/certificate.h"
#include "pki/csr_subject.h"

struct stored_csr {
    const char *id, *account_id;
    int64_t number;
    const char *name, *names, *subject;
    struct slice subject_der; /* while the key is being made */
    const char *key_algorithm, *spki_sha256, *key_id;
    const char *pem; /* NULL while the key is being made */
    int64_t created_at;
    /* derived */
    const char *state; /* making, ready */
    bool key_held;
};

extern const struct field stored_csr_fields[];

/* What a new one is to be. */
struct csr_wish {
    const char *account_id;
    const char *name;  /* NULL: the first of the names */
    const char *names; /* as in struct cert */
    struct csr_subject subject;
    const char *key_algorithm; /* NULL: p256 */
};

/* From before the transaction to inside of it. */
struct csr_intake {
    struct stored_csr csr;
    struct held_key *key; /* sealed, or NULL */
};

/* ---- stored_csr.c ---- */

/*
 * Before the transaction. A key on a curve is made and signs at once; RSA takes too long for a request, so
 * csr.pem is NULL and step `csr_make` does it. ERR_BAD_FIELD, ERR_BAD_NAME.
 */
bool stored_csr_make(const struct services *services, struct arena *a, const struct csr_wish *wish,
                     int64_t now, struct csr_intake *intake, struct error *e);
/* Makes the key and signs now, whatever the algorithm. */
bool stored_csr_sign(const struct services *services, struct arena *a, int64_t now, struct csr_intake *intake,
                     struct error *e);
/*
 * The same for one that was brought: PEM or DER, and `key` PEM or empty, which is sealed. ERR_CSR_…,
 * ERR_MALFORMED_KEY, ERR_KEY_PASS_PHRASE, ERR_KEY_MISMATCH.
 */
struct csr_upload {
    const char *account_id, *name;
    struct slice csr, key;
    const struct secret *pass_phrase;
};
bool stored_csr_upload(const struct services *services, struct arena *a, const struct csr_upload *upload,
                       int64_t now, struct csr_intake *intake, struct error *e);
/*
 * Inside: stores it with its key, or enqueues the step. A key that Tenure holds already is linked.
 * ERR_CSR_WEAK_KEY for a key that was reported compromised, ERR_ALREADY_EXISTS for the same request again.
 */
bool stored_csr_store(const struct services *services, struct arena *a, struct csr_intake *intake,
                      int64_t now, struct error *e);
bool stored_csr_set_name(struct db *db, struct stored_csr *csr, const char *name, struct error *e);
/* ERR_IN_USE while a certificate waits to be issued with it. Its key goes too, unless something else has it.
 */
bool stored_csr_delete(struct db *db, struct arena *a, const struct stored_csr *csr, int64_t now,
                       struct error *e);
/* The key, as PEM; asks the signer. ERR_NO_KEY_HELD. */
bool stored_csr_key(const struct services *services, struct arena *a, const struct stored_csr *csr,
                    struct secret **pem, struct error *e);

/* Step `csr_make`: makes the key of an RSA request, and signs. */
bool stored_csr_prepare(struct work *w, struct error *e);
bool stored_csr_record(struct work *w, struct error *e);

/* ---- stored_csr_db.c ---- */

/* ERR_NOT_FOUND for unknown and foreign ids alike. */
bool stored_csr_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                    struct stored_csr *csr, struct error *e);
struct csr_range {
    const char *account_id;
    const char *cursor; /* the one after which it begins; NULL: the newest */
    size_t limit;
};
/* Newest first. */
bool stored_csr_list(struct db *db, struct arena *a, const struct csr_range *range, struct stored_csr **items,
                     size_t *count, struct error *e);
/* Gives the number. */
bool stored_csr_insert(struct db *db, struct stored_csr *csr, struct error *e);
/* The key is made. `*stored` is false if the row is gone, or was filled by somebody else. */
bool stored_csr_fill(struct db *db, const struct stored_csr *csr, bool *stored, struct error *e);
bool stored_csr_rename(struct db *db, const char *id, const char *name, struct error *e);
/* The one with the same bytes; *id NULL if there is none. */
bool stored_csr_find(struct db *db, struct arena *a, const struct stored_csr *csr, const char **id,
                     struct error *e);
bool stored_csr_remove(struct db *db, const char *id, struct error *e);
/* A certificate is to be issued with this key, and no longer with another: noted for the requests that have
 * it.
 */
bool stored_csr_use(struct db *db, const char *account_id, const char *spki_sha256,
                    const char *certificate_id, struct error *e);
/* A certificate that waits to be issued with it; *id NULL if there is none. */
bool stored_csr_waited_for(struct db *db, struct arena *a, const struct stored_csr *csr, int64_t now,
                           const char **id, struct error *e);

extern const struct route stored_csr_routes[];
