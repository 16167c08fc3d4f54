/* The route table: the gate for every route and role, and what every row must say. */
#include "tenure/dispatch.h"
#include "unit.h"

static size_t each_route(void (*look)(const struct route *route)) {
    size_t count = 0;
    for (const struct route *const *table = all_routes; *table; table++)
        for (const struct route *route = *table; route->method; route++, count++)
            look(route);
    return count;
}

/* Everybody has keys, sessions and a password of their own, which may nothing that they may not. */
static bool is_own_business(const struct route *route) {
    return strncmp(route->path, "/v1/access-keys", 15) == 0 ||
           strncmp(route->path, "/v1/sessions", 12) == 0 || strcmp(route->path, "/v1/password") == 0;
}

/* What a role may do, from SPEC section 16, independently of the bits in route.h. */
static bool expected(const struct route *route, enum role role) {
    bool reads = strcmp(route->method, "GET") == 0;
    if (is_own_business(route))
        return role != ROLE_NONE;
    if (strncmp(route->path, "/v1/notices", 11) == 0)
        return role != ROLE_NONE; /* everybody reads the inbox, and notes what they have read */
    switch (role) {
    case ROLE_OWNER:
        return true;
    case ROLE_OPERATOR:
        return route->access != ACCESS_OWN && route->access != ACCESS_REVIEW;
    case ROLE_REQUESTER:
        return route->access == ACCESS_READ || route->access == ACCESS_REQUEST;
    case ROLE_REVIEWER:
        if (route->access == ACCESS_REVIEW)
            return true;
        return route->access == ACCESS_READ && (reads || !(route->flags & ROUTE_WRITES));
    case ROLE_AUDITOR:
        return route->access == ACCESS_READ && (reads || !(route->flags & ROUTE_WRITES));
    default:
        return false;
    }
}

/* Nobody but owners of the first account makes accounts, chooses CAs, sells, or gives away quota and money.
 */
static bool for_administrators(const struct route *route) {
    bool sells = strncmp(route->path, "/v1/catalog/", strlen("/v1/catalog/")) == 0 ||
                 strncmp(route->path, "/v1/issuers", strlen("/v1/issuers")) == 0;
    return strcmp(route->path, "/v1/accounts") == 0 ||
           strncmp(route->path, "/v1/name-grants", strlen("/v1/name-grants")) == 0 ||
           (sells && strcmp(route->method, "GET") != 0) || strcmp(route->path, "/v1/quota/grants") == 0 ||
           strcmp(route->path, "/v1/accounts/{id}/deposits") == 0 ||
           strcmp(route->path, "/v1/payments/{id}/confirm") == 0 ||
           strcmp(route->path, "/v1/refunds/{id}/done") == 0;
}

static void compare_gate(const struct route *route, const struct caller *caller) {
    bool wanted = route->access == ACCESS_PUBLIC ||
                  (expected(route, caller->role) && expected(route, caller->user_role) &&
                   (!for_administrators(route) || caller->administrator));
    bool permitted = dispatch_permitted(route, caller);
    if (permitted != wanted)
        print_error("%s %s with a key of role %d of a user of role %d\n", route->method, route->path,
                    caller->role, caller->user_role);
    assert_int_equal(permitted, wanted);
}

static void compare_gate_for_all(const struct route *route) {
    for (int role = ROLE_NONE; role < ROLE_COUNT; role++)
        for (int of_user = ROLE_NONE; of_user < ROLE_COUNT; of_user++)
            for (int administrator = 0; administrator < 2; administrator++)
                compare_gate(route, &(struct caller){.role = (enum role)role,
                                                     .user_role = (enum role)of_user,
                                                     .administrator = administrator});
}

static void the_gate_holds_for_every_route_and_role(void **state) {
    (void)state;
    assert_true(each_route(compare_gate_for_all) > 30);
    static const struct route approve = {
        .method = "POST", .path = "/", .access = ACCESS_REVIEW, .flags = ROUTE_WRITES};
    compare_gate_for_all(&approve);
}

