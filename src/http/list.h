/*
 * What every list route shares: ?limit= and ?cursor= on the way in, {"items": [], "next": cursor} on the way
 * out. A handler asks its table for `limit + 1` rows: one too many means that there is a next page.
 */
#pragma once
#include "http/route.h"

struct list_page {
    size_t limit;
    const char *cursor; /* as it came: each list checks its own; NULL for the first page */
};

bool list_page(struct request *rq, struct list_page *page, struct error *e);
/* The same where the cursor is the id of the last row shown, which begins with `prefix`. */
bool list_page_by_id(struct request *rq, const char *prefix, struct list_page *page, struct error *e);
/* How many of the rows found belong to the page. */
static inline size_t list_count(const struct list_page *page, size_t found) {
    return found < page->limit ? found : page->limit;
}
/* The answer; `next` is the cursor of the page that follows, or NULL. */
void list_reply(struct request *rq, const struct field *fields, size_t size, const void *rows, size_t count,
                const char *next);
/* The same as text, for the longest lists. For GET alone: no text is kept for Idempotency-Key. */
void list_reply_text(struct request *rq, const struct field *fields, size_t size, const void *rows,
                     size_t count, const char *next);

/* A whole number of the query, `missing` if it is not there; ERR_BAD_FIELD outside of [min, max]. */
bool query_number(struct request *rq, const char *name, int64_t missing, int64_t min, int64_t max,
                  int64_t *value, struct error *e);
