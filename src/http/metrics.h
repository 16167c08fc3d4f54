/*
 * Prometheus text exposition, version 0.0.4. Most values are read from the database at scrape time; what only
 * the process knows (requests, durations) is counted in plain variables and histograms of the role.
 *
 *     metrics_family(&b, "tenure_certificates", "gauge", "Certificates by state");
 *     metrics_value(&b, "tenure_certificates", METRIC_LABELS({"state", "issued"}), 17);
 */
#pragma once
#include "base/buf.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct metric_label {
    const char *name, *value;
};

struct metric_labels {
    size_t count;
    const struct metric_label *labels;
};

#define METRIC_LABELS(...)                                                                                   \
    ((struct metric_labels){                                                                                 \
        sizeof((struct metric_label[]){{0}, ##__VA_ARGS__}) / sizeof(struct metric_label) - 1,               \
        (struct metric_label[]){{0}, ##__VA_ARGS__} + 1})

/* HELP and TYPE, once, before the values of a name; `type` is "counter", "gauge" or "histogram". */
void metrics_family(struct buf *b, const char *name, const char *type, const char *help);
void metrics_value(struct buf *b, const char *name, struct metric_labels labels, int64_t value);

enum { HISTOGRAM_BUCKETS = 11 };

/* Durations, from 1 ms to 10 s. Zeroed at first. */
struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS + 1]; /* the last: longer than all bounds */
    uint64_t sum_ms;
};

void histogram_observe(struct histogram *h, int64_t ms);
/* NAME_bucket, NAME_sum and NAME_count, in seconds as is the custom: call the name "…_seconds". */
void metrics_histogram(struct buf *b, const char *name, struct metric_labels labels,
                       const struct histogram *h);
