/*
 * Control over a name that is proven to Tenure itself with no person's help (SPEC section 9: DNS automatic,
 * file automatic, delegated). What is published is what a CA would look for (RFC 8555, section 8), made of
 * the validation's own token; solvers publish it, and its step `check` looks for it. They stand right of
 * here: solve/automatic.c, services->automatic.
 */
#pragma once
#include "db/step.h"
#include "validate/validation.h"

/* How a name is proven. */
struct way {
    const char *type; /* "dns-01", …; NULL: only a person can */
    const void *solver;
};

struct automatic {
    /* What is there for the method of `v`. Asks DNS: outside of transactions. */
    bool (*choose)(const struct services *services, struct arena *a, const struct validation *v,
                   struct way *way, struct error *e);
    /* The same by what was set up and seen before: asks nobody. `method` NULL: by any. */
    bool (*expected)(const struct services *services, struct arena *a, const struct validation *v,
                     bool *expected, struct error *e);
    /* Inside a transaction, once. The step `check` of `v` is due when there is something to be found. */
    bool (*publish)(const struct services *services, struct arena *a, const struct validation *v,
                    const struct way *way, int64_t now, struct error *e);
    /* Inside a transaction: it is taken away again. */
    bool (*release)(struct db *db, struct arena *a, const struct validation *v, int64_t now, struct error *e);
};

/* Can it be expected that nobody is needed? */
bool automatic_expected(const struct services *services, struct arena *a, const struct validation *v,
                        bool *expected, struct error *e);
/* Inside a transaction: where nobody is needed, the first check waits for nobody. */
bool automatic_hurry(const struct services *services, struct arena *a, const struct validation *v,
                     int64_t now, struct error *e);
/* Its token, key authorization and the value of a record: the same again and again. */
void automatic_control(struct arena *a, const struct validation *v, struct control *control);
