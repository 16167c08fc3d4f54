/* Packets of ldns that end with the block. Internal to dns/: nobody else sees ldns. */
#pragma once
#include <ldns/ldns.h>

static inline void packet_free(ldns_pkt **packet) {
    ldns_pkt_free(*packet);
}
#define AUTO_PACKET __attribute__((cleanup(packet_free))) ldns_pkt *
