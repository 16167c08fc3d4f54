/*
 * The plan of a whole inventory: which versions the coming twelve months bring, by issuer, what the rules of
 * the coming years change, whether the limits of the CAs hold, and how long it takes to replace everything.
 * Of very many certificates so many are looked at, chosen by their random ids, and the rest is taken to be
 * like them: memory and time are bounded.
 */
#pragma once
#include "catalog/issuer.h"
#include "catalog/rate_limit.h"
#include "issue/forecast.h"
#include "issue/issue.h"

enum { FLEET_DAYS = 366, FLEET_ISSUERS_MAX = 16, FLEET_STEPS_MAX = 4, FLEET_SAMPLE = 50000 };

/* How often each registered domain occurs. */
struct fleet_domains {
    const char **names;
    int64_t *counts, *issuances;
    size_t used, room; /* room: a power of two, or 0 */
};

struct fleet_issuer {
    const char *id;
    struct issuer row;
    struct rate_limits limits;
    int64_t certificates;
    int64_t paid[FLEET_DAYS];    /* versions on each day from now on, within what is paid for */
    int64_t assumed[FLEET_DAYS]; /* and beyond, if everything is renewed */
    int64_t ends[FLEET_DAYS];    /* present versions that end on that day; the last: later */
    int64_t shortest;            /* seconds between two versions of one certificate, at the least */
    struct fleet_domains domains;
};

/* From a day on versions and proofs live shorter. */
struct fleet_step {
    int64_t from, version_days, validation_days;
    double per_year; /* versions of all certificates in a year under it */
};

struct fleet {
    struct arena *arena;
    const struct services *services;
    const char *account_id;
    int64_t now;
    int64_t total, seen; /* certificates with a version that come from an issuer */
    int64_t counted;     /* of any kind, with a version */
    struct fleet_issuer issuers[FLEET_ISSUERS_MAX];
    size_t issuer_count;
    struct fleet_step steps[FLEET_STEPS_MAX]; /* the first: now */
    size_t step_count;
};

/* ---- fleet_reissue.c ---- */

/* POST: reissues a part of what an issuer has issued. */
bool fleet_reissue(struct request *rq, struct error *e);
extern const struct field fleet_reissue_body[];

/* ---- fleet.c ---- */

bool fleet_read(struct fleet *fleet, struct error *e);
/* A number of those that were seen, as of all. */
int64_t fleet_scaled(const struct fleet *fleet, int64_t seen);
/* The day from now on with the most versions, of all issuers for NULL; `*count` as of all certificates. */
int fleet_busiest(const struct fleet *fleet, const struct fleet_issuer *issuer, int64_t *count);

/* What a limit means for an issuer's certificates. */
struct fleet_limit {
    const struct rate_limit *limit;
    bool exempt;     /* renewals do not count */
    int64_t demand;  /* the most that its time brings, as planned */
    bool holds;      /* that is allowed, or does not count */
    int64_t seconds; /* until everything is replaced under it, if that counted */
};
struct fleet_limit fleet_limit_of(const struct fleet *fleet, const struct fleet_issuer *issuer,
                                  const struct rate_limit *limit);
/* So many versions end before their turn if all must be replaced from now on, the nearest end first. */
int64_t fleet_lapsing(const struct fleet *fleet, const struct fleet_issuer *issuer);

extern const struct route fleet_routes[];
