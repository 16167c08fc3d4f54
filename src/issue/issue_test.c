/* From an order to a version, through the real steps, with the real signer: repeats, coverage, keys, checks.
 */
#include "issue/fixture.h"
#include "renew/expiry.h"

/* ---- from order to version ---- */

static void what_is_issued_passes_a_strict_verifier_with_its_crls(void **state) {
    (void)state;
    struct certificate c = issue_now(
        bought((struct order_request){.names = "www.example.com *.example.org 192.0.2.1 2001:db8::1"}).id);
    sign_crls(&c);
    assert_non_null(strstr(verify(&c), "leaf.pem: OK"));
    struct cert leaf = leaf_of(&c);
    assert_string_equal(leaf.names, c.names);
    assert_false(leaf.is_ca);
    assert_non_null(strstr(leaf.crl_url, "http://ca.example.com/crl/ca_"));
    assert_non_null(strstr(leaf.issuer_url, "http://ca.example.com/ca/ca_"));
}

static void every_key_algorithm_on_sale_can_be_issued(void **state) {
    (void)state;
    static const char *const algorithms[] = {"p256", "p384", "rsa2048"};
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        struct certificate c = issue_now(bought((struct order_request){.key_algorithm = algorithms[i]}).id);
        assert_string_equal(c.key_algorithm, algorithms[i]);
        assert_true(c.key_held);
    }
}

static void the_versions_key_is_the_one_that_is_held(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    struct version version;
    struct held_key key;
    assert_ok(version_get(w.services.db, w.arena, ACCOUNT, c.version_id, &version, &e), e);
    assert_ok(held_key_get(w.services.db, w.arena, ACCOUNT, version.key_id, &key, &e), e);
    assert_true(slice_equal(leaf_of(&c).spki, key.spki));
}

static void issuing_closes_the_application(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    struct application *applications;
    size_t count;
    assert_ok(application_list(w.services.db, w.arena, c.id, &applications, &count, &e), e);
    assert_int_equal(count, 1);
    assert_int_equal(applications[0].closed_at, w.now);
    assert_string_equal(applications[0].version_id, c.version_id);
    assert_null(applications[0].reject_reason);
}

/* ---- crashes ---- */

static void a_crash_between_signing_and_storing_gives_the_same_certificate(void **state) {
    (void)state;
    bought_and_issued(NULL); /* there is a CA */
    struct certificate c = bought((struct order_request){0});
    run(&apply, c.id);
    struct work lost = step_begin(&w, c.id);
    struct application application;
    struct issued signed_before;
    assert_ok(application_open(w.services.db, w.arena, c.id, &application, &e), e);
    assert_ok(issuer_find("local")->ask(&lost, &c, &application, &signed_before, &e), e);
    w.now += 3600;
    assert_int_equal(run(&issue, c.id), OUTCOME_NEXT);
    c = certificate_now(&w, c.id);
    struct cert leaf = leaf_of(&c);
    assert_true(slice_equal(leaf.tbs, signed_before.leaf.tbs));
}

static void a_repeated_apply_step_does_not_change_the_journal(void **state) {
    (void)state;
    bought_and_issued(NULL);
    struct certificate c = bought((struct order_request){0});
    struct application application;
    struct journal first, second;
    run(&apply, c.id);
    assert_ok(application_open(w.services.db, w.arena, c.id, &application, &e), e);
    assert_ok(journal_find(w.services.db, w.arena, application.id, &first, &e), e);
    w.now += 60;
    run(&apply, c.id);
    assert_ok(journal_find(w.services.db, w.arena, application.id, &second, &e), e);
    assert_non_null(first.application_id);
    assert_true(slice_equal(first.serial, second.serial));
    assert_int_equal(first.issued_at, second.issued_at);
}

static void a_repeat_after_storing_issues_nothing_more(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    struct work_item item;
    assert_int_equal(run(&issue, c.id), OUTCOME_DONE);
    assert_int_equal(certificate_now(&w, c.id).version_count, 1);
    assert_ok(work_get(w.services.db, w.arena, c.id, &item, &e), e);
    assert_string_equal(item.step, "decide");
}

