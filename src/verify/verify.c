/*
 * The steps that look: after a deployment until the target serves the version or patience ends, and at every
 * target again and again. Drift is repaired by a deployment to that target alone.
 */
#include "audit/audit.h"
#include "base/rand.h"
#include "verify/verify_db.h"

enum {
    DEPLOYMENT_LOOKS = 5, /* at once, and 1, 2, 4, 8 seconds later: load balancers take their time */
    WATCH_SECONDS = 3600,
    WATCH_SECONDS_AFTER_FINDING = WATCH_SECONDS / 4,
    REPAIR_PAUSE = 600, /* between deployments that repair the same target */
    KEEP_SECONDS = 30 * DAY,
    PURGE_LIMIT = 5000, /* rows in one transaction */
    PURGE_PAUSE = 10,
};

/* From act to save. */
struct looked {
    bool done; /* there was something to look at */
    bool gone; /* the certificate that was put there was deleted by force meanwhile */
    struct target target;
    struct version version; /* that should be served there */
    struct finding finding;
};

/* ---- looking ---- */

/* The name to ask for: a wildcard is no host, so another name of the certificate must do, or the address
 * itself. */
static const char *server_name_of(struct arena *a, const struct target *target, const char *names,
                                  const char *host) {
    struct slice name;
    if (target->server_name)
        return target->server_name;
    for (const char *rest = names; names_next(&rest, &name);)
        if (name.p[0] != '*')
            return arena_strndup(a, (const char *)name.p, name.len);
    return host;
}

/* An absent row is no error here: certificates can be deleted by force. */
static bool found_or_gone(bool found, bool *gone, struct error *e) {
    *gone = !found && e->id == ERR_NOT_FOUND;
    if (*gone)
        error_clear(e);
    return found || *gone;
}

static bool expect_chain(struct work *w, const struct looked *l, struct expectation *x, struct error *e) {
    struct slice der;
    const char *pem;
    struct cert *chain;
    const struct target_ops *ops;
    if (!target_ops_of(&l->target, &ops, e))
        return false;
    if (!l->version.chain_id || !ops->gives_chain(w->arena, &l->target))
        return true;
    if (!version_material(w->db, w->arena, &l->version, &der, &pem, e) ||
        !cert_list_from_pem(w->arena, slice_str(pem), IMPORT_CERTS_MAX, &chain, &x->chain_count, e))
        return false;
    x->chain = chain;
    return true;
}

static bool look(struct work *w, struct looked *l, const char *names, enum served_file file,
                 struct error *e) {
    struct expectation expected = {.fingerprint = l->version.fingerprint, .file = file};
    const char *host;
    uint16_t port;
    if (!probe_address_parse(w->arena, l->target.probe_address, &host, &port, e) ||
        !expect_chain(w, l, &expected, e))
        return false;
    expected.server_name = server_name_of(w->arena, &l->target, names, host);
    l->done = verify_expected(w->arena, w->services->prober, l->target.probe_address, &expected, w->now,
                              &l->finding, e);
    return l->done;
}

static bool store_finding(struct work *w, const struct looked *l, struct error *e) {
    const struct finding *f = &l->finding;
    const struct probe probe = {.id = id_new(w->arena, "prb", w->now),
                                .account_id = l->target.account_id,
                                .target_id = l->target.id,
                                .at = w->now,
                                .verdict = verdict_row(f->verdict)->name,
                                .detail_en = f->detail.in[LANG_EN],
                                .detail_zh = f->detail.in[LANG_ZH],
                                .served_fingerprint = f->served_fingerprint,
                                .expected_fingerprint = l->version.fingerprint,
                                .served_end_at = f->served_end,
                                .protocol = f->protocol,
                                .cipher = f->cipher};
    return probe_insert(w->db, &probe, e);
}

/* ---- after a deployment ---- */

