/* Brands over HTTP. They are shown from memory, which the dispatcher has refreshed, and changed in the rows.
 */
#include "audit/audit.h"
#include "catalog/catalog_db.h"
#include "catalog/issuer.h"
#include "http/list.h"

#define BRAND_BODY(name_, type_, member, flags_, en, zh)                                                     \
    { (name_), FIELD_##type_, offsetof(struct brand, member), (flags_), TEXT(en, zh) }

static const struct field brand_body[] = {
    BRAND_BODY("vendor", TEXT, vendor, FIELD_REQUIRED, "Vendor", "厂商"),
    BRAND_BODY("title_en", TEXT, title.in[LANG_EN], FIELD_REQUIRED, "Title in English", "英文名称"),
    BRAND_BODY("title_zh", TEXT, title.in[LANG_ZH], FIELD_REQUIRED, "Title in Chinese", "中文名称"),
    BRAND_BODY("audience_en", TEXT, audience.in[LANG_EN], 0, "For whom it is meant, in English",
               "适用对象(英文)"),
    BRAND_BODY("audience_zh", TEXT, audience.in[LANG_ZH], 0, "For whom it is meant, in Chinese",
               "适用对象(中文)"),
    BRAND_BODY("kind", TEXT, kind, 0, "official (default) or test", "official(默认)或 test"),
    BRAND_BODY("profile", TEXT, profile, FIELD_REQUIRED, "Policy profile", "策略"),
    BRAND_BODY("issuer", TEXT, issuer, 0, "Issuer: local (default), or one of /v1/issuers",
               "签发机构:local(默认)或 /v1/issuers 中的一个"),
    BRAND_BODY("fallback_issuers", WORDS, fallback_issuers, 0,
               "Issuers that take over, in this order, if it fails", "签发失败时依次改用的签发机构"),
    BRAND_BODY("demands", TEXT, demands_word, 0, "none (default), dv or review", "none(默认)、dv 或 review"),
    BRAND_BODY("letter", BOOL, letter, 0, "Needs a confirmation letter where the profile leaves it open",
               "策略未规定时是否需要确认函"),
    BRAND_BODY("grades", WORDS, grade_words, FIELD_REQUIRED, "Grades: dv, ov, ev", "等级:dv、ov、ev"),
    BRAND_BODY("domain_types", WORDS, domain_type_words, FIELD_REQUIRED, "single, wildcard, multi, mixed",
               "single、wildcard、multi、mixed"),
    BRAND_BODY("key_algorithms", WORDS, key_algorithm_words, FIELD_REQUIRED, "rsa2048, p256 …",
               "rsa2048、p256 等"),
    BRAND_BODY("names_max", INT, names_max, FIELD_REQUIRED, "Most names in one certificate",
               "每张证书的域名上限"),
    BRAND_BODY("bonus_days", INT, bonus_days, 0, "Bonus days of a renewal", "续费赠送天数"),
    BRAND_BODY("coverage_days", INT, coverage_days, 0, "Days of a year of it; 0: as the profile says",
               "一年期的服务天数;0 表示由策略决定"),
    BRAND_BODY("public_names", BOOL, public_names, 0, "Public names and addresses only",
               "仅限公网域名和地址"),
    BRAND_BODY("validation_days", INT, validation_days, 0, "Days that validation may take", "验证期限(天)"),
    BRAND_BODY("currency", TEXT, currency, FIELD_REQUIRED, "Currency, for good", "货币,不可更改"),
    BRAND_BODY("revision", INT, revision, 0, "The revision that was read: refused if there is a newer one",
               "所读取的版本;已有更新版本时拒绝"),
    FIELD_END,
};

/* ---- showing ---- */

static const char *const issuance_units[] = {
    [ISSUANCE_SECOND] = "second", [ISSUANCE_WORKING_DAY] = "working_day"};

static json_t *issuance_json(const struct issuance *i, enum grade grade) {
    return json_pack("{s:s,s:s,s:I,s:o}", "grade", grade_name(grade), "unit", issuance_units[i->unit], "min",
                     (json_int_t)i->min, "max", i->max ? json_integer(*i->max) : json_null());
}

static const char *expected_issuance(struct request *rq, const struct brand *b) {
    const struct profile *p = policy_find(rq->services->policies, b->profile, 0);
    json_t *list = json_keep(rq->arena, json_array());
    for (int grade = 0; p && grade < GRADE_COUNT; grade++)
        if (b->grades & 1u << grade)
            json_array_append_new(list, issuance_json(&p->expected_issuance.of[grade], (enum grade)grade));
    return json_text(rq->arena, list, false);
}

static struct brand shown(struct request *rq, const struct brand *b) {
    struct brand copy = *b;
    copy.expected_issuance = expected_issuance(rq, b);
    return copy;
}

/* The place behind the cursor; that of the first one without it. */
static bool find_place(const struct catalog *catalog, const char *cursor, size_t *place, struct error *e) {
    for (*place = 0; cursor && *place < catalog->count; (*place)++)
        if (strcmp(catalog->brands[*place]->id, cursor) == 0)
            return ++*place, true;
    return !cursor || fail_field(e, "cursor", ERR_BAD_FIELD, "'%s' is not a cursor of this list",
                                 "“%s”不是此列表的游标", cursor);
}

static bool list_brands(struct request *rq, struct error *e) {
    const struct catalog *catalog = rq->services->catalog;
    struct list_page page;
    size_t place;
    if (!list_page(rq, &page, e) || !find_place(catalog, page.cursor, &place, e))
        return false;
    size_t left = catalog->count - place, count = list_count(&page, left);
    struct brand *brands = ARENA_ARRAY(rq->arena, count, struct brand);
    for (size_t i = 0; i < count; i++)
        brands[i] = shown(rq, catalog->brands[place + i]);
    list_reply(rq, brand_fields, sizeof *brands, brands, count, left > count ? brands[count - 1].id : NULL);
    return true;
}

static bool show_brand(struct request *rq, struct error *e) {
    const struct brand *b = catalog_find(rq->services->catalog, rq->path_args[0]);
    if (!b)
        return fail(e, ERR_NOT_FOUND, "no brand '%s'", "没有品牌“%s”", rq->path_args[0]);
    struct brand copy = shown(rq, b);
    rq->reply = json_from_row(rq->arena, brand_fields, &copy);
    return true;
}

/* ---- changing ---- */

/* Stores it as the API's, and tells all processes. */
static bool change(struct request *rq, const char *action, struct brand *b, const struct brand *before,
                   struct error *e) {
    b->changed_at = rq->now;
    b->origin = "api";
    b->revision = before ? before->revision + 1 : 0;
    brand_complete(rq->arena, b);
    struct brand copy = shown(rq, b);
    json_t *old = before ? json_keep(rq->arena, json_from_row(rq->arena, brand_fields, before)) : NULL;
    rq->reply = json_from_row(rq->arena, brand_fields, &copy);
    return brand_db_put(rq->db, b, e) && catalog_db_raise(rq->db, e) &&
           audit_change(rq, action, b->id, old, rq->reply, e);
}

/* What is wrong in a file is a wrong file, in a request a wrong field. */
static bool as_input(bool ok, struct error *e) {
    if (!ok && e->id == ERR_BAD_CONFIG)
        e->id = ERR_BAD_FIELD;
    return ok;
}

static bool find_before(struct request *rq, struct brand *before, bool *exists, struct error *e) {
    *exists = brand_db_get(rq->db, rq->arena, rq->path_args[0], before, e);
    return *exists || e->id == ERR_NOT_FOUND;
}

/* The amounts of its prices, and of what was sold, are in this currency. */
static bool same_currency(const struct brand *b, const struct brand *before, struct error *e) {
    return strcmp(b->currency, before->currency) == 0 ||
           fail_field(e, "currency", ERR_BAD_FIELD, "the currency of '%s' is %s for good; make another line",
                      "“%s”的货币固定为 %s;请新建目录条目", b->id, before->currency);
}

static bool is_newest(const struct request *rq, const struct brand *b, const struct brand *before,
                      struct error *e) {
    return !json_object_get(rq->json, "revision") || b->revision == before->revision ||
           fail(e, ERR_CONFLICT, "'%s' has been changed: its revision is %lld",
                "“%s”已被更改:当前版本为 %lld", b->id, (long long)before->revision);
}

static bool issuer_exists(struct request *rq, const char *field, const char *id, struct error *e) {
    struct issuer issuer;
    return issuer_get(rq->db, rq->arena, id, &issuer, e) ||
           (e->id == ERR_NOT_FOUND &&
            fail_field(e, field, ERR_BAD_FIELD, "there is no issuer '%s'", "没有签发机构“%s”", id));
}

static bool issuers_exist(struct request *rq, const struct brand *b, struct error *e) {
    bool ok = issuer_exists(rq, "issuer", b->issuer, e);
    for (size_t i = 0; ok && i < names_count(b->fallback_issuers); i++)
        ok = issuer_exists(rq, "fallback_issuers", names_at(rq->arena, b->fallback_issuers, i), e);
    return ok;
}

/* An order needs what all of them can. */
static bool issuers_suit(struct request *rq, const struct brand *b, struct error *e) {
    const char *ids = arena_printf(rq->arena, "%s %s", b->issuer, b->fallback_issuers);
    struct issuer_offer offer;
    if (!issuer_offer(rq->db, rq->arena, ids, &offer, e))
        return false;
    if (!(offer.grades & b->grades))
        return fail_field(e, "grades", ERR_BAD_FIELD, "the issuers %s issue none of the grades %s together",
                          "签发机构 %s 没有共同支持的等级(%s)", ids, b->grade_words);
    return offer.key_algorithms & b->key_algorithms ||
           fail_field(e, "key_algorithms", ERR_BAD_FIELD,
                      "the issuers %s sign none of the key algorithms %s together",
                      "签发机构 %s 没有共同支持的密钥算法(%s)", ids, b->key_algorithm_words);
}

static bool put_brand(struct request *rq, struct error *e) {
    struct brand b = {.id = rq->path_args[0], .position = -1}, before;
    bool exists;
    if (!json_to_row(rq->arena, rq->json, brand_body, &b, e) || !find_before(rq, &before, &exists, e))
        return false;
    if (exists) {
        b.position = before.position;
        b.prices = before.prices;
        b.prices_count = before.prices_count;
    }
    brand_complete(rq->arena, &b);
    if (!as_input(brand_check("catalog", rq->services->policies, &b, e), e) || !issuers_exist(rq, &b, e) ||
        !issuers_suit(rq, &b, e) ||
        (exists && (!same_currency(&b, &before, e) || !is_newest(rq, &b, &before, e))))
        return false;
    rq->status = exists ? 200 : 201;
    /* what its issuers have left goes on with those that it has now */
    return change(rq, exists ? "brand.change" : "brand.create", &b, exists ? &before : NULL, e) &&
           work_unblock(rq->db, NULL, error_row(ERR_BRAND_NOT_ON_SALE)->code, rq->now, e);
}

/* Twice is once. */
static bool withdraw_brand(struct request *rq, struct error *e) {
    struct brand before, b;
    if (!brand_db_get(rq->db, rq->arena, rq->path_args[0], &before, e))
        return false;
    b = before;
    if (!b.withdrawn_at) {
        b.withdrawn_at = rq->now;
        return change(rq, "brand.withdraw", &b, &before, e);
    }
    b = shown(rq, &before);
    rq->reply = json_from_row(rq->arena, brand_fields, &b);
    return true;
}

/* ---- prices ---- */

static const struct field price_body[] = {
    {"from", FIELD_TIME, offsetof(struct price, from_at), FIELD_NOT_NULL,
     TEXT("From then on; now, if it is absent", "生效时间;省略表示立即生效")},
    FIELD(TEXT, price, domain_type, 0, "Of this domain type alone", "仅适用于该域名类型"),
    FIELD(INT, price, per_year, FIELD_REQUIRED, "A certificate for a year, in minor units",
          "一年期证书价格(最小货币单位)"),
    FIELD(INT, price, managed_use, FIELD_REQUIRED, "One use of the managed service, in minor units",
          "一次托管服务价格(最小货币单位)"),
    FIELD_END,
};

enum { PRICES_MAX = 100 };

static bool same_moment(const struct price *one, const struct price *other) {
    const char *type = one->domain_type ? one->domain_type : "",
               *others = other->domain_type ? other->domain_type : "";
    return one->from_at == other->from_at && strcmp(type, others) == 0;
}

static bool check_new_price(const struct request *rq, const struct brand *b, const struct price *price,
                            struct error *e) {
    if (price->from_at < rq->now)
        return fail_field(e, "from", ERR_BAD_FIELD,
                          "a price holds from now on at the earliest: the past stays as it was",
                          "价格最早自现在起生效,过去的价格不变");
    if (b->prices_count >= PRICES_MAX)
        return fail_field(e, "from", ERR_BAD_FIELD, "'%s' has %d prices; make another line",
                          "“%s”已有 %d 个价格;请新建目录条目", b->id, PRICES_MAX);
    for (unsigned i = 0; i < b->prices_count; i++)
        if (same_moment(&b->prices[i], price))
            return fail_field(e, "from", ERR_ALREADY_EXISTS, "'%s' has a price from then on",
                              "“%s”在该时间已有价格", b->id);
    return as_input(price_check("price", price, e), e);
}

static bool add_price(struct request *rq, struct error *e) {
    struct price price = {.from_at = rq->now};
    struct brand before, b;
    if (!json_to_row(rq->arena, rq->json, price_body, &price, e) ||
        !brand_db_get(rq->db, rq->arena, rq->path_args[0], &before, e) ||
        !check_new_price(rq, &before, &price, e))
        return false;
    b = before;
    b.prices = ARENA_ARRAY(rq->arena, before.prices_count + 1, struct price);
    if (before.prices_count)
        memcpy(b.prices, before.prices, before.prices_count * sizeof *b.prices);
    b.prices[b.prices_count++] = price;
    rq->status = 201;
    return change(rq, "brand.price", &b, &before, e);
}

const struct route catalog_routes[] = {
    {.method = "GET",
     .path = "/v1/catalog/brands",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_brands,
     .answer = brand_fields,
     .summary = TEXT("What is sold, with present and coming prices", "在售目录,含当前和未来的价格")},
    {.method = "GET",
     .path = "/v1/catalog/brands/{id}",
     .access = ACCESS_READ,
     .handle = show_brand,
     .answer = brand_fields,
     .summary = TEXT("One line of the catalogue", "查看目录条目")},
    {.method = "PUT",
     .path = "/v1/catalog/brands/{id}",
     .access = ACCESS_OWN,
     .flags = ROUTE_WRITES | ROUTE_ADMINISTERS | ROUTE_WAKES,
     .handle = put_brand,
     .body = brand_body,
     .answer = brand_fields,
     .summary = TEXT(
         "Makes a line of the catalogue, or changes all of it but its prices; one that was withdrawn is back",
         "新建目录条目,或更改价格以外的全部内容;已下架的将恢复在售")},
    {.method = "DELETE",
     .path = "/v1/catalog/brands/{id}",
     .access = ACCESS_OWN,
     .flags = ROUTE_WRITES | ROUTE_ADMINISTERS,
     .handle = withdraw_brand,
     .answer = brand_fields,
     .summary = TEXT("Withdraws a line: no new orders; what was bought goes on",
                     "下架目录条目:不再接受新订单,已购买的继续有效")},
    {.method = "POST",
     .path = "/v1/catalog/brands/{id}/prices",
     .access = ACCESS_OWN,
     .flags = ROUTE_WRITES | ROUTE_ADMINISTERS,
     .handle = add_price,
     .body = price_body,
     .answer = brand_fields,
     .summary = TEXT("Sets a price from a moment on, in the currency of the brand",
                     "设定自某时起的价格,以该品牌的货币计")},
    {.method = NULL},
};
