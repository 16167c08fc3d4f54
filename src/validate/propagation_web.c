/*
 * http-01 and tls-alpn-01 as CAs look: at every address of the name, IPv4 and IPv6 apart. An address that
 * nobody answers at is passed over as long as another answers, as CAs do; every one that answers must have
 * what is looked for, for nobody knows which of them the CA takes.
 */
#include "validate/propagation_web.h"
#include "acme/base64url.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "pki/names.h"
#include "pki/probe_tls.h"
#include "validate/inquiry.h"
#include <ctype.h>

enum { REDIRECTS_MAX = 10, CONTENT_MAX = 64 << 10, TOKEN_MAX = 512 };

/* One challenge on its way around the addresses. */
struct tour {
    const struct validator *validator;
    const struct propagation *what;
    struct inquiry inquiry;
    struct client *client;   /* http-01 */
    int64_t deadline_ms;     /* of all redirects together */
    const char *server_name; /* tls-alpn-01 */
    /* Looks at one address, and notes it down: `*answered` if somebody was there. */
    bool (*visit)(struct tour *t, const struct address *address, enum reason *reason, bool *answered,
                  struct error *e);
};

static const char *address_copy(struct arena *a, const struct address *address) {
    char text[INET6_ADDRSTRLEN];
    address_text(address, text);
    return arena_strdup(a, text);
}

static bool ends(struct tour *t, enum reason reason, size_t decisive) {
    struct check *check = t->inquiry.check;
    if (decisive >= check->count)
        return check_ends(t->inquiry.arena, check, reason, "%s", "%s", t->what->name);
    const struct check_answer *answer = &check->answers[decisive];
    return check_ends(t->inquiry.arena, check, reason, "%s at %s: %s", "%s(地址 %s):%s", answer->question,
                      answer->server, answer->answer);
}

static bool visit_all(struct tour *t, const struct addresses *addresses, struct error *e) {
    struct check *check = t->inquiry.check;
    enum reason verdict = REASON_CONNECTION_REFUSED;
    size_t decisive = check->count;
    bool somebody = false;
    t->deadline_ms = clock_monotonic_ms() + 2 * (int64_t)t->validator->http_timeout_ms;
    for (size_t i = 0; i < addresses->count && (i == 0 || clock_monotonic_ms() < t->deadline_ms); i++) {
        enum reason reason;
        bool answered;
        if (!t->visit(t, &addresses->list[i], &reason, &answered, e))
            return false;
        if (i == 0 || (answered && (!somebody || verdict == REASON_FOUND))) {
            verdict = reason;
            decisive = check->count - 1;
        }
        somebody |= answered;
    }
    return ends(t, verdict, decisive);
}

static bool take(struct tour *t, struct arena *a, struct check *check, struct error *e) {
    struct addresses addresses;
    enum reason nowhere = REASON_RECORD_MISSING;
    const char *name = t->what->name;
    if (!inquiry_begin(t->validator, a, check, &t->inquiry, e) ||
        !inquiry_addresses(&t->inquiry, name, &addresses, &nowhere, e))
        return false;
    if (addresses.count == 0)
        return check_ends(a, check, nowhere, "no address of %s was found", "未找到 %s 的地址", name);
    return visit_all(t, &addresses, e);
}

static bool look(struct tour *t, struct arena *a, struct check *check, struct error *e) {
    bool good = take(t, a, check, e);
    inquiry_end(&t->inquiry);
    return good;
}

/* ---- http-01 (RFC 8555, 8.3) ---- */

const char *challenge_url(const struct validator *v, struct arena *a, const char *name, const char *token) {
    return http_url(a, name, v->http_port, arena_printf(a, "/.well-known/acme-challenge/%s", token));
}

static bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 307 || status == 308;
}

/* It is shown to people, and asked for again. */
static bool is_printable(const char *url) {
    for (const char *c = url; *c; c++)
        if (*c <= ' ' || *c > '~')
            return false;
    return *url;
}

bool redirect_followed(const struct validator *v, struct arena *a, const struct http_reply *reply,
                       struct url_parts *to) {
    if (!is_redirect(reply->status) || !is_printable(reply->redirect) ||
        !http_url_parts(a, reply->redirect, to))
        return false;
    return to->port == 80 || to->port == 443 || to->port == v->http_port || to->port == v->tls_port;
}

/* White space at the end does not count (RFC 8555, 8.3). */
static enum reason judge_content(const struct tour *t, const struct http_reply *reply) {
    struct slice body = reply->body;
    while (body.len > 0 && isspace(body.p[body.len - 1]))
        body.len--;
    bool right = !reply->cut && slice_equal(body, slice_str(t->what->key_authorization));
    return right ? REASON_FOUND : REASON_WRONG_CONTENT;
}

