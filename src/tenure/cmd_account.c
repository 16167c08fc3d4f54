/* login, accounts, users, access keys, audit: verbs about people and what they did. */
#include "account/session.h"
#include "audit/audit.h"
#include "tenure/client_config.h"
#include "tenure/verb.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    KEY_SECRET_FILE = 's',
    KEY_NAME = 'n',
    KEY_ROLE = 'r',
    KEY_LIMIT = 'l',
    KEY_USER = 'u',
    KEY_EMAIL = 'e',
    KEY_PROFILE = 'p',
    KEY_OWNER = 'o',
    KEY_CURSOR = 1000,
    KEY_LANG,
    KEY_NOTIFY,
    KEY_PASSWORD_FILE,
    KEY_CURRENT_FILE,
    KEY_FIRST,
    KEY_RESET,
};

static const struct option_row login_options[] = {
    {"secret-file", KEY_SECRET_FILE, "FILE",
     TEXT("the file `first-login` of the data folder", "数据目录中的 first-login 文件")},
    {"email", KEY_EMAIL, "ADDRESS", TEXT("log in with a password instead", "改用密码登录")},
    {"password-file", KEY_PASSWORD_FILE, "FILE", TEXT("a file with the password", "包含密码的文件")},
    {0},
};

/* What is shown from now on: an access key or a session. */
static int store_login(struct cli *cli, const json_t *answer) {
    const char *key = arena_printf(cli->arena, "%s.%s", cli_text(answer, "id"), cli_text(answer, "secret")),
               *path;
    const struct client_config config = {.url = cli->url, .key = secret_new(cli->arena, key, strlen(key))};
    if (!client_config_write(cli->arena, &config, &path, &cli->error))
        return cli_failed(cli);
    printf(cli->lang == LANG_ZH ? "已登录 %s;密钥保存在 %s\n" : "logged in to %s; the key is in %s\n",
           cli->url, path);
    return EXIT_OK;
}

/* {"MEMBER": secret}, from a file or the terminal. */
static bool add_secret(struct cli *cli, json_t *body, const char *member, int file_key, struct text prompt) {
    struct secret *secret;
    if (!cli_secret(cli, file_key, prompt, &secret))
        return false;
    json_object_set_new(body, member, json_stringn((const char *)secret_bytes(secret), secret_len(secret)));
    return true;
}

static const struct text password_prompt = TEXT("Password", "密码"),
                         new_password_prompt = TEXT("New password", "新密码"),
                         once_prompt = TEXT("One-time secret", "一次性密钥");

static int login(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_EMAIL, "email"}, {0}};
    bool by_password = cli->options[KEY_EMAIL] != NULL;
    json_t *answer, *body = json_keep(cli->arena, cli_body(cli, members));
    if (!(by_password ? add_secret(cli, body, "password", KEY_PASSWORD_FILE, password_prompt)
                      : add_secret(cli, body, "secret", KEY_SECRET_FILE, once_prompt)) ||
        !cli_call(cli, "POST", by_password ? "/v1/sessions" : "/v1/login", json_incref(body), &answer))
        return cli_failed(cli);
    return store_login(cli, answer);
}

/* ---- sessions and the password ---- */

static int logout(struct cli *cli) {
    json_t *account;
    if (!cli_call(cli, "GET", "/v1/account", NULL, &account))
        return cli_failed(cli);
    const char *key = cli_text(account, "key_id");
    if (strncmp(key, "ses_", 4) == 0)
        return cli_request(cli, "DELETE", arena_printf(cli->arena, "/v1/sessions/%s", key), NULL, cli_silent);
    fail(&cli->error, ERR_USAGE, "%s is an access key: it ends with `tenure access-key revoke`",
         "%s 是访问密钥:请使用 `tenure access-key revoke` 吊销", key);
    return cli_failed(cli);
}

static void print_sessions(struct cli *cli, const json_t *answer) {
    cli_table(cli, json_object_get(answer, "items"), session_fields);
}

static int list_sessions(struct cli *cli) {
    return cli_request(cli, "GET", "/v1/sessions?limit=500", NULL, print_sessions);
}

static int end_session(struct cli *cli) {
    const char *path = arena_printf(cli->arena, "/v1/sessions/%s", url_encode(cli->arena, cli->args[0]));
    return cli_request(cli, "DELETE", path, NULL, cli_silent);
}

