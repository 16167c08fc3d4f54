/*
 * The audit log: who changed what, when and from where, in one chain of hashes over all accounts. An entry is
 * written in the transaction of the change it tells of: there is no change without its entry.
 *
 *     return audit_change(rq, "certificate.tag", c->id, before, rq->reply, e);
 */
#pragma once
#include "http/route.h"

struct audit_entry {
    int64_t sequence; /* set by audit_write: 1, 2, 3 … */
    const char *account_id;
    int64_t at;
    const char *actor;          /* an access key, the user who logs in, or "system" */
    const char *address;        /* where the actor sits; NULL for our own doing */
    const char *action;         /* noun.verb */
    const char *subject;        /* the id of the object */
    const char *before, *after; /* the object as JSON, without secrets; NULL: there was none, there is none */
    const char *hash;           /* set by audit_write */
};

extern const struct field audit_fields[];
extern const struct route audit_routes[];

/* An entry to complete with before and after. */
struct audit_entry audit_by(const struct caller *caller, int64_t now, const char *action,
                            const char *subject);
/* The same for what Tenure does of its own accord. */
struct audit_entry audit_by_system(const char *account_id, int64_t now, const char *action,
                                   const char *subject);
/* What a request changed: the object before and after, either of which may be NULL. */
bool audit_change(struct request *rq, const char *action, const char *subject, const json_t *before,
                  const json_t *after, struct error *e);
/* Needs an open transaction. */
bool audit_write(struct db *db, struct arena *a, struct audit_entry *entry, struct error *e);

/* What a look through a part of the log has found. */
struct audit_check {
    bool intact;
    int64_t checked_to; /* number of the last entry that was looked at and is in order */
    int64_t end; /* number of the last entry that there must be; all is checked when checked_to is there */
    int64_t broken_at; /* number of the first entry that is not in order, or 0 */
    const char *fault; /* "changed", "missing" (cut out, or cut off at the end), "surplus"; NULL if intact */
};

extern const struct field audit_check_fields[];

/*
 * Follows the chain for up to `limit` entries behind `after` (0: from the beginning). False only if the
 * database could not be read: a broken log is a result. Called again with checked_to until it is `end`.
 */
bool audit_verify(struct db *db, int64_t after, int64_t limit, struct audit_check *check, struct error *e);
