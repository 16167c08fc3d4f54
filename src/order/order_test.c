/* What orders create, and what they refuse. */
#include "order/market.h"
#include "unit.h"

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

static struct certificate in_its_window(const char *kind, const char *names) {
    return brought_in(&w, kind, names, time_format(w.arena, w.now + 30 * DAY));
}

static struct certificate uploaded(const char *names) {
    return in_its_window("uploaded", names);
}

static const struct ledger_cause *cause(void) {
    static struct ledger_cause by;
    by = (struct ledger_cause){"user", w.now};
    return &by;
}

static bool renew_as(const struct certificate *old, struct order_request request, struct certificate *first) {
    request.created_by = "user";
    return renew(&w, old->id, &request, first, &e);
}

static const struct order_request as_it_was = {0};

/* ---- purchase ---- */

static void a_purchase_takes_what_was_not_chosen_from_the_default_brand(void **state) {
    (void)state;
    struct certificate c = bought(NULL, "www.example.com");
    assert_string_equal(c.brand, "Tenure");
    assert_string_equal(c.profile, "modern");
    assert_string_equal(c.key_algorithm, "p256");
    assert_string_equal(c.csr_choice, "automatic");
    assert_string_equal(c.grade, "dv");
    assert_string_equal(c.domain_type, "single");
    assert_int_equal(c.paid_at, w.now);
    assert_int_equal(c.active_at, w.now);
    assert_true(c.auto_versions);
    assert_null(c.predecessor_id);
}

static void a_purchase_is_an_order_and_work_for_the_engine(void **state) {
    (void)state;
    struct certificate c = bought(NULL, "www.example.com");
    struct order order;
    struct work_item item;
    assert_ok(order_get(w.services.db, w.arena, ACCOUNT, c.order_id, &order, &e), e);
    assert_string_equal(order.kind, "purchase");
    assert_string_equal(order.certificate_id, c.id);
    assert_int_equal(order.paid_at, w.now);
    assert_int_equal(order.due.amount, 0);
    assert_ok(work_get(w.services.db, w.arena, c.id, &item, &e), e);
    assert_string_equal(item.step, "decide");
    assert_int_equal(item.due_at, w.now);
    assert_fails(order_get(w.services.db, w.arena, "acct_other", c.order_id, &order, &e), e, ERR_NOT_FOUND);
}

static void the_profile_says_whether_an_order_is_submitted_at_once(void **state) {
    (void)state;
    struct certificate validating = bought("Tenure", "a.example.com");
    struct certificate pending = bought("DigiCert", "b.example.com");
    assert_int_equal(certificate_state(&validating, w.now), STATE_VALIDATING);
    assert_int_equal(certificate_state(&pending, w.now), STATE_PENDING_APPLICATION);
}

