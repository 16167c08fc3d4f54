/* Slots under the limits of CAs. The judge of the random runs keeps the CA's own buckets. */
#include "base/clock.h"
#include "base/rand.h"
#include "catalog/issuer.h"
#include "issue/limit_db.h"
#include "unit.h"
#include <stdlib.h>

enum { T0 = 1795219200 }; /* 2026-11-21 */

static struct arena *a;
static struct db *db;
static struct rate_limits limits;
static struct error e;

static int open_db(void **state) {
    (void)state;
    struct issuer issuer;
    a = arena_new();
    e = (struct error){0};
    return !(db_open(&db, ":memory:", DB_WORKER, &e) && db_migrate(db, T0, &e) &&
             issuer_preset(a, "letsencrypt", &issuer, &e) &&
             rate_limits_parse(a, issuer.limits, &limits, &e));
}

static int close_db(void **state) {
    (void)state;
    db_close(db);
    arena_free(a);
    return 0;
}

static struct limit_ask ask_of(const char *subject, const char *names, int64_t end_at) {
    return (struct limit_ask){.limits = &limits,
                              .issuer = "letsencrypt",
                              .directory = "https://ca.example/directory",
                              .account_id = "acc_1",
                              .acme_account = "acct_1",
                              .subject = subject,
                              .names = names,
                              .end_at = end_at};
}

static struct limit_answer take(const struct limit_ask *ask, int64_t now) {
    struct limit_answer answer;
    assert_ok(db_begin(db, &e), e);
    assert_ok(limit_take(db, a, ask, now, &answer, &e), e);
    assert_ok(db_commit(db, &e), e);
    return answer;
}

static void drain(const struct limit_ask *ask, int64_t now) {
    struct limit_ask other = *ask;
    other.subject = "drain";
    while (take(&other, now).taken)
        ;
    assert_ok(limit_forget(db, "drain", &e), e);
}

static void the_same_names_wait_and_others_do_not(void **state) {
    (void)state;
    const struct limit_ask same = ask_of("cert_1", "a.example.com b.example.com", T0 + 30 * DAY);
    const struct limit_ask turned = ask_of("cert_2", "b.example.com a.example.com", T0 + 30 * DAY);
    const struct limit_ask other = ask_of("cert_3", "c.example.com", T0 + 30 * DAY);
    drain(&same, T0);
    struct limit_answer answer = take(&turned, T0);
    assert_false(answer.taken);
    assert_string_equal(answer.limit, "same_names");
    struct limit_wait wait;
    assert_ok(limit_waiting(db, a, "cert_2", &wait, &e), e);
    assert_int_equal(wait.due_at, answer.slot_at);
    assert_string_equal(wait.limit_name, "same_names");
    assert_true(take(&other, T0).taken);
    assert_false(take(&turned, answer.slot_at - 1).taken);
    assert_true(take(&turned, answer.slot_at).taken);
    assert_ok(limit_waiting(db, a, "cert_2", &wait, &e), e);
    assert_null(wait.subject);
}

static void a_refused_order_charges_no_bucket(void **state) {
    (void)state;
    const struct limit_ask full = ask_of("cert_1", "a.example.com", T0 + 30 * DAY);
    struct bucket before, after;
    drain(&full, T0);
    assert_ok(bucket_get(db, a, "https://ca.example/directory orders acct_1", &before, &e), e);
    assert_true(before.full_at > 0);
    assert_false(take(&full, T0).taken);
    assert_ok(bucket_get(db, a, "https://ca.example/directory orders acct_1", &after, &e), e);
    assert_int_equal(after.full_at, before.full_at);
}

static void what_is_exempt_takes_nothing(void **state) {
    (void)state;
    struct limit_ask ask = ask_of("cert_1", "a.example.com", T0 + 30 * DAY);
    drain(&ask, T0);
    ask.renewal = true;
    assert_false(take(&ask, T0).taken); /* the set of names counts all the same */
    ask.ari = true;
    assert_true(take(&ask, T0).taken);
    assert_true(take(&ask, T0).taken);
}

static void the_nearest_end_comes_first(void **state) {
    (void)state;
    const struct limit_ask far = ask_of("cert_1", "a.example.com", T0 + 30 * DAY);
    const struct limit_ask farther = ask_of("cert_2", "a.example.com", T0 + 31 * DAY);
    const struct limit_ask near = ask_of("cert_3", "a.example.com", T0 + DAY);
    drain(&far, T0);
    int64_t first = take(&far, T0).slot_at;
    int64_t second = take(&farther, T0).slot_at;
    assert_true(second > first + 33 * 3600);
    int64_t nearest = take(&near, T0 + 5).slot_at;
    assert_in_range(nearest, first, first + 1);
    assert_false(take(&far, first).taken);
    assert_true(take(&near, nearest).taken);
}

static void who_does_not_come_back_loses_his_place(void **state) {
    (void)state;
    const struct limit_ask near = ask_of("cert_1", "a.example.com", T0 + DAY);
    const struct limit_ask far = ask_of("cert_2", "a.example.com", T0 + 30 * DAY);
    drain(&far, T0);
    int64_t slot = take(&near, T0).slot_at;
    assert_false(take(&far, slot).taken);
    assert_true(take(&far, slot + LIMIT_GRACE).taken);
}

