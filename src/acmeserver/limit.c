/* Counting the rows of the last seconds, and who comes before their time. */
#include "acmeserver/limit.h"

static bool check(struct served_request *rq, const struct request_limit *limit,
                  const struct served_count *made, struct error *e) {
    if (made->count < limit->count)
        return true;
    int64_t wait = made->oldest + limit->seconds - rq->now;
    served_retry_after(rq, wait > 0 ? wait : 1);
    rq->server->counts.over_limit++;
    return refuse(rq, REFUSAL_RATE_LIMITED, e, "of these there may be %lld in %lld seconds",
                  "此类请求每 %2$lld 秒最多 %1$lld 个", (long long)limit->count, (long long)limit->seconds);
}

/* FNV-1a. */
static uint64_t digest(const char *text) {
    uint64_t hash = 0xcbf29ce484222325;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
    return hash;
}

void limit_tell(struct served_request *rq, int64_t seconds) {
    uint64_t url = digest(rq->x->path);
    struct wait *wait = &rq->server->waits[url % WAITS_MAX];
    if (rq->args[0] && wait->until <= rq->now)
        *wait = (struct wait){.url = url, .until = rq->now + seconds};
}

void limit_watch(struct served_request *rq) {
    uint64_t url = digest(rq->x->path);
    const struct wait *wait = &rq->server->waits[url % WAITS_MAX];
    rq->server->counts.too_early += wait->until > rq->now && wait->url == url;
}

bool limit_accounts(struct served_request *rq, struct error *e) {
    const struct request_limit *limit = &rq->settings->accounts;
    struct served_count made;
    return limit->count == 0 ||
           (served_account_count(rq->db, rq->now - limit->seconds, &made, e) && check(rq, limit, &made, e));
}

bool limit_orders(struct served_request *rq, struct error *e) {
    const struct request_limit *limit = &rq->settings->orders;
    struct served_count made;
    return limit->count == 0 ||
           (served_order_count(rq->db, rq->account.id, rq->now - limit->seconds, &made, e) &&
            check(rq, limit, &made, e));
}
