/* Fuzz target: a request body as JSON into a row, and back. What was read must be written and read again the
 * same. */
#include "base/money.h"
#include "http/json.h"
#include <stdlib.h>

struct line {
    const char *what;
    struct money price;
};

struct row {
    const char *name, *names, *pass_phrase;
    int64_t years, end_at;
    bool paid;
    struct money due;
    struct line first, *lines;
    size_t line_count;
};

static const struct field line_fields[] = {
    FIELD(TEXT, line, what, 0, "What", "内容"),
    FIELD(MONEY, line, price, 0, "Price", "价格"),
    FIELD_END,
};

static const struct field fields[] = {
    FIELD(TEXT, row, name, FIELD_REQUIRED, "Name", "名称"),
    FIELD(WORDS, row, names, 0, "Names", "域名"),
    FIELD(TEXT, row, pass_phrase, FIELD_SECRET, "Pass phrase", "密码"),
    FIELD(INT, row, years, 0, "Years", "年限"),
    FIELD(TIME, row, end_at, 0, "End", "到期时间"),
    FIELD(BOOL, row, paid, 0, "Paid", "已支付"),
    FIELD(MONEY, row, due, 0, "Due", "应付"),
    FIELD_OBJECT_OF(line_fields, row, first, 0, "First", "首项"),
    FIELD_ROWS_OF(line_fields, row, lines, line_count, 0, "Lines", "明细"),
    FIELD_END,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *written(struct arena *a, const struct row *row) {
    return json_text(a, json_keep(a, json_from_row(a, fields, row)), false);
}

static bool read_row(struct arena *a, struct slice text, struct row *row) {
    json_t *value;
    struct error e;
    return json_read(a, text, &value, &e) && json_to_row(a, value, fields, row, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO_ARENA a = arena_new();
    struct row row = {0}, again = {0};
    if (!read_row(a, slice_of(data, size), &row))
        return 0;
    const char *text = written(a, &row);
    if (!read_row(a, slice_str(text), &again) || strcmp(written(a, &again), text) != 0)
        abort();
    return 0;
}
