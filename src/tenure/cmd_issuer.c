/* Verbs about issuers, and the accounts at those that are spoken to by ACME. */
#include "base/file.h"
#include "catalog/issuer.h"
#include "issue/acme_account.h"
#include "tenure/verb.h"
#include <stdio.h>
#include <string.h>

enum {
    KEY_DIRECTORY = 'd',
    KEY_CONTACT = 'c',
    KEY_PRESET = 'p',
    KEY_TITLE = 650,
    KEY_TITLE_ZH,
    KEY_TLS_ROOTS,
    KEY_CHAIN_ROOTS,
    KEY_AGREE,
    KEY_EAB_KID,
    KEY_EAB_KEY,
    KEY_PROFILE,
    KEY_CHAIN,
    KEY_CAA,
    KEY_NOT_AFTER,
    KEY_NOT_BEFORE,
    KEY_ALGORITHMS,
    KEY_NAMES_MAX,
    KEY_LIMITS,
    KEY_FINALIZE,
    KEY_BACK,
    KEY_KEY_ALGORITHM,
    KEY_REUSABLE,
    KEY_DAYS_MAX,
    KEY_GRADES,
    KEY_PUBLIC,
};

enum { FILE_MAX = 256 << 10 };

/* ---- options as members of a body ---- */

static bool read_option(struct cli *cli, int key, struct slice *content) {
    *content = slice_of(NULL, 0);
    return !cli->options[key] || file_read(cli->arena, cli->options[key], FILE_MAX, content, &cli->error);
}

/* An empty file empties the member. */
static bool set_file(struct cli *cli, json_t *body, int key, const char *member) {
    struct slice content;
    if (!read_option(cli, key, &content))
        return false;
    if (cli->options[key])
        json_object_set_new(body, member,
                            content.len ? json_stringn((const char *)content.p, content.len) : json_null());
    return true;
}

/* The first line: a key never stands in a command line. */
static bool set_key(struct cli *cli, json_t *body) {
    struct slice content;
    if (!read_option(cli, KEY_EAB_KEY, &content))
        return false;
    if (cli->options[KEY_EAB_KEY])
        json_object_set_new(body, "eab_key",
                            json_stringn((const char *)content.p,
                                         content.len ? strcspn((const char *)content.p, "\r\n") : 0));
    return true;
}

static bool set_limits(struct cli *cli, json_t *body) {
    struct slice content;
    json_t *limits;
    if (!cli->options[KEY_LIMITS])
        return true;
    if (!read_option(cli, KEY_LIMITS, &content) || !json_read(cli->arena, content, &limits, &cli->error))
        return false;
    json_object_set(body, "limits", limits);
    return true;
}

