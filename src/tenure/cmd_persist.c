/* Records of dns-persist-01. */
#include "solve/persist_record.h"
#include "tenure/verb.h"
#include <stdio.h>

enum {
    KEY_LIMIT = 'l',
    KEY_ISSUER = 'i',
    KEY_SOLVER = 's',
    KEY_CURSOR = 870,
    KEY_ACCOUNT_URI,
    KEY_UNTIL,
    KEY_WILDCARD,
};

static const char *path_of(struct cli *cli, const char *format) {
    return arena_printf(cli->arena, format, url_encode(cli->arena, cli->args[0]));
}

static void print_record(struct cli *cli, const json_t *answer) {
    printf("%s. TXT \"%s\"\n", cli_text(answer, "host"), cli_text(answer, "value"));
    cli_record(cli, answer, persist_record_fields);
}

static void print_records(struct cli *cli, const json_t *answer) {
    cli_page(cli, answer, persist_record_fields);
}

static int make(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_ISSUER, "issuer"},
                                                   {KEY_ACCOUNT_URI, "account_uri"},
                                                   {KEY_UNTIL, "until_at"},
                                                   {KEY_SOLVER, "solver_id"},
                                                   {0}};
    json_t *body = cli_body(cli, members);
    json_object_set_new(body, "name", json_string(cli->args[0]));
    if (cli->options[KEY_WILDCARD])
        json_object_set_new(body, "wildcard", json_true());
    return cli_request(cli, "POST", "/v1/persist-records", body, print_record);
}

static int list(struct cli *cli) {
    static const struct cli_parameter parameters[] = {{KEY_LIMIT, "limit"}, {KEY_CURSOR, "cursor"}, {0}};
    const char *path = arena_printf(cli->arena, "/v1/persist-records%s", cli_query(cli, parameters));
    return cli_request(cli, "GET", path, NULL, print_records);
}

static int show(struct cli *cli) {
    return cli_request(cli, "GET", path_of(cli, "/v1/persist-records/%s"), NULL, print_record);
}

static int check(struct cli *cli) {
    return cli_request(cli, "POST", path_of(cli, "/v1/persist-records/%s/check"), json_object(),
                       print_record);
}

static int take_away(struct cli *cli) {
    return cli_request(cli, "DELETE", path_of(cli, "/v1/persist-records/%s"), NULL, cli_silent);
}

static const struct option_row make_options[] = {
    {"issuer", KEY_ISSUER, "ISSUER",
     TEXT("the CA: an issuer, or the domain name that it calls itself by", "CA:签发机构,或 CA 的域名标识")},
    {"account-uri", KEY_ACCOUNT_URI, "URL",
     TEXT("the account of that CA which is let in; yours, if none is given",
          "获授权的 CA 账户 URL,默认为您的账户")},
    {"until", KEY_UNTIL, "TIME",
     TEXT("it holds before that, as 2027-11-21T00:00:00Z", "失效时间,如 2027-11-21T00:00:00Z")},
    {"wildcard", KEY_WILDCARD, NULL,
     TEXT("for wildcards and names below, too", "同时适用于通配符及下级域名")},
    {"solver", KEY_SOLVER, "SOLVER", TEXT("this solver places it", "由该质询应答配置放置")},
    {0},
};
static const struct option_row page_options[] = {
    {"limit", KEY_LIMIT, "N", TEXT("at most so many", "最多条数")},
    {"cursor", KEY_CURSOR, "TEXT", TEXT("go on behind the last page", "从上一页之后继续")},
    {0},
};

#define ARGUMENT_RECORD TEXT("RECORD", "记录ID")

const struct verb persist_verbs[] = {
    {"solver persist",
     TEXT("make up a record that lets a CA in for good, and watch it", "生成长期授权 CA 的记录并持续检查"),
     TEXT("NAME", "域名"), 1, 1, make_options, make},
    {"persist list", TEXT("the records that let CAs in for good", "列出长期授权记录"), TEXT("", ""), 0, 0,
     page_options, list},
    {"persist show", TEXT("one record, and what the last look found", "查看长期授权记录"), ARGUMENT_RECORD, 1,
     1, NULL, show},
    {"persist check", TEXT("look for it now", "立即检查"), ARGUMENT_RECORD, 1, 1, NULL, check},
    {"persist remove",
     TEXT("watch it no more; what a solver has placed is taken away", "不再检查,并清除自动放置的记录"),
     ARGUMENT_RECORD, 1, 1, NULL, take_away},
    {0},
};
