/* The gate of applications: what has to be proven before anything is signed. */
#include "validate/gate_fixture.h"

/* R118, R124 */
static void an_application_waits_for_its_record_and_goes_on_when_it_is_there(void **state) {
    (void)state;
    struct work_item item;
    const char *id = ordered("www.example.com", NULL);
    waits(id);
    const char *validation = validation_of(id);
    assert_string_equal(validation_now(validation).method, "dns");
    assert_ok(work_get(w.services.db, w.arena, validation, &item, &e), e);
    assert_int_equal(item.due_at, w.now + 60);
    assert_int_equal(run(&decide, id), OUTCOME_DONE);
    assert_int_equal(told("action_needed"), 0);
    w.now += 60;
    found = REASON_WRONG_VALUE;
    assert_int_equal(run(&check, validation), OUTCOME_AGAIN);
    assert_string_equal(now_of(id).waits_for, "validation");
    w.now += 600;
    found = REASON_FOUND;
    assert_int_equal(run(&check, validation), OUTCOME_DONE);
    assert_ok(work_get(w.services.db, w.arena, id, &item, &e), e);
    assert_int_equal(item.due_at, w.now - 660); /* due: it was when it was bought, already */
    goes_through(id);
    assert_int_equal(looks, 2);
}

static void each_name_needs_its_own_proof_and_one_record_serves_what_lies_below(void **state) {
    (void)state;
    struct application_name *names;
    const char *id = ordered("www.example.com *.example.com example.com other.test", NULL);
    waits(id);
    assert_int_equal(names_of(id, &names), 3);
    assert_string_equal(names[0].name, "example.com");
    assert_true(names[0].wildcard);
    assert_string_equal(names[1].name, "www.example.com");
    assert_string_equal(names[1].validation_id, names[0].validation_id);
    assert_string_not_equal(names[2].validation_id, names[0].validation_id);
    assert_true(validation_now(names[0].validation_id).wildcard);
    assert_int_equal(run(&check, names[0].validation_id), OUTCOME_DONE);
    assert_string_equal(now_of(id).waits_for, "validation");
    assert_int_equal(run(&check, names[2].validation_id), OUTCOME_DONE);
    goes_through(id);
}

/* R193 */
static void a_name_proven_in_advance_needs_nothing_more_until_it_is_too_old(void **state) {
    (void)state;
    in_advance("example.com", "dns");
    w.now += 200 * DAY - 1;
    assert_int_equal(validation_reuse_days(w.now), 100);
    w.now = at("2026-11-21T00:00:00Z") + 100 * DAY;
    assert_int_equal(validation_reuse_days(w.now), 200);
    const char *young = ordered("a.b.example.com *.example.com", NULL);
    goes_through(young);
    w.now = at("2026-11-21T00:00:00Z") + 200 * DAY;
    waits(ordered("c.example.com", NULL));
}

