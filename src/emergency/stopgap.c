/* From the order of the stopgap to the site that serves it. */
#include "applicant/form.h"
#include "applicant/submit.h"
#include "audit/audit.h"
#include "emergency/emergency.h"

enum { FAILED_TOO_OFTEN = 2, SERVED_SOON = 60 };

/* ---- the order: the one place that buys ---- */

/* A free line: it needs neither money nor quota. */
static const struct brand *free_brand(const struct catalog *catalog, enum demands demands, int64_t now) {
    for (size_t i = 0; i < catalog->count; i++) {
        const struct brand *b = catalog->brands[i];
        bool free_dv = b->on_sale && !brand_is_test(b) && b->demands == demands &&
                       (b->grades & 1u << GRADE_DV) && brand_price(b, NULL, now)->per_year == 0;
        if (free_dv)
            return b;
    }
    return NULL;
}

/* Where nothing is demanded it is there at once; else control over its names is proven by DNS, which takes
 * minutes. */
static const struct brand *stopgap_brand(const struct catalog *catalog, int64_t now) {
    const struct brand *at_once = free_brand(catalog, DEMANDS_NONE, now);
    return at_once ? at_once : free_brand(catalog, DEMANDS_DV, now);
}

/* Whom the old certificate was applied for with; `*contact_id` NULL: nobody. */
static bool find_contact(struct work *w, const struct emergency *em, const char **contact_id,
                         struct error *e) {
    struct certificate old;
    struct application_form form;
    *contact_id = NULL;
    if (!em->old_certificate_id)
        return true;
    if (!certificate_get_any(w->db, w->arena, em->old_certificate_id, &old, e) ||
        !form_of(w->db, w->arena, &old, &form, e))
        return false;
    *contact_id = form.contact_id;
    return true;
}

static bool buy(struct work *w, const struct emergency *em, const char *names, struct certificate *c,
                struct error *e) {
    const struct brand *brand = stopgap_brand(w->services->catalog, w->now);
    struct order order;
    if (!brand)
        return fail(e, ERR_BRAND_NOT_ON_SALE, "no free line of the catalogue has DV certificates",
                    "目录中没有免费的 DV 证书条目");
    struct order_request request = {
        .brand = brand->id, .names = names, .grade = "dv", .created_by = em->created_by};
    if (brand->demands != DEMANDS_NONE && !find_contact(w, em, &request.contact_id, e))
        return false;
    return order_purchase(w->services, w->arena, em->account_id, &request, w->now, &order, c, e);
}

/* Nobody is asked to submit it: that is what was asked for. What its form lacks is what it waits for. */
static bool submit(struct work *w, struct certificate *c, struct error *e) {
    const struct profile *profile;
    if (c->submitted_at || !c->active_at)
        return true;
    return certificate_profile(w->services->policies, c, &profile, e) &&
           applicant_submit(w->services, c, SUBMIT_BY_PAYMENT, w->now, e) &&
           certificate_store(w->db, w->arena, profile, c, e) &&
           work_enqueue(w->db, c->account_id, c->id, "decide", w->now, e);
}

static bool audit_order(struct work *w, const struct emergency *em, struct error *e) {
    struct audit_entry entry = audit_by_system(em->account_id, w->now, "emergency.order", em->id);
    entry.after = arena_printf(w->arena, "{\"certificate_id\":\"%s\"}", em->certificate_id);
    return audit_write(w->db, w->arena, &entry, e);
}

/* What was served may name what no line sells: then the host alone. */
static bool order_stopgap(struct work *w, struct emergency *em, struct error *e) {
    struct certificate c = {.id = NULL};
    if (!buy(w, em, em->names, &c, e)) {
        if (strcmp(e->field, "names") != 0 || strcmp(em->names, em->host) == 0)
            return false;
        error_clear(e);
        em->names = em->host;
        if (!buy(w, em, em->host, &c, e))
            return false;
    }
    em->certificate_id = c.id;
    return submit(w, &c, e) && audit_order(w, em, e) && stage_waits(w, em, e);
}

/* ---- issue ---- */

