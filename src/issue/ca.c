/*
 * The local CA: one root, and under it the intermediate that signs. Keys are made and used outside of
 * transactions; rows are stored in one, by whoever comes first.
 */
#include "issue/ca.h"
#include "audit/audit.h"
#include "base/rand.h"
#include "signer/signer.h"

enum {
    CA_BACKDATE = DAY, /* a version is backdated too, and must not begin before its CA */
    ROOT_SECONDS = 20 * 365 * DAY,
    INTERMEDIATE_SECONDS = 10 * 365 * DAY,
    /* What an intermediate must still be able to cover: the longest version of any profile, and a month to
       spare. */
    LONGEST_VERSION_SECONDS = (397 + 30) * DAY,
};

const char *ca_certificate_url(const struct issue_settings *settings, struct arena *a, const char *ca_id) {
    return arena_printf(a, "%s/ca/%s.cer", settings->public_url, ca_id);
}

const char *ca_crl_url(const struct issue_settings *settings, struct arena *a, const char *ca_id) {
    return arena_printf(a, "%s/crl/%s.crl", settings->public_url, ca_id);
}

static struct key_ref ca_key(const struct ca *ca) {
    return (struct key_ref){
        .id = ca->id, .account_id = ca->account_id, .purpose = PURPOSE_CA, .sealed = ca->sealed};
}

