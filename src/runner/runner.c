/* The runner as its callers see it, and the commands that need no configuration. */
#include "runner/runner.h"
#include "runner/runner_ops.h"

enum { PRESET_MS = 30 * 1000 };

#define PRESET(name_, ...)                                                                                   \
    { .name = name_, .argv = (const char *const[]){__VA_ARGS__, NULL}, .timeout_ms = PRESET_MS }

/* The servers of SPEC section 11: their own configuration test, and the reload that drops no connection. */
static const struct runner_command presets[] = {
    PRESET("nginx-test", "nginx", "-t"),
    PRESET("nginx-reload", "nginx", "-s", "reload"),
    PRESET("apache-test", "apachectl", "configtest"),
    PRESET("apache-reload", "apachectl", "graceful"),
    PRESET("haproxy-test", "haproxy", "-c", "-f", "/etc/haproxy/haproxy.cfg"),
    PRESET("haproxy-reload", "systemctl", "reload", "haproxy"),
    PRESET("postfix-test", "postfix", "check"),
    PRESET("postfix-reload", "postfix", "reload"),
    PRESET("dovecot-test", "doveconf", "-n"),
    PRESET("dovecot-reload", "doveadm", "reload"),
    PRESET("caddy-test", "caddy", "validate", "--config", "/etc/caddy/Caddyfile"),
    PRESET("caddy-reload", "systemctl", "reload", "caddy"),
};

static const struct runner_command *find(const struct runner_command *commands, size_t count,
                                         const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

bool runner_command_find(const struct runner_policy *policy, const char *name,
                         const struct runner_command **found, struct error *e) {
    *found = find(policy->commands, policy->command_count, name);
    if (!*found)
        *found = find(presets, sizeof presets / sizeof *presets, name);
    return *found || fail(e, ERR_COMMAND_NOT_ALLOWED, "there is no command '%s'", "没有命令“%s”", name);
}

bool runner_put(struct runner *r, const struct fileset *set, struct error *e) {
    return r->ops->put(r, set, e);
}

bool runner_back(struct runner *r, const struct fileset *set, struct error *e) {
    return r->ops->back(r, set, e);
}

bool runner_keep(struct runner *r, const struct fileset *set, struct error *e) {
    return r->ops->keep(r, set, e);
}

bool runner_call(struct runner *r, struct arena *a, const struct runner_call *call,
                 struct child_result *result, struct error *e) {
    return r->ops->call(r, a, call, result, e);
}

bool runner_run(struct runner *r, struct arena *a, const char *command, const char *const env[],
                struct child_result *result, struct error *e) {
    return runner_call(r, a, &(struct runner_call){.command = command, .env = env}, result, e);
}
