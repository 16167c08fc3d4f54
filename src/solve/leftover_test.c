/* Whatever ends a proof, in whatever phase, nothing of it is left published. */
#include "solve/fixture.h"

/* How far it has come; a worker that was killed had acted and saved nothing. */
enum phase { BEGUN, PLACING_KILLED, PLACED, LOOKING_KILLED, READY, CLEARING_KILLED, PHASE_COUNT };
/* Withdrawn, refunded, cancelled, revoked, expired: the CA's order ends and lets go, or nobody says a word.
 */
enum way_out { LET_GO, CLOSED, SOLVER_REMOVED, WANTED_AGAIN, WAY_COUNT };

static void kill_in(const struct half_steps *steps, const char *id) {
    struct work work = step_begin(&w, id);
    assert_ok(steps->act(&work, &e), e);
}

/* The step at which its row stands then. */
static const struct half_steps *come_to(enum phase phase, const struct application *p, const char *id) {
    if (phase == BEGUN)
        return &solve;
    if (phase == PLACING_KILLED) {
        kill_in(&solve, id);
        return &solve;
    }
    assert_int_equal(run(&solve, id), OUTCOME_NEXT);
    if (phase == LOOKING_KILLED)
        kill_in(&seen, id);
    if (phase == READY || phase == CLEARING_KILLED)
        assert_int_equal(run(&seen, id), OUTCOME_WAIT);
    if (phase != CLEARING_KILLED)
        return &seen;
    let_go(p);
    kill_in(&clear, id);
    return &clear;
}

static void leave(enum way_out way, const struct application *p, const struct solution *s) {
    if (way != CLOSED)
        let_go(p);
    if (way == SOLVER_REMOVED) {
        assert_ok(solver_remove(w.services.db, s->solver_id, w.now, &e), e);
        last = step_begin(&w, "retention");
        assert_ok(solve_purge(&last, &e), e);
    }
    if (way == WANTED_AGAIN)
        begun(p);
    assert_ok(application_close(w.services.db, p->id, w.now, NULL, "test", &e), e);
}

/* As the engine goes on: at most a day, and a few steps. */
static void go_on(const struct half_steps *step, const char *id) {
    int64_t end = w.now + DAY;
    for (int i = 0; i < 10 && !now_of(id).removed_at; i++) {
        switch (run(step, id)) {
        case OUTCOME_NEXT:
            step = &seen;
            break;
        case OUTCOME_OTHERWISE:
            step = &clear;
            break;
        case OUTCOME_DONE:
            step = &solve; /* wanted again meanwhile: what was asked for then */
            break;
        default:
            w.now = last.until;
        }
    }
    assert_true(w.now <= end);
}

static void whatever_happens_nothing_is_left_behind(void **state) {
    for (int phase = 0; phase < PHASE_COUNT; phase++)
        for (int way = 0; way < WAY_COUNT; way++) {
            open_world(state);
            const struct application p = applied();
            added(".", "http-01", "webroot");
            const struct solution s = begun(&p);
            const struct half_steps *step = come_to((enum phase)phase, &p, s.id);
            leave((enum way_out)way, &p, &s);
            go_on(step, s.id);
            assert_false(has_file());
            assert_int_not_equal(now_of(s.id).removed_at, 0);
            assert_int_equal(run(step, s.id), OUTCOME_DONE); /* its row ends, wherever it stands */
            close_world(state);
        }
}

TEST_MAIN(leftover, test(whatever_happens_nothing_is_left_behind))
