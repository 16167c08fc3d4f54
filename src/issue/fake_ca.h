/* For the tests of this slice: a CA that gives the answers that a test has written down, in their order. */
#pragma once
#include "acme/base64url.h"
#include "acme/jws.h"
#include "issue/acme_account.h"
#include "issue/fixture.h"

enum { FAKE_ANSWERS_MAX = 64, FAKE_HEADERS_MAX = 4 };

/* What happens when the CA is asked for an address that ends in `url`. */
struct fake_answer {
    const char *url;
    int status; /* 0: no answer comes */
    const char *body;
    struct http_header headers[FAKE_HEADERS_MAX];
};

struct fake_ca {
    struct fake_answer answers[FAKE_ANSWERS_MAX];
    size_t answer_count, next;
    int calls, directories, nonces;
    struct jws posted; /* the last signed request */
};

#define FAKE_DIRECTORY                                                                                       \
    "{\"newNonce\":\"https://ca.example/nonce\",\"newAccount\":\"https://ca.example/new-account\","          \
    "\"newOrder\":\"https://ca.example/new-order\",\"revokeCert\":\"https://ca.example/revoke\","            \
    "\"keyChange\":\"https://ca.example/key-change\",\"renewalInfo\":\"https://ca.example/ari\","            \
    "\"meta\":{\"termsOfService\":\"https://ca.example/terms\"}}"

static inline bool fake_is(const char *url, const char *end) {
    size_t len = strlen(url), end_len = strlen(end);
    return len >= end_len && strcmp(url + len - end_len, end) == 0;
}

/* Directory and nonces answer by themselves. */
static inline bool fake_standing(struct fake_ca *ca, const struct http_request *request,
                                 struct http_reply *reply) {
    if (fake_is(request->url, "/dir")) {
        ca->directories++;
        reply->body = slice_str(FAKE_DIRECTORY);
        return true;
    }
    if (!fake_is(request->url, "/nonce"))
        return false;
    ca->nonces++;
    reply->headers[reply->header_count++] = (struct http_header){"Replay-Nonce", "ZnJlc2g"};
    return true;
}

static inline bool fake_call(void *context, struct arena *a, const struct http_request *request,
                             struct http_reply *reply, struct error *error) {
    struct fake_ca *ca = context;
    *reply = (struct http_reply){.status = 200, .content_type = "application/json", .body = slice_str("{}")};
    ca->calls++;
    if (fake_standing(ca, request, reply))
        return true;
    if (ca->next == ca->answer_count) {
        print_error("nobody has an answer to %s %s\n", request->method, request->url);
        abort();
    }
    const struct fake_answer *answer = &ca->answers[ca->next++];
    assert_true(fake_is(request->url, answer->url));
    if (strcmp(request->method, "POST") == 0)
        assert_ok(jws_read(a, JWS_REQUEST, request->body, &ca->posted, error), *error);
    if (answer->status == 0)
        return fail(error, ERR_TIMED_OUT, "no answer", "无应答");
    reply->status = answer->status;
    reply->body = slice_str(answer->body ? answer->body : "{}");
    for (size_t i = 0; i < FAKE_HEADERS_MAX && answer->headers[i].name; i++)
        reply->headers[reply->header_count++] = answer->headers[i];
    return true;
}

static inline void fake_answers(struct fake_ca *ca, struct fake_answer answer) {
    assert_true(ca->answer_count < FAKE_ANSWERS_MAX);
    ca->answers[ca->answer_count++] = answer;
}

/* The last request was signed by that key. */
static inline void fake_was_signed_by(const struct fake_ca *ca, struct slice spki) {
    assert_ok(jws_verify(&ca->posted, spki, &e), e);
}

/* In the world of the tests: an issuer `fake` whose terms were agreed to. */
static inline void fake_open(struct fake_ca *ca, struct issuer *issuer) {
    const struct acme_transport transport = {fake_call, ca};
    *ca = (struct fake_ca){.calls = 0};
    *issuer = (struct issuer){.id = "fake",
                              .kind = "acme",
                              .title_en = "Fake",
                              .title_zh = "Fake",
                              .directory = "https://ca.example/dir",
                              .contact = "ops@example.com",
                              .finalize_seconds = 600,
                              .terms_agreed_at = w.now};
    w.services.acme = acme_net_over(w.arena, &transport);
    assert_ok(db_begin(w.services.db, &e), e);
    assert_ok(world_end(&w, issuer_db_put(w.services.db, issuer, &e), &e), e);
}
