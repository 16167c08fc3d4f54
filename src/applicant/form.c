/* What an application needs, where a form comes from, and who may still change it. */
#include "applicant/form.h"
#include "applicant/contact.h"
#include "applicant/input.h"
#include "applicant/organization.h"
#include <stdio.h>

/* ---- where it comes from ---- */

/* False without an error: there is none. */
static bool form_found(struct db *db, struct arena *a, const char *certificate_id, struct application_form *f,
                       struct error *e) {
    if (form_get(db, a, certificate_id, f, e))
        return true;
    if (e->id == ERR_NOT_FOUND)
        error_clear(e);
    return false;
}

/* The certificate that `c` renews; false without an error: none, or deleted since. */
static bool predecessor_found(struct db *db, struct arena *a, const struct certificate *c,
                              struct certificate *old, struct error *e) {
    if (!c->predecessor_id)
        return false;
    if (certificate_get(db, a, c->account_id, c->predecessor_id, old, e))
        return true;
    if (e->id == ERR_NOT_FOUND)
        error_clear(e);
    return false;
}

/* That of the nearest predecessor that has one; else an empty one. */
static bool inherited_form(struct db *db, struct arena *a, const struct certificate *c,
                           struct application_form *f, struct error *e) {
    struct application_form old = {0};
    struct certificate step = *c;
    bool found = false;
    while (!found && predecessor_found(db, a, &step, &step, e))
        found = form_found(db, a, step.id, &old, e);
    *f = (struct application_form){.certificate_id = c->id,
                                   .account_id = c->account_id,
                                   .contact_id = old.contact_id,
                                   .organization_id = old.organization_id,
                                   .validation_method = old.validation_method,
                                   .inherited = found};
    return e->id == ERR_NONE;
}

bool form_of(struct db *db, struct arena *a, const struct certificate *c, struct application_form *f,
             struct error *e) {
    error_clear(e);
    *f = (struct application_form){.certificate_id = c->id};
    if (c->id && form_found(db, a, c->id, f, e))
        return true;
    return e->id == ERR_NONE && inherited_form(db, a, c, f, e);
}

/* ---- what it lacks ---- */

static const struct form_lack no_contact = {
    ERR_CONTACT_MISSING, "contact_id",
    TEXT("the brand's issuer wants to know whom to ask: choose a contact",
         "该品牌的签发机构要求提供联系人:请选择联系人")};
static const struct form_lack no_organization = {
    ERR_ORGANIZATION_MISSING, "organization_id",
    TEXT("the brand's issuer checks an organisation: choose one", "该品牌的签发机构需要审核组织:请选择组织")};
static const struct form_lack file_for_wildcard = {
    ERR_FILE_VALIDATION_NOT_FOR_WILDCARD, "validation_method",
    TEXT("it has a wildcard name, which no file can prove control over: choose dns",
         "证书含通配符域名,文件验证无法证明其控制权:请选择 dns")};

void form_refuse(const struct form_lack *lack, struct error *e) {
    fail_field(e, lack->field, lack->id, "%s", "%s", lack->detail.in[LANG_EN]);
    snprintf(e->detail[LANG_ZH], sizeof e->detail[LANG_ZH], "%s", lack->detail.in[LANG_ZH]);
}

static bool has_wildcard(const char *names) {
    return strncmp(names, "*.", 2) == 0 || strstr(names, " *.");
}

static bool by_file_for_wildcard(const struct certificate *c, const struct application_form *f) {
    return f->validation_method && strcmp(f->validation_method, "file") == 0 && has_wildcard(c->names);
}

/* One that was deleted since is not there. */
static bool contact_there(struct db *db, struct arena *a, const struct application_form *f, bool *there,
                          struct error *e) {
    struct contact contact;
    *there = f->contact_id && contact_get(db, a, f->account_id, f->contact_id, &contact, e);
    if (e->id == ERR_NOT_FOUND)
        error_clear(e);
    return e->id == ERR_NONE;
}

static bool organization_there(struct db *db, struct arena *a, const struct application_form *f, bool *there,
                               struct error *e) {
    struct organization organization;
    *there =
        f->organization_id && organization_get(db, a, f->account_id, f->organization_id, &organization, e);
    if (e->id == ERR_NOT_FOUND)
        error_clear(e);
    return e->id == ERR_NONE;
}

