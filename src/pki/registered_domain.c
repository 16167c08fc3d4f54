/* The public suffix list that libpsl has compiled in. */
#include "pki/registered_domain.h"
#include "pki/names.h"
#include <libpsl.h>

const char *registered_domain(struct arena *a, const char *name) {
    const char *bare = name_bare(name);
    if (name_is_ip(bare))
        return arena_strdup(a, bare);
    const char *registered = psl_registrable_domain(psl_builtin(), bare);
    return arena_strdup(a, registered ? registered : bare);
}
