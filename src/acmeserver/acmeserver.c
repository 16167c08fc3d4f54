/* The table of resources, and a request on its way through it: faults, signature, nonce, handler, answer. */
#include "acmeserver/limit.h"
#include "base/log.h"

enum { BODY_MAX = 128 << 10 };

/* Who must have signed a request. */
enum signer_kind {
    UNSIGNED,
    BY_KEY,     /* that stands in the message */
    BY_ACCOUNT, /* named in it */
    BY_EITHER,
};

struct resource_row {
    const char *method, *path, *name;
    enum signer_kind signer;
    bool writes; /* in one transaction */
    bool reads;  /* POST-as-GET, no other body */
    resource_half *prepare, *handle;
    resource_half *after; /* when the transaction is committed */
};

static resource_half directory_handle, nonce_handle, terms_handle;

/* clang-format off */
static const struct resource_row rows[RESOURCE_COUNT + 1] = {
    [RESOURCE_DIRECTORY] = {"GET", "/directory", "directory", .handle = directory_handle},
    [RESOURCE_NEW_NONCE] = {"GET", "/acme/new-nonce", "new_nonce", .handle = nonce_handle},
    [RESOURCE_NEW_ACCOUNT] = {"POST", "/acme/new-account", "new_account", BY_KEY, .writes = true,
                              .prepare = account_new_prepare, .handle = account_new_handle},
    [RESOURCE_ACCOUNT] = {"POST", "/acme/account/{id}", "account", BY_ACCOUNT, .writes = true,
                          .handle = account_update_handle},
    [RESOURCE_ORDERS] = {"POST", "/acme/orders/{id}", "orders", BY_ACCOUNT, .reads = true,
                         .handle = account_orders_handle},
    [RESOURCE_KEY_CHANGE] = {"POST", "/acme/key-change", "key_change", BY_ACCOUNT, .writes = true,
                             .prepare = account_key_prepare, .handle = account_key_handle},
    [RESOURCE_NEW_ORDER] = {"POST", "/acme/new-order", "new_order", BY_ACCOUNT, .writes = true,
                            .prepare = order_new_prepare, .handle = order_new_handle},
    [RESOURCE_ORDER] = {"POST", "/acme/order/{id}", "order", BY_ACCOUNT, .reads = true,
                        .handle = order_show_handle},
    [RESOURCE_FINALIZE] = {"POST", "/acme/order/{id}/finalize", "finalize", BY_ACCOUNT, .writes = true,
                           .prepare = finalize_prepare, .handle = finalize_handle, .after = finalize_after},
    [RESOURCE_AUTHORIZATION] = {"POST", "/acme/authorization/{id}", "authorization", BY_ACCOUNT,
                                .writes = true, .handle = authorization_handle},
    [RESOURCE_CHALLENGE] = {"POST", "/acme/challenge/{id}", "challenge", BY_ACCOUNT, .writes = true,
                            .handle = challenge_handle},
    [RESOURCE_CERTIFICATE] = {"POST", "/acme/certificate/{id}", "certificate", BY_ACCOUNT, .reads = true,
                              .handle = certificate_handle},
    [RESOURCE_ALTERNATE] = {"POST", "/acme/certificate/{id}/alternate", "alternate", BY_ACCOUNT,
                            .reads = true, .handle = certificate_alternate_handle},
    [RESOURCE_REVOKE] = {"POST", "/acme/revoke", "revoke", BY_EITHER, .writes = true,
                         .prepare = revoke_prepare, .handle = revoke_handle},
    [RESOURCE_RENEWAL_INFO] = {"GET", "/acme/renewal-info/{id}", "renewal_info",
                               .handle = renewal_info_handle},
    [RESOURCE_CRL] = {"GET", "/crl/{file}", "crl", .handle = crl_handle},
    [RESOURCE_CA] = {"GET", "/ca/{file}", "ca", .handle = ca_handle},
    [RESOURCE_TERMS] = {"GET", "/terms", "terms", .handle = terms_handle},
    [RESOURCE_FAULTS] = {"GET", "/test/faults", "test", .handle = test_faults_show},
    [RESOURCE_CHANGE_FAULTS] = {"POST", "/test/faults", "test", .handle = test_faults_change},
    [RESOURCE_WINDOWS] = {"POST", "/test/windows", "test", .writes = true, .handle = test_windows},
    [RESOURCE_REVOKE_SOME] = {"POST", "/test/revoke", "test", .writes = true, .handle = test_revoke},
    [RESOURCE_COUNTS] = {"GET", "/test/counts", "test", .handle = test_counts},
    [RESOURCE_CLOCK] = {"POST", "/test/clock", "test", .handle = test_clock},
    [RESOURCE_ROOTS] = {"GET", "/test/roots", "test", .handle = test_roots},
};
/* clang-format on */

