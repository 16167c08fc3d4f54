/* What is known to be proven, and what will have aged out when the next version is due. */
#include "applicant/contact.h"
#include "applicant/form.h"
#include "applicant/identity.h"
#include "order/fixture.h"
#include "unit.h"
#include "validate/gate.h"
#include "validate/known.h"

static struct world w;
static struct error e;

static int open_world(void **state) {
    (void)state;
    world_open(&w, "2026-11-21T00:00:00Z");
    return 0;
}

static int close_world(void **state) {
    (void)state;
    world_close(&w);
    return 0;
}

static void a_proof_ends_where_a_rule_shortens_it(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"2026-04-01T00:00:00Z", "2026-10-18T00:00:00Z"}, /* 200 days */
        {"2026-10-01T00:00:00Z", "2027-03-15T00:00:00Z"}, /* 200 days would be April, 100 are over by then */
        {"2027-01-10T00:00:00Z", "2027-04-20T00:00:00Z"}, /* 100 days from then on */
        {"2029-03-01T00:00:00Z", "2029-03-15T00:00:00Z"},
        {"2029-03-10T12:00:00Z", "2029-03-20T12:00:00Z"}, /* 10 days */
        {"2030-01-01T00:00:00Z", "2030-01-11T00:00:00Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t from = at(rows[i][0]), end = validation_reusable_until(from);
        assert_int_equal(end, at(rows[i][1]));
        /* the gate says the same */
        assert_true(from > end - 1 - validation_reuse_days(end - 1) * DAY);
        assert_false(from > end - validation_reuse_days(end) * DAY);
    }
}

/* ---- the list ---- */

static const char *asked_name, *asked_issuer, *asked_cursor, *asked_limit;

static const char *query(struct request *rq, const char *name) {
    (void)rq;
    if (strcmp(name, "name") == 0)
        return asked_name;
    if (strcmp(name, "issuer") == 0)
        return asked_issuer;
    return strcmp(name, "cursor") == 0 ? asked_cursor : asked_limit;
}

static struct request request_now(void) {
    return (struct request){
        .arena = w.arena,
        .services = &w.services,
        .db = w.services.db,
        .caller = {.account_id = ACCOUNT, .user_id = "user", .role = ROLE_OWNER, .user_role = ROLE_OWNER},
        .now = w.now,
        .query = query};
}

static json_t *listed(void) {
    struct request rq = request_now();
    assert_ok(known_routes[0].handle(&rq, &e), e);
    asked_cursor = json_string_value(json_object_get(rq.reply, "next"));
    return json_object_get(json_keep(w.arena, rq.reply), "items");
}

static const char *member(json_t *items, size_t i, const char *name) {
    return json_string_value(json_object_get(json_array_get(items, i), name));
}

static void note(const char *issuer, const char *name, const char *method, int64_t end) {
    struct known_validation v = {.account_id = ACCOUNT,
                                 .issuer = issuer,
                                 .name = name,
                                 .method = method,
                                 .validated_at = w.now,
                                 .reusable_until = end};
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(known_note(w.services.db, w.arena, &v, &e) && db_commit(w.services.db, &e), e);
}

static void prove(const char *name, int64_t validated_at) {
    struct validation v = {.account_id = ACCOUNT, .name = name, .method = "dns"};
    const struct check found = {.reason = REASON_FOUND};
    bool open;
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(validation_begin(w.services.db, w.arena, validated_at, &v, &e) &&
                  validation_note(w.services.db, v.id, &found, validated_at, &open, &e),
              e);
    assert_ok(db_commit(w.services.db, &e), e);
}

static void check_organization(void) {
    struct identity_check k = {.account_id = ACCOUNT,
                               .organization_id = "org_1",
                               .contact_id = "con_1",
                               .grade = "ov",
                               .application_id = "app_1",
                               .checked_by = "user",
                               .checked_at = w.now};
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(identity_check_add(w.services.db, w.arena, &k, &e) && db_commit(w.services.db, &e), e);
}

static void all_that_was_proven_is_listed(void **state) {
    (void)state;
    asked_name = asked_issuer = asked_cursor = asked_limit = NULL;
    prove("example.com", w.now - 90 * DAY);
    note("letsencrypt", "a.example.com", "http-01", w.now + 30 * DAY);
    note("letsencrypt", "a.example.com", "http-01", w.now + 31 * DAY);
    note("other-ca", "a.example.com", "http-01", w.now + 700 * DAY);
    check_organization();
    note("silent-ca", "b.example.com", "http-01", 0);
    asked_issuer = "silent-ca";
    json_t *silent = listed();
    assert_int_equal(json_array_size(silent), 1);
    assert_null(member(silent, 0, "reusable_until"));
    assert_false(json_is_true(json_object_get(json_array_get(silent, 0), "reusable")));
    asked_issuer = NULL;
    json_t *items = listed();
    assert_int_equal(json_array_size(items), 5);
    json_array_remove(items, 0);
    assert_string_equal(member(items, 0, "issuer"), "other-ca");
    /* a CA may say less than the rules allow, not more */
    assert_string_equal(member(items, 0, "reusable_until"), "2027-03-15T00:00:00Z");
    assert_string_equal(member(items, 1, "reusable_until"), "2026-12-22T00:00:00Z");
    assert_string_equal(member(items, 2, "issuer"), "tenure");
    assert_string_equal(member(items, 3, "what"), "organization");
    asked_name = "a.example.com";
    asked_issuer = "letsencrypt";
    assert_int_equal(json_array_size(listed()), 1);
}

