/* The step that goes through the stages, and what all of them do. */
#include "emergency/emergency.h"
#include "audit/audit.h"

/* How often it is looked whether a stage is over: quickly at first, while people wait before a screen. */
enum { POLL_FAST = 1, POLL_MINUTE = 10, POLL_HOUR = 60, POLL_LATER = 900 };

static const struct stage_row {
    const char *name;
    struct text title;
    bool (*act)(struct work *w, struct emergency_turn *turn, struct error *e); /* or NULL */
    bool (*save)(struct work *w, struct emergency_turn *turn, struct error *e);
} stages[] = {
    {STAGE_FIND, TEXT("find what is served, and where its files are", "检查当前证书并定位旧证书文件"),
     find_look, find_save},
    {STAGE_ISSUE, TEXT("issue a DV certificate as a stopgap", "签发 DV 应急证书"), NULL, issue_save},
    {STAGE_DEPLOY, TEXT("deploy it", "部署应急证书"), NULL, deploy_save},
    {STAGE_VERIFY, TEXT("verify that the site serves it", "验证站点已使用应急证书"), verify_stage_look,
     verify_stage_save},
    {STAGE_FOLLOW_UP, TEXT("buy the original specification again", "重新购买原规格证书"), NULL,
     follow_up_save},
    {STAGE_CLOSED, TEXT("closed", "已结束"), NULL, NULL},
};

static const struct stage_row *stage_find(const char *name) {
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
        if (strcmp(stages[i].name, name) == 0)
            return &stages[i];
    return NULL;
}

const struct text *emergency_stage_title(const char *stage) {
    static const struct text unknown = TEXT("", "");
    const struct stage_row *row = stage_find(stage);
    return row ? &row->title : &unknown;
}

/* ---- declared and closed ---- */

bool emergency_declare(const struct services *services, struct arena *a, struct emergency *em, int64_t now,
                       struct error *e) {
    em->stage = STAGE_FIND;
    em->created_at = now;
    return emergency_insert(services->db, a, em, e) && emergency_stage_begin(services->db, em, now, e) &&
           work_enqueue(services->db, em->account_id, em->id, "emergency", now, e);
}

static void forget_waiting(struct emergency *em) {
    em->waits_for = em->waits_detail_en = em->waits_detail_zh = NULL;
}

static bool close_now(struct db *db, struct emergency *em, int64_t now, struct error *e) {
    em->stage = STAGE_CLOSED;
    em->closed_at = now;
    forget_waiting(em);
    return emergency_store(db, em, e);
}

bool emergency_close(struct db *db, struct emergency *em, int64_t now, struct error *e) {
    const struct emergency_stage ended = {
        .emergency_id = em->id, .stage = em->stage, .ended_at = now, .result = "given_up"};
    if (em->closed_at)
        return fail(e, ERR_CONFLICT, "%s is closed already", "%s 已结束", em->id);
    return emergency_stage_note(db, &ended, e) && close_now(db, em, now, e) &&
           work_enqueue(db, em->account_id, em->id, "emergency", now, e);
}

/* ---- how a turn of a stage ends ---- */

static bool audit_stage(struct work *w, const struct emergency *em, const struct stage_end *end,
                        struct error *e) {
    struct audit_entry entry = audit_by_system(em->account_id, w->now, "emergency.stage", em->id);
    entry.after = arena_printf(w->arena, "{\"stage\":\"%s\",\"result\":\"%s\"}", em->stage, end->result);
    return audit_write(w->db, w->arena, &entry, e);
}

bool stage_ends(struct work *w, struct emergency *em, const struct stage_end *end, struct error *e) {
    const struct emergency_stage ended = {.emergency_id = em->id,
                                          .stage = em->stage,
                                          .ended_at = w->now,
                                          .result = end->result,
                                          .detail_en = end->detail.in[LANG_EN],
                                          .detail_zh = end->detail.in[LANG_ZH]};
    if (!emergency_stage_note(w->db, &ended, e) || !audit_stage(w, em, end, e))
        return false;
    if (strcmp(end->next, STAGE_CLOSED) == 0)
        return close_now(w->db, em, w->now, e) && work_goes(w, OUTCOME_DONE);
    em->stage = end->next;
    forget_waiting(em);
    return emergency_store(w->db, em, e) && emergency_stage_begin(w->db, em, w->now, e) &&
           work_until(w, w->now);
}

static int64_t pause_of(const struct emergency *em, int64_t now) {
    static const struct {
        int64_t age, pause;
    } rows[] = {{60, POLL_FAST}, {600, POLL_MINUTE}, {3600, POLL_HOUR}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (now - em->created_at < rows[i].age)
            return rows[i].pause;
    return POLL_LATER;
}

bool stage_waits(struct work *w, struct emergency *em, struct error *e) {
    return emergency_store(w->db, em, e) && work_until(w, w->now + pause_of(em, w->now));
}

bool stage_waits_for_person(struct work *w, struct emergency *em, const char *what, struct text why,
                            struct error *e) {
    em->waits_for = what;
    em->waits_detail_en = why.in[LANG_EN];
    em->waits_detail_zh = why.in[LANG_ZH];
    int64_t pause = pause_of(em, w->now);
    return tell_waits(w, em, why, e) && emergency_store(w->db, em, e) &&
           work_until(w, w->now + (pause > POLL_MINUTE ? pause : POLL_MINUTE));
}

/* ---- the step ---- */

bool emergency_look(struct work *w, struct error *e) {
    struct emergency_turn *turn = w->prepared = ARENA_NEW(w->arena, struct emergency_turn);
    if (!emergency_get_any(w->db, w->arena, w->item->subject, &turn->em, e))
        return false;
    const struct stage_row *row = stage_find(turn->em.stage);
    return turn->em.closed_at || !row || !row->act || row->act(w, turn, e);
}

bool emergency_next(struct work *w, struct error *e) {
    struct emergency_turn turn = *(const struct emergency_turn *)w->prepared; /* it may be saved again */
    struct emergency now;
    if (!emergency_get_any(w->db, w->arena, w->item->subject, &now, e))
        return false;
    const struct stage_row *row = stage_find(now.stage);
    if (now.closed_at || !row || !row->save)
        return work_goes(w, OUTCOME_DONE);
    if (now.revision != turn.em.revision) /* a person was there meanwhile */
        return work_until(w, w->now);
    return row->save(w, &turn, e);
}