static void accounts_take_turns_at_a_bucket_of_everybody(void **state) {
    (void)state;
    struct limit_ask mine[4], theirs;
    int64_t now = T0;
    theirs = ask_of("cert_t", "t.example.com", T0 + 60 * DAY);
    theirs.account_id = "acc_2";
    theirs.acme_account = "acct_2";
    for (int i = 0; i < 60; i++) /* the fifty of a week */
        take(&(struct limit_ask){.limits = &limits,
                                 .issuer = "letsencrypt",
                                 .directory = "https://ca.example/directory",
                                 .account_id = "acc_1",
                                 .acme_account = "acct_1",
                                 .subject = "x",
                                 .names = arena_printf(a, "x%d.example.com", i),
                                 .end_at = T0 + DAY},
             now);
    assert_ok(limit_forget(db, "x", &e), e);
    for (int i = 0; i < 4; i++) {
        mine[i] = ask_of(arena_printf(a, "cert_%d", i), arena_printf(a, "%d.example.com", i), T0 + DAY + i);
        assert_false(take(&mine[i], now).taken);
    }
    struct limit_answer answer = take(&theirs, now);
    assert_false(answer.taken);
    assert_string_equal(answer.limit, "certificates");
    assert_true(take(&theirs, answer.slot_at).taken); /* in its turn, though all of mine end sooner */
    assert_true(answer.slot_at <= T0 + 2 * 12096);
}

static void failures_hold_back_orders_for_that_name_alone(void **state) {
    (void)state;
    const struct limit_ask ask = ask_of("cert_1", "*.a.example.com", T0 + DAY);
    const struct limit_ask other = ask_of("cert_2", "b.example.com", T0 + DAY);
    for (int i = 0; i < 5; i++)
        assert_ok(limit_failed(db, a, &ask, "a.example.com", T0, &e), e);
    struct limit_answer answer = take(&ask, T0);
    assert_false(answer.taken);
    assert_string_equal(answer.limit, "failures");
    assert_in_range(answer.slot_at, T0 + 600, T0 + 1500);
    assert_true(take(&other, T0).taken);
    assert_true(take(&ask, answer.slot_at).taken);
}

static void what_the_ca_refuses_waits_as_long_as_it_says(void **state) {
    (void)state;
    const struct limit_ask ask = ask_of("cert_1", "a.example.com", T0 + DAY);
    const struct limit_ask other = ask_of("cert_2", "b.example.com", T0 + DAY);
    const struct limit_ask elsewhere = ask_of("cert_3", "b.example.org", T0 + DAY);
    assert_ok(limit_refused(db, a, &ask, T0 + 34 * 3600, T0, &e), e);
    assert_int_equal(take(&ask, T0).slot_at, T0 + 34 * 3600);
    /* nobody knows which limit it was: what is shared is closed for one slot of its own */
    struct limit_answer answer = take(&other, T0);
    assert_int_equal(answer.slot_at, T0 + 12096);
    assert_int_equal(take(&elsewhere, T0).slot_at, T0 + 60);
    assert_true(take(&elsewhere, T0 + 60).taken);
    assert_ok(limit_refused(db, a, &ask, T0 + 400 * DAY, T0, &e), e);
    assert_int_equal(take(&ask, T0 + 2 * DAY).slot_at, T0 + 8 * DAY);
}

static void new_accounts_have_a_limit_of_their_own(void **state) {
    (void)state;
    struct limit_answer answer = {.taken = true};
    struct limit_ask ask = ask_of("acct_1", "", 0);
    int taken = 0;
    for (; answer.taken; taken += answer.taken)
        assert_ok(limit_take_account(db, a, &ask, T0, &answer, &e), e);
    assert_in_range(taken, 9, 10);
    assert_string_equal(answer.limit, "accounts");
}

static void what_is_over_is_purged(void **state) {
    (void)state;
    const struct limit_ask ask = ask_of("cert_1", "a.example.com", T0 + DAY);
    struct work w = {.db = db, .arena = a, .now = T0 + DAY};
    int64_t rows;
    drain(&ask, T0);
    take(&ask, T0);
    assert_ok(limit_purge(&w, &e), e);
    assert_ok(db_int(db, &rows, 0, &e, "SELECT count(*) FROM limit_bucket"), e);
    assert_int_equal(rows, 1); /* the names' own */
    w.now = T0 + 30 * DAY;
    assert_ok(limit_purge(&w, &e), e);
    assert_ok(db_int(db, &rows, 0, &e, "SELECT count(*) FROM limit_bucket"), e);
    assert_int_equal(rows, 0);
    assert_ok(db_int(db, &rows, 0, &e, "SELECT count(*) FROM limit_wait"), e);
    assert_int_equal(rows, 0);
}

/* ---- random runs ---- */

enum { ORDERS = 700, DOMAINS = 4, LATE_MAX = 3 };

struct arrival {
    int64_t at;
    int order;
};

