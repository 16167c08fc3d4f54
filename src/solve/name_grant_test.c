/* Whose names the responder, web roots and hooks prove: two accounts on one installation. */
#include "account/account.h"
#include "base/rand.h"
#include "solve/fixture.h"
#include "solve/name_grant.h"
#include "solve/persist_record.h"
#include "validate/validation.h"

#define NAME "www.example.com"

static const struct half_steps persist = {persist_act, {persist_save}};

static const char *one, *two; /* accounts; the second one is made by the tests */

static const char *make_account(const char *name) {
    const struct caller administrator = {.account_id = ACCOUNT, .user_id = "user_1", .key_id = "key_1"};
    struct new_account made = {.account = {.name = name, .default_profile = POLICY_DEFAULT},
                               .owner = {.name = "owner", .lang = "en"}};
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, account_create(w.services.db, w.arena, &administrator, w.now, &made, &e), &e), e);
    return made.account.id;
}

static int open_accounts(void **state) {
    e = (struct error){0};
    open_world(state);
    one = make_account("one");
    return 0;
}

#define with_accounts(f) cmocka_unit_test_setup_teardown(f, open_accounts, close_world)

/* ---- helpers ---- */

static const struct solver responder = {.type = "http-01", .kind = "responder", .settings = "{}"};
static const struct solver hook = {.type = "dns-01", .kind = "hook-lego", .settings = "{\"command\":\"x\"}"};

static struct solution latest;

static bool begins(const char *account, const struct solver *kind, const char *name) {
    latest = (struct solution){
        .account_id = account, .name = name, .token = TOKEN, .key_authorization = TOKEN ".thumb"};
    error_clear(&e);
    assert_ok(db_begin(w.services.db, &e), e);
    bool good = solution_begin(&w.services, w.arena, kind, &latest, w.now, &e);
    db_rollback(w.services.db);
    if (!good)
        assert_int_equal(e.id, ERR_NAME_NOT_YOURS);
    return good;
}

static bool takes(const char *account, const char *name) {
    const struct name_claim claim = {.account_id = account, .name = name};
    error_clear(&e);
    assert_ok(db_begin(w.services.db, &e), e);
    return world_end(&w, name_take(w.services.db, w.arena, &claim, w.now, &e), &e);
}

static const char *give(const char *account, const char *zone) {
    struct name_grant g = {
        .id = id_new(w.arena, "ngr", w.now), .account_id = account, .zone = zone, .created_at = w.now};
    assert_ok(name_grant_put(w.services.db, w.arena, &g, &e), e);
    assert_false(g.automatic);
    return g.id;
}

static void prove(const char *account, const char *name, const char *method) {
    const struct check proof = {.reason = REASON_FOUND};
    struct validation v = {.account_id = account, .name = name, .method = method, .advance = true};
    bool open;
    w.now++;
    assert_ok(validation_begin(w.services.db, w.arena, w.now, &v, &e), e);
    assert_ok(validation_note(w.services.db, v.id, &proof, w.now, &open, &e), e);
}

/* ---- each kind ---- */

static const struct {
    const char *kind, *type, *settings;
    bool shared; /* what it publishes with is the installation's */
} kinds[] = {
    {"responder", "http-01", "{}", true},
    {"responder", "tls-alpn-01", "{}", true},
    {"webroot", "http-01", "{\"root\":\"/srv/www\"}", true},
    {"hook-lego", "dns-01", "{\"command\":\"x\"}", true},
    {"hook-certbot", "dns-01", "{\"command\":\"x\"}", true},
    {"hook-certbot", "http-01", "{\"command\":\"x\"}", true},
    {"hook-dehydrated", "dns-01", "{\"command\":\"x\"}", true},
    {"hook-dehydrated", "http-01", "{\"command\":\"x\"}", true},
    {"hook-acmesh", "dns-01", "{\"command\":\"x\"}", true},
    {"delegated", "dns-01", "{}", false},
    {"rfc2136", "dns-01", "{\"server\":\"192.0.2.1\",\"key_name\":\"k\"}", false},
    {"alidns", "dns-01", "{\"key_id\":\"k\"}", false},
    {"dnspod", "dns-01", "{\"key_id\":\"k\"}", false},
    {"cloudflare", "dns-01", "{}", false},
    {"manual", "dns-01", "{}", false},
};

static void each_kind_of_the_installation_serves_the_account_that_has_the_name(void **state) {
    (void)state;
    assert_true(takes(one, NAME));
    two = make_account("two");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct solver kind = {
            .type = kinds[i].type, .kind = kinds[i].kind, .settings = kinds[i].settings};
        assert_true(begins(one, &kind, NAME));
        assert_int_equal(begins(two, &kind, NAME), !kinds[i].shared);
    }
}

