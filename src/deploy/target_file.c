/*
 * Targets of kind file: a set of files on this machine, a configuration test and a reload, both commands that
 * are known by name. `files` is JSON: [{"path": "/etc/…", "content": "fullchain", "mode": "0644", "owner":
 * "user:group"}], mode and owner optional; what holds the key is 0600 always.
 */
#include "deploy/deploy_db.h"
#include "issue/ca.h"
#include "pki/pem.h"
#include "signer/signer.h"
#include <stdlib.h>

enum { MODE_DEFAULT = 0644, MODE_KEY = 0600, MODE_MOST = 0664, OUTPUT_QUOTED = 200 };

/* ---- what a file may hold: parts in this order ---- */

enum part { PART_LEAF, PART_CHAIN, PART_KEY, PART_ROOT, PART_COUNT };
#define BIT(part) (1u << (part))

static const struct content {
    const char *name;
    unsigned parts;
} contents[] = {
    {"cert", BIT(PART_LEAF)},
    {"chain", BIT(PART_CHAIN)},
    {"fullchain", BIT(PART_LEAF) | BIT(PART_CHAIN)},
    {"key", BIT(PART_KEY)},
    {"combined", BIT(PART_LEAF) | BIT(PART_CHAIN) | BIT(PART_KEY)},
    {"root", BIT(PART_ROOT)},
};

static const struct content *content_find(const char *name) {
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++)
        if (strcmp(contents[i].name, name) == 0)
            return &contents[i];
    return NULL;
}

/* ---- reading what was configured ---- */

/* A file of the JSON as it stands there. */
struct file_entry {
    const char *path, *content, *mode, *owner;
};

static const struct field entry_fields[] = {
    FIELD(TEXT, file_entry, path, FIELD_REQUIRED, "Path", "路径"),
    FIELD(TEXT, file_entry, content, FIELD_REQUIRED, "Content", "内容"),
    FIELD(TEXT, file_entry, mode, 0, "Mode, octal", "权限(八进制)"),
    FIELD(TEXT, file_entry, owner, 0, "user:group", "用户:组"),
    FIELD_END,
};

struct configured {
    struct fileset set;
    struct fileset_file files[FILESET_FILES_MAX];
    unsigned parts[FILESET_FILES_MAX];
    unsigned all_parts;
};

static bool bad_files(struct error *e, const char *en, const char *zh, const char *object) {
    return fail_field(e, "files", ERR_BAD_FIELD, en, zh, object);
}

static bool read_content(const struct file_entry *entry, unsigned *parts, struct error *e) {
    const struct content *content = content_find(entry->content);
    *parts = content ? content->parts : 0;
    return content ||
           bad_files(e, "'%s' is no content: cert, chain, fullchain, key, combined, root",
                     "内容“%s”无效:应为 cert、chain、fullchain、key、combined 或 root", entry->content);
}

static bool read_mode(const struct file_entry *entry, unsigned parts, int *mode, struct error *e) {
    bool has_key = parts & BIT(PART_KEY);
    char *end = NULL;
    *mode = has_key ? MODE_KEY : MODE_DEFAULT;
    if (!entry->mode)
        return true;
    long value = strtol(entry->mode, &end, 8);
    if (*end || value < 0 || (value & MODE_KEY) != MODE_KEY || (value & ~MODE_MOST))
        return bad_files(e, "'%s' is not a mode such as 0644", "“%s”不是有效的权限,例如 0644", entry->mode);
    if (has_key && value != MODE_KEY)
        return bad_files(e, "%s holds the key: its mode is 0600", "%s 含有私钥,权限必须为 0600", entry->path);
    *mode = (int)value;
    return true;
}

static bool path_is_new(const struct configured *c, const char *path, struct error *e) {
    for (size_t i = 0; i < c->set.count; i++)
        if (strcmp(c->files[i].path, path) == 0)
            return bad_files(e, "%s is there twice", "%s 重复", path);
    return true;
}

