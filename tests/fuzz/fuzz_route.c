/*
 * Fuzz target: what a stranger's request says before anything of it is trusted. The first line is the target,
 * each further line a header. The bytes do not go through libmicrohttpd: its parser has its own fuzzing, and
 * a socket would make this a thousand times slower; here are the parts that are ours (target, route, query,
 * framing).
 */
#include "http/framing.h"
#include "http/route.h"
#include "http/url.h"
#include <stdlib.h>

static const struct route routes[] = {
    {.method = "GET", .path = "/health"},
    {.method = "GET", .path = "/v1/certificates"},
    {.method = "GET", .path = "/v1/certificates/{id}"},
    {.method = "POST", .path = "/v1/certificates/{id}/versions/{version}/{a}/{b}"},
    {.method = NULL},
};
static const struct route *const tables[] = {routes, NULL};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_arguments(const struct route *route, const char *const args[REQUEST_PATH_ARGS_MAX]) {
    size_t count = 0;
    for (const char *p = route->path; *p; p++)
        count += *p == '{';
    for (size_t i = 0; i < count; i++)
        if (strchr(args[i], '/') || !*args[i] || strlen(args[i]) > 256)
            abort();
}

static void try_target(struct arena *a, const char *target) {
    const char *args[REQUEST_PATH_ARGS_MAX];
    struct error e;
    bool valid = url_target_valid(target);
    size_t path_len = strcspn(target, "?");
    const char *path = arena_strndup(a, target, path_len);
    const struct route *route = route_match(tables, "GET", path, a, args, &e);
    if (!route)
        route = route_match(tables, "POST", path, a, args, &e);
    if (route)
        check_arguments(route, args);
    /* the server counts on it: in a valid target every value can be decoded */
    if (valid && (!url_decode(a, path, path_len) || strchr(path, ' ')))
        abort();
    if (target[path_len])
        url_query(a, target + path_len + 1, "limit");
}

static void try_header(struct framing *framing, const char *line, size_t len) {
    const char *colon = memchr(line, ':', len);
    size_t name_len = colon ? (size_t)(colon - line) : len;
    size_t value = name_len < len ? name_len + 1 : len;
    framing_header(framing, line, name_len, line + value, len - value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO_ARENA a = arena_new();
    struct framing framing = {0};
    struct error e;
    const char *text = arena_copy(a, data, size);
    size_t target_len = strcspn(text, "\n");
    try_target(a, arena_strndup(a, text, target_len));
    for (size_t at = target_len + 1, len; at < size; at += len + 1) {
        const char *end = memchr(text + at, '\n', size - at);
        len = end ? (size_t)(end - (text + at)) : size - at;
        try_header(&framing, text + at, len);
    }
    if (framing_allowed(&framing, "HTTP/1.1", &e) && (framing.hosts != 1 || framing.content_lengths > 1))
        abort();
    return 0;
}
