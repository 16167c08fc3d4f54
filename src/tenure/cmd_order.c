/*
 * Verbs that quote, order and pay. Nothing that costs money is ordered before its price was shown and agreed
 * to.
 */
#include "base/file.h"
#include "base/money.h"
#include "base/rand.h"
#include "tenure/wait.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    KEY_BRAND = 'b',
    KEY_GRADE = 'g',
    KEY_NAMES = 'n',
    KEY_QUIET = 'q',
    KEY_WAIT = 'w',
    KEY_YEARS = 'y',
    KEY_ALGORITHM = 650,
    KEY_CSR_CHOICE,
    KEY_CSR,
    KEY_CONTACT,
    KEY_ORGANIZATION,
    KEY_METHOD,
    KEY_PACKAGE,
    KEY_DOMAIN_TYPE,
    KEY_KEY_FAMILY,
    KEY_CERTIFICATES,
    KEY_MANAGED_USES,
    KEY_QUOTE,
    KEY_YES,
    KEY_PROVIDER,
    KEY_PAY_LATER,
    KEY_LIMIT,
    KEY_CURSOR,
};

/* ---- what a buyer chooses ---- */

#define OPTION_YEARS                                                                                         \
    { "years", KEY_YEARS, "N", TEXT("one certificate a year", "年限,每年一张证书") }
#define OPTION_BRAND                                                                                         \
    { "brand", KEY_BRAND, "BRAND", TEXT("line of the catalogue", "目录条目") }
#define OPTION_GRADE                                                                                         \
    { "grade", KEY_GRADE, "GRADE", TEXT("dv, ov or ev", "dv、ov 或 ev") }
#define OPTION_ALGORITHM                                                                                     \
    { "key-algorithm", KEY_ALGORITHM, "ALG", TEXT("p256, p384, rsa2048 …", "p256、p384、rsa2048 等") }
#define OPTION_CSR_CHOICE                                                                                    \
    {                                                                                                        \
        "csr-choice", KEY_CSR_CHOICE, "CHOICE",                                                              \
            TEXT("automatic (a new key), own (--csr), keep (the old key)",                                   \
                 "automatic(新密钥)、own(自备 CSR)、keep(沿用旧密钥)")                                       \
    }
#define OPTION_CSR                                                                                           \
    {                                                                                                        \
        "csr", KEY_CSR, "FILE|CSR",                                                                          \
            TEXT("your own certificate request (PEM), or one of the CSR manager",                            \
                 "自备的 CSR 文件(PEM),或 CSR 管理中的 CSR")                                                 \
    }
#define OPTION_NAME                                                                                          \
    {                                                                                                        \
        "name", KEY_NAMES, "NAME",                                                                           \
            TEXT("names instead of the old ones, may be repeated", "替换原有域名,可重复")                    \
    }
#define OPTION_CONTACT                                                                                       \
    { "contact", KEY_CONTACT, "CONTACT", TEXT("whom the issuer may ask", "申请联系人") }
#define OPTION_ORGANIZATION                                                                                  \
    {                                                                                                        \
        "organization", KEY_ORGANIZATION, "ORGANIZATION",                                                    \
            TEXT("the organisation that OV and EV name", "OV、EV 证书的组织")                                \
    }
#define OPTION_METHOD                                                                                        \
    { "method", KEY_METHOD, "METHOD", TEXT("dns or file: how control is proved", "验证方式:dns 或 file") }

enum { CSR_BYTES_MAX = 64 * 1024 };

static const struct cli_parameter members[] = {{KEY_BRAND, "brand"},
                                               {KEY_GRADE, "grade"},
                                               {KEY_ALGORITHM, "key_algorithm"},
                                               {KEY_CSR_CHOICE, "csr_choice"},
                                               {KEY_CONTACT, "contact_id"},
                                               {KEY_ORGANIZATION, "organization_id"},
                                               {KEY_METHOD, "validation_method"},
                                               {0}};

