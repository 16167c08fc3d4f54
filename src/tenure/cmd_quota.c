/* Verbs about quota and money: what is left, how it came, what an administrator adds. */
#include "order/ledger.h"
#include "tenure/verb.h"

enum {
    KEY_LIMIT = 'l',
    KEY_ACCOUNT = 'a',
    KEY_REFERENCE = 'r',
    KEY_BRAND = 'b',
    KEY_GRADE = 'g',
    KEY_CURSOR = 600,
    KEY_DOMAIN_TYPE,
    KEY_KEY_FAMILY,
};

/* ---- quota ---- */

static const struct field quota_columns[] = {
    {.name = "item", .flags = FIELD_COLUMN, .label = TEXT("quota", "额度")},
    {.name = "left", .flags = FIELD_COLUMN, .label = TEXT("left", "剩余")},
    {.name = "reserved", .flags = FIELD_COLUMN, .label = TEXT("reserved", "已预留")},
    FIELD_END,
};

static void print_quota(struct cli *cli, const json_t *answer) {
    cli_table(cli, json_object_get(answer, "items"), quota_columns);
}

static int quota_list(struct cli *cli) {
    return cli_request(cli, "GET", "/v1/quota?limit=500", NULL, print_quota);
}

static const struct option_row page_options[] = {
    {"limit", KEY_LIMIT, "N", TEXT("at most so many", "最多条数")},
    {"cursor", KEY_CURSOR, "TEXT", TEXT("go on behind the last page", "从上一页之后继续")},
    {0},
};

static const struct field entry_columns[] = {
    {.name = "sequence", .flags = FIELD_COLUMN, .label = TEXT("number", "序号")},
    {.name = "at", .flags = FIELD_COLUMN, .label = TEXT("at", "时间")},
    {.name = "reason", .flags = FIELD_COLUMN, .label = TEXT("reason", "原因")},
    {.name = "amount", .flags = FIELD_COLUMN, .label = TEXT("change", "变动")},
    {.name = "balance", .flags = FIELD_COLUMN, .label = TEXT("left", "余额")},
    {.name = "order_id", .flags = FIELD_COLUMN, .label = TEXT("order", "订单")},
    {.name = "certificate_id", .flags = FIELD_COLUMN, .label = TEXT("certificate", "证书")},
    {.name = "reference", .label = TEXT("reference", "凭据")},
    {.name = "actor", .label = TEXT("by", "操作者")},
    FIELD_END,
};

static void print_entries(struct cli *cli, const json_t *answer) {
    cli_table(cli, json_object_get(answer, "items"), entry_columns);
}

static void print_entry(struct cli *cli, const json_t *answer) {
    cli_record(cli, answer, entry_columns);
}

/* Of the item that the argument names, by the route's own word for it. */
static int entries(struct cli *cli, const char *path, const char *parameter) {
    static const struct cli_parameter page[] = {{KEY_LIMIT, "limit"}, {KEY_CURSOR, "cursor"}, {0}};
    const char *query = cli_query(cli, page);
    const char *item = url_encode(cli->arena, cli->args[0]);
    return cli_request(
        cli, "GET", arena_printf(cli->arena, "%s%s%c%s=%s", path, query, *query ? '&' : '?', parameter, item),
        NULL, print_entries);
}

static int quota_entries(struct cli *cli) {
    return entries(cli, "/v1/quota/entries", "item");
}

static const struct option_row grant_options[] = {
    {"brand", KEY_BRAND, "BRAND", TEXT("line of the catalogue", "目录条目")},
    {"grade", KEY_GRADE, "GRADE", TEXT("dv, ov or ev", "dv、ov 或 ev")},
    {"domain-type", KEY_DOMAIN_TYPE, "TYPE",
     TEXT("single, wildcard, multi or mixed", "single、wildcard、multi 或 mixed")},
    {"key-family", KEY_KEY_FAMILY, "FAMILY", TEXT("rsa or ecc", "rsa 或 ecc")},
    {"account", KEY_ACCOUNT, "ID", TEXT("another account", "其他账号")},
    {"reference", KEY_REFERENCE, "TEXT", TEXT("what causes it: counts once", "凭据:相同凭据只记录一次")},
    {0},
};

