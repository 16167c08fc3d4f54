/* Whether an organisation must be checked again. */
#include "applicant/identity.h"
#include "applicant/form.h"
#include "applicant/organization.h"

bool identity_check_holds(const struct services *services, struct arena *a, const struct certificate *c,
                          int64_t now, bool *valid, struct error *e) {
    struct application_form form;
    struct organization o;
    *valid = false;
    if (!form_of(services->db, a, c, &form, e))
        return false;
    if (!form.organization_id || !form.contact_id)
        return true;
    if (!organization_get(services->db, a, c->account_id, form.organization_id, &o, e)) {
        bool gone = e->id == ERR_NOT_FOUND;
        if (gone)
            error_clear(e);
        return gone;
    }
    const struct identity_check like = {.account_id = c->account_id,
                                        .organization_id = o.id,
                                        .organization_revision = o.revision,
                                        .contact_id = form.contact_id,
                                        .grade = c->grade};
    return identity_check_valid(services->db, &like, now, valid, e);
}
