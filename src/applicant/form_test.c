/* The form of a certificate: where it comes from, who may change it, and what a submission needs of it. */
#include "applicant/world.h"

static const char *form_path(struct world *w, const char *id) {
    return path_of(w, "/v1/certificates/%s/form", id);
}

static const json_t *form_shown(struct world *w, const struct certificate *c) {
    return world_call(w, "GET", form_path(w, c->id), NULL);
}

static const json_t *form_set(struct world *w, const struct certificate *c, const char *member,
                              const char *value) {
    return world_call(w, "PATCH", form_path(w, c->id), json_pack("{ss?}", member, value));
}

static void form_refused(struct world *w, const struct certificate *c, json_t *body, enum error_id expected) {
    world_refuse(w, "PATCH", form_path(w, c->id), body, expected);
}

/* What a submission makes of the certificate as it is stored, and stores. */
static bool submit(struct world *w, const char *id, enum submitter by) {
    struct certificate c = world_certificate_now(w, id);
    w->e = (struct error){0};
    if (!applicant_submit(&w->services, &c, by, w->now, &w->e))
        return false;
    world_store(w, &c);
    return true;
}

static void a_form_is_filled_in_by_and_by(void **state) {
    struct world *w = *state;
    struct certificate c = world_certificate(w, (struct certificate){.brand = "reviewed"});
    const char *contact = world_contact(w), *organization = world_organization(w);
    const json_t *form = form_shown(w, &c);
    assert_string_equal(text_of(form, "demands"), "review");
    assert_string_equal(text_of(form, "lacks"), "contact_missing");
    form = form_set(w, &c, "contact_id", contact);
    assert_string_equal(text_of(form, "lacks"), "organization_missing");
    form = form_set(w, &c, "organization_id", organization);
    assert_null(text_of(form, "lacks"));
    assert_string_equal(text_of(form, "contact_id"), contact);
    assert_true(json_equal(form, form_shown(w, &c)));
    assert_string_equal(text_of(form_set(w, &c, "contact_id", NULL), "lacks"), "contact_missing");
}

static void a_brand_that_demands_nothing_needs_nothing(void **state) {
    struct world *w = *state;
    struct certificate c = world_certificate(w, (struct certificate){.brand = "plain"});
    assert_null(text_of(form_shown(w, &c), "lacks"));
    assert_ok(submit(w, c.id, SUBMIT_BY_PERSON), w->e);
}

static void a_proof_of_control_needs_a_contact_but_no_organisation(void **state) {
    struct world *w = *state;
    struct certificate c = world_certificate(w, (struct certificate){.brand = "proven"});
    assert_fails(submit(w, c.id, SUBMIT_BY_PERSON), w->e, ERR_CONTACT_MISSING);
    assert_string_equal(w->e.field, "contact_id");
    assert_string_not_equal(w->e.detail[LANG_EN], w->e.detail[LANG_ZH]);
    form_set(w, &c, "contact_id", world_contact(w));
    assert_ok(submit(w, c.id, SUBMIT_BY_PERSON), w->e);
    assert_int_equal(world_certificate_now(w, c.id).submitted_at, NOW);
}

static void a_review_needs_an_organisation_too(void **state) {
    struct world *w = *state;
    struct certificate c = world_certificate(w, (struct certificate){.brand = "reviewed"});
    form_set(w, &c, "contact_id", world_contact(w));
    assert_fails(submit(w, c.id, SUBMIT_BY_PERSON), w->e, ERR_ORGANIZATION_MISSING);
    assert_string_equal(w->e.field, "organization_id");
    form_set(w, &c, "organization_id", world_organization(w));
    assert_ok(submit(w, c.id, SUBMIT_BY_PERSON), w->e);
}

static void what_no_person_submits_waits_for_one(void **state) {
    struct world *w = *state;
    struct certificate c = world_certificate(w, (struct certificate){.brand = "proven"});
    assert_ok(submit(w, c.id, SUBMIT_BY_MANAGED_SERVICE), w->e);
    struct certificate now = world_certificate_now(w, c.id);
    assert_string_equal(now.waits_for, "contact_missing");
    assert_non_null(now.waits_detail_en);
    assert_non_null(now.waits_detail_zh);
    assert_int_equal(now.submitted_at, 0);
    assert_int_equal(certificate_state(&now, NOW), STATE_PENDING_APPLICATION);
    form_set(w, &c, "contact_id", world_contact(w));
    assert_null(world_certificate_now(w, c.id).waits_for);
    assert_ok(submit(w, c.id, SUBMIT_BY_PERSON), w->e);
}

static void an_order_that_is_paid_before_it_has_an_id_takes_the_form_of_the_old_one(void **state) {
    struct world *w = *state;
    struct certificate old = world_certificate(w, (struct certificate){.brand = "proven"}), next = old;
    form_set(w, &old, "contact_id", world_contact(w));
    next.id = NULL;
    next.predecessor_id = NULL;
    assert_ok(applicant_submit(&w->services, &next, SUBMIT_BY_PAYMENT, NOW, &w->e), w->e);
    assert_string_equal(next.waits_for, "contact_missing");
    next.predecessor_id = old.id;
    assert_ok(applicant_submit(&w->services, &next, SUBMIT_BY_PAYMENT, NOW, &w->e), w->e);
    assert_null(next.waits_for);
    assert_int_equal(next.submitted_at, NOW);
}