const char *resource_name(enum resource resource) {
    return rows[resource].name;
}

const struct acmeserver_settings acmeserver_defaults = {
    .lifetime_seconds = 90 * DAY,
    .reuse_percent = 100,
    .order_seconds = 7 * DAY,
    .authorization_seconds = 30 * DAY,
    .abandoned_seconds = 600,
    .suggest_seconds = 6 * 3600,
};

/* The same paths as a table of routes, which http/ can match. */
static const struct route *make_routes(struct arena *a) {
    struct route *routes = ARENA_ARRAY(a, RESOURCE_COUNT + 1, struct route);
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        routes[i].method = rows[i].method;
        routes[i].path = rows[i].path;
    }
    return routes;
}

/* ---- the server ---- */

bool acmeserver_open(struct acmeserver **server, struct arena *a, struct services *services,
                     const struct acmeserver_settings *settings, int64_t now, struct error *e) {
    struct acmeserver *s = *server = ARENA_NEW(a, struct acmeserver);
    s->arena = a;
    s->services = services;
    s->settings = settings;
    s->clock = settings->clock;
    s->routes = make_routes(a);
    services->acmeserver = s;
    nonces_begin(&s->nonces, a);
    faults_begin(&s->faults, settings->seed);
    return ca_ensure(services, a, ACMESERVER_ACCOUNT, now, e) && alternate_ensure(s, a, now, e);
}

int64_t acmeserver_now(const struct acmeserver *server, int64_t real) {
    return server->clock ? server->clock : real;
}

/* Digits alone; -1 for anything else. */
static int64_t percent_of(const char *text) {
    int64_t percent = *text ? 0 : -1;
    for (; *text >= '0' && *text <= '9' && percent <= 100; text++)
        percent = percent * 10 + *text - '0';
    return *text || percent > 100 ? -1 : percent;
}

bool acmeserver_set_fault(struct acmeserver *server, const char *text, struct error *e) {
    size_t len = strcspn(text, "=");
    enum fault fault = fault_find(arena_strndup(server->arena, text, len));
    int64_t percent = percent_of(text[len] ? text + len + 1 : "");
    if (fault == FAULT_COUNT)
        return fail_field(e, "fault", ERR_BAD_FIELD, "there is no fault '%s'; GET /test/faults shows them",
                          "没有故障“%s”;GET /test/faults 列出所有故障", text);
    if (percent < 0)
        return fail_field(e, "fault", ERR_BAD_FIELD, "'%s' is not NAME=PERCENT", "“%s”不是 名称=百分比",
                          text);
    server->faults.of[fault].percent = percent;
    return true;
}

/* ---- what handlers share ---- */

const char *served_url(const struct served_request *rq, const char *kind, const char *id) {
    return arena_printf(rq->arena, "%s/acme/%s/%s", rq->settings->url, kind, id);
}

bool served_text(struct served_request *rq, const char *member, const char **text, struct error *e) {
    const json_t *value = json_object_get(rq->payload, member);
    *text = json_string_value(value);
    return !value || *text || refuse(rq, REFUSAL_MALFORMED, e, "'%s' is not a text", "“%s”不是文本", member);
}

bool served_time(struct served_request *rq, const char *member, int64_t *t, struct error *e) {
    const char *text;
    return served_text(rq, member, &text, e) && (!text || time_parse(text, t, member, e));
}

bool served_payload(struct served_request *rq, struct error *e) {
    return rq->payload || refuse(rq, REFUSAL_MALFORMED, e, "there is no payload", "缺少 payload");
}

bool served_own(struct served_request *rq, const char *account_id, struct error *e) {
    return strcmp(account_id, rq->account.id) == 0 ||
           refuse(rq, REFUSAL_UNAUTHORIZED, e, "this is another account's", "这属于其他账号");
}

void served_retry_after(struct served_request *rq, int64_t seconds) {
    exchange_answer_header(rq->x, "Retry-After", arena_printf(rq->arena, "%lld", (long long)seconds));
}

