/* Issuers over HTTP. The key of external account binding comes in and never goes out. */
#include "acme/base64url.h"
#include "audit/audit.h"
#include "base/secret.h"
#include "catalog/issuer.h"
#include "http/list.h"

enum { FINALIZE_SECONDS = 600, EAB_KEY_MIN = 16, BODY_MAX = 1 << 20 };

#define ISSUER(type, member, flags, en, zh) FIELD(type, issuer, member, flags, en, zh)

#define CHANGEABLE                                                                                           \
    ISSUER(TEXT, title_en, FIELD_NOT_NULL, "Title in English", "英文名称"),                                  \
        ISSUER(TEXT, title_zh, FIELD_NOT_NULL, "Title in Chinese", "中文名称"),                              \
        ISSUER(TEXT, tls_roots, 0, "PEM: trusted for talking to it, these alone",                            \
               "与其通信时仅信任的根证书(PEM)"),                                                             \
        ISSUER(TEXT, chain_roots, 0, "PEM: what its chains must end in", "证书链必须终止于的根证书(PEM)"),   \
        ISSUER(WORDS, contact, 0, "E-mail addresses that the CA may write to", "CA 可联系的邮箱"),           \
        ISSUER(BOOL, terms_agreed, FIELD_NOT_NULL, "You agree to the CA's terms of service as they are now", \
               "同意 CA 现行的服务条款"),                                                                    \
        ISSUER(TEXT, eab_kid, 0, "Key id of external account binding", "外部账户绑定的密钥标识"),            \
        ISSUER(TEXT, eab_key, FIELD_SECRET, "Its key, in base64url, as the CA gave it",                      \
               "外部账户绑定密钥(base64url)"),                                                               \
        ISSUER(BOOL, eab_reusable, FIELD_NOT_NULL, "It may bind the accounts of everybody here",             \
               "可用于绑定所有账号的 CA 账户"),                                                              \
        ISSUER(TEXT, profile, 0, "Certificate profile to ask for", "请求的证书配置"),                        \
        ISSUER(TEXT, preferred_chain, 0, "Common name of the top issuer of the chain to take",               \
               "优先选用的证书链的顶级签发者名称"),                                                          \
        ISSUER(WORDS, caa_domains, 0, "What CAA records may name", "CAA 记录可填写的域名"),                  \
        ISSUER(BOOL, takes_not_after, FIELD_NOT_NULL, "It honours the lifetime that an order asks for",      \
               "是否接受订单指定的有效期"),                                                                  \
        ISSUER(BOOL, takes_not_before, FIELD_NOT_NULL, "It honours the beginning that an order asks for",    \
               "是否接受订单指定的生效时间"),                                                                \
        ISSUER(INT, days_max, FIELD_NOT_NULL, "Longest lifetime of its certificates, in days",               \
               "证书最长有效期(天)"),                                                                        \
        ISSUER(WORDS, grades, 0, "Grades that it issues: dv, ov, ev", "可签发的等级:dv、ov、ev"),            \
        ISSUER(BOOL, public_names, FIELD_NOT_NULL, "It issues for public names and addresses only",          \
               "仅为公网域名和地址签发"),                                                                    \
        ISSUER(WORDS, key_algorithms, 0, "Key algorithms that it signs", "支持的密钥算法"),                  \
        ISSUER(INT, names_max, FIELD_NOT_NULL, "Most names in one certificate", "每张证书的域名上限"),       \
        ISSUER(LIST, limits, 0, "Its rate limits: [{name, per, count, seconds, exempt}]",                    \
               "频率限制:[{name, per, count, seconds, exempt}]"),                                            \
        ISSUER(INT, finalize_seconds, FIELD_NOT_NULL, "How long an order may be processed, in seconds",      \
               "订单处理的最长时间(秒)")

static const struct field create_body[] = {
    ISSUER(TEXT, id, 0, "Id, for good; the preset's name, if it is absent", "ID,不可更改;默认为预设名称"),
    ISSUER(TEXT, preset, 0, "letsencrypt, zerossl …: fills in what is absent",
           "预设(letsencrypt、zerossl 等),用于填充未给出的内容"),
    ISSUER(TEXT, directory, 0, "Address of the CA's directory, for good", "CA 目录地址,不可更改"),
    CHANGEABLE,
    FIELD_END,
};

static const struct field change_body[] = {
    CHANGEABLE,
    ISSUER(BOOL, withdrawn, FIELD_NOT_NULL, "false: it issues again", "false 表示恢复使用"),
    FIELD_END,
};

/* ---- what the handlers share ---- */

