/*
 * What an issuer returns is checked before it counts (SPEC section 15). An issuer of this machine is told
 * every second of a lifetime; a CA fixes it by itself and is taken at its word.
 */
#include "issue/ca.h"

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

static bool check_lifetime(struct work *w, const struct issued *issued, struct error *e) {
    const struct cert *leaf = &issued->leaf;
    if (leaf->end <= w->now || leaf->is_ca)
        return fail(e, ERR_ISSUER_ANSWER, "what came back is over since %s, or is a CA's",
                    "返回的证书已于 %s 到期,或是 CA 证书", time_format(w->arena, leaf->end));
    if (!issued->end || (leaf->not_before == issued->not_before && leaf->end == issued->end))
        return true;
    return fail(e, ERR_ISSUER_ANSWER, "the certificate is valid from %s to %s, not as asked for",
                "证书有效期为 %s 至 %s,与申请不符", time_format(w->arena, leaf->not_before),
                time_format(w->arena, leaf->end));
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
    /* what a CA signs twice in a second ends at the same moment */
    bool same_moment = issued->foreign && issued->leaf.end == old_end;
    return issued->leaf.end > old_end || same_moment || may_end_early(c, profile, issued) ||
           fail(e, ERR_ISSUER_ANSWER, "the certificate ends at %s, no later than the old one",
                "证书到期时间 %s 不晚于原证书", time_format(w->arena, issued->leaf.end));
}

/* ---- the chain ---- */

/* One of the roots, or signed by one of them. */
static bool is_under(const struct cert *top, const struct cert *roots, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (slice_equal(top->der, roots[i].der) || cert_issued_by(top, &roots[i]))
            return true;
    return false;
}

enum { ROOTS_MAX = 32 };

static bool check_top_of_foreign(struct arena *a, const struct issued *issued, const struct cert *top,
                                 struct error *e) {
    struct cert *roots;
    size_t count;
    if (!issued->chain_roots)
        return true;
    return cert_list_from_pem(a, slice_str(issued->chain_roots), ROOTS_MAX, &roots, &count, e) &&
           (is_under(top, roots, count) ||
            fail(e, ERR_ISSUER_ANSWER,
                 "the chain ends at '%s', under none of the roots that are set for the issuer",
                 "证书链止于“%s”,不在为该签发机构设置的根证书之下", top->subject));
}

/* The signatures of others are of any algorithm, and no business of the simulation's signer. */
static bool signed_by(const struct services *services, const struct cert *cert, const struct cert *issuer) {
    return services ? ca_signed(services, cert, issuer) : cert_issued_by(cert, issuer);
}

/* Each is signed by the next; `services` NULL: by a CA that is not ours. */
static bool check_links(const struct services *services, const struct issued *issued, const struct cert **top,
                        struct error *e) {
    const struct cert *below = &issued->leaf;
    if (!issued->chain_count && !issued->chain_roots && !issued->rooted)
        return fail(
            e, ERR_ISSUER_ANSWER,
            "the certificate came without its chain; if the CA signs with its root, set that root for the "
            "issuer (chain_roots)",
            "证书缺少证书链;若该 CA 直接用根证书签发,请为签发机构设置其根证书(chain_roots)");
    for (size_t i = 0; i < issued->chain_count; below = &issued->chain[i++])
        if (!signed_by(services, below, &issued->chain[i]))
            return fail(e, ERR_ISSUER_ANSWER, "'%s' is not signed by '%s'", "“%s”不是由“%s”签发的",
                        below->subject, issued->chain[i].subject);
    *top = below;
    return true;
}

bool issue_check_foreign_chain(struct arena *a, const struct issued *issued, struct error *e) {
    const struct cert *top;
    return check_links(NULL, issued, &top, e) && check_top_of_foreign(a, issued, top, e);
}

/* The last one is signed by a root that we know. */
static bool check_chain(struct work *w, const struct certificate *c, const struct issued *issued,
                        struct error *e) {
    const struct cert *top, *ours;
    if (issued->foreign)
        return issue_check_foreign_chain(w->arena, issued, e);
    return check_links(w->services, issued, &top, e) &&
           ca_certificate(w->services, w->arena, c->account_id, top->der, &ours, e);
}

bool issue_check(struct work *w, const struct certificate *c, const struct application *application,
                 const struct issued *issued, struct error *e) {
    return check_key(application, &issued->leaf, e) && check_names(application, &issued->leaf, e) &&
           check_lifetime(w, issued, e) && check_later(w, c, issued, e) && check_chain(w, c, issued, e);
}

const struct cert *issue_chain_ends_early(const struct cert *leaf, const struct cert *chain, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (chain[i].end < leaf->end)
            return &chain[i];
    return NULL;
}
