/* The headers of ACME's answers: Retry-After, Date, Link and Location. */
#pragma once
#include "base/arena.h"

/* IMF-fixdate of RFC 9110, 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT". */
bool header_date(const char *value, int64_t *t);
/* Seconds from `now` on, at least 1 and at most a day; 0 for NULL and what cannot be read. */
enum { RETRY_AFTER_MAX = 86400 };
int64_t header_retry_after(const char *value, int64_t now);
/*
 * The targets of the links of this relation (RFC 8288), in their order, at most `max`: absolute URLs only;
 * relative ones are resolved by nobody here. `values`: the Link headers.
 */
size_t header_links(struct arena *a, const char *const *values, size_t count, const char *relation,
                    const char **targets, size_t max);
/* The Location header as such a URL; NULL for NULL and anything else. */
const char *header_location(const char *value);
