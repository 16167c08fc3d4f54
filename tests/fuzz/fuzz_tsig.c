/* Answers to a signed update; nobody but the server has the key, so none may count as a success. */
#include "dns/tsig.h"
#include "fuzz.h"

static ldns_pkt *query_new(const struct tsig_key *key, uint16_t id) {
    ldns_pkt *query =
        ldns_pkt_query_new(ldns_dname_new_frm_str("example.test"), LDNS_RR_TYPE_SOA, LDNS_RR_CLASS_IN, 0);
    ldns_pkt_set_opcode(query, LDNS_PACKET_UPDATE);
    ldns_pkt_set_id(query, id);
    CHECK(tsig_sign(query, key));
    return query;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const struct tsig_key key = {.name = "good.",
                                 .algorithm = "hmac-sha256.",
                                 .secret = "c2VjcmV0IG9mIHRoZSBnb29kIGtleSwgMzIgYnl0ZXM="};
    if (size < 2)
        return 0;
    AUTO_PACKET query = query_new(&key, (uint16_t)(data[0] << 8 | data[1]));
    AUTO_PACKET answer = tsig_answer(query, &key, slice_of(data, size));
    if (!answer)
        return 0;
    CHECK(ldns_pkt_get_rcode(answer) != LDNS_RCODE_NOERROR);
    CHECK(tsig_error(answer) <= UINT16_MAX);
    return 0;
}
