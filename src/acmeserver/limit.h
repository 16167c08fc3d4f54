/* Rate limits that are kept, not drawn: 429 with the moment at which the oldest request no longer counts. */
#pragma once
#include "acmeserver/served.h"

bool limit_accounts(struct served_request *rq, struct error *e);
bool limit_orders(struct served_request *rq, struct error *e);
