/* What an organisation must have, and what keeps it. */
#include "applicant/organization.h"
#include "applicant/contact.h"
#include "applicant/form.h"
#include "applicant/input.h"
#include "base/rand.h"
#include <stdio.h>

#define RULE(member, max_, required_, take_)                                                                 \
    {                                                                                                        \
        .field = #member, .offset = offsetof(struct organization, member), .max = (max_),                    \
        .required = (required_), .take = (take_)                                                             \
    }

/* The lengths are those of X.520, for what goes into a certificate. */
static const struct input_rule rules[] = {
    RULE(name, 64, true, NULL),
    RULE(registration_number, 64, false, NULL),
    RULE(country, 2, true, input_country),
    RULE(province, 128, false, NULL),
    RULE(city, 128, true, NULL),
    RULE(address, 256, false, NULL),
    RULE(postal_code, 40, false, NULL),
    RULE(phone, 40, false, input_telephone),
    {.field = NULL},
};

bool organization_create(struct db *db, struct arena *a, int64_t now, struct organization *o,
                         struct error *e) {
    o->id = id_new(a, "org", now);
    o->created_at = o->changed_at = now;
    return input_check(a, rules, o, e) && organization_insert(db, o, e);
}

bool organization_change(struct db *db, struct arena *a, int64_t now, struct organization *o,
                         struct error *e) {
    o->changed_at = now;
    return input_check(a, rules, o, e) && organization_store(db, o, e);
}

bool organization_delete(struct db *db, struct arena *a, const struct organization *o, int64_t now,
                         struct error *e) {
    const char *holder = NULL;
    struct organization gone = *o;
    if (!contact_of_organization(db, a, o->id, &holder, e) ||
        (!holder && !form_holder(db, a, FORM_ORGANIZATION, o->id, now, &holder, e)))
        return false;
    if (holder) {
        fail(e, ERR_IN_USE, "%s has the organisation '%s'", "%s 正在使用组织“%s”", holder, o->name);
        snprintf(e->object, sizeof e->object, "%s", holder);
        return false;
    }
    gone.deleted_at = now;
    return organization_store(db, &gone, e);
}
