/* Accounts at ACME CAs over HTTP: what is asked for is written down, the step `account` tells the CA. */
#include "audit/audit.h"
#include "http/list.h"
#include "issue/acme_account.h"
#include "pki/key.h"

static const struct field register_body[] = {
    {"issuer", FIELD_TEXT, offsetof(struct acme_account, issuer_id), FIELD_REQUIRED,
     TEXT("Issuer", "签发机构")},
    FIELD(TEXT, acme_account, key_algorithm, FIELD_NOT_NULL, "Of its key: p256 (default), p384, rsa2048 …",
          "密钥算法:p256(默认)、p384、rsa2048 等"),
    FIELD(WORDS, acme_account, contact, 0, "E-mail addresses, instead of the issuer's",
          "邮箱,代替签发机构的设置"),
    FIELD(TEXT, acme_account, eab_kid, 0, "Key id of an external account of its own",
          "专用外部账户的密钥标识"),
    FIELD(TEXT, acme_account, eab_key, FIELD_SECRET, "Its key, in base64url", "其密钥(base64url)"),
    FIELD_END,
};

static const struct field change_body[] = {
    FIELD(WORDS, acme_account, contact, 0, "E-mail addresses; null or empty: the issuer's",
          "邮箱;null 或空表示使用签发机构的设置"),
    FIELD(TEXT, acme_account, eab_kid, 0, "Key id of an external account of its own",
          "专用外部账户的密钥标识"),
    FIELD(TEXT, acme_account, eab_key, FIELD_SECRET, "Its key, in base64url", "其密钥(base64url)"),
    FIELD_END,
};

static json_t *account_json(struct request *rq, struct acme_account *p) {
    p->detail = rq->lang == LANG_ZH ? p->detail_zh : p->detail_en;
    return json_from_row(rq->arena, acme_account_fields, p);
}

static const json_t *kept_json(struct request *rq, struct acme_account *p) {
    return json_keep(rq->arena, account_json(rq, p));
}

static bool path_account(struct request *rq, struct acme_account *p, struct error *e) {
    return acme_account_get(rq->db, rq->arena, rq->caller.account_id, rq->path_args[0], p, e);
}

static bool open_account(struct request *rq, struct acme_account *p, struct error *e) {
    return path_account(rq, p, e) &&
           (!acme_account_over(p) || fail_state(e, p->state, ERR_CONFLICT, "the account %s is %s",
                                                "账户 %s 的状态为 %s", p->id, p->state));
}

/* What is asked for begins at once. */
static bool ask(struct request *rq, const char *action, struct acme_account *p, const json_t *before,
                struct error *e) {
    if (!acme_account_store(rq->db, p, e))
        return false;
    rq->status = 202;
    rq->reply = account_json(rq, p);
    return work_enqueue(rq->db, p->account_id, p->id, "account", rq->now, e) &&
           audit_change(rq, action, p->id, before, rq->reply, e);
}

/* ---- handlers ---- */

static bool check_issuer(struct request *rq, const char *id, struct error *e) {
    struct issuer issuer;
    if (!issuer_get(rq->db, rq->arena, id, &issuer, e))
        return e->id == ERR_NOT_FOUND &&
               fail_field(e, "issuer", ERR_BAD_FIELD, "there is no issuer '%s'", "没有签发机构“%s”", id);
    return (issuer.directory && issuer_usable(&issuer, e)) ||
           fail_field(e, "issuer", ERR_BAD_FIELD, "the issuer '%s' takes no accounts",
                      "签发机构“%s”不接受账户", id);
}

static bool check_algorithm(const char *name, struct error *e) {
    enum key_algorithm algorithm = key_algorithm_parse(name);
    return (algorithm != KEY_UNKNOWN && algorithm != KEY_RSA_OTHER) ||
           fail_field(e, "key_algorithm", ERR_BAD_FIELD, "there is no key algorithm '%.40s'",
                      "没有密钥算法“%.40s”", name);
}

struct registration {
    struct acme_account account;
    bool waiting; /* the row is there */
};

