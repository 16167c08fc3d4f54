/* payment: each provider, callbacks that are refused or repeated, money that nobody waits for any more. */
#include "audit/audit.h"
#include "http/signature.h"
#include "order/fixture.h"
#include "order/payment_ops.h"
#include "unit.h"

#define SECRET "a secret of the payment system"

static struct world w;
static struct error e;
static struct payment_settings settings;

static int open_world(void **state) {
    static const struct outbound_policy nowhere;
    (void)state;
    e = (struct error){0};
    world_open(&w, "2026-11-21T00:00:00Z");
    settings = (struct payment_settings){.webhook_url = "https://pay.example.com/in",
                                         .webhook_secret = secret_new(w.arena, SECRET, strlen(SECRET)),
                                         .timeout_ms = 1000};
    w.services.payment_system = payment_system_new(w.arena, &settings, &nowhere);
    return 0;
}

static int close_world(void **state) {
    (void)state;
    struct ledger_check check;
    assert_ok(ledger_check(w.services.db, ACCOUNT, &check, &e), e);
    assert_true(check.intact);
    world_close(&w);
    return 0;
}

/* ---- orders that wait for their money ---- */

enum { PRICE = 12900 };

static struct order unpaid_order(void) {
    struct order o = {.id = id_new(w.arena, "ord", w.now),
                      .account_id = ACCOUNT,
                      .kind = "purchase",
                      .years = 1,
                      .brand = "GlobalSign",
                      .profile = "modern",
                      .profile_version = 1,
                      .certificate_id = "cert_none",
                      .quote_id = id_new(w.arena, "quo", w.now),
                      .due = {PRICE, "CNY"},
                      .provider = "balance",
                      .created_by = "user_1",
                      .created_at = w.now};
    assert_ok(order_insert(w.services.db, &o, &e), e);
    return o;
}

static bool order_is_paid(const struct order *o) {
    struct order now;
    assert_ok(order_get(w.services.db, w.arena, ACCOUNT, o->id, &now, &e), e);
    return now.paid_at;
}

static int64_t balance(void) {
    int64_t left;
    assert_ok(ledger_money_left(w.services.db, ACCOUNT, "CNY", &left, &e), e);
    return left;
}

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

static bool begin(struct order *o, const char *provider, struct payment *p) {
    return db_begin(w.services.db, &e) &&
           world_end(&w, payment_begin(&w.services, w.arena, o, provider, "user_1", w.now, p, &e), &e);
}

static struct payment begun(struct order *o, const char *provider) {
    struct payment p;
    assert_ok(begin(o, provider, &p), e);
    return p;
}

static struct payment payment_now(const struct payment *p) {
    struct payment now;
    assert_ok(payment_get(w.services.db, w.arena, ACCOUNT, p->id, &now, &e), e);
    return now;
}

/* ---- balance ---- */

static void balance_pays_at_once_and_once(void **state) {
    (void)state;
    struct order o = unpaid_order();
    deposit(PRICE + 1);
    struct payment p = begun(&o, "balance"), again;
    assert_string_equal(payment_now(&p).state, "paid");
    assert_true(order_is_paid(&o));
    assert_int_equal(balance(), 1);
    assert_ok(order_get(w.services.db, w.arena, ACCOUNT, o.id, &o, &e), e);
    assert_fails(begin(&o, "balance", &again), e, ERR_ALREADY_PAID);
    assert_string_equal(e.state, "paid");
    assert_int_equal(balance(), 1);
}

static void too_little_balance_changes_nothing(void **state) {
    (void)state;
    struct order o = unpaid_order();
    struct payment p;
    struct payment_range range = {.account_id = ACCOUNT, .limit = 9};
    struct payment *payments;
    size_t count;
    deposit(PRICE - 1);
    assert_fails(begin(&o, "balance", &p), e, ERR_INSUFFICIENT_BALANCE);
    assert_false(order_is_paid(&o));
    assert_int_equal(balance(), PRICE - 1);
    assert_ok(payment_list(w.services.db, w.arena, &range, &payments, &count, &e), e);
    assert_int_equal(count, 0);
}

/* ---- what a provider must be ---- */

