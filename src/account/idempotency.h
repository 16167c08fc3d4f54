/* Idempotency-Key: the same POST twice has one effect and the same answer, for 24 hours. */
#pragma once
#include "http/route.h"

/* The answer that this key was given before, put into `rq` (found); or ERR_IDEMPOTENCY_MISMATCH. */
bool idempotency_replay(struct request *rq, const char *key, bool *found, struct error *e);
/* Remembers the answer, in the request's transaction. */
bool idempotency_keep(struct request *rq, const char *key, struct error *e);
/* Deletes answers older than a day. Part of the step `retention`. */
bool idempotency_purge(struct work *w, struct error *e);