static int by_arrival(const void *one, const void *other) {
    const struct arrival *x = one, *y = other;
    return (x->at > y->at) - (x->at < y->at);
}

/* The CA: a bucket of `count` slots, refilled evenly. False: it has none for a request that comes at `at`. */
static bool ca_has(double *slots, int64_t *filled_at, const struct rate_limit *limit, int64_t at) {
    double rate = (double)limit->count / (double)limit->seconds;
    *slots += (double)(at - *filled_at) * rate;
    *filled_at = at;
    if (*slots > (double)limit->count)
        *slots = (double)limit->count;
    if (*slots < 1 - 1e-6)
        return false;
    *slots -= 1;
    return true;
}

static const char *const tenants[] = {"acc_1", "acc_2", "acc_3"};

/* Asks at its time until it has its slot. */
static int64_t run_orders(struct limit_ask *asks, int64_t *due, struct arrival *arrivals) {
    int64_t last = 0;
    for (int done = 0; done < ORDERS;) {
        int next = -1;
        for (int i = 0; i < ORDERS; i++)
            if (due[i] && (next < 0 || due[i] < due[next]))
                next = i;
        int64_t now = due[next];
        struct limit_answer answer = take(&asks[next], now);
        due[next] = answer.taken ? 0 : answer.slot_at;
        if (answer.taken) {
            arrivals[done++] = (struct arrival){now + (int64_t)rand_below(LATE_MAX + 1), next};
            last = now;
        }
    }
    return last;
}

static void judge(const struct limit_ask *asks, struct arrival *arrivals, const struct rate_limits *own) {
    double domain_slots[DOMAINS], account_slots[3];
    int64_t domain_at[DOMAINS] = {0}, account_at[3] = {0};
    for (int i = 0; i < DOMAINS; i++)
        domain_slots[i] = (double)own->items[1].count;
    for (int i = 0; i < 3; i++)
        account_slots[i] = (double)own->items[0].count;
    qsort(arrivals, ORDERS, sizeof *arrivals, by_arrival);
    for (int i = 0; i < ORDERS; i++) {
        int order = arrivals[i].order, domain = order % DOMAINS, tenant = asks[order].account_id[4] - '1';
        assert_true(ca_has(&domain_slots[domain], &domain_at[domain], &own->items[1], arrivals[i].at));
        assert_true(ca_has(&account_slots[tenant], &account_at[tenant], &own->items[0], arrivals[i].at));
    }
}

static void random_orders_keep_the_limits_and_use_them_up(void **state) {
    (void)state;
    struct rate_limits own;
    static struct limit_ask asks[ORDERS];
    static int64_t due[ORDERS];
    static struct arrival arrivals[ORDERS];
    rand_seed(7);
    assert_ok(
        rate_limits_parse(a,
                          "[{\"name\":\"o\",\"per\":\"account\",\"count\":30,\"seconds\":3000},"
                          "{\"name\":\"d\",\"per\":\"registered_domain\",\"count\":10,\"seconds\":6000}]",
                          &own, &e),
        e);
    for (int i = 0; i < ORDERS; i++) {
        const char *tenant = tenants[rand_below(3)];
        asks[i] = ask_of(arena_printf(a, "cert_%d", i), arena_printf(a, "n%d.d%d.com", i, i % DOMAINS),
                         T0 + (int64_t)rand_below(30 * DAY));
        asks[i].limits = &own;
        asks[i].account_id = tenant;
        asks[i].acme_account = tenant;
        due[i] = T0 + (int64_t)rand_below(1000);
    }
    int64_t last = run_orders(asks, due, arrivals);
    judge(asks, arrivals, &own);
    /* each domain has 175 orders, ten at once and then one in 600 seconds; they come within 1000 seconds */
    int64_t possible = (ORDERS / DOMAINS - 10) * 600;
    assert_in_range(last - T0, possible - 600, possible + possible / 100 + 1000);
}

TEST_MAIN(limit, cmocka_unit_test_setup_teardown(the_same_names_wait_and_others_do_not, open_db, close_db),
          cmocka_unit_test_setup_teardown(a_refused_order_charges_no_bucket, open_db, close_db),
          cmocka_unit_test_setup_teardown(what_is_exempt_takes_nothing, open_db, close_db),
          cmocka_unit_test_setup_teardown(the_nearest_end_comes_first, open_db, close_db),
          cmocka_unit_test_setup_teardown(who_does_not_come_back_loses_his_place, open_db, close_db),
          cmocka_unit_test_setup_teardown(accounts_take_turns_at_a_bucket_of_everybody, open_db, close_db),
          cmocka_unit_test_setup_teardown(failures_hold_back_orders_for_that_name_alone, open_db, close_db),
          cmocka_unit_test_setup_teardown(what_the_ca_refuses_waits_as_long_as_it_says, open_db, close_db),
          cmocka_unit_test_setup_teardown(new_accounts_have_a_limit_of_their_own, open_db, close_db),
          cmocka_unit_test_setup_teardown(what_is_over_is_purged, open_db, close_db),
          cmocka_unit_test_setup_teardown(random_orders_keep_the_limits_and_use_them_up, open_db, close_db))
