/* The engine's batch: what a crash and a failure leave behind, and which steps share a transaction. */
#include "account/session_db.h"
#include "base/clock.h"
#include "db/laggard.h"
#include "doctor/doctor.h"
#include "flow/flow.h"
#include "unit.h"
#include <unistd.h>

enum { NOW = 1800000000, LEASE = 300, SUBJECTS_MAX = 4, TARRIES_MS = 40, SLOW_MS = 20 };

struct queue {
    struct services services; /* first: the steps find the rest by it */
    struct arena *arena;
    struct engine engine;
    const char *subjects[SUBJECTS_MAX];
    size_t count;
    int in_hand; /* items leased together in the last batch, at most */
    int rounds;  /* steps that came to their save on their own */
    int64_t fast_due_at;
    int tarried;           /* acts of the step that takes long */
    char told[16];         /* what the engine told of itself */
    const char *killed_in; /* the step whose process is killed before its save */
};

/* What a step does here: it counts what is claimed at this moment. */
static bool count_leases(struct work *w, struct error *e) {
    struct queue *q = (struct queue *)w->services;
    struct work_item item;
    int leased = 0;
    for (size_t i = 0; i < q->count; i++) {
        if (!work_get(w->db, w->arena, q->subjects[i], &item, e))
            return false;
        leased += item.lease_owner != NULL;
    }
    q->in_hand = leased > q->in_hand ? leased : q->in_hand;
    return work_until(w, w->now + DAY);
}

static bool act_nothing(struct work *w, struct error *e) {
    (void)w;
    (void)e;
    return true;
}

/* Writes a row and goes on; fails for one subject, after it has written. */
static bool save_a_row(struct work *w, struct error *e) {
    bool spoilt = strcmp(w->item->subject, "spoilt") == 0;
    return work_enqueue(w->db, "acct_1", spoilt ? "of spoilt" : "of others", "count", w->now + DAY, e) &&
           (!spoilt || fail(e, ERR_CONFLICT, "spoilt", "已损坏"));
}

/* What it finds saved when its turn comes. */
static bool act_slowly(struct work *w, struct error *e) {
    struct queue *q = (struct queue *)w->services;
    struct work_item fast;
    bool ok = work_get(w->db, w->arena, "fast", &fast, e);
    q->fast_due_at = ok ? fast.due_at : 0;
    return ok;
}

/* Those that are slow are so by name. */
static bool act_tarries(struct work *w, struct error *e) {
    struct queue *q = (struct queue *)w->services;
    (void)e;
    q->tarried++;
    usleep(strncmp(w->item->subject, "quick", 5) == 0 ? 0 : TARRIES_MS * 1000);
    return true;
}

static const char *first_word(struct work *w) {
    return arena_strndup(w->arena, w->item->subject, strcspn(w->item->subject, " "));
}

static bool save_nothing(struct work *w, struct error *e) {
    (void)e;
    return work_goes(w, OUTCOME_NEXT);
}

static bool act_fails(struct work *w, struct error *e) {
    (void)w;
    return fail(e, ERR_WEAK_KEY, "refused", "被拒绝");
}

/* There is nothing to try again for one subject. */
static bool give_up(struct work *w, const struct error *cause, struct error *e) {
    (void)e;
    bool hopeless = cause->id == ERR_WEAK_KEY && strcmp(w->item->subject, "hopeless") == 0;
    return work_goes(w, hopeless ? OUTCOME_DONE : OUTCOME_NEXT);
}

static const struct step table[] = {
    {"count", "subject", .save = {count_leases}},
    {"write", "subject", .act = act_nothing, .save = {save_a_row}, .next = "count"},
    {"dear", "subject", .act = act_nothing, .save = {save_nothing}, .next = "end"},
    {"cheap", "subject", .again = true, .act = act_nothing, .save = {save_nothing}, .next = "end"},
    {"fail", "subject", .act = act_fails, .failed = give_up, .next = "end"},
    {"slow", "subject", .slow = true, .act = act_slowly, .save = {save_nothing}},
    {"tarry", "subject", .slow = true, .act = act_tarries, .save = {save_nothing}, .party = first_word},
    {"own", "subject", .slow = true, .own = true, .act = act_tarries, .save = {save_nothing}},
    {"lead", "subject", .act = act_nothing, .save = {save_nothing}, .next = "tarry"},
    {"end", "subject", .act = act_nothing, .save = {save_nothing}},
    {0}};