/* The path's; the built-in one can be looked at only. */
static bool path_issuer(struct request *rq, struct issuer *issuer, struct error *e) {
    if (!issuer_get(rq->db, rq->arena, rq->path_args[0], issuer, e))
        return false;
    return strcmp(issuer->kind, "local") != 0 || strcmp(rq->route->method, "GET") == 0 ||
           fail(e, ERR_FORBIDDEN, "the issuer 'local' is built in and cannot be changed",
                "内置签发机构“local”不能更改");
}

/* Sealing waits for the signer: before the transaction. */
static bool seal_key(struct request *rq, struct issuer *issuer, struct error *e) {
    struct slice key;
    if (!issuer->eab_key)
        return true;
    if (!base64_any_bytes(rq->arena, issuer->eab_key, &key) || key.len < EAB_KEY_MIN)
        return fail_field(e, "eab_key", ERR_BAD_FIELD, "'eab_key' is not base64url of %d bytes or more",
                          "“eab_key”不是至少 %d 字节的 base64url", EAB_KEY_MIN);
    return issuer_eab_seal(rq->services, rq->arena, secret_new(rq->arena, key.p, key.len), issuer, e);
}

static const char *none_if_empty(const char *text) {
    return text && *text ? text : NULL;
}

/* Empty texts are none; the switches of a body become times. */
static void normalise(struct issuer *i, bool agrees, int64_t now) {
    i->contact = none_if_empty(i->contact);
    i->caa_domains = none_if_empty(i->caa_domains);
    i->grades = none_if_empty(i->grades);
    i->key_algorithms = none_if_empty(i->key_algorithms);
    i->profile = none_if_empty(i->profile);
    i->preferred_chain = none_if_empty(i->preferred_chain);
    i->eab_kid = none_if_empty(i->eab_kid);
    if (!i->eab_kid)
        i->eab_sealed = slice_of(NULL, 0);
    if (agrees)
        i->terms_agreed_at = i->terms_agreed ? now : 0;
    if (!i->withdrawn)
        i->withdrawn_at = 0;
    else if (!i->withdrawn_at)
        i->withdrawn_at = now;
    i->eab = i->eab_sealed.len > 0;
}

static bool store(struct request *rq, const char *action, struct issuer *issuer, const json_t *before,
                  struct error *e) {
    issuer->changed_at = rq->now;
    rq->reply = json_from_row(rq->arena, issuer_fields, issuer);
    return issuer_db_put(rq->db, issuer, e) && audit_change(rq, action, issuer->id, before, rq->reply, e);
}

/* ---- handlers ---- */