static void a_certificate_deleted_meanwhile_ends_the_step(void **state) {
    (void)state;
    bought_and_issued(NULL);
    struct certificate c = bought((struct order_request){0});
    run(&apply, c.id);
    struct work work = step_begin(&w, c.id);
    assert_ok(issue_ask(&work, &e), e);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, certificate_delete(w.services.db, w.arena, &c, &e), &e), e);
    assert_ok(step_save(&w, &issue, &work, &e), e);
    assert_int_equal(work.outcome, OUTCOME_DONE);
    assert_int_equal(run(&issue, c.id), OUTCOME_DONE);
}

static void a_journal_of_yesterday_is_written_anew(void **state) {
    (void)state;
    bought_and_issued(NULL);
    struct certificate c = bought((struct order_request){0});
    run(&apply, c.id);
    w.now += DAY;
    assert_int_equal(run(&issue, c.id), OUTCOME_AGAIN);
    assert_int_equal(run(&issue, c.id), OUTCOME_NEXT);
    c = certificate_now(&w, c.id);
    assert_int_equal(c.covered_from, w.now);
    assert_int_equal(c.coverage_end, w.now + 365 * DAY);
}

/* ---- coverage: the table of SPEC section 7 ---- */

static void assert_version(const struct certificate *c, const char *not_after, int64_t days) {
    struct cert leaf = leaf_of(c);
    assert_string_equal(time_format(w.arena, leaf.end - 1), not_after);
    assert_int_equal((leaf.end - leaf.not_before) / DAY, days);
    assert_int_equal(leaf.not_before, w.now);
}

static void row_1_a_renewal_carries_twenty_days(void **state) {
    (void)state;
    begin_at("2024-10-01T00:00:00Z");
    struct certificate old = bought_and_issued("DigiCert");
    assert_string_equal(time_format(w.arena, old.end_at), "2025-10-01T00:00:00Z");
    w.now = at("2025-09-10T10:00:00Z");
    struct certificate c = issue_now(renewed(old.id, (struct order_request){0}).id);
    assert_version(&c, "2026-09-30T23:59:59Z", 385);
    assert_int_equal(c.carried_seconds / DAY, 20);
    assert_int_equal(c.coverage_end, at("2026-10-01T00:00:00Z"));
    assert_int_equal(certificate_now(&w, old.id).version_end, old.version_end);
}

static void row_2_an_early_renewal_waits_and_carries_thirty_days(void **state) {
    (void)state;
    begin_at("2024-10-01T00:00:00Z");
    struct certificate old = bought_and_issued("CFCA");
    w.now = at("2025-08-15T00:00:00Z");
    struct certificate c = renewed(old.id, (struct order_request){0});
    struct work work = step_begin(&w, c.id);
    assert_ok(step_save(&w, &decide, &work, &e), e);
    assert_int_equal(work.outcome, OUTCOME_WAIT);
    assert_string_equal(time_format(w.arena, work.until), "2025-09-01T00:00:00Z");
    w.now = work.until;
    c = issue_now(c.id);
    assert_int_equal(c.active_at, w.now);
    assert_version(&c, "2026-09-30T23:59:59Z", 395);
    assert_int_equal(c.carried_seconds / DAY, 30);
}

/* Until then the old one gets all its versions: nothing that is paid for is lost, the plan has promised it.
 */
static void an_early_renewal_starts_thirty_days_before_the_old_end_under_every_policy(void **state) {
    (void)state;
    struct certificate old = bought_and_issued("Tenure"), c = renewed(old.id, (struct order_request){0});
    while (old.next_issue_at && old.next_issue_at < old.window_at) {
        w.now = old.next_issue_at;
        old = issue_now(old.id);
    }
    w.now = old.window_at - 1;
    struct work work = step_begin(&w, c.id);
    assert_ok(step_save(&w, &decide, &work, &e), e);
    assert_int_equal(work.outcome, OUTCOME_WAIT);
    assert_int_equal(work.until, old.coverage_end - 30 * DAY);
    w.now = work.until;
    c = issue_now(c.id);
    assert_true(c.came_managed);
    assert_int_equal(c.carried_seconds, 30 * DAY);
    assert_int_equal(c.coverage_end, old.coverage_end + 365 * DAY);
}

