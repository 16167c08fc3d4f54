/* The error table, and how an error value is filled. */
#include "base/error.h"
#include <errno.h>
#include <stdio.h>

static const struct error_row rows[ERR_COUNT] = {
    [ERR_NONE] = {"ok", 200, 0, RETRY_NEVER, TEXT("Done", "完成"), TEXT("", "")},
#define ERROR(id, code, status, exit, retry, title_en, title_zh, remedy_en, remedy_zh)                       \
    [ERR_##id] = {code, status, exit, RETRY_##retry, TEXT(title_en, title_zh), TEXT(remedy_en, remedy_zh)},
#include "base/error.def"
#undef ERROR
};

const struct error_row *error_row(enum error_id id) {
    return &rows[id < ERR_COUNT ? id : ERR_INTERNAL];
}

enum error_id error_by_code(const char *code) {
    for (int id = 1; id < ERR_COUNT; id++)
        if (strcmp(rows[id].code, code) == 0)
            return (enum error_id)id;
    return ERR_NONE;
}

static void fill(struct error *e, enum error_id id, const char *en, const char *zh, va_list args) {
    const char *formats[LANG_COUNT] = {en, zh};
    error_clear(e);
    e->id = id;
    for (int lang = 0; lang < LANG_COUNT; lang++) {
        va_list again;
        va_copy(again, args);
        vsnprintf(e->detail[lang], sizeof e->detail[lang], formats[lang], again);
        va_end(again);
    }
}

bool fail(struct error *e, enum error_id id, const char *en, const char *zh, ...) {
    va_list args;
    va_start(args, zh);
    fill(e, id, en, zh, args);
    va_end(args);
    return false;
}

bool fail_field(struct error *e, const char *field, enum error_id id, const char *en, const char *zh, ...) {
    va_list args;
    va_start(args, zh);
    fill(e, id, en, zh, args);
    va_end(args);
    snprintf(e->field, sizeof e->field, "%s", field);
    return false;
}

bool fail_state(struct error *e, const char *state, enum error_id id, const char *en, const char *zh, ...) {
    va_list args;
    va_start(args, zh);
    fill(e, id, en, zh, args);
    va_end(args);
    snprintf(e->state, sizeof e->state, "%s", state);
    return false;
}

bool fail_errno(struct error *e, enum error_id id, const char *what) {
    char reason[128];
    const char *text = strerror_r(errno, reason, sizeof reason);
    return fail(e, id, "%s: %s", "%s:%s", what, text);
}
