/* Each name of an application needs a proof that counts: one that there is, or one that is looked for. */
#include "validate/gate.h"
#include "applicant/form.h"
#include "audit/audit.h"
#include "base/clock.h"
#include "pki/names.h"
#include "renew/managed.h"
#include "validate/automatic.h"

/* So long a proof that needs nobody is waited for before a person is told. */
enum { PATIENCE = 6 * 3600 };

/* A name without "*.", and whether a wildcard below it is applied for. */
struct need {
    const char *name;
    bool wildcard;
};

struct gate {
    struct work *w;
    const struct application *application;
    struct need *needs;
    size_t count;
    const struct validation **opened; /* of this application, the nearest to the root first */
    size_t opened_count;
    const char *missing; /* the first name without a proof; NULL: none */
    int64_t proven_at;   /* when it was proven last; 0: never */
    bool by_hand;        /* some name needs a person */
};

/* ---- what is needed ---- */

static size_t labels(const char *name) {
    size_t count = 1;
    for (; *name; name++)
        count += *name == '.';
    return count;
}

static struct need *need_of(struct gate *g, const char *name) {
    for (size_t i = 0; i < g->count; i++)
        if (strcmp(g->needs[i].name, name) == 0)
            return &g->needs[i];
    return NULL;
}

/* Parents come before what lies below them, so that one record proves all. */
static void add_need(struct gate *g, const char *name, bool wildcard) {
    struct need *known = need_of(g, name);
    if (known) {
        known->wildcard |= wildcard;
        return;
    }
    size_t at = g->count++;
    for (; at && labels(g->needs[at - 1].name) > labels(name); at--)
        g->needs[at] = g->needs[at - 1];
    g->needs[at] = (struct need){name, wildcard};
}

static void read_needs(struct gate *g) {
    const char *rest = g->application->names;
    struct slice name;
    size_t max = names_count(rest);
    g->needs = ARENA_ARRAY(g->w->arena, max, struct need);
    g->opened = ARENA_ARRAY(g->w->arena, max, const struct validation *);
    while (names_next(&rest, &name)) {
        const char *text = arena_strndup(g->w->arena, (const char *)name.p, name.len);
        const char *bare = name_bare(text);
        add_need(g, bare, bare != text);
    }
}

/* ---- what there is ---- */

/* Later than `after`; `id` NULL: none. */
static bool find_proof(struct gate *g, const struct need *need, int64_t after, struct validation *proof,
                       struct error *e) {
    const struct validation like = {
        .account_id = g->application->account_id, .name = need->name, .wildcard = need->wildcard};
    return validation_find_proof(g->w->db, g->w->arena, &like, after, proof, e);
}

static bool lies_below(const char *name, const char *parent) {
    size_t len = strlen(name), tail = strlen(parent);
    return len > tail && name[len - tail - 1] == '.' && strcmp(name + len - tail, parent) == 0;
}

/* What this application looks for already proves it as well; NULL: nothing. */
static const struct validation *find_opened(const struct gate *g, const struct need *need) {
    for (size_t i = 0; i < g->opened_count; i++)
        if (strcmp(g->opened[i]->method, "dns") == 0 && lies_below(need->name, g->opened[i]->name))
            return g->opened[i];
    return NULL;
}

/* ---- what is looked for from now on ---- */

static bool audit_begun(struct gate *g, const struct validation *v, struct error *e) {
    struct audit_entry entry = audit_by_system(v->account_id, g->w->now, "domain.create", v->id);
    entry.after =
        arena_printf(g->w->arena, "{\"name\":\"%s\",\"application_id\":\"%s\"}", v->name, g->application->id);
    return audit_write(g->w->db, g->w->arena, &entry, e);
}

static bool is_expected(const struct gate *g, const struct validation *v, bool *expected, struct error *e) {
    return automatic_expected(g->w->services, g->w->arena, v, expected, e);
}

/* An address has no records. Where nobody has chosen, the one that needs nobody; by a record, if both do. */
static bool choose_method(const struct gate *g, const struct need *need, struct validation *v,
                          struct error *e) {
    const char *method = g->application->validation_method;
    bool record, file;
    if (name_is_ip(need->name)) {
        v->method = check_file.method;
        return true;
    }
    v->method = method && !need->wildcard ? method : check_dns.method;
    if (method || need->wildcard)
        return true;
    if (!is_expected(g, v, &record, e))
        return false;
    v->method = check_file.method;
    if (!is_expected(g, v, &file, e))
        return false;
    if (record || !file)
        v->method = check_dns.method;
    return true;
}

