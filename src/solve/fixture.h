/* For the tests of this slice: a world with solvers, over a runner of the simulation. */
#pragma once
#include "apply/apply.h"
#include "base/clock.h"
#include "notify/notify_db.h"
#include "order/fixture.h"
#include "runner/runner.h"
#include "solve/delegation.h"
#include "unit.h"

#define TOKEN "aaaaaaaaaaaaaaaaaaaaaa"
#define ROOT  "/srv/www"

static const struct half_steps apply = {apply_prepare, {apply_record}};
static const struct half_steps solve = {solve_place, {solve_placed}};
static const struct half_steps seen = {solve_look, {solve_seen}};
static const struct half_steps clear = {solve_remove, {solve_removed}};

static struct world w;
static struct error e;
static enum reason found;
static const char *leads_to; /* NULL: no CNAME */
static bool circle, refused;
static struct work last;

static inline bool look(const struct validator *v, struct arena *a, const struct propagation *what,
                        struct check *check, struct error *error) {
    (void)v, (void)what, (void)error;
    *check = (struct check){.reason = found};
    check_add(check, &(struct check_answer){.server = "ns1", .question = "TXT", .answer = "-", .ms = 7});
    return check_ends(a, check, found, "asked at %s", "查询 %s", "ns1");
}

static inline bool follow(const struct services *services, struct arena *a, const char *record,
                          struct place *place, struct error *error) {
    (void)services, (void)a, (void)error;
    *place = (struct place){.name = leads_to ? leads_to : record, .looped = circle};
    return true;
}

static inline bool before(void *context, const char *call, const char *object, int *exit_status,
                          struct error *error) {
    (void)context, (void)call, (void)exit_status;
    return !refused || fail(error, ERR_PATH_NOT_ALLOWED, "not %s", "不允许 %s", object);
}

static struct solve_settings settings;

static inline int open_world(void **state) {
    (void)state;
    world_open(&w, "2026-11-21T00:00:00Z");
    settings = (struct solve_settings){.tls = true, .zone = "acme.test", .follow = follow, .look = look};
    w.services.solve = &settings;
    w.services.runner = runner_fake(w.arena, before, NULL);
    found = REASON_FOUND;
    leads_to = NULL;
    circle = refused = false;
    return 0;
}

static inline int close_world(void **state) {
    (void)state;
    world_close(&w);
    return 0;
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

/* ---- helpers ---- */

static inline bool add(struct solver *s) {
    s->id = id_new(w.arena, "slv", w.now);
    s->account_id = ACCOUNT;
    s->settings = s->settings ? s->settings : "{}";
    s->created_at = w.now;
    return solver_check(&w.services, w.arena, s, &e) && solver_seal(w.services.signer, w.arena, s, &e) &&
           solver_insert(w.services.db, s, &e);
}

static inline const char *added(const char *zone, const char *type, const char *kind) {
    struct solver s = {.zone = zone,
                       .type = type,
                       .kind = kind,
                       .doubt_seconds = 60,
                       .settings = strcmp(kind, "webroot") == 0 ? "{\"root\":\"" ROOT "\"}" : "{}"};
    assert_ok(add(&s), e);
    return s.id;
}

static inline bool choose(const char *name, unsigned types, struct solver *s) {
    bool wildcard = strncmp(name, "*.", 2) == 0;
    const struct offer offer = {.name = wildcard ? name + 2 : name,
                                .wildcard = wildcard,
                                .address = strcmp(name, "192.0.2.1") == 0,
                                .types = types};
    return solver_choose(&w.services, w.arena, ACCOUNT, &offer, s, &e);
}

static inline const char *chosen(const char *name) {
    struct solver s;
    assert_ok(choose(name, ~0u, &s), e);
    return s.id ? s.id : s.kind;
}

static inline enum outcome run(const struct half_steps *steps, const char *id) {
    last = step_begin(&w, id);
    bool ok = steps->act(&last, &e) && step_save(&w, steps, &last, &e);
    assert_ok(ok, e);
    return last.outcome;
}

static inline struct solution now_of(const char *id) {
    struct solution s;
    assert_ok(solution_get_any(w.services.db, w.arena, id, &s, &e), e);
    return s;
}

static inline const char *due_step(const char *subject) {
    struct work_item item;
    return work_get(w.services.db, w.arena, subject, &item, &e) ? item.step : NULL;
}

/* A certificate with an open application. */
static inline struct application applied(void) {
    struct certificate c;
    struct application p;
    enum outcome outcome;
    const struct order_request request = {.names = "www.example.com", .created_by = "user"};
    assert_ok(purchase(&w, &request, &c, &e), e);
    assert_ok(step_run(&w, &apply, c.id, &outcome, &e), e);
    assert_ok(application_open(w.services.db, w.arena, c.id, &p, &e), e);
    assert_ok(work_forget(w.services.db, c.id, &e), e);
    return p;
}

static inline bool begin_with(const struct application *p, const struct solver *s, const char *token,
                              struct solution *made) {
    *made = (struct solution){.account_id = ACCOUNT,
                              .application_id = p->id,
                              .certificate_id = p->certificate_id,
                              .name = "www.example.com",
                              .token = token,
                              .key_authorization = arena_printf(w.arena, "%s.thumb", token)};
    return db_begin(w.services.db, &e) &&
           world_end(&w, solution_begin(&w.services, w.arena, s, made, w.now, &e), &e);
}

static inline struct solution begun(const struct application *p) {
    struct solver s;
    struct solution made;
    assert_ok(choose("www.example.com", ~0u, &s), e);
    assert_ok(begin_with(p, &s, TOKEN, &made), e);
    return made;
}

static inline void let_go(const struct application *p) {
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, solution_release(w.services.db, w.arena, p->id, w.now, &e), &e), e);
}

static inline bool has_file(void) {
    struct slice content;
    return runner_fake_file(w.services.runner, ROOT "/.well-known/acme-challenge/" TOKEN, &content) &&
           slice_equal(content, slice_str(TOKEN ".thumb"));
}

static inline int64_t told(const char *event) {
    const struct notice_range all = {
        .account_id = ACCOUNT, .role = ~INT64_C(0), .user_role = ~INT64_C(0), .limit = 100};
    struct notice *notices;
    size_t count, needed = 0;
    assert_ok(notice_list(w.services.db, w.arena, &all, &notices, &count, &e), e);
    for (size_t i = 0; i < count; i++)
        needed += strcmp(notices[i].event, event) == 0;
    return (int64_t)needed;
}
