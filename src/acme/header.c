/* The headers of ACME's answers. */
#include "acme/header.h"
#include "base/clock.h"
#include <strings.h>

static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

enum { DATE_LEN = 29, SECONDS_DIGITS_MAX = 9, TARGET_MAX = 2000 };

static int number_at(const char *s, size_t digits) {
    int n = 0;
    for (size_t i = 0; i < digits; i++) {
        if (s[i] < '0' || s[i] > '9')
            return -1;
        n = n * 10 + (s[i] - '0');
    }
    return n;
}

static int month_at(const char *s) {
    for (int i = 0; i < 12; i++)
        if (strncmp(s, months[i], 3) == 0)
            return i + 1;
    return 0;
}

/* What stands between the digits and letters. */
static bool has_form(const char *value) {
    static const struct {
        size_t at;
        char c;
    } fixed[] = {{3, ','}, {4, ' '}, {7, ' '}, {11, ' '}, {16, ' '}, {19, ':'}, {22, ':'}, {25, ' '}};
    if (strlen(value) != DATE_LEN || strcmp(value + 26, "GMT") != 0)
        return false;
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (value[fixed[i].at] != fixed[i].c)
            return false;
    return true;
}

bool header_date(const char *value, int64_t *t) {
    if (!has_form(value))
        return false;
    int day = number_at(value + 5, 2), month = month_at(value + 8), year = number_at(value + 12, 4);
    int hour = number_at(value + 17, 2), minute = number_at(value + 20, 2), second = number_at(value + 23, 2);
    if (day < 1 || day > 31 || month == 0 || year < 1970 || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 60)
        return false;
    *t = days_from_civil(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
    return true;
}

int64_t header_retry_after(const char *value, int64_t now) {
    if (!value || !*value)
        return 0;
    size_t digits = strspn(value, "0123456789");
    int64_t seconds;
    if (value[digits] == 0)
        seconds = digits > SECONDS_DIGITS_MAX ? RETRY_AFTER_MAX : number_at(value, digits);
    else if (header_date(value, &seconds))
        seconds -= now;
    else
        return 0;
    if (seconds < 1)
        return 1;
    return seconds < RETRY_AFTER_MAX ? seconds : RETRY_AFTER_MAX;
}

/* ---- Link ---- */

static const char *skip_space(const char *p) {
    return p + strspn(p, " \t");
}

/* Behind the parameter's value, which may be quoted; its text without the quotes in `value`. */
static const char *take_value(const char *p, struct slice *value) {
    if (*p != '"') {
        size_t len = strcspn(p, " \t;,");
        *value = slice_of(p, len);
        return p + len;
    }
    const char *start = ++p;
    while (*p && *p != '"')
        p += *p == '\\' && p[1] ? 2 : 1;
    *value = slice_of(start, (size_t)(p - start));
    return *p ? p + 1 : p;
}

struct link {
    struct slice target, relations;
};

/* One link at *p, which moves behind it; false at the end and for what is no link. */
static bool take_link(const char **p, struct link *link) {
    const char *s = *p + strspn(*p, " \t,");
    const char *end = *s == '<' ? strchr(s, '>') : NULL;
    if (!end)
        return false;
    *link = (struct link){.target = slice_of(s + 1, (size_t)(end - s - 1))};
    s = skip_space(end + 1);
    while (*s == ';') {
        struct slice value = {0};
        s = skip_space(s + 1);
        size_t len = strcspn(s, " \t=;,");
        const char *after = skip_space(s + len);
        bool relation = len == 3 && strncasecmp(s, "rel", 3) == 0;
        s = skip_space(*after == '=' ? take_value(skip_space(after + 1), &value) : after);
        if (relation && !link->relations.p)
            link->relations = value;
    }
    *p = s;
    return *s == ',' || *s == 0;
}

static bool has_relation(const struct link *link, const char *relation) {
    const char *p = (const char *)link->relations.p, *end = p ? p + link->relations.len : p;
    size_t len = strlen(relation);
    while (p < end) {
        const char *space = memchr(p, ' ', (size_t)(end - p));
        size_t word = (size_t)((space ? space : end) - p);
        if (word == len && strncasecmp(p, relation, len) == 0)
            return true;
        p += word + 1;
    }
    return false;
}

static bool is_absolute(struct slice target) {
    static const char scheme[] = "https://", plain[] = "http://";
    bool known = (target.len > sizeof scheme - 1 && memcmp(target.p, scheme, sizeof scheme - 1) == 0) ||
                 (target.len > sizeof plain - 1 && memcmp(target.p, plain, sizeof plain - 1) == 0);
    for (size_t i = 0; known && i < target.len; i++)
        known = target.p[i] > ' ' && target.p[i] < 0x7f;
    return known && target.len <= TARGET_MAX;
}

size_t header_links(struct arena *a, const char *const *values, size_t count, const char *relation,
                    const char **targets, size_t max) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        const char *p = values[i];
        struct link link;
        while (found < max && take_link(&p, &link))
            if (has_relation(&link, relation) && is_absolute(link.target))
                targets[found++] = arena_strndup(a, (const char *)link.target.p, link.target.len);
    }
    return found;
}

const char *header_location(const char *value) {
    return value && is_absolute(slice_str(value)) ? value : NULL;
}
