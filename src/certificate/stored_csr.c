/* Requests of the CSR manager: made with a key of ours, or brought. */
#include "certificate/stored_csr.h"
#include "base/rand.h"
#include "certificate/compromised_key.h"
#include "pki/csr.h"
#include "pki/digest.h"
#include "pki/x509_text.h"
#include "signer/signer.h"
#include <stdio.h>

enum { NAMES_MAX = 100, COMMON_NAME_MAX = 64, NAME_BYTES_MAX = 256 };

static const char *digest_of(struct arena *a, struct slice spki) {
    char *digest = arena_alloc(a, SHA256_HEX_SIZE);
    digest_sha256_hex(spki, digest);
    return digest;
}

static bool check_name(const char *name, struct error *e) {
    return (*name && strlen(name) <= NAME_BYTES_MAX) ||
           fail_field(e, "name", ERR_BAD_FIELD, "a name has 1 to %d bytes", "名称须为 1 至 %d 字节",
                      NAME_BYTES_MAX);
}

/* What people call it: the main name unless they say otherwise. */
static bool fill_name(struct arena *a, const char *wanted, struct stored_csr *csr, struct error *e) {
    const char *main_name = names_at(a, csr->names, 0);
    csr->name = *main_name ? main_name : csr->id;
    if (!wanted)
        return true;
    csr->name = wanted;
    return check_name(wanted, e);
}

bool stored_csr_set_name(struct db *db, struct stored_csr *csr, const char *name, struct error *e) {
    csr->name = name ? name : "";
    return check_name(csr->name, e) && stored_csr_rename(db, csr->id, name, e);
}

static struct stored_csr new_csr(struct arena *a, const char *account_id, int64_t now) {
    return (struct stored_csr){.id = id_new(a, "csr", now), .account_id = account_id, .created_at = now};
}

/* ---- making a key, and a request with it ---- */

static bool make_key(const struct services *services, struct arena *a, const struct stored_csr *csr,
                     int64_t now, struct held_key *key, struct error *e) {
    enum key_algorithm algorithm = key_algorithm_parse(csr->key_algorithm);
    struct key_ref owner = {
        .id = id_new(a, "key", now), .account_id = csr->account_id, .purpose = PURPOSE_LEAF};
    struct key_made made;
    if (!signer_make(services->signer, a, algorithm, &owner, &made, e))
        return false;
    *key = (struct held_key){.id = owner.id,
                             .account_id = csr->account_id,
                             .algorithm = csr->key_algorithm,
                             .spki = made.spki,
                             .sealed = made.sealed,
                             .spki_sha256 = digest_of(a, made.spki),
                             .created_at = now,
                             .taken_at = now};
    return true;
}

static bool sign(const struct services *services, struct arena *a, const struct held_key *key,
                 struct stored_csr *csr, struct error *e) {
    struct key_ref ref = {key->id, key->account_id, PURPOSE_LEAF, key->sealed};
    struct slice tbs, signature, der;
    if (!csr_build_tbs_for(a, csr->subject_der, csr->names, key->spki, &tbs, e) ||
        !signer_sign(services->signer, a, &ref, tbs, &signature, e) ||
        !cert_assemble(a, tbs, key_algorithm_parse(csr->key_algorithm), signature, &der, e))
        return false;
    csr->pem = csr_to_pem(a, der);
    csr->spki_sha256 = key->spki_sha256;
    csr->key_id = key->id;
    return true;
}

bool stored_csr_sign(const struct services *services, struct arena *a, int64_t now, struct csr_intake *intake,
                     struct error *e) {
    intake->key = ARENA_NEW(a, struct held_key);
    return make_key(services, a, &intake->csr, now, intake->key, e) &&
           sign(services, a, intake->key, &intake->csr, e);
}

/* ---- a new one ---- */

static bool fill_names(struct arena *a, const char *typed, struct stored_csr *csr, struct error *e) {
    size_t count = typed ? names_count(typed) : 0;
    const char **words = ARENA_ARRAY(a, count + 1, const char *);
    for (size_t i = 0; i < count; i++)
        words[i] = names_at(a, typed, i);
    if (count == 0)
        return fail_field(e, "names", ERR_BAD_FIELD, "a request names at least one host",
                          "CSR 至少包含一个域名");
    return names_normalise(a, words, count, NAMES_MAX, false, &csr->names, e);
}

