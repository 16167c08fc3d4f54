/* Certificates in PEM and DER, as uploads and servers bring them. */
#include "fuzz.h"
#include "pki/import.h"

static void parse_one(struct arena *a, struct slice der) {
    struct error e = {0};
    struct cert cert, again;
    if (!cert_parse(a, der, &cert, &e))
        return;
    CHECK(cert_parse(a, cert.der, &again, &e) && slice_equal(cert.der, der));
    CHECK(cert.tbs.len < der.len && cert.spki.len < cert.tbs.len);
    cert_issued_by(&cert, &cert);
    cert_lint_tbs(a, cert.tbs, cert.not_before, &e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct import import;
    struct slice input = slice_of(data, size);
    parse_one(a, input);
    if (import_read(a, input, slice_of(NULL, 0), NULL, &import, &e))
        CHECK(import.leaf.der.len > 0);
    else
        CHECK(e.id != ERR_NONE);
    return 0;
}
