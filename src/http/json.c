/* JSON both ways: one row of `codecs` for each type of field. */
#include "http/json.h"
#include "base/clock.h"
#include "base/money.h"
#include "http/json_put.h"
#include <ctype.h>
#include <malloc.h>
#include <stdlib.h>

enum { DEPTH_MAX = 32 };

static const int64_t time_first = -62167219200, time_last = 253402300799; /* 0000-01-01, the end of 9999 */

static void release(void *value) {
    json_decref(value);
}

json_t *json_keep(struct arena *a, json_t *value) {
    arena_defer(a, release, value);
    return value;
}

/* Counted before the parser recurses; text that is not JSON is the parser's business. */
static bool depth_allowed(struct slice text) {
    int depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];
        if (in_string && c == '\\')
            i++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && (c == '[' || c == '{') && ++depth > DEPTH_MAX)
            return false;
        else if (!in_string && (c == ']' || c == '}'))
            depth--;
    }
    return true;
}

/* The parser's own texts quote the input, which may hold a secret, and are English only. */
static struct text reason_of(enum json_error_code code) {
    static const struct {
        enum json_error_code code;
        struct text text;
    } reasons[] = {
        {json_error_premature_end_of_input, TEXT("it ends too early", "内容不完整")},
        {json_error_end_of_input_expected, TEXT("something follows the end", "结尾之后有多余内容")},
        {json_error_invalid_utf8, TEXT("it is not UTF-8", "不是有效的 UTF-8")},
        {json_error_duplicate_key, TEXT("a key occurs twice", "存在重复的键")},
        {json_error_null_character, TEXT("a string holds a NUL", "字符串中含有 NUL 字符")},
        {json_error_null_byte_in_key, TEXT("a key holds a NUL", "键中含有 NUL 字符")},
        {json_error_numeric_overflow, TEXT("a number is too large", "数值过大")},
        {json_error_invalid_syntax, TEXT("this is not JSON", "不是有效的 JSON")},
    };
    size_t last = sizeof reasons / sizeof *reasons - 1, i = 0;
    while (i < last && reasons[i].code != code)
        i++;
    return reasons[i].text;
}

/* What comes in may be a key or a pass phrase: nothing that jansson held of it stays behind. */
static void wipe_and_free(void *p) {
    if (p)
        explicit_bzero(p, malloc_usable_size(p));
    free(p);
}

bool json_read(struct arena *a, struct slice text, json_t **value, struct error *e) {
    json_set_alloc_funcs(malloc, wipe_and_free);
    if (!depth_allowed(text))
        return fail(e, ERR_BAD_REQUEST, "JSON may be nested %d deep", "JSON 嵌套不能超过 %d 层", DEPTH_MAX);
    json_error_t error;
    *value = json_loadb(text.len ? (const char *)text.p : "", text.len, JSON_REJECT_DUPLICATES, &error);
    if (!*value) {
        struct text reason = reason_of(json_error_code(&error));
        /* "%.0s" passes over the reason in the other language */
        return fail(e, ERR_BAD_REQUEST, "JSON, line %d, column %d: %s%.0s", "JSON 第 %d 行第 %d 列:%.0s%s",
                    error.line, error.column, reason.in[LANG_EN], reason.in[LANG_ZH]);
    }
    json_keep(a, *value);
    return true;
}

const char *json_text(struct arena *a, const json_t *value, bool pretty) {
    char *text = json_dumps(value, JSON_ENCODE_ANY | (pretty ? JSON_INDENT(2) : JSON_COMPACT));
    if (!text)
        return "null";
    arena_defer(a, wipe_and_free, text);
    return text;
}

static const char *utf8_repaired(struct arena *a, const char *s) {
    struct buf b = buf_new(a, SIZE_MAX / 4);
    while (*s) {
        size_t len = json_utf8_len((const unsigned char *)s);
        if (len)
            buf_add(&b, s, len);
        else
            buf_str(&b, "\xef\xbf\xbd");
        s += len ? len : 1;
    }
    return b.p;
}

json_t *json_string_of(struct arena *a, const char *s) {
    if (!s)
        return json_null();
    json_t *value = json_string(s);
    return value ? value : json_string(utf8_repaired(a, s));
}

