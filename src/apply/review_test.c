/* Review: what waits for whom, who decides, and what is remembered of it. */
#include "applicant/contact.h"
#include "applicant/form.h"
#include "applicant/identity.h"
#include "applicant/organization.h"
#include "apply/confirmation.h"
#include "apply/letter.h"
#include "base/clock.h"
#include "notify/notify_db.h"
#include "order/fixture.h"
#include "unit.h"

static const struct half_steps apply = {apply_prepare, {apply_record, review_gate}};
static const struct half_steps letter_step = {letter_make, {letter_record}};
static const struct half_steps confirm_step = {confirmation_make, {confirmation_record}};

static const char brands[] =
    "brands:\n"
    "- {id: OV-2021, name: A, title: {en: A, zh: A}, audience: {en: a, zh: a}, profile: alibaba-2021,\n"
    "   issuer: local, demands: review, grades: [ov], domain_types: [single, multi],\n"
    "   key_algorithms: [p256], names_max: 5, bonus_days: 0, currency: CNY,\n"
    "   prices: [{from: 1970-01-01, per_year: 0, managed_use: 0}]}\n"
    "- {id: OV-2024, name: B, title: {en: B, zh: B}, audience: {en: a, zh: a}, profile: tencent-2024,\n"
    "   issuer: local, demands: review, grades: [ov], domain_types: [single, multi],\n"
    "   key_algorithms: [p256], names_max: 5, bonus_days: 0, currency: CNY,\n"
    "   prices: [{from: 1970-01-01, per_year: 0, managed_use: 0}]}\n";

static struct world w;
static struct error e;
static const char *contact_id, *organization_id;
static const struct mail_settings mail = {.host = "localhost", .port = 1, .from = "tenure@example.com"};

static bool done(bool ok) {
    return world_end(&w, ok, &e);
}

static void begin(void) {
    assert_ok(db_begin(w.services.db, &e), e);
}

static int open_world(void **state) {
    (void)state;
    world_open(&w, "2026-11-21T00:00:00Z");
    w.services.notifier = notifier_new(w.arena, &mail, &outbound_anywhere);
    w.services.public_url = "https://tenure.example.com";
    assert_ok(catalog_add(w.arena, "test", slice_str(brands), &w.policies, &w.catalog, &e), e);
    struct organization o = {.account_id = ACCOUNT,
                             .name = "示例公司",
                             .country = "CN",
                             .city = "杭州",
                             .phone = "+8657112345678"};
    struct contact c = {
        .account_id = ACCOUNT, .name = "王芳", .email = "wang@example.com", .mobile = "+8613800138000"};
    begin();
    assert_ok(done(organization_create(w.services.db, w.arena, w.now, &o, &e) &&
                   contact_create(w.services.db, w.arena, w.now, &c, &e)),
              e);
    contact_id = c.id;
    organization_id = o.id;
    return 0;
}

static int close_world(void **state) {
    (void)state;
    world_close(&w);
    return 0;
}

#define in_world(f) cmocka_unit_test_setup_teardown(f, open_world, close_world)

/* ---- what people and the engine do ---- */

static int64_t count(const char *sql) {
    int64_t n;
    assert_ok(db_int(w.services.db, &n, 0, &e, sql), e);
    return n;
}

/* Of all that any role reads. */
static size_t told(const char *event, const char *words) {
    struct notice *notices;
    size_t found, fitting = 0;
    const struct notice_range range = {.account_id = ACCOUNT,
                                       .user_id = "usr_1",
                                       .role = ACCESS_READ,
                                       .user_role = ACCESS_READ,
                                       .limit = 100};
    assert_ok(notice_list(w.services.db, w.arena, &range, &notices, &found, &e), e);
    for (size_t i = 0; i < found; i++)
        fitting += strcmp(notices[i].event, event) == 0 && strstr(notices[i].params, words);
    return fitting;
}

static enum outcome run(const struct half_steps *steps, const char *subject) {
    enum outcome outcome;
    assert_ok(step_run(&w, steps, subject, &outcome, &e), e);
    return outcome;
}

