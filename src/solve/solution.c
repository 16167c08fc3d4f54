/* Solutions: what is published for one authorization, from its row to the end. */
#include "apply/apply.h"
#include "base/rand.h"
#include "pki/names.h"
#include "solve/name_grant.h"
#include "solve/persist_record.h"
#include "solve/solver.h"
#include "validate/validation.h"

enum {
    PURGE_SECONDS = 30 * DAY,
    GRANT_SECONDS = 400 * DAY, /* longer than any certificate lives */
    PURGE_LIMIT = 1000,
    WATCH_SECONDS = 900, /* what is published is looked at so often: is it still wanted? */
    TEST_SECONDS = DAY,  /* so long a test of a solver may last */
    TELL_ATTEMPTS = 3,
    WOKEN_MAX = 1000, /* the others find out by themselves */
};

/* ---- for issuers ---- */

static bool check_given(struct arena *a, const struct solution *s, struct error *e) {
    bool tokenless = strcmp(s->type, challenge_type_name(CHALLENGE_DNS_PERSIST_01)) == 0;
    const char *normal;
    if (!name_normalise(a, s->name, false, &normal, e))
        return false;
    if (strchr(s->name, '*'))
        return fail_field(e, "name", ERR_BAD_FIELD, "'%s' is a wildcard", "“%s”是通配符域名", s->name);
    if (tokenless || (token_valid(s->token) && key_authorization_valid(s->key_authorization)))
        return true;
    return fail_field(e, "token", ERR_BAD_FIELD, "the token for %s is not base64url",
                      "%s 的令牌不是 base64url 格式", s->name);
}

static bool place_at_begin(const struct services *services, struct arena *a, const struct solver *solver,
                           struct solution *s, struct error *e) {
    const struct solver_ops *ops = solver_kind(s->kind);
    void *settings;
    s->place = NULL;
    if (!ops->place_of)
        return true;
    if (!solver_settings(a, ops, solver->settings, &settings, e))
        return false;
    s->place = ops->place_of(services, a, s, settings);
    return s->place || fail(e, ERR_NO_SOLVER, "%s is not possible with this configuration",
                            "当前配置无法使用 %s", s->kind);
}

/* Those of kinds that are served from the row are published with it. */
static void fill(struct arena *a, const struct solver *solver, struct solution *s, int64_t now) {
    s->id = id_new(a, "sol", now);
    s->solver_id = solver->id;
    s->doubt_seconds = solver->doubt_seconds;
    s->created_at = now;
    s->placed_at = solver_kind(s->kind)->at_once ? now : 0;
    if (!s->value)
        s->value = challenge_digest(a, s->key_authorization);
}

/*
 * The CA asks again for what it had decided on, by the same token, and it is not taken away yet: it stays. If
 * somebody is at taking it away, the step that follows publishes it anew.
 */
static bool go_on_with(struct db *db, const struct solution *s, int64_t now, struct error *e) {
    return !s->unwanted_at ||
           (solution_set_wanted(db, s->id, now, e) &&
            work_enqueue(db, s->account_id, s->id, solver_kind(s->kind)->at_once ? "seen" : "solve", now, e));
}

bool solution_begin(const struct services *services, struct arena *a, const struct solver *solver,
                    struct solution *s, int64_t now, struct error *e) {
    bool inserted;
    s->type = solver->type;
    s->kind = solver->kind;
    if (!s->token)
        s->token = "";
    if (!solver_kind(s->kind))
        return fail(e, ERR_NO_SOLVER, "there is no kind of solver '%s'", "没有应答方式“%s”", s->kind);
    if (!check_given(a, s, e) || !place_at_begin(services, a, solver, s, e) ||
        !solution_permitted(services->db, a, s, NULL, now, e))
        return false;
    fill(a, solver, s, now);
    if (!solution_insert(services->db, s, &inserted, e))
        return false;
    if (!inserted)
        return solution_find(services->db, a, s, s, e) && go_on_with(services->db, s, now, e) &&
               solution_get_any(services->db, a, s->id, s, e);
    return work_enqueue(services->db, s->account_id, s->id, s->placed_at ? "seen" : "solve", now, e);
}

