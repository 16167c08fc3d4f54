/* Addresses, ports 80 and 443, IPv4 and IPv6 apart. */
#include "base/clock.h"
#include "base/file.h"
#include "base/rand.h"
#include "doctor/examine.h"
#include "pki/names.h"
#include "pki/probe_tls.h"
#include "validate/propagation_web.h"

enum { EACH_FAMILY_MAX = 2, TIMEOUT_MS = 5000, WEB_MS = 30000, FAMILIES = 2, READ_MAX = 4096 };

/* What was seen at the addresses of one family. */
struct family {
    size_t addresses, answered_http, answered_tls;
    int status;              /* of the first that answered */
    const char *fingerprint; /* of the first certificate */
    const char *silent;      /* the first address that nobody answers at */
};

struct visit {
    struct examination *x;
    struct client *client;
    const char *url;
    struct family families[FAMILIES]; /* IPv4, IPv6 */
    int timeout_ms;
    int64_t deadline_ms;
};

/* Of a challenge that there is not. */
static const char *url_of(struct examination *x) {
    const char *token = arena_printf(x->arena, "tenure-%08x", (unsigned)rand_below(UINT32_MAX));
    return challenge_url(x->validator, x->arena, x->name, token);
}

static void note(struct visit *v, const char *address, const char *question, const char *answer,
                 int64_t start) {
    check_add(&v->x->check, &(struct check_answer){.server = address,
                                                   .question = question,
                                                   .answer = answer,
                                                   .ms = clock_monotonic_ms() - start});
}

/* ---- port 80 ---- */

static void judge_redirect(struct visit *v, const char *address, const struct http_reply *reply) {
    struct url_parts to;
    if (reply->status < 300 || reply->status >= 400)
        return;
    bool good = redirect_followed(v->x->validator, v->x->arena, reply, &to);
    enum symptom symptom = good ? SYMPTOM_REDIRECT : SYMPTOM_REDIRECT_REFUSED;
    symptom_add(v->x, symptom, NULL, "%s: HTTP %d %s", "%s:HTTP %d %s", address, reply->status,
                quoted(v->x->arena, slice_str(reply->redirect)));
}

static void visit_http(struct visit *v, const char *address, struct family *family) {
    struct arena *a = v->x->arena;
    struct http_reply reply;
    struct error problem;
    int64_t start = clock_monotonic_ms();
    const struct http_request request = {.method = "GET",
                                         .url = v->url,
                                         .timeout_ms = v->timeout_ms,
                                         .plain_allowed = true,
                                         .address = address,
                                         .reply_max = READ_MAX,
                                         .cut_allowed = true};
    bool answered = http_call(v->client, a, &request, &reply, &problem);
    note(v, address, arena_printf(a, "GET %s", v->url),
         answered ? arena_printf(a, "HTTP %d", reply.status) : arena_strdup(a, problem.detail[LANG_EN]),
         start);
    if (!answered) {
        family->silent = family->silent ? family->silent : address;
        return;
    }
    family->status = family->answered_http++ ? family->status : reply.status;
    judge_redirect(v, address, &reply);
}

/* ---- port 443 ---- */

static bool shake_hands(struct visit *v, const char *address, struct tls_seen *seen, struct error *e) {
    AUTO_FD fd = -1;
    char connected[INET6_ADDRSTRLEN];
    struct error problem;
    const struct validator *validator = v->x->validator;
    int64_t deadline = clock_monotonic_ms() + v->timeout_ms;
    if (outbound_connect(validator->policy, address, validator->tls_port, deadline, &fd, connected, &problem))
        return tls_probe(v->x->arena, fd, v->x->name, deadline, seen, e);
    const char *why = arena_strdup(v->x->arena, problem.detail[LANG_EN]);
    *seen = (struct tls_seen){.result = HANDSHAKE_UNREACHABLE, .reason = TEXT(why, why)};
    return true;
}

static bool visit_tls(struct visit *v, const char *address, struct family *family, struct error *e) {
    struct arena *a = v->x->arena;
    struct tls_seen seen;
    int64_t start = clock_monotonic_ms();
    if (!shake_hands(v, address, &seen, e))
        return false;
    bool done = seen.result == HANDSHAKE_DONE && seen.count > 0;
    note(v, address, arena_printf(a, "TLS %s:%u", v->x->name, v->x->validator->tls_port),
         done ? arena_printf(a, "%s, certificate for %s", seen.protocol, seen.chain[0].names)
         : seen.reason.in[LANG_EN] ? seen.reason.in[LANG_EN]
                                   : seen.protocol,
         start);
    if (done && family->answered_tls++ == 0)
        family->fingerprint = seen.chain[0].fingerprint;
    return true;
}

