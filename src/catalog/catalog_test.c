/* catalog: the built-in brands, a folder's brands, what is refused, and the rows that they become. */
#include "base/file.h"
#include "catalog/catalog_db.h"
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
    for (size_t i = 0; i < policies.count; i++) {
        const struct profile *p = policies.profiles[i];
        size_t found = 0;
        for (size_t k = 0; k < catalog.count; k++)
            found += catalog.brands[k]->demands == DEMANDS_NONE && catalog.brands[k]->on_sale &&
                     !brand_is_test(catalog.brands[k]) && strcmp(catalog.brands[k]->profile, p->name) == 0 &&
                     policy_brand_renewable(p, catalog.brands[k]->id);
        assert_int_equal(found, 1);
    }
}

static const struct brand *sold(const struct catalog *catalog, const char *profile, enum grade grade) {
    for (size_t i = 0; i < catalog->count; i++)
        if (catalog->brands[i]->demands != DEMANDS_NONE &&
            strcmp(catalog->brands[i]->profile, profile) == 0 && catalog->brands[i]->grades == 1u << grade)
            return catalog->brands[i];
    return NULL;
}

static void every_profile_has_a_line_for_each_grade_and_says_for_whom(void **state) {
    (void)state;
    struct catalog catalog;
    struct error e = {0};
    assert_ok(catalog_load(arena, NULL, &policies, &catalog, &e), e);
    for (size_t i = 0; i < policies.count; i++)
        for (int grade = 0; grade < GRADE_COUNT; grade++) {
            const struct brand *b = sold(&catalog, policies.profiles[i]->name, (enum grade)grade);
            assert_non_null(b);
            assert_int_equal(b->demands, grade == GRADE_DV ? DEMANDS_DV : DEMANDS_REVIEW);
            assert_true(*b->audience.in[LANG_EN] && *b->audience.in[LANG_ZH]);
        }
    assert_false(catalog_find(&catalog, "Tenure-OV")->letter);
    assert_true(catalog_find(&catalog, "Tenure-EV")->letter);
}

static void every_line_is_on_sale_until_it_is_withdrawn(void **state) {
    (void)state;
    struct catalog catalog;
    struct error e = {0};
    assert_ok(catalog_load(arena, NULL, &policies, &catalog, &e), e);
    for (size_t i = 0; i < catalog.count; i++)
        assert_ok(brand_on_sale(catalog.brands[i], &e), e);
    struct brand withdrawn = *catalog.brands[0];
    withdrawn.withdrawn_at = 1;
    assert_fails(brand_on_sale(&withdrawn, &e), e, ERR_BRAND_NOT_ON_SALE);
    assert_string_equal(e.field, "brand");
}

static void a_line_may_have_its_own_days_of_a_year(void **state) {
    (void)state;
    struct catalog catalog;
    struct error e = {0};
    assert_ok(catalog_load(arena, NULL, &policies, &catalog, &e), e);
    const struct brand *free_one = catalog_find(&catalog, "Tenure-Test"),
                       *usual = catalog_find(&catalog, "Tenure");
    const struct profile *modern = policy_find(&policies, POLICY_DEFAULT, 0);
    assert_int_equal(brand_profile(free_one, modern).standard_days, 90);
    assert_int_equal(brand_profile(usual, modern).standard_days, 365);
    assert_true(brand_is_test(free_one));
    assert_false(brand_is_test(usual));
}

