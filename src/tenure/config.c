/* tenure.yaml: schema, defaults, and what must be true of the values. */
#include "tenure/config.h"
#include "base/file.h"
#include "base/yaml.h"
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_PATH "/etc/tenure/tenure.yaml"
#define DEFAULT_DATA "/var/lib/tenure"

/* The file as it stands; pointers are optional. */
struct file_command {
    char *name;
    char **argv;
    unsigned argv_count;
    unsigned *timeout_seconds;
};

struct file_ca {
    char *key_algorithm;
    unsigned *backdate_seconds;
};

struct file_deploy {
    char **folders;
    unsigned folders_count;
    struct file_command *commands;
    unsigned commands_count;
};

struct file_outbound {
    char **allow;
    unsigned allow_count;
};

struct file_probe {
    unsigned *timeout_seconds;
};

struct file {
    char *listen, *public_url, *data, *log_level;
    unsigned *web_processes, *workers;
    struct file_ca *ca;
    struct file_deploy *deploy;
    struct file_outbound *outbound;
    struct file_probe *probe;
};

#define OPTIONAL CYAML_FLAG_POINTER_NULL | CYAML_FLAG_OPTIONAL

static const cyaml_schema_value_t text_entry = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 4096),
};

static const cyaml_schema_field_t command_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct file_command, name, 1, 64),
    CYAML_FIELD_SEQUENCE("argv", CYAML_FLAG_POINTER, struct file_command, argv, &text_entry, 1, 64),
    CYAML_FIELD_UINT_PTR("timeout_seconds", OPTIONAL, struct file_command, timeout_seconds),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t command_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_command, command_fields),
};