static enum certificate_state state_of(const char *id) {
    struct certificate c = certificate_now(&w, id);
    return certificate_state(&c, w.now);
}

static void submit(const char *id) {
    struct certificate c = certificate_now(&w, id);
    begin();
    assert_ok(done(apply_submit(&w.services, w.arena, &c, w.now, &e)), e);
}

/* Bought with contact and organisation, submitted, and come to the gate. */
static struct certificate ordered(const char *brand, const char *names) {
    struct certificate c;
    const struct order_request request = {
        .brand = brand, .names = names, .grade = "ov", .created_by = "usr_1"};
    assert_ok(purchase(&w, &request, &c, &e), e);
    struct application_form form;
    begin();
    assert_ok(form_of(w.services.db, w.arena, &c, &form, &e), e);
    form.contact_id = contact_id;
    form.organization_id = organization_id;
    assert_ok(done(form_change(&w.services, w.arena, &c, &form, w.now, &e)), e);
    submit(c.id);
    return certificate_now(&w, c.id);
}

static struct review review_of(const char *certificate_id) {
    struct application application;
    struct review r;
    assert_ok(application_open(w.services.db, w.arena, certificate_id, &application, &e), e);
    assert_ok(review_get(&w.services, w.arena, ACCOUNT, application.id, &r, &e), e);
    return r;
}

static struct review waiting(const char *brand) {
    struct certificate c = ordered(brand, "www.example.com");
    assert_int_equal(run(&apply, c.id), OUTCOME_OTHERWISE);
    return review_of(c.id);
}

static void note(const struct review *r, const char *step, const char *result) {
    struct review_note n = {.account_id = ACCOUNT,
                            .application_id = r->application.id,
                            .step = step,
                            .result = result,
                            .actor = "usr_2",
                            .at = w.now};
    begin();
    assert_ok(done(review_note_insert(w.services.db, w.arena, &n, &e)), e);
}

static const struct review_verdict by_reviewer = {.by = "usr_2"};

static bool approved(struct review *r) {
    begin();
    return done(review_approve(&w.services, w.arena, r, &by_reviewer, w.now, &e));
}

static bool rejected(struct review *r, const char *reason) {
    const struct review_verdict verdict = {
        .by = "usr_2", .reason = reason, .text = "the number is another one"};
    begin();
    return done(review_reject(&w.services, w.arena, r, &verdict, w.now, &e));
}

static bool withdrawn(struct certificate *c) {
    begin();
    return done(apply_withdraw(&w.services, w.arena, c, w.now, &e));
}

static void check_and_approve(struct review *r) {
    note(r, "telephone", "passed");
    note(r, "email", "passed");
    assert_ok(approved(r), e);
}

/* ---- tests ---- */

static void an_application_waits_for_a_reviewer_who_is_told_once(void **state) {
    (void)state;
    struct review r = waiting("OV-2021");
    assert_int_equal(state_of(r.certificate.id), STATE_VALIDATING);
    assert_true(r.certificate.in_review);
    assert_string_equal(r.certificate.waits_for, "review");
    assert_int_equal(r.application.review_at, w.now);
    assert_int_equal(told("review_waiting", ""), 1);
    assert_int_equal(run(&apply, r.certificate.id), OUTCOME_OTHERWISE);
    assert_int_equal(told("review_waiting", ""), 1);
    struct application *items;
    size_t found;
    const struct review_range range = {ACCOUNT, NULL, 10};
    assert_ok(review_list(w.services.db, w.arena, &range, &items, &found, &e), e);
    assert_int_equal(found, 1);
}

