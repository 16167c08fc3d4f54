/*
 * Records of dns-persist-01 that we have made up (draft-ietf-acme-dns-persist): shown to a person or placed
 * by a solver, then watched: an alarm is given when one is gone, and ahead of the end that it names. The form
 * of the record is in one place, persist_value; a CA that wants another one is taken at its word.
 */
#pragma once
#include "solve/solve.h"

struct persist_record {
    const char *id, *account_id;
    const char *name, *issuer, *account_uri;
    bool wildcard;
    int64_t until_at;
    const char *value;
    const char *solver_id; /* NULL: a person places it */
    const char *place, *handle;
    int64_t created_at, placed_at, seen_at, looked_at, misses;
    const char *reason, *detail_en, *detail_zh;
    int64_t unwanted_at, removed_at;
    const char *host; /* of one that was made up: as persist_record_host has it */
};
extern const struct field persist_record_fields[];

/* Fills host, and value if the rest is possible: ERR_BAD_FIELD. */
bool persist_record_make(struct arena *a, struct persist_record *r, int64_t now, struct error *e);

/* Where it is looked for. */
const char *persist_record_host(struct arena *a, const struct persist_record *r);

/* Inside a transaction: may its solver place it there? ERR_NAME_NOT_YOURS. */
bool persist_record_permitted(struct db *db, struct arena *a, const struct persist_record *r, int64_t now,
                              struct error *e);

/* ---- persist_record_db.c ---- */

/* ERR_ALREADY_EXISTS for one that is there. */
bool persist_record_insert(struct db *db, const struct persist_record *r, struct error *e);
/* Not those that were removed. */
bool persist_record_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                        struct persist_record *r, struct error *e);
bool persist_record_get_any(struct db *db, struct arena *a, const char *id, struct persist_record *r,
                            struct error *e);
bool persist_record_list(struct db *db, struct arena *a, const char *account_id, const char *cursor,
                         size_t limit, struct persist_record **list, size_t *count, struct error *e);
bool persist_record_set_place(struct db *db, const struct persist_record *r, struct error *e);
bool persist_record_set_placed(struct db *db, const struct persist_record *r, int64_t now, struct error *e);
bool persist_record_set_unwanted(struct db *db, const char *id, int64_t now, struct error *e);
bool persist_record_set_removed(struct db *db, const char *id, int64_t now, struct error *e);
/* Reason, detail, seen_at and misses of the row, as of a look at `now`. */
bool persist_record_note(struct db *db, const struct persist_record *r, int64_t now, struct error *e);
bool persist_record_purge(struct db *db, int64_t before, int64_t limit, struct error *e);

/* ---- step `persist` of a record ---- */

bool persist_act(struct work *w, struct error *e);
bool persist_save(struct work *w, struct error *e);
bool persist_failed(struct work *w, const struct error *cause, struct error *e);

extern const struct route persist_routes[];
