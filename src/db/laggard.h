/*
 * Who kept a worker for long: a CA, a server, a receiver, by the name that its step has for it. For a minute,
 * longer each time it happens again soon, it gets one worker at a time, and never the last one, so that the
 * others go on. Nothing is written while everybody is quick.
 */
#pragma once
#include "db/work.h"

/* Is anybody known as slow? Nearly always not: then nobody need be asked about. */
bool laggard_any(struct db *db, int64_t now, bool *any, struct error *e);
bool laggard_is(struct db *db, const char *party, int64_t now, bool *is, struct error *e);
/* It was slow; in a transaction of its own. `*until`: how long it counts as such. */
bool laggard_note(struct db *db, const char *party, int64_t now, int64_t *until, struct error *e);
/*
 * May the worker that has claimed the item begin with it? Not if another one is at something of that party,
 * or `workers_max` others at something of any laggard. Holds until the lease ends; a transaction of its own.
 */
bool laggard_enter(struct db *db, const struct work_item *item, const char *party, int64_t workers_max,
                   bool *entered, struct error *e);
