/* Revocation: asked for here, done when a CRL lists it (crl.c). */
#include "certificate/compromised_key.h"
#include "issue/issue_db.h"
#include "pki/crl.h"

static bool revoke_version(struct db *db, const struct version *v, int reason, int64_t now, struct error *e) {
    struct revocation r = {.ca_id = v->ca_id,
                           .serial = v->serial,
                           .account_id = v->account_id,
                           .version_id = v->id,
                           .certificate_id = v->certificate_id,
                           .spki_sha256 = v->spki_sha256,
                           .revoked_at = now,
                           .reason = reason,
                           .end_at = v->end_at};
    if (reason == CRL_KEY_COMPROMISE && !compromised_key_report(db, v->account_id, v->spki_sha256, now, e))
        return false;
    return revocation_insert(db, &r, e) && work_enqueue(db, v->account_id, v->ca_id, "crl", now, e);
}

/* Replaced versions are valid until their own end: they go with the current one. */
static bool revoke_versions(struct db *db, struct arena *a, const struct certificate *c, int reason,
                            int64_t now, struct error *e) {
    struct version *versions;
    size_t count, revoked = 0;
    if (!version_list(db, a, c->id, &versions, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct version *v = &versions[i];
        if (!v->ca_id || v->revoked_at || v->end_at <= now)
            continue;
        if (!revoke_version(db, v, reason, now, e))
            return false;
        revoked++;
    }
    return revoked ||
           fail(e, ERR_NOT_OFFICIAL,
                "no live version of %s comes from the CA of Tenure; revoke it at the CA that issued it",
                "%s 的有效版本均非由 Tenure 的 CA 签发;请在其签发 CA 处吊销", c->id);
}

/* What is under way must not follow a revoked certificate. */
static bool close_application(struct db *db, struct arena *a, const struct certificate *c, int64_t now,
                              struct error *e) {
    struct application application;
    if (application_open(db, a, c->id, &application, e))
        return application_drop(db, &application, now, "revoked", e);
    if (e->id != ERR_NOT_FOUND)
        return false;
    error_clear(e);
    return true;
}

bool issue_wake_successor(struct db *db, const struct certificate *c, int64_t now, struct error *e) {
    return !c->successor_id || work_enqueue(db, c->account_id, c->successor_id, "decide", now, e);
}

bool revoke_ask(const struct services *services, struct arena *a, struct certificate *c, int reason,
                int64_t now, struct error *e) {
    const struct profile *profile;
    if (!certificate_profile(services->policies, c, &profile, e) ||
        !action_allowed(ACTION_REVOKE, c, profile, now, e) ||
        !revoke_versions(services->db, a, c, reason, now, e) ||
        !close_application(services->db, a, c, now, e))
        return false;
    c->revoke_asked_at = now;
    c->revoke_reason = reason;
    return certificate_store(services->db, a, profile, c, e) && issue_wake_successor(services->db, c, now, e);
}
