/*
 * Has the world what a CA will look for? Asked as a CA asks: each authoritative server of a record, each
 * address of a web server. What is found is one of the closed list of reasons, with what everybody answered;
 * it is an opinion of this machine, and never a reason not to ask the CA.
 */
#pragma once
#include "validate/validate.h"

struct propagation {
    const char *type;                      /* "dns-01", "http-01", "tls-alpn-01", "dns-persist-01" */
    const char *name;                      /* without "*."; or an IP address */
    const char *token, *key_authorization; /* http-01 */
    const char *value; /* of the record; tls-alpn-01: the same, base64url(SHA-256(key_authorization)) */
    int64_t now;       /* dns-persist-01: until when a record holds is compared with it */
    bool wildcard;     /* a wildcard below the name is wanted, too */
    const char
        *caa_domain; /* dns-01: CAA must permit it, where we are the CA; NULL: that is the CA's matter */
};

/*
 * Of several values at one name, ours among them is enough; ports are the validator's. Always a result, for
 * what cannot be looked at, too; false if nobody could be asked (ERR_NO_RESOLVER), ERR_BAD_FIELD for another
 * type.
 */
bool propagation_look(const struct validator *v, struct arena *a, const struct propagation *what,
                      struct check *check, struct error *e);

/* "_acme-challenge.NAME", or "_validation-persist.NAME"; NULL for types without a record. */
const char *propagation_record(struct arena *a, const char *type, const char *name);
/* The other way: the name that a record at this place proves; without such a label, the place itself. */
const char *propagation_name(const char *place);
