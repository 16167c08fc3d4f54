/* A line of the catalogue: what follows from it, and what makes no sense. */
#include "base/money.h"
#include "base/yaml.h"
#include "catalog/catalog.h"
#include "catalog/entry.h"
#include "catalog/issuer.h"
#include "policy/policy_files.h"
#include <stdlib.h>

enum { VALIDATION_DAYS = 30, TEXT_MAX = 200 };

const struct field brand_fields[] = {
    FIELD(TEXT, brand, id, FIELD_COLUMN, "Line of the catalogue", "目录条目"),
    FIELD(TEXT, brand, vendor, FIELD_COLUMN, "Vendor", "厂商"),
    {"title_en", FIELD_TEXT, offsetof(struct brand, title.in[LANG_EN]), 0,
     TEXT("Title in English", "英文名称")},
    {"title_zh", FIELD_TEXT, offsetof(struct brand, title.in[LANG_ZH]), 0,
     TEXT("Title in Chinese", "中文名称")},
    {"audience_en", FIELD_TEXT, offsetof(struct brand, audience.in[LANG_EN]), 0,
     TEXT("For whom it is meant, in English", "适用对象(英文)")},
    {"audience_zh", FIELD_TEXT, offsetof(struct brand, audience.in[LANG_ZH]), 0,
     TEXT("For whom it is meant, in Chinese", "适用对象(中文)")},
    FIELD(TEXT, brand, kind, 0, "Kind of its certificates: official, test", "证书类型:official、test"),
    FIELD(TEXT, brand, profile, FIELD_COLUMN, "Policy profile", "策略"),
    FIELD(TEXT, brand, issuer, 0, "Issuer", "签发机构"),
    FIELD(WORDS, brand, fallback_issuers, 0, "Issuers that take over, in this order, if it fails",
          "签发失败时依次改用的签发机构"),
    {"demands", FIELD_TEXT, offsetof(struct brand, demands_word), FIELD_COLUMN,
     TEXT("What must be seen before it is signed: none, dv, review", "签发前的要求:none、dv、review")},
    FIELD(BOOL, brand, letter, 0, "Needs a confirmation letter where the profile leaves it open",
          "策略未规定时是否需要确认函"),
    {"grades", FIELD_WORDS, offsetof(struct brand, grade_words), FIELD_COLUMN,
     TEXT("Grades: dv, ov, ev", "等级:dv、ov、ev")},
    {"domain_types", FIELD_WORDS, offsetof(struct brand, domain_type_words), 0,
     TEXT("Domain types: single, wildcard, multi, mixed", "域名类型:single、wildcard、multi、mixed")},
    {"key_algorithms", FIELD_WORDS, offsetof(struct brand, key_algorithm_words), 0,
     TEXT("Key algorithms: rsa2048, p256 …", "密钥算法:rsa2048、p256 等")},
    FIELD(INT, brand, names_max, 0, "Most names in one certificate", "每张证书的域名上限"),
    FIELD(INT, brand, bonus_days, 0, "Bonus days of a renewal", "续费赠送天数"),
    FIELD(INT, brand, coverage_days, 0, "Days of a year of it; 0: as the profile says",
          "一年期的服务天数;0 表示由策略决定"),
    FIELD(BOOL, brand, public_names, 0, "Public names and addresses only", "仅限公网域名和地址"),
    FIELD(INT, brand, validation_days, 0, "Days that validation may take", "验证期限(天)"),
    FIELD(TEXT, brand, currency, 0, "Currency", "货币"),
    {"prices", FIELD_LIST, offsetof(struct brand, price_list), 0,
     TEXT("Prices, each from its first day on, in minor units: [{from, domain_type, per_year, managed_use}]",
          "价格(最小货币单位),自首日起生效:[{from, domain_type, per_year, managed_use}]")},
    {"expected_issuance", FIELD_LIST, offsetof(struct brand, expected_issuance), 0,
     TEXT("How long issuance takes by grade: [{grade, unit, min, max}]",
          "各等级的预计签发时间:[{grade, unit, min, max}]")},
    FIELD(BOOL, brand, on_sale, FIELD_COLUMN, "Can be ordered", "是否在售"),
    FIELD(TEXT, brand, origin, 0, "Where it comes from: file, api", "来源:file、api"),
    FIELD(TIME, brand, withdrawn_at, 0, "Withdrawn", "下架时间"),
    FIELD(TIME, brand, changed_at, 0, "Changed", "更改时间"),
    FIELD(INT, brand, revision, 0, "Number of changes", "更改次数"),
    FIELD(INT, brand, position, FIELD_HIDDEN, "Place in lists", "排序"),
    FIELD_END,
};

