/*
 * An ACME CA in the test's own process: it answers what acme_net asks, signs with a CA of its own, and does
 * as the test tells it. It believes every signature: that they are right is tested against real CAs.
 */
#pragma once
#include "acme/base64url.h"
#include "issue/acme_account.h"
#include "issue/acme_order.h"
#include "issue/ca.h"
#include "order/fixture.h"
#include "unit.h"

enum { FAKE_ORDERS_MAX = 64 };

struct fake_order {
    json_t *identifiers;
    const char *status, *authorization; /* states */
    bool answered;
    int polls;
    struct slice chain;
    const char *replaces, *not_before;
    int64_t end; /* of the certificate; 0: as long as it has them */
};

struct fake_ca {
    const char *host; /* "https://one.test" */
    struct world *w;
    /* what it is told to do */
    bool down;
    bool reuses;         /* authorizations are valid at once */
    int processing;      /* polls until a certificate is there */
    const char *refuses; /* type of a problem that newOrder is answered with */
    const char *invalid; /* the same, for the challenge */
    const char *retry_after;
    bool refuses_replaces;
    bool garbles;  /* newOrder is refused in no words */
    int swallowed; /* answers to newOrder that the HTTP client does not get: it has sent the request again */
    int wrong_chains; /* downloads without the issuer of the leaf, until one is right */
    bool in_haste;    /* its windows lie in the past */
    int loses;        /* answers to newOrder with `replaces` that do not arrive */
    int64_t longest;  /* what notAfter may ask for */
    bool forgets_location, other_key, other_names;
    bool by_root, alone; /* the root signs; nothing comes with the leaf */
    int64_t lifetime, patience;
    /* what it has seen */
    int requests, accounts, new_orders, finalized, answered, revoked;
    struct fake_order orders[FAKE_ORDERS_MAX];
    size_t count;
};

static struct fake_ca fakes[2];

/* ---- answers ---- */

static inline bool fake_reply(struct http_reply *reply, int status, const char *text) {
    reply->status = status;
    reply->body = slice_str(text);
    reply->content_type = "application/json";
    return true;
}

static inline void fake_header(struct http_reply *reply, const char *name, const char *value) {
    reply->headers[reply->header_count].name = name;
    reply->headers[reply->header_count++].value = value;
}

static inline const char *fake_url(struct fake_ca *ca, const char *what, size_t number) {
    return arena_printf(ca->w->arena, "%s/%s/%zu", ca->host, what, number);
}

static inline bool fake_problem(struct fake_ca *ca, struct http_reply *reply, int status, const char *type) {
    if (ca->retry_after)
        fake_header(reply, "Retry-After", ca->retry_after);
    return fake_reply(
        reply, status,
        arena_printf(ca->w->arena,
                     "{\"type\":\"urn:ietf:params:acme:error:%s\",\"detail\":\"as I said\",\"status\":%d}",
                     type, status));
}

static inline const char *fake_json(struct fake_ca *ca, json_t *value) {
    return json_text(ca->w->arena, json_keep(ca->w->arena, value), false);
}

/* ---- objects ---- */

static inline json_t *fake_order_json(struct fake_ca *ca, size_t i) {
    const struct fake_order *o = &ca->orders[i];
    json_t *list = json_array();
    for (size_t k = 0; k < json_array_size(o->identifiers); k++)
        json_array_append_new(list, json_string(fake_url(ca, "authz", i * 100 + k)));
    json_t *order =
        json_pack("{s:s,s:s,s:O,s:o,s:s}", "status", o->status, "expires",
                  time_format(ca->w->arena, ca->w->now + ca->patience), "identifiers", o->identifiers,
                  "authorizations", list, "finalize", fake_url(ca, "finalize", i));
    if (strcmp(o->status, "valid") == 0)
        json_object_set_new(order, "certificate", json_string(fake_url(ca, "cert", i)));
    return order;
}

static inline json_t *fake_authorization_json(struct fake_ca *ca, size_t number) {
    const struct fake_order *o = &ca->orders[number / 100];
    const char *value =
        json_string_value(json_object_get(json_array_get(o->identifiers, number % 100), "value"));
    bool wildcard = strncmp(value, "*.", 2) == 0;
    json_t *challenge = json_pack("{s:s,s:s,s:s,s:s}", "type", wildcard ? "dns-01" : "http-01", "url",
                                  fake_url(ca, "chall", number), "status", o->authorization, "token",
                                  arena_printf(ca->w->arena, "token-%zu", number));
    if (ca->invalid && strcmp(o->authorization, "invalid") == 0)
        json_object_set_new(
            challenge, "error",
            json_pack("{s:s,s:s}", "type",
                      arena_printf(ca->w->arena, "urn:ietf:params:acme:error:%s", ca->invalid), "detail",
                      "nothing there"));
    return json_pack("{s:s,s:s,s:{s:s,s:s},s:b,s:[o]}", "status", o->authorization, "expires",
                     time_format(ca->w->arena, ca->w->now + ca->patience), "identifier", "type", "dns",
                     "value", wildcard ? value + 2 : value, "wildcard", wildcard, "challenges", challenge);
}

