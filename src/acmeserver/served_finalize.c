/* Finalizing an order, and signing its certificate: a step, which the request itself runs unless it is slow.
 */
#include "acme/base64url.h"
#include "acmeserver/served.h"
#include "base/rand.h"
#include "pki/csr.h"
#include "pki/digest.h"
#include "pki/names.h"
#include "signer/signer.h"

enum { BACKDATE = 60 };

/* What finalize found, before and inside of its transaction. */
struct finalize {
    struct served_order order;
    struct csr csr;
    bool slow;
};

/* ---- the request ---- */

/* The key of a certificate is no key of an account (RFC 8555, 11.1). */
static bool check_key(struct served_request *rq, const struct csr *csr, struct error *e) {
    struct served_account holder;
    const char *thumbprint;
    if (!jwk_thumbprint(rq->arena, csr->spki, &thumbprint, e) ||
        !served_account_by_key(rq->db, rq->arena, thumbprint, &holder, e))
        return false;
    return !holder.id || refuse(rq, REFUSAL_BAD_CSR, e, "the key of the CSR is that of an account",
                                "CSR 的密钥是某个账号的密钥");
}

static bool read_csr(struct served_request *rq, struct finalize *f, struct error *e) {
    const char *text;
    struct slice der;
    if (!served_payload(rq, e) || !served_text(rq, "csr", &text, e))
        return false;
    if (!text || !base64url_bytes(rq->arena, text, &der))
        return refuse(rq, REFUSAL_MALFORMED, e, "csr is not base64url", "csr 不是 base64url");
    if (!csr_parse(rq->arena, der, &f->csr, e))
        return (rq->refusal = REFUSAL_BAD_CSR), false;
    if (!names_same(f->csr.names, f->order.names))
        return refuse(rq, REFUSAL_BAD_CSR, e, "the CSR is for '%.150s', the order for '%.150s'",
                      "CSR 的域名为“%.150s”,订单的域名为“%.150s”", f->csr.names, f->order.names);
    return check_key(rq, &f->csr, e);
}

bool finalize_prepare(struct served_request *rq, struct error *e) {
    struct finalize *f = rq->prepared = ARENA_NEW(rq->arena, struct finalize);
    if (!served_order_own(rq, &f->order, e))
        return false;
    const char *status = served_order_status(&f->order, rq->now);
    if (strcmp(status, "ready") != 0)
        return refuse(rq, REFUSAL_ORDER_NOT_READY, e, "the order is %s", "订单状态为 %s", status);
    return ca_ensure(rq->server->services, rq->arena, ACMESERVER_ACCOUNT, rq->now, e) &&
           alternate_ensure(rq->server, rq->arena, rq->now, e) && read_csr(rq, f, e);
}

/* An authorization that no longer holds, or that is not to hold any more. */
static bool find_lapsed(struct served_request *rq, const struct served_order *order, const char **id,
                        struct error *e) {
    struct served_authorization *list;
    size_t count;
    *id = NULL;
    if (!served_authorization_list(rq->db, rq->arena, order->id, &list, &count, e))
        return false;
    if (fault_happens(&rq->server->faults, FAULT_AUTHORIZATION_EXPIRED, rq->resource)) {
        *id = list[0].id;
        return served_authorization_become(rq->db, *id, "valid", rq->now, NULL, e);
    }
    for (size_t i = 0; i < count && !*id; i++)
        if (strcmp(served_authorization_status(&list[i], rq->now), "valid") != 0)
            *id = list[i].id;
    return true;
}

static bool invalidate(struct served_request *rq, const struct served_order *order, const char *type,
                       const char *detail, struct error *e) {
    return served_order_become(rq->db, order->id, NULL, "invalid", refusal_text(rq->arena, type, detail),
                               e) &&
           served_order_show(rq, order->id, e);
}

static bool new_certificate(struct served_request *rq, const struct finalize *f,
                            struct served_certificate *certificate, struct error *e) {
    const struct served_order *order = &f->order;
    struct ca ca;
    if (!ca_newest(rq->db, rq->arena, ACMESERVER_ACCOUNT, CA_INTERMEDIATE, &ca, e))
        return false;
    int64_t start = order->not_before ? order->not_before : rq->now - BACKDATE;
    int64_t wanted = start + served_profile_seconds(rq->settings, order->profile);
    int64_t end = order->not_after ? order->not_after + 1 : wanted;
    *certificate = (struct served_certificate){.id = id_new(rq->arena, "acmecert", rq->now),
                                               .account_id = order->account_id,
                                               .order_id = order->id,
                                               .ca_id = ca.id,
                                               .serial = hex_text(rq->arena, cert_new_serial(rq->arena)),
                                               .names = order->names,
                                               .spki = f->csr.spki,
                                               .not_before = start,
                                               .end_at = end < ca.end_at ? end : ca.end_at};
    return true;
}

