/* CRLs. */
#include "pki/crl.h"
#include "pki/digest.h"
#include "pki/extension.h"
#include <endian.h>

enum { CRL_MAX = 64 * 1024 * 1024, CERTIFICATE_HOLD = 6, REASON_MAX = 10, REASON_UNUSED = 7 };

#define VERSION_2 DER_BYTES("\x02\x01\x01")

/* The names of RFC 5280, 5.3.1; a subscriber may give those of the Baseline Requirements, 4.9.1.1 and 7.2.2.
 */
static const struct reason {
    const char *name;
    bool subscriber;
} reasons[REASON_MAX + 1] = {
    [0] = {"unspecified", true},        [1] = {"keyCompromise", true},  [2] = {"cACompromise", false},
    [3] = {"affiliationChanged", true}, [4] = {"superseded", true},     [5] = {"cessationOfOperation", true},
    [6] = {"certificateHold", false},   [8] = {"removeFromCRL", false}, [9] = {"privilegeWithdrawn", true},
    [10] = {"aACompromise", false},
};

int crl_reason_parse(const char *name) {
    for (int reason = 0; reason <= REASON_MAX; reason++)
        if (reasons[reason].subscriber && strcmp(reasons[reason].name, name) == 0)
            return reason;
    return -1;
}

const char *crl_reason_name(int reason) {
    if (reason < 0 || reason > REASON_MAX || reason == REASON_UNUSED)
        reason = 0;
    return reasons[reason].name;
}

static void put_reason(struct buf *b, int reason) {
    const uint8_t value[] = {DER_ENUMERATED, 1, (uint8_t)reason};
    size_t extensions = der_open(b, DER_SEQUENCE);
    extension_put(b, OID_REASON_CODE, false, slice_of(value, sizeof value));
    der_close(b, extensions);
}

/* An odd number of digits lacks its first zero. */
static bool serial_bytes(struct arena *a, const char *hex, struct slice *serial) {
    if (strlen(hex) % 2 != 0)
        hex = arena_printf(a, "0%s", hex);
    return hex_bytes(a, hex, serial) && serial->len > 0;
}

static bool put_entry(struct buf *b, const struct crl_entry *entry, struct error *e) {
    struct slice serial;
    if (!serial_bytes(b->arena, entry->serial, &serial))
        return fail(e, ERR_INTERNAL, "'%s' is not a serial number", "“%s”不是序列号", entry->serial);
    if (entry->reason < 0 || entry->reason > REASON_MAX || entry->reason == REASON_UNUSED ||
        entry->reason == CERTIFICATE_HOLD)
        return fail(e, ERR_BAD_FIELD, "%d is not a reason a certificate is revoked for",
                    "%d 不是有效的吊销原因", entry->reason);
    size_t mark = der_open(b, DER_SEQUENCE);
    der_put_unsigned(b, serial);
    der_put_time(b, entry->revoked_at);
    if (entry->reason != 0)
        put_reason(b, entry->reason);
    der_close(b, mark);
    return true;
}

/* revokedCertificates is left out if nothing is revoked (RFC 5280, 5.1.2.6). */
static bool put_entries(struct buf *b, const struct crl_template *t, struct error *e) {
    if (t->count == 0)
        return true;
    size_t mark = der_open(b, DER_SEQUENCE);
    for (size_t i = 0; i < t->count; i++)
        if (!put_entry(b, &t->entries[i], e))
            return false;
    der_close(b, mark);
    return true;
}

static void put_extensions(struct buf *b, const struct crl_template *t) {
    struct buf number = buf_new(b->arena, EXTENSION_MAX);
    uint64_t big_endian = htobe64((uint64_t)t->number);
    der_put_unsigned(&number, slice_of(&big_endian, sizeof big_endian));
    size_t outer = der_open(b, DER_EXPLICIT(0)), list = der_open(b, DER_SEQUENCE);
    extension_put_authority_key_id(b, t->issuer_key_id);
    extension_put(b, OID_CRL_NUMBER, false, buf_slice(&number));
    der_close(b, list);
    der_close(b, outer);
}

bool crl_build_tbs(struct arena *a, const struct crl_template *t, struct slice *tbs, struct error *e) {
    struct buf b = buf_new(a, CRL_MAX);
    if (t->number < 0 || t->next_update <= t->this_update ||
        key_signature_algorithm(t->issuer_algorithm).len == 0)
        return fail(e, ERR_INTERNAL, "the CRL's number, dates or issuer's key are not valid",
                    "CRL 的编号、日期或签发者密钥无效");
    size_t mark = der_open(&b, DER_SEQUENCE);
    der_add(&b, VERSION_2);
    der_add(&b, key_signature_algorithm(t->issuer_algorithm));
    der_add(&b, t->issuer_der);
    der_put_time(&b, t->this_update);
    der_put_time(&b, t->next_update);
    if (!put_entries(&b, t, e))
        return false;
    put_extensions(&b, t);
    der_close(&b, mark);
    if (b.overflow)
        return fail(e, ERR_INTERNAL, "the CRL would have more than %d bytes", "CRL 将超过 %d 字节", CRL_MAX);
    *tbs = buf_slice(&b);
    return true;
}
