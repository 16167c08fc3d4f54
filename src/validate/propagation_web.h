/* Challenges that are looked for at the addresses of a name: http-01 and tls-alpn-01. */
#pragma once
#include "http/client.h"
#include "validate/propagation.h"

/* Where a CA begins to look for the file of http-01. */
const char *challenge_url(const struct validator *v, struct arena *a, const char *name, const char *token);
/* BR 3.2.2.4.19: CAs follow four kinds of redirect only, and only to ports that serve the public. */
bool redirect_followed(const struct validator *v, struct arena *a, const struct http_reply *reply,
                       struct url_parts *to);

bool propagation_http(const struct validator *v, struct arena *a, const struct propagation *what,
                      struct check *check, struct error *e);
bool propagation_tls(const struct validator *v, struct arena *a, const struct propagation *what,
                     struct check *check, struct error *e);
