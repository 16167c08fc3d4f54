/* base64url without padding (RFC 4648, section 5): the alphabet of everything in JOSE. */
#pragma once
#include "base/arena.h"

const char *base64url_text(struct arena *a, struct slice bytes);
/* Strict: no padding, no white space, no other alphabet, no bits left over. */
bool base64url_bytes(struct arena *a, const char *text, struct slice *bytes);
/* What CAs hand out as MAC keys comes with padding, too, and in the other alphabet. */
bool base64_any_bytes(struct arena *a, const char *text, struct slice *bytes);
/* Not empty, and of this alphabet alone: may be part of a path, a host name's label, a command's argument. */
bool base64url_is(const char *text);
