/* Verbs about certificates: bring in, look, reissue, revoke, take out. */
#include "base/clock.h"
#include "base/file.h"
#include "base/rand.h"
#include "certificate/certificate.h"
#include "tenure/cmd_reissue.h"
#include "tenure/intake_files.h"
#include "tenure/verb.h"
#include "tenure/wait.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    KEY_KEY = 'k',
    KEY_PASS_PHRASE_FILE = 'p',
    KEY_TAG = 't',
    KEY_QUIET = 'q',
    KEY_FORMAT = 'f',
    KEY_OUTPUT = 'o',
    KEY_WAIT = 'w',
    KEY_NAMES = 'n',
    KEY_YES = 'y',
    KEY_KIND = 600,
    KEY_STATE,
    KEY_DAYS,
    KEY_TEXT,
    KEY_NAME,
    KEY_SORT,
    KEY_RENEWABLE,
    KEY_LIMIT,
    KEY_CURSOR,
    KEY_CSR_CHOICE,
    KEY_CSR,
    KEY_ALGORITHM,
    KEY_BRAND,
    KEY_REASON,
    KEY_FORCE,
    KEY_SOURCE_URL,
    KEY_ISSUER,
    KEY_ALL,
    KEY_BEFORE,
};

#define OPTION_QUIET                                                                                         \
    { "quiet", KEY_QUIET, NULL, TEXT("print ids only", "只打印 ID") }
#define OPTION_WAIT                                                                                          \
    {                                                                                                        \
        "wait", KEY_WAIT, NULL,                                                                              \
            TEXT("wait until it is issued, deployed and verified, and show the progress",                    \
                 "等待签发、部署并验证完成,显示进度")                                                        \
    }

static const char *certificate_path(struct cli *cli, const char *rest) {
    return arena_printf(cli->arena, "/v1/certificates/%s%s", url_encode(cli->arena, cli->args[0]), rest);
}

/* ---- list and show ---- */

static const struct option_row list_options[] = {
    {"kind", KEY_KIND, "KIND",
     TEXT("official, uploaded, test, pca, discovered", "official、uploaded、test、pca、discovered")},
    {"state", KEY_STATE, "STATE",
     TEXT("issued, pending_expiration, expired …", "issued、pending_expiration、expired 等")},
    {"days", KEY_DAYS, "N", TEXT("at most so many days left", "剩余天数不超过 N")},
    {"tag", KEY_TAG, "TAG", TEXT("with this tag", "带有该标签")},
    {"name", KEY_NAME, "NAME", TEXT("with this name", "含有该域名")},
    {"text", KEY_TEXT, "TEXT",
     TEXT("beginnings of words in names, tags, brand, serial, fingerprint",
          "域名、标签、品牌、序列号、指纹中单词的开头")},
    {"renewable", KEY_RENEWABLE, NULL, TEXT("what can be renewed now", "现在可以续费的证书")},
    {"sort", KEY_SORT, "ORDER", TEXT("created or expiry", "created 或 expiry")},
    {"limit", KEY_LIMIT, "N", TEXT("at most so many", "最多条数")},
    {"cursor", KEY_CURSOR, "TEXT", TEXT("go on behind the last page", "从上一页之后继续")},
    OPTION_QUIET,
    {0},
};

static const struct cli_parameter list_parameters[] = {
    {KEY_KIND, "kind"},
    {KEY_STATE, "state"},
    {KEY_DAYS, "days_left_max"},
    {KEY_TAG, "tag"},
    {KEY_NAME, "name"},
    {KEY_TEXT, "text"},
    {KEY_SORT, "sort"},
    {KEY_RENEWABLE, "renewable"},
    {KEY_LIMIT, "limit"},
    {KEY_CURSOR, "cursor"},
    {0},
};

/* What a list shows of a certificate; `state` and `days_left` are derived by the daemon. */
static const struct field list_columns[] = {
    {.name = "id", .flags = FIELD_COLUMN, .label = TEXT("certificate", "证书")},
    {.name = "state", .flags = FIELD_COLUMN, .label = TEXT("state", "状态")},
    {.name = "days_left", .flags = FIELD_COLUMN, .label = TEXT("days left", "剩余天数")},
    {.name = "names", .flags = FIELD_COLUMN, .label = TEXT("names", "域名")},
    {.name = "kind", .flags = FIELD_COLUMN, .label = TEXT("kind", "类型")},
    {.name = "predecessor_id", .flags = FIELD_COLUMN, .label = TEXT("renews", "续自")},
    FIELD_END,
};

