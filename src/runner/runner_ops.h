/* What stands behind struct runner: runner_remote.c, runner_local.c, runner_fake.c. Contract: runner.h. */
#pragma once
#include "runner/runner.h"

/* A local one that the processes forked from here share: what must not happen twice at once does not. */
bool runner_local_shared(struct arena *a, const struct runner_policy *policy, struct runner **r,
                         struct error *e);

struct runner_ops {
    bool (*put)(struct runner *r, const struct fileset *set, struct error *e);
    bool (*back)(struct runner *r, const struct fileset *set, struct error *e);
    bool (*keep)(struct runner *r, const struct fileset *set, struct error *e);
    bool (*call)(struct runner *r, struct arena *a, const struct runner_call *call,
                 struct child_result *result, struct error *e);
};

/* The first member of each implementation's own struct. */
struct runner {
    const struct runner_ops *ops;
};