static bool release(struct db *db, const struct solution *s, int64_t now, struct error *e) {
    return solution_set_unwanted(db, s->id, now, e) &&
           work_enqueue(db, s->account_id, s->id, "clear", now, e);
}

static bool release_all(struct db *db, const struct solution *list, size_t count, int64_t now,
                        struct error *e) {
    for (size_t i = 0; i < count; i++)
        if (!list[i].unwanted_at && !release(db, &list[i], now, e))
            return false;
    return true;
}

bool solution_release(struct db *db, struct arena *a, const char *application_id, int64_t now,
                      struct error *e) {
    struct solution *list;
    size_t count;
    return solution_list(db, a, application_id, &list, &count, e) && release_all(db, list, count, now, e);
}

bool solution_release_validation(struct db *db, struct arena *a, const char *validation_id, int64_t now,
                                 struct error *e) {
    struct solution *list;
    size_t count;
    return solution_list_validation(db, a, validation_id, &list, &count, e) &&
           release_all(db, list, count, now, e);
}

bool solution_wake(struct db *db, struct arena *a, const char *account_id, int64_t now, struct error *e) {
    struct solution *list;
    size_t count;
    if (!solution_list_waiting(db, a, account_id, WOKEN_MAX, &list, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        bool stuck =
            !list[i].placed_at || (solver_kind(list[i].kind) && solver_kind(list[i].kind)->by_person);
        if (stuck && !work_enqueue(db, account_id, list[i].id, list[i].placed_at ? "seen" : "solve", now, e))
            return false;
    }
    return true;
}

/* ---- what the steps share ---- */

/* From act to save. */
struct doing {
    struct solution solution;
    const struct solver_ops *ops;
    struct solver solver; /* id NULL: a kind that needs no row */
    bool gone;            /* nothing is left to do */
    bool unwanted;
    bool did;     /* it was published, or taken away, by something that may have told of it */
    bool settled; /* its place was found out, and by whom it is published; nothing was published yet */
    bool nobody;  /* a test: there is no solver for where the record leads */
    bool left;    /* a solver that is gone could not take away what it may have published: `look` says why */
    bool looked;  /* else it is ready already */
    bool found;
    struct solution_look look;
};

static bool validation_is_over(struct work *w, const struct solution *s, bool *over, struct error *e) {
    struct validation v;
    bool there = validation_get_any(w->db, w->arena, s->validation_id, &v, e);
    *over = there ? v.ended_at != 0 : error_absent(e);
    return there || *over;
}

/* Whoever forgot to say so: the application has ended, or there is none any more. */
static bool is_over(struct work *w, const struct solution *s, bool *over, struct error *e) {
    struct application p;
    *over = solution_is_test(s) && w->now - s->created_at > TEST_SECONDS;
    if (solution_is_test(s))
        return true;
    if (s->validation_id)
        return validation_is_over(w, s, over, e);
    bool there = application_get_any(w->db, w->arena, s->application_id, &p, e);
    *over = there ? p.closed_at != 0 : error_absent(e);
    return there || *over;
}

static bool load(struct work *w, struct doing *d, struct error *e) {
    struct solution *s = &d->solution;
    if (!solution_get_any(w->db, w->arena, w->item->subject, s, e)) {
        d->gone = error_absent(e);
        return d->gone;
    }
    d->gone = s->removed_at != 0;
    d->unwanted = !d->gone && s->unwanted_at;
    return d->gone || d->unwanted || is_over(w, s, &d->unwanted, e);
}

static struct doing *begin(struct work *w, struct error *e) {
    struct doing *d = ARENA_NEW(w->arena, struct doing);
    w->prepared = d;
    return load(w, d, e) ? d : NULL;
}

static bool load_solver(struct work *w, struct doing *d, struct error *e) {
    const struct solution *s = &d->solution;
    d->solver = (struct solver){.account_id = s->account_id,
                                .settings = "{}",
                                .zone = ".",
                                .type = s->type,
                                .kind = s->kind,
                                .doubt_seconds = s->doubt_seconds};
    d->ops = solver_kind(s->kind);
    if (!d->ops)
        return fail(e, ERR_NO_SOLVER, "there is no kind of solver '%s'", "没有应答方式“%s”", s->kind);
    return !s->solver_id || solver_get_any(w->db, w->arena, s->solver_id, &d->solver, e);
}

/* As it stands in this transaction: somebody may have let it go since act. True: nothing more is to be done
 * in this step. */
static bool ends_here(struct work *w, bool *ends, struct error *e) {
    struct doing now = {.gone = false};
    if (!load(w, &now, e))
        return false;
    *ends = now.gone || now.unwanted;
    if (now.gone)
        return work_goes(w, OUTCOME_DONE);
    return !now.unwanted ||
           (solution_set_unwanted(w->db, now.solution.id, w->now, e) && work_goes(w, OUTCOME_OTHERWISE));
}

/* What a kind has to tell people about what it did. */
static bool keep_report(struct work *w, const struct doing *d, const char *reason, struct error *e) {
    const struct solution *s = &d->solution;
    if (!d->did || !s->detail_en || !*s->detail_en)
        return true;
    const struct solution_look report = {.id = id_new(w->arena, "slk", w->now),
                                         .account_id = s->account_id,
                                         .solution_id = s->id,
                                         .at = w->now,
                                         .reason = reason,
                                         .detail_en = s->detail_en,
                                         .detail_zh = s->detail_zh,
                                         .answers = "[]"};
    return solution_look_keep(w->db, &report, e);
}

static bool do_it(struct work *w, struct doing *d, bool (*what)(struct solving *s, struct error *e),
                  struct error *e) {
    struct solving solving = {
        .arena = w->arena, .services = w->services, .now = w->now, .solution = &d->solution};
    d->did = true;
    d->solution.detail_en = d->solution.detail_zh = NULL; /* those of an earlier attempt */
    return solving_open(&solving, d->ops, &d->solver, e) && what(&solving, e);
}

/* ---- by whom, and where ---- */

/* Where a record belongs was on disk before it was made. */
static bool may_be_there(const struct doing *d) {
    return d->ops->remove && (d->solution.place || !challenge_by_record(d->solution.type));
}

static bool is_other(const struct doing *d, const struct solver *solver) {
    const char *id = d->solution.solver_id;
    bool same_row = id && solver->id ? strcmp(id, solver->id) == 0 : id == solver->id;
    return !same_row || strcmp(solver->kind, d->solution.kind) != 0;
}

static void hand_over(struct doing *d, const struct solver *solver) {
    struct solution *s = &d->solution;
    if (!is_other(d, solver))
        return;
    d->solver = *solver;
    d->ops = solver_kind(solver->kind);
    s->solver_id = solver->id;
    s->kind = solver->kind;
    s->doubt_seconds = solver->doubt_seconds;
    s->handle = NULL;
}

/* The place as it is now; who is chosen for it may be another than for the name. */
static bool settle(struct work *w, struct doing *d, struct error *e) {
    struct solution *s = &d->solution;
    struct proving p = {.account_id = s->account_id, .name = s->name, .solver = d->solver};
    if (!place_at_begin(w->services, w->arena, &d->solver, s, e))
        return false;
    if (!s->place && challenge_by_record(s->type)) {
        if (!solver_locate(w->services, w->arena, &p, e))
            return false;
        hand_over(d, &p.solver);
        s->place = p.place;
    }
    d->nobody = d->ops->by_person && !s->application_id && !s->solver_id;
    d->settled = true;
    return true;
}

static struct offer offer_of(const struct solution *s) {
    return (struct offer){
        .name = s->name, .address = name_is_ip(s->name), .types = 1u << challenge_type_parse(s->type)};
}

/* What it may have published before somebody removed it goes with it, if it still can. */
static void leave(struct work *w, struct doing *d) {
    const struct solution *s = &d->solution;
    struct error cause = {.id = 0};
    if (!may_be_there(d) || do_it(w, d, d->ops->remove, &cause))
        return;
    d->left = true;
    d->look = (struct solution_look){.id = id_new(w->arena, "slk", w->now),
                                     .account_id = s->account_id,
                                     .solution_id = s->id,
                                     .at = w->now,
                                     .reason = error_row(cause.id)->code,
                                     .detail_en = arena_strdup(w->arena, cause.detail[LANG_EN]),
                                     .detail_zh = arena_strdup(w->arena, cause.detail[LANG_ZH]),
                                     .answers = "[]"};
}

/* Its solver was removed before it was published: another one does it. */
static bool replace(struct work *w, struct doing *d, struct error *e) {
    const struct solution *s = &d->solution;
    const struct offer offer = offer_of(s);
    struct solver other;
    if (!solver_choose(w->services, w->arena, s->account_id, &offer, &other, e))
        return false;
    leave(w, d);
    hand_over(d, &other);
    return settle(w, d, e);
}

/* ---- step solve ---- */

bool solve_place(struct work *w, struct error *e) {
    struct doing *d = begin(w, e);
    if (!d)
        return false;
    if (d->gone || d->unwanted)
        return true;
    if (!load_solver(w, d, e))
        return false;
    if (d->solver.removed_at)
        return replace(w, d, e);
    if (challenge_by_record(d->solution.type) && !d->solution.place)
        return settle(w, d, e);
    return !d->ops->place || do_it(w, d, d->ops->place, e);
}

/* What a person must do, told once. */
static bool tell(struct work *w, const struct solution *s, const struct text *reason,
                 const struct text *remedy, struct error *e) {
    struct certificate c;
    if (!s->certificate_id)
        return true;
    if (!certificate_get_any(w->db, w->arena, s->certificate_id, &c, e))
        return error_absent(e);
    json_t *params =
        json_pack("{s:s,s:s,s:s,s:s}", "reason_en", reason->in[LANG_EN], "reason_zh", reason->in[LANG_ZH],
                  "remedy_en", remedy->in[LANG_EN], "remedy_zh", remedy->in[LANG_ZH]);
    const struct notify_event event = {.event = "action_needed",
                                       .once = arena_printf(w->arena, "solution:%s", s->id),
                                       .params = json_keep(w->arena, params),
                                       .now = w->now};
    return certificate_tell(w->db, w->arena, &c, &event, e);
}

static bool ask_person(struct work *w, const struct solution *s, struct error *e) {
    struct arena *a = w->arena;
    const struct text reason = TEXT(arena_printf(a, "the CA wants to see control over %s", s->name),
                                    arena_printf(a, "CA 需要验证 %s 的控制权", s->name));
    const struct text remedy =
        TEXT(arena_printf(a, "Add the record %s TXT \"%s\"; it is looked for by itself.", s->place, s->value),
             arena_printf(a, "请添加记录 %s TXT “%s”,系统会自动检查。", s->place, s->value));
    return tell(w, s, &reason, &remedy, e);
}

static bool save_settled(struct work *w, const struct doing *d, struct error *e) {
    const struct solution *s = &d->solution;
    return solution_permitted(w->db, w->arena, s, s->place, w->now, e) &&
           (!d->left || solution_look_keep(w->db, &d->look, e)) && solution_set_solver(w->db, s, e);
}

/* A test ends with the reason. */
static bool tell_nobody(struct work *w, const struct solution *s, struct error *e) {
    const struct text detail = TEXT(arena_printf(w->arena, "no solver makes records at %s", s->place),
                                    arena_printf(w->arena, "没有可在 %s 添加记录的质询应答配置", s->place));
    return solution_set_reason(w->db, s->id, error_row(ERR_NO_SOLVER)->code, &detail, e) &&
           solution_set_unwanted(w->db, s->id, w->now, e) && work_goes(w, OUTCOME_OTHERWISE);
}

bool solve_placed(struct work *w, struct error *e) {
    const struct doing *d = w->prepared;
    const struct solution *s = &d->solution;
    bool ends;
    if (!ends_here(w, &ends, e))
        return false;
    if (ends)
        return true;
    if (d->nobody)
        return tell_nobody(w, s, e);
    if (d->settled) /* the place is on disk before anything is published there */
        return save_settled(w, d, e) && work_again(w, w->now);
    return solution_set_placed(w->db, s, w->now, e) && keep_report(w, d, "placed", e) &&
           (!d->ops->by_person || d->ops->stands || ask_person(w, s, e)) && work_goes(w, OUTCOME_NEXT);
}

/* ---- step seen ---- */

/* Nobody could be asked: that is a doubt like any other. */
static bool look_failed(struct doing *d, struct error *e) {
    if (e->id != ERR_NO_RESOLVER)
        return false;
    d->look.reason = error_row(e->id)->code;
    d->look.detail_en = e->detail[LANG_EN];
    d->look.detail_zh = e->detail[LANG_ZH];
    d->look.answers = "[]";
    return true;
}

static bool look(struct work *w, struct doing *d, struct error *e) {
    const struct solution *s = &d->solution;
    const struct propagation what = {.type = s->type,
                                     .name = s->name,
                                     .token = s->token,
                                     .key_authorization = s->key_authorization,
                                     .value = s->value,
                                     .now = w->now};
    struct check *check = ARENA_NEW(w->arena, struct check);
    struct error *why = ARENA_NEW(w->arena, struct error);
    d->looked = true;
    d->look = (struct solution_look){.account_id = s->account_id,
                                     .solution_id = s->id,
                                     .at = w->now,
                                     .id = id_new(w->arena, "slk", w->now)};
    if (!w->services->solve->look(w->services->validator, w->arena, &what, check, why)) {
        *e = *why;
        return look_failed(d, why);
    }
    d->found = check->reason == REASON_FOUND;
    d->look.reason = reason_row(check->reason)->name;
    d->look.detail_en = check->detail.in[LANG_EN];
    d->look.detail_zh = check->detail.in[LANG_ZH];
    d->look.answers = check_answers(w->arena, check);
    return true;
}

/* What a person was to do, a solver that has come since does. */
static bool relieve(struct work *w, struct doing *d, struct error *e) {
    const struct solution *s = &d->solution;
    const struct offer offer = offer_of(s);
    struct proving p = {.account_id = s->account_id, .name = s->name};
    if (!solver_choose(w->services, w->arena, s->account_id, &offer, &p.solver, e) ||
        !solver_locate(w->services, w->arena, &p, e)) {
        bool known = e->id == ERR_NO_SOLVER || e->id == ERR_NAME_NOT_YOURS || e->id == ERR_CNAME_LOOP;
        if (known)
            error_clear(e);
        return known;
    }
    if (solver_kind(p.solver.kind)->by_person)
        return true;
    hand_over(d, &p.solver);
    return settle(w, d, e);
}

bool solve_look(struct work *w, struct error *e) {
    struct doing *d = begin(w, e);
    if (!d)
        return false;
    if (d->gone || d->unwanted || d->solution.ready_at)
        return true;
    return load_solver(w, d, e) && (!d->ops->by_person || relieve(w, d, e)) && (d->settled || look(w, d, e));
}

static int64_t pause_after(const struct doing *d) {
    static const int64_t pauses[] = {2, 5, 10, 30};
    size_t looks = (size_t)d->solution.looks, last = sizeof pauses / sizeof *pauses - 1;
    return d->ops->by_person ? work_backoff(d->solution.looks + 1) : pauses[looks < last ? looks : last];
}

static bool note_doubt(struct work *w, const struct doing *d, struct error *e) {
    const struct text detail = TEXT(arena_printf(w->arena, "%s; after %lld seconds the CA is asked anyway",
                                                 d->look.detail_en, (long long)d->solution.doubt_seconds),
                                    arena_printf(w->arena, "%s;%lld 秒后仍请 CA 验证", d->look.detail_zh,
                                                 (long long)d->solution.doubt_seconds));
    return solution_set_reason(w->db, d->solution.id, d->look.reason, &detail, e);
}

static bool wake(struct work *w, const struct solution *s, struct error *e) {
    return s->validation_id ? work_enqueue(w->db, s->account_id, s->validation_id, "check", w->now, e)
                            : work_enqueue(w->db, s->account_id, s->certificate_id, SOLVE_WAKES, w->now, e);
}

/* A test of a solver has told what it was for. */
static bool is_ready(struct work *w, const struct doing *d, struct error *e) {
    const struct solution *s = &d->solution;
    if (!solution_set_ready(w->db, s->id, w->now, e) || (!d->found && !note_doubt(w, d, e)))
        return false;
    if (solution_is_test(s))
        return solution_set_unwanted(w->db, s->id, w->now, e) && work_goes(w, OUTCOME_OTHERWISE);
    return wake(w, s, e) && work_until(w, w->now + WATCH_SECONDS);
}

/* What might have stood there already, does not. */
static bool is_missed(const struct doing *d) {
    return d->ops->stands && !d->found && !d->solution.looks;
}

bool solve_seen(struct work *w, struct error *e) {
    const struct doing *d = w->prepared;
    bool ends;
    if (!ends_here(w, &ends, e))
        return false;
    if (ends)
        return true;
    if (d->settled)
        return save_settled(w, d, e) && work_goes(w, OUTCOME_NEXT);
    if (!d->looked)
        return work_until(w, w->now + WATCH_SECONDS);
    int64_t doubt_end = d->solution.placed_at + d->solution.doubt_seconds;
    int64_t next = w->now + pause_after(d);
    if (!solution_look_insert(w->db, &d->look, e) || (is_missed(d) && !ask_person(w, &d->solution, e)))
        return false;
    if (d->found || (!d->ops->by_person && w->now >= doubt_end))
        return is_ready(w, d, e);
    return work_until(w, !d->ops->by_person && next > doubt_end ? doubt_end : next);
}

/* ---- step clear ---- */

/* The keys of a solver that was removed may be gone, too; one of the same kind may have new ones. */
static bool take_away_by_another(struct work *w, struct doing *d, struct error *e) {
    const struct solution *s = &d->solution;
    const struct offer offer = offer_of(s);
    const struct error cause = *e;
    struct proving p = {.account_id = s->account_id, .name = s->name, .place = s->place};
    error_clear(e);
    bool other = solver_configured(w->services, w->arena, s->account_id, &offer, &p.solver, e) &&
                 (!challenge_by_record(s->type) || solver_locate(w->services, w->arena, &p, e)) &&
                 p.solver.id && strcmp(p.solver.kind, s->kind) == 0;
    if (!other) {
        *e = cause;
        return false;
    }
    d->solver = p.solver;
    return do_it(w, d, d->ops->remove, e);
}

bool solve_remove(struct work *w, struct error *e) {
    struct doing *d = begin(w, e);
    if (!d)
        return false;
    if (d->gone || !d->unwanted)
        return true;
    if (!load_solver(w, d, e))
        return false;
    return !may_be_there(d) || do_it(w, d, d->ops->remove, e) ||
           (d->solver.removed_at && take_away_by_another(w, d, e));
}

/* One that is wanted again is published by the step that was asked for then. */
bool solve_removed(struct work *w, struct error *e) {
    const struct doing *d = w->prepared;
    return (d->gone || !d->unwanted ||
            (solution_set_removed(w->db, d->solution.id, w->now, e) && keep_report(w, d, "removed", e))) &&
           work_goes(w, OUTCOME_DONE);
}

/* ---- what goes wrong ---- */

bool solve_failed(struct work *w, const struct error *cause, struct error *e) {
    const struct error_row *row = error_row(cause->id);
    const struct text detail = TEXT(cause->detail[LANG_EN], cause->detail[LANG_ZH]);
    struct solution s;
    if (!solution_get_any(w->db, w->arena, w->item->subject, &s, e))
        return error_absent(e);
    if (!solution_set_reason(w->db, s.id, row->code, &detail, e))
        return false;
    bool lasting = row->retry == RETRY_NEVER || w->item->attempts + 1 >= TELL_ATTEMPTS;
    return !lasting || tell(w, &s, &detail, &row->remedy, e);
}

bool solve_purge(struct work *w, struct error *e) {
    return solution_purge(w->db, w->now - PURGE_SECONDS, PURGE_LIMIT, e) &&
           persist_record_purge(w->db, w->now - PURGE_SECONDS, PURGE_LIMIT, e) &&
           name_grant_purge(w->db, w->now - GRANT_SECONDS, PURGE_LIMIT, e) &&
           solver_purge(w->db, PURGE_LIMIT, e);
}
