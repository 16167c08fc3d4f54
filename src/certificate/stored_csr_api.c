/* The CSR manager over HTTP, and the certificates that share a key. */
#include "audit/audit.h"
#include "certificate/compromised_key.h"
#include "certificate/stored_csr.h"
#include "http/list.h"

static bool csr_of_path(struct request *rq, struct stored_csr *csr, struct error *e) {
    return stored_csr_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], csr, e);
}

static json_t *shown(struct request *rq, const struct stored_csr *csr) {
    return json_from_row(rq->arena, stored_csr_fields, csr);
}

static bool show(struct request *rq, struct error *e) {
    struct stored_csr csr;
    if (!csr_of_path(rq, &csr, e))
        return false;
    rq->reply = shown(rq, &csr);
    return true;
}

static bool list(struct request *rq, struct error *e) {
    struct list_page page;
    struct stored_csr *items;
    size_t found;
    if (!list_page_by_id(rq, "csr", &page, e))
        return false;
    struct csr_range range = {
        .account_id = rq->caller.account_id, .cursor = page.cursor, .limit = page.limit + 1};
    if (!stored_csr_list(rq->db, rq->arena, &range, &items, &found, e))
        return false;
    size_t count = list_count(&page, found);
    list_reply(rq, stored_csr_fields, sizeof *items, items, count,
               found > count ? items[count - 1].id : NULL);
    return true;
}

/* ---- making and uploading ---- */

struct csr_body {
    const char *name, *names, *key_algorithm, *organization, *organizational_unit, *locality, *province,
        *country, *csr, *key, *pass_phrase;
};

static const struct field csr_body[] = {
    FIELD(TEXT, csr_body, name, 0, "What it is called; else its main name", "名称,默认为主域名"),
    FIELD(WORDS, csr_body, names, 0, "To make one: its names, the main name first",
          "生成 CSR 时的域名,主域名在前"),
    FIELD(TEXT, csr_body, key_algorithm, 0, "Key algorithm: p256 (default), rsa2048 …",
          "密钥算法:p256(默认)、rsa2048 等"),
    FIELD(TEXT, csr_body, organization, 0, "Organization (O)", "组织(O)"),
    FIELD(TEXT, csr_body, organizational_unit, 0, "Organizational unit (OU)", "部门(OU)"),
    FIELD(TEXT, csr_body, locality, 0, "City (L)", "城市(L)"),
    FIELD(TEXT, csr_body, province, 0, "State or province (ST)", "省份(ST)"),
    FIELD(TEXT, csr_body, country, 0, "Country (C), two letters", "国家代码(C),两位字母"),
    FIELD(TEXT, csr_body, csr, 0, "To upload one: the request, PEM", "上传的 CSR(PEM)"),
    FIELD(TEXT, csr_body, key, FIELD_SECRET, "Its private key, PEM, if Tenure is to hold it",
          "对应的私钥(PEM),由 Tenure 保管时提供"),
    FIELD(TEXT, csr_body, pass_phrase, FIELD_SECRET, "Pass phrase of the key", "私钥的密码"),
    FIELD_END,
};

static bool prepare_made(struct request *rq, const struct csr_body *body, struct csr_intake *intake,
                         struct error *e) {
    const struct csr_wish wish = {.account_id = rq->caller.account_id,
                                  .name = body->name,
                                  .names = body->names,
                                  .subject = {.organization = body->organization,
                                              .organizational_unit = body->organizational_unit,
                                              .locality = body->locality,
                                              .province = body->province,
                                              .country = body->country},
                                  .key_algorithm = body->key_algorithm};
    if (body->key)
        return fail_field(e, "key", ERR_BAD_FIELD, "a key goes with its CSR only", "提供私钥时必须提供 CSR");
    return stored_csr_make(rq->services, rq->arena, &wish, rq->now, intake, e);
}

/* The request is signed as it is: what it should be like cannot be asked for. */
static const char *surplus_field(const struct csr_body *body) {
    const struct {
        const char *name, *value;
    } fields[] = {{"names", body->names},
                  {"key_algorithm", body->key_algorithm},
                  {"organization", body->organization},
                  {"organizational_unit", body->organizational_unit},
                  {"locality", body->locality},
                  {"province", body->province},
                  {"country", body->country}};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].value)
            return fields[i].name;
    return NULL;
}

static bool prepare_uploaded(struct request *rq, const struct csr_body *body, struct csr_intake *intake,
                             struct error *e) {
    struct arena *a = rq->arena;
    const char *surplus = surplus_field(body);
    if (surplus)
        return fail_field(e, surplus, ERR_BAD_FIELD, "%s is for a request that is made here, not for a CSR",
                          "%s 仅用于生成 CSR,不能与上传的 CSR 同时提供", surplus);
    const struct csr_upload upload = {
        .account_id = rq->caller.account_id,
        .name = body->name,
        .csr = slice_str(body->csr),
        .key = slice_str(body->key),
        .pass_phrase =
            body->pass_phrase ? secret_new(a, body->pass_phrase, strlen(body->pass_phrase)) : NULL};
    return stored_csr_upload(rq->services, a, &upload, rq->now, intake, e);
}

static bool prepare_new(struct request *rq, struct error *e) {
    struct csr_body body = {0};
    struct csr_intake *intake = rq->prepared = ARENA_NEW(rq->arena, struct csr_intake);
    return json_to_row(rq->arena, rq->json, csr_body, &body, e) &&
           (body.csr ? prepare_uploaded : prepare_made)(rq, &body, intake, e);
}

