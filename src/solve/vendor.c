/* Records at DNS providers. */
#include "solve/vendor.h"
#include "acme/header.h"
#include <ctype.h>
#include <strings.h>

enum { TIMEOUT_MS = 15000, REPLY_MAX = 1 << 20, WORDS_MAX = 200, ENDPOINT_MAX = 255, TTL_MAX = 86400 };

/* ---- settings ---- */

#define TTL_FIELD                                                                                            \
    FIELD(INT, vendor_settings, ttl, 0, "Seconds that resolvers keep the record; 0: the provider's usual",   \
          "记录的缓存秒数;0 表示服务商的默认值")
#define ENDPOINT_FIELD                                                                                       \
    FIELD(TEXT, vendor_settings, endpoint, 0, "Address of the API, if it is not the provider's usual one",   \
          "API 地址,默认为服务商的地址")

const struct field vendor_key_fields[] = {
    FIELD(TEXT, vendor_settings, key_id, FIELD_REQUIRED, "Id of the access key (AccessKey id, SecretId)",
          "访问密钥 ID(AccessKey ID、SecretId)"),
    TTL_FIELD,
    ENDPOINT_FIELD,
    FIELD_END,
};

const struct field vendor_token_fields[] = {TTL_FIELD, ENDPOINT_FIELD, FIELD_END};

bool vendor_word_check(const char *field, const char *text, struct error *e) {
    bool word = *text != 0;
    for (const char *p = text; *p; p++)
        word &= isgraph((unsigned char)*p) != 0;
    return word || fail_field(e, field, ERR_BAD_FIELD, "'%s' is one word of printable ASCII characters",
                              "“%s”应为不含空格的可见 ASCII 字符", field);
}

static bool check_endpoint(const char *endpoint, struct error *e) {
    if (!endpoint)
        return true;
    if (strlen(endpoint) > ENDPOINT_MAX || strpbrk(endpoint, "?#@ "))
        return fail_field(e, "endpoint", ERR_BAD_FIELD, "'%s' is not an address such as https://example.com",
                          "“%s”不是有效的地址,例如 https://example.com", endpoint);
    return http_url_check("endpoint", endpoint, e);
}

bool vendor_check(const struct services *services, const void *context, struct error *e) {
    const struct vendor_settings *settings = context;
    (void)services;
    if (settings->ttl < 0 || settings->ttl > TTL_MAX)
        return fail_field(e, "ttl", ERR_BAD_FIELD, "ttl is 0 to %d", "ttl 须为 0 至 %d", TTL_MAX);
    return (!settings->key_id || vendor_word_check("key_id", settings->key_id, e)) &&
           check_endpoint(settings->endpoint, e);
}

static void open_vendor(struct solving *s, const struct vendor_ops *ops, struct vendor *v) {
    const struct vendor_settings *settings = s->settings;
    const char *endpoint = settings->endpoint ? settings->endpoint : ops->endpoint;
    size_t length = strlen(endpoint);
    while (length && endpoint[length - 1] == '/')
        length--;
    *v = (struct vendor){.solving = s,
                         .settings = settings,
                         .client = client_new(s->arena, s->services->outbound),
                         .endpoint = arena_strndup(s->arena, endpoint, length),
                         .place = s->solution->place,
                         .value = s->solution->value};
    const char *host = strstr(v->endpoint, "://");
    host = host ? host + 3 : v->endpoint;
    v->host = arena_strndup(s->arena, host, strcspn(host, "/"));
}

const char *vendor_host_record(struct vendor *v, const char *zone) {
    size_t length = strlen(v->place), end = strlen(zone);
    return length > end ? arena_strndup(v->solving->arena, v->place, length - end - 1) : "@";
}

/* ---- calls ---- */

