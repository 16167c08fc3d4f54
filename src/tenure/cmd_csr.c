/* The CSR manager, and requests whose key stays on this machine. */
#include "base/clock.h"
#include "base/file.h"
#include "base/rand.h"
#include "certificate/stored_csr.h"
#include "signer/signer.h"
#include "tenure/verb.h"
#include <stdio.h>
#include <unistd.h>

enum {
    KEY_KEY = 'k',
    KEY_PASS_PHRASE_FILE = 'p',
    KEY_OUTPUT = 'o',
    KEY_QUIET = 'q',
    KEY_TITLE = 't',
    KEY_WAIT = 'w',
    KEY_LIMIT = 'l',
    KEY_CURSOR = 800,
    KEY_ALGORITHM,
    KEY_ORGANIZATION,
    KEY_UNIT,
    KEY_LOCALITY,
    KEY_PROVINCE,
    KEY_COUNTRY,
    KEY_LOCAL,
    KEY_PEM,
};

enum { CSR_BYTES_MAX = 64 * 1024, MASTER_KEY_BYTES = 32, WAIT_SECONDS = 120 };

static const char *csr_path(struct cli *cli, const char *id, const char *rest) {
    return arena_printf(cli->arena, "/v1/csrs/%s%s", url_encode(cli->arena, id), rest);
}

/* To the file of --output with mode 0600, else to standard output. */
static bool write_out(struct cli *cli, struct slice content) {
    if (cli->options[KEY_OUTPUT])
        return file_replace(cli->options[KEY_OUTPUT], 0600, content, &cli->error);
    return write_all(STDOUT_FILENO, content.p, content.len) || fail_errno(&cli->error, ERR_SYSTEM, "-");
}

static void print_csr(struct cli *cli, const json_t *answer) {
    cli_record(cli, answer, stored_csr_fields);
}

static int show_made(struct cli *cli, const json_t *answer) {
    if (!cli->options[KEY_QUIET])
        return cli_show(cli, answer, print_csr);
    puts(cli_text(answer, "id"));
    return EXIT_OK;
}

/* ---- made on this machine ---- */

/* Names from the arguments, one space between. */
static const char *names_given(struct cli *cli) {
    struct buf b = buf_new(cli->arena, CSR_BYTES_MAX);
    for (size_t i = 0; i < cli->arg_count; i++) {
        buf_str(&b, i ? " " : "");
        buf_str(&b, cli->args[i]);
    }
    return b.p;
}

/* The key is sealed on its way under a master key that nobody keeps. */
static bool make_here(struct cli *cli, struct csr_intake *intake, struct secret **key_pem) {
    struct arena *a = cli->arena;
    struct secret *master_key = secret_new(a, NULL, MASTER_KEY_BYTES), *pkcs8;
    rand_bytes(secret_bytes(master_key), MASTER_KEY_BYTES);
    const struct services services = {.signer = signer_local(a, master_key)};
    const struct csr_wish wish = {.account_id = "local",
                                  .names = names_given(cli),
                                  .key_algorithm = cli->options[KEY_ALGORITHM],
                                  .subject = {.organization = cli->options[KEY_ORGANIZATION],
                                              .organizational_unit = cli->options[KEY_UNIT],
                                              .locality = cli->options[KEY_LOCALITY],
                                              .province = cli->options[KEY_PROVINCE],
                                              .country = cli->options[KEY_COUNTRY]}};
    int64_t now = clock_now();
    if (!stored_csr_make(&services, a, &wish, now, intake, &cli->error) ||
        (!intake->key && !stored_csr_sign(&services, a, now, intake, &cli->error)))
        return false;
    const struct key_ref key = {intake->key->id, intake->key->account_id, PURPOSE_LEAF, intake->key->sealed};
    return signer_open(services.signer, a, &key, &pkcs8, &cli->error) &&
           key_to_pem(a, pkcs8, key_pem, &cli->error);
}

/* The key first: there is no request whose key was lost. */
static int create_local(struct cli *cli) {
    struct csr_intake intake;
    struct secret *key_pem;
    bool done = make_here(cli, &intake, &key_pem) &&
                file_write_new(cli->options[KEY_LOCAL], 0600, secret_slice(key_pem), &cli->error) &&
                write_out(cli, slice_str(intake.csr.pem));
    return done ? EXIT_OK : cli_failed(cli);
}

/* ---- made by the daemon ---- */

