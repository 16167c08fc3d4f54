/* Names: normalising, lists, coverage. */
#include "pki/names.h"
#include "base/buf.h"
#include <arpa/inet.h>
#include <idn2.h>

enum { LABEL_MAX = 63, NAME_MAX_OCTETS = 253, TYPED_MAX = 1000, SHOWN_MAX = 120, LIST_BYTES_MAX = 64 * 1024 };

/* ---- lists ---- */

bool names_next(const char **rest, struct slice *name) {
    const char *start = *rest + strspn(*rest, " ");
    size_t len = strcspn(start, " ");
    *name = slice_of(start, len);
    *rest = start + len;
    return len > 0;
}

size_t names_count(const char *names) {
    size_t count = 0;
    struct slice name;
    while (names_next(&names, &name))
        count++;
    return count;
}

const char *names_at(struct arena *a, const char *names, size_t i) {
    struct slice name;
    while (names_next(&names, &name))
        if (i-- == 0)
            return arena_strndup(a, (const char *)name.p, name.len);
    return "";
}

static bool has_name(const char *names, struct slice wanted) {
    struct slice name;
    while (names_next(&names, &name))
        if (slice_equal(name, wanted))
            return true;
    return false;
}

bool names_same(const char *names, const char *others) {
    struct slice name;
    for (const char *rest = names; names_next(&rest, &name);)
        if (!has_name(others, name))
            return false;
    return names_count(names) == names_count(others);
}

static bool is_wildcard(struct slice name) {
    return name.len > 2 && memcmp(name.p, "*.", 2) == 0;
}

const char *domain_type_name(enum domain_type type) {
    static const char *const texts[] = {"", "single", "wildcard", "multi", "mixed"};
    return texts[type];
}

enum domain_type domain_type_of(const char *names) {
    size_t count = 0, wildcards = 0;
    struct slice name, wildcard = {0}, other = {0};
    while (names_next(&names, &name)) {
        *(is_wildcard(name) ? &wildcard : &other) = name;
        wildcards += is_wildcard(name);
        count++;
    }
    if (wildcards == 0)
        return count > 1 ? DOMAIN_MULTI : DOMAIN_SINGLE;
    bool bare = count == 2 && slice_equal(slice_of(wildcard.p + 2, wildcard.len - 2), other);
    return wildcards == 1 && (count == 1 || bare) ? DOMAIN_WILDCARD : DOMAIN_MIXED;
}

static bool same_name(const uint8_t *a, const uint8_t *b, size_t len) {
    return strncasecmp((const char *)a, (const char *)b, len) == 0;
}

/* No top-level domain is a number: such a name is an IPv4 address, or none at all. */
static bool ends_in_number(struct slice name) {
    size_t digits = 0;
    while (digits < name.len && name.p[name.len - 1 - digits] >= '0' && name.p[name.len - 1 - digits] <= '9')
        digits++;
    return digits > 0 && (digits == name.len || name.p[name.len - 1 - digits] == '.');
}

static bool name_covers(struct slice name, struct slice host) {
    if (name.len == host.len && same_name(name.p, host.p, host.len))
        return true;
    const uint8_t *dot = host.len ? memchr(host.p, '.', host.len) : NULL;
    if (!is_wildcard(name) || !dot || dot == host.p || ends_in_number(host))
        return false;
    size_t tail = host.len - (size_t)(dot - host.p);
    return tail == name.len - 1 && same_name(name.p + 1, dot, tail);
}

static bool list_covers(const char *names, struct slice host) {
    struct slice name;
    while (names_next(&names, &name))
        if (name_covers(name, host))
            return true;
    return false;
}

bool names_cover(const char *names, const char *host) {
    return !strchr(host, ' ') && list_covers(names, slice_str(host));
}

bool names_cover_all(const char *names, const char *wanted) {
    struct slice name;
    while (names_next(&wanted, &name))
        if (!list_covers(names, name))
            return false;
    return true;
}

/* ---- addresses ---- */

size_t name_ip_octets(const char *name, uint8_t octets[16]) {
    if (inet_pton(AF_INET, name, octets) == 1)
        return 4;
    return inet_pton(AF_INET6, name, octets) == 1 ? 16 : 0;
}

const char *name_of_ip(struct arena *a, struct slice octets) {
    char text[INET6_ADDRSTRLEN];
    if (octets.len != 4 && octets.len != 16)
        return NULL;
    return arena_strdup(a, inet_ntop(octets.len == 4 ? AF_INET : AF_INET6, octets.p, text, sizeof text));
}

const char *name_bare(const char *name) {
    return strncmp(name, "*.", 2) == 0 ? name + 2 : name;
}

bool name_is_ip(const char *name) {
    uint8_t octets[16];
    return name_ip_octets(name, octets) > 0;
}

