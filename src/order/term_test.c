/* What an order makes of its certificates: made, paid, cancelled, never paid. */
#include "order/market.h"
#include "unit.h"

static struct world w;
static struct error e;

enum { PRICE = 1000, USE = 30 };

#define CFCA_DV "CFCA/dv/single/ecc"

/* Everything has a price here, so that nothing is paid by itself. */
static int open_world(void **state) {
    (void)state;
    e = (struct error){0};
    world_open(&w, "2026-11-21T00:00:00Z");
    return 0;
}

static int close_world(void **state) {
    (void)state;
    world_close(&w);
    return 0;
}

static void price_all(void) {
    static const char *const brands[] = {"Tenure", "GlobalSign", "DigiCert", "CFCA", "TrustAsia"};
    for (size_t i = 0; i < sizeof brands / sizeof *brands; i++)
        set_price(&w, brands[i], PRICE, USE);
}

/* An order with its certificates. */
struct made {
    struct order o;
    struct certificate *c;
    size_t count;
};

static bool order_quote(const char *quote_id, struct made *m) {
    const struct order_wish wish = {.account_id = ACCOUNT, .quote_id = quote_id, .actor = "user_1"};
    return db_begin(w.services.db, &e) &&
           world_end(&w, order_make(&w.services, w.arena, &wish, w.now, &m->o, &m->c, &m->count, &e), &e);
}

static struct quote quoted(const struct quote_request *r) {
    struct quote q;
    assert_ok(make_quote(&w, r, &q, &e), e);
    return q;
}

static struct made ordered(const struct quote_request *r) {
    struct made m;
    assert_ok(order_quote(quoted(r).id, &m), e);
    assert_true(ledgers_intact(&w));
    return m;
}

static void read_again(struct made *m) {
    assert_ok(order_get(w.services.db, w.arena, ACCOUNT, m->o.id, &m->o, &e), e);
    assert_ok(order_certificates(w.services.db, w.arena, m->o.id, &m->c, &m->count, &e), e);
    assert_true(ledgers_intact(&w));
}

static bool pay(struct made *m) {
    const struct ledger_cause by = {"user_1", w.now};
    return db_begin(w.services.db, &e) && world_end(&w, order_paid(&w.services, w.arena, &m->o, &by, &e), &e);
}

static void paid(struct made *m) {
    assert_ok(pay(m), e);
    read_again(m);
}

static bool cancel(const struct certificate *given) {
    const struct ledger_cause by = {"user_1", w.now};
    struct certificate c = certificate_now(&w, given->id);
    return db_begin(w.services.db, &e) && world_end(&w, order_cancel(&w.services, w.arena, &c, &by, &e), &e);
}

static void cancelled(const struct certificate *c) {
    assert_ok(cancel(c), e);
    assert_true(ledgers_intact(&w));
}

static const char *states(const struct made *m) {
    const char *text = "";
    for (size_t i = 0; i < m->count; i++)
        text = arena_printf(w.arena, "%s%s%s", text, i ? " " : "",
                            state_row(certificate_state(&m->c[i], w.now))->name);
    return text;
}

/* "cert use" for each certificate, '-' between; what is open is in brackets. */
static const char *reserved(const struct made *m) {
    const char *text = "";
    for (size_t i = 0; i < m->count; i++) {
        struct reservation *units;
        size_t count;
        assert_ok(reservation_of_certificate(w.services.db, w.arena, m->c[i].id, &units, &count, &e), e);
        text = arena_printf(w.arena, "%s%s", text, i ? "-" : "");
        for (size_t j = 0; j < count; j++)
            text = arena_printf(w.arena, units[j].reserved_at ? "%s%c%c" : "%s(%c%c)", text,
                                units[j].unit[0] == 'c' ? 'c' : 'u', units[j].source[0]);
    }
    return text;
}

