/* Kind `persist`: a record that stands for good (persist_record.c); a CA may look at any time. */
#include "solve/solve.h"

static const char *place_of(const struct services *services, struct arena *a, const struct solution *s,
                            const void *settings) {
    (void)services, (void)settings;
    return propagation_record(a, s->type, s->name);
}

const struct solver_ops solve_persist = {
    .kind = "persist",
    .title =
        TEXT("A record that stays, which lets one account of a CA in", "长期有效的记录,授权 CA 的一个账户"),
    .types = 1u << CHALLENGE_DNS_PERSIST_01,
    .by_person = true,
    .stands = true,
    .place_of = place_of,
};
