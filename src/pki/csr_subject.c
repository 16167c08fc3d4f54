/* Subjects of certificate requests. */
#include "pki/csr_subject.h"
#include "pki/extension.h"

enum { SUBJECT_MAX = 4096, CHARACTERS_MAX = 128, PRINTABLE_STRING = 0x13 };

/* In the order in which they stand in a Name: from the country down to the host. `max` counts characters. */
static const struct attribute {
    const char *field;
    size_t offset, max;
    struct slice oid;
} attributes[] = {
    {"country", offsetof(struct csr_subject, country), 2, DER_INIT("\x55\x04\x06")},
    {"province", offsetof(struct csr_subject, province), CHARACTERS_MAX, DER_INIT("\x55\x04\x08")},
    {"locality", offsetof(struct csr_subject, locality), CHARACTERS_MAX, DER_INIT("\x55\x04\x07")},
    {"organization", offsetof(struct csr_subject, organization), 64, DER_INIT("\x55\x04\x0a")},
    {"organizational_unit", offsetof(struct csr_subject, organizational_unit), 64, DER_INIT("\x55\x04\x0b")},
    {"common_name", offsetof(struct csr_subject, common_name), 64, DER_INIT("\x55\x04\x03")},
};

static size_t characters(const char *text) {
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80;
    return n;
}

static bool has_control(const char *text) {
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

static bool is_country(const char *text) {
    return text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' && text[1] <= 'Z' && !text[2];
}

static bool check(const struct attribute *attribute, const char *value, struct error *e) {
    bool country = attribute->max == 2;
    if (country && !is_country(value))
        return fail_field(e, attribute->field, ERR_BAD_FIELD,
                          "'%s' is no country: give its two letters, such as CN",
                          "“%s”不是国家代码:请使用两位大写字母,如 CN", value);
    if (characters(value) > attribute->max)
        return fail_field(e, attribute->field, ERR_BAD_FIELD, "%s has %zu characters at most",
                          "%s 最多 %zu 个字符", attribute->field, attribute->max);
    return !has_control(value) ||
           fail_field(e, attribute->field, ERR_BAD_FIELD, "%s holds a control character", "%s 包含控制字符",
                      attribute->field);
}

/* RelativeDistinguishedName ::= SET { SEQUENCE { type, value } } */
static void put(struct buf *b, const struct attribute *attribute, const char *value) {
    size_t set = der_open(b, DER_SET), sequence = der_open(b, DER_SEQUENCE);
    der_put(b, DER_OID, attribute->oid);
    der_put(b, attribute->max == 2 ? PRINTABLE_STRING : DER_UTF8_STRING, slice_str(value));
    der_close(b, sequence);
    der_close(b, set);
}

bool csr_subject_der(struct arena *a, const struct csr_subject *subject, struct slice *der, struct error *e) {
    struct buf b = buf_new(a, SUBJECT_MAX);
    size_t name = der_open(&b, DER_SEQUENCE);
    for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
        const char *value;
        memcpy(&value, (const char *)subject + attributes[i].offset, sizeof value);
        if (!value || !*value)
            continue;
        if (!check(&attributes[i], value, e))
            return false;
        put(&b, &attributes[i], value);
    }
    der_close(&b, name);
    *der = buf_slice(&b);
    return true;
}