/* Each points to the one before, which points back; the first one to the old certificate. */
static void assert_chained(const struct made *m, const char *old) {
    for (size_t i = 0; i < m->count; i++) {
        const char *before = i ? m->c[i - 1].id : old, *after = i + 1 < m->count ? m->c[i + 1].id : NULL;
        assert_int_equal(m->c[i].term, i + 1);
        if (before)
            assert_string_equal(m->c[i].predecessor_id, before);
        else
            assert_null(m->c[i].predecessor_id);
        if (after)
            assert_string_equal(m->c[i].successor_id, after);
        else
            assert_null(m->c[i].successor_id);
    }
    if (old)
        assert_string_equal(certificate_now(&w, old).successor_id, m->c[0].id);
}

/* ---- the table of SPEC section 4 ---- */

static struct certificate old_for(const char *brand, const char *kind) {
    if (strcmp(kind, "replacement") == 0)
        return brought_in(&w, "uploaded", "www.example.com", "2026-12-01T00:00:00Z");
    bool early = strcmp(kind, "early_renewal") == 0;
    return served(&w, brand, "www.example.com", early ? "2027-03-01T00:00:00Z" : "2026-12-10T00:00:00Z");
}

static void orders_create_what_the_table_says_and_money_brings_it_to_life(void **state) {
    (void)state;
    static const struct {
        const char *brand, *kind;
        int64_t years, due;
        const char *open, *states, *reserved;
    } rows[] = {
        {"Tenure", "purchase", 1, 1000, "(cp)", "validating", "cp"},
        {"Tenure", "purchase", 3, 3060, "(cp)-(cp)(up)-(cp)(up)", "validating not_activated not_activated",
         "cp-cpup-cpup"},
        {"GlobalSign", "purchase", 1, 1000, "(cp)", "pending_application", "cp"},
        {"DigiCert", "purchase", 2, 2030, "(cp)-(cp)(up)", "pending_application not_activated", "cp-cpup"},
        {"CFCA", "purchase", 2, 2030, "(cp)-(cp)(up)", "validating not_activated", "cp-cpup"},
        {"TrustAsia", "purchase", 3, 3060, "(cp)-(cp)(up)-(cp)(up)", "validating not_activated not_activated",
         "cp-cpup-cpup"},
        {"GlobalSign", "renewal", 1, 1000, "(cp)", "pending_application", "cp"},
        {"DigiCert", "renewal", 3, 3060, "(cp)-(cp)(up)-(cp)(up)",
         "pending_application not_activated not_activated", "cp-cpup-cpup"},
        {"CFCA", "renewal", 1, 1000, "(cp)", "validating", "cp"},
        {"TrustAsia", "renewal", 2, 2030, "(cp)-(cp)(up)", "validating not_activated", "cp-cpup"},
        {"Tenure", "early_renewal", 1, 1030, "(cp)(up)", "not_activated", "cpup"},
        {"DigiCert", "early_renewal", 2, 2060, "(cp)(up)-(cp)(up)", "not_activated not_activated",
         "cpup-cpup"},
        {"CFCA", "early_renewal", 3, 3090, "(cp)(up)-(cp)(up)-(cp)(up)",
         "not_activated not_activated not_activated", "cpup-cpup-cpup"},
        {"CFCA", "replacement", 1, 1000, "(cp)", "validating", "cp"},
        {"DigiCert", "replacement", 2, 2030, "(cp)-(cp)(up)", "pending_application not_activated", "cp-cpup"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct certificate old = {.id = NULL};
        struct quote_request r = {
            .order = {.brand = rows[i].brand, .years = rows[i].years, .names = "www.example.com"}};
        if (strcmp(rows[i].kind, "purchase") != 0) {
            old = old_for(rows[i].brand, rows[i].kind);
            r.old = &old;
        }
        price_all();
        struct made m = ordered(&r);
        assert_string_equal(m.o.kind, rows[i].kind);
        assert_int_equal(m.o.due.amount, rows[i].due);
        assert_int_equal(m.count, rows[i].years);
        assert_string_equal(reserved(&m), rows[i].open);
        for (size_t j = 0; j < m.count; j++)
            assert_int_equal(certificate_state(&m.c[j], w.now), STATE_PENDING_PAYMENT);
        assert_chained(&m, old.id);
        paid(&m);
        assert_string_equal(states(&m), rows[i].states);
        assert_string_equal(reserved(&m), rows[i].reserved);
        assert_chained(&m, old.id);
        assert_int_equal(quota_left(&w, MANAGED_USE), 0);
        close_world(NULL);
        open_world(NULL);
    }
}

static void what_quota_covers_is_reserved_at_once_and_not_charged(void **state) {
    (void)state;
    price_all();
    grant(&w, CFCA_DV, 2);
    grant(&w, MANAGED_USE, 1);
    struct made m = ordered(&(struct quote_request){
        .order = {.brand = "CFCA", .names = "www.example.com", .key_algorithm = "p256", .years = 3}});
    assert_string_equal(reserved(&m), "cq-cquq-(cp)(up)");
    assert_int_equal(m.o.due.amount, PRICE + USE);
    assert_int_equal(quota_left(&w, CFCA_DV), 0);
    assert_int_equal(quota_left(&w, MANAGED_USE), 0);
    paid(&m);
    assert_string_equal(reserved(&m), "cq-cquq-cpup");
    assert_int_equal(quota_left(&w, CFCA_DV), 0);
}

static void what_costs_nothing_is_paid_when_it_is_made(void **state) {
    (void)state;
    price_all();
    grant(&w, CFCA_DV, 1);
    struct made m = ordered(&(struct quote_request){
        .order = {.brand = "CFCA", .names = "www.example.com", .key_algorithm = "p256"}});
    struct work_item item;
    assert_int_equal(m.o.paid_at, w.now);
    assert_string_equal(states(&m), "validating");
    assert_ok(work_get(w.services.db, w.arena, m.c[0].id, &item, &e), e);
    assert_string_equal(item.step, "decide");
    assert_fails(work_get(w.services.db, w.arena, m.o.id, &item, &e), e, ERR_NOT_FOUND);
    assert_fails(pay(&m), e, ERR_ALREADY_PAID);
    assert_string_equal(e.state, "paid");
}

static void an_order_of_quota_is_credited_when_it_is_paid(void **state) {
    (void)state;
    price_all();
    struct made m = ordered(
        &(struct quote_request){.of = {"CFCA", "dv", "single", "ecc"}, .certificates = 3, .managed_uses = 2});
    assert_int_equal(m.count, 0);
    assert_null(m.o.certificate_id);
    assert_int_equal(quota_left(&w, CFCA_DV), 0);
    paid(&m);
    assert_int_equal(quota_left(&w, CFCA_DV), 3);
    assert_int_equal(quota_left(&w, MANAGED_USE), 2);
    assert_fails(pay(&m), e, ERR_ALREADY_PAID);
    assert_int_equal(quota_left(&w, CFCA_DV), 3);
}

static void an_order_keeps_the_lines_of_its_quote(void **state) {
    (void)state;
    price_all();
    grant(&w, MANAGED_USE, 1);
    struct made m =
        ordered(&(struct quote_request){.order = {.brand = "CFCA", .names = "www.example.com", .years = 2}});
    assert_ok(order_lines(w.services.db, w.arena, &m.o, &e), e);
    assert_int_equal(m.o.line_count, 2);
    assert_string_equal(m.o.lines[0].item, MANAGED_USE);
    assert_null(m.o.lines[0].unit_price.currency);
    assert_int_equal(m.o.lines[1].count, 2);
    assert_int_equal(m.o.lines[1].unit_price.amount, PRICE);
    assert_int_equal(m.o.lines[1].amount.amount, 2 * PRICE);
    assert_string_equal(m.o.lines[1].amount.currency, "CNY");
}

/* ---- hosted ---- */

static void what_a_reserved_use_will_follow_is_hosted(void **state) {
    (void)state;
    struct certificate old = served(&w, "CFCA", "www.example.com", "2027-03-01T00:00:00Z");
    price_all();
    struct made m = ordered(&(struct quote_request){.old = &old, .order.years = 2});
    assert_false(certificate_now(&w, old.id).hosted);
    paid(&m);
    assert_true(certificate_now(&w, old.id).hosted);
    assert_true(m.c[0].hosted);
    assert_false(m.c[1].hosted);
    cancelled(&m.c[1]);
    assert_false(certificate_now(&w, m.c[0].id).hosted);
    cancelled(&m.c[0]);
    assert_false(certificate_now(&w, old.id).hosted);
}

/* ---- once ---- */

static void of_two_orders_from_one_quote_one_is_made(void **state) {
    (void)state;
    price_all();
    struct quote q = quoted(&(struct quote_request){.order = {.brand = "CFCA", .names = "www.example.com"}});
    struct made one, other;
    assert_ok(order_quote(q.id, &one), e);
    assert_fails(order_quote(q.id, &other), e, ERR_QUOTE_STALE);
    assert_string_equal(e.object, one.o.id);
}

static void of_two_renewals_of_one_certificate_one_is_made(void **state) {
    (void)state;
    struct certificate old = served(&w, "CFCA", "www.example.com", "2026-12-10T00:00:00Z");
    price_all();
    const struct quote_request r = {.old = &old};
    struct quote first = quoted(&r), second = quoted(&r);
    struct made one, other;
    assert_ok(order_quote(first.id, &one), e);
    assert_fails(order_quote(second.id, &other), e, ERR_HAS_SUCCESSOR);
    assert_string_equal(e.object, one.c[0].id);
}

static void quota_that_was_used_meanwhile_makes_a_quote_stale(void **state) {
    (void)state;
    price_all();
    grant(&w, CFCA_DV, 1);
    const struct quote_request r = {
        .order = {.brand = "CFCA", .names = "www.example.com", .key_algorithm = "p256"}};
    struct quote first = quoted(&r), second = quoted(&r);
    struct made one, other;
    assert_ok(order_quote(first.id, &one), e);
    assert_fails(order_quote(second.id, &other), e, ERR_QUOTE_STALE);
    assert_true(ledgers_intact(&w));
}

static void a_quote_is_honoured_after_a_change_of_prices(void **state) {
    (void)state;
    price_all();
    struct quote q = quoted(&(struct quote_request){.order = {.brand = "CFCA", .names = "www.example.com"}});
    struct made m;
    set_price(&w, "CFCA", 9 * PRICE, USE);
    w.now += QUOTE_SECONDS - 1;
    assert_ok(order_quote(q.id, &m), e);
    assert_int_equal(m.o.due.amount, PRICE);
}

static void without_a_quote_only_what_costs_nothing_is_ordered(void **state) {
    (void)state;
    const struct order_request request = {.brand = "CFCA", .names = "www.example.com", .created_by = "user"};
    struct certificate c;
    price_all();
    assert_fails(purchase(&w, &request, &c, &e), e, ERR_QUOTE_NEEDED);
    assert_true(id_valid(e.object, "quo"));
}

/* ---- not paid ---- */

static struct work run_unpaid(const char *order_id) {
    struct work work = step_begin(&w, order_id);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, order_unpaid(&work, &e), &e), e);
    return work;
}

