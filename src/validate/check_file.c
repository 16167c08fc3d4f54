/*
 * A file on the web server: by plain http on port 80, at every address of the name; no redirect is followed.
 * The first address that answers decides, the others are noted down.
 */
#include "base/clock.h"
#include "http/client.h"
#include "validate/inquiry.h"

enum { CONTENT_MAX = 64 << 10 };
#define PATH "/.well-known/pki-validation/tenure.txt"

static void challenge(struct arena *a, const struct control *control, struct challenge *challenge) {
    *challenge = (struct challenge){.url = http_url(a, control->name, 80, PATH), .content = control->value};
}

/* ---- the file ---- */

/* Editors end the last line; nothing else may stand beside the value. */
static bool is_value(struct slice body, const char *value) {
    if (body.len > 0 && body.p[body.len - 1] == '\n')
        body.len--;
    if (body.len > 0 && body.p[body.len - 1] == '\r')
        body.len--;
    return slice_equal(body, slice_str(value));
}

static enum reason judge_reply(const struct http_reply *reply, const char *value) {
    if (reply->status >= 300 && reply->status < 400)
        return REASON_REDIRECT_REFUSED;
    if (reply->status != 200)
        return REASON_HTTP_STATUS;
    return !reply->cut && is_value(reply->body, value) ? REASON_FOUND : REASON_WRONG_CONTENT;
}

static const char *reply_text(struct arena *a, const struct http_reply *reply) {
    return reply->status == 200 ? arena_printf(a, "HTTP 200 %s", quoted(a, reply->body))
                                : arena_printf(a, "HTTP %d", reply->status);
}

/* One address on its way through the check. */
struct visit {
    const struct validator *validator;
    struct client *client;
    const char *url, *value;
    enum reason reason;
    bool answered;
};

static void visit(struct visit *v, struct arena *a, const struct address *address, struct check *check) {
    char text[INET6_ADDRSTRLEN];
    struct http_reply reply;
    struct error problem;
    int64_t start = clock_monotonic_ms();
    address_text(address, text);
    const struct http_request request = {.method = "GET",
                                         .url = v->url,
                                         .timeout_ms = v->validator->http_timeout_ms,
                                         .plain_allowed = true,
                                         .address = text,
                                         .reply_max = CONTENT_MAX,
                                         .cut_allowed = true};
    v->answered = http_call(v->client, a, &request, &reply, &problem);
    if (v->answered)
        v->reason = judge_reply(&reply, v->value);
    else
        v->reason = problem.id == ERR_TIMED_OUT ? REASON_TIME_OUT
                    : http_connected(v->client) ? REASON_HTTP_STATUS
                                                : REASON_CONNECTION_REFUSED;
    check_add(check, &(struct check_answer){.server = arena_strdup(a, text),
                                            .question = arena_printf(a, "GET %s", v->url),
                                            .answer = v->answered ? reply_text(a, &reply)
                                                                  : arena_strdup(a, problem.detail[LANG_EN]),
                                            .ms = clock_monotonic_ms() - start});
}

/* Addresses that accept and are silent cost a time-out each: the rest is looked at another time. */
static bool visit_all(struct visit *v, struct arena *a, const struct addresses *addresses,
                      struct check *check) {
    enum reason reason = REASON_CONNECTION_REFUSED;
    bool answered = false;
    size_t decisive = 0;
    int64_t deadline = clock_monotonic_ms() + 2 * (int64_t)v->validator->http_timeout_ms;
    for (size_t i = 0; i < addresses->count && (i == 0 || clock_monotonic_ms() < deadline); i++) {
        visit(v, a, &addresses->list[i], check);
        if (i == 0 || (v->answered && !answered)) {
            reason = v->reason;
            decisive = check->count - 1;
        }
        answered |= v->answered;
    }
    const struct check_answer *answer = &check->answers[decisive];
    return check_ends(a, check, reason, "%s at %s: %s", "%s(地址 %s):%s", v->url, answer->server,
                      answer->answer);
}

static bool ask(const struct validator *v, const struct control *control, struct inquiry *inquiry,
                struct error *e) {
    AUTO_ARENA connections = arena_new(); /* they end with the look, not with the batch */
    struct arena *a = inquiry->arena;
    struct addresses addresses;
    enum reason nowhere = REASON_RECORD_MISSING;
    if (!inquiry_addresses(inquiry, control->name, &addresses, &nowhere, e))
        return false;
    if (addresses.count == 0)
        return check_ends(a, inquiry->check, nowhere, "no address of %s was found", "未找到 %s 的地址",
                          control->name);
    struct visit all = {.validator = v,
                        .client = client_new(connections, v->policy),
                        .url = http_url(a, control->name, v->http_port, PATH),
                        .value = control->value};
    return visit_all(&all, a, &addresses, inquiry->check);
}

static bool look(const struct validator *v, struct arena *a, const struct control *control,
                 struct check *check, struct error *e) {
    struct inquiry inquiry;
    bool good = inquiry_begin(v, a, check, &inquiry, e) && ask(v, control, &inquiry, e);
    inquiry_end(&inquiry);
    return good;
}

const struct check_ops check_file = {
    .method = "file",
    .title = TEXT("A file on the web server", "Web 服务器上的文件"),
    .for_address = true,
    .challenge = challenge,
    .look = look,
};
