/*
 * Lists against a plain reading of the filter: whatever index they are answered from, the pages together must
 * hold the certificates that fit, in order, none twice.
 */
#include "certificate/list.h"
#include "certificate/world.h"
#include <stdlib.h>
#include <strings.h>

enum { MOST = 4000 };

/* ---- the certificates that lists are asked about ---- */

static struct certificate store(struct world *w, struct certificate c) {
    struct error e = {0};
    assert_ok(certificate_store(w->db, w->arena, world_profile(w), &c, &e), e);
    return c;
}

static void make_one(struct world *w, int i) {
    static const char *const kinds[] = {"official", "official", "official", "uploaded", "test"};
    static const char *const tags[] = {"", "Prod", "prod web", "staging"};
    static const int64_t left[] = {300 * DAY, 30 * DAY, 29 * DAY, 5 * DAY, 1, 0, -DAY, -100 * DAY};
    struct certificate like = {
        .kind = kinds[i % 5],
        .tags = tags[i % 4],
        .names = arena_printf(w->arena, i % 3 ? "h%d.shop.example.com" : "*.h%d.example.org", i),
        .account_id = i % 10 ? ACCOUNT : STRANGER,
    };
    struct certificate c = i % 7 ? world_issue(w, like, left[i % 8]) : world_order(w, like);
    if (i % 11 == 0)
        c.revoked_at = c.revoke_asked_at = NOW;
    if (i % 13 == 0)
        c.cancelled_at = NOW;
    if (i % 17 == 0)
        c.rejected_at = NOW;
    if (i % 19 == 0 && c.version_count)
        c.version_end = c.coverage_end - 100 * DAY; /* some of these have lapsed */
    store(w, c);
}

static void make_many(struct world *w, int count) {
    struct error e = {0};
    assert_ok(db_begin(w->db, &e), e);
    for (int i = 0; i < count; i++)
        make_one(w, i);
    assert_ok(db_commit(w->db, &e), e);
}

/* ---- the plain reading ---- */

static bool word_fits(const struct certificate *c, const char *word) {
    size_t len = strlen(word);
    const char *texts[] = {c->names, c->tags, c->serial};
    for (size_t i = 0; i < 3; i++)
        for (const char *p = texts[i]; p && *p; p++)
            if ((p == texts[i] || p[-1] == ' ' || p[-1] == '.') && strncasecmp(p, word, len) == 0)
                return true;
    return false;
}

static bool text_fits(const struct certificate *c, const char *text) {
    char word[64];
    int used;
    for (const char *p = text; sscanf(p, " %63s%n", word, &used) == 1; p += used)
        if (!word_fits(c, word))
            return false;
    return true;
}

static bool renewable(const struct world *w, const struct certificate *c) {
    struct error e;
    return action_allowed(ACTION_RENEW, c, world_profile(w), NOW, &e) ||
           action_allowed(ACTION_RENEW_EARLY, c, world_profile(w), NOW, &e) ||
           action_allowed(ACTION_REPLACE, c, world_profile(w), NOW, &e);
}

static bool expires_within(const struct certificate *c, int64_t days) {
    return c->phase == PHASE_VERSIONED && c->expires_at > NOW && (c->expires_at - NOW) / DAY <= days;
}

static bool fits(const struct world *w, const struct certificate *c, const struct certificate_filter *f) {
    return (!f->kind || strcmp(c->kind, f->kind) == 0) &&
           (!f->state || strcmp(state_row(certificate_state(c, NOW))->name, f->state) == 0) &&
           (!f->tag || words_have(c->tags, slice_str(f->tag))) && (!f->text || text_fits(c, f->text)) &&
           (!f->name || names_cover(c->names, f->name)) && (!f->renewable || renewable(w, c)) &&
           (f->days_left_max < 0 || expires_within(c, f->days_left_max));
}

static int by_age(const void *a, const void *b) {
    return strcmp(((const struct certificate *)b)->id, ((const struct certificate *)a)->id);
}

