/*
 * The engine: claims what is due, runs one step for each subject, saves. The only code that knows the order
 * of the slices is the table in flow.c.
 */
#pragma once
#include "db/step.h"

enum { STEP_SAVES_MAX = 24 };

struct step {
    const char *name, *of; /* of: what the subject is */
    bool slow;             /* act talks to programs or machines of other people: it may take its time-out */
    bool own;              /* slow, but nobody else is asked: it takes what it takes */
    bool again;            /* done again it changes nothing: that it is done needs no note of its own */
    /* True with `passes`: there is nothing to act on or to save, the next step begins at once. Or NULL. */
    bool (*look)(struct work *w, bool *passes, struct error *e);
    bool (*act)(struct work *w, struct error *e); /* no transaction open; NULL: nothing to do outside */
    bool (*save[STEP_SAVES_MAX])(struct work *w,
                                 struct error *e); /* in the batch's transaction, in this order */
    bool (*failed)(struct work *w, const struct error *cause,
                   struct error *e); /* notes a failed attempt, OUTCOME_DONE: the last one; or NULL */
    /* Whom a slow step asks, as far as it is not one for each account; NULL for a subject that is gone. */
    const char *(*party)(struct work *w);
    const char *next, *otherwise; /* steps for OUTCOME_NEXT and OUTCOME_RETRY; for OUTCOME_OTHERWISE */
    struct text does;             /* for explain */
};
const struct step *step_find(const struct step *table, const char *name);
extern const struct step steps[]; /* ends with a row without a name */

/* Items under our lease. */
struct claimed {
    struct arena *arena; /* of the items; NULL: none were claimed */
    struct work_item *items;
    size_t count;
};

struct engine {
    const struct services *services;
    const struct step *table; /* the steps above; tests have their own */
    const char *owner;        /* of leases: names the process */
    int64_t lease_seconds;
    size_t batch;           /* items claimed at once */
    const char *only;       /* " one two ": takes these steps and no others; NULL: all */
    int64_t laggards_max;   /* workers that laggards may have (db/laggard.h); 0: one */
    int budget_ms, slow_ms; /* for slow steps in a batch; what takes so long is a laggard; 0: the usual */
    void (*tell)(void *context, bool slow); /* slow steps begin, the batch is over; or NULL */
    void *told;                             /* tell's context */
    /* Faults for the simulation: asked between act and save; true abandons the step there, as if its process
     * had been killed, and it is done again. NULL outside of it. */
    bool (*abandon)(void *context, const struct step *step);
    void *context;
    struct claimed claimed; /* ahead, in the transaction that ended the batch before */
};

/* The engine over the steps above, as every process runs it. */
struct engine flow_engine(const struct services *services, const char *owner);

/* The same for what asks nobody outside: it goes on whatever keeps all the others. */
struct engine flow_engine_own(const struct services *services, const char *owner, struct arena *a);

/* One batch: claims, acts, saves, until no item of it can go on at once. `ran`: items that were claimed. */
bool flow_run(struct engine *engine, int64_t now, size_t *ran, struct error *e);
/* Gives back what was claimed ahead: a process that ends calls it. */
void flow_end(struct engine *engine);
/* Runs until nothing is due at `now`. */
bool flow_run_all(struct engine *engine, int64_t now, struct error *e);
/* The queue row that every installation has: retention. Harmless to repeat. */
bool flow_ensure(const struct services *services, int64_t now, struct error *e);