/* ---- who may hand what to whom ---- */

static enum role handed, hander;

static void compare_reach(const struct route *route) {
    assert_true(!(route->access & 1u << handed) || route->access & 1u << hander);
}

static void a_role_within_another_opens_no_other_route(void **state) {
    (void)state;
    static const char *const within[ROLE_COUNT] = {[ROLE_AUDITOR] = "a",
                                                   [ROLE_REVIEWER] = "av",
                                                   [ROLE_REQUESTER] = "ar",
                                                   [ROLE_OPERATOR] = "aro",
                                                   [ROLE_OWNER] = "avrow"};
    static const char letters[ROLE_COUNT] = {[ROLE_AUDITOR] = 'a',
                                             [ROLE_REVIEWER] = 'v',
                                             [ROLE_REQUESTER] = 'r',
                                             [ROLE_OPERATOR] = 'o',
                                             [ROLE_OWNER] = 'w'};
    for (hander = ROLE_AUDITOR; hander < ROLE_COUNT; hander++)
        for (handed = ROLE_AUDITOR; handed < ROLE_COUNT; handed++) {
            assert_int_equal(role_within(handed, hander), strchr(within[hander], letters[handed]) != NULL);
            if (role_within(handed, hander))
                each_route(compare_reach);
        }
}

/* Without a key one may log in, and read what the world may read. */
static void is_expected_public(const struct route *route) {
    static const char *const paths[] = {"/v1/login",
                                        "/v1/sessions",
                                        "/v1/invitations/accept",
                                        "/v1/password/reset",
                                        "/v1/payments/events", /* signed */
                                        "/v1/health",
                                        "/v1/openapi.json",
                                        "/ca/roots.pem",
                                        "/ca/{file}",
                                        "/crl/{file}",
                                        "/confirm/{token}",
                                        "/.well-known/acme-challenge/{token}"};
    if (route->access != ACCESS_PUBLIC)
        return;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (strcmp(route->path, paths[i]) == 0)
            return;
    print_error("%s %s is open to the world\n", route->method, route->path);
    assert_true(false);
}

static void only_what_must_be_is_public(void **state) {
    (void)state;
    each_route(is_expected_public);
}

static bool is_class(enum access access) {
    static const enum access classes[] = {ACCESS_PUBLIC,  ACCESS_READ,   ACCESS_REQUEST,
                                          ACCESS_OPERATE, ACCESS_REVIEW, ACCESS_OWN};
    size_t i = 0, count = sizeof classes / sizeof *classes;
    while (i < count && classes[i] != access)
        i++;
    return i < count;
}

static void look_complete(const struct route *route) {
    assert_true(is_class(route->access)); /* of which role_within knows */
    assert_int_equal((route->flags & ROUTE_ADMINISTERS) != 0, for_administrators(route));
    if (route->flags & ROUTE_ADMINISTERS)
        assert_int_equal(route->access, ACCESS_OWN);
    assert_true(route->path[0] == '/');
    assert_true(*route->summary.in[LANG_EN] && *route->summary.in[LANG_ZH]);
    assert_non_null(route->handle);
    if (route->flags & ROUTE_LIST)
        assert_non_null(route->answer);
    if (route->flags & ROUTE_WAKES)
        assert_true(route->flags & ROUTE_WRITES);
    if (strcmp(route->method, "GET") == 0)
        assert_false(route->flags & ROUTE_WRITES);
}

static void every_row_is_complete(void **state) {
    (void)state;
    each_route(look_complete);
}

static const struct route *wanted;
static int same;

static void count_same(const struct route *route) {
    same += strcmp(route->path, wanted->path) == 0 && strcmp(route->method, wanted->method) == 0;
}

static void look_unique(const struct route *route) {
    wanted = route;
    same = 0;
    each_route(count_same);
    assert_int_equal(same, 1);
}

static void no_route_stands_twice(void **state) {
    (void)state;
    each_route(look_unique);
}

/* ---- transactions ---- */

