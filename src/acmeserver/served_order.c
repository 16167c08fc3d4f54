/* Orders: what is asked for, and what must be proven for it (RFC 8555, 7.4). */
#include "acme/base64url.h"
#include "acmeserver/limit.h"
#include "base/rand.h"
#include "dns/dns.h"
#include "pki/names.h"
#include <stdlib.h>

enum { NAMES_MAX = 100, TOKEN_BYTES = 24, BACKDATE_MAX = DAY };

/* ---- showing ---- */

static json_t *identifier_json(struct arena *a, const char *name) {
    json_t *identifier = json_object();
    json_object_set_new(identifier, "type", json_string(name_is_ip(name) ? "ip" : "dns"));
    json_object_set_new(identifier, "value", json_string_of(a, name));
    return identifier;
}

static json_t *identifiers_json(struct arena *a, const char *names) {
    json_t *list = json_array();
    size_t count = names_count(names);
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, identifier_json(a, names_at(a, names, i)));
    return list;
}

static void set_problem(struct served_request *rq, json_t *object, const char *problem) {
    struct error ignored;
    json_t *value;
    if (problem && json_read(rq->arena, slice_str(problem), &value, &ignored))
        json_object_set(object, "error", value);
}

static bool set_authorizations(struct served_request *rq, json_t *reply, const char *order_id,
                               struct error *e) {
    struct served_authorization *list;
    size_t count;
    json_t *urls = json_array();
    json_object_set_new(reply, "authorizations", urls);
    if (!served_authorization_list(rq->db, rq->arena, order_id, &list, &count, e))
        return false;
    for (size_t i = 0; i < count; i++)
        json_array_append_new(urls, json_string(served_url(rq, "authorization", list[i].id)));
    return true;
}

static void set_order(struct served_request *rq, json_t *reply, const struct served_order *order) {
    const char *url = served_url(rq, "order", order->id), *status = served_order_status(order, rq->now);
    served_set(reply, "status", status);
    served_set_time(rq, reply, "expires", order->expires_at);
    json_object_set_new(reply, "identifiers", identifiers_json(rq->arena, order->names));
    served_set_time(rq, reply, "notBefore", order->not_before);
    served_set_time(rq, reply, "notAfter", order->not_after);
    served_set(reply, "profile", order->profile);
    served_set(reply, "replaces", order->replaces);
    served_set(reply, "finalize", arena_printf(rq->arena, "%s/finalize", url));
    if (strcmp(status, "valid") == 0)
        served_set(reply, "certificate", served_url(rq, "certificate", order->certificate_id));
    if (strcmp(status, "processing") == 0)
        served_retry_after(rq, 1);
    set_problem(rq, reply, order->problem);
    exchange_answer_header(rq->x, "Location", url);
}

static bool show_order(struct served_request *rq, const struct served_order *order, struct error *e) {
    rq->reply = json_object();
    set_order(rq, rq->reply, order);
    return set_authorizations(rq, rq->reply, order->id, e);
}

bool served_order_own(struct served_request *rq, struct served_order *order, struct error *e) {
    return served_order_get(rq->db, rq->arena, rq->args[0], order, e) && served_own(rq, order->account_id, e);
}

bool order_show_handle(struct served_request *rq, struct error *e) {
    struct served_order order;
    return served_order_own(rq, &order, e) && show_order(rq, &order, e);
}

/* ---- identifiers ---- */

static bool is_blocked(const struct acmeserver_settings *settings, const char *name) {
    for (size_t i = 0; i < settings->blocked_count; i++)
        if (dns_below(name, settings->blocked[i]))
            return true;
    return false;
}

/* What may not stand in a certificate, or not in that form: RFC 8555 wants A-labels, and addresses as RFC
 * 8738 has them. */
