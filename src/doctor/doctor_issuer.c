/* Which issuers a look at a name is about. */
#include "doctor/doctor_issuer.h"
#include "base/buf.h"
#include "issue/acme_account.h"
#include "issue/acme_clock.h"
#include "solve/solve.h"

/* Configured, or not yet but known. */
static bool find(struct db *db, struct arena *a, const char *id, struct issuer *issuer, struct error *e) {
    if (issuer_get(db, a, id, issuer, e))
        return true;
    if (!error_absent(e))
        return false;
    *issuer = (struct issuer){.id = id, .kind = "acme"};
    return issuer_preset(a, id, issuer, e) ||
           fail_field(e, "issuer", ERR_NOT_FOUND, "there is no issuer '%s', and no CA is known by that name",
                      "没有签发机构“%s”,也没有以此命名的已知 CA", id);
}

bool doctor_issuer_known(struct db *db, struct arena *a, const char *id, struct error *e) {
    struct issuer issuer;
    return !id || find(db, a, id, &issuer, e);
}

/* ---- its account ---- */

static bool find_account(const struct doctor_question *q, struct examination *x, const struct issuer *issuer,
                         struct doctor_issuer *shown, struct error *e) {
    struct acme_account account;
    if (!acme_account_of(q->services->db, x->arena, q->account_id, shown->id, &account, e))
        return false;
    if (!account.id || acme_account_over(&account))
        account = (struct acme_account){.account_id = q->account_id};
    shown->account_uri = account.url;
    return acme_account_binds(q->services->db, x->arena, issuer, &account, &shown->binds, e);
}

/* ---- its directory ---- */

static void judge_directory(struct examination *x, const struct issuer *issuer,
                            const struct doctor_issuer *shown, const struct acme_directory *directory) {
    bool registered = shown->account_uri;
    if (!registered && directory->terms_of_service && !issuer->terms_agreed)
        symptom_add(x, SYMPTOM_TERMS_NOT_AGREED, shown->id, "%s", "%s",
                    quoted(x->arena, slice_str(directory->terms_of_service)));
    if (!registered && directory->external_account_required && !shown->binds)
        symptom_add(x, SYMPTOM_EXTERNAL_ACCOUNT, shown->id, "%s", "%s", shown->id);
    if (issuer->profile && !acme_offers(directory, issuer->profile))
        symptom_add(x, SYMPTOM_PROFILE_UNKNOWN, shown->id, "%s", "%s", issuer->profile);
}

/* What it says of itself; a directory that does not answer is a finding. */
static void ask_directory(const struct doctor_question *q, struct examination *x, const struct issuer *issuer,
                          struct doctor_issuer *shown) {
    struct acme_directory directory;
    struct error problem = {0};
    const struct acme_session session = {
        .services = q->services, .arena = x->arena, .now = q->now, .issuer = issuer};
    if (!q->services->acme)
        return;
    if (acme_net_directory(&session, &directory, &problem)) {
        judge_directory(x, issuer, shown, &directory);
        if (!shown->caa_domains)
            shown->caa_domains = directory.caa_identities;
        return;
    }
    symptom_add_error(x, SYMPTOM_ISSUER_SILENT, shown->id, &problem);
}

/* ---- all of them ---- */

static bool judge_clock(const struct doctor_question *q, struct examination *x, const char *issuer,
                        struct error *e) {
    int64_t apart;
    if (!acme_clock_apart(q->services->db, x->arena, issuer, &apart, e))
        return false;
    if (apart)
        symptom_add(x, SYMPTOM_CLOCK_APART, issuer, "it is %lld seconds ahead", "快 %lld 秒",
                    (long long)apart);
    return true;
}

static bool add_issuer(const struct doctor_question *q, struct examination *x, const struct issuer *issuer,
                       struct error *e) {
    struct doctor_issuer *shown = &x->issuers[x->issuer_count++];
    *shown = (struct doctor_issuer){.id = issuer->id, .caa_domains = issuer->caa_domains};
    if (strcmp(issuer->kind, ISSUER_LOCAL) == 0) {
        shown->caa_domains = q->services->validator->caa_domain;
        return true;
    }
    shown->public =
        issuer->preset; /* others may be private ones, which the Baseline Requirements do not bind */
    if (!find_account(q, x, issuer, shown, e))
        return false;
    if (issuer->withdrawn)
        symptom_add(x, SYMPTOM_ISSUER_WITHDRAWN, shown->id, "%s", "%s", shown->id);
    else
        ask_directory(q, x, issuer, shown);
    return judge_clock(q, x, shown->id, e);
}