/* R117, R122 */
static void an_approval_needs_its_checks_and_lets_the_engine_go_on(void **state) {
    (void)state;
    struct review r = waiting("OV-2021");
    assert_fails(approved(&r), e, ERR_CHECKS_MISSING);
    r = review_of(r.certificate.id);
    note(&r, "telephone", "passed");
    assert_fails(approved(&r), e, ERR_CHECKS_MISSING);
    r = review_of(r.certificate.id);
    note(&r, "email", "passed");
    note(&r, "telephone", "not_reached"); /* the last one counts */
    assert_fails(approved(&r), e, ERR_CHECKS_MISSING);
    r = review_of(r.certificate.id);
    note(&r, "telephone", "passed");
    w.now += 60;
    assert_ok(approved(&r), e);
    struct work_item item;
    assert_ok(work_get(w.services.db, w.arena, r.certificate.id, &item, &e), e);
    assert_int_equal(run(&apply, r.certificate.id), OUTCOME_NEXT);
    assert_false(certificate_now(&w, r.certificate.id).in_review);
    r = review_of(r.certificate.id);
    assert_fails(approved(&r), e, ERR_NOT_IN_REVIEW);
    assert_string_equal(e.state, "validating");
}

/* R174: with stored data, without a person, for 398 days, as long as nothing has changed. */
static void an_organisation_that_was_checked_passes_until_that_is_too_old(void **state) {
    (void)state;
    struct review r = waiting("OV-2021");
    check_and_approve(&r);
    int64_t checked_at = w.now;
    w.now = checked_at + 398 * DAY - 1;
    assert_int_equal(run(&apply, ordered("OV-2021", "second.example.com").id), OUTCOME_NEXT);
    /* also where a letter would be needed */
    assert_int_equal(run(&apply, ordered("OV-2024", "third.example.com").id), OUTCOME_NEXT);
    bool valid;
    struct certificate c = ordered("OV-2021", "fourth.example.com");
    assert_ok(identity_check_holds(&w.services, w.arena, &c, w.now, &valid, &e), e);
    assert_true(valid);
    w.now = checked_at + 398 * DAY;
    assert_ok(identity_check_holds(&w.services, w.arena, &c, w.now, &valid, &e), e);
    assert_false(valid);
    assert_int_equal(run(&apply, c.id), OUTCOME_OTHERWISE);
    assert_int_equal(state_of(c.id), STATE_VALIDATING);
}

static void a_changed_organisation_is_checked_again(void **state) {
    (void)state;
    struct review r = waiting("OV-2021");
    struct organization o;
    check_and_approve(&r);
    assert_ok(organization_get(w.services.db, w.arena, ACCOUNT, organization_id, &o, &e), e);
    o.phone = "+8657187654321";
    begin();
    assert_ok(done(organization_change(w.services.db, w.arena, w.now, &o, &e)), e);
    assert_int_equal(run(&apply, ordered("OV-2021", "second.example.com").id), OUTCOME_OTHERWISE);
}

static void what_came_by_the_managed_service_goes_back_to_its_applicant(void **state) {
    (void)state;
    struct certificate c = ordered("OV-2021", "www.example.com");
    const struct profile *profile = policy_find(&w.policies, "alibaba-2021", 0);
    c.came_managed = true;
    begin();
    assert_ok(done(certificate_store(w.services.db, w.arena, profile, &c, &e)), e);
    assert_int_equal(run(&apply, c.id), OUTCOME_OTHERWISE);
    c = certificate_now(&w, c.id);
    assert_int_equal(state_of(c.id), STATE_PENDING_APPLICATION);
    assert_string_equal(c.waits_for, "identity_check_aged_out");
    assert_string_equal(c.waits_detail_en, "The organisation, as it is now, was not checked yet.");
    assert_int_equal(told("review_waiting", ""), 0);
}

static void how_old_the_check_is_is_told(void **state) {
    (void)state;
    struct review r = waiting("OV-2021");
    check_and_approve(&r);
    w.now += 399 * DAY;
    struct certificate c = ordered("OV-2021", "second.example.com");
    const struct profile *profile = policy_find(&w.policies, "alibaba-2021", 0);
    c.came_managed = true;
    begin();
    assert_ok(done(certificate_store(w.services.db, w.arena, profile, &c, &e)), e);
    assert_int_equal(run(&apply, c.id), OUTCOME_OTHERWISE);
    assert_string_equal(certificate_now(&w, c.id).waits_detail_en,
                        "The check of the organisation is 399 days old (398 at most).");
}

