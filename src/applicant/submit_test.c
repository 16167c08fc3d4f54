/* Who may submit what, and what a submission changes. */
#include "applicant/submit.h"
#include "catalog/catalog.h"
#include "unit.h"

enum { NOW = 1795219200 };

static struct arena *arena;
static struct policies policies;
static struct catalog catalog; /* nothing in it: nothing is demanded */
static struct services services = {.policies = &policies, .catalog = &catalog};

static int load(void **state) {
    (void)state;
    struct error e = {0};
    arena = arena_new();
    return policy_load(arena, NULL, &policies, &e) ? 0 : -1;
}

static int drop(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

static struct certificate pending(void) {
    return (struct certificate){.id = "cert_1",
                                .kind = "official",
                                .profile = "alibaba-2021",
                                .profile_version = 1,
                                .names = "www.example.com",
                                .paid_at = NOW - 60,
                                .active_at = NOW - 60};
}

static void a_person_submits_what_is_paid_and_active(void **state) {
    (void)state;
    struct error e = {0};
    struct certificate c = pending();
    assert_int_equal(certificate_state(&c, NOW), STATE_PENDING_APPLICATION);
    assert_true(certificate_waits_for_person(&c));
    assert_ok(applicant_submit(&services, &c, SUBMIT_BY_PERSON, NOW, &e), e);
    assert_int_equal(c.submitted_at, NOW);
    assert_int_equal(certificate_state(&c, NOW), STATE_VALIDATING);
    assert_false(certificate_waits_for_person(&c));
}

static void a_submission_ends_a_rejection_and_whatever_was_waited_for(void **state) {
    (void)state;
    struct error e = {0};
    struct certificate c = pending();
    c.submitted_at = c.rejected_at = NOW - 30;
    c.reject_reason = "rejected_csr";
    c.waits_for = c.waits_detail_en = c.waits_detail_zh = "x";
    assert_ok(applicant_submit(&services, &c, SUBMIT_BY_PERSON, NOW, &e), e);
    assert_int_equal(c.submitted_at, NOW);
    assert_int_equal(c.rejected_at, 0);
    assert_null(c.reject_reason);
    assert_null(c.waits_for);
    assert_null(c.waits_detail_en);
    assert_null(c.waits_detail_zh);
    assert_false(certificate_waits_for_person(&c));
}

static void a_person_is_refused_as_the_action_table_says(void **state) {
    (void)state;
    struct error e = {0};
    struct certificate unpaid = pending(), waiting = pending(), submitted = pending();
    unpaid.paid_at = unpaid.active_at = 0;
    waiting.active_at = 0;
    submitted.submitted_at = NOW - 1;
    assert_fails(applicant_submit(&services, &unpaid, SUBMIT_BY_PERSON, NOW, &e), e, ERR_NOT_PAID);
    assert_fails(applicant_submit(&services, &waiting, SUBMIT_BY_PERSON, NOW, &e), e, ERR_NOT_ACTIVE_YET);
    assert_fails(applicant_submit(&services, &submitted, SUBMIT_BY_PERSON, NOW, &e), e,
                 ERR_ALREADY_SUBMITTED);
    assert_int_equal(unpaid.submitted_at, 0);
    assert_int_equal(submitted.submitted_at, NOW - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(a_person_submits_what_is_paid_and_active),
        test(a_submission_ends_a_rejection_and_whatever_was_waited_for),
        test(a_person_is_refused_as_the_action_table_says),
    };
    return cmocka_run_group_tests_name("applicant", tests, load, drop);
}
