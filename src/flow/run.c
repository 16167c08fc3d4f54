/*
 * The engine's batch: claim, act outside the transaction, save all in one, go on with what can go on at once.
 * What fails is noted with its next attempt; it never takes its neighbours along.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "catalog/catalog.h"
#include "db/laggard.h"
#include "flow/flow.h"
#include "signer/signer.h"

enum {
    CRASHES_MAX = 3,       /* the third crash in one step counts as a failed attempt */
    SLOW_BUDGET_MS = 2000, /* after so long with slow steps, the rest of the batch is given back */
    SLOW_MS = 5000,        /* who takes longer is a laggard */
    LAGGARD_SECONDS = 10, /* until one that found no place is looked at again, and one more for each before */
    ROUNDS_MAX = 16,      /* steps that follow each other at once in one batch */
    BATCH = 250,
    /* Counts only if the machine is lost: those of a dead process are given back at once. Longer than the
     * commands of a deployment may take together. */
    LEASE_SECONDS = 7200,
};

/* One claimed row on its way through the batch. */
struct task {
    struct work_item *item;
    const struct step *step;
    struct arena *arena;
    struct work work;
    /* As act left it: where a second attempt to save begins. */
    struct {
        const struct step *step;
        struct work work;
    } acted;
    struct error error; /* of act */
    enum { TASK_READY, TASK_ACTED, TASK_FAILED, TASK_ENDED, TASK_LEFT } state;
};

struct batch {
    struct engine *engine;
    struct db *db;
    int64_t now;
    struct task *tasks;
    size_t count, active;
    bool laggards;       /* somebody is known as slow */
    int64_t deadline_ms; /* for slow steps to begin; 0: none has begun */
};

struct engine flow_engine(const struct services *services, const char *owner) {
    return (struct engine){
        .services = services, .table = steps, .owner = owner, .lease_seconds = LEASE_SECONDS, .batch = BATCH};
}

struct engine flow_engine_own(const struct services *services, const char *owner, struct arena *a) {
    struct engine engine = flow_engine(services, owner);
    struct buf b = buf_new(a, 4096);
    for (const struct step *s = steps; s->name; s++)
        if (!s->slow || s->own)
            buf_printf(&b, " %s", s->name);
    buf_char(&b, ' ');
    engine.only = b.p;
    return engine;
}

static bool abandoned(const struct batch *b, const struct task *t) {
    return b->engine->abandon && b->engine->abandon(b->engine->context, t->step);
}

/* ---- acting ---- */

static void task_begin(struct batch *b, struct task *t) {
    t->step = step_find(b->engine->table, t->item->step);
    t->work = (struct work){
        .arena = t->arena, .services = b->engine->services, .db = b->db, .now = b->now, .item = t->item};
}

/* Goes past the steps that have nothing to do. */
static bool task_look(struct batch *b, struct task *t, struct error *e) {
    bool passes = true;
    while (passes && t->step->look) {
        if (!t->step->look(&t->work, &passes, e))
            return false;
        if (!passes)
            return true;
        t->item->step = t->step->next;
        task_begin(b, t);
    }
    return true;
}

static void task_act(struct batch *b, struct task *t) {
    task_begin(b, t);
    t->state = TASK_FAILED;
    if (!t->step)
        fail(&t->error, ERR_INTERNAL, "there is no step '%s'", "没有步骤“%s”", t->item->step);
    else if (t->item->crashes >= CRASHES_MAX)
        fail(&t->error, ERR_INTERNAL, "step '%s' crashed %lld times", "步骤“%s”崩溃 %lld 次", t->step->name,
             (long long)t->item->crashes);
    else if (task_look(b, t, &t->error) && (!t->step->act || t->step->act(&t->work, &t->error)))
        t->state = TASK_ACTED;
    t->acted.step = t->step;
    t->acted.work = t->work;
}

static bool is_slow(const struct batch *b, const struct task *t) {
    const struct step *step = step_find(b->engine->table, t->item->step);
    return step && step->slow;
}