static void an_unpaid_order_ends_after_a_day_and_releases_what_it_reserved(void **state) {
    (void)state;
    struct certificate old = served(&w, "CFCA", "www.example.com", "2026-12-10T00:00:00Z");
    price_all();
    grant(&w, CFCA_DV, 1);
    struct made m = ordered(&(struct quote_request){.old = &old, .order.years = 2});
    struct work_item item;
    assert_ok(work_get(w.services.db, w.arena, m.o.id, &item, &e), e);
    assert_string_equal(item.step, "unpaid");
    assert_int_equal(item.due_at, w.now + DAY);
    w.now += DAY - 1;
    assert_int_equal(run_unpaid(m.o.id).until, w.now + 1);
    w.now++;
    assert_int_equal(run_unpaid(m.o.id).outcome, OUTCOME_DONE);
    read_again(&m);
    assert_string_equal(states(&m), "cancelled cancelled");
    assert_string_equal(m.o.cancel_reason, "unpaid");
    assert_int_equal(quota_left(&w, CFCA_DV), 1);
    assert_null(certificate_now(&w, old.id).successor_id);
    assert_fails(pay(&m), e, ERR_ORDER_CLOSED);
    assert_string_equal(e.state, "cancelled");
    assert_int_equal(run_unpaid(m.o.id).outcome, OUTCOME_DONE);
}