bool vendor_refused(struct vendor *v, const struct vendor_meaning *meanings, const char *code,
                    const char *words, struct error *e) {
    struct arena *a = v->solving->arena;
    enum error_id id = ERR_DNS_CHANGE_REFUSED;
    if (!code)
        code = arena_printf(a, "%d", v->status);
    for (const struct vendor_meaning *m = meanings; m->code; m++)
        if (strncmp(code, m->code, strlen(m->code)) == 0) {
            id = m->id;
            break;
        }
    fail(e, id, "%s answers %s: %s", "%s 答复 %s:%s", v->host, text_for_people(a, code, WORDS_MAX),
         text_for_people(a, words, WORDS_MAX));
    e->retry_after = v->retry_after;
    return false;
}

bool vendor_call(struct vendor *v, const struct http_request *request, json_t **answer, struct error *e) {
    struct arena *a = v->solving->arena;
    struct http_request timed = *request;
    struct http_reply reply;
    struct error unreadable;
    timed.timeout_ms = TIMEOUT_MS;
    timed.reply_max = REPLY_MAX;
    if (!http_call(v->client, a, &timed, &reply, e))
        return false;
    v->status = reply.status;
    v->retry_after = header_retry_after(http_reply_header(&reply, "Retry-After"), v->solving->now);
    if (json_read(a, reply.body, answer, &unreadable) && json_is_object(*answer))
        return true;
    return fail(e, ERR_UNREACHABLE, "%s answers with status %d and no JSON", "%s 返回状态 %d,且不是 JSON",
                v->host, reply.status);
}

/* ---- records ---- */

/* The longest suffix first. No provider keeps a zone of one label. */
static bool find(struct vendor *v, const struct vendor_ops *ops, struct vendor_record *record,
                 struct error *e) {
    for (const char *domain = v->place; domain && strchr(domain, '.'); domain = strchr(domain, '.') + 1) {
        *record = (struct vendor_record){.id = NULL};
        if (ops->find(v, domain, record, e))
            return true;
        if (e->id != ERR_DNS_ZONE_NOT_FOUND)
            return false;
        error_clear(e);
    }
    return fail(e, ERR_DNS_ZONE_NOT_FOUND, "%s has no zone for %s under this key",
                "%s 在该密钥下没有 %s 所属的区域", v->host, v->place);
}

/* Both halves: some providers need the zone to take a record away. */
static const char *handle_of(struct arena *a, const struct vendor_record *record) {
    return arena_printf(a, "%s/%s", record->zone, record->id);
}

static bool parse_handle(struct arena *a, const char *handle, struct vendor_record *record) {
    const char *slash = handle ? strrchr(handle, '/') : NULL;
    if (!slash)
        return false;
    record->zone = arena_strndup(a, handle, (size_t)(slash - handle));
    record->id = slash + 1;
    return true;
}

bool vendor_place(struct solving *s, const struct vendor_ops *ops, struct error *e) {
    struct vendor_record record;
    struct vendor v;
    open_vendor(s, ops, &v);
    if (!find(&v, ops, &record, e))
        return false;
    if (!record.id && !ops->create(&v, &record, e)) {
        if (e->id != ERR_ALREADY_EXISTS)
            return false;
        error_clear(e); /* the list lags behind: it is found by its value later */
        record.id = NULL;
    }
    s->solution->handle = record.id ? handle_of(s->arena, &record) : NULL;
    return true;
}

bool vendor_remove(struct solving *s, const struct vendor_ops *ops, struct error *e) {
    struct vendor_record record;
    struct vendor v;
    open_vendor(s, ops, &v);
    if (!parse_handle(s->arena, s->solution->handle, &record)) {
        if (!find(&v, ops, &record, e)) {
            /* without a zone nothing was ever made in it */
            bool nothing = e->id == ERR_DNS_ZONE_NOT_FOUND;
            if (nothing)
                error_clear(e);
            return nothing;
        }
        if (!record.id)
            return true;
    }
    return ops->remove(&v, &record, e) || error_absent(e);
}