static int open_queue(void **state) {
    struct arena *a = arena_new();
    struct queue *q = ARENA_NEW(a, struct queue);
    struct error e = {0};
    q->arena = a;
    q->engine = (struct engine){
        .services = &q->services, .table = table, .owner = "worker-0", .lease_seconds = LEASE, .batch = 10};
    *state = q;
    return db_open(&q->services.db, ":memory:", DB_WORKER, &e) && db_migrate(q->services.db, NOW, &e) ? 0
                                                                                                      : -1;
}

static int close_queue(void **state) {
    struct queue *q = *state;
    db_close(q->services.db);
    arena_free(q->arena);
    return 0;
}

static void enqueue_step(struct queue *q, const char *subject, const char *step) {
    struct error e = {0};
    q->subjects[q->count++] = subject;
    assert_ok(work_enqueue(q->services.db, "acct_1", subject, step, NOW, &e), e);
}

static void enqueue(struct queue *q, const char *subject) {
    enqueue_step(q, subject, "count");
}

/* A worker has claimed everything, and is gone. */
static void claim_and_leave(struct queue *q) {
    struct error e = {0};
    struct work_item *items;
    size_t count;
    assert_ok(work_claim(q->services.db, q->arena, "worker-0", NOW, LEASE, 10, &items, &count, &e), e);
}

static size_t run_batch(struct queue *q) {
    struct error e = {0};
    size_t ran;
    q->in_hand = 0;
    assert_ok(flow_run(&q->engine, NOW, &ran, &e), e);
    return ran;
}

static void what_was_in_hand_at_a_crash_is_tried_alone(void **state) {
    struct queue *q = *state;
    struct error e = {0};
    int64_t released;
    enqueue(q, "a");
    enqueue(q, "b");
    enqueue(q, "c");
    claim_and_leave(q);
    assert_ok(work_release(q->services.db, "worker-0", NOW, &released, &e), e);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(run_batch(q), 1);
        assert_int_equal(q->in_hand, 1);
    }
    assert_int_equal(run_batch(q), 0);
}

static void what_was_in_hand_at_a_kill_goes_on_together(void **state) {
    struct queue *q = *state;
    struct error e = {0};
    enqueue(q, "a");
    enqueue(q, "b");
    claim_and_leave(q);
    assert_ok(work_give_back(q->services.db, "worker-0", &e), e);
    assert_int_equal(run_batch(q), 2);
    assert_int_equal(q->in_hand, 2);
}

/* Nobody is there to say that it is dead. */
static void what_a_lost_machine_had_in_hand_is_done_by_another(void **state) {
    struct queue *q = *state;
    struct error e = {0};
    struct work_item *items;
    size_t count, ran = 0;
    int64_t due_at;
    enqueue(q, "a");
    assert_ok(work_claim(q->services.db, q->arena, "lost", NOW, LEASE, 10, &items, &count, &e), e);
    assert_int_equal(run_batch(q), 0);
    assert_int_equal(run_batch(q), 0);
    assert_ok(work_next_due(q->services.db, &due_at, &e), e);
    assert_int_equal(due_at, NOW + LEASE);
    for (int i = 0; i < 2 && !ran; i++)
        assert_ok(flow_run(&q->engine, NOW + LEASE, &ran, &e), e);
    assert_int_equal(ran, 1);
}

static void the_neighbours_of_a_suspect_are_not_held_up(void **state) {
    struct queue *q = *state;
    struct error e = {0};
    int64_t released;
    enqueue(q, "suspect");
    claim_and_leave(q);
    assert_ok(work_release(q->services.db, "worker-0", NOW, &released, &e), e);
    enqueue(q, "a");
    enqueue(q, "z");
    assert_int_equal(run_batch(q), 1);
    assert_int_equal(run_batch(q), 2);
    assert_int_equal(q->in_hand, 2);
}

static struct work_item planned(struct queue *q, const char *subject) {
    struct error e = {0};
    struct work_item item;
    assert_ok(work_get(q->services.db, q->arena, subject, &item, &e), e);
    return item;
}

static bool count_round(void *context, const struct step *step) {
    (void)step;
    ((struct queue *)context)->rounds++;
    return false;
}

