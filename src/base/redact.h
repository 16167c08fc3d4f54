/* Taking secrets out of what programs print, before it is stored or shown. */
#pragma once
#include "base/arena.h"

/* What is shorter is too common to be told from other text, and is left. */
enum { REDACT_MIN = 6 };

/*
 * The text with "***" for every piece that a secret covers. `cut`: the text ends where a maximum did, so its
 * end may be the beginning of a secret, and goes, too. `secrets`: NULL-terminated.
 */
char *redact(struct arena *a, const char *text, bool cut, const char *const secrets[]);