static void an_order_that_was_paid_in_time_stays(void **state) {
    (void)state;
    price_all();
    struct made m = ordered(&(struct quote_request){.order = {.brand = "CFCA", .names = "www.example.com"}});
    paid(&m);
    w.now += 2 * DAY;
    assert_int_equal(run_unpaid(m.o.id).outcome, OUTCOME_DONE);
    read_again(&m);
    assert_string_equal(states(&m), "validating");
}

static void cancelling_one_certificate_of_an_unpaid_order_cancels_all(void **state) {
    (void)state;
    price_all();
    struct made m =
        ordered(&(struct quote_request){.order = {.brand = "CFCA", .names = "www.example.com", .years = 3}});
    cancelled(&m.c[1]);
    read_again(&m);
    assert_string_equal(states(&m), "cancelled cancelled cancelled");
    assert_string_equal(m.o.cancel_reason, "cancelled");
}

/* ---- cancelling what is paid ---- */

static void a_cancelled_term_gives_back_its_units_and_ties_its_neighbours(void **state) {
    (void)state;
    struct certificate old = served(&w, "CFCA", "www.example.com", "2026-12-10T00:00:00Z");
    price_all();
    struct made m = ordered(&(struct quote_request){.old = &old, .order.years = 3});
    paid(&m);
    cancelled(&m.c[1]);
    read_again(&m);
    assert_string_equal(states(&m), "validating cancelled not_activated");
    assert_string_equal(m.c[2].predecessor_id, m.c[0].id);
    assert_string_equal(m.c[0].successor_id, m.c[2].id);
    assert_null(m.c[1].successor_id);
    assert_int_equal(quota_left(&w, CFCA_DV), 1);
    assert_int_equal(quota_left(&w, MANAGED_USE), 1);
    assert_fails(cancel(&m.c[1]), e, ERR_CONFLICT);
    assert_int_equal(quota_left(&w, CFCA_DV), 1);
}

