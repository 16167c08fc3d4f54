/* Revocation over HTTP, and what the local CA publishes for everybody: its certificates and CRLs. */
#include "audit/audit.h"
#include "base/buf.h"
#include "catalog/issuer.h"
#include "issue/ca.h"
#include "issue/failover.h"
#include "issue/issue_db.h"
#include "pki/crl.h"

enum { ROOTS_MAX = 1 << 20 };

struct revoke_body {
    const char *reason;
};

static const struct field revoke_body[] = {
    FIELD(TEXT, revoke_body, reason, FIELD_REQUIRED, "RFC 5280 reason: keyCompromise, superseded …",
          "RFC 5280 吊销原因:keyCompromise、superseded 等"),
    FIELD_END,
};

static bool revoke(struct request *rq, struct error *e) {
    struct revoke_body body = {.reason = NULL};
    struct certificate c;
    if (!json_to_row(rq->arena, rq->json, revoke_body, &body, e))
        return false;
    int reason = crl_reason_parse(body.reason);
    if (reason < 0)
        return fail_field(e, "reason", ERR_BAD_FIELD, "'%s' is not a reason that a subscriber may give",
                          "“%s”不是允许的吊销原因", body.reason);
    const json_t *after = json_keep(rq->arena, json_pack("{ss}", "reason", crl_reason_name(reason)));
    if (!certificate_of_path(rq, &c, e) || !revoke_ask(rq->services, rq->arena, &c, reason, rq->now, e) ||
        !audit_change(rq, "certificate.revoke", c.id, NULL, after, e))
        return false;
    rq->status = 202;
    rq->reply = certificate_json(rq->arena, &c, rq->now, rq->lang);
    return true;
}

/* The CA's id in a file name such as "ca_….cer". */
static bool published_id(struct request *rq, const char *suffix, const char **id, struct error *e) {
    const char *file = rq->path_args[0];
    size_t len = strlen(file), suffix_len = strlen(suffix);
    if (len < suffix_len || strcmp(file + len - suffix_len, suffix) != 0)
        return fail(e, ERR_NOT_FOUND, "there is no file '%s' here", "此处没有文件“%s”", file);
    *id = arena_strndup(rq->arena, file, len - suffix_len);
    return true;
}

static bool publish(struct request *rq, struct slice content, const char *content_type) {
    rq->raw = content;
    rq->content_type = content_type;
    return true;
}

static bool get_certificate(struct request *rq, struct error *e) {
    const char *id = NULL;
    struct ca ca;
    return published_id(rq, ".cer", &id, e) && ca_get(rq->db, rq->arena, id, &ca, e) &&
           publish(rq, ca.der, "application/pkix-cert");
}

static bool get_crl(struct request *rq, struct error *e) {
    const char *id = NULL;
    struct crl crl;
    if (!published_id(rq, ".crl", &id, e) || !crl_find(rq->db, rq->arena, id, &crl, e))
        return false;
    if (!crl.ca_id)
        return fail(e, ERR_NOT_FOUND, "CA '%s' has no CRL", "CA“%s”没有吊销列表", id);
    return publish(rq, crl.der, "application/pkix-crl");
}

static bool get_roots(struct request *rq, struct error *e) {
    struct cert *roots;
    size_t count;
    struct buf pem = buf_new(rq->arena, ROOTS_MAX);
    if (!ca_roots(rq->db, rq->arena, NULL, &roots, &count, e))
        return false;
    for (size_t i = 0; i < count; i++)
        buf_str(&pem, cert_to_pem(rq->arena, roots[i].der));
    if (pem.overflow)
        return fail(e, ERR_INTERNAL, "%zu roots are more than one answer takes",
                    "%zu 个根证书超出单次响应的上限", count);
    return publish(rq, buf_slice(&pem), "application/pem-certificate-chain");
}

/* ---- how it goes with an issuer ---- */

static const struct field standing_fields[] = {
    FIELD(INT, issuer_standing, failures, 0, "Failures in a row, of your orders",
          "连续失败次数(本账号的订单)"),
    FIELD(TIME, issuer_standing, since, 0, "Since", "起始时间"),
    FIELD(TEXT, issuer_standing, last_error, 0, "Code of the last error", "最近的错误代码"),
    FIELD(TIME, issuer_standing, avoid_until, 0, "Others are asked until", "在此之前改用其他签发机构"),
    FIELD(TIME, issuer_standing, closed_until, 0, "Nobody asks it until", "在此之前不再请求该 CA"),
    FIELD_END,
};

static bool show_standing(struct request *rq, struct error *e) {
    struct issuer issuer;
    struct issuer_standing standing;
    if (!issuer_get(rq->db, rq->arena, rq->path_args[0], &issuer, e) ||
        !issuer_standing(rq->db, rq->arena, rq->caller.account_id, &issuer, &standing, e))
        return false;
    rq->reply = json_from_row(rq->arena, standing_fields, &standing);
    return true;
}

const struct route issue_routes[] = {
    {.method = "GET",
     .path = "/v1/issuers/{id}/health",
     .access = ACCESS_READ,
     .handle = show_standing,
     .answer = standing_fields,
     .summary = TEXT("Whether it is passed over, and since when it fails", "是否暂停使用及连续失败情况")},

    {.method = "POST",
     .path = "/v1/certificates/{id}/revoke",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = revoke,
     .body = revoke_body,
     .answer = certificate_fields,
     .summary = TEXT("Revokes all live versions of a certificate", "吊销证书的所有有效版本")},
    {.method = "GET",
     .path = "/ca/roots.pem",
     .access = ACCESS_PUBLIC,
     .flags = ROUTE_RAW,
     .handle = get_roots,
     .summary = TEXT("The roots of the local CA, for clients to trust", "本地 CA 的根证书,供客户端信任")},
    {.method = "GET",
     .path = "/ca/{file}",
     .access = ACCESS_PUBLIC,
     .flags = ROUTE_RAW,
     .handle = get_certificate,
     .summary = TEXT("A certificate of the local CA, DER (ID.cer)", "本地 CA 的证书,DER 格式(ID.cer)")},
    {.method = "GET",
     .path = "/crl/{file}",
     .access = ACCESS_PUBLIC,
     .flags = ROUTE_RAW,
     .handle = get_crl,
     .summary = TEXT("The present CRL of a CA (ID.crl)", "CA 当前的吊销列表(ID.crl)")},
    {.method = NULL},
};
