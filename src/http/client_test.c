/* http/client: our own client against our own server. */
#include "http/server_peer.h"

static const char *url_of(struct peer *peer, const char *path) {
    return arena_printf(peer->arena, "http://127.0.0.1:%u%s", ntohs(peer->address.sin_port), path);
}

static bool call(struct peer *peer, const struct outbound_policy *policy, const char *url,
                 struct http_reply *reply, struct error *e) {
    struct client *client = client_new(peer->arena, policy);
    struct http_request request = {.method = "GET", .url = url, .timeout_ms = SHORT_MS};
    return http_call(client, peer->arena, &request, reply, e);
}

static void the_client_sends_and_receives_over_one_connection(void **state) {
    (void)state;
    static const char *const headers[] = {"X-Test: y", "Content-Type: application/json", NULL};
    struct server_options options = with_deadlines(PATIENCE_MS);
    options.connections_max = 1;
    struct peer peer = peer_start("127.0.0.1", options);
    AUTO_ARENA a = arena_new();
    struct client *client = client_new(a, &outbound_anywhere);
    struct http_reply reply;
    struct error e;
    for (int i = 0; i < 3; i++) {
        struct http_request request = {.method = i ? "POST" : "DELETE",
                                       .url = url_of(&peer, "/a?q=1"),
                                       .headers = headers,
                                       .timeout_ms = PATIENCE_MS};
        request.body = i ? slice_of("he\0lo", 5) : slice_of(NULL, 0);
        assert_ok(http_call(client, a, &request, &reply, &e), e);
        assert_int_equal(reply.status, 200);
        assert_string_equal(reply.content_type, "application/json");
        assert_non_null(
            strstr((const char *)reply.body.p, i ? "\"method\":\"POST\"" : "\"method\":\"DELETE\""));
        assert_non_null(strstr((const char *)reply.body.p, "\"header\":\"y\""));
        assert_non_null(strstr((const char *)reply.body.p, i ? "\"length\":5" : "\"length\":0"));
    }
    arena_free(a);
    a = NULL;
    peer_end(&peer);
}

static void the_client_takes_refusals_and_redirects_as_answers(void **state) {
    (void)state;
    struct peer peer = peer_start("127.0.0.1", with_deadlines(PATIENCE_MS));
    struct http_reply reply;
    struct error e;
    assert_ok(call(&peer, &outbound_anywhere, url_of(&peer, "/moved"), &reply, &e), e);
    assert_int_equal(reply.status, 302);
    const char *values[4];
    assert_non_null(http_reply_header(&reply, "location"));
    assert_int_equal(http_reply_headers(&reply, "LOCATION", values, 4), 1);
    assert_string_equal(values[0], http_reply_header(&reply, "Location"));
    assert_null(http_reply_header(&reply, "X-Absent"));
    assert_ok(call(&peer, &outbound_anywhere, url_of(&peer, "/missing"), &reply, &e), e);
    assert_int_equal(reply.status, 404);
    assert_fails(problem_read(peer.arena, reply.status, reply.body, &e), e, ERR_NOT_FOUND);
    arena_reset(peer.arena);
    peer_end(&peer);
}

static void the_client_goes_only_where_it_may(void **state) {
    (void)state;
    static const char *const bad[] = {
        "http://example.com/", "http://127.0.0.1.example.com/", "http://10.0.0.1/", "ftp://127.0.0.1/",
        "file:///etc/passwd",  "http://u:p@127.0.0.1/",         "127.0.0.1",        "",
        "http://[::2]/"};
    const struct outbound_policy nothing_allowed = {NULL, 0};
    struct peer peer = peer_start("127.0.0.1", with_deadlines(PATIENCE_MS));
    struct http_reply reply;
    struct error e;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_fails(call(&peer, &outbound_anywhere, bad[i], &reply, &e), e, ERR_BAD_FIELD);
    assert_fails(call(&peer, &nothing_allowed, url_of(&peer, "/"), &reply, &e), e, ERR_ADDRESS_NOT_ALLOWED);
    assert_fails(call(&peer, &nothing_allowed, "https://localhost/", &reply, &e), e, ERR_ADDRESS_NOT_ALLOWED);
    /* localhost is ::1, too, which stays closed: that nobody listens at the other one is what counts */
    struct cidr one;
    assert_true(cidr_parse("127.0.0.1", &one, &e));
    const struct outbound_policy one_allowed = {&one, 1};
    assert_fails(call(&peer, &one_allowed, "https://localhost:1/", &reply, &e), e, ERR_UNREACHABLE);
    arena_reset(peer.arena);
    peer_end(&peer);
}

