/* Packages of quota: what one may hold. */
#include "base/money.h"
#include "catalog/catalog.h"

enum { UNITS_MAX = 1000000, ID_MAX = 64, TITLE_MAX = 200 };

const struct field package_fields[] = {
    FIELD(TEXT, package, id, FIELD_COLUMN, "Package", "资源包"),
    {"title_en", FIELD_TEXT, offsetof(struct package, title.in[LANG_EN]), 0,
     TEXT("Title in English", "英文名称")},
    {"title_zh", FIELD_TEXT, offsetof(struct package, title.in[LANG_ZH]), 0,
     TEXT("Title in Chinese", "中文名称")},
    {"brand", FIELD_TEXT, offsetof(struct package, of.brand), FIELD_COLUMN, TEXT("Brand", "品牌")},
    {"grade", FIELD_TEXT, offsetof(struct package, of.grade), FIELD_COLUMN, TEXT("Grade", "等级")},
    {"domain_type", FIELD_TEXT, offsetof(struct package, of.domain_type), FIELD_COLUMN,
     TEXT("Domain type", "域名类型")},
    {"key_family", FIELD_TEXT, offsetof(struct package, of.key_family), FIELD_COLUMN,
     TEXT("Key family: rsa, ecc", "密钥类型:rsa、ecc")},
    FIELD(INT, package, certificates, FIELD_COLUMN, "Certificates", "证书数量"),
    FIELD(INT, package, managed_uses, FIELD_COLUMN, "Uses of the managed service", "托管服务次数"),
    FIELD(INT, package, price, FIELD_COLUMN, "Price in minor units", "价格(最小货币单位)"),
    FIELD(TEXT, package, currency, FIELD_COLUMN, "Currency", "货币"),
    FIELD(TIME, package, withdrawn_at, 0, "Withdrawn", "下架时间"),
    FIELD(TIME, package, changed_at, 0, "Changed", "更改时间"),
    FIELD(INT, package, revision, 0, "Number of changes", "更改次数"),
    FIELD_END,
};

static bool check_id(const struct package *p, struct error *e) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    size_t len = strlen(p->id);
    return (len > 0 && len <= ID_MAX && strspn(p->id, allowed) == len && p->id[0] != '.') ||
           fail_field(e, "id", ERR_BAD_FIELD, "an id has 1 to %d letters, digits, '-', '_' or '.'",
                      "ID 只能是 1 至 %d 个字母、数字、“-”、“_”或“.”", ID_MAX);
}

static bool check_title(const char *field, const char *title, struct error *e) {
    size_t len = strlen(title);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)title[i] < ' ' || title[i] == 0x7f)
            return fail_field(e, field, ERR_BAD_FIELD, "'%s' has a control character", "“%s”含有控制字符",
                              field);
    return (len > 0 && len <= TITLE_MAX) || fail_field(e, field, ERR_BAD_FIELD, "'%s' has 1 to %d bytes",
                                                       "“%s”长度为 1 至 %d 字节", field, TITLE_MAX);
}

static bool check_number(const char *field, int64_t value, int64_t max, struct error *e) {
    return (value >= 0 && value <= max) || fail_field(e, field, ERR_BAD_FIELD, "'%s' must be 0 to %lld",
                                                      "“%s”必须在 0 至 %lld 之间", field, (long long)max);
}

/* Certificates are of a specification, in the currency of its brand; uses are of none. */
static bool check_specification(const struct catalog *catalog, const struct package *p, struct error *e) {
    if (!p->certificates && !p->of.brand)
        return true;
    if (!specification_check(catalog, &p->of, e))
        return false;
    const struct brand *b = catalog_find(catalog, p->of.brand);
    return strcmp(b->currency, p->currency) == 0 ||
           fail_field(e, "currency", ERR_BAD_FIELD, "brand '%s' is sold for %s, not '%s'",
                      "品牌“%s”以 %s 计价,不是“%s”", b->id, b->currency, p->currency);
}

static bool check_currency(const struct package *p, struct error *e) {
    return currency_valid(p->currency) ||
           fail_field(e, "currency", ERR_BAD_FIELD, "'%s' is not a code such as CNY",
                      "“%s”不是货币代码(例如 CNY)", p->currency);
}

bool package_check(const struct catalog *catalog, const struct package *p, struct error *e) {
    if (!p->certificates && !p->managed_uses)
        return fail_field(e, "certificates", ERR_BAD_FIELD, "there is nothing in the package",
                          "资源包内容为空");
    return check_id(p, e) && check_title("title_en", p->title.in[LANG_EN], e) &&
           check_title("title_zh", p->title.in[LANG_ZH], e) &&
           check_number("certificates", p->certificates, UNITS_MAX, e) &&
           check_number("managed_uses", p->managed_uses, UNITS_MAX, e) &&
           check_number("price", p->price, INT32_MAX, e) && check_currency(p, e) &&
           check_specification(catalog, p, e);
}
