/* Looks at names: asked for, made, and kept for a time. */
#include "doctor/doctor.h"
#include "base/clock.h"
#include "base/rand.h"
#include "doctor/doctor_issuer.h"
#include "http/json.h"
#include "pki/names.h"

enum { KEEP_SECONDS = 90 * DAY, PURGE_LIMIT = 5000, CROWD_PAUSE = 5 };

/* Behind whichever of them is in the queue; a day is longer than any stays there. */
static bool comes_later(struct db *db, struct arena *a, const struct preflight *p, bool *later,
                        struct error *e) {
    const char *first = NULL;
    bool read =
        !p->application_id || preflight_waiting(db, a, p->account_id, p->id, p->created_at - DAY, &first, e);
    *later = first != NULL;
    return read;
}

bool preflight_begin(struct db *db, struct arena *a, int64_t now, struct preflight *p, struct error *e) {
    bool later;
    p->id = id_new(a, "pfl", now);
    p->created_at = now;
    if (!comes_later(db, a, p, &later, e) || !preflight_insert(db, p, e))
        return false;
    return later || work_enqueue(db, p->account_id, p->id, "examine", now, e);
}

bool doctor_wanted(struct db *db, const char *account_id, const char *name, const char *application_id,
                   int64_t now, struct error *e) {
    AUTO_ARENA a = arena_new();
    struct preflight p = {.account_id = account_id, .name = name, .application_id = application_id};
    bool recent;
    if (!preflight_recent(db, account_id, name, now - PREFLIGHT_PAUSE, &recent, e))
        return false;
    return recent || preflight_begin(db, a, now, &p, e);
}

/* ---- the step ---- */

/* From act to save. */
struct examined {
    bool crowds; /* another worker looks for the same account */
    struct preflight preflight;
    struct examination examination;
};

static bool look(struct work *w, struct examined *d, struct error *e) {
    struct examination *x = &d->examination;
    struct address ignored;
    const char *name = d->preflight.name;
    const struct doctor_question question = {.services = w->services,
                                             .account_id = d->preflight.account_id,
                                             .issuer_id = d->preflight.issuer_id,
                                             .now = w->now};
    x->validator = w->services->validator;
    x->arena = w->arena;
    x->name = name_bare(name);
    x->wildcard = x->name != name;
    x->address = address_parse(name, &ignored);
    return doctor_issuers(&question, x, e) && examine(x, e) && doctor_solver(&question, x, e);
}

bool doctor_examine(struct work *w, struct error *e) {
    struct examined *d = ARENA_NEW(w->arena, struct examined);
    *d = (struct examined){.crowds = false};
    w->prepared = d;
    if (!preflight_get_any(w->db, w->arena, w->item->subject, &d->preflight, e) ||
        !work_crowds(w, &d->crowds, e))
        return false;
    return d->crowds || d->preflight.ended_at || look(w, d, e);
}

static json_t *found_json(struct arena *a, const struct found *f) {
    json_t *o = json_object();
    json_object_set_new(o, "code", json_string(symptom_row(f->symptom)->code));
    json_object_set_new(o, "issuer", json_string_of(a, f->issuer));
    json_object_set_new(o, "value", json_string_of(a, f->value));
    json_object_set_new(o, "detail_en", json_string_of(a, f->detail.in[LANG_EN]));
    json_object_set_new(o, "detail_zh", json_string_of(a, f->detail.in[LANG_ZH]));
    return o;
}

/* The worst first; otherwise as they were found. */
static const char *findings_json(struct arena *a, const struct examination *x, enum severity *worst) {
    json_t *list = json_array();
    *worst = SEVERITY_NOTE;
    for (int severity = SEVERITY_FATAL; severity >= SEVERITY_NOTE; severity--)
        for (size_t i = 0; i < x->count; i++) {
            const struct found *f = &x->found[i];
            enum severity is = symptom_row(f->symptom)->severity;
            if ((int)is != severity)
                continue;
            *worst = is > *worst ? is : *worst;
            json_array_append_new(list, found_json(a, f));
        }
    return json_text(a, json_keep(a, list), false);
}

/* Whose turn it is now, behind everything that is due. */
static bool pass_on(struct work *w, const struct preflight *p, struct error *e) {
    const char *next = NULL;
    if (p->application_id && !preflight_waiting(w->db, w->arena, p->account_id, p->id, 0, &next, e))
        return false;
    return (!next || work_enqueue(w->db, p->account_id, next, "examine", w->now, e)) &&
           work_goes(w, OUTCOME_DONE);
}

bool doctor_failed(struct work *w, const struct error *cause, struct error *e) {
    struct preflight p;
    (void)cause;
    if (!preflight_get_any(w->db, w->arena, w->item->subject, &p, e))
        return error_absent(e) && work_goes(w, OUTCOME_DONE);
    return !p.application_id || p.ended_at || (preflight_delete(w->db, p.id, e) && pass_on(w, &p, e));
}

bool doctor_record(struct work *w, struct error *e) {
    struct examined *d = w->prepared;
    enum severity worst;
    if (d->crowds)
        return work_again(w, w->now + CROWD_PAUSE);
    if (d->preflight.ended_at)
        return pass_on(w, &d->preflight, e);
    d->preflight.ended_at = w->now;
    d->preflight.findings = findings_json(w->arena, &d->examination, &worst);
    d->preflight.worst = severity_name(worst);
    d->preflight.answers = check_answers(w->arena, &d->examination.check);
    return preflight_end(w->db, &d->preflight, e) && pass_on(w, &d->preflight, e);
}

/* More than the limit in one day is left for the next. */
bool doctor_purge(struct work *w, struct error *e) {
    return preflight_purge(w->db, w->now - KEEP_SECONDS, PURGE_LIMIT, e);
}