static bool has_next_term(const struct certificate *c) {
    struct renew_facts facts;
    assert_ok(renew_facts_read(w.services.db, w.arena, c, &facts, &e), e);
    return facts.next_term;
}

static void store(struct certificate *c) {
    const struct profile *profile;
    assert_ok(certificate_profile(&w.policies, c, &profile, &e), e);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, certificate_store(w.services.db, w.arena, profile, c, &e), &e), e);
}

static void a_next_term_that_is_not_paid_is_none_yet(void **state) {
    (void)state;
    struct certificate old = bought_and_issued(NULL);
    assert_false(has_next_term(&old));
    w.now = old.window_at;
    struct certificate c = renewed(old.id, (struct order_request){0});
    old = certificate_now(&w, old.id);
    assert_true(has_next_term(&old));
    c.paid_at = 0;
    store(&c);
    assert_false(has_next_term(&old));
}

static void an_early_renewal_is_no_next_term_before_its_window(void **state) {
    (void)state;
    struct certificate old = bought_and_issued(NULL), c = renewed(old.id, (struct order_request){0});
    old = certificate_now(&w, old.id);
    assert_false(has_next_term(&old));
    c.active_at = old.window_at;
    store(&c);
    assert_true(has_next_term(&old));
    c.active_at = 0;
    c.term = 2;
    store(&c);
    assert_true(has_next_term(&old));
}

/* The brand's policy lets a person submit what was bought, but not what the managed service activates. */
static void what_the_managed_service_activates_is_submitted_by_it(void **state) {
    (void)state;
    begin_at("2024-10-01T00:00:00Z");
    struct certificate old = bought_and_issued("DigiCert"), c = renewed(old.id, (struct order_request){0});
    w.now = old.window_at;
    assert_int_equal(run(&decide, c.id), OUTCOME_NEXT);
    c = certificate_now(&w, c.id);
    assert_int_equal(c.submitted_at, w.now);
    assert_int_equal(certificate_state(&c, w.now), STATE_VALIDATING);
}

static void row_3_a_purchase_carries_nothing(void **state) {
    (void)state;
    begin_at("2025-08-15T00:00:00Z");
    struct certificate c = bought_and_issued("CFCA");
    assert_version(&c, "2026-08-14T23:59:59Z", 365);
    assert_int_equal(c.carried_seconds, 0);
    assert_int_equal(c.next_issue_at, 0);
}

static void row_5_a_changed_specification_carries_nothing(void **state) {
    (void)state;
    begin_at("2020-11-01T00:00:00Z");
    struct certificate old = bought_and_issued("GlobalSign");
    assert_string_equal(time_format(w.arena, old.end_at), "2021-11-01T00:00:00Z");
    w.now = at("2021-10-02T00:00:00Z");
    struct certificate c = issue_now(renewed(old.id, (struct order_request){.names = "*.example.com"}).id);
    assert_version(&c, "2022-10-01T23:59:59Z", 365);
    assert_int_equal(c.carried_seconds, 0);
}

static void row_6_a_bonus_makes_the_coverage_longer_than_a_version(void **state) {
    (void)state;
    begin_at("2023-04-02T00:00:00Z");
    struct certificate old = bought_and_issued("TrustAsia");
    assert_string_equal(time_format(w.arena, old.end_at), "2024-04-01T00:00:00Z");
    w.now = at("2024-03-12T00:00:00Z");
    struct certificate c = issue_now(renewed(old.id, (struct order_request){0}).id);
    assert_int_equal(c.coverage_end - c.covered_from, (365 + 20 + 90) * DAY);
    assert_int_equal(c.version_end - c.not_before, 397 * DAY);
    assert_true(c.next_issue_at > w.now);
}

