/* Rows of targets and deployments, for the other files of this slice. */
#pragma once
#include "deploy/deploy.h"

/* Gives the number. */
bool target_insert(struct db *db, struct target *target, struct error *e);
/* What a person may change, and the deletion. */
bool target_store(struct db *db, const struct target *target, struct error *e);
/* These are the files of the target from now on; ERR_ALREADY_EXISTS naming the target that has one of them.
 */
bool target_db_take_files(struct db *db, struct arena *a, const struct target *target,
                          const char *const *paths, size_t count, struct error *e);
/* All targets of one certificate go over to another. */
bool target_move(struct db *db, const char *from_certificate, const char *to_certificate, int64_t *moved,
                 struct error *e);
/* By id, those behind `cursor` (a target's id, or NULL). */
bool target_list(struct db *db, struct arena *a, const char *account_id, const char *cursor, size_t limit,
                 struct target **targets, size_t *count, struct error *e);

/* Gives the number. */
bool deployment_insert(struct db *db, struct deployment *d, struct error *e);
bool deployment_get(struct db *db, struct arena *a, const char *account_id, const char *id,
                    struct deployment *d, struct error *e);

struct deployment_filter {
    const char *account_id, *certificate_id, *target_id; /* the last two may be NULL */
    const char *cursor;                                  /* a deployment's id, or NULL */
    size_t limit;
};
/* Newest first. */
bool deployment_list(struct db *db, struct arena *a, const struct deployment_filter *filter,
                     struct deployment **list, size_t *count, struct error *e);
/* Those of a target that were given up since then. */
bool deployment_list_superseded(struct db *db, struct arena *a, const char *target_id, int64_t since,
                                struct deployment **list, size_t *count, struct error *e);

/* ---- deploy.c ---- */

/* An unfinished deployment of the target ends here; `why` for people. */
bool deployment_give_up(struct db *db, struct arena *a, const char *target_id, const struct text *why,
                        int64_t now, struct error *e);
/* Has the target something between put and keep, or is somebody at it? Then its files must stay what they
 * are. */
bool deployment_under_way(struct db *db, struct arena *a, const char *target_id, bool *under_way,
                          struct error *e);

/* ---- target.c ---- */

/* Names the field whose value made the call before fail; returns false. */
bool failed_field(struct error *e, const char *field);

/* A server's usual commands and contents, for what the person left out; ERR_BAD_FIELD for an unknown name. */
bool target_apply_preset(struct arena *a, const char *preset, struct target *target, struct error *e);
/* Is everything that a person configured possible? */
bool target_check(const struct deploy_settings *settings, struct arena *a, const struct target *target,
                  struct error *e);
/* Its files are its own: ERR_ALREADY_EXISTS if another target has one of them. One that is deleted has none.
 */
bool target_take_files(struct db *db, struct arena *a, const struct target *target, struct error *e);
/* Binds the target to another certificate or to none (NULL), in the counts of both certificates. */
bool target_bind(const struct services *services, struct arena *a, struct target *target,
                 const char *certificate_id, struct error *e);