static bool read_entry(struct arena *a, const json_t *json, struct configured *c, struct error *e) {
    struct file_entry entry = {.path = NULL};
    struct fileset_file *file = &c->files[c->set.count];
    unsigned *parts = &c->parts[c->set.count];
    if (!json_to_row(a, json, entry_fields, &entry, e) || !read_content(&entry, parts, e) ||
        !read_mode(&entry, *parts, &file->mode, e) || !path_is_new(c, entry.path, e))
        return false;
    file->path = entry.path;
    file->owner = entry.owner;
    c->all_parts |= *parts;
    c->set.count++;
    return true;
}

static bool configured_read(struct arena *a, const struct target *target, struct configured *c,
                            struct error *e) {
    json_t *files;
    *c = (struct configured){.set = {.target = target->id, .files = c->files}};
    if (!json_read(a, slice_str(target->files), &files, e))
        return false;
    size_t count = json_array_size(files);
    if (count < 1 || count > FILESET_FILES_MAX)
        return fail_field(e, "files", ERR_BAD_FIELD, "a target has 1 to %d files",
                          "部署目标应有 1 到 %d 个文件", FILESET_FILES_MAX);
    for (size_t i = 0; i < count; i++)
        if (!read_entry(a, json_array_get(files, i), c, e))
            return false;
    return true;
}

static bool file_paths(struct arena *a, const struct target *target, const char ***paths, size_t *count,
                       struct error *e) {
    struct configured c;
    if (!configured_read(a, target, &c, e))
        return false;
    *count = c.set.count;
    *paths = ARENA_ARRAY(a, *count, const char *);
    for (size_t i = 0; i < *count; i++)
        (*paths)[i] = c.files[i].path;
    return true;
}

static bool file_gives_chain(struct arena *a, const struct target *target) {
    struct configured c;
    struct error ignored;
    return configured_read(a, target, &c, &ignored) && (c.all_parts & BIT(PART_CHAIN));
}

/* ---- is it allowed? The runner asks again, about the folder that the path leads to in the end ---- */

static bool lies_in(const char *path, const char *folder) {
    size_t len = strlen(folder);
    while (len && folder[len - 1] == '/')
        len--;
    return strncmp(path, folder, len) == 0 && path[len] == '/' && path[len + 1];
}

static bool check_path(const struct runner_policy *policy, const char *path, struct error *e) {
    bool plain = path[0] == '/' && !strstr(path, "//") && !strstr(path, "/./") && !strstr(path, "/../") &&
                 strrchr(path, '/')[1] != '.';
    for (size_t i = 0; plain && policy->folders[i]; i++)
        if (lies_in(path, policy->folders[i]))
            return true;
    return fail_field(e, "files", ERR_PATH_NOT_ALLOWED, "%s is not a path in an allowed folder",
                      "%s 不是允许目录内的路径", path);
}

static bool check_command(const struct runner_policy *policy, const char *field, const char *name,
                          struct error *e) {
    const struct runner_command *command;
    return !name || runner_command_find(policy, name, &command, e) || failed_field(e, field);
}

static bool file_check(const struct deploy_settings *settings, struct arena *a, const struct target *target,
                       struct error *e) {
    const struct runner_policy *policy = &settings->policy;
    struct configured c;
    if (!configured_read(a, target, &c, e))
        return false;
    for (size_t i = 0; i < c.set.count; i++)
        if (!check_path(policy, c.files[i].path, e))
            return false;
    return check_command(policy, "test_command", target->test_command, e) &&
           check_command(policy, "reload_command", target->reload_command, e);
}

/* ---- the material of a version ---- */

struct material {
    struct slice parts[PART_COUNT];
};