/* R125 */
static void a_rejection_says_why_and_can_be_corrected(void **state) {
    (void)state;
    struct review r = waiting("OV-2021");
    assert_fails(rejected(&r, "because"), e, ERR_BAD_FIELD);
    r = review_of(r.certificate.id);
    const char *old = r.application.id, *key = r.application.key_id;
    assert_ok(rejected(&r, "organisation_data"), e);
    assert_int_equal(state_of(r.certificate.id), STATE_REJECTED);
    assert_string_equal(certificate_now(&w, r.certificate.id).reject_reason, "organisation_data");
    struct application closed;
    struct held_key held;
    assert_ok(application_get(w.services.db, w.arena, ACCOUNT, old, &closed, &e), e);
    assert_string_equal(closed.reject_text, "the number is another one");
    assert_string_equal(closed.reviewed_by, "usr_2");
    assert_false(held_key_get(w.services.db, w.arena, ACCOUNT, key, &held, &e));
    assert_int_equal(told("rejected", "the number is another one"), 1);
    submit(r.certificate.id);
    assert_int_equal(run(&apply, r.certificate.id), OUTCOME_OTHERWISE);
    r = review_of(r.certificate.id);
    assert_string_not_equal(r.application.id, old);
    check_and_approve(&r);
}

/* ---- races ---- */

static void of_all_who_decide_at_once_one_succeeds(void **state) {
    (void)state;
    struct review first = waiting("OV-2021"), second, third;
    note(&first, "telephone", "passed");
    note(&first, "email", "passed");
    first = second = third = review_of(first.certificate.id);
    assert_ok(approved(&first), e);
    assert_false(approved(&second));
    assert_int_equal(e.id, ERR_CONFLICT);
    assert_false(rejected(&third, "organisation_data"));
    assert_int_equal(e.id, ERR_CONFLICT);
    assert_int_equal(state_of(first.certificate.id), STATE_VALIDATING);
    assert_int_equal(run(&apply, first.certificate.id), OUTCOME_NEXT);
}

static void a_verdict_is_written_once(void **state) {
    (void)state;
    struct review r = waiting("OV-2021");
    begin();
    assert_ok(review_set_verdict(w.services.db, &r.application, &by_reviewer, w.now, &e), e);
    assert_fails(review_set_verdict(w.services.db, &r.application, &by_reviewer, w.now, &e), e, ERR_CONFLICT);
    db_rollback(w.services.db);
}

static void a_withdrawal_and_a_verdict_exclude_each_other(void **state) {
    (void)state;
    struct review first = waiting("OV-2021"), second;
    struct certificate c = certificate_now(&w, first.certificate.id);
    second = first;
    assert_ok(withdrawn(&c), e);
    assert_false(rejected(&first, "organisation_data"));
    assert_int_equal(e.id, ERR_CONFLICT);
    assert_int_equal(state_of(c.id), STATE_PENDING_APPLICATION);
    submit(c.id);
    assert_int_equal(run(&apply, c.id), OUTCOME_OTHERWISE);
    /* the application that was withdrawn is not the one that waits now */
    second.certificate = certificate_now(&w, c.id);
    assert_ok(
        application_get(w.services.db, w.arena, ACCOUNT, second.application.id, &second.application, &e), e);
    assert_fails(approved(&second), e, ERR_NOT_IN_REVIEW);
}

/* A refund closes a certificate in whatever state it is: reviewers could neither approve nor reject it. */
static void what_is_over_waits_for_nobody(void **state) {
    (void)state;
    struct review r = waiting("OV-2021");
    struct certificate c = certificate_now(&w, r.certificate.id);
    c.cancelled_at = w.now;
    begin();
    assert_ok(done(certificate_store(w.services.db, w.arena, r.profile, &c, &e)), e);
    assert_int_equal(run(&apply, c.id), OUTCOME_OTHERWISE);
    assert_int_equal(count("SELECT count(*) FROM application WHERE closed_at IS NULL"), 0);
    c = certificate_now(&w, c.id);
    assert_false(c.in_review);
    assert_null(c.waits_for);
}

