/* Rows of control over names: what is asked for, and what was found. */
#pragma once
#include "http/route.h"
#include "validate/validate.h"

enum { TOKEN_DAYS = 30 };

struct validation {
    const char *id, *account_id, *name, *method;
    bool wildcard;
    const char *token;
    int64_t created_at, token_end_at, validated_at, ended_at, removed_at;
    const char *end_reason;
    int64_t tries, last_check_at;
    const char *last_reason;
};

struct validation_check {
    const char *id, *account_id, *validation_id;
    int64_t at;
    const char *reason, *detail_en, *detail_zh, *answers;
};

extern const struct field validation_fields[], validation_check_fields[];
extern const struct route validate_routes[];

/* ERR_CONFLICT if there is an open one for the name and method. */
bool validation_insert(struct db *db, const struct validation *v, struct error *e);
/* ERR_NOT_FOUND also for removed ones and those of other accounts. */
bool validation_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                    struct validation *v, struct error *e);
/* For the step, which has no account: removed ones, too. */
bool validation_get_any(struct db *db, struct arena *a, const char *id, struct validation *v,
                        struct error *e);
/* The open one of a name and method; `id` NULL if there is none. */
bool validation_find_open(struct db *db, struct arena *a, const char *account_id, const char *name,
                          const char *method, const char **id, struct error *e);
/* Newest first, those older than `cursor` (an id, or NULL). */
bool validation_list(struct db *db, struct arena *a, const char *account_id, const char *cursor, size_t limit,
                     struct validation **list, size_t *count, struct error *e);
/* Notes a check of one that is open; `open` false: it was not any more, nothing is changed. */
bool validation_note(struct db *db, const char *id, const struct check *check, int64_t now, bool *open,
                     struct error *e);
/* Ends one that is open, for the reason. */
bool validation_end(struct db *db, const char *id, const char *reason, int64_t now, struct error *e);
bool validation_remove(struct db *db, const char *id, int64_t now, struct error *e);

bool validation_check_insert(struct db *db, const struct validation_check *check, struct error *e);
bool validation_check_list(struct db *db, struct arena *a, const char *validation_id, const char *cursor,
                           size_t limit, struct validation_check **list, size_t *count, struct error *e);

/* Up to `limit` from before then go, except the newest of each validation. */
bool validation_check_purge(struct db *db, int64_t before, int64_t limit, struct error *e);

/* Step `check` of a validation: looks, notes what was found, and looks again after 1, 10, 100 minutes, then
 * daily, until the value has run out. */
bool validate_look(struct work *w, struct error *e);
bool validate_record(struct work *w, struct error *e);
/* Part of the step `retention`: checks of more than 30 days ago go, except the last of each validation. */
bool validate_purge(struct work *w, struct error *e);
