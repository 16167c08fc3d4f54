/* Quota and money over HTTP. */
#include "account/account.h"
#include "audit/audit.h"
#include "order/fixture.h"
#include "order/ledger_db.h"
#include "unit.h"

static struct world w;
static struct error e;

static const char *own, *other; /* accounts */
static int64_t audited_before;

static int64_t audited(void) {
    struct audit_check check;
    assert_ok(audit_verify(w.services.db, 0, 100, &check, &e), e);
    return check.end - audited_before;
}

static const char *make_account(const char *name, const char *email) {
    const struct caller administrator = {.account_id = ACCOUNT, .user_id = "user_1", .key_id = "key_1"};
    struct new_account made = {.account = {.name = name, .default_profile = POLICY_DEFAULT},
                               .owner = {.name = "owner", .email = email, .lang = "en"}};
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, account_create(w.services.db, w.arena, &administrator, w.now, &made, &e), &e), e);
    return made.account.id;
}

static int open_world(void **state) {
    (void)state;
    e = (struct error){0};
    world_open(&w, "2026-11-21T00:00:00Z");
    own = make_account("one", "one@example.com");
    other = make_account("two", "two@example.com");
    audited_before = 0;
    audited_before = audited();
    return 0;
}

static int close_world(void **state) {
    (void)state;
    world_close(&w);
    return 0;
}

static struct { const char *name, *value; } asked[2];

static const char *query(struct request *rq, const char *name) {
    (void)rq;
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        if (asked[i].name && strcmp(asked[i].name, name) == 0)
            return asked[i].value;
    return NULL;
}

/* What the dispatcher does around a handler that it has found. */
static bool call(const char *method, const char *path, const char *id, const char *body, struct request *rq) {
    const struct route *r = ledger_routes;
    while (strcmp(r->method, method) != 0 || strcmp(r->path, path) != 0)
        r++;
    *rq = (struct request){.arena = w.arena,
                           .services = &w.services,
                           .db = w.services.db,
                           .caller = {.account_id = own, .user_id = "user_1", .key_id = "key_1"},
                           .now = w.now,
                           .route = r,
                           .query = query,
                           .status = 200,
                           .path_args = {id}};
    if (!json_read(w.arena, slice_str(body ? body : "{}"), &rq->json, &e))
        return false;
    bool writes = r->flags & ROUTE_WRITES;
    if (writes && !db_begin(w.services.db, &e))
        return false;
    bool ok = r->handle(rq, &e);
    if (rq->reply)
        json_keep(w.arena, rq->reply);
    return writes ? world_end(&w, ok, &e) : ok;
}

static int64_t number_of(const json_t *object, const char *member) {
    return json_integer_value(json_object_get(object, member));
}

static const char *text_of(const json_t *object, const char *member) {
    return json_string_value(json_object_get(object, member));
}

#define GRANTS   "/v1/quota/grants"
#define DEPOSITS "/v1/accounts/{id}/deposits"
#define OF_CFCA  "\"brand\": \"CFCA\", \"grade\": \"dv\", \"domain_type\": \"single\", \"key_family\": \"ecc\""

static void what_is_granted_is_shown_with_its_specification(void **state) {
    (void)state;
    struct request rq;
    assert_ok(call("POST", GRANTS, NULL, "{" OF_CFCA ", \"certificates\": 5}", &rq), e);
    assert_int_equal(rq.status, 201);
    assert_int_equal(number_of(rq.reply, "balance"), 5);
    assert_string_equal(text_of(rq.reply, "reason"), "granted");
    assert_ok(call("POST", GRANTS, NULL, "{\"managed_uses\": 2}", &rq), e);
    assert_ok(call("GET", "/v1/quota", NULL, NULL, &rq), e);
    const json_t *items = json_object_get(rq.reply, "items");
    assert_int_equal(json_array_size(items), 2);
    const json_t *certificates = json_array_get(items, 0), *uses = json_array_get(items, 1);
    assert_string_equal(text_of(certificates, "brand"), "CFCA");
    assert_string_equal(text_of(certificates, "key_family"), "ecc");
    assert_int_equal(number_of(certificates, "left"), 5);
    assert_string_equal(text_of(uses, "item"), "managed_use");
    assert_true(json_is_null(json_object_get(uses, "brand")));
    assert_int_equal(audited(), 2);
}

