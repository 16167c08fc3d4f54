/* Whether an organisation must be checked again. */
#include "applicant/identity.h"
#include "applicant/form.h"
#include "applicant/organization.h"

/* The organisation that the form names was deleted: nothing that was checked of it counts. */
static bool organization_read(const struct services *services, struct arena *a, const char *id,
                              struct identity_check *like, struct error *e) {
    struct organization o;
    if (organization_get(services->db, a, like->account_id, id, &o, e)) {
        like->organization_id = o.id;
        like->organization_revision = o.revision;
        return true;
    }
    return error_absent(e);
}

bool identity_check_of(const struct services *services, struct arena *a, const struct certificate *c,
                       struct identity_check *like, struct error *e) {
    struct application_form form;
    *like = (struct identity_check){.account_id = c->account_id, .grade = c->grade};
    if (!form_of(services->db, a, c, &form, e))
        return false;
    if (!form.organization_id || !form.contact_id)
        return true;
    like->contact_id = form.contact_id;
    return organization_read(services, a, form.organization_id, like, e);
}

bool identity_check_holds(const struct services *services, struct arena *a, const struct certificate *c,
                          int64_t now, bool *valid, struct error *e) {
    struct identity_check like;
    *valid = false;
    if (!identity_check_of(services, a, c, &like, e))
        return false;
    return !like.organization_id || identity_check_valid(services->db, &like, now, valid, e);
}