static void every_kind_was_looked_at(void **state) {
    (void)state;
    for (size_t k = 0; solver_kinds[k]; k++) {
        bool listed = strcmp(solver_kinds[k]->kind, "persist") == 0; /* looks, and publishes nothing */
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            listed |= strcmp(kinds[i].kind, solver_kinds[k]->kind) == 0;
        assert_true(listed);
    }
}

static void a_delegated_name_is_answered_below_its_own_label_alone(void **state) {
    (void)state;
    const struct solver delegated = {.type = "dns-01", .kind = "delegated", .settings = "{}"};
    two = make_account("two");
    assert_true(begins(two, &delegated, NAME));
    assert_string_equal(latest.place, delegated_name(w.arena, &settings, two, NAME));
    assert_string_not_equal(latest.place, delegated_name(w.arena, &settings, one, NAME));
}

/* ---- whose ---- */

static void a_single_account_is_asked_for_nothing_and_keeps_what_it_used(void **state) {
    (void)state;
    assert_true(takes(one, NAME));
    assert_true(begins(one, &responder, "never.example.com"));
    two = make_account("two");
    assert_true(takes(one, NAME));
    assert_false(takes(two, NAME));
    assert_false(takes(one, "new.example.com")); /* it may be anybody's */
    assert_false(takes(one, "a." NAME));
}

static void a_name_is_that_of_whom_proved_it_last(void **state) {
    (void)state;
    assert_true(takes(one, NAME));
    two = make_account("two");
    prove(two, "example.com", "dns");
    assert_true(takes(two, NAME));
    assert_false(takes(one, NAME)); /* sold, say */
    prove(one, NAME, "dns");
    assert_true(takes(one, NAME));
    assert_false(takes(two, NAME));
    assert_true(takes(two, "example.com"));
}

static void a_file_proves_no_records_and_nothing_below(void **state) {
    (void)state;
    two = make_account("two");
    prove(two, NAME, "file");
    assert_true(begins(two, &responder, NAME));
    assert_false(begins(two, &hook, NAME));
    assert_false(begins(two, &responder, "a." NAME));
    prove(two, NAME, "dns");
    assert_true(begins(two, &hook, NAME));
}

static void an_administrator_has_the_last_word(void **state) {
    (void)state;
    two = make_account("two");
    prove(one, NAME, "dns");
    const char *id = give(two, "example.com");
    assert_true(takes(two, NAME));
    assert_false(takes(one, NAME));
    give(one, NAME); /* the longer zone */
    assert_true(takes(one, NAME));
    assert_false(takes(two, NAME));
    give(two, NAME); /* both */
    assert_true(takes(one, NAME));
    assert_true(takes(two, NAME));
    give(one, ".");
    assert_true(takes(one, "192.0.2.1"));
    assert_false(takes(two, "192.0.2.1"));
    assert_false(takes(one, "b.example.com"));
    assert_ok(name_grant_delete(w.services.db, id, &e), e);
    assert_true(takes(one, "b.example.com"));
}

static void what_was_not_used_for_long_is_not_kept(void **state) {
    (void)state;
    assert_true(takes(one, NAME));
    w.now += 399 * DAY;
    assert_true(takes(one, NAME));
    assert_ok(name_grant_purge(w.services.db, w.now - DAY, 100, &e), e);
    two = make_account("two");
    assert_true(takes(one, NAME));
    assert_ok(name_grant_purge(w.services.db, w.now + 1, 100, &e), e);
    assert_false(takes(one, NAME));
}

/* ---- behind CNAMEs ---- */

/* The operator's hook can write to all zones of the operator; the CNAME is the tenant's. */
static void a_cname_leads_no_hook_to_the_names_of_others(void **state) {
    (void)state;
    two = make_account("two");
    prove(two, "two.example.org", "dns");
    prove(one, NAME, "dns");
    leads_to = "_acme-challenge." NAME;
    assert_ok(db_begin(w.services.db, &e), e);
    latest = (struct solution){
        .account_id = two, .name = "two.example.org", .token = TOKEN, .key_authorization = TOKEN ".thumb"};
    assert_ok(world_end(&w, solution_begin(&w.services, w.arena, &hook, &latest, w.now, &e), &e), e);
    struct work step = step_begin(&w, latest.id);
    assert_ok(solve.act(&step, &e), e);
    assert_fails(step_save(&w, &solve, &step, &e), e, ERR_NAME_NOT_YOURS);
    leads_to = "x.two.example.org";
    error_clear(&e);
    step = step_begin(&w, latest.id);
    assert_ok(solve.act(&step, &e) && step_save(&w, &solve, &step, &e), e);
}