void served_set(json_t *object, const char *member, const char *text) {
    if (text)
        json_object_set_new(object, member, json_string(text));
}

void served_set_time(struct served_request *rq, json_t *object, const char *member, int64_t t) {
    if (t)
        json_object_set_new(object, member, json_time(rq->arena, t));
}

static const struct {
    const char *name, *what;
    int64_t seconds; /* 0: as the settings have it */
} profiles[] = {
    {"classic", "the usual lifetime", 0},
    {"shortlived", "six days", 6 * DAY},
};

int64_t served_profile_seconds(const struct acmeserver_settings *settings, const char *name) {
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++)
        if (strcmp(profiles[i].name, name) == 0)
            return profiles[i].seconds ? profiles[i].seconds : settings->lifetime_seconds;
    return 0;
}

static json_t *profiles_json(void) {
    json_t *list = json_object();
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++)
        json_object_set_new(list, profiles[i].name, json_string(profiles[i].what));
    return list;
}

/* ---- resources without rows ---- */

static bool directory_handle(struct served_request *rq, struct error *e) {
    static const struct {
        const char *member;
        enum resource resource;
    } members[] = {
        {"newNonce", RESOURCE_NEW_NONCE},   {"newAccount", RESOURCE_NEW_ACCOUNT},
        {"newOrder", RESOURCE_NEW_ORDER},   {"revokeCert", RESOURCE_REVOKE},
        {"keyChange", RESOURCE_KEY_CHANGE},
    };
    const char *url = rq->settings->url;
    (void)e;
    rq->reply = json_object();
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        served_set(rq->reply, members[i].member,
                   arena_printf(rq->arena, "%s%s", url, rows[members[i].resource].path));
    if (rq->settings->suggest_seconds)
        served_set(rq->reply, "renewalInfo", arena_printf(rq->arena, "%s/acme/renewal-info", url));
    json_t *meta = json_object(), *identities = json_array();
    json_array_append_new(identities, json_string(ACMESERVER_DOMAIN));
    served_set(meta, "termsOfService", arena_printf(rq->arena, "%s/terms", url));
    json_object_set_new(meta, "caaIdentities", identities);
    json_object_set_new(meta, "externalAccountRequired", json_boolean(rq->settings->external_count > 0));
    json_object_set_new(meta, "profiles", profiles_json());
    json_object_set_new(rq->reply, "meta", meta);
    return true;
}

static bool nonce_handle(struct served_request *rq, struct error *e) {
    (void)e;
    exchange_answer_header(rq->x, "Replay-Nonce", nonce_new(&rq->server->nonces, rq->arena));
    rq->status = strcmp(rq->x->method, "HEAD") == 0 ? 200 : 204;
    return true;
}

static bool terms_handle(struct served_request *rq, struct error *e) {
    static const struct text terms = TEXT("This CA is for tests. Nobody should trust what it signs.\n",
                                          "此 CA 仅供测试,不应信任其签发的证书。\n");
    (void)e;
    rq->content_type = "text/plain; charset=utf-8";
    rq->raw = slice_str(terms.in[rq->x->lang]);
    return true;
}

/* ---- the signature ---- */

static bool find_kid(struct served_request *rq, struct error *e) {
    const char *kid = rq->jws.kid, *prefix = served_url(rq, "account", "");
    const char *id = strncmp(kid, prefix, strlen(prefix)) == 0 ? kid + strlen(prefix) : "";
    if (!served_account_get(rq->db, rq->arena, id, &rq->account, e))
        return error_absent(e) &&
               refuse(rq, REFUSAL_ACCOUNT_ABSENT, e, "there is no account '%.400s'", "没有账号“%.400s”", kid);
    return strcmp(rq->account.status, "valid") == 0 ||
           refuse(rq, REFUSAL_UNAUTHORIZED, e, "the account is %s", "账号状态为 %s", rq->account.status);
}

static bool find_signer(struct served_request *rq, struct error *e) {
    enum signer_kind kind = rows[rq->resource].signer;
    if (kind == BY_KEY && rq->jws.kid)
        return refuse(rq, REFUSAL_MALFORMED, e, "here a jwk is needed, not a kid", "此处需要 jwk,而非 kid");
    if (kind == BY_ACCOUNT && !rq->jws.kid)
        return refuse(rq, REFUSAL_MALFORMED, e, "here a kid is needed, not a jwk", "此处需要 kid,而非 jwk");
    return !rq->jws.kid || find_kid(rq, e);
}

