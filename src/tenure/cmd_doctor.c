/* `tenure doctor`: has a name looked at, waits for it, and prints what was found with the way out. */
#include "doctor/doctor.h"
#include "tenure/wait.h"
#include <stdio.h>
#include <string.h>

enum {
    KEY_ISSUER = 'i',
    KEY_VERBOSE = 'v',
    KEY_LIMIT = 'l',
    KEY_CURSOR = 900,
    KEY_NAME,
    PATIENCE_MS = 300000,
    PAUSE_MS = 200
};

/* ---- what is printed ---- */

static void print_line(struct cli *cli, const char *line) {
    puts(printable(cli->arena, line));
}

static const char *heading(const char *severity, enum lang lang) {
    static const struct {
        const char *severity;
        struct text text;
    } headings[] = {{"fatal", TEXT("FATAL", "严重")},
                    {"warning", TEXT("WARNING", "警告")},
                    {"note", TEXT("note", "提示")}};
    for (size_t i = 0; i < sizeof headings / sizeof *headings; i++)
        if (strcmp(headings[i].severity, severity) == 0)
            return headings[i].text.in[lang];
    return severity;
}

/* Nothing has to be done about a note, unless it has something to offer. */
static void print_finding(struct cli *cli, const json_t *finding) {
    const char *issuer = cli_text(finding, "issuer"), *value = cli_text(finding, "value");
    const char *for_issuer = *issuer ? arena_printf(cli->arena, " [%s]", issuer) : "";
    print_line(cli, arena_printf(cli->arena, cli->lang == LANG_ZH ? "%s %s%s:%s" : "%s %s%s: %s",
                                 heading(cli_text(finding, "severity"), cli->lang), cli_text(finding, "code"),
                                 for_issuer, cli_text(finding, "title")));
    if (*cli_text(finding, "detail"))
        print_line(cli, arena_printf(cli->arena, "    %s", cli_text(finding, "detail")));
    if (*value || strcmp(cli_text(finding, "severity"), "note") != 0)
        print_line(cli, arena_printf(cli->arena, "  → %s", cli_text(finding, "remedy")));
    if (*value)
        print_line(cli, arena_printf(cli->arena, "    %s", value));
}

static void print_answer(struct cli *cli, const json_t *answer) {
    print_line(cli, arena_printf(cli->arena, "  %s | %s | %s | %lld ms", cli_text(answer, "server"),
                                 cli_text(answer, "question"), cli_text(answer, "answer"),
                                 (long long)json_integer_value(json_object_get(answer, "ms"))));
}

static void print_preflight(struct cli *cli, const json_t *preflight) {
    const json_t *one;
    size_t i;
    print_line(cli, arena_printf(cli->arena, "%s %s %s", cli_text(preflight, "id"),
                                 cli_text(preflight, "name"), cli_text(preflight, "ended_at")));
    json_array_foreach(json_object_get(preflight, "findings"), i, one) print_finding(cli, one);
    if (!cli->options[KEY_VERBOSE])
        return;
    puts(cli->lang == LANG_ZH ? "各服务器的应答:" : "What each server answered:");
    json_array_foreach(json_object_get(preflight, "answers"), i, one) print_answer(cli, one);
}

/* ---- waiting ---- */

static int judge(const json_t *preflight) {
    return strcmp(cli_text(preflight, "worst"), "fatal") == 0 ? EXIT_REFUSED : EXIT_OK;
}

static int look(struct cli *cli, const char *id, void *progress) {
    json_t *preflight;
    (void)progress;
    if (!cli_call(cli, "GET", arena_printf(cli->arena, "/v1/preflights/%s", id), NULL, &preflight))
        return cli_failed(cli);
    if (!*cli_text(preflight, "ended_at"))
        return WAIT_GOES_ON;
    cli_show(cli, preflight, print_preflight);
    return judge(preflight);
}

static int follow(struct cli *cli, const char *id) {
    static const struct wait patient = {look, PATIENCE_MS, PAUSE_MS};
    int status = wait_for(cli, &patient, id, NULL);
    if (status != WAIT_GOES_ON)
        return status;
    fail(&cli->error, ERR_TIMED_OUT,
         "%s is not over after five minutes; `tenure doctor show %s` tells what it found",
         "%s 五分钟后仍未完成;可稍后用 `tenure doctor show %s` 查看", id, id);
    return cli_failed(cli);
}

/* ---- verbs ---- */

static int doctor(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_ISSUER, "issuer"}, {0}};
    json_t *body = cli_body(cli, members), *answer;
    json_object_set_new(body, "name", json_string(cli->args[0]));
    if (!cli_call(cli, "POST", "/v1/preflights", body, &answer))
        return cli_failed(cli);
    return follow(cli, arena_strdup(cli->arena, cli_text(answer, "id")));
}

static int doctor_show(struct cli *cli) {
    return follow(cli, url_encode(cli->arena, cli->args[0]));
}

static void print_list(struct cli *cli, const json_t *answer) {
    cli_page(cli, answer, preflight_fields);
}

static int doctor_list(struct cli *cli) {
    static const struct cli_parameter parameters[] = {
        {KEY_LIMIT, "limit"}, {KEY_CURSOR, "cursor"}, {KEY_NAME, "name"}, {0}};
    const char *path = arena_printf(cli->arena, "/v1/preflights%s", cli_query(cli, parameters));
    return cli_request(cli, "GET", path, NULL, print_list);
}

static const struct option_row doctor_options[] = {
    {"issuer", KEY_ISSUER, "ISSUER", TEXT("for this issuer alone", "仅针对该签发机构")},
    {"verbose", KEY_VERBOSE, NULL, TEXT("print what each server answered", "打印各服务器的应答")},
    {0},
};

static const struct option_row show_options[] = {
    {"verbose", KEY_VERBOSE, NULL, TEXT("print what each server answered", "打印各服务器的应答")},
    {0},
};

static const struct option_row list_options[] = {
    {"name", KEY_NAME, "NAME", TEXT("of this name alone", "仅该域名")},
    {"limit", KEY_LIMIT, "N", TEXT("at most so many", "最多条数")},
    {"cursor", KEY_CURSOR, "TEXT", TEXT("go on behind the last page", "从上一页之后继续")},
    {0},
};

const struct verb doctor_verbs[] = {
    {"doctor list", TEXT("looks at names that were made", "列出域名预检"), TEXT("", ""), 0, 0, list_options,
     doctor_list},
    {"doctor show", TEXT("what a look at a name has found", "查看域名预检结果"), TEXT("PREFLIGHT", "预检ID"),
     1, 1, show_options, doctor_show},
    {"doctor", TEXT("what DNS, CAA and ports say about a name", "检查域名的 DNS、CAA 与端口"),
     TEXT("NAME", "域名"), 1, 1, doctor_options, doctor},
    {0},
};