bool ca_keys_open(const struct services *services, struct arena *a, struct error *e) {
    struct ca *roots;
    size_t count;
    struct slice ignored;
    if (!ca_list_roots(services->db, a, NULL, &roots, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct key_ref key = ca_key(&roots[i]);
        if (!signer_rewrap(services->signer, a, &key, &ignored, e))
            return false;
    }
    return true;
}

bool ca_sign(const struct services *services, struct arena *a, const struct ca *ca, struct slice tbs,
             struct slice *der, struct error *e) {
    struct key_ref key = ca_key(ca);
    struct slice signature;
    return signer_sign(services->signer, a, &key, tbs, &signature, e) &&
           cert_assemble(a, tbs, key_algorithm_parse(ca->algorithm), signature, der, e);
}

/* ---- making ---- */

struct design {
    const char *account_id, *role, *common_name;
    int64_t now, seconds;
    int path_len;
    const struct ca *parent; /* NULL: signs itself */
};

bool ca_template(const struct services *services, struct arena *a, const struct ca *ca,
                 struct cert_template *t, struct error *e) {
    struct cert cert;
    if (!cert_parse(a, ca->der, &cert, e))
        return false;
    t->issuer_der = cert.subject_der;
    t->issuer_key_id = cert.subject_key_id;
    t->issuer_algorithm = cert.algorithm;
    t->issuer_url = ca_certificate_url(services->issue, a, ca->id);
    t->crl_url = ca_crl_url(services->issue, a, ca->id);
    return true;
}

static bool sign_design(const struct services *services, struct arena *a, const struct design *design,
                        const struct key_made *made, struct ca *ca, struct error *e) {
    struct cert_template t = {.ca = true,
                              .path_len = design->path_len,
                              .common_name = design->common_name,
                              .serial = cert_new_serial(a),
                              .not_before = ca->not_before,
                              .end = ca->end_at,
                              .spki = made->spki,
                              .issuer_algorithm = made->algorithm};
    struct slice tbs;
    if (design->parent && !ca_template(services, a, design->parent, &t, e))
        return false;
    return cert_build_tbs(a, &t, &tbs, e) &&
           ca_sign(services, a, design->parent ? design->parent : ca, tbs, &ca->der, e);
}

static bool make(const struct services *services, struct arena *a, const struct design *design, struct ca *ca,
                 struct error *e) {
    *ca = (struct ca){.id = id_new(a, "ca", design->now),
                      .account_id = design->account_id,
                      .role = design->role,
                      .parent_id = design->parent ? design->parent->id : NULL,
                      .not_before = design->now - CA_BACKDATE,
                      .end_at = design->now + design->seconds,
                      .created_at = design->now};
    struct key_ref owner = {.id = ca->id, .account_id = design->account_id, .purpose = PURPOSE_CA};
    struct key_made made;
    if (!signer_make(services->signer, a, services->issue->ca_algorithm, &owner, &made, e))
        return false;
    ca->algorithm = key_algorithm_name(made.algorithm);
    ca->sealed = made.sealed;
    return sign_design(services, a, design, &made, ca, e);
}

static bool make_root(const struct services *services, struct arena *a, const char *account_id, int64_t now,
                      struct ca *root, struct error *e) {
    struct design design = {.account_id = account_id,
                            .now = now,
                            .role = CA_ROOT,
                            .common_name = arena_printf(a, "Tenure Root CA %.4s", time_format_date(a, now)),
                            .seconds = ROOT_SECONDS,
                            .path_len = 1};
    return make(services, a, &design, root, e);
}

static bool make_intermediate(const struct services *services, struct arena *a, const struct ca *root,
                              int64_t now, struct ca *intermediate, struct error *e) {
    int64_t others;
    if (!ca_count(services->db, root->account_id, CA_INTERMEDIATE, &others, e))
        return false;
    struct design design = {.account_id = root->account_id,
                            .now = now,
                            .role = CA_INTERMEDIATE,
                            .common_name =
                                arena_printf(a, "Tenure Intermediate CA %lld", (long long)others + 1),
                            .seconds = INTERMEDIATE_SECONDS,
                            .parent = root};
    return make(services, a, &design, intermediate, e);
}

/* ---- storing ---- */

static bool store(const struct services *services, struct arena *a, const struct ca *ca, struct error *e) {
    struct audit_entry entry = audit_by_system(ca->account_id, ca->created_at, "ca.create", ca->id);
    return ca_insert(services->db, ca, e) &&
           work_enqueue(services->db, ca->account_id, ca->id, "crl", ca->created_at, e) &&
           audit_write(services->db, a, &entry, e);
}

/* Unless another process was faster: `seen` is what was the newest before. Then ours, keys and all, is
 * forgotten. */
static bool store_first(const struct services *services, struct arena *a, const struct ca *seen,
                        const struct ca *new_root, const struct ca *intermediate, struct error *e) {
    struct ca newest;
    if (!ca_newest(services->db, a, intermediate->account_id, CA_INTERMEDIATE, &newest, e))
        return false;
    bool ours = seen->id ? newest.id && strcmp(newest.id, seen->id) == 0 : !newest.id;
    return !ours || ((!new_root || store(services, a, new_root, e)) && store(services, a, intermediate, e));
}

static bool usable(const struct ca *ca, int64_t until) {
    return ca->id && ca->end_at >= until;
}

bool ca_can_sign(const struct ca *intermediate, int64_t now) {
    return usable(intermediate, now + LONGEST_VERSION_SECONDS);
}

bool ca_ensure(const struct services *services, struct arena *a, const char *account_id, int64_t now,
               struct error *e) {
    struct ca seen, root, intermediate;
    if (!ca_newest(services->db, a, account_id, CA_INTERMEDIATE, &seen, e))
        return false;
    if (ca_can_sign(&seen, now))
        return true;
    if (!ca_newest(services->db, a, account_id, CA_ROOT, &root, e))
        return false;
    bool new_root = !usable(&root, now + INTERMEDIATE_SECONDS);
    if (new_root && !make_root(services, a, account_id, now, &root, e))
        return false;
    return make_intermediate(services, a, &root, now, &intermediate, e) && db_begin(services->db, e) &&
           db_end(services->db, store_first(services, a, &seen, new_root ? &root : NULL, &intermediate, e),
                  e);
}

/* ---- which certificates lead to a root ---- */

bool ca_roots(struct db *db, struct arena *a, const char *account_id, struct cert **roots, size_t *count,
              struct error *e) {
    struct ca *rows;
    if (!ca_list_roots(db, a, account_id, &rows, count, e))
        return false;
    *roots = ARENA_ARRAY(a, *count, struct cert);
    for (size_t i = 0; i < *count; i++)
        if (!cert_parse(a, rows[i].der, &(*roots)[i], e))
            return false;
    return true;
}

/*
 * CA certificates that were parsed and found under a root, for the life of the process. They are found by
 * account and by their DER, so that what one database holds is never taken for another's. When there is no
 * room nothing more is kept: slower, but never wrong, and what was handed out stays valid.
 */
enum { KNOWN_MAX = 64 };

static struct {
    struct arena *arena;
    size_t count;
    struct {
        const char *account_id;
        struct cert cert;
    } entries[KNOWN_MAX];
} known;

static const struct cert *known_find(const char *account_id, struct slice der) {
    for (size_t i = 0; i < known.count; i++)
        if (slice_equal(known.entries[i].cert.der, der) &&
            strcmp(known.entries[i].account_id, account_id) == 0)
            return &known.entries[i].cert;
    return NULL;
}

static void known_add(const char *account_id, struct slice der) {
    struct error ignored;
    struct cert cert;
    if (known.count == KNOWN_MAX)
        return;
    if (!known.arena)
        known.arena = arena_new();
    if (!cert_parse(known.arena, arena_slice(known.arena, der), &cert, &ignored))
        return;
    known.entries[known.count].account_id = arena_strdup(known.arena, account_id);
    known.entries[known.count++].cert = cert;
}

bool ca_signed(const struct services *services, const struct cert *cert, const struct cert *issuer) {
    struct error ignored;
    return slice_equal(cert->issuer_der, issuer->subject_der) &&
           signer_verify(services->signer, issuer->spki, cert->tbs, cert->signature, &ignored);
}

bool ca_root_above(const struct services *services, struct arena *a, const char *account_id,
                   const struct cert *top, const char **pem, struct error *e) {
    struct cert *roots;
    size_t count;
    *pem = NULL;
    if (!ca_roots(services->db, a, account_id, &roots, &count, e))
        return false;
    for (size_t i = 0; i < count && !*pem; i++)
        if (ca_signed(services, top, &roots[i]))
            *pem = cert_to_pem(a, roots[i].der);
    return true;
}

static bool under_a_root(const struct services *services, struct arena *a, const char *account_id,
                         const struct cert *cert, struct error *e) {
    const char *root;
    if (!ca_root_above(services, a, account_id, cert, &root, e))
        return false;
    return root || fail(e, ERR_ISSUER_ANSWER, "the chain ends at '%s', which no known root has signed",
                        "证书链止于“%s”,它不是由已知的根证书签发的", cert->subject);
}

bool ca_certificate(const struct services *services, struct arena *a, const char *account_id,
                    struct slice der, const struct cert **cert, struct error *e) {
    if ((*cert = known_find(account_id, der)))
        return true;
    struct cert *parsed = ARENA_NEW(a, struct cert);
    if (!cert_parse(a, der, parsed, e) || !under_a_root(services, a, account_id, parsed, e))
        return false;
    known_add(account_id, der);
    *cert = parsed;
    return true;
}
