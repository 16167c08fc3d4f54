/* Accounts: making, showing, changing, closing them, and exchanging their keys (RFC 8555, 7.3). */
#include "acmeserver/limit.h"
#include "base/rand.h"

enum { CONTACTS_MAX = 10, ORDERS_PER_PAGE = 50 };

static bool show(struct served_request *rq, const struct served_account *account) {
    json_t *reply = rq->reply = json_object();
    json_object_set_new(reply, "status", json_string(account->status));
    json_object_set_new(reply, "contact", json_words(rq->arena, account->contact));
    json_object_set_new(reply, "termsOfServiceAgreed", json_boolean(account->terms_agreed));
    json_object_set_new(reply, "orders", json_string(served_url(rq, "orders", account->id)));
    exchange_answer_header(rq->x, "Location", served_url(rq, "account", account->id));
    return true;
}

/* ---- contacts ---- */

/* One address, and none of the other parts that RFC 6068 knows. */
static bool check_contact(struct served_request *rq, const char *contact, struct error *e) {
    if (strncmp(contact, "mailto:", 7) != 0)
        return refuse(rq, REFUSAL_UNSUPPORTED_CONTACT, e, "'%.200s' is not a mailto: address",
                      "“%.200s”不是 mailto: 地址", contact);
    const char *at = strchr(contact + 7, '@');
    if (!at || at == contact + 7 || !at[1] || strpbrk(contact, "?, \t\r\n") || strchr(at + 1, '@'))
        return refuse(rq, REFUSAL_INVALID_CONTACT, e, "'%.200s' is not one e-mail address",
                      "“%.200s”不是单个邮箱地址", contact);
    return true;
}

/* `*contact` stays as it is if the member is absent. */
static bool read_contacts(struct served_request *rq, const char **contact, struct error *e) {
    const json_t *list = json_object_get(rq->payload, "contact");
    struct buf words = buf_new(rq->arena, 4096);
    if (!list)
        return true;
    if (!json_is_array(list) || json_array_size(list) > CONTACTS_MAX)
        return refuse(rq, REFUSAL_INVALID_CONTACT, e, "contact is not a list of at most %d addresses",
                      "contact 不是最多含 %d 个地址的列表", CONTACTS_MAX);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        if (!check_contact(rq, text ? text : "", e))
            return false;
        buf_printf(&words, "%s%s", i ? " " : "", text);
    }
    if (words.overflow)
        return refuse(rq, REFUSAL_INVALID_CONTACT, e, "the contacts are too long", "联系方式过长");
    return *contact = words.p, true;
}

/* ---- external accounts ---- */

static const struct external_key *find_external(const struct acmeserver_settings *settings, const char *kid) {
    for (size_t i = 0; i < settings->external_count; i++)
        if (strcmp(settings->external[i].kid, kid) == 0)
            return &settings->external[i];
    return NULL;
}

/* RFC 8555, 7.3.4: the same url as outside, our MAC key, and the account's own key inside. */
static bool check_binding(struct served_request *rq, const struct jws *binding, struct error *e) {
    const struct external_key *key = find_external(rq->settings, binding->kid);
    struct slice spki;
    json_t *jwk;
    if (!key)
        return refuse(rq, REFUSAL_UNAUTHORIZED, e, "there is no external account '%.200s'",
                      "没有外部账号“%.200s”", binding->kid);
    if (strcmp(binding->url, rq->jws.url) != 0)
        return refuse(rq, REFUSAL_MALFORMED, e, "the url of the external account binding is another one",
                      "外部账号绑定中的 url 不一致");
    if (!jws_verify_mac(binding, key->mac_key, e))
        return refuse(rq, REFUSAL_UNAUTHORIZED, e, "the external account binding is not made with its key",
                      "外部账号绑定未使用对应的密钥");
    if (!json_read(rq->arena, binding->payload, &jwk, e) || !jwk_read(rq->arena, jwk, &spki, e))
        return false;
    return slice_equal(spki, rq->jws.spki) ||
           refuse(rq, REFUSAL_MALFORMED, e, "the external account binding is for another key",
                  "外部账号绑定对应其他密钥");
}

static bool read_binding(struct served_request *rq, const char **kid, struct error *e) {
    json_t *member = json_object_get(rq->payload, "externalAccountBinding");
    struct jws binding;
    *kid = NULL;
    if (rq->settings->external_count == 0)
        return true;
    if (!member)
        return refuse(rq, REFUSAL_EXTERNAL_ACCOUNT, e, "an external account is needed", "需要外部账号");
    if (!jws_read(rq->arena, JWS_EXTERNAL_ACCOUNT, slice_str(json_text(rq->arena, member, false)), &binding,
                  e))
        return false;
    *kid = binding.kid;
    return check_binding(rq, &binding, e);
}

/* ---- newAccount ---- */

bool account_new_prepare(struct served_request *rq, struct error *e) {
    struct served_account *account = rq->prepared = ARENA_NEW(rq->arena, struct served_account);
    struct served_account found;
    if (!served_payload(rq, e))
        return false;
    *account = (struct served_account){.spki = rq->jws.spki, .status = "valid", .created_at = rq->now};
    account->terms_agreed = json_is_true(json_object_get(rq->payload, "termsOfServiceAgreed"));
    if (!jwk_thumbprint(rq->arena, account->spki, &account->thumbprint, e) ||
        !served_account_by_key(rq->db, rq->arena, account->thumbprint, &found, e))
        return false;
    if (found.id || json_is_true(json_object_get(rq->payload, "onlyReturnExisting")))
        return true;
    return read_contacts(rq, &account->contact, e) && read_binding(rq, &account->external_kid, e);
}

