/* Messages to the responder, by UDP and TCP, and what stands in a handshake or a path. */
#include "dns/serve.h"
#include "fuzz.h"
#include "pki/challenge_tls.h"
#include "solve/solve.h"
#include <arpa/inet.h>

static bool values_of(void *context, struct arena *a, const char *name, bool *exists, const char ***values,
                      size_t *count) {
    (void)context;
    CHECK(strlen(name) <= DNS_NAME_MAX);
    *exists = name[0] == 'a';
    *count = *exists ? 2 : 0;
    *values = ARENA_ARRAY(a, 2, const char *);
    (*values)[0] = "LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ";
    (*values)[1] = "\"; not base64url";
    return name[0] != 'b';
}

static void serve(struct arena *a, struct slice message, bool tcp, bool curt) {
    static const char *const servers[] = {"ns.acme.test"};
    struct address address = {.family = AF_INET, .bytes = {192, 0, 2, 1}};
    const struct dns_served served = {.zone = "acme.test",
                                      .name_servers = servers,
                                      .name_server_count = 1,
                                      .addresses = &address,
                                      .address_count = 1,
                                      .values = values_of};
    const struct dns_asked asked = {.message = message, .tcp = tcp, .curt = curt, .now = 1795219200};
    struct slice answer;
    if (!dns_serve(&served, a, &asked, &answer))
        return;
    CHECK(message.len >= 12 && !(message.p[2] & 0x80)); /* nothing that is an answer itself */
    CHECK(answer.len >= 12 && answer.p[2] & 0x80 && answer.p[0] == message.p[0] &&
          answer.p[1] == message.p[1]);
    CHECK(answer.len <= (tcp ? DNS_MESSAGE_MAX : DNS_UDP_MAX));
}

/* What passes for a token is safe in a path and in a record. */
static void read_token(const char *text) {
    if (token_valid(text))
        CHECK(*text && !strpbrk(text, "/.\\\"' \n%") && strlen(text) <= 255);
    if (key_authorization_valid(text))
        CHECK(!token_valid(text) && !strpbrk(text, "/\\\"' \n%"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO_ARENA a = arena_new();
    const struct slice message = slice_of(data, size);
    serve(a, message, false, false);
    serve(a, message, false, true);
    serve(a, message, true, false);
    const char *text = arena_strndup(a, (const char *)data, size);
    CHECK(strlen(challenge_name_of(a, text)) <= size + INET6_ADDRSTRLEN);
    read_token(text);
    return 0;
}
