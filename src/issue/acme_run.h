/* One turn of an order at a CA: from its rows to what is written of it. Internal to issuer_acme. */
#pragma once
#include "issue/acme_account.h"
#include "issue/acme_order.h"
#include "issue/issue.h"
#include "solve/solve.h"

/* What is to be published for an authorization, from act to save. */
struct acme_publication {
    bool wanted;
    struct solver solver;
    struct solution solution;
};

struct acme_run {
    struct work *w;
    const struct certificate *c;
    const struct application *application;
    struct issuer issuer;
    struct acme_session session;
    struct acme_directory directory;
    bool opened;                 /* session and directory are there */
    struct acme_order_row order; /* id NULL: none is open */
    struct acme_authorization_row *authorizations;
    enum acme_proof *proofs;
    bool *seen, *changed;
    struct acme_publication *publications;
    size_t count;
    bool must_save;  /* the order's URL, before anything else is asked */
    bool wants_slot; /* for newOrder, under the CA's limits */
    bool ordered;    /* newOrder is what was asked last */
    bool given_up;   /* the CA does not come to an end with it */
    bool stays;      /* newOrder is repeated as it was, whatever became of it */
    bool waits;      /* the CA has something to do: it is asked for in the next turn */
    int requests;
    int64_t end_ms;          /* of the turn, monotonic */
    struct acme_reply reply; /* of the last request */
};

/* The lifetime that the order asks for, of a CA that can be told: as the policy has it, and the CA may. */
bool acme_run_lifetime(struct acme_run *run, struct error *e);
/* Everything that is known of the open order of an application; outside of transactions. */
bool acme_run_read(struct acme_run *run, struct error *e);
/* Account and directory, at the first request of a turn. */
bool acme_run_open(struct acme_run *run, struct error *e);
/* A signed request of an open run; `payload` NULL: POST-as-GET. What came back is in run->reply. */
bool acme_run_post(struct acme_run *run, const char *url, const json_t *payload, struct error *e);
/* Room beside `count` authorizations: nothing is known of their proofs, and nothing is to be published. */
void acme_run_room(struct acme_run *run, size_t count);

/* ---- acme_action.c: one function an action of acme_next ---- */

typedef bool acme_doer(struct acme_run *run, size_t index, struct issued *issued, struct error *e);
acme_doer acme_do_order, acme_do_look, acme_do_answer, acme_do_poll, acme_do_finalize, acme_do_give_up,
    acme_do_begin_anew;

/* After an answer that leaves something to wait for. */
void acme_wait_a_little(struct acme_run *run);

/* ---- acme_limit.c: within transactions ---- */

/* A slot for the newOrder of `run->order`: then slot_at is set; else `*until` is when to ask again. */
bool acme_limit_take(const struct acme_run *run, struct acme_order_row *order, int64_t *until,
                     struct error *e);
/* Outside of transactions: one for newOrder once more, as `run->order` is now, which is stored; it is used
 * up. */
bool acme_limit_take_again(struct acme_run *run, bool *taken, struct error *e);
/* The CA has issued: control over each name was proven to it. */
bool acme_limit_proven(const struct acme_run *run, struct error *e);
/* The CA has refused for a limit of its own, or names were not proven: it counts that. */
bool acme_limit_failed(struct acme_run *run, const struct error *cause, struct error *e);

/* ---- acme_chain.c ---- */

acme_doer acme_do_download;

/* ---- acme_verdict.c: what a failure means ---- */

/* Whose trouble it is. */
enum acme_trouble {
    TROUBLE_OURS,    /* this machine's: nothing is noted */
    TROUBLE_CA,      /* the order goes on, unless another CA is asked */
    TROUBLE_NAME,    /* control over a name was not proven: another order, later */
    TROUBLE_REFUSED, /* not at this CA */
    TROUBLE_OVER,    /* the order is over: another one, later */
    TROUBLE_PERSON,  /* somebody must do something about the issuer; the order goes on */
};

enum acme_trouble acme_trouble_of(const struct error *cause);
/* Why the application is rejected, if it is. */
enum error_id acme_rejection(const struct acme_run *run, const struct error *cause);
/* [{"name", "type", "detail"}] of all that the CA has said; else what we make of it, with "detail_zh"; NULL:
 * nothing. */
const char *acme_problems(const struct acme_run *run, const struct error *cause);
/* The problem of an order that was declared invalid, as an error. Always false. */
bool acme_fail_for_problem(struct arena *a, const struct acme_problem *problem, struct error *e);
