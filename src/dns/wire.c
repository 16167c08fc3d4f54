/* Messages of DNS, by ldns. */
#include "dns/wire.h"
#include "dns/packet.h"
#include <strings.h>

enum { UDP_SIZE = 1232 }; /* the size that passes everywhere (DNS flag day 2020) */

bool wire_write(struct arena *a, const struct wire_question *question, struct slice *packet) {
    AUTO_PACKET query = packet_query(question->name, (ldns_rr_type)question->type);
    if (!query)
        return false;
    ldns_pkt_set_id(query, question->id);
    ldns_pkt_set_edns_udp_size(query, UDP_SIZE);
    return packet_write(a, query, packet);
}

/* ---- the answer ---- */

static bool name_is(struct arena *a, const ldns_rdf *name, const char *expected) {
    const char *text;
    return name && packet_name(a, name, &text) && strcasecmp(text, expected) == 0;
}

static bool answers_question(struct arena *a, const ldns_pkt *packet, const struct wire_question *question) {
    const ldns_rr_list *questions = ldns_pkt_question(packet);
    if (!ldns_pkt_qr(packet) || ldns_pkt_id(packet) != question->id || ldns_rr_list_rr_count(questions) != 1)
        return false;
    const ldns_rr *asked = ldns_rr_list_rr(questions, 0);
    return (int)ldns_rr_get_type(asked) == (int)question->type &&
           ldns_rr_get_class(asked) == LDNS_RR_CLASS_IN && name_is(a, ldns_rr_owner(asked), question->name);
}

static struct slice rdata_of(struct arena *a, const ldns_rr *rr) {
    size_t size = 0, at = 0;
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++)
        size += ldns_rdf_size(ldns_rr_rdf(rr, i));
    uint8_t *bytes = arena_alloc(a, size + 1);
    for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
        const ldns_rdf *field = ldns_rr_rdf(rr, i);
        memcpy(bytes + at, ldns_rdf_data(field), ldns_rdf_size(field));
        at += ldns_rdf_size(field);
    }
    return slice_of(bytes, size);
}

/* What stands at the name itself; what a server adds from behind a CNAME is asked for by itself. */
static bool take_record(struct arena *a, const struct wire_question *question, const ldns_rr *rr,
                        struct dns_answer *answer, struct slice *data) {
    if (ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN || !name_is(a, ldns_rr_owner(rr), question->name))
        return true;
    if (ldns_rr_get_type(rr) == LDNS_RR_TYPE_CNAME)
        return dns_name_text(a, rdata_of(a, rr), &answer->cname);
    if ((int)ldns_rr_get_type(rr) == (int)question->type && answer->count < DNS_VALUES_MAX)
        data[answer->count++] = rdata_of(a, rr);
    return true;
}

bool wire_read(struct arena *a, const struct wire_question *question, struct slice bytes,
               struct dns_answer *answer) {
    AUTO_PACKET packet = NULL;
    if (ldns_wire2pkt(&packet, bytes.p, bytes.len) != LDNS_STATUS_OK)
        return false;
    if (!answers_question(a, packet, question))
        return false;
    struct slice *data = ARENA_ARRAY(a, DNS_VALUES_MAX, struct slice);
    struct dns_answer found = {.server = answer->server,
                               .status = DNS_ANSWERED,
                               .rcode = ldns_pkt_get_rcode(packet),
                               .authoritative = ldns_pkt_aa(packet),
                               .truncated = ldns_pkt_tc(packet),
                               .data = data};
    const ldns_rr_list *records = ldns_pkt_answer(packet);
    for (size_t i = 0; i < ldns_rr_list_rr_count(records); i++)
        if (!take_record(a, question, ldns_rr_list_rr(records, i), &found, data))
            return false;
    *answer = found;
    return true;
}