/* Consoles and CAs that go by the common name find the main name there, if it is short enough for one. */
static bool fill_subject(struct arena *a, const struct csr_subject *wanted, struct stored_csr *csr,
                         struct error *e) {
    struct csr_subject subject = *wanted;
    const char *main_name = names_at(a, csr->names, 0);
    subject.common_name = strlen(main_name) <= COMMON_NAME_MAX ? main_name : NULL;
    return csr_subject_der(a, &subject, &csr->subject_der, e) &&
           (x509_text_name(a, csr->subject_der, &csr->subject) ||
            fail(e, ERR_INTERNAL, "the subject cannot be read back", "无法读取生成的主题"));
}

static bool fill_algorithm(const char *wanted, struct stored_csr *csr, struct error *e) {
    enum key_algorithm algorithm = wanted ? key_algorithm_parse(wanted) : KEY_P256;
    csr->key_algorithm = key_algorithm_name(algorithm);
    return (algorithm != KEY_UNKNOWN && algorithm != KEY_RSA_OTHER) ||
           fail_field(e, "key_algorithm", ERR_BAD_FIELD, "there is no key algorithm '%s'", "没有密钥算法“%s”",
                      wanted);
}

bool stored_csr_make(const struct services *services, struct arena *a, const struct csr_wish *wish,
                     int64_t now, struct csr_intake *intake, struct error *e) {
    struct stored_csr *csr = &intake->csr;
    *intake = (struct csr_intake){.csr = new_csr(a, wish->account_id, now)};
    if (!fill_names(a, wish->names, csr, e) || !fill_name(a, wish->name, csr, e) ||
        !fill_subject(a, &wish->subject, csr, e) || !fill_algorithm(wish->key_algorithm, csr, e))
        return false;
    if (key_is_rsa(key_algorithm_parse(csr->key_algorithm)))
        return true;
    return stored_csr_sign(services, a, now, intake, e);
}

/* ---- one that was brought ---- */

static bool seal_key(const struct services *services, struct arena *a, const struct secret *pkcs8,
                     int64_t now, struct csr_intake *intake, struct error *e) {
    struct stored_csr *csr = &intake->csr;
    struct key_ref owner = {
        .id = id_new(a, "key", now), .account_id = csr->account_id, .purpose = PURPOSE_LEAF};
    struct key_made made;
    if (!signer_seal(services->signer, a, pkcs8, &owner, &made, e))
        return false;
    intake->key = ARENA_NEW(a, struct held_key);
    *intake->key = (struct held_key){.id = owner.id,
                                     .account_id = csr->account_id,
                                     .algorithm = csr->key_algorithm,
                                     .spki = made.spki,
                                     .sealed = made.sealed,
                                     .spki_sha256 = csr->spki_sha256,
                                     .created_at = now,
                                     .taken_at = now};
    csr->key_id = owner.id;
    return true;
}

static bool take_key(const struct services *services, struct arena *a, const struct csr_upload *upload,
                     const struct csr *parsed, int64_t now, struct csr_intake *intake, struct error *e) {
    struct secret *pkcs8;
    struct slice spki;
    if (!key_from_pem(a, upload->key, upload->pass_phrase, &pkcs8, e) || !key_public(a, pkcs8, &spki, e))
        return false;
    if (!slice_equal(spki, parsed->spki))
        return fail_field(e, "key", ERR_KEY_MISMATCH, "the key is not that of the CSR",
                          "该私钥与 CSR 不匹配");
    return seal_key(services, a, pkcs8, now, intake, e);
}

bool stored_csr_upload(const struct services *services, struct arena *a, const struct csr_upload *upload,
                       int64_t now, struct csr_intake *intake, struct error *e) {
    struct csr parsed;
    struct stored_csr *csr = &intake->csr;
    *intake = (struct csr_intake){.csr = new_csr(a, upload->account_id, now)};
    if (!csr_parse(a, upload->csr, &parsed, e)) {
        snprintf(e->field, sizeof e->field, "csr");
        return false;
    }
    csr->names = parsed.names;
    csr->subject = parsed.subject;
    csr->key_algorithm = key_algorithm_name(parsed.algorithm);
    csr->spki_sha256 = digest_of(a, parsed.spki);
    csr->pem = csr_to_pem(a, parsed.der);
    return fill_name(a, upload->name, csr, e) &&
           (!upload->key.len || take_key(services, a, upload, &parsed, now, intake, e));
}

/* ---- storing ---- */

