/* tenure.yaml, section smtp: the server that takes e-mail. */
#include "base/file.h"
#include "tenure/config_section.h"

enum { PASSWORD_FILE_MAX = 4096, CA_FILE_MAX = 1 << 20 };

struct file_smtp {
    char *host, *security, *username, *password_file, *from, *ca_file;
    unsigned *port, *timeout_seconds;
};

static const cyaml_schema_field_t fields[] = {
    CYAML_FIELD_STRING_PTR("host", CYAML_FLAG_POINTER, struct file_smtp, host, 1, 253),
    CYAML_FIELD_UINT_PTR("port", CONFIG_OPTIONAL, struct file_smtp, port),
    CYAML_FIELD_STRING_PTR("security", CONFIG_OPTIONAL, struct file_smtp, security, 1, 16),
    CYAML_FIELD_STRING_PTR("username", CONFIG_OPTIONAL, struct file_smtp, username, 1, 254),
    CYAML_FIELD_STRING_PTR("password_file", CONFIG_OPTIONAL, struct file_smtp, password_file, 1, 4096),
    CYAML_FIELD_STRING_PTR("from", CYAML_FLAG_POINTER, struct file_smtp, from, 1, 254),
    CYAML_FIELD_STRING_PTR("ca_file", CONFIG_OPTIONAL, struct file_smtp, ca_file, 1, 4096),
    CYAML_FIELD_UINT_PTR("timeout_seconds", CONFIG_OPTIONAL, struct file_smtp, timeout_seconds),
    CYAML_FIELD_END,
};

/* With the port that goes with it. */
static bool read_security(const char *name, struct mail_settings *mail, struct error *e) {
    static const struct {
        const char *name;
        enum mail_security security;
        int64_t port;
    } rows[] = {{"starttls", MAIL_STARTTLS, 587}, {"tls", MAIL_TLS, 465}, {"none", MAIL_PLAIN, 25}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0) {
            mail->security = rows[i].security;
            mail->port = rows[i].port;
            return true;
        }
    return fail_field(e, "smtp.security", ERR_BAD_CONFIG,
                      "smtp.security: '%s' is none of starttls, tls, none",
                      "smtp.security:“%s”不是 starttls、tls、none 之一", name);
}

/* Read now: the workers do not see the file any more. */
static bool read_password(struct arena *a, const struct file_smtp *file, struct mail_settings *mail,
                          struct error *e) {
    struct slice content;
    if (!file->username != !file->password_file)
        return fail_field(e, "smtp.password_file", ERR_BAD_CONFIG,
                          "smtp: username and password_file come together",
                          "smtp:username 与 password_file 必须同时设置");
    mail->username = file->username;
    if (!file->password_file)
        return true;
    if (!file_read(a, file->password_file, PASSWORD_FILE_MAX, &content, e))
        return false;
    mail->password = secret_new(a, content.p, strcspn((const char *)content.p, "\r\n"));
    return true;
}

/* It becomes part of an address. */
static bool check_host(const char *host, struct error *e) {
    return !host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]")] ||
           fail_field(e, "smtp.host", ERR_BAD_CONFIG, "smtp.host: '%s' is no host name",
                      "smtp.host:“%s”不是主机名", host);
}

static bool check_from(const char *from, struct error *e) {
    return mail_address_valid(from) ||
           fail_field(e, "smtp.from", ERR_BAD_CONFIG, "smtp.from: '%s' is no e-mail address",
                      "smtp.from:“%s”不是有效的邮箱地址", from);
}

static bool read_smtp(struct arena *a, const void *section, struct config *config, struct error *e) {
    const struct file_smtp *file = section;
    struct mail_settings *mail = &config->mail;
    if (!file->host) /* the section is absent */
        return true;
    if (!check_host(file->host, e) || !check_from(file->from, e) ||
        !read_security(file->security ? file->security : "starttls", mail, e) ||
        !read_password(a, file, mail, e) ||
        (file->ca_file && !file_read(a, file->ca_file, CA_FILE_MAX, &mail->ca, e)))
        return false;
    mail->host = file->host;
    mail->from = file->from;
    mail->port = config_number(file->port, mail->port);
    mail->timeout_ms = config_number(file->timeout_seconds, 30) * 1000;
    return config_in_range("smtp.port", mail->port, 1, 65535, e) &&
           config_in_range("smtp.timeout_seconds", mail->timeout_ms / 1000, 1, 120, e);
}

const struct config_section config_smtp = {
    .name = "smtp",
    .schema = {CYAML_VALUE_MAPPING(CONFIG_OPTIONAL, struct file_smtp, fields)},
    .read = read_smtp,
};
