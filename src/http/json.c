/* JSON both ways: one row of `codecs` for each type of field. */
#include "http/json.h"
#include "base/clock.h"
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

/* Bytes of the UTF-8 character at `s` (RFC 3629), 0 if it is none. */
static size_t utf8_len(const unsigned char *s) {
    size_t len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    bool surrogate = s[0] == 0xed && s[1] > 0x9f;
    bool beyond = s[0] == 0xf4 && s[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : len;
}

static const char *utf8_repaired(struct arena *a, const char *s) {
    struct buf b = buf_new(a, SIZE_MAX / 4);
    while (*s) {
        size_t len = utf8_len((const unsigned char *)s);
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

/* ---- the same as text: what jansson would write, to the byte ---- */

/* How many bytes stand for themselves in a string. */
static size_t plain_len(const char *s, size_t len) {
    size_t i = 0, step = 1;
    for (; i < len && step; i += step) {
        unsigned char c = (unsigned char)s[i];
        step = c >= 0x80 ? utf8_len((const unsigned char *)s + i) : c >= ' ' && c != '"' && c != '\\';
    }
    return i;
}

/* A byte that does not. */
static void put_escaped(struct buf *b, unsigned char c) {
    static const char letters[] = {
        ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    static const char hex[] = "0123456789ABCDEF";
    if (c >= 0x80) {
        buf_str(b, "\xef\xbf\xbd");
    } else if (c < sizeof letters && letters[c]) {
        buf_add(b, (const char[]){'\\', letters[c]}, 2);
    } else {
        buf_add(b, (const char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
    }
}

static void put_string(struct buf *b, const char *s, size_t len) {
    buf_char(b, '"');
    for (;;) {
        size_t plain = plain_len(s, len);
        buf_add(b, s, plain);
        if (plain == len)
            break;
        put_escaped(b, (unsigned char)s[plain]);
        s += plain + 1;
        len -= plain + 1;
    }
    buf_char(b, '"');
}

void json_write_string(struct buf *b, const char *s) {
    if (s)
        put_string(b, s, strlen(s));
    else
        buf_str(b, "null");
}

static void put_text(struct buf *b, const void *p) {
    json_write_string(b, *(const char *const *)p);
}

static void put_int(struct buf *b, const void *p) {
    int64_t value = *(const int64_t *)p;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    char digits[24], *first = digits + sizeof digits;
    do
        *--first = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        *--first = '-';
    buf_add(b, first, (size_t)(digits + sizeof digits - first));
}

static void put_digits(char *to, uint64_t value, int count) {
    for (int i = count - 1; i >= 0; i--, value /= 10)
        to[i] = (char)('0' + value % 10);
}

/* As days_from_civil counts: years from March, so that the leap day is the last of its year. */
static void put_date(char *to, uint64_t day) {
    uint64_t days = day + 719468, era = days / 146097, day_of_era = days % 146097;
    uint64_t year = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint64_t day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    uint64_t month = (5 * day_of_year + 2) / 153;
    put_digits(to, era * 400 + year + (month >= 10), 4);
    put_digits(to + 5, month < 10 ? month + 3 : month - 9, 2);
    put_digits(to + 8, day_of_year - (153 * month + 2) / 5 + 1, 2);
}

/* Lists are full of times: those since 1970 without printf. */
static void put_time(struct buf *b, const void *p) {
    int64_t t = *(const int64_t *)p;
    char text[] = "\"0000-00-00T00:00:00Z\"";
    if (t <= 0 || t > time_last) {
        json_write_string(b, t ? time_format(b->arena, t) : NULL);
        return;
    }
    uint64_t second = (uint64_t)t % DAY;
    put_date(text + 1, (uint64_t)t / DAY);
    put_digits(text + 12, second / 3600, 2);
    put_digits(text + 15, second / 60 % 60, 2);
    put_digits(text + 18, second % 60, 2);
    buf_add(b, text, sizeof text - 1);
}

static void put_bool(struct buf *b, const void *p) {
    buf_str(b, *(const bool *)p ? "true" : "false");
}

static void put_words(struct buf *b, const void *p) {
    const char *words = *(const char *const *)p, *separator = "[";
    for (const char *s = words ? words : ""; *s;) {
        size_t len = strcspn(s, " ");
        if (len) {
            buf_str(b, separator);
            put_string(b, s, len);
            separator = ",";
        }
        s += len + strspn(s + len, " ");
    }
    buf_str(b, *separator == '[' ? "[]" : "]");
}

/* ---- one row for each type of field ---- */

static json_t *write_text(struct arena *a, const void *p) {
    return json_string_of(a, *(const char *const *)p);
}

static bool read_text(struct arena *a, const json_t *value, const struct field *f, void *p, struct error *e) {
    if (!json_is_string(value))
        return fail_field(e, f->name, ERR_BAD_FIELD, "'%s' must be a string", "“%s”必须是字符串", f->name);
    *(const char **)p = arena_strdup(a, json_string_value(value));
    return true;
}

static json_t *write_int(struct arena *a, const void *p) {
    (void)a;
    return json_integer(*(const int64_t *)p);
}

static bool read_int(struct arena *a, const json_t *value, const struct field *f, void *p, struct error *e) {
    (void)a;
    if (!json_is_integer(value))
        return fail_field(e, f->name, ERR_BAD_FIELD, "'%s' must be an integer", "“%s”必须是整数", f->name);
    *(int64_t *)p = json_integer_value(value);
    return true;
}

static json_t *write_time(struct arena *a, const void *p) {
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

static json_t *write_bool(struct arena *a, const void *p) {
    (void)a;
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

static json_t *write_words(struct arena *a, const void *p) {
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
static json_t *write_list(struct arena *a, const void *p) {
    (void)a;
    const char *text = *(const char *const *)p;
    json_t *list = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
    return list ? list : json_array();
}

static void put_list(struct buf *b, const void *p) {
    buf_str(b, json_text(b->arena, json_keep(b->arena, write_list(b->arena, p)), false));
}

static bool read_list(struct arena *a, const json_t *value, const struct field *f, void *p, struct error *e) {
    if (!json_is_array(value))
        return fail_field(e, f->name, ERR_BAD_FIELD, "'%s' must be an array", "“%s”必须是数组", f->name);
    *(const char **)p = json_text(a, value, false);
    return true;
}

static void clear_pointer(void *p) {
    *(const char **)p = NULL;
}

static void clear_time(void *p) {
    *(int64_t *)p = 0;
}

struct codec {
    const char *type, *format; /* of JSON schema */
    bool null_written;         /* an answer may say null */
    json_t *(*write)(struct arena *a, const void *p);
    void (*put)(struct buf *b, const void *p); /* the text of what `write` makes */
    bool (*read)(struct arena *a, const json_t *value, const struct field *f, void *p, struct error *e);
    void (*clear)(void *p); /* what null in a body does; NULL: it is refused */
};

/* A type without a row (FIELD_BLOB) is never in JSON. */
static const struct codec codecs[] = {
    [FIELD_TEXT] = {"string", NULL, true, write_text, put_text, read_text, clear_pointer},
    [FIELD_INT] = {"integer", "int64", false, write_int, put_int, read_int, NULL},
    [FIELD_TIME] = {"string", "date-time", true, write_time, put_time, read_time, clear_time},
    [FIELD_BOOL] = {"boolean", NULL, false, write_bool, put_bool, read_bool, NULL},
    [FIELD_WORDS] = {"array", NULL, false, write_words, put_words, read_words, clear_pointer},
    [FIELD_LIST] = {"array", NULL, false, write_list, put_list, read_list, clear_pointer},
    [FIELD_BLOB] = {NULL, NULL, false, NULL, NULL, NULL, NULL},
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
                                        is_absent(f, p) ? json_null() : codecs[f->type].write(a, p));
    }
    return object;
}

static void put_member(struct buf *b, const struct field *f, const void *p) {
    buf_str(b, f->name);
    buf_add(b, "\":", 2);
    if (is_absent(f, p))
        buf_str(b, "null");
    else
        codecs[f->type].put(b, p);
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

static bool read_member(struct arena *a, const json_t *value, const struct field *f, void *row,
                        struct error *e) {
    const struct codec *codec = &codecs[f->type];
    void *p = (char *)row + f->offset;
    if (!json_is_null(value) || !codec->clear)
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

static json_t *schema_of_field(const struct field *f, bool request) {
    const struct codec *codec = &codecs[f->type];
    bool nullable = request ? codec->clear && !(f->flags & FIELD_REQUIRED)
                            : codec->null_written || f->flags & FIELD_OPTIONAL;
    json_t *schema = json_object();
    json_object_set_new(schema, "type",
                        nullable ? json_pack("[ss]", codec->type, "null") : json_string(codec->type));
    if (codec->format)
        json_object_set_new(schema, "format", json_string(codec->format));
    if (f->type == FIELD_WORDS)
        json_object_set_new(schema, "items", json_pack("{ss}", "type", "string"));
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
