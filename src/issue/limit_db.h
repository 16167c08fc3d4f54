/* Rows of limits: buckets, and who waits at them. */
#pragma once
#include "issue/limit.h"

struct bucket {
    const char *id, *account_id;
    int64_t full_at, closed_until;
    const char *last_account_id;
};

/* One that has no row is full. */
bool bucket_get(struct db *db, struct arena *a, const char *id, struct bucket *bucket, struct error *e);
bool bucket_put(struct db *db, const struct bucket *bucket, struct error *e);

/* The present place of a subject, whichever bucket; `since` 0: it has none. */
bool limit_wait_since(struct db *db, const char *subject, int64_t *since, struct error *e);
bool limit_wait_put(struct db *db, const struct limit_wait *wait, struct error *e);

/* Those who are there: their place binds, or they ask again before `soon`; and not lost before `lost`. */
struct limit_queue {
    const char *bucket, *account_id, *subject;
    int64_t end_at, soon, lost;
};

/* How many of the same account come before the subject: a nearer end, then the id. */
bool limit_wait_before(struct db *db, const struct limit_queue *like, int64_t *count, struct error *e);

struct limit_crowd {
    const char *account_id;
    int64_t count;
};

/* How many wait of each other account. */
bool limit_wait_others(struct db *db, struct arena *a, const struct limit_queue *like,
                       struct limit_crowd **crowds, size_t *count, struct error *e);
