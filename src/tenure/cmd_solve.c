/* Solvers, and what they have published for CAs. */
#include "base/clock.h"
#include "solve/solve.h"
#include "tenure/verb.h"
#include <stdio.h>
#include <unistd.h>

enum {
    KEY_LIMIT = 'l',
    KEY_QUIET = 'q',
    KEY_TYPE = 't',
    KEY_KIND = 'k',
    KEY_SET = 's',
    KEY_SECRET_FILE = 'S',
    KEY_CURSOR = 860,
    KEY_DOUBT,
    KEY_OPEN,
    KEY_CERTIFICATE,
    KEY_ASK_ANYWAY,
    POLL_US = 250000,
    TEST_MS = 300000,
};

static const char *path_of(struct cli *cli, const char *format) {
    return arena_printf(cli->arena, format, url_encode(cli->arena, cli->args[0]));
}

/* ---- kinds ---- */

static const char *words(struct cli *cli, const json_t *list) {
    struct buf b = buf_new(cli->arena, 1000);
    for (size_t i = 0; i < json_array_size(list); i++)
        buf_printf(&b, "%s%s", i ? " " : "", json_string_value(json_array_get(list, i)));
    return b.p;
}

static void print_kind(struct cli *cli, const json_t *kind) {
    const json_t *fields = json_object_get(kind, "settings"), *field;
    size_t i;
    printf("%s: %s (%s)\n", cli_text(kind, "kind"), cli_text(kind, "title"),
           words(cli, json_object_get(kind, "types")));
    json_array_foreach(fields, i, field)
        printf("    --set %s=%s%s\n", cli_text(field, "name"), cli_text(field, "title"),
               !json_is_true(json_object_get(field, "required")) ? ""
               : cli->lang == LANG_ZH                            ? "(必填)"
                                                                 : " (required)");
    if (json_is_true(json_object_get(kind, "secret")))
        puts(cli->lang == LANG_ZH ? "    --secret-file 文件" : "    --secret-file FILE");
}

static void print_kinds(struct cli *cli, const json_t *answer) {
    const json_t *items = json_object_get(answer, "items"), *item;
    size_t i;
    json_array_foreach(items, i, item) print_kind(cli, item);
}

static int kinds(struct cli *cli) {
    return cli_request(cli, "GET", "/v1/solver-kinds", NULL, print_kinds);
}

/* ---- solvers ---- */

static void print_solver(struct cli *cli, const json_t *answer) {
    const char *settings = json_text(cli->arena, json_object_get(answer, "settings"), false);
    cli_record(cli, answer, solver_fields);
    printf("%s: %s\n", cli->lang == LANG_ZH ? "设置" : "Settings", settings);
}

static void print_solvers(struct cli *cli, const json_t *answer) {
    cli_page(cli, answer, solver_fields);
}

/* NAME=VALUE of each --set; what kind of value it is, the daemon knows. */
static bool read_settings(struct cli *cli, json_t *settings) {
    for (size_t i = 0; i < cli->all_count; i++) {
        const char *value = cli->all[i].value, *equals = value ? strchr(value, '=') : NULL;
        if (cli->all[i].key != KEY_SET)
            continue;
        if (!equals || equals == value)
            return fail(&cli->error, ERR_USAGE, "--set takes NAME=VALUE, not '%s'",
                        "--set 的格式为 名称=值,而不是“%s”", value);
        json_object_set_new(settings, arena_strndup(cli->arena, value, (size_t)(equals - value)),
                            json_string(equals + 1));
    }
    return true;
}

static bool read_secret(struct cli *cli, json_t *body) {
    static const struct text prompt = TEXT("Secret", "密钥");
    struct secret *secret;
    if (!cli->options[KEY_SECRET_FILE])
        return true;
    if (!cli_secret(cli, KEY_SECRET_FILE, prompt, &secret))
        return false;
    json_object_set_new(body, "secret", json_string((const char *)secret_bytes(secret)));
    return true;
}

static int solver_add(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_TYPE, "type"}, {KEY_KIND, "kind"}, {0}};
    json_t *body = cli_body(cli, members), *settings = json_object(), *answer;
    json_object_set_new(body, "zone", json_string(cli->args[0]));
    json_object_set_new(body, "settings", settings);
    if (!json_object_get(body, "type"))
        json_object_set_new(body, "type", json_string("dns-01"));
    bool good = read_settings(cli, settings) && read_secret(cli, body) &&
                (!cli->options[KEY_DOUBT] || cli_number(cli, body, "doubt_seconds", cli->options[KEY_DOUBT]));
    if (!good) {
        json_decref(body);
        return cli_failed(cli);
    }
    if (!cli_call(cli, "POST", "/v1/solvers", body, &answer))
        return cli_failed(cli);
    if (!cli->options[KEY_QUIET])
        return cli_show(cli, answer, print_solver);
    puts(cli_text(answer, "id"));
    return EXIT_OK;
}

