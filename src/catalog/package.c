/* Packages of quota: what one may hold. */
#include "base/money.h"
#include "catalog/catalog.h"
#include "catalog/entry.h"

enum { UNITS_MAX = 1000000 };

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
    return entry_check_id(p->id, e) && entry_check_title("title_en", p->title.in[LANG_EN], e) &&
           entry_check_title("title_zh", p->title.in[LANG_ZH], e) &&
           entry_check_number("certificates", p->certificates, 0, UNITS_MAX, e) &&
           entry_check_number("managed_uses", p->managed_uses, 0, UNITS_MAX, e) &&
           entry_check_number("price", p->price, 0, INT32_MAX, e) && check_currency(p, e) &&
           check_specification(catalog, p, e);
}
