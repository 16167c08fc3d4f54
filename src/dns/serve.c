/* Answers of an authoritative server, by ldns. */
#include "dns/serve.h"
#include "dns/packet.h"
#include <strings.h>

enum {
    HEADER_SIZE = 12,
    PLAIN_MAX = 512,
    TEXT_MAX = 255,
    TTL_SHORT = 5, /* challenges come and go */
    TTL_LONG = 3600,
    VERSION_BAD = 16,
};

/* One question on its way. */
struct serving {
    const struct dns_served *served;
    struct arena *arena;
    const struct dns_asked *asked;
    const ldns_pkt *query;
    const ldns_rr *question;
    ldns_rr_type type;
    const char *name; /* lower case, no final dot; NULL: bytes that none of our names has */
    ldns_pkt *reply;
};

/* ---- records ---- */

static void push(struct serving *s, ldns_pkt_section section, const char *text) {
    ldns_rr *rr = NULL;
    if (ldns_rr_new_frm_str(&rr, text, 0, NULL, NULL) == LDNS_STATUS_OK)
        ldns_pkt_push_rr(s->reply, section, rr);
}

/* With the name as it was asked for, in the case of each letter. */
static void push_answer(struct serving *s, const char *text) {
    ldns_rr *rr = NULL;
    if (ldns_rr_new_frm_str(&rr, text, 0, NULL, NULL) != LDNS_STATUS_OK)
        return;
    ldns_rdf_deep_free(ldns_rr_owner(rr));
    ldns_rr_set_owner(rr, ldns_rdf_clone(ldns_rr_owner(s->question)));
    ldns_pkt_push_rr(s->reply, LDNS_SECTION_ANSWER, rr);
}

static const char *soa(const struct serving *s) {
    const struct dns_served *served = s->served;
    return arena_printf(s->arena, "%s. %d IN SOA %s. hostmaster.%s. %u 7200 3600 1209600 %d", served->zone,
                        TTL_SHORT, served->name_servers[0], served->zone, (unsigned)s->asked->now, TTL_SHORT);
}

static bool wants(const struct serving *s, ldns_rr_type type) {
    return s->type == type || s->type == LDNS_RR_TYPE_ANY;
}

static void answer_addresses(struct serving *s) {
    for (size_t i = 0; i < s->served->address_count; i++) {
        const struct address *address = &s->served->addresses[i];
        bool four = address->family == AF_INET;
        char text[INET6_ADDRSTRLEN];
        address_text(address, text);
        if (wants(s, four ? LDNS_RR_TYPE_A : LDNS_RR_TYPE_AAAA))
            push_answer(s, arena_printf(s->arena, "x. %d IN %s %s", TTL_LONG, four ? "A" : "AAAA", text));
    }
}

static void answer_apex(struct serving *s) {
    if (wants(s, LDNS_RR_TYPE_SOA))
        push_answer(s, soa(s));
    for (size_t i = 0; i < s->served->name_server_count; i++)
        if (wants(s, LDNS_RR_TYPE_NS))
            push_answer(s, arena_printf(s->arena, "x. %d IN NS %s.", TTL_LONG, s->served->name_servers[i]));
    answer_addresses(s);
}

/* A name server, or what lies above one. */
static bool is_server(const struct serving *s, bool *above) {
    *above = false;
    for (size_t i = 0; i < s->served->name_server_count; i++) {
        if (strcmp(s->name, s->served->name_servers[i]) == 0)
            return true;
        *above |= dns_below(s->served->name_servers[i], s->name);
    }
    return false;
}

/* Only letters of base64url come from a challenge; nothing else is worth the risk of being read otherwise. */
static bool is_plain(const char *value) {
    size_t len = strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    return len > 0 && len <= TEXT_MAX && !value[len];
}

static void answer_values(struct serving *s, const char *const *values, size_t count) {
    for (size_t i = 0; i < count && wants(s, LDNS_RR_TYPE_TXT); i++)
        if (is_plain(values[i]))
            push_answer(s, arena_printf(s->arena, "x. %d IN TXT \"%s\"", TTL_SHORT, values[i]));
}

/* NOERROR, NXDOMAIN or SERVFAIL. */
static ldns_pkt_rcode answer_name(struct serving *s) {
    const char **values = NULL;
    size_t count = 0;
    bool above = false, exists = false;
    if (!s->name)
        return LDNS_RCODE_NXDOMAIN;
    if (strcmp(s->name, s->served->zone) == 0) {
        answer_apex(s);
        return LDNS_RCODE_NOERROR;
    }
    if (is_server(s, &above)) {
        answer_addresses(s);
        return LDNS_RCODE_NOERROR;
    }
    if (!s->served->values(s->served->context, s->arena, s->name, &exists, &values, &count))
        return LDNS_RCODE_SERVFAIL;
    answer_values(s, values, count);
    return exists || above ? LDNS_RCODE_NOERROR : LDNS_RCODE_NXDOMAIN;
}

/* ---- what was asked ---- */

static ldns_rdf *lower_case(const ldns_rdf *name) {
    ldns_rdf *lower = ldns_rdf_clone(name);
    if (lower)
        ldns_dname2canonical(lower);
    return lower;
}