/* ---- what it does ---- */

static inline int64_t fake_end(const json_t *payload) {
    const char *not_after = json_string_value(json_object_get(payload, "notAfter"));
    struct error e = {0};
    int64_t t = -1;
    if (not_after)
        assert_ok(time_parse(not_after, &t, "notAfter", &e), e);
    return t + 1;
}

static inline bool fake_new_order(struct fake_ca *ca, const json_t *payload, struct http_reply *reply) {
    const char *replaces = json_string_value(json_object_get(payload, "replaces"));
    ca->new_orders++;
    if (ca->garbles)
        return fake_reply(reply, 400, "<html>");
    if (ca->swallowed > 0 && ca->swallowed--)
        return fake_problem(ca, reply, 400, "badNonce");
    if (ca->refuses)
        return fake_problem(ca, reply, strcmp(ca->refuses, "rateLimited") == 0 ? 429 : 403, ca->refuses);
    if (replaces && ca->refuses_replaces)
        return fake_problem(ca, reply, 409, "alreadyReplaced");
    int64_t end = fake_end(payload);
    if (end > ca->w->now + ca->longest)
        return fake_problem(ca, reply, 400, "malformed");
    assert_true(ca->count < FAKE_ORDERS_MAX);
    size_t i = ca->count++;
    ca->orders[i] = (struct fake_order){
        .identifiers = json_keep(ca->w->arena, json_deep_copy(json_object_get(payload, "identifiers"))),
        .status = ca->reuses ? "ready" : "pending",
        .authorization = ca->reuses ? "valid" : "pending",
        .end = end,
        .not_before = json_string_value(json_object_get(payload, "notBefore")),
        .replaces = arena_strdup(ca->w->arena, replaces)};
    if (!ca->forgets_location)
        fake_header(reply, "Location", fake_url(ca, "order", i));
    return fake_reply(reply, 201, fake_json(ca, fake_order_json(ca, i)));
}

static inline bool fake_answer(struct fake_ca *ca, size_t number, struct http_reply *reply) {
    struct fake_order *o = &ca->orders[number / 100];
    ca->answered++;
    o->authorization = ca->invalid ? "invalid" : "valid";
    o->status = ca->invalid ? "invalid" : "ready";
    return fake_reply(
        reply, 200,
        arena_printf(ca->w->arena,
                     "{\"type\":\"http-01\",\"url\":\"%s\",\"status\":\"processing\",\"token\":\"t\"}",
                     fake_url(ca, "chall", number)));
}

/* A leaf of the world's own CA, for the key and the names of the CSR. */
static inline void fake_sign(struct fake_ca *ca, struct fake_order *o, const struct csr *csr) {
    struct world *w = ca->w;
    struct error e = {0};
    struct ca row;
    struct cert above;
    struct slice tbs, der, other;
    csr_for(w, "x.example.com", KEY_P256, &other);
    assert_ok(ca_ensure(&w->services, w->arena, "acct_fake", w->now, &e), e);
    assert_ok(
        ca_newest(w->services.db, w->arena, "acct_fake", ca->by_root ? CA_ROOT : CA_INTERMEDIATE, &row, &e),
        e);
    assert_ok(cert_parse(w->arena, row.der, &above, &e), e);
    const struct cert_template t = {.path_len = -1,
                                    .names = ca->other_names ? "x.example.com" : csr->names,
                                    .serial = cert_new_serial(w->arena),
                                    .not_before = w->now,
                                    .end = o->end ? o->end : w->now + ca->lifetime,
                                    .spki = ca->other_key ? other : csr->spki,
                                    .issuer_der = above.subject_der,
                                    .issuer_key_id = above.subject_key_id,
                                    .issuer_algorithm = above.algorithm};
    assert_ok(cert_build_tbs(w->arena, &t, &tbs, &e), e);
    assert_ok(ca_sign(&w->services, w->arena, &row, tbs, &der, &e), e);
    o->chain = slice_str(arena_printf(w->arena, "%s%s", cert_to_pem(w->arena, der),
                                      ca->alone ? "" : cert_to_pem(w->arena, row.der)));
}

static inline bool fake_finalize(struct fake_ca *ca, size_t i, const json_t *payload,
                                 struct http_reply *reply) {
    struct fake_order *o = &ca->orders[i];
    struct error e = {0};
    struct slice der;
    struct csr csr;
    if (strcmp(o->status, "ready") != 0)
        return fake_problem(ca, reply, 403, "orderNotReady");
    ca->finalized++;
    assert_true(base64url_bytes(ca->w->arena, json_string_value(json_object_get(payload, "csr")), &der));
    assert_ok(csr_parse(ca->w->arena, der, &csr, &e), e);
    fake_sign(ca, o, &csr);
    o->status = ca->processing ? "processing" : "valid";
    return fake_reply(reply, 200, fake_json(ca, fake_order_json(ca, i)));
}