/* The parts one behind the other, in memory that is wiped. */
static struct slice compose(struct arena *a, const struct material *m, unsigned parts) {
    size_t len = 0, at = 0;
    for (size_t i = 0; i < PART_COUNT; i++)
        len += parts & BIT(i) ? m->parts[i].len : 0;
    struct secret *text = secret_new(a, NULL, len);
    for (size_t i = 0; i < PART_COUNT; i++) {
        size_t part_len = parts & BIT(i) ? m->parts[i].len : 0;
        if (part_len)
            memcpy(secret_bytes(text) + at, m->parts[i].p, part_len);
        at += part_len;
    }
    return secret_slice(text);
}

static bool load_key(struct work *w, const struct version *version, struct slice *pem, struct error *e) {
    struct held_key held;
    struct secret *pkcs8;
    if (!version->key_id)
        return fail(e, ERR_NO_KEY_HELD, "Tenure does not hold the key of version %s",
                    "Tenure 没有保管版本 %s 的私钥", version->id);
    if (!held_key_get(w->db, w->arena, version->account_id, version->key_id, &held, e))
        return false;
    struct key_ref key = {
        .id = held.id, .account_id = held.account_id, .purpose = PURPOSE_LEAF, .sealed = held.sealed};
    if (!signer_open(w->services->signer, w->arena, &key, &pkcs8, e))
        return false;
    size_t size = pem_size("PRIVATE KEY", secret_len(pkcs8));
    struct secret *text = secret_new(w->arena, NULL, size);
    pem_write("PRIVATE KEY", secret_slice(pkcs8), (char *)secret_bytes(text));
    *pem = slice_of(secret_bytes(text), size - 1);
    return true;
}

/* The root that has signed the top of what is served: the chain may hold it, else it is one of the local
 * CA's. */
static bool load_root(struct work *w, const struct version *version, const struct material *m,
                      struct slice *pem, struct error *e) {
    struct cert *chain;
    size_t count;
    const char *root;
    struct slice both = compose(w->arena, m, BIT(PART_LEAF) | BIT(PART_CHAIN));
    if (!cert_list_from_pem(w->arena, both, IMPORT_CERTS_MAX, &chain, &count, e) ||
        !ca_root_above(w->services, w->arena, version->account_id, &chain[count - 1], &root, e))
        return false;
    bool given = !root && chain[count - 1].self_issued;
    *pem = slice_str(given ? cert_to_pem(w->arena, chain[count - 1].der) : root);
    return root || given ||
           fail(e, ERR_NOT_FOUND, "the root above version %s is not known", "未知版本 %s 的根证书",
                version->id);
}

static bool material_load(struct work *w, const struct version *version, unsigned parts, struct material *m,
                          struct error *e) {
    struct slice der;
    const char *chain;
    *m = (struct material){.parts = {{NULL, 0}}};
    if (!version_material(w->db, w->arena, version, &der, &chain, e))
        return false;
    m->parts[PART_LEAF] = slice_str(cert_to_pem(w->arena, der));
    m->parts[PART_CHAIN] = slice_str(chain);
    return (!(parts & BIT(PART_ROOT)) || load_root(w, version, m, &m->parts[PART_ROOT], e)) &&
           (!(parts & BIT(PART_KEY)) || load_key(w, version, &m->parts[PART_KEY], e));
}

static bool configured_fill(struct work *w, const struct version *version, struct configured *c,
                            struct error *e) {
    struct material m;
    if (!material_load(w, version, c->all_parts, &m, e))
        return false;
    for (size_t i = 0; i < c->set.count; i++)
        c->files[i].content = compose(w->arena, &m, c->parts[i]);
    return true;
}

/* ---- commands ---- */

static const struct text before = TEXT("before anything was changed", "更改之前");
static const struct text with_new_files = TEXT("with the new files", "使用新文件时");
static const struct text with_old_files = TEXT("with the old files", "恢复旧文件后");