static bool refuse_known(struct db *db, struct arena *a, const struct stored_csr *csr, struct error *e) {
    const char *known;
    if (!stored_csr_find(db, a, csr, &known, e))
        return false;
    if (!known)
        return true;
    fail_field(e, "csr", ERR_ALREADY_EXISTS, "this request is there already: %s", "该 CSR 已存在:%s", known);
    memcpy(e->object, known, strnlen(known, sizeof e->object - 1) + 1);
    return false;
}

/* A key that Tenure holds already is not stored twice. */
static bool store_key(struct db *db, struct arena *a, struct csr_intake *intake, struct error *e) {
    struct stored_csr *csr = &intake->csr;
    const char *held;
    if (!held_key_find(db, a, csr->account_id, csr->spki_sha256, &held, e))
        return false;
    if (!held && intake->key && !held_key_insert(db, a, intake->key, e))
        return false;
    csr->key_id = held ? held : csr->key_id;
    return true;
}

static void derive(struct stored_csr *csr) {
    csr->state = csr->pem ? "ready" : "making";
    csr->key_held = csr->key_id != NULL;
}

bool stored_csr_store(const struct services *services, struct arena *a, struct csr_intake *intake,
                      int64_t now, struct error *e) {
    struct db *db = services->db;
    struct stored_csr *csr = &intake->csr;
    derive(csr);
    if (!csr->pem)
        return stored_csr_insert(db, csr, e) &&
               work_enqueue(db, csr->account_id, csr->id, "csr_make", now, e);
    csr->subject_der = slice_of(NULL, 0);
    if (!compromised_key_refuse(db, csr->account_id, csr->spki_sha256, ERR_CSR_WEAK_KEY, e) ||
        !refuse_known(db, a, csr, e) || !store_key(db, a, intake, e))
        return false;
    derive(csr);
    return stored_csr_insert(db, csr, e);
}

bool stored_csr_delete(struct db *db, struct arena *a, const struct stored_csr *csr, int64_t now,
                       struct error *e) {
    const char *waiting;
    if (!stored_csr_waited_for(db, a, csr, now, &waiting, e))
        return false;
    if (waiting) {
        fail(e, ERR_IN_USE, "%s waits to be issued with it", "%s 正等待使用该 CSR 签发", waiting);
        memcpy(e->object, waiting, strnlen(waiting, sizeof e->object - 1) + 1);
        return false;
    }
    return stored_csr_remove(db, csr->id, e) &&
           (!csr->key_id || held_key_delete_unused(db, csr->account_id, csr->key_id, e));
}

bool stored_csr_key(const struct services *services, struct arena *a, const struct stored_csr *csr,
                    struct secret **pem, struct error *e) {
    struct held_key key;
    struct secret *pkcs8;
    if (!csr->key_id)
        return fail(e, ERR_NO_KEY_HELD, "Tenure does not hold the key of %s", "Tenure 未保管 %s 的私钥",
                    csr->id);
    if (!held_key_get(services->db, a, csr->account_id, csr->key_id, &key, e))
        return false;
    struct key_ref ref = {key.id, key.account_id, PURPOSE_LEAF, key.sealed};
    return signer_open(services->signer, a, &ref, &pkcs8, e) && key_to_pem(a, pkcs8, pem, e);
}

/* ---- the step csr_make ---- */

/* csr.id NULL: it was deleted, or its key is made. */
static bool read_unmade(struct work *w, struct csr_intake *intake, struct error *e) {
    struct stored_csr *csr = &intake->csr;
    if (stored_csr_get(w->db, w->arena, w->item->account_id, w->item->subject, csr, e)) {
        csr->id = csr->pem ? NULL : csr->id;
        return true;
    }
    if (!error_absent(e))
        return false;
    csr->id = NULL;
    return true;
}

bool stored_csr_prepare(struct work *w, struct error *e) {
    struct csr_intake *intake = w->prepared = ARENA_NEW(w->arena, struct csr_intake);
    return read_unmade(w, intake, e) &&
           (!intake->csr.id || stored_csr_sign(w->services, w->arena, w->now, intake, e));
}

bool stored_csr_record(struct work *w, struct error *e) {
    struct csr_intake *intake = w->prepared;
    bool stored = false;
    if (intake->csr.id && !stored_csr_fill(w->db, &intake->csr, &stored, e))
        return false;
    if (stored && !held_key_insert(w->db, w->arena, intake->key, e))
        return false;
    return work_goes(w, OUTCOME_DONE);
}