/* One request on the way along the redirects. */
struct hop {
    const char *url, *host;
    struct address address;
    bool more, led; /* there is another one; there was one before */
};

static const char *reply_text(struct arena *a, const struct http_reply *reply) {
    if (is_redirect(reply->status))
        return arena_printf(a, "HTTP %d %s", reply->status, quoted(a, slice_str(reply->redirect)));
    return arena_printf(a, "HTTP %d %s", reply->status, quoted(a, reply->body));
}

static int time_of(const struct tour *t) {
    int64_t left = t->deadline_ms - clock_monotonic_ms();
    return left > t->validator->http_timeout_ms ? t->validator->http_timeout_ms : left > 1 ? (int)left : 1;
}

static bool fetch(struct tour *t, const struct hop *hop, struct http_reply *reply, struct error *problem) {
    struct arena *a = t->inquiry.arena;
    int64_t start = clock_monotonic_ms();
    const char *address = address_copy(a, &hop->address);
    const struct http_request request = {.method = "GET",
                                         .url = hop->url,
                                         .timeout_ms = time_of(t),
                                         .reply_max = CONTENT_MAX,
                                         .cut_allowed = true,
                                         .plain_allowed = true,
                                         .any_certificate = true,
                                         .address = address};
    bool answered = http_call(t->client, a, &request, reply, problem);
    const char *answer = answered ? reply_text(a, reply) : arena_strdup(a, problem->detail[LANG_EN]);
    check_add(t->inquiry.check, &(struct check_answer){.server = address,
                                                       .question = arena_printf(a, "GET %s", hop->url),
                                                       .answer = answer,
                                                       .ms = clock_monotonic_ms() - start});
    return answered;
}

/* Another host has addresses of its own; on the same one the redirect stays at the address that is looked at.
 */
static bool follow(struct tour *t, const struct http_reply *reply, struct hop *hop, enum reason *reason,
                   struct error *e) {
    struct addresses addresses;
    struct url_parts parts;
    *reason = REASON_REDIRECT_REFUSED;
    if (!redirect_followed(t->validator, t->inquiry.arena, reply, &parts))
        return true;
    hop->url = reply->redirect;
    hop->more = hop->led = true;
    if (strcmp(parts.host, hop->host) == 0)
        return true;
    if (!inquiry_addresses(&t->inquiry, parts.host, &addresses, reason, e))
        return false;
    hop->host = parts.host;
    hop->more = addresses.count > 0;
    if (hop->more)
        hop->address = addresses.list[0];
    return true;
}

static enum reason why_silent(const struct tour *t, const struct hop *hop, const struct error *problem) {
    if (problem->id == ERR_TIMED_OUT)
        return REASON_TIME_OUT;
    if (problem->id == ERR_ADDRESS_NOT_ALLOWED && hop->led)
        return REASON_REDIRECT_REFUSED;
    return http_connected(t->client) ? REASON_HTTP_STATUS : REASON_CONNECTION_REFUSED;
}

static bool take_hop(struct tour *t, struct hop *hop, enum reason *reason, bool *answered, struct error *e) {
    struct http_reply reply;
    struct error problem;
    hop->more = false;
    *answered = fetch(t, hop, &reply, &problem);
    if (!*answered) {
        *reason = why_silent(t, hop, &problem);
        return true;
    }
    if (is_redirect(reply.status))
        return follow(t, &reply, hop, reason, e);
    bool success = reply.status >= 200 && reply.status < 300;
    *reason = success ? judge_content(t, &reply) : REASON_HTTP_STATUS;
    return true;
}

/* Who leads elsewhere has answered, whatever is there. */
static bool visit_http(struct tour *t, const struct address *address, enum reason *reason, bool *answered,
                       struct error *e) {
    const struct propagation *what = t->what;
    struct hop hop = {.url = challenge_url(t->validator, t->inquiry.arena, what->name, what->token),
                      .host = what->name,
                      .address = *address};
    for (int i = 0; i <= REDIRECTS_MAX && (i == 0 || hop.more); i++) {
        bool here;
        if (!take_hop(t, &hop, reason, &here, e))
            return false;
        *answered = here || i > 0;
    }
    if (hop.more)
        *reason = REASON_REDIRECT_REFUSED;
    return true;
}

/* It becomes part of a URL. */
static bool is_token(const char *token) {
    return token && strlen(token) <= TOKEN_MAX && base64url_is(token);
}

