/* The world of the simulation: targets that serve what the fake runner was given, and a probe that looks at
 * it. */
#pragma once
#include "verify/verify.h"

struct world {
    struct arena *arena;
    struct runner *runner;
    struct prober prober;
    struct deploy_settings deploy;
};

/* Fills runner, prober and deploy settings of the services. */
void world_start(struct world *world, struct arena *a, struct services *services);
/* A target that serves the certificate, at 127.0.0.1:PORT with the PORT being the certificate's number. In
 * the caller's transaction. */
bool world_add_target(const struct services *services, struct arena *a, struct certificate *c, int64_t now,
                      struct error *e);
