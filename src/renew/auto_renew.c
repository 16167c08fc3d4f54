/* Switching automatic renewal, and the order that it makes. */
#include "renew/auto_renew.h"
#include "audit/audit.h"
#include "order/payment.h"
#include "order/quote.h"
#include "renew/expiry.h"

#define ACTOR "system"

enum { YEARS = 1 };

/* ---- the switch ---- */

/* Its own use of the managed service, or that of what follows it. */
static bool has_use(struct db *db, struct arena *a, const char *certificate_id, bool *found,
                    struct error *e) {
    struct reservation *units;
    size_t count;
    if (!certificate_id || *found)
        return true;
    if (!reservation_of_certificate(db, a, certificate_id, &units, &count, e))
        return false;
    for (size_t i = 0; i < count; i++)
        *found |= strcmp(units[i].unit, UNIT_MANAGED_USE) == 0 && !units[i].released_at;
    return true;
}

/* Switched off, it is hosted only as far as the managed service is there for it. */
static bool set(const struct services *services, struct arena *a, struct certificate *c, bool on,
                struct error *e) {
    const struct profile *profile;
    bool hosted = on;
    if (!has_use(services->db, a, c->id, &hosted, e) ||
        !has_use(services->db, a, c->successor_id, &hosted, e))
        return false;
    c->auto_renew = on;
    c->hosted = hosted;
    return certificate_profile(services->policies, c, &profile, e) &&
           certificate_store(services->db, a, profile, c, e);
}

bool auto_renew_set(const struct services *services, struct arena *a, struct certificate *c, bool on,
                    int64_t now, struct error *e) {
    const struct profile *profile;
    enum action action = on ? ACTION_AUTO_RENEW_ON : ACTION_AUTO_RENEW_OFF;
    return certificate_profile(services->policies, c, &profile, e) &&
           action_allowed(action, c, profile, now, e) && set(services, a, c, on, e) &&
           work_enqueue(services->db, c->account_id, c->id, "decide", now, e);
}

/* ---- the order ---- */

/* Of two switches one would order against the will of who cancels what the other has ordered. */
static bool hand_over(struct work *w, const char *old_id, const char *successor_id, struct error *e) {
    struct certificate old, successor;
    if (!certificate_get_any(w->db, w->arena, old_id, &old, e) ||
        !certificate_get_any(w->db, w->arena, successor_id, &successor, e))
        return false;
    return set(w->services, w->arena, &old, false, e) && set(w->services, w->arena, &successor, true, e) &&
           renew_tell_activated(w, &successor, e);
}

static bool audit(struct work *w, const char *account_id, const char *action, const char *subject,
                  const char *after, struct error *e) {
    struct audit_entry entry = audit_by_system(account_id, w->now, action, subject);
    entry.after = after;
    return audit_write(w->db, w->arena, &entry, e);
}

static bool pay(struct work *w, struct order *o, struct error *e) {
    struct payment payment;
    return !o->due.amount ||
           payment_begin(w->services, w->arena, o, PROVIDER_DEFAULT, ACTOR, w->now, &payment, e);
}

/* In a savepoint: refused, it never was. */
static bool order(struct work *w, const char *certificate_id, struct error *e) {
    struct certificate old, *certificates;
    struct quote quote;
    struct order made;
    size_t count;
    if (!certificate_get_any(w->db, w->arena, certificate_id, &old, e))
        return false;
    const struct quote_request request = {
        .account_id = old.account_id, .order = {.years = YEARS, .created_by = ACTOR}, .old = &old};
    if (!quote_make(w->services, w->arena, &request, w->now, &quote, e))
        return false;
    const struct order_wish wish = {.account_id = old.account_id, .quote_id = quote.id, .actor = ACTOR};
    return order_make(w->services, w->arena, &wish, w->now, &made, &certificates, &count, e) &&
           pay(w, &made, e) && hand_over(w, certificate_id, certificates[0].id, e) &&
           audit(w, old.account_id, "order.create", made.id, NULL, e);
}

static bool try_order(struct work *w, const char *id, bool *ordered, struct error *refusal, struct error *e) {
    if (!db_savepoint(w->db, e))
        return false;
    *ordered = order(w, id, refusal);
    if (*ordered)
        return db_savepoint_release(w->db, e);
    db_savepoint_rollback(w->db);
    return true;
}

static bool tell_refused(struct work *w, const struct certificate *c, const struct error *refusal,
                         struct error *e) {
    const struct error_row *row = error_row(refusal->id);
    json_t *params = json_pack(
        "{s:s,s:s,s:o,s:o}", "reason_en", refusal->detail[LANG_EN], "reason_zh", refusal->detail[LANG_ZH],
        "remedy_en",
        json_sprintf("Automatic renewal is switched off. %s Then renew it: `tenure renew %s`.",
                     row->remedy.in[LANG_EN], c->id),
        "remedy_zh",
        json_sprintf("自动续费已关闭。%s 然后手动续费:`tenure renew %s`。", row->remedy.in[LANG_ZH], c->id));
    return certificate_tell(w->db, w->arena, c,
                            &(struct notify_event){.event = "charge_failed",
                                                   .params = json_keep(w->arena, params),
                                                   .now = w->now},
                            e);
}

static bool switch_off(struct work *w, const char *id, const struct error *refusal, struct error *e) {
    struct certificate c;
    const char *after = arena_printf(w->arena, "{\"reason\":\"%s\"}", error_row(refusal->id)->code);
    return certificate_get_any(w->db, w->arena, id, &c, e) && set(w->services, w->arena, &c, false, e) &&
           audit(w, c.account_id, "certificate.auto_renew_off", c.id, after, e) &&
           tell_refused(w, &c, refusal, e);
}

bool auto_renew_order(struct work *w, const struct certificate *c, struct error *e) {
    struct error refusal = {0};
    bool ordered;
    if (!try_order(w, c->id, &ordered, &refusal, e))
        return false;
    if (ordered)
        return true;
    if (error_row(refusal.id)->retry == RETRY_NEVER)
        return switch_off(w, c->id, &refusal, e);
    *e = refusal;
    return false;
}
