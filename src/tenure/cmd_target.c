/* Verbs about targets and deployments, and the probe. */
#include "deploy/deploy.h"
#include "tenure/verb.h"
#include "verify/verify.h"
#include <stdio.h>
#include <string.h>

enum {
    KEY_CERTIFICATE = 'c',
    KEY_FILE = 'f',
    KEY_TARGET = 't',
    KEY_QUIET = 'q',
    KEY_PRESET = 'p',
    KEY_TEST = 600,
    KEY_RELOAD,
    KEY_PROBE,
    KEY_SERVER_NAME,
    KEY_DEPLOY,
};

static const char *target_path(struct cli *cli, const char *rest) {
    return arena_printf(cli->arena, "/v1/targets/%s%s", url_encode(cli->arena, cli->args[0]), rest);
}

/* ---- targets ---- */

static const struct option_row add_options[] = {
    {"certificate", KEY_CERTIFICATE, "ID", TEXT("what it serves", "要部署的证书")},
    {"file", KEY_FILE, "PATH=CONTENT",
     TEXT("fullchain, cert, chain, key, combined or root at PATH; may be repeated",
          "在 PATH 写入 fullchain、cert、chain、key、combined 或 root;可重复")},
    {"preset", KEY_PRESET, "NAME",
     TEXT("nginx, apache, haproxy …: test and reload commands",
          "nginx、apache、haproxy 等:检测和重新加载命令")},
    {"test", KEY_TEST, "NAME",
     TEXT("configuration test: a command of tenure.yaml or a preset", "配置检测:tenure.yaml 中的命令或预设")},
    {"reload", KEY_RELOAD, "NAME",
     TEXT("reload: a command of tenure.yaml or a preset", "重新加载:tenure.yaml 中的命令或预设")},
    {"probe", KEY_PROBE, "ADDRESS:PORT",
     TEXT("where a handshake shows what is served", "通过握手检查所提供证书的地址")},
    {"server-name", KEY_SERVER_NAME, "NAME",
     TEXT("server name (SNI) of the probe", "检查时使用的服务器名称(SNI)")},
    {"deploy", KEY_DEPLOY, NULL, TEXT("put the certificate there now", "立即部署证书")},
    {"quiet", KEY_QUIET, NULL, TEXT("print the id only", "只打印 ID")},
    {0},
};

/* PATH=CONTENT, the last '=' counts. */
static bool add_file(struct cli *cli, json_t *files, const char *value) {
    const char *equals = strrchr(value, '=');
    if (!equals || equals == value || !equals[1])
        return fail(&cli->error, ERR_USAGE, "--file %s is not PATH=CONTENT", "--file %s 不是 PATH=CONTENT",
                    value);
    json_array_append_new(
        files, json_pack("{s:s%,s:s}", "path", value, (size_t)(equals - value), "content", equals + 1));
    return true;
}

static bool target_body(struct cli *cli, json_t **body) {
    static const struct cli_parameter members[] = {{KEY_CERTIFICATE, "certificate_id"},
                                                   {KEY_PRESET, "preset"},
                                                   {KEY_TEST, "test_command"},
                                                   {KEY_RELOAD, "reload_command"},
                                                   {KEY_PROBE, "probe_address"},
                                                   {KEY_SERVER_NAME, "server_name"},
                                                   {0}};
    *body = cli_body(cli, members);
    json_t *files = json_array();
    json_object_set_new(*body, "name", json_string(cli->args[0]));
    json_object_set_new(*body, "kind", json_string("file"));
    json_object_set_new(*body, "files", files);
    if (cli->options[KEY_DEPLOY])
        json_object_set_new(*body, "deploy", json_true());
    for (size_t i = 0; i < cli->all_count; i++)
        if (cli->all[i].key == KEY_FILE && !add_file(cli, files, cli->all[i].value))
            return json_decref(*body), false;
    return true;
}

/* What tables and records show of a target. */
static const struct field target_columns[] = {
    {.name = "id", .flags = FIELD_COLUMN, .label = TEXT("target", "部署目标")},
    {.name = "name", .flags = FIELD_COLUMN, .label = TEXT("name", "名称")},
    {.name = "certificate_id", .flags = FIELD_COLUMN, .label = TEXT("certificate", "证书")},
    {.name = "version_id", .label = TEXT("verified version", "已验证版本")},
    {.name = "test_command", .label = TEXT("configuration test", "配置检测")},
    {.name = "reload_command", .label = TEXT("reload", "重新加载")},
    {.name = "probe_address", .flags = FIELD_COLUMN, .label = TEXT("probed at", "检查地址")},
    {.name = "server_name", .flags = FIELD_COLUMN, .label = TEXT("server name", "服务器名称")},
    FIELD_END,
};

static void print_target(struct cli *cli, const json_t *answer) {
    if (cli->options[KEY_QUIET])
        puts(cli_text(answer, "id"));
    else
        cli_record(cli, answer, target_columns);
}

static int target_add(struct cli *cli) {
    json_t *body;
    return target_body(cli, &body) ? cli_request(cli, "POST", "/v1/targets", body, print_target)
                                   : cli_failed(cli);
}

static void print_targets(struct cli *cli, const json_t *answer) {
    cli_table(cli, json_object_get(answer, "items"), target_columns);
}

