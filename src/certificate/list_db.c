/* Where the candidates of lists come from. Each statement walks one index and is cut by its LIMIT. */
#include "certificate/list.h"
#include <stdlib.h>

#define CANDIDATE(type, member) FIELD(type, candidate, member, 0, "", "")

static const struct field candidate_fields[] = {
    CANDIDATE(TEXT, id),    CANDIDATE(TEXT, kind),        CANDIDATE(TEXT, term),
    CANDIDATE(INT, phase),  CANDIDATE(INT, expires_at),   CANDIDATE(INT, window_at),
    CANDIDATE(INT, end_at), CANDIDATE(INT, expiry_order), FIELD_END,
};

#define COLUMNS "id, kind, phase, expires_at, window_at, end_at"

/* Later than every id. */
#define AFTER_ALL_IDS "~"

#define candidates(s, found, count, e, sql, ...)                                                             \
    db_list((s)->db, (s)->arena, candidate_fields, sizeof **(found), found, count, e, sql, __VA_ARGS__)

int candidate_by_age(const void *a, const void *b) {
    return strcmp(((const struct candidate *)b)->id, ((const struct candidate *)a)->id);
}

int candidate_by_expiry(const void *a, const void *b) {
    const struct candidate *x = a, *y = b;
    if (x->expiry_order != y->expiry_order)
        return x->expiry_order < y->expiry_order ? -1 : 1;
    return strcmp(x->id, y->id);
}

bool source_newest(const struct search *s, int64_t limit, struct candidate **found, size_t *count,
                   struct error *e) {
    return candidates(
        s, found, count, e,
        "SELECT id FROM certificate WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3",
        DB_TEXT(s->account_id), DB_TEXT(s->position.id), DB_INT(limit));
}

bool source_phase(const struct search *s, int64_t limit, struct candidate **found, size_t *count,
                  struct error *e) {
    return candidates(s, found, count, e,
                      "SELECT " COLUMNS " FROM certificate WHERE account_id = $1 AND phase = $2 AND id < $3 "
                      "ORDER BY id DESC LIMIT $4",
                      DB_TEXT(s->account_id), DB_INT(s->range.phase), DB_TEXT(s->position.id), DB_INT(limit));
}

bool source_tagged(const struct search *s, int64_t limit, struct candidate **found, size_t *count,
                   struct error *e) {
    return candidates(
        s, found, count, e,
        "SELECT certificate_id AS id FROM certificate_term WHERE account_id = $1 AND term = $2 AND "
        "certificate_id < $3 ORDER BY certificate_id DESC LIMIT $4",
        DB_TEXT(s->account_id), DB_TEXT(s->driver->from), DB_TEXT(s->position.id), DB_INT(limit));
}

bool source_expiry(const struct search *s, int64_t limit, struct candidate **found, size_t *count,
                   struct error *e) {
    return candidates(s, found, count, e,
                      "SELECT id, expiry_order FROM certificate WHERE account_id = $1 AND "
                      "(expiry_order, id) > ($2, $3) ORDER BY expiry_order, id LIMIT $4",
                      DB_TEXT(s->account_id), DB_INT(s->position.expiry_order), DB_TEXT(s->position.id),
                      DB_INT(limit));
}

/* Behind the position and behind expires_above, whichever is later. */
static struct candidate expiry_start(const struct search *s) {
    const struct candidate above = {.id = AFTER_ALL_IDS, .expiry_order = s->range.expires_above};
    return candidate_by_expiry(&s->position, &above) > 0 ? s->position : above;
}

static int64_t expiry_stop(const struct search *s) {
    return s->range.expires_upto ? s->range.expires_upto : INT64_MAX;
}

bool source_phase_expiry(const struct search *s, int64_t limit, struct candidate **found, size_t *count,
                         struct error *e) {
    struct candidate start = expiry_start(s);
    return candidates(
        s, found, count, e,
        "SELECT " COLUMNS ", expiry_order FROM certificate WHERE account_id = $1 AND phase = $2 AND "
        "(expiry_order, id) > ($3, $4) AND expiry_order <= $5 ORDER BY expiry_order, id LIMIT $6",
        DB_TEXT(s->account_id), DB_INT(s->range.phase), DB_INT(start.expiry_order), DB_TEXT(start.id),
        DB_INT(expiry_stop(s)), DB_INT(limit));
}

