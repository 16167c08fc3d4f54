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

/* What a role may do, from SPEC section 16, independently of the bits in route.h. */
static bool expected(const struct route *route, enum role role) {
    bool reads = strcmp(route->method, "GET") == 0;
    if (strncmp(route->path, "/v1/access-keys", 15) == 0)
        return role != ROLE_NONE; /* everybody has keys of their own, of their own role at the most */
    switch (role) {
    case ROLE_OWNER:
        return true;
    case ROLE_OPERATOR:
        return route->access != ACCESS_OWN;
    case ROLE_REQUESTER:
        return route->access == ACCESS_READ || route->access == ACCESS_REQUEST;
    case ROLE_REVIEWER:
    case ROLE_AUDITOR:
        return route->access == ACCESS_READ && (reads || !(route->flags & ROUTE_WRITES));
    default:
        return false;
    }
}

static void compare_gate(const struct route *route) {
    for (int role = ROLE_NONE; role < ROLE_COUNT; role++) {
        bool permitted = dispatch_permitted(route, (enum role)role);
        bool wanted = route->access == ACCESS_PUBLIC || expected(route, (enum role)role);
        if (permitted != wanted)
            print_error("%s %s for role %d\n", route->method, route->path, role);
        assert_int_equal(permitted, wanted);
    }
}

static void the_gate_holds_for_every_route_and_role(void **state) {
    (void)state;
    assert_true(each_route(compare_gate) > 30);
}

/* Without a key one may log in, and read what the world may read. */
static void is_expected_public(const struct route *route) {
    static const char *const paths[] = {"/v1/login",     "/v1/health", "/v1/openapi.json",
                                        "/ca/roots.pem", "/ca/{file}", "/crl/{file}"};
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

static void look_complete(const struct route *route) {
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

TEST_MAIN(dispatch, test(the_gate_holds_for_every_route_and_role), test(only_what_must_be_is_public),
          test(every_row_is_complete), test(no_route_stands_twice))
