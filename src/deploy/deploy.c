/*
 * Deployments: one version going to one target. The outside work is done by the target's kind; here is what
 * is written down before and after, who gives way to whom, and what happens when a certificate has arrived
 * everywhere.
 */
#include "audit/audit.h"
#include "base/rand.h"
#include "deploy/deploy_db.h"

enum { YIELD_SECONDS = 5 };

/* ---- making and giving up ---- */

bool deployment_give_up(struct db *db, struct arena *a, const char *target_id, const struct text *why,
                        int64_t now, struct error *e) {
    struct deployment d;
    if (!deployment_newest(db, a, target_id, &d, e))
        return false;
    if (!d.id || d.finished_at)
        return true;
    d.state = DEPLOYMENT_FAILED;
    d.reason = DEPLOYMENT_SUPERSEDED;
    d.detail_en = why->in[LANG_EN];
    d.detail_zh = why->in[LANG_ZH];
    d.changed_at = d.finished_at = now;
    /* Woken up, it sees that it is finished, and its queue row goes. */
    return deployment_store(db, &d, e) && work_enqueue(db, d.account_id, d.id, "put", now, e);
}

/* budget: what goes where, why, and the row that comes of it */
bool deployment_create(struct db *db, struct arena *a, const struct version *version,
                       const struct target *target, const char *cause, int64_t now, struct deployment *d,
                       struct error *e) {
    static const struct text newer =
        TEXT("a newer deployment of the target took its place", "已被该目标较新的部署取代");
    *d = (struct deployment){
        .id = id_new(a, "dep", now),
        .account_id = target->account_id,
        .version_id = version->id,
        .certificate_id = version->certificate_id,
        .target_id = target->id,
        .target_name = target->name,
        .state = DEPLOYMENT_WAITING,
        .cause = cause,
        .created_at = now,
        .changed_at = now,
    };
    return deployment_give_up(db, a, target->id, &newer, now, e) && deployment_insert(db, d, e) &&
           work_enqueue(db, d->account_id, d->id, "put", now, e);
}

bool deployment_under_way(struct db *db, struct arena *a, const char *target_id, bool *under_way,
                          struct error *e) {
    struct deployment d;
    struct work_item item;
    *under_way = false;
    if (!deployment_newest(db, a, target_id, &d, e))
        return false;
    if (!d.id || d.finished_at)
        return true;
    if (work_get(db, a, d.id, &item, e)) {
        bool running = strcmp(d.state, DEPLOYMENT_RUNNING) == 0;
        *under_way = running || item.lease_owner || strcmp(item.step, "put") != 0;
        return true;
    }
    return error_absent(e);
}

/* ---- a version was issued ---- */

static bool store_certificate(struct work *w, struct certificate *c, struct error *e) {
    const struct profile *profile;
    return certificate_profile(w->services->policies, c, &profile, e) &&
           certificate_store(w->db, w->arena, profile, c, e);
}

/* SPEC section 5: at issue the new certificate inherits the targets that the old one has at that moment. */
static bool inherit_targets(struct work *w, const char *from, struct certificate *c, struct error *e) {
    struct certificate old;
    int64_t moved;
    if (!certificate_get_any(w->db, w->arena, from, &old, e) || !target_move(w->db, old.id, c->id, &moved, e))
        return false;
    if (!moved)
        return true;
    old.target_count -= moved;
    c->target_count += moved;
    return store_certificate(w, &old, e) && store_certificate(w, c, e);
}

static bool deploy_everywhere(struct work *w, const struct certificate *c, const char *cause, size_t *count,
                              struct error *e) {
    struct version version;
    struct target *targets;
    struct deployment ignored;
    if (!target_list_of(w->db, w->arena, c->id, &targets, count, e) ||
        (*count && !version_get(w->db, w->arena, c->account_id, c->version_id, &version, e)))
        return false;
    for (size_t i = 0; i < *count; i++)
        if (!deployment_create(w->db, w->arena, &version, &targets[i], cause, w->now, &ignored, e))
            return false;
    return true;
}

bool deploy_take_over(struct work *w, const char *from, struct certificate *c, size_t *count,
                      struct error *e) {
    return (!from || strcmp(from, c->id) == 0 || inherit_targets(w, from, c, e)) &&
           deploy_everywhere(w, c, "requested", count, e);
}

bool deploy_inherit(struct work *w, struct error *e) {
    struct certificate c;
    size_t count;
    if (!certificate_get_any(w->db, w->arena, w->item->subject, &c, e))
        return false;
    if (c.predecessor_id && c.version_count == 1 && !inherit_targets(w, c.predecessor_id, &c, e))
        return false;
    return deploy_everywhere(w, &c, "issued", &count, e);
}

/* ---- what the steps share ---- */