/* An order may have made the row, and failed for want of what is given now: then that row gets it. */
static bool take_waiting(struct request *rq, struct registration *r, struct error *e) {
    struct acme_account there, *p = &r->account;
    if (!acme_account_of(rq->db, rq->arena, p->account_id, p->issuer_id, &there, e))
        return false;
    if (!p->eab_key || !there.id || there.url || acme_account_over(&there))
        return acme_account_make(rq->services, rq->arena, p, e);
    there.eab_kid = p->eab_kid;
    there.eab_key = p->eab_key;
    there.contact = p->contact ? p->contact : there.contact;
    *p = there;
    r->waiting = true;
    return true;
}

/* The key is made by the signer: before the transaction. */
static bool prepare_register(struct request *rq, struct error *e) {
    struct registration *r = rq->prepared = ARENA_NEW(rq->arena, struct registration);
    struct acme_account *p = &r->account;
    *p = (struct acme_account){.account_id = rq->caller.account_id,
                               .key_algorithm = key_algorithm_name(KEY_P256),
                               .created_at = rq->now};
    if (!json_to_row(rq->arena, rq->json, register_body, p, e) || !check_issuer(rq, p->issuer_id, e) ||
        !check_algorithm(p->key_algorithm, e) || !issuer_check_contact(p->contact, e))
        return false;
    p->contact = p->contact && *p->contact ? p->contact : NULL;
    return take_waiting(rq, r, e) && acme_account_seal_binding(rq->services, rq->arena, p, e);
}

static bool bind_waiting(struct request *rq, struct acme_account *p, struct error *e) {
    struct acme_account before;
    return acme_account_get(rq->db, rq->arena, p->account_id, p->id, &before, e) &&
           ask(rq, "acme_account.change", p, kept_json(rq, &before), e);
}

static bool register_account(struct request *rq, struct error *e) {
    struct registration *r = rq->prepared;
    struct acme_account *p = &r->account;
    if (r->waiting)
        return bind_waiting(rq, p, e);
    if (!acme_account_insert(rq->db, p, e))
        return false;
    if (db_changes(rq->db) != 1)
        return fail_field(e, "issuer", ERR_ALREADY_EXISTS, "there is an account at '%s' already",
                          "在“%s”已有账户", p->issuer_id);
    rq->status = 202;
    rq->reply = account_json(rq, p);
    return work_enqueue(rq->db, p->account_id, p->id, "account", rq->now, e) &&
           audit_change(rq, "acme_account.create", p->id, NULL, rq->reply, e);
}

static bool list_accounts(struct request *rq, struct error *e) {
    struct list_page page;
    struct acme_account *accounts;
    size_t found;
    if (!list_page_by_id(rq, "aca", &page, e))
        return false;
    const struct acme_account_range range = {rq->caller.account_id, page.cursor, page.limit + 1};
    if (!acme_account_list(rq->db, rq->arena, &range, &accounts, &found, e))
        return false;
    size_t count = list_count(&page, found);
    for (size_t i = 0; i < count; i++)
        accounts[i].detail = rq->lang == LANG_ZH ? accounts[i].detail_zh : accounts[i].detail_en;
    list_reply(rq, acme_account_fields, sizeof *accounts, accounts, count,
               found > count ? accounts[count - 1].id : NULL);
    return true;
}

static bool show_account(struct request *rq, struct error *e) {
    struct acme_account p;
    if (!path_account(rq, &p, e))
        return false;
    rq->reply = account_json(rq, &p);
    return true;
}

/* Sealing waits for the signer: before the transaction. */
static bool prepare_change(struct request *rq, struct error *e) {
    struct acme_account *given = rq->prepared = ARENA_NEW(rq->arena, struct acme_account);
    if (!open_account(rq, given, e) || !json_to_row(rq->arena, rq->json, change_body, given, e))
        return false;
    if (given->url && given->eab_key)
        return fail_field(e, "eab_key", ERR_CONFLICT, "the account %s is registered already",
                          "账户 %s 已注册", given->id);
    return acme_account_seal_binding(rq->services, rq->arena, given, e);
}

