/* What a contact must have, and what keeps it. */
#include "applicant/contact.h"
#include "applicant/form.h"
#include "applicant/input.h"
#include "applicant/organization.h"
#include "base/rand.h"
#include <stdio.h>

#define RULE(member, max_, required_, take_)                                                                 \
    {                                                                                                        \
        .field = #member, .offset = offsetof(struct contact, member), .max = (max_),                         \
        .required = (required_), .take = (take_)                                                             \
    }

static const struct input_rule rules[] = {
    RULE(name, 64, true, NULL),
    RULE(title, 64, false, NULL),
    RULE(email, 254, true, input_email),
    RULE(mobile, 40, true, input_telephone),
    {.field = NULL},
};

/* The organisation first: whether a foreign one exists is nobody's business, whatever else is wrong. */
static bool check(struct db *db, struct arena *a, struct contact *c, struct error *e) {
    struct organization o;
    return (!c->organization_id || organization_get(db, a, c->account_id, c->organization_id, &o, e)) &&
           input_check(a, rules, c, e);
}

bool contact_create(struct db *db, struct arena *a, int64_t now, struct contact *c, struct error *e) {
    c->id = id_new(a, "ctc", now);
    c->created_at = c->changed_at = now;
    return check(db, a, c, e) && contact_insert(db, c, e);
}

bool contact_change(struct db *db, struct arena *a, int64_t now, struct contact *c, struct error *e) {
    struct contact before;
    if (!contact_get(db, a, c->account_id, c->id, &before, e) || !check(db, a, c, e))
        return false;
    if (strcmp(before.email, c->email) != 0)
        c->email_confirmed_at = 0;
    c->changed_at = now;
    return contact_store(db, c, e);
}

bool contact_delete(struct db *db, struct arena *a, const struct contact *c, int64_t now, struct error *e) {
    const char *holder;
    struct contact gone = *c;
    if (!form_holder(db, a, FORM_CONTACT, c->id, now, &holder, e))
        return false;
    if (holder) {
        fail(e, ERR_IN_USE, "certificate %s has the contact '%s'", "证书 %s 正在使用联系人“%s”", holder,
             c->name);
        snprintf(e->object, sizeof e->object, "%s", holder);
        return false;
    }
    gone.deleted_at = now;
    return contact_store(db, &gone, e);
}
