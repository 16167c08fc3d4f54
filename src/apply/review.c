/* Who may be signed for without asking, what waits, and what a reviewer decides. */
#include "apply/review.h"
#include "applicant/identity.h"
#include "apply/confirmation.h"
#include "apply/letter.h"
#include "audit/audit.h"
#include "base/clock.h"
#include "renew/managed.h"
#include <stdio.h>

bool review_get(const struct services *services, struct arena *a, const char *account_id,
                const char *application_id, struct review *r, struct error *e) {
    return application_get(services->db, a, account_id, application_id, &r->application, e) &&
           certificate_get(services->db, a, account_id, r->application.certificate_id, &r->certificate, e) &&
           certificate_profile(services->policies, &r->certificate, &r->profile, e);
}

/* ---- what waits ---- */

static const char *organization_name(struct arena *a, const struct application *application) {
    json_t *values;
    struct error e;
    const char *text = application->organization;
    const char *name = text && json_read(a, slice_str(text), &values, &e)
                           ? json_string_value(json_object_get(values, "name"))
                           : NULL;
    return name ? name : "-";
}

static bool tell_reviewers(const struct services *services, struct arena *a, const struct review *r,
                           const struct notify_event *event, struct error *e) {
    struct notify_event full = *event;
    const struct application *p = &r->application;
    full.subject = p->id;
    full.params = json_keep(a, json_pack("{s:s,s:s,s:s}", "application", p->id, "organization",
                                         organization_name(a, p), "since", time_format(a, p->review_at)));
    return certificate_tell(services->db, a, &r->certificate, &full, e);
}

static void wait_for(struct certificate *c, const char *what, const struct text *detail) {
    c->waits_for = what;
    c->waits_detail_en = detail->in[LANG_EN];
    c->waits_detail_zh = detail->in[LANG_ZH];
}

static void wait_no_more(struct certificate *c) {
    c->in_review = false;
    c->waits_for = c->waits_detail_en = c->waits_detail_zh = NULL;
}

bool review_begin(const struct services *services, struct arena *a, struct review *r, int64_t now,
                  struct error *e) {
    static const struct text detail = TEXT("A reviewer checks the organisation and calls the contact.",
                                           "审核员正在核实组织信息并致电联系人。");
    wait_for(&r->certificate, "review", &detail);
    r->certificate.in_review = true;
    r->application.review_at = now;
    const struct notify_event event = {
        .event = "review_waiting", .once = arena_printf(a, "review:%s", r->application.id), .now = now};
    return review_set_waiting(services->db, r->application.id, now, e) &&
           tell_reviewers(services, a, r, &event, e);
}

/* Its letter is made by a worker: fonts and layout are no work for others. */
static bool begin_letter(struct work *w, struct review *r, struct error *e) {
    static const struct text detail =
        TEXT("Get the confirmation letter (tenure letter get), sign and seal it, and upload the scan.",
             "请下载确认函(tenure letter get),签字盖章后上传扫描件。");
    wait_for(&r->certificate, "letter", &detail);
    return work_enqueue(w->db, r->application.account_id, r->application.id, "letter", w->now, e);
}

static struct identity_check identity_of(const struct application *p) {
    return (struct identity_check){.account_id = p->account_id,
                                   .organization_id = p->organization_id,
                                   .organization_revision = p->organization_revision,
                                   .contact_id = p->contact_id,
                                   .grade = p->grade,
                                   .application_id = p->id};
}

/* Why there is no check that holds. */
static bool explain_check(struct work *w, const struct application *p, struct text *detail, struct error *e) {
    static const struct text never =
        TEXT("The organisation, as it is now, was not checked yet.", "当前的组织信息尚未经过审核。");
    const struct identity_check like = identity_of(p);
    int64_t at;
    if (!identity_check_last(w->db, &like, &at, e))
        return false;
    long long age = (w->now - at) / DAY;
    *detail = never;
    if (!at)
        return true;
    detail->in[LANG_EN] = arena_printf(
        w->arena, "The check of the organisation is %lld days old (%d at most).", age, IDENTITY_CHECK_DAYS);
    detail->in[LANG_ZH] =
        arena_printf(w->arena, "组织信息的审核距今 %lld 天(最多 %d 天)。", age, IDENTITY_CHECK_DAYS);
    return true;
}

