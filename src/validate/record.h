/*
 * Does a TXT record stand where it belongs? Every authoritative server is asked, along the CNAMEs; then the
 * look-up that nobody on the way can forge must say the same, and CAA must permit us. Where the record is
 * missing, the usual mistakes are looked for.
 */
#pragma once
#include "validate/validate.h"

struct record {
    const char *host;              /* where it belongs */
    const struct control *control; /* the name that it is for */
    /* Is this the value, one of several perhaps? */
    bool (*holds)(struct arena *a, struct slice text, const void *wanted);
    const void *wanted;
    const char *caa_domain; /* NULL: CAA is not asked */
};

/* The text is `wanted`, itself a text. */
bool record_is(struct arena *a, struct slice text, const void *wanted);

bool record_look(const struct validator *v, struct arena *a, const struct record *record, struct check *check,
                 struct error *e);
