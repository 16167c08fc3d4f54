/*
 * The dispatcher: joins routes, gate, transaction and answer. Every request of a person or program goes
 * through dispatch_handle; handlers see only what their row of the route table allows.
 */
#pragma once
#include "account/account.h"
#include "account/idempotency.h"
#include "http/metrics.h"
#include "http/server.h"

struct dispatcher {
    const struct services *services;
    const char *public_url;
    int wake_fd; /* a byte after every commit that may have left work; -1: none */
    /* --one-process: runs everything due until then, in order, or all of it at that time; NULL otherwise. */
    bool (*advance)(void *context, int64_t until, bool at_once, struct error *e);
    void *context;
    struct histogram durations;
    uint64_t requests[6]; /* by the first digit of the status */
};

/* All routes of Tenure: NULL-terminated tables. A slice's routes: one line there. */
extern const struct route *const all_routes[];

size_t dispatch_body_max(void *dispatcher, const char *method, const char *path);
void dispatch_handle(void *dispatcher, struct exchange *x);
/* The gate, for the test of every route against every role of a key and of its user. */
bool dispatch_permitted(const struct route *route, const struct caller *caller);
/* The handler of a route that writes, in its transaction; `key`: Idempotency-Key or NULL. For the tests. */
bool dispatch_in_transaction(struct request *rq, const char *key, struct error *e);
