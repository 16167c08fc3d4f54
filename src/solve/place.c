/* Where the CNAMEs of a record lead, as the authoritative servers tell it. */
#include "base/clock.h"
#include "solve/solve.h"
#include <strings.h>

enum { CHAIN_MAX = 10, FOLLOW_MS = 30000 };

struct following {
    struct arena *arena;
    struct dns *dns;
    int64_t deadline_ms;
};

/* The first server that knows says it. `*next` NULL: no CNAME stands there, or nobody answers. */
static bool next_of(const struct following *f, const char *name, const char **next, struct error *e) {
    struct dns_zone_found found;
    struct dns_answer answer = {.status = DNS_TIMED_OUT};
    *next = NULL;
    if (!dns_authorities(f->dns, name, &found, e))
        return false;
    for (size_t i = 0; i < found.servers.count && !dns_tells(&answer); i++)
        if (clock_monotonic_ms() < f->deadline_ms &&
            !dns_ask(f->dns, &found.servers.list[i], name, DNS_TXT, &answer, e))
            return false;
    *next = dns_tells(&answer) ? answer.cname : NULL;
    return true;
}

/* A name that nobody has made leads to the same place. */
static bool is_wildcard(const struct following *f, const char *record, const char *target, bool *wildcard,
                        struct error *e) {
    const char *next, *parent = dns_parent(record);
    const char *sibling = parent ? dns_nobody(f->arena, parent) : NULL;
    *wildcard = false;
    if (!sibling)
        return true;
    if (!next_of(f, sibling, &next, e))
        return false;
    *wildcard = next && strcasecmp(next, target) == 0;
    return true;
}

static bool walk(const struct following *f, struct place *place, struct error *e) {
    const char *record = place->name, *next;
    if (!next_of(f, record, &next, e))
        return false;
    if (next && (!is_wildcard(f, record, next, &place->wildcard, e) || place->wildcard))
        return place->wildcard;
    for (int i = 0; next; i++) {
        place->looped = i >= CHAIN_MAX || strcasecmp(next, record) == 0;
        place->name = next;
        if (place->looped)
            return true;
        if (!next_of(f, place->name, &next, e))
            return false;
    }
    return true;
}

bool place_follow(const struct services *services, struct arena *a, const char *record, struct place *place,
                  struct error *e) {
    struct following f = {.arena = a, .deadline_ms = clock_monotonic_ms() + FOLLOW_MS};
    *place = (struct place){.name = record};
    bool good = dns_open(a, services->validator->dns, &f.dns, e) && walk(&f, place, e);
    dns_close(f.dns);
    if (good)
        return true;
    if (e->id != ERR_NO_RESOLVER)
        return false;
    error_clear(e); /* a view that we have not got changes nothing */
    return true;
}

bool place_locate(const struct services *services, struct arena *a, const char *record, struct place *place,
                  struct error *e) {
    if (!services->solve->follow(services, a, record, place, e))
        return false;
    return !place->looped || fail(e, ERR_CNAME_LOOP, "the CNAMEs of %s lead in a circle at %s",
                                  "%s 的 CNAME 在 %s 处形成循环", record, place->name);
}
