/*
 * One explicit error value, set and returned in one expression:
 *
 *     return fail(e, ERR_NOT_FOUND, "no certificate '%s'", "没有证书“%s”", id);
 *
 * Functions return true for success; only the role loops log errors, once.
 * What an error means (HTTP status, exit status, retry, remedy) is a row of error.def.
 */
#pragma once
#include "base/arena.h"
#include "base/text.h"

enum error_id {
    ERR_NONE,
#define ERROR(id, ...) ERR_##id,
#include "base/error.def"
#undef ERROR
    ERR_COUNT
};

/* What becomes of a step that ended with the error. */
enum retry {
    RETRY_NEVER,   /* somebody must change something first: tried again daily at the most */
    RETRY_BACKOFF, /* 1 min, 10 min, 100 min, then daily */
    RETRY_SOON,    /* our own machine stumbled: seconds */
};

struct error_row {
    const char *code;
    int status, exit;
    enum retry retry;
    struct text title, remedy;
};

enum { ERROR_CODES_MAX = 8 };

struct error {
    enum error_id id;
    /* All reasons that apply, in the order of the action table, the first being `id`; empty for one reason.
     */
    enum error_id ids[ERROR_CODES_MAX];
    int id_count;
    char field[64];               /* the input field at fault, or empty */
    char object[64];              /* the id of the object that stands in the way, or empty */
    char state[24];               /* the present state of what was to be changed, or empty */
    int64_t retry_after;          /* seconds: the other side wants to be left alone so long; 0: not said */
    char detail[LANG_COUNT][512]; /* names the object and the rule; never holds a secret */
};

/* Always returns false. The two formats take the same arguments. */
bool fail(struct error *e, enum error_id id, const char *en, const char *zh, ...)
    __attribute__((format(printf, 3, 5), format(printf, 4, 5)));
/* The same, naming the field of the input. */
bool fail_field(struct error *e, const char *field, enum error_id id, const char *en, const char *zh, ...)
    __attribute__((format(printf, 4, 6), format(printf, 5, 6)));
/* The same for an action that came too late or too early, telling the state that the object is in. */
bool fail_state(struct error *e, const char *state, enum error_id id, const char *en, const char *zh, ...)
    __attribute__((format(printf, 4, 6), format(printf, 5, 6)));
/* A failed system call: adds strerror(errno). `what` names the object. */
bool fail_errno(struct error *e, enum error_id id, const char *what);

const struct error_row *error_row(enum error_id id);
/* ERR_NONE if there is no such code. */
enum error_id error_by_code(const char *code);

static inline void error_clear(struct error *e) {
    *e = (struct error){.id = ERR_NONE};
}

/* For what need not be there, after a search that failed: true, and no error any more, if nothing was found.
 */
static inline bool error_absent(struct error *e) {
    if (e->id != ERR_NOT_FOUND)
        return false;
    error_clear(e);
    return true;
}
