/* For the tests of this slice: an account with a brand of each demand, and calls of its routes. */
#pragma once
#include "applicant/contact.h"
#include "applicant/form.h"
#include "applicant/organization.h"
#include "applicant/submit.h"
#include "audit/audit.h"
#include "unit.h"

enum { NOW = 1795219200 }; /* 2026-11-21 */

#define ACCOUNT  "acct_00000000000000000000000001"
#define STRANGER "acct_00000000000000000000000002"

struct world {
    struct arena *arena;
    struct db *db;
    struct policies policies;
    struct catalog catalog;
    struct services services;
    struct error e;
    int64_t now; /* of the next call */
};

static const struct brand world_brands[] = {
    {.id = "plain", .demands = DEMANDS_NONE},
    {.id = "proven", .demands = DEMANDS_DV},
    {.id = "reviewed", .demands = DEMANDS_REVIEW},
};

static inline int world_open(void **state) {
    struct arena *a = arena_new();
    struct world *w = ARENA_NEW(a, struct world);
    const struct brand **brands = ARENA_ARRAY(a, 3, const struct brand *);
    for (size_t i = 0; i < 3; i++)
        brands[i] = &world_brands[i];
    w->arena = a;
    w->now = NOW;
    w->catalog = (struct catalog){.brands = brands, .count = 3};
    if (!db_open(&w->db, ":memory:", DB_WEB, &w->e) || !db_migrate(w->db, NOW, &w->e) ||
        !policy_load(a, NULL, &w->policies, &w->e)) {
        print_error("%s\n", w->e.detail[LANG_EN]);
        return -1;
    }
    w->services = (struct services){.db = w->db, .policies = &w->policies, .catalog = &w->catalog};
    *state = w;
    return 0;
}

static inline int world_close(void **state) {
    struct world *w = *state;
    db_close(w->db);
    arena_free(w->arena);
    return 0;
}

static inline const char *world_no_query(struct request *rq, const char *name) {
    (void)rq, (void)name;
    return NULL;
}

/* What the dispatcher does around a handler; NULL with w->e. */
static inline const json_t *world_try(struct world *w, const char *method, const char *path, json_t *body) {
    static const struct route *const tables[] = {contact_routes, organization_routes, form_routes,
                                                 audit_routes, NULL};
    struct request rq = {.arena = w->arena,
                         .services = &w->services,
                         .db = w->db,
                         .now = w->now,
                         .query = world_no_query,
                         .caller = {.account_id = ACCOUNT, .key_id = "key_me", .role = ROLE_OWNER},
                         .json = json_keep(w->arena, body ? body : json_object())};
    w->e = (struct error){0};
    rq.route = route_match(tables, method, path, w->arena, rq.path_args, &w->e);
    assert_non_null(rq.route);
    assert_ok(db_begin(w->db, &w->e), w->e);
    bool ok = rq.route->handle(&rq, &w->e) && db_commit(w->db, &w->e);
    db_rollback(w->db);
    return ok ? json_keep(w->arena, rq.reply ? rq.reply : json_object()) : NULL;
}

static inline const json_t *world_call(struct world *w, const char *method, const char *path, json_t *body) {
    const json_t *answer = world_try(w, method, path, body);
    assert_ok(answer, w->e);
    return answer;
}

static inline void world_refuse(struct world *w, const char *method, const char *path, json_t *body,
                                enum error_id expected) {
    assert_null(world_try(w, method, path, body));
    assert_string_equal(error_row(w->e.id)->code, error_row(expected)->code);
    assert_true(*w->e.detail[LANG_EN] && *w->e.detail[LANG_ZH]);
}

static inline const char *text_of(const json_t *object, const char *member) {
    return json_string_value(json_object_get(object, member));
}

static inline const char *path_of(struct world *w, const char *format, const char *id) {
    return arena_printf(w->arena, format, id);
}

static inline const char *world_organization(struct world *w) {
    json_t *body = json_pack("{ssssss}", "name", "示例公司", "country", "cn", "city", "杭州");
    return text_of(world_call(w, "POST", "/v1/organizations", body), "id");
}

static inline json_t *contact_body(void) {
    return json_pack("{ssssss}", "name", "王芳", "email", "wang.fang@example.com", "mobile",
                     "+86 138-0013-8000");
}

static inline const char *world_contact(struct world *w) {
    return text_of(world_call(w, "POST", "/v1/contacts", contact_body()), "id");
}

/* Paid and active, not submitted; `like` says what is otherwise. */
static inline struct certificate world_certificate(struct world *w, struct certificate like) {
    const struct profile *profile =
        policy_find(&w->policies, like.profile ? like.profile : "alibaba-2021", 0);
    struct certificate c = like;
    c.account_id = like.account_id ? like.account_id : ACCOUNT;
    c.kind = like.kind ? like.kind : "official";
    c.names = like.names ? like.names : "www.example.com";
    c.profile = profile->name;
    c.profile_version = profile->version;
    c.grade = "ov";
    c.key_algorithm = "p256";
    c.paid_at = c.active_at = NOW - 60;
    assert_ok(certificate_insert(w->db, w->arena, profile, NOW - 60, &c, &w->e), w->e);
    return c;
}

static inline struct certificate world_certificate_now(struct world *w, const char *id) {
    struct certificate c;
    assert_ok(certificate_get_any(w->db, w->arena, id, &c, &w->e), w->e);
    return c;
}

static inline void world_store(struct world *w, struct certificate *c) {
    const struct profile *profile;
    assert_ok(certificate_profile(&w->policies, c, &profile, &w->e) &&
                  certificate_store(w->db, w->arena, profile, c, &w->e),
              w->e);
}
