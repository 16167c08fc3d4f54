/* Records of dns-persist-01: made up, placed, watched. */
#include "solve/persist_record.h"
#include "base/clock.h"
#include "notify/notify.h"
#include "pki/names.h"
#include "solve/name_grant.h"

enum { VALUE_MAX = 255, LEAD_MAX = 30 * DAY, LEAD_PART = 3, MISSES_TOLD = 2 };

/* ---- what a record says ---- */

const char *persist_value(struct arena *a, const struct persist *p) {
    const char *until = p->until ? arena_printf(a, "; persistUntil=%lld", (long long)p->until) : "";
    return arena_printf(a, "%s; accounturi=%s%s%s", p->issuer, p->account_uri,
                        p->wildcard ? "; policy=wildcard" : "", until);
}

static bool is_account_uri(const char *uri) {
    for (const char *c = uri; *c; c++)
        if (*c <= ' ' || *c >= 0x7f || strchr(";\"\\", *c))
            return false;
    return strncmp(uri, "https://", 8) == 0 && uri[8];
}

static bool check_name(struct arena *a, const char *field, const char **name, struct error *e) {
    if (!name_normalise(a, *name, false, name, e)) {
        snprintf(e->field, sizeof e->field, "%s", field);
        return false;
    }
    return !name_is_ip(*name) ||
           fail_field(e, field, ERR_BAD_FIELD, "'%s' is no name of DNS", "“%s”不是 DNS 域名", *name);
}

const char *persist_record_host(struct arena *a, const struct persist_record *r) {
    return propagation_record(a, challenge_type_name(CHALLENGE_DNS_PERSIST_01), r->name);
}

bool persist_record_make(struct arena *a, struct persist_record *r, int64_t now, struct error *e) {
    if (!check_name(a, "name", &r->name, e) || !check_name(a, "issuer", &r->issuer, e))
        return false;
    if (strchr(r->issuer, '*'))
        return fail_field(e, "issuer", ERR_BAD_FIELD, "'%s' is no CA", "“%s”不是 CA", r->issuer);
    if (strncmp(r->name, "*.", 2) == 0) {
        r->name += 2;
        r->wildcard = true;
    }
    if (!is_account_uri(r->account_uri))
        return fail_field(e, "account_uri", ERR_BAD_FIELD, "'%s' is not the URL of an account",
                          "“%s”不是账户的 URL", r->account_uri);
    if (r->until_at && r->until_at <= now)
        return fail_field(e, "until_at", ERR_BAD_FIELD, "until_at has passed already", "until_at 已经过去");
    const struct persist says = {
        .issuer = r->issuer, .account_uri = r->account_uri, .wildcard = r->wildcard, .until = r->until_at};
    r->value = persist_value(a, &says);
    r->host = persist_record_host(a, r);
    return strlen(r->value) <= VALUE_MAX ||
           fail_field(e, "account_uri", ERR_BAD_FIELD, "the record would be longer than %d bytes",
                      "记录将超过 %d 字节", VALUE_MAX);
}

/* ---- act ---- */

struct watching {
    struct persist_record record;
    bool located, placed, removed;
};

static bool load(struct work *w, struct persist_record *r, bool *gone, struct error *e) {
    bool there = persist_record_get_any(w->db, w->arena, w->item->subject, r, e);
    *gone = there ? r->removed_at != 0 : error_absent(e);
    return there || *gone;
}

/* To the solver it is something to be published like any other. */
static bool solve_by(struct work *w, struct persist_record *r, bool placing, struct error *e) {
    struct solver solver;
    if (!solver_get_any(w->db, w->arena, r->solver_id, &solver, e))
        return false;
    const struct solver_ops *ops = solver_kind(solver.kind);
    if (!ops || !ops->any_record)
        return fail(e, ERR_NO_SOLVER, "%s cannot place any record", "%s 不能放置任意记录", solver.kind);
    struct solution s = {.id = r->id,
                         .account_id = r->account_id,
                         .name = r->name,
                         .type = challenge_type_name(CHALLENGE_DNS_PERSIST_01),
                         .kind = solver.kind,
                         .solver_id = r->solver_id,
                         .token = "",
                         .key_authorization = "",
                         .value = r->value,
                         .place = r->place,
                         .handle = r->handle,
                         .created_at = r->created_at,
                         .placed_at = r->placed_at,
                         .unwanted_at = r->unwanted_at};
    struct solving solving = {.arena = w->arena, .services = w->services, .now = w->now, .solution = &s};
    bool done = solving_open(&solving, ops, &solver, e) &&
                (placing ? ops->place(&solving, e) : ops->remove(&solving, e));
    r->handle = s.handle;
    return done;
}

static bool look(struct work *w, struct persist_record *r, struct error *e) {
    const struct propagation what = {.type = challenge_type_name(CHALLENGE_DNS_PERSIST_01),
                                     .name = r->name,
                                     .value = r->value,
                                     .now = w->now};
    struct check *check = ARENA_NEW(w->arena, struct check);
    if (!w->services->solve->look(w->services->validator, w->arena, &what, check, e))
        return false;
    bool found = check->reason == REASON_FOUND;
    r->reason = reason_row(check->reason)->name;
    r->detail_en = check->detail.in[LANG_EN];
    r->detail_zh = check->detail.in[LANG_ZH];
    r->misses = found ? 0 : r->misses + 1;
    if (found)
        r->seen_at = w->now;
    return true;
}

static bool locate(struct work *w, struct watching *d, struct error *e) {
    struct place place = {.name = NULL};
    d->located = place_locate(w->services, w->arena, persist_record_host(w->arena, &d->record), &place, e);
    d->record.place = place.name;
    return d->located;
}

