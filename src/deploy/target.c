/* Targets: what a person may configure, presets, and to which certificate a target is bound. */
#include "deploy/deploy_db.h"
#include <stdio.h>
#include <stdlib.h>

enum { NAME_MAX_BYTES = 100, HTTPS_PORT = 443, PORT_DIGITS = 5 };

/* ---- kinds: one file target_kind.c, its line here, and in meson.build ---- */

extern const struct target_ops target_file;
static const struct target_ops *const kinds[] = {&target_file};

const struct target_ops *target_ops_find(const char *kind) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i]->kind, kind) == 0)
            return kinds[i];
    return NULL;
}

bool target_ops_of(const struct target *target, const struct target_ops **ops, struct error *e) {
    const char *kind = target->kind ? target->kind : "";
    *ops = target_ops_find(kind);
    return *ops || fail_field(e, "kind", ERR_BAD_FIELD, "there is no kind of target '%s'",
                              "没有部署目标类型“%s”", kind);
}

/* ---- presets: what one usually wants of a server ---- */

static const struct preset {
    const char *name, *test_command, *reload_command;
    const char *contents[2]; /* of the files, in their order */
} presets[] = {
    {"nginx", "nginx-test", "nginx-reload", {"fullchain", "key"}},
    {"apache", "apache-test", "apache-reload", {"fullchain", "key"}},
    {"haproxy", "haproxy-test", "haproxy-reload", {"combined"}},
    {"postfix", "postfix-test", "postfix-reload", {"fullchain", "key"}},
    {"dovecot", "dovecot-test", "dovecot-reload", {"fullchain", "key"}},
    {"caddy", "caddy-test", "caddy-reload", {"fullchain", "key"}},
};

static const struct preset *preset_find(const char *name) {
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
        if (strcmp(presets[i].name, name) == 0)
            return &presets[i];
    return NULL;
}

bool target_apply_preset(struct arena *a, const char *name, struct target *target, struct error *e) {
    const struct preset *preset = preset_find(name);
    json_t *files;
    if (!preset)
        return fail_field(e, "preset", ERR_BAD_FIELD, "there is no preset '%s'", "没有预设“%s”", name);
    if (!json_read(a, slice_str(target->files), &files, e))
        return false;
    for (size_t i = 0; i < sizeof preset->contents / sizeof *preset->contents && preset->contents[i]; i++) {
        json_t *file = json_array_get(files, i);
        if (json_is_object(file) && !json_object_get(file, "content"))
            json_object_set_new(file, "content", json_string(preset->contents[i]));
    }
    target->files = json_text(a, files, false);
    if (!target->test_command)
        target->test_command = preset->test_command;
    if (!target->reload_command)
        target->reload_command = preset->reload_command;
    return true;
}

/* ---- what is possible ---- */

bool failed_field(struct error *e, const char *field) {
    snprintf(e->field, sizeof e->field, "%s", field);
    return false;
}

static bool parse_port(const char *text, uint16_t *port) {
    size_t digits = strspn(text, "0123456789");
    long value = digits && digits <= PORT_DIGITS && !text[digits] ? strtol(text, NULL, 10) : 0;
    *port = (uint16_t)value;
    return value > 0 && value <= UINT16_MAX;
}

bool probe_address_parse(struct arena *a, const char *address, const char **host, uint16_t *port,
                         struct error *e) {
    bool bracketed = address[0] == '[';
    const char *begin = address + bracketed, *end = begin + strcspn(begin, bracketed ? "]" : ":");
    const char *rest = bracketed && *end ? end + 1 : end;
    *host = arena_strndup(a, begin, (size_t)(end - begin));
    *port = HTTPS_PORT;
    bool plain = end > begin && !strpbrk(*host, " /@") && (!bracketed || *end == ']');
    if (plain && (!*rest || (*rest == ':' && parse_port(rest + 1, port))))
        return true;
    return fail(e, ERR_BAD_FIELD, "'%s' is not ADDRESS:PORT", "“%s”不是 地址:端口", address);
}

static bool check_name(const struct target *target, struct error *e) {
    const char *name = target->name ? target->name : "";
    bool printable = true;
    for (const char *p = name; *p; p++)
        printable &= (unsigned char)*p >= ' ' && *p != 0x7f;
    return (printable && *name && strlen(name) <= NAME_MAX_BYTES) ||
           fail_field(e, "name", ERR_BAD_FIELD,
                      "a target has a name of 1 to %d bytes, without control characters",
                      "部署目标的名称应为 1 到 %d 字节,不含控制字符", NAME_MAX_BYTES);
}

static bool check_probe(struct arena *a, const struct target *target, struct error *e) {
    const char *host;
    uint16_t port;
    return !target->probe_address || probe_address_parse(a, target->probe_address, &host, &port, e) ||
           failed_field(e, "probe_address");
}

static bool check_server_name(struct arena *a, const struct target *target, struct error *e) {
    const char *normal;
    return !target->server_name || name_normalise(a, target->server_name, false, &normal, e) ||
           failed_field(e, "server_name");
}

bool target_check(const struct deploy_settings *settings, struct arena *a, const struct target *target,
                  struct error *e) {
    const struct target_ops *ops;
    return check_name(target, e) && check_probe(a, target, e) && check_server_name(a, target, e) &&
           target_ops_of(target, &ops, e) && ops->check(settings, a, target, e);
}

bool target_take_files(struct db *db, struct arena *a, const struct target *target, struct error *e) {
    const struct target_ops *ops;
    const char **paths = NULL;
    size_t count = 0;
    if (!target_ops_of(target, &ops, e) ||
        (ops->paths && !target->deleted_at && !ops->paths(a, target, &paths, &count, e)))
        return false;
    return target_db_take_files(db, a, target, paths, count, e);
}

/* ---- binding ---- */

static bool count_target(const struct services *services, struct arena *a, const char *account_id,
                         const char *certificate_id, int64_t difference, struct error *e) {
    struct certificate c;
    const struct profile *profile;
    if (!certificate_get(services->db, a, account_id, certificate_id, &c, e) ||
        !certificate_profile(services->policies, &c, &profile, e))
        return false;
    c.target_count += difference;
    return certificate_store(services->db, a, profile, &c, e);
}

bool target_bind(const struct services *services, struct arena *a, struct target *target,
                 const char *certificate_id, struct error *e) {
    const char *old = target->certificate_id;
    /* The old one may have been deleted by force. */
    if (old && !count_target(services, a, target->account_id, old, -1, e) && e->id != ERR_NOT_FOUND)
        return false;
    error_clear(e);
    target->certificate_id = certificate_id;
    return !certificate_id || count_target(services, a, target->account_id, certificate_id, 1, e);
}