static void add_names(struct cli *cli, json_t *body) {
    json_t *names = json_array();
    for (size_t i = 0; i < cli->all_count; i++)
        if (cli->all[i].key == KEY_NAMES)
            json_array_append_new(names, json_string(cli->all[i].value));
    if (json_array_size(names))
        json_object_set(body, "names", names);
    json_decref(names);
}

static bool add_csr(struct cli *cli, json_t *body) {
    const char *given = cli->options[KEY_CSR];
    struct slice csr;
    if (!given)
        return true;
    if (id_valid(given, "csr"))
        return json_object_set_new(body, "csr_id", json_string(given)) == 0;
    return file_read(cli->arena, given, CSR_BYTES_MAX, &csr, &cli->error) &&
           json_object_set_new(body, "csr", json_stringn((const char *)csr.p, csr.len)) == 0;
}

static void take_names(struct cli *cli) {
    for (size_t i = 0; i < cli->arg_count; i++) {
        cli->all[cli->all_count].key = KEY_NAMES;
        cli->all[cli->all_count++].value = cli->args[i];
    }
}

static bool choice_body(struct cli *cli, json_t **body) {
    const char *years = cli->options[KEY_YEARS];
    *body = cli_body(cli, members);
    add_names(cli, *body);
    if ((!years || cli_number(cli, *body, "years", years)) && add_csr(cli, *body))
        return true;
    json_decref(*body);
    return false;
}

/* ---- a quote ---- */

static const char *money_of(struct cli *cli, const json_t *money) {
    const struct money m = {json_integer_value(json_object_get(money, "amount")),
                            cli_text(money, "currency")};
    return money_text(cli->arena, &m);
}

static void print_lines(struct cli *cli, const json_t *lines) {
    static const struct text free = TEXT("from quota", "来自额度");
    const json_t *line;
    size_t i;
    json_array_foreach(lines, i, line) {
        bool quota = strcmp(cli_text(line, "source"), "quota") == 0;
        printf("%6" PRId64 " × %s  %s\n", (int64_t)json_integer_value(json_object_get(line, "count")),
               cli_text(line, "item"),
               quota ? free.in[cli->lang] : money_of(cli, json_object_get(line, "amount")));
    }
}

static const struct field quoted_columns[] = {
    {.name = "term", .flags = FIELD_COLUMN, .label = TEXT("term", "第几期")},
    {.name = "state", .flags = FIELD_COLUMN, .label = TEXT("state", "状态")},
    {.name = "issue_at", .flags = FIELD_COLUMN, .label = TEXT("issued", "签发时间")},
    {.name = "coverage_end", .flags = FIELD_COLUMN, .label = TEXT("covered until", "覆盖至")},
    {.name = "carried_days", .flags = FIELD_COLUMN, .label = TEXT("days carried", "结转天数")},
    FIELD_END,
};

static void print_notes(const json_t *notes, const char *mark) {
    const json_t *note;
    size_t i;
    json_array_foreach(notes, i, note) printf("%s %s\n", mark, cli_text(note, "text"));
}

static const struct field quote_head[] = {
    {.name = "id", .label = TEXT("quote", "报价")},
    {.name = "kind", .label = TEXT("kind", "类型")},
    {.name = "old_certificate_id", .label = TEXT("of", "原证书")},
    {.name = "brand", .label = TEXT("brand", "品牌")},
    {.name = "order_id", .label = TEXT("used by", "已用于订单")},
    {.name = "expires_at", .label = TEXT("holds until", "有效期至")},
    FIELD_END,
};

static void print_quote(struct cli *cli, const json_t *quote) {
    const json_t *certificates = json_object_get(quote, "certificates");
    cli_record(cli, quote, quote_head);
    print_lines(cli, json_object_get(quote, "lines"));
    printf(cli->lang == LANG_ZH ? "应付:%s\n" : "due: %s\n", money_of(cli, json_object_get(quote, "due")));
    if (json_array_size(certificates))
        cli_table(cli, certificates, quoted_columns);
    print_notes(json_object_get(quote, "explanations"), "-");
    print_notes(json_object_get(quote, "warnings"), "!");
}

