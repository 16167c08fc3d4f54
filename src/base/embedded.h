/* Data files compiled into the binary by tools/embed; a table ends with a row without a name. */
#pragma once
#include <stddef.h>

struct embedded {
    const char *name; /* the file's base name */
    size_t len;
    const char *content; /* NUL-terminated behind its end */
};
