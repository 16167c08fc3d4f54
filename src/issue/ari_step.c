/* The step `suggest`: asking the CA when it wants a version renewed. */
#include "base/rand.h"
#include "catalog/issuer.h"
#include "issue/acme_net.h"
#include "issue/ari.h"
#include "issue/limit.h"

/* A CA that is in trouble is asked by one version a minute; the others come spread over the next one. */
enum { MINUTE = 60 };

struct looked {
    bool over; /* ended, replaced, revoked, or deleted */
    int64_t later;
    struct issuer issuer;
    struct ari_answer answer;
};

/* ---- which version ---- */

static bool is_current(const struct suggestion *s, const struct certificate *c, int64_t now) {
    return c->version_id && strcmp(c->version_id, s->version_id) == 0 && now < s->end_at &&
           !c->revoke_asked_at && !c->revoked_at && !c->cancelled_at;
}

/* `*over`: the CA need not be asked any more. */
static bool read_subject(struct work *w, struct suggestion *s, struct certificate *c, bool *over,
                         struct error *e) {
    *over = true;
    if (!suggestion_get(w->db, w->arena, w->item->subject, s, e))
        return false;
    if (!s->version_id)
        return true;
    if (!certificate_get_any(w->db, w->arena, s->certificate_id, c, e))
        return error_absent(e);
    *over = !is_current(s, c, w->now);
    return true;
}

/* ---- asking ---- */

/* What kept an answer away is no failure of the step. */
static bool trouble(struct ari_answer *answer, struct error *e) {
    bool refused = e->id == ERR_ACME_ANSWER || e->id == ERR_ACME_REFUSED || e->id == ERR_BAD_FIELD ||
                   e->id == ERR_ADDRESS_NOT_ALLOWED;
    *answer =
        (struct ari_answer){.outcome = refused ? ARI_ERROR : ARI_TROUBLE, .retry_after = e->retry_after};
    error_clear(e);
    return true;
}

static const char *url_of(struct arena *a, const char *renewal_info, const char *id) {
    size_t length = strlen(renewal_info);
    bool slash = length && renewal_info[length - 1] == '/';
    return arena_printf(a, "%s%s%s", renewal_info, slash ? "" : "/", id);
}

static bool ask(struct work *w, const struct suggestion *s, struct looked *l, struct error *e) {
    const struct acme_session session = {
        .services = w->services, .arena = w->arena, .now = w->now, .issuer = &l->issuer};
    struct acme_directory directory;
    struct acme_reply reply;
    l->answer.outcome = ARI_NONE;
    if (!acme_net_directory(&session, &directory, e))
        return trouble(&l->answer, e);
    if (!directory.renewal_info)
        return true;
    if (!acme_net_get(&session, url_of(w->arena, directory.renewal_info, s->ari_id), &reply, e))
        return trouble(&l->answer, e);
    l->answer.retry_after = reply.retry_after;
    l->answer.outcome = ARI_SAID;
    if (acme_read_renewal_info(w->arena, reply.body, &l->answer.info, e))
        return true;
    error_clear(e);
    l->answer.outcome = ARI_ERROR;
    return true;
}

static bool read_issuer(struct work *w, const struct suggestion *s, struct looked *l, struct error *e) {
    if (issuer_get(w->db, w->arena, s->issuer, &l->issuer, e))
        return true;
    l->issuer.directory = NULL;
    return error_absent(e);
}

const char *ari_party(struct work *w) {
    struct suggestion s = {.issuer = NULL};
    struct error ignored;
    return suggestion_get(w->db, w->arena, w->item->subject, &s, &ignored) ? issuer_party(w->arena, s.issuer)
                                                                           : NULL;
}

bool ari_look(struct work *w, struct error *e) {
    struct looked *l = w->prepared = ARENA_NEW(w->arena, struct looked);
    struct suggestion s;
    struct certificate c;
    int64_t closed_until = 0;
    l->answer.outcome = ARI_NONE;
    if (!read_subject(w, &s, &c, &l->over, e) || l->over)
        return l->over && e->id == ERR_NONE;
    if (!read_issuer(w, &s, l, e))
        return false;
    if (!l->issuer.directory)
        return true; /* withdrawn, and its row deleted */
    if (!limit_suggest_closed(w->db, w->arena, l->issuer.directory, &closed_until, e))
        return false;
    if (closed_until > w->now) {
        l->later = closed_until + (int64_t)rand_below(MINUTE);
        return true;
    }
    return ask(w, &s, l, e);
}

/* ---- writing down ---- */

