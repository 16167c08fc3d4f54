/* The description of the API, made from the rows that also drive it. */
#pragma once
#include "http/route.h"

/* OpenAPI 3.1 of a NULL-terminated array of tables; English, with the Chinese texts in x-summary-zh. New
 * reference. */
json_t *openapi_document(struct arena *a, const struct route *const *tables, const char *public_url);
