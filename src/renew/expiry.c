/*
 * Thresholds of expiry (SPEC section 13). They ride on the queue row of step `decide`, and on that of a
 * version that fails to be issued: neither waits for the other.
 */
#include "renew/expiry.h"
#include "base/clock.h"
#include "renew/renew_step.h"

enum {
    HOURS_UP_TO = 2 * DAY, /* what is left is told in hours below that */
    HOUR = 3600,
    LAST_DAYS = 7, /* of 30: until then a paid successor has time to be issued by itself */
};

/* One certificate at its threshold. */
struct coming_end {
    struct work *w;
    const struct certificate *c;
    const struct certificate *successor; /* NULL: none that is paid for */
    int64_t end;
};

/* ---- which end, and who is told of it ---- */

static bool is_over(const struct certificate *c) {
    return !c->version_id || c->cancelled_at || c->revoked_at || c->revoke_asked_at || c->superseded_at;
}

/* That of the coverage, unless the next version within it is overdue. */
static struct thresholds thresholds_of(const struct certificate *c, const struct profile *profile,
                                       int64_t now, const struct notify_choice *choice) {
    bool early = c->version_end < c->end_at && certificate_at_risk(c, now);
    return (struct thresholds){
        .days = choice->thresholds,
        .literal = choice->own_thresholds,
        .end = early ? c->version_end : c->end_at,
        .lead = early ? policy_lead(profile, c->version_end - c->not_before) : c->end_at - c->window_at,
    };
}

static bool successor_read(struct coming_end *x, struct error *e) {
    struct certificate *successor = ARENA_NEW(x->w->arena, struct certificate);
    if (!x->c->successor_id)
        return true;
    if (certificate_get_any(x->w->db, x->w->arena, x->c->successor_id, successor, e)) {
        x->successor = successor->paid_at ? successor : NULL;
        return true;
    }
    return error_absent(e);
}

/* NULL: nobody needs to know. */
static const char *event_of(const struct coming_end *x, int64_t days) {
    const int64_t now = x->w->now;
    const char *usual = now < x->end ? "expiry" : "expired";
    if (x->end <= x->c->created_at) /* it came to us expired */
        return NULL;
    if (!x->successor)
        return usual;
    if (!certificate_live(x->successor, now))
        return days <= LAST_DAYS ? usual : NULL;
    if (!x->successor->target_count)
        return NULL;
    return now < x->end ? "successor_undelivered" : usual;
}

/* ---- the words ---- */

static const char *left_in(struct arena *a, int64_t seconds, enum lang lang) {
    bool hours = seconds < HOURS_UP_TO && seconds % DAY;
    int64_t unit = hours ? HOUR : DAY, count = seconds > 0 ? (seconds + unit - 1) / unit : 0;
    if (lang == LANG_ZH)
        return arena_printf(a, "%lld %s", (long long)count, hours ? "小时" : "天");
    return arena_printf(a, "%lld %s%s", (long long)count, hours ? "hour" : "day", count == 1 ? "" : "s");
}

static struct text remedy_of(const struct coming_end *x) {
    static const struct text waits = TEXT("Its renewal %s is not issued yet: `tenure explain %s` says why.",
                                          "其续费证书 %s 尚未签发:请用 `tenure explain %s` 查看原因。"),
                             official = TEXT("Renew it: `tenure renew %s`.", "请续费:`tenure renew %s`。"),
                             test = TEXT("Apply for a new free certificate: %s cannot be renewed.",
                                         "请重新申请免费证书:%s 不支持续费。"),
                             brought_in = TEXT("Replace it: `tenure replace %s`, or bring in a newer one.",
                                               "请替换:`tenure replace %s`,或导入更新的证书。");
    struct arena *a = x->w->arena;
    struct text remedy;
    const struct text *free_or_not = strcmp(x->c->kind, "test") == 0 ? &test : &brought_in;
    const struct text *usual = strcmp(x->c->kind, "official") == 0 ? &official : free_or_not;
    for (int lang = 0; lang < LANG_COUNT; lang++)
        remedy.in[lang] = x->successor ? arena_printf(a, waits.in[lang], x->successor->id, x->successor->id)
                                       : arena_printf(a, usual->in[lang], x->c->id);
    return remedy;
}

static bool tell(const struct coming_end *x, const char *event, struct error *e) {
    struct arena *a = x->w->arena;
    const struct text remedy = remedy_of(x);
    int64_t left = x->end - x->w->now;
    json_t *params = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "end", time_format(a, x->end), "left_en",
                               left_in(a, left, LANG_EN), "left_zh", left_in(a, left, LANG_ZH), "remedy_en",
                               remedy.in[LANG_EN], "remedy_zh", remedy.in[LANG_ZH], "successor",
                               x->successor ? x->successor->id : "-");
    return certificate_tell(
        x->w->db, a, x->c,
        &(struct notify_event){.event = event, .params = json_keep(a, params), .now = x->w->now}, e);
}

