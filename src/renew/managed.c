/* What becomes of an application of the managed service when one of its conditions fails. */
#include "renew/managed.h"
#include "audit/audit.h"
#include "order/order.h"

bool managed_goes_alone(const struct certificate *c) {
    return c->came_managed && c->submitted_at && !c->version_count;
}

static bool audit(struct work *w, const struct certificate *c, struct error *e) {
    struct audit_entry entry = audit_by_system(c->account_id, w->now, "application.hold", c->id);
    entry.after = arena_printf(w->arena, "{\"waits_for\":\"%s\"}", c->waits_for);
    return audit_write(w->db, w->arena, &entry, e);
}

bool managed_hold(struct work *w, struct certificate *c, const struct form_lack *lack, struct error *e) {
    const struct profile *profile;
    c->submitted_at = 0;
    c->waits_for = error_row(lack->id)->code;
    c->waits_detail_en = lack->detail.in[LANG_EN];
    c->waits_detail_zh = lack->detail.in[LANG_ZH];
    return certificate_profile(w->services->policies, c, &profile, e) &&
           certificate_store(w->db, w->arena, profile, c, e) && audit(w, c, e) &&
           work_goes(w, OUTCOME_OTHERWISE);
}

bool managed_resume(const struct services *services, struct arena *a, struct certificate *c, int64_t now,
                    struct error *e) {
    const struct profile *profile;
    bool held = c->came_managed && c->active_at && !c->submitted_at && c->waits_for && !c->cancelled_at;
    if (!held || c->version_count)
        return true;
    return order_submit(services, c, SUBMIT_BY_MANAGED_SERVICE, now, e) &&
           certificate_profile(services->policies, c, &profile, e) &&
           certificate_store(services->db, a, profile, c, e) &&
           work_enqueue(services->db, c->account_id, c->id, "decide", now, e);
}
