/* The clocks of CAs: a warning once when one is far from ours, and a metric. */
#pragma once
#include "issue/acme_net.h"

/* Two offsets that are not worth telling apart. */
bool acme_clock_same(int64_t one, int64_t other);
/* `offset`: how far the CA that answered is ahead of us, in seconds. In a transaction of its own, only if it
 * has changed, and every ten minutes at most, whatever a CA says. False: it was not stored and is to be heard
 * again. */
bool acme_clock_note(const struct acme_session *s, int64_t offset);
/* How far that CA was ahead when it was heard last, if that is too far: then one of the two is wrong. Else 0.
 */
bool acme_clock_apart(struct db *db, struct arena *a, const char *issuer_id, int64_t *seconds,
                      struct error *e);
bool acme_clock_metrics(struct db *db, struct arena *a, struct buf *b, struct error *e);
