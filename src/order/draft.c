/* What was asked for, completed and checked: one function a fact, in the order in which they depend on each
 * other. */
#include "order/draft.h"
#include "certificate/compromised_key.h"
#include "certificate/stored_csr.h"
#include "certificate/term.h"
#include "pki/digest.h"
#include <stdio.h>

bool order_brand(const struct services *services, const struct certificate *c, const struct brand **brand,
                 struct error *e) {
    *brand = catalog_find(services->catalog, c->brand);
    return *brand || fail(e, ERR_CORRUPT, "certificate %s is of brand '%s', which is gone: bring it back",
                          "证书 %s 的品牌“%s”已不存在:请恢复该品牌", c->id, c->brand ? c->brand : "");
}

/* ---- years, brand, profile ---- */

static const char *or_else(const char *chosen, const char *otherwise) {
    return chosen ? chosen : otherwise;
}

/* A line that was taken from the catalogue is bought no more, nor renewed as what it was. */
static bool find_old_brand(struct draft *d, struct error *e) {
    if (!order_brand(d->services, d->old, &d->brand, e))
        return false;
    if (d->brand->withdrawn_at)
        return fail(e, ERR_BRAND_NOT_RENEWABLE, "'%s' is not sold any more; renew %s as another brand",
                    "“%s”已下架;请将 %s 续费为其他品牌", d->brand->id, d->old->id);
    return brand_on_sale(d->brand, e);
}

static bool find_brand(struct draft *d, struct error *e) {
    if (!d->request->brand && d->old && d->old->brand)
        return find_old_brand(d, e);
    if (!d->request->brand) {
        d->brand = catalog_default(d->services->catalog);
        return brand_on_sale(d->brand, e);
    }
    d->brand = catalog_find(d->services->catalog, d->request->brand);
    if (!d->brand)
        return fail_field(e, "brand", ERR_BAD_FIELD, "no brand '%s' is on sale", "没有品牌“%s”",
                          d->request->brand);
    return brand_on_sale(d->brand, e);
}

static bool fill_years(struct draft *d, struct error *e) {
    int64_t years = d->request->years ? d->request->years : 1;
    const struct day_range *offered = &d->profile->years;
    if (years < offered->min || years > offered->max)
        return fail_field(e, "years", ERR_YEARS_NOT_OFFERED,
                          "the policy '%s' offers %lld to %lld years, not %lld",
                          "策略“%s”提供 %lld 至 %lld 年,不支持 %lld 年", d->profile->name,
                          (long long)offered->min, (long long)offered->max, (long long)years);
    d->c.years = years;
    return true;
}

static bool choose(struct draft *d, struct error *e) {
    if (!find_brand(d, e))
        return false;
    d->profile = policy_find(d->services->policies, d->brand->profile, 0);
    if (!d->profile)
        return fail(e, ERR_CORRUPT, "brand '%s' names the unknown profile '%s'",
                    "品牌“%s”引用的策略“%s”不存在", d->brand->id, d->brand->profile);
    d->c.brand = d->brand->id;
    d->c.profile = d->profile->name;
    d->c.profile_version = d->profile->version;
    return fill_years(d, e);
}

/* ---- what the issuers can ---- */

/* Those that take over, too: which of them will be asked is not known before. */
static bool read_offer(struct draft *d, struct error *e) {
    const struct brand *b = d->brand;
    const char *ids = arena_printf(d->arena, "%s %s", b->issuer, b->fallback_issuers);
    if (!issuer_offer(d->services->db, d->arena, ids, &d->offer, e))
        return false;
    return d->offer.key_algorithms & b->key_algorithms ||
           fail(
               e, ERR_BRAND_NOT_ON_SALE,
               "the issuers of brand '%s' sign none of its key algorithms: its line or the issuers must be changed",
               "品牌“%s”的签发机构不支持其任何密钥算法:请修改该品牌或签发机构", b->id);
}

static bool issuer_cannot(const struct draft *d, const char *field, const char *what, struct error *e) {
    return fail_field(e, field, ERR_BAD_FIELD,
                      "no '%s': the issuers of brand '%s' (%s%s%s) do not all issue that",
                      "不支持“%1$s”:品牌“%2$s”的签发机构(%3$s%4$s%5$s)并非都能签发", what, d->brand->id,
                      d->brand->issuer, *d->brand->fallback_issuers ? " " : "", d->brand->fallback_issuers);
}

