/*
 * What the simulations share: an installation in memory with the real engine, whose clock jumps from one due
 * moment to the next, and whose steps are abandoned between act and save at random, as if the process had
 * been killed. They are programs for people: what is wrong ends them with "not ok".
 */
#pragma once
#include "flow/flow.h"
#include "sim/world.h"

struct options {
    int64_t certificates, years, seed, abandon_percent;
};

struct sim {
    struct options options;
    struct world world;
    struct services services;
    struct engine engine;
    int64_t begin, now;
    int64_t bought, renewed, steps;
    const char *account_id;
};

_Noreturn void sim_die(const char *what, const struct error *e);
/* The number that the query gives at $1, the present moment, is the expected one. */
void sim_expect(struct sim *s, const char *what, int64_t expected, const char *sql);

/* Reads --certificates, --years, --seed and --abandon into `s->options`, which hold what is usual, and sets
 * everything up at the first of January 2026. */
void sim_start(struct sim *s, int argc, char **argv);
/* Everything that falls due until then. */
void sim_run_until(struct sim *s, int64_t until);
void sim_in_transaction(struct sim *s, void (*run)(struct sim *s, struct arena *a, void *subject),
                        void *subject);
/* The head of the audit chain, which is intact. */
const char *sim_audit_head(struct sim *s, struct arena *a);
