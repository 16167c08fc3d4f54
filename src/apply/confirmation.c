/* Links: asked for, made, sent, used once. */
#include "apply/confirmation.h"
#include "applicant/contact.h"
#include "apply/review.h"
#include "audit/audit.h"
#include "base/clock.h"
#include "base/rand.h"
#include "pki/digest.h"
#include "signer/signer.h"
#include <sodium.h>

enum { LIFE = 7 * DAY, PAUSE = 3600, AN_HOUR = 20, TOKEN_BYTES = 32 };

enum { TOKEN_TEXT = sodium_base64_ENCODED_LEN(TOKEN_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING) };

/* ---- asked for ---- */

/* Whoever submits and withdraws again and again must not flood a mailbox that may be anybody's. */
static bool free_place(struct db *db, struct confirmation *c, int64_t now, struct error *e) {
    int64_t before;
    if (!confirmation_latest(db, c, AN_HOUR, &before, e))
        return false;
    c->created_at = before && now < before + PAUSE ? before + PAUSE : now;
    c->end_at = c->created_at + LIFE;
    return true;
}

static bool insert(const struct services *services, struct arena *a, const struct application *application,
                   int64_t now, struct confirmation *c, struct error *e) {
    struct contact contact;
    if (!contact_get(services->db, a, application->account_id, application->contact_id, &contact, e))
        return false;
    *c = (struct confirmation){.id = id_new(a, "cfm", now),
                               .account_id = application->account_id,
                               .application_id = application->id,
                               .contact_id = contact.id,
                               .email = contact.email};
    return free_place(services->db, c, now, e) && confirmation_insert(services->db, c, e) &&
           work_enqueue(services->db, c->account_id, c->id, "confirm", c->created_at, e);
}

bool confirmation_send(const struct services *services, struct arena *a,
                       const struct application *application, int64_t now, struct confirmation *c,
                       struct error *e) {
    struct confirmation *before;
    size_t count;
    if (!notifier_mails(services->notifier))
        return fail(e, ERR_MAIL_NOT_CONFIGURED, "there is no mail server in tenure.yaml",
                    "tenure.yaml 未配置邮件服务器");
    if (!confirmation_list(services->db, a, application->id, &before, &count, e))
        return false;
    if (count && now < before[count - 1].created_at + PAUSE)
        return fail(e, ERR_CONFLICT, "a link was sent to the contact less than an hour ago",
                    "一小时内已向联系人发送过确认链接");
    return insert(services, a, application, now, c, e);
}

bool confirmation_begin(const struct services *services, struct arena *a,
                        const struct application *application, int64_t now, struct error *e) {
    struct confirmation *before, c;
    size_t count;
    if (!notifier_mails(services->notifier) || !application->contact_id)
        return true;
    return confirmation_list(services->db, a, application->id, &before, &count, e) &&
           (count || insert(services, a, application, now, &c, e));
}

/* ---- made ---- */

/* From act to save. */
struct link {
    struct confirmation c;
    struct slice sealed; /* p NULL: it was made before */
};

bool confirmation_make(struct work *w, struct error *e) {
    struct link *link = w->prepared = ARENA_NEW(w->arena, struct link);
    uint8_t random[TOKEN_BYTES];
    char token[TOKEN_TEXT], digest[SHA256_HEX_SIZE];
    struct key_made made;
    if (!confirmation_get(w->db, w->arena, w->item->subject, &link->c, e))
        return false;
    if (link->c.digest)
        return true;
    rand_bytes(random, sizeof random);
    sodium_bin2base64(token, sizeof token, random, sizeof random, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    digest_sha256_hex(slice_str(token), digest);
    const struct key_ref owner = {
        .id = link->c.id, .account_id = link->c.account_id, .purpose = PURPOSE_SECRET};
    bool sealed = signer_seal(w->services->signer, w->arena, secret_new(w->arena, token, strlen(token)),
                              &owner, &made, e);
    sodium_memzero(random, sizeof random);
    sodium_memzero(token, sizeof token);
    link->c.digest = arena_strdup(w->arena, digest);
    link->sealed = sealed ? made.sealed : (struct slice){0};
    return sealed;
}

static const char *text_of(const json_t *object, const char *member) {
    const char *text = json_string_value(json_object_get(object, member));
    return text ? text : "-";
}

static bool tell_contact(struct work *w, const struct link *link, const struct application *application,
                         struct error *e) {
    json_t *contact, *organization;
    if (!json_read(w->arena, slice_str(application->contact), &contact, e) ||
        !json_read(w->arena, slice_str(application->organization), &organization, e))
        return false;
    json_t *params = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "contact", text_of(contact, "name"),
                               "organization", text_of(organization, "name"), "name",
                               names_at(w->arena, application->names, 0), "names", application->names,
                               "application", application->id, "end", time_format(w->arena, link->c.end_at),
                               "link", arena_printf(w->arena, "%s/confirm/", w->services->public_url));
    const struct notify_event event = {.event = "contact_confirmation",
                                       .account_id = link->c.account_id,
                                       .subject = link->c.id,
                                       .certificate_id = application->certificate_id,
                                       .params = json_keep(w->arena, params),
                                       .now = w->now};
    const struct notify_receiver receiver = {.email = link->c.email, .sealed = link->sealed};
    return notify_mail(w->db, w->arena, &event, &receiver, e);
}

