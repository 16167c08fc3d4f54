/*
 * The catalogue (SPEC section 4): brands on sale, each bound to one issuer and one policy profile, and
 * packages of quota. It is rows of the database, which come from files at first and are changed over the API;
 * every process has the brands in memory and looks at one number to see whether they are still the same.
 * Amounts are integers in minor units of the brand's currency.
 */
#pragma once
#include "http/route.h"
#include "pki/key.h"
#include "policy/policy.h"

/* What holds from a day on. */
struct price {
    const char *from;        /* as a file has it */
    const char *domain_type; /* NULL: each type that has no price of its own */
    int64_t from_at;
    int64_t per_year;    /* of a certificate */
    int64_t managed_use; /* of one use of the managed service */
};

/* What the issuer of a brand wants to have seen before it signs. */
enum demands { DEMANDS_NONE, DEMANDS_DV, DEMANDS_REVIEW, DEMANDS_COUNT };

struct brand {
    const char *id;     /* the catalogue line: what certificates and orders name */
    const char *vendor; /* what renewable_brands of a profile names */
    struct text title, audience;
    const char *kind; /* "official", "test" */
    const char *profile;
    const char *issuer;           /* "local", or the id of another row of issuers */
    const char *fallback_issuers; /* tried in this order if it fails, one space between; empty: none */
    const char *demands_word;     /* "none", "dv", "review" */
    bool letter;                  /* a confirmation letter, where the profile leaves it to the product */
    int64_t names_max;            /* in one certificate */
    int64_t bonus_days;           /* granted in a renewal; within what the profile allows */
    int64_t coverage_days;        /* of a year; 0: the profile's standard_days */
    bool public_names;            /* no private addresses, no names that no public CA can hold */
    int64_t validation_days;      /* time for validation */
    const char *currency;         /* ISO 4217 */
    struct price *prices; /* of each domain type ascending; before the first general one nothing is sold */
    unsigned prices_count;
    int64_t withdrawn_at, changed_at, revision, position;
    const char *origin; /* "file", "api" */
    /* the choices as words and as bits: 1 << enum grade, domain_type, key_algorithm */
    const char *grade_words, *domain_type_words, *key_algorithm_words;
    unsigned grades, domain_types, key_algorithms;
    enum demands demands;
    /* for answers only */
    bool on_sale;
    const char *price_list, *expected_issuance; /* JSON */
};

extern const struct field brand_fields[];

struct catalog {
    const struct brand **brands; /* in the order of the files, then as they were made */
    size_t count;
    int64_t revision;          /* of the rows that it was read from; 0: of files */
    struct arena *home;        /* for as long as the catalogue lives */
    struct catalog_kept *kept; /* memory of what was read from rows */
};

/* ---- catalog_file.c ---- */

/* The built-in brands, and those of the folder's catalog.yaml (NULL: none), which add or replace (same id).
 */
bool catalog_load(struct arena *a, const char *folder, const struct policies *policies,
                  struct catalog *catalog, struct error *e);
/* The brands of one file's text, which take the place of those with the same id; `origin` is its name in
 * messages. */
bool catalog_add(struct arena *a, const char *origin, struct slice text, const struct policies *policies,
                 struct catalog *catalog, struct error *e);

/* ---- catalog.c ---- */

/*
 * Brings the rows up to what the files say: at each start, before anybody works with them. What the API has
 * changed stays; a line that has gone from the files is withdrawn. Opens its own transaction.
 */
bool catalog_seed(struct db *db, struct arena *a, const struct catalog *files, int64_t now, struct error *e);
/*
 * The catalogue as it is now: at the start of each request and each batch. Brands that were found before are
 * good until the second change after that.
 */
bool catalog_refresh(struct catalog *catalog, struct db *db, struct error *e);
/* The same for a process's own; a process without one has nothing to do. */
bool catalog_fresh(const struct services *services, struct error *e);

/* NULL if there is none, or for id NULL. */
const struct brand *catalog_find(const struct catalog *catalog, const char *id);
/*
 * The vendor whose CA has that name (RFC 2253): common name or organisation begin with the vendor's. NULL: no
 * vendor of this catalogue.
 */
const char *catalog_vendor_of(const struct catalog *catalog, const char *issuer);
/* The first brand on sale of the profile that is the default. */
const struct brand *catalog_default(const struct catalog *catalog);
/* The profile as it holds for this line: its own days of a year, where it has some. */
struct profile brand_profile(const struct brand *brand, const struct profile *profile);
/* Its certificates are free and short: kind `test`. */
bool brand_is_test(const struct brand *brand);
/* What a certificate of a domain type costs `at` that moment; NULL before the first price. */
const struct price *brand_price(const struct brand *brand, const char *domain_type, int64_t at);
/* The same; before the first price ERR_BRAND_NOT_ON_SALE, and when it begins. */
bool brand_price_find(struct arena *a, const struct brand *brand, const char *domain_type, int64_t at,
                      const struct price **price, struct error *e);
/* ERR_BRAND_NOT_ON_SALE for what new orders cannot have: a line that is withdrawn or has no price. */
bool brand_on_sale(const struct brand *brand, struct error *e);

/* ---- brand.c: a line by itself ---- */

/* Fills in defaults, and what is derived: bits or words, whichever of them came, and the list of prices. */
void brand_complete(struct arena *a, struct brand *brand);
/* `where` names it in messages. ERR_BAD_CONFIG with the field. */
bool brand_check(const char *where, const struct policies *policies, const struct brand *brand,
                 struct error *e);
bool price_check(const char *where, const struct price *price, struct error *e);

/* ---- specification.c: what quota is counted by ---- */

#define MANAGED_USE "managed_use" /* the item of the managed service's uses, which belong to no brand */

struct specification {
    const char *brand, *grade, *domain_type, *key_family; /* "rsa", "ecc" */
};

/* "GlobalSign-DV/dv/single/ecc" */
const char *specification_key(struct arena *a, const struct specification *s);
/* False for a text that is no such key: managed uses. */
bool specification_parse(struct arena *a, const char *key, struct specification *s);
/* The brand sells it; ERR_BAD_FIELD names what is missing or wrong. */
bool specification_check(const struct catalog *catalog, const struct specification *s, struct error *e);
/* "ecc" of "p256"; NULL for what is no key algorithm. */
const char *specification_family(const char *key_algorithm);

/* ---- packages: package.c ---- */

struct package {
    const char *id;
    struct text title;
    struct specification of; /* all NULL: uses only */
    int64_t certificates, managed_uses, price;
    const char *currency;
    int64_t withdrawn_at, changed_at, revision;
};

extern const struct field package_fields[];

/* ERR_NOT_FOUND. */
bool package_get(struct db *db, struct arena *a, const char *id, struct package *package, struct error *e);
bool package_check(const struct catalog *catalog, const struct package *package, struct error *e);

extern const struct route catalog_routes[], package_routes[];
