/* IP addresses and CIDR ranges. An IPv4 address mapped into IPv6 (::ffff:…) is the IPv4 address everywhere
 * here. */
#pragma once
#include "base/error.h"
#include <netinet/in.h>
#include <sys/socket.h>

struct address {
    int family; /* AF_INET or AF_INET6 */
    uint8_t bytes[16];
};

struct cidr {
    struct address base;
    int bits;
};

/* False for anything that is not IP. */
bool address_from(const struct sockaddr *sa, struct address *address);
/* The other way round, with a port; gives the length. */
socklen_t address_to(const struct address *address, uint16_t port, struct sockaddr_storage *sa);
bool address_parse(const char *text, struct address *address);
void address_text(const struct address *address, char text[INET6_ADDRSTRLEN]);
bool address_equal(const struct address *a, const struct address *b);
bool address_is_loopback(const struct address *address);

/* "10.0.0.0/8", "fd00::/8", or one address; bits behind the prefix must be zero. */
bool cidr_parse(const char *text, struct cidr *cidr, struct error *e);
bool cidr_contains(const struct cidr *cidr, const struct address *address);