/* ---- grade and names ---- */

static bool fill_grade(struct draft *d, struct error *e) {
    const char *wanted = or_else(d->request->grade, d->old ? d->old->grade : "dv");
    enum grade grade = grade_parse(wanted);
    if (grade == GRADE_COUNT || !(d->brand->grades & 1u << grade))
        return fail_field(e, "grade", ERR_BAD_FIELD, "brand '%s' has no grade '%s'", "品牌“%s”没有等级“%s”",
                          d->brand->id, wanted);
    d->c.grade = grade_name(grade);
    return d->offer.grades & 1u << grade || issuer_cannot(d, "grade", wanted, e);
}

/* Parsers do not know which field their text came from. */
static bool in_field(bool ok, const char *field, struct error *e) {
    if (!ok)
        snprintf(e->field, sizeof e->field, "%s", field);
    return ok;
}

static bool normalise(struct draft *d, const char *typed, const char **names, struct error *e) {
    size_t count = names_count(typed);
    const char **words = ARENA_ARRAY(d->arena, count, const char *);
    for (size_t i = 0; i < count; i++)
        words[i] = names_at(d->arena, typed, i);
    return in_field(names_normalise(d->arena, words, count, SIZE_MAX, false, names, e), "names", e);
}

/* Of a CA they all count. */
static bool check_count(const struct draft *d, size_t count, struct error *e) {
    int64_t max = d->offer.names_max;
    return !max || (int64_t)count <= max ||
           fail_field(e, "names", ERR_BAD_NAME,
                      "these are %zu names; the issuers of brand '%s' put at most %lld into a certificate",
                      "共 %zu 个域名;品牌“%s”的签发机构每张证书最多 %lld 个", count, d->brand->id,
                      (long long)max);
}

/*
 * The bare domain of a wildcard is included (SPEC section 4): directly behind it, unless it was given. It
 * does not count among the names that a brand allows.
 */
static bool include_bare(struct draft *d, const char **names, struct error *e) {
    size_t given = names_count(*names), count = 0, included = 0;
    const char **words = ARENA_ARRAY(d->arena, 2 * given, const char *);
    for (size_t i = 0; i < given; i++) {
        const char *name = words[count++] = names_at(d->arena, *names, i);
        if (strncmp(name, "*.", 2) != 0)
            continue;
        included++;
        if (!words_have(*names, slice_str(name + 2)))
            words[count++] = name + 2;
    }
    size_t max = (size_t)d->brand->names_max + included;
    bool public = d->brand->public_names || d->offer.public_names;
    return in_field(names_normalise(d->arena, words, count, max, public, names, e), "names", e) &&
           check_count(d, count, e);
}

static bool fill_names(struct draft *d, struct error *e) {
    const char *from_csr = d->csr.names ? d->csr.names : "";
    const char *wanted = or_else(d->request->names, d->old ? d->old->names : from_csr);
    if (!normalise(d, wanted, &d->c.names, e) || !include_bare(d, &d->c.names, e))
        return false;
    enum domain_type type = domain_type_of(d->c.names);
    d->c.domain_type = domain_type_name(type);
    return d->brand->domain_types & 1u << type ||
           fail_field(e, "names", ERR_BAD_FIELD, "brand '%s' has no certificates of domain type '%s'",
                      "品牌“%s”不提供域名类型为“%s”的证书", d->brand->id, d->c.domain_type);
}

/* ---- key and CSR ---- */

static const struct {
    const char *name;
    enum csr_choice bit;
} choices[] = {{"automatic", CSR_AUTOMATIC}, {"own", CSR_OWN}, {"keep", CSR_KEEP}};

static bool choice_offered(const struct draft *d, const char *choice) {
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++)
        if (strcmp(choices[i].name, choice) == 0)
            return d->profile->csr_choices & choices[i].bit;
    return false;
}