static const char *page(struct cli *cli) {
    static const struct cli_parameter parameters[] = {
        {KEY_LIMIT, "limit"}, {KEY_CURSOR, "cursor"}, {KEY_CERTIFICATE, "certificate"}, {0}};
    const char *query = cli_query(cli, parameters);
    return cli->options[KEY_OPEN] ? arena_printf(cli->arena, "%s%copen=1", query, *query ? '&' : '?') : query;
}

static int solver_list(struct cli *cli) {
    return cli_request(cli, "GET", arena_printf(cli->arena, "/v1/solvers%s", page(cli)), NULL, print_solvers);
}

static int solver_show(struct cli *cli) {
    return cli_request(cli, "GET", path_of(cli, "/v1/solvers/%s"), NULL, print_solver);
}

static int solver_remove(struct cli *cli) {
    return cli_request(cli, "DELETE", path_of(cli, "/v1/solvers/%s"), NULL, cli_silent);
}

/* ---- delegated names ---- */

static const struct field delegation_columns[] = {
    {.name = "id", .flags = FIELD_COLUMN, .label = TEXT("delegation", "委托")},
    {.name = "name", .flags = FIELD_COLUMN, .label = TEXT("name", "域名")},
    {.name = "host", .flags = FIELD_COLUMN, .label = TEXT("CNAME record", "CNAME 记录名")},
    {.name = "target", .flags = FIELD_COLUMN, .label = TEXT("leads to", "记录值")},
    {.name = "seen_at", .flags = FIELD_COLUMN, .label = TEXT("there since", "生效时间")},
    {.name = "reason", .flags = FIELD_COLUMN, .label = TEXT("found", "检查结果")},
    FIELD_END,
};

/* As it stands in a zone file. */
static void print_delegation(struct cli *cli, const json_t *answer) {
    cli_record(cli, answer, delegation_columns);
    printf("\n%s. CNAME %s.\n", cli_text(answer, "host"), cli_text(answer, "target"));
}

static void print_delegations(struct cli *cli, const json_t *answer) {
    cli_page(cli, answer, delegation_columns);
}

static int delegate(struct cli *cli) {
    json_t *body = json_object();
    json_object_set_new(body, "name", json_string(cli->args[0]));
    return cli_request(cli, "POST", "/v1/delegations", body, print_delegation);
}

static int delegations(struct cli *cli) {
    return cli_request(cli, "GET", arena_printf(cli->arena, "/v1/delegations%s", page(cli)), NULL,
                       print_delegations);
}

static int undelegate(struct cli *cli) {
    return cli_request(cli, "DELETE", path_of(cli, "/v1/delegations/%s"), NULL, cli_silent);
}

/* ---- a test ---- */

static void print_answers(const json_t *look) {
    const json_t *answers = json_object_get(look, "answers"), *answer;
    size_t i;
    json_array_foreach(answers, i, answer) printf("    %s: %s: %s\n", cli_text(answer, "server"),
                                                  cli_text(answer, "question"), cli_text(answer, "answer"));
}

static void print_solution(struct cli *cli, const json_t *answer) {
    const json_t *looks = json_object_get(answer, "looks_made"), *look;
    size_t i;
    cli_record(cli, answer, solution_fields);
    json_array_foreach(looks, i, look) {
        printf("%s: %s\n", cli_text(look, "at"), cli_text(look, "reason"));
        print_answers(look);
    }
}

/* With what each server answered. */
static bool fetch_solution(struct cli *cli, const char *id, json_t **answer) {
    json_t *looks;
    if (!cli_call(cli, "GET", arena_printf(cli->arena, "/v1/solutions/%s", id), NULL, answer) ||
        !cli_call(cli, "GET", arena_printf(cli->arena, "/v1/solutions/%s/looks", id), NULL, &looks))
        return false;
    json_object_set(*answer, "looks_made", json_object_get(looks, "items"));
    return true;
}

static bool await_end(struct cli *cli, const char *id, json_t **answer) {
    int64_t end = clock_monotonic_ms() + TEST_MS;
    while (fetch_solution(cli, id, answer)) {
        if (*cli_text(*answer, "removed_at") || clock_monotonic_ms() > end)
            return true;
        usleep(POLL_US);
    }
    return false;
}

static int solver_test(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_TYPE, "type"}, {0}};
    json_t *body = cli_body(cli, members), *answer;
    json_object_set_new(body, "name", json_string(cli->args[0]));
    if (!cli_call(cli, "POST", "/v1/solvers/test", body, &answer) ||
        !await_end(cli, arena_strdup(cli->arena, cli_text(answer, "id")), &answer))
        return cli_failed(cli);
    int status = cli_show(cli, answer, print_solution);
    bool good = strcmp(cli_text(answer, "reason"), "found") == 0 && *cli_text(answer, "removed_at");
    return status == EXIT_OK && !good ? EXIT_REFUSED : status;
}

/* ---- solutions ---- */

static void print_solutions(struct cli *cli, const json_t *answer) {
    cli_page(cli, answer, solution_fields);
}

static int solution_list_verb(struct cli *cli) {
    return cli_request(cli, "GET", arena_printf(cli->arena, "/v1/solutions%s", page(cli)), NULL,
                       print_solutions);
}

