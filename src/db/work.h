/*
 * The queue: one row for each subject (a certificate, a deployment, a target, …) that something is still to
 * be done for. `step` is a name of flow's steps[]; two steps never run for one subject at a time. Claimed
 * under a lease that names the process; the supervisor releases those of a dead process at once, time only
 * those of a lost machine.
 */
#pragma once
#include "db/db.h"

struct work_item {
    const char *subject, *account_id, *step;
    int64_t due_at;
    int64_t attempts; /* failed ones since all was well; survives restarts */
    int64_t crashes;  /* times the lease ended with its process in this step */
    int64_t wakes;    /* work_enqueue calls so far: the outcomes see by it whether there was another one */
    const char *last_error;  /* code of the last failure or NULL */
    const char *lease_owner; /* who claimed it; NULL: free */
};

/*
 * Due at `due_at` or earlier if it was planned earlier. A row in another step keeps its step and becomes due;
 * the step that was asked for begins when the row comes to it, waits or is done, whichever is first.
 */
bool work_enqueue(struct db *db, const char *account_id, const char *subject, const char *step,
                  int64_t due_at, struct error *e);
/* What was planned is not needed any more; somebody who is at it already finds out by himself. */
bool work_forget(struct db *db, const char *subject, struct error *e);
/* Takes up to `limit` due rows, oldest first; `only`: those in one of these steps (" one two "); NULL: all.
 */
bool work_claim_of(struct db *db, struct arena *a, const char *only, const char *owner, int64_t now,
                   int64_t lease_seconds, size_t limit, struct work_item **items, size_t *count,
                   struct error *e);
bool work_claim(struct db *db, struct arena *a, const char *owner, int64_t now, int64_t lease_seconds,
                size_t limit, struct work_item **items, size_t *count, struct error *e);

/*
 * The outcomes, saved in the step's own transaction. Each ends the lease, except work_next with keep = true;
 * and each ends the count of crashes, for the step came to its end. If the subject was enqueued since the
 * claim, the row is due at once, whatever `due_at` says: no wake-up is lost. ERR_CONFLICT if the item's owner
 * no longer holds the lease (its machine was thought lost): the step's transaction must be rolled back,
 * somebody else does the work.
 */

/* Nothing is left to do: the row goes, unless another step or this one again was asked for: that begins. */
bool work_done(struct db *db, const struct work_item *item, struct error *e);
/* Goes on with another step. Failed attempts stay counted: a chain that fails late backs off as well. */
bool work_next(struct db *db, const struct work_item *item, const char *step, int64_t due_at, bool keep,
               struct error *e);
/* The same step again at `due_at`: all is well, failed attempts are forgotten. Another step that was asked
 * for begins at once instead. */
bool work_wait(struct db *db, const struct work_item *item, int64_t due_at, struct error *e);
/* The same step again at `due_at`: not yet, failed attempts stay counted. */
bool work_again_at(struct db *db, const struct work_item *item, int64_t due_at, struct error *e);
/* A failed attempt: attempts + 1, the code kept; `step` (the same, or where to begin again) at `due_at`. */
bool work_fail(struct db *db, const struct work_item *item, const char *step, int64_t due_at,
               const char *code, struct error *e);

/* Gives back what a process has claimed and does not get to, or was killed over; no crash is counted. */
bool work_give_back(struct db *db, const char *owner, struct error *e);
/* The same, but one subject is kept. */
bool work_give_back_others(struct db *db, const char *owner, const char *subject, struct error *e);
/* Gives back the leases of a crashed process, a crash counted for each; `owner` NULL: those past their time.
 */
bool work_release(struct db *db, const char *owner, int64_t now, int64_t *released, struct error *e);
/* When the next unleased row is due, or the first lease ends by time; INT64_MAX if there is none. */
bool work_next_due(struct db *db, int64_t *due_at, struct error *e);
bool work_next_due_of(struct db *db, const char *only, int64_t *due_at, struct error *e);
/* Does a process whose name is before `owner` work on this step for another subject of the account? */
bool work_held_before(struct db *db, const char *account_id, const char *step, const char *owner, bool *held,
                      struct error *e);
/* The row of a subject, for explain; ERR_NOT_FOUND if nothing is planned. */
bool work_get(struct db *db, struct arena *a, const char *subject, struct work_item *item, struct error *e);

/* How full the queue is, for metrics. */
struct work_counts {
    int64_t all, due, failing;
};
bool work_count(struct db *db, int64_t now, struct work_counts *counts, struct error *e);

/* What stopped with this code is due at once, in one account or (NULL) in all: its cause was mended. */
bool work_unblock(struct db *db, const char *account_id, const char *code, int64_t now, struct error *e);

/* Seconds to wait after so many failed attempts: 1 min, 10 min, 100 min, then daily. Never decreases. */
int64_t work_backoff(int64_t attempts);
/* When a step that failed with `cause` is tried again; `attempts` counts this failure too. Whoever failed us
 * may ask for more time than the back-off has, never for less. */
int64_t work_retry_at(const struct error *cause, int64_t attempts, int64_t now);
