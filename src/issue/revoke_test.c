/* Revocation, the CRLs that list it, and what is published. */
#include "issue/fixture.h"
#include "notify/notify_db.h"

/* ---- revocation ---- */

static void revoke_now(const char *id, int reason) {
    struct certificate c = certificate_now(&w, id);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, revoke_ask(&w.services, w.arena, &c, reason, w.now, &e), &e), e);
}

static struct crl present_crl(void) {
    struct crl crl;
    assert_ok(crl_find(w.services.db, w.arena, newest(CA_INTERMEDIATE).id, &crl, &e), e);
    return crl;
}

static enum certificate_state state_of(const char *id) {
    struct certificate c = certificate_now(&w, id);
    return certificate_state(&c, w.now);
}

static void a_certificate_is_revoked_when_a_crl_lists_it(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL), other = bought_and_issued(NULL);
    struct work_item item;
    sign_crls(&c);
    assert_non_null(strstr(verify(&c), "leaf.pem: OK"));
    w.now += 3600;
    revoke_now(c.id, 1);
    assert_int_equal(state_of(c.id), STATE_REVOKING);
    assert_ok(work_get(w.services.db, w.arena, newest(CA_INTERMEDIATE).id, &item, &e), e);
    assert_string_equal(item.step, "crl");
    assert_true(item.due_at <= w.now);
    w.now += 60;
    sign_crls(&c);
    assert_int_equal(state_of(c.id), STATE_REVOKED);
    assert_non_null(strstr(verify(&c), "certificate revoked"));
    assert_non_null(strstr(verify(&other), "leaf.pem: OK"));
    assert_int_equal(state_of(other.id), STATE_ISSUED);
}

static void replaced_versions_that_still_live_are_revoked_too(void **state) {
    (void)state;
    struct certificate first = bought_and_issued(NULL);
    struct version *versions;
    size_t count;
    w.now += DAY;
    assert_ok(reissue(&w, first.id, &(struct order_request){0}, &e), e);
    issue_now(first.id);
    revoke_now(first.id, 4);
    sign_crls(&first);
    assert_ok(version_list(w.services.db, w.arena, first.id, &versions, &count, &e), e);
    assert_int_equal(count, 2);
    assert_int_equal(versions[0].revoked_at, w.now);
    assert_int_equal(versions[1].revoked_at, w.now);
}

static void a_certificate_of_two_cas_is_revoked_when_both_have_said_so(void **state) {
    (void)state;
    assert_ok(ca_ensure(&w.services, w.arena, ACCOUNT, w.now, &e), e);
    struct ca old = newest(CA_INTERMEDIATE);
    w.now = old.end_at - (397 + 30) * DAY; /* the last second in which it signs */
    struct certificate c = bought_and_issued(NULL);
    w.now++;
    assert_ok(reissue(&w, c.id, &(struct order_request){0}, &e), e);
    issue_now(c.id);
    assert_string_not_equal(newest(CA_INTERMEDIATE).id, old.id);
    revoke_now(c.id, 1);
    run(&crl_step, old.id);
    assert_int_equal(state_of(c.id), STATE_REVOKING);
    run(&crl_step, newest(CA_INTERMEDIATE).id);
    assert_int_equal(state_of(c.id), STATE_REVOKED);
}

static void revoking_twice_keeps_date_and_reason(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    struct revocations listed;
    int64_t asked_at = w.now;
    revoke_now(c.id, 1);
    w.now += 60;
    assert_ok(db_begin(w.services.db, &e), e);
    c = certificate_now(&w, c.id);
    assert_fails(revoke_ask(&w.services, w.arena, &c, 4, w.now, &e), e, ERR_NOT_LIVE);
    db_rollback(w.services.db);
    sign_crls(&c);
    assert_ok(revocation_list(w.services.db, w.arena, newest(CA_INTERMEDIATE).id, w.now, &listed, &e), e);
    assert_int_equal(listed.count, 1);
    assert_int_equal(listed.items[0].revoked_at, asked_at);
    assert_int_equal(listed.items[0].reason, 1);
}

static void a_revocation_after_the_signature_waits_for_the_next_crl(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    struct work work = step_begin(&w, newest(CA_INTERMEDIATE).id);
    assert_ok(crl_sign(&work, &e), e);
    revoke_now(c.id, 1);
    assert_ok(step_save(&w, &crl_step, &work, &e), e);
    assert_int_equal(state_of(c.id), STATE_REVOKING);
    assert_int_equal(run(&crl_step, newest(CA_INTERMEDIATE).id), OUTCOME_WAIT);
    assert_int_equal(state_of(c.id), STATE_REVOKED);
}

