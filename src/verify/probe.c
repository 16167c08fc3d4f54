/* Looking at a server: every address that its name has. */
#include "base/clock.h"
#include "base/file.h"
#include "verify/verify.h"
#include <netdb.h>

enum { ADDRESSES_MAX = 8 };

/* Each address as text, without repetition. */
struct addresses {
    size_t count;
    char text[ADDRESSES_MAX][INET6_ADDRSTRLEN];
};

static void addresses_add(struct addresses *list, const struct sockaddr *sa) {
    struct address address;
    if (list->count == ADDRESSES_MAX || !address_from(sa, &address))
        return;
    address_text(&address, list->text[list->count]);
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->text[i], list->text[list->count]) == 0)
            return;
    list->count++;
}

/* NULL, or why the name has no addresses. */
static const char *resolve(const char *host, struct addresses *list) {
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int problem = getaddrinfo(host, NULL, &hints, &found);
    if (problem)
        return gai_strerror(problem);
    for (const struct addrinfo *one = found; one; one = one->ai_next)
        addresses_add(list, one->ai_addr);
    freeaddrinfo(found);
    return NULL;
}

static struct tls_seen unreachable(struct arena *a, const char *address, struct text reason) {
    return (struct tls_seen){
        .result = HANDSHAKE_UNREACHABLE,
        .reason = TEXT(arena_strdup(a, reason.in[LANG_EN]), arena_strdup(a, reason.in[LANG_ZH])),
        .protocol = "",
        .cipher = "",
        .address = arena_strdup(a, address)};
}

/* Where to look, and for what name. */
struct place {
    const char *host; /* then each of its addresses */
    uint16_t port;
    const char *server_name;
};

/* That nobody answers, or that we may not ask, is something seen. */
static bool look_at(const struct prober *self, struct arena *a, const struct place *place,
                    struct tls_seen *seen, struct error *e) {
    int64_t deadline = clock_monotonic_ms() + self->timeout_ms;
    char connected[INET6_ADDRSTRLEN];
    struct error reason;
    AUTO_FD fd = -1;
    if (outbound_connect(self->policy, place->host, place->port, deadline, &fd, connected, &reason))
        return tls_probe(a, fd, place->server_name, deadline, seen, e);
    *seen = unreachable(a, place->host, (struct text)TEXT(reason.detail[LANG_EN], reason.detail[LANG_ZH]));
    return true;
}

/* budget: the contract of a prober */
static bool look(const struct prober *self, struct arena *a, const char *address, const char *server_name,
                 struct tls_seen **seen, size_t *count, struct error *e) {
    static const struct text nowhere = TEXT("the name has no address", "该名称没有地址");
    struct addresses addresses = {.count = 0};
    struct place place = {.server_name = server_name};
    if (!probe_address_parse(a, address, &place.host, &place.port, e))
        return false;
    const char *problem = resolve(place.host, &addresses);
    *count = addresses.count ? addresses.count : 1;
    *seen = ARENA_ARRAY(a, *count, struct tls_seen);
    (*seen)[0] = unreachable(a, address, problem ? (struct text)TEXT(problem, problem) : nowhere);
    for (size_t i = 0; i < addresses.count; i++) {
        place.host = addresses.text[i];
        if (!look_at(self, a, &place, &(*seen)[i], e))
            return false;
    }
    return true;
}

const struct prober prober_tls = {.look = look, .timeout_ms = 10000};

/* budget: who looks where, for what, when, and the finding */
bool verify_expected(struct arena *a, const struct prober *prober, const char *address,
                     const struct expectation *expected, int64_t now, struct finding *finding,
                     struct error *e) {
    struct tls_seen *seen;
    size_t count;
    if (!prober->look(prober, a, address, expected->server_name, &seen, &count, e))
        return false;
    verify_judge(a, seen, count, expected, now, finding);
    return true;
}

/* budget: the same, for the command that needs no daemon */
bool verify_host(struct arena *a, const struct prober *prober, const char *address, const char *server_name,
                 int64_t now, struct finding *finding, struct error *e) {
    const struct expectation expected = {.server_name = server_name};
    return verify_expected(a, prober, address, &expected, now, finding, e);
}
