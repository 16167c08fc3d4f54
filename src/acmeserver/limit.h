/* Rate limits that are kept, not drawn: 429 with the moment at which the oldest request no longer counts. */
#pragma once
#include "acmeserver/served.h"

bool limit_accounts(struct served_request *rq, struct error *e);
bool limit_orders(struct served_request *rq, struct error *e);
/* The answer was 429 or 503 with so many seconds of Retry-After. Only URLs of one object count: the others
 * belong to many orders at once. */
void limit_tell(struct served_request *rq, int64_t seconds);
/* Counts a request that comes before that. */
void limit_watch(struct served_request *rq);