static void a_purchase_refuses_what_is_not_on_sale(void **state) {
    (void)state;
    static const struct {
        struct order_request request;
        enum error_id id;
        const char *field;
    } cases[] = {
        {{.names = "a.example.com", .brand = "Nobody"}, ERR_BAD_FIELD, "brand"},
        {{.names = "a.example.com", .years = 2, .brand = "GlobalSign"}, ERR_YEARS_NOT_OFFERED, "years"},
        {{.names = "a.example.com", .years = 9}, ERR_YEARS_NOT_OFFERED, "years"},
        {{.names = "a.example.com", .years = -1}, ERR_YEARS_NOT_OFFERED, "years"},
        {{.names = "a.example.com", .grade = "xv"}, ERR_BAD_FIELD, "grade"},
        {{.names = "a.example.com", .key_algorithm = "rsa1024"}, ERR_BAD_FIELD, "key_algorithm"},
        {{.names = "a.example.com", .key_algorithm = "ed25519", .brand = "DigiCert"},
         ERR_BAD_FIELD,
         "key_algorithm"},
        {{.names = "a.example.com", .csr_choice = "maybe"}, ERR_CSR_CHOICE_NOT_OFFERED, "csr_choice"},
        {{.names = "a.example.com", .csr_choice = "keep"}, ERR_CSR_CHOICE_NOT_OFFERED, "csr_choice"},
        {{.names = "a.example.com", .csr_choice = "keep", .brand = "TrustAsia"},
         ERR_CSR_CHOICE_NOT_OFFERED,
         "csr_choice"},
        {{.names = "a.example.com", .csr_choice = "own"}, ERR_BAD_FIELD, "csr"},
        {{.names = "a.example.com", .csr_choice = "automatic", .own_csr = "x"}, ERR_BAD_FIELD, "csr"},
        {{.names = "a.example.com", .own_csr = "no CSR"}, ERR_CSR_MALFORMED, "csr"},
        {{.names = "a_b.example.com"}, ERR_BAD_NAME, "names"},
        {{.names = "a.example.com a.example.com"}, ERR_BAD_NAME, "names"},
        {{.names = NULL}, ERR_BAD_NAME, "names"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct certificate c;
        error_clear(&e);
        assert_fails(purchase(&w, &cases[i].request, &c, &e), e, cases[i].id);
        assert_string_equal(e.field, cases[i].field);
    }
}

static void an_own_csr_gives_names_and_key_and_must_fit_both(void **state) {
    (void)state;
    struct slice spki;
    struct certificate c;
    const char *csr = csr_for(&w, "www.example.com example.com", KEY_P384, &spki);
    struct order_request request = {.own_csr = csr, .created_by = "user"};
    assert_ok(purchase(&w, &request, &c, &e), e);
    assert_string_equal(c.csr_choice, "own");
    assert_string_equal(c.names, "www.example.com example.com");
    assert_string_equal(c.key_algorithm, "p384");
    request.names = "www.example.com example.com shop.example.com";
    assert_ok(purchase(&w, &request, &c, &e), e);
    request.names = "www.example.com";
    assert_fails(purchase(&w, &request, &c, &e), e, ERR_CSR_NAMES_MISMATCH);
    request.names = NULL;
    request.key_algorithm = "p256";
    assert_fails(purchase(&w, &request, &c, &e), e, ERR_BAD_FIELD);
    assert_string_equal(e.field, "key_algorithm");
}

static void the_bare_domain_of_a_wildcard_is_included(void **state) {
    (void)state;
    static const struct {
        const char *brand, *typed, *names, *domain_type;
    } rows[] = {
        {NULL, "*.Example.com", "*.example.com example.com", "wildcard"},
        {NULL, "Example.com *.example.com", "example.com *.example.com", "wildcard"},
        {NULL, "*.example.com www.example.org", "*.example.com example.com www.example.org", "mixed"},
        {NULL, "*.a.example.com *.example.com", "*.a.example.com a.example.com *.example.com example.com",
         "mixed"},
        {"DigiCert", "a.example b.example c.example d.example *.e.example",
         "a.example b.example c.example d.example *.e.example e.example", "mixed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct certificate c = bought(rows[i].brand, rows[i].typed);
        assert_string_equal(c.names, rows[i].names);
        assert_string_equal(c.domain_type, rows[i].domain_type);
    }
}

static void a_bare_domain_does_not_count_among_the_names_that_a_brand_allows(void **state) {
    (void)state;
    const char *most = "a.example b.example c.example d.example *.e.example e.example";
    struct order_request request = {.brand = "DigiCert", .names = most, .created_by = "user"};
    struct certificate c;
    assert_ok(purchase(&w, &request, &c, &e), e);
    request.names = "a.example b.example c.example d.example *.e.example f.example";
    assert_fails(purchase(&w, &request, &c, &e), e, ERR_BAD_NAME);
    assert_string_equal(e.field, "names");
}

static void a_public_line_has_public_names_alone(void **state) {
    (void)state;
    static const char *const private[] = {"10.0.0.1", "db.internal", "printer.local"};
    struct certificate c;
    bought("Tenure", private[0]);
    ((struct brand *)catalog_find(&w.catalog, "Tenure"))->public_names = true;
    bought("Tenure", "public.example.com");
    for (size_t i = 0; i < sizeof private / sizeof *private; i++) {
        struct order_request request = {.brand = "Tenure", .names = private[i], .created_by = "user"};
        assert_fails(purchase(&w, &request, &c, &e), e, ERR_BAD_NAME);
        assert_string_equal(e.field, "names");
    }
}

/* ---- what issuers can ---- */

static void put_issuer(const char *id, const char *grades, const char *key_algorithms, int64_t names_max) {
    const struct issuer issuer = {.id = id,
                                  .kind = "acme",
                                  .title_en = id,
                                  .title_zh = id,
                                  .directory = "https://ca.test/dir",
                                  .grades = grades,
                                  .public_names = true,
                                  .key_algorithms = key_algorithms,
                                  .names_max = names_max,
                                  .finalize_seconds = 600};
    assert_ok(issuer_db_put(w.services.db, &issuer, &e), e);
}

static struct brand *issued_by(const char *issuer, const char *fallback) {
    struct brand *brand = (struct brand *)catalog_find(&w.catalog, "Tenure");
    brand->issuer = issuer;
    brand->fallback_issuers = fallback;
    return brand;
}

static void what_an_issuer_cannot_is_refused_before_it_is_asked(void **state) {
    (void)state;
    static const struct {
        struct order_request request;
        enum error_id error;
        const char *field;
    } rows[] = {
        {{.names = "a.example.com", .key_algorithm = "ed25519"}, ERR_BAD_FIELD, "key_algorithm"},
        {{.names = "a.example.com", .grade = "ov"}, ERR_BAD_FIELD, "grade"},
        {{.names = "*.a.example.com b.example.com"}, ERR_BAD_NAME, "names"},
        {{.names = "db.internal"}, ERR_BAD_NAME, "names"},
        {{.names = "10.0.0.1"}, ERR_BAD_NAME, "names"},
    };
    put_issuer("strict", "dv", "rsa2048 p384", 2);
    put_issuer("lax", NULL, NULL, 0);
    static const char *const lines[][2] = {{"strict", ""}, {"strict", "lax"}, {"lax", "strict"}};
    for (size_t k = 0; k < 3; k++) {
        issued_by(lines[k][0], lines[k][1]);
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            struct order_request request = rows[i].request;
            struct certificate c;
            request.brand = "Tenure";
            request.created_by = "user";
            assert_fails(purchase(&w, &request, &c, &e), e, rows[i].error);
            assert_string_equal(e.field, rows[i].field);
        }
        assert_string_equal(bought("Tenure", "*.example.com").key_algorithm, "p384");
    }
    issued_by("lax", "");
    bought("Tenure", "*.a.example.com b.example.com");
}

static void a_kept_key_is_one_that_the_issuer_signs(void **state) {
    (void)state;
    struct certificate old = issued("Tenure", "www.example.com");
    put_issuer("strict", "dv", "rsa2048 p384", 2);
    issued_by("strict", "");
    struct order_request request = {.csr_choice = "keep", .created_by = "user"};
    assert_fails(reissue(&w, old.id, &request, &e), e, ERR_BAD_FIELD);
    assert_string_equal(e.field, "key_algorithm");
    request.csr_choice = "automatic";
    assert_ok(reissue(&w, old.id, &request, &e), e);
    assert_string_equal(certificate_now(&w, old.id).key_algorithm, "p384");
}

static void issuers_without_a_common_key_sell_nothing(void **state) {
    (void)state;
    struct order_request request = {.brand = "Tenure", .names = "a.example.com", .created_by = "user"};
    struct certificate c;
    put_issuer("rsa", NULL, "rsa2048", 0);
    put_issuer("ecc", NULL, "p256", 0);
    issued_by("rsa", "ecc");
    assert_fails(purchase(&w, &request, &c, &e), e, ERR_BRAND_NOT_ON_SALE);
}

static void a_wildcard_keeps_its_names_in_a_renewal(void **state) {
    (void)state;
    struct certificate old = issued("CFCA", "*.example.com"), first;
    w.now = old.window_at;
    assert_ok(renew_as(&old, as_it_was, &first), e);
    assert_string_equal(first.names, "*.example.com example.com");
    assert_false(first.specification_changed);
}

static void an_order_names_the_vendor_of_its_brand(void **state) {
    (void)state;
    assert_string_equal(bought("GlobalSign", "www.example.com").vendor, "GlobalSign");
}

/* ---- renewal ---- */

static void a_renewal_in_the_window_is_active_at_once_and_linked_both_ways(void **state) {
    (void)state;
    struct certificate old = issued(NULL, "www.example.com"), first;
    w.now = old.window_at;
    assert_ok(renew_as(&old, as_it_was, &first), e);
    assert_string_equal(first.order_kind, "renewal");
    assert_string_equal(first.predecessor_id, old.id);
    assert_string_equal(certificate_now(&w, old.id).successor_id, first.id);
    assert_int_equal(first.active_at, w.now);
    assert_false(first.specification_changed);
    assert_int_equal(certificate_state(&old, w.now), STATE_PENDING_EXPIRATION);
}

static void a_renewal_before_the_window_is_early_and_waits(void **state) {
    (void)state;
    struct certificate old = issued(NULL, "www.example.com"), first;
    struct work_item item;
    w.now = old.window_at - 1;
    assert_ok(renew_as(&old, as_it_was, &first), e);
    assert_string_equal(first.order_kind, "early_renewal");
    assert_int_equal(certificate_state(&first, w.now), STATE_NOT_ACTIVATED);
    assert_ok(work_get(w.services.db, w.arena, first.id, &item, &e), e);
    assert_int_equal(item.due_at, w.now);
}

static void a_profile_without_early_renewal_says_that_it_is_too_early(void **state) {
    (void)state;
    struct certificate old = issued("TrustAsia", "www.example.com"), first;
    assert_fails(renew_as(&old, as_it_was, &first), e, ERR_OUTSIDE_WINDOW);
}

static void an_expired_certificate_is_bought_anew(void **state) {
    (void)state;
    struct certificate old = issued(NULL, "www.example.com"), first;
    w.now = old.coverage_end;
    assert_fails(renew_as(&old, as_it_was, &first), e, ERR_EXPIRED_BUY_NEW);
    w.now = old.coverage_end - 1;
    assert_ok(renew_as(&old, as_it_was, &first), e);
}

static void a_second_renewal_is_refused_and_names_the_first(void **state) {
    (void)state;
    struct certificate old = issued(NULL, "www.example.com"), first, second;
    w.now = old.window_at;
    assert_ok(renew_as(&old, as_it_was, &first), e);
    assert_fails(renew_as(&old, as_it_was, &second), e, ERR_HAS_SUCCESSOR);
    assert_string_equal(e.object, first.id);
}

static void a_cancelled_successor_makes_room_for_another(void **state) {
    (void)state;
    struct certificate old = issued(NULL, "www.example.com"), first, second;
    assert_ok(renew_as(&old, as_it_was, &first), e);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, order_cancel(&w.services, w.arena, &first, cause(), &e), &e), e);
    assert_int_equal(certificate_state(&first, w.now), STATE_CANCELLED);
    assert_null(certificate_now(&w, old.id).successor_id);
    assert_ok(renew_as(&old, as_it_was, &second), e);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_false(world_end(&w, order_cancel(&w.services, w.arena, &first, cause(), &e), &e));
}

