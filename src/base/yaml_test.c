/* base/yaml: what libcyaml would let pass, and where an error is said to be. */
#include "base/yaml.h"
#include "unit.h"

struct limit {
    int64_t days;
    const char *from;
};

struct sample {
    int64_t count;
    int64_t *maximum;
    bool strict;
    unsigned colour, sizes;
    struct limit *limits;
    unsigned limits_count;
};

static const cyaml_strval_t colours[] = {{"red", 1}, {"green", 2}};
static const cyaml_strval_t sizes[] = {{"small", 1}, {"large", 2}};
static const cyaml_schema_field_t limit_fields[] = {
    CYAML_FIELD_INT("days", CYAML_FLAG_DEFAULT, struct limit, days),
    CYAML_FIELD_STRING_PTR("from", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct limit, from, 1, 10),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t limit_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct limit, limit_fields)};
static const cyaml_schema_field_t sample_fields[] = {
    CYAML_FIELD_INT("count", CYAML_FLAG_DEFAULT, struct sample, count),
    CYAML_FIELD_INT_PTR("maximum", CYAML_FLAG_POINTER_NULL | CYAML_FLAG_OPTIONAL, struct sample, maximum),
    CYAML_FIELD_BOOL("strict", CYAML_FLAG_OPTIONAL, struct sample, strict),
    CYAML_FIELD_ENUM("colour", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, struct sample, colour, colours, 2),
    CYAML_FIELD_FLAGS("sizes", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, struct sample, sizes, sizes, 2),
    CYAML_FIELD_SEQUENCE("limits", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct sample, limits,
                         &limit_schema, 1, 3),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t sample_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct sample, sample_fields)};

static bool load(struct arena *a, const char *text, struct sample **sample, struct error *e) {
    return yaml_load(a, "sample.yaml", slice_str(text), &sample_schema, (void **)sample, e);
}

static void a_complete_file_fills_the_struct(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct sample *s;
    assert_ok(load(a,
                   "# comment\ncount: -7\nmaximum: 0\nstrict: true\ncolour: green\nsizes: [small, large]\n"
                   "limits:\n- {days: 397}\n- days: 199\n  from: '010'\n",
                   &s, &e),
              e);
    assert_int_equal(s->count, -7);
    assert_int_equal(*s->maximum, 0);
    assert_true(s->strict);
    assert_int_equal(s->colour, 2);
    assert_int_equal(s->sizes, 3);
    assert_int_equal(s->limits_count, 2);
    assert_null(s->limits[0].from);
    assert_int_equal(s->limits[1].days, 199);
    assert_string_equal(s->limits[1].from, "010");
}

static void what_is_optional_and_absent_is_null(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct sample *s;
    assert_ok(load(a, "count: 1\n", &s, &e), e);
    assert_null(s->maximum);
    assert_null(s->limits);
    assert_ok(load(a, "count: 1\nmaximum:\n", &s, &e), e);
    assert_null(s->maximum);
}

struct bad_file {
    const char *text, *place, *field;
};

static void assert_refused(const struct bad_file *bad) {
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct sample *s;
    assert_fails(load(a, bad->text, &s, &e), e, ERR_BAD_CONFIG);
    if (!strstr(e.detail[LANG_EN], bad->place))
        assert_string_equal(e.detail[LANG_EN], bad->place);
    assert_string_equal(e.field, bad->field);
    assert_non_null(strstr(e.detail[LANG_ZH], "sample.yaml"));
}

#define REFUSES(...)                                                                                         \
    do {                                                                                                     \
        static const struct bad_file bad[] = {__VA_ARGS__};                                                  \
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)                                                \
            assert_refused(&bad[i]);                                                                         \
    } while (0)

static void an_empty_file_is_refused(void **state) {
    (void)state;
    REFUSES({"", "empty", ""}, {"# only a comment\n", "empty", ""}, {"---\n", "line 2, -: keys", ""});
}

static void an_integer_is_decimal_digits_only(void **state) {
    (void)state;
    REFUSES({"count: 010\n", "line 1, count: an integer", "count"}, {"count: '010'\n", "line 1", "count"},
            {"count: 0x10\n", "line 1", "count"}, {"count: 1.5\n", "line 1", "count"},
            {"count: 30 days\n", "line 1", "count"}, {"count: ' 5'\n", "line 1", "count"},
            {"count:\n", "line 1", "count"}, {"count: -\n", "line 1", "count"},
            {"count: x\n", "line 1", "count"}, {"count: 99999999999999999999\n", "line 1", "count"},
            {"count: 1\nlimits:\n- days: 1\n- days: 010\n", "line 4, limits[2].days", "limits[2].days"});
}

