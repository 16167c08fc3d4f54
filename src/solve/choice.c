/* Which solver proves a name: by the name first, then by where its record leads. */
#include "solve/name_grant.h"
#include "solve/solver.h"
#include <strings.h>

struct choosing {
    const struct services *services;
    struct arena *arena;
    const char *account_id;
    const struct offer *offer;
    bool delegated;    /* the record of the name leads to where we answer for this account */
    bool records_only; /* of those that make any record */
    bool not_yours;    /* a row was passed over, because the name is not known to be of the account */
};

static bool is_dns_01(const char *type) {
    return strcmp(type, challenge_type_name(CHALLENGE_DNS_01)) == 0;
}

/* ---- what fits ---- */

/* RFC 8555: a wildcard is proven by DNS alone; RFC 8738: an address never is. */
static bool type_possible(enum challenge_type type, const struct offer *offer) {
    bool by_record = type == CHALLENGE_DNS_01 || type == CHALLENGE_DNS_PERSIST_01;
    return (offer->types & 1u << type) && !(offer->wildcard && !by_record) && !(offer->address && by_record);
}

/* A kind that is not in this build, or has nothing to serve with here, is passed over. A row of kind
 * `delegated` holds for those of its names that are. */
static bool fits(const struct choosing *c, const struct solver *s) {
    const struct solver_ops *ops = solver_kind(s->kind);
    enum challenge_type type = challenge_type_parse(s->type);
    return ops && type != CHALLENGE_TYPE_COUNT && type_possible(type, c->offer) &&
           (!ops->possible || ops->possible(c->services, type)) &&
           (c->delegated || strcmp(s->kind, "delegated") != 0) && (!c->records_only || ops->any_record);
}

/* What the installation itself serves is for names of the account's own. */
static bool is_permitted(struct choosing *c, const struct solver *s, bool *permitted, struct error *e) {
    const struct name_claim claim = {c->account_id, c->offer->name, challenge_by_record(s->type)};
    *permitted = !solver_kind(s->kind)->shared || name_permitted(c->services->db, c->arena, &claim, e);
    if (*permitted || e->id != ERR_NAME_NOT_YOURS)
        return *permitted;
    error_clear(e);
    c->not_yours = true;
    return true;
}

static bool consider(struct choosing *c, const struct solver *s, struct solver *chosen, struct error *e) {
    bool permitted;
    if (!fits(c, s))
        return true;
    if (!is_permitted(c, s, &permitted, e))
        return false;
    if (permitted)
        *chosen = *s;
    return true;
}

static bool first_of_zone(struct choosing *c, const char *zone, struct solver *chosen, struct error *e) {
    struct solver *list;
    size_t count;
    if (!solver_list_zone(c->services->db, c->arena, c->account_id, zone, &list, &count, e))
        return false;
    for (size_t i = 0; i < count && !chosen->kind; i++)
        if (!consider(c, &list[i], chosen, e))
            return false;
    return true;
}

/* Of the zones that `name` belongs to, without ".". */
static bool best_of_zones(struct choosing *c, const char *name, struct solver *solver, struct error *e) {
    *solver = (struct solver){.kind = NULL};
    for (const char *zone = name; strcmp(zone, ".") != 0 && !solver->kind; zone = zone_above(zone))
        if (!first_of_zone(c, zone, solver, e))
            return false;
    return true;
}

static bool best_row(struct choosing *c, struct solver *solver, struct error *e) {
    return best_of_zones(c, c->offer->name, solver, e) && (solver->kind || first_of_zone(c, ".", solver, e));
}

static struct solver unconfigured(const char *kind, const char *account_id) {
    return (struct solver){.account_id = account_id,
                           .zone = ".",
                           .type = challenge_type_name(CHALLENGE_DNS_01),
                           .kind = kind,
                           .settings = "{}",
                           .doubt_seconds = DOUBT_DEFAULT};
}

/* ---- where the record leads ---- */

static bool is_ours(const struct services *services, struct arena *a, const struct proving *p) {
    const char *ours = delegated_name(a, services->solve, p->account_id, p->name);
    return ours && strcasecmp(p->place, ours) == 0;
}

