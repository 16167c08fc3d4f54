/*
 * Kind `delegated`: `_acme-challenge.NAME` leads by CNAME to a name below the responder's zone, which is told
 * to this account alone. No credentials of anybody's DNS are stored.
 */
#include "solve/solve.h"

static bool possible(const struct services *services, enum challenge_type type) {
    (void)type;
    return services->solve && services->solve->zone;
}

static const char *place_of(const struct services *services, struct arena *a, const struct solution *s,
                            const void *settings) {
    (void)settings;
    return delegated_name(a, services->solve, s->account_id, s->name);
}

const struct solver_ops solve_delegated = {
    .kind = "delegated",
    .title = TEXT("Tenure's own DNS responder, by a CNAME", "Tenure 自带的 DNS 应答服务(通过 CNAME 委托)"),
    .types = 1u << CHALLENGE_DNS_01,
    .at_once = true,
    .possible = possible,
    .place_of = place_of,
};