static void a_changed_specification_is_marked_where_it_is_allowed(void **state) {
    (void)state;
    static const struct order_request changes[] = {
        {.names = "*.example.com"}, {.key_algorithm = "rsa2048"}, {.grade = "ov"}, {.brand = "GlobalSign"}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct certificate old = issued(NULL, "www.example.com"), first;
        w.now = old.window_at;
        assert_ok(renew_as(&old, changes[i], &first), e);
        assert_true(first.specification_changed);
    }
}

static void other_names_within_the_specification_do_not_change_it(void **state) {
    (void)state;
    struct certificate old = issued(NULL, "www.example.com"), first;
    w.now = old.window_at;
    assert_ok(
        renew_as(&old, (struct order_request){.names = "shop.example.com", .key_algorithm = "p384"}, &first),
        e);
    assert_false(first.specification_changed);
    assert_string_equal(first.names, "shop.example.com");
}

static void a_changed_specification_is_refused_by_the_profile_of_the_old_one(void **state) {
    (void)state;
    static const struct order_request changes[] = {{.names = "*.example.com"}, {.brand = "Tenure"}};
    struct certificate old = issued("DigiCert", "www.example.com"), first;
    w.now = old.window_at;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
        assert_fails(renew_as(&old, changes[i], &first), e, ERR_SPECIFICATION_CHANGE_BUY_NEW);
    assert_null(certificate_now(&w, old.id).successor_id);
}

