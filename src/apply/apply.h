/*
 * Applications: one request to a CA for one version (SPEC section 9): which key, which CSR, which names.
 * The step `apply`.
 */
#pragma once
#include "order/order.h"

struct application {
    const char *id, *account_id;
    int64_t number;
    const char *certificate_id, *issuer, *names, *csr_choice, *key_algorithm, *key_id;
    struct slice spki;
    const char *csr;
    int64_t created_at, closed_at;
    const char *version_id, *reject_reason;
    const char *demands, *grade; /* "none", "dv", "review": what its brand demanded then */
    /* what it was submitted with; all NULL where nothing is demanded */
    const char *contact_id, *organization_id;
    int64_t organization_revision;
    const char *contact, *organization; /* JSON of both as they were then */
    const char *validation_method;      /* "dns", "file"; NULL: nobody chose */
    int64_t submitted_at;
    const char *problems; /* JSON: what the CA said against it last, [{"name", "type", "detail"}]; detail_zh:
                           * what we make of it */
    const char *submitted_by;       /* NULL: a payment or the managed service */
    int64_t expires_at;             /* the time for validation is over */
    int64_t review_at, reviewed_at; /* waits for a reviewer since; decided */
    const char *reviewed_by, *reject_text;
    int64_t revision;
};

extern const struct field application_fields[];

/* The open application of a certificate; ERR_NOT_FOUND. */
bool application_open(struct db *db, struct arena *a, const char *certificate_id,
                      struct application *application, struct error *e);
/* ERR_NOT_FOUND for unknown and foreign ids alike. */
bool application_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                     struct application *application, struct error *e);
/* For steps, whose queue row names the account already. */
bool application_get_any(struct db *db, struct arena *a, const char *id, struct application *application,
                         struct error *e);
/* Gives the number. */
bool application_insert(struct db *db, struct application *application, struct error *e);
bool application_close(struct db *db, const char *id, int64_t now, const char *version_id, const char *reason,
                       struct error *e);
/* Whom it is asked of from now on. */
bool application_set_issuer(struct db *db, const char *id, const char *issuer, struct error *e);
/* What the CA says against it, name by name: see `problems`. */
bool application_set_problems(struct db *db, const char *id, const char *problems, struct error *e);
/* Closes it without a version; a key that was made for it is deleted. */
bool application_drop(struct db *db, const struct application *application, int64_t now, const char *reason,
                      struct error *e);
/* All of a certificate, oldest first. */
bool application_list(struct db *db, struct arena *a, const char *certificate_id,
                      struct application **applications, size_t *count, struct error *e);
/* Were keys of this algorithm made for applications since then? */
bool application_algorithm_used(struct db *db, const char *account_id, const char *algorithm, int64_t since,
                                bool *used, struct error *e);
/* It still asks for what the certificate is to be: a reissue may have changed that. */
bool application_fits(const struct application *application, const struct certificate *c);

/* The certificate of a step; its id is NULL if it was deleted since it was enqueued. */
bool apply_subject(struct work *w, struct certificate *c, struct error *e);

/*
 * act: makes a key (automatic), takes that of the old version (keep), or reads the own CSR.
 * save: the application with its key. An open application is gone on with. OUTCOME_OTHERWISE if the
 * certificate asks for none any more, OUTCOME_DONE if it was deleted; what is open of one that is over is
 * closed.
 */
bool apply_prepare(struct work *w, struct error *e);
bool apply_record(struct work *w, struct error *e);

/* What apply_record has saved, for the gates behind it: a `save` of the same step that is another one's. */
struct applying {
    struct certificate certificate;
    struct application application;
};
struct applying *apply_applying(const struct work *w);

/* ---- submission.c ---- */

/* As the action table allows; the engine is woken. ERR_CONFLICT if somebody else was first. */
bool apply_submit(const struct services *services, struct arena *a, struct certificate *c, int64_t now,
                  struct error *e);
/* Back to pending_application; an open application is closed, and the key that was made for it goes. */
bool apply_withdraw(const struct services *services, struct arena *a, struct certificate *c, int64_t now,
                    struct error *e);
/*
 * What cannot be issued as it was submitted, for a reason of the closed list; `cause` says it in words. It
 * can be corrected and submitted again. OUTCOME_DONE.
 */
bool apply_reject(struct work *w, struct certificate *c, enum error_id reason, const struct error *cause,
                  struct error *e);
/*
 * `failed` of the steps `apply` and `issue`: where only the applicant can help (a key that must not be signed
 * …), a certificate that never had a version is rejected, and the subject's work ends (OUTCOME_DONE). Beside
 * a live version it is tried again daily, as all other failures are in their time: there is a site to be
 * lost.
 */
bool apply_failed(struct work *w, const struct error *cause, struct error *e);
/* The same for a reason that somebody else has found; ERR_NONE: not the applicant's. */
bool apply_failed_for(struct work *w, enum error_id reason, const struct error *cause, struct error *e);
/* Why an application is rejected that fails so; ERR_NONE: it is tried again. */
enum error_id apply_rejection(enum error_id cause);

/* ---- key_pool.c: RSA keys made ahead, for the algorithms that the account uses ---- */

/* A key of the account that nobody knows yet: sealed, not stored. */
bool key_pool_make(struct work *w, enum key_algorithm algorithm, struct held_key *key, struct error *e);
/* Has the pool of an account filled, now. */
bool key_pool_wake(struct db *db, struct arena *a, const char *account_id, int64_t now, struct error *e);
/* Step `key_pool`: makes a few at a time, until the pool is full. */
bool apply_pool_make(struct work *w, struct error *e);
bool apply_pool_store(struct work *w, struct error *e);

extern const struct route apply_routes[];