/* Issues the versions of a coverage, each at its regular moment: the stored one may be earlier by a tenth of
 * the lead. */
static void follow_coverage(struct certificate c, const char *const *not_after, const int64_t *days,
                            size_t count) {
    const struct profile *profile;
    assert_ok(certificate_profile(&w.policies, &c, &profile, &e), e);
    assert_version(&c, not_after[0], days[0]);
    for (size_t i = 1; i < count; i++) {
        int64_t lead = policy_lead(profile, c.version_end - c.not_before), regular = c.version_end - lead;
        assert_in_range(c.next_issue_at, regular - lead / 10, regular);
        w.now = regular;
        c = issue_now(c.id);
        assert_version(&c, not_after[i], days[i]);
    }
    assert_int_equal(c.version_end, c.coverage_end);
    assert_int_equal(c.next_issue_at, 0);
}

static void row_7_a_renewal_is_fulfilled_by_four_versions(void **state) {
    (void)state;
    begin_at("2025-12-01T00:00:00Z");
    struct certificate old = bought_and_issued("Tenure");
    assert_string_equal(time_format(w.arena, old.end_at), "2026-12-01T00:00:00Z");
    w.now = at("2026-11-21T00:00:00Z");
    struct certificate c = issue_now(renewed(old.id, (struct order_request){0}).id);
    assert_string_equal(time_format(w.arena, c.coverage_end), "2027-12-01T00:00:00Z");
    follow_coverage(c,
                    (const char *[]){"2027-06-07T23:59:59Z", "2027-08-15T23:59:59Z", "2027-10-23T23:59:59Z",
                                     "2027-11-30T23:59:59Z"},
                    (const int64_t[]){199, 99, 99, 68}, 4);
}

static void row_8_a_purchase_is_fulfilled_by_four_versions(void **state) {
    (void)state;
    follow_coverage(bought_and_issued("Tenure"),
                    (const char *[]){"2027-06-07T23:59:59Z", "2027-08-15T23:59:59Z", "2027-10-23T23:59:59Z",
                                     "2027-11-20T23:59:59Z"},
                    (const int64_t[]){199, 99, 99, 58}, 4);
}

static void versions_are_backdated_as_set(void **state) {
    (void)state;
    const struct issue_settings backdated = {
        .public_url = "http://ca.example.com", .ca_algorithm = KEY_P256, .backdate_seconds = 60};
    w.services.issue = &backdated;
    struct certificate c = bought_and_issued(NULL);
    assert_int_equal(c.not_before, w.now - 60);
    assert_true(newest(CA_INTERMEDIATE).not_before <= c.not_before);
    assert_int_equal(c.version_end - c.not_before, 199 * DAY);
    assert_int_equal(c.covered_from, w.now);
    sign_crls(&c);
    assert_non_null(strstr(verify(&c), "leaf.pem: OK"));
}

/* ---- keys and CSRs ---- */

static void a_kept_key_stays_and_an_automatic_one_changes(void **state) {
    (void)state;
    struct certificate old = bought_and_issued(NULL);
    w.now = old.window_at;
    assert_ok(reissue(&w, old.id, &(struct order_request){.csr_choice = "keep"}, &e), e);
    struct certificate kept = issue_now(old.id);
    assert_true(slice_equal(leaf_of(&kept).spki, leaf_of(&old).spki));
    struct certificate next = issue_now(renewed(old.id, (struct order_request){.csr_choice = "keep"}).id);
    assert_true(slice_equal(leaf_of(&next).spki, leaf_of(&old).spki));
    assert_true(next.key_held);
    assert_ok(reissue(&w, next.id, &(struct order_request){.csr_choice = "automatic"}, &e), e);
    struct certificate fresh = issue_now(next.id);
    assert_false(slice_equal(leaf_of(&fresh).spki, leaf_of(&old).spki));
}

