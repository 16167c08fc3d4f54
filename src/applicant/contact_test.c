/* Contacts and organisations over HTTP: what is taken, how it is stored, and what keeps it. */
#include "applicant/input.h"
#include "applicant/world.h"

static void a_contact_is_stored_in_the_form_that_others_read(void **state) {
    struct world *w = *state;
    json_t *body = contact_body();
    json_object_set_new(body, "name", json_string("  王芳 "));
    json_object_set_new(body, "email", json_string("Wang.Fang@EXAMPLE.com"));
    json_object_set_new(body, "title", json_string(""));
    const json_t *made = world_call(w, "POST", "/v1/contacts", body);
    assert_string_equal(text_of(made, "name"), "王芳");
    assert_string_equal(text_of(made, "email"), "Wang.Fang@example.com");
    assert_string_equal(text_of(made, "mobile"), "+8613800138000");
    assert_true(json_is_null(json_object_get(made, "title")));
    assert_null(json_object_get(made, "account_id"));
    assert_true(
        json_equal(made, world_call(w, "GET", path_of(w, "/v1/contacts/%s", text_of(made, "id")), NULL)));
}

/* What is typed, and what is stored of it; NULL: refused. */
struct sample {
    const char *typed, *stored;
};

typedef bool taker(struct arena *a, const struct input_rule *rule, const char **text, struct error *e);

static void try_samples(struct world *w, taker *take, const struct sample *samples) {
    static const struct input_rule rule = {.field = "this"};
    for (const struct sample *s = samples; s->typed; s++) {
        const char *text = s->typed;
        struct error e = {0};
        if (take(w->arena, &rule, &text, &e) != (s->stored != NULL)) {
            print_error("'%s' should be %s\n", s->typed, s->stored ? "taken" : "refused");
            _fail(__FILE__, __LINE__);
        }
        if (s->stored)
            assert_string_equal(text, s->stored);
        else
            assert_true(e.id == ERR_BAD_FIELD && strcmp(e.field, "this") == 0 && *e.detail[LANG_ZH]);
    }
}

static void addresses_have_the_form_that_mail_programs_take(void **state) {
    static const struct sample samples[] = {
        {"a@example.com", "a@example.com"},
        {"first.last+tag@mail.example.cn", "first.last+tag@mail.example.cn"},
        {"o'neil@例子.cn", "o'neil@xn--fsqu00a.cn"},
        {"example.com", NULL},
        {"@example.com", NULL},
        {"a@", NULL},
        {"a@b@example.com", NULL},
        {"a b@example.com", NULL},
        {".a@example.com", NULL},
        {"a.@example.com", NULL},
        {"a..b@example.com", NULL},
        {"\"a\"@example.com", NULL},
        {"<a@example.com>", NULL},
        {"a@localhost", NULL},
        {"a@*.example.com", NULL},
        {"a@192.0.2.1", NULL},
        {"a@example..com", NULL},
        {"a,b@example.com", NULL},
        {"王@example.com", NULL},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.com", NULL},
        {0},
    };
    try_samples(*state, input_email, samples);
}

static void telephone_numbers_have_the_code_of_their_country(void **state) {
    static const struct sample samples[] = {
        {"+8613800138000", "+8613800138000"},
        {"+1 (202) 555-0100", "+12025550100"},
        {"+49.30.901820", "+4930901820"},
        {"13800138000", NULL},
        {"0086 13800138000", NULL},
        {"+0123456789", NULL},
        {"+123456", NULL},
        {"+1234567890123456", NULL},
        {"+86 138 0013 8000 ext 1", NULL},
        {"+86+13800138000", NULL},
        {"+", NULL},
        {0},
    };
    try_samples(*state, input_telephone, samples);
}

static void countries_have_two_letters(void **state) {
    static const struct sample samples[] = {
        {"CN", "CN"}, {"de", "DE"}, {"CHN", NULL}, {"C", NULL}, {"C1", NULL}, {"中", NULL}, {0}};
    try_samples(*state, input_country, samples);
}

