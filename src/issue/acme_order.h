/*
 * Orders at CAs over ACME, as rows: all that is known of one, and what is to be done about it next. How
 * they are driven: issuer_acme.c.
 */
#pragma once
#include "acme/message.h"
#include "db/step.h"

/* What became of an order. */
#define ACME_ISSUED    "issued"
#define ACME_FAILED    "invalid"   /* the CA could not prove a name */
#define ACME_REFUSED   "refused"   /* the CA takes no such order */
#define ACME_OVER      "over"      /* its time was over */
#define ACME_ABANDONED "abandoned" /* the CA did not answer: another one was asked */
#define ACME_DROPPED   "dropped"   /* nobody wants the certificate any more */

struct acme_order_row {
    const char *id, *account_id, *application_id, *certificate_id, *issuer_id;
    int64_t created_at;
    const char *replaces;
    int64_t not_after;  /* that is asked for; 0: none is, or not any more */
    int64_t not_before; /* the same */
    int64_t slot_at;
    const char *url, *finalize_url, *certificate_url;
    const char *status; /* acme_status_name; NULL: the CA has not answered yet */
    int64_t expires_at, polls, poll_at;
    int64_t processing_until; /* the issuer's patience while it is processed; 0: it was not yet */
    int64_t pause_until;      /* after trouble nothing is asked before then */
    const char *problem;
    int64_t ended_at;
    const char *outcome, *fingerprint;
    int64_t certificate_end_at;
};

struct acme_authorization_row {
    const char *order_id;
    int64_t number;
    const char *account_id, *issuer_id, *url;
    const char *name; /* NULL: not asked for yet */
    bool wildcard;
    const char *status;
    const char *challenge_type, *challenge_url, *token;
    int64_t answered_at, validated_at, expires_at;
    const char *problem, *problem_type;
};

/* ---- acme_next.c: pure ---- */

enum acme_action {
    ACME_DO_ORDER,     /* newOrder */
    ACME_DO_LOOK,      /* fetch the authorization, and have its proof published if it needs one */
    ACME_DO_ANSWER,    /* tell the CA that the proof of the authorization is there */
    ACME_DO_POLL,      /* ask for the order */
    ACME_DO_FINALIZE,  /* send the CSR */
    ACME_DO_DOWNLOAD,  /* fetch the certificate */
    ACME_DO_WAIT,      /* until `until`; or something is published */
    ACME_DO_GIVE_UP,   /* the CA has declared it or one of its authorizations invalid */
    ACME_DO_BEGIN_ANEW /* its time is over, or that of an authorization: another order may do */
};

/* Where the proof of an authorization is. */
enum acme_proof { PROOF_NONE, PROOF_COMING, PROOF_PLACED /* and not seen by us */, PROOF_READY };

struct acme_next {
    enum acme_action action;
    size_t index; /* of the authorization */
    int64_t until;
};

/* What is known of an order; `proofs` and `seen` go with `authorizations`. */
struct acme_case {
    const struct acme_order_row *order;
    const struct acme_authorization_row *authorizations;
    size_t count;
    const enum acme_proof *proofs;
    const bool *seen; /* fetched since the order was declared invalid */
};

struct acme_next acme_next(const struct acme_case *known, int64_t now);
/* When the CA's time for an order is over: what it says, or a week; a month at most. */
int64_t acme_order_end(const struct acme_order_row *order);
/* An hour before, a tenth of its time at most: from then on the CA is asked for what we have not seen. */
int64_t acme_order_last_call(const struct acme_order_row *order);
/* Seconds until the next poll after so many that told nothing new: at once, in the next turn; then 1, 2, 5,
 * 10 … a minute. */
int64_t acme_poll_delay(int64_t polls);

/* ---- acme_order_db.c ---- */

/* The open one of an application; `order->id` is NULL if there is none. */
bool acme_order_open(struct db *db, struct arena *a, const char *application_id, struct acme_order_row *order,
                     struct error *e);
bool acme_order_insert(struct db *db, const struct acme_order_row *order, struct error *e);
/* Outside of transactions, before newOrder is sent: after a crash nobody knows whether it was, and the CA
 * counts it if it was. `*used` false: there is no slot. */
bool acme_order_use_slot(struct db *db, struct acme_order_row *order, bool *used, struct error *e);
/* All that the CA has said of it. ERR_CONFLICT if it has ended meanwhile. */
bool acme_order_store(struct db *db, const struct acme_order_row *order, struct error *e);
/* Ends it; authorizations that prove nothing go. */
bool acme_order_close(struct db *db, const struct acme_order_row *order, const char *outcome, int64_t now,
                      struct error *e);
/* Of a certificate. */
bool acme_order_list_open(struct db *db, struct arena *a, const char *certificate_id,
                          struct acme_order_row **list, size_t *count, struct error *e);
/* Is there an order of the account at the issuer whose names are being proven? */
bool acme_order_proving(struct db *db, const char *account_id, const char *issuer_id, bool *proving,
                        struct error *e);
/* How many of an application ended so. */
bool acme_order_count(struct db *db, const char *application_id, const char *outcome, int64_t *count,
                      struct error *e);
/* The newest of an application, open or not; `order->id` is NULL if there is none. */
bool acme_order_last(struct db *db, struct arena *a, const char *application_id, struct acme_order_row *order,
                     struct error *e);
/* The one that a certificate came of; `order->id` is NULL if there is none. */
bool acme_order_of_certificate(struct db *db, struct arena *a, const char *account_id,
                               const char *fingerprint, struct acme_order_row *order, struct error *e);
/* Part of the save of `retention`: what has ended long ago, and proofs that have run out. */
bool acme_order_purge(struct work *w, struct error *e);

bool acme_authorization_put(struct db *db, const struct acme_authorization_row *authorization,
                            struct error *e);
/* As the order lists them. */
bool acme_authorization_list(struct db *db, struct arena *a, const char *order_id,
                             struct acme_authorization_row **list, size_t *count, struct error *e);

/* ---- issuer_acme.c ---- */

/* Inside a transaction: what is open of a certificate for other applications than this one (NULL: for any) is
 * not wanted any more. */
bool acme_order_drop(struct work *w, const char *certificate_id, const char *application_id, struct error *e);