bool verify_look(struct work *w, struct error *e) {
    struct looked *l = w->prepared = ARENA_NEW(w->arena, struct looked);
    struct deployment d;
    struct certificate c;
    if (!deployment_get_any(w->db, w->arena, w->item->subject, &d, e) ||
        !target_get_any(w->db, w->arena, d.target_id, &l->target, e))
        return false;
    if (d.finished_at || !l->target.probe_address)
        return true;
    bool found = certificate_get_any(w->db, w->arena, d.certificate_id, &c, e) &&
                 version_get(w->db, w->arena, d.account_id, d.version_id, &l->version, e);
    return found_or_gone(found, &l->gone, e) && (l->gone || look(w, l, c.names, FILE_NEW, e));
}

bool verify_decide(struct work *w, struct error *e) {
    const struct looked *l = w->prepared;
    const struct verdict_row *row = verdict_row(l->finding.verdict);
    struct deployment d;
    if (!deployment_get_any(w->db, w->arena, w->item->subject, &d, e))
        return false;
    if (d.finished_at)
        return work_goes(w, OUTCOME_DONE);
    if (l->gone)
        return work_goes(w, OUTCOME_OTHERWISE); /* after that, `put` gives up */
    if (!l->done)
        return work_goes(w, OUTCOME_NEXT);
    if (!store_finding(w, l, e))
        return false;
    if (!row->fails_deployment)
        return work_goes(w, OUTCOME_NEXT);
    d.probes++;
    d.reason = row->name;
    d.detail_en = l->finding.detail.in[LANG_EN];
    d.detail_zh = l->finding.detail.in[LANG_ZH];
    if (!deployment_store(w->db, &d, e))
        return false;
    if (d.probes < DEPLOYMENT_LOOKS)
        return work_again(w, w->now + (1 << (d.probes - 1)));
    return work_goes(w, OUTCOME_OTHERWISE);
}

/* ---- watching ---- */

/* Is there something to watch, and something that should be there? */
static bool watched_certificate(struct work *w, const struct target *target, struct certificate *c,
                                bool *watched, struct error *e) {
    bool gone;
    *watched = false;
    if (target->deleted_at || !target->probe_address || !target->certificate_id)
        return true;
    if (!found_or_gone(certificate_get_any(w->db, w->arena, target->certificate_id, c, e), &gone, e))
        return false;
    *watched = !gone;
    return true;
}

const char *verify_watch_party(struct work *w) {
    return target_party(w->arena, w->item->subject);
}

bool verify_watch(struct work *w, struct error *e) {
    struct looked *l = w->prepared = ARENA_NEW(w->arena, struct looked);
    struct certificate c;
    bool watched;
    if (!target_get_any(w->db, w->arena, w->item->subject, &l->target, e) ||
        !watched_certificate(w, &l->target, &c, &watched, e))
        return false;
    if (!watched || !c.version_id)
        return true;
    /* What was seen there once may have been replaced by others; what never got there was not. */
    bool was_there = l->target.version_id && strcmp(l->target.version_id, c.version_id) == 0;
    return version_get(w->db, w->arena, c.account_id, c.version_id, &l->version, e) &&
           look(w, l, c.names, was_there ? FILE_UNKNOWN : FILE_OLD, e);
}

/* The next moment of the target's own rhythm, so that a fleet is not probed all at once. */
static int64_t next_watch(const char *target_id, int64_t period, int64_t now) {
    int64_t offset = (int64_t)(slice_hash(slice_str(target_id)) % (uint64_t)period);
    int64_t at = now - now % period + offset;
    return at > now ? at : at + period;
}

static bool serves_another(const struct looked *l) {
    return l->finding.served_fingerprint &&
           strcmp(l->finding.served_fingerprint, l->version.fingerprint) != 0 &&
           l->finding.verdict != VERDICT_INTERMEDIATE_DEVICE_NOT_UPDATED; /* our server is right */
}