bool persist_act(struct work *w, struct error *e) {
    struct watching *d = w->prepared = ARENA_NEW(w->arena, struct watching);
    struct persist_record *r = &d->record;
    bool gone;
    if (!load(w, r, &gone, e))
        return false;
    if (gone)
        return true;
    if (r->unwanted_at) {
        d->removed = !r->place || solve_by(w, r, false, e);
        return d->removed;
    }
    if (r->solver_id && !r->place)
        return locate(w, d, e);
    if (r->solver_id && !r->placed_at) {
        d->placed = solve_by(w, r, true, e);
        return d->placed;
    }
    return look(w, r, e);
}

/* ---- save ---- */

bool persist_record_permitted(struct db *db, struct arena *a, const struct persist_record *r, int64_t now,
                              struct error *e) {
    struct solver solver;
    if (!r->solver_id)
        return true;
    if (!solver_get_any(db, a, r->solver_id, &solver, e))
        return false;
    const struct solution s = {.account_id = r->account_id,
                               .name = r->name,
                               .kind = solver.kind,
                               .type = challenge_type_name(CHALLENGE_DNS_PERSIST_01)};
    return solution_permitted(db, a, &s, r->place, now, e);
}

struct alarm {
    const char *once;
    struct text problem, remedy;
};

static bool tell(struct work *w, const struct persist_record *r, const struct alarm *alarm, struct error *e) {
    json_t *params =
        json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "name", r->name, "host",
                  persist_record_host(w->arena, r), "value", r->value, "issuer", r->issuer, "problem_en",
                  alarm->problem.in[LANG_EN], "problem_zh", alarm->problem.in[LANG_ZH], "remedy_en",
                  alarm->remedy.in[LANG_EN], "remedy_zh", alarm->remedy.in[LANG_ZH]);
    const struct notify_event event = {.event = "record_at_risk",
                                       .account_id = r->account_id,
                                       .subject = r->id,
                                       .once = alarm->once,
                                       .params = json_keep(w->arena, params),
                                       .now = w->now};
    return notify_tell(w->db, w->arena, &event, e);
}

/* Ahead of its end, as early as for a certificate of that lifetime; for those without an end, never. */
static int64_t alarm_at(const struct persist_record *r) {
    int64_t lead = (r->until_at - r->created_at) / LEAD_PART;
    return r->until_at ? r->until_at - (lead < LEAD_MAX ? lead : LEAD_MAX) : INT64_MAX;
}

static bool tell_of_end(struct work *w, const struct persist_record *r, struct error *e) {
    const char *when = time_format_date(w->arena, r->until_at);
    bool over = w->now >= r->until_at;
    const struct alarm alarm = {
        .once = arena_printf(w->arena, "persist:%s:%s", r->id, over ? "over" : "ends"),
        .problem = TEXT(arena_printf(w->arena, over ? "has not held since %s" : "holds until %s only", when),
                        arena_printf(w->arena, over ? "已于 %s 失效" : "将于 %s 失效", when)),
        .remedy = TEXT("Make a new one with `tenure solver persist`, publish it, then remove this one.",
                       "请使用 `tenure solver persist` 生成新记录并发布,然后删除此记录。")};
    return w->now < alarm_at(r) || tell(w, r, &alarm, e);
}

static bool tell_of_loss(struct work *w, const struct persist_record *r, struct error *e) {
    const struct alarm alarm = {
        .once = arena_printf(w->arena, "persist:%s:lost:%lld", r->id, (long long)r->seen_at),
        .problem = TEXT(arena_printf(w->arena, "is not there any more (%s)", r->detail_en),
                        arena_printf(w->arena, "已不存在(%s)", r->detail_zh)),
        .remedy = TEXT("Publish it again: without it the CA refuses the next certificate.",
                       "请重新发布:缺少该记录时,CA 将拒绝签发下一张证书。")};
    return !r->seen_at || r->misses != MISSES_TOLD || tell(w, r, &alarm, e);
}

static int64_t next_look(const struct work *w, const struct persist_record *r) {
    int64_t next = w->now + (r->misses ? work_backoff(r->misses) : DAY);
    if (w->now < alarm_at(r) && next > alarm_at(r))
        next = alarm_at(r);
    return w->now < r->until_at && next > r->until_at ? r->until_at : next;
}

bool persist_save(struct work *w, struct error *e) {
    const struct watching *d = w->prepared;
    const struct persist_record *r = &d->record;
    struct persist_record present;
    bool gone;
    if (!load(w, &present, &gone, e))
        return false;
    if (gone)
        return work_goes(w, OUTCOME_DONE);
    if (d->removed)
        return persist_record_set_removed(w->db, r->id, w->now, e) && work_goes(w, OUTCOME_DONE);
    if (d->located)
        return persist_record_permitted(w->db, w->arena, r, w->now, e) &&
               persist_record_set_place(w->db, r, e) && work_until(w, w->now);
    if (d->placed)
        return persist_record_set_placed(w->db, r, w->now, e) && work_until(w, w->now);
    return persist_record_note(w->db, r, w->now, e) && tell_of_end(w, r, e) && tell_of_loss(w, r, e) &&
           work_until(w, present.unwanted_at ? w->now : next_look(w, r));
}

bool persist_failed(struct work *w, const struct error *cause, struct error *e) {
    struct persist_record r;
    bool gone;
    if (!load(w, &r, &gone, e))
        return false;
    r.reason = error_row(cause->id)->code;
    r.detail_en = cause->detail[LANG_EN];
    r.detail_zh = cause->detail[LANG_ZH];
    return gone || persist_record_note(w->db, &r, w->now, e);
}
