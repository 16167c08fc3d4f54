/* Certificates: their chains, revocation, and when to renew them (RFC 8555, 7.4.2 and 7.6; RFC 9773). */
#include "acme/base64url.h"
#include "acmeserver/served.h"
#include "issue/issue_db.h"
#include "pki/crl.h"
#include "pki/names.h"

enum { SHORT_LIVED = 10 * DAY };

/* ---- chains ---- */

static bool own_certificate(struct served_request *rq, struct served_certificate *certificate,
                            struct error *e) {
    if (!served_certificate_get(rq->db, rq->arena, rq->args[0], certificate, e) ||
        !served_own(rq, certificate->account_id, e))
        return false;
    return certificate->der.p ||
           refuse(rq, REFUSAL_NOT_FOUND, e, "the certificate is not signed yet", "证书尚未签发");
}

static bool show_chain(struct served_request *rq, const struct served_certificate *certificate,
                       struct slice issuer) {
    rq->content_type = "application/pem-certificate-chain";
    rq->raw = slice_str(arena_printf(rq->arena, "%s%s", cert_to_pem(rq->arena, certificate->der),
                                     cert_to_pem(rq->arena, issuer)));
    return true;
}

bool certificate_handle(struct served_request *rq, struct error *e) {
    struct served_certificate certificate;
    struct served_alternate alternate;
    struct ca ca;
    if (!own_certificate(rq, &certificate, e) || !ca_get(rq->db, rq->arena, certificate.ca_id, &ca, e) ||
        !served_alternate_get(rq->db, rq->arena, ca.id, &alternate, e))
        return false;
    if (alternate.id)
        exchange_answer_header(rq->x, "Link",
                               arena_printf(rq->arena, "<%s/alternate>;rel=\"alternate\"",
                                            served_url(rq, "certificate", certificate.id)));
    bool wrong = fault_happens(&rq->server->faults, FAULT_WRONG_CHAIN, rq->resource);
    return show_chain(rq, &certificate, wrong ? alternate.root : ca.der);
}

bool certificate_alternate_handle(struct served_request *rq, struct error *e) {
    struct served_certificate certificate;
    struct served_alternate alternate;
    if (!own_certificate(rq, &certificate, e) ||
        !served_alternate_get(rq->db, rq->arena, certificate.ca_id, &alternate, e))
        return false;
    if (!alternate.id)
        return refuse(rq, REFUSAL_NOT_FOUND, e, "there is no alternate chain", "没有备用证书链");
    return show_chain(rq, &certificate, alternate.crossed);
}

/* ---- revocation ---- */

struct revoke {
    struct served_certificate certificate;
    int reason;
};

static bool read_certificate(struct served_request *rq, struct revoke *r, struct error *e) {
    const char *text, *identifier;
    struct slice der;
    struct cert cert;
    if (!served_payload(rq, e) || !served_text(rq, "certificate", &text, e))
        return false;
    if (!text || !base64url_bytes(rq->arena, text, &der) || !cert_parse(rq->arena, der, &cert, e))
        return refuse(rq, REFUSAL_MALFORMED, e, "certificate is not a certificate in base64url",
                      "certificate 不是 base64url 编码的证书");
    if (!acme_certificate_id(rq->arena, &cert, &identifier))
        identifier = "";
    if (!served_certificate_by_identifier(rq->db, rq->arena, identifier, &r->certificate, e))
        return false;
    return (r->certificate.id && slice_equal(r->certificate.der, der)) ||
           refuse(rq, REFUSAL_NOT_FOUND, e, "the certificate is not one of ours", "该证书不由本 CA 签发");
}

/* Those that a subscriber may give (RFC 5280, 5.3.1; Baseline Requirements 4.9.1.1). */
static bool read_reason(struct served_request *rq, struct revoke *r, struct error *e) {
    const json_t *value = json_object_get(rq->payload, "reason");
    json_int_t reason = json_integer_value(value);
    bool known = reason == 0 || reason == 1 || (reason >= 3 && reason <= 5);
    if ((value && !json_is_integer(value)) || !known)
        return refuse(rq, REFUSAL_BAD_REASON, e, "the reason is none of 0, 1, 3, 4, 5",
                      "原因代码不是 0、1、3、4、5 之一");
    r->reason = (int)reason;
    return true;
}

