/* Automatic renewal (SPEC sections 3, 6, 10): a switch of one certificate. */
#pragma once
#include "certificate/certificate.h"
#include "db/step.h"

/* Switches it, if the action table allows, and has the engine look at once. */
bool auto_renew_set(const struct services *services, struct arena *a, struct certificate *c, bool on,
                    int64_t now, struct error *e);
/*
 * Orders one more year of `c` with the same data: quota first, the rest from the balance. The switch goes
 * over to the successor. Refused, nothing is left of the order, the switch is off and its owner is told; what
 * may go better later fails instead. Belongs to the step's transaction; `c` is stale afterwards.
 */
bool auto_renew_order(struct work *w, const struct certificate *c, struct error *e);

extern const struct route auto_renew_routes[];
