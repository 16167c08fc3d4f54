/* The step that looks for a record or a file, again and again until it is there or its value has run out. */
#include "base/clock.h"
#include "base/rand.h"
#include "pki/digest.h"
#include "pki/names.h"
#include "validate/automatic.h"
#include "validate/gate.h"

enum { KEEP_SECONDS = 30 * DAY, PURGE_LIMIT = 5000, TOKEN_BYTES = 32, MINUTE = 60 };

bool validation_begin(struct db *db, struct arena *a, int64_t now, struct validation *v, struct error *e) {
    uint8_t token[TOKEN_BYTES];
    rand_bytes(token, sizeof token);
    v->id = id_new(a, "val", now);
    v->token = hex_text(a, slice_of(token, sizeof token));
    v->created_at = now;
    v->token_end_at = now + TOKEN_DAYS * DAY;
    return validation_insert(db, v, e) &&
           work_enqueue(db, v->account_id, v->id, "check", now + work_backoff(1), e);
}

bool validation_challenge(struct arena *a, const struct validation *v, struct challenge *challenge,
                          struct error *e) {
    const struct check_ops *ops;
    char value[VALUE_SIZE];
    if (!check_find(v->method, &ops, e))
        return false;
    control_value(v->token, v->account_id, value);
    const struct control control = {.name = v->name, .value = arena_strdup(a, value)};
    ops->challenge(a, &control, challenge);
    return true;
}

static bool refuse_often(const struct validation *v, struct error *e) {
    return fail(e, ERR_TOO_MANY_CHECKS, "%s was asked for less than %d seconds ago", "%s 在 %d 秒内刚检查过",
                v->name, CHECK_PAUSE);
}

bool validation_ask(struct db *db, const struct validation *v, int64_t now, struct error *e) {
    int64_t asked;
    bool noted;
    if (!validation_asked_since(db, v->account_id, now - MINUTE, &asked, e))
        return false;
    if (asked >= CHECKS_PER_MINUTE)
        return fail(e, ERR_TOO_MANY_CHECKS, "more than %d checks were asked for within a minute",
                    "一分钟内请求的检查超过 %d 次", CHECKS_PER_MINUTE);
    return validation_set_asked(db, v->id, now, now - CHECK_PAUSE, &noted, e) &&
           (noted ? work_enqueue(db, v->account_id, v->id, "check", now, e) : refuse_often(v, e));
}

/* budget: as the header has it */
bool validation_find_proof(struct db *db, struct arena *a, const struct validation *like, int64_t after,
                           struct validation *proof, struct error *e) {
    bool address = name_is_ip(like->name);
    *proof = (struct validation){.id = NULL};
    for (const char *at = like->name; at && !proof->id; at = address ? NULL : dns_parent(at)) {
        const struct validation place = {.account_id = like->account_id, .name = at};
        bool file = at == like->name && !like->wildcard;
        if (!validation_find_good(db, a, &place, after, file, proof, e))
            return false;
    }
    return true;
}

/* From act to save. */
struct looked {
    bool done;      /* there was something to look for */
    bool crowds;    /* another worker looks for something of the same account */
    bool ours;      /* what is described is what we publish ourselves */
    struct way way; /* by which that begins now; type NULL: it has begun, or a person is needed */
    struct validation validation;
    struct check check;
};

static bool look_for_ours(struct work *w, struct looked *l, struct error *e) {
    const struct validator *validator = w->services->validator;
    struct control control;
    automatic_control(w->arena, &l->validation, &control);
    l->ours = true;
    return validator->look(validator, w->arena, l->validation.challenge, &control, &l->check, e);
}

/* A person may have been faster. If nothing is found, what is to be said is said of what we publish. */
static bool look_for_theirs(struct work *w, struct looked *l, struct error *e) {
    const struct validator *validator = w->services->validator;
    const struct validation *v = &l->validation;
    struct check *check = ARENA_NEW(w->arena, struct check);
    char value[VALUE_SIZE];
    control_value(v->token, v->account_id, value);
    const struct control control = {.name = v->name, .value = value, .wildcard = v->wildcard};
    if (!validator->look(validator, w->arena, v->method, &control, check, e))
        return false;
    if (l->ours && check->reason != REASON_FOUND)
        return true;
    l->ours = false;
    l->check = *check;
    return true;
}

