/* The bodies of quotes and orders: what is asked for, and what goes with what. */
#include "order/quote.h"

#define BODY(name_, type_, member, flags_, en, zh)                                                           \
    { (name_), FIELD_##type_, offsetof(struct quote_body, member), (flags_), TEXT(en, zh) }

/* What a renewal may choose, of quotes and orders alike. */
#define CHOICE                                                                                               \
    BODY("names", WORDS, request.order.names, 0, "Names, the main name first", "域名,主域名在前"),           \
        BODY("brand", TEXT, request.order.brand, 0, "Brand of the catalogue", "目录中的品牌"),               \
        BODY("grade", TEXT, request.order.grade, 0, "Grade: dv, ov, ev", "等级:dv、ov、ev"),                 \
        BODY("key_algorithm", TEXT, request.order.key_algorithm, 0, "Key algorithm: rsa2048, p256 …",        \
             "密钥算法:rsa2048、p256 等"),                                                                   \
        BODY("csr_choice", TEXT, request.order.csr_choice, 0, "Key: automatic, own, keep",                   \
             "CSR 方式:automatic、own、keep"),                                                               \
        BODY("csr", TEXT, request.order.own_csr, 0, "Own certificate request, PEM", "自有 CSR,PEM 格式"),    \
        BODY("csr_id", TEXT, request.order.csr_id, FIELD_REFERENCE, "Or one of the CSR manager",             \
             "或 CSR 管理中的 CSR"),                                                                         \
        BODY("contact_id", TEXT, request.order.contact_id, FIELD_REFERENCE, "Contact of the application",    \
             "申请联系人"),                                                                                  \
        BODY("organization_id", TEXT, request.order.organization_id, FIELD_REFERENCE,                        \
             "Organisation, for OV and EV", "组织,用于 OV、EV"),                                             \
        BODY("validation_method", TEXT, request.order.validation_method, 0,                                  \
             "Method of validation: dns or file", "验证方式:dns 或 file"),                                   \
        BODY("years", INT, request.order.years, 0, "Years", "年限")

#define QUOTED                                                                                                \
    BODY(                                                                                                     \
        "kind", TEXT, kind, 0,                                                                                \
        "purchase; renewal: renews, renews early or replaces, whichever the certificate allows; quota. Else " \
        "what the other members say",                                                                         \
        "purchase、renewal(按证书的类型和状态续费、提前续费或替换)或 quota;省略时由其他字段决定"),            \
        BODY("certificate_id", TEXT, certificate_id, FIELD_REFERENCE, "What is renewed or replaced",          \
             "要续费或替换的证书"),                                                                           \
        CHOICE, BODY("package", TEXT, request.package, 0, "Of quota: a package", "额度:资源包"),              \
        BODY("domain_type", TEXT, domain_type, 0, "Of quota: domain type of the certificates",                \
             "额度:证书的域名类型"),                                                                          \
        BODY("key_family", TEXT, key_family, 0, "Of quota: key family of the certificates: rsa, ecc",         \
             "额度:证书的密钥类型:rsa、ecc"),                                                                 \
        BODY("certificates", INT, request.certificates, 0, "Of quota: so many certificates",                  \
             "额度:证书数量"),                                                                                \
        BODY("managed_uses", INT, request.managed_uses, 0, "Of quota: so many managed-service uses",          \
             "额度:托管服务次数")

#define ORDERED                                                                                              \
    BODY("quote_id", TEXT, quote_id, FIELD_REFERENCE, "The quote that is ordered, and nothing else of it",   \
         "要下单的报价,此时不再指定其他内容"),                                                               \
        BODY("provider", TEXT, provider, 0, "How it is paid: balance, invoice, webhook",                     \
             "支付方式:balance、invoice、webhook"),                                                          \
        BODY("pay", BOOL, pay, 0, "Pay now: refused without the money. false: the order waits for it",       \
             "立即支付(默认):余额不足时拒绝;false:订单等待支付")

const struct field quote_body_fields[] = {QUOTED, FIELD_END};
const struct field order_body_fields[] = {ORDERED, QUOTED, FIELD_END};
const struct field renewal_body_fields[] = {ORDERED, CHOICE, FIELD_END};

/* ---- what goes with what ---- */

enum { PURCHASE = 1 << 0, RENEWAL = 1 << 1, QUOTA = 1 << 2 };

static const struct {
    const char *name;
    unsigned kind;
} kinds[] = {{"purchase", PURCHASE}, {"renewal", RENEWAL}, {ORDER_QUOTA, QUOTA}};

/* Members that do not go with each kind. */
static const struct {
    const char *member;
    unsigned kinds;
} members[] = {
    {"certificate_id", RENEWAL},
    {"names", PURCHASE | RENEWAL},
    {"key_algorithm", PURCHASE | RENEWAL},
    {"csr_choice", PURCHASE | RENEWAL},
    {"csr", PURCHASE | RENEWAL},
    {"csr_id", PURCHASE | RENEWAL},
    {"contact_id", PURCHASE | RENEWAL},
    {"organization_id", PURCHASE | RENEWAL},
    {"validation_method", PURCHASE | RENEWAL},
    {"years", PURCHASE | RENEWAL},
    {"package", QUOTA},
    {"domain_type", QUOTA},
    {"key_family", QUOTA},
    {"certificates", QUOTA},
    {"managed_uses", QUOTA},
};

static const char *usual_kind(const struct quote_body *body) {
    const struct quote_request *r = &body->request;
    if (body->certificate_id)
        return "renewal";
    return r->package || r->certificates || r->managed_uses ? ORDER_QUOTA : "purchase";
}

static unsigned kind_of(const char *name) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return kinds[i].kind;
    return 0;
}

