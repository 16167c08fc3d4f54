/* Whose names are proven by what this installation itself serves. */
#include "solve/name_grant.h"
#include "account/account.h"
#include "base/rand.h"
#include "validate/validation.h"

/* ---- the rule ---- */

/* The longest zone that an administrator has given away. */
static bool granted(struct db *db, const struct name_claim *claim, enum whose *whose, struct error *e) {
    const char *zone = claim->name;
    *whose = WHOSE_NOBODY;
    for (bool top = false; !top && *whose == WHOSE_NOBODY; zone = zone_above(zone)) {
        top = strcmp(zone, ".") == 0;
        if (!name_grant_whose(db, claim->account_id, zone, false, whose, e))
            return false;
    }
    return true;
}

static bool proven(struct db *db, struct arena *a, const struct name_claim *claim, enum whose *whose,
                   struct error *e) {
    const char *prover;
    if (!validation_prover(db, a, claim->name, claim->record, &prover, e))
        return false;
    if (prover)
        *whose = strcmp(prover, claim->account_id) == 0 ? WHOSE_OWN : WHOSE_OTHER;
    return true;
}

/* Beside other accounts. */
static bool is_own(struct db *db, struct arena *a, const struct name_claim *claim, struct error *e) {
    enum whose whose = WHOSE_NOBODY;
    if (!granted(db, claim, &whose, e) || (!whose && !proven(db, a, claim, &whose, e)) ||
        (!whose && !name_grant_whose(db, claim->account_id, claim->name, true, &whose, e)))
        return false;
    return whose == WHOSE_OWN || fail(e, ERR_NAME_NOT_YOURS, "%s is not known to be of this account",
                                      "尚未确认 %s 属于本账号", claim->name);
}

bool name_permitted(struct db *db, struct arena *a, const struct name_claim *claim, struct error *e) {
    bool alone;
    return account_is_alone(db, claim->account_id, &alone, e) && (alone || is_own(db, a, claim, e));
}

bool name_take(struct db *db, struct arena *a, const struct name_claim *claim, int64_t now, struct error *e) {
    bool alone;
    const struct name_grant kept = {.id = id_new(a, "ngr", now),
                                    .account_id = claim->account_id,
                                    .zone = claim->name,
                                    .automatic = true,
                                    .created_at = now,
                                    .used_at = now};
    return account_is_alone(db, claim->account_id, &alone, e) &&
           (alone ? name_grant_keep(db, &kept, e) : is_own(db, a, claim, e));
}

/* ---- of a solution ---- */

bool solution_permitted(struct db *db, struct arena *a, const struct solution *s, const char *place,
                        int64_t now, struct error *e) {
    bool record = challenge_by_record(s->type);
    const struct name_claim claim = {s->account_id, s->name, record};
    if (!solver_kind(s->kind)->shared)
        return true;
    if (!name_take(db, a, &claim, now, e))
        return false;
    const struct name_claim there = {s->account_id, record && place ? propagation_name(place) : s->name,
                                     true};
    return strcmp(there.name, s->name) == 0 || name_take(db, a, &there, now, e);
}
