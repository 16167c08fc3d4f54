/* The runner of the simulation: file sets in memory, and commands that do nothing. Both fail on demand. */
#include "runner/runner_ops.h"
#include <search.h>
#include <stdlib.h>

/* NULL stands for a file that does not exist. */
struct content {
    size_t len;
    uint8_t bytes[];
};

struct fake_file {
    char *path;
    struct content *live, *old;
    bool kept; /* an old one, or that there was none */
};

struct fake {
    struct runner runner;
    runner_fake_before *before;
    void *context;
    void *files; /* a tree of struct fake_file by path (tsearch) */
};

static int by_path(const void *one, const void *two) {
    return strcmp(((const struct fake_file *)one)->path, ((const struct fake_file *)two)->path);
}

static void file_free(void *object) {
    struct fake_file *file = object;
    free(file->live);
    free(file->old);
    free(file->path);
    free(file);
}

static void files_free(void *object) {
    tdestroy(((struct fake *)object)->files, file_free);
}

static void *must(void *p) {
    if (!p)
        abort(); /* out of memory */
    return p;
}

static struct fake_file *find_or_add(struct fake *fake, const char *path) {
    struct fake_file key = {.path = (char *)path};
    void *node = tfind(&key, &fake->files, by_path);
    if (node)
        return *(struct fake_file **)node;
    struct fake_file *file = must(calloc(1, sizeof *file));
    file->path = must(strdup(path));
    must(tsearch(file, &fake->files, by_path));
    return file;
}

static struct content *content_new(struct slice s) {
    struct content *content = must(malloc(sizeof *content + s.len + 1));
    content->len = s.len;
    if (s.len)
        memcpy(content->bytes, s.p, s.len);
    return content;
}

static void put_file(struct fake_file *file, struct slice content) {
    if (file->kept)
        free(file->live);
    else
        file->old = file->live;
    file->kept = true;
    file->live = content_new(content);
}

static void back_file(struct fake_file *file, struct slice content) {
    (void)content;
    if (!file->kept)
        return;
    free(file->live);
    file->live = file->old;
    file->old = NULL;
    file->kept = false;
}

static void keep_file(struct fake_file *file, struct slice content) {
    (void)content;
    free(file->old);
    file->old = NULL;
    file->kept = false;
}

static bool may(const struct fake *fake, const char *call, const char *object, int *exit_status,
                struct error *e) {
    return !fake->before || fake->before(fake->context, call, object, exit_status, e);
}

static bool change(struct runner *r, const char *call, const struct fileset *set,
                   void (*change_file)(struct fake_file *, struct slice), struct error *e) {
    struct fake *fake = (struct fake *)r;
    int exit_status = 0;
    if (!may(fake, call, set->target, &exit_status, e))
        return false;
    for (size_t i = 0; i < set->count; i++)
        change_file(find_or_add(fake, set->files[i].path), set->files[i].content);
    return true;
}

static bool fake_put(struct runner *r, const struct fileset *set, struct error *e) {
    return change(r, "put", set, put_file, e);
}

static bool fake_back(struct runner *r, const struct fileset *set, struct error *e) {
    return change(r, "back", set, back_file, e);
}

static bool fake_keep(struct runner *r, const struct fileset *set, struct error *e) {
    return change(r, "keep", set, keep_file, e);
}

static bool fake_call(struct runner *r, struct arena *a, const struct runner_call *call,
                      struct child_result *result, struct error *e) {
    *result = (struct child_result){.output = arena_strdup(a, ""), .printed = arena_strdup(a, "")};
    return may((struct fake *)r, "command", call->command, &result->exit_status, e);
}

static const struct runner_ops fake_ops = {
    .put = fake_put,
    .back = fake_back,
    .keep = fake_keep,
    .call = fake_call,
};

struct runner *runner_fake(struct arena *a, runner_fake_before *before, void *context) {
    struct fake *fake = ARENA_NEW(a, struct fake);
    *fake = (struct fake){.runner.ops = &fake_ops, .before = before, .context = context};
    arena_defer(a, files_free, fake);
    return &fake->runner;
}

bool runner_fake_file(const struct runner *r, const char *path, struct slice *content) {
    const struct fake *fake = (const struct fake *)r;
    struct fake_file key = {.path = (char *)path};
    void *node = tfind(&key, &fake->files, by_path);
    const struct content *live = node ? (*(struct fake_file **)node)->live : NULL;
    if (live)
        *content = slice_of(live->bytes, live->len);
    return live != NULL;
}