static void mark_followers(const json_t *items, json_t *marked) {
    const json_t *item, *follower;
    size_t i, j;
    json_array_foreach(items, i, item) json_array_foreach(json_object_get(item, "followers"), j, follower)
        json_object_set_new(marked, cli_text(follower, "id"), json_true());
}

/* What follows a certificate stands below it, and not once more by itself. */
static json_t *with_followers_below(struct cli *cli, const json_t *items) {
    json_t *rows = json_keep(cli->arena, json_array()), *marked = json_keep(cli->arena, json_object());
    json_t *item, *follower;
    size_t i, j;
    mark_followers(items, marked);
    json_array_foreach(items, i, item) {
        if (json_object_get(marked, cli_text(item, "id")))
            continue;
        json_array_append(rows, item);
        json_array_foreach(json_object_get(item, "followers"), j, follower) {
            json_object_set_new(follower, "id",
                                json_string(arena_printf(cli->arena, "  └ %s", cli_text(follower, "id"))));
            json_array_append(rows, follower);
        }
    }
    return rows;
}

static void print_list(struct cli *cli, const json_t *answer) {
    const json_t *items = json_object_get(answer, "items"), *item;
    size_t i;
    if (cli->options[KEY_QUIET]) {
        json_array_foreach(items, i, item) puts(cli_text(item, "id"));
        return;
    }
    if (json_array_size(items) == 0)
        puts(cli->lang == LANG_ZH
                 ? (cli->options[KEY_RENEWABLE] ? "没有需要续费的证书。" : "没有符合条件的证书。")
                 : (cli->options[KEY_RENEWABLE] ? "Nothing needs renewal." : "No certificate fits."));
    else
        cli_table(cli, with_followers_below(cli, items), list_columns);
    cli_more(cli, answer);
}

static int verb_list(struct cli *cli) {
    bool for_people = !cli->json && !cli->options[KEY_QUIET];
    const char *query = cli_query(cli, list_parameters), *join = query && *query ? "&" : "?";
    const char *path = arena_printf(cli->arena, "/v1/certificates%s%s%s", query ? query : "",
                                    for_people ? join : "", for_people ? "below=true" : "");
    return cli_request(cli, "GET", path, NULL, print_list);
}

/* What a person wants to know first; --json has everything. */
static const struct field shown[] = {
    {.name = "id", .label = TEXT("certificate", "证书")},
    {.name = "state", .label = TEXT("state", "状态")},
    {.name = "state_title", .label = TEXT("which means", "含义")},
    {.name = "at_risk", .label = TEXT("at risk", "风险")},
    {.name = "days_left", .label = TEXT("days left", "剩余天数")},
    {.name = "names", .label = TEXT("names", "域名")},
    {.name = "tags", .label = TEXT("tags", "标签")},
    {.name = "kind", .label = TEXT("kind", "类型")},
    {.name = "brand", .label = TEXT("brand", "品牌")},
    {.name = "profile", .label = TEXT("policy", "策略")},
    {.name = "key_algorithm", .label = TEXT("key", "密钥算法")},
    {.name = "key_held", .label = TEXT("key held", "已保管私钥")},
    {.name = "predecessor_id", .label = TEXT("renews", "续自")},
    {.name = "successor_id", .label = TEXT("renewed by", "由其接替")},
    {.name = "coverage_end", .label = TEXT("covered until", "覆盖期至")},
    {.name = "not_before", .label = TEXT("valid from", "有效期自")},
    {.name = "version_end", .label = TEXT("valid until", "有效期至")},
    {.name = "window_at", .label = TEXT("about to expire from", "即将过期自")},
    {.name = "next_issue_at", .label = TEXT("next version at", "下一版本签发于")},
    {.name = "version_count", .label = TEXT("versions so far", "已签发版本数")},
    {.name = "serial", .label = TEXT("serial", "序列号")},
    {.name = "fingerprint", .label = TEXT("SHA-256", "SHA-256 指纹")},
    {.name = "target_count", .label = TEXT("targets", "部署目标数")},
    {.name = "superseded_at", .label = TEXT("superseded at", "被接替于")},
    {.name = "revoked_at", .label = TEXT("revoked at", "吊销于")},
    {.name = "cancelled_at", .label = TEXT("cancelled at", "取消于")},
    FIELD_END,
};

static void print_certificate(struct cli *cli, const json_t *answer) {
    cli_record(cli, answer, shown);
}

