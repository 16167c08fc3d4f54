/* Control over names: domains proven in advance, applications with what they want published, and checks. */
#include "tenure/verb.h"
#include "validate/gate.h"
#include "validate/known.h"
#include <stdio.h>

enum { KEY_QUIET = 'q', KEY_LIMIT = 'l', KEY_METHOD = 850, KEY_CURSOR, KEY_NAME, KEY_ISSUER };

static const char *path_of(struct cli *cli, const char *format) {
    return arena_printf(cli->arena, format, url_encode(cli->arena, cli->args[0]));
}

/* ---- domains ---- */

static void print_domain(struct cli *cli, const json_t *answer) {
    cli_record(cli, answer, domain_fields);
}

static void print_domains(struct cli *cli, const json_t *answer) {
    cli_page(cli, answer, domain_fields);
}

static int domain_add(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_METHOD, "method"}, {0}};
    json_t *body = cli_body(cli, members), *answer;
    json_object_set_new(body, "name", json_string(cli->args[0]));
    if (!cli_call(cli, "POST", "/v1/domains", body, &answer))
        return cli_failed(cli);
    if (!cli->options[KEY_QUIET])
        return cli_show(cli, answer, print_domain);
    puts(cli_text(answer, "id"));
    return EXIT_OK;
}

static int domain_list(struct cli *cli) {
    static const struct cli_parameter parameters[] = {{KEY_LIMIT, "limit"}, {KEY_CURSOR, "cursor"}, {0}};
    return cli_request(cli, "GET", arena_printf(cli->arena, "/v1/domains%s", cli_query(cli, parameters)),
                       NULL, print_domains);
}

static int domain_show(struct cli *cli) {
    return cli_request(cli, "GET", path_of(cli, "/v1/domains/%s"), NULL, print_domain);
}

static int domain_check(struct cli *cli) {
    return cli_request(cli, "POST", path_of(cli, "/v1/domains/%s/check"), NULL, print_domain);
}

static int domain_remove(struct cli *cli) {
    return cli_request(cli, "DELETE", path_of(cli, "/v1/domains/%s"), NULL, cli_silent);
}

/* ---- what is known to be proven ---- */

static void print_known(struct cli *cli, const json_t *answer) {
    cli_page(cli, answer, known_validation_fields);
}

static int known(struct cli *cli) {
    static const struct cli_parameter parameters[] = {
        {KEY_NAME, "name"}, {KEY_ISSUER, "issuer"}, {KEY_LIMIT, "limit"}, {KEY_CURSOR, "cursor"}, {0}};
    return cli_request(cli, "GET", arena_printf(cli->arena, "/v1/validations%s", cli_query(cli, parameters)),
                       NULL, print_known);
}

/* ---- applications ---- */

static void print_application(struct cli *cli, const json_t *answer) {
    const json_t *challenges = json_object_get(answer, "challenges"), *one;
    size_t i;
    cli_record(cli, answer, application_fields);
    json_array_foreach(challenges, i, one) {
        putchar('\n');
        cli_record(cli, one, challenge_fields);
    }
}

static void print_applications(struct cli *cli, const json_t *answer) {
    cli_table(cli, json_object_get(answer, "items"), application_fields);
}

static void print_methods(struct cli *cli, const json_t *answer) {
    cli_table(cli, json_object_get(answer, "items"), methods_fields);
}

static int application_show(struct cli *cli) {
    return cli_request(cli, "GET", path_of(cli, "/v1/applications/%s"), NULL, print_application);
}

static int applications_list(struct cli *cli) {
    return cli_request(cli, "GET", path_of(cli, "/v1/certificates/%s/applications"), NULL,
                       print_applications);
}

static int application_methods(struct cli *cli) {
    return cli_request(cli, "GET", path_of(cli, "/v1/certificates/%s/methods"), NULL, print_methods);
}

static int check(struct cli *cli) {
    return cli_request(cli, "POST", path_of(cli, "/v1/certificates/%s/check"), NULL, print_application);
}

static const struct option_row add_options[] = {
    {"method", KEY_METHOD, "METHOD", TEXT("dns (default) or file", "dns(默认)或 file")},
    {"quiet", KEY_QUIET, NULL, TEXT("print the id only", "只打印 ID")},
    {0},
};

static const struct option_row page_options[] = {
    {"limit", KEY_LIMIT, "N", TEXT("at most so many", "最多条数")},
    {"cursor", KEY_CURSOR, "TEXT", TEXT("go on behind the last page", "从上一页之后继续")},
    {0},
};

static const struct option_row known_options[] = {
    {"name", KEY_NAME, "NAME", TEXT("of this name only", "仅指定域名")},
    {"issuer", KEY_ISSUER, "ISSUER",
     TEXT("for this issuer only; tenure: what Tenure checked itself",
          "仅指定签发机构;tenure 表示由 Tenure 验证")},
    {"limit", KEY_LIMIT, "N", TEXT("at most so many", "最多条数")},
    {"cursor", KEY_CURSOR, "TEXT", TEXT("go on behind the last page", "从上一页之后继续")},
    {0},
};

#define ARGUMENT_DOMAIN      TEXT("DOMAIN", "域名验证ID")
#define ARGUMENT_CERTIFICATE TEXT("CERTIFICATE", "证书ID")

const struct verb validation_verbs[] = {
    {"domain add", TEXT("have control over a name proven in advance", "预先发起域名验证"),
     TEXT("NAME", "域名"), 1, 1, add_options, domain_add},
    {"domain list", TEXT("names that were or are to be proven", "列出域名验证"), TEXT("", ""), 0, 0,
     page_options, domain_list},
    {"domain show", TEXT("what has to be published, and what was found", "查看需发布的内容与检查结果"),
     ARGUMENT_DOMAIN, 1, 1, NULL, domain_show},
    {"domain check", TEXT("look for it now", "立即检查域名"), ARGUMENT_DOMAIN, 1, 1, NULL, domain_check},
    {"domain remove", TEXT("rely on its proof no more", "删除域名验证,不再使用其结果"), ARGUMENT_DOMAIN, 1, 1,
     NULL, domain_remove},
    {"validation list",
     TEXT("what was proven, and until when it can be used again", "列出已通过的验证及其可复用期限"),
     TEXT("", ""), 0, 0, known_options, known},
    {"application list", TEXT("the applications of a certificate", "列出证书的申请"), ARGUMENT_CERTIFICATE, 1,
     1, NULL, applications_list},
    {"application show", TEXT("an application, and what it wants published", "查看申请及需发布的验证内容"),
     TEXT("APPLICATION", "申请ID"), 1, 1, NULL, application_show},
    {"application methods",
     TEXT("which methods of validation can work for each name", "查看各域名可用的验证方式"),
     ARGUMENT_CERTIFICATE, 1, 1, NULL, application_methods},
    {"check", TEXT("look now for what a certificate waits for", "立即检查证书待验证的域名"),
     ARGUMENT_CERTIFICATE, 1, 1, NULL, check},
    {0},
};
