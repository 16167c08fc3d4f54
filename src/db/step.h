/*
 * A step: what the engine does for one subject at a time. The table of all steps is in flow/flow.c; the
 * functions belong to the slices. Every step may be repeated: outside effects are journaled before they
 * happen or can be done twice.
 *
 * A step has two halves. `act` runs with no transaction open: it reads, asks the signer, the network, the
 * runner. `save` runs in the write transaction of its batch, checks again what `act` relied on, and writes.
 * It ends with one of the outcomes below; the engine saves the queue row in the same transaction. A half that
 * fails returns false: nothing of the step is written, and the error's retry class says when it is tried
 * again.
 */
#pragma once
#include "base/clock.h"
#include "db/work.h"

struct cert;
struct services;

/* The root of the local CA that has signed `top`, as PEM; `*pem` is NULL if none has. issue/issue.h */
typedef bool root_finder(const struct services *services, struct arena *a, const char *account_id,
                         const struct cert *top, const char **pem, struct error *e);

/*
 * Inside a transaction: what DNS, CAA and ports say about a name is looked at soon, for an application that
 * is about to ask a CA or was refused by one. Nothing is planned for a name that was just looked at.
 * doctor/doctor.h
 */
typedef bool preflight_asker(struct db *db, const char *account_id, const char *name,
                             const char *application_id, int64_t now, struct error *e);

/* The people whom a CA may write to have changed: accounts there are to tell it (issue/acme_account.h). */
typedef bool contact_teller(struct db *db, struct arena *a, const char *issuer_id, int64_t now,
                            struct error *e);

/* What slices need of the process they run in; opaque to those that do not use it. */
struct services {
    struct db *db;
    struct signer *signer;
    struct runner *runner;                  /* runner/runner.h */
    const struct prober *prober;            /* verify/verify.h */
    const struct validator *validator;      /* validate/validate.h */
    const struct outbound_policy *outbound; /* http/outbound.h */
    const struct policies *policies;        /* policy/policy.h */
    struct catalog *catalog; /* catalog/catalog.h: looked at afresh by each request and batch */
    const struct deploy_settings *deploy;
    const struct issue_settings *issue;
    const struct solve_settings *solve;    /* solve/solve.h */
    struct notifier *notifier;             /* notify/notify.h */
    struct payment_system *payment_system; /* order/payment.h; NULL: none can be asked */
    struct acme_net *acme;                 /* issue/acme_net.h; NULL: no CA can be asked */
    root_finder *root_above;               /* NULL: there is no local CA */
    struct acmeserver *acmeserver;         /* acmeserver/served.h; NULL: this process is none */
    preflight_asker *preflight_wanted;     /* NULL: nobody looks */
    const struct automatic *automatic;     /* validate/automatic.h; NULL: only people prove names to us */
    contact_teller *contact_changed;       /* NULL: there are no accounts */
    const char *public_url;                /* what links are made of; no slash at its end */
};

enum outcome {
    OUTCOME_NEXT,      /* unless said otherwise: the step that flow's table names as the next one, now */
    OUTCOME_DONE,      /* nothing is left to do for the subject: its row goes */
    OUTCOME_OTHERWISE, /* the other way out that the table names, now */
    OUTCOME_WAIT,      /* all is well: this step again at `until` */
    OUTCOME_AGAIN,     /* not yet: this step again at `until`, failed attempts still counted */
    OUTCOME_RETRY, /* a failed attempt that was cleaned up: the next step after a back-off; `reason` says why
                    */
};

struct work {
    struct arena *arena; /* of this item, until its step is saved */
    const struct services *services;
    struct db *db;
    int64_t now;
    const struct work_item *item;
    void *prepared; /* from act to save */
    enum outcome outcome;
    int64_t by; /* work_by: a save before the one that waits wants to be asked again then; 0: none */
    int64_t until;
    const char *reason; /* with OUTCOME_RETRY: an error code or a verdict */
};

/*
 * What does not answer takes a worker for long. One account takes one of them at most for a step that asks
 * others: `*crowds` if another one is at it, the first in the order of their names.
 */
static inline bool work_crowds(const struct work *w, bool *crowds, struct error *e) {
    *crowds = false;
    return !w->item->lease_owner ||
           work_held_before(w->db, w->item->account_id, w->item->step, w->item->lease_owner, crowds, e);
}

static inline bool work_until(struct work *w, int64_t until) {
    w->outcome = OUTCOME_WAIT;
    w->until = w->by && w->by < until ? w->by : until;
    return true;
}

/* For a save whose step has others behind it: whatever they wait for, again no later than then. */
static inline void work_by(struct work *w, int64_t at) {
    if (!w->by || at < w->by)
        w->by = at;
}

/* The last save of a step that is done every day. */
static inline bool work_daily(struct work *w, struct error *e) {
    (void)e;
    return work_until(w, w->now + DAY);
}

static inline bool work_again(struct work *w, int64_t until) {
    w->outcome = OUTCOME_AGAIN;
    w->until = until;
    return true;
}

static inline bool work_retry(struct work *w, const char *reason) {
    w->outcome = OUTCOME_RETRY;
    w->reason = reason;
    return true;
}

static inline bool work_goes(struct work *w, enum outcome outcome) {
    w->outcome = outcome;
    return true;
}
