/* Counting the rows of the last seconds. */
#include "acmeserver/limit.h"

/* Of `count` requests since then the first was at `oldest`. */
static bool check(struct served_request *rq, const struct request_limit *limit, int64_t count, int64_t oldest,
                  struct error *e) {
    if (count < limit->count)
        return true;
    int64_t wait = oldest + limit->seconds - rq->now;
    served_retry_after(rq, wait > 0 ? wait : 1);
    rq->server->counts.over_limit++;
    return refuse(rq, REFUSAL_RATE_LIMITED, e, "of these there may be %lld in %lld seconds",
                  "此类请求每 %2$lld 秒最多 %1$lld 个", (long long)limit->count, (long long)limit->seconds);
}

bool limit_accounts(struct served_request *rq, struct error *e) {
    const struct request_limit *limit = &rq->settings->accounts;
    int64_t count, oldest;
    return limit->count == 0 || (served_account_count(rq->db, rq->now - limit->seconds, &count, &oldest, e) &&
                                 check(rq, limit, count, oldest, e));
}

bool limit_orders(struct served_request *rq, struct error *e) {
    const struct request_limit *limit = &rq->settings->orders;
    int64_t count, oldest;
    return limit->count == 0 ||
           (served_order_count(rq->db, rq->account.id, rq->now - limit->seconds, &count, &oldest, e) &&
            check(rq, limit, count, oldest, e));
}