static bool call_at(struct client *client, struct peer *peer, const char *host, const char *address,
                    struct error *e) {
    const char *url = arena_printf(peer->arena, "http://%s:%u/x", host, ntohs(peer->address.sin_port));
    const struct http_request request = {
        .method = "GET", .url = url, .timeout_ms = PATIENCE_MS, .plain_allowed = true, .address = address};
    struct http_reply reply;
    return http_call(client, peer->arena, &request, &reply, e) && reply.status == 200;
}

/* As in proving control over a name: its own port 80, at each of its addresses. */
static void the_client_asks_the_address_that_it_is_told(void **state) {
    (void)state;
    struct peer peer = peer_start("127.0.0.1", with_deadlines(PATIENCE_MS));
    struct client *client = client_new(peer.arena, &outbound_anywhere);
    struct error e;
    assert_ok(call_at(client, &peer, "www.example.com", "127.0.0.1", &e), e);
    assert_ok(call_at(client, &peer, "www.example.com", "127.0.0.1", &e), e);
    /* neither the connection nor the address is left for a call to another one */
    assert_fails(call_at(client, &peer, "www.example.com", "127.0.0.2", &e), e, ERR_UNREACHABLE);
    assert_fails(call_at(client, &peer, "www.example.com", "::1", &e), e, ERR_UNREACHABLE);
    assert_ok(call_at(client, &peer, "127.0.0.1", NULL, &e), e);
    assert_fails(call_at(client, &peer, "www.example.com", "127.0.0.1:80", &e), e, ERR_BAD_FIELD);
    assert_string_equal(e.field, "address");
    assert_ok(call_at(client, &peer, "localhost", "127.0.0.1", &e), e);
    arena_reset(peer.arena);
    peer_end(&peer);
}

static void an_address_that_is_told_must_be_allowed_like_any_other(void **state) {
    (void)state;
    const struct outbound_policy nothing_allowed = {NULL, 0};
    struct peer peer = peer_start("127.0.0.1", with_deadlines(PATIENCE_MS));
    struct client *client = client_new(peer.arena, &nothing_allowed);
    struct error e;
    assert_fails(call_at(client, &peer, "www.example.com", "127.0.0.1", &e), e, ERR_ADDRESS_NOT_ALLOWED);
    struct client *free_client = client_new(peer.arena, &outbound_anywhere);
    const struct http_request plain = {
        .method = "GET", .url = "http://www.example.com/", .timeout_ms = SHORT_MS, .address = "127.0.0.1"};
    struct http_reply reply;
    assert_fails(http_call(free_client, peer.arena, &plain, &reply, &e), e, ERR_BAD_FIELD);
    assert_string_equal(e.field, "url");
    arena_reset(peer.arena);
    peer_end(&peer);
}

