/* Who may issue for a name: CAA records (RFC 8659). */
#pragma once
#include "validate/validate.h"

enum { CAA_CRITICAL = 0x80 };

struct caa {
    uint8_t flags;
    const char *tag, *value; /* lower case; as it stands */
};

/* RDATA from outside; false if it is none. */
bool caa_read(struct arena *a, struct slice rdata, struct caa *caa);
/* Do the records of a name permit the issuer? Those that cannot be read forbid. */
bool caa_permits(struct arena *a, const struct slice *records, size_t count, const char *issuer,
                 bool wildcard);
/*
 * Climbs from the name to the first one that has CAA records. True: `permitted` says, and `result` and `name`
 * hold the look-up that decided, which may have failed.
 */
struct caa_found {
    bool permitted;
    const char *name; /* that has the records; NULL: there are none */
    struct dns_result result;
};
bool caa_look(struct dns *dns, struct arena *a, const struct control *control, const char *issuer,
              struct caa_found *found, struct error *e);