enum demands form_demands(const struct services *services, const struct certificate *c) {
    const struct brand *brand = c->brand ? catalog_find(services->catalog, c->brand) : NULL;
    return brand ? brand->demands : DEMANDS_NONE;
}

bool form_check(const struct services *services, struct arena *a, const struct certificate *c,
                const struct application_form *f, const struct form_lack **lack, struct error *e) {
    enum demands demands = form_demands(services, c);
    bool contact = false, organization = false;
    *lack = NULL;
    error_clear(e);
    if (demands == DEMANDS_NONE)
        return true;
    if (!contact_there(services->db, a, f, &contact, e) ||
        !organization_there(services->db, a, f, &organization, e))
        return false;
    if (!contact)
        *lack = &no_contact;
    else if (demands == DEMANDS_REVIEW && !organization)
        *lack = &no_organization;
    else if (by_file_for_wildcard(c, f))
        *lack = &file_for_wildcard;
    return true;
}

/* ---- changing it ---- */

enum { REMARK_MAX = 500 };

static const struct input_rule rules[] = {
    {.field = "remark", .offset = offsetof(struct application_form, remark), .max = REMARK_MAX},
    {.field = NULL},
};

/* Where it cannot change any more, or not now. */
static const enum error_id refused_in[STATE_COUNT] = {
    [STATE_PENDING_LETTER] = ERR_ALREADY_SUBMITTED,
    [STATE_VALIDATING] = ERR_ALREADY_SUBMITTED,
    [STATE_REVOKING] = ERR_NOT_LIVE,
    [STATE_REVOKED] = ERR_NOT_LIVE,
    [STATE_CANCELLED] = ERR_CONFLICT,
};

static bool check_state(const struct certificate *c, int64_t now, struct error *e) {
    enum certificate_state state = certificate_state(c, now);
    if (strcmp(c->kind, "uploaded") == 0 || strcmp(c->kind, "pca") == 0)
        return fail_state(e, state_row(state)->name, ERR_NOT_OFFICIAL,
                          "%s was not ordered through Tenure: nothing is applied for",
                          "%s 不是通过 Tenure 订购的,无需申请", c->id);
    return refused_in[state] == ERR_NONE ||
           fail_state(e, state_row(state)->name, refused_in[state], "the form of %s cannot be changed now",
                      "目前不能更改 %s 的申请表", c->id);
}

static bool same(const char *one, const char *other) {
    return one && other ? strcmp(one, other) == 0 : one == other;
}

/* What is as it was may even be gone: then it is missing. */
static bool check_references(struct db *db, struct arena *a, const struct application_form *f,
                             const struct application_form *before, struct error *e) {
    struct contact contact;
    struct organization organization;
    if (f->contact_id && !same(f->contact_id, before->contact_id) &&
        !contact_get(db, a, f->account_id, f->contact_id, &contact, e))
        return false;
    return !f->organization_id || same(f->organization_id, before->organization_id) ||
           organization_get(db, a, f->account_id, f->organization_id, &organization, e);
}

static bool check_method(const struct certificate *c, const struct application_form *f, struct error *e) {
    const char *method = f->validation_method;
    if (method && strcmp(method, "dns") != 0 && strcmp(method, "file") != 0)
        return fail_field(e, "validation_method", ERR_BAD_FIELD, "'%s' is no method: dns or file",
                          "“%s”不是验证方式:请使用 dns 或 file", method);
    if (!by_file_for_wildcard(c, f))
        return true;
    form_refuse(&file_for_wildcard, e);
    return false;
}

