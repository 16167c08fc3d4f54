/* tenure.yaml, section responder: where what CAs look for is answered. */
#include "issue/issue.h"
#include "pki/names.h"
#include "tenure/config_section.h"

struct file_responder {
    char *http, *tls, *dns, *zone;
    char **name_servers, **addresses;
    unsigned name_servers_count, addresses_count;
};

static const cyaml_schema_field_t fields[] = {
    CYAML_FIELD_STRING_PTR("http", CONFIG_OPTIONAL, struct file_responder, http, 1, 64),
    CYAML_FIELD_STRING_PTR("tls", CONFIG_OPTIONAL, struct file_responder, tls, 1, 64),
    CYAML_FIELD_STRING_PTR("dns", CONFIG_OPTIONAL, struct file_responder, dns, 1, 64),
    CYAML_FIELD_STRING_PTR("zone", CONFIG_OPTIONAL, struct file_responder, zone, 1, 200),
    CYAML_FIELD_SEQUENCE("name_servers", CONFIG_OPTIONAL, struct file_responder, name_servers, &config_text,
                         0, 8),
    CYAML_FIELD_SEQUENCE("addresses", CONFIG_OPTIONAL, struct file_responder, addresses, &config_text, 0, 16),
    CYAML_FIELD_END,
};

/* More than one colon without brackets: an IPv6 address alone. */
static bool has_port(const char *text) {
    const char *colon = strchr(text, ':');
    return text[0] == '[' ? strstr(text, "]:") != NULL : colon && colon == strrchr(text, ':');
}

static bool read_address(struct arena *a, const char *key, const char *text, uint16_t missing,
                         struct responder_address *address, struct error *e) {
    struct dns_server parsed;
    char *numeric = arena_alloc(a, INET6_ADDRSTRLEN);
    if (!text)
        return true;
    if (!dns_server_parse(a, text, &parsed, e))
        return config_at_key(key, false, e);
    address_text(&parsed.address, numeric);
    *address = (struct responder_address){.text = numeric, .port = has_port(text) ? parsed.port : missing};
    return true;
}

static bool read_names(struct arena *a, const struct file_responder *file, struct responder_settings *r,
                       struct error *e) {
    if (file->zone && !name_normalise(a, file->zone, false, &r->zone, e))
        return config_at_key("responder.zone", false, e);
    for (unsigned i = 0; i < file->name_servers_count; i++)
        if (!name_normalise(a, file->name_servers[i], false, &r->name_servers[i], e))
            return config_at_key("responder.name_servers", false, e);
    r->name_server_count = file->name_servers_count;
    for (unsigned i = 0; i < file->addresses_count; i++)
        if (!address_parse(file->addresses[i], &r->addresses[i]))
            return fail_field(e, "responder.addresses", ERR_BAD_CONFIG, "'%s' is no IP address",
                              "“%s”不是 IP 地址", file->addresses[i]);
    r->address_count = file->addresses_count;
    return true;
}

static bool check_zone(struct arena *a, struct responder_settings *r, struct error *e) {
    if (!r->dns.text != !r->zone)
        return fail_field(e, "responder.zone", ERR_BAD_CONFIG, "responder.dns and responder.zone go together",
                          "responder.dns 与 responder.zone 必须同时设置");
    if (r->zone && !r->name_server_count)
        r->name_servers[r->name_server_count++] = arena_printf(a, "ns.%s", r->zone);
    return true;
}

static bool read_responder(struct arena *a, const void *section, struct config *config, struct error *e) {
    const struct file_responder *file = section;
    struct responder_settings *r = &config->responder;
    if (!read_address(a, "responder.http", file->http, 80, &r->http, e) ||
        !read_address(a, "responder.tls", file->tls, 443, &r->tls, e) ||
        !read_address(a, "responder.dns", file->dns, 53, &r->dns, e) || !read_names(a, file, r, e))
        return false;
    config->solve = (struct solve_settings){.tls = r->tls.text,
                                            .zone = r->zone,
                                            .policy = &config->deploy.policy,
                                            .ca_account = issue_ca_account,
                                            .follow = place_follow,
                                            .look = propagation_look};
    return check_zone(a, r, e);
}

const struct config_section config_responder = {
    .name = "responder",
    .schema = {CYAML_VALUE_MAPPING(CONFIG_OPTIONAL, struct file_responder, fields)},
    .read = read_responder,
};