static bool source_lapsed(const struct search *s, int64_t limit, struct candidate **found, size_t *count,
                          struct error *e) {
    struct candidate start = expiry_start(s);
    int64_t stop = expiry_stop(s);
    return candidates(
        s, found, count, e,
        "SELECT " COLUMNS ", expiry_order FROM certificate WHERE account_id = $1 AND expires_at < end_at AND "
        "(expiry_order, id) > ($2, $3) AND expiry_order <= $4 ORDER BY expiry_order, id LIMIT $5",
        DB_TEXT(s->account_id), DB_INT(start.expiry_order), DB_TEXT(start.id),
        DB_INT(stop < s->now ? stop : s->now), DB_INT(limit));
}

static void append(struct arena *a, struct candidate **list, size_t *count, const struct candidate *more,
                   size_t more_count) {
    struct candidate *both = ARENA_ARRAY(a, *count + more_count + 1, struct candidate);
    if (*count)
        memcpy(both, *list, *count * sizeof *both);
    if (more_count)
        memcpy(both + *count, more, more_count * sizeof *both);
    *list = both;
    *count += more_count;
}

/* Nothing that has expired can be renewed but what has lapsed: the long tail of the expired is jumped over.
 */
bool source_renewable(const struct search *s, int64_t limit, struct candidate **found, size_t *count,
                      struct error *e) {
    if (!source_lapsed(s, limit, found, count, e))
        return false;
    struct search live = *s;
    struct candidate *more;
    size_t more_count;
    if (live.range.expires_above < s->now)
        live.range.expires_above = s->now;
    if (!source_phase_expiry(&live, limit - (int64_t)*count, &more, &more_count, e))
        return false;
    append(s->arena, found, count, more, more_count);
    return true;
}

/* They are sorted here: the index of words knows neither order. */
bool source_few(const struct search *s, int64_t limit, struct candidate **found, size_t *count,
                struct error *e) {
    int (*order)(const void *, const void *) =
        s->order == ORDER_EXPIRY ? candidate_by_expiry : candidate_by_age;
    const struct term_range *word = s->driver;
    if (!candidates(
            s, found, count, e,
            "SELECT " COLUMNS ", expiry_order FROM certificate WHERE id IN ("
            "SELECT certificate_id FROM certificate_term WHERE account_id = $1 AND term >= $2 AND term <= $3 "
            "UNION SELECT certificate_id FROM certificate_term WHERE account_id = $1 AND term >= $4 AND "
            "term <= $5) ORDER BY id",
            DB_TEXT(s->account_id), DB_TEXT(word->from), DB_TEXT(word->upto), DB_TEXT(word->also_from),
            DB_TEXT(word->also_upto)))
        return false;
    qsort(*found, *count, sizeof **found, order);
    size_t skip = 0;
    while (skip < *count && order(&(*found)[skip], &s->position) <= 0)
        skip++;
    *found += skip;
    *count -= skip;
    if (*count > (size_t)limit)
        *count = (size_t)limit;
    return true;
}

/* Behind `last`, or from the beginning of the range where that is NULL. */
struct word_walk {
    const struct candidate *last;
    const char *from, *upto;
};

static bool walk_words(const struct search *s, const struct word_walk *walk, int64_t limit,
                       struct candidate **found, size_t *count, struct error *e) {
    return candidates(
        s, found, count, e,
        "SELECT certificate_id AS id, term FROM certificate_term WHERE account_id = $1 AND "
        "(term, certificate_id) > ($2, $3) AND term <= $4 ORDER BY term, certificate_id LIMIT $5",
        DB_TEXT(s->account_id), DB_TEXT(walk->last ? walk->last->term : walk->from),
        DB_TEXT(walk->last ? walk->last->id : ""), DB_TEXT(walk->upto), DB_INT(limit));
}

/* Words that begin so, then names with a later label that begins so. */
bool source_words(const struct search *s, int64_t limit, struct candidate **found, size_t *count,
                  struct error *e) {
    const struct term_range *word = s->driver;
    const struct candidate *last = s->position.term ? &s->position : NULL;
    bool in_second = last && strncmp(last->term, word->also_from, strlen(word->also_from)) == 0;
    struct word_walk first = {last, word->from, word->upto};
    struct word_walk second = {in_second ? last : NULL, word->also_from, word->also_upto};
    struct candidate *more;
    size_t more_count;
    *count = 0;
    if ((!in_second && !walk_words(s, &first, limit, found, count, e)) ||
        !walk_words(s, &second, limit - (int64_t)*count, &more, &more_count, e))
        return false;
    append(s->arena, found, count, more, more_count);
    return true;
}
