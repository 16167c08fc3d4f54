/*
 * The issuer kind `acme` (RFC 8555). An order is a row; a turn of the step `request` does as much about it as
 * needs no waiting, and what was found out is written behind it. Any turn may be repeated: the CA is asked
 * again how things stand.
 */
#include "base/rand.h"
#include "issue/acme_run.h"
#include "issue/ari.h"
#include "issue/failover.h"
#include "issue/limit.h"

enum {
    REQUESTS_MAX = 24, /* of one turn: others are waiting, too */
    TURN_MS = 5000,    /* after so long the next request is the next turn's */
};

/* ---- journal ---- */

/* What DNS and ports say of the names is looked at beside the order, for people: it holds nothing up. Of a
 * wildcard other CAA records may hold than of its bare domain, which is a name of its own. */
static bool want_preflight(struct work *w, const struct application *p, struct error *e) {
    const char *names = p->names;
    struct slice name;
    if (!w->services->preflight_wanted)
        return true;
    while (names_next(&names, &name)) {
        const char *text = arena_strndup(w->arena, (const char *)name.p, name.len);
        if (!w->services->preflight_wanted(w->db, p->account_id, text, p->id, w->now, e))
            return false;
    }
    return true;
}

static bool acme_journal(struct work *w, const struct certificate *c, const struct application *application,
                         struct error *e) {
    struct acme_order_row order;
    if (!acme_order_drop(w, c->id, application->id, e) ||
        !acme_order_last(w->db, w->arena, application->id, &order, e))
        return false;
    if (order.id && !order.ended_at)
        return true;
    /* Whose names were proven before needs no look ahead: thousands that renew at once would wait for it. */
    if (!order.id && !c->version_count && !want_preflight(w, application, e))
        return false;
    order = (struct acme_order_row){.id = id_new(w->arena, "aord", w->now),
                                    .account_id = c->account_id,
                                    .application_id = application->id,
                                    .certificate_id = c->id,
                                    .issuer_id = application->issuer,
                                    .created_at = w->now};
    struct acme_run run = {.w = w, .c = c, .application = application, .order = order};
    int64_t until;
    return issuer_get(w->db, w->arena, order.issuer_id, &run.issuer, e) &&
           ari_replaces(w->db, w->arena, c, order.issuer_id, &run.order.replaces, e) &&
           acme_run_lifetime(&run, e) && acme_limit_take(&run, &run.order, &until, e) &&
           acme_order_insert(w->db, &run.order, e);
}

/* ---- what is known ---- */

static enum acme_proof proof_of(const struct acme_authorization_row *z, const struct solution *list,
                                size_t count) {
    for (size_t i = 0; z->token && i < count; i++)
        if (strcmp(list[i].token, z->token) == 0 && strcmp(list[i].name, z->name) == 0 &&
            !list[i].unwanted_at)
            return list[i].ready_at ? PROOF_READY : list[i].placed_at ? PROOF_PLACED : PROOF_COMING;
    return PROOF_NONE;
}

void acme_run_room(struct acme_run *run, size_t count) {
    struct arena *a = run->w->arena;
    run->count = count;
    run->proofs = ARENA_ARRAY(a, count, enum acme_proof);
    run->seen = ARENA_ARRAY(a, count, bool);
    run->changed = ARENA_ARRAY(a, count, bool);
    run->publications = ARENA_ARRAY(a, count, struct acme_publication);
}

static bool read_authorizations(struct acme_run *run, struct error *e) {
    struct work *w = run->w;
    struct solution *solutions;
    size_t solution_count;
    if (!acme_authorization_list(w->db, w->arena, run->order.id, &run->authorizations, &run->count, e) ||
        !solution_list(w->db, w->arena, run->application->id, &solutions, &solution_count, e))
        return false;
    acme_run_room(run, run->count);
    for (size_t i = 0; i < run->count; i++)
        run->proofs[i] = proof_of(&run->authorizations[i], solutions, solution_count);
    return true;
}

