/* Prometheus text exposition. */
#include "http/metrics.h"
#include <inttypes.h>

static const struct {
    int64_t ms;
    const char *seconds;
} bounds[HISTOGRAM_BUCKETS] = {{1, "0.001"}, {3, "0.003"}, {5, "0.005"}, {10, "0.01"},
                               {30, "0.03"}, {100, "0.1"}, {300, "0.3"}, {1000, "1"},
                               {3000, "3"},  {5000, "5"},  {10000, "10"}};

/* `special` are the characters that get a backslash; a line feed becomes \n. */
static void add_escaped(struct buf *b, const char *s, const char *special) {
    for (; *s; s++) {
        if (*s == '\n') {
            buf_str(b, "\\n");
            continue;
        }
        if (strchr(special, *s))
            buf_char(b, '\\');
        buf_char(b, *s);
    }
}

static void add_label(struct buf *b, const char *before, const char *name, const char *value) {
    buf_printf(b, "%s%s=\"", before, name);
    add_escaped(b, value, "\\\"");
    buf_char(b, '"');
}

/* name{a="1",le="0.1"}, without braces if there is nothing in them */
static void add_series(struct buf *b, const char *name, const char *suffix, struct metric_labels labels,
                       const char *le) {
    const char *before = "{";
    buf_printf(b, "%s%s", name, suffix);
    for (size_t i = 0; i < labels.count; i++, before = ",")
        add_label(b, before, labels.labels[i].name, labels.labels[i].value);
    if (le)
        add_label(b, before, "le", le);
    if (labels.count || le)
        buf_char(b, '}');
}

void metrics_family(struct buf *b, const char *name, const char *type, const char *help) {
    buf_printf(b, "# HELP %s ", name);
    add_escaped(b, help, "\\");
    buf_printf(b, "\n# TYPE %s %s\n", name, type);
}

void metrics_value(struct buf *b, const char *name, struct metric_labels labels, int64_t value) {
    add_series(b, name, "", labels, NULL);
    buf_printf(b, " %" PRId64 "\n", value);
}

void histogram_observe(struct histogram *h, int64_t ms) {
    int bucket = 0;
    while (bucket < HISTOGRAM_BUCKETS && ms > bounds[bucket].ms)
        bucket++;
    h->counts[bucket]++;
    h->sum_ms += ms > 0 ? (uint64_t)ms : 0;
}

void metrics_histogram(struct buf *b, const char *name, struct metric_labels labels,
                       const struct histogram *h) {
    uint64_t total = 0;
    for (int i = 0; i <= HISTOGRAM_BUCKETS; i++) {
        total += h->counts[i];
        add_series(b, name, "_bucket", labels, i < HISTOGRAM_BUCKETS ? bounds[i].seconds : "+Inf");
        buf_printf(b, " %" PRIu64 "\n", total);
    }
    add_series(b, name, "_sum", labels, NULL);
    buf_printf(b, " %" PRIu64 ".%03" PRIu64 "\n", h->sum_ms / 1000, h->sum_ms % 1000);
    add_series(b, name, "_count", labels, NULL);
    buf_printf(b, " %" PRIu64 "\n", total);
}