/* True if there was one. */
static bool act_fast(struct batch *b) {
    struct error ignored;
    bool any = false;
    db_read_begin(b->db, &ignored);
    for (size_t i = 0; i < b->count; i++)
        if (b->tasks[i].state == TASK_READY && !is_slow(b, &b->tasks[i])) {
            task_act(b, &b->tasks[i]);
            any = true;
        }
    db_read_end(b->db);
    return any;
}

/* ---- acting slowly ---- */

/* NULL: it cannot be told; then it is nobody in particular. */
static const char *party_of(const struct task *t, const struct step *step) {
    struct work w = t->work;
    const char *party = step->party ? step->party(&w) : NULL;
    return party ? party : arena_printf(t->arena, "%s %s", step->name, t->item->account_id);
}

static bool lags(struct batch *b, struct task *t, const char **party) {
    struct error ignored;
    bool is = false;
    const struct step *step = step_find(b->engine->table, t->item->step);
    if (!b->laggards || !step || step->own)
        return false;
    task_begin(b, t);
    *party = party_of(t, step);
    return laggard_is(b->db, *party, b->now, &is, &ignored) && is;
}

static void note_laggard(struct batch *b, const struct task *t, int64_t ms) {
    struct error ignored;
    int64_t until;
    const char *party = party_of(t, t->step);
    if (!laggard_note(b->db, party, b->now, &until, &ignored))
        return;
    b->laggards = true;
    log_event(LOG_WARNING, "somebody is slow, and gets one worker at a time for a while",
              LOG_S("party", party), LOG_I("milliseconds", ms), LOG_I("seconds", until - b->now));
}

static void act_slowly(struct batch *b, struct task *t) {
    const struct engine *engine = b->engine;
    int64_t start = clock_monotonic_ms();
    task_act(b, t);
    int64_t ms = clock_monotonic_ms() - start;
    if (t->step && !t->step->own && ms >= (engine->slow_ms ? engine->slow_ms : SLOW_MS))
        note_laggard(b, t, ms);
}

/* Another time, and not all at the same. */
static void put_off(struct batch *b, struct task *t, size_t place) {
    t->step = step_find(b->engine->table, t->item->step);
    work_again(&t->work, b->now + LAGGARD_SECONDS + (int64_t)place);
    t->state = TASK_ACTED;
    t->acted.step = t->step;
    t->acted.work = t->work;
}

static bool in_time(const struct batch *b) {
    return clock_monotonic_ms() < b->deadline_ms;
}

/* Those that nobody knows as slow. */
static bool act_unsuspected(struct batch *b) {
    const char *party;
    bool any = false;
    for (size_t i = 0; i < b->count && in_time(b); i++)
        if (b->tasks[i].state == TASK_READY && !lags(b, &b->tasks[i], &party)) {
            act_slowly(b, &b->tasks[i]);
            any = true;
        }
    return any;
}

static bool has_place(struct batch *b, const struct task *t, const char *party) {
    struct error ignored;
    bool entered = false;
    int64_t max = b->engine->laggards_max ? b->engine->laggards_max : 1;
    return laggard_enter(b->db, t->item, party, max, &entered, &ignored) && entered;
}

/* Nobody else is left in the batch who would wait for them. */
static bool act_laggards(struct batch *b) {
    const char *party;
    size_t off = 0;
    bool any = false;
    for (size_t i = 0; i < b->count; i++) {
        struct task *t = &b->tasks[i];
        if (t->state != TASK_READY || !lags(b, t, &party))
            continue;
        any = true;
        if (in_time(b) && has_place(b, t, party))
            act_slowly(b, t);
        else
            put_off(b, t, off++);
    }
    return any;
}

static void slow_begins(struct batch *b) {
    const struct engine *engine = b->engine;
    struct error ignored;
    if (b->deadline_ms)
        return;
    b->deadline_ms = clock_monotonic_ms() + (engine->budget_ms ? engine->budget_ms : SLOW_BUDGET_MS);
    laggard_any(b->db, b->now, &b->laggards, &ignored);
    if (engine->tell)
        engine->tell(engine->told, true);
}

