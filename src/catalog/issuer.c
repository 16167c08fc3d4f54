/* Issuers: what one may be, and their secrets. */
#include "catalog/issuer.h"
#include "base/clock.h"
#include "catalog/entry.h"
#include "catalog/rate_limit.h"
#include "http/client.h"
#include "pki/cert.h"
#include "pki/names.h"
#include "signer/signer.h"
#include <limits.h>

enum {
    WORD_MAX = 500,
    ROOTS_MAX = 64,
    ROOTS_BYTES_MAX = 256 << 10,
    CONTACTS_MAX = 10,
    FINALIZE_MIN = 30,
    FINALIZE_MAX = 7 * DAY,
    NAMES_MAX = 1000,
    DAYS_MAX = 10000,
};

/* Goes into messages to the CA as it stands: one line of printable ASCII. */
static bool check_line(const char *field, const char *text, struct error *e) {
    size_t len = text ? strlen(text) : 1;
    bool good = len > 0 && len <= WORD_MAX;
    for (const char *p = text; good && p && *p; p++)
        good = *p >= ' ' && *p <= '~';
    return good || fail_field(e, field, ERR_BAD_FIELD, "'%s' is 1 to %d printable ASCII characters",
                              "“%s”必须是 1 至 %d 个可打印 ASCII 字符", field, WORD_MAX);
}

static bool check_roots(struct arena *a, const char *field, const char *pem, struct error *e) {
    struct cert *roots;
    size_t count = 0;
    struct error malformed;
    if (!pem)
        return true;
    bool good = strlen(pem) <= ROOTS_BYTES_MAX &&
                cert_list_from_pem(a, slice_str(pem), ROOTS_MAX, &roots, &count, &malformed) && count > 0;
    return good || fail_field(e, field, ERR_BAD_FIELD, "'%s' is not 1 to %d certificates in PEM",
                              "“%s”不是 1 至 %d 个 PEM 证书", field, ROOTS_MAX);
}

bool issuer_check_contact(const char *contact, struct error *e) {
    struct slice one;
    size_t count = 0;
    bool good = true;
    for (const char *rest = contact ? contact : ""; good && names_next(&rest, &one); count++) {
        const uint8_t *at = memchr(one.p, '@', one.len);
        good = at && at > one.p && at + 1 < one.p + one.len && one.len <= WORD_MAX;
        for (size_t i = 0; good && i < one.len; i++)
            good = one.p[i] > ' ' && one.p[i] <= '~' && !strchr(",?%\"<>:", one.p[i]);
    }
    return (good && count <= CONTACTS_MAX) ||
           fail_field(e, "contact", ERR_BAD_FIELD,
                      "'contact' is up to %d e-mail addresses such as a@example.com",
                      "“contact”最多包含 %d 个邮箱地址,例如 a@example.com", CONTACTS_MAX);
}

static bool check_algorithms(const char *words, struct error *e) {
    struct slice one;
    AUTO_ARENA a = arena_new();
    for (const char *rest = words ? words : ""; names_next(&rest, &one);) {
        const char *name = arena_strndup(a, (const char *)one.p, one.len);
        if (key_algorithm_parse(name) == KEY_UNKNOWN)
            return fail_field(e, "key_algorithms", ERR_BAD_FIELD, "there is no key algorithm '%.40s'",
                              "没有密钥算法“%.40s”", name);
    }
    return true;
}

static unsigned grade_bits(const char *words) {
    unsigned bits = 0;
    AUTO_ARENA a = arena_new();
    for (size_t i = 0; i < names_count(words); i++)
        bits |= 1u << grade_parse(names_at(a, words, i));
    return bits;
}

static bool check_grades(const char *words, struct error *e) {
    return !words || !(grade_bits(words) & 1u << GRADE_COUNT) ||
           fail_field(e, "grades", ERR_BAD_FIELD, "'grades' are of dv, ov, ev",
                      "“grades”只能包含 dv、ov、ev");
}

static bool check_binding(const struct issuer *i, struct error *e) {
    return !i->eab_kid == !i->eab_sealed.len ||
           fail_field(e, i->eab_kid ? "eab_key" : "eab_kid", ERR_BAD_FIELD,
                      "eab_kid and eab_key belong together: set both", "eab_kid 与 eab_key 必须同时设置");
}

static bool check_acme(const struct issuer *i, struct error *e) {
    if (strcmp(i->kind, "acme") != 0)
        return fail_field(e, "kind", ERR_BAD_FIELD, "the kind of an issuer is acme", "签发机构的类型为 acme");
    if (!i->directory)
        return fail_field(e, "directory", ERR_BAD_FIELD, "the address of the CA's directory is missing",
                          "缺少 CA 的目录地址");
    return http_url_check("directory", i->directory, e);
}

