/* Reviews, confirmation letters, and reminders. */
#include "apply/letter.h"
#include "base/file.h"
#include "tenure/verb.h"

enum { KEY_LIMIT = 'l', KEY_OUT = 'o', KEY_CURSOR = 820, KEY_NOTE, KEY_REASON, KEY_TEXT, KEY_UPLOADED };

static const char *path_of(struct cli *cli, const char *format) {
    return arena_printf(cli->arena, format, url_encode(cli->arena, cli->args[0]));
}

/* ---- reviews ---- */

static const struct option_row list_options[] = {
    {"limit", KEY_LIMIT, "N", TEXT("at most so many", "最多条数")},
    {"cursor", KEY_CURSOR, "TEXT", TEXT("go on behind the last page", "从上一页之后继续")},
    {0},
};

static void print_reviews(struct cli *cli, const json_t *answer) {
    cli_page(cli, answer, application_fields);
}

static int list(struct cli *cli) {
    static const struct cli_parameter parameters[] = {{KEY_LIMIT, "limit"}, {KEY_CURSOR, "cursor"}, {0}};
    return cli_request(cli, "GET", arena_printf(cli->arena, "/v1/reviews%s", cli_query(cli, parameters)),
                       NULL, print_reviews);
}

static const struct field organization_shown[] = {
    {.name = "name", .label = TEXT("Organisation", "组织")},
    {.name = "registration_number", .label = TEXT("Registration number", "登记号码")},
    {.name = "country", .label = TEXT("Country", "国家代码")},
    {.name = "province", .label = TEXT("State or province", "省份")},
    {.name = "city", .label = TEXT("City", "城市")},
    {.name = "address", .label = TEXT("Address", "详细地址")},
    {.name = "phone", .label = TEXT("Telephone", "电话")},
    FIELD_END,
};

static const struct field contact_shown[] = {
    {.name = "name", .label = TEXT("Contact", "联系人")},
    {.name = "title", .label = TEXT("Position", "职务")},
    {.name = "email", .label = TEXT("E-mail", "电子邮箱")},
    {.name = "mobile", .label = TEXT("Mobile telephone", "手机号码")},
    FIELD_END,
};

static void print_review(struct cli *cli, const json_t *answer) {
    const json_t *letters = json_object_get(answer, "letters");
    cli_record(cli, answer, application_fields);
    cli_record(cli, json_object_get(answer, "organization"), organization_shown);
    cli_record(cli, json_object_get(answer, "contact"), contact_shown);
    if (json_is_object(json_object_get(letters, LETTER_UPLOADED)))
        cli_record(cli, json_object_get(letters, LETTER_UPLOADED), letter_fields);
    cli_table(cli, json_object_get(answer, "notes"), review_note_fields);
}

static int show(struct cli *cli) {
    return cli_request(cli, "GET", path_of(cli, "/v1/reviews/%s"), NULL, print_review);
}

static const struct option_row note_options[] = {
    {"note", KEY_NOTE, "TEXT", TEXT("what was found", "核实情况")},
    {0},
};

static int add_note(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_NOTE, "note"}, {0}};
    json_t *body = cli_body(cli, members);
    json_object_set_new(body, "step", json_string(cli->args[1]));
    json_object_set_new(body, "result", json_string(cli->args[2]));
    return cli_request(cli, "POST", path_of(cli, "/v1/applications/%s/notes"), body, cli_silent);
}

static int approve(struct cli *cli) {
    return cli_request(cli, "POST", path_of(cli, "/v1/applications/%s/approve"), NULL, cli_silent);
}

static const struct option_row reject_options[] = {
    {"reason", KEY_REASON, "CODE",
     TEXT(
         "organisation_data, letter_refused, contact_not_reached, domain_security_review, "
         "validation_failed, rejected_caa, rejected_csr or ca_limit",
         "organisation_data、letter_refused、contact_not_reached、domain_security_review、validation_failed、"
         "rejected_caa、rejected_csr 或 ca_limit")},
    {"text", KEY_TEXT, "TEXT", TEXT("what the applicant must correct", "需要申请人更正的内容")},
    {0},
};

