/* The limits of a CA in the course of an order: issue/limit.h has the rules. */
#include "issue/acme_run.h"
#include "issue/limit.h"
#include "validate/known.h"

/* What a CA wants that refuses without saying for how long. */
enum { REFUSED_SECONDS = 600 };

/* ---- what is asked for ---- */

/* The last certificate of `c` from that issuer has exactly the names that are asked for now. */
static bool same_names_before(const struct acme_run *run, const char *certificate_id, bool *same,
                              struct error *e) {
    struct application *list;
    size_t count;
    *same = false;
    if (!application_list(run->w->db, run->w->arena, certificate_id, &list, &count, e))
        return false;
    for (size_t i = 0; i < count; i++)
        if (list[i].version_id)
            *same = strcmp(list[i].issuer, run->issuer.id) == 0 &&
                    names_same(list[i].names, run->application->names);
    return true;
}

/* Before the first version it is the predecessor's that is to be followed. */
static bool read_history(const struct acme_run *run, struct limit_ask *ask, struct error *e) {
    const struct certificate *c = run->c;
    struct certificate old;
    if (c->version_count) {
        ask->end_at = c->version_end;
        return same_names_before(run, c->id, &ask->renewal, e);
    }
    if (!c->predecessor_id)
        return true;
    if (!certificate_get_any(run->w->db, run->w->arena, c->predecessor_id, &old, e))
        return error_absent(e);
    ask->end_at = old.version_end;
    return same_names_before(run, old.id, &ask->renewal, e);
}

/* An account of Tenure has one ACME account at an issuer: a new one gets no fresh limits here. */
static bool ask_of(const struct acme_run *run, const struct acme_order_row *order, struct limit_ask *ask,
                   struct error *e) {
    struct rate_limits *limits = ARENA_NEW(run->w->arena, struct rate_limits);
    *ask = (struct limit_ask){.limits = limits,
                              .issuer = run->issuer.id,
                              .directory = run->issuer.directory,
                              .account_id = run->c->account_id,
                              .acme_account = run->c->account_id,
                              .subject = run->c->id,
                              .names = run->application->names,
                              .ari = order->replaces != NULL};
    return rate_limits_parse(run->w->arena, run->issuer.limits, limits, e) && read_history(run, ask, e);
}

bool acme_limit_take(const struct acme_run *run, struct acme_order_row *order, int64_t *until,
                     struct error *e) {
    struct limit_ask ask;
    struct limit_answer answer;
    struct work *w = run->w;
    if (!ask_of(run, order, &ask, e) || !limit_take(w->db, w->arena, &ask, w->now, &answer, e))
        return false;
    order->slot_at = answer.taken ? w->now : 0;
    *until = answer.taken ? w->now : answer.slot_at;
    return true;
}

static bool take_again(struct acme_run *run, bool *taken, struct error *e) {
    int64_t until;
    if (!acme_limit_take(run, &run->order, &until, e))
        return false;
    *taken = run->order.slot_at != 0;
    run->order.slot_at = 0;
    run->order.polls += *taken;
    return acme_order_store(run->w->db, &run->order, e);
}

bool acme_limit_take_again(struct acme_run *run, bool *taken, struct error *e) {
    struct db *db = run->w->db;
    return db_begin(db, e) && db_end(db, take_again(run, taken, e), e);
}

/* ---- what has happened ---- */

/* A CA that was not asked for the authorization again has not said until when it may be used again: `expires`
 * of one that is pending says something else. */
static bool note_proof(const struct acme_run *run, const struct acme_authorization_row *z, struct error *e) {
    bool valid = acme_status_parse(z->status) == ACME_VALID;
    int64_t at = z->validated_at ? z->validated_at : z->answered_at ? z->answered_at : run->w->now;
    struct known_validation known = {.account_id = z->account_id,
                                     .issuer = z->issuer_id,
                                     .name = z->name,
                                     .wildcard = z->wildcard,
                                     .method = z->challenge_type ? z->challenge_type : "reused",
                                     .validated_at = at,
                                     .reusable_until = valid ? z->expires_at : 0};
    return known_note(run->w->db, run->w->arena, &known, e);
}

bool acme_limit_proven(const struct acme_run *run, struct error *e) {
    for (size_t i = 0; i < run->count; i++)
        if (run->authorizations[i].name && !note_proof(run, &run->authorizations[i], e))
            return false;
    return true;
}

static bool note_failures(const struct acme_run *run, const struct limit_ask *ask, struct error *e) {
    struct work *w = run->w;
    for (size_t i = 0; i < run->count; i++) {
        const struct acme_authorization_row *z = &run->authorizations[i];
        bool invalid = z->name && acme_status_parse(z->status) == ACME_INVALID;
        if (invalid && !limit_failed(w->db, w->arena, ask, z->name, w->now, e))
            return false;
    }
    return true;
}

bool acme_limit_failed(struct acme_run *run, const struct error *cause, struct error *e) {
    struct work *w = run->w;
    struct limit_ask ask;
    int64_t pause = cause->retry_after ? cause->retry_after : REFUSED_SECONDS;
    if (cause->id != ERR_ACME_RATE_LIMITED && cause->id != ERR_ACME_VALIDATION)
        return true;
    if (!ask_of(run, &run->order, &ask, e))
        return false;
    if (cause->id == ERR_ACME_VALIDATION)
        return note_failures(run, &ask, e);
    return !run->ordered || limit_refused(w->db, w->arena, &ask, w->now + pause, w->now, e);
}