/* What the order before this one has left: no other follows sooner, whoever wakes the certificate. */
static bool read_pause(struct acme_run *run, struct error *e) {
    struct acme_order_row last;
    if (!acme_order_last(run->w->db, run->w->arena, run->application->id, &last, e))
        return false;
    run->order.pause_until = last.id ? last.pause_until : 0;
    return true;
}

bool acme_run_read(struct acme_run *run, struct error *e) {
    struct work *w = run->w;
    if (!acme_order_open(w->db, w->arena, run->application->id, &run->order, e))
        return false;
    if (!run->order.id)
        return read_pause(run, e);
    return issuer_get(w->db, w->arena, run->order.issuer_id, &run->issuer, e) && read_authorizations(run, e);
}

/* An order of an account that is over belongs to nobody: the one that follows begins its own. */
static bool is_of_account(const struct acme_run *run, struct error *e) {
    bool followed = false;
    if (run->order.url &&
        !acme_account_followed(run->w->db, run->session.account, run->order.created_at, &followed, e))
        return false;
    return !followed || fail(e, ERR_ACME_OVER, "order %s is of an account at %s that is over",
                             "订单 %s 属于在 %s 的已停用账户", run->order.id, run->issuer.id);
}

bool acme_run_open(struct acme_run *run, struct error *e) {
    struct work *w = run->w;
    if (run->opened)
        return true;
    run->session = (struct acme_session){
        .services = w->services, .arena = w->arena, .now = w->now, .issuer = &run->issuer};
    run->opened = acme_account_ensure(&run->session, run->c->account_id, e) &&
                  acme_net_directory(&run->session, &run->directory, e) && is_of_account(run, e);
    return run->opened;
}

/* Else nobody could register anew: the account that the CA has forgotten would stand in the way. */
static bool note_gone(const struct acme_run *run, struct error *e) {
    const struct error cause = *e;
    struct error trouble = {.id = ERR_NONE};
    if (!acme_account_note(&run->session, &cause, &trouble))
        *e = trouble;
    return false;
}

bool acme_run_post(struct acme_run *run, const char *url, const json_t *payload, struct error *e) {
    const char *text = payload ? json_text(run->w->arena, payload, false) : NULL;
    run->requests++;
    return acme_net_post(&run->session, url, text, &run->reply, e) || note_gone(run, e);
}

/* ---- a turn ---- */

static acme_doer *const doers[] = {
    [ACME_DO_ORDER] = acme_do_order,       [ACME_DO_LOOK] = acme_do_look,
    [ACME_DO_ANSWER] = acme_do_answer,     [ACME_DO_POLL] = acme_do_poll,
    [ACME_DO_FINALIZE] = acme_do_finalize, [ACME_DO_DOWNLOAD] = acme_do_download,
    [ACME_DO_GIVE_UP] = acme_do_give_up,   [ACME_DO_BEGIN_ANEW] = acme_do_begin_anew,
};

static bool stop(struct issued *issued, int64_t until) {
    issued->waits = true;
    issued->until = until;
    return true;
}

/* What is under way at the CA is asked for in the next turn: while others have theirs, a quick CA is done. */
static bool ends_turn(const struct acme_run *run, enum acme_action action) {
    bool asks_again = action == ACME_DO_POLL || action == ACME_DO_DOWNLOAD;
    return run->must_save || run->wants_slot || run->requests >= REQUESTS_MAX ||
           clock_monotonic_ms() >= run->end_ms || (asks_again && run->waits);
}

static bool take_turn(struct acme_run *run, struct issued *issued, struct error *e) {
    while (!issued->leaf.der.p) {
        const struct acme_case known = {&run->order, run->authorizations, run->count, run->proofs, run->seen};
        struct acme_next next = acme_next(&known, run->w->now);
        if (next.action == ACME_DO_WAIT)
            return stop(issued, next.until);
        if (ends_turn(run, next.action))
            return stop(issued, run->w->now);
        if (!doers[next.action](run, next.index, issued, e))
            return false;
    }
    return true;
}

/* A slot for our account there is waited for as one for the order: nothing has failed. */
static bool waits_for_account(const struct acme_run *run, struct issued *issued, struct error *e) {
    if (e->id != ERR_ACME_ACCOUNT_SLOT)
        return false;
    int64_t until = run->w->now + e->retry_after;
    error_clear(e);
    return stop(issued, until);
}

