/* Solvers, inside of solve/. */
#pragma once
#include "base/secret.h"
#include "solve/solve_db.h"

struct signer;

/* Is what a person gave possible? Zone and settings come out as they are stored. ERR_BAD_FIELD,
 * ERR_UNKNOWN_FIELD. */
bool solver_check(const struct services *services, struct arena *a, struct solver *s, struct error *e);
/* What a person gives as a zone: a name, an address, or "." for every name. ERR_BAD_FIELD. */
bool zone_read(struct arena *a, const char **zone, struct error *e);
/* The next one that a name belongs to; behind the last is ".", as above an address. */
const char *zone_above(const char *zone);
/* The settings as the kind's own struct. */
bool solver_settings(struct arena *a, const struct solver_ops *ops, const char *text, void **settings,
                     struct error *e);
/* Asks the signer. */
bool solver_seal(struct signer *signer, struct arena *a, struct solver *s, struct error *e);
/* Settings and secret of the solver, for its kind to work with. Asks the signer. */
bool solving_open(struct solving *s, const struct solver_ops *ops, const struct solver *solver,
                  struct error *e);
/* The best of the rows alone, DNS is not asked: what a test publishes with. ERR_NO_SOLVER. */
bool solver_configured(const struct services *services, struct arena *a, const char *account_id,
                       const struct offer *offer, struct solver *solver, struct error *e);
/* Inside a transaction: what waits is tried again, for there is another solver now. */
bool solution_wake(struct db *db, struct arena *a, const char *account_id, int64_t now, struct error *e);
/* It is proven by a record of DNS. */
bool challenge_by_record(const char *type);
