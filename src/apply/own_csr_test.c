/* Orders with a request of the CSR manager: from its id to the key of the application. */
#include "apply/apply.h"
#include "certificate/compromised_key.h"
#include "certificate/stored_csr.h"
#include "order/fixture.h"
#include "pki/digest.h"
#include "unit.h"

static const struct half_steps apply = {apply_prepare, {apply_record}};
static const struct half_steps make = {stored_csr_prepare, {stored_csr_record}};

static struct world w;
static struct error e;

static int open_world(void **state) {
    (void)state;
    world_open(&w, "2026-11-21T00:00:00Z");
    return 0;
}

static int close_world(void **state) {
    (void)state;
    world_close(&w);
    return 0;
}

static struct stored_csr stored_by(const char *account_id, const char *algorithm) {
    const struct csr_wish wish = {
        .account_id = account_id, .names = "www.example.com", .key_algorithm = algorithm};
    struct csr_intake intake;
    assert_ok(stored_csr_make(&w.services, w.arena, &wish, w.now, &intake, &e), e);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, stored_csr_store(&w.services, w.arena, &intake, w.now, &e), &e), e);
    return intake.csr;
}

static struct stored_csr stored(const char *algorithm) {
    return stored_by(ACCOUNT, algorithm);
}

static void refuse(struct order_request request, enum error_id expected, const char *field) {
    struct certificate c;
    e = (struct error){0};
    request.names = "www.example.com";
    request.created_by = "user";
    assert_fails(purchase(&w, &request, &c, &e), e, expected);
    assert_string_equal(e.field, field);
}

static struct certificate bought(struct order_request request) {
    struct certificate c;
    request.created_by = "user";
    assert_ok(purchase(&w, &request, &c, &e), e);
    return c;
}

static void run(const struct half_steps *steps, const char *subject) {
    enum outcome outcome;
    assert_ok(step_run(&w, steps, subject, &outcome, &e), e);
}

static struct application applied(const char *certificate_id) {
    struct application application;
    run(&apply, certificate_id);
    assert_ok(application_open(w.services.db, w.arena, certificate_id, &application, &e), e);
    return application;
}

static void an_order_with_a_stored_request_has_its_held_key(void **state) {
    (void)state;
    struct stored_csr csr = stored("p256");
    struct certificate c = bought((struct order_request){.csr_id = csr.id});
    assert_string_equal(c.csr_choice, "own");
    assert_string_equal(c.own_csr, csr.pem);
    assert_string_equal(c.names, "www.example.com");
    assert_fails(stored_csr_delete(w.services.db, w.arena, &csr, w.now, &e), e, ERR_IN_USE);
    struct application application = applied(c.id);
    assert_string_equal(application.key_id, csr.key_id);
    assert_string_equal(application.csr, csr.pem);
    assert_true(application_fits(&application, &c));
}

static void the_same_request_pasted_is_the_same(void **state) {
    (void)state;
    struct stored_csr csr = stored("p256");
    const char *pasted = arena_printf(w.arena, "a note above it\n%s", csr.pem);
    struct certificate c = bought((struct order_request){.own_csr = pasted});
    assert_string_equal(c.own_csr, csr.pem);
    assert_fails(stored_csr_delete(w.services.db, w.arena, &csr, w.now, &e), e, ERR_IN_USE);
    assert_string_equal(applied(c.id).key_id, csr.key_id);
}

static void a_key_that_came_after_the_order_is_kept_for_it(void **state) {
    (void)state;
    struct stored_csr csr = stored("p256");
    assert_ok(stored_csr_remove(w.services.db, csr.id, &e), e);
    struct certificate c = bought((struct order_request){.own_csr = csr.pem});
    assert_ok(stored_csr_insert(w.services.db, &csr, &e), e);
    assert_string_equal(applied(c.id).key_id, csr.key_id);
    assert_fails(stored_csr_delete(w.services.db, w.arena, &csr, w.now, &e), e, ERR_IN_USE);
}

static void an_application_that_is_dropped_leaves_the_key_of_the_request(void **state) {
    (void)state;
    struct stored_csr csr = stored("p256");
    struct held_key key;
    struct certificate c = bought((struct order_request){.csr_id = csr.id});
    struct application application = applied(c.id);
    assert_ok(application_drop(w.services.db, &application, w.now, "withdrawn", &e), e);
    assert_ok(held_key_get(w.services.db, w.arena, ACCOUNT, csr.key_id, &key, &e), e);
}