static void what_was_deleted_waits_for_nobody(void **state) {
    (void)state;
    struct review r = waiting("OV-2021");
    struct certificate c = certificate_now(&w, r.certificate.id);
    begin();
    assert_ok(done(certificate_delete(w.services.db, w.arena, &c, &e)), e);
    assert_int_equal(run(&apply, c.id), OUTCOME_DONE);
    assert_int_equal(count("SELECT count(*) FROM application WHERE closed_at IS NULL"), 0);
}

/* ---- reminders: R201 ---- */

static bool reminded(const char *certificate_id) {
    struct review r = review_of(certificate_id);
    begin();
    return done(review_remind(&w.services, w.arena, &r, w.now, &e));
}

static void reviewers_are_reminded_once_a_day(void **state) {
    (void)state;
    struct review r = waiting("OV-2021");
    assert_ok(reminded(r.certificate.id), e);
    w.now += DAY - 1;
    assert_fails(reminded(r.certificate.id), e, ERR_REMINDED_TODAY);
    w.now += 1;
    assert_ok(reminded(r.certificate.id), e);
    assert_int_equal(told("review_reminder", ""), 2);
}

/* ---- letters: R120, R121 ---- */

static const char scan[] = "%PDF-1.4\nsigned\n%%EOF\n";

static bool uploaded(const char *application_id) {
    struct review r;
    struct letter_document letter;
    const struct letter_scan s = {
        .media_type = "application/pdf", .sha256 = "x", .by = "usr_1", .content = slice_str(scan)};
    assert_ok(review_get(&w.services, w.arena, ACCOUNT, application_id, &r, &e), e);
    begin();
    return done(letter_upload(&w.services, w.arena, &r, &s, w.now, &letter, &e));
}

static void a_letter_is_made_and_the_signed_one_leads_to_the_reviewer(void **state) {
    (void)state;
    struct review r = waiting("OV-2024");
    struct letter_document made;
    struct slice pdf, back;
    assert_int_equal(state_of(r.certificate.id), STATE_PENDING_LETTER);
    assert_false(r.certificate.in_review);
    assert_int_equal(told("review_waiting", ""), 0);
    assert_fails(approved(&r), e, ERR_NOT_IN_REVIEW);
    assert_int_equal(run(&letter_step, r.application.id), OUTCOME_DONE);
    assert_int_equal(run(&letter_step, r.application.id), OUTCOME_DONE);
    assert_int_equal(count("SELECT count(*) FROM letter"), 1);
    assert_ok(letter_find(w.services.db, w.arena, &r.application, LETTER_MADE, &made, &e), e);
    assert_ok(letter_content(w.services.db, w.arena, &made, &pdf, &e), e);
    assert_memory_equal(pdf.p, "%PDF", 4);
    assert_ok(uploaded(r.application.id), e);
    assert_int_equal(state_of(r.certificate.id), STATE_VALIDATING);
    assert_true(certificate_now(&w, r.certificate.id).in_review);
    assert_ok(letter_find(w.services.db, w.arena, &r.application, LETTER_UPLOADED, &made, &e), e);
    assert_ok(letter_content(w.services.db, w.arena, &made, &back, &e), e);
    assert_true(slice_equal(back, slice_str(scan)));
    assert_fails(uploaded(r.application.id), e, ERR_NO_LETTER_NEEDED);
    r = review_of(r.certificate.id);
    check_and_approve(&r);
    assert_int_equal(run(&apply, r.certificate.id), OUTCOME_NEXT);
}

