/*
 * The step `apply`: what the certificate asks for now becomes one open application, with a key. A key that
 * was made but not stored (a crash in between) leaves nothing behind.
 */
#include "apply/apply.h"
#include "applicant/contact.h"
#include "applicant/form.h"
#include "applicant/organization.h"
#include "audit/audit.h"
#include "base/clock.h"
#include "base/rand.h"
#include "certificate/stored_csr.h"
#include "pki/csr.h"
#include "pki/digest.h"

/* From act to save: the key that was chosen. */
struct chosen {
    struct applying applying; /* of save */
    const char *csr_choice, *algorithm,
        *own_csr; /* what it was chosen for; csr_choice NULL: none was needed */
    enum { KEY_ELSEWHERE, KEY_STORED, KEY_NEW, KEY_POOLED } source;
    struct held_key key; /* KEY_ELSEWHERE: only the public part; KEY_POOLED: taken in save */
};

bool apply_subject(struct work *w, struct certificate *c, struct error *e) {
    if (certificate_get_any(w->db, w->arena, w->item->subject, c, e))
        return true;
    if (!error_absent(e))
        return false;
    *c = (struct certificate){.id = NULL};
    return true;
}

static bool is_closed(const struct certificate *c) {
    return !c->id || c->cancelled_at || c->revoke_asked_at || c->revoked_at;
}

/* Nothing stands against a version, and nothing is missing for it. */
static bool wanted(const struct certificate *c) {
    return !is_closed(c) && c->paid_at && c->active_at && !certificate_waits_for_person(c);
}