static const struct option_row password_options[] = {
    {"first", KEY_FIRST, NULL, TEXT("there is no password yet", "尚未设置过密码")},
    {"reset", KEY_RESET, NULL, TEXT("with the secret of a reset", "使用重置密钥")},
    {"secret-file", KEY_SECRET_FILE, "FILE", TEXT("a file with that secret", "包含重置密钥的文件")},
    {"current-file", KEY_CURRENT_FILE, "FILE",
     TEXT("a file with the present password", "包含当前密码的文件")},
    {"password-file", KEY_PASSWORD_FILE, "FILE", TEXT("a file with the new password", "包含新密码的文件")},
    {0},
};

static int reset_password(struct cli *cli) {
    static const struct text secret_prompt = TEXT("Secret of the reset", "重置密钥");
    json_t *body = json_keep(cli->arena, json_object());
    if (!add_secret(cli, body, "secret", KEY_SECRET_FILE, secret_prompt) ||
        !add_secret(cli, body, "password", KEY_PASSWORD_FILE, new_password_prompt))
        return cli_failed(cli);
    return cli_request(cli, "POST", "/v1/password/reset", json_incref(body), cli_silent);
}

static int set_password(struct cli *cli) {
    if (cli->options[KEY_RESET])
        return reset_password(cli);
    static const struct text current_prompt = TEXT("Present password", "当前密码");
    json_t *body = json_keep(cli->arena, json_object());
    if ((!cli->options[KEY_FIRST] && !add_secret(cli, body, "current", KEY_CURRENT_FILE, current_prompt)) ||
        !add_secret(cli, body, "password", KEY_PASSWORD_FILE, new_password_prompt))
        return cli_failed(cli);
    return cli_request(cli, "PUT", "/v1/password", json_incref(body), cli_silent);
}

/* ---- accounts ---- */

static void print_accounts(struct cli *cli, const json_t *answer) {
    cli_table(cli, json_object_get(answer, "items"), account_fields);
}

static int list_accounts(struct cli *cli) {
    return cli_request(cli, "GET", "/v1/accounts?limit=500", NULL, print_accounts);
}

static const struct option_row account_create_options[] = {
    {"profile", KEY_PROFILE, "PROFILE",
     TEXT("policy of certificates that are brought in", "导入证书适用的策略")},
    {"owner", KEY_OWNER, "NAME", TEXT("the first owner (else: owner)", "首位所有者(默认 owner)")},
    {"email", KEY_EMAIL, "ADDRESS", TEXT("the owner's address", "所有者的电子邮箱")},
    {0},
};

static void print_new_account(struct cli *cli, const json_t *answer) {
    printf(cli->lang == LANG_ZH ? "账号 %s\n首位所有者的一次性登录密钥(只显示这一次):%s\n"
                                : "account %s\nthe owner's login secret (shown this once): %s\n",
           cli_text(answer, "id"), cli_text(answer, "login_secret"));
}

static int create_account(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_PROFILE, "default_profile"}, {0}};
    static const struct cli_parameter owner_members[] = {{KEY_OWNER, "name"}, {KEY_EMAIL, "email"}, {0}};
    json_t *body = cli_body(cli, members), *owner = cli_body(cli, owner_members);
    json_object_set_new(body, "name", json_string(cli->args[0]));
    if (!cli->options[KEY_OWNER])
        json_object_set_new(owner, "name", json_string("owner"));
    json_object_set_new(body, "owner", owner);
    return cli_request(cli, "POST", "/v1/accounts", body, print_new_account);
}

static const struct option_row account_set_options[] = {
    {"name", KEY_NAME, "TEXT", TEXT("what it is called", "名称")},
    {"profile", KEY_PROFILE, "PROFILE",
     TEXT("policy of certificates that are brought in from now on", "此后导入的证书适用的策略")},
    {0},
};

static void print_account(struct cli *cli, const json_t *answer) {
    cli_record(cli, answer, account_view_fields);
}

static int set_account(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_NAME, "name"}, {KEY_PROFILE, "default_profile"}, {0}};
    return cli_request(cli, "PATCH", "/v1/account", cli_body(cli, members), print_account);
}

/* ---- users ---- */

#define ROLE_OPTION                                                                                          \
    {                                                                                                        \
        "role", KEY_ROLE, "ROLE",                                                                            \
            TEXT("owner, operator, requester, reviewer or auditor",                                          \
                 "owner、operator、requester、reviewer 或 auditor")                                          \
    }

static void print_users(struct cli *cli, const json_t *answer) {
    cli_table(cli, json_object_get(answer, "items"), user_fields);
}

static int list_users(struct cli *cli) {
    return cli_request(cli, "GET", "/v1/users?limit=500", NULL, print_users);
}

#define EMAIL_OPTION                                                                                         \
    { "email", KEY_EMAIL, "ADDRESS", TEXT("where messages go", "接收消息的电子邮箱") }
