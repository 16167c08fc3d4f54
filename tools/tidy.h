/*
 * Read before each file by tools/tidy. The analyzer sees one file at a time: it has to be told that these
 * return false, or it goes on behind `if (!read_it(&it, e)) return false;` with an `it` that nobody has set.
 */
#pragma once
#include "base/error.h"

#define fail(...)       (fail(__VA_ARGS__), false)
#define fail_field(...) (fail_field(__VA_ARGS__), false)
#define fail_errno(...) (fail_errno(__VA_ARGS__), false)