static void what_is_promised_is_shown_beside_what_is_left(void **state) {
    (void)state;
    struct request rq;
    const struct ledger_cause cause = {"user_1", w.now};
    const struct reservation unit = {.certificate_id = "cert_1",
                                     .unit = UNIT_MANAGED_USE,
                                     .account_id = own,
                                     .order_id = "ord_1",
                                     .item = MANAGED_USE,
                                     .source = SOURCE_QUOTA};
    bool first;
    assert_ok(call("POST", GRANTS, NULL, "{\"managed_uses\": 2}", &rq), e);
    assert_ok(reservation_make(w.services.db, &unit, 1, &cause, &e), e);
    for (int64_t reserved = 1; reserved >= 0; reserved--) {
        assert_ok(call("GET", "/v1/quota", NULL, NULL, &rq), e);
        const json_t *uses = json_array_get(json_object_get(rq.reply, "items"), 0);
        assert_int_equal(number_of(uses, "left"), 1);
        assert_int_equal(number_of(uses, "reserved"), reserved);
        assert_ok(reservation_consume(w.services.db, "cert_1", UNIT_MANAGED_USE, w.now, &first, &e), e);
    }
}

static void a_grant_must_be_of_something_that_is_sold(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"certificates", "{}"},
        {"certificates", "{" OF_CFCA ", \"certificates\": 1, \"managed_uses\": 1}"},
        {"certificates", "{\"managed_uses\": 1000001}"},
        {"brand", "{\"certificates\": 1}"},
        {"key_family",
         "{\"brand\": \"CFCA\", \"grade\": \"dv\", \"domain_type\": \"single\", \"certificates\": 1}"},
        {"reference", "{\"managed_uses\": 1, \"reference\": \"\"}"},
    };
    struct request rq;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_fails(call("POST", GRANTS, NULL, rows[i][1], &rq), e, ERR_BAD_FIELD);
        assert_string_equal(e.field, rows[i][0]);
    }
    assert_fails(call("POST", GRANTS, NULL, "{\"managed_uses\": 1, \"account_id\": \"acct_other\"}", &rq), e,
                 ERR_NOT_FOUND);
    assert_fails(call("POST", GRANTS, NULL, "{\"managed_uses\": -1}", &rq), e, ERR_QUOTE_STALE);
    assert_int_equal(audited(), 0);
}

static void the_same_deposit_counts_once(void **state) {
    (void)state;
    struct request rq;
    const char *body = "{\"amount\": 100000, \"currency\": \"CNY\", \"reference\": \"transfer 7\"}";
    assert_ok(call("POST", DEPOSITS, own, body, &rq), e);
    assert_int_equal(rq.status, 201);
    assert_ok(call("POST", DEPOSITS, own, body, &rq), e);
    assert_int_equal(rq.status, 200);
    assert_int_equal(number_of(rq.reply, "balance"), 100000);
    assert_fails(call("POST", DEPOSITS, own,
                      "{\"amount\": 1, \"currency\": \"CNY\", \"reference\": \"transfer 7\"}", &rq),
                 e, ERR_CONFLICT);
    assert_int_equal(audited(), 1);
    assert_ok(call("GET", "/v1/money", NULL, NULL, &rq), e);
    const json_t *money = json_array_get(json_object_get(rq.reply, "items"), 0);
    assert_int_equal(number_of(money, "amount"), 100000);
    assert_string_equal(text_of(money, "currency"), "CNY");
}

static void an_administrator_gives_to_other_accounts(void **state) {
    (void)state;
    struct request rq;
    int64_t money, uses;
    assert_ok(call("POST", DEPOSITS, other, "{\"amount\": 7, \"currency\": \"CNY\"}", &rq), e);
    const char *grant = arena_printf(w.arena, "{\"managed_uses\": 3, \"account_id\": \"%s\"}", other);
    assert_ok(call("POST", GRANTS, NULL, grant, &rq), e);
    assert_ok(ledger_money_left(w.services.db, other, "CNY", &money, &e), e);
    assert_ok(ledger_quota_left(w.services.db, other, MANAGED_USE, &uses, &e), e);
    assert_int_equal(money, 7);
    assert_int_equal(uses, 3);
    assert_ok(call("GET", "/v1/money", NULL, NULL, &rq), e);
    assert_int_equal(json_array_size(json_object_get(rq.reply, "items")), 0);
}

static void money_goes_to_an_account_in_a_currency_and_is_taken_back_while_it_lasts(void **state) {
    (void)state;
    struct request rq;
    assert_fails(call("POST", DEPOSITS, "acct_other", "{\"amount\": 1, \"currency\": \"CNY\"}", &rq), e,
                 ERR_NOT_FOUND);
    assert_fails(call("POST", DEPOSITS, own, "{\"amount\": 1, \"currency\": \"yuan\"}", &rq), e,
                 ERR_BAD_FIELD);
    assert_fails(call("POST", DEPOSITS, own, "{\"amount\": 0, \"currency\": \"CNY\"}", &rq), e,
                 ERR_BAD_FIELD);
    assert_fails(call("POST", DEPOSITS, own, "{\"amount\": -1, \"currency\": \"CNY\"}", &rq), e,
                 ERR_INSUFFICIENT_BALANCE);
    assert_ok(call("POST", DEPOSITS, own, "{\"amount\": 5, \"currency\": \"CNY\"}", &rq), e);
    assert_ok(call("POST", DEPOSITS, own, "{\"amount\": -5, \"currency\": \"CNY\"}", &rq), e);
    assert_string_equal(text_of(rq.reply, "reason"), "withdrawn");
}