static const struct option_row issuer_options[] = {
    {"preset", KEY_PRESET, "NAME",
     TEXT("what to take a new one from; default: the name itself", "新建时所用预设,默认与名称相同")},
    {"directory", KEY_DIRECTORY, "URL",
     TEXT("a new one's directory: no preset is taken", "新建时的 CA 目录地址,不使用预设")},
    {"back", KEY_BACK, NULL, TEXT("it was removed: it issues again", "恢复已停用的签发机构")},
    {"title", KEY_TITLE, "TEXT", TEXT("title in English", "英文名称")},
    {"title-zh", KEY_TITLE_ZH, "TEXT", TEXT("title in Chinese", "中文名称")},
    {"tls-roots", KEY_TLS_ROOTS, "FILE",
     TEXT("PEM: the only roots trusted for talking to it", "与其通信时仅信任的根证书(PEM)")},
    {"chain-roots", KEY_CHAIN_ROOTS, "FILE",
     TEXT("PEM: what its chains must end in", "证书链必须终止于的根证书(PEM)")},
    {"contact", KEY_CONTACT, "LIST", TEXT("e-mail addresses that the CA may write to", "CA 可联系的邮箱")},
    {"agree-terms", KEY_AGREE, NULL, TEXT("you agree to the CA's terms of service", "同意 CA 的服务条款")},
    {"eab-kid", KEY_EAB_KID, "KID", TEXT("key id of external account binding", "外部账户绑定的密钥标识")},
    {"eab-key-file", KEY_EAB_KEY, "FILE",
     TEXT("its key, in base64url, as the CA gave it", "外部账户绑定密钥文件(base64url)")},
    {"eab-reusable", KEY_REUSABLE, "YES|NO",
     TEXT("it may bind the accounts of everybody here", "是否可用于绑定所有账号的 CA 账户")},
    {"certificate-profile", KEY_PROFILE, "NAME", TEXT("profile to ask the CA for", "向 CA 请求的证书配置")},
    {"preferred-chain", KEY_CHAIN, "NAME",
     TEXT("common name of the top issuer of the chain", "优先选用的证书链的顶级签发者名称")},
    {"caa-domains", KEY_CAA, "LIST", TEXT("what CAA records may name", "CAA 记录可填写的域名")},
    {"takes-not-after", KEY_NOT_AFTER, "YES|NO",
     TEXT("it honours the lifetime of an order", "是否接受订单指定的有效期")},
    {"takes-not-before", KEY_NOT_BEFORE, "YES|NO",
     TEXT("it honours the beginning that an order asks for", "是否接受订单指定的生效时间")},
    {"days-max", KEY_DAYS_MAX, "N",
     TEXT("longest lifetime of its certificates, in days", "证书最长有效期(天)")},
    {"grades", KEY_GRADES, "LIST", TEXT("dv,ov,ev: what it issues", "可签发的等级:dv,ov,ev")},
    {"public-names", KEY_PUBLIC, "YES|NO", TEXT("it issues for public names only", "是否仅为公网域名签发")},
    {"key-algorithms", KEY_ALGORITHMS, "LIST", TEXT("rsa2048,p256 …", "rsa2048,p256 等")},
    {"names-max", KEY_NAMES_MAX, "N", TEXT("most names in one certificate", "每张证书的域名上限")},
    {"limits-file", KEY_LIMITS, "FILE", TEXT("JSON: its rate limits", "频率限制(JSON)")},
    {"finalize-seconds", KEY_FINALIZE, "N",
     TEXT("how long it may process an order", "订单处理的最长时间(秒)")},
    {0},
};

static bool not_with(struct cli *cli, int key, const char *option) {
    return !cli->options[key] || fail(&cli->error, ERR_USAGE, "--%s does not belong to this command",
                                      "--%s 不适用于此命令", option);
}

static const struct cli_member common[] = {{KEY_TITLE, "title_en", cli_string},
                                           {KEY_TITLE_ZH, "title_zh", cli_string},
                                           {KEY_CONTACT, "contact", cli_words},
                                           {KEY_EAB_KID, "eab_kid", cli_string},
                                           {KEY_REUSABLE, "eab_reusable", cli_yes_no},
                                           {KEY_PROFILE, "profile", cli_string},
                                           {KEY_CHAIN, "preferred_chain", cli_string},
                                           {KEY_CAA, "caa_domains", cli_words},
                                           {KEY_NOT_AFTER, "takes_not_after", cli_yes_no},
                                           {KEY_NOT_BEFORE, "takes_not_before", cli_yes_no},
                                           {KEY_DAYS_MAX, "days_max", cli_number},
                                           {KEY_GRADES, "grades", cli_words},
                                           {KEY_PUBLIC, "public_names", cli_yes_no},
                                           {KEY_ALGORITHMS, "key_algorithms", cli_words},
                                           {KEY_NAMES_MAX, "names_max", cli_number},
                                           {KEY_FINALIZE, "finalize_seconds", cli_number},
                                           {0}};

static bool common_members(struct cli *cli, json_t *body) {
    if (cli->options[KEY_AGREE])
        json_object_set_new(body, "terms_agreed", json_true());
    return cli_members(cli, body, common) && set_file(cli, body, KEY_TLS_ROOTS, "tls_roots") &&
           set_file(cli, body, KEY_CHAIN_ROOTS, "chain_roots") && set_key(cli, body) && set_limits(cli, body);
}

