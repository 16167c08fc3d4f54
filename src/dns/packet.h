/* Packets of ldns. Internal to dns/: nobody else sees ldns. */
#pragma once
#include "dns/dns.h"
#include <ldns/ldns.h>

static inline void packet_free(ldns_pkt **packet) {
    ldns_pkt_free(*packet);
}
/* One that ends with the block. */
#define AUTO_PACKET __attribute__((cleanup(packet_free))) ldns_pkt *

/* A question; NULL if the name is none. */
ldns_pkt *packet_query(const char *name, ldns_rr_type type);
bool packet_write(struct arena *a, const ldns_pkt *packet, struct slice *message);
/* dns_name_text of a name in a packet. */
bool packet_name(struct arena *a, const ldns_rdf *name, const char **text);