static const struct option_row create_options[] = {
    {"title", KEY_TITLE, "TEXT", TEXT("what it is called; else the first name", "名称,默认为第一个域名")},
    {"key-algorithm", KEY_ALGORITHM, "ALG",
     TEXT("p256 (default), p384, rsa2048 …", "p256(默认)、p384、rsa2048 等")},
    {"organization", KEY_ORGANIZATION, "TEXT", TEXT("organization (O)", "组织(O)")},
    {"organizational-unit", KEY_UNIT, "TEXT", TEXT("organizational unit (OU)", "部门(OU)")},
    {"locality", KEY_LOCALITY, "TEXT", TEXT("city (L)", "城市(L)")},
    {"province", KEY_PROVINCE, "TEXT", TEXT("state or province (ST)", "省份(ST)")},
    {"country", KEY_COUNTRY, "CC", TEXT("country (C), two letters", "国家代码(C),两位字母")},
    {"local", KEY_LOCAL, "KEY-FILE",
     TEXT("make it without the daemon; its key goes to KEY-FILE and nowhere else",
          "不经服务端生成,私钥仅写入 KEY-FILE")},
    {"output", KEY_OUTPUT, "FILE",
     TEXT("with --local: write the request there (else to standard output)",
          "与 --local 同用:将 CSR 写入该文件(默认输出到标准输出)")},
    {"wait", KEY_WAIT, NULL, TEXT("wait until an RSA key is made", "等待 RSA 密钥生成完毕")},
    {"quiet", KEY_QUIET, NULL, TEXT("print the id only", "只打印 ID")},
    {0},
};

static json_t *create_body(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_TITLE, "name"},
                                                   {KEY_ALGORITHM, "key_algorithm"},
                                                   {KEY_ORGANIZATION, "organization"},
                                                   {KEY_LOCALITY, "locality"},
                                                   {KEY_UNIT, "organizational_unit"},
                                                   {KEY_PROVINCE, "province"},
                                                   {KEY_COUNTRY, "country"},
                                                   {0}};
    json_t *body = cli_body(cli, members), *names = json_array();
    for (size_t i = 0; i < cli->arg_count; i++)
        json_array_append_new(names, json_string(cli->args[i]));
    json_object_set_new(body, "names", names);
    return body;
}

static bool wait_until_made(struct cli *cli, json_t **answer) {
    for (int seconds = 0; strcmp(cli_text(*answer, "state"), "making") == 0; seconds++) {
        if (seconds == WAIT_SECONDS)
            return fail(&cli->error, ERR_TIMED_OUT, "the key of %s is still being made",
                        "%s 的密钥仍在生成中", cli_text(*answer, "id"));
        sleep(1);
        if (!cli_call(cli, "GET", csr_path(cli, cli_text(*answer, "id"), ""), NULL, answer))
            return false;
    }
    return true;
}

static int verb_create(struct cli *cli) {
    json_t *answer;
    if (cli->options[KEY_LOCAL])
        return create_local(cli);
    if (!cli_call(cli, "POST", "/v1/csrs", create_body(cli), &answer) ||
        (cli->options[KEY_WAIT] && !wait_until_made(cli, &answer)))
        return cli_failed(cli);
    return show_made(cli, answer);
}

/* ---- upload ---- */

static const struct option_row upload_options[] = {
    {"title", KEY_TITLE, "TEXT", TEXT("what it is called; else the first name", "名称,默认为第一个域名")},
    {"key", KEY_KEY, "FILE",
     TEXT("its private key (PEM), which Tenure then holds", "对应的私钥文件(PEM),由 Tenure 保管")},
    {"pass-phrase-file", KEY_PASS_PHRASE_FILE, "FILE", TEXT("pass phrase of the key", "私钥的密码文件")},
    {"quiet", KEY_QUIET, NULL, TEXT("print the id only", "只打印 ID")},
    {0},
};

static bool add_file(struct cli *cli, json_t *body, const char *member, const char *path) {
    struct slice content;
    if (!path)
        return true;
    if (!file_read(cli->arena, path, CSR_BYTES_MAX, &content, &cli->error))
        return false;
    json_t *text = json_stringn((const char *)content.p, content.len);
    return text ? json_object_set_new(body, member, text) == 0
                : fail(&cli->error, ERR_BAD_REQUEST, "%s is not PEM", "%s 不是 PEM 文件", path);
}

static bool add_pass_phrase(struct cli *cli, json_t *body) {
    struct secret *pass_phrase;
    if (!cli->options[KEY_PASS_PHRASE_FILE])
        return true;
    if (!cli_secret(cli, KEY_PASS_PHRASE_FILE, (struct text)TEXT("", ""), &pass_phrase))
        return false;
    json_object_set_new(body, "pass_phrase",
                        json_stringn((const char *)secret_bytes(pass_phrase), secret_len(pass_phrase)));
    return true;
}

