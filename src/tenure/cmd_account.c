/* login, access keys, audit: verbs about people and what they did. */
#include "account/account.h"
#include "audit/audit.h"
#include "tenure/client_config.h"
#include "tenure/verb.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { KEY_SECRET_FILE = 's', KEY_NAME = 'n', KEY_ROLE = 'r', KEY_LIMIT = 'l', KEY_CURSOR = 1000 };

static const struct option_row login_options[] = {
    {"secret-file", KEY_SECRET_FILE, "FILE",
     TEXT("the file `first-login` of the data folder", "数据目录中的 first-login 文件")},
    {0},
};

static int login(struct cli *cli) {
    struct secret *secret;
    if (!cli_secret(cli, KEY_SECRET_FILE, (struct text)TEXT("One-time secret", "一次性密钥"), &secret))
        return cli_failed(cli);
    json_t *answer, *body = json_pack("{s:s%}", "secret", secret_bytes(secret), secret_len(secret));
    if (!cli_call(cli, "POST", "/v1/login", body, &answer))
        return cli_failed(cli);
    const char *key = arena_printf(cli->arena, "%s.%s", cli_text(answer, "id"), cli_text(answer, "secret")),
               *path;
    const struct client_config config = {.url = cli->url, .key = secret_new(cli->arena, key, strlen(key))};
    if (!client_config_write(cli->arena, &config, &path, &cli->error))
        return cli_failed(cli);
    printf(cli->lang == LANG_ZH ? "已登录 %s;访问密钥保存在 %s\n"
                                : "logged in to %s; the access key is in %s\n",
           cli->url, path);
    return EXIT_OK;
}

static void print_access_keys(struct cli *cli, const json_t *answer) {
    cli_table(cli, json_object_get(answer, "items"), access_key_fields);
}

static int list_access_keys(struct cli *cli) {
    return cli_request(cli, "GET", "/v1/access-keys?limit=500", NULL, print_access_keys);
}

static const struct option_row access_key_options[] = {
    {"name", KEY_NAME, "TEXT", TEXT("what it is for", "用途")},
    {"role", KEY_ROLE, "ROLE",
     TEXT("owner, operator, requester, reviewer or auditor",
          "owner、operator、requester、reviewer 或 auditor")},
    {0},
};

static void print_new_access_key(struct cli *cli, const json_t *answer) {
    printf(cli->lang == LANG_ZH ? "TENURE_KEY=%s.%s(只显示这一次)\n" : "TENURE_KEY=%s.%s (shown this once)\n",
           cli_text(answer, "id"), cli_text(answer, "secret"));
}

static int create_access_key(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_NAME, "name"}, {KEY_ROLE, "role"}, {0}};
    return cli_request(cli, "POST", "/v1/access-keys", cli_body(cli, members), print_new_access_key);
}

static int revoke_access_key(struct cli *cli) {
    const char *path = arena_printf(cli->arena, "/v1/access-keys/%s", url_encode(cli->arena, cli->args[0]));
    return cli_request(cli, "DELETE", path, NULL, cli_silent);
}

/* ---- audit ---- */

static const struct option_row page_options[] = {
    {"limit", KEY_LIMIT, "N", TEXT("at most so many", "最多条数")},
    {"cursor", KEY_CURSOR, "TEXT", TEXT("go on behind the last page", "从上一页之后继续")},
    {0},
};

static void print_audit(struct cli *cli, const json_t *answer) {
    cli_table(cli, json_object_get(answer, "items"), audit_fields);
}

static int list_audit(struct cli *cli) {
    static const struct cli_parameter parameters[] = {{KEY_LIMIT, "limit"}, {KEY_CURSOR, "cursor"}, {0}};
    return cli_request(cli, "GET", arena_printf(cli->arena, "/v1/audit%s", cli_query(cli, parameters)), NULL,
                       print_audit);
}

static void print_audit_verdict(struct cli *cli, const json_t *answer) {
    if (json_is_true(json_object_get(answer, "intact")))
        printf(cli->lang == LANG_ZH ? "审计链完整:%lld 条记录\n"
                                    : "the audit chain is intact: %lld entries\n",
               (long long)json_integer_value(json_object_get(answer, "end")));
    else
        printf(cli->lang == LANG_ZH ? "审计链在第 %lld 条记录处损坏:%s\n"
                                    : "the audit chain is broken at entry %lld: %s\n",
               (long long)json_integer_value(json_object_get(answer, "broken_at")),
               cli_text(answer, "fault"));
}

/* The daemon checks a part at a time, so that no request is long. */
static int verify_audit(struct cli *cli) {
    int64_t after = 0, end;
    json_t *answer;
    do {
        const char *path = arena_printf(cli->arena, "/v1/audit/verify?after=%lld", (long long)after);
        if (!cli_call(cli, "GET", path, NULL, &answer))
            return cli_failed(cli);
        after = json_integer_value(json_object_get(answer, "checked_to"));
        end = json_integer_value(json_object_get(answer, "end"));
    } while (json_is_true(json_object_get(answer, "intact")) && after < end);
    cli_show(cli, answer, print_audit_verdict);
    return json_is_true(json_object_get(answer, "intact")) ? EXIT_OK : EXIT_REFUSED;
}

const struct verb account_verbs[] = {
    {"login", TEXT("trade the one-time secret for an access key", "用一次性密钥换取访问密钥"), TEXT("", ""),
     0, 0, login_options, login},
    {"access-key list", TEXT("list access keys", "列出访问密钥"), TEXT("", ""), 0, 0, NULL, list_access_keys},
    {"access-key create", TEXT("make an access key for a program", "为程序创建访问密钥"), TEXT("", ""), 0, 0,
     access_key_options, create_access_key},
    {"access-key revoke", TEXT("revoke an access key", "吊销访问密钥"), TEXT("KEY", "密钥ID"), 1, 1, NULL,
     revoke_access_key},
    {"audit list", TEXT("who changed what, newest first", "谁做了什么更改,最新的在前"), TEXT("", ""), 0, 0,
     page_options, list_audit},
    {"audit verify", TEXT("check that the audit chain is intact", "检查审计链是否完整"), TEXT("", ""), 0, 0,
     NULL, verify_audit},
    {0},
};
