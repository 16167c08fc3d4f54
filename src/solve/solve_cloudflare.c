/* Cloudflare, API version 4 with a token. Not run against the live service: see tests/data/vendor. */
#include "base/secret.h"
#include "http/url.h"
#include "solve/vendor.h"

enum { TTL_DEFAULT = 120, STATUS_UNAUTHORIZED = 401, STATUS_FORBIDDEN = 403 };

static const struct vendor_meaning meanings[] = {
    {"81057", ERR_ALREADY_EXISTS},
    {"81058", ERR_ALREADY_EXISTS},
    {"81044", ERR_NOT_FOUND},
    {"401", ERR_DNS_KEY_REFUSED},
    {"403", ERR_DNS_KEY_REFUSED},
    {"6003", ERR_DNS_KEY_REFUSED}, /* a token of another form, with status 400 */
    {NULL, ERR_NONE},
};

/* The status says that the token is not taken, in many codes; the code says the rest. */
static bool refused(struct vendor *v, const json_t *answer, struct error *e) {
    const json_t *error = json_array_get(json_object_get(answer, "errors"), 0);
    const char *words = json_string_value(json_object_get(error, "message"));
    bool token = v->status == STATUS_UNAUTHORIZED || v->status == STATUS_FORBIDDEN || !error;
    long long code = json_integer_value(json_object_get(error, "code"));
    return vendor_refused(v, meanings, token ? NULL : arena_printf(v->solving->arena, "%lld", code), words,
                          e);
}

/* `path` behind the endpoint; `body` NULL: none. */
static bool call(struct vendor *v, const char *method, const char *path, json_t *body, json_t **result,
                 struct error *e) {
    const struct solving *s = v->solving;
    const char *token = (const char *)secret_bytes(s->secret);
    const char *const headers[] = {arena_printf(s->arena, "Authorization: Bearer %s", token),
                                   "Accept: application/json", body ? "Content-Type: application/json" : NULL,
                                   NULL};
    struct http_request request = {
        .method = method, .url = arena_printf(s->arena, "%s%s", v->endpoint, path), .headers = headers};
    json_t *answer;
    if (body)
        request.body = slice_str(json_text(s->arena, json_keep(s->arena, body), false));
    if (!vendor_word_check("secret", token, e) || !vendor_call(v, &request, &answer, e))
        return false;
    *result = json_object_get(answer, "result");
    return (v->status == 200 && json_is_true(json_object_get(answer, "success"))) || refused(v, answer, e);
}

/* A value stands there between quotation marks or, in older records, without. */
static bool is_value(const char *content, const char *value) {
    size_t length = strlen(value);
    if (*content == '"')
        return strncmp(content + 1, value, length) == 0 && strcmp(content + 1 + length, "\"") == 0;
    return strcmp(content, value) == 0;
}

/* Ids go into addresses. */
static bool is_id(const char *text) {
    return text && *text &&
           strspn(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == strlen(text);
}

static bool find_zone(struct vendor *v, const char *domain, const char **zone, struct error *e) {
    json_t *result;
    if (!call(v, "GET",
              arena_printf(v->solving->arena, "/zones?name=%s", url_encode(v->solving->arena, domain)), NULL,
              &result, e))
        return false;
    *zone = json_string_value(json_object_get(json_array_get(result, 0), "id"));
    return is_id(*zone) ||
           fail(e, ERR_DNS_ZONE_NOT_FOUND, "%s has no zone %s", "%s 没有区域 %s", v->host, domain);
}

static bool find(struct vendor *v, const char *domain, struct vendor_record *record, struct error *e) {
    struct arena *a = v->solving->arena;
    json_t *result, *item;
    size_t i;
    if (!find_zone(v, domain, &record->zone, e) ||
        !call(v, "GET",
              arena_printf(a, "/zones/%s/dns_records?name.exact=%s&type=TXT", record->zone,
                           url_encode(a, v->place)),
              NULL, &result, e))
        return false;
    json_array_foreach(result, i, item) {
        const char *content = json_string_value(json_object_get(item, "content"));
        const char *id = json_string_value(json_object_get(item, "id"));
        if (content && is_id(id) && is_value(content, v->value))
            record->id = id;
    }
    return true;
}

static bool create(struct vendor *v, struct vendor_record *record, struct error *e) {
    struct arena *a = v->solving->arena;
    int64_t ttl = v->settings->ttl ? v->settings->ttl : TTL_DEFAULT;
    json_t *body = json_pack("{ss ss ss sI}", "type", "TXT", "name", v->place, "content",
                             arena_printf(a, "\"%s\"", v->value), "ttl", (json_int_t)ttl);
    json_t *result;
    if (!call(v, "POST", arena_printf(a, "/zones/%s/dns_records", record->zone), body, &result, e))
        return false;
    const char *id = json_string_value(json_object_get(result, "id"));
    record->id = is_id(id) ? id : NULL;
    return true;
}

static bool take_away(struct vendor *v, const struct vendor_record *record, struct error *e) {
    json_t *result;
    return call(v, "DELETE",
                arena_printf(v->solving->arena, "/zones/%s/dns_records/%s", record->zone, record->id), NULL,
                &result, e);
}

static const struct vendor_ops ops = {
    .endpoint = "https://api.cloudflare.com/client/v4", .find = find, .create = create, .remove = take_away};

static bool place(struct solving *s, struct error *e) {
    return vendor_place(s, &ops, e);
}

static bool remove_record(struct solving *s, struct error *e) {
    return vendor_remove(s, &ops, e);
}

const struct solver_ops solve_cloudflare = {
    .kind = "cloudflare",
    .title = TEXT("Cloudflare (not run against the live service)", "Cloudflare(未在真实服务上运行过)"),
    .types = 1 << CHALLENGE_DNS_01 | 1 << CHALLENGE_DNS_PERSIST_01,
    .any_record = true,
    .secret = true,
    .settings = vendor_token_fields,
    .settings_size = sizeof(struct vendor_settings),
    .check = vendor_check,
    .place = place,
    .remove = remove_record,
};