static void after_a_cancelled_first_term_the_second_follows_the_old_certificate(void **state) {
    (void)state;
    struct certificate old = served(&w, "DigiCert", "www.example.com", "2026-12-10T00:00:00Z");
    price_all();
    struct made m = ordered(&(struct quote_request){.old = &old, .order.years = 2});
    paid(&m);
    cancelled(&m.c[0]);
    read_again(&m);
    assert_string_equal(m.c[1].predecessor_id, old.id);
    assert_string_equal(certificate_now(&w, old.id).successor_id, m.c[1].id);
    assert_int_equal(quota_left(&w, MANAGED_USE), 0);
    assert_int_equal(quota_left(&w, "DigiCert/dv/single/ecc"), 1);
}

static void a_use_comes_back_even_if_it_was_consumed(void **state) {
    (void)state;
    struct certificate old = served(&w, "DigiCert", "www.example.com", "2027-03-01T00:00:00Z");
    bool first;
    price_all();
    struct made m = ordered(&(struct quote_request){.old = &old});
    paid(&m);
    assert_ok(reservation_consume(w.services.db, m.c[0].id, UNIT_MANAGED_USE, w.now, &first, &e), e);
    assert_true(first);
    cancelled(&m.c[0]);
    assert_int_equal(quota_left(&w, MANAGED_USE), 1);
    assert_null(certificate_now(&w, old.id).successor_id);
}

