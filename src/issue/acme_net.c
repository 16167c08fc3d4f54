/* Talking to ACME servers. What a problem means for us is in acme_problem.c. */
#include "issue/acme_net.h"
#include "acme/base64url.h"
#include "acme/header.h"
#include "acme/jws.h"
#include "base/clock.h"
#include "issue/acme_account.h"
#include "issue/acme_clock.h"
#include "issue/acme_gate.h"
#include "issue/acme_problem.h"
#include <stdio.h>

enum {
    LOOK_TIMEOUT_MS = 10000, /* of what the CA only looks up */
    POST_TIMEOUT_MS = 15000, /* of what it may have to work for */
    NONCE_MS = 10000,        /* how long it may refuse nonces */
    PLACES_MAX = 32,
    NONCES_MAX = 32,
    NONCE_MAX = 256,
    BODY_MAX = 256 << 10,
    NONCE_TRIES = 20,
    STATUS_GROUP = 100,
    STATUS_GOOD = 2,
};

#define NO_OFFSET (INT64_MAX / 2)

/* What we know of one server: its directory as it answered, and nonces. */
struct place {
    struct arena *arena;   /* of the name and directory; NULL: free */
    struct acme_gate gate; /* its name, issuer and revision, is the place's: what was heard under other roots
                              does not count */
    struct acme_directory directory;
    int64_t fetched_at;   /* 0: not yet */
    int64_t clock_offset; /* of its answers; NO_OFFSET: none yet in this process */
    char nonces[NONCES_MAX][NONCE_MAX + 1];
    size_t nonce_count;
};

struct acme_net {
    struct arena *arena;
    const struct outbound_policy *outbound;
    struct acme_transport transport;
    struct client *client; /* NULL before the first call */
    struct place places[PLACES_MAX];
    size_t next_place;
};

static void release(void *object) {
    struct acme_net *net = object;
    for (size_t i = 0; i < PLACES_MAX; i++)
        arena_free(net->places[i].arena);
}

static bool call_by_http(void *context, struct arena *a, const struct http_request *request,
                         struct http_reply *reply, struct error *e) {
    struct acme_net *net = context;
    if (!net->client)
        net->client = client_new(net->arena, net->outbound);
    return http_call(net->client, a, request, reply, e);
}

struct acme_net *acme_net_over(struct arena *a, const struct acme_transport *transport) {
    struct acme_net *net = ARENA_NEW(a, struct acme_net);
    net->arena = a;
    net->transport = *transport;
    arena_defer(a, release, net);
    return net;
}

struct acme_net *acme_net_new(struct arena *a, const struct outbound_policy *outbound) {
    struct acme_net *net = acme_net_over(a, &(struct acme_transport){.call = call_by_http});
    net->transport.context = net;
    net->outbound = outbound;
    return net;
}

const char *issuer_party(struct arena *a, const char *issuer_id) {
    return issuer_id ? arena_printf(a, "issuer %s", issuer_id) : NULL;
}

/* ---- one call ---- */

static void look_at_clock(const struct acme_session *s, struct place *place, const struct http_reply *reply) {
    const char *date = http_reply_header(reply, "Date");
    int64_t theirs;
    if (!date || !header_date(date, &theirs))
        return;
    int64_t offset = theirs - s->now;
    if (!acme_clock_same(place->clock_offset, offset) && acme_clock_note(s, offset))
        place->clock_offset = offset;
}

static void keep_nonce(struct place *place, const struct http_reply *reply) {
    const char *nonce = http_reply_header(reply, "Replay-Nonce");
    if (!nonce || !base64url_is(nonce) || strlen(nonce) > NONCE_MAX)
        return;
    if (place->nonce_count == NONCES_MAX) { /* the oldest goes */
        memmove(place->nonces[0], place->nonces[1], sizeof place->nonces - sizeof *place->nonces);
        place->nonce_count--;
    }
    snprintf(place->nonces[place->nonce_count++], NONCE_MAX + 1, "%s", nonce);
}

/* Also by https: nobody else's directory leads to what this machine serves without TLS. */
static bool directory_is_here(const struct acme_session *s) {
    const char *rest = strstr(s->issuer->directory, "://");
    struct error refused;
    return rest && http_url_check("directory", arena_printf(s->arena, "http%s", rest), &refused);
}

/* The addresses are the CA's: one that we do not follow is its mistake. */
static bool follow(const struct acme_session *s, const char *url, struct error *e) {
    struct error refused;
    return (http_url_check("url", url, &refused) &&
            (strncmp(url, "https://", strlen("https://")) == 0 || directory_is_here(s))) ||
           fail(e, ERR_ACME_ANSWER, "the CA sends us to %.200s, which is not https",
                "CA 给出的地址不是 https:%.200s", url);
}