static int reject(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_REASON, "reason"}, {KEY_TEXT, "text"}, {0}};
    return cli_request(cli, "POST", path_of(cli, "/v1/applications/%s/reject"), cli_body(cli, members),
                       cli_silent);
}

static int remind(struct cli *cli) {
    return cli_request(cli, "POST", path_of(cli, "/v1/applications/%s/remind"), NULL, cli_silent);
}

static int send_link(struct cli *cli) {
    return cli_request(cli, "POST", path_of(cli, "/v1/applications/%s/confirmation"), NULL, cli_silent);
}

/* ---- letters ---- */

static const struct option_row get_options[] = {
    {"out", KEY_OUT, "FILE",
     TEXT("where it is written, never over another file", "写入的文件,不覆盖已有文件")},
    {"uploaded", KEY_UPLOADED, NULL, TEXT("the scan that was uploaded", "已上传的扫描件")},
    {0},
};

static int get_letter(struct cli *cli) {
    const char *side = cli->options[KEY_UPLOADED] ? LETTER_UPLOADED : LETTER_MADE;
    const char *path =
        arena_printf(cli->arena, "%s?side=%s", path_of(cli, "/v1/applications/%s/letter"), side);
    const char *out = cli->options[KEY_OUT];
    struct http_reply reply;
    if (!out && !fail(&cli->error, ERR_USAGE, "--out FILE is missing", "缺少 --out 文件"))
        return cli_failed(cli);
    if (!cli_fetch(cli, "GET", path, NULL, &reply) || !file_write_new(out, 0600, reply.body, &cli->error))
        return cli_failed(cli);
    return EXIT_OK;
}

static int put_letter(struct cli *cli) {
    struct slice content;
    if (!file_read(cli->arena, cli->args[1], LETTER_SCAN_MAX, &content, &cli->error) ||
        !cli_upload(cli, path_of(cli, "/v1/applications/%s/letter"), content))
        return cli_failed(cli);
    return EXIT_OK;
}

#define ARGUMENT_APPLICATION TEXT("APPLICATION", "申请ID")

const struct verb review_verbs[] = {
    {"review list", TEXT("list what waits for a reviewer", "列出等待审核的申请"), TEXT("", ""), 0, 0,
     list_options, list},
    {"review show", TEXT("show all that a review is about", "查看申请的审核详情"), ARGUMENT_APPLICATION, 1, 1,
     NULL, show},
    {"review note", TEXT("note what was checked", "记录核实结果"),
     TEXT("APPLICATION telephone|email|organization|letter|domain passed|failed|not_reached",
          "申请ID telephone|email|organization|letter|domain passed|failed|not_reached"),
     3, 3, note_options, add_note},
    {"review approve", TEXT("approve an application", "审核通过"), ARGUMENT_APPLICATION, 1, 1, NULL, approve},
    {"review reject", TEXT("reject an application, with a reason", "审核驳回并说明原因"),
     ARGUMENT_APPLICATION, 1, 1, reject_options, reject},
    {"remind", TEXT("remind the reviewers of an application", "催办审核员"), ARGUMENT_APPLICATION, 1, 1, NULL,
     remind},
    {"confirm", TEXT("send the contact of an application a new link", "向联系人重新发送确认链接"),
     ARGUMENT_APPLICATION, 1, 1, NULL, send_link},
    {"letter get", TEXT("get the confirmation letter of an application", "下载申请的确认函"),
     ARGUMENT_APPLICATION, 1, 1, get_options, get_letter},
    {"letter put",
     TEXT("upload the signed letter: PDF, PNG or JPEG", "上传签字盖章的确认函:PDF、PNG 或 JPEG"),
     TEXT("APPLICATION FILE", "申请ID 文件"), 2, 2, NULL, put_letter},
    {0},
};
