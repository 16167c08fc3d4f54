/* Certificates as ACME hands them out and names them. */
#include "acme/base64url.h"
#include "acme/message.h"
#include "pki/digest.h"
#include "pki/pem.h"
#include <stdlib.h>

static bool not_strict(struct error *e) {
    return fail(e, ERR_ACME_ANSWER, "the chain is not PEM certificates and nothing else",
                "证书链不是纯 PEM 证书文本");
}

/* Only line ends may stand between the blocks, which are certificates. */
static bool check_strict(struct slice pem, size_t *count, struct error *e) {
    struct pem_reader reader = pem_reader(pem);
    struct pem_block block;
    const uint8_t *end = pem.p;
    for (*count = 0; pem_next(&reader, &block); (*count)++) {
        for (; end < block.text.p; end++)
            if (*end != '\n' && *end != '\r')
                return not_strict(e);
        if (!pem_has_label(&block, "CERTIFICATE") || *count == ACME_CHAIN_MAX)
            return not_strict(e);
        end = block.text.p + block.text.len;
    }
    return (!reader.bad && *count > 0) || not_strict(e);
}

bool acme_read_chain(struct arena *a, struct slice pem, struct cert **certs, size_t *count, struct error *e) {
    struct error unreadable = {0};
    size_t blocks;
    if (!check_strict(pem, &blocks, e))
        return false;
    if (cert_list_from_pem(a, pem, blocks, certs, count, &unreadable))
        return true;
    return fail(e, ERR_ACME_ANSWER, "the chain: %s%.0s", "证书链:%.0s%s", unreadable.detail[LANG_EN],
                unreadable.detail[LANG_ZH]);
}

/* The octets of the INTEGER: a leading zero where the first bit would say that it is negative. */
static bool serial_octets(struct arena *a, const struct cert *cert, struct slice *octets) {
    const char *hex = cert->serial;
    bool negative_look = strchr("89abcdef", hex[0]) != NULL && hex[0];
    return hex_bytes(a, negative_look ? arena_printf(a, "00%s", hex) : hex, octets);
}

bool acme_certificate_id(struct arena *a, const struct cert *cert, const char **id) {
    struct slice serial;
    if (cert->authority_key_id.len == 0 || !serial_octets(a, cert, &serial))
        return false;
    *id = arena_printf(a, "%s.%s", base64url_text(a, cert->authority_key_id), base64url_text(a, serial));
    return true;
}