/* The row says what is signed; the queue, that it is still to be done, should the process die here. */
static bool begin(struct served_request *rq, struct finalize *f, struct error *e) {
    struct faults *faults = &rq->server->faults;
    struct served_certificate certificate;
    bool changed, never = fault_happens(faults, FAULT_PROCESSING_NEVER, rq->resource);
    bool slow = fault_happens(faults, FAULT_PROCESSING_SLOW, rq->resource);
    int64_t due_at = rq->now + (slow ? faults->of[FAULT_PROCESSING_SLOW].seconds : 0);
    f->slow = slow || never;
    if (!new_certificate(rq, f, &certificate, e) || !served_certificate_insert(rq->db, &certificate, e) ||
        !served_order_begin(rq->db, f->order.id, certificate.id, &changed, e))
        return false;
    if (!changed)
        return refuse(rq, REFUSAL_ORDER_NOT_READY, e, "the order is not ready", "订单尚未就绪");
    f->order.certificate_id = certificate.id;
    return never || work_enqueue(rq->db, ACMESERVER_ACCOUNT, certificate.id, "sign", due_at, e);
}

bool finalize_handle(struct served_request *rq, struct error *e) {
    struct finalize *f = rq->prepared;
    const char *lapsed;
    if (!find_lapsed(rq, &f->order, &lapsed, e))
        return false;
    if (lapsed)
        return invalidate(rq, &f->order, "unauthorized", "an authorization of the order has expired", e);
    if (fault_happens(&rq->server->faults, FAULT_ORDER_INVALID, rq->resource))
        return invalidate(rq, &f->order, "serverInternal", "a fault on purpose: order_invalid", e);
    return begin(rq, f, e) && (!f->slow || served_order_show(rq, f->order.id, e));
}

static bool sign_now(struct served_request *rq, const char *certificate_id, struct error *e) {
    const struct work_item item = {.subject = certificate_id, .account_id = ACMESERVER_ACCOUNT};
    struct work w = {
        .arena = rq->arena, .services = rq->server->services, .db = rq->db, .now = rq->now, .item = &item};
    if (!served_sign(&w, e) || !db_begin(rq->db, e))
        return false;
    if (served_sign_save(&w, e) && work_forget(rq->db, certificate_id, e) && db_commit(rq->db, e))
        return true;
    db_rollback(rq->db);
    return false;
}

bool finalize_after(struct served_request *rq, struct error *e) {
    const struct finalize *f = rq->prepared;
    if (rq->reply)
        return true;
    return sign_now(rq, f->order.certificate_id, e) && served_order_show(rq, f->order.id, e);
}

/* ---- the step `sign` ---- */

/* What is wrong on purpose: for a key, one that nobody has; for a name, one that nobody asked for. */
static bool spoil(struct work *w, struct served_certificate *certificate, struct error *e) {
    struct faults *faults = &w->services->acmeserver->faults;
    const struct key_ref nobody = {
        .id = certificate->id, .account_id = ACMESERVER_ACCOUNT, .purpose = PURPOSE_LEAF};
    struct key_made made;
    if (fault_happens(faults, FAULT_WRONG_NAMES, RESOURCE_FINALIZE))
        certificate->names = "wrong.test-ca.invalid";
    if (!fault_happens(faults, FAULT_WRONG_KEY, RESOURCE_FINALIZE))
        return true;
    if (!signer_make(w->services->signer, w->arena, KEY_P256, &nobody, &made, e))
        return false;
    certificate->spki = made.spki;
    return true;
}

static bool sign_template(struct work *w, const struct served_certificate *certificate, struct slice serial,
                          struct slice *der, struct error *e) {
    struct ca ca;
    struct slice tbs;
    struct cert_template t = {.path_len = -1,
                              .names = certificate->names,
                              .serial = serial,
                              .not_before = certificate->not_before,
                              .end = certificate->end_at,
                              .spki = certificate->spki};
    return ca_get(w->db, w->arena, certificate->ca_id, &ca, e) &&
           ca_template(w->services, w->arena, &ca, &t, e) && cert_build_tbs(w->arena, &t, &tbs, e) &&
           ca_sign(w->services, w->arena, &ca, tbs, der, e);
}

bool served_sign(struct work *w, struct error *e) {
    struct served_certificate *certificate = w->prepared = ARENA_NEW(w->arena, struct served_certificate);
    struct slice serial;
    struct cert cert;
    if (!served_certificate_get(w->db, w->arena, w->item->subject, certificate, e) ||
        !spoil(w, certificate, e))
        return false;
    if (!hex_bytes(w->arena, certificate->serial, &serial))
        return fail(e, ERR_CORRUPT, "the serial number of %s is no hex", "%s 的序列号无效", certificate->id);
    return sign_template(w, certificate, serial, &certificate->der, e) &&
           cert_parse(w->arena, certificate->der, &cert, e) &&
           (acme_certificate_id(w->arena, &cert, &certificate->identifier) ||
            fail(e, ERR_CORRUPT, "the CA of %s has no key id", "%s 的 CA 没有密钥标识", certificate->id));
}

bool served_sign_save(struct work *w, struct error *e) {
    const struct served_certificate *certificate = w->prepared;
    w->services->acmeserver->counts.certificates++;
    return served_certificate_set_signed(w->db, certificate, e) &&
           served_order_become(w->db, certificate->order_id, "processing", "valid", NULL, e);
}