static bool change_account(struct request *rq, struct error *e) {
    const struct acme_account *given = rq->prepared;
    struct acme_account p;
    if (!open_account(rq, &p, e))
        return false;
    const json_t *before = kept_json(rq, &p);
    const char *bound = p.eab_kid;
    if (!json_to_row(rq->arena, rq->json, change_body, &p, e) || !issuer_check_contact(p.contact, e))
        return false;
    p.contact = p.contact && *p.contact ? p.contact : NULL;
    if (given->eab_key)
        p.eab_sealed = given->eab_sealed;
    else
        p.eab_kid = bound;
    return ask(rq, "acme_account.change", &p, before, e);
}

/* A roll-over that has begun goes on. */
static bool prepare_roll(struct request *rq, struct error *e) {
    struct acme_account *p = rq->prepared = ARENA_NEW(rq->arena, struct acme_account);
    if (!open_account(rq, p, e))
        return false;
    if (p->next_key_id || p->deactivate_at)
        return fail_state(e, p->state, ERR_CONFLICT, "the account %s is being changed", "账户 %s 正在变更中",
                          p->id);
    return acme_account_make_next(rq->services, rq->arena, rq->now, p, e);
}

static bool roll_account(struct request *rq, struct error *e) {
    const struct acme_account *next = rq->prepared;
    struct acme_account p;
    if (!open_account(rq, &p, e))
        return false;
    if (p.revision != next->revision)
        return fail(e, ERR_CONFLICT, "the account %s has been changed meanwhile", "账户 %s 已被更改", p.id);
    const json_t *before = kept_json(rq, &p);
    p.next_key_id = next->next_key_id;
    p.next_spki = next->next_spki;
    p.next_sealed = next->next_sealed;
    p.roll_asked_at = rq->now;
    return ask(rq, "acme_account.roll", &p, before, e);
}

/* Twice is once. */
static bool deactivate_account(struct request *rq, struct error *e) {
    struct acme_account p;
    if (!open_account(rq, &p, e))
        return false;
    const json_t *before = kept_json(rq, &p);
    p.deactivate_at = p.deactivate_at ? p.deactivate_at : rq->now;
    return ask(rq, "acme_account.deactivate", &p, before, e);
}

const struct route acme_account_routes[] = {
    {.method = "GET",
     .path = "/v1/acme-accounts",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_accounts,
     .answer = acme_account_fields,
     .summary =
         TEXT("Accounts at CAs that are spoken to by ACME, newest first", "在 ACME CA 的账户,按时间倒序")},
    {.method = "GET",
     .path = "/v1/acme-accounts/{id}",
     .access = ACCESS_READ,
     .handle = show_account,
     .answer = acme_account_fields,
     .summary = TEXT("One account at a CA", "查看 CA 账户")},
    {.method = "POST",
     .path = "/v1/acme-accounts",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .prepare = prepare_register,
     .handle = register_account,
     .body = register_body,
     .answer = acme_account_fields,
     .summary =
         TEXT("Registers at a CA; the first order does it by itself", "注册 CA 账户;首次下单时会自动注册")},
    {.method = "PATCH",
     .path = "/v1/acme-accounts/{id}",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .prepare = prepare_change,
     .handle = change_account,
     .body = change_body,
     .answer = acme_account_fields,
     .summary = TEXT("Tells the CA whom it may write to; before it is registered, what it is bound to",
                     "更新 CA 账户的联系邮箱;注册之前可设置外部账户")},
    {.method = "POST",
     .path = "/v1/acme-accounts/{id}/roll",
     .access = ACCESS_OPERATE,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .prepare = prepare_roll,
     .handle = roll_account,
     .answer = acme_account_fields,
     .summary = TEXT("Changes the key of the account", "更换 CA 账户密钥")},
    {.method = "POST",
     .path = "/v1/acme-accounts/{id}/deactivate",
     .access = ACCESS_OWN,
     .flags = ROUTE_WRITES | ROUTE_WAKES,
     .handle = deactivate_account,
     .answer = acme_account_fields,
     .summary = TEXT("Gives the account up, for good", "永久停用 CA 账户")},
    {.method = NULL},
};