static bool apply(struct work *w, struct suggestion *s, struct certificate *c, const struct profile *profile,
                  struct error *e) {
    int64_t at;
    ari_apply(s, c, profile, w->now, &at);
    if (!at)
        return true;
    s->set_at = c->next_issue_at = at;
    return certificate_store(w->db, w->arena, profile, c, e) &&
           work_enqueue(w->db, c->account_id, c->id, "decide", at > w->now ? at : w->now, e);
}

/* One certificate of the account and issuer stands for all. */
static bool tell_held(struct work *w, const struct suggestion *s, const struct certificate *c,
                      struct error *e) {
    json_t *params = json_pack("{s:s,s:s,s:s,s:s}", "issuer", s->issuer, "issued",
                               time_format(w->arena, c->not_before), "next", time_format(w->arena, s->moment),
                               "why", s->explanation_url ? s->explanation_url : "-");
    const struct notify_event event = {.event = "ca_in_haste",
                                       .once = arena_printf(w->arena, "ca_in_haste/%s", s->issuer),
                                       .params = json_keep(w->arena, params),
                                       .now = w->now};
    return certificate_tell(w->db, w->arena, c, &event, e);
}

static bool record(struct work *w, struct suggestion *s, struct certificate *c, struct error *e) {
    const struct looked *l = w->prepared;
    const struct profile *profile;
    if (!certificate_profile(w->services->policies, c, &profile, e))
        return false;
    ari_take(s, &l->answer, ari_latest(c, profile), rand_below(UINT64_MAX));
    s->asked_at = w->now;
    if (!apply(w, s, c, profile, e) || !suggestion_put(w->db, s, e) ||
        (ari_held(s) && !tell_held(w, s, c, e)))
        return false;
    if (l->answer.outcome == ARI_TROUBLE &&
        !limit_suggest_close(w->db, w->arena, l->issuer.directory, w->now + MINUTE, e))
        return false;
    int64_t next = ari_poll_at(s, &l->answer, w->now);
    return work_until(w, next < s->end_at ? next : s->end_at);
}

bool ari_record(struct work *w, struct error *e) {
    const struct looked *l = w->prepared;
    struct suggestion s;
    struct certificate c;
    bool over;
    if (!read_subject(w, &s, &c, &over, e))
        return false;
    if (over)
        return suggestion_delete(w->db, w->item->subject, e) && work_goes(w, OUTCOME_DONE);
    return l->later ? work_again(w, l->later) : record(w, &s, &c, e);
}

/* ---- beginning, and naming ---- */

/* What the version before this one was replaced for. */
static bool carry_haste(struct work *w, const struct ari_stored *stored, struct suggestion *s,
                        struct error *e) {
    struct suggestion old = {.version_id = NULL};
    if (stored->before->version_id && !suggestion_get(w->db, w->arena, stored->before->version_id, &old, e))
        return false;
    if (!old.version_id || strcmp(old.issuer, stored->issuer) != 0)
        return true;
    s->haste = ari_haste(&old, stored->before, stored->profile, w->now);
    s->earliest = ari_earliest(s->haste, stored->now, stored->profile, w->now);
    return true;
}

bool ari_begin(struct work *w, const struct ari_stored *stored, struct error *e) {
    const struct certificate *c = stored->now;
    struct suggestion s = {.version_id = c->version_id,
                           .account_id = c->account_id,
                           .certificate_id = c->id,
                           .issuer = stored->issuer,
                           .end_at = c->version_end,
                           .set_at = c->next_issue_at};
    if (!acme_certificate_id(w->arena, stored->leaf, &s.ari_id))
        return true; /* nothing that a CA could be asked by */
    return carry_haste(w, stored, &s, e) && suggestion_put(w->db, &s, e) &&
           work_enqueue(w->db, c->account_id, c->version_id, "suggest", w->now, e);
}

/* budget: as the header has it */
bool ari_replaces(struct db *db, struct arena *a, const struct certificate *c, const char *issuer,
                  const char **id, struct error *e) {
    struct certificate predecessor;
    struct suggestion s;
    const char *version = c->version_id;
    *id = NULL;
    if (!version && c->predecessor_id) {
        if (!certificate_get_any(db, a, c->predecessor_id, &predecessor, e))
            return error_absent(e);
        version = predecessor.version_id;
    }
    if (!version)
        return true;
    if (!suggestion_get(db, a, version, &s, e))
        return false;
    if (s.version_id && s.window_start && strcmp(s.issuer, issuer) == 0)
        *id = s.ari_id;
    return true;
}
