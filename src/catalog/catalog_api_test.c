/* The catalogue over HTTP: what a change does to the rows, to those who look, and to the audit log. */
#include "audit/audit.h"
#include "catalog/catalog_db.h"
#include "catalog/issuer.h"
#include "unit.h"

static struct arena *arena;
static struct policies policies;
static struct catalog files, mine, others; /* two processes with the same rows */
static struct services services, others_services;
static struct error e;
static int64_t now;

static int open_world(void **state) {
    (void)state;
    e = (struct error){0};
    arena = arena_new();
    now = 1800000000;
    services = (struct services){.policies = &policies, .catalog = &mine};
    if (!policy_load(arena, NULL, &policies, &e) || !catalog_load(arena, NULL, &policies, &files, &e) ||
        !db_open(&services.db, ":memory:", DB_WORKER, &e) || !db_migrate(services.db, now, &e) ||
        !catalog_seed(services.db, arena, &files, now, &e))
        return -1;
    mine = others = files;
    others_services = services;
    others_services.catalog = &others;
    return 0;
}

static int close_world(void **state) {
    (void)state;
    db_close(services.db);
    arena_free(arena);
    return 0;
}

static const char *query_limit, *query_cursor;

static const char *query(struct request *rq, const char *name) {
    (void)rq;
    return strcmp(name, "limit") == 0 ? query_limit : strcmp(name, "cursor") == 0 ? query_cursor : NULL;
}

static const struct route *find_route(const char *method, const char *path) {
    for (const struct route *r = catalog_routes; r->method; r++)
        if (strcmp(r->method, method) == 0 && strcmp(r->path, path) == 0)
            return r;
    const struct route *r = package_routes;
    while (strcmp(r->method, method) != 0 || strcmp(r->path, path) != 0)
        r++;
    return r;
}

/* What the dispatcher does around a handler. */
static bool call(const char *method, const char *path, const char *id, const char *body, struct request *rq) {
    const struct route *r = find_route(method, path);
    *rq = (struct request){.arena = arena,
                           .services = &services,
                           .db = services.db,
                           .caller = {.account_id = "acct_1", .user_id = "user_1", .key_id = "key_1"},
                           .now = now,
                           .route = r,
                           .query = query,
                           .status = 200,
                           .path_args = {id}};
    if (!json_read(arena, slice_str(body ? body : "{}"), &rq->json, &e) || !catalog_fresh(&services, &e))
        return false;
    bool writes = r->flags & ROUTE_WRITES;
    if (writes && !db_begin(services.db, &e))
        return false;
    bool ok = r->handle(rq, &e);
    if (rq->reply)
        json_keep(arena, rq->reply);
    if (writes && !ok)
        db_rollback(services.db);
    return ok && (!writes || db_commit(services.db, &e));
}

static const char *text_of(const struct request *rq, const char *member) {
    return json_string_value(json_object_get(rq->reply, member));
}

static int64_t number_of(const struct request *rq, const char *member) {
    return json_integer_value(json_object_get(rq->reply, member));
}

static int64_t audited(void) {
    struct audit_check check;
    assert_ok(audit_verify(services.db, 0, 100, &check, &e), e);
    return check.end;
}

#define BRANDS   "/v1/catalog/brands"
#define BRAND    "/v1/catalog/brands/{id}"
#define PRICES   "/v1/catalog/brands/{id}/prices"
#define PACKAGES "/v1/catalog/packages"
#define PACKAGE  "/v1/catalog/packages/{id}"

/* A line with some members more or other; with an empty text as it is. */
static const char *body_with(const char *more) {
    json_t *body = json_keep(arena, json_pack("{s:s,s:s,s:s,s:s,s:[s],s:[s],s:[s],s:i,s:s}", "vendor", "Own",
                                              "title_en", "Own", "title_zh", "自定义", "profile", "modern",
                                              "grades", "dv", "domain_types", "single", "key_algorithms",
                                              "p256", "names_max", 3, "currency", "CNY"));
    json_t *others_of_it;
    assert_ok(json_read(arena, slice_str(*more ? more : "{}"), &others_of_it, &e), e);
    json_object_update(body, others_of_it);
    return json_text(arena, body, false);
}

static const struct brand *seen_by_the_other(const char *id) {
    assert_ok(catalog_fresh(&others_services, &e), e);
    return catalog_find(&others, id);
}

static void all_lines_are_listed_page_by_page(void **state) {
    (void)state;
    struct request rq;
    size_t seen = 0;
    query_limit = "10";
    query_cursor = NULL;
    do {
        assert_ok(call("GET", BRANDS, NULL, NULL, &rq), e);
        const json_t *items = json_object_get(rq.reply, "items");
        for (size_t i = 0; i < json_array_size(items); i++, seen++)
            assert_string_equal(json_string_value(json_object_get(json_array_get(items, i), "id")),
                                files.brands[seen]->id);
        query_cursor = text_of(&rq, "next");
    } while (query_cursor);
    assert_int_equal(seen, files.count);
    query_cursor = "nobody";
    assert_fails(call("GET", BRANDS, NULL, NULL, &rq), e, ERR_BAD_FIELD);
    query_cursor = query_limit = NULL;
}