static int by_expiry(const void *a, const void *b) {
    const struct certificate *x = a, *y = b;
    int64_t x_end = x->expires_at ? x->expires_at : INT64_MAX,
            y_end = y->expires_at ? y->expires_at : INT64_MAX;
    return x_end == y_end ? strcmp(x->id, y->id) : x_end < y_end ? -1 : 1;
}

static struct certificate *all_of(struct world *w, size_t *count) {
    struct certificate *all;
    struct error e = {0};
    const char *id = NULL;
    *count = 0;
    all = ARENA_ARRAY(w->arena, MOST, struct certificate);
    for (;;) {
        assert_ok(db_text(w->db, w->arena, &id, &e,
                          "SELECT id FROM certificate WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT 1",
                          DB_TEXT(ACCOUNT), DB_TEXT(*count ? all[*count - 1].id : "")),
                  e);
        if (!id)
            return all;
        assert_ok(certificate_get_any(w->db, w->arena, id, &all[(*count)++], &e), e);
    }
}

/* ---- comparing ---- */

static size_t pages_of(struct world *w, struct certificate_filter f, const char **ids) {
    size_t total = 0, rounds = 0;
    struct error e = {0};
    do {
        struct certificate *items;
        size_t count;
        assert_ok(
            certificate_page(w->db, w->arena, &w->policies, ACCOUNT, &f, NOW, &items, &count, &f.cursor, &e),
            e);
        assert_true(count <= (size_t)(f.limit ? f.limit : LIST_LIMIT_DEFAULT));
        for (size_t i = 0; i < count; i++)
            ids[total++] = items[i].id;
        assert_true(++rounds < MOST);
    } while (f.cursor);
    return total;
}

static size_t assert_list(struct world *w, const struct certificate *all, size_t count,
                          struct certificate_filter f, bool expiry) {
    const char **ids = ARENA_ARRAY(w->arena, MOST, const char *);
    struct certificate *expected = ARENA_ARRAY(w->arena, count + 1, struct certificate);
    size_t expected_count = 0, found = pages_of(w, f, ids);
    for (size_t i = 0; i < count; i++)
        if (fits(w, &all[i], &f))
            expected[expected_count++] = all[i];
    qsort(expected, expected_count, sizeof *expected, expiry ? by_expiry : by_age);
    assert_int_equal(found, expected_count);
    for (size_t i = 0; i < found; i++)
        assert_string_equal(ids[i], expected[i].id);
    return found;
}

static void assert_in_both_orders(struct world *w, const struct certificate *all, size_t count,
                                  struct certificate_filter f) {
    f.sort = "created";
    assert_list(w, all, count, f, false);
    f.sort = "expiry";
    assert_list(w, all, count, f, true);
}

static void every_filter_gives_what_fits_in_both_orders(void **state) {
    struct world *w = *state;
    static const struct certificate_filter filters[] = {
        {.days_left_max = -1},
        {.days_left_max = -1, .kind = "uploaded"},
        {.days_left_max = -1, .tag = "PROD"},
        {.days_left_max = -1, .text = "shop"},
        {.days_left_max = -1, .text = "h1"},
        {.days_left_max = -1, .text = "Prod EXAMPLE.c"},
        {.days_left_max = -1, .text = "abc0"},
        {.days_left_max = -1, .text = "nowhere"},
        {.days_left_max = -1, .name = "h11.shop.example.com"},
        {.days_left_max = -1, .name = "www.h12.example.org"},
        {.days_left_max = -1, .name = "H12.example.org"},
        {.days_left_max = -1, .renewable = true},
        {.days_left_max = -1, .renewable = true, .kind = "uploaded"},
        {.days_left_max = -1, .renewable = true, .state = "expired"},
        {.days_left_max = -1, .renewable = true, .state = "pending_expiration", .text = "h"},
        {.days_left_max = 0},
        {.days_left_max = 29},
        {.days_left_max = 30, .state = "issued"},
        {.days_left_max = 30, .state = "rejected"},
        {.days_left_max = 30, .tag = "prod", .text = "example"},
    };
    size_t count;
    make_many(w, 260);
    const struct certificate *all = all_of(w, &count);
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        struct certificate_filter f = filters[i];
        f.limit = 9;
        assert_in_both_orders(w, all, count, f);
    }
}

