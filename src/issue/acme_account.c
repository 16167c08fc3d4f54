/*
 * Accounts at ACME CAs: what the row asks for is told the CA, in an order in which each part may be repeated
 * from its beginning.
 */
#include "issue/acme_account.h"
#include "account/account.h"
#include "acme/base64url.h"
#include "acme/jwk.h"
#include "acme/jws.h"
#include "audit/audit.h"
#include "base/clock.h"
#include "base/rand.h"
#include "issue/acme_net.h"
#include "issue/acme_order.h"
#include "issue/limit.h"
#include "notify/notify.h"
#include "pki/names.h"

enum {
    EAB_KEY_MIN = 16,
    ROLL_PATIENCE = DAY, /* with challenges that are out */
    ROLL_LOOKS = 15,
};

/* ---- keys ---- */

static bool make_key(const struct services *services, struct arena *a, const struct acme_account *p,
                     const char *key_id, struct key_made *made, struct error *e) {
    const struct key_ref owner = {.id = key_id, .account_id = p->account_id, .purpose = PURPOSE_ACME};
    return signer_make(services->signer, a, key_algorithm_parse(p->key_algorithm), &owner, made, e);
}

bool acme_account_make(const struct services *services, struct arena *a, struct acme_account *p,
                       struct error *e) {
    struct key_made made;
    p->id = id_new(a, "aca", p->created_at);
    p->key_id = id_new(a, "key", p->created_at);
    if (!make_key(services, a, p, p->key_id, &made, e))
        return false;
    p->spki = made.spki;
    p->key_sealed = made.sealed;
    p->state = "registering";
    return jwk_thumbprint(a, made.spki, &p->thumbprint, e);
}

bool acme_account_make_next(const struct services *services, struct arena *a, int64_t now,
                            struct acme_account *p, struct error *e) {
    struct key_made made;
    p->next_key_id = id_new(a, "key", now);
    if (!make_key(services, a, p, p->next_key_id, &made, e))
        return false;
    p->next_spki = made.spki;
    p->next_sealed = made.sealed;
    return true;
}

static struct key_ref next_key(const struct acme_account *p) {
    return (struct key_ref){
        .id = p->next_key_id, .account_id = p->account_id, .purpose = PURPOSE_ACME, .sealed = p->next_sealed};
}

/* ---- registering ---- */

static const char *wanted_contact(const struct acme_session *s, const struct acme_account *p) {
    const char *contact = p->contact ? p->contact : s->issuer->contact;
    return contact ? contact : "";
}

static json_t *contact_json(struct arena *a, const char *contact) {
    json_t *list = json_array();
    for (size_t i = 0; i < names_count(contact); i++)
        json_array_append_new(list, json_string(arena_printf(a, "mailto:%s", names_at(a, contact, i))));
    return list;
}

/* What an account is bound to. */
struct binding {
    const char *kid; /* NULL: nothing */
    struct secret *key;
};

static struct key_ref binding_ref(struct arena *a, const struct acme_account *p) {
    return (struct key_ref){.id = arena_printf(a, "%s/eab", p->id),
                            .account_id = p->account_id,
                            .purpose = PURPOSE_SECRET,
                            .sealed = p->eab_sealed};
}

bool acme_account_seal_binding(const struct services *services, struct arena *a, struct acme_account *p,
                               struct error *e) {
    struct slice key;
    struct key_made made;
    const struct key_ref owner = binding_ref(a, p);
    if (!p->eab_key)
        return true;
    if (!p->eab_kid || !base64_any_bytes(a, p->eab_key, &key) || key.len < EAB_KEY_MIN)
        return fail_field(e, "eab_key", ERR_BAD_FIELD,
                          "eab_kid goes with an 'eab_key' in base64url of %d bytes or more",
                          "eab_kid 须与至少 %d 字节的 base64url “eab_key”一同设置", EAB_KEY_MIN);
    if (!signer_seal(services->signer, a, secret_new(a, key.p, key.len), &owner, &made, e))
        return false;
    p->eab_sealed = made.sealed;
    return true;
}

/* A credential that binds once is for the account whose owners have set it. */
static bool lends(struct db *db, struct arena *a, const struct issuer *issuer, const char *account_id,
                  bool *lent, struct error *e) {
    struct account account = {0};
    *lent = issuer->eab_kid && issuer->eab_reusable;
    if (!issuer->eab_kid || *lent)
        return true;
    if (!account_find(db, a, account_id, &account, e))
        return error_absent(e);
    *lent = account.administers;
    return true;
}

