/* Revocation: asked for here, done when a CRL lists it (crl.c), or the CA that issued it has (acme_revoke.c).
 */
#include "audit/audit.h"
#include "certificate/compromised_key.h"
#include "issue/acme_revoke.h"
#include "issue/issue_db.h"
#include "pki/crl.h"

/* How, when and why a certificate is revoked. */
struct revoking {
    struct db *db;
    struct arena *arena;
    const struct certificate *c;
    int reason;
    int64_t now;
};

static bool revoke_ours(const struct revoking *g, const struct version *v, struct error *e) {
    struct revocation r = {.ca_id = v->ca_id,
                           .serial = v->serial,
                           .account_id = v->account_id,
                           .version_id = v->id,
                           .certificate_id = v->certificate_id,
                           .spki_sha256 = v->spki_sha256,
                           .revoked_at = g->now,
                           .reason = g->reason,
                           .end_at = v->end_at};
    return revocation_insert(g->db, &r, e) && work_enqueue(g->db, v->account_id, v->ca_id, "crl", g->now, e);
}

static bool revoke_version(const struct revoking *g, const struct version *v, bool *revoked,
                           struct error *e) {
    *revoked = v->ca_id != NULL;
    if (v->ca_id ? !revoke_ours(g, v, e)
                 : !acme_revoke_ask(g->db, g->arena, v, g->reason, g->now, revoked, e))
        return false;
    return !*revoked || g->reason != CRL_KEY_COMPROMISE ||
           compromised_key_spread(g->db, g->arena, g->c, v->spki_sha256, g->now, e);
}

/* Replaced versions are valid until their own end: they go with the current one. */
static bool revoke_versions(const struct revoking *g, struct error *e) {
    struct version *versions;
    size_t count, revoked = 0;
    if (!version_list(g->db, g->arena, g->c->id, &versions, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct version *v = &versions[i];
        bool one = false;
        if (v->revoked_at || v->end_at <= g->now)
            continue;
        if (!revoke_version(g, v, &one, e))
            return false;
        revoked += one;
    }
    return revoked ||
           fail(e, ERR_NOT_OFFICIAL,
                "no live version of %s was issued or ordered by Tenure; revoke it at the CA that issued it",
                "%s 的有效版本均非由 Tenure 签发或申请;请在其签发 CA 处吊销", g->c->id);
}

/* The certificate itself is revoked when the last of its versions is. */
bool revoke_settle(struct work *w, const char *certificate_id, struct error *e) {
    int64_t unpublished, open;
    struct certificate c;
    const struct profile *profile;
    if (!revocation_count_unpublished(w->db, certificate_id, &unpublished, e) ||
        !acme_revocation_count_open(w->db, certificate_id, &open, e))
        return false;
    if (unpublished + open)
        return true;
    if (!certificate_get_any(w->db, w->arena, certificate_id, &c, e) ||
        !certificate_profile(w->services->policies, &c, &profile, e))
        return false;
    c.revoked_at = w->now;
    struct audit_entry entry = audit_by_system(c.account_id, w->now, "certificate.revoked", c.id);
    return certificate_store(w->db, w->arena, profile, &c, e) && audit_write(w->db, w->arena, &entry, e) &&
           certificate_tell(w->db, w->arena, &c, &(struct notify_event){.event = "revoked", .now = w->now},
                            e);
}

/* ---- a key that turns out to be compromised when nothing is left to revoke ---- */

/* Revoked for another reason, or over: its key may be in use elsewhere, or be brought again. */
static bool only_its_key(const struct certificate *c, int reason, int64_t now) {
    bool revoked = c->revoke_asked_at || c->revoked_at;
    bool known = revoked && c->revoke_reason == CRL_KEY_COMPROMISE;
    bool was_ours = c->brand && c->version_count;
    return reason == CRL_KEY_COMPROMISE && was_ours && !known && !certificate_live(c, now);
}

/* The next CRL gives the new reason, with the old date (RFC 5280 has one entry for each serial number). */
static bool report_keys(const struct revoking *g, struct error *e) {
    struct version *versions;
    size_t count;
    if (!version_list(g->db, g->arena, g->c->id, &versions, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct version *v = &versions[i];
        if (!compromised_key_spread(g->db, g->arena, g->c, v->spki_sha256, g->now, e) ||
            !revocation_set_reason(g->db, v, g->reason, e) ||
            (v->ca_id && !work_enqueue(g->db, v->account_id, v->ca_id, "crl", g->now, e)))
            return false;
    }
    return true;
}

/* What is under way must not follow a revoked certificate. */
static bool close_application(struct db *db, struct arena *a, const struct certificate *c, int64_t now,
                              struct error *e) {
    struct application application;
    if (application_open(db, a, c->id, &application, e))
        return application_drop(db, &application, now, "revoked", e);
    return error_absent(e);
}

bool issue_wake_successor(struct db *db, const struct certificate *c, int64_t now, struct error *e) {
    return !c->successor_id || work_enqueue(db, c->account_id, c->successor_id, "decide", now, e);
}

bool revoke_ask(const struct services *services, struct arena *a, struct certificate *c, int reason,
                int64_t now, struct error *e) {
    const struct revoking g = {services->db, a, c, reason, now};
    const struct profile *profile;
    if (!certificate_profile(services->policies, c, &profile, e))
        return false;
    if (only_its_key(c, reason, now)) {
        c->revoke_reason = reason;
        return report_keys(&g, e) && certificate_store(services->db, a, profile, c, e);
    }
    if (!action_allowed(ACTION_REVOKE, c, profile, now, e) || !revoke_versions(&g, e) ||
        !close_application(services->db, a, c, now, e))
        return false;
    c->revoke_asked_at = now;
    c->revoke_reason = reason;
    return certificate_store(services->db, a, profile, c, e) && issue_wake_successor(services->db, c, now, e);
}