#define LANG_OPTION                                                                                          \
    { "lang", KEY_LANG, "LANG", TEXT("language of messages: en or zh", "消息语言:en 或 zh") }
#define NOTIFY_OPTION                                                                                        \
    { "notify", KEY_NOTIFY, "yes|no", TEXT("whether messages are sent", "是否发送消息") }

static const struct option_row user_add_options[] = {
    ROLE_OPTION, EMAIL_OPTION, LANG_OPTION, NOTIFY_OPTION, {0},
};

static const struct option_row user_change_options[] = {
    {"name", KEY_NAME, "TEXT", TEXT("another name", "新名称")},
    ROLE_OPTION,
    EMAIL_OPTION,
    LANG_OPTION,
    NOTIFY_OPTION,
    {0},
};

/* The members of a user that were given as options. */
static bool user_body(struct cli *cli, json_t **body) {
    static const struct cli_parameter members[] = {
        {KEY_NAME, "name"}, {KEY_ROLE, "role"}, {KEY_EMAIL, "email"}, {KEY_LANG, "lang"}, {0}};
    const char *notify = cli->options[KEY_NOTIFY];
    if (notify && strcmp(notify, "yes") != 0 && strcmp(notify, "no") != 0)
        return fail(&cli->error, ERR_USAGE, "--notify is yes or no", "--notify 只能是 yes 或 no");
    *body = cli_body(cli, members);
    if (notify)
        json_object_set_new(*body, "notify", json_boolean(strcmp(notify, "yes") == 0));
    return true;
}

static void print_user(struct cli *cli, const json_t *answer) {
    cli_record(cli, answer, user_fields);
}

static int add_user(struct cli *cli) {
    json_t *body;
    if (!user_body(cli, &body))
        return cli_failed(cli);
    json_object_set_new(body, "name", json_string(cli->args[0]));
    return cli_request(cli, "POST", "/v1/users", body, print_user);
}

static const char *user_path(struct cli *cli) {
    return arena_printf(cli->arena, "/v1/users/%s", url_encode(cli->arena, cli->args[0]));
}

static int change_user(struct cli *cli) {
    json_t *body;
    return user_body(cli, &body) ? cli_request(cli, "PATCH", user_path(cli), body, print_user)
                                 : cli_failed(cli);
}

static int remove_user(struct cli *cli) {
    return cli_request(cli, "DELETE", user_path(cli), NULL, cli_silent);
}

static void print_reset(struct cli *cli, const json_t *answer) {
    printf(cli->lang == LANG_ZH ? "重置密钥(只显示这一次,有效期至 %s):%s\n"
                                : "secret of the reset (shown this once, holds until %s): %s\n",
           cli_text(answer, "end_at"), cli_text(answer, "secret"));
}

static int reset_user(struct cli *cli) {
    const char *path = arena_printf(cli->arena, "%s/reset", user_path(cli));
    return cli_request(cli, "POST", path, NULL, print_reset);
}

/* ---- invitations ---- */

static const struct option_row invite_options[] = {
    {"name", KEY_NAME, "TEXT", TEXT("what the user will be called", "用户名")},
    ROLE_OPTION,
    LANG_OPTION,
    {0},
};

static void print_new_invitation(struct cli *cli, const json_t *answer) {
    printf(cli->lang == LANG_ZH ? "邀请密钥(只显示这一次):%s\n"
                                : "secret of the invitation (shown this once): %s\n",
           cli_text(answer, "secret"));
}

static int invite(struct cli *cli) {
    static const struct cli_parameter members[] = {
        {KEY_NAME, "name"}, {KEY_ROLE, "role"}, {KEY_LANG, "lang"}, {0}};
    json_t *body = cli_body(cli, members);
    json_object_set_new(body, "email", json_string(cli->args[0]));
    if (!cli->options[KEY_NAME])
        json_object_set_new(body, "name", json_string(cli->args[0]));
    return cli_request(cli, "POST", "/v1/invitations", body, print_new_invitation);
}

static void print_invitations(struct cli *cli, const json_t *answer) {
    cli_table(cli, json_object_get(answer, "items"), invitation_fields);
}

static int list_invitations(struct cli *cli) {
    return cli_request(cli, "GET", "/v1/invitations?limit=500", NULL, print_invitations);
}

static int revoke_invitation(struct cli *cli) {
    const char *path = arena_printf(cli->arena, "/v1/invitations/%s", url_encode(cli->arena, cli->args[0]));
    return cli_request(cli, "DELETE", path, NULL, cli_silent);
}

