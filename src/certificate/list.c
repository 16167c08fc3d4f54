/* Lists of certificates: which index a filter is answered from, what fits, and where the next page begins. */
#include "certificate/list.h"
#include "base/rand.h"
#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    FEW = 500,         /* with one word: so many may be read and sorted for a page */
    LOOKED_MAX = 2500, /* candidates of a page: a microsecond each */
    READ_SPARE = 100,  /* rows that a page may read in vain, or nearly: several microseconds each */
    ASKED_MAX = 1000,  /* candidates at once */
    TEXT_MAX = 256,
    CURSOR_MAX = 512,
};

/* ---- reading the filter ---- */

static bool read_kind(struct search *s, const char *kind, struct error *e) {
    static const char *const kinds[] = {"official", "uploaded", "test", "pca", "discovered"};
    size_t count = sizeof kinds / sizeof *kinds, i = 0;
    if (!kind)
        return true;
    while (i < count && strcmp(kind, kinds[i]) != 0)
        i++;
    if (i == count)
        return fail_field(e, "kind", ERR_BAD_FIELD, "there is no kind '%s'", "没有类型“%s”", kind);
    s->kind = term_kind(s->arena, kind);
    return true;
}

static bool read_state(struct search *s, const char *name, struct error *e) {
    if (!name)
        return true;
    enum certificate_state state = state_parse(name);
    if (state == STATE_COUNT)
        return fail_field(e, "state", ERR_BAD_FIELD, "there is no state '%s'", "没有状态“%s”", name);
    s->range = state_range(state, s->now);
    return true;
}

/* Only what has a version expires or can be renewed. With another state nothing fits. */
static void narrow_to_versioned(struct search *s) {
    if (!s->range.phase)
        s->range.phase = PHASE_VERSIONED;
}

static void read_days_left(struct search *s, int64_t most) {
    enum { ALL_DAYS = 36500 };
    if (most < 0)
        return;
    int64_t days = most < ALL_DAYS ? most : ALL_DAYS;
    int64_t upto = s->now + (days + 1) * DAY - 1;
    narrow_to_versioned(s);
    if (!s->range.expires_upto || s->range.expires_upto > upto)
        s->range.expires_upto = upto;
    s->range.expires_above = s->now;
}

static int longest_first(const void *a, const void *b) {
    const struct term_range *x = a, *y = b;
    size_t x_len = strlen(x->from), y_len = strlen(y->from);
    return x_len == y_len ? strcmp(x->from, y->from) : x_len > y_len ? -1 : 1;
}

/* The longest word is likely to have the fewest certificates. */
static bool read_text(struct search *s, const char *text, struct error *e) {
    const char *rest = text ? text : "";
    if (strlen(rest) > TEXT_MAX)
        return fail_field(e, "text", ERR_BAD_FIELD, "the text may have %d bytes", "搜索文本不能超过 %d 字节",
                          TEXT_MAX);
    for (;;) {
        while (isspace((unsigned char)*rest))
            rest++;
        size_t len = strcspn(rest, " \t\n\v\f\r");
        if (!len)
            break;
        if (s->word_count == SEARCH_WORDS_MAX)
            return fail_field(e, "text", ERR_BAD_FIELD, "the text may have %d words",
                              "搜索文本不能超过 %d 个词", SEARCH_WORDS_MAX);
        s->words[s->word_count++] = term_beginning(s->arena, arena_strndup(s->arena, rest, len));
        rest += len;
    }
    qsort(s->words, s->word_count, sizeof *s->words, longest_first);
    return true;
}

static const char *const order_names[LIST_ORDER_COUNT] = {"created", "expiry", "word"};

/* What is about time is best seen by time; what was typed, by the words that were found. */
static enum list_order default_order(const struct search *s) {
    const struct certificate_filter *f = s->filter;
    if (f->renewable || f->days_left_max >= 0 || s->range.window_upto || s->range.expires_upto)
        return ORDER_EXPIRY;
    return s->word_count && !f->state ? ORDER_WORD : ORDER_CREATED;
}

static bool read_sort(struct search *s, const char *sort, struct error *e) {
    enum list_order order = sort ? 0 : default_order(s);
    while (sort && order < LIST_ORDER_COUNT && strcmp(sort, order_names[order]) != 0)
        order++;
    if (order == LIST_ORDER_COUNT)
        return fail_field(e, "sort", ERR_BAD_FIELD, "there is no order '%s': created, expiry or word",
                          "没有排序方式“%s”:可用 created、expiry 或 word", sort);
    s->order = order;
    return order != ORDER_WORD || s->word_count ||
           fail_field(e, "sort", ERR_BAD_FIELD, "the order by word needs a text", "按 word 排序需要搜索文本");
}

