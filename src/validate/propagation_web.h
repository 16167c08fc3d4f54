/* Challenges that are looked for at the addresses of a name: http-01 and tls-alpn-01. */
#pragma once
#include "validate/propagation.h"

bool propagation_http(const struct validator *v, struct arena *a, const struct propagation *what,
                      struct check *check, struct error *e);
bool propagation_tls(const struct validator *v, struct arena *a, const struct propagation *what,
                     struct check *check, struct error *e);
