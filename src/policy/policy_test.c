/* policy: the rows of SPEC section 7, the boundaries of each rule, profiles as data. */
#include "base/rand.h"
#include "policy/policy.h"
#include "unit.h"

/* ---- fixtures ---- */

static struct arena *arena;
static struct policies policies;

static int load_built_ins(void **state) {
    (void)state;
    struct error e = {0};
    arena = arena_new();
    return policy_load(arena, NULL, &policies, &e) ? 0 : -1;
}

static int drop_built_ins(void **state) {
    (void)state;
    arena_free(arena);
    return 0;
}

static const struct profile *profile(const char *name) {
    const struct profile *p = policy_find(&policies, name, 0);
    assert_non_null(p);
    return p;
}

static int64_t at(const char *time) {
    int64_t t = 0;
    struct error e = {0};
    assert_ok(time_parse(time, &t, "time", &e), e);
    return t;
}

#define assert_time(t, expected) assert_string_equal(time_format(arena, t), expected)

static struct plan_input order(const char *name, enum order_kind kind, const char *when,
                               const char *old_end) {
    return (struct plan_input){.profile = profile(name),
                               .order = {.kind = kind, .at = at(when), .old_end = old_end ? at(old_end) : 0},
                               .years = 1};
}

static struct plan planned(const struct plan_input *in) {
    struct plan plan;
    struct error e = {0};
    assert_ok(policy_plan(arena, in, &plan, &e), e);
    return plan;
}

static enum error_id refused(const struct plan_input *in) {
    struct plan plan;
    struct error e = {0};
    assert_false(policy_plan(arena, in, &plan, &e));
    return e.id;
}

static int64_t days(const struct validity *v) {
    return (v->end - v->not_before) / DAY;
}

/* The versions of a term: "2026-11-21 199, 2027-05-09 99" */
static const char *versions(const struct plan_term *term) {
    const char *text = "";
    for (size_t i = 0; i < term->version_count; i++)
        text =
            arena_printf(arena, "%s%s%s %d", text, i ? ", " : "",
                         time_format_date(arena, term->versions[i].issued_at), (int)days(&term->versions[i]));
    return text;
}

/* ---- the rows of SPEC section 7 ---- */

static void row_1_a_renewal_carries_twenty_days(void **state) {
    (void)state;
    static const char *const profiles[] = {"alibaba-2025-intl", "alibaba-2025-cn"};
    for (int i = 0; i < 2; i++) {
        const struct plan_input in =
            order(profiles[i], ORDER_RENEWAL, "2025-09-10T10:00:00Z", "2025-10-01T00:00:00Z");
        const struct plan plan = planned(&in);
        assert_int_equal(plan.terms[0].version_count, 1);
        assert_time(plan.terms[0].versions[0].end - 1, "2026-09-30T23:59:59Z");
        assert_int_equal(plan.coverage.carried / DAY, 20);
        assert_int_equal(days(&plan.terms[0].versions[0]), 385);
    }
}

static void row_2_an_early_renewal_submits_itself_where_the_window_opens(void **state) {
    (void)state;
    const struct plan_input in = order("alibaba-2025-cn", ORDER_EARLY_RENEWAL, "2025-08-15", "2025-10-01");
    const struct plan plan = planned(&in);
    assert_int_equal(plan.coverage.carried, 30 * DAY);
    assert_string_equal(versions(&plan.terms[0]), "2025-09-01 395");
    assert_time(plan.terms[0].versions[0].issued_at, "2025-09-01T00:00:00Z");
}

static void row_3_a_purchase_carries_nothing(void **state) {
    (void)state;
    const struct plan_input in = order("alibaba-2025-cn", ORDER_PURCHASE, "2025-08-15", NULL);
    const struct plan plan = planned(&in);
    assert_int_equal(plan.coverage.carried, 0);
    assert_string_equal(versions(&plan.terms[0]), "2025-08-15 365");
}

static void row_4_what_has_expired_is_bought_anew_under_every_profile(void **state) {
    (void)state;
    for (size_t i = 0; i < policies.count; i++) {
        const struct plan_input in =
            order(policies.profiles[i]->name, ORDER_RENEWAL, "2025-10-02", "2025-10-01");
        assert_int_equal(refused(&in), ERR_EXPIRED_BUY_NEW);
    }
}