static bool same_text(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool application_fits(const struct application *application, const struct certificate *c) {
    return strcmp(application->names, c->names) == 0 && strcmp(application->csr_choice, c->csr_choice) == 0 &&
           strcmp(application->key_algorithm, c->key_algorithm) == 0 &&
           same_text(application->csr, strcmp(c->csr_choice, "own") == 0 ? c->own_csr : NULL);
}

static bool chosen_fits(const struct chosen *chosen, const struct certificate *c) {
    return chosen->csr_choice && strcmp(chosen->csr_choice, c->csr_choice) == 0 &&
           strcmp(chosen->algorithm, c->key_algorithm) == 0 && same_text(chosen->own_csr, c->own_csr);
}

/* `id` NULL if none is open. */
static bool find_open(struct work *w, const char *certificate_id, struct application *application,
                      struct error *e) {
    if (application_open(w->db, w->arena, certificate_id, application, e))
        return true;
    if (!error_absent(e))
        return false;
    application->id = NULL;
    return true;
}

/* ---- which key: one function a choice ---- */

static bool choose_automatic(struct work *w, const struct certificate *c, struct chosen *chosen,
                             struct error *e) {
    enum key_algorithm algorithm = key_algorithm_parse(c->key_algorithm);
    int64_t ready = 0;
    if (key_is_rsa(algorithm) && !held_key_pool_count(w->db, c->account_id, c->key_algorithm, &ready, e))
        return false;
    chosen->source = ready ? KEY_POOLED : KEY_NEW;
    return ready || key_pool_make(w, algorithm, &chosen->key, e);
}

/* The version whose key is kept: the certificate's own one, else that of its predecessor. */
static bool kept_version(struct work *w, const struct certificate *c, const char **version_id,
                         struct error *e) {
    struct certificate predecessor;
    *version_id = c->version_id;
    if (*version_id || !c->predecessor_id)
        return true;
    if (!certificate_get_any(w->db, w->arena, c->predecessor_id, &predecessor, e))
        return false;
    *version_id = predecessor.version_id;
    return true;
}

static bool choose_kept(struct work *w, const struct certificate *c, struct chosen *chosen, struct error *e) {
    const char *version_id;
    struct version version = {.key_id = NULL};
    chosen->source = KEY_STORED;
    if (!kept_version(w, c, &version_id, e) ||
        (version_id && !version_get(w->db, w->arena, c->account_id, version_id, &version, e)))
        return false;
    if (!version.key_id)
        return fail(e, ERR_NO_KEY_HELD, "there is no old key that %s could keep: reissue it with a new one",
                    "%s 没有可保留的原密钥:请使用新密钥重新签发", c->id);
    return held_key_get(w->db, w->arena, c->account_id, version.key_id, &chosen->key, e);
}

/* Tenure holds the key of a request that it made, or that came with its key: such a certificate is deployed.
 */
static bool choose_own(struct work *w, const struct certificate *c, struct chosen *chosen, struct error *e) {
    struct csr csr;
    char digest[SHA256_HEX_SIZE];
    const char *held;
    if (!csr_parse(w->arena, slice_str(c->own_csr), &csr, e))
        return false;
    chosen->source = KEY_ELSEWHERE;
    chosen->key.spki = csr.spki;
    digest_sha256_hex(csr.spki, digest);
    if (!held_key_find(w->db, w->arena, c->account_id, digest, &held, e))
        return false;
    if (!held)
        return true;
    chosen->source = KEY_STORED;
    return held_key_get(w->db, w->arena, c->account_id, held, &chosen->key, e);
}

static const struct {
    const char *csr_choice;
    bool (*choose)(struct work *w, const struct certificate *c, struct chosen *chosen, struct error *e);
} choices[] = {{"automatic", choose_automatic}, {"keep", choose_kept}, {"own", choose_own}};

static bool choose(struct work *w, const struct certificate *c, struct chosen *chosen, struct error *e) {
    chosen->csr_choice = c->csr_choice;
    chosen->algorithm = c->key_algorithm;
    chosen->own_csr = c->own_csr;
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (strcmp(choices[i].csr_choice, c->csr_choice) == 0)
            return choices[i].choose(w, c, chosen, e);
    return fail(e, ERR_CORRUPT, "certificate %s has the unknown choice of key '%s'",
                "证书 %s 的 CSR 方式“%s”未知", c->id, c->csr_choice);
}

bool apply_prepare(struct work *w, struct error *e) {
    struct chosen *chosen = w->prepared = ARENA_NEW(w->arena, struct chosen);
    struct certificate c;
    struct application open;
    if (!apply_subject(w, &c, e))
        return false;
    if (!wanted(&c))
        return true;
    if (!find_open(w, c.id, &open, e))
        return false;
    return (open.id && application_fits(&open, &c)) || choose(w, &c, chosen, e);
}

/* ---- saving ---- */

bool application_drop(struct db *db, const struct application *application, int64_t now, const char *reason,
                      struct error *e) {
    return application_close(db, application->id, now, NULL, reason, e) &&
           (!application->key_id ||
            held_key_delete_unused(db, application->account_id, application->key_id, e));
}

/* `*taken` is false if the pool was emptied since we looked. */
static bool take_pooled(struct work *w, struct chosen *chosen, bool *taken, struct error *e) {
    *taken = held_key_take(w->db, w->arena, w->item->account_id, chosen->algorithm, w->now, &chosen->key, e);
    if (*taken)
        return true;
    return error_absent(e);
}

static bool store_new(struct work *w, struct chosen *chosen, struct error *e) {
    chosen->key.taken_at = w->now;
    return held_key_insert(w->db, w->arena, &chosen->key, e);
}

/* Whoever needed an RSA key has the pool filled for the next one. */
static bool store_key(struct work *w, struct chosen *chosen, bool *stored, struct error *e) {
    *stored = true;
    if (chosen->source == KEY_POOLED && !take_pooled(w, chosen, stored, e))
        return false;
    if (chosen->source == KEY_NEW && !store_new(w, chosen, e))
        return false;
    bool used = chosen->source == KEY_POOLED || chosen->source == KEY_NEW;
    return !used || !key_is_rsa(key_algorithm_parse(chosen->algorithm)) ||
           key_pool_wake(w->db, w->arena, w->item->account_id, w->now, e);
}

/* A request of the CSR manager may have come, with its key, after the order. */
static bool note_csr(struct work *w, const struct certificate *c, const struct chosen *chosen,
                     struct error *e) {
    bool own = strcmp(chosen->csr_choice, "own") == 0;
    return !own || !chosen->key.id || stored_csr_use(w->db, c->account_id, chosen->key.spki_sha256, c->id, e);
}

/* What was there when it was submitted is in use, and cannot have been deleted. */
static bool copy_contact(struct work *w, struct application *p, struct error *e) {
    struct contact contact;
    if (!p->contact_id)
        return true;
    if (!contact_get(w->db, w->arena, p->account_id, p->contact_id, &contact, e))
        return false;
    p->contact =
        json_text(w->arena, json_keep(w->arena, json_from_row(w->arena, contact_fields, &contact)), false);
    return true;
}

static bool copy_organization(struct work *w, struct application *p, struct error *e) {
    struct organization organization;
    if (!p->organization_id)
        return true;
    if (!organization_get(w->db, w->arena, p->account_id, p->organization_id, &organization, e))
        return false;
    p->organization_revision = organization.revision;
    p->organization = json_text(
        w->arena, json_keep(w->arena, json_from_row(w->arena, organization_fields, &organization)), false);
    return true;
}

/*
 * With what it was submitted, kept as it was: a reviewer decides about nothing else. A later version is asked
 * for by the engine itself, with what the form holds then.
 */
static bool fill_in(struct work *w, const struct certificate *c, const struct brand *brand,
                    struct application *p, struct error *e) {
    struct application_form form;
    p->demands = brand->demands_word ? brand->demands_word : "none";
    p->grade = c->grade;
    p->submitted_at = c->version_count ? w->now : c->submitted_at;
    if (brand->demands == DEMANDS_NONE)
        return true;
    if (!form_of(w->db, w->arena, c, &form, e))
        return false;
    p->submitted_by = form.submitted_by;
    p->contact_id = form.contact_id;
    p->organization_id = form.organization_id;
    p->validation_method = form.validation_method;
    p->expires_at = p->submitted_at + brand->validation_days * DAY;
    return copy_contact(w, p, e) && copy_organization(w, p, e);
}

static bool create(struct work *w, const struct certificate *c, struct chosen *chosen, struct error *e) {
    const struct brand *brand;
    struct application *application = &chosen->applying.application;
    if (!order_brand(w->services, c, &brand, e))
        return false;
    *application = (struct application){.id = id_new(w->arena, "app", w->now),
                                        .account_id = c->account_id,
                                        .certificate_id = c->id,
                                        .issuer = brand->issuer,
                                        .names = c->names,
                                        .csr_choice = c->csr_choice,
                                        .key_algorithm = c->key_algorithm,
                                        .key_id = chosen->key.id,
                                        .spki = chosen->key.spki,
                                        .csr = strcmp(c->csr_choice, "own") == 0 ? c->own_csr : NULL,
                                        .created_at = w->now};
    struct audit_entry entry = audit_by_system(c->account_id, w->now, "application.create", application->id);
    entry.after = arena_printf(w->arena, "{\"certificate_id\":\"%s\"}", c->id);
    return fill_in(w, c, brand, application, e) && application_insert(w->db, application, e) &&
           note_csr(w, c, chosen, e) && audit_write(w->db, w->arena, &entry, e) && work_goes(w, OUTCOME_NEXT);
}

struct applying *apply_applying(const struct work *w) {
    struct chosen *chosen = w->prepared;
    return &chosen->applying;
}

static bool wait_no_more(struct work *w, struct certificate *c, struct error *e) {
    const struct profile *profile;
    if (!c->id || !c->waits_for)
        return true;
    c->in_review = false;
    c->waits_for = c->waits_detail_en = c->waits_detail_zh = NULL;
    return certificate_profile(w->services->policies, c, &profile, e) &&
           certificate_store(w->db, w->arena, profile, c, e);
}

/* What was open when the certificate was refunded, revoked or deleted would wait for its reviewer for ever.
 */
static bool leave(struct work *w, struct certificate *c, struct application *open, struct error *e) {
    if (is_closed(c) &&
        (!find_open(w, w->item->subject, open, e) ||
         (open->id && !application_drop(w->db, open, w->now, "withdrawn", e)) || !wait_no_more(w, c, e)))
        return false;
    return work_goes(w, c->id ? OUTCOME_OTHERWISE : OUTCOME_DONE);
}

bool apply_record(struct work *w, struct error *e) {
    struct chosen *chosen = w->prepared;
    struct certificate *c = &chosen->applying.certificate;
    struct application *open = &chosen->applying.application;
    bool stored;
    if (!apply_subject(w, c, e))
        return false;
    if (!wanted(c))
        return leave(w, c, open, e);
    if (!find_open(w, c->id, open, e))
        return false;
    if (open->id && application_fits(open, c))
        return work_goes(w, OUTCOME_NEXT);
    if (!chosen_fits(chosen, c))
        return work_again(w, w->now); /* reissued with other facts since act */
    if (open->id && !application_drop(w->db, open, w->now, "superseded", e))
        return false;
    if (!store_key(w, chosen, &stored, e))
        return false;
    return stored ? create(w, c, chosen, e) : work_again(w, w->now);
}