static bool add_one(const struct doctor_question *q, struct examination *x, struct error *e) {
    struct issuer *issuer = ARENA_NEW(x->arena, struct issuer);
    return find(q->services->db, x->arena, q->issuer_id, issuer, e) && add_issuer(q, x, issuer, e);
}

bool doctor_issuers(const struct doctor_question *q, struct examination *x, struct error *e) {
    struct issuer *list;
    size_t count;
    if (q->issuer_id)
        return add_one(q, x, e);
    if (!issuer_list(q->services->db, x->arena, NULL, ISSUERS_MAX, &list, &count, e))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!list[i].withdrawn && !add_issuer(q, x, &list[i], e))
            return false;
    return true;
}

/* ---- how it would be proven ---- */

/* A look-up that we may not make, or a chain without an end, was told before. */
static bool not_chosen(struct examination *x, struct error *e) {
    if (e->id == ERR_NO_SOLVER)
        symptom_add(x, SYMPTOM_NO_SOLVER, NULL, "%s", "%s", x->name);
    else if (e->id == ERR_NAME_NOT_YOURS)
        symptom_add(x, SYMPTOM_NOT_YOURS, NULL, "%s", "%s", x->name);
    else if (e->id != ERR_NO_RESOLVER && e->id != ERR_CNAME_LOOP)
        return false;
    error_clear(e);
    return true;
}

static bool asks_a_ca(const struct examination *x) {
    for (size_t i = 0; i < x->issuer_count; i++)
        if (strcmp(x->issuers[i].id, ISSUER_LOCAL) != 0)
            return true;
    return false;
}

/* Of records that lead elsewhere: where it writes, and whose solver that is. */
static void say_solver(struct examination *x, const struct proving *p) {
    const struct solver *s = &p->solver;
    bool by_hand = strcmp(s->kind, "manual") == 0;
    const char *record = propagation_record(x->arena, s->type, x->name);
    const char *zone = s->id ? s->zone : "-";
    if (p->place && strcasecmp(p->place, record) != 0)
        symptom_add(x, by_hand ? SYMPTOM_BY_HAND : SYMPTOM_SOLVED, NULL, "%s: %s, at %s (solver of %s)",
                    "%s:%s,记录位于 %s(区域 %s 的配置)", s->type, s->kind, p->place, zone);
    else
        symptom_add(x, by_hand ? SYMPTOM_BY_HAND : SYMPTOM_SOLVED, NULL, "%s: %s", "%s:%s", s->type, s->kind);
}

static bool choose(const struct doctor_question *q, const struct examination *x, unsigned types,
                   struct solver *solver, struct error *e) {
    const struct offer offer = {
        .name = x->name, .wildcard = x->wildcard, .address = x->address, .types = types};
    return solver_choose(q->services, x->arena, q->account_id, &offer, solver, e);
}

/* Not every CA offers dns-persist-01: it counts where nothing else of ours can. */
static void choose_persist(const struct doctor_question *q, const struct examination *x, unsigned usual,
                           struct solver *solver) {
    struct solver persist;
    struct error ignored;
    if (strcmp(solver->kind, "manual") == 0 &&
        choose(q, x, usual | 1u << CHALLENGE_DNS_PERSIST_01, &persist, &ignored) &&
        strcmp(persist.kind, "manual") != 0)
        *solver = persist;
}

bool doctor_solver(const struct doctor_question *q, struct examination *x, struct error *e) {
    const unsigned usual = 1u << CHALLENGE_HTTP_01 | 1u << CHALLENGE_DNS_01 | 1u << CHALLENGE_TLS_ALPN_01;
    struct proving p = {.account_id = q->account_id, .name = x->name};
    if (!q->services->solve || !asks_a_ca(x))
        return true;
    if (!choose(q, x, usual, &p.solver, e))
        return not_chosen(x, e);
    choose_persist(q, x, usual, &p.solver);
    bool by_record = strcmp(p.solver.type, challenge_type_name(CHALLENGE_DNS_01)) == 0;
    if (by_record && !solver_locate(q->services, x->arena, &p, e))
        return not_chosen(x, e);
    say_solver(x, &p);
    return true;
}
