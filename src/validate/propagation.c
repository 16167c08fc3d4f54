/* What a CA will look for in DNS; propagation_web.c has what it looks for at the name's addresses. */
#include "validate/propagation.h"
#include "validate/persist.h"
#include "validate/propagation_web.h"
#include "validate/record.h"

struct wanted_persist {
    struct persist persist;
    int64_t now;
};

static bool serves(struct arena *a, struct slice text, const void *wanted) {
    const struct wanted_persist *w = wanted;
    struct persist found;
    return persist_read(a, text, &found) && persist_serves(&found, &w->persist, w->now);
}

static bool look_for_text(const struct validator *v, struct arena *a, const struct propagation *what,
                          struct check *check, struct error *e) {
    const struct control control = {.name = what->name, .value = what->value, .wildcard = what->wildcard};
    const struct record record = {.host = propagation_record(a, what->type, what->name),
                                  .control = &control,
                                  .holds = record_is,
                                  .wanted = what->value,
                                  .caa_domain = what->caa_domain};
    return record_look(v, a, &record, check, e);
}

static bool look_for_persist(const struct validator *v, struct arena *a, const struct propagation *what,
                             struct check *check, struct error *e) {
    const struct control control = {.name = what->name, .value = what->value};
    struct wanted_persist wanted = {.now = what->now};
    if (!persist_read(a, slice_str(what->value), &wanted.persist))
        return fail_field(e, "value", ERR_BAD_FIELD, "'%s' is no record of dns-persist-01",
                          "“%s”不是 dns-persist-01 记录", what->value);
    const struct record record = {.host = propagation_record(a, what->type, what->name),
                                  .control = &control,
                                  .holds = serves,
                                  .wanted = &wanted};
    return record_look(v, a, &record, check, e);
}

static const struct {
    const char *type;
    const char *label; /* of the record; NULL: there is none */
    bool (*look)(const struct validator *v, struct arena *a, const struct propagation *what,
                 struct check *check, struct error *e);
} types[] = {
    {"dns-01", "_acme-challenge", look_for_text},
    {"dns-persist-01", "_validation-persist", look_for_persist},
    {"http-01", NULL, propagation_http},
    {"tls-alpn-01", NULL, propagation_tls},
};

const char *propagation_record(struct arena *a, const char *type, const char *name) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].label && strcmp(types[i].type, type) == 0)
            return arena_printf(a, "%s.%s", types[i].label, name);
    return NULL;
}

const char *propagation_name(const char *place) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t len = types[i].label ? strlen(types[i].label) : 0;
        if (len && strncmp(place, types[i].label, len) == 0 && place[len] == '.')
            return place + len + 1;
    }
    return place;
}

bool propagation_look(const struct validator *v, struct arena *a, const struct propagation *what,
                      struct check *check, struct error *e) {
    *check = (struct check){.reason = REASON_RECORD_MISSING, .detail = TEXT("", "")};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].type, what->type) == 0)
            return types[i].look(v, a, what, check, e);
    return fail_field(e, "type", ERR_BAD_FIELD, "there is no challenge of type '%s'", "没有类型为“%s”的验证",
                      what->type);
}
