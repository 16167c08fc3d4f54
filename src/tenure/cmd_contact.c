/* Who applies, and with what: contacts, organisations, and the forms of certificates. */
#include "applicant/contact.h"
#include "applicant/form.h"
#include "applicant/organization.h"
#include "tenure/verb.h"
#include <stdio.h>

enum {
    KEY_QUIET = 'q',
    KEY_LIMIT = 'l',
    KEY_CURSOR = 800,
    KEY_NAME,
    KEY_TITLE,
    KEY_EMAIL,
    KEY_MOBILE,
    KEY_ORGANIZATION,
    KEY_REGISTRATION_NUMBER,
    KEY_COUNTRY,
    KEY_PROVINCE,
    KEY_CITY,
    KEY_ADDRESS,
    KEY_POSTAL_CODE,
    KEY_PHONE,
    KEY_CONTACT,
    KEY_VALIDATION_METHOD,
    KEY_REMARK,
};

static const char *path_of(struct cli *cli, const char *format) {
    return arena_printf(cli->arena, format, url_encode(cli->arena, cli->args[0]));
}

/* An empty text empties what may be empty. */
static json_t *body_of(struct cli *cli, const struct cli_parameter *members) {
    json_t *body = cli_body(cli, members);
    for (const struct cli_parameter *m = members; m->key; m++)
        if (cli->options[m->key] && !*cli->options[m->key])
            json_object_set_new(body, m->name, json_null());
    return body;
}

static int add(struct cli *cli, const char *path, const struct cli_parameter *members,
               void (*print)(struct cli *cli, const json_t *answer)) {
    json_t *body = body_of(cli, members), *answer;
    json_object_set_new(body, "name", json_string(cli->args[0]));
    if (!cli_call(cli, "POST", path, body, &answer))
        return cli_failed(cli);
    if (!cli->options[KEY_QUIET])
        return cli_show(cli, answer, print);
    puts(cli_text(answer, "id"));
    return EXIT_OK;
}

static const struct option_row page_options[] = {
    {"limit", KEY_LIMIT, "N", TEXT("at most so many", "最多条数")},
    {"cursor", KEY_CURSOR, "TEXT", TEXT("go on behind the last page", "从上一页之后继续")},
    {0},
};

static int list(struct cli *cli, const char *path, void (*print)(struct cli *cli, const json_t *answer)) {
    static const struct cli_parameter parameters[] = {{KEY_LIMIT, "limit"}, {KEY_CURSOR, "cursor"}, {0}};
    return cli_request(cli, "GET", arena_printf(cli->arena, "%s%s", path, cli_query(cli, parameters)), NULL,
                       print);
}

/* ---- contacts ---- */

#define EMAIL                                                                                                \
    { "email", KEY_EMAIL, "ADDRESS", TEXT("e-mail address", "电子邮箱") }
#define MOBILE                                                                                               \
    {                                                                                                        \
        "mobile", KEY_MOBILE, "NUMBER",                                                                      \
            TEXT("mobile telephone with the code of the country: +86…", "手机号码,含国家代码:+86…")          \
    }
#define TITLE                                                                                                \
    { "title", KEY_TITLE, "TEXT", TEXT("position", "职务") }
#define ORGANIZATION                                                                                         \
    {                                                                                                        \
        "organization", KEY_ORGANIZATION, "ORGANIZATION",                                                    \
            TEXT("the organisation for which the person speaks", "所代表的组织 ID")                          \
    }
#define QUIET                                                                                                \
    { "quiet", KEY_QUIET, NULL, TEXT("print the id only", "只打印 ID") }

static const struct cli_parameter contact_members[] = {{KEY_NAME, "name"},
                                                       {KEY_EMAIL, "email"},
                                                       {KEY_MOBILE, "mobile"},
                                                       {KEY_TITLE, "title"},
                                                       {KEY_ORGANIZATION, "organization_id"},
                                                       {0}};

