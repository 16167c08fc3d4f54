/*
 * The words of a certificate, by which it is found: its names and what follows each of their dots, tags,
 * brand, serial, fingerprint and kind. A search word fits if some word of the certificate begins with it.
 */
#pragma once
#include "certificate/certificate.h"

struct term_list {
    const char **terms; /* in order, none twice */
    size_t count;
};

struct term_list terms_of(struct arena *a, const struct certificate *c);

/*
 * The words that are searched for: those from `from` to `upto`, both included, and those of a second range
 * where there is one. Suffixes of names are stored with their dot, so that a name is told from the names
 * below it.
 */
struct term_range {
    const char *from, *upto, *also_from, *also_upto;
};

/* Whatever begins with `word`, a name or what follows one of its dots. In whatever case it was typed. */
struct term_range term_beginning(struct arena *a, const char *word);
struct term_range term_tag(struct arena *a, const char *tag);
/* The name itself, or the wildcard over it. */
struct term_range term_host(struct arena *a, const char *host);
struct term_range term_kind(struct arena *a, const char *kind);
/* The first word of the list in the range, those of the second range after those of the first; NULL if none
 * is. */
const char *term_first(const struct term_list *list, const struct term_range *range);
/* The same question of a row, for term_beginning: some word of it is in the range. */
bool term_fits(const struct certificate *c, const struct term_range *range);
/* The word stands in a list such as names or tags, in whatever case. */
bool words_have(const char *words, struct slice word);

/* ---- term_db.c ---- */

/* Writes what differs between the words of two rows of one certificate; NULL: there was none, there is none.
 */
bool term_update(struct db *db, struct arena *a, const struct certificate *before,
                 const struct certificate *after, struct error *e);
/* Certificates with such a word, counted no further than `most` in each range; one with several counts for
 * each. */
bool term_count(struct db *db, const char *account_id, const struct term_range *range, int64_t most,
                int64_t *count, struct error *e);
