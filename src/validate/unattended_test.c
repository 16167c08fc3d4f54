/* The gate, where solvers prove names with nobody's help: what they are asked for, and who is told when. */
#include "validate/gate_fixture.h"

/* Of solvers: what they can do, and what they did. */
static struct {
    const char *method; /* the only one; NULL: none */
    int begun, released;
    const char *validation_id;
} ours;

static bool ours_choose(const struct services *services, struct arena *a, const struct validation *v,
                        struct way *way, struct error *error) {
    (void)services, (void)a, (void)error;
    bool can = ours.method && strcmp(ours.method, v->method) == 0;
    *way = (struct way){.type = !can ? NULL : strcmp(v->method, "dns") == 0 ? "dns-01" : "http-01"};
    return true;
}

static bool ours_expected(const struct services *services, struct arena *a, const struct validation *v,
                          bool *expected, struct error *error) {
    (void)services, (void)a, (void)error;
    *expected = ours.method && (!v->method || strcmp(ours.method, v->method) == 0);
    return true;
}

static bool ours_publish(const struct services *services, struct arena *a, const struct validation *v,
                         const struct way *way, int64_t now, struct error *error) {
    (void)services, (void)a, (void)now, (void)error;
    assert_string_equal(way->type, v->challenge);
    ours.begun++;
    ours.validation_id = v->id;
    return true;
}

static bool ours_release(struct db *db, struct arena *a, const struct validation *v, int64_t now,
                         struct error *error) {
    (void)db, (void)a, (void)now, (void)error;
    assert_string_equal(v->id, ours.validation_id);
    ours.released++;
    return true;
}

static const struct automatic solvers = {ours_choose, ours_expected, ours_publish, ours_release};

/* Solvers there are for this method; nothing is published by a person. */
static void can_do(const char *method) {
    ours.method = method;
    ours.begun = ours.released = 0;
    w.services.automatic = &solvers;
    found = published = REASON_RECORD_MISSING;
}

static int64_t due_of(const char *subject) {
    struct work_item item;
    assert_ok(work_get(w.services.db, w.arena, subject, &item, &e), e);
    return item.due_at;
}

/* R113, R187 */
static void what_we_can_publish_needs_nobody_and_goes_when_it_was_found(void **state) {
    (void)state;
    can_do("dns");
    const char *id = ordered("www.example.com", NULL);
    waits(id);
    const char *validation = validation_of(id);
    assert_int_equal(due_of(validation), w.now);
    assert_int_equal(run(&check, validation), OUTCOME_AGAIN);
    assert_string_equal(validation_now(validation).challenge, "dns-01");
    assert_int_equal(looks, 0);
    assert_int_equal(run(&check, validation), OUTCOME_AGAIN);
    assert_int_equal(looks, 2); /* ours, and a person's */
    assert_int_equal(ours.begun, 1);
    published = REASON_FOUND;
    assert_int_equal(run(&check, validation), OUTCOME_DONE);
    assert_int_equal(looks, 3);
    assert_int_equal(ours.released, 1);
    assert_string_equal(validation_now(validation).end_reason, "validated");
    goes_through(id);
    assert_int_equal(told("action_needed"), 0);
}

static void a_person_who_is_faster_proves_it_for_himself(void **state) {
    (void)state;
    const char *prover;
    can_do("dns");
    const char *id = ordered("www.example.com", NULL);
    waits(id);
    const char *validation = validation_of(id);
    run(&check, validation);
    found = REASON_FOUND;
    assert_int_equal(run(&check, validation), OUTCOME_DONE);
    assert_null(validation_now(validation).challenge);
    assert_int_equal(ours.released, 1);
    assert_ok(validation_prover(w.services.db, w.arena, "www.example.com", true, &prover, &e), e);
    assert_string_equal(prover, ACCOUNT);
}

/* Decision 0026: what the installation can publish does not say whose a name is. */
static void what_we_published_does_not_say_whose_the_name_is(void **state) {
    (void)state;
    const char *prover;
    can_do("dns");
    published = REASON_FOUND;
    const char *id = ordered("www.example.com", NULL);
    waits(id);
    run(&check, validation_of(id));
    assert_int_equal(run(&check, validation_of(id)), OUTCOME_DONE);
    goes_through(id);
    assert_ok(validation_prover(w.services.db, w.arena, "www.example.com", false, &prover, &e), e);
    assert_null(prover);
}

