/* Delegated names: the CNAME that a person adds, and whether it leads to us. */
#pragma once
#include "solve/solver.h"

struct delegation {
    const char *id, *account_id, *name;
    int64_t created_at, looks, looked_at, seen_at;
    const char *reason, *detail_en, *detail_zh;
    int64_t removed_at;
    const char *host, *target; /* the CNAME, once delegation_complete has filled it in */
};
extern const struct field delegation_fields[];

/* `target` NULL: there is no responder. */
void delegation_complete(struct arena *a, const struct solve_settings *settings, struct delegation *d);

/* Watched anew if it was removed before; `*d` is what there is then. */
bool delegation_put(struct db *db, struct arena *a, struct delegation *d, struct error *e);
bool delegation_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                    struct delegation *d, struct error *e);
bool delegation_get_any(struct db *db, struct arena *a, const char *id, struct delegation *d,
                        struct error *e);
bool delegation_list(struct db *db, struct arena *a, const char *account_id, const char *cursor, size_t limit,
                     struct delegation **list, size_t *count, struct error *e);
/* It led to us when it was looked at last. */
bool delegation_stands(struct db *db, const char *account_id, const char *name, bool *stands,
                       struct error *e);
bool delegation_note(struct db *db, const struct delegation *d, struct error *e);
bool delegation_remove(struct db *db, const char *id, int64_t now, struct error *e);
