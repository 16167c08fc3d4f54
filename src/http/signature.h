/*
 * Signed bodies, both ways: what Tenure's webhooks send, and what outside systems call back with.
 * `Tenure-Signature: t=SECONDS,v1=HEX`, where HEX is HMAC-SHA256 of "SECONDS.BODY" under a secret that both
 * sides have. The time is under the signature too: what was heard once cannot be sent again later.
 */
#pragma once
#include "base/error.h"

#define SIGNATURE_HEADER "Tenure-Signature"

enum { HMAC_BYTES = 32, SIGNATURE_TOLERANCE = 300 /* seconds, both ways */ };

void hmac_sha256(struct slice key, struct slice text, uint8_t mac[HMAC_BYTES]);
/* What the header says: "t=…,v1=…". */
const char *signature_make(struct arena *a, struct slice secret, int64_t now, struct slice body);
/*
 * ERR_SIGNATURE_REFUSED for a header (NULL: none) of another shape, a signature that is not by this secret
 * over this body, and one that is more than SIGNATURE_TOLERANCE away from `now`. Compares in constant time.
 */
bool signature_check(struct slice secret, const char *header, struct slice body, int64_t now,
                     struct error *e);
