/*
 * The runner's work itself, in whichever process it is done. Several processes may be at it for one worker
 * each: no two of them touch the files of one target at once, or run one command at once.
 */
#include "base/redact.h"
#include "runner/hook.h"
#include "runner/runner_ops.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

struct local {
    struct runner runner;
    const struct runner_policy *policy;
    int locks; /* a file in memory: a byte for each name; -1: nobody else is there */
};

/* FNV-1a: two names that fall together wait for each other, which does no harm. */
static off_t place_of(const char *name) {
    uint32_t hash = UINT32_C(2166136261);
    for (const char *p = name; *p; p++)
        hash = (hash ^ (unsigned char)*p) * UINT32_C(16777619);
    return hash & INT32_MAX;
}

/* Whoever dies lets go. */
static bool lock(const struct runner *r, const char *name, short type, struct error *e) {
    int locks = ((const struct local *)r)->locks, result;
    struct flock range = {.l_type = type, .l_whence = SEEK_SET, .l_start = place_of(name), .l_len = 1};
    if (locks < 0)
        return true;
    do
        result = fcntl(locks, F_SETLKW, &range);
    while (result < 0 && errno == EINTR);
    return result == 0 || fail_errno(e, ERR_SYSTEM, name);
}

static void unlock(const struct runner *r, const char *name) {
    struct error ignored;
    lock(r, name, F_UNLCK, &ignored);
}

static const char *const *folders_of(const struct runner *r) {
    return ((const struct local *)r)->policy->folders;
}

typedef bool fileset_operation(const struct fileset *set, const char *const *folders, struct error *e);

static bool locked(const struct runner *r, const struct fileset *set, fileset_operation *operation,
                   struct error *e) {
    if (!lock(r, set->target, F_WRLCK, e))
        return false;
    bool done = operation(set, folders_of(r), e);
    unlock(r, set->target);
    return done;
}

static bool local_put(struct runner *r, const struct fileset *set, struct error *e) {
    return locked(r, set, fileset_put, e);
}

static bool local_back(struct runner *r, const struct fileset *set, struct error *e) {
    return locked(r, set, fileset_back, e);
}

static bool local_keep(struct runner *r, const struct fileset *set, struct error *e) {
    return locked(r, set, fileset_keep, e);
}

typedef bool run_function(struct arena *a, const char *const argv[], const char *const env[], int timeout_ms,
                          struct child_result *result, struct error *e);

static bool local_call(struct runner *r, struct arena *a, const struct runner_call *call,
                       struct child_result *result, struct error *e) {
    const struct runner_command *found;
    struct hook_environment environment;
    if (!runner_command_find(((struct local *)r)->policy, call->command, &found, e) ||
        !hook_check(found, call, e) || !hook_environment(a, found, call, &environment, e) ||
        !lock(r, call->command, F_WRLCK, e))
        return false;
    run_function *run = found->hook ? child_run_alone : child_run;
    bool done = run(a, hook_argv(a, found, call), environment.variables, found->timeout_ms, result, e);
    unlock(r, call->command);
    if (done) {
        result->output = redact(a, result->output, result->cut, environment.values);
        result->printed = redact(a, result->printed, result->cut, environment.secrets);
    }
    return done;
}

static const struct runner_ops local_ops = {
    .put = local_put,
    .back = local_back,
    .keep = local_keep,
    .call = local_call,
};

struct runner *runner_local(struct arena *a, const struct runner_policy *policy) {
    struct local *l = ARENA_NEW(a, struct local);
    *l = (struct local){.runner.ops = &local_ops, .policy = policy, .locks = -1};
    return &l->runner;
}

bool runner_local_shared(struct arena *a, const struct runner_policy *policy, struct runner **r,
                         struct error *e) {
    int locks = memfd_create("runner", MFD_CLOEXEC);
    if (locks < 0)
        return fail_errno(e, ERR_SYSTEM, "memfd_create");
    *r = runner_local(a, policy);
    ((struct local *)*r)->locks = locks; /* as long as the process */
    return true;
}
