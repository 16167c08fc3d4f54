/* For the tests of ACME through time: an installation with two issuers, a responder, and the product's own
 * steps. */
#pragma once
#include "flow/fake_ca.h"
#include "flow/fixture.h"
#include "issue/failover.h"
#include "solve/solve_db.h"

static struct brand brand;
static bool there = true; /* what the world sees of what is published */

/* What was bought. */
static const char *bought[FAKE_ORDERS_MAX];
static size_t bought_count;

/* Of the test vector of RFC 9773. */
#define REPLACED "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"
static const char *replaces;

/* ---- the world ---- */

static inline bool leads_nowhere(const struct services *services, struct arena *a, const char *record,
                                 struct place *place, struct error *error) {
    (void)services, (void)a, (void)error;
    *place = (struct place){.name = record};
    return true;
}

static inline bool look(const struct validator *v, struct arena *a, const struct propagation *what,
                        struct check *check, struct error *error) {
    (void)v, (void)a, (void)what, (void)error;
    *check = (struct check){.reason = there ? REASON_FOUND : REASON_RECORD_MISSING, .detail = TEXT("", "")};
    return true;
}

static const struct solve_settings solving = {.follow = leads_nowhere, .look = look};

static inline void add_issuer(const char *id, struct fake_ca *ca) {
    const struct issuer issuer = {.id = id,
                                  .kind = "acme",
                                  .title_en = id,
                                  .title_zh = id,
                                  .directory = arena_printf(w.arena, "%s/dir", ca->host),
                                  .terms_agreed_at = w.now,
                                  .finalize_seconds = 1800};
    assert_ok(issuer_db_put(w.services.db, &issuer, &e), e);
}

static inline void add_solver(const char *type, const char *kind) {
    const struct solver solver = {.id = id_new(w.arena, "slv", w.now),
                                  .account_id = ACCOUNT,
                                  .zone = ".",
                                  .type = type,
                                  .kind = kind,
                                  .settings = "{}",
                                  .doubt_seconds = 0,
                                  .created_at = w.now};
    assert_ok(solver_insert(w.services.db, &solver, &e), e);
}

/* The first brand has the two CAs, in that order. */
static inline void change_brand(void) {
    brand = *catalog_find(&w.catalog, "Tenure");
    brand.issuer = "one";
    brand.fallback_issuers = "two";
    for (size_t i = 0; i < w.catalog.count; i++)
        if (strcmp(w.catalog.brands[i]->id, brand.id) == 0)
            w.catalog.brands[i] = &brand;
}

static inline int open_world(void **state) {
    static const char *const hosts[] = {"https://one.test", "https://two.test"};
    (void)state;
    there = true;
    replaces = NULL;
    bought_count = 0;
    begin_at("2026-11-21T00:00:00Z");
    w.services.solve = &solving;
    w.services.acme = acme_net_over(w.arena, &(struct acme_transport){.call = fake_call});
    assert_ok(db_begin(w.services.db, &e), e);
    for (size_t i = 0; i < 2; i++) {
        fakes[i] = (struct fake_ca){.host = hosts[i], .w = &w, .lifetime = 90 * DAY, .patience = 7 * DAY};
        add_issuer(i ? "two" : "one", &fakes[i]);
    }
    add_solver("http-01", "responder");
    change_brand();
    assert_ok(db_commit(w.services.db, &e), e);
    return 0;
}

static inline int close_world(void **state) {
    (void)state;
    world_close(&w);
    return 0;
}

/* ---- time ---- */

/* As ARI has it: the order says what it replaces. */
static inline bool say_replaces(struct work *work, struct error *error) {
    struct application p;
    struct acme_order_row order;
    if (!replaces || !application_open(work->db, work->arena, work->item->subject, &p, error))
        return !replaces || error_absent(error);
    if (!acme_order_open(work->db, work->arena, p.id, &order, error) || !order.id)
        return !order.id;
    order.replaces = replaces;
    return acme_order_store(work->db, &order, error);
}

static inline const struct step *steps_here(void) {
    struct step *table = steps_to_live_by(), *apply = table;
    size_t last = 0;
    while (strcmp(apply->name, "apply") != 0)
        apply++;
    while (apply->save[last])
        last++;
    apply->save[last] = say_replaces;
    return table;
}

static inline void live_until(int64_t end, bool kills) {
    live_by(steps_here(), end, kills, NULL);
}

/* As a solution does that is ready. */
static inline void wake(const char *certificate_id) {
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(work_enqueue(w.services.db, ACCOUNT, certificate_id, SOLVE_WAKES, w.now, &e), e);
    assert_ok(db_commit(w.services.db, &e), e);
}

static inline void live(int64_t seconds) {
    live_until(w.now + seconds, false);
}

/* ---- what is done, and what is left ---- */

static inline struct certificate buy(const char *names) {
    struct certificate c;
    const struct order_request request = {
        .brand = "Tenure", .names = names, .key_algorithm = "p256", .created_by = "user"};
    assert_ok(purchase(&w, &request, &c, &e), e);
    bought[bought_count++] = c.id;
    return c;
}

static inline struct certificate look_at(const struct certificate *c) {
    return certificate_now(&w, c->id);
}

static inline enum certificate_state state_of(const struct certificate *c) {
    struct certificate now = look_at(c);
    return certificate_state(&now, w.now);
}

static inline size_t open_solutions(const char *kind) {
    const struct solution_filter open = {.account_id = ACCOUNT, .open = true, .limit = 1000};
    struct solution *list;
    size_t n, found = 0;
    assert_ok(solution_page(w.services.db, w.arena, &open, &list, &n, &e), e);
    for (size_t i = 0; i < n; i++)
        found += !kind || strcmp(list[i].kind, kind) == 0;
    return found;
}

static inline size_t open_orders(void) {
    size_t found = 0;
    for (size_t i = 0; i < bought_count; i++) {
        struct acme_order_row *list;
        size_t n;
        assert_ok(acme_order_list_open(w.services.db, w.arena, bought[i], &list, &n, &e), e);
        found += n;
    }
    return found;
}

static inline void expect_nothing_left(void) {
    assert_int_equal(open_orders(), 0);
    assert_int_equal(open_solutions(NULL), 0);
}

static inline int64_t failures_of(const char *issuer) {
    struct issuer_health health;
    assert_ok(issuer_health_get(w.services.db, w.arena, ACCOUNT, issuer, &health, &e), e);
    return health.failures;
}

static inline struct application last_application(const struct certificate *c) {
    struct application *all;
    size_t n;
    assert_ok(application_list(w.services.db, w.arena, c->id, &all, &n, &e), e);
    assert_true(n > 0);
    return all[n - 1];
}

static inline const char *outcome_of(const struct application *p) {
    struct acme_order_row order;
    assert_ok(acme_order_last(w.services.db, w.arena, p->id, &order, &e), e);
    return order.outcome;
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
