/* The runner's work itself, in whichever process it is done. */
#include "deploy/runner_ops.h"

struct local {
    struct runner runner;
    const struct runner_policy *policy;
};

static const char *const *folders_of(const struct runner *r) {
    return ((const struct local *)r)->policy->folders;
}

static bool local_put(struct runner *r, const struct fileset *set, struct error *e) {
    return fileset_put(set, folders_of(r), e);
}

static bool local_back(struct runner *r, const struct fileset *set, struct error *e) {
    return fileset_back(set, folders_of(r), e);
}

static bool local_keep(struct runner *r, const struct fileset *set, struct error *e) {
    return fileset_keep(set, folders_of(r), e);
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
    return runner_command_find(((struct local *)r)->policy, command, &found, e) &&
           check_environment(env, e) && child_run(a, found->argv, env, found->timeout_ms, result, e);
}

static const struct runner_ops local_ops = {
    .put = local_put,
    .back = local_back,
    .keep = local_keep,
    .run = local_run,
};

struct runner *runner_local(struct arena *a, const struct runner_policy *policy) {
    struct local *l = ARENA_NEW(a, struct local);
    *l = (struct local){.runner.ops = &local_ops, .policy = policy};
    return &l->runner;
}
