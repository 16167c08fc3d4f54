/*
 * What every x_test.c begins with: cmocka, and one group a file. `TEST_MAIN(policy, test(a), test(b))` makes
 * the program; each test is a static void f(void **state).
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#undef fail /* cmocka's; ours is the one of base/error.h */

#include "base/error.h"
#include <stdio.h>

#define test(f) cmocka_unit_test(f)

#define TEST_MAIN(group, ...)                                                                                \
    int main(void) {                                                                                         \
        const struct CMUnitTest tests[] = {__VA_ARGS__};                                                     \
        return cmocka_run_group_tests_name(#group, tests, NULL, NULL);                                       \
    }

/* Asserts success and prints the error otherwise. */
#define assert_ok(call, e)                                                                                   \
    do {                                                                                                     \
        if (!(call)) {                                                                                       \
            print_error("%s: %s %s\n", #call, error_row((e).id)->code, (e).detail[LANG_EN]);                 \
            _fail(__FILE__, __LINE__);                                                                       \
        }                                                                                                    \
    } while (0)

#define assert_fails(call, e, expected)                                                                      \
    do {                                                                                                     \
        assert_false(call);                                                                                  \
        assert_string_equal(error_row((e).id)->code, error_row(expected)->code);                             \
    } while (0)