/* Only the address of the directory is the operator's to allow. */
static bool blame(const struct acme_session *s, const char *url, struct error *e) {
    bool led = e->id == ERR_ADDRESS_NOT_ALLOWED && strcmp(url, s->issuer->directory) != 0;
    return led ? fail(e, ERR_ACME_ANSWER,
                      "the CA sends us to %.200s, which lies in an address range that is closed to outgoing "
                      "connections",
                      "CA 给出的地址 %.200s 位于禁止对外连接的地址段内", url)
               : false;
}

static bool call(const struct acme_session *s, struct place *place, struct http_request *request,
                 struct http_reply *reply, struct error *e) {
    struct acme_net *net = s->services->acme;
    request->timeout_ms = request->body.p ? POST_TIMEOUT_MS : LOOK_TIMEOUT_MS;
    request->reply_max = BODY_MAX;
    request->roots = slice_str(s->issuer->tls_roots);
    if (!follow(s, request->url, e) || !acme_gate_enter(s, &place->gate, e))
        return false;
    if (s->services->db)
        db_read_end(s->services->db); /* nobody's log grows while we wait */
    bool answered = net->transport.call(net->transport.context, s->arena, request, reply, e);
    acme_gate_leave(s, &place->gate, answered ? NULL : e, answered ? reply->status : 0);
    if (!answered)
        return blame(s, request->url, e);
    look_at_clock(s, place, reply);
    keep_nonce(place, reply);
    return reply->body.len <= BODY_MAX || fail(e, ERR_ACME_ANSWER, "%.200s answers with %zu bytes",
                                               "%.200s 的应答长达 %zu 字节", request->url, reply->body.len);
}

static void read_reply(const struct acme_session *s, const struct http_reply *from,
                       struct acme_reply *reply) {
    const char *links[ACME_LINKS_MAX], *location = header_location(http_reply_header(from, "Location"));
    size_t count = http_reply_headers(from, "Link", links, ACME_LINKS_MAX);
    *reply = (struct acme_reply){.status = from->status, .body = from->body, .location = location};
    reply->retry_after = header_retry_after(http_reply_header(from, "Retry-After"), s->now);
    reply->alternate_count =
        header_links(s->arena, links, count, "alternate", reply->alternates, ACME_LINKS_MAX);
    header_links(s->arena, links, count, "terms-of-service", &reply->terms, 1);
    header_links(s->arena, links, count, "help", &reply->help, 1);
    reply->problem = (struct acme_problem){.type = "", .detail = ""};
}

/* True for 2xx; else the problem, as an error. */
static bool judge(const struct acme_session *s, struct acme_reply *reply, struct error *e) {
    if (reply->status / STATUS_GROUP == STATUS_GOOD)
        return true;
    acme_read_problem(s->arena, reply->body, &reply->problem);
    return acme_problem_fail(s->arena, s->issuer, reply, e);
}

/* An unsigned or signed request, as it is, and what is made of the answer. */
static bool ask(const struct acme_session *s, struct place *place, struct http_request *request,
                struct acme_reply *reply, struct error *e) {
    struct http_reply from;
    if (!call(s, place, request, &from, e))
        return false;
    read_reply(s, &from, reply);
    return judge(s, reply, e);
}

/* ---- directories ---- */

static struct place *find_place(struct acme_net *net, const char *name) {
    for (size_t i = 0; i < PLACES_MAX; i++)
        if (net->places[i].arena && strcmp(net->places[i].gate.name, name) == 0)
            return &net->places[i];
    struct place *place = &net->places[net->next_place++ % PLACES_MAX];
    arena_free(place->arena);
    *place = (struct place){.arena = arena_new(), .clock_offset = NO_OFFSET};
    place->gate.name = arena_strdup(place->arena, name);
    return place;
}

static bool fetch_directory(const struct acme_session *s, struct place *place, struct error *e) {
    struct http_request request = {.method = "GET", .url = s->issuer->directory};
    struct acme_directory directory;
    struct acme_reply reply;
    struct arena *fresh = arena_new();
    if (!ask(s, place, &request, &reply, e) || !acme_read_directory(fresh, reply.body, &directory, e)) {
        arena_free(fresh);
        return false;
    }
    place->gate.name = arena_strdup(fresh, place->gate.name);
    arena_free(place->arena);
    place->arena = fresh;
    place->directory = directory;
    place->fetched_at = s->now;
    return true;
}

static bool directory_of(const struct acme_session *s, struct place *place, struct acme_directory *directory,
                         struct error *e) {
    bool fresh = place->fetched_at && s->now >= place->fetched_at && s->now - place->fetched_at < DAY;
    if (!fresh && !fetch_directory(s, place, e))
        return false;
    *directory = place->directory;
    return true;
}

static bool place_of(const struct acme_session *s, struct place **place, struct error *e) {
    if (!s->services->acme)
        return fail(e, ERR_INTERNAL, "this process does not talk to CAs", "本进程不与 CA 通信");
    if (!s->issuer->directory)
        return fail(e, ERR_INTERNAL, "the issuer '%s' has no directory", "签发机构“%s”没有目录地址",
                    s->issuer->id);
    const char *name = acme_gate_name(s->arena, s->issuer);
    *place = find_place(s->services->acme, name);
    return true;
}

