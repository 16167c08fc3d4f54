/*
 * Limits of CAs as data: how many requests of a kind a CA takes in a time. JSON of an issuer:
 *
 *     [{"name": "new orders", "per": "account", "count": 300, "seconds": 10800, "exempt": ["ari",
 * "renewal"]}]
 *
 * How they are kept is in issue/limit.h.
 */
#pragma once
#include "base/error.h"

/* What a limit is counted by. */
enum rate_per {
    RATE_PER_ACCOUNT,  /* "account": new orders of an ACME account */
    RATE_PER_DOMAIN,   /* "registered_domain": orders for names under one, whoever asks */
    RATE_PER_NAMES,    /* "name_set": orders for exactly these names, whoever asks */
    RATE_PER_FAILURES, /* "name_failures": failed authorizations of a name and an ACME account */
    RATE_PER_ADDRESS,  /* "address": new ACME accounts of this installation */
    RATE_PER_COUNT
};

struct rate_limit {
    const char *name; /* for people, and of its bucket */
    const char *per;  /* word */
    enum rate_per kind;
    int64_t count, seconds;
    const char *exempt;  /* words */
    bool ari_exempt;     /* not for orders that name what they replace */
    bool renewal_exempt; /* nor for those of exactly the same names as an earlier certificate */
};

struct rate_limits {
    struct rate_limit *items;
    size_t count;
};

enum { RATE_LIMITS_MAX = 16 };

/* NULL or empty: none. ERR_BAD_FIELD names what is wrong: field `limits[1].count`. */
bool rate_limits_parse(struct arena *a, const char *json, struct rate_limits *limits, struct error *e);
