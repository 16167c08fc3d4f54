/*
 * Names in certificates: what may stand there, and what covers what (SPEC sections 4 and 18).
 * A list of names is one text with one space between; its order is kept, the first one is the main name.
 */
#pragma once
#include "base/error.h"

enum domain_type { DOMAIN_SINGLE = 1, DOMAIN_WILDCARD, DOMAIN_MULTI, DOMAIN_MIXED };

/* "single", "wildcard", "multi", "mixed" */
const char *domain_type_name(enum domain_type type);
/* A wildcard with its bare domain is a wildcard. */
enum domain_type domain_type_of(const char *names);

/*
 * One name as typed to the form that is stored: internationalised names to A-labels (IDNA 2008), lower case,
 * IPv6 in its short form. Refused (ERR_BAD_NAME, naming the rule): empty label, label over 63, over 253
 * octets, underscore, wildcard elsewhere than as the whole first label, no dot. `public_only`: private and
 * reserved IP ranges, and names that no public CA can hold (.local, .internal …).
 */
bool name_normalise(struct arena *a, const char *typed, bool public_only, const char **name, struct error *e);
/* A whole list: also refuses duplicates, an empty list, and more than `max` names. */
bool names_normalise(struct arena *a, const char *const *typed, size_t count, size_t max, bool public_only,
                     const char **names, struct error *e);
size_t names_count(const char *names);
/* Steps through a list without copying: `const char *rest = names; while (names_next(&rest, &name)) …` */
bool names_next(const char **rest, struct slice *name);
/* The i-th name, copied; empty past the end. */
const char *names_at(struct arena *a, const char *names, size_t i);
/* The same names, in any order. */
bool names_same(const char *names, const char *others);
/* True if some name of the list covers the host: equal, or a wildcard over exactly one label. */
bool names_cover(const char *names, const char *host);
/* True if every name of `wanted` is covered by `names`. */
bool names_cover_all(const char *names, const char *wanted);
/* Without the "*." of a wildcard. */
const char *name_bare(const char *name);
bool name_is_ip(const char *name);
/* The 4 or 16 octets of an address; 0 if it is none. */
size_t name_ip_octets(const char *name, uint8_t octets[16]);
/* The text of 4 or 16 octets, NULL for any other length. */
const char *name_of_ip(struct arena *a, struct slice octets);