static bool check_identifier(struct served_request *rq, const char *type, const char *value,
                             const char **name) {
    struct error why = {0};
    bool address = strcmp(type, "ip") == 0;
    if (!address && strcmp(type, "dns") != 0)
        return refuse_identifier(rq, REFUSAL_UNSUPPORTED_IDENTIFIER, type, value, "no such type"), false;
    if (!name_normalise(rq->arena, value, false, name, &why))
        return refuse_identifier(rq, REFUSAL_REJECTED_IDENTIFIER, type, value, why.detail[rq->x->lang]),
               false;
    if (strcasecmp(*name, value) != 0 || name_is_ip(*name) != address)
        return refuse_identifier(rq, REFUSAL_REJECTED_IDENTIFIER, type, value, "not in its usual form"),
               false;
    if (is_blocked(rq->settings, *name))
        return refuse_identifier(rq, REFUSAL_REJECTED_IDENTIFIER, type, value, "blocked here"), false;
    return true;
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, each one once. */
static const char *join_names(struct arena *a, const char **names, size_t count) {
    struct buf text = buf_new(a, NAMES_MAX * 256);
    qsort(names, count, sizeof *names, by_text);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
            buf_printf(&text, "%s%s", i ? " " : "", names[i]);
    return text.p;
}

static bool read_identifiers(struct served_request *rq, const char **joined, struct error *e) {
    const json_t *list = json_object_get(rq->payload, "identifiers");
    size_t count = json_array_size(list);
    const char *names[NAMES_MAX];
    bool unsupported = false;
    if (count == 0 || count > NAMES_MAX)
        return refuse(rq, REFUSAL_MALFORMED, e, "identifiers is not a list of 1 to %d",
                      "identifiers 不是含 1 至 %d 项的列表", NAMES_MAX);
    for (size_t i = 0; i < count; i++) {
        const json_t *identifier = json_array_get(list, i);
        const char *type = json_string_value(json_object_get(identifier, "type"));
        const char *value = json_string_value(json_object_get(identifier, "value"));
        if (!type || !value)
            return refuse(rq, REFUSAL_MALFORMED, e, "an identifier has no type or no value",
                          "identifier 缺少 type 或 value");
        if (!check_identifier(rq, type, value, &names[i]))
            unsupported |= strcmp(type, "dns") != 0 && strcmp(type, "ip") != 0;
    }
    if (rq->subproblems)
        return refuse(rq, unsupported ? REFUSAL_UNSUPPORTED_IDENTIFIER : REFUSAL_REJECTED_IDENTIFIER, e,
                      "%zu of the identifiers cannot be in a certificate", "%zu 个标识不能用于证书",
                      json_array_size(rq->subproblems));
    *joined = join_names(rq->arena, names, count);
    return true;
}

/* ---- newOrder ---- */

/* "MUST return an error if it cannot fulfil" (7.4). */
static bool check_times(struct served_request *rq, const struct served_order *order, struct error *e) {
    int64_t start = order->not_before ? order->not_before : rq->now;
    int64_t longest = start + served_profile_seconds(rq->settings, order->profile);
    bool late = order->not_after && (order->not_after <= start || order->not_after > longest);
    if (!late && start >= rq->now - BACKDATE_MAX && start <= rq->now + 30 * DAY)
        return true;
    return refuse(rq, REFUSAL_MALFORMED, e, "notBefore and notAfter cannot be had: at most %lld seconds",
                  "无法满足 notBefore 和 notAfter:最长 %lld 秒", (long long)(longest - start));
}

static bool read_order(struct served_request *rq, struct served_order *order, struct error *e) {
    const char *profile;
    if (!served_payload(rq, e) || !read_identifiers(rq, &order->names, e) ||
        !served_text(rq, "profile", &profile, e) || !served_text(rq, "replaces", &order->replaces, e))
        return false;
    order->profile = profile ? profile : "classic";
    if (served_profile_seconds(rq->settings, order->profile) == 0)
        return refuse(rq, REFUSAL_INVALID_PROFILE, e, "there is no profile '%.100s'", "没有配置“%.100s”",
                      order->profile);
    return served_time(rq, "notBefore", &order->not_before, e) &&
           served_time(rq, "notAfter", &order->not_after, e) && check_times(rq, order, e);
}

bool order_new_prepare(struct served_request *rq, struct error *e) {
    struct served_order *order = rq->prepared = ARENA_NEW(rq->arena, struct served_order);
    *order = (struct served_order){.account_id = rq->account.id,
                                   .status = "pending",
                                   .expires_at = rq->now + rq->settings->order_seconds,
                                   .created_at = rq->now};
    return read_order(rq, order, e);
}

static bool shares_a_name(struct arena *a, const char *names, const char *others) {
    size_t count = names_count(names);
    for (size_t i = 0; i < count; i++)
        if (names_cover(others, names_at(a, names, i)))
            return true;
    return false;
}

/* RFC 9773, section 5. */
static bool take_replaced(struct served_request *rq, const struct served_order *order, struct error *e) {
    struct served_certificate old;
    bool replaced;
    if (!order->replaces)
        return true;
    if (!served_certificate_by_identifier(rq->db, rq->arena, order->replaces, &old, e))
        return false;
    if (!old.id || strcmp(old.account_id, rq->account.id) != 0 ||
        !shares_a_name(rq->arena, old.names, order->names))
        return refuse(rq, REFUSAL_MALFORMED, e, "`replaces` names no certificate of this account and names",
                      "replaces 未指向该账号下具有相同域名的证书");
    if (!served_certificate_replace(rq->db, old.id, order->id, &replaced, e))
        return false;
    if (replaced && !fault_happens(&rq->server->faults, FAULT_ALREADY_REPLACED, rq->resource))
        return true;
    return refuse(rq, REFUSAL_ALREADY_REPLACED, e, "the certificate was replaced by another order",
                  "该证书已被其他订单替换");
}

static const char *new_token(struct arena *a) {
    uint8_t bytes[TOKEN_BYTES];
    rand_bytes(bytes, sizeof bytes);
    return base64url_text(a, slice_of(bytes, sizeof bytes));
}

static bool add_challenges(struct served_request *rq, const struct served_authorization *authorization,
                           struct error *e) {
    const char *token = new_token(rq->arena);
    for (const struct challenge_kind *kind = challenge_kinds; kind->type; kind++) {
        struct served_challenge challenge = {.id = id_new(rq->arena, "acmechal", rq->now),
                                             .account_id = authorization->account_id,
                                             .authorization_id = authorization->id,
                                             .position = kind - challenge_kinds,
                                             .type = kind->type,
                                             .token = kind->token ? token : NULL,
                                             .status = "pending"};
        if ((authorization->wildcard && !kind->wildcards) ||
            (name_is_ip(authorization->name) && !kind->addresses))
            continue;
        if (!served_challenge_insert(rq->db, &challenge, e))
            return false;
    }
    return true;
}

/* One that is valid already, or a new one; `valid` says which. */
static bool find_authorization(struct served_request *rq, const char *name,
                               struct served_authorization *authorization, struct error *e) {
    bool wildcard = strncmp(name, "*.", 2) == 0;
    struct served_authorization wanted = {.account_id = rq->account.id,
                                          .name = name + (wildcard ? 2 : 0),
                                          .wildcard = wildcard,
                                          .status = "pending",
                                          .expires_at = rq->now + rq->settings->order_seconds};
    if (!served_authorization_find(rq->db, rq->arena, rq->account.id, &wanted, rq->now, authorization, e))
        return false;
    if (authorization->id && (int64_t)rand_below(100) < rq->settings->reuse_percent)
        return true;
    wanted.id = id_new(rq->arena, "acmeauth", rq->now);
    *authorization = wanted;
    return served_authorization_insert(rq->db, &wanted, e) && add_challenges(rq, &wanted, e);
}

static bool insert_order(struct served_request *rq, struct served_order *order, struct error *e) {
    size_t count = names_count(order->names), valid = 0;
    struct served_authorization *needed = ARENA_ARRAY(rq->arena, count, struct served_authorization);
    for (size_t i = 0; i < count; i++) {
        if (!find_authorization(rq, names_at(rq->arena, order->names, i), &needed[i], e))
            return false;
        valid += strcmp(needed[i].status, "valid") == 0;
    }
    order->status = valid == count ? "ready" : "pending";
    if (!served_order_insert(rq->db, order, e))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!served_authorization_link(rq->db, order->id, (int64_t)i, needed[i].id, e))
            return false;
    return true;
}

