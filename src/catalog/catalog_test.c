/* catalog: the built-in brands, a folder's brands, and what is refused. */
#include "base/file.h"
#include "catalog/catalog.h"
#include "policy/policy_files.h"
#include "unit.h"
#include <stdlib.h>
#include <unistd.h>

static struct arena *arena;
static struct policies policies;

static int load_policies(void **state) {
    (void)state;
    struct error e = {0};
    arena = arena_new();
    return policy_load(arena, NULL, &policies, &e) ? 0 : -1;
}

static int drop_policies(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

static bool load_with(const char *text, struct catalog *catalog, struct error *e) {
    char *folder = arena_strdup(arena, "/tmp/catalog_test.XXXXXX");
    assert_non_null(mkdtemp(folder));
    const char *path = arena_printf(arena, "%s/" CATALOG_FILE, folder);
    assert_ok(file_write_new(path, 0600, slice_str(text), e), *e);
    bool ok = catalog_load(arena, folder, &policies, catalog, e);
    unlink(path);
    rmdir(folder);
    return ok;
}

static void every_profile_has_a_brand_that_it_renews(void **state) {
    (void)state;
    struct catalog catalog;
    struct error e = {0};
    assert_ok(catalog_load(arena, NULL, &policies, &catalog, &e), e);
    assert_int_equal(catalog.count, policies.count);
    for (size_t i = 0; i < policies.count; i++) {
        const struct profile *p = policies.profiles[i];
        size_t found = 0;
        for (size_t k = 0; k < catalog.count; k++)
            found += strcmp(catalog.brands[k]->profile, p->name) == 0 &&
                     policy_brand_renewable(p, catalog.brands[k]->id);
        assert_int_equal(found, 1);
    }
}

static void built_in_brands_are_local_and_free(void **state) {
    (void)state;
    struct catalog catalog;
    struct error e = {0};
    assert_ok(catalog_load(arena, NULL, &policies, &catalog, &e), e);
    for (size_t i = 0; i < catalog.count; i++) {
        assert_string_equal(catalog.brands[i]->issuer, "local");
        assert_int_equal(brand_price(catalog.brands[i], 0)->per_year, 0);
        assert_true(catalog.brands[i]->grades & (1 << GRADE_DV));
        assert_true(catalog.brands[i]->key_algorithms & (1 << KEY_P256));
    }
    assert_string_equal(catalog_default(&catalog)->profile, POLICY_DEFAULT);
    assert_string_equal(catalog_find(&catalog, "GlobalSign")->profile, "alibaba-2021");
    assert_int_equal(catalog_find(&catalog, "TrustAsia")->bonus_days, 90);
    assert_null(catalog_find(&catalog, "nobody"));
    assert_null(catalog_find(&catalog, NULL));
}

/* A brand with the line of `key` replaced. */
static const char *brand_text(const char *key, const char *line) {
    static const char *const lines[] = {
        "id: Own",
        "name: Own",
        "title: {en: Own, zh: 自定义}",
        "profile: modern",
        "issuer: local",
        "grades: [dv]",
        "domain_types: [single]",
        "key_algorithms: [p256]",
        "names_max: 3",
        "bonus_days: 0",
        "currency: CNY",
        "prices: [{from: 2020-01-01, per_year: 100, managed_use: 5}]",
    };
    const char *text = "brands:\n-";
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        size_t len = strcspn(lines[i], ":");
        bool replaced = strncmp(key, lines[i], len) == 0 && key[len] == '\0';
        text = arena_printf(arena, "%s %s\n ", text, replaced ? line : lines[i]);
    }
    return text;
}

static void a_folder_adds_a_brand_or_replaces_one(void **state) {
    (void)state;
    struct catalog catalog;
    struct error e = {0};
    assert_ok(load_with(brand_text("", ""), &catalog, &e), e);
    assert_int_equal(catalog.count, 6);
    assert_int_equal(catalog_find(&catalog, "Own")->names_max, 3);
    assert_ok(load_with(brand_text("id", "id: Tenure"), &catalog, &e), e);
    assert_int_equal(catalog.count, 5);
    assert_int_equal(catalog_default(&catalog)->names_max, 3);
}

static void a_price_holds_from_its_first_day_on(void **state) {
    (void)state;
    struct catalog catalog;
    struct error e = {0};
    const char *line = "prices: [{from: 2020-01-01, per_year: 100, managed_use: 5}, "
                       "{from: 2021-01-01, per_year: 200, managed_use: 5}]";
    assert_ok(load_with(brand_text("prices", line), &catalog, &e), e);
    const struct brand *own = catalog_find(&catalog, "Own");
    int64_t rises = days_from_civil(2021, 1, 1) * DAY;
    assert_int_equal(brand_price(own, 0)->per_year, 100);
    assert_int_equal(brand_price(own, rises - 1)->per_year, 100);
    assert_int_equal(brand_price(own, rises)->per_year, 200);
}

static void a_brand_that_makes_no_sense_is_refused_naming_the_field(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"profile", "profile: nothing"},
        {"issuer", "issuer: nobody"},
        {"bonus_days", "bonus_days: 1"},
        {"names_max", "names_max: 0"},
        {"currency", "currency: yuan"},
        {"prices", "prices: [{from: 2020-01-01, per_year: -1, managed_use: 0}]"},
        {"prices", "prices: [{from: 2020-13-01, per_year: 1, managed_use: 0}]"},
        {"prices", "prices: [{from: 2020-01-01, per_year: 1, managed_use: 0}, "
                   "{from: 2020-01-01, per_year: 2, managed_use: 0}]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct catalog catalog;
        struct error e = {0};
        assert_fails(load_with(brand_text(rows[i][0], rows[i][1]), &catalog, &e), e, ERR_BAD_CONFIG);
        assert_string_equal(e.field, rows[i][0]);
        assert_non_null(strstr(e.detail[LANG_EN], "catalog.yaml, Own"));
    }
}

static void a_brand_without_any_choice_is_refused(void **state) {
    (void)state;
    static const char *const rows[][2] = {{"grades", "grades: []"},
                                          {"domain_types", "domain_types: []"},
                                          {"key_algorithms", "key_algorithms: []"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct catalog catalog;
        struct error e = {0};
        assert_fails(load_with(brand_text(rows[i][0], rows[i][1]), &catalog, &e), e, ERR_BAD_CONFIG);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(every_profile_has_a_brand_that_it_renews),
        test(built_in_brands_are_local_and_free),
        test(a_folder_adds_a_brand_or_replaces_one),
        test(a_price_holds_from_its_first_day_on),
        test(a_brand_that_makes_no_sense_is_refused_naming_the_field),
        test(a_brand_without_any_choice_is_refused),
    };
    return cmocka_run_group_tests_name("catalog", tests, load_policies, drop_policies);
}