static int verb_show(struct cli *cli) {
    return cli_request(cli, "GET", certificate_path(cli, ""), NULL, print_certificate);
}

static void print_explanation(struct cli *cli, const json_t *answer) {
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(answer, "sentences"), i, item)
        puts(printable(cli->arena, cli_text(item, "text")));
}

static int verb_explain(struct cli *cli) {
    return cli_request(cli, "GET", certificate_path(cli, "/explain"), NULL, print_explanation);
}

/* ---- import ---- */

static const struct option_row import_options[] = {
    {"key", KEY_KEY, "FILE",
     TEXT("private key (PEM), if it is not in the same file", "私钥文件(PEM),若不在同一文件中")},
    {"pass-phrase-file", KEY_PASS_PHRASE_FILE, "FILE",
     TEXT("pass phrase of the key or PKCS#12", "私钥或 PKCS#12 的密码文件")},
    {"tag", KEY_TAG, "TAG", TEXT("tag, may be repeated", "标签,可重复")},
    {"kind", KEY_KIND, "KIND",
     TEXT("uploaded (unless given), or pca: made by a private CA", "uploaded(默认)或 pca(私有 CA 签发)")},
    {"source-url", KEY_SOURCE_URL, "URL",
     TEXT("where the private CA publishes newer versions", "私有 CA 发布新版本的地址")},
    OPTION_QUIET,
    {0},
};

static json_t *tags_given(const struct cli *cli) {
    json_t *tags = json_array();
    for (size_t i = 0; i < cli->all_count; i++)
        if (cli->all[i].key == KEY_TAG)
            json_array_append_new(tags, json_string(cli->all[i].value));
    return tags;
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

static bool import_body(struct cli *cli, const struct intake_file *file, json_t **body) {
    static const struct cli_parameter members[] = {{KEY_KIND, "kind"}, {KEY_SOURCE_URL, "source_url"}, {0}};
    *body = cli_body(cli, members);
    if (intake_body(cli->arena, file, *body, &cli->error) && add_pass_phrase(cli, *body))
        return true;
    json_decref(*body);
    return false;
}

/* One certificate; in a folder an error is told and the others go on. */
static bool import_one(struct cli *cli, const struct intake_file *file) {
    json_t *answer, *body;
    if (!import_body(cli, file, &body))
        return false;
    json_object_set_new(body, "tags", tags_given(cli));
    if (!cli_call(cli, "POST", "/v1/certificates", body, &answer))
        return false;
    if (cli->json)
        puts(json_text(cli->arena, answer, true));
    else if (cli->options[KEY_QUIET])
        puts(cli_text(answer, "id"));
    else
        printf("%s  %s\n", cli_text(answer, "id"), printable(cli->arena, file->certificate));
    return true;
}

static int verb_import(struct cli *cli) {
    struct intake_file *files;
    size_t count, failed = 0;
    if (!intake_find(cli->arena, cli->args[0], cli->options[KEY_KEY], &files, &count, &cli->error))
        return cli_failed(cli);
    for (size_t i = 0; i < count; i++) {
        if (import_one(cli, &files[i]))
            continue;
        failed++;
        if (count > 1)
            fprintf(stderr, "%s: ", printable(cli->arena, files[i].certificate));
        int status = cli_failed(cli);
        if (count == 1)
            return status;
    }
    return failed == 0 ? EXIT_OK : failed < count ? EXIT_PARTIAL : EXIT_REFUSED;
}

static const struct option_row update_options[] = {
    {"key", KEY_KEY, "FILE",
     TEXT("private key (PEM), if it is not in the same file", "私钥文件(PEM),若不在同一文件中")},
    {"pass-phrase-file", KEY_PASS_PHRASE_FILE, "FILE",
     TEXT("pass phrase of the key or PKCS#12", "私钥或 PKCS#12 的密码文件")},
    {0},
};

static int verb_update(struct cli *cli) {
    const struct intake_file file = {cli->args[1], cli->options[KEY_KEY]};
    json_t *body;
    if (!import_body(cli, &file, &body))
        return cli_failed(cli);
    return cli_request(cli, "POST", certificate_path(cli, "/update"), body, print_certificate);
}

static const struct option_row sync_options[] = {
    {"key", KEY_KEY, "FILE",
     TEXT("private key (PEM), if it is another one than before", "私钥文件(PEM),若密钥已更换")},
    {"pass-phrase-file", KEY_PASS_PHRASE_FILE, "FILE",
     TEXT("pass phrase of the key or PKCS#12", "私钥或 PKCS#12 的密码文件")},
    {"source-url", KEY_SOURCE_URL, "URL", TEXT("fetch it there from now on", "今后从该地址获取")},
    {0},
};

static void print_source(struct cli *cli, const json_t *answer) {
    static const struct field columns[] = {
        {.name = "url", .label = TEXT("published at", "发布地址")},
        {.name = "last_sync_at", .label = TEXT("synchronised at", "同步时间")},
        {.name = "last_result", .label = TEXT("result", "结果")},
        {.name = "detail", .label = TEXT("detail", "详情")},
        FIELD_END,
    };
    print_certificate(cli, answer);
    cli_record(cli, json_object_get(answer, "source"), columns);
}

static int verb_sync(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_SOURCE_URL, "source_url"}, {0}};
    const struct intake_file file = {cli->arg_count > 1 ? cli->args[1] : NULL, cli->options[KEY_KEY]};
    json_t *body;
    if (!file.certificate)
        body = cli_body(cli, members);
    else if (!import_body(cli, &file, &body))
        return cli_failed(cli);
    return cli_request(cli, "POST", certificate_path(cli, "/sync"), body, print_source);
}

