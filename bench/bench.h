/*
 * What the benchmarks share: a data folder made by the real code, a daemon on it, times, and lines of
 * results. They are programs for people: what cannot be done ends them.
 */
#pragma once
#include "flow/flow.h"
#include "http/client.h"
#include "tenure/config.h"
#include <sys/types.h>

/* Ends the program with the error unless `ok`. */
void bench_must(bool ok, const char *what, const struct error *e);

/* ---- an installation ---- */

struct bench {
    struct arena *arena;
    const char *folder;     /* absolute; also the present one of the process */
    const char *account_id; /* of the first account */
    struct services services;
    struct policies policies;
    struct catalog catalog;
    struct issue_settings issue;
};

/* Makes the folder unless it is there, and goes into it. */
void bench_enter(const char *folder);
/* The same with a data folder; opens its database with a signer in this
 * process. */
void bench_open(struct bench *b, const char *folder);
void bench_close(struct bench *b);
/* An access key of its owner, as it is sent; once for a folder: it uses up the secret of the first login. */
const char *bench_key(struct bench *b);
/* A running engine on it, for what must have happened before a measurement. */
struct engine bench_engine(const struct bench *b);
/* Buys so many certificates of one name each, and has them issued by the local CA in a past from which their
 * next version is due now. */
void bench_make_due(struct bench *b, int64_t count, int64_t now);

/* ---- a daemon ---- */

struct daemon {
    pid_t pid;
    int port;
    int64_t started_us;
};

/* Starts `BINARY serve` on the folder, at a free port of the loopback address. It ends with this program. */
struct daemon daemon_start(const char *binary, const char *folder);
/* The same with more lines of its configuration. */
struct daemon daemon_start_with(const char *binary, const char *folder, const char *yaml);
/* Until it answers; milliseconds since its start. */
double daemon_wait(const struct daemon *d, struct client *client);
/* What the daemon and all its processes have used. */
struct usage {
    double cpu_seconds, written_bytes;
};
/* The memory of all its processes together, in KiB (PSS: what they share is counted once). */
long daemon_memory(const struct daemon *d, int *processes);
/* Asks it to end, and waits. */
struct usage daemon_stop(const struct daemon *d);

/* ---- results ---- */

/* Monotonic microseconds. */
int64_t bench_us(void);
/* Sorts the values; `part` from 0 to 1. */
double bench_quantile(double *values, size_t count, double part);
/* One line: what was measured, and the aim beside it (NULL: none). */
void bench_result(const char *what, double value, const char *unit, const char *aim);
/* Which machine this is, and how busy it is already. */
void bench_machine(void);