struct world {
    struct arena *arena;
    struct db *db;
    struct exchange exchange;
};

static int world_open(void **state) {
    struct arena *a = arena_new();
    struct world *w = ARENA_NEW(a, struct world);
    struct error e;
    w->arena = a;
    w->exchange = (struct exchange){.arena = a, .method = "POST", .path = "/v1/things"};
    *state = w;
    return db_open(&w->db, ":memory:", DB_WEB, &e) && db_migrate(w->db, 1, &e) &&
                   db_exec(w->db, &e, "CREATE TABLE thing (name TEXT)")
               ? 0
               : -1;
}

static int world_close(void **state) {
    struct world *w = *state;
    db_close(w->db);
    arena_free(w->arena);
    return 0;
}

static bool add(struct request *rq, const char *name, struct error *e) {
    return db_exec(rq->db, e, "INSERT INTO thing (name) VALUES ($1)", DB_TEXT(name));
}

/* As `order` does where a quote is stale: what it began is undone, the new quote stays. */
static bool refuse_and_keep(struct request *rq, struct error *e) {
    if (!db_savepoint(rq->db, e) || !add(rq, "order", e))
        return false;
    db_savepoint_rollback(rq->db);
    rq->keep_on_refusal = true;
    return add(rq, "quote", e) && fail(e, ERR_QUOTE_STALE, "stale", "已失效");
}

static bool refuse(struct request *rq, struct error *e) {
    return add(rq, "order", e) && fail(e, ERR_QUOTE_STALE, "stale", "已失效");
}

/* What follows fails: the row for its Idempotency-Key lacks the account. */
static bool succeed(struct request *rq, struct error *e) {
    rq->keep_on_refusal = true;
    rq->caller.account_id = NULL;
    return add(rq, "order", e);
}

static bool run(struct world *w, bool (*handle)(struct request *rq, struct error *e), const char *key,
                struct error *e) {
    const struct route route = {.method = "POST", .path = "/v1/things", .handle = handle};
    struct request rq = {.arena = w->arena,
                         .db = w->db,
                         .now = 1,
                         .caller = {.account_id = "acct_1"},
                         .connection = &w->exchange,
                         .route = &route};
    bool done = dispatch_in_transaction(&rq, key, e);
    assert_false(db_in_transaction(w->db));
    return done;
}

static const char *things(struct world *w) {
    const char *names;
    struct error e;
    assert_ok(db_text(w->db, w->arena, &names, &e, "SELECT group_concat(name) FROM thing"), e);
    return names ? names : "";
}

static void a_refusal_leaves_nothing_unless_it_is_kept(void **state) {
    struct world *w = *state;
    struct error e;
    assert_fails(run(w, refuse, "key", &e), e, ERR_QUOTE_STALE);
    assert_string_equal(things(w), "");
    assert_fails(run(w, refuse_and_keep, "key", &e), e, ERR_QUOTE_STALE);
    assert_string_equal(things(w), "quote");
    /* no answer is kept for the Idempotency-Key: the same request is decided again */
    assert_fails(run(w, refuse_and_keep, "key", &e), e, ERR_QUOTE_STALE);
    assert_string_equal(things(w), "quote,quote");
}

/* The order without the answer for its Idempotency-Key would be made twice. */
static void only_a_refusal_is_kept(void **state) {
    struct world *w = *state;
    struct error e;
    assert_false(run(w, succeed, "key", &e));
    assert_string_equal(things(w), "");
    assert_ok(run(w, succeed, NULL, &e), e);
    assert_string_equal(things(w), "order");
}

#define world_test(f) cmocka_unit_test_setup_teardown(f, world_open, world_close)

TEST_MAIN(dispatch, test(the_gate_holds_for_every_route_and_role),
          test(a_role_within_another_opens_no_other_route),
          world_test(a_refusal_leaves_nothing_unless_it_is_kept), world_test(only_a_refusal_is_kept),
          test(only_what_must_be_is_public), test(every_row_is_complete), test(no_route_stands_twice))
