/* tenure.yaml, section validation: how control over names is checked. */
#include "tenure/config_section.h"

struct file_validation {
    char *caa_domain;
    unsigned *http_port, *tls_port, *timeout_seconds;
};

static const cyaml_schema_field_t fields[] = {
    CYAML_FIELD_STRING_PTR("caa_domain", CONFIG_OPTIONAL, struct file_validation, caa_domain, 1, 253),
    CYAML_FIELD_UINT_PTR("http_port", CONFIG_OPTIONAL, struct file_validation, http_port),
    CYAML_FIELD_UINT_PTR("tls_port", CONFIG_OPTIONAL, struct file_validation, tls_port),
    CYAML_FIELD_UINT_PTR("timeout_seconds", CONFIG_OPTIONAL, struct file_validation, timeout_seconds),
    CYAML_FIELD_END,
};

static bool read_validation(struct arena *a, const void *section, struct config *config, struct error *e) {
    const struct file_validation *file = section;
    int64_t port = config_number(file->http_port, 80);
    int64_t tls_port = config_number(file->tls_port, 443);
    int64_t seconds = config_number(file->timeout_seconds, 10);
    (void)a;
    config->validator = validator_network;
    config->validator.dns = &config->dns;
    config->validator.policy = &config->outbound;
    config->validator.caa_domain = file->caa_domain;
    config->validator.http_port = (uint16_t)port;
    config->validator.tls_port = (uint16_t)tls_port;
    config->validator.http_timeout_ms = (int)seconds * 1000;
    return config_in_range("validation.http_port", port, 1, 65535, e) &&
           config_in_range("validation.tls_port", tls_port, 1, 65535, e) &&
           config_in_range("validation.timeout_seconds", seconds, 1, 60, e);
}

const struct config_section config_validation = {
    .name = "validation",
    .schema = {CYAML_VALUE_MAPPING(CONFIG_OPTIONAL, struct file_validation, fields)},
    .read = read_validation,
};
