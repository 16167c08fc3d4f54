/* Running another program: argv, never a shell; a short environment; a deadline; bounded output. */
#pragma once
#include "base/error.h"

struct child_result {
    int exit_status; /* 128 + signal if it was killed */
    bool timed_out;
    const char *output; /* stdout and stderr together, cut at 8 KiB, printable */
};

/*
 * Runs argv[0] (an absolute path or found in PATH=/usr/sbin:/usr/bin:/sbin:/bin) in "/" with `env`
 * (NULL-terminated "NAME=value", added to PATH and LANG=C.UTF-8), stdin from /dev/null. Its whole process
 * group is killed after `timeout_ms`. False only if it could not be started; a failing program is a result.
 */
bool child_run(struct arena *a, const char *const argv[], const char *const env[], int timeout_ms,
               struct child_result *result, struct error *e);