static void crl_numbers_rise_and_an_older_crl_never_takes_the_place_of_a_newer(void **state) {
    (void)state;
    bought_and_issued(NULL);
    const char *ca_id = newest(CA_INTERMEDIATE).id;
    struct work slow = step_begin(&w, ca_id);
    assert_ok(crl_sign(&slow, &e), e);
    for (int i = 1; i <= 3; i++) {
        run(&crl_step, ca_id);
        assert_int_equal(present_crl().number, i);
    }
    assert_fails(step_save(&w, &crl_step, &slow, &e), e, ERR_CONFLICT);
    assert_int_equal(present_crl().number, 3);
}

static void a_crl_is_followed_three_days_before_its_next_update(void **state) {
    (void)state;
    bought_and_issued(NULL);
    struct work work = step_begin(&w, newest(CA_INTERMEDIATE).id);
    assert_ok(crl_sign(&work, &e), e);
    assert_ok(step_save(&w, &crl_step, &work, &e), e);
    assert_int_equal(present_crl().next_update, w.now + 7 * DAY);
    assert_int_equal(work.until, w.now + 4 * DAY);
}

static size_t listed_serials(void) {
    struct bench b = bench_open();
    struct child_result result;
    size_t count = 0;
    bench_crl(&b, "ca.crl", newest(CA_INTERMEDIATE).id);
    const char *argv[] = {"openssl", "crl", "-in", bench_file(&b, "ca.crl"), "-noout", "-text", NULL};
    assert_ok(child_run(w.arena, argv, NULL, 10000, &result, &e), e);
    bench_close(&b);
    for (const char *p = result.output; (p = strstr(p, "Serial Number:")); p++)
        count++;
    return count;
}

static void an_expired_certificate_leaves_the_crl_after_one_more(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    const char *ca_id = newest(CA_INTERMEDIATE).id;
    revoke_now(c.id, 1);
    w.now = c.version_end - 1;
    run(&crl_step, ca_id);
    assert_int_equal(listed_serials(), 1);
    w.now = c.version_end;
    run(&crl_step, ca_id);
    assert_int_equal(listed_serials(), 1);
    run(&crl_step, ca_id);
    assert_int_equal(listed_serials(), 0);
}

static void an_expired_ca_signs_no_more_crls(void **state) {
    (void)state;
    bought_and_issued(NULL);
    struct ca ca = newest(CA_INTERMEDIATE);
    w.now = ca.end_at;
    assert_int_equal(run(&crl_step, ca.id), OUTCOME_DONE);
}

static void revoking_ends_what_is_under_way_and_frees_its_key(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    struct application open;
    struct held_key key;
    assert_ok(reissue(&w, c.id, &(struct order_request){0}, &e), e);
    run(&apply, c.id);
    assert_ok(application_open(w.services.db, w.arena, c.id, &open, &e), e);
    struct work work = step_begin(&w, c.id);
    assert_ok(issue_ask(&work, &e), e);
    revoke_now(c.id, 1);
    assert_ok(step_save(&w, &issue, &work, &e), e);
    assert_int_equal(work.outcome, OUTCOME_DONE);
    assert_int_equal(certificate_now(&w, c.id).version_count, 1);
    assert_int_equal(run(&decide, c.id), OUTCOME_DONE);
    assert_fails(held_key_get(w.services.db, w.arena, ACCOUNT, open.key_id, &key, &e), e, ERR_NOT_FOUND);
}

/* What is due waits for 100 days, as after a decision. */
static void what_is_cancelled_while_it_is_signed_gets_no_version_and_loses_its_application(void **state) {
    (void)state;
    const struct ledger_cause by = {"user_1", w.now};
    struct application open;
    bought_and_issued(NULL);
    struct certificate c = bought((struct order_request){0});
    run(&apply, c.id);
    struct work work = step_begin(&w, c.id);
    assert_ok(issue_ask(&work, &e), e);
    c = certificate_now(&w, c.id);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, order_withdraw_certificate(&w.services, w.arena, &c, "refunded", &by, &e), &e),
              e);
    assert_ok(step_save(&w, &issue, &work, &e), e);
    assert_int_equal(work.outcome, OUTCOME_DONE);
    assert_int_equal(run(&issue, c.id), OUTCOME_DONE);
    c = certificate_now(&w, c.id);
    assert_int_equal(c.version_count, 0);
    assert_ok(application_open(w.services.db, w.arena, c.id, &open, &e), e);
    assert_int_equal(run(&apply, c.id), OUTCOME_OTHERWISE);
    assert_fails(application_open(w.services.db, w.arena, c.id, &open, &e), e, ERR_NOT_FOUND);
}

