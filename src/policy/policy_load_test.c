/* policy_load: every row of the table in SPEC section 6, and what files are refused. */
#include "base/file.h"
#include "policy/policy.h"
#include "unit.h"
#include <stdlib.h>
#include <unistd.h>

static struct policies load(struct arena *a, const char *folder) {
    struct policies policies;
    struct error e = {0};
    assert_ok(policy_load(a, folder, &policies, &e), e);
    return policies;
}

/* One column of the table, as a text to compare. */
static const char *describe(struct arena *a, const struct profile *p) {
    static const char *const first[] = {"application", "validating", "letter"};
    const char *caps = "";
    for (unsigned i = 0; i < p->caps_count; i++)
        caps = arena_printf(a, "%s %s:%d", caps, p->caps[i].from, (int)p->caps[i].days);
    const char *text =
        arena_printf(a, "S%d C%d B%d-%d cap%s window%d early%d years%d-%d", (int)p->standard_days,
                     (int)p->carry_max_days, (int)p->bonus_days.min, (int)p->bonus_days.max, caps,
                     (int)p->window_days, p->early_renewal, (int)p->years.min, (int)p->years.max);
    text = arena_printf(a, "%s %s/%s/%s activation%d:%d:%d notypes%x test%d uploaded%d:%d:%d pca%d", text,
                        first[p->after_payment.of[GRADE_DV]], first[p->after_payment.of[GRADE_OV]],
                        first[p->after_payment.of[GRADE_EV]], p->activation.rule, (int)p->activation.days,
                        (int)p->activation.replacement_days, p->not_renewable_domain_types, p->test_renewable,
                        p->uploaded.replaceable, p->uploaded.match, p->uploaded.warn_uncovered_names,
                        p->uploaded.pca);
    return arena_printf(a, "%s change%d edit%02x csr%x refund%d letter%d auto%d", text,
                        p->specification_change, p->editable, p->csr_choices, (int)p->refund_days, p->letter,
                        p->auto_renew ? (int)p->auto_renew->last_day : -1);
}

static void the_built_in_profiles_are_those_of_the_specification(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const struct policies policies = load(a, NULL);
    static const char *const expected[][2] = {
        {"alibaba-2021",
         "S365 C30 B0-0 cap 1970-01-01:397 window30 early0 years1-1 application/application/application "
         "activation0:30:30 notypes0 test0 uploaded1:1:0 pca0 change0 edit3f csr7 refund0 letter0 auto-1"},
        {"alibaba-2025-cn",
         "S365 C30 B0-0 cap 1970-01-01:397 window30 early1 years1-3 validating/validating/validating "
         "activation0:30:30 notypes10 test0 uploaded0:0:0 pca0 change1 edit2e csr7 refund0 letter0 auto-1"},
        {"alibaba-2025-intl",
         "S365 C30 B0-0 cap 1970-01-01:397 window30 early1 years1-3 application/application/application "
         "activation0:30:15 notypes18 test0 uploaded1:0:0 pca1 change1 edit2e csr7 refund0 letter0 auto-1"},
        {"modern",
         "S365 C30 B0-0 cap 1970-01-01:397 2026-03-15:199 2027-03-15:99 2029-03-15:46 window30 early1 years1-3 "
         "validating/validating/validating activation1:30:30 notypes0 test0 uploaded1:0:1 pca0 change0 edit3f csr7 "
         "refund7 letter2 auto14"},
        {"tencent-2024",
         "S365 C30 B1-90 cap 1970-01-01:397 window30 early0 years1-3 validating/letter/letter "
         "activation0:30:30 notypes0 test0 uploaded0:0:0 pca0 change1 edit22 csr3 refund7 letter1 auto14"},
    };
    assert_int_equal(policies.count, 5);
    for (size_t i = 0; i < policies.count; i++) {
        const struct profile *p = policies.profiles[i];
        assert_string_equal(p->name, expected[i][0]);
        assert_string_equal(describe(a, p), expected[i][1]);
        assert_true(p->title.in[LANG_EN] && p->title.in[LANG_ZH]);
    }
}

