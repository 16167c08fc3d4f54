/* The plan of an inventory: what it adds up, and what it says of limits. */
#include "issue/fixture.h"
#include "issue/fleet.h"

static const char *no_query(struct request *rq, const char *name) {
    (void)rq, (void)name;
    return NULL;
}

static json_t *asked(const char *path, const char *id) {
    struct request rq = {.arena = w.arena,
                         .services = &w.services,
                         .db = w.services.db,
                         .caller = {.account_id = ACCOUNT},
                         .now = w.now,
                         .path_args = {id},
                         .query = no_query};
    const struct route *route = fleet_routes;
    while (strcmp(route->path, path) != 0)
        route++;
    assert_ok(route->handle(&rq, &e), e);
    return json_keep(w.arena, rq.reply);
}

static json_int_t number_in(const json_t *object, const char *member) {
    return json_integer_value(json_object_get(object, member));
}

static const char *text_in(const json_t *object, const char *member) {
    return json_string_value(json_object_get(object, member));
}

static json_int_t in_month(const json_t *plan, const char *month, const char *member) {
    const json_t *one;
    json_int_t sum = 0;
    size_t i;
    json_array_foreach(json_object_get(plan, "months"), i, one) if (strcmp(text_in(one, "month"), month) == 0)
        sum += number_in(one, member);
    return sum;
}

/* SPEC section 7, row 8: versions of 199, 99, 99 and 58 days. */
static void the_calendar_has_the_versions_of_the_coming_year(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++)
        issue_now(bought((struct order_request){.names = arena_printf(w.arena, "w%d.example.com", i)}).id);
    const json_t *plan = asked("/v1/plan/fleet", NULL);
    assert_int_equal(number_in(plan, "certificates"), 3);
    assert_int_equal(in_month(plan, "2027-05", "planned"), 3);
    assert_int_equal(in_month(plan, "2027-07", "planned"), 3);
    assert_int_equal(in_month(plan, "2027-09", "planned"), 3);
    assert_int_equal(in_month(plan, "2027-11", "planned"), 0);
    assert_int_equal(in_month(plan, "2027-11", "if_renewed") + in_month(plan, "2027-10", "if_renewed"), 3);
    const json_t *steps = json_object_get(plan, "steps");
    assert_int_equal(json_array_size(steps), 3);
    assert_string_equal(text_in(json_array_get(steps, 1), "from"), "2027-03-15");
    assert_int_equal(number_in(json_array_get(steps, 1), "version_days"), 99);
    assert_int_equal(number_in(json_array_get(steps, 1), "validation_days"), 100);
    assert_string_equal(text_in(json_array_get(steps, 2), "from"), "2029-03-15");
    assert_int_equal(number_in(json_array_get(steps, 0), "versions_in_a_year"), 6); /* 365 / 169 each */
    assert_int_equal(number_in(json_array_get(steps, 2), "versions_in_a_year"), 36);
    assert_int_equal(json_array_size(json_object_get(plan, "ending_first")), 3);
}

static void a_certificate_has_the_versions_that_the_policy_plans(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    const json_t *versions = json_object_get(asked("/v1/certificates/{id}/plan", c.id), "versions");
    assert_true(json_array_size(versions) > 4);
    assert_int_equal(number_in(json_array_get(versions, 0), "days"), 99);
    assert_int_equal(number_in(json_array_get(versions, 1), "days"), 99);
    assert_false(json_is_true(json_object_get(json_array_get(versions, 2), "if_renewed")));
    assert_true(json_is_true(json_object_get(json_array_get(versions, 3), "if_renewed")));
    assert_int_equal(json_array_size(json_object_get(json_array_get(versions, 0), "missing")), 0);
}

static void the_plan_knows_what_a_ca_fixes_or_takes(void **state) {
    (void)state;
    const struct profile *profile = policy_find(w.services.policies, POLICY_DEFAULT, 0);
    struct certificate c = {.kind = "official", .not_before = w.now, .version_end = w.now + 40 * DAY};
    struct issuer issuer = {.id = "ca", .days_max = 90};
    struct validity v;
    c.coverage_end = w.now + 365 * DAY;
    struct forecast f = forecast_of(&c, profile, &issuer, 60);
    assert_true(forecast_next(&f, w.now, &v));
    assert_int_equal(v.end - v.not_before, 40 * DAY);
    issuer.takes_not_after = true;
    f = forecast_of(&c, profile, &issuer, 60);
    assert_int_equal(forecast_lifetime(&f, w.now), 90 * DAY);
    assert_true(forecast_next(&f, w.now, &v));
    assert_int_equal(v.end - v.not_before, 90 * DAY);
    assert_int_equal(v.limited_by, LIMIT_ISSUER);
}

static void another_account_sees_nothing_of_it(void **state) {
    (void)state;
    bought_and_issued(NULL);
    struct fleet *f = ARENA_NEW(w.arena, struct fleet);
    *f = (struct fleet){.arena = w.arena, .services = &w.services, .account_id = "acc_other", .now = w.now};
    assert_ok(fleet_read(f, &e), e);
    assert_int_equal(f->seen, 0);
    assert_int_equal(f->issuer_count, 0);
}

/* ---- after a mass revocation ---- */

static json_t *reissue_of(json_t *body) {
    const struct route *route = fleet_routes;
    struct request rq = {.arena = w.arena,
                         .services = &w.services,
                         .db = w.services.db,
                         .caller = {.account_id = ACCOUNT, .user_id = "user"},
                         .json = json_keep(w.arena, body),
                         .now = w.now};
    while (strcmp(route->path, "/v1/plan/fleet/reissue") != 0)
        route++;
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, route->handle(&rq, &e), &e), e);
    return json_keep(w.arena, rq.reply);
}

