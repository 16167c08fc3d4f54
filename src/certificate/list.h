/*
 * How a list is searched. A source gives candidates in the list's order behind a position: what an index
 * tells, without the rows. list.c chooses the source, passes over candidates that do not fit, and reads the
 * rows of those that may.
 */
#pragma once
#include "certificate/term.h"

/* What the indexes of lists hold of a certificate, as far as the source's index has it. */
struct candidate {
    const char *id, *kind, *term;
    int64_t phase, expires_at, window_at, end_at, expiry_order; /* phase 0: nothing of the state is known */
};

enum list_order { ORDER_CREATED, ORDER_EXPIRY, ORDER_WORD, LIST_ORDER_COUNT };

struct search;

/* Up to `limit` candidates behind the search's position; fewer only at the end. */
typedef bool source(const struct search *s, int64_t limit, struct candidate **found, size_t *count,
                    struct error *e);

enum { SEARCH_WORDS_MAX = 8 };

struct search {
    struct db *db;
    struct arena *arena;
    const char *account_id;
    const struct policies *policies;
    const struct certificate_filter *filter;
    int64_t now;
    enum list_order order;
    struct state_range range;                  /* phase 0: any */
    struct term_range host, tag, kind;         /* `from` NULL: any */
    struct term_range words[SEARCH_WORDS_MAX]; /* of the text, the longest first */
    size_t word_count;
    const struct term_range *driver; /* whose certificates the source goes through, if it goes by a word */
    source *source;
    struct candidate position; /* the last one that was looked at */
};

/* Total orders of candidates: by id, newest first; by expiry_order and id. */
int candidate_by_age(const void *a, const void *b);
int candidate_by_expiry(const void *a, const void *b);

/* ---- list_db.c ---- */

source source_newest;       /* all, by age */
source source_phase;        /* of the range's phase, by age */
source source_tagged;       /* with the driver, a tag or a kind, by age */
source source_expiry;       /* all, by expiry */
source source_phase_expiry; /* of the range's phase, by expiry, up to expires_upto */
source source_renewable;    /* lapsed, then live, by expiry */
source source_few;          /* with the driver, by age or expiry: there are few */
source source_words;        /* with the driver, by the word found: a certificate may come several times */

/* ---- certificate_db.c ---- */

enum { CERTIFICATES_AT_ONCE = 16 };
/* Those of so many ids that there are, by id; unused ids are NULL. */
typedef bool row_reader(const struct search *s, const char *const *ids, struct certificate **rows,
                        size_t *count, struct error *e);

row_reader search_rows;
row_reader search_worded; /* only what words are made of */