/* What the IANA registries of special-purpose addresses do not call globally reachable. */
static const struct reserved_range {
    uint8_t octets[16];
    size_t len; /* of the address */
    unsigned prefix;
} reserved_ranges[] = {
    {{0}, 4, 8},
    {{10}, 4, 8},
    {{100, 64}, 4, 10},
    {{127}, 4, 8},
    {{169, 254}, 4, 16},
    {{172, 16}, 4, 12},
    {{192, 0, 0}, 4, 24},
    {{192, 0, 2}, 4, 24},
    {{192, 88, 99}, 4, 24},
    {{192, 168}, 4, 16},
    {{198, 18}, 4, 15},
    {{198, 51, 100}, 4, 24},
    {{203, 0, 113}, 4, 24},
    {{224}, 4, 3},
    /* everything outside 2000::/3 */
    {{0x00}, 16, 3},
    {{0x40}, 16, 2},
    {{0x80}, 16, 1},
    {{0x20, 0x01, 0x00}, 16, 23},
    {{0x20, 0x01, 0x0d, 0xb8}, 16, 32},
    {{0x20, 0x02}, 16, 16},
    {{0x3f, 0xff}, 16, 20},
    {{0x5f}, 16, 16},
};

static bool in_range(const uint8_t *octets, const struct reserved_range *range) {
    unsigned whole = range->prefix / 8, rest = range->prefix % 8;
    uint8_t mask = (uint8_t)(0xff00 >> rest);
    return memcmp(octets, range->octets, whole) == 0 && ((octets[whole] ^ range->octets[whole]) & mask) == 0;
}

static bool is_reserved(const uint8_t *octets, size_t len) {
    for (size_t i = 0; i < sizeof reserved_ranges / sizeof *reserved_ranges; i++)
        if (reserved_ranges[i].len == len && in_range(octets, &reserved_ranges[i]))
            return true;
    return false;
}

static bool normalise_ip(struct arena *a, const uint8_t *octets, size_t len, bool public_only,
                         const char **name, struct error *e) {
    *name = name_of_ip(a, slice_of(octets, len));
    if (public_only && is_reserved(octets, len))
        return fail(e, ERR_BAD_NAME, "%s: a private or reserved address cannot stand in a public certificate",
                    "%s:公网证书不能包含私有或保留地址", *name);
    return true;
}

/* ---- host names ---- */

/* Cuts a name for a message, between characters. */
static const char *shown(struct arena *a, const char *typed) {
    size_t len = strnlen(typed, SHOWN_MAX);
    while (len == SHOWN_MAX && len > 0 && (typed[len] & 0xc0) == 0x80)
        len--;
    return arena_strndup(a, typed, len);
}

/* Labels of letters, digits and inner hyphens (RFC 1123); `host` is lower case, without a wildcard. */
static bool check_label(struct slice label, const char *name, struct error *e) {
    if (label.len == 0)
        return fail(e, ERR_BAD_NAME, "%s: a label is empty", "%s:存在空标签", name);
    if (label.len > LABEL_MAX)
        return fail(e, ERR_BAD_NAME, "%s: a label has more than %d octets", "%s:标签超过 %d 字节", name,
                    LABEL_MAX);
    for (size_t i = 0; i < label.len; i++) {
        char c = (char)label.p[i];
        if (c == '_')
            return fail(e, ERR_BAD_NAME, "%s: an underscore cannot stand in a host name",
                        "%s:主机名不能包含下划线", name);
        if (c == '*')
            return fail(e, ERR_BAD_NAME, "%s: a wildcard is only allowed as the whole first label",
                        "%s:通配符只能作为完整的第一个标签", name);
        if (c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z'))
            return fail(e, ERR_BAD_NAME, "%s: a host name has only letters, digits, hyphens and dots",
                        "%s:主机名只能包含字母、数字、连字符和点", name);
    }
    if (label.p[0] == '-' || label.p[label.len - 1] == '-')
        return fail(e, ERR_BAD_NAME, "%s: a label begins or ends with a hyphen",
                    "%s:标签不能以连字符开头或结尾", name);
    return true;
}

static bool check_host(const char *host, const char *name, struct error *e) {
    size_t labels = 0;
    for (const char *p = host; p; labels++) {
        const char *dot = strchrnul(p, '.');
        if (!check_label(slice_of(p, (size_t)(dot - p)), name, e))
            return false;
        p = *dot ? dot + 1 : NULL;
    }
    if (labels < 2)
        return fail(e, ERR_BAD_NAME, "%s: a host name has a dot", "%s:主机名必须包含点", name);
    if (ends_in_number(slice_str(host)))
        return fail(e, ERR_BAD_NAME, "%s: the last label has only digits, and this is no address",
                    "%s:最后一个标签只有数字,且不是 IP 地址", name);
    return true;
}

/* Special-use top-level domains (RFC 6761, 6762, 8375, 9476; ICANN for .internal) and those never delegated.
 */
static bool is_internal(const char *host) {
    static const char *const endings[] = {".local",   ".internal", ".localhost", ".test",        ".example",
                                          ".invalid", ".alt",      ".home.arpa", ".localdomain", ".lan",
                                          ".home",    ".corp",     ".mail",      ".intranet",    ".private"};
    size_t len = strlen(host);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t ending = strlen(endings[i]);
        if (len >= ending && strcmp(host + len - ending, endings[i]) == 0)
            return true;
    }
    return false;
}

