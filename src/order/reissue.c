/* Another version of a certificate, within its coverage and specification. */
#include "order/draft.h"

static bool apply_draft(struct draft *d, struct certificate *c, int64_t now, struct error *e) {
    struct db *db = d->services->db;
    if (strcmp(c->names, d->c.names) != 0 && !certificate_set_names(db, d->arena, c, d->c.names, e))
        return false;
    c->key_algorithm = d->c.key_algorithm;
    c->csr_choice = d->c.csr_choice;
    c->own_csr = d->c.own_csr;
    c->next_issue_at = now; /* what the engine goes by */
    c->rejected_at = 0;
    c->reject_reason = NULL;
    c->waits_for = c->waits_detail_en = c->waits_detail_zh = NULL;
    return certificate_store(db, d->arena, d->profile, c, e) && draft_note_csr(d, c, e) &&
           work_enqueue(db, c->account_id, c->id, "decide", now, e);
}

bool order_reissue(const struct services *services, struct arena *a, struct certificate *c,
                   const struct order_request *request, int64_t now, struct error *e) {
    struct draft d = {.services = services,
                      .arena = a,
                      .account_id = c->account_id,
                      .request = request,
                      .old = c,
                      .reissue = true};
    if (!certificate_profile(services->policies, c, &d.profile, e) ||
        !action_allowed(ACTION_REISSUE, c, d.profile, now, e) || !order_brand(services, c, &d.brand, e))
        return false;
    d.c.brand = c->brand;
    if (!draft_complete(&d, e))
        return false;
    if (draft_differs(&d))
        return fail(e, ERR_SPECIFICATION_CHANGE_BUY_NEW, "%s is reissued within its specification only",
                    "%s 只能在原规格内重新签发", c->id);
    return apply_draft(&d, c, now, e);
}
