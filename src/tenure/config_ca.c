/* tenure.yaml, section ca: the local certificate authority. */
#include "tenure/config_section.h"

struct file_ca {
    char *key_algorithm;
    unsigned *backdate_seconds;
};

static const cyaml_schema_field_t fields[] = {
    CYAML_FIELD_STRING_PTR("key_algorithm", CONFIG_OPTIONAL, struct file_ca, key_algorithm, 1, 16),
    CYAML_FIELD_UINT_PTR("backdate_seconds", CONFIG_OPTIONAL, struct file_ca, backdate_seconds),
    CYAML_FIELD_END,
};

static bool read_ca(struct arena *a, const void *file, struct config *config, struct error *e) {
    (void)a;
    const struct file_ca *ca = file;
    struct issue_settings *issue = &config->issue;
    const char *name = ca->key_algorithm ? ca->key_algorithm : "p256";
    issue->ca_algorithm = key_algorithm_parse(name);
    issue->backdate_seconds = config_number(ca->backdate_seconds, 60);
    if (issue->ca_algorithm == KEY_UNKNOWN || issue->ca_algorithm == KEY_RSA_OTHER)
        return fail_field(e, "ca.key_algorithm", ERR_BAD_CONFIG, "ca.key_algorithm: '%s' is unknown",
                          "ca.key_algorithm:未知的算法“%s”", name);
    return config_in_range("ca.backdate_seconds", issue->backdate_seconds, 0, DAY, e);
}

const struct config_section config_ca = {
    .name = "ca",
    .schema = {CYAML_VALUE_MAPPING(CONFIG_OPTIONAL, struct file_ca, fields)},
    .read = read_ca,
};