static const struct option_row buy_options[] = {
    OPTION_YEARS,        OPTION_BRAND,  OPTION_GRADE, OPTION_ALGORITHM,
    OPTION_CSR_CHOICE,   OPTION_CSR,    OPTION_NAME,  OPTION_CONTACT,
    OPTION_ORGANIZATION, OPTION_METHOD, {0},
};

static const struct option_row quota_options[] = {
    {"package", KEY_PACKAGE, "PACKAGE", TEXT("a package, and nothing else", "资源包")},
    {"certificates", KEY_CERTIFICATES, "N", TEXT("so many certificates", "证书数量")},
    {"managed-uses", KEY_MANAGED_USES, "N", TEXT("so many managed-service uses", "托管服务次数")},
    OPTION_BRAND,
    OPTION_GRADE,
    {"domain-type", KEY_DOMAIN_TYPE, "TYPE",
     TEXT("single, wildcard, multi or mixed", "single、wildcard、multi 或 mixed")},
    {"key-family", KEY_KEY_FAMILY, "FAMILY", TEXT("rsa or ecc", "rsa 或 ecc")},
    {0},
};

/* What only quota has. */
static const struct cli_member quota_members[] = {
    {KEY_PACKAGE, "package", cli_string},           {KEY_DOMAIN_TYPE, "domain_type", cli_string},
    {KEY_KEY_FAMILY, "key_family", cli_string},     {KEY_CERTIFICATES, "certificates", cli_number},
    {KEY_MANAGED_USES, "managed_uses", cli_number}, {0}};

static int ask(struct cli *cli, const char *kind, const char *certificate_id) {
    json_t *body;
    if (!choice_body(cli, &body))
        return cli_failed(cli);
    json_object_set_new(body, "kind", json_string(kind));
    if (certificate_id)
        json_object_set_new(body, "certificate_id", json_string(certificate_id));
    if (!cli_members(cli, body, quota_members))
        return json_decref(body), cli_failed(cli);
    return cli_request(cli, "POST", "/v1/quotes", body, print_quote);
}

static int quote_buy(struct cli *cli) {
    take_names(cli);
    return ask(cli, "purchase", NULL);
}

static int quote_renew(struct cli *cli) {
    return ask(cli, "renewal", cli->args[0]);
}

static int quote_quota(struct cli *cli) {
    return ask(cli, "quota", NULL);
}

static int quote_show(struct cli *cli) {
    return cli_request(cli, "GET",
                       arena_printf(cli->arena, "/v1/quotes/%s", url_encode(cli->arena, cli->args[0])), NULL,
                       print_quote);
}

const struct verb quote_verbs[] = {
    {"quote buy", TEXT("what a new certificate would cost and give", "新购证书的报价"),
     TEXT("NAME…", "域名…"), 1, CLI_ARGS_MAX, buy_options, quote_buy},
    {"quote renew",
     TEXT("what a renewal, early renewal or replacement would cost and give", "续费、提前续费或替换的报价"),
     TEXT("CERTIFICATE", "证书"), 1, 1, buy_options, quote_renew},
    {"quote quota", TEXT("what quota would cost", "购买额度的报价"), TEXT("", ""), 0, 0, quota_options,
     quote_quota},
    {"quote show", TEXT("a quote that was made", "查看报价"), TEXT("QUOTE", "报价"), 1, 1, NULL, quote_show},
    {0},
};

/* ---- showing an order ---- */