static bool create(struct request *rq, struct error *e) {
    struct csr_intake *intake = rq->prepared;
    if (!stored_csr_store(rq->services, rq->arena, intake, rq->now, e))
        return false;
    rq->status = intake->csr.pem ? 201 : 202;
    rq->reply = shown(rq, &intake->csr);
    return audit_change(rq, "csr.create", intake->csr.id, NULL, rq->reply, e);
}

/* ---- changing and deleting ---- */

static const struct field name_body[] = {
    FIELD(TEXT, csr_body, name, FIELD_REQUIRED, "What it is called", "名称"),
    FIELD_END,
};

static bool rename_csr(struct request *rq, struct error *e) {
    struct csr_body body = {0};
    struct stored_csr csr;
    if (!json_to_row(rq->arena, rq->json, name_body, &body, e) || !csr_of_path(rq, &csr, e))
        return false;
    const json_t *before = json_keep(rq->arena, shown(rq, &csr));
    if (!stored_csr_set_name(rq->db, &csr, body.name, e))
        return false;
    rq->reply = shown(rq, &csr);
    return audit_change(rq, "csr.update", csr.id, before, rq->reply, e);
}

static bool delete_csr(struct request *rq, struct error *e) {
    struct stored_csr csr;
    if (!csr_of_path(rq, &csr, e))
        return false;
    const json_t *before = json_keep(rq->arena, shown(rq, &csr));
    rq->status = 204;
    return stored_csr_delete(rq->db, rq->arena, &csr, rq->now, e) &&
           audit_change(rq, "csr.delete", csr.id, before, NULL, e);
}

/* ---- its key ---- */

/* The signer is asked before the transaction. */
static bool prepare_key(struct request *rq, struct error *e) {
    struct stored_csr csr;
    struct secret *pem;
    if (!csr_of_path(rq, &csr, e) || !stored_csr_key(rq->services, rq->arena, &csr, &pem, e))
        return false;
    rq->prepared = pem;
    return true;
}

/* Nobody gets a key without an entry in the log. */
static bool take_key(struct request *rq, struct error *e) {
    rq->raw = secret_slice(rq->prepared);
    rq->content_type = "application/x-pem-file";
    rq->file_name = arena_printf(rq->arena, "%s.key.pem", rq->path_args[0]);
    return audit_change(rq, "csr.key", rq->path_args[0], NULL, NULL, e);
}

/* ---- certificates with the same key ---- */

static bool add_certificate(struct request *rq, json_t *items, const char *id, struct error *e) {
    struct certificate c;
    if (!certificate_get(rq->db, rq->arena, rq->caller.account_id, id, &c, e))
        return false;
    json_array_append_new(items, certificate_json(rq->arena, &c, rq->now, rq->lang));
    return true;
}

static bool list_same_key(struct request *rq, struct error *e) {
    struct certificate c;
    struct list_page page;
    const char **ids;
    size_t found;
    if (!list_page_by_id(rq, "cert", &page, e) || !certificate_of_path(rq, &c, e) ||
        !certificate_same_key(rq->db, rq->arena, c.id, page.cursor ? page.cursor : "", page.limit + 1, &ids,
                              &found, e))
        return false;
    size_t count = list_count(&page, found);
    json_t *items = json_array();
    rq->reply = json_pack("{soso}", "items", items, "next",
                          json_string_of(rq->arena, found > count ? ids[count - 1] : NULL));
    for (size_t i = 0; i < count; i++)
        if (!add_certificate(rq, items, ids[i], e))
            return false;
    return true;
}

const struct route stored_csr_routes[] = {
    {.method = "GET",
     .path = "/v1/csrs",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list,
     .answer = stored_csr_fields,
     .summary = TEXT("The certificate requests of the CSR manager, newest first", "CSR 列表,按时间倒序")},
    {.method = "POST",
     .path = "/v1/csrs",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .prepare = prepare_new,
     .handle = create,
     .body = csr_body,
     .answer = stored_csr_fields,
     .summary =
         TEXT("Makes a certificate request with a key that Tenure holds, or uploads one; 202 while an RSA "
              "key is being made",
              "生成 CSR 并由 Tenure 保管私钥,或上传 CSR;正在生成 RSA 密钥时返回 202")},
    {.method = "GET",
     .path = "/v1/csrs/{id}",
     .access = ACCESS_READ,
     .handle = show,
     .answer = stored_csr_fields,
     .summary = TEXT("One certificate request", "查看 CSR")},
    {.method = "PATCH",
     .path = "/v1/csrs/{id}",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES,
     .handle = rename_csr,
     .body = name_body,
     .answer = stored_csr_fields,
     .summary = TEXT("Renames a certificate request", "修改 CSR 的名称")},
    {.method = "DELETE",
     .path = "/v1/csrs/{id}",
     .access = ACCESS_REQUEST,
     .flags = ROUTE_WRITES,
     .handle = delete_csr,
     .summary = TEXT("Deletes a certificate request, and its key unless a certificate has it",
                     "删除 CSR;私钥未被证书使用时一并删除")},
    {.method = "POST",
     .path = "/v1/csrs/{id}/key",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_RAW | ROUTE_SHOWN_ONCE,
     .prepare = prepare_key,
     .handle = take_key,
     .summary = TEXT("Takes out the private key of a certificate request, as PEM", "导出 CSR 的私钥(PEM)")},
    {.method = "GET",
     .path = "/v1/certificates/{id}/same-key",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_same_key,
     .answer = certificate_fields,
     .summary =
         TEXT("Other certificates with a key of this one: what to reissue if it was compromised; 500 at most",
              "与该证书使用相同密钥的其他证书:密钥泄露时应重新签发,最多 500 张")},
    {.method = NULL},
};