static void a_letter_holds_for_the_same_data_unless_it_was_refused(void **state) {
    (void)state;
    struct review r = waiting("OV-2024");
    assert_ok(uploaded(r.application.id), e);
    struct certificate c = certificate_now(&w, r.certificate.id);
    assert_ok(withdrawn(&c), e);
    assert_fails(uploaded(r.application.id), e, ERR_NO_LETTER_NEEDED);
    submit(c.id);
    assert_int_equal(run(&apply, c.id), OUTCOME_OTHERWISE);
    assert_int_equal(state_of(c.id), STATE_VALIDATING);
    r = review_of(c.id);
    assert_ok(rejected(&r, "letter_refused"), e);
    submit(c.id);
    assert_int_equal(run(&apply, c.id), OUTCOME_OTHERWISE);
    assert_int_equal(state_of(c.id), STATE_PENDING_LETTER);
}

/* ---- links to contacts: R114 ---- */

/* The token of the only link, opened as the step `send` does. */
static const char *token_of(struct review *r) {
    struct confirmation *links;
    struct message *messages;
    size_t found, sent;
    struct secret *opened;
    const struct message_range all = {.account_id = ACCOUNT, .limit = 10};
    assert_ok(confirmation_list(w.services.db, w.arena, r->application.id, &links, &found, &e), e);
    assert_int_equal(found, 1);
    assert_int_equal(run(&confirm_step, links[0].id), OUTCOME_DONE);
    assert_int_equal(run(&confirm_step, links[0].id), OUTCOME_DONE);
    assert_ok(message_list(w.services.db, w.arena, &all, &messages, &sent, &e), e);
    assert_int_equal(sent, 1);
    assert_string_equal(messages[0].receiver, "wang@example.com");
    const struct key_ref ref = {
        .id = links[0].id, .account_id = ACCOUNT, .purpose = PURPOSE_SECRET, .sealed = messages[0].sealed};
    assert_ok(signer_open(w.services.signer, w.arena, &ref, &opened, &e), e);
    return arena_strndup(w.arena, (const char *)secret_bytes(opened), secret_len(opened));
}

static bool used(const char *token) {
    begin();
    return done(confirmation_use(w.services.db, w.arena, token, "192.0.2.1", w.now, &e));
}

static void a_link_confirms_once_and_counts_as_the_check_by_email(void **state) {
    (void)state;
    struct review r = waiting("OV-2021");
    struct confirmation c;
    struct application application;
    struct contact contact;
    const char *token = token_of(&r);
    assert_int_equal(count("SELECT count(*) FROM confirmation WHERE digest IS NOT NULL"), 1);
    assert_ok(confirmation_of(w.services.db, w.arena, token, &c, &application, &e), e);
    const char *page = confirmation_page(w.arena, &c, &application, w.now);
    assert_non_null(strstr(page, "示例公司"));
    assert_non_null(strstr(page, "<form method=\"post\">"));
    assert_int_equal(count("SELECT count(*) FROM confirmation WHERE used_at IS NOT NULL"), 0);
    assert_fails(used("not-the-token"), e, ERR_NOT_FOUND);
    w.now += 60;
    assert_ok(used(token), e);
    assert_fails(used(token), e, ERR_LINK_USED);
    assert_ok(contact_get(w.services.db, w.arena, ACCOUNT, contact_id, &contact, &e), e);
    assert_int_equal(contact.email_confirmed_at, w.now);
    note(&r, "telephone", "passed");
    r = review_of(r.certificate.id);
    assert_ok(approved(&r), e);
}

static void a_link_ends_after_seven_days_and_with_its_application(void **state) {
    (void)state;
    struct review r = waiting("OV-2021");
    const char *token = token_of(&r);
    w.now += 7 * DAY;
    assert_fails(used(token), e, ERR_LINK_USED);
    w.now -= 1;
    struct certificate c = certificate_now(&w, r.certificate.id);
    assert_ok(withdrawn(&c), e);
    assert_fails(used(token), e, ERR_LINK_USED);
}

