/* client.yaml. */
#include "tenure/client_config.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/yaml.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#define DEFAULT_URL "http://127.0.0.1:8420"

struct client_file {
    char *url, *key;
};

static const cyaml_schema_field_t fields[] = {
    CYAML_FIELD_STRING_PTR("url", CYAML_FLAG_POINTER, struct client_file, url, 1, 256),
    CYAML_FIELD_STRING_PTR("key", CYAML_FLAG_POINTER, struct client_file, key, 1, 256),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct client_file, fields),
};

static const char *config_folder(struct arena *a) {
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (xdg && *xdg)
        return arena_printf(a, "%s/tenure", xdg);
    return arena_printf(a, "%s/.config/tenure", home && *home ? home : "/root");
}

static bool read_stored(struct arena *a, struct client_config *config, struct error *e) {
    const char *path = arena_printf(a, "%s/client.yaml", config_folder(a));
    struct stat st;
    if (stat(path, &st) < 0)
        return errno == ENOENT || errno == ENOTDIR || fail_errno(e, ERR_SYSTEM, path);
    if (st.st_mode & 077)
        return fail(e, ERR_BAD_CONFIG, "%s can be read by others; run: chmod 600 %s",
                    "其他用户可以读取 %s;请运行:chmod 600 %s", path, path);
    struct slice text;
    struct client_file *file;
    if (!file_read(a, path, 4096, &text, e) || !yaml_load(a, path, text, &schema, (void **)&file, e))
        return false;
    config->url = file->url;
    config->key = secret_new(a, file->key, strlen(file->key));
    return true;
}

bool client_config_read(struct arena *a, struct client_config *config, struct error *e) {
    const char *url = getenv("TENURE_URL"), *key = getenv("TENURE_KEY");
    *config = (struct client_config){.url = DEFAULT_URL};
    if (!read_stored(a, config, e)) {
        if (!(key && *key))
            return false;
        error_clear(e); /* a program that has its key needs nothing that is stored */
    }
    if (url && *url)
        config->url = url;
    if (key && *key)
        config->key = secret_new(a, key, strlen(key));
    return true;
}

/* mkdir -p for the last two folders: ~/.config may be missing on a new machine. */
static bool make_folder(struct arena *a, const char *folder, struct error *e) {
    const char *slash = strrchr(folder, '/');
    mkdir(arena_strndup(a, folder, (size_t)(slash - folder)), 0700);
    if (mkdir(folder, 0700) < 0 && errno != EEXIST)
        return fail_errno(e, ERR_SYSTEM, folder);
    return true;
}

bool client_config_write(struct arena *a, const struct client_config *config, const char **path,
                         struct error *e) {
    const char *folder = config_folder(a);
    struct buf b = buf_new(a, 2048);
    *path = arena_printf(a, "%s/client.yaml", folder);
    buf_printf(&b, "url: %s\nkey: ", config->url);
    buf_add(&b, secret_bytes(config->key), secret_len(config->key));
    buf_char(&b, '\n');
    return make_folder(a, folder, e) && file_replace(*path, 0600, buf_slice(&b), e);
}
