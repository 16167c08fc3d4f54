/* Brands from profiles/catalog.yaml: schema, checks against the profiles, and finding them. */
#include "catalog/catalog.h"
#include "base/embedded.h"
#include "base/file.h"
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
    YAML_INT("per_year", struct price, per_year),
    YAML_INT("managed_use", struct price, managed_use),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t price_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct price, price_fields)};
static const cyaml_schema_field_t brand_fields[] = {
    YAML_TEXT("id", struct brand, id),
    YAML_TEXT("name", struct brand, name),
    YAML_MAPPING("title", struct brand, title, yaml_text_fields),
    YAML_TEXT("profile", struct brand, profile),
    YAML_TEXT("issuer", struct brand, issuer),
    YAML_WORDS("grades", struct brand, grades, grades),
    YAML_WORDS("domain_types", struct brand, domain_types, domain_type_words),
    YAML_WORDS("key_algorithms", struct brand, key_algorithms, key_algorithms),
    YAML_INT("names_max", struct brand, names_max),
    YAML_INT("bonus_days", struct brand, bonus_days),
    YAML_TEXT("currency", struct brand, currency),
    CYAML_FIELD_SEQUENCE("prices", CYAML_FLAG_POINTER, struct brand, prices, &price_schema, 1, 100),
    CYAML_FIELD_END,
};

struct file {
    struct brand *brands;
    unsigned brands_count;
};

static const cyaml_schema_value_t brand_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct brand, brand_fields)};
static const cyaml_schema_field_t file_fields[] = {
    CYAML_FIELD_SEQUENCE("brands", CYAML_FLAG_POINTER, struct file, brands, &brand_schema, 1, 1000),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t file_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct file, file_fields)};

/* ---- what a schema cannot express ---- */

static bool check_prices(const char *where, const struct brand *b, struct error *e) {
    for (unsigned i = 0; i < b->prices_count; i++) {
        struct price *price = &b->prices[i];
        if (!yaml_check_time(where, "prices", price->from, &price->from_at, e) ||
            !yaml_check_range(where, "prices", price->per_year, 0, INT32_MAX, e) ||
            !yaml_check_range(where, "prices", price->managed_use, 0, INT32_MAX, e))
            return false;
        if (i > 0 && price->from_at <= price[-1].from_at)
            return fail_field(e, "prices", ERR_BAD_CONFIG, "%s, prices: %s does not come after %s",
                              "%s,prices:%s 不晚于 %s", where, price->from, price[-1].from);
    }
    return true;
}

static bool check_currency(const char *where, const struct brand *b, struct error *e) {
    if (strlen(b->currency) == 3 && strspn(b->currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3)
        return true;
    return fail_field(e, "currency", ERR_BAD_CONFIG, "%s, currency: '%s' is not a code such as CNY",
                      "%s,currency:“%s”不是货币代码(例如 CNY)", where, b->currency);
}

static bool check_choices(const char *where, const struct brand *b, struct error *e) {
    if (b->grades && b->domain_types && b->key_algorithms)
        return true;
    return fail(e, ERR_BAD_CONFIG, "%s: at least one grade, domain type and key algorithm is needed",
                "%s:等级、域名类型和密钥算法至少各需一项", where);
}

static bool check_bonus(const char *where, const struct brand *b, const struct profile *p, struct error *e) {
    return b->bonus_days == 0 ||
           yaml_check_range(where, "bonus_days", b->bonus_days, p->bonus_days.min, p->bonus_days.max, e);
}

static bool check_brand(struct arena *a, const char *origin, const struct policies *policies,
                        const struct brand *b, struct error *e) {
    const char *where = arena_printf(a, "%s, %s", origin, b->id);
    const struct profile *profile = policy_find(policies, b->profile, 0);
    if (!profile)
        return fail_field(e, "profile", ERR_BAD_CONFIG, "%s, profile: there is no profile '%s'",
                          "%s,profile:没有策略“%s”", where, b->profile);
    if (strcmp(b->issuer, "local") != 0)
        return fail_field(e, "issuer", ERR_BAD_CONFIG, "%s, issuer: there is no issuer '%s'",
                          "%s,issuer:没有签发机构“%s”", where, b->issuer);
    return check_bonus(where, b, profile, e) && check_prices(where, b, e) && check_currency(where, b, e) &&
           check_choices(where, b, e) && yaml_check_range(where, "names_max", b->names_max, 1, 1000, e);
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
        if (!check_brand(a, origin, policies, &file->brands[i], e))
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
    *catalog = (struct catalog){.count = 0};
    const struct slice built_in = slice_of(embedded_catalog[0].content, embedded_catalog[0].len);
    return catalog_add(a, embedded_catalog[0].name, built_in, policies, catalog, e) &&
           (!folder || load_folder(a, folder, policies, catalog, e));
}

const struct brand *catalog_find(const struct catalog *catalog, const char *id) {
    for (size_t i = 0; id && i < catalog->count; i++)
        if (strcmp(catalog->brands[i]->id, id) == 0)
            return catalog->brands[i];
    return NULL;
}

const struct brand *catalog_default(const struct catalog *catalog) {
    for (size_t i = 0; i < catalog->count; i++)
        if (strcmp(catalog->brands[i]->profile, POLICY_DEFAULT) == 0)
            return catalog->brands[i];
    return catalog->brands[0];
}

const struct price *brand_price(const struct brand *brand, int64_t at) {
    const struct price *price = &brand->prices[0];
    for (unsigned i = 1; i < brand->prices_count && brand->prices[i].from_at <= at; i++)
        price = &brand->prices[i];
    return price;
}