/* ---- words and bits ---- */

struct choice_kind {
    const char *(*name)(int value);
    int first, end;
};

static const char *grade_of(int value) {
    return grade_name((enum grade)value);
}

static const char *domain_type_of_bit(int value) {
    return domain_type_name((enum domain_type)value);
}

static const char *key_algorithm_of(int value) {
    return value == KEY_RSA_OTHER ? "" : key_algorithm_name((enum key_algorithm)value); /* never made */
}

static const struct choice_kind grade_choice = {grade_of, 0, GRADE_COUNT},
                                domain_type_choice = {domain_type_of_bit, DOMAIN_SINGLE, DOMAIN_MIXED + 1},
                                key_algorithm_choice = {key_algorithm_of, KEY_RSA_2048, KEY_ALGORITHM_COUNT};

/* The bits of a list of words; what is no such word has none. */
static unsigned bits_of(const struct choice_kind *kind, const char *words) {
    unsigned bits = 0;
    struct slice word;
    for (const char *rest = words; names_next(&rest, &word);)
        for (int value = kind->first; value < kind->end; value++)
            if (slice_equal(word, slice_str(kind->name(value))))
                bits |= 1u << value;
    return bits;
}

static bool is_word_of(const struct choice_kind *kind, const char *word) {
    return names_count(word) == 1 && !strchr(word, ' ') && bits_of(kind, word);
}

static const char *words_of(struct arena *a, const struct choice_kind *kind, unsigned bits) {
    const char *words = "";
    for (int value = kind->first; value < kind->end; value++)
        if (bits & 1u << value)
            words = arena_printf(a, "%s%s%s", words, *words ? " " : "", kind->name(value));
    return words;
}

static void complete_choice(struct arena *a, const struct choice_kind *kind, const char **words,
                            unsigned *bits) {
    if (*words)
        *bits = bits_of(kind, *words);
    else
        *words = words_of(a, kind, *bits);
}

/* ---- completing ---- */

static const char *const demand_words[DEMANDS_COUNT] = {
    [DEMANDS_NONE] = "none", [DEMANDS_DV] = "dv", [DEMANDS_REVIEW] = "review"};

/* DEMANDS_COUNT for any other text. */
static enum demands demands_parse(const char *word) {
    enum demands demands = DEMANDS_NONE;
    while (demands < DEMANDS_COUNT && strcmp(demand_words[demands], word) != 0)
        demands++;
    return demands;
}

static const char *or_else(const char *given, const char *otherwise) {
    return given ? given : otherwise;
}

static json_t *price_json(struct arena *a, const struct price *price) {
    return json_pack("{s:o,s:o,s:I,s:I}", "from", json_string(time_format(a, price->from_at)), "domain_type",
                     json_string_of(a, price->domain_type), "per_year", (json_int_t)price->per_year,
                     "managed_use", (json_int_t)price->managed_use);
}

static const char *price_list(struct arena *a, const struct brand *b) {
    json_t *list = json_keep(a, json_array());
    for (unsigned i = 0; i < b->prices_count; i++)
        json_array_append_new(list, price_json(a, &b->prices[i]));
    return json_text(a, list, false);
}