static bool check_kept_key(const struct draft *d, struct error *e) {
    if (!d->old)
        return fail_field(e, "csr_choice", ERR_CSR_CHOICE_NOT_OFFERED,
                          "a purchase has no old key that could be kept", "新购证书没有可保留的原密钥");
    if (!d->old->key_held)
        return fail_field(e, "csr_choice", ERR_NO_KEY_HELD, "Tenure does not hold the key of %s",
                          "Tenure 没有保管 %s 的私钥", d->old->id);
    return in_field(compromised_key_refuse_kept(d->services->db, d->old->version_id, e), "csr_choice", e);
}

/* The request that was given, as PEM: by itself, or by its id; NULL if none was. */
static bool given_csr(const struct draft *d, const char **given, struct error *e) {
    struct stored_csr csr;
    *given = d->request->own_csr;
    if (!d->request->csr_id)
        return true;
    if (*given)
        return fail_field(e, "csr_id", ERR_BAD_FIELD, "give either csr or csr_id",
                          "csr 与 csr_id 只能提供一个");
    if (!in_field(stored_csr_get(d->services->db, d->arena, d->account_id, d->request->csr_id, &csr, e),
                  "csr_id", e))
        return false;
    *given = csr.pem;
    return csr.pem || fail_field(e, "csr_id", ERR_CONFLICT, "the key of %s is still being made",
                                 "%s 的密钥仍在生成中", csr.id);
}

/* Kept as PEM of its own bytes: the same request is the same text, however it was given. */
static bool read_own_csr(struct draft *d, struct error *e) {
    char digest[SHA256_HEX_SIZE];
    if (!in_field(csr_parse(d->arena, slice_str(d->c.own_csr), &d->csr, e), "csr", e))
        return false;
    digest_sha256_hex(d->csr.spki, digest);
    d->csr_key = arena_strdup(d->arena, digest);
    d->c.own_csr = csr_to_pem(d->arena, d->csr.der);
    return in_field(compromised_key_refuse(d->services->db, d->account_id, d->csr_key, ERR_CSR_WEAK_KEY, e),
                    "csr", e);
}

bool draft_note_csr(const struct draft *d, const struct certificate *c, struct error *e) {
    return !d->csr_key || stored_csr_use(d->services->db, c->account_id, d->csr_key, c->id, e);
}

/* A CSR that was given is the choice; an old one may be used again. A new certificate has a new key unless
 * somebody wants otherwise, another version of the same one is made like the last. */
static bool fill_choice(struct draft *d, struct error *e) {
    const char *given, *old_csr = d->old ? d->old->own_csr : NULL;
    if (!given_csr(d, &given, e))
        return false;
    const char *usual = d->old && d->reissue ? d->old->csr_choice : "automatic";
    const char *choice = or_else(d->request->csr_choice, given ? "own" : usual);
    bool own = strcmp(choice, "own") == 0;
    if (!choice_offered(d, choice))
        return fail_field(e, "csr_choice", ERR_CSR_CHOICE_NOT_OFFERED, "the policy '%s' does not offer '%s'",
                          "策略“%s”不支持“%s”", d->profile->name, choice);
    if (given && !own)
        return fail_field(e, "csr", ERR_BAD_FIELD, "a CSR goes with the choice 'own' only",
                          "仅在选择“own”时可以提供 CSR");
    if (strcmp(choice, "keep") == 0 && !check_kept_key(d, e))
        return false;
    d->c.csr_choice = choice;
    d->c.own_csr = own ? or_else(given, old_csr) : NULL;
    if (own && !d->c.own_csr)
        return fail_field(e, "csr", ERR_BAD_FIELD, "the choice 'own' needs a CSR", "选择“own”时必须提供 CSR");
    return !own || read_own_csr(d, e);
}

static bool sells(const struct draft *d, enum key_algorithm algorithm) {
    return d->brand->key_algorithms & d->offer.key_algorithms & 1u << algorithm;
}

/* The default of a purchase; P-256 where it is on sale, being the fastest that every client takes. */
static enum key_algorithm first_choice(const struct draft *d) {
    enum key_algorithm algorithm = KEY_P256;
    while (!sells(d, algorithm))
        algorithm = (algorithm + 1) % KEY_ALGORITHM_COUNT;
    return algorithm;
}

/* What the key will be if nobody says otherwise: that of the CSR, of the old certificate, or the brand's
 * first. */