static int quota_grant(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_BRAND, "brand"},
                                                   {KEY_GRADE, "grade"},
                                                   {KEY_DOMAIN_TYPE, "domain_type"},
                                                   {KEY_KEY_FAMILY, "key_family"},
                                                   {KEY_ACCOUNT, "account_id"},
                                                   {KEY_REFERENCE, "reference"},
                                                   {0}};
    json_t *body = cli_body(cli, members);
    const char *member = cli->options[KEY_BRAND] ? "certificates" : "managed_uses";
    if (cli_number(cli, body, member, cli->args[0]))
        return cli_request(cli, "POST", "/v1/quota/grants", body, print_entry);
    json_decref(body);
    return cli_failed(cli);
}

static void print_check(struct cli *cli, const json_t *answer) {
    cli_record(cli, answer, ledger_check_fields);
}

static int quota_verify(struct cli *cli) {
    json_t *answer;
    if (!cli_call(cli, "GET", "/v1/ledgers/check", NULL, &answer))
        return cli_failed(cli);
    cli_show(cli, answer, print_check);
    return json_is_true(json_object_get(answer, "intact")) ? EXIT_OK : EXIT_REFUSED;
}

/* ---- money ---- */

static const struct field money_columns[] = {
    {.name = "currency", .flags = FIELD_COLUMN, .label = TEXT("currency", "货币")},
    {.name = "amount", .flags = FIELD_COLUMN, .label = TEXT("left, in minor units", "余额(最小货币单位)")},
    FIELD_END,
};

static void print_money(struct cli *cli, const json_t *answer) {
    cli_table(cli, json_object_get(answer, "items"), money_columns);
}

static int money_list(struct cli *cli) {
    return cli_request(cli, "GET", "/v1/money?limit=500", NULL, print_money);
}

static int money_entries(struct cli *cli) {
    return entries(cli, "/v1/money/entries", "currency");
}

static const struct option_row deposit_options[] = {
    {"account", KEY_ACCOUNT, "ID", TEXT("another account", "其他账号")},
    {"reference", KEY_REFERENCE, "TEXT", TEXT("what causes it: counts once", "凭据:相同凭据只记录一次")},
    {0},
};

/* The own account has to be asked for its id. */
static bool find_account(struct cli *cli, const char **id) {
    json_t *account;
    *id = cli->options[KEY_ACCOUNT];
    if (*id)
        return true;
    if (!cli_call(cli, "GET", "/v1/account", NULL, &account))
        return false;
    *id = cli_text(account, "id");
    return true;
}

static int money_deposit(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_REFERENCE, "reference"}, {0}};
    const char *id;
    json_t *body = json_incref(json_keep(cli->arena, cli_body(cli, members)));
    json_object_set_new(body, "currency", json_string(cli->args[1]));
    if (!cli_number(cli, body, "amount", cli->args[0]) || !find_account(cli, &id))
        return json_decref(body), cli_failed(cli);
    return cli_request(cli, "POST",
                       arena_printf(cli->arena, "/v1/accounts/%s/deposits", url_encode(cli->arena, id)), body,
                       print_entry);
}

const struct verb quota_verbs[] = {
    {"quota list", TEXT("what is left: certificates, managed-service uses", "剩余额度:证书与托管服务次数"),
     TEXT("", ""), 0, 0, NULL, quota_list},
    {"quota entries", TEXT("changes of a quota, newest first", "额度变动记录,最新的在前"),
     TEXT("ITEM", "项目"), 1, 1, page_options, quota_entries},
    {"quota grant", TEXT("give quota without a price", "赠送额度"), TEXT("COUNT", "数量"), 1, 1,
     grant_options, quota_grant},
    {"quota verify", TEXT("check that the ledgers add up", "检查账目是否一致"), TEXT("", ""), 0, 0, NULL,
     quota_verify},
    {"money list", TEXT("the money of the account", "账号余额"), TEXT("", ""), 0, 0, NULL, money_list},
    {"money entries", TEXT("changes of the money in a currency, newest first", "余额变动记录,最新的在前"),
     TEXT("CURRENCY", "货币"), 1, 1, page_options, money_entries},
    {"money deposit", TEXT("add money to an account", "为账号充值"), TEXT("AMOUNT CURRENCY", "金额 货币"), 2,
     2, deposit_options, money_deposit},
    {0},
};
