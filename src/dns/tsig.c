/* Signed messages. An algorithm that ldns does not know makes it lose memory: what is not ours is not shown
 * to it. */
#include "dns/tsig.h"

enum { FIELD_ALGORITHM = 0, FIELD_MAC = 3, FIELD_ERROR = 5, FIELD_COUNT = 7 };

bool tsig_sign(ldns_pkt *query, const struct tsig_key *key) {
    return ldns_pkt_tsig_sign(query, key->name, key->secret, TSIG_FUDGE_SECONDS, key->algorithm, NULL) ==
           LDNS_STATUS_OK;
}

/* NULL unless it is there with all its fields. */
static const ldns_rr *signature_of(const ldns_pkt *packet) {
    const ldns_rr *tsig = ldns_pkt_tsig(packet);
    return tsig && ldns_rr_rd_count(tsig) == FIELD_COUNT ? tsig : NULL;
}

int tsig_error(const ldns_pkt *answer) {
    const ldns_rr *tsig = signature_of(answer);
    const ldns_rdf *field = tsig ? ldns_rr_rdf(tsig, FIELD_ERROR) : NULL;
    return field && ldns_rdf_size(field) == 2 ? ldns_rdf2native_int16(field) : 0;
}

static bool same_algorithm(const ldns_pkt *query, const ldns_rr *tsig) {
    return ldns_dname_compare(ldns_rr_rdf(ldns_pkt_tsig(query), FIELD_ALGORITHM),
                              ldns_rr_rdf(tsig, FIELD_ALGORITHM)) == 0;
}

static bool is_signed(const ldns_pkt *query, const struct tsig_key *key, ldns_pkt *answer,
                      struct slice bytes) {
    const ldns_rdf *mac = ldns_rr_rdf(ldns_pkt_tsig(query), FIELD_MAC);
    const ldns_rr *tsig = signature_of(answer);
    return tsig && same_algorithm(query, tsig) &&
           ldns_pkt_tsig_verify(answer, bytes.p, bytes.len, key->name, key->secret, mac);
}

ldns_pkt *tsig_answer(const ldns_pkt *query, const struct tsig_key *key, struct slice bytes) {
    AUTO_PACKET answer = NULL;
    if (ldns_wire2pkt(&answer, bytes.p, bytes.len) != LDNS_STATUS_OK)
        return NULL;
    if (!ldns_pkt_qr(answer) || ldns_pkt_id(answer) != ldns_pkt_id(query) ||
        ldns_pkt_get_opcode(answer) != ldns_pkt_get_opcode(query))
        return NULL;
    int rcode = ldns_pkt_get_rcode(answer);
    bool good = rcode == LDNS_RCODE_NOERROR || rcode == LDNS_RCODE_NXDOMAIN;
    if (good && !is_signed(query, key, answer, bytes))
        return NULL;
    ldns_pkt *taken = answer;
    answer = NULL;
    return taken;
}
