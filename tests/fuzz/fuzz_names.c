/* Names as people type them. */
#include "fuzz.h"
#include "pki/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    const char *typed = arena_strndup(a, (const char *)data, size), *name, *again;
    if (!name_normalise(a, typed, size % 2 == 0, &name, &e))
        return 0;
    CHECK(strlen(name) <= 253 && !strchr(name, ' ') && names_count(name) == 1);
    CHECK(name_normalise(a, name, size % 2 == 0, &again, &e) && strcmp(name, again) == 0);
    CHECK(names_cover(name, name) && names_cover_all(name, name));
    return 0;
}
