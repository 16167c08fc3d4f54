/*
 * Matching a request to its route. The path is compared as it came, segment by segment, and only the
 * arguments are decoded: an escaped slash never separates, and nothing is decoded twice.
 */
#include "http/route.h"
#include "base/buf.h"
#include "http/url.h"

enum { PATH_ARG_MAX = 256, METHODS_MAX = 256 };

static const char *const role_names[ROLE_COUNT] = {
    [ROLE_AUDITOR] = "auditor",   [ROLE_REVIEWER] = "reviewer", [ROLE_REQUESTER] = "requester",
    [ROLE_OPERATOR] = "operator", [ROLE_OWNER] = "owner",
};

const char *role_name(enum role role) {
    return role < ROLE_COUNT ? role_names[role] : NULL;
}

bool role_within(enum role role, enum role own) {
    static const enum access all[] = {ACCESS_READ, ACCESS_REQUEST, ACCESS_OPERATE, ACCESS_REVIEW, ACCESS_OWN};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i] & 1u << role && !(all[i] & 1u << own))
            return false;
    return true;
}

bool caller_permitted(const struct caller *caller, enum access access) {
    return access == ACCESS_PUBLIC || (access & 1u << caller->role && access & 1u << caller->user_role);
}

static size_t segment_len(const char *path) {
    return strcspn(path, "/");
}

/* An argument stands in messages and logs: no control characters, no slash, not empty. */
static const char *read_argument(struct arena *a, const char *segment, size_t len) {
    if (len == 0 || len > PATH_ARG_MAX)
        return NULL;
    const char *arg = url_decode(a, segment, len);
    if (!arg || strchr(arg, '/'))
        return NULL;
    for (const char *p = arg; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return NULL;
    return arg;
}

static bool path_matches(const char *pattern, const char *path, struct arena *a,
                         const char *args[REQUEST_PATH_ARGS_MAX]) {
    size_t count = 0;
    while (*pattern == '/' && *path == '/') {
        size_t pattern_len = segment_len(++pattern), len = segment_len(++path);
        if (*pattern == '{') {
            if (count == REQUEST_PATH_ARGS_MAX || !(args[count++] = read_argument(a, path, len)))
                return false;
        } else if (!slice_equal(slice_of(pattern, pattern_len), slice_of(path, len))) {
            return false;
        }
        pattern += pattern_len;
        path += len;
    }
    return !*pattern && !*path;
}

/* HEAD is GET whose body the server keeps to itself. */
static bool method_matches(const char *of_route, const char *method) {
    return strcmp(of_route, method) == 0 || (strcmp(method, "HEAD") == 0 && strcmp(of_route, "GET") == 0);
}

const char *route_methods(const struct route *const *tables, const char *path, struct arena *a) {
    struct buf methods = buf_new(a, METHODS_MAX);
    const char *args[REQUEST_PATH_ARGS_MAX];
    for (; *tables; tables++)
        for (const struct route *r = *tables; r->method; r++)
            if (path_matches(r->path, path, a, args))
                buf_printf(&methods, "%s%s", methods.len ? ", " : "", r->method);
    return methods.p;
}

const struct route *route_match(const struct route *const *tables, const char *method, const char *path,
                                struct arena *a, const char *args[REQUEST_PATH_ARGS_MAX], struct error *e) {
    for (const struct route *const *table = tables; *table; table++)
        for (const struct route *r = *table; r->method; r++)
            if (method_matches(r->method, method) && path_matches(r->path, path, a, args))
                return r;
    const char *methods = route_methods(tables, path, a);
    if (*methods)
        fail(e, ERR_METHOD_NOT_ALLOWED, "%s does not take %s, only %s", "%s 不支持 %s,仅支持 %s", path,
             method, methods);
    else
        fail(e, ERR_NOT_FOUND, "there is nothing at %s", "地址 %s 不存在", path);
    return NULL;
}