static int by_id(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Whatever the order: a certificate with several such words comes once. */
static size_t assert_found(struct world *w, const struct certificate *all, size_t count,
                           struct certificate_filter f) {
    const char **ids = ARENA_ARRAY(w->arena, MOST, const char *);
    size_t found = pages_of(w, f, ids), expected = 0;
    qsort(ids, found, sizeof *ids, by_id);
    for (size_t i = 0; i < count; i++) {
        if (!fits(w, &all[i], &f))
            continue;
        assert_true(expected < found);
        assert_string_equal(ids[expected++], all[i].id);
    }
    assert_int_equal(found, expected);
    return found;
}

static void a_text_is_answered_by_the_words_found(void **state) {
    struct world *w = *state;
    static const struct certificate_filter filters[] = {
        {.days_left_max = -1, .text = "h1"},
        {.days_left_max = -1, .text = "shop"},
        {.days_left_max = -1, .text = "example"},
        {.days_left_max = -1, .text = "abc"},
        {.days_left_max = -1, .text = "Prod EXAMPLE.c"},
        {.days_left_max = -1, .text = "h web", .tag = "prod", .kind = "official"},
        {.days_left_max = -1, .text = "e", .sort = "word", .state = "issued"},
        {.days_left_max = 20, .text = "example", .sort = "word", .renewable = true},
        {.days_left_max = -1, .text = "nowhere"},
    };
    size_t count;
    make_many(w, 260);
    const struct certificate *all = all_of(w, &count);
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        struct certificate_filter f = filters[i];
        f.limit = 9;
        assert_found(w, all, count, f);
    }
}

static void names_that_begin_so_come_before_names_below(void **state) {
    struct world *w = *state;
    static const char *const names[] = {"www.shop.example.com", "shop.example.com shop.shop.example.com",
                                        "shopping.com", "other.com"};
    struct certificate_filter f = {.days_left_max = -1, .text = "shop", .limit = 1};
    const char *ids[4], *made[4];
    for (int i = 0; i < 4; i++)
        made[i] = world_order(w, (struct certificate){.names = names[i]}).id;
    assert_int_equal(pages_of(w, f, ids), 3);
    assert_string_equal(ids[0], made[1]);
    assert_string_equal(ids[1], made[2]);
    assert_string_equal(ids[2], made[0]);
}

static void every_state_is_a_filter(void **state) {
    struct world *w = *state;
    size_t count, found = 0;
    make_many(w, 260);
    const struct certificate *all = all_of(w, &count);
    for (enum certificate_state s = 0; s < STATE_COUNT; s++) {
        struct certificate_filter f = {.days_left_max = -1, .state = state_row(s)->name, .limit = 7};
        bool about_time = s == STATE_PENDING_EXPIRATION || s == STATE_EXPIRED;
        found += assert_list(w, all, count, f, about_time);
        f.sort = about_time ? "created" : "expiry";
        f.kind = "official";
        assert_list(w, all, count, f, !about_time);
    }
    assert_int_equal(found, count);
}

