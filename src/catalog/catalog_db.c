/* Rows of brands, prices and packages. */
#include "catalog/catalog_db.h"

#define OF_ALL "system" /* the account that rows name which are the same for all */

bool catalog_db_revision(struct db *db, int64_t *revision, struct error *e) {
    return db_int(db, revision, 0, e, "SELECT revision FROM catalog_revision WHERE id = 1");
}

bool catalog_db_raise(struct db *db, struct error *e) {
    return db_exec(db, e, "UPDATE catalog_revision SET revision = revision + 1 WHERE id = 1");
}

/* ---- brands ---- */

struct price_row {
    const char *brand_id;
    struct price price;
};

static const struct field price_row_fields[] = {
    FIELD(TEXT, price_row, brand_id, 0, "Brand", "品牌"),
    {"domain_type", FIELD_TEXT, offsetof(struct price_row, price.domain_type), 0,
     TEXT("Domain type", "域名类型")},
    {"from_at", FIELD_INT, offsetof(struct price_row, price.from_at), 0, TEXT("From", "起始")},
    {"per_year", FIELD_INT, offsetof(struct price_row, price.per_year), 0, TEXT("Per year", "每年")},
    {"managed_use", FIELD_INT, offsetof(struct price_row, price.managed_use), 0, TEXT("Managed use", "托管")},
    FIELD_END,
};

#define BRAND_COLUMNS                                                                                              \
    "id, vendor, title_en, title_zh, audience_en, audience_zh, kind, profile, issuer, fallback_issuers, demands, " \
    "letter, grades, domain_types, key_algorithms, names_max, bonus_days, coverage_days, public_names, "           \
    "validation_days, currency, origin, withdrawn_at, changed_at, revision, position "

/* Prices come by brand. A text that is empty in the table is none. */
static void take_prices(struct arena *a, struct brand *b, const struct price_row *rows, size_t count) {
    b->prices = ARENA_ARRAY(a, count, struct price);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(rows[i].brand_id, b->id) != 0)
            continue;
        struct price *price = &b->prices[b->prices_count++];
        *price = rows[i].price;
        price->domain_type = *price->domain_type ? price->domain_type : NULL;
    }
    brand_complete(a, b);
}

bool catalog_db_read(struct db *db, struct arena *a, struct brand **brands, size_t *count, struct error *e) {
    struct price_row *prices;
    size_t price_count;
    if (!db_list(db, a, brand_fields, sizeof **brands, brands, count, e,
                 "SELECT " BRAND_COLUMNS "FROM brand ORDER BY position, id") ||
        !db_list(db, a, price_row_fields, sizeof *prices, &prices, &price_count, e,
                 "SELECT brand_id, domain_type, from_at, per_year, managed_use FROM brand_price "
                 "ORDER BY brand_id, domain_type, from_at"))
        return false;
    for (size_t i = 0; i < *count; i++)
        take_prices(a, &(*brands)[i], prices, price_count);
    return true;
}

bool brand_db_get(struct db *db, struct arena *a, const char *id, struct brand *brand, struct error *e) {
    struct price_row *prices;
    size_t count;
    *brand = (struct brand){0};
    if (!db_get(db, a, brand_fields, brand, e, "SELECT " BRAND_COLUMNS "FROM brand WHERE id = $1",
                DB_TEXT(id)))
        return e->id == ERR_NOT_FOUND && fail(e, ERR_NOT_FOUND, "no brand '%s'", "没有品牌“%s”", id);
    if (!db_list(db, a, price_row_fields, sizeof *prices, &prices, &count, e,
                 "SELECT brand_id, domain_type, from_at, per_year, managed_use FROM brand_price "
                 "WHERE brand_id = $1 ORDER BY domain_type, from_at",
                 DB_TEXT(id)))
        return false;
    take_prices(a, brand, prices, count);
    return true;
}