static bool has_a_label(const char *host) {
    for (; *host; host++)
        if (strncasecmp(host, "xn--", 4) == 0)
            return true;
    return false;
}

static bool is_ascii(const char *s) {
    for (; *s; s++)
        if ((unsigned char)*s >= 0x80)
            return false;
    return true;
}

static const char *lower(struct arena *a, const char *s) {
    char *copy = arena_strdup(a, s);
    for (char *p = copy; *p; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p | 0x20) : *p;
    return copy;
}

/* U-labels to A-labels; A-labels as typed must be what their U-labels give (IDNA 2008, non-transitional). */
static bool to_ascii(struct arena *a, const char *typed, const char **host, struct error *e) {
    char *ascii = NULL;
    *host = lower(a, typed);
    if (is_ascii(typed) && !has_a_label(typed))
        return true;
    int rc = idn2_to_ascii_8z(*host, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
    if (rc != IDN2_OK)
        return fail(e, ERR_BAD_NAME, "%s: not an internationalised name (%s)", "%s:不是有效的国际化域名(%s)",
                    shown(a, typed), idn2_strerror(rc));
    *host = arena_strdup(a, ascii);
    idn2_free(ascii);
    return true;
}

static bool normalise_host(struct arena *a, const char *typed, bool public_only, const char **name,
                           struct error *e) {
    bool wildcard = strncmp(typed, "*.", 2) == 0;
    const char *host;
    if (!to_ascii(a, typed + (wildcard ? 2 : 0), &host, e))
        return false;
    *name = wildcard ? arena_printf(a, "*.%s", host) : host;
    if (strlen(*name) > NAME_MAX_OCTETS)
        return fail(e, ERR_BAD_NAME, "%s…: a name has %d octets at most", "%s…:域名最多 %d 字节",
                    shown(a, *name), NAME_MAX_OCTETS);
    if (!check_host(host, *name, e))
        return false;
    if (public_only && is_internal(host))
        return fail(e, ERR_BAD_NAME, "%s: an internal name cannot stand in a public certificate",
                    "%s:公网证书不能包含内部域名", *name);
    return true;
}

bool name_normalise(struct arena *a, const char *typed, bool public_only, const char **name,
                    struct error *e) {
    uint8_t octets[16];
    if (!*typed)
        return fail(e, ERR_BAD_NAME, "a name is empty", "域名为空");
    if (strlen(typed) > TYPED_MAX)
        return fail(e, ERR_BAD_NAME, "%s…: a name has %d octets at most", "%s…:域名最多 %d 字节",
                    shown(a, typed), NAME_MAX_OCTETS);
    size_t len = name_ip_octets(typed, octets);
    if (len > 0)
        return normalise_ip(a, octets, len, public_only, name, e);
    return normalise_host(a, typed, public_only, name, e);
}

static bool list_has(const char *names, const char *name) {
    struct slice other;
    while (names_next(&names, &other))
        if (slice_equal(other, slice_str(name)))
            return true;
    return false;
}

/* budget: the parameters of its contract */
bool names_normalise(struct arena *a, const char *const *typed, size_t count, size_t max, bool public_only,
                     const char **names, struct error *e) {
    struct buf list = buf_new(a, LIST_BYTES_MAX);
    if (count == 0)
        return fail(e, ERR_BAD_NAME, "no name is given", "未提供域名");
    if (count > max)
        return fail(e, ERR_BAD_NAME, "%zu names are given; %zu are allowed",
                    "提供了 %zu 个域名,最多允许 %zu 个", count, max);
    for (size_t i = 0; i < count; i++) {
        const char *name;
        if (!name_normalise(a, typed[i], public_only, &name, e))
            return false;
        if (list_has(list.p, name))
            return fail(e, ERR_BAD_NAME, "%s: the name is given twice", "%s:域名重复", name);
        buf_str(&list, i > 0 ? " " : "");
        buf_str(&list, name);
    }
    if (list.overflow)
        return fail(e, ERR_BAD_NAME, "the names have %d octets together at most",
                    "所有域名总长度最多 %d 字节", LIST_BYTES_MAX);
    *names = list.p;
    return true;
}
