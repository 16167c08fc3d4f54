/* tenure.yaml, section deploy: what deployments may touch and run. */
#include "tenure/config_section.h"

struct file_command {
    char *name;
    char **argv;
    unsigned argv_count;
    unsigned *timeout_seconds;
};

struct file_deploy {
    char **folders;
    unsigned folders_count;
    struct file_command *commands;
    unsigned commands_count;
};

static const cyaml_schema_field_t command_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct file_command, name, 1, 64),
    CYAML_FIELD_SEQUENCE("argv", CYAML_FLAG_POINTER, struct file_command, argv, &config_text, 1, 64),
    CYAML_FIELD_UINT_PTR("timeout_seconds", CONFIG_OPTIONAL, struct file_command, timeout_seconds),
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

static bool read_commands(struct arena *a, const struct file_deploy *file, struct deploy_settings *deploy,
                          struct error *e) {
    struct runner_command *commands = ARENA_ARRAY(a, file->commands_count, struct runner_command);
    for (unsigned i = 0; i < file->commands_count; i++) {
        const struct file_command *c = &file->commands[i];
        const char **argv = ARENA_ARRAY(a, c->argv_count + 1, const char *);
        for (unsigned k = 0; k < c->argv_count; k++)
            argv[k] = c->argv[k];
        int64_t seconds = config_number(c->timeout_seconds, 30);
        if (!config_in_range("deploy.commands.timeout_seconds", seconds, 1, 600, e))
            return false;
        commands[i] =
            (struct runner_command){.name = c->name, .argv = argv, .timeout_ms = (int)seconds * 1000};
    }
    deploy->policy.commands = commands;
    deploy->policy.command_count = file->commands_count;
    return true;
}

static bool read_deploy(struct arena *a, const void *section, struct config *config, struct error *e) {
    const struct file_deploy *file = section;
    const char **folders = ARENA_ARRAY(a, file->folders_count + 1, const char *);
    for (unsigned i = 0; i < file->folders_count; i++) {
        folders[i] = file->folders[i];
        if (folders[i][0] != '/')
            return fail_field(e, "deploy.folders", ERR_BAD_CONFIG,
                              "deploy.folders: '%s' is not an absolute path",
                              "deploy.folders:“%s”不是绝对路径", folders[i]);
    }
    config->deploy.policy.folders = folders;
    return read_commands(a, file, &config->deploy, e);
}

const struct config_section config_deploy = {
    .name = "deploy",
    .schema = {CYAML_VALUE_MAPPING(CONFIG_OPTIONAL, struct file_deploy, fields)},
    .read = read_deploy,
};