static void what_a_page_shows_is_escaped(void **state) {
    (void)state;
    const struct confirmation c = {.end_at = w.now + 1};
    const struct application application = {
        .id = "app_1", .names = "a.example", .organization = "{\"name\":\"<script>\\\"&'\"}"};
    const char *page = confirmation_page(w.arena, &c, &application, w.now);
    assert_null(strstr(page, "<script>"));
    assert_non_null(strstr(page, "&lt;script&gt;&quot;&amp;&#39;"));
}

static void links_are_sent_once_an_hour(void **state) {
    (void)state;
    struct review r = waiting("OV-2021");
    struct confirmation c;
    begin();
    assert_fails(confirmation_send(&w.services, w.arena, &r.application, w.now + 3599, &c, &e), e,
                 ERR_CONFLICT);
    assert_ok(done(confirmation_send(&w.services, w.arena, &r.application, w.now + 3600, &c, &e)), e);
}

/* Of all that were withdrawn and submitted again within an hour. */
static void one_address_gets_so_many_links_in_an_hour(void **state) {
    (void)state;
    enum { AN_HOUR = 20 };
    struct review r = waiting("OV-2021");
    for (int i = 0; i < AN_HOUR; i++) {
        struct certificate c = certificate_now(&w, r.certificate.id);
        assert_ok(withdrawn(&c), e);
        submit(c.id);
        assert_int_equal(run(&apply, c.id), OUTCOME_OTHERWISE);
    }
    assert_int_equal(count("SELECT count(*) FROM confirmation"), AN_HOUR + 1);
    assert_int_equal(count("SELECT count(DISTINCT created_at) FROM confirmation"), 2);
    assert_int_equal(count("SELECT max(created_at) FROM confirmation"), w.now + 3600);
    const char *last;
    struct work_item item;
    assert_ok(db_text(w.services.db, w.arena, &last, &e,
                      "SELECT id FROM confirmation ORDER BY created_at DESC LIMIT 1"),
              e);
    assert_ok(work_get(w.services.db, w.arena, last, &item, &e), e);
    assert_int_equal(item.due_at, w.now + 3600);
}

static void without_a_mail_server_the_reviewer_notes_the_check(void **state) {
    (void)state;
    w.services.notifier = NULL;
    struct review r = waiting("OV-2021");
    struct confirmation c;
    assert_int_equal(count("SELECT count(*) FROM confirmation"), 0);
    assert_fails(confirmation_send(&w.services, w.arena, &r.application, w.now, &c, &e), e,
                 ERR_MAIL_NOT_CONFIGURED);
    check_and_approve(&r);
}

TEST_MAIN(review, in_world(an_application_waits_for_a_reviewer_who_is_told_once),
          in_world(one_address_gets_so_many_links_in_an_hour), in_world(what_is_over_waits_for_nobody),
          in_world(what_was_deleted_waits_for_nobody),
          in_world(an_approval_needs_its_checks_and_lets_the_engine_go_on),
          in_world(an_organisation_that_was_checked_passes_until_that_is_too_old),
          in_world(a_changed_organisation_is_checked_again),
          in_world(what_came_by_the_managed_service_goes_back_to_its_applicant),
          in_world(how_old_the_check_is_is_told), in_world(a_rejection_says_why_and_can_be_corrected),
          in_world(of_all_who_decide_at_once_one_succeeds), in_world(a_verdict_is_written_once),
          in_world(a_withdrawal_and_a_verdict_exclude_each_other),
          in_world(reviewers_are_reminded_once_a_day),
          in_world(a_letter_is_made_and_the_signed_one_leads_to_the_reviewer),
          in_world(a_letter_holds_for_the_same_data_unless_it_was_refused),
          in_world(a_link_confirms_once_and_counts_as_the_check_by_email),
          in_world(a_link_ends_after_seven_days_and_with_its_application),
          in_world(what_a_page_shows_is_escaped), in_world(links_are_sent_once_an_hour),
          in_world(without_a_mail_server_the_reviewer_notes_the_check))