static void the_client_tells_why_no_answer_came(void **state) {
    (void)state;
    struct peer peer = peer_start("127.0.0.1", with_deadlines(PATIENCE_MS));
    struct http_reply reply;
    struct error e;
    const struct http_request huge = {.method = "GET",
                                      .url = url_of(&peer, "/huge"),
                                      .timeout_ms = PATIENCE_MS}; /* 16 MiB take their time */
    assert_fails(http_call(client_new(peer.arena, &outbound_anywhere), peer.arena, &huge, &reply, &e), e,
                 ERR_UNREACHABLE);
    assert_non_null(strstr(e.detail[LANG_EN], "16777216"));
    struct http_request bounded = huge;
    bounded.reply_max = 1000;
    assert_fails(http_call(client_new(peer.arena, &outbound_anywhere), peer.arena, &bounded, &reply, &e), e,
                 ERR_UNREACHABLE);
    assert_non_null(strstr(e.detail[LANG_EN], "more than 1000 bytes"));
    bounded.cut_allowed = true;
    struct client *client = client_new(peer.arena, &outbound_anywhere);
    assert_ok(http_call(client, peer.arena, &bounded, &reply, &e), e);
    assert_int_equal(reply.status, 200);
    assert_true(reply.cut);
    assert_true(reply.body.len <= 1000);
    assert_true(http_connected(client));
    AUTO_FD silent = -1;
    struct sockaddr_in address = {0};
    socklen_t len = sizeof address;
    assert_ok(server_listen("127.0.0.1", 0, &silent, &e), e);
    assert_int_equal(getsockname(silent, (struct sockaddr *)&address, &len), 0);
    const char *url = arena_printf(peer.arena, "http://127.0.0.1:%u/", ntohs(address.sin_port));
    assert_fails(call(&peer, &outbound_anywhere, url, &reply, &e), e, ERR_TIMED_OUT);
    close(silent);
    silent = -1;
    assert_fails(call(&peer, &outbound_anywhere, url, &reply, &e), e, ERR_UNREACHABLE);
    assert_non_null(strstr(e.detail[LANG_EN], url));
    const struct http_request nobody = {.method = "GET", .url = url, .timeout_ms = PATIENCE_MS};
    assert_fails(http_call(client, peer.arena, &nobody, &reply, &e), e, ERR_UNREACHABLE);
    assert_false(http_connected(client));
    arena_reset(peer.arena);
    peer_end(&peer);
}

/* In the process of the server: how often it has dropped the connection since it was asked last. */
static void drop_or_count(void *context, struct exchange *x) {
    static int drops;
    (void)context;
    bool drop = strcmp(x->path, "/dropped") == 0;
    x->answer = slice_str(arena_printf(x->arena, "%d", drops));
    x->end = drop ? EXCHANGE_DROPS : x->end;
    drops = drop ? drops + 1 : 0;
}

static const char *drops_of(struct peer *peer, struct client *client, bool once) {
    struct http_request request = {
        .method = "POST", .url = url_of(peer, "/dropped"), .timeout_ms = PATIENCE_MS, .once = once};
    struct http_reply reply;
    struct error e;
    request.body = slice_str("x");
    assert_fails(http_call(client, peer->arena, &request, &reply, &e), e, ERR_UNREACHABLE);
    request.url = url_of(peer, "/count");
    assert_ok(http_call(client, peer->arena, &request, &reply, &e), e);
    return arena_strndup(peer->arena, (const char *)reply.body.p, reply.body.len);
}

/* What is served and not answered on a connection that was used before is sent again, but if it must not be.
 */
static void what_must_be_sent_once_is_sent_once(void **state) {
    (void)state;
    struct server_options options = with_deadlines(PATIENCE_MS);
    options.handle = drop_or_count;
    struct peer peer = peer_start("127.0.0.1", options);
    struct client *client = client_new(peer.arena, &outbound_anywhere);
    assert_string_equal(drops_of(&peer, client, false), "1"); /* its first connection */
    assert_string_equal(drops_of(&peer, client, false), "2");
    assert_string_equal(drops_of(&peer, client, true), "1");
    arena_reset(peer.arena);
    peer_end(&peer);
}

TEST_MAIN(client, test(what_must_be_sent_once_is_sent_once),
          test(the_client_sends_and_receives_over_one_connection),
          test(the_client_takes_refusals_and_redirects_as_answers), test(the_client_goes_only_where_it_may),
          test(the_client_asks_the_address_that_it_is_told),
          test(an_address_that_is_told_must_be_allowed_like_any_other),
          test(the_client_tells_why_no_answer_came))