/* A deployment with what its steps need; they do nothing once it is finished. */
struct subject {
    struct deployment d;
    struct target target;
    const struct target_ops *ops;
    const struct text *void_because; /* why its version is not to be put anywhere any more, NULL if it is */
};

static bool subject_read(struct work *w, struct subject *s, struct error *e) {
    return deployment_get_any(w->db, w->arena, w->item->subject, &s->d, e) &&
           target_get_any(w->db, w->arena, s->d.target_id, &s->target, e) &&
           target_ops_of(&s->target, &s->ops, e);
}

static bool enter_state(struct work *w, struct deployment *d, const char *state, struct error *e) {
    d->state = state;
    d->changed_at = w->now;
    return deployment_store(w->db, d, e);
}

static bool audit_end(struct work *w, const struct deployment *d, const char *action, struct error *e) {
    struct audit_entry entry = audit_by_system(d->account_id, w->now, action, d->id);
    entry.after =
        arena_printf(w->arena, "{\"target_id\":\"%s\",\"version_id\":\"%s\"}", d->target_id, d->version_id);
    return audit_write(w->db, w->arena, &entry, e);
}

/* The certificate may be gone by force: then there is nothing to tell. */
static bool tell(struct work *w, const struct deployment *d, const struct notify_event *event,
                 struct error *e) {
    struct certificate c;
    struct notify_event full = *event;
    full.subject = d->id;
    full.now = w->now;
    if (certificate_get_any(w->db, w->arena, d->certificate_id, &c, e))
        return certificate_tell(w->db, w->arena, &c, &full, e);
    return error_absent(e);
}

static bool tell_done(struct work *w, const struct deployment *d, struct error *e) {
    json_t *params = json_keep(w->arena, json_pack("{s:s}", "target", d->target_name));
    return tell(w, d, &(struct notify_event){.event = "deployed", .params = params}, e);
}

/* Once for each deployment, however often it is tried again. */
static bool tell_failed(struct work *w, const struct deployment *d, int64_t next_at, struct error *e) {
    static const struct text remedy =
        TEXT("`tenure explain` of the certificate says more.", "可对该证书运行 `tenure explain` 查看详情。");
    json_t *params = json_pack("{s:s,s:s,s:s?,s:s?,s:s,s:s,s:s}", "target", d->target_name, "reason",
                               d->reason ? d->reason : "-", "detail_en", d->detail_en, "detail_zh",
                               d->detail_zh, "next", time_format(w->arena, next_at), "remedy_en",
                               remedy.in[LANG_EN], "remedy_zh", remedy.in[LANG_ZH]);
    const struct notify_event event = {.event = "deployment_failed",
                                       .once = arena_printf(w->arena, "deployment_failed:%s", d->id),
                                       .params = json_keep(w->arena, params)};
    return tell(w, d, &event, e);
}

bool deploy_failed(struct work *w, const struct error *cause, struct error *e) {
    struct deployment d;
    if (!deployment_get_any(w->db, w->arena, w->item->subject, &d, e))
        return e->id == ERR_NOT_FOUND; /* nothing to note it in */
    if (d.finished_at)                 /* for another one: nobody waits for it any more */
        return true;
    d.reason = error_row(cause->id)->code;
    d.detail_en = cause->detail[LANG_EN];
    d.detail_zh = cause->detail[LANG_ZH];
    return enter_state(w, &d, DEPLOYMENT_FAILED, e) &&
           tell_failed(w, &d, work_retry_at(cause, w->item->attempts + 1, w->now), e);
}

/* ---- put: first it is written down that it runs, then it is done ---- */

static bool is_running(const struct deployment *d) {
    return !d->finished_at && strcmp(d->state, DEPLOYMENT_RUNNING) == 0;
}

/* An older deployment that was given up may still be at work in another process; then its queue row is there.
 */
