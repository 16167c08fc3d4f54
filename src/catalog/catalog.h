/*
 * The catalogue (SPEC section 4): brands on sale, each bound to one issuer and one policy profile.
 * Amounts are integers in minor units of the brand's currency.
 */
#pragma once
#include "pki/key.h"
#include "policy/policy.h"

/* What holds from a day on. */
struct price {
    const char *from; /* as the file has it */
    int64_t from_at;
    int64_t per_year;    /* of a certificate */
    int64_t managed_use; /* of one use of the managed service */
};

struct brand {
    const char *id; /* the catalogue line: what certificates, orders and a profile's renewable_brands name */
    const char *name; /* of the vendor */
    struct text title;
    const char *profile, *issuer; /* "local" */
    unsigned grades;              /* bits: 1 << enum grade */
    unsigned domain_types;        /* bits: 1 << enum domain_type */
    unsigned key_algorithms;      /* bits: 1 << enum key_algorithm */
    int64_t names_max;            /* in one certificate */
    int64_t bonus_days;           /* granted in a renewal; within what the profile allows */
    const char *currency;         /* ISO 4217 */
    struct price *prices;         /* ascending; the first one holds for all time before, too */
    unsigned prices_count;
};

struct catalog {
    const struct brand **brands; /* in the order of the file */
    size_t count;
};

/* The built-in brands, and those of the folder's catalog.yaml (NULL: none), which add or replace (same id).
 */
bool catalog_load(struct arena *a, const char *folder, const struct policies *policies,
                  struct catalog *catalog, struct error *e);
/* The brands of one file's text, which take the place of those with the same id; `origin` is its name in
 * messages. */
bool catalog_add(struct arena *a, const char *origin, struct slice text, const struct policies *policies,
                 struct catalog *catalog, struct error *e);
/* NULL if there is none, or for id NULL. */
const struct brand *catalog_find(const struct catalog *catalog, const char *id);
/* The first brand of the profile that is the default. */
const struct brand *catalog_default(const struct catalog *catalog);
const struct price *brand_price(const struct brand *brand, int64_t at);