static bool list_issuers(struct request *rq, struct error *e) {
    struct list_page page;
    struct issuer *issuers;
    size_t found;
    if (!list_page(rq, &page, e) ||
        !issuer_list(rq->db, rq->arena, page.cursor, page.limit + 1, &issuers, &found, e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, issuer_fields, sizeof *issuers, issuers, count,
               found > count ? issuers[count - 1].id : NULL);
    return true;
}

static bool show_issuer(struct request *rq, struct error *e) {
    struct issuer issuer;
    if (!path_issuer(rq, &issuer, e))
        return false;
    rq->reply = json_from_row(rq->arena, issuer_fields, &issuer);
    return true;
}

static bool fill_preset(struct request *rq, struct issuer *issuer, struct error *e) {
    const char *preset = json_string_value(json_object_get(rq->json, "preset"));
    *issuer = (struct issuer){.kind = "acme", .finalize_seconds = FINALIZE_SECONDS};
    return !preset || issuer_preset(rq->arena, preset, issuer, e);
}

static bool prepare_create(struct request *rq, struct error *e) {
    struct issuer *issuer = rq->prepared = ARENA_NEW(rq->arena, struct issuer);
    if (!fill_preset(rq, issuer, e) || !json_to_row(rq->arena, rq->json, create_body, issuer, e))
        return false;
    issuer->id = issuer->id ? issuer->id : issuer->preset ? issuer->preset : "";
    issuer->title_en = issuer->title_en ? issuer->title_en : issuer->id;
    issuer->title_zh = issuer->title_zh ? issuer->title_zh : issuer->title_en;
    if (!seal_key(rq, issuer, e))
        return false;
    normalise(issuer, true, rq->now);
    return issuer_check(rq->arena, issuer, e);
}

static bool create_issuer(struct request *rq, struct error *e) {
    struct issuer *issuer = rq->prepared, before;
    if (issuer_get(rq->db, rq->arena, issuer->id, &before, e))
        return fail_field(e, "id", ERR_ALREADY_EXISTS, "there is an issuer '%s'", "签发机构“%s”已存在",
                          issuer->id);
    rq->status = 201;
    return error_absent(e) && store(rq, "issuer.create", issuer, NULL, e);
}

/* The key alone: the rest is read, changed and written in the transaction. */
static bool prepare_change(struct request *rq, struct error *e) {
    struct issuer *given = rq->prepared = ARENA_NEW(rq->arena, struct issuer);
    given->id = rq->path_args[0];
    return json_to_row(rq->arena, rq->json, change_body, given, e) && seal_key(rq, given, e);
}

/* Terms and external accounts are given here, or it is back: what waited for that goes on. */
static bool retry_waiting(struct request *rq, struct error *e) {
    return work_unblock(rq->db, NULL, error_row(ERR_ACME_USER_ACTION)->code, rq->now, e) &&
           work_unblock(rq->db, NULL, error_row(ERR_BRAND_NOT_ON_SALE)->code, rq->now, e) &&
           work_unblock(rq->db, NULL, error_row(ERR_ACME_EXTERNAL_ACCOUNT)->code, rq->now, e);
}

static bool tell_contact(struct request *rq, const struct issuer *issuer, const char *before,
                         struct error *e) {
    const char *after = issuer->contact ? issuer->contact : "";
    contact_teller *tell = rq->services->contact_changed;
    return !tell || strcmp(before, after) == 0 || tell(rq->db, rq->arena, issuer->id, rq->now, e);
}

static bool change_issuer(struct request *rq, struct error *e) {
    const struct issuer *given = rq->prepared;
    struct issuer issuer;
    if (!path_issuer(rq, &issuer, e))
        return false;
    const json_t *before = json_keep(rq->arena, json_from_row(rq->arena, issuer_fields, &issuer));
    const char *contact = issuer.contact ? issuer.contact : "";
    if (!json_to_row(rq->arena, rq->json, change_body, &issuer, e))
        return false;
    if (given->eab_key)
        issuer.eab_sealed = given->eab_sealed;
    normalise(&issuer, json_object_get(rq->json, "terms_agreed") != NULL, rq->now);
    issuer.revision++;
    return issuer_check(rq->arena, &issuer, e) && store(rq, "issuer.change", &issuer, before, e) &&
           retry_waiting(rq, e) && tell_contact(rq, &issuer, contact, e);
}

/* Twice is once. Certificates and applications name it: the row stays. */
static bool withdraw_issuer(struct request *rq, struct error *e) {
    struct issuer issuer;
    if (!path_issuer(rq, &issuer, e))
        return false;
    const json_t *before = json_keep(rq->arena, json_from_row(rq->arena, issuer_fields, &issuer));
    if (issuer.withdrawn_at) {
        rq->reply = json_from_row(rq->arena, issuer_fields, &issuer);
        return true;
    }
    issuer.withdrawn_at = rq->now;
    issuer.revision++;
    return store(rq, "issuer.withdraw", &issuer, before, e);
}

const struct route issuer_routes[] = {
    {.method = "GET",
     .path = "/v1/issuers",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_issuers,
     .answer = issuer_fields,
     .summary = TEXT("Who issues certificates: the own CA, and CAs spoken to by ACME",
                     "签发机构:自有 CA 和通过 ACME 对接的 CA")},
    {.method = "GET",
     .path = "/v1/issuers/{id}",
     .access = ACCESS_READ,
     .handle = show_issuer,
     .answer = issuer_fields,
     .summary = TEXT("One issuer", "查看签发机构")},
    {.method = "POST",
     .path = "/v1/issuers",
     .access = ACCESS_OWN,
     .flags = ROUTE_WRITES | ROUTE_ADMINISTERS,
     .prepare = prepare_create,
     .handle = create_issuer,
     .body = create_body,
     .answer = issuer_fields,
     .body_max = BODY_MAX,
     .summary = TEXT("Adds a CA that is spoken to by ACME, from a preset or by its directory",
                     "添加通过 ACME 对接的 CA,可使用预设或目录地址")},
    {.method = "PATCH",
     .path = "/v1/issuers/{id}",
     .access = ACCESS_OWN,
     .flags = ROUTE_WRITES | ROUTE_ADMINISTERS | ROUTE_WAKES,
     .prepare = prepare_change,
     .handle = change_issuer,
     .body = change_body,
     .answer = issuer_fields,
     .body_max = BODY_MAX,
     .summary = TEXT("Changes an issuer; terms_agreed: true agrees to its terms as they are now",
                     "更改签发机构;terms_agreed: true 表示同意其现行条款")},
    {.method = "DELETE",
     .path = "/v1/issuers/{id}",
     .access = ACCESS_OWN,
     .flags = ROUTE_WRITES | ROUTE_ADMINISTERS,
     .handle = withdraw_issuer,
     .answer = issuer_fields,
     .summary = TEXT("Withdraws an issuer: it issues nothing new; what it issued stays",
                     "停用签发机构:不再签发新证书,已签发的保留")},
    {.method = NULL},
};
