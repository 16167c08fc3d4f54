/* Time: reading the clock, RFC 3339 both ways. */
#include "base/clock.h"
#include <stdio.h>
#include <time.h>

int64_t clock_now(void) {
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return ts.tv_sec;
}

int64_t clock_monotonic_ms(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static struct tm utc(int64_t t) {
    struct tm tm = {0};
    time_t seconds = t;
    gmtime_r(&seconds, &tm);
    return tm;
}

/* In one pass: lists are full of times. */
const char *time_format(struct arena *a, int64_t t) {
    struct tm tm = utc(t);
    char text[80];
    int len = snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
                       tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
    return arena_copy(a, text, (size_t)len);
}

const char *time_format_date(struct arena *a, int64_t t) {
    struct tm tm = utc(t);
    return arena_printf(a, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

/* Counts years from March, so that the leap day is the last of its year, in eras of 400 years. */
int64_t days_from_civil(int64_t year, int month, int day) {
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static int days_in_month(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

struct civil {
    int year, month, day, hour, minute, second;
};

static bool civil_valid(const struct civil *c) {
    return c->month >= 1 && c->month <= 12 && c->day >= 1 && c->day <= days_in_month(c->year, c->month) &&
           c->hour <= 23 && c->minute <= 59 && c->second <= 59;
}

/* Reads `count` digits and the separator after them (0: none). */
static bool digits(const char **s, int count, char separator, int *value) {
    *value = 0;
    for (int i = 0; i < count; i++, (*s)++) {
        if (**s < '0' || **s > '9')
            return false;
        *value = *value * 10 + (**s - '0');
    }
    if (!separator)
        return true;
    return *(*s)++ == separator;
}

static bool parse_offset(const char **s, int *seconds) {
    *seconds = 0;
    if (**s == 'Z' || **s == 'z') {
        (*s)++;
        return true;
    }
    int sign = **s == '+' ? 1 : **s == '-' ? -1 : 0;
    int hours, minutes;
    (*s)++;
    if (!sign || !digits(s, 2, ':', &hours) || !digits(s, 2, 0, &minutes) || hours > 23 || minutes > 59)
        return false;
    *seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

static bool parse_time(const char *s, struct civil *c, int *offset) {
    if (!digits(&s, 4, '-', &c->year) || !digits(&s, 2, '-', &c->month) || !digits(&s, 2, 0, &c->day))
        return false;
    if (!*s)
        return true;
    if (*s != 'T' && *s != 't')
        return false;
    s++;
    return digits(&s, 2, ':', &c->hour) && digits(&s, 2, ':', &c->minute) && digits(&s, 2, 0, &c->second) &&
           parse_offset(&s, offset) && !*s;
}

bool time_parse(const char *s, int64_t *t, const char *field, struct error *e) {
    struct civil c = {0};
    int offset = 0;
    if (!parse_time(s, &c, &offset) || !civil_valid(&c))
        return fail_field(e, field, ERR_BAD_FIELD, "'%s' is not a time such as 2026-11-21T00:00:00Z",
                          "“%s”不是有效的时间,例如 2026-11-21T00:00:00Z", s);
    *t = days_from_civil(c.year, c.month, c.day) * DAY + c.hour * 3600 + c.minute * 60 + c.second - offset;
    return true;
}
