/* ledger: moves, what they refuse, reservations and their ends, and whether everything adds up. */
#include "order/ledger_db.h"
#include "unit.h"

#define ACCOUNT "acct_1"
#define ITEM    "GlobalSign-DV/dv/single/ecc"

static struct arena *arena;
static struct db *db;
static struct error e;
static const struct ledger_cause cause = {"user_1", 1800000000};

static int open_db(void **state) {
    (void)state;
    arena = arena_new();
    e = (struct error){0};
    return db_open(&db, ":memory:", DB_WORKER, &e) && db_migrate(db, cause.now, &e) ? 0 : -1;
}

static int close_db(void **state) {
    (void)state;
    db_close(db);
    arena_free(arena);
    return 0;
}

static struct ledger_move move_of(const char *item, int64_t amount, const char *reference) {
    return (struct ledger_move){.account_id = ACCOUNT,
                                .item = item,
                                .reason = amount > 0 ? "granted" : "withdrawn",
                                .reference = reference,
                                .actor = cause.actor,
                                .amount = amount,
                                .now = cause.now};
}

static bool quota(const char *item, int64_t amount, const char *reference, bool *done) {
    struct ledger_move m = move_of(item, amount, reference);
    return ledger_move_quota(db, &m, done, &e);
}

static void give(const char *item, int64_t amount, const char *reference) {
    bool done;
    assert_ok(quota(item, amount, reference, &done), e);
    assert_true(done);
}

static int64_t left(const char *item) {
    int64_t balance;
    assert_ok(ledger_quota_left(db, ACCOUNT, item, &balance, &e), e);
    return balance;
}

static void assert_intact(void) {
    struct ledger_check check;
    assert_ok(ledger_check(db, ACCOUNT, &check, &e), e);
    assert_int_equal(check.balances, 0);
    assert_int_equal(check.entries, 0);
    assert_int_equal(check.reservations, 0);
    assert_true(check.intact);
}

/* ---- moves ---- */

static void each_change_is_an_entry_with_the_balance_after_it(void **state) {
    (void)state;
    struct ledger_entry *entries;
    size_t count;
    give(ITEM, 5, "granted:a");
    give(ITEM, -2, "withdrawn:b");
    give(ITEM, 4, "granted:c");
    struct ledger_range range = {
        .account_id = ACCOUNT, .ledger = LEDGER_QUOTA, .item = ITEM, .before = 99, .limit = 9};
    assert_ok(ledger_db_entries(db, arena, &range, &entries, &count, &e), e);
    assert_int_equal(count, 3);
    static const int64_t balances[] = {7, 3, 5};
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(entries[i].sequence, 3 - (int64_t)i);
        assert_int_equal(entries[i].balance, balances[i]);
    }
    assert_int_equal(left(ITEM), 7);
    assert_intact();
}

static void a_balance_is_never_negative(void **state) {
    (void)state;
    bool done;
    assert_fails(quota(ITEM, -1, "withdrawn:a", &done), e, ERR_QUOTE_STALE);
    give(ITEM, 2, "granted:a");
    assert_fails(quota(ITEM, -3, "withdrawn:b", &done), e, ERR_QUOTE_STALE);
    assert_false(done);
    assert_non_null(strstr(e.detail[LANG_EN], "2 of " ITEM " are left, 3 are needed"));
    assert_non_null(strstr(e.detail[LANG_ZH], ITEM " 剩余 2,需要 3"));
    give(ITEM, -2, "withdrawn:c");
    assert_int_equal(left(ITEM), 0);
    assert_intact();
}

static void the_same_reference_changes_nothing_more(void **state) {
    (void)state;
    bool done;
    give(ITEM, 5, "granted:a");
    assert_ok(quota(ITEM, 5, "granted:a", &done), e);
    assert_false(done);
    assert_int_equal(left(ITEM), 5);
    assert_fails(quota(ITEM, 6, "granted:a", &done), e, ERR_CONFLICT);
    give(MANAGED_USE, 5, "granted:a"); /* of another item it is another one */
    assert_intact();
}

static void sums_stay_far_from_what_a_number_can_hold(void **state) {
    (void)state;
    bool done;
    struct ledger_move m = move_of("CNY", LEDGER_MAX, "deposited:a");
    assert_ok(ledger_move_money(db, &m, &done, &e), e);
    m = move_of("CNY", 1, "deposited:b");
    assert_fails(ledger_move_money(db, &m, &done, &e), e, ERR_BAD_FIELD);
    static const int64_t wrong[] = {0, INT64_MAX, INT64_MIN, LEDGER_MAX + 1};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        m = move_of("USD", wrong[i], "deposited:c");
        assert_fails(ledger_move_money(db, &m, &done, &e), e, ERR_BAD_FIELD);
    }
    assert_intact();
}