static void a_provider_must_be_there(void **state) {
    (void)state;
    struct order o = unpaid_order();
    struct payment p;
    int64_t due;
    assert_fails(begin(&o, "cheque", &p), e, ERR_BAD_FIELD);
    assert_string_equal(e.field, "provider");
    settings.webhook_url = NULL;
    assert_fails(begin(&o, "webhook", &p), e, ERR_PAYMENT_NOT_CONFIGURED);
    assert_ok(payment_provider(&w.services, "invoice", &due, &e), e);
    assert_int_equal(due, 30 * 86400);
    assert_ok(payment_provider(&w.services, "balance", &due, &e), e);
    assert_int_equal(due, 86400);
}

static void an_open_payment_is_taken_up_or_replaced(void **state) {
    (void)state;
    struct order o = unpaid_order();
    struct payment first = begun(&o, "invoice"), same = begun(&o, "invoice"), other = begun(&o, "webhook");
    assert_string_equal(first.id, same.id);
    assert_string_not_equal(first.id, other.id);
    assert_string_equal(payment_now(&first).state, "closed");
    assert_string_equal(payment_now(&first).close_reason, "replaced");
    assert_string_equal(payment_now(&other).state, "pending");
}

/* ---- invoice ---- */

static const struct route *route_of(const struct route *r, const char *method, const char *path) {
    while (strcmp(r->method, method) != 0 || strcmp(r->path, path) != 0)
        r++;
    return r;
}

static const char *query(struct request *rq, const char *name) {
    (void)rq;
    (void)name;
    return NULL;
}

/* What the dispatcher does around a handler that it has found. */
static bool ask(const struct route *route, const char *id, const char *body, json_t **reply) {
    struct request rq = {
        .arena = w.arena,
        .services = &w.services,
        .db = w.services.db,
        .caller = {.account_id = ACCOUNT, .user_id = "user_9", .role = ROLE_OWNER, .user_role = ROLE_OWNER},
        .now = w.now,
        .route = route,
        .query = query,
        .path_args = {id}};
    bool writes = route->flags & ROUTE_WRITES;
    assert_ok(json_read(w.arena, slice_str(body), &rq.json, &e), e);
    assert_ok(!writes || db_begin(w.services.db, &e), e);
    bool ok = rq.route->handle(&rq, &e);
    *reply = rq.reply ? json_keep(w.arena, rq.reply) : NULL;
    return writes ? world_end(&w, ok, &e) : ok;
}

static bool confirm(const struct payment *p, const char *body) {
    json_t *reply;
    return ask(route_of(payment_routes, "POST", "/v1/payments/{id}/confirm"), p->id, body, &reply);
}

/* Notices of an event. */
static int told(const char *name) {
    json_t *reply, *notice;
    size_t i;
    int count = 0;
    assert_ok(ask(route_of(notify_routes, "GET", "/v1/notices"), NULL, "{}", &reply), e);
    json_array_foreach(json_object_get(reply, "items"), i, notice) {
        count += strcmp(json_string_value(json_object_get(notice, "event")), name) == 0;
    }
    return count;
}

static void an_administrator_confirms_an_invoice_once(void **state) {
    (void)state;
    struct order o = unpaid_order();
    struct payment p = begun(&o, "invoice");
    assert_fails(confirm(&p, "{}"), e, ERR_BAD_FIELD);
    assert_fails(confirm(&p, "{\"reference\": \"\"}"), e, ERR_BAD_FIELD);
    assert_false(order_is_paid(&o));
    assert_ok(confirm(&p, "{\"reference\": \"bank 4711\"}"), e);
    assert_true(order_is_paid(&o));
    assert_string_equal(payment_now(&p).state, "paid");
    assert_string_equal(payment_now(&p).confirmed_by, "user_9");
    assert_string_equal(payment_now(&p).outside_reference, "bank 4711");
    assert_fails(confirm(&p, "{\"reference\": \"bank 4712\"}"), e, ERR_ALREADY_PAID);
    assert_string_equal(e.state, "paid");
    assert_string_equal(payment_now(&p).outside_reference, "bank 4711");
    assert_int_equal(balance(), 0);
}

