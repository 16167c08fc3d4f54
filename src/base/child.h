/* Running another program: argv, never a shell; a short environment; a deadline; bounded output. */
#pragma once
#include "base/error.h"

enum { CHILD_OUTPUT_MAX = 8192 };

struct child_result {
    int exit_status; /* 128 + signal if it was killed */
    bool timed_out;
    bool cut;            /* there was more output than is kept */
    const char *output;  /* stdout and stderr together, cut at CHILD_OUTPUT_MAX, printable */
    const char *printed; /* stdout alone, likewise */
};

/*
 * Runs argv[0] (an absolute path or found in PATH=/usr/sbin:/usr/bin:/sbin:/bin) in "/" with `env`
 * (NULL-terminated "NAME=value", added to PATH and LANG=C.UTF-8 unless it has these), stdin from /dev/null.
 * Its whole process group is killed after `timeout_ms`. What it leaves running when it ends is neither waited
 * for nor ended. False only if it could not be started; a failing program is a result.
 */
bool child_run(struct arena *a, const char *const argv[], const char *const env[], int timeout_ms,
               struct child_result *result, struct error *e);
/* The same, and what it leaves running in its process group is killed. */
bool child_run_alone(struct arena *a, const char *const argv[], const char *const env[], int timeout_ms,
                     struct child_result *result, struct error *e);

/* Of a list that ends with NULL; none for NULL. */
size_t child_count(const char *const list[]);
/* `env` and, before it, those of `defaults` that it has not. Both are such lists of "NAME=value". */
const char *const *child_environment(struct arena *a, const char *const defaults[], const char *const env[]);

/* For people: what an output ends with says most. At most `max` bytes, no character cut in two, no line end.
 */
const char *child_last_words(struct arena *a, const char *output, size_t max);