static bool check_limits(struct arena *a, const struct issuer *i, struct error *e) {
    struct rate_limits limits;
    return rate_limits_parse(a, i->limits, &limits, e);
}

bool issuer_check(struct arena *a, const struct issuer *i, struct error *e) {
    return entry_check_id(i->id, e) && check_acme(i, e) && entry_check_title("title_en", i->title_en, e) &&
           entry_check_title("title_zh", i->title_zh, e) && check_roots(a, "tls_roots", i->tls_roots, e) &&
           check_roots(a, "chain_roots", i->chain_roots, e) && issuer_check_contact(i->contact, e) &&
           check_line("eab_kid", i->eab_kid, e) && check_line("profile", i->profile, e) &&
           entry_check_title("preferred_chain", i->preferred_chain ? i->preferred_chain : "-", e) &&
           check_line("caa_domains", i->caa_domains, e) && check_algorithms(i->key_algorithms, e) &&
           check_grades(i->grades, e) && entry_check_number("names_max", i->names_max, 0, NAMES_MAX, e) &&
           entry_check_number("days_max", i->days_max, 0, DAYS_MAX, e) &&
           entry_check_number("finalize_seconds", i->finalize_seconds, FINALIZE_MIN, FINALIZE_MAX, e) &&
           check_limits(a, i, e) && check_binding(i, e);
}

struct issuer_rules issuer_rules_of(const struct issuer *issuer) {
    return (struct issuer_rules){.lifetime_max = issuer->days_max * DAY};
}

/* ---- what several can ---- */

static unsigned key_bits(const char *words) {
    unsigned bits = 0;
    AUTO_ARENA a = arena_new();
    for (size_t i = 0; i < names_count(words); i++)
        bits |= 1u << key_algorithm_parse(names_at(a, words, i));
    return bits;
}

static void narrow(struct issuer_offer *offer, const struct issuer *issuer) {
    if (issuer->grades)
        offer->grades &= grade_bits(issuer->grades);
    if (issuer->key_algorithms)
        offer->key_algorithms &= key_bits(issuer->key_algorithms);
    if (issuer->names_max && (!offer->names_max || issuer->names_max < offer->names_max))
        offer->names_max = issuer->names_max;
    offer->public_names |= issuer->public_names;
}

bool issuer_offer(struct db *db, struct arena *a, const char *ids, struct issuer_offer *offer,
                  struct error *e) {
    struct issuer issuer;
    *offer = (struct issuer_offer){.grades = UINT_MAX, .key_algorithms = UINT_MAX};
    for (size_t i = 0; i < names_count(ids); i++) {
        const char *id = names_at(a, ids, i);
        if (strcmp(id, ISSUER_LOCAL) == 0)
            continue;
        if (!issuer_get(db, a, id, &issuer, e) && !error_absent(e))
            return false;
        if (i == 0)
            offer->rules = issuer_rules_of(&issuer);
        if (!issuer.withdrawn_at)
            narrow(offer, &issuer);
    }
    return true;
}

bool issuer_usable(const struct issuer *issuer, struct error *e) {
    return !issuer->withdrawn_at ||
           fail(e, ERR_BRAND_NOT_ON_SALE, "the issuer '%s' is withdrawn: it issues nothing new",
                "签发机构“%s”已停用,不再签发新证书", issuer->id);
}

/* ---- the key of external account binding ---- */

static struct key_ref binding_ref(struct arena *a, const struct issuer *issuer) {
    return (struct key_ref){.id = arena_printf(a, "%s/eab", issuer->id),
                            .account_id = ISSUER_ACCOUNT,
                            .purpose = PURPOSE_SECRET,
                            .sealed = issuer->eab_sealed};
}

bool issuer_eab_seal(const struct services *services, struct arena *a, const struct secret *key,
                     struct issuer *issuer, struct error *e) {
    const struct key_ref owner = binding_ref(a, issuer);
    struct key_made made;
    if (!signer_seal(services->signer, a, key, &owner, &made, e))
        return false;
    issuer->eab_sealed = made.sealed;
    return true;
}

bool issuer_eab_key(const struct services *services, struct arena *a, const struct issuer *issuer,
                    struct secret **key, struct error *e) {
    const struct key_ref ref = binding_ref(a, issuer);
    if (issuer->eab_sealed.len == 0)
        return fail(e, ERR_ACME_EXTERNAL_ACCOUNT,
                    "the issuer '%s' wants an external account, and no key of one is set",
                    "签发机构“%s”要求外部账户,但尚未设置其密钥", issuer->id);
    return signer_open(services->signer, a, &ref, key, e);
}