static void only_an_invoice_is_confirmed_by_hand(void **state) {
    (void)state;
    struct order o = unpaid_order();
    struct payment p = begun(&o, "webhook");
    assert_fails(confirm(&p, "{\"reference\": \"bank 4711\"}"), e, ERR_PAYMENT_REFUSED);
    assert_false(order_is_paid(&o));
}

/* ---- callbacks ---- */

/* What the dispatcher does with one that was signed at `at` with `secret`. */
static bool call_signed(const char *body, const char *secret, int64_t at) {
    struct request rq = {.arena = w.arena,
                         .services = &w.services,
                         .db = w.services.db,
                         .now = w.now,
                         .body = slice_str(body)};
    const char *header = signature_make(w.arena, slice_str(secret), at, slice_str(body));
    if (!payment_event_prepare(&rq, header, &e) || !db_begin(w.services.db, &e))
        return false;
    bool ok = payment_event_handle(&rq, &e);
    struct error refusal = e;
    assert_ok(world_end(&w, ok || rq.keep_on_refusal, &e) || !ok, e);
    if (rq.reply)
        json_decref(rq.reply);
    if (!ok)
        e = refusal;
    return ok;
}

static bool call(const char *body) {
    return call_signed(body, SECRET, w.now);
}

static const char *event(const char *id, const char *type, const struct payment *p, int64_t amount) {
    return arena_printf(w.arena,
                        "{\"event_id\": \"%s\", \"type\": \"%s\", \"payment_id\": \"%s\", \"amount\": %lld, "
                        "\"currency\": \"CNY\", \"reference\": \"tx 1\"}",
                        id, type, p->id, (long long)amount);
}

static int64_t audited(void) {
    struct audit_check check;
    assert_ok(audit_verify(w.services.db, 0, 100, &check, &e), e);
    return check.end;
}

static void a_callback_pays_once_however_often_it_comes(void **state) {
    (void)state;
    struct order o = unpaid_order();
    struct payment p = begun(&o, "webhook");
    const char *paid = event("evt_1", "paid", &p, PRICE);
    assert_ok(call(paid), e);
    assert_true(order_is_paid(&o));
    assert_string_equal(payment_now(&p).state, "paid");
    assert_string_equal(payment_now(&p).outside_reference, "tx 1");
    int64_t before = audited();
    w.now += 10;
    assert_ok(call(paid), e);
    assert_int_equal(audited(), before);
    assert_int_equal(payment_now(&p).confirmed_at, w.now - 10);
    assert_fails(call(event("evt_1", "failed", &p, PRICE)), e, ERR_CONFLICT);
    assert_fails(call(event("evt_2", "paid", &p, PRICE)), e, ERR_ALREADY_PAID);
    assert_fails(call(event("evt_3", "failed", &p, PRICE)), e, ERR_ALREADY_PAID);
    assert_int_equal(balance(), 0);
}

static void a_callback_must_be_signed_now_and_with_the_secret(void **state) {
    (void)state;
    struct order o = unpaid_order();
    struct payment p = begun(&o, "webhook");
    const char *paid = event("evt_1", "paid", &p, PRICE);
    struct request rq = {.arena = w.arena, .services = &w.services, .now = w.now, .body = slice_str(paid)};
    assert_fails(call_signed(paid, "another secret", w.now), e, ERR_SIGNATURE_REFUSED);
    assert_fails(call_signed(paid, SECRET, w.now - 301), e, ERR_SIGNATURE_REFUSED);
    assert_fails(call_signed(paid, SECRET, w.now + 301), e, ERR_SIGNATURE_REFUSED);
    assert_fails(payment_event_prepare(&rq, NULL, &e), e, ERR_SIGNATURE_REFUSED);
    /* looked at before it is parsed */
    assert_fails(call_signed("no JSON", "another secret", w.now), e, ERR_SIGNATURE_REFUSED);
    assert_fails(call("no JSON"), e, ERR_BAD_REQUEST);
    settings.webhook_url = NULL;
    assert_fails(call(paid), e, ERR_PAYMENT_NOT_CONFIGURED);
    assert_false(order_is_paid(&o));
}