static void what_the_profile_does_not_let_edit_stays_as_it_was(void **state) {
    (void)state;
    struct certificate old = issued("DigiCert", "www.example.com"), first;
    w.now = old.window_at;
    assert_fails(renew_as(&old, (struct order_request){.names = "shop.example.com"}, &first), e,
                 ERR_NOT_EDITABLE);
    assert_ok(renew_as(&old, (struct order_request){.names = "www.example.com"}, &first), e);
}

static void a_csr_of_a_renewal_has_a_key_like_the_old_one(void **state) {
    (void)state;
    struct certificate old = issued(NULL, "www.example.com"), first;
    struct slice spki;
    w.now = old.window_at;
    struct order_request request = {.own_csr = csr_for(&w, "www.example.com", KEY_P384, &spki)};
    assert_fails(renew_as(&old, request, &first), e, ERR_CSR_KEY_ALGORITHM_MISMATCH);
    request.own_csr = csr_for(&w, "www.example.com", KEY_P256, &spki);
    assert_ok(renew_as(&old, request, &first), e);
}

static void a_new_certificate_has_a_new_key_unless_somebody_wants_otherwise(void **state) {
    (void)state;
    struct slice spki;
    struct certificate old = issued(NULL, "www.example.com"), first;
    const char *csr = csr_for(&w, "www.example.com", KEY_P256, &spki);
    w.now = old.window_at;
    assert_ok(reissue(&w, old.id, &(struct order_request){.own_csr = csr}, &e), e);
    assert_ok(reissue(&w, old.id, &as_it_was, &e), e);
    assert_string_equal(certificate_now(&w, old.id).csr_choice, "own");
    assert_ok(renew_as(&old, as_it_was, &first), e);
    assert_string_equal(first.csr_choice, "automatic");
    assert_null(first.own_csr);
}

