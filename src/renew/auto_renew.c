/* Switching automatic renewal, and the order that it makes. */
#include "renew/auto_renew.h"
#include "audit/audit.h"
#include "order/quote.h"

enum { YEARS = 1 };

static bool store(const struct services *services, struct arena *a, struct certificate *c, struct error *e) {
    const struct profile *profile;
    return certificate_profile(services->policies, c, &profile, e) &&
           certificate_store(services->db, a, profile, c, e);
}

bool auto_renew_set(const struct services *services, struct arena *a, struct certificate *c, bool on,
                    int64_t now, struct error *e) {
    const struct profile *profile;
    enum action action = on ? ACTION_AUTO_RENEW_ON : ACTION_AUTO_RENEW_OFF;
    if (!certificate_profile(services->policies, c, &profile, e) ||
        !action_allowed(action, c, profile, now, e))
        return false;
    c->auto_renew = on;
    return store(services, a, c, e) && work_enqueue(services->db, c->account_id, c->id, "decide", now, e);
}

/* ---- the order ---- */

/* Of two switches one would order against the will of who cancels what the other has ordered. */
static bool hand_over(struct work *w, const char *old_id, struct certificate *successor, struct error *e) {
    struct certificate old;
    if (!certificate_get_any(w->db, w->arena, old_id, &old, e))
        return false;
    old.auto_renew = false;
    successor->auto_renew = true;
    return store(w->services, w->arena, &old, e) && store(w->services, w->arena, successor, e);
}

static bool audit(struct work *w, const struct certificate *c, const char *action, const char *after,
                  struct error *e) {
    struct audit_entry entry = audit_by_system(c->account_id, w->now, action, c->id);
    entry.after = after;
    return audit_write(w->db, w->arena, &entry, e);
}

/* In a savepoint: refused, it never was. */
static bool order(struct work *w, const struct certificate *c, struct error *e) {
    struct certificate old, successor;
    struct order made;
    const struct order_request request = {.years = YEARS, .created_by = "system"};
    if (!certificate_get_any(w->db, w->arena, c->id, &old, e) ||
        !order_renew(w->services, w->arena, &old, &request, w->now, &made, &successor, e))
        return false;
    if (!made.paid_at)
        return fail(e, ERR_INSUFFICIENT_BALANCE, "the renewal of %s is not paid by the balance",
                    "余额未能支付 %s 的续费", c->id);
    return hand_over(w, c->id, &successor, e);
}

static bool try_order(struct work *w, const struct certificate *c, bool *ordered, struct error *refusal,
                      struct error *e) {
    if (!db_savepoint(w->db, e))
        return false;
    *ordered = order(w, c, refusal);
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
    if (!certificate_get_any(w->db, w->arena, id, &c, e))
        return false;
    c.auto_renew = false;
    return store(w->services, w->arena, &c, e) && audit(w, &c, "certificate.auto_renew_off", after, e) &&
           tell_refused(w, &c, refusal, e);
}

bool auto_renew_order(struct work *w, const struct certificate *c, struct error *e) {
    struct error refusal = {0};
    bool ordered;
    if (!try_order(w, c, &ordered, &refusal, e))
        return false;
    if (ordered)
        return true;
    if (error_row(refusal.id)->retry == RETRY_NEVER)
        return switch_off(w, c->id, &refusal, e);
    *e = refusal;
    return false;
}
