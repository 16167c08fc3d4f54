/*
 * The supervisor: forks the roles, starts again what dies, wakes workers when there is work, and ends
 * everything with itself. It opens no database and holds no key.
 */
#pragma once
#include "tenure/config.h"
#include "tenure/sandbox.h"

/* What a forked role has of its supervisor. */
struct role_context {
    const struct config *config;
    int index;     /* the i-th process of its kind */
    int listen_fd; /* signers and runner: their socket; web: a reserved port, see port */
    int port;
    int wake_fd;   /* web: written after a commit that left work; worker: read, there is work */
    int status_fd; /* worker: what it tells the supervisor (enum worker_status) */
    bool crashed;  /* the process before this one ended by its own fault */
};

/* What a worker tells: it had a full batch; it asks others, who may be slow; it has done so; it ends, and
 * work is due next at a time (int64_t) that follows. */
enum worker_status { STATUS_MORE = 'm', STATUS_SLOW = 's', STATUS_FREE = 'f', STATUS_IDLE = 'i' };

/* Runs until SIGTERM or SIGINT; an exit status. */
int supervisor_run(const struct config *config);