/* ---- issuers ---- */

static const char *issuer_path(struct cli *cli) {
    return arena_printf(cli->arena, "/v1/issuers/%s", url_encode(cli->arena, cli->args[0]));
}

static void print_issuers(struct cli *cli, const json_t *answer) {
    cli_table(cli, json_object_get(answer, "items"), issuer_fields);
}

static void print_issuer(struct cli *cli, const json_t *answer) {
    cli_record(cli, answer, issuer_fields);
}

static int issuer_list_verb(struct cli *cli) {
    return cli_request(cli, "GET", "/v1/issuers?limit=500", NULL, print_issuers);
}

static void print_standing(struct cli *cli, const json_t *health) {
    bool zh = cli->lang == LANG_ZH;
    long long failures = json_integer_value(json_object_get(health, "failures"));
    const char *avoided = cli_text(health, "avoid_until"), *closed = cli_text(health, "closed_until");
    if (failures)
        printf(zh ? "自 %2$s 起连续失败 %1$lld 次(%3$s)\n" : "%lld failures in a row since %s (%s)\n",
               failures, cli_text(health, "since"), cli_text(health, "last_error"));
    if (*avoided)
        printf(zh ? "在 %s 之前,品牌另有签发机构的改由其签发\n"
                  : "until %s, lines that name another issuer ask that one\n",
               avoided);
    if (*closed)
        printf(zh ? "在 %s 之前不再请求该 CA\n" : "nobody asks it until %s\n", closed);
}

/* The row as JSON; for people also how it goes with it. */
static int issuer_show(struct cli *cli) {
    json_t *issuer, *health;
    if (cli->json)
        return cli_request(cli, "GET", issuer_path(cli), NULL, print_issuer);
    if (!cli_call(cli, "GET", issuer_path(cli), NULL, &issuer) ||
        !cli_call(cli, "GET", arena_printf(cli->arena, "%s/health", issuer_path(cli)), NULL, &health))
        return cli_failed(cli);
    print_issuer(cli, issuer);
    print_standing(cli, health);
    return EXIT_OK;
}

static int issuer_add(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_PRESET, "preset"}, {KEY_DIRECTORY, "directory"}, {0}};
    json_t *body = cli_body(cli, members);
    json_object_set_new(body, "id", json_string(cli->args[0]));
    if (!cli->options[KEY_PRESET] && !cli->options[KEY_DIRECTORY])
        json_object_set_new(body, "preset", json_string(cli->args[0]));
    if (not_with(cli, KEY_BACK, "back") && common_members(cli, body))
        return cli_request(cli, "POST", "/v1/issuers", body, print_issuer);
    json_decref(body);
    return cli_failed(cli);
}

static int issuer_change(struct cli *cli) {
    json_t *body = json_object();
    if (cli->options[KEY_BACK])
        json_object_set_new(body, "withdrawn", json_false());
    if (not_with(cli, KEY_PRESET, "preset") && not_with(cli, KEY_DIRECTORY, "directory") &&
        common_members(cli, body))
        return cli_request(cli, "PATCH", issuer_path(cli), body, print_issuer);
    json_decref(body);
    return cli_failed(cli);
}

static int issuer_remove(struct cli *cli) {
    return cli_request(cli, "DELETE", issuer_path(cli), NULL, print_issuer);
}

/* ---- accounts there ---- */

static void print_accounts(struct cli *cli, const json_t *answer) {
    cli_table(cli, json_object_get(answer, "items"), acme_account_fields);
}

static void print_account(struct cli *cli, const json_t *answer) {
    cli_record(cli, answer, acme_account_fields);
}

static const char *account_path(struct cli *cli, const char *rest) {
    return arena_printf(cli->arena, "/v1/acme-accounts/%s%s", url_encode(cli->arena, cli->args[0]), rest);
}

static int account_list(struct cli *cli) {
    return cli_request(cli, "GET", "/v1/acme-accounts?limit=500", NULL, print_accounts);
}

static int account_show(struct cli *cli) {
    return cli_request(cli, "GET", account_path(cli, ""), NULL, print_account);
}

