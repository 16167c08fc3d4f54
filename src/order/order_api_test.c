/* Orders over HTTP: what is answered, what a refusal leaves behind, and who pays. */
#include "audit/audit.h"
#include "order/market.h"
#include "order/payment.h"
#include "unit.h"

static struct world w;
static struct error e;

static int open_world(void **state) {
    (void)state;
    e = (struct error){0};
    world_open(&w, "2026-11-21T00:00:00Z");
    return 0;
}

/* Whatever was ordered, paid or refused. */
static int close_world(void **state) {
    (void)state;
    assert_true(ledgers_intact(&w));
    world_close(&w);
    return 0;
}

static struct certificate bought(const char *brand, const char *names) {
    struct order_request request = {.brand = brand, .names = names, .created_by = "user"};
    struct certificate c;
    assert_ok(purchase(&w, &request, &c, &e), e);
    return c;
}

static struct certificate issued(const char *brand, const char *names) {
    struct certificate c = bought(brand, names);
    world_issue(&w, &c, w.now + 365 * DAY);
    return c;
}

/* ---- over HTTP ---- */

static bool call(const char *method, const char *path, const char *id, const char *body, struct request *rq) {
    return world_call(&w, &(struct world_request){order_routes, method, path, id, body}, rq, &e);
}

static const char *member(const struct request *rq, const char *object, const char *name) {
    const json_t *o = object ? json_object_get(rq->reply, object) : rq->reply;
    return json_string_value(json_object_get(o, name));
}

/* Only what came over HTTP is audited by this slice. */
static int64_t audited(void) {
    struct audit_check check;
    assert_ok(audit_verify(w.services.db, 0, 100, &check, &e), e);
    return check.end;
}

static void a_purchase_over_http_answers_with_order_and_certificate(void **state) {
    (void)state;
    struct request rq, shown;
    assert_ok(call("POST", "/v1/orders", NULL, "{\"names\": [\"www.example.com\", \"example.com\"]}", &rq),
              e);
    assert_int_equal(rq.status, 201);
    assert_string_equal(member(&rq, NULL, "certificate_id"), member(&rq, "certificate", "id"));
    assert_int_equal(json_array_size(json_object_get(rq.reply, "warnings")), 0);
    assert_int_equal(audited(), 1);
    assert_ok(call("GET", "/v1/orders/{id}", member(&rq, NULL, "id"), NULL, &shown), e);
    assert_string_equal(member(&shown, NULL, "created_by"), "user_1");
    assert_ok(call("GET", "/v1/orders", NULL, NULL, &shown), e);
    assert_int_equal(json_array_size(json_object_get(shown.reply, "items")), 1);
}

static void a_renewal_over_http_needs_no_body_and_warns_of_a_kept_key(void **state) {
    (void)state;
    struct certificate old = issued(NULL, "www.example.com"), other = issued(NULL, "b.example.com");
    struct request rq;
    assert_ok(call("POST", "/v1/certificates/{id}/renew", old.id, NULL, &rq), e);
    assert_string_equal(member(&rq, NULL, "kind"), "early_renewal");
    assert_ok(call("POST", "/v1/certificates/{id}/renew", other.id, "{\"csr_choice\": \"keep\"}", &rq), e);
    assert_int_equal(json_array_size(json_object_get(rq.reply, "warnings")), 1);
}

static void a_replacement_that_covers_less_is_warned_of(void **state) {
    (void)state;
    struct certificate old = brought_in(&w, "uploaded", "www.example.com", "2026-12-21T00:00:00Z");
    struct request rq;
    assert_ok(call("POST", "/v1/certificates/{id}/renew", old.id, "{\"names\": [\"shop.example.com\"]}", &rq),
              e);
    assert_int_equal(json_array_size(json_object_get(rq.reply, "warnings")), 2);
}

static void a_refused_order_over_http_leaves_nothing(void **state) {
    (void)state;
    struct certificate old = issued("TrustAsia", "www.example.com");
    struct request rq;
    assert_fails(call("POST", "/v1/certificates/{id}/renew", old.id, NULL, &rq), e, ERR_OUTSIDE_WINDOW);
    assert_fails(call("POST", "/v1/orders", NULL, "{\"name\": \"www.example.com\"}", &rq), e,
                 ERR_UNKNOWN_FIELD);
    assert_fails(call("POST", "/v1/certificates/{id}/reissue", old.id, "{\"brand\": \"Tenure\"}", &rq), e,
                 ERR_UNKNOWN_FIELD);
    assert_int_equal(audited(), 0);
}

