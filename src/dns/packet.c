/* What questions, answers and updates do with packets alike. */
#include "dns/packet.h"
#include <stdlib.h>

/* The packet takes the name over only if it comes about. */
ldns_pkt *packet_query(const char *name, ldns_rr_type type) {
    ldns_rdf *owner = ldns_dname_new_frm_str(name);
    if (!owner)
        return NULL;
    ldns_pkt *packet = ldns_pkt_query_new(owner, type, LDNS_RR_CLASS_IN, 0);
    if (!packet)
        ldns_rdf_deep_free(owner);
    return packet;
}

bool packet_write(struct arena *a, const ldns_pkt *packet, struct slice *message) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    if (ldns_pkt2wire(&bytes, packet, &size) != LDNS_STATUS_OK)
        return false;
    *message = slice_of(arena_copy(a, bytes, size), size);
    free(bytes);
    return true;
}

bool packet_name(struct arena *a, const ldns_rdf *name, const char **text) {
    return dns_name_text(a, slice_of(ldns_rdf_data(name), ldns_rdf_size(name)), text);
}