bool acme_account_binds(struct db *db, struct arena *a, const struct issuer *issuer,
                        const struct acme_account *p, bool *binds, struct error *e) {
    *binds = p->eab_sealed.len > 0;
    return *binds || lends(db, a, issuer, p->account_id, binds, e);
}

static bool find_binding(const struct acme_session *s, const struct acme_account *p, struct binding *binding,
                         struct error *e) {
    bool lent;
    *binding = (struct binding){.kid = NULL};
    if (p->eab_sealed.len > 0) {
        const struct key_ref ref = binding_ref(s->arena, p);
        binding->kid = p->eab_kid;
        return signer_open(s->services->signer, s->arena, &ref, &binding->key, e);
    }
    if (!lends(s->services->db, s->arena, s->issuer, p->account_id, &lent, e))
        return false;
    if (!lent)
        return true;
    binding->kid = s->issuer->eab_kid;
    return issuer_eab_key(s->services, s->arena, s->issuer, &binding->key, e);
}

/* Nobody but a person agrees to terms, and credentials come from the CA by hand. */
static bool may_register(const struct acme_session *s, const struct acme_directory *directory,
                         const struct binding *binding, struct error *e) {
    const char *id = s->issuer->id, *terms = directory->terms_of_service;
    if (terms && !s->issuer->terms_agreed_at)
        return fail(e, ERR_ACME_USER_ACTION, "%s has terms of service that nobody has agreed to: %s",
                    "%s 的服务条款尚未获得同意:%s", id, terms);
    return !directory->external_account_required || binding->kid ||
           fail(e, ERR_ACME_EXTERNAL_ACCOUNT,
                "%s wants an external account: none is set for this account, nor one that all may use",
                "%s 要求外部账户:该账户未设置,也没有可共用的外部账户", id);
}

static bool add_binding(const struct acme_session *s, const struct acme_account *p,
                        const struct binding *binding, const char *url, json_t *body, struct error *e) {
    const char *text;
    json_t *bound;
    const struct jws_request request = {.spki = p->spki, .kid = binding->kid, .url = url};
    if (!binding->kid)
        return true;
    if (!jws_external_account(s->arena, &request, binding->key, &text, e) ||
        !json_read(s->arena, slice_str(text), &bound, e))
        return false;
    json_object_set(body, "externalAccountBinding", bound);
    return true;
}

/* What a wrong or used up binding is called differs from CA to CA. */
static bool binding_refused(const struct binding *binding, const struct acme_reply *reply, struct error *e) {
    static const char *const types[] = {"unauthorized", "malformed", "externalAccountRequired"};
    for (size_t i = 0; binding->kid && i < sizeof types / sizeof *types; i++)
        if (acme_problem_is(&reply->problem, types[i]))
            e->id = ERR_ACME_EXTERNAL_ACCOUNT;
    return false;
}

/* From the answer of newAccount, of one that is new (201) or was there (200). */
static bool take_account(const struct acme_session *s, const struct acme_reply *reply, struct acme_account *p,
                         struct error *e) {
    struct acme_account_object object;
    if (!acme_read_account(s->arena, reply->body, &object, e))
        return false;
    if (!reply->location)
        return fail(e, ERR_ACME_ANSWER, "%s gives the account no address", "%s 未给出账户地址",
                    s->issuer->id);
    if (object.status != ACME_VALID)
        return fail(e, ERR_ACME_ACCOUNT_GONE, "%s has the account as %s", "%s 的账户状态为 %s", s->issuer->id,
                    acme_status_name(object.status));
    p->url = reply->location;
    p->registered_at = s->now;
    p->told_contact = reply->status == 201 ? wanted_contact(s, p) : NULL;
    return true;
}

/* Of the CA's limit on new accounts: taken before one is asked for, and for repeats as well. */
static bool take_slot(const struct acme_session *s, const struct acme_account *p, struct error *e) {
    struct db *db = s->services->db;
    struct rate_limits limits;
    struct limit_answer answer;
    const struct limit_ask ask = {.limits = &limits,
                                  .issuer = s->issuer->id,
                                  .directory = s->issuer->directory,
                                  .account_id = p->account_id,
                                  .acme_account = p->id,
                                  .subject = p->id};
    if (!rate_limits_parse(s->arena, s->issuer->limits, &limits, e) || !db_begin(db, e) ||
        !db_end(db, limit_take_account(db, s->arena, &ask, s->now, &answer, e), e))
        return false;
    if (answer.taken)
        return true;
    fail(e, ERR_ACME_ACCOUNT_SLOT, "the limit '%s' of %s has no room for a new account before %s",
         "签发机构的限额“%s”(%s)在 %s 之前没有新账户的空位", answer.limit, s->issuer->id,
         time_format(s->arena, answer.slot_at));
    e->retry_after = answer.slot_at - s->now;
    return false;
}