static void a_refusal_names_the_field(void **state) {
    static const struct {
        const char *field, *value;
    } wrong[] = {{"email", "nobody"}, {"mobile", "13800138000"}, {"name", "  "}, {"title", "a\nb"}};
    struct world *w = *state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        json_t *body = contact_body();
        json_object_set_new(body, wrong[i].field, json_string(wrong[i].value));
        world_refuse(w, "POST", "/v1/contacts", body, ERR_BAD_FIELD);
        assert_string_equal(w->e.field, wrong[i].field);
    }
    json_t *body = contact_body();
    json_object_del(body, "mobile");
    world_refuse(w, "POST", "/v1/contacts", body, ERR_BAD_FIELD);
    assert_string_equal(w->e.field, "mobile");
}

/* 65 characters of three bytes: what counts is characters. */
static void names_have_as_many_characters_as_a_certificate_takes(void **state) {
    struct world *w = *state;
    struct buf b = buf_new(w->arena, 256);
    for (int i = 0; i < 64; i++)
        buf_str(&b, "公");
    json_t *body = json_pack("{ssssss}", "name", b.p, "country", "CN", "city", "杭州");
    world_call(w, "POST", "/v1/organizations", body);
    buf_str(&b, "公");
    body = json_pack("{ssssss}", "name", b.p, "country", "CN", "city", "杭州");
    world_refuse(w, "POST", "/v1/organizations", body, ERR_BAD_FIELD);
    assert_string_equal(w->e.field, "name");
}

static void a_change_is_refused_to_whoever_has_read_an_older_revision(void **state) {
    struct world *w = *state;
    const char *path = path_of(w, "/v1/contacts/%s", world_contact(w));
    const json_t *changed = world_call(w, "PATCH", path, json_pack("{sssi}", "title", "CTO", "revision", 0));
    assert_string_equal(text_of(changed, "title"), "CTO");
    assert_string_equal(text_of(changed, "name"), "王芳");
    assert_int_equal(json_integer_value(json_object_get(changed, "revision")), 1);
    world_refuse(w, "PATCH", path, json_pack("{sssi}", "title", "CEO", "revision", 0), ERR_CONFLICT);
    world_refuse(w, "PATCH", path, json_pack("{sssI}", "title", "CEO", "revision", (json_int_t)INT64_MAX),
                 ERR_CONFLICT);
    world_call(w, "PATCH", path, json_pack("{ss}", "title", "CEO"));
    world_refuse(w, "PATCH", path, json_pack("{sn}", "name"), ERR_BAD_FIELD);

    path = path_of(w, "/v1/organizations/%s", world_organization(w));
    changed = world_call(w, "PATCH", path, json_pack("{sssi}", "phone", "+86 571 12345678", "revision", 0));
    assert_string_equal(text_of(changed, "phone"), "+8657112345678");
    assert_string_equal(text_of(changed, "country"), "CN");
    world_refuse(w, "PATCH", path, json_pack("{sssi}", "city", "上海", "revision", 0), ERR_CONFLICT);
    world_refuse(w, "PATCH", path, json_pack("{sssI}", "city", "上海", "revision", (json_int_t)INT64_MAX),
                 ERR_CONFLICT);
}

static int64_t confirmed_at(struct world *w, const char *id) {
    struct contact c;
    assert_ok(contact_get(w->db, w->arena, ACCOUNT, id, &c, &w->e), w->e);
    return c.email_confirmed_at;
}

static void another_address_is_not_confirmed(void **state) {
    struct world *w = *state;
    const char *id = world_contact(w), *path = path_of(w, "/v1/contacts/%s", id);
    assert_ok(db_exec(w->db, &w->e, "UPDATE contact SET email_confirmed_at = $1 WHERE id = $2", DB_INT(NOW),
                      DB_TEXT(id)),
              w->e);
    world_call(w, "PATCH", path, json_pack("{ssss}", "title", "CTO", "email", "wang.fang@EXAMPLE.com"));
    assert_int_equal(confirmed_at(w, id), NOW);
    world_call(w, "PATCH", path, json_pack("{ss}", "email", "fang@example.com"));
    assert_int_equal(confirmed_at(w, id), 0);
}