static const cyaml_schema_field_t ca_fields[] = {
    CYAML_FIELD_STRING_PTR("key_algorithm", OPTIONAL, struct file_ca, key_algorithm, 1, 16),
    CYAML_FIELD_UINT_PTR("backdate_seconds", OPTIONAL, struct file_ca, backdate_seconds),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t deploy_fields[] = {
    CYAML_FIELD_SEQUENCE("folders", OPTIONAL, struct file_deploy, folders, &text_entry, 0, 64),
    CYAML_FIELD_SEQUENCE("commands", OPTIONAL, struct file_deploy, commands, &command_entry, 0, 64),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t outbound_fields[] = {
    CYAML_FIELD_SEQUENCE("allow", OPTIONAL, struct file_outbound, allow, &text_entry, 0, 64),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t probe_fields[] = {
    CYAML_FIELD_UINT_PTR("timeout_seconds", OPTIONAL, struct file_probe, timeout_seconds),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t fields[] = {
    CYAML_FIELD_STRING_PTR("listen", OPTIONAL, struct file, listen, 1, 64),
    CYAML_FIELD_STRING_PTR("public_url", OPTIONAL, struct file, public_url, 1, 256),
    CYAML_FIELD_STRING_PTR("data", OPTIONAL, struct file, data, 1, 4096),
    CYAML_FIELD_STRING_PTR("log_level", OPTIONAL, struct file, log_level, 1, 16),
    CYAML_FIELD_UINT_PTR("web_processes", OPTIONAL, struct file, web_processes),
    CYAML_FIELD_UINT_PTR("workers", OPTIONAL, struct file, workers),
    CYAML_FIELD_MAPPING_PTR("ca", OPTIONAL, struct file, ca, ca_fields),
    CYAML_FIELD_MAPPING_PTR("deploy", OPTIONAL, struct file, deploy, deploy_fields),
    CYAML_FIELD_MAPPING_PTR("outbound", OPTIONAL, struct file, outbound, outbound_fields),
    CYAML_FIELD_MAPPING_PTR("probe", OPTIONAL, struct file, probe, probe_fields),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, fields),
};

/* ---- values ---- */

static int64_t number_or(const unsigned *value, int64_t missing) {
    return value ? (int64_t)*value : missing;
}

static bool in_range(const char *field, int64_t value, int64_t least, int64_t most, struct error *e) {
    if (value >= least && value <= most)
        return true;
    return fail_field(e, field, ERR_BAD_CONFIG, "%s: %lld is not between %lld and %lld",
                      "%s:%lld 不在 %lld 到 %lld 之间", field, (long long)value, (long long)least,
                      (long long)most);
}

/* ADDRESS:PORT. Anything other than loopback would need TLS, which the daemon does not speak yet. */
static bool read_listen(struct arena *a, const char *listen, struct config *config, struct error *e) {
    const char *colon = strrchr(listen, ':');
    char *end;
    if (!colon || !colon[1])
        return fail_field(e, "listen", ERR_BAD_CONFIG, "listen: '%s' is not ADDRESS:PORT",
                          "listen:“%s”不是 地址:端口", listen);
    config->address = arena_strndup(a, listen, (size_t)(colon - listen));
    config->port = strtol(colon + 1, &end, 10);
    if (*end)
        return fail_field(e, "listen", ERR_BAD_CONFIG, "listen: '%s' is not a port", "listen:“%s”不是端口",
                          colon + 1);
    if (strncmp(config->address, "127.", 4) != 0)
        return fail_field(
            e, "listen", ERR_BAD_CONFIG,
            "listen: %s is not a loopback address; plain HTTP is served there only. Put a TLS proxy in front",
            "listen:%s 不是回环地址;明文 HTTP 只能监听回环地址,请在前面放置 TLS 代理", config->address);
    return in_range("listen", config->port, 0, 65535, e);
}

/* It goes into every certificate as it stands: a URL of visible ASCII. */
static bool check_public_url(const char *url, struct error *e) {
    bool good = !url || ((strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0) &&
                         strchr(url, ':')[3]);
    for (const char *c = url; good && c && *c; c++)
        good = *c > ' ' && *c < 0x7f;
    return good ||
           fail_field(e, "public_url", ERR_BAD_CONFIG, "public_url: '%s' is not an http or https address",
                      "public_url:“%s”不是 http 或 https 地址", url);
}

static bool read_log_level(const char *name, enum log_level *level, struct error *e) {
    static const struct {
        const char *name;
        enum log_level level;
    } levels[] = {{"error", LOG_ERROR}, {"warning", LOG_WARNING}, {"info", LOG_INFO}, {"debug", LOG_DEBUG}};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (strcmp(levels[i].name, name) == 0) {
            *level = levels[i].level;
            return true;
        }
    return fail_field(e, "log_level", ERR_BAD_CONFIG,
                      "log_level: '%s' is none of error, warning, info, debug",
                      "log_level:“%s”不是 error、warning、info、debug 之一", name);
}

static bool read_ca(const struct file_ca *ca, struct issue_settings *issue, struct error *e) {
    const char *name = ca && ca->key_algorithm ? ca->key_algorithm : "p256";
    issue->ca_algorithm = key_algorithm_parse(name);
    issue->backdate_seconds = number_or(ca ? ca->backdate_seconds : NULL, 60);
    if (issue->ca_algorithm == KEY_UNKNOWN || issue->ca_algorithm == KEY_RSA_OTHER)
        return fail_field(e, "ca.key_algorithm", ERR_BAD_CONFIG, "ca.key_algorithm: '%s' is unknown",
                          "ca.key_algorithm:未知的算法“%s”", name);
    return in_range("ca.backdate_seconds", issue->backdate_seconds, 0, DAY, e);
}

static bool read_commands(struct arena *a, const struct file_deploy *file, struct deploy_settings *deploy,
                          struct error *e) {
    struct runner_command *commands = ARENA_ARRAY(a, file->commands_count, struct runner_command);
    for (unsigned i = 0; i < file->commands_count; i++) {
        const struct file_command *c = &file->commands[i];
        const char **argv = ARENA_ARRAY(a, c->argv_count + 1, const char *);
        for (unsigned k = 0; k < c->argv_count; k++)
            argv[k] = c->argv[k];
        int64_t seconds = number_or(c->timeout_seconds, 30);
        if (!in_range("deploy.commands.timeout_seconds", seconds, 1, 600, e))
            return false;
        commands[i] =
            (struct runner_command){.name = c->name, .argv = argv, .timeout_ms = (int)seconds * 1000};
    }
    deploy->policy.commands = commands;
    deploy->policy.command_count = file->commands_count;
    return true;
}

static bool read_deploy(struct arena *a, const struct file_deploy *file, struct deploy_settings *deploy,
                        struct error *e) {
    static const struct file_deploy none;
    file = file ? file : &none;
    const char **folders = ARENA_ARRAY(a, file->folders_count + 1, const char *);
    for (unsigned i = 0; i < file->folders_count; i++) {
        folders[i] = file->folders[i];
        if (folders[i][0] != '/')
            return fail_field(e, "deploy.folders", ERR_BAD_CONFIG,
                              "deploy.folders: '%s' is not an absolute path",
                              "deploy.folders:“%s”不是绝对路径", folders[i]);
    }
    deploy->policy.folders = folders;
    return read_commands(a, file, deploy, e);
}

static bool read_outbound(struct arena *a, const struct file_outbound *file, struct outbound_policy *policy,
                          struct error *e) {
    size_t count = file ? file->allow_count : 0;
    struct cidr *allow = ARENA_ARRAY(a, count, struct cidr);
    for (size_t i = 0; i < count; i++)
        if (!cidr_parse(file->allow[i], &allow[i], e))
            return false;
    *policy = (struct outbound_policy){.allow = allow, .count = count};
    return true;
}

static bool read_file(struct arena *a, const char *path, struct file **file, struct error *e) {
    struct slice text;
    if (!path && access(DEFAULT_PATH, F_OK) != 0)
        return *file = ARENA_NEW(a, struct file), true;
    path = path ? path : DEFAULT_PATH;
    return file_read(a, path, YAML_FILE_MAX, &text, e) && yaml_load(a, path, text, &schema, (void **)file, e);
}

/* A folder `profiles` beside the configuration adds policy profiles or replaces built-in ones. */
static const char *profiles_beside(struct arena *a, const char *path) {
    struct stat st;
    path = path ? path : DEFAULT_PATH;
    const char *slash = strrchr(path, '/');
    const char *folder =
        arena_printf(a, "%.*s/profiles", slash ? (int)(slash - path) : 1, slash ? path : ".");
    char *absolute = stat(folder, &st) == 0 && S_ISDIR(st.st_mode) ? realpath(folder, NULL) : NULL;
    const char *copy = arena_strdup(a, absolute);
    free(absolute);
    return copy;
}

/* The roles change to the data folder: its path must mean the same there. */
static const char *absolute_path(struct arena *a, const char *path) {
    if (path[0] == '/')
        return path;
    char *here = getcwd(NULL, 0);
    const char *absolute = arena_printf(a, "%s/%s", here ? here : "", path);
    free(here);
    return absolute;
}

bool config_load(struct arena *a, const char *path, const char *data, struct config *config,
                 struct error *e) {
    struct file *file;
    *config = (struct config){.log_level = LOG_INFO};
    if (!read_file(a, path, &file, e) ||
        !read_listen(a, file->listen ? file->listen : "127.0.0.1:8420", config, e) ||
        !read_log_level(file->log_level ? file->log_level : "info", &config->log_level, e) ||
        !read_ca(file->ca, &config->issue, e) || !read_deploy(a, file->deploy, &config->deploy, e) ||
        !read_outbound(a, file->outbound, &config->outbound, e) || !check_public_url(file->public_url, e))
        return false;
    config->data = absolute_path(a, data ? data : file->data ? file->data : DEFAULT_DATA);
    config->profiles = profiles_beside(a, path);
    config->public_url = file->public_url;
    config->web_processes = number_or(file->web_processes, 2);
    config->workers = number_or(file->workers, 2);
    config->probe_timeout_ms = number_or(file->probe ? file->probe->timeout_seconds : NULL, 10) * 1000;
    return in_range("web_processes", config->web_processes, 1, 16, e) &&
           in_range("workers", config->workers, 1, 16, e) &&
           in_range("probe.timeout_seconds", config->probe_timeout_ms / 1000, 1, 120, e);
}
