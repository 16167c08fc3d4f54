/* Errors on the wire: application/problem+json (RFC 9457), written by the server and read back by the client.
 */
#pragma once
#include "http/json.h"

#define PROBLEM_TYPE "application/problem+json"

/* Members: type, title, status, detail, code, codes, remedy, request_id, and field and object where the error
 * has them. */
struct slice problem_body(struct arena *a, const struct error *e, enum lang lang, const char *request_id);
/* The error that an answer of `status` tells; one that is not a problem of ours is ERR_UNREACHABLE. Always
 * false. */
bool problem_read(struct arena *a, int status, struct slice body, struct error *e);