static void let_everything_wait(void) {
    struct work_item *items;
    size_t count;
    assert_ok(work_claim(w.services.db, w.arena, "test", w.now, 60, 100, &items, &count, &e), e);
    for (size_t i = 0; i < count; i++)
        assert_ok(work_wait(w.services.db, &items[i], w.now + 100 * DAY, &e), e);
}

static void a_waiting_successor_begins_when_its_predecessor_is_revoked(void **state) {
    (void)state;
    struct certificate old = bought_and_issued(NULL), c = renewed(old.id, (struct order_request){0});
    struct work_item item;
    let_everything_wait();
    revoke_now(old.id, 1);
    assert_ok(work_get(w.services.db, w.arena, c.id, &item, &e), e);
    assert_true(item.due_at <= w.now);
    c = issue_now(c.id);
    assert_int_equal(c.active_at, w.now);
    assert_int_equal(state_of(c.id), STATE_ISSUED);
}

static void a_compromised_key_is_not_signed_again(void **state) {
    (void)state;
    struct slice spki;
    enum outcome outcome;
    struct order_request request = {.own_csr = csr_for(&w, "www.example.com", KEY_P256, &spki)};
    struct certificate superseded = issue_now(bought(request).id), c, waiting;
    revoke_now(superseded.id, 4);
    c = issue_now(bought(request).id);
    waiting = bought(request);
    revoke_now(c.id, 1);
    run(&apply, waiting.id);
    assert_fails(step_run(&w, &issue, waiting.id, &outcome, &e), e, ERR_WEAK_KEY);
    request.names = "www.example.com";
    assert_fails(purchase(&w, &request, &c, &e), e, ERR_CSR_WEAK_KEY);
}

static size_t told_of(const char *id) {
    const struct notice_range all = {
        .account_id = ACCOUNT, .role = ACCESS_READ, .user_role = ACCESS_READ, .limit = 100};
    struct notice *notices;
    size_t count, told = 0;
    assert_ok(notice_list(w.services.db, w.arena, &all, &notices, &count, &e), e);
    for (size_t i = 0; i < count; i++)
        told += strcmp(notices[i].event, "action_needed") == 0 && strcmp(notices[i].subject, id) == 0;
    return told;
}

static void others_with_a_compromised_key_are_at_risk_and_told_of_once(void **state) {
    (void)state;
    struct slice spki;
    struct order_request request = {.own_csr = csr_for(&w, "www.example.com", KEY_P256, &spki)};
    struct certificate one = issue_now(bought(request).id), other = issue_now(bought(request).id),
                       third = issue_now(bought(request).id), unrelated = bought_and_issued(NULL);
    revoke_now(one.id, 1);
    revoke_now(third.id, 1);
    other = certificate_now(&w, other.id);
    unrelated = certificate_now(&w, unrelated.id);
    assert_int_equal(other.key_compromised_at, w.now);
    assert_non_null(certificate_at_risk(&other, w.now));
    assert_null(certificate_at_risk(&unrelated, w.now));
    assert_int_equal(told_of(other.id), 1);
    assert_int_equal(told_of(unrelated.id), 0);
    w.now += DAY;
    assert_ok(reissue(&w, other.id, &(struct order_request){.csr_choice = "automatic"}, &e), e);
    other = issue_now(other.id);
    assert_int_equal(other.version_count, 2);
    assert_int_equal(other.key_compromised_at, 0);
    assert_null(certificate_at_risk(&other, w.now));
}

static void the_key_of_a_revoked_certificate_can_still_be_reported(void **state) {
    (void)state;
    struct slice spki;
    struct revocations listed;
    struct order_request request = {.own_csr = csr_for(&w, "www.example.com", KEY_P256, &spki)};
    struct certificate revoked = issue_now(bought(request).id), other = issue_now(bought(request).id);
    revoke_now(revoked.id, 4);
    sign_crls(&revoked);
    assert_int_equal(certificate_now(&w, other.id).key_compromised_at, 0);
    w.now += 60;
    revoke_now(revoked.id, 1);
    assert_int_equal(state_of(revoked.id), STATE_REVOKED);
    assert_int_equal(certificate_now(&w, revoked.id).revoke_reason, 1);
    assert_int_equal(certificate_now(&w, other.id).key_compromised_at, w.now);
    assert_fails(purchase(&w, &request, &other, &e), e, ERR_CSR_WEAK_KEY);
    assert_ok(revocation_list(w.services.db, w.arena, newest(CA_INTERMEDIATE).id, w.now, &listed, &e), e);
    assert_int_equal(listed.count, 1);
    assert_int_equal(listed.items[0].reason, 1);
    assert_int_equal(listed.items[0].revoked_at, w.now - 60);
}

