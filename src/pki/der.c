/* The DER writer and reader. */
#include "pki/der.h"
#include "base/clock.h"
#include <time.h>

enum { LONG_LENGTH = 0x80, HIGH_TAG = 0x1f };

static size_t octets_of(size_t n) {
    size_t octets = 0;
    for (; n; n >>= 8)
        octets++;
    return octets;
}

size_t der_open(struct buf *b, uint8_t tag) {
    buf_u8(b, tag);
    buf_u8(b, 0);
    return b->len;
}

/* One octet was kept for the length; a long one moves the content. */
void der_close(struct buf *b, size_t mark) {
    static const uint8_t zeros[sizeof(size_t)];
    size_t len = b->len - mark, extra = len < LONG_LENGTH ? 0 : octets_of(len);
    buf_add(b, zeros, extra);
    if (b->overflow)
        return;
    uint8_t *content = (uint8_t *)b->p + mark;
    content[-1] = (uint8_t)(extra ? LONG_LENGTH | extra : len);
    if (extra)
        memmove(content + extra, content, len);
    for (size_t i = 0; i < extra; i++)
        content[i] = (uint8_t)(len >> 8 * (extra - 1 - i));
}

void der_put(struct buf *b, uint8_t tag, struct slice content) {
    size_t mark = der_open(b, tag);
    der_add(b, content);
    der_close(b, mark);
}

void der_add(struct buf *b, struct slice der) {
    buf_add(b, der.p, der.len);
}

void der_put_unsigned(struct buf *b, struct slice n) {
    while (n.len > 0 && n.p[0] == 0)
        n = slice_of(n.p + 1, n.len - 1);
    size_t mark = der_open(b, DER_INTEGER);
    if (n.len == 0 || n.p[0] & 0x80)
        buf_u8(b, 0);
    der_add(b, n);
    der_close(b, mark);
}

void der_put_bits(struct buf *b, struct slice bits) {
    size_t mark = der_open(b, DER_BIT_STRING);
    buf_u8(b, 0);
    der_add(b, bits);
    der_close(b, mark);
}

void der_put_time(struct buf *b, int64_t t) {
    struct tm tm;
    time_t seconds = (time_t)t;
    char text[32];
    gmtime_r(&seconds, &tm);
    bool utc_time = tm.tm_year >= 50 && tm.tm_year < 150;
    size_t len = strftime(text, sizeof text, "%Y%m%d%H%M%SZ", &tm), century = utc_time ? 2 : 0;
    der_put(b, utc_time ? DER_UTC_TIME : DER_GENERALIZED_TIME, slice_of(text + century, len - century));
}

/* The length octets at *p; only the shortest form is DER. */
static bool read_length(const uint8_t **p, const uint8_t *end, size_t *len) {
    if (*p == end)
        return false;
    *len = *(*p)++;
    if (*len < LONG_LENGTH)
        return true;
    size_t octets = *len & ~(size_t)LONG_LENGTH;
    if (octets == 0 || octets > sizeof(uint32_t) || (size_t)(end - *p) < octets)
        return false;
    *len = 0;
    for (size_t i = 0; i < octets; i++)
        *len = *len << 8 | *(*p)++;
    return *len >= LONG_LENGTH && octets_of(*len) == octets;
}

bool der_next(struct slice *rest, struct der *value) {
    const uint8_t *p = rest->p, *end = p + rest->len;
    size_t len;
    if (rest->len == 0 || (*p & HIGH_TAG) == HIGH_TAG)
        return false;
    value->tag = *p++;
    if (!read_length(&p, end, &len) || len > (size_t)(end - p))
        return false;
    value->content = slice_of(p, len);
    value->whole = slice_of(rest->p, (size_t)(p + len - rest->p));
    *rest = slice_of(p + len, (size_t)(end - p) - len);
    return true;
}

bool der_take(struct slice *rest, uint8_t tag, struct slice *content) {
    struct slice after = *rest;
    struct der value;
    if (!der_next(&after, &value) || value.tag != tag)
        return false;
    *content = value.content;
    *rest = after;
    return true;
}

bool der_only(struct slice der, uint8_t tag, struct slice *content) {
    return der_take(&der, tag, content) && der.len == 0;
}

bool der_take_integer(struct slice *rest, struct slice *n) {
    if (!der_take(rest, DER_INTEGER, n) || n->len == 0)
        return false;
    bool spare = n->len > 1 && ((n->p[0] == 0 && !(n->p[1] & 0x80)) || (n->p[0] == 0xff && n->p[1] & 0x80));
    return !spare;
}

bool der_take_bits(struct slice *rest, struct slice *bits) {
    struct slice content;
    if (!der_take(rest, DER_BIT_STRING, &content) || content.len == 0 || content.p[0] != 0)
        return false;
    *bits = slice_of(content.p + 1, content.len - 1);
    return true;
}

static bool two_digits(struct slice *text, int min, int max, int *n) {
    if (text->len < 2 || text->p[0] < '0' || text->p[0] > '9' || text->p[1] < '0' || text->p[1] > '9')
        return false;
    *n = (text->p[0] - '0') * 10 + text->p[1] - '0';
    *text = slice_of(text->p + 2, text->len - 2);
    return *n >= min && *n <= max;
}

static int days_in_month(int year, int month) {
    return (int)(days_from_civil(month == 12 ? year + 1 : year, month % 12 + 1, 1) -
                 days_from_civil(year, month, 1));
}

bool der_take_time(struct slice *rest, int64_t *t) {
    struct slice text;
    int century = 0, year, month, day, hour, minute, second;
    bool utc_time = der_take(rest, DER_UTC_TIME, &text);
    if (!utc_time && !(der_take(rest, DER_GENERALIZED_TIME, &text) && two_digits(&text, 0, 99, &century)))
        return false;
    if (!two_digits(&text, 0, 99, &year) || !two_digits(&text, 1, 12, &month) ||
        !two_digits(&text, 1, 31, &day) || !two_digits(&text, 0, 23, &hour) ||
        !two_digits(&text, 0, 59, &minute) || !two_digits(&text, 0, 59, &second))
        return false;
    if (utc_time)
        century = year < 50 ? 20 : 19;
    year += century * 100;
    if (!slice_equal(text, slice_str("Z")) || day > days_in_month(year, month))
        return false;
    *t = days_from_civil(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
    return true;
}