/* Who knows the zone that it leads into can write there; into our responder's zone nobody else can. */
static bool solver_there(const struct services *services, struct arena *a, struct proving *p,
                         struct error *e) {
    const struct offer offer = {.name = p->name, .types = 1u << CHALLENGE_DNS_01};
    struct choosing c = {
        .services = services, .arena = a, .account_id = p->account_id, .offer = &offer, .records_only = true};
    struct solver there;
    if (is_ours(services, a, p)) {
        if (strcmp(p->solver.kind, "delegated") != 0)
            p->solver = unconfigured("delegated", p->account_id);
        return true;
    }
    if (!best_of_zones(&c, p->place, &there, e))
        return false;
    if (there.kind)
        p->solver = there;
    return true;
}

bool solver_locate(const struct services *services, struct arena *a, struct proving *p, struct error *e) {
    const char *record = propagation_record(a, p->solver.type, p->name);
    struct place found = {.name = p->place};
    if (!p->place && !place_locate(services, a, record, &found, e))
        return false;
    p->place = found.name;
    bool elsewhere = !found.wildcard && strcasecmp(found.name, record) != 0;
    return !elsewhere || !is_dns_01(p->solver.type) || solver_there(services, a, p, e);
}

static bool look_for_delegation(struct choosing *c, struct error *e) {
    const struct services *services = c->services;
    const struct offer *offer = c->offer;
    struct proving p = {.account_id = c->account_id, .name = offer->name};
    struct place place;
    if (!services->solve->zone || !type_possible(CHALLENGE_DNS_01, offer))
        return true;
    const char *record = propagation_record(c->arena, challenge_type_name(CHALLENGE_DNS_01), offer->name);
    if (!services->solve->follow(services, c->arena, record, &place, e))
        return false;
    p.place = place.name;
    c->delegated = !place.looped && !place.wildcard && is_ours(services, c->arena, &p);
    return true;
}

/* ---- choosing ---- */

static bool no_solver(const struct choosing *c, struct error *e) {
    const struct offer *offer = c->offer;
    if (c->not_yours)
        return fail(e, ERR_NAME_NOT_YOURS, "%s is not known to be of this account", "尚未确认 %s 属于本账号",
                    offer->name);
    return fail(e, ERR_NO_SOLVER, "%s can be proven by nothing that is configured here",
                "当前配置中没有可以验证 %s 的方式", offer->name);
}

/* Some row that makes records: only DNS can tell whether it is for this name. */
static bool may_lead_to_one(struct choosing *c, bool *may, struct error *e) {
    struct solver *list;
    size_t count;
    *may = false;
    if (!type_possible(CHALLENGE_DNS_01, c->offer))
        return true;
    if (!solver_list(c->services->db, c->arena, c->account_id, NULL, SOLVERS_MAX, &list, &count, e))
        return false;
    for (size_t i = 0; i < count && !*may; i++) {
        const struct solver_ops *ops = solver_kind(list[i].kind);
        *may = ops && ops->any_record && is_dns_01(list[i].type);
    }
    return true;
}

bool solver_configured(const struct services *services, struct arena *a, const char *account_id,
                       const struct offer *offer, struct solver *solver, struct error *e) {
    struct choosing c = {
        .services = services, .arena = a, .account_id = account_id, .offer = offer, .delegated = true};
    bool may_lead = false;
    if (!best_row(&c, solver, e))
        return false;
    if (!solver->kind && !c.not_yours && !may_lead_to_one(&c, &may_lead, e))
        return false;
    if (may_lead)
        *solver = unconfigured("manual", account_id);
    return solver->kind || no_solver(&c, e);
}

/* The name is not known to be ours, but the zone is that its record leads into. */
static bool only_there(struct choosing *c, struct solver *solver, struct error *e) {
    struct proving p = {
        .account_id = c->account_id, .name = c->offer->name, .solver = unconfigured("manual", c->account_id)};
    bool may_lead;
    if (!may_lead_to_one(c, &may_lead, e))
        return false;
    if (may_lead && !solver_locate(c->services, c->arena, &p, e))
        return false;
    if (p.solver.id)
        *solver = p.solver;
    return true;
}

bool solver_choose(const struct services *services, struct arena *a, const char *account_id,
                   const struct offer *offer, struct solver *solver, struct error *e) {
    struct choosing c = {.services = services, .arena = a, .account_id = account_id, .offer = offer};
    if (!look_for_delegation(&c, e) || !best_row(&c, solver, e))
        return false;
    if (solver->kind)
        return true;
    if (c.delegated)
        *solver = unconfigured("delegated", account_id);
    else if (!c.not_yours && type_possible(CHALLENGE_DNS_01, offer))
        *solver = unconfigured("manual", account_id);
    else if (!only_there(&c, solver, e))
        return false;
    return solver->kind || no_solver(&c, e);
}