static void a_line_tells_its_prices_its_audience_and_how_long_issuance_takes(void **state) {
    (void)state;
    struct request rq;
    assert_ok(call("GET", BRAND, "DigiCert-OV", NULL, &rq), e);
    const json_t *issuance = json_array_get(json_object_get(rq.reply, "expected_issuance"), 0);
    assert_string_equal(json_string_value(json_object_get(issuance, "grade")), "ov");
    assert_int_equal(json_integer_value(json_object_get(issuance, "max")), 5 * DAY);
    assert_int_equal(json_array_size(json_object_get(rq.reply, "prices")), 2);
    assert_string_equal(text_of(&rq, "audience_en"), "Public bodies, small and middle firms, schools");
    assert_true(json_is_true(json_object_get(rq.reply, "on_sale")));
    assert_fails(call("GET", BRAND, "nobody", NULL, &rq), e, ERR_NOT_FOUND);
}

static void a_new_line_is_on_sale_when_it_has_a_price_and_others_see_it_at_once(void **state) {
    (void)state;
    struct request rq;
    assert_ok(call("PUT", BRAND, "Own", body_with(""), &rq), e);
    assert_int_equal(rq.status, 201);
    assert_string_equal(text_of(&rq, "origin"), "api");
    assert_false(seen_by_the_other("Own")->on_sale);
    assert_ok(call("POST", PRICES, "Own", "{\"per_year\": 100, \"managed_use\": 5}", &rq), e);
    assert_true(seen_by_the_other("Own")->on_sale);
    assert_int_equal(brand_price(seen_by_the_other("Own"), "single", now)->per_year, 100);
    assert_string_equal(others.brands[others.count - 1]->id, "Own");
    assert_string_equal(catalog_default(&others)->id, "Tenure");
    assert_int_equal(audited(), 2);
}

static void a_price_to_come_changes_nothing_before_its_day(void **state) {
    (void)state;
    struct request rq;
    const char *tomorrow = arena_printf(arena, "{\"from\": \"%s\", \"per_year\": 700, \"managed_use\": 0}",
                                        time_format(arena, now + DAY)),
               *past = arena_printf(arena, "{\"from\": \"%s\", \"per_year\": 700, \"managed_use\": 0}",
                                    time_format(arena, now - 1));
    assert_ok(call("POST", PRICES, "Tenure", tomorrow, &rq), e);
    assert_int_equal(brand_price(seen_by_the_other("Tenure"), "single", now + DAY - 1)->per_year, 0);
    assert_int_equal(brand_price(seen_by_the_other("Tenure"), "single", now + DAY)->per_year, 700);
    assert_fails(call("POST", PRICES, "Tenure", tomorrow, &rq), e, ERR_ALREADY_EXISTS);
    assert_fails(call("POST", PRICES, "Tenure", past, &rq), e, ERR_BAD_FIELD);
    assert_fails(call("POST", PRICES, "Tenure", "{\"per_year\": -1, \"managed_use\": 0}", &rq), e,
                 ERR_BAD_FIELD);
    assert_fails(
        call("POST", PRICES, "Tenure", "{\"per_year\": 1, \"managed_use\": 0, \"domain_type\": \"x\"}", &rq),
        e, ERR_BAD_FIELD);
    assert_fails(call("POST", PRICES, "nobody", "{\"per_year\": 1, \"managed_use\": 0}", &rq), e,
                 ERR_NOT_FOUND);
}

static void a_changed_line_keeps_its_prices_and_its_place(void **state) {
    (void)state;
    struct request rq;
    size_t place = 3; /* CFCA */
    assert_ok(call("PUT", BRAND, "CFCA",
                   body_with("{\"title_en\": \"Renamed\", \"profile\": \"alibaba-2025-cn\"}"), &rq),
              e);
    assert_int_equal(rq.status, 200);
    assert_int_equal(number_of(&rq, "revision"), 1);
    assert_int_equal(json_array_size(json_object_get(rq.reply, "prices")), 1);
    assert_string_equal(seen_by_the_other("CFCA")->title.in[LANG_EN], "Renamed");
    assert_string_equal(others.brands[place]->id, "CFCA");
}

static void a_start_does_not_undo_what_the_api_has_changed(void **state) {
    (void)state;
    struct request rq;
    assert_ok(call("PUT", BRAND, "CFCA", body_with("{\"profile\": \"alibaba-2025-cn\"}"), &rq), e);
    assert_ok(catalog_seed(services.db, arena, &files, now + 1, &e), e);
    assert_string_equal(seen_by_the_other("CFCA")->vendor, "Own");
}