/* Nobody is there who knows of it: it goes back to its applicant (SPEC section 10), who may correct the data
 * of the next application. */
static bool hold(struct work *w, struct review *r, struct error *e) {
    struct form_lack lack = {.id = ERR_IDENTITY_CHECK_AGED_OUT};
    return explain_check(w, &r->application, &lack.detail, e) &&
           application_drop(w->db, &r->application, w->now, error_row(lack.id)->code, e) &&
           managed_hold(w, &r->certificate, &lack, e);
}

static bool wait(struct work *w, struct review *r, struct error *e) {
    struct letter_document letter = {.id = NULL};
    struct certificate *c = &r->certificate;
    if (!letter_wanted(w->services, c, &c->letter_needed, e) ||
        (c->letter_needed && !letter_find(w->db, w->arena, &r->application, LETTER_UPLOADED, &letter, e)))
        return false;
    c->letter_at = letter.id ? letter.created_at : 0;
    bool missing = c->letter_needed && !letter.id;
    return (missing ? begin_letter(w, r, e) : review_begin(w->services, w->arena, r, w->now, e)) &&
           confirmation_begin(w->services, w->arena, &r->application, w->now, e) &&
           certificate_store(w->db, w->arena, r->profile, c, e) && work_goes(w, OUTCOME_OTHERWISE);
}

bool review_gate(struct work *w, struct error *e) {
    const struct applying *applying = apply_applying(w);
    bool known;
    if (strcmp(applying->application.demands, "review") != 0 || applying->application.reviewed_at)
        return true;
    struct review r = {.application = applying->application, .certificate = applying->certificate};
    const struct identity_check identity = identity_of(&r.application);
    if (!identity_check_valid(w->db, &identity, w->now, &known, e))
        return false;
    if (known || !certificate_profile(w->services->policies, &r.certificate, &r.profile, e))
        return known;
    return managed_goes_alone(&r.certificate) ? hold(w, &r, e) : wait(w, &r, e);
}

/* ---- the verdict ---- */

/* The application of the path, and not another one of the same certificate, is the one that waits. */
static bool may_decide(const struct review *r, enum action action, int64_t now, struct error *e) {
    const struct application *p = &r->application;
    if (!action_allowed(action, &r->certificate, r->profile, now, e))
        return false;
    return (!p->closed_at && !p->reviewed_at && p->review_at) ||
           fail_state(e, state_row(certificate_state(&r->certificate, now))->name, ERR_NOT_IN_REVIEW,
                      "application %s waits for no reviewer", "申请 %s 无需审核员审核", p->id);
}

static bool check_notes(const struct services *services, struct arena *a, const char *application_id,
                        struct error *e) {
    bool telephone, email;
    if (!review_step_passed(services->db, a, application_id, "telephone", &telephone, e) ||
        !review_step_passed(services->db, a, application_id, "email", &email, e))
        return false;
    return (telephone && email) ||
           fail(e, ERR_CHECKS_MISSING, "application %s lacks %s%s%s", "申请 %s 缺少:%s%s%s", application_id,
                telephone ? "" : "telephone", telephone || email ? "" : ", ", email ? "" : "email");
}

static bool remember(const struct services *services, struct arena *a, const struct application *application,
                     const struct review_verdict *verdict, int64_t now, struct error *e) {
    struct identity_check check = identity_of(application);
    struct audit_entry entry =
        audit_by_system(application->account_id, now, "identity_check.create", application->organization_id);
    check.checked_by = verdict->by;
    check.checked_at = now;
    entry.actor = verdict->by;
    if (!identity_check_add(services->db, a, &check, e))
        return false;
    entry.after = json_text(a, json_keep(a, json_from_row(a, identity_check_fields, &check)), false);
    return audit_write(services->db, a, &entry, e);
}

bool review_approve(const struct services *services, struct arena *a, struct review *r,
                    const struct review_verdict *verdict, int64_t now, struct error *e) {
    struct certificate *c = &r->certificate;
    if (!may_decide(r, ACTION_APPROVE, now, e) || !check_notes(services, a, r->application.id, e))
        return false;
    wait_no_more(c);
    r->application.reviewed_at = now;
    r->application.reviewed_by = verdict->by;
    return review_set_verdict(services->db, &r->application, verdict, now, e) &&
           remember(services, a, &r->application, verdict, now, e) &&
           certificate_store(services->db, a, r->profile, c, e) &&
           work_enqueue(services->db, c->account_id, c->id, "apply", now, e);
}

