/* The conventions by which other tools call hooks, and what of them a command may be given. Internal to the
 * runner. */
#pragma once
#include "runner/runner.h"

/* Arguments and variables of the call are of the convention that the policy names: ERR_COMMAND_NOT_ALLOWED.
 */
bool hook_check(const struct runner_command *command, const struct runner_call *call, struct error *e);

/* The command's argv and the call's arguments behind it. */
const char *const *hook_argv(struct arena *a, const struct runner_command *command,
                             const struct runner_call *call);

struct hook_environment {
    const char *const *variables; /* of the file, then of the call, which has precedence */
    const char *const *values;    /* of the file: taken out of what people see */
    const char *const *secrets;   /* those whose names say so: taken out of what a clean-up needs again */
};
bool hook_environment(struct arena *a, const struct runner_command *command, const struct runner_call *call,
                      struct hook_environment *environment, struct error *e);
/* As the lines of an environment file: ERR_BAD_CONFIG. */
bool hook_read_environment(struct arena *a, const char *text, struct hook_environment *environment,
                           struct error *e);
