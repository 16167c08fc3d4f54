/* work: planning, claiming, outcomes, leases. */
#include "base/clock.h"
#include "db/work.h"
#include "unit.h"
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOW = 1800000000, LEASE = 300 };

struct queue {
    struct arena *arena;
    struct db *db;
    struct work_item *items; /* of the last claim */
    size_t count;
};

static int open_queue(void **state) {
    struct arena *a = arena_new();
    struct queue *q = ARENA_NEW(a, struct queue);
    struct error e;
    q->arena = a;
    if (!db_open(&q->db, ":memory:", DB_WORKER, &e) || !db_migrate(q->db, NOW, &e))
        return -1;
    *state = q;
    return 0;
}

static int close_queue(void **state) {
    struct queue *q = *state;
    db_close(q->db);
    arena_free(q->arena);
    return 0;
}

static void enqueue(struct queue *q, const char *subject, const char *step, int64_t due_at) {
    struct error e;
    assert_ok(work_enqueue(q->db, "acct_1", subject, step, due_at, &e), e);
}

static size_t claim(struct queue *q, const char *owner, int64_t now, size_t limit) {
    struct error e;
    assert_ok(work_claim(q->db, q->arena, owner, now, LEASE, limit, &q->items, &q->count, &e), e);
    return q->count;
}

/* The one due item. */
static struct work_item *claim_one(struct queue *q, int64_t now) {
    assert_int_equal(claim(q, "worker-1", now, 10), 1);
    return q->items;
}

static struct work_item row_of(struct queue *q, const char *subject) {
    struct work_item item;
    struct error e;
    assert_ok(work_get(q->db, q->arena, subject, &item, &e), e);
    return item;
}

static int64_t next_due(struct queue *q) {
    int64_t due_at;
    struct error e;
    assert_ok(work_next_due(q->db, &due_at, &e), e);
    return due_at;
}

/* ---- planning and claiming ---- */

static void due_rows_are_claimed_oldest_first_and_only_they(void **state) {
    struct queue *q = *state;
    enqueue(q, "a", "renew", NOW);
    enqueue(q, "b", "renew", NOW);
    enqueue(q, "c", "renew", NOW - 5);
    enqueue(q, "d", "renew", NOW + 1);
    assert_int_equal(next_due(q), NOW - 5);
    assert_int_equal(claim(q, "worker-1", NOW, 2), 2);
    assert_string_equal(q->items[0].subject, "c");
    assert_string_equal(q->items[1].subject, "a");
    assert_string_equal(q->items[0].account_id, "acct_1");
    assert_string_equal(q->items[0].step, "renew");
    assert_int_equal(claim(q, "worker-2", NOW, 10), 1);
    assert_string_equal(q->items[0].subject, "b");
    assert_int_equal(claim(q, "worker-1", NOW, 10), 0);
    assert_int_equal(next_due(q), NOW + 1);
}

static void an_empty_queue_is_never_due(void **state) {
    struct queue *q = *state;
    struct work_item item;
    struct error e;
    assert_true(next_due(q) == INT64_MAX);
    assert_int_equal(claim(q, "worker-1", INT64_MAX / 2, 10), 0);
    assert_fails(work_get(q->db, q->arena, "nothing", &item, &e), e, ERR_NOT_FOUND);
}

static void enqueueing_again_only_ever_brings_it_forward(void **state) {
    struct queue *q = *state;
    enqueue(q, "a", "renew", NOW + 100);
    enqueue(q, "a", "renew", NOW + 200);
    assert_int_equal(row_of(q, "a").due_at, NOW + 100);
    enqueue(q, "a", "renew", NOW + 50);
    assert_int_equal(row_of(q, "a").due_at, NOW + 50);
    assert_int_equal(row_of(q, "a").wakes, 3);
}