static void an_own_csr_has_its_key_and_tenure_none(void **state) {
    (void)state;
    struct slice spki;
    const char *csr = csr_for(&w, "www.example.com", KEY_P256, &spki);
    struct certificate c = issue_now(bought((struct order_request){.own_csr = csr}).id);
    assert_true(slice_equal(leaf_of(&c).spki, spki));
    assert_false(c.key_held);
    w.now = c.next_issue_at;
    c = issue_now(c.id);
    assert_true(slice_equal(leaf_of(&c).spki, spki));
    assert_int_equal(c.version_count, 2);
}

/* The request asks for CA:TRUE, keyCertSign and a foreign name in a common name. */
static const char *greedy_csr(void) {
    struct bench b = bench_open();
    struct child_result result;
    struct slice pem;
    const char *argv[] = {"openssl",
                          "req",
                          "-new",
                          "-newkey",
                          "ec",
                          "-pkeyopt",
                          "ec_paramgen_curve:P-256",
                          "-nodes",
                          "-keyout",
                          bench_file(&b, "key.pem"),
                          "-out",
                          bench_file(&b, "csr.pem"),
                          "-subj",
                          "/O=Somebody Else/CN=www.example.com",
                          "-addext",
                          "basicConstraints=critical,CA:TRUE",
                          "-addext",
                          "keyUsage=critical,keyCertSign",
                          "-addext",
                          "subjectAltName=DNS:www.example.com",
                          NULL};
    assert_ok(child_run(w.arena, argv, NULL, 10000, &result, &e), e);
    assert_int_equal(result.exit_status, 0);
    assert_ok(file_read(w.arena, bench_file(&b, "csr.pem"), 65536, &pem, &e), e);
    bench_close(&b);
    return arena_strndup(w.arena, (const char *)pem.p, pem.len);
}

static void extensions_and_subject_of_a_csr_are_never_copied(void **state) {
    (void)state;
    struct certificate c = issue_now(bought((struct order_request){.own_csr = greedy_csr()}).id);
    struct cert leaf = leaf_of(&c);
    assert_false(leaf.is_ca);
    assert_string_equal(leaf.names, "www.example.com");
    assert_string_equal(leaf.subject, "");
    sign_crls(&c);
    assert_non_null(strstr(verify(&c), "leaf.pem: OK"));
}

static void a_reissue_while_a_version_is_under_way_is_not_lost(void **state) {
    (void)state;
    bought_and_issued(NULL);
    struct certificate c = bought_and_issued(NULL);
    w.now += 10 * DAY;
    assert_ok(reissue(&w, c.id, &(struct order_request){0}, &e), e);
    run(&apply, c.id);
    struct work work = step_begin(&w, c.id);
    assert_ok(issue_ask(&work, &e), e);
    assert_ok(
        reissue(&w, c.id, &(struct order_request){.names = "shop.example.com", .key_algorithm = "p384"}, &e),
        e);
    assert_ok(step_save(&w, &issue, &work, &e), e);
    c = certificate_now(&w, c.id);
    assert_int_equal(c.version_count, 2);
    assert_string_equal(leaf_of(&c).names, "www.example.com");
    c = issue_now(c.id);
    assert_string_equal(leaf_of(&c).names, "shop.example.com");
    assert_string_equal(c.key_algorithm, "p384");
    assert_int_equal(c.coverage_end, certificate_now(&w, c.id).covered_from + 365 * DAY);
}

/* ---- what comes back is checked ---- */

struct case_of_check {
    struct certificate c;
    struct application application;
    struct issued issued;
};

/* An open application and what the local issuer signs for it. */
static struct work signed_case(struct case_of_check *k) {
    struct certificate c = bought((struct order_request){0});
    run(&apply, c.id);
    struct work work = step_begin(&w, c.id);
    k->c = certificate_now(&w, c.id);
    assert_ok(application_open(w.services.db, w.arena, c.id, &k->application, &e), e);
    assert_ok(issuer_find("local")->ask(&work, &k->c, &k->application, &k->issued, &e), e);
    assert_ok(issue_check(&work, &k->c, &k->application, &k->issued, &e), e);
    return work;
}

