/*
 * What is known to be proven (SPEC section 9): control over names, by Tenure itself or by a CA, and the
 * identity of organisations. Each with its date, its way, and until when it may be used again.
 */
#pragma once
#include "validate/validation.h"

#define KNOWN_BY_TENURE "tenure" /* as the issuer of what Tenure checks itself */

struct known_validation {
    const char *id, *account_id;
    const char *what; /* "domain", "organization" */
    const char *name; /* without "*."; of an organisation its id */
    bool wildcard;
    const char *method;                   /* dns, file; http-01 …; review */
    const char *issuer;                   /* for which CA it counts */
    int64_t validated_at, reusable_until; /* the latter 0: its CA has not said it */
    bool reusable;                        /* now, for certain; for answers only */
};

extern const struct field known_validation_fields[];

/*
 * A CA holds control over the name for proven until `reusable_until`: the newest for each name, method and CA
 * is kept. Gives the id. In the transaction that notes the authorization.
 */
bool known_note(struct db *db, struct arena *a, struct known_validation *v, struct error *e);
/* Those of names, newest first, below `cursor`; `like` may name one name or one issuer. */
bool known_list(struct db *db, struct arena *a, const struct known_validation *like, const char *cursor,
                size_t limit, struct known_validation **list, size_t *count, struct error *e);
/* Part of the step `retention`: what could not be used again for more than a year. */
bool known_purge(struct work *w, struct error *e);

/* ---- foresee.c ---- */

/* What a person has to see to before a version can be issued at some time. */
struct shortage {
    const char *what;  /* "domain", "organization" */
    const char *name;  /* of a certificate: "*.example.com" as "example.com"; of an organisation its id */
    int64_t proven_at; /* last; 0: never */
    bool automatic;    /* it is proven again with nobody's help */
};

struct foresight {
    const struct certificate *certificate;
    struct shortage *needs; /* each name of it, and its organisation, where its brand demands that */
    size_t count;
};

/* What its brand wants to see, and when that was proven last. */
bool foresee(const struct services *services, struct arena *a, const struct certificate *c,
             struct foresight *f, struct error *e);
/* Pure: for a version that is issued at `at`, the need has aged out, and somebody has to see to it. */
bool foresee_lacks(const struct shortage *need, int64_t at);

/*
 * Part of the save of `decide`, before the decision: where the next version is planned, and something will
 * have aged out by then that only a person can renew, he is told ahead of time, once for each version.
 */
bool validate_foresee(struct work *w, struct error *e);

extern const struct route known_routes[];
