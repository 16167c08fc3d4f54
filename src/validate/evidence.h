/* What the name servers said about one record, before it is judged. */
#pragma once
#include "validate/validate.h"

/* How a look-up ended that only counts if all is well otherwise. */
/* BOGUS: its signatures are wrong. */
enum look_up { LOOK_UP_GOOD, LOOK_UP_OTHER, LOOK_UP_FAILED, LOOK_UP_BOGUS, LOOK_UP_TIMED_OUT };

struct evidence {
    size_t have, wrong, missing;           /* servers that answered: the value, other values, nothing */
    size_t failed, timed_out, unreachable; /* and those that did not */
    bool looped;                           /* the CNAMEs do not end */
    bool doubled;                          /* the value stands at a name with the domain twice */
    bool wildcard;                         /* the CNAME answers for every name */
    bool absent;                           /* the name itself does not exist */
    bool bogus;                            /* who its servers are, is signed wrongly */
    enum look_up validated;                /* OTHER: the resolver has not got the value */
    enum look_up caa;                      /* OTHER: forbidden */
};

/* A server that does not answer is passed over as long as another one does, as resolvers do; every server
 * that answers must have the value. */
enum reason evidence_judge(const struct evidence *evidence);