bool order_new_handle(struct served_request *rq, struct error *e) {
    struct served_order *order = rq->prepared, same;
    if (!served_order_same(rq->db, rq->arena, order, rq->now, &same, e))
        return false;
    rq->status = 201;
    if (same.id)
        return show_order(rq, &same, e);
    order->id = id_new(rq->arena, "acmeord", rq->now);
    return limit_orders(rq, e) && take_replaced(rq, order, e) && insert_order(rq, order, e) &&
           show_order(rq, order, e);
}

/* ---- authorizations ---- */

static json_t *challenge_json(struct served_request *rq, const struct served_challenge *challenge) {
    json_t *object = json_object();
    served_set(object, "type", challenge->type);
    served_set(object, "url", served_url(rq, "challenge", challenge->id));
    served_set(object, "status", challenge->status);
    served_set(object, "token", challenge->token);
    served_set_time(rq, object, "validated", challenge->validated_at);
    set_problem(rq, object, challenge->problem);
    if (!challenge->token)
        json_object_set_new(object, "issuer-domain-names", json_pack("[s]", ACMESERVER_DOMAIN));
    return object;
}

/* Of a decided authorization the challenges that decided it; of an open one all that can be chosen. */
static bool set_challenges(struct served_request *rq, json_t *reply,
                           const struct served_authorization *authorization, struct error *e) {
    struct served_challenge *list;
    size_t count;
    json_t *shown = json_array();
    json_object_set_new(reply, "challenges", shown);
    if (!served_challenge_list(rq->db, rq->arena, authorization->id, &list, &count, e))
        return false;
    bool open = strcmp(authorization->status, "pending") == 0;
    for (size_t i = 0; i < count; i++)
        if (open || strcmp(list[i].status, "pending") != 0)
            json_array_append_new(shown, challenge_json(rq, &list[i]));
    return true;
}

