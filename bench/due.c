/* Certificates whose next version is due. */
#include "bench/bench.h"
#include <stdio.h>
#include <stdlib.h>

enum { TOGETHER = 500, COVERAGE = 365 * DAY };

static bool due_now(int64_t now, const struct profile *profile, int64_t past) {
    struct validity first =
        policy_validity(profile, &(struct issuer_rules){.backdate = 60}, past + COVERAGE, past);
    const struct term_state term = {.order_kind = ORDER_PURCHASE,
                                    .not_before = first.not_before,
                                    .end = first.end,
                                    .coverage_end = past + COVERAGE};
    struct next_issue next = policy_next_issue(profile, &term);
    return next.kind == NEXT_VERSION && next.at <= now && first.end > now;
}

/* The latest day on which a first version was issued that must be followed now. */
static int64_t find_past(const struct bench *b, int64_t now) {
    const struct profile *profile = policy_find(&b->policies, POLICY_DEFAULT, 0);
    for (int64_t past = now; past > now - COVERAGE; past -= DAY)
        if (due_now(now, profile, past))
            return past;
    fprintf(stderr, "no version of the policy %s is due within its coverage today\n", POLICY_DEFAULT);
    exit(1);
}

static bool buy(struct bench *b, struct arena *a, int64_t number, int64_t past, struct error *e) {
    const struct order_request request = {.names = arena_printf(a, "host%lld.example.com", (long long)number),
                                          .key_algorithm = "p256",
                                          .years = 1,
                                          .created_by = "bench"};
    struct order order;
    struct certificate c;
    return order_purchase(&b->services, a, b->account_id, &request, past, &order, &c, e);
}

static bool buy_together(struct bench *b, int64_t from, int64_t upto, int64_t past, struct error *e) {
    AUTO_ARENA a = arena_new();
    bool ok = db_begin(b->services.db, e);
    for (int64_t i = from; ok && i < upto; i++)
        ok = buy(b, a, i, past, e);
    return ok && db_commit(b->services.db, e);
}

void bench_make_due(struct bench *b, int64_t count, int64_t now) {
    struct engine engine = bench_engine(b);
    struct error e = {0};
    int64_t past = find_past(b, now);
    for (int64_t i = 0; i < count; i += TOGETHER)
        bench_must(buy_together(b, i, i + TOGETHER < count ? i + TOGETHER : count, past, &e), "purchase", &e);
    bench_must(flow_run_all(&engine, past, &e) && db_checkpoint(b->services.db, &e), "first versions", &e);
}
