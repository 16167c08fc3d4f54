/* Digests, and bytes as lower-case hex. */
#pragma once
#include "base/arena.h"

enum { SHA256_HEX_SIZE = 65 };

/* The digest as text, with its NUL. */
void digest_sha256_hex(struct slice bytes, char hex[SHA256_HEX_SIZE]);
const char *hex_text(struct arena *a, struct slice bytes);
/* The other way; false for everything but pairs of hex digits of either case. */
bool hex_bytes(struct arena *a, const char *hex, struct slice *bytes);