static void a_proof_is_reused_as_long_as_the_rules_of_its_day_say(void **state) {
    (void)state;
    static const struct {
        const char *at;
        int64_t days;
    } rows[] = {{"2026-03-14T23:59:59Z", 398}, {"2026-03-15T00:00:00Z", 200}, {"2027-03-14T23:59:59Z", 200},
                {"2027-03-15T00:00:00Z", 100}, {"2029-03-14T23:59:59Z", 100}, {"2029-03-15T00:00:00Z", 10}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(validation_reuse_days(at(rows[i].at)), rows[i].days);
    const char *id = in_advance("example.com", "dns");
    int64_t proven = validation_now(id).validated_at;
    w.now = proven + 100 * DAY;
    goes_through(ordered("a.example.com", NULL));
    w.now = at("2027-03-15T00:00:00Z"); /* the hundred days are over already */
    waits(ordered("b.example.com", NULL));
}

static void a_file_proves_its_very_name_alone(void **state) {
    (void)state;
    in_advance("example.com", "file");
    goes_through(ordered("example.com", NULL));
    waits(ordered("www.example.com", NULL));
    waits(ordered("*.example.com", NULL));
    waits(ordered("example.org", "file"));
    assert_int_equal(count_of("SELECT count(*) FROM validation WHERE method = 'file'"), 2);
}

/* R112 */
static void a_file_for_a_wildcard_and_a_record_for_an_address_are_out_of_the_question(void **state) {
    (void)state;
    struct certificate c;
    const struct order_request request = {
        .brand = "Tenure-DV", .grade = "dv", .names = "*.example.com", .created_by = "user"};
    assert_ok(purchase(&w, &request, &c, &e), e);
    struct application_form form = {.validation_method = "file"};
    const struct form_lack *lack;
    fill_in(c.id, NULL);
    assert_ok(form_of(w.services.db, w.arena, &c, &form, &e), e);
    form.validation_method = "file";
    assert_ok(form_check(&w.services, w.arena, &c, &form, &lack, &e), e);
    assert_int_equal(lack->id, ERR_FILE_VALIDATION_NOT_FOR_WILDCARD);
    const char *address = ordered("192.0.2.7", NULL);
    waits(address);
    assert_string_equal(validation_now(validation_of(address)).method, "file");
}

static void a_proof_above_lets_through_what_waits_below(void **state) {
    (void)state;
    const char *one = ordered("a.example.com", NULL), *two = ordered("b.c.example.com", NULL),
               *other = ordered("badexample.com", NULL);
    waits(one);
    waits(two);
    waits(other);
    const char *star = ordered("*.example.net", NULL);
    waits(star);
    in_advance("example.net", "file");
    assert_string_equal(now_of(star).waits_for, "validation");
    assert_string_equal(now_of(one).waits_for, "validation");
    in_advance("example.com", "dns");
    goes_through(one);
    goes_through(two);
    assert_string_equal(now_of(other).waits_for, "validation");
}

static void a_foreign_proof_is_none(void **state) {
    (void)state;
    struct validation v = {
        .account_id = "acct_00000000000000000000000009", .name = "example.com", .method = "dns"};
    assert_ok(validation_begin(w.services.db, w.arena, w.now, &v, &e), e);
    run(&check, v.id);
    waits(ordered("www.example.com", NULL));
}

static void what_was_withdrawn_is_looked_for_no_more_and_asked_for_anew(void **state) {
    (void)state;
    const char *id = ordered("www.example.com", NULL);
    waits(id);
    const char *validation = validation_of(id), *first = application_of(id).id;
    assert_ok(withdrawn(id), e);
    assert_int_equal(state_of(id), STATE_PENDING_APPLICATION);
    found = REASON_RECORD_MISSING;
    assert_int_equal(run(&check, validation), OUTCOME_DONE);
    assert_string_equal(validation_now(validation).end_reason, "not_needed");
    assert_ok(submitted(id), e);
    waits(id);
    assert_string_not_equal(application_of(id).id, first);
    assert_string_not_equal(validation_of(id), validation);
    found = REASON_FOUND;
    run(&check, validation_of(id));
    goes_through(id);
}

static void a_proof_that_comes_after_a_withdrawal_submits_nothing(void **state) {
    (void)state;
    const char *id = ordered("www.example.com", NULL);
    waits(id);
    const char *validation = validation_of(id);
    assert_ok(withdrawn(id), e);
    assert_int_equal(run(&check, validation), OUTCOME_DONE);
    assert_int_equal(state_of(id), STATE_PENDING_APPLICATION);
    assert_int_equal(now_of(id).submitted_at, 0);
    assert_ok(submitted(id), e);
    goes_through(id);
}

/* R217 */
static void when_its_time_is_over_it_is_rejected_and_submitted_again(void **state) {
    (void)state;
    const char *id = ordered("www.example.com", NULL);
    waits(id);
    struct application p = application_of(id);
    assert_int_equal(p.expires_at, w.now + 30 * DAY);
    w.now = p.expires_at - 1;
    assert_int_equal(run(&lapse, p.id), OUTCOME_WAIT);
    assert_int_equal(state_of(id), STATE_VALIDATING);
    w.now = p.expires_at;
    assert_int_equal(run(&lapse, p.id), OUTCOME_DONE);
    assert_int_equal(state_of(id), STATE_REJECTED);
    struct certificate c = now_of(id);
    assert_string_equal(c.reject_reason, "validation_failed");
    assert_null(c.waits_for);
    assert_ok(submitted(id), e);
    waits(id);
    assert_int_equal(run(&lapse, p.id), OUTCOME_DONE);
    assert_int_equal(state_of(id), STATE_VALIDATING);
    run(&check, validation_of(id));
    goes_through(id);
}

static void a_value_that_runs_out_is_replaced_while_it_is_waited_for(void **state) {
    (void)state;
    const char *id = ordered("www.example.com", NULL);
    waits(id);
    const char *first = validation_of(id);
    w.now += TOKEN_DAYS * DAY;
    assert_int_equal(run(&check, first), OUTCOME_DONE);
    assert_string_equal(validation_now(first).end_reason, "expired");
    assert_int_equal(looks, 0);
    assert_int_equal(run(&decide, id), OUTCOME_NEXT);
    waits(id);
    assert_string_not_equal(validation_of(id), first);
    run(&check, validation_of(id));
    goes_through(id);
}

static void many_that_wait_for_one_record_go_on_a_part_at_a_time(void **state) {
    (void)state;
    enum { MANY = WAITING_MAX + 1 };
    const char *ids[MANY];
    for (int i = 0; i < MANY; i++) {
        ids[i] = ordered("www.example.com", NULL);
        waits(ids[i]);
    }
    const char *validation = validation_of(ids[0]);
    int waiting = 0;
    assert_int_equal(run(&check, validation), OUTCOME_AGAIN);
    for (int i = 0; i < MANY; i++)
        waiting += now_of(ids[i]).waits_for != NULL;
    assert_int_equal(waiting, 1);
    assert_int_equal(run(&check, validation), OUTCOME_DONE);
    for (int i = 0; i < MANY; i++)
        assert_null(now_of(ids[i]).waits_for);
    assert_int_equal(looks, 1);
}

/* SPEC section 10: the service never waits silently. */
static void what_went_alone_goes_back_to_its_applicant_when_a_proof_is_too_old(void **state) {
    (void)state;
    const char *id = alone();
    assert_int_equal(run(&apply, id), OUTCOME_OTHERWISE);
    assert_int_equal(state_of(id), STATE_PENDING_APPLICATION);
    assert_string_equal(now_of(id).waits_for, "validation_aged_out");
    assert_int_equal(run(&decide, id), OUTCOME_DONE);
    assert_int_equal(told("action_needed"), 1);
    run(&check, validation_of(id));
    assert_int_equal(now_of(id).submitted_at, w.now);
    goes_through(id);
    w.now += 399 * DAY;
    id = alone();
    assert_int_equal(run(&apply, id), OUTCOME_OTHERWISE);
    assert_non_null(strstr(now_of(id).waits_detail_en, "399 days old"));
}

static void a_later_version_waits_beside_the_live_one_and_a_person_is_told(void **state) {
    (void)state;
    const char *id = ordered("www.example.com", NULL);
    struct certificate c = now_of(id);
    c.version_count = 1;
    c.covered_from = c.not_before = w.now - 180 * DAY;
    c.version_end = w.now + 19 * DAY;
    c.coverage_end = w.now + 185 * DAY;
    change(&c);
    assert_int_equal(run(&apply, id), OUTCOME_OTHERWISE);
    assert_string_equal(now_of(id).waits_for, "validation");
    assert_int_equal(state_of(id), STATE_ISSUED);
    assert_int_equal(told("action_needed"), 1);
    assert_int_equal(run(&decide, id), OUTCOME_WAIT);
    run(&check, validation_of(id));
    goes_through(id);
}

/* ---- over HTTP ---- */

static const char *path_of(const char *format, const char *id) {
    return arena_printf(w.arena, format, id);
}

static const char *text(const json_t *object, const char *member) {
    return json_string_value(json_object_get(object, member));
}

/* R110, R188, R192 */
static void an_application_shows_what_to_publish_and_what_was_seen(void **state) {
    (void)state;
    struct request rq;
    const char *id = ordered("www.example.com", NULL);
    waits(id);
    found = REASON_WRONG_VALUE;
    run(&check, validation_of(id));
    assert_ok(ask("GET", path_of("/v1/applications/%s", application_of(id).id), &rq), e);
    const json_t *one = json_array_get(json_object_get(rq.reply, "challenges"), 0);
    assert_string_equal(text(one, "host"), "_tenure-challenge.www.example.com");
    assert_string_equal(text(one, "type"), "TXT");
    assert_int_equal(strlen(text(one, "value")), VALUE_SIZE - 1);
    assert_string_equal(text(one, "last_reason"), "wrong_value");
    assert_string_equal(text(one, "detail"), "seen at ns1");
    assert_non_null(text(one, "remedy"));
    assert_non_null(text(one, "next_check_at"));
    assert_int_equal(json_array_size(json_object_get(one, "answers")), 1);
    assert_null(text(rq.reply, "validation_method")); /* nobody chose */
    assert_string_equal(text(one, "method"), "dns");
}

static void a_check_is_asked_for_once_in_ten_seconds_and_never_without_end(void **state) {
    (void)state;
    struct request rq;
    struct work_item item;
    const char *id = ordered("www.example.com", NULL), *path = path_of("/v1/certificates/%s/check", id);
    assert_fails(ask("POST", path_of("/v1/certificates/%s/check", "cert_x"), &rq), e, ERR_NOT_FOUND);
    waits(id);
    w.now += 5;
    assert_ok(ask("POST", path, &rq), e);
    assert_int_equal(rq.status, 202);
    assert_ok(work_get(w.services.db, w.arena, validation_of(id), &item, &e), e);
    assert_int_equal(item.due_at, w.now);
    w.now += CHECK_PAUSE - 1;
    assert_fails(ask("POST", path, &rq), e, ERR_TOO_MANY_CHECKS);
    w.now++;
    assert_ok(ask("POST", path, &rq), e);
    for (int i = 0; i < CHECKS_PER_MINUTE - 1; i++) {
        struct validation v = {.account_id = ACCOUNT, .method = "dns"};
        v.name = arena_printf(w.arena, "n%d.example.org", i);
        assert_ok(validation_begin(w.services.db, w.arena, w.now, &v, &e), e);
        assert_ok(validation_ask(w.services.db, &v, w.now, &e), e);
    }
    w.now += CHECK_PAUSE;
    assert_fails(ask("POST", path, &rq), e, ERR_TOO_MANY_CHECKS);
    w.now += 60;
    assert_ok(ask("POST", path, &rq), e);
}

static void what_nobody_waits_for_is_not_checked(void **state) {
    (void)state;
    struct request rq;
    struct certificate c;
    const struct order_request request = {.names = "www.example.com", .created_by = "user"};
    assert_ok(purchase(&w, &request, &c, &e), e);
    assert_int_equal(run(&apply, c.id), OUTCOME_NEXT);
    assert_fails(ask("POST", path_of("/v1/certificates/%s/check", c.id), &rq), e, ERR_NOT_VALIDATING);
}

static void a_name_that_an_application_waits_for_is_not_removed(void **state) {
    (void)state;
    struct request rq;
    const char *id = ordered("www.example.com", NULL);
    waits(id);
    const char *path = path_of("/v1/domains/%s", validation_of(id));
    assert_fails(ask("DELETE", path, &rq), e, ERR_IN_USE);
    assert_ok(withdrawn(id), e);
    assert_ok(ask("DELETE", path, &rq), e);
}

/* R186 */
static void each_name_has_its_methods_the_recommended_one_first(void **state) {
    (void)state;
    struct request rq;
    const char *id = ordered("*.example.com www.example.com", NULL);
    assert_ok(ask("GET", path_of("/v1/certificates/%s/methods", id), &rq), e);
    const json_t *items = json_object_get(rq.reply, "items");
    assert_int_equal(json_array_size(json_object_get(json_array_get(items, 0), "methods")), 1);
    const json_t *host = json_array_get(items, json_array_size(items) - 1);
    assert_string_equal(text(host, "recommended"), "dns");
}

/* One account takes one worker at most. */
static void a_second_worker_leaves_the_account_to_the_first(void **state) {
    (void)state;
    const char *id = ordered("www.example.com", NULL), *other = ordered("www.example.org", NULL);
    struct work_item *items;
    size_t count;
    waits(id);
    waits(other);
    w.now += 60;
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(work_claim(w.services.db, w.arena, "worker-0", w.now, 300, 10, &items, &count, &e), e);
    assert_ok(db_commit(w.services.db, &e), e);
    struct work_item item = {.account_id = ACCOUNT, .step = "check", .lease_owner = "worker-1"};
    item.subject = validation_of(other);
    struct work work = step_begin(&w, item.subject);
    work.item = &item;
    assert_ok(validate_look(&work, &e) && step_save(&w, &check, &work, &e), e);
    assert_int_equal(work.outcome, OUTCOME_AGAIN);
    assert_int_equal(work.until, w.now + CHECK_PAUSE);
    assert_int_equal(looks, 0);
    item.subject = validation_of(id);
    item.lease_owner = "worker-0";
    assert_ok(validate_look(&work, &e), e);
    assert_int_equal(looks, 1);
}

TEST_MAIN(gate, in_world(an_application_waits_for_its_record_and_goes_on_when_it_is_there),
          in_world(each_name_needs_its_own_proof_and_one_record_serves_what_lies_below),
          in_world(a_name_proven_in_advance_needs_nothing_more_until_it_is_too_old),
          in_world(a_proof_is_reused_as_long_as_the_rules_of_its_day_say),
          in_world(a_file_proves_its_very_name_alone),
          in_world(a_file_for_a_wildcard_and_a_record_for_an_address_are_out_of_the_question),
          in_world(a_proof_above_lets_through_what_waits_below), in_world(a_foreign_proof_is_none),
          in_world(what_was_withdrawn_is_looked_for_no_more_and_asked_for_anew),
          in_world(a_proof_that_comes_after_a_withdrawal_submits_nothing),
          in_world(when_its_time_is_over_it_is_rejected_and_submitted_again),
          in_world(a_value_that_runs_out_is_replaced_while_it_is_waited_for),
          in_world(many_that_wait_for_one_record_go_on_a_part_at_a_time),
          in_world(what_went_alone_goes_back_to_its_applicant_when_a_proof_is_too_old),
          in_world(a_later_version_waits_beside_the_live_one_and_a_person_is_told),
          in_world(an_application_shows_what_to_publish_and_what_was_seen),
          in_world(a_check_is_asked_for_once_in_ten_seconds_and_never_without_end),
          in_world(what_nobody_waits_for_is_not_checked),
          in_world(a_name_that_an_application_waits_for_is_not_removed),
          in_world(each_name_has_its_methods_the_recommended_one_first),
          in_world(a_second_worker_leaves_the_account_to_the_first))
