/* Quota and money over HTTP: what is left, how it came, and what an administrator adds. */
#include "account/account.h"
#include "audit/audit.h"
#include "base/money.h"
#include "base/rand.h"
#include "http/list.h"
#include "order/ledger_db.h"

/* ---- balances ---- */

/* The cursor is the last item shown. Any other text would be none, and the list begin again or end early. */
static bool check_cursor(struct request *rq, const char *ledger, const char *cursor, struct error *e) {
    struct specification ignored;
    bool money = strcmp(ledger, LEDGER_MONEY) == 0;
    return !cursor ||
           (money ? currency_valid(cursor)
                  : strcmp(cursor, MANAGED_USE) == 0 || specification_parse(rq->arena, cursor, &ignored)) ||
           fail_field(e, "cursor", ERR_BAD_FIELD, "'%s' is not a cursor of this list", "“%s”不是此列表的游标",
                      cursor);
}

/* Only quota of certificates has the parts of a specification. */
static bool read_balances(struct request *rq, const char *ledger, const struct field *fields,
                          struct error *e) {
    struct list_page page;
    struct ledger_balance *balances;
    size_t found;
    if (!list_page(rq, &page, e) || !check_cursor(rq, ledger, page.cursor, e))
        return false;
    struct ledger_range range = {.account_id = rq->caller.account_id,
                                 .ledger = ledger,
                                 .after = page.cursor ? page.cursor : "",
                                 .limit = page.limit + 1};
    if (!ledger_db_balances(rq->db, rq->arena, &range, &balances, &found, e))
        return false;
    size_t count = list_count(&page, found);
    for (size_t i = 0; i < count; i++)
        if (!specification_parse(rq->arena, balances[i].item, &balances[i].of))
            balances[i].of = (struct specification){0};
    list_reply(rq, fields, sizeof *balances, balances, count,
               found > count ? balances[count - 1].item : NULL);
    return true;
}

static bool show_quota(struct request *rq, struct error *e) {
    return read_balances(rq, LEDGER_QUOTA, ledger_balance_fields, e);
}

static const struct field money_fields[] = {
    {"amount", FIELD_INT, offsetof(struct ledger_balance, left), FIELD_COLUMN,
     TEXT("What is left, in minor units", "余额(最小货币单位)")},
    {"currency", FIELD_TEXT, offsetof(struct ledger_balance, item), FIELD_COLUMN, TEXT("Currency", "货币")},
    FIELD_END,
};

static bool show_money(struct request *rq, struct error *e) {
    return read_balances(rq, LEDGER_MONEY, money_fields, e);
}

/* ---- entries ---- */

#define ENTRY_HEAD                                                                                           \
    FIELD(INT, ledger_entry, sequence, FIELD_COLUMN, "Number", "序号"),                                      \
        FIELD(TIME, ledger_entry, at, FIELD_COLUMN, "At", "时间"),                                           \
        FIELD(TEXT, ledger_entry, reason, FIELD_COLUMN, "Reason", "原因"),                                   \
        FIELD(INT, ledger_entry, amount, FIELD_COLUMN, "Change", "变动"),                                    \
        FIELD(INT, ledger_entry, balance, FIELD_COLUMN, "Left after it", "变动后余额")

#define ENTRY_TAIL                                                                                           \
    FIELD(TEXT, ledger_entry, order_id, FIELD_COLUMN, "Order", "订单"),                                      \
        FIELD(TEXT, ledger_entry, certificate_id, FIELD_COLUMN, "Certificate", "证书"),                      \
        FIELD(TEXT, ledger_entry, reference, 0, "What caused it; never entered twice", "凭据,不会重复记录"), \
        FIELD(TEXT, ledger_entry, actor, 0, "By whom", "操作者")

static const struct field quota_entry_fields[] = {
    FIELD(TEXT, ledger_entry, item, 0, "Item: a specification, or managed_use", "项目:规格或 managed_use"),
    ENTRY_HEAD, ENTRY_TAIL, FIELD_END};

static const struct field money_entry_fields[] = {
    ENTRY_HEAD,
    {"currency", FIELD_TEXT, offsetof(struct ledger_entry, item), FIELD_COLUMN, TEXT("Currency", "货币")},
    ENTRY_TAIL,
    FIELD_END,
};

struct entries_query {
    const char *item;
};

static const struct field quota_query[] = {
    FIELD(TEXT, entries_query, item, FIELD_REQUIRED, "Which quota: an item of /v1/quota",
          "/v1/quota 中的项目"),
    FIELD_END,
};

static const struct field money_query[] = {
    {"currency", FIELD_TEXT, offsetof(struct entries_query, item), FIELD_REQUIRED,
     TEXT("Which money", "货币")},
    FIELD_END,
};

