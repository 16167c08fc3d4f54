/* Every row of the action table, in all states, and under all profiles where they differ. */
#include "certificate/certificate.h"
#include "unit.h"

enum { NOW = 1795219200 };

static struct policies policies;

static const struct profile *profile(const char *name) {
    const struct profile *found = policy_find(&policies, name, 0);
    assert_non_null(found);
    return found;
}

static int load(void **state) {
    struct error e = {0};
    struct arena *a = arena_new();
    *state = a;
    return policy_load(a, NULL, &policies, &e) ? 0 : -1;
}

static int unload(void **state) {
    arena_free(*state);
    return 0;
}

static const char *const profiles[] = {"alibaba-2021", "alibaba-2025-intl", "alibaba-2025-cn", "tencent-2024",
                                       "modern"};
enum { PROFILES = sizeof profiles / sizeof *profiles };

static void derive(struct certificate *c) {
    certificate_derive(c, profile(POLICY_DEFAULT));
}

/* Ends `left` seconds from now; under every profile its window are the last 30 days. */
static struct certificate issued(const char *kind, int64_t left) {
    struct certificate c = {.id = "cert_1",
                            .kind = kind,
                            .names = "www.example.com",
                            .auto_versions = true,
                            .vendor = strcmp(kind, "official") == 0 ? "GlobalSign" : NULL,
                            .paid_at = NOW,
                            .active_at = NOW,
                            .submitted_at = NOW,
                            .version_count = 1,
                            .key_held = true,
                            .covered_from = NOW + left - 365 * DAY,
                            .not_before = NOW + left - 365 * DAY,
                            .coverage_end = NOW + left,
                            .version_end = NOW + left};
    derive(&c);
    return c;
}

static struct certificate in_state(enum certificate_state state) {
    struct certificate c = issued("official", 100 * DAY);
    bool had_version = state >= STATE_ISSUED && state != STATE_CANCELLED;
    if (!had_version)
        c.version_count = c.version_end = c.not_before = c.coverage_end = c.key_held = 0;
    if (state == STATE_PENDING_EXPIRATION)
        c = issued("official", DAY);
    if (state == STATE_EXPIRED)
        c = issued("official", 0);
    c.paid_at = state == STATE_PENDING_PAYMENT ? 0 : NOW;
    c.active_at = state <= STATE_NOT_ACTIVATED ? 0 : NOW;
    c.submitted_at = state <= STATE_PENDING_APPLICATION ? 0 : NOW;
    c.letter_needed = state == STATE_PENDING_LETTER;
    c.rejected_at = state == STATE_REJECTED ? NOW : 0;
    c.revoke_asked_at = state == STATE_REVOKING || state == STATE_REVOKED ? NOW : 0;
    c.revoked_at = state == STATE_REVOKED ? NOW : 0;
    c.cancelled_at = state == STATE_CANCELLED ? NOW : 0;
    derive(&c);
    assert_int_equal(certificate_state(&c, NOW), state);
    return c;
}

/* The codes of a refusal, one space between; empty where it is allowed. */
static const char *codes(enum action action, const struct certificate *c, const char *profile_name) {
    static char text[512];
    struct error e = {0};
    size_t len = 0;
    *text = '\0';
    bool allowed = action_allowed(action, c, profile(profile_name), NOW, &e);
    assert_int_equal(allowed, e.id_count == 0);
    assert_int_equal(e.id, e.ids[0]);
    assert_string_equal(e.state, allowed ? "" : state_row(certificate_state(c, NOW))->name);
    assert_true(allowed || (*e.detail[LANG_EN] && *e.detail[LANG_ZH]));
    for (int i = 0; i < e.id_count; i++)
        len +=
            (size_t)snprintf(text + len, sizeof text - len, "%s%s", i ? " " : "", error_row(e.ids[i])->code);
    return text;
}

static void assert_codes(enum action action, const struct certificate *c, const char *expected) {
    assert_string_equal(codes(action, c, POLICY_DEFAULT), expected);
}

