/*
 * Whose names are proven by what this installation itself serves: its responder, its web roots, its hooks.
 * An account has its names to itself (decision 0026): an administrator says whose they are, else who proved
 * control over them last; who was alone here keeps what was proven then.
 */
#pragma once
#include "solve/solver.h"

struct name_grant {
    const char *id, *account_id;
    const char *zone; /* names at and below it, "." for all; an automatic one: the name itself */
    bool automatic;
    int64_t created_at, used_at;
};
extern const struct field name_grant_fields[];

struct name_claim {
    const char *account_id;
    const char *name; /* without "*."; or an IP address */
    bool record;      /* a record of DNS is to be made, which a proof by file does not cover */
};

/* ERR_NAME_NOT_YOURS. */
bool name_permitted(struct db *db, struct arena *a, const struct name_claim *claim, struct error *e);
/* The same inside a transaction: who is alone keeps the name. */
bool name_take(struct db *db, struct arena *a, const struct name_claim *claim, int64_t now, struct error *e);
/* What the solution publishes, and where; kinds with means of their own account are not asked. The claim to
 * `place` counts once it is known. */
bool solution_permitted(struct db *db, struct arena *a, const struct solution *s, const char *place,
                        int64_t now, struct error *e);

/* ---- name_grant_db.c ---- */

enum whose { WHOSE_NOBODY, WHOSE_OTHER, WHOSE_OWN };

/* Of one zone, as administrators have said, or as it was kept. */
bool name_grant_whose(struct db *db, const char *account_id, const char *zone, bool automatic,
                      enum whose *whose, struct error *e);
bool name_grant_keep(struct db *db, const struct name_grant *g, struct error *e);
/* An automatic one becomes the administrator's. ERR_ALREADY_EXISTS. */
bool name_grant_put(struct db *db, struct arena *a, struct name_grant *g, struct error *e);
bool name_grant_get(struct db *db, struct arena *a, const char *id, struct name_grant *g, struct error *e);
bool name_grant_list(struct db *db, struct arena *a, const char *cursor, size_t limit,
                     struct name_grant **list, size_t *count, struct error *e);
bool name_grant_delete(struct db *db, const char *id, struct error *e);
/* Automatic ones that were used before then for the last time. */
bool name_grant_purge(struct db *db, int64_t before, int64_t limit, struct error *e);
