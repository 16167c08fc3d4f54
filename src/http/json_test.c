/* http: rows as JSON text, which must be what their values would give; fields that hold fields. */
#include "base/money.h"
#include "base/rand.h"
#include "db/db.h"
#include "http/list.h"
#include "unit.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

struct line {
    const char *what;
    struct money price;
    int64_t years;
};

static const struct field line_fields[] = {
    FIELD(TEXT, line, what, FIELD_REQUIRED, "What", "内容"),
    FIELD(MONEY, line, price, 0, "Price", "价格"),
    FIELD_MONEY_COLUMNS(line, price),
    FIELD(INT, line, years, 0, "Years", "年限"),
    FIELD_END,
};

struct wide {
    const char *text, *words, *list, *map, *secret;
    int64_t number, left, at;
    bool flag;
    struct money due;
    struct line first;
    const struct line *lines;
    size_t line_count;
};

static const struct field wide_fields[] = {
    FIELD(TEXT, wide, secret, FIELD_SECRET, "", ""),
    FIELD(TEXT, wide, text, 0, "", ""),
    FIELD(WORDS, wide, words, 0, "", ""),
    FIELD(LIST, wide, list, 0, "", ""),
    FIELD(MAP, wide, map, 0, "", ""),
    FIELD(INT, wide, number, 0, "", ""),
    FIELD(INT, wide, left, FIELD_OPTIONAL, "", ""),
    FIELD(TIME, wide, at, 0, "", ""),
    FIELD(BOOL, wide, flag, 0, "", ""),
    FIELD(MONEY, wide, due, 0, "", ""),
    FIELD_OBJECT_OF(line_fields, wide, first, 0, "", ""),
    FIELD_ROWS_OF(line_fields, wide, lines, line_count, 0, "", ""),
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

static struct money random_money(void) {
    return (struct money){random_number(), rand_below(2) ? "CNY" : NULL};
}

static struct line random_line(struct arena *a) {
    return (struct line){random_text(a), random_money(), random_number()};
}

static struct wide random_row(struct arena *a) {
    struct line *lines = ARENA_ARRAY(a, 3, struct line);
    for (int i = 0; i < 3; i++)
        lines[i] = random_line(a);
    static const char *const lists[] = {
        NULL, "", "[]", "[1, {\"a\": \"\\u00e9\"}]", "[1", "{\"a\":1,\"a\":2}"};
    static const char *const maps[] = {NULL, "", "{}", "{\"a\": [1, \"\\u00e9\"]}", "{\"a\"", "[]"};
    return (struct wide){.text = random_text(a),
                         .words = random_text(a),
                         .list = lists[rand_below(COUNT(lists))],
                         .map = maps[rand_below(COUNT(maps))],
                         .secret = "secret",
                         .number = random_number(),
                         .left = random_number(),
                         .at = random_time(),
                         .flag = rand_below(2),
                         .due = random_money(),
                         .first = random_line(a),
                         .lines = lines,
                         .line_count = rand_below(4)};
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

static void what_cannot_be_without_a_value_is_not_nulled(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    static const struct field fields[] = {FIELD(TEXT, wide, text, FIELD_NOT_NULL, "", ""),
                                          FIELD(WORDS, wide, words, 0, "", ""), FIELD_END};
    struct wide row = {.text = "was", .words = "one"};
    struct error e = {0};
    json_t *body = json_keep(a, json_pack("{sn}", "text"));
    assert_fails(json_to_row(a, body, fields, &row, &e), e, ERR_BAD_FIELD);
    assert_string_equal(e.field, "text");
    assert_ok(json_to_row(a, json_keep(a, json_pack("{sn}", "words")), fields, &row, &e), e);
    assert_string_equal(row.text, "was");
    assert_null(row.words);
    const char *schema = json_text(a, json_keep(a, json_schema(fields, true)), false);
    assert_non_null(strstr(schema, "\"text\":{\"type\":\"string\""));
    assert_non_null(
        strstr(schema, "\"words\":{\"items\":{\"type\":\"string\"},\"type\":[\"array\",\"null\"]"));
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

/* ---- fields that hold fields ---- */

struct quote {
    struct money due;
    struct line first;
    struct line *lines;
    size_t line_count;
    const char *order_id;
};

static const struct field quote_fields[] = {
    FIELD(MONEY, quote, due, 0, "Due", "应付"),
    FIELD_OBJECT_OF(line_fields, quote, first, 0, "First", "首项"),
    FIELD_ROWS_OF(line_fields, quote, lines, line_count, 0, "Lines", "明细"),
    FIELD(TEXT, quote, order_id, FIELD_REFERENCE, "Order", "订单"),
    FIELD_END,
};

static bool read_quote(struct arena *a, const char *text, struct quote *q, struct error *e) {
    json_t *value;
    return json_read(a, slice_str(text), &value, e) && json_to_row(a, value, quote_fields, q, e);
}

static void nested_fields_come_back_as_they_were_written(void **state) {
    (void)state;
    static const char text[] =
        "{\"due\":{\"amount\":-5,\"currency\":\"CNY\"},"
        "\"first\":{\"what\":\"a\",\"price\":null,\"years\":0},"
        "\"lines\":[{\"what\":\"b\",\"price\":{\"amount\":9007199254740991,"
        "\"currency\":\"USD\"},\"years\":1},{\"what\":\"c\",\"price\":null,\"years\":3}],"
        "\"order_id\":null}";
    AUTO_ARENA a = arena_new();
    struct quote q = {0};
    struct error e;
    assert_ok(read_quote(a, text, &q, &e), e);
    assert_int_equal(q.line_count, 2);
    assert_int_equal(q.lines[1].years, 3);
    assert_int_equal(q.lines[0].price.amount, MONEY_MAX);
    assert_string_equal(json_text(a, json_keep(a, json_from_row(a, quote_fields, &q)), false), text);
    assert_ok(read_quote(a, "{\"due\":null,\"lines\":[]}", &q, &e), e);
    assert_null(q.due.currency);
    assert_int_equal(q.line_count, 0);
    assert_string_equal(q.first.what, "a"); /* absent: left as it was */
}

static void a_wrong_nested_field_is_named_by_its_path(void **state) {
    (void)state;
    static const struct {
        const char *text, *field;
        enum error_id id;
    } bad[] = {
        {"{\"due\":5}", "due", ERR_BAD_FIELD},
        {"{\"due\":{\"amount\":5}}", "due.currency", ERR_BAD_FIELD},
        {"{\"due\":{\"amount\":\"5\",\"currency\":\"CNY\"}}", "due.amount", ERR_BAD_FIELD},
        {"{\"due\":{\"amount\":5.5,\"currency\":\"CNY\"}}", "due.amount", ERR_BAD_FIELD},
        {"{\"due\":{\"amount\":9007199254740992,\"currency\":\"CNY\"}}", "due.amount", ERR_BAD_FIELD},
        {"{\"due\":{\"amount\":5,\"currency\":\"cny\"}}", "due.currency", ERR_BAD_FIELD},
        {"{\"due\":{\"amount\":5,\"currency\":\"CNYX\"}}", "due.currency", ERR_BAD_FIELD},
        {"{\"due\":{\"amount\":5,\"currency\":\"CNY\",\"tax\":1}}", "due.tax", ERR_UNKNOWN_FIELD},
        {"{\"first\":null}", "first", ERR_BAD_FIELD},
        {"{\"first\":{}}", "first.what", ERR_BAD_FIELD},
        {"{\"lines\":{}}", "lines", ERR_BAD_FIELD},
        {"{\"lines\":null}", "lines", ERR_BAD_FIELD},
        {"{\"lines\":[7]}", "lines[0]", ERR_BAD_FIELD},
        {"{\"lines\":[{\"what\":\"a\"},{\"what\":\"a\",\"years\":\"1\"}]}", "lines[1].years", ERR_BAD_FIELD},
        {"{\"lines\":[{\"what\":\"a\",\"price_amount\":1}]}", "lines[0].price_amount", ERR_UNKNOWN_FIELD},
        {"{\"lines\":[{\"what\":\"a\",\"price\":{\"amount\":1}}]}", "lines[0].price.currency", ERR_BAD_FIELD},
    };
    AUTO_ARENA a = arena_new();
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct quote q = {0};
        struct error e;
        assert_fails(read_quote(a, bad[i].text, &q, &e), e, bad[i].id);
        assert_string_equal(e.field, bad[i].field);
    }
}

static void the_schema_shows_what_stands_inside(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    const char *request = json_text(a, json_keep(a, json_schema(quote_fields, true)), false);
    const char *answer = json_text(a, json_keep(a, json_schema(quote_fields, false)), false);
    assert_non_null(strstr(request, "\"due\":{\"type\":[\"object\",\"null\"],\"properties\":{\"amount\""));
    assert_non_null(strstr(request, "\"lines\":{\"items\":{\"type\":\"object\",\"properties\":{\"what\""));
    assert_non_null(strstr(request, "\"first\":{\"type\":\"object\""));
    assert_non_null(strstr(request, "\"additionalProperties\":false"));
    assert_non_null(strstr(request, "\"x-reference\":true"));
    assert_non_null(strstr(answer, "\"required\":[\"what\",\"price\",\"years\"]"));
    assert_null(strstr(answer, "additionalProperties"));
}

/* Money comes from its two columns; what is no column has none. */
static void rows_of_the_database_fill_what_is_a_column(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct db *db;
    struct line line = {0};
    struct quote q = {0};
    struct error e;
    assert_ok(db_open(&db, ":memory:", DB_WEB, &e), e);
    assert_ok(db_get(db, a, line_fields, &line, &e,
                     "SELECT 'a' AS what, -5 AS price_amount, 'CNY' AS price_currency"),
              e);
    assert_int_equal(line.price.amount, -5);
    assert_string_equal(line.price.currency, "CNY");
    assert_ok(db_get(db, a, line_fields, &line, &e, "SELECT NULL AS price_amount, NULL AS price_currency"),
              e);
    assert_null(line.price.currency);
    assert_fails(db_get(db, a, line_fields, &line, &e, "SELECT 5 AS price"), e, ERR_INTERNAL);
    assert_fails(db_get(db, a, quote_fields, &q, &e, "SELECT 'x' AS lines"), e, ERR_INTERNAL);
    assert_fails(db_get(db, a, quote_fields, &q, &e, "SELECT 1 AS order_id, 'x' AS first"), e, ERR_INTERNAL);
    db_close(db);
}

TEST_MAIN(json, test(rows_are_written_as_text_as_their_values_would_be),
          test(rows_without_fields_are_empty_objects), test(what_cannot_be_without_a_value_is_not_nulled),
          test(optional_numbers_are_null_below_0), test(lists_are_the_same_as_text),
          test(nested_fields_come_back_as_they_were_written), test(a_wrong_nested_field_is_named_by_its_path),
          test(the_schema_shows_what_stands_inside), test(rows_of_the_database_fill_what_is_a_column))