/* One that is open and whose value has not run out; `id` NULL: there is none any more. */
static bool find_open(struct gate *g, struct validation *v, struct error *e) {
    struct work *w = g->w;
    const struct validation wanted = *v;
    const char *id;
    if (!validation_find_open(w->db, w->arena, v->account_id, v->name, v->method, &id, e))
        return false;
    if (!id)
        return true;
    if (!validation_get_any(w->db, w->arena, id, v, e))
        return false;
    if (w->now < v->token_end_at)
        return !wanted.wildcard || validation_set_wildcard(w->db, id, e);
    *v = wanted;
    return validation_end(w->db, id, "expired", w->now, e);
}

/* What needs nobody waits for nobody. */
static bool begin_at_once(struct gate *g, const struct validation *v, struct error *e) {
    bool expected;
    if (!is_expected(g, v, &expected, e))
        return false;
    g->by_hand |= !expected;
    return automatic_hurry(g->w->services, g->w->arena, v, g->w->now, e);
}

static bool open_one(struct gate *g, const struct need *need, struct validation *v, struct error *e) {
    *v = (struct validation){
        .account_id = g->application->account_id, .name = need->name, .wildcard = need->wildcard};
    if (!choose_method(g, need, v, e) || !find_open(g, v, e))
        return false;
    return (v->id || (validation_begin(g->w->db, g->w->arena, g->w->now, v, e) && audit_begun(g, v, e))) &&
           begin_at_once(g, v, e);
}

/* For whoever is told of it: the first name without a proof that counts, and how old the last one is. */
static bool note_missing(struct gate *g, const struct need *need, struct error *e) {
    struct validation last;
    if (g->missing)
        return true;
    if (!find_proof(g, need, 0, &last, e))
        return false;
    g->missing = need->name;
    g->proven_at = last.id ? last.validated_at : 0;
    return true;
}

static bool look_for(struct gate *g, const struct need *need, const char **id, struct error *e) {
    const struct validation *opened = find_opened(g, need);
    if (!note_missing(g, need, e))
        return false;
    if (!opened) {
        struct validation *v = ARENA_NEW(g->w->arena, struct validation);
        if (!open_one(g, need, v, e))
            return false;
        opened = g->opened[g->opened_count++] = v;
    }
    *id = opened->id;
    return true;
}

static bool prove(struct gate *g, const struct need *need, struct error *e) {
    struct validation proof;
    struct application_name row = {.application_id = g->application->id,
                                   .name = need->name,
                                   .account_id = g->application->account_id,
                                   .place = name_place(g->w->arena, need->name),
                                   .wildcard = need->wildcard};
    int64_t now = g->w->now;
    if (!find_proof(g, need, now - validation_reuse_days(now) * DAY, &proof, e))
        return false;
    row.validation_id = proof.id;
    row.settled_at = proof.id ? now : 0;
    return (proof.id || look_for(g, need, &row.validation_id, e)) && application_name_put(g->w->db, &row, e);
}

/* ---- waiting ---- */

static struct text what_is_missing(const struct gate *g) {
    struct arena *a = g->w->arena;
    if (!g->by_hand)
        return (struct text)TEXT(
            arena_printf(a,
                         "Control over %s is not proven yet; Tenure publishes what proves it: `tenure "
                         "application show %s`.",
                         g->missing, g->application->id),
            arena_printf(a, "%s 的域名验证尚未完成,验证内容由 Tenure 自动发布:`tenure application show %s`。",
                         g->missing, g->application->id));
    return (struct text)TEXT(
        arena_printf(a,
                     "Control over %s is not proven yet: `tenure application show %s` shows what to publish.",
                     g->missing, g->application->id),
        arena_printf(a, "%s 的域名验证尚未完成:请通过 `tenure application show %s` 查看需发布的内容。",
                     g->missing, g->application->id));
}

static struct text with_age(const struct gate *g, const struct text *missing) {
    struct arena *a = g->w->arena;
    long long age = (g->w->now - g->proven_at) / DAY, limit = validation_reuse_days(g->w->now);
    return (struct text)TEXT(
        arena_printf(a, "The last proof is %lld days old (%lld at most). %s", age, limit,
                     missing->in[LANG_EN]),
        arena_printf(a, "上次验证距今 %lld 天(最多 %lld 天)。%s", age, limit, missing->in[LANG_ZH]));
}

/* Nobody is there who knows of it. */
static bool hold(const struct gate *g, struct certificate *c, struct error *e) {
    struct form_lack lack = {.id = ERR_VALIDATION_AGED_OUT, .detail = what_is_missing(g)};
    if (g->proven_at)
        lack.detail = with_age(g, &lack.detail);
    return managed_hold(g->w, c, &lack, e);
}

