/* acmeserver: nonces, faults, and what follows from what in its rows. tests/e2e/test_ca.sh speaks to it. */
#include "acmeserver/served.h"
#include "base/rand.h"
#include "signer/signer.h"
#include "unit.h"

enum { NOW = 1795305600 };

static struct arena *arena;
static struct services services;
static struct issue_settings issue = {.public_url = "http://127.0.0.1:14000", .ca_algorithm = KEY_P256};
static struct acmeserver_settings settings;
static struct acmeserver *server;
static struct error e;

static int open_server(void **state) {
    (void)state;
    arena = arena_new();
    rand_seed(7);
    settings = acmeserver_defaults;
    settings.url = issue.public_url;
    services = (struct services){.signer = signer_fake(arena), .issue = &issue};
    assert_ok(db_open(&services.db, ":memory:", DB_WORKER, &e), e);
    assert_ok(db_migrate(services.db, NOW, &e), e);
    assert_ok(acmeserver_open(&server, arena, &services, &settings, NOW, &e), e);
    return 0;
}

static int close_server(void **state) {
    (void)state;
    db_close(services.db);
    arena_free(arena);
    return 0;
}

/* ---- nonces ---- */

static void a_nonce_counts_once(void **state) {
    (void)state;
    struct nonces nonces = {.used = NULL};
    nonces_begin(&nonces, arena);
    const char *first = nonce_new(&nonces, arena), *second = nonce_new(&nonces, arena);
    assert_string_not_equal(first, second);
    assert_true(nonce_use(&nonces, arena, second));
    assert_true(nonce_use(&nonces, arena, first));
    assert_false(nonce_use(&nonces, arena, first));
    assert_false(nonce_use(&nonces, arena, second));
}

static void a_nonce_that_was_not_given_out_is_none(void **state) {
    (void)state;
    struct nonces ours = {.used = NULL}, others = {.used = NULL};
    nonces_begin(&ours, arena);
    nonces_begin(&others, arena);
    others.next = ours.next;
    char *changed = arena_strdup(arena, nonce_new(&ours, arena));
    changed[12] = changed[12] == 'A' ? 'B' : 'A';
    assert_false(nonce_use(&ours, arena, changed));
    assert_false(nonce_use(&ours, arena, nonce_new(&others, arena)));
    assert_false(nonce_use(&ours, arena, ""));
    assert_false(nonce_use(&ours, arena, "AAAA"));
    assert_false(nonce_use(&ours, arena, "../../etc/passwd"));
}

static void a_nonce_grows_too_old(void **state) {
    (void)state;
    struct nonces nonces = {.used = NULL};
    nonces_begin(&nonces, arena);
    const char *old = nonce_new(&nonces, arena), *oldest_good = nonce_new(&nonces, arena);
    nonces.next += NONCE_WINDOW - 1;
    assert_false(nonce_use(&nonces, arena, old));
    assert_true(nonce_use(&nonces, arena, oldest_good));
    assert_false(nonce_use(&nonces, arena, oldest_good));
}

/* ---- faults ---- */

static void a_seed_gives_the_same_faults(void **state) {
    (void)state;
    struct faults a, b;
    faults_begin(&a, 42);
    faults_begin(&b, 42);
    a.of[FAULT_BAD_NONCE].percent = b.of[FAULT_BAD_NONCE].percent = 30;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(fault_happens(&a, FAULT_BAD_NONCE, RESOURCE_ORDER),
                         fault_happens(&b, FAULT_BAD_NONCE, RESOURCE_ORDER));
    assert_in_range(a.of[FAULT_BAD_NONCE].happened, 240, 360);
}

