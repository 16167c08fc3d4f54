/* tenure.yaml, section outbound: closed address ranges that are opened. */
#include "tenure/config_section.h"

struct file_outbound {
    char **allow;
    unsigned allow_count;
};

static const cyaml_schema_field_t fields[] = {
    CYAML_FIELD_SEQUENCE("allow", CONFIG_OPTIONAL, struct file_outbound, allow, &config_text, 0, 64),
    CYAML_FIELD_END,
};

static bool read_outbound(struct arena *a, const void *section, struct config *config, struct error *e) {
    const struct file_outbound *file = section;
    struct cidr *allow = ARENA_ARRAY(a, file->allow_count, struct cidr);
    for (unsigned i = 0; i < file->allow_count; i++)
        if (!cidr_parse(file->allow[i], &allow[i], e))
            return false;
    config->outbound = (struct outbound_policy){.allow = allow, .count = file->allow_count};
    return true;
}

const struct config_section config_outbound = {
    .name = "outbound",
    .schema = {CYAML_VALUE_MAPPING(CONFIG_OPTIONAL, struct file_outbound, fields)},
    .read = read_outbound,
};