static bool register_account(const struct acme_session *s, struct acme_account *p, struct error *e) {
    struct acme_directory directory;
    struct acme_reply reply;
    struct binding binding;
    const struct key_ref ref = acme_account_key(p);
    const struct acme_key key = {.ref = &ref, .spki = p->spki};
    json_t *body = json_keep(s->arena, json_object());
    if (!acme_net_directory(s, &directory, e) || !find_binding(s, p, &binding, e) ||
        !may_register(s, &directory, &binding, e))
        return false;
    if (*wanted_contact(s, p))
        json_object_set_new(body, "contact", contact_json(s->arena, wanted_contact(s, p)));
    if (s->issuer->terms_agreed_at)
        json_object_set_new(body, "termsOfServiceAgreed", json_true());
    if (!add_binding(s, p, &binding, directory.new_account, body, e) || !take_slot(s, p, e))
        return false;
    if (!acme_net_post_by_key(s, &key, directory.new_account, json_text(s->arena, body, false), &reply, e))
        return binding_refused(&binding, &reply, e);
    p->eab_kid = binding.kid;
    p->eab_sealed = slice_of(NULL, 0); /* it has done its work */
    return take_account(s, &reply, p, e);
}

/* ---- rolling over ---- */

/* It has been decided that it begins now: after a crash it goes on. */
static bool roll_begun(const struct acme_account *p) {
    return p->next_key_id && !p->roll_asked_at;
}

static void swap_keys(struct acme_account *p, const char *thumbprint, int64_t now) {
    p->key_id = p->next_key_id;
    p->spki = p->next_spki;
    p->key_sealed = p->next_sealed;
    p->thumbprint = thumbprint;
    p->next_key_id = NULL;
    p->next_spki = p->next_sealed = slice_of(NULL, 0);
    p->rolled_at = now;
}

static bool change_key(struct acme_session *s, const struct acme_account *p, struct error *e) {
    struct acme_directory directory;
    struct acme_reply reply;
    const char *payload, *inner;
    const struct key_ref next = next_key(p);
    if (!acme_net_directory(s, &directory, e) ||
        !jws_key_change_payload(s->arena, p->url, p->spki, &payload, e))
        return false;
    const struct jws_request request = {
        .spki = p->next_spki, .url = directory.key_change, .payload = slice_str(payload)};
    s->account = p;
    return acme_net_sign(s, &request, &next, &inner, e) &&
           acme_net_post(s, directory.key_change, inner, &reply, e);
}

/* Did the CA make the change, and we were interrupted? Then it knows this account by its next key. */
static bool changed_before(const struct acme_session *s, const struct acme_account *p) {
    struct acme_directory directory;
    struct acme_reply reply;
    struct error ignored;
    const struct key_ref ref = next_key(p);
    const struct acme_key key = {.ref = &ref, .spki = p->next_spki};
    return acme_net_directory(s, &directory, &ignored) &&
           acme_net_post_by_key(s, &key, directory.new_account, "{\"onlyReturnExisting\":true}", &reply,
                                &ignored) &&
           reply.location && strcmp(reply.location, p->url) == 0;
}

static bool roll(struct acme_session *s, struct acme_account *p, struct error *e) {
    const char *thumbprint;
    if (!jwk_thumbprint(s->arena, p->next_spki, &thumbprint, e) ||
        (!change_key(s, p, e) && !changed_before(s, p)))
        return false;
    error_clear(e);
    swap_keys(p, thumbprint, s->now);
    return true;
}

/* ---- contact, deactivation ---- */

static bool tell_contact(struct acme_session *s, struct acme_account *p, struct error *e) {
    struct acme_reply reply;
    const char *contact = wanted_contact(s, p);
    json_t *body = json_keep(s->arena, json_object());
    json_object_set_new(body, "contact", contact_json(s->arena, contact));
    s->account = p;
    if (!acme_net_post(s, p->url, json_text(s->arena, body, false), &reply, e))
        return false;
    p->told_contact = contact;
    return true;
}

/* One that the CA has forgotten needs no deactivation. */
static bool deactivate(struct acme_session *s, struct acme_account *p, struct error *e) {
    struct acme_reply reply;
    s->account = p;
    if (!acme_net_post(s, p->url, "{\"status\":\"deactivated\"}", &reply, e) &&
        e->id != ERR_ACME_ACCOUNT_GONE)
        return false;
    error_clear(e);
    p->deactivated_at = s->now;
    return true;
}

