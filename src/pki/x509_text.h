/* What names and algorithms say, as text; they come as DER. */
#pragma once
#include "base/arena.h"

/* RFC 2253, with UTF-8 as it is; false if it is no Name. */
bool x509_text_name(struct arena *a, struct slice name, const char **text);
/* The last common name, in lower case, if it can be a host name or an address; else empty. */
const char *x509_text_common_name(struct arena *a, struct slice der);
/* Of an AlgorithmIdentifier: its name, or its object identifier with dots; false if it is neither. */
bool x509_text_algorithm(struct arena *a, struct slice algorithm, const char **text);
