/*
 * The Baseline Requirements' subset for a certificate that is about to be signed: one row a rule. Where RFC
 * 5280 and the Requirements differ, the stricter one counts; a private CA keeps them as well, so that any
 * client is content.
 */
#include "base/clock.h"
#include "pki/cert.h"
#include "pki/names.h"
#include "pki/tbs.h"
#include <stdio.h>

enum { SERIAL_LEN_MIN = 8, SERIAL_LEN_MAX = 20, BACKDATE_MAX = 2 * DAY, VERSION_3 = 2 };

struct subject {
    struct arena *arena;
    struct tbs tbs;
    int64_t now;
    bool ca;
    const char *names; /* of the SAN; NULL if there is none or it cannot be read */
    size_t other_names;
    bool names_critical;
};

static bool has(const struct subject *s, struct slice oid, struct extension *x) {
    return extension_find(s->tbs.extensions, oid, x);
}

static bool subject_is_empty(const struct subject *s) {
    return slice_equal(s->tbs.subject, DER_BYTES("\x30\x00"));
}

/* ---- the rules ---- */

static bool version_is_3(const struct subject *s) {
    return s->tbs.version == VERSION_3;
}

static bool serial_is_positive(const struct subject *s) {
    const struct slice n = s->tbs.serial;
    return !(n.p[0] & 0x80) && !slice_equal(n, DER_BYTES("\0"));
}

static bool serial_has_a_fit_length(const struct subject *s) {
    return s->tbs.serial.len >= SERIAL_LEN_MIN && s->tbs.serial.len <= SERIAL_LEN_MAX;
}

static bool validity_is_in_order(const struct subject *s) {
    return s->tbs.not_before <= s->tbs.not_after;
}

static bool start_is_near(const struct subject *s) {
    return s->tbs.not_before >= s->now - BACKDATE_MAX && s->tbs.not_before <= s->now + BACKDATE_MAX;
}

static bool end_is_ahead(const struct subject *s) {
    return s->tbs.not_after >= s->now;
}

static bool issuer_is_named(const struct subject *s) {
    return !slice_equal(s->tbs.issuer, DER_BYTES("\x30\x00"));
}

static bool signature_is_ours(const struct subject *s) {
    for (int id = KEY_UNKNOWN + 1; id < KEY_ALGORITHM_COUNT; id++)
        if (slice_equal(s->tbs.algorithm, key_signature_algorithm((enum key_algorithm)id)))
            return true;
    return false;
}

static bool extensions_are_known(const struct subject *s) {
    const struct slice known[] = {OID_SUBJECT_KEY_ID, OID_KEY_USAGE,        OID_SUBJECT_ALT_NAME,
                                  OID_POLICIES,       OID_CRL_DISTRIBUTION, OID_BASIC_CONSTRAINTS,
                                  OID_AUTHORITY_INFO, OID_AUTHORITY_KEY_ID, OID_EXTENDED_KEY_USAGE};
    struct slice list = s->tbs.extensions;
    struct extension x;
    while (extension_next(&list, &x)) {
        size_t i = 0;
        while (i < sizeof known / sizeof *known && !slice_equal(x.oid, known[i]))
            i++;
        if (i == sizeof known / sizeof *known)
            return false;
    }
    return true;
}

static bool extensions_are_single(const struct subject *s) {
    struct slice list = s->tbs.extensions;
    struct extension x, again;
    while (extension_next(&list, &x))
        if (extension_find(list, x.oid, &again))
            return false;
    return true;
}

static bool names_are_there(const struct subject *s) {
    return s->names && *s->names;
}

static bool names_are_hosts_only(const struct subject *s) {
    return s->other_names == 0;
}

/* As names are stored: A-labels, a wildcard as the whole first label, no underscore. */
static bool names_are_valid(const struct subject *s) {
    struct slice name;
    const char *rest = s->names, *normal;
    struct error ignored;
    while (rest && names_next(&rest, &name)) {
        const char *text = arena_strndup(s->arena, (const char *)name.p, name.len);
        if (!name_normalise(s->arena, text, false, &normal, &ignored) || strcmp(text, normal) != 0)
            return false;
    }
    return true;
}

static bool names_are_critical_without_subject(const struct subject *s) {
    return s->names_critical == subject_is_empty(s);
}

static bool is_one_of(const char *names, struct slice text) {
    struct slice name;
    while (names_next(&names, &name))
        if (slice_equal(name, text))
            return true;
    return false;
}

/* Name: a list of SETs of attributes; a common name repeats one of the names, and stands alone (7.1.2.7.2).
 */
