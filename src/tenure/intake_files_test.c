/* Finding certificates in the folders of other tools. */
#include "base/file.h"
#include "tenure/intake_files.h"
#include "unit.h"
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

struct tree {
    struct arena *arena;
    char root[64];
};

static int make_root(void **state) {
    struct tree *t = calloc(1, sizeof *t);
    t->arena = arena_new();
    snprintf(t->root, sizeof t->root, "/tmp/tenure-intake-XXXXXX");
    *state = t;
    return mkdtemp(t->root) ? 0 : -1;
}

static int remove_root(void **state) {
    struct tree *t = *state;
    arena_free(t->arena);
    nftw(t->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(t);
    return 0;
}

static void put(struct tree *t, const char *path) {
    struct error e = {0};
    char *full = arena_printf(t->arena, "%s/%s", t->root, path);
    for (char *slash = full + strlen(t->root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = 0;
        mkdir(full, 0700);
        *slash = '/';
    }
    assert_ok(file_write_new(full, 0600, slice_str("-----BEGIN "), &e), e);
}

static void expect(struct tree *t, size_t index, const struct intake_file *files, const char *certificate,
                   const char *key) {
    assert_string_equal(files[index].certificate + strlen(t->root) + 1, certificate);
    if (key)
        assert_string_equal(files[index].key + strlen(t->root) + 1, key);
    else
        assert_null(files[index].key);
}

static void each_lineage_is_found_once_with_its_key(void **state) {
    struct tree *t = *state;
    struct error e = {0};
    struct intake_file *files;
    size_t count;
    put(t, "archive/a.example/fullchain1.pem");
    put(t, "live/a.example/fullchain.pem");
    put(t, "live/a.example/cert.pem");
    put(t, "live/a.example/privkey.pem");
    put(t, "acme/b.example_ecc/fullchain.cer");
    put(t, "acme/b.example_ecc/b.example.key");
    put(t, "plain/c.crt");
    put(t, "plain/c.key");
    put(t, "plain/d.p12");
    put(t, "plain/readme.txt");
    assert_ok(intake_find(t->arena, t->root, NULL, &files, &count, &e), e);
    assert_int_equal(count, 4);
    expect(t, 0, files, "acme/b.example_ecc/fullchain.cer", "acme/b.example_ecc/b.example.key");
    expect(t, 1, files, "live/a.example/fullchain.pem", "live/a.example/privkey.pem");
    expect(t, 2, files, "plain/c.crt", "plain/c.key");
    expect(t, 3, files, "plain/d.p12", NULL);
}

static void an_empty_folder_is_an_error(void **state) {
    struct tree *t = *state;
    struct error e = {0};
    struct intake_file *files;
    size_t count;
    assert_fails(intake_find(t->arena, t->root, NULL, &files, &count, &e), e, ERR_NOT_FOUND);
}

static void what_stands_around_pem_blocks_may_be_in_any_encoding(void **state) {
    struct tree *t = *state;
    struct error e = {0};
    const char *certificate = arena_printf(t->arena, "%s/a.pem", t->root),
               *key = arena_printf(t->arena, "%s/a.key", t->root);
    assert_ok(file_write_new(certificate, 0600, slice_str("caf\xe9\n-----BEGIN "), &e), e);
    assert_ok(file_write_new(key, 0600, slice_str("\xc3\xa9\xff\n-----BEGIN "), &e), e);
    json_t *body = json_keep(t->arena, json_object());
    assert_ok(intake_body(t->arena, &(struct intake_file){certificate, key}, body, &e), e);
    assert_string_equal(json_string_value(json_object_get(body, "certificate")), "caf?\n-----BEGIN ");
    assert_string_equal(json_string_value(json_object_get(body, "key")), "???\n-----BEGIN ");
}

#define tree_test(f) cmocka_unit_test_setup_teardown(f, make_root, remove_root)

TEST_MAIN(intake_files, tree_test(each_lineage_is_found_once_with_its_key),
          tree_test(an_empty_folder_is_an_error),
          tree_test(what_stands_around_pem_blocks_may_be_in_any_encoding))