static void a_renewal_has_the_form_of_its_predecessor_until_it_has_its_own(void **state) {
    struct world *w = *state;
    struct certificate old = world_certificate(w, (struct certificate){.brand = "proven"});
    struct certificate next =
        world_certificate(w, (struct certificate){.brand = "proven", .predecessor_id = old.id});
    struct certificate third =
        world_certificate(w, (struct certificate){.brand = "proven", .predecessor_id = next.id});
    form_set(w, &old, "contact_id", world_contact(w));
    form_set(w, &old, "validation_method", "file");
    form_set(w, &old, "remark", "call in the morning");
    const json_t *form = form_shown(w, &third);
    assert_string_equal(text_of(form, "validation_method"), "file");
    assert_null(text_of(form, "remark"));
    assert_true(json_is_true(json_object_get(form, "inherited")));
    assert_ok(submit(w, third.id, SUBMIT_BY_MANAGED_SERVICE), w->e);
    /* what was submitted stays as it was submitted */
    form_set(w, &old, "validation_method", "dns");
    form = form_shown(w, &third);
    assert_string_equal(text_of(form, "validation_method"), "file");
    assert_true(json_is_false(json_object_get(form, "inherited")));
    assert_string_equal(text_of(form_shown(w, &next), "validation_method"), "dns");
}

static void no_file_proves_control_over_a_wildcard(void **state) {
    struct world *w = *state;
    struct certificate c =
        world_certificate(w, (struct certificate){.brand = "proven", .names = "a.example.com *.example.com"});
    struct certificate old = world_certificate(w, (struct certificate){.brand = "proven"});
    struct certificate next = world_certificate(
        w, (struct certificate){.brand = "proven", .names = "*.example.com", .predecessor_id = old.id});
    form_refused(w, &c, json_pack("{ss}", "validation_method", "file"), ERR_FILE_VALIDATION_NOT_FOR_WILDCARD);
    form_refused(w, &c, json_pack("{ss}", "validation_method", "pigeon"), ERR_BAD_FIELD);
    form_set(w, &c, "validation_method", "dns");
    form_set(w, &old, "contact_id", world_contact(w));
    form_set(w, &old, "validation_method", "file");
    assert_fails(submit(w, next.id, SUBMIT_BY_PERSON), w->e, ERR_FILE_VALIDATION_NOT_FOR_WILDCARD);
}

static void what_runs_or_is_over_cannot_be_changed(void **state) {
    struct world *w = *state;
    json_t *body = json_pack("{ss}", "remark", "x");
    struct certificate c = world_certificate(w, (struct certificate){.brand = "plain"});
    assert_ok(submit(w, c.id, SUBMIT_BY_PERSON), w->e);
    form_refused(w, &c, json_incref(body), ERR_ALREADY_SUBMITTED);
    assert_string_equal(w->e.state, "validating");
    c = world_certificate(w, (struct certificate){.brand = "plain", .cancelled_at = NOW - 1});
    form_refused(w, &c, json_incref(body), ERR_CONFLICT);
    c = world_certificate(w, (struct certificate){.brand = "plain", .rejected_at = NOW - 1});
    world_call(w, "PATCH", form_path(w, c.id), json_incref(body));
    c = world_certificate(w, (struct certificate){.kind = "uploaded"});
    form_refused(w, &c, body, ERR_NOT_OFFICIAL);
}

static void of_two_who_fill_it_in_at_once_one_is_refused(void **state) {
    struct world *w = *state;
    struct certificate c = world_certificate(w, (struct certificate){.brand = "plain"});
    struct application_form one = {0}, other = {0};
    assert_ok(form_of(w->db, w->arena, &c, &one, &w->e) && form_of(w->db, w->arena, &c, &other, &w->e), w->e);
    assert_ok(form_change(&w->services, w->arena, &c, &one, NOW, &w->e), w->e);
    assert_fails(form_change(&w->services, w->arena, &c, &other, NOW, &w->e), w->e, ERR_CONFLICT);
    assert_ok(form_change(&w->services, w->arena, &c, &one, NOW, &w->e), w->e);
    form_refused(w, &c, json_pack("{sssi}", "remark", "x", "revision", 1), ERR_CONFLICT);
}

static void objects_of_others_are_not_there(void **state) {
    struct world *w = *state;
    struct certificate c = world_certificate(w, (struct certificate){.brand = "plain"});
    struct certificate foreign =
        world_certificate(w, (struct certificate){.brand = "plain", .account_id = STRANGER});
    const char *contact = world_contact(w), *organization = world_organization(w);
    assert_ok(db_exec(w->db, &w->e, "UPDATE contact SET account_id = $1", DB_TEXT(STRANGER)) &&
                  db_exec(w->db, &w->e, "UPDATE organization SET account_id = $1", DB_TEXT(STRANGER)),
              w->e);
    form_refused(w, &c, json_pack("{ss}", "contact_id", contact), ERR_NOT_FOUND);
    form_refused(w, &c, json_pack("{ss}", "organization_id", organization), ERR_NOT_FOUND);
    form_refused(w, &foreign, NULL, ERR_NOT_FOUND);
}

