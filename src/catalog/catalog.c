/* The catalogue of a process: finding and asking its lines, keeping them fresh, and filling the rows from
 * files. */
#include "catalog/catalog.h"
#include "catalog/catalog_db.h"
#include <ctype.h>
#include <strings.h>

/* ---- finding ---- */

const struct brand *catalog_find(const struct catalog *catalog, const char *id) {
    for (size_t i = 0; id && i < catalog->count; i++)
        if (strcmp(catalog->brands[i]->id, id) == 0)
            return catalog->brands[i];
    return NULL;
}

const struct brand *catalog_default(const struct catalog *catalog) {
    for (size_t i = 0; i < catalog->count; i++)
        if (catalog->brands[i]->on_sale && !brand_is_test(catalog->brands[i]) &&
            strcmp(catalog->brands[i]->profile, POLICY_DEFAULT) == 0)
            return catalog->brands[i];
    return catalog->brands[0];
}

/* ---- whose a CA is ---- */

static bool begins_with(const char *value, const char *vendor) {
    size_t len = strlen(vendor);
    return strncasecmp(value, vendor, len) == 0 && !isalnum((unsigned char)value[len]);
}

/* The value of an attribute in an RFC 2253 text; NULL: it has none. A comma behind a backslash is one of a
 * value. */
static const char *attribute_of(const char *name, const char *attribute) {
    size_t len = strlen(attribute);
    for (const char *p = name; *p; p++) {
        bool begins = p == name || (strchr(",+", p[-1]) && (p - name < 2 || p[-2] != '\\'));
        if (begins && strncmp(p, attribute, len) == 0)
            return p + len;
    }
    return NULL;
}

/* The common name first: an organisation has CAs of several brands. */
const char *catalog_vendor_of(const struct catalog *catalog, const char *issuer) {
    static const char *const attributes[] = {"CN=", "O="};
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        const char *value = attribute_of(issuer, attributes[i]);
        for (size_t b = 0; value && b < catalog->count; b++)
            if (begins_with(value, catalog->brands[b]->vendor))
                return catalog->brands[b]->vendor;
    }
    return NULL;
}

/* ---- what a line is ---- */

struct profile brand_profile(const struct brand *brand, const struct profile *profile) {
    struct profile own = *profile;
    if (brand->coverage_days)
        own.standard_days = brand->coverage_days;
    return own;
}

bool brand_is_test(const struct brand *brand) {
    return strcmp(brand->kind, "test") == 0;
}

/* ---- prices ---- */

static bool is_of(const struct price *price, const char *domain_type) {
    return domain_type ? price->domain_type && strcmp(price->domain_type, domain_type) == 0
                       : !price->domain_type;
}

/* The last of the type that has come; those of a type are ascending. */
static const struct price *price_of(const struct brand *b, const char *domain_type, int64_t at) {
    const struct price *found = NULL;
    for (unsigned i = 0; i < b->prices_count; i++)
        if (is_of(&b->prices[i], domain_type) && b->prices[i].from_at <= at)
            found = &b->prices[i];
    return found;
}

static const struct price *first_general(const struct brand *b) {
    for (unsigned i = 0; i < b->prices_count; i++)
        if (is_of(&b->prices[i], NULL))
            return &b->prices[i];
    return NULL;
}

const struct price *brand_price(const struct brand *brand, const char *domain_type, int64_t at) {
    const struct price *own = domain_type ? price_of(brand, domain_type, at) : NULL;
    return own ? own : price_of(brand, NULL, at);
}

bool brand_price_find(struct arena *a, const struct brand *brand, const char *domain_type, int64_t at,
                      const struct price **price, struct error *e) {
    const struct price *first = first_general(brand);
    *price = brand_price(brand, domain_type, at);
    return *price || fail_field(e, "brand", ERR_BRAND_NOT_ON_SALE, "'%s' is sold from %s on",
                                "“%s”自 %s 起销售", brand->id, first ? time_format(a, first->from_at) : "?");
}

/* ---- what can be ordered ---- */

static bool refuse(const struct brand *b, const char *en, const char *zh, struct error *e) {
    return fail_field(e, "brand", ERR_BRAND_NOT_ON_SALE, "'%s' %s%.0s", "“%s”%.0s%s", b->id, en, zh);
}

bool brand_on_sale(const struct brand *b, struct error *e) {
    if (b->withdrawn_at)
        return refuse(b, "is withdrawn; choose another line of the catalogue",
                      "已下架;请选择目录中的其他条目", e);
    return first_general(b) || refuse(b, "has no price yet", "尚未定价", e);
}