static bool holds_all(struct served_request *rq, const char *names, bool *all, struct error *e) {
    size_t count = names_count(names);
    *all = true;
    for (size_t i = 0; i < count && *all; i++) {
        const char *name = names_at(rq->arena, names, i);
        bool wildcard = strncmp(name, "*.", 2) == 0;
        struct served_authorization found, wanted = {.name = name + (wildcard ? 2 : 0), .wildcard = wildcard};
        if (!served_authorization_find(rq->db, rq->arena, rq->account.id, &wanted, rq->now, &found, e))
            return false;
        *all = found.id != NULL;
    }
    return true;
}

/* By the account that it was issued to, by one that controls all of its names, or by its own key. */
static bool may_revoke(struct served_request *rq, const struct served_certificate *certificate,
                       struct error *e) {
    bool permitted = false;
    if (!rq->account.id)
        permitted = slice_equal(certificate->spki, rq->jws.spki);
    else if (strcmp(certificate->account_id, rq->account.id) == 0)
        permitted = true;
    else if (!holds_all(rq, certificate->names, &permitted, e))
        return false;
    return permitted ||
           refuse(rq, REFUSAL_UNAUTHORIZED, e, "neither account nor key may revoke this certificate",
                  "该账号或密钥无权吊销此证书");
}

bool revoke_prepare(struct served_request *rq, struct error *e) {
    struct revoke *r = rq->prepared = ARENA_NEW(rq->arena, struct revoke);
    return read_certificate(rq, r, e) && may_revoke(rq, &r->certificate, e) && read_reason(rq, r, e);
}

bool revoke_handle(struct served_request *rq, struct error *e) {
    const struct revoke *r = rq->prepared;
    int64_t changed;
    if (!served_certificate_revoke(rq->db, r->certificate.id, r->reason, rq->now, &changed, e))
        return false;
    if (changed == 0)
        return refuse(rq, REFUSAL_ALREADY_REVOKED, e, "the certificate is revoked already, or has expired",
                      "该证书已吊销或已过期");
    return work_enqueue(rq->db, ACMESERVER_ACCOUNT, r->certificate.ca_id, "crl", rq->now, e);
}

/* ---- renewalInfo ---- */

/*
 * As Let's Encrypt's server has it: around a third of the lifetime before the end, half of a short one, and
 * one per cent of it long on both sides. Of a revoked certificate the window is over: it is to be renewed
 * now.
 */
static void suggest(const struct served_certificate *c, int64_t now, int64_t *start, int64_t *end) {
    int64_t lifetime = c->end_at - c->not_before;
    int64_t ideal = c->end_at - (lifetime < SHORT_LIVED ? lifetime / 2 : lifetime / 3);
    int64_t margin = lifetime / 100 > 0 ? lifetime / 100 : 1;
    *start = c->revoked_at ? now - 3600 : ideal - margin;
    *end = c->revoked_at ? now - 1800 : ideal + margin;
    if (!c->window_end)
        return;
    *start = c->window_start;
    *end = c->window_end;
}

bool renewal_info_handle(struct served_request *rq, struct error *e) {
    struct served_certificate certificate;
    int64_t start, end;
    if (!served_certificate_by_identifier(rq->db, rq->arena, rq->args[0], &certificate, e))
        return false;
    if (!certificate.id || !rq->settings->suggest_seconds)
        return refuse(rq, REFUSAL_NOT_FOUND, e, "there is no such certificate", "没有该证书");
    suggest(&certificate, rq->now, &start, &end);
    json_t *window = json_object();
    served_set_time(rq, window, "start", start);
    served_set_time(rq, window, "end", end);
    rq->reply = json_object();
    json_object_set_new(rq->reply, "suggestedWindow", window);
    if (certificate.window_end || certificate.revoked_at)
        served_set(rq->reply, "explanationURL", arena_printf(rq->arena, "%s/terms", rq->settings->url));
    served_retry_after(rq, rq->settings->suggest_seconds);
    return true;
}