/* An old one that is good, and merely not in place, needs no stopgap. */
static bool use_old(struct work *w, struct emergency *em, bool *used, struct error *e) {
    struct certificate old;
    *used = false;
    if (!em->old_certificate_id)
        return true;
    if (!certificate_get_any(w->db, w->arena, em->old_certificate_id, &old, e))
        return false;
    bool another = !em->served_fingerprint || strcmp(em->served_fingerprint, old.fingerprint) != 0;
    *used = certificate_live(&old, w->now) && old.key_held && another;
    if (*used)
        em->certificate_id = old.id;
    return true;
}

/* What the certificate waits for, in its own words. */
static bool waits_for_person(struct work *w, struct emergency *em, const struct certificate *c,
                             struct error *e) {
    const char *what = c->waits_for ? c->waits_for : c->reject_reason;
    const char *state = state_row(certificate_state(c, w->now))->name;
    struct arena *a = w->arena;
    struct text records;
    if (!stopgap_records(w, c->id, &records, e))
        return false;
    const struct text why = TEXT(
        arena_printf(a,
                     "certificate %s waits (%s): %s %s`tenure explain %s` tells what to do; validation by "
                     "DNS usually takes 10 minutes at most.",
                     c->id, what ? what : state, c->waits_detail_en ? c->waits_detail_en : "",
                     records.in[LANG_EN], c->id),
        arena_printf(
            a,
            "证书 %s 正在等待(%s):%s %s请运行 `tenure explain %s` 查看处理方法;DNS 验证通常在 10 分钟内完成。",
            c->id, what ? what : state, c->waits_detail_zh ? c->waits_detail_zh : "", records.in[LANG_ZH],
            c->id));
    return stage_waits_for_person(w, em, what ? what : state, why, e);
}

static struct text issued_text(struct work *w, const struct emergency *em, const struct certificate *c) {
    struct arena *a = w->arena;
    const char *end = time_format(a, c->version_end);
    if (em->old_certificate_id && strcmp(em->old_certificate_id, c->id) == 0)
        return (struct text)TEXT(
            arena_printf(a, "%s is good until %s, and not in place: it is deployed again", c->id, end),
            arena_printf(a, "%s 有效期至 %s,但未生效:将重新部署", c->id, end));
    return (struct text)TEXT(
        arena_printf(a, "%s for %s, serial number %s, until %s", c->id, c->names, c->serial, end),
        arena_printf(a, "%s(%s),序列号 %s,有效期至 %s", c->id, c->names, c->serial, end));
}

bool issue_save(struct work *w, struct emergency_turn *turn, struct error *e) {
    struct emergency *em = &turn->em;
    struct certificate c;
    bool used = false;
    if (!em->certificate_id && !use_old(w, em, &used, e))
        return false;
    if (!em->certificate_id)
        return order_stopgap(w, em, e);
    if (!certificate_get_any(w->db, w->arena, em->certificate_id, &c, e))
        return false;
    if (certificate_live(&c, w->now))
        return stage_ends(w, em, &(struct stage_end){"issued", issued_text(w, em, &c), STAGE_DEPLOY}, e);
    return certificate_waits_for_person(&c) || c.cancelled_at ? waits_for_person(w, em, &c, e)
                                                              : stage_waits(w, em, e);
}

/* ---- deploy ---- */

static bool begin_deployments(struct work *w, struct emergency *em, struct error *e) {
    struct certificate c;
    size_t count;
    em->deployed_at = w->now;
    return certificate_get_any(w->db, w->arena, em->certificate_id, &c, e) &&
           deploy_take_over(w, em->old_certificate_id, &c, &count, e) && stage_waits(w, em, e);
}

/* The first that is not done; `d->id` NULL if all are. */
static bool unfinished(struct work *w, const struct emergency *em, struct deployment *d, size_t *count,
                       struct error *e) {
    struct target *targets;
    *d = (struct deployment){.id = NULL};
    if (!target_list_of(w->db, w->arena, em->certificate_id, &targets, count, e))
        return false;
    for (size_t i = 0; i < *count; i++) {
        if (!deployment_newest(w->db, w->arena, targets[i].id, d, e))
            return false;
        if (d->id && !d->finished_at)
            return true;
    }
    d->id = NULL;
    return true;
}