static void pages_go_on_from_names_to_organisations(void **state) {
    (void)state;
    asked_name = asked_issuer = asked_cursor = NULL;
    asked_limit = "1";
    prove("example.com", w.now);
    note("letsencrypt", "a.example.com", "http-01", w.now + 30 * DAY);
    check_organization();
    check_organization();
    const char *seen = "";
    for (int i = 0; i < 4; i++) {
        json_t *items = listed();
        assert_int_equal(json_array_size(items), 1);
        assert_string_not_equal(member(items, 0, "id"), seen);
        seen = arena_strdup(w.arena, member(items, 0, "id"));
        assert_true(i == 3 ? !asked_cursor : asked_cursor != NULL);
    }
}

/* ---- ahead of time ---- */

/* A version of today, whose next one is planned. */
static struct certificate issued(const char *names, int64_t next_issue_at) {
    struct certificate c;
    const struct order_request request = {
        .brand = "Tenure-DV", .grade = "dv", .names = names, .created_by = "user"};
    const struct profile *profile;
    assert_ok(purchase(&w, &request, &c, &e), e);
    c = certificate_now(&w, c.id);
    c.version_id = "ver_1";
    c.version_count = 1;
    c.not_before = w.now;
    c.version_end = next_issue_at + 30 * DAY;
    c.next_issue_at = next_issue_at;
    c.coverage_end = c.version_end + 100 * DAY;
    c.submitted_at = c.active_at = w.now;
    c.waits_for = NULL;
    assert_ok(certificate_profile(w.services.policies, &c, &profile, &e), e);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(certificate_store(w.services.db, w.arena, profile, &c, &e) && db_commit(w.services.db, &e), e);
    return certificate_now(&w, c.id);
}

static size_t told(void) {
    struct request rq = request_now();
    const struct route *list = notify_routes;
    while (strcmp(list->path, "/v1/notices") != 0)
        list++;
    asked_name = asked_issuer = asked_cursor = asked_limit = NULL;
    assert_ok(list->handle(&rq, &e), e);
    return json_array_size(json_object_get(json_keep(w.arena, rq.reply), "items"));
}

/* What `decide` would wait for, after its part. */
static int64_t waits_until(const char *id, int64_t until) {
    const struct work_item item = {.subject = id, .account_id = ACCOUNT, .step = "decide"};
    struct work step = {
        .arena = w.arena, .services = &w.services, .db = w.services.db, .now = w.now, .item = &item};
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(validate_foresee(&step, &e) && db_commit(w.services.db, &e), e);
    work_until(&step, until);
    return step.until;
}

static void a_person_is_told_once_before_a_proof_is_missing(void **state) {
    (void)state;
    const int64_t planned = w.now + 69 * DAY;
    prove("example.com", w.now - 90 * DAY);
    struct certificate c = issued("www.example.com", planned);
    assert_int_equal(waits_until(c.id, planned), planned); /* 159 days are no 200 */
    prove("old.example.org", w.now - 190 * DAY);
    c = issued("old.example.org", planned);
    assert_int_equal(waits_until(c.id, planned), planned - 14 * DAY);
    assert_int_equal(told(), 0);
    w.now = planned - 14 * DAY;
    assert_int_equal(waits_until(c.id, planned), planned);
    assert_int_equal(waits_until(c.id, planned), planned);
    assert_int_equal(told(), 1);
}

static void a_proof_in_time_needs_no_word(void **state) {
    (void)state;
    const int64_t planned = w.now + 69 * DAY;
    prove("old.example.org", w.now - 190 * DAY);
    struct certificate c = issued("old.example.org", planned);
    w.now = planned - 14 * DAY;
    prove("old.example.org", w.now);
    assert_int_equal(waits_until(c.id, planned), planned);
    assert_int_equal(told(), 0);
}

static void what_is_told_early_still_counts_when_ten_days_do(void **state) {
    (void)state;
    const int64_t planned = at("2029-06-01T00:00:00Z");
    w.now = at("2029-05-01T00:00:00Z");
    struct certificate c = issued("old.example.org", planned);
    assert_int_equal(waits_until(c.id, planned), planned - 5 * DAY);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

TEST_MAIN(foresee, TEST(a_proof_ends_where_a_rule_shortens_it), TEST(all_that_was_proven_is_listed),
          TEST(pages_go_on_from_names_to_organisations),
          TEST(a_person_is_told_once_before_a_proof_is_missing), TEST(a_proof_in_time_needs_no_word),
          TEST(what_is_told_early_still_counts_when_ten_days_do))
