/* http: rows as JSON text, which must be what their values would give. */
#include "base/rand.h"
#include "http/list.h"
#include "unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct wide {
    const char *text, *words, *list, *secret;
    int64_t number, left, at;
    bool flag;
};

static const struct field wide_fields[] = {
    FIELD(TEXT, wide, secret, FIELD_SECRET, "", ""),
    FIELD(TEXT, wide, text, 0, "", ""),
    FIELD(WORDS, wide, words, 0, "", ""),
    FIELD(LIST, wide, list, 0, "", ""),
    FIELD(INT, wide, number, 0, "", ""),
    FIELD(INT, wide, left, FIELD_OPTIONAL, "", ""),
    FIELD(TIME, wide, at, 0, "", ""),
    FIELD(BOOL, wide, flag, 0, "", ""),
    FIELD_END,
};

/* Of all that is special in JSON or UTF-8, cut anywhere. */
static const char *random_text(struct arena *a) {
    static const char *const pieces[] = {"a",
                                         " ",
                                         "  ",
                                         "\"",
                                         "\\",
                                         "/",
                                         "\b\f\n\r\t",
                                         "\x01",
                                         "\x1f",
                                         "\x7f",
                                         "证",
                                         "\xc3",
                                         "\x80",
                                         "\xed\xa0\x80",
                                         "\xf0\x9f\x94",
                                         "\xf0\x9f\x94\x92",
                                         "\xc0\x80",
                                         "\xff",
                                         "\xe2\x80\xa8"};
    struct buf b = buf_new(a, 1000);
    for (uint64_t i = rand_below(12); i > 0; i--)
        buf_str(&b, pieces[rand_below(COUNT(pieces))]);
    return rand_below(8) ? b.p : NULL;
}

static int64_t random_number(void) {
    static const int64_t numbers[] = {0, 1, -1, 9, 10, INT64_MIN, INT64_MAX};
    uint64_t i = rand_below(2 * COUNT(numbers));
    return i < COUNT(numbers) ? numbers[i] : (int64_t)rand_below(UINT64_MAX) >> rand_below(64);
}

/* Days at the ends of months, years and centuries; seconds at the ends of days and of what RFC 3339 can say.
 */
static int64_t random_time(void) {
    static const int64_t times[] = {
        0,          1,          -1,         951782399,    951868800,    951868799,
        1709164800, 1709251199, 4107542399, 4107542400,   -62167219200, -62167219201,
        1735689599, 1735689600, 946684799,  253402300799, 253402300800, 13574563200};
    uint64_t i = rand_below(2 * COUNT(times));
    return i < COUNT(times) ? times[i] : (int64_t)rand_below(253402300800);
}

static struct wide random_row(struct arena *a) {
    static const char *const lists[] = {
        NULL, "", "[]", "[1, {\"a\": \"\\u00e9\"}]", "[1", "{\"a\":1,\"a\":2}"};
    return (struct wide){.text = random_text(a),
                         .words = random_text(a),
                         .list = lists[rand_below(COUNT(lists))],
                         .secret = "secret",
                         .number = random_number(),
                         .left = random_number(),
                         .at = random_time(),
                         .flag = rand_below(2)};
}

static void rows_are_written_as_text_as_their_values_would_be(void **state) {
    (void)state;
    rand_seed(1);
    for (int i = 0; i < 3000; i++) {
        AUTO_ARENA a = arena_new();
        struct wide row = random_row(a);
        struct buf text = buf_new(a, 10000);
        json_write_row(&text, wide_fields, &row);
        assert_string_equal(text.p, json_text(a, json_keep(a, json_from_row(a, wide_fields, &row)), false));
    }
}

static void rows_without_fields_are_empty_objects(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    static const struct field none[] = {FIELD_END};
    struct buf text = buf_new(a, 100);
    json_write_row(&text, none, &text);
    assert_string_equal(text.p, "{}");
}

static void optional_numbers_are_null_below_0(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    static const struct field fields[] = {FIELD(INT, wide, left, FIELD_OPTIONAL, "", ""), FIELD_END};
    const struct wide none = {.left = -1}, zero = {.left = 0};
    assert_string_equal(json_text(a, json_keep(a, json_from_row(a, fields, &none)), false),
                        "{\"left\":null}");
    assert_string_equal(json_text(a, json_keep(a, json_from_row(a, fields, &zero)), false), "{\"left\":0}");
    const char *schema = json_text(a, json_keep(a, json_schema(fields, false)), false);
    assert_non_null(strstr(schema, "\"left\":{\"type\":[\"integer\",\"null\"]"));
}

static void lists_are_the_same_as_text(void **state) {
    (void)state;
    rand_seed(2);
    for (size_t count = 0; count < 4; count++) {
        AUTO_ARENA a = arena_new();
        const struct wide rows[] = {random_row(a), random_row(a), random_row(a)};
        const char *next = count % 2 ? "curs\"or" : NULL;
        struct request values = {.arena = a}, text = {.arena = a};
        list_reply(&values, wide_fields, sizeof *rows, rows, count, next);
        list_reply_text(&text, wide_fields, sizeof *rows, rows, count, next);
        assert_string_equal(text.raw.p, json_text(a, json_keep(a, values.reply), false));
        assert_string_equal(text.content_type, "application/json");
        assert_null(text.reply);
    }
}

TEST_MAIN(json, test(rows_are_written_as_text_as_their_values_would_be),
          test(rows_without_fields_are_empty_objects), test(optional_numbers_are_null_below_0),
          test(lists_are_the_same_as_text))