static void the_key_of_an_expired_certificate_can_still_be_reported(void **state) {
    (void)state;
    struct slice spki;
    struct order_request request = {.names = "www.example.com"};
    request.own_csr = csr_for(&w, "www.example.com", KEY_P256, &spki);
    struct certificate c = issue_now(bought(request).id);
    w.now = c.coverage_end;
    revoke_now(c.id, 1);
    assert_int_equal(state_of(c.id), STATE_EXPIRED);
    assert_fails(purchase(&w, &request, &c, &e), e, ERR_CSR_WEAK_KEY);
    assert_ok(db_begin(w.services.db, &e), e);
    c = certificate_now(&w, c.id);
    assert_fails(revoke_ask(&w.services, w.arena, &c, 4, w.now, &e), e, ERR_NOT_LIVE);
    db_rollback(w.services.db);
}

/* ---- what is published ---- */

static bool get(const char *path, const char *file, struct request *rq) {
    *rq = (struct request){.arena = w.arena, .services = &w.services, .db = w.services.db, .now = w.now};
    rq->path_args[0] = file;
    for (const struct route *r = issue_routes; r->method; r++)
        if (strcmp(r->path, path) == 0)
            return r->handle(rq, &e);
    return false;
}

static void ca_certificates_and_crls_are_published_under_their_ids(void **state) {
    (void)state;
    struct certificate c = bought_and_issued(NULL);
    struct ca ca = newest(CA_INTERMEDIATE);
    struct request rq;
    struct cert *roots;
    size_t count;
    assert_fails(get("/crl/{file}", arena_printf(w.arena, "%s.crl", ca.id), &rq), e, ERR_NOT_FOUND);
    sign_crls(&c);
    assert_ok(get("/crl/{file}", arena_printf(w.arena, "%s.crl", ca.id), &rq), e);
    assert_true(slice_equal(rq.raw, present_crl().der));
    assert_string_equal(rq.content_type, "application/pkix-crl");
    assert_ok(get("/ca/{file}", arena_printf(w.arena, "%s.cer", ca.id), &rq), e);
    assert_true(slice_equal(rq.raw, ca.der));
    assert_string_equal(rq.content_type, "application/pkix-cert");
    assert_ok(get("/ca/roots.pem", NULL, &rq), e);
    assert_ok(cert_list_from_pem(w.arena, rq.raw, 4, &roots, &count, &e), e);
    assert_int_equal(count, 1);
    assert_true(slice_equal(roots[0].der, newest(CA_ROOT).der));
}

static void files_of_other_names_are_not_found(void **state) {
    (void)state;
    static const char *const files[] = {"roots.cer", "ca_.cer", "ca_00000000000000000000000000.cer", ".cer",
                                        "x"};
    struct request rq;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        assert_fails(get("/ca/{file}", files[i], &rq), e, ERR_NOT_FOUND);
}

TEST_MAIN(revoke, in_world(a_certificate_is_revoked_when_a_crl_lists_it),
          in_world(replaced_versions_that_still_live_are_revoked_too),
          in_world(a_certificate_of_two_cas_is_revoked_when_both_have_said_so),
          in_world(revoking_twice_keeps_date_and_reason),
          in_world(a_revocation_after_the_signature_waits_for_the_next_crl),
          in_world(crl_numbers_rise_and_an_older_crl_never_takes_the_place_of_a_newer),
          in_world(a_crl_is_followed_three_days_before_its_next_update),
          in_world(an_expired_certificate_leaves_the_crl_after_one_more),
          in_world(an_expired_ca_signs_no_more_crls),
          in_world(revoking_ends_what_is_under_way_and_frees_its_key),
          in_world(what_is_cancelled_while_it_is_signed_gets_no_version_and_loses_its_application),
          in_world(a_waiting_successor_begins_when_its_predecessor_is_revoked),
          in_world(a_compromised_key_is_not_signed_again),
          in_world(others_with_a_compromised_key_are_at_risk_and_told_of_once),
          in_world(the_key_of_a_revoked_certificate_can_still_be_reported),
          in_world(the_key_of_an_expired_certificate_can_still_be_reported),
          in_world(ca_certificates_and_crls_are_published_under_their_ids),
          in_world(files_of_other_names_are_not_found))