static void a_step_without_an_act_is_saved_with_the_one_before_it(void **state) {
    struct queue *q = *state;
    enqueue_step(q, "a", "write");
    q->count = 0; /* nobody else's leases are of interest */
    q->engine.abandon = count_round;
    q->engine.context = q;
    assert_int_equal(run_batch(q), 1);
    assert_int_equal(q->rounds, 1);
    assert_string_equal(planned(q, "a").step, "count");
    assert_int_equal(planned(q, "a").due_at, NOW + DAY);
}

static bool is_killed(void *context, const struct step *step) {
    return strcmp(((struct queue *)context)->killed_in, step->name) == 0;
}

static void a_step_that_may_be_done_again_is_not_noted(void **state) {
    struct queue *q = *state;
    struct error e = {0};
    struct work_item item;
    enqueue_step(q, "a", "dear");
    enqueue_step(q, "b", "cheap");
    q->killed_in = "end";
    q->engine.abandon = is_killed;
    q->engine.context = q;
    assert_int_equal(run_batch(q), 2);
    assert_string_equal(planned(q, "a").step, "end");
    assert_string_equal(planned(q, "b").step, "cheap");
    q->killed_in = "";
    assert_int_equal(run_batch(q), 2);
    assert_fails(work_get(q->services.db, q->arena, "b", &item, &e), e, ERR_NOT_FOUND);
}

static void a_slow_step_begins_when_the_fast_ones_are_saved(void **state) {
    struct queue *q = *state;
    enqueue_step(q, "a", "slow");
    enqueue_step(q, "fast", "write");
    q->count = 0;
    assert_int_equal(run_batch(q), 2);
    assert_int_equal(q->fast_due_at, NOW + DAY);
}

static void an_item_that_cannot_be_saved_takes_nobody_along(void **state) {
    struct queue *q = *state;
    struct error e = {0};
    struct work_item item;
    enqueue_step(q, "a", "write");
    enqueue_step(q, "spoilt", "write");
    enqueue_step(q, "z", "write");
    q->count = 0;
    assert_int_equal(run_batch(q), 3);
    assert_int_equal(planned(q, "a").due_at, NOW + DAY);
    assert_int_equal(planned(q, "z").due_at, NOW + DAY);
    assert_string_equal(planned(q, "spoilt").step, "write");
    assert_int_equal(planned(q, "spoilt").attempts, 1);
    assert_int_equal(planned(q, "of others").due_at, NOW + DAY);
    assert_fails(work_get(q->services.db, q->arena, "of spoilt", &item, &e), e, ERR_NOT_FOUND);
}

static void a_failure_that_ends_the_work_is_not_tried_again(void **state) {
    struct queue *q = *state;
    struct error e = {0};
    struct work_item item;
    enqueue_step(q, "hopeful", "fail");
    enqueue_step(q, "hopeless", "fail");
    assert_int_equal(run_batch(q), 2);
    assert_string_equal(planned(q, "hopeful").step, "fail");
    assert_string_equal(planned(q, "hopeful").last_error, "weak_key");
    assert_fails(work_get(q->services.db, q->arena, "hopeless", &item, &e), e, ERR_NOT_FOUND);
}

/* Every part of retention runs: what one of them says of the next time must not keep the others from it. */
static void old_rows_of_every_slice_go(void **state) {
    static const char stranger[] = "address:192.0.2.1";
    struct queue *q = *state;
    struct db *db = q->services.db;
    struct error e = {0};
    size_t ran;
    int64_t until;
    struct engine engine = flow_engine(&q->services, "worker-0");
    struct preflight p = {
        .id = "pfl_1", .account_id = "acct_1", .name = "example.com", .created_at = NOW - 91 * DAY};
    assert_ok(failure_db_note(db, stranger, NOW - 2 * DAY, NOW - DAY, &e), e);
    assert_ok(preflight_insert(db, &p, &e), e);
    assert_ok(work_enqueue(db, "acct_1", "acct_1", "retention", NOW, &e), e);
    assert_ok(failure_db_until(db, stranger, 1, NOW - 2 * DAY, &until, &e), e);
    assert_int_equal(until, NOW - DAY);
    assert_ok(flow_run(&engine, NOW, &ran, &e), e);
    assert_int_equal(planned(q, "acct_1").due_at, NOW + DAY);
    assert_ok(failure_db_until(db, stranger, 1, NOW - 2 * DAY, &until, &e), e);
    assert_int_equal(until, 0);
    assert_fails(preflight_get_any(db, q->arena, "pfl_1", &p, &e), e, ERR_NOT_FOUND);
}