/* What has become of a step that this engine does not take is somebody else's. */
static bool any_ready(struct batch *b) {
    bool any = false;
    for (size_t i = 0; i < b->count; i++) {
        struct task *t = &b->tasks[i];
        const struct step *step = step_find(b->engine->table, t->item->step);
        if (t->state == TASK_READY && b->engine->only && step && step->slow && !step->own)
            t->state = TASK_LEFT;
        any |= t->state == TASK_READY;
    }
    return any;
}

/* Fast steps come first, and are saved before a slow one begins; slow ones go one after another within the
 * budget of the batch, and what is left then is given back, so that a stuck target delays nobody for long.
 * False: nothing was begun. */
static bool act_all(struct batch *b) {
    if (act_fast(b))
        return true;
    if (!any_ready(b))
        return false;
    slow_begins(b);
    return act_unsuspected(b) || (in_time(b) && act_laggards(b));
}

/* ---- saving ---- */

/* The step that the task goes to at once; NULL: none. */
static const char *follower(const struct task *t) {
    if (t->work.outcome == OUTCOME_NEXT)
        return t->step->next;
    return t->work.outcome == OUTCOME_OTHERWISE ? t->step->otherwise : NULL;
}

static bool save_outcome(struct batch *b, struct task *t, struct error *e) {
    const struct work *w = &t->work;
    switch (w->outcome) {
    case OUTCOME_DONE:
        return work_done(b->db, t->item, e);
    case OUTCOME_WAIT:
        return work_wait(b->db, t->item, w->until, e);
    case OUTCOME_AGAIN:
        return work_again_at(b->db, t->item, w->until, e);
    case OUTCOME_RETRY:
        return work_fail(b->db, t->item, t->step->next, b->now + work_backoff(t->item->attempts + 1),
                         w->reason, e);
    case OUTCOME_NEXT:
    case OUTCOME_OTHERWISE:
        return work_next(b->db, t->item, follower(t), b->now, true, e);
    }
    return fail(e, ERR_INTERNAL, "step '%s' has no outcome", "步骤“%s”没有结果", t->step->name);
}

static bool run_saves(struct task *t, struct error *e) {
    for (size_t i = 0; i < STEP_SAVES_MAX && t->step->save[i] && t->work.outcome == OUTCOME_NEXT; i++)
        if (!t->step->save[i](&t->work, e))
            return false;
    if (t->work.outcome == OUTCOME_NEXT && !t->step->next)
        t->work.outcome = OUTCOME_DONE;
    return true;
}

static bool save_step(struct batch *b, struct task *t, struct error *e) {
    return run_saves(t, e) && save_outcome(b, t, e);
}

/* Goes on to a step that needs nothing from outside, in the same transaction. */
static bool task_follow(struct batch *b, struct task *t) {
    const char *name = follower(t);
    const struct step *next = name ? step_find(b->engine->table, name) : NULL;
    if (!next || next->act)
        return false;
    t->item->step = name;
    task_begin(b, t);
    return true;
}

/* Where a crash would repeat what costs nothing, that the task goes on is not even noted. */
static bool note_spared(const struct task *t) {
    return follower(t) && (!t->acted.step->act || t->acted.step->again);
}

/* As many steps as one transaction can have. */
static bool save_steps(struct batch *b, struct task *t, struct error *e) {
    do
        if (!run_saves(t, e))
            return false;
    while (task_follow(b, t));
    return note_spared(t) || save_outcome(b, t, e);
}

static bool save_failure(struct batch *b, struct task *t, struct error *e) {
    t->work.outcome = OUTCOME_NEXT; /* a save that failed may have left another */
    if (t->step && t->step->failed && !t->step->failed(&t->work, &t->error, e))
        return false;
    if (t->work.outcome == OUTCOME_DONE)
        return work_done(b->db, t->item, e);
    int64_t due_at = work_retry_at(&t->error, t->item->attempts + 1, b->now);
    return work_fail(b->db, t->item, t->item->step, due_at, error_row(t->error.id)->code, e);
}

/* Trouble of the database itself: the whole batch is given up and repeated, nothing is counted against an
 * item. */
