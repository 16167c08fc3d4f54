/* IP addresses and CIDR ranges. */
#include "http/address.h"
#include <arpa/inet.h>

static size_t address_len(const struct address *address) {
    return address->family == AF_INET ? 4 : 16;
}

static struct address address_of(int family, const void *bytes) {
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (family == AF_INET6 && memcmp(bytes, mapped, sizeof mapped) == 0)
        return address_of(AF_INET, (const uint8_t *)bytes + sizeof mapped);
    struct address address = {.family = family};
    memcpy(address.bytes, bytes, address_len(&address));
    return address;
}

bool address_from(const struct sockaddr *sa, struct address *address) {
    if (sa->sa_family == AF_INET)
        *address = address_of(AF_INET, &((const struct sockaddr_in *)(const void *)sa)->sin_addr);
    else if (sa->sa_family == AF_INET6)
        *address = address_of(AF_INET6, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr);
    else
        return false;
    return true;
}

socklen_t address_to(const struct address *address, uint16_t port, struct sockaddr_storage *sa) {
    memset(sa, 0, sizeof *sa);
    if (address->family == AF_INET) {
        struct sockaddr_in *in = (struct sockaddr_in *)sa;
        in->sin_family = AF_INET;
        in->sin_port = htons(port);
        memcpy(&in->sin_addr, address->bytes, sizeof in->sin_addr);
        return sizeof *in;
    }
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)sa;
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(port);
    memcpy(&in6->sin6_addr, address->bytes, sizeof in6->sin6_addr);
    return sizeof *in6;
}

bool address_parse(const char *text, struct address *address) {
    uint8_t bytes[16];
    int family = strchr(text, ':') ? AF_INET6 : AF_INET;
    if (inet_pton(family, text, bytes) != 1)
        return false;
    *address = address_of(family, bytes);
    return true;
}

void address_text(const struct address *address, char text[INET6_ADDRSTRLEN]) {
    inet_ntop(address->family, address->bytes, text, INET6_ADDRSTRLEN);
}

bool address_equal(const struct address *a, const struct address *b) {
    return a->family == b->family && memcmp(a->bytes, b->bytes, address_len(a)) == 0;
}

bool address_is_loopback(const struct address *address) {
    static const struct cidr loopback[] = {{{AF_INET, {127}}, 8}, {{AF_INET6, {[15] = 1}}, 128}};
    return cidr_contains(&loopback[0], address) || cidr_contains(&loopback[1], address);
}

/* Digits only, at most three: "08" and "+8" are somebody's mistake. */
static bool parse_bits(const char *text, int max, int *bits) {
    size_t len = strspn(text, "0123456789");
    *bits = 0;
    if (len == 0 || len > 3 || text[len] || (*text == '0' && len > 1))
        return false;
    for (; *text; text++)
        *bits = *bits * 10 + (*text - '0');
    return *bits <= max;
}

static bool bit(const struct address *address, int index) {
    return address->bytes[index / 8] >> (7 - index % 8) & 1;
}

static bool rest_is_zero(const struct cidr *cidr) {
    for (int i = cidr->bits; i < (int)address_len(&cidr->base) * 8; i++)
        if (bit(&cidr->base, i))
            return false;
    return true;
}

static bool parse(const char *text, struct cidr *cidr) {
    char base[INET6_ADDRSTRLEN];
    size_t len = strcspn(text, "/");
    if (len >= sizeof base)
        return false;
    memcpy(base, text, len);
    base[len] = 0;
    if (!address_parse(base, &cidr->base))
        return false;
    int max = (int)address_len(&cidr->base) * 8;
    cidr->bits = max;
    return (!text[len] || parse_bits(text + len + 1, max, &cidr->bits)) && rest_is_zero(cidr);
}

bool cidr_parse(const char *text, struct cidr *cidr, struct error *e) {
    return parse(text, cidr) || fail(e, ERR_BAD_FIELD, "'%s' is not an address range such as 10.0.0.0/8",
                                     "“%s”不是有效的地址段,例如 10.0.0.0/8", text);
}

bool cidr_contains(const struct cidr *cidr, const struct address *address) {
    if (cidr->base.family != address->family)
        return false;
    for (int i = 0; i < cidr->bits; i++)
        if (bit(&cidr->base, i) != bit(address, i))
            return false;
    return true;
}
