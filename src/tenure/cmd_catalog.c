/* Verbs about the catalogue: what is sold, for how much, and packages of quota. */
#include "catalog/catalog.h"
#include "tenure/verb.h"
#include <stdio.h>

enum {
    KEY_BRAND = 'b',
    KEY_GRADE = 'g',
    KEY_TITLE = 't',
    KEY_FROM = 'f',
    KEY_VENDOR = 600,
    KEY_TITLE_ZH,
    KEY_AUDIENCE,
    KEY_AUDIENCE_ZH,
    KEY_KIND,
    KEY_PROFILE,
    KEY_DEMANDS,
    KEY_LETTER,
    KEY_DOMAIN_TYPE,
    KEY_ALGORITHM,
    KEY_NAMES_MAX,
    KEY_BONUS_DAYS,
    KEY_COVERAGE_DAYS,
    KEY_VALIDATION_DAYS,
    KEY_CURRENCY,
    KEY_KEY_FAMILY,
    KEY_CERTIFICATES,
    KEY_MANAGED_USES,
    KEY_PRICE,
    KEY_ISSUER,
    KEY_FALLBACK,
};

/* ---- changing what is there ---- */

/* Only what a request may hold of what an answer shows. */
static json_t *body_of(struct cli *cli, const json_t *answer, const char *const *kept) {
    json_t *body = json_keep(cli->arena, json_object());
    for (; *kept; kept++)
        if (json_object_get(answer, *kept))
            json_object_set(body, *kept, json_object_get(answer, *kept));
    return body;
}

/* Reads what there is, if it is there, changes what was asked for, writes all of it. */
static int change(struct cli *cli, const char *path, const char *const *kept,
                  const struct cli_member *members, void (*print)(struct cli *cli, const json_t *answer)) {
    json_t *old;
    if (!cli_call(cli, "GET", path, NULL, &old)) {
        if (cli->error.id != ERR_NOT_FOUND)
            return cli_failed(cli);
        old = json_keep(cli->arena, json_object());
    }
    json_t *body = body_of(cli, old, kept);
    if (!cli_members(cli, body, members))
        return cli_failed(cli);
    return cli_request(cli, "PUT", path, json_incref(body), print);
}

/* ---- brands ---- */

static const char *brand_path(struct cli *cli, const char *rest) {
    return arena_printf(cli->arena, "/v1/catalog/brands/%s%s", url_encode(cli->arena, cli->args[0]), rest);
}

static void print_brands(struct cli *cli, const json_t *answer) {
    cli_table(cli, json_object_get(answer, "items"), brand_fields);
}

static int catalog_list(struct cli *cli) {
    return cli_request(cli, "GET", "/v1/catalog/brands?limit=500", NULL, print_brands);
}

/* Prices are a table below the record. */
static const struct field price_columns[] = {
    {.name = "from", .flags = FIELD_COLUMN, .label = TEXT("from", "起始")},
    {.name = "domain_type", .flags = FIELD_COLUMN, .label = TEXT("domain type", "域名类型")},
    {.name = "per_year", .flags = FIELD_COLUMN, .label = TEXT("per year", "每年")},
    {.name = "managed_use", .flags = FIELD_COLUMN, .label = TEXT("managed use", "托管一次")},
    FIELD_END,
};

/* Names and values of the members that are no lists of objects. */
static const struct field brand_columns[] = {
    {.name = "id", .label = TEXT("brand", "品牌")},
    {.name = "vendor", .label = TEXT("vendor", "厂商")},
    {.name = "title_en", .label = TEXT("title", "名称(英文)")},
    {.name = "title_zh", .label = TEXT("title (Chinese)", "名称")},
    {.name = "audience_en", .label = TEXT("for whom", "适用对象(英文)")},
    {.name = "audience_zh", .label = TEXT("for whom (Chinese)", "适用对象")},
    {.name = "kind", .label = TEXT("kind", "类型")},
    {.name = "profile", .label = TEXT("policy", "策略")},
    {.name = "issuer", .label = TEXT("issuer", "签发机构")},
    {.name = "fallback_issuers", .label = TEXT("takes over", "备用签发机构")},
    {.name = "demands", .label = TEXT("demands", "签发前的要求")},
    {.name = "grades", .label = TEXT("grades", "等级")},
    {.name = "domain_types", .label = TEXT("domain types", "域名类型")},
    {.name = "key_algorithms", .label = TEXT("key algorithms", "密钥算法")},
    {.name = "names_max", .label = TEXT("most names", "域名上限")},
    {.name = "on_sale", .label = TEXT("on sale", "在售")},
    {.name = "withdrawn_at", .label = TEXT("withdrawn", "下架时间")},
    {.name = "currency", .label = TEXT("currency", "货币")},
    FIELD_END,
};

static void print_brand(struct cli *cli, const json_t *answer) {
    cli_record(cli, answer, brand_columns);
    cli_table(cli, json_object_get(answer, "prices"), price_columns);
}

static int catalog_show(struct cli *cli) {
    return cli_request(cli, "GET", brand_path(cli, ""), NULL, print_brand);
}

