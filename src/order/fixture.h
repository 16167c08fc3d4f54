/* For the tests of this slice and of those to its right: an installation in memory, and its ways through
 * time. */
#pragma once
#include "base/rand.h"
#include "notify/notify_db.h"
#include "order/order.h"
#include "pki/csr.h"
#include "signer/signer.h"
#include <stdio.h>
#include <stdlib.h>

#define ACCOUNT "acct_00000000000000000000000000"

struct world {
    struct arena *arena;
    struct services services;
    struct policies policies;
    struct catalog catalog;
    int64_t now;
};

static inline void world_must(bool ok, const struct error *e) {
    if (ok)
        return;
    fprintf(stderr, "fixture: %s\n", e->detail[LANG_EN]);
    abort();
}

static inline int64_t at(const char *text) {
    struct error e;
    int64_t t;
    world_must(time_parse(text, &t, "time", &e), &e);
    return t;
}

/* A real signer in the process, an empty database, the built-in profiles and brands. */
static inline void world_open(struct world *w, const char *now) {
    struct error e = {0};
    *w = (struct world){.arena = arena_new(), .now = at(now)};
    w->services.policies = &w->policies;
    w->services.catalog = &w->catalog;
    w->services.signer = signer_local(w->arena, secret_new(w->arena, "0123456789abcdef0123456789abcdef", 32));
    world_must(policy_load(w->arena, NULL, &w->policies, &e), &e);
    world_must(catalog_load(w->arena, NULL, &w->policies, &w->catalog, &e), &e);
    world_must(db_open(&w->services.db, ":memory:", DB_WORKER, &e), &e);
    world_must(db_migrate(w->services.db, w->now, &e), &e);
}

static inline void world_close(struct world *w) {
    db_close(w->services.db);
    arena_free(w->arena);
}

/* What a handler's transaction does: committed if it went well. */
static inline bool world_end(struct world *w, bool ok, struct error *e) {
    return db_end(w->services.db, ok, e);
}

static inline bool purchase(struct world *w, const struct order_request *request, struct certificate *first,
                            struct error *e) {
    struct order order;
    return db_begin(w->services.db, e) &&
           world_end(w, order_purchase(&w->services, w->arena, ACCOUNT, request, w->now, &order, first, e),
                     e);
}

static inline bool renew(struct world *w, const char *id, const struct order_request *request,
                         struct certificate *first, struct error *e) {
    struct certificate old;
    struct order order;
    return db_begin(w->services.db, e) &&
           world_end(w,
                     certificate_get_any(w->services.db, w->arena, id, &old, e) &&
                         order_renew(&w->services, w->arena, &old, request, w->now, &order, first, e),
                     e);
}

static inline bool reissue(struct world *w, const char *id, const struct order_request *request,
                           struct error *e) {
    struct certificate c;
    return db_begin(w->services.db, e) &&
           world_end(w,
                     certificate_get_any(w->services.db, w->arena, id, &c, e) &&
                         order_reissue(&w->services, w->arena, &c, request, w->now, e),
                     e);
}

static inline struct certificate certificate_now(struct world *w, const char *id) {
    struct error e;
    struct certificate c;
    world_must(certificate_get_any(w->services.db, w->arena, id, &c, &e), &e);
    return c;
}

/* Notices of this kind, whoever is to read them. */
static inline size_t notices_told(struct world *w, const char *event) {
    const struct notice_range all = {
        .account_id = ACCOUNT, .role = ~INT64_C(0), .user_role = ~INT64_C(0), .limit = 1000};
    struct error e;
    struct notice *notices;
    size_t count, found = 0;
    world_must(notice_list(w->services.db, w->arena, &all, &notices, &count, &e), &e);
    for (size_t i = 0; i < count; i++)
        found += strcmp(notices[i].event, event) == 0;
    return found;
}

/* A CSR for a key of its own, which is forgotten. */
static inline const char *csr_for(struct world *w, const char *names, enum key_algorithm algorithm,
                                  struct slice *spki) {
    struct error e;
    struct key_ref key = {
        .id = id_new(w->arena, "key", w->now), .account_id = ACCOUNT, .purpose = PURPOSE_CSR};
    struct key_made made;
    struct slice tbs, signature, der;
    world_must(signer_make(w->services.signer, w->arena, algorithm, &key, &made, &e), &e);
    key.sealed = made.sealed;
    world_must(csr_build_tbs(w->arena, names, made.spki, &tbs, &e), &e);
    world_must(signer_sign(w->services.signer, w->arena, &key, tbs, &signature, &e), &e);
    world_must(cert_assemble(w->arena, tbs, algorithm, signature, &der, &e), &e);
    *spki = made.spki;
    return csr_to_pem(w->arena, der);
}

/* The two halves of a step, as the engine runs them. */
struct half_steps {
    bool (*act)(struct work *w, struct error *e);
    bool (*save[2])(struct work *w, struct error *e);
};

static inline struct work step_begin(struct world *w, const char *subject) {
    struct work_item *item = ARENA_NEW(w->arena, struct work_item);
    item->subject = arena_strdup(w->arena, subject);
    item->account_id = ACCOUNT;
    return (struct work){.arena = w->arena,
                         .services = &w->services,
                         .db = w->services.db,
                         .now = w->now,
                         .item = item,
                         .outcome = OUTCOME_NEXT};
}

static inline bool step_save(struct world *w, const struct half_steps *halves, struct work *work,
                             struct error *e) {
    if (!db_begin(w->services.db, e))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < 2 && halves->save[i] && work->outcome == OUTCOME_NEXT; i++)
        ok = halves->save[i](work, e);
    return world_end(w, ok, e);
}

/* Both halves; `outcome` is what the engine would go by. */
static inline bool step_run(struct world *w, const struct half_steps *halves, const char *subject,
                            enum outcome *outcome, struct error *e) {
    struct work work = step_begin(w, subject);
    bool ok = (!halves->act || halves->act(&work, e)) && step_save(w, halves, &work, e);
    *outcome = work.outcome;
    return ok;
}