static bool acme_ask(struct work *w, const struct certificate *c, const struct application *application,
                     struct issued *issued, struct error *e) {
    struct acme_run *run = issued->progress = ARENA_NEW(w->arena, struct acme_run);
    *run = (struct acme_run){
        .w = w, .c = c, .application = application, .end_ms = clock_monotonic_ms() + TURN_MS};
    if (!acme_run_read(run, e))
        return false;
    if (run->order.pause_until > w->now)
        return stop(issued, run->order.pause_until);
    issued->unjournaled = !run->order.id;
    if (issued->unjournaled)
        return true;
    issued->foreign = true;
    issued->chain_roots = run->issuer.chain_roots;
    return take_turn(run, issued, e) || waits_for_account(run, issued, e);
}

/* ---- what is written of it ---- */

static bool publish(struct acme_run *run, size_t i, struct issued *issued, struct error *e) {
    struct work *w = run->w;
    struct acme_publication *p = &run->publications[i];
    if (!p->wanted)
        return true;
    if (!solution_begin(w->services, w->arena, &p->solver, &p->solution, w->now, e))
        return false;
    /* it may be there at once: then nobody wakes us */
    if (p->solution.ready_at)
        issued->until = w->now;
    return true;
}

static bool save_progress(struct acme_run *run, struct issued *issued, struct error *e) {
    if (!acme_order_store(run->w->db, &run->order, e))
        return false;
    for (size_t i = 0; i < run->count; i++) {
        if (run->changed[i] && !acme_authorization_put(run->w->db, &run->authorizations[i], e))
            return false;
        if (!publish(run, i, issued, e))
            return false;
    }
    return true;
}

static bool end_order(struct acme_run *run, const char *outcome, struct error *e) {
    struct work *w = run->w;
    return acme_order_close(w->db, &run->order, outcome, w->now, e) &&
           solution_release(w->db, w->arena, run->application->id, w->now, e);
}

