/* tenure.yaml, section probe: how the daemon looks at servers. */
#include "tenure/config_section.h"

struct file_probe {
    unsigned *timeout_seconds;
};

static const cyaml_schema_field_t fields[] = {
    CYAML_FIELD_UINT_PTR("timeout_seconds", CONFIG_OPTIONAL, struct file_probe, timeout_seconds),
    CYAML_FIELD_END,
};

static bool read_probe(struct arena *a, const void *section, struct config *config, struct error *e) {
    (void)a;
    const struct file_probe *file = section;
    int64_t seconds = config_number(file->timeout_seconds, 10);
    config->probe_timeout_ms = seconds * 1000;
    return config_in_range("probe.timeout_seconds", seconds, 1, 120, e);
}

const struct config_section config_probe = {
    .name = "probe",
    .schema = {CYAML_VALUE_MAPPING(CONFIG_OPTIONAL, struct file_probe, fields)},
    .read = read_probe,
};