static void of_two_who_have_read_the_same_one_changes_it(void **state) {
    (void)state;
    struct request rq;
    const char *body = body_with("{\"profile\": \"alibaba-2025-cn\", \"revision\": 0}");
    assert_ok(call("PUT", BRAND, "CFCA", body, &rq), e);
    assert_fails(call("PUT", BRAND, "CFCA", body, &rq), e, ERR_CONFLICT);
    assert_int_equal(audited(), 1);
}

static void a_withdrawn_line_stays_but_is_not_on_sale(void **state) {
    (void)state;
    struct request rq;
    for (int i = 0; i < 2; i++, now++) {
        assert_ok(call("DELETE", BRAND, "CFCA", NULL, &rq), e);
        assert_string_equal(text_of(&rq, "withdrawn_at"), time_format(arena, 1800000000));
    }
    assert_fails(brand_on_sale(seen_by_the_other("CFCA"), &e), e, ERR_BRAND_NOT_ON_SALE);
    assert_int_equal(audited(), 1);
    assert_ok(call("PUT", BRAND, "CFCA", body_with("{\"profile\": \"alibaba-2025-cn\"}"), &rq), e);
    assert_true(seen_by_the_other("CFCA")->on_sale);
    assert_fails(call("DELETE", BRAND, "nobody", NULL, &rq), e, ERR_NOT_FOUND);
}

static void a_line_that_makes_no_sense_is_refused_naming_the_field(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"profile", "{\"profile\": \"nothing\"}"},
        {"issuer", "{\"issuer\": \"nobody\"}"},
        {"kind", "{\"kind\": \"other\"}"},
        {"demands", "{\"demands\": \"money\"}"},
        {"grades", "{\"grades\": []}"},
        {"grades", "{\"grades\": [\"dv\", \"xv\"]}"},
        {"grades", "{\"grades\": [\"dv\", \"dv\"]}"},
        {"domain_types", "{\"domain_types\": [\"none\"]}"},
        {"key_algorithms", "{\"key_algorithms\": [\"rsa\"]}"},
        {"names_max", "{\"names_max\": 0}"},
        {"bonus_days", "{\"bonus_days\": 1}"},
        {"coverage_days", "{\"coverage_days\": -1}"},
        {"validation_days", "{\"validation_days\": 366}"},
        {"currency", "{\"currency\": \"yuan\"}"},
        {"vendor", "{\"vendor\": \"a\\u0007\"}"},
    };
    struct request rq;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_fails(call("PUT", BRAND, "Own", body_with(rows[i][1]), &rq), e, ERR_BAD_FIELD);
        assert_string_equal(e.field, rows[i][0]);
    }
    assert_fails(call("PUT", BRAND, "a b", body_with(""), &rq), e, ERR_BAD_FIELD);
    assert_fails(call("PUT", BRAND, "CFCA", body_with("{\"currency\": \"USD\"}"), &rq), e, ERR_BAD_FIELD);
    assert_fails(call("PUT", BRAND, "Own", body_with("{\"prices\": []}"), &rq), e, ERR_UNKNOWN_FIELD);
    assert_null(seen_by_the_other("Own"));
    assert_int_equal(audited(), 0);
}

static void put_issuer(const char *id, const char *grades, const char *key_algorithms) {
    const struct issuer issuer = {.id = id,
                                  .kind = "acme",
                                  .title_en = id,
                                  .title_zh = id,
                                  .directory = "https://ca.test/dir",
                                  .grades = grades,
                                  .key_algorithms = key_algorithms,
                                  .finalize_seconds = 600};
    assert_ok(issuer_db_put(services.db, &issuer, &e), e);
}

static void a_line_that_its_issuers_cannot_fill_is_refused(void **state) {
    (void)state;
    struct request rq;
    put_issuer("ecc", "dv", "p256");
    put_issuer("rsa", NULL, "rsa2048");
    assert_fails(call("PUT", BRAND, "Own", body_with("{\"issuer\": \"ecc\", \"grades\": [\"ov\"]}"), &rq), e,
                 ERR_BAD_FIELD);
    assert_string_equal(e.field, "grades");
    assert_fails(
        call("PUT", BRAND, "Own",
             body_with("{\"issuer\": \"rsa\", \"fallback_issuers\": [\"ecc\"], \"grades\": [\"dv\"], "
                       "\"key_algorithms\": [\"rsa2048\", \"p256\"]}"),
             &rq),
        e, ERR_BAD_FIELD);
    assert_string_equal(e.field, "key_algorithms");
    assert_ok(call("PUT", BRAND, "Own",
                   body_with("{\"issuer\": \"ecc\", \"grades\": [\"dv\", \"ov\"], "
                             "\"key_algorithms\": [\"rsa2048\", \"p256\"]}"),
                   &rq),
              e);
}