/* ---- reissue, cancel, revoke ---- */

static const struct option_row reissue_options[] = {
    {"csr-choice", KEY_CSR_CHOICE, "CHOICE",
     TEXT("automatic (a new key), own (--csr), keep (the old key)",
          "automatic(新密钥)、own(自备 CSR)、keep(沿用旧密钥)")},
    {"csr", KEY_CSR, "FILE|CSR",
     TEXT("your own certificate request (PEM), or one of the CSR manager",
          "自备的 CSR 文件(PEM),或 CSR 管理中的 CSR")},
    {"name", KEY_NAMES, "NAME",
     TEXT("names instead of the old ones, may be repeated", "替换原有域名,可重复")},
    {"key-algorithm", KEY_ALGORITHM, "ALG", TEXT("p256, p384, rsa2048 …", "p256、p384、rsa2048 等")},
    {"brand", KEY_BRAND, "BRAND", TEXT("another line of the catalogue", "目录中的其他品牌")},
    {"issuer", KEY_ISSUER, "ID", TEXT("all that this issuer has issued", "该签发机构签发的全部证书")},
    {"all", KEY_ALL, NULL, TEXT("all certificates", "全部证书")},
    {"issued-before", KEY_BEFORE, "TIME",
     TEXT("with --issuer, --all: issued before then", "与 --issuer、--all 同用:在此时间之前签发")},
    {"yes", KEY_YES, NULL, TEXT("with --issuer, --all: do it", "与 --issuer、--all 同用:确认执行")},
    OPTION_WAIT,
    OPTION_QUIET,
    {0},
};

static const struct option_row submit_options[] = {
    OPTION_WAIT,
    OPTION_QUIET,
    {0},
};

static bool reissue_body(struct cli *cli, json_t **body) {
    static const struct cli_parameter members[] = {
        {KEY_CSR_CHOICE, "csr_choice"}, {KEY_ALGORITHM, "key_algorithm"}, {KEY_BRAND, "brand"}, {0}};
    *body = cli_body(cli, members);
    json_t *names = json_array();
    for (size_t i = 0; i < cli->all_count; i++)
        if (cli->all[i].key == KEY_NAMES)
            json_array_append_new(names, json_string(cli->all[i].value));
    if (json_array_size(names))
        json_object_set(*body, "names", names);
    json_decref(names);
    struct slice csr;
    if (!cli->options[KEY_CSR])
        return true;
    if (id_valid(cli->options[KEY_CSR], "csr"))
        return json_object_set_new(*body, "csr_id", json_string(cli->options[KEY_CSR])) == 0;
    if (!file_read(cli->arena, cli->options[KEY_CSR], 64 * 1024, &csr, &cli->error))
        return json_decref(*body), false;
    json_object_set_new(*body, "csr", json_stringn((const char *)csr.p, csr.len));
    if (!cli->options[KEY_CSR_CHOICE])
        json_object_set_new(*body, "csr_choice", json_string("own"));
    return true;
}

/* --wait follows it to the end. */
static int goes_on(struct cli *cli, const json_t *certificate) {
    const char *id = cli_text(certificate, "id");
    if (cli->options[KEY_QUIET])
        puts(id);
    else if (cli->json && !cli->options[KEY_WAIT])
        puts(json_text(cli->arena, certificate, true));
    else if (!cli->json)
        printf(cli->lang == LANG_ZH ? "证书 %s:%s\n" : "certificate %s: %s\n", id,
               cli_text(certificate, "state"));
    return cli->options[KEY_WAIT] ? wait_for_certificate(cli, id) : EXIT_OK;
}