/* ---- those who are slow ---- */

static bool lags(struct queue *q, const char *party, int64_t now) {
    struct error e = {0};
    bool is;
    assert_ok(laggard_is(q->services.db, party, now, &is, &e), e);
    return is;
}

static bool is_over(struct queue *q, const char *subject) {
    struct work_item item;
    struct error e = {0};
    return !work_get(q->services.db, q->arena, subject, &item, &e);
}

/* A worker that has claimed everything is at something of a laggard. */
static bool keeps(struct queue *q, const char *owner, const char *subject, const char *party) {
    struct error e = {0};
    struct work_item *items;
    size_t count;
    bool entered = false;
    assert_ok(work_claim(q->services.db, q->arena, owner, NOW, LEASE, 10, &items, &count, &e), e);
    for (size_t i = 0; i < count; i++)
        if (strcmp(items[i].subject, subject) == 0)
            assert_ok(laggard_enter(q->services.db, &items[i], party, 1, &entered, &e), e);
    return entered;
}

static void be_slow(struct queue *q, const char *party) {
    struct error e = {0};
    int64_t until;
    assert_ok(laggard_note(q->services.db, party, NOW, &until, &e), e);
}

static void who_takes_long_is_known_as_slow_for_a_while(void **state) {
    struct queue *q = *state;
    q->engine.slow_ms = SLOW_MS;
    enqueue_step(q, "ca one", "tarry");
    enqueue_step(q, "quick one", "tarry");
    q->count = 0;
    run_batch(q);
    assert_true(lags(q, "ca", NOW + 59));
    assert_false(lags(q, "ca", NOW + 60));
    assert_false(lags(q, "quick", NOW));
    be_slow(q, "ca");
    assert_true(lags(q, "ca", NOW + 119));
    assert_false(lags(q, "ca", NOW + 120));
}

static void it_is_forgiven_in_the_end(void **state) {
    struct queue *q = *state;
    struct error e = {0};
    int64_t until;
    be_slow(q, "ca");
    assert_ok(laggard_note(q->services.db, "ca", NOW + 700, &until, &e), e);
    assert_int_equal(until, NOW + 760);
    for (int i = 0; i < 20; i++)
        assert_ok(laggard_note(q->services.db, "ca", NOW + 700, &until, &e), e);
    assert_int_equal(until, NOW + 700 + 960);
}

static void our_own_slowness_is_nobodys_fault(void **state) {
    struct queue *q = *state;
    q->engine.slow_ms = SLOW_MS;
    enqueue_step(q, "a", "own");
    q->count = 0;
    run_batch(q);
    assert_int_equal(q->tarried, 1);
    assert_false(lags(q, "own acct_1", NOW));
}

static void a_laggard_that_has_a_worker_gets_no_other(void **state) {
    struct queue *q = *state;
    q->engine.laggards_max = 3;
    be_slow(q, "ca");
    enqueue_step(q, "ca one", "tarry");
    assert_true(keeps(q, "worker-1", "ca one", "ca"));
    enqueue_step(q, "ca two", "tarry");
    enqueue_step(q, "quick one", "tarry");
    q->count = 0;
    assert_int_equal(run_batch(q), 2);
    assert_int_equal(q->tarried, 1);
    assert_true(is_over(q, "quick one"));
    assert_int_equal(planned(q, "ca two").due_at, NOW + 10);
    assert_int_equal(planned(q, "ca two").attempts, 0);
}

static void laggards_do_not_get_the_last_worker(void **state) {
    struct queue *q = *state;
    be_slow(q, "ca");
    be_slow(q, "other");
    enqueue_step(q, "ca one", "tarry");
    assert_true(keeps(q, "worker-1", "ca one", "ca"));
    enqueue_step(q, "other one", "tarry");
    q->count = 0;
    assert_int_equal(run_batch(q), 1);
    assert_int_equal(q->tarried, 0);
    q->engine.laggards_max = 2;
    assert_ok(work_enqueue(q->services.db, "acct_1", "other one", "tarry", NOW, &(struct error){0}),
              (struct error){0});
    assert_int_equal(run_batch(q), 1);
    assert_int_equal(q->tarried, 1);
}