static const struct option_row register_options[] = {
    {"contact", KEY_CONTACT, "LIST",
     TEXT("e-mail addresses, instead of the issuer's", "邮箱,代替签发机构的设置")},
    {"key-algorithm", KEY_KEY_ALGORITHM, "ALGORITHM",
     TEXT("of its key: p256 (default), p384, rsa2048 …", "密钥算法:p256(默认)、p384、rsa2048 等")},
    {"eab-kid", KEY_EAB_KID, "KID",
     TEXT("key id of an external account of its own", "专用外部账户的密钥标识")},
    {"eab-key-file", KEY_EAB_KEY, "FILE", TEXT("its key, in base64url", "其密钥文件(base64url)")},
    {0},
};

static int account_register(struct cli *cli) {
    static const struct cli_member members[] = {{KEY_KEY_ALGORITHM, "key_algorithm", cli_string},
                                                {KEY_EAB_KID, "eab_kid", cli_string},
                                                {KEY_CONTACT, "contact", cli_words},
                                                {0}};
    json_t *body = json_object();
    json_object_set_new(body, "issuer", json_string(cli->args[0]));
    if (cli_members(cli, body, members) && set_key(cli, body))
        return cli_request(cli, "POST", "/v1/acme-accounts", body, print_account);
    json_decref(body);
    return cli_failed(cli);
}

static int account_contact(struct cli *cli) {
    json_t *contact = json_array();
    for (size_t i = 1; i < cli->arg_count; i++)
        json_array_append_new(contact, json_string(cli->args[i]));
    json_t *body = json_object();
    json_object_set_new(body, "contact", contact);
    return cli_request(cli, "PATCH", account_path(cli, ""), body, print_account);
}

static int account_roll(struct cli *cli) {
    return cli_request(cli, "POST", account_path(cli, "/roll"), NULL, print_account);
}

static int account_deactivate(struct cli *cli) {
    return cli_request(cli, "POST", account_path(cli, "/deactivate"), NULL, print_account);
}

const struct verb issuer_verbs[] = {
    {"issuer list", TEXT("who issues certificates", "签发机构列表"), TEXT("", ""), 0, 0, NULL,
     issuer_list_verb},
    {"issuer show", TEXT("show one issuer", "查看签发机构"), TEXT("ISSUER", "签发机构"), 1, 1, NULL,
     issuer_show},
    {"issuer add", TEXT("add a CA that is spoken to by ACME", "添加通过 ACME 对接的 CA"),
     TEXT("ISSUER", "签发机构"), 1, 1, issuer_options, issuer_add},
    {"issuer change", TEXT("change an issuer", "更改签发机构"), TEXT("ISSUER", "签发机构"), 1, 1,
     issuer_options, issuer_change},
    {"issuer remove", TEXT("have it issue nothing new", "停用签发机构"), TEXT("ISSUER", "签发机构"), 1, 1,
     NULL, issuer_remove},
    {"issuer account list", TEXT("your accounts at CAs", "在 CA 的账户列表"), TEXT("", ""), 0, 0, NULL,
     account_list},
    {"issuer account show", TEXT("show one account", "查看 CA 账户"), TEXT("ACCOUNT", "账户"), 1, 1, NULL,
     account_show},
    {"issuer account register", TEXT("register at a CA, before the first order", "在首次下单前注册 CA 账户"),
     TEXT("ISSUER", "签发机构"), 1, 1, register_options, account_register},
    {"issuer account contact", TEXT("tell the CA whom to write to", "更新 CA 账户的联系邮箱"),
     TEXT("ACCOUNT [ADDRESS...]", "账户 [邮箱...]"), 1, 11, NULL, account_contact},
    {"issuer account roll", TEXT("change its key", "更换 CA 账户密钥"), TEXT("ACCOUNT", "账户"), 1, 1, NULL,
     account_roll},
    {"issuer account deactivate", TEXT("give it up, for good", "永久停用 CA 账户"), TEXT("ACCOUNT", "账户"),
     1, 1, NULL, account_deactivate},
    {0},
};
