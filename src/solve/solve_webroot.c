/*
 * Kind `webroot`: a file below the root of a web server, written by the runner, which knows the folders that
 * it may write to. A file set that is put and never kept: bringing the old set back is taking it away.
 */
#include "runner/runner.h"
#include "solve/solve.h"

struct webroot {
    const char *root;
};

static const struct field fields[] = {
    FIELD(TEXT, webroot, root, FIELD_REQUIRED | FIELD_NOT_NULL,
          "Root folder of the web server, with .well-known/acme-challenge in it",
          "网站根目录,其中须有 .well-known/acme-challenge 目录"),
    FIELD_END,
};

static bool check(const struct services *services, const void *settings, struct error *e) {
    const struct webroot *w = settings;
    (void)services;
    return w->root[0] == '/' ||
           fail_field(e, "root", ERR_BAD_FIELD, "'%s' is not an absolute path", "“%s”不是绝对路径", w->root);
}

/* A token was found to be base64url before; the runner looks at the whole path. */
static const char *place_of(const struct services *services, struct arena *a, const struct solution *s,
                            const void *settings) {
    const struct webroot *w = settings;
    (void)services;
    return arena_printf(a, "%s/.well-known/acme-challenge/%s", strcmp(w->root, "/") == 0 ? "" : w->root,
                        s->token);
}

static struct fileset set_of(const struct solution *s, struct fileset_file *file) {
    *file = (struct fileset_file){.path = s->place, .mode = 0644, .content = slice_str(s->key_authorization)};
    return (struct fileset){.target = s->id, .files = file, .count = 1};
}

static bool place(struct solving *s, struct error *e) {
    struct fileset_file file;
    const struct fileset set = set_of(s->solution, &file);
    return runner_put(s->services->runner, &set, e);
}

static bool take_away(struct solving *s, struct error *e) {
    struct fileset_file file;
    const struct fileset set = set_of(s->solution, &file);
    return runner_back(s->services->runner, &set, e);
}

const struct solver_ops solve_webroot = {
    .kind = "webroot",
    .title = TEXT("A file in the root folder of a web server", "网站根目录中的文件"),
    .types = 1u << CHALLENGE_HTTP_01,
    .shared = true,
    .settings = fields,
    .settings_size = sizeof(struct webroot),
    .check = check,
    .place_of = place_of,
    .place = place,
    .remove = take_away,
};