/* ---- rejected ---- */

static const enum error_id reasons[] = {
    ERR_ORGANISATION_DATA, ERR_LETTER_REFUSED, ERR_CONTACT_NOT_REACHED, ERR_DOMAIN_SECURITY_REVIEW,
    ERR_VALIDATION_FAILED, ERR_REJECTED_CAA,   ERR_REJECTED_CSR,        ERR_CA_LIMIT,
};

static bool check_reason(const char *reason, const struct error_row **row, struct error *e) {
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        *row = error_row(reasons[i]);
        if (strcmp((*row)->code, reason) == 0)
            return true;
    }
    return fail_field(e, "reason", ERR_BAD_FIELD,
                      "'%s' is no reason: organisation_data, letter_refused, contact_not_reached, "
                      "domain_security_review, validation_failed, rejected_caa, rejected_csr or ca_limit",
                      "“%s”不是可选的原因:organisation_data、letter_refused、contact_not_reached、"
                      "domain_security_review、validation_failed、rejected_caa、rejected_csr 或 ca_limit",
                      reason);
}

/* Beside a live version the certificate is none that was rejected: its next version waits for a changed
 * form. */
static void mark_rejected(struct certificate *c, const struct error_row *row, int64_t now) {
    wait_no_more(c);
    if (c->version_count) {
        wait_for(c, row->code, &row->remedy);
        return;
    }
    c->rejected_at = now;
    c->reject_reason = row->code;
}

static bool tell_rejected(const struct services *services, struct arena *a, const struct certificate *c,
                          const struct review_verdict *verdict, const struct error_row *row, int64_t now,
                          struct error *e) {
    const char *text = verdict->text ? verdict->text : "";
    const char *colon = *text ? ": " : "";
    json_t *params = json_pack("{s:s,s:s,s:s,s:s}", "reason_en",
                               arena_printf(a, "%s%s%s", row->title.in[LANG_EN], colon, text), "reason_zh",
                               arena_printf(a, "%s%s%s", row->title.in[LANG_ZH], colon, text), "remedy_en",
                               row->remedy.in[LANG_EN], "remedy_zh", row->remedy.in[LANG_ZH]);
    const struct notify_event event = {.event = "rejected", .params = json_keep(a, params), .now = now};
    return certificate_tell(services->db, a, c, &event, e);
}

/* A letter that was refused is not good for the next application with the same data. */
static bool refuse_letter(const struct services *services, struct arena *a, const struct application *p,
                          const struct error_row *row, int64_t now, struct error *e) {
    const struct letter_document letter = {.certificate_id = p->certificate_id,
                                           .data_digest = letter_data_digest(a, p)};
    return row != error_row(ERR_LETTER_REFUSED) || letter_refuse(services->db, &letter, now, e);
}

bool review_reject(const struct services *services, struct arena *a, struct review *r,
                   const struct review_verdict *verdict, int64_t now, struct error *e) {
    struct certificate *c = &r->certificate;
    const struct error_row *row;
    if (!check_reason(verdict->reason, &row, e) || !may_decide(r, ACTION_REJECT, now, e) ||
        !review_set_verdict(services->db, &r->application, verdict, now, e) ||
        !application_drop(services->db, &r->application, now, row->code, e) ||
        !refuse_letter(services, a, &r->application, row, now, e))
        return false;
    mark_rejected(c, row, now);
    return certificate_store(services->db, a, r->profile, c, e) &&
           tell_rejected(services, a, c, verdict, row, now, e) &&
           work_enqueue(services->db, c->account_id, c->id, "decide", now, e);
}

/* ---- reminded ---- */

bool review_remind(const struct services *services, struct arena *a, struct review *r, int64_t now,
                   struct error *e) {
    const struct notify_event event = {.event = "review_reminder", .now = now};
    if (!action_allowed(ACTION_REMIND, &r->certificate, r->profile, now, e))
        return false;
    r->certificate.reminded_at = now;
    return certificate_store(services->db, a, r->profile, &r->certificate, e) &&
           tell_reviewers(services, a, r, &event, e);
}
