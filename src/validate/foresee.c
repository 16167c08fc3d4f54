/* What will have aged out when the next version is due, seen ahead of time. */
#include "applicant/form.h"
#include "applicant/identity.h"
#include "apply/apply.h"
#include "base/clock.h"
#include "catalog/catalog.h"
#include "pki/names.h"
#include "validate/automatic.h"
#include "validate/gate.h"
#include "validate/known.h"

/* So long before the issue a person is told; less where a proof of then would have aged out again by then. */
enum { AHEAD_DAYS = 14, AHEAD_PART = 2 };

static int64_t ahead_at(const struct certificate *c) {
    int64_t at = c->next_issue_at, days = validation_reuse_days(at) / AHEAD_PART;
    int64_t usual = at - (days < AHEAD_DAYS ? days : AHEAD_DAYS) * DAY;
    int64_t middle = c->not_before + (at - c->not_before) / AHEAD_PART;
    return usual > middle ? usual : middle;
}

/* ---- what is needed ---- */

/* As the gate asks for it: `form` says by which method. */
static bool name_need(const struct services *services, struct arena *a, const struct application_form *form,
                      const char *name, struct shortage *need, struct error *e) {
    const char *bare = name_bare(name);
    const struct validation like = {.account_id = form->account_id,
                                    .name = bare,
                                    .wildcard = bare != name,
                                    .method = bare == name ? form->validation_method : NULL};
    struct validation proof;
    if (!validation_find_proof(services->db, a, &like, 0, &proof, e))
        return false;
    *need = (struct shortage){.what = "domain", .name = name, .proven_at = proof.id ? proof.validated_at : 0};
    return automatic_expected(services, a, &like, &need->automatic, e);
}

static bool name_needs(const struct services *services, struct arena *a, struct foresight *f,
                       struct error *e) {
    const struct certificate *c = f->certificate;
    struct application_form form;
    struct slice name;
    if (!form_of(services->db, a, c, &form, e))
        return false;
    form.account_id = c->account_id;
    f->needs = ARENA_ARRAY(a, names_count(c->names), struct shortage);
    for (const char *rest = c->names; names_next(&rest, &name);) {
        const char *text = arena_strndup(a, (const char *)name.p, name.len);
        if (!name_need(services, a, &form, text, &f->needs[f->count++], e))
            return false;
    }
    return true;
}

static bool organization_need(const struct services *services, struct arena *a, struct foresight *f,
                              struct error *e) {
    const struct certificate *c = f->certificate;
    struct identity_check like;
    f->needs = ARENA_NEW(a, struct shortage);
    if (!identity_check_of(services, a, c, &like, e))
        return false;
    if (!like.organization_id)
        return true;
    f->count = 1;
    f->needs[0] = (struct shortage){.what = "organization", .name = like.organization_id};
    return identity_check_last(services->db, &like, &f->needs[0].proven_at, e);
}

bool foresee(const struct services *services, struct arena *a, const struct certificate *c,
             struct foresight *f, struct error *e) {
    enum demands demands = form_demands(services, c);
    *f = (struct foresight){.certificate = c};
    if (demands == DEMANDS_DV)
        return name_needs(services, a, f, e);
    return demands != DEMANDS_REVIEW || organization_need(services, a, f, e);
}

bool foresee_lacks(const struct shortage *need, int64_t at) {
    bool domain = strcmp(need->what, "domain") == 0;
    int64_t days = domain ? validation_reuse_days(at) : IDENTITY_CHECK_DAYS;
    return !need->automatic && need->proven_at + days * DAY <= at;
}

/* ---- telling ---- */

static const char *missing_at(struct arena *a, const struct foresight *f, int64_t at) {
    const char *names = NULL;
    for (size_t i = 0; i < f->count; i++)
        if (foresee_lacks(&f->needs[i], at))
            names = names ? arena_printf(a, "%s %s", names, f->needs[i].name) : f->needs[i].name;
    return names;
}

static struct text reason_of(struct arena *a, const struct foresight *f, const char *names) {
    const char *when = time_format(a, f->certificate->next_issue_at);
    return (struct text)TEXT(
        arena_printf(a, "The next version is planned for %s; by then no proof will be recent enough for: %s.",
                     when, names),
        arena_printf(a, "下一版本计划于 %s 签发;届时以下对象的验证将已过期:%s。", when, names));
}

static struct text remedy_of(struct arena *a, const struct foresight *f, const char *names) {
    struct slice name;
    if (strcmp(f->needs[0].what, "organization") == 0)
        return (struct text)TEXT("A reviewer has to check the organisation again before that version.",
                                 "该版本签发前需由审核员重新核验组织信息。");
    names_next(&names, &name);
    const char *first = arena_strndup(a, (const char *)name.p, name.len);
    return (struct text)TEXT(arena_printf(a, "Have it proven now: `tenure domain add '%s'`.", first),
                             arena_printf(a, "请现在完成验证:`tenure domain add '%s'`。", first));
}

static bool tell(struct work *w, const struct foresight *f, const char *names, struct error *e) {
    struct arena *a = w->arena;
    const struct certificate *c = f->certificate;
    const struct text reason = reason_of(a, f, names), remedy = remedy_of(a, f, names);
    json_t *params =
        json_pack("{s:s,s:s,s:s,s:s}", "reason_en", reason.in[LANG_EN], "reason_zh", reason.in[LANG_ZH],
                  "remedy_en", remedy.in[LANG_EN], "remedy_zh", remedy.in[LANG_ZH]);
    const struct notify_event event = {.event = "action_needed",
                                       .once = arena_printf(a, "ahead:%s", c->version_id),
                                       .params = json_keep(a, params),
                                       .now = w->now};
    return certificate_tell(w->db, a, c, &event, e);
}

/* Only versions that come by themselves, and not those of a certificate that waits or ends. */
static bool is_planned(const struct certificate *c, int64_t now) {
    return c->version_id && c->auto_versions && c->next_issue_at > now && !c->waits_for && !c->cancelled_at &&
           !c->revoke_asked_at && !c->revoked_at && c->version_end < c->coverage_end;
}

static bool look_ahead(struct work *w, const struct certificate *c, struct error *e) {
    struct foresight f;
    if (!foresee(w->services, w->arena, c, &f, e))
        return false;
    const char *names = missing_at(w->arena, &f, c->next_issue_at);
    int64_t at = ahead_at(c);
    if (!names)
        return true;
    if (w->now >= at)
        return tell(w, &f, names, e);
    work_by(w, at);
    return true;
}

bool validate_foresee(struct work *w, struct error *e) {
    struct certificate c;
    if (!certificate_get_any(w->db, w->arena, w->item->subject, &c, e))
        return error_absent(e); /* deleted since it was enqueued */
    return !is_planned(&c, w->now) || look_ahead(w, &c, e);
}