static void expected_issuance_is_in_seconds_or_working_days(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const struct policies policies = load(a, NULL);
    const struct expected_issuance *tencent = &policy_find(&policies, "tencent-2024", 0)->expected_issuance;
    assert_int_equal(tencent->of[GRADE_DV].unit, ISSUANCE_SECOND);
    assert_int_equal(tencent->of[GRADE_DV].min, 600);
    assert_int_equal(*tencent->of[GRADE_DV].max, DAY);
    assert_int_equal(tencent->of[GRADE_EV].unit, ISSUANCE_WORKING_DAY);
    assert_int_equal(*tencent->of[GRADE_EV].max, 7);
    const struct expected_issuance *open = &policy_find(&policies, "alibaba-2021", 0)->expected_issuance;
    assert_int_equal(open->of[GRADE_OV].min, 2);
    assert_null(open->of[GRADE_OV].max);
    assert_true(policy_find(&policies, "modern", 0)->expected_issuance.measured);
}

static void brands_and_domain_types_are_renewable_by_profile(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const struct policies policies = load(a, NULL);
    const struct profile *old = policy_find(&policies, "alibaba-2021", 0);
    const struct profile *intl = policy_find(&policies, "alibaba-2025-intl", 1);
    assert_true(policy_brand_renewable(old, "GlobalSign"));
    assert_false(policy_brand_renewable(old, "DigiCert"));
    assert_true(policy_brand_renewable(intl, "DigiCert"));
    assert_true(policy_domain_type_renewable(old, DOMAIN_MULTI));
    assert_true(policy_domain_type_renewable(intl, DOMAIN_WILDCARD));
    assert_false(policy_domain_type_renewable(intl, DOMAIN_MULTI));
    assert_false(policy_domain_type_renewable(intl, DOMAIN_MIXED));
}

static void words_and_their_names_go_both_ways(void **state) {
    (void)state;
    for (int i = 0; i < GRADE_COUNT; i++)
        assert_int_equal(grade_parse(grade_name((enum grade)i)), i);
    for (int i = 0; i < ORDER_KIND_COUNT; i++)
        assert_int_equal(order_kind_parse(order_kind_name((enum order_kind)i)), i);
    assert_int_equal(grade_parse("xv"), GRADE_COUNT);
    assert_int_equal(order_kind_parse(""), ORDER_KIND_COUNT);
}

/* ---- a folder of files ---- */

/* A complete profile with some lines put in the place of others of the same key. */
static const char *profile_text(struct arena *a, const char *key, const char *line) {
    static const char *const lines[] = {
        "name: own",
        "version: 1",
        "title: {en: Own, zh: 自定义}",
        "standard_days: 90",
        "carry_max_days: 10",
        "bonus_days: {min: 0, max: 0}",
        "cap: [{from: 2020-01-01, days: 90}]",
        "window_days: 20",
        "early_renewal: false",
        "years: {min: 1, max: 2}",
        "after_payment: {dv: validating, ov: validating, ev: validating}",
        "activation: {rule: days, days: 20, replacement_days: 20}",
        "not_renewable_domain_types: []",
        "test_renewable: true",
        "uploaded: {replaceable: true, match: nothing, warn_uncovered_names: false, pca: as_uploaded}",
        "renewable_brands: [all]",
        "specification_change: refused",
        "editable: [names]",
        "csr_choices: [own]",
        ("expected_issuance: {dv: {unit: second, min: 1}, ov: {unit: second, min: 1}, ev: {unit: second, min: 1}, "
         "measured: false}"),
        "refund_days: 0",
        "letter: never",
        "auto_renew: {last_day_before_end: 5, charge_day_before_end: 10}",
    };
    const char *text = "";
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        size_t len = strcspn(lines[i], ":");
        bool replaced = strncmp(key, lines[i], len) == 0 && key[len] == '\0';
        text = arena_printf(a, "%s%s\n", text, replaced ? line : lines[i]);
    }
    return text;
}

