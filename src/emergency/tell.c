/* What people are told of an emergency, and what keeps the next one away. */
#include "emergency/emergency.h"

static bool tell(struct work *w, const struct emergency *em, struct notify_event event, json_t *params,
                 struct error *e) {
    json_object_set_new(params, "name", json_string(em->host));
    json_object_set_new(params, "emergency", json_string(em->id));
    json_object_set_new(params, "certificate", json_string(em->certificate_id ? em->certificate_id : "-"));
    event.account_id = em->account_id;
    event.subject = em->id;
    event.certificate_id = em->certificate_id;
    event.params = json_keep(w->arena, params);
    event.now = w->now;
    return notify_tell(w->db, w->arena, &event, e);
}

bool tell_waits(struct work *w, const struct emergency *em, struct text why, struct error *e) {
    const char *once = arena_printf(w->arena, "emergency_waits:%s:%s", em->id, em->waits_for);
    return tell(w, em, (struct notify_event){.event = "emergency_waits", .once = once},
                json_pack("{s:s,s:s}", "reason_en", why.in[LANG_EN], "reason_zh", why.in[LANG_ZH]), e);
}

bool tell_live(struct work *w, const struct emergency *em, struct error *e) {
    long long seconds = em->live_at - em->created_at;
    const char *once = arena_printf(w->arena, "emergency_live:%s", em->id);
    return tell(w, em, (struct notify_event){.event = "emergency_live", .once = once},
                json_pack("{s:s,s:s,s:s}", "at", time_format(w->arena, em->live_at), "left_en",
                          arena_printf(w->arena, "%lld seconds", seconds), "left_zh",
                          arena_printf(w->arena, "%lld 秒", seconds)),
                e);
}

bool tell_follow_up(struct work *w, const struct emergency *em, struct error *e) {
    const char *original = arena_printf(w->arena, "%s %s, %s", em->original_brand ? em->original_brand : "",
                                        em->original_grade, em->names);
    return tell(w, em, (struct notify_event){.event = "emergency_follow_up"},
                json_pack("{s:s}", "original", original + strspn(original, " ")), e);
}

/* ---- prevention ---- */

static void say(struct request *rq, json_t *list, const char *topic, const struct text *text) {
    json_array_append_new(list, json_pack("{s:s,s:s}", "topic", topic, "text", text->in[rq->lang]));
}

static bool say_notices(struct request *rq, const struct certificate *c, json_t *list, struct error *e) {
    struct notify_choice choice;
    struct arena *a = rq->arena;
    if (!notify_choice(rq->db, a, c->account_id, c->id, &choice, e))
        return false;
    const struct text text =
        TEXT(arena_printf(a, "Expiry messages of %s: %s days before its end (tenure notify show).", c->id,
                          choice.thresholds),
             arena_printf(a, "%s 的到期提醒:到期前 %s 天(tenure notify show)。", c->id, choice.thresholds));
    say(rq, list, "notices", &text);
    return true;
}

bool tell_prevention(struct request *rq, const struct emergency *em, json_t **list, struct error *e) {
    struct certificate c;
    struct arena *a = rq->arena;
    *list = json_array();
    if (!em->live_at)
        return true;
    if (!certificate_get(rq->db, a, em->account_id, em->certificate_id, &c, e))
        return error_absent(e);
    const struct text renewal = TEXT(arena_printf(a, "It can be renewed from %s on: tenure renew %s.",
                                                  time_format(a, c.window_at), c.id),
                                     arena_printf(a, "自 %s 起可以续费:tenure renew %s。",
                                                  time_format(a, c.window_at), c.id)),
                      managed = TEXT(
                          "With the managed service the next certificate is applied for and deployed "
                          "before this one ends: order more than one year, or switch automatic renewal on.",
                          "使用托管服务可在到期前自动申请并部署新证书:购买多年期,或开启自动续费。");
    if (!say_notices(rq, &c, *list, e))
        return false;
    say(rq, *list, "renewal", &renewal);
    say(rq, *list, "managed", &managed);
    return true;
}
