/*
 * CRLs of the local CA (RFC 5280, section 5; Baseline Requirements 4.9.7). Each CA has one full CRL, signed
 * anew when something is revoked and in time before its nextUpdate. What waits for it is published together:
 * the cost of a revocation is that of its own row.
 */
#include "pki/crl.h"
#include "audit/audit.h"
#include "issue/ca.h"
#include "issue/issue_db.h"

/* Without OCSP a new CRL is due every four days at the latest. */
enum { CRL_SECONDS = 7 * DAY, CRL_OVERLAP = 3 * DAY };

bool crl_follow(struct work *w, const struct ca *ca, const struct crl_entry *entries, size_t count,
                struct crl *crl, struct error *e) {
    struct cert cert;
    struct slice tbs;
    if (!cert_parse(w->arena, ca->der, &cert, e))
        return false;
    *crl = (struct crl){.ca_id = ca->id,
                        .account_id = ca->account_id,
                        .number = crl->number + 1,
                        .this_update = w->now,
                        .next_update = w->now + CRL_SECONDS};
    struct crl_template t = {.issuer_der = cert.subject_der,
                             .issuer_key_id = cert.subject_key_id,
                             .issuer_algorithm = cert.algorithm,
                             .number = crl->number,
                             .this_update = crl->this_update,
                             .next_update = crl->next_update,
                             .entries = entries,
                             .count = count};
    return crl_build_tbs(w->arena, &t, &tbs, e) && ca_sign(w->services, w->arena, ca, tbs, &crl->der, e);
}

int64_t crl_due_at(const struct crl *crl) {
    return crl->next_update - CRL_OVERLAP;
}

/* ---- the step `crl` ---- */

struct draft {
    struct crl crl; /* without der: the CA has expired, and so has all that it could list */
    struct revocations listed;
};

static const struct crl_entry *entries_of(struct arena *a, const struct draft *draft) {
    struct crl_entry *entries = ARENA_ARRAY(a, draft->listed.count, struct crl_entry);
    for (size_t i = 0; i < draft->listed.count; i++)
        entries[i] = (struct crl_entry){.serial = draft->listed.items[i].serial,
                                        .revoked_at = draft->listed.items[i].revoked_at,
                                        .reason = (int)draft->listed.items[i].reason};
    return entries;
}

bool crl_sign(struct work *w, struct error *e) {
    struct draft *draft = w->prepared = ARENA_NEW(w->arena, struct draft);
    struct ca ca;
    if (!ca_get(w->db, w->arena, w->item->subject, &ca, e))
        return false;
    if (ca.end_at <= w->now)
        return true;
    return crl_find(w->db, w->arena, ca.id, &draft->crl, e) &&
           revocation_list(w->db, w->arena, ca.id, draft->crl.this_update, &draft->listed, e) &&
           crl_follow(w, &ca, entries_of(w->arena, draft), draft->listed.count, &draft->crl, e);
}

static bool publish(struct work *w, const struct revocation *r, struct error *e) {
    return r->published_at || (revocation_set_published(w->db, r, w->now, e) &&
                               version_set_revoked(w->db, r->version_id, r->revoked_at, e) &&
                               revoke_settle(w, r->certificate_id, e));
}

static bool audit_signed(struct work *w, const struct crl *crl, struct error *e) {
    struct audit_entry entry = audit_by_system(crl->account_id, w->now, "crl.sign", crl->ca_id);
    entry.after = arena_printf(w->arena, "{\"number\":%lld}", (long long)crl->number);
    return audit_write(w->db, w->arena, &entry, e);
}

bool crl_record(struct work *w, struct error *e) {
    const struct draft *draft = w->prepared;
    if (!draft->crl.der.p)
        return work_goes(w, OUTCOME_DONE);
    if (!crl_put(w->db, &draft->crl, e) || !audit_signed(w, &draft->crl, e))
        return false;
    for (size_t i = 0; i < draft->listed.count; i++)
        if (!publish(w, &draft->listed.items[i], e))
            return false;
    return work_until(w, crl_due_at(&draft->crl));
}