/* ---- all of it ---- */

static bool same_contact(const struct acme_session *s, const struct acme_account *p) {
    return strcmp(p->told_contact ? p->told_contact : "", wanted_contact(s, p)) == 0;
}

/* What was never registered needs no deactivation. The key that is stored last is used first. */
static bool deal(struct acme_session *s, struct acme_account *p, struct error *e) {
    if (p->deactivate_at && !p->url) {
        p->deactivated_at = s->now;
        return true;
    }
    if (!p->url && !register_account(s, p, e))
        return false;
    if (roll_begun(p) && !roll(s, p, e))
        return false;
    if (p->deactivate_at)
        return deactivate(s, p, e);
    return same_contact(s, p) || tell_contact(s, p, e);
}

static void note_success(struct acme_account *p) {
    p->error = p->detail_en = p->detail_zh = NULL;
}

static bool write_audit(struct db *db, struct arena *a, const char *action, const struct acme_account *p,
                        int64_t now, struct error *e) {
    struct audit_entry entry = audit_by_system(p->account_id, now, action, p->id);
    entry.after = json_text(a, json_keep(a, json_from_row(a, acme_account_fields, p)), false);
    return audit_write(db, a, &entry, e);
}

/* ---- the step ---- */

struct dealt {
    struct acme_account account;
    struct issuer issuer;
};

/* What is published for a challenge has the present key in it: such orders are waited for. */
static bool begin_roll(struct work *w, struct acme_account *p, struct error *e) {
    bool proving;
    if (!p->next_key_id || !p->roll_asked_at)
        return true;
    if (!acme_order_proving(w->db, p->account_id, p->issuer_id, &proving, e))
        return false;
    if (proving && w->now - p->roll_asked_at < ROLL_PATIENCE)
        return true;
    p->roll_asked_at = 0;
    return db_begin(w->db, e) && db_end(w->db, acme_account_store(w->db, p, e), e);
}

const char *acme_account_party(struct work *w) {
    struct acme_account account;
    struct error ignored;
    return acme_account_get_any(w->db, w->arena, w->item->subject, &account, &ignored)
               ? issuer_party(w->arena, account.issuer_id)
               : NULL;
}

bool acme_account_act(struct work *w, struct error *e) {
    struct dealt *d = w->prepared = ARENA_NEW(w->arena, struct dealt);
    if (!acme_account_get_any(w->db, w->arena, w->item->subject, &d->account, e))
        return false;
    if (acme_account_over(&d->account))
        return true;
    struct acme_session s = {.services = w->services, .arena = w->arena, .now = w->now, .issuer = &d->issuer};
    return issuer_get(w->db, w->arena, d->account.issuer_id, &d->issuer, e) &&
           begin_roll(w, &d->account, e) && deal(&s, &d->account, e);
}

/* The account's certificates that could not be ordered without one. */
static bool retry_waiting(struct work *w, struct error *e) {
    static const enum error_id causes[] = {ERR_ACME_USER_ACTION, ERR_ACME_EXTERNAL_ACCOUNT,
                                           ERR_ACME_ACCOUNT_GONE};
    for (size_t i = 0; i < sizeof causes / sizeof *causes; i++)
        if (!work_unblock(w->db, w->item->account_id, error_row(causes[i])->code, w->now, e))
            return false;
    return true;
}

bool acme_account_save(struct work *w, struct error *e) {
    struct dealt *d = w->prepared;
    bool waits = d->account.next_key_id && !acme_account_over(&d->account);
    work_goes(w, waits ? OUTCOME_WAIT : OUTCOME_DONE);
    w->until = w->now + ROLL_LOOKS;
    if (!d->issuer.id)
        return true;
    note_success(&d->account);
    return acme_account_store(w->db, &d->account, e) &&
           write_audit(w->db, w->arena, "acme_account.change", &d->account, w->now, e) && retry_waiting(w, e);
}

static bool tell_gone(struct db *db, struct arena *a, const struct acme_account *p, int64_t now,
                      struct error *e) {
    const struct notify_event event = {
        .event = "acme_account_gone",
        .account_id = p->account_id,
        .subject = p->id,
        .once = arena_printf(a, "acme_account_gone/%s", p->id),
        .params =
            json_keep(a, json_pack("{s:s,s:s,s:s,s:s}", "issuer", p->issuer_id, "account",
                                   p->url ? p->url : p->id, "reason_en", p->detail_en ? p->detail_en : "",
                                   "reason_zh", p->detail_zh ? p->detail_zh : "")),
        .now = now};
    return write_audit(db, a, "acme_account.gone", p, now, e) && notify_tell(db, a, &event, e);
}