static bool waits_for_deployment(struct work *w, struct emergency *em, const struct deployment *d,
                                 struct error *e) {
    struct arena *a = w->arena;
    if (d->attempts < FAILED_TOO_OFTEN || !d->reason)
        return stage_waits(w, em, e);
    const struct text why = TEXT(
        arena_printf(a, "target '%s' does not take the certificate (%s: %s): it is tried again; mend it.",
                     d->target_name, d->reason, d->detail_en ? d->detail_en : "-"),
        arena_printf(a, "部署目标“%s”未能使用该证书(%s:%s):将继续重试,请修复该目标。", d->target_name,
                     d->reason, d->detail_zh ? d->detail_zh : "-"));
    return stage_waits_for_person(w, em, d->reason, why, e);
}

bool deploy_save(struct work *w, struct emergency_turn *turn, struct error *e) {
    static const struct text by_hand =
        TEXT("no target is known: it is installed by hand", "没有已知的部署目标:需手动安装");
    struct emergency *em = &turn->em;
    struct deployment d;
    size_t count;
    if (!em->deployed_at)
        return begin_deployments(w, em, e);
    if (!unfinished(w, em, &d, &count, e))
        return false;
    if (d.id)
        return waits_for_deployment(w, em, &d, e);
    const struct text done = TEXT(arena_printf(w->arena, "on %zu targets", count),
                                  arena_printf(w->arena, "已部署到 %zu 个目标", count));
    const struct stage_end end = {count ? "deployed" : "no_target", count ? done : by_hand, STAGE_VERIFY};
    return stage_ends(w, em, &end, e);
}

/* ---- verify ---- */

bool verify_stage_look(struct work *w, struct emergency_turn *turn, struct error *e) {
    const struct emergency *em = &turn->em;
    struct certificate c;
    if (!certificate_get_any(w->db, w->arena, em->certificate_id, &c, e))
        return false;
    const struct expectation expected = {.server_name = em->host, .fingerprint = c.fingerprint};
    return emergency_probe(w, em, &expected, turn, e);
}

static bool site_is_back(struct work *w, struct emergency *em, struct text detail, struct error *e) {
    em->live_at = w->now;
    const char *next = follow_up_needed(em) ? STAGE_FOLLOW_UP : STAGE_CLOSED;
    return tell_live(w, em, e) && stage_ends(w, em, &(struct stage_end){"ok", detail, next}, e);
}

static bool waits_for_site(struct work *w, struct emergency_turn *turn, bool by_hand, struct error *e) {
    struct emergency *em = &turn->em;
    struct arena *a = w->arena;
    const struct verdict_row *row = verdict_row(turn->finding.verdict);
    const struct text install = TEXT(
        arena_printf(a, "install %s where %s is served (`tenure download %s --format nginx`, then the key).",
                     em->certificate_id, em->host, em->certificate_id),
        arena_printf(a, "请在 %s 的服务器上安装 %s(`tenure download %s --format nginx`,以及私钥)。", em->host,
                     em->certificate_id, em->certificate_id));
    const struct text seen =
        TEXT(arena_printf(a, "%s. %s", turn->finding.detail.in[LANG_EN], row->remedy.in[LANG_EN]),
             arena_printf(a, "%s。%s", turn->finding.detail.in[LANG_ZH], row->remedy.in[LANG_ZH]));
    if (by_hand)
        return stage_waits_for_person(w, em, "installation", install, e);
    if (w->now < em->deployed_at + SERVED_SOON)
        return stage_waits(w, em, e);
    return stage_waits_for_person(w, em, row->name, seen, e);
}

/* From here the site may be out of reach where its targets are not: they were looked at one by one. */
bool verify_stage_save(struct work *w, struct emergency_turn *turn, struct error *e) {
    struct emergency *em = &turn->em;
    size_t targets = emergency_target_count(w->arena, em);
    bool unseen = turn->finding.verdict == VERDICT_UNREACHABLE && targets;
    if (!verdict_row(turn->finding.verdict)->fails_deployment || unseen)
        return site_is_back(w, em, turn->finding.detail, e);
    return waits_for_site(w, turn, !targets, e);
}