static bool common_name_is_a_name(const struct subject *s) {
    struct slice list, set, attribute, oid;
    struct der value;
    if (!der_only(s->tbs.subject, DER_SEQUENCE, &list))
        return false;
    while (list.len > 0) {
        if (!der_take(&list, DER_SET, &set) || !der_only(set, DER_SEQUENCE, &attribute) ||
            !der_take(&attribute, DER_OID, &oid) || !der_next(&attribute, &value))
            return false;
        if (!slice_equal(oid, OID_COMMON_NAME) || !is_one_of(s->names, value.content))
            return false;
    }
    return true;
}

static bool subject_is_named(const struct subject *s) {
    return !subject_is_empty(s);
}

static bool policy_is_one_of_the_reserved(const struct subject *s) {
    static const struct slice reserved[] = {
        DER_INIT("\x67\x81\x0c\x01\x02\x01"), /* domain validated */
        DER_INIT("\x67\x81\x0c\x01\x02\x02"), /* organization validated */
        DER_INIT("\x67\x81\x0c\x01\x02\x03"), /* individual validated */
        DER_INIT("\x67\x81\x0c\x01\x01"),     /* extended validation */
    };
    struct extension x;
    struct slice policies, policy, oid;
    size_t count = 0;
    if (!has(s, OID_POLICIES, &x) || !der_only(x.value, DER_SEQUENCE, &policies))
        return false;
    while (der_take(&policies, DER_SEQUENCE, &policy) && der_take(&policy, DER_OID, &oid))
        for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
            count += slice_equal(oid, reserved[i]);
    return count == 1;
}

static bool usage_is_for_servers(const struct subject *s) {
    struct extension x;
    struct slice purposes, oid;
    bool server = false, any = false;
    if (!has(s, OID_EXTENDED_KEY_USAGE, &x) || !der_only(x.value, DER_SEQUENCE, &purposes))
        return false;
    while (der_take(&purposes, DER_OID, &oid)) {
        server = server || slice_equal(oid, DER_BYTES("\x2b\x06\x01\x05\x05\x07\x03\x01"));
        any = any || slice_equal(oid, DER_BYTES("\x55\x1d\x25\x00"));
    }
    return server && !any && purposes.len == 0;
}

/* KeyUsage bits in the order of RFC 5280: 0 digitalSignature, 2 keyEncipherment, 5 keyCertSign, 6 cRLSign. */
static bool key_usage_is(const struct subject *s, uint8_t required, uint8_t allowed) {
    struct extension x;
    struct slice bits;
    if (!has(s, OID_KEY_USAGE, &x) || !x.critical || !der_only(x.value, DER_BIT_STRING, &bits) ||
        bits.len != 2)
        return false;
    return (bits.p[1] & required) == required && (bits.p[1] & ~allowed) == 0;
}

static bool leaf_key_usage_is_fit(const struct subject *s) {
    return key_usage_is(s, 0x80, 0x80 | 0x20);
}

static bool ca_key_usage_is_fit(const struct subject *s) {
    return key_usage_is(s, 0x04 | 0x02, 0x80 | 0x04 | 0x02);
}

static bool constraints_are_critical(const struct subject *s) {
    struct extension x;
    return has(s, OID_BASIC_CONSTRAINTS, &x) && x.critical;
}

static bool has_authority_key_id(const struct subject *s) {
    struct extension x;
    struct slice fields, key_id;
    return has(s, OID_AUTHORITY_KEY_ID, &x) && !x.critical && der_only(x.value, DER_SEQUENCE, &fields) &&
           der_take(&fields, DER_CONTEXT(0), &key_id) && key_id.len > 0 && fields.len == 0;
}

static bool has_authority_key_id_unless_self_issued(const struct subject *s) {
    return slice_equal(s->tbs.subject, s->tbs.issuer) || has_authority_key_id(s);
}

static bool has_subject_key_id(const struct subject *s) {
    struct extension x;
    struct slice key_id;
    return has(s, OID_SUBJECT_KEY_ID, &x) && !x.critical && der_only(x.value, DER_OCTET_STRING, &key_id) &&
           key_id.len > 0;
}

/* ---- the table ---- */

enum { LEAF = 1, CA = 2, BOTH = LEAF | CA };