static bool others_are_at_work(struct work *w, const char *target_id, bool *busy, struct error *e) {
    struct deployment *others;
    struct work_item item;
    size_t count;
    *busy = false;
    if (!deployment_list_superseded(w->db, w->arena, target_id, w->now - DAY, &others, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (work_get(w->db, w->arena, others[i].id, &item, e))
            *busy = true;
        else if (e->id != ERR_NOT_FOUND)
            return false;
    }
    error_clear(e);
    return true;
}

static bool begin(struct work *w, struct deployment *d, struct error *e) {
    bool busy;
    if (!others_are_at_work(w, d->target_id, &busy, e))
        return false;
    if (busy)
        return work_again(w, w->now + YIELD_SECONDS);
    d->attempts++;
    return enter_state(w, d, DEPLOYMENT_RUNNING, e) && work_again(w, w->now);
}

static bool put_version(struct work *w, struct subject *s, struct error *e) {
    static const struct text deleted = TEXT("its certificate was deleted", "其证书已删除"),
                             revoked = TEXT("its certificate was revoked", "其证书已吊销");
    struct version version;
    bool found = version_get(w->db, w->arena, s->d.account_id, s->d.version_id, &version, e);
    if (!found && e->id != ERR_NOT_FOUND)
        return false;
    if (found && !version.revoked_at)
        return s->ops->put(w, &s->target, &version, e);
    s->void_because = found ? &revoked : &deleted;
    return true;
}

const char *target_party(struct arena *a, const char *target_id) {
    return arena_printf(a, "target %s", target_id);
}

const char *deploy_party(struct work *w) {
    struct deployment d;
    struct error ignored;
    return deployment_get_any(w->db, w->arena, w->item->subject, &d, &ignored)
               ? target_party(w->arena, d.target_id)
               : NULL;
}

bool deploy_put(struct work *w, struct error *e) {
    struct subject *s = w->prepared = ARENA_NEW(w->arena, struct subject);
    return subject_read(w, s, e) && (!is_running(&s->d) || put_version(w, s, e));
}

bool deploy_put_record(struct work *w, struct error *e) {
    const struct subject *acted = w->prepared;
    struct deployment d;
    if (!deployment_get_any(w->db, w->arena, w->item->subject, &d, e))
        return false;
    if (d.finished_at)
        return work_goes(w, OUTCOME_DONE);
    if (!is_running(&acted->d))
        return begin(w, &d, e);
    if (acted->void_because)
        return deployment_give_up(w->db, w->arena, d.target_id, acted->void_because, w->now, e) &&
               work_goes(w, OUTCOME_DONE);
    d.probes = 0;
    return enter_state(w, &d, DEPLOYMENT_VERIFYING, e) && work_goes(w, OUTCOME_NEXT);
}

/* ---- keep ---- */

/* The old certificate has had its day when all targets serve the current version of the new one. */
static bool retire_predecessor(struct work *w, const char *certificate_id, struct error *e) {
    struct certificate c, predecessor;
    struct target *targets;
    size_t count;
    if (!certificate_get_any(w->db, w->arena, certificate_id, &c, e))
        return e->id == ERR_NOT_FOUND; /* deleted by force */
    if (!c.predecessor_id)
        return true;
    if (!certificate_get_any(w->db, w->arena, c.predecessor_id, &predecessor, e) ||
        !target_list_of(w->db, w->arena, c.id, &targets, &count, e))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!targets[i].version_id || strcmp(targets[i].version_id, c.version_id) != 0)
            return true;
    if (predecessor.superseded_at)
        return true;
    predecessor.superseded_at = w->now;
    return store_certificate(w, &predecessor, e);
}

static void finish(struct work *w, const struct target *target, struct deployment *d) {
    static const struct text unverified =
        TEXT("not verified: the target has no probe address", "未验证:该目标没有检查地址");
    bool seen = target->probe_address != NULL;
    d->finished_at = w->now;
    d->reason = NULL;
    d->detail_en = seen ? NULL : unverified.in[LANG_EN];
    d->detail_zh = seen ? NULL : unverified.in[LANG_ZH];
}

bool deploy_keep(struct work *w, struct error *e) {
    struct subject s;
    return subject_read(w, &s, e) && (s.d.finished_at || s.ops->keep(w, &s.target, e));
}

bool deploy_keep_record(struct work *w, struct error *e) {
    struct subject s;
    if (!subject_read(w, &s, e))
        return false;
    if (s.d.finished_at)
        return work_goes(w, OUTCOME_DONE);
    finish(w, &s.target, &s.d);
    return enter_state(w, &s.d, DEPLOYMENT_DONE, e) &&
           target_set_version(w->db, s.target.id, s.d.version_id, e) &&
           audit_end(w, &s.d, "deployment.done", e) && tell_done(w, &s.d, e) &&
           retire_predecessor(w, s.d.certificate_id, e) && work_goes(w, OUTCOME_DONE);
}

/* ---- back ---- */

bool deploy_back(struct work *w, struct error *e) {
    struct subject s;
    return subject_read(w, &s, e) && (s.d.finished_at || s.ops->back(w, &s.target, e));
}

bool deploy_back_record(struct work *w, struct error *e) {
    struct deployment d;
    if (!deployment_get_any(w->db, w->arena, w->item->subject, &d, e))
        return false;
    if (d.finished_at)
        return work_goes(w, OUTCOME_DONE);
    return enter_state(w, &d, DEPLOYMENT_ROLLED_BACK, e) && audit_end(w, &d, "deployment.rolled_back", e) &&
           tell_failed(w, &d, w->now + work_backoff(w->item->attempts + 1), e) && work_retry(w, d.reason);
}