static int price_order(const void *one, const void *other) {
    const struct price *a = one, *b = other;
    int types = strcmp(or_else(a->domain_type, ""), or_else(b->domain_type, ""));
    return types ? types : (a->from_at > b->from_at) - (a->from_at < b->from_at);
}

void brand_complete(struct arena *a, struct brand *b) {
    if (b->prices_count)
        qsort(b->prices, b->prices_count, sizeof *b->prices, price_order);
    for (int lang = 0; lang < LANG_COUNT; lang++)
        b->audience.in[lang] = or_else(b->audience.in[lang], "");
    b->kind = or_else(b->kind, "official");
    b->issuer = or_else(b->issuer, ISSUER_LOCAL);
    b->fallback_issuers = or_else(b->fallback_issuers, "");
    b->demands_word = or_else(b->demands_word, demand_words[DEMANDS_NONE]);
    b->demands = demands_parse(b->demands_word);
    b->origin = or_else(b->origin, "file");
    b->validation_days = b->validation_days ? b->validation_days : VALIDATION_DAYS;
    complete_choice(a, &grade_choice, &b->grade_words, &b->grades);
    complete_choice(a, &domain_type_choice, &b->domain_type_words, &b->domain_types);
    complete_choice(a, &key_algorithm_choice, &b->key_algorithm_words, &b->key_algorithms);
    b->price_list = price_list(a, b);
    struct error ignored;
    b->on_sale = brand_on_sale(b, &ignored);
}

/* ---- checks ---- */

static bool check_id(const char *where, const struct brand *b, struct error *e) {
    return entry_is_id(b->id) ||
           fail_field(e, "id", ERR_BAD_CONFIG, "%s, id: 1 to %d letters, digits, '-', '_' or '.'",
                      "%s,id:只能是 1 至 %d 个字母、数字、“-”、“_”或“.”", where, ENTRY_ID_MAX);
}

static bool check_text(const char *where, const char *field, const char *text, struct error *e) {
    size_t len = strlen(text);
    if (entry_has_control(text))
        return fail_field(e, field, ERR_BAD_CONFIG, "%s, %s: it has a control character",
                          "%s,%s:含有控制字符", where, field);
    return len <= TEXT_MAX || fail_field(e, field, ERR_BAD_CONFIG, "%s, %s: it has %zu bytes, %d are allowed",
                                         "%s,%s:长度为 %zu 字节,最多 %d 字节", where, field, len, TEXT_MAX);
}

static bool check_texts(const char *where, const struct brand *b, struct error *e) {
    return check_text(where, "vendor", b->vendor, e) &&
           check_text(where, "title_en", b->title.in[LANG_EN], e) &&
           check_text(where, "title_zh", b->title.in[LANG_ZH], e) &&
           check_text(where, "audience_en", b->audience.in[LANG_EN], e) &&
           check_text(where, "audience_zh", b->audience.in[LANG_ZH], e);
}

static bool check_words(const char *where, const struct brand *b, struct error *e) {
    if (strcmp(b->kind, "official") != 0 && strcmp(b->kind, "test") != 0)
        return fail_field(e, "kind", ERR_BAD_CONFIG, "%s, kind: official or test, not '%s'",
                          "%s,kind:只能是 official 或 test,不能是“%s”", where, b->kind);
    return b->demands < DEMANDS_COUNT ||
           fail_field(e, "demands", ERR_BAD_CONFIG, "%s, demands: none, dv or review, not '%s'",
                      "%s,demands:只能是 none、dv 或 review,不能是“%s”", where, b->demands_word);
}

static bool check_issuer_id(const char *where, const char *field, const char *id, struct error *e) {
    return entry_is_id(id) || fail_field(e, field, ERR_BAD_CONFIG, "%s, %s: '%s' is not the id of an issuer",
                                         "%s,%s:“%s”不是签发机构 ID", where, field, id);
}