/* More than a page may read: the words are then no help, and the orders' own indexes are walked. */
static void frequent_words_are_answered_from_other_indexes(void **state) {
    struct world *w = *state;
    static const struct certificate_filter filters[] = {
        {.days_left_max = -1, .tag = "prod"},
        {.days_left_max = -1, .kind = "official"},
        {.days_left_max = -1, .text = "example"},
        {.days_left_max = -1, .text = "example shop", .state = "pending_expiration"},
        {.days_left_max = -1, .kind = "official", .state = "expired"},
        {.days_left_max = 30, .kind = "official"},
        {.days_left_max = -1, .text = "example", .renewable = true},
    };
    size_t count;
    make_many(w, 2300);
    const struct certificate *all = all_of(w, &count);
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        struct certificate_filter f = filters[i];
        f.limit = 300;
        assert_in_both_orders(w, all, count, f);
    }
    /* frequent each, never together: the work of a page ends long before its list does */
    struct certificate_filter none = {
        .days_left_max = -1, .text = "example prod staging h", .sort = "created"};
    struct certificate *items;
    struct error e = {0};
    assert_ok(certificate_page(w->db, w->arena, &w->policies, ACCOUNT, &none, NOW, &items, &count,
                               &none.cursor, &e),
              e);
    assert_int_equal(count, 0);
    assert_non_null(none.cursor);
}

static void pages_are_stable_under_inserts_and_deletions(void **state) {
    struct world *w = *state;
    static const char *const sorts[] = {"created", "expiry", "word"};
    make_many(w, 60);
    for (size_t i = 0; i < 3; i++) {
        struct certificate_filter f = {.days_left_max = -1, .sort = sorts[i], .text = "h", .limit = 20};
        const char **before = ARENA_ARRAY(w->arena, MOST, const char *);
        struct certificate *items;
        struct error e = {0};
        size_t total = pages_of(w, f, before), count;
        assert_ok(
            certificate_page(w->db, w->arena, &w->policies, ACCOUNT, &f, NOW, &items, &count, &f.cursor, &e),
            e);
        struct certificate newest =
            world_issue(w, (struct certificate){0}, -200 * DAY);                  /* first in both orders */
        assert_ok(certificate_delete(w->db, w->arena, &items[count - 1], &e), e); /* the cursor's own */
        const char **after = ARENA_ARRAY(w->arena, MOST, const char *);
        assert_int_equal(pages_of(w, f, after), total - 20);
        for (size_t j = 0; j < total - 20; j++)
            assert_string_equal(after[j], before[20 + j]);
        assert_ok(certificate_delete(w->db, w->arena, &newest, &e), e);
    }
}

static void the_last_page_has_no_cursor_even_if_it_is_full(void **state) {
    struct world *w = *state;
    struct certificate_filter f = {.days_left_max = -1, .limit = 3};
    struct certificate *items;
    struct error e = {0};
    size_t count;
    for (int i = 0; i < 3; i++)
        world_order(w, (struct certificate){0});
    assert_ok(
        certificate_page(w->db, w->arena, &w->policies, ACCOUNT, &f, NOW, &items, &count, &f.cursor, &e), e);
    assert_int_equal(count, 3);
    assert_null(f.cursor);
}