static void a_reissue_and_a_cancellation_over_http_are_audited(void **state) {
    (void)state;
    struct certificate live = issued(NULL, "www.example.com"), open = bought("DigiCert", "b.example.com");
    struct request rq;
    assert_ok(call("POST", "/v1/certificates/{id}/reissue", live.id, NULL, &rq), e);
    assert_int_equal(rq.status, 202);
    assert_ok(call("POST", "/v1/certificates/{id}/cancel", open.id, NULL, &rq), e);
    assert_int_equal(audited(), 2);
    assert_fails(call("POST", "/v1/certificates/{id}/cancel", "cert_unknown", NULL, &rq), e, ERR_NOT_FOUND);
}

/* ---- money ---- */

enum { PRICE = 1000, USE = 30 };

#define PRICED "{\"brand\": \"CFCA\", \"names\": [\"www.example.com\"]}"

static void deposit(int64_t amount) {
    bool done;
    const struct ledger_move move = {.account_id = ACCOUNT,
                                     .item = "CNY",
                                     .reason = "deposited",
                                     .reference = "deposited:test",
                                     .actor = "user_1",
                                     .amount = amount,
                                     .now = w.now};
    assert_ok(ledger_move_money(w.services.db, &move, &done, &e), e);
}

static int64_t balance(void) {
    int64_t left;
    assert_ok(ledger_money_left(w.services.db, ACCOUNT, "CNY", &left, &e), e);
    return left;
}

/* The quote that a refusal names is there. */
static struct quote named_quote(void) {
    struct quote q;
    struct error other = {0};
    assert_ok(quote_get(w.services.db, w.arena, ACCOUNT, e.object, &q, &other), other);
    return q;
}

static const char *quoted(const char *brand, const char *names) {
    const struct quote_request r = {.order = {.brand = brand, .names = names, .key_algorithm = "p256"}};
    struct quote q;
    assert_ok(make_quote(&w, &r, &q, &e), e);
    return q.id;
}

static const char *ordering(const char *quote_id, const char *more) {
    return arena_printf(w.arena, "{\"quote_id\": \"%s\"%s}", quote_id, more);
}

static size_t orders(void) {
    struct order *list;
    size_t count;
    const struct order_range range = {.account_id = ACCOUNT, .limit = 100};
    assert_ok(order_list(w.services.db, w.arena, &range, &list, &count, &e), e);
    return count;
}

static void what_costs_something_is_quoted_first_and_the_quote_stays(void **state) {
    (void)state;
    struct request rq;
    set_price(&w, "CFCA", PRICE, USE);
    assert_fails(call("POST", "/v1/orders", NULL, PRICED, &rq), e, ERR_QUOTE_NEEDED);
    assert_true(rq.keep_on_refusal);
    const struct quote q = named_quote();
    assert_int_equal(q.due.amount, PRICE);
    assert_int_equal(orders(), 0);
    deposit(PRICE);
    assert_ok(call("POST", "/v1/orders", NULL, ordering(q.id, ""), &rq), e);
    assert_string_equal(member(&rq, NULL, "state"), "paid");
    assert_string_equal(member(&rq, "payment", "state"), "paid");
    assert_string_equal(member(&rq, "certificate", "state"), "validating");
    assert_int_equal(json_array_size(json_object_get(rq.reply, "lines")), 1);
    assert_int_equal(json_array_size(json_object_get(rq.reply, "certificates")), 1);
    assert_int_equal(balance(), 0);
}

static void without_the_money_nothing_of_the_order_remains(void **state) {
    (void)state;
    struct request rq;
    set_price(&w, "CFCA", PRICE, USE);
    const char *quote = quoted("CFCA", "www.example.com");
    deposit(PRICE - 1);
    assert_fails(call("POST", "/v1/orders", NULL, ordering(quote, ""), &rq), e, ERR_INSUFFICIENT_BALANCE);
    assert_int_equal(orders(), 0);
    assert_int_equal(balance(), PRICE - 1);
    assert_int_equal(audited(), 0);
    assert_ok(call("POST", "/v1/orders", NULL, ordering(quote, ", \"pay\": false"), &rq), e);
    assert_string_equal(member(&rq, NULL, "state"), "pending_payment");
    assert_string_equal(member(&rq, "certificate", "state"), "pending_payment");
}

