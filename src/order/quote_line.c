/* What an order takes and what it costs: pure. */
#include "order/quote.h"

enum { CERTIFICATES, USES };

/* The first certificate of an early renewal waits for its window, and is activated by the managed service;
 * otherwise the first one is active at once. */
int64_t quote_uses(enum order_kind kind, int64_t years) {
    return kind == ORDER_EARLY_RENEWAL ? years : years - 1;
}

static int64_t from_quota(int64_t needed, int64_t left) {
    return needed < left ? needed : left;
}

/* budget: what a line consists of */
static size_t add_line(struct quote_line *lines, size_t count, const char *item, const char *source,
                       int64_t units, const struct money *price) {
    if (!units)
        return count;
    bool free = strcmp(source, SOURCE_QUOTA) == 0;
    lines[count] = (struct quote_line){.item = item, .source = source, .count = units};
    lines[count].unit_price = free ? (struct money){0} : *price;
    lines[count].amount = (struct money){free ? 0 : units * price->amount, price->currency};
    return count + 1;
}

size_t quote_lines(const struct quote_need *need, const int64_t left[2],
                   struct quote_line lines[QUOTE_LINES_MAX]) {
    int64_t certificates = from_quota(need->certificates, left[CERTIFICATES]);
    int64_t uses = from_quota(need->managed_uses, left[USES]);
    size_t n = add_line(lines, 0, need->item, SOURCE_QUOTA, certificates, &need->certificate_price);
    n = add_line(lines, n, MANAGED_USE, SOURCE_QUOTA, uses, &need->use_price);
    n = add_line(lines, n, need->item, SOURCE_PAID, need->certificates - certificates,
                 &need->certificate_price);
    return add_line(lines, n, MANAGED_USE, SOURCE_PAID, need->managed_uses - uses, &need->use_price);
}