static const char *usual_algorithm(const struct draft *d) {
    if (d->c.own_csr)
        return key_algorithm_name(d->csr.algorithm);
    const char *old = d->old ? d->old->key_algorithm : NULL;
    bool kept = strcmp(d->c.csr_choice, "keep") == 0;
    if (old && (kept || sells(d, key_algorithm_parse(old))))
        return old;
    return key_algorithm_name(first_choice(d));
}

/* A key that exists already cannot be of another kind than it is. */
static bool check_existing_key(const struct draft *d, const char *algorithm, struct error *e) {
    bool renews = d->kind == ORDER_RENEWAL || d->kind == ORDER_EARLY_RENEWAL;
    if (d->c.own_csr && renews && strcmp(d->old->key_algorithm, algorithm) != 0)
        return fail_field(e, "csr", ERR_CSR_KEY_ALGORITHM_MISMATCH,
                          "the key of the CSR is %s, that of the old certificate %s",
                          "CSR 的密钥为 %s,原证书的密钥为 %s", algorithm, d->old->key_algorithm);
    const char *wanted = or_else(d->request->key_algorithm, algorithm);
    return strcmp(wanted, algorithm) == 0 ||
           fail_field(e, "key_algorithm", ERR_BAD_FIELD, "'%s' was asked for, but the key is %s",
                      "所选密钥算法为“%s”,但该密钥为 %s", wanted, algorithm);
}

static bool fill_key_algorithm(struct draft *d, struct error *e) {
    const char *usual = usual_algorithm(d);
    bool exists = strcmp(d->c.csr_choice, "automatic") != 0;
    if (exists && !check_existing_key(d, usual, e))
        return false;
    const char *wanted = or_else(d->request->key_algorithm, usual);
    enum key_algorithm algorithm = key_algorithm_parse(wanted);
    bool kept = strcmp(d->c.csr_choice, "keep") == 0;
    if (!kept && !(d->brand->key_algorithms & 1u << algorithm))
        return fail_field(e, "key_algorithm", ERR_BAD_FIELD, "brand '%s' has no key algorithm '%s'",
                          "品牌“%s”不支持密钥算法“%s”", d->brand->id, wanted);
    d->c.key_algorithm = key_algorithm_name(algorithm);
    return d->offer.key_algorithms & 1u << algorithm || issuer_cannot(d, "key_algorithm", wanted, e);
}

/* Names come from the order: those of a CSR must be among them, and nothing else of it counts. */
static bool check_csr_names(struct draft *d, struct error *e) {
    if (!d->csr.names || !*d->csr.names || names_cover_all(d->c.names, d->csr.names))
        return true;
    return fail_field(e, "csr", ERR_CSR_NAMES_MISMATCH, "the CSR is for %s, the certificate for %s",
                      "CSR 的域名为 %s,证书的域名为 %s", d->csr.names, d->c.names);
}

/* ---- the whole ---- */

bool draft_complete(struct draft *d, struct error *e) {
    return read_offer(d, e) && fill_grade(d, e) && fill_choice(d, e) && fill_names(d, e) &&
           fill_key_algorithm(d, e) && check_csr_names(d, e);
}

static bool same_family(const char *one, const char *other) {
    const char *a = key_family(key_algorithm_parse(one)), *b = key_family(key_algorithm_parse(other));
    return a && b && strcmp(a, b) == 0;
}

/* What was brought in has no line of the catalogue, but it may be known whose it is. */
static bool same_brand(const struct certificate *old, const struct brand *brand) {
    if (old->brand)
        return strcmp(old->brand, brand->id) == 0;
    return !old->vendor || strcmp(old->vendor, brand->vendor) == 0;
}

bool draft_differs(const struct draft *d) {
    const struct certificate *old = d->old, *c = &d->c;
    return !same_brand(old, d->brand) || strcmp(old->grade, c->grade) != 0 ||
           strcmp(old->domain_type, c->domain_type) != 0 ||
           !same_family(old->key_algorithm, c->key_algorithm);
}

