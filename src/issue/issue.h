/*
 * Issuing: issuers behind one table, the check of what comes back (SPEC section 15), and the local CA with
 * its revocations and CRLs.
 */
#pragma once
#include "apply/apply.h"

struct issue_settings {
    const char *public_url;          /* CDP and AIA are made of it */
    enum key_algorithm ca_algorithm; /* KEY_P256 */
    int64_t backdate_seconds;        /* 60 */
};

/* What came back for an application. */
struct issued {
    bool waits; /* nothing yet: it is asked again at `until`, or when somebody wakes the certificate */
    int64_t until;
    struct cert leaf;
    const struct cert *chain; /* from the leaf's issuer upwards, without the root */
    size_t chain_count;
    const char *ca_id; /* local CA only */
    int64_t issued_at, coverage_end, carried_seconds;
    int64_t not_before, end; /* what was asked for; 0: the issuer fixes the lifetime */
    bool foreign;            /* not of Tenure's own CA */
    bool rooted;             /* the chain came with its root, and may be nothing but that */
    const char *chain_roots; /* foreign: PEM of what its chain must end in; NULL: any chain that builds */
    bool unjournaled;        /* nothing was asked for: the journal must be written (again) first */
    void *progress;          /* the issuer's own */
};

/* A kind of issuer: one file issuer_kind.c, ending in one of these, listed in issue.c. */
struct issuer_ops {
    const char *kind;
    bool slow; /* asked by the step `request`: an answer may take days, a question its time-out */
    /* Inside a transaction: writes the journal that makes a repeat ask for the same thing. Without effect as
     * long as a journal is good, and where something must be made ready outside first: then `ask` does that.
     */
    bool (*journal)(struct work *w, const struct certificate *c, const struct application *application,
                    struct error *e);
    /* Outside a transaction: asks for what was journaled. */
    bool (*ask)(struct work *w, const struct certificate *c, const struct application *application,
                struct issued *issued, struct error *e);
    /* Inside the transaction behind `ask`: what it has found out. NULL: nothing. */
    bool (*save)(struct work *w, const struct certificate *c, const struct application *application,
                 struct issued *issued, struct error *e);
    /*
     * The same where `ask`, or the check of what came back, failed with `cause`. `*reason`: why the
     * application is rejected if the certificate never had a version; ERR_NONE: it is tried again. NULL: as
     * apply_failed decides.
     */
    bool (*failed)(struct work *w, const struct application *application, struct issued *issued,
                   const struct error *cause, enum error_id *reason, struct error *e);
};
/* By its kind: "local", "acme". */
const struct issuer_ops *issuer_find(const char *kind);

/*
 * The coverage within which the next version of `c` is issued now (SPEC section 7), whoever the issuer is:
 * the stored one; before the first version that of the first term of an order, or of a later one. What
 * followed a certificate that is gone or never had a coverage begins now.
 */
bool issue_coverage(struct work *w, const struct certificate *c, const struct profile *profile,
                    struct coverage *coverage, struct error *e);

/* Key matches, names match, later than the old version, chain builds, signatures verify, lifetime as asked
 * for. ERR_ISSUER_ANSWER. */
bool issue_check(struct work *w, const struct certificate *c, const struct application *application,
                 const struct issued *issued, struct error *e);

/* The part of that about the chain of a CA that is not ours. */
bool issue_check_foreign_chain(struct arena *a, const struct issued *issued, struct error *e);

/* The certificate of a chain that ends before its leaf does, which is worth a warning; NULL: none. */
const struct cert *issue_chain_ends_early(const struct cert *leaf, const struct cert *chain, size_t count);

/*
 * issue_journal belongs to the transaction that makes an application (step `apply`). Step `issue`: act asks
 * and checks; save stores version and coverage and closes the application. If the application has gone
 * meanwhile, the step ends without a version (not with OUTCOME_NEXT), and the certificate is decided upon
 * anew.
 */
bool issue_journal(struct work *w, struct error *e);
bool issue_ask(struct work *w, struct error *e);
bool issue_record(struct work *w, struct error *e);

/*
 * Step `request`, for issuers that are slow: OUTCOME_OTHERWISE leads from `issue` to it, and back if the
 * application has another issuer since. What was found out is saved each time, a failure too.
 */
const char *issue_party(struct work *w);
bool issue_request(struct work *w, struct error *e);
bool issue_requested(struct work *w, struct error *e);
bool issue_request_failed(struct work *w, const struct error *cause, struct error *e);

/* What waits for its predecessor `c` asks again when to begin: a version of it is stored, or it is revoked.
 */
bool issue_wake_successor(struct db *db, const struct certificate *c, int64_t now, struct error *e);

/* Makes root and intermediate if they are missing, and the next intermediate before the present one would cut
 * a version short. Called before transactions by whoever needs a CA; harmless to repeat. */
bool ca_ensure(const struct services *services, struct arena *a, const char *account_id, int64_t now,
               struct error *e);
/* Do the roots' keys open, or was the master key exchanged? ERR_UNSEALABLE. */
bool ca_keys_open(const struct services *services, struct arena *a, struct error *e);
/* The certificates to trust: all roots of the account; of all accounts for NULL. */
bool ca_roots(struct db *db, struct arena *a, const char *account_id, struct cert **roots, size_t *count,
              struct error *e);

root_finder ca_root_above;

/*
 * Asks for revocation of all live versions, with an RFC 5280 CRLReason: the certificate is `revoking` until
 * the CRL that lists them is published (step `crl`), or their CA has revoked them (step `revoke`).
 * ERR_NOT_OFFICIAL if Tenure has neither issued nor ordered any of them.
 * Of a certificate that is over or revoked for another reason, a compromised key is noted all the same: it is
 * refused from then on, and others that have it are at risk.
 */
bool revoke_ask(const struct services *services, struct arena *a, struct certificate *c, int reason,
                int64_t now, struct error *e);
/* Step `crl` of one CA: signs and stores the next one; waits until three days before its nextUpdate. */
bool crl_sign(struct work *w, struct error *e);
bool crl_record(struct work *w, struct error *e);

/* solve/solve.h: the account at a CA with which `account_id` speaks to it. Asks nobody. */
struct ca_account;
bool issue_ca_account(const struct services *services, struct arena *a, const char *account_id,
                      struct ca_account *wanted, struct error *e);

extern const struct route issue_routes[];
