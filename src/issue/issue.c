/*
 * Issuing: from an open application to a stored version. What an issuer returns is checked before it counts
 * (SPEC section 15); the issuers themselves are plug-ins.
 */
#include "issue/issue.h"
#include "audit/audit.h"
#include "base/rand.h"
#include "catalog/issuer.h"
#include "certificate/compromised_key.h"
#include "issue/acme_net.h"
#include "issue/acme_order.h"
#include "issue/ari.h"
#include "issue/failover.h"
#include "pki/digest.h"
#include "renew/expiry.h"
#include "renew/renew.h"

/* A new kind of issuer: one file issuer_kind.c, its line here, and in meson.build. */
extern const struct issuer_ops issuer_local, issuer_acme;
static const struct issuer_ops *const kinds[] = {&issuer_local, &issuer_acme};

const struct issuer_ops *issuer_find(const char *kind) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i]->kind, kind) == 0)
            return kinds[i];
    return NULL;
}

static bool issuer_of(struct work *w, const struct application *application, const struct issuer_ops **ops,
                      struct error *e) {
    struct issuer issuer = {.kind = ISSUER_LOCAL};
    if (strcmp(application->issuer, ISSUER_LOCAL) != 0 &&
        !issuer_get(w->db, w->arena, application->issuer, &issuer, e))
        return false;
    *ops = issuer_find(issuer.kind);
    return *ops ||
           fail(e, ERR_INTERNAL, "application %s names issuer '%s' of the unknown kind '%s'",
                "申请 %s 的签发机构“%s”类型“%s”未知", application->id, application->issuer, issuer.kind);
}

/* ---- the steps ---- */

/* A certificate with its open application and that one's issuer. */
struct subject {
    struct certificate c;
    /* id NULL: closed meanwhile, or the certificate was deleted, or cancelled, which ends it soon */
    struct application application;
    const struct issuer_ops *issuer;
    const struct profile *profile;
};

static bool subject_read(struct work *w, struct subject *s, struct error *e) {
    *s = (struct subject){.issuer = NULL};
    if (!apply_subject(w, &s->c, e))
        return false;
    if (!s->c.id || s->c.cancelled_at)
        return true;
    if (!certificate_profile(w->services->policies, &s->c, &s->profile, e))
        return false;
    if (application_open(w->db, w->arena, s->c.id, &s->application, e))
        return issuer_of(w, &s->application, &s->issuer, e);
    if (!error_absent(e))
        return false;
    s->application.id = NULL;
    return true;
}

/* Whatever way it came: a key that was reported compromised here is refused (SPEC section 8). */
static bool check_not_compromised(struct work *w, const struct application *application, struct error *e) {
    char digest[SHA256_HEX_SIZE];
    digest_sha256_hex(application->spki, digest);
    return compromised_key_refuse(w->db, application->account_id, digest, ERR_WEAK_KEY, e);
}

struct asked {
    const char *application_id;
    bool elsewhere; /* it is the other step's: this one asked for nothing */
    struct issued issued;
};

/* As far as it is the application's, whose issuer may be another one from now on. */
static bool journal(struct work *w, struct subject *s, struct error *e) {
    return failover_choose(w, &s->c, &s->application, e) && issuer_of(w, &s->application, &s->issuer, e) &&
           s->issuer->journal(w, &s->c, &s->application, e);
}

bool issue_journal(struct work *w, struct error *e) {
    struct subject s;
    return subject_read(w, &s, e) && (!s.application.id || journal(w, &s, e));
}

static bool nothing_to_check(const struct issued *issued) {
    return issued->unjournaled || issued->waits;
}

/* What was reissued with other facts meanwhile is not asked for any more, at the cost of others. */
static bool is_wanted(const struct subject *s) {
    return s->application.id && (!s->issuer->slow || application_fits(&s->application, &s->c));
}

static bool ask(struct work *w, bool slow, struct asked *asked, struct error *e) {
    struct subject s;
    if (!subject_read(w, &s, e))
        return false;
    if (!is_wanted(&s))
        return true;
    asked->application_id = s.application.id;
    asked->elsewhere = s.issuer->slow != slow;
    return asked->elsewhere ||
           (check_not_compromised(w, &s.application, e) &&
            s.issuer->ask(w, &s.c, &s.application, &asked->issued, e) &&
            (nothing_to_check(&asked->issued) || issue_check(w, &s.c, &s.application, &asked->issued, e)));
}

const char *issue_party(struct work *w) {
    struct application application;
    struct error ignored;
    return application_open(w->db, w->arena, w->item->subject, &application, &ignored)
               ? issuer_party(w->arena, application.issuer)
               : NULL;
}

bool issue_ask(struct work *w, struct error *e) {
    struct asked *asked = w->prepared = ARENA_NEW(w->arena, struct asked);
    return ask(w, false, asked, e);
}

/* What is known is read as one; the first request to the CA ends that. */
bool issue_request(struct work *w, struct error *e) {
    struct asked *asked = w->prepared = ARENA_NEW(w->arena, struct asked);
    struct error ignored;
    db_read_begin(w->db, &ignored);
    bool good = ask(w, true, asked, e);
    db_read_end(w->db);
    return good;
}

/*
 * When the next version is due, with its jitter: 0 if the coverage is used up. At once if the certificate was
 * changed while this version was under way.
 */
