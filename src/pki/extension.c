/* Extensions. */
#include "pki/extension.h"
#include "pki/names.h"

/* GeneralName choices */
enum { GENERAL_DNS = DER_CONTEXT(2), GENERAL_URI = DER_CONTEXT(6), GENERAL_IP = DER_CONTEXT(7) };

/* ---- writing ---- */

/* Extension ::= SEQUENCE { id, critical BOOLEAN DEFAULT FALSE, value OCTET STRING } */
void extension_put(struct buf *b, struct slice oid, bool critical, struct slice value) {
    size_t mark = der_open(b, DER_SEQUENCE);
    der_put(b, DER_OID, oid);
    if (critical)
        der_put(b, DER_BOOLEAN, DER_BYTES("\xff"));
    der_put(b, DER_OCTET_STRING, value);
    der_close(b, mark);
}

static void put_general_name(struct buf *b, const char *name) {
    uint8_t octets[16];
    size_t len = name_ip_octets(name, octets);
    if (len > 0)
        der_put(b, GENERAL_IP, slice_of(octets, len));
    else
        der_put(b, GENERAL_DNS, slice_str(name));
}

void extension_put_names(struct buf *b, const char *names, bool critical) {
    struct buf value = buf_new(b->arena, EXTENSION_MAX);
    struct slice name;
    size_t mark = der_open(&value, DER_SEQUENCE);
    while (names_next(&names, &name))
        put_general_name(&value, arena_strndup(b->arena, (const char *)name.p, name.len));
    der_close(&value, mark);
    b->overflow = b->overflow || value.overflow;
    extension_put(b, OID_SUBJECT_ALT_NAME, critical, buf_slice(&value));
}

/* AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0] } */
void extension_put_authority_key_id(struct buf *b, struct slice key_id) {
    struct buf value = buf_new(b->arena, EXTENSION_MAX);
    size_t mark = der_open(&value, DER_SEQUENCE);
    der_put(&value, DER_CONTEXT(0), key_id);
    der_close(&value, mark);
    extension_put(b, OID_AUTHORITY_KEY_ID, false, buf_slice(&value));
}

/* ---- reading ---- */

bool extension_next(struct slice *list, struct extension *extension) {
    struct slice fields, critical;
    if (!der_take(list, DER_SEQUENCE, &fields) || !der_take(&fields, DER_OID, &extension->oid))
        return false;
    extension->critical =
        der_take(&fields, DER_BOOLEAN, &critical) && slice_equal(critical, DER_BYTES("\xff"));
    return der_take(&fields, DER_OCTET_STRING, &extension->value) && fields.len == 0;
}

bool extension_find(struct slice list, struct slice oid, struct extension *extension) {
    while (extension_next(&list, extension))
        if (slice_equal(extension->oid, oid))
            return true;
    return false;
}

/* Printable ASCII without the space that separates names in our lists. */
static bool is_one_word(struct slice text) {
    for (size_t i = 0; i < text.len; i++)
        if (text.p[i] <= ' ' || text.p[i] > '~')
            return false;
    return text.len > 0;
}

static const char *general_name_text(struct arena *a, const struct der *name) {
    if (name->tag == GENERAL_IP)
        return name_of_ip(a, name->content);
    if (!is_one_word(name->content))
        return NULL;
    char *text = arena_strndup(a, (const char *)name->content.p, name->content.len);
    for (char *p = text; *p; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p | 0x20) : *p;
    return text;
}

bool extension_read_names(struct arena *a, struct slice value, const char **names, size_t *others) {
    struct buf list = buf_new(a, EXTENSION_MAX);
    struct slice rest;
    struct der name;
    *others = 0;
    if (!der_only(value, DER_SEQUENCE, &rest))
        return false;
    while (der_next(&rest, &name)) {
        if (name.tag != GENERAL_DNS && name.tag != GENERAL_IP) {
            ++*others;
            continue;
        }
        const char *text = general_name_text(a, &name);
        if (!text)
            return false;
        buf_str(&list, list.len > 0 ? " " : "");
        buf_str(&list, text);
    }
    *names = list.p;
    return rest.len == 0 && !list.overflow;
}

static const char *http_url(struct arena *a, const struct der *general_name) {
    struct slice text = general_name->content;
    bool http =
        general_name->tag == GENERAL_URI && text.len > 7 && strncasecmp((const char *)text.p, "http", 4) == 0;
    return http && is_one_word(text) ? arena_strndup(a, (const char *)text.p, text.len) : NULL;
}

/* CRLDistributionPoints: SEQUENCE OF SEQUENCE { distributionPoint [0] { fullName [0] GeneralNames }, … } */
const char *extension_crl_url(struct arena *a, struct slice value) {
    struct slice points, point, name, full;
    struct der general_name;
    const char *url = NULL;
    if (!der_only(value, DER_SEQUENCE, &points))
        return NULL;
    while (!url && der_take(&points, DER_SEQUENCE, &point)) {
        if (!der_take(&point, DER_EXPLICIT(0), &name) || !der_take(&name, DER_EXPLICIT(0), &full))
            continue;
        while (!url && der_next(&full, &general_name))
            url = http_url(a, &general_name);
    }
    return url;
}

/* AuthorityInfoAccess: SEQUENCE OF SEQUENCE { accessMethod OID, accessLocation GeneralName } */
const char *extension_access_url(struct arena *a, struct slice value, struct slice method) {
    struct slice descriptions, description, oid;
    struct der location;
    if (!der_only(value, DER_SEQUENCE, &descriptions))
        return NULL;
    while (der_take(&descriptions, DER_SEQUENCE, &description)) {
        if (!der_take(&description, DER_OID, &oid) || !slice_equal(oid, method) ||
            !der_next(&description, &location))
            continue;
        const char *url = http_url(a, &location);
        if (url)
            return url;
    }
    return NULL;
}