static const struct field order_head[] = {
    {.name = "id", .label = TEXT("order", "订单")},
    {.name = "state", .label = TEXT("state", "状态")},
    {.name = "kind", .label = TEXT("kind", "类型")},
    {.name = "brand", .label = TEXT("brand", "品牌")},
    {.name = "old_certificate_id", .label = TEXT("of", "原证书")},
    {.name = "due", .label = TEXT("amount", "金额")},
    {.name = "provider", .label = TEXT("paid by", "支付方式")},
    {.name = "created_at", .label = TEXT("ordered", "下单时间")},
    {.name = "payment_due_at", .label = TEXT("to be paid until", "付款截止")},
    {.name = "paid_at", .label = TEXT("paid", "支付时间")},
    {.name = "cancelled_at", .label = TEXT("cancelled", "取消时间")},
    {.name = "cancel_reason", .label = TEXT("because", "取消原因")},
    FIELD_END,
};

static const struct field certificate_columns[] = {
    {.name = "term", .flags = FIELD_COLUMN, .label = TEXT("term", "第几期")},
    {.name = "id", .flags = FIELD_COLUMN, .label = TEXT("certificate", "证书")},
    {.name = "state", .flags = FIELD_COLUMN, .label = TEXT("state", "状态")},
    {.name = "names", .flags = FIELD_COLUMN, .label = TEXT("names", "域名")},
    FIELD_END,
};

static void print_order(struct cli *cli, const json_t *answer) {
    const json_t *certificates = json_object_get(answer, "certificates");
    cli_record(cli, answer, order_head);
    print_lines(cli, json_object_get(answer, "lines"));
    if (json_array_size(certificates))
        cli_table(cli, certificates, certificate_columns);
}

static const struct field list_columns[] = {
    {.name = "id", .flags = FIELD_COLUMN, .label = TEXT("order", "订单")},
    {.name = "state", .flags = FIELD_COLUMN, .label = TEXT("state", "状态")},
    {.name = "kind", .flags = FIELD_COLUMN, .label = TEXT("kind", "类型")},
    {.name = "brand", .flags = FIELD_COLUMN, .label = TEXT("brand", "品牌")},
    {.name = "due", .flags = FIELD_COLUMN, .label = TEXT("amount", "金额")},
    {.name = "created_at", .flags = FIELD_COLUMN, .label = TEXT("ordered", "下单时间")},
    FIELD_END,
};

static void print_orders(struct cli *cli, const json_t *answer) {
    cli_page(cli, answer, list_columns);
}

static bool is_unpaid(const json_t *order) {
    return strcmp(cli_text(order, "state"), "pending_payment") == 0;
}

static void print_ordered(struct cli *cli, const json_t *order) {
    const json_t *warning, *certificate = json_object_get(order, "certificate");
    const char *id = cli_text(order, "id");
    size_t i;
    json_array_foreach(json_object_get(order, "warnings"), i, warning)
        printf("! %s\n", printable(cli->arena, json_string_value(warning)));
    if (certificate)
        printf(cli->lang == LANG_ZH ? "证书 %s:%s\n" : "certificate %s: %s\n", cli_text(certificate, "id"),
               cli_text(certificate, "state"));
    else
        printf(cli->lang == LANG_ZH ? "订单 %s:%s\n" : "order %s: %s\n", id, cli_text(order, "state"));
    if (is_unpaid(order))
        printf(cli->lang == LANG_ZH ? "订单 %s 须在 %s 前支付:tenure order pay %s\n"
                                    : "order %s is to be paid until %s: tenure order pay %s\n",
               id, cli_text(order, "payment_due_at"), id);
}

/* --wait follows the first certificate to the end; an order that a person must pay says so by the status. */
static int ordered(struct cli *cli, const json_t *order) {
    const json_t *certificate = json_object_get(order, "certificate");
    bool waits = cli->options[KEY_WAIT] && certificate && !is_unpaid(order);
    if (cli->options[KEY_QUIET])
        puts(cli_text(certificate ? certificate : order, "id"));
    else if (!cli->json)
        print_ordered(cli, order);
    else if (!waits)
        puts(json_text(cli->arena, order, true));
    if (waits)
        return wait_for_certificate(cli, cli_text(certificate, "id"));
    return is_unpaid(order) ? EXIT_WAITS_FOR_PERSON : EXIT_OK;
}