static void row_5_a_changed_specification_loses_the_carry_over(void **state) {
    (void)state;
    struct plan_input in = order("alibaba-2021", ORDER_RENEWAL, "2021-10-02", "2021-11-01");
    in.order.specification_changed = true;
    const struct plan plan = planned(&in);
    assert_int_equal(plan.coverage.carried, 0);
    assert_string_equal(versions(&plan.terms[0]), "2021-10-02 365");
}

static void row_6_a_coverage_beyond_the_cap_needs_a_second_version(void **state) {
    (void)state;
    struct plan_input in = order("tencent-2024", ORDER_RENEWAL, "2024-03-12", "2024-04-01");
    in.order.bonus_days = 90;
    const struct plan plan = planned(&in);
    assert_int_equal(plan.coverage_end - in.order.at, (365 + 20 + 90) * DAY);
    assert_string_equal(versions(&plan.terms[0]), "2024-03-12 397, 2025-03-14 108");
    assert_int_equal(plan.terms[0].versions[0].limited_by, LIMIT_CAP);
    assert_int_equal(plan.terms[0].versions[1].limited_by, LIMIT_COVERAGE);
}

static void row_7_the_caps_of_each_day_of_issue_make_four_versions(void **state) {
    (void)state;
    const struct plan_input in = order("modern", ORDER_RENEWAL, "2026-11-21", "2026-12-01");
    const struct plan plan = planned(&in);
    assert_time(plan.coverage_end, "2027-12-01T00:00:00Z");
    assert_string_equal(versions(&plan.terms[0]),
                        "2026-11-21 199, 2027-05-09 99, 2027-07-17 99, 2027-09-24 68");
}

static void row_8_later_terms_start_instead_of_a_stub(void **state) {
    (void)state;
    static const char *const ends[] = {"2027-11-21T00:00:00Z", "2028-11-20T00:00:00Z",
                                       "2029-11-20T00:00:00Z"};
    struct plan_input in = order("modern", ORDER_PURCHASE, "2026-11-21", NULL);
    struct plan plan = planned(&in);
    assert_string_equal(versions(&plan.terms[0]),
                        "2026-11-21 199, 2027-05-09 99, 2027-07-17 99, 2027-09-24 58");
    in.years = 3;
    plan = planned(&in);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(plan.terms[i].version_count, 3 * (i + 1));
        assert_time(plan.terms[i].coverage_end, ends[i]);
    }
}

/* From any version of a term, the engine foresees the start that the plan has. */
static void a_start_of_the_next_term_is_foreseen_as_it_is_planned(void **state) {
    (void)state;
    static const char *const days_ordered[] = {"2025-01-01", "2026-03-01", "2026-11-21", "2028-09-01",
                                               "2029-05-05"};
    static const char *const names[] = {"modern", "tencent-2024", "alibaba-2025-intl"};
    for (int i = 0; i < 15; i++) {
        struct plan_input in = order(names[i % 3], ORDER_PURCHASE, days_ordered[i / 3], NULL);
        in.years = 2;
        in.issuer.backdate = 60;
        const struct plan plan = planned(&in);
        const struct plan_term *first = &plan.terms[0];
        for (size_t v = 0; v < first->version_count; v++) {
            const struct term_state state_of = {in.order.kind, true, first->versions[v].not_before,
                                                first->versions[v].end, first->coverage_end};
            assert_int_equal(policy_term_start(in.profile, &in.issuer, &state_of),
                             plan.terms[1].versions[0].issued_at);
        }
    }
}

static void row_9_versions_have_46_days_at_most_from_2029_on(void **state) {
    (void)state;
    const struct plan_input in = order("modern", ORDER_RENEWAL, "2029-03-31", "2029-04-10");
    const struct plan plan = planned(&in);
    assert_time(plan.coverage_end, "2030-04-10T00:00:00Z");
    for (size_t i = 0; i < plan.terms[0].version_count; i++)
        assert_true(days(&plan.terms[0].versions[i]) <= 46);
}

/* ---- boundaries ---- */

