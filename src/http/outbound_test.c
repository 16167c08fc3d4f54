/* http/address and http/outbound: which addresses are closed, and connecting to the others. */
#include "base/clock.h"
#include "http/outbound.h"
#include "unit.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct cidr cidr(const char *text) {
    struct cidr c;
    struct error e;
    assert_ok(cidr_parse(text, &c, &e), e);
    return c;
}

static bool allowed(const char *text, const struct outbound_policy *policy) {
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
        return outbound_allowed(policy, (struct sockaddr *)&in);
    assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
    return outbound_allowed(policy, (struct sockaddr *)&in6);
}

static void only_public_addresses_are_open(void **state) {
    (void)state;
    static const char *const open[] = {
        "8.8.8.8",         "1.0.0.0",         "9.255.255.255", "11.0.0.0",        "100.63.255.255",
        "100.128.0.0",     "126.255.255.255", "128.0.0.0",     "169.253.255.255", "172.15.255.255",
        "172.32.0.0",      "192.167.255.255", "192.169.0.0",   "198.17.255.255",  "198.20.0.0",
        "223.255.255.255", "2606:4700::1111", "2400:cb00::1",  "::ffff:8.8.8.8",  "64:ff9b::8.8.8.8",
        "2002:808:808::1"};
    static const char *const closed[] = {"0.0.0.0",
                                         "0.1.2.3",
                                         "10.0.0.1",
                                         "100.64.0.1",
                                         "100.100.100.200",
                                         "127.0.0.1",
                                         "127.255.255.255",
                                         "169.254.169.254",
                                         "172.16.0.1",
                                         "172.31.255.255",
                                         "192.0.0.1",
                                         "192.0.2.1",
                                         "192.88.99.1",
                                         "192.168.1.1",
                                         "198.18.0.1",
                                         "198.19.255.255",
                                         "198.51.100.1",
                                         "203.0.113.1",
                                         "224.0.0.1",
                                         "239.255.255.255",
                                         "240.0.0.1",
                                         "255.255.255.255",
                                         "::",
                                         "::1",
                                         "::127.0.0.1",
                                         "::ffff:127.0.0.1",
                                         "::ffff:10.0.0.1",
                                         "64:ff9b::127.0.0.1",
                                         "64:ff9b::192.168.0.1",
                                         "64:ff9b:1::8.8.8.8",
                                         "2002:7f00:1::1",
                                         "2002:a00:1::",
                                         "2001::1",
                                         "2001:db8::1",
                                         "100::1",
                                         "3fff::1",
                                         "5f00::1",
                                         "fc00::1",
                                         "fdff::1",
                                         "fe80::1",
                                         "fec0::1",
                                         "ff02::1"};
    const struct outbound_policy strict = {NULL, 0};
    for (size_t i = 0; i < COUNT(open); i++)
        assert_true(allowed(open[i], &strict) || (print_error("%s\n", open[i]), false));
    for (size_t i = 0; i < COUNT(closed); i++)
        assert_false(allowed(closed[i], &strict) && (print_error("%s\n", closed[i]), true));
}

static void the_configuration_opens_ranges(void **state) {
    (void)state;
    const struct cidr ranges[] = {cidr("10.1.0.0/16"), cidr("fd00:1::/32"), cidr("127.0.0.1")};
    const struct outbound_policy policy = {ranges, COUNT(ranges)};
    assert_true(allowed("10.1.255.255", &policy));
    assert_true(allowed("::ffff:10.1.0.1", &policy));
    assert_true(allowed("64:ff9b::10.1.0.1", &policy));
    assert_true(allowed("fd00:1::9", &policy));
    assert_true(allowed("127.0.0.1", &policy));
    assert_false(allowed("127.0.0.2", &policy));
    assert_false(allowed("10.2.0.1", &policy));
    assert_false(allowed("fd00:2::1", &policy));
    assert_true(allowed("127.0.0.2", &outbound_anywhere));
    assert_true(allowed("fe80::1", &outbound_anywhere));
    const struct sockaddr unix_socket = {.sa_family = AF_UNIX};
    assert_false(outbound_allowed(&outbound_anywhere, &unix_socket));
}