/* Newest first; the cursor is the number of the last one shown. */
static bool read_entries(struct request *rq, const char *ledger, const struct field *fields,
                         struct error *e) {
    const char *parameter = rq->route->query->name, *next = NULL;
    struct ledger_range range = {
        .account_id = rq->caller.account_id, .ledger = ledger, .item = rq->query(rq, parameter)};
    struct list_page page;
    struct ledger_entry *entries;
    size_t found;
    if (!range.item)
        return fail_field(e, parameter, ERR_BAD_FIELD, "'%s' is missing", "缺少“%s”", parameter);
    if (!list_page(rq, &page, e) || !query_number(rq, "cursor", INT64_MAX, 1, INT64_MAX, &range.before, e))
        return false;
    range.limit = page.limit + 1;
    if (!ledger_db_entries(rq->db, rq->arena, &range, &entries, &found, e))
        return false;
    size_t count = list_count(&page, found);
    if (found > count)
        next = arena_printf(rq->arena, "%lld", (long long)entries[count - 1].sequence);
    list_reply(rq, fields, sizeof *entries, entries, count, next);
    return true;
}

static bool list_quota_entries(struct request *rq, struct error *e) {
    return read_entries(rq, LEDGER_QUOTA, quota_entry_fields, e);
}

static bool list_money_entries(struct request *rq, struct error *e) {
    return read_entries(rq, LEDGER_MONEY, money_entry_fields, e);
}

static bool verify(struct request *rq, struct error *e) {
    struct ledger_check check;
    if (!ledger_check(rq->db, rq->caller.account_id, &check, e))
        return false;
    rq->reply = json_from_row(rq->arena, ledger_check_fields, &check);
    return true;
}

/* ---- what an administrator adds ---- */

/* Any account: the gate has let only administrators come here. */
static bool find_account(struct request *rq, const char *wanted, const char **account_id, struct error *e) {
    struct account account;
    *account_id = wanted ? wanted : rq->caller.account_id;
    return account_find(rq->db, rq->arena, *account_id, &account, e);
}

enum { REFERENCE_MAX = 100 };

/* The same reference adds once, whatever is sent again; without one each request does. */
static bool make_reference(const struct request *rq, const char *given, struct ledger_move *m,
                           struct error *e) {
    if (given && (!*given || strlen(given) > REFERENCE_MAX))
        return fail_field(e, "reference", ERR_BAD_FIELD, "a reference has 1 to %d bytes",
                          "凭据长度为 1 至 %d 字节", REFERENCE_MAX);
    m->reference =
        arena_printf(rq->arena, "%s:%s", m->reason, given ? given : id_new(rq->arena, "ref", rq->now));
    return true;
}

/* Enters it, answers the entry, and tells the audit log what is new. */
static bool add(struct request *rq, const char *ledger, const struct ledger_move *m,
                const struct field *fields, struct error *e) {
    struct ledger_entry entry = {0};
    bool done, money = strcmp(ledger, LEDGER_MONEY) == 0;
    if (!(money ? ledger_move_money(rq->db, m, &done, e) : ledger_move_quota(rq->db, m, &done, e)) ||
        !ledger_db_entry(rq->db, rq->arena, ledger, m, &entry, e))
        return false;
    rq->status = done ? 201 : 200;
    rq->reply = json_from_row(rq->arena, fields, &entry);
    return !done ||
           audit_change(rq, money ? "money.deposit" : "quota.grant", m->account_id, NULL, rq->reply, e);
}

struct grant_body {
    const char *account_id;
    struct specification of;
    int64_t certificates, managed_uses;
    const char *reference;
};

static const struct field grant_body[] = {
    FIELD(TEXT, grant_body, account_id, 0, "To whom; the own account, if it is absent",
          "账号;省略为当前账号"),
    {"brand", FIELD_TEXT, offsetof(struct grant_body, of.brand), 0,
     TEXT("Brand of the certificates", "证书品牌")},
    {"grade", FIELD_TEXT, offsetof(struct grant_body, of.grade), 0, TEXT("Grade", "等级")},
    {"domain_type", FIELD_TEXT, offsetof(struct grant_body, of.domain_type), 0,
     TEXT("Domain type", "域名类型")},
    {"key_family", FIELD_TEXT, offsetof(struct grant_body, of.key_family), 0,
     TEXT("Key family: rsa, ecc", "密钥类型:rsa、ecc")},
    FIELD(INT, grant_body, certificates, 0, "Certificates; below 0: taken back", "证书数量;负数表示收回"),
    FIELD(INT, grant_body, managed_uses, 0, "Or: uses of the managed service", "或:托管服务次数"),
    FIELD(TEXT, grant_body, reference, 0, "What causes it: the same one adds once",
          "凭据:相同凭据只记录一次"),
    FIELD_END,
};

enum { UNITS_MAX = 1000000 };

