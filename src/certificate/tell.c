/* What is told of a certificate: everything that its texts need to name it. */
#include "certificate/certificate.h"

enum { NAMES_SHOWN_BYTES = 400 };

static size_t count_words(const char *words) {
    struct slice word;
    size_t count = 0;
    while (names_next(&words, &word))
        count++;
    return count;
}

/* "www.example.com", or "www.example.com and 3 more" */
static void add_name(struct arena *a, json_t *params, const char *names) {
    size_t count = count_words(names), first = strcspn(names, " ");
    const char *name = arena_strndup(a, names, first);
    json_object_set_new(params, "name", json_string_of(a, name));
    if (count < 2)
        return;
    json_object_set_new(params, "name_en",
                        json_string_of(a, arena_printf(a, "%s and %zu more", name, count - 1)));
    json_object_set_new(params, "name_zh",
                        json_string_of(a, arena_printf(a, "%s 等 %zu 个域名", name, count)));
}

/* Whole names, as far as a message can bear them. */
static const char *names_shown(struct arena *a, const char *names) {
    size_t len = strlen(names);
    if (len <= NAMES_SHOWN_BYTES)
        return names;
    len = NAMES_SHOWN_BYTES;
    while (len && names[len] != ' ')
        len--;
    return arena_printf(a, "%.*s …", (int)len, names);
}

bool certificate_tell(struct db *db, struct arena *a, const struct certificate *c,
                      const struct notify_event *event, struct error *e) {
    struct notify_event full = *event;
    json_t *params = json_keep(a, event->params ? json_copy(event->params) : json_object());
    json_object_set_new(params, "certificate", json_string(c->id));
    json_object_set_new(params, "names", json_string_of(a, names_shown(a, c->names)));
    add_name(a, params, c->names);
    full.account_id = c->account_id;
    full.certificate_id = c->id;
    full.tags = c->tags;
    full.params = params;
    if (!full.subject)
        full.subject = c->id;
    return notify_tell(db, a, &full, e);
}