static void a_key_is_kept_only_where_it_is_held(void **state) {
    (void)state;
    struct certificate old = issued(NULL, "www.example.com"), brought = uploaded("up.example.com"), first;
    w.now = old.window_at;
    assert_ok(renew_as(&old, (struct order_request){.csr_choice = "keep"}, &first), e);
    w.now = brought.window_at;
    assert_fails(renew_as(&brought, (struct order_request){.csr_choice = "keep"}, &first), e,
                 ERR_NO_KEY_HELD);
}

static void an_uploaded_certificate_is_replaced_without_having_to_match(void **state) {
    (void)state;
    struct certificate old = uploaded("www.example.com"), first;
    w.now = old.window_at;
    assert_ok(
        renew_as(&old, (struct order_request){.names = "*.example.com", .key_algorithm = "p256"}, &first), e);
    assert_string_equal(first.order_kind, "replacement");
    assert_string_equal(first.kind, "official");
    assert_false(first.specification_changed);
}

static void a_certificate_of_a_private_ca_is_replaced_like_an_uploaded_one(void **state) {
    (void)state;
    struct certificate old = in_its_window("pca", "www.example.com"),
                       seen = in_its_window("discovered", "b.example.com"), first;
    w.now = old.window_at;
    assert_ok(renew_as(&old, as_it_was, &first), e);
    assert_string_equal(first.order_kind, "replacement");
    assert_fails(renew_as(&seen, as_it_was, &first), e, ERR_NOT_OFFICIAL);
}

static void a_replacement_must_match_where_the_profile_that_is_bought_says_so(void **state) {
    (void)state;
    struct certificate old = uploaded("www.example.com"), first;
    w.now = old.window_at;
    struct order_request other = {.brand = "GlobalSign", .names = "*.example.com"},
                         same = {.brand = "GlobalSign"};
    assert_fails(renew_as(&old, other, &first), e, ERR_SPECIFICATION_MISMATCH);
    assert_ok(renew_as(&old, same, &first), e);
    assert_string_equal(first.key_algorithm, "rsa2048");
}

/* ---- reissue, cancel ---- */

static void a_reissue_is_due_at_once_and_keeps_its_specification(void **state) {
    (void)state;
    struct certificate old = issued(NULL, "www.example.com"), c;
    w.now += DAY;
    assert_ok(reissue(&w, old.id, &(struct order_request){.names = "shop.example.com"}, &e), e);
    c = certificate_now(&w, old.id);
    assert_string_equal(c.names, "shop.example.com");
    assert_int_equal(c.next_issue_at, w.now);
    assert_int_equal(c.coverage_end, old.coverage_end);
    assert_fails(reissue(&w, old.id, &(struct order_request){.names = "*.example.com"}, &e), e,
                 ERR_SPECIFICATION_CHANGE_BUY_NEW);
    assert_fails(reissue(&w, old.id, &(struct order_request){.key_algorithm = "rsa2048"}, &e), e,
                 ERR_SPECIFICATION_CHANGE_BUY_NEW);
    w.now = old.coverage_end;
    assert_fails(reissue(&w, old.id, &as_it_was, &e), e, ERR_NOT_LIVE);
}