bool propagation_http(const struct validator *v, struct arena *a, const struct propagation *what,
                      struct check *check, struct error *e) {
    AUTO_ARENA connections = arena_new(); /* they end with the look, not with the batch */
    struct tour t = {
        .validator = v, .what = what, .client = client_new(connections, v->policy), .visit = visit_http};
    if (!is_token(what->token))
        return fail_field(e, "token", ERR_BAD_FIELD, "the token is not base64url", "令牌不是 base64url 格式");
    return look(&t, a, check, e);
}

/* ---- tls-alpn-01 (RFC 8737) ---- */

/* RFC 8738: an address is asked for by the name of its reverse zone. */
static const char *reverse_name(struct arena *a, const char *name) {
    uint8_t octets[16];
    size_t count = name_ip_octets(name, octets);
    struct buf text = buf_new(a, 128);
    for (size_t i = count; i-- > 0;)
        if (count == 4)
            buf_printf(&text, "%u.", octets[i]);
        else
            buf_printf(&text, "%x.%x.", octets[i] & 15u, octets[i] >> 4);
    return count == 0 ? name : arena_printf(a, "%s%s", text.p, count == 4 ? "in-addr.arpa" : "ip6.arpa");
}

static bool proves(const struct tour *t, const struct tls_seen *seen) {
    struct slice digest;
    if (!seen->challenge || seen->count == 0 || !cert_acme_identifier(&seen->chain[0], &digest))
        return false;
    return strcmp(base64url_text(t->inquiry.arena, digest), t->what->value) == 0 &&
           strcmp(seen->chain[0].names, t->what->name) == 0;
}

static const char *seen_text(struct arena *a, const struct tls_seen *seen) {
    if (seen->result != HANDSHAKE_DONE)
        return seen->reason.in[LANG_EN];
    if (!seen->challenge)
        return "ALPN acme-tls/1 not taken";
    return arena_printf(a, "acme-tls/1, certificate for %s", seen->count ? seen->chain[0].names : "-");
}

static enum reason judge_handshake(const struct tour *t, const struct tls_seen *seen) {
    static const enum reason reasons[] = {[HANDSHAKE_UNREACHABLE] = REASON_CONNECTION_REFUSED,
                                          [HANDSHAKE_REFUSED] = REASON_WRONG_CONTENT,
                                          [HANDSHAKE_TIMED_OUT] = REASON_TIME_OUT};
    if (seen->result != HANDSHAKE_DONE)
        return reasons[seen->result];
    return proves(t, seen) ? REASON_FOUND : REASON_WRONG_CONTENT;
}

static bool shake_hands(struct tour *t, const char *address, struct tls_seen *seen, struct error *e) {
    AUTO_FD fd = -1;
    char connected[INET6_ADDRSTRLEN];
    struct error problem;
    const struct validator *v = t->validator;
    int64_t deadline = clock_monotonic_ms() + v->http_timeout_ms;
    if (outbound_connect(v->policy, address, v->tls_port, deadline, &fd, connected, &problem))
        return tls_probe_challenge(t->inquiry.arena, fd, t->server_name, deadline, seen, e);
    bool late = problem.id == ERR_TIMED_OUT;
    const char *why = arena_strdup(t->inquiry.arena, problem.detail[LANG_EN]);
    *seen = (struct tls_seen){.result = late ? HANDSHAKE_TIMED_OUT : HANDSHAKE_UNREACHABLE,
                              .reason = TEXT(why, why)};
    return true;
}

static bool visit_tls(struct tour *t, const struct address *address, enum reason *reason, bool *answered,
                      struct error *e) {
    struct arena *a = t->inquiry.arena;
    const char *text = address_copy(a, address);
    int64_t start = clock_monotonic_ms();
    struct tls_seen seen;
    if (!shake_hands(t, text, &seen, e))
        return false;
    *reason = judge_handshake(t, &seen);
    *answered = seen.result == HANDSHAKE_DONE || seen.result == HANDSHAKE_REFUSED;
    check_add(t->inquiry.check,
              &(struct check_answer){.server = text,
                                     .question =
                                         arena_printf(a, "TLS %s:%u", t->server_name, t->validator->tls_port),
                                     .answer = seen_text(a, &seen),
                                     .ms = clock_monotonic_ms() - start});
    return true;
}

bool propagation_tls(const struct validator *v, struct arena *a, const struct propagation *what,
                     struct check *check, struct error *e) {
    struct tour t = {
        .validator = v, .what = what, .server_name = reverse_name(a, what->name), .visit = visit_tls};
    return look(&t, a, check, e);
}
