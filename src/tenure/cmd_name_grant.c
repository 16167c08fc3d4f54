/* Whose names are: for administrators. */
#include "solve/name_grant.h"
#include "tenure/verb.h"

enum { KEY_LIMIT = 'l', KEY_ACCOUNT = 'a', KEY_CURSOR = 900 };

static void print_grant(struct cli *cli, const json_t *answer) {
    cli_record(cli, answer, name_grant_fields);
}

static void print_grants(struct cli *cli, const json_t *answer) {
    cli_page(cli, answer, name_grant_fields);
}

static int add(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_ACCOUNT, "account_id"}, {0}};
    json_t *body = cli_body(cli, members);
    json_object_set_new(body, "zone", json_string(cli->args[0]));
    return cli_request(cli, "POST", "/v1/name-grants", body, print_grant);
}

static int list(struct cli *cli) {
    static const struct cli_parameter parameters[] = {{KEY_LIMIT, "limit"}, {KEY_CURSOR, "cursor"}, {0}};
    const char *path = arena_printf(cli->arena, "/v1/name-grants%s", cli_query(cli, parameters));
    return cli_request(cli, "GET", path, NULL, print_grants);
}

static int take_back(struct cli *cli) {
    const char *path = arena_printf(cli->arena, "/v1/name-grants/%s", url_encode(cli->arena, cli->args[0]));
    return cli_request(cli, "DELETE", path, NULL, cli_silent);
}

static const struct option_row add_options[] = {
    {"account", KEY_ACCOUNT, "ACCOUNT", TEXT("the account that may prove them", "可验证这些域名的账号")},
    {0},
};
static const struct option_row page_options[] = {
    {"limit", KEY_LIMIT, "N", TEXT("at most so many", "最多条数")},
    {"cursor", KEY_CURSOR, "TEXT", TEXT("go on behind the last page", "从上一页之后继续")},
    {0},
};

const struct verb name_grant_verbs[] = {
    {"name-grant add", TEXT("say whose names are, as an administrator", "将域名授予账号(仅限管理员)"),
     TEXT("ZONE", "区域"), 1, 1, add_options, add},
    {"name-grant list", TEXT("whose names are, as an administrator", "列出授予各账号的域名(仅限管理员)"),
     TEXT("", ""), 0, 0, page_options, list},
    {"name-grant remove",
     TEXT("take names from an account, as an administrator", "收回授予账号的域名(仅限管理员)"),
     TEXT("GRANT", "授权ID"), 1, 1, NULL, take_back},
    {0},
};