/* What each state answers to an action; "" is allowed. */
struct answers {
    enum action action;
    const char *expected[STATE_COUNT];
};

static void assert_answers(const struct answers *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        for (enum certificate_state s = 0; s < STATE_COUNT; s++) {
            struct certificate c = in_state(s);
            assert_codes(rows[i].action, &c, rows[i].expected[s]);
        }
    }
}

static void every_action_before_the_issue_answers_every_state(void **state) {
    (void)state;
    static const struct answers rows[] = {
        {ACTION_PAY,
         {"", "already_paid", "already_paid", "already_paid", "already_paid", "already_paid", "already_paid",
          "already_paid", "already_paid", "already_paid", "already_paid", "already_paid"}},
        {ACTION_SUBMIT,
         {"not_paid", "not_active_yet", "", "already_submitted", "already_submitted", "", "already_submitted",
          "already_submitted", "already_submitted", "already_submitted", "already_submitted", "conflict"}},
        {ACTION_WITHDRAW,
         {"not_submitted", "not_submitted", "not_submitted", "", "", "not_submitted", "already_issued",
          "already_issued", "already_issued", "already_issued", "already_issued", "not_submitted"}},
        {ACTION_CANCEL,
         {"", "", "", "already_submitted", "already_submitted", "", "already_issued", "already_issued",
          "already_issued", "already_issued", "already_issued", "conflict"}},
        {ACTION_UPLOAD_LETTER,
         {"no_letter_needed", "no_letter_needed", "no_letter_needed", "", "no_letter_needed",
          "no_letter_needed", "no_letter_needed", "no_letter_needed", "no_letter_needed", "no_letter_needed",
          "no_letter_needed", "no_letter_needed"}},
        {ACTION_CHECK_NOW,
         {"not_validating", "not_validating", "not_validating", "not_validating", "", "not_validating",
          "not_validating", "not_validating", "not_validating", "not_validating", "not_validating",
          "not_validating"}},
        {ACTION_REMIND,
         {"not_validating not_in_review", "not_validating not_in_review", "not_validating not_in_review",
          "not_validating not_in_review", "not_in_review", "not_validating not_in_review",
          "not_validating not_in_review", "not_validating not_in_review", "not_validating not_in_review",
          "not_validating not_in_review", "not_validating not_in_review", "not_validating not_in_review"}},
        {ACTION_APPROVE,
         {"not_in_review", "not_in_review", "not_in_review", "not_in_review", "not_in_review",
          "not_in_review", "not_in_review", "not_in_review", "not_in_review", "not_in_review",
          "not_in_review", "not_in_review"}},
        {ACTION_REJECT,
         {"not_in_review", "not_in_review", "not_in_review", "not_in_review", "not_in_review",
          "not_in_review", "not_in_review", "not_in_review", "not_in_review", "not_in_review",
          "not_in_review", "not_in_review"}},
        {ACTION_REFUND,
         {"not_paid", "", "", "", "", "", "already_issued", "already_issued", "already_issued",
          "already_issued", "already_issued", "conflict"}},
    };
    assert_answers(rows, sizeof rows / sizeof *rows);
}