static void lists_are_newest_first_without_what_was_deleted(void **state) {
    struct world *w = *state;
    const char *first = world_contact(w);
    w->now++;
    const char *second = world_contact(w);
    w->now++;
    const char *third = world_contact(w);
    world_call(w, "DELETE", path_of(w, "/v1/contacts/%s", second), NULL);
    const json_t *items = json_object_get(world_call(w, "GET", "/v1/contacts", NULL), "items");
    assert_int_equal(json_array_size(items), 2);
    assert_string_equal(text_of(json_array_get(items, 0), "id"), third);
    assert_string_equal(text_of(json_array_get(items, 1), "id"), first);
    world_refuse(w, "GET", path_of(w, "/v1/contacts/%s", second), NULL, ERR_NOT_FOUND);
    world_refuse(w, "DELETE", path_of(w, "/v1/contacts/%s", second), NULL, ERR_NOT_FOUND);
}

static void what_belongs_to_others_is_not_there(void **state) {
    struct world *w = *state;
    const char *contact = world_contact(w), *organization = world_organization(w);
    assert_ok(db_exec(w->db, &w->e, "UPDATE contact SET account_id = $1", DB_TEXT(STRANGER)) &&
                  db_exec(w->db, &w->e, "UPDATE organization SET account_id = $1", DB_TEXT(STRANGER)),
              w->e);
    world_refuse(w, "GET", path_of(w, "/v1/contacts/%s", contact), NULL, ERR_NOT_FOUND);
    world_refuse(w, "GET", path_of(w, "/v1/organizations/%s", organization), NULL, ERR_NOT_FOUND);
    /* not even by what else is wrong */
    json_t *body =
        json_pack("{ssssssss}", "name", "x", "email", "x", "mobile", "x", "organization_id", organization);
    world_refuse(w, "POST", "/v1/contacts", body, ERR_NOT_FOUND);
    const json_t *items = json_object_get(world_call(w, "GET", "/v1/organizations", NULL), "items");
    assert_int_equal(json_array_size(items), 0);
}

static void an_organisation_stays_as_long_as_a_contact_speaks_for_it(void **state) {
    struct world *w = *state;
    const char *organization = world_organization(w), *contact = world_contact(w);
    const char *path = path_of(w, "/v1/contacts/%s", contact);
    world_call(w, "PATCH", path, json_pack("{ss}", "organization_id", organization));
    world_refuse(w, "DELETE", path_of(w, "/v1/organizations/%s", organization), NULL, ERR_IN_USE);
    assert_string_equal(w->e.object, contact);
    world_call(w, "PATCH", path, json_pack("{sn}", "organization_id"));
    world_call(w, "DELETE", path_of(w, "/v1/organizations/%s", organization), NULL);
    world_refuse(w, "GET", path_of(w, "/v1/organizations/%s", organization), NULL, ERR_NOT_FOUND);
}

static void every_change_is_in_the_log(void **state) {
    struct world *w = *state;
    const char *path = path_of(w, "/v1/contacts/%s", world_contact(w));
    world_call(w, "PATCH", path, json_pack("{ss}", "title", "CTO"));
    world_call(w, "DELETE", path, NULL);
    const json_t *entries = json_object_get(world_call(w, "GET", "/v1/audit", NULL), "items");
    assert_int_equal(json_array_size(entries), 3);
    assert_string_equal(text_of(json_array_get(entries, 0), "action"), "contact.delete");
    assert_string_equal(text_of(json_array_get(entries, 1), "action"), "contact.update");
    assert_string_equal(text_of(json_array_get(entries, 2), "action"), "contact.create");
}

int main(void) {
#define each(name) cmocka_unit_test_setup_teardown(name, world_open, world_close)
    const struct CMUnitTest tests[] = {
        each(a_contact_is_stored_in_the_form_that_others_read),
        each(addresses_have_the_form_that_mail_programs_take),
        each(telephone_numbers_have_the_code_of_their_country),
        each(countries_have_two_letters),
        each(a_refusal_names_the_field),
        each(names_have_as_many_characters_as_a_certificate_takes),
        each(a_change_is_refused_to_whoever_has_read_an_older_revision),
        each(another_address_is_not_confirmed),
        each(lists_are_newest_first_without_what_was_deleted),
        each(what_belongs_to_others_is_not_there),
        each(an_organisation_stays_as_long_as_a_contact_speaks_for_it),
        each(every_change_is_in_the_log),
    };
    return cmocka_run_group_tests_name("applicant", tests, NULL, NULL);
}
