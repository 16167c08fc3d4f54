/*
 * Faults on purpose: how many of a hundred requests to certain resources go wrong in a certain way. Drawn
 * from a generator of its own, so that a seed gives the same sequence whatever else is random.
 */
#pragma once
#include "base/error.h"

/* What a client can ask for. */
enum resource {
    RESOURCE_DIRECTORY,
    RESOURCE_NEW_NONCE,
    RESOURCE_NEW_ACCOUNT,
    RESOURCE_ACCOUNT,
    RESOURCE_ORDERS,
    RESOURCE_KEY_CHANGE,
    RESOURCE_NEW_ORDER,
    RESOURCE_ORDER,
    RESOURCE_FINALIZE,
    RESOURCE_AUTHORIZATION,
    RESOURCE_CHALLENGE,
    RESOURCE_CERTIFICATE,
    RESOURCE_ALTERNATE,
    RESOURCE_REVOKE,
    RESOURCE_RENEWAL_INFO,
    RESOURCE_CRL,
    RESOURCE_CA,
    RESOURCE_TERMS, /* for people, and from here on nothing of the protocol */
    RESOURCE_FAULTS,
    RESOURCE_CHANGE_FAULTS,
    RESOURCE_WINDOWS,
    RESOURCE_REVOKE_SOME,
    RESOURCE_COUNTS,
    RESOURCE_CLOCK,
    RESOURCE_ROOTS,
    RESOURCE_COUNT
};

enum fault {
    FAULT_BAD_NONCE,
    FAULT_RATE_LIMITED,
    FAULT_RATE_LIMITED_WAIT,
    FAULT_UNAVAILABLE,
    FAULT_UNAVAILABLE_WAIT,
    FAULT_INTERNAL,
    FAULT_DROPPED,
    FAULT_DROPPED_AFTER,
    FAULT_MALFORMED,
    FAULT_TRUNCATED,
    FAULT_ALREADY_REPLACED,
    FAULT_VALIDATION_SLOW,
    FAULT_VALIDATION_FAILED,
    FAULT_AUTHORIZATION_EXPIRED,
    FAULT_ORDER_INVALID,
    FAULT_PROCESSING_SLOW,
    FAULT_PROCESSING_NEVER,
    FAULT_WRONG_KEY,
    FAULT_WRONG_NAMES,
    FAULT_WRONG_CHAIN,
    FAULT_COUNT
};

struct fault_row {
    const char *name;
    unsigned where;  /* 1 << enum resource */
    int64_t seconds; /* Retry-After, or how long it takes; 0: has none */
    struct text what;
};
extern const struct fault_row fault_rows[FAULT_COUNT];

struct faults {
    uint64_t state;
    struct {
        int64_t percent, seconds, happened;
    } of[FAULT_COUNT];
};

void faults_begin(struct faults *faults, uint64_t seed);
/* FAULT_COUNT if there is none of that name. */
enum fault fault_find(const char *name);
/* Draws, and counts. */
bool fault_happens(struct faults *faults, enum fault fault, enum resource resource);