static int reissue_those(struct cli *cli) {
    static const int others[] = {KEY_CSR_CHOICE, KEY_CSR,  KEY_NAMES, KEY_ALGORITHM,
                                 KEY_BRAND,      KEY_WAIT, KEY_QUIET};
    const struct reissue_choice choice = {cli->options[KEY_ISSUER], cli->options[KEY_BEFORE],
                                          cli->options[KEY_YES] != NULL};
    bool one_of = !cli->options[KEY_ISSUER] != !cli->options[KEY_ALL] && cli->arg_count == 0;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        one_of &= !cli->options[others[i]];
    if (one_of)
        return reissue_many(cli, &choice);
    fail(&cli->error, ERR_USAGE,
         "give a certificate, or --issuer, or --all; with the latter --issued-before and --yes only",
         "请指定证书、--issuer 或 --all 之一;后两者只能与 --issued-before 和 --yes 同用");
    return cli_failed(cli);
}

static int verb_reissue(struct cli *cli) {
    json_t *body, *answer;
    if (cli->arg_count == 0 || cli->options[KEY_ISSUER] || cli->options[KEY_ALL])
        return reissue_those(cli);
    if (!reissue_body(cli, &body) || !cli_call(cli, "POST", certificate_path(cli, "/reissue"), body, &answer))
        return cli_failed(cli);
    return goes_on(cli, answer);
}

static int verb_submit(struct cli *cli) {
    json_t *answer;
    if (!cli_call(cli, "POST", certificate_path(cli, "/submit"), json_object(), &answer))
        return cli_failed(cli);
    return goes_on(cli, answer);
}

static int verb_withdraw(struct cli *cli) {
    return cli_request(cli, "POST", certificate_path(cli, "/withdraw"), json_object(), print_certificate);
}

static int verb_auto_renew(struct cli *cli) {
    bool on = strcmp(cli->args[0], "on") == 0;
    if (!on && strcmp(cli->args[0], "off") != 0) {
        fail(&cli->error, ERR_USAGE, "automatic renewal is switched on or off, not '%s'",
             "自动续费只能为 on 或 off,不能为“%s”", cli->args[0]);
        return cli_failed(cli);
    }
    const char *path =
        arena_printf(cli->arena, "/v1/certificates/%s/auto-renew", url_encode(cli->arena, cli->args[1]));
    return cli_request(cli, on ? "POST" : "DELETE", path, on ? json_object() : NULL, print_certificate);
}

static int verb_cancel(struct cli *cli) {
    return cli_request(cli, "POST", certificate_path(cli, "/cancel"), json_object(), print_certificate);
}

static const struct option_row revoke_options[] = {
    {"reason", KEY_REASON, "REASON",
     TEXT(
         "keyCompromise, affiliationChanged, superseded, cessationOfOperation, privilegeWithdrawn, unspecified",
         "keyCompromise、affiliationChanged、superseded、cessationOfOperation、privilegeWithdrawn、unspecified")},
    {0},
};

static int verb_revoke(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_REASON, "reason"}, {0}};
    return cli_request(cli, "POST", certificate_path(cli, "/revoke"), cli_body(cli, members),
                       print_certificate);
}

static const struct option_row delete_options[] = {
    {"force", KEY_FORCE, NULL, TEXT("even while a target serves it", "即使仍有部署目标在使用")},
    {0},
};

static int verb_delete(struct cli *cli) {
    static const struct cli_parameter parameters[] = {{KEY_FORCE, "force"}, {0}};
    return cli_request(cli, "DELETE", certificate_path(cli, cli_query(cli, parameters)), NULL, cli_silent);
}

static int verb_tag(struct cli *cli) {
    json_t *tags = json_array();
    for (size_t i = 1; i < cli->arg_count; i++)
        json_array_append_new(tags, json_string(cli->args[i]));
    json_t *body = json_object();
    json_object_set_new(body, "tags", tags);
    return cli_request(cli, "PUT", certificate_path(cli, "/tags"), body, print_certificate);
}

/* ---- download ---- */

