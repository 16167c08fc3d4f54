/* Revocation at a CA. */
#include "issue/acme_revoke.h"
#include "acme/base64url.h"
#include "issue/acme_account.h"
#include "issue/acme_net.h"
#include "issue/acme_order.h"
#include "issue/issue_db.h"
#include "pki/crl.h"

bool acme_revoke_ask(struct db *db, struct arena *a, const struct version *v, int64_t reason, int64_t now,
                     bool *asked, struct error *e) {
    struct acme_order_row order;
    if (!acme_order_of_certificate(db, a, v->account_id, v->fingerprint, &order, e))
        return false;
    *asked = order.id != NULL;
    if (!*asked)
        return true;
    const struct acme_revocation r = {.version_id = v->id,
                                      .account_id = v->account_id,
                                      .certificate_id = v->certificate_id,
                                      .issuer_id = order.issuer_id,
                                      .reason = reason,
                                      .asked_at = now};
    return acme_revocation_insert(db, &r, e) && work_enqueue(db, v->account_id, v->id, "revoke", now, e);
}

/* ---- asking the CA ---- */

struct sending {
    struct acme_revocation row; /* version_id NULL: nothing is to be done */
    struct version version;
    struct issuer issuer;
    struct acme_session session;
    struct acme_directory directory;
    struct acme_reply reply;
    const char *payload;
};

static bool read_row(struct work *w, struct sending *s, struct error *e) {
    if (!acme_revocation_get(w->db, w->arena, w->item->subject, &s->row, e))
        return false;
    if (s->row.version_id && s->row.done_at)
        s->row.version_id = NULL;
    return !s->row.version_id ||
           (version_get(w->db, w->arena, s->row.account_id, s->row.version_id, &s->version, e) &&
            issuer_get(w->db, w->arena, s->row.issuer_id, &s->issuer, e));
}

/* Without a reason where there is none to give (RFC 5280, 5.3.1). */
static bool make_payload(struct work *w, struct sending *s, struct error *e) {
    struct slice der;
    const char *chain;
    if (!version_material(w->db, w->arena, &s->version, &der, &chain, e))
        return false;
    json_t *payload = json_pack("{s:s}", "certificate", base64url_text(w->arena, der));
    if (s->row.reason)
        json_object_set_new(payload, "reason", json_integer(s->row.reason));
    s->payload = json_text(w->arena, json_keep(w->arena, payload), false);
    return true;
}

static bool send_by_account(struct sending *s, struct error *e) {
    return acme_account_ensure(&s->session, s->row.account_id, e) &&
           acme_net_post(&s->session, s->directory.revoke_cert, s->payload, &s->reply, e);
}

static bool send_by_key(struct work *w, struct sending *s, struct error *e) {
    struct held_key held;
    if (!held_key_get(w->db, w->arena, s->row.account_id, s->version.key_id, &held, e))
        return false;
    const struct key_ref ref = {
        .id = held.id, .account_id = s->row.account_id, .purpose = PURPOSE_LEAF, .sealed = held.sealed};
    const struct acme_key key = {.ref = &ref, .spki = held.spki};
    s->session.account = NULL;
    return acme_net_post_by_key(&s->session, &key, s->directory.revoke_cert, s->payload, &s->reply, e);
}

/* The CA has answered, but not for this signature. */
static bool other_signature_may_do(const struct error *e) {
    return e->id == ERR_ACME_ACCOUNT_GONE || e->id == ERR_ACME_VALIDATION || e->id == ERR_ACME_REFUSED ||
           e->id == ERR_ACME_USER_ACTION || e->id == ERR_ACME_EXTERNAL_ACCOUNT;
}

static bool is_revoked(const struct sending *s) {
    return s->reply.problem.type && acme_problem_is(&s->reply.problem, "alreadyRevoked");
}

static bool send_once(struct work *w, struct sending *s, struct error *e) {
    s->reply = (struct acme_reply){.status = 0};
    if (s->row.by_key ? send_by_key(w, s, e) : send_by_account(s, e))
        return true;
    bool revoked = is_revoked(s);
    if (revoked)
        error_clear(e);
    return revoked;
}

static bool send_signed(struct work *w, struct sending *s, struct error *e) {
    s->row.by_key = s->version.key_id && s->row.reason == CRL_KEY_COMPROMISE;
    if (send_once(w, s, e))
        return true;
    if (!s->version.key_id || !other_signature_may_do(e))
        return false;
    error_clear(e);
    s->row.by_key = !s->row.by_key;
    return send_once(w, s, e);
}

const char *acme_revoke_party(struct work *w) {
    struct acme_revocation r = {.issuer_id = NULL};
    struct error ignored;
    return acme_revocation_get(w->db, w->arena, w->item->subject, &r, &ignored)
               ? issuer_party(w->arena, r.issuer_id)
               : NULL;
}

bool acme_revoke_send(struct work *w, struct error *e) {
    struct sending *s = w->prepared = ARENA_NEW(w->arena, struct sending);
    if (!read_row(w, s, e))
        return false;
    if (!s->row.version_id)
        return true;
    s->session = (struct acme_session){
        .services = w->services, .arena = w->arena, .now = w->now, .issuer = &s->issuer};
    return make_payload(w, s, e) && acme_net_directory(&s->session, &s->directory, e) && send_signed(w, s, e);
}

/* ---- what is written of it ---- */

bool acme_revoke_sent(struct work *w, struct error *e) {
    struct sending *s = w->prepared;
    if (!s->row.version_id)
        return work_goes(w, OUTCOME_DONE);
    s->row.done_at = w->now;
    s->row.problem = s->row.problem_zh = NULL;
    return acme_revocation_store(w->db, &s->row, e) &&
           version_set_revoked(w->db, s->row.version_id, s->row.asked_at, e) &&
           revoke_settle(w, s->row.certificate_id, e) && work_goes(w, OUTCOME_DONE);
}

static bool tell(struct work *w, const struct acme_revocation *r, const struct error *cause,
                 struct error *e) {
    const struct error_row *row = error_row(cause->id);
    struct certificate c;
    if (!certificate_get_any(w->db, w->arena, r->certificate_id, &c, e))
        return error_absent(e);
    json_t *params = json_pack("{s:s,s:s,s:s,s:s}", "reason_en", cause->detail[LANG_EN], "reason_zh",
                               cause->detail[LANG_ZH], "remedy_en", row->remedy.in[LANG_EN], "remedy_zh",
                               row->remedy.in[LANG_ZH]);
    const struct notify_event event = {.event = "action_needed",
                                       .once = arena_printf(w->arena, "revoke:%s", r->version_id),
                                       .params = json_keep(w->arena, params),
                                       .now = w->now};
    return certificate_tell(w->db, w->arena, &c, &event, e);
}

bool acme_revoke_failed(struct work *w, const struct error *cause, struct error *e) {
    const struct sending *s = w->prepared;
    struct acme_revocation r;
    if (error_row(cause->id)->retry == RETRY_SOON)
        return true;
    if (!acme_revocation_get(w->db, w->arena, w->item->subject, &r, e))
        return false;
    if (!r.version_id)
        return work_goes(w, OUTCOME_DONE);
    const char *said = s && s->reply.problem.type ? acme_problem_text(w->arena, &s->reply.problem) : NULL;
    bool their_words = said && *said;
    r.problem = their_words ? said : cause->detail[LANG_EN];
    r.problem_zh = their_words ? NULL : cause->detail[LANG_ZH];
    return acme_revocation_store(w->db, &r, e) && tell(w, &r, cause, e);
}