bool confirmation_record(struct work *w, struct error *e) {
    const struct link *link = w->prepared;
    struct application application;
    bool set;
    if (!link->sealed.p)
        return work_goes(w, OUTCOME_DONE);
    if (!confirmation_set_digest(w->db, &link->c, &set, e) ||
        !application_get(w->db, w->arena, link->c.account_id, link->c.application_id, &application, e))
        return false;
    bool wanted = set && !application.closed_at && w->now < link->c.end_at;
    return (!wanted || tell_contact(w, link, &application, e)) && work_goes(w, OUTCOME_DONE);
}

/* ---- used ---- */

bool confirmation_of(struct db *db, struct arena *a, const char *token, struct confirmation *c,
                     struct application *application, struct error *e) {
    char digest[SHA256_HEX_SIZE];
    digest_sha256_hex(slice_str(token), digest);
    if (confirmation_find(db, a, digest, c, e))
        return application_get(db, a, c->account_id, c->application_id, application, e);
    return e->id == ERR_NOT_FOUND && fail(e, ERR_NOT_FOUND, "there is no such link", "链接不存在");
}

/* The address was read by somebody: it is confirmed, as long as it is the contact's. */
static bool confirm_address(struct db *db, struct arena *a, const struct confirmation *c, int64_t now,
                            struct error *e) {
    struct contact contact;
    if (!contact_get(db, a, c->account_id, c->contact_id, &contact, e)) {
        bool gone = e->id == ERR_NOT_FOUND;
        if (gone)
            error_clear(e);
        return gone;
    }
    contact.email_confirmed_at = now;
    return strcmp(contact.email, c->email) != 0 || contact_store(db, &contact, e);
}

static bool note(struct db *db, struct arena *a, const struct confirmation *c, int64_t now, struct error *e) {
    struct review_note n = {.account_id = c->account_id,
                            .application_id = c->application_id,
                            .step = "email",
                            .result = "passed",
                            .note = arena_printf(a, "%s (%s)", c->id, c->email),
                            .actor = c->contact_id,
                            .at = now};
    struct audit_entry entry = audit_by_system(c->account_id, now, "application.confirm", c->application_id);
    entry.actor = c->contact_id;
    entry.address = c->address;
    if (!review_note_insert(db, a, &n, e))
        return false;
    entry.after = json_text(a, json_keep(a, json_from_row(a, review_note_fields, &n)), false);
    return audit_write(db, a, &entry, e);
}

bool confirmation_use(struct db *db, struct arena *a, const char *token, const char *address, int64_t now,
                      struct error *e) {
    struct confirmation c;
    struct application application;
    bool set = false;
    if (!confirmation_of(db, a, token, &c, &application, e))
        return false;
    c.address = address;
    if (!application.closed_at && !confirmation_set_used(db, &c, now, &set, e))
        return false;
    if (!set)
        return fail(e, ERR_LINK_USED, "the link was used before, or is over", "链接已使用或已失效");
    return confirm_address(db, a, &c, now, e) && note(db, a, &c, now, e);
}
