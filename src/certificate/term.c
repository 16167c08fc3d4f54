/* Which words a certificate is found by. A change here needs a migration that makes the stored words anew. */
#include "certificate/term.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* Above every character of UTF-8: the end of the range of words with a common beginning. */
#define LAST_CHARACTER "\xf4\x8f\xbf\xbf"

/* A kind is a word like any other, so that lists of one kind need no index of their own. */
#define KIND_PREFIX "kind:"
enum { KIND_TERM_SIZE = 32 };

/* Called for each word as it stands in the row, in whatever case; false ends the visit. */
typedef bool visitor(void *context, const char *word, size_t len);

static bool visit_text(visitor *visit, void *context, const char *text) {
    return !text || !*text || visit(context, text, strlen(text));
}

static bool visit_words(visitor *visit, void *context, const char *words) {
    struct slice word;
    for (const char *rest = words ? words : ""; names_next(&rest, &word);)
        if (!visit(context, (const char *)word.p, word.len))
            return false;
    return true;
}

/* With its dot, each suffix that has another dot in it: the top level alone finds nothing useful. */
static bool visit_suffixes(visitor *visit, void *context, struct slice name) {
    const char *end = (const char *)name.p + name.len;
    const char *dot = memchr(name.p, '.', name.len);
    while (dot) {
        const char *next = memchr(dot + 1, '.', (size_t)(end - dot - 1));
        if (next && !visit(context, dot, (size_t)(end - dot)))
            return false;
        dot = next;
    }
    return true;
}

/* The last label of an IPv4 address is a number, and IPv6 has no dots. */
static bool has_suffixes(struct slice name) {
    return name.len && !isdigit(name.p[name.len - 1]) && !memchr(name.p, ':', name.len);
}

static bool visit_all_suffixes(visitor *visit, void *context, const char *names) {
    struct slice name;
    for (const char *rest = names; names_next(&rest, &name);)
        if (has_suffixes(name) && !visit_suffixes(visit, context, name))
            return false;
    return true;
}

static bool visit_kind(visitor *visit, void *context, const char *kind) {
    char term[KIND_TERM_SIZE];
    snprintf(term, sizeof term, KIND_PREFIX "%s", kind);
    return visit_text(visit, context, term);
}

static bool visit_terms(visitor *visit, void *context, const struct certificate *c) {
    return visit_words(visit, context, c->names) && visit_all_suffixes(visit, context, c->names) &&
           visit_words(visit, context, c->tags) && visit_text(visit, context, c->brand) &&
           visit_text(visit, context, c->serial) && visit_text(visit, context, c->fingerprint) &&
           visit_kind(visit, context, c->kind);
}

/* ---- all words, as they are stored ---- */

struct collector {
    struct arena *arena;
    const char **terms;
    size_t count, room;
};

static bool collect(void *context, const char *word, size_t len) {
    struct collector *to = context;
    if (to->count == to->room) {
        const char **more = ARENA_ARRAY(to->arena, to->room * 2, const char *);
        memcpy(more, to->terms, to->count * sizeof *more);
        to->terms = more;
        to->room *= 2;
    }
    to->terms[to->count++] = arena_lower(to->arena, word, len);
    return true;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t without_repeats(const char **terms, size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (!kept || strcmp(terms[kept - 1], terms[i]) != 0)
            terms[kept++] = terms[i];
    return kept;
}

struct term_list terms_of(struct arena *a, const struct certificate *c) {
    enum { ROOM = 16 };
    struct collector to = {a, ARENA_ARRAY(a, ROOM, const char *), 0, ROOM};
    visit_terms(collect, &to, c);
    qsort(to.terms, to.count, sizeof *to.terms, by_text);
    return (struct term_list){to.terms, without_repeats(to.terms, to.count)};
}

/* ---- ranges ---- */

static struct term_range whole(const char *term) {
    return (struct term_range){.from = term, .upto = term};
}

struct term_range term_tag(struct arena *a, const char *tag) {
    return whole(arena_lower(a, tag, strlen(tag)));
}

struct term_range term_kind(struct arena *a, const char *kind) {
    return whole(arena_printf(a, KIND_PREFIX "%s", kind));
}

struct term_range term_host(struct arena *a, const char *host) {
    struct term_range range = whole(arena_lower(a, host, strlen(host)));
    const char *dot = strchr(range.from, '.');
    if (dot)
        range.also_from = range.also_upto = arena_printf(a, "*%s", dot);
    return range;
}

struct term_range term_beginning(struct arena *a, const char *word) {
    const char *term = arena_lower(a, word, strlen(word));
    return (struct term_range){
        .from = term,
        .upto = arena_printf(a, "%s%s", term, LAST_CHARACTER),
        .also_from = arena_printf(a, ".%s", term),
        .also_upto = arena_printf(a, ".%s%s", term, LAST_CHARACTER),
    };
}

static const char *first_between(const struct term_list *list, const char *from, const char *upto) {
    for (size_t i = 0; from && i < list->count; i++)
        if (strcmp(list->terms[i], from) >= 0 && strcmp(list->terms[i], upto) <= 0)
            return list->terms[i];
    return NULL;
}

const char *term_first(const struct term_list *list, const struct term_range *range) {
    const char *first = first_between(list, range->from, range->upto);
    return first ? first : first_between(list, range->also_from, range->also_upto);
}

static bool begins(const char *word, size_t len, const char *with) {
    size_t with_len = strlen(with);
    return len >= with_len && strncasecmp(word, with, with_len) == 0;
}

/* Ends the visit at the first word that fits. */
static bool misses(void *context, const char *word, size_t len) {
    const struct term_range *range = context;
    return !begins(word, len, range->from) && !begins(word, len, range->also_from);
}

bool term_fits(const struct certificate *c, const struct term_range *range) {
    return !visit_terms(misses, (void *)range, c);
}

bool words_have(const char *words, struct slice word) {
    struct slice each;
    for (const char *rest = words; names_next(&rest, &each);)
        if (each.len == word.len && strncasecmp((const char *)each.p, (const char *)word.p, word.len) == 0)
            return true;
    return false;
}