static inline bool fake_poll(struct fake_ca *ca, size_t i, struct http_reply *reply) {
    struct fake_order *o = &ca->orders[i];
    if (strcmp(o->status, "processing") == 0 && ++o->polls >= ca->processing)
        o->status = "valid";
    if (ca->retry_after)
        fake_header(reply, "Retry-After", ca->retry_after);
    return fake_reply(reply, 200, fake_json(ca, fake_order_json(ca, i)));
}

/* ---- requests ---- */

static inline const json_t *fake_payload(struct fake_ca *ca, const struct http_request *request) {
    struct error e = {0};
    json_t *jws, *payload;
    struct slice text;
    if (!request->body.p)
        return NULL;
    assert_ok(json_read(ca->w->arena, request->body, &jws, &e), e);
    assert_true(base64url_bytes(ca->w->arena, json_string_value(json_object_get(jws, "payload")), &text));
    if (!text.len)
        return NULL;
    assert_ok(json_read(ca->w->arena, text, &payload, &e), e);
    return payload;
}

static inline bool fake_directory(struct fake_ca *ca, struct http_reply *reply) {
    const char *h = ca->host;
    return fake_reply(
        reply, 200,
        arena_printf(
            ca->w->arena,
            "{\"newNonce\":\"%s/nonce\",\"newAccount\":\"%s/new-account\",\"newOrder\":\"%s/new-order\","
            "\"revokeCert\":\"%s/revoke\",\"keyChange\":\"%s/key\",\"renewalInfo\":\"%s/ari\"}",
            h, h, h, h, h, h));
}

static inline bool fake_window(struct fake_ca *ca, struct http_reply *reply) {
    struct arena *a = ca->w->arena;
    if (!ca->in_haste)
        return fake_reply(reply, 404, "{}");
    fake_header(reply, "Retry-After", "21600");
    return fake_reply(reply, 200,
                      arena_printf(a, "{\"suggestedWindow\":{\"start\":\"%s\",\"end\":\"%s\"}}",
                                   time_format(a, ca->w->now - 3600), time_format(a, ca->w->now - 1800)));
}

static inline bool fake_serve(struct fake_ca *ca, const char *path, const json_t *payload,
                              struct http_reply *reply) {
    size_t number = strrchr(path, '/') > path ? strtoul(strrchr(path, '/') + 1, NULL, 10) : 0;
    if (strcmp(path, "/dir") == 0)
        return fake_directory(ca, reply);
    if (strcmp(path, "/nonce") == 0)
        return fake_reply(reply, 200, "");
    if (strcmp(path, "/new-account") == 0) {
        ca->accounts++;
        fake_header(reply, "Location", arena_printf(ca->w->arena, "%s/account/1", ca->host));
        return fake_reply(reply, 201, "{\"status\":\"valid\"}");
    }
    if (strcmp(path, "/new-order") == 0)
        return fake_new_order(ca, payload, reply);
    if (strncmp(path, "/order/", 7) == 0)
        return fake_poll(ca, number, reply);
    if (strncmp(path, "/authz/", 7) == 0)
        return fake_reply(reply, 200, fake_json(ca, fake_authorization_json(ca, number)));
    if (strncmp(path, "/chall/", 7) == 0)
        return fake_answer(ca, number, reply);
    if (strncmp(path, "/finalize/", 10) == 0)
        return fake_finalize(ca, number, payload, reply);
    if (strncmp(path, "/ari/", 5) == 0)
        return fake_window(ca, reply);
    if (strncmp(path, "/cert/", 6) == 0) {
        fake_reply(reply, 200, "");
        reply->body = ca->orders[number].chain;
        if (ca->wrong_chains-- > 0) /* the leaf alone */
            reply->body.len =
                (size_t)(strstr((const char *)reply->body.p + 1, "-----BEGIN") - (const char *)reply->body.p);
        return true;
    }
    ca->revoked += strcmp(path, "/revoke") == 0;
    return fake_reply(reply, strcmp(path, "/revoke") == 0 ? 200 : 404, "{}");
}

static inline bool fake_call(void *context, struct arena *a, const struct http_request *request,
                             struct http_reply *reply, struct error *e) {
    (void)context, (void)a;
    *reply = (struct http_reply){.content_type = ""};
    for (size_t i = 0; i < sizeof fakes / sizeof *fakes; i++) {
        struct fake_ca *ca = &fakes[i];
        size_t len = strlen(ca->host);
        if (strncmp(request->url, ca->host, len) != 0)
            continue;
        ca->requests++;
        if (ca->down)
            return fail(e, ERR_UNREACHABLE, "%s is down", "%s 不可用", ca->host);
        fake_header(reply, "Replay-Nonce", arena_printf(ca->w->arena, "nonce%d", ca->requests));
        const json_t *payload = fake_payload(ca, request);
        bool served = fake_serve(ca, request->url + len, payload, reply);
        if (json_object_get(payload, "replaces") && ca->loses > 0 && ca->loses--)
            return fail(e, ERR_UNREACHABLE, "the answer of %s is lost", "%s 的应答丢失", ca->host);
        return served;
    }
    return fail(e, ERR_UNREACHABLE, "there is no %s", "没有 %s", request->url);
}