static void every_action_after_the_issue_answers_every_state(void **state) {
    (void)state;
    static const struct answers rows[] = {
        {ACTION_AUTO_RENEW_ON,
         {"", "", "", "", "", "", "", "too_late_for_auto_renew", "too_late_for_auto_renew",
          "too_late_for_auto_renew", "too_late_for_auto_renew", "too_late_for_auto_renew"}},
        {ACTION_AUTO_RENEW_OFF, {"", "", "", "", "", "", "", "", "", "", "", ""}},
        {ACTION_MUTE, {"", "", "", "", "", "", "", "", "", "", "", ""}},
        {ACTION_RENEW,
         {"not_live", "not_live", "not_live", "not_live", "not_live", "not_live", "outside_window", "",
          "expired_buy_new", "expired_buy_new", "expired_buy_new", "not_live"}},
        {ACTION_RENEW_EARLY,
         {"not_live", "not_live", "not_live", "not_live", "not_live", "not_live", "", "inside_window",
          "expired_buy_new", "expired_buy_new", "expired_buy_new", "not_live"}},
        {ACTION_BUY_NEW, {"", "", "", "", "", "", "", "", "", "", "", ""}},
        {ACTION_REISSUE,
         {"not_live", "not_live", "not_live", "not_live", "not_live", "not_live", "", "", "not_live",
          "not_live", "not_live", "not_live"}},
        {ACTION_REVOKE,
         {"not_live", "not_live", "not_live", "not_live", "not_live", "not_live", "", "", "not_live",
          "not_live", "not_live", "not_live"}},
        {ACTION_DOWNLOAD,
         {"not_live", "not_live", "not_live", "not_live", "not_live", "not_live", "", "", "", "", "",
          "not_live"}},
        {ACTION_DELETE,
         {"not_deletable", "not_deletable", "not_deletable", "not_deletable", "not_deletable",
          "not_deletable", "not_deletable", "not_deletable", "", "not_deletable", "", ""}},
    };
    assert_answers(rows, sizeof rows / sizeof *rows);
}

static void an_unpaid_order_that_was_cancelled_has_no_valid_quote(void **state) {
    (void)state;
    struct certificate c = in_state(STATE_CANCELLED);
    c.paid_at = 0;
    assert_codes(ACTION_PAY, &c, "quote_stale");
}

