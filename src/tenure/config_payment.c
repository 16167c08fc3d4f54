/* tenure.yaml, section payment: the payment system that orders by `webhook` are paid with. */
#include "base/file.h"
#include "http/client.h"
#include "tenure/config_section.h"

enum { SECRET_FILE_MAX = 4096, SECRET_MIN = 16 };

struct file_payment {
    char *webhook_url, *webhook_secret_file;
    unsigned *timeout_seconds;
};

static const cyaml_schema_field_t fields[] = {
    CYAML_FIELD_STRING_PTR("webhook_url", CONFIG_OPTIONAL, struct file_payment, webhook_url, 1, 2000),
    CYAML_FIELD_STRING_PTR("webhook_secret_file", CONFIG_OPTIONAL, struct file_payment, webhook_secret_file,
                           1, 4096),
    CYAML_FIELD_UINT_PTR("timeout_seconds", CONFIG_OPTIONAL, struct file_payment, timeout_seconds),
    CYAML_FIELD_END,
};

static bool check_url(const char *url, struct error *e) {
    struct error why = {0};
    return http_url_check("payment.webhook_url", url, &why) ||
           fail_field(e, "payment.webhook_url", ERR_BAD_CONFIG,
                      "payment.webhook_url: '%s' is neither an https address nor http on this machine",
                      "payment.webhook_url:“%s”不是 https 地址,也不是本机的 http 地址", url);
}

/* Read now: the roles do not see the file any more. Its first line; a short one could be guessed. */
static bool read_secret(struct arena *a, const char *path, struct payment_settings *payment,
                        struct error *e) {
    struct slice content;
    if (!file_read(a, path, SECRET_FILE_MAX, &content, e))
        return false;
    size_t len = strcspn((const char *)content.p, "\r\n");
    if (len < SECRET_MIN)
        return fail_field(e, "payment.webhook_secret_file", ERR_BAD_CONFIG,
                          "payment.webhook_secret_file: the secret has less than %d bytes",
                          "payment.webhook_secret_file:密钥少于 %d 字节", SECRET_MIN);
    payment->webhook_secret = secret_new(a, content.p, len);
    return true;
}

static bool read_payment(struct arena *a, const void *section, struct config *config, struct error *e) {
    const struct file_payment *file = section;
    struct payment_settings *payment = &config->payment;
    int64_t seconds = config_number(file->timeout_seconds, 10);
    if (!file->webhook_url != !file->webhook_secret_file)
        return fail_field(e, "payment.webhook_secret_file", ERR_BAD_CONFIG,
                          "payment: webhook_url and webhook_secret_file come together",
                          "payment:webhook_url 与 webhook_secret_file 必须同时设置");
    payment->webhook_url = file->webhook_url;
    payment->timeout_ms = seconds * 1000;
    if (!config_in_range("payment.timeout_seconds", seconds, 1, 60, e))
        return false;
    return !file->webhook_url ||
           (check_url(file->webhook_url, e) && read_secret(a, file->webhook_secret_file, payment, e));
}

const struct config_section config_payment = {
    .name = "payment",
    .schema = {CYAML_VALUE_MAPPING(CONFIG_OPTIONAL, struct file_payment, fields)},
    .read = read_payment,
};
