/* What becomes of a submission, but for a version: made by a person, withdrawn, rejected. */
#include "applicant/submit.h"
#include "apply/apply.h"
#include "audit/audit.h"
#include "renew/renew_step.h"

/* The engine finds out by itself what a changed certificate needs. */
static bool store(const struct services *services, struct arena *a, struct certificate *c, int64_t now,
                  struct error *e) {
    const struct profile *profile;
    return certificate_profile(services->policies, c, &profile, e) &&
           certificate_store(services->db, a, profile, c, e) &&
           work_enqueue(services->db, c->account_id, c->id, "decide", now, e);
}

/* Whatever was asked for is not wanted any more; nothing may be open. */
static bool drop_open(struct db *db, struct arena *a, const struct certificate *c, int64_t now,
                      const char *reason, struct error *e) {
    struct application open;
    if (application_open(db, a, c->id, &open, e))
        return application_drop(db, &open, now, reason, e);
    return error_absent(e);
}

bool apply_submit(const struct services *services, struct arena *a, struct certificate *c, int64_t now,
                  struct error *e) {
    return order_submit(services, c, SUBMIT_BY_PERSON, now, e) && store(services, a, c, now, e);
}

bool apply_withdraw(const struct services *services, struct arena *a, struct certificate *c, int64_t now,
                    struct error *e) {
    const struct profile *profile;
    if (!certificate_profile(services->policies, c, &profile, e) ||
        !action_allowed(ACTION_WITHDRAW, c, profile, now, e) ||
        !drop_open(services->db, a, c, now, "withdrawn", e))
        return false;
    c->submitted_at = 0;
    c->in_review = false;
    c->waits_for = c->waits_detail_en = c->waits_detail_zh = NULL;
    return store(services, a, c, now, e);
}

/* ---- rejected ---- */

/*
 * What the applicant has brought cannot be signed, however often it is tried. Any other failure is ours or
 * the CA's, and is tried again.
 */
static const struct {
    enum error_id cause, reason;
} rejections[] = {
    {ERR_WEAK_KEY, ERR_REJECTED_CSR},           {ERR_KEY_UNSUPPORTED, ERR_REJECTED_CSR},
    {ERR_NO_KEY_HELD, ERR_REJECTED_CSR},        {ERR_CSR_MALFORMED, ERR_REJECTED_CSR},
    {ERR_CSR_SIGNATURE, ERR_REJECTED_CSR},      {ERR_CSR_WEAK_KEY, ERR_REJECTED_CSR},
    {ERR_CSR_NAMES_MISMATCH, ERR_REJECTED_CSR}, {ERR_ISSUE_REFUSED, ERR_ISSUE_REFUSED},
};

enum error_id apply_rejection(enum error_id cause) {
    for (size_t i = 0; i < sizeof rejections / sizeof *rejections; i++)
        if (rejections[i].cause == cause)
            return rejections[i].reason;
    return ERR_NONE;
}

static bool audit_rejected(struct work *w, const struct certificate *c, const struct error *cause,
                           struct error *e) {
    struct audit_entry entry = audit_by_system(c->account_id, w->now, "application.reject", c->id);
    entry.after = arena_printf(w->arena, "{\"reason\":\"%s\",\"cause\":\"%s\"}", c->reject_reason,
                               error_row(cause->id)->code);
    return audit_write(w->db, w->arena, &entry, e);
}

static bool tell_rejected(struct work *w, const struct certificate *c, const struct error *cause,
                          struct error *e) {
    const struct error_row *row = error_row(cause->id);
    json_t *params = json_pack("{s:s,s:s,s:s,s:s}", "reason_en", cause->detail[LANG_EN], "reason_zh",
                               cause->detail[LANG_ZH], "remedy_en", row->remedy.in[LANG_EN], "remedy_zh",
                               row->remedy.in[LANG_ZH]);
    return certificate_tell(
        w->db, w->arena, c,
        &(struct notify_event){.event = "rejected", .params = json_keep(w->arena, params), .now = w->now}, e);
}

bool apply_reject(struct work *w, struct certificate *c, enum error_id reason, const struct error *cause,
                  struct error *e) {
    const struct profile *profile;
    c->rejected_at = w->now;
    c->reject_reason = error_row(reason)->code;
    c->waits_for = c->waits_detail_en = c->waits_detail_zh = NULL;
    return certificate_profile(w->services->policies, c, &profile, e) &&
           drop_open(w->db, w->arena, c, w->now, c->reject_reason, e) &&
           certificate_store(w->db, w->arena, profile, c, e) && audit_rejected(w, c, cause, e) &&
           tell_rejected(w, c, cause, e) && work_goes(w, OUTCOME_DONE);
}

bool apply_failed_for(struct work *w, enum error_id reason, const struct error *cause, struct error *e) {
    struct certificate c;
    if (!apply_subject(w, &c, e))
        return false;
    bool open = c.id && !c.cancelled_at && !c.version_count && c.submitted_at && !c.rejected_at;
    return open && reason != ERR_NONE ? apply_reject(w, &c, reason, cause, e) : renew_failed(w, cause, e);
}

bool apply_failed(struct work *w, const struct error *cause, struct error *e) {
    return apply_failed_for(w, apply_rejection(cause->id), cause, e);
}