static void what_is_issued_or_submitted_is_not_cancelled(void **state) {
    (void)state;
    struct certificate live = issued(NULL, "www.example.com"), submitted = bought(NULL, "a.example.com"),
                       open = bought("DigiCert", "b.example.com");
    assert_ok(db_begin(w.services.db, &e), e);
    assert_fails(order_cancel(&w.services, w.arena, &live, cause(), &e), e, ERR_ALREADY_ISSUED);
    assert_fails(order_cancel(&w.services, w.arena, &submitted, cause(), &e), e, ERR_ALREADY_SUBMITTED);
    assert_ok(order_cancel(&w.services, w.arena, &open, cause(), &e), e);
    db_rollback(w.services.db);
}

static void orders_are_listed_newest_first_page_by_page(void **state) {
    (void)state;
    struct order *orders;
    size_t count;
    for (int i = 0; i < 3; i++, w.now++)
        bought(NULL, "www.example.com");
    struct order_range range = {.account_id = ACCOUNT, .limit = 2};
    assert_ok(order_list(w.services.db, w.arena, &range, &orders, &count, &e), e);
    assert_int_equal(count, 2);
    assert_int_equal(orders[0].number, 3);
    range.cursor = orders[1].id;
    assert_ok(order_list(w.services.db, w.arena, &range, &orders, &count, &e), e);
    assert_int_equal(count, 1);
    assert_int_equal(orders[0].number, 1);
    range = (struct order_range){.account_id = "acct_other", .limit = 2};
    assert_ok(order_list(w.services.db, w.arena, &range, &orders, &count, &e), e);
    assert_int_equal(count, 0);
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

TEST_MAIN(order, in_world(a_purchase_takes_what_was_not_chosen_from_the_default_brand),
          in_world(a_purchase_is_an_order_and_work_for_the_engine),
          in_world(the_profile_says_whether_an_order_is_submitted_at_once),
          in_world(a_purchase_refuses_what_is_not_on_sale),
          in_world(an_own_csr_gives_names_and_key_and_must_fit_both),
          in_world(the_bare_domain_of_a_wildcard_is_included),
          in_world(a_bare_domain_does_not_count_among_the_names_that_a_brand_allows),
          in_world(a_public_line_has_public_names_alone),
          in_world(what_an_issuer_cannot_is_refused_before_it_is_asked),
          in_world(a_kept_key_is_one_that_the_issuer_signs),
          in_world(issuers_without_a_common_key_sell_nothing),
          in_world(a_wildcard_keeps_its_names_in_a_renewal), in_world(an_order_names_the_vendor_of_its_brand),
          in_world(a_renewal_in_the_window_is_active_at_once_and_linked_both_ways),
          in_world(a_renewal_before_the_window_is_early_and_waits),
          in_world(a_profile_without_early_renewal_says_that_it_is_too_early),
          in_world(an_expired_certificate_is_bought_anew),
          in_world(a_second_renewal_is_refused_and_names_the_first),
          in_world(a_cancelled_successor_makes_room_for_another),
          in_world(a_changed_specification_is_marked_where_it_is_allowed),
          in_world(other_names_within_the_specification_do_not_change_it),
          in_world(a_changed_specification_is_refused_by_the_profile_of_the_old_one),
          in_world(what_the_profile_does_not_let_edit_stays_as_it_was),
          in_world(a_csr_of_a_renewal_has_a_key_like_the_old_one),
          in_world(a_new_certificate_has_a_new_key_unless_somebody_wants_otherwise),
          in_world(a_key_is_kept_only_where_it_is_held),
          in_world(an_uploaded_certificate_is_replaced_without_having_to_match),
          in_world(a_certificate_of_a_private_ca_is_replaced_like_an_uploaded_one),
          in_world(a_replacement_must_match_where_the_profile_that_is_bought_says_so),
          in_world(a_reissue_is_due_at_once_and_keeps_its_specification),
          in_world(what_is_issued_or_submitted_is_not_cancelled),
          in_world(orders_are_listed_newest_first_page_by_page))
