/* A TXT record, added by hand. */
#include "validate/record.h"

#define LABEL "_tenure-challenge"

static const char *record_of(struct arena *a, const char *name) {
    return arena_printf(a, LABEL ".%s", name);
}

static void challenge(struct arena *a, const struct control *control, struct challenge *challenge) {
    *challenge =
        (struct challenge){.host = record_of(a, control->name), .type = "TXT", .value = control->value};
}

static bool look(const struct validator *v, struct arena *a, const struct control *control,
                 struct check *check, struct error *e) {
    const struct record record = {.host = record_of(a, control->name),
                                  .control = control,
                                  .holds = record_is,
                                  .wanted = control->value,
                                  .caa_domain = v->caa_domain};
    return record_look(v, a, &record, check, e);
}

const struct check_ops check_dns = {
    .method = "dns",
    .title = TEXT("A TXT record in DNS, added by hand", "手动添加 DNS TXT 记录"),
    .for_wildcard = true,
    .for_subtree = true,
    .challenge = challenge,
    .look = look,
};