/* R191 */
static void nobody_chose_a_method_and_the_one_that_needs_nobody_is_taken(void **state) {
    (void)state;
    can_do("file");
    const char *free = ordered("www.example.com", NULL), *wild = ordered("*.example.org", NULL);
    const char *chosen = ordered("www.example.net", "dns"), *address = ordered("192.0.2.1", NULL);
    waits(free);
    waits(wild);
    waits(chosen);
    waits(address);
    assert_string_equal(validation_now(validation_of(free)).method, "file");
    assert_string_equal(validation_now(validation_of(wild)).method, "dns");
    assert_string_equal(validation_now(validation_of(chosen)).method, "dns");
    assert_string_equal(validation_now(validation_of(address)).method, "file");
    can_do("dns");
    free = ordered("www.example.info", NULL);
    waits(free);
    assert_string_equal(validation_now(validation_of(free)).method, "dns");
}

/* SPEC section 10: for DV, automatic DNS is a condition that holds. R062 */
static void what_goes_alone_goes_on_alone_where_nobody_is_needed(void **state) {
    (void)state;
    can_do("dns");
    const char *id = alone();
    waits(id);
    assert_int_equal(run(&decide, id), OUTCOME_DONE);
    run(&check, validation_of(id));
    published = REASON_FOUND;
    run(&check, validation_of(id));
    goes_through(id);
    assert_int_equal(told("action_needed"), 0);
}

static void a_proof_that_needed_nobody_and_does_not_come_is_told_after_hours(void **state) {
    (void)state;
    can_do("dns");
    const char *id = alone();
    waits(id);
    const struct application p = application_of(id);
    int64_t at = due_of(p.id);
    assert_int_equal(at, w.now + 6 * 3600);
    run(&check, validation_of(id));
    w.now = at - 1;
    assert_int_equal(run(&lapse, p.id), OUTCOME_WAIT);
    assert_string_equal(now_of(id).waits_for, "validation");
    w.now = at;
    assert_ok(work_forget(w.services.db, id, &e), e);
    assert_int_equal(run(&lapse, p.id), OUTCOME_DONE);
    assert_int_equal(state_of(id), STATE_PENDING_APPLICATION);
    assert_string_equal(now_of(id).waits_for, "validation_aged_out");
    assert_int_equal(due_of(id), w.now);
    assert_int_equal(run(&decide, id), OUTCOME_DONE);
    assert_int_equal(told("action_needed"), 1);
    published = REASON_FOUND; /* it comes after all */
    run(&check, validation_of(id));
    assert_int_equal(now_of(id).submitted_at, w.now);
    goes_through(id);
}

static void a_later_version_that_needs_nobody_waits_in_silence_for_hours(void **state) {
    (void)state;
    can_do("dns");
    const char *id = ordered("www.example.com", NULL);
    struct certificate c = now_of(id);
    c.version_count = 1;
    c.covered_from = c.not_before = w.now - 180 * DAY;
    c.version_end = w.now + 19 * DAY;
    c.coverage_end = w.now + 185 * DAY;
    change(&c);
    assert_int_equal(run(&apply, id), OUTCOME_OTHERWISE);
    assert_int_equal(told("action_needed"), 0);
    w.now = due_of(application_of(id).id);
    assert_int_equal(run(&lapse, application_of(id).id), OUTCOME_DONE);
    assert_int_equal(told("action_needed"), 1);
    assert_string_equal(now_of(id).waits_for, "validation");
}

static void what_nobody_wants_any_more_is_taken_away(void **state) {
    (void)state;
    can_do("dns");
    const char *id = ordered("www.example.com", NULL);
    waits(id);
    const char *validation = validation_of(id);
    run(&check, validation);
    assert_ok(withdrawn(id), e);
    assert_int_equal(run(&check, validation), OUTCOME_DONE);
    assert_string_equal(validation_now(validation).end_reason, "not_needed");
    assert_int_equal(ours.released, 1);
}

TEST_MAIN(unattended, in_world(what_we_can_publish_needs_nobody_and_goes_when_it_was_found),
          in_world(a_person_who_is_faster_proves_it_for_himself),
          in_world(what_we_published_does_not_say_whose_the_name_is),
          in_world(nobody_chose_a_method_and_the_one_that_needs_nobody_is_taken),
          in_world(what_goes_alone_goes_on_alone_where_nobody_is_needed),
          in_world(a_proof_that_needed_nobody_and_does_not_come_is_told_after_hours),
          in_world(a_later_version_that_needs_nobody_waits_in_silence_for_hours),
          in_world(what_nobody_wants_any_more_is_taken_away))