static void a_cap_is_in_force_one_day_ahead(void **state) {
    (void)state;
    const struct profile *p = profile("modern");
    static const struct {
        const char *from;
        int64_t before, after;
    } rows[] = {{"2026-03-15", 397, 199}, {"2027-03-15", 199, 99}, {"2029-03-15", 99, 46}};
    for (int i = 0; i < 3; i++) {
        int64_t changes = at(rows[i].from) - DAY;
        assert_int_equal(policy_cap_days(p, changes - 1), rows[i].before);
        assert_int_equal(policy_cap_days(p, changes), rows[i].after);
        assert_int_equal(policy_cap_days(p, changes + 1), rows[i].after);
    }
    assert_int_equal(policy_cap_days(p, at("1950-01-01")), 397);
    assert_int_equal(policy_cap_days(p, at("9999-01-01")), 46);
}

static void the_carry_over_does_not_depend_on_the_second_of_issue(void **state) {
    (void)state;
    int64_t old_end = at("2025-10-01");
    for (int64_t left = 1; left <= 30 * DAY; left += 86399) {
        const struct coverage_input in = {.kind = ORDER_RENEWAL, .at = old_end - left, .old_end = old_end};
        assert_int_equal(policy_coverage(profile("modern"), &in).end, old_end + 365 * DAY);
    }
    const struct coverage_input early = {
        .kind = ORDER_RENEWAL, .at = old_end - 30 * DAY - 1, .old_end = old_end};
    assert_int_equal(policy_coverage(profile("modern"), &early).carried, 30 * DAY);
}

static void nothing_is_carried_from_what_ended_was_replaced_or_bought(void **state) {
    (void)state;
    struct coverage_input in = {
        .kind = ORDER_RENEWAL, .at = at("2025-10-01"), .old_end = at("2025-10-01"), .bonus_days = 9};
    for (int kind = ORDER_PURCHASE; kind < ORDER_KIND_COUNT; kind++) {
        in.kind = (enum order_kind)kind;
        in.old_end = in.at + (kind == ORDER_RENEWAL || kind == ORDER_EARLY_RENEWAL ? 0 : DAY);
        const struct coverage c = policy_coverage(profile("tencent-2024"), &in);
        assert_int_equal(c.carried, 0);
        assert_int_equal(c.bonus_days, 0);
        assert_int_equal(c.end, in.at + 365 * DAY);
    }
}

static void a_standard_term_is_365_days_in_leap_years_too(void **state) {
    (void)state;
    const struct plan_input in = order("alibaba-2025-cn", ORDER_PURCHASE, "2024-02-29", NULL);
    assert_time(planned(&in).coverage_end, "2025-02-28T00:00:00Z");
    const struct plan_input renewal = order("alibaba-2025-cn", ORDER_RENEWAL, "2024-02-29", "2024-03-01");
    assert_time(planned(&renewal).coverage_end, "2025-03-01T00:00:00Z");
}

static void a_lead_is_a_third_of_the_lifetime_or_half_of_a_short_one(void **state) {
    (void)state;
    const struct profile *p = profile("modern");
    assert_int_equal(policy_lead(p, 397 * DAY), 30 * DAY);
    assert_int_equal(policy_lead(p, 90 * DAY), 30 * DAY);
    assert_int_equal(policy_lead(p, 90 * DAY - 1), 30 * DAY - 1);
    assert_int_equal(policy_lead(p, 46 * DAY), 46 * DAY / 3);
    assert_int_equal(policy_lead(p, 10 * DAY), 10 * DAY / 3);
    assert_int_equal(policy_lead(p, 10 * DAY - 1), (10 * DAY - 1) / 2);
    assert_int_equal(policy_lead(p, 6 * DAY + 1), 3 * DAY);
    assert_int_equal(policy_lead(p, 0), 0);
}