static bool tell_waiting(struct work *w, const struct application *p, const struct certificate *c,
                         struct error *e) {
    struct arena *a = w->arena;
    const struct error_row *row = error_row(ERR_VALIDATION_AGED_OUT);
    json_t *params =
        json_pack("{s:s,s:s,s:s,s:s}", "reason_en", c->waits_detail_en, "reason_zh", c->waits_detail_zh,
                  "remedy_en", row->remedy.in[LANG_EN], "remedy_zh", row->remedy.in[LANG_ZH]);
    const struct notify_event event = {.event = "action_needed",
                                       .once = arena_printf(a, "validation:%s", p->id),
                                       .params = json_keep(a, params),
                                       .now = w->now};
    return certificate_tell(w->db, a, c, &event, e);
}

/* It may have been held since the application was made: the time counts from the submission. */
static int64_t over_at(const struct application *p, const struct certificate *c) {
    return c->submitted_at + p->expires_at - p->submitted_at;
}

/* Nobody looks at it: a later version, or what the managed service has submitted. */
static bool comes_by_itself(const struct certificate *c) {
    return c->version_count || managed_goes_alone(c);
}

/* So long nobody is told of what comes by itself and needs nobody. */
static int64_t patient_until(const struct application *p, const struct certificate *c) {
    return (c->submitted_at > p->created_at ? c->submitted_at : p->created_at) + PATIENCE;
}

static bool needs_person(const struct gate *g, const struct certificate *c) {
    return g->by_hand || g->w->now >= patient_until(g->application, c);
}

static bool plan_end(const struct gate *g, const struct certificate *c, struct error *e) {
    const struct application *p = g->application;
    if (comes_by_itself(c) && needs_person(g, c))
        return true;
    int64_t at = comes_by_itself(c) ? patient_until(p, c) : over_at(p, c);
    return work_enqueue(g->w->db, c->account_id, p->id, "lapse", at, e);
}

/* Before the first version somebody submitted or paid, and looks at it; a later one comes by itself. */
static bool stop(const struct gate *g, struct certificate *c, struct error *e) {
    struct work *w = g->w;
    const struct profile *profile;
    const struct text detail = what_is_missing(g);
    bool told = comes_by_itself(c) && needs_person(g, c);
    if (told && managed_goes_alone(c))
        return hold(g, c, e);
    c->waits_for = "validation";
    c->waits_detail_en = detail.in[LANG_EN];
    c->waits_detail_zh = detail.in[LANG_ZH];
    return certificate_profile(w->services->policies, c, &profile, e) &&
           certificate_store(w->db, w->arena, profile, c, e) &&
           (!told || tell_waiting(w, g->application, c, e)) && plan_end(g, c, e) &&
           work_goes(w, OUTCOME_OTHERWISE);
}

bool validate_gate(struct work *w, struct error *e) {
    struct applying *applying = apply_applying(w);
    struct gate g = {.w = w, .application = &applying->application};
    if (strcmp(g.application->demands, "dv") != 0)
        return true;
    read_needs(&g);
    for (size_t i = 0; i < g.count; i++)
        if (!prove(&g, &g.needs[i], e))
            return false;
    return !g.missing || stop(&g, &applying->certificate, e);
}

/* ---- too late ---- */

/* Nobody was needed, it seemed, and nothing was found. */
static bool ask_person(struct work *w, const struct application *p, struct certificate *c, struct error *e) {
    const struct form_lack lack = {.id = ERR_VALIDATION_AGED_OUT,
                                   .detail = TEXT(c->waits_detail_en, c->waits_detail_zh)};
    if (w->now < patient_until(p, c))
        return work_until(w, patient_until(p, c));
    if (c->version_count)
        return tell_waiting(w, p, c, e) && work_goes(w, OUTCOME_DONE);
    return managed_hold(w, c, &lack, e) && work_enqueue(w->db, c->account_id, c->id, "decide", w->now, e) &&
           work_goes(w, OUTCOME_DONE);
}

static bool lapse(struct work *w, const struct application *p, struct error *e) {
    struct certificate c;
    struct error cause = {0};
    if (!certificate_get_any(w->db, w->arena, p->certificate_id, &c, e))
        return false;
    if (!c.waits_for || strcmp(c.waits_for, "validation") != 0)
        return work_goes(w, OUTCOME_DONE);
    if (comes_by_itself(&c))
        return ask_person(w, p, &c, e);
    if (w->now < over_at(p, &c))
        return work_until(w, over_at(p, &c));
    fail(&cause, ERR_VALIDATION_FAILED, "control over the names of %s was not proven in time",
         "未在规定时间内完成 %s 的域名验证", c.id);
    return apply_reject(w, &c, ERR_VALIDATION_FAILED, &cause, e);
}

bool validate_lapse(struct work *w, struct error *e) {
    struct application p;
    if (!application_get_any(w->db, w->arena, w->item->subject, &p, e)) {
        if (!error_absent(e))
            return false;
        return work_goes(w, OUTCOME_DONE);
    }
    return p.closed_at ? work_goes(w, OUTCOME_DONE) : lapse(w, &p, e);
}