/* ---- packages ---- */

#define TEN "\"title_en\": \"Ten\", \"title_zh\": \"十张\", \"price\": 900, \"currency\": \"CNY\""
#define OF  "\"brand\": \"CFCA-DV\", \"grade\": \"dv\", \"domain_type\": \"single\", \"key_family\": \"ecc\""

#define REST "\"title_zh\": \"b\", \"price\": 1, \"currency\": \"CNY\", " OF ", \"certificates\": 1}"

static void a_package_is_made_changed_listed_and_withdrawn(void **state) {
    (void)state;
    struct request rq;
    struct package p;
    assert_ok(call("PUT", PACKAGE, "ten", "{" TEN ", " OF ", \"certificates\": 10}", &rq), e);
    assert_int_equal(rq.status, 201);
    assert_ok(
        call("PUT", PACKAGE, "ten", "{" TEN ", " OF ", \"certificates\": 10, \"managed_uses\": 10}", &rq), e);
    assert_int_equal(rq.status, 200);
    assert_ok(call("PUT", PACKAGE, "uses", "{" TEN ", \"managed_uses\": 5}", &rq), e);
    assert_ok(package_get(services.db, arena, "ten", &p, &e), e);
    assert_int_equal(p.managed_uses, 10);
    assert_string_equal(specification_key(arena, &p.of), "CFCA-DV/dv/single/ecc");
    query_limit = "1";
    assert_ok(call("GET", PACKAGES, NULL, NULL, &rq), e);
    assert_string_equal(text_of(&rq, "next"), "ten");
    query_limit = NULL;
    assert_ok(call("DELETE", PACKAGE, "ten", NULL, &rq), e);
    assert_ok(call("GET", PACKAGE, "ten", NULL, &rq), e);
    assert_string_equal(text_of(&rq, "withdrawn_at"), time_format(arena, now));
    assert_fails(call("GET", PACKAGE, "nobody", NULL, &rq), e, ERR_NOT_FOUND);
    assert_int_equal(audited(), 4);
}

static void a_package_that_cannot_be_used_is_refused(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"certificates", "{" TEN "}"},
        {"brand", "{" TEN ", \"certificates\": 1}"},
        {"certificates", "{" TEN ", " OF ", \"certificates\": -1, \"managed_uses\": 2}"},
        {"currency", "{\"title_en\": \"a\", \"title_zh\": \"b\", \"price\": 1, \"currency\": \"USD\", " OF
                     ", \"certificates\": 1}"},
        {"title_en", "{\"title_en\": \"\", " REST},
        {"title_en", "{\"title_en\": \"a\\u0007\", " REST},
    };
    struct request rq;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_fails(call("PUT", PACKAGE, "ten", rows[i][1], &rq), e, ERR_BAD_FIELD);
        assert_string_equal(e.field, rows[i][0]);
    }
    assert_fails(call("PUT", PACKAGE, ".ten", "{" TEN ", " OF ", \"certificates\": 1}", &rq), e,
                 ERR_BAD_FIELD);
    assert_string_equal(e.field, "id");
}

static void of_two_who_have_read_the_same_package_one_changes_it(void **state) {
    (void)state;
    static const char first[] = "{" TEN ", " OF ", \"certificates\": 1, \"revision\": 0}";
    struct request rq;
    assert_ok(call("PUT", PACKAGE, "ten", "{" TEN ", " OF ", \"certificates\": 1}", &rq), e);
    assert_ok(call("PUT", PACKAGE, "ten", first, &rq), e);
    assert_fails(call("PUT", PACKAGE, "ten", first, &rq), e, ERR_CONFLICT);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

TEST_MAIN(catalog_api, in_world(all_lines_are_listed_page_by_page),
          in_world(a_line_tells_its_prices_its_audience_and_how_long_issuance_takes),
          in_world(a_new_line_is_on_sale_when_it_has_a_price_and_others_see_it_at_once),
          in_world(a_line_that_its_issuers_cannot_fill_is_refused),
          in_world(a_price_to_come_changes_nothing_before_its_day),
          in_world(a_changed_line_keeps_its_prices_and_its_place),
          in_world(a_start_does_not_undo_what_the_api_has_changed),
          in_world(of_two_who_have_read_the_same_one_changes_it),
          in_world(a_withdrawn_line_stays_but_is_not_on_sale),
          in_world(a_line_that_makes_no_sense_is_refused_naming_the_field),
          in_world(a_package_is_made_changed_listed_and_withdrawn),
          in_world(a_package_that_cannot_be_used_is_refused),
          in_world(of_two_who_have_read_the_same_package_one_changes_it))
