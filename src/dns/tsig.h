/* Messages signed with a shared key (TSIG, RFC 8945), by ldns. Internal to dns/. */
#pragma once
#include "dns/dns.h"
#include "dns/packet.h"

struct tsig_key {
    const char *name, *algorithm; /* lower case, with their final dots */
    const char *secret;           /* base64 */
};

enum { TSIG_FUDGE_SECONDS = 300 };
enum tsig_error { TSIG_BADSIG = 16, TSIG_BADKEY = 17, TSIG_BADTIME = 18 };

/* The time in the signature is that of the machine: the server compares it with its own clock. */
bool tsig_sign(ldns_pkt *query, const struct tsig_key *key);
/*
 * Bytes from outside: the answer to a query that was signed with the key; NULL if they are none. Who does not
 * know our key cannot sign that it does not, but what an answer says to have done or found is signed.
 */
ldns_pkt *tsig_answer(const ldns_pkt *query, const struct tsig_key *key, struct slice bytes);
/* What the server says of our signature; 0: nothing. */
int tsig_error(const ldns_pkt *answer);