static int64_t next_issue_at(struct work *w, const struct subject *s, const struct cert *leaf) {
    struct term_state term = {.order_kind = order_kind_parse(s->c.order_kind),
                              .not_before = leaf->not_before,
                              .end = leaf->end,
                              .coverage_end = s->c.coverage_end};
    if (!application_fits(&s->application, &s->c))
        return w->now;
    struct next_issue next = policy_next_issue(s->profile, &term);
    if (!s->c.auto_versions || next.kind != NEXT_VERSION)
        return 0;
    return next.at -
           renew_jitter(policy_lead(s->profile, leaf->end - leaf->not_before), rand_below(UINT64_MAX));
}

static bool audit_issued(struct work *w, const struct version *version, struct error *e) {
    struct audit_entry entry =
        audit_by_system(version->account_id, w->now, "certificate.issued", version->certificate_id);
    entry.after =
        arena_printf(w->arena, "{\"version_id\":\"%s\",\"serial\":\"%s\"}", version->id, version->serial);
    return audit_write(w->db, w->arena, &entry, e);
}

static bool tell_issued(struct work *w, const struct certificate *c, struct error *e) {
    json_t *params =
        json_pack("{s:s,s:s}", "serial", c->serial, "end", time_format(w->arena, c->version_end));
    return certificate_tell(
        w->db, w->arena, c,
        &(struct notify_event){.event = "issued", .params = json_keep(w->arena, params), .now = w->now}, e);
}

/* version_add has made the version's facts those of the certificate; a reissue has asked for others
 * meanwhile. */
static bool restore_changes(struct work *w, struct subject *s, const struct certificate *changed,
                            struct error *e) {
    s->c.key_algorithm = changed->key_algorithm;
    return certificate_set_names(w->db, w->arena, &s->c, changed->names, e) &&
           certificate_store(w->db, w->arena, s->profile, &s->c, e);
}

static bool store_version(struct work *w, struct subject *s, const struct issued *issued, struct error *e) {
    const struct certificate before = s->c;
    struct version version;
    if (!s->c.version_count) {
        s->c.covered_from = issued->issued_at;
        s->c.coverage_end = issued->coverage_end;
        s->c.carried_seconds = issued->carried_seconds;
    }
    struct new_version fresh = {.leaf = &issued->leaf,
                                .chain = issued->chain,
                                .chain_count = issued->chain_count,
                                .key_id = s->application.key_id,
                                .ca_id = issued->ca_id,
                                .next_issue_at = next_issue_at(w, s, &issued->leaf)};
    const struct ari_stored stored = {.before = &before,
                                      .now = &s->c,
                                      .profile = s->profile,
                                      .leaf = &issued->leaf,
                                      .issuer = s->application.issuer};
    return version_add(w->db, w->arena, s->profile, &s->c, &fresh, w->now, &version, e) &&
           (application_fits(&s->application, &before) || restore_changes(w, s, &before, e)) &&
           application_close(w->db, s->application.id, w->now, version.id, NULL, e) &&
           audit_issued(w, &version, e) && tell_issued(w, &s->c, e) &&
           (!issued->foreign || ari_begin(w, &stored, e)) && issue_wake_successor(w->db, &s->c, w->now, e) &&
           work_goes(w, OUTCOME_NEXT);
}

/* What is told of a coming end, and when next, does not wait for an issuer that lets us wait. */
static bool wait_for_issuer(struct work *w, const struct subject *s, int64_t until, struct error *e) {
    int64_t threshold_at;
    if (!expiry_tell(w, &s->c, s->profile, &threshold_at, e))
        return false;
    return work_again(w, threshold_at && threshold_at < until ? threshold_at : until);
}

/* Money and quota of what was cancelled are given back: whatever was signed for it never leaves here. */
static bool give_up(struct work *w, const struct subject *s, struct error *e) {
    return acme_order_drop(w, w->item->subject, s->application.id, e) &&
           work_enqueue(w->db, w->item->account_id, w->item->subject, s->c.cancelled_at ? "apply" : "decide",
                        w->now, e) &&
           work_goes(w, OUTCOME_DONE);
}

static bool is_same(const struct asked *asked, const struct subject *s) {
    return asked->application_id && is_wanted(s) && strcmp(asked->application_id, s->application.id) == 0;
}

static bool record(struct work *w, bool slow, struct error *e) {
    struct asked *asked = w->prepared;
    struct issued *issued = &asked->issued;
    struct subject s;
    if (!subject_read(w, &s, e))
        return false;
    if (!is_same(asked, &s))
        return give_up(w, &s, e);
    if (asked->elsewhere || s.issuer->slow != slow)
        return work_goes(w, OUTCOME_OTHERWISE);
    if (issued->unjournaled)
        return journal(w, &s, e) && (w->outcome != OUTCOME_NEXT || work_again(w, w->now));
    if (s.issuer->save && !s.issuer->save(w, &s.c, &s.application, issued, e))
        return false;
    return issued->waits ? wait_for_issuer(w, &s, issued->until, e) : store_version(w, &s, issued, e);
}

bool issue_record(struct work *w, struct error *e) {
    return record(w, false, e);
}

bool issue_requested(struct work *w, struct error *e) {
    return record(w, true, e);
}

bool issue_request_failed(struct work *w, const struct error *cause, struct error *e) {
    struct asked *asked = w->prepared;
    struct subject s;
    enum error_id reason = apply_rejection(cause->id);
    if (!subject_read(w, &s, e))
        return false;
    if (asked && is_same(asked, &s) && s.issuer->failed &&
        !s.issuer->failed(w, &s.application, &asked->issued, cause, &reason, e))
        return false;
    return apply_failed_for(w, reason, cause, e);
}