/* The plan shows that the index has the order already: the cost does not depend on the size of the table. */
static void claiming_reads_nothing_but_what_it_takes(void **state) {
    struct queue *q = *state;
    struct error e;
    struct plan {
        int64_t id, parent, notused;
        const char *detail;
    } * plan;
    static const struct field fields[] = {
        FIELD(INT, plan, id, 0, "", ""),
        FIELD(INT, plan, parent, 0, "", ""),
        FIELD(INT, plan, notused, 0, "", ""),
        FIELD(TEXT, plan, detail, 0, "", ""),
        FIELD_END,
    };
    size_t count;
    assert_ok(
        db_list(q->db, q->arena, fields, sizeof *plan, &plan, &count, &e,
                "EXPLAIN QUERY PLAN SELECT w.step FROM work w LEFT JOIN lease l ON l.subject = w.subject "
                "WHERE w.due_at <= 5 AND l.subject IS NULL ORDER BY w.due_at, w.subject LIMIT 5"),
        e);
    assert_int_equal(count, 2);
    assert_non_null(strstr(plan[0].detail, "SEARCH w USING INDEX work_due (due_at<?)"));
    assert_non_null(strstr(plan[1].detail, "SEARCH l USING PRIMARY KEY (subject=?)"));
}

/* ---- outcomes ---- */

static void done_work_is_forgotten(void **state) {
    struct queue *q = *state;
    struct error e;
    struct work_item item;
    enqueue(q, "a", "renew", NOW);
    assert_ok(work_done(q->db, claim_one(q, NOW), &e), e);
    assert_fails(work_get(q->db, q->arena, "a", &item, &e), e, ERR_NOT_FOUND);
}

static void the_next_step_keeps_failures_but_not_crashes(void **state) {
    struct queue *q = *state;
    struct error e;
    int64_t released;
    enqueue(q, "a", "apply", NOW);
    assert_ok(work_fail(q->db, claim_one(q, NOW), "apply", NOW, "timed_out", &e), e);
    claim_one(q, NOW);
    assert_ok(work_release(q->db, "worker-1", NOW, &released, &e), e);
    assert_ok(work_next(q->db, claim_one(q, NOW), "issue", NOW + 9, false, &e), e);
    struct work_item item = row_of(q, "a");
    assert_string_equal(item.step, "issue");
    assert_true(item.due_at == NOW + 9 && item.attempts == 1 && item.crashes == 0);
    assert_string_equal(item.last_error, "timed_out");
    assert_null(item.lease_owner);
}

static void a_kept_lease_goes_on_with_the_next_step(void **state) {
    struct queue *q = *state;
    struct error e;
    enqueue(q, "a", "apply", NOW);
    struct work_item *item = claim_one(q, NOW);
    assert_ok(work_next(q->db, item, "issue", NOW, true, &e), e);
    assert_int_equal(claim(q, "worker-2", NOW, 10), 0);
    assert_ok(work_done(q->db, item, &e), e);
    assert_true(next_due(q) == INT64_MAX);
}

static void waiting_forgets_failures_and_not_yet_keeps_them(void **state) {
    struct queue *q = *state;
    struct error e;
    enqueue(q, "a", "validate", NOW);
    assert_ok(work_fail(q->db, claim_one(q, NOW), "validate", NOW, "timed_out", &e), e);
    assert_ok(work_again_at(q->db, claim_one(q, NOW), NOW + 5, &e), e);
    struct work_item item = row_of(q, "a");
    assert_string_equal(item.step, "validate");
    assert_true(item.due_at == NOW + 5 && item.attempts == 1);
    assert_ok(work_wait(q->db, claim_one(q, NOW + 5), NOW + 60, &e), e);
    item = row_of(q, "a");
    assert_string_equal(item.step, "validate");
    assert_true(item.due_at == NOW + 60 && item.attempts == 0);
    assert_null(item.last_error);
}

static void failures_are_counted_and_named(void **state) {
    struct queue *q = *state;
    struct error e;
    enqueue(q, "a", "put", NOW);
    for (int i = 1; i <= 3; i++) {
        const char *step = i == 2 ? "back" : "put";
        assert_ok(work_fail(q->db, claim_one(q, NOW + i), step, NOW + i + 1, "reload_failed", &e), e);
        assert_int_equal(row_of(q, "a").attempts, i);
        assert_string_equal(row_of(q, "a").step, step);
    }
    assert_string_equal(row_of(q, "a").last_error, "reload_failed");
    assert_int_equal(claim(q, "worker-1", NOW + 3, 10), 0);
}