static int solution_show(struct cli *cli) {
    json_t *answer;
    if (!fetch_solution(cli, url_encode(cli->arena, cli->args[0]), &answer))
        return cli_failed(cli);
    return cli_show(cli, answer, print_solution);
}

static int solution_check(struct cli *cli) {
    json_t *body = json_object();
    if (cli->options[KEY_ASK_ANYWAY])
        json_object_set_new(body, "ask_anyway", json_true());
    return cli_request(cli, "POST", path_of(cli, "/v1/solutions/%s/check"), body, print_solution);
}

#define OPTION_LIMIT                                                                                         \
    { "limit", KEY_LIMIT, "N", TEXT("at most so many", "最多条数") }
#define OPTION_CURSOR                                                                                        \
    { "cursor", KEY_CURSOR, "TEXT", TEXT("go on behind the last page", "从上一页之后继续") }
#define OPTION_TYPE                                                                                          \
    {                                                                                                        \
        "type", KEY_TYPE, "TYPE",                                                                            \
            TEXT("http-01, dns-01, tls-alpn-01 or dns-persist-01",                                           \
                 "http-01、dns-01、tls-alpn-01 或 dns-persist-01")                                           \
    }

static const struct option_row add_options[] = {
    OPTION_TYPE,
    {"kind", KEY_KIND, "KIND", TEXT("how: see tenure solver kinds", "应答方式,见 tenure solver kinds")},
    {"set", KEY_SET, "NAME=VALUE", TEXT("a setting of the kind", "应答方式的设置项")},
    {"secret-file", KEY_SECRET_FILE, "FILE",
     TEXT("its secret: the first line of the file", "密钥文件(首行)")},
    {"doubt-seconds", KEY_DOUBT, "N",
     TEXT("so long what we see may delay what the CA is asked", "本地检查未通过时最多推迟的秒数")},
    {"quiet", KEY_QUIET, NULL, TEXT("print the id only", "只打印 ID")},
    {0},
};
static const struct option_row test_options[] = {OPTION_TYPE, {0}};
static const struct option_row check_options[] = {
    {"ask-anyway", KEY_ASK_ANYWAY, NULL,
     TEXT("it is there: have the CA look, whatever is seen from here",
          "已添加:无论本地检查结果如何均请 CA 验证")},
    {0}};
static const struct option_row page_options[] = {OPTION_LIMIT, OPTION_CURSOR, {0}};
static const struct option_row solution_options[] = {
    {"open", KEY_OPEN, NULL, TEXT("only what was not taken away yet", "仅未清除的")},
    {"certificate", KEY_CERTIFICATE, "CERTIFICATE", TEXT("only of this certificate", "仅该证书")},
    OPTION_LIMIT,
    OPTION_CURSOR,
    {0}};

#define ARGUMENT_SOLVER   TEXT("SOLVER", "质询应答配置ID")
#define ARGUMENT_SOLUTION TEXT("SOLUTION", "质询应答ID")

const struct verb solve_verbs[] = {
    {"solver kinds", TEXT("the ways to prove control over names", "列出质询应答方式"), TEXT("", ""), 0, 0,
     NULL, kinds},
    {"solver add", TEXT("prove names at and below a zone in this way", "添加质询应答配置"),
     TEXT("ZONE", "区域"), 1, 1, add_options, solver_add},
    {"solver list", TEXT("how names are proven", "列出质询应答配置"), TEXT("", ""), 0, 0, page_options,
     solver_list},
    {"solver show", TEXT("one solver, with its settings", "查看质询应答配置"), ARGUMENT_SOLVER, 1, 1, NULL,
     solver_show},
    {"solver remove", TEXT("prove no more names in this way", "删除质询应答配置"), ARGUMENT_SOLVER, 1, 1,
     NULL, solver_remove},
    {"solver test", TEXT("publish a value for a name, look for it, take it away", "发布测试值,检查后清除"),
     TEXT("NAME", "域名"), 1, 1, test_options, solver_test},
    {"solver delegate",
     TEXT("the CNAME that delegates a name to Tenure; it is watched", "查询并检查委托域名的 CNAME"),
     TEXT("NAME", "域名"), 1, 1, NULL, delegate},
    {"solver delegations", TEXT("delegated names", "列出委托的域名"), TEXT("", ""), 0, 0, page_options,
     delegations},
    {"solver undelegate", TEXT("watch a delegated name no more", "不再检查委托的域名"),
     TEXT("DELEGATION", "委托ID"), 1, 1, NULL, undelegate},
    {"solution list", TEXT("what is or was published for CAs", "列出为 CA 验证发布的内容"), TEXT("", ""), 0,
     0, solution_options, solution_list_verb},
    {"solution show",
     TEXT("what is published, and what each server answered", "查看发布的内容与各服务器的应答"),
     ARGUMENT_SOLUTION, 1, 1, NULL, solution_show},
    {"solution check", TEXT("look for it now", "立即检查"), ARGUMENT_SOLUTION, 1, 1, check_options,
     solution_check},
    {0},
};