static const struct option_row accept_options[] = {
    {"secret-file", KEY_SECRET_FILE, "FILE",
     TEXT("a file with the invitation's secret", "包含邀请密钥的文件")},
    {"password-file", KEY_PASSWORD_FILE, "FILE", TEXT("a file with the new password", "包含新密码的文件")},
    {0},
};

static int accept_invitation(struct cli *cli) {
    static const struct text secret_prompt = TEXT("Secret of the invitation", "邀请密钥");
    json_t *body = json_keep(cli->arena, json_object());
    if (!add_secret(cli, body, "secret", KEY_SECRET_FILE, secret_prompt) ||
        !add_secret(cli, body, "password", KEY_PASSWORD_FILE, new_password_prompt))
        return cli_failed(cli);
    return cli_request(cli, "POST", "/v1/invitations/accept", json_incref(body), print_user);
}

/* ---- access keys ---- */

static void print_access_keys(struct cli *cli, const json_t *answer) {
    cli_table(cli, json_object_get(answer, "items"), access_key_fields);
}

static int list_access_keys(struct cli *cli) {
    return cli_request(cli, "GET", "/v1/access-keys?limit=500", NULL, print_access_keys);
}

static const struct option_row access_key_options[] = {
    {"name", KEY_NAME, "TEXT", TEXT("what it is for", "用途")},
    ROLE_OPTION,
    {"user", KEY_USER, "USER", TEXT("for somebody else of the account", "为账号中的其他用户创建")},
    {0},
};

static void print_new_access_key(struct cli *cli, const json_t *answer) {
    printf(cli->lang == LANG_ZH ? "TENURE_KEY=%s.%s(只显示这一次)\n" : "TENURE_KEY=%s.%s (shown this once)\n",
           cli_text(answer, "id"), cli_text(answer, "secret"));
}

static int create_access_key(struct cli *cli) {
    static const struct cli_parameter members[] = {
        {KEY_NAME, "name"}, {KEY_ROLE, "role"}, {KEY_USER, "user_id"}, {0}};
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
    {"login", TEXT("log in with the one-time secret or a password", "使用一次性密钥或密码登录"), TEXT("", ""),
     0, 0, login_options, login},
    {"logout", TEXT("end the session", "结束会话"), TEXT("", ""), 0, 0, NULL, logout},
    {"password", TEXT("set your password", "设置您的密码"), TEXT("", ""), 0, 0, password_options,
     set_password},
    {"session list", TEXT("list sessions", "列出会话"), TEXT("", ""), 0, 0, NULL, list_sessions},
    {"session end", TEXT("end a session", "结束指定会话"), TEXT("SESSION", "会话ID"), 1, 1, NULL,
     end_session},
    {"invite", TEXT("invite somebody to become a user", "邀请他人成为用户"), TEXT("EMAIL", "电子邮箱"), 1, 1,
     invite_options, invite},
    {"invitation list", TEXT("list invitations", "列出邀请"), TEXT("", ""), 0, 0, NULL, list_invitations},
    {"invitation revoke", TEXT("revoke an invitation", "撤销邀请"), TEXT("INVITATION", "邀请ID"), 1, 1, NULL,
     revoke_invitation},
    {"invitation accept", TEXT("become a user, with a password", "接受邀请并设置密码"), TEXT("", ""), 0, 0,
     accept_options, accept_invitation},
    {"account list", TEXT("list all accounts, as an administrator", "列出所有账号(仅限管理员)"), TEXT("", ""),
     0, 0, NULL, list_accounts},
    {"account create",
     TEXT("make an account with its first owner, as an administrator", "创建账号及其首位所有者(仅限管理员)"),
     TEXT("NAME", "名称"), 1, 1, account_create_options, create_account},
    {"account set", TEXT("change the account's name and settings", "更改账号的名称与设置"), TEXT("", ""), 0,
     0, account_set_options, set_account},
    {"user list", TEXT("list the users of the account", "列出账号的用户"), TEXT("", ""), 0, 0, NULL,
     list_users},
    {"user add", TEXT("add a user", "添加用户"), TEXT("NAME", "名称"), 1, 1, user_add_options, add_user},
    {"user change", TEXT("change a user", "更改用户"), TEXT("USER", "用户ID"), 1, 1, user_change_options,
     change_user},
    {"user remove", TEXT("disable a user with all access keys", "停用用户及其所有访问密钥"),
     TEXT("USER", "用户ID"), 1, 1, NULL, remove_user},
    {"user reset", TEXT("let a user set a forgotten password anew", "重置用户的密码"), TEXT("USER", "用户ID"),
     1, 1, NULL, reset_user},
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
