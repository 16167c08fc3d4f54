/* The step `decide`. */
#include "renew/renew_step.h"
#include "audit/audit.h"
#include "renew/auto_renew.h"
#include "renew/expiry.h"

static bool predecessor_read(struct db *db, struct arena *a, const struct certificate *c,
                             struct renew_facts *facts, struct error *e) {
    struct certificate old;
    if (!c->predecessor_id)
        return true;
    if (!certificate_get(db, a, c->account_id, c->predecessor_id, &old, e))
        return e->id == ERR_NOT_FOUND; /* deleted since: there is nothing to wait for */
    facts->predecessor.exists = true;
    facts->predecessor.revoked_at = old.revoke_asked_at ? old.revoke_asked_at : old.revoked_at;
    facts->predecessor.not_before = old.not_before;
    facts->predecessor.version_end = old.version_end;
    facts->predecessor.window_at = old.window_at;
    facts->predecessor.end_at = old.end_at;
    return true;
}

/* An early renewal comes with the window, not before: until then its predecessor goes on as if alone. */
static bool waits_for_window(const struct certificate *next) {
    return !next->active_at && next->term == 1 &&
           order_kind_parse(next->order_kind ? next->order_kind : "purchase") == ORDER_EARLY_RENEWAL;
}

/* A next term that is not paid may never come: nothing is left to it. */
static bool successor_read(struct db *db, struct arena *a, const struct certificate *c,
                           struct renew_facts *facts, struct error *e) {
    struct certificate next;
    if (!c->successor_id)
        return true;
    if (!certificate_get(db, a, c->account_id, c->successor_id, &next, e))
        return e->id == ERR_NOT_FOUND;
    facts->has_successor = true;
    facts->next_issued = next.version_count > 0;
    facts->next_term = next.paid_at && !waits_for_window(&next);
    return true;
}

bool renew_facts_read(struct db *db, struct arena *a, const struct certificate *c, struct renew_facts *facts,
                      struct error *e) {
    *facts = (struct renew_facts){
        .ordered = strcmp(c->kind, "official") == 0 || strcmp(c->kind, "test") == 0,
        .auto_versions = c->auto_versions,
        .auto_renew = c->auto_renew,
        .waits_for_person = certificate_waits_for_person(c),
        .at_gate = certificate_at_gate(c),
        .order_kind = order_kind_parse(c->order_kind ? c->order_kind : "purchase"),
        .term = c->term,
        .cancelled_at = c->cancelled_at,
        .revoked_at = c->revoke_asked_at ? c->revoke_asked_at : c->revoked_at,
        .paid_at = c->paid_at,
        .active_at = c->active_at,
        .coverage_end = c->coverage_end,
        .not_before = c->not_before,
        .version_end = c->version_end,
        .next_issue_at = c->next_issue_at,
        .window_at = c->window_at,
        .end_at = c->end_at,
    };
    return predecessor_read(db, a, c, facts, e) && successor_read(db, a, c, facts, e);
}

/* What waited for its predecessor is applied for without a person: that is what the managed service is. */
static bool activate(struct work *w, const struct profile *profile, struct certificate *c, struct error *e) {
    struct audit_entry entry = audit_by_system(c->account_id, w->now, "certificate.activate", c->id);
    return order_activate(w->services, c, w->now, e) && certificate_store(w->db, w->arena, profile, c, e) &&
           audit_write(w->db, w->arena, &entry, e) && renew_tell_activated(w, c, e);
}

static bool needs_person(const struct renew_decision *decision) {
    return decision->action == RENEW_FLAG || strcmp(decision->reason->code, "person") == 0;
}

static bool act_on(struct work *w, const struct renew_decision *decision) {
    if (decision->action == RENEW_ISSUE_VERSION)
        return work_goes(w, OUTCOME_NEXT);
    if (decision->action == RENEW_NONE || decision->at == 0)
        return work_goes(w, OUTCOME_DONE);
    return work_until(w, decision->at);
}

/* A certificate with what is to be decided about it. */
struct subject {
    struct certificate c; /* id NULL: deleted since it was enqueued */
    const struct profile *profile;
    struct renew_facts facts;
};

static bool subject_read(struct work *w, struct subject *s, struct error *e) {
    if (certificate_get_any(w->db, w->arena, w->item->subject, &s->c, e))
        return certificate_profile(w->services->policies, &s->c, &s->profile, e) &&
               renew_facts_read(w->db, w->arena, &s->c, &s->facts, e);
    if (!error_absent(e))
        return false;
    s->c.id = NULL;
    return true;
}

static bool changes(const struct renew_decision *decision) {
    return decision->action == RENEW_ACTIVATE || decision->action == RENEW_ORDER;
}

/* Facts are other ones afterwards; when its end is told next does not depend on them. */
static bool change(struct work *w, struct subject *s, const struct renew_decision *decision,
                   struct error *e) {
    int64_t threshold_at = s->facts.threshold_at;
    bool changed =
        decision->action == RENEW_ORDER ? auto_renew_order(w, &s->c, e) : activate(w, s->profile, &s->c, e);
    if (!changed || !subject_read(w, s, e))
        return false;
    s->facts.threshold_at = threshold_at;
    return true;
}

bool renew_is_due(struct work *w, bool *due, struct error *e) {
    struct subject s;
    *due = false;
    if (!subject_read(w, &s, e))
        return false;
    *due = s.c.id && renew_next(&s.facts, s.profile, w->now).action == RENEW_ISSUE_VERSION;
    return true;
}

/* An application that is open beside it is closed by the next step. */
static bool is_over_and_waits(const struct subject *s) {
    return s->c.waits_for && (s->facts.cancelled_at || s->facts.revoked_at);
}

bool renew_decide(struct work *w, struct error *e) {
    struct subject s;
    if (!subject_read(w, &s, e))
        return false;
    if (!s.c.id)
        return work_goes(w, OUTCOME_DONE);
    if (is_over_and_waits(&s))
        return work_goes(w, OUTCOME_NEXT);
    if (!expiry_tell(w, &s.c, s.profile, &s.facts.threshold_at, e))
        return false;
    struct renew_decision decision = renew_next(&s.facts, s.profile, w->now);
    if (changes(&decision)) {
        if (!change(w, &s, &decision, e))
            return false;
        decision = renew_next(&s.facts, s.profile, w->now);
    }
    return (!needs_person(&decision) || renew_tell_action(w, &s.c, &decision, e)) && act_on(w, &decision);
}
