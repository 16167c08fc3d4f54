/* The step that watches a delegated name. */
#include "solve/delegation.h"
#include "base/clock.h"
#include "notify/notify.h"
#include <strings.h>

/* From act to save. */
struct watched {
    struct delegation row;
    struct place place;
    bool over;
};

void delegation_complete(struct arena *a, const struct solve_settings *settings, struct delegation *d) {
    d->host = propagation_record(a, challenge_type_name(CHALLENGE_DNS_01), d->name);
    d->target = delegated_name(a, settings, d->account_id, d->name);
}

bool delegation_look(struct work *w, struct error *e) {
    struct watched *d = w->prepared = ARENA_NEW(w->arena, struct watched);
    struct delegation *row = &d->row;
    if (!delegation_get_any(w->db, w->arena, w->item->subject, row, e)) {
        d->over = error_absent(e);
        return d->over;
    }
    d->over = row->removed_at != 0;
    delegation_complete(w->arena, w->services->solve, row);
    return d->over || !row->target ||
           w->services->solve->follow(w->services, w->arena, row->host, &d->place, e);
}

static enum reason judge(const struct watched *d) {
    if (d->place.looped)
        return REASON_CNAME_LOOP;
    if (d->place.wildcard)
        return REASON_WILDCARD_CNAME;
    if (d->row.target && strcasecmp(d->place.name, d->row.target) == 0)
        return REASON_FOUND;
    return strcasecmp(d->place.name, d->row.host) == 0 ? REASON_RECORD_MISSING : REASON_WRONG_VALUE;
}

static bool tell_lost(struct work *w, const struct delegation *d, struct error *e) {
    json_t *params = json_pack("{s:s,s:s?,s:s?}", "name", d->name, "host", d->host, "target", d->target);
    const struct notify_event event = {.event = "delegation_lost",
                                       .account_id = d->account_id,
                                       .subject = d->id,
                                       .params = json_keep(w->arena, params),
                                       .now = w->now};
    return notify_tell(w->db, w->arena, &event, e);
}

bool delegation_seen(struct work *w, struct error *e) {
    struct watched *d = w->prepared;
    struct delegation *row = &d->row;
    if (d->over || !row->target) /* where there is no responder any more nothing can be delegated */
        return work_goes(w, OUTCOME_DONE);
    enum reason reason = judge(d);
    bool was_there = row->seen_at != 0, there = reason == REASON_FOUND;
    const char *leads_to = d->place.name;
    row->looks = was_there || there ? 0 : row->looks + 1;
    row->looked_at = w->now;
    row->seen_at = !there ? 0 : was_there ? row->seen_at : w->now;
    row->reason = reason_row(reason)->name;
    row->detail_en = arena_printf(w->arena, "%s leads to %s", row->host, leads_to);
    row->detail_zh = arena_printf(w->arena, "%s 指向 %s", row->host, leads_to);
    return delegation_note(w->db, row, e) && (there || !was_there || tell_lost(w, row, e)) &&
           work_until(w, w->now + (there ? DAY : work_backoff(row->looks)));
}