static void the_window_is_closed_at_both_edges_exactly(void **state) {
    (void)state;
    struct plan_input in = order("modern", ORDER_RENEWAL, "2026-12-01", "2026-12-01");
    static const struct {
        int64_t left;
        enum error_id renewal, early;
    } rows[] = {
        {-1, ERR_EXPIRED_BUY_NEW, ERR_EXPIRED_BUY_NEW},
        {0, ERR_EXPIRED_BUY_NEW, ERR_EXPIRED_BUY_NEW},
        {1, ERR_NONE, ERR_INSIDE_WINDOW},
        {30 * DAY, ERR_NONE, ERR_INSIDE_WINDOW},
        {30 * DAY + 1, ERR_OUTSIDE_WINDOW, ERR_NONE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        in.order.at = in.order.old_end - rows[i].left;
        for (int early = 0; early < 2; early++) {
            in.order.kind = early ? ORDER_EARLY_RENEWAL : ORDER_RENEWAL;
            enum error_id expected = early ? rows[i].early : rows[i].renewal;
            struct plan plan;
            struct error e = {0};
            assert_int_equal(policy_plan(arena, &in, &plan, &e), expected == ERR_NONE);
            assert_int_equal(e.id, expected);
        }
    }
}

static void a_known_window_takes_the_place_of_window_days(void **state) {
    (void)state;
    struct plan_input in = order("modern", ORDER_RENEWAL, "2029-06-01", "2029-06-20");
    in.window = 15 * DAY;
    assert_int_equal(refused(&in), ERR_OUTSIDE_WINDOW);
    in.order.kind = ORDER_EARLY_RENEWAL;
    assert_time(planned(&in).terms[0].versions[0].issued_at, "2029-06-05T00:00:00Z");
}

static void all_reasons_are_told_the_first_of_the_table_first(void **state) {
    (void)state;
    struct plan_input in = order("alibaba-2021", ORDER_EARLY_RENEWAL, "2021-10-02", "2021-11-01");
    in.years = 2;
    struct plan plan;
    struct error e = {0};
    assert_fails(policy_plan(arena, &in, &plan, &e), e, ERR_PROFILE_HAS_NO_EARLY_RENEWAL);
    assert_int_equal(e.id_count, 3);
    assert_int_equal(e.ids[0], ERR_PROFILE_HAS_NO_EARLY_RENEWAL);
    assert_int_equal(e.ids[1], ERR_INSIDE_WINDOW);
    assert_int_equal(e.ids[2], ERR_YEARS_NOT_OFFERED);
}

static void what_a_profile_lacks_is_refused(void **state) {
    (void)state;
    struct plan_input in = order("modern", ORDER_PURCHASE, "2026-11-21", NULL);
    in.years = 4;
    assert_int_equal(refused(&in), ERR_YEARS_NOT_OFFERED);
    in.years = 0;
    assert_int_equal(refused(&in), ERR_YEARS_NOT_OFFERED);
    in = order("tencent-2024", ORDER_EARLY_RENEWAL, "2024-01-01", "2024-04-01");
    assert_int_equal(refused(&in), ERR_PROFILE_HAS_NO_EARLY_RENEWAL);
    in = order("tencent-2024", ORDER_RENEWAL, "2024-03-12", "2024-04-01");
    in.order.specification_changed = true;
    assert_int_equal(refused(&in), ERR_SPECIFICATION_CHANGE_BUY_NEW);
    in.order.specification_changed = false;
    in.order.bonus_days = 91;
    assert_int_equal(refused(&in), ERR_BAD_FIELD);
}

/* ---- single versions ---- */

static void a_version_is_clipped_by_coverage_cap_or_ca(void **state) {
    (void)state;
    const struct profile *p = profile("modern");
    int64_t t = at("2027-06-01");
    struct issuer_rules issuer = {.backdate = 60};
    struct validity v = policy_validity(p, &issuer, t + 99 * DAY - 60, t);
    assert_int_equal(v.limited_by, LIMIT_COVERAGE);
    assert_int_equal(v.end - v.not_before, 99 * DAY);
    v = policy_validity(p, &issuer, t + 99 * DAY - 59, t);
    assert_int_equal(v.limited_by, LIMIT_CAP);
    assert_int_equal(v.end, t - 60 + 99 * DAY);
    assert_int_equal(v.not_before, t - 60);
    issuer.lifetime_max = 90 * DAY;
    v = policy_validity(p, &issuer, t + 91 * DAY, t);
    assert_int_equal(v.limited_by, LIMIT_ISSUER);
    assert_int_equal(v.end - v.not_before, 90 * DAY);
    v = policy_validity(p, &issuer, t + 80 * DAY, t);
    assert_int_equal(v.limited_by, LIMIT_COVERAGE);
    issuer.ca_end = t + 5 * DAY;
    v = policy_validity(p, &issuer, t + 50 * DAY, t);
    assert_int_equal(v.limited_by, LIMIT_ISSUER);
    assert_int_equal(v.end, t + 5 * DAY);
}

static void an_issuer_that_fixes_the_lifetime_is_never_clipped(void **state) {
    (void)state;
    struct plan_input in = order("modern", ORDER_PURCHASE, "2026-11-21", NULL);
    in.issuer.fixed_lifetime = 90 * DAY;
    const struct plan plan = planned(&in);
    const struct plan_term *term = &plan.terms[0];
    for (size_t i = 0; i < term->version_count; i++) {
        assert_int_equal(days(&term->versions[i]), 90);
        assert_int_equal(term->versions[i].limited_by, LIMIT_ISSUER);
    }
    assert_int_equal(term->version_count, 6);
    assert_true(term->versions[5].end > plan.coverage_end);
    assert_true(term->versions[4].end < plan.coverage_end);
}

static void a_ca_that_ends_before_the_coverage_is_told(void **state) {
    (void)state;
    struct plan_input in = order("modern", ORDER_PURCHASE, "2026-11-21", NULL);
    in.issuer.ca_end = at("2027-06-01");
    assert_int_equal(refused(&in), ERR_ISSUE_REFUSED);
    in.issuer.ca_end = at("2027-11-21");
    assert_time(planned(&in).coverage_end, "2027-11-21T00:00:00Z");
}

static struct next_issue next(const char *name, bool next_term, int64_t version_days, int64_t coverage_days,
                              enum order_kind kind) {
    const struct term_state term = {.order_kind = kind,
                                    .next_term = next_term,
                                    .end = version_days * DAY,
                                    .coverage_end = coverage_days * DAY};
    return policy_next_issue(profile(name), &term);
}

static void a_version_is_followed_within_its_lead(void **state) {
    (void)state;
    struct next_issue n = next("modern", false, 99, 100, ORDER_PURCHASE);
    assert_int_equal(n.kind, NEXT_VERSION);
    assert_int_equal(n.at, 69 * DAY);
    n = next("modern", false, 99, 99, ORDER_PURCHASE);
    assert_int_equal(n.kind, NEXT_NONE);
}

static void the_next_term_starts_where_less_than_a_lead_would_be_left(void **state) {
    (void)state;
    assert_int_equal(next("modern", true, 99, 129, ORDER_PURCHASE).kind, NEXT_VERSION);
    struct next_issue n = next("modern", true, 99, 128, ORDER_PURCHASE);
    assert_int_equal(n.kind, NEXT_TERM);
    assert_int_equal(n.at, 69 * DAY);
}

static void later_terms_of_a_replacement_are_activated_15_days_before_the_end(void **state) {
    (void)state;
    assert_int_equal(next("alibaba-2025-intl", true, 365, 365, ORDER_REPLACEMENT).at, 350 * DAY);
    assert_int_equal(next("alibaba-2025-intl", true, 365, 365, ORDER_PURCHASE).at, 335 * DAY);
    assert_int_equal(next("alibaba-2025-cn", true, 365, 365, ORDER_REPLACEMENT).at, 335 * DAY);
    assert_int_equal(next("modern", true, 46, 46, ORDER_RENEWAL).at, 46 * DAY - 46 * DAY / 3);
}

/* ---- properties ---- */

static struct plan_input any_order(void) {
    static const char *const names[] = {"alibaba-2025-intl", "alibaba-2025-cn", "modern"};
    int64_t t = at("2024-01-01") + (int64_t)rand_below(6 * 365 * DAY);
    enum order_kind kind = (enum order_kind)rand_below(ORDER_KIND_COUNT);
    int64_t left = 1 + (int64_t)rand_below(30 * DAY);
    if (kind == ORDER_EARLY_RENEWAL)
        left += 30 * DAY;
    return (struct plan_input){.profile = profile(names[rand_below(3)]),
                               .order = {.kind = kind, .at = t, .old_end = t + left},
                               .years = 1 + (int64_t)rand_below(3),
                               .issuer.backdate = (int64_t)rand_below(3600)};
}

/* The covered time is never shorter than what was paid for, and never covered by two terms. */
static void assert_coverage_kept(const struct plan_input *in, const struct plan *plan) {
    int64_t start = plan->terms[0].versions[0].issued_at;
    bool renews = in->order.kind == ORDER_RENEWAL || in->order.kind == ORDER_EARLY_RENEWAL;
    int64_t from = renews ? in->order.old_end : start;
    for (int64_t i = 0; i < in->years; i++)
        assert_int_equal(plan->terms[i].coverage_end, from + (i + 1) * 365 * DAY);
}

static void assert_versions_overlap(const struct plan *plan) {
    const struct validity *last = NULL;
    for (size_t i = 0; i < plan->term_count; i++) {
        const struct plan_term *term = &plan->terms[i];
        for (size_t k = 0; k < term->version_count; k++) {
            const struct validity *v = &term->versions[k];
            assert_true(v->issued_at < v->end && v->end <= term->coverage_end);
            assert_true(!last ||
                        (v->issued_at > last->issued_at && v->issued_at < last->end && v->end > last->end));
            last = v;
        }
    }
    assert_true(last && last->end == plan->coverage_end);
}

static void coverage_is_never_lost_and_never_without_a_version(void **state) {
    (void)state;
    rand_seed(1);
    for (int i = 0; i < 2000; i++) {
        const struct plan_input in = any_order();
        const struct plan plan = planned(&in);
        assert_coverage_kept(&in, &plan);
        assert_versions_overlap(&plan);
    }
}

static void no_version_outlives_the_cap_of_its_day_of_issue(void **state) {
    (void)state;
    rand_seed(2);
    for (int i = 0; i < 500; i++) {
        const struct plan_input in = any_order();
        const struct plan plan = planned(&in);
        for (size_t t = 0; t < plan.term_count; t++)
            for (size_t k = 0; k < plan.terms[t].version_count; k++) {
                const struct validity *v = &plan.terms[t].versions[k];
                assert_true(v->end - v->not_before <= policy_cap_days(in.profile, v->issued_at) * DAY);
            }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(row_1_a_renewal_carries_twenty_days),
        test(row_2_an_early_renewal_submits_itself_where_the_window_opens),
        test(row_3_a_purchase_carries_nothing),
        test(row_4_what_has_expired_is_bought_anew_under_every_profile),
        test(row_5_a_changed_specification_loses_the_carry_over),
        test(row_6_a_coverage_beyond_the_cap_needs_a_second_version),
        test(row_7_the_caps_of_each_day_of_issue_make_four_versions),
        test(row_8_later_terms_start_instead_of_a_stub),
        test(row_9_versions_have_46_days_at_most_from_2029_on),
        test(a_start_of_the_next_term_is_foreseen_as_it_is_planned),
        test(a_cap_is_in_force_one_day_ahead),
        test(the_carry_over_does_not_depend_on_the_second_of_issue),
        test(nothing_is_carried_from_what_ended_was_replaced_or_bought),
        test(a_standard_term_is_365_days_in_leap_years_too),
        test(a_lead_is_a_third_of_the_lifetime_or_half_of_a_short_one),
        test(the_window_is_closed_at_both_edges_exactly),
        test(a_known_window_takes_the_place_of_window_days),
        test(all_reasons_are_told_the_first_of_the_table_first),
        test(what_a_profile_lacks_is_refused),
        test(a_version_is_clipped_by_coverage_cap_or_ca),
        test(an_issuer_that_fixes_the_lifetime_is_never_clipped),
        test(a_ca_that_ends_before_the_coverage_is_told),
        test(a_version_is_followed_within_its_lead),
        test(the_next_term_starts_where_less_than_a_lead_would_be_left),
        test(later_terms_of_a_replacement_are_activated_15_days_before_the_end),
        test(coverage_is_never_lost_and_never_without_a_version),
        test(no_version_outlives_the_cap_of_its_day_of_issue),
    };
    return cmocka_run_group_tests_name("policy", tests, load_built_ins, drop_built_ins);
}
