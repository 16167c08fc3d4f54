/* For the tests of this slice: the objects in tests/data/, made by tests/data/make. */
#pragma once
#include "base/file.h"
#include "pki/pem.h"
#include <stdio.h>
#include <stdlib.h>

#ifndef TEST_DATA
#define TEST_DATA "tests/data"
#endif

/* The whole file; a test without its objects must not pass. */
static inline struct slice fixture(struct arena *a, const char *name) {
    struct error e = {0};
    struct slice content;
    if (!file_read(a, arena_printf(a, "%s/%s", TEST_DATA, name), 1 << 20, &content, &e)) {
        fprintf(stderr, "fixture %s: %s\n", name, e.detail[LANG_EN]);
        abort();
    }
    return content;
}

/* The first PEM block of the file. */
static inline struct slice fixture_der(struct arena *a, const char *name) {
    struct pem_reader reader = pem_reader(fixture(a, name));
    struct pem_block block;
    struct slice der;
    if (!pem_next(&reader, &block) || !pem_decode(a, &block, &der)) {
        fprintf(stderr, "fixture %s holds no PEM\n", name);
        abort();
    }
    return der;
}
