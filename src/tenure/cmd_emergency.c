/* `tenure emergency`: declares that a site is down, and follows it until it is back. */
#include "deploy/deploy.h"
#include "tenure/wait.h"
#include <stdio.h>
#include <string.h>

enum {
    KEY_FORCE = 'f',
    KEY_ADDRESS = 'a',
    PATIENCE_MS = 600000,
    PAUSE_MS = 300,
    STAGES_MAX = 8,
};

static const struct option_row declare_options[] = {
    {"force", KEY_FORCE, NULL,
     TEXT("also from a CA that the site's clients may not trust", "允许使用客户端可能不信任的 CA")},
    {"address", KEY_ADDRESS, "ADDRESS",
     TEXT("where to look at it, if not where the name leads", "检查地址(默认按域名解析)")},
    {0},
};

/* ---- what is printed ---- */

static void print_line(struct cli *cli, const char *line) {
    puts(printable(cli->arena, line));
}

static void print_stage(struct cli *cli, const json_t *stage) {
    const char *detail = cli_text(stage, "detail");
    bool zh = cli->lang == LANG_ZH, ended = *cli_text(stage, "ended_at");
    long long seconds = json_integer_value(json_object_get(stage, "seconds"));
    if (!ended) {
        print_line(cli, arena_printf(cli->arena, zh ? "%s  进行中:%s" : "%s  begins: %s",
                                     cli_text(stage, "began_at"), cli_text(stage, "title")));
        return;
    }
    print_line(cli, arena_printf(cli->arena, zh ? "%s  %s:%s(%lld 秒)%s%s" : "%s  %s: %s (%lld s)%s%s",
                                 cli_text(stage, "ended_at"), cli_text(stage, "title"),
                                 cli_text(stage, "result"), seconds, *detail ? "\n    " : "", detail));
}

static void print_end(struct cli *cli, const json_t *em) {
    const json_t *seconds = json_object_get(em, "seconds_to_live"), *sentence;
    size_t i;
    if (*cli_text(em, "waits_for"))
        print_line(cli, arena_printf(cli->arena,
                                     cli->lang == LANG_ZH ? "需要人工处理(%s):%s" : "waits for you (%s): %s",
                                     cli_text(em, "waits_for"), cli_text(em, "waits_detail")));
    if (json_is_integer(seconds))
        print_line(cli, arena_printf(cli->arena,
                                     cli->lang == LANG_ZH ? "%s 已恢复,用时 %lld 秒。"
                                                          : "%s is back after %lld seconds.",
                                     cli_text(em, "host"), (long long)json_integer_value(seconds)));
    json_array_foreach(json_object_get(em, "prevention"), i, sentence)
        print_line(cli, cli_text(sentence, "text"));
}

static void print_emergency(struct cli *cli, const json_t *em) {
    const json_t *stage;
    size_t i;
    printf("%s %s:%lld %s\n", cli_text(em, "id"), cli_text(em, "host"),
           (long long)json_integer_value(json_object_get(em, "port")), cli_text(em, "stage"));
    json_array_foreach(json_object_get(em, "stages"), i, stage) print_stage(cli, stage);
    print_end(cli, em);
}

/* ---- following ---- */

/* How much of each stage was printed: 0 nothing, 1 that it begins, 2 that it ended. */
struct progress {
    int stages[STAGES_MAX];
};

static void print_news(struct cli *cli, const json_t *em, struct progress *p) {
    const json_t *stage;
    size_t i;
    if (cli->json)
        return;
    json_array_foreach(json_object_get(em, "stages"), i, stage) {
        int now = *cli_text(stage, "ended_at") ? 2 : 1;
        if (i >= STAGES_MAX || p->stages[i] == now)
            continue;
        p->stages[i] = now;
        print_stage(cli, stage);
    }
}

/* The site is back when there is something to follow up, or nothing more to do. */
static int judge(const json_t *em) {
    const char *stage = cli_text(em, "stage");
    bool over = strcmp(stage, "follow_up") == 0 || strcmp(stage, "closed") == 0;
    if (over)
        return EXIT_OK;
    return *cli_text(em, "waits_for") ? EXIT_WAITS_FOR_PERSON : WAIT_GOES_ON;
}

