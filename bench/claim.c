/*
 * What it costs to find work: bench_claim FOLDER
 *
 * Two queues, of ten thousand and of a million rows, a thousand of which are due. In turn these are found in
 * each, by the query that a claim begins with, and claimed in batches as a worker does it, which also writes
 * to each row; a rollback gives them back, so that the disk is not measured. Claiming depends on where the
 * rows lie: side by side, as those of certificates that were bought together, or as far from each other as
 * they can be.
 */
#include "base/rand.h"
#include "bench/bench.h"
#include "db/work.h"
#include <stdio.h>
#include <stdlib.h>

enum { SMALL = 10000, LARGE = 1000000, DUE = 1000, BATCH = 100, TOGETHER = 10000, ROUNDS = 41 };

static const int64_t now = 1800000000;

enum layout { SIDE_BY_SIDE, FAR_APART, LAYOUTS };

struct queue {
    const char *path;
    int64_t rows;
    enum layout layout;
    struct db *db;
    double found_us[ROUNDS], claimed_us[ROUNDS];
};

/* ---- the queues ---- */

static bool is_due(const struct queue *q, int64_t i) {
    return q->layout == FAR_APART ? i % (q->rows / DUE) == 0 : i >= q->rows / 2 && i < q->rows / 2 + DUE;
}

/* Those that are not due are spread over the year to come. */
static bool add_rows(const struct queue *q, int64_t from, int64_t upto, struct error *e) {
    AUTO_ARENA a = arena_new();
    bool ok = db_begin(q->db, e);
    for (int64_t i = from; ok && i < upto; i++) {
        int64_t due_at =
            is_due(q, i) ? now - (int64_t)rand_below(DAY) : now + DAY + (int64_t)rand_below(364 * DAY);
        ok = work_enqueue(q->db, "acct_bench", id_new(a, "cert", now - q->rows + i), "decide", due_at, e);
    }
    return ok && db_commit(q->db, e);
}

static void queue_open(struct queue *q) {
    struct error e = {0};
    struct work_counts counts = {0};
    bench_must(db_open(&q->db, q->path, DB_WORKER, &e) && db_migrate(q->db, now, &e) &&
                   work_count(q->db, now, &counts, &e),
               q->path, &e);
    for (int64_t i = counts.all; i < q->rows; i += TOGETHER)
        bench_must(add_rows(q, i, i + TOGETHER, &e), q->path, &e);
    bench_must(db_checkpoint(q->db, &e), q->path, &e);
}

/* ---- the measurement ---- */

static void must_be_all(size_t count) {
    if (count == DUE)
        return;
    fprintf(stderr, "%zu rows were due instead of %d\n", count, DUE);
    exit(1);
}

static const struct field subject_fields[] = {FIELD(TEXT, work_item, subject, 0, "Subject", "对象"),
                                              FIELD_END};

/* Microseconds. */
static double find_all(struct db *db) {
    struct error e = {0};
    struct work_item *items;
    size_t count;
    AUTO_ARENA a = arena_new();
    int64_t begin = bench_us();
    bench_must(db_list(db, a, subject_fields, sizeof *items, &items, &count, &e,
                       "SELECT w.subject FROM work w LEFT JOIN lease l ON l.subject = w.subject "
                       "WHERE w.due_at <= $1 AND l.subject IS NULL ORDER BY w.due_at, w.subject LIMIT $2",
                       DB_INT(now), DB_INT(DUE + 1)),
               "find", &e);
    must_be_all(count);
    return (double)(bench_us() - begin);
}

static double claim_all(struct db *db) {
    struct error e = {0};
    struct work_item *items;
    size_t count, claimed = 0;
    AUTO_ARENA a = arena_new();
    bench_must(db_begin(db, &e), "begin", &e);
    int64_t begin = bench_us();
    do {
        bench_must(work_claim(db, a, "bench", now, 600, BATCH, &items, &count, &e), "claim", &e);
        claimed += count;
    } while (count);
    int64_t end = bench_us();
    db_rollback(db);
    must_be_all(claimed);
    return (double)(end - begin);
}

static double report(const char *what, double *us) {
    double median = bench_quantile(us, ROUNDS, 0.5);
    bench_result(what, median / 1e3, "ms", NULL);
    return median;
}

/* In turn, so that whatever else the machine does meets both. */
static void compare(struct queue *small, struct queue *large, const char *layout) {
    for (int i = 0; i < ROUNDS; i++) {
        small->found_us[i] = find_all(small->db);
        large->found_us[i] = find_all(large->db);
        small->claimed_us[i] = claim_all(small->db);
        large->claimed_us[i] = claim_all(large->db);
    }
    printf("1,000 due rows, %s\n", layout);
    double small_us = report("  found among 10,000: median", small->found_us);
    double large_us = report("  found among 1,000,000: median", large->found_us);
    bench_result("  found: ratio", large_us / small_us, "", "<= 1.2");
    small_us = report("  claimed among 10,000: median", small->claimed_us);
    large_us = report("  claimed among 1,000,000: median", large->claimed_us);
    bench_result("  claimed: ratio", large_us / small_us, "", NULL);
}

int main(int argc, char **argv) {
    static struct queue queues[LAYOUTS][2] = {
        {{"small-near.db", SMALL, SIDE_BY_SIDE, 0}, {"large-near.db", LARGE, SIDE_BY_SIDE, 0}},
        {{"small-far.db", SMALL, FAR_APART, 0}, {"large-far.db", LARGE, FAR_APART, 0}},
    };
    static const char *const layouts[LAYOUTS] = {"side by side", "far apart"};
    if (argc != 2) {
        fprintf(stderr, "usage: bench_claim FOLDER\n");
        return 64;
    }
    bench_machine();
    bench_enter(argv[1]);
    for (int i = 0; i < LAYOUTS; i++) {
        queue_open(&queues[i][0]);
        queue_open(&queues[i][1]);
        compare(&queues[i][0], &queues[i][1], layouts[i]);
        db_close(queues[i][0].db);
        db_close(queues[i][1].db);
    }
    return 0;
}
