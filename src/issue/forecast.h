/* The versions that a certificate will get, one after the other, if everything goes on as it is. Pure. */
#pragma once
#include "catalog/issuer.h"
#include "certificate/certificate.h"

struct forecast {
    const struct profile *profile;
    struct issuer_rules rules;
    int64_t lifetime; /* that its CA fixes; 0: it does as told */
    struct term_state term;
    int64_t next_at; /* of the next version, as stored; 0: as the policy has it */
    bool renews;     /* behind the terms that are paid, another one is ordered each time */
    bool assumed;    /* that has begun */
};

/* Another CA than Tenure's own fixes the lifetime itself, as of the last version, unless it takes it. */
struct forecast forecast_of(const struct certificate *c, const struct profile *profile,
                            const struct issuer *issuer, int64_t backdate);
/* The next version, issued at `now` at the earliest; false: none is to be expected. */
bool forecast_next(struct forecast *f, int64_t now, struct validity *v);
/* How long a version lives that is issued at `t`, and how long until the next one is issued. */
int64_t forecast_lifetime(const struct forecast *f, int64_t t);
int64_t forecast_interval(const struct forecast *f, int64_t t);