/*
 * Only what was there once is put there again (nobody asked for more), and only while it is good for
 * something; not beside a deployment that is under way, nor right after one.
 */
static bool may_repair(const struct work *w, const struct looked *l, const struct target *target,
                       const struct certificate *c, const struct deployment *newest) {
    bool same = c->version_id && l->version.id && strcmp(c->version_id, l->version.id) == 0;
    bool at_rest = !newest->id || (newest->finished_at && newest->finished_at + REPAIR_PAUSE <= w->now);
    return same && at_rest && target->version_id && certificate_live(c, w->now) && serves_another(l);
}

static bool tell_drift(struct work *w, const struct target *target, const struct finding *finding,
                       const struct certificate *c, struct error *e) {
    json_t *params = json_pack("{s:s,s:s?,s:s?}", "target", target->name, "detail_en",
                               finding->detail.in[LANG_EN], "detail_zh", finding->detail.in[LANG_ZH]);
    const struct notify_event event = {
        .event = "drift_found", .subject = target->id, .params = json_keep(w->arena, params), .now = w->now};
    return certificate_tell(w->db, w->arena, c, &event, e);
}

static bool repair(struct work *w, const struct looked *l, const struct target *target,
                   const struct certificate *c, struct error *e) {
    struct deployment d;
    struct audit_entry entry = audit_by_system(target->account_id, w->now, "target.drift", target->id);
    entry.after = arena_printf(w->arena, "{\"verdict\":\"%s\",\"served_fingerprint\":\"%s\"}",
                               verdict_row(l->finding.verdict)->name, l->finding.served_fingerprint);
    return deployment_create(w->db, w->arena, &l->version, target, "drift", w->now, &d, e) &&
           audit_write(w->db, w->arena, &entry, e) && tell_drift(w, target, &l->finding, c, e);
}

/* What is seen there is there, whoever has put it. */
static bool adopt(struct work *w, const struct looked *l, const struct target *target,
                  const struct deployment *newest, struct error *e) {
    bool known = target->version_id && strcmp(target->version_id, l->version.id) == 0;
    bool unfinished = newest->id && !newest->finished_at;
    return known || unfinished || l->finding.verdict != VERDICT_OK ||
           target_set_version(w->db, target->id, l->version.id, e);
}

/* Everything that `act` relied on is read again: the target may serve another certificate now. */
static bool conclude(struct work *w, const struct looked *l, const struct target *target,
                     const struct certificate *c, struct error *e) {
    struct deployment newest;
    if (!store_finding(w, l, e) || !deployment_newest(w->db, w->arena, target->id, &newest, e))
        return false;
    if (strcmp(l->version.certificate_id, c->id) != 0)
        return true;
    return may_repair(w, l, target, c, &newest) ? repair(w, l, target, c, e)
                                                : adopt(w, l, target, &newest, e);
}

bool verify_watch_record(struct work *w, struct error *e) {
    const struct looked *l = w->prepared;
    struct target target;
    struct certificate c;
    bool watched;
    if (!target_get_any(w->db, w->arena, w->item->subject, &target, e) ||
        !watched_certificate(w, &target, &c, &watched, e))
        return false;
    if (!watched)
        return work_goes(w, OUTCOME_DONE);
    if (l->done && !conclude(w, l, &target, &c, e))
        return false;
    bool finding = l->done && l->finding.verdict != VERDICT_OK;
    return work_until(w,
                      next_watch(target.id, finding ? WATCH_SECONDS_AFTER_FINDING : WATCH_SECONDS, w->now));
}

/* ---- retention ---- */

bool verify_purge(struct work *w, struct error *e) {
    int64_t purged;
    if (!probe_purge(w->db, w->now - KEEP_SECONDS, PURGE_LIMIT, &purged, e))
        return false;
    if (purged == PURGE_LIMIT)
        work_by(w, w->now + PURGE_PAUSE);
    return true;
}
