/* The specification of a certificate: brand, grade, domain type and key family, by which quota is counted. */
#include "catalog/catalog.h"

/* Families as a specification has them: the same words in lower case. */
static const struct { const char *family, *word; } families[] = {{"RSA", "rsa"}, {"ECC", "ecc"}};

enum { FAMILIES = sizeof families / sizeof *families, PARTS = 4 };

const char *specification_family(const char *key_algorithm) {
    const char *family = key_family(key_algorithm_parse(key_algorithm));
    for (size_t i = 0; family && i < FAMILIES; i++)
        if (strcmp(families[i].family, family) == 0)
            return families[i].word;
    return NULL;
}

const char *specification_key(struct arena *a, const struct specification *s) {
    return arena_printf(a, "%s/%s/%s/%s", s->brand, s->grade, s->domain_type, s->key_family);
}

bool specification_parse(struct arena *a, const char *key, struct specification *s) {
    const char *parts[PARTS] = {0};
    size_t count = 0;
    for (const char *p = key; p; count++) {
        const char *slash = strchr(p, '/');
        if (count == PARTS)
            return false;
        parts[count] = slash ? arena_strndup(a, p, (size_t)(slash - p)) : p;
        p = slash ? slash + 1 : NULL;
    }
    *s = (struct specification){parts[0], parts[1], parts[2], parts[3]};
    return count == PARTS;
}

/* ---- what a brand sells ---- */

static bool sells_family(const struct brand *b, const char *family) {
    for (int algorithm = KEY_RSA_2048; algorithm < KEY_ALGORITHM_COUNT; algorithm++) {
        const char *word = specification_family(key_algorithm_name((enum key_algorithm)algorithm));
        if (b->key_algorithms & 1u << algorithm && word && strcmp(word, family) == 0)
            return true;
    }
    return false;
}

static bool sells_type(const struct brand *b, const char *domain_type) {
    for (int type = DOMAIN_SINGLE; type <= DOMAIN_MIXED; type++)
        if (strcmp(domain_type_name((enum domain_type)type), domain_type) == 0)
            return b->domain_types & 1u << type;
    return false;
}

static bool sells_grade(const struct brand *b, const char *name) {
    enum grade grade = grade_parse(name);
    return grade < GRADE_COUNT && b->grades & 1u << grade;
}

static bool check_part(const struct brand *b, const char *field, const char *word,
                       bool (*sells)(const struct brand *b, const char *word), struct error *e) {
    if (!word)
        return fail_field(e, field, ERR_BAD_FIELD, "a specification needs '%s'", "规格缺少“%s”", field);
    return sells(b, word) || fail_field(e, field, ERR_BAD_FIELD, "brand '%s' has no %s '%s'",
                                        "品牌“%s”没有 %s“%s”", b->id, field, word);
}

bool specification_check(const struct catalog *catalog, const struct specification *s, struct error *e) {
    const struct brand *b = catalog_find(catalog, s->brand);
    if (!b)
        return fail_field(e, "brand", ERR_BAD_FIELD, "there is no brand '%s'", "没有品牌“%s”",
                          s->brand ? s->brand : "");
    return check_part(b, "grade", s->grade, sells_grade, e) &&
           check_part(b, "domain_type", s->domain_type, sells_type, e) &&
           check_part(b, "key_family", s->key_family, sells_family, e);
}