json_t *json_time(struct arena *a, int64_t t) {
    return t ? json_string(time_format(a, t)) : json_null();
}

json_t *json_words(struct arena *a, const char *words) {
    json_t *array = json_array();
    for (const char *p = words ? words : ""; *p;) {
        size_t len = strcspn(p, " ");
        if (len)
            json_array_append_new(array, json_string_of(a, arena_strndup(a, p, len)));
        p += len + strspn(p + len, " ");
    }
    return array;
}

/* ---- one row for each type of field ---- */

static json_t *write_text(struct arena *a, const struct field *f, const void *p) {
    (void)f;
    return json_string_of(a, *(const char *const *)p);
}

static bool read_text(struct arena *a, const json_t *value, const struct field *f, void *p, struct error *e) {
    if (!json_is_string(value))
        return fail_field(e, f->name, ERR_BAD_FIELD, "'%s' must be a string", "“%s”必须是字符串", f->name);
    *(const char **)p = arena_strdup(a, json_string_value(value));
    return true;
}

static json_t *write_int(struct arena *a, const struct field *f, const void *p) {
    (void)a, (void)f;
    return json_integer(*(const int64_t *)p);
}

static bool read_int(struct arena *a, const json_t *value, const struct field *f, void *p, struct error *e) {
    (void)a;
    if (!json_is_integer(value))
        return fail_field(e, f->name, ERR_BAD_FIELD, "'%s' must be an integer", "“%s”必须是整数", f->name);
    *(int64_t *)p = json_integer_value(value);
    return true;
}

static json_t *write_time(struct arena *a, const struct field *f, const void *p) {
    (void)f;
    return json_time(a, *(const int64_t *)p);
}

static bool read_time(struct arena *a, const json_t *value, const struct field *f, void *p, struct error *e) {
    (void)a;
    if (!json_is_string(value))
        return fail_field(e, f->name, ERR_BAD_FIELD, "'%s' must be a time", "“%s”必须是时间", f->name);
    int64_t t;
    if (!time_parse(json_string_value(value), &t, f->name, e))
        return false;
    /* an offset may lead out of the years that RFC 3339 can write */
    if (t < time_first || t > time_last)
        return fail_field(e, f->name, ERR_BAD_FIELD, "'%s' must lie in the years 0000 to 9999 (UTC)",
                          "“%s”必须在 0000 至 9999 年之间(UTC)", f->name);
    *(int64_t *)p = t;
    return true;
}

static json_t *write_bool(struct arena *a, const struct field *f, const void *p) {
    (void)a, (void)f;
    return json_boolean(*(const bool *)p);
}

static bool read_bool(struct arena *a, const json_t *value, const struct field *f, void *p, struct error *e) {
    (void)a;
    if (!json_is_boolean(value))
        return fail_field(e, f->name, ERR_BAD_FIELD, "'%s' must be true or false", "“%s”必须是true 或 false",
                          f->name);
    *(bool *)p = json_is_true(value);
    return true;
}

static json_t *write_words(struct arena *a, const struct field *f, const void *p) {
    (void)f;
    return json_words(a, *(const char *const *)p);
}

/* The words are joined by spaces, so none may hold one, nor be empty. */
static bool is_word(const json_t *value) {
    const char *s = json_string_value(value);
    if (!s || !*s)
        return false;
    for (; *s; s++)
        if (isspace((unsigned char)*s) || iscntrl((unsigned char)*s))
            return false;
    return true;
}

static bool read_words(struct arena *a, const json_t *value, const struct field *f, void *p,
                       struct error *e) {
    if (!json_is_array(value))
        return fail_field(e, f->name, ERR_BAD_FIELD, "'%s' must be an array of strings",
                          "“%s”必须是字符串数组", f->name);
    struct buf words = buf_new(a, SIZE_MAX / 4);
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i);
        if (!is_word(item))
            return fail_field(e, f->name, ERR_BAD_FIELD, "'%s' must be an array of strings without spaces",
                              "“%s”必须是不含空格的字符串数组", f->name);
        buf_str(&words, i ? " " : "");
        buf_str(&words, json_string_value(item));
    }
    *(const char **)p = words.p;
    return true;
}