static int look(struct cli *cli, const char *id, void *progress) {
    json_t *em;
    if (!cli_call(cli, "GET", arena_printf(cli->arena, "/v1/emergencies/%s", id), NULL, &em))
        return cli_failed(cli);
    print_news(cli, em, progress);
    int status = judge(em);
    if (status == WAIT_GOES_ON)
        return status;
    if (cli->json)
        puts(json_text(cli->arena, em, true));
    else
        print_end(cli, em);
    return status;
}

static int follow(struct cli *cli, const char *id) {
    static const struct wait patient = {look, PATIENCE_MS, PAUSE_MS};
    struct progress progress = {{0}};
    int status = wait_for(cli, &patient, id, &progress);
    if (status != WAIT_GOES_ON)
        return status;
    fail(&cli->error, ERR_TIMED_OUT,
         "%s is not over after ten minutes; `tenure emergency show %s` tells more",
         "%s 十分钟后仍未完成;可用 `tenure emergency show %s` 查看", id, id);
    return cli_failed(cli);
}

/* ---- verbs ---- */

static int verb_declare(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_ADDRESS, "address"}, {0}};
    const char *host;
    uint16_t port;
    json_t *answer;
    if (!probe_address_parse(cli->arena, cli->args[0], &host, &port, &cli->error))
        return cli_failed(cli);
    json_t *body = cli_body(cli, members);
    json_object_set_new(body, "host", json_string(host));
    json_object_set_new(body, "port", json_integer(port));
    json_object_set_new(body, "force", json_boolean(cli->options[KEY_FORCE] != NULL));
    if (cli_call(cli, "POST", "/v1/emergencies", body, &answer))
        return follow(cli, arena_strdup(cli->arena, cli_text(answer, "id")));
    /* One that is open already is followed: that is what whoever asks again wants to see. */
    if (cli->error.id != ERR_ALREADY_EXISTS || !*cli->error.object)
        return cli_failed(cli);
    const char *id = arena_strdup(cli->arena, cli->error.object);
    error_clear(&cli->error);
    return follow(cli, id);
}

static void print_list(struct cli *cli, const json_t *answer) {
    static const struct field columns[] = {
        {.name = "id", .flags = FIELD_COLUMN, .label = TEXT("emergency", "应急处理")},
        {.name = "host", .flags = FIELD_COLUMN, .label = TEXT("host", "主机")},
        {.name = "stage", .flags = FIELD_COLUMN, .label = TEXT("stage", "阶段")},
        {.name = "certificate_id", .flags = FIELD_COLUMN, .label = TEXT("stopgap", "应急证书")},
        {.name = "live_at", .flags = FIELD_COLUMN, .label = TEXT("back since", "恢复时间")},
        {.name = "waits_for", .flags = FIELD_COLUMN, .label = TEXT("waits for", "等待处理")},
        FIELD_END,
    };
    const json_t *items = json_object_get(answer, "items");
    if (json_array_size(items) == 0)
        puts(cli->lang == LANG_ZH ? "没有应急处理。" : "There were no emergencies.");
    else
        cli_table(cli, items, columns);
}

static int verb_list(struct cli *cli) {
    return cli_request(cli, "GET", "/v1/emergencies", NULL, print_list);
}

static const char *path_of(struct cli *cli, const char *rest) {
    return arena_printf(cli->arena, "/v1/emergencies/%s%s", url_encode(cli->arena, cli->args[0]), rest);
}

static int verb_show(struct cli *cli) {
    return cli_request(cli, "GET", path_of(cli, ""), NULL, print_emergency);
}

static int verb_close(struct cli *cli) {
    return cli_request(cli, "POST", path_of(cli, "/close"), json_object(), print_emergency);
}

/* Two words go before the one that takes any host. */
const struct verb emergency_verbs[] = {
    {"emergency list", TEXT("list emergencies", "列出应急处理"), TEXT("", ""), 0, 0, NULL, verb_list},
    {"emergency show", TEXT("show an emergency, with its stages and their times", "查看应急处理及各阶段用时"),
     TEXT("EMERGENCY", "应急处理ID"), 1, 1, NULL, verb_show},
    {"emergency close", TEXT("give an emergency up, or end its follow-up", "放弃应急处理或结束跟进"),
     TEXT("EMERGENCY", "应急处理ID"), 1, 1, NULL, verb_close},
    {"emergency",
     TEXT("a certificate has expired and the site is down: issue a stopgap, deploy it, verify it",
          "证书过期导致站点中断:签发、部署并验证应急证书"),
     TEXT("HOST[:PORT]", "主机[:端口]"), 1, 1, declare_options, verb_declare},
    {0},
};