static void counts_tell_what_is_due_and_what_fails(void **state) {
    struct queue *q = *state;
    struct work_counts counts;
    struct error e;
    enqueue(q, "failing", "put", NOW - 1);
    assert_ok(work_fail(q->db, claim_one(q, NOW), "put", NOW + 60, "reload_failed", &e), e);
    enqueue(q, "leased", "put", NOW);
    claim_one(q, NOW);
    enqueue(q, "due", "put", NOW);
    enqueue(q, "later", "put", NOW + 1);
    assert_ok(work_count(q->db, NOW, &counts, &e), e);
    assert_true(counts.all == 4 && counts.due == 1 && counts.failing == 1);
}

static void waiting_longer_never_gets_shorter(void **state) {
    (void)state;
    static const int64_t expected[] = {60, 60, 600, 6000, 86400, 86400};
    for (int64_t i = 0; i < 6; i++)
        assert_int_equal(work_backoff(i), expected[i]);
    assert_int_equal(work_backoff(-1), 60);
    assert_int_equal(work_backoff(INT64_MAX), 86400);
}

static void who_asks_for_more_time_than_the_back_off_gets_it(void **state) {
    (void)state;
    struct error e;
    fail(&e, ERR_UNREACHABLE, "x", "x");
    assert_int_equal(work_retry_at(&e, 2, NOW), NOW + 600);
    e.retry_after = 30;
    assert_int_equal(work_retry_at(&e, 2, NOW), NOW + 600);
    e.retry_after = 7200;
    assert_int_equal(work_retry_at(&e, 2, NOW), NOW + 7200);
    fail(&e, ERR_CONFLICT, "x", "x");
    e.retry_after = 30;
    assert_int_equal(work_retry_at(&e, 1, NOW), NOW + 30);
}

/* ---- wake-ups ---- */

static void what_a_person_has_mended_goes_on_at_once(void **state) {
    struct queue *q = *state;
    struct error e;
    const char *const subjects[] = {"a", "b", "c"}, *const codes[] = {"mended", "other", "mended"};
    for (size_t i = 0; i < 3; i++) {
        enqueue(q, subjects[i], "renew", NOW);
        assert_ok(work_fail(q->db, claim_one(q, NOW), "renew", NOW + DAY, codes[i], &e), e);
    }
    assert_ok(work_unblock(q->db, "acct_of_nobody", "mended", NOW, &e), e);
    assert_int_equal(next_due(q), NOW + DAY);
    assert_ok(work_unblock(q->db, NULL, "mended", NOW, &e), e);
    assert_int_equal(claim(q, "worker-1", NOW, 10), 2);
    assert_string_equal(q->items[0].subject, "a");
    assert_string_equal(q->items[1].subject, "c");
    assert_int_equal(q->items[0].attempts, 1);
}

static void no_outcome_loses_a_wake_up(void **state) {
    struct queue *q = *state;
    struct error e;
    enqueue(q, "a", "renew", NOW);

    struct work_item *item = claim_one(q, NOW);
    enqueue(q, "a", "renew", NOW);
    assert_ok(work_wait(q->db, item, NOW + DAY, &e), e);

    item = claim_one(q, NOW);
    enqueue(q, "a", "renew", NOW);
    assert_ok(work_again_at(q->db, item, NOW + DAY, &e), e);

    item = claim_one(q, NOW);
    enqueue(q, "a", "renew", NOW);
    assert_ok(work_fail(q->db, item, "renew", NOW + DAY, "system", &e), e);

    item = claim_one(q, NOW);
    enqueue(q, "a", "renew", NOW);
    assert_ok(work_next(q->db, item, "order", NOW + DAY, false, &e), e);

    item = claim_one(q, NOW);
    enqueue(q, "a", "renew", NOW);
    assert_ok(work_done(q->db, item, &e), e);

    item = claim_one(q, NOW);
    assert_string_equal(item->step, "renew");
    assert_ok(work_wait(q->db, item, NOW + DAY, &e), e);
    assert_int_equal(claim(q, "worker-1", NOW, 10), 0);
}

static void another_step_that_was_asked_for_begins_after_the_present_one(void **state) {
    struct queue *q = *state;
    struct error e;
    enqueue(q, "a", "deploy", NOW + 50);
    enqueue(q, "a", "renew", NOW);
    struct work_item *item = claim_one(q, NOW);
    assert_string_equal(item->step, "deploy");
    assert_ok(work_done(q->db, item, &e), e);
    item = claim_one(q, NOW);
    assert_string_equal(item->step, "renew");
    assert_ok(work_done(q->db, item, &e), e);
    assert_true(next_due(q) == INT64_MAX);
}