/* Text that was an array when it was read; what it holds is the business of whoever owns the field. */
static json_t *write_list(struct arena *a, const struct field *f, const void *p) {
    (void)a, (void)f;
    const char *text = *(const char *const *)p;
    json_t *list = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    return list ? list : json_array();
}

static void put_list(struct buf *b, const struct field *f, const void *p) {
    buf_str(b, json_text(b->arena, json_keep(b->arena, write_list(b->arena, f, p)), false));
}

static bool read_list(struct arena *a, const json_t *value, const struct field *f, void *p, struct error *e) {
    if (!json_is_array(value))
        return fail_field(e, f->name, ERR_BAD_FIELD, "'%s' must be an array", "“%s”必须是数组", f->name);
    *(const char **)p = json_text(a, value, false);
    return true;
}

/* The same with an object. */
static json_t *write_map(struct arena *a, const struct field *f, const void *p) {
    (void)a, (void)f;
    const char *text = *(const char *const *)p;
    json_t *map = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    return map ? map : json_object();
}

static void put_map(struct buf *b, const struct field *f, const void *p) {
    buf_str(b, json_text(b->arena, json_keep(b->arena, write_map(b->arena, f, p)), false));
}

static bool read_map(struct arena *a, const json_t *value, const struct field *f, void *p, struct error *e) {
    if (!json_is_object(value))
        return fail_field(e, f->name, ERR_BAD_FIELD, "'%s' must be an object", "“%s”必须是对象", f->name);
    *(const char **)p = json_text(a, value, false);
    return true;
}

/* ---- fields of fields ---- */

static const struct field money_fields[] = {
    FIELD(INT, money, amount, FIELD_REQUIRED, "In minor units", "以最小货币单位计"),
    FIELD(TEXT, money, currency, FIELD_REQUIRED, "ISO 4217", "ISO 4217 货币代码"),
    FIELD_END,
};

/* The path to the field at fault: "lines[2].years". */
static bool inside(struct arena *a, const char *outer, struct error *e) {
    const char *path = *e->field ? arena_printf(a, "%s.%s", outer, e->field) : outer;
    snprintf(e->field, sizeof e->field, "%s", path);
    return false;
}

static json_t *write_object(struct arena *a, const struct field *f, const void *p) {
    return json_from_row(a, f->of, p);
}

static void put_object(struct buf *b, const struct field *f, const void *p) {
    json_write_row(b, f->of, p);
}

static bool read_object(struct arena *a, const json_t *value, const struct field *f, void *p,
                        struct error *e) {
    if (!json_is_object(value))
        return fail_field(e, f->name, ERR_BAD_FIELD, "'%s' must be an object", "“%s”必须是对象", f->name);
    return json_to_row(a, value, f->of, p, e) || inside(a, f->name, e);
}

static bool is_no_money(const void *p) {
    return !((const struct money *)p)->currency;
}

static json_t *write_money(struct arena *a, const struct field *f, const void *p) {
    (void)f;
    return is_no_money(p) ? json_null() : json_from_row(a, money_fields, p);
}

static void put_money(struct buf *b, const struct field *f, const void *p) {
    (void)f;
    if (is_no_money(p))
        buf_str(b, "null");
    else
        json_write_row(b, money_fields, p);
}

static bool read_money(struct arena *a, const json_t *value, const struct field *f, void *p,
                       struct error *e) {
    if (!json_is_object(value))
        return fail_field(e, f->name, ERR_BAD_FIELD, "'%s' must be an object with amount and currency",
                          "“%s”必须是含 amount 和 currency 的对象", f->name);
    return (json_to_row(a, value, money_fields, p, e) && money_check(p, e)) || inside(a, f->name, e);
}

/* The rows of a member: its pointer, and beside it in the same struct their count. */
static const char *rows_of(const struct field *f, const void *p, size_t *count) {
    const char *row = (const char *)p - f->offset;
    memcpy(count, row + f->count_offset, sizeof *count);
    return *(const char *const *)p;
}

static json_t *write_rows(struct arena *a, const struct field *f, const void *p) {
    json_t *array = json_array();
    size_t count;
    const char *rows = rows_of(f, p, &count);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_from_row(a, f->of, rows + i * f->size));
    return array;
}

