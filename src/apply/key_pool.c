/*
 * The pool of RSA keys: making one takes 150 ms and more, so a few lie ready, sealed, for each algorithm that
 * the account has lately applied with. Whoever needs one wakes this step.
 */
#include "apply/apply.h"
#include "base/rand.h"
#include "pki/digest.h"
#include "signer/signer.h"

enum {
    POOL_SIZE = 16,
    AT_ONCE = 4,
    USED_SECONDS = 400 * DAY, /* longer than any version: whoever renews has applied meanwhile */
};

static const enum key_algorithm pooled[] = {KEY_RSA_2048, KEY_RSA_3072, KEY_RSA_4096};

bool key_pool_make(struct work *w, enum key_algorithm algorithm, struct held_key *key, struct error *e) {
    *key = (struct held_key){.id = id_new(w->arena, "key", w->now),
                             .account_id = w->item->account_id,
                             .algorithm = key_algorithm_name(algorithm),
                             .created_at = w->now};
    struct key_ref owner = {.id = key->id, .account_id = key->account_id, .purpose = PURPOSE_LEAF};
    struct key_made made;
    if (!signer_make(w->services->signer, w->arena, algorithm, &owner, &made, e))
        return false;
    char *digest = arena_alloc(w->arena, SHA256_HEX_SIZE);
    digest_sha256_hex(made.spki, digest);
    key->spki_sha256 = digest;
    key->spki = made.spki;
    key->sealed = made.sealed;
    return true;
}

bool key_pool_wake(struct db *db, struct arena *a, const char *account_id, int64_t now, struct error *e) {
    return work_enqueue(db, account_id, arena_printf(a, "pool_%s", account_id), "key_pool", now, e);
}

struct delivery {
    struct held_key keys[AT_ONCE];
    size_t count;
    bool full; /* nothing is missing after this */
};

static bool missing(struct work *w, enum key_algorithm algorithm, int64_t *count, struct error *e) {
    const char *name = key_algorithm_name(algorithm);
    bool used;
    int64_t ready;
    *count = 0;
    if (!application_algorithm_used(w->db, w->item->account_id, name, w->now - USED_SECONDS, &used, e))
        return false;
    if (!used)
        return true;
    if (!held_key_pool_count(w->db, w->item->account_id, name, &ready, e))
        return false;
    *count = ready < POOL_SIZE ? POOL_SIZE - ready : 0;
    return true;
}

static bool deliver(struct work *w, enum key_algorithm algorithm, struct delivery *d, struct error *e) {
    int64_t count;
    if (!missing(w, algorithm, &count, e))
        return false;
    for (; count && d->count < AT_ONCE; count--)
        if (!key_pool_make(w, algorithm, &d->keys[d->count++], e))
            return false;
    d->full = d->full && !count;
    return true;
}

bool apply_pool_make(struct work *w, struct error *e) {
    struct delivery *d = w->prepared = ARENA_NEW(w->arena, struct delivery);
    d->full = true;
    for (size_t i = 0; i < sizeof pooled / sizeof *pooled; i++)
        if (!deliver(w, pooled[i], d, e))
            return false;
    return true;
}

bool apply_pool_store(struct work *w, struct error *e) {
    struct delivery *d = w->prepared;
    for (size_t i = 0; i < d->count; i++)
        if (!held_key_insert(w->db, w->arena, &d->keys[i], e))
            return false;
    return work_until(w, d->full ? w->now + DAY : w->now);
}
