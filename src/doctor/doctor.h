/*
 * Before a CA is asked: what DNS, CAA records and ports say about a name, and what would make each CA refuse
 * (SPEC section 9). What is found is shown, with the way out, and decides nothing by itself.
 */
#pragma once
#include "doctor/symptom.h"
#include "http/route.h"

enum { PREFLIGHT_PAUSE = 300, PREFLIGHTS_PER_MINUTE = 60 };

struct preflight {
    const char *id, *account_id;
    const char *name;           /* "*.example.com" for a wildcard */
    const char *issuer_id;      /* this one alone; NULL: all in question */
    const char *application_id; /* that needs it; NULL: a person asked */
    int64_t created_at, ended_at;
    const char *worst;    /* of the findings; NULL: not looked yet */
    const char *findings; /* JSON: [{code, issuer, value, detail_en, detail_zh}] */
    const char *answers;  /* JSON: [{server, question, answer, ms}] */
};

extern const struct field preflight_fields[], preflight_shown_fields[], finding_shown_fields[];
extern const struct route doctor_routes[];

/*
 * services->preflight_wanted. Nothing is planned if the name was looked at within PREFLIGHT_PAUSE seconds. Of
 * the looks that applications want one is in the queue for each account, the others follow: orders that
 * thousands of names wait for are not behind thousands of looks.
 */
bool doctor_wanted(struct db *db, const char *account_id, const char *name, const char *application_id,
                   int64_t now, struct error *e);

/* Step `examine` of a preflight: slow. */
bool doctor_examine(struct work *w, struct error *e);
bool doctor_record(struct work *w, struct error *e);
/* One that an application wants is dropped: the next one follows. */
bool doctor_failed(struct work *w, const struct error *cause, struct error *e);
/* Part of the step `retention`: what is older than 90 days goes. */
bool doctor_purge(struct work *w, struct error *e);

/* ---- rows ---- */

/* Inside a transaction. With id and time; the step is planned at once. */
bool preflight_begin(struct db *db, struct arena *a, int64_t now, struct preflight *p, struct error *e);
bool preflight_insert(struct db *db, const struct preflight *p, struct error *e);
/* ERR_NOT_FOUND also for those of other accounts. */
bool preflight_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                   struct preflight *p, struct error *e);
/* For the step, which has no account. */
bool preflight_get_any(struct db *db, struct arena *a, const char *id, struct preflight *p, struct error *e);
/* Newest first, those older than `cursor` (an id, or NULL), of all names or one. */
struct preflight_query {
    const char *account_id, *name, *cursor;
    size_t limit;
};
bool preflight_list(struct db *db, struct arena *a, const struct preflight_query *query,
                    struct preflight **list, size_t *count, struct error *e);
/* One of the name for all issuers that was asked for after then. */
bool preflight_recent(struct db *db, const char *account_id, const char *name, int64_t after, bool *is_there,
                      struct error *e);
/* How many people have asked for since then. */
bool preflight_asked_since(struct db *db, const char *account_id, int64_t since, int64_t *count,
                           struct error *e);
/* The first of those that applications of the account want, but this one (or NULL), asked for after then;
 * NULL: there is none. */
bool preflight_waiting(struct db *db, struct arena *a, const char *account_id, const char *but, int64_t after,
                       const char **id, struct error *e);
bool preflight_delete(struct db *db, const char *id, struct error *e);
/* Changes nothing on one that has ended. */
bool preflight_end(struct db *db, const struct preflight *p, struct error *e);
bool preflight_purge(struct db *db, int64_t before, int64_t limit, struct error *e);
