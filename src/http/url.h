/* Percent-encoding and query strings (RFC 3986). Nothing is decoded twice, and no NUL ever comes out. */
#pragma once
#include "base/arena.h"

/* A request target as we take it: an absolute path, printable ASCII, every escape complete, none of them a
 * NUL. */
bool url_target_valid(const char *target);
/* `len` bytes decoded; NULL if an escape is incomplete or stands for a NUL. */
const char *url_decode(struct arena *a, const char *s, size_t len);
/* Every byte but letters, digits and "-._~" escaped. */
const char *url_encode(struct arena *a, const char *s);
/* The decoded value of the first parameter of that name in "a=1&b=x+y"; NULL if absent or not decodable. */
const char *url_query(struct arena *a, const char *query, const char *name);
/* The decoded name of the parameter at `*query`, which moves behind it; NULL at the end or if not decodable.
 */
const char *url_query_name(struct arena *a, const char **query);
