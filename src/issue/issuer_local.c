/*
 * The issuer `local`: Tenure's own CA. The journal fixes serial number, dates and coverage before anything is
 * signed, so that a repeat after a crash makes the same certificate (but for the bits of an ECDSA signature).
 */
#include "issue/ca.h"
#include "issue/issue_db.h"

/*
 * The cap of a version is the one in force a day after its issue (SPEC section 7): so long a journal may wait
 * for its signature. Nobody has seen what may have been signed from an older one.
 */
static bool journaled(const struct journal *j, int64_t now) {
    return j->application_id && now - j->issued_at < DAY;
}

/* ---- journal ---- */

static bool plan(struct work *w, const struct certificate *c, const struct application *application,
                 const struct ca *ca, struct journal *j, struct error *e) {
    const struct profile *profile;
    struct coverage coverage;
    if (!certificate_profile(w->services->policies, c, &profile, e) ||
        !issue_coverage(w, c, profile, &coverage, e))
        return false;
    struct issuer_rules rules = {.backdate = w->services->issue->backdate_seconds, .ca_end = ca->end_at};
    struct validity validity = policy_validity(profile, &rules, coverage.end, w->now);
    if (validity.end <= w->now)
        return fail(e, ERR_EXPIRED_BUY_NEW, "the coverage of %s has been used up", "%s 的服务时长已用完",
                    c->id);
    *j = (struct journal){.application_id = application->id,
                          .account_id = c->account_id,
                          .ca_id = ca->id,
                          .serial = cert_new_serial(w->arena),
                          .issued_at = validity.issued_at,
                          .not_before = validity.not_before,
                          .end_at = validity.end,
                          .coverage_end = coverage.end,
                          .carried_seconds = coverage.carried};
    return true;
}

static bool local_journal(struct work *w, const struct certificate *c, const struct application *application,
                          struct error *e) {
    struct journal j;
    struct ca ca;
    if (!journal_find(w->db, w->arena, application->id, &j, e))
        return false;
    if (journaled(&j, w->now))
        return true;
    if (!ca_newest(w->db, w->arena, c->account_id, CA_INTERMEDIATE, &ca, e))
        return false;
    if (!ca_can_sign(&ca, w->now))
        return true; /* a CA is not made in a transaction */
    return plan(w, c, application, &ca, &j, e) && journal_put(w->db, &j, e);
}

/* ---- ask ---- */

static bool sign(struct work *w, const struct application *application, const struct journal *j,
                 const struct ca *ca, struct issued *issued, struct error *e) {
    const struct issue_settings *settings = w->services->issue;
    struct cert_template t = {.path_len = -1,
                              .names = application->names,
                              .serial = j->serial,
                              .not_before = j->not_before,
                              .end = j->end_at,
                              .spki = application->spki,
                              .issuer_der = issued->chain->subject_der,
                              .issuer_key_id = issued->chain->subject_key_id,
                              .issuer_algorithm = issued->chain->algorithm,
                              .crl_url = ca_crl_url(settings, w->arena, ca->id),
                              .issuer_url = ca_certificate_url(settings, w->arena, ca->id)};
    struct slice tbs, der;
    return cert_build_tbs(w->arena, &t, &tbs, e) && cert_lint_tbs(w->arena, tbs, w->now, e) &&
           ca_sign(w->services, w->arena, ca, tbs, &der, e) && cert_parse(w->arena, der, &issued->leaf, e);
}

static bool local_ask(struct work *w, const struct certificate *c, const struct application *application,
                      struct issued *issued, struct error *e) {
    struct journal j;
    struct ca ca;
    if (!journal_find(w->db, w->arena, application->id, &j, e))
        return false;
    *issued = (struct issued){.unjournaled = !journaled(&j, w->now)};
    if (issued->unjournaled)
        return ca_ensure(w->services, w->arena, c->account_id, w->now, e);
    issued->ca_id = j.ca_id;
    issued->issued_at = j.issued_at;
    issued->coverage_end = j.coverage_end;
    issued->carried_seconds = j.carried_seconds;
    issued->not_before = j.not_before;
    issued->end = j.end_at;
    issued->chain_count = 1;
    return ca_get(w->db, w->arena, j.ca_id, &ca, e) &&
           ca_certificate(w->services, w->arena, c->account_id, ca.der, &issued->chain, e) &&
           sign(w, application, &j, &ca, issued, e);
}

const struct issuer_ops issuer_local = {.kind = "local", .journal = local_journal, .ask = local_ask};
