/* For the tests of the gate: a world with a validator that finds what it is told to, and applications in it.
 */
#pragma once
#include "applicant/contact.h"
#include "applicant/form.h"
#include "base/clock.h"
#include "http/list.h"
#include "order/fixture.h"
#include "renew/renew_step.h"
#include "unit.h"
#include "validate/automatic.h"
#include "validate/gate.h"

static const struct half_steps decide = {NULL, {renew_decide}};
static const struct half_steps apply = {apply_prepare, {apply_record, validate_gate}};
static const struct half_steps check = {validate_look, {validate_record}};
static const struct half_steps lapse = {NULL, {validate_lapse}};

static struct world w;
static struct error e;
static enum reason found, published; /* what a person does, and what we do */
static int looks;

static inline bool look(const struct validator *self, struct arena *a, const char *method,
                        const struct control *control, struct check *seen, struct error *error) {
    (void)self, (void)method, (void)error;
    looks++;
    *seen = (struct check){.reason = control->token ? published : found};
    check_add(seen, &(struct check_answer){.server = "ns1", .question = "TXT", .answer = "\"x\"", .ms = 7});
    return check_ends(a, seen, seen->reason, "seen at %s", "查询 %s", "ns1");
}

static const struct validator validator = {.look = look};

static inline int open_world(void **state) {
    (void)state;
    world_open(&w, "2026-11-21T00:00:00Z");
    w.services.validator = &validator;
    found = REASON_FOUND;
    looks = 0;
    return 0;
}

static inline int close_world(void **state) {
    (void)state;
    world_close(&w);
    return 0;
}

static inline enum outcome run(const struct half_steps *steps, const char *subject) {
    enum outcome outcome;
    assert_ok(step_run(&w, steps, subject, &outcome, &e), e);
    return outcome;
}

static inline struct certificate now_of(const char *id) {
    return certificate_now(&w, id);
}

static inline enum certificate_state state_of(const char *id) {
    struct certificate c = now_of(id);
    return certificate_state(&c, w.now);
}

static inline bool submitted(const char *id) {
    struct certificate c = now_of(id);
    return db_begin(w.services.db, &e) &&
           world_end(&w, apply_submit(&w.services, w.arena, &c, w.now, &e), &e);
}

static inline void fill_in(const char *id, const char *method) {
    struct certificate c = now_of(id);
    struct contact contact = {
        .account_id = ACCOUNT, .name = "Li", .email = "li@example.com", .mobile = "+8613800138000"};
    struct application_form form;
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(contact_create(w.services.db, w.arena, w.now, &contact, &e) &&
                  form_of(w.services.db, w.arena, &c, &form, &e),
              e);
    form.contact_id = contact.id;
    form.validation_method = method;
    assert_ok(world_end(&w, form_change(&w.services, w.arena, &c, &form, w.now, &e), &e), e);
}

/* Paid, filled in, submitted. */
static inline const char *ordered(const char *names, const char *method) {
    struct certificate c;
    const struct order_request request = {
        .brand = "Tenure-DV", .grade = "dv", .names = names, .created_by = "user"};
    assert_ok(purchase(&w, &request, &c, &e), e);
    fill_in(c.id, method);
    assert_ok(submitted(c.id), e);
    return c.id;
}

static inline struct application application_of(const char *certificate_id) {
    struct application p;
    assert_ok(application_open(w.services.db, w.arena, certificate_id, &p, &e), e);
    return p;
}

static inline size_t names_of(const char *certificate_id, struct application_name **names) {
    size_t count;
    struct application p = application_of(certificate_id);
    assert_ok(application_name_list(w.services.db, w.arena, p.id, names, &count, &e), e);
    return count;
}

/* The id of what the only name waits for. */
static inline const char *validation_of(const char *certificate_id) {
    struct application_name *names;
    assert_int_equal(names_of(certificate_id, &names), 1);
    return names[0].validation_id;
}

static inline struct validation validation_now(const char *id) {
    struct validation v;
    assert_ok(validation_get_any(w.services.db, w.arena, id, &v, &e), e);
    return v;
}

static inline int64_t count_of(const char *sql) {
    int64_t count;
    assert_ok(db_int(w.services.db, &count, 0, &e, sql), e);
    return count;
}

static inline const char *no_query(struct request *rq, const char *name) {
    (void)rq, (void)name;
    return NULL;
}

static inline bool ask(const char *method, const char *path, struct request *rq) {
    static const struct route *const tables[] = {validate_routes, application_routes, notify_routes, NULL};
    *rq = (struct request){.arena = w.arena,
                           .services = &w.services,
                           .db = w.services.db,
                           .caller = {.account_id = ACCOUNT,
                                      .user_id = "user",
                                      .key_id = "key",
                                      .role = ROLE_OWNER,
                                      .user_role = ROLE_OWNER},
                           .now = w.now,
                           .query = no_query,
                           .json = json_keep(w.arena, json_object()),
                           .status = 200};
    rq->route = route_match(tables, method, path, w.arena, rq->path_args, &e);
    if (!rq->route || !db_begin(w.services.db, &e))
        return false;
    return world_end(&w, rq->route->handle(rq, &e), &e) && (!rq->reply || json_keep(w.arena, rq->reply));
}

static inline int told(const char *event) {
    struct request rq;
    size_t i;
    json_t *notice;
    int count = 0;
    assert_ok(ask("GET", "/v1/notices", &rq), e);
    json_array_foreach(json_object_get(rq.reply, "items"), i, notice) count +=
        strcmp(json_string_value(json_object_get(notice, "event")), event) == 0;
    return count;
}

static inline void waits(const char *id) {
    assert_int_equal(run(&apply, id), OUTCOME_OTHERWISE);
    assert_string_equal(now_of(id).waits_for, "validation");
    assert_int_equal(state_of(id), STATE_VALIDATING);
}

static inline void goes_through(const char *id) {
    assert_null(now_of(id).waits_for);
    assert_int_equal(run(&decide, id), OUTCOME_NEXT);
    assert_int_equal(run(&apply, id), OUTCOME_NEXT);
}

static inline const char *in_advance(const char *name, const char *method) {
    struct validation v = {.account_id = ACCOUNT, .name = name, .method = method, .advance = true};
    assert_ok(validation_begin(w.services.db, w.arena, w.now, &v, &e), e);
    assert_int_equal(run(&check, v.id), OUTCOME_DONE);
    return v.id;
}

static inline void change(struct certificate *c) {
    const struct profile *profile;
    assert_ok(certificate_profile(&w.policies, c, &profile, &e), e);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, certificate_store(w.services.db, w.arena, profile, c, &e), &e), e);
}

static inline const char *alone(void) {
    const char *id = ordered("www.example.com", NULL);
    struct certificate c = now_of(id);
    c.came_managed = true;
    change(&c);
    return id;
}

static inline bool withdrawn(const char *id) {
    struct certificate c = now_of(id);
    return db_begin(w.services.db, &e) &&
           world_end(&w, apply_withdraw(&w.services, w.arena, &c, w.now, &e), &e);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)