static void money_and_quota_of_the_same_name_are_two(void **state) {
    (void)state;
    bool done;
    int64_t money;
    give("CNY", 3, "granted:a");
    struct ledger_move m = move_of("CNY", 100, "granted:a");
    assert_ok(ledger_move_money(db, &m, &done, &e), e);
    assert_true(done);
    m = move_of("CNY", -101, "withdrawn:a");
    assert_fails(ledger_move_money(db, &m, &done, &e), e, ERR_INSUFFICIENT_BALANCE);
    assert_ok(ledger_money_left(db, ACCOUNT, "CNY", &money, &e), e);
    assert_int_equal(money, 100);
    assert_int_equal(left("CNY"), 3);
    assert_intact();
}

static void other_accounts_have_their_own(void **state) {
    (void)state;
    int64_t balance;
    give(ITEM, 3, "granted:a");
    assert_ok(ledger_quota_left(db, "acct_2", ITEM, &balance, &e), e);
    assert_int_equal(balance, 0);
}

/* ---- reservations ---- */

static struct reservation unit_of(const char *certificate, const char *unit, const char *source) {
    bool use = strcmp(unit, UNIT_MANAGED_USE) == 0;
    return (struct reservation){.certificate_id = certificate,
                                .unit = unit,
                                .account_id = ACCOUNT,
                                .order_id = "ord_1",
                                .item = use ? MANAGED_USE : ITEM,
                                .source = source,
                                .amount = strcmp(source, SOURCE_PAID) == 0 ? 100 : 0};
}

/* Three certificates and two uses, of which one and one are there already. */
static void make_order(void) {
    const struct reservation units[] = {
        unit_of("cert_1", UNIT_CERTIFICATE, SOURCE_QUOTA), unit_of("cert_2", UNIT_CERTIFICATE, SOURCE_PAID),
        unit_of("cert_3", UNIT_CERTIFICATE, SOURCE_PAID),  unit_of("cert_2", UNIT_MANAGED_USE, SOURCE_QUOTA),
        unit_of("cert_3", UNIT_MANAGED_USE, SOURCE_PAID),
    };
    give(ITEM, 4, "granted:a");
    give(MANAGED_USE, 1, "granted:b");
    assert_ok(reservation_make(db, units, 5, &cause, &e), e);
}

static int64_t entries_of(const char *item) {
    struct ledger_entry *entries;
    size_t count;
    struct ledger_range range = {
        .account_id = ACCOUNT, .ledger = LEDGER_QUOTA, .item = item, .before = 99, .limit = 99};
    assert_ok(ledger_db_entries(db, arena, &range, &entries, &count, &e), e);
    return (int64_t)count;
}

static struct reservation read_unit(const char *certificate, const char *unit) {
    struct reservation *units;
    size_t count, i = 0;
    assert_ok(reservation_of_certificate(db, arena, certificate, &units, &count, &e), e);
    while (i < count && strcmp(units[i].unit, unit) != 0)
        i++;
    assert_true(i < count);
    return units[i];
}

static bool release(const char *certificate, const char *unit, const char *reason) {
    bool first;
    struct reservation r = read_unit(certificate, unit);
    assert_ok(reservation_release(db, &r, reason, &cause, &first, &e), e);
    return first;
}

static void an_order_takes_its_quota_at_once_and_notes_the_rest(void **state) {
    (void)state;
    make_order();
    assert_int_equal(left(ITEM), 3);
    assert_int_equal(left(MANAGED_USE), 0);
    assert_int_equal(read_unit("cert_1", UNIT_CERTIFICATE).reserved_at, cause.now);
    assert_int_equal(read_unit("cert_2", UNIT_CERTIFICATE).reserved_at, 0);
    assert_intact();
}

static void quota_that_is_gone_meanwhile_is_refused(void **state) {
    (void)state;
    const struct reservation units[] = {unit_of("cert_1", UNIT_CERTIFICATE, SOURCE_QUOTA),
                                        unit_of("cert_2", UNIT_CERTIFICATE, SOURCE_QUOTA)};
    give(ITEM, 1, "granted:a");
    assert_ok(db_begin(db, &e), e);
    assert_fails(reservation_make(db, units, 2, &cause, &e), e, ERR_QUOTE_STALE);
    db_rollback(db);
    assert_int_equal(left(ITEM), 1);
    assert_intact();
}

static void payment_buys_and_reserves_what_was_short_once(void **state) {
    (void)state;
    make_order();
    for (int i = 0; i < 2; i++) {
        assert_ok(reservation_paid(db, arena, "ord_1", &cause, &e), e);
        assert_int_equal(left(ITEM), 3);
        assert_int_equal(entries_of(ITEM), 4); /* granted, reserved, bought, reserved */
        assert_int_equal(entries_of(MANAGED_USE), 4);
        assert_int_equal(read_unit("cert_3", UNIT_MANAGED_USE).reserved_at, cause.now);
        assert_intact();
    }
}