/* budget: one statement of 27 columns */
static bool put_row(struct db *db, const struct brand *b, int64_t position, struct error *e) {
    return db_exec(
        db, e,
        "INSERT INTO brand (id, account_id, vendor, title_en, title_zh, audience_en, audience_zh, kind, profile, "
        "issuer, demands, letter, grades, domain_types, key_algorithms, names_max, bonus_days, coverage_days, "
        "public_names, validation_days, currency, origin, withdrawn_at, changed_at, revision, position, "
        "fallback_issuers) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, "
        "$21, $22, $23, $24, $25, $26, $27) ON CONFLICT (id) DO UPDATE SET vendor = $3, title_en = $4, title_zh = $5, "
        "audience_en = $6, audience_zh = $7, kind = $8, profile = $9, issuer = $10, demands = $11, letter = $12, "
        "grades = $13, domain_types = $14, key_algorithms = $15, names_max = $16, bonus_days = $17, "
        "coverage_days = $18, public_names = $19, validation_days = $20, currency = $21, origin = $22, "
        "withdrawn_at = $23, changed_at = $24, revision = $25, position = $26, "
        "fallback_issuers = $27",
        DB_TEXT(b->id), DB_TEXT(OF_ALL), DB_TEXT(b->vendor), DB_TEXT(b->title.in[LANG_EN]),
        DB_TEXT(b->title.in[LANG_ZH]), DB_TEXT(b->audience.in[LANG_EN]), DB_TEXT(b->audience.in[LANG_ZH]),
        DB_TEXT(b->kind), DB_TEXT(b->profile), DB_TEXT(b->issuer), DB_TEXT(b->demands_word),
        DB_INT(b->letter), DB_TEXT(b->grade_words), DB_TEXT(b->domain_type_words),
        DB_TEXT(b->key_algorithm_words), DB_INT(b->names_max), DB_INT(b->bonus_days),
        DB_INT(b->coverage_days), DB_INT(b->public_names), DB_INT(b->validation_days), DB_TEXT(b->currency),
        DB_TEXT(b->origin), DB_TIME(b->withdrawn_at), DB_INT(b->changed_at), DB_INT(b->revision),
        DB_INT(position), DB_TEXT(b->fallback_issuers));
}

static bool put_prices(struct db *db, const struct brand *b, struct error *e) {
    bool ok = db_exec(db, e, "DELETE FROM brand_price WHERE brand_id = $1", DB_TEXT(b->id));
    for (unsigned i = 0; ok && i < b->prices_count; i++) {
        const struct price *p = &b->prices[i];
        ok = db_exec(
            db, e,
            "INSERT INTO brand_price (brand_id, domain_type, from_at, account_id, per_year, managed_use) "
            "VALUES ($1, $2, $3, $4, $5, $6)",
            DB_TEXT(b->id), DB_TEXT(p->domain_type ? p->domain_type : ""), DB_INT(p->from_at),
            DB_TEXT(OF_ALL), DB_INT(p->per_year), DB_INT(p->managed_use));
    }
    return ok;
}

bool brand_db_put(struct db *db, const struct brand *b, struct error *e) {
    int64_t position = b->position;
    if (position < 0 && !db_int(db, &position, 0, e, "SELECT MAX(position) + 1 FROM brand"))
        return false;
    return put_row(db, b, position, e) && put_prices(db, b, e);
}

/* ---- packages ---- */

bool package_get(struct db *db, struct arena *a, const char *id, struct package *package, struct error *e) {
    *package = (struct package){0};
    return db_get(db, a, package_fields, package, e,
                  "SELECT id, title_en, title_zh, brand_id AS brand, grade, domain_type, key_family, "
                  "certificates, managed_uses, price, currency, withdrawn_at, changed_at, revision "
                  "FROM package WHERE id = $1",
                  DB_TEXT(id)) ||
           (e->id == ERR_NOT_FOUND && fail(e, ERR_NOT_FOUND, "no package '%s'", "没有资源包“%s”", id));
}

bool package_db_list(struct db *db, struct arena *a, const struct package_range *range,
                     struct package **packages, size_t *count, struct error *e) {
    return db_list(db, a, package_fields, sizeof **packages, packages, count, e,
                   "SELECT id, title_en, title_zh, brand_id AS brand, grade, domain_type, key_family, "
                   "certificates, managed_uses, price, currency, withdrawn_at, changed_at, revision "
                   "FROM package WHERE id > $1 ORDER BY id LIMIT $2",
                   DB_TEXT(range->after), DB_INT((int64_t)range->limit));
}

bool package_db_put(struct db *db, const struct package *p, struct error *e) {
    return db_exec(
        db, e,
        "INSERT INTO package (id, account_id, title_en, title_zh, brand_id, grade, domain_type, key_family, "
        "certificates, managed_uses, price, currency, withdrawn_at, changed_at, revision) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) "
        "ON CONFLICT (id) DO UPDATE SET title_en = $3, title_zh = $4, brand_id = $5, grade = $6, "
        "domain_type = $7, key_family = $8, certificates = $9, managed_uses = $10, price = $11, currency = $12, "
        "withdrawn_at = $13, changed_at = $14, revision = $15",
        DB_TEXT(p->id), DB_TEXT(OF_ALL), DB_TEXT(p->title.in[LANG_EN]), DB_TEXT(p->title.in[LANG_ZH]),
        DB_TEXT(p->of.brand), DB_TEXT(p->of.grade), DB_TEXT(p->of.domain_type), DB_TEXT(p->of.key_family),
        DB_INT(p->certificates), DB_INT(p->managed_uses), DB_INT(p->price), DB_TEXT(p->currency),
        DB_TIME(p->withdrawn_at), DB_INT(p->changed_at), DB_INT(p->revision));
}
