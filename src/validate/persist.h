/*
 * Records of dns-persist-01 (draft-ietf-acme-dns-persist): a TXT at _validation-persist.NAME that lets one
 * account of one CA issue for as long as it stands there. Its value has the form of CAA.
 */
#pragma once
#include "validate/validate.h"

struct persist {
    const char *issuer; /* lower case */
    const char *account_uri;
    bool wildcard; /* policy=wildcard: for wildcards and names below, too */
    int64_t until; /* it holds before that; 0: for ever */
};

/* Text from outside; false if it is no such record, or says something twice. Parameters that we do not know
 * are passed over. */
bool persist_read(struct arena *a, struct slice text, struct persist *persist);
/* The record lets in what is wanted, at `now`: the same CA and account, no less than the wildcards. */
bool persist_serves(const struct persist *found, const struct persist *wanted, int64_t now);