static bool database_trouble(const struct error *e) {
    return e->id == ERR_DATABASE_UNAVAILABLE || e->id == ERR_DATABASE_BUSY;
}

/* Only what has begun is saved. */
static bool is_begun(const struct task *t) {
    return t->state == TASK_ACTED || t->state == TASK_FAILED;
}

/* Without savepoints, for which SQLite would copy each page that an item writes to: as dear as the writing.
 */
static bool save_together(struct batch *b, struct error *e) {
    for (size_t i = 0; i < b->count; i++) {
        struct task *t = &b->tasks[i];
        if (is_begun(t) && !(t->state == TASK_ACTED ? save_steps : save_failure)(b, t, e))
            return false;
    }
    return true;
}

static bool in_savepoint(struct batch *b, struct task *t,
                         bool (*run)(struct batch *, struct task *, struct error *), struct error *e) {
    if (!db_savepoint(b->db, e))
        return false;
    if (run(b, t, e) && db_savepoint_release(b->db, e))
        return true;
    db_savepoint_rollback(b->db);
    return false;
}

static void task_restore(struct task *t) {
    t->step = t->acted.step;
    t->work = t->acted.work;
    if (t->step)
        t->item->step = t->step->name;
}

/* False only if the batch cannot go on. */
static bool task_save_apart(struct batch *b, struct task *t, struct error *e) {
    task_restore(t);
    if (t->state == TASK_ACTED && !in_savepoint(b, t, save_step, &t->error)) {
        if (database_trouble(&t->error)) {
            *e = t->error;
            return false;
        }
        t->state = TASK_FAILED;
    }
    return t->state == TASK_ACTED || in_savepoint(b, t, save_failure, e);
}

static bool save_apart(struct batch *b, struct error *e) {
    for (size_t i = 0; i < b->count; i++)
        if (is_begun(&b->tasks[i]) && !task_save_apart(b, &b->tasks[i], e))
            return false;
    return true;
}

static bool claim(struct batch *b, struct claimed *claimed, struct error *e) {
    const struct engine *engine = b->engine;
    claimed->arena = arena_new();
    return work_claim_of(b->db, claimed->arena, engine->only, engine->owner, b->now, engine->lease_seconds,
                         engine->batch, &claimed->items, &claimed->count, e);
}

/* Who has nothing to do looks for what a lost machine had in hand; it is there for the next batch. */
static bool claim_or_release(struct batch *b, struct claimed *claimed, struct error *e) {
    int64_t released;
    return claim(b, claimed, e) && (claimed->count || work_release(b->db, NULL, b->now, &released, e));
}

static void drop(struct claimed *claimed) {
    if (claimed->arena)
        arena_free(claimed->arena);
    *claimed = (struct claimed){.arena = NULL};
}

static bool goes_on(const struct task *t) {
    return t->state == TASK_READY || t->state == TASK_LEFT || (t->state == TASK_ACTED && follower(t));
}

/* The next batch, where this one ends: its claim would wait for the other workers' transactions. */
static bool claim_ahead(struct batch *b, struct error *e) {
    for (size_t i = 0; i < b->count; i++)
        if (goes_on(&b->tasks[i]))
            return true;
    if (!claim(b, &b->engine->claimed, e))
        return false;
    if (!b->engine->claimed.count)
        drop(&b->engine->claimed);
    return true;
}

static bool in_transaction(struct batch *b, bool (*save)(struct batch *, struct error *), struct error *e) {
    if (!db_begin(b->db, e))
        return false;
    bool ok = save(b, e) && claim_ahead(b, e) && db_commit(b->db, e);
    if (!ok) {
        db_rollback(b->db);
        drop(&b->engine->claimed);
    }
    return ok;
}

/* An abandoned step is one whose process was killed here: nothing of it is written. */
static void abandon_some(struct batch *b) {
    for (size_t i = 0; i < b->count; i++)
        if (b->tasks[i].state == TASK_ACTED && abandoned(b, &b->tasks[i]))
            b->tasks[i].state = TASK_READY;
}

