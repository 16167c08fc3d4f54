/* tenure.yaml, section dns: whom to ask. */
#include "pki/names.h"
#include "tenure/config_section.h"

struct file_zone {
    char *name, *trust_anchor;
    char **servers;
    unsigned servers_count;
};

struct file_dns {
    char **resolvers;
    unsigned resolvers_count;
    struct file_zone *zones;
    unsigned zones_count;
    char *outside_zones, *trust_anchor;
    unsigned *timeout_seconds;
};

static const cyaml_schema_field_t zone_fields[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, struct file_zone, name, 1, 253),
    CYAML_FIELD_SEQUENCE("servers", CYAML_FLAG_POINTER, struct file_zone, servers, &config_text, 1, 16),
    CYAML_FIELD_STRING_PTR("trust_anchor", CONFIG_OPTIONAL, struct file_zone, trust_anchor, 1, 2048),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t zone_entry = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct file_zone, zone_fields),
};

static const cyaml_schema_field_t fields[] = {
    CYAML_FIELD_SEQUENCE("resolvers", CONFIG_OPTIONAL, struct file_dns, resolvers, &config_text, 0, 16),
    CYAML_FIELD_SEQUENCE("zones", CONFIG_OPTIONAL, struct file_dns, zones, &zone_entry, 0, 256),
    CYAML_FIELD_STRING_PTR("outside_zones", CONFIG_OPTIONAL, struct file_dns, outside_zones, 1, 16),
    CYAML_FIELD_STRING_PTR("trust_anchor", CONFIG_OPTIONAL, struct file_dns, trust_anchor, 1, 4096),
    CYAML_FIELD_UINT_PTR("timeout_seconds", CONFIG_OPTIONAL, struct file_dns, timeout_seconds),
    CYAML_FIELD_END,
};

/* The schema lets no more in than there is room for. */
static bool read_servers(struct arena *a, char *const *texts, unsigned count, struct dns_servers *servers,
                         struct error *e) {
    servers->count = count;
    for (unsigned i = 0; i < count; i++)
        if (!dns_server_parse(a, texts[i], &servers->list[i], e))
            return false;
    return true;
}

static bool read_zones(struct arena *a, const struct file_dns *file, struct dns_settings *dns,
                       struct error *e) {
    struct dns_zone *zones = ARENA_ARRAY(a, file->zones_count, struct dns_zone);
    for (unsigned i = 0; i < file->zones_count; i++) {
        const struct file_zone *zone = &file->zones[i];
        zones[i].trust_anchor = zone->trust_anchor;
        bool named = name_normalise(a, zone->name, false, &zones[i].name, e);
        if (!config_at_key("dns.zones.name", named, e))
            return false;
        bool served = read_servers(a, zone->servers, zone->servers_count, &zones[i].servers, e);
        if (!config_at_key("dns.zones.servers", served, e))
            return false;
    }
    dns->zones = zones;
    dns->zone_count = file->zones_count;
    return true;
}

static bool read_outside(const char *text, bool *refused, struct error *e) {
    *refused = strcmp(text, "refuse") == 0;
    return *refused || strcmp(text, "resolve") == 0 ||
           fail_field(e, "dns.outside_zones", ERR_BAD_CONFIG,
                      "dns.outside_zones: '%s' is neither resolve nor refuse",
                      "dns.outside_zones:“%s”既不是 resolve 也不是 refuse", text);
}

static bool read_dns(struct arena *a, const void *section, struct config *config, struct error *e) {
    const struct file_dns *file = section;
    struct dns_settings *dns = &config->dns;
    int64_t seconds = config_number(file->timeout_seconds, 3);
    dns->trust_anchor = file->trust_anchor;
    dns->policy = &config->outbound;
    dns->timeout_ms = (int)seconds * 1000;
    bool good = read_servers(a, file->resolvers, file->resolvers_count, &dns->resolvers, e);
    return config_at_key("dns.resolvers", good, e) && read_zones(a, file, dns, e) &&
           read_outside(file->outside_zones ? file->outside_zones : "resolve", &dns->outside_refused, e) &&
           config_in_range("dns.timeout_seconds", seconds, 1, 30, e);
}

const struct config_section config_dns = {
    .name = "dns",
    .schema = {CYAML_VALUE_MAPPING(CONFIG_OPTIONAL, struct file_dns, fields)},
    .read = read_dns,
};