static bool check_url(struct served_request *rq, struct error *e) {
    const char *query = rq->x->query;
    const char *expected = arena_printf(rq->arena, "%s%s%s%s", rq->settings->url, rq->x->path,
                                        query ? "?" : "", query ? query : "");
    return strcmp(rq->jws.url, expected) == 0 ||
           refuse(rq, REFUSAL_UNAUTHORIZED, e,
                  "the url of the signed header is '%.300s', that of the request '%s'",
                  "签名头中的 url 为“%.300s”,请求的地址为“%s”", rq->jws.url, expected);
}

static bool check_nonce(struct served_request *rq, struct error *e) {
    struct acmeserver *server = rq->server;
    bool good = rq->jws.nonce && nonce_use(&server->nonces, rq->arena, rq->jws.nonce);
    server->counts.bad_nonces += !good;
    if (good && !fault_happens(&server->faults, FAULT_BAD_NONCE, rq->resource))
        return true;
    return refuse(rq, REFUSAL_BAD_NONCE, e, "the nonce is not one of ours, or was used",
                  "nonce 无效或已使用");
}

static bool read_payload(struct served_request *rq, struct error *e) {
    if (rq->jws.payload.len == 0)
        return true;
    if (rows[rq->resource].reads)
        return refuse(rq, REFUSAL_MALFORMED, e, "here a POST-as-GET is needed: an empty payload",
                      "此处需要 POST-as-GET,即空的 payload");
    if (rq->resource == RESOURCE_KEY_CHANGE)
        return true; /* itself a signed message */
    if (!json_read(rq->arena, rq->jws.payload, &rq->payload, e))
        return false;
    return json_is_object(rq->payload) ||
           refuse(rq, REFUSAL_MALFORMED, e, "the payload is not an object", "payload 不是对象");
}

static bool check_signed(struct served_request *rq, struct error *e) {
    const char *type = exchange_header(rq->x, "Content-Type");
    if (!type || strcmp(type, "application/jose+json") != 0)
        return refuse(rq, REFUSAL_MEDIA_TYPE, e, "the content type is not application/jose+json",
                      "内容类型不是 application/jose+json");
    if (!jws_read(rq->arena, JWS_REQUEST, rq->x->body, &rq->jws, e) || !find_signer(rq, e))
        return false;
    return jws_verify(&rq->jws, rq->account.id ? rq->account.spki : rq->jws.spki, e) && check_nonce(rq, e) &&
           check_url(rq, e) && read_payload(rq, e);
}

/* What is sent to /test: JSON, or nothing. */
static bool check_plain(struct served_request *rq, struct error *e) {
    if (rq->x->body.len == 0)
        return rq->payload = json_keep(rq->arena, json_object()), true;
    return json_read(rq->arena, rq->x->body, &rq->payload, e) &&
           (json_is_object(rq->payload) ||
            refuse(rq, REFUSAL_MALFORMED, e, "the body is not an object", "请求体不是对象"));
}

/* ---- the handler ---- */

static bool run_in_transaction(struct served_request *rq, resource_half *handle, struct error *e) {
    if (!db_begin(rq->db, e))
        return false;
    if (handle(rq, e) && db_commit(rq->db, e))
        return true;
    db_rollback(rq->db);
    return false;
}

static bool run(struct served_request *rq, struct error *e) {
    const struct resource_row *row = &rows[rq->resource];
    if (!(row->signer == UNSIGNED ? check_plain(rq, e) : check_signed(rq, e)) ||
        (row->prepare && !row->prepare(rq, e)))
        return false;
    if (!(row->writes ? run_in_transaction(rq, row->handle, e) : row->handle(rq, e)))
        return false;
    return !row->after || row->after(rq, e);
}

/* ---- faults of the transport ---- */

