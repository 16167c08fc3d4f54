/* What stands in the headers of an e-mail. */
#include "base/buf.h"
#include "http/mail.h"
#include <sodium.h>
#include <time.h>

enum {
    ADDRESS_MAX = 254,
    LOCAL_PART_MAX = 64,
    TEXT_BYTES_MAX = 200,
    WORD_BYTES = 39, /* in base64, with the frame of the encoded word and "Subject: " before it: below 76 */
    WORD_SIZE = 64,
    DATE_SIZE = 64,
};

bool mail_address_valid(const char *address) {
    const char *at = strrchr(address, '@');
    if (!at || at == address || !at[1] || at - address > LOCAL_PART_MAX || strlen(address) > ADDRESS_MAX)
        return false;
    for (const char *p = address; *p; p++)
        if (*p <= ' ' || *p >= 0x7f || strchr("\"(),:;<>[\\]", *p) || (*p == '@' && p != at))
            return false;
    return true;
}

const char *mail_date(struct arena *a, int64_t t) {
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)t;
    struct tm tm = {0};
    gmtime_r(&seconds, &tm);
    return arena_printf(a, "%s, %d %s %d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday,
                        months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* The longest beginning of up to `max` bytes that ends between two characters. */
static size_t whole_characters(const char *text, size_t max) {
    size_t len = strlen(text);
    if (len <= max)
        return len;
    while (max && ((unsigned char)text[max] & 0xc0) == 0x80)
        max--;
    return max;
}

static bool is_plain(const char *text) {
    for (const char *p = text; *p; p++)
        if (*p < ' ' || *p >= 0x7f)
            return false;
    return !strstr(text, "=?");
}

static char *without_controls(struct arena *a, const char *text) {
    char *copy = arena_strndup(a, text, whole_characters(text, TEXT_BYTES_MAX));
    for (char *p = copy; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = ' ';
    return copy;
}

const char *mail_header_text(struct arena *a, const char *text) {
    const char *rest = without_controls(a, text);
    if (is_plain(rest))
        return rest;
    struct buf b = buf_new(a, TEXT_BYTES_MAX * 4);
    while (*rest) {
        char word[WORD_SIZE];
        size_t len = whole_characters(rest, WORD_BYTES);
        len = len ? len : 1; /* bytes that are no UTF-8 */
        sodium_bin2base64(word, sizeof word, (const unsigned char *)rest, len,
                          sodium_base64_VARIANT_ORIGINAL);
        buf_printf(&b, "%s=?UTF-8?B?%s?=", b.len ? "\r\n " : "", word);
        rest += len;
    }
    return b.p;
}