static size_t reissued(json_t *body) {
    const json_t *reply = reissue_of(body);
    assert_true(json_is_null(json_object_get(reply, "next")));
    return json_array_size(json_object_get(reply, "reissued"));
}

static void everything_of_an_issuer_is_reissued_once(void **state) {
    (void)state;
    struct certificate all[3];
    for (int i = 0; i < 3; i++) {
        all[i] = bought((struct order_request){.names = arena_printf(w.arena, "w%d.example.com", i)});
        issue_now(all[i].id);
    }
    const char *then = time_format(w.arena, w.now + 60);
    w.now += 120;
    bought_and_issued(NULL); /* later than then */
    w.now++;
    assert_int_equal(reissued(json_pack("{s:b,s:b}", "all", 1, "dry_run", 1)), 4);
    assert_int_equal(
        reissued(json_pack("{s:s,s:s,s:b}", "issuer", "local", "issued_before", then, "dry_run", 1)), 3);
    assert_int_equal(certificate_now(&w, all[0].id).next_issue_at > w.now, true);
    assert_int_equal(reissued(json_pack("{s:s,s:s}", "issuer", "local", "issued_before", then)), 3);
    assert_int_equal(reissued(json_pack("{s:s,s:s}", "issuer", "local", "issued_before", then)), 0);
    for (int i = 0; i < 3; i++) {
        issue_now(all[i].id);
        assert_int_equal(certificate_now(&w, all[i].id).version_count, 2);
    }
    assert_int_equal(reissued(json_pack("{s:s,s:s}", "issuer", "local", "issued_before", then)), 0);
}

static void of_another_issuer_nothing_is_reissued(void **state) {
    (void)state;
    const struct issuer issuer = {.id = "ca", .kind = "acme", .title_en = "ca", .title_zh = "ca"};
    assert_ok(issuer_db_put(w.services.db, &issuer, &e), e);
    bought_and_issued(NULL);
    assert_int_equal(reissued(json_pack("{s:s}", "issuer", "ca")), 0);
}

/* ---- limits ---- */

static struct fleet *with_days(int64_t certificates, int64_t a_day) {
    struct fleet *f = ARENA_NEW(w.arena, struct fleet);
    f->arena = w.arena;
    f->now = w.now;
    f->total = f->counted = f->seen = certificates;
    f->issuer_count = 1;
    f->issuers[0] = (struct fleet_issuer){.id = "ca", .certificates = certificates, .shortest = 60 * DAY};
    for (int day = 0; day < FLEET_DAYS; day++)
        f->issuers[0].paid[day] = a_day;
    return f;
}

static void a_limit_holds_or_says_what_is_needed(void **state) {
    (void)state;
    const struct rate_limit orders = {
        .name = "orders", .kind = RATE_PER_ACCOUNT, .count = 300, .seconds = 10800};
    struct fleet *f = with_days(100000, 2400);
    struct fleet_limit l = fleet_limit_of(f, &f->issuers[0], &orders);
    assert_int_equal(l.demand, 300);
    assert_true(l.holds);
    assert_int_equal(l.seconds, (100000 - 300) * 36);
    f->issuers[0].assumed[40] = 10;
    l = fleet_limit_of(f, &f->issuers[0], &orders);
    assert_int_equal(l.demand, 302);
    assert_false(l.holds);
    const struct rate_limit exempt = {
        .name = "orders", .kind = RATE_PER_ACCOUNT, .count = 300, .seconds = 10800, .renewal_exempt = true};
    assert_true(fleet_limit_of(f, &f->issuers[0], &exempt).holds);
    int64_t count;
    assert_int_equal(fleet_busiest(f, NULL, &count), 40);
    assert_int_equal(count, 2410);
    const struct rate_limit week = {
        .name = "week", .kind = RATE_PER_ACCOUNT, .count = 16800, .seconds = 7 * DAY};
    assert_int_equal(fleet_limit_of(f, &f->issuers[0], &week).demand, 7 * 2400 + 10);
}

/* 2400 a day: of 5000 that end within the first day, 300 at once and 2400 more are in time. */
static void what_ends_before_its_turn_is_counted(void **state) {
    (void)state;
    struct rate_limit orders = {.name = "orders", .kind = RATE_PER_ACCOUNT, .count = 300, .seconds = 10800};
    struct fleet *f = with_days(100000, 10);
    f->issuers[0].limits = (struct rate_limits){&orders, 1};
    f->issuers[0].ends[0] = 5000;
    assert_int_equal(fleet_lapsing(f, &f->issuers[0]), 5000 - 300 - 2400);
    f->issuers[0].ends[0] = 2000;
    assert_int_equal(fleet_lapsing(f, &f->issuers[0]), 0);
}

static void a_part_stands_for_all(void **state) {
    (void)state;
    struct fleet *f = with_days(1000, 0);
    f->counted = 100;
    assert_int_equal(fleet_scaled(f, 7), 70);
}

TEST_MAIN(fleet, in_world(the_calendar_has_the_versions_of_the_coming_year),
          in_world(a_certificate_has_the_versions_that_the_policy_plans),
          in_world(the_plan_knows_what_a_ca_fixes_or_takes),
          in_world(everything_of_an_issuer_is_reissued_once), in_world(of_another_issuer_nothing_is_reissued),
          in_world(another_account_sees_nothing_of_it), in_world(a_limit_holds_or_says_what_is_needed),
          in_world(what_ends_before_its_turn_is_counted), in_world(a_part_stands_for_all))