static void bad_filters_name_the_field(void **state) {
    struct world *w = *state;
    static const struct {
        struct certificate_filter filter;
        const char *field;
    } rows[] = {
        {{.kind = "Official", .days_left_max = -1}, "kind"},
        {{.state = "live", .days_left_max = -1}, "state"},
        {{.sort = "name", .days_left_max = -1}, "sort"},
        {{.text = "1 2 3 4 5 6 7 8 9", .days_left_max = -1}, "text"},
        {{.sort = "word", .days_left_max = -1}, "sort"},
        {{.cursor = "!", .days_left_max = -1}, "cursor"},
        {{.cursor = "", .days_left_max = -1}, "cursor"},
        {{.cursor = "dzEvY2VydF8wMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMC9h", .text = "a", .days_left_max = -1},
         "cursor"},                                                  /* w1/…/a */
        {{.cursor = "YzA", .days_left_max = -1}, "cursor"},          /* c0 */
        {{.cursor = "YzAvY2VydF8x", .days_left_max = -1}, "cursor"}, /* c0/cert_1 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct certificate *items;
        struct error e = {0};
        const char *next;
        size_t count;
        assert_fails(certificate_page(w->db, w->arena, &w->policies, ACCOUNT, &rows[i].filter, NOW, &items,
                                      &count, &next, &e),
                     e, ERR_BAD_FIELD);
        assert_string_equal(e.field, rows[i].field);
    }
}

static void a_cursor_belongs_to_its_order(void **state) {
    struct world *w = *state;
    struct certificate_filter f = {.days_left_max = -1, .limit = 1};
    struct certificate *items;
    struct error e = {0};
    size_t count;
    make_many(w, 5);
    assert_ok(
        certificate_page(w->db, w->arena, &w->policies, ACCOUNT, &f, NOW, &items, &count, &f.cursor, &e), e);
    f.sort = "expiry";
    assert_fails(
        certificate_page(w->db, w->arena, &w->policies, ACCOUNT, &f, NOW, &items, &count, &f.cursor, &e), e,
        ERR_BAD_FIELD);
}

/* ---- words ---- */

static void assert_terms(struct world *w, struct certificate c, const char *expected) {
    struct term_list list = terms_of(w->arena, &c);
    const char *text = "";
    for (size_t i = 0; i < list.count; i++)
        text = arena_printf(w->arena, "%s%s%s", text, i ? " " : "", list.terms[i]);
    assert_string_equal(text, expected);
}

static void a_certificate_is_found_by_names_suffixes_and_marks(void **state) {
    struct world *w = *state;
    assert_terms(w,
                 (struct certificate){.kind = "official",
                                      .names = "www.shop.example.com *.example.com 192.0.2.1",
                                      .tags = "Prod",
                                      .brand = "DigiCert",
                                      .serial = "0a",
                                      .fingerprint = "ff"},
                 "*.example.com .example.com .shop.example.com 0a 192.0.2.1 digicert ff kind:official prod "
                 "www.shop.example.com");
    assert_terms(w, (struct certificate){.kind = "pca", .names = "2001:db8::1"}, "2001:db8::1 kind:pca");
}

static void a_certificate_that_comes_twice_hides_no_other(void **state) {
    struct world *w = *state;
    static const char *const names[] = {"s1.com s2.com s3.com", "s4.com a.s6.com", "s5.com"};
    struct certificate_filter f = {.days_left_max = -1, .text = "s", .limit = 2};
    const char *ids[4], *made[3];
    for (int i = 0; i < 3; i++)
        made[i] = world_order(w, (struct certificate){.names = names[i]}).id;
    assert_int_equal(pages_of(w, f, ids), 3);
    for (int i = 0; i < 3; i++)
        assert_string_equal(ids[i], made[i]);
}

static void make_tagged(struct world *w, int count, const char *tags) {
    struct error e = {0};
    assert_ok(db_begin(w->db, &e), e);
    for (int i = 0; i < count; i++)
        world_order(w, (struct certificate){.tags = tags});
    assert_ok(db_commit(w->db, &e), e);
}

/* The rarest word is gone through, and the cursor remembers which one that was. */
static void a_word_that_becomes_frequent_does_not_change_the_order(void **state) {
    struct world *w = *state;
    struct certificate_filter f = {.days_left_max = -1, .text = "alpha bet", .limit = 4};
    const char *ids[MOST];
    struct certificate *items;
    struct error e = {0};
    size_t count;
    make_tagged(w, 10, "alpha beta");
    make_tagged(w, 3, "alpha before beta between");
    assert_ok(
        certificate_page(w->db, w->arena, &w->policies, ACCOUNT, &f, NOW, &items, &count, &f.cursor, &e), e);
    assert_int_equal(count, 4);
    make_tagged(w, 500, "alpha");
    assert_int_equal(pages_of(w, f, ids), 9);
}

/* Two roads to one answer: a row is asked for a word, and the stored words are. */
static void rows_fit_exactly_the_words_that_are_stored_of_them(void **state) {
    struct world *w = *state;
    static const char *const words[] = {"www",         "shop", "example", "com",  "*",     "*.e", ".e",
                                        "example.com", "prod", "PROD",    "digi", "0A",    "f",   "ff",
                                        "x",           "192",  "168",     "0.2",  "kind:o"};
    const struct certificate c = {.kind = "official",
                                  .names = "www.shop.example.com *.example.com 192.0.2.1 ::168",
                                  .tags = "Prod x.y.z",
                                  .brand = "DigiCert",
                                  .serial = "0a",
                                  .fingerprint = "ff"};
    struct term_list list = terms_of(w->arena, &c);
    size_t found = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct term_range range = term_beginning(w->arena, words[i]);
        assert_int_equal(term_fits(&c, &range), term_first(&list, &range) != NULL);
        found += term_fits(&c, &range);
    }
    assert_int_equal(found, 16);
}

/* Where most rows are read in vain, only some columns are looked at first. */
static void one_among_many_is_found_by_each_of_its_words(void **state) {
    struct world *w = *state;
    enum { MANY = 40, ONE = 30 };
    struct certificate one = {0};
    for (int i = 0; i < MANY; i++) {
        struct certificate like = {.names = arena_printf(w->arena, "h%d.shop.example.com", i),
                                   .brand = "Common"};
        if (i == ONE)
            like.brand = "Rare", like.tags = "prod", like.kind = "test";
        struct certificate c = world_issue(w, like, DAY);
        one = i == ONE ? c : one;
    }
    const char *const words[] = {one.serial, one.fingerprint, "rare", "prod", "kind:test", "h30"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const char *ids[MOST] = {NULL};
        struct certificate_filter f = {.days_left_max = -1};
        f.text = arena_printf(w->arena, "shop.example.com %s", words[i]);
        assert_int_equal(pages_of(w, f, ids), 1);
        assert_string_equal(ids[0], one.id);
    }
}

static int64_t terms_like(struct world *w, const char *term) {
    struct error e = {0};
    int64_t count;
    assert_ok(
        db_int(w->db, &count, 0, &e, "SELECT COUNT(*) FROM certificate_term WHERE term = $1", DB_TEXT(term)),
        e);
    return count;
}

static void words_follow_every_change(void **state) {
    struct world *w = *state;
    struct error e = {0};
    struct certificate c = world_issue(w, (struct certificate){.tags = "prod"}, DAY);
    const char *serial = c.serial;
    assert_ok(certificate_set_tags(w->db, w->arena, &c, "staging", &e), e);
    assert_int_equal(terms_like(w, "prod"), 0);
    assert_int_equal(terms_like(w, "staging"), 1);
    assert_ok(certificate_set_names(w->db, w->arena, &c, "*.example.org", &e), e);
    assert_int_equal(terms_like(w, ".example.com"), 0);
    assert_int_equal(terms_like(w, ".example.org"), 1);
    struct cert leaf = world_leaf(w, c.names, NOW, NOW + DAY);
    struct new_version v = {.leaf = &leaf};
    struct version stored;
    assert_ok(version_add(w->db, w->arena, world_profile(w), &c, &v, NOW, &stored, &e), e);
    assert_int_equal(terms_like(w, serial), 0);
    assert_int_equal(terms_like(w, leaf.serial), 1);
    assert_int_equal(terms_like(w, "staging"), 1);
}

#define world_test(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)

TEST_MAIN(list, world_test(every_filter_gives_what_fits_in_both_orders),
          world_test(a_text_is_answered_by_the_words_found),
          world_test(names_that_begin_so_come_before_names_below),
          world_test(a_certificate_that_comes_twice_hides_no_other),
          world_test(a_word_that_becomes_frequent_does_not_change_the_order),
          world_test(rows_fit_exactly_the_words_that_are_stored_of_them),
          world_test(one_among_many_is_found_by_each_of_its_words), world_test(every_state_is_a_filter),
          world_test(frequent_words_are_answered_from_other_indexes),
          world_test(pages_are_stable_under_inserts_and_deletions),
          world_test(the_last_page_has_no_cursor_even_if_it_is_full), world_test(bad_filters_name_the_field),
          world_test(a_cursor_belongs_to_its_order),
          world_test(a_certificate_is_found_by_names_suffixes_and_marks),
          world_test(words_follow_every_change))