/* The policy of 003 lets a renewal change key and years alone. */
static void a_renewal_changes_what_its_policy_lets_it_change(void **state) {
    struct world *w = *state;
    const char *contact = world_contact(w), *other = world_contact(w);
    struct certificate old =
        world_certificate(w, (struct certificate){.brand = "plain", .profile = "tencent-2024"});
    struct certificate next = world_certificate(
        w, (struct certificate){.brand = "plain", .profile = "tencent-2024", .predecessor_id = old.id});
    form_set(w, &old, "contact_id", contact);
    form_refused(w, &next, json_pack("{ss}", "contact_id", other), ERR_NOT_EDITABLE);
    assert_string_equal(w->e.field, "contact_id");
    form_set(w, &next, "organization_id", world_organization(w));
    form_set(w, &next, "organization_id", world_organization(w));
    form_set(w, &old, "contact_id", other);
    struct certificate free =
        world_certificate(w, (struct certificate){.brand = "plain", .predecessor_id = old.id});
    form_set(w, &free, "contact_id", contact);
}

static void a_contact_stays_as_long_as_a_certificate_may_be_applied_for_with_it(void **state) {
    struct world *w = *state;
    const char *contact = world_contact(w), *path = path_of(w, "/v1/contacts/%s", contact);
    struct certificate over = world_certificate(w, (struct certificate){.brand = "proven"});
    struct certificate c = world_certificate(w, (struct certificate){.brand = "proven"});
    form_set(w, &over, "contact_id", contact);
    form_set(w, &c, "contact_id", contact);
    over = world_certificate_now(w, over.id);
    over.cancelled_at = NOW;
    world_store(w, &over);
    world_refuse(w, "DELETE", path, NULL, ERR_IN_USE);
    assert_string_equal(w->e.object, c.id);
    form_set(w, &c, "contact_id", NULL);
    world_call(w, "DELETE", path, NULL);
    assert_string_equal(text_of(form_shown(w, &over), "lacks"), "contact_missing");
}

static void a_successor_without_a_form_holds_what_its_predecessor_has(void **state) {
    struct world *w = *state;
    const char *organization = world_organization(w);
    const char *path = path_of(w, "/v1/organizations/%s", organization);
    struct certificate old = world_certificate(w, (struct certificate){.brand = "plain"});
    struct certificate next =
        world_certificate(w, (struct certificate){.brand = "plain", .predecessor_id = old.id});
    form_set(w, &old, "organization_id", organization);
    old = world_certificate_now(w, old.id);
    old.successor_id = next.id;
    old.revoked_at = NOW;
    world_store(w, &old);
    world_refuse(w, "DELETE", path, NULL, ERR_IN_USE);
    assert_string_equal(w->e.object, next.id);
    form_set(w, &next, "organization_id", NULL);
    world_call(w, "DELETE", path, NULL);
}

static void a_change_is_in_the_log_with_what_was_before(void **state) {
    struct world *w = *state;
    struct certificate c = world_certificate(w, (struct certificate){.brand = "plain"});
    form_set(w, &c, "remark", "first");
    form_set(w, &c, "remark", "second");
    const json_t *entry =
        json_array_get(json_object_get(world_call(w, "GET", "/v1/audit", NULL), "items"), 0);
    assert_string_equal(text_of(entry, "action"), "certificate.form");
    assert_non_null(strstr(json_text(w->arena, json_object_get(entry, "before"), false), "first"));
    assert_non_null(strstr(json_text(w->arena, json_object_get(entry, "after"), false), "second"));
}

int main(void) {
#define each(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)
    const struct CMUnitTest tests[] = {
        each(a_form_is_filled_in_by_and_by),
        each(a_brand_that_demands_nothing_needs_nothing),
        each(a_proof_of_control_needs_a_contact_but_no_organisation),
        each(a_review_needs_an_organisation_too),
        each(what_no_person_submits_waits_for_one),
        each(an_order_that_is_paid_before_it_has_an_id_takes_the_form_of_the_old_one),
        each(a_renewal_has_the_form_of_its_predecessor_until_it_has_its_own),
        each(no_file_proves_control_over_a_wildcard),
        each(what_runs_or_is_over_cannot_be_changed),
        each(of_two_who_fill_it_in_at_once_one_is_refused),
        each(objects_of_others_are_not_there),
        each(a_renewal_changes_what_its_policy_lets_it_change),
        each(a_contact_stays_as_long_as_a_certificate_may_be_applied_for_with_it),
        each(a_successor_without_a_form_holds_what_its_predecessor_has),
        each(a_change_is_in_the_log_with_what_was_before),
    };
    return cmocka_run_group_tests_name("applicant", tests, NULL, NULL);
}
