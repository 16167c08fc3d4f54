/*
 * How the clouds want requests signed: Alibaba's ACS3-HMAC-SHA256 and Tencent's TC3-HMAC-SHA256. Both sign a
 * POST to "/" of a host, over the headers that are named and the digest of the body.
 */
#pragma once
#include "base/secret.h"

struct signing {
    const char *key_id;
    const struct secret *secret;
    const char *host; /* as it is sent: with the port unless it is the usual one */
    const char *action, *version;
    int64_t now;
};

/* All parameters stand in `query`, sorted and encoded (RFC 3986); the body is empty. `nonce`: never twice. */
const char *const *sign_acs3(struct arena *a, const struct signing *s, const char *query, const char *nonce);
/* All parameters are the JSON of `body`. */
const char *const *sign_tc3(struct arena *a, const struct signing *s, const char *service, struct slice body);