bool acme_net_directory(const struct acme_session *s, struct acme_directory *directory, struct error *e) {
    struct place *place;
    return place_of(s, &place, e) && directory_of(s, place, directory, e);
}

/* ---- signed requests ---- */

static bool take_nonce(const struct acme_session *s, struct place *place, const char **nonce,
                       struct error *e) {
    if (place->nonce_count == 0) {
        struct acme_directory directory;
        struct http_request request = {.method = "HEAD"};
        struct acme_reply reply;
        if (!directory_of(s, place, &directory, e))
            return false;
        request.url = directory.new_nonce;
        if (!ask(s, place, &request, &reply, e))
            return false;
    }
    if (place->nonce_count == 0)
        return fail(e, ERR_ACME_ANSWER, "the CA gives no nonce", "CA 未提供 nonce");
    *nonce = arena_strdup(s->arena, place->nonces[--place->nonce_count]);
    return true;
}

bool acme_net_sign(const struct acme_session *s, const struct jws_request *request, const struct key_ref *key,
                   const char **text, struct error *e) {
    struct jws_draft draft;
    struct slice signature;
    return jws_begin(s->arena, request, &draft, e) &&
           signer_sign(s->services->signer, s->arena, key, draft.input, &signature, e) &&
           jws_finish(s->arena, &draft, signature, text, e);
}

/* Once, with a nonce of its own. */
static bool post_once(const struct acme_session *s, struct place *place, struct jws_request *jws,
                      const struct key_ref *key, struct acme_reply *reply, struct error *e) {
    static const char *const headers[] = {"Content-Type: application/jose+json", NULL};
    const char *text;
    if (!take_nonce(s, place, &jws->nonce, e) || !acme_net_sign(s, jws, key, &text, e))
        return false;
    struct http_request request = {
        .method = "POST", .url = jws->url, .headers = headers, .body = slice_str(text), .once = s->once};
    return ask(s, place, &request, reply, e);
}

/* RFC 8555, 6.5: the nonce that came with the refusal is the one to use; it lies on top. The HTTP client
 * sends again by itself what a connection that was reused has swallowed: then it is the first one's nonce
 * that is refused. */
static bool post(const struct acme_session *s, struct jws_request *jws, const struct key_ref *key,
                 struct acme_reply *reply, struct error *e) {
    struct place *place;
    *reply = (struct acme_reply){.problem = {.type = "", .detail = ""}};
    if (!place_of(s, &place, e))
        return false;
    int64_t end_ms = clock_monotonic_ms() + NONCE_MS;
    for (int tries = 1; !post_once(s, place, jws, key, reply, e); tries++) {
        bool again = acme_problem_is(&reply->problem, "badNonce") && tries < NONCE_TRIES &&
                     clock_monotonic_ms() < end_ms;
        reply->repeated = tries > 1;
        if (!again)
            return false;
        *reply = (struct acme_reply){.problem = {.type = "", .detail = ""}};
    }
    return true;
}

static bool post_by_account(const struct acme_session *s, const struct acme_account *account, const char *url,
                            const char *payload, struct acme_reply *reply, struct error *e) {
    const struct key_ref key = acme_account_key(account);
    struct jws_request jws = {
        .spki = account->spki, .kid = account->url, .url = url, .payload = slice_str(payload)};
    return post(s, &jws, &key, reply, e);
}

/* Somebody else has changed the key since this account was read. */
static bool has_other_key(const struct acme_session *s, struct acme_account *fresh) {
    struct error ignored;
    return acme_account_get_any(s->services->db, s->arena, s->account->id, fresh, &ignored) &&
           !acme_account_over(fresh) && strcmp(fresh->key_id, s->account->key_id) != 0;
}

bool acme_net_post(const struct acme_session *s, const char *url, const char *payload,
                   struct acme_reply *reply, struct error *e) {
    struct acme_account fresh;
    if (!s->account->url)
        return fail(e, ERR_INTERNAL, "the account %s is not registered", "账户 %s 尚未注册", s->account->id);
    if (post_by_account(s, s->account, url, payload, reply, e))
        return true;
    return *reply->problem.type && has_other_key(s, &fresh) &&
           post_by_account(s, &fresh, url, payload, reply, e);
}

bool acme_net_post_by_key(const struct acme_session *s, const struct acme_key *key, const char *url,
                          const char *payload, struct acme_reply *reply, struct error *e) {
    struct jws_request jws = {.spki = key->spki, .url = url, .payload = slice_str(payload)};
    return post(s, &jws, key->ref, reply, e);
}

bool acme_net_get(const struct acme_session *s, const char *url, struct acme_reply *reply, struct error *e) {
    struct http_request request = {.method = "GET", .url = url};
    struct place *place;
    *reply = (struct acme_reply){.problem = {.type = "", .detail = ""}};
    return place_of(s, &place, e) && ask(s, place, &request, reply, e);
}
