/*
 * Issuing: from an open application to a stored version. What an issuer returns is checked before it counts
 * (SPEC section 15); the issuers themselves are plug-ins.
 */
#include "issue/issue.h"
#include "audit/audit.h"
#include "base/rand.h"
#include "certificate/compromised_key.h"
#include "issue/ca.h"
#include "issue/issue_db.h"
#include "pki/digest.h"
#include "renew/renew.h"

/* A new issuer: one file issuer_kind.c, its line here, and in meson.build. */
extern const struct issuer_ops issuer_local;
static const struct issuer_ops *const issuers[] = {&issuer_local};

const struct issuer_ops *issuer_find(const char *name) {
    for (size_t i = 0; i < sizeof issuers / sizeof *issuers; i++)
        if (strcmp(issuers[i]->name, name) == 0)
            return issuers[i];
    return NULL;
}

static bool issuer_of(const struct application *application, const struct issuer_ops **issuer,
                      struct error *e) {
    *issuer = issuer_find(application->issuer);
    return *issuer || fail(e, ERR_INTERNAL, "application %s names the unknown issuer '%s'",
                           "申请 %s 的签发机构“%s”未知", application->id, application->issuer);
}

/* ---- what came back ---- */

static bool check_key(const struct application *application, const struct cert *leaf, struct error *e) {
    return slice_equal(leaf->spki, application->spki) ||
           fail(e, ERR_ISSUER_ANSWER, "the certificate for application %s has another key",
                "为申请 %s 签发的证书使用了其他密钥", application->id);
}

static bool check_names(const struct application *application, const struct cert *leaf, struct error *e) {
    return names_same(leaf->names, application->names) ||
           fail(e, ERR_ISSUER_ANSWER, "the certificate for application %s is for %s, not for %s",
                "为申请 %s 签发的证书包含 %s,而不是 %s", application->id, leaf->names, application->names);
}

static bool check_lifetime(struct arena *a, const struct issued *issued, struct error *e) {
    const struct cert *leaf = &issued->leaf;
    if (!issued->end || (leaf->not_before == issued->not_before && leaf->end == issued->end))
        return true;
    return fail(e, ERR_ISSUER_ANSWER, "the certificate is valid from %s to %s, not as asked for",
                "证书有效期为 %s 至 %s,与申请不符", time_format(a, leaf->not_before),
                time_format(a, leaf->end));
}

/* The end of the version that this one takes the place of; 0 if there is none to compare with. */
static bool replaced_end(struct work *w, const struct certificate *c, int64_t *end, struct error *e) {
    struct certificate predecessor;
    *end = c->version_end;
    if (c->version_count || !c->predecessor_id)
        return true;
    if (!certificate_get_any(w->db, w->arena, c->predecessor_id, &predecessor, e))
        return false;
    *end = predecessor.revoke_asked_at ? 0 : predecessor.version_end;
    return true;
}

/* Within a coverage, the last versions end together with it; and a cap may have become shorter since the old
 * one. */
static bool may_end_early(const struct certificate *c, const struct profile *profile,
                          const struct issued *issued) {
    int64_t cap_days = policy_cap_days(profile, issued->issued_at);
    const struct cert *leaf = &issued->leaf;
    return c->version_count &&
           (leaf->end == c->coverage_end || leaf->end - leaf->not_before >= cap_days * DAY);
}

static bool check_later(struct work *w, const struct certificate *c, const struct issued *issued,
                        struct error *e) {
    const struct profile *profile;
    int64_t old_end;
    if (!certificate_profile(w->services->policies, c, &profile, e) || !replaced_end(w, c, &old_end, e))
        return false;
    return issued->leaf.end > old_end || may_end_early(c, profile, issued) ||
           fail(e, ERR_ISSUER_ANSWER, "the certificate ends at %s, no later than the old one",
                "证书到期时间 %s 不晚于原证书", time_format(w->arena, issued->leaf.end));
}

/* Each is signed by the next, the last one by a root that we know. */
static bool check_chain(struct work *w, const struct certificate *c, const struct issued *issued,
                        struct error *e) {
    const struct cert *below = &issued->leaf, *top;
    if (!issued->chain_count)
        return fail(e, ERR_ISSUER_ANSWER, "the certificate came without its chain", "证书缺少证书链");
    for (size_t i = 0; i < issued->chain_count; below = &issued->chain[i++])
        if (!ca_signed(w->services, below, &issued->chain[i]))
            return fail(e, ERR_ISSUER_ANSWER, "'%s' is not signed by '%s'", "“%s”不是由“%s”签发的",
                        below->subject, issued->chain[i].subject);
    return ca_certificate(w->services, w->arena, c->account_id, below->der, &top, e);
}

bool issue_check(struct work *w, const struct certificate *c, const struct application *application,
                 const struct issued *issued, struct error *e) {
    return check_key(application, &issued->leaf, e) && check_names(application, &issued->leaf, e) &&
           check_lifetime(w->arena, issued, e) && check_later(w, c, issued, e) &&
           check_chain(w, c, issued, e);
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
        return issuer_of(&s->application, &s->issuer, e);
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
    struct issued issued;
};

bool issue_journal(struct work *w, struct error *e) {
    struct subject s;
    return subject_read(w, &s, e) && (!s.application.id || s.issuer->journal(w, &s.c, &s.application, e));
}

bool issue_ask(struct work *w, struct error *e) {
    struct asked *asked = w->prepared = ARENA_NEW(w->arena, struct asked);
    struct subject s;
    if (!subject_read(w, &s, e))
        return false;
    if (!(asked->application_id = s.application.id))
        return true;
    return check_not_compromised(w, &s.application, e) &&
           s.issuer->ask(w, &s.c, &s.application, &asked->issued, e) &&
           (asked->issued.unjournaled || issue_check(w, &s.c, &s.application, &asked->issued, e));
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
    return version_add(w->db, w->arena, s->profile, &s->c, &fresh, w->now, &version, e) &&
           (application_fits(&s->application, &before) || restore_changes(w, s, &before, e)) &&
           application_close(w->db, s->application.id, w->now, version.id, NULL, e) &&
           audit_issued(w, &version, e) && tell_issued(w, &s->c, e) &&
           issue_wake_successor(w->db, &s->c, w->now, e) && work_goes(w, OUTCOME_NEXT);
}

bool issue_record(struct work *w, struct error *e) {
    const struct asked *asked = w->prepared;
    struct subject s;
    if (!subject_read(w, &s, e))
        return false;
    bool same =
        asked->application_id && s.application.id && strcmp(asked->application_id, s.application.id) == 0;
    /* money and quota of what was cancelled are given back: whatever was signed for it never leaves here */
    if (!same)
        return work_enqueue(w->db, w->item->account_id, w->item->subject,
                            s.c.cancelled_at ? "apply" : "decide", w->now, e) &&
               work_goes(w, OUTCOME_DONE);
    if (asked->issued.unjournaled)
        return s.issuer->journal(w, &s.c, &s.application, e) && work_again(w, w->now);
    return store_version(w, &s, &asked->issued, e);
}