static bool look(struct work *w, struct looked *l, struct error *e) {
    const struct automatic *automatic = w->services->automatic;
    const struct validation *v = &l->validation;
    if (v->challenge && !look_for_ours(w, l, e))
        return false;
    if (l->ours && l->check.reason == REASON_FOUND)
        return true;
    if (!v->challenge && automatic && !automatic->choose(w->services, w->arena, v, &l->way, e))
        return false;
    return l->way.type || look_for_theirs(w, l, e);
}

bool validate_look(struct work *w, struct error *e) {
    struct looked *l = ARENA_NEW(w->arena, struct looked);
    w->prepared = l;
    if (!validation_get_any(w->db, w->arena, w->item->subject, &l->validation, e))
        return false;
    const struct validation *v = &l->validation;
    if (v->ended_at || w->now >= v->token_end_at)
        return true;
    if (!work_crowds(w, &l->crowds, e) || l->crowds)
        return l->crowds;
    l->done = true;
    return look(w, l, e);
}

static bool take_away(struct work *w, const struct validation *v, struct error *e) {
    const struct automatic *automatic = w->services->automatic;
    return !v->challenge || !automatic || automatic->release(w->db, w->arena, v, w->now, e);
}

static bool store_check(struct work *w, const struct looked *l, struct error *e) {
    const struct validation_check row = {.id = id_new(w->arena, "vck", w->now),
                                         .account_id = l->validation.account_id,
                                         .validation_id = l->validation.id,
                                         .at = w->now,
                                         .reason = reason_row(l->check.reason)->name,
                                         .detail_en = l->check.detail.in[LANG_EN],
                                         .detail_zh = l->check.detail.in[LANG_ZH],
                                         .answers = check_answers(w->arena, &l->check)};
    return validation_check_insert(w->db, &row, e);
}

/* It has ended: what we published goes, and who waits for it is told a part at a time. */
static bool end(struct work *w, const char *id, struct error *e) {
    struct validation v;
    bool more;
    if (!validation_get_any(w->db, w->arena, id, &v, e) || !take_away(w, &v, e) ||
        !validation_pass_on(w, &v, &more, e))
        return false;
    return more ? work_again(w, w->now) : work_goes(w, OUTCOME_DONE);
}

/* Of what was asked for in advance nobody needs to wait for it. */
static bool look_again(struct work *w, const struct validation *v, struct error *e) {
    bool wanted = v->advance;
    if (!wanted && !validation_wanted(w->db, w->arena, v, w->now, &wanted, e))
        return false;
    if (!wanted)
        return validation_end(w->db, v->id, "not_needed", w->now, e) && take_away(w, v, e) &&
               work_goes(w, OUTCOME_DONE);
    int64_t next = w->now + work_backoff(v->tries + 1);
    return work_again(w, next < v->token_end_at ? next : v->token_end_at);
}

/* Whoever publishes it says when there is something to be found. */
static bool begin_publishing(struct work *w, const struct looked *l, struct error *e) {
    struct validation v;
    if (!validation_get_any(w->db, w->arena, l->validation.id, &v, e))
        return false;
    if (v.ended_at)
        return end(w, v.id, e);
    v.challenge = l->way.type;
    return validation_set_challenge(w->db, v.id, v.challenge, e) &&
           w->services->automatic->publish(w->services, w->arena, &v, &l->way, w->now, e) &&
           work_again(w, w->now + work_backoff(v.tries + 1));
}

/* It is a person's proof, then. */
static bool give_way(struct work *w, const struct looked *l, struct error *e) {
    const struct validation *v = &l->validation;
    return !v->challenge || l->ours || l->check.reason != REASON_FOUND ||
           (take_away(w, v, e) && validation_set_challenge(w->db, v->id, NULL, e));
}

bool validate_record(struct work *w, struct error *e) {
    const struct looked *l = w->prepared;
    const struct validation *v = &l->validation;
    bool open;
    if (l->crowds)
        return work_again(w, w->now + CHECK_PAUSE);
    if (!l->done)
        return validation_end(w->db, v->id, "expired", w->now, e) && end(w, v->id, e);
    if (l->way.type)
        return begin_publishing(w, l, e);
    if (!give_way(w, l, e) || !validation_note(w->db, v->id, &l->check, w->now, &open, e) ||
        (open && !store_check(w, l, e)))
        return false;
    if (!open || l->check.reason == REASON_FOUND)
        return end(w, v->id, e);
    return look_again(w, v, e);
}

/* More than the limit in one day is left for the next. */
bool validate_purge(struct work *w, struct error *e) {
    return validation_check_purge(w->db, w->now - KEEP_SECONDS, PURGE_LIMIT, e);
}
