/*
 * Hooks of other tools, called as their documentation says. A worker chooses among the arguments of the
 * convention; which program they go to, and that it takes any, stands in the policy.
 */
#include "runner/hook.h"
#include "base/buf.h"
#include "base/file.h"
#include <sys/stat.h>

enum { ACTIONS_MAX = 2, ENVIRONMENT_FILE_MAX = 64 * 1024, ENVIRONMENT_LINES_MAX = 64 };

struct convention {
    const char *name;
    size_t least, most;                   /* arguments */
    const char *actions[ACTIONS_MAX + 1]; /* what the first one may be */
};

static const struct convention conventions[] = {
    /* --manual-auth-hook, --manual-cleanup-hook: all by variables CERTBOT_… */
    {"certbot", 0, 0, {NULL}},
    /* ACTION DOMAIN TOKEN VALUE, with HOOK_CHAIN=no */
    {"dehydrated", 4, 4, {"deploy_challenge", "clean_challenge"}},
    /* DNS provider exec: ACTION FQDN. VALUE; with EXEC_MODE=RAW: ACTION -- DOMAIN TOKEN KEY_AUTHORIZATION */
    {"lego", 3, 5, {"present", "cleanup"}},
    /* dnsapi, by the script below: ACTION FQDN VALUE */
    {"acmesh", 3, 3, {"add", "rm"}},
};

/*
 * The functions of dnsapi/ need those of acme.sh, which does what its arguments say when it is read: here it
 * sets up its paths and account.conf. $1 folder, $2 dns_NAME, then the arguments of the call: all that we or
 * a CA say stays an argument, nothing of it becomes text of the script.
 */
static const char acmesh_script[] = "export LE_WORKING_DIR=\"$1\"\n"
                                    ". \"$1/acme.sh\" _initpath >/dev/null\n"
                                    ". \"$1/dnsapi/$2.sh\" && \"${2}_$3\" \"$4\" \"$5\"\n";

const char *const *runner_acmesh_argv(struct arena *a, const char *folder, const char *dnsapi) {
    const char *const argv[] = {"bash", "-c", acmesh_script, "acme.sh", folder, dnsapi, NULL};
    return arena_copy(a, argv, sizeof argv);
}

static const struct convention *convention_of(const char *name) {
    for (size_t i = 0; i < sizeof conventions / sizeof *conventions; i++)
        if (strcmp(conventions[i].name, name) == 0)
            return &conventions[i];
    return NULL;
}

bool runner_hook_exists(const char *name) {
    return convention_of(name) != NULL;
}

/* ---- the call ---- */

static bool is_printable(const char *argument) {
    size_t len = 0;
    while (argument[len] >= ' ' && argument[len] < 0x7f)
        len++;
    return len && !argument[len] && len <= RUNNER_ARG_MAX;
}

static bool is_action(const struct convention *convention, const char *argument) {
    for (size_t i = 0; i < ACTIONS_MAX && convention->actions[i]; i++)
        if (strcmp(convention->actions[i], argument) == 0)
            return true;
    return false;
}

static bool check_arguments(const struct convention *convention, const struct runner_call *call,
                            struct error *e) {
    size_t count = child_count(call->args);
    if (count < convention->least || count > convention->most)
        return fail(e, ERR_COMMAND_NOT_ALLOWED, "a hook of %s does not take %zu arguments",
                    "%s 钩子不接受 %zu 个参数", convention->name, count);
    for (size_t i = 0; i < count; i++)
        if (!is_printable(call->args[i]))
            return fail(e, ERR_COMMAND_NOT_ALLOWED, "argument %zu is empty, too long or not printable",
                        "第 %zu 个参数为空、过长或含不可打印字符", i + 1);
    return !count || is_action(convention, call->args[0]) ||
           fail(e, ERR_COMMAND_NOT_ALLOWED, "a hook of %s knows no '%s'", "%s 钩子没有“%s”操作",
                convention->name, call->args[0]);
}

/* PATH, LD_PRELOAD and their like would make another program of an allowed one. */
static bool variable_is_harmless(const char *variable) {
    static const char *const prefixes[] = {"TENURE_", "CERTBOT_", "RENEWED_", "LEGO_"};
    size_t name_len = strcspn(variable, "=");
    if (!variable[name_len] || strspn(variable, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != name_len)
        return false;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(variable, prefixes[i], strlen(prefixes[i])) == 0)
            return strlen(variable) <= RUNNER_VARIABLE_MAX;
    return false;
}

static bool check_variables(const char *const env[], struct error *e) {
    size_t count = child_count(env);
    for (size_t i = 0; i < count; i++)
        if (!variable_is_harmless(env[i]))
            return fail(e, ERR_COMMAND_NOT_ALLOWED, "the variable '%.64s' is not passed to commands",
                        "不能向命令传递变量“%.64s”", env[i]);
    return count <= RUNNER_ENV_MAX || fail(e, ERR_COMMAND_NOT_ALLOWED, "a command gets at most %d variables",
                                           "传递给命令的变量不能超过 %d 个", RUNNER_ENV_MAX);
}

