/*
 * For how long a proof of control counts: the ballot of the CA/Browser Forum that shortens certificates
 * shortens this, too, by the date of issue.
 */
#include "base/clock.h"
#include "validate/gate.h"

static const struct {
    int64_t from; /* the first second of the day */
    int64_t days;
} reuse[] = {
    {0, 398},
    {1773532800, 200}, /* 2026-03-15 */
    {1805068800, 100}, /* 2027-03-15 */
    {1868227200, 10},  /* 2029-03-15 */
};

int64_t validation_reuse_days(int64_t at) {
    size_t i = sizeof reuse / sizeof *reuse - 1;
    while (i && at < reuse[i].from)
        i--;
    return reuse[i].days;
}

int64_t validation_reusable_until(int64_t validated_at) {
    const size_t count = sizeof reuse / sizeof *reuse;
    int64_t end = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t upto = i + 1 < count ? reuse[i + 1].from : INT64_MAX;
        end = validated_at + reuse[i].days * DAY;
        if (end < reuse[i].from)
            end = reuse[i].from;
        if (end < upto && validated_at < upto)
            break;
    }
    return end;
}
