/*
 * Deployment (SPEC section 11): targets, file sets, and the three steps put, probe, keep or bring back. The
 * old set stays until the new one is seen in a handshake.
 */
#pragma once
#include "issue/issue.h"
#include "runner/runner.h"

struct target {
    const char *id, *account_id;
    int64_t number;
    const char *name, *kind;
    const char *files; /* JSON: [{"path", "content", "mode", "owner"}], see target_file.c */
    const char *test_command, *reload_command, *probe_address, *server_name;
    const char *certificate_id, *version_id;
    int64_t created_at, deleted_at;
};

extern const struct field target_fields[];

/* States of a deployment. One that is failed or rolled back is tried again until it is finished_at. */
#define DEPLOYMENT_WAITING     "waiting"
#define DEPLOYMENT_RUNNING     "running"
#define DEPLOYMENT_VERIFYING   "verifying"
#define DEPLOYMENT_DONE        "done"
#define DEPLOYMENT_FAILED      "failed"
#define DEPLOYMENT_ROLLED_BACK "rolled_back"
/* The reason of one that was given up for a newer one, or because its target was changed or deleted. */
#define DEPLOYMENT_SUPERSEDED "superseded"

struct deployment {
    const char *id, *account_id;
    int64_t number;
    const char *version_id, *certificate_id, *target_id, *target_name, *state, *cause;
    int64_t attempts, probes, created_at, changed_at, finished_at;
    const char *reason, *detail_en, *detail_zh;
};

extern const struct field deployment_fields[];

/* What tenure.yaml allows. */
struct deploy_settings {
    struct runner_policy policy; /* folders, and commands by name beside the presets */
};

/* A kind of target: one file target_kind.c, ending in one of these, listed in target.c. */
struct target_ops {
    const char *kind;
    /* Is what a person configured possible here? Folders, commands, contents. */
    bool (*check)(const struct deploy_settings *settings, struct arena *a, const struct target *target,
                  struct error *e);
    /* The files that it writes here: no other target may have them. NULL: none. */
    bool (*paths)(struct arena *a, const struct target *target, const char ***paths, size_t *count,
                  struct error *e);
    /* Is the chain among what is put there? Then it must be served, too. */
    bool (*gives_chain)(struct arena *a, const struct target *target);
    /* Puts the version there, keeping the old one; safe to repeat. */
    bool (*put)(struct work *w, const struct target *target, const struct version *version, struct error *e);
    bool (*keep)(struct work *w, const struct target *target, struct error *e);
    /* Brings the old one back and makes it live. */
    bool (*back)(struct work *w, const struct target *target, struct error *e);
};
const struct target_ops *target_ops_find(const char *kind);
bool target_ops_of(const struct target *target, const struct target_ops **ops, struct error *e);

/* "HOST:PORT" or "HOST" (443), an IPv6 address in brackets; ERR_BAD_FIELD. */
bool probe_address_parse(struct arena *a, const char *address, const char **host, uint16_t *port,
                         struct error *e);

bool target_get(struct db *db, struct arena *a, const char *account_id, const char *id, struct target *target,
                struct error *e);
bool target_get_any(struct db *db, struct arena *a, const char *id, struct target *target, struct error *e);
bool target_list_of(struct db *db, struct arena *a, const char *certificate_id, struct target **targets,
                    size_t *count, struct error *e);
bool target_set_version(struct db *db, const char *target_id, const char *version_id, struct error *e);
bool deployment_get_any(struct db *db, struct arena *a, const char *id, struct deployment *d,
                        struct error *e);
/* Newest first. */
bool deployment_list_of(struct db *db, struct arena *a, const char *certificate_id, struct deployment **list,
                        size_t *count, struct error *e);
/* The newest of a target; `d->id` is NULL if there is none. Only the newest can be unfinished. */
bool deployment_newest(struct db *db, struct arena *a, const char *target_id, struct deployment *d,
                       struct error *e);
/* Its state and what comes with it; nothing happens to one that is finished. Read in the same transaction. */
bool deployment_store(struct db *db, const struct deployment *d, struct error *e);

/* One waiting deployment and its queue row. An unfinished older one of the same target is given up
 * (`superseded`). */
bool deployment_create(struct db *db, struct arena *a, const struct version *version,
                       const struct target *target, const char *cause, int64_t now, struct deployment *d,
                       struct error *e);
/* A version of the certificate that is the step's subject was issued and is current: targets of the
 * predecessor move to the certificate (its first version only), and each of its targets gets a deployment.
 * Part of the step `issue`. */
bool deploy_inherit(struct work *w, struct error *e);

/* The targets of another certificate (NULL: none) move to `c`, and each of its targets gets a deployment of
 * its current version. `count`: of targets. */
bool deploy_take_over(struct work *w, const char *from, struct certificate *c, size_t *count,
                      struct error *e);

/*
 * Steps of a deployment. put: files, test, reload (what fails there is undone there, by the runner); then
 * verify's probe; keep, or bring back and try again later (OUTCOME_RETRY). deploy_failed notes in the
 * deployment why an attempt failed, for people.
 */
bool deploy_failed(struct work *w, const struct error *cause, struct error *e);
/* For `party` of the steps: a target, by its id. */
const char *target_party(struct arena *a, const char *target_id);
const char *deploy_party(struct work *w);
bool deploy_put(struct work *w, struct error *e);
bool deploy_put_record(struct work *w, struct error *e);
bool deploy_keep(struct work *w, struct error *e);
bool deploy_keep_record(struct work *w, struct error *e);
bool deploy_back(struct work *w, struct error *e);
bool deploy_back_record(struct work *w, struct error *e);

extern const struct route deploy_routes[];