static const struct option_row contact_add_options[] = {EMAIL, MOBILE, TITLE, ORGANIZATION, QUIET, {0}};
static const struct option_row contact_change_options[] = {
    {"name", KEY_NAME, "TEXT", TEXT("name", "姓名")}, EMAIL, MOBILE, TITLE, ORGANIZATION, {0}};

static void print_contact(struct cli *cli, const json_t *answer) {
    cli_record(cli, answer, contact_fields);
}

static void print_contacts(struct cli *cli, const json_t *answer) {
    cli_page(cli, answer, contact_fields);
}

static int contact_add(struct cli *cli) {
    return add(cli, "/v1/contacts", contact_members, print_contact);
}

static int contacts_list(struct cli *cli) {
    return list(cli, "/v1/contacts", print_contacts);
}

static int contact_show(struct cli *cli) {
    return cli_request(cli, "GET", path_of(cli, "/v1/contacts/%s"), NULL, print_contact);
}

static int contact_edit(struct cli *cli) {
    return cli_request(cli, "PATCH", path_of(cli, "/v1/contacts/%s"), body_of(cli, contact_members),
                       print_contact);
}

static int contact_remove(struct cli *cli) {
    return cli_request(cli, "DELETE", path_of(cli, "/v1/contacts/%s"), NULL, cli_silent);
}

/* ---- organisations ---- */

#define REGISTRATION_NUMBER                                                                                  \
    {                                                                                                        \
        "registration-number", KEY_REGISTRATION_NUMBER, "TEXT",                                              \
            TEXT("number in the register of its country", "登记号码,如统一社会信用代码")                     \
    }
#define COUNTRY                                                                                              \
    { "country", KEY_COUNTRY, "CC", TEXT("country, two letters", "国家代码,两位字母") }
#define PROVINCE                                                                                             \
    { "province", KEY_PROVINCE, "TEXT", TEXT("state or province", "省份") }
#define CITY                                                                                                 \
    { "city", KEY_CITY, "TEXT", TEXT("city", "城市") }
#define ADDRESS                                                                                              \
    { "address", KEY_ADDRESS, "TEXT", TEXT("street and number", "详细地址") }
#define POSTAL_CODE                                                                                          \
    { "postal-code", KEY_POSTAL_CODE, "TEXT", TEXT("postal code", "邮政编码") }
#define PHONE                                                                                                \
    {                                                                                                        \
        "phone", KEY_PHONE, "NUMBER",                                                                        \
            TEXT("telephone with the code of the country: +86…", "电话,含国家代码:+86…")                     \
    }

static const struct cli_parameter organization_members[] = {{KEY_NAME, "name"},
                                                            {KEY_REGISTRATION_NUMBER, "registration_number"},
                                                            {KEY_COUNTRY, "country"},
                                                            {KEY_PROVINCE, "province"},
                                                            {KEY_CITY, "city"},
                                                            {KEY_ADDRESS, "address"},
                                                            {KEY_POSTAL_CODE, "postal_code"},
                                                            {KEY_PHONE, "phone"},
                                                            {0}};

static const struct option_row organization_add_options[] = {
    REGISTRATION_NUMBER, COUNTRY, PROVINCE, CITY, ADDRESS, POSTAL_CODE, PHONE, QUIET, {0}};
static const struct option_row organization_change_options[] = {
    {"name", KEY_NAME, "TEXT", TEXT("name as registered", "登记的名称")},
    REGISTRATION_NUMBER,
    COUNTRY,
    PROVINCE,
    CITY,
    ADDRESS,
    POSTAL_CODE,
    PHONE,
    {0}};

static void print_organization(struct cli *cli, const json_t *answer) {
    cli_record(cli, answer, organization_fields);
}

static void print_organizations(struct cli *cli, const json_t *answer) {
    cli_page(cli, answer, organization_fields);
}

static int organization_add(struct cli *cli) {
    return add(cli, "/v1/organizations", organization_members, print_organization);
}

static int organizations_list(struct cli *cli) {
    return list(cli, "/v1/organizations", print_organizations);
}

static int organization_show(struct cli *cli) {
    return cli_request(cli, "GET", path_of(cli, "/v1/organizations/%s"), NULL, print_organization);
}