/* Inside a transaction. A first registration that is refused is no account that was lost. */
static bool note_failure(struct db *db, struct arena *a, struct acme_account *p, const struct error *cause,
                         int64_t now, struct error *e) {
    p->error = error_row(cause->id)->code;
    p->detail_en = arena_strdup(a, cause->detail[LANG_EN]);
    p->detail_zh = arena_strdup(a, cause->detail[LANG_ZH]);
    bool gone = cause->id == ERR_ACME_ACCOUNT_GONE && p->url && !acme_account_over(p);
    if (gone)
        p->gone_at = now;
    return acme_account_store(db, p, e) && (!gone || tell_gone(db, a, p, now, e));
}

bool acme_account_failed(struct work *w, const struct error *cause, struct error *e) {
    struct acme_account p;
    if (!acme_account_get_any(w->db, w->arena, w->item->subject, &p, e))
        return error_absent(e);
    return note_failure(w->db, w->arena, &p, cause, w->now, e);
}

/* ---- for others ---- */

/* Whoever comes first makes it; all others take what is there. */
static bool make_row(struct acme_session *s, const char *account_id, struct acme_account *p,
                     struct error *e) {
    struct db *db = s->services->db;
    *p = (struct acme_account){.account_id = account_id,
                               .issuer_id = s->issuer->id,
                               .key_algorithm = key_algorithm_name(KEY_P256),
                               .created_at = s->now};
    return acme_account_make(s->services, s->arena, p, e) && db_begin(db, e) &&
           db_end(db, acme_account_insert(db, p, e), e) &&
           acme_account_of(db, s->arena, account_id, s->issuer->id, p, e);
}

static bool store_dealt(struct acme_session *s, struct acme_account *p, struct error *e) {
    struct db *db = s->services->db;
    note_success(p);
    return db_begin(db, e) && db_end(db,
                                     acme_account_store(db, p, e) &&
                                         write_audit(db, s->arena, "acme_account.change", p, s->now, e),
                                     e);
}

/* Always false. What a person must mend stands in the account's row, in the CA's words. */
static bool not_ready(struct acme_session *s, struct acme_account *p, struct error *e) {
    struct db *db = s->services->db;
    const struct error cause = *e;
    struct error ignored;
    if (cause.id == ERR_ACME_EXTERNAL_ACCOUNT || cause.id == ERR_ACME_USER_ACTION)
        (void)(db_begin(db, &ignored) &&
               db_end(db, note_failure(db, s->arena, p, &cause, s->now, &ignored), &ignored));
    return false;
}

/* Two may register it at once, with the same key: the CA gives both the same account. */
static bool make_ready(struct acme_session *s, struct acme_account *p, struct error *e) {
    if (p->url && !roll_begun(p))
        return true;
    if (!deal(s, p, e))
        return not_ready(s, p, e);
    if (store_dealt(s, p, e))
        return true;
    return e->id == ERR_CONFLICT && acme_account_get_any(s->services->db, s->arena, p->id, p, e) && p->url;
}

bool acme_account_tell_all(struct db *db, struct arena *a, const char *issuer_id, int64_t now,
                           struct error *e) {
    struct acme_account *list;
    size_t count;
    if (!acme_account_sharing(db, a, issuer_id, &list, &count, e))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!work_enqueue(db, list[i].account_id, list[i].id, "account", now, e))
            return false;
    return true;
}

bool acme_account_ensure(struct acme_session *s, const char *account_id, struct error *e) {
    struct acme_account *p = ARENA_NEW(s->arena, struct acme_account);
    if (!acme_account_of(s->services->db, s->arena, account_id, s->issuer->id, p, e) ||
        (!p->id && !make_row(s, account_id, p, e)))
        return false;
    if (acme_account_over(p) || p->deactivate_at)
        return fail(e, ERR_ACME_ACCOUNT_GONE, "the account %s at %s is over", "在 %2$s 的账户 %1$s 已停用",
                    p->id, s->issuer->id);
    if (!make_ready(s, p, e))
        return false;
    s->account = p;
    return true;
}

bool acme_account_note(const struct acme_session *s, const struct error *cause, struct error *e) {
    struct db *db = s->services->db;
    struct acme_account p;
    if (cause->id != ERR_ACME_ACCOUNT_GONE || !s->account || !db_begin(db, e))
        return cause->id != ERR_ACME_ACCOUNT_GONE || !s->account;
    return db_end(db,
                  acme_account_get_any(db, s->arena, s->account->id, &p, e) &&
                      note_failure(db, s->arena, &p, cause, s->now, e),
                  e);
}