static void a_boolean_is_true_or_false(void **state) {
    (void)state;
    REFUSES({"count: 1\nstrict: maybe\n", "line 2, strict: true or false", "strict"},
            {"count: 1\nstrict: 1\n", "line 2", "strict"}, {"count: 1\nstrict: yes\n", "line 2", "strict"});
}

static void a_word_outside_an_enumeration_is_refused(void **state) {
    (void)state;
    REFUSES({"count: 1\ncolour: blue\n", "line 2, colour: the value", "colour"},
            {"count: 1\ncolour: 1\n", "line 2", "colour"},
            {"count: 1\nsizes: [small, 2]\n", "line 2", "sizes"});
}

static void a_second_document_is_refused(void **state) {
    (void)state;
    REFUSES({"count: 1\n---\ncount: 2\n", "line 2, -: only one document", ""});
}

static void aliases_are_refused(void **state) {
    (void)state;
    REFUSES({"count: &one 1\nmaximum: *one\n", "line 2, maximum: aliases", "maximum"});
}

static void keys_that_are_unknown_or_stand_twice_are_refused_in_their_own_line(void **state) {
    (void)state;
    REFUSES({"count: 1\ncuont: 2\n", "line 2, cuont: this key is unknown", "cuont"},
            {"count: 1\nlimits:\n- days: 1\n  foo: 2\n", "line 4, limits[1].foo", "limits[1].foo"},
            {"count: 1\ncount: 2\n", "line 2, count: this key stands twice", "count"});
}

static void a_missing_field_is_named(void **state) {
    (void)state;
    REFUSES({"strict: true\n", "count: this field is missing", "count"},
            {"count: 1\nlimits:\n- days: 1\n- {}\n", "line 4, limits[2].days: this field", "limits[2].days"});
}

static void the_wrong_shape_is_refused(void **state) {
    (void)state;
    REFUSES({"count: [1]\n", "line 1, count: a single value", "count"},
            {"count: 1\nlimits: 3\n", "line 2, limits: a list", "limits"},
            {"count: 1\nlimits: [3]\n", "line 2, limits[1]: keys", "limits[1]"},
            {"count: 1\nlimits: []\n", "line 2, limits", "limits[0]"}, {"- 1\n", "line 1, -: keys", ""},
            {"? [count]\n: 1\n", "line 1", ""},
            {"count: 1\nsizes: small\n", "line 2, sizes: a list", "sizes"});
}

static void text_that_is_not_yaml_is_refused(void **state) {
    (void)state;
    REFUSES({"count: [1\n", "line 1", "count"}, {"count: 1\n\tstrict: true\n", "line 2", "count"},
            {"count: \xff\n", "line 1", ""},
            {"count: 1\nlimits:\n- {days: 1, from: \"a\\0b\"}\n", "line 3, limits[1].from: a NUL",
             "limits[1].from"},
            {"count: 1\nlimits:\n- {days: 1, from: abcdefghijk}\n", "line 3, limits[1].from: the text",
             "limits[1].from"});
}

static void a_file_over_the_limit_is_refused(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct sample *s;
    char *text = arena_alloc(a, YAML_FILE_MAX + 2);
    memset(text, '#', YAML_FILE_MAX + 1);
    assert_fails(load(a, text, &s, &e), e, ERR_BAD_CONFIG);
    assert_non_null(strstr(e.detail[LANG_EN], "larger"));
}

TEST_MAIN(yaml, test(a_complete_file_fills_the_struct), test(what_is_optional_and_absent_is_null),
          test(an_empty_file_is_refused), test(an_integer_is_decimal_digits_only),
          test(a_boolean_is_true_or_false), test(a_word_outside_an_enumeration_is_refused),
          test(a_second_document_is_refused), test(aliases_are_refused),
          test(keys_that_are_unknown_or_stand_twice_are_refused_in_their_own_line),
          test(a_missing_field_is_named), test(the_wrong_shape_is_refused),
          test(text_that_is_not_yaml_is_refused), test(a_file_over_the_limit_is_refused))
