/*
 * What an entry costs in a short and in a long ledger: bench_ledger FOLDER
 *
 * Two databases, one with ten thousand entries of an item, one with a million. In turn each gets the moves of
 * a thousand paid orders: quota bought and reserved, its reservation consumed, money taken. CPU and time of
 * an order are compared; each order is a transaction of its own, committed to the disk as a web process does
 * it. Then the same balances are read, and the newest page of the entries.
 */
#include "base/rand.h"
#include "bench/bench.h"
#include "order/ledger_db.h"
#include <stdio.h>
#include <time.h>

enum { SMALL = 10000, LARGE = 1000000, ORDERS = 1000, TOGETHER = 10000, ROUNDS = 5, PRICE = 100 };

#define ACCOUNT "acct_bench"
#define ITEM    "CFCA-DV/dv/single/ecc"

static const struct ledger_cause cause = {"user_bench", 1800000000};

struct ledger {
    const char *path;
    int64_t entries;
    struct db *db;
    double order_us[ROUNDS], cpu_us[ROUNDS], read_us[ROUNDS];
};

static struct ledger_move move_of(struct arena *a, const char *item, int64_t amount) {
    const char *reason = amount > 0 ? "granted" : "withdrawn";
    return (struct ledger_move){.account_id = ACCOUNT,
                                .item = item,
                                .reason = reason,
                                .reference = arena_printf(a, "%s:%s", reason, id_new(a, "ord", cause.now)),
                                .actor = cause.actor,
                                .amount = amount,
                                .now = cause.now};
}

/* ---- the ledgers ---- */

static bool add_entries(struct ledger *l, int64_t count, struct error *e) {
    AUTO_ARENA a = arena_new();
    bool done, ok = db_begin(l->db, e);
    for (int64_t i = 0; ok && i < count; i++) {
        struct ledger_move quota = move_of(a, ITEM, 1), money = move_of(a, "CNY", PRICE);
        ok = ledger_move_quota(l->db, &quota, &done, e) && ledger_move_money(l->db, &money, &done, e);
    }
    return ok && db_commit(l->db, e);
}

static void ledger_open(struct ledger *l) {
    struct error e = {0};
    int64_t there = 0;
    bench_must(db_open(&l->db, l->path, DB_WEB, &e) && db_migrate(l->db, cause.now, &e) &&
                   ledger_quota_left(l->db, ACCOUNT, ITEM, &there, &e),
               l->path, &e);
    for (; there < l->entries; there += TOGETHER)
        bench_must(add_entries(l, TOGETHER, &e), l->path, &e);
    bench_must(db_checkpoint(l->db, &e), l->path, &e);
}

/* ---- the measurement ---- */

/* One certificate that is bought and paid by balance, as far as ledgers go. */
static bool order(struct ledger *l, struct arena *a, struct error *e) {
    const struct reservation unit = {.certificate_id = id_new(a, "cert", cause.now),
                                     .unit = UNIT_CERTIFICATE,
                                     .account_id = ACCOUNT,
                                     .order_id = id_new(a, "ord", cause.now),
                                     .item = ITEM,
                                     .source = SOURCE_PAID,
                                     .amount = PRICE};
    struct ledger_move paid = move_of(a, "CNY", -PRICE);
    bool done, first;
    return db_begin(l->db, e) && reservation_make(l->db, &unit, 1, &cause, e) &&
           ledger_move_money(l->db, &paid, &done, e) &&
           reservation_paid(l->db, a, unit.order_id, &cause, e) &&
           reservation_consume(l->db, unit.certificate_id, UNIT_CERTIFICATE, cause.now, &first, e) &&
           db_commit(l->db, e);
}

static double cpu_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void orders(struct ledger *l, int round) {
    struct error e = {0};
    double cpu = cpu_us();
    int64_t begin = bench_us();
    for (int i = 0; i < ORDERS; i++) {
        AUTO_ARENA a = arena_new();
        bench_must(order(l, a, &e), "order", &e);
    }
    l->order_us[round] = (double)(bench_us() - begin) / ORDERS;
    l->cpu_us[round] = (cpu_us() - cpu) / ORDERS;
}

static void reads(struct ledger *l, int round) {
    struct error e = {0};
    const struct ledger_range range = {.account_id = ACCOUNT,
                                       .ledger = LEDGER_QUOTA,
                                       .item = ITEM,
                                       .after = "",
                                       .before = INT64_MAX,
                                       .limit = 51};
    int64_t begin = bench_us();
    for (int i = 0; i < ORDERS; i++) {
        AUTO_ARENA a = arena_new();
        struct ledger_balance *balances;
        struct ledger_entry *entries;
        size_t count;
        bench_must(ledger_db_balances(l->db, a, &range, &balances, &count, &e) &&
                       ledger_db_entries(l->db, a, &range, &entries, &count, &e),
                   "read", &e);
    }
    l->read_us[round] = (double)(bench_us() - begin) / ORDERS;
}

static double report(const char *what, double *us) {
    double median = bench_quantile(us, ROUNDS, 0.5);
    bench_result(what, median, "us", NULL);
    return median;
}

static void compare(struct ledger *small, struct ledger *large) {
    double s = report("an order's entries among 10,000: CPU", small->cpu_us),
           l = report("an order's entries among 1,000,000: CPU", large->cpu_us);
    bench_result("  ratio", l / s, "", "<= 1.2");
    s = report("an order's entries among 10,000: time with its commit", small->order_us);
    l = report("an order's entries among 1,000,000: time with its commit", large->order_us);
    bench_result("  ratio", l / s, "", "<= 1.2");
    s = report("balances and newest entries among 10,000", small->read_us);
    l = report("balances and newest entries among 1,000,000", large->read_us);
    bench_result("  ratio", l / s, "", "<= 1.2");
}

int main(int argc, char **argv) {
    static struct ledger small = {"small.db", SMALL, 0}, large = {"large.db", LARGE, 0};
    if (argc != 2) {
        fprintf(stderr, "usage: bench_ledger FOLDER\n");
        return 64;
    }
    bench_machine();
    bench_enter(argv[1]);
    ledger_open(&small);
    ledger_open(&large);
    for (int i = 0; i < ROUNDS; i++) { /* in turn, so that whatever else the machine does meets both */
        orders(&small, i);
        orders(&large, i);
        reads(&small, i);
        reads(&large, i);
    }
    compare(&small, &large);
    db_close(small.db);
    db_close(large.db);
    return 0;
}