static void all_brands_are_local_and_those_that_demand_nothing_are_free(void **state) {
    (void)state;
    struct catalog catalog;
    struct error e = {0};
    assert_ok(catalog_load(arena, NULL, &policies, &catalog, &e), e);
    for (size_t i = 0; i < catalog.count; i++) {
        assert_string_equal(catalog.brands[i]->issuer, "local");
        if (catalog.brands[i]->on_sale && catalog.brands[i]->demands == DEMANDS_NONE)
            assert_int_equal(brand_price(catalog.brands[i], "wildcard", 0)->per_year, 0);
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

static void the_vendor_of_a_ca_is_told_by_its_name(void **state) {
    struct catalog catalog;
    struct error e;
    (void)state;
    assert_ok(catalog_load(arena, NULL, &policies, &catalog, &e), e);
    static const char *const rows[][2] = {
        {"CN=GlobalSign RSA OV SSL CA 2018,O=GlobalSign nv-sa,C=BE", "GlobalSign"},
        {"CN=GeoTrust TLS RSA CA G1,OU=www.digicert.com,O=DigiCert Inc,C=US", "GeoTrust"},
        {"C=US,O=DigiCert Inc,CN=Some Name", "DigiCert"},
        {"CN=Some Name,O=Firm\\,O=GlobalSign,C=DE", NULL},
        {"CN=GlobalSigns,O=Another", NULL},
        {"OU=GlobalSign", NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *vendor = catalog_vendor_of(&catalog, rows[i][0]);
        assert_string_equal(vendor ? vendor : "none", rows[i][1] ? rows[i][1] : "none");
    }
}

static void a_folder_adds_a_brand_or_replaces_one(void **state) {
    (void)state;
    struct catalog catalog, built_in;
    struct error e = {0};
    assert_ok(catalog_load(arena, NULL, &policies, &built_in, &e), e);
    assert_ok(load_with(brand_text("", ""), &catalog, &e), e);
    assert_int_equal(catalog.count, built_in.count + 1);
    assert_int_equal(catalog_find(&catalog, "Own")->names_max, 3);
    assert_ok(load_with(brand_text("id", "id: Tenure"), &catalog, &e), e);
    assert_int_equal(catalog.count, built_in.count);
    assert_int_equal(catalog_default(&catalog)->names_max, 3);
}

static void what_a_file_leaves_out_has_a_default(void **state) {
    (void)state;
    struct catalog catalog;
    struct error e = {0};
    assert_ok(load_with(brand_text("", ""), &catalog, &e), e);
    const struct brand *own = catalog_find(&catalog, "Own");
    assert_string_equal(own->kind, "official");
    assert_int_equal(own->demands, DEMANDS_NONE);
    assert_int_equal(own->validation_days, 30);
    assert_int_equal(own->coverage_days, 0);
    assert_string_equal(own->audience.in[LANG_ZH], "");
    assert_string_equal(own->grade_words, "dv");
    const char *more =
        arena_printf(arena, "%s kind: test\n  demands: review\n  coverage_days: 90\n", brand_text("", ""));
    assert_ok(load_with(more, &catalog, &e), e);
    own = catalog_find(&catalog, "Own");
    assert_string_equal(own->kind, "test");
    assert_int_equal(own->demands, DEMANDS_REVIEW);
    assert_int_equal(own->coverage_days, 90);
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
    int64_t begins = days_from_civil(2020, 1, 1) * DAY;
    const struct price *price;
    assert_int_equal(brand_price(own, "single", begins)->per_year, 100);
    assert_int_equal(brand_price(own, "single", rises - 1)->per_year, 100);
    assert_int_equal(brand_price(own, "single", rises)->per_year, 200);
    assert_int_equal(brand_price(own, NULL, rises)->per_year, 200);
    assert_null(brand_price(own, "single", begins - 1));
    assert_fails(brand_price_find(arena, own, "single", begins - 1, &price, &e), e, ERR_BRAND_NOT_ON_SALE);
    assert_non_null(strstr(e.detail[LANG_EN], "2020-01-01"));
    assert_ok(brand_price_find(arena, own, "single", begins, &price, &e), e);
}

static void a_price_of_a_domain_type_goes_before_the_general_one(void **state) {
    (void)state;
    struct catalog catalog;
    struct error e = {0};
    const char *line = "prices: [{from: 2021-01-01, domain_type: wildcard, per_year: 300, managed_use: 5}, "
                       "{from: 2020-01-01, per_year: 100, managed_use: 5}]";
    assert_ok(load_with(brand_text("prices", line), &catalog, &e), e);
    const struct brand *own = catalog_find(&catalog, "Own");
    int64_t begins = days_from_civil(2021, 1, 1) * DAY;
    assert_int_equal(brand_price(own, "wildcard", begins - 1)->per_year, 100);
    assert_int_equal(brand_price(own, "wildcard", begins)->per_year, 300);
    assert_int_equal(brand_price(own, "single", begins)->per_year, 100);
}

static void issuers_that_take_over_stand_there_once(void **state) {
    (void)state;
    static const char *const refused[] = {"local", "one one", "a/b", "one  local"};
    struct catalog catalog;
    struct error e = {0};
    assert_ok(load_with(brand_text("issuer", "issuer: local\n  fallback_issuers: one two"), &catalog, &e), e);
    assert_string_equal(catalog_find(&catalog, "Own")->fallback_issuers, "one two");
    assert_ok(load_with(brand_text("", ""), &catalog, &e), e);
    assert_string_equal(catalog_find(&catalog, "Own")->fallback_issuers, "");
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const char *line = arena_printf(arena, "issuer: local\n  fallback_issuers: %s", refused[i]);
        assert_fails(load_with(brand_text("issuer", line), &catalog, &e), e, ERR_BAD_CONFIG);
        assert_string_equal(e.field, "fallback_issuers");
    }
}

static void a_brand_that_makes_no_sense_is_refused_naming_the_field(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"id", "id: a/b"},
        {"profile", "profile: nothing"},
        {"prices", "prices: [{from: 2020-01-01, domain_type: single, per_year: 1, managed_use: 0}, "
                   "{from: 2020-01-01, domain_type: single, per_year: 2, managed_use: 0}]"},
        {"issuer", "issuer: no/body"},
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
        if (strcmp(rows[i][0], "id") != 0)
            assert_non_null(strstr(e.detail[LANG_EN], "catalog.yaml, Own"));
    }
}