static bool show_authorization(struct served_request *rq, const struct served_authorization *authorization,
                               struct error *e) {
    json_t *reply = rq->reply = json_object();
    served_set(reply, "status", served_authorization_status(authorization, rq->now));
    served_set_time(rq, reply, "expires", authorization->expires_at);
    json_object_set_new(reply, "identifier", identifier_json(rq->arena, authorization->name));
    if (authorization->wildcard)
        json_object_set_new(reply, "wildcard", json_true());
    if (strcmp(authorization->status, "pending") == 0)
        served_retry_after(rq, 1);
    return set_challenges(rq, reply, authorization, e);
}

static bool own_authorization(struct served_request *rq, const char *id,
                              struct served_authorization *authorization, struct error *e) {
    return served_authorization_get(rq->db, rq->arena, id, authorization, e) &&
           served_own(rq, authorization->account_id, e);
}

bool authorization_handle(struct served_request *rq, struct error *e) {
    struct served_authorization authorization;
    const char *status;
    if (!own_authorization(rq, rq->args[0], &authorization, e) || !served_text(rq, "status", &status, e))
        return false;
    if (!status)
        return show_authorization(rq, &authorization, e);
    if (strcmp(status, "deactivated") != 0)
        return refuse(rq, REFUSAL_MALFORMED, e, "the status of an authorization can only become deactivated",
                      "授权状态只能改为 deactivated");
    authorization.status = "deactivated";
    return served_authorization_become(
               rq->db, authorization.id, "deactivated", authorization.expires_at,
               refusal_text(rq->arena, "unauthorized", "an authorization was deactivated"), e) &&
           show_authorization(rq, &authorization, e);
}

/* ---- challenges ---- */

static bool begin_look(struct served_request *rq, struct served_challenge *challenge, struct error *e) {
    struct faults *faults = &rq->server->faults;
    bool slow = fault_happens(faults, FAULT_VALIDATION_SLOW, rq->resource);
    int64_t due_at = rq->now + (slow ? faults->of[FAULT_VALIDATION_SLOW].seconds : 0);
    challenge->status = "processing";
    return served_challenge_set(rq->db, challenge, e) &&
           work_enqueue(rq->db, ACMESERVER_ACCOUNT, challenge->id, "validate", due_at, e);
}

/* Asked for again, what goes on goes on. */
bool challenge_handle(struct served_request *rq, struct error *e) {
    struct served_challenge challenge;
    struct served_authorization authorization;
    if (!served_challenge_get(rq->db, rq->arena, rq->args[0], &challenge, e) ||
        !own_authorization(rq, challenge.authorization_id, &authorization, e))
        return false;
    bool open = strcmp(served_authorization_status(&authorization, rq->now), "pending") == 0;
    bool begins = rq->payload && open && strcmp(challenge.status, "pending") == 0;
    if (rq->payload && !open && strcmp(challenge.status, "pending") == 0)
        return refuse(rq, REFUSAL_MALFORMED, e, "the authorization is %s", "授权状态为 %s",
                      served_authorization_status(&authorization, rq->now));
    if (begins && !begin_look(rq, &challenge, e))
        return false;
    if (strcmp(challenge.status, "processing") == 0)
        served_retry_after(rq, 1);
    exchange_answer_header(
        rq->x, "Link",
        arena_printf(rq->arena, "<%s>;rel=\"up\"", served_url(rq, "authorization", authorization.id)));
    rq->reply = challenge_json(rq, &challenge);
    return true;
}

bool served_order_show(struct served_request *rq, const char *id, struct error *e) {
    struct served_order order;
    return served_order_get(rq->db, rq->arena, id, &order, e) && show_order(rq, &order, e);
}