static void what_does_not_fit_the_application_is_refused(void **state) {
    (void)state;
    bought_and_issued(NULL);
    struct case_of_check good, k, other;
    struct work work = signed_case(&good);
    signed_case(&other);

    k = good;
    k.application.spki = other.application.spki;
    assert_fails(issue_check(&work, &k.c, &k.application, &k.issued, &e), e, ERR_ISSUER_ANSWER);
    k = good;
    k.application.names = "www.example.com example.com";
    assert_fails(issue_check(&work, &k.c, &k.application, &k.issued, &e), e, ERR_ISSUER_ANSWER);
    k = good;
    k.issued.end -= 1;
    assert_fails(issue_check(&work, &k.c, &k.application, &k.issued, &e), e, ERR_ISSUER_ANSWER);
    k = good;
    k.issued.leaf.signature = other.issued.leaf.signature;
    assert_fails(issue_check(&work, &k.c, &k.application, &k.issued, &e), e, ERR_ISSUER_ANSWER);
    k = good;
    k.issued.chain = &other.issued.leaf;
    assert_fails(issue_check(&work, &k.c, &k.application, &k.issued, &e), e, ERR_ISSUER_ANSWER);
    k = good;
    k.issued.chain_count = 0;
    assert_fails(issue_check(&work, &k.c, &k.application, &k.issued, &e), e, ERR_ISSUER_ANSWER);
}

static void a_version_that_ends_before_the_old_one_is_refused_unless_rules_ask_for_it(void **state) {
    (void)state;
    bought_and_issued(NULL);
    struct case_of_check k;
    struct work work = signed_case(&k);
    k.c.version_count = 1;
    k.c.coverage_end = k.issued.leaf.end + DAY;
    k.c.version_end = k.issued.leaf.end - 1;
    assert_ok(issue_check(&work, &k.c, &k.application, &k.issued, &e), e);
    k.c.version_end = k.issued.leaf.end + 1;
    assert_ok(issue_check(&work, &k.c, &k.application, &k.issued, &e), e); /* the cap leaves no more */
    k.issued.issued_at = at("2025-01-01T00:00:00Z");
    assert_fails(issue_check(&work, &k.c, &k.application, &k.issued, &e), e, ERR_ISSUER_ANSWER);
    k.c.coverage_end = k.issued.leaf.end;
    assert_ok(issue_check(&work, &k.c, &k.application, &k.issued, &e), e); /* nor does the coverage */
}

static void a_chain_to_another_accounts_root_is_refused(void **state) {
    (void)state;
    bought_and_issued(NULL);
    struct case_of_check k;
    struct work work = signed_case(&k);
    k.c.account_id = "acct_other";
    assert_ok(ca_ensure(&w.services, w.arena, k.c.account_id, w.now, &e), e);
    assert_fails(issue_check(&work, &k.c, &k.application, &k.issued, &e), e, ERR_ISSUER_ANSWER);
}

/* ---- what people are told ---- */

static const char *no_query(struct request *rq, const char *name) {
    (void)rq, (void)name;
    return NULL;
}

static int64_t told(const char *event) {
    static const struct route *const tables[] = {notify_routes, NULL};
    struct request rq = {
        .arena = w.arena,
        .services = &w.services,
        .db = w.services.db,
        .caller = {.account_id = ACCOUNT, .user_id = "user_1", .role = ROLE_OWNER, .user_role = ROLE_OWNER},
        .now = w.now,
        .query = no_query};
    int64_t count = 0;
    size_t i;
    json_t *notice;
    rq.route = route_match(tables, "GET", "/v1/notices", w.arena, rq.path_args, &e);
    assert_ok(rq.route->handle(&rq, &e), e);
    const json_t *items = json_object_get(json_keep(w.arena, rq.reply), "items");
    json_array_foreach(items, i, notice) count +=
        strcmp(json_string_value(json_object_get(notice, "event")), event) == 0;
    return count;
}