static void an_order_is_paid_later_and_once(void **state) {
    (void)state;
    struct request rq;
    set_price(&w, "CFCA", PRICE, USE);
    assert_ok(call("POST", "/v1/orders", NULL,
                   ordering(quoted("CFCA", "www.example.com"), ", \"pay\": false"), &rq),
              e);
    const char *id = member(&rq, NULL, "id");
    assert_fails(call("POST", "/v1/orders/{id}/pay", id, NULL, &rq), e, ERR_INSUFFICIENT_BALANCE);
    deposit(2 * PRICE);
    assert_ok(call("POST", "/v1/orders/{id}/pay", id, NULL, &rq), e);
    assert_string_equal(member(&rq, NULL, "state"), "paid");
    assert_fails(call("POST", "/v1/orders/{id}/pay", id, NULL, &rq), e, ERR_ALREADY_PAID);
    assert_fails(call("POST", "/v1/orders/{id}/cancel", id, NULL, &rq), e, ERR_ALREADY_PAID);
    assert_string_equal(e.state, "paid");
    assert_int_equal(balance(), PRICE);
    assert_ok(call("GET", "/v1/orders/{id}", id, NULL, &rq), e);
    assert_string_equal(member(&rq, "payment", "provider"), "balance");
}

static void an_invoice_has_thirty_days(void **state) {
    (void)state;
    struct request rq;
    set_price(&w, "CFCA", PRICE, USE);
    assert_ok(call("POST", "/v1/orders", NULL,
                   ordering(quoted("CFCA", "a.example.com"), ", \"provider\": \"invoice\""), &rq),
              e);
    assert_string_equal(member(&rq, NULL, "payment_due_at"), time_format(w.arena, w.now + 30 * DAY));
    assert_string_equal(member(&rq, "payment", "state"), "pending");
    assert_ok(
        call("POST", "/v1/orders", NULL, ordering(quoted("CFCA", "b.example.com"), ", \"pay\": false"), &rq),
        e);
    const char *id = member(&rq, NULL, "id");
    assert_string_equal(member(&rq, NULL, "payment_due_at"), time_format(w.arena, w.now + DAY));
    assert_ok(call("POST", "/v1/orders/{id}/pay", id, "{\"provider\": \"invoice\"}", &rq), e);
    assert_string_equal(member(&rq, NULL, "payment_due_at"), time_format(w.arena, w.now + 30 * DAY));
    assert_string_equal(member(&rq, NULL, "provider"), "invoice");
    assert_ok(call("POST", "/v1/orders/{id}/cancel", id, NULL, &rq), e);
    assert_string_equal(member(&rq, NULL, "state"), "cancelled");
    assert_string_equal(member(&rq, "certificate", "state"), "cancelled");
    assert_fails(call("POST", "/v1/orders/{id}/pay", id, NULL, &rq), e, ERR_ORDER_CLOSED);
    assert_ok(call("GET", "/v1/orders/{id}", id, NULL, &rq), e);
    assert_null(json_object_get(rq.reply, "payment"));
}

static void a_stale_quote_is_answered_with_a_new_one(void **state) {
    (void)state;
    struct request rq;
    set_price(&w, "CFCA", PRICE, USE);
    grant(&w, "CFCA/dv/single/ecc", 1);
    const char *free = quoted("CFCA", "www.example.com"), *late = quoted("CFCA", "www.example.com");
    assert_ok(call("POST", "/v1/orders", NULL, ordering(free, ""), &rq), e);
    assert_fails(call("POST", "/v1/orders", NULL, ordering(late, ""), &rq), e, ERR_QUOTE_STALE);
    const struct quote fresh = named_quote();
    assert_int_equal(fresh.due.amount, PRICE);
    assert_string_equal(fresh.chosen.names, "www.example.com");
    assert_int_equal(orders(), 1);
    deposit(PRICE);
    assert_ok(call("POST", "/v1/orders", NULL, ordering(fresh.id, ""), &rq), e);
    assert_fails(call("POST", "/v1/orders", NULL, ordering(fresh.id, ""), &rq), e, ERR_QUOTE_STALE);
    assert_true(id_valid(e.object, "ord"));
    assert_int_equal(orders(), 2);
}