static const struct option_row download_options[] = {
    {"format", KEY_FORMAT, "FORMAT",
     TEXT("pem, nginx, apache, haproxy, pkcs12, jks, der, chain, root, key",
          "pem、nginx、apache、haproxy、pkcs12、jks、der、chain、root、key")},
    {"output", KEY_OUTPUT, "FILE",
     TEXT("write there with mode 0600 (else to standard output)",
          "写入该文件,权限 0600(默认输出到标准输出)")},
    {"pass-phrase-file", KEY_PASS_PHRASE_FILE, "FILE", TEXT("pass phrase for PKCS#12", "PKCS#12 的密码文件")},
    {0},
};

static int verb_download(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_FORMAT, "format"}, {0}};
    struct http_reply reply;
    json_t *body = cli_body(cli, members);
    if (!add_pass_phrase(cli, body) ||
        !cli_fetch(cli, "POST", certificate_path(cli, "/download"), body, &reply))
        return cli_failed(cli);
    bool good = cli->options[KEY_OUTPUT]
                    ? file_replace(cli->options[KEY_OUTPUT], 0600, reply.body, &cli->error)
                    : write_all(STDOUT_FILENO, reply.body.p, reply.body.len) ||
                          fail_errno(&cli->error, ERR_SYSTEM, "-");
    return good ? EXIT_OK : cli_failed(cli);
}

#define ARGUMENT_CERTIFICATE TEXT("CERTIFICATE", "证书ID")

const struct verb certificate_verbs[] = {
    {"import",
     TEXT("bring in a certificate, a PKCS#12 or a folder such as /etc/letsencrypt",
          "导入证书、PKCS#12 或整个目录(如 /etc/letsencrypt)"),
     TEXT("FILE|FOLDER", "文件|目录"), 1, 1, import_options, verb_import},
    {"update",
     TEXT("a newer version of an imported certificate; its targets follow",
          "为导入的证书提供新版本,其部署目标随之更新"),
     TEXT("CERTIFICATE FILE", "证书ID 文件"), 2, 2, update_options, verb_update},
    {"sync",
     TEXT("bring a certificate of a private CA up to date, from a file or from where the CA publishes it",
          "同步私有 CA 证书:使用文件,或从 CA 发布的地址获取"),
     TEXT("CERTIFICATE [FILE]", "证书ID [文件]"), 1, 2, sync_options, verb_sync},
    {"list", TEXT("list certificates", "列出证书"), TEXT("", ""), 0, 0, list_options, verb_list},
    {"show", TEXT("show one certificate", "查看证书"), ARGUMENT_CERTIFICATE, 1, 1, NULL, verb_show},
    {"explain",
     TEXT("why it is in this state, why this date, what happens next", "解释证书的状态、日期以及后续安排"),
     ARGUMENT_CERTIFICATE, 1, 1, NULL, verb_explain},
    {"reissue", TEXT("a new version inside the same coverage", "在有效期内重新签发"),
     TEXT("[CERTIFICATE]", "[证书ID]"), 0, 1, reissue_options, verb_reissue},
    {"submit",
     TEXT("submit the application of a certificate, also again after a rejection",
          "提交证书申请,审核失败后可重新提交"),
     ARGUMENT_CERTIFICATE, 1, 1, submit_options, verb_submit},
    {"withdraw", TEXT("take an application back that is not issued yet", "撤回尚未签发的申请"),
     ARGUMENT_CERTIFICATE, 1, 1, NULL, verb_withdraw},
    {"auto-renew",
     TEXT("have one more year ordered and charged by itself before the end, or not any more",
          "开启或关闭自动续费:到期前自动下单一年并扣费"),
     TEXT("on|off CERTIFICATE", "on|off 证书ID"), 2, 2, NULL, verb_auto_renew},
    {"cancel", TEXT("close a certificate that was never issued", "取消尚未签发的证书"), ARGUMENT_CERTIFICATE,
     1, 1, NULL, verb_cancel},
    {"revoke", TEXT("revoke a certificate", "吊销证书"), ARGUMENT_CERTIFICATE, 1, 1, revoke_options,
     verb_revoke},
    {"download", TEXT("take out certificate, chain and key", "下载证书、证书链和私钥"), ARGUMENT_CERTIFICATE,
     1, 1, download_options, verb_download},
    {"tag", TEXT("set the tags of a certificate", "设置证书标签"),
     TEXT("CERTIFICATE [TAG…]", "证书ID [标签…]"), 1, CLI_ARGS_MAX, NULL, verb_tag},
    {"delete", TEXT("delete a certificate", "删除证书"), ARGUMENT_CERTIFICATE, 1, 1, delete_options,
     verb_delete},
    {0},
};