/* ---- agreeing to a price ---- */

static const struct option_row order_options[] = {
    OPTION_YEARS,
    OPTION_BRAND,
    OPTION_GRADE,
    OPTION_ALGORITHM,
    OPTION_CSR_CHOICE,
    OPTION_CSR,
    OPTION_NAME,
    OPTION_CONTACT,
    OPTION_ORGANIZATION,
    OPTION_METHOD,
    {"quote", KEY_QUOTE, "QUOTE", TEXT("what was quoted, and nothing else", "按该报价下单,不再指定其他内容")},
    {"yes", KEY_YES, NULL, TEXT("do not ask, whatever it costs", "不询问,直接下单并付款")},
    {"provider", KEY_PROVIDER, "PROVIDER",
     TEXT("how it is paid: balance, invoice or webhook", "支付方式:balance、invoice 或 webhook")},
    {"pay-later", KEY_PAY_LATER, NULL, TEXT("the order waits for its payment", "下单后再支付")},
    {"wait", KEY_WAIT, NULL,
     TEXT("wait until it is issued, deployed and verified, and show the progress",
          "等待签发、部署并验证完成,显示进度")},
    {"quiet", KEY_QUIET, NULL, TEXT("print ids only", "只打印 ID")},
    {0},
};

enum { ANSWER_MAX = 16 };

static bool says_yes(struct cli *cli, const json_t *quote) {
    char answer[ANSWER_MAX];
    printf(cli->lang == LANG_ZH ? "确认下单并支付 %s?[y/N] " : "Order, and pay %s? [y/N] ",
           money_of(cli, json_object_get(quote, "due")));
    fflush(stdout);
    return fgets(answer, sizeof answer, stdin) && (*answer == 'y' || *answer == 'Y');
}

/* The quote is shown to a person; a program has to have said yes before. */
static bool agreed(struct cli *cli, const char *quote_id) {
    json_t *quote;
    const char *path = arena_printf(cli->arena, "/v1/quotes/%s", url_encode(cli->arena, quote_id));
    if (cli->options[KEY_YES])
        return true;
    if (!cli_call(cli, "GET", path, NULL, &quote))
        return false;
    const json_t *due = json_object_get(quote, "due");
    if (json_integer_value(json_object_get(due, "amount")) == 0)
        return true;
    if (cli->json || !isatty(STDIN_FILENO))
        return fail(&cli->error, ERR_QUOTE_NEEDED, "%s are due by the quote %s", "应付 %s(报价 %s)",
                    money_of(cli, due), quote_id);
    print_quote(cli, quote);
    return says_yes(cli, quote) ||
           fail(&cli->error, ERR_QUOTE_NEEDED, "%s for the quote %s were not agreed to",
                "未确认支付 %s(报价 %s)", money_of(cli, due), quote_id);
}

static bool post(struct cli *cli, const char *path, json_t *body, json_t **order) {
    if (cli->options[KEY_PROVIDER])
        json_object_set_new(body, "provider", json_string(cli->options[KEY_PROVIDER]));
    if (cli->options[KEY_PAY_LATER])
        json_object_set_new(body, "pay", json_false());
    return cli_call(cli, "POST", path, body, order);
}

static bool post_quote(struct cli *cli, const char *path, const char *quote_id, json_t **order) {
    return agreed(cli, quote_id) && post(cli, path, json_pack("{s:s}", "quote_id", quote_id), order);
}

/* What costs nothing is ordered by the first call; else that one has made the quote. */
static bool post_choice(struct cli *cli, const char *path, json_t **order) {
    json_t *body;
    if (!choice_body(cli, &body))
        return false;
    if (post(cli, path, body, order))
        return true;
    if (cli->error.id != ERR_QUOTE_NEEDED)
        return false;
    const char *quote_id = arena_strdup(cli->arena, cli->error.object);
    return post_quote(cli, path, quote_id, order);
}

