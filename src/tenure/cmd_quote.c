/* Verbs about quotes: what an order would cost and give, before anybody pays. */
#include "base/file.h"
#include "base/money.h"
#include "base/rand.h"
#include "tenure/verb.h"
#include <inttypes.h>
#include <stdio.h>

enum {
    KEY_BRAND = 'b',
    KEY_GRADE = 'g',
    KEY_YEARS = 'y',
    KEY_NAMES = 'n',
    KEY_ALGORITHM = 650,
    KEY_CSR_CHOICE,
    KEY_CSR,
    KEY_PACKAGE,
    KEY_DOMAIN_TYPE,
    KEY_KEY_FAMILY,
    KEY_CERTIFICATES,
    KEY_MANAGED_USES,
};

/* ---- showing ---- */

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

static const struct field certificate_columns[] = {
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

static const struct field head[] = {
    {.name = "id", .label = TEXT("quote", "报价")},
    {.name = "kind", .label = TEXT("kind", "类型")},
    {.name = "old_certificate_id", .label = TEXT("of", "原证书")},
    {.name = "brand", .label = TEXT("brand", "品牌")},
    {.name = "order_id", .label = TEXT("used by", "已用于订单")},
    {.name = "expires_at", .label = TEXT("holds until", "有效期至")},
    FIELD_END,
};

static void print_quote(struct cli *cli, const json_t *answer) {
    const json_t *certificates = json_object_get(answer, "certificates");
    cli_record(cli, answer, head);
    print_lines(cli, json_object_get(answer, "lines"));
    printf(cli->lang == LANG_ZH ? "应付:%s\n" : "due: %s\n", money_of(cli, json_object_get(answer, "due")));
    if (json_array_size(certificates))
        cli_table(cli, certificates, certificate_columns);
    print_notes(json_object_get(answer, "explanations"), "-");
    print_notes(json_object_get(answer, "warnings"), "!");
}

/* ---- asking ---- */

static const struct option_row buy_options[] = {
    {"years", KEY_YEARS, "N", TEXT("one certificate a year", "年限,每年一张证书")},
    {"brand", KEY_BRAND, "BRAND", TEXT("line of the catalogue", "目录条目")},
    {"grade", KEY_GRADE, "GRADE", TEXT("dv, ov or ev", "dv、ov 或 ev")},
    {"key-algorithm", KEY_ALGORITHM, "ALG", TEXT("p256, p384, rsa2048 …", "p256、p384、rsa2048 等")},
    {"csr-choice", KEY_CSR_CHOICE, "CHOICE", TEXT("automatic, own or keep", "automatic、own 或 keep")},
    {"csr", KEY_CSR, "FILE|CSR",
     TEXT("your own certificate request (PEM), or one of the CSR manager",
          "自备的 CSR 文件(PEM),或 CSR 管理中的 CSR")},
    {"name", KEY_NAMES, "NAME",
     TEXT("names instead of the old ones, may be repeated", "替换原有域名,可重复")},
    {0},
};

static const struct option_row quota_options[] = {
    {"package", KEY_PACKAGE, "PACKAGE", TEXT("a package, and nothing else", "资源包")},
    {"certificates", KEY_CERTIFICATES, "N", TEXT("so many certificates", "证书数量")},
    {"managed-uses", KEY_MANAGED_USES, "N", TEXT("so many managed-service uses", "托管服务次数")},
    {"brand", KEY_BRAND, "BRAND", TEXT("line of the catalogue", "目录条目")},
    {"grade", KEY_GRADE, "GRADE", TEXT("dv, ov or ev", "dv、ov 或 ev")},
    {"domain-type", KEY_DOMAIN_TYPE, "TYPE",
     TEXT("single, wildcard, multi or mixed", "single、wildcard、multi 或 mixed")},
    {"key-family", KEY_KEY_FAMILY, "FAMILY", TEXT("rsa or ecc", "rsa 或 ecc")},
    {0},
};

static const struct cli_parameter members[] = {{KEY_BRAND, "brand"},
                                               {KEY_GRADE, "grade"},
                                               {KEY_ALGORITHM, "key_algorithm"},
                                               {KEY_CSR_CHOICE, "csr_choice"},
                                               {KEY_PACKAGE, "package"},
                                               {KEY_DOMAIN_TYPE, "domain_type"},
                                               {KEY_KEY_FAMILY, "key_family"},
                                               {0}};

static const struct cli_parameter numbers[] = {
    {KEY_YEARS, "years"}, {KEY_CERTIFICATES, "certificates"}, {KEY_MANAGED_USES, "managed_uses"}, {0}};

static bool add_numbers(struct cli *cli, json_t *body) {
    for (const struct cli_parameter *n = numbers; n->key; n++)
        if (cli->options[n->key] && !cli_number(cli, body, n->name, cli->options[n->key]))
            return false;
    return true;
}

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
    return file_read(cli->arena, given, 64 * 1024, &csr, &cli->error) &&
           json_object_set_new(body, "csr", json_stringn((const char *)csr.p, csr.len)) == 0;
}

static int ask(struct cli *cli, const char *kind, const char *certificate_id) {
    json_t *body = json_incref(json_keep(cli->arena, cli_body(cli, members)));
    json_object_set_new(body, "kind", json_string(kind));
    if (certificate_id)
        json_object_set_new(body, "certificate_id", json_string(certificate_id));
    add_names(cli, body);
    if (!add_numbers(cli, body) || !add_csr(cli, body))
        return json_decref(body), cli_failed(cli);
    return cli_request(cli, "POST", "/v1/quotes", body, print_quote);
}

static int quote_buy(struct cli *cli) {
    for (size_t i = 0; i < cli->arg_count; i++) {
        cli->all[cli->all_count].key = KEY_NAMES;
        cli->all[cli->all_count++].value = cli->args[i];
    }
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
