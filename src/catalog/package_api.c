/* Packages of quota over HTTP. */
#include "audit/audit.h"
#include "catalog/catalog_db.h"
#include "http/list.h"

#define PACKAGE_BODY(name_, type_, member, flags_, en, zh)                                                   \
    { (name_), FIELD_##type_, offsetof(struct package, member), (flags_), TEXT(en, zh) }

static const struct field package_body[] = {
    PACKAGE_BODY("title_en", TEXT, title.in[LANG_EN], FIELD_REQUIRED, "Title in English", "英文名称"),
    PACKAGE_BODY("title_zh", TEXT, title.in[LANG_ZH], FIELD_REQUIRED, "Title in Chinese", "中文名称"),
    PACKAGE_BODY("brand", TEXT, of.brand, 0, "Brand of its certificates", "证书品牌"),
    PACKAGE_BODY("grade", TEXT, of.grade, 0, "Grade", "等级"),
    PACKAGE_BODY("domain_type", TEXT, of.domain_type, 0, "Domain type", "域名类型"),
    PACKAGE_BODY("key_family", TEXT, of.key_family, 0, "Key family: rsa, ecc", "密钥类型:rsa、ecc"),
    PACKAGE_BODY("certificates", INT, certificates, 0, "Certificates", "证书数量"),
    PACKAGE_BODY("managed_uses", INT, managed_uses, 0, "Uses of the managed service", "托管服务次数"),
    PACKAGE_BODY("price", INT, price, FIELD_REQUIRED, "Price in minor units", "价格(最小货币单位)"),
    PACKAGE_BODY("currency", TEXT, currency, FIELD_REQUIRED, "Currency", "货币"),
    PACKAGE_BODY("revision", INT, revision, 0, "The revision that was read: refused if there is a newer one",
                 "所读取的版本;已有更新版本时拒绝"),
    FIELD_END,
};

static bool list_packages(struct request *rq, struct error *e) {
    struct list_page page;
    struct package *packages;
    size_t found;
    if (!list_page(rq, &page, e))
        return false;
    struct package_range range = {.after = page.cursor ? page.cursor : "", .limit = page.limit + 1};
    if (!package_db_list(rq->db, rq->arena, &range, &packages, &found, e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, package_fields, sizeof *packages, packages, count,
               found > count ? packages[count - 1].id : NULL);
    return true;
}

static bool show_package(struct request *rq, struct error *e) {
    struct package p;
    if (!package_get(rq->db, rq->arena, rq->path_args[0], &p, e))
        return false;
    rq->reply = json_from_row(rq->arena, package_fields, &p);
    return true;
}

static bool change(struct request *rq, const char *action, struct package *p, const struct package *before,
                   struct error *e) {
    json_t *old = before ? json_keep(rq->arena, json_from_row(rq->arena, package_fields, before)) : NULL;
    p->changed_at = rq->now;
    p->revision = before ? before->revision + 1 : 0;
    rq->reply = json_from_row(rq->arena, package_fields, p);
    return package_db_put(rq->db, p, e) && audit_change(rq, action, p->id, old, rq->reply, e);
}

static bool is_newest(const struct request *rq, const struct package *p, const struct package *before,
                      struct error *e) {
    return !json_object_get(rq->json, "revision") || p->revision == before->revision ||
           fail(e, ERR_CONFLICT, "'%s' has been changed: its revision is %lld",
                "“%s”已被更改:当前版本为 %lld", p->id, (long long)before->revision);
}

static bool put_package(struct request *rq, struct error *e) {
    struct package p = {.id = rq->path_args[0]}, before;
    if (!json_to_row(rq->arena, rq->json, package_body, &p, e) ||
        !package_check(rq->services->catalog, &p, e))
        return false;
    bool exists = package_get(rq->db, rq->arena, p.id, &before, e);
    if (exists ? !is_newest(rq, &p, &before, e) : e->id != ERR_NOT_FOUND)
        return false;
    rq->status = exists ? 200 : 201;
    return change(rq, exists ? "package.change" : "package.create", &p, exists ? &before : NULL, e);
}

static bool withdraw_package(struct request *rq, struct error *e) {
    struct package before, p;
    if (!package_get(rq->db, rq->arena, rq->path_args[0], &before, e))
        return false;
    p = before;
    p.withdrawn_at = before.withdrawn_at ? before.withdrawn_at : rq->now;
    return change(rq, "package.withdraw", &p, &before, e);
}

const struct route package_routes[] = {
    {.method = "GET",
     .path = "/v1/catalog/packages",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_packages,
     .answer = package_fields,
     .summary = TEXT("Packages of quota", "资源包")},
    {.method = "GET",
     .path = "/v1/catalog/packages/{id}",
     .access = ACCESS_READ,
     .handle = show_package,
     .answer = package_fields,
     .summary = TEXT("One package", "查看资源包")},
    {.method = "PUT",
     .path = "/v1/catalog/packages/{id}",
     .access = ACCESS_OWN,
     .flags = ROUTE_WRITES | ROUTE_ADMINISTERS,
     .handle = put_package,
     .body = package_body,
     .answer = package_fields,
     .summary = TEXT("Makes a package, or changes all of it", "新建资源包,或更改其全部内容")},
    {.method = "DELETE",
     .path = "/v1/catalog/packages/{id}",
     .access = ACCESS_OWN,
     .flags = ROUTE_WRITES | ROUTE_ADMINISTERS,
     .handle = withdraw_package,
     .answer = package_fields,
     .summary = TEXT("Withdraws a package", "下架资源包")},
    {.method = NULL},
};