static void a_price_is_of_one_domain_type(void **state) {
    (void)state;
    static const char *const types[] = {"bundle", "single wildcard", "\"single \""};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct catalog catalog;
        struct error e = {0};
        const char *line = arena_printf(
            arena, "prices: [{from: 2020-01-01, domain_type: %s, per_year: 1, managed_use: 0}]", types[i]);
        assert_fails(load_with(brand_text("prices", line), &catalog, &e), e, ERR_BAD_CONFIG);
        assert_string_equal(e.field, "domain_type");
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

/* ---- specifications ---- */

static void a_specification_is_one_text_and_back(void **state) {
    (void)state;
    struct specification s = {"GlobalSign-DV", "dv", "single", "ecc"}, again;
    const char *key = specification_key(arena, &s);
    assert_string_equal(key, "GlobalSign-DV/dv/single/ecc");
    assert_true(specification_parse(arena, key, &again));
    assert_string_equal(again.brand, "GlobalSign-DV");
    assert_string_equal(again.key_family, "ecc");
    assert_false(specification_parse(arena, MANAGED_USE, &again));
    assert_false(specification_parse(arena, "a/b/c/d/e", &again));
    assert_string_equal(specification_family("p256"), "ecc");
    assert_string_equal(specification_family("rsa4096"), "rsa");
    assert_null(specification_family("nothing"));
}

static void a_specification_must_be_one_that_the_brand_sells(void **state) {
    (void)state;
    static const struct {
        struct specification s;
        const char *field;
    } rows[] = {
        {{"nobody", "dv", "single", "ecc"}, "brand"},
        {{NULL, "dv", "single", "ecc"}, "brand"},
        {{"TrustAsia-DV", "ov", "single", "ecc"}, "grade"},
        {{"TrustAsia-EV", "ev", "wildcard", "ecc"}, "domain_type"},
        {{"TrustAsia-DV", "dv", "single", "sm2"}, "key_family"},
        {{"TrustAsia-DV", "dv", "single", NULL}, "key_family"},
        {{"TrustAsia-DV", NULL, "single", "rsa"}, "grade"},
    };
    struct catalog catalog;
    struct error e = {0};
    assert_ok(catalog_load(arena, NULL, &policies, &catalog, &e), e);
    const struct specification good = {"TrustAsia-DV", "dv", "wildcard", "rsa"};
    assert_ok(specification_check(&catalog, &good, &e), e);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_fails(specification_check(&catalog, &rows[i].s, &e), e, ERR_BAD_FIELD);
        assert_string_equal(e.field, rows[i].field);
    }
}

