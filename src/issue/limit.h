/*
 * Keeping the limits of CAs (catalog/rate_limit.h), so that they need not refuse anything. A bucket is one
 * row: GCRA, one number, the time at which it is full again. Buckets of an ACME account are its own; those of
 * registered domains, of sets of names and of this address belong to the directory, whoever orders.
 *
 * Nothing is booked ahead. An order takes from all buckets that apply, or from none: then it waits as a row
 * until a slot is to be expected, and asks again. Who waits for a bucket is served nearest end first; where
 * several accounts wait for one bucket they take turns. Ends stay where they are while those of newcomers
 * move on with the time, so nobody waits for ever. Who waits for the slot of one bucket has a place at the
 * others, too, from one slot of theirs before that. Who does not ask again within LIMIT_GRACE of his time has
 * lost it.
 *
 * Each request that may count at the CA is charged before it is sent, repeats too. Functions with `db` belong
 * to a transaction.
 */
#pragma once
#include "catalog/rate_limit.h"
#include "db/step.h"

enum { LIMIT_GRACE = 600 };

/* Who asks, and for what. */
struct limit_ask {
    const struct rate_limits *limits; /* of the issuer */
    const char *issuer;               /* its id, for texts */
    const char *directory;            /* its URL */
    const char *account_id;
    const char *acme_account; /* id or URL, whatever stays the same */
    const char *subject;      /* what waits: the certificate */
    const char *names;
    int64_t end_at; /* of what is to be followed; 0: nothing yet, which counts as a day from the first try */
    bool ari;       /* the order says what it replaces */
    bool renewal;   /* exactly the names of an earlier certificate */
};

struct limit_answer {
    bool taken;
    int64_t slot_at;   /* not taken: ask again then, at least a second ahead */
    const char *limit; /* the name of the one it waits for */
};

/* Before newOrder. Not taken: a row says what it waits for. */
bool limit_take(struct db *db, struct arena *a, const struct limit_ask *ask, int64_t now,
                struct limit_answer *answer, struct error *e);
/* Before newAccount: `names` does not matter, `subject` is what waits. */
bool limit_take_account(struct db *db, struct arena *a, const struct limit_ask *ask, int64_t now,
                        struct limit_answer *answer, struct error *e);
/* An authorization of `name` was declared invalid: further orders for it wait while the CA counts it. */
bool limit_failed(struct db *db, struct arena *a, const struct limit_ask *ask, const char *name, int64_t now,
                  struct error *e);
/*
 * The CA has refused the order (429) until then, at most 8 days. It does not say which limit it was: orders
 * for these names wait so long, the other buckets are closed for the time that one slot of theirs takes.
 */
bool limit_refused(struct db *db, struct arena *a, const struct limit_ask *ask, int64_t until, int64_t now,
                   struct error *e);
/* It does not wait any more: cancelled, or another issuer was chosen. */
bool limit_forget(struct db *db, const char *subject, struct error *e);

struct limit_wait {
    const char *bucket, *subject, *account_id, *issuer, *limit_name;
    bool binds; /* the one whose slot comes last */
    int64_t since, end_at, due_at;
};

/* What it waits for; `subject` NULL: nothing. */
bool limit_waiting(struct db *db, struct arena *a, const char *subject, struct limit_wait *wait,
                   struct error *e);
/* Asking for suggested windows costs no slot; after trouble nobody asks until then. */
bool limit_suggest_closed(struct db *db, struct arena *a, const char *directory, int64_t *until,
                          struct error *e);
bool limit_suggest_close(struct db *db, struct arena *a, const char *directory, int64_t until,
                         struct error *e);
/* Part of the step `retention`: buckets that are full again, and places that were lost. */
bool limit_purge(struct work *w, struct error *e);

/* ---- rate.c: pure; times of buckets are microseconds ---- */

/* The time of one slot. */
int64_t rate_interval(const struct rate_limit *limit);
/* When it has `ahead` slots and one more, if none is taken meanwhile; in whole seconds. */
int64_t rate_slot(const struct rate_limit *limit, int64_t full_at, int64_t ahead, int64_t now);
/* Slots that it has now. */
int64_t rate_free(const struct rate_limit *limit, int64_t full_at, int64_t now);
/* When it is full again once a slot is taken now, whether it has one or not. */
int64_t rate_taken(const struct rate_limit *limit, int64_t full_at, int64_t now);
