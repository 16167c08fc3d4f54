/*
 * Finding certificates below a folder. In each folder one certificate file counts, the first that is there:
 * fullchain.pem (certbot, uacme calls it cert.pem), fullchain.cer (acme.sh), cert.pem; beside it the key.
 * Other PEM, CRT and PKCS#12 files are taken one by one, with NAME.key beside NAME.crt.
 */
#include "tenure/intake_files.h"
#include "base/file.h"
#include <dirent.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 6, FILE_BYTES_MAX = 256 * 1024 };

struct search {
    struct arena *arena;
    struct intake_file *files;
    size_t count, cap;
};

static bool is_file(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool is_folder(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void add(struct search *s, const char *certificate, const char *key) {
    if (s->count == INTAKE_FILES_MAX)
        return;
    if (s->count == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 64;
        struct intake_file *files = ARENA_ARRAY(s->arena, s->cap, struct intake_file);
        if (s->count)
            memcpy(files, s->files, s->count * sizeof *files);
        s->files = files;
    }
    s->files[s->count++] = (struct intake_file){certificate, key};
}

static const char *first_there(struct arena *a, const char *folder, const char *const *names) {
    for (; *names; names++) {
        const char *path = arena_printf(a, "%s/%s", folder, *names);
        if (is_file(path))
            return path;
    }
    return NULL;
}

/* A folder that holds one certificate under the names that tools use. */
static bool add_lineage(struct search *s, const char *folder) {
    static const char *const certificates[] = {"fullchain.pem", "fullchain.cer", "cert.pem", "tls.crt", NULL};
    static const char *const keys[] = {"privkey.pem", "key.pem", "tls.key", NULL};
    const char *certificate = first_there(s->arena, folder, certificates), *name = strrchr(folder, '/');
    if (!certificate)
        return false;
    const char *key = first_there(s->arena, folder, keys);
    if (!key) { /* acme.sh: NAME.key in the folder NAME or NAME_ecc */
        const char *own =
            arena_printf(s->arena, "%s/%.*s.key", folder, (int)strcspn(name + 1, "_"), name + 1);
        key = is_file(own) ? own : NULL;
    }
    add(s, certificate, key);
    return true;
}

static bool has_suffix(const char *name, const char *suffix) {
    size_t n = strlen(name), m = strlen(suffix);
    return n > m && strcmp(name + n - m, suffix) == 0;
}

static void add_single(struct search *s, const char *path) {
    static const char *const suffixes[] = {".pem", ".crt", ".cer", ".p12", ".pfx", NULL};
    for (size_t i = 0; suffixes[i]; i++) {
        if (!has_suffix(path, suffixes[i]))
            continue;
        const char *key = arena_printf(s->arena, "%.*s.key", (int)(strlen(path) - strlen(suffixes[i])), path);
        add(s, path, is_file(key) ? key : NULL);
        return;
    }
}

static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int not_hidden(const struct dirent *entry) {
    /* certbot's archive holds every old generation of what is in live */
    return entry->d_name[0] != '.' && strcmp(entry->d_name, "archive") != 0;
}

static void search_folder(struct search *s, const char *folder, int depth) {
    struct dirent **entries;
    bool lineage = add_lineage(s, folder);
    int count = depth < DEPTH_MAX ? scandir(folder, &entries, not_hidden, by_name) : -1;
    if (count < 0)
        return;
    for (int i = 0; i < count; i++) {
        const char *path = arena_printf(s->arena, "%s/%s", folder, entries[i]->d_name);
        free(entries[i]);
        if (is_folder(path))
            search_folder(s, path, depth + 1);
        else if (!lineage)
            add_single(s, path);
    }
    free(entries);
}

bool intake_find(struct arena *a, const char *path, const char *key, struct intake_file **files,
                 size_t *count, struct error *e) {
    struct search s = {.arena = a};
    if (is_folder(path))
        search_folder(&s, path, 0);
    else
        add(&s, path, key);
    *files = s.files;
    *count = s.count;
    return s.count || fail(e, ERR_NOT_FOUND, "no certificate below %s", "%s 中没有证书", path);
}

/* PEM is ASCII. What stands around its blocks may be in any encoding, and JSON takes UTF-8 only. */
static json_t *pem_text(struct arena *a, struct slice content) {
    char *text = arena_copy(a, content.p, content.len);
    for (size_t i = 0; i < content.len; i++)
        if (text[i] & 0x80)
            text[i] = '?';
    return json_stringn(text, content.len);
}

static bool is_pem(struct slice content) {
    return memmem(content.p, content.len, "-----BEGIN ", 11) != NULL;
}

bool intake_body(struct arena *a, const struct intake_file *file, json_t *body, struct error *e) {
    struct slice content, key;
    if (!file_read(a, file->certificate, FILE_BYTES_MAX, &content, e))
        return false;
    if (is_pem(content)) {
        json_object_set_new(body, "certificate", pem_text(a, content));
    } else {
        size_t size = sodium_base64_encoded_len(content.len, sodium_base64_VARIANT_ORIGINAL);
        char *text = arena_alloc(a, size);
        sodium_bin2base64(text, size, content.p, content.len, sodium_base64_VARIANT_ORIGINAL);
        json_object_set_new(body, "certificate_base64", json_string(text));
    }
    if (!file->key)
        return true;
    if (!file_read(a, file->key, FILE_BYTES_MAX, &key, e))
        return false;
    json_object_set_new(body, "key", pem_text(a, key));
    return true;
}