static void a_unit_is_consumed_once_and_without_an_entry(void **state) {
    (void)state;
    bool first;
    make_order();
    assert_ok(reservation_consume(db, "cert_3", UNIT_MANAGED_USE, cause.now, &first, &e), e);
    assert_false(first); /* not paid yet */
    assert_ok(reservation_paid(db, arena, "ord_1", &cause, &e), e);
    int64_t entries = entries_of(MANAGED_USE);
    for (int i = 0; i < 2; i++) {
        assert_ok(reservation_consume(db, "cert_3", UNIT_MANAGED_USE, cause.now + i, &first, &e), e);
        assert_int_equal(first, i == 0);
    }
    assert_int_equal(read_unit("cert_3", UNIT_MANAGED_USE).consumed_at, cause.now);
    assert_int_equal(entries_of(MANAGED_USE), entries);
    assert_ok(reservation_consume(db, "cert_1", UNIT_MANAGED_USE, cause.now, &first, &e), e);
    assert_false(first); /* it has none */
    assert_intact();
}

static void what_is_given_back_comes_back_once_consumed_or_not(void **state) {
    (void)state;
    bool first;
    make_order();
    assert_ok(reservation_paid(db, arena, "ord_1", &cause, &e), e);
    assert_ok(reservation_consume(db, "cert_2", UNIT_MANAGED_USE, cause.now, &first, &e), e);
    assert_true(release("cert_2", UNIT_CERTIFICATE, "returned"));
    assert_true(release("cert_2", UNIT_MANAGED_USE, "returned"));
    assert_false(release("cert_2", UNIT_CERTIFICATE, "returned"));
    assert_false(release("cert_2", UNIT_MANAGED_USE, "refunded"));
    assert_int_equal(left(ITEM), 4);
    assert_int_equal(left(MANAGED_USE), 1);
    assert_ok(reservation_consume(db, "cert_2", UNIT_CERTIFICATE, cause.now, &first, &e), e);
    assert_false(first);
    assert_intact();
}

static void what_was_never_paid_gives_nothing_back(void **state) {
    (void)state;
    make_order();
    assert_true(release("cert_1", UNIT_CERTIFICATE, "released"));
    assert_true(release("cert_2", UNIT_CERTIFICATE, "released"));
    assert_true(release("cert_3", UNIT_CERTIFICATE, "released"));
    assert_int_equal(left(ITEM), 4);
    assert_ok(reservation_paid(db, arena, "ord_1", &cause, &e), e); /* too late for them, in time for a use */
    assert_int_equal(left(ITEM), 4);
    assert_int_equal(read_unit("cert_3", UNIT_CERTIFICATE).reserved_at, 0);
    assert_intact();
}

/* ---- the check itself ---- */

static void whatever_does_not_add_up_is_found(void **state) {
    (void)state;
    static const char *const harm[] = {
        "UPDATE ledger_balance SET balance = balance + 1 WHERE item = 'managed_use'",
        "UPDATE ledger_entry SET amount = amount + 1 WHERE item = 'managed_use' AND sequence = 1",
        "DELETE FROM ledger_entry WHERE item = 'managed_use' AND sequence = 1",
        "DELETE FROM ledger_balance WHERE item = 'managed_use'",
        "UPDATE reservation SET released_at = 1 WHERE certificate_id = 'cert_1'",
        "DELETE FROM reservation WHERE certificate_id = 'cert_1'",
    };
    make_order();
    for (size_t i = 0; i < sizeof harm / sizeof *harm; i++) {
        struct ledger_check check;
        assert_ok(db_begin(db, &e), e);
        assert_ok(db_exec(db, &e, harm[i]), e);
        assert_ok(ledger_check(db, ACCOUNT, &check, &e), e);
        db_rollback(db);
        if (check.intact)
            print_error("%s\n", harm[i]);
        assert_false(check.intact);
    }
    assert_intact();
}

#define in_db(f) cmocka_unit_test_setup_teardown(f, open_db, close_db)

TEST_MAIN(ledger, in_db(each_change_is_an_entry_with_the_balance_after_it),
          in_db(a_balance_is_never_negative), in_db(the_same_reference_changes_nothing_more),
          in_db(sums_stay_far_from_what_a_number_can_hold), in_db(money_and_quota_of_the_same_name_are_two),
          in_db(other_accounts_have_their_own), in_db(an_order_takes_its_quota_at_once_and_notes_the_rest),
          in_db(quota_that_is_gone_meanwhile_is_refused),
          in_db(payment_buys_and_reserves_what_was_short_once),
          in_db(a_unit_is_consumed_once_and_without_an_entry),
          in_db(what_is_given_back_comes_back_once_consumed_or_not),
          in_db(what_was_never_paid_gives_nothing_back), in_db(whatever_does_not_add_up_is_found))