static void put_rows(struct buf *b, const struct field *f, const void *p) {
    size_t count;
    const char *rows = rows_of(f, p, &count);
    buf_char(b, '[');
    for (size_t i = 0; i < count; i++) {
        buf_str(b, i ? "," : "");
        json_write_row(b, f->of, rows + i * f->size);
    }
    buf_char(b, ']');
}

static bool read_rows(struct arena *a, const json_t *value, const struct field *f, void *p, struct error *e) {
    size_t count = json_array_size(value);
    char *rows = arena_array(a, count ? count : 1, f->size);
    if (!json_is_array(value))
        return fail_field(e, f->name, ERR_BAD_FIELD, "'%s' must be an array", "“%s”必须是数组", f->name);
    for (size_t i = 0; i < count; i++) {
        const struct field row = {.name = arena_printf(a, "%s[%zu]", f->name, i), .of = f->of};
        if (!read_object(a, json_array_get(value, i), &row, rows + i * f->size, e))
            return false;
    }
    *(char **)p = rows;
    memcpy((char *)p - f->offset + f->count_offset, &count, sizeof count);
    return true;
}

static void clear_pointer(void *p) {
    *(const char **)p = NULL;
}

static void clear_time(void *p) {
    *(int64_t *)p = 0;
}

static void clear_money(void *p) {
    *(struct money *)p = (struct money){0};
}

struct codec {
    const char *type, *format; /* of JSON schema */
    bool null_written;         /* an answer may say null */
    json_t *(*write)(struct arena *a, const struct field *f, const void *p);
    /* the text of what `write` makes */
    void (*put)(struct buf *b, const struct field *f, const void *p);
    bool (*read)(struct arena *a, const json_t *value, const struct field *f, void *p, struct error *e);
    void (*clear)(void *p);    /* what null in a body does; NULL: it is refused */
    const struct field *shape; /* the fields of an object, where they are always the same */
};

/* A type without a row (FIELD_BLOB) is never in JSON. */
static const struct codec codecs[] = {
    [FIELD_TEXT] = {"string", NULL, true, write_text, json_put_text, read_text, clear_pointer},
    [FIELD_INT] = {"integer", "int64", false, write_int, json_put_int, read_int, NULL},
    [FIELD_TIME] = {"string", "date-time", true, write_time, json_put_time, read_time, clear_time},
    [FIELD_BOOL] = {"boolean", NULL, false, write_bool, json_put_bool, read_bool, NULL},
    [FIELD_WORDS] = {"array", NULL, false, write_words, json_put_words, read_words, clear_pointer},
    [FIELD_LIST] = {"array", NULL, false, write_list, put_list, read_list, clear_pointer},
    [FIELD_MAP] = {"object", NULL, false, write_map, put_map, read_map, clear_pointer},
    [FIELD_BLOB] = {NULL, NULL, false, NULL, NULL, NULL, NULL},
    [FIELD_MONEY] = {"object", NULL, true, write_money, put_money, read_money, clear_money, money_fields},
    [FIELD_OBJECT] = {"object", NULL, false, write_object, put_object, read_object, NULL},
    [FIELD_ROWS] = {"array", NULL, false, write_rows, put_rows, read_rows, NULL},
};

static bool in_requests(const struct field *f) {
    return codecs[f->type].read && !(f->flags & FIELD_HIDDEN);
}

static bool in_answers(const struct field *f) {
    return codecs[f->type].write && !(f->flags & (FIELD_HIDDEN | FIELD_SECRET));
}

static bool is_absent(const struct field *f, const void *p) {
    return f->flags & FIELD_OPTIONAL && *(const int64_t *)p < 0;
}

json_t *json_from_row(struct arena *a, const struct field *fields, const void *row) {
    json_t *object = json_object();
    for (const struct field *f = fields; f->name; f++) {
        const void *p = (const char *)row + f->offset;
        if (in_answers(f)) /* our own names are UTF-8: unchecked */
            json_object_set_new_nocheck(object, f->name,
                                        is_absent(f, p) ? json_null() : codecs[f->type].write(a, f, p));
    }
    return object;
}

static void put_member(struct buf *b, const struct field *f, const void *p) {
    buf_str(b, f->name);
    buf_add(b, "\":", 2);
    if (is_absent(f, p))
        buf_str(b, "null");
    else
        codecs[f->type].put(b, f, p);
}