static bool in_zone(const struct serving *s) {
    ldns_rdf *name = lower_case(ldns_rr_owner(s->question));
    ldns_rdf *zone = ldns_dname_new_frm_str(s->served->zone);
    bool inside =
        name && zone && (ldns_dname_compare(name, zone) == 0 || ldns_dname_is_subdomain(name, zone));
    ldns_rdf_deep_free(name);
    ldns_rdf_deep_free(zone);
    return inside;
}

static const char *name_of(const struct serving *s) {
    const char *name;
    return packet_name(s->arena, ldns_rr_owner(s->question), &name) ? name : NULL;
}

static bool copies_zone(ldns_rr_type type) {
    return type == LDNS_RR_TYPE_AXFR || type == LDNS_RR_TYPE_IXFR;
}

static void reply_to(struct serving *s) {
    if (ldns_rr_get_class(s->question) != LDNS_RR_CLASS_IN || copies_zone(s->type) || !in_zone(s)) {
        ldns_pkt_set_rcode(s->reply, LDNS_RCODE_REFUSED);
        return;
    }
    s->name = name_of(s);
    ldns_pkt_rcode rcode = answer_name(s);
    ldns_pkt_set_rcode(s->reply, (uint8_t)rcode);
    ldns_pkt_set_aa(s->reply, rcode != LDNS_RCODE_SERVFAIL);
    if (rcode != LDNS_RCODE_SERVFAIL && ldns_pkt_ancount(s->reply) == 0)
        push(s, LDNS_SECTION_AUTHORITY, soa(s));
}

/* ---- the message ---- */

/* So much the client takes. */
static size_t room_of(const struct serving *s) {
    size_t size = ldns_pkt_edns(s->query) ? ldns_pkt_edns_udp_size(s->query) : 0;
    if (s->asked->tcp)
        return DNS_MESSAGE_MAX;
    if (s->asked->curt)
        return 0;
    return size < PLAIN_MAX ? PLAIN_MAX : size > DNS_UDP_MAX ? DNS_UDP_MAX : size;
}

static void truncate_reply(ldns_pkt *packet) {
    ldns_rr_list *answers = ldns_pkt_answer(packet), *authority = ldns_pkt_authority(packet);
    ldns_pkt_set_answer(packet, ldns_rr_list_new());
    ldns_pkt_set_authority(packet, ldns_rr_list_new());
    ldns_pkt_set_ancount(packet, 0);
    ldns_pkt_set_nscount(packet, 0);
    ldns_pkt_set_tc(packet, true);
    ldns_rr_list_deep_free(answers);
    ldns_rr_list_deep_free(authority);
}

static void set_header(struct serving *s) {
    ldns_pkt_set_id(s->reply, ldns_pkt_id(s->query));
    ldns_pkt_set_qr(s->reply, true);
    ldns_pkt_set_rd(s->reply, ldns_pkt_rd(s->query));
    ldns_pkt_set_cd(s->reply, ldns_pkt_cd(s->query));
    ldns_pkt_push_rr(s->reply, LDNS_SECTION_QUESTION, ldns_rr_clone(s->question));
    if (ldns_pkt_edns(s->query))
        ldns_pkt_set_edns_udp_size(s->reply, DNS_UDP_MAX);
}

static bool answer_question(struct serving *s, struct slice *answer) {
    AUTO_PACKET reply = ldns_pkt_new();
    if (!reply)
        return false;
    s->reply = reply;
    set_header(s);
    if (ldns_pkt_edns(s->query) && ldns_pkt_edns_version(s->query) > 0)
        ldns_pkt_set_edns_extended_rcode(reply, VERSION_BAD >> 4);
    else
        reply_to(s);
    if (!packet_write(s->arena, reply, answer))
        return false;
    if (answer->len <= room_of(s))
        return true;
    truncate_reply(reply);
    return packet_write(s->arena, reply, answer);
}

/* Without a question that we understood: the header alone. */
static bool answer_header(struct arena *a, struct slice message, ldns_pkt_rcode rcode, struct slice *answer) {
    uint8_t *bytes = arena_alloc(a, HEADER_SIZE);
    memcpy(bytes, message.p, 2);
    bytes[2] = (uint8_t)(0x80 | (message.p[2] & 0x79)); /* QR; opcode and RD as they were */
    bytes[3] = (uint8_t)rcode;
    *answer = slice_of(bytes, HEADER_SIZE);
    return true;
}

bool dns_serve(const struct dns_served *served, struct arena *a, const struct dns_asked *asked,
               struct slice *answer) {
    const struct slice message = asked->message;
    AUTO_PACKET query = NULL;
    if (message.len < HEADER_SIZE || message.len > DNS_QUERY_MAX || message.p[2] & 0x80)
        return false;
    if (message.p[2] & 0x78)
        return answer_header(a, message, LDNS_RCODE_NOTIMPL, answer);
    if (message.p[4] != 0 || message.p[5] != 1 ||
        ldns_wire2pkt(&query, message.p, message.len) != LDNS_STATUS_OK)
        return answer_header(a, message, LDNS_RCODE_FORMERR, answer);
    struct serving s = {.served = served, .arena = a, .asked = asked, .query = query};
    s.question = ldns_rr_list_rr(ldns_pkt_question(query), 0);
    if (!s.question)
        return answer_header(a, message, LDNS_RCODE_FORMERR, answer);
    s.type = ldns_rr_get_type(s.question);
    return answer_question(&s, answer);
}