static void a_step_that_waits_gives_way_to_another_that_was_asked_for(void **state) {
    struct queue *q = *state;
    struct error e;
    enqueue(q, "a", "decide", NOW);
    assert_ok(work_wait(q->db, claim_one(q, NOW), NOW + DAY, &e), e);
    enqueue(q, "a", "inherit", NOW);
    assert_ok(work_wait(q->db, claim_one(q, NOW), NOW + DAY, &e), e);
    struct work_item *item = claim_one(q, NOW);
    assert_string_equal(item->step, "inherit");
    assert_ok(work_next(q->db, item, "decide", NOW + DAY, false, &e), e);
    assert_int_equal(next_due(q), NOW + DAY);
}

static void a_step_that_was_asked_for_is_not_put_off_when_its_turn_comes(void **state) {
    struct queue *q = *state;
    struct error e;
    enqueue(q, "a", "deploy", NOW);
    enqueue(q, "a", "renew", NOW);
    assert_ok(work_next(q->db, claim_one(q, NOW), "renew", NOW + DAY, false, &e), e);
    assert_ok(work_next(q->db, claim_one(q, NOW), "renew", NOW + DAY, false, &e), e);
    assert_int_equal(next_due(q), NOW + DAY);
}

/* ---- leases ---- */

static void the_leases_of_a_dead_process_come_back_as_crashes(void **state) {
    struct queue *q = *state;
    struct error e;
    int64_t released;
    enqueue(q, "a", "issue", NOW);
    enqueue(q, "b", "issue", NOW + 1);
    assert_int_equal(claim(q, "worker-1", NOW, 10), 1);
    assert_int_equal(claim(q, "worker-2", NOW + 1, 10), 1);
    assert_ok(work_release(q->db, "worker-1", NOW, &released, &e), e);
    assert_int_equal(released, 1);
    assert_true(row_of(q, "a").crashes == 1 && row_of(q, "a").attempts == 0);
    assert_string_equal(row_of(q, "b").lease_owner, "worker-2");
    assert_int_equal(claim(q, "worker-1", NOW + 1, 10), 1);
    assert_int_equal(q->items->crashes, 1);
}

static void what_is_given_back_counts_as_no_crash(void **state) {
    struct queue *q = *state;
    struct error e;
    enqueue(q, "a", "issue", NOW);
    claim_one(q, NOW);
    assert_ok(work_give_back(q->db, "worker-2", &e), e);
    assert_int_equal(claim(q, "worker-2", NOW, 10), 0);
    assert_ok(work_give_back(q->db, "worker-1", &e), e);
    assert_int_equal(claim_one(q, NOW)->crashes, 0);
}

static void all_but_one_subject_can_be_given_back(void **state) {
    struct queue *q = *state;
    struct error e;
    enqueue(q, "a", "issue", NOW);
    enqueue(q, "b", "issue", NOW);
    enqueue(q, "c", "issue", NOW);
    assert_int_equal(claim(q, "worker-1", NOW, 2), 2);
    assert_int_equal(claim(q, "worker-2", NOW, 10), 1);
    assert_ok(work_give_back_others(q->db, "worker-1", "b", &e), e);
    assert_null(row_of(q, "a").lease_owner);
    assert_string_equal(row_of(q, "b").lease_owner, "worker-1");
    assert_string_equal(row_of(q, "c").lease_owner, "worker-2");
}

static void leases_of_a_lost_machine_end_by_time(void **state) {
    struct queue *q = *state;
    struct error e;
    int64_t released;
    enqueue(q, "a", "issue", NOW);
    struct work_item *lost = claim_one(q, NOW);
    assert_ok(work_release(q->db, NULL, NOW + LEASE - 1, &released, &e), e);
    assert_int_equal(released, 0);
    assert_ok(work_release(q->db, NULL, NOW + LEASE, &released, &e), e);
    assert_int_equal(released, 1);
    assert_int_equal(claim(q, "worker-2", NOW + LEASE, 10), 1);
    assert_fails(work_done(q->db, lost, &e), e, ERR_CONFLICT);
    assert_fails(work_next(q->db, lost, "deploy", NOW, false, &e), e, ERR_CONFLICT);
    assert_fails(work_wait(q->db, lost, NOW, &e), e, ERR_CONFLICT);
    assert_fails(work_fail(q->db, lost, "issue", NOW, "system", &e), e, ERR_CONFLICT);
    assert_ok(work_done(q->db, q->items, &e), e);
}