/* ---- cursors: the position behind which the next page begins ---- */

static const char *base64(struct arena *a, const char *text) {
    size_t room = sodium_base64_ENCODED_LEN(strlen(text), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return sodium_bin2base64(arena_alloc(a, room), room, (const uint8_t *)text, strlen(text),
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* The order, then what it goes by: the expiry, or which word of the text. */
static const char *cursor_write(const struct search *s) {
    const struct candidate *p = &s->position;
    int64_t number = s->order == ORDER_EXPIRY ? p->expiry_order
                     : s->order == ORDER_WORD ? s->driver - s->words
                                              : 0;
    return base64(s->arena, arena_printf(s->arena, "%c%lld/%s/%s", *order_names[s->order], (long long)number,
                                         p->id, p->term ? p->term : ""));
}

static bool cursor_parse(struct search *s, const char *cursor) {
    char text[CURSOR_MAX + 1] = "", *id;
    size_t len;
    if (sodium_base642bin((uint8_t *)text, CURSOR_MAX, cursor, strlen(cursor), NULL, &len, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        *text != *order_names[s->order])
        return false;
    int64_t number = strtoll(text + 1, &id, 10);
    char *term = *id == '/' ? strchr(++id, '/') : NULL;
    if (!term)
        return false;
    *term++ = '\0';
    if (!id_valid(id, "cert"))
        return false;
    s->position = (struct candidate){.id = arena_strdup(s->arena, id), .expiry_order = number};
    if (s->order != ORDER_WORD)
        return true;
    if (number < 0 || number >= (int64_t)s->word_count)
        return false;
    s->position.term = arena_strdup(s->arena, term);
    s->driver = &s->words[number];
    return true;
}

static bool read_cursor(struct search *s, const char *cursor, struct error *e) {
    static const struct candidate starts[LIST_ORDER_COUNT] = {
        [ORDER_CREATED] = {.id = "~"}, /* later than every id */
        [ORDER_EXPIRY] = {.id = "", .expiry_order = INT64_MIN},
        [ORDER_WORD] = {.id = ""},
    };
    s->position = starts[s->order];
    return !cursor || cursor_parse(s, cursor) ||
           fail_field(e, "cursor", ERR_BAD_FIELD, "this cursor does not belong to this list",
                      "该游标不属于此列表");
}

static bool read_filter(struct search *s, struct error *e) {
    const struct certificate_filter *f = s->filter;
    if (!read_kind(s, f->kind, e) || !read_state(s, f->state, e) || !read_text(s, f->text, e))
        return false;
    if (f->name)
        s->host = term_host(s->arena, f->name);
    if (f->tag)
        s->tag = term_tag(s->arena, f->tag);
    if (f->renewable)
        narrow_to_versioned(s);
    if (!read_sort(s, f->sort, e))
        return false;
    read_days_left(s, f->days_left_max);
    return read_cursor(s, f->cursor, e);
}

/* ---- choosing the source ---- */

static bool is_few(struct search *s, const struct term_range *word, bool *few, struct error *e) {
    int64_t count = FEW + 1;
    bool ok = !word->from || term_count(s->db, s->account_id, word, FEW + 1, &count, e);
    *few = count <= FEW;
    return ok;
}

/* Up to the first of `tries` that is rare. */
static bool find_rare_word(struct search *s, const struct term_range *const *tries, size_t count,
                           struct error *e) {
    for (size_t i = 0; i < count && !s->driver; i++) {
        bool few;
        if (!is_few(s, tries[i], &few, e))
            return false;
        if (few)
            s->driver = tries[i];
    }
    return true;
}

/* Once chosen, the word is the same for all pages: it makes the order. */
static bool choose_word(struct search *s, struct error *e) {
    const struct term_range *tries[SEARCH_WORDS_MAX];
    for (size_t i = 0; i < s->word_count; i++)
        tries[i] = &s->words[i];
    s->source = source_words;
    if (!s->driver && !find_rare_word(s, tries, s->word_count, e))
        return false;
    if (!s->driver)
        s->driver = &s->words[0];
    return true;
}

static void choose_index(struct search *s) {
    bool by_expiry = s->order == ORDER_EXPIRY;
    if (s->range.phase && by_expiry) {
        s->source = s->filter->renewable ? source_renewable : source_phase_expiry;
    } else if (s->range.phase) {
        s->source = source_phase;
    } else if (!by_expiry && (s->tag.from || s->kind.from)) {
        s->driver = s->tag.from ? &s->tag : &s->kind;
        s->source = source_tagged;
    } else {
        s->source = by_expiry ? source_expiry : source_newest;
    }
}

/* A word that few certificates have beats every index. */
static bool choose_source(struct search *s, struct error *e) {
    const struct term_range *tries[SEARCH_WORDS_MAX + 3] = {&s->host, &s->tag, &s->kind};
    size_t count = 3;
    if (s->order == ORDER_WORD)
        return choose_word(s, e);
    for (size_t i = 0; i < s->word_count; i++)
        tries[count++] = &s->words[i];
    if (!find_rare_word(s, tries, count, e))
        return false;
    if (s->driver)
        s->source = source_few;
    else
        choose_index(s);
    return true;
}

/* ---- what fits ---- */

static bool state_fits(const struct search *s, const struct candidate *c) {
    const struct state_range *r = &s->range;
    return (!r->phase || c->phase == r->phase) && (!r->expires_above || c->expires_at > r->expires_above) &&
           (!r->expires_upto || c->expires_at <= r->expires_upto) &&
           (!r->window_above || c->window_at > r->window_above) &&
           (!r->window_upto || c->window_at <= r->window_upto) &&
           (!s->filter->renewable || c->end_at > s->now) &&
           (!s->filter->kind || strcmp(c->kind, s->filter->kind) == 0);
}

/* As far as the index tells. */
static bool candidate_fits(const struct search *s, const struct candidate *c) {
    return !c->phase || state_fits(s, c);
}

static bool is_renewable(const struct search *s, const struct certificate *c) {
    static const enum action actions[] = {ACTION_RENEW, ACTION_RENEW_EARLY, ACTION_REPLACE};
    const struct profile *profile = policy_find(s->policies, c->profile, c->profile_version);
    struct error refusal;
    for (size_t i = 0; profile && i < sizeof actions / sizeof *actions; i++)
        if (action_allowed(actions[i], c, profile, s->now, &refusal))
            return true;
    return false;
}

/* What search_worded reads is enough for this. */
static bool words_fit(const struct search *s, const struct certificate *c) {
    const struct certificate_filter *f = s->filter;
    for (size_t i = 0; i < s->word_count; i++)
        if (!term_fits(c, &s->words[i]))
            return false;
    return (!f->tag || words_have(c->tags, slice_str(f->tag))) &&
           (!f->name || names_cover(c->names, s->host.from));
}

/* Of several words by which the source came to the certificate, one counts. */
static bool comes_first(const struct search *s, const struct candidate *candidate,
                        const struct certificate *c) {
    if (s->order != ORDER_WORD)
        return true;
    struct term_list terms = terms_of(s->arena, c);
    const char *first = term_first(&terms, s->driver);
    return first && strcmp(first, candidate->term) == 0;
}

static bool row_fits(const struct search *s, const struct candidate *candidate, const struct certificate *c) {
    const struct candidate now = {.kind = c->kind,
                                  .phase = c->phase,
                                  .expires_at = c->expires_at,
                                  .window_at = c->window_at,
                                  .end_at = c->end_at};
    return state_fits(s, &now) && words_fit(s, c) && comes_first(s, candidate, c) &&
           (!s->filter->renewable || is_renewable(s, c));
}

/* ---- the page ---- */

struct page {
    struct certificate *items;
    size_t count, limit, looked, read;
    bool ended; /* nothing follows the position */
};

static bool page_full(const struct page *p) {
    return p->count == p->limit || p->looked >= LOOKED_MAX || p->read >= p->limit + READ_SPARE;
}

/* Some candidates whose rows are worth reading, and their rows. */
struct batch {
    const struct candidate *candidates[CERTIFICATES_AT_ONCE];
    size_t count;
    struct certificate *rows;
    size_t row_count;
};

/* Passes over those that do not fit; `*next` ends behind the last one that was looked at. */
static void batch_pick(const struct search *s, const struct candidate *found, size_t count, size_t *next,
                       struct batch *b) {
    for (; *next < count && b->count < CERTIFICATES_AT_ONCE; ++*next)
        if (candidate_fits(s, &found[*next]))
            b->candidates[b->count++] = &found[*next];
}

static bool batch_read(const struct search *s, struct batch *b, row_reader *rows, struct error *e) {
    const char *ids[CERTIFICATES_AT_ONCE] = {NULL};
    for (size_t i = 0; i < b->count; i++)
        ids[i] = b->candidates[i]->id;
    return !b->count || rows(s, ids, &b->rows, &b->row_count, e);
}

/* NULL for one that was deleted since the source saw it. */
static const struct certificate *batch_row(const struct batch *b, const char *id) {
    for (size_t i = 0; i < b->row_count; i++)
        if (strcmp(b->rows[i].id, id) == 0)
            return &b->rows[i];
    return NULL;
}

/* Most rows were read in vain so far, and their words may be why. */
static bool narrows(const struct search *s, const struct page *p) {
    const struct certificate_filter *f = s->filter;
    return (s->word_count || f->tag || f->name) && p->read > 2 * p->count;
}

/* Leaves out those whose words do not fit, before whole rows are read. */
static bool batch_narrow(const struct search *s, struct batch *b, struct error *e) {
    size_t kept = 0;
    if (!batch_read(s, b, search_worded, e))
        return false;
    for (size_t i = 0; i < b->count; i++) {
        const struct certificate *row = batch_row(b, b->candidates[i]->id);
        if (row && words_fit(s, row))
            b->candidates[kept++] = b->candidates[i];
    }
    b->count = kept;
    return true;
}

/* False, with the position at the last item, where the page is full before the batch ends. */
static bool batch_take(struct search *s, const struct batch *b, struct page *p) {
    size_t i = 0;
    for (; i < b->count && p->count < p->limit; i++) {
        const struct certificate *row = batch_row(b, b->candidates[i]->id);
        s->position = *b->candidates[i];
        if (row && row_fits(s, b->candidates[i], row))
            p->items[p->count++] = *row;
    }
    return i == b->count;
}

/* `all`: they were all looked at before the page was full. */
static bool look_through(struct search *s, const struct candidate *found, size_t count, struct page *p,
                         bool *all, struct error *e) {
    size_t next = 0;
    bool whole_batch = true;
    while (next < count && whole_batch && !page_full(p)) {
        struct batch b = {.count = 0};
        size_t first = next;
        batch_pick(s, found, count, &next, &b);
        size_t read = b.count;
        if ((narrows(s, p) && !batch_narrow(s, &b, e)) || !batch_read(s, &b, search_rows, e))
            return false;
        p->looked += next - first;
        p->read += read;
        whole_batch = batch_take(s, &b, p);
        if (whole_batch)
            s->position = found[next - 1];
    }
    *all = whole_batch && next == count;
    return true;
}

/* Begins with what an unfiltered page needs, and asks for more the less fits. */
static bool fill(struct search *s, struct page *p, struct error *e) {
    for (size_t asked = p->limit + 1; !p->ended && !page_full(p);
         asked = asked < ASKED_MAX / 2 ? asked * 2 : ASKED_MAX) {
        struct candidate *found;
        size_t count;
        bool all;
        if (!s->source(s, (int64_t)asked, &found, &count, e) || !look_through(s, found, count, p, &all, e))
            return false;
        p->ended = all && count < asked;
    }
    return true;
}

/* budget: as the header has it */
bool certificate_page(struct db *db, struct arena *a, const struct policies *policies, const char *account_id,
                      const struct certificate_filter *filter, int64_t now, struct certificate **items,
                      size_t *count, const char **next, struct error *e) {
    struct search s = {
        .db = db, .arena = a, .account_id = account_id, .policies = policies, .filter = filter, .now = now};
    struct page p = {.limit = LIST_LIMIT_DEFAULT};
    if (filter->limit)
        p.limit = filter->limit < 1                ? 1
                  : filter->limit > LIST_LIMIT_MAX ? LIST_LIMIT_MAX
                                                   : (size_t)filter->limit;
    p.items = ARENA_ARRAY(a, p.limit, struct certificate);
    if (!read_filter(&s, e) || !choose_source(&s, e) || !fill(&s, &p, e))
        return false;
    *items = p.items;
    *count = p.count;
    *next = p.ended ? NULL : cursor_write(&s);
    return true;
}