static void ranges_are_read_strictly(void **state) {
    (void)state;
    static const char *const good[] = {"0.0.0.0/0", "10.0.0.0/8", "10.1.2.3", "10.1.2.3/32",
                                       "::/0",      "::1",        "fd00::/8"};
    static const char *const bad[] = {"",
                                      "/",
                                      "10.0.0.0/",
                                      "10.0.0.0/33",
                                      "10.0.0.0/08",
                                      "10.0.0.0/+8",
                                      "10.0.0.1/8",
                                      "10.0.0/8",
                                      "localhost",
                                      "::/129",
                                      "::1/64",
                                      "10.0.0.0/8 ",
                                      "010.0.0.0/8",
                                      "10.0.0.0/4294967304",
                                      "fe80::1%lo"};
    for (size_t i = 0; i < COUNT(good); i++)
        cidr(good[i]);
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct cidr c;
        struct error e;
        assert_fails(cidr_parse(bad[i], &c, &e), e, ERR_BAD_FIELD);
    }
}

/* A listening socket of this machine, and its port. */
static int listen_here(uint16_t *port) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof in;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &len), 0);
    *port = ntohs(in.sin_port);
    return fd;
}

static void connecting_checks_the_address_after_resolution(void **state) {
    (void)state;
    const struct outbound_policy strict = {NULL, 0};
    char address[INET6_ADDRSTRLEN];
    struct error e;
    uint16_t port;
    int fd;
    int listener = listen_here(&port);
    int64_t deadline = clock_monotonic_ms() + 2000;
    assert_fails(outbound_connect(&strict, "127.0.0.1", port, deadline, &fd, address, &e), e,
                 ERR_ADDRESS_NOT_ALLOWED);
    assert_fails(outbound_connect(&strict, "localhost", port, deadline, &fd, address, &e), e,
                 ERR_ADDRESS_NOT_ALLOWED);
    /* other ways to write 127.0.0.1 that resolvers understand */
    assert_fails(outbound_connect(&strict, "2130706433", port, deadline, &fd, address, &e), e,
                 ERR_ADDRESS_NOT_ALLOWED);
    assert_fails(outbound_connect(&strict, "0x7f.1", port, deadline, &fd, address, &e), e,
                 ERR_ADDRESS_NOT_ALLOWED);
    assert_ok(outbound_connect(&outbound_anywhere, "127.0.0.1", port, deadline, &fd, address, &e), e);
    assert_string_equal(address, "127.0.0.1");
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    close(fd);
    close(listener);
}

static void failed_connections_tell_why(void **state) {
    (void)state;
    char address[INET6_ADDRSTRLEN];
    struct error e;
    uint16_t port;
    int fd;
    int64_t start = clock_monotonic_ms();
    close(listen_here(&port));
    assert_fails(outbound_connect(&outbound_anywhere, "127.0.0.1", port, start + 2000, &fd, address, &e), e,
                 ERR_UNREACHABLE);
    assert_non_null(strstr(e.detail[LANG_EN], "Connection refused"));
    /* a full queue of a listener does not answer */
    int listener = listen_here(&port);
    int waiting[8], count = 0;
    while (count < 8 && outbound_connect(&outbound_anywhere, "127.0.0.1", port, clock_monotonic_ms() + 100,
                                         &waiting[count], address, &e))
        count++;
    assert_true(count < 8);
    assert_string_equal(error_row(e.id)->code, "timed_out");
    while (count)
        close(waiting[--count]);
    close(listener);
    assert_true(clock_monotonic_ms() - start < 2000);
}

TEST_MAIN(outbound, test(only_public_addresses_are_open), test(the_configuration_opens_ranges),
          test(ranges_are_read_strictly), test(connecting_checks_the_address_after_resolution),
          test(failed_connections_tell_why))