/* ---- rows ---- */

static struct db *db;
static const int64_t now = 1800000000;

static int open_rows(void **state) {
    (void)state;
    struct error e = {0};
    return db_open(&db, ":memory:", DB_WORKER, &e) && db_migrate(db, now, &e) ? 0 : -1;
}

static int close_rows(void **state) {
    (void)state;
    db_close(db);
    return 0;
}

static struct catalog files_with(const char *text) {
    struct error e = {0};
    struct catalog catalog;
    if (text)
        assert_ok(load_with(text, &catalog, &e), e);
    else
        assert_ok(catalog_load(arena, NULL, &policies, &catalog, &e), e);
    return catalog;
}

static int64_t revision_in_rows(void) {
    struct error e = {0};
    int64_t revision;
    assert_ok(catalog_db_revision(db, &revision, &e), e);
    return revision;
}

static void without_rows_the_files_hold(void **state) {
    (void)state;
    struct error e = {0};
    struct catalog catalog = files_with(NULL);
    const struct brand *before = catalog_find(&catalog, "Tenure");
    assert_ok(catalog_refresh(&catalog, db, &e), e);
    assert_ptr_equal(catalog_find(&catalog, "Tenure"), before);
}

static void rows_come_from_files_as_they_are(void **state) {
    (void)state;
    struct error e = {0};
    struct catalog files = files_with(NULL), catalog = files_with(NULL);
    assert_ok(catalog_seed(db, arena, &files, now, &e), e);
    assert_ok(catalog_refresh(&catalog, db, &e), e);
    assert_int_equal(catalog.count, files.count);
    for (size_t i = 0; i < files.count; i++) {
        const struct brand *was = files.brands[i], *is = catalog.brands[i];
        assert_string_equal(is->id, was->id);
        assert_int_equal(is->grades, was->grades);
        assert_int_equal(is->domain_types, was->domain_types);
        assert_int_equal(is->key_algorithms, was->key_algorithms);
        assert_int_equal(is->demands, was->demands);
        assert_string_equal(is->price_list, was->price_list);
        assert_int_equal(is->on_sale, was->on_sale);
    }
    assert_string_equal(catalog_default(&catalog)->id, "Tenure");
    assert_int_equal(revision_in_rows(), 1);
}

static void a_start_with_the_same_files_changes_nothing(void **state) {
    (void)state;
    struct error e = {0};
    struct catalog files = files_with(brand_text("", ""));
    assert_ok(catalog_seed(db, arena, &files, now, &e), e);
    assert_ok(catalog_seed(db, arena, &files, now + 1, &e), e);
    assert_int_equal(revision_in_rows(), 1);
}

static void a_changed_file_changes_the_rows_unless_the_api_has_them(void **state) {
    (void)state;
    struct error e = {0};
    struct brand own;
    struct catalog first = files_with(brand_text("", "")),
                   second = files_with(brand_text("names_max", "names_max: 7"));
    assert_ok(catalog_seed(db, arena, &first, now, &e), e);
    assert_ok(catalog_seed(db, arena, &second, now + 1, &e), e);
    assert_ok(brand_db_get(db, arena, "Own", &own, &e), e);
    assert_int_equal(own.names_max, 7);
    assert_int_equal(own.revision, 1);
    own.origin = "api";
    own.names_max = 9;
    assert_ok(brand_db_put(db, &own, &e), e);
    assert_ok(catalog_seed(db, arena, &first, now + 2, &e), e);
    assert_ok(brand_db_get(db, arena, "Own", &own, &e), e);
    assert_int_equal(own.names_max, 9);
}

