/* Who waits for a validation, and goes on when it ends. */
#include "renew/managed.h"
#include "validate/gate.h"

/* `id` NULL: it has ended, or its certificate was deleted. */
static bool open_application(struct db *db, struct arena *a, const char *id, struct application *p,
                             struct error *e) {
    if (application_get_any(db, a, id, p, e)) {
        p->id = p->closed_at ? NULL : p->id;
        return true;
    }
    p->id = NULL;
    return error_absent(e);
}

static bool waits_at_gate(const struct certificate *c) {
    return c->waits_for && strcmp(c->waits_for, "validation") == 0;
}

/* What went on alone until a proof was too old goes on alone again. */
static bool go_on(struct work *w, const struct application *p, struct error *e) {
    const struct profile *profile;
    struct certificate c;
    if (!certificate_get_any(w->db, w->arena, p->certificate_id, &c, e))
        return false;
    if (!waits_at_gate(&c))
        return managed_resume(w->services, w->arena, &c, w->now, e);
    c.waits_for = c.waits_detail_en = c.waits_detail_zh = NULL;
    return certificate_profile(w->services->policies, &c, &profile, e) &&
           certificate_store(w->db, w->arena, profile, &c, e) &&
           work_enqueue(w->db, c.account_id, c.id, "decide", w->now, e);
}

/* One name of one application: with the last one that is proven the application goes on. */
static bool settle(struct work *w, const struct validation *v, const struct application_name *n,
                   struct error *e) {
    struct application p;
    bool waits = false;
    if (!application_name_settle(w->db, n, v->id, w->now, e) ||
        !open_application(w->db, w->arena, n->application_id, &p, e) ||
        (v->validated_at && !application_name_waits(w->db, n->application_id, &waits, e)))
        return false;
    return !p.id || waits || go_on(w, &p, e);
}

bool validation_pass_on(struct work *w, const struct validation *v, bool *more, struct error *e) {
    struct application_name *names;
    size_t count;
    if (!application_name_waiting(w->db, w->arena, v, v->validated_at != 0, &names, &count, e))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!settle(w, v, &names[i], e))
            return false;
    *more = count == WAITING_MAX;
    return true;
}

bool validation_wanted(struct db *db, struct arena *a, const struct validation *v, int64_t now, bool *wanted,
                       struct error *e) {
    struct application_name *names;
    size_t count;
    struct application p = {.id = NULL};
    if (!application_name_waiting(db, a, v, false, &names, &count, e))
        return false;
    for (size_t i = 0; i < count && !p.id; i++)
        if (!open_application(db, a, names[i].application_id, &p, e) ||
            (!p.id && !application_name_settle(db, &names[i], v->id, now, e)))
            return false;
    *wanted = p.id || count == WAITING_MAX;
    return true;
}
