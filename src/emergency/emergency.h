/*
 * Emergencies (SPEC section 14): a certificate has expired and the site is down. find what is served and
 * where its files are; issue a DV certificate for its names; deploy it; verify that the site serves it;
 * follow up until the original specification is bought again and in place. One step goes through these
 * stages; it waits for the other steps by its own queue row, and each stage is written down before anything
 * of it is done.
 */
#pragma once
#include "verify/verify.h"

struct emergency {
    const char *id, *account_id, *host;
    int64_t port;
    const char *address;
    bool force;
    const char *stage;
    const char *verdict, *served_fingerprint;
    int64_t served_end_at;
    const char *names, *targets, *old_certificate_id, *original_brand, *original_grade, *certificate_id;
    int64_t deployed_at, live_at;
    const char *waits_for, *waits_detail_en, *waits_detail_zh;
    int64_t reminded_at;
    const char *created_by;
    int64_t created_at, closed_at, revision;
    /* for answers only */
    const char *stage_title, *waits_detail;
    int64_t seconds_to_live; /* -1: not live yet */
};

extern const struct field emergency_fields[];

struct emergency_stage {
    const char *emergency_id, *stage, *account_id;
    int64_t number, began_at, ended_at;
    const char *result, *detail_en, *detail_zh;
    /* for answers only */
    const char *title, *detail;
    int64_t seconds; /* -1: not ended */
};

extern const struct field emergency_stage_fields[];

#define STAGE_FIND      "find"
#define STAGE_ISSUE     "issue"
#define STAGE_DEPLOY    "deploy"
#define STAGE_VERIFY    "verify"
#define STAGE_FOLLOW_UP "follow_up"
#define STAGE_CLOSED    "closed"

const struct text *emergency_stage_title(const char *stage);

/* ---- emergency_db.c ---- */

/* ERR_ALREADY_EXISTS names the one that is open there. Gives the id. */
bool emergency_insert(struct db *db, struct arena *a, struct emergency *em, struct error *e);
bool emergency_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                   struct emergency *em, struct error *e);
bool emergency_get_any(struct db *db, struct arena *a, const char *id, struct emergency *em, struct error *e);
/* The open one of a place; `em->id` is NULL if there is none. */
bool emergency_find_open(struct db *db, struct arena *a, const char *account_id, const char *host,
                         int64_t port, struct emergency *em, struct error *e);
/* ERR_CONFLICT if somebody else has changed it since it was read. */
bool emergency_store(struct db *db, struct emergency *em, struct error *e);
struct emergency_range {
    const char *account_id, *cursor;
    size_t limit;
};
/* Newest first. */
bool emergency_list(struct db *db, struct arena *a, const struct emergency_range *range,
                    struct emergency **list, size_t *count, struct error *e);
bool emergency_stage_begin(struct db *db, const struct emergency *em, int64_t now, struct error *e);
bool emergency_stage_note(struct db *db, const struct emergency_stage *stage, struct error *e);
bool emergency_stage_list(struct db *db, struct arena *a, const char *emergency_id,
                          struct emergency_stage **list, size_t *count, struct error *e);

/* ---- emergency.c: the step ---- */

/* Declares it: journals the first stage, enqueues the step. In the caller's transaction. */
bool emergency_declare(const struct services *services, struct arena *a, struct emergency *em, int64_t now,
                       struct error *e);
/* A person gives it up, or has seen to it otherwise. */
bool emergency_close(struct db *db, struct emergency *em, int64_t now, struct error *e);
bool emergency_look(struct work *w, struct error *e);
bool emergency_next(struct work *w, struct error *e);

/* ---- for the stages ---- */

/* From act to save. */
struct emergency_turn {
    struct emergency em;
    struct finding finding;
    const char *served_names; /* of the leaf that is served; or NULL */
    bool looked, local_chain; /* local_chain: what is served leads to the local CA */
};

struct stage_end {
    const char *result;
    struct text detail;
    const char *next; /* the stage that begins now */
};

/* The stage ends, the next one is journaled, and begins at once. */
bool stage_ends(struct work *w, struct emergency *em, const struct stage_end *end, struct error *e);
/* It is not yet what it shall be: looked at again soon, less and less often. */
bool stage_waits(struct work *w, struct emergency *em, struct error *e);
/* The same, and a person must act: told once for each `what`. */
bool stage_waits_for_person(struct work *w, struct emergency *em, const char *what, struct text why,
                            struct error *e);

/* find.c */
bool find_look(struct work *w, struct emergency_turn *turn, struct error *e);
bool find_save(struct work *w, struct emergency_turn *turn, struct error *e);
/* How many targets were found. */
size_t emergency_target_count(struct arena *a, const struct emergency *em);
/* Looks at the site itself; `expected` as in verify.h. */
bool emergency_probe(struct work *w, const struct emergency *em, const struct expectation *expected,
                     struct emergency_turn *turn, struct error *e);
/* record.c: what is to be published for a certificate that waits for it; else empty */
bool stopgap_records(struct work *w, const char *certificate_id, struct text *records, struct error *e);
/* stopgap.c */
bool issue_save(struct work *w, struct emergency_turn *turn, struct error *e);
bool deploy_save(struct work *w, struct emergency_turn *turn, struct error *e);
bool verify_stage_look(struct work *w, struct emergency_turn *turn, struct error *e);
bool verify_stage_save(struct work *w, struct emergency_turn *turn, struct error *e);
/* follow_up.c */
bool follow_up_save(struct work *w, struct emergency_turn *turn, struct error *e);
/* Is there an original specification other than that of the stopgap? */
bool follow_up_needed(const struct emergency *em);
/* tell.c */
bool tell_waits(struct work *w, const struct emergency *em, struct text why, struct error *e);
bool tell_live(struct work *w, const struct emergency *em, struct error *e);
bool tell_follow_up(struct work *w, const struct emergency *em, struct error *e);
/* What keeps it from happening again: [{topic, text}]. */
bool tell_prevention(struct request *rq, const struct emergency *em, json_t **list, struct error *e);

extern const struct route emergency_routes[];
