/* Rows of control over names: what is asked for, and what was found. */
#pragma once
#include "http/route.h"
#include "validate/validate.h"

enum { TOKEN_DAYS = 30, CHECK_PAUSE = 10, CHECKS_PER_MINUTE = 30 };

struct validation {
    const char *id, *account_id, *name, *method;
    bool wildcard;
    const char *token;
    int64_t created_at, token_end_at, validated_at, ended_at, removed_at;
    const char *end_reason;
    int64_t tries, last_check_at;
    const char *last_reason;
    bool advance;          /* asked for in advance by a person; else an application needs it */
    int64_t asked_at;      /* a person asked for a check, last */
    const char *challenge; /* "dns-01", …: published by ourselves (automatic.h); NULL: by a person */
};

struct validation_check {
    const char *id, *account_id, *validation_id;
    int64_t at;
    const char *reason, *detail_en, *detail_zh, *answers;
};

extern const struct field validation_fields[], validation_check_fields[];
extern const struct field domain_fields[]; /* of answers: with what a person has to do */
extern const struct route validate_routes[];

/* With id, token and times; the first check is planned in a minute, for nobody can have added the record yet.
 * The name and method have no open one. */
bool validation_begin(struct db *db, struct arena *a, int64_t now, struct validation *v, struct error *e);
/* What a person has to do for it. */
bool validation_challenge(struct arena *a, const struct validation *v, struct challenge *challenge,
                          struct error *e);
/*
 * A person wants it checked now. ERR_TOO_MANY_CHECKS: it was asked for less than CHECK_PAUSE seconds ago, or
 * the account has asked for CHECKS_PER_MINUTE within a minute.
 */
bool validation_ask(struct db *db, const struct validation *v, int64_t now, struct error *e);

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
/* The newest that proves control over `name` by its methods (`file`: that one, too) later than `after`; `id`
 * NULL if there is none. */
bool validation_find_good(struct db *db, struct arena *a, const struct validation *like, int64_t after,
                          bool file, struct validation *v, struct error *e);
/* The account whose proof of `name`, or of what that lies below, is the last one, however old; NULL: none.
 * What we published ourselves does not count: it may have been by means that are everybody's. `record`: a
 * file is not enough, since it says nothing of DNS. */
bool validation_prover(struct db *db, struct arena *a, const char *name, bool record, const char **account_id,
                       struct error *e);
/* What proves the name of `like` later than `after`: itself, by either method (a wildcard: by a record), or a
 * record at a name above it; `id` NULL if there is none. */
bool validation_find_proof(struct db *db, struct arena *a, const struct validation *like, int64_t after,
                           struct validation *proof, struct error *e);
/* Notes by which type of challenge we publish it ourselves; NULL: a person was faster. */
bool validation_set_challenge(struct db *db, const char *id, const char *type, struct error *e);
/* A wildcard is wanted, too. */
bool validation_set_wildcard(struct db *db, const char *id, struct error *e);
/* Notes that a person asked; `*noted` false: it is over, or was asked for after `before` already. */
bool validation_set_asked(struct db *db, const char *id, int64_t now, int64_t before, bool *noted,
                          struct error *e);
bool validation_asked_since(struct db *db, const char *account_id, int64_t since, int64_t *count,
                            struct error *e);
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