static int verb_upload(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_TITLE, "name"}, {0}};
    json_t *body = json_keep(cli->arena, cli_body(cli, members)), *answer;
    if (!add_file(cli, body, "csr", cli->args[0]) || !add_file(cli, body, "key", cli->options[KEY_KEY]) ||
        !add_pass_phrase(cli, body) || !cli_call(cli, "POST", "/v1/csrs", json_incref(body), &answer))
        return cli_failed(cli);
    return show_made(cli, answer);
}

/* ---- looking, renaming, deleting ---- */

static const struct option_row page_options[] = {
    {"limit", KEY_LIMIT, "N", TEXT("at most so many", "最多条数")},
    {"cursor", KEY_CURSOR, "TEXT", TEXT("go on behind the last page", "从上一页之后继续")},
    {0},
};

static void print_list(struct cli *cli, const json_t *answer) {
    cli_page(cli, answer, stored_csr_fields);
}

static int verb_list(struct cli *cli) {
    static const struct cli_parameter parameters[] = {{KEY_LIMIT, "limit"}, {KEY_CURSOR, "cursor"}, {0}};
    return cli_request(cli, "GET", arena_printf(cli->arena, "/v1/csrs%s", cli_query(cli, parameters)), NULL,
                       print_list);
}

static const struct option_row show_options[] = {
    {"pem", KEY_PEM, NULL, TEXT("the request alone, as PEM", "仅输出 CSR 内容(PEM)")},
    {0},
};

static void print_pem(struct cli *cli, const json_t *answer) {
    (void)cli;
    fputs(cli_text(answer, "pem"), stdout);
}

static int verb_show(struct cli *cli) {
    return cli_request(cli, "GET", csr_path(cli, cli->args[0], ""), NULL,
                       cli->options[KEY_PEM] ? print_pem : print_csr);
}

static int verb_rename(struct cli *cli) {
    return cli_request(cli, "PATCH", csr_path(cli, cli->args[0], ""), json_pack("{ss}", "name", cli->args[1]),
                       print_csr);
}

static int verb_delete(struct cli *cli) {
    return cli_request(cli, "DELETE", csr_path(cli, cli->args[0], ""), NULL, cli_silent);
}

static const struct option_row key_options[] = {
    {"output", KEY_OUTPUT, "FILE",
     TEXT("write there with mode 0600 (else to standard output)",
          "写入该文件,权限 0600(默认输出到标准输出)")},
    {0},
};

static int verb_key(struct cli *cli) {
    struct http_reply reply;
    bool done = cli_fetch(cli, "POST", csr_path(cli, cli->args[0], "/key"), NULL, &reply) &&
                write_out(cli, reply.body);
    return done ? EXIT_OK : cli_failed(cli);
}

/* ---- certificates with the same key ---- */

static void print_same_key(struct cli *cli, const json_t *answer) {
    const json_t *items = json_object_get(answer, "items");
    if (json_array_size(items))
        cli_table(cli, items, certificate_fields);
    else
        puts(cli->lang == LANG_ZH ? "没有其他证书使用相同的密钥。"
                                  : "No other certificate has the same key.");
}

static int verb_same_key(struct cli *cli) {
    const char *path =
        arena_printf(cli->arena, "/v1/certificates/%s/same-key", url_encode(cli->arena, cli->args[0]));
    return cli_request(cli, "GET", path, NULL, print_same_key);
}

#define ARGUMENT_CSR TEXT("CSR", "CSR ID")

const struct verb csr_verbs[] = {
    {"csr create", TEXT("make a certificate request, and its key", "生成 CSR 及其私钥"),
     TEXT("NAME…", "域名…"), 1, CLI_ARGS_MAX, create_options, verb_create},
    {"csr upload", TEXT("bring in a certificate request, with its key or without", "上传 CSR,可附带私钥"),
     TEXT("FILE", "文件"), 1, 1, upload_options, verb_upload},
    {"csr list", TEXT("list certificate requests", "列出 CSR"), TEXT("", ""), 0, 0, page_options, verb_list},
    {"csr show", TEXT("show one certificate request", "查看 CSR"), ARGUMENT_CSR, 1, 1, show_options,
     verb_show},
    {"csr rename", TEXT("call it otherwise", "修改名称"), TEXT("CSR TEXT", "CSR ID 名称"), 2, 2, NULL,
     verb_rename},
    {"csr key", TEXT("take out its private key", "导出 CSR 的私钥"), ARGUMENT_CSR, 1, 1, key_options,
     verb_key},
    {"csr delete", TEXT("delete a certificate request", "删除 CSR"), ARGUMENT_CSR, 1, 1, NULL, verb_delete},
    {"same-key", TEXT("other certificates with the same key", "查找使用相同密钥的其他证书"),
     TEXT("CERTIFICATE", "证书ID"), 1, 1, NULL, verb_same_key},
    {0},
};