bool acme_order_drop(struct work *w, const char *certificate_id, const char *application_id,
                     struct error *e) {
    struct acme_order_row *orders;
    size_t count;
    if (!acme_order_list_open(w->db, w->arena, certificate_id, &orders, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        const struct acme_order_row *order = &orders[i];
        if (application_id && strcmp(order->application_id, application_id) == 0)
            continue;
        if (!acme_order_close(w->db, order, ACME_DROPPED, w->now, e) ||
            !solution_release(w->db, w->arena, order->application_id, w->now, e) ||
            !limit_forget(w->db, certificate_id, e))
            return false;
    }
    return true;
}

/* Coverage begins when the certificate is there, however long that took. */
static bool cover(struct acme_run *run, struct issued *issued, struct error *e) {
    struct work *w = run->w;
    const struct profile *profile;
    struct coverage coverage;
    if (!certificate_profile(w->services->policies, run->c, &profile, e) ||
        !issue_coverage(w, run->c, profile, &coverage, e))
        return false;
    issued->issued_at = w->now;
    issued->coverage_end = coverage.end;
    issued->carried_seconds = coverage.carried;
    return true;
}

static bool acme_save(struct work *w, const struct certificate *c, const struct application *application,
                      struct issued *issued, struct error *e) {
    struct acme_run *run = issued->progress;
    run->c = c;
    run->application = application;
    if (!run->order.id)
        return true;
    if (run->wants_slot && !acme_limit_take(run, &run->order, &issued->until, e))
        return false;
    if (!save_progress(run, issued, e))
        return false;
    return issued->waits || (acme_limit_proven(run, e) && end_order(run, ACME_ISSUED, e) &&
                             failover_worked(w, run->order.issuer_id, e) && cover(run, issued, e));
}

/* ---- what failed ---- */

static bool note_problems(struct acme_run *run, const struct error *cause, struct error *e) {
    const char *problems = acme_problems(run, cause);
    return !problems || application_set_problems(run->w->db, run->application->id, problems, e);
}

static bool is_dead(const struct acme_run *run, const struct error *cause) {
    return run->given_up || cause->id == ERR_ISSUER_ANSWER ||
           acme_status_parse(run->order.status) == ACME_INVALID || acme_order_end(&run->order) <= run->w->now;
}

/* The order goes on, but for one that the CA has surely not made: the next attempt may go elsewhere. */
static bool note_trouble(struct acme_run *run, const struct error *cause, struct error *e) {
    bool passed_over = false;
    if (!failover_failed(run->w, run->c, run->application, cause, &passed_over, e))
        return false;
    if (passed_over || (!run->order.url && !run->stays && !run->order.polls))
        return end_order(run, ACME_ABANDONED, e);
    return !is_dead(run, cause) || end_order(run, ACME_OVER, e);
}

enum { FAILED_VALIDATIONS_MAX = 3 };

/* The CA was asked at last for what nobody has seen: who was to add it had all the time there was. */
static bool asked_in_doubt(const struct acme_run *run) {
    for (size_t i = 0; i < run->count; i++)
        if (run->proofs[i] == PROOF_PLACED && run->authorizations[i].answered_at)
            return true;
    return false;
}

static bool note_names(struct acme_run *run, const struct error *cause, enum error_id *reason,
                       struct error *e) {
    int64_t failed;
    if (!end_order(run, ACME_FAILED, e) || !want_preflight(run->w, run->application, e) ||
        !acme_order_count(run->w->db, run->application->id, ACME_FAILED, &failed, e))
        return false;
    bool goes_on = failed < FAILED_VALIDATIONS_MAX && !asked_in_doubt(run);
    *reason = goes_on ? ERR_NONE : acme_rejection(run, cause);
    return true;
}

/* Did nobody publish in time what the CA was to look for? What is there, and the CA never came to, proves
 * nothing. */
static bool note_over(struct acme_run *run, const struct error *cause, enum error_id *reason,
                      struct error *e) {
    bool unproven = false;
    for (size_t i = 0; i < run->count; i++)
        unproven |= run->authorizations[i].token && !run->authorizations[i].answered_at &&
                    run->proofs[i] != PROOF_READY;
    *reason = unproven ? acme_rejection(run, cause) : ERR_NONE;
    return end_order(run, ACME_OVER, e);
}

static bool note_failure(struct acme_run *run, const struct error *cause, enum error_id *reason,
                         struct error *e) {
    switch (acme_trouble_of(cause)) {
    case TROUBLE_OURS:
        return true;
    case TROUBLE_CA:
    case TROUBLE_PERSON:
        return note_trouble(run, cause, e);
    case TROUBLE_NAME:
        return note_names(run, cause, reason, e);
    case TROUBLE_OVER:
        return note_over(run, cause, reason, e);
    case TROUBLE_REFUSED:
        *reason = acme_rejection(run, cause);
        return end_order(run, ACME_REFUSED, e);
    }
    return true;
}

/* What a person has to mend goes on when he has (work_unblock). */
static int64_t pause_after(const struct work *w, const struct error *cause) {
    return error_row(cause->id)->retry == RETRY_NEVER ? 0
                                                      : work_retry_at(cause, w->item->attempts + 1, w->now);
}

static bool acme_failed(struct work *w, const struct application *application, struct issued *issued,
                        const struct error *cause, enum error_id *reason, struct error *e) {
    struct acme_run *run = issued->progress;
    struct acme_order_row open;
    struct certificate c;
    if (!run || !run->order.id)
        return true;
    if (!acme_order_open(w->db, w->arena, application->id, &open, e))
        return false;
    if (!open.id || strcmp(open.id, run->order.id) != 0)
        return true;
    if (!certificate_get_any(w->db, w->arena, application->certificate_id, &c, e))
        return false;
    run->c = &c;
    run->application = application;
    run->order.pause_until = pause_after(w, cause);
    return save_progress(run, issued, e) && acme_limit_failed(run, cause, e) &&
           note_problems(run, cause, e) && note_failure(run, cause, reason, e);
}

const struct issuer_ops issuer_acme = {.kind = "acme",
                                       .slow = true,
                                       .journal = acme_journal,
                                       .ask = acme_ask,
                                       .save = acme_save,
                                       .failed = acme_failed};