static bool check_editable(const struct draft *d, struct error *e) {
    unsigned editable = d->profile->editable;
    if (!(editable & EDIT_NAMES) && strcmp(d->c.names, d->old->names) != 0)
        return fail_field(e, "names", ERR_NOT_EDITABLE, "the policy '%s' does not let a renewal change names",
                          "策略“%s”不允许在续费时更改域名", d->profile->name);
    if (!(editable & EDIT_CSR) && strcmp(d->c.csr_choice, "automatic") != 0)
        return fail_field(e, "csr_choice", ERR_NOT_EDITABLE,
                          "the policy '%s' does not let a renewal change the CSR",
                          "策略“%s”不允许在续费时更改 CSR", d->profile->name);
    return true;
}

/* ---- contact, organisation, method of validation ---- */

static struct certificate as_ordered(const struct draft *d) {
    struct certificate c = d->c;
    c.account_id = d->account_id;
    c.predecessor_id = d->old ? d->old->id : NULL;
    return c;
}

/* What was not chosen is as it was with the old certificate. */
static bool fill_form(struct draft *d, struct error *e) {
    const struct order_request *r = d->request;
    const struct certificate c = as_ordered(d);
    if (!form_of(d->services->db, d->arena, &c, &d->form, e))
        return false;
    d->form.contact_id = or_else(r->contact_id, d->form.contact_id);
    d->form.organization_id = or_else(r->organization_id, d->form.organization_id);
    d->form.validation_method = or_else(r->validation_method, d->form.validation_method);
    bool chosen = r->contact_id || r->organization_id || r->validation_method;
    return !chosen || form_allowed(d->services, d->arena, &c, &d->form, e);
}

bool draft_lack(const struct draft *d, const struct form_lack **lack, struct error *e) {
    const struct certificate c = as_ordered(d);
    return form_check(d->services, d->arena, &c, &d->form, lack, e);
}

/* ---- what may follow what ---- */

/* What the kind and state of a certificate make of "renew". */
static enum order_kind renewal_kind(const struct certificate *old, const struct profile *profile,
                                    int64_t now) {
    if (strcmp(old->kind, "uploaded") == 0 || strcmp(old->kind, "pca") == 0)
        return ORDER_REPLACEMENT;
    bool early = old->version_count && now < old->window_at;
    return early && profile->early_renewal ? ORDER_EARLY_RENEWAL : ORDER_RENEWAL;
}

static const enum action action_of[ORDER_KIND_COUNT] = {
    [ORDER_PURCHASE] = ACTION_BUY_NEW,
    [ORDER_RENEWAL] = ACTION_RENEW,
    [ORDER_EARLY_RENEWAL] = ACTION_RENEW_EARLY,
    [ORDER_REPLACEMENT] = ACTION_REPLACE,
};

static bool check_replacement(const struct draft *d, struct error *e) {
    return d->profile->uploaded.match == MATCH_NOTHING || !draft_differs(d) ||
           fail(e, ERR_SPECIFICATION_MISMATCH, "the policy '%s' replaces %s by the same specification only",
                "策略“%s”要求以相同规格替换 %s", d->profile->name, d->old->id);
}

/* Whether the old certificate may be renewed as something else is asked of its own profile. */
static bool check_renewal(struct draft *d, const struct profile *old_profile, struct error *e) {
    d->c.specification_changed = draft_differs(d);
    if (d->c.specification_changed && old_profile->specification_change == SPECIFICATION_REFUSED)
        return fail(e, ERR_SPECIFICATION_CHANGE_BUY_NEW,
                    "the policy '%s' of %s allows no other specification",
                    "策略“%s”不允许 %s 在续费时更改规格", old_profile->name, d->old->id);
    return check_editable(d, e);
}

static bool make_renewal(struct draft *d, int64_t now, struct error *e) {
    const struct profile *old_profile;
    if (!certificate_profile(d->services->policies, d->old, &old_profile, e))
        return false;
    d->kind = renewal_kind(d->old, old_profile, now);
    if (!action_allowed(action_of[d->kind], d->old, old_profile, now, e) || !choose(d, e) ||
        !draft_complete(d, e) || !fill_form(d, e))
        return false;
    return d->kind == ORDER_REPLACEMENT ? check_replacement(d, e) : check_renewal(d, old_profile, e);
}

bool draft_make(struct draft *d, int64_t now, struct error *e) {
    if (d->old)
        return make_renewal(d, now, e);
    d->kind = ORDER_PURCHASE;
    return choose(d, e) && draft_complete(d, e) && fill_form(d, e);
}
