/* JSON as text: what jansson would write, to the byte. */
#include "http/json_put.h"
#include "base/clock.h"

static const int64_t time_last = 253402300799; /* the end of 9999 */

size_t json_utf8_len(const unsigned char *s) {
    size_t len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    bool surrogate = s[0] == 0xed && s[1] > 0x9f;
    bool beyond = s[0] == 0xf4 && s[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : len;
}

/* How many bytes stand for themselves in a string. */
static size_t plain_len(const char *s, size_t len) {
    size_t i = 0, step = 1;
    for (; i < len && step; i += step) {
        unsigned char c = (unsigned char)s[i];
        step = c >= 0x80 ? json_utf8_len((const unsigned char *)s + i) : c >= ' ' && c != '"' && c != '\\';
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

void json_put_text(struct buf *b, const struct field *f, const void *p) {
    (void)f;
    json_write_string(b, *(const char *const *)p);
}

void json_put_int(struct buf *b, const struct field *f, const void *p) {
    (void)f;
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
void json_put_time(struct buf *b, const struct field *f, const void *p) {
    (void)f;
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

void json_put_bool(struct buf *b, const struct field *f, const void *p) {
    (void)f;
    buf_str(b, *(const bool *)p ? "true" : "false");
}

void json_put_words(struct buf *b, const struct field *f, const void *p) {
    (void)f;
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
