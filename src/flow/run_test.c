/* The engine's batch: what a crash leaves behind. */
#include "base/clock.h"
#include "flow/flow.h"
#include "unit.h"

enum { NOW = 1800000000, LEASE = 300, SUBJECTS_MAX = 4 };

struct queue {
    struct services services; /* first: the steps find the rest by it */
    struct arena *arena;
    struct engine engine;
    const char *subjects[SUBJECTS_MAX];
    size_t count;
    int in_hand; /* items leased together in the last batch, at most */
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

static const struct step table[] = {{"count", "subject", .save = {count_leases}}, {0}};

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

static void enqueue(struct queue *q, const char *subject) {
    struct error e = {0};
    q->subjects[q->count++] = subject;
    assert_ok(work_enqueue(q->services.db, "acct_1", subject, "count", NOW, &e), e);
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

#define queue_test(f) cmocka_unit_test_setup_teardown(f, open_queue, close_queue)

TEST_MAIN(run, queue_test(what_was_in_hand_at_a_crash_is_tried_alone),
          queue_test(what_was_in_hand_at_a_kill_goes_on_together),
          queue_test(the_neighbours_of_a_suspect_are_not_held_up))