static int target_list(struct cli *cli) {
    return cli_request(cli, "GET", "/v1/targets?limit=500", NULL, print_targets);
}

static int target_show(struct cli *cli) {
    return cli_request(cli, "GET", target_path(cli, ""), NULL, print_target);
}

static int target_check(struct cli *cli) {
    return cli_request(cli, "POST", target_path(cli, "/check"), json_object(), cli_silent);
}

static int target_delete(struct cli *cli) {
    return cli_request(cli, "DELETE", target_path(cli, ""), NULL, cli_silent);
}

/* What was seen at a target, newest first. */
static const struct field probe_columns[] = {
    {.name = "at", .flags = FIELD_COLUMN, .label = TEXT("at", "时间")},
    {.name = "verdict", .flags = FIELD_COLUMN, .label = TEXT("verdict", "结论")},
    {.name = "protocol", .flags = FIELD_COLUMN, .label = TEXT("protocol", "协议")},
    {.name = "served_end_at", .flags = FIELD_COLUMN, .label = TEXT("served until", "有效期至")},
    {.name = "detail", .flags = FIELD_COLUMN, .label = TEXT("detail", "详情")},
    FIELD_END,
};

static void print_probes(struct cli *cli, const json_t *answer) {
    cli_table(cli, json_object_get(answer, "items"), probe_columns);
}

static int target_probes(struct cli *cli) {
    return cli_request(cli, "GET", target_path(cli, "/probes"), NULL, print_probes);
}

/* ---- deployments ---- */

static const struct option_row deploy_options[] = {
    {"target", KEY_TARGET, "ID", TEXT("this target only", "仅此部署目标")},
    {0},
};

static const struct field deployment_columns[] = {
    {.name = "id", .flags = FIELD_COLUMN, .label = TEXT("deployment", "部署")},
    {.name = "target_name", .flags = FIELD_COLUMN, .label = TEXT("target", "部署目标")},
    {.name = "state", .flags = FIELD_COLUMN, .label = TEXT("state", "状态")},
    {.name = "cause", .flags = FIELD_COLUMN, .label = TEXT("cause", "起因")},
    {.name = "attempts", .flags = FIELD_COLUMN, .label = TEXT("attempts", "尝试次数")},
    {.name = "reason", .flags = FIELD_COLUMN, .label = TEXT("reason", "原因")},
    {.name = "detail", .flags = FIELD_COLUMN, .label = TEXT("detail", "详情")},
    FIELD_END,
};

static void print_deployments(struct cli *cli, const json_t *answer) {
    json_t *items = json_object_get(answer, "items"), *item;
    size_t i;
    json_array_foreach(items, i, item) /* stored in both languages */
        json_object_set(item, "detail",
                        json_object_get(item, cli->lang == LANG_ZH ? "detail_zh" : "detail_en"));
    cli_table(cli, items, deployment_columns);
}

static int deploy(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_TARGET, "target_id"}, {0}};
    const char *path =
        arena_printf(cli->arena, "/v1/certificates/%s/deploy", url_encode(cli->arena, cli->args[0]));
    return cli_request(cli, "POST", path, cli_body(cli, members), print_deployments);
}

static const struct option_row deployments_options[] = {
    {"certificate", KEY_CERTIFICATE, "ID", TEXT("of this certificate", "该证书的部署")},
    {"target", KEY_TARGET, "ID", TEXT("to this target", "到该目标的部署")},
    {0},
};

static int deployments(struct cli *cli) {
    static const struct cli_parameter parameters[] = {
        {KEY_CERTIFICATE, "certificate"}, {KEY_TARGET, "target"}, {0}};
    return cli_request(cli, "GET", arena_printf(cli->arena, "/v1/deployments%s", cli_query(cli, parameters)),
                       NULL, print_deployments);
}

const struct verb target_verbs[] = {
    {"target add", TEXT("tell Tenure where a certificate is served", "告诉 Tenure 证书部署在哪里"),
     TEXT("NAME", "名称"), 1, 1, add_options, target_add},
    {"target list", TEXT("list targets", "列出部署目标"), TEXT("", ""), 0, 0, NULL, target_list},
    {"target show", TEXT("show one target", "查看部署目标"), TEXT("TARGET", "目标ID"), 1, 1, NULL,
     target_show},
    {"target check", TEXT("probe it now, and repair drift", "立即检查,并修复偏差"), TEXT("TARGET", "目标ID"),
     1, 1, NULL, target_check},
    {"target probes", TEXT("what was seen there", "检查记录"), TEXT("TARGET", "目标ID"), 1, 1, NULL,
     target_probes},
    {"target delete", TEXT("forget a target; nothing is changed there", "删除部署目标记录,不改动目标本身"),
     TEXT("TARGET", "目标ID"), 1, 1, NULL, target_delete},
    {"deploy", TEXT("put a certificate to its targets again", "重新部署证书"), TEXT("CERTIFICATE", "证书ID"),
     1, 1, deploy_options, deploy},
    {"deployments", TEXT("list deployments, newest first", "列出部署记录,最新的在前"), TEXT("", ""), 0, 0,
     deployments_options, deployments},
    {0},
};