/* ---- the form ---- */

static void a_renewal_takes_over_how_it_is_applied_for_and_may_choose(void **state) {
    (void)state;
    struct certificate old = served(&w, "CFCA", "www.example.com", "2026-12-10T00:00:00Z");
    struct application_form form = {.certificate_id = old.id,
                                    .account_id = ACCOUNT,
                                    .contact_id = "con_1",
                                    .validation_method = "dns",
                                    .changed_at = w.now};
    assert_ok(form_store(w.services.db, &form, &e), e);
    const struct quote_request r = {.old = &old, .order = {.years = 2, .validation_method = "file"}};
    struct quote q = quoted(&r);
    assert_string_equal(q.chosen.contact_id, "con_1");
    assert_string_equal(q.chosen.validation_method, "file");
    struct made m;
    assert_ok(order_quote(q.id, &m), e);
    for (size_t i = 0; i < m.count; i++) {
        assert_ok(form_get(w.services.db, w.arena, m.c[i].id, &form, &e), e);
        assert_string_equal(form.contact_id, "con_1");
        assert_string_equal(form.validation_method, "file");
    }
}

static void what_a_form_must_not_be_is_refused_before_the_money(void **state) {
    (void)state;
    static const struct {
        const char *names, *contact_id, *method;
        enum error_id id;
    } rows[] = {
        {"www.example.com", "con_unknown", NULL, ERR_NOT_FOUND},
        {"www.example.com", NULL, "prayer", ERR_BAD_FIELD},
        {"*.example.com", NULL, "file", ERR_FILE_VALIDATION_NOT_FOR_WILDCARD},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct quote_request r = {.order = {.brand = "CFCA",
                                                  .names = rows[i].names,
                                                  .contact_id = rows[i].contact_id,
                                                  .validation_method = rows[i].method}};
        struct quote q;
        assert_fails(make_quote(&w, &r, &q, &e), e, rows[i].id);
    }
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

TEST_MAIN(term, in_world(orders_create_what_the_table_says_and_money_brings_it_to_life),
          in_world(what_quota_covers_is_reserved_at_once_and_not_charged),
          in_world(what_costs_nothing_is_paid_when_it_is_made),
          in_world(an_order_of_quota_is_credited_when_it_is_paid),
          in_world(an_order_keeps_the_lines_of_its_quote),
          in_world(what_a_reserved_use_will_follow_is_hosted),
          in_world(of_two_orders_from_one_quote_one_is_made),
          in_world(of_two_renewals_of_one_certificate_one_is_made),
          in_world(quota_that_was_used_meanwhile_makes_a_quote_stale),
          in_world(a_quote_is_honoured_after_a_change_of_prices),
          in_world(without_a_quote_only_what_costs_nothing_is_ordered),
          in_world(an_unpaid_order_ends_after_a_day_and_releases_what_it_reserved),
          in_world(an_order_that_was_paid_in_time_stays),
          in_world(cancelling_one_certificate_of_an_unpaid_order_cancels_all),
          in_world(a_cancelled_term_gives_back_its_units_and_ties_its_neighbours),
          in_world(after_a_cancelled_first_term_the_second_follows_the_old_certificate),
          in_world(a_use_comes_back_even_if_it_was_consumed),
          in_world(a_renewal_takes_over_how_it_is_applied_for_and_may_choose),
          in_world(what_a_form_must_not_be_is_refused_before_the_money))
