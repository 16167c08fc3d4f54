/* The step that looks for a record or a file, again and again until it is there or its value has run out. */
#include "validate/validation.h"
#include "base/clock.h"
#include "base/rand.h"

enum { KEEP_SECONDS = 30 * DAY, PURGE_LIMIT = 5000 };

/* From act to save. */
struct looked {
    bool done; /* there was something to look for */
    struct validation validation;
    struct check check;
};

bool validate_look(struct work *w, struct error *e) {
    struct looked *l = ARENA_NEW(w->arena, struct looked);
    const struct validator *validator = w->services->validator;
    char value[VALUE_SIZE];
    w->prepared = l;
    if (!validation_get_any(w->db, w->arena, w->item->subject, &l->validation, e))
        return false;
    const struct validation *v = &l->validation;
    if (v->ended_at || w->now >= v->token_end_at)
        return true;
    control_value(v->token, v->account_id, value);
    const struct control control = {.name = v->name, .value = value, .wildcard = v->wildcard};
    l->done = true;
    return validator->look(validator, w->arena, v->method, &control, &l->check, e);
}

static const char *answers_json(struct arena *a, const struct check *check) {
    json_t *list = json_array();
    for (size_t i = 0; i < check->count; i++) {
        const struct check_answer *answer = &check->answers[i];
        json_array_append_new(list, json_pack("{ss ss ss sI}", "server", answer->server, "question",
                                              answer->question, "answer", answer->answer, "ms",
                                              (json_int_t)answer->ms));
    }
    return json_text(a, json_keep(a, list), false);
}

static bool store_check(struct work *w, const struct looked *l, struct error *e) {
    const struct validation_check row = {.id = id_new(w->arena, "vck", w->now),
                                         .account_id = l->validation.account_id,
                                         .validation_id = l->validation.id,
                                         .at = w->now,
                                         .reason = reason_row(l->check.reason)->name,
                                         .detail_en = l->check.detail.in[LANG_EN],
                                         .detail_zh = l->check.detail.in[LANG_ZH],
                                         .answers = answers_json(w->arena, &l->check)};
    return validation_check_insert(w->db, &row, e);
}

bool validate_record(struct work *w, struct error *e) {
    const struct looked *l = w->prepared;
    const struct validation *v = &l->validation;
    bool open;
    if (!l->done)
        return validation_end(w->db, v->id, "expired", w->now, e) && work_goes(w, OUTCOME_DONE);
    if (!validation_note(w->db, v->id, &l->check, w->now, &open, e) || (open && !store_check(w, l, e)))
        return false;
    if (!open || l->check.reason == REASON_FOUND)
        return work_goes(w, OUTCOME_DONE);
    return work_again(w, w->now + work_backoff(v->tries + 1));
}

/* More than the limit in one day is left for the next. */
bool validate_purge(struct work *w, struct error *e) {
    return validation_check_purge(w->db, w->now - KEEP_SECONDS, PURGE_LIMIT, e);
}
