/* Rows of solvers and solutions. Internal to solve/. */
#pragma once
#include "solve/solve.h"

bool solver_insert(struct db *db, const struct solver *s, struct error *e);
/* ERR_NOT_FOUND also for removed ones and those of other accounts. */
bool solver_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct solver *s,
                struct error *e);
/* For what it has published: removed ones, too. */
bool solver_get_any(struct db *db, struct arena *a, const char *id, struct solver *s, struct error *e);
bool solver_list(struct db *db, struct arena *a, const char *account_id, const char *cursor, size_t limit,
                 struct solver **list, size_t *count, struct error *e);
/* Those of one zone, in the order in which they were made. */
bool solver_list_zone(struct db *db, struct arena *a, const char *account_id, const char *zone,
                      struct solver **list, size_t *count, struct error *e);
/* Those that are not removed. */
bool solver_count(struct db *db, const char *account_id, int64_t *count, struct error *e);
bool solver_remove(struct db *db, const char *id, int64_t now, struct error *e);

/* `*inserted` false: there is one already. */
bool solution_insert(struct db *db, const struct solution *s, bool *inserted, struct error *e);
/* The open one of the same application, name, type and token. */
bool solution_find(struct db *db, struct arena *a, const struct solution *like, struct solution *s,
                   struct error *e);
bool solution_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct solution *s,
                  struct error *e);
bool solution_get_any(struct db *db, struct arena *a, const char *id, struct solution *s, struct error *e);

struct solution_filter {
    const char *account_id;
    const char *certificate_id; /* NULL: all */
    bool open;                  /* only those that are not taken away */
    const char *cursor;
    size_t limit;
};
/* Newest first. */
bool solution_page(struct db *db, struct arena *a, const struct solution_filter *f, struct solution **list,
                   size_t *count, struct error *e);

/* What the CA cannot look at yet, oldest first. */
bool solution_list_waiting(struct db *db, struct arena *a, const char *account_id, int64_t limit,
                           struct solution **list, size_t *count, struct error *e);

/* Tests that the account has asked for since then. */
bool solution_tests_since(struct db *db, const char *account_id, int64_t since, int64_t *count,
                          struct error *e);

/* Each changes nothing of one that was taken away. */
/* By whom, and where, it is to be published: nothing of it is yet. */
bool solution_set_solver(struct db *db, const struct solution *s, struct error *e);
bool solution_set_placed(struct db *db, const struct solution *s, int64_t now, struct error *e);
bool solution_set_ready(struct db *db, const char *id, int64_t now, struct error *e);
bool solution_set_unwanted(struct db *db, const char *id, int64_t now, struct error *e);
/* What was let go is published, or is to be, as if it had been placed now. */
bool solution_set_wanted(struct db *db, const char *id, int64_t now, struct error *e);
/* Nothing happens to one that is wanted again. */
bool solution_set_removed(struct db *db, const char *id, int64_t now, struct error *e);
/* Why it is not further. */
bool solution_set_reason(struct db *db, const char *id, const char *reason, const struct text *detail,
                         struct error *e);
/* Notes a look, and what was found. */
bool solution_look_insert(struct db *db, const struct solution_look *look, struct error *e);
/* Keeps it among the looks, and says nothing of the solution. */
bool solution_look_keep(struct db *db, const struct solution_look *look, struct error *e);
/* Newest first. */
bool solution_look_list(struct db *db, struct arena *a, const char *solution_id, const char *cursor,
                        size_t limit, struct solution_look **list, size_t *count, struct error *e);

bool solution_purge(struct db *db, int64_t before, int64_t limit, struct error *e);
bool solver_purge(struct db *db, int64_t limit, struct error *e);
