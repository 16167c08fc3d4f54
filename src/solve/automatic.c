/* Names that are proven to Tenure itself by what the account has set up for CAs. */
#include "solve/automatic.h"
#include "pki/names.h"
#include "solve/delegation.h"

/* A record proves what lies below the name, too; the others the name alone: so the method says which may be
 * taken. */
static unsigned types_for(const char *method) {
    const unsigned record = 1u << CHALLENGE_DNS_01;
    const unsigned file = 1u << CHALLENGE_HTTP_01 | 1u << CHALLENGE_TLS_ALPN_01;
    if (!method)
        return record | file;
    return strcmp(method, "dns") == 0 ? record : file;
}

static struct offer offer_of(const struct validation *v) {
    return (struct offer){.name = v->name,
                          .wildcard = v->wildcard,
                          .address = name_is_ip(v->name),
                          .types = types_for(v->method)};
}

/* Nothing is set up for it, or not for this account. */
static bool is_for_people(struct error *e) {
    bool known = e->id == ERR_NO_SOLVER || e->id == ERR_NAME_NOT_YOURS;
    if (known)
        error_clear(e);
    return known;
}

static bool choose(const struct services *services, struct arena *a, const struct validation *v,
                   struct way *way, struct error *e) {
    const struct offer offer = offer_of(v);
    struct solver *solver = ARENA_NEW(a, struct solver);
    *way = (struct way){.type = NULL};
    if (!solver_choose(services, a, v->account_id, &offer, solver, e))
        return is_for_people(e);
    if (!solver_kind(solver->kind)->by_person)
        *way = (struct way){.type = solver->type, .solver = solver};
    return true;
}

static bool is_delegated(const struct services *services, const struct validation *v,
                         const struct offer *offer, bool *delegated, struct error *e) {
    *delegated = false;
    if (!(offer->types & 1u << CHALLENGE_DNS_01) || offer->address || !services->solve->zone)
        return true;
    return delegation_stands(services->db, v->account_id, v->name, delegated, e);
}

static bool expected(const struct services *services, struct arena *a, const struct validation *v,
                     bool *expected, struct error *e) {
    const struct offer offer = offer_of(v);
    struct solver solver = {.kind = NULL};
    bool delegated;
    if (!is_delegated(services, v, &offer, &delegated, e))
        return false;
    if (!solver_configured(services, a, v->account_id, &offer, &solver, e) && !is_for_people(e))
        return false;
    bool by_row = solver.kind && strcmp(solver.kind, "delegated") != 0;
    *expected = by_row ? !solver_kind(solver.kind)->by_person : delegated;
    return true;
}

static bool publish(const struct services *services, struct arena *a, const struct validation *v,
                    const struct way *way, int64_t now, struct error *e) {
    struct control control;
    automatic_control(a, v, &control);
    struct solution solution = {.account_id = v->account_id,
                                .validation_id = v->id,
                                .name = v->name,
                                .token = control.token,
                                .key_authorization = control.key_authorization,
                                .value = control.value};
    return solution_begin(services, a, way->solver, &solution, now, e);
}

static bool release(struct db *db, struct arena *a, const struct validation *v, int64_t now,
                    struct error *e) {
    return solution_release_validation(db, a, v->id, now, e);
}

const struct automatic solve_automatic = {choose, expected, publish, release};