/* ---- two processes ---- */

enum { ROWS = 300, BATCH = 7 };

/* Claims until nothing is due (or has got too much already); writes how many it got. */
static void claim_all(const char *path, const char *owner, int answer) {
    AUTO_ARENA a = arena_new();
    struct db *db;
    struct error e;
    struct work_item *items;
    size_t count = 1, total = 0;
    if (!db_open(&db, path, DB_WORKER, &e))
        _exit(1);
    while (count > 0 && total <= ROWS && work_claim(db, a, owner, NOW, LEASE, BATCH, &items, &count, &e))
        total += count;
    db_close(db);
    _exit(write(answer, &total, sizeof total) == sizeof total ? 0 : 1);
}

static void remove_database(struct arena *a, const char *path) {
    static const char *const suffixes[] = {"", "-wal", "-shm", ".gate", ".worker-gate"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        unlink(arena_printf(a, "%s%s", path, suffixes[i]));
}

static void two_processes_never_claim_the_same_row(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    char folder[] = "/tmp/tenure-work-XXXXXX";
    assert_non_null(mkdtemp(folder));
    const char *path = arena_printf(a, "%s/db", folder);
    struct error e;
    struct db *db;
    assert_ok(db_open(&db, path, DB_WEB, &e) && db_migrate(db, NOW, &e) && db_begin(db, &e), e);
    for (int i = 0; i < ROWS; i++)
        assert_ok(work_enqueue(db, "acct_1", arena_printf(a, "cert_%d", i), "renew", NOW - i % 10, &e), e);
    assert_ok(db_commit(db, &e), e);
    db_close(db);

    int answers[2];
    assert_int_equal(pipe(answers), 0);
    for (int i = 0; i < 2; i++)
        if (fork() == 0)
            claim_all(path, i ? "worker-1" : "worker-2", answers[1]);
    size_t sum = 0;
    for (int i = 0; i < 2; i++) {
        size_t total;
        int status;
        assert_true(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
        assert_int_equal(read(answers[0], &total, sizeof total), sizeof total);
        sum += total;
    }
    assert_int_equal(sum, ROWS);
    close(answers[0]);
    close(answers[1]);
    remove_database(a, path);
    assert_int_equal(rmdir(folder), 0);
}

#define queue_test(f) cmocka_unit_test_setup_teardown(f, open_queue, close_queue)

TEST_MAIN(work, queue_test(due_rows_are_claimed_oldest_first_and_only_they),
          queue_test(an_empty_queue_is_never_due), queue_test(enqueueing_again_only_ever_brings_it_forward),
          queue_test(claiming_reads_nothing_but_what_it_takes), queue_test(done_work_is_forgotten),
          queue_test(the_next_step_keeps_failures_but_not_crashes),
          queue_test(a_kept_lease_goes_on_with_the_next_step),
          queue_test(waiting_forgets_failures_and_not_yet_keeps_them),
          queue_test(what_a_person_has_mended_goes_on_at_once), queue_test(failures_are_counted_and_named),
          queue_test(counts_tell_what_is_due_and_what_fails), test(waiting_longer_never_gets_shorter),
          test(who_asks_for_more_time_than_the_back_off_gets_it), queue_test(no_outcome_loses_a_wake_up),
          queue_test(another_step_that_was_asked_for_begins_after_the_present_one),
          queue_test(a_step_that_waits_gives_way_to_another_that_was_asked_for),
          queue_test(a_step_that_was_asked_for_is_not_put_off_when_its_turn_comes),
          queue_test(the_leases_of_a_dead_process_come_back_as_crashes),
          queue_test(what_is_given_back_counts_as_no_crash),
          queue_test(all_but_one_subject_can_be_given_back), queue_test(leases_of_a_lost_machine_end_by_time),
          test(two_processes_never_claim_the_same_row))
