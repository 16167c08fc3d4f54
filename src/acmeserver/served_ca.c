/* The CA behind the server: its alternate root, its list of revoked certificates, and where both are read. */
#include "acmeserver/served.h"
#include "base/rand.h"
#include "issue/issue_db.h"
#include "pki/crl.h"
#include "signer/signer.h"

/* ---- the alternate chain ---- */

static bool sign_root(struct acmeserver *server, struct arena *a, const struct ca *below, struct ca *root,
                      struct error *e) {
    struct key_ref owner = {.id = root->id, .account_id = ACMESERVER_ACCOUNT, .purpose = PURPOSE_CA};
    struct key_made made;
    struct slice tbs;
    if (!signer_make(server->services->signer, a, KEY_P256, &owner, &made, e))
        return false;
    root->sealed = made.sealed;
    root->algorithm = key_algorithm_name(made.algorithm);
    struct cert_template t = {.ca = true,
                              .path_len = 1,
                              .common_name = "Tenure Alternate Root CA",
                              .serial = cert_new_serial(a),
                              .not_before = below->not_before,
                              .end = below->end_at,
                              .spki = made.spki,
                              .issuer_algorithm = made.algorithm};
    return cert_build_tbs(a, &t, &tbs, e) && ca_sign(server->services, a, root, tbs, &root->der, e);
}

/* The intermediate's name and key once more, under the other root. */
static bool cross_sign(struct acmeserver *server, struct arena *a, const struct ca *below,
                       const struct ca *root, struct slice *crossed, struct error *e) {
    struct cert issuer, subject;
    struct slice tbs;
    if (!cert_parse(a, root->der, &issuer, e) || !cert_parse(a, below->der, &subject, e))
        return false;
    if (strncmp(subject.subject, "CN=", 3) != 0)
        return fail(e, ERR_CORRUPT, "the CA %s has another name", "CA %s 的名称不符", below->id);
    struct cert_template t = {.ca = true,
                              .path_len = 0,
                              .common_name = subject.subject + 3,
                              .serial = cert_new_serial(a),
                              .not_before = below->not_before,
                              .end = below->end_at,
                              .spki = subject.spki,
                              .issuer_der = issuer.subject_der,
                              .issuer_key_id = issuer.subject_key_id,
                              .issuer_algorithm = issuer.algorithm};
    return cert_build_tbs(a, &t, &tbs, e) && ca_sign(server->services, a, root, tbs, crossed, e);
}

/* The key of the root is not kept: it has signed all that it will. */
bool alternate_ensure(struct acmeserver *server, struct arena *a, int64_t now, struct error *e) {
    struct db *db = server->services->db;
    struct served_alternate alternate;
    struct ca below, root = {.id = id_new(a, "acmeroot", now), .account_id = ACMESERVER_ACCOUNT};
    if (!ca_newest(db, a, ACMESERVER_ACCOUNT, CA_INTERMEDIATE, &below, e) ||
        !served_alternate_get(db, a, below.id, &alternate, e))
        return false;
    if (alternate.id)
        return true;
    alternate = (struct served_alternate){.id = root.id, .ca_id = below.id};
    if (!sign_root(server, a, &below, &root, e) ||
        !cross_sign(server, a, &below, &root, &alternate.crossed, e))
        return false;
    alternate.root = root.der;
    return served_alternate_insert(db, &alternate, e);
}

/* ---- the step `crl` ---- */

static const struct crl_entry *entries_of(struct arena *a, const struct served_certificate *list,
                                          size_t count) {
    struct crl_entry *entries = ARENA_ARRAY(a, count, struct crl_entry);
    for (size_t i = 0; i < count; i++)
        entries[i] = (struct crl_entry){
            .serial = list[i].serial, .revoked_at = list[i].revoked_at, .reason = (int)list[i].reason};
    return entries;
}

bool served_crl(struct work *w, struct error *e) {
    struct crl *crl = w->prepared = ARENA_NEW(w->arena, struct crl);
    struct served_certificate *list;
    size_t count;
    struct ca ca;
    return ca_get(w->db, w->arena, w->item->subject, &ca, e) && crl_find(w->db, w->arena, ca.id, crl, e) &&
           served_certificate_list_revoked(w->db, w->arena, ca.id, crl->this_update, &list, &count, e) &&
           crl_follow(w, &ca, entries_of(w->arena, list, count), count, crl, e);
}

bool served_crl_save(struct work *w, struct error *e) {
    const struct crl *crl = w->prepared;
    return crl_put(w->db, crl, e) && work_until(w, crl_due_at(crl));
}

/* ---- what anybody may read ---- */

static const char *id_of(struct served_request *rq, const char *ending) {
    size_t len = strlen(rq->args[0]), end = strlen(ending);
    bool fits = len > end && strcmp(rq->args[0] + len - end, ending) == 0;
    return arena_strndup(rq->arena, rq->args[0], fits ? len - end : 0);
}

bool crl_handle(struct served_request *rq, struct error *e) {
    struct crl crl;
    if (!crl_find(rq->db, rq->arena, id_of(rq, ".crl"), &crl, e))
        return false;
    rq->content_type = "application/pkix-crl";
    rq->raw = crl.der;
    return crl.ca_id || refuse(rq, REFUSAL_NOT_FOUND, e, "there is no such list", "没有该吊销列表");
}

bool ca_handle(struct served_request *rq, struct error *e) {
    struct ca ca;
    if (!ca_get(rq->db, rq->arena, id_of(rq, ".cer"), &ca, e))
        return false;
    rq->content_type = "application/pkix-cert";
    rq->raw = ca.der;
    return true;
}

/* The usual root, then the alternate one: what a client that rehearses is to trust. */
bool test_roots(struct served_request *rq, struct error *e) {
    struct served_alternate alternate;
    struct ca root, intermediate;
    if (!ca_newest(rq->db, rq->arena, ACMESERVER_ACCOUNT, CA_ROOT, &root, e) ||
        !ca_newest(rq->db, rq->arena, ACMESERVER_ACCOUNT, CA_INTERMEDIATE, &intermediate, e) ||
        !served_alternate_get(rq->db, rq->arena, intermediate.id, &alternate, e))
        return false;
    rq->content_type = "application/pem-certificate-chain";
    rq->raw = slice_str(arena_printf(rq->arena, "%s%s", cert_to_pem(rq->arena, root.der),
                                     cert_to_pem(rq->arena, alternate.root)));
    return true;
}
