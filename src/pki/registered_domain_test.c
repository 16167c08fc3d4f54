#include "pki/registered_domain.h"
#include "unit.h"

static void registered_domains_follow_the_public_suffix_list(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    assert_string_equal(registered_domain(a, "www.example.com"), "example.com");
    assert_string_equal(registered_domain(a, "*.a.example.co.uk"), "example.co.uk");
    assert_string_equal(registered_domain(a, "me.github.io"), "me.github.io");
    assert_string_equal(registered_domain(a, "xn--fiqs8s"), "xn--fiqs8s");
    assert_string_equal(registered_domain(a, "192.0.2.1"), "192.0.2.1");
    assert_string_equal(registered_domain(a, "2001:db8::1"), "2001:db8::1");
}

TEST_MAIN(registered_domain, test(registered_domains_follow_the_public_suffix_list))