static int organization_edit(struct cli *cli) {
    return cli_request(cli, "PATCH", path_of(cli, "/v1/organizations/%s"), body_of(cli, organization_members),
                       print_organization);
}

static int organization_remove(struct cli *cli) {
    return cli_request(cli, "DELETE", path_of(cli, "/v1/organizations/%s"), NULL, cli_silent);
}

/* ---- forms ---- */

static const struct option_row form_options[] = {
    {"contact", KEY_CONTACT, "CONTACT", TEXT("contact", "联系人 ID")},
    {"organization", KEY_ORGANIZATION, "ORGANIZATION", TEXT("organisation", "组织 ID")},
    {"validation-method", KEY_VALIDATION_METHOD, "METHOD", TEXT("dns (default) or file", "dns(默认)或 file")},
    {"remark", KEY_REMARK, "TEXT", TEXT("remark for the reviewer", "给审核人员的备注")},
    {0},
};

static void print_form(struct cli *cli, const json_t *answer) {
    cli_record(cli, answer, form_fields);
}

static int form_show(struct cli *cli) {
    return cli_request(cli, "GET", path_of(cli, "/v1/certificates/%s/form"), NULL, print_form);
}

static int form_set(struct cli *cli) {
    static const struct cli_parameter members[] = {{KEY_CONTACT, "contact_id"},
                                                   {KEY_ORGANIZATION, "organization_id"},
                                                   {KEY_VALIDATION_METHOD, "validation_method"},
                                                   {KEY_REMARK, "remark"},
                                                   {0}};
    return cli_request(cli, "PATCH", path_of(cli, "/v1/certificates/%s/form"), body_of(cli, members),
                       print_form);
}

#define ARGUMENT_CONTACT      TEXT("CONTACT", "联系人ID")
#define ARGUMENT_ORGANIZATION TEXT("ORGANIZATION", "组织ID")
#define ARGUMENT_CERTIFICATE  TEXT("CERTIFICATE", "证书ID")

const struct verb contact_verbs[] = {
    {"contact add", TEXT("enter a contact for applications", "新建联系人"), TEXT("NAME", "姓名"), 1, 1,
     contact_add_options, contact_add},
    {"contact list", TEXT("list contacts", "列出联系人"), TEXT("", ""), 0, 0, page_options, contacts_list},
    {"contact show", TEXT("show one contact", "查看联系人"), ARGUMENT_CONTACT, 1, 1, NULL, contact_show},
    {"contact change", TEXT("change a contact", "更改联系人"), ARGUMENT_CONTACT, 1, 1, contact_change_options,
     contact_edit},
    {"contact delete", TEXT("delete a contact that nothing uses", "删除未被使用的联系人"), ARGUMENT_CONTACT,
     1, 1, NULL, contact_remove},
    {"organization add",
     TEXT("enter an organisation for OV and EV certificates", "新建组织信息,用于 OV、EV 证书"),
     TEXT("NAME", "名称"), 1, 1, organization_add_options, organization_add},
    {"organization list", TEXT("list organisations", "列出组织"), TEXT("", ""), 0, 0, page_options,
     organizations_list},
    {"organization show", TEXT("show one organisation", "查看组织信息"), ARGUMENT_ORGANIZATION, 1, 1, NULL,
     organization_show},
    {"organization change", TEXT("change an organisation", "更改组织信息"), ARGUMENT_ORGANIZATION, 1, 1,
     organization_change_options, organization_edit},
    {"organization delete", TEXT("delete an organisation that nothing uses", "删除未被使用的组织信息"),
     ARGUMENT_ORGANIZATION, 1, 1, NULL, organization_remove},
    {"form show", TEXT("what a certificate is applied for with", "查看证书的申请表"), ARGUMENT_CERTIFICATE, 1,
     1, NULL, form_show},
    {"form set", TEXT("choose contact, organisation and method of validation", "选择联系人、组织与验证方式"),
     ARGUMENT_CERTIFICATE, 1, 1, form_options, form_set},
    {0},
};