static void fails_once(const char *id, enum error_id cause_id) {
    struct work work = step_begin(&w, id);
    struct error cause;
    fail(&cause, cause_id, "the CA is away", "CA 不可用");
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, renew_failed(&work, &cause, &e), &e), e);
}

static void a_version_that_cannot_be_issued_is_told_once_and_the_coming_end_too(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    assert_int_equal(told("issued"), 1);
    w.now = c.next_issue_at;
    fails_once(c.id, ERR_SIGNER_UNAVAILABLE);
    assert_int_equal(told("renewal_failed"), 0); /* our own stumbling */
    fails_once(c.id, ERR_ISSUER_ANSWER);
    fails_once(c.id, ERR_ISSUER_ANSWER);
    assert_int_equal(told("renewal_failed"), 1);
    int64_t before = told("expiry");
    w.now = c.version_end - DAY;
    fails_once(c.id, ERR_ISSUER_ANSWER);
    fails_once(c.id, ERR_ISSUER_ANSWER);
    assert_int_equal(told("expiry"), before + 1);
    assert_int_equal(told("renewal_failed"), 1);
    issue_now(c.id);
    w.now = certificate_now(&w, c.id).next_issue_at;
    fails_once(c.id, ERR_ISSUER_ANSWER);
    assert_int_equal(told("renewal_failed"), 2);
}

static void a_certificate_that_came_expired_is_not_told(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    w.now = c.end_at + DAY;
    struct certificate late = certificate_now(&w, c.id);
    struct work work = step_begin(&w, c.id);
    const struct profile *profile;
    int64_t next_at;
    assert_ok(certificate_profile(w.services.policies, &late, &profile, &e), e);
    late.created_at = c.end_at;
    assert_ok(expiry_tell(&work, &late, profile, &next_at, &e), e);
    assert_int_equal(told("expired"), 0);
    assert_int_equal(next_at, 0);
}

TEST_MAIN(issue, in_world(a_version_that_cannot_be_issued_is_told_once_and_the_coming_end_too),
          in_world(a_certificate_that_came_expired_is_not_told),
          in_world(what_is_issued_passes_a_strict_verifier_with_its_crls),
          in_world(every_key_algorithm_on_sale_can_be_issued),
          in_world(the_versions_key_is_the_one_that_is_held), in_world(issuing_closes_the_application),
          in_world(a_crash_between_signing_and_storing_gives_the_same_certificate),
          in_world(a_repeated_apply_step_does_not_change_the_journal),
          in_world(a_repeat_after_storing_issues_nothing_more),
          in_world(a_certificate_deleted_meanwhile_ends_the_step),
          in_world(a_journal_of_yesterday_is_written_anew), in_world(row_1_a_renewal_carries_twenty_days),
          in_world(row_2_an_early_renewal_waits_and_carries_thirty_days),
          in_world(an_early_renewal_starts_thirty_days_before_the_old_end_under_every_policy),
          in_world(what_the_managed_service_activates_is_submitted_by_it),
          in_world(a_next_term_that_is_not_paid_is_none_yet),
          in_world(an_early_renewal_is_no_next_term_before_its_window),
          in_world(row_3_a_purchase_carries_nothing), in_world(row_5_a_changed_specification_carries_nothing),
          in_world(row_6_a_bonus_makes_the_coverage_longer_than_a_version),
          in_world(row_7_a_renewal_is_fulfilled_by_four_versions),
          in_world(row_8_a_purchase_is_fulfilled_by_four_versions), in_world(versions_are_backdated_as_set),
          in_world(a_kept_key_stays_and_an_automatic_one_changes),
          in_world(an_own_csr_has_its_key_and_tenure_none),
          in_world(extensions_and_subject_of_a_csr_are_never_copied),
          in_world(a_reissue_while_a_version_is_under_way_is_not_lost),
          in_world(what_does_not_fit_the_application_is_refused),
          in_world(a_version_that_ends_before_the_old_one_is_refused_unless_rules_ask_for_it),
          in_world(a_chain_to_another_accounts_root_is_refused))