static void entries_are_listed_newest_first_page_by_page(void **state) {
    (void)state;
    struct request rq;
    for (int i = 1; i <= 3; i++)
        assert_ok(call("POST", DEPOSITS, own, "{\"amount\": 5, \"currency\": \"USD\"}", &rq), e);
    assert_fails(call("GET", "/v1/money/entries", NULL, NULL, &rq), e, ERR_BAD_FIELD);
    asked[0].name = "currency", asked[0].value = "USD";
    asked[1].name = "limit", asked[1].value = "2";
    assert_ok(call("GET", "/v1/money/entries", NULL, NULL, &rq), e);
    const json_t *items = json_object_get(rq.reply, "items");
    assert_int_equal(json_array_size(items), 2);
    assert_int_equal(number_of(json_array_get(items, 0), "balance"), 15);
    assert_string_equal(text_of(json_array_get(items, 0), "currency"), "USD");
    asked[1].name = "cursor", asked[1].value = text_of(rq.reply, "next");
    assert_ok(call("GET", "/v1/money/entries", NULL, NULL, &rq), e);
    items = json_object_get(rq.reply, "items");
    assert_int_equal(json_array_size(items), 1);
    assert_int_equal(number_of(json_array_get(items, 0), "balance"), 5);
    asked[0].name = asked[1].name = NULL;
}

static void an_account_can_ask_whether_its_ledgers_add_up(void **state) {
    (void)state;
    struct request rq;
    assert_ok(call("POST", GRANTS, NULL, "{\"managed_uses\": 2}", &rq), e);
    assert_ok(call("GET", "/v1/ledgers/check", NULL, NULL, &rq), e);
    assert_true(json_is_true(json_object_get(rq.reply, "intact")));
    assert_ok(db_exec(w.services.db, &e, "UPDATE ledger_balance SET balance = 9"), e);
    assert_ok(call("GET", "/v1/ledgers/check", NULL, NULL, &rq), e);
    assert_true(json_is_false(json_object_get(rq.reply, "intact")));
    assert_int_equal(number_of(rq.reply, "balances"), 1);
}

/* ---- what the catalogue says about orders ---- */

static void orders_are_refused_for_what_is_not_on_sale(void **state) {
    (void)state;
    static const char *const ids[] = {"Tenure-Test"};
    struct certificate first;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct order_request request = {.brand = ids[i], .names = "www.example.com", .created_by = "user_1"};
        assert_fails(purchase(&w, &request, &first, &e), e, ERR_BRAND_NOT_ON_SALE);
    }
}

static void a_withdrawn_line_is_neither_bought_nor_renewed(void **state) {
    (void)state;
    struct certificate first, old;
    struct order_request request = {.brand = "CFCA", .names = "www.example.com", .created_by = "user_1"};
    assert_ok(purchase(&w, &request, &first, &e), e);
    old = certificate_now(&w, first.id);
    struct brand withdrawn = *catalog_find(&w.catalog, "CFCA");
    const struct brand **place = w.catalog.brands;
    while (strcmp((*place)->id, "CFCA") != 0)
        place++;
    withdrawn.withdrawn_at = w.now;
    *place = &withdrawn;
    assert_fails(purchase(&w, &request, &first, &e), e, ERR_BRAND_NOT_ON_SALE);
    old.version_count = 1;
    old.not_before = old.covered_from = w.now;
    old.version_end = old.coverage_end = w.now + 365 * DAY;
    old.version_id = "ver_1";
    assert_ok(certificate_store(w.services.db, w.arena, policy_find(&w.policies, old.profile, 0), &old, &e),
              e);
    w.now = old.window_at;
    struct order_request as_it_was = {.created_by = "user_1"};
    assert_fails(renew(&w, old.id, &as_it_was, &first, &e), e, ERR_BRAND_NOT_RENEWABLE);
    withdrawn.withdrawn_at = 0;
    assert_ok(renew(&w, old.id, &as_it_was, &first, &e), e);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

TEST_MAIN(ledger_api, in_world(what_is_granted_is_shown_with_its_specification),
          in_world(what_is_promised_is_shown_beside_what_is_left),
          in_world(a_grant_must_be_of_something_that_is_sold), in_world(the_same_deposit_counts_once),
          in_world(an_administrator_gives_to_other_accounts),
          in_world(money_goes_to_an_account_in_a_currency_and_is_taken_back_while_it_lasts),
          in_world(entries_are_listed_newest_first_page_by_page),
          in_world(an_account_can_ask_whether_its_ledgers_add_up),
          in_world(orders_are_refused_for_what_is_not_on_sale),
          in_world(a_withdrawn_line_is_neither_bought_nor_renewed))
