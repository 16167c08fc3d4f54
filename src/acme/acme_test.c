/* acme: keys, signed messages, what servers say. */
#include "acme/base64url.h"
#include "unit.h"

static void base64url_is_read_strictly(void **state) {
    (void)state;
    AUTO_ARENA a = arena_new();
    struct slice bytes;
    assert_string_equal(base64url_text(a, slice_str("\xff\xfe?")), "__4_");
    assert_true(base64url_bytes(a, "__4_", &bytes));
    assert_true(slice_equal(bytes, slice_str("\xff\xfe?")));
    static const char *const refused[] = {"YQ==", "YQ=", "YR", "Y", "Y Q", "YQ\n", "//4_", "++4"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        assert_false(base64url_bytes(a, refused[i], &bytes));
    assert_true(base64_any_bytes(a, "YQ==", &bytes));
    assert_true(base64_any_bytes(a, "//4/", &bytes));
    assert_false(base64_any_bytes(a, "Y Q", &bytes));
    assert_true(base64url_is("aZ09-_"));
    assert_false(base64url_is(""));
    assert_false(base64url_is("../x"));
    assert_false(base64url_is("a b"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64url_is_read_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
