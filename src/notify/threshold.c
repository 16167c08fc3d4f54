/* When a coming end is told: pure arithmetic. */
#include "base/clock.h"
#include "notify/notify.h"
#include <ctype.h>

enum { LEAD_DAYS = 30, DIGITS_MAX = 5 };

/* The numbers of a list, one after another; the end itself is the last one, as 0. */
static bool next_days(const char **rest, int64_t *days) {
    if (!*rest)
        return false;
    *rest += strcspn(*rest, "0123456789");
    *days = 0;
    for (int digits = 0; isdigit((unsigned char)**rest) && digits < DIGITS_MAX; digits++)
        *days = *days * 10 + *(*rest)++ - '0';
    if (*days == 0)
        *rest = NULL;
    return true;
}

static int64_t moment(const struct thresholds *t, int64_t days) {
    bool shorter = !t->literal && t->lead < LEAD_DAYS * DAY;
    return t->end - (shorter ? days * t->lead / LEAD_DAYS : days * DAY);
}

int64_t threshold_next(const struct thresholds *t, int64_t after) {
    int64_t days, next = 0;
    for (const char *rest = t->days; next_days(&rest, &days);) {
        int64_t at = moment(t, days);
        if (at > after && (!next || at < next))
            next = at;
    }
    return next;
}

int64_t threshold_last(const struct thresholds *t, int64_t now, int64_t *days) {
    int64_t candidate, last = 0;
    *days = -1;
    for (const char *rest = t->days; next_days(&rest, &candidate);) {
        int64_t at = moment(t, candidate);
        if (at > now || at < last || (at == last && candidate > *days))
            continue;
        last = at;
        *days = candidate;
    }
    return last;
}