static void a_line_that_has_gone_from_the_files_is_withdrawn_and_can_come_back(void **state) {
    (void)state;
    struct error e = {0};
    struct brand own;
    struct catalog with = files_with(brand_text("", "")), without = files_with(NULL);
    assert_ok(catalog_seed(db, arena, &with, now, &e), e);
    assert_ok(catalog_seed(db, arena, &without, now + 1, &e), e);
    assert_ok(brand_db_get(db, arena, "Own", &own, &e), e);
    assert_int_equal(own.withdrawn_at, now + 1);
    assert_fails(brand_on_sale(&own, &e), e, ERR_BRAND_NOT_ON_SALE);
    assert_ok(catalog_seed(db, arena, &with, now + 2, &e), e);
    assert_ok(brand_db_get(db, arena, "Own", &own, &e), e);
    assert_int_equal(own.withdrawn_at, 0);
}

/* What a request has found stays good while the next one finds the change. */
static void a_change_is_seen_at_the_next_look_and_old_brands_live_on(void **state) {
    (void)state;
    struct error e = {0};
    struct catalog files = files_with(NULL), catalog = files_with(NULL);
    assert_ok(catalog_seed(db, arena, &files, now, &e), e);
    assert_ok(catalog_refresh(&catalog, db, &e), e);
    for (int64_t i = 1; i <= 3; i++) {
        const struct brand *old = catalog_find(&catalog, "CFCA");
        struct brand changed = *old;
        changed.names_max = 10 + i;
        assert_ok(brand_db_put(db, &changed, &e), e);
        assert_ok(catalog_refresh(&catalog, db, &e), e);
        assert_ptr_equal(catalog_find(&catalog, "CFCA"), old); /* nobody has told */
        assert_ok(catalog_db_raise(db, &e), e);
        assert_ok(catalog_refresh(&catalog, db, &e), e);
        assert_int_equal(catalog_find(&catalog, "CFCA")->names_max, 10 + i);
        assert_string_equal(old->id, "CFCA");
    }
}

#define in_rows(f) cmocka_unit_test_setup_teardown(f, open_rows, close_rows)

int main(void) {
    const struct CMUnitTest tests[] = {
        test(every_profile_has_a_brand_that_it_renews),
        test(every_profile_has_a_line_for_each_grade_and_says_for_whom),
        test(every_line_is_on_sale_until_it_is_withdrawn),
        test(a_line_may_have_its_own_days_of_a_year),
        test(all_brands_are_local_and_those_that_demand_nothing_are_free),
        test(what_a_file_leaves_out_has_a_default),
        test(a_price_of_a_domain_type_goes_before_the_general_one),
        test(a_specification_is_one_text_and_back),
        test(a_specification_must_be_one_that_the_brand_sells),
        in_rows(without_rows_the_files_hold),
        in_rows(rows_come_from_files_as_they_are),
        in_rows(a_start_with_the_same_files_changes_nothing),
        in_rows(a_changed_file_changes_the_rows_unless_the_api_has_them),
        in_rows(a_line_that_has_gone_from_the_files_is_withdrawn_and_can_come_back),
        in_rows(a_change_is_seen_at_the_next_look_and_old_brands_live_on),
        test(the_vendor_of_a_ca_is_told_by_its_name),
        test(a_folder_adds_a_brand_or_replaces_one),
        test(a_price_holds_from_its_first_day_on),
        test(issuers_that_take_over_stand_there_once),
        test(a_brand_that_makes_no_sense_is_refused_naming_the_field),
        test(a_price_is_of_one_domain_type),
        test(a_brand_without_any_choice_is_refused),
    };
    return cmocka_run_group_tests_name("catalog", tests, load_policies, drop_policies);
}