static bool persists(const char *account, const char *solver_id, const char *name) {
    struct persist_record r = {.id = id_new(w.arena, "prs", w.now),
                               .account_id = account,
                               .name = name,
                               .issuer = "ca.example",
                               .account_uri = "https://ca.example/acct/mallory",
                               .solver_id = solver_id,
                               .created_at = w.now};
    assert_ok(persist_record_make(w.arena, &r, w.now, &e), e);
    assert_ok(persist_record_insert(w.services.db, &r, &e), e);
    if (!persist_record_permitted(w.services.db, w.arena, &r, w.now, &e))
        return false;
    struct work step = step_begin(&w, r.id);
    assert_ok(persist.act(&step, &e), e);
    return step_save(&w, &persist, &step, &e);
}

/* Its value names an account of a CA that the tenant chooses freely. */
static void no_hook_lets_an_account_of_a_ca_in_for_the_names_of_others(void **state) {
    (void)state;
    struct solver s = hook;
    s.id = id_new(w.arena, "slv", w.now);
    s.zone = ".";
    two = s.account_id = make_account("two");
    assert_ok(solver_insert(w.services.db, &s, &e), e);
    prove(one, NAME, "dns");
    prove(two, "two.example.org", "dns");
    assert_fails(persists(two, s.id, NAME), e, ERR_NAME_NOT_YOURS);
    error_clear(&e);
    assert_ok(persists(two, s.id, "two.example.org"), e);
    leads_to = "_validation-persist." NAME;
    assert_fails(persists(two, s.id, "a.two.example.org"), e, ERR_NAME_NOT_YOURS);
}

/* ---- choosing ---- */

static void who_may_not_is_told_so_and_other_means_of_the_account_are_taken(void **state) {
    (void)state;
    const struct offer offer = {.name = NAME, .types = ~0u};
    struct solver s = responder, chosen;
    s.id = "slv_1";
    s.zone = ".";
    two = s.account_id = make_account("two");
    assert_ok(solver_insert(w.services.db, &s, &e), e);
    assert_fails(solver_choose(&w.services, w.arena, two, &offer, &chosen, &e), e, ERR_NAME_NOT_YOURS);
    error_clear(&e);
    s = (struct solver){.id = "slv_3",
                        .account_id = two,
                        .zone = "own.example.net",
                        .type = "dns-01",
                        .kind = "rfc2136",
                        .settings = "{}"};
    assert_ok(solver_insert(w.services.db, &s, &e), e);
    assert_fails(solver_choose(&w.services, w.arena, two, &offer, &chosen, &e), e, ERR_NAME_NOT_YOURS);
    error_clear(&e);
    leads_to = "acme.own.example.net"; /* whoever has the name says so */
    assert_ok(solver_choose(&w.services, w.arena, two, &offer, &chosen, &e), e);
    assert_string_equal(chosen.id, "slv_3");
    leads_to = NULL;
    s = (struct solver){
        .id = "slv_2", .account_id = two, .zone = ".", .type = "dns-01", .kind = "rfc2136", .settings = "{}"};
    assert_ok(solver_insert(w.services.db, &s, &e), e);
    assert_ok(solver_choose(&w.services, w.arena, two, &offer, &chosen, &e), e);
    assert_string_equal(chosen.kind, "rfc2136");
    give(two, NAME);
    assert_ok(solver_choose(&w.services, w.arena, two, &offer, &chosen, &e), e);
    assert_string_equal(chosen.kind, "responder");
}

TEST_MAIN(name_grant, with_accounts(each_kind_of_the_installation_serves_the_account_that_has_the_name),
          with_accounts(every_kind_was_looked_at),
          with_accounts(a_delegated_name_is_answered_below_its_own_label_alone),
          with_accounts(a_single_account_is_asked_for_nothing_and_keeps_what_it_used),
          with_accounts(a_name_is_that_of_whom_proved_it_last),
          with_accounts(a_file_proves_no_records_and_nothing_below),
          with_accounts(an_administrator_has_the_last_word),
          with_accounts(what_was_not_used_for_long_is_not_kept),
          with_accounts(a_cname_leads_no_hook_to_the_names_of_others),
          with_accounts(no_hook_lets_an_account_of_a_ca_in_for_the_names_of_others),
          with_accounts(who_may_not_is_told_so_and_other_means_of_the_account_are_taken))