bool account_new_handle(struct served_request *rq, struct error *e) {
    struct served_account *account = rq->prepared, found;
    if (!served_account_by_key(rq->db, rq->arena, account->thumbprint, &found, e))
        return false;
    if (found.id && strcmp(found.status, "valid") != 0)
        return refuse(rq, REFUSAL_UNAUTHORIZED, e, "the account is %s", "账号状态为 %s", found.status);
    if (found.id)
        return show(rq, &found);
    if (json_is_true(json_object_get(rq->payload, "onlyReturnExisting")))
        return refuse(rq, REFUSAL_ACCOUNT_ABSENT, e, "no account has this key", "没有使用此密钥的账号");
    if (!account->terms_agreed)
        return refuse(rq, REFUSAL_TERMS, e, "the terms of service are not agreed to", "尚未同意服务条款");
    account->id = id_new(rq->arena, "acmeacct", rq->now);
    rq->status = 201;
    return limit_accounts(rq, e) && served_account_insert(rq->db, account, e) && show(rq, account);
}

/* ---- an account ---- */

bool account_update_handle(struct served_request *rq, struct error *e) {
    const char *status;
    if (!served_own(rq, rq->args[0], e))
        return false;
    if (!rq->payload)
        return show(rq, &rq->account);
    if (!served_text(rq, "status", &status, e) || !read_contacts(rq, &rq->account.contact, e))
        return false;
    if (status && strcmp(status, "deactivated") != 0)
        return refuse(rq, REFUSAL_MALFORMED, e, "the status of an account can only become deactivated",
                      "账号状态只能改为 deactivated");
    if (status)
        rq->account.status = "deactivated";
    return served_account_set(rq->db, &rq->account, e) && show(rq, &rq->account);
}

bool account_orders_handle(struct served_request *rq, struct error *e) {
    const char *cursor = exchange_query(rq->x, "cursor");
    struct served_order *orders;
    size_t count;
    if (!served_own(rq, rq->args[0], e) ||
        !served_order_list(rq->db, rq->arena, rq->account.id, cursor ? cursor : "", ORDERS_PER_PAGE + 1,
                           &orders, &count, e))
        return false;
    json_t *list = json_array();
    for (size_t i = 0; i < count && i < ORDERS_PER_PAGE; i++)
        if (strcmp(served_order_status(&orders[i], rq->now), "invalid") != 0)
            json_array_append_new(list, json_string(served_url(rq, "order", orders[i].id)));
    rq->reply = json_object();
    json_object_set_new(rq->reply, "orders", list);
    if (count > ORDERS_PER_PAGE)
        exchange_answer_header(rq->x, "Link",
                               arena_printf(rq->arena, "<%s?cursor=%s>;rel=\"next\"",
                                            served_url(rq, "orders", rq->account.id),
                                            orders[ORDERS_PER_PAGE - 1].id));
    return true;
}

/* ---- keyChange (7.3.5) ---- */

/* The inner message says which account, and which key it has now. */
static bool check_change(struct served_request *rq, const struct jws *inner, struct error *e) {
    json_t *change;
    struct slice old;
    if (strcmp(inner->url, rq->jws.url) != 0)
        return refuse(rq, REFUSAL_MALFORMED, e, "the inner url is another one", "内层消息的 url 不一致");
    if (!json_read(rq->arena, inner->payload, &change, e) ||
        !jwk_read(rq->arena, json_object_get(change, "oldKey"), &old, e))
        return false;
    const char *account = json_string_value(json_object_get(change, "account"));
    if (!account || strcmp(account, rq->jws.kid) != 0)
        return refuse(rq, REFUSAL_MALFORMED, e, "the inner message names another account",
                      "内层消息对应其他账号");
    return slice_equal(old, rq->account.spki) ||
           refuse(rq, REFUSAL_MALFORMED, e, "oldKey is not the account's key", "oldKey 不是该账号的密钥");
}

bool account_key_prepare(struct served_request *rq, struct error *e) {
    struct jws inner;
    if (!jws_read(rq->arena, JWS_KEY_CHANGE, rq->jws.payload, &inner, e) ||
        !jws_verify(&inner, inner.spki, e) || !check_change(rq, &inner, e))
        return false;
    rq->account.spki = inner.spki;
    return jwk_thumbprint(rq->arena, inner.spki, &rq->account.thumbprint, e);
}

bool account_key_handle(struct served_request *rq, struct error *e) {
    struct served_account holder;
    if (!served_account_by_key(rq->db, rq->arena, rq->account.thumbprint, &holder, e))
        return false;
    if (!holder.id)
        return served_account_set(rq->db, &rq->account, e) && show(rq, &rq->account);
    exchange_answer_header(rq->x, "Location", served_url(rq, "account", holder.id));
    return refuse(rq, REFUSAL_KEY_IN_USE, e, "an account has this key already", "该密钥已被某个账号使用");
}
