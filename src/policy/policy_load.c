/* Profiles from their files: the schema of profiles/NAME.yaml, the checks it cannot express, and finding
 * them. */
#include "base/embedded.h"
#include "base/file.h"
#include "base/yaml.h"
#include "policy/policy_files.h"
#include <dirent.h>
#include <stdlib.h>

extern const struct embedded embedded_profiles[];

/* ---- schema ---- */

static const cyaml_strval_t first_states[] = {{"pending_application", FIRST_PENDING_APPLICATION},
                                              {"validating", FIRST_VALIDATING},
                                              {"pending_letter", FIRST_PENDING_LETTER}};
static const cyaml_strval_t activation_rules[] = {{"days", ACTIVATION_DAYS}, {"lead", ACTIVATION_LEAD}};
static const cyaml_strval_t match_rules[] = {{"nothing", MATCH_NOTHING},
                                             {"whole_specification", MATCH_WHOLE_SPECIFICATION}};
static const cyaml_strval_t pca_rules[] = {{"as_uploaded", PCA_AS_UPLOADED},
                                           {"reissue_at_ca", PCA_REISSUE_AT_CA}};
static const cyaml_strval_t specification_changes[] = {{"loses_carry", SPECIFICATION_LOSES_CARRY},
                                                       {"refused", SPECIFICATION_REFUSED}};
const cyaml_strval_t domain_type_words[DOMAIN_MIXED] = {{"single", 1 << DOMAIN_SINGLE},
                                                        {"wildcard", 1 << DOMAIN_WILDCARD},
                                                        {"multi", 1 << DOMAIN_MULTI},
                                                        {"mixed", 1 << DOMAIN_MIXED}};
static const cyaml_strval_t editables[] = {{"names", EDIT_NAMES},
                                           {"csr", EDIT_CSR},
                                           {"validation_method", EDIT_VALIDATION_METHOD},
                                           {"contact", EDIT_CONTACT},
                                           {"organization", EDIT_ORGANIZATION},
                                           {"years", EDIT_YEARS}};
static const cyaml_strval_t csr_choices[] = {
    {"automatic", CSR_AUTOMATIC}, {"own", CSR_OWN}, {"keep", CSR_KEEP}};
static const cyaml_strval_t units[] = {{"second", ISSUANCE_SECOND}, {"working_day", ISSUANCE_WORKING_DAY}};
static const cyaml_strval_t letter_rules[] = {
    {"never", LETTER_NEVER}, {"always", LETTER_ALWAYS}, {"per_product", LETTER_PER_PRODUCT}};

static const cyaml_schema_field_t range_fields[] = {
    YAML_INT("min", struct day_range, min),
    YAML_INT("max", struct day_range, max),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t cap_fields[] = {
    YAML_TEXT("from", struct cap, from),
    YAML_INT("days", struct cap, days),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t cap_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct cap, cap_fields)};