/* ---- staying fresh ---- */

/* What was read from rows, now and before. */
struct catalog_kept {
    struct arena *current, *previous;
};

static void release(void *kept) {
    struct catalog_kept *k = kept;
    arena_free(k->previous);
    arena_free(k->current);
}

static void keep(struct catalog *catalog, struct arena *fresh) {
    if (!catalog->kept) {
        catalog->kept = ARENA_NEW(catalog->home, struct catalog_kept);
        arena_defer(catalog->home, release, catalog->kept);
    }
    arena_free(catalog->kept->previous);
    catalog->kept->previous = catalog->kept->current;
    catalog->kept->current = fresh;
}

static const struct brand **pointers(struct arena *a, const struct brand *brands, size_t count) {
    const struct brand **list = ARENA_ARRAY(a, count, const struct brand *);
    for (size_t i = 0; i < count; i++)
        list[i] = &brands[i];
    return list;
}

static void adopt(struct catalog *catalog, struct arena *fresh, const struct brand *brands, size_t count) {
    keep(catalog, fresh);
    catalog->brands = pointers(fresh, brands, count);
    catalog->count = count;
}

/* The number is read before the rows: if somebody changes them in between, the next look finds it out. */
bool catalog_refresh(struct catalog *catalog, struct db *db, struct error *e) {
    int64_t revision;
    struct brand *brands;
    size_t count;
    if (!catalog_db_revision(db, &revision, e))
        return false;
    if (revision == catalog->revision)
        return true;
    struct arena *fresh = arena_new();
    if (!catalog_db_read(db, fresh, &brands, &count, e)) {
        arena_free(fresh);
        return false;
    }
    adopt(catalog, fresh, brands, count);
    catalog->revision = revision;
    return true;
}

bool catalog_fresh(const struct services *services, struct error *e) {
    return !services->catalog || catalog_refresh(services->catalog, services->db, e);
}

/* ---- filling the rows ---- */

struct seed {
    struct db *db;
    struct arena *arena;
    int64_t now;
    struct catalog stored;
    bool changed;
};

static const char *content(struct arena *a, const struct brand *b) {
    struct brand plain = *b;
    plain.changed_at = plain.revision = 0;
    return arena_printf(a, "%lld %s", (long long)b->position,
                        json_text(a, json_keep(a, json_from_row(a, brand_fields, &plain)), false));
}

static bool store(struct seed *s, struct brand *b, struct error *e) {
    b->changed_at = s->now;
    s->changed = true;
    return brand_db_put(s->db, b, e);
}

static bool seed_brand(struct seed *s, const struct brand *of_file, int64_t position, struct error *e) {
    const struct brand *stored = catalog_find(&s->stored, of_file->id);
    struct brand b = *of_file;
    b.position = position;
    if (!stored)
        return store(s, &b, e);
    b.revision = stored->revision + 1;
    bool stays =
        strcmp(stored->origin, "api") == 0 || strcmp(content(s->arena, stored), content(s->arena, &b)) == 0;
    return stays || store(s, &b, e);
}

/* Certificates may still name it. */
static bool withdraw_gone(struct seed *s, const struct catalog *files, const struct brand *stored,
                          struct error *e) {
    bool stays =
        stored->withdrawn_at || strcmp(stored->origin, "api") == 0 || catalog_find(files, stored->id);
    struct brand b = *stored;
    b.withdrawn_at = s->now;
    b.revision++;
    return stays || store(s, &b, e);
}

static bool seed_all(struct seed *s, const struct catalog *files, struct error *e) {
    struct brand *stored;
    if (!catalog_db_read(s->db, s->arena, &stored, &s->stored.count, e))
        return false;
    s->stored.brands = pointers(s->arena, stored, s->stored.count);
    for (size_t i = 0; i < files->count; i++)
        if (!seed_brand(s, files->brands[i], (int64_t)i, e))
            return false;
    for (size_t i = 0; i < s->stored.count; i++)
        if (!withdraw_gone(s, files, s->stored.brands[i], e))
            return false;
    return !s->changed || catalog_db_raise(s->db, e);
}

bool catalog_seed(struct db *db, struct arena *a, const struct catalog *files, int64_t now, struct error *e) {
    struct seed s = {.db = db, .arena = a, .now = now};
    return db_begin(db, e) && db_end(db, seed_all(&s, files, e), e);
}
