/* Alibaba Cloud DNS, API of 2015-01-09. Not run against the live service: see tests/data/vendor. */
#include "base/rand.h"
#include "http/url.h"
#include "pki/digest.h"
#include "solve/vendor.h"
#include "solve/vendor_sign.h"
#include <strings.h>

#define PAGE "500" /* the most */
enum { NONCE_BYTES = 16, QUERY_MAX = 4096 };

static const struct vendor_meaning meanings[] = {
    {"InvalidDomainName", ERR_DNS_ZONE_NOT_FOUND},
    {"IncorrectDomainUser", ERR_DNS_ZONE_NOT_FOUND},
    {"DomainRecordDuplicate", ERR_ALREADY_EXISTS},
    {"DomainRecordNotBelongToUser", ERR_NOT_FOUND},
    {"InvalidRecordId", ERR_NOT_FOUND},
    {"InvalidAccessKeyId", ERR_DNS_KEY_REFUSED},
    {"IncompleteSignature", ERR_DNS_KEY_REFUSED},
    {"SignatureDoesNotMatch", ERR_DNS_KEY_REFUSED},
    /* libcurl sent it again, because the connection had died without an answer */
    {"SignatureNonceUsed", ERR_UNREACHABLE},
    {"InvalidTimeStamp", ERR_DNS_KEY_REFUSED},
    {NULL, ERR_NONE},
};

struct parameter {
    const char *name, *value; /* value NULL: left out */
};

/* The names come sorted. */
static const char *query_of(struct arena *a, const struct parameter *parameters) {
    struct buf b = buf_new(a, QUERY_MAX);
    for (; parameters->name; parameters++)
        if (parameters->value)
            buf_printf(&b, "%s%s=%s", b.len ? "&" : "", parameters->name, url_encode(a, parameters->value));
    return b.p;
}

static bool call(struct vendor *v, const char *action, const struct parameter *parameters, json_t **answer,
                 struct error *e) {
    const struct solving *s = v->solving;
    const char *query = query_of(s->arena, parameters);
    uint8_t nonce[NONCE_BYTES];
    rand_bytes(nonce, sizeof nonce);
    const struct signing signing = {.key_id = v->settings->key_id,
                                    .secret = s->secret,
                                    .host = v->host,
                                    .action = action,
                                    .version = "2015-01-09",
                                    .now = s->now};
    const struct http_request request = {
        .method = "POST",
        .url = arena_printf(s->arena, "%s/?%s", v->endpoint, query),
        .headers = sign_acs3(s->arena, &signing, query, hex_text(s->arena, slice_of(nonce, sizeof nonce))),
        .body = slice_str("")};
    if (!vendor_call(v, &request, answer, e))
        return false;
    const char *code = json_string_value(json_object_get(*answer, "Code"));
    const char *words = json_string_value(json_object_get(*answer, "Message"));
    return v->status == 200 || vendor_refused(v, meanings, code, words, e);
}

/* What the provider searches by is found inside of values, too: only the same one counts. */
static bool is_ours(struct vendor *v, const json_t *record, const char *host) {
    const char *value = json_string_value(json_object_get(record, "Value"));
    const char *name = json_string_value(json_object_get(record, "RR"));
    const char *type = json_string_value(json_object_get(record, "Type"));
    return value && name && type && strcmp(value, v->value) == 0 && strcasecmp(name, host) == 0 &&
           strcmp(type, "TXT") == 0;
}

static bool find(struct vendor *v, const char *domain, struct vendor_record *record, struct error *e) {
    const char *host = vendor_host_record(v, domain);
    const struct parameter parameters[] = {{"DomainName", domain},     {"PageSize", PAGE},
                                           {"RRKeyWord", host},        {"TypeKeyWord", "TXT"},
                                           {"ValueKeyWord", v->value}, {NULL, NULL}};
    json_t *answer, *item;
    size_t i;
    if (!call(v, "DescribeDomainRecords", parameters, &answer, e))
        return false;
    record->zone = domain;
    json_array_foreach(json_object_get(json_object_get(answer, "DomainRecords"), "Record"), i, item) {
        if (is_ours(v, item, host))
            record->id = json_string_value(json_object_get(item, "RecordId"));
    }
    return true;
}

static bool create(struct vendor *v, struct vendor_record *record, struct error *e) {
    struct arena *a = v->solving->arena;
    int64_t ttl = v->settings->ttl;
    const struct parameter parameters[] = {{"DomainName", record->zone},
                                           {"RR", vendor_host_record(v, record->zone)},
                                           {"TTL", ttl ? arena_printf(a, "%lld", (long long)ttl) : NULL},
                                           {"Type", "TXT"},
                                           {"Value", v->value},
                                           {NULL, NULL}};
    json_t *answer;
    if (!call(v, "AddDomainRecord", parameters, &answer, e))
        return false;
    record->id = json_string_value(json_object_get(answer, "RecordId"));
    return true;
}

static bool take_away(struct vendor *v, const struct vendor_record *record, struct error *e) {
    const struct parameter parameters[] = {{"RecordId", record->id}, {NULL, NULL}};
    json_t *answer;
    return call(v, "DeleteDomainRecord", parameters, &answer, e);
}

static const struct vendor_ops ops = {
    .endpoint = "https://alidns.aliyuncs.com", .find = find, .create = create, .remove = take_away};

static bool place(struct solving *s, struct error *e) {
    return vendor_place(s, &ops, e);
}

static bool remove_record(struct solving *s, struct error *e) {
    return vendor_remove(s, &ops, e);
}

const struct solver_ops solve_alidns = {
    .kind = "alidns",
    .title = TEXT("Alibaba Cloud DNS (not run against the live service)",
                  "阿里云云解析 DNS(未在真实服务上运行过)"),
    .types = 1 << CHALLENGE_DNS_01 | 1 << CHALLENGE_DNS_PERSIST_01,
    .any_record = true,
    .secret = true,
    .settings = vendor_key_fields,
    .settings_size = sizeof(struct vendor_settings),
    .check = vendor_check,
    .place = place,
    .remove = remove_record,
};