static bool refuse_member(const struct quote_body *body, const char *member, struct error *e) {
    return fail_field(e, member, ERR_BAD_FIELD, "'%s' does not go with the kind '%s'", "“%s”不适用于“%s”",
                      member, body->kind);
}

/* Members that say what is bought. */
static size_t count_said(const struct request *rq, bool kind_counts) {
    size_t count = json_object_size(rq->json);
    count -= json_object_get(rq->json, "provider") != NULL;
    count -= json_object_get(rq->json, "pay") != NULL;
    return count - (!kind_counts && json_object_get(rq->json, "kind"));
}

static bool check_members(const struct request *rq, const struct quote_body *body, unsigned kind,
                          struct error *e) {
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (!(members[i].kinds & kind) && json_object_get(rq->json, members[i].member))
            return refuse_member(body, members[i].member, e);
    /* a package is of its own brand */
    return !body->request.package || count_said(rq, false) == 1 ||
           fail_field(e, "package", ERR_BAD_FIELD, "a package is all that is bought with it",
                      "购买资源包时不能指定其他内容");
}

static bool check_years(const struct request *rq, const struct quote_body *body, struct error *e) {
    return body->request.order.years || !json_object_get(rq->json, "years") ||
           fail_field(e, "years", ERR_YEARS_NOT_OFFERED, "an order is for one year at least",
                      "订单至少为一年");
}

static bool find_old(struct request *rq, const struct quote_body *body, struct certificate *old,
                     struct error *e) {
    return body->certificate_id
               ? certificate_get(rq->db, rq->arena, rq->caller.account_id, body->certificate_id, old, e)
               : fail_field(e, "certificate_id", ERR_BAD_FIELD, "a renewal is of a certificate",
                            "续费须提供证书");
}

static bool check_quota(const struct quote_body *body, struct error *e) {
    return body->request.package || body->request.certificates || body->request.managed_uses ||
           fail_field(e, "certificates", ERR_BAD_FIELD, "a package, certificates or managed_uses are bought",
                      "须提供 package、certificates 或 managed_uses");
}

static bool read_choice(struct request *rq, struct quote_body *body, struct certificate *old,
                        struct error *e) {
    struct quote_request *r = &body->request;
    if (!body->kind)
        body->kind = usual_kind(body);
    unsigned kind = kind_of(body->kind);
    if (!kind)
        return fail_field(e, "kind", ERR_BAD_FIELD, "'%s' is not purchase, renewal or quota",
                          "“%s”不是 purchase、renewal 或 quota", body->kind);
    if (!check_members(rq, body, kind, e) || !check_years(rq, body, e))
        return false;
    r->account_id = rq->caller.account_id;
    r->order.created_by = rq->caller.user_id;
    r->of = (struct specification){r->order.brand, r->order.grade, body->domain_type, body->key_family};
    r->old = kind == RENEWAL ? old : NULL;
    return (kind != RENEWAL || find_old(rq, body, old, e)) && (kind != QUOTA || check_quota(body, e));
}

bool quote_body_read(struct request *rq, const char *certificate_id, struct quote_body *body,
                     struct certificate *old, struct error *e) {
    *body = (struct quote_body){.pay = true};
    if (!json_to_row(rq->arena, rq->json, rq->route->body, body, e))
        return false;
    if (certificate_id)
        body->certificate_id = certificate_id;
    if (!body->quote_id)
        return read_choice(rq, body, old, e);
    return count_said(rq, true) == 1 ||
           fail_field(e, "quote_id", ERR_BAD_FIELD, "a quote says everything: nothing else goes with it",
                      "报价已包含全部内容,不能再指定其他内容");
}
