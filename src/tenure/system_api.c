/* Health, the description of the API, metrics; in test builds the clock. */
#include "tenure/system_api.h"
#include "base/clock.h"
#include "certificate/certificate.h"
#include "http/openapi.h"
#include "issue/acme_clock.h"
#include "issue/failover.h"
#include "tenure/dispatch.h"

static bool health(struct request *rq, struct error *e) {
    int64_t one;
    if (!db_int(rq->db, &one, 0, e, "SELECT 1"))
        return false;
    rq->reply = json_pack("{s:s,s:s,s:o}", "status", "ok", "version", TENURE_VERSION, "time",
                          json_time(rq->arena, rq->now));
    return true;
}

static bool openapi(struct request *rq, struct error *e) {
    (void)e;
    const struct dispatcher *d = rq->dispatcher;
    rq->reply = openapi_document(rq->arena, all_routes, d->public_url);
    return true;
}

/* ---- metrics ---- */

enum { METRICS_MAX = 1 << 20 };

static bool daemon_itself(struct request *rq, struct buf *b, struct error *e) {
    (void)e;
    metrics_family(b, "tenure_build_info", "gauge", "Version of the daemon");
    metrics_value(b, "tenure_build_info", METRIC_LABELS({"version", TENURE_VERSION}), 1);
    metrics_family(b, "tenure_clock_time_seconds", "gauge", "The daemon's clock, Unix seconds");
    metrics_value(b, "tenure_clock_time_seconds", METRIC_LABELS(), rq->now);
    return true;
}

static bool certificates_by_state(struct request *rq, struct buf *b, struct error *e) {
    metrics_family(b, "tenure_certificates", "gauge", "Certificates by derived state");
    for (int state = 0; state < STATE_COUNT; state++) {
        int64_t count;
        if (!certificate_count(rq->db, rq->caller.account_id, (enum certificate_state)state, rq->now, &count,
                               e))
            return false;
        metrics_value(b, "tenure_certificates",
                      METRIC_LABELS({"state", state_row((enum certificate_state)state)->name}), count);
    }
    return true;
}

static bool queue(struct request *rq, struct buf *b, struct error *e) {
    struct work_counts counts;
    if (!work_count(rq->db, rq->now, &counts, e))
        return false;
    metrics_family(b, "tenure_work_rows", "gauge", "Rows of the queue");
    metrics_value(b, "tenure_work_rows", METRIC_LABELS({"condition", "all"}), counts.all);
    metrics_value(b, "tenure_work_rows", METRIC_LABELS({"condition", "due"}), counts.due);
    metrics_value(b, "tenure_work_rows", METRIC_LABELS({"condition", "failing"}), counts.failing);
    return true;
}

static bool channels(struct request *rq, struct buf *b, struct error *e) {
    int64_t failing;
    if (!notify_failing(rq->db, rq->caller.account_id, &failing, e))
        return false;
    metrics_family(b, "tenure_channels_failing", "gauge", "Channels of notifications that deliver nothing");
    metrics_value(b, "tenure_channels_failing", METRIC_LABELS(), failing);
    return true;
}

static bool clocks(struct request *rq, struct buf *b, struct error *e) {
    return acme_clock_metrics(rq->db, rq->arena, b, e) && failover_metrics(rq->db, rq->arena, rq->now, b, e);
}

static bool requests(struct request *rq, struct buf *b, struct error *e) {
    (void)e;
    const struct dispatcher *d = rq->dispatcher;
    static const char *const classes[] = {"other", "1xx", "2xx", "3xx", "4xx", "5xx"};
    metrics_family(b, "tenure_http_requests_total", "counter",
                   "Requests answered by this web process, by class of status");
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        metrics_value(b, "tenure_http_requests_total", METRIC_LABELS({"status", classes[i]}),
                      (int64_t)d->requests[i]);
    metrics_family(b, "tenure_http_request_duration_seconds", "histogram",
                   "Time in handlers of this web process");
    metrics_histogram(b, "tenure_http_request_duration_seconds", METRIC_LABELS(), &d->durations);
    return true;
}

/* In the order of the page. A slice that has something to count adds its function here. */
static bool (*const metrics_parts[])(struct request *rq, struct buf *b, struct error *e) = {
    daemon_itself, certificates_by_state, queue, channels, clocks, requests,
};

static bool metrics(struct request *rq, struct error *e) {
    struct buf b = buf_new(rq->arena, METRICS_MAX);
    for (size_t i = 0; i < sizeof metrics_parts / sizeof *metrics_parts; i++)
        if (!metrics_parts[i](rq, &b, e))
            return false;
    rq->raw = buf_slice(&b);
    rq->content_type = METRICS_TYPE;
    return true;
}

/* ---- the test clock ---- */

#ifdef TENURE_TEST_CLOCK
struct clock_body {
    int64_t advance_to;
    bool at_once;
};

static const struct field clock_body[] = {
    FIELD(TIME, clock_body, advance_to, FIELD_REQUIRED, "Run everything due until then, in order",
          "依次运行到该时间为止的全部任务"),
    FIELD(BOOL, clock_body, at_once, 0,
          "Not one after another: all of it is late, as after a pause of the machine",
          "不依次运行:全部任务均已延迟,如同主机暂停之后"),
    FIELD_END,
};

static bool advance_clock(struct request *rq, struct error *e) {
    struct clock_body body = {0};
    const struct dispatcher *d = rq->dispatcher;
    if (!d->advance)
        return fail(e, ERR_NOT_FOUND, "only `tenure serve --one-process` has a clock that moves",
                    "只有 `tenure serve --one-process` 的时钟可以推进");
    if (!json_to_row(rq->arena, rq->json, clock_body, &body, e) ||
        !d->advance(d->context, body.advance_to, body.at_once, e))
        return false;
    rq->reply = json_pack("{s:o}", "now", json_time(rq->arena, body.advance_to));
    return true;
}
#endif

const struct route system_routes[] = {
    {.method = "GET",
     .path = "/v1/health",
     .access = ACCESS_PUBLIC,
     .handle = health,
     .summary = TEXT("Whether the daemon can use its database", "服务是否能使用数据库")},
    {.method = "GET",
     .path = "/v1/openapi.json",
     .access = ACCESS_PUBLIC,
     .handle = openapi,
     .summary = TEXT("This description", "本接口说明")},
    {.method = "GET",
     .path = "/metrics",
     .access = ACCESS_READ,
     .flags = ROUTE_RAW,
     .handle = metrics,
     .summary = TEXT("Metrics in the text format of Prometheus", "Prometheus 文本格式的指标")},
#ifdef TENURE_TEST_CLOCK
    {.method = "POST",
     .path = "/v1/test/clock",
     .access = ACCESS_OWN,
     .handle = advance_clock,
     .body = clock_body,
     .summary = TEXT("Moves the clock of a test build", "推进测试版本的时钟")},
#endif
    {0},
};