/* ---- each address ---- */

static bool is_private(const struct address *address) {
    static const struct outbound_policy nothing_allowed = {.allow = NULL};
    struct sockaddr_storage to;
    address_to(address, 0, &to);
    return !outbound_allowed(&nothing_allowed, (struct sockaddr *)&to);
}

static bool visit(struct visit *v, const struct address *address, struct error *e) {
    struct family *family = &v->families[address->family != AF_INET];
    char shown[INET6_ADDRSTRLEN];
    address_text(address, shown);
    const char *text = arena_strdup(v->x->arena, shown);
    if (is_private(address))
        symptom_add(v->x, SYMPTOM_PRIVATE_ADDRESS, NULL, "%s", "%s", text);
    if (family->addresses++ == EACH_FAMILY_MAX || clock_monotonic_ms() >= v->deadline_ms)
        return true;
    visit_http(v, text, family);
    return visit_tls(v, text, family, e);
}

/* ---- what it comes to ---- */

static void judge_ports(struct examination *x, const struct family *v4, const struct family *v6) {
    x->methods[METHOD_HTTP] = v4->answered_http + v6->answered_http > 0;
    x->methods[METHOD_TLS_ALPN] = v4->answered_tls + v6->answered_tls > 0;
    if (!x->methods[METHOD_HTTP])
        symptom_add(x, SYMPTOM_PORT_80_CLOSED, NULL, "%s", "%s", x->name);
    if (!x->methods[METHOD_TLS_ALPN])
        symptom_add(x, SYMPTOM_PORT_443_CLOSED, NULL, "%s", "%s", x->name);
}

static void judge_families(struct examination *x, const struct family *v4, const struct family *v6) {
    if (v4->addresses == 0 || v6->addresses == 0)
        return;
    if (v4->answered_http > 0 && v6->answered_http == 0)
        symptom_add(x, SYMPTOM_IPV6_REFUSES, NULL, "%s", "%s", v6->silent ? v6->silent : x->name);
    if (v4->answered_tls > 0 && v6->answered_tls == 0)
        symptom_add(x, SYMPTOM_IPV6_REFUSES, NULL, "port 443 of %s", "%s 的 443 端口", x->name);
    bool other_status = v4->answered_http && v6->answered_http && v4->status != v6->status;
    bool other_certificate =
        v4->fingerprint && v6->fingerprint && strcmp(v4->fingerprint, v6->fingerprint) != 0;
    if (other_status)
        symptom_add(x, SYMPTOM_IPV6_ELSEWHERE, NULL, "HTTP %d by IPv4, %d by IPv6",
                    "IPv4 为 HTTP %d,IPv6 为 %d", v4->status, v6->status);
    else if (other_certificate)
        symptom_add(x, SYMPTOM_IPV6_ELSEWHERE, NULL, "the certificates at port 443 are not the same (%s)",
                    "443 端口的证书不同(%s)", x->name);
}

static void tell_nowhere(struct examination *x, enum reason nowhere) {
    if (nowhere == REASON_NXDOMAIN)
        symptom_add(x, SYMPTOM_NAME_ABSENT, NULL, "%s", "%s", x->name);
    else if (nowhere == REASON_RECORD_MISSING)
        symptom_add(x, SYMPTOM_NO_ADDRESS, NULL, "%s", "%s", x->name);
}

/* A wildcard has no address of its own: what stands at the name below it tells nothing. */
bool examine_addresses(struct examination *x, struct error *e) {
    AUTO_ARENA connections = arena_new();
    struct addresses addresses;
    enum reason nowhere = REASON_FOUND;
    struct visit v = {.x = x, .url = url_of(x), .deadline_ms = clock_monotonic_ms() + WEB_MS};
    if (x->wildcard)
        return true;
    if (!inquiry_addresses(&x->inquiry, x->name, &addresses, &nowhere, e))
        return false;
    v.client = client_new(connections, x->validator->policy);
    v.timeout_ms = x->validator->http_timeout_ms < TIMEOUT_MS ? x->validator->http_timeout_ms : TIMEOUT_MS;
    for (size_t i = 0; i < addresses.count; i++)
        if (!visit(&v, &addresses.list[i], e))
            return false;
    if (addresses.count == 0) {
        tell_nowhere(x, nowhere);
        return true;
    }
    judge_ports(x, &v.families[0], &v.families[1]);
    judge_families(x, &v.families[0], &v.families[1]);
    return true;
}
