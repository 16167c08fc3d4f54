/* The arithmetic of buckets: GCRA with times in microseconds, so that no rounding adds up. */
#include "issue/limit.h"

#define SECOND INT64_C(1000000)

/* How much later a request may come to the CA than the one behind it: what follows a burst keeps that
 * distance. */
enum { LATENCY_SECONDS = 10, LATENCY_PART = 10 };

int64_t rate_interval(const struct rate_limit *limit) {
    return (limit->seconds * SECOND + limit->count - 1) / limit->count;
}

/* How far full_at may lie ahead for a slot to be there. */
static int64_t tolerance(const struct rate_limit *limit) {
    int64_t interval = rate_interval(limit), latency = interval / LATENCY_PART;
    if (latency > LATENCY_SECONDS * SECOND)
        latency = LATENCY_SECONDS * SECOND;
    int64_t rest = limit->seconds * SECOND - interval - latency;
    return rest > 0 ? rest : 0;
}

static int64_t later(int64_t full_at, int64_t now) {
    return full_at > now * SECOND ? full_at : now * SECOND;
}

int64_t rate_slot(const struct rate_limit *limit, int64_t full_at, int64_t ahead, int64_t now) {
    int64_t at = later(full_at, now) + ahead * rate_interval(limit) - tolerance(limit);
    return at > 0 ? (at + SECOND - 1) / SECOND : 0;
}

int64_t rate_free(const struct rate_limit *limit, int64_t full_at, int64_t now) {
    int64_t room = now * SECOND + tolerance(limit) - later(full_at, now);
    return room < 0 ? 0 : 1 + room / rate_interval(limit);
}

int64_t rate_taken(const struct rate_limit *limit, int64_t full_at, int64_t now) {
    return later(full_at, now) + rate_interval(limit);
}
