/* Tencent Cloud DNSPod, API 3.0 of 2021-03-23. Not run against the live service: see tests/data/vendor. */
#include "solve/vendor.h"
#include "solve/vendor_sign.h"
#include <stdlib.h>

#define LINE "默认" /* of records for every resolver */

/* The first that fits counts. */
static const struct vendor_meaning meanings[] = {
    {"InvalidParameter.DomainRecordExist", ERR_ALREADY_EXISTS},
    {"InvalidParameter.Domain", ERR_DNS_ZONE_NOT_FOUND},
    {"InvalidParameterValue.Domain", ERR_DNS_ZONE_NOT_FOUND},
    {"FailedOperation.NotDomainOwner", ERR_DNS_ZONE_NOT_FOUND},
    {"FailedOperation.DomainOwnedByOtherUser", ERR_DNS_ZONE_NOT_FOUND},
    {"OperationDenied.NoPermissionToOperateDomain", ERR_DNS_ZONE_NOT_FOUND},
    {"ResourceNotFound.NoDataOfRecord", ERR_NOT_FOUND},
    {"InvalidParameter.RecordIdInvalid", ERR_NOT_FOUND},
    {"AuthFailure", ERR_DNS_KEY_REFUSED},
    {NULL, ERR_NONE},
};

/* Takes `parameters` over. Every answer has status 200 and one member, Response. */
static bool call(struct vendor *v, const char *action, json_t *parameters, json_t **response,
                 struct error *e) {
    const struct solving *s = v->solving;
    struct slice body = slice_str(json_text(s->arena, json_keep(s->arena, parameters), false));
    const struct signing signing = {.key_id = v->settings->key_id,
                                    .secret = s->secret,
                                    .host = v->host,
                                    .action = action,
                                    .version = "2021-03-23",
                                    .now = s->now};
    const struct http_request request = {.method = "POST",
                                         .url = arena_printf(s->arena, "%s/", v->endpoint),
                                         .headers = sign_tc3(s->arena, &signing, "dnspod", body),
                                         .body = body};
    json_t *answer;
    if (!vendor_call(v, &request, &answer, e))
        return false;
    *response = json_object_get(answer, "Response");
    const json_t *error = json_object_get(*response, "Error");
    const char *code = json_string_value(json_object_get(error, "Code"));
    const char *words = json_string_value(json_object_get(error, "Message"));
    return (v->status == 200 && *response && !error) || vendor_refused(v, meanings, code, words, e);
}

static const char *id_of(struct vendor *v, const json_t *object) {
    const json_t *id = json_object_get(object, "RecordId");
    return json_is_integer(id) ? arena_printf(v->solving->arena, "%lld", (long long)json_integer_value(id))
                               : NULL;
}

static bool find(struct vendor *v, const char *domain, struct vendor_record *record, struct error *e) {
    json_t *response, *item;
    size_t i;
    record->zone = domain;
    if (!call(v, "DescribeRecordList",
              json_pack("{ss ss ss si}", "Domain", domain, "Subdomain", vendor_host_record(v, domain),
                        "RecordType", "TXT", "Limit", 3000),
              &response, e))
        return error_absent(e);
    json_array_foreach(json_object_get(response, "RecordList"), i, item) {
        const char *value = json_string_value(json_object_get(item, "Value"));
        if (value && strcmp(value, v->value) == 0)
            record->id = id_of(v, item);
    }
    return true;
}

static bool create(struct vendor *v, struct vendor_record *record, struct error *e) {
    json_t *parameters = json_pack("{ss ss ss ss ss}", "Domain", record->zone, "SubDomain",
                                   vendor_host_record(v, record->zone), "RecordType", "TXT", "RecordLine",
                                   LINE, "Value", v->value);
    json_t *response;
    if (v->settings->ttl)
        json_object_set_new(parameters, "TTL", json_integer(v->settings->ttl));
    if (!call(v, "CreateRecord", parameters, &response, e))
        return false;
    record->id = id_of(v, response);
    return true;
}

static bool take_away(struct vendor *v, const struct vendor_record *record, struct error *e) {
    char *end;
    long long id = strtoll(record->id, &end, 10);
    json_t *response;
    if (*end)
        return fail(e, ERR_CORRUPT, "'%s' is no id of a record", "“%s”不是记录 ID", record->id);
    return call(v, "DeleteRecord", json_pack("{ss sI}", "Domain", record->zone, "RecordId", (json_int_t)id),
                &response, e);
}

static const struct vendor_ops ops = {
    .endpoint = "https://dnspod.tencentcloudapi.com", .find = find, .create = create, .remove = take_away};

static bool place(struct solving *s, struct error *e) {
    return vendor_place(s, &ops, e);
}

static bool remove_record(struct solving *s, struct error *e) {
    return vendor_remove(s, &ops, e);
}

const struct solver_ops solve_dnspod = {
    .kind = "dnspod",
    .title = TEXT("Tencent Cloud DNSPod (not run against the live service)",
                  "腾讯云 DNSPod(未在真实服务上运行过)"),
    .types = 1 << CHALLENGE_DNS_01 | 1 << CHALLENGE_DNS_PERSIST_01,
    .any_record = true,
    .secret = true,
    .settings = vendor_key_fields,
    .settings_size = sizeof(struct vendor_settings),
    .check = vendor_check,
    .place = place,
    .remove = remove_record,
};