void json_write_row(struct buf *b, const struct field *fields, const void *row) {
    const char *before = "{\"";
    for (const struct field *f = fields; f->name; f++) {
        if (!in_answers(f))
            continue;
        buf_add(b, before, 2);
        put_member(b, f, (const char *)row + f->offset);
        before = ",\"";
    }
    buf_str(b, *before == '{' ? "{}" : "}");
}

static const struct field *field_named(const struct field *fields, const char *name) {
    for (const struct field *f = fields; f->name; f++)
        if (in_requests(f) && strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

/* In a body. */
static bool takes_null(const struct field *f) {
    return codecs[f->type].clear && !(f->flags & (FIELD_REQUIRED | FIELD_NOT_NULL));
}

static bool read_member(struct arena *a, const json_t *value, const struct field *f, void *row,
                        struct error *e) {
    const struct codec *codec = &codecs[f->type];
    void *p = (char *)row + f->offset;
    if (!json_is_null(value) || !codec->clear || f->flags & FIELD_NOT_NULL)
        return codec->read(a, value, f, p, e);
    codec->clear(p);
    return true;
}

static bool required_present(const json_t *object, const struct field *fields, struct error *e) {
    for (const struct field *f = fields; f->name; f++) {
        const json_t *value = json_object_get(object, f->name);
        if (f->flags & FIELD_REQUIRED && in_requests(f) && (!value || json_is_null(value)))
            return fail_field(e, f->name, ERR_BAD_FIELD, "'%s' is missing", "缺少“%s”", f->name);
    }
    return true;
}

bool json_to_row(struct arena *a, const json_t *object, const struct field *fields, void *row,
                 struct error *e) {
    if (!json_is_object(object))
        return fail(e, ERR_BAD_REQUEST, "the body must be a JSON object", "请求体必须是 JSON 对象");
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) {
        const struct field *f = field_named(fields, name);
        if (!f)
            return fail_field(e, name, ERR_UNKNOWN_FIELD, "there is no field '%s' here", "不存在字段“%s”",
                              name);
        if (!read_member(a, value, f, row, e))
            return false;
    }
    return required_present(object, fields, e);
}

/* ---- schema ---- */

/* What stands inside: the fields of an object, or the items of an array. */
static json_t *schema_inside(const struct field *f, bool request) {
    const struct field *of = f->of ? f->of : codecs[f->type].shape;
    if (f->type == FIELD_WORDS)
        return json_pack("{s{ss}}", "items", "type", "string");
    if (f->type == FIELD_ROWS)
        return json_pack("{so}", "items", json_schema(of, request));
    return of ? json_schema(of, request) : json_object();
}

static json_t *schema_of_field(const struct field *f, bool request) {
    const struct codec *codec = &codecs[f->type];
    bool nullable = request ? takes_null(f) : codec->null_written || f->flags & FIELD_OPTIONAL;
    json_t *schema = schema_inside(f, request);
    json_object_set_new(schema, "type",
                        nullable ? json_pack("[ss]", codec->type, "null") : json_string(codec->type));
    if (codec->format)
        json_object_set_new(schema, "format", json_string(codec->format));
    if (f->flags & FIELD_REFERENCE)
        json_object_set_new(schema, "x-reference", json_true());
    if (f->label.in[LANG_EN]) {
        json_object_set_new(schema, "description", json_string(f->label.in[LANG_EN]));
        json_object_set_new(schema, "x-description-zh", json_string(f->label.in[LANG_ZH]));
    }
    return schema;
}

json_t *json_schema(const struct field *fields, bool request) {
    json_t *properties = json_object(), *required = json_array();
    for (const struct field *f = fields; f->name; f++) {
        if (!(request ? in_requests(f) : in_answers(f)))
            continue;
        json_object_set_new(properties, f->name, schema_of_field(f, request));
        if (!request || f->flags & FIELD_REQUIRED)
            json_array_append_new(required, json_string(f->name));
    }
    json_t *schema = json_pack("{sssoso}", "type", "object", "properties", properties, "required", required);
    if (request)
        json_object_set_new(schema, "additionalProperties", json_false());
    return schema;
}