static void renewal_opens_with_the_window_and_closes_with_the_end(void **state) {
    (void)state;
    const struct {
        int64_t left;
        const char *renew, *early;
    } rows[] = {
        {30 * DAY + 1, "outside_window", ""},
        {30 * DAY, "", "inside_window"},
        {1, "", "inside_window"},
        {0, "expired_buy_new", "expired_buy_new"},
        {-1, "expired_buy_new", "expired_buy_new"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct certificate c = issued("official", rows[i].left);
        assert_codes(ACTION_RENEW, &c, rows[i].renew);
        assert_codes(ACTION_RENEW_EARLY, &c, rows[i].early);
    }
}

static void early_renewal_is_a_matter_of_the_profile(void **state) {
    (void)state;
    static const char *const expected[PROFILES] = {"profile_has_no_early_renewal", "", "",
                                                   "profile_has_no_early_renewal", ""};
    struct certificate c = issued("official", 100 * DAY);
    for (size_t i = 0; i < PROFILES; i++)
        assert_string_equal(codes(ACTION_RENEW_EARLY, &c, profiles[i]), expected[i]);
}

static void domain_types_are_renewable_as_the_profile_says(void **state) {
    (void)state;
    static const char *const multi[PROFILES] = {"", "multi_domain_not_renewable", "", "", ""};
    static const char *const mixed[PROFILES] = {"", "multi_domain_not_renewable",
                                                "multi_domain_not_renewable", "", ""};
    struct certificate c = issued("official", DAY);
    for (size_t i = 0; i < PROFILES; i++) {
        c.names = "www.example.com";
        assert_string_equal(codes(ACTION_RENEW, &c, profiles[i]), "");
        c.names = "*.example.com";
        assert_string_equal(codes(ACTION_RENEW, &c, profiles[i]), "");
        c.names = "www.example.com www.example.org";
        assert_string_equal(codes(ACTION_RENEW, &c, profiles[i]), multi[i]);
        c.names = "*.example.com www.example.org";
        assert_string_equal(codes(ACTION_RENEW, &c, profiles[i]), mixed[i]);
    }
}

static void brands_are_renewable_as_the_profile_says(void **state) {
    (void)state;
    static const char *const expected[PROFILES] = {"brand_not_renewable", "", "", "", ""};
    struct certificate c = issued("official", DAY);
    c.vendor = "DigiCert";
    for (size_t i = 0; i < PROFILES; i++)
        assert_string_equal(codes(ACTION_RENEW, &c, profiles[i]), expected[i]);
}

static void test_certificates_are_renewed_under_no_profile(void **state) {
    (void)state;
    struct certificate c = issued("test", DAY);
    for (size_t i = 0; i < PROFILES; i++)
        assert_string_equal(codes(ACTION_RENEW, &c, profiles[i]), "test_not_renewable");
}

static void uploaded_certificates_are_replaced_as_the_profile_says(void **state) {
    (void)state;
    static const char *const expected[PROFILES] = {"", "", "uploaded_not_renewable", "uploaded_not_renewable",
                                                   ""};
    struct certificate c = issued("uploaded", DAY);
    for (size_t i = 0; i < PROFILES; i++) {
        assert_string_equal(codes(ACTION_REPLACE, &c, profiles[i]), expected[i]);
        assert_string_equal(codes(ACTION_RENEW, &c, profiles[i]), "not_official");
    }
}

static void certificates_of_a_private_ca_are_replaced_at_that_ca(void **state) {
    (void)state;
    struct certificate c = issued("pca", DAY);
    assert_string_equal(codes(ACTION_REPLACE, &c, "alibaba-2025-intl"), "pca_reissue_at_ca");
}

static void replacement_needs_a_live_certificate_in_its_window(void **state) {
    (void)state;
    struct certificate c = issued("uploaded", 30 * DAY + 1);
    assert_codes(ACTION_REPLACE, &c, "outside_window");
    c = issued("uploaded", 0);
    assert_codes(ACTION_REPLACE, &c, "expired_buy_new");
    c = issued("uploaded", DAY);
    c.successor_id = "cert_2";
    assert_codes(ACTION_REPLACE, &c, "has_successor");
    c = issued("official", DAY);
    assert_codes(ACTION_REPLACE, &c, "not_uploaded");
    c = issued("discovered", DAY);
    assert_codes(ACTION_REPLACE, &c, "not_uploaded");
}

static void a_refusal_tells_all_reasons_in_the_order_of_the_column(void **state) {
    (void)state;
    struct certificate c = issued("uploaded", 0);
    c.names = "a.example.com b.example.com";
    c.vendor = "DigiCert";
    c.successor_id = "cert_2";
    assert_string_equal(codes(ACTION_RENEW, &c, "alibaba-2021"),
                        "expired_buy_new brand_not_renewable has_successor not_official");
    assert_string_equal(codes(ACTION_RENEW, &c, "alibaba-2025-intl"),
                        "expired_buy_new multi_domain_not_renewable has_successor not_official");
    c = issued("uploaded", 100 * DAY);
    c.names = "a.example.com b.example.com";
    assert_string_equal(codes(ACTION_RENEW, &c, "alibaba-2025-intl"),
                        "outside_window multi_domain_not_renewable not_official");
    c = issued("pca", 100 * DAY);
    assert_string_equal(codes(ACTION_REPLACE, &c, "alibaba-2025-intl"), "pca_reissue_at_ca outside_window");
    c = issued("test", 100 * DAY);
    assert_string_equal(codes(ACTION_RENEW_EARLY, &c, "tencent-2024"),
                        "profile_has_no_early_renewal test_not_renewable");
}

static void a_successor_is_named_in_the_refusal(void **state) {
    (void)state;
    struct certificate c = issued("official", DAY);
    struct error e = {0};
    c.successor_id = "cert_2";
    assert_false(action_allowed(ACTION_RENEW, &c, profile(POLICY_DEFAULT), NOW, &e));
    assert_int_equal(e.id, ERR_HAS_SUCCESSOR);
    assert_string_equal(e.object, "cert_2");
}

static void too_early_says_from_when_on(void **state) {
    (void)state;
    struct certificate c = issued("official", 40 * DAY);
    struct error e = {0};
    assert_false(action_allowed(ACTION_RENEW, &c, profile(POLICY_DEFAULT), NOW, &e));
    assert_non_null(strstr(e.detail[LANG_EN], "from 2026-12-01 on"));
    assert_non_null(strstr(e.detail[LANG_EN], "ends on 2026-12-30")); /* the last day covered */
    assert_non_null(strstr(e.detail[LANG_ZH], "2026-12-01"));
}

static void a_lapsed_certificate_is_still_reissued_and_renewed(void **state) {
    (void)state;
    struct certificate c = issued("official", 20 * DAY);
    c.version_end = NOW - DAY;
    derive(&c);
    assert_int_equal(certificate_state(&c, NOW), STATE_EXPIRED);
    assert_codes(ACTION_REISSUE, &c, "");
    assert_codes(ACTION_RENEW, &c, "");
    assert_codes(ACTION_REVOKE, &c, "not_live");
    c = issued("official", 100 * DAY);
    c.version_end = NOW - DAY;
    derive(&c);
    assert_codes(ACTION_RENEW, &c, "outside_window");
    assert_codes(ACTION_RENEW_EARLY, &c, "");
}

static void only_what_was_issued_here_is_reissued_and_revoked(void **state) {
    (void)state;
    static const char *const kinds[] = {"uploaded", "pca", "discovered"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct certificate c = issued(kinds[i], DAY);
        assert_codes(ACTION_REISSUE, &c, "not_official");
        assert_codes(ACTION_REVOKE, &c, "not_official");
    }
}

static void actions_on_what_was_brought_in_ask_for_its_kind(void **state) {
    (void)state;
    static const struct {
        const char *kind, *update, *sync, *delete;
    } rows[] = {
        {"official", "not_uploaded", "not_pca", "not_deletable"},
        {"uploaded", "", "not_pca", ""},
        {"test", "not_uploaded", "not_pca", ""},
        {"pca", "not_uploaded", "", "not_deletable"},
        {"discovered", "not_uploaded", "not_pca", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct certificate c = issued(rows[i].kind, DAY);
        assert_codes(ACTION_UPDATE, &c, rows[i].update);
        assert_codes(ACTION_SYNC, &c, rows[i].sync);
        assert_codes(ACTION_DELETE, &c, rows[i].delete);
    }
}

static void nothing_that_a_target_serves_is_deleted(void **state) {
    (void)state;
    struct certificate c = issued("uploaded", DAY);
    c.target_count = 2;
    assert_codes(ACTION_DELETE, &c, "still_deployed");
    c = issued("official", DAY);
    c.target_count = 2;
    assert_codes(ACTION_DELETE, &c, "not_deletable still_deployed");
}

static void a_reviewer_decides_and_is_reminded_while_it_is_in_review(void **state) {
    (void)state;
    static const enum action in_review[] = {ACTION_APPROVE, ACTION_REJECT, ACTION_REMIND, ACTION_CHECK_NOW};
    struct certificate c = in_state(STATE_VALIDATING);
    c.in_review = true;
    for (size_t i = 0; i < sizeof in_review / sizeof *in_review; i++)
        assert_codes(in_review[i], &c, "");
    c.reminded_at = NOW - DAY + 1;
    assert_codes(ACTION_REMIND, &c, "reminded_today");
    c.reminded_at = NOW - DAY;
    assert_codes(ACTION_REMIND, &c, "");
    c = in_state(STATE_ISSUED);
    c.in_review = true; /* of its next version: that is no application to approve by this row */
    assert_codes(ACTION_APPROVE, &c, "not_in_review");
}

static void what_was_issued_is_refunded_if_it_was_revoked_in_time(void **state) {
    (void)state;
    struct certificate c = in_state(STATE_REVOKED);
    c.covered_from = NOW - 30 * DAY;
    c.revoke_asked_at = c.covered_from + 7 * DAY;
    assert_codes(ACTION_REFUND, &c, "");
    c.revoke_asked_at++;
    assert_codes(ACTION_REFUND, &c, "already_issued");
    c.revoke_asked_at--;
    c.refunded_at = NOW;
    assert_codes(ACTION_REFUND, &c, "conflict");
}

static void refunds_are_a_matter_of_the_profile(void **state) {
    (void)state;
    static const char *const expected[PROFILES] = {"profile_has_no_refund", "profile_has_no_refund",
                                                   "profile_has_no_refund", "", ""};
    struct certificate c = in_state(STATE_NOT_ACTIVATED);
    for (size_t i = 0; i < PROFILES; i++)
        assert_string_equal(codes(ACTION_REFUND, &c, profiles[i]), expected[i]);
}

static void automatic_renewal_is_switched_on_until_fourteen_days_before_the_end(void **state) {
    (void)state;
    static const char *const expected[PROFILES] = {"profile_has_no_auto_renew", "profile_has_no_auto_renew",
                                                   "profile_has_no_auto_renew", "", ""};
    struct certificate c = issued("official", 14 * DAY);
    for (size_t i = 0; i < PROFILES; i++)
        assert_string_equal(codes(ACTION_AUTO_RENEW_ON, &c, profiles[i]), expected[i]);
    c = issued("official", 14 * DAY - 1);
    assert_codes(ACTION_AUTO_RENEW_ON, &c, "too_late_for_auto_renew");
    assert_codes(ACTION_AUTO_RENEW_OFF, &c, "");
    c = issued("uploaded", 100 * DAY);
    assert_codes(ACTION_AUTO_RENEW_ON, &c, "not_official");
}

static void deployment_needs_the_key(void **state) {
    (void)state;
    struct certificate c = issued("uploaded", DAY);
    assert_codes(ACTION_DEPLOY, &c, "");
    c.key_held = false;
    assert_codes(ACTION_DEPLOY, &c, "no_key_held");
    c = in_state(STATE_VALIDATING);
    assert_codes(ACTION_DEPLOY, &c, "not_live no_key_held");
}

static void actions_are_found_by_name_and_have_titles(void **state) {
    (void)state;
    for (enum action a = 0; a < ACTION_COUNT; a++) {
        assert_int_equal(action_parse(action_name(a)), a);
        assert_true(*action_title(a)->in[LANG_EN] && *action_title(a)->in[LANG_ZH]);
    }
    assert_int_equal(action_parse("explode"), ACTION_COUNT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(every_action_before_the_issue_answers_every_state),
        test(every_action_after_the_issue_answers_every_state),
        test(an_unpaid_order_that_was_cancelled_has_no_valid_quote),
        test(renewal_opens_with_the_window_and_closes_with_the_end),
        test(early_renewal_is_a_matter_of_the_profile),
        test(domain_types_are_renewable_as_the_profile_says),
        test(brands_are_renewable_as_the_profile_says),
        test(test_certificates_are_renewed_under_no_profile),
        test(uploaded_certificates_are_replaced_as_the_profile_says),
        test(certificates_of_a_private_ca_are_replaced_at_that_ca),
        test(replacement_needs_a_live_certificate_in_its_window),
        test(a_refusal_tells_all_reasons_in_the_order_of_the_column),
        test(a_successor_is_named_in_the_refusal),
        test(too_early_says_from_when_on),
        test(a_lapsed_certificate_is_still_reissued_and_renewed),
        test(only_what_was_issued_here_is_reissued_and_revoked),
        test(actions_on_what_was_brought_in_ask_for_its_kind),
        test(nothing_that_a_target_serves_is_deleted),
        test(a_reviewer_decides_and_is_reminded_while_it_is_in_review),
        test(what_was_issued_is_refunded_if_it_was_revoked_in_time),
        test(refunds_are_a_matter_of_the_profile),
        test(automatic_renewal_is_switched_on_until_fourteen_days_before_the_end),
        test(deployment_needs_the_key),
        test(actions_are_found_by_name_and_have_titles),
    };
    return cmocka_run_group_tests_name("action", tests, load, unload);
}