/* Whether there are such issuers is known where their rows are. */
static bool check_issuers(const char *where, const struct brand *b, struct error *e) {
    AUTO_ARENA a = arena_new();
    const char *seen = arena_printf(a, " %s ", b->issuer);
    struct slice one;
    if (!check_issuer_id(where, "issuer", b->issuer, e))
        return false;
    for (const char *rest = b->fallback_issuers; names_next(&rest, &one);) {
        const char *id = arena_strndup(a, (const char *)one.p, one.len);
        if (!check_issuer_id(where, "fallback_issuers", id, e))
            return false;
        if (strstr(seen, arena_printf(a, " %s ", id)))
            return fail_field(e, "fallback_issuers", ERR_BAD_CONFIG,
                              "%s, fallback_issuers: '%s' is there twice", "%s,fallback_issuers:“%s”重复",
                              where, id);
        seen = arena_printf(a, "%s%s ", seen, id);
    }
    return true;
}

static bool check_choice(const char *where, const char *field, const char *words, unsigned bits,
                         struct error *e) {
    if (*words && names_count(words) == (size_t)__builtin_popcount(bits))
        return true;
    return fail_field(e, field, ERR_BAD_CONFIG, "%s, %s: '%s' is not a list of known words, each once",
                      "%s,%s:“%s”不是由已知且不重复的词组成的列表", where, field, words);
}

static bool check_choices(const char *where, const struct brand *b, struct error *e) {
    return check_choice(where, "grades", b->grade_words, b->grades, e) &&
           check_choice(where, "domain_types", b->domain_type_words, b->domain_types, e) &&
           check_choice(where, "key_algorithms", b->key_algorithm_words, b->key_algorithms, e);
}

static bool check_profile(const char *where, const struct policies *policies, const struct brand *b,
                          struct error *e) {
    const struct profile *p = policy_find(policies, b->profile, 0);
    if (!p)
        return fail_field(e, "profile", ERR_BAD_CONFIG, "%s, profile: there is no profile '%s'",
                          "%s,profile:没有策略“%s”", where, b->profile);
    return b->bonus_days == 0 ||
           yaml_check_range(where, "bonus_days", b->bonus_days, p->bonus_days.min, p->bonus_days.max, e);
}

static bool check_numbers(const char *where, const struct brand *b, struct error *e) {
    return yaml_check_range(where, "names_max", b->names_max, 1, 1000, e) &&
           yaml_check_range(where, "coverage_days", b->coverage_days, 0, 3660, e) &&
           yaml_check_range(where, "validation_days", b->validation_days, 1, 365, e);
}

static bool check_currency(const char *where, const struct brand *b, struct error *e) {
    if (currency_valid(b->currency))
        return true;
    return fail_field(e, "currency", ERR_BAD_CONFIG, "%s, currency: '%s' is not a code such as CNY",
                      "%s,currency:“%s”不是货币代码(例如 CNY)", where, b->currency);
}

bool price_check(const char *where, const struct price *price, struct error *e) {
    if (price->domain_type && !is_word_of(&domain_type_choice, price->domain_type))
        return fail_field(e, "domain_type", ERR_BAD_CONFIG, "%s, domain_type: there is no domain type '%s'",
                          "%s,domain_type:没有域名类型“%s”", where, price->domain_type);
    return yaml_check_range(where, "prices", price->per_year, 0, INT32_MAX, e) &&
           yaml_check_range(where, "prices", price->managed_use, 0, INT32_MAX, e);
}

bool brand_check(const char *where, const struct policies *policies, const struct brand *b, struct error *e) {
    return check_id(where, b, e) && check_texts(where, b, e) && check_words(where, b, e) &&
           check_issuers(where, b, e) && check_profile(where, policies, b, e) && check_numbers(where, b, e) &&
           check_currency(where, b, e) && check_choices(where, b, e);
}