bool hook_check(const struct runner_command *command, const struct runner_call *call, struct error *e) {
    if (!check_variables(call->env, e))
        return false;
    if (!call->hook && !command->hook)
        return !call->args || fail(e, ERR_COMMAND_NOT_ALLOWED, "the command '%s' takes no arguments",
                                   "命令“%s”不接受参数", command->name);
    const struct convention *convention = call->hook ? convention_of(call->hook) : NULL;
    if (!convention || !command->hook || strcmp(call->hook, command->hook) != 0)
        return fail(e, ERR_COMMAND_NOT_ALLOWED,
                    "the command '%s' is called as hook '%s', but configured as '%s'",
                    "命令“%s”以“%s”钩子方式调用,但配置为“%s”", command->name, call->hook ? call->hook : "",
                    command->hook ? command->hook : "");
    return check_arguments(convention, call, e);
}

const char *const *hook_argv(struct arena *a, const struct runner_command *command,
                             const struct runner_call *call) {
    size_t own = child_count(command->argv), given = child_count(call->args);
    const char **argv = ARENA_ARRAY(a, own + given + 1, const char *);
    memcpy(argv, command->argv, own * sizeof *argv);
    if (given)
        memcpy(argv + own, call->args, given * sizeof *argv);
    return argv;
}

/* ---- the environment file ---- */

static bool is_name(const char *line, size_t len) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
    size_t rest = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");
    return len && rest == len && strchr(letters, line[0]);
}

static const char *unquoted(struct arena *a, const char *value) {
    size_t len = strlen(value);
    bool quoted = len >= 2 && (value[0] == '"' || value[0] == '\'') && value[len - 1] == value[0];
    return quoted ? arena_strndup(a, value + 1, len - 2) : value;
}

/* One line without its end; what is empty or begins with '#' says nothing. */
static bool read_line(struct arena *a, char *line, size_t number, const char **variable, const char **value,
                      struct error *e) {
    line += strspn(line, " \t");
    line[strcspn(line, "\r")] = '\0';
    *variable = NULL;
    if (!*line || *line == '#')
        return true;
    size_t name = strcspn(line, "=");
    if (!line[name] || !is_name(line, name))
        return fail(e, ERR_BAD_CONFIG, "line %zu of the environment file is not NAME=value",
                    "环境变量文件第 %zu 行不是“名称=值”格式", number);
    *value = unquoted(a, line + name + 1);
    *variable = arena_printf(a, "%.*s=%s", (int)name, line, *value);
    return true;
}

/* Of the others a hook may have to print some for its clean-up, such as a zone. */
static bool is_secret(const char *variable) {
    static const char *const words[] = {"PASS", "PWD", "SECRET", "TOKEN", "KEY", "CREDENTIAL", "AUTH"};
    size_t name = strcspn(variable, "=");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *found = strcasestr(variable, words[i]);
        if (found && (size_t)(found - variable) < name)
            return true;
    }
    return false;
}

bool hook_read_environment(struct arena *a, const char *text, struct hook_environment *environment,
                           struct error *e) {
    const char **variables = ARENA_ARRAY(a, ENVIRONMENT_LINES_MAX + 1, const char *);
    const char **values = ARENA_ARRAY(a, ENVIRONMENT_LINES_MAX + 1, const char *);
    const char **secrets = ARENA_ARRAY(a, ENVIRONMENT_LINES_MAX + 1, const char *);
    char *rest = arena_strdup(a, text), *line;
    size_t count = 0, secret_count = 0;
    *environment = (struct hook_environment){.variables = variables, .values = values, .secrets = secrets};
    for (size_t number = 1; (line = strsep(&rest, "\n")); number++) {
        const char *variable, *value = NULL;
        if (!read_line(a, line, number, &variable, &value, e))
            return false;
        if (variable && count == ENVIRONMENT_LINES_MAX)
            return fail(e, ERR_BAD_CONFIG, "the environment file has more than %d variables",
                        "环境变量文件中的变量超过 %d 个", ENVIRONMENT_LINES_MAX);
        if (!variable)
            continue;
        variables[count] = variable;
        values[count++] = value;
        if (is_secret(variable))
            secrets[secret_count++] = value;
    }
    return true;
}

/* What others could write to would let them run anything; what they can read is no secret. */
static bool check_mode(const char *path, struct error *e) {
    struct stat st;
    if (stat(path, &st) < 0)
        return fail_errno(e, ERR_SYSTEM, path);
    return !(st.st_mode & (S_IRWXO | S_IWGRP)) ||
           fail(e, ERR_BAD_CONFIG, "'%s' holds secrets, but is open to others (mode %03o): chmod 600",
                "“%s”含有机密,但其他用户可以访问(权限 %03o):请执行 chmod 600", path, st.st_mode & 0777);
}

static bool read_file(struct arena *a, const char *path, struct hook_environment *file, struct error *e) {
    struct slice text;
    *file = (struct hook_environment){0};
    if (!path)
        return true;
    if (!check_mode(path, e) || !file_read(a, path, ENVIRONMENT_FILE_MAX, &text, e))
        return false;
    if (strlen((const char *)text.p) != text.len)
        return fail(e, ERR_BAD_CONFIG, "'%s' has a NUL in it", "“%s”中有 NUL 字符", path);
    return hook_read_environment(a, (const char *)text.p, file, e);
}

bool hook_environment(struct arena *a, const struct runner_command *command, const struct runner_call *call,
                      struct hook_environment *environment, struct error *e) {
    if (!read_file(a, command->environment_file, environment, e))
        return false;
    environment->variables = child_environment(a, environment->variables, call->env);
    return true;
}