static const struct option_row brand_options[] = {
    {"vendor", KEY_VENDOR, "TEXT", TEXT("vendor", "厂商")},
    {"title", KEY_TITLE, "TEXT", TEXT("title in English", "英文名称")},
    {"title-zh", KEY_TITLE_ZH, "TEXT", TEXT("title in Chinese", "中文名称")},
    {"audience", KEY_AUDIENCE, "TEXT", TEXT("for whom it is meant, in English", "适用对象(英文)")},
    {"audience-zh", KEY_AUDIENCE_ZH, "TEXT", TEXT("for whom it is meant, in Chinese", "适用对象(中文)")},
    {"kind", KEY_KIND, "KIND", TEXT("official or test", "official 或 test")},
    {"profile", KEY_PROFILE, "NAME", TEXT("policy profile", "策略")},
    {"issuer", KEY_ISSUER, "ISSUER",
     TEXT("who issues it: local, or one of issuer list", "签发机构:local 或已添加的签发机构")},
    {"fallback", KEY_FALLBACK, "LIST",
     TEXT("issuers that take over if it fails", "签发失败时依次改用的签发机构")},
    {"demands", KEY_DEMANDS, "WORD", TEXT("none, dv or review", "none、dv 或 review")},
    {"letter", KEY_LETTER, "YES|NO", TEXT("a confirmation letter is needed", "是否需要确认函")},
    {"grade", KEY_GRADE, "LIST", TEXT("dv,ov,ev", "dv,ov,ev")},
    {"domain-type", KEY_DOMAIN_TYPE, "LIST",
     TEXT("single,wildcard,multi,mixed", "single,wildcard,multi,mixed")},
    {"key-algorithm", KEY_ALGORITHM, "LIST", TEXT("rsa2048,p256 …", "rsa2048,p256 等")},
    {"names-max", KEY_NAMES_MAX, "N", TEXT("most names in one certificate", "每张证书的域名上限")},
    {"bonus-days", KEY_BONUS_DAYS, "N", TEXT("bonus days of a renewal", "续费赠送天数")},
    {"coverage-days", KEY_COVERAGE_DAYS, "N", TEXT("days of a year of it", "一年期的服务天数")},
    {"validation-days", KEY_VALIDATION_DAYS, "N", TEXT("days that validation may take", "验证期限(天)")},
    {"currency", KEY_CURRENCY, "CODE", TEXT("currency, for good", "货币,不可更改")},
    {0},
};

static int catalog_set(struct cli *cli) {
    static const struct cli_member members[] = {{KEY_VENDOR, "vendor", cli_string},
                                                {KEY_TITLE, "title_en", cli_string},
                                                {KEY_TITLE_ZH, "title_zh", cli_string},
                                                {KEY_AUDIENCE, "audience_en", cli_string},
                                                {KEY_AUDIENCE_ZH, "audience_zh", cli_string},
                                                {KEY_KIND, "kind", cli_string},
                                                {KEY_PROFILE, "profile", cli_string},
                                                {KEY_ISSUER, "issuer", cli_string},
                                                {KEY_FALLBACK, "fallback_issuers", cli_words},
                                                {KEY_DEMANDS, "demands", cli_string},
                                                {KEY_LETTER, "letter", cli_yes_no},
                                                {KEY_GRADE, "grades", cli_words},
                                                {KEY_DOMAIN_TYPE, "domain_types", cli_words},
                                                {KEY_ALGORITHM, "key_algorithms", cli_words},
                                                {KEY_NAMES_MAX, "names_max", cli_number},
                                                {KEY_BONUS_DAYS, "bonus_days", cli_number},
                                                {KEY_COVERAGE_DAYS, "coverage_days", cli_number},
                                                {KEY_VALIDATION_DAYS, "validation_days", cli_number},
                                                {KEY_CURRENCY, "currency", cli_string},
                                                {0}};
    static const char *const kept[] = {"vendor",           "title_en",
                                       "title_zh",         "audience_en",
                                       "audience_zh",      "kind",
                                       "profile",          "issuer",
                                       "fallback_issuers", "demands",
                                       "letter",           "grades",
                                       "domain_types",     "key_algorithms",
                                       "names_max",        "bonus_days",
                                       "coverage_days",    "public_names",
                                       "validation_days",  "currency",
                                       "revision",         NULL};
    return change(cli, brand_path(cli, ""), kept, members, print_brand);
}

static int catalog_withdraw(struct cli *cli) {
    return cli_request(cli, "DELETE", brand_path(cli, ""), NULL, print_brand);
}

static const struct option_row price_options[] = {
    {"from", KEY_FROM, "TIME", TEXT("from then on, instead of now", "生效时间,默认立即")},
    {"domain-type", KEY_DOMAIN_TYPE, "TYPE", TEXT("of this domain type alone", "仅适用于该域名类型")},
    {0},
};

