/* tenure.yaml, section deploy: what deployments may touch and run. */
#include "tenure/config_section.h"

struct file_command {
    char *name;
    char **argv;
    unsigned argv_count;
    unsigned *timeout_seconds;
    char *hook, *acme_sh, *dnsapi, *environment_file;
};

struct file_deploy {
    char **folders;
    unsigned folders_count;
    struct file_command *commands;
    unsigned commands_count;
};

static const cyaml_schema_field_t command_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct file_command, name, 1, 64),
    CYAML_FIELD_SEQUENCE("argv", CONFIG_OPTIONAL, struct file_command, argv, &config_text, 1, 64),
    CYAML_FIELD_UINT_PTR("timeout_seconds", CONFIG_OPTIONAL, struct file_command, timeout_seconds),
    CYAML_FIELD_STRING_PTR("hook", CONFIG_OPTIONAL, struct file_command, hook, 1, 16),
    CYAML_FIELD_STRING_PTR("acme_sh", CONFIG_OPTIONAL, struct file_command, acme_sh, 1, 4096),
    CYAML_FIELD_STRING_PTR("dnsapi", CONFIG_OPTIONAL, struct file_command, dnsapi, 1, 64),
    CYAML_FIELD_STRING_PTR("environment_file", CONFIG_OPTIONAL, struct file_command, environment_file, 1,
                           4096),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t command_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_command, command_fields),
};

static const cyaml_schema_field_t fields[] = {
    CYAML_FIELD_SEQUENCE("folders", CONFIG_OPTIONAL, struct file_deploy, folders, &config_text, 0, 64),
    CYAML_FIELD_SEQUENCE("commands", CONFIG_OPTIONAL, struct file_deploy, commands, &command_entry, 0, 64),
    CYAML_FIELD_END,
};

static bool is_absolute(const char *key, const char *path, struct error *e) {
    return !path || path[0] == '/' ||
           fail_field(e, key, ERR_BAD_CONFIG, "%s: '%s' is not an absolute path", "%s:“%s”不是绝对路径", key,
                      path);
}

/* The functions of dnsapi/ are shell functions of acme.sh: there is no program of their own. */
static bool read_acme_sh(struct arena *a, const struct file_command *c, const char *const **argv,
                         struct error *e) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    if (!c->acme_sh || !c->dnsapi || c->argv)
        return fail_field(e, "deploy.commands.acme_sh", ERR_BAD_CONFIG,
                          "deploy.commands: '%s' needs acme_sh and dnsapi, and no argv",
                          "deploy.commands:“%s”需要 acme_sh 和 dnsapi,且不能有 argv", c->name);
    if (strncmp(c->dnsapi, "dns_", 4) != 0 || c->dnsapi[strspn(c->dnsapi, letters)])
        return fail_field(e, "deploy.commands.dnsapi", ERR_BAD_CONFIG,
                          "deploy.commands.dnsapi: '%s' is not the name of a script, such as dns_cf",
                          "deploy.commands.dnsapi:“%s”不是脚本名称(例如 dns_cf)", c->dnsapi);
    *argv = runner_acmesh_argv(a, c->acme_sh, c->dnsapi);
    return is_absolute("deploy.commands.acme_sh", c->acme_sh, e);
}

static bool read_argv(struct arena *a, const struct file_command *c, const char *const **argv,
                      struct error *e) {
    if (c->hook && !runner_hook_exists(c->hook))
        return fail_field(e, "deploy.commands.hook", ERR_BAD_CONFIG,
                          "deploy.commands.hook: there is no convention '%s'",
                          "deploy.commands.hook:没有名为“%s”的约定", c->hook);
    if (c->hook && strcmp(c->hook, "acmesh") == 0)
        return read_acme_sh(a, c, argv, e);
    if (!c->argv || c->acme_sh || c->dnsapi)
        return fail_field(e, "deploy.commands.argv", ERR_BAD_CONFIG,
                          "deploy.commands: '%s' needs argv, and neither acme_sh nor dnsapi",
                          "deploy.commands:“%s”需要 argv,且不能有 acme_sh 或 dnsapi", c->name);
    const char **list = ARENA_ARRAY(a, c->argv_count + 1, const char *);
    for (unsigned i = 0; i < c->argv_count; i++)
        list[i] = c->argv[i];
    *argv = list;
    return true;
}

static bool read_command(struct arena *a, const struct file_command *c, struct runner_command *command,
                         struct error *e) {
    int64_t seconds = config_number(c->timeout_seconds, 30);
    *command = (struct runner_command){.name = c->name,
                                       .timeout_ms = (int)seconds * 1000,
                                       .hook = c->hook,
                                       .environment_file = c->environment_file};
    return config_in_range("deploy.commands.timeout_seconds", seconds, 1, 600, e) &&
           is_absolute("deploy.commands.environment_file", c->environment_file, e) &&
           read_argv(a, c, &command->argv, e);
}

static bool read_commands(struct arena *a, const struct file_deploy *file, struct deploy_settings *deploy,
                          struct error *e) {
    struct runner_command *commands = ARENA_ARRAY(a, file->commands_count, struct runner_command);
    for (unsigned i = 0; i < file->commands_count; i++)
        if (!read_command(a, &file->commands[i], &commands[i], e))
            return false;
    deploy->policy.commands = commands;
    deploy->policy.command_count = file->commands_count;
    return true;
}

static bool read_deploy(struct arena *a, const void *section, struct config *config, struct error *e) {
    const struct file_deploy *file = section;
    const char **folders = ARENA_ARRAY(a, file->folders_count + 1, const char *);
    for (unsigned i = 0; i < file->folders_count; i++) {
        folders[i] = file->folders[i];
        if (!is_absolute("deploy.folders", folders[i], e))
            return false;
    }
    config->deploy.policy.folders = folders;
    return read_commands(a, file, &config->deploy, e);
}

const struct config_section config_deploy = {
    .name = "deploy",
    .schema = {CYAML_VALUE_MAPPING(CONFIG_OPTIONAL, struct file_deploy, fields)},
    .read = read_deploy,
};