static const struct rule {
    int applies;
    bool (*holds)(const struct subject *s);
    struct text text;
} rules[] = {
    {BOTH, version_is_3, TEXT("the version is 3", "版本必须为 3")},
    {BOTH, serial_is_positive, TEXT("the serial number is positive", "序列号必须为正数")},
    {BOTH, serial_has_a_fit_length,
     TEXT("the serial number has 64 bits or more, and at most 20 octets",
          "序列号不少于 64 位且不超过 20 字节")},
    {BOTH, signature_is_ours,
     TEXT("the signature is made with SHA-256 or better", "签名算法必须使用 SHA-256 或更强的摘要")},
    {BOTH, issuer_is_named, TEXT("the issuer has a name", "签发者名称不能为空")},
    {BOTH, validity_is_in_order, TEXT("the validity ends after it begins", "有效期的结束必须晚于开始")},
    {BOTH, start_is_near,
     TEXT("the validity begins within 48 hours of the signature", "生效时间与签发时间相差不超过 48 小时")},
    {BOTH, end_is_ahead, TEXT("the validity has not ended yet", "有效期尚未结束")},
    {BOTH, extensions_are_single, TEXT("no extension stands twice", "扩展不能重复")},
    {BOTH, extensions_are_known, TEXT("no extension is unknown", "不能含有未知扩展")},
    {BOTH, constraints_are_critical,
     TEXT("basicConstraints are there and critical", "必须含有关键的 basicConstraints")},
    {LEAF, names_are_there, TEXT("a subjectAltName holds the names", "域名必须写入 subjectAltName")},
    {LEAF, names_are_hosts_only,
     TEXT("the names are DNS names and IP addresses only", "subjectAltName 只能包含域名和 IP 地址")},
    {LEAF, names_are_valid,
     TEXT("each name is a valid host name, wildcard or address",
          "每个名称必须是有效的域名、通配符域名或 IP 地址")},
    {LEAF, names_are_critical_without_subject,
     TEXT("subjectAltName is critical if, and only if, the subject is empty",
          "当且仅当主题为空时,subjectAltName 为关键扩展")},
    {LEAF, common_name_is_a_name,
     TEXT("the subject has nothing but a common name that is one of the names",
          "主题只能包含属于证书域名之一的通用名")},
    {LEAF, leaf_key_usage_is_fit,
     TEXT("keyUsage is critical: digitalSignature, perhaps keyEncipherment",
          "keyUsage 必须为关键扩展,且只含 digitalSignature 与可选的 keyEncipherment")},
    {LEAF, usage_is_for_servers,
     TEXT("extendedKeyUsage has serverAuth", "extendedKeyUsage 必须包含 serverAuth")},
    {LEAF, policy_is_one_of_the_reserved,
     TEXT("exactly one reserved policy is named", "必须且只能含有一个保留策略 OID")},
    {LEAF, has_authority_key_id,
     TEXT("authorityKeyIdentifier holds a key identifier only",
          "authorityKeyIdentifier 必须且只含密钥标识符")},
    {CA, subject_is_named, TEXT("a CA has a name", "CA 的主题不能为空")},
    {CA, ca_key_usage_is_fit,
     TEXT("keyUsage of a CA is critical: keyCertSign and cRLSign",
          "CA 的 keyUsage 必须为关键扩展,并含 keyCertSign 与 cRLSign")},
    {CA, has_subject_key_id, TEXT("a CA has a subjectKeyIdentifier", "CA 必须含有 subjectKeyIdentifier")},
    {CA, has_authority_key_id_unless_self_issued,
     TEXT("authorityKeyIdentifier holds a key identifier only",
          "authorityKeyIdentifier 必须且只含密钥标识符")},
};

static bool is_ca(const struct subject *s) {
    struct extension x;
    struct slice fields, ca;
    return has(s, OID_BASIC_CONSTRAINTS, &x) && der_only(x.value, DER_SEQUENCE, &fields) &&
           der_take(&fields, DER_BOOLEAN, &ca);
}

static void read_names(struct subject *s) {
    struct extension x;
    if (!has(s, OID_SUBJECT_ALT_NAME, &x))
        return;
    s->names_critical = x.critical;
    if (!extension_read_names(s->arena, x.value, &s->names, &s->other_names))
        s->names = NULL;
}

static bool broken(const struct rule *rule, struct error *e) {
    static const char *const heads[LANG_COUNT] = {"a rule for certificates is broken: ", "违反证书规则:"};
    error_clear(e);
    e->id = ERR_ISSUE_REFUSED;
    for (int lang = 0; lang < LANG_COUNT; lang++)
        snprintf(e->detail[lang], sizeof e->detail[lang], "%s%s", heads[lang], rule->text.in[lang]);
    return false;
}

bool cert_lint_tbs(struct arena *a, struct slice tbs, int64_t now, struct error *e) {
    struct subject s = {.arena = a, .now = now};
    const char *where;
    enum key_algorithm algorithm;
    if (!tbs_read(tbs, &s.tbs, &where))
        return fail(e, ERR_ISSUE_REFUSED, "%s cannot be read", "无法读取 %s", where);
    s.ca = is_ca(&s);
    read_names(&s);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct rule *rule = &rules[i];
        if (rule->applies & (s.ca ? CA : LEAF) && !rule->holds(&s))
            return broken(rule, e);
    }
    if (key_check(s.tbs.spki, &algorithm, e))
        return true;
    e->id = ERR_ISSUE_REFUSED;
    return false;
}
