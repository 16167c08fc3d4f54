/*
 * The runner's work itself, in whichever process it is done. Several processes may be at it for one worker
 * each: no two of them touch the files of one target at once, or run one command at once.
 */
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

/* PATH, LD_PRELOAD and their like would make another program of an allowed one. */
static bool variable_is_harmless(const char *variable) {
    static const char *const prefixes[] = {"TENURE_", "CERTBOT_", "RENEWED_", "LEGO_"};
    size_t name_len = strcspn(variable, "=");
    if (!variable[name_len] || strspn(variable, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != name_len)
        return false;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(variable, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

static bool check_environment(const char *const env[], struct error *e) {
    size_t count = 0;
    for (; env && env[count]; count++)
        if (!variable_is_harmless(env[count]))
            return fail(e, ERR_COMMAND_NOT_ALLOWED, "the variable '%.64s' is not passed to commands",
                        "不能向命令传递变量“%.64s”", env[count]);
    return count <= RUNNER_ENV_MAX || fail(e, ERR_COMMAND_NOT_ALLOWED, "a command gets at most %d variables",
                                           "传递给命令的变量不能超过 %d 个", RUNNER_ENV_MAX);
}

static bool local_run(struct runner *r, struct arena *a, const char *command, const char *const env[],
                      struct child_result *result, struct error *e) {
    const struct runner_command *found;
    if (!runner_command_find(((struct local *)r)->policy, command, &found, e) || !check_environment(env, e) ||
        !lock(r, command, F_WRLCK, e))
        return false;
    bool done = child_run(a, found->argv, env, found->timeout_ms, result, e);
    unlock(r, command);
    return done;
}

static const struct runner_ops local_ops = {
    .put = local_put,
    .back = local_back,
    .keep = local_keep,
    .run = local_run,
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
