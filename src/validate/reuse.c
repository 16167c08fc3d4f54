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