static int place(struct cli *cli, const char *path) {
    json_t *order;
    const char *quote_id = cli->options[KEY_QUOTE];
    bool done = quote_id ? post_quote(cli, path, quote_id, &order) : post_choice(cli, path, &order);
    return done ? ordered(cli, order) : cli_failed(cli);
}

static int verb_buy(struct cli *cli) {
    if (!cli->arg_count && !cli->options[KEY_QUOTE] && !cli->options[KEY_CSR]) {
        fail(&cli->error, ERR_USAGE, "give a name, --csr or --quote", "请提供域名、--csr 或 --quote");
        return cli_failed(cli);
    }
    take_names(cli);
    return place(cli, "/v1/orders");
}

static int verb_renew(struct cli *cli) {
    return place(cli,
                 arena_printf(cli->arena, "/v1/certificates/%s/renew", url_encode(cli->arena, cli->args[0])));
}

/* ---- orders ---- */

static const char *order_path(struct cli *cli, const char *rest) {
    return arena_printf(cli->arena, "/v1/orders/%s%s", url_encode(cli->arena, cli->args[0]), rest);
}

static const struct option_row list_options[] = {
    {"limit", KEY_LIMIT, "N", TEXT("at most so many", "最多条数")},
    {"cursor", KEY_CURSOR, "TEXT", TEXT("go on behind the last page", "从上一页之后继续")},
    {0},
};

static int order_list_verb(struct cli *cli) {
    static const struct cli_parameter parameters[] = {{KEY_LIMIT, "limit"}, {KEY_CURSOR, "cursor"}, {0}};
    return cli_request(cli, "GET", arena_printf(cli->arena, "/v1/orders%s", cli_query(cli, parameters)), NULL,
                       print_orders);
}

static int order_show(struct cli *cli) {
    return cli_request(cli, "GET", order_path(cli, ""), NULL, print_order);
}

static const struct option_row pay_options[] = {
    {"provider", KEY_PROVIDER, "PROVIDER",
     TEXT("how it is paid: balance, invoice or webhook", "支付方式:balance、invoice 或 webhook")},
    {0},
};

static int order_pay(struct cli *cli) {
    static const struct cli_parameter how[] = {{KEY_PROVIDER, "provider"}, {0}};
    json_t *order;
    if (!cli_call(cli, "POST", order_path(cli, "/pay"), cli_body(cli, how), &order))
        return cli_failed(cli);
    cli_show(cli, order, print_order);
    return is_unpaid(order) ? EXIT_WAITS_FOR_PERSON : EXIT_OK;
}

static int order_cancel_verb(struct cli *cli) {
    return cli_request(cli, "POST", order_path(cli, "/cancel"), json_object(), print_order);
}

#define ARGUMENT_ORDER TEXT("ORDER", "订单ID")

const struct verb order_verbs[] = {
    {"renew",
     TEXT("renew, renew early or replace: what the certificate's kind allows",
          "续费、提前续费或替换,取决于证书类型"),
     TEXT("CERTIFICATE", "证书ID"), 1, 1, order_options, verb_renew},
    {"buy", TEXT("order a new certificate", "购买新证书"), TEXT("[NAME…]", "[域名…]"), 0, CLI_ARGS_MAX,
     order_options, verb_buy},
    {"order list", TEXT("orders, newest first", "订单,最新的在前"), TEXT("", ""), 0, 0, list_options,
     order_list_verb},
    {"order show", TEXT("an order with its lines and certificates", "查看订单及其明细、证书"), ARGUMENT_ORDER,
     1, 1, NULL, order_show},
    {"order pay", TEXT("pay an order that waits for it", "支付待支付的订单"), ARGUMENT_ORDER, 1, 1,
     pay_options, order_pay},
    {"order cancel", TEXT("cancel an order that is not paid", "取消未支付的订单"), ARGUMENT_ORDER, 1, 1, NULL,
     order_cancel_verb},
    {0},
};