static void a_laggard_alone_has_all_that_one_worker_can_do(void **state) {
    struct queue *q = *state;
    be_slow(q, "quick");
    enqueue_step(q, "quick one", "tarry");
    enqueue_step(q, "quick two", "tarry");
    q->count = 0;
    assert_int_equal(run_batch(q), 2);
    assert_int_equal(q->tarried, 2);
}

static void what_does_not_begin_in_time_is_given_back(void **state) {
    struct queue *q = *state;
    q->engine.budget_ms = SLOW_MS;
    enqueue_step(q, "ca one", "tarry");
    enqueue_step(q, "ca two", "tarry");
    q->count = 0;
    assert_int_equal(run_batch(q), 2);
    assert_int_equal(q->tarried, 1);
    assert_null(planned(q, "ca two").lease_owner);
    assert_int_equal(planned(q, "ca two").due_at, NOW);
}

static void note_told(void *context, bool slow) {
    struct queue *q = context;
    q->told[strlen(q->told)] = slow ? 's' : 'f';
}

static void who_asks_nobody_outside_leaves_that_to_others(void **state) {
    struct queue *q = *state;
    struct error e = {0};
    int64_t due_at;
    q->engine.only = " lead own ";
    q->engine.tell = note_told;
    q->engine.told = q;
    enqueue_step(q, "a", "lead");
    enqueue_step(q, "b", "tarry");
    q->count = 0;
    assert_int_equal(run_batch(q), 1);
    assert_int_equal(q->tarried, 0);
    assert_string_equal(planned(q, "a").step, "tarry");
    assert_null(planned(q, "a").lease_owner);
    assert_string_equal(q->told, "");
    assert_int_equal(run_batch(q), 0);
    assert_ok(work_next_due_of(q->services.db, q->engine.only, &due_at, &e), e);
    assert_int_equal(due_at, INT64_MAX);
    q->engine.only = NULL;
    assert_int_equal(run_batch(q), 2);
    assert_string_equal(q->told, "sf");
}

/* What the worker that relieves the others must be able to do without them. */
static void a_local_certificate_needs_nobody_outside(void **state) {
    static const char *const needed[] = {" decide ", " apply ", " issue ", " letter ", " csr_make ", " crl "};
    static const char *const outside[] = {" request ", " put ", " probe ", " watch ", " send ",
                                          " sync ",    " pay ", " check ", " solve ", " suggest "};
    struct queue *q = *state;
    struct engine engine = flow_engine_own(&q->services, "worker-2", q->arena);
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        assert_non_null(strstr(engine.only, needed[i]));
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        assert_null(strstr(engine.only, outside[i]));
}

#define queue_test(f) cmocka_unit_test_setup_teardown(f, open_queue, close_queue)

TEST_MAIN(run, queue_test(what_was_in_hand_at_a_crash_is_tried_alone),
          queue_test(what_was_in_hand_at_a_kill_goes_on_together),
          queue_test(what_a_lost_machine_had_in_hand_is_done_by_another),
          queue_test(the_neighbours_of_a_suspect_are_not_held_up),
          queue_test(a_step_without_an_act_is_saved_with_the_one_before_it),
          queue_test(a_step_that_may_be_done_again_is_not_noted),
          queue_test(a_slow_step_begins_when_the_fast_ones_are_saved),
          queue_test(an_item_that_cannot_be_saved_takes_nobody_along),
          queue_test(a_failure_that_ends_the_work_is_not_tried_again), queue_test(old_rows_of_every_slice_go),
          queue_test(who_takes_long_is_known_as_slow_for_a_while), queue_test(it_is_forgiven_in_the_end),
          queue_test(our_own_slowness_is_nobodys_fault),
          queue_test(a_laggard_that_has_a_worker_gets_no_other),
          queue_test(laggards_do_not_get_the_last_worker),
          queue_test(a_laggard_alone_has_all_that_one_worker_can_do),
          queue_test(what_does_not_begin_in_time_is_given_back),
          queue_test(who_asks_nobody_outside_leaves_that_to_others),
          queue_test(a_local_certificate_needs_nobody_outside))
