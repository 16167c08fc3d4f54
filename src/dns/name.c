/* Names and data of DNS. */
#include "base/rand.h"
#include "dns/dns.h"
#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

/* At the end of an SOA: five numbers, the serial first. */
enum { SOA_NUMBERS = 20 };

bool dns_below(const char *name, const char *zone) {
    size_t length = strlen(name), end = strlen(zone);
    if (length < end || strcasecmp(name + length - end, zone) != 0)
        return false;
    return length == end || end == 0 || name[length - end - 1] == '.';
}

const char *dns_parent(const char *name) {
    const char *dot = strchr(name, '.');
    return dot ? dot + 1 : NULL;
}

const char *dns_nobody(struct arena *a, const char *parent) {
    const char *name = arena_printf(a, "tenure-%08x.%s", (unsigned)rand_below(UINT32_MAX), parent);
    return strlen(name) <= DNS_NAME_MAX ? name : NULL;
}

static bool label_write(struct slice label, char *out) {
    for (size_t i = 0; i < label.len; i++) {
        if (!isalnum(label.p[i]) && label.p[i] != '-' && label.p[i] != '_')
            return false;
        out[i] = (char)tolower(label.p[i]);
    }
    return true;
}

bool dns_name_text(struct arena *a, struct slice rdata, const char **name) {
    char *text = arena_alloc(a, DNS_NAME_MAX + 2);
    size_t at = 0, written = 0;
    while (at < rdata.len && rdata.p[at]) {
        size_t length = rdata.p[at];
        if (length > 63 || length >= rdata.len - at || written + length > DNS_NAME_MAX)
            return false;
        if (!label_write(slice_of(rdata.p + at + 1, length), text + written))
            return false;
        at += length + 1;
        written += length;
        text[written++] = '.';
    }
    if (at + 1 != rdata.len)
        return false;
    text[written ? written - 1 : 0] = 0;
    *name = text;
    return true;
}

bool dns_txt(struct arena *a, struct slice rdata, struct slice *text) {
    uint8_t *joined = arena_alloc(a, rdata.len + 1);
    size_t written = 0, at = 0;
    while (at < rdata.len) {
        size_t length = rdata.p[at];
        if (length >= rdata.len - at)
            return false;
        memcpy(joined + written, rdata.p + at + 1, length);
        written += length;
        at += length + 1;
    }
    *text = slice_of(joined, written);
    return rdata.len > 0;
}

bool dns_serial(struct slice rdata, uint32_t *serial) {
    if (rdata.len < SOA_NUMBERS + 2)
        return false;
    const uint8_t *p = rdata.p + rdata.len - SOA_NUMBERS;
    *serial = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    return true;
}

static bool port_parse(const char *text, uint16_t *port) {
    char *end;
    if (!isdigit((unsigned char)*text))
        return false;
    unsigned long number = strtoul(text, &end, 10);
    *port = (uint16_t)number;
    return *end == 0 && number > 0 && number <= UINT16_MAX;
}

/* The address part and, where there is one, the text of the port. */
static const char *split(struct arena *a, const char *text, const char **port) {
    const char *colon = strrchr(text, ':'), *bracket = strchr(text, ']');
    *port = NULL;
    if (*text == '[' && bracket) {
        *port = bracket[1] == ':' ? bracket + 2 : bracket[1] ? "" : NULL;
        return arena_strndup(a, text + 1, (size_t)(bracket - text - 1));
    }
    if (!colon || strchr(text, ':') != colon) /* more than one: an IPv6 address without a port */
        return text;
    *port = colon + 1;
    return arena_strndup(a, text, (size_t)(colon - text));
}

bool dns_server_parse(struct arena *a, const char *text, struct dns_server *server, struct error *e) {
    const char *port, *address = split(a, text, &port);
    *server = (struct dns_server){.name = text, .port = DNS_PORT, .configured = true};
    if (!address_parse(address, &server->address) || (port && !port_parse(port, &server->port)))
        return fail(e, ERR_BAD_FIELD,
                    "'%s' is not the address of a DNS server such as 192.0.2.1 or 192.0.2.1:53",
                    "“%s”不是有效的 DNS 服务器地址,例如 192.0.2.1 或 192.0.2.1:53", text);
    return true;
}

const char *dns_type_name(enum dns_type type) {
    static const struct {
        enum dns_type type;
        const char *name;
    } names[] = {{DNS_A, "A"},     {DNS_NS, "NS"},     {DNS_SOA, "SOA"},
                 {DNS_TXT, "TXT"}, {DNS_AAAA, "AAAA"}, {DNS_CAA, "CAA"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].type == type)
            return names[i].name;
    return "?";
}

const char *dns_rcode_name(struct arena *a, int rcode) {
    static const char *const names[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"};
    bool known = rcode >= 0 && rcode < (int)(sizeof names / sizeof *names);
    return known ? names[rcode] : arena_printf(a, "RCODE%d", rcode);
}
