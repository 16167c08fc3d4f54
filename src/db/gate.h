/*
 * The queue before SQLite's one writer. SQLite's own busy handler sleeps and polls, so the lucky one wins;
 * the kernel queues those who wait for a file lock, and frees it when its holder is killed. Workers pass a
 * gate of their own first: then at most one of them stands before a web process at the common gate.
 */
#pragma once
#include "db/db.h"

struct gate {
    int worker, common; /* descriptors of the lock files; -1: not needed */
    bool held;
};

#define GATE_NONE ((struct gate){-1, -1, false})

/* Lock files beside the database: `PATH.gate` and, for a worker, `PATH.worker-gate`. */
bool gate_open(struct gate *g, const char *path, enum db_role role, struct error *e);
void gate_close(struct gate *g);
/* Waits its turn. Entering or leaving twice is harmless. */
bool gate_enter(struct gate *g, struct error *e);
void gate_leave(struct gate *g);