static bool price_body(struct cli *cli, json_t *body) {
    int64_t from;
    if (!cli_number(cli, body, "per_year", cli->args[1]) ||
        !cli_number(cli, body, "managed_use", cli->args[2]))
        return false;
    if (cli->options[KEY_DOMAIN_TYPE])
        json_object_set_new(body, "domain_type", json_string(cli->options[KEY_DOMAIN_TYPE]));
    if (!cli->options[KEY_FROM])
        return true;
    if (!time_parse(cli->options[KEY_FROM], &from, "from", &cli->error))
        return false;
    json_object_set_new(body, "from", json_time(cli->arena, from));
    return true;
}

static int catalog_price(struct cli *cli) {
    json_t *body = json_keep(cli->arena, json_object());
    if (!price_body(cli, body))
        return cli_failed(cli);
    return cli_request(cli, "POST", brand_path(cli, "/prices"), json_incref(body), print_brand);
}

/* ---- packages ---- */

static const char *package_path(struct cli *cli) {
    return arena_printf(cli->arena, "/v1/catalog/packages/%s", url_encode(cli->arena, cli->args[0]));
}

static void print_packages(struct cli *cli, const json_t *answer) {
    cli_table(cli, json_object_get(answer, "items"), package_fields);
}

static void print_package(struct cli *cli, const json_t *answer) {
    cli_record(cli, answer, package_fields);
}

static int package_list(struct cli *cli) {
    return cli_request(cli, "GET", "/v1/catalog/packages?limit=500", NULL, print_packages);
}

static const struct option_row package_options[] = {
    {"title", KEY_TITLE, "TEXT", TEXT("title in English", "英文名称")},
    {"title-zh", KEY_TITLE_ZH, "TEXT", TEXT("title in Chinese", "中文名称")},
    {"brand", KEY_BRAND, "BRAND", TEXT("line of the catalogue", "目录条目")},
    {"grade", KEY_GRADE, "GRADE", TEXT("dv, ov or ev", "dv、ov 或 ev")},
    {"domain-type", KEY_DOMAIN_TYPE, "TYPE",
     TEXT("single, wildcard, multi or mixed", "single、wildcard、multi 或 mixed")},
    {"key-family", KEY_KEY_FAMILY, "FAMILY", TEXT("rsa or ecc", "rsa 或 ecc")},
    {"certificates", KEY_CERTIFICATES, "N", TEXT("certificates in it", "证书数量")},
    {"managed-uses", KEY_MANAGED_USES, "N", TEXT("managed-service uses in it", "托管服务次数")},
    {"price", KEY_PRICE, "N", TEXT("price in minor units", "价格(最小货币单位)")},
    {"currency", KEY_CURRENCY, "CODE", TEXT("currency", "货币")},
    {0},
};

static int package_set(struct cli *cli) {
    static const struct cli_member members[] = {{KEY_TITLE, "title_en", cli_string},
                                                {KEY_TITLE_ZH, "title_zh", cli_string},
                                                {KEY_BRAND, "brand", cli_string},
                                                {KEY_GRADE, "grade", cli_string},
                                                {KEY_DOMAIN_TYPE, "domain_type", cli_string},
                                                {KEY_KEY_FAMILY, "key_family", cli_string},
                                                {KEY_CERTIFICATES, "certificates", cli_number},
                                                {KEY_MANAGED_USES, "managed_uses", cli_number},
                                                {KEY_PRICE, "price", cli_number},
                                                {KEY_CURRENCY, "currency", cli_string},
                                                {0}};
    static const char *const kept[] = {"title_en",    "title_zh",   "brand",        "grade",
                                       "domain_type", "key_family", "certificates", "managed_uses",
                                       "price",       "currency",   "revision",     NULL};
    return change(cli, package_path(cli), kept, members, print_package);
}

static int package_withdraw(struct cli *cli) {
    return cli_request(cli, "DELETE", package_path(cli), NULL, print_package);
}

const struct verb catalog_verbs[] = {
    {"catalog list", TEXT("what is sold", "在售目录"), TEXT("", ""), 0, 0, NULL, catalog_list},
    {"catalog show", TEXT("show one line with its prices", "查看目录条目及价格"), TEXT("BRAND", "品牌"), 1, 1,
     NULL, catalog_show},
    {"catalog set", TEXT("make a line, or change it", "新建或更改目录条目"), TEXT("BRAND", "品牌"), 1, 1,
     brand_options, catalog_set},
    {"catalog price", TEXT("set a price from a moment on", "设定自某时起的价格"),
     TEXT("BRAND PER_YEAR MANAGED_USE", "品牌 每年价格 托管一次价格"), 3, 3, price_options, catalog_price},
    {"catalog withdraw", TEXT("sell a line no more", "下架目录条目"), TEXT("BRAND", "品牌"), 1, 1, NULL,
     catalog_withdraw},
    {"package list", TEXT("packages of quota", "资源包列表"), TEXT("", ""), 0, 0, NULL, package_list},
    {"package set", TEXT("make a package, or change it", "新建或更改资源包"), TEXT("PACKAGE", "资源包"), 1, 1,
     package_options, package_set},
    {"package withdraw", TEXT("sell a package no more", "下架资源包"), TEXT("PACKAGE", "资源包"), 1, 1, NULL,
     package_withdraw},
    {0},
};
