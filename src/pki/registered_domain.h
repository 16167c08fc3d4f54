/* Which domain a name was registered under, by the public suffix list. */
#pragma once
#include "base/error.h"

/* "example.co.uk" of "www.example.co.uk" and "*.example.co.uk". An address, a public suffix and what the list
 * does not know stand for themselves. */
const char *registered_domain(struct arena *a, const char *name);