static void another_amount_or_currency_is_refused_and_noted(void **state) {
    (void)state;
    struct order o = unpaid_order();
    struct payment p = begun(&o, "webhook"), invoice;
    const char *less = event("evt_1", "paid", &p, PRICE - 1);
    int64_t before = audited();
    assert_fails(call(less), e, ERR_PAYMENT_REFUSED);
    assert_string_equal(e.state, "pending");
    char detail[sizeof e.detail[LANG_EN]];
    memcpy(detail, e.detail[LANG_EN], sizeof detail);
    assert_int_equal(audited(), before + 1);
    assert_fails(call(less), e, ERR_PAYMENT_REFUSED); /* the same answer, noted once */
    assert_string_equal(e.detail[LANG_EN], detail);
    assert_int_equal(audited(), before + 1);
    assert_fails(call(arena_printf(w.arena,
                                   "{\"event_id\": \"evt_2\", \"type\": \"paid\", \"payment_id\": \"%s\", "
                                   "\"amount\": %d, \"currency\": \"USD\"}",
                                   p.id, PRICE)),
                 e, ERR_PAYMENT_REFUSED);
    assert_false(order_is_paid(&o));
    invoice = begun(&o, "invoice");
    assert_fails(call(event("evt_3", "paid", &invoice, PRICE)), e, ERR_PAYMENT_REFUSED);
    assert_false(order_is_paid(&o));
}

static void a_callback_must_be_complete(void **state) {
    (void)state;
    struct order o = unpaid_order();
    struct payment p = begun(&o, "webhook"), none = {.id = "pay_none"};
    assert_fails(call("[]"), e, ERR_BAD_REQUEST);
    assert_fails(call("{\"event_id\": \"evt_1\"}"), e, ERR_BAD_FIELD);
    assert_fails(call(event("", "paid", &p, PRICE)), e, ERR_BAD_FIELD);
    assert_fails(call(event("evt_1", "payment", &p, PRICE)), e, ERR_BAD_FIELD);
    assert_string_equal(e.field, "type");
    assert_fails(call(event("evt_1", "paid", &none, PRICE)), e, ERR_NOT_FOUND);
    assert_false(order_is_paid(&o));
}

static void a_payment_that_failed_leaves_the_order_open(void **state) {
    (void)state;
    struct order o = unpaid_order();
    struct payment p = begun(&o, "webhook"), next;
    assert_ok(call(event("evt_1", "failed", &p, PRICE)), e);
    assert_string_equal(payment_now(&p).state, "closed");
    assert_string_equal(payment_now(&p).close_reason, "failed");
    assert_false(order_is_paid(&o));
    next = begun(&o, "webhook");
    assert_string_not_equal(next.id, p.id);
    /* it went through after all: the order wants it still */
    assert_ok(call(event("evt_2", "paid", &p, PRICE)), e);
    assert_true(order_is_paid(&o));
    assert_string_equal(payment_now(&p).state, "paid");
}

static void money_for_an_order_that_is_paid_otherwise_becomes_balance(void **state) {
    (void)state;
    struct order o = unpaid_order();
    struct payment late = begun(&o, "webhook");
    deposit(PRICE);
    begun(&o, "balance");
    assert_int_equal(balance(), 0);
    const char *paid = event("evt_1", "paid", &late, PRICE);
    assert_ok(call(paid), e);
    assert_ok(call(paid), e);
    assert_int_equal(balance(), PRICE);
    assert_string_equal(payment_now(&late).state, "credited");
    assert_int_equal(told("payment_credited"), 1);
    assert_fails(call(event("evt_2", "paid", &late, PRICE)), e, ERR_ALREADY_PAID);
    assert_int_equal(balance(), PRICE);
}

#define world_test(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

TEST_MAIN(payment, world_test(balance_pays_at_once_and_once), world_test(too_little_balance_changes_nothing),
          world_test(a_provider_must_be_there), world_test(an_open_payment_is_taken_up_or_replaced),
          world_test(an_administrator_confirms_an_invoice_once),
          world_test(only_an_invoice_is_confirmed_by_hand),
          world_test(a_callback_pays_once_however_often_it_comes),
          world_test(a_callback_must_be_signed_now_and_with_the_secret),
          world_test(another_amount_or_currency_is_refused_and_noted),
          world_test(a_callback_must_be_complete), world_test(a_payment_that_failed_leaves_the_order_open),
          world_test(money_for_an_order_that_is_paid_otherwise_becomes_balance))