static void faults_happen_where_they_belong(void **state) {
    (void)state;
    struct faults faults;
    faults_begin(&faults, 1);
    assert_false(fault_happens(&faults, FAULT_WRONG_KEY, RESOURCE_FINALIZE));
    faults.of[FAULT_WRONG_KEY].percent = 100;
    assert_false(fault_happens(&faults, FAULT_WRONG_KEY, RESOURCE_NEW_ORDER));
    assert_true(fault_happens(&faults, FAULT_WRONG_KEY, RESOURCE_FINALIZE));
    assert_int_equal(faults.of[FAULT_WRONG_KEY].happened, 1);
    for (int i = 0; i < FAULT_COUNT; i++)
        assert_int_equal(fault_find(fault_rows[i].name), i);
    assert_int_equal(fault_find("nonsense"), FAULT_COUNT);
}

static void a_fault_is_named_with_its_percentage(void **state) {
    (void)state;
    assert_ok(acmeserver_set_fault(server, "bad_nonce=30", &e), e);
    assert_int_equal(server->faults.of[FAULT_BAD_NONCE].percent, 30);
    static const char *const refused[] = {
        "bad_nonce", "bad_nonce=", "bad_nonce=101", "bad_nonce=1x", "bad_nonce=-1", "nonsense=1", "=1"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_fails(acmeserver_set_fault(server, refused[i], &e), e, ERR_BAD_FIELD);
}

/* ---- what follows from what ---- */

static const char *make_account(const char *thumbprint) {
    struct served_account account = {.id = id_new(arena, "acmeacct", NOW),
                                     .spki = slice_str(thumbprint),
                                     .thumbprint = thumbprint,
                                     .status = "valid",
                                     .created_at = NOW};
    assert_ok(served_account_insert(services.db, &account, &e), e);
    return account.id;
}

static struct served_authorization make_authorization(const char *account_id, const char *name) {
    struct served_authorization authorization = {.id = id_new(arena, "acmeauth", NOW),
                                                 .account_id = account_id,
                                                 .name = name,
                                                 .status = "pending",
                                                 .expires_at = NOW + 100};
    assert_ok(served_authorization_insert(services.db, &authorization, &e), e);
    return authorization;
}

static struct served_order make_order(const char *account_id, const char *names,
                                      const struct served_authorization *needed, size_t count) {
    struct served_order order = {.id = id_new(arena, "acmeord", NOW),
                                 .account_id = account_id,
                                 .names = names,
                                 .profile = "classic",
                                 .status = "pending",
                                 .expires_at = NOW + 100,
                                 .created_at = NOW};
    assert_ok(served_order_insert(services.db, &order, &e), e);
    for (size_t i = 0; i < count; i++)
        assert_ok(served_authorization_link(services.db, order.id, (int64_t)i, needed[i].id, &e), e);
    return order;
}

static const char *status_of(const struct served_order *order) {
    struct served_order now;
    assert_ok(served_order_get(services.db, arena, order->id, &now, &e), e);
    return now.status;
}

static void become(const struct served_authorization *authorization, const char *status) {
    assert_ok(served_authorization_become(services.db, authorization->id, status, NOW + 1000, "{}", &e), e);
}

static void an_order_is_ready_when_all_is_proven(void **state) {
    (void)state;
    const char *account = make_account("ready");
    struct served_authorization needed[] = {make_authorization(account, "a.test"),
                                            make_authorization(account, "b.test")};
    struct served_order both = make_order(account, "a.test b.test", needed, 2);
    struct served_order one = make_order(account, "b.test", &needed[1], 1);
    become(&needed[0], "valid");
    assert_string_equal(status_of(&both), "pending");
    become(&needed[1], "valid");
    assert_string_equal(status_of(&both), "ready");
    assert_string_equal(status_of(&one), "ready");
}

static void an_order_is_invalid_when_one_name_is_not_proven(void **state) {
    (void)state;
    const char *account = make_account("invalid");
    struct served_authorization needed[] = {make_authorization(account, "a.test"),
                                            make_authorization(account, "b.test")};
    struct served_order both = make_order(account, "a.test b.test", needed, 2);
    struct served_order one = make_order(account, "a.test", &needed[0], 1);
    become(&needed[0], "valid");
    become(&needed[1], "invalid");
    assert_string_equal(status_of(&both), "invalid");
    assert_string_equal(status_of(&one), "ready");
    become(&needed[0], "deactivated");
    assert_string_equal(status_of(&one), "invalid");
}

static void what_was_not_used_in_time_expires(void **state) {
    (void)state;
    struct served_order order = {.status = "ready", .expires_at = NOW + 100};
    struct served_authorization authorization = {.status = "valid", .expires_at = NOW + 100};
    assert_string_equal(served_order_status(&order, NOW + 99), "ready");
    assert_string_equal(served_order_status(&order, NOW + 100), "invalid");
    assert_string_equal(served_authorization_status(&authorization, NOW + 99), "valid");
    assert_string_equal(served_authorization_status(&authorization, NOW + 100), "expired");
    order.status = "valid";
    assert_string_equal(served_order_status(&order, NOW + 100), "valid");
    authorization.status = "pending";
    assert_string_equal(served_authorization_status(&authorization, NOW + 100), "invalid");
}

static void only_an_open_order_for_the_same_is_used_again(void **state) {
    (void)state;
    const char *account = make_account("same");
    struct served_authorization needed = make_authorization(account, "a.test");
    struct served_order order = make_order(account, "a.test", &needed, 1), found, wanted = order;
    assert_ok(served_order_same(services.db, arena, &wanted, NOW, &found, &e), e);
    assert_string_equal(found.id, order.id);
    wanted.not_after = NOW + 50;
    assert_ok(served_order_same(services.db, arena, &wanted, NOW, &found, &e), e);
    assert_null(found.id);
    wanted.not_after = 0;
    wanted.replaces = "aa.bb";
    assert_ok(served_order_same(services.db, arena, &wanted, NOW, &found, &e), e);
    assert_null(found.id);
    assert_ok(served_order_same(services.db, arena, &order, NOW + 100, &found, &e), e);
    assert_null(found.id);
}

static void an_old_order_that_is_still_open_is_abandoned(void **state) {
    (void)state;
    int64_t before, after, changed;
    const char *account = make_account("abandoned");
    struct served_authorization needed = make_authorization(account, "a.test");
    assert_ok(served_order_abandoned(services.db, NOW + 1, &before, &e), e);
    struct served_order order = make_order(account, "a.test", &needed, 1);
    assert_ok(served_order_abandoned(services.db, NOW, &after, &e), e);
    assert_int_equal(after, 0);
    assert_ok(served_order_abandoned(services.db, NOW + 1, &after, &e), e);
    assert_int_equal(after, before + 1);
    assert_ok(served_order_become(services.db, order.id, NULL, "invalid", NULL, &e), e);
    assert_ok(served_order_abandoned(services.db, NOW + 1, &changed, &e), e);
    assert_int_equal(changed, before);
}

static void one_key_serves_one_account(void **state) {
    (void)state;
    make_account("key");
    struct served_account second = {.id = "acmeacct_x",
                                    .spki = slice_str("key"),
                                    .thumbprint = "key",
                                    .status = "valid",
                                    .created_at = NOW};
    assert_fails(served_account_insert(services.db, &second, &e), e, ERR_CONFLICT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(a_nonce_counts_once),
        test(a_nonce_that_was_not_given_out_is_none),
        test(a_nonce_grows_too_old),
        test(a_seed_gives_the_same_faults),
        test(faults_happen_where_they_belong),
        test(a_fault_is_named_with_its_percentage),
        test(an_order_is_ready_when_all_is_proven),
        test(an_order_is_invalid_when_one_name_is_not_proven),
        test(what_was_not_used_in_time_expires),
        test(only_an_open_order_for_the_same_is_used_again),
        test(an_old_order_that_is_still_open_is_abandoned),
        test(one_key_serves_one_account),
    };
    return cmocka_run_group_tests_name("acmeserver", tests, open_server, close_server);
}