static bool tell_crossing(struct coming_end *x, int64_t days, struct error *e) {
    if (!successor_read(x, e))
        return false;
    const char *event = event_of(x, days);
    return !event || tell(x, event, e);
}

bool expiry_tell(struct work *w, const struct certificate *c, const struct profile *profile, int64_t *next_at,
                 struct error *e) {
    struct notify_choice choice;
    int64_t days;
    *next_at = 0;
    if (is_over(c))
        return true;
    if (!notify_choice(w->db, w->arena, c->account_id, c->id, &choice, e))
        return false;
    const struct threshold_look look = {.account_id = c->account_id,
                                        .certificate_id = c->id,
                                        .thresholds = thresholds_of(c, profile, w->now, &choice)};
    struct coming_end x = {.w = w, .c = c, .end = look.thresholds.end};
    *next_at = threshold_next(&look.thresholds, w->now);
    return notify_look(w->db, &look, w->now, &days, e) && (days < 0 || tell_crossing(&x, days, e));
}

/* ---- other things that the engine tells of a certificate ---- */

bool renew_tell_activated(struct work *w, const struct certificate *c, struct error *e) {
    if (!c->predecessor_id)
        return true;
    json_t *params = json_keep(w->arena, json_pack("{s:s}", "predecessor", c->predecessor_id));
    return certificate_tell(
        w->db, w->arena, c,
        &(struct notify_event){.event = "renewal_activated", .params = params, .now = w->now}, e);
}

/* What exactly is missing, where it is known; else what the decision says. */
static json_t *action_params(struct arena *a, const struct certificate *c,
                             const struct renew_reason *reason) {
    enum error_id missing = c->waits_for ? error_by_code(c->waits_for) : ERR_NONE;
    const struct error_row *row = error_row(missing);
    if (missing == ERR_NONE)
        return json_pack("{s:s,s:s,s:o,s:o}", "reason_en", reason->text.in[LANG_EN], "reason_zh",
                         reason->text.in[LANG_ZH], "remedy_en",
                         json_sprintf("Look at `tenure explain %s`.", c->id), "remedy_zh",
                         json_sprintf("请查看 `tenure explain %s`。", c->id));
    const char *en = c->waits_detail_en ? c->waits_detail_en : row->title.in[LANG_EN],
               *zh = c->waits_detail_zh ? c->waits_detail_zh : row->title.in[LANG_ZH];
    return json_pack("{s:s,s:s,s:s,s:s}", "reason_en", en, "reason_zh", zh, "remedy_en",
                     arena_printf(a, "%s Look at `tenure explain %s`.", row->remedy.in[LANG_EN], c->id),
                     "remedy_zh",
                     arena_printf(a, "%s 请查看 `tenure explain %s`。", row->remedy.in[LANG_ZH], c->id));
}

bool renew_tell_action(struct work *w, const struct certificate *c, const struct renew_decision *decision,
                       struct error *e) {
    const char *code = c->waits_for ? c->waits_for : decision->reason->code;
    const struct notify_event event = {
        .event = "action_needed",
        .once = arena_printf(w->arena, "action_needed:%s:%s:%lld", c->id, code, (long long)c->version_end),
        .params = json_keep(w->arena, action_params(w->arena, c, decision->reason)),
        .now = w->now};
    return certificate_tell(w->db, w->arena, c, &event, e);
}

/* ---- a version that could not be made ---- */

static bool tell_failure(struct work *w, const struct certificate *c, const struct error *cause,
                         struct error *e) {
    const struct error_row *row = error_row(cause->id);
    json_t *params = json_pack("{s:s,s:s,s:s,s:s,s:s}", "reason_en", cause->detail[LANG_EN], "reason_zh",
                               cause->detail[LANG_ZH], "remedy_en", row->remedy.in[LANG_EN], "remedy_zh",
                               row->remedy.in[LANG_ZH], "next",
                               time_format(w->arena, work_retry_at(cause, w->item->attempts + 1, w->now)));
    const struct notify_event event = {
        .event = "renewal_failed",
        .once = arena_printf(w->arena, "renewal_failed:%s:%lld", c->id, (long long)c->version_count),
        .params = json_keep(w->arena, params),
        .now = w->now};
    return certificate_tell(w->db, w->arena, c, &event, e);
}

bool renew_failed(struct work *w, const struct error *cause, struct error *e) {
    const struct profile *profile;
    struct certificate c;
    int64_t ignored;
    if (!certificate_get_any(w->db, w->arena, w->item->subject, &c, e))
        return e->id == ERR_NOT_FOUND; /* deleted: nobody to tell of it */
    if (!certificate_profile(w->services->policies, &c, &profile, e) ||
        !expiry_tell(w, &c, profile, &ignored, e))
        return false;
    bool ours = error_row(cause->id)->retry == RETRY_SOON; /* it says nothing about the certificate */
    return ours || tell_failure(w, &c, cause, e);
}