/* Nothing is done then, not even the nonce is used up. */
static bool refuse_on_purpose(struct served_request *rq, struct error *e) {
    static const struct {
        enum fault fault;
        enum refusal refusal;
    } refusals[] = {
        {FAULT_RATE_LIMITED, REFUSAL_RATE_LIMITED}, {FAULT_RATE_LIMITED_WAIT, REFUSAL_RATE_LIMITED},
        {FAULT_UNAVAILABLE, REFUSAL_UNAVAILABLE},   {FAULT_UNAVAILABLE_WAIT, REFUSAL_UNAVAILABLE},
        {FAULT_INTERNAL, REFUSAL_SERVER_INTERNAL},
    };
    struct faults *faults = &rq->server->faults;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        enum fault fault = refusals[i].fault;
        if (!fault_happens(faults, fault, rq->resource))
            continue;
        if (faults->of[fault].seconds) {
            served_retry_after(rq, faults->of[fault].seconds);
            rq->told = faults->of[fault].seconds;
        }
        return refuse(rq, refusals[i].refusal, e, "a fault on purpose: %s", "故意的故障:%s",
                      fault_rows[fault].name);
    }
    return true;
}

static void spoil_answer(struct served_request *rq) {
    static const struct {
        enum fault fault;
        enum exchange_end end;
    } ends[] = {{FAULT_DROPPED_AFTER, EXCHANGE_DROPS}, {FAULT_TRUNCATED, EXCHANGE_TRUNCATES}};
    struct exchange *x = rq->x;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (fault_happens(&rq->server->faults, ends[i].fault, rq->resource))
            x->end = ends[i].end;
    if (x->answer.len && fault_happens(&rq->server->faults, FAULT_MALFORMED, rq->resource))
        x->answer = slice_str("<html>{\"status\":");
}

/* ---- the answer ---- */

static void add_links(struct served_request *rq) {
    if (rq->resource == RESOURCE_DIRECTORY || rq->resource >= RESOURCE_TERMS)
        return;
    exchange_answer_header(rq->x, "Link",
                           arena_printf(rq->arena, "<%s/directory>;rel=\"index\"", rq->settings->url));
    if (rows[rq->resource].signer != UNSIGNED)
        exchange_answer_header(rq->x, "Replay-Nonce", nonce_new(&rq->server->nonces, rq->arena));
}

static void answer(struct served_request *rq) {
    struct exchange *x = rq->x;
    x->status = rq->status ? rq->status : 200;
    if (rq->content_type) {
        x->content_type = rq->content_type;
        x->answer = rq->raw;
    } else if (rq->reply) {
        x->answer = slice_str(json_text(rq->arena, rq->reply, true));
    }
}

static void answer_error(struct served_request *rq, const struct error *e) {
    refusal_answer(rq, e);
    if (e->id == ERR_METHOD_NOT_ALLOWED) {
        const struct route *const tables[] = {rq->server->routes, NULL};
        exchange_answer_header(rq->x, "Allow", route_methods(tables, rq->x->path, rq->arena));
    }
    if (rq->x->status >= 500 && e->id != ERR_BAD_REQUEST)
        log_failure("request failed", e, rq->x->path);
}

static void serve(struct served_request *rq) {
    struct error e = {0};
    rq->server->counts.requests[rq->resource]++;
    limit_watch(rq);
    if (fault_happens(&rq->server->faults, FAULT_DROPPED, rq->resource)) {
        rq->x->end = EXCHANGE_DROPS;
        return;
    }
    if (refuse_on_purpose(rq, &e) && run(rq, &e))
        answer(rq);
    else
        answer_error(rq, &e);
    add_links(rq);
    spoil_answer(rq);
    if (rq->told && rq->x->end == EXCHANGE_ANSWERS) /* nobody keeps to what he never heard */
        limit_tell(rq, rq->told);
}

size_t acmeserver_body_max(void *context, const char *method, const char *path) {
    (void)context, (void)method, (void)path;
    return BODY_MAX;
}

void acmeserver_handle(void *context, struct exchange *x) {
    struct acmeserver *server = context;
    struct served_request rq = {.server = server,
                                .settings = server->settings,
                                .x = x,
                                .arena = x->arena,
                                .db = server->services->db,
                                .now = x->now};
    const struct route *const tables[] = {server->routes, NULL};
    struct error e = {0};
    const struct route *route = route_match(tables, x->method, x->path, x->arena, rq.args, &e);
    rq.resource = route ? (enum resource)(route - server->routes) : RESOURCE_DIRECTORY;
    if (route)
        serve(&rq);
    else
        answer_error(&rq, &e);
    if (rq.reply)
        json_decref(rq.reply);
    server->counts.answers[x->status / 100 < 6 ? x->status / 100 : 0]++;
}
