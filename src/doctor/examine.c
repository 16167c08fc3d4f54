/* One look at a name: its parts, one after the other. */
#include "doctor/examine.h"
#include "base/buf.h"
#include <stdarg.h>

const char *method_name(enum method method) {
    static const char *const names[METHOD_COUNT] = {"dns-01", "http-01", "tls-alpn-01"};
    return names[method];
}

const char *methods_text(struct arena *a, const bool methods[METHOD_COUNT]) {
    struct buf list = buf_new(a, 200);
    for (int m = 0; m < METHOD_COUNT; m++)
        if (methods[m])
            buf_printf(&list, "%s%s", list.len ? ", " : "", method_name(m));
    return list.p;
}

struct found *symptom_add(struct examination *x, enum symptom symptom, const char *issuer, const char *en,
                          const char *zh, ...) {
    static struct found spilled; /* what is over the maximum is left out */
    const char *formats[LANG_COUNT] = {en, zh};
    struct found *found = x->count < SYMPTOMS_MAX ? &x->found[x->count++] : &spilled;
    *found = (struct found){.symptom = symptom, .issuer = issuer};
    for (int lang = 0; lang < LANG_COUNT; lang++) {
        va_list args;
        va_start(args, zh);
        found->detail.in[lang] = arena_vprintf(x->arena, formats[lang], args);
        va_end(args);
    }
    return found;
}

void symptom_add_error(struct examination *x, enum symptom symptom, const char *issuer,
                       const struct error *problem) {
    struct found *found = symptom_add(x, symptom, issuer, "%s", "%s", "");
    for (int lang = 0; lang < LANG_COUNT; lang++)
        found->detail.in[lang] = arena_strdup(x->arena, problem->detail[lang]);
}

/* What is possible follows from what was found: of a wildcard nothing but DNS was looked at, for a file or a
 * port proves none (BR 3.2.2.4.19). */
bool examine_methods(struct examination *x, struct error *e) {
    const char *methods = methods_text(x->arena, x->methods);
    (void)e;
    if (*methods)
        symptom_add(x, SYMPTOM_METHODS, NULL, "%s", "%s", methods);
    else
        symptom_add(x, SYMPTOM_NO_METHOD, NULL, "neither DNS nor port 80 or 443 of %s will do",
                    "%s 的 DNS 以及 80、443 端口均不可用", x->name);
    return true;
}

static bool (*const parts[])(struct examination *x, struct error *e) = {
    examine_name,      examine_delegation, examine_challenge, examine_signatures,
    examine_addresses, examine_methods,    examine_caa,
};

/* A part that may not ask is a finding; the rest needs DNS as well. */
static bool cannot_ask(struct examination *x, struct error *e) {
    if (e->id != ERR_NO_RESOLVER)
        return false;
    symptom_add_error(x, SYMPTOM_NOT_EXAMINED, NULL, e);
    error_clear(e);
    x->over = true;
    return true;
}

static bool examine_parts(struct examination *x, struct error *e) {
    if (!inquiry_begin(x->validator, x->arena, &x->check, &x->inquiry, e) && !cannot_ask(x, e))
        return false;
    for (size_t i = 0; i < sizeof parts / sizeof *parts && !x->over; i++)
        if (!parts[i](x, e) && !cannot_ask(x, e))
            return false;
    return true;
}

bool examine(struct examination *x, struct error *e) {
    bool good = examine_parts(x, e);
    inquiry_end(&x->inquiry);
    return good;
}
