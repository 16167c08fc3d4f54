/* tenure.yaml: the keys at its top, and its sections joined to one schema. */
#include "base/file.h"
#include "tenure/config_section.h"
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_PATH "/etc/tenure/tenure.yaml"
#define DEFAULT_DATA "/var/lib/tenure"

/* In the order in which complaints are made. */
/* clang-format off */
static const struct config_section *const sections[] = {
    &config_ca,
    &config_deploy,
    &config_dns,
    &config_outbound,
    &config_payment,
    &config_probe,
    &config_responder,
    &config_smtp,
    &config_validation,
};
/* clang-format on */

enum { SECTIONS = sizeof sections / sizeof *sections };

/* The file as it stands; pointers are optional. */
struct file {
    char *listen, *public_url, *data, *log_level;
    unsigned *web_processes, *workers;
    void *section[SECTIONS];
};

static const cyaml_schema_field_t fields[] = {
    CYAML_FIELD_STRING_PTR("listen", CONFIG_OPTIONAL, struct file, listen, 1, 64),
    CYAML_FIELD_STRING_PTR("public_url", CONFIG_OPTIONAL, struct file, public_url, 1, 256),
    CYAML_FIELD_STRING_PTR("data", CONFIG_OPTIONAL, struct file, data, 1, 4096),
    CYAML_FIELD_STRING_PTR("log_level", CONFIG_OPTIONAL, struct file, log_level, 1, 16),
    CYAML_FIELD_UINT_PTR("web_processes", CONFIG_OPTIONAL, struct file, web_processes),
    CYAML_FIELD_UINT_PTR("workers", CONFIG_OPTIONAL, struct file, workers),
};

enum { FIELDS = sizeof fields / sizeof *fields };

/* ---- for the sections ---- */

const cyaml_schema_value_t config_text = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 4096),
};

int64_t config_number(const unsigned *value, int64_t missing) {
    return value ? (int64_t)*value : missing;
}

bool config_in_range(const char *field, int64_t value, int64_t least, int64_t most, struct error *e) {
    if (value >= least && value <= most)
        return true;
    return fail_field(e, field, ERR_BAD_CONFIG, "%s: %lld is not between %lld and %lld",
                      "%s:%lld 不在 %lld 到 %lld 之间", field, (long long)value, (long long)least,
                      (long long)most);
}

bool config_at_key(const char *key, bool good, struct error *e) {
    if (good)
        return true;
    e->id = ERR_BAD_CONFIG;
    snprintf(e->field, sizeof e->field, "%s", key);
    return false;
}

/* ---- values ---- */

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
    return config_in_range("listen", config->port, 0, 65535, e);
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

static bool read_sections(struct arena *a, const struct file *file, struct config *config, struct error *e) {
    for (size_t i = 0; i < SECTIONS; i++) {
        const struct config_section *section = sections[i];
        const void *values = file->section[i] ? file->section[i] : arena_alloc(a, section->schema.data_size);
        if (!section->read(a, values, config, e))
            return false;
    }
    return true;
}

/* The keys at the top and one mapping a section. */
static const cyaml_schema_value_t *whole_schema(struct arena *a) {
    cyaml_schema_field_t *all = ARENA_ARRAY(a, FIELDS + SECTIONS + 1, cyaml_schema_field_t);
    memcpy(all, fields, sizeof fields);
    for (size_t i = 0; i < SECTIONS; i++)
        all[FIELDS + i] = (cyaml_schema_field_t){
            .key = sections[i]->name,
            .value = sections[i]->schema,
            .data_offset = (uint32_t)(offsetof(struct file, section) + i * sizeof(void *)),
        };
    const cyaml_schema_value_t schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, all)};
    return arena_copy(a, &schema, sizeof schema);
}

static bool read_file(struct arena *a, const char *path, struct file **file, struct error *e) {
    struct slice text;
    if (!path && access(DEFAULT_PATH, F_OK) != 0)
        return *file = ARENA_NEW(a, struct file), true;
    path = path ? path : DEFAULT_PATH;
    return file_read(a, path, YAML_FILE_MAX, &text, e) &&
           yaml_load(a, path, text, whole_schema(a), (void **)file, e);
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
        !read_sections(a, file, config, e) || !check_public_url(file->public_url, e))
        return false;
    config->data = absolute_path(a, data ? data : file->data ? file->data : DEFAULT_DATA);
    config->profiles = profiles_beside(a, path);
    config->public_url = file->public_url;
    config->web_processes = config_number(file->web_processes, 2);
    config->workers = config_number(file->workers, 2);
    return config_in_range("web_processes", config->web_processes, 1, 16, e) &&
           config_in_range("workers", config->workers, 1, 16, e);
}