static const char *folder_with(struct arena *a, const char *file, const char *text) {
    struct error e = {0};
    char *folder = arena_strdup(a, "/tmp/policy_test.XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_ok(file_write_new(arena_printf(a, "%s/%s", folder, file), 0600, slice_str(text), &e), e);
    return folder;
}

static void remove_folder(struct arena *a, const char *folder, const char *file) {
    unlink(arena_printf(a, "%s/%s", folder, file));
    rmdir(folder);
}

static struct policies load_with(struct arena *a, const char *file, const char *text) {
    const char *folder = folder_with(a, file, text);
    const struct policies policies = load(a, folder);
    remove_folder(a, folder, file);
    return policies;
}

static void a_folder_adds_a_profile(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const struct policies policies = load_with(a, "own.yaml", profile_text(a, "", ""));
    assert_int_equal(policies.count, 6);
    assert_int_equal(policy_find(&policies, "own", 0)->standard_days, 90);
}

static void a_folder_replaces_a_profile_of_the_same_version(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct policies policies = load_with(a, "modern.yaml", profile_text(a, "name", "name: modern"));
    assert_int_equal(policies.count, 5);
    assert_int_equal(policy_find(&policies, "modern", 0)->standard_days, 90);
}

static void a_newer_version_stands_beside_the_one_that_orders_were_made_under(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const char *text = profile_text(a, "name", "name: modern");
    char *version = strstr(text, "version: 1");
    version[strlen("version: ")] = '2';
    const struct policies policies = load_with(a, "modern-2.yaml", text);
    assert_int_equal(policies.count, 6);
    assert_int_equal(policy_find(&policies, "modern", 0)->standard_days, 90);
    assert_int_equal(policy_find(&policies, "modern", 1)->standard_days, 365);
    assert_null(policy_find(&policies, "modern", 3));
}

static void the_catalogue_and_other_files_are_not_profiles(void **state) {
    (void)state;
    static const char *const files[] = {"catalog.yaml", "own.yml", ".own.yaml", "yaml"};
    AUTO_ARENA a = arena_new();
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        assert_int_equal(load_with(a, files[i], "not: a profile\n").count, 5);
}

static void a_folder_that_is_not_there_is_an_error(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct policies policies;
    struct error e = {0};
    assert_fails(policy_load(a, "/nonexistent/profiles", &policies, &e), e, ERR_BAD_CONFIG);
}

static void a_profile_that_makes_no_sense_is_refused_naming_the_field(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"name", "name: ../own"},
        {"version", "version: 0"},
        {"standard_days", "standard_days: 0"},
        {"carry_max_days", "carry_max_days: -1"},
        {"bonus_days", "bonus_days: {min: 9, max: 1}"},
        {"cap", "cap: [{from: 2026-03-15, days: 199}, {from: 2026-03-15, days: 99}]"},
        {"cap", "cap: [{from: soon, days: 199}]"},
        {"cap", "cap: [{from: 2026-03-15, days: 0}]"},
        {"window_days", "window_days: 0"},
        {"years", "years: {min: 0, max: 3}"},
        {"years", "years: {min: 1, max: 4}"},
        {"activation.days", "activation: {rule: days, days: 0, replacement_days: 20}"},
        {"csr_choices", "csr_choices: []"},
        {"refund_days", "refund_days: 9999999999"},
        {"auto_renew.last_day_before_end",
         "auto_renew: {last_day_before_end: 11, charge_day_before_end: 10}"},
        {"early_renewal", "early_renewal: maybe"},
        {"letter", "letter: sometimes"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        AUTO_ARENA a = arena_new();
        struct policies policies;
        struct error e = {0};
        const char *key = arena_strndup(a, rows[i][0], strcspn(rows[i][0], "."));
        const char *folder = folder_with(a, "own.yaml", profile_text(a, key, rows[i][1]));
        bool loaded = policy_load(a, folder, &policies, &e);
        remove_folder(a, folder, "own.yaml");
        assert_fails(loaded, e, ERR_BAD_CONFIG);
        assert_string_equal(e.field, rows[i][0]);
        assert_non_null(strstr(e.detail[LANG_EN], "own.yaml"));
    }
}

TEST_MAIN(policy_load, test(the_built_in_profiles_are_those_of_the_specification),
          test(expected_issuance_is_in_seconds_or_working_days),
          test(brands_and_domain_types_are_renewable_by_profile), test(words_and_their_names_go_both_ways),
          test(a_folder_adds_a_profile), test(a_folder_replaces_a_profile_of_the_same_version),
          test(a_newer_version_stands_beside_the_one_that_orders_were_made_under),
          test(the_catalogue_and_other_files_are_not_profiles), test(a_folder_that_is_not_there_is_an_error),
          test(a_profile_that_makes_no_sense_is_refused_naming_the_field))
