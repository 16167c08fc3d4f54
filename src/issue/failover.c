/* Which issuer an application goes to. */
#include "issue/failover.h"
#include "catalog/issuer.h"
#include "issue/acme_order.h"
#include "notify/notify.h"

static bool has_fallback(const struct brand *brand) {
    return brand->fallback_issuers && *brand->fallback_issuers;
}

/* In order of preference, one space between. */
static const char *issuers_of(struct arena *a, const struct brand *brand) {
    return has_fallback(brand) ? arena_printf(a, "%s %s", brand->issuer, brand->fallback_issuers)
                               : brand->issuer;
}

static bool is_usable(struct work *w, const char *id, bool *usable, struct error *e) {
    struct issuer issuer;
    *usable = issuer_get(w->db, w->arena, id, &issuer, e);
    if (*usable) {
        *usable = !issuer.withdrawn_at;
        return true;
    }
    return error_absent(e);
}

/* The first that may be asked; the first of all that are not withdrawn if each of them is passed over. */
struct choice {
    const char *id, *first;
    struct issuer_health health; /* of `id` */
};

static bool consider(struct work *w, const char *id, struct choice *choice, struct error *e) {
    struct issuer_health health;
    bool usable;
    if (!is_usable(w, id, &usable, e))
        return false;
    if (!usable)
        return true;
    choice->first = choice->first ? choice->first : id;
    if (!issuer_health_get(w->db, w->arena, w->item->account_id, id, &health, e))
        return false;
    if (health.avoid_until > w->now)
        return true;
    choice->id = id;
    choice->health = health;
    return true;
}

static bool choose(struct work *w, const char *ids, struct choice *choice, struct error *e) {
    struct slice id;
    *choice = (struct choice){.id = NULL};
    while (!choice->id && names_next(&ids, &id))
        if (!consider(w, arena_strndup(w->arena, (const char *)id.p, id.len), choice, e))
            return false;
    return true;
}

/* The day is over: who comes first tries it, and the others go on as before until it is known how that went.
 */
static bool take_turn(struct work *w, struct choice *choice, struct error *e) {
    if (!choice->id || !choice->health.avoid_until)
        return true;
    choice->health.avoid_until = w->now + FAILOVER_SECONDS;
    return issuer_health_put(w->db, &choice->health, e);
}

static bool set_issuer(struct work *w, struct application *application, const char *id, struct error *e) {
    if (strcmp(application->issuer, id) == 0)
        return true;
    application->issuer = id;
    return application_set_issuer(w->db, application->id, id, e);
}

bool failover_choose(struct work *w, const struct certificate *c, struct application *application,
                     struct error *e) {
    const struct brand *brand;
    struct acme_order_row open;
    struct choice choice;
    if (!order_brand(w->services, c, &brand, e))
        return false;
    if (strcmp(brand->issuer, ISSUER_LOCAL) == 0 && !has_fallback(brand))
        return true;
    if (!acme_order_open(w->db, w->arena, application->id, &open, e) || open.id)
        return open.id != NULL;
    const char *ids = issuers_of(w->arena, brand);
    if (!choose(w, ids, &choice, e))
        return false;
    const char *id = choice.id ? choice.id : choice.first;
    if (!id)
        return fail(e, ERR_BRAND_NOT_ON_SALE, "the issuers of brand '%s' are withdrawn: %s",
                    "品牌“%s”的签发机构均已停用:%s", brand->id, ids);
    return take_turn(w, &choice, e) && set_issuer(w, application, id, e);
}

/* ---- how it went ---- */

static bool count_failure(struct work *w, const char *issuer_id, const struct error *cause,
                          struct issuer_health *health, struct error *e) {
    if (!issuer_health_get(w->db, w->arena, w->item->account_id, issuer_id, health, e))
        return false;
    health->since = health->failures ? health->since : w->now;
    health->last_error = error_row(cause->id)->code;
    if (++health->failures >= FAILOVER_FAILURES)
        health->avoid_until = w->now + FAILOVER_SECONDS;
    return issuer_health_put(w->db, health, e);
}

/* Once for each outage: the failures are forgotten when it issues again. */
static bool tell(struct work *w, const struct issuer_health *health, const char *other,
                 const struct error *cause, struct error *e) {
    struct arena *a = w->arena;
    const char *until = time_format(a, health->avoid_until);
    const char *en = "No other issuer of the line takes over: it is asked again, more and more rarely.";
    const char *zh = "该品牌没有可接替的签发机构:将以越来越长的间隔重试。";
    if (health->failures != FAILOVER_FAILURES)
        return true;
    if (other)
        en = arena_printf(a, "Until %s %s is asked in its place; then one application tries it again.", until,
                          other);
    if (other)
        zh = arena_printf(a, "在 %s 之前改由 %s 签发,之后由一个申请重新尝试。", until, other);
    const struct notify_event event = {
        .event = "issuer_failing",
        .account_id = w->item->account_id,
        .subject = health->issuer_id,
        .params = json_keep(a, json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "issuer", health->issuer_id, "since",
                                         time_format(a, health->since), "reason_en", cause->detail[LANG_EN],
                                         "reason_zh", cause->detail[LANG_ZH], "next_en", en, "next_zh", zh)),
        .now = w->now};
    return notify_tell(w->db, a, &event, e);
}

bool failover_failed(struct work *w, const struct certificate *c, const struct application *application,
                     const struct error *cause, bool *passed_over, struct error *e) {
    const struct brand *brand;
    struct choice choice;
    struct issuer_health health;
    if (!count_failure(w, application->issuer, cause, &health, e) ||
        !order_brand(w->services, c, &brand, e) || !choose(w, issuers_of(w->arena, brand), &choice, e))
        return false;
    *passed_over = choice.id && strcmp(choice.id, application->issuer) != 0;
    return tell(w, &health, *passed_over ? choice.id : NULL, cause, e);
}

bool failover_worked(struct work *w, const char *issuer_id, struct error *e) {
    return issuer_health_delete(w->db, w->item->account_id, issuer_id, e);
}