/* One item a grant: certificates of a specification, or uses. */
static bool choose_item(const struct request *rq, const struct grant_body *body, struct ledger_move *m,
                        struct error *e) {
    m->amount = body->certificates ? body->certificates : body->managed_uses;
    if (!!body->certificates == !!body->managed_uses)
        return fail_field(e, "certificates", ERR_BAD_FIELD, "either certificates or managed_uses are granted",
                          "certificates 与 managed_uses 须提供其中一项");
    if (m->amount > UNITS_MAX || m->amount < -UNITS_MAX)
        return fail_field(e, "certificates", ERR_BAD_FIELD, "at most %d at once", "每次最多 %d", UNITS_MAX);
    m->item = MANAGED_USE;
    if (!body->certificates)
        return true;
    if (!specification_check(rq->services->catalog, &body->of, e))
        return false;
    m->item = specification_key(rq->arena, &body->of);
    return true;
}

static bool grant(struct request *rq, struct error *e) {
    struct grant_body body = {0};
    struct ledger_move m = {.actor = rq->caller.user_id, .now = rq->now};
    if (!json_to_row(rq->arena, rq->json, grant_body, &body, e) ||
        !find_account(rq, body.account_id, &m.account_id, e) || !choose_item(rq, &body, &m, e))
        return false;
    m.reason = m.amount > 0 ? "granted" : "withdrawn";
    return make_reference(rq, body.reference, &m, e) && add(rq, LEDGER_QUOTA, &m, quota_entry_fields, e);
}

struct deposit_body {
    int64_t amount;
    const char *currency, *reference;
};

static const struct field deposit_body[] = {
    FIELD(INT, deposit_body, amount, FIELD_REQUIRED, "Minor units; below 0: taken back",
          "最小货币单位;负数表示收回"),
    FIELD(TEXT, deposit_body, currency, FIELD_REQUIRED, "Currency", "货币"),
    FIELD(TEXT, deposit_body, reference, 0, "What causes it: the same one adds once",
          "凭据:相同凭据只记录一次"),
    FIELD_END,
};

static bool check_currency(const char *currency, struct error *e) {
    return currency_valid(currency) ||
           fail_field(e, "currency", ERR_BAD_FIELD, "'%s' is not a code such as CNY",
                      "“%s”不是货币代码(例如 CNY)", currency);
}

static bool deposit(struct request *rq, struct error *e) {
    struct deposit_body body = {0};
    struct ledger_move m = {.actor = rq->caller.user_id, .now = rq->now};
    if (!json_to_row(rq->arena, rq->json, deposit_body, &body, e) ||
        !find_account(rq, rq->path_args[0], &m.account_id, e) || !check_currency(body.currency, e))
        return false;
    m.item = body.currency;
    m.amount = body.amount;
    m.reason = m.amount > 0 ? "deposited" : "withdrawn";
    return make_reference(rq, body.reference, &m, e) && add(rq, LEDGER_MONEY, &m, money_entry_fields, e);
}

const struct route ledger_routes[] = {
    {.method = "GET",
     .path = "/v1/quota",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = show_quota,
     .answer = ledger_balance_fields,
     .summary = TEXT("What is left: certificates by specification, managed-service uses",
                     "剩余额度:各规格证书与托管服务次数")},
    {.method = "GET",
     .path = "/v1/quota/entries",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_quota_entries,
     .query = quota_query,
     .answer = quota_entry_fields,
     .summary = TEXT("Changes of a quota, newest first", "额度变动记录,按时间倒序")},
    {.method = "POST",
     .path = "/v1/quota/grants",
     .access = ACCESS_OWN,
     .flags = ROUTE_WRITES | ROUTE_ADMINISTERS,
     .handle = grant,
     .body = grant_body,
     .answer = quota_entry_fields,
     .summary = TEXT("Gives quota without a price, or takes it back", "赠送或收回额度")},
    {.method = "GET",
     .path = "/v1/money",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = show_money,
     .answer = money_fields,
     .summary = TEXT("The money of the account", "账号余额")},
    {.method = "GET",
     .path = "/v1/money/entries",
     .access = ACCESS_READ,
     .flags = ROUTE_LIST,
     .handle = list_money_entries,
     .query = money_query,
     .answer = money_entry_fields,
     .summary =
         TEXT("Changes of the money in one currency, newest first", "某货币的余额变动记录,按时间倒序")},
    {.method = "POST",
     .path = "/v1/accounts/{id}/deposits",
     .access = ACCESS_OWN,
     .flags = ROUTE_WRITES | ROUTE_ADMINISTERS,
     .handle = deposit,
     .body = deposit_body,
     .answer = money_entry_fields,
     .summary = TEXT("Adds money to an account, or takes it back", "为账号充值或扣回")},
    {.method = "GET",
     .path = "/v1/ledgers/check",
     .access = ACCESS_READ,
     .handle = verify,
     .answer = ledger_check_fields,
     .summary = TEXT("Whether balances, entries and reservations add up", "检查余额、记录与预留是否一致")},
    {.method = NULL},
};