static void a_reissue_with_another_request_frees_the_first(void **state) {
    (void)state;
    struct stored_csr first = stored("p256"), second = stored("p256");
    struct certificate c = bought((struct order_request){.csr_id = first.id});
    c.version_id = "ver_1", c.version_count = 1, c.covered_from = w.now;
    c.version_end = c.coverage_end = w.now + 300 * DAY;
    const struct profile *profile;
    assert_ok(certificate_profile(&w.policies, &c, &profile, &e), e);
    assert_ok(certificate_store(w.services.db, w.arena, profile, &c, &e), e);
    assert_ok(reissue(&w, c.id, &(struct order_request){.csr_id = second.id}, &e), e);
    assert_fails(stored_csr_delete(w.services.db, w.arena, &second, w.now, &e), e, ERR_IN_USE);
    assert_ok(stored_csr_delete(w.services.db, w.arena, &first, w.now, &e), e);
}

static void an_rsa_request_serves_as_soon_as_its_key_is_made(void **state) {
    (void)state;
    struct stored_csr csr = stored("rsa2048");
    refuse((struct order_request){.csr_id = csr.id}, ERR_CONFLICT, "csr_id");
    run(&make, csr.id);
    struct certificate c = bought((struct order_request){.csr_id = csr.id});
    assert_string_equal(c.key_algorithm, "rsa2048");
    assert_non_null(applied(c.id).key_id);
}

static void what_does_not_go_together_is_refused(void **state) {
    (void)state;
    struct stored_csr csr = stored("p256"), foreign = stored_by("acct_other", "p256");
    refuse((struct order_request){.csr_id = csr.id, .own_csr = csr.pem}, ERR_BAD_FIELD, "csr_id");
    refuse((struct order_request){.csr_id = csr.id, .csr_choice = "automatic"}, ERR_BAD_FIELD, "csr");
    refuse((struct order_request){.csr_id = "csr_00000000000000000000000000"}, ERR_NOT_FOUND, "csr_id");
    refuse((struct order_request){.csr_id = foreign.id}, ERR_NOT_FOUND, "csr_id");
}

static void a_compromised_key_is_refused_in_an_order(void **state) {
    (void)state;
    struct stored_csr csr = stored("p256");
    assert_ok(compromised_key_report(w.services.db, ACCOUNT, csr.spki_sha256, w.now, &e), e);
    refuse((struct order_request){.csr_id = csr.id}, ERR_CSR_WEAK_KEY, "csr");
    refuse((struct order_request){.own_csr = csr.pem}, ERR_CSR_WEAK_KEY, "csr");
}

static struct certificate issued_with_key(const struct stored_csr *csr) {
    struct certificate c = bought((struct order_request){.names = "www.example.com"});
    const struct profile *profile;
    struct version stored_version;
    struct cert leaf = {.der = slice_str("der"),
                        .serial = c.id, /* any that is its own */
                        .issuer = "CN=Test",
                        .subject = "",
                        .names = "www.example.com",
                        .not_before = w.now,
                        .end = w.now + 300 * DAY,
                        .fingerprint = "f1",
                        .spki_sha256 = csr->spki_sha256,
                        .algorithm = KEY_P256};
    struct new_version v = {.leaf = &leaf, .key_id = csr->key_id};
    c.covered_from = w.now;
    c.coverage_end = leaf.end;
    assert_ok(certificate_profile(&w.policies, &c, &profile, &e), e);
    assert_ok(version_add(w.services.db, w.arena, profile, &c, &v, w.now, &stored_version, &e), e);
    return c;
}

static void a_compromised_key_is_not_kept(void **state) {
    (void)state;
    struct stored_csr csr = stored("p256");
    struct certificate old = issued_with_key(&csr), other = issued_with_key(&csr), first;
    const struct order_request keep = {.csr_choice = "keep", .created_by = "user"};
    w.now = old.window_at;
    assert_ok(renew(&w, other.id, &keep, &first, &e), e);
    assert_ok(compromised_key_report(w.services.db, ACCOUNT, csr.spki_sha256, w.now, &e), e);
    assert_fails(renew(&w, old.id, &keep, &first, &e), e, ERR_WEAK_KEY);
    assert_string_equal(e.field, "csr_choice");
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

TEST_MAIN(own_csr, in_world(an_order_with_a_stored_request_has_its_held_key),
          in_world(the_same_request_pasted_is_the_same),
          in_world(a_key_that_came_after_the_order_is_kept_for_it),
          in_world(an_application_that_is_dropped_leaves_the_key_of_the_request),
          in_world(a_reissue_with_another_request_frees_the_first),
          in_world(an_rsa_request_serves_as_soon_as_its_key_is_made),
          in_world(what_does_not_go_together_is_refused), in_world(a_compromised_key_is_refused_in_an_order),
          in_world(a_compromised_key_is_not_kept))