/* All at once, as it nearly always goes well; where one item fails, again from the start, each on its own. */
static bool save_all(struct batch *b, struct error *e) {
    abandon_some(b);
    if (in_transaction(b, save_together, e))
        return true;
    if (database_trouble(e))
        return false;
    error_clear(e);
    return in_transaction(b, save_apart, e);
}

/* ---- a round: act, save, and see who goes on ---- */

static void task_settle(struct batch *b, struct task *t) {
    if (t->state == TASK_FAILED)
        log_failure(t->item->step, &t->error, t->item->subject);
    const char *next = t->state == TASK_ACTED ? follower(t) : NULL;
    t->state = next ? TASK_READY : TASK_ENDED;
    if (!next) {
        b->active--;
        return;
    }
    t->item->step = next;
    t->item->crashes = 0;
    arena_reset(t->arena);
}

/* progress: at least one task got on. Tasks that are not ended were not begun: the budget was used up. */
static bool round_run(struct batch *b, bool *progress, struct error *e) {
    *progress = false;
    if (!act_all(b))
        return true;
    if (!save_all(b, e))
        return false;
    for (size_t i = 0; i < b->count; i++) {
        struct task *t = &b->tasks[i];
        if (is_begun(t)) {
            *progress = true;
            task_settle(b, t);
        }
    }
    return true;
}

static struct task *tasks_new(const struct claimed *claimed) {
    struct task *tasks = ARENA_ARRAY(claimed->arena, claimed->count, struct task);
    for (size_t i = 0; i < claimed->count; i++)
        tasks[i] = (struct task){.item = &claimed->items[i], .arena = arena_new(), .state = TASK_READY};
    return tasks;
}

/*
 * Whatever was in hand when a process crashed may have been the cause. It is tried alone, so that the guilty
 * one crashes alone, and is counted alone, the next time.
 */
static bool isolate_suspect(struct batch *b, struct claimed *claimed, struct error *e) {
    for (size_t i = 0; i < claimed->count; i++)
        if (claimed->items[i].crashes && claimed->count > 1) {
            claimed->items += i;
            claimed->count = 1;
            return work_give_back_others(b->db, b->engine->owner, claimed->items->subject, e);
        }
    return true;
}

static bool batch_run(struct batch *b, struct error *e) {
    bool good = true, progress = b->count > 0;
    for (int round = 0; good && b->active && progress && round < ROUNDS_MAX; round++)
        good = round_run(b, &progress, e);
    for (size_t i = 0; i < b->count; i++)
        arena_free(b->tasks[i].arena);
    if (b->deadline_ms && b->engine->tell)
        b->engine->tell(b->engine->told, false);
    /* What was not ended is given back: to another worker, or to ourselves in the next batch. */
    struct error ignored = {0};
    if (b->active && good)
        return work_give_back(b->db, b->engine->owner, e);
    if (!good)
        work_give_back(b->db, b->engine->owner,
                       &ignored); /* if not even that is possible, the caller tries later */
    return good;
}

bool flow_run(struct engine *engine, int64_t now, size_t *ran, struct error *e) {
    struct batch b = {.engine = engine, .db = engine->services->db, .now = now};
    struct claimed claimed = engine->claimed;
    if (!catalog_fresh(engine->services, e))
        return false;
    engine->claimed = (struct claimed){.arena = NULL};
    bool ok = (claimed.arena || claim_or_release(&b, &claimed, e)) && isolate_suspect(&b, &claimed, e);
    *ran = ok ? claimed.count : 0;
    if (ok) {
        b.count = b.active = claimed.count;
        b.tasks = tasks_new(&claimed);
        ok = batch_run(&b, e);
    }
    drop(&claimed);
    return ok;
}

void flow_end(struct engine *engine) {
    struct error ignored = {0};
    if (engine->claimed.arena)
        work_give_back(engine->services->db, engine->owner, &ignored);
    drop(&engine->claimed);
}

bool flow_run_all(struct engine *engine, int64_t now, struct error *e) {
    size_t ran;
    do
        if (!flow_run(engine, now, &ran, e))
            return false;
    while (ran);
    return true;
}