static bool run(struct work *w, const char *command, enum error_id id, const struct text *when,
                struct error *e) {
    struct child_result result;
    if (!command)
        return true;
    if (!runner_run(w->services->runner, w->arena, command, NULL, &result, e))
        return false;
    if (result.timed_out)
        return fail(e, id, "%s%.0s, '%s' took too long: %s", "%.0s%s,“%s”超时:%s", when->in[LANG_EN],
                    when->in[LANG_ZH], command, child_last_words(w->arena, result.output, OUTPUT_QUOTED));
    return result.exit_status == 0 ||
           fail(e, id, "%s%.0s, '%s' ended with status %d: %s", "%.0s%s,“%s”的退出状态为 %d:%s",
                when->in[LANG_EN], when->in[LANG_ZH], command, result.exit_status,
                child_last_words(w->arena, result.output, OUTPUT_QUOTED));
}

static bool test(struct work *w, const struct target *target, const struct text *when, struct error *e) {
    return run(w, target->test_command, ERR_CONFIGURATION_TEST_FAILED, when, e);
}

static bool reload(struct work *w, const struct target *target, const struct text *when, struct error *e) {
    return run(w, target->reload_command, ERR_RELOAD_FAILED, when, e);
}

/* ---- put, keep, back ---- */

static bool bring_back(struct work *w, const struct target *target, const struct fileset *set,
                       struct error *e) {
    return runner_back(w->services->runner, set, e) && reload(w, target, &with_old_files, e);
}

/* False with the error that made it necessary, and with what became of the old files. */
static bool undo(struct work *w, const struct target *target, const struct fileset *set, struct error *e) {
    const struct error cause = *e;
    struct error trouble;
    if (bring_back(w, target, set, &trouble))
        return fail(e, cause.id, "%s%.0s; the old files are live again", "%.0s%s;旧文件已恢复并生效",
                    cause.detail[LANG_EN], cause.detail[LANG_ZH]);
    return fail(e, cause.id, "%.230s%.0s; bringing the old files back failed as well: %.200s%.0s",
                "%.0s%.230s;恢复旧文件也失败了:%.0s%.200s", cause.detail[LANG_EN], cause.detail[LANG_ZH],
                trouble.detail[LANG_EN], trouble.detail[LANG_ZH]);
}

/* A server that nothing was put to yet may lack just these files: then the test that follows counts alone. */
static bool test_before(struct work *w, const struct target *target, struct error *e) {
    if (test(w, target, &before, e))
        return true;
    if (target->version_id || e->id != ERR_CONFIGURATION_TEST_FAILED)
        return false;
    error_clear(e);
    return true;
}

/*
 * An earlier attempt may have been killed with its files in place, or was given up for this one: nobody has
 * seen them work, so the last verified ones come back first. Then the first test is about the configuration
 * as it was.
 */
static bool file_put(struct work *w, const struct target *target, const struct version *version,
                     struct error *e) {
    struct runner *runner = w->services->runner;
    struct configured c;
    if (!configured_read(w->arena, target, &c, e) || !configured_fill(w, version, &c, e) ||
        !runner_back(runner, &c.set, e) || !test_before(w, target, e) || !runner_put(runner, &c.set, e))
        return false;
    return (test(w, target, &with_new_files, e) && reload(w, target, &with_new_files, e)) ||
           undo(w, target, &c.set, e);
}

static bool file_keep(struct work *w, const struct target *target, struct error *e) {
    struct configured c;
    return configured_read(w->arena, target, &c, e) && runner_keep(w->services->runner, &c.set, e);
}

static bool file_back(struct work *w, const struct target *target, struct error *e) {
    struct configured c;
    return configured_read(w->arena, target, &c, e) && bring_back(w, target, &c.set, e);
}

const struct target_ops target_file = {
    .kind = "file",
    .check = file_check,
    .paths = file_paths,
    .gives_chain = file_gives_chain,
    .put = file_put,
    .keep = file_keep,
    .back = file_back,
};