/* What was empty in the old form may be filled in under every policy. */
static bool check_kept(const struct profile *profile, const struct application_form *old,
                       const struct application_form *f, struct error *e) {
    const struct {
        unsigned bit;
        const char *field, *before, *after;
    } members[] = {
        {EDIT_CONTACT, "contact_id", old->contact_id, f->contact_id},
        {EDIT_ORGANIZATION, "organization_id", old->organization_id, f->organization_id},
        {EDIT_VALIDATION_METHOD, "validation_method", old->validation_method, f->validation_method},
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (members[i].before && !(profile->editable & members[i].bit) &&
            !same(members[i].before, members[i].after))
            return fail_field(e, members[i].field, ERR_NOT_EDITABLE,
                              "the policy '%s' does not let a renewal change %s",
                              "策略“%s”不允许在续费时更改 %s", profile->name, members[i].field);
    return true;
}

static bool check_editable(const struct services *services, struct arena *a, const struct certificate *c,
                           const struct application_form *f, struct error *e) {
    const struct profile *profile;
    struct application_form old;
    error_clear(e);
    return certificate_profile(services->policies, c, &profile, e) &&
           inherited_form(services->db, a, c, &old, e) && check_kept(profile, &old, f, e);
}

static bool waits_for(const struct certificate *c, enum error_id id) {
    return c->waits_for && strcmp(c->waits_for, error_row(id)->code) == 0;
}

/* The next version of a live certificate was rejected: it is asked for again. */
static bool was_rejected(const struct certificate *c) {
    static const enum error_id reasons[] = {ERR_ORGANISATION_DATA, ERR_LETTER_REFUSED,
                                            ERR_CONTACT_NOT_REACHED};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (c->version_count && waits_for(c, reasons[i]))
            return true;
    return false;
}

/* It was not submitted by itself for want of what is there now; a person submits it. */
static bool waits_no_more(const struct services *services, struct arena *a, struct certificate *c,
                          const struct application_form *f, struct error *e) {
    const struct profile *profile;
    const struct form_lack *lack;
    bool again = was_rejected(c);
    if (!again && !waits_for(c, ERR_CONTACT_MISSING) && !waits_for(c, ERR_ORGANIZATION_MISSING))
        return true;
    if (!form_check(services, a, c, f, &lack, e))
        return false;
    if (lack)
        return true;
    c->waits_for = c->waits_detail_en = c->waits_detail_zh = NULL;
    return certificate_profile(services->policies, c, &profile, e) &&
           certificate_store(services->db, a, profile, c, e) &&
           (!again || work_enqueue(services->db, c->account_id, c->id, "decide", f->changed_at, e));
}

bool form_allowed(const struct services *services, struct arena *a, const struct certificate *c,
                  struct application_form *f, struct error *e) {
    struct application_form before;
    return form_of(services->db, a, c, &before, e) && check_references(services->db, a, f, &before, e) &&
           check_method(c, f, e) && check_editable(services, a, c, f, e) && input_check(a, rules, f, e);
}

bool form_change(const struct services *services, struct arena *a, struct certificate *c,
                 struct application_form *f, int64_t now, struct error *e) {
    if (!check_state(c, now, e) || !form_allowed(services, a, c, f, e))
        return false;
    f->changed_at = now;
    f->inherited = false;
    return form_store(services->db, f, e) && waits_no_more(services, a, c, f, e);
}

bool form_keep(struct db *db, struct application_form *f, int64_t now, struct error *e) {
    if (!f->inherited || !f->certificate_id)
        return true;
    f->changed_at = now;
    f->inherited = false;
    return form_store(db, f, e);
}

/* ---- who has a contact or an organisation ---- */

static bool is_over(const struct certificate *c, int64_t now) {
    enum certificate_state state = certificate_state(c, now);
    bool ended = state == STATE_EXPIRED && !certificate_lapsed(c, now);
    return ended || state == STATE_REVOKING || state == STATE_REVOKED || state == STATE_CANCELLED;
}

/* `c` itself, or the successor that has its form for want of one; NULL: none. */
static const char *who_applies(struct db *db, struct arena *a, struct certificate *c, int64_t now,
                               struct error *e) {
    struct application_form own = {0};
    while (is_over(c, now)) {
        if (!c->successor_id || !certificate_get_any(db, a, c->successor_id, c, e) ||
            form_found(db, a, c->id, &own, e) || e->id)
            return NULL;
    }
    return c->id;
}

/* The certificate at which the form is found, or who has it from there; memory as for one. */
static bool holder_at(struct db *db, struct arena *a, const char *certificate_id, int64_t now,
                      const char **id, struct error *e) {
    AUTO_ARENA scratch = arena_new();
    struct certificate c;
    error_clear(e);
    const char *who =
        certificate_get_any(db, scratch, certificate_id, &c, e) ? who_applies(db, scratch, &c, now, e) : NULL;
    if (who)
        *id = arena_strdup(a, who);
    if (e->id == ERR_NOT_FOUND)
        error_clear(e);
    return e->id == ERR_NONE;
}

bool form_holder(struct db *db, struct arena *a, enum form_member member, const char *object, int64_t now,
                 const char **id, struct error *e) {
    const char *at = "";
    *id = NULL;
    while (at && !*id)
        if (!form_next_with(db, a, member, object, at, &at, e) || (at && !holder_at(db, a, at, now, id, e)))
            return false;
    return true;
}
