/* For the tests of this slice: an installation that the engine takes through time by the product's own steps.
 */
#pragma once
#include "base/rand.h"
#include "flow/flow.h"
#include "issue/issue.h"
#include "order/market.h"
#include "unit.h"

enum { STEPS_MAX = 64, KILLED_PERCENT = 30 };

static struct world w;
static struct error e;
static const struct issue_settings settings = {
    .public_url = "http://ca.example.com", .ca_algorithm = KEY_P256, .backdate_seconds = 0};

static inline void begin_at(const char *now) {
    rand_seed(1);
    e = (struct error){0};
    world_open(&w, now);
    w.services.issue = &settings;
}

/* ---- time ---- */

static inline bool kill_some(void *context, const struct step *step) {
    bool *kills = context;
    (void)step;
    return *kills && rand_below(100) < KILLED_PERCENT;
}

static inline bool rest(struct work *work, struct error *error) {
    (void)error;
    return work_goes(work, OUTCOME_DONE);
}

/* The steps of the product, but for revocation lists, which would be signed every few days. For a test to
 * change. */
static inline struct step *steps_to_live_by(void) {
    static struct step table[STEPS_MAX];
    size_t count = 0;
    for (const struct step *s = steps; s->name; s++, count++) {
        assert_true(count + 1 < STEPS_MAX);
        table[count] = *s;
        if (strcmp(s->name, "crl") == 0)
            table[count] = (struct step){s->name, s->of, .save = {rest}, .does = s->does};
    }
    return table;
}

/* What must hold after each round; NULL: nothing. */
typedef void what_holds(void);

/* Everything that becomes due until then, in its order. */
static inline void live_by(const struct step *table, int64_t end, bool kills, what_holds *holds) {
    struct engine engine = flow_engine(&w.services, "life");
    int64_t due;
    engine.table = table;
    engine.abandon = kill_some;
    engine.context = &kills;
    for (;;) {
        assert_ok(work_next_due(w.services.db, &due, &e), e);
        if (due > end)
            break;
        w.now = due > w.now ? due : w.now;
        assert_ok(flow_run_all(&engine, w.now, &e), e);
        if (holds)
            holds();
    }
    w.now = end;
    flow_end(&engine);
}