static const cyaml_schema_field_t first_state_fields[] = {
    YAML_WORD("dv", struct first_states, of[GRADE_DV], first_states),
    YAML_WORD("ov", struct first_states, of[GRADE_OV], first_states),
    YAML_WORD("ev", struct first_states, of[GRADE_EV], first_states),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t activation_fields[] = {
    YAML_WORD("rule", struct activation, rule, activation_rules),
    YAML_INT("days", struct activation, days),
    YAML_INT("replacement_days", struct activation, replacement_days),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t uploaded_fields[] = {
    YAML_BOOL("replaceable", struct uploaded_rule, replaceable),
    YAML_WORD("match", struct uploaded_rule, match, match_rules),
    YAML_BOOL("warn_uncovered_names", struct uploaded_rule, warn_uncovered_names),
    YAML_WORD("pca", struct uploaded_rule, pca, pca_rules),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t issuance_fields[] = {
    YAML_WORD("unit", struct issuance, unit, units),
    YAML_INT("min", struct issuance, min),
    CYAML_FIELD_INT_PTR("max", CYAML_FLAG_OPTIONAL, struct issuance, max),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t expected_fields[] = {
    YAML_MAPPING("dv", struct expected_issuance, of[GRADE_DV], issuance_fields),
    YAML_MAPPING("ov", struct expected_issuance, of[GRADE_OV], issuance_fields),
    YAML_MAPPING("ev", struct expected_issuance, of[GRADE_EV], issuance_fields),
    YAML_BOOL("measured", struct expected_issuance, measured),
    CYAML_FIELD_END,
};
static const cyaml_schema_field_t auto_renew_fields[] = {
    YAML_INT("last_day_before_end", struct auto_renew_rule, last_day),
    YAML_INT("charge_day_before_end", struct auto_renew_rule, charge_day),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t brand_schema = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 64)};
static const cyaml_schema_field_t profile_fields[] = {
    YAML_TEXT("name", struct profile, name),
    YAML_INT("version", struct profile, version),
    YAML_MAPPING("title", struct profile, title, yaml_text_fields),
    YAML_INT("standard_days", struct profile, standard_days),
    YAML_INT("carry_max_days", struct profile, carry_max_days),
    YAML_MAPPING("bonus_days", struct profile, bonus_days, range_fields),
    CYAML_FIELD_SEQUENCE("cap", CYAML_FLAG_POINTER, struct profile, caps, &cap_schema, 1, 100),
    YAML_INT("window_days", struct profile, window_days),
    YAML_BOOL("early_renewal", struct profile, early_renewal),
    YAML_MAPPING("years", struct profile, years, range_fields),
    YAML_MAPPING("after_payment", struct profile, after_payment, first_state_fields),
    YAML_MAPPING("activation", struct profile, activation, activation_fields),
    YAML_WORDS("not_renewable_domain_types", struct profile, not_renewable_domain_types, domain_type_words),
    YAML_BOOL("test_renewable", struct profile, test_renewable),
    YAML_MAPPING("uploaded", struct profile, uploaded, uploaded_fields),
    CYAML_FIELD_SEQUENCE("renewable_brands", CYAML_FLAG_POINTER, struct profile, renewable_brands,
                         &brand_schema, 1, 100),
    YAML_WORD("specification_change", struct profile, specification_change, specification_changes),
    YAML_WORDS("editable", struct profile, editable, editables),
    YAML_WORDS("csr_choices", struct profile, csr_choices, csr_choices),
    YAML_MAPPING("expected_issuance", struct profile, expected_issuance, expected_fields),
    YAML_INT("refund_days", struct profile, refund_days),
    YAML_WORD("letter", struct profile, letter, letter_rules),
    CYAML_FIELD_MAPPING_PTR("auto_renew", CYAML_FLAG_OPTIONAL, struct profile, auto_renew, auto_renew_fields),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t profile_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct profile, profile_fields)};

/* ---- what a schema cannot express ---- */

/* Both ends within the bounds, and in order. */
static bool range_in_range(const char *origin, const char *field, struct day_range range, int64_t min,
                           int64_t max, struct error *e) {
    return yaml_check_range(origin, field, range.min, min, max, e) &&
           yaml_check_range(origin, field, range.max, range.min, max, e);
}

enum { DAYS_MAX = 3650 };

static bool check_numbers(const char *origin, const struct profile *p, struct error *e) {
    static const struct {
        const char *field;
        size_t offset;
        int64_t min, max;
    } rows[] = {
        {"version", offsetof(struct profile, version), 1, 1000000},
        {"standard_days", offsetof(struct profile, standard_days), 1, DAYS_MAX},
        {"carry_max_days", offsetof(struct profile, carry_max_days), 0, DAYS_MAX},
        {"window_days", offsetof(struct profile, window_days), 1, 365},
        {"activation.days", offsetof(struct profile, activation.days), 1, 365},
        {"activation.replacement_days", offsetof(struct profile, activation.replacement_days), 1, 365},
        {"refund_days", offsetof(struct profile, refund_days), 0, 365},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const int64_t *value = (const int64_t *)(const void *)((const char *)p + rows[i].offset);
        if (!yaml_check_range(origin, rows[i].field, *value, rows[i].min, rows[i].max, e))
            return false;
    }
    return range_in_range(origin, "bonus_days", p->bonus_days, 0, 365, e) &&
           range_in_range(origin, "years", p->years, 1, 3, e);
}

static bool check_caps(const char *origin, struct profile *p, struct error *e) {
    for (unsigned i = 0; i < p->caps_count; i++) {
        struct cap *cap = &p->caps[i];
        if (!yaml_check_time(origin, "cap", cap->from, &cap->from_at, e))
            return false;
        if (i > 0 && cap->from_at <= cap[-1].from_at)
            return fail_field(e, "cap", ERR_BAD_CONFIG, "%s, cap: %s does not come after %s",
                              "%s,cap:%s 不晚于 %s", origin, cap->from, cap[-1].from);
        if (!yaml_check_range(origin, "cap", cap->days, 1, DAYS_MAX, e))
            return false;
    }
    return true;
}

static bool check_issuance(const char *origin, const struct profile *p, struct error *e) {
    for (int grade = 0; grade < GRADE_COUNT; grade++) {
        const struct issuance *i = &p->expected_issuance.of[grade];
        const struct day_range range = {i->min, i->max ? *i->max : i->min};
        if (!range_in_range(origin, "expected_issuance", range, 0, 366 * DAY, e))
            return false;
    }
    return true;
}

static bool check_auto_renew(const char *origin, const struct profile *p, struct error *e) {
    return !p->auto_renew || (yaml_check_range(origin, "auto_renew.charge_day_before_end",
                                               p->auto_renew->charge_day, 0, 365, e) &&
                              yaml_check_range(origin, "auto_renew.last_day_before_end",
                                               p->auto_renew->last_day, 0, p->auto_renew->charge_day, e));
}

/* A name goes into addresses and file names. */
static bool check_name(const char *origin, const struct profile *p, struct error *e) {
    if (p->name[strspn(p->name, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0')
        return true;
    return fail_field(e, "name", ERR_BAD_CONFIG, "%s, name: '%s' may have a-z, 0-9 and '-' only",
                      "%s,name:“%s”只能包含 a-z、0-9 和“-”", origin, p->name);
}

static bool check_choices(const char *origin, const struct profile *p, struct error *e) {
    if (p->csr_choices)
        return true;
    return fail_field(e, "csr_choices", ERR_BAD_CONFIG, "%s, csr_choices: at least one is needed",
                      "%s,csr_choices:至少需要一项", origin);
}

static bool check_profile(const char *origin, struct profile *p, struct error *e) {
    return check_name(origin, p, e) && check_numbers(origin, p, e) && check_caps(origin, p, e) &&
           check_choices(origin, p, e) && check_issuance(origin, p, e) && check_auto_renew(origin, p, e);
}

/* ---- loading ---- */

static int compare(const struct profile *a, const char *name, int64_t version) {
    int order = strcmp(a->name, name);
    return order ? order : (a->version > version) - (a->version < version);
}

/* Keeps the order, replaces an equal one. */
static void insert(struct arena *a, struct policies *policies, const struct profile *p) {
    size_t at = 0;
    while (at < policies->count && compare(policies->profiles[at], p->name, p->version) < 0)
        at++;
    if (at < policies->count && compare(policies->profiles[at], p->name, p->version) == 0) {
        policies->profiles[at] = p;
        return;
    }
    const struct profile **more = ARENA_ARRAY(a, policies->count + 1, const struct profile *);
    for (size_t i = 0; i < policies->count; i++)
        more[i < at ? i : i + 1] = policies->profiles[i];
    more[at] = p;
    policies->profiles = more;
    policies->count++;
}

bool policy_add(struct arena *a, const char *origin, struct slice text, struct policies *policies,
                struct error *e) {
    struct profile *p;
    if (!yaml_load(a, origin, text, &profile_schema, (void **)&p, e) || !check_profile(origin, p, e))
        return false;
    insert(a, policies, p);
    return true;
}

static int is_profile_file(const struct dirent *entry) {
    const char *dot = strrchr(entry->d_name, '.');
    return entry->d_name[0] != '.' && dot && strcmp(dot, ".yaml") == 0 &&
           strcmp(entry->d_name, CATALOG_FILE) != 0;
}

static bool load_file(struct arena *a, const char *path, struct policies *policies, struct error *e) {
    struct slice text;
    return file_read(a, path, YAML_FILE_MAX, &text, e) && policy_add(a, path, text, policies, e);
}

static bool load_folder(struct arena *a, const char *folder, struct policies *policies, struct error *e) {
    struct dirent **entries;
    int count = scandir(folder, &entries, is_profile_file, alphasort);
    if (count < 0)
        return fail_errno(e, ERR_BAD_CONFIG, folder);
    bool ok = true;
    for (int i = 0; i < count; i++) {
        ok = ok && load_file(a, arena_printf(a, "%s/%s", folder, entries[i]->d_name), policies, e);
        free(entries[i]);
    }
    free(entries);
    return ok;
}

bool policy_load(struct arena *a, const char *folder, struct policies *policies, struct error *e) {
    *policies = (struct policies){.count = 0};
    for (const struct embedded *file = embedded_profiles; file->name; file++)
        if (!policy_add(a, file->name, slice_of(file->content, file->len), policies, e))
            return false;
    return !folder || load_folder(a, folder, policies, e);
}

const struct profile *policy_find(const struct policies *policies, const char *name, int64_t version) {
    const struct profile *found = NULL;
    for (size_t i = 0; i < policies->count; i++) {
        const struct profile *p = policies->profiles[i];
        if (strcmp(p->name, name) == 0 && (version == 0 || p->version == version))
            found = p;
    }
    return found;
}

bool policy_brand_renewable(const struct profile *profile, const char *brand) {
    for (unsigned i = 0; i < profile->renewable_brands_count; i++) {
        const char *renewable = profile->renewable_brands[i];
        if (strcmp(renewable, "all") == 0 || strcmp(renewable, brand) == 0)
            return true;
    }
    return false;
}

bool policy_domain_type_renewable(const struct profile *profile, enum domain_type type) {
    return !(profile->not_renewable_domain_types & (1u << type));
}
