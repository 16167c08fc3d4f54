/* Brands from profiles/catalog.yaml: schema, and checks against the profiles. */
#include "base/embedded.h"
#include "base/file.h"
#include "catalog/catalog.h"
#include "policy/policy_files.h"
#include <unistd.h>

extern const struct embedded embedded_catalog[];

/* ---- schema ---- */

static const cyaml_strval_t grades[] = {{"dv", 1 << GRADE_DV}, {"ov", 1 << GRADE_OV}, {"ev", 1 << GRADE_EV}};
static const cyaml_strval_t key_algorithms[] = {
    {"rsa2048", 1 << KEY_RSA_2048}, {"rsa3072", 1 << KEY_RSA_3072}, {"rsa4096", 1 << KEY_RSA_4096},
    {"p256", 1 << KEY_P256},        {"p384", 1 << KEY_P384},        {"ed25519", 1 << KEY_ED25519}};

static const cyaml_schema_field_t price_fields[] = {
    YAML_TEXT("from", struct price, from),
    YAML_OPTIONAL_TEXT("domain_type", struct price, domain_type),
    YAML_INT("per_year", struct price, per_year),
    YAML_INT("managed_use", struct price, managed_use),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t price_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct price, price_fields)};
/* What is absent is 0 or NULL: brand_complete knows what that stands for. */
static const cyaml_schema_field_t brand_schema_fields[] = {
    YAML_TEXT("id", struct brand, id),
    YAML_TEXT("name", struct brand, vendor),
    YAML_MAPPING("title", struct brand, title, yaml_text_fields),
    CYAML_FIELD_MAPPING("audience", CYAML_FLAG_OPTIONAL, struct brand, audience, yaml_text_fields),
    YAML_OPTIONAL_TEXT("kind", struct brand, kind),
    YAML_TEXT("profile", struct brand, profile),
    YAML_TEXT("issuer", struct brand, issuer),
    YAML_OPTIONAL_TEXT("fallback_issuers", struct brand, fallback_issuers),
    YAML_OPTIONAL_TEXT("demands", struct brand, demands_word),
    YAML_OPTIONAL_BOOL("letter", struct brand, letter),
    YAML_WORDS("grades", struct brand, grades, grades),
    YAML_WORDS("domain_types", struct brand, domain_types, domain_type_words),
    YAML_WORDS("key_algorithms", struct brand, key_algorithms, key_algorithms),
    YAML_INT("names_max", struct brand, names_max),
    YAML_INT("bonus_days", struct brand, bonus_days),
    YAML_OPTIONAL_INT("coverage_days", struct brand, coverage_days),
    YAML_OPTIONAL_BOOL("public_names", struct brand, public_names),
    YAML_OPTIONAL_INT("validation_days", struct brand, validation_days),
    YAML_TEXT("currency", struct brand, currency),
    CYAML_FIELD_SEQUENCE("prices", CYAML_FLAG_POINTER, struct brand, prices, &price_schema, 1, 100),
    CYAML_FIELD_END,
};

struct file {
    struct brand *brands;
    unsigned brands_count;
};

static const cyaml_schema_value_t brand_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct brand, brand_schema_fields)};
static const cyaml_schema_field_t file_fields[] = {
    CYAML_FIELD_SEQUENCE("brands", CYAML_FLAG_POINTER, struct file, brands, &brand_schema, 1, 1000),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t file_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, file_fields)};

/* ---- what a schema cannot express ---- */

static bool same_type(const struct price *one, const struct price *other) {
    return one->domain_type ? other->domain_type && strcmp(one->domain_type, other->domain_type) == 0
                            : !other->domain_type;
}

static bool check_prices(const char *where, const struct brand *b, struct error *e) {
    for (unsigned i = 0; i < b->prices_count; i++) {
        struct price *price = &b->prices[i];
        if (!yaml_check_time(where, "prices", price->from, &price->from_at, e) ||
            !price_check(where, price, e))
            return false;
        for (unsigned k = 0; k < i; k++)
            if (same_type(price, &b->prices[k]) && price->from_at <= b->prices[k].from_at)
                return fail_field(e, "prices", ERR_BAD_CONFIG, "%s, prices: %s does not come after %s",
                                  "%s,prices:%s 不晚于 %s", where, price->from, b->prices[k].from);
    }
    return true;
}

static bool complete_brand(struct arena *a, const char *origin, const struct policies *policies,
                           struct brand *b, struct error *e) {
    const char *where = arena_printf(a, "%s, %s", origin, b->id);
    if (!check_prices(where, b, e))
        return false;
    brand_complete(a, b);
    return brand_check(where, policies, b, e);
}

/* ---- loading ---- */

static void put(struct catalog *catalog, const struct brand *b) {
    for (size_t i = 0; i < catalog->count; i++)
        if (strcmp(catalog->brands[i]->id, b->id) == 0) {
            catalog->brands[i] = b;
            return;
        }
    catalog->brands[catalog->count++] = b;
}

bool catalog_add(struct arena *a, const char *origin, struct slice text, const struct policies *policies,
                 struct catalog *catalog, struct error *e) {
    struct file *file;
    if (!yaml_load(a, origin, text, &file_schema, (void **)&file, e))
        return false;
    const struct brand **brands = ARENA_ARRAY(a, catalog->count + file->brands_count, const struct brand *);
    if (catalog->count)
        memcpy(brands, catalog->brands, catalog->count * sizeof *brands);
    catalog->brands = brands;
    for (unsigned i = 0; i < file->brands_count; i++) {
        if (!complete_brand(a, origin, policies, &file->brands[i], e))
            return false;
        put(catalog, &file->brands[i]);
    }
    return true;
}

static bool load_folder(struct arena *a, const char *folder, const struct policies *policies,
                        struct catalog *catalog, struct error *e) {
    const char *path = arena_printf(a, "%s/" CATALOG_FILE, folder);
    struct slice text;
    if (access(path, F_OK) != 0)
        return true;
    return file_read(a, path, YAML_FILE_MAX, &text, e) && catalog_add(a, path, text, policies, catalog, e);
}

bool catalog_load(struct arena *a, const char *folder, const struct policies *policies,
                  struct catalog *catalog, struct error *e) {
    *catalog = (struct catalog){.home = a};
    const struct slice built_in = slice_of(embedded_catalog[0].content, embedded_catalog[0].len);
    return catalog_add(a, embedded_catalog[0].name, built_in, policies, catalog, e) &&
           (!folder || load_folder(a, folder, policies, catalog, e));
}
