/* Certificate requests in PEM and DER. */
#include "fuzz.h"
#include "pki/csr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    AUTO_ARENA a = arena_new();
    struct error e = {0};
    struct csr csr, again;
    if (csr_parse(a, slice_of(data, size), &csr, &e)) {
        CHECK(csr.algorithm != KEY_UNKNOWN && csr.names && csr.subject);
        CHECK(csr_parse(a, slice_str(csr_to_pem(a, csr.der)), &again, &e) && slice_equal(csr.der, again.der));
    }
    return 0;
}