static void quotes_of_quota_and_renewals_are_quoted_anew_as_well(void **state) {
    (void)state;
    struct request rq;
    struct quote q;
    set_price(&w, "CFCA", PRICE, USE);
    struct certificate old = served(&w, "Tenure", "www.example.com", "2027-02-01T00:00:00Z");
    const struct quote_request requests[] = {
        {.of = {"CFCA", "dv", "single", "ecc"}, .certificates = 2, .managed_uses = 1}, {.old = &old}};
    for (size_t i = 0; i < 2; i++) {
        assert_ok(make_quote(&w, &requests[i], &q, &e), e);
        w.now += QUOTE_SECONDS;
        assert_fails(call("POST", "/v1/orders", NULL, ordering(q.id, ""), &rq), e, ERR_QUOTE_STALE);
        const struct quote fresh = named_quote();
        assert_string_equal(fresh.kind, q.kind);
        assert_int_equal(fresh.due.amount, q.due.amount);
        assert_int_equal(fresh.line_count, q.line_count);
        assert_int_equal(fresh.expires_at, w.now + QUOTE_SECONDS);
    }
}

static void what_the_action_table_refuses_has_its_own_code_and_no_new_quote(void **state) {
    (void)state;
    struct request rq;
    struct quote q;
    struct certificate old = served(&w, "CFCA", "www.example.com", "2026-11-21T00:10:00Z");
    assert_ok(make_quote(&w, &(struct quote_request){.old = &old}, &q, &e), e);
    w.now += QUOTE_SECONDS;
    assert_fails(call("POST", "/v1/certificates/{id}/renew", old.id, ordering(q.id, ""), &rq), e,
                 ERR_EXPIRED_BUY_NEW);
    assert_false(rq.keep_on_refusal);
}

static void a_quote_is_ordered_alone_and_for_what_it_is(void **state) {
    (void)state;
    struct request rq;
    struct certificate old = issued("CFCA", "www.example.com");
    const char *quote = quoted("CFCA", "www.example.com");
    assert_fails(call("POST", "/v1/orders", NULL, ordering(quote, ", \"years\": 2"), &rq), e, ERR_BAD_FIELD);
    assert_string_equal(e.field, "quote_id");
    assert_fails(call("POST", "/v1/certificates/{id}/renew", old.id, ordering(quote, ""), &rq), e,
                 ERR_BAD_FIELD);
    assert_fails(call("POST", "/v1/orders", NULL, ordering(quote, ", \"provider\": \"shells\""), &rq), e,
                 ERR_BAD_FIELD);
    assert_string_equal(e.field, "provider");
    assert_fails(call("POST", "/v1/orders", NULL, ordering("quo_unknown", ""), &rq), e, ERR_NOT_FOUND);
}

static void quota_is_ordered_like_anything_else(void **state) {
    (void)state;
    struct request rq;
    set_price(&w, "CFCA", PRICE, USE);
    deposit(10 * PRICE);
    assert_fails(call("POST", "/v1/orders", NULL,
                      "{\"brand\": \"CFCA\", \"grade\": \"dv\", \"domain_type\": \"single\", "
                      "\"key_family\": \"ecc\", \"certificates\": 3}",
                      &rq),
                 e, ERR_QUOTE_NEEDED);
    assert_ok(call("POST", "/v1/orders", NULL, ordering(e.object, ""), &rq), e);
    assert_string_equal(member(&rq, NULL, "kind"), "quota");
    assert_int_equal(json_array_size(json_object_get(rq.reply, "certificates")), 0);
    assert_int_equal(quota_left(&w, "CFCA/dv/single/ecc"), 3);
    assert_int_equal(balance(), 7 * PRICE);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

TEST_MAIN(order_api, in_world(a_purchase_over_http_answers_with_order_and_certificate),
          in_world(a_renewal_over_http_needs_no_body_and_warns_of_a_kept_key),
          in_world(a_replacement_that_covers_less_is_warned_of),
          in_world(a_refused_order_over_http_leaves_nothing),
          in_world(a_reissue_and_a_cancellation_over_http_are_audited),
          in_world(what_costs_something_is_quoted_first_and_the_quote_stays),
          in_world(without_the_money_nothing_of_the_order_remains), in_world(an_order_is_paid_later_and_once),
          in_world(an_invoice_has_thirty_days), in_world(a_stale_quote_is_answered_with_a_new_one),
          in_world(quotes_of_quota_and_renewals_are_quoted_anew_as_well),
          in_world(what_the_action_table_refuses_has_its_own_code_and_no_new_quote),
          in_world(a_quote_is_ordered_alone_and_for_what_it_is),
          in_world(quota_is_ordered_like_anything_else))
